"""What a face needs, reckoned in plain values: oldest first, whole packagings, never above its room, nothing asked twice."""

from __future__ import annotations

import datetime as dt
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as some

from wms.picking.faces import Blocked, Claimed, Expected, Need, Plan, Source, Why, is_loose, plan, usual


def source(place: int, free: int, *claims: int, **facts: Any) -> Source:
    return Source((place, place, None), free, tuple(Claimed(one) for one in claims), **facts)


def brought(made: Plan) -> list[tuple[int, int]]:
    return [(one.key[0], one.quantity) for one in made.portions]


MINIMUM = Need(Why.MINIMUM, least=12, fill=True)


def test_whole_packagings_of_the_oldest_fill_it() -> None:
    made = plan(free=5, room=31, sources=[source(1, 30), source(2, 100)], needs=[MINIMUM], case=12)
    assert brought(made) == [(1, 24)]


def test_a_whole_pallet_goes_as_it_stands() -> None:
    made = plan(free=0, room=50, sources=[source(1, 40, whole_unit=True), source(2, 100)], needs=[MINIMUM], case=12)
    assert brought(made) == [(1, 40)]


def test_what_is_left_of_the_oldest_is_not_overtaken() -> None:
    made = plan(free=0, room=31, sources=[source(1, 30), source(2, 5)], needs=[MINIMUM], case=12)
    assert brought(made) == [(1, 24)]


def test_a_need_above_the_minimum_brings_no_more_than_it_asks_in_whole_packagings() -> None:
    made = plan(free=20, room=40, sources=[source(1, 100)], needs=[Need(Why.RELEASED, least=25)], case=12)
    assert [(one.quantity, one.why, one.priority) for one in made.portions] == [(12, (Why.RELEASED,), 7)]


def test_loose_pieces_only_where_a_packaging_does_not_fit() -> None:
    made = plan(free=0, room=8, sources=[source(1, 100)], needs=[Need(Why.RELEASED, least=5)], case=12)
    assert brought(made) == [(1, 5)]


def test_claimed_pieces_come_first_and_as_many_as_fit() -> None:
    made = plan(free=0, room=12, sources=[source(1, 3, 7), source(2, 40, 4, 9)], needs=[MINIMUM], case=1)
    assert sum(one.quantity for one in made.portions) == 12
    assert {one.key[0]: one.claimed for one in made.portions} == {1: 7, 2: 4}


def test_what_keeps_it_is_told() -> None:
    assert plan(free=0, room=9, sources=[], needs=[MINIMUM], in_reserve=False).blocked is Blocked.NOTHING
    assert plan(free=0, room=9, sources=[source(1, 0)], needs=[MINIMUM]).blocked is Blocked.HELD
    assert plan(free=0, room=0, sources=[source(1, 9)], needs=[MINIMUM]).blocked is Blocked.FULL
    assert plan(free=0, room=9, sources=[source(1, 50)], needs=[MINIMUM], case=40).blocked is None, "loose, for the minimum is broken"
    top_off = Need(Why.TOP_OFF, always=True)
    assert plan(free=0, room=9, sources=[source(1, 50)], needs=[top_off], case=40).blocked is Blocked.WHOLE
    assert brought(plan(free=0, room=31, sources=[source(1, 24), source(2, 50)], needs=[top_off], case=12)) == [(1, 24)]
    assert plan(free=0, room=9, sources=[source(1, 5, fits=False)], needs=[MINIMUM]).blocked is Blocked.BATCH


CLAIMS = some.lists(some.integers(1, 30), max_size=3)
SOURCES = some.lists(some.tuples(some.integers(0, 60), CLAIMS, some.booleans()), max_size=5)
NEEDS = some.lists(
    some.one_of(
        some.builds(Need, some.just(Why.MINIMUM), least=some.integers(0, 40), fill=some.just(True)),
        some.builds(Need, some.just(Why.RELEASED), least=some.integers(0, 60)),
        some.builds(Need, some.just(Why.FORECAST), least=some.integers(0, 60)),
        some.builds(Need, some.just(Why.FORECAST), keep=some.integers(0, 30)),
        some.just(Need(Why.TOP_OFF, always=True)),
    ),
    max_size=3,
    unique_by=lambda one: one.why,
)


@settings(max_examples=600, deadline=None)
@given(SOURCES, NEEDS, some.integers(0, 60), some.integers(0, 80), some.sampled_from([1, 6, 12]))
def test_never_above_its_room_never_twice_and_oldest_first(
    goods: list[tuple[int, list[int], bool]], needs: list[Need], free: int, room: int, case: int
) -> None:
    sources = [
        source(place, there, *(one for one in claims if is_loose(one, case)), whole_unit=unit and not claims)
        for place, (there, claims, unit) in enumerate(goods)
    ]
    made = plan(free=free, room=room, sources=sources, needs=needs, case=case)
    by_key = {one.key: one for one in made.portions}
    assert len(by_key) == len(made.portions), "one task for each source"
    assert sum(one.quantity for one in made.portions) <= room
    loose = {one.key: one.quantity - one.claimed for one in made.portions}
    for one in sources:
        if one.key in by_key:
            assert by_key[one.key].quantity > 0
            assert loose[one.key] <= one.free
            assert by_key[one.key].claimed <= sum(claim.quantity for claim in one.claims)
    # Oldest first: free goods come from a source only where all that are older come whole.
    older_left = False
    for one in sources:
        taken = loose.get(one.key, 0)
        assert not (taken and older_left), "an older batch was overtaken"
        older_left = older_left or (one.free > 0 and taken < one.free)
    # Nothing is asked beyond the needs: without one that fills, no more than a packaging above what each level lacks.
    if not any(need.fill or need.always for need in needs):
        lacking = max(0, max([need.least for need in needs if not need.keep], default=0) - free) + sum(need.keep for need in needs)
        claiming = sum(1 for one in made.portions if one.claimed)
        assert sum(loose.values()) <= lacking + (claiming + len(needs)) * (case - 1)
    # Asked again with what it brings on its way, it asks for nothing twice.
    left = [
        Source(
            one.key,
            one.free - loose.get(one.key, 0),
            () if one.key in by_key else one.claims,
        )
        for one in sources
    ]
    levels = [need for need in needs if not need.keep and not need.fill and not need.always]
    again = plan(
        free=free + sum(loose.values()), room=room - sum(one.quantity for one in made.portions), sources=left, needs=levels, case=case
    )
    for need in levels:
        if free + sum(loose.values()) >= need.least:
            assert need.why not in {why for one in again.portions for why in one.why}


MONDAY = dt.datetime(2026, 11, 16, 12, tzinfo=dt.UTC)


def test_a_usual_day_is_the_average_of_its_weekday() -> None:
    picked = {dt.date(2026, 11, 9): 30, dt.date(2026, 11, 2): 10, dt.date(2026, 11, 10): 8}
    assert usual(picked, MONDAY, 12, 2) == 10, "half of a Monday is ahead"
    assert usual(picked, MONDAY, 24, 2) == 12, "and half of a Tuesday: ten and two"
    assert usual(picked, MONDAY, 24, 4) == 6, "over four weeks it is half of that"
    assert usual({}, MONDAY, 24, 4) == 0


def test_known_orders_are_a_part_of_a_usual_day() -> None:
    assert Expected(usual=20, known=5).more_than(0) == 20
    assert Expected(usual=20, known=5).more_than(18) == 5
    assert Expected(usual=20, known=0).more_than(30) == 0
