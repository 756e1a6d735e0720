"""The walk: pure numbers in, a sequence out."""

from __future__ import annotations

import itertools
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wms.picking import routes
from wms.picking.routes import Hall, Stop

HALL = routes.hall([Stop(3000 * aisle, 1200 * bay, str(aisle)) for aisle in range(6) for bay in range(20)])
DEPOT = Stop(0, -2000)
STOPS = st.lists(st.builds(lambda a, b: Stop(3000 * a, 1200 * b, str(a)), st.integers(0, 5), st.integers(0, 19)), max_size=7)


def test_the_hall_has_a_cross_aisle_at_either_end() -> None:
    assert Hall((-1000, 23_800), along_x=False) == HALL


def test_aisles_along_x_are_seen() -> None:
    assert routes.hall([Stop(1200 * bay, 3000 * aisle, str(aisle)) for aisle in range(3) for bay in range(9)]).along_x


def test_within_an_aisle_one_walks_straight_and_to_the_next_one_goes_round() -> None:
    near, far, other = Stop(0, 0, "0"), Stop(0, 12_000, "0"), Stop(3000, 0, "1")
    assert HALL.distance(near, far) == 12_000
    assert HALL.distance(near, other) == 1000 + 3000 + 1000


def test_nothing_and_one_stop() -> None:
    assert routes.walk([], DEPOT, HALL) == []
    assert routes.walk([Stop(0, 0)], DEPOT, HALL) == [0]


@settings(deadline=None)
@given(stops=STOPS)
def test_a_few_stops_are_walked_by_the_shortest_way(stops: list[Stop]) -> None:
    sequence = routes.walk(stops, DEPOT, HALL)
    assert sorted(sequence) == list(range(len(stops)))
    best = min((routes.length(way, stops, DEPOT, HALL) for way in itertools.permutations(range(len(stops)))), default=0)
    assert routes.length(sequence, stops, DEPOT, HALL) == best


@pytest.mark.parametrize("count", [20, 40, 100])
def test_many_stops_are_walked_shorter_than_by_s_shape_and_by_name(count: int) -> None:
    chance = random.Random(count)
    for _ in range(5):
        stops = [Stop(3000 * a, 1200 * b, str(a)) for a, b in (divmod(one, 20) for one in chance.sample(range(120), count))]
        sequence = routes.walk(stops, DEPOT, HALL)
        assert sorted(sequence) == list(range(count))
        s_shape = routes.length(routes._s_shape(stops, HALL), stops, DEPOT, HALL)
        by_name = routes.length(sorted(range(count), key=lambda one: (stops[one].aisle, stops[one].y)), stops, DEPOT, HALL)
        assert routes.length(sequence, stops, DEPOT, HALL) <= s_shape < by_name
