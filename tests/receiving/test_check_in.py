"""Checking goods in against what was announced."""

from __future__ import annotations

import datetime as dt

import pytest
import sqlalchemy as sa

from tests.receiving.conftest import Dock
from tests.warehouse import Warehouse
from wms import clock
from wms.catalog.gs1 import Gs1CheckDigit
from wms.db import session
from wms.orders.inbound import close_inbound, find_inbound
from wms.orders.lines import NewLine
from wms.orders.models import Difference, InboundKind
from wms.printing.tables import Two
from wms.receiving import booking, dock_units, documents, filling, putaway, shelf_life
from wms.receiving import check_in as receiving
from wms.receiving.deliveries import InboundClosed
from wms.stock.batches import ExpiryMissing, LotExpiryDiffers, LotMissing
from wms.stock.handling_units import OwnNumber
from wms.stock.ledger import QuantityWrong
from wms.stock.models import Condition, MovementKind
from wms.tasks.models import Task


def test_goods_stand_at_the_dock_on_a_plate_of_their_own(w: Warehouse, dock: Dock) -> None:
    dock.announce(("TEA", 30))
    receipt = dock.receive("TEA", 30)
    assert w.on_hand("TEA", at="DOCK", unit=receipt.unit) == 30
    assert len(receipt.unit.code) == 18
    assert dock.line().received == 30
    assert dock.status() == "received"


def test_one_order_comes_in_several_deliveries(dock: Dock) -> None:
    dock.announce(("TEA", 30))
    first = dock.receive("TEA", 10)
    assert dock.status() == "receiving"
    second = dock.receive("TEA", 20)
    assert first.unit.code != second.unit.code
    assert (dock.line().received, dock.status()) == (30, "received")


def test_nothing_comes_in_above_the_tolerance(w: Warehouse, dock: Dock) -> None:
    dock.announce(("TEA", 30), over_receipt_percent=10)
    dock.receive("TEA", 30)
    with pytest.raises(filling.OverReceipt) as refused:
        dock.receive("TEA", 4)
    assert refused.value.say("en") == "TEA: 30 ordered, 30 received, 4 more is over the tolerance of 10 %"
    assert "At most 3" in (refused.value.advise("en") or "")
    dock.receive("TEA", 3)
    assert w.on_hand("TEA") == 33


def counters(dock: Dock, *, number: str = "IN-1") -> list[tuple[int, int, int]]:
    """Received, rejected and put away, line by line."""
    order = find_inbound(number, by=dock.w.by)
    return [(line.received, line.rejected, line.put_away) for line in (dock.line(number, one.line) for one in order.lines)]


def test_a_delivery_fills_several_lines_in_their_order(w: Warehouse, dock: Dock) -> None:
    dock.announce(("TEA", 5), ("SOAP", 9), ("TEA", 5), ("TEA", 20))
    receipt = dock.receive("TEA", 22)
    assert counters(dock) == [(5, 0, 0), (0, 0, 0), (5, 0, 0), (12, 0, 0)]
    assert w.on_hand("TEA", at="DOCK", unit=receipt.unit) == 22
    assert [one.quantity for one in w.movements("TEA")] == [5, 5, 12]
    assert (receipt.quantity, dock.task_of(receipt).quantity, dock.status()) == (22, 22, "receiving")
    stored = dock.store(receipt.task)
    assert (stored.quantity, w.on_hand("TEA", at="A-01", unit=receipt.unit)) == (22, 22)
    assert counters(dock) == [(5, 0, 5), (0, 0, 0), (5, 0, 5), (12, 0, 12)]


def test_one_line_with_room_for_all_of_it_comes_before_several(dock: Dock) -> None:
    dock.announce(("TEA", 5), ("TEA", 10))
    dock.receive("TEA", 10)
    assert counters(dock) == [(0, 0, 0), (10, 0, 0)]


