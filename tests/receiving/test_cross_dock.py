"""Goods that an order waits for go to it straight from the dock, in turn, and nothing newer overtakes what lies in the racks."""

from __future__ import annotations

import datetime as dt

import pytest
import sqlalchemy as sa

from tests.receiving.conftest import Dock
from tests.receiving.handheld import Handheld, soon
from tests.warehouse import Warehouse
from wms import clock
from wms.db import session
from wms.locations.models import Kind
from wms.orders import operations, withdrawal
from wms.orders.lines import NewLine
from wms.orders.models import InboundLine, Order, OrderLine
from wms.receiving import cross_dock
from wms.stock.ledger import NotEnough
from wms.stock.models import Claim, Reservation
from wms.tasks.models import Task, TaskKind


@pytest.fixture(autouse=True)
def staging(w: Warehouse, dock: Dock) -> None:
    with w.transaction():
        w.location("STAGE", kind=Kind.STAGING, x_mm=500)
        w.location("PACK", kind=Kind.PACKING)
        w.partner("ACME")


def wants(w: Warehouse, quantity: int, sku: str = "TEA", *, number: str = "SO-1", hours: int | None = 4, **facts: object) -> None:
    """A released order that waits for goods which nobody has."""
    w.product(sku)
    line = {name: facts.pop(name) for name in ("lot", "min_remaining_days") if name in facts}
    due = clock.now() + dt.timedelta(hours=hours) if hours is not None else None
    to = {"name": "Li", "phone": "1", "street": "1", "city": "X", "country": "CN"}
    with w.transaction():
        operations.enter_order(
            number=number, customer="ACME", due_at=due, allow_backorder=True, ship_to=to, by=w.by,
            lines=[NewLine(sku=sku, quantity=quantity, **line)], **{"priority": 5, **facts},  # type: ignore[arg-type]
        )  # fmt: skip
    with w.transaction():
        operations.release(number, by=w.by)


def line_of(number: str = "SO-1") -> OrderLine:
    return session.execute(
        sa.select(OrderLine)
        .join(Order, Order.id == OrderLine.order_id)
        .where(Order.number == number)
        .execution_options(populate_existing=True)
    ).scalar_one()


def status_of(number: str = "SO-1") -> str:
    return session.execute(sa.select(Order.status).where(Order.number == number)).scalar_one()


def test_the_order_is_shown_and_its_goods_go_to_staging(w: Warehouse, dock: Dock, receiving: Handheld) -> None:
    wants(w, 12)
    dock.announce(("TEA", 30))
    screen = receiving.scan("IN-1", "TEA", "30")
    assert (receiving.step, screen["expected"]) == ("cross", "STAGE")
    assert {"SO-1", "12 pieces", "18 pieces"} <= {str(fact["value"]) for fact in screen["facts"]} | {
        f"{fact['value']} {fact['detail']}" for fact in screen["facts"]
    }
    receiving.scan("STAGE")
    assert [w.on_hand("TEA", at=place) for place in ("STAGE", "DOCK")] == [12, 18]
    assert (line_of().picked, status_of(), w.reserved("TEA", at="STAGE")) == (12, "picked", 12)
    inbound = session.execute(sa.select(InboundLine).execution_options(populate_existing=True)).scalar_one()
    assert (inbound.received, inbound.put_away) == (30, 12)
    assert session.execute(sa.select(Task.quantity).where(Task.kind == TaskKind.PUTAWAY.value)).scalars().all() == [18]


def test_the_more_urgent_order_comes_first_then_the_next(w: Warehouse, dock: Dock, receiving: Handheld) -> None:
    wants(w, 5, number="SO-1", hours=8)
    wants(w, 5, number="SO-2", hours=2)
    wants(w, 5, number="SO-3", hours=9, priority=9)
    dock.announce(("TEA", 20))
    receiving.scan("IN-1", "TEA", "12", "12", "STAGE", "STAGE", "STAGE")
    assert [line_of(number).picked for number in ("SO-1", "SO-2", "SO-3")] == [2, 5, 5]
    assert (receiving.step, w.on_hand("TEA", at="DOCK")) == ("product", 0)


def test_the_worker_may_put_them_away_all_the_same(w: Warehouse, dock: Dock, receiving: Handheld) -> None:
    wants(w, 12)
    dock.announce(("TEA", 30))
    receiving.scan("IN-1", "TEA", "30", "CMD:SKIP")
    assert (w.on_hand("TEA", at="DOCK"), line_of().picked) == (30, 0)


def test_goods_in_the_racks_serve_the_order_first(w: Warehouse, dock: Dock, receiving: Handheld) -> None:
    wants(w, 12)
    w.receive("TEA", 40, at="A-01")
    dock.announce(("TEA", 30))
    receiving.scan("IN-1", "TEA", "30")
    assert receiving.step == "order"


