"""A walk as a drawing: the aisles of the floor, the line that is walked, the stops with their numbers. Plain values in and out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from wms.routing.floor import Floor, Point

WIDTH = 340
MARGIN = 24
CLOSE = 20  # stops nearer to each other than this share a mark


@dataclass(frozen=True, slots=True)
class Mark:
    """A stop, or several at one place: 3 or 3–5."""

    x: int
    y: int
    text: str


@dataclass(frozen=True, slots=True)
class Aisle:
    """The centre line of an aisle, and where its name stands."""

    name: str
    x1: int
    y1: int
    x2: int
    y2: int


@dataclass(frozen=True, slots=True)
class RouteMap:
    """What the template draws, in units of its view box."""

    width: int
    height: int
    aisles: tuple[Aisle, ...]
    line: str
    marks: tuple[Mark, ...]
    start: Mark


def draw(floor: Floor, start: Point, stops: Sequence[Point], numbers: Sequence[int] | None = None) -> RouteMap | None:
    """The walk from the start through the stops in this sequence and back. None where there is nothing to draw."""
    if not stops:
        return None
    corners = floor.polyline([start, *stops, start])
    ends: list[tuple[str, tuple[int, int], tuple[int, int]]] = []
    if floor.crossings:
        low, high = floor.crossings[0], floor.crossings[-1]
        for name, across in sorted(floor.lines.items()):
            ends.append((name, (low, across), (high, across)) if floor.along_x else (name, (across, low), (across, high)))
    every = [*corners, *((point.x_mm, point.y_mm) for point in (start, *stops)), *(end for _, one, two in ends for end in (one, two))]
    left, top = min(x for x, _ in every), min(y for _, y in every)
    wide, high_mm = max(x for x, _ in every) - left, max(y for _, y in every) - top
    scale = (WIDTH - 2 * MARGIN) / max(wide, high_mm, 1)

    def at(x: int, y: int) -> tuple[int, int]:
        return round((x - left) * scale) + MARGIN, round((y - top) * scale) + MARGIN

    aisles = tuple(Aisle(name, *at(*one), *at(*two)) for name, one, two in ends)
    line = " ".join(f"{x},{y}" for x, y in (at(*corner) for corner in corners))
    size = (round(wide * scale) + 2 * MARGIN, round(high_mm * scale) + 2 * MARGIN)
    return RouteMap(
        *size, aisles, line, _marks([at(point.x_mm, point.y_mm) for point in stops], numbers), Mark(*at(start.x_mm, start.y_mm), "")
    )


def _marks(places: Sequence[tuple[int, int]], numbers: Sequence[int] | None) -> tuple[Mark, ...]:
    """Stops one after the other that would cover each other share a mark."""
    groups: list[tuple[int, int, int, int]] = []
    for turn, (x, y) in enumerate(places):
        number = numbers[turn] if numbers else turn + 1
        if groups and max(abs(groups[-1][0] - x), abs(groups[-1][1] - y)) < CLOSE:
            groups[-1] = (*groups[-1][:3], number)
        else:
            groups.append((x, y, number, number))
    return tuple(Mark(x, y, f"{first}" if first == last else f"{first}–{last}") for x, y, first, last in groups)
