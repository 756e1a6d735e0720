"""Counts: blind, recounted by somebody else, approved by a third, and true whatever moves meanwhile."""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Callable

import pytest
import sqlalchemy as sa

from tests.crowd import all_at_once
from tests.picking.conftest import Hall
from tests.warehouse import Warehouse
from wms.actor import Actor, Role
from wms.app import Application
from wms.catalog.models import Product
from wms.clock import today
from wms.db import session, transaction
from wms.errors import NotFound
from wms.orders.models import Order, OrderLine, OrderStatus
from wms.picking import strategies
from wms.printing import keeping
from wms.stock import handling_units, nesting, operations
from wms.stock.ledger import Move, Place, post
from wms.stock.models import MovementKind
from wms.stocktake import adjustments, counting, counts, jobs, queries
from wms.stocktake.doubts import Goods
from wms.stocktake.models import CountPlan, CountStatus
from wms.tasks import next_best, queue
from wms.tasks.models import Task, TaskKind, TaskStatus


@pytest.fixture
def anna(w: Warehouse) -> Actor:
    return w.person("anna", roles=[Role.COUNTER])


@pytest.fixture
def ben(w: Warehouse) -> Actor:
    return w.person("ben", roles=[Role.COUNTER])


@pytest.fixture
def hall(w: Warehouse) -> Hall:
    return Hall(w)


def opened(w: Warehouse, *codes: str, **facts: object) -> CountPlan:
    with transaction():
        return counts.open_count(by=w.by, locations=codes, **facts)  # type: ignore[arg-type]


def count(w: Warehouse, plan: CountPlan, at: str, by: Actor, close: bool = True, **found: int) -> None:
    """Somebody stands at a location, enters what they found, and says that nothing more is here."""
    place = w.location(at).id
    with transaction():
        counting.begin_place(plan.id, place, by=by)
    for sku, quantity in found.items():
        with transaction():
            counting.enter(plan.id, place, sku, quantity, by=by)
    if close:
        with transaction():
            counting.close_place(plan.id, place, by=by)


def status(plan: CountPlan) -> CountStatus:
    found = session.get(CountPlan, plan.id, populate_existing=True)
    assert found is not None
    return CountStatus(found.status)


def test_a_count_that_agrees_with_the_book_is_posted_by_itself_and_moves_nothing(w: Warehouse, anna: Actor) -> None:
    w.receive("APPLE", 10, at="A-01")
    plan = opened(w, "A-01")
    count(w, plan, "A-01", anna, APPLE=10)
    assert status(plan) == CountStatus.POSTED
    assert not w.movements("APPLE", kind=MovementKind.COUNT)


def test_a_difference_is_recounted_by_another_person_and_posted_only_after_approval(
    w: Warehouse, anna: Actor, ben: Actor, chief: Actor
) -> None:
    w.receive("APPLE", 10, at="A-01")
    plan = opened(w, "A-01")
    count(w, plan, "A-01", anna, APPLE=8)
    assert status(plan) == CountStatus.RECOUNT
    assert w.on_hand("APPLE", at="A-01") == 10
    with transaction(), pytest.raises(adjustments.NotCountedTwice):
        adjustments.approve(plan.number, by=chief)
    count(w, plan, "A-01", ben, APPLE=8)
    assert status(plan) == CountStatus.REVIEW
    assert w.on_hand("APPLE", at="A-01") == 10
    with transaction():
        adjustments.approve(plan.number, by=chief, reason="fell behind the rack")
    assert w.on_hand("APPLE", at="A-01") == 8
    (movement,) = w.movements("APPLE", kind=MovementKind.COUNT)
    assert (movement.document, movement.reason, movement.quantity) == (plan.number, "fell behind the rack", 2)