def test_the_tolerance_is_counted_over_all_lines_of_a_product(dock: Dock) -> None:
    dock.announce(("TEA", 5), ("TEA", 5), over_receipt_percent=10)
    with pytest.raises(filling.OverReceipt) as refused:
        dock.receive("TEA", 12)
    assert refused.value.say("en") == "TEA: 10 ordered, 0 received, 12 more is over the tolerance of 10 %"
    assert "At most 11" in (refused.value.advise("en") or "")
    dock.receive("TEA", 11)
    assert (counters(dock), dock.status()) == ([(5, 0, 0), (6, 0, 0)], "received")
    with pytest.raises(filling.OverReceipt):
        dock.receive("TEA", 1)


def test_a_receipt_over_several_lines_is_undone_as_one(w: Warehouse, dock: Dock) -> None:
    dock.announce(("TEA", 5), ("TEA", 5))
    first = dock.receive("TEA", 3)
    receipt = dock.receive("TEA", 7)
    dock.undo(receipt)
    assert counters(dock) == [(3, 0, 0), (0, 0, 0)]
    assert w.on_hand("TEA", at="DOCK", unit=first.unit) == 3
    with pytest.raises(booking.ReceiptGone):
        dock.undo(receipt)
    dock.receive("TEA", 7)
    dock.undo(first)
    assert counters(dock) == [(2, 0, 0), (5, 0, 0)]


def test_parts_of_such_a_receipt_are_put_away_and_brought_back(w: Warehouse, dock: Dock) -> None:
    dock.announce(("TEA", 5), ("TEA", 5))
    receipt = dock.receive("TEA", 10)
    dock.store(receipt.task, "A-01", quantity=3)
    assert counters(dock) == [(5, 0, 3), (5, 0, 0)]
    part = dock.store(receipt.task, "A-02", quantity=4)
    assert counters(dock) == [(5, 0, 5), (5, 0, 2)]
    with w.transaction():
        task = putaway.undo_put_away(part.movement_id, by=w.by, key=w.key())
    assert (task.quantity, counters(dock)) == (7, [(5, 0, 3), (5, 0, 0)])
    dock.store(task, "A-02")
    assert counters(dock) == [(5, 0, 5), (5, 0, 5)]
    assert (w.on_hand("TEA", at="A-01"), w.on_hand("TEA", at="A-02"), w.on_hand("TEA", at="DOCK")) == (3, 7, 0)


def test_lines_with_different_dates_are_not_filled_by_one_batch(w: Warehouse, dock: Dock) -> None:
    w.product("MILK", tracking="expiry")
    days = [clock.today() + dt.timedelta(days=30), clock.today() + dt.timedelta(days=60)]
    dock.announce(*(NewLine(sku="MILK", quantity=5, expires_on=day) for day in days))
    with pytest.raises(filling.OverReceipt):
        dock.receive("MILK", 10, lot="M1")
    dock.receive("MILK", 5, lot="M1", expires_on=days[1])
    assert counters(dock) == [(0, 0, 0), (5, 0, 0)]


def test_damaged_goods_over_several_lines_fill_none_of_them(dock: Dock) -> None:
    dock.announce(("TEA", 5), ("TEA", 5))
    dock.receive("TEA", 8, condition=Condition.DAMAGED)
    assert (counters(dock), dock.status()) == ([(5, 5, 0), (3, 3, 0)], "receiving")
    note = documents.goods_received_note("IN-1", dock.w.by)
    assert [cell.second for row in note.rows if isinstance(cell := row[1], Two)] == ["TEA", "TEA"], "name first, as on the slip"
    assert [list(row)[2:] for row in note.rows] == [[5, 5, 5, 0, "-5"], [5, 3, 3, 0, "-5"]], "ordered, received, damaged, sound, and why"
    dock.receive("TEA", 10)
    assert (counters(dock), dock.status()) == ([(10, 5, 0), (8, 3, 0)], "received")


def test_goods_that_were_not_announced_are_refused(w: Warehouse, dock: Dock) -> None:
    dock.announce(("TEA", 30))
    w.product("SOAP")
    with pytest.raises(filling.NotAnnounced):
        dock.receive("SOAP", 1)


