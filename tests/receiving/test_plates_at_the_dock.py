"""What was announced plate by plate is taken in by one scan each; serial numbers come in rows; vehicles bring several orders."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
import sqlalchemy as sa

from tests.receiving.conftest import Dock
from tests.receiving.handheld import Handheld, soon
from tests.warehouse import Warehouse
from wms.db import session
from wms.orders.announced import NewContent, NewUnit
from wms.orders.models import AnnouncedUnit, InboundKind, InboundLine
from wms.receiving import arrivals, booking, inspection_rules, plates, whole_plates
from wms.receiving.appointments import Hours
from wms.receiving.models import Arrival
from wms.receiving.scan_serials import MOST, NoRange, RangeTooLong, row_of
from wms.stock import handling_units
from wms.stock.handling_units import check_digit
from wms.stock.models import HandlingUnit, Movement, UnitKind
from wms.tasks.models import Task

# -- announced plates ----------------------------------------------------------------------------------------------------------


def sscc(number: int) -> str:
    body = f"376123450{number:08d}"
    return body + check_digit(body)


def came(dock: Dock) -> list[tuple[int, int]]:
    """Received and put away, line by line."""
    rows = session.execute(sa.select(InboundLine).order_by(InboundLine.id).execution_options(populate_existing=True)).scalars()
    return [(line.received, line.put_away) for line in rows]


@pytest.fixture
def stack(w: Warehouse, dock: Dock) -> list[str]:
    """A pallet with tea on it and two cartons of milk; and a pallet of soap."""
    w.product("MILK", tracking="expiry")
    numbers = [sscc(one) for one in range(1, 5)]
    until = dt.date.fromisoformat(soon(60))
    units = [
        NewUnit(numbers[0], UnitKind.PALLET, contents=[NewContent("1", 30)]),
        NewUnit(numbers[1], UnitKind.CARTON, parent=numbers[0], contents=[NewContent("2", 12, lot="M-1", expires_on=until)]),
        NewUnit(numbers[2], UnitKind.CARTON, parent=numbers[0], contents=[NewContent("2", 8, lot="M-2", expires_on=until)]),
        NewUnit(numbers[3], UnitKind.PALLET, contents=[NewContent("3", 50)]),
    ]
    dock.announce(("TEA", 30), ("MILK", 20), ("SOAP", 50), units=units)
    return numbers


def test_one_scan_takes_in_a_pallet_with_the_cartons_on_it(w: Warehouse, dock: Dock, receiving: Handheld, stack: list[str]) -> None:
    receiving.scan("IN-1", stack[0])
    assert (receiving.step, receiving.tone) == ("product", "good")
    assert [w.on_hand(sku, at="DOCK") for sku in ("TEA", "MILK", "SOAP")] == [30, 20, 0]
    pallet = session.execute(sa.select(HandlingUnit).where(HandlingUnit.code == stack[0])).scalar_one()
    standing = session.execute(sa.select(HandlingUnit.code).where(HandlingUnit.parent_id == pallet.id).order_by(HandlingUnit.code))
    assert standing.scalars().all() == stack[1:3]
    receiving.scan(stack[3])
    assert (receiving.step, came(dock)) == ("order", [(30, 0), (20, 0), (50, 0)])


def test_it_goes_to_its_place_by_one_scan_too(w: Warehouse, dock: Dock, receiving: Handheld, forklift: Handheld, stack: list[str]) -> None:
    receiving.scan("IN-1", stack[0])
    forklift.scan(stack[0], "A-01")
    if forklift.tone == "ask":
        forklift.scan("A-01")
    assert [w.on_hand(sku, at="A-01") for sku in ("TEA", "MILK")] == [30, 20]
    assert came(dock)[:2] == [(30, 30), (20, 20)]


def test_the_pallet_says_itself_which_delivery_it_is_of(w: Warehouse, dock: Dock, receiving: Handheld, stack: list[str]) -> None:
    receiving.scan(stack[3])
    assert (receiving.step, w.on_hand("SOAP", at="DOCK")) == ("product", 50)
    receiving.scan("TEA", "30")
    assert (receiving.tone, w.on_hand("TEA", at="DOCK")) == ("good", 30), "the delivery is in hand, for what else comes with it"
    receiving.scan("CMD:DONE")
    assert (receiving.step, receiving.tone) == ("order", "good")


def test_undone_it_is_expected_again_and_may_come_again(w: Warehouse, dock: Dock, receiving: Handheld, stack: list[str]) -> None:
    receiving.scan("IN-1", stack[0], "CMD:UNDO")
    assert (receiving.tone, w.on_hand("TEA"), w.on_hand("MILK")) == ("good", 0, 0)
    states = session.execute(sa.select(AnnouncedUnit.status).order_by(AnnouncedUnit.id)).scalars().all()
    assert states == ["announced"] * 4
    assert session.execute(sa.select(sa.func.count()).where(Task.status.in_(["open", "claimed"]))).scalar_one() == 0
    receiving.scan(stack[0])
    assert (w.on_hand("TEA", at="DOCK"), w.on_hand("MILK", at="DOCK")) == (30, 20)


def test_a_plate_comes_once(dock: Dock, receiving: Handheld, stack: list[str]) -> None:
    receiving.scan("IN-1", stack[0], stack[0])
    assert (receiving.tone, receiving.code) == ("stop", "plate_came_already")


def test_a_carton_may_come_before_its_pallet_which_then_is_taken_in_parts(dock: Dock, receiving: Handheld, stack: list[str]) -> None:
    receiving.scan("IN-1", stack[1], stack[0])
    assert (receiving.tone, receiving.code) == ("stop", "plate_in_parts")
    receiving.scan(stack[2])
    assert came(dock)[1] == (20, 0)


def test_a_plate_of_another_delivery_is_named(dock: Dock, receiving: Handheld, stack: list[str]) -> None:
    dock.announce(("TEA", 5), number="IN-2")
    receiving.scan("IN-2", stack[0])
    assert (receiving.tone, receiving.code) == ("stop", "plate_of_another")
    assert "IN-1" in receiving.screen["message"]["text"]


def test_a_plate_that_does_not_say_its_lot_is_received_by_hand(w: Warehouse, dock: Dock, receiving: Handheld) -> None:
    w.product("TEA", tracking="lot")
    dock.announce(("TEA", 30), units=[NewUnit(sscc(9), contents=[NewContent("1", 30)])])
    receiving.scan("IN-1", sscc(9))
    assert (receiving.tone, receiving.code, w.on_hand("TEA")) == ("stop", "plate_lacks", 0)


# -- rows of serial numbers ------------------------------------------------------------------------------------------------------


def test_a_row_of_serial_numbers_comes_in_on_one_plate(w: Warehouse, dock: Dock, receiving: Handheld, forklift: Handheld) -> None:
    w.product("PHONE", tracking="serial")
    dock.announce(("PHONE", 30))
    receiving.scan("IN-1", "PHONE", "CMD:RANGE", "SN-098", "SN-117")
    assert (receiving.step, receiving.tone, receiving.code) == ("last", "ask", "range_sure")
    screen = receiving.scan("SN-117")
    assert (w.on_hand("PHONE", at="DOCK"), w.on_hand("PHONE", lot="SN-100")) == (20, 1)
    assert len(screen["printed"]) == 1
    plate = session.execute(sa.select(HandlingUnit.code)).scalar_one()
    forklift.scan(plate, "A-01")
    if forklift.tone == "ask":
        forklift.scan("A-01")
    assert (w.on_hand("PHONE", at="A-01"), came(dock)) == (20, [(20, 20)])


def test_a_row_above_the_order_is_refused_whole(w: Warehouse, dock: Dock, receiving: Handheld) -> None:
    w.product("PHONE", tracking="serial")
    dock.announce(("PHONE", 3))
    receiving.scan("IN-1", "PHONE", "CMD:RANGE", "SN-1", "SN-4", "SN-4")
    assert (receiving.step, receiving.code, w.on_hand("PHONE")) == ("last", "over_receipt", 0)


def test_a_row_is_written_with_its_zeros() -> None:
    assert row_of("A099", "A101") == ["A099", "A100", "A101"]
    assert row_of("7", "7") == ["7"]
    assert len(row_of("X0001", f"X{MOST:04d}")) == MOST


@pytest.mark.parametrize(
    ("first", "last"), [("A1", "B1"), ("A10", "A9"), ("A9", "A10"), ("A3", "A1"), ("A1x", "A2y"), ("A", "B"), ("A１", "A２")]
)
def test_two_numbers_of_no_row_are_refused(first: str, last: str) -> None:
    with pytest.raises(NoRange):
        row_of(first, last)


def test_a_row_without_end_is_refused() -> None:
    with pytest.raises(RangeTooLong):
        row_of("A0001", "A9999")


# -- vehicles --------------------------------------------------------------------------------------------------------------------


def vehicle(w: Warehouse, *orders: str) -> Arrival:
    with w.transaction():
        asked = arrivals.Plan(plate="沪A12345", orders=list(orders))
        return arrivals.plan(asked, by=w.by, hours=Hours())


def test_a_vehicle_with_one_order_leads_straight_to_its_goods(w: Warehouse, dock: Dock, receiving: Handheld) -> None:
    dock.announce(("TEA", 30))
    number = vehicle(w, "IN-1").number
    receiving.scan(number)
    assert receiving.step == "product"
    receiving.scan("TEA", "30")
    arrival = session.execute(sa.select(Arrival).execution_options(populate_existing=True)).scalar_one()
    assert arrival.unloading_at is not None
    assert session.execute(sa.select(Movement.arrival_id)).scalars().all() == [arrival.id]


def test_a_vehicle_with_two_orders_asks_for_the_first_paper(w: Warehouse, dock: Dock, receiving: Handheld) -> None:
    dock.announce(("TEA", 30))
    dock.announce(("SOAP", 5), number="IN-2")
    vehicle(w, "IN-1", "IN-2")
    receiving.scan("沪A·12345")
    assert (receiving.step, [fact["value"] for fact in receiving.screen["facts"]]) == ("order", ["IN-1", "IN-2"])
    receiving.scan("IN-2", "SOAP", "5")
    assert [fact["value"] for fact in receiving.screen["facts"]] == ["IN-1", "IN-2"]
    receiving.scan("IN-1", "TEA", "30")
    assert len(set(session.execute(sa.select(Movement.arrival_id)).scalars())) == 1


def test_what_comes_back_of_an_order_is_sent_to_the_return_station(w: Warehouse, dock: Dock, receiving: Handheld) -> None:
    w.order_line("TEA", 5, number="SO-7")
    dock.announce(("TEA", 5), kind=InboundKind.CUSTOMER_RETURN, reference="SO-7")
    receiving.scan("IN-1")
    assert (receiving.step, receiving.tone, receiving.code) == ("order", "stop", "taken_back_elsewhere")


def test_a_serial_number_that_is_in_the_house_does_not_come_again(w: Warehouse, dock: Dock, receiving: Handheld) -> None:
    w.product("PHONE", tracking="serial")
    dock.announce(("PHONE", 5))
    receiving.scan("IN-1", "PHONE", "SN-1", "PHONE", "SN-1")
    assert (receiving.step, receiving.code, w.on_hand("PHONE")) == ("serial", "serial_here", 1)
    receiving.scan("CMD:RANGE", "SN-1", "SN-3", "SN-3")
    assert (receiving.step, receiving.code, w.on_hand("PHONE")) == ("last", "serial_here", 1)


def test_damaged_pieces_are_not_taken_in_as_a_row(w: Warehouse, dock: Dock, receiving: Handheld) -> None:
    w.product("PHONE", tracking="serial")
    dock.announce(("PHONE", 5))
    receiving.scan("IN-1", "DAMAGED", "PHONE", "CMD:RANGE")
    assert (receiving.step, receiving.code) == ("serial", "command_not_here")


def test_a_plate_on_which_something_must_be_inspected_is_received_by_hand(w: Warehouse, dock: Dock, receiving: Handheld) -> None:
    w.product("TEA")
    with w.transaction():
        inspection_rules.add_rule(inspection_rules.NewRule(sku="TEA"), by=w.by)
    contents = [NewContent("1", 30), NewContent("2", 5)]
    dock.announce(("TEA", 30), ("SOAP", 5), units=[NewUnit(sscc(9), contents=contents)])
    receiving.scan("IN-1", sscc(9))
    assert (receiving.step, receiving.code, w.on_hand("TEA")) == ("product", "plate_divided", 0)
    receiving.scan("TEA", "30", "SOAP", "5")
    assert [w.on_hand("TEA", condition="inspection"), w.on_hand("SOAP", condition="good")] == [30, 5]


def test_a_receipt_whose_plate_was_merged_is_not_undone_and_it_is_said_what_to_do(w: Warehouse, dock: Dock) -> None:
    dock.announce(("TEA", 10))
    one, other = dock.receive("TEA", 4), dock.receive("TEA", 6)
    with w.transaction():
        merged = plates.merge(one.unit, other.unit, by=w.by, key=w.key())
    for receipt in (one, other):
        with pytest.raises(booking.ReceiptOnAnother) as refused:
            dock.undo(receipt)
        assert refused.value.say("en") == f"The goods of {one.unit.code} are on {other.unit.code} now"
        assert f"undo that at {one.unit.code}" in str(refused.value.advise("en"))
    with w.transaction():
        plates.undo(merged, by=w.by, key=w.key())
    dock.undo(one)
    dock.undo(other)
    assert (dock.line().received, w.on_hand("TEA")) == (0, 0)


def test_a_pallet_of_sixty_products_is_put_away_by_few_statements(w: Warehouse, dock: Dock, receiving: Handheld) -> None:
    """So many statements for each product would keep the fork-lift waiting, and all others who touch the same rows."""
    lines = [(f"P-{number}", 3) for number in range(60)]
    pallet = NewUnit(sscc(1), UnitKind.PALLET, contents=[NewContent(str(number + 1), 3) for number in range(60)])
    dock.announce(*lines, units=[pallet])
    receiving.scan("IN-1", sscc(1))
    unit, target, key, said = handling_units.find(sscc(1), by=w.by).id, dock.id("A-04"), w.key(), []
    session.rollback()
    engine = session.get_bind()

    def note(_connection: Any, _cursor: Any, statement: str, *_more: Any) -> None:
        said.append(statement)

    sa.event.listen(engine, "before_cursor_execute", note)
    try:
        with w.transaction():
            stored = whole_plates.put_away(session.get_one(HandlingUnit, unit), target, by=w.by, key=key)
    finally:
        sa.event.remove(engine, "before_cursor_execute", note)
    assert (stored.pieces, stored.tasks, len(stored.movement_ids)) == (180, 60, 60)
    assert set(came(dock)) == {(3, 3)}
    assert len(said) <= 30, "\n".join(said)
    session.rollback()
    with w.transaction():
        whole_plates.undo(stored.movement_ids, unit, by=w.by, key=w.key())
    assert set(came(dock)) == {(3, 0)}
