"""A pick list goes from one person to another as it stands: what was picked stays picked, and the colleague goes on at the same line."""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa

from wms import clock
from wms.actor import PERMISSIONS, Actor, Permission, Role
from wms.auth.models import Person
from wms.db import fold, session, table_of
from wms.errors import Refused
from wms.i18n import T
from wms.picking.models import PickList
from wms.tasks import queue, supervising
from wms.tasks.models import Task, TaskKind, TaskStatus

_T = table_of(Task)


class NobodyThere(Refused):
    """No such person works at this site."""

    code = "colleague_unknown"
    sentence = T("{code} is nobody who works here", "{code} 不是本库人员")
    advice = T("Scan the badge of a colleague", "请扫描同事的工牌")


class MayNotPick(Refused):
    """Their roles do not let them pick."""

    code = "colleague_may_not"
    sentence = T("{person} may not pick", "{person} 没有拣货权限")
    advice = T("Scan the badge of somebody who picks", "请扫描拣货员的工牌")


class HasAList(Refused):
    """They have a list in hand."""

    code = "colleague_busy"
    sentence = T("{person} has {list} in hand", "{person} 手上有 {list}")
    advice = T("Ask them to leave it first, or choose somebody else", "请对方先离开该单，或换一位同事")


class OneselfNoColleague(Refused):
    """The badge is the holder's own."""

    code = "colleague_same"
    sentence = T("{list} is with {person} already", "{list} 已在 {person} 名下")
    advice = T("Scan the badge of a colleague", "请扫描同事的工牌")


@dataclass(frozen=True, slots=True)
class Handed:
    """What was handed over, and to whom."""

    list: str
    task_id: int
    person_id: int
    person: str
    language: str | None


def hand_over(task_id: int, *, to: str, by: Actor) -> Handed:
    """A pick list becomes a colleague's, with everything that was done on it; `to` is their badge or code.

    Its holder hands it over, or somebody who plans work does it for them, of a list that nobody has begun too.

    Raises NobodyThere, MayNotPick, OneselfNoColleague, NoEquipment, HasAList, TaskOver.
    """
    person = session.execute(
        sa.select(Person).where(
            sa.or_(Person.code_key == fold(to), Person.badge == to.strip()),
            sa.or_(Person.site_id.is_(None), Person.site_id == by.site_id),
            Person.active,
            ~Person.is_token,
        )
    ).scalar_one_or_none()
    if person is None:
        raise NobodyThere(code=to)
    if not any(Permission.PICK in PERMISSIONS[Role(role)] for role in person.roles):
        raise MayNotPick(person=person.name)
    task = session.execute(
        sa.select(Task)
        .where(Task.id == task_id, Task.site_id == by.site_id)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    ).scalar_one_or_none()
    live = (TaskStatus.CLAIMED.value, TaskStatus.OPEN.value) if by.may(Permission.PLAN_WORK) else (TaskStatus.CLAIMED.value,)
    if task is None or task.kind != TaskKind.PICK or task.status not in live:
        raise queue.TaskOver
    if task.person_id != by.id and not by.may(Permission.PLAN_WORK):
        raise queue.TaskOver
    number = session.execute(sa.select(PickList.number).where(PickList.task_id == task_id)).scalar_one()
    if task.person_id == person.id:
        raise OneselfNoColleague(list=number, person=person.name)
    supervising.must_drive(person, task)
    _must_be_free(person)
    said = {"code": "handed_over", "by": by.name, "to": person.name, "to_id": person.id}
    reasons = [one for one in task.reasons if one.get("code") != "handed_over"]
    session.execute(
        sa.update(_T)
        .where(_T.c.id == task_id)
        .values(
            status=TaskStatus.CLAIMED.value,
            person_id=person.id,
            lease_until=clock.now() + queue.LEASE,
            assigned_at=None if task.person_id == by.id else clock.now(),
            epoch=_T.c.epoch + 1,
            reasons=[*reasons, said],
        )
    )
    supervising.tell(task, "handed_over", by=by, person=person.name)
    session.expire(task)
    return Handed(number, task_id, person.id, person.name, person.language)


def _must_be_free(person: Person) -> None:
    """Two who hand a list to one person at once come one after the other: the person's row is locked. Raises HasAList."""
    session.execute(sa.select(Person.id).where(Person.id == person.id).with_for_update(key_share=True))
    held = session.execute(
        sa.select(PickList.number)
        .join(Task, Task.id == PickList.task_id)
        .where(Task.person_id == person.id, Task.status == TaskStatus.CLAIMED.value, Task.kind == TaskKind.PICK.value)
        .where(Task.lease_until > clock.now())
        .order_by(PickList.id)
        .limit(1)
    ).scalar_one_or_none()
    if held is not None:
        raise HasAList(person=person.name, list=held)


def handed_by(task: Task, *, by: Actor) -> str | None:
    """Who handed the list to the person that opens it; None where nobody did."""
    return next((str(one["by"]) for one in task.reasons if one.get("code") == "handed_over" and one.get("to_id") == by.id), None)
