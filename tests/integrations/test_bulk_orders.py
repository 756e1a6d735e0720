"""Many orders in one body, and a whole night's sync: harmless when sent again."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa

from tests.http import Api
from tests.integrations.test_bulk import outcomes, writes
from tests.warehouse import Warehouse
from wms.db import session
from wms.events import Event
from wms.orders.models import Order, OrderLine


def order(number: str, **more: Any) -> dict[str, Any]:
    lines = [{"sku": "TEA", "quantity": 2}, {"sku": "CUP", "quantity": 1}]
    return {"number": number, "source": "shop", "customer": "C-1", "lines": lines, **more}


@pytest.fixture
def house(w: Warehouse) -> Warehouse:
    w.product("TEA")
    w.product("CUP")
    w.partner("C-1")
    return w


def numbers() -> list[str]:
    return list(session.execute(sa.select(Order.number).order_by(Order.id)).scalars())


def test_orders_sent_again_in_the_same_words_write_nothing(house: Warehouse, api: Api) -> None:
    body = {"items": [order("SO-1"), order("SO-2", priority=9)]}
    first = api.post("/orders/bulk", body)
    assert (outcomes(first), first["taken"], first["items"][1]["code"]) == (["created", "created"], True, "SO-2")
    assert api.get("/orders/SO-2")["events"][0]["code"] == "order.received"
    assert writes(lambda: api.post("/orders/bulk", body)) == 0
    again = api.post("/orders/bulk", {"items": [*body["items"], order("SO-3")]})
    assert outcomes(again) == ["unchanged", "unchanged", "created"]
    assert api.post("/orders", order("SO-1"), status=200)["number"] == "SO-1", "the single endpoint knows it too"


def test_each_bad_order_is_refused_by_itself_with_its_reasons(house: Warehouse, api: Api) -> None:
    api.post("/orders/bulk", {"items": [order("SO-1")]})
    items = [
        order("SO-2"),
        order("SO-1", priority=1),
        order("SO-1 ", source="another"),
        order("SO-3", lines=[{"sku": "TEA", "quantity": 1}, {"sku": "NONE", "quantity": 1}]),
        order("SO-4", customer="NOBODY"),
        order("SO-5", lines=[]),
        order("so-2"),
        order("SO-6", colour="red"),
        order("SO-7", site="ELSEWHERE"),
        {"customer": "C-1", "lines": []},
        None,
        order("SO-8"),
    ]
    answer = api.post("/orders/bulk", {"items": items})
    assert outcomes(answer) == ["created"] + ["refused"] * 10 + ["created"]
    assert [(row["errors"][0]["pointer"], row["errors"][0]["code"]) for row in answer["items"][1:-1]] == [
        ("", "entered_differently"),
        ("/number", "twice_in_body"),
        ("/lines/1/sku", "sku_unknown"),
        ("/customer", "partner_unknown"),
        ("/lines", "too_short"),
        ("/number", "twice_in_body"),
        ("/colour", "unknown_field"),
        ("", "site_unknown"),
        ("/number", "missing"),
        ("", "model_type"),
    ]
    assert numbers() == ["SO-1", "SO-2", "SO-8"]


@pytest.mark.parametrize("bad", [order("SO-9", customer="NOBODY"), {"number": "SO-9"}])
def test_all_or_nothing_takes_no_order_for_one_bad_one(house: Warehouse, api: Api, bad: dict[str, Any]) -> None:
    answer = api.post("/orders/bulk", {"items": [order("SO-1"), bad], "all_or_nothing": True})
    assert (answer["taken"], answer["refused"], numbers()) == (False, 1, [])
    assert session.execute(sa.select(sa.func.count()).select_from(Event).where(Event.code == "order.received")).scalar_one() == 0
    assert api.post("/orders/bulk", {"items": [order("SO-1"), order("SO-2")], "all_or_nothing": True})["taken"]


def test_a_text_too_long_for_its_column_refuses_its_order_alone(house: Warehouse, api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    table: Any = OrderLine.__table__
    monkeypatch.setattr(table.c.line.type, "length", 3)
    long = order("SO-2", lines=[{"line": "LONG", "sku": "TEA", "quantity": 1}])
    assert outcomes(api.post("/orders/bulk", {"items": [order("SO-1"), long, order("SO-3")]})) == ["created", "refused", "created"]
    assert numbers() == ["SO-1", "SO-3"]


def test_more_lines_than_the_floor_can_wait_for_are_too_many(house: Warehouse, api: Api) -> None:
    lines = [{"sku": "TEA", "quantity": 1}] * 2_600
    refused = api.post("/orders/bulk", {"items": [order("SO-1", lines=lines), order("SO-2", lines=lines)]}, status=422)
    assert (refused["code"], numbers()) == ("too_many_lines", [])
    many = [order(f"SO-{n}") for n in range(1_000)]
    begin = time.perf_counter()
    assert api.post("/orders/bulk", {"items": many})["created"] == 1_000
    print(f"1,000 orders of two lines in {time.perf_counter() - begin:.1f} s")


def test_a_whole_night_sent_twice_changes_nothing(w: Warehouse, api: Api) -> None:
    """Products, customers, places, stock and orders as an ERP sends them every night."""
    stock = [{"sku": sku, "location": "A-01", "quantity": 40, "lot": "L-1", "reason": "opening"} for sku in ("TEA", "CUP")]
    night: list[Callable[[], Any]] = [
        lambda: api.post("/products/bulk", {"items": [{"sku": "TEA", "name": "Tea", "barcodes": ["T1"]}, {"sku": "CUP", "name": "Cup"}]}),
        lambda: api.post("/partners/bulk", {"items": [{"code": "C-1", "kind": "customer", "name": "Shop", "credit_limit": 10**6}]}),
        lambda: api.post("/locations/bulk", {"items": [{"code": "A-01", "kind": "storage"}]}),
        *(lambda one=one: api.post("/stock/adjustments", one, key=f"opening/{one['sku']}", status=201) for one in stock),
        lambda: api.post("/orders/bulk", {"items": [order("SO-1"), order("SO-2", allow_backorder=True)]}),
    ]

    def everything() -> list[Any]:
        lists = ("/stock", "/movements", "/orders", "/products/TEA", "/partners/C-1", "/locations/A-01")
        return [api.get(path) for path in lists] + [api.get("/availability", sku="TEA")]

    for send in night:
        send()
    api.post("/orders/SO-1/release", {})
    before = everything()
    for send in night:
        send()
    assert everything() == before
    assert sum(writes(send) for send in night) <= len(stock), "nothing but the look for a known key"
    api.post("/orders/SO-1/cancel", {"reason": "no"})
    assert outcomes(night[-1]()) == ["unchanged", "unchanged"], "what became of it here is not undone by the night"
    assert api.get("/orders/SO-1")["status"] == "cancelled"
