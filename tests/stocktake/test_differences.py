"""Differences: who counts again, what is small enough, who may approve, and what becomes of goods that are found elsewhere or otherwise."""

from __future__ import annotations

import datetime as dt

import pytest

from tests.picking.conftest import Hall
from tests.stocktake.test_counts import count, opened, status
from tests.warehouse import Warehouse
from wms.actor import Actor, Role
from wms.clock import today
from wms.db import session, transaction
from wms.orders.models import OrderLine
from wms.stock.models import HandlingUnit, MovementKind
from wms.stocktake import adjustments, counting, counts, tolerances
from wms.stocktake.models import Cause, CountLine, CountPlan, CountStatus, Outcome, PlaceState
from wms.stocktake.tolerances import Tolerance
from wms.tasks import next_best
from wms.tasks.models import TaskKind


def state(w: Warehouse, plan: CountPlan, at: str) -> str:
    session.expire_all()
    return counts.find_place(plan.id, w.location(at).id).state


def approved(plan: CountPlan, by: Actor, **facts: object) -> None:
    with transaction():
        adjustments.approve(plan.number, by=by, **facts)  # type: ignore[arg-type]


def lines(plan: CountPlan) -> list[CountLine]:
    session.expire_all()
    return session.query(CountLine).order_by(CountLine.id).all()


def test_where_two_disagree_a_third_decides_and_neither_of_them_is_asked(w: Warehouse, crew: list[Actor], chief: Actor) -> None:
    w.receive("APPLE", 10, at="A-01")
    plan = opened(w, "A-01")
    count(w, plan, "A-01", crew[0], APPLE=8)
    count(w, plan, "A-01", crew[1], APPLE=7)
    assert state(w, plan, "A-01") == PlaceState.THIRD
    with transaction():
        assert [next_best.give([TaskKind.COUNT], by=one) for one in crew[:2]] == [None, None]
        assert next_best.give([TaskKind.COUNT], by=crew[2]) is not None
    count(w, plan, "A-01", crew[2], APPLE=7)
    assert state(w, plan, "A-01") == PlaceState.REVIEW
    approved(plan, chief, cause=Cause.WRONG_PICK)
    assert w.on_hand("APPLE", at="A-01") == 7
    assert [(one.cause, one.outcome, one.posted) for one in lines(plan)] == [("wrong_pick", "adjusted", -3)]


def test_where_three_disagree_a_supervisor_decides_or_has_it_counted_once_more(w: Warehouse, crew: list[Actor], chief: Actor) -> None:
    w.receive("APPLE", 10, at="A-01")
    plan = opened(w, "A-01")
    for who, found in zip(crew, (8, 7, 6), strict=False):
        count(w, plan, "A-01", who, APPLE=found)
    assert (state(w, plan, "A-01"), lines(plan)[0].disputed) == (PlaceState.REVIEW, True)
    with transaction():
        adjustments.recount_place(counts.find_place(plan.id, w.location("A-01").id).id, by=chief)
    count(w, plan, "A-01", crew[3], APPLE=7)
    assert lines(plan)[0].disputed is False
    approved(plan, chief)
    assert w.on_hand("APPLE", at="A-01") == 7


def test_a_place_is_posted_while_others_of_its_count_go_on(w: Warehouse, crew: list[Actor], chief: Actor) -> None:
    for at in ("A-01", "A-02", "A-03"):
        w.receive("APPLE", 10, at=at)
    plan = opened(w, "A-01", "A-02", "A-03")
    for who in crew[:2]:
        count(w, plan, "A-01", who, APPLE=9)
    count(w, plan, "A-02", crew[0], APPLE=10)
    approved(plan, chief)
    assert (w.on_hand("APPLE", at="A-01"), status(plan)) == (9, CountStatus.OPEN)
    assert [state(w, plan, at) for at in ("A-01", "A-02", "A-03")] == ["posted", "posted", "open"]
    assert counts.progress(plan.id) == counts.Progress(of=3, counted=2, ended=2)


