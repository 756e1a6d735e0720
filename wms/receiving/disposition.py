"""What is decided about goods that are not good, or turn out not to be: released, rejected, blocked, sent back, scrapped; whole or in part.

They may stand anywhere: at the dock, in the inspection or the defect area, on a plate or loose. A part that is decided otherwise than the
rest leaves for a plate of its own, so that no plate holds the same batch in two conditions. The counters of the inbound line and the work
of putting away follow.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

import sqlalchemy as sa

from wms import events
from wms.actor import Actor
from wms.catalog.models import Product
from wms.db import session
from wms.errors import Refused
from wms.i18n import T
from wms.locations.models import Kind, Location, Virtual
from wms.locations.sites import virtual
from wms.numbers import document_number
from wms.orders.models import InboundKind, InboundLine, InboundOrder
from wms.orders.reconsidering import reconsider
from wms.orders.timeline import teach, teach_facts
from wms.receiving import deliveries, putaway, space
from wms.receiving.models import Inspection, InspectionStatus
from wms.receiving.space import Goods
from wms.stock import capacity, ledger
from wms.stock.handling_units import new_unit
from wms.stock.ledger import LARGEST, Move, Place, QuantityWrong
from wms.stock.models import Batch, Condition, HandlingUnit, Movement, MovementKind, Stock, UnitKind
from wms.tasks import queue
from wms.tasks.models import Task, TaskKind, TaskStatus

HELD = (Condition.INSPECTION, Condition.BLOCKED, Condition.DAMAGED)
"""The conditions in which goods wait for a decision."""

ORIGINS = {
    InboundKind.PURCHASE: Virtual.SUPPLIER,
    InboundKind.PRODUCTION: Virtual.PRODUCTION,
    InboundKind.CUSTOMER_RETURN: Virtual.CUSTOMER,
    InboundKind.TRANSFER: Virtual.TRANSFER,
}
"""Where goods of each kind of inbound order come from, and are sent back to."""

_TOLD = T("{quantity} × {sku} {became}", "{sku} {quantity}：{became}")
teach("inbound.decided", _TOLD, "calm")
teach_facts(
    "became",
    {
        "good": T("released as good", "放行为良品"),
        "damaged": T("rejected", "判为不合格"),
        "blocked": T("blocked", "冻结"),
        "inspection": T("put into inspection", "转待检"),
        "send_back": T("sent back to the sender", "退回发货方"),
        "scrap": T("scrapped", "报废"),
    },
)


class NotHeld(Refused):
    """Fewer than named wait for a decision there."""

    code = "not_held"
    sentence = T("{quantity} × {sku}: only {held} wait for a decision there", "{sku} {quantity}：该处待处理的仅有 {held}")
    advice = T("Look where the goods are now, and count again", "请查询货物现在的位置并重新清点")


class UnderInspection(Refused):
    """The goods belong to an open inspection: its result decides about them."""

    code = "under_inspection"
    sentence = T("{sku} waits for inspection {number}", "{sku} 正待检验 {number}")
    advice = T("Enter the result of the inspection", "请录入检验结果")


@dataclass(frozen=True, slots=True)
class Went:
    """On which plates goods have stood, and at which places they have lain loose."""

    units: frozenset[int]
    loose_at: frozenset[int]


@dataclass(frozen=True, slots=True)
class Which:
    """The goods that are meant: so many of a batch.

    With `unit_id` those on that plate first, then what became loose, then what stands on other plates (`only_there`: on that plate
    alone); with `location_id` loose ones at that place alone. `conditions` are those that are meant. `inbound_line_id` is the line they
    came in with, if its counters shall follow; `inspection_id` the inspection whose result this is. `went` is where the goods of the
    difference that is settled have gone since they came: nothing else is touched, though it be of the same batch.
    """

    batch_id: int
    quantity: int
    unit_id: int | None = None
    location_id: int | None = None
    conditions: tuple[Condition, ...] = HELD
    inbound_line_id: int | None = None
    inspection_id: int | None = None
    went: Went | None = None
    only_there: bool = False


@dataclass(frozen=True, slots=True)
class Held:
    """Goods of one batch and condition as they stand somewhere."""

    stock: Stock
    kind: Kind
    free: int


@dataclass(frozen=True, slots=True)
class Standing:
    """So many that a movement put there."""

    place: Place
    quantity: int
    movement_id: int


@dataclass(slots=True)
class Decided:
    """What was done: the movements, the work it made, the new plates that want a label, and the number of the transfer note.

    `standing` is where the goods of each movement stand now, if they stayed; `inspections` are the numbers of those opened for them.
    """

    quantity: int
    movement_ids: list[int] = field(default_factory=list)
    tasks: list[Task] = field(default_factory=list)
    units: list[HandlingUnit] = field(default_factory=list)
    document: str | None = None
    standing: list[Standing] = field(default_factory=list)
    inspections: list[str] = field(default_factory=list)


def release(which: Which, *, by: Actor, key: str, reason: str | None = None, document: str | None = None, company_prefix: str) -> Decided:
    """They are good: promised and put away from now on. Orders that waited for such goods are looked at again.

    Raises NotHeld, UnderInspection, QuantityWrong, and what the ledger raises.
    """
    decided = _decide(which, Condition.GOOD, by=by, key=key, reason=reason, document=document, company_prefix=company_prefix)
    reconsider([_batch(which.batch_id).product_id], site_id=by.site_id, by=by)
    return decided


def reject(which: Which, *, by: Actor, key: str, reason: str | None = None, document: str | None = None, company_prefix: str) -> Decided:
    """They are not acceptable, and go to the defect area. Raises as `release`."""
    return _decide(which, Condition.DAMAGED, by=by, key=key, reason=reason, document=document, company_prefix=company_prefix)


def block(which: Which, *, by: Actor, key: str, reason: str | None = None, document: str | None = None, company_prefix: str) -> Decided:
    """Nobody may take them until somebody has decided; they are set aside. Raises as `release`."""
    return _decide(which, Condition.BLOCKED, by=by, key=key, reason=reason, document=document, company_prefix=company_prefix)


def inspect(which: Which, *, by: Actor, key: str, reason: str | None = None, document: str | None = None, company_prefix: str) -> Decided:
    """They are inspected before anybody may promise them; the caller opens their inspection where they stand. Raises as `release`."""
    return _decide(which, Condition.INSPECTION, by=by, key=key, reason=reason, document=document, company_prefix=company_prefix)


def send_back(which: Which, *, by: Actor, key: str, to: Virtual | None = None, reason: str | None = None) -> Decided:
    """They go back to whom they came from (or `to`), out of the house, on a transfer note. Raises as `release`."""
    note = document_number("T")
    return _decide(which, None, by=by, key=key, reason=reason, document=note, kind=MovementKind.SEND_BACK, outside=to)


def scrap(which: Which, *, by: Actor, key: str, reason: str | None = None) -> Decided:
    """They are thrown away, on a transfer note. Raises as `release`."""
    note = document_number("T")
    return _decide(which, None, by=by, key=key, reason=reason, document=note, kind=MovementKind.SCRAP, outside=Virtual.SCRAP)


# -- which goods -------------------------------------------------------------------------------------------------------------


def went(batch_id: int, *, unit_id: int | None, location_id: int | None, since: int, by: Actor) -> Went:
    """Where goods of a batch that came onto a plate, or loose to a place, by the movement `since` may be now: wherever a movement took
    some of them from there, onto another plate with which theirs was merged too. What left the house is gone."""
    units: set[int] = set() if unit_id is None else {unit_id}
    loose_at = {location_id} if unit_id is None else set()
    moved = session.execute(
        sa.select(Movement.source_unit_id, Movement.source_id, Movement.target_unit_id, Movement.target_id)
        .join(Location, Location.id == Movement.target_id)
        .where(
            Movement.batch_id == batch_id,
            Movement.site_id == by.site_id,
            Movement.id > since,
            Location.kind != Kind.VIRTUAL.value,
        )
        .order_by(Movement.id)
    )
    for source_unit, source, target_unit, target in moved:
        if source_unit in units if source_unit is not None else source in loose_at:
            if target_unit is not None:
                units.add(target_unit)
            else:
                loose_at.add(target)
    return Went(frozenset(units), frozenset(one for one in loose_at if one is not None))


def held(which: Which, *, by: Actor) -> list[Held]:
    """The goods that answer the description, the nearest to it first; how many there are is not looked at.

    What another open inspection is about is left out.
    """
    others = sa.select(Inspection.handling_unit_id).where(
        Inspection.site_id == by.site_id,
        Inspection.status == InspectionStatus.OPEN.value,
        Inspection.batch_id == which.batch_id,
        Inspection.handling_unit_id.is_not(None),
        Inspection.id != (which.inspection_id or 0),
    )
    under_inspection = sa.and_(Stock.condition == Condition.INSPECTION.value, Stock.handling_unit_id.in_(others))
    if which.unit_id is not None:
        under_inspection = sa.and_(under_inspection, Stock.handling_unit_id != which.unit_id)
    if which.location_id is not None and which.unit_id is None:
        here: list[sa.ColumnElement[bool]] = [Stock.location_id == which.location_id, Stock.handling_unit_id.is_(None)]
    else:
        here = []
    on_plate = Stock.handling_unit_id == which.unit_id if which.unit_id is not None else sa.false()
    if which.only_there:
        here.append(on_plate)
    if which.went is not None:
        lies_loose = sa.and_(Stock.handling_unit_id.is_(None), Stock.location_id.in_(which.went.loose_at))
        here.append(sa.or_(Stock.handling_unit_id.in_(which.went.units), lies_loose))
    near = sa.case((on_plate, 0), (Stock.handling_unit_id.is_(None), 1), else_=2)
    worst_first = sa.case(*((Stock.condition == one.value, place) for place, one in enumerate(reversed(HELD))), else_=9)
    rows = session.execute(
        sa.select(Stock, Location.kind)
        .join(Location, Location.id == Stock.location_id)
        .where(
            Stock.batch_id == which.batch_id,
            Stock.site_id == by.site_id,
            Stock.condition.in_([one.value for one in which.conditions]),
            Stock.on_hand > Stock.reserved,
            Location.kind != Kind.VIRTUAL.value,
            ~under_inspection,
            *here,
        )
        .order_by(near, worst_first, Stock.id)
        .execution_options(populate_existing=True)
    ).all()
    return [Held(stock, Kind(kind), stock.on_hand - stock.reserved) for stock, kind in rows]


def _chosen(which: Which, by: Actor) -> list[tuple[Held, int]]:
    """As much of each as makes the whole quantity. Raises NotHeld, UnderInspection, QuantityWrong."""
    if not 0 < which.quantity <= LARGEST:
        raise QuantityWrong(quantity=which.quantity)
    chosen, left = [], which.quantity
    for one in held(which, by=by):
        part = min(left, one.free)
        if part and which.inspection_id is None and one.stock.condition == Condition.INSPECTION:
            _not_under_inspection(one.stock)
        if part:
            chosen.append((one, part))
            left -= part
    if left:
        raise NotHeld(quantity=which.quantity, sku=_batch(which.batch_id).sku, held=which.quantity - left)
    return chosen


def _not_under_inspection(stock: Stock) -> None:
    number = session.execute(
        sa.select(Inspection.number).where(
            Inspection.batch_id == stock.batch_id,
            Inspection.handling_unit_id == stock.handling_unit_id,
            Inspection.status == InspectionStatus.OPEN.value,
        )
    ).scalar()
    if number is not None:
        raise UnderInspection(sku=_batch(stock.batch_id).sku, number=number)


def _batch(batch_id: int) -> sa.Row[tuple[int, str]]:
    return session.execute(
        sa.select(Product.id.label("product_id"), Product.sku).join(Batch, Batch.product_id == Product.id).where(Batch.id == batch_id)
    ).one()


# -- what is done ------------------------------------------------------------------------------------------------------------


def _decide(
    which: Which,
    condition: Condition | None,
    *,
    by: Actor,
    key: str,
    reason: str | None,
    document: str | None,
    company_prefix: str = "",
    kind: MovementKind = MovementKind.CONDITION,
    outside: Virtual | None = None,
) -> Decided:
    """One decision: the lines' counters, the goods, then their work. Into `condition` where they stand, or out of the house (None)."""
    order, line = deliveries.lock_line(which.inbound_line_id) if which.inbound_line_id is not None else (None, None)
    chosen = [(one, part) for one, part in _chosen(which, by) if condition is None or one.stock.condition != condition.value]
    decided = Decided(sum(part for _, part in chosen), document=document or (order.number if order else None))
    if not chosen:
        return decided
    if line is not None:
        line.rejected += sum(_found_bad(one, condition) * part for one, part in chosen)
        session.flush()  # lines before stock
    out = None
    if condition is None:
        sender = outside or (ORIGINS[InboundKind(order.kind)] if order else Virtual.SUPPLIER)
        # What leaves as refused leaves as not acceptable, so that the counters are what the movements say.
        out = Place(virtual(by.site_id, sender), None, Condition.DAMAGED.value)
    targets = [out or _place(one, part, condition, decided, by, company_prefix) for one, part in chosen]
    moves = [
        Move(
            putaway.part_key(key, number),
            which.batch_id,
            part,
            Place(one.stock.location_id, one.stock.handling_unit_id, one.stock.condition),
            target,
            kind,
            reason=reason,
            document=decided.document,
            inbound_line_id=which.inbound_line_id,
        )
        for number, ((one, part), target) in enumerate(zip(chosen, targets, strict=True))
    ]
    decided.movement_ids = [moved.movement_id for moved in ledger.post(moves, by=by)]
    if condition is not None:
        stand = zip(targets, chosen, decided.movement_ids, strict=True)
        decided.standing = [Standing(target, part, movement_id) for target, (_, part), movement_id in stand]
    for (one, part), target in zip(chosen, targets, strict=True):
        waited = _take_work(one.stock, part)
        if condition is not None and one.kind not in space.AREAS[condition]:
            decided.tasks.append(_offer_work(one, part, condition, target, waited, line, decided.document, by))
    if order is not None:
        deliveries.progress(order, by=by)
        _tell(order, line, which, condition.value if condition else kind.value, decided, reason, by)
    return decided


