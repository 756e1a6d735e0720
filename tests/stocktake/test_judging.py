"""When a place is done with: what counts as counted, who is asked again, and who is not."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from tests.stocktake.conftest import approved, count, decided, opened, pallet_found, state
from tests.warehouse import Warehouse
from wms.actor import Actor
from wms.db import session, transaction
from wms.stocktake import adjustments, counting, counts, judging
from wms.stocktake.models import CountLine, PlaceState
from wms.tasks import next_best
from wms.tasks.models import Task, TaskKind


def test_goods_of_a_lot_that_nobody_counted_are_not_taken_for_counted(w: Warehouse, crew: list[Actor], chief: Actor) -> None:
    w.product("APPLE", tracking="lot")
    w.receive("APPLE", 10, at="A-01", lot="L1")
    w.receive("APPLE", 5, at="A-01", lot="L2")
    plan, at = opened(w, "A-01"), w.location("A-01").id
    for who, beside in ((crew[0], False), (crew[1], True)):
        with transaction():
            counting.begin_place(plan.id, at, by=who, beside=beside)
            counting.enter(plan.id, at, "APPLE", 8, by=who, lot="L1")
    with pytest.raises(adjustments.NothingToApprove):
        approved(plan, chief)
    assert state(w, plan, "A-01") == PlaceState.COUNTING
    with transaction():
        counting.enter(plan.id, at, "APPLE", 5, by=crew[1], lot="L2")
    approved(plan, chief)
    assert [w.on_hand("APPLE", lot=lot) for lot in ("L1", "L2")] == [8, 5]


def test_a_place_that_a_pallet_has_left_by_another_places_count_is_done_when_it_is_counted(
    w: Warehouse, crew: list[Actor], chief: Actor
) -> None:
    unit = w.unit("P-1", at="B-01")
    w.receive("APPLE", 40, at="B-01", unit=unit)
    w.receive("PEAR", 3, at="B-01")
    plan = opened(w, "A-01", "B-01")
    for who in crew[:2]:
        pallet_found(w, plan, "A-01", unit, who)
    decided(w, plan, "A-01", chief)
    count(w, plan, "B-01", crew[0], PEAR=3)
    assert (state(w, plan, "B-01"), w.on_hand("APPLE", at="A-01")) == (PlaceState.POSTED, 40)


def test_what_somebody_wrote_down_who_went_away_is_not_waited_for(w: Warehouse, crew: list[Actor]) -> None:
    w.receive("APPLE", 10, at="A-01")
    w.product("PEAR")
    plan, at = opened(w, "A-01"), w.location("A-01").id
    with transaction():
        counting.begin_place(plan.id, at, by=crew[0])
        counting.enter(plan.id, at, "PEAR", 3, by=crew[0])
    with transaction():
        counting.leave(plan.id, by=crew[0])
    count(w, plan, "A-01", crew[1], APPLE=10)
    assert state(w, plan, "A-01") == PlaceState.POSTED, "nobody who is done has seen a pear"


def test_two_who_agree_are_not_outvoted_by_a_third_whom_nobody_asked(w: Warehouse, crew: list[Actor], chief: Actor) -> None:
    w.receive("APPLE", 10, at="A-01")
    plan = opened(w, "A-01")
    for who in crew[:2]:
        count(w, plan, "A-01", who, APPLE=5)
    with pytest.raises(counts.PlaceCounted):
        count(w, plan, "A-01", crew[2], APPLE=10)
    assert state(w, plan, "A-01") == PlaceState.REVIEW
    approved(plan, chief)
    assert w.on_hand("APPLE", at="A-01") == 5


def test_of_goods_that_went_and_goods_that_came_both_are_asked_about(w: Warehouse, crew: list[Actor]) -> None:
    w.receive("APPLE", 10, at="A-01")
    w.receive("APPLE", 4, at="B-01")
    plan, at = opened(w, "A-01"), w.location("A-01").id
    with transaction():
        counting.begin_place(plan.id, at, by=crew[0])
    w.move("APPLE", 10, "A-01", "C-01")
    w.move("APPLE", 4, "B-01", "A-01")
    with transaction():
        asked = counting.moving_uncounted(plan.id, at, by=crew[0])
        gone = {key: one.quantity < 0 for one in asked for key in one.keys}
        assert sorted(gone.values()) == [False, True]
        counting.close_place(plan.id, at, by=crew[0], answers=gone)
    assert state(w, plan, "A-01") == PlaceState.POSTED


def test_work_that_is_asked_for_once_more_is_left_to_who_was_not_there(w: Warehouse, crew: list[Actor], chief: Actor) -> None:
    w.receive("APPLE", 10, at="A-01")
    plan = opened(w, "A-01")
    for who, found in zip(crew[:3], (8, 5, 2), strict=True):
        count(w, plan, "A-01", who, APPLE=found)
    with transaction():
        adjustments.recount_place(counts.find_place(plan.id, w.location("A-01").id).id, by=chief)
    for who in crew[:3]:
        with transaction():
            task = next_best.give([TaskKind.COUNT], by=who)
            assert task is None or judging.leave_to_others(task, by=who)
            assert next_best.give([TaskKind.COUNT], by=who) is None
    with transaction():
        task = next_best.give([TaskKind.COUNT], by=crew[3])
        assert task is not None
        assert not judging.leave_to_others(task, by=crew[3])


def test_a_place_that_is_done_is_not_said_to_be_the_end_of_its_count(w: Warehouse, crew: list[Actor]) -> None:
    w.receive("APPLE", 1, at="A-01")
    w.receive("APPLE", 1, at="A-02")
    plan = opened(w, "A-01", "A-02")
    count(w, plan, "A-01", crew[0], APPLE=1)
    with pytest.raises(counts.PlaceOver):
        count(w, plan, "A-01", crew[1], APPLE=1)
    count(w, plan, "A-02", crew[0], APPLE=1)
    with pytest.raises(counts.CountOver) as over:
        count(w, plan, "A-02", crew[1], APPLE=1)
    assert over.value.code == "count_over"
    assert not [task for task in session.query(Task) if task.status in ("open", "claimed")]


def test_what_one_person_and_the_book_say_is_not_believed_after_two_have_found_less(w: Warehouse, crew: list[Actor]) -> None:
    for sku in ("APPLE", "PEAR"):
        w.receive(sku, 10, at="A-01")
    plan = opened(w, "A-01")
    for who, apples in zip(crew, (10, 7, 3), strict=False):
        count(w, plan, "A-01", who, APPLE=apples, PEAR=9)
    assert state(w, plan, "A-01") == PlaceState.REVIEW
    apple = session.execute(sa.select(CountLine).where(CountLine.product_id == w.product("APPLE").id)).scalar_one()
    assert (apple.disputed, apple.difference) == (True, -7)
