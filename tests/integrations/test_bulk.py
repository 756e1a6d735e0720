"""Many things in one body: taken row by row or as a whole, and harmless when sent again."""

from __future__ import annotations

import threading
from collections import Counter
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy import event

from tests.http import Api
from tests.warehouse import Warehouse
from wms import db
from wms.app import Application
from wms.catalog import partners
from wms.catalog.models import Partner, PartnerKind, Product
from wms.db import session, transaction
from wms.integrations import bulk
from wms.integrations.reading import ProductRow

TEA = {"sku": "TEA", "name": "Tea", "barcodes": ["6901234567892"], "packagings": [{"unit": "case", "quantity": 12, "barcode": "CASE-1"}]}
CUP = {"sku": "CUP", "name": "Cup", "tracking": "expiry", "weight_grams": 200}


def outcomes(answer: Any) -> list[str]:
    return [row["outcome"] for row in answer["items"]]


def writes(work: Any) -> int:
    """How many statements wrote something, keys of requests aside."""
    seen: list[str] = []

    def look(_c: Any, _cursor: Any, statement: str, *_more: Any) -> None:
        if statement.lstrip()[:6].upper() in {"INSERT", "UPDATE", "DELETE"}:
            seen.append(statement)

    engine = db.database.engine
    event.listen(engine, "before_cursor_execute", look)
    try:
        work()
    finally:
        event.remove(engine, "before_cursor_execute", look)
    return len(seen)


def test_what_is_there_just_so_writes_nothing(api: Api) -> None:
    first = api.post("/products/bulk", {"items": [TEA, CUP]})
    assert (outcomes(first), first["created"], first["taken"]) == (["created", "created"], 2, True)
    assert writes(lambda: api.post("/products/bulk", {"items": [TEA, CUP]})) == 0
    assert outcomes(api.last.get_json()) == ["unchanged", "unchanged"]
    changed = api.post("/products/bulk", {"items": [TEA, {**CUP, "weight_grams": 210}]})
    assert outcomes(changed) == ["unchanged", "changed"]
    assert api.get("/products/CUP")["weight_grams"] == 210
    assert api.get("/products/TEA")["packagings"][0]["barcode"] == "CASE-1"
    one = api.get("/products/TEA")
    api.put("/products/TEA", {name: value for name, value in TEA.items() if name != "sku"}, status=200)
    assert api.get("/products/TEA")["updated_at"] == one["updated_at"], "a single one too"


def test_packagings_and_barcodes_are_made_what_the_row_says(api: Api) -> None:
    api.post("/products/bulk", {"items": [TEA]})
    other = {
        **TEA,
        "barcodes": ["X-1"],
        "packagings": [{"unit": "Case", "quantity": 10}, {"unit": "pallet", "quantity": 480, "barcode": "P"}],
    }
    assert outcomes(api.post("/products/bulk", {"items": [other]})) == ["changed"]
    found = api.get("/products/TEA")
    assert found["barcodes"] == ["X-1"]
    assert [(one["unit"], one["quantity"], one["barcode"]) for one in found["packagings"]] == [("Case", 10, None), ("pallet", 480, "P")]
    gone = {**TEA, "barcodes": [], "packagings": []}
    assert outcomes(api.post("/products/bulk", {"items": [gone]})) == ["changed"]
    assert outcomes(api.post("/products/bulk", {"items": [gone]})) == ["unchanged"]


def test_a_barcode_that_goes_from_one_packaging_to_a_new_one_stands_for_the_new_one(api: Api) -> None:
    """It stood for one piece on SQLite, which gave the new packaging the number of the old one."""
    api.post("/products/bulk", {"items": [TEA]})
    other = {**TEA, "packagings": [{"unit": "layer", "quantity": 60, "barcode": "CASE-1"}]}
    assert outcomes(api.post("/products/bulk", {"items": [other]})) == ["changed"]
    found = api.get("/products/TEA")
    assert (found["barcodes"], [(one["unit"], one["barcode"]) for one in found["packagings"]]) == (["6901234567892"], [("layer", "CASE-1")])
    assert outcomes(api.post("/products/bulk", {"items": [other]})) == ["unchanged"]


