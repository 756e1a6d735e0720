"""Goods come in: checked against what was announced, booked at the dock on a plate of their own, and offered for putaway."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import sqlalchemy as sa

from wms import clock, events
from wms.actor import Actor
from wms.catalog.models import Product, Tracking
from wms.db import fold, session
from wms.errors import NotFound, Refused
from wms.i18n import T
from wms.locations.models import Kind, Location, Virtual
from wms.locations.sites import virtual
from wms.orders.models import InboundKind, InboundLine, InboundOrder, InboundStatus
from wms.orders.reconsidering import reconsider
from wms.orders.timeline import teach
from wms.receiving import deliveries, putaway
from wms.receiving.space import Goods
from wms.stock import ledger
from wms.stock.batches import open_batch
from wms.stock.handling_units import contents, must_come_from_elsewhere, new_unit
from wms.stock.ledger import LARGEST, Move, Place, QuantityWrong
from wms.stock.models import Batch, Condition, HandlingUnit, Movement, MovementKind, UnitKind
from wms.tasks import queue
from wms.tasks.models import Task, TaskKind, TaskStatus

ORIGINS = {
    InboundKind.PURCHASE: Virtual.SUPPLIER,
    InboundKind.PRODUCTION: Virtual.PRODUCTION,
    InboundKind.CUSTOMER_RETURN: Virtual.CUSTOMER,
    InboundKind.TRANSFER: Virtual.TRANSFER,
}
"""Where goods of each kind of inbound order come from."""


teach("inbound.received_goods", T("{quantity} × {sku} received on {unit}", "已收 {quantity} × {sku}，标签 {unit}"), "good")
teach("inbound.receipt_undone", T("A receipt of {quantity} undone", "撤销收货 {quantity}"), "ask")


class NotAnnounced(Refused):
    """The product is not on the inbound order."""

    code = "not_announced"
    sentence = T("{sku} is not on {number}", "{number} 上没有 {sku}")
    advice = T("Set it aside and tell purchasing", "请单独存放并通知采购")


class LotNotAnnounced(Refused):
    """The order names the lots that come, and this is none of them."""

    code = "lot_not_announced"
    sentence = T("{number} announces lot {known} of {sku}, not {lot}", "{number} 通知的 {sku} 批号为 {known}，不是 {lot}")
    advice = T("Check the label; set it aside and tell purchasing", "请核对标签；单独存放并通知采购")


class ExpiryNotAnnounced(Refused):
    """The order names the expiry date, and the label another."""

    code = "expiry_not_announced"
    sentence = T("{number} announces {sku} until {known}, not {given}", "{number} 通知的 {sku} 到期日为 {known}，不是 {given}")
    advice = T("Check the label; set it aside and tell purchasing", "请核对标签；单独存放并通知采购")


class OverReceipt(Refused):
    """More than was ordered, beyond the agreed tolerance."""

    code = "over_receipt"
    sentence = T(
        "{sku}: {expected} ordered, {received} received, {quantity} more is over the tolerance of {percent} %",
        "{sku}：订购 {expected}，已收 {received}，再收 {quantity} 超出允差 {percent}%",
    )
    advice = T("At most {most} may still come in; refuse the rest and tell purchasing", "最多还可收 {most}，其余拒收并通知采购")


class Expired(Refused):
    """The goods are past their date."""

    code = "expired"
    sentence = T("Lot {lot} of {sku} expired on {expires_on}", "{sku} 批号 {lot} 已于 {expires_on} 过期")
    advice = T("Refuse these goods and tell purchasing", "请拒收并通知采购")


class NoDock(Refused):
    """Goods are received at a dock."""

    code = "no_dock"
    sentence = T("{location} is no dock", "{location} 不是收货月台")
    advice = T("Scan the dock where the goods stand", "请扫描货物所在的收货月台")


class SerialAlone(Refused):
    """A serial number stands for one piece."""

    code = "serial_alone"
    sentence = T("One serial number is one piece of {sku}, not {quantity}", "{sku} 一个序列号对应一件，不是 {quantity} 件")
    advice = T("Receive each piece with its own number", "请逐件扫描序列号收货")


class UnitInUse(Refused):
    """A plate that holds goods already."""

    code = "unit_in_use"
    sentence = T("Unit {code} is in use", "货物单元 {code} 已被使用")
    advice = T("Use another label, or let the system make one", "请换一个标签，或由系统生成")


class ReceiptGone(Refused):
    """What was received is not where it was put down any more."""

    code = "receipt_gone"
    sentence = T("There is nothing to undo: the goods have moved on", "无法撤销：货物已被移走")
    advice = T("Move them back first, or ask your supervisor", "请先移回，或找主管处理")


Share = tuple[InboundLine, int]
"""So much of a delivery fills this line."""


@dataclass(frozen=True, slots=True)
class Receipt:
    """What was taken in: the plate it stands on, the (first) line it fills, and the work of putting it away."""

    movement_id: int
    order: InboundOrder
    line: InboundLine
    unit: HandlingUnit
    quantity: int
    task: Task


def open_quantity(order: InboundOrder, product_id: int) -> int:
    """How much of a product is announced and has not come yet."""
    return sum(max(0, line.expected - deliveries.accepted(line)) for line in order.lines if line.product_id == product_id)


def expects(order: InboundOrder, product: Product) -> None:
    """Refuses a product that was not announced, or of which nothing more may come in. Raises NotAnnounced, OverReceipt."""
    _shares(order, product, 1, None, None, Condition.GOOD)


def check_in(
    order_id: int,
    product: Product,
    quantity: int,
    *,
    dock_id: int,
    by: Actor,
    key: str,
    company_prefix: str,
    lot: str | None = None,
    expires_on: dt.date | None = None,
    condition: Condition = Condition.GOOD,
    unit_code: str | None = None,
) -> Receipt:
    """Takes goods in against an inbound order, at a dock, on a handling unit of their own (the supplier's, when its code is given).

    Where one line has no room for all of it, it fills the lines of the product in their order: one plate and one putaway, a movement
    for each line. Damaged goods come in as damaged and count as received and rejected: they do not fill the order. Production without
    its certificate waits for inspection.

    Raises InboundUnknown, InboundClosed, NotAnnounced, LotNotAnnounced, ExpiryNotAnnounced, OverReceipt, Expired, NoDock,
    SerialAlone, UnitInUse, OwnNumber, Gs1CheckDigit, QuantityWrong, and what opening a batch raises.
    """
    if not 0 < quantity <= LARGEST:
        raise QuantityWrong(quantity=quantity)
    order = deliveries.lock_open(order_id)
    shares = _shares(order, product, quantity, lot, expires_on, condition)
    line = shares[0][0]
    if product.tracking == Tracking.SERIAL and quantity != 1:
        raise SerialAlone(sku=product.sku, quantity=quantity)
    dock, origin = _dock(dock_id, by), virtual(by.site_id, ORIGINS[InboundKind(order.kind)])
    if condition is Condition.GOOD and order.kind == InboundKind.PRODUCTION and not line.certificate:
        condition = Condition.INSPECTION
    batch_id = open_batch(
        product,
        lot=lot,
        expires_on=expires_on or line.expires_on,
        supplier_id=order.partner_id,
        certificate=line.certificate,
    )
    _refuse_expired(batch_id, product, condition)
    unit = _plate(product, quantity, dock, by, company_prefix, unit_code)
    place = Place(dock.id, unit.id, condition.value)
    moves = [
        Move(
            putaway.part_key(key, number),
            batch_id,
            part,
            Place(origin),
            place,
            MovementKind.RECEIPT,
            document=order.number,
            inbound_line_id=one.id,
        )
        for number, (one, part) in enumerate(shares)
    ]
    moved = ledger.post(moves, by=by)
    for one, part in shares:
        one.received += part
        if condition is Condition.DAMAGED:
            one.rejected += part
    deliveries.progress(order, by=by)
    for one, part in shares:
        facts = {"line": one.line, "sku": product.sku, "quantity": part, "condition": condition.value, "unit": unit.code}
        events.record(order, "inbound.received_goods", by=by, **facts)
    goods = Goods(product, batch_id, quantity, condition, unit.id)
    task = putaway.offer(goods, dock, inbound_line_id=line.id if len(shares) == 1 else None, document=order.number, by=by)
    if condition is Condition.GOOD:
        reconsider([product.id], site_id=by.site_id, by=by)
    return Receipt(moved[0].movement_id, order, line, unit, quantity, task)


def _shares(
    order: InboundOrder, product: Product, quantity: int, lot: str | None, expires_on: dt.date | None, condition: Condition
) -> list[Share]:
    """The lines that this delivery fills, and how much of each. Raises NotAnnounced, LotNotAnnounced, ExpiryNotAnnounced, OverReceipt.

    One line with room for all of it comes first, then several in their order, then more than was ordered, as far as the tolerance over
    them all goes: the last one takes it.
    """
    lines = _fitting(order, product, lot, expires_on)
    came = {line.id: line.received if condition is Condition.DAMAGED else deliveries.accepted(line) for line in lines}
    for line in lines:
        if quantity <= line.expected - came[line.id]:
            return [(line, quantity)]
    most = 0
    for alike in _alike(lines, expires_on):
        expected = sum(line.expected for line in alike)
        room = expected - sum(came[line.id] for line in alike) + expected * order.over_receipt_percent // 100
        if quantity <= room:
            return _spread(quantity, alike, came)
        most = max(most, room)
    raise OverReceipt(
        sku=product.sku,
        expected=sum(line.expected for line in lines),
        received=sum(came.values()),
        quantity=quantity,
        percent=order.over_receipt_percent,
        most=most,
    )


def _fitting(order: InboundOrder, product: Product, lot: str | None, expires_on: dt.date | None) -> list[InboundLine]:
    """The lines that announce these goods: those that name their lot before those that name none."""
    lines = [line for line in order.lines if line.product_id == product.id]
    if not lines:
        raise NotAnnounced(sku=product.sku, number=order.number)
    if lot:
        fitting = [line for line in lines if not line.lot or fold(line.lot) == fold(lot)]
        if not fitting:
            known = ", ".join(sorted({line.lot for line in lines if line.lot}))
            raise LotNotAnnounced(number=order.number, known=known, sku=product.sku, lot=lot)
        lines = sorted(fitting, key=lambda line: (line.lot is None, line.id))
    if expires_on:
        fitting = [line for line in lines if line.expires_on in (None, expires_on)]
        if not fitting:
            raise ExpiryNotAnnounced(number=order.number, sku=product.sku, known=lines[0].expires_on, given=expires_on)
        lines = fitting
    return lines


def _alike(lines: list[InboundLine], expires_on: dt.date | None) -> list[list[InboundLine]]:
    """Lines that one batch may fill together: what they say of it, and the label does not, is the same."""
    found: dict[tuple[dt.date | None, str | None], list[InboundLine]] = {}
    for line in lines:
        found.setdefault((expires_on or line.expires_on, line.certificate), []).append(line)
    return list(found.values())


def _spread(quantity: int, lines: list[InboundLine], came: dict[int, int]) -> list[Share]:
    shares: list[Share] = []
    for line in lines:
        part = min(quantity, max(0, line.expected - came[line.id]))
        quantity -= part
        shares.append((line, part + (quantity if line is lines[-1] else 0)))
    return [share for share in shares if share[1]]


def _dock(location_id: int, by: Actor) -> Location:
    dock = session.get(Location, location_id)
    if dock is None or dock.site_id != by.site_id:
        raise NotFound(what=T("location", "库位"), code=location_id)
    must_be_dock(dock)
    return dock


def must_be_dock(location: Location) -> None:
    """Raises NoDock for any other place."""
    if location.kind != Kind.DOCK:
        raise NoDock(location=location.code)


def _refuse_expired(batch_id: int, product: Product, condition: Condition) -> None:
    if product.tracking != Tracking.EXPIRY or condition is Condition.DAMAGED:
        return
    batch = session.execute(sa.select(Batch.lot, Batch.expires_on).where(Batch.id == batch_id)).one()
    if batch.expires_on is not None:
        refuse_expired(product, batch.lot, batch.expires_on)


def refuse_expired(product: Product, lot: str, expires_on: dt.date) -> None:
    """Raises Expired for goods that are past their date."""
    if expires_on < clock.today():
        raise Expired(lot=lot, sku=product.sku, expires_on=expires_on)


def _plate(product: Product, quantity: int, dock: Location, by: Actor, company_prefix: str, code: str | None) -> HandlingUnit:
    """A carton up to one of the product's smallest packaging, a pallet above it; the supplier's own, when its number is given."""
    empty = may_stand_on(code, by=by, company_prefix=company_prefix) if code is not None else None
    if empty is not None:
        empty.location_id = dock.id
        session.flush()  # the goods go onto it where it stands
        return empty
    carton = min((packaging.quantity for packaging in product.packagings if packaging.quantity > 1), default=1)
    kind = UnitKind.CARTON if quantity <= carton else UnitKind.PALLET
    return new_unit(kind, location_id=dock.id, site_id=by.site_id, company_prefix=company_prefix, code=code)


def may_stand_on(code: str, *, by: Actor, company_prefix: str) -> HandlingUnit | None:
    """The empty unit with this number, or None for a number that nobody knows and that may be taken.

    Raises UnitInUse, OwnNumber, Gs1CheckDigit.
    """
    known = session.execute(
        sa.select(HandlingUnit).where(HandlingUnit.code_key == fold(code)).execution_options(populate_existing=True)
    ).scalar_one_or_none()
    if known is None:
        must_come_from_elsewhere(code, company_prefix=company_prefix)
        return None
    if known.site_id != by.site_id or known.order_id is not None or known.load_id is not None or contents(known.id):
        raise UnitInUse(code=code)
    return known


def undo_check_in(movement_id: int, *, by: Actor, key: str) -> list[InboundLine]:
    """Takes a receipt back while the goods still stand at the dock, untouched; the lines that it had filled.

    Raises ReceiptGone, TaskTaken, Conflict.
    """
    movement = session.execute(
        sa.select(Movement).where(Movement.id == movement_id, Movement.site_id == by.site_id, Movement.kind == MovementKind.RECEIPT.value)
    ).scalar_one_or_none()
    if movement is None or movement.inbound_line_id is None:
        raise ReceiptGone
    order, _ = deliveries.lock_line(movement.inbound_line_id)
    if order.status == InboundStatus.CLOSED:
        raise deliveries.InboundClosed(number=order.number)
    same_act = sa.and_(Movement.target_unit_id == movement.target_unit_id, Movement.at == movement.at)
    parts = putaway.parts_of(movement, same_act) or [movement]
    task = session.execute(
        sa.select(Task)
        .where(
            Task.handling_unit_id == movement.target_unit_id,
            Task.kind == TaskKind.PUTAWAY.value,
            Task.status.in_([TaskStatus.OPEN.value, TaskStatus.CLAIMED.value]),
        )
        .execution_options(populate_existing=True)
    ).scalar_one_or_none()
    if task is None or task.quantity != sum(part.quantity for part in parts):
        raise ReceiptGone
    if task.status == TaskStatus.CLAIMED and task.person_id != by.id:
        queue.claim(task.id, by=by)  # says who has it
    queue.cancel(task.id)
    lines = {line.id: line for line in order.lines}
    filled = []
    for number, part in enumerate(parts):
        try:
            ledger.reverse(part.id, key=putaway.part_key(key, number), by=by)
        except ledger.NotEnough as gone:
            raise ReceiptGone from gone
        line = lines[part.inbound_line_id or 0]
        line.received -= part.quantity
        if part.target_condition == Condition.DAMAGED:
            line.rejected -= part.quantity
        filled.append(line)
    deliveries.progress(order, by=by)
    for line, part in zip(filled, parts, strict=True):
        events.record(order, "inbound.receipt_undone", by=by, line=line.line, quantity=part.quantity)
    return filled
