"""Work is offered, claimed under a lease, finished by who holds the claim, or given back. Which is best for whom: `next_best`."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from wms import clock
from wms.actor import Actor
from wms.db import in_turn, session, table_of
from wms.errors import Conflict, NotFound
from wms.i18n import T
from wms.locations.models import Location
from wms.tasks import frozen, urgency
from wms.tasks.models import LIVE, Task, TaskKind, TaskStatus

LEASE = dt.timedelta(minutes=30)


class TaskUnknown(NotFound):
    """No such task at this site."""

    code = "task_unknown"
    sentence = T("There is no task {number}", "没有此任务：{number}")


class TaskTaken(Conflict):
    """Somebody else works on it."""

    code = "task_taken"
    sentence = T("{person} is working on this", "{person} 正在处理此任务")
    advice = T("Take other work, or ask for a hand-over", "请领取其他任务，或请对方移交")


class TaskOver(Conflict):
    """It was finished, cancelled, or handed to somebody else meanwhile."""

    code = "task_over"
    sentence = T("This task is no longer yours", "该任务已不在您名下")
    advice = T("Scan the next piece of work", "请领取下一个任务")


def offer(kind: TaskKind, *, site_id: int, status: TaskStatus = TaskStatus.OPEN, **facts: Any) -> Task:
    """Puts work into the queue. Facts are Task's columns (priority, due_at, order_id, product_id, quantity, source_id, …)."""
    begins = _beginnings([facts])[0]
    task = Task(kind=kind.value, status=status.value, site_id=site_id, created_at=clock.now(), **{**begins, **facts})
    session.add(task)
    session.flush()  # others will name it by its id
    return task


def put(kind: TaskKind, *, site_id: int, **facts: Any) -> int:
    """`offer` for a hot path: one statement, and the task's id is all that comes back."""
    values: dict[str, Any] = {
        "kind": kind.value,
        "status": TaskStatus.OPEN.value,
        "site_id": site_id,
        "created_at": clock.now(),
        "epoch": 0,
        "reasons": [],
        **_beginnings([facts])[0],
    }
    return int(session.execute(sa.insert(table_of(Task)).returning(table_of(Task).c.id), {**values, **facts}).scalar_one())


def offer_all(kind: TaskKind, many: Iterable[dict[str, Any]], *, site_id: int) -> list[Task]:
    """Puts many pieces of work into the queue at once; each is the facts of one, as for `offer`."""
    moment, all_facts = clock.now(), list(many)
    common = {"kind": kind.value, "status": TaskStatus.OPEN.value, "site_id": site_id, "created_at": moment}
    tasks = [Task(**{**common, **begins, **facts}) for begins, facts in zip(_beginnings(all_facts), all_facts, strict=True)]
    session.add_all(tasks)
    session.flush()  # others will name them by their ids
    return tasks


def put_all(kind: TaskKind, location_ids: Sequence[int], *, site_id: int, reasons: list[Any], **facts: Any) -> None:
    """One piece of work at each of these locations, in their order, however many they are: one statement, which looks up itself where each
    begins and what it needs. `facts` are what all have in common."""
    moment, table, place = clock.now(), table_of(Task), table_of(Location)
    common: dict[str, Any] = {
        "kind": kind.value,
        "status": TaskStatus.OPEN.value,
        "site_id": site_id,
        "created_at": moment,
        "wanted_at": urgency.wanted_at(kind.value, facts.get("priority") or 0, facts.get("due_at"), moment),
        "epoch": 0,
        "reasons": reasons,
        **facts,
    }
    turn = in_turn(location_ids)
    begins = {"source_id": place.c.id, "zone": place.c.zone, "equipment": place.c.equipment, "square": urgency.square_of(place)}
    said = [sa.literal(value, table.c[name].type).label(name) for name, value in common.items()]
    rows = sa.select(*said, *(what.label(name) for name, what in begins.items())).join_from(turn, place, place.c.id == turn.c.id)
    session.execute(sa.insert(table).from_select([*common, *begins], rows.order_by(turn.c.place), include_defaults=False))


