"""A picked order is work for the packing bench: one task, however often it comes back there."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy import bindparam

from wms import clock
from wms.db import session, table_of
from wms.orders.models import Head, Order
from wms.tasks import queue
from wms.tasks.models import Task, TaskKind, TaskStatus

_T = table_of(Task)
_OPEN = (
    _T.c.order_id == bindparam("of_order"),
    _T.c.kind == TaskKind.PACK.value,
    sa.or_(_T.c.status == TaskStatus.OPEN.value, _T.c.status == TaskStatus.CLAIMED.value),
)
_FIND = sa.select(_T.c.id, _T.c.person_id).where(*_OPEN).order_by(_T.c.id).limit(1)
# Done by whoever holds it, not needed where nobody does.
_OVER = sa.case((_T.c.status == TaskStatus.CLAIMED.value, TaskStatus.DONE.value), else_=TaskStatus.CANCELLED.value)
_CLEAR = sa.update(_T).where(*_OPEN).values(status=_OVER, done_at=bindparam("moment"), lease_until=None)


def offer(order: Order | Head) -> int:
    """The order's packing task, put into the queue when it is not there; its id. The order must be locked."""
    found = open_task(order.id)
    if found is not None:
        return found[0]
    return queue.put(
        TaskKind.PACK,
        site_id=order.site_id,
        priority=order.priority,
        due_at=order.due_at,
        document=order.number,
        order_id=order.id,
    )


def clear(order_id: int) -> None:
    """Nothing of the order waits at the bench: its packing task is over."""
    session.execute(_CLEAR, {"of_order": order_id, "moment": clock.now()})


def open_task(order_id: int) -> tuple[int, int | None] | None:
    """(id, person) of the packing task of an order that is not over; None when there is none."""
    row = session.execute(_FIND, {"of_order": order_id}).one_or_none()
    return None if row is None else (row[0], row[1])
