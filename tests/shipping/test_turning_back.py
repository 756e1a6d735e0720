"""A truck comes back after it has left: its goods are on board again, and nothing that was signed for or returned is undone."""

from __future__ import annotations

import datetime as dt

import pytest
import sqlalchemy as sa
from time_machine import travel

from tests.shipping.conftest import Yard
from tests.shipping.test_pallets import pack_two, pallet
from tests.warehouse import PREFIX
from wms import clock
from wms.db import session
from wms.orders import lifecycle
from wms.orders.models import OrderKind, OrderStatus
from wms.orders.timeline import timelines
from wms.receiving import returns
from wms.receiving.models import Found
from wms.shipping import changes, gate, queries, turning_back
from wms.shipping.models import Load
from wms.stock.models import HandlingUnit, Movement, MovementKind
from wms.tasks.models import TaskKind


def sent(yard: Yard, *numbers: str, **facts: object) -> tuple[Load, str]:
    """A truck that has left with these orders of 4 apples each; and its gate pass."""
    cartons = [yard.packed(number, APPLE=4, **facts) for number in numbers]
    load = yard.plan(*numbers)
    yard.load(load, *reversed(cartons))
    gate_pass = yard.close(load, seal="S-1")
    yard.leave(gate_pass)
    return yard.fresh(load), gate_pass


def test_everything_is_on_board_again_as_if_it_had_not_left(yard: Yard) -> None:
    load, gate_pass = sent(yard, "SO-1", "SO-2")
    before = len(yard.w.movements("APPLE"))
    assert yard.turn_back(load).id == load.id
    load = yard.fresh(load)
    assert (load.status, load.gate_pass, load.left_at, load.closed_units, load.seal) == ("loading", None, None, None, None)
    assert [yard.status(one) for one in ("SO-1", "SO-2")] == ["loaded", "loaded"]
    assert (yard.lines("SO-1", "shipped"), yard.lines("SO-1", "packed")) == ([0], [4])
    assert yard.stages("SO-1") == {"loaded"}
    assert yard.w.reserved("APPLE", at="DOOR-1") == 8
    assert yard.w.on_hand("APPLE", at="@CUSTOMER") == 0
    assert yard.shipment("SO-1").left_at is None
    undone = yard.w.movements("APPLE", kind=MovementKind.REVERSAL)
    assert len(yard.w.movements("APPLE")) == before + 2, "by counter-movements, each naming what it undoes"
    assert all(one.reverses_id for one in undone)
    assert [task.status for task in yard.tasks(TaskKind.LOAD)] == ["done", "open"]
    with pytest.raises(gate.GatePassVoid):
        yard.leave(gate_pass)


def test_it_closes_and_leaves_again_with_a_new_pass(yard: Yard) -> None:
    load, first = sent(yard, "SO-1")
    yard.turn_back(load)
    second = yard.close(load)
    assert second != first
    assert yard.leave(second).units == 1
    assert yard.status("SO-1") == "shipped"
    assert yard.lines("SO-1", "shipped") == [4]
    assert yard.w.on_hand("APPLE", at="@CUSTOMER") == 4
    yard.turn_back(load, reason="again")
    assert yard.status("SO-1") == "loaded"


def test_sales_reads_that_it_came_back_and_dispatch_why(yard: Yard) -> None:
    load, gate_pass = sent(yard, "SO-1")
    yard.turn_back(load, reason="追尾")
    told = [(one.text, one.detail) for one in timelines("order", [yard.order("SO-1").id], "zh_CN")[yard.order("SO-1").id]]
    assert told[-1] == ("车辆折返，货物仍在车上", "追尾")
    assert yard.events(load.number)[-1] == "load.turned_back"
    facts = session.execute(sa.text("SELECT facts FROM events WHERE code = 'load.turned_back'")).scalar_one()
    assert gate_pass in str(facts)


def test_only_a_supervisor_takes_it_back_and_says_why(yard: Yard) -> None:
    load, _ = sent(yard, "SO-1")
    with pytest.raises(turning_back.TurnBackForbidden):
        yard.turn_back(load, by=yard.loader)
    with pytest.raises(turning_back.TurnBackWhy):
        yard.turn_back(load, by=yard.chief, reason="  ")
    yard.turn_back(load, by=yard.chief)