def test_the_same_person_does_not_recount_their_own_difference(w: Warehouse, anna: Actor, ben: Actor) -> None:
    w.receive("APPLE", 10, at="A-01")
    plan = opened(w, "A-01")
    count(w, plan, "A-01", anna, APPLE=8)
    count(w, plan, "A-01", ben, APPLE=9)
    with transaction(), pytest.raises(counting.CountedAlready):
        counting.enter(plan.id, w.location("A-01").id, "APPLE", 9, by=anna)


def test_who_counted_does_not_approve(w: Warehouse, anna: Actor) -> None:
    boss = w.person("boss", roles=[Role.SUPERVISOR])
    w.receive("APPLE", 10, at="A-01")
    plan = opened(w, "A-01")
    count(w, plan, "A-01", anna, APPLE=8)
    count(w, plan, "A-01", boss, APPLE=8)
    with transaction(), pytest.raises(adjustments.OwnCount):
        adjustments.approve(plan.number, by=boss)
    assert w.on_hand("APPLE", at="A-01") == 10


def test_a_recount_that_finds_the_book_right_ends_the_count_without_an_adjustment(w: Warehouse, anna: Actor, ben: Actor) -> None:
    w.receive("APPLE", 10, at="A-01")
    plan = opened(w, "A-01")
    count(w, plan, "A-01", anna, APPLE=8)
    count(w, plan, "A-01", ben, APPLE=10)
    assert status(plan) == CountStatus.POSTED
    assert w.on_hand("APPLE", at="A-01") == 10


def test_the_reports_of_a_count_are_kept_when_it_ends(w: Warehouse, anna: Actor, ben: Actor, chief: Actor) -> None:
    w.receive("APPLE", 10, at="A-01")
    plan = opened(w, "A-01")
    count(w, plan, "A-01", anna, APPLE=8)
    count(w, plan, "A-01", ben, APPLE=8)
    assert jobs.keep_reports() == 0, "nothing is decided"
    with transaction():
        adjustments.approve(plan.number, by=chief, reason="fell behind the rack")
    assert (jobs.keep_reports(), jobs.keep_reports()) == (2, 0)
    with transaction():
        session.execute(sa.update(Product).values(name="Other", name_zh="别的", name_en="Other"))
    for kind in ("difference-report", "adjustment-note"):
        kept = keeping.read(kind, plan.number, by=chief)
        assert isinstance(kept, keeping.Standing)
        assert ("Apple" in str(kept.content), "Other" in str(kept.content)) == (True, False)


def test_a_refused_count_changes_nothing(w: Warehouse, anna: Actor, chief: Actor) -> None:
    w.receive("APPLE", 10, at="A-01")
    plan = opened(w, "A-01")
    count(w, plan, "A-01", anna, APPLE=1)
    with transaction():
        adjustments.refuse(plan.number, by=chief, reason="wrong shelf")
    assert status(plan) == CountStatus.REFUSED
    assert w.on_hand("APPLE", at="A-01") == 10
    with transaction(), pytest.raises(counts.CountOver):
        adjustments.approve(plan.number, by=chief)


def test_what_nobody_counted_at_a_closed_place_was_not_there(w: Warehouse, anna: Actor, ben: Actor, chief: Actor) -> None:
    w.receive("APPLE", 10, at="A-01")
    w.receive("PEAR", 4, at="A-01")
    plan = opened(w, "A-01")
    count(w, plan, "A-01", anna, APPLE=10)
    count(w, plan, "A-01", ben, APPLE=10)
    with transaction():
        adjustments.approve(plan.number, by=chief)
    assert (w.on_hand("APPLE", at="A-01"), w.on_hand("PEAR", at="A-01")) == (10, 0)


def test_an_empty_place_is_a_result(w: Warehouse, anna: Actor) -> None:
    w.location("A-02")
    plan = opened(w, "A-02")
    count(w, plan, "A-02", anna)
    assert status(plan) == CountStatus.POSTED


