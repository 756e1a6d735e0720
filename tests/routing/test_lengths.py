"""How long walks are: as long as the router says, whatever the hall, and nothing is said of longer ones."""

from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wms.routing.exact import Router
from wms.routing.floor import Floor, Point
from wms.routing.lengths import Lengths


def hall(chance: random.Random) -> tuple[Floor, Point, dict[int, Point]]:
    """Any hall: one to four blocks, the start before, behind or among the racks, joined at right angles or straight; bins everywhere,
    on the crossings and beyond them too."""
    crossings = [0]
    for _ in range(chance.randint(1, 4)):
        crossings.append(crossings[-1] + chance.randint(5, 20))
    lines = {str(aisle): 7 * aisle for aisle in range(chance.randint(1, 6))}
    straight = chance.random() < 0.5
    outside = 0 if straight else chance.choice([0, 0, 2])
    bins = {
        number: Point(lines[aisle], chance.randint(-outside, crossings[-1] + outside), aisle)
        for number, aisle in enumerate(chance.choices(sorted(lines), k=40))
    }
    across, along = chance.randint(-5, 40), chance.choice([-3, 0, crossings[-1] + 4])
    return Floor(tuple(crossings), lines=lines, straight=straight), Point(across, along), bins


@settings(deadline=None, max_examples=300)
@given(seed=st.integers(0, 10**9), size=st.integers(0, 25))
def test_a_length_is_that_of_the_shortest_walk(seed: int, size: int) -> None:
    chance = random.Random(seed)
    floor, start, bins = hall(chance)
    if not Router(floor, start).covers(list(bins.values())):
        return
    lengths, router = Lengths(floor, start, bins), Router(floor, start)
    for _ in range(3):
        stops = chance.sample(sorted(bins), size)
        shortest = router.length([bins[stop] for stop in stops])
        assert lengths(stops) == shortest
        assert lengths.within(stops, shortest + 1) == shortest
        assert lengths.within(stops, shortest) is None
        assert lengths.within(stops, shortest // 2) is None


def test_a_floor_with_one_way_aisles_is_refused() -> None:
    floor = Floor((0, 10), lines={"A": 0, "B": 5}, closed_low=frozenset("A"))
    with pytest.raises(ValueError, match="not found exactly"):
        Lengths(floor, Point(0, -2), {1: Point(0, 3, "A"), 2: Point(5, 3, "B")})
