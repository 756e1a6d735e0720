"""Waves and pick lists as JSON."""

from __future__ import annotations

import datetime as dt

from pydantic import Field

from wms.actor import Permission
from wms.auth.current import actor
from wms.picking import queries, waves
from wms.picking.models import PickList
from wms.picking.waves import Method
from wms.tasks.models import TaskStatus
from wms.web.api import Answer, Api, Body, Code, Moment

api = Api("picking")


class WaveIn(Body):
    """Which orders are planned, and how. Without `orders` and `due_before` it is everything that is released."""

    orders: list[Code] | None = Field(default=None, min_length=1, max_length=5000)
    due_before: Moment | None = None
    method: Method = Method.SINGLE
    max_orders: int | None = Field(default=None, ge=1, le=5000)
    max_lines: int | None = Field(default=None, ge=1, le=100_000)
    site: Code | None = None


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
    return WaveOut(
        number=planned.wave.number,
        method=Method(planned.wave.method),
        pick_lists=[shown(one) for one in planned.pick_lists],
        skipped=[SkippedOut(order=one.number, reason=one.reason.say(by.language)) for one in planned.skipped],
    )


@api.get("/pick-lists/<path:number>", Permission.SEE_TASKS, answer=PickListOut)
def one(number: str) -> PickListOut:
    """A pick list with what is picked."""
    return shown(waves.find_list(number, by=actor()))