def test_a_barcode_may_go_from_one_product_to_another_in_one_body(api: Api) -> None:
    api.post("/products/bulk", {"items": [TEA]})
    heir = {**CUP, "barcodes": ["6901234567892"]}
    assert outcomes(api.post("/products/bulk", {"items": [heir, TEA]})) == ["refused", "unchanged"]
    assert outcomes(api.post("/products/bulk", {"items": [{**TEA, "barcodes": []}, heir]})) == ["changed", "created"]
    assert api.get("/products/CUP")["barcodes"] == ["6901234567892"]


def test_each_bad_row_is_refused_by_itself_with_its_reasons(api: Api) -> None:
    items = [
        TEA,
        {"sku": "X", "name": "X", "colour": "red"},
        {"name": "no code"},
        "nothing",
        {"sku": " tea ", "name": "again"},
        {"sku": "Y", "name": "Y", "owner": "NOBODY"},
        {"sku": "Z", "name": "Z", "barcodes": ["case-1"]},
        {"sku": "V", "name": "V", "decimals": 9},
    ]
    answer = api.post("/products/bulk", {"items": items})
    assert outcomes(answer) == ["created"] + ["refused"] * 7
    assert (answer["created"], answer["refused"]) == (1, 7)
    assert [(row["errors"][0]["pointer"], row["errors"][0]["code"]) for row in answer["items"][1:]] == [
        ("/colour", "unknown_field"),
        ("/sku", "missing"),
        ("", "model_type"),
        ("/sku", "twice_in_body"),
        ("/owner", "owner_unknown"),
        ("", "barcode_taken"),
        ("/decimals", "less_than_equal"),
    ]
    assert session.execute(sa.select(Product.sku)).scalars().all() == ["TEA"]


@pytest.mark.parametrize("bad", [{"sku": "X"}, {"sku": "X", "name": "X", "owner": "NOBODY"}])
def test_all_or_nothing_takes_nothing_for_one_bad_row(api: Api, bad: dict[str, Any]) -> None:
    answer = api.post("/products/bulk", {"items": [TEA, bad], "all_or_nothing": True})
    assert (answer["taken"], answer["refused"]) == (False, 1)
    api.get("/products/TEA", status=404)
    whole = api.post("/products/bulk", {"items": [TEA, CUP], "all_or_nothing": True})
    assert (whole["taken"], whole["created"]) == (True, 2)


@pytest.mark.parametrize(
    ("path", "named_by", "row"),
    [
        ("/products/bulk", "sku", {"name": "x"}),
        ("/partners/bulk", "code", {"kind": "customer", "name": "x"}),
        ("/locations/bulk", "code", {"kind": "storage"}),
    ],
)
def test_a_code_that_grows_too_long_when_it_is_compared_is_refused_by_itself(
    api: Api, path: str, named_by: str, row: dict[str, Any]
) -> None:
    answer = api.post(path, {"items": [{named_by: "A", **row}, {named_by: "ﬃ" * 70, **row}, {named_by: "B", **row}]})
    assert outcomes(answer) == ["created", "refused", "created"]
    assert [one["code"] for one in answer["items"][1]["errors"]] == ["string_too_long"]


def test_a_body_of_rows_is_read_before_its_rows_are(api: Api) -> None:
    for body in ({}, {"items": []}, {"items": {}}, {"items": None}, {"items": [TEA], "all_or_nothing": 1}, {"items": [TEA], "x": 1}):
        assert api.post("/products/bulk", body, status=422)["code"] == "invalid_input"


def test_a_key_gives_the_same_answer_again(api: Api) -> None:
    first = api.post("/products/bulk", {"items": [TEA]}, key="night")
    assert api.post("/products/bulk", {"items": [TEA]}, key="night") == first
    assert outcomes(first) == ["created"]


