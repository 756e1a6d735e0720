"""A picked order is work for the packing bench: one task, however often it comes back there."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy import bindparam

from wms import clock
from wms.db import session, table_of
from wms.orders.models import Head, Order, OrderLine
from wms.stock.models import Claim, Reservation, Stage
from wms.tasks import queue
from wms.tasks.models import LIVE, Task, TaskKind, TaskStatus

_T, _R, _OL = table_of(Task), table_of(Reservation), table_of(OrderLine)
_OPEN = (_T.c.kind == TaskKind.PACK.value, sa.or_(*(_T.c.status == live for live in LIVE)))
_FIND = sa.select(_T.c.id, _T.c.person_id).where(_T.c.order_id == bindparam("of_order"), *_OPEN).order_by(_T.c.id).limit(1)
# Done by whoever holds it, not needed where nobody does.
_OVER = sa.case((_T.c.status == TaskStatus.CLAIMED.value, TaskStatus.DONE.value), else_=TaskStatus.CANCELLED.value)
_TO_SORT = (
    sa.select(_R.c.id)
    .join(_OL, _OL.c.id == _R.c.order_line_id)
    .where(_OL.c.order_id == bindparam("of_order"), _R.c.status == Claim.PENDING.value, _R.c.stage == Stage.TO_SORT.value)
    .limit(1)
)
_OF_THESE = _T.c.order_id.in_(bindparam("of_orders", expanding=True))
_CLEAR = sa.update(_T).where(_OF_THESE, *_OPEN).values(status=_OVER, done_at=bindparam("moment"), lease_until=None)


def offer(order: Order | Head) -> int:
    """The order's packing task, put into the queue when it is not there; its id. The order must be locked."""
    found = open_task(order.id)
    if found is not None:
        settle(order.id)
        return found[0]
    waits = TaskStatus.WAITING if to_be_sorted(order.id) else TaskStatus.OPEN
    return queue.put(
        TaskKind.PACK,
        status=waits.value,
        site_id=order.site_id,
        priority=order.priority,
        due_at=order.due_at,
        document=order.number,
        order_id=order.id,
    )


def to_be_sorted(order_id: int) -> bool:
    """Whether goods of the order still lie among those of other orders."""
    return session.execute(_TO_SORT, {"of_order": order_id}).first() is not None


def settle(order_id: int) -> None:
    """Its packing task waits while goods of the order are to be sorted, and no longer. One that somebody has begun stays theirs."""
    here, there = (TaskStatus.OPEN, TaskStatus.WAITING) if to_be_sorted(order_id) else (TaskStatus.WAITING, TaskStatus.OPEN)
    which = (_T.c.order_id == order_id, _T.c.kind == TaskKind.PACK.value, _T.c.status == here.value)
    session.execute(sa.update(_T).where(*which).values(status=there.value))


def clear(*order_ids: int) -> None:
    """Nothing of these orders waits at the bench: their packing tasks are over."""
    if order_ids:
        session.execute(_CLEAR, {"of_orders": order_ids, "moment": clock.now()})


def open_task(order_id: int) -> tuple[int, int | None] | None:
    """(id, person) of the packing task of an order that is not over; None when there is none."""
    row = session.execute(_FIND, {"of_order": order_id}).one_or_none()
    return None if row is None else (row[0], row[1])
