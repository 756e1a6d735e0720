"""Loads and shipments over the API."""

from __future__ import annotations

import datetime as dt

from pydantic import Field

from wms.actor import Actor, Permission
from wms.auth.current import actor
from wms.shipping import changes, closing, history, loads, queries, shipments
from wms.shipping.loads import Stop
from wms.shipping.models import Load, LoadStatus
from wms.stock.models import UnitKind
from wms.web.api import Answer, Api, Body, Code, Items, Paging, Words, page

api = Api("shipping")


class StopIn(Body):
    """A place where the vehicle is unloaded; stops are given in delivery order."""

    name: Words | None = None
    orders: list[Code] = Field(min_length=1, max_length=1000)


class LoadIn(Body):
    """A vehicle and what goes on it. Orders that no stop names are delivered after the named stops, in the order given."""

    site: Code | None = None
    carrier: Code | None = None
    door: Code | None = None
    vehicle: Code | None = None
    plate: str | None = Field(default=None, max_length=40)
    driver: Code | None = None
    orders: list[Code] = Field(default=[], max_length=1000)
    stops: list[StopIn] = Field(default=[], max_length=200)


class CloseIn(Body):
    """A reason releases what is missing; only a supervisor's does."""

    seal: str | None = Field(default=None, max_length=60)
    reason: Words | None = None


class LoadUnitOut(Answer):
    """A unit that is on board, or should be; in loading order."""

    handling_unit: str
    order: str
    stop: int
    loaded_at: dt.datetime | None
    location: str
    weight_grams: int | None


class StopOut(Answer):
    """A stop, counted from 1 in delivery order."""

    stop: int
    name: str
    orders: list[str]


class LoadOut(Answer):
    """A load."""

    number: str
    status: LoadStatus
    carrier: str | None
    door: str
    vehicle: str | None
    plate: str | None
    driver: str | None
    seal: str | None
    gate_pass: str | None
    held_at_gate: str | None
    """Why the guard stopped it, until dispatch has answered."""
    orders: list[str]
    stops: list[StopOut]
    units: list[LoadUnitOut]
    created_at: dt.datetime
    closed_at: dt.datetime | None
    left_at: dt.datetime | None


class LoadsQuery(Paging):
    """Which loads."""

    status: LoadStatus | None = None


class LoadSummary(Answer):
    """A load in a list."""

    number: str
    status: LoadStatus
    carrier: str | None
    door: str
    plate: str | None
    gate_pass: str | None
    orders: int
    loaded: int
    units: int
    left_at: dt.datetime | None


class ContentOut(Answer):
    """So many of one lot, for one line of the order."""

    line: str
    sku: str
    lot: str
    expires_on: dt.date | None
    quantity: int
    weight_grams: int | None
    """What they weighed when they were picked, where the product is sold by weight."""


class ParcelOut(Answer):
    """A carton or pallet."""

    handling_unit: str
    sscc: str
    kind: UnitKind
    location: str
    weight_grams: int | None
    closed_at: dt.datetime | None
    loaded_at: dt.datetime | None
    contents: list[ContentOut]


class ShipmentOut(Answer):
    """One order's goods leaving together."""

    number: str
    order: str
    customer: str
    carrier: str | None
    tracking: str | None
    load: str | None
    stop: int | None
    packed_at: dt.datetime | None
    left_at: dt.datetime | None
    signed_by: str | None
    signed_at: dt.datetime | None
    parcels: list[ParcelOut]


def shown(load: Load, who: Actor) -> LoadOut:
    """The load as the API answers it."""
    view = queries.load_view(load, who)
    served = {stop: [one.order for one in view.shipments if one.stop == stop] for stop in range(1, len(view.stops) + 1)}
    held = history.held_at_gate([load.id]).get(load.id) if view.status is LoadStatus.CLOSED else None
    return LoadOut(
        number=view.number,
        status=view.status,
        carrier=view.carrier,
        door=view.door,
        vehicle=view.vehicle,
        plate=view.plate,
        driver=view.driver,
        seal=view.seal,
        gate_pass=view.gate_pass,
        held_at_gate=held.reason if held else None,
        orders=[one.order for one in view.shipments],
        stops=[StopOut(stop=stop, name=view.stop_name(stop), orders=orders) for stop, orders in served.items() if orders],
        units=[
            LoadUnitOut(
                handling_unit=unit.code,
                order=unit.order,
                stop=unit.stop,
                loaded_at=unit.loaded_at,
                location=unit.location,
                weight_grams=unit.weight_grams,
            )
            for unit in view.units
        ],
        created_at=view.created_at,
        closed_at=view.closed_at,
        left_at=view.left_at,
    )


