"""Orders are copied, split and merged before the warehouse begins, and each says where it came from and went."""

from __future__ import annotations

import re
from typing import Any

import pytest
import sqlalchemy as sa

from tests.orders.conftest import Machine
from tests.orders.desk import Desk
from tests.warehouse import Warehouse
from wms.db import session
from wms.events import Event
from wms.orders import editing, operations, reshaping, services
from wms.orders.lines import LineUnknown, NewLine
from wms.orders.models import OrderKind
from wms.orders.services import NewService, Service


def lines(desk: Desk, number: str) -> list[tuple[str, int]]:
    """Each line that still wants something, with how much."""
    return [(line.line, line.ordered) for line in editing.live_lines(desk.order(number))]


def test_a_copy_is_the_same_order_with_nothing_done_for_it(w: Warehouse, desk: Desk) -> None:
    w.product("TEA", packagings={"case": 12})
    gift = [NewService(Service.GIFT_WRAP, "2", "red paper")]
    wanted = [("APPLE", 3), ("TEA", 2, {"unit": "case", "lot": "L1", "min_remaining_days": 5})]
    desk.enter("SO-1", wanted, notes="ring twice", priority=8, ship_complete=True, services=gift)
    with w.transaction():
        reshaping.copy("SO-1", by=w.by, new_number="SO-2")
    made = desk.order("SO-2")
    assert (lines(desk, "SO-2"), made.notes, made.priority, made.ship_complete) == ([("1", 3), ("2", 24)], "ring twice", 8, True)
    assert (made.lines[1].unit, made.lines[1].lot, made.lines[1].min_remaining_days) == ("case", "L1", 5)
    assert [(one.line, one.text) for one in services.of_orders([made.id])[made.id]] == [("2", "red paper")]
    assert desk.events("SO-2") == ["order.received", "order.copied"]


def test_a_part_goes_to_an_order_of_its_own(w: Warehouse, desk: Desk) -> None:
    w.receive("APPLE", 50, at="A-01")
    wrap = [NewService(Service.GIFT_WRAP, "2"), NewService(Service.INSERT)]
    desk.enter("SO-1", APPLE=10, NUT=4, FIG=1, services=wrap)
    with w.transaction():
        made = reshaping.split("SO-1", {"1": 4, "2": 4}, by=w.by).number
    assert (lines(desk, "SO-1"), lines(desk, made)) == ([("1", 6), ("3", 1)], [("1", 4), ("2", 4)])
    found = services.of_orders([desk.order("SO-1").id, desk.order(made).id])
    assert [one.code for one in found[desk.order(made).id]] == [Service.GIFT_WRAP]
    assert [one.code for one in found[desk.order("SO-1").id]] == [Service.INSERT]
    assert desk.events("SO-1")[-1] == "order.split"
    assert desk.events(made)[-1] == "order.split_off"


WRONG: list[tuple[dict[str, int], type[Exception]]] = [
    ({"1": 11}, reshaping.SplitTooMuch),
    ({"1": 0}, reshaping.SplitTooMuch),
    ({"9": 1}, LineUnknown),
    ({}, reshaping.NothingStays),
    ({"1": 10, "2": 4}, reshaping.NothingStays),
]


@pytest.mark.parametrize(("taken", "refusal"), WRONG)
def test_something_goes_and_something_stays(w: Warehouse, desk: Desk, taken: dict[str, int], refusal: type[Exception]) -> None:
    desk.enter("SO-1", APPLE=10, NUT=4)
    with pytest.raises(refusal), w.transaction():
        reshaping.split("SO-1", taken, by=w.by)
    assert lines(desk, "SO-1") == [("1", 10), ("2", 4)]


def test_what_the_floor_has_begun_or_finance_has_settled_is_not_split(w: Warehouse, desk: Desk) -> None:
    w.receive("APPLE", 50, at="A-01")
    for number in ("SO-1", "SO-2"):
        desk.enter(number, APPLE=10)
    desk.release("SO-1")
    with w.transaction():
        operations.settle("SO-2", by=w.by)
    with pytest.raises(editing.TooLateToEdit), w.transaction():
        reshaping.split("SO-1", {"1": 1}, by=w.by)
    with pytest.raises(editing.AlreadySettled), w.transaction():
        reshaping.split("SO-2", {"1": 1}, by=w.by)


