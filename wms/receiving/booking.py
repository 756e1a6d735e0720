"""The book is told what came: one act for a carton or for a pallet of twenty lots, in both cases the same movements and counters."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field

import sqlalchemy as sa
from sqlalchemy.orm import aliased

from wms import events
from wms.actor import Actor
from wms.catalog.models import Product, Tracking
from wms.db import session
from wms.errors import Refused
from wms.i18n import T
from wms.locations.models import Location, Virtual
from wms.locations.sites import virtual
from wms.orders import differences
from wms.orders.models import DifferenceKind, InboundKind, InboundLine, InboundOrder, InboundStatus
from wms.orders.reconsidering import reconsider
from wms.orders.timeline import teach, teach_reasons
from wms.receiving import arrivals, deliveries, filling, inspection, putaway, shelf_life
from wms.receiving.inspection_rules import Decision
from wms.stock import ledger
from wms.stock.batches import open_batch
from wms.stock.ledger import LARGEST, Move, Moved, Place, QuantityWrong
from wms.stock.models import Condition, HandlingUnit, Movement, MovementKind
from wms.stock.operations import serial_in_house
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


WHAT_BECAME = {
    "WITHIN_TOLERANCE": T("Within the tolerance, taken in", "允差内，已收"),
    "SET_ASIDE": T("Taken in, blocked", "已收下并冻结"),
    "TURNED_AWAY": T("Turned away", "已拒收"),
}
"""What the dock did with goods that should not have come: the reason of a difference that has no other."""
teach_reasons(WHAT_BECAME)


class SerialAlone(Refused):
    """A serial number stands for one piece."""

    code = "serial_alone"
    sentence = T("One serial number is one piece of {sku}, not {quantity}", "{sku} 一个序列号对应一件，不是 {quantity} 件")
    advice = T("Receive each piece with its own number", "请逐件扫描序列号收货")


class SerialHere(Refused):
    """A serial number is given to one piece only, and that is in the house."""

    code = "serial_here"
    sentence = T("Serial number {serial} of {sku} is in the house already, at {place}", "{sku} 序列号 {serial} 已在库内：{place}")
    advice = T("Check the label; note it under “Something is wrong”", "请核对标签；并在“有差异”中记录")


class ReceiptGone(Refused):
    """What was received is not where it was put down any more."""

    code = "receipt_gone"
    sentence = T("There is nothing to undo: the goods have moved on", "无法撤销：货物已被移走")
    advice = T("Move them back first, or ask your supervisor", "请先移回，或找主管处理")


class ReceiptOnAnother(ReceiptGone):
    """What was received was put onto another plate since."""

    code = "receipt_on_another"
    sentence = T("The goods of {unit} are on {onto} now", "{unit} 的货物现已在 {onto} 上")
    advice = T(
        "In “Build plates” undo that at {unit}, or take them off {onto} again; what is wrong goes on the list of differences",
        "请在“组托”中对 {unit} 撤销该操作，或从 {onto} 取下；如有问题请登记差异",
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """Goods of one product and lot that stand together, as their label and the receiver's eyes say."""

    product: Product
    quantity: int
    unit: HandlingUnit | None
    """None where they do not stay at the dock."""
    lot: str | None = None
    expires_on: dt.date | None = None
    produced_on: dt.date | None = None
    condition: Condition = Condition.GOOD
    objection: DifferenceKind | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Booked:
    """What became of a part: the batch it belongs to, the condition in which it stands there, and its movements, one for each line."""

    part: Part
    batch_id: int
    condition: Condition
    shares: list[filling.Share]
    movements: list[Moved]
    arrival_id: int | None

    @property
    def movement_id(self) -> int:
        """The first of its movements, which names them all."""
        return self.movements[0].movement_id

    @property
    def line_id(self) -> int | None:
        """The line it fills, where it fills one."""
        return self.shares[0][0].id if len(self.shares) == 1 else None


