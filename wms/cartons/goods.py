"""What is laid into what, and where it comes to lie. Lengths are whole numbers of one unit, whichever; z is upright."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

Size = tuple[int, int, int]  # along x, y and z
ANY_WAY = (True, True, True)
UPRIGHT = (False, False, True)


@dataclass(frozen=True, slots=True)
class Goods:
    """So many boxes of one size and weight; `upright` says of each of their edges whether it may stand vertically."""

    size: Size
    count: int
    upright: tuple[bool, bool, bool] = ANY_WAY
    grams: int = 0

    @property
    def volume(self) -> int:
        """Of one box."""
        return self.size[0] * self.size[1] * self.size[2]

    def ways(self) -> list[Size]:
        """Every way in which a box may stand, each once."""
        a, b, c = self.size
        found: set[Size] = set()
        for (one, other, tall), allowed in zip(((b, c, a), (a, c, b), (a, b, c)), self.upright, strict=True):
            if allowed:
                found |= {(one, other, tall), (other, one, tall)}
        return sorted(found)


@dataclass(frozen=True, slots=True)
class Placement:
    """One box of the goods with this index: where its nearest lower left corner lies, and how it stands."""

    goods: int
    at: Size
    size: Size


@dataclass(frozen=True, slots=True)
class Plan:
    """Where everything lies that went in, from the bottom up; its volume, the share of the room it fills, and what it took to find."""

    placements: list[Placement]
    volume: int
    fill: float
    rounds: int
    work: int

    def counts(self, kinds: int) -> list[int]:
        """How many boxes of each of the goods are in."""
        found = [0] * kinds
        for one in self.placements:
            found[one.goods] += 1
        return found


def volume_of(goods: Iterable[Goods]) -> int:
    """What all of them measure together."""
    return sum(one.volume * one.count for one in goods)


def grams_of(goods: Iterable[Goods]) -> int:
    """What all of them weigh together."""
    return sum(one.grams * one.count for one in goods)