def test_orders_for_one_address_become_one(w: Warehouse, desk: Desk) -> None:
    desk.enter("SO-1", APPLE=10, priority=2, notes="ring", services=[NewService(Service.INSERT)])
    desk.enter("SO-2", [("NUT", 4), ("APPLE", 1)], priority=7, notes="gate 3", services=[NewService(Service.GIFT_WRAP, "1")])
    assert [one.number for one in reshaping.mergeable(desk.order("SO-2"))] == ["SO-1"]
    with w.transaction():
        kept = reshaping.merge(["so-2", "SO-1"], by=w.by)
        assert kept.number == "SO-1"
    order = desk.order("SO-1")
    assert (lines(desk, "SO-1"), order.priority, order.notes) == ([("1", 10), ("2", 4), ("3", 1)], 7, "ring\ngate 3")
    assert [(one.code, one.line) for one in services.of_orders([order.id])[order.id]] == [(Service.INSERT, None), (Service.GIFT_WRAP, "2")]
    assert desk.status("SO-2") == "cancelled"
    assert desk.events("SO-2")[-1] == "order.merged"
    assert reshaping.mergeable(desk.order("SO-1")) == []


def test_an_order_that_was_merged_leads_to_where_its_goods_are(w: Warehouse, desk: Desk, api: Machine) -> None:
    desk.enter("SO-1", APPLE=1)
    desk.enter("SO-2", APPLE=2)
    desk.enter("SO-3", APPLE=2)
    with w.transaction():
        reshaping.merge(["SO-2", "SO-1"], by=w.by)
    for page, way in (("/orders/", "/orders/SO-1"), ("/sales/orders/", "/sales/orders/SO-1")):
        said = api.page(page + "SO-2")
        assert "Merged into SO-1" in said[: said.index("Timeline" if page == "/orders/" else "What happened")]
        assert re.search(rf'<a class="button" href="{way}">Open SO-1</a>', said)
        assert "Merged into" not in api.page(page + "SO-1")
        assert "Merged into" not in api.page(page + "SO-3")
    assert "Promised</th>" not in api.page("/orders/SO-2"), "of what is cancelled nothing is promised: its note needs the room"
    assert "Promised</th>" in api.page("/orders/SO-1")


DIFFERENT: list[dict[str, Any]] = [
    {"customer": "OTHER"},
    {"kind": OrderKind.SETTLE_FIRST},
    {"ship_to": {"name": "Li", "street": "Road 9", "city": "上海"}},
    {"ship_complete": True},
    {"allow_backorder": True},
]


@pytest.mark.parametrize("facts", DIFFERENT)
def test_what_goes_elsewhere_or_otherwise_stays_apart(w: Warehouse, desk: Desk, facts: dict[str, Any]) -> None:
    desk.enter("SO-1", APPLE=10)
    desk.enter("SO-2", APPLE=5, **facts)
    assert reshaping.mergeable(desk.order("SO-1")) == []
    with pytest.raises(reshaping.OrdersDiffer), w.transaction():
        reshaping.merge(["SO-1", "SO-2"], by=w.by)


def test_one_order_is_not_merged_with_itself_and_none_that_somebody_holds(w: Warehouse, desk: Desk) -> None:
    for number in ("SO-1", "SO-2"):
        desk.enter(number, APPLE=10)
    with pytest.raises(reshaping.OneOrderOnly), w.transaction():
        reshaping.merge(["SO-1", "so-1"], by=w.by)
    with w.transaction():
        operations.hold("SO-2", by=w.by, reason="wait")
    with pytest.raises(reshaping.HeldByHand), w.transaction():
        reshaping.merge(["SO-1", "SO-2"], by=w.by)
    assert reshaping.mergeable(desk.order("SO-1")) == []


