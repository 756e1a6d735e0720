"""Sketched walks: never longer than the shortest, and what an order changes is what it says."""

from __future__ import annotations

import random

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.routing.test_lengths import hall
from wms.routing.exact import Router
from wms.routing.floor import Floor, Point
from wms.routing.lengths import Lengths


@settings(deadline=None, max_examples=300)
@given(seed=st.integers(0, 10**9), size=st.integers(0, 25))
def test_no_walk_is_shorter_than_its_sketch(seed: int, size: int) -> None:
    chance = random.Random(seed)
    floor, start, bins = hall(chance)
    if not Router(floor, start).covers(list(bins.values())):
        return
    lengths = Lengths(floor, start, bins)
    sketch = lengths.sketch
    for _ in range(3):
        stops = chance.sample(sorted(bins), size)
        outline = sketch.outline(stops)
        assert sketch.length(outline.parts, outline.low, outline.high) <= lengths(stops)


def test_one_way_into_one_aisle_is_sketched_to_the_millimetre() -> None:
    floor = Floor((0, 20), lines={"A": 0, "B": 5})
    lengths = Lengths(floor, Point(0, 0), {1: Point(5, 3, "B"), 2: Point(5, 7, "B"), 3: Point(5, 24, "B")})
    for stops in ([1], [1, 2]):
        outline = lengths.sketch.outline(stops)
        assert lengths.sketch.length(outline.parts, outline.low, outline.high) == lengths(stops)
    assert lengths.sketch.outline([1, 3]).parts == ((0, 1), (1, 1)), "what lies beyond the last cross-aisle is a piece of its own"
