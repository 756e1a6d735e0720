"""Arrivals and dock appointments over the API."""

from __future__ import annotations

import datetime as dt
from typing import Annotated

from flask import current_app
from pydantic import Field, StringConstraints

from wms import clock
from wms.actor import Permission
from wms.auth.current import actor
from wms.db import fold, session
from wms.orders.bodies import EventOut
from wms.orders.timeline import timelines
from wms.receiving import appointments, arrivals, trucks
from wms.receiving.appointments import Hours, Slot
from wms.receiving.arrivals import Plan
from wms.receiving.models import Arrival, ArrivalStatus
from wms.receiving.trucks import Truck
from wms.web.access import NotPermitted
from wms.web.api import Answer, Api, Body, Code, Items, Moment, Paging, Reason, Words, code_in_address, page

api = Api("receiving")

Short = Annotated[str, StringConstraints(strip_whitespace=True, max_length=40)]
Name = Annotated[str, StringConstraints(strip_whitespace=True, max_length=120)]
Day = Annotated[dt.date, Field(ge=dt.date(2000, 1, 1), le=dt.date(8999, 12, 31))]
Note = Annotated[str, StringConstraints(strip_whitespace=True, max_length=500)]


def hours() -> Hours:
    """The opening hours of the house."""
    return Hours.of(current_app.config["WMS"])


class ArrivalIn(Body):
    """A vehicle that brings goods. One of orders, partner, carrier and plate is needed; dock and time book an appointment."""

    site: Code | None = None
    orders: Annotated[list[Code], Field(max_length=200)] = Field(default_factory=list)
    """The inbound orders it brings goods of; one order may come in several arrivals."""
    partner: Code | None = None
    """Left out: the sender of its orders, where they have one and the same."""
    carrier: Code | None = None
    plate: Short | None = None
    driver: Name | None = None
    phone: Short | None = None
    dock: Code | None = None
    planned_from: Moment | None = None
    """On a quarter of an hour."""
    planned_until: Moment | None = None
    """Left out: one slot after `planned_from`."""
    note: Note | None = None

    def plan(self) -> Plan:
        """As the operations take it."""
        return Plan(**{**self.model_dump(exclude={"site", "number", "orders"}), "orders": tuple(self.orders)})


class NewArrivalIn(ArrivalIn):
    """The same, with its number."""

    number: Code | None = None
    """Left out: the house gives one."""


class AtDock(Body):
    """Where it stands."""

    dock: Code | None = None
    """Left out: the dock that it was planned for."""


class DecisionIn(Body):
    """What becomes of an order that is short."""

    number: Code
    open_until: dt.date | None = None
    """The day until which the rest is agreed to come; null: nothing more comes, the order is closed and each short line is a difference."""
    reason: Words | None = None


class DoneIn(Body):
    """The vehicle is empty."""

    orders: Annotated[list[DecisionIn], Field(max_length=200)] = Field(default_factory=list)
    """Decided at once for orders that are short; the others are asked about in `short`."""


class ArrivalsQuery(Paging):
    """Which arrivals."""

    day: Day | None = None
    """On which they are planned, or came."""
    dock: Code | None = None
    status: ArrivalStatus | None = None


class SlotsQuery(Body):
    """Which day; today when left out."""

    day: Day | None = None
    site: Code | None = None


class ShortOut(Answer):
    """An order of which something has not come, and nobody has said what becomes of it."""

    number: str
    lines: int
    """How many lines lack something."""
    quantity: int
    """Pieces that lack."""


class ArrivalOut(Answer):
    """An arrival, how far it is, and what it brings."""

    number: str
    site: str
    status: ArrivalStatus
    orders: list[str]
    partner: str | None
    carrier: str | None
    plate: str | None
    driver: str | None
    phone: str | None
    dock: str | None
    planned_from: dt.datetime | None
    planned_until: dt.datetime | None
    arrived_at: dt.datetime | None
    unloading_at: dt.datetime | None
    unloaded_at: dt.datetime | None
    left_at: dt.datetime | None
    dock_to_stock_minutes: int | None
    """From its coming until its last goods were put away; null as long as some wait."""
    late: bool
    note: str | None
    created_at: dt.datetime
    updated_at: dt.datetime


class ArrivalWhole(ArrivalOut):
    """An arrival with its questions and its timeline."""

    short: list[ShortOut]
    """Once it is unloaded: does more come of these, or are they short? `POST …/done` again with `orders` answers."""
    events: list[EventOut]


class SlotOut(Answer):
    """One time at one dock."""

    dock: str
    """Code of the dock."""
    begin: dt.datetime
    """From, UTC."""
    end: dt.datetime
    """Until, UTC."""
    arrival: str | None
    """Whose it is; null is free."""


class SlotsOut(Answer):
    """A day at the docks."""

    day: dt.date
    """The day, on the house's clock."""
    slots: list[SlotOut]
    """Each dock's times, one after the other."""


def _out(truck: Truck) -> ArrivalOut:
    return ArrivalOut.model_validate(truck, from_attributes=True)