def book(
    order: InboundOrder,
    parts: Sequence[Part],
    *,
    dock: Location,
    by: Actor,
    key: str,
    arrival_id: int | None = None,
    is_free: bool = True,
) -> list[Booked]:
    """Books goods in against a locked, open order, as one act; their putaway is offered by the caller.

    Damaged goods count as received and rejected. Objections come in blocked. What rules or a missing certificate ask for comes in
    uninspected, with its inspection. Differences are noted, the arrival's unloading begins, and orders that waited are looked at again,
    but not where the goods are somebody's already (`is_free`). Raises NotAnnounced, LotNotAnnounced, ExpiryNotAnnounced, OverReceipt,
    Expired, TooOld, SerialAlone, SerialHere, QuantityWrong, and what opening a batch raises.
    """
    if arrival_id is None:
        arrival = arrivals.current_for(order, dock, by=by)
        arrival_id = arrival.id if arrival is not None else None
    if arrival_id is not None:
        arrivals.begin_unloading(arrival_id, dock=dock, order=order, by=by)
    origin = Place(virtual(by.site_id, ORIGINS[InboundKind(order.kind)]))
    moves: list[Move] = []
    known = _Known(order, by, arrival_id)
    read = [_read(known, part) for part in parts]
    for one in read:
        place = Place(dock.id, _unit_id(one.part), one.condition.value)
        for line, quantity in one.shares:
            moves.append(
                Move(
                    putaway.part_key(key, len(moves)),
                    one.batch_id,
                    quantity,
                    origin,
                    place,
                    MovementKind.RECEIPT,
                    reason=one.part.reason,
                    document=order.number,
                    inbound_line_id=line.id,
                    arrival_id=arrival_id,
                )
            )
    moved = iter(ledger.post(moves, by=by))
    booked = [Booked(one.part, one.batch_id, one.condition, one.shares, [next(moved) for _ in one.shares], arrival_id) for one in read]
    deliveries.progress(order, by=by)
    _tell(order, booked, by=by)
    for one, what in zip(read, booked, strict=True):
        _note(order, what, one, by=by, arrival_id=arrival_id)
        if what.condition is Condition.INSPECTION and what.part.unit is not None:
            came = [(line, quantity, each.movement_id) for (line, quantity), each in zip(what.shares, what.movements, strict=True)]
            inspection.open_for(
                came, order=order, product=what.part.product, batch_id=what.batch_id, unit=what.part.unit, location_id=dock.id,
                decision=one.decision, by=by,
            )  # fmt: skip
    good = sorted({one.part.product.id for one in booked if one.condition is Condition.GOOD})
    if good and is_free:
        reconsider(good, site_id=by.site_id, by=by)
    return booked


@dataclass(frozen=True, slots=True)
class _Read:
    """A part as it will be booked."""

    part: Part
    batch_id: int
    condition: Condition
    objection: DifferenceKind | None
    shares: list[filling.Share]
    over: int
    decision: Decision | None


@dataclass
class _Known:
    """What is asked once for all parts of an act, however many there are."""

    order: InboundOrder
    by: Actor
    arrival_id: int | None
    lines: dict[int, list[InboundLine]] = field(default_factory=dict)
    decisions: dict[tuple[int, str | None], Decision] = field(default_factory=dict)

    def lines_of(self, product: Product) -> list[InboundLine]:
        if product.id not in self.lines:
            self.lines[product.id] = deliveries.lines_of(self.order.id, product.id)
        return self.lines[product.id]

    def decision(self, product: Product, certificate: str | None) -> Decision:
        about = (product.id, certificate)
        if about not in self.decisions:
            self.decisions[about] = inspection.wanted(self.order, product, certificate=certificate, by=self.by, arrival_id=self.arrival_id)
        return self.decisions[about]