def test_goods_that_the_book_does_not_know_are_found(w: Warehouse, anna: Actor, ben: Actor, chief: Actor) -> None:
    w.product("PEAR")
    w.location("A-01")
    plan = opened(w, "A-01")
    count(w, plan, "A-01", anna, PEAR=3)
    count(w, plan, "A-01", ben, PEAR=3)
    with transaction():
        adjustments.approve(plan.number, by=chief)
    assert w.on_hand("PEAR", at="A-01") == 3


@pytest.mark.parametrize("moment", ["before the count", "between count and recount", "between recount and approval"])
@pytest.mark.parametrize("change", [-3, +5])
def test_goods_that_move_while_a_count_goes_on_are_neither_missing_nor_surplus(
    w: Warehouse, anna: Actor, ben: Actor, chief: Actor, moment: str, change: int
) -> None:
    """Two of ten are really missing; whatever moves at whatever moment, the book ends two lower and no more."""
    w.receive("APPLE", 10, at="A-01")
    w.receive("APPLE", 20, at="B-01")
    there = 8

    def move_now() -> int:
        w.move("APPLE", abs(change), *(("A-01", "B-01") if change < 0 else ("B-01", "A-01")))
        return there + change

    plan = opened(w, "A-01")
    if moment == "before the count":
        there = move_now()
    count(w, plan, "A-01", anna, APPLE=there)
    if moment == "between count and recount":
        there = move_now()
    count(w, plan, "A-01", ben, APPLE=there)
    if moment == "between recount and approval":
        there = move_now()
    with transaction():
        adjustments.approve(plan.number, by=chief)
    assert w.on_hand("APPLE", at="A-01") == there


def test_missing_goods_that_an_order_had_reserved_are_given_up_and_the_line_waits_on_its_promise(
    w: Warehouse, anna: Actor, ben: Actor, chief: Actor
) -> None:
    w.receive("APPLE", 10, at="A-01")
    line = w.order_line("APPLE", 9, reserved=9)
    claim = w.reserve(line, 9, at="A-01")
    with transaction():
        session.get_one(Order, line.order_id).status = OrderStatus.RELEASED.value
    plan = opened(w, "A-01")
    count(w, plan, "A-01", anna, APPLE=6)
    count(w, plan, "A-01", ben, APPLE=6)
    with transaction():
        adjustments.approve(plan.number, by=chief)
    line = session.get_one(OrderLine, line.id)
    assert (w.on_hand("APPLE", at="A-01"), w.reserved("APPLE", at="A-01")) == (6, 6)
    assert (line.reserved, line.promised, w.claim(claim).quantity) == (6, 3, 6)


def test_a_whole_pallet_is_counted_by_one_scan(w: Warehouse, anna: Actor) -> None:
    unit = w.unit(at="A-01")
    w.receive("APPLE", 40, at="A-01", unit=unit)
    plan = opened(w, "A-01")
    place = w.location("A-01").id
    with transaction():
        assert counting.enter_unit(plan.id, place, unit, by=anna) == 1
    with transaction():
        counting.close_place(plan.id, place, by=anna)
    assert status(plan) == CountStatus.POSTED


def test_a_pallet_is_counted_with_all_that_stands_on_it(w: Warehouse, anna: Actor) -> None:
    pallet, carton = w.unit(at="A-01"), w.unit(at="A-01", kind="carton")
    w.receive("APPLE", 40, at="A-01", unit=pallet)
    w.receive("PEAR", 6, at="A-01", unit=carton)
    with transaction():
        nesting.put_on(*handling_units.lock_trees(carton.id, pallet.id))
    plan = opened(w, "A-01")
    place = w.location("A-01").id
    with transaction():
        assert counting.enter_unit(plan.id, place, pallet, by=anna) == 2
    with transaction():
        counting.close_place(plan.id, place, by=anna)
    assert status(plan) == CountStatus.POSTED


def test_a_pallet_that_the_book_has_elsewhere_is_refused(w: Warehouse, anna: Actor) -> None:
    unit = w.unit(at="B-01")
    w.location("A-01")
    plan = opened(w, "A-01")
    with transaction(), pytest.raises(counting.UnitElsewhere):
        counting.enter_unit(plan.id, w.location("A-01").id, unit, by=anna)


