"""Loads built in one action: the orders that are ready, by route and region, on the vehicles there are; shown first, booked as shown."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from wms import clock
from wms.actor import Actor
from wms.catalog.models import Partner, PartnerKind, Temperature
from wms.db import fold, session
from wms.errors import Invalid
from wms.i18n import T
from wms.orders.lines import find_partner
from wms.orders.models import Order
from wms.shipping import carrying, fleet, loads, routes, waiting
from wms.shipping.carrying import Measure
from wms.shipping.loads import Stop
from wms.shipping.models import Load, Route
from wms.shipping.sharing import Filled, Freight, LeftOver, Shared, Truck, share_out

MOST_ORDERS = 2000


class NothingReady(Invalid):
    """No order is ready for a truck under this filter."""

    code = "nothing_ready"
    sentence = T("No order is ready for a truck here", "没有符合条件的待排车订单")


class VehicleTwice(Invalid):
    """A vehicle drives one load at a time."""

    code = "vehicle_twice"
    sentence = T("Vehicle {vehicle} is named twice", "车辆 {vehicle} 重复")


@dataclass(frozen=True)
class Wanted:
    """Which orders are to go, and on what."""

    route: str | None = None
    region: str | None = None
    carrier: str | None = None
    due_before: dt.datetime | None = None
    door: str | None = None
    vehicles: tuple[str, ...] = ()


@dataclass(frozen=True)
class Plan:
    """One load as it is to be planned."""

    stops: tuple[Stop, ...]
    route: str | None = None
    """The code of its route; None where no route goes there."""
    vehicle: str | None = None
    carrier: str | None = None

    @property
    def orders(self) -> tuple[str, ...]:
        """All its orders, in delivery order."""
        return tuple(number for stop in self.stops for number in stop.orders)


@dataclass(frozen=True)
class Proposed:
    """One load as it would be, for people to look at."""

    plan: Plan
    name: str
    """Its route or region."""
    measure: Measure
    figures: tuple[carrying.Figure, ...]
    past: str | None
    """The cut-off of its route, where that has passed today."""


@dataclass(frozen=True)
class Proposal:
    """What would be planned, what is left with why, and which vehicles stay."""

    loads: tuple[Proposed, ...]
    left: tuple[LeftOver, ...]
    unused: tuple[str, ...]


def propose(wanted: Wanted, *, by: Actor) -> Proposal:
    """Looks only. Raises RouteUnknown, PartnerUnknown, VehicleUnknown, VehicleOutOfService, VehicleTwice, NotADoor, NoDoor."""
    if wanted.door:
        loads.door_of(wanted.door, by)
    trucks = _trucks(wanted.vehicles)
    shared = share_out(_freight(wanted, by), trucks)
    return Proposal(_shown(shared), tuple(shared.left), tuple(one.code for one in shared.unused if one.code))


def _trucks(codes: Sequence[str]) -> list[Truck]:
    seen: set[str] = set()
    trucks = []
    for place, code in enumerate(codes):
        vehicle = fleet.named_by(fleet.find_vehicle(code).code)
        assert vehicle is not None
        if vehicle.code_key in seen:
            raise VehicleTwice(pointer=f"/vehicles/{place}", vehicle=vehicle.code)
        seen.add(vehicle.code_key)
        trucks.append(Truck(vehicle.code, fleet.capacity_of(vehicle), vehicle.carrier_id))
    return trucks


def _freight(wanted: Wanted, by: Actor) -> list[Freight]:
    """The orders that are ready, each with where it goes and how much it is."""
    known = routes.Map()
    route = routes.find_route(wanted.route) if wanted.route else None
    query = waiting.to_be_loaded(by).add_columns(Order.carrier_id)
    if wanted.due_before is not None:
        query = query.where(Order.due_at <= wanted.due_before)
    if wanted.carrier:
        query = query.where(Order.carrier_id == find_partner(wanted.carrier, PartnerKind.CARRIER, "/carrier").id)
    rows = session.execute(query.order_by(*waiting.WAITING_SORTS["due"]).limit(MOST_ORDERS)).all()
    where = {row.id: known.of(row.ship_to) for row in rows}
    rows = [row for row in rows if (route is None or where[row.id][0] == route.id) and _of_region(row, wanted.region)]
    ids = [row.id for row in rows]
    measures, cold = carrying.of_orders(ids), _cold(ids)
    return [_one(row, *where[row.id], known, measures.get(row.id, Measure()), frozenset(cold.get(row.id, ()))) for row in rows]


def _cold(order_ids: list[int]) -> dict[int, set[Temperature]]:
    found: dict[int, set[Temperature]] = {}
    for order_id, _, kept in carrying.cold_goods(order_ids):
        found.setdefault(order_id, set()).add(kept)
    return found


def _of_region(row: Any, region: str | None) -> bool:
    return not region or routes.Area(region=region).fits(row.ship_to)


def _one(row: Any, route_id: int | None, area: int, known: routes.Map, measure: Measure, cold: frozenset[Temperature]) -> Freight:
    to = {part: str(row.ship_to.get(part) or "") for part in ("region", "city", "postcode", "street", "name")}
    carrier_id = row.carrier_id or (known.routes[route_id].carrier_id if route_id else None)
    return Freight(
        order_id=row.id,
        number=row.number,
        route_id=route_id,
        region=to["region"] or to["city"],
        carrier_id=carrier_id,
        due_on=clock.local(row.due_at).date() if row.due_at else None,
        priority=row.priority,
        delivery=(area, fold(to["region"]), fold(to["city"]), to["postcode"], fold(to["street"])),
        address=tuple(fold(to[part]) for part in ("region", "city", "postcode", "street", "name")),
        stop=" ".join(to[part] for part in ("city", "name") if to[part]) or row.customer,
        measure=measure,
        cold=cold,
    )


def _shown(shared: Shared) -> tuple[Proposed, ...]:
    known = {route.id: route for route in routes.routes()}
    haulers = {one.id: one.code for one in session.execute(sa.select(Partner).where(Partner.kind == PartnerKind.CARRIER.value)).scalars()}
    return tuple(_proposed(one, known, haulers) for one in shared.filled)


def _proposed(one: Filled, known: dict[int, Any], haulers: dict[int, str]) -> Proposed:
    first = one.freight[0]
    route = known.get(first.route_id or 0)
    carrier_id = first.carrier_id or one.truck.carrier_id
    stops = tuple(Stop(tuple(orders), name) for name, orders in one.stops())
    return Proposed(
        Plan(stops, route.code if route else None, one.truck.code, haulers.get(carrier_id or 0)),
        name=route.name if route else first.region,
        measure=one.measure,
        figures=tuple(carrying.figures(one.truck.capacity, one.measure, Measure())),
        past=route.cut_off if route and _has_passed(route) else None,
    )


def _has_passed(route: Route) -> bool:
    moment = routes.cut_off_on(route, clock.today())
    return moment is not None and moment < clock.now()


def book(plans: Sequence[Plan], *, by: Actor, door: str | None = None) -> list[Load]:
    """Plans these loads as they were shown, all or none. Raises NothingReady, RouteUnknown, and what `plan_load` raises where something has
    changed meanwhile."""
    if not plans:
        raise NothingReady(pointer="/vehicles")
    loads.lock_orders(loads.ids_of([number for one in plans for number in one.orders], (), by))  # all, in one order, before any load
    return [
        loads.plan_load(
            by=by,
            carrier=one.carrier,
            door=door,
            vehicle=one.vehicle,
            stops=one.stops,
            route=routes.find_route(one.route) if one.route else None,
        )
        for one in plans
    ]
