"""The floor of a hall: parallel aisles between cross-aisles, and how far it is from one point to another.

People walk along the centre line of an aisle and change between aisles at the cross-aisles only; the width of an aisle is not walked,
nor is height. An open place (a packing place, a dock) stands before, behind or beside the racks and is reached straight from the
cross-aisle next to it. Aisles may be one-way or closed at an end; then the way is searched in the graph of all crossings.

Everything is whole millimetres. `along` is the direction in which the aisles run, `across` the one in which they follow each other.
"""

from __future__ import annotations

import heapq
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import IntEnum
from itertools import pairwise
from statistics import median_low

MARGIN_MM = 1500  # a cross-aisle that nobody declared lies this far beyond the outermost bin
WIDTH_MM = 2500  # a bin further than this from the centre line of its aisle stands on a line of its own
NEVER = 10**12  # no way leads there

Corner = tuple[int, int]
_Node = tuple[int, int]  # of the graph: across and along
_Doors = Sequence[tuple[_Node, int]]  # the crossings next to a spot, and how far each is


class Way(IntEnum):
    """In which direction an aisle may be walked, seen along growing coordinates."""

    DOWN = -1
    BOTH = 0
    UP = 1


@dataclass(frozen=True, slots=True)
class Point:
    """Where somebody stands, in millimetres from the site's corner. `aisle` empty: in the open, not between racks."""

    x_mm: int
    y_mm: int
    aisle: str | None = None


@dataclass(frozen=True, slots=True)
class Layout:
    """What a site says about a hall where its coordinates do not tell; empty means: as the coordinates show.

    `cross_aisles_mm` are the centre lines of the cross-aisles. `one_way` names aisles that are walked in one direction only,
    `closed_low` and `closed_high` aisles whose end at the lowest or highest cross-aisle is walled up. With `straight`, the open ground
    between an open place and the ends of the aisles is crossed in a straight line instead of at right angles.
    """

    along_x: bool | None = None
    cross_aisles_mm: tuple[int, ...] = ()
    one_way: Mapping[str, Way] = field(default_factory=dict)
    closed_low: frozenset[str] = frozenset()
    closed_high: frozenset[str] = frozenset()
    straight: bool = False


@dataclass(frozen=True, slots=True)
class Spot:
    """A point as the floor sees it: on which line across, how far along, and whether it is between racks."""

    across: int
    along: int
    inside: bool


