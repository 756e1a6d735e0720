"""Which orders go on which truck, reckoned from plain values: drops to one address together, urgent ones first, large ones before small.

The heuristic, in words. Orders to one address are one drop. Drops of one route and carrier are a group; the group with the most urgent
drop is served first. In a group drops are taken by the day they are due, then priority, then by the share of a truck they fill, the
largest first (first-fit decreasing within one urgency). Each goes on the first truck of the group that still takes it. Where none does,
another truck is taken: the smallest that takes all that is left of the group, else the largest. A drop that no empty truck takes whole is
taken order by order. At last trucks are exchanged for smaller ones that were left over and take the same, and what was left is tried
again. Stops are in delivery order.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from wms.catalog.models import Temperature
from wms.i18n import T, Text
from wms.shipping.carrying import Measure, excess
from wms.shipping.fleet import Capacity


@dataclass(frozen=True)
class Freight:
    """An order that is ready, as a truck sees it."""

    order_id: int
    number: str
    route_id: int | None
    region: str
    """Where no route goes, orders of one region go together."""
    carrier_id: int | None
    due_on: dt.date | None
    priority: int
    delivery: tuple[object, ...]
    """Orders are delivered in the order of this."""
    address: tuple[str, ...]
    """Orders with the same one are one stop."""
    stop: str
    measure: Measure
    cold: frozenset[Temperature] = frozenset()

    @property
    def group(self) -> tuple[int, str, int]:
        """Orders that may go on one truck."""
        return (self.route_id or 0, "" if self.route_id else self.region, self.carrier_id or 0)


@dataclass(frozen=True)
class Truck:
    """A vehicle that may be loaded, or (without one) a load of which nothing is said."""

    code: str | None
    capacity: Capacity
    carrier_id: int | None = None

    @property
    def size(self) -> tuple[float, float, float]:
        """How large it is; what is not said has no end."""
        most = (self.capacity.max_weight_grams, self.capacity.max_volume_cm3, self.capacity.pallet_places)
        return tuple(float("inf") if one is None else float(one) for one in most)  # type: ignore[return-value]

    def keeps(self, freight: Freight) -> bool:
        """Whether it is kept as the goods are."""
        return self.capacity.temperature is None or all(one == self.capacity.temperature for one in freight.cold)

    def serves(self, freight: Freight) -> bool:
        """Whether its carrier may drive it."""
        return self.carrier_id is None or freight.carrier_id in (None, self.carrier_id)


@dataclass
class Filled:
    """A truck with what goes on it."""

    truck: Truck
    freight: list[Freight] = field(default_factory=list)

    @property
    def measure(self) -> Measure:
        """All that is on it."""
        return sum((one.measure for one in self.freight), Measure())

    def takes(self, more: Sequence[Freight]) -> bool:
        """Whether these fit too."""
        fits = all(self.truck.keeps(one) and self.truck.serves(one) for one in more)
        return fits and excess(self.truck.capacity, sum((one.measure for one in more), self.measure)) is None

    def stops(self) -> list[tuple[str, list[str]]]:
        """(name, orders) of each stop, in delivery order."""
        found: dict[tuple[str, ...], tuple[str, list[str]]] = {}
        for one in sorted(self.freight, key=lambda one: (one.delivery, one.address, one.order_id)):
            found.setdefault(one.address, (one.stop, []))[1].append(one.number)
        return list(found.values())


@dataclass(frozen=True)
class LeftOver:
    """An order that goes on none of the trucks, and why."""

    freight: Freight
    why: Text


@dataclass(frozen=True)
class Shared:
    """The trucks that are loaded, and what is left."""

    filled: list[Filled]
    left: list[LeftOver]
    unused: list[Truck]


_NO_TRUCK = T("The chosen trucks are full or go elsewhere", "所选车辆已装满或去往其他线路")
_TOO_MUCH = T("More than any of these trucks takes: {figure}", "超出所选车辆的装载能力：{figure}")
_TOO_WARM = T("None of these trucks is kept {cold}", "所选车辆中没有{cold}车")
_NOT_THEIRS = T("None of these trucks is its carrier's", "所选车辆都不属于其承运商")


def share_out(freight: Iterable[Freight], trucks: Sequence[Truck]) -> Shared:
    """Shares orders out among trucks; without trucks, one load without limits for each group."""
    groups: dict[tuple[int, str, int], list[Freight]] = {}
    for one in freight:
        groups.setdefault(one.group, []).append(one)
    in_turn = sorted(groups.values(), key=lambda group: min(_urgency(one) for one in group))
    if not trucks:
        return Shared([Filled(Truck(None, Capacity()), group) for group in in_turn], [], [])
    free: list[Truck] = list(trucks)
    filled: list[Filled] = []
    left: list[Freight] = []
    for group in in_turn:
        left += _fill(group, filled, free)
    for loaded in filled:
        _take_a_smaller(loaded, free)
    again: dict[tuple[int, str, int], list[Freight]] = {}
    for each in left:  # a larger truck may have been left over now
        again.setdefault(each.group, []).append(each)
    left = [each for group in again.values() for each in _fill(group, filled, free)]
    return Shared(filled, [LeftOver(one, _why(one, trucks)) for one in left], free)


def _urgency(one: Freight) -> tuple[dt.date, int]:
    return (one.due_on or dt.date.max, -one.priority)


def _fill(group: Sequence[Freight], filled: list[Filled], free: list[Truck]) -> list[Freight]:
    """Puts a group on its trucks, and on further ones that are free; what does not fit."""
    drops = _drops(group, [*free, *(one.truck for one in filled)])
    taken = [one for one in filled if one.freight[0].group == group[0].group]
    left: list[Freight] = []
    while drops:
        drop = drops.pop(0)
        home = next((one for one in taken if one.takes(drop)), None)
        if home is None and (truck := _another(drop, drops, free)) is not None:
            home = Filled(truck)
            taken.append(home)
            filled.append(home)
            free.remove(truck)
        if home is not None:
            home.freight += drop
        elif len(drop) > 1:  # not whole: order by order, at once
            drops = [[one] for one in drop] + drops
        else:
            left += drop
    return left


def _drops(group: Sequence[Freight], trucks: Sequence[Truck]) -> list[list[Freight]]:
    """The group's orders by address, in the turn in which they are put on trucks."""
    by_address: dict[tuple[str, ...], list[Freight]] = {}
    for one in sorted(group, key=lambda one: (*_urgency(one), one.order_id)):
        by_address.setdefault(one.address, []).append(one)
    largest = [max((truck.size[which] for truck in trucks), default=0.0) for which in range(3)]
    return sorted(by_address.values(), key=lambda drop: (min(_urgency(one) for one in drop), -_part(drop, largest), drop[0].order_id))


