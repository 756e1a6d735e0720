"""A customer sends goods back: taken in against the order they left with, in the batch they left in, good or damaged."""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import aliased

from wms import clock, events
from wms.actor import Actor
from wms.catalog.models import Product
from wms.db import fold, session
from wms.errors import Refused
from wms.i18n import T
from wms.locations.models import Kind, Location
from wms.numbers import document_number, own_number
from wms.orders import lifecycle
from wms.orders.models import Order, OrderLine
from wms.orders.outside import SHIPMENTS
from wms.orders.timeline import teach
from wms.receiving import putaway, space
from wms.receiving.space import Goods
from wms.stock import ledger
from wms.stock.handling_units import new_unit
from wms.stock.ledger import Move, Place, QuantityWrong
from wms.stock.models import Batch, Condition, HandlingUnit, Movement, MovementKind, UnitKind

CONDITIONS = {"GOOD": (Condition.GOOD, T("Good, may be sold again", "完好，可再售")), "DAMAGED": (Condition.DAMAGED, T("Damaged", "残损"))}
"""What the receiver may find."""


teach("order.returned", T("{quantity} × {sku} came back, note {note}", "退回 {quantity} × {sku}，红字单 {note}"), "ask")


class NothingShipped(Refused):
    """Nothing of it has left with this order, or all of it came back already."""

    code = "nothing_to_return"
    sentence = T("{sku}: {shipped} left with {number}, {returned} came back", "{sku}：{number} 已发 {shipped}，已退 {returned}")
    advice = T("Check the order number; set the goods aside and ask sales", "请核对订单号；货物另放并询问销售")


class LotNotShipped(Refused):
    """The lot did not leave with this order."""

    code = "lot_not_shipped"
    sentence = T("Lot {lot} of {sku} did not leave with {number}", "{number} 未发过 {sku} 批号 {lot}")
    advice = T("Check the label; lots that left: {known}", "请核对标签；已发批号：{known}")


@dataclass(frozen=True, slots=True)
class Left:
    """Goods of one batch that are out with a customer: where the book says they are, and how many."""

    line: OrderLine
    batch_id: int
    lot: str
    outside_id: int
    quantity: int


@dataclass(frozen=True, slots=True)
class TakenBack:
    """What came back, on which plate and note."""

    order: Order
    note: str
    quantity: int
    unit: HandlingUnit | None
    location: Location


def find_order(number: str, *, by: Actor) -> Order | None:
    """The order of this number, or the one of a delivery note of this number, at the person's site."""
    key = fold(number)
    found = session.execute(sa.select(Order).where(Order.number_key == key, Order.site_id == by.site_id)).scalar_one_or_none()
    if found is not None:
        return found
    through = sa.select(SHIPMENTS.c.order_id).where(SHIPMENTS.c.number == own_number(number)).limit(1).scalar_subquery()
    return session.execute(sa.select(Order).where(Order.id == through, Order.site_id == by.site_id)).scalar_one_or_none()


