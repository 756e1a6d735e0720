"""A walk as a drawing: the aisles of the floor, the line that is walked, the stops with their numbers. Plain values in and out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from wms.routing.floor import Floor, Point

WIDTH = 340
MARGIN = 24
WIDE, TALL = 960, 420  # of several walks
APART = 3  # walks along one aisle
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
    here: Mark | None = None


@dataclass(frozen=True, slots=True)
class Way:
    """The walk of a list among others: its floor, from where to where, and through which stops."""

    name: str
    floor: Floor
    start: Point
    stops: Sequence[Point]


@dataclass(frozen=True, slots=True)
class Line:
    """A walk among others; `shift` moves it a little aside, for two may go the same way."""

    name: str
    line: str
    shift: int
    first: Mark


@dataclass(frozen=True, slots=True)
class WaveMap:
    """What the template draws of several walks."""

    width: int
    height: int
    aisles: tuple[Aisle, ...]
    lines: tuple[Line, ...]
    starts: tuple[Mark, ...]


def draw(
    floor: Floor, start: Point, stops: Sequence[Point], numbers: Sequence[int] | None = None, here: Point | None = None
) -> RouteMap | None:
    """The walk from the start (or from where somebody stands) through the stops in this sequence and back. None where there is nothing."""
    if not stops:
        return None
    corners = floor.polyline([here or start, *stops, start])
    ends = _ends(floor)
    points = [start, *stops, *([here] if here else [])]
    sheet = _Sheet.of(
        WIDTH, [*corners, *((point.x_mm, point.y_mm) for point in points), *(end for _, one, two in ends for end in (one, two))]
    )
    return RouteMap(
        sheet.width,
        sheet.height,
        tuple(Aisle(name, *sheet.at(*one), *sheet.at(*two)) for name, one, two in ends),
        sheet.line(corners),
        _marks([sheet.at(*_walked_at(floor, point)) for point in stops], numbers),
        Mark(*sheet.at(start.x_mm, start.y_mm), ""),
        Mark(*sheet.at(*_walked_at(floor, here)), "") if here else None,
    )


def draw_all(floor: Floor, ways: Sequence[Way]) -> WaveMap | None:
    """Several walks over the aisles of a floor. None where nothing is to draw."""
    ways = [way for way in ways if way.stops]
    if not ways:
        return None
    corners = [way.floor.polyline([way.start, *way.stops, way.start]) for way in ways]
    ends = _ends(floor)
    sheet = _Sheet.of(WIDE, [*(corner for line in corners for corner in line), *(end for _, one, two in ends for end in (one, two))], TALL)
    lines = []
    for number, (way, line) in enumerate(zip(ways, corners, strict=True)):
        shift = (number - len(ways) // 2) * APART
        lines.append(Line(way.name, sheet.line(line), shift, Mark(*sheet.at(*_walked_at(way.floor, way.stops[0])), str(number + 1))))
    starts = dict.fromkeys(sheet.at(way.start.x_mm, way.start.y_mm) for way in ways)
    return WaveMap(
        sheet.width,
        sheet.height,
        tuple(Aisle(name, *sheet.at(*one), *sheet.at(*two)) for name, one, two in ends),
        tuple(lines),
        tuple(Mark(x, y, "") for x, y in starts),
    )


def _walked_at(floor: Floor, point: Point) -> tuple[int, int]:
    """Where somebody stands to reach a bin: on the line of its aisle."""
    spot = floor.spot(point)
    return (spot.along, spot.across) if floor.along_x else (spot.across, spot.along)


def _ends(floor: Floor) -> list[tuple[str, tuple[int, int], tuple[int, int]]]:
    """The aisles with both ends, in millimetres."""
    if not floor.crossings:
        return []
    low, high = floor.crossings[0], floor.crossings[-1]
    across = sorted(floor.lines.items())
    return [(name, (low, at), (high, at)) if floor.along_x else (name, (at, low), (at, high)) for name, at in across]


@dataclass(frozen=True, slots=True)
class _Sheet:
    """How millimetres of a hall become units of a drawing."""

    left: int
    top: int
    scale: float
    width: int
    height: int

    @classmethod
    def of(cls, width: int, corners: Sequence[tuple[int, int]], height: int | None = None) -> _Sheet:
        left, top = min(x for x, _ in corners), min(y for _, y in corners)
        wide, high = max(x for x, _ in corners) - left, max(y for _, y in corners) - top
        scale = min((width - 2 * MARGIN) / max(wide, 1), ((height or width) - 2 * MARGIN) / max(high, 1))
        return cls(left, top, scale, round(wide * scale) + 2 * MARGIN, round(high * scale) + 2 * MARGIN)

    def at(self, x: int, y: int) -> tuple[int, int]:
        return round((x - self.left) * self.scale) + MARGIN, round((y - self.top) * self.scale) + MARGIN

    def line(self, corners: Sequence[tuple[int, int]]) -> str:
        return " ".join(f"{x},{y}" for x, y in (self.at(*corner) for corner in corners))


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
