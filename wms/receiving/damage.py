"""Damage that is found after goods were taken in: what stands at the dock as sound leaves for a plate of its own, as what came damaged."""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa

from wms.actor import Actor
from wms.catalog.models import Product
from wms.db import session
from wms.errors import NotFound, Refused
from wms.i18n import T
from wms.locations.models import Kind, Location
from wms.orders import differences
from wms.orders.models import Difference, DifferenceKind, InboundLine, InboundOrder
from wms.receiving import deliveries, disposition
from wms.receiving.disposition import Which
from wms.stock.models import Condition, HandlingUnit, Movement, MovementKind, Stock

_SOUND = (Condition.GOOD, Condition.INSPECTION, Condition.BLOCKED)


class NothingTakenIn(NotFound):
    """No goods of the delivery stand there any more, or none ever did."""

    code = "nothing_stands_there"
    sentence = T("Nothing of {number} stands at a dock: {what}", "月台上没有 {number} 的货物：{what}")
    advice = T("Scan the plate's label; what is put away already is rejected at the desk", "请扫描托盘标签；已上架的请在电脑端判退")


class NotThatMany(Refused):
    """More than were taken in on that plate, and are there still."""

    code = "fewer_stand_there"
    sentence = T("{there} of {sku} stand on {unit}, not {quantity}", "{unit} 上的 {sku} 为 {there}，不是 {quantity}")
    advice = T("Count the damaged pieces of this plate alone", "请只清点此托盘上的破损件")


@dataclass(frozen=True, slots=True)
class TakenIn:
    """Goods of one batch on one plate, taken in with a delivery, that still stand at the dock."""

    unit_id: int
    unit: str
    product_id: int
    batch_id: int
    quantity: int


def at_the_dock(order: InboundOrder, *, by: Actor, product_id: int | None = None, unit_id: int | None = None) -> list[TakenIn]:
    """What was taken in with a delivery, is not known to be damaged, and stands at a dock; plate by plate, the latest first."""
    lines = sa.select(InboundLine.id).where(InboundLine.inbound_order_id == order.id)
    came = sa.select(Movement.id).where(
        Movement.target_unit_id == Stock.handling_unit_id,
        Movement.batch_id == Stock.batch_id,
        Movement.kind == MovementKind.RECEIPT.value,
        Movement.inbound_line_id.in_(lines),
    )
    narrower = [Stock.product_id == product_id] if product_id is not None else []
    narrower += [Stock.handling_unit_id == unit_id] if unit_id is not None else []
    rows = session.execute(
        sa.select(HandlingUnit.id, HandlingUnit.code, Stock.product_id, Stock.batch_id, sa.func.sum(Stock.on_hand - Stock.reserved))
        .join(HandlingUnit, HandlingUnit.id == Stock.handling_unit_id)
        .join(Location, Location.id == Stock.location_id)
        .where(
            Stock.site_id == by.site_id,
            Location.kind == Kind.DOCK.value,
            Stock.condition.in_([one.value for one in _SOUND]),
            Stock.on_hand > Stock.reserved,
            sa.exists(came),
            *narrower,
        )
        .group_by(HandlingUnit.id, HandlingUnit.code, Stock.product_id, Stock.batch_id)
        .order_by(HandlingUnit.id.desc(), Stock.batch_id)
    ).all()
    return [TakenIn(row[0], row[1], row[2], row[3], int(row[4])) for row in rows]


def found_damaged(
    order_id: int,
    unit_id: int,
    batch_id: int,
    quantity: int,
    *,
    reason: str,
    by: Actor,
    key: str,
    company_prefix: str,
    arrival_id: int | None = None,
) -> tuple[list[HandlingUnit], Difference]:
    """So many of what was taken in on a plate are damaged: they leave for a plate of their own, count as rejected on their line, which is
    to be filled again, and are a difference. The new plates, and the difference.

    Raises InboundClosed, NothingTakenIn, NotThatMany, UnderInspection.
    """
    order = deliveries.lock_open(order_id)
    mine = next((one for one in at_the_dock(order, by=by, unit_id=unit_id) if one.batch_id == batch_id), None)
    if mine is None:
        raise NothingTakenIn(number=order.number, what=session.get_one(HandlingUnit, unit_id).code)
    product = session.get_one(Product, mine.product_id)
    if quantity > mine.quantity:
        raise NotThatMany(there=mine.quantity, sku=product.sku, unit=mine.unit, quantity=quantity)
    units: list[HandlingUnit] = []
    movements: list[int] = []
    shares = _shares(order, mine, quantity)
    for number, (line, part) in enumerate(shares):
        which = Which(batch_id, part, unit_id=unit_id, conditions=_SOUND, inbound_line_id=line.id, only_there=True)
        decided = disposition.reject(which, by=by, key=f"{key}:{number}", reason=reason, company_prefix=company_prefix)
        units += decided.units
        movements += decided.movement_ids
    noted = differences.note(
        DifferenceKind.DAMAGED, by=by, inbound=order, product=product, quantity=quantity, inbound_line_id=shares[0][0].id,
        batch_id=batch_id, reason=reason, handling_unit_id=units[0].id if units else unit_id, movement_id=movements[0],
        arrival_id=arrival_id,
    )  # fmt: skip
    return units, noted


def _shares(order: InboundOrder, mine: TakenIn, quantity: int) -> list[tuple[InboundLine, int]]:
    """The lines on which these pieces count as sound so far, and how many of them on each."""
    came = sa.select(Movement.inbound_line_id).where(
        Movement.target_unit_id == mine.unit_id, Movement.batch_id == mine.batch_id, Movement.kind == MovementKind.RECEIPT.value
    )
    ids = set(session.execute(came).scalars()) - {None}
    lines = [line for line in deliveries.lines_of(order.id, mine.product_id) if line.id in ids]
    shares: list[tuple[InboundLine, int]] = []
    for line in lines:
        part = min(quantity, deliveries.accepted(line))
        if part:
            shares.append((line, part))
            quantity -= part
    return shares