@api.post("/loads", Permission.PLAN_WORK, body=LoadIn, answer=LoadOut, status=201)
def plan(body: LoadIn) -> LoadOut:
    """Plans a load of picked or packed orders."""
    who = actor()
    load = loads.plan_load(
        body.orders,
        by=who,
        carrier=body.carrier,
        door=body.door,
        vehicle=body.vehicle,
        plate=body.plate,
        driver=body.driver,
        stops=[Stop(tuple(stop.orders), stop.name) for stop in body.stops],
    )
    return shown(load, who)


@api.put("/loads/<path:number>", Permission.PLAN_WORK, body=LoadIn, answer=LoadOut)
def replace(number: str, body: LoadIn) -> LoadOut:
    """Replaces a load that has not left: its truck, what goes on it and in which order it is delivered.

    Fields that are left out are taken as not said, as when it was planned; without `door` it stays where it is. Of a closed load only
    carrier, vehicle, plate and driver may change, and its gate pass stays good. Loads are numbered by the house: a number that is not
    known is not found.
    """
    who = actor()
    load = changes.replace(
        loads.find(number, by=who).id,
        body.orders,
        by=who,
        carrier=body.carrier,
        door=body.door,
        vehicle=body.vehicle,
        plate=body.plate,
        driver=body.driver,
        stops=[Stop(tuple(stop.orders), stop.name) for stop in body.stops],
    )
    return shown(load, who)


@api.get("/loads", Permission.LOAD, query=LoadsQuery, answer=Items[LoadSummary])
def listing(query: LoadsQuery) -> Items[LoadSummary]:
    """The loads, oldest first."""
    rows = queries.loads_shown(actor(), after=query.after, limit=query.limit + 1, status=query.status)
    return page(
        rows,
        query,
        by_id=lambda row: row.id,
        show=lambda row: LoadSummary(
            number=row.number,
            status=row.status,
            carrier=row.carrier,
            door=row.door,
            plate=row.plate,
            gate_pass=row.gate_pass,
            orders=row.orders,
            loaded=row.loaded,
            units=row.units,
            left_at=row.left_at,
        ),
    )


@api.get("/loads/<path:number>", Permission.SEE_ORDERS, answer=LoadOut)
def one_load(number: str) -> LoadOut:
    """A load with its units, in loading order: what is delivered last comes first."""
    who = actor()
    return shown(loads.find(number, by=who), who)


@api.post("/loads/<path:number>/close", Permission.LOAD, body=CloseIn, answer=LoadOut)
def close(number: str, body: CloseIn) -> LoadOut:
    """Closes the load and issues its gate pass; with a supervisor's reason although something is missing."""
    who = actor()
    load = closing.close_load(loads.find(number, by=who).id, by=who, seal=body.seal, reason=body.reason)
    return shown(load, who)


@api.get("/shipments/<path:number>", Permission.SEE_ORDERS, answer=ShipmentOut)
def one_shipment(number: str) -> ShipmentOut:
    """A shipment with its parcels and what is in them."""
    who = actor()
    one = queries.shipments(who, ids=[shipments.find(number, by=who).id])[0]
    return ShipmentOut(
        number=one.number,
        order=one.order,
        customer=one.customer,
        carrier=one.carrier,
        tracking=one.tracking,
        load=one.load,
        stop=one.stop,
        packed_at=one.packed_at,
        left_at=one.left_at,
        signed_by=one.signed_by,
        signed_at=one.signed_at,
        parcels=[
            ParcelOut(
                handling_unit=parcel.code,
                sscc=parcel.code,
                kind=parcel.kind,
                location=parcel.location,
                weight_grams=parcel.weight_grams,
                closed_at=parcel.closed_at,
                loaded_at=parcel.loaded_at,
                contents=[
                    ContentOut(
                        line=item.line,
                        sku=item.sku,
                        lot=item.lot,
                        expires_on=item.expires_on,
                        quantity=item.quantity,
                        weight_grams=item.grams,
                    )
                    for item in parcel.contents
                ],
            )
            for parcel in one.parcels
        ],
    )