def test_pieces_on_pallets_are_meant_too_when_only_the_product_is_scanned(w: Warehouse, anna: Actor) -> None:
    unit = w.unit(at="A-01")
    w.receive("APPLE", 40, at="A-01", unit=unit)
    w.receive("APPLE", 5, at="A-01")
    plan = opened(w, "A-01")
    count(w, plan, "A-01", anna, APPLE=45)
    assert status(plan) == CountStatus.POSTED


def test_within_the_tolerance_a_difference_is_posted_without_a_recount(w: Warehouse, anna: Actor) -> None:
    w.receive("APPLE", 10, at="A-01")
    plan = opened(w, "A-01", tolerance=1)
    count(w, plan, "A-01", anna, APPLE=9)
    assert status(plan) == CountStatus.POSTED
    assert w.on_hand("APPLE", at="A-01") == 9


def test_a_place_of_another_count_is_refused(w: Warehouse, anna: Actor) -> None:
    w.location("A-01")
    w.location("B-01")
    plan = opened(w, "A-01")
    with transaction(), pytest.raises(counts.NotInThisCount):
        counting.begin_place(plan.id, w.location("B-01").id, by=anna)


def test_a_count_of_nothing_and_of_an_unknown_place_is_refused(w: Warehouse) -> None:
    with transaction(), pytest.raises(counts.NothingToCount):
        counts.open_count(by=w.by)
    with transaction(), pytest.raises(NotFound):
        counts.open_count(by=w.by, locations=["NOWHERE"])


def test_another_sites_count_is_as_if_it_did_not_exist(w: Warehouse) -> None:
    w.location("A-01")
    plan = opened(w, "A-01")
    stranger = w.person("stranger", site=w.site("OTHER"))
    with pytest.raises(counts.CountUnknown):
        counts.find(plan.number, by=stranger)


def test_finished_counts_leave_no_task_behind(w: Warehouse, anna: Actor, ben: Actor) -> None:
    w.receive("APPLE", 10, at="A-01")
    plan = opened(w, "A-01")
    count(w, plan, "A-01", anna, APPLE=8)
    recount = queries.next_place(counts.find(plan.number, by=ben), by=ben)
    assert recount is not None
    assert recount.location_id == w.location("A-01").id
    assert queries.next_place(counts.find(plan.number, by=anna), by=anna) is None
    count(w, plan, "A-01", ben, APPLE=10)
    tasks = session.query(Task).filter(Task.document == plan.number).all()
    assert tasks
    assert {task.status for task in tasks} <= {TaskStatus.DONE.value, TaskStatus.CANCELLED.value}


def test_the_next_work_of_who_counted_is_not_the_recount_of_their_own_count(w: Warehouse, anna: Actor, ben: Actor) -> None:
    w.receive("APPLE", 10, at="A-01")
    plan = opened(w, "A-01")
    count(w, plan, "A-01", anna, APPLE=8)
    with transaction():
        assert next_best.give([TaskKind.COUNT], by=anna) is None
        mine = next_best.give([TaskKind.COUNT], by=ben)
        assert mine is not None
        assert mine.document == plan.number


def approved(plan: CountPlan, chief: Actor) -> None:
    with transaction():
        adjustments.approve(plan.number, by=chief)


def test_two_counts_of_one_place_post_their_difference_once(w: Warehouse, anna: Actor, ben: Actor, chief: Actor) -> None:
    w.receive("APPLE", 10, at="A-01")
    one, two = opened(w, "A-01"), opened(w, "A-01")
    for plan in (one, two):
        for who in (anna, ben):
            count(w, plan, "A-01", who, APPLE=8)
    w.receive("APPLE", 1, at="A-01")
    for plan in (one, two):
        approved(plan, chief)
        assert w.on_hand("APPLE", at="A-01") == 9
    assert status(two) == CountStatus.POSTED