def count_once(source_id: int, product_id: int | None = None, *, site_id: int, priority: int, decided: bool = False, **facts: Any) -> None:
    """A place is to be counted, or one product there; not twice, however many ask for it. Without a product any count of the place will do.

    `decided`: a count that was done, and whose difference nobody has decided yet, will do too.
    """
    before = LIVE if decided else (TaskStatus.OPEN.value, TaskStatus.CLAIMED.value)
    of_product = () if product_id is None else (Task.product_id == product_id,)
    same = (Task.kind == TaskKind.COUNT.value, Task.status.in_(before), Task.source_id == source_id, *of_product)
    if session.execute(sa.select(Task.id).where(*same).limit(1)).first() is None:
        offer(TaskKind.COUNT, site_id=site_id, priority=priority, source_id=source_id, product_id=product_id, **facts)


_PLACES = sa.select(*(table_of(Location).c[name] for name in ("id", "zone", "equipment", "x_mm", "y_mm")))


def _beginnings(many: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Where each of these pieces of work begins and what it needs, as its locations say: read in one go, and not at all without any."""
    ids = {facts[end] for facts in many for end in ("source_id", "target_id") if facts.get(end) is not None}
    found = session.execute(_PLACES.where(table_of(Location).c.id.in_(ids))).all() if ids else ()
    places = {row.id: row for row in found}
    return [_beginning(places.get(facts.get("source_id")), places.get(facts.get("target_id"))) for facts in many]


def _beginning(source: Any, target: Any) -> dict[str, Any]:
    first = source or target
    if first is None:
        return {}
    equipment = source.equipment if source and source.equipment else target.equipment if target else None
    return {"zone": first.zone, "equipment": equipment, "square": urgency.square(first.x_mm, first.y_mm)}


def aimed(task: Task) -> None:
    """Its locations were chosen anew: where it begins and what it needs are as they say now."""
    for name, value in _beginnings([{"source_id": task.source_id, "target_id": task.target_id}])[0].items():
        setattr(task, name, value)


def claim(task_id: int, *, by: Actor, lease: dt.timedelta = LEASE) -> Task:
    """Gives a task to a person, unless somebody else holds a live lease on it. Claiming one's own again renews the lease.

    Raises TaskUnknown, TaskTaken, TaskOver, ZoneFrozen.
    """
    frozen.must_not_begin([task_id], by=by)
    moment = clock.now()
    table = table_of(Task)
    free = sa.or_(
        table.c.status == TaskStatus.OPEN.value,
        sa.and_(
            table.c.status == TaskStatus.CLAIMED.value,
            sa.or_(table.c.person_id == by.id, table.c.lease_until < moment),
        ),
    )
    claimed = session.execute(
        sa.update(table)
        .where(table.c.id == task_id, table.c.site_id == by.site_id, free)
        .values(
            status=TaskStatus.CLAIMED.value,
            person_id=by.id,
            lease_until=moment + lease,
            assigned_at=None,
            epoch=sa.case((table.c.person_id == by.id, table.c.epoch), else_=table.c.epoch + 1),
            given=sa.case((table.c.person_id == by.id, table.c.given), else_=sa.null()),
        )
    )
    task = session.get(Task, task_id, populate_existing=True)
    if task is None or task.site_id != by.site_id:
        raise TaskUnknown(number=task_id)
    if claimed.rowcount != 1:  # type: ignore[attr-defined]
        raise _not_free(task)
    return task


def claim_all(task_ids: Iterable[int], *, by: Actor, lease: dt.timedelta = LEASE) -> list[Task]:
    """`claim` for several tasks, however many: they are locked in their sequence, and all of them are this person's, or none.

    Raises TaskTaken, TaskOver, ZoneFrozen.
    """
    table, moment, wanted = table_of(Task), clock.now(), sorted(set(task_ids))
    if not wanted:
        return []
    frozen.must_not_begin(wanted, by=by)
    these = sa.and_(table.c.id.in_(wanted), table.c.site_id == by.site_id)
    session.execute(sa.select(table.c.id).where(these).order_by(table.c.id).with_for_update(key_share=True)).all()
    mine = sa.or_(table.c.person_id == by.id, table.c.lease_until < moment)
    free = sa.or_(table.c.status == TaskStatus.OPEN.value, sa.and_(table.c.status == TaskStatus.CLAIMED.value, mine))
    claimed = session.execute(
        sa.update(table)
        .where(these, free)
        .values(
            status=TaskStatus.CLAIMED.value,
            person_id=by.id,
            lease_until=moment + lease,
            assigned_at=None,
            epoch=sa.case((table.c.person_id == by.id, table.c.epoch), else_=table.c.epoch + 1),
            given=sa.case((table.c.person_id == by.id, table.c.given), else_=sa.null()),
        )
        .returning(table.c.id)
    )
    won = set(claimed.scalars())
    query = sa.select(Task).where(Task.id.in_(wanted)).order_by(Task.id).execution_options(populate_existing=True)
    tasks = list(session.execute(query).scalars())
    for task in tasks:
        if task.id not in won:
            raise _not_free(task)
    return tasks


def _not_free(task: Task) -> Conflict:
    if task.status == TaskStatus.CLAIMED:
        name = session.execute(sa.text("SELECT name FROM people WHERE id = :id"), {"id": task.person_id}).scalar()
        return TaskTaken(person=name)
    return TaskOver()


def finish(task_id: int, *, epoch: int, by: Actor, provided: sa.ColumnElement[bool] | None = None) -> None:
    """The holder of the claim has done the work. Raises TaskOver when the claim is not theirs (any more), or when what was `provided`
    does not hold."""
    mine = (Task.epoch == epoch, Task.person_id == by.id, Task.status == TaskStatus.CLAIMED.value)
    _end(task_id, TaskStatus.DONE, *mine, *(() if provided is None else (provided,)))


def finish_all(task_ids: Iterable[int], *, by: Actor, target_id: int) -> None:
    """`finish` for several tasks that `claim_all` gave this person in the same transaction; they ended at a place. Raises TaskOver."""
    wanted = sorted(set(task_ids))
    if not wanted:
        return
    table = table_of(Task)
    mine = (table.c.person_id == by.id, table.c.status == TaskStatus.CLAIMED.value)
    done = {"status": TaskStatus.DONE.value, "done_at": clock.now(), "lease_until": None, "target_id": target_id}
    ended = session.execute(sa.update(table).where(table.c.id.in_(wanted), *mine).values(done).returning(table.c.id)).scalars().all()
    if len(ended) != len(wanted):
        raise TaskOver
    for task in session:
        if isinstance(task, Task) and task.id in ended:
            session.expire(task)


def give_back(task_id: int, *, by: Actor) -> None:
    """The work stays open for somebody else. Raises TaskOver when the claim is not theirs."""
    table = table_of(Task)
    changed = session.execute(
        sa.update(table)
        .where(table.c.id == task_id, table.c.person_id == by.id, table.c.status == TaskStatus.CLAIMED.value)
        .values(status=TaskStatus.OPEN.value, person_id=None, lease_until=None, assigned_at=None, epoch=table.c.epoch + 1, given=sa.null())
    )
    if changed.rowcount != 1:  # type: ignore[attr-defined]
        raise TaskOver


def reopen(task_id: int, *, by: Actor, lease: dt.timedelta = LEASE) -> Task:
    """The holder who finished it undoes part of the work: it is theirs again. Raises TaskOver when it was not theirs, or was cancelled."""
    table = table_of(Task)
    live = (TaskStatus.DONE.value, TaskStatus.CLAIMED.value)
    changed = session.execute(
        sa.update(table)
        .where(table.c.id == task_id, table.c.person_id == by.id, table.c.status.in_(live))
        .values(status=TaskStatus.CLAIMED.value, done_at=None, lease_until=clock.now() + lease, assigned_at=None)
    )
    task = session.get(Task, task_id, populate_existing=True)
    if changed.rowcount != 1 or task is None:  # type: ignore[attr-defined]
        raise TaskOver
    return task


def cancel(task_id: int) -> None:
    """The work is no longer needed, whoever holds it. Raises TaskOver when it has ended."""
    _end(task_id, TaskStatus.CANCELLED, Task.status.in_(LIVE))


def _end(task_id: int, status: TaskStatus, *conditions: Any) -> None:
    changed = session.execute(
        sa.update(Task)
        .where(Task.id == task_id, *conditions)
        .values(status=status.value, done_at=clock.now(), lease_until=None)
        .execution_options(synchronize_session=False)
    )
    if changed.rowcount != 1:  # type: ignore[attr-defined]
        raise TaskOver


def ready(task_id: int) -> None:
    """What the task waited for is done: it joins the queue."""
    session.execute(
        sa.update(Task)
        .where(Task.id == task_id, Task.status == TaskStatus.WAITING.value)
        .values(status=TaskStatus.OPEN.value)
        .execution_options(synchronize_session=False)
    )
