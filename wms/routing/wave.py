"""A wave's lines are dealt out to lists by the method of picking, each list in walking order: lines, cart and floor in, lists out.

- single: every order walks alone;
- batch: several orders at once, sorted afterwards; the cart is full when its weight, volume, lines or orders are;
- cluster: several orders at once, each in totes of its own; the cart is full when its positions are, too;
- zone: every zone picks its part of the orders, as a cluster.

A full pallet is fetched alone, whatever the method. An order that is too much for one cart goes on several: it is parted along its walk.
Where the shortest walk cannot be reckoned (one-way aisles, stops on open ground), batches are compared as if it could, or by rough walks.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import Enum
from functools import cached_property
from typing import TypeVar

from wms.routing import batching, heuristics, local
from wms.routing.batching import Limits
from wms.routing.exact import Router
from wms.routing.floor import Floor, Point
from wms.routing.lengths import Lengths
from wms.routing.plan import Tour, plan
from wms.routing.sketch import Sketch

_NO_LIMIT = 10**12
_WALKS_SHARE = 0.1  # of the time, for the walks of the lists where they have to be searched
_MS = 1000
_K = TypeVar("_K", bound=Hashable)


class Method(Enum):
    """How the orders of a wave are picked."""

    SINGLE = "single"
    BATCH = "batch"
    CLUSTER = "cluster"
    ZONE = "zone"


@dataclass(frozen=True, slots=True)
class Line:
    """Goods to fetch from one place for one order."""

    id: Hashable
    order: Hashable
    place: Hashable
    weight_grams: int = 0
    volume_cm3: int = 0
    zone: str | None = None
    full_pallet: bool = False


@dataclass(frozen=True, slots=True)
class Cart:
    """What one walk can take. What is not said does not limit. `positions` are the totes of a cluster cart."""

    positions: int = 1
    tote_weight_grams: int = _NO_LIMIT
    tote_volume_cm3: int = _NO_LIMIT
    weight_grams: int = _NO_LIMIT
    volume_cm3: int = _NO_LIMIT
    lines: int = _NO_LIMIT
    orders: int = _NO_LIMIT


@dataclass(frozen=True)
class Ground:
    """Where it is walked: the floor, where each place is and what it is called, where walks begin and end (zone by zone, if it differs)."""

    floor: Floor
    places: Mapping[Hashable, Point]
    names: Mapping[Hashable, str]
    start: Point
    starts: Mapping[str, Point] = field(default_factory=dict)

    def start_of(self, zone: str | None) -> Point:
        """Where the walks of a zone begin and end."""
        return self.start if zone is None else self.starts.get(zone, self.start)


@dataclass(frozen=True, slots=True)
class PickWalk:
    """One list: its lines in walking order, how many totes each of its orders takes, and the millimetres of its walk: as planned, in
    S-shape, and in the order of the names of the places."""

    lines: tuple[Line, ...]
    totes: Mapping[Hashable, int]
    zone: str | None
    is_pallet: bool
    tour: Tour
    s_shape: int
    by_name: int

    @property
    def orders(self) -> tuple[Hashable, ...]:
        """The orders on it."""
        return tuple(self.totes)

    @property
    def length(self) -> int:
        """Its millimetres as planned."""
        return self.tour.length


@dataclass(frozen=True)
class WavePlan:
    """All lists of a wave, and how far one would walk if orders were taken as they come, in S-shapes."""

    lists: tuple[PickWalk, ...]
    first_come: int

    @cached_property
    def length(self) -> int:
        """Millimetres of all walks as planned."""
        return sum(one.length for one in self.lists)

    @cached_property
    def s_shape(self) -> int:
        """The same lists in S-shapes."""
        return sum(one.s_shape for one in self.lists)

    @cached_property
    def by_name(self) -> int:
        """The same lists by name."""
        return sum(one.by_name for one in self.lists)


@dataclass(frozen=True, slots=True)
class _Part:
    """What one cart fetches of one order, in one zone."""

    order: Hashable
    lines: tuple[Line, ...]
    totes: int


def split(lines: Sequence[Line], method: Method, cart: Cart, ground: Ground, limits: Limits, *, seed: int = 1) -> WavePlan:
    """The lists of a wave. `limits` are for the whole wave: every part of it gets its share by its number of orders."""
    pallets = [line for line in lines if line.full_pallet]
    loose = [line for line in lines if not line.full_pallet]
    lists = [
        _walk([_Part(line.order, (line,), 0)], line.zone if method is Method.ZONE else None, ground, 0.0, is_pallet=True)
        for line in pallets
    ]
    first_come = sum(one.s_shape for one in lists)
    by_zone = _grouped(loose, lambda line: line.zone if method is Method.ZONE else None)
    work = [(zone, _parts(zone, mine, method, cart, ground)) for zone, mine in by_zone.items()]
    budget = _Budget(limits, [len(parts) for _, parts in work])
    for zone, parts in work:
        sets, simple = _sets(zone, parts, method, cart, ground, budget, seed)
        walk_ms = budget.walk_ms(len(sets))
        lists += [_walk(chosen, zone, ground, walk_ms) for chosen in sets]
        first_come += sum(_s_shape(_places(_lines(chosen)), zone, ground) for chosen in simple)
    return WavePlan(tuple(lists), first_come)


def goes_on_one(lines: Sequence[Line], method: Method, cart: Cart) -> bool:
    """Whether one walk takes all of this: orders side by side, each in totes of its own."""
    loads = [_load(_Part(order, tuple(mine), _totes(mine, cart)), method) for order, mine in _grouped(lines, lambda one: one.order).items()]
    return all(sum(load) <= most for load, most in zip(zip(*loads, strict=True), _capacity(method, cart), strict=False))


# -- what goes together ------------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class _Budget:
    """The time and the rounds of a wave, dealt out to its zones."""

    limits: Limits
    sizes: list[int]
    _done: int = 0

    def __post_init__(self) -> None:
        self.limits.begin()

    def next(self) -> Limits:
        """What the next zone gets of what is left."""
        size, left = self.sizes[self._done], sum(self.sizes[self._done :])
        self._done += 1
        share = size / left if left else 1.0
        limits = self.limits
        seconds = None if limits.seconds is None else limits.seconds * (1 - _WALKS_SHARE) * max(0.0, 1 - limits.spent(0)) * share
        whole = sum(self.sizes) or 1
        return replace(limits, seconds=seconds, rounds=None if limits.rounds is None else limits.rounds * size // whole)

    def walk_ms(self, walks: int) -> float:
        """How long one walk may be searched for."""
        seconds = self.limits.seconds
        return 5.0 if seconds is None else min(50.0, _MS * seconds * _WALKS_SHARE / max(1, walks))


def _sets(
    zone: str | None, parts: Sequence[_Part], method: Method, cart: Cart, ground: Ground, budget: _Budget, seed: int
) -> tuple[list[list[_Part]], list[list[_Part]]]:
    """Which parts go on one cart, and which would if they were taken as they come."""
    limits = budget.next()
    if method is Method.SINGLE:
        alone = [[part] for part in parts]
        return alone, alone
    capacity = _capacity(method, cart)
    places = {place: ground.places[place] for part in parts for place in _places(part.lines)}
    lengths = _lengths(ground.floor, ground.start_of(zone), places)
    orders = [batching.Order(frozenset(_places(part.lines)), _load(part, method)) for part in parts]
    found = batching.plan(orders, capacity, lengths, limits, seed=seed)
    simple = batching.first_come(orders, capacity)
    return [[parts[number] for number in batch] for batch in found.batches], [[parts[number] for number in batch] for batch in simple]


def _capacity(method: Method, cart: Cart) -> tuple[int, ...]:
    positions = _NO_LIMIT if method is Method.BATCH else cart.positions
    return (positions, cart.weight_grams, cart.volume_cm3, cart.lines, cart.orders)


def _load(part: _Part, method: Method) -> tuple[int, ...]:
    lines = part.lines
    weight, volume = sum(line.weight_grams for line in lines), sum(line.volume_cm3 for line in lines)
    return (0 if method is Method.BATCH else part.totes, weight, volume, len(lines), 1)


def _lengths(floor: Floor, start: Point, places: Mapping[Hashable, Point]) -> batching.Lengths:
    """What batches are compared by: the shortest walks, where they can be reckoned; else as if all aisles were free; else rough walks."""
    points = list(places.values())
    for reckoned in (floor, Floor(floor.crossings, floor.along_x, floor.lines)):
        if Router(reckoned, start).covers(points):
            return Lengths(reckoned, start, places)
    return _Rough(floor, start, places)


class _Rough:
    """Walks from one nearest stop to the next."""

    def __init__(self, floor: Floor, start: Point, places: Mapping[Hashable, Point]) -> None:
        self.sketch = Sketch(floor, start, places)
        self._at = {place: number for number, place in enumerate(places)}
        self._table = floor.table([*places.values(), start])

    def within(self, stops: Iterable[Hashable], most: int) -> int | None:
        """Millimetres of such a walk, if they are less than `most`."""
        chosen = [*sorted(self._at[stop] for stop in stops), len(self._at), len(self._at)]
        table = [[self._table[a][b] for b in chosen] for a in chosen]
        length = local.length(table, local.nearest(table))
        return length if length < most else None


# -- orders that are too much for one cart -----------------------------------------------------------------------------------


def _parts(zone: str | None, lines: Sequence[Line], method: Method, cart: Cart, ground: Ground) -> list[_Part]:
    """Each order, parted where one cart does not take it."""
    parts = []
    for order, mine in _grouped(lines, lambda line: line.order).items():
        whole = _Part(order, tuple(mine), _totes(mine, cart))
        parts += [whole] if _fits(whole, method, cart) else _parted(whole, zone, method, cart, ground)
    return parts


def _fits(part: _Part, method: Method, cart: Cart) -> bool:
    return all(load <= most for load, most in zip(_load(part, method), _capacity(method, cart), strict=True))


def _parted(whole: _Part, zone: str | None, method: Method, cart: Cart, ground: Ground) -> list[_Part]:
    """One cart after the other is filled along the walk through the order. A line that is too much for any cart is left to who picks it."""
    parts: list[_Part] = []
    for line in _in_walking_order(whole.lines, zone, ground, 0.0)[0]:
        more = _part((*parts[-1].lines, line), cart) if parts else None
        if more is not None and _fits(more, method, cart):
            parts[-1] = more
        else:
            parts.append(_part((line,), cart))
    return parts


def _part(lines: tuple[Line, ...], cart: Cart) -> _Part:
    return _Part(lines[0].order, lines, _totes(lines, cart))


def _totes(lines: Sequence[Line], cart: Cart) -> int:
    """How many totes these goods take: the largest line first, each into the first tote with room; what is more than a tote fills
    several."""
    most_grams, most_cm3 = cart.tote_weight_grams, cart.tote_volume_cm3
    room: list[tuple[int, int]] = []
    for line in sorted(lines, key=lambda line: max(line.weight_grams / most_grams, line.volume_cm3 / most_cm3), reverse=True):
        grams, cm3 = line.weight_grams, line.volume_cm3
        while grams > most_grams or cm3 > most_cm3:
            room.append((0, 0))
            fullest = max(grams / most_grams, cm3 / most_cm3)  # as much of it as one tote takes
            grams, cm3 = grams - int(grams / fullest), cm3 - int(cm3 / fullest)
        for tote, (grams_left, cm3_left) in enumerate(room):
            if grams <= grams_left and cm3 <= cm3_left:
                room[tote] = (grams_left - grams, cm3_left - cm3)
                break
        else:
            room.append((most_grams - grams, most_cm3 - cm3))
    return len(room)


# -- one list ----------------------------------------------------------------------------------------------------------------


def _walk(parts: Sequence[_Part], zone: str | None, ground: Ground, budget_ms: float, *, is_pallet: bool = False) -> PickWalk:
    lines, tour = _in_walking_order(_lines(parts), zone, ground, budget_ms)
    totes: dict[Hashable, int] = {}
    for part in parts:
        totes[part.order] = totes.get(part.order, 0) + part.totes
    places = _places(lines)
    names = heuristics.by_name([ground.names[place] for place in places])
    return PickWalk(
        tuple(lines), totes, zone, is_pallet, tour, _s_shape(places, zone, ground), _length([places[at] for at in names], zone, ground)
    )


def _in_walking_order(lines: Sequence[Line], zone: str | None, ground: Ground, budget_ms: float) -> tuple[list[Line], Tour]:
    places = _places(lines)
    tour = plan([ground.places[place] for place in places], ground.floor, ground.start_of(zone), budget_ms=budget_ms)
    turn = {places[at]: number for number, at in enumerate(tour.sequence)}
    return sorted(lines, key=lambda line: turn[line.place]), tour


def _s_shape(places: Sequence[Hashable], zone: str | None, ground: Ground) -> int:
    order = heuristics.s_shape([ground.places[place] for place in places], ground.floor, ground.start_of(zone))
    return _length([places[at] for at in order], zone, ground)


def _length(places: Iterable[Hashable], zone: str | None, ground: Ground) -> int:
    start = ground.start_of(zone)
    return ground.floor.length([start, *(ground.places[place] for place in places), start])


def _lines(parts: Iterable[_Part]) -> list[Line]:
    return [line for part in parts for line in part.lines]


def _places(lines: Iterable[Line]) -> list[Hashable]:
    """The places of these lines, each once."""
    return list(dict.fromkeys(line.place for line in lines))


def _grouped(lines: Iterable[Line], by: Callable[[Line], _K]) -> dict[_K, list[Line]]:
    groups: dict[_K, list[Line]] = {}
    for line in lines:
        groups.setdefault(by(line), []).append(line)
    return groups
