"""A supervisor gives work to somebody, takes it back, or changes how urgent it is."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from wms import clock, events
from wms.actor import PERMISSIONS, Actor, Role
from wms.auth.models import Person
from wms.db import fold, session
from wms.errors import NotFound, Refused, WarehouseError
from wms.i18n import T
from wms.stock.models import Reservation
from wms.tasks import urgency, workers
from wms.tasks.kinds import WORK
from wms.tasks.models import Task, TaskKind, TaskStatus
from wms.tasks.queue import TaskUnknown

HELD = dt.timedelta(hours=4)  # so long the work stays theirs, for they may have other work in hand


class WorkerUnknown(NotFound):
    """Nobody of the site has this code, or they were let go."""

    code = "worker_unknown"
    sentence = T("Nobody works here with the code {person}", "本仓库没有此人员：{person}")


class MayNot(Refused):
    """Their roles do not carry this kind of work."""

    code = "worker_may_not"
    sentence = T("{person} may not do this work: {kind}", "{person} 无权进行此作业：{kind}")
    advice = T("Choose somebody else, or give them the role", "请改派他人，或为其增加角色")


class NoEquipment(Refused):
    """The work needs what they do not drive."""

    code = "worker_without_equipment"
    sentence = T("{person} does not drive what this work needs: {equipment}", "{person} 未登记此作业所需的设备：{equipment}")
    advice = T("Choose somebody else, or note under Workers that they drive it", "请改派他人，或在“作业人员”中登记其使用的设备")


class OwnWork(Refused):
    """It is the check of what they did themselves."""

    code = "own_work"
    sentence = T("This checks what {person} did", "此任务用于复核 {person} 的作业")
    advice = T("Choose somebody else", "请改派他人")


class NotWaiting(Refused):
    """It is done, cancelled, or waits for other work."""

    code = "task_not_open"
    sentence = T("Task {number} is neither open nor in work: {status}", "任务 {number} 不可改派：{status}")
    advice = T("Look at the list of tasks again", "请刷新任务列表")


def find(task_id: int, *, by: Actor) -> Task:
    """A task of the person's site; raises TaskUnknown."""
    task = session.get(Task, task_id, populate_existing=True)
    if task is None or task.site_id != by.site_id:
        raise TaskUnknown(number=task_id)
    return task


def assign(task_id: int, person: str, *, by: Actor) -> Task:
    """Gives work to somebody, whoever has it now: it is the next they get, for HELD.

    Raises TaskUnknown, NotWaiting, WorkerUnknown, MayNot, NoEquipment, OwnWork.
    """
    task = _live(task_id, by)
    worker = person_here(person, by=by)
    kind = TaskKind(task.kind)
    if not any(WORK[kind][1] in PERMISSIONS[Role(role)] for role in worker.roles):
        raise MayNot(person=worker.name, kind=kind.text)
    must_drive(worker, task)
    if worker.id in (task.not_by_id, task.nor_by_id):
        raise OwnWork(person=worker.name)
    if task.person_id != worker.id:
        task.person_id, task.epoch = worker.id, task.epoch + 1
        task.given = [{"code": "given_by", "name": by.name}]
        task.assigned_at = clock.now()
        tell(task, "given", by=by, person=worker.name)
    task.status, task.lease_until = TaskStatus.CLAIMED.value, clock.now() + HELD
    session.flush()  # a claim is seen by all who read
    return task


@dataclass(frozen=True)
class Assigned:
    """What came of giving several pieces of work to somebody."""

    person: str
    given: list[int]
    refused: list[tuple[int, WarehouseError]]  # and why


def assign_all(task_ids: Sequence[int], person: str, *, by: Actor) -> Assigned:
    """`assign` for several pieces of work. What they may not be given stays as it is and is named with its reason.

    Raises WorkerUnknown.
    """
    worker = person_here(person, by=by)
    done = Assigned(worker.name, [], [])
    for task_id in sorted(set(task_ids)):
        try:
            assign(task_id, person, by=by)
        except (Refused, NotFound) as refusal:
            done.refused.append((task_id, refusal))
        else:
            done.given.append(task_id)
    return done


