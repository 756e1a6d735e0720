"""Loads and shipments over the API."""

from __future__ import annotations

import datetime as dt

from flask import current_app
from pydantic import Field

from wms.actor import Actor, Permission
from wms.auth.current import actor
from wms.shipping import carrier_labels, carrying, changes, closing, fleet, history, loads, queries, shipments, turning_back
from wms.shipping.fleet_api import CapacityIn
from wms.shipping.loads import Stop
from wms.shipping.models import Load, LoadStatus
from wms.stock.handling_units import fresh_key
from wms.stock.models import UnitKind
from wms.web.api import Answer, Api, Body, Code, Items, Paging, Reason, Words, page
from wms.web.documents import paper_href

api = Api("shipping")


class StopIn(Body):
    """A place where the vehicle is unloaded; stops are given in delivery order."""

    name: Words | None = None
    """What the stop is called; null: the city of its first order."""
    orders: list[Code] = Field(min_length=1, max_length=1000)


class LoadIn(CapacityIn):
    """A vehicle and what goes on it. Orders that no stop names are delivered after the named stops, in the order given.

    Where `vehicle` is the code of one of the fleet, what is left out of plate, driver, carrier and capacity is as that vehicle's.
    """

    site: Code | None = None
    carrier: Code | None = None
    door: Code | None = None
    vehicle: Code | None = None
    plate: str | None = Field(default=None, max_length=40)
    driver: Code | None = None
    """The name of a stranger; whose code is given is called by his own name."""
    driver_code: Code | None = None
    """One of our drivers: he signs off what the load carries, and sees nothing else."""
    orders: list[Code] = Field(default=[], max_length=1000)
    """Numbers of the orders that go on it."""
    stops: list[StopIn] = Field(default=[], max_length=200)
    overload_reason: Words | None = None
    """Why it may carry more than its capacity; only a supervisor's counts."""


class TurnBackIn(Body):
    """A truck that came back after it had left."""

    reason: Words
    orders: list[Code] = Field(default=[], max_length=1000)
    """What is still on it; left out: all."""


class DriverIn(Body):
    """Who takes a truck over."""

    driver_code: Code | None = None
    """Null: nobody of ours, and dispatch signs off."""


class CloseIn(Body):
    """A reason releases what is missing; only a supervisor's does. Where the house asks for seals, a truck without one says why."""

    seal: str | None = Field(default=None, max_length=60)
    no_seal: Words | None = None
    """Why it goes without a seal; null: the seal is named, or the house asks for none."""
    reason: Words | None = None
    """Why the truck goes without what is missing; null: nothing may be missing."""


class LoadUnitOut(Answer):
    """A unit that is on board, or should be; in loading order."""

    handling_unit: str
    order: str
    stop: int
    """Which stop it is for, from 1 in delivery order."""
    loaded_at: dt.datetime | None
    location: str
    weight_grams: int | None


class StopOut(Answer):
    """A stop, counted from 1 in delivery order."""

    stop: int
    """From 1 in delivery order."""
    name: str
    orders: list[str]


class CarriedOut(Answer):
    """How much of a measure a load carries, and may carry."""

    planned: int
    """What is to be on it."""
    loaded: int
    """What is on board."""
    most: int | None
    """What it may carry; null: no limit."""


class LoadOut(Answer):
    """A load."""

    number: str
    status: LoadStatus
    carrier: str | None
    door: str
    """Code of the door where it is loaded."""
    vehicle: str | None
    plate: str | None
    driver: str | None
    driver_code: str | None
    """Of the driver of ours who signs off what it carries; null where a stranger drives."""
    seal: str | None
    no_seal: str | None
    """Why it was closed without one."""
    gate_pass: str | None
    weight_grams: CarriedOut | None
    """Null once it has left, as with the other measures."""
    volume_cm3: CarriedOut | None
    """Volume planned, on board and possible; null: nothing says how much is possible."""
    pallet_places: CarriedOut | None
    """Pallets planned, on board and possible; null: nothing says how many are possible."""
    units_without_weight: int
    """What is planned and nobody has weighed: the weight is at least as much as is said."""
    units_without_size: int
    overload_reason: str | None
    """Why it may carry more than the vehicle may; null: it does not."""
    held_at_gate: str | None
    """Why the guard stopped it, until dispatch has answered."""
    orders: list[str]
    stops: list[StopOut]
    units: list[LoadUnitOut]
    """Each unit, in loading order."""
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
    """How many orders are on it."""
    loaded: int
    """How many units are on board."""
    units: int
    """How many units shall be on board."""
    left_at: dt.datetime | None


class ContentOut(Answer):
    """So many of one lot, for one line of the order."""

    line: str
    sku: str
    lot: str
    """Lot, as its label says; empty: goods without one."""
    expires_on: dt.date | None
    quantity: int
    weight_grams: int | None
    """What they weighed when they were picked, where the product is sold by weight."""