@pytest.mark.parametrize(
    ("path", "method", "body", "outcome"),
    [
        ("/products/bulk", "POST", {"items": [TEA]}, "unchanged"),
        ("/partners/bulk", "POST", {"items": [{"code": "C-1", "kind": "customer", "name": "One"}]}, "unchanged"),
        ("/partners/C-1", "PUT", {"kind": "customer", "name": "Two"}, None),
    ],
)
def test_the_same_sent_twice_at_once_is_there_for_whoever_comes_second(
    app: Application, w: Warehouse, api: Api, path: str, method: str, body: dict[str, Any], outcome: str | None
) -> None:
    def send() -> Any:
        return app.test_client().open("/api/v1" + path, method=method, json=body, headers=api.headers)

    second: list[Any] = []
    waiting = threading.Thread(target=lambda: second.append(send()))
    with transaction():
        rows = bulk.read(ProductRow, [TEA], "sku")
        bulk.put("products", rows, by=w.by)
        partners.put_partner("C-1", kind=PartnerKind.CUSTOMER, name="One")
        waiting.start()
        waiting.join(1)
        assert waiting.is_alive(), "it waits for us"
    waiting.join(30)
    assert second[0].status_code == 200, second[0].text
    assert outcome is None or outcomes(second[0].get_json()) == [outcome]


def test_partners_and_locations_too(app: Flask, w: Warehouse, api: Api) -> None:
    w.product("TEA")
    partner = {
        "code": "C-1", "kind": "customer", "name": "Shop", "address": {"city": "洛阳"}, "credit_limit": 500,
        "freshness": [{"sku": "TEA", "min_remaining_days": 30}],
    }  # fmt: skip
    wrong = {"code": "C-2", "kind": "customer", "name": "x", "freshness": [{"sku": "NONE", "min_remaining_days": 1}]}
    answer = api.post("/partners/bulk", {"items": [partner, wrong]})
    assert outcomes(answer) == ["created", "refused"]
    assert answer["items"][1]["errors"][0]["code"] == "product_unknown"
    assert session.execute(sa.select(Partner.code).where(Partner.code == "C-2")).first() is None, "nothing of it is there"
    assert writes(lambda: api.post("/partners/bulk", {"items": [partner]})) == 0
    assert outcomes(api.post("/partners/bulk", {"items": [{**partner, "freshness": []}]})) == ["changed"]

    face = {"code": "A-01", "kind": "pick_face", "assigned": {"sku": "TEA", "minimum": 1, "maximum": 9}}
    assert outcomes(api.post("/locations/bulk", {"items": [face, {"code": "@X", "kind": "storage"}]})) == ["created", "refused"]
    assert writes(lambda: api.post("/locations/bulk", {"items": [face]})) == 0
    assert outcomes(api.post("/locations/bulk", {"items": [{**face, "x_mm": 5}]})) == ["changed"]
    w.site("NORTH")
    assert outcomes(api.post("/locations/bulk", {"site": "NORTH", "items": [face]})) == ["created"]
    assert outcomes(api.post("/locations/bulk", {"items": [{**face, "site": "NORTH"}]})) == ["refused"]


def test_ten_thousand_products_in_one_body(api: Api) -> None:
    """They are looked up and written some hundreds at a time, and a night without changes writes nothing."""
    items = [
        {
            "sku": f"P-{n:05}", "name": f"商品 {n}", "names": {"en": f"Product {n}"}, "weight_grams": n, "barcodes": [f"B{n:05}"],
            "packagings": [{"unit": "case", "quantity": 12, "barcode": f"C{n:05}"}],
        }
        for n in range(10_000)
    ]  # fmt: skip
    answers: list[Any] = []
    assert 0 < writes(lambda: answers.append(api.post("/products/bulk", {"items": items}))) < 500
    assert answers[0]["created"] == 10_000
    assert writes(lambda: answers.append(api.post("/products/bulk", {"items": items}))) == 0
    assert Counter(outcomes(answers[1])) == {"unchanged": 10_000}
