"""What was counted goes into the book: whole stacks, single pieces, claims, and many lines at once."""

from __future__ import annotations

import datetime as dt
import time

import pytest

from tests.crowd import all_at_once
from tests.picking.conftest import Hall
from tests.stocktake.conftest import approved, count, opened, pallet_found, state
from tests.warehouse import Warehouse
from tests.work import steps
from wms.actor import Actor
from wms.app import Application
from wms.db import session, transaction
from wms.locations.models import Kind
from wms.picking import picks
from wms.stock import nesting
from wms.stock.ledger import Move, Place, post
from wms.stock.models import HandlingUnit, MovementKind
from wms.stock.operations import SerialAlone
from wms.stocktake import adjustments, counting, counts, judging, posting
from wms.stocktake.models import CountLine, CountPlace, PlaceState
from wms.stocktake.posting import Standing
from wms.tasks.models import TaskKind


def stack(w: Warehouse, below: HandlingUnit, *above: HandlingUnit) -> None:
    for one in above:
        with transaction():
            nesting.put_on(session.get_one(HandlingUnit, one.id), session.get_one(HandlingUnit, below.id))


def test_a_pallet_with_nothing_but_boxes_on_it_goes_whole(w: Warehouse, crew: list[Actor], chief: Actor) -> None:
    pallet, *boxes = (w.unit(code, at="B-01") for code in ("P-1", "C-1", "C-2"))
    for box in boxes:
        w.receive("APPLE", 5, at="B-01", unit=box)
    stack(w, pallet, *boxes)
    plan = opened(w, "A-01")
    for who in crew[:2]:
        pallet_found(w, plan, "A-01", pallet, who)
    approved(plan, chief)
    units = [session.get_one(HandlingUnit, one.id, populate_existing=True) for one in (pallet, *boxes)]
    assert [one.location_id for one in units] == [w.location("A-01").id] * 3
    assert [one.parent_id for one in units] == [None, pallet.id, pallet.id]


def test_a_box_that_fell_off_a_pallet_which_is_counted_too_goes_alone(w: Warehouse, crew: list[Actor], chief: Actor) -> None:
    pallet, box = (w.unit(code, at="B-01") for code in ("P-1", "C-1"))
    w.receive("APPLE", 4, at="B-01", unit=box)
    w.receive("APPLE", 20, at="B-01", unit=pallet)
    stack(w, pallet, box)
    plan = opened(w, "A-01", "B-01")
    for who in crew[:2]:
        pallet_found(w, plan, "A-01", box, who)
        count(w, plan, "B-01", who, APPLE=19)
    approved(plan, chief)
    assert session.get_one(HandlingUnit, box.id, populate_existing=True).location_id == w.location("A-01").id
    assert (w.on_hand("APPLE", at="A-01"), w.on_hand("APPLE", at="B-01")) == (4, 19)


def test_a_serial_number_is_one_piece(w: Warehouse, crew: list[Actor]) -> None:
    w.product("CHIP", tracking="serial")
    w.receive("CHIP", 1, at="A-01", lot="S1")
    plan = opened(w, "A-01")
    with pytest.raises(SerialAlone):
        count(w, plan, "A-01", crew[0], lot="S1", CHIP=5)


def test_a_list_whose_goods_are_not_there_is_no_work_any_more(w: Warehouse, crew: list[Actor], chief: Actor) -> None:
    hall = Hall(w)
    hall.put("APPLE", 10, "A-01")
    hall.release("SO-1", ("APPLE", 10))
    hall.list_of("SO-1")
    plan = opened(w, "A-01")
    for who in crew[:2]:
        count(w, plan, "A-01", who)
    approved(plan, chief)
    assert (hall.lines("SO-1", "promised"), hall.lines("SO-1", "reserved")) == ([10], [0])
    assert not hall.tasks(TaskKind.PICK)


def test_where_goods_cannot_be_given_up_who_approves_is_asked_and_not_who_counted(w: Warehouse, crew: list[Actor]) -> None:
    hall = Hall(w)
    hall.put("APPLE", 10, "A-01")
    hall.release("SO-1", ("APPLE", 10))
    hall.pick_all(hall.list_of("SO-1"))
    plan = opened(w, "PACK", tolerance=2)
    count(w, plan, "PACK", crew[0], APPLE=9)
    assert (state(w, plan, "PACK"), w.on_hand("APPLE", at="PACK")) == (PlaceState.REVIEW, 10)