class ParcelOut(Answer):
    """A carton or pallet."""

    handling_unit: str
    """What it is known by in the house: its SSCC."""
    sscc: str
    kind: UnitKind
    location: str
    """Code of the place where it stands, or `@…` once it has left."""
    weight_grams: int | None
    closed_at: dt.datetime | None
    loaded_at: dt.datetime | None
    tracking: str | None
    carrier_label: str | None
    """Where the label is that the carrier gave with its number."""
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
    """Which stop of the load, from 1; null: on no load."""
    packed_at: dt.datetime | None
    """When its last carton was closed, UTC; null: not yet."""
    left_at: dt.datetime | None
    signed_by: str | None
    signed_at: dt.datetime | None
    parcels: list[ParcelOut]
    """Its cartons and pallets."""


def shown(load: Load, who: Actor) -> LoadOut:
    """The load as the API answers it."""
    view = queries.load_view(load, who)
    served = {stop: [one.order for one in view.shipments if one.stop == stop] for stop in range(1, len(view.stops) + 1)}
    held = history.held_at_gate([load.id]).get(load.id) if view.status is LoadStatus.CLOSED else None
    plan, aboard = carrying.planned(load), carrying.loaded(load)
    weight, volume, places = (
        CarriedOut(planned=one.planned, loaded=one.loaded, most=one.most) if view.status is not LoadStatus.LEFT else None
        for one in carrying.figures(fleet.capacity_of(load), plan, aboard)
    )
    return LoadOut(
        number=view.number,
        status=view.status,
        carrier=view.carrier,
        door=view.door,
        vehicle=view.vehicle,
        plate=view.plate,
        driver=view.driver,
        driver_code=view.driver_code,
        seal=view.seal,
        no_seal=view.no_seal,
        gate_pass=view.gate_pass,
        weight_grams=weight,
        volume_cm3=volume,
        pallet_places=places,
        units_without_weight=plan.unweighed,
        units_without_size=plan.unmeasured,
        overload_reason=load.overload_reason,
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
        driver_code=body.driver_code,
        stops=[Stop(tuple(stop.orders), stop.name) for stop in body.stops],
        capacity=body.capacity(),
        overload_reason=body.overload_reason,
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
        driver_code=body.driver_code,
        stops=[Stop(tuple(stop.orders), stop.name) for stop in body.stops],
        capacity=body.capacity(),
        overload_reason=body.overload_reason,
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


@api.post("/loads/<path:number>/driver", Permission.LOAD, body=DriverIn, answer=LoadOut)
def hand_over(number: str, body: DriverIn) -> LoadOut:
    """Another driver takes the truck over, also once it has left: from then on he signs off what is not signed for. Papers of what has left
    keep the name that they have."""
    who = actor()
    return shown(changes.hand_over(loads.find(number, by=who).id, body.driver_code, by=who), who)


@api.post("/loads/<path:number>/close", Permission.LOAD, body=CloseIn, answer=LoadOut)
def close(number: str, body: CloseIn) -> LoadOut:
    """Closes the load and issues its gate pass; with a supervisor's reason although something is missing."""
    who = actor()
    asked = {"no_seal": body.no_seal, "sealed": current_app.config["WMS"].ask_seals}
    load = closing.close_load(loads.find(number, by=who).id, by=who, seal=body.seal, reason=body.reason, **asked)
    return shown(load, who)


@api.post("/loads/<path:number>/reopen", Permission.LOAD, body=Reason, answer=LoadOut)
def reopen(number: str, body: Reason) -> LoadOut:
    """Opens a closed load again before it has left: its gate pass is void."""
    who = actor()
    return shown(closing.reopen(loads.find(number, by=who).id, by=who, reason=body.reason), who)


@api.post("/loads/<path:number>/turn-back", Permission.RELEASE_ORDERS, body=TurnBackIn, answer=LoadOut)
def turn_back(number: str, body: TurnBackIn) -> LoadOut:
    """Takes a truck back that has left the gate: its goods are on board again by counter-movements, and its gate pass is void.

    Answers the load that carries them now: the same one, or one of their own where only some orders are named. What was signed for,
    closed or returned meanwhile is refused.
    """
    who = actor()
    load = turning_back.turn_back(
        loads.find(number, by=who).id,
        reason=body.reason,
        orders=body.orders,
        by=who,
        key=f"turn-back:{fresh_key()}",
        within_days=current_app.config["WMS"].turn_back_days,
    )
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
                tracking=parcel.tracking,
                carrier_label=paper_href(carrier_labels.KIND, parcel.code) if parcel.carrier_label else None,
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