@pytest.mark.parametrize("later_first", [True, False])
def test_of_two_counts_of_one_place_the_later_one_has_the_last_word(
    w: Warehouse, anna: Actor, ben: Actor, chief: Actor, later_first: bool
) -> None:
    w.receive("APPLE", 10, at="A-01")
    earlier, later = opened(w, "A-01"), opened(w, "A-01")
    for plan, found in ((earlier, 6), (later, 8)):
        for who in (anna, ben):
            count(w, plan, "A-01", who, APPLE=found)
    for plan in (later, earlier) if later_first else (earlier, later):
        approved(plan, chief)
    assert w.on_hand("APPLE", at="A-01") == 8


@pytest.mark.parametrize(("by_hand", "then"), [(-2, 7), (-3, 7), (-4, 6), (+1, 8)])
def test_what_was_adjusted_by_hand_since_the_count_is_not_posted_again(
    w: Warehouse, anna: Actor, ben: Actor, chief: Actor, by_hand: int, then: int
) -> None:
    w.receive("APPLE", 10, at="A-01")
    plan = opened(w, "A-01")
    for who in (anna, ben):
        count(w, plan, "A-01", who, APPLE=7)
    with transaction():
        operations.adjust("APPLE", "A-01", by_hand, by=w.by, reason="seen by the supervisor")
    approved(plan, chief)
    assert w.on_hand("APPLE", at="A-01") == then


def test_the_count_after_a_short_pick_can_be_posted_beside_the_planned_one(hall: Hall, anna: Actor, ben: Actor, chief: Actor) -> None:
    hall.put("APPLE", 10, "A-01")
    hall.release("SO-1", ("APPLE", 10))
    planned = opened(hall.w, "A-01")
    hall.short(hall.open(hall.list_of("SO-1")), 8)
    task = next(one for one in hall.tasks(TaskKind.COUNT) if one.product_id)
    with transaction():
        queue.claim(task.id, by=anna)
        missed = counts.adopt(session.get_one(Task, task.id), by=anna)
    for plan in (planned, missed):
        for who in (anna, ben):
            count(hall.w, plan, "A-01", who)
    for plan in (planned, missed):
        approved(plan, chief)
    assert hall.w.on_hand("APPLE", at="A-01") == 0


@pytest.mark.parametrize("decide", [adjustments.approve, adjustments.refuse])
def test_missed_goods_are_in_doubt_until_their_count_is_posted_or_refused(
    hall: Hall, anna: Actor, ben: Actor, chief: Actor, decide: Callable[..., CountPlan]
) -> None:
    hall.put("APPLE", 5, "A-01")
    hall.release("SO-1", ("APPLE", 5))
    hall.short(hall.open(hall.list_of("SO-1")), 3)

    def doubted() -> bool:
        there = sa.select(strategies.doubted(hall.w.location("A-01").id, hall.w.product("APPLE").id))
        return bool(session.execute(there).scalar_one())

    for who in (anna, ben):
        assert doubted()
        with transaction():
            task = next_best.give([TaskKind.COUNT], by=who)
            assert task is not None
            plan = counts.adopt(task, by=who)
        count(hall.w, plan, "A-01", who)
    assert (status(plan), doubted()) == (CountStatus.REVIEW, True)
    with transaction():
        assert next_best.give([TaskKind.COUNT], by=hall.by) is None, "what waits for a decision is nobody's work"
        decide(plan.number, by=chief)
    assert not doubted()


def test_who_leaves_a_place_before_closing_it_leaves_its_work_to_others(w: Warehouse, anna: Actor, ben: Actor) -> None:
    w.receive("APPLE", 10, at="A-01")
    plan = opened(w, "A-01")
    count(w, plan, "A-01", anna, APPLE=8)
    count(w, plan, "A-01", ben, close=False, APPLE=8)
    assert status(plan) == CountStatus.RECOUNT, "a number counts when its place is closed"
    with transaction():
        counting.leave(plan.id, by=ben)
        task = next_best.give([TaskKind.COUNT], by=w.by)
        assert task is not None
        queue.give_back(task.id, by=w.by)
    count(w, plan, "A-01", ben)
    assert status(plan) == CountStatus.REVIEW
    with transaction():
        counting.leave(plan.id, by=ben)
        assert next_best.give([TaskKind.COUNT], by=w.by) is None


