"""Reads over the queue of work: what there is, how urgent, whose, and why."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence, Set
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import aliased

from wms import clock
from wms.actor import Actor, Permission
from wms.catalog.models import Product
from wms.db import among, fold, session
from wms.i18n import T, Text, Worded
from wms.locations.models import Location
from wms.tasks import scoring, urgency
from wms.tasks.models import LIVE, Task, TaskKind, TaskStatus, tone_of, words_of
from wms.tasks.queue import TaskUnknown
from wms.tasks.urgency import LEAD, Lateness, lateness

_ORDERS = sa.table("orders", sa.column("id", sa.BigInteger), sa.column("number", sa.String), sa.column("number_key", sa.String))
_PEOPLE = sa.table(
    "people", sa.column("id", sa.BigInteger), sa.column("name", sa.String), sa.column("code", sa.String), sa.column("code_key", sa.String)
)
_UNITS = sa.table("handling_units", sa.column("id", sa.BigInteger), sa.column("code", sa.String))
_SOURCE, _TARGET = aliased(Location), aliased(Location)


@dataclass(frozen=True)
class TaskView:
    """One piece of work as people see it."""

    id: int
    kind: TaskKind
    status: TaskStatus
    priority: int
    due_at: dt.datetime | None
    document: str | None
    order: str | None
    sku: str | None
    name: Text | None
    handling_unit: str | None
    quantity: int | None
    decimals: int
    source: str | None
    target: str | None
    person: str | None
    person_name: str | None
    created_at: dt.datetime
    wanted_at: dt.datetime
    done_at: dt.datetime | None
    zone: str | None
    equipment: str | None
    lateness: Lateness | None
    reasons: list[str]
    given: list[str]
    words: Text
    tone: str

    @property
    def row_tone(self) -> str:
        """How its row is marked."""
        return "stop" if self.lateness else "calm"

    @property
    def at_once(self) -> bool:
        """Whether it should begin before anything else; then a moment says nothing."""
        return self.wanted_at < self.created_at


def statement(
    *,
    by: Actor,
    status: str | None = None,
    kind: TaskKind | None = None,
    person: str | None = None,
    q: str | None = None,
    after: int | None = None,
    which: Which | None = None,
) -> sa.Select[Any]:
    """A SELECT over the tasks of the person's site, with everything a list shows; without order. Status `live` is what is not over."""
    wanted = (
        sa.select(
            Task,
            _ORDERS.c.number.label("order_number"),
            Product.sku,
            Product.name,
            Product.name_zh,
            Product.name_en,
            Product.decimals,
            _UNITS.c.code.label("unit_code"),
            _SOURCE.code.label("source_code"),
            _TARGET.code.label("target_code"),
            _PEOPLE.c.code.label("person_code"),
            _PEOPLE.c.name.label("person_name"),
        )
        .outerjoin(_ORDERS, _ORDERS.c.id == Task.order_id)
        .outerjoin(Product, Product.id == Task.product_id)
        .outerjoin(_UNITS, _UNITS.c.id == Task.handling_unit_id)
        .outerjoin(_SOURCE, _SOURCE.id == Task.source_id)
        .outerjoin(_TARGET, _TARGET.id == Task.target_id)
        .outerjoin(_PEOPLE, _PEOPLE.c.id == Task.person_id)
        .where(Task.site_id == by.site_id)
    )
    if status == "live":
        wanted = wanted.where(Task.status.in_(LIVE))
    elif status:
        wanted = wanted.where(Task.status == status)
    if kind is not None:
        wanted = wanted.where(Task.kind == kind.value)
    if person:
        wanted = wanted.where(_PEOPLE.c.code_key == fold(person))
    if which is not None:
        wanted = wanted.where(which.condition(by.site_id))
    if after is not None:
        wanted = wanted.where(Task.id > after)
    if q:
        key = fold(q)
        wanted = wanted.where(
            sa.or_(
                _ORDERS.c.number_key == key,
                sa.func.lower(sa.func.coalesce(Task.document, "")) == key,
                Product.sku_key == key,
                _SOURCE.code_key == key,
                _TARGET.code_key == key,
                _PEOPLE.c.code_key == key,
            )
        )
    return wanted


def line() -> tuple[Any, ...]:
    """The sequence of the line: what is begun, then what is open as it is given (the way to it aside), then what waits for other work."""
    stands = {TaskStatus.CLAIMED.value: 0, TaskStatus.OPEN.value: 1, TaskStatus.WAITING.value: 2}
    presses = sa.case((sa.or_(Task.priority == scoring.ALWAYS_FIRST, Task.wanted_at <= clock.now()), 0), else_=1)
    return sa.case(stands, value=Task.status, else_=3), presses, Task.wanted_at, -Task.priority, Task.id