def out_with_customer(order_id: int, product_id: int) -> list[Left]:
    """What of a product left with an order and has not come back, batch by batch, the first to leave first."""
    origin = aliased(Movement)
    net = sa.case((Movement.kind == MovementKind.SHIP.value, Movement.quantity), else_=-Movement.quantity)
    outside = sa.case((Movement.kind == MovementKind.SHIP.value, Movement.target_id), else_=Movement.source_id)
    undone = sa.select(origin.id).where(origin.reverses_id == Movement.id)
    rows = session.execute(
        sa.select(OrderLine, Movement.batch_id, Batch.lot, outside, sa.func.sum(net))
        .join(Movement, Movement.order_line_id == OrderLine.id)
        .join(Batch, Batch.id == Movement.batch_id)
        .where(
            OrderLine.order_id == order_id,
            OrderLine.product_id == product_id,
            Movement.kind.in_([MovementKind.SHIP.value, MovementKind.RETURN.value]),
            ~sa.exists(undone),
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
        mine = [line for line in order.lines if line.product_id == product.id]
        raise NothingShipped(
            sku=product.sku, number=order.number, shipped=sum(line.shipped for line in mine), returned=sum(line.returned for line in mine)
        )
    if lot is None:
        return left
    of_lot = [one for one in left if fold(one.lot) == fold(lot)]
    if not of_lot:
        raise LotNotShipped(lot=lot, sku=product.sku, number=order.number, known=", ".join(sorted({one.lot for one in left})))
    return of_lot


def open_note() -> str:
    """The number of a new red outbound note."""
    return document_number("R")


def take_back(
    order_id: int,
    product: Product,
    quantity: int,
    *,
    location_id: int,
    condition: Condition,
    note: str,
    by: Actor,
    key: str,
    company_prefix: str,
    lot: str | None = None,
) -> TakenBack:
    """Takes goods back up to what left with the order, into the batches in which they left, so they keep their age.

    Good ones stand at a dock on a plate of their own with a putaway task; damaged ones go to the defect area at once.
    Raises NothingShipped, LotNotShipped, QuantityWrong, WrongArea.
    """
    if quantity <= 0:
        raise QuantityWrong(quantity=quantity)
    order = lifecycle.lock(order_id)
    left = returnable(order, product, lot=lot)
    out = sum(one.quantity for one in left)
    if quantity > out:
        lines = [line for line in order.lines if line.product_id == product.id]
        shipped, returned = sum(line.shipped for line in lines), sum(line.returned for line in lines)
        raise NothingShipped(sku=product.sku, number=order.number, shipped=shipped, returned=returned)
    place = _place(location_id, condition, by)
    unit = None
    if condition is Condition.GOOD:
        unit = new_unit(UnitKind.CARTON, location_id=place.id, site_id=by.site_id, company_prefix=company_prefix)
    moves: list[Move] = []
    wanted = quantity
    for one in left:
        part = min(one.quantity, wanted)
        if part == 0:
            break
        wanted -= part
        one.line.returned += part
        moves.append(
            Move(
                f"{key}:{len(moves)}",
                one.batch_id,
                part,
                Place(one.outside_id),
                Place(place.id, unit.id if unit else None, condition.value),
                MovementKind.RETURN,
                document=note,
                order_line_id=one.line.id,
            )
        )
    ledger.post(moves, by=by)
    order.updated_at = clock.now()
    session.flush()  # the event below is a Core statement
    events.record(order, "order.returned", by=by, sku=product.sku, quantity=quantity, condition=condition.value, note=note)
    if unit:
        for batch_id in dict.fromkeys(move.batch_id for move in moves):
            back = sum(move.quantity for move in moves if move.batch_id == batch_id)
            putaway.offer(Goods(product, batch_id, back, condition, unit.id), place, by=by, document=note)
    return TakenBack(order, note, quantity, unit, place)


def _place(location_id: int, condition: Condition, by: Actor) -> Location:
    place = session.get_one(Location, location_id)
    assert place.site_id == by.site_id, "a place of another site"
    allowed = (Kind.DOCK,) if condition is Condition.GOOD else space.AREAS[condition]
    if Kind(place.kind) not in allowed:
        words = T(" / ".join(kind.text.en for kind in allowed), "、".join(kind.text.zh for kind in allowed))
        raise space.WrongArea(condition=condition.text, location=place.code, kind=Kind(place.kind).text, areas=words)
    return place


def usual_place(condition: Condition, *, by: Actor) -> Location | None:
    """Where returns of a condition go unless the worker says otherwise: the first dock, or the first defect area."""
    kinds = [Kind.DOCK] if condition is Condition.GOOD else list(space.AREAS[condition])
    return session.execute(
        sa.select(Location)
        .where(Location.site_id == by.site_id, Location.kind.in_([kind.value for kind in kinds]))
        .order_by(sa.case(*((Location.kind == kind.value, place) for place, kind in enumerate(kinds))), Location.code_key)
        .limit(1)
    ).scalar_one_or_none()
