"""What has left the house and not come back: with an order, batch by batch, or standing at a customer's consignment location."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import sqlalchemy as sa

from wms.actor import Actor
from wms.catalog.models import Product
from wms.db import fold, session
from wms.errors import Refused
from wms.i18n import T
from wms.locations.models import Location
from wms.numbers import own_number
from wms.orders import went_out
from wms.orders.models import InboundKind, InboundLine, InboundOrder, Order, OrderLine
from wms.orders.outside import SHIPMENTS
from wms.receiving.models import Return
from wms.stock.handling_units import plain
from wms.stock.ledger import LARGEST, Move, Place
from wms.stock.models import Batch, Condition, HandlingUnit, Movement, MovementKind, Stock


class NothingShipped(Refused):
    """Nothing of it has left with this order, or all of it came back already."""

    code = "nothing_to_return"
    sentence = T("{sku}: {shipped} left with {number}, {returned} came back", "{sku}：{number} 已发 {shipped}，已退 {returned}")
    advice = T("Check the order number; else take it in without papers", "请核对订单号；否则按“无单退货”收下")


class LotNotShipped(Refused):
    """The lot (or serial) did not leave with this order, or came back already."""

    code = "lot_not_shipped"
    sentence = T("Lot {lot} of {sku} did not leave with {number}", "{number} 未发过 {sku} 批号 {lot}")
    advice = T("Check the label; lots that left: {known}", "请核对标签；已发批号：{known}")


class NothingConsigned(Refused):
    """The book knows none of it at the customer's, and the place may not run below zero."""

    code = "nothing_consigned"
    sentence = T("{sku}: {there} are at {location}", "{location} 的 {sku} 账面为 {there}")
    advice = T("Count again, or ask sales whose they are", "请重新清点，或询问销售")


@dataclass(frozen=True, slots=True)
class Left:
    """Goods of one batch that are out: for which order line, where the book says they are, and how many."""

    line: OrderLine | None
    batch_id: int
    lot: str
    outside_id: int
    quantity: int


def find_order(number: str, *, by: Actor, parcels: bool = True) -> Order | None:
    """The order of this number at the person's site; or of the delivery note, tracking number or (with `parcels`) SSCC."""
    key = fold(number)
    found = session.execute(sa.select(Order).where(Order.number_key == key, Order.site_id == by.site_id)).scalar_one_or_none()
    if found is not None:
        return found
    typed = number.strip()
    parcel = HandlingUnit.code_key == fold(plain(number)) if parcels else None
    # One after the other: each is found by an index of its own, and this is asked at every scan.
    for column, which in (
        (SHIPMENTS.c.order_id, SHIPMENTS.c.number == own_number(number)),
        (SHIPMENTS.c.order_id, SHIPMENTS.c.tracking == typed),
        (HandlingUnit.order_id, HandlingUnit.tracking == typed),
        (HandlingUnit.order_id, parcel),
    ):
        if which is None:
            continue
        ids = set(session.execute(sa.select(column).where(which).distinct().limit(2)).scalars()) - {None}
        if len(ids) == 1:
            return session.execute(sa.select(Order).where(Order.id == ids.pop(), Order.site_id == by.site_id)).scalar_one_or_none()
    return None


def announced_for(inbound: InboundOrder, *, by: Actor) -> Order | None:
    """The order that an announced customer return names as its reference."""
    if inbound.kind != InboundKind.CUSTOMER_RETURN or not inbound.reference:
        return None
    return find_order(inbound.reference, by=by)


def out_with_customer(order_id: int, product_id: int) -> list[Left]:
    """What of a product left with an order and has not come back, batch by batch, the first to leave first."""
    net = sa.case((Movement.kind == MovementKind.SHIP.value, Movement.quantity), else_=-Movement.quantity)
    outside = sa.case((Movement.kind == MovementKind.SHIP.value, Movement.target_id), else_=Movement.source_id)
    rows = session.execute(
        sa.select(OrderLine, Movement.batch_id, Batch.lot, outside, sa.func.sum(net))
        .join(Movement, Movement.order_line_id == OrderLine.id)
        .join(Batch, Batch.id == Movement.batch_id)
        .where(
            OrderLine.order_id == order_id,
            OrderLine.product_id == product_id,
            Movement.kind.in_([MovementKind.SHIP.value, MovementKind.RETURN.value]),
            went_out.STANDS,
        )
        .group_by(OrderLine.id, Movement.batch_id, Batch.lot, outside)
        .having(sa.func.sum(net) > 0)
        .order_by(OrderLine.id, sa.func.min(Movement.id))
    ).all()
    return [Left(line, batch_id, lot, place, int(quantity)) for line, batch_id, lot, place, quantity in rows]


def returnable(order: Order, product: Product, *, lot: str | None = None) -> list[Left]:
    """The same, or the refusal that nothing of it can come back. Raises NothingShipped, LotNotShipped."""
    left = out_with_customer(order.id, product.id)
    if not left:
        raise nothing(order, product)
    if lot is None:
        return left
    of_lot = [one for one in left if fold(one.lot) == fold(lot)]
    if not of_lot:
        raise LotNotShipped(lot=lot, sku=product.sku, number=order.number, known=", ".join(sorted({one.lot for one in left})))
    return of_lot