def _must_be_new(product: Product, serial: str) -> None:
    """To be asked behind the batch's row, which is this act's by then: of two docks with one number the second finds the first one's."""
    place = serial_in_house(product, serial)
    if place is not None:
        raise SerialHere(serial=serial, sku=product.sku, place=place)


def _read(known: _Known, part: Part) -> _Read:
    """Checks one part, opens its batch, and counts it on its lines."""
    order = known.order
    product, condition, objection = part.product, part.condition, part.objection
    if not 0 < part.quantity <= LARGEST:
        raise QuantityWrong(quantity=part.quantity)
    if product.tracking == Tracking.SERIAL and part.quantity != 1:
        raise SerialAlone(sku=product.sku, quantity=part.quantity)
    if objection is not None and condition in (Condition.GOOD, Condition.DAMAGED):
        condition = Condition.BLOCKED if condition is Condition.GOOD else condition
        shares = filling.aside(order, product, part.quantity)
    else:
        lines = known.lines_of(product)
        shares = filling.shares(order, product, part.quantity, part.lot, part.expires_on, condition, lines=lines)
    line = shares[0][0]
    decision = None
    if condition is Condition.GOOD:
        decision = known.decision(product, line.certificate)
        condition = Condition.INSPECTION if decision.inspects else condition
    batch_id = open_batch(
        product,
        lot=part.lot,
        expires_on=part.expires_on or line.expires_on,
        produced_on=part.produced_on,
        supplier_id=order.partner_id,
        certificate=line.certificate,
    )
    if product.tracking == Tracking.SERIAL and part.lot:
        _must_be_new(product, part.lot)
    if condition not in (Condition.DAMAGED, Condition.BLOCKED) and shelf_life.examine_batch(product, batch_id):
        condition, objection = Condition.BLOCKED, DifferenceKind.TOO_OLD
    if condition is Condition.DAMAGED and objection in (None, DifferenceKind.OVER):
        objection = DifferenceKind.DAMAGED
    return _Read(part, batch_id, condition, objection, shares, _count_in(shares, condition), decision)


def _unit_id(part: Part) -> int | None:
    return part.unit.id if part.unit is not None else None


def _count_in(shares: list[filling.Share], condition: Condition) -> int:
    """Writes down on the lines what came, and returns how many more sound pieces these lines have now than were ordered on them."""
    over = 0
    for line, quantity in shares:
        before = max(line.expected, deliveries.accepted(line))
        line.received += quantity
        if condition is Condition.DAMAGED:
            line.rejected += quantity
        over += max(0, deliveries.accepted(line) - before)
    return over


def _tell(order: InboundOrder, booked: list[Booked], *, by: Actor) -> None:
    happened = [
        (
            "inbound.received_goods",
            {
                "line": line.line,
                "sku": one.part.product.sku,
                "quantity": quantity,
                "condition": one.condition.value,
                "unit": one.part.unit.code if one.part.unit else None,
            },
        )
        for one in booked
        for line, quantity in one.shares
    ]
    events.record_all(order, happened, by=by)


def _note(order: InboundOrder, what: Booked, read: _Read, *, by: Actor, arrival_id: int | None) -> None:
    kind, quantity, reason = read.objection, what.part.quantity, what.part.reason
    if kind is None and read.over:
        kind, quantity, reason = DifferenceKind.OVER, read.over, reason or "WITHIN_TOLERANCE"
    elif what.condition is Condition.BLOCKED:
        reason = reason or "SET_ASIDE"
    if kind is None:
        return
    differences.note(
        kind, by=by, inbound=order, product=what.part.product, quantity=quantity, inbound_line_id=what.shares[0][0].id,
        batch_id=what.batch_id, reason=reason, handling_unit_id=_unit_id(what.part), movement_id=what.movement_id,
        arrival_id=arrival_id,
    )  # fmt: skip


# -- taking it back ------------------------------------------------------------------------------------------------------------


