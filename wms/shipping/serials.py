"""Pieces with serial numbers at the bench: the number that was picked for an order is the number that is packed for it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from wms import events
from wms.actor import Actor
from wms.catalog.models import Product, Tracking
from wms.db import fold, session, table_of
from wms.errors import Refused
from wms.i18n import T
from wms.orders import lifecycle
from wms.orders.models import Order, OrderLine
from wms.shipping import packing
from wms.stock import reservations
from wms.stock.ledger import ClaimGone
from wms.stock.models import Batch, Claim, Reservation, Stage, Stock

_R = table_of(Reservation)


class SerialPacked(Refused):
    """One piece is one number."""

    code = "serial_twice"
    sentence = T("{serial} is packed for {number} already", "{serial} 已为 {number} 装箱")
    advice = T("Scan the next piece", "请扫描下一件")


class SerialNotPicked(Refused):
    """A piece of the product that nobody picked for this order, nor for another one that waits at a bench."""

    code = "serial_not_picked"
    sentence = T("{serial} of {sku} was not picked for {number}", "{sku} 的序列号 {serial} 不是为 {number} 拣的")
    advice = T("Choose Put aside, and scan {first}", "请选“异常件另放”，再扫描 {first}")


class SerialOfAnother(Refused):
    """It was picked for another order: two pieces were taken for each other on the way."""

    code = "serial_of_another"
    sentence = T("{serial} was picked for {other}, not for {number}", "{serial} 是为 {other} 拣的，不是 {number}")
    advice = T("Put it to {other} and scan {first}; a supervisor may exchange the two", "请放到 {other}，改扫 {first}；主管可对调两件")


class SerialOrdered(Refused):
    """One of the two orders names its pieces, or asks for how long they keep."""

    code = "serial_ordered"
    sentence = T(
        "{serial} cannot be exchanged: {number} or {other} asks for its own pieces", "{serial} 不能对调：{number} 或 {other} 指定了货物"
    )
    advice = T("Put it to {other} and scan {first}", "请放到 {other}，改扫 {first}")


@dataclass(frozen=True, slots=True)
class _Piece:
    """A piece with a number, and whose it is."""

    claim_id: int
    stock_id: int
    order_id: int
    number: str
    stage: str
    line: Any


def check(order_id: int, product: Product, serial: str) -> str:
    """The number as it is written in the book, when it was picked for this order and waits.

    Raises SerialPacked, SerialOfAnother, SerialNotPicked, and as `packing.check_piece`.
    """
    order = session.get_one(Order, order_id, populate_existing=True)
    open_ = open_serials(order_id, product.id)
    found = next((one for one in open_ if fold(one) == fold(serial)), None)
    if found is not None:
        return found
    first = open_[0] if open_ else None
    if first is None:
        packing.check_piece(order_id, product, 1, None)  # in its own words: packed all, or not ordered at all
    held = _held(product.id, serial, order.site_id)
    if held is not None and held.order_id == order_id:
        raise SerialPacked(serial=serial, number=order.number)
    if held is not None and held.stage == Stage.PICKED:
        other = session.get_one(Order, held.order_id).number
        raise SerialOfAnother(serial=held.number, other=other, number=order.number, first=first)
    raise SerialNotPicked(serial=serial, sku=product.sku, number=order.number, first=first)


def open_serials(order_id: int, product_id: int) -> list[str]:
    """The numbers that were picked for an order and wait for packing, in the sequence of their claims."""
    return list(
        session.execute(
            sa.select(Batch.lot)
            .join(Stock, Stock.batch_id == Batch.id)
            .join(Reservation, Reservation.stock_id == Stock.id)
            .join(OrderLine, OrderLine.id == Reservation.order_line_id)
            .where(
                OrderLine.order_id == order_id,
                OrderLine.product_id == product_id,
                Reservation.status == Claim.PENDING.value,
                Reservation.stage == Stage.PICKED.value,
            )
            .order_by(Reservation.id)
        ).scalars()
    )


def exchange(order_id: int, product: Product, serial: str, *, by: Actor) -> str:
    """Two orders that both lie at benches get each other's piece: the one with this number comes here, our first open one goes there.

    Returns the number as the book has it. Raises SerialNotPicked, SerialOrdered, ClaimGone where one of them moved on.
    """
    site_id = session.get_one(Order, order_id).site_id
    theirs = _held(product.id, serial, site_id)
    if theirs is None or theirs.order_id == order_id or theirs.stage != Stage.PICKED:
        return check(order_id, product, serial)
    mine, other = (session.get_one(Order, one) for one in (order_id, theirs.order_id))
    for one in sorted((order_id, theirs.order_id)):
        lifecycle.lock(one)
    open_ = open_serials(order_id, product.id)
    ours = _held(product.id, open_[0], site_id) if open_ else None
    theirs = _held(product.id, serial, site_id)
    if ours is None or theirs is None or theirs.order_id != other.id or theirs.stage != Stage.PICKED:
        raise ClaimGone
    if any(one.line.lot or one.line.min_remaining_days for one in (ours, theirs)):
        raise SerialOrdered(serial=theirs.number, other=other.number, number=mine.number, first=ours.number)
    reservations.lock_rows([ours.stock_id, theirs.stock_id])
    places = {ours.claim_id: theirs.stock_id, theirs.claim_id: ours.stock_id}
    moved = session.execute(
        sa.update(_R)
        .where(_R.c.id.in_(sorted(places)), _R.c.status == Claim.PENDING.value, _R.c.stage == Stage.PICKED.value)
        .values(stock_id=sa.case(places, value=_R.c.id))
        .execution_options(synchronize_session=False)
    )
    if moved.rowcount != len(places):  # type: ignore[attr-defined]
        raise ClaimGone
    session.expire_all()  # claims of both orders were read before
    for order, got, gave, with_ in ((mine, theirs, ours, other), (other, ours, theirs, mine)):
        events.record(order, "order.serial_exchanged", by=by, sku=product.sku, got=got.number, gave=gave.number, other=with_.number)
    return theirs.number


def _held(product_id: int, serial: str, site_id: int) -> _Piece | None:
    """The piece with this number at the site, where somebody's claim is on it."""
    row = session.execute(
        sa.select(Reservation.id, Stock.id, OrderLine.order_id, Batch.lot, Reservation.stage, OrderLine)
        .join(Stock, Stock.id == Reservation.stock_id)
        .join(Batch, Batch.id == Stock.batch_id)
        .join(OrderLine, OrderLine.id == Reservation.order_line_id)
        .where(
            Batch.product_id == product_id,
            Batch.lot_key == fold(serial),
            Reservation.status == Claim.PENDING.value,
            Stock.site_id == site_id,
        )
        .order_by(Reservation.id)
        .limit(1)
    ).one_or_none()
    return None if row is None else _Piece(*row)


def by_numbers(product: Product) -> bool:
    """Whether its pieces are checked by their numbers."""
    return product.tracking == Tracking.SERIAL