@pytest.mark.parametrize(("hours", "offered"), [(47, True), (49, False), (None, True)])
def test_only_demand_that_is_due_soon_is_offered(w: Warehouse, dock: Dock, receiving: Handheld, hours: int | None, offered: bool) -> None:
    wants(w, 12, hours=hours)
    dock.announce(("TEA", 30))
    receiving.scan("IN-1", "TEA", "30")
    assert (receiving.step == "cross") is offered


def test_what_keeps_too_short_for_the_customer_is_not_offered(w: Warehouse, dock: Dock, receiving: Handheld) -> None:
    w.product("MILK", tracking="expiry")
    wants(w, 12, "MILK", min_remaining_days=60)
    dock.announce(("MILK", 30))
    receiving.scan("IN-1", "MILK", "L1", soon(59), "30")
    assert receiving.step == "order"


def test_damaged_goods_go_to_nobody(w: Warehouse, dock: Dock, receiving: Handheld) -> None:
    wants(w, 12)
    dock.announce(("TEA", 30))
    receiving.scan("IN-1", "DAMAGED", "TEA", "30", "30", "WET")
    assert line_of().picked == 0


def test_another_place_than_a_station_is_refused(w: Warehouse, dock: Dock, receiving: Handheld) -> None:
    wants(w, 12)
    dock.announce(("TEA", 30))
    receiving.scan("IN-1", "TEA", "30", "A-01")
    assert (receiving.step, receiving.tone, receiving.code, w.on_hand("TEA")) == ("cross", "stop", "not_staging", 0)
    receiving.scan("PACK")
    assert w.on_hand("TEA", at="PACK") == 12


def test_an_order_cancelled_meanwhile_is_told_and_the_goods_can_be_put_away(w: Warehouse, dock: Dock, receiving: Handheld) -> None:
    wants(w, 12)
    dock.announce(("TEA", 30))
    receiving.scan("IN-1", "TEA", "30")
    with w.transaction():
        withdrawal.cancel("SO-1", by=w.by)
    receiving.scan("STAGE")
    assert (receiving.step, receiving.tone, receiving.code, w.on_hand("TEA")) == ("cross", "stop", "demand_gone", 0)
    receiving.scan("CMD:SKIP")
    assert w.on_hand("TEA", at="DOCK") == 30


def test_cancelled_afterwards_they_go_back_by_task(w: Warehouse, dock: Dock, receiving: Handheld) -> None:
    wants(w, 12)
    dock.announce(("TEA", 12))
    receiving.scan("IN-1", "TEA", "12", "STAGE")
    with w.transaction():
        withdrawal.cancel("SO-1", by=w.by)
    assert session.execute(sa.select(Task.quantity).where(Task.kind == TaskKind.PUT_BACK.value)).scalars().all() == [12]
    assert session.execute(sa.select(sa.func.count()).where(Reservation.status == Claim.PENDING.value)).scalar_one() == 0


def test_more_than_the_order_waits_for_is_never_claimed(w: Warehouse, dock: Dock) -> None:
    wants(w, 12)
    order = dock.announce(("TEA", 30))
    place, line = dock.id("STAGE"), line_of().id
    with pytest.raises((cross_dock.DemandGone, NotEnough)), w.transaction():
        cross_dock.take(
            order.id, line, w.product("TEA"), 13, dock=w.location("DOCK"), place_id=place, expected="STAGE", by=w.by, key=w.key()
        )
    assert w.on_hand("TEA") == 0


def test_what_came_into_the_racks_meanwhile_is_not_overtaken(w: Warehouse, dock: Dock, receiving: Handheld) -> None:
    wants(w, 12)
    dock.announce(("TEA", 30))
    receiving.scan("IN-1", "TEA", "30")
    w.receive("TEA", 50, at="A-01")
    receiving.scan("STAGE")
    assert (receiving.step, receiving.code, line_of().picked) == ("cross", "demand_gone", 0)


def test_another_order_that_is_held_for_stock_stays_held(w: Warehouse, dock: Dock, receiving: Handheld) -> None:
    wants(w, 12)
    w.partner("OTHER")
    to = {"name": "Li", "phone": "1", "street": "1", "city": "X", "country": "CN"}
    with w.transaction():
        operations.enter_order(number="SO-2", customer="OTHER", ship_to=to, lines=[NewLine(sku="TEA", quantity=5)], by=w.by)
    with w.transaction():
        operations.release("SO-2", by=w.by)
    assert status_of("SO-2") == "held"
    dock.announce(("TEA", 12))
    receiving.scan("IN-1", "TEA", "12", "STAGE")
    assert status_of("SO-2") == "held"