def test_pairing_thousands_of_differences_is_as_much_work_as_they_are_many() -> None:
    def pairing(many: int) -> None:
        standing = [
            Standing(
                CountLine(id=number, place_id=number, product_id=number // 2 % 50, lot_key="", condition="good"),
                CountPlace(id=number, location_id=number),
                -1 if number % 2 else 1,
            )
            for number in range(many)
        ]
        assert list(posting._changed_condition(standing)) == []
        pairs = 0
        for one, other in posting._misplaced(standing):
            one.left, other.left, pairs = 0, 0, pairs + 1
        assert pairs == many // 2

    assert steps(lambda: pairing(4000)) < 2.2 * steps(lambda: pairing(2000))


@pytest.mark.postgresql
def test_a_small_difference_is_posted_beside_a_picker(
    w: Warehouse, app: Application, crew: list[Actor], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The picker holds the order and waits for the stock; a counter who held the stock and came for the order would meet him head on."""
    hall = Hall(w)
    hall.put("APPLE", 20, "A-01")
    hall.release("SO-1", ("APPLE", 5))
    begun = hall.open(hall.list_of("SO-1"))
    assert begun.line is not None
    claim, order, to, anna = begun.line.claim_id, begun.line.order_id, Place(begun.target_id), crew[0]
    plan, at = opened(w, "A-01", tolerance=2).id, w.location("A-01").id
    with transaction():
        counting.begin_place(plan, at, by=anna)
        asked = counting.moving(plan, at, "APPLE", by=anna)
        counting.enter(plan, at, "APPLE", 19, by=anna, answers={key: False for one in asked for key in one.keys})
    tries: list[str] = []
    judge = judging.judge

    def slow(place: CountPlace, *, by: Actor) -> None:
        time.sleep(0.4)
        judge(place, by=by)

    def close() -> None:
        with transaction():
            tries.append("close")
            counting.close_place(plan, at, by=anna)

    def pick() -> None:
        time.sleep(0.2)
        with transaction():
            tries.append("pick")
            picks.confirm(claim, 5, task_id=begun.task_id, order_id=order, target=to, by=w.by, key="pick")

    monkeypatch.setattr(judging, "judge", slow)
    session.rollback()
    assert [isinstance(one, Exception) for one in all_at_once(app, [close, pick])] == [False, False]
    assert sorted(tries) == ["close", "pick"], "neither had to begin again"
    assert w.on_hand("APPLE", at="A-01") == 14


@pytest.mark.parametrize(("found", "left"), [(12, [0, 12]), (7, [0, 7]), (4, [0, 4]), (0, [0, 0])])
def test_what_a_consignment_place_owes_is_made_up_before_anything_else(
    w: Warehouse, crew: list[Actor], chief: Actor, found: int, left: list[int]
) -> None:
    w.location("CON", kind=Kind.CONSIGNMENT, allow_negative=True)
    for day in (1, 2):
        w.receive("APPLE", 10, at="CON", received_on=dt.date(2026, 1, day))
    oldest = w.stock("APPLE", at="CON")[0].batch_id
    with transaction():
        post([Move(w.key(), oldest, 13, w.place("CON"), w.place("OUT"), MovementKind.MOVE)], by=w.by)
    plan = opened(w, "CON")
    for who in crew[:2]:
        if state(w, plan, "CON") != PlaceState.POSTED:
            count(w, plan, "CON", who, APPLE=found)
    if found != 7:
        approved(plan, chief)
    rows = [row.on_hand for row in w.stock("APPLE", at="CON")]
    assert sum(rows) == found
    assert rows == (left if found != 7 else [-3, 10]), "a place that is right in sum is left as it is"


def test_what_is_missing_and_was_moved_on_in_the_book_is_counted_once_more(w: Warehouse, crew: list[Actor], chief: Actor) -> None:
    w.receive("APPLE", 10, at="A-01")
    plan = opened(w, "A-01")
    for who in crew[:2]:
        count(w, plan, "A-01", who, APPLE=8)
    w.move("APPLE", 10, "A-01", "B-01")
    with pytest.raises(posting.MissingMoved, match="the book has less there by now"):
        approved(plan, chief)
    place = counts.find_place(plan.id, w.location("A-01").id).id
    with transaction():
        adjustments.recount_place(place, by=chief)
    count(w, plan, "A-01", crew[2])
    assert (state(w, plan, "A-01"), w.on_hand("APPLE")) == (PlaceState.POSTED, 10)
