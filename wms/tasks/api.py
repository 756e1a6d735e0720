"""The queue of work over the API, and who does it."""

from __future__ import annotations

import datetime as dt
from typing import Annotated

from pydantic import Field

from wms.actor import Permission
from wms.auth.current import actor
from wms.tasks import board, queries, supervising, workers
from wms.tasks.models import TaskKind, TaskStatus
from wms.web.api import LARGEST, Answer, Api, Body, Code, Items, Label, Paging, page

api = Api("tasks")


class TasksQuery(Paging):
    """Which tasks."""

    status: TaskStatus | None = None
    kind: TaskKind | None = None
    person: Code | None = None


class TaskOut(Answer):
    """A unit of human work."""

    id: int
    """Number of the task."""
    kind: TaskKind
    status: TaskStatus
    priority: int
    due_at: dt.datetime | None
    wanted_at: dt.datetime
    """By when somebody should begin it: its place in the line."""
    document: str | None
    """Number of the list, load or order it belongs to; null: to none."""
    order: str | None
    sku: str | None
    handling_unit: str | None
    quantity: int | None
    """Pieces to handle; null: the work is about a place or a unit."""
    source: str | None
    target: str | None
    person: str | None
    """Who has it, by code; null: open for everybody."""
    zone: str | None
    equipment: str | None
    """What it takes, such as a reach truck; null: nothing special."""
    reasons: list[str]
    """Why there is this work."""
    given: list[str]
    """Why it was the best for whom it was given to."""


class AssignIn(Body):
    """To whom the work goes."""

    person: Code | None = None
    """Left out: it is open for everybody again."""


class PriorityIn(Body):
    """How urgent it is."""

    priority: Annotated[int, Field(ge=0, le=9)]
    """9 comes before everything else."""


class WorkerOut(Answer):
    """Somebody on the floor: where they were seen last, and what they may be given."""

    person: str
    """Who, by code."""
    name: str
    """Name of the person."""
    location: str | None
    """Code of the place they scanned last; null: none yet."""
    seen_at: dt.datetime | None
    """When they scanned last, UTC; null: never."""
    at_work: bool
    """Whether they scanned anything within the last hour."""
    equipment: list[str]
    """What they may drive; empty: nothing special."""
    zones: list[str]
    """Empty: everywhere."""
    task: int | None
    """The first of what they have in hand."""
    tasks: list[int]
    """All of it."""
    lines_today: int
    """Lines they have finished today."""
    lines_per_hour: int | None
    """Between their first and their last line of today; null where that is less than ten minutes."""


class AssignManyIn(Body):
    """What goes to whom."""

    tasks: list[Annotated[int, Field(ge=1, le=LARGEST)]] = Field(min_length=1, max_length=200)
    """Numbers of the tasks."""
    person: Code
    """Who gets them, by code."""


class NotAssignedOut(Answer):
    """Work that stays as it was."""

    task: int
    """Number of the task."""
    code: str
    """Why not; stable."""
    detail: str


class AssignedOut(Answer):
    """What came of it."""

    given: list[int]
    """Numbers of the tasks that were given."""
    refused: list[NotAssignedOut]
    """Those that were not, and why."""


class WorkerIn(Body):
    """What somebody drives, and where they work."""

    equipment: list[Label] = Field(default=[], max_length=20)
    """What they may drive, such as a reach truck; empty: nothing special."""
    zones: list[Label] = Field(default=[], max_length=100)
    """Empty: everywhere."""


@api.get("/tasks", Permission.SEE_TASKS, query=TasksQuery, answer=Items[TaskOut])
def get_tasks(query: TasksQuery) -> Items[TaskOut]:
    """Work, in the order it was offered."""
    who = actor()
    found = queries.tasks_after(
        by=who,
        language=who.language,
        after=query.after,
        limit=query.limit + 1,
        status=query.status.value if query.status else None,
        kind=query.kind,
        person=query.person,
    )
    return page(found, query, by_id=lambda view: view.id, show=lambda view: TaskOut.model_validate(view, from_attributes=True))


@api.post("/tasks/<int:number>/assign", Permission.PLAN_WORK, body=AssignIn, answer=TaskOut)
def assign_task(number: int, body: AssignIn) -> TaskOut:
    """Gives work to somebody, whoever has it now, or opens it for everybody again."""
    if body.person is None:
        supervising.take_back(number, by=actor())
    else:
        supervising.assign(number, body.person, by=actor())
    return _one(number)


@api.post("/tasks/assign", Permission.PLAN_WORK, body=AssignManyIn, answer=AssignedOut)
def assign_tasks(body: AssignManyIn) -> AssignedOut:
    """Gives several pieces of work to somebody; what they may not be given stays as it is and is named with its reason."""
    who = actor()
    done = supervising.assign_all(body.tasks, body.person, by=who)
    refused = [NotAssignedOut(task=task, code=why.code, detail=why.say(who.language)) for task, why in done.refused]
    return AssignedOut(given=done.given, refused=refused)


@api.post("/tasks/<int:number>/priority", Permission.PLAN_WORK, body=PriorityIn, answer=TaskOut)
def prioritise_task(number: int, body: PriorityIn) -> TaskOut:
    """Changes how urgent work is; its place in the line follows."""
    supervising.prioritise(number, body.priority, by=actor())
    return _one(number)


@api.get("/workers", Permission.PLAN_WORK, answer=Items[WorkerOut])
def get_workers() -> Items[WorkerOut]:
    """Who works on the floor, who was seen last first."""
    return Items[WorkerOut](items=[_worker(one) for one in board.workers(by=actor())], next=None)


@api.put("/workers/<path:code>", Permission.PLAN_WORK, body=WorkerIn, answer=WorkerOut)
def put_worker(code: str, body: WorkerIn) -> WorkerOut:
    """Says what somebody drives, and in which zones they work."""
    who = actor()
    person = supervising.person_here(code, by=who)
    workers.choose(person.id, who.site_id, equipment=body.equipment, zones=body.zones)
    (worker,) = board.workers(by=who, person_id=person.id)
    return _worker(worker)


def _worker(one: board.WorkerView) -> WorkerOut:
    return WorkerOut(
        person=one.person,
        name=one.name,
        location=one.location,
        seen_at=one.seen_at,
        at_work=one.at_work,
        equipment=one.equipment,
        zones=one.zones,
        task=one.task_id,
        tasks=[has.task_id for has in one.in_hand],
        lines_today=one.done.lines if one.done else 0,
        lines_per_hour=one.done.per_hour if one.done else None,
    )


def _one(number: int) -> TaskOut:
    who = actor()
    return TaskOut.model_validate(queries.one(number, by=who, language=who.language), from_attributes=True)
