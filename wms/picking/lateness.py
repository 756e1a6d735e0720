"""Which orders will be late, before they are: the work that goes before them and what follows it, in minutes, against their due time."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Set
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from wms import clock
from wms import kept as kept_values
from wms.catalog.models import Product
from wms.db import session
from wms.i18n import T, Text
from wms.orders.forecasts import Expected, minutes
from wms.orders.models import Order, OrderLine, OrderStatus
from wms.picking import pace
from wms.picking.choosing import ON_THE_FLOOR
from wms.picking.models import Method, PickList
from wms.stock.models import Claim, Reservation, Stage
from wms.tasks import scoring, urgency
from wms.tasks.models import LIVE, Task, TaskKind, TaskStatus

KEPT_SECONDS = 15.0
WALK_MM = 40_000  # of an order that is on no list yet
# What remains when an order is there, as the line of work reckons it too: to be packed, which has loading in it, or loaded.
_AFTER = {
    OrderStatus.PICKED: (urgency.remains("pack"), T("Packing and loading take {n} min more", "打包装车还需 {n} 分钟")),
    OrderStatus.PACKED: (urgency.remains("load"), T("Loading takes {n} min more", "装车还需 {n} 分钟")),
}


@dataclass(frozen=True, slots=True)
class Forecast:
    """When an order will be picked and can leave, as things stand; what is picked already has a status beyond that."""

    order_id: int
    number: str
    due_at: dt.datetime
    done_at: dt.datetime
    minutes_ahead: int
    pickers: int
    status: OrderStatus = OrderStatus.PICKING

    @property
    def after(self) -> dt.timedelta:
        """What remains when it is picked."""
        return _AFTER.get(self.status, _AFTER[OrderStatus.PICKED])[0]

    @property
    def ready_at(self) -> dt.datetime:
        """When it is picked, packed and loaded."""
        return self.done_at + self.after

    @property
    def minutes_late(self) -> int:
        """How many minutes too late; below zero is time to spare."""
        return minutes(self.ready_at - self.due_at)

    @property
    def expected(self) -> Expected:
        """The same as orders show it."""
        return Expected(self.order_id, self.due_at, self.done_at, self.why, self.after, self.status in _AFTER)

    @property
    def why(self) -> Text:
        """What it is reckoned from."""
        if self.status in _AFTER:
            return _AFTER[self.status][1].with_facts(n=minutes(self.after))
        facts = {"ahead": self.minutes_ahead, "n": self.pickers}
        if self.due_at <= clock.now():
            if not self.minutes_ahead:
                return T("Already overdue; nothing ahead of it", "已逾期；马上可拣")
            return T("Already overdue; {ahead} min of work up to it", "已逾期；至完成还需 {ahead} 分钟作业", **facts)
        return T("{ahead} min of work up to it, {n} picking at once", "至完成还需 {ahead} 分钟作业，{n} 人拣货", **facts)


def late(site_id: int) -> list[Forecast]:
    """The orders that will be late if nothing is done about it, the latest first."""
    return sorted((one for one in reckon(site_id).orders if one.ready_at > one.due_at), key=lambda one: -one.minutes_late)


def kept(site_id: int) -> Mapping[int, Expected]:
    """What is expected, as it was up to some seconds ago: for lists and boards that many people look at again and again."""
    return _seen(site_id)[0]


def kept_tasks(site_id: int) -> Set[int]:
    """The lists with an order that will be late, or is, by their tasks; as it was up to some seconds ago."""
    return _seen(site_id)[1]


def _seen(site_id: int) -> _Kept:
    found: _Kept = kept_values.of("lateness", fresh_seconds=KEPT_SECONDS).ask(site_id, lambda: _look(site_id))
    return found


def _look(site_id: int) -> _Kept:
    looked = reckon(site_id)
    return {one.order_id: one.expected for one in looked.orders}, looked.late_tasks


def forget() -> None:
    """What is kept is reckoned anew."""
    kept_values.forget("lateness")


@dataclass(frozen=True, slots=True)
class Reckoned:
    """Every order of a site between release and the truck that is due at a time, and the lists with one that will be late."""

    orders: list[Forecast]
    late_tasks: Set[int]


_Kept = tuple[Mapping[int, Expected], Set[int]]


def reckon(site_id: int) -> Reckoned:
    """First the lists in the sequence of the queue, then what waits to be planned, then what waits to be packed and loaded."""
    lists, waiting = _lists(site_id), _waiting(site_id)
    pickers = max(1, len({row.person_id for row in lists if row.status == TaskStatus.CLAIMED}))
    moment, ahead = clock.now(), 0.0
    when: dict[int, float] = {}
    facts: dict[int, Any] = {}
    tasks: dict[int, float] = {}
    for row in lists:
        if row.task_id not in tasks:
            ahead += _seconds(row)
            tasks[row.task_id] = ahead
        when[row.order_id] = max(when.get(row.order_id, 0), tasks[row.task_id])
        facts[row.order_id] = row
    for row in waiting:
        ahead += pace.seconds(WALK_MM, row.lines, int(row.pieces))
        when[row.order_id] = ahead
        facts[row.order_id] = row
    found: list[Forecast] = []
    for order_id, seconds in when.items():
        row = facts[order_id]
        if row.due_at is not None:
            mine = seconds / pickers
            done = moment + dt.timedelta(seconds=mine)
            found.append(Forecast(order_id, row.number, row.due_at, done, round(mine / 60), pickers))
    found += [Forecast(row.id, row.number, row.due_at, moment, 0, pickers, OrderStatus(row.status)) for row in _picked(site_id, when)]
    after = _AFTER[OrderStatus.PICKED][0]
    due = [(row.task_id, row.due_at) for row in lists if row.due_at is not None]
    return Reckoned(found, {task for task, at in due if moment + dt.timedelta(seconds=tasks[task] / pickers) + after > at})


def starts(site_id: int) -> dict[int, dt.datetime]:
    """When each live list will probably be begun, by its task: those in hand now, the others as the line comes to them."""
    counted = _counted(site_id)
    rows = session.execute(
        sa.select(Task.id, Task.status, Task.person_id, PickList.method, PickList.metres_planned.label("metres"))
        .add_columns(counted.c.of, counted.c.left, counted.c.pieces)
        .join(PickList, PickList.task_id == Task.id)
        .outerjoin(counted, counted.c.task_id == Task.id)
        .where(Task.site_id == site_id, Task.kind == TaskKind.PICK.value, Task.status.in_(LIVE))
        .order_by(Task.wanted_at, Task.id)
    ).all()
    pickers = max(1, len({row.person_id for row in rows if row.status == TaskStatus.CLAIMED}))
    moment, ahead = clock.now(), 0.0
    found: dict[int, dt.datetime] = {}
    for row in sorted(rows, key=lambda row: row.status != TaskStatus.CLAIMED):
        claimed = row.status == TaskStatus.CLAIMED
        found[row.id] = moment if claimed else moment + dt.timedelta(seconds=ahead / pickers)
        ahead += _seconds(row)
    return found


def _counted(site_id: int) -> sa.Subquery:
    """Of every live list: how many lines it ever had, and the lines and pieces that are left of it."""
    left = sa.and_(Reservation.status == Claim.PENDING.value, Reservation.stage == Stage.RESERVED.value)
    return (
        sa.select(
            Reservation.task_id,
            sa.func.count().label("of"),
            sa.func.sum(sa.case((left, 1), else_=0)).label("left"),
            sa.func.sum(sa.case((left, pace.handled_in(Reservation.quantity, Product.decimals)), else_=0)).label("pieces"),
        )
        .join(Task, Task.id == Reservation.task_id)
        .join(OrderLine, OrderLine.id == Reservation.order_line_id)
        .join(Product, Product.id == OrderLine.product_id)
        .where(Task.site_id == site_id, Task.kind == TaskKind.PICK.value, Task.status.in_(LIVE))
        .group_by(Reservation.task_id)
        .subquery()
    )


def _seconds(row: Any) -> int:
    """How long what is left of a list takes: its share of the walk that was planned, and its lines and pieces."""
    lines = int(row.left or 0)
    pieces = lines if row.method == Method.PALLET else int(row.pieces or 0)
    return pace.seconds(round(row.metres * 1000 * lines / max(1, row.of or 0)), lines, pieces)


def _lists(site_id: int) -> list[Any]:
    """The orders of every live list, with how much of the list is left."""
    pending, counted = Reservation.status == Claim.PENDING.value, _counted(site_id)
    pressing = sa.case((sa.or_(Task.priority == scoring.ALWAYS_FIRST, Task.wanted_at <= clock.now()), 0), else_=1)
    claimed_first = sa.case((Task.status == TaskStatus.CLAIMED.value, 0), else_=1)
    return list(
        session.execute(
            sa.select(Task.id.label("task_id"), Task.status, Task.person_id, PickList.method)
            .add_columns(
                PickList.metres_planned.label("metres"),
                counted.c.of,
                counted.c.left,
                counted.c.pieces,
                Order.id.label("order_id"),
                Order.number,
                Order.due_at,
            )
            .join(PickList, PickList.task_id == Task.id)
            .join(counted, counted.c.task_id == Task.id)
            .join(Reservation, Reservation.task_id == Task.id)
            .join(OrderLine, OrderLine.id == Reservation.order_line_id)
            .join(Order, Order.id == OrderLine.order_id)
            .where(pending, Reservation.stage == Stage.RESERVED.value)
            .distinct()
            .order_by(claimed_first, pressing, Task.wanted_at, Task.id)
            .add_columns(claimed_first.label("first"), pressing.label("pressing"), Task.wanted_at)
        )
    )


def _picked(site_id: int, before: Mapping[int, float]) -> list[Any]:
    """What is picked, due, and not on a truck yet."""
    rows = session.execute(
        sa.select(Order.id, Order.number, Order.due_at, Order.status).where(
            Order.site_id == site_id, Order.status.in_([status.value for status in _AFTER]), Order.due_at.is_not(None)
        )
    )
    return [row for row in rows if row.id not in before]


def _waiting(site_id: int) -> list[Any]:
    """What is released and on no list yet."""
    return list(
        session.execute(
            sa.select(Order.id.label("order_id"), Order.number, Order.due_at, Order.priority)
            .add_columns(sa.func.count().label("lines"), sa.func.sum(pace.handled_in(OrderLine.promised, Product.decimals)).label("pieces"))
            .join(OrderLine, OrderLine.order_id == Order.id)
            .join(Product, Product.id == OrderLine.product_id)
            .where(Order.site_id == site_id, Order.status.in_(ON_THE_FLOOR), OrderLine.promised > 0)
            .group_by(Order.id, Order.number, Order.due_at, Order.priority)
            .order_by(Order.priority.desc(), sa.nulls_last(Order.due_at), Order.id)
        )
    )