@pytest.mark.parametrize(
    ("said", "book", "found", "ends"),
    [
        (Tolerance(units=2), 10, 8, "posted"),
        (Tolerance(units=2), 10, 7, "recount"),
        (Tolerance(percent=5), 100, 95, "posted"),
        (Tolerance(percent=5), 100, 94, "recount"),
        (Tolerance(units=2, percent=5), 100, 95, "posted"),
        (Tolerance(units=5, value=300), 10, 7, "posted"),
        (Tolerance(units=5, value=299), 10, 7, "recount"),
    ],
)
def test_the_class_says_how_large_a_difference_needs_no_recount(
    w: Warehouse, crew: list[Actor], said: Tolerance, book: int, found: int, ends: str
) -> None:
    w.product("APPLE", abc="A", unit_value=100)
    w.receive("APPLE", book, at="A-01")
    with transaction():
        tolerances.choose({"A": said, "": Tolerance(units=50)}, None, by=w.by)
    plan = opened(w, "A-01")
    count(w, plan, "A-01", crew[0], APPLE=found)
    assert state(w, plan, "A-01") == ends


def test_two_who_agree_as_near_as_the_tolerance_goes_agree(w: Warehouse, crew: list[Actor], chief: Actor) -> None:
    w.receive("APPLE", 100, at="A-01")
    plan = opened(w, "A-01", tolerance=2)
    count(w, plan, "A-01", crew[0], APPLE=80)
    count(w, plan, "A-01", crew[1], APPLE=81)
    approved(plan, chief)
    assert w.on_hand("APPLE", at="A-01") == 81


def test_a_supervisor_approves_up_to_a_value_and_above_it_the_manager(w: Warehouse, crew: list[Actor], chief: Actor) -> None:
    w.product("APPLE", unit_value=100)
    for at in ("A-01", "A-02"):
        w.receive("APPLE", 10, at=at)
    with transaction():
        tolerances.choose({}, 250, by=w.by)
    plan = opened(w, "A-01", "A-02")
    for who in crew[:2]:
        count(w, plan, "A-01", who, APPLE=8)
        count(w, plan, "A-02", who, APPLE=7)
    approved(plan, chief)
    assert (w.on_hand("APPLE", at="A-01"), w.on_hand("APPLE", at="A-02")) == (8, 10)
    with transaction(), pytest.raises(tolerances.AboveLimit, match=r"3\.00"):
        adjustments.approve(plan.number, by=chief)
    approved(plan, w.person("boss", roles=[Role.MANAGER]))
    assert w.on_hand("APPLE", at="A-02") == 7


def test_goods_that_are_missing_here_and_found_there_are_moved_and_keep_their_age(w: Warehouse, crew: list[Actor], chief: Actor) -> None:
    w.receive("APPLE", 10, at="A-01")
    w.location("A-02")
    plan = opened(w, "A-01", "A-02")
    for who in crew[:2]:
        count(w, plan, "A-01", who, APPLE=6)
        count(w, plan, "A-02", who, APPLE=5)
    approved(plan, chief)
    assert (w.on_hand("APPLE", at="A-01"), w.on_hand("APPLE", at="A-02")) == (6, 5)
    moved = [(one.quantity, one.kind) for one in w.movements("APPLE", kind=MovementKind.COUNT)]
    assert sorted(moved) == [(1, "count"), (4, "count")], "four lay elsewhere, and one nobody knew of"
    assert {one.outcome for one in lines(plan)} == {Outcome.RELOCATED}


def test_damaged_goods_that_are_found_change_their_condition(w: Warehouse, crew: list[Actor], chief: Actor) -> None:
    w.receive("APPLE", 10, at="A-01")
    plan = opened(w, "A-01")
    place = w.location("A-01").id
    for who in crew[:2]:
        with transaction():
            counting.begin_place(plan.id, place, by=who)
            counting.enter(plan.id, place, "APPLE", 7, by=who, sort=counting.Sort())
            counting.enter(plan.id, place, "APPLE", 3, by=who, sort=counting.Sort("damaged"))
            counting.close_place(plan.id, place, by=who)
    approved(plan, chief)
    assert [(row.condition, row.on_hand) for row in w.stock("APPLE", at="A-01") if row.on_hand] == [("good", 7), ("damaged", 3)]
    (movement,) = w.movements("APPLE", kind=MovementKind.COUNT)
    assert (movement.source_condition, movement.target_condition, movement.quantity) == ("good", "damaged", 3)
    assert {one.outcome for one in lines(plan)} == {Outcome.CONDITION}


