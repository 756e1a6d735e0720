"""Pieces at the bench that belong to no order there, and pieces that are known by their numbers."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from tests.scanner import Scanner
from tests.shipping.conftest import Yard
from wms import audit
from wms.catalog.models import Product
from wms.db import session
from wms.locations.models import Location
from wms.orders.invariants import INVARIANTS
from wms.orders.models import Difference, DifferenceKind, OrderLine
from wms.shipping import packing, serials, strays
from wms.stock.models import Batch, Movement, MovementKind, Reservation
from wms.tasks.models import TaskKind

APPLE, PEAR, CHIP = "6901234567892", "6901234567908", "6901234567915"


@pytest.fixture(autouse=True)
def _goods(yard: Yard) -> None:
    yard.product("APPLE", APPLE)
    yard.product("PEAR", PEAR)
    yard.product("CHIP", CHIP, tracking="serial")


def noted(yard: Yard) -> list[tuple[str, str, int | None, str]]:
    rows = session.query(Difference).order_by(Difference.id).execution_options(populate_existing=True)
    return [(one.kind, one.status, one.quantity, one.owner_role) for one in rows]


def open_tasks(yard: Yard, kind: TaskKind) -> list[tuple[str, int | None]]:
    return [(yard.place(task.source_id), task.quantity) for task in yard.tasks(kind) if task.status == "open"]


# -- strays ------------------------------------------------------------------------------------------------------------


def test_a_wrong_piece_leads_back_to_its_place_and_to_the_supervisor(yard: Yard, bench: Scanner) -> None:
    yard.w.receive("PEAR", 9, at="A-01")
    yard.picked("SO-1", APPLE=2)
    bench.scan("SO-1", PEAR)
    assert (bench.code, "CMD:ASIDE" in bench.offers) == ("wrong_piece", True)
    bench.scan("CMD:ASIDE", PEAR, "1")
    assert (bench.step, bench.tone, bench.said) == ("product", "ask", "1 piece of PEAR put aside: D-10001")
    assert bench.screen["message"]["detail"] == "A task takes it back to storage; A-01 is counted"
    assert (yard.w.on_hand("PEAR", at="A-01"), yard.w.free("PEAR", at="PACK")) == (8, 1), "the book sees what the packer sees"
    assert open_tasks(yard, TaskKind.PUT_BACK) == [("PACK", 1)]
    assert open_tasks(yard, TaskKind.COUNT) == [("A-01", None)]
    assert noted(yard) == [(DifferenceKind.WRONG_PIECE, "open", 1, "supervisor")]
    bench.scan(APPLE, "2")
    assert yard.status("SO-1") == "packed"


def test_an_extra_piece_leads_back_to_where_the_order_was_picked(yard: Yard, bench: Scanner) -> None:
    yard.picked("SO-1", APPLE=2)
    yard.w.receive("APPLE", 50, at="B-01")
    yard.w.receive("APPLE", 3, at="A-01")
    bench.scan("SO-1", APPLE, "3")
    assert bench.code == "too_many"
    bench.scan("CMD:ASIDE", APPLE, "1")
    assert noted(yard) == [(DifferenceKind.EXTRA_PIECE, "open", 1, "supervisor")]
    assert yard.w.on_hand("APPLE", at="A-01") == 2
    assert bench.step == "product"


def test_a_stray_that_was_none_is_taken_back(yard: Yard, bench: Scanner) -> None:
    yard.w.receive("PEAR", 9, at="A-01")
    yard.picked("SO-1", APPLE=2)
    bench.scan("SO-1", "CMD:ASIDE", PEAR, "2", "CMD:UNDO")
    assert (bench.step, bench.said) == ("product", "Not put aside any more: 2 pieces")
    assert (yard.w.on_hand("PEAR", at="A-01"), open_tasks(yard, TaskKind.PUT_BACK)) == (9, [])
    assert noted(yard) == [(DifferenceKind.WRONG_PIECE, "withdrawn", 2, "supervisor")]


def test_where_the_book_knows_no_origin_the_bench_is_counted(yard: Yard, bench: Scanner) -> None:
    yard.picked("SO-1", APPLE=2)
    bench.scan("SO-1", "CMD:ASIDE", PEAR, "1")
    assert yard.w.on_hand("PEAR") == 0, "nothing becomes stock by a packer's word"
    assert open_tasks(yard, TaskKind.COUNT) == [("PACK", None)]
    assert open_tasks(yard, TaskKind.PUT_BACK) == []
    assert noted(yard)[0][:2] == (DifferenceKind.WRONG_PIECE, "open")


def test_where_other_goods_were_picked_both_places_are_counted(yard: Yard, bench: Scanner) -> None:
    yard.picked("SO-1", APPLE=2)
    bench.scan("SO-1", "CMD:SHORT", "1", "OTHER_GOODS")
    assert sorted(open_tasks(yard, TaskKind.COUNT)) == [("A-01", None), ("PACK", None)]
    bench.scan("CMD:UNDO")
    assert open_tasks(yard, TaskKind.COUNT) == []


# -- serial numbers ----------------------------------------------------------------------------------------------------


def chips(yard: Yard, number: str, *numbers: str) -> None:
    for one in numbers:
        yard.w.receive("CHIP", 1, at="A-01", lot=one)
    yard.enter(number, CHIP=len(numbers))
    yard.pick(number)


def packed_serials(yard: Yard) -> list[str]:
    moves: list[Movement] = yard.w.movements("CHIP", kind=MovementKind.PACK)
    return [session.get_one(Batch, one.batch_id).lot for one in moves]


def test_the_number_picked_is_the_number_packed(yard: Yard, bench: Scanner) -> None:
    chips(yard, "SO-1", "SN-1", "SN-2")
    bench.scan("SO-1", CHIP)
    assert (bench.step, bench.screen["accepts"]) == ("serial", ["serial", "command"])
    bench.scan("2")
    assert (bench.tone, bench.code) == ("stop", "serial_not_picked"), "nobody types how many there are"
    bench.scan("sn-2")
    assert (bench.step, bench.said) == ("serial", "1 piece of CHIP packed")
    bench.scan("SN-2")
    assert bench.code == "serial_twice"
    bench.scan("SN-1")
    assert (bench.step, yard.status("SO-1"), packed_serials(yard)) == ("weight", "packed", ["SN-2", "SN-1"])


def test_a_label_with_its_number_needs_one_scan(yard: Yard, bench: Scanner) -> None:
    chips(yard, "SO-1", "SN-1", "SN-2")
    bench.scan("SO-1", f"]C1010{CHIP}21SN-2")
    assert (bench.step, yard.lines("SO-1", "packed")) == ("serial", [1])


def test_a_number_that_was_not_picked_is_refused(yard: Yard, bench: Scanner) -> None:
    chips(yard, "SO-1", "SN-1")
    yard.w.receive("CHIP", 1, at="A-01", lot="SN-9")
    bench.scan("SO-1", CHIP, "SN-9")
    assert (bench.code, bench.said) == ("serial_not_picked", "SN-9 of CHIP was not picked for SO-1")
    bench.scan("CMD:ASIDE", CHIP, "SN-9")
    assert noted(yard) == [(DifferenceKind.WRONG_PIECE, "open", 1, "supervisor")]
    assert yard.w.free("CHIP", at="PACK", lot="SN-9") == 1


def test_two_pieces_taken_for_each_other_are_exchanged_by_a_supervisor_alone(yard: Yard, bench: Scanner) -> None:
    chips(yard, "SO-1", "SN-1")
    chips(yard, "SO-2", "SN-2")
    bench.scan("SO-1", CHIP, "SN-2")
    assert (bench.tone, bench.code) == ("stop", "serial_of_another")
    bench.scan("SN-2")
    assert bench.code == "serial_of_another", "a packer may scan it as often as they like"
    bench.scan("CMD:CANCEL")
    chief = Scanner(bench.engine, yard.w.person("head", roles=["supervisor", "packer"]), "pack")
    chief.scan("SO-1", CHIP, "SN-2")
    assert (chief.tone, chief.code) == ("ask", "serial_exchange")
    chief.scan("SN-2")
    assert (chief.step, yard.status("SO-1")) == ("weight", "packed")
    bench.scan("SO-2", CHIP, "SN-1")
    assert yard.status("SO-2") == "packed"


def test_numbered_pieces_that_are_missing_are_those_that_were_not_scanned(yard: Yard, bench: Scanner) -> None:
    chips(yard, "SO-1", "SN-1", "SN-2", "SN-3")
    bench.scan("SO-1", CHIP, "SN-2", "CMD:SHORT")
    assert bench.step == "why"
    bench.scan("LOST")
    assert yard.lines("SO-1", "short") == [2]
    assert yard.w.on_hand("CHIP", at="PACK", condition="blocked") == 2


@pytest.mark.broken  # stock does not change its site
def test_a_number_at_another_site_is_not_this_benchs_business(yard: Yard) -> None:
    chips(yard, "SO-1", "SN-1")
    chips(yard, "SO-2", "SN-2")
    two = yard.w.site("TWO")
    ours, chip = yard.order("SO-1").id, yard.w.product("CHIP")
    with yard.w.transaction():
        claim = session.execute(
            sa.select(Reservation.stock_id).join(OrderLine).where(OrderLine.order_id == yard.order("SO-2").id)
        ).scalar_one()
        yard.order("SO-2").site_id = two
    assert "claims_are_at_the_orders_site" in {finding.invariant.name for finding in audit.run(INVARIANTS)}
    with yard.w.transaction():
        session.execute(sa.text("UPDATE stock SET site_id = :site WHERE id = :stock"), {"site": two, "stock": claim})
    with pytest.raises(serials.SerialNotPicked):
        serials.check(ours, chip, "SN-2")
    with pytest.raises(serials.SerialNotPicked), yard.w.transaction():
        serials.exchange(ours, chip, "SN-2", by=yard.chief)


def test_nobody_puts_aside_more_than_can_lie_there_nor_for_an_order_that_has_left(yard: Yard, bench: Scanner) -> None:
    yard.picked("SO-1", APPLE=2)
    bench.scan("SO-1", "CMD:ASIDE", PEAR, "101")
    assert (bench.step, bench.tone, bench.code) == ("aside_quantity", "stop", "too_many_stray")
    bench.scan("100")
    assert (bench.step, noted(yard)) == ("product", [(DifferenceKind.WRONG_PIECE, "open", 100, "supervisor")])
    yard.w.receive("PEAR", 300, at="A-01")
    bench.scan("CMD:ASIDE", PEAR, "250", APPLE, "2")
    assert yard.status("SO-1") == "packed"
    load = yard.plan("SO-1")
    yard.load(load, yard.unit_of("SO-1"))
    yard.leave(yard.close(load))
    pear = session.execute(sa.select(Product).where(Product.sku == "PEAR")).scalar_one()
    bench_id = session.execute(sa.select(Location.id).where(Location.code == "PACK")).scalar_one()
    with pytest.raises(packing.NothingToPack), yard.w.transaction():
        strays.put_aside(yard.order("SO-1").id, pear, 1, bench_id=bench_id, by=yard.by, key="late")
