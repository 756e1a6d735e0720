"""Walking distance, pure: people walk along aisles and change between them only at the cross-aisles.

An aisle runs along y at one x. Within an aisle the way is the difference in y; to another aisle it leads over the cross-aisle that
makes it shortest, never through the racks. Height is not walked.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

MARGIN_MM = 1500  # a cross-aisle lies this far beyond the outermost bin


@dataclass(frozen=True, slots=True)
class Point:
    """Where somebody stands, in millimetres from the site's corner. `aisle` empty: not between racks, walks freely."""

    x_mm: int
    y_mm: int
    aisle: str | None = None


@dataclass(frozen=True, slots=True)
class Floor:
    """A floor is known by where its cross-aisles lie (their y)."""

    cross_aisles_mm: tuple[int, ...] = ()


def floor_of(points: Iterable[Point]) -> Floor:
    """A floor with a cross-aisle before the first and behind the last bin of the racks."""
    ys = [point.y_mm for point in points if point.aisle is not None]
    return Floor((min(ys) - MARGIN_MM, max(ys) + MARGIN_MM)) if ys else Floor()


def millimetres(floor: Floor, start: Point, end: Point) -> int:
    """The way from one point to another."""
    across = abs(start.x_mm - end.x_mm)
    if start.aisle == end.aisle or not floor.cross_aisles_mm or ((start.aisle is None or end.aisle is None) and not across):
        return across + abs(start.y_mm - end.y_mm)
    if start.aisle is None or end.aisle is None:
        return across + _leaving(floor, start, end)
    return across + min(abs(start.y_mm - y) + abs(end.y_mm - y) for y in floor.cross_aisles_mm)


def _leaving(floor: Floor, start: Point, end: Point) -> int:
    """One of the two stands in the open: the other is reached (or left) through the end of its aisle."""
    inside, outside = (start, end) if start.aisle is not None else (end, start)
    low, high = min(floor.cross_aisles_mm), max(floor.cross_aisles_mm)
    if low < outside.y_mm < high:  # beside the racks: around their nearer end
        return min(abs(inside.y_mm - y) + abs(outside.y_mm - y) for y in floor.cross_aisles_mm)
    return abs(inside.y_mm - outside.y_mm)


def metres(floor: Floor, way: Sequence[Point]) -> float:
    """The length of a whole way, in metres with one decimal."""
    return round(sum(millimetres(floor, *pair) for pair in itertools.pairwise(way)) / 1000, 1)
