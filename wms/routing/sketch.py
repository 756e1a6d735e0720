"""Roughly how long walks are, in a few additions: for those who compare thousands of ways to put orders together, and measure the best.

A walk is sketched piece of aisle by piece of aisle, as if each were walked for itself: through once, in and back from one end or from
both, whichever is least. Across, it goes from its first aisle to its last and back. That leaves out that a walk must hang together, so
no walk through racks is shorter than its sketch, and most are longer (by 2 % in one block, by 10 % in two), but all by nearly as much.
What one order more or less changes is found from the pieces it lies in alone.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from wms.routing.floor import Floor, Point, Spot


@dataclass(frozen=True, slots=True)
class Outline:
    """Where some stops lie: in which pieces of aisle, as (piece, which of its stops, as bits), and the first and last aisle walked to."""

    parts: tuple[tuple[int, int], ...]
    low: int
    high: int


class _Piece(dict[int, int]):
    """Millimetres along one piece of aisle for each set of its stops."""

    def __init__(self, low: int | None, high: int, alongs: Sequence[int]) -> None:
        """`low` None: beyond the outermost cross-aisle, which is then `high`."""
        super().__init__()
        self._low, self._high, self._alongs = low, high, alongs

    def __missing__(self, stops: int) -> int:
        alongs = [along for bit, along in enumerate(self._alongs) if stops >> bit & 1]
        low, high = self._low, self._high
        if low is None:
            found = 2 * max(abs(along - high) for along in alongs)
        else:
            gap = max([b - a for a, b in pairwise(alongs)], default=0)
            found = min(high - low, 2 * (alongs[-1] - low), 2 * (high - alongs[0]), 2 * (high - low - gap))
        self[stops] = found
        return found


class Sketch:
    """Sketches walks from `start` through these places and back."""

    def __init__(self, floor: Floor, start: Point, places: Mapping[Any, Point]) -> None:
        self._crossings = floor.crossings
        self.start = floor.spot(start).across
        spots = {place: floor.spot(point) for place, point in places.items()}
        alongs: dict[tuple[int, int], set[int]] = {}
        for spot in spots.values():
            alongs.setdefault(self._piece_of(spot), set()).add(spot.along)
        numbers = {piece: number for number, piece in enumerate(sorted(alongs))}
        in_order = {piece: sorted(alongs[piece]) for piece in numbers}
        self.pieces = [self._piece(piece[1], in_order[piece]) for piece in numbers]
        self.blocks = [piece[1] for piece in numbers]  # between which cross-aisles each lies; 0 is before the first of them
        self._at = {
            place: (numbers[piece], 1 << bisect_left(in_order[piece], spot.along), spot.across)
            for place, spot in spots.items()
            for piece in [self._piece_of(spot)]
        }

    def outline(self, stops: Iterable[Hashable]) -> Outline:
        """Where these stops lie."""
        parts: dict[int, int] = {}
        low = high = self.start
        for piece, bit, across in map(self._at.__getitem__, stops):
            parts[piece] = parts.get(piece, 0) | bit
            low, high = min(low, across), max(high, across)
        return Outline(tuple(parts.items()), low, high)

    def length(self, parts: Iterable[tuple[int, int]], low: int, high: int) -> int:
        """Roughly the millimetres of a walk through all this."""
        pieces = self.pieces
        return 2 * (high - low) + sum([pieces[piece][stops] for piece, stops in parts])

    def _piece_of(self, spot: Spot) -> tuple[int, int]:
        """Its aisle and the number of its piece; one at a crossing belongs to the piece before it."""
        return spot.across, bisect_left(self._crossings, spot.along)

    def _piece(self, number: int, alongs: Sequence[int]) -> _Piece:
        crossings = self._crossings
        if 0 < number < len(crossings):
            return _Piece(crossings[number - 1], crossings[number], alongs)
        edge = (crossings[0] if number == 0 else crossings[-1]) if crossings else alongs[0]
        return _Piece(None, edge, alongs)