def views(rows: Sequence[Any], language: str, *, by: Actor) -> list[TaskView]:
    """Rows of `statement` as this person may see them: who counts blind does not read what lies at a place."""
    soon = {site_id: late_picks(site_id) for site_id in {row.Task.site_id for row in rows}}
    told = by.may(Permission.SEE_BOOK) or by.may(Permission.SEE_STOCK)
    hidden: Set[str] = set() if told else _OF_THE_BOOK
    return [_view(row, language, soon[row.Task.site_id], hidden) for row in rows]


def tasks_after(*, by: Actor, language: str, after: int = 0, limit: int = 100, **filters: Any) -> list[TaskView]:
    """Tasks in the order they were offered, for the API's pages."""
    rows = session.execute(statement(by=by, after=after, **filters).order_by(Task.id).limit(limit)).all()
    return views(rows, language, by=by)


def one(task_id: int, *, by: Actor, language: str) -> TaskView:
    """One task of the person's site; raises TaskUnknown."""
    row = session.execute(statement(by=by).where(Task.id == task_id)).one_or_none()
    if row is None:
        raise TaskUnknown(number=task_id)
    return views([row], language, by=by)[0]


def _view(row: Any, language: str, soon: Set[int], hidden: Set[str]) -> TaskView:
    task: Task = row.Task
    return TaskView(
        id=task.id,
        kind=TaskKind(task.kind),
        status=TaskStatus(task.status),
        priority=task.priority,
        due_at=task.due_at,
        document=task.document,
        order=row.order_number,
        sku=row.sku,
        name=T(row.name_en or row.name, row.name_zh or row.name) if row.sku else None,
        handling_unit=row.unit_code,
        quantity=task.quantity,
        decimals=row.decimals or 0,
        source=row.source_code,
        target=row.target_code,
        person=row.person_code,
        person_name=row.person_name,
        created_at=task.created_at,
        wanted_at=task.wanted_at,
        done_at=task.done_at,
        zone=task.zone,
        equipment=task.equipment,
        lateness=_lateness(task, soon),
        reasons=[in_words(reason, language) for reason in task.reasons or [] if _code_of(reason) not in hidden],
        given=[in_words(reason, language) for reason in task.given or []],
        words=words_of(task.status, task.assigned_at),
        tone=tone_of(task.status, task.assigned_at),
    )


def _lateness(task: Task, soon: Set[int]) -> Lateness | None:
    if task.status not in LIVE:
        return None
    return lateness_of(task.id, TaskKind(task.kind), task.due_at, soon)


def lateness_of(task_id: int, kind: TaskKind, due_at: dt.datetime | None, soon: Set[int]) -> Lateness | None:
    """How live work stands: a pick as its orders do (`soon` are those of `late_picks`), other work by what remains from it to the truck."""
    if kind is not TaskKind.PICK:
        return lateness(due_at, clock.now(), urgency.remains(kind))
    found = lateness(due_at, clock.now(), dt.timedelta())
    return found or (Lateness.SOON if task_id in soon else None)


class Which(Worded):
    """What the figures over the list count, and narrow it to."""

    BEGUN = "begun", T("in work", "进行中")
    OVERDUE = "overdue", Lateness.OVERDUE.text
    SOON = "soon", Lateness.SOON.text
    PRESSING = "pressing", T("begin now", "须尽快开始")

    def condition(self, site_id: int) -> sa.ColumnElement[bool]:
        """Which live work it means."""
        moment = clock.now()
        if self is Which.BEGUN:
            return sa.and_(Task.status == TaskStatus.CLAIMED.value, Task.assigned_at.is_(None))
        overdue = sa.and_(Task.due_at.is_not(None), Task.due_at <= moment)
        if self is Which.OVERDUE:
            return overdue
        if self is Which.SOON:
            picks = sa.and_(Task.kind == TaskKind.PICK.value, among(Task.id, sorted(late_picks(site_id))))
            others = [sa.and_(Task.kind == kind, Task.due_at < moment + lead) for kind, lead in LEAD.items() if kind != TaskKind.PICK]
            return sa.and_(Task.due_at > moment, sa.or_(picks, *others))
        begun_late = sa.or_(Task.wanted_at <= moment, Task.priority == scoring.ALWAYS_FIRST)
        return sa.and_(Task.status == TaskStatus.OPEN.value, sa.not_(sa.func.coalesce(overdue, sa.false())), begun_late)


