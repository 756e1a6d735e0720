"""What a pick face needs and what is brought to it, in plain values: levels, what orders and the days ahead ask, the oldest goods first, in
whole packagings. No database: `replenishment` reads it all, and writes what comes out as tasks."""

from __future__ import annotations

import datetime as dt
import enum
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from wms.i18n import T, Text

Key = tuple[int, int, int | None]
"""Where goods lie: location, batch, handling unit."""


class Why(enum.StrEnum):
    """Why goods are brought to a face, the most pressing first."""

    SHORT = "face_short"
    ORDERS = "for_orders"
    RELEASED = "released"
    MINIMUM = "below_minimum"
    FORECAST = "forecast"
    TOP_OFF = "top_off"

    @property
    def text(self) -> Text:
        """In words."""
        return _WORDS[self]

    @property
    def label(self) -> Text:
        """In two words, for tables."""
        return _LABELS[self]

    @property
    def priority(self) -> int:
        """How urgent it is by itself; an order may make it more so."""
        return _PRIORITIES[self]


_WORDS = {
    Why.SHORT: T("The pick face came up short", "拣货位缺货"),
    Why.ORDERS: T("Orders wait for it", "订单待拣"),
    Why.RELEASED: T("Released orders ask for it", "已放行订单需要"),
    Why.MINIMUM: T("The pick face is below its minimum", "拣货位低于下限"),
    Why.FORECAST: T("Expected soon", "预计近期需要"),
    Why.TOP_OFF: T("Topped off while it is quiet", "闲时补满"),
}
_LABELS = {
    Why.SHORT: T("Came up short", "缺货"),
    Why.ORDERS: T("Orders wait", "订单待拣"),
    Why.RELEASED: T("Released orders", "已放行订单"),
    Why.MINIMUM: T("Below minimum", "低于下限"),
    Why.FORECAST: T("Expected soon", "预计需求"),
    Why.TOP_OFF: T("Top off", "闲时补满"),
}
_PRIORITIES = {Why.SHORT: 9, Why.ORDERS: 7, Why.RELEASED: 7, Why.MINIMUM: 6, Why.FORECAST: 4, Why.TOP_OFF: 2}
_IN_TURN = list(Why)
KEPT = (Why.SHORT, Why.FORECAST, Why.TOP_OFF)
"""What is not reckoned anew whenever a face is looked at: so many pieces as were asked for stay asked for."""


class Blocked(enum.StrEnum):
    """Why a face does not get what it needs."""

    NOTHING = "nothing"
    HELD = "held"
    FULL = "full"
    WHOLE = "whole"
    BATCH = "batch"

    @property
    def text(self) -> Text:
        """In words."""
        return _BLOCKED[self]


_BLOCKED = {
    Blocked.NOTHING: T("Nothing is in reserve", "存储位无货"),
    Blocked.HELD: T("What is in reserve is held for orders, or waits to be counted or released", "存储位的货已被占用，或待盘点、待放行"),
    Blocked.FULL: T("The pick face has no room for more", "拣货位已放不下"),
    Blocked.WHOLE: T("A whole packaging of the oldest batch does not fit", "最早批次的整包装放不下"),
    Blocked.BATCH: T("The pick face holds goods that these may not lie with", "拣货位现有货物不可与其混放"),
}


@dataclass(frozen=True, slots=True)
class Claimed:
    """Loose pieces that an order has in reserve; with when its pick is expected."""

    quantity: int
    priority: int = 0
    starts_at: dt.datetime | None = None


@dataclass(frozen=True, slots=True)
class Source:
    """Goods of one batch at one place in reserve, as they stand beside the work that somebody has begun."""

    key: Key
    free: int
    claims: tuple[Claimed, ...] = ()
    whole_unit: bool = False
    """It is all that stands on its handling unit, and nobody has a claim on it."""
    fits: bool = True
    """Whether the face may hold this batch beside what it holds."""


@dataclass(frozen=True, slots=True)
class Need:
    """So many free pieces a face should have at least, and why. `fill`: where it has fewer, it is filled; `always`: it is filled whatever
    it has; `keep`: not a level, but so many pieces as were asked for before."""

    why: Why
    least: int = 0
    fill: bool = False
    always: bool = False
    keep: int = 0
    due_at: dt.datetime | None = None
    priority: int | None = None


