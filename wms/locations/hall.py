"""The hall as a drawing: racks, aisles with their directions and closed ends, cross-aisles, places in the open, where walks begin.

Plain values in and out; the template draws them. Growing y is downwards, as on the drawings of walks.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TypeAlias

from wms.locations.models import Kind
from wms.routing.floor import Floor, Way

WIDTH, HEIGHT = 960, 620
MARGIN = 44
MOST_BINS = 3000  # of more, each side of an aisle is one strip
DEPTH_MM = 900  # of a rack
_At: TypeAlias = Callable[[int, int], tuple[int, int]]
STEPS_MM = (1000, 2000, 5000, 10_000, 20_000, 50_000, 100_000, 200_000, 500_000)


@dataclass(frozen=True, slots=True)
class Bin:
    """Where bins stand one above the other."""

    x_mm: int
    y_mm: int
    aisle: str
    is_face: bool


@dataclass(frozen=True, slots=True)
class Place:
    """A place in the open."""

    code: str
    kind: Kind
    x_mm: int
    y_mm: int


@dataclass(frozen=True, slots=True)
class Box:
    """A rack, or a part of it."""

    x: int
    y: int
    width: int
    height: int
    is_face: bool


@dataclass(frozen=True, slots=True)
class Lane:
    """An aisle: its line, its name and where that stands, an arrow where it is one-way, a wall where it is closed."""

    name: str
    x1: int
    y1: int
    x2: int
    y2: int
    name_x: int
    name_y: int
    arrows: tuple[str, ...]
    wall: str | None


@dataclass(frozen=True, slots=True)
class Crossing:
    """A cross-aisle, with its millimetres."""

    x1: int
    y1: int
    x2: int
    y2: int
    at_mm: int


@dataclass(frozen=True, slots=True)
class Stand:
    """A place in the open, or where walks begin."""

    x: int
    y: int
    text: str
    kind: str
    named: bool


@dataclass(frozen=True, slots=True)
class HallMap:
    """What the template draws, in units of its view box."""

    width: int
    height: int
    boxes: tuple[Box, ...]
    lanes: tuple[Lane, ...]
    crossings: tuple[Crossing, ...]
    stands: tuple[Stand, ...]
    starts: tuple[Stand, ...]
    rule: int
    rule_metres: int
    along_x: bool


def draw(floors: Sequence[Floor], bins: Sequence[Bin], places: Sequence[Place], starts: Mapping[str, tuple[int, int]]) -> HallMap | None:
    """The hall; of several floors each draws the aisles that it names and its own cross-aisles. None where nothing stands anywhere."""
    every = [*((one.x_mm, one.y_mm) for one in bins), *((one.x_mm, one.y_mm) for one in places), *starts.values()]
    if not every:
        return None
    for floor in floors:
        if floor.lines:
            far = [(along, across) for along in floor.crossings for across in floor.lines.values()]
            every += far if floor.along_x else [(across, along) for along, across in far]
    left, top = min(x for x, _ in every), min(y for _, y in every)
    wide, high = max(x for x, _ in every) - left, max(y for _, y in every) - top
    scale = min((WIDTH - 2 * MARGIN) / max(wide, 1), (HEIGHT - 2 * MARGIN) / max(high, 1), 0.06)
    aside = max(0, (WIDTH - 2 * MARGIN - round(wide * scale)) // 2)

    def at(x: int, y: int) -> tuple[int, int]:
        return round((x - left) * scale) + MARGIN + aside, round((y - top) * scale) + MARGIN

    lanes = [lane for floor in floors for lane in _lanes(floor, at)]
    crossings = [crossing for floor in floors for crossing in _crossings(floor, at)]
    rule = max([step for step in STEPS_MM if step * scale <= 160], default=STEPS_MM[0])
    return HallMap(
        WIDTH,
        round(high * scale) + 2 * MARGIN,
        tuple(_boxes(bins, floors, at, scale)),
        tuple(lanes),
        tuple(crossings),
        tuple(_stands(places, at)),
        tuple(Stand(*at(x, y), zone, "start", named=True) for zone, (x, y) in sorted(starts.items())),
        round(rule * scale),
        rule // 1000,
        any(floor.along_x for floor in floors),
    )


def _boxes(bins: Sequence[Bin], floors: Sequence[Floor], at: _At, scale: float) -> list[Box]:
    """Each bin as it stands; or, of very many, each side of an aisle as one strip."""
    along_x = {aisle: floor.along_x for floor in floors for aisle in floor.lines}
    rows: dict[tuple[str, int], list[Bin]] = {}
    for one in bins:
        rows.setdefault((one.aisle, one.y_mm if along_x.get(one.aisle) else one.x_mm), []).append(one)
    found = []
    for (aisle, across), row in rows.items():
        flat = along_x.get(aisle, False)
        along = {one.x_mm if flat else one.y_mm: one.is_face for one in row}
        spots = sorted(along)
        pitch = min([b - a for a, b in pairwise(spots)], default=DEPTH_MM)
        strips = [(spots[0], spots[-1], any(along.values()))] if len(bins) > MOST_BINS else [(one, one, along[one]) for one in spots]
        for first, last, is_face in strips:
            x, y = at(*((first - pitch // 2, across - DEPTH_MM // 2) if flat else (across - DEPTH_MM // 2, first - pitch // 2)))
            long, deep = max(2, round((last - first + pitch) * scale) - 1), max(2, round(DEPTH_MM * scale))
            found.append(Box(x, y, *((long, deep) if flat else (deep, long)), is_face))
    return found


def _lanes(floor: Floor, at: _At) -> list[Lane]:
    if not floor.crossings:
        return []
    found = []
    low, high = floor.crossings[0], floor.crossings[-1]
    for name, across in sorted(floor.lines.items()):
        (x1, y1), (x2, y2) = (at(*((along, across) if floor.along_x else (across, along))) for along in (low, high))
        way = floor.one_way.get(name, Way.BOTH)
        arrows = tuple(_arrow(x1, y1, x2, y2, part, way) for part in (0.3, 0.7)) if way is not Way.BOTH else ()
        wall = None
        if name in floor.closed_low:
            wall = _wall(x1, y1, flat=floor.along_x, inwards=1)
        if name in floor.closed_high:
            wall = _wall(x2, y2, flat=floor.along_x, inwards=-1)
        name_at = (x1 - 16, y1 + 4) if floor.along_x else (x1, y1 - 10)
        found.append(Lane(name, x1, y1, x2, y2, *name_at, arrows, wall))
    return found


def _arrow(x1: int, y1: int, x2: int, y2: int, part: float, way: Way) -> str:
    """The corners of an arrowhead on the line, pointing where it is walked."""
    x, y = x1 + (x2 - x1) * part, y1 + (y2 - y1) * part
    tip, side = 9 * int(way), 6
    flat = [(x + tip, y), (x - tip, y - side), (x - tip, y + side)]
    upright = [(x, y + tip), (x - side, y - tip), (x + side, y - tip)]
    corners = flat if y1 == y2 else upright
    return " ".join(f"{round(a)},{round(b)}" for a, b in corners)


def _wall(x: int, y: int, *, flat: bool, inwards: int) -> str:
    """A wall across the end of an aisle, as the two ends of a line."""
    return f"{x + 8 * inwards},{y - 12} {x + 8 * inwards},{y + 12}" if flat else f"{x - 12},{y + 8 * inwards} {x + 12},{y + 8 * inwards}"


def _crossings(floor: Floor, at: _At) -> list[Crossing]:
    if not floor.lines:
        return []
    first, last = min(floor.lines.values()), max(floor.lines.values())
    beyond = 1200
    ends = (first - beyond, last + beyond)
    found = []
    for along in floor.crossings:
        (x1, y1), (x2, y2) = (at(*((along, across) if floor.along_x else (across, along))) for across in ends)
        found.append(Crossing(x1, y1, x2, y2, along))
    return found


def _stands(places: Sequence[Place], at: _At) -> list[Stand]:
    """Places in the open; of those that would cover each other's names the first is named."""
    found: list[Stand] = []
    for one in sorted(places, key=lambda place: place.code):
        x, y = at(one.x_mm, one.y_mm)
        room = 7 * len(one.code) + 10
        free = all(abs(other.x - x) > (room + 7 * len(other.text) + 10) // 2 or abs(other.y - y) > 26 for other in found if other.named)
        found.append(Stand(x, y, one.code, one.kind.value, named=free))
    return found