@dataclass(frozen=True)
class Floor:
    """Where people walk. Build it with `floor_of`, or by hand: `crossings` ascending, `lines` the centre line of each aisle."""

    crossings: tuple[int, ...] = ()
    along_x: bool = False
    lines: Mapping[str, int] = field(default_factory=dict)
    one_way: Mapping[str, Way] = field(default_factory=dict)
    closed_low: frozenset[str] = frozenset()
    closed_high: frozenset[str] = frozenset()
    straight: bool = False
    _ways: dict[_Node, dict[_Node, tuple[int, _Node | None]]] = field(default_factory=dict, repr=False, compare=False)

    @property
    def is_free(self) -> bool:
        """Whether every aisle may be walked in both directions and left at both ends."""
        return not (self.one_way or self.closed_low or self.closed_high)

    def opened(self) -> Floor:
        """The same floor as if every aisle could be walked in both directions and left at both ends."""
        return Floor(self.crossings, self.along_x, self.lines, straight=self.straight)

    def spot(self, point: Point) -> Spot:
        """The point on the line that it is reached on."""
        across, along = (point.y_mm, point.x_mm) if self.along_x else (point.x_mm, point.y_mm)
        if point.aisle is None:
            return Spot(across, along, False)
        line = self.lines.get(point.aisle, across)
        return Spot(line if abs(line - across) <= WIDTH_MM else across, along, True)

    def distance(self, a: Point, b: Point) -> int:
        """Millimetres on foot from a to b; NEVER where no way leads."""
        return self.between(self.spot(a), self.spot(b))

    def between(self, a: Spot, b: Spot) -> int:
        """Millimetres on foot from one spot to another."""
        across = abs(a.across - b.across)
        if not self.is_free:
            return self._searched(a, b)
        if not (crossings := self.crossings) or not across or self._share_open_ground(a, b):
            return self._open(across, abs(a.along - b.along), a, b)
        if self.straight and (edge := self._edge(a, b)) is not None:
            outside, inside = (a, b) if self.edge(a) is not None else (b, a)
            return _straight(across, abs(outside.along - edge)) + abs(inside.along - edge)
        here, there = a.along, b.along
        return across + min([abs(here - crossing) + abs(there - crossing) for crossing in crossings])

    def length(self, way: Sequence[Point]) -> int:
        """Millimetres of a whole way, point after point."""
        spots = [self.spot(point) for point in way]
        return sum(self.between(a, b) for a, b in pairwise(spots))

    def table(self, points: Sequence[Point]) -> list[list[int]]:
        """How far it is from each point to each."""
        spots = [self.spot(point) for point in points]
        if self.is_free:
            return [[self.between(a, b) for b in spots] for a in spots]
        arrivals = [self._doors(spot, leaving=False) for spot in spots]
        rows = []
        for a in spots:
            leaving = self._doors(a, leaving=True)
            rows.append([self._best(a, b, leaving, into)[0] for b, into in zip(spots, arrivals, strict=True)])
        return rows

    def polyline(self, way: Sequence[Point]) -> list[Corner]:
        """The line that is walked from point to point: its corners as (x, y)."""
        spots = [self.spot(point) for point in way]
        corners = [(spot.across, spot.along) for spot in spots[:1]]
        for a, b in pairwise(spots):
            corners += [*self._corners(a, b), (b.across, b.along)]
        kept: list[_Node] = []
        for corner in corners:
            if kept and corner == kept[-1]:
                continue
            if len(kept) > 1 and _between(kept[-2], kept[-1], corner):
                kept.pop()
            kept.append(corner)
        return [(along, across) if self.along_x else (across, along) for across, along in kept]

    # -- the open ground -------------------------------------------------------------------------------------------------

    def edge(self, spot: Spot) -> int | None:
        """The outermost cross-aisle that an open place stands at or beyond; None between, beside or among the racks."""
        if spot.inside or not self.crossings:
            return None
        low, high = self.crossings[0], self.crossings[-1]
        return low if spot.along <= low else high if spot.along >= high else None

    def _edge(self, a: Spot, b: Spot) -> int | None:
        """The cross-aisle between two spots of which just one stands on open ground."""
        one, other = self.edge(a), self.edge(b)
        return None if one is not None and other is not None else one if other is None else other

    def _share_open_ground(self, a: Spot, b: Spot) -> bool:
        edge = self.edge(a)
        return edge is not None and edge == self.edge(b)

    def _open(self, across: int, along: int, a: Spot, b: Spot) -> int:
        if self.straight and self.crossings and self._share_open_ground(a, b):
            return _straight(across, along)
        return across + along

    # -- the corners of a way --------------------------------------------------------------------------------------------

    def _corners(self, a: Spot, b: Spot) -> list[_Node]:
        if not self.is_free:
            return self._searched_corners(a, b)
        if a.across == b.across:
            return []
        if not self.crossings or self._share_open_ground(a, b):
            return [] if self.straight else [(b.across, a.along)]
        if self.straight and (edge := self._edge(a, b)) is not None:
            return [(a.across if self.edge(a) is None else b.across, edge)]
        beside = b if a.inside else a  # from the open the nearest cross-aisle is taken: there is no aisle to walk along to another
        by = min(self.crossings, key=lambda one: (abs(a.along - one) + abs(b.along - one), abs(beside.along - one)))
        return [(a.across, by), (b.across, by)]

    # -- one-way and closed aisles: the graph of all crossings -----------------------------------------------------------

    def _searched(self, a: Spot, b: Spot) -> int:
        return self._best(a, b)[0]

    def _searched_corners(self, a: Spot, b: Spot) -> list[_Node]:
        _, leave, enter = self._best(a, b)
        if leave is None or enter is None:
            return [(b.across, a.along)] if self._share_open_ground(a, b) and not self.straight else []
        return [*self._nodes_between(leave, self._across(leave, enter)[1]), enter]

    def _best(
        self, a: Spot, b: Spot, leaving: _Doors | None = None, arriving: _Doors | None = None
    ) -> tuple[int, _Node | None, _Node | None]:
        """The length of the best way, and through which crossings it leaves and arrives (none: straight)."""
        if not self.crossings or self._share_open_ground(a, b):
            return self._open(abs(a.across - b.across), abs(a.along - b.along), a, b), None, None
        best: tuple[int, _Node | None, _Node | None] = (NEVER, None, None)
        if a.across == b.across and self._may_walk(a.across, a.along, b.along):
            best = (abs(a.along - b.along), None, None)
        for leave, out in self._doors(a, leaving=True) if leaving is None else leaving:
            for enter, into in self._doors(b, leaving=False) if arriving is None else arriving:
                way = out + self._across(leave, enter)[0] + into
                if way < best[0]:
                    best = (way, leave, enter)
        return best

    def _across(self, leave: _Node, enter: _Node) -> tuple[int, _Node]:
        """The way between two crossings, and the last one on it that lies on an aisle (or is `leave` itself)."""
        if leave[1] == enter[1]:
            return abs(leave[0] - enter[0]), leave
        ways = self._from(leave)
        if enter in ways:
            return ways[enter][0], enter
        lasts = [(ways[node][0] + abs(line - enter[0]), node) for line in self.lines.values() if (node := (line, enter[1])) in ways]
        return min(lasts, default=(NEVER, leave))

    def _doors(self, spot: Spot, *, leaving: bool) -> _Doors:
        """The crossings next to a spot that it is left (or reached) by, with the way there."""
        found = []
        edge = self.edge(spot)
        if edge is not None and self.straight:
            lines = {*self.lines.values(), spot.across}
            return [((line, edge), _straight(abs(line - spot.across), abs(spot.along - edge))) for line in lines]
        below = [crossing for crossing in self.crossings if crossing <= spot.along]
        above = [crossing for crossing in self.crossings if crossing > spot.along]
        for crossing in (*below[-1:], *above[:1]):
            start, end = (spot.along, crossing) if leaving else (crossing, spot.along)
            if not spot.inside or self._may_walk(spot.across, start, end):
                found.append(((spot.across, crossing), abs(start - end)))
        return found

    def _may_walk(self, across: int, start: int, end: int) -> bool:
        """Whether the aisle on this line may be walked from start to end."""
        if start == end:
            return True
        low, high = min(start, end), max(start, end)
        for aisle, line in self.lines.items():
            if line != across:
                continue
            if self.one_way.get(aisle, Way.BOTH) * (end - start) < 0:
                return False
            if aisle in self.closed_low and low <= self.crossings[0] < high:
                return False
            if aisle in self.closed_high and low < self.crossings[-1] <= high:
                return False
        return True

    def _from(self, start: _Node) -> dict[_Node, tuple[int, _Node | None]]:
        """The best way from a crossing to every other, each with the crossing before it. Kept: a floor does not change."""
        found = self._ways.get(start)
        if found is None:
            found = self._ways[start] = self._dijkstra(start)
        return found

    def _dijkstra(self, start: _Node) -> dict[_Node, tuple[int, _Node | None]]:
        # Off the lines of the aisles nobody changes between cross-aisles, so other lines are ends only, not crossings to pass.
        lines = sorted({*self.lines.values(), start[0]})
        done: dict[_Node, tuple[int, _Node | None]] = {}
        queue: list[tuple[int, _Node, _Node | None]] = [(0, start, None)]
        while queue:
            way, node, before = heapq.heappop(queue)
            if node in done:
                continue
            done[node] = (way, before)
            for other in self._neighbours(node, lines):
                if other not in done:
                    heapq.heappush(queue, (way + abs(node[0] - other[0]) + abs(node[1] - other[1]), other, node))
        return done

    def _neighbours(self, node: _Node, lines: list[int]) -> Iterable[_Node]:
        across, along = node
        at, level = lines.index(across), self.crossings.index(along)
        for beside in (at - 1, at + 1):
            if 0 <= beside < len(lines):
                yield lines[beside], along
        if across in self.lines.values():
            for beyond in (level - 1, level + 1):
                if 0 <= beyond < len(self.crossings) and self._may_walk(across, along, self.crossings[beyond]):
                    yield across, self.crossings[beyond]

    def _nodes_between(self, leave: _Node, enter: _Node) -> list[_Node]:
        ways = self._from(leave)
        nodes: list[_Node] = []
        node: _Node | None = enter
        while node is not None:
            nodes.append(node)
            node = ways[node][1]
        return nodes[::-1]