def test_a_closed_order_takes_nothing_more(w: Warehouse, dock: Dock) -> None:
    dock.announce(("TEA", 30))
    with w.transaction():
        close_inbound("IN-1", by=w.by)
    with pytest.raises(InboundClosed):
        dock.receive("TEA", 1)


def test_closing_notes_every_short_line_and_asks_the_book_no_more_for_many(w: Warehouse, dock: Dock) -> None:
    w.product("TEA")
    dock.announce(*[NewLine(sku="TEA", quantity=10, line=str(number)) for number in range(1, 301)])
    asked: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        asked.append(statement)

    sa.event.listen(sa.engine.Engine, "before_cursor_execute", note)
    try:
        with w.transaction():
            close_inbound("IN-1", by=w.by, reason="lorry empty")
    finally:
        sa.event.remove(sa.engine.Engine, "before_cursor_execute", note)
    assert len(asked) < 60, len(asked)
    noted = session.execute(sa.select(Difference).order_by(Difference.id)).scalars().all()
    assert len({one.number for one in noted}) == len({one.inbound_line_id for one in noted}) == 300
    assert {(one.kind, one.quantity, one.note, one.owner_role) for one in noted} == {("short", 10, "lorry empty", "supervisor")}
    told = session.execute(sa.text("SELECT COUNT(*) FROM events WHERE code = 'inbound.difference'")).scalar_one()
    assert told == 300


@pytest.mark.parametrize("quantity", [0, -1, 10**13])
def test_a_quantity_that_cannot_be_is_refused(dock: Dock, quantity: int) -> None:
    dock.announce(("TEA", 30))
    with pytest.raises(QuantityWrong):
        dock.receive("TEA", quantity)
    assert dock.line().received == 0


def test_a_lot_is_asked_for_where_lots_are_tracked(w: Warehouse, dock: Dock) -> None:
    w.product("MILK", tracking="expiry")
    dock.announce(("MILK", 40))
    with pytest.raises(LotMissing):
        dock.receive("MILK", 20)
    with pytest.raises(ExpiryMissing):
        dock.receive("MILK", 20, lot="L1")


def test_one_lot_has_one_expiry_date(w: Warehouse, dock: Dock) -> None:
    w.product("MILK", tracking="expiry")
    dock.announce(("MILK", 40))
    soon = clock.today() + dt.timedelta(days=90)
    dock.receive("MILK", 20, lot="L1", expires_on=soon)
    with pytest.raises(LotExpiryDiffers):
        dock.receive("MILK", 20, lot="L1", expires_on=soon + dt.timedelta(days=1))


def test_expired_goods_are_refused(w: Warehouse, dock: Dock) -> None:
    w.product("MILK", tracking="expiry")
    dock.announce(("MILK", 40))
    with pytest.raises(shelf_life.Expired):
        dock.receive("MILK", 20, lot="OLD", expires_on=clock.today() - dt.timedelta(days=1))
    assert w.on_hand("MILK") == 0


def test_a_lot_that_was_not_announced_is_refused(w: Warehouse, dock: Dock) -> None:
    w.product("TEA", tracking="lot")
    dock.announce(NewLine(sku="TEA", quantity=30, lot="L7"))
    with pytest.raises(filling.LotNotAnnounced) as refused:
        dock.receive("TEA", 30, lot="L8")
    assert "L7" in refused.value.say("zh_CN")
    dock.receive("TEA", 30, lot="l7")


def test_the_line_that_names_the_lot_is_filled(w: Warehouse, dock: Dock) -> None:
    w.product("TEA", tracking="lot")
    dock.announce(NewLine(sku="TEA", quantity=10), NewLine(sku="TEA", quantity=20, lot="L2"))
    dock.receive("TEA", 20, lot="L2")
    dock.receive("TEA", 10, lot="L9")
    assert (dock.line(line="1").received, dock.line(line="2").received) == (10, 20)


