"""A picked order is work for the packing bench: one task, however often it comes back there."""

from __future__ import annotations

import sqlalchemy as sa

from wms import clock
from wms.db import session
from wms.orders.models import Order
from wms.tasks import queue
from wms.tasks.models import Task, TaskKind, TaskStatus


def offer(order: Order) -> Task:
    """The order's packing task, put into the queue when it is not there. The order must be locked."""
    return open_task(order.id) or queue.offer(
        TaskKind.PACK,
        site_id=order.site_id,
        priority=order.priority,
        due_at=order.due_at,
        document=order.number,
        order_id=order.id,
    )


def clear(order: Order) -> None:
    """Nothing of the order waits at the bench: its packing task is over, done by whoever holds it, not needed where nobody does."""
    task = open_task(order.id)
    if task is None:
        return
    over = TaskStatus.DONE if task.status == TaskStatus.CLAIMED else TaskStatus.CANCELLED
    session.execute(
        sa.update(Task)
        .where(Task.id == task.id)
        .values(status=over.value, done_at=clock.now(), lease_until=None)
        .execution_options(synchronize_session=False)
    )


def open_task(order_id: int) -> Task | None:
    """The packing task of an order that is not over."""
    live = (TaskStatus.OPEN.value, TaskStatus.CLAIMED.value)
    return session.execute(
        sa.select(Task)
        .where(Task.order_id == order_id, Task.kind == TaskKind.PACK.value, Task.status.in_(live))
        .order_by(Task.id)
        .limit(1)
        .execution_options(populate_existing=True)
    ).scalar_one_or_none()
