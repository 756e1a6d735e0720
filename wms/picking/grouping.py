"""Goods are dealt out to carts and lists by the method, each list in walking order: goods and floor in, lists out. Asks nobody.

A trip is what one cart fetches: one list, or in a relay one list for each zone that the cart passes, each after the one before.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from wms.db import fold
from wms.i18n import T, Text
from wms.picking import pace
from wms.picking.goods import Goods
from wms.picking.models import Method
from wms.routing import heuristics
from wms.routing import wave as routing
from wms.routing.batching import Limits
from wms.routing.floor import Floor, Point
from wms.routing.plan import Method as Found
from wms.routing.plan import plan

NO_LIMIT = 10**12
WALK_MS = 5.0  # for a walk that must be searched while others wait
# In a relay one cart passes all zones, so what goes on it is chosen as for a cluster.
_METHODS = {Method.SINGLE: routing.Method.SINGLE, Method.BATCH: routing.Method.BATCH}


@dataclass(frozen=True, slots=True)
class Room:
    """What one trip takes: the limits of its cart, and how many orders. What is not said does not limit."""

    cart_id: int | None = None
    positions: int | None = None
    tote_weight_grams: int | None = None
    tote_volume_cm3: int | None = None
    max_weight_grams: int | None = None
    orders: int | None = None

    @property
    def cart(self) -> routing.Cart:
        """The same for dealing out."""
        volume = self.positions * self.tote_volume_cm3 if self.positions and self.tote_volume_cm3 else None
        return routing.Cart(
            self.positions or NO_LIMIT,
            self.tote_weight_grams or NO_LIMIT,
            self.tote_volume_cm3 or NO_LIMIT,
            self.max_weight_grams or NO_LIMIT,
            volume or NO_LIMIT,
            orders=self.orders or NO_LIMIT,
        )


@dataclass(frozen=True, slots=True)
class Grounds:
    """The floor, and where walks begin and end: zone by zone, where it is said."""

    floor: Floor
    start: Point
    floors: Mapping[str, Floor] = field(default_factory=dict)
    starts: Mapping[str, Point] = field(default_factory=dict)

    def floor_of(self, zone: str | None) -> Floor:
        """The floor of a zone."""
        return self.floors.get(fold(zone or ""), self.floor)

    def start_of(self, zone: str | None) -> Point:
        """Where the walks of a zone begin and end."""
        return self.starts.get(fold(zone or ""), self.start)


@dataclass(frozen=True, slots=True)
class Walk:
    """A list: its goods in walking order, and its millimetres as planned, at the shortest (where that is proved), in an S, by name."""

    goods: tuple[Goods, ...]
    method: Method
    zone: str | None
    planned_mm: int
    shortest_mm: int | None
    s_shape_mm: int
    by_name_mm: int

    @property
    def orders(self) -> tuple[int, ...]:
        """The orders on it."""
        return tuple(dict.fromkeys(one.order_id for one in self.goods))

    @property
    def pieces(self) -> int:
        """How many pieces are picked on it."""
        return sum(one.chosen.quantity for one in self.goods)

    @property
    def seconds(self) -> int:
        """How long it takes; a whole pallet is one piece."""
        handled = 1 if self.method is Method.PALLET else sum(one.handled for one in self.goods)
        return pace.seconds(self.planned_mm, len(self.goods), handled)


@dataclass(frozen=True, slots=True)
class Trip:
    """What one cart fetches."""

    walks: tuple[Walk, ...]

    @property
    def goods(self) -> list[Goods]:
        """Everything on it."""
        return [one for walk in self.walks for one in walk.goods]

    @property
    def is_pallet(self) -> bool:
        """Whether it is a whole pallet."""
        return self.walks[0].method is Method.PALLET


@dataclass(frozen=True, slots=True)
class Dealt:
    """All trips, and how far one would walk with the orders as they come, in S-shapes."""

    trips: tuple[Trip, ...]
    first_come_mm: int


def deal_out(goods: Sequence[Goods], method: Method, room: Room, grounds: Grounds, limits: Limits) -> Dealt:
    """The trips of a wave, as short as the limits allow; with no rounds at all, carts are filled as the orders come."""
    if not goods:
        return Dealt((), 0)
    places = {one.place.id: one.place for one in goods}
    ground = routing.Ground(
        grounds.floor, {key: one.point for key, one in places.items()}, {key: one.code for key, one in places.items()}, grounds.start
    )
    found = routing.split([one.line for one in goods], _METHODS.get(method, routing.Method.CLUSTER), room.cart, ground, limits)
    trips = []
    for one in found.lists:
        mine: list[Goods] = [line.id for line in one.lines]  # type: ignore[misc]
        if one.is_pallet or method is Method.ZONE:
            trips.append(trip_of(mine, method, grounds))
        else:
            shortest = one.length if one.tour.method is Found.EXACT else None
            trips.append(Trip((Walk(tuple(mine), method, None, one.length, shortest, one.s_shape, one.by_name),)))
    return Dealt(tuple(trips), found.first_come)


def fits(goods: Sequence[Goods], method: Method, room: Room) -> bool:
    """Whether one trip takes all of it."""
    return routing.goes_on_one([one.line for one in goods], _METHODS.get(method, routing.Method.CLUSTER), room.cart)


def exceeding(goods: Iterable[Goods], method: Method, room: Room) -> int:
    """How many lines are more than one tote of the cart takes; where goods are sorted afterwards, more than the whole cart."""
    loose = [one for one in goods if not one.full_pallet]
    if method is Method.BATCH:
        return sum(not fits([one], method, room) for one in loose)
    grams, cm3 = room.tote_weight_grams or NO_LIMIT, room.tote_volume_cm3 or NO_LIMIT
    return sum(one.weight_grams > grams or one.volume_cm3 > cm3 for one in loose)


def exceeding_in_words(count: int, method: Method) -> Text:
    """The same as a sentence."""
    if method is Method.BATCH:
        return T("{n} {n:line exceeds/lines exceed} the cart", "{n} 行超出拣货车的限重或容积", n=count)
    return T("{n} {n:line exceeds/lines exceed} the cart's tote", "{n} 行超出拣货车料箱的限重或容积", n=count)


def trip_of(goods: Sequence[Goods], method: Method, grounds: Grounds) -> Trip:
    """One trip with these goods, walked anew."""
    if all(one.full_pallet for one in goods):
        return Trip((walk_of(goods, Method.PALLET, goods[0].place.zone, grounds),))
    whole = walk_of(goods, method, None, grounds)
    if method is not Method.ZONE:
        return Trip((whole,))
    zones = dict.fromkeys(one.place.zone for one in whole.goods)  # as the walk through all of them comes to them
    return Trip(tuple(walk_of([one for one in goods if one.place.zone == zone], method, zone, grounds) for zone in zones))


def walk_of(goods: Sequence[Goods], method: Method, zone: str | None, grounds: Grounds) -> Walk:
    """These goods in walking order."""
    places = sorted({one.place.id: one.place for one in goods}.values(), key=lambda one: one.code)
    points, start, floor = [one.point for one in places], grounds.start_of(zone), grounds.floor_of(zone)
    tour = plan(points, floor, start, budget_ms=WALK_MS)

    def length(sequence: Iterable[int]) -> int:
        return floor.length([start, *(points[at] for at in sequence), start])

    turn = {places[at].id: number for number, at in enumerate(tour.sequence)}
    shortest = tour.length if tour.method is Found.EXACT else None
    s_shape = length(heuristics.s_shape(points, floor, start))
    by_name = length(heuristics.by_name([one.code for one in places]))
    return Walk(tuple(sorted(goods, key=lambda one: turn[one.place.id])), method, zone, tour.length, shortest, s_shape, by_name)


def as_advised(goods: Sequence[Goods], trips: Sequence[Trip], method: Method, room: Room, grounds: Grounds) -> list[Trip]:
    """The goods on the trips they were advised for. An order whose goods lie elsewhere now stays on its trip where there is room; what
    differs otherwise is dealt out as it comes. Every piece of goods is on exactly one trip."""
    trip_at = {one.key: number for number, trip in enumerate(trips) for one in trip.goods}
    advised = _by_order(one for trip in trips for one in trip.goods)
    on: list[list[Goods]] = [[] for _ in trips]
    moved: list[list[list[Goods]]] = [[] for _ in trips]
    rest: list[Goods] = []
    for order, mine in _by_order(goods).items():
        before = advised.get(order, [])
        if _same(mine, before):
            for one in mine:
                on[trip_at[one.key]].append(one)
            continue
        rest += [one for one in mine if one.full_pallet]
        loose = [one for one in mine if not one.full_pallet]
        home = {trip_at[one.key] for one in before if not one.full_pallet}
        if loose and len(home) == 1:
            moved[home.pop()].append(loose)
        else:
            rest += loose
    kept: list[Trip] = []
    for trip, mine, others in zip(trips, on, moved, strict=True):
        for loose in others:
            if fits([*mine, *loose], method, room):
                mine += loose
            else:
                rest += loose
        if mine:
            kept.append(_refreshed(trip, mine) if _same(mine, trip.goods) else trip_of(mine, method, grounds))
    return [*kept, *deal_out(rest, method, room, grounds, Limits(rounds=0)).trips]


def _by_order(goods: Iterable[Goods]) -> dict[int, list[Goods]]:
    found: dict[int, list[Goods]] = {}
    for one in goods:
        found.setdefault(one.order_id, []).append(one)
    return found


def _same(goods: Iterable[Goods], others: Iterable[Goods]) -> bool:
    def print_of(many: Iterable[Goods]) -> list[tuple[tuple[int, int], int, int, bool]]:
        return sorted((one.key, one.chosen.quantity, one.place.id, one.full_pallet) for one in many)

    return print_of(goods) == print_of(others)


def _refreshed(trip: Trip, goods: Sequence[Goods]) -> Trip:
    """The trip as it was, with the claims that its goods have now."""
    now = {(one.key, one.chosen.quantity): one for one in goods}
    return Trip(tuple(replace(walk, goods=tuple(now[one.key, one.chosen.quantity] for one in walk.goods)) for walk in trip.walks))
