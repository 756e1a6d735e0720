"""Goods that are not good: released, rejected, blocked, sent back, scrapped; whole or in part, wherever they stand."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa

from tests.orders.desk import Desk
from tests.receiving.conftest import Dock
from tests.warehouse import PREFIX, Warehouse
from wms.db import session
from wms.locations.models import Kind
from wms.orders import differences
from wms.orders.inbound import close_inbound, find_inbound
from wms.orders.models import Difference, DifferenceKind, InboundKind, Order, Outcome
from wms.orders.timeline import timelines
from wms.receiving import disposition, plates, putaway, settling
from wms.receiving.check_in import Receipt
from wms.receiving.disposition import Decided, Which
from wms.receiving.documents import transfer_note
from wms.stock import capacity, handling_units, promises
from wms.stock import operations as stock
from wms.stock.ledger import QuantityWrong
from wms.stock.models import Condition, HandlingUnit, MovementKind
from wms.tasks import queue
from wms.tasks.models import Task, TaskKind, TaskStatus


def held(dock: Dock, quantity: int = 50, condition: Condition = Condition.BLOCKED, sku: str = "TEA", **facts: Any) -> Receipt:
    """So many came in that are not good."""
    dock.announce((sku, quantity), **facts)
    return dock.receive(sku, quantity, condition=condition)


def which(receipt: Receipt, quantity: int, **facts: Any) -> Which:
    batch = session.execute(sa.text("SELECT batch_id FROM movements WHERE id = :id"), {"id": receipt.movement_id}).scalar_one()
    return Which(batch, quantity, unit_id=receipt.unit.id, inbound_line_id=receipt.line.id, **facts)


def decide(w: Warehouse, verb: str, goods: Which, **facts: Any) -> Decided:
    with w.transaction():
        more = {} if verb in ("send_back", "scrap") else {"company_prefix": PREFIX}
        decided: Decided = getattr(disposition, verb)(goods, by=w.by, key=w.key(), **more, **facts)
        return decided


def open_tasks() -> list[Task]:
    live = [TaskStatus.OPEN.value, TaskStatus.CLAIMED.value]
    return list(session.execute(sa.select(Task).where(Task.status.in_(live)).order_by(Task.id)).scalars())


def targets(w: Warehouse) -> list[tuple[int | None, str]]:
    return [(task.quantity, w.location(code).code) for task in open_tasks() for code in [_code(task.target_id)]]


def _code(location_id: int | None) -> str:
    return session.execute(sa.text("SELECT code FROM locations WHERE id = :id"), {"id": location_id}).scalar_one()


def counters(dock: Dock) -> tuple[int, int, int]:
    line = dock.line()
    return line.received, line.rejected, line.put_away


def test_released_at_the_dock_they_are_promised_and_their_putaway_goes_to_the_racks(w: Warehouse, dock: Dock) -> None:
    receipt = held(dock)
    assert (promises.available(w.site_id, w.product("TEA").id), targets(w)) == (0, [(50, "INSP")])
    decided = decide(w, "release", which(receipt, 50))
    assert promises.available(w.site_id, w.product("TEA").id) == 50
    assert w.on_hand("TEA", at="DOCK", unit=receipt.unit, condition="good") == 50
    assert (targets(w), decided.units) == ([(50, "A-01")], [])
    dock.store(open_tasks()[0])
    assert counters(dock) == (50, 0, 50)


def test_a_rejected_part_leaves_the_plate_for_one_of_its_own(w: Warehouse, dock: Dock) -> None:
    receipt = held(dock)
    decided = decide(w, "reject", which(receipt, 20), reason="mould")
    (carton,) = decided.units
    assert w.on_hand("TEA", unit=carton, condition="damaged") == 20
    assert w.on_hand("TEA", unit=receipt.unit, condition="blocked") == 30
    assert (targets(w), counters(dock)) == ([(30, "INSP"), (20, "DEF")], (50, 20, 0))
    decide(w, "release", which(receipt, 30))
    assert targets(w) == [(20, "DEF"), (30, "A-01")]
    for task in open_tasks():
        dock.store(task)
    assert counters(dock) == (50, 20, 50)
    assert [move.reason for move in w.movements("TEA", kind=MovementKind.CONDITION)] == ["mould", None]


def test_released_in_the_inspection_area_they_are_counted_as_put_away_once(w: Warehouse, dock: Dock) -> None:
    receipt = held(dock)
    dock.store(receipt.task, "INSP")
    assert (open_tasks(), counters(dock)) == ([], (50, 0, 50))
    decide(w, "release", which(receipt, 50))
    assert promises.available(w.site_id, w.product("TEA").id) == 50
    assert targets(w) == [(50, "A-04")] or targets(w)[0][0] == 50
    dock.store(open_tasks()[0])
    assert (counters(dock), open_tasks()) == ((50, 0, 50), [])


def test_a_receipt_over_several_lines_is_decided_line_by_line(w: Warehouse, dock: Dock) -> None:
    dock.announce(("TEA", 5), ("TEA", 7))
    receipt = dock.receive("TEA", 12, condition=Condition.BLOCKED)
    second = dock.line(line="2")
    goods = Which(which(receipt, 1).batch_id, 3, unit_id=receipt.unit.id, inbound_line_id=second.id)
    decide(w, "reject", goods)
    for task in open_tasks():
        dock.store(task)
    lines = [(one.received, one.rejected, one.put_away) for one in (dock.line(line="1"), dock.line(line="2"))]
    assert lines == [(5, 0, 5), (7, 3, 7)]


def test_what_is_rejected_makes_a_complete_delivery_incomplete_again(dock: Dock, w: Warehouse) -> None:
    receipt = held(dock)
    assert dock.status() == "received"
    decide(w, "reject", which(receipt, 20))
    assert dock.status() == "receiving"
    decide(w, "release", which(receipt, 20, conditions=(Condition.DAMAGED,)))
    assert (dock.status(), counters(dock)) == ("received", (50, 0, 0))


def test_a_closed_delivery_is_decided_about_too(w: Warehouse, dock: Dock) -> None:
    receipt = held(dock)
    with w.transaction():
        close_inbound("IN-1", by=w.by)
    decide(w, "reject", which(receipt, 50))
    assert (dock.status(), counters(dock)) == ("closed", (50, 50, 0))


def test_sent_back_goods_leave_on_a_transfer_note_and_leave_no_work(w: Warehouse, dock: Dock) -> None:
    receipt = held(dock)
    decided = decide(w, "send_back", which(receipt, 50))
    assert (w.on_hand("TEA"), open_tasks(), counters(dock)) == (0, [], (50, 50, 0))
    (move,) = w.movements("TEA", kind=MovementKind.SEND_BACK)
    assert (_code(move.target_id), move.document) == ("@SUPPLIER", decided.document)
    assert decided.document is not None
    assert transfer_note(decided.document, w.by).number == decided.document


def test_goods_go_back_to_where_their_kind_comes_from(w: Warehouse, dock: Dock) -> None:
    receipt = held(dock, kind=InboundKind.TRANSFER)
    decide(w, "send_back", which(receipt, 10))
    assert [_code(move.target_id) for move in w.movements("TEA", kind=MovementKind.SEND_BACK)] == ["@TRANSFER"]
    assert [task.quantity for task in open_tasks()] == [40]


def test_damaged_goods_are_scrapped_out_of_the_defect_area_and_counted_once(w: Warehouse, dock: Dock) -> None:
    receipt = held(dock, condition=Condition.DAMAGED)
    dock.store(receipt.task, "DEF")
    decide(w, "scrap", which(receipt, 15))
    assert (w.on_hand("TEA", at="DEF"), counters(dock)) == (35, (50, 50, 50))


def test_goods_that_became_loose_are_found_where_they_are(w: Warehouse, dock: Dock) -> None:
    receipt = held(dock, condition=Condition.DAMAGED)
    dock.store(receipt.task, "DEF", quantity=30)  # the rest stays on the plate
    decide(w, "release", which(receipt, 40))
    assert w.on_hand("TEA", condition="good") == 40
    assert w.on_hand("TEA", condition="damaged") == 10
    for task in open_tasks():
        dock.store(task)
    assert counters(dock) == (50, 10, 50)


def test_blocked_goods_wait_where_nobody_picks_and_may_still_be_released(w: Warehouse, dock: Dock) -> None:
    receipt = held(dock, condition=Condition.DAMAGED)
    decide(w, "block", which(receipt, 50))
    assert (w.on_hand("TEA", condition="blocked"), counters(dock)) == (50, (50, 0, 0))
    assert promises.available(w.site_id, w.product("TEA").id) == 0
    decide(w, "release", which(receipt, 50))
    assert promises.available(w.site_id, w.product("TEA").id) == 50


@pytest.mark.beneath_orders
def test_good_goods_that_are_reserved_are_never_blocked(w: Warehouse, dock: Dock) -> None:
    w.receive("TEA", 10, at="A-01")
    line = w.order_line("TEA", 8, reserved=8)
    with w.transaction():
        w.reserve(line, 8, at="A-01")
    batch = w.batch("TEA")
    with pytest.raises(disposition.NotHeld) as refused:
        decide(w, "block", Which(batch, 3, location_id=w.location("A-01").id, conditions=(Condition.GOOD,)))
    assert refused.value.say("en") == "3 × TEA: only 2 wait for a decision there"
    decided = decide(w, "block", Which(batch, 2, location_id=w.location("A-01").id, conditions=(Condition.GOOD,)))
    assert (w.on_hand("TEA", unit=decided.units[0], condition="blocked"), w.reserved("TEA", at="A-01")) == (2, 8)


@pytest.mark.parametrize("quantity", [0, -1, 10**13])
def test_a_quantity_that_is_none_is_refused(w: Warehouse, dock: Dock, quantity: int) -> None:
    receipt = held(dock)
    with pytest.raises(QuantityWrong):
        decide(w, "release", which(receipt, quantity))


def test_more_than_waits_is_refused_and_nothing_is_done(w: Warehouse, dock: Dock) -> None:
    receipt = held(dock)
    for verb in ("release", "reject", "block", "send_back", "scrap"):
        with pytest.raises(disposition.NotHeld):
            decide(w, verb, which(receipt, 51))
    assert (w.on_hand("TEA", condition="blocked"), counters(dock)) == (50, (50, 0, 0))


def test_somebody_who_was_about_to_put_them_away_is_told_so(w: Warehouse, dock: Dock) -> None:
    receipt = held(dock)
    driver = w.person("driver")
    with w.transaction():
        claimed = queue.claim(receipt.task.id, by=driver)
    decide(w, "release", which(receipt, 50))
    with pytest.raises(queue.TaskOver):
        dock.store(claimed, "INSP", by=driver)
    assert [(task.kind, task.status) for task in open_tasks()] == [(TaskKind.PUTAWAY, TaskStatus.OPEN)]


def test_an_order_that_waits_for_them_is_freed_at_the_moment_of_release(w: Warehouse, dock: Dock) -> None:
    desk = Desk(w)
    desk.enter("SO-1", TEA=30)
    desk.release("SO-1")
    receipt = held(dock)
    assert _holds() == ["stock"]
    decide(w, "release", which(receipt, 29))
    assert _holds() == ["stock"]
    decide(w, "release", which(receipt, 1))
    assert _holds() == []


def _holds() -> list[str]:
    order = session.execute(sa.select(Order).execution_options(populate_existing=True)).scalar_one()
    return [hold.code for hold in order.holds if hold.lifted_at is None]


def test_the_delivery_tells_what_was_decided(w: Warehouse, dock: Dock) -> None:
    receipt = held(dock)
    decide(w, "reject", which(receipt, 20))
    order = find_inbound("IN-1", by=w.by)
    said = [line.text for language in ("en", "zh_CN") for line in timelines("inbound_order", [order.id], language)[order.id]]
    assert "20 × TEA rejected" in said
    assert "TEA 20：判为不合格" in said


# -- differences with their goods ------------------------------------------------------------------------------------------------


def noted(w: Warehouse, receipt: Receipt, kind: DifferenceKind, quantity: int) -> str:
    with w.transaction():
        one = differences.note(
            kind,
            by=w.by,
            inbound=find_inbound("IN-1", by=w.by),
            product=w.product("TEA"),
            quantity=quantity,
            inbound_line_id=receipt.line.id,
            batch_id=which(receipt, 1).batch_id,
            handling_unit_id=receipt.unit.id,
            movement_id=receipt.movement_id,
        )
        return one.number


def settle(w: Warehouse, number: str, outcome: Outcome) -> tuple[Difference, Decided | None]:
    with w.transaction():
        return settling.settle(number, outcome, by=w.by, key=w.key(), company_prefix=PREFIX, text="as agreed")


@pytest.mark.parametrize(
    ("outcome", "good", "left", "rejected"),
    [(Outcome.ACCEPTED, 10, 10, 0), (Outcome.SENT_BACK, 0, 0, 10), (Outcome.SCRAPPED, 0, 0, 10)],
)
def test_goods_that_are_too_old_follow_what_is_settled(
    w: Warehouse, dock: Dock, outcome: Outcome, good: int, left: int, rejected: int
) -> None:
    receipt = held(dock, 10, Condition.BLOCKED)
    difference, _ = settle(w, noted(w, receipt, DifferenceKind.TOO_OLD, 10), outcome)
    assert (difference.status, difference.outcome) == ("settled", outcome.value)
    assert (w.on_hand("TEA", condition="good"), w.on_hand("TEA"), counters(dock)) == (good, left, (10, rejected, 0))


def test_damaged_goods_that_stay_in_the_defect_area_are_moved_no_further(w: Warehouse, dock: Dock) -> None:
    receipt = held(dock, 10, Condition.DAMAGED)
    difference, decided = settle(w, noted(w, receipt, DifferenceKind.DAMAGED, 4), Outcome.DEFECT_AREA)
    assert (difference.status, decided and decided.movement_ids) == ("settled", [])
    assert targets(w) == [(10, "DEF")]


def test_a_difference_without_goods_ends_alone(w: Warehouse, dock: Dock) -> None:
    dock.announce(("TEA", 10))
    with w.transaction():
        one = differences.note(DifferenceKind.OVER, by=w.by, inbound=find_inbound("IN-1", by=w.by), product=w.product("TEA"), quantity=3)
    difference, decided = settle(w, one.number, Outcome.SENT_BACK)
    assert (difference.status, decided) == ("settled", None)


def test_goods_that_are_gone_keep_their_difference_open(w: Warehouse, dock: Dock) -> None:
    receipt = held(dock, 10, Condition.BLOCKED)
    number = noted(w, receipt, DifferenceKind.TOO_OLD, 10)
    decide(w, "scrap", which(receipt, 10))
    with pytest.raises(disposition.NotHeld):
        settle(w, number, Outcome.SENT_BACK)
    with w.transaction():
        assert differences.lock(number, by=w.by).status == "open"


def test_a_way_that_does_not_fit_touches_no_goods(w: Warehouse, dock: Dock) -> None:
    receipt = held(dock, 10, Condition.DAMAGED)
    number = noted(w, receipt, DifferenceKind.DAMAGED, 10)
    with pytest.raises(differences.OutcomeNotFitting):
        settle(w, number, Outcome.REFUSED)
    assert w.on_hand("TEA", condition="damaged") == 10


def test_the_label_of_a_new_plate_names_its_own_number(w: Warehouse, dock: Dock) -> None:
    receipt = held(dock)
    (carton,) = decide(w, "reject", which(receipt, 5)).units
    assert session.get_one(HandlingUnit, carton.id).code != receipt.unit.code


def test_one_difference_never_takes_the_goods_of_another(w: Warehouse, dock: Dock) -> None:
    dock.announce(("TEA", 20))
    first = dock.receive("TEA", 5, condition=Condition.DAMAGED)
    second = dock.receive("TEA", 5, condition=Condition.DAMAGED)
    one, other = session.execute(sa.select(Difference.number).order_by(Difference.id)).scalars()
    with w.transaction():
        stock.adjust("TEA", "DOCK", -5, by=w.by, handling_unit=first.unit.code, condition=Condition.DAMAGED)
    with pytest.raises(disposition.NotHeld), w.transaction():
        settling.settle(one, Outcome.SCRAPPED, by=w.by, key=w.key(), company_prefix=PREFIX)
    assert [row.on_hand for row in handling_units.contents(second.unit.id)] == [5]
    with w.transaction():
        settling.settle(other, Outcome.SCRAPPED, by=w.by, key=w.key(), company_prefix=PREFIX)
    assert handling_units.contents(second.unit.id) == []


def test_where_no_more_plates_stand_a_part_that_stays_becomes_loose(w: Warehouse, dock: Dock) -> None:
    with w.transaction():
        w.location("IONE", kind=Kind.INSPECTION, max_units=1, x_mm=5)
    receipt = held(dock, 20, Condition.BLOCKED)
    with w.transaction():
        task = putaway.claim_unit(receipt.unit, by=w.by)
        putaway.put_away(task.id, dock.id("IONE"), by=w.by, key=w.key())
    decided = decide(w, "inspect", which(receipt, 5))
    assert decided.units == []
    assert capacity.lying_at(dock.id("IONE")).units == 1
    assert w.on_hand("TEA", at="IONE", condition="inspection") == 5


def test_accepting_what_was_over_within_the_tolerance_releases_nothing_that_is_blocked(w: Warehouse, dock: Dock) -> None:
    """The surplus came in good. Goods of the same batch that somebody blocked stay blocked, though no difference names their plate."""
    dock.announce(("TEA", 20), over_receipt_percent=10)
    receipt = dock.receive("TEA", 22)
    (number,) = session.execute(sa.select(Difference.number)).scalars()
    blocked = w.unit(at="DOCK")
    w.receive("TEA", 7, at="DOCK", unit=blocked, condition="blocked")
    difference, decided = settle(w, number, Outcome.ACCEPTED)
    assert (difference.status, decided) == ("settled", None)
    assert (w.on_hand("TEA", unit=blocked, condition="blocked"), w.on_hand("TEA", unit=receipt.unit, condition="good")) == (7, 22)


def test_a_decision_keeps_to_the_plates_its_goods_have_been_on(w: Warehouse, dock: Dock) -> None:
    receipt = held(dock, 10, Condition.BLOCKED)
    number = noted(w, receipt, DifferenceKind.TOO_OLD, 10)
    other = w.unit(at="DOCK")
    w.receive("TEA", 7, at="DOCK", unit=other, condition="blocked")
    with w.transaction():
        stock.adjust("TEA", "DOCK", -4, by=w.by, handling_unit=receipt.unit.code, condition=Condition.BLOCKED)
    with pytest.raises(disposition.NotHeld):
        settle(w, number, Outcome.ACCEPTED)
    assert w.on_hand("TEA", unit=other, condition="blocked") == 7


@pytest.mark.parametrize(("first", "second", "good", "left"), [(0, 1, 4, 4), (1, 0, 6, 6)])
def test_two_differences_whose_plates_were_merged_are_each_settled(
    w: Warehouse, dock: Dock, first: int, second: int, good: int, left: int
) -> None:
    dock.announce(("TEA", 10))
    one = dock.receive("TEA", 4, condition=Condition.BLOCKED)
    other = dock.receive("TEA", 6, condition=Condition.BLOCKED)
    numbers = [noted(w, one, DifferenceKind.TOO_OLD, 4), noted(w, other, DifferenceKind.TOO_OLD, 6)]
    with w.transaction():
        plates.merge(one.unit, other.unit, by=w.by, key=w.key())
    settle(w, numbers[first], Outcome.ACCEPTED)
    assert w.on_hand("TEA", condition="good") == good
    settle(w, numbers[second], Outcome.SCRAPPED)
    assert (w.on_hand("TEA", condition="good"), w.on_hand("TEA")) == (good, left)
