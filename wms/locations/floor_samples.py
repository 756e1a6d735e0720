"""What a floor plan does to walks: sample lists over the racks as they stand, walked on one floor and on another."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass

from wms.routing.floor import Floor, Point
from wms.routing.plan import length_only

LISTS, STOPS = 12, 12
BUDGET_MS = 20.0  # of one walk, where it is searched


@dataclass(frozen=True, slots=True)
class Compared:
    """Metres of the sample lists before and after."""

    lists: int
    stops: int
    before: int
    after: int
    rows: tuple[tuple[int, int], ...]

    @property
    def change(self) -> str:
        """By how much the walks become longer or shorter: +3.1 %."""
        return f"{100 * (self.after - self.before) / self.before:+.1f} %".replace("-", "−") if self.before else "–"


def compared(points: Sequence[Point], before: tuple[Floor, Point], after: tuple[Floor, Point]) -> Compared:
    """The same lists on both floors, each from where its walks begin. Always the same lists for the same racks."""
    lists = samples(points)
    rows = tuple(tuple(round(_walked(stops, *floor) / 1000) for floor in (before, after)) for stops in lists)
    pairs = tuple((one[0], one[1]) for one in rows)
    return Compared(len(lists), min(STOPS, len(points)), sum(one for one, _ in pairs), sum(two for _, two in pairs), pairs)


def samples(points: Sequence[Point]) -> list[list[Point]]:
    """Lists of a dozen stops, drawn from all bins."""
    drawn = random.Random(len(points))  # noqa: S311 - the same lists every time is what is wanted
    ordered = sorted(points, key=lambda one: (one.aisle or "", one.x_mm, one.y_mm))
    return [drawn.sample(ordered, min(STOPS, len(ordered))) for _ in range(LISTS)] if ordered else []


def _walked(stops: Sequence[Point], floor: Floor, start: Point) -> int:
    return length_only(stops, floor, start, budget_ms=BUDGET_MS)
