"""Pieces that were picked for an order and are missing, or damaged: the work they make.

What is damaged is put back to the defect area; otherwise the product is counted where it was missed, once however many come up short.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from wms.db import session
from wms.orders.models import Order
from wms.tasks import queue
from wms.tasks.models import Task, TaskKind, TaskStatus


def offer_work(
    order: Order, *, location_id: int, product_id: int, batch_id: int, quantity: int, damaged: bool, reasons: list[dict[str, Any]]
) -> None:
    """So many pieces of the order were missed at a place, or are damaged there."""
    about: dict[str, Any] = {"document": order.number, "order_id": order.id, "batch_id": batch_id, "reasons": reasons}
    if damaged:
        about |= {"source_id": location_id, "product_id": product_id, "quantity": quantity}
        queue.offer(TaskKind.PUT_BACK, site_id=order.site_id, priority=5, **about)
    else:
        queue.count_once(location_id, product_id, site_id=order.site_id, priority=7, **about)


def withdraw_work(order: Order, *, location_id: int, product_id: int, batch_id: int, quantity: int, damaged: bool) -> None:
    """They are there after all: the work is not needed, unless somebody has begun it or it serves another order too."""
    kind = TaskKind.PUT_BACK if damaged else TaskKind.COUNT
    mine = (Task.kind == kind.value, Task.source_id == location_id, Task.product_id == product_id, Task.order_id == order.id)
    work = sa.select(Task.id).where(*mine, Task.status == TaskStatus.OPEN.value)
    if damaged:
        work = work.where(Task.batch_id == batch_id, Task.quantity == quantity)
    task_id = session.execute(work.order_by(Task.id.desc()).limit(1)).scalar_one_or_none()
    if task_id is not None:
        queue.cancel(task_id)