def _found_bad(one: Held, condition: Condition | None) -> int:
    """1 when these goods count as rejected from now on, -1 when they no longer do."""
    before, after = one.stock.condition == Condition.DAMAGED, condition in (None, Condition.DAMAGED)
    return int(after) - int(before)


def _place(one: Held, part: int, condition: Condition | None, decided: Decided, by: Actor, company_prefix: str) -> Place:
    """Where they stand; on a plate of their own when others of the batch stay there that are not as they are. Where there is no place for
    one more plate, only what leaves gets one; what stays becomes loose."""
    assert condition is not None, "what leaves the house has its place outside"
    stock = one.stock
    same_plate = (
        Stock.handling_unit_id == stock.handling_unit_id if stock.handling_unit_id is not None else Stock.handling_unit_id.is_(None)
    )
    others = session.execute(
        sa.select(sa.func.count())
        .select_from(Stock)
        .where(
            Stock.location_id == stock.location_id,
            Stock.batch_id == stock.batch_id,
            same_plate,
            Stock.on_hand != 0,
            Stock.condition.not_in([condition.value, stock.condition]),
        )
    ).scalar_one()
    if part == stock.on_hand and not others:
        return Place(stock.location_id, stock.handling_unit_id, condition.value)
    stays = one.kind in space.AREAS[condition]
    if stays and not capacity.has_place_for_unit(session.get_one(Location, stock.location_id)):
        return Place(stock.location_id, None, condition.value)
    unit = new_unit(UnitKind.CARTON, location_id=stock.location_id, site_id=by.site_id, company_prefix=company_prefix)
    decided.units.append(unit)
    return Place(stock.location_id, unit.id, condition.value)


