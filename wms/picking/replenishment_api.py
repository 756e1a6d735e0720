"""Replenishment as JSON: what the faces need and why, what is proposed and under way; and raising it now."""

from __future__ import annotations

import datetime as dt
from typing import Annotated

from pydantic import Field

from wms.actor import Permission
from wms.auth.current import actor
from wms.picking import faces_board
from wms.picking.faces import Blocked, Why
from wms.picking.faces_board import FaceView
from wms.tasks.models import TaskStatus
from wms.web.api import Answer, Api, Body, Code, Items, Paging, page

api = Api("replenishment")
LONGEST = 24 * 14


class ReplenishmentsQuery(Paging):
    """What is looked at."""

    hours: Annotated[int | None, Field(ge=0, le=LONGEST)] = None
    """So far ahead; left out: the house's setting."""
    top_off: bool = False
    """As if the floor were quiet."""


class NeedOut(Answer):
    """So many pieces, and why."""

    reason: Why
    quantity: int


class BringOut(Answer):
    """Goods from reserve: proposed, or with their task."""

    source: str
    lot: str
    handling_unit: str | None
    quantity: int
    priority: int
    due_at: dt.datetime | None
    """When a picker is there for it, UTC; null: nobody waits."""
    reasons: list[str]
    task: int | None
    """Number of the task; null: only proposed."""
    status: TaskStatus | None
    """How the task stands; null: there is none yet."""
    person: str | None
    assigned: bool
    """Whether a supervisor gave it to this person, who has not begun it."""


class FaceOut(Answer):
    """A pick face that needs goods or gets some."""

    location: str
    sku: str
    minimum: int
    maximum: int
    on_hand: int
    """Pieces that lie in it now."""
    free: int
    """Of what lies there and what somebody is bringing, without what orders have claimed."""
    needs: list[NeedOut]
    """What it lacks, by cause."""
    usual: int | None
    """What so many hours usually take from it."""
    known: int | None
    """What orders ask that are due by then and not released."""
    proposed: list[BringOut]
    """What could be brought."""
    under_way: list[BringOut]
    """What is being brought."""
    blocked: Blocked | None
    """Why it does not get all: nothing, held, full, whole, batch."""


class RaiseIn(Body):
    """What is raised now."""

    location: Code | None = None
    """One pick face; left out: all."""
    hours: int | None = Field(default=None, ge=0, le=LONGEST)
    """How far ahead orders count; null: as the house is set."""
    top_off: bool = False
    """Faces are filled up although nobody waits."""
    site: Code | None = None


class RaisedOut(Answer):
    """What came of it."""

    offered: list[int]
    """The numbers of new tasks."""
    changed: int
    """Tasks that are about another quantity now."""
    withdrawn: int
    """Tasks that are not needed any more."""


@api.get("/replenishments", Permission.SEE_TASKS, query=ReplenishmentsQuery, answer=Items[FaceOut])
def get_replenishments(query: ReplenishmentsQuery) -> Items[FaceOut]:
    """The pick faces that need goods or get some: why, what is proposed, what is under way, what keeps it."""
    found = faces_board.board(by=actor(), hours=query.hours, as_if_quiet=query.top_off)
    rows = [one for one in sorted(found, key=lambda one: one.id) if one.id > query.after]
    return page(rows[: query.limit + 1], query, by_id=lambda row: row.id, show=_face)


@api.post("/replenishments", Permission.PLAN_WORK, body=RaiseIn, answer=RaisedOut)
def raise_replenishments(body: RaiseIn) -> RaisedOut:
    """Raises what is proposed now, for one face or for all."""
    settled = faces_board.raise_now(body.location, by=actor(), hours=body.hours, as_if_quiet=body.top_off)
    return RaisedOut(offered=[task.id for task in settled.offered], changed=settled.changed, withdrawn=settled.withdrawn)


def _face(one: FaceView) -> FaceOut:
    return FaceOut(
        location=one.location,
        sku=one.sku,
        minimum=one.minimum,
        maximum=one.maximum,
        on_hand=one.on_hand,
        free=one.free,
        needs=[NeedOut(reason=why, quantity=quantity) for why, quantity in one.needs],
        usual=one.expected.usual if one.expected else None,
        known=one.expected.known if one.expected else None,
        proposed=[_line(line) for line in one.proposed],
        under_way=[_line(line) for line in one.under_way],
        blocked=one.blocked,
    )


def _line(line: faces_board.Line) -> BringOut:
    return BringOut(
        source=line.source,
        lot=line.lot,
        handling_unit=line.unit,
        quantity=line.quantity,
        priority=line.priority,
        due_at=line.due_at,
        reasons=list(line.why),
        task=line.task_id,
        status=line.status,
        person=line.person,
        assigned=line.assigned,
    )
