"""In which order to walk, and how far that is: exactly where the hall allows it, by searching where not."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

from wms.routing import heuristics, local
from wms.routing.exact import Router
from wms.routing.floor import NEVER, Corner, Floor, Point, Spot

BUDGET_MS = 50.0


class Method(Enum):
    """How a walk was found."""

    EXACT = "exact"  # there is no shorter one
    SEARCHED = "searched"


@dataclass(frozen=True, slots=True)
class Tour:
    """A walk: the stops' indices in walking order, its millimetres, how it was found, and the line that is walked on the floor."""

    sequence: list[int]
    length: int
    method: Method
    polyline: list[Corner]


def plan(stops: Sequence[Point], floor: Floor, start: Point, end: Point | None = None, *, budget_ms: float = BUDGET_MS) -> Tour:
    """The walk from `start` through all stops to `end` (back to the start, where no end is given).

    Where one-way and closed aisles leave no way to a stop, the walk is planned as if they were none: people will find one.
    """
    end = end or start
    router = Router(floor, start, end)
    if router.covers(stops):
        sequence, _ = router.sequence(stops)
        method = Method.EXACT
    else:
        sequence, method = _searched(stops, floor, start, end, budget_ms), Method.SEARCHED
    way = [start, *(stops[stop] for stop in sequence), end]
    length = floor.length(way)
    if length >= NEVER and not floor.is_free:
        return plan(stops, floor.opened(), start, end, budget_ms=budget_ms)
    return Tour(sequence, length, method, floor.polyline(way))


def length_only(stops: Sequence[Point], floor: Floor, start: Point, end: Point | None = None, *, budget_ms: float = BUDGET_MS) -> int:
    """The millimetres of that walk. Whoever measures many makes a Router once and asks it."""
    router = Router(floor, start, end)
    return router.length(stops) if router.covers(stops) else plan(stops, floor, start, end, budget_ms=budget_ms).length


def _searched(stops: Sequence[Point], floor: Floor, start: Point, end: Point, budget_ms: float) -> list[int]:
    """Stops at the same spot are one stop to the search."""
    begin = time.thread_time()
    together: dict[Spot, list[int]] = {}
    for index, stop in enumerate(stops):
        together.setdefault(floor.spot(stop), []).append(index)
    single = [stops[indices[0]] for indices in together.values()]
    table = floor.table([*single, start, end])
    guesses = [rule(single, floor, start) for rule in heuristics.RULES.values()]
    router = Router(floor.opened(), start, end)
    if router.covers(single):
        guesses.append(router.sequence(single)[0])
    left_ms = budget_ms - (time.thread_time() - begin) * 1000
    order = local.search(table, [*guesses, *(guess[::-1] for guess in guesses)], budget_ms=left_ms)
    groups = list(together.values())
    return [index for stop in order for index in groups[stop]]