def take_back(task_id: int, *, by: Actor) -> Task:
    """The work is open for everybody again, whoever has it. Raises TaskUnknown, NotWaiting."""
    task = _live(task_id, by)
    if task.status == TaskStatus.CLAIMED:
        task.status, task.person_id, task.lease_until, task.assigned_at = TaskStatus.OPEN.value, None, None, None
        task.epoch, task.given = task.epoch + 1, None
        tell(task, "opened", by=by)
        session.flush()  # others may take it
    return task


def prioritise(task_id: int, priority: int, *, by: Actor) -> Task:
    """Changes how urgent work is; its place in the line follows. Raises TaskUnknown, NotWaiting."""
    assert 0 <= priority <= max(urgency.PATIENCE), "the edges let nothing else in"
    task = _live(task_id, by, waiting=True)
    if task.priority != priority:
        tell(task, "urgency", by=by, before=task.priority, after=priority)
    task.priority = priority
    task.wanted_at = urgency.wanted_at(task.kind, priority, task.due_at, task.created_at)
    session.flush()  # its place in the line is seen by all who ask
    return task


@dataclass(frozen=True)
class _Subject:
    """What an event is about: the work, or an order that it is for."""

    site_id: int
    id: int
    number: str
    event_kind: str


_ORDERS = sa.table("orders", sa.column("id", sa.BigInteger), sa.column("number", sa.String))
_ORDER_LINES = sa.table("order_lines", sa.column("id", sa.BigInteger), sa.column("order_id", sa.BigInteger))


def tell(task: Task, what: str, *, by: Actor, **facts: Any) -> None:
    """A decision about work is on its own timeline, and on that of every order it is for."""
    facts |= {"work": task.kind, "document": task.document or str(task.id)}
    events.record(_Subject(task.site_id, task.id, str(task.id), "task"), f"task.{what}", by=by, **facts)
    its_lines = sa.select(Reservation.order_line_id).where(Reservation.task_id == task.id)
    those = sa.select(_ORDER_LINES.c.order_id).where(_ORDER_LINES.c.id.in_(its_lines))
    wanted = sa.or_(_ORDERS.c.id == task.order_id, _ORDERS.c.id.in_(those))
    for row in session.execute(sa.select(_ORDERS.c.id, _ORDERS.c.number).where(wanted).order_by(_ORDERS.c.id)):
        events.record(_Subject(task.site_id, row.id, row.number, "order"), f"order.work_{what}", by=by, **facts)


def must_drive(worker: Person, task: Task) -> None:
    """Whoever gets work drives what it needs. Raises NoEquipment."""
    if task.equipment is not None and task.equipment not in workers.driven_by(worker.id, task.site_id):
        raise NoEquipment(person=worker.name, equipment=task.equipment)


def person_here(code: str, *, by: Actor) -> Person:
    """Somebody who works at the site; raises WorkerUnknown."""
    here = sa.or_(Person.site_id == by.site_id, Person.site_id.is_(None))
    found = session.execute(sa.select(Person).where(Person.code_key == fold(code), here, Person.active)).scalar_one_or_none()
    if found is None:
        raise WorkerUnknown(person=code[:40])
    return found


def _live(task_id: int, by: Actor, *, waiting: bool = False) -> Task:
    """The task behind its lock, so that nobody finishes it meanwhile."""
    locked = sa.select(Task).where(Task.id == task_id, Task.site_id == by.site_id).with_for_update(key_share=True)
    task = session.execute(locked.execution_options(populate_existing=True)).scalar_one_or_none()
    if task is None:
        raise TaskUnknown(number=task_id)
    allowed = {TaskStatus.OPEN, TaskStatus.CLAIMED, *([TaskStatus.WAITING] if waiting else [])}
    if TaskStatus(task.status) not in allowed:
        raise NotWaiting(number=task_id, status=TaskStatus(task.status).text)
    return task
