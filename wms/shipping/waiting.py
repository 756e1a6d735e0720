"""What waits in shipping: orders for the bench and for a truck, loads for the door and for the gate."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import aliased

from wms import clock
from wms.actor import Actor
from wms.auth.models import Person
from wms.catalog.models import Partner
from wms.db import containing, session
from wms.i18n import HowFar, how_far
from wms.numbers import own_number
from wms.orders import line_queries
from wms.orders.models import Order, OrderLine, OrderStatus
from wms.orders.outside import PICK_LISTS
from wms.shipping.models import Load, LoadStatus, Shipment
from wms.shipping.queries import OPEN_LOADS
from wms.stock.models import Claim, HandlingUnit, Reservation, Stage
from wms.tasks import urgency
from wms.tasks.models import Task, TaskKind, TaskStatus
from wms.tasks.urgency import Lateness

_Carrier = aliased(Partner)


@dataclass(frozen=True)
class Waiting:
    """An order that waits for the bench or for a truck."""

    number: str
    customer: str
    city: str
    carrier: str | None
    status: OrderStatus
    priority: int
    due_at: dt.datetime | None
    picked: int
    packed: int
    units: int
    person: str | None
    far: HowFar | None = None

    @property
    def lateness(self) -> Lateness | None:
        """Whether it is overdue, or will be: packed it has to be loaded, and before that packed."""
        left = urgency.remains("load" if self.status is OrderStatus.PACKED else "pack")
        return urgency.lateness(self.due_at, clock.now(), left)


def _total(counter: Any) -> Any:
    """Of the lines of an order, when that order is looked at: nobody adds up those of all the others."""
    return sa.select(sa.func.sum(counter)).where(OrderLine.order_id == Order.id).correlate(Order).scalar_subquery()


_PICKED, _PACKED = _total(OrderLine.picked), _total(OrderLine.packed)


def packing_queue(by: Actor, *, q: str | None = None) -> sa.Select[Any]:
    """Orders with picked goods that no carton holds yet, unsorted."""
    holder = (
        sa.select(Person.name)
        .join(Task, Task.person_id == Person.id)
        .where(Task.order_id == Order.id, Task.kind == TaskKind.PACK.value, Task.status == TaskStatus.CLAIMED.value)
        .limit(1)
        .correlate(Order)
        .scalar_subquery()
    )
    query = _waiting(by, holder).where(Order.status.in_([OrderStatus.PICKING.value, OrderStatus.PICKED.value]), _PICKED > _PACKED)
    return query.where(containing(q, Order.number, Partner.name)) if q else query


def to_be_loaded(by: Actor, *, q: str | None = None) -> sa.Select[Any]:
    """Picked and packed orders that no open load carries, unsorted."""
    planned = sa.exists().where(Shipment.order_id == Order.id, Shipment.left_at.is_(None), Shipment.load_id.is_not(None))
    there = sa.and_(Order.status.in_([OrderStatus.PICKED.value, OrderStatus.PACKED.value]), _PICKED > 0)
    query = _waiting(by, sa.null()).where(there, sa.not_(planned))
    return query.where(containing(q, Order.number, Partner.name)) if q else query


WAITING_SORTS = {
    "due": (Order.due_at.is_(None), Order.due_at, Order.id),
    "number": Order.number_key,
    "priority": Order.priority,
    "customer": Partner.name,
}


def _waiting(by: Actor, holder: Any) -> sa.Select[Any]:
    units = (
        sa.select(sa.func.count())
        .where(HandlingUnit.order_id == Order.id, HandlingUnit.closed_at.is_not(None), HandlingUnit.load_id.is_(None))
        .correlate(Order)
        .scalar_subquery()
    )
    return (
        sa.select(
            Order.id,
            Order.number,
            Order.status,
            Order.priority,
            Order.due_at,
            Order.ship_to,
            Partner.name.label("customer"),
            _Carrier.name.label("carrier"),
            _PICKED.label("picked"),
            _PACKED.label("packed"),
            units.label("units"),
            sa.cast(holder, sa.String).label("person"),
        )
        .join(Partner, Partner.id == Order.customer_id)
        .outerjoin(_Carrier, _Carrier.id == Order.carrier_id)
        .where(Order.site_id == by.site_id)
    )


def waiting_row(row: Any) -> Waiting:
    """One row of `packing_queue` or `to_be_loaded`."""
    return Waiting(
        row.number,
        row.customer,
        row.ship_to.get("city") or "",
        row.carrier,
        OrderStatus(row.status),
        row.priority,
        row.due_at,
        int(row.picked),
        int(row.packed),
        row.units,
        row.person,
    )


def at_bench(rows: Sequence[Any]) -> list[Waiting]:
    """Rows of `packing_queue`, each with how much of what is picked is packed."""
    lines = line_queries.counted_of(OrderLine.order_id, (row.id for row in rows), OrderLine.packed, OrderLine.picked)
    return [replace(waiting_row(row), far=how_far(lines[row.id])) for row in rows]


def how_many(query: sa.Select[Any]) -> int:
    """The number of rows of a list."""
    return int(session.execute(sa.select(sa.func.count()).select_from(query.subquery())).scalar_one())


def packing_waits(by: Actor) -> int:
    """Orders at the bench, for the navigation."""
    return how_many(packing_queue(by))


def open_loads(by: Actor) -> int:
    """Loads that have not left, for the navigation."""
    return int(
        session.execute(
            sa.select(sa.func.count()).select_from(Load).where(Load.site_id == by.site_id, Load.status.in_(OPEN_LOADS))
        ).scalar_one()
    )


def at_the_gate(by: Actor) -> int:
    """Closed loads that have not left, for the menu."""
    return int(
        session.execute(
            sa.select(sa.func.count()).select_from(Load).where(Load.site_id == by.site_id, Load.status == LoadStatus.CLOSED.value)
        ).scalar_one()
    )


def orders_of_list(number: str, by: Actor) -> list[int]:
    """The orders that a pick list served and that still have picked goods waiting, oldest first."""
    return list(
        session.execute(
            sa.select(OrderLine.order_id)
            .join(Reservation, Reservation.order_line_id == OrderLine.id)
            .join(Order, Order.id == OrderLine.order_id)
            .join(PICK_LISTS, PICK_LISTS.c.task_id == Reservation.task_id)
            .where(
                PICK_LISTS.c.number == own_number(number),
                Order.site_id == by.site_id,
                Reservation.status == Claim.PENDING.value,
                Reservation.stage == Stage.PICKED.value,
            )
            .distinct()
            .order_by(OrderLine.order_id)
        ).scalars()
    )
