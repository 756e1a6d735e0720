"""In which order a picker walks: coordinates in, sequence out. No database, no Flask.

A hall is parallel aisles between cross-aisles. Within an aisle one walks along it; to another aisle one goes round by the cross-aisle
that makes the way shortest. The walk starts and ends at the packing place.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

EXACT_UP_TO = 9  # stops; beyond it the walk is improved until no exchange shortens it
_ROUNDS = 60

Distance = Callable[[int, int], int]


@dataclass(frozen=True, slots=True)
class Stop:
    """A place on the floor, in millimetres. Places of one aisle are walked along the aisle."""

    x: int
    y: int
    aisle: str | None = None


@dataclass(frozen=True, slots=True)
class Hall:
    """Where the cross-aisles are; `along_x` when the aisles run along x instead of y."""

    crossings: tuple[int, ...]
    along_x: bool = False

    def distance(self, a: Stop, b: Stop) -> int:
        """Millimetres on foot from a to b."""
        along_a, across_a = (a.x, a.y) if self.along_x else (a.y, a.x)
        along_b, across_b = (b.x, b.y) if self.along_x else (b.y, b.x)
        if a.aisle is None or b.aisle is None or a.aisle == b.aisle or across_a == across_b or not self.crossings:
            return abs(along_a - along_b) + abs(across_a - across_b)
        round_by = min(abs(along_a - crossing) + abs(along_b - crossing) for crossing in self.crossings)
        return round_by + abs(across_a - across_b)


def hall(places: Sequence[Stop], margin: int = 1000) -> Hall:
    """The hall that these places stand in: aisles run where their places spread most; a cross-aisle at either end."""
    aisles: dict[str, list[Stop]] = {}
    for place in places:
        if place.aisle is not None:
            aisles.setdefault(place.aisle, []).append(place)
    if len(aisles) < 2:
        return Hall(())
    spread_x = sum(max(p.x for p in row) - min(p.x for p in row) for row in aisles.values())
    spread_y = sum(max(p.y for p in row) - min(p.y for p in row) for row in aisles.values())
    along_x = spread_x > spread_y
    along = [p.x if along_x else p.y for row in aisles.values() for p in row]
    return Hall((min(along) - margin, max(along) + margin), along_x)


def walk(stops: Sequence[Stop], depot: Stop, layout: Hall) -> list[int]:
    """The stops' indices in walking order: the shortest tour for a few stops, a locally shortest one for many."""
    if len(stops) < 2:
        return list(range(len(stops)))
    table = _table(stops, depot, layout)
    if len(stops) <= EXACT_UP_TO:
        return _shortest(len(stops), table)
    starts = (_nearest(len(stops), table), _s_shape(stops, layout))
    return min((_improve(start, table) for start in starts), key=lambda tour: _tour_length(tour, table))


def length(sequence: Sequence[int], stops: Sequence[Stop], depot: Stop, layout: Hall) -> int:
    """Millimetres from the depot through the stops in this sequence and back."""
    points = [depot, *(stops[place] for place in sequence), depot]
    return sum(layout.distance(a, b) for a, b in pairwise(points))


# -- how it is found ---------------------------------------------------------------------------------------------------
# Distances stand in one table; row and column n are the depot.


def _table(stops: Sequence[Stop], depot: Stop, layout: Hall) -> list[list[int]]:
    points = [*stops, depot]
    return [[layout.distance(a, b) for b in points] for a in points]


def _tour_length(tour: Sequence[int], table: list[list[int]]) -> int:
    depot = len(table) - 1
    points = [depot, *tour, depot]
    return sum(table[a][b] for a, b in pairwise(points))


def _shortest(count: int, table: list[list[int]]) -> list[int]:
    """Held and Karp: the shortest way through every set of stops that ends at each of them."""
    best: dict[tuple[int, int], tuple[int, int]] = {(1 << stop, stop): (table[count][stop], -1) for stop in range(count)}
    for visited in range(1, 1 << count):
        for last in range(count):
            here = best.get((visited, last))
            if here is None:
                continue
            for stop in range(count):
                if visited >> stop & 1:
                    continue
                key, way = (visited | 1 << stop, stop), here[0] + table[last][stop]
                if key not in best or way < best[key][0]:
                    best[key] = (way, last)
    visited = (1 << count) - 1
    last = min(range(count), key=lambda stop: best[visited, stop][0] + table[stop][count])
    tour = []
    while last >= 0:
        tour.append(last)
        visited, last = visited & ~(1 << last), best[visited, last][1]
    return tour[::-1]


def _nearest(count: int, table: list[list[int]]) -> list[int]:
    left, here, tour = set(range(count)), count, []
    while left:
        here = min(left, key=lambda stop: (table[here][stop], stop))
        left.remove(here)
        tour.append(here)
    return tour


def _s_shape(stops: Sequence[Stop], layout: Hall) -> list[int]:
    """Aisle by aisle, up one and down the next."""
    aisles: dict[int, list[int]] = {}
    for index, stop in enumerate(stops):
        aisles.setdefault(stop.y if layout.along_x else stop.x, []).append(index)

    def along(index: int) -> int:
        return stops[index].x if layout.along_x else stops[index].y

    tour: list[int] = []
    for turn, across in enumerate(sorted(aisles)):
        tour += sorted(aisles[across], key=along, reverse=turn % 2 == 1)
    return tour


def _improve(tour: list[int], table: list[list[int]]) -> list[int]:
    """Turns stretches round (2-opt) and moves short chains elsewhere (or-opt) as long as that shortens the walk."""
    depot = len(table) - 1
    for _ in range(_ROUNDS):
        path = [depot, *tour, depot]
        if not (_turn_round(path, table) or _move_chain(path, table)):
            break
        tour = path[1:-1]
    return tour


def _turn_round(path: list[int], table: list[list[int]]) -> bool:
    better = False
    for i in range(len(path) - 3):
        for j in range(i + 2, len(path) - 1):
            a, b, c, d = path[i], path[i + 1], path[j], path[j + 1]
            if table[a][c] + table[b][d] < table[a][b] + table[c][d]:
                path[i + 1 : j + 1] = path[i + 1 : j + 1][::-1]
                better = True
    return better


def _move_chain(path: list[int], table: list[list[int]]) -> bool:
    for size in (1, 2, 3):
        for i in range(1, len(path) - size):
            before, first, last, after = path[i - 1], path[i], path[i + size - 1], path[i + size]
            gain = table[before][first] + table[last][after] - table[before][after]
            if gain <= 0:
                continue
            rest = path[:i] + path[i + size :]
            for j in range(len(rest) - 1):
                a, b = rest[j], rest[j + 1]
                for head, tail, turned in ((first, last, False), (last, first, True)):
                    if table[a][head] + table[tail][b] - table[a][b] < gain:
                        chain = path[i : i + size][::-1] if turned else path[i : i + size]
                        path[:] = rest[: j + 1] + chain + rest[j + 1 :]
                        return True
    return False