@dataclass(frozen=True, slots=True)
class Portion:
    """What one task brings, from where, and why."""

    key: Key
    quantity: int
    why: tuple[Why, ...]
    priority: int
    due_at: dt.datetime | None
    claimed: int = 0
    kept: tuple[tuple[Why, int], ...] = ()
    """How much of it is asked for what is kept."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What is brought to a face, which needs it has, and what keeps it from more."""

    portions: tuple[Portion, ...]
    needs: tuple[tuple[Why, int], ...]
    blocked: Blocked | None


@dataclass(slots=True)
class _Bag:
    """A portion in the making."""

    quantity: int = 0
    claimed: int = 0
    why: set[Why] = field(default_factory=set)
    priority: int = 0
    due_at: dt.datetime | None = None
    kept: dict[Why, int] = field(default_factory=dict)

    def add(self, quantity: int, why: Why, priority: int, due_at: dt.datetime | None) -> None:
        self.quantity += quantity
        if why in KEPT:
            self.kept[why] = self.kept.get(why, 0) + quantity
        self.why.add(why)
        self.priority = max(self.priority, priority)
        if due_at is not None:
            self.due_at = due_at if self.due_at is None else min(self.due_at, due_at)


def is_loose(quantity: int, case: int) -> bool:
    """Whether a quantity is picked from the face; whole packagings are picked from reserve."""
    return case == 1 or quantity % case != 0


def plan(
    *,
    free: int,
    room: int,
    sources: Sequence[Source],
    needs: Iterable[Need],
    case: int = 1,
    one_batch: bool = False,
    in_reserve: bool = True,
) -> Plan:
    """What is brought to a face that will have so many free pieces and takes so many more, from these sources in the turn of rotation.

    Loose pieces that orders have claimed come first, with their claims: the earliest pick first, each rounded up to whole packagings where
    there is more and it fits. Then each need in its turn takes from the oldest goods. A younger batch never overtakes an older one.
    """
    bags: dict[Key, _Bag] = {}
    asked: list[tuple[Why, int]] = []
    left = {source.key: source.free for source in sources}
    blocked: Blocked | None = None

    wanted = sum(claim.quantity for source in sources for claim in source.claims)
    if wanted:
        asked.append((Why.ORDERS, wanted))
    oldest = next((source for source in sources if source.free > 0), None)
    for source in sorted((one for one in sources if one.claims), key=_urgency):
        if not source.fits or (one_batch and _others(bags, source.key)):
            blocked = blocked or Blocked.BATCH
            continue
        bag = _for_claims(source, room, case if source is oldest else 1)  # free goods come along only where none are older
        if not bag.quantity:
            blocked = blocked or Blocked.FULL
            continue
        bags[source.key] = bag
        room -= bag.quantity
        free += bag.quantity - bag.claimed
        left[source.key] -= bag.quantity - bag.claimed

    for need in sorted(needs, key=lambda one: _IN_TURN.index(one.why)):
        fill = need.fill or need.always
        lacking = need.keep or (room if need.always else need.least - free)
        if lacking <= 0:
            continue
        asked.append((need.why, max(lacking, room) if fill else lacking))
        taken, stop = _take(sources, left, room, lacking, case, bags, one_batch, need)
        for key, quantity in taken:
            left[key] -= quantity
            room -= quantity
            free += quantity
            bags.setdefault(key, _Bag()).add(quantity, need.why, need.priority or need.why.priority, need.due_at)
        if sum(quantity for _, quantity in taken) < (1 if fill else lacking):
            blocked = blocked or stop or (Blocked.HELD if in_reserve else Blocked.NOTHING)
    portions = tuple(
        Portion(
            key,
            bag.quantity,
            tuple(why for why in _IN_TURN if why in bag.why),
            bag.priority,
            bag.due_at,
            bag.claimed,
            tuple((why, bag.kept[why]) for why in _IN_TURN if why in bag.kept),
        )
        for key, bag in bags.items()
    )
    return Plan(portions, tuple(asked), blocked)


def _urgency(source: Source) -> tuple[int, bool, dt.datetime]:
    starts = [claim.starts_at for claim in source.claims if claim.starts_at is not None]
    never = dt.datetime.max.replace(tzinfo=dt.UTC)
    return -max(claim.priority for claim in source.claims), not starts, min(starts, default=never)


