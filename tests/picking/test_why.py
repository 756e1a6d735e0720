"""Strategies as people set them, and what an order answers when it is asked why this batch, why this bin, why short."""

from __future__ import annotations

from typing import Any

import pytest

from tests.http import Api, Client
from tests.picking.conftest import Hall
from tests.web.desk import Desk
from wms.actor import Role
from wms.app import Application
from wms.picking import deallocation


def customer(api: Api, code: str, **facts: Any) -> None:
    api.put(f"/partners/{code}", {"kind": "customer", "name": code, "address": {"name": "x", "street": "y", "city": "z"}, **facts})


def order(hall: Hall, api: Api, number: str, buyer: str, *lines: dict[str, Any], **facts: Any) -> dict[str, Any]:
    """An order that is entered, released and planned, as it answers afterwards."""
    api.post("/orders", {"number": number, "customer": buyer, "lines": list(lines), **facts})
    api.post(f"/orders/{number}/release", {})
    api.post("/waves", {"orders": [number]}, status=201)
    return dict(api.get(f"/orders/{number}"))


def places(answer: dict[str, Any]) -> list[tuple[str, int]]:
    return [(one["location"], one["quantity"]) for line in answer["lines"] for one in line["claims"]]


def test_the_customers_rotation_goes_before_the_products(hall: Hall, api: Api) -> None:
    hall.put("SAND", 5, "A-01", age=30)
    hall.put("SAND", 5, "A-02", age=1)
    customer(api, "LAST", rotation="lifo")
    answer = order(hall, api, "SO-1", "LAST", {"sku": "SAND", "quantity": 3})
    assert places(answer) == [("A-02", 3)]
    assert answer["lines"][0]["claims"][0]["reasons"] == [
        "Last in, first out, by the customer's rule",
        "The only bin with goods of this age",
    ]


@pytest.mark.parametrize(
    ("product", "buyer", "taken"),
    [
        (None, None, {"B-01": 2, "A-01": 2, "A-03": 1}),
        ("fewest_picks", None, {"A-03": 5}),
        ("nearest", "fewest_picks", {"A-03": 5}),
    ],
)
def test_the_customers_bins_go_before_the_products_and_these_before_the_sites(
    hall: Hall, api: Api, product: str | None, buyer: str | None, taken: dict[str, int]
) -> None:
    api.put("/allocation-policy", {"bin_choice": "nearest"})
    api.put("/products/TEA", {"name": "Tea", "bin_choice": product})
    customer(api, "BUYER", bin_choice=buyer)
    hall.put("TEA", 2, "A-01", age=3)
    hall.put("TEA", 9, "A-03", age=3)
    hall.put("TEA", 2, "B-01", age=3)  # nearest to packing
    assert dict(places(order(hall, api, "SO-1", "BUYER", {"sku": "TEA", "quantity": 5}))) == taken


def test_what_a_customer_asks_of_one_product_goes_before_what_it_asks_of_all(hall: Hall, api: Api) -> None:
    for sku in ("MILK", "CREAM"):
        hall.put(sku, 5, "A-01", lot="OLD", age=9, life=20)
        hall.put(sku, 5, "A-02", lot="NEW", age=1, life=90)
    customer(api, "FRESH", min_remaining_days=60, freshness=[{"sku": "cream", "min_remaining_days": 10}])
    answer = order(hall, api, "SO-1", "FRESH", {"sku": "MILK", "quantity": 2}, {"sku": "CREAM", "quantity": 2})
    assert places(answer) == [("A-02", 2), ("A-01", 2)]
    assert "lot OLD passed over: it keeps 20 days, 60 are asked for" in answer["lines"][0]["claims"][0]["reasons"][0]
    assert api.get("/partners/FRESH")["freshness"] == [{"sku": "CREAM", "min_remaining_days": 10}]
    twice = {"kind": "customer", "name": "x", "freshness": [{"sku": "CREAM", "min_remaining_days": 1}] * 2}
    assert api.put("/partners/FRESH", twice, status=422)["code"] == "product_twice"


def test_a_line_from_one_batch(hall: Hall, api: Api) -> None:
    hall.put("DYE", 4, "A-01", lot="SMALL", age=9)
    hall.put("DYE", 9, "A-02", lot="LARGE", age=1)
    customer(api, "TAILOR", one_batch=True)
    answer = order(hall, api, "SO-1", "TAILOR", {"sku": "DYE", "quantity": 6}, {"sku": "DYE", "quantity": 2, "one_batch": False})
    assert [line["one_batch"] for line in answer["lines"]] == [True, False]
    assert places(answer) == [("A-02", 6), ("A-01", 2)]
    assert "all of it from one batch; lot SMALL passed over: it has only 4" in answer["lines"][0]["claims"][0]["reasons"][0]


