"""What was carried away between the counting and the approval is neither fetched back nor found a second time."""

from __future__ import annotations

import datetime as dt

import pytest
import sqlalchemy as sa

from tests.stocktake.conftest import approved, carried, count, decided, opened, pallet_found, state
from tests.warehouse import Warehouse
from wms.actor import Actor
from wms.clock import today
from wms.db import session, transaction
from wms.stock.models import HandlingUnit
from wms.stocktake import counting
from wms.stocktake.models import PlaceState
from wms.tasks.models import Task


def standing(unit: HandlingUnit) -> int:
    return session.get_one(HandlingUnit, unit.id, populate_existing=True).location_id


@pytest.fixture
def pallet(w: Warehouse) -> HandlingUnit:
    """Forty apples on a pallet that the book has at B-01."""
    unit = w.unit("P-1", at="B-01")
    w.receive("APPLE", 40, at="B-01", unit=unit)
    return unit


@pytest.mark.parametrize("to", ["A-01", "C-01"])
@pytest.mark.parametrize("both", [False, True])
def test_a_pallet_that_was_moved_since_stands_where_it_was_moved_to(
    w: Warehouse, crew: list[Actor], chief: Actor, pallet: HandlingUnit, to: str, both: bool
) -> None:
    plan = opened(w, "A-01", *(["B-01"] if both else []))
    for who in crew[:2]:
        pallet_found(w, plan, "A-01", pallet, who)
        if both:
            count(w, plan, "B-01", who)
    carried(w, pallet, to)
    if both and to == "A-01":  # place by place
        decided(w, plan, "B-01", chief)
        decided(w, plan, "A-01", chief)
    else:
        approved(plan, chief)
    assert (w.on_hand("APPLE", at=to), w.on_hand("APPLE"), standing(pallet)) == (40, 40, w.location(to).id)
    assert state(w, plan, "A-01") == PlaceState.POSTED


@pytest.mark.parametrize("both", [False, True])
@pytest.mark.parametrize("off", [2, 40])
def test_what_was_picked_off_a_pallet_since_is_not_found_again(
    w: Warehouse, crew: list[Actor], chief: Actor, pallet: HandlingUnit, off: int, both: bool
) -> None:
    plan = opened(w, "A-01", *(["B-01"] if both else []))
    for who in crew[:2]:
        pallet_found(w, plan, "A-01", pallet, who)
        if both:
            count(w, plan, "B-01", who)
    w.move("APPLE", off, "B-01", "C-01", from_unit=pallet)
    approved(plan, chief)
    assert [w.on_hand("APPLE", at=at) for at in ("A-01", "B-01", "C-01")] == [40 - off, 0, off]
    assert standing(pallet) == w.location("A-01").id


def test_a_pallet_is_found_twice_in_one_count(w: Warehouse, crew: list[Actor], chief: Actor, pallet: HandlingUnit) -> None:
    plan = opened(w, "A-01", "C-01", "D-01")
    for at in ("A-01", "C-01"):
        for who in crew[:2]:
            pallet_found(w, plan, at, pallet, who)
        decided(w, plan, at, chief)
    assert (w.on_hand("APPLE", at="C-01"), standing(pallet)) == (40, w.location("C-01").id)


def test_what_was_missing_on_a_pallet_that_was_moved_is_counted_where_it_stands_now(
    w: Warehouse, crew: list[Actor], chief: Actor, pallet: HandlingUnit
) -> None:
    plan = opened(w, "B-01")
    for who in crew[:2]:
        count(w, plan, "B-01", who, APPLE=38)
    carried(w, pallet, "C-01")
    approved(plan, chief)
    assert (state(w, plan, "B-01"), w.on_hand("APPLE", at="C-01")) == (PlaceState.POSTED, 40)
    asked = session.execute(sa.select(Task).where(Task.kind == "count", Task.status == "open")).scalars().all()
    assert [(task.source_id, task.reasons) for task in asked] == [(w.location("C-01").id, [{"code": "moved_since_counted"}])]


@pytest.mark.parametrize("to", ["A-01", "C-01"])
def test_a_numbered_piece_that_was_moved_since_lies_where_it_was_moved_to(w: Warehouse, crew: list[Actor], chief: Actor, to: str) -> None:
    w.product("CHIP", tracking="serial")
    w.receive("CHIP", 1, at="B-01", lot="S1")
    plan = opened(w, "A-01")
    for who in crew[:2]:
        count(w, plan, "A-01", who, lot="S1", CHIP=1)
    w.move("CHIP", 1, "B-01", to, lot="S1")
    approved(plan, chief)
    assert (w.on_hand("CHIP", at=to), w.on_hand("CHIP")) == (1, 1)


@pytest.mark.parametrize("numbered", [True, False])
def test_who_saw_it_later_where_the_book_has_it_has_the_last_word(w: Warehouse, crew: list[Actor], chief: Actor, numbered: bool) -> None:
    first, second = opened(w, "A-01"), opened(w, "B-01")
    seen = [(first, "A-01", crew[0]), (first, "A-01", crew[1]), (second, "B-01", crew[2])]
    if numbered:
        w.product("APPLE", tracking="serial")
        w.receive("APPLE", 1, at="B-01", lot="S1")
        for plan, at, who in seen:
            count(w, plan, at, who, lot="S1", APPLE=1)
    else:
        unit = w.unit("P-1", at="B-01")
        w.receive("APPLE", 40, at="B-01", unit=unit)
        for plan, at, who in seen:
            pallet_found(w, plan, at, unit, who)
    there = w.on_hand("APPLE")
    assert (state(w, first, "A-01"), state(w, second, "B-01")) == (PlaceState.REVIEW, PlaceState.POSTED)
    approved(first, chief)
    assert (w.on_hand("APPLE", at="A-01"), w.on_hand("APPLE", at="B-01")) == (0, there), "it was brought back, and somebody has seen it"


def test_expired_goods_that_another_count_has_blocked_are_missing_of_the_blocked_ones(
    w: Warehouse, crew: list[Actor], chief: Actor
) -> None:
    w.product("MILK", tracking="expiry")
    w.receive("MILK", 10, at="A-01", lot="OLD", expires_on=today() - dt.timedelta(days=1))
    first, second, at = opened(w, "A-01"), opened(w, "A-01"), w.location("A-01").id
    with transaction():
        counting.begin_place(second.id, at, by=crew[2])
        counting.enter(second.id, at, "MILK", 10, by=crew[2], lot="OLD")
    for who in crew[:2]:
        count(w, first, "A-01", who, lot="OLD", MILK=8)
    with transaction():
        counting.close_place(second.id, at, by=crew[2])
    assert [(row.condition, row.on_hand) for row in w.stock("MILK", at="A-01") if row.on_hand] == [("blocked", 10)]
    approved(first, chief)
    assert [(row.condition, row.on_hand) for row in w.stock("MILK", at="A-01") if row.on_hand] == [("blocked", 8)]