def _tell(
    order: InboundOrder, line: InboundLine | None, which: Which, became: str, decided: Decided, reason: str | None, by: Actor
) -> None:
    facts = {"line": line.line if line else None, "sku": _batch(which.batch_id).sku, "quantity": decided.quantity, "became": became}
    events.record(order, "inbound.decided", by=by, reason=reason, document=decided.document, **facts)


# -- their work --------------------------------------------------------------------------------------------------------------

_LIVE = (TaskStatus.OPEN.value, TaskStatus.CLAIMED.value)


def _take_work(stock: Stock, quantity: int) -> Task | None:
    """Nobody puts these away as they were any more; the work that was there, if there was any."""
    of_plate = (
        Task.handling_unit_id == stock.handling_unit_id
        if stock.handling_unit_id is not None
        else sa.and_(Task.handling_unit_id.is_(None), Task.source_id == stock.location_id)
    )
    tasks: Iterable[Task] = session.execute(
        sa.select(Task)
        .where(Task.batch_id == stock.batch_id, of_plate, Task.kind == TaskKind.PUTAWAY.value, Task.status.in_(_LIVE))
        .order_by(Task.id)
        .execution_options(populate_existing=True)
    ).scalars()
    first: Task | None = None
    for task in tasks:
        if not quantity:
            break
        assert task.quantity is not None
        first = first or task
        if task.quantity <= quantity:
            quantity -= task.quantity
            queue.cancel(task.id)
        else:
            task.quantity -= quantity
            quantity = 0
    session.flush()
    return first


def _offer_work(
    one: Held,
    part: int,
    condition: Condition,
    target: Place,
    waited: Task | None,
    line: InboundLine | None,
    document: str | None,
    by: Actor,
) -> Task:
    """They look for a place where goods of their condition belong. Counted as put away on their line only if they still were to be."""
    product = session.get_one(Product, one.stock.product_id)
    counted = None
    if one.kind is Kind.DOCK and waited is not None:
        own = line is not None and line.put_away + part <= line.received
        counted = waited.inbound_line_id or (line.id if line is not None and own and target.unit_id != waited.handling_unit_id else None)
    return putaway.offer(
        Goods(product, one.stock.batch_id, part, condition, target.unit_id),
        session.get_one(Location, target.location_id),
        by=by,
        inbound_line_id=counted,
        document=(waited.document if waited is not None else None) or document,
    )