def _for_claims(source: Source, room: int, case: int) -> _Bag:
    """The claims that fit, in whole packagings where there is more."""
    bag = _Bag()
    for claim in source.claims:
        if bag.quantity + claim.quantity <= room:
            bag.add(claim.quantity, Why.ORDERS, max(Why.ORDERS.priority, claim.priority), claim.starts_at)
    bag.claimed = bag.quantity
    rounded = min(-(-bag.quantity // case) * case, bag.claimed + source.free)
    if rounded <= room:
        bag.quantity = rounded
    return bag


def _take(
    sources: Sequence[Source],
    left: Mapping[Key, int],
    room: int,
    lacking: int,
    case: int,
    bags: Mapping[Key, _Bag],
    one_batch: bool,
    need: Need,
) -> tuple[list[tuple[Key, int]], Blocked | None]:
    """From which sources, and what stopped it before it was enough."""
    taken: list[tuple[Key, int]] = []
    fill = need.fill or need.always
    for source in sources:
        if lacking <= 0 and not fill:
            return taken, None
        free = left[source.key]
        if free <= 0:
            continue
        if room <= 0:
            return taken, Blocked.FULL
        if not source.fits or (one_batch and _others([*bags, *(key for key, _ in taken)], source.key)):
            return taken, Blocked.BATCH
        whole_unit = source.whole_unit and free == source.free
        if need.keep:
            amount = _as_before(free, room, lacking, case)
        else:
            few = bool(bags or taken) or need.why is Why.TOP_OFF  # nobody climbs for a few pieces more
            amount = _amount(free, room, 0 if few and fill else lacking, fill, case, whole_unit=whole_unit)
        if amount <= 0:
            return taken, Blocked.WHOLE if free > room or room < case else None
        taken.append((source.key, amount))
        room -= amount
        lacking -= amount
        if amount < free:
            return taken, Blocked.FULL if lacking > 0 else None  # what is left there is older than all that follows
    return taken, None if room > 0 else Blocked.FULL


def _others(keys: Iterable[Key], key: Key) -> bool:
    return any(other[1] != key[1] for other in keys)


def _as_before(free: int, room: int, lacking: int, case: int) -> int:
    """As much as was asked for before; where less fits, whole packagings of it."""
    most = min(free, room, lacking)
    return most if most in (free, lacking) else most // case * case


def _amount(free: int, room: int, lacking: int, fill: bool, case: int, *, whole_unit: bool) -> int:
    """How much of one source: a whole handling unit, else whole packagings, loose pieces only when nothing else serves."""
    most = min(free, room)
    if fill:
        if whole_unit and free <= room:
            return free
        whole = most // case * case
        if whole:
            return whole
        if free <= room:
            return free  # a rest smaller than a packaging, and it is the oldest
        return max(0, min(lacking, most)) if lacking > 0 else 0
    up = -(-lacking // case) * case
    if up <= most:
        return up
    if free <= lacking and free <= room:
        return free
    return min(lacking, free) if min(lacking, free) <= room else most // case * case


# -- the days ahead ------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Expected:
    """How many pieces will probably be asked of a face within the horizon, and what that is reckoned from."""

    usual: int
    """What such days took from it over the last weeks, on average."""
    known: int
    """What orders ask that are due by then and not released yet."""
    due_at: dt.datetime | None = None
    """When the first of them is due."""

    def more_than(self, released: int) -> int:
        """What is still to come beyond what released orders ask: a usual day's released part is not counted twice; and orders that are
        known are a part of a usual day, so the larger of both counts."""
        return max(self.known, self.usual - released, 0)


def usual(picked: Mapping[dt.date, int], start: dt.datetime, hours: int, weeks: int) -> int:
    """How many pieces a face gives from `start` for so many hours, if the days are like those of the same weekday over the last weeks:
    the average of each weekday, by the part of the day that lies ahead; rounded up. `start` is on the house's clock, and so are the days.
    """
    end = start + dt.timedelta(hours=hours)
    shares: dict[dt.date, int] = {}
    at = start
    while at < end:
        midnight = dt.datetime.combine(at.date() + dt.timedelta(days=1), dt.time(), at.tzinfo)
        until = min(midnight, end)
        shares[at.date()] = int((until - at).total_seconds())
        at = until
    total = 0
    for day, seconds in shares.items():
        alike = sum(picked.get(day - dt.timedelta(weeks=back), 0) for back in range(1, weeks + 1))
        total += alike * seconds
    return -(-total // (weeks * 86_400)) if weeks else 0