def take_back(movement_ids: Sequence[int], *, by: Actor, key: str) -> list[InboundLine]:
    """Takes receipts back, as one act, while their goods still stand at the dock untouched; the lines that they had filled.

    Raises ReceiptGone, InboundClosed, TaskTaken, Conflict.
    """
    wanted = sa.select(Movement).where(
        Movement.id.in_(movement_ids), Movement.site_id == by.site_id, Movement.kind == MovementKind.RECEIPT.value
    )
    firsts = list(session.execute(wanted.order_by(Movement.id)).scalars())
    if len(firsts) != len(set(movement_ids)) or not firsts or firsts[0].inbound_line_id is None:
        raise ReceiptGone
    order, _ = deliveries.lock_line(firsts[0].inbound_line_id)
    if order.status == InboundStatus.CLOSED:
        raise deliveries.InboundClosed(number=order.number)
    parts = _parts(firsts)
    _withdraw_work(parts, by=by)
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
    happened = [
        ("inbound.receipt_undone", {"line": line.line, "quantity": part.quantity}) for line, part in zip(filled, parts, strict=True)
    ]
    events.record_all(order, happened, by=by)
    return filled


def _parts(firsts: list[Movement]) -> list[Movement]:
    """The movements of these acts: each first one, with those that filled other lines from the same unit in the same moment."""
    found: dict[int, Movement] = {}
    for first in firsts:
        same_act = sa.and_(
            Movement.target_unit_id == first.target_unit_id, Movement.at == first.at, Movement.batch_id == first.batch_id,
            Movement.target_condition == first.target_condition,
        )  # fmt: skip
        found |= {part.id: part for part in putaway.parts_of(first, same_act) or [first]}
    return list(found.values())


def _withdraw_work(parts: list[Movement], *, by: Actor) -> None:
    """Ends the putaway of these receipts. Raises ReceiptGone where it is for more or less than them, TaskTaken where somebody has it."""
    tasks = session.execute(
        sa.select(Task)
        .where(
            Task.handling_unit_id.in_({part.target_unit_id for part in parts}),
            Task.kind == TaskKind.PUTAWAY.value,
            Task.status.in_([TaskStatus.OPEN.value, TaskStatus.CLAIMED.value]),
        )
        .order_by(Task.id)
        .execution_options(populate_existing=True)
    ).scalars()
    waiting: dict[tuple[int | None, int | None], int] = {}
    for task in tasks:
        if task.status == TaskStatus.CLAIMED and task.person_id != by.id:
            queue.claim(task.id, by=by)  # says who has it
        goods = (task.handling_unit_id, task.batch_id)
        waiting[goods] = waiting.get(goods, 0) + (task.quantity or 0)
        queue.cancel(task.id)
    came: dict[tuple[int | None, int | None], int] = {}
    for part in parts:
        goods = (part.target_unit_id, part.batch_id)
        came[goods] = came.get(goods, 0) + part.quantity
    if waiting != came:
        raise _gone(parts)


def _gone(parts: list[Movement]) -> ReceiptGone:
    """Why there is nothing to take back: the goods are on another plate, which is said with what to do, or somewhere else."""
    onto, unit, undone = aliased(HandlingUnit), aliased(HandlingUnit), aliased(Movement)
    units = {part.target_unit_id for part in parts}
    went = session.execute(
        sa.select(unit.code, onto.code)
        .select_from(Movement)
        .join(unit, unit.id == Movement.source_unit_id)
        .join(onto, onto.id == Movement.target_unit_id)
        .where(
            sa.or_(Movement.source_unit_id.in_(units), Movement.target_unit_id.in_(units)),
            Movement.target_unit_id != Movement.source_unit_id,
            Movement.kind == MovementKind.MOVE.value,
            ~sa.exists(sa.select(undone.id).where(undone.reverses_id == Movement.id)),
        )
        .order_by(Movement.id.desc())
        .limit(1)
    ).one_or_none()
    return ReceiptGone() if went is None else ReceiptOnAnother(unit=went[0], onto=went[1])
