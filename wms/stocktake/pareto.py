"""ABC classes by cumulative share: few products make up most of what moves, and they are counted most often.

The method is H. F. Dickie's ("ABC inventory analysis shoots for dollars, not pennies", Factory Management and Maintenance, 1951), after
Pareto's observation: products are ranked by what they turn over (here: by picks, or by the value of what was picked), and cut where the
shares summed from the top pass 80 % and 95 %. A product just at such a limit would change its class with every computation; one changes
only when it lies past the limit by a margin.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from typing import TypeVar

K = TypeVar("K", bound=Hashable)
CLASSES = ("A", "B", "C")


@dataclass(frozen=True, slots=True)
class Limits:
    """Up to which summed share, in percent, a product is A and B; and by how much it must pass a limit to change its class."""

    a: int = 80
    b: int = 95
    margin: int = 2


@dataclass(frozen=True, slots=True)
class Placed:
    """Where a product stands: its class, and what those before it make up of the whole, in hundredths of a percent."""

    letter: str
    before: int
    turnover: int


def classify(turnover: Mapping[K, int], limits: Limits = Limits(), held: Mapping[K, str] | None = None) -> dict[K, Placed]:
    """The class of each product, by what it turned over. `held`: the classes they have now, which they keep within the margin.

    Products that turned over alike are in one class. What turned over nothing is C, whatever it was.
    """
    held = held or {}
    total = sum(max(0, amount) for amount in turnover.values())
    found: dict[K, Placed] = {}
    summed = shared = 0
    last: int | None = None
    for key, amount in sorted(turnover.items(), key=lambda item: -item[1]):
        if amount != last:  # those who turned over alike begin where the first of them does
            last, shared = amount, summed
        before = 10_000 * shared // total if total else 10_000
        letter = CLASSES[-1] if amount <= 0 else _letter(shared, total, limits, held.get(key))
        found[key] = Placed(letter, before if amount > 0 else 10_000, max(0, amount))
        summed += max(0, amount)
    return found


def _letter(before: int, total: int, limits: Limits, held: str | None) -> str:
    """The class of a product that turned over something: the first whose limit is not passed by those before it."""
    for letter, limit in (("A", limits.a), ("B", limits.b)):
        if held in CLASSES:
            limit += limits.margin if CLASSES.index(held) <= CLASSES.index(letter) else -limits.margin
        if 100 * before < limit * total:
            return letter
    return CLASSES[-1]