def test_a_truck_that_has_not_left_does_not_come_back(yard: Yard) -> None:
    carton = yard.packed("SO-1", APPLE=4)
    load = yard.plan("SO-1")
    yard.load(load, carton)
    with pytest.raises(turning_back.NotLeft, match="Loading"):
        yard.turn_back(load)


def test_after_some_days_it_is_a_return(yard: Yard) -> None:
    load, _ = sent(yard, "SO-1")
    with (
        travel(clock.now() + dt.timedelta(days=3, minutes=1), tick=False),
        pytest.raises(turning_back.LeftTooLongAgo, match="within 3 days"),
    ):
        yard.turn_back(load)
    with travel(clock.now() + dt.timedelta(days=2), tick=False):
        yard.turn_back(load)


def test_what_was_signed_for_is_not_undone(yard: Yard) -> None:
    load, _ = sent(yard, "SO-1", "SO-2")
    yard.sign("SO-1")
    before = session.execute(sa.select(sa.func.max(Movement.id))).scalar_one()
    with pytest.raises(turning_back.SignedFor, match="SO-1 was signed for by 王"):
        yard.turn_back(load)
    session.rollback()
    assert session.execute(sa.select(sa.func.max(Movement.id))).scalar_one() == before
    assert yard.status("SO-2") == "shipped"


def test_what_finance_closed_is_not_undone(yard: Yard) -> None:
    load, _ = sent(yard, "SO-1")
    yard.sign("SO-1")
    with yard.w.transaction():
        lifecycle.change(lifecycle.lock(yard.order("SO-1").id), OrderStatus.CLOSED, by=yard.by)
    with pytest.raises(turning_back.OrderIsOver):
        yard.turn_back(load)


def test_the_orders_still_on_it_come_back_on_a_load_of_their_own(yard: Yard) -> None:
    """The first customer signed; the second was closed."""
    load, gate_pass = sent(yard, "SO-1", "SO-2", "SO-3")
    yard.sign("SO-1")
    now = yard.turn_back(load, "so-2", "SO-3", reason="customer closed")
    assert now.id != load.id
    assert (now.status, now.plate, now.door_id) == ("loading", load.plate, load.door_id)
    view = queries.load_view(yard.fresh(now), yard.by)
    assert [(one.order, one.stop) for one in view.shipments] == [("SO-2", 1), ("SO-3", 2)]
    assert view.loaded == 2
    old = queries.load_view(yard.fresh(load), yard.by)
    assert ([one.order for one in old.shipments], old.status, old.gate_pass) == (["SO-1"], "left", gate_pass)
    assert (yard.status("SO-1"), yard.status("SO-2")) == ("delivered", "loaded")
    assert yard.leave(yard.close(now)).orders == ("SO-2", "SO-3")
    assert yard.w.on_hand("APPLE", at="@CUSTOMER") == 12


def test_an_order_that_did_not_leave_with_it_is_refused(yard: Yard) -> None:
    load, _ = sent(yard, "SO-1")
    with pytest.raises(turning_back.NotOnThisLoad):
        yard.turn_back(load, "SO-9")


def test_consigned_goods_come_back_from_the_customers_place(yard: Yard) -> None:
    load, _ = sent(yard, "SO-1", kind=OrderKind.CONSIGNMENT)
    place = "CONSIGNMENT-CUSTOMER"
    assert yard.w.on_hand("APPLE", at=place) == 4
    yard.turn_back(load)
    assert yard.w.on_hand("APPLE", at=place) == 0
    assert yard.stages("SO-1") == {"loaded"}
    yard.leave(yard.close(load))
    unit = session.execute(sa.select(HandlingUnit.id).where(HandlingUnit.load_id == load.id)).scalar_one()
    yard.w.move("APPLE", 1, place, "A-01", from_unit=unit)
    with pytest.raises(turning_back.NotOutsideAnyMore, match=f"is not at {place}"):
        yard.turn_back(load)


