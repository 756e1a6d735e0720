"""What the customer of one order may see of it, and nothing else: no prices, no stock, no places, nobody's name, no other order."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, replace

import sqlalchemy as sa
from sqlalchemy.orm import lazyload

from wms import clock
from wms.catalog.models import Partner, Product
from wms.db import session
from wms.events import Event
from wms.i18n import T, Text
from wms.orders.models import Order, OrderStatus
from wms.orders.outside import SHIPMENTS
from wms.orders.timeline import timelines
from wms.sales import words
from wms.sales.words import Step

S = OrderStatus


@dataclass(frozen=True)
class Goods:
    """A line of what was ordered."""

    name: Text
    ordered: int
    sent: int
    decimals: int
    unit: str
    gone: int  # of what was ordered, what will not come

    @property
    def to_come(self) -> int:
        """What is still to be sent."""
        return max(0, self.ordered - self.sent - self.gone)


@dataclass(frozen=True)
class Parcel:
    """Goods that were sent together."""

    carrier: str | None
    tracking: str | None
    left_on: dt.date
    arrived_on: dt.date | None


@dataclass(frozen=True)
class CustomerOrder:
    """An order as its customer sees it."""

    number: str
    reference: str | None
    stands: Text
    tone: str
    steps: Sequence[Step]
    when: Text | None
    goods: Sequence[Goods]
    parcels: Sequence[Parcel]
    town: str


def seen(order: Order) -> CustomerOrder:
    """The order as its customer may see it."""
    status = S(order.status)
    parcels = _parcels(order.id)
    stands = words.FOR_CUSTOMERS[status]
    goods = _goods(order)
    if status is S.CANCELLED and (into := _merged_into(order)):
        stands = T("Your goods come with your order {into}", "您的货物随订单 {into} 一并发出", into=into)
        goods = [replace(one, gone=0) for one in goods]
    if parcels and status not in (S.SHIPPED, S.DELIVERED, S.CLOSED, S.CANCELLED):
        stands = T("A part of your order has left; the rest follows", "订单已部分发货，其余随后发货")
    return CustomerOrder(
        number=order.number,
        reference=order.reference,
        stands=stands,
        tone=status.tone if status in (S.DELIVERED, S.CLOSED, S.SHIPPED) else "calm",
        steps=words.steps(status, timelines("order", [order.id], "en").get(order.id, [])),
        when=_when(order, status, parcels),
        goods=goods,
        parcels=parcels,
        town=str(order.ship_to.get("city") or ""),
    )


def _merged_into(order: Order) -> str | None:
    """The order of the same customer that its goods go with; none where they do not go."""
    merged = sa.select(Event.facts).where(
        Event.subject_kind == Order.event_kind, Event.subject_id == order.id, Event.code == "order.merged"
    )
    facts = session.execute(merged.order_by(Event.id.desc()).limit(1)).scalar_one_or_none()
    return None if facts is None else str(facts["into"])


def _when(order: Order, status: OrderStatus, parcels: Sequence[Parcel]) -> Text | None:
    """When it leaves, left, or arrived. A day that has passed is promised to nobody."""
    if status in (S.CANCELLED, S.HELD):
        return None
    if status in (S.DELIVERED, S.CLOSED):
        arrived = max((one.arrived_on for one in parcels if one.arrived_on), default=None)
        return T("Arrived on {day}", "{day} 送达", day=arrived) if arrived else None
    if status is S.SHIPPED and parcels:
        return T("Left on {day}", "{day} 发货", day=max(one.left_on for one in parcels))
    due = clock.local(order.due_at).date() if order.due_at else None
    day = max((one for one in (order.promised_on, due if order.promised_on is None else None) if one), default=None)
    if day is None:
        return None
    if day < clock.today():
        return T("It takes longer than planned; we are sorry, and on it", "比原计划晚了，抱歉，我们正在处理")
    return T("Planned to leave on {day}", "预计 {day} 发货", day=day)


def _goods(order: Order) -> list[Goods]:
    wanted = sa.select(Product).where(Product.id.in_({line.product_id for line in order.lines})).options(lazyload("*"))
    products = {one.id: one for one in session.execute(wanted).scalars()}
    return [
        Goods(
            *(products[line.product_id].text, line.ordered, line.shipped, products[line.product_id].decimals),
            *(products[line.product_id].base_unit, line.cancelled + line.short),
        )
        for line in order.lines
    ]


def _parcels(order_id: int) -> list[Parcel]:
    rows = session.execute(
        sa.select(Partner.name, SHIPMENTS.c.tracking, SHIPMENTS.c.left_at, SHIPMENTS.c.signed_at)
        .select_from(SHIPMENTS)
        .outerjoin(Partner, Partner.id == SHIPMENTS.c.carrier_id)
        .where(SHIPMENTS.c.order_id == order_id, SHIPMENTS.c.left_at.is_not(None))
        .order_by(SHIPMENTS.c.id)
    )
    return [
        Parcel(row.name, row.tracking, clock.local(row.left_at).date(), clock.local(row.signed_at).date() if row.signed_at else None)
        for row in rows
    ]
