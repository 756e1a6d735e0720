"""A walk is always found: the shortest where the hall allows it, a short one everywhere else, in the time there is."""

from __future__ import annotations

import random
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.routing.halls import halls, inside, least, outside, rectangle, stops_in
from wms.routing import heuristics, local
from wms.routing.exact import Router
from wms.routing.floor import NEVER, Floor, Point, Way
from wms.routing.plan import Method, length_only, plan

DEPOT = Point(0, -2_000)


def one_way(blocks: int, aisles: int) -> Floor:
    """Up one aisle, down the next."""
    hall = rectangle(blocks, aisles)
    return Floor(hall.crossings, lines=hall.lines, one_way={str(aisle): Way.UP if aisle % 2 else Way.DOWN for aisle in range(aisles)})


def test_where_the_hall_allows_it_the_walk_is_the_shortest() -> None:
    hall = rectangle(2, 6)
    stops = stops_in(hall, 12, random.Random(1))
    tour = plan(stops, hall, DEPOT)
    assert tour.method is Method.EXACT
    assert tour.length == length_only(stops, hall, DEPOT) == Router(hall, DEPOT).length(stops)
    assert tour.polyline[0] == tour.polyline[-1] == (DEPOT.x_mm, DEPOT.y_mm)


def test_where_it_does_not_a_short_walk_is_searched() -> None:
    hall = one_way(1, 6)
    stops = stops_in(hall, 8, random.Random(2))
    tour = plan(stops, hall, DEPOT)
    assert tour.method is Method.SEARCHED
    assert sorted(tour.sequence) == list(range(8))
    assert tour.length == hall.length([DEPOT, *(stops[stop] for stop in tour.sequence), DEPOT]) == least(hall, DEPOT, DEPOT, stops)


def test_nothing_one_stop_and_the_same_stop_twice() -> None:
    for hall in (rectangle(1, 3), one_way(1, 3), Floor()):
        assert plan([], hall, DEPOT).sequence == []
        assert plan([Point(0, 3_000, "0")], hall, DEPOT).sequence == [0]
        twice = plan([Point(0, 3_000, "0"), Point(8_000, 3_000, "2"), Point(300, 3_000, "0")], hall, DEPOT).sequence
        assert sorted(twice) == [0, 1, 2]


def test_a_walk_may_end_elsewhere() -> None:
    hall, end = rectangle(1, 4), Point(12_000, -2_000)
    tour = plan([Point(4_000 * aisle, 5_000, str(aisle)) for aisle in (2, 0, 1)], hall, DEPOT, end)
    assert (tour.sequence, tour.method) == ([1, 2, 0], Method.EXACT)
    assert tour.polyline[-1] == (12_000, -2_000)


@settings(deadline=None, max_examples=60)
@given(data=st.data())
def test_a_searched_walk_visits_every_stop_and_is_nearly_the_shortest(data: st.DataObject) -> None:
    free = data.draw(halls())
    ways = {aisle: way for aisle in free.lines if (way := data.draw(st.sampled_from(Way)))}
    floor = Floor(free.crossings, free.along_x, free.lines, ways, straight=data.draw(st.booleans()))
    stops = data.draw(st.lists(st.one_of(inside(floor), outside(floor)), max_size=7))
    start, end = data.draw(outside(floor)), data.draw(outside(floor))
    tour = plan(stops, floor, start, end, budget_ms=30)
    assert sorted(tour.sequence) == list(range(len(stops)))
    best = least(floor, start, end, stops)
    if best >= NEVER:  # as if nothing were closed
        best = least(floor.opened(), start, end, stops)
    assert best - 4 <= tour.length <= best + 4


def test_a_place_that_is_shut_in_is_walked_to_as_if_nothing_were_closed() -> None:
    hall = rectangle(1, 3)
    shut = Floor(hall.crossings, lines=hall.lines, closed_low=frozenset({"1"}), closed_high=frozenset({"1"}))
    stops = [Point(4_000, 9_000, "1"), Point(8_000, 9_000, "2")]
    assert plan(stops, shut, DEPOT) == plan(stops, hall, DEPOT)
    assert length_only(stops, shut, DEPOT) == plan(stops, hall, DEPOT).length


@pytest.mark.parametrize("budget_ms", [0.0, 20.0])
def test_the_search_keeps_to_its_time_and_always_answers(budget_ms: float) -> None:
    hall = one_way(2, 20)
    stops = stops_in(hall, 80, random.Random(3))
    plan(stops, hall, DEPOT, budget_ms=0)
    begin = time.process_time()
    tour = plan(stops, hall, DEPOT, budget_ms=budget_ms)
    assert sorted(tour.sequence) == list(range(80))
    assert (time.process_time() - begin) * 1000 < budget_ms + 250


def test_more_time_never_makes_a_walk_longer() -> None:
    hall = rectangle(2, 10)
    stops = stops_in(hall, 40, random.Random(4))
    table = hall.table([*stops, DEPOT, DEPOT])
    lengths = [local.length(table, local.search(table, [], budget_ms=budget)) for budget in (0, 60)]
    assert lengths[1] <= lengths[0]
    assert lengths[1] <= 1.02 * Router(hall, DEPOT).length(stops)


@pytest.mark.parametrize("blocks", [1, 2, 3])
def test_the_ways_of_others_visit_every_stop_and_are_never_shorter(blocks: int) -> None:
    hall, chance = rectangle(blocks, 8), random.Random(5)
    for start in (DEPOT, Point(8_000, hall.crossings[-1] + 2_000)):
        for count in (1, 5, 25):
            stops = stops_in(hall, count, chance)
            shortest = Router(hall, start).length(stops)
            for rule in (*heuristics.RULES.values(), lambda stops, hall, _: heuristics.fixed(stops, hall)):
                order = rule(stops, hall, start)
                assert sorted(order) == list(range(count))
                assert hall.length([start, *(stops[stop] for stop in order), start]) >= shortest


def test_s_shape_goes_up_one_aisle_and_down_the_next() -> None:
    hall = Floor((0, 10), lines={"A": 0, "B": 5, "C": 10})
    stops = [Point(0, 3, "A"), Point(0, 7, "A"), Point(5, 2, "B"), Point(5, 8, "B"), Point(10, 4, "C")]
    assert heuristics.s_shape(stops, hall, Point(0, -1)) == [0, 1, 3, 2, 4]
    assert heuristics.largest_gap(stops, hall, Point(0, -1)) == [0, 1, 3, 4, 2]
    assert heuristics.by_name(["B-1", "A-2", "A-1"]) == [2, 1, 0]
