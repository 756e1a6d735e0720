"""Goods come in: checked against what was announced, booked at the dock on a plate of their own, and offered for putaway."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import sqlalchemy as sa

from wms import events
from wms.actor import Actor
from wms.catalog.models import Product, Tracking
from wms.db import session
from wms.errors import NotFound, Refused
from wms.i18n import T
from wms.locations.models import Kind, Location, Virtual
from wms.locations.sites import virtual
from wms.orders import differences
from wms.orders.models import Difference, DifferenceKind, InboundKind, InboundLine, InboundOrder, InboundStatus
from wms.orders.reconsidering import reconsider
from wms.orders.timeline import teach
from wms.receiving import deliveries, dock_units, filling, inspection, putaway, shelf_life
from wms.receiving.space import Goods
from wms.stock import ledger
from wms.stock.batches import open_batch
from wms.stock.ledger import LARGEST, Move, Place, QuantityWrong
from wms.stock.models import Condition, HandlingUnit, Movement, MovementKind
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


class ReceiptGone(Refused):
    """What was received is not where it was put down any more."""

    code = "receipt_gone"
    sentence = T("There is nothing to undo: the goods have moved on", "无法撤销：货物已被移走")
    advice = T("Move them back first, or ask your supervisor", "请先移回，或找主管处理")


@dataclass(frozen=True, slots=True)
class Receipt:
    """What was taken in: the plate it stands on, the (first) line it fills, and the work of putting it away."""

    movement_id: int
    order: InboundOrder
    line: InboundLine
    unit: HandlingUnit
    quantity: int
    task: Task
    condition: Condition


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
    produced_on: dt.date | None = None,
    condition: Condition = Condition.GOOD,
    unit_code: str | None = None,
    arrival_id: int | None = None,
    objection: DifferenceKind | None = None,
    reason: str | None = None,
) -> Receipt:
    """Takes goods in against an inbound order, at a dock, on a handling unit of their own (the supplier's, when its code is given).

    Where one line has no room for all of it, it fills the lines of the product in their order: one plate and one putaway, a movement
    for each line. Damaged goods come in as damaged and count as received and rejected: they do not fill the order. What the rules
    say, and production without its certificate, comes in for inspection, which is opened here. With an `objection` goods are taken in
    that should not have come (more than ordered, not ordered, too old, another lot): they stand blocked until somebody decides. Each
    of these, and what is over within the tolerance, is noted as a difference.

    Raises InboundUnknown, InboundClosed, NotAnnounced, LotNotAnnounced, ExpiryNotAnnounced, OverReceipt, Expired, TooOld, NoDock,
    SerialAlone, UnitInUse, OwnNumber, Gs1CheckDigit, QuantityWrong, and what opening a batch raises.
    """
    if not 0 < quantity <= LARGEST:
        raise QuantityWrong(quantity=quantity)
    order = deliveries.lock_open(order_id)
    if objection is not None and condition is Condition.GOOD:
        condition = Condition.BLOCKED
        shares = filling.aside(order, product, quantity)
    else:
        shares = filling.shares(order, product, quantity, lot, expires_on, condition)
    line = shares[0][0]
    if product.tracking == Tracking.SERIAL and quantity != 1:
        raise SerialAlone(sku=product.sku, quantity=quantity)
    dock, origin = _dock(dock_id, by), virtual(by.site_id, ORIGINS[InboundKind(order.kind)])
    decision = inspection.wanted(order, product, certificate=line.certificate, by=by, arrival_id=arrival_id)
    if condition is Condition.GOOD and decision.inspects:
        condition = Condition.INSPECTION
    batch_id = open_batch(
        product,
        lot=lot,
        expires_on=expires_on or line.expires_on,
        produced_on=produced_on,
        supplier_id=order.partner_id,
        certificate=line.certificate,
    )
    if condition not in (Condition.DAMAGED, Condition.BLOCKED) and shelf_life.examine_batch(product, batch_id):
        condition, objection = Condition.BLOCKED, DifferenceKind.TOO_OLD
    unit = dock_units.plate(product, quantity, dock, by, company_prefix, unit_code)
    place = Place(dock.id, unit.id, condition.value)
    moves = [
        Move(
            putaway.part_key(key, number),
            batch_id,
            part,
            Place(origin),
            place,
            MovementKind.RECEIPT,
            reason=reason,
            document=order.number,
            inbound_line_id=one.id,
            arrival_id=arrival_id,
        )
        for number, (one, part) in enumerate(shares)
    ]
    moved = ledger.post(moves, by=by)
    over = _count_in(shares, condition)
    deliveries.progress(order, by=by)
    for one, part in shares:
        facts = {"line": one.line, "sku": product.sku, "quantity": part, "condition": condition.value, "unit": unit.code}
        events.record(order, "inbound.received_goods", by=by, **facts)
    if condition is Condition.DAMAGED:
        objection = DifferenceKind.DAMAGED
    noted = [(objection, quantity)] if objection else [(DifferenceKind.OVER, over)] if over else []
    for kind, many in noted:
        differences.note(
            kind, by=by, inbound=order, product=product, quantity=many, inbound_line_id=line.id, batch_id=batch_id, reason=reason,
            handling_unit_id=unit.id, movement_id=moved[0].movement_id, arrival_id=arrival_id,
        )  # fmt: skip
    goods = Goods(product, batch_id, quantity, condition, unit.id)
    task = putaway.offer(goods, dock, inbound_line_id=line.id if len(shares) == 1 else None, document=order.number, by=by)
    if condition is Condition.INSPECTION:
        came = [(one, part, each.movement_id) for (one, part), each in zip(shares, moved, strict=True)]
        inspection.open_for(came, order=order, product=product, batch_id=batch_id, unit=unit, location_id=dock.id, decision=decision, by=by)
    if condition is Condition.GOOD:
        reconsider([product.id], site_id=by.site_id, by=by)
    return Receipt(moved[0].movement_id, order, line, unit, quantity, task, condition)


def _count_in(shares: list[filling.Share], condition: Condition) -> int:
    """Writes down on the lines what came, and returns how many more sound pieces these lines have now than were ordered on them."""
    over = 0
    for line, part in shares:
        before = max(line.expected, deliveries.accepted(line))
        line.received += part
        if condition is Condition.DAMAGED:
            line.rejected += part
        over += max(0, deliveries.accepted(line) - before)
    return over


def turn_away(
    order_id: int,
    kind: DifferenceKind,
    *,
    by: Actor,
    product: Product | None = None,
    quantity: int | None = None,
    scanned: str | None = None,
    reason: str | None = None,
    arrival_id: int | None = None,
    text: str | None = None,
) -> Difference:
    """Notes goods that were not taken in, or papers that did not come. Raises InboundClosed."""
    order = deliveries.lock_open(order_id)
    lines = deliveries.lines_of(order.id, product.id) if product else []
    return differences.note(
        kind, by=by, inbound=order, product=product, quantity=quantity, scanned=scanned, reason=reason, arrival_id=arrival_id, text=text,
        inbound_line_id=lines[0].id if lines else None,
    )  # fmt: skip


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
    lines = deliveries.lines_named(part.inbound_line_id or 0 for part in parts)
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
    differences.withdraw([part.id for part in parts], by=by)
    inspection.withdraw([part.id for part in parts], by=by)
    deliveries.progress(order, by=by)
    for line, part in zip(filled, parts, strict=True):
        events.record(order, "inbound.receipt_undone", by=by, line=line.line, quantity=part.quantity)
    return filled
