"""Halls, stops and walks for the tests: random ones, and the shortest walk found by trying everything."""

from __future__ import annotations

import random
from collections.abc import Sequence

from hypothesis import strategies as st

from wms.routing.floor import Floor, Layout, Point, floor_of


def rectangle(blocks: int, aisles: int, *, length: int = 30_000, pitch: int = 4_000) -> Floor:
    """A hall of parallel aisles in equal blocks, a cross-aisle of two metres between them."""
    block = length // blocks
    crossings = tuple(number * (block + 2_000) for number in range(blocks + 1))
    return Floor(crossings, lines={str(aisle): aisle * pitch for aisle in range(aisles)})


def stops_in(floor: Floor, count: int, chance: random.Random, *, bay: int = 1_000) -> list[Point]:
    """So many different places in its racks."""
    places = [
        Point(line, along, aisle)
        for aisle, line in floor.lines.items()
        for low, high in zip(floor.crossings, floor.crossings[1:], strict=False)
        for along in range(low + 1_500, high - 1_400, bay)
    ]
    return chance.sample(places, count)


def least(floor: Floor, start: Point, end: Point, stops: Sequence[Point]) -> int:
    """The length of the shortest walk, by looking at every set of stops and which of them comes last (Held and Karp 1962)."""
    count = len(stops)
    way = floor.table([*stops, start, end])
    if not stops:
        return floor.distance(start, end)
    best = {(1 << stop, stop): way[count][stop] for stop in range(count)}
    for been in range(1, 1 << count):
        for last in range(count):
            if (here := best.get((been, last))) is None:
                continue
            for stop in range(count):
                if not been >> stop & 1:
                    key, whole = (been | 1 << stop, stop), here + way[last][stop]
                    best[key] = min(whole, best.get(key, whole))
    return min(best[(1 << count) - 1, last] + way[last][count + 1] for last in range(count))


@st.composite
def halls(draw: st.DrawFn, *, straight: bool = False) -> Floor:
    """Small halls of every kind: one to five cross-aisles, one to six aisles, along x or y."""
    crossings = draw(st.lists(st.integers(0, 60), min_size=1, max_size=5, unique=True).map(sorted))
    lines = draw(st.lists(st.integers(0, 40), min_size=1, max_size=6, unique=True).map(sorted))
    names = {str(number): line for number, line in enumerate(lines)}
    return Floor(tuple(crossings), draw(st.booleans()), names, straight=straight)


@st.composite
def inside(draw: st.DrawFn, floor: Floor, *, beyond: int = 4) -> Point:
    """A place in the racks, perhaps past the outermost cross-aisle."""
    aisle = draw(st.sampled_from(sorted(floor.lines)))
    along = draw(st.integers(floor.crossings[0] - beyond, floor.crossings[-1] + beyond))
    line = floor.lines[aisle]
    return Point(along, line, aisle) if floor.along_x else Point(line, along, aisle)


@st.composite
def outside(draw: st.DrawFn, floor: Floor) -> Point:
    """A place in the open: before, behind, beside or among the racks."""
    along = draw(st.integers(floor.crossings[0] - 8, floor.crossings[-1] + 8))
    across = draw(st.integers(-5, 45))
    return Point(along, across) if floor.along_x else Point(across, along)


def demo_like(aisles: int = 6, bays: int = 20, *, layout: Layout | None = None) -> Floor:
    """Aisles three metres apart with bins at both sides of each."""
    places = [Point(3000 * aisle + side, 1200 * bay, str(aisle)) for aisle in range(aisles) for bay in range(bays) for side in (-700, 700)]
    return floor_of(places, layout)
