"""Sales is told when goods can leave and why; who waits is served in turn, and what was promised is compared with what was done."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from tests.orders.desk import Desk
from tests.warehouse import Warehouse
from wms import clock
from wms.db import session
from wms.orders import availability, editing, inbound, operations, queries
from wms.orders.lines import NewLine
from wms.orders.models import InboundKind, InboundOrder
from wms.orders.promising import Part


def day(offset: int) -> dt.date:
    return clock.today() + dt.timedelta(days=offset)


@pytest.fixture
def announce(w: Warehouse) -> Any:
    """Goods announced for a day."""

    def announced(number: str, on: dt.date | None, **goods: int) -> InboundOrder:
        with w.transaction():
            for sku in goods:
                w.product(sku)
            lines = [NewLine(sku, quantity) for sku, quantity in goods.items()]
            return inbound.announce(number=number, lines=lines, expected_on=on, by=w.by)

    return announced


def told(desk: Desk, number: str, language: str = "en") -> list[tuple[dt.date | None, list[str]]]:
    """When each line can leave, and why."""
    return [(line.can_ship_on, line.can_ship_why) for line in queries.shown([desk.order(number)], language)[0].lines]


def test_an_order_can_leave_today_with_what_is_here_and_later_with_what_comes(w: Warehouse, desk: Desk, announce: Any) -> None:
    w.receive("APPLE", 6, at="A-01")
    announce("PO-1", day(3), APPLE=10)
    desk.enter("SO-1", APPLE=4)
    desk.enter("SO-2", APPLE=5)
    assert told(desk, "SO-1") == [(day(0), ["4 in stock"])]
    assert told(desk, "SO-2", "zh_CN") == [(day(3), ["现货 2", f"3 随 PO-1 到货，预计 {day(3)}"])]
    assert queries.shown([desk.order("SO-2")], "en")[0].can_ship_on == day(3)


def test_nobody_knows_when_nothing_is_announced_or_it_has_no_date_or_is_overdue(w: Warehouse, desk: Desk, announce: Any) -> None:
    desk.enter("SO-1", APPLE=4, NUT=1, FIG=1)
    announce("PO-1", None, NUT=1)
    announce("PO-2", day(-2), FIG=1)
    assert told(desk, "SO-1") == [
        (None, ["4 lack, and nothing is announced"]),
        (None, ["1 with PO-1, which has no date"]),
        (None, [f"1 with PO-2, overdue since {day(-2)}"]),
    ]


def test_what_stands_at_the_dock_counts_as_here_today(w: Warehouse, desk: Desk, announce: Any) -> None:
    announce("PO-1", day(-2), APPLE=4)
    with w.transaction():
        inbound.arrive("PO-1", by=w.by)
    desk.enter("SO-1", APPLE=4)
    assert told(desk, "SO-1")[0][0] == day(0)


def test_released_orders_go_before_others_and_urgent_ones_before_old_ones(w: Warehouse, desk: Desk, announce: Any) -> None:
    announce("PO-1", day(1), APPLE=3)
    announce("PO-2", day(5), APPLE=9)
    desk.enter("SO-1", APPLE=3)
    desk.enter("SO-2", APPLE=3, allow_backorder=True)
    desk.enter("SO-3", APPLE=3, allow_backorder=True, priority=9)
    desk.release("SO-2")
    assert [told(desk, f"SO-{n}")[0][0] for n in (2, 3, 1)] == [day(1), day(5), day(5)]
    desk.release("SO-3")
    assert [told(desk, f"SO-{n}")[0][0] for n in (2, 3)] == [day(5), day(1)]


def test_goods_that_have_come_are_for_the_back_orders_in_their_turn(w: Warehouse, desk: Desk) -> None:
    desk.enter("SO-OLD", APPLE=4, allow_backorder=True)
    desk.enter("SO-NEW", APPLE=4, allow_backorder=True)
    desk.enter("SO-DUE", APPLE=4, allow_backorder=True, due_at=clock.now() + dt.timedelta(days=1))
    desk.enter("SO-TOP", APPLE=4, allow_backorder=True, priority=9)
    for number in ("SO-NEW", "SO-OLD", "SO-DUE", "SO-TOP"):
        desk.release(number)
    w.receive("APPLE", 10, at="A-01")
    desk.reconsider()
    assert [desk.counters(f"SO-{one}", "promised") for one in ("TOP", "DUE", "OLD", "NEW")] == [[4], [4], [2], [0]]


def test_an_order_released_between_the_receipt_and_the_promise_takes_nothing_from_those_before_it(w: Warehouse, desk: Desk) -> None:
    desk.enter("SO-1", APPLE=6, allow_backorder=True)
    desk.release("SO-1")
    w.receive("APPLE", 10, at="A-01")
    desk.enter("SO-2", APPLE=6)
    desk.enter("SO-3", APPLE=6, priority=9)
    desk.enter("SO-4", [("APPLE", 4)])
    assert desk.release("SO-2") == "held"
    assert desk.reasons("SO-2") == {"stock": "Not enough stock: APPLE lacks 2 of 6"}
    assert desk.release("SO-4") == "released"
    assert desk.release("SO-3") == "released", "it is more urgent than who waits"
    desk.reconsider()
    assert desk.counters("SO-1", "promised") == [0]


def test_who_waits_for_another_lot_keeps_nobody_from_what_is_here(w: Warehouse, desk: Desk) -> None:
    w.product("TEA", tracking="lot")
    desk.enter("SO-1", [("TEA", 5, {"lot": "L2"})], allow_backorder=True)
    desk.release("SO-1")
    w.receive("TEA", 5, at="A-01", lot="L1")
    desk.enter("SO-2", TEA=5)
    assert desk.release("SO-2") == "released"


def test_a_lot_that_is_wanted_is_told_of_when_it_is_announced(w: Warehouse, desk: Desk) -> None:
    w.product("TEA", tracking="lot")
    w.receive("TEA", 5, at="A-01", lot="L1")
    with w.transaction():
        inbound.announce(number="PO-1", lines=[NewLine("TEA", 5, lot="L2")], expected_on=day(2), by=w.by)
    desk.enter("SO-1", [("TEA", 4, {"lot": "l2"})])
    assert told(desk, "SO-1")[0][0] == day(2)


def test_the_day_that_was_promised_is_kept_and_compared_with_the_day_it_left(
    w: Warehouse, desk: Desk, announce: Any, time_machine: Any
) -> None:
    due = clock.begins(day(1)) + dt.timedelta(hours=12)
    w.receive("APPLE", 5, at="A-01")
    desk.enter("SO-1", APPLE=5, due_at=due)
    desk.release("SO-1")
    assert desk.order("SO-1").promised_on == day(1), "it is due then"
    announce("PO-1", day(4), APPLE=5)
    desk.enter("SO-2", APPLE=5, due_at=due, allow_backorder=True)
    desk.release("SO-2")
    assert desk.order("SO-2").promised_on == day(4)
    view = queries.shown([desk.order("SO-2")], "en")[0]
    assert view.waits_beyond == day(4)
    desk.enter("SO-3", NUT=1, allow_backorder=True)
    desk.release("SO-3")
    assert desk.order("SO-3").promised_on is None, "nobody knows"
    w.receive("NUT", 1, at="A-02")
    desk.reconsider()
    assert desk.order("SO-3").promised_on == day(0)


def test_another_order_is_another_promise(w: Warehouse, desk: Desk) -> None:
    w.receive("APPLE", 5, at="A-01")
    desk.enter("SO-1", APPLE=5)
    desk.release("SO-1")
    with w.transaction():
        operations.hold("SO-1", by=w.by)
        editing.edit("SO-1", by=w.by, lines=[NewLine("APPLE", 9, line="1")])
    assert desk.order("SO-1").promised_on is None


def test_availability_tells_what_comes_what_is_left_by_day_and_when_so_much_can_leave(
    w: Warehouse, desk: Desk, announce: Any, api: Any
) -> None:
    w.receive("APPLE", 10, at="A-01")
    announce("PO-1", day(3), APPLE=6)
    announce("PO-2", day(-1), APPLE=50)
    desk.enter("SO-1", APPLE=4)
    desk.release("SO-1")
    desk.enter("SO-2", APPLE=3)
    told = api.get("/availability", sku="apple", quantity=8)
    known = {"on_hand": 10, "reserved": 0, "promised": 4, "available": 6, "expected": 56, "waiting": 0, "unreleased": 3}
    assert {name: told[name] for name in known} == known
    assert told["by_day"] == [{"on": str(day(0)), "available": 3}, {"on": str(day(3)), "available": 9}]
    assert [(one["number"], one["on"], one["overdue_since"]) for one in told["coming"]] == [
        ("PO-1", str(day(3)), None),
        ("PO-2", None, str(day(-1))),
    ]
    assert (told["can_ship_on"], told["can_ship_why"]) == (str(day(3)), ["3 in stock", f"5 with PO-1, expected {day(3)}"])
    assert api.get("/availability", sku="APPLE", quantity=10)["can_ship_on"] is None
    assert api.get("/availability", 422, sku="APPLE", quantity=0)["code"] == "invalid_input"


def test_what_customers_send_back_is_promised_to_nobody_before_it_was_looked_at(w: Warehouse, desk: Desk, api: Any) -> None:
    w.receive("APPLE", 2, at="A-01")
    desk.enter("SO-1", APPLE=4, allow_backorder=True)
    with w.transaction():
        lines = [NewLine("APPLE", 6)]
        inbound.announce(number="RT-1", kind=InboundKind.CUSTOMER_RETURN, partner="CUSTOMER", lines=lines, expected_on=day(0), by=w.by)
        inbound.arrive("RT-1", by=w.by)
    assert told(desk, "SO-1") == [(None, ["2 in stock", "2 lack, and nothing is announced"])]
    desk.release("SO-1")
    assert desk.order("SO-1").promised_on is None
    answer = api.get("/availability", sku="APPLE", quantity=1)
    assert (answer["expected"], answer["coming"], answer["can_ship_on"]) == (6, [], None)


def test_a_part_speaks_for_itself() -> None:
    assert availability.in_words(Part(3, None)).say("zh_CN") == "缺 3，尚无到货通知"


def test_a_page_shows_when_it_can_leave(w: Warehouse, desk: Desk, announce: Any, machine: Any) -> None:
    announce("PO-1", day(3), APPLE=6)
    desk.enter("SO-1", APPLE=6, due_at=clock.now() + dt.timedelta(days=1))
    session.commit()
    for language, words in (("en", "6 with PO-1, expected"), ("zh_CN", "6 随 PO-1 到货，预计")):
        assert words in machine("sales", language).page("/orders/SO-1")