@pytest.mark.postgresql
def test_a_count_and_a_movement_of_the_same_batches_do_not_lock_each_other_out(
    w: Warehouse, app: Application, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The older batch has the later number: a count that locks by age and a movement that locks by number would meet head on."""
    w.receive("APPLE", 10, at="A-01", lot="NEW", received_on=today() - dt.timedelta(days=1))
    w.receive("APPLE", 10, at="A-01", lot="OLD", received_on=today() - dt.timedelta(days=9))
    start, end, batches = w.location("A-01").id, w.location("A-02").id, [row.batch_id for row in w.stock("APPLE")]
    plan = opened(w, "A-01").id
    tries: list[str] = []
    book = counting._books

    def slow(*which: int) -> dict[Goods, int]:
        found = book(*which)
        time.sleep(0.3)
        return found

    def enter() -> None:
        with transaction():
            tries.append("count")
            counting.enter(plan, start, "APPLE", 20, by=w.by)

    def move() -> None:
        time.sleep(0.15)
        with transaction():
            tries.append("move")
            post([Move(f"m{one}", one, 1, Place(start), Place(end), MovementKind.MOVE) for one in batches], by=w.by)

    monkeypatch.setattr(counting, "_books", slow)
    session.rollback()
    assert all_at_once(app, [enter, move]) == [None, None]
    assert sorted(tries) == ["count", "move"], "neither had to begin again"


def test_a_zone_and_a_class_are_found_in_small_letters_too(w: Warehouse) -> None:
    w.location("A-01", zone="A")
    w.product("APPLE", abc="B")
    w.receive("APPLE", 1, at="B-01")
    with transaction():
        opened_now = [counts.open_count(by=w.by, zone="a"), counts.open_count(by=w.by, abc="b")]
        places = [[place.location for place in queries.places_of(one)] for one in opened_now]
    assert places == [["A-01"], ["B-01"]]


def test_two_counts_of_one_place_approved_at_one_moment_post_their_difference_once(
    w: Warehouse, app: Application, anna: Actor, ben: Actor, chief: Actor
) -> None:
    w.product("APPLE")
    w.location("A-01")
    plans = [opened(w, "A-01"), opened(w, "A-01")]
    numbers = [plan.number for plan in plans]
    for plan in plans:
        for who in (anna, ben):
            count(w, plan, "A-01", who, APPLE=3)

    def approving(number: str) -> Callable[[], None]:
        def unit() -> None:
            with transaction():
                adjustments.approve(number, by=chief)
                time.sleep(0.2)

        return unit

    session.rollback()
    assert all_at_once(app, [approving(number) for number in numbers]) == [None, None]
    assert w.on_hand("APPLE", at="A-01") == 3, "found once, though there was no row of stock yet to wait for"


@pytest.mark.postgresql
def test_who_needs_a_count_does_not_wait_for_a_large_plan_that_is_being_written(
    w: Warehouse, app: Application, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(counts, "AT_ONCE", 2)
    for number in range(5):
        w.location(f"A-0{number}", zone="A", aisle="A", y_mm=number)
    w.location("B-01")
    session.rollback()

    def another() -> str:
        with transaction():
            return counts.open_count(by=w.by, locations=["B-01"]).number

    with transaction():
        plan = counts.open_count(by=w.by, zone="A")
        assert all_at_once(app, [another]) == ["C-10002"], "it is given its number while the plan's is not committed"
    places = queries.places_of(plan)
    assert [(one.location, one.sequence) for one in places] == [(f"A-0{number}", number + 1) for number in range(5)]
    assert len({one.id for one in places}) == 5
