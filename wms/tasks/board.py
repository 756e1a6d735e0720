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
from wms.tasks import at_work
from wms.tasks.at_work import AT_WORK, Done, Seen
from wms.tasks.kinds import WORK
from wms.tasks.models import LIVE, Task, TaskKind, TaskStatus, Worker
from wms.tasks.queries import Which

_MOST = 500


@dataclass(frozen=True)
class InHand:
    """Work that is somebody's."""

    task_id: int
    task: Text
    document: str | None
    assigned: bool  # and not begun


@dataclass(frozen=True)
class WorkerView:
    """Somebody on the floor."""

    person: str
    name: str
    location: str | None
    zone: str | None
    seen_at: dt.datetime | None
    flow: str | None  # of their last scan today
    equipment: list[str]
    zones: list[str]
    in_hand: list[InHand]
    done: Done | None
    at_work: bool

    @property
    def task_id(self) -> int | None:
        """The first of what they have in hand."""
        return self.in_hand[0].task_id if self.in_hand else None

    @property
    def assigned(self) -> bool:
        """Whether they have begun none of it."""
        return bool(self.in_hand) and self.in_hand[0].assigned


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


def workers(*, by: Actor, person_id: int | None = None) -> list[WorkerView]:
    """The people of the site who work on the floor, who was seen last first, each with what they have begun; or one of them."""
    rows = session.execute(
        sa.select(Person.id, Person.code, Person.name, Person.roles, Worker, Location.code.label("place"), Location.zone)
        .outerjoin(Worker, sa.and_(Worker.person_id == Person.id, Worker.site_id == by.site_id))
        .outerjoin(Location, Location.id == Worker.location_id)
        .where(sa.or_(Person.site_id == by.site_id, Person.site_id.is_(None)), Person.active, Person.code_key != "system")
        .where(sa.or_(~Person.is_token, Worker.person_id.is_not(None)), *(() if person_id is None else (Person.id == person_id,)))
        .order_by(Person.name)
        .limit(_MOST)
    ).all()
    floor = {role.value for role in Role} - {Role.SALES.value, Role.FINANCE.value, Role.GATE.value}
    here = [row for row in rows if row.Worker is not None or floor & set(row.roles)]
    ids = [row.id for row in here]
    held, seen, done = _in_hand(ids, by), at_work.seen(ids, by.site_id), at_work.done(ids, by.site_id)
    views = [_view(row, held.get(row.id, []), seen.get(row.id), done.get(row.id)) for row in here]
    return sorted(views, key=lambda one: (one.seen_at is None, -(one.seen_at.timestamp() if one.seen_at else 0)))


def _view(row: sa.Row[Any], tasks: list[InHand], seen: Seen | None, done: Done | None) -> WorkerView:
    _, code, name, _, worker, place, zone = row
    seen_at = worker.seen_at if worker and place else None
    if seen is not None and seen.place is not None and seen.place_at is not None and (seen_at is None or seen.place_at > seen_at):
        place, zone = seen.place, seen.zone
    if seen is not None and (seen_at is None or seen.at > seen_at):
        seen_at = seen.at
    return WorkerView(
        person=code,
        name=name,
        location=place,
        zone=zone,
        seen_at=seen_at,
        flow=seen.flow if seen else None,
        equipment=list(worker.equipment) if worker else [],
        zones=list(worker.zones) if worker else [],
        in_hand=tasks,
        done=done,
        at_work=seen_at is not None and seen_at >= clock.now() - AT_WORK,
    )


def _in_hand(people: list[int], by: Actor) -> dict[int, list[InHand]]:
    """All that each of them has in hand: what is begun first, then what was wanted first."""
    tasks = session.execute(
        sa.select(Task)
        .where(Task.person_id.in_(people), Task.status == TaskStatus.CLAIMED.value, Task.site_id == by.site_id)
        .order_by(Task.assigned_at.is_not(None), Task.wanted_at, Task.id)
    ).scalars()
    found: dict[int, list[InHand]] = {}
    for task in tasks:
        if task.person_id is not None:
            has = InHand(task.id, TaskKind(task.kind).text, task.document, task.assigned_at is not None)
            found.setdefault(task.person_id, []).append(has)
    return found


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
    rows = session.execute(sa.select(Worker.person_id, Worker.equipment, Worker.seen_at).where(Worker.site_id == by.site_id)).all()
    seen = at_work.seen([row.person_id for row in rows], by.site_id) if needed and rows else {}
    last = {row.person_id: max(row.seen_at, seen[row.person_id].at) if row.person_id in seen else row.seen_at for row in rows}
    driven = {one for row in rows if last[row.person_id] >= recent for one in row.equipment}
    return {equipment: count for equipment, count in needed if equipment is not None and equipment not in driven}


@dataclass(frozen=True)
class Candidate:
    """Somebody whom work may be given to, and what they have in hand already."""

    code: str
    name: str
    in_hand: list[InHand]


def people_for(*kinds: TaskKind, by: Actor) -> list[Candidate]:
    """Whom work of any of these kinds may be given to."""
    wanted = {WORK[kind][1] for kind in kinds}
    here = sa.or_(Person.site_id == by.site_id, Person.site_id.is_(None))
    people = sa.select(Person.id, Person.code, Person.name, Person.roles).where(here, Person.active, ~Person.is_token)
    rows = session.execute(people.order_by(Person.name).limit(_MOST)).all()
    able = [row for row in rows if any(wanted & PERMISSIONS[Role(role)] for role in row.roles)]
    held = _in_hand([row.id for row in able], by)
    return [Candidate(row.code, row.name, held.get(row.id, [])) for row in able]