def test_damaged_goods_come_in_but_do_not_fill_the_order(w: Warehouse, dock: Dock) -> None:
    dock.announce(("TEA", 30))
    receipt = dock.receive("TEA", 5, condition=Condition.DAMAGED)
    assert w.on_hand("TEA", condition="damaged") == 5
    assert dock.target(receipt) == "DEF"
    dock.receive("TEA", 30)
    line = dock.line()
    assert (line.received, line.rejected, dock.status()) == (35, 5, "received")


def test_production_comes_from_our_own_works(w: Warehouse, dock: Dock) -> None:
    dock.announce(NewLine(sku="TEA", quantity=30, certificate="HG-1"), kind=InboundKind.PRODUCTION)
    dock.receive("TEA", 30)
    assert w.on_hand("TEA", at="@PRODUCTION") == -30


def test_goods_are_received_at_a_dock_only(dock: Dock) -> None:
    dock.announce(("TEA", 30))
    with pytest.raises(receiving.NoDock):
        dock.receive("TEA", 30, dock="A-01")


def test_a_plate_in_use_is_not_given_again(dock: Dock) -> None:
    dock.announce(("TEA", 30))
    first = dock.receive("TEA", 10, unit_code="369012345000000012")
    assert first.unit.code == "369012345000000012"
    with pytest.raises(dock_units.UnitInUse):
        dock.receive("TEA", 10, unit_code="369012345000000012")


@pytest.mark.parametrize(("code", "refusal"), [("369012345000000013", Gs1CheckDigit), ("069000000000012345", OwnNumber)])
def test_a_plate_number_that_cannot_be_the_suppliers_is_refused(dock: Dock, code: str, refusal: type[Exception]) -> None:
    dock.announce(("TEA", 30))
    with pytest.raises(refusal):
        dock.receive("TEA", 10, unit_code=code)
    assert dock.line().received == 0


def test_a_plate_whose_receipt_was_undone_may_be_received_again(w: Warehouse, dock: Dock) -> None:
    dock.announce(("TEA", 30))
    dock.undo(dock.receive("TEA", 10, unit_code="369012345000000012"))
    again = dock.receive("TEA", 12, unit_code="369012345000000012")
    assert w.on_hand("TEA", at="DOCK", unit=again.unit) == 12
    dock.undo(again)
    assert (w.on_hand("TEA"), dock.line().received) == (0, 0)


def test_one_serial_number_is_one_piece(w: Warehouse, dock: Dock) -> None:
    w.product("PHONE", tracking="serial")
    dock.announce(("PHONE", 2))
    with pytest.raises(booking.SerialAlone):
        dock.receive("PHONE", 2, lot="S1")
    dock.receive("PHONE", 1, lot="S1")


def test_a_receipt_is_undone_while_it_stands_at_the_dock(w: Warehouse, dock: Dock) -> None:
    dock.announce(("TEA", 30))
    receipt = dock.receive("TEA", 30)
    dock.undo(receipt)
    assert (w.on_hand("TEA"), dock.line().received, dock.status()) == (0, 0, "receiving")
    assert [m.kind for m in w.movements("TEA")] == [MovementKind.RECEIPT, MovementKind.REVERSAL]
    assert session.execute(sa.select(Task.status)).scalars().all() == ["cancelled"]
    with pytest.raises(booking.ReceiptGone):
        dock.undo(receipt)


def test_a_receipt_that_was_put_away_is_not_undone(dock: Dock) -> None:
    dock.announce(("TEA", 30))
    receipt = dock.receive("TEA", 30)
    dock.store(receipt.task)
    with pytest.raises(booking.ReceiptGone):
        dock.undo(receipt)


def test_a_small_quantity_is_a_carton_and_a_large_one_a_pallet(w: Warehouse, dock: Dock) -> None:
    w.product("TEA", packagings={"case": 12})
    dock.announce(("TEA", 100))
    assert dock.receive("TEA", 12).unit.kind == "carton"
    assert dock.receive("TEA", 13).unit.kind == "pallet"
