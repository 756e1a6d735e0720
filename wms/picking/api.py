"""Waves and pick lists as JSON."""

from __future__ import annotations

import datetime as dt

from pydantic import Field

from wms.actor import Permission
from wms.auth.current import actor
from wms.orders.api import shown as shown_order
from wms.orders.bodies import OrderOut
from wms.orders.operations import find as find_order
from wms.picking import deallocation, queries, waves
from wms.picking.models import Method, PickList
from wms.tasks.models import TaskStatus
from wms.web.api import Answer, Api, Body, Code, Label, Moment, Reason

api = Api("picking")


class WaveIn(Body):
    """Which orders are planned, and how. Without `orders` and `due_before` it is everything that is released."""

    orders: list[Code] | None = Field(default=None, min_length=1, max_length=5000)
    due_before: Moment | None = None
    method: Method = Method.SINGLE
    max_orders: int | None = Field(default=None, ge=1, le=5000)
    max_lines: int | None = Field(default=None, ge=1, le=100_000)
    site: Code | None = None


class GiveBackIn(Reason):
    """Which goods are given back."""

    line: Label | None = None
    """Left out: those of the whole order."""


class GivenBackOut(Answer):
    """What a wave gave back."""

    orders: list[str]
    quantity: int
    left: list[str]
    """Pick lists that stay as they are, because picking has begun."""


class PickLineOut(Answer):
    """One line in walking order."""

    sequence: int
    location: str
    sku: str
    lot: str
    expires_on: dt.date | None
    quantity: int
    picked: int
    order: str
    line: str
    handling_unit: str | None


class PickListOut(Answer):
    """A pick list."""

    number: str
    wave: str
    method: Method
    status: TaskStatus
    person: str | None
    target: str
    orders: list[str]
    lines: list[PickLineOut]
    metres: int
    """Metres of the walk as planned."""
    metres_by_name: int
    """Metres of the same walk in the order of location names."""
    created_at: dt.datetime


class SkippedOut(Answer):
    """An order that is not in the wave."""

    order: str
    reason: str


class WaveOut(Answer):
    """What was planned."""

    number: str
    method: Method
    pick_lists: list[PickListOut]
    skipped: list[SkippedOut]


def shown(pick_list: PickList) -> PickListOut:
    """A pick list as the API answers it."""
    view = queries.list_view(pick_list)
    return PickListOut(
        number=view.number,
        wave=view.wave,
        method=view.method,
        status=view.status,
        person=view.person,
        target=view.target,
        orders=view.orders,
        lines=[
            PickLineOut(
                sequence=line.sequence,
                location=line.location,
                sku=line.sku,
                lot=line.lot,
                expires_on=line.expires_on,
                quantity=line.quantity,
                picked=line.quantity if line.picked else 0,
                order=line.order,
                line=line.line,
                handling_unit=line.unit,
            )
            for line in view.lines
        ],
        metres=view.metres,
        metres_by_name=view.metres_by_name,
        created_at=view.created_at,
    )


@api.post("/waves", Permission.PLAN_WORK, body=WaveIn, answer=WaveOut, status=201)
def plan(body: WaveIn) -> WaveOut:
    """Plans released orders: chooses goods, deals them out to pick lists, puts each in walking order.

    Orders that are left out are named with the reason.
    """
    by = actor()
    planned = waves.plan_wave(
        by=by,
        orders=body.orders,
        due_before=body.due_before,
        method=body.method,
        max_orders=body.max_orders,
        max_lines=body.max_lines,
    )
    return _planned(planned)


def _planned(planned: waves.Planned) -> WaveOut:
    return WaveOut(
        number=planned.wave.number,
        method=Method(planned.wave.method),
        pick_lists=[shown(one) for one in planned.pick_lists],
        skipped=[SkippedOut(order=one.number, reason=one.reason.say(actor().language)) for one in planned.skipped],
    )


@api.post("/orders/<path:number>/deallocate", Permission.PLAN_WORK, body=GiveBackIn, answer=OrderOut)
def deallocate(number: str, body: GiveBackIn) -> OrderOut:
    """Gives back the goods in the racks that are held for an order, or for one line of it; they stay promised to it.

    409 `picking_begun` where somebody has gone for them, `nothing_allocated` where there are none.
    """
    deallocation.deallocate(number, line=body.line, reason=body.reason, by=actor())
    return shown_order(find_order(number, by=actor()))


@api.post("/orders/<path:number>/reallocate", Permission.PLAN_WORK, body=GiveBackIn, answer=WaveOut)
def reallocate(number: str, body: GiveBackIn) -> WaveOut:
    """Gives the goods back as `deallocate` does and plans the order anew, as things are now.

    Where nothing can be planned, everything stays as it was: 409 `nothing_to_plan`.
    """
    return _planned(deallocation.reallocate(number, line=body.line, reason=body.reason, by=actor()))


@api.post("/waves/<path:number>/deallocate", Permission.PLAN_WORK, body=Reason, answer=GivenBackOut)
def deallocate_wave(number: str, body: Reason) -> GivenBackOut:
    """Gives back the goods of a wave's lists that nobody has begun to pick; the others stay as they are, and are named in `left`."""
    given_back = deallocation.deallocate_wave(number, reason=body.reason, by=actor())
    return GivenBackOut.model_validate(given_back, from_attributes=True)


@api.post("/waves/<path:number>/reallocate", Permission.PLAN_WORK, body=Reason, answer=WaveOut)
def reallocate_wave(number: str, body: Reason) -> WaveOut:
    """Gives back as `deallocate` and plans those orders anew by the same method, as a new wave."""
    return _planned(deallocation.reallocate_wave(number, reason=body.reason, by=actor())[0])


@api.get("/pick-lists/<path:number>", Permission.SEE_TASKS, answer=PickListOut)
def one(number: str) -> PickListOut:
    """A pick list with what is picked."""
    return shown(waves.find_list(number, by=actor()))
