"""A walk as a drawing: the aisles of the floor, the line that is walked, the stops with their numbers. Plain values in and out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from wms.routing.floor import Floor, Point

WIDTH = 340
MARGIN = 24
WIDE, TALL = 960, 420  # of several walks
APART = 3  # walks along one aisle
CLOSE = 22  # as tall as a mark: stops nearer to each other share one


Numbers = int | tuple[int, int]  # of a stop: of its line, or of its first and last


def half_width(text: str) -> int:
    """How far a mark reaches to the left and to the right."""
    return max(11, 4 * len(text) + 5)


@dataclass(frozen=True, slots=True)
class Mark:
    """A stop, or several at one place: 3 or 3–5."""

    x: int
    y: int
    text: str

    @property
    def half(self) -> int:
        """Half its width."""
        return half_width(self.text)


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
    floor: Floor, start: Point, stops: Sequence[Point], numbers: Sequence[Numbers] | None = None, here: Point | None = None
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
    lines, marked = [], list[tuple[int, int]]()
    for number, (way, line) in enumerate(zip(ways, corners, strict=True)):
        shift = (number - len(ways) // 2) * APART
        x, y = sheet.at(*_walked_at(way.floor, way.stops[0]))
        while any(abs(x + shift - left) < CLOSE and abs(y + shift - top) < CLOSE for left, top in marked):
            x += 1  # beside those that begin at the same place
        marked.append((x + shift, y + shift))
        lines.append(Line(way.name, sheet.line(line), shift, Mark(x, y, str(number + 1))))
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


def _marks(places: Sequence[tuple[int, int]], numbers: Sequence[Numbers] | None) -> tuple[Mark, ...]:
    """The stops with their numbers; those that would cover each other share a mark."""
    groups: list[tuple[int, int, list[tuple[int, int]]]] = []
    for turn, (x, y) in enumerate(places):
        number = numbers[turn] if numbers else turn + 1
        groups.append((x, y, [number if isinstance(number, tuple) else (number, number)]))
    at = 0
    while at < len(groups):
        other = next((two for two in range(at) if _cover(groups[at], groups[two])), None)
        if other is None:
            at += 1
            continue
        x, y, ranges = groups[other]
        groups[other] = (x, y, _joined([*ranges, *groups.pop(at)[2]]))
        at = other  # it is wider now
    return tuple(Mark(x, y, _written(ranges)) for x, y, ranges in groups)


def _joined(ranges: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """1–2, 3–3, 7–7 as 1–3, 7–7."""
    found: list[tuple[int, int]] = []
    for first, last in sorted(ranges):
        if found and first <= found[-1][1] + 1:
            found[-1] = (found[-1][0], max(last, found[-1][1]))
        else:
            found.append((first, last))
    return found


def _written(ranges: Sequence[tuple[int, int]]) -> str:
    return ", ".join(f"{first}" if first == last else f"{first}–{last}" for first, last in ranges)


def _cover(one: tuple[int, int, list[tuple[int, int]]], two: tuple[int, int, list[tuple[int, int]]]) -> bool:
    wide = half_width(_written(one[2])) + half_width(_written(two[2]))
    return abs(one[0] - two[0]) < wide and abs(one[1] - two[1]) < CLOSE