class NotOnOrder(NothingShipped):
    """The order never had any of it."""

    sentence = T("{sku} is not on {number}", "{number} 中没有 {sku}")
    advice = T("Take it in without papers: Action, No papers", "请按无单退货收下：操作 → 无单退货")


def nothing(order: Order, product: Product) -> NothingShipped:
    """Why nothing of a product comes back with an order."""
    lines = [line for line in order.lines if line.product_id == product.id]
    if not lines:
        return NotOnOrder(sku=product.sku, number=order.number)
    shipped, returned = sum(line.shipped for line in lines), sum(line.returned for line in lines)
    return NothingShipped(sku=product.sku, number=order.number, shipped=shipped, returned=returned)


def consigned(place: Location, product: Product, *, lot: str | None = None) -> list[Left]:
    """What of a product the book has at a customer's consignment location, the oldest first.

    Where the place may run below zero its last batch (or the lot that is named) stands for whatever more comes back.
    Raises NothingConsigned.
    """
    wanted = [Batch.lot_key == fold(lot)] if lot else []
    rows = session.execute(
        sa.select(Stock.batch_id, Batch.lot, sa.func.sum(Stock.on_hand - Stock.reserved))
        .join(Batch, Batch.id == Stock.batch_id)
        .where(Stock.location_id == place.id, Stock.product_id == product.id, *wanted)
        .group_by(Stock.batch_id, Batch.lot, Batch.received_on)
        .order_by(Batch.received_on, Stock.batch_id)
    ).all()
    left = [Left(None, batch_id, of_lot, place.id, int(free)) for batch_id, of_lot, free in rows if free > 0]
    if place.allow_negative:
        last = rows[-1] if rows else _latest_batch(product, lot)
        if last is not None:
            left = [one for one in left if one.batch_id != last[0]] + [Left(None, last[0], last[1], place.id, LARGEST)]
    if not left:
        raise NothingConsigned(sku=product.sku, location=place.code, there=sum(int(row[2]) for row in rows))
    return left


def _latest_batch(product: Product, lot: str | None) -> sa.Row[tuple[int, str, int]] | None:
    wanted = [Batch.lot_key == fold(lot)] if lot else []
    return session.execute(
        sa.select(Batch.id, Batch.lot, sa.literal(0))
        .where(Batch.product_id == product.id, *wanted)
        .order_by(Batch.received_on.desc(), Batch.id.desc())
        .limit(1)
    ).one_or_none()


def sources(left: Left, quantity: int) -> list[tuple[Place, int]]:
    """The places from which so many of a batch come back: outside the house one; of a consignment location the cartons in which they were
    sent, then what lies loose there, whatever the book says."""
    if session.get_one(Location, left.outside_id).is_virtual:
        return [(Place(left.outside_id), quantity)]
    rows = session.execute(
        sa.select(Stock.handling_unit_id, Stock.on_hand - Stock.reserved)
        .where(
            Stock.location_id == left.outside_id,
            Stock.batch_id == left.batch_id,
            Stock.condition == Condition.GOOD.value,
            Stock.on_hand > Stock.reserved,
        )
        .order_by(Stock.handling_unit_id.is_(None), Stock.id)
    ).all()
    found: list[tuple[Place, int]] = []
    for unit_id, free in rows:
        part = min(int(free), quantity)
        if part and unit_id is not None:
            found.append((Place(left.outside_id, unit_id), part))
            quantity -= part
    return [*found, (Place(left.outside_id), quantity)] if quantity else found


def dealt(left: list[Left], quantity: int) -> tuple[list[tuple[Left, int]], int]:
    """So many pieces dealt out to what is with the customer, in its sequence; and how many are left over."""
    shares = []
    for one in left:
        part = min(one.quantity, quantity)
        quantity -= part
        if part:
            shares.append((one, part))
    return shares, quantity


def moves_back(
    header: Return,
    shares: Iterable[tuple[Left, int]],
    target: Place,
    key_of: Callable[[int], str],
    *,
    reason: str | None = None,
    inbound_line: InboundLine | None = None,
) -> list[tuple[Move, OrderLine | None]]:
    """The movements that bring these shares back from where they went, each with the line it left for, which counts them as returned.
    `key_of` gives the key of the movement at a place in the list."""
    moves: list[tuple[Move, OrderLine | None]] = []
    for one, part in shares:
        if one.line is not None:
            one.line.returned += part
        for source, amount in sources(one, part):
            move = Move(
                key_of(len(moves)),
                one.batch_id,
                amount,
                source,
                target,
                MovementKind.RETURN,
                reason=reason,
                document=header.number,
                order_line_id=one.line.id if one.line else None,
                inbound_line_id=inbound_line.id if inbound_line else None,
            )
            moves.append((move, one.line))
    return moves
