"""Goods that somebody waits for do not go into the racks: from the dock they go to staging, claimed by the order they are for.

Only demand that nothing in the house can serve is offered: a released order's back-order, due soon. So newer goods never overtake older
ones. Of several orders the one with the higher priority comes first, then the one that is due first.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import sqlalchemy as sa

from wms import clock, events
from wms.actor import Actor
from wms.catalog.models import Partner, Product
from wms.db import fold, session
from wms.errors import Conflict, Refused
from wms.i18n import T
from wms.locations.models import Kind, Location
from wms.orders import gate, lifecycle
from wms.orders.models import InboundLine, InboundOrder, Order, OrderLine, OrderStatus
from wms.orders.timeline import teach
from wms.receiving import booking, deliveries, inspection, putaway, shelf_life
from wms.receiving.booking import Part
from wms.stock import ledger, promises, reservations
from wms.stock.ledger import Move, Place
from wms.stock.models import Condition, MovementKind, Stage

TARGETS = (Kind.STAGING, Kind.PACKING)
_ON_THE_FLOOR = (OrderStatus.RELEASED, OrderStatus.PICKING, OrderStatus.PICKED, OrderStatus.PACKED)
_LOOKED_AT = 50

teach(
    "order.cross_docked", T("{quantity} × {sku} straight from delivery {delivery}", "{quantity} × {sku} 由到货 {delivery} 直接出库"), "good"
)


class DemandGone(Conflict):
    """The order was served, changed or cancelled meanwhile."""

    code = "demand_gone"
    sentence = T("{number} no longer waits for so many of {sku}", "{number} 已不再需要这么多 {sku}")
    advice = T("Put them away as usual", "请按常规上架")


class NotStaging(Refused):
    """Goods for an order are put where orders are packed."""

    code = "not_staging"
    sentence = T("{location} is no place for goods of an order", "{location} 不是订单货物的存放处")
    advice = T("Take them to {expected}", "请送到 {expected}")


@dataclass(frozen=True, slots=True)
class Demand:
    """An order that waits for goods in hand: so many of them may go to it, and where to."""

    order_id: int
    line_id: int
    number: str
    customer: str
    due_at: dt.datetime | None
    quantity: int
    place: str


def waiting(
    inbound_id: int,
    product: Product,
    quantity: int,
    *,
    dock: Location,
    within: dt.timedelta,
    by: Actor,
    lot: str | None = None,
    expires_on: dt.date | None = None,
) -> Demand | None:
    """The order that goods in hand should go to, or None where they go into the racks: nobody waits, something older can serve them,
    or these must be inspected or held first. The inbound order is locked by this."""
    if not within or not quantity:
        return None
    lines = _back_orders(product, within, by)
    if not lines or promises.available(by.site_id, product.id) or _is_held(inbound_id, product, lot, expires_on, by):
        return None
    place = _staging(dock, by)
    if place is None:
        return None
    for line, order, customer in lines:
        if _suits(line, lot, expires_on):
            return Demand(order.id, line.id, order.number, customer, order.due_at, min(quantity, gate.open_quantity(line)), place.code)
    return None


def _back_orders(product: Product, within: dt.timedelta, by: Actor) -> list[tuple[OrderLine, Order, str]]:
    missing = OrderLine.ordered - OrderLine.promised - OrderLine.reserved - OrderLine.picked - OrderLine.short - OrderLine.cancelled
    rows = session.execute(
        sa.select(OrderLine, Order, Partner.name)
        .join(Order, Order.id == OrderLine.order_id)
        .join(Partner, Partner.id == Order.customer_id)
        .where(
            OrderLine.product_id == product.id,
            missing > 0,
            Order.site_id == by.site_id,
            Order.allow_backorder,
            Order.status.in_([status.value for status in _ON_THE_FLOOR]),
            sa.or_(Order.due_at.is_(None), Order.due_at <= clock.now() + within),
        )
        .order_by(Order.priority.desc(), sa.nulls_last(Order.due_at), Order.id)
        .limit(_LOOKED_AT)
        .execution_options(populate_existing=True)
    ).all()
    return [(line, order, customer) for line, order, customer in rows]


def _is_held(inbound_id: int, product: Product, lot: str | None, expires_on: dt.date | None, by: Actor) -> bool:
    """Whether goods like these wait for a decision before anybody may have them."""
    order = deliveries.lock_open(inbound_id)
    certificate = session.execute(
        sa.select(sa.func.max(InboundLine.certificate)).where(
            InboundLine.inbound_order_id == order.id, InboundLine.product_id == product.id
        )
    ).scalar_one()
    if inspection.wanted(order, product, certificate=certificate, by=by).inspects:
        return True
    return expires_on is not None and lot is not None and shelf_life.examine(product, lot, expires_on)


def _suits(line: OrderLine, lot: str | None, expires_on: dt.date | None) -> bool:
    if line.lot and (lot is None or fold(line.lot) != fold(lot)):
        return False
    keeps = (expires_on - clock.today()).days if expires_on else None
    return line.min_remaining_days is None or keeps is None or keeps >= line.min_remaining_days


def _staging(dock: Location, by: Actor) -> Location | None:
    """The nearest staging area, or packing place where there is none."""
    far = sa.func.abs(Location.x_mm - dock.x_mm) + sa.func.abs(Location.y_mm - dock.y_mm)
    return session.execute(
        sa.select(Location)
        .where(Location.site_id == by.site_id, Location.kind.in_([kind.value for kind in TARGETS]))
        .order_by(Location.kind != Kind.STAGING.value, far, Location.code_key)
        .limit(1)
    ).scalar_one_or_none()


def take(
    inbound_id: int,
    line_id: int,
    product: Product,
    quantity: int,
    *,
    dock: Location,
    place_id: int,
    expected: str,
    by: Actor,
    key: str,
    lot: str | None = None,
    expires_on: dt.date | None = None,
    produced_on: dt.date | None = None,
    arrival_id: int | None = None,
) -> tuple[InboundOrder, Order]:
    """Goods come in and go to the order's staging in one act: received, claimed, and picked as far as the order is concerned.

    Raises DemandGone, NotStaging, and what `booking.book` raises.
    """
    place = session.get_one(Location, place_id)
    if Kind(place.kind) not in TARGETS:
        raise NotStaging(location=place.code, expected=expected)
    order_id = session.execute(sa.select(OrderLine.order_id).where(OrderLine.id == line_id)).scalar_one()
    inbound = deliveries.lock_open(inbound_id)
    order = lifecycle.lock(order_id)
    line = next(one for one in order.lines if one.id == line_id)
    if order.status not in _ON_THE_FLOOR or gate.open_quantity(line) < quantity:
        raise DemandGone(number=order.number, sku=product.sku)
    promises.lock(by.site_id, {product.id})  # before the stock, as planning does
    if promises.available(by.site_id, product.id):
        raise DemandGone(number=order.number, sku=product.sku)  # something older came into the racks meanwhile
    part = Part(product=product, quantity=quantity, unit=None, lot=lot, expires_on=expires_on, produced_on=produced_on)
    (booked,) = booking.book(inbound, [part], dock=dock, by=by, key=key, arrival_id=arrival_id, is_free=False)
    if booked.condition is not Condition.GOOD:
        raise DemandGone(number=order.number, sku=product.sku)
    moves = []
    for number, ((share, count), moved) in enumerate(zip(booked.shares, booked.movements, strict=True)):
        claim = reservations.reserve(moved.target_stock_id, count, order_line_id=line.id)
        if claim is None:
            raise DemandGone(number=order.number, sku=product.sku)
        moves.append(
            Move(
                putaway.part_key(f"{key}:to", number),
                booked.batch_id,
                count,
                Place(dock.id),
                Place(place.id),
                MovementKind.PICK,
                document=order.number,
                order_line_id=line.id,
                inbound_line_id=share.id,
                arrival_id=booked.arrival_id,
                claims=(claim,),
                claimed=count,
                stage=Stage.PICKED,
            )
        )
        putaway.count_away(share.id, count)
    ledger.post(moves, by=by)
    line.picked += quantity
    order.updated_at = clock.now()
    session.flush()  # the event below is a Core statement, and the state is computed from the rows
    events.record(order, "order.cross_docked", by=by, quantity=quantity, sku=product.sku, delivery=inbound.number, place=place.code)
    lifecycle.progress(order, by=by)
    return inbound, order
