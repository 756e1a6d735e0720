"""What a supervisor sees of the floor: who stands where and does what, how much waits, and what will be late or nobody can do."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from wms import clock
from wms.actor import PERMISSIONS, Actor, Role
from wms.auth.models import Person
from wms.db import session
from wms.i18n import Text
from wms.locations.models import Location
from wms.tasks.kinds import WORK
from wms.tasks.models import LIVE, Task, TaskKind, TaskStatus, Worker
from wms.tasks.queries import Which

AT_WORK = dt.timedelta(minutes=60)  # who scanned within this time is at work
_MOST = 500


@dataclass(frozen=True)
class WorkerView:
    """Somebody on the floor."""

    person: str
    name: str
    location: str | None
    zone: str | None
    seen_at: dt.datetime | None
    equipment: list[str]
    zones: list[str]
    task_id: int | None
    task: Text | None
    document: str | None
    since: dt.datetime | None
    assigned: bool  # and not begun
    at_work: bool


@dataclass(frozen=True)
class Waiting:
    """How the line stands: pieces of work."""

    open: int
    in_work: int
    assigned: int  # to somebody who has not begun it
    overdue: int
    soon: int  # will be late, begun or not
    pressing: int  # open, not overdue, and should have been begun by now
    out_of_reach: int  # needs what nobody at work drives
    oldest: dt.datetime | None


def workers(*, by: Actor) -> list[WorkerView]:
    """The people of the site who work on the floor, who was seen last first, each with what they have begun."""
    rows = session.execute(
        sa.select(Person.id, Person.code, Person.name, Person.roles, Worker, Location.code.label("place"), Location.zone)
        .outerjoin(Worker, sa.and_(Worker.person_id == Person.id, Worker.site_id == by.site_id))
        .outerjoin(Location, Location.id == Worker.location_id)
        .where(sa.or_(Person.site_id == by.site_id, Person.site_id.is_(None)), Person.active, Person.code_key != "system")
        .where(sa.or_(~Person.is_token, Worker.person_id.is_not(None)))
        .order_by(sa.nulls_last(Worker.seen_at.desc()), Person.name)
        .limit(_MOST)
    ).all()
    floor = {role.value for role in Role} - {Role.SALES.value, Role.FINANCE.value, Role.GATE.value}
    here = [row for row in rows if row.Worker is not None or floor & set(row.roles)]
    held = _in_hand([row.id for row in here], by)
    recent = clock.now() - AT_WORK
    return [_view(row, held.get(row.id), recent) for row in here]


def _view(row: sa.Row[Any], task: Task | None, recent: dt.datetime) -> WorkerView:
    _, code, name, _, worker, place, zone = row
    return WorkerView(
        person=code,
        name=name,
        location=place,
        zone=zone,
        seen_at=worker.seen_at if worker else None,
        equipment=list(worker.equipment) if worker else [],
        zones=list(worker.zones) if worker else [],
        task_id=task.id if task else None,
        task=TaskKind(task.kind).text if task else None,
        document=task.document if task else None,
        since=task.created_at if task else None,
        assigned=task is not None and task.assigned_at is not None,
        at_work=worker is not None and worker.seen_at >= recent,
    )


def _in_hand(people: list[int], by: Actor) -> dict[int, Task]:
    """What each of them has begun: the work that was wanted first, where it is more than one."""
    tasks = session.execute(
        sa.select(Task)
        .where(Task.person_id.in_(people), Task.status == TaskStatus.CLAIMED.value, Task.site_id == by.site_id)
        .order_by(Task.wanted_at.desc(), Task.id.desc())
    ).scalars()
    return {task.person_id: task for task in tasks if task.person_id is not None}


def waiting(*, by: Actor) -> Waiting:
    """How the line stands now."""
    open_, claimed = Task.status == TaskStatus.OPEN.value, Task.status == TaskStatus.CLAIMED.value

    def count(*conditions: sa.ColumnElement[bool]) -> sa.ColumnElement[int]:
        return sa.func.count(sa.case((sa.and_(*conditions), 1)))

    row = session.execute(
        sa.select(
            count(open_),
            count(Which.BEGUN.condition(by.site_id)),
            count(claimed, Task.assigned_at.is_not(None)),
            *(count(which.condition(by.site_id)) for which in (Which.OVERDUE, Which.SOON, Which.PRESSING)),
            sa.func.min(sa.case((open_, Task.created_at))),
        ).where(Task.site_id == by.site_id, Task.status.in_(LIVE))
    ).one()
    open_now, in_work, assigned, overdue, soon, pressing, oldest = row
    return Waiting(open_now, in_work, assigned, overdue, soon, pressing, sum(beyond_everybody(by=by).values()), oldest)


def beyond_everybody(*, by: Actor) -> dict[str, int]:
    """How much open work needs equipment that nobody at work drives, by equipment."""
    needed = session.execute(
        sa.select(Task.equipment, sa.func.count())
        .where(Task.site_id == by.site_id, Task.status == TaskStatus.OPEN.value, Task.equipment.is_not(None))
        .group_by(Task.equipment)
    ).all()
    recent = clock.now() - AT_WORK
    rows = session.execute(sa.select(Worker.equipment).where(Worker.site_id == by.site_id, Worker.seen_at >= recent)).scalars()
    driven = {one for equipment in rows for one in equipment}
    return {equipment: count for equipment, count in needed if equipment is not None and equipment not in driven}


def people_for(kind: TaskKind, *, by: Actor) -> list[tuple[str, str]]:
    """Whom work of a kind may be given to: code and name."""
    permission = WORK[kind][1]
    here = sa.or_(Person.site_id == by.site_id, Person.site_id.is_(None))
    people = sa.select(Person.code, Person.name, Person.roles).where(here, Person.active, ~Person.is_token)
    rows = session.execute(people.order_by(Person.name).limit(_MOST))
    return [(code, name) for code, name, roles in rows if any(permission in PERMISSIONS[Role(role)] for role in roles)]