def shown(arrival: Arrival) -> ArrivalWhole:
    """An arrival as the API answers it."""
    session.flush()  # its events and orders are read from the database
    settings, by = current_app.config["WMS"], actor()
    brief = _out(trucks.shown([arrival], late_after_minutes=settings.late_after_minutes)[0])
    short = [ShortOut(number=one.order.number, lines=one.lines, quantity=one.quantity) for one in arrivals.shortfall(arrival, by=by)]
    happened = timelines("arrival", [arrival.id], by.language).get(arrival.id, [])
    events = [EventOut.model_validate(one, from_attributes=True) for one in happened]
    return ArrivalWhole(**brief.model_dump(), short=short, events=events)


@api.post("/arrivals", Permission.ANNOUNCE, body=NewArrivalIn, answer=ArrivalWhole, status=201)
def post_arrival(body: NewArrivalIn) -> ArrivalWhole:
    """Announces a vehicle, and books its dock where dock and time are named (409 `slot_taken` when it is booked already)."""
    return shown(arrivals.plan(body.plan(), by=actor(), hours=hours(), number=body.number))


@api.put("/arrivals/<path:number>", Permission.ANNOUNCE, body=ArrivalIn, answer=ArrivalWhole)
def put_arrival(number: str, body: ArrivalIn) -> tuple[ArrivalWhole, int]:
    """Creates an arrival, or replaces it as a whole. Its appointment can change until it has come."""
    code, by = code_in_address(number), actor()
    known = arrivals.known(code, by=by)
    if known is not None and known.number_key == fold(code):  # not one that only has this plate
        return shown(arrivals.change(code, body.plan(), by=by, hours=hours())), 200
    return shown(arrivals.plan(body.plan(), by=by, hours=hours(), number=code)), 201


@api.get("/arrivals", Permission.MEET_TRUCKS, query=ArrivalsQuery, answer=Items[ArrivalOut])
def get_arrivals(query: ArrivalsQuery) -> Items[ArrivalOut]:
    """Arrivals, in the order they were entered."""
    limit = query.limit + 1
    rows = trucks.after(by=actor(), after=query.after, limit=limit, day=query.day, dock=query.dock, status=query.status)
    return page(rows, query, by_id=lambda row: row.id, show=_out)


@api.get("/docks/slots", Permission.MEET_TRUCKS, query=SlotsQuery, answer=SlotsOut)
def get_slots(query: SlotsQuery) -> SlotsOut:
    """Each dock's times of a day, and whose they are."""
    day = query.day or clock.today()
    docks = appointments.slots(day, hours(), by=actor())
    return SlotsOut(day=day, slots=[_slot(slot) for slots in docks.values() for slot in slots])


def _slot(slot: Slot) -> SlotOut:
    return SlotOut(dock=slot.dock, begin=slot.begin, end=slot.end, arrival=slot.arrival)


@api.get("/arrivals/<path:number>", Permission.MEET_TRUCKS, answer=ArrivalWhole)
def get_arrival(number: str) -> ArrivalWhole:
    """One arrival, by its number or by the plate of a vehicle that is here or expected."""
    return shown(arrivals.find(number, by=actor()))


@api.post("/arrivals/<path:number>/arrive", Permission.MEET_TRUCKS, body=AtDock, answer=ArrivalWhole)
def arrive_arrival(number: str, body: AtDock) -> ArrivalWhole:
    """The vehicle is here. Its orders are `arriving`."""
    return shown(arrivals.arrive(number, by=actor(), dock=body.dock))


@api.post("/arrivals/<path:number>/unload", Permission.MEET_TRUCKS, body=AtDock, answer=ArrivalWhole)
def unload_arrival(number: str, body: AtDock) -> ArrivalWhole:
    """Unloading begins; the first goods received from it say the same."""
    return shown(arrivals.unload(number, by=actor(), dock=body.dock))


@api.post("/arrivals/<path:number>/done", Permission.MEET_TRUCKS, body=DoneIn, answer=ArrivalWhole)
def finish_arrival(number: str, body: DoneIn) -> ArrivalWhole:
    """Everything is off the vehicle. `short` asks about orders of which something is missing; `orders` answers, now or later.

    Deciding needs the right to announce deliveries.
    """
    by = actor()
    if body.orders and not by.may(Permission.ANNOUNCE):
        raise NotPermitted(permission=Permission.ANNOUNCE.text)
    for one in sorted(body.orders, key=lambda one: one.number):
        arrivals.decide(number, one.number, until=one.open_until, by=by, reason=one.reason)
    found = arrivals.find(number, by=by)
    if not body.orders or found.status == ArrivalStatus.UNLOADING:
        found = arrivals.unloaded(number, by=by)
    return shown(found)


@api.post("/arrivals/<path:number>/leave", Permission.MEET_TRUCKS, body=Reason, answer=ArrivalWhole)
def leave_arrival(number: str, body: Reason) -> ArrivalWhole:
    """The vehicle has left; what remains of its appointment is free."""
    return shown(arrivals.leave(number, by=actor(), reason=body.reason))


@api.post("/arrivals/<path:number>/cancel", Permission.ANNOUNCE, body=Reason, answer=ArrivalWhole)
def cancel_arrival(number: str, body: Reason) -> ArrivalWhole:
    """The vehicle does not come; its appointment is free. Its orders are still expected."""
    return shown(arrivals.cancel(number, by=actor(), reason=body.reason))
