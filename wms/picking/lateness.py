"""Which orders will be late, before they are: the work that goes before them, in minutes, against the time they are due."""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from weakref import WeakKeyDictionary

import sqlalchemy as sa
from sqlalchemy.pool import Pool

from wms import clock
from wms.db import session
from wms.i18n import T, Text
from wms.orders.forecasts import Expected
from wms.orders.models import Order, OrderLine
from wms.picking import pace
from wms.picking.choosing import ON_THE_FLOOR
from wms.picking.models import PickList
from wms.stock.models import Claim, Reservation, Stage
from wms.tasks import scoring
from wms.tasks.models import LIVE, Task, TaskKind, TaskStatus

KEPT_SECONDS = 15.0
_kept: WeakKeyDictionary[Pool, dict[int, tuple[float, Mapping[int, Expected]]]] = WeakKeyDictionary()
WALK_MM = 40_000  # of an order that is on no list yet


@dataclass(frozen=True, slots=True)
class Forecast:
    """When an order will be picked, as things stand."""

    order_id: int
    number: str
    due_at: dt.datetime
    done_at: dt.datetime
    minutes_ahead: int
    pickers: int

    @property
    def minutes_late(self) -> int:
        """How many minutes too late; below zero is time to spare."""
        return round((self.done_at - self.due_at).total_seconds() / 60)

    @property
    def why(self) -> Text:
        """What it is reckoned from."""
        facts = {"ahead": self.minutes_ahead, "n": self.pickers}
        if self.due_at <= clock.now():
            if not self.minutes_ahead:
                return T("Already overdue; nothing ahead of it", "已逾期；马上可拣")
            return T("Already overdue; {ahead} min of work up to it", "已逾期；至完成还需 {ahead} 分钟作业", **facts)
        return T("{ahead} min of work up to it, {n} picking at once", "至完成还需 {ahead} 分钟作业，{n} 人拣货", **facts)


def late(site_id: int) -> list[Forecast]:
    """The orders that will be late if nothing is done about it, the latest first."""
    return sorted((one for one in forecasts(site_id) if one.done_at > one.due_at), key=lambda one: -one.minutes_late)


def kept(site_id: int) -> Mapping[int, Expected]:
    """What is expected, as it was up to some seconds ago: for lists and boards that many people look at again and again."""
    sites = _kept.setdefault(session.get_bind().pool, {})  # type: ignore[union-attr]
    moment, found = sites.get(site_id, (0.0, {}))
    if site_id not in sites or time.monotonic() - moment > KEPT_SECONDS:
        found = {one.order_id: Expected(one.order_id, one.due_at, one.done_at, one.why) for one in forecasts(site_id)}
        sites[site_id] = (time.monotonic(), found)
    return found


def forget() -> None:
    """What is kept is reckoned anew."""
    _kept.pop(session.get_bind().pool, None)  # type: ignore[union-attr]


def forecasts(site_id: int) -> list[Forecast]:
    """Every order on the floor that is due: first the lists in the sequence of the queue, then what waits to be planned."""
    lists, waiting = _lists(site_id), _waiting(site_id)
    pickers = max(1, len({row.person_id for row in lists if row.status == TaskStatus.CLAIMED}))
    moment, ahead = clock.now(), 0.0
    when: dict[int, float] = {}
    facts: dict[int, Any] = {}
    tasks: dict[int, float] = {}
    for row in lists:
        if row.task_id not in tasks:
            ahead += (row.seconds or row.left * pace.seconds(WALK_MM, 1, 1)) * row.left / max(1, row.of)
            tasks[row.task_id] = ahead
        when[row.order_id] = max(when.get(row.order_id, 0), tasks[row.task_id])
        facts[row.order_id] = row
    for row in waiting:
        ahead += pace.seconds(WALK_MM, row.lines, int(row.pieces))
        when[row.order_id] = ahead
        facts[row.order_id] = row
    found = []
    for order_id, seconds in when.items():
        row = facts[order_id]
        if row.due_at is not None:
            mine = seconds / pickers
            done = moment + dt.timedelta(seconds=mine)
            found.append(Forecast(order_id, row.number, row.due_at, done, round(mine / 60), pickers))
    return found


def starts(site_id: int) -> dict[int, dt.datetime]:
    """When each live list will probably be begun, by its task: those in hand now, the others as the line comes to them."""
    rows = session.execute(
        sa.select(Task.id, Task.status, Task.person_id, PickList.seconds_planned)
        .join(PickList, PickList.task_id == Task.id)
        .where(Task.site_id == site_id, Task.kind == TaskKind.PICK.value, Task.status.in_(LIVE))
        .order_by(Task.wanted_at, Task.id)
    ).all()
    pickers = max(1, len({row.person_id for row in rows if row.status == TaskStatus.CLAIMED}))
    moment, ahead = clock.now(), 0.0
    found: dict[int, dt.datetime] = {}
    for row in sorted(rows, key=lambda row: row.status != TaskStatus.CLAIMED):
        claimed = row.status == TaskStatus.CLAIMED
        found[row.id] = moment if claimed else moment + dt.timedelta(seconds=ahead / pickers)
        ahead += (row.seconds_planned or pace.seconds(WALK_MM, 1, 1)) / (2 if claimed else 1)  # of what is in hand, half is done
    return found


def _lists(site_id: int) -> list[Any]:
    """The orders of every live list, with how much of the list is left."""
    pending = Reservation.status.in_([Claim.PENDING.value, Claim.POSTED.value])
    counted = (
        sa.select(
            Reservation.task_id,
            sa.func.count().label("of"),
            sa.func.sum(sa.case((Reservation.stage == Stage.RESERVED.value, 1), else_=0)).label("left"),
        )
        .join(Task, Task.id == Reservation.task_id)
        .where(pending, Task.site_id == site_id, Task.kind == TaskKind.PICK.value, Task.status.in_(LIVE))
        .group_by(Reservation.task_id)
        .subquery()
    )
    pressing = sa.case((sa.or_(Task.priority == scoring.ALWAYS_FIRST, Task.wanted_at <= clock.now()), 0), else_=1)
    claimed_first = sa.case((Task.status == TaskStatus.CLAIMED.value, 0), else_=1)
    return list(
        session.execute(
            sa.select(Task.id.label("task_id"), Task.status, Task.person_id, PickList.seconds_planned.label("seconds"))
            .add_columns(counted.c.of, counted.c.left, Order.id.label("order_id"), Order.number, Order.due_at)
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


def _waiting(site_id: int) -> list[Any]:
    """What is released and on no list yet."""
    return list(
        session.execute(
            sa.select(Order.id.label("order_id"), Order.number, Order.due_at, Order.priority)
            .add_columns(sa.func.count().label("lines"), sa.func.sum(OrderLine.promised).label("pieces"))
            .join(OrderLine, OrderLine.order_id == Order.id)
            .where(Order.site_id == site_id, Order.status.in_(ON_THE_FLOOR), OrderLine.promised > 0)
            .group_by(Order.id, Order.number, Order.due_at, Order.priority)
            .order_by(Order.priority.desc(), sa.nulls_last(Order.due_at), Order.id)
        )
    )