_late_picks: list[Callable[[int], Set[int]]] = []


def teach_late_picks(ask: Callable[[int], Set[int]]) -> None:
    """Who knows of which picks an order will be late, or is."""
    _late_picks[:] = [ask]


def late_picks(site_id: int) -> Set[int]:
    """The picks of a site with an order that will be late, or is, by their tasks."""
    return _late_picks[0](site_id) if _late_picks else frozenset()


# Why work is offered. A story that gives a reason of its own adds its sentence with `teach`.
_REASONS: dict[str, Text] = {
    "order_cancelled": T("Order {order} was cancelled", "订单 {order} 已取消"),
    "order_changed": T("Order {order} was changed", "订单 {order} 已变更"),
    "recount": T("The first count differs: somebody else counts again", "初盘有差异，由他人复盘"),
    # why it was the best for whom it was given to
    "given_urgent": T("Priority {priority}", "优先级 {priority}"),
    "given_late": T("Overdue by {minutes} min", "逾期 {minutes} 分钟"),
    "given_late_hours": T("Overdue by {hours} h", "逾期 {hours} 小时"),
    "given_due": T("Due in {minutes} min", "距截止 {minutes} 分钟"),
    "given_due_hours": T("Due in {hours} h", "距截止 {hours} 小时"),
    "given_waited": T("Waiting for {minutes} min", "已等待 {minutes} 分钟"),
    "given_waited_hours": T("Waiting for {hours} h", "已等待 {hours} 小时"),
    "given_near": T("{metres} m from {place}", "距 {place} {metres} 米"),
    "given_equipment": T("Needs what you drive: {equipment}", "需要您的设备：{equipment}"),
    "given_instead": T("Task {task} was wanted earlier and is {metres} m away", "任务 {task} 更早，但距离 {metres} 米"),
    "given_line": T("Next in line", "按顺序"),
    "given_by": T("Given by {name}", "指派人：{name}"),
}


class _Blank(dict[str, Any]):
    def __missing__(self, key: str) -> str:
        return ""


def teach(code: str, text: Text, *, of_the_book: bool = False) -> None:
    """Adds the sentence of a story's own reason. `of_the_book`: it tells how much lies somewhere, which who counts there must not know."""
    _REASONS[code] = text
    if of_the_book:
        _OF_THE_BOOK.add(code)


_OF_THE_BOOK: set[str] = set()


def _code_of(reason: Any) -> Any:
    return reason.get("code") if isinstance(reason, Mapping) else None


def in_words(reason: Any, language: str) -> str:
    """One of a task's reasons as a sentence: plain text as it is, {code, …facts} or {en, zh_CN} in the reader's language."""
    if not isinstance(reason, Mapping):
        return str(reason)
    if "en" in reason and "zh_CN" in reason:
        return str(reason["zh_CN"] if language == "zh_CN" else reason["en"])
    text = _REASONS.get(str(reason.get("code")))
    if text is None:
        return str(reason.get("text") or reason.get("code") or "")
    return (text.zh if language == "zh_CN" else text.en).format_map(_Blank(reason))


def why_given(task: Task) -> tuple[Text, Text | None]:
    """What somebody is told with the work they are given: what it is, and why it is the best for them."""
    said = [Text(in_words(one, "en"), in_words(one, "zh_CN")) for one in task.given or []]
    if not said:
        return T("You go on where you were: {kind}", "继续您未完成的{kind}", kind=TaskKind(task.kind).text), None
    rest = Text(" · ".join(one.en for one in said[1:]), " · ".join(one.zh for one in said[1:])) if said[1:] else None
    return T("{kind}: {why}", "{kind}：{why}", kind=TaskKind(task.kind).text, why=said[0]), rest


def live_tasks(by: Actor) -> int:
    """How many pieces of work are not over: what the list of tasks shows."""
    return session.execute(sa.select(sa.func.count()).where(Task.site_id == by.site_id, Task.status.in_(LIVE))).scalar_one()


def to_take(*kinds: TaskKind, by: Actor) -> int:
    """How much work of these kinds waits for somebody to take it: what the floor's menu shows."""
    wanted = Task.kind.in_([kind.value for kind in kinds])
    return session.execute(
        sa.select(sa.func.count()).where(Task.site_id == by.site_id, Task.status == TaskStatus.OPEN.value, wanted)
    ).scalar_one()