def _part(drop: Sequence[Freight], largest: Sequence[float]) -> float:
    """Which part of the largest truck it fills, in the measure that fills first."""
    all_of_it = sum((one.measure for one in drop), Measure())
    has = (all_of_it.weight_grams, all_of_it.volume_cm3, all_of_it.pallets)
    return max(one / most if most else 0.0 for one, most in zip(has, largest, strict=True))


def _another(drop: Sequence[Freight], more: Sequence[Sequence[Freight]], free: Sequence[Truck]) -> Truck | None:
    """The smallest truck that takes all that is left of the group, else the largest that takes the drop."""
    fitting = sorted((truck for truck in free if Filled(truck).takes(drop)), key=lambda truck: truck.size)
    everything = [*drop, *(one for others in more for one in others)]
    whole = next((truck for truck in fitting if Filled(truck).takes(everything)), None)
    return whole or (fitting[-1] if fitting else None)


def _take_a_smaller(one: Filled, free: list[Truck]) -> None:
    smaller = sorted((truck for truck in free if truck.size < one.truck.size), key=lambda truck: truck.size)
    better = next((truck for truck in smaller if Filled(truck).takes(one.freight)), None)
    if better is not None:
        free.remove(better)
        free.append(one.truck)
        one.truck = better


def _why(one: Freight, trucks: Sequence[Truck]) -> Text:
    """Why none of the trucks takes an order."""
    if any(Filled(truck).takes([one]) for truck in trucks):
        return _NO_TRUCK
    its_own = [truck for truck in trucks if truck.serves(one)]
    if not its_own:
        return _NOT_THEIRS
    cold_enough = [truck for truck in its_own if truck.keeps(one)]
    if not cold_enough:
        return _TOO_WARM.with_facts(cold=next(iter(sorted(one.cold))).text)
    largest = max(cold_enough, key=lambda truck: truck.size)
    figure = excess(largest.capacity, one.measure)
    return _TOO_MUCH.with_facts(figure=figure) if figure else _NO_TRUCK
