"""An order that will not be sent any more: nobody packs or loads it, and it comes off its load."""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa

from wms import clock, events
from wms.actor import Actor
from wms.db import session
from wms.orders.models import Order
from wms.orders.outside import LOADS, SHIPMENTS
from wms.stock.models import HandlingUnit, Stock
from wms.tasks.models import LIVE, Task, TaskKind, TaskStatus


def stop(order: Order, *, reason: str | None, by: Actor) -> None:
    """Its packing and loading tasks end, its parcels come off the truck, and its load goes without it."""
    _end_work(order)
    _leave_load(order, reason, by)


def _end_work(order: Order) -> None:
    session.execute(
        sa.update(Task)
        .where(
            Task.order_id == order.id,
            Task.status.in_(LIVE),
            Task.kind.in_([TaskKind.PACK.value, TaskKind.LOAD.value]),
        )
        .values(status=TaskStatus.CANCELLED.value, done_at=clock.now(), lease_until=None)
        .execution_options(synchronize_session=False)
    )
    session.execute(
        sa.update(HandlingUnit)
        .where(HandlingUnit.order_id == order.id, HandlingUnit.id.in_(_units_still_here(order)))
        .values(load_id=None, loaded_at=None)
        .execution_options(synchronize_session=False)
    )


@dataclass(frozen=True)
class _Load:
    """A load as its history names it."""

    id: int
    number: str
    site_id: int
    event_kind: str = "load"


def _leave_load(order: Order, reason: str | None, by: Actor) -> None:
    """The order comes off its load. A load that carries nothing any more sends nobody to its truck; dispatch adds orders or discards it."""
    planned = sa.and_(SHIPMENTS.c.order_id == order.id, SHIPMENTS.c.left_at.is_(None))
    rows = session.execute(sa.select(LOADS.c.id, LOADS.c.number).join(SHIPMENTS, SHIPMENTS.c.load_id == LOADS.c.id).where(planned)).all()
    session.execute(sa.update(SHIPMENTS).where(planned).values(load_id=None))
    for load_id, number in rows:
        events.record(_Load(load_id, number, order.site_id), "load.order_cancelled", by=by, orders=[order.number], reason=reason)
        session.execute(
            sa.update(Task)
            .where(
                Task.document == number,
                Task.kind == TaskKind.LOAD.value,
                Task.status.in_(LIVE),
                ~sa.exists().where(SHIPMENTS.c.load_id == load_id),
            )
            .values(status=TaskStatus.CANCELLED.value, done_at=clock.now(), lease_until=None)
            .execution_options(synchronize_session=False)
        )


def _units_still_here(order: Order) -> sa.Select[tuple[int | None]]:
    return sa.select(Stock.handling_unit_id).where(
        Stock.site_id == order.site_id, Stock.on_hand > 0, Stock.may_be_negative.is_(False), Stock.handling_unit_id.is_not(None)
    )
