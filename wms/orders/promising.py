"""When goods can leave: what is in stock and what is announced, dealt out to those who want it in their order. Plain values only."""

from __future__ import annotations

import datetime as dt
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)
_FAR = dt.date.max


@dataclass(frozen=True)
class Supply:
    """So many pieces that are here, or come on a day. Without a day nobody knows when; what is overdue says since when."""

    quantity: int
    on: dt.date | None
    source: str | None = None  # the announcement; none for what is in stock
    lot: str | None = None
    expires_on: dt.date | None = None
    overdue_since: dt.date | None = None


@dataclass(frozen=True)
class Demand(Generic[K]):
    """So many pieces that somebody wants, of a lot or with so many days of life left."""

    key: K
    quantity: int
    lot: str | None = None
    days: int = 0


@dataclass(frozen=True)
class Part:
    """So many of the pieces wanted, from where, and when. Without a supply there are none to come."""

    quantity: int
    supply: Supply | None

    @property
    def on(self) -> dt.date | None:
        """The day on which they can leave; none where nobody knows."""
        return self.supply.on if self.supply else None


def suits(supply: Supply, demand: Demand[K], today: dt.date) -> bool:
    """Whether these goods are what is wanted on the day they can leave. Goods to come whose date nobody has said are taken to be fresh."""
    if demand.lot is not None and supply.lot != demand.lot:
        return False
    return supply.expires_on is None or supply.expires_on >= (supply.on or today) + dt.timedelta(days=demand.days)


def deal(supplies: Iterable[Supply], demands: Iterable[Demand[K]], today: dt.date) -> tuple[dict[K, list[Part]], list[Supply]]:
    """Each demand in turn takes the earliest goods that suit it and are left; what it gets, and what is left in the end.

    Of goods of one day those with the shortest life go first, so that long life is there for who asks for it.
    """
    left = sorted(supplies, key=lambda one: (one.on or _FAR, one.expires_on or _FAR, one.source or ""))
    rest = [one.quantity for one in left]
    dealt: dict[K, list[Part]] = {}
    for demand in demands:
        open_ = demand.quantity
        parts = dealt.setdefault(demand.key, [])
        for place, supply in enumerate(left):
            if not open_:
                break
            taken = min(rest[place], open_)
            if taken > 0 and suits(supply, demand, today):
                rest[place] -= taken
                open_ -= taken
                parts.append(Part(taken, supply))
        if open_:
            parts.append(Part(open_, None))
    return dealt, [_of(supply, quantity) for supply, quantity in zip(left, rest, strict=True) if quantity > 0]


def _of(supply: Supply, quantity: int) -> Supply:
    return Supply(quantity, supply.on, supply.source, supply.lot, supply.expires_on, supply.overdue_since)


def all_on(parts: Sequence[Part]) -> dt.date | None:
    """The day on which the last of them can leave; none where nobody knows."""
    days = [part.on for part in parts]
    return None if None in days else max((day for day in days if day is not None), default=None)


def by_day(left: Iterable[Supply]) -> Mapping[dt.date, int]:
    """How much of what is left there is on each day on which more comes, all together."""
    found: dict[dt.date, int] = {}
    for supply in sorted((one for one in left if one.on is not None), key=lambda one: one.on or _FAR):
        assert supply.on is not None
        found[supply.on] = found.get(supply.on, next(reversed(found.values()), 0)) + supply.quantity
    return found
