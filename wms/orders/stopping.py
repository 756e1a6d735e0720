"""An order that will not be sent any more: nobody packs or loads it, and it comes off its load."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import aliased

from wms import clock, events
from wms.actor import Actor
from wms.db import session
from wms.orders.models import Order
from wms.orders.outside import LOADS, SHIPMENTS
from wms.stock import handling_units
from wms.stock.models import HandlingUnit, Stage, Stock
from wms.tasks.models import LIVE, Task, TaskKind, TaskStatus


def stop(order: Order, *, reason: str | None, by: Actor) -> None:
    """Its packing and loading tasks end, its parcels come off the truck, and its load goes without it."""
    aboard = units_aboard(order)
    _end_work(order)
    tell_loads(order, aboard, by=by, leaves=True, code="load.order_cancelled", reason=reason)


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


def units_aboard(order: Order) -> dict[int, list[str]]:
    """What of an order stands on trucks that have not left, by load: of cartons on a pallet, the pallet."""
    lowest = aliased(HandlingUnit)
    rows = session.execute(
        sa.select(HandlingUnit.load_id, lowest.code, lowest.id)
        .join(lowest, lowest.id == sa.func.coalesce(HandlingUnit.root_id, HandlingUnit.id))
        .where(HandlingUnit.order_id == order.id, HandlingUnit.load_id.is_not(None), HandlingUnit.id.in_(_units_still_here(order)))
        .distinct()
        .order_by(lowest.id)
    ).all()
    found: dict[int, list[str]] = {}
    for load_id, code, _ in rows:
        found.setdefault(load_id, []).append(code)
    return found


@dataclass(frozen=True)
class _Load:
    """A load as its history names it."""

    id: int
    number: str
    site_id: int
    event_kind: str = "load"


def load_of(order: Order) -> str | None:
    """The load that is to carry an order."""
    planned = sa.select(LOADS.c.number).join(SHIPMENTS, SHIPMENTS.c.load_id == LOADS.c.id).where(*_not_left(order))
    return session.execute(planned).scalar_one_or_none()


def _not_left(order: Order) -> tuple[sa.ColumnElement[bool], ...]:
    return (SHIPMENTS.c.order_id == order.id, SHIPMENTS.c.left_at.is_(None))


def unload(unit_ids: Collection[int]) -> dict[int, list[str]]:
    """Units are not on board any more, each with the whole pallet it stands on; which came off which load."""
    off: dict[int, list[str]] = {}
    roots = sa.select(sa.func.coalesce(HandlingUnit.root_id, HandlingUnit.id)).where(HandlingUnit.id.in_(unit_ids))
    for root in session.execute(sa.select(HandlingUnit).where(HandlingUnit.id.in_(roots)).order_by(HandlingUnit.id)).scalars().all():
        inside = HandlingUnit.id.in_(handling_units.tree(root.id))
        aboard = session.execute(sa.select(HandlingUnit.load_id).where(inside, HandlingUnit.load_id.is_not(None)).limit(1)).scalar()
        if aboard is None:
            continue
        session.execute(
            sa.update(HandlingUnit).where(inside).values(load_id=None, loaded_at=None).execution_options(synchronize_session=False)
        )
        handling_units.restage(root.id, Stage.PACKED)
        off.setdefault(aboard, []).append(root.code)
    return off


def tell_loads(
    order: Order,
    aboard: Mapping[int, list[str]],
    *,
    by: Actor,
    leaves: bool,
    code: str = "load.order_changed",
    reason: str | None = None,
) -> None:
    """The load of an order hears what became of it: its history keeps which of the units are still on the truck. Where the order leaves
    the load and nothing else is on it, nobody is sent to its truck; dispatch adds orders or discards it."""
    planned = sa.and_(*_not_left(order))
    rows = session.execute(sa.select(LOADS.c.id, LOADS.c.number).join(SHIPMENTS, SHIPMENTS.c.load_id == LOADS.c.id).where(planned)).all()
    if leaves:
        session.execute(sa.update(SHIPMENTS).where(planned).values(load_id=None))
    for load_id, number in rows:
        load, units = _Load(load_id, number, order.site_id), aboard.get(load_id, [])
        events.record(load, code, by=by, orders=[order.number], units=units, reason=reason)
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