def test_goods_that_expired_on_the_way_are_taken_in_as_a_return(yard: Yard) -> None:
    yard.w.product("MILK", tracking="expiry")
    yard.w.receive("MILK", 4, at="A-01", lot="M-1", expires_on=clock.today())
    yard.enter("SO-1", MILK=4)
    yard.pick("SO-1")
    carton = yard.pack_all("SO-1")
    load = yard.plan("SO-1")
    yard.load(load, carton)
    yard.leave(yard.close(load))
    with travel(clock.now() + dt.timedelta(days=1, minutes=1), tick=False), pytest.raises(turning_back.ExpiredOutside, match="M-1"):
        yard.turn_back(load)


def test_an_order_that_left_in_two_parts_comes_back_in_the_part_that_was_on_it(yard: Yard) -> None:
    yard.picked("SO-1", APPLE=4)
    first = yard.carton("SO-1")
    yard.pack("SO-1", "APPLE", 1, first)
    second = yard.full("SO-1", first)
    yard.pack("SO-1", "APPLE", 3, second)
    load = yard.plan("SO-1")
    yard.load(load, first)
    yard.leave(yard.close(load, reason="no room"))
    assert yard.status("SO-1") == "packed"
    other = yard.plan("SO-1")
    with pytest.raises(turning_back.RestOnLoad, match=other.number):
        yard.turn_back(load)
    with yard.w.transaction():
        changes.take_off(other.id, "SO-1", by=yard.by)
    yard.turn_back(load)
    assert (yard.status("SO-1"), yard.lines("SO-1", "shipped")) == ("packed", [0])
    assert "order.part_turned_back" in yard.events("SO-1")
    yard.load(load, second)
    assert yard.status("SO-1") == "loaded"
    yard.leave(yard.close(load))
    assert yard.lines("SO-1", "shipped") == [4]


def test_pallets_come_back_with_what_stands_on_them(yard: Yard) -> None:
    cartons = pack_two(yard, "SO-1")
    code = pallet(yard, *cartons)
    load = yard.plan("SO-1")
    yard.load(load, code)
    yard.leave(yard.close(load))
    yard.turn_back(load)
    assert {yard.at(one) for one in (code, *cartons)} == {"DOOR-1"}
    assert {yard.unit(one).parent_id for one in cartons} == {yard.unit(code).id}
    assert yard.leave(yard.close(load)).units == 2


def test_it_is_taken_back_once(yard: Yard) -> None:
    load, _ = sent(yard, "SO-1")
    yard.turn_back(load)
    with pytest.raises(turning_back.NotLeft):
        yard.turn_back(load)


def brought_back(yard: Yard, number: str, quantity: int) -> None:
    yard.w.location("INSP-1", kind="inspection")
    with yard.w.transaction():
        note = returns.open_return(by=yard.by, order=yard.order(number)).number
        place, key = yard.w.location("INSP-1").id, yard.w.key()
        goods = {"found": Found.OPENED, "location_id": place, "by": yard.by, "key": key, "company_prefix": PREFIX}
        returns.take_back(note, yard.w.product("APPLE"), quantity, **goods)


def test_what_came_back_as_a_return_meanwhile_is_not_undone(yard: Yard) -> None:
    load, _ = sent(yard, "SO-1", "SO-2")
    brought_back(yard, "SO-1", 1)
    with pytest.raises(turning_back.CameBackAlready, match="SO-1"):
        yard.turn_back(load)
    session.rollback()
    yard.turn_back(load, "SO-2")


def test_what_came_back_of_a_shipment_that_was_signed_for_keeps_no_other_from_coming_back(yard: Yard) -> None:
    yard.picked("SO-1", APPLE=4)
    first = yard.carton("SO-1")
    yard.pack("SO-1", "APPLE", 2, first)
    second = yard.full("SO-1", first)
    yard.pack("SO-1", "APPLE", 2, second)
    earlier = yard.plan("SO-1")
    yard.load(earlier, first)
    yard.leave(yard.close(earlier, reason="no room"))
    yard.sign("SO-1")
    brought_back(yard, "SO-1", 1)
    later = yard.plan("SO-1")
    yard.load(later, second)
    yard.leave(yard.close(later))
    yard.turn_back(later)
    assert (yard.status("SO-1"), yard.lines("SO-1", "shipped"), yard.lines("SO-1", "returned")) == ("loaded", [2], [1])
    with pytest.raises(turning_back.SignedFor):
        yard.turn_back(earlier)