def test_a_numbered_piece_in_the_wrong_place_is_moved_and_a_missing_one_is_named(w: Warehouse, crew: list[Actor], chief: Actor) -> None:
    w.product("CHIP", tracking="serial")
    for serial, at in (("S1", "A-01"), ("S2", "A-01"), ("S3", "B-01")):
        w.receive("CHIP", 1, at=at, lot=serial)
    plan = opened(w, "A-01", tolerance=5)
    place = w.location("A-01").id
    for who in crew[:2]:
        with transaction():
            counting.begin_place(plan.id, place, by=who)
        for serial in ("S1", "S3"):
            with transaction():
                counting.enter(plan.id, place, "CHIP", 1, by=who, lot=serial)
        with transaction():
            counting.close_place(plan.id, place, by=who)
    assert sorted((one.lot, one.difference) for one in lines(plan)) == [("S1", 0), ("S2", -1), ("S3", 1)]
    approved(plan, chief)
    assert [w.on_hand("CHIP", at=at) for at in ("A-01", "B-01")] == [2, 0]
    assert (w.on_hand("CHIP", lot="S2"), w.on_hand("CHIP", lot="S3", at="A-01")) == (0, 1)


@pytest.mark.parametrize("both", [True, False])
def test_a_pallet_that_stands_elsewhere_is_moved_whole(w: Warehouse, crew: list[Actor], chief: Actor, both: bool) -> None:
    unit = w.unit("P-1", at="B-01")
    w.receive("APPLE", 40, at="B-01", unit=unit)
    w.location("A-01")
    plan = opened(w, *(["A-01", "B-01"] if both else ["A-01"]))
    place = w.location("A-01").id
    for who in crew[:2]:
        with transaction():
            counting.begin_place(plan.id, place, by=who)
            counting.enter_unit(plan.id, place, unit, by=who, found=True)
            counting.close_place(plan.id, place, by=who)
        if both:
            count(w, plan, "B-01", who)
    approved(plan, chief)
    assert session.get_one(HandlingUnit, unit.id, populate_existing=True).location_id == place
    assert (w.on_hand("APPLE", at="A-01", unit=unit), w.on_hand("APPLE", at="B-01")) == (40, 0)
    assert {one.outcome for one in lines(plan)} == {Outcome.RELOCATED}


def test_a_count_that_explains_a_short_pick_ends_its_doubt(hall: Hall, crew: list[Actor], chief: Actor) -> None:
    hall.put("APPLE", 5, "A-01")
    hall.release("SO-1", ("APPLE", 5))
    hall.short(hall.open(hall.list_of("SO-1")), 3)
    for who in crew[:2]:
        with transaction():
            task = next_best.give([TaskKind.COUNT], by=who)
            assert task is not None
            plan = counts.adopt(task, by=who)
        count(hall.w, plan, "A-01", who)
    approved(plan, chief)
    assert hall.w.on_hand("APPLE", at="A-01") == 0
    assert not [task for task in hall.tasks(TaskKind.COUNT) if task.status in ("open", "claimed", "waiting")]
    assert [line.short for line in session.query(OrderLine)] == [2]


@pytest.fixture
def hall(w: Warehouse) -> Hall:
    return Hall(w)


def test_goods_that_are_found_expired_are_blocked(w: Warehouse, crew: list[Actor]) -> None:
    w.product("MILK", tracking="expiry")
    w.receive("MILK", 6, at="A-01", lot="OLD", expires_on=today() - dt.timedelta(days=1))
    w.receive("MILK", 4, at="A-01", lot="NEW", expires_on=today() + dt.timedelta(days=9))
    plan = opened(w, "A-01")
    place = w.location("A-01").id
    with transaction():
        counting.begin_place(plan.id, place, by=crew[0])
        for lot, found in (("OLD", 6), ("NEW", 4)):
            counting.enter(plan.id, place, "MILK", found, by=crew[0], lot=lot)
        counting.close_place(plan.id, place, by=crew[0])
    assert sorted((row.condition, row.on_hand) for row in w.stock("MILK", at="A-01") if row.on_hand) == [("blocked", 6), ("good", 4)]
    assert sorted((one.lot, one.outcome, one.cause, one.posted) for one in lines(plan)) == [
        ("NEW", None, None, 0),
        ("OLD", "condition", "expired", 0),
    ]