def test_a_lot_that_sales_reserved_is_there_for_who_named_it(hall: Hall, api: Api) -> None:
    hall.put("TEA", 5, "A-01", lot="L1", age=9)
    hall.put("TEA", 5, "A-02", lot="L2", age=1)
    customer(api, "BUYER")
    hall.release("SO-LOT", ("TEA", 4, {"lot": "L1"}), priority=0)
    other = order(hall, api, "SO-1", "BUYER", {"sku": "TEA", "quantity": 5}, priority=9)
    assert places(other) == [("A-01", 1), ("A-02", 4)]
    assert "lot L1 passed over: orders that name it have reserved it" in other["lines"][0]["claims"][1]["reasons"][0]
    hall.wave("SO-LOT")
    assert hall.reserved("SO-LOT") == [("A-01", "L1", 4)]
    assert api.get("/orders/SO-LOT")["lines"][0]["claims"][0]["reasons"][0] == "Lot L1, as the order names it"


def test_why_goods_lack(hall: Hall, api: Api) -> None:
    hall.put("TEA", 3, "A-01", age=9)
    hall.w.receive("TEA", 4)  # still at the dock
    customer(api, "BUYER")
    answer = order(hall, api, "SO-1", "BUYER", {"sku": "TEA", "quantity": 7})
    line = answer["lines"][0]
    assert (line["reserved"], line["promised"]) == (3, 4)
    assert line["lacking"] == ["4 are not in racks or pick faces yet", "3 are held for orders already"]
    said = api.client.get("/api/v1/orders/SO-1", headers={**api.headers, "Accept-Language": "zh-CN"}).get_json()
    assert said["lines"][0]["lacking"] == ["4 尚未进入存储位或拣货位", "3 已分配给订单"]
    hall.w.move("TEA", 4, "DOCK", "A-02")
    hall.wave("SO-1")
    assert api.get("/orders/SO-1")["lines"][0]["lacking"] == []


def test_a_short_pick_says_what_the_picker_said(hall: Hall, api: Api) -> None:
    hall.put("TEA", 3, "A-01")
    hall.release("SO-1", ("TEA", 3))
    hall.short(hall.open(hall.list_of("SO-1")), 1, reason="MISSING")
    assert api.get("/orders/SO-1")["lines"][0]["lacking"][0].startswith("The picker missed 2: ")


def test_reasons_outlive_splitting_and_carrying(hall: Hall, api: Api) -> None:
    hall.put("TEA", 3, "A-01")
    hall.release("SO-1", ("TEA", 3))
    hall.pick(hall.open(hall.list_of("SO-1")), quantity=1)
    claims = api.get("/orders/SO-1")["lines"][0]["claims"]
    assert sorted(one["stage"] for one in claims) == ["picked", "reserved"]
    assert all(one["reasons"] for one in claims)


def test_at_the_desk(hall: Hall, app: Application) -> None:
    desk = Desk(Client(app), Role.ADMIN)
    desk.post("/picking/allocation", bin_choice="nearest", age_window_days="3")
    page = desk.get("/picking/allocation")
    assert 'value="nearest" selected' in page
    assert 'value="3"' in page
    desk.post("/picking/allocation", 422, bin_choice="nearest", age_window_days="-1")
    hall.put("TEA", 3, "A-01", age=2)
    hall.put("TEA", 3, "A-02", age=1)
    hall.release("SO-1", ("TEA", 2))
    hall.wave("SO-1")
    page = desk.get("/orders/SO-1")
    assert "Nearest first, by the site's rule, of 2 bins with goods of this age; 3 days count as one age".replace("'", "&#39;") in page
    with hall.w.transaction():
        deallocation.deallocate("SO-1", by=hall.by)
    terms = {"rotation": "fefo", "one_batch": "1", "fresh_sku": "TEA", "fresh_min_remaining_days": "9"}
    desk.post("/partners/new", code="B-1", kind="customer", name="B", **terms)
    page = desk.get("/partners/B-1")
    assert "First expired, first out" in page
    assert "TEA" in page
    facts = {"base_unit": "piece", "tracking": "none", "too_old": "refuse", "decimals": "0", "bin_choice": "full_packaging"}
    desk.post("/products/new", sku="OIL", name="Oil", **facts)
    assert "Full cases first" in desk.get("/products/OIL")