def floor_of(points: Iterable[Point], layout: Layout | None = None) -> Floor:
    """The floor that these points stand on, with what its site says about it."""
    layout = layout or Layout()
    aisles: dict[str, list[Point]] = {}
    for point in points:
        if point.aisle is not None:
            aisles.setdefault(point.aisle, []).append(point)
    along_x = _runs_along_x(aisles.values()) if layout.along_x is None else layout.along_x

    def across(point: Point) -> int:
        return point.y_mm if along_x else point.x_mm

    along = [point.x_mm if along_x else point.y_mm for row in aisles.values() for point in row]
    crossings = tuple(sorted(set(layout.cross_aisles_mm)))
    if not crossings and along:
        crossings = (min(along) - MARGIN_MM, max(along) + MARGIN_MM)
    return Floor(
        crossings,
        along_x,
        {aisle: _centre([across(point) for point in row]) for aisle, row in aisles.items()},
        {aisle: way for aisle, way in layout.one_way.items() if way is not Way.BOTH},
        layout.closed_low,
        layout.closed_high,
        layout.straight,
    )


def _runs_along_x(aisles: Iterable[list[Point]]) -> bool:
    """Aisles run where their bins spread most."""
    spread_x = spread_y = 0
    for row in aisles:
        spread_x += max(point.x_mm for point in row) - min(point.x_mm for point in row)
        spread_y += max(point.y_mm for point in row) - min(point.y_mm for point in row)
    return spread_x > spread_y


def _centre(across: list[int]) -> int:
    """The middle between the racks at either side; the middle of most bins where some stand far off."""
    low, high = min(across), max(across)
    return (low + high) // 2 if high - low <= 2 * WIDTH_MM else median_low(across)


def _straight(across: int, along: int) -> int:
    return round(math.hypot(across, along))


def _between(a: _Node, b: _Node, c: _Node) -> bool:
    """Whether b lies on the straight way from a to c, so that it is no corner."""
    return (a[0] == b[0] == c[0] and (a[1] <= b[1] <= c[1] or a[1] >= b[1] >= c[1])) or (
        a[1] == b[1] == c[1] and (a[0] <= b[0] <= c[0] or a[0] >= b[0] >= c[0])
    )