def test_the_desk_copies_splits_and_merges_with_buttons(w: Warehouse, desk: Desk, machine: Any) -> None:
    desk.enter("SO-1", APPLE=10, NUT=2)
    sales = machine("sales")
    page = sales.send("/orders/SO-1/copy").text
    assert "is a copy: change what differs" in page
    assert "Edit SO-" in page
    form = sales.page("/orders/SO-1/split")
    assert "To the new order" in form
    wrong = sales.send("/orders/SO-1/split", line=["1", "2"], quantity=["11", ""])
    assert (wrong.status_code, "Line 1 wants 10, so 11 cannot go" in wrong.text, 'value="11"' in wrong.text) == (422, True, True)
    assert "has what was split off" in sales.send("/orders/SO-1/split", line=["1", "2"], quantity=["4", ""]).text
    assert lines(desk, "SO-1") == [("1", 6), ("2", 2)]
    page = sales.page("/orders/SO-1")
    assert "Other orders for this address" in page
    others = [one.number for one in reshaping.mergeable(desk.order("SO-1"))]
    assert len(others) == 2
    assert "Merged into SO-1" in sales.send("/orders/SO-1/merge", other=others).text
    assert sum(quantity for _, quantity in lines(desk, "SO-1")) == 24
    assert "请至少选择两张不同的订单" in machine("sales", "zh_CN").send("/orders/SO-1/merge").text


def test_what_was_taken_out_on_the_floor_is_not_ordered_again_by_splitting_or_merging(w: Warehouse, desk: Desk) -> None:
    w.receive("APPLE", 50, at="A-01")
    for number in ("SO-1", "SO-2"):
        desk.enter(number, APPLE=10, NUT=4, allow_backorder=True)
        desk.release(number)
        with w.transaction():
            editing.edit(number, by=w.by, lines=[NewLine("APPLE", 6, line="1"), NewLine("NUT", 4, line="2")])
            operations.hold(number, by=w.by, reason="two trucks")
            operations.approve(number, by=w.by)
    with w.transaction():
        reshaping.split("SO-1", {"2": 1}, by=w.by)
    with w.transaction():
        reshaping.merge(["SO-1", "SO-2"], by=w.by)
    kept = desk.order("SO-1")
    assert [(line.line, line.ordered - line.cancelled) for line in kept.lines] == [("1", 6), ("2", 3), ("3", 6), ("4", 4)]


def test_splitting_tells_of_the_lines_that_it_changes_and_of_no_others(w: Warehouse, desk: Desk) -> None:
    desk.enter("SO-1", APPLE=10, NUT=4)
    with w.transaction():
        reshaping.split("SO-1", {"2": 1}, by=w.by)
    told = session.execute(sa.select(Event.facts).where(Event.subject_number == "SO-1", Event.code == "order.changed")).scalar_one()
    assert [one["line"] for one in told["changes"]] == ["2"]


def test_halves_of_one_order_are_not_doubted_as_twice_the_same(w: Warehouse, desk: Desk, house_rules: Any) -> None:
    house_rules("", 24)
    w.receive("APPLE", 50, at="A-01")
    desk.enter("SO-1", APPLE=15)
    for new in ("SO-2", "SO-3"):
        with w.transaction():
            reshaping.split("SO-1", {"1": 5}, by=w.by, new_number=new)
    assert [desk.release(number) for number in ("SO-1", "SO-2", "SO-3")] == ["released"] * 3
    desk.enter("SO-4", APPLE=5)
    assert desk.status("SO-4") == "held", "that one was entered twice"


def test_merging_keeps_the_customers_numbers_and_cuts_nothing_off(w: Warehouse, desk: Desk) -> None:
    desk.enter("SO-1", APPLE=1, reference="PO-7", notes="a" * 1200)
    desk.enter("SO-2", APPLE=2, reference="PO-8")
    desk.enter("SO-3", APPLE=3, notes="b" * 1200)
    with pytest.raises(reshaping.TooLongTogether), w.transaction():
        reshaping.merge(["SO-1", "SO-2", "SO-3"], by=w.by)
    with w.transaction():
        reshaping.merge(["SO-1", "SO-2"], by=w.by)
    assert (desk.order("SO-1").reference, desk.order("SO-1").notes) == ("PO-7, PO-8", "a" * 1200)
