"""Goods come back and nobody knows for which order: they are held, with a label and a place, until sales says whose they are.

Nobody can be promised them meanwhile. Sales links them to an order (they are booked anew, into the batch in which they left, and the
order's counters follow), keeps them as ours, or says that they go back or away; the floor then carries that out.
"""

from __future__ import annotations

import datetime as dt
import enum
from dataclasses import dataclass

import sqlalchemy as sa

from wms import events
from wms.actor import Actor, Permission, Role
from wms.catalog.models import Partner, Product, Tracking
from wms.db import fold, session
from wms.errors import Refused
from wms.i18n import T
from wms.locations.models import Location, Virtual
from wms.locations.sites import virtual
from wms.orders import differences, lifecycle, paying_back, went_out
from wms.orders.models import Difference, DifferenceKind, DifferenceStatus, Order, OrderLine, Outcome
from wms.orders.timeline import teach
from wms.receiving import disposition, scrapping, space
from wms.receiving import returns as returning
from wms.receiving.models import Disposition, Found, Return, ReturnKind, ReturnLine
from wms.receiving.outstanding import dealt, find_order, moves_back, out_with_customer, returnable
from wms.receiving.returns import AREAS, CONDITIONS, USUAL, L, ReturnUnknown, TakenBack
from wms.stock import capacity, ledger
from wms.stock.batches import open_batch
from wms.stock.capacity import Cargo, Piece
from wms.stock.handling_units import new_unit
from wms.stock.ledger import Move, Place
from wms.stock.models import Batch, Condition, HandlingUnit, Movement, MovementKind, Stock, UnitKind

HELD: dict[Found, Condition] = {
    Found.GOOD: Condition.BLOCKED,
    Found.OPENED: Condition.BLOCKED,
    Found.DAMAGED: Condition.DAMAGED,
    Found.UNUSABLE: Condition.DAMAGED,
}
"""The condition in which goods wait for sales, by how they were found."""


class Decision(enum.StrEnum):
    """What sales says of goods that belong to no order."""

    ACCEPT = "accept"
    SEND_BACK = "send_back"
    SCRAP = "scrap"


teach("return.linked", T("{quantity} × {sku} belong to {order}", "{quantity} × {sku} 归属订单 {order}"), "good")
teach("return.accepted", T("{quantity} × {sku} kept as ours, without an order", "{quantity} × {sku} 无订单，收为自有库存"), "good")
teach("return.to_send_back", T("{quantity} × {sku} are to be sent back", "{quantity} × {sku} 应退回寄件人"), "ask")
teach("return.to_scrap", T("{quantity} × {sku} are to be scrapped", "{quantity} × {sku} 应报废"), "ask")
teach("return.sent_back", T("{quantity} × {sku} sent back, note {note}", "{quantity} × {sku} 已退回寄件人，调拨单 {note}"), "good")
teach("return.scrapped", T("{quantity} × {sku} scrapped, note {note}", "{quantity} × {sku} 已报废，调拨单 {note}"), "good")


class NothingWaits(Refused):
    """The line was decided about, or undone."""

    code = "nothing_waits"
    sentence = T("Nothing of {number} waits for a decision there", "{number} 没有待确认的货物")
    advice = T("Look at the return again", "请刷新退货单")


class GoodsMovedOn(Refused):
    """They are not held any more where the return has them."""

    code = "goods_moved_on"
    sentence = T("{quantity} × {sku} of {number} are not held any more", "{number} 的 {quantity} × {sku} 已不在暂存状态")
    advice = T("Find out who took them, and correct the stock first", "请先查明去向并更正库存")


class OrderNotFitting(Refused):
    """Nothing of this return left with the order."""

    code = "order_not_fitting"
    sentence = T("Nothing of {number} left with {order}, or it came back already", "{number} 的货物未随 {order} 发出，或已退回")
    advice = T("Choose another order", "请选择其他订单")


# -- taking in -------------------------------------------------------------------------------------------------------------------


def take_in(
    number: str,
    product: Product,
    quantity: int,
    *,
    found: Found,
    location_id: int,
    by: Actor,
    key: str,
    company_prefix: str,
    lot: str | None = None,
    expires_on: dt.date | None = None,
    reason: str | None = None,
) -> TakenBack:
    """Takes goods in on a return without papers: held on a plate of their own, and a difference for sales.

    Their batch is today's of their lot, until it is known in which they left. Raises ReturnUnknown, ReturnClosed, QuantityWrong,
    SerialAlone, WrongArea, and what opening a batch and `capacity.must_take` raise.
    """
    returning.must_be_pieces(product, quantity)
    header = returning.must_be_open(returning.lock(number, by=by))
    if header.kind != ReturnKind.WITHOUT_PAPERS:
        raise ReturnUnknown(number=number)
    condition = HELD[found]
    place = returning.must_take(location_id, space.AREAS[condition], condition, by)
    batch_id = open_batch(product, lot=lot, expires_on=expires_on)
    capacity.must_take(place, Cargo([Piece(product, quantity, batch_id)], in_unit=True))
    unit = new_unit(UnitKind.CARTON, location_id=place.id, site_id=by.site_id, company_prefix=company_prefix)
    move = Move(
        key,
        batch_id,
        quantity,
        Place(virtual(by.site_id, Virtual.CUSTOMER)),
        Place(place.id, unit.id, condition.value),
        MovementKind.RETURN,
        reason=reason,
        document=header.number,
        arrival_id=header.arrival_id,
    )
    kept = Disposition.HOLD if condition is Condition.BLOCKED else Disposition.DEFECT
    lines = returning.write_lines(header, product, [move], [None], found, kept, unit, place, by=by, status=L.WAITING)
    noted = differences.note(
        DifferenceKind.WITHOUT_PAPERS,
        by=by,
        product=product,
        quantity=quantity,
        text=" · ".join(part for part in (header.number, header.sender, header.note) if part),
        batch_id=batch_id,
        handling_unit_id=unit.id,
        movement_id=lines[0].movement_id,
        arrival_id=header.arrival_id,
        reason=reason,
    )
    lines[0].difference_id = noted.id
    returning.tell(header, None, product, quantity, found, kept, by=by)
    returning.progress(header, by=by)
    return TakenBack(header, lines, quantity, unit, place)


def needs_expiry(product: Product, lot: str | None) -> bool:
    """Whether the expiry date must be read from the goods: no batch of this lot is known."""
    if product.tracking != Tracking.EXPIRY or lot is None:
        return False
    known = sa.select(Batch.id).where(Batch.product_id == product.id, Batch.lot_key == fold(lot), Batch.expires_on.is_not(None)).limit(1)
    return session.execute(known).first() is None


def sender_of(text: str) -> Partner | None:
    """The customer that is known by this code or name."""
    typed = text.strip()
    rows = (
        session.execute(sa.select(Partner).where(sa.or_(Partner.code_key == fold(typed), Partner.name == typed)).limit(2)).scalars().all()
    )
    return rows[0] if len(rows) == 1 else None


def usual_place(found: Found, *, by: Actor) -> Location | None:
    """Where goods without papers are held, unless the worker says otherwise."""
    return returning.usual_place(space.AREAS[HELD[found]], by=by)


# -- whose they may be -------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Candidate:
    """An order that sent such goods, and how well it fits."""

    order: str
    customer: str
    customer_name: str
    sku: str
    out: int
    decimals: int
    lot_fits: bool
    sender_fits: bool
    last_left: dt.datetime


_RECENT = 200
_MOST = 12


def candidates(header: Return) -> list[Candidate]:
    """The orders with which such goods left and have not come back: the sender's first, then those of the lot, the latest first."""
    waiting = [line for line in returning.lines_of(header) if line.status == L.WAITING]
    if not waiting:
        return []
    lots: dict[int, set[str]] = {}
    for product_id, lot_key, tracking in session.execute(
        sa.select(Batch.product_id, Batch.lot_key, Product.tracking)
        .join(Product, Product.id == Batch.product_id)
        .where(Batch.id.in_({line.batch_id for line in waiting}))
    ):
        lots.setdefault(product_id, set()).update({lot_key} if tracking != Tracking.NONE else set())
    fits = sa.or_(
        *(sa.and_(Movement.product_id == product_id, Batch.lot_key.in_(keys)) for product_id, keys in lots.items() if keys), sa.false()
    )
    rows = session.execute(
        sa.select(
            Order,
            Partner.code,
            Partner.name,
            Product.sku,
            Product.decimals,
            OrderLine.shipped - OrderLine.returned,
            sa.func.max(sa.case((fits, 1), else_=0)),
            sa.func.max(Movement.at),
        )
        .select_from(OrderLine)
        .join(Order, Order.id == OrderLine.order_id)
        .join(Partner, Partner.id == Order.customer_id)
        .join(Product, Product.id == OrderLine.product_id)
        .join(Movement, sa.and_(Movement.order_line_id == OrderLine.id, Movement.kind == MovementKind.SHIP.value))
        .join(Batch, Batch.id == Movement.batch_id)
        .where(OrderLine.product_id.in_(lots), OrderLine.shipped > OrderLine.returned, Order.site_id == header.site_id, went_out.STANDS)
        .group_by(Order.id, OrderLine.id, Partner.id, Product.id)
        .order_by(sa.func.max(Movement.at).desc())
        .limit(_RECENT)
    ).all()
    found = [
        Candidate(order.number, code, name, sku, int(out), decimals, bool(lot), _from(header, order, code, name), left)
        for order, code, name, sku, decimals, out, lot, left in rows
    ]
    return sorted(found, key=lambda one: (not one.sender_fits, not one.lot_fits, -one.last_left.timestamp()))[:_MOST]


def _from(header: Return, order: Order, code: str, name: str) -> bool:
    """Whether it went to whoever sent this."""
    if header.customer_id is not None:
        return header.customer_id == order.customer_id
    sender = fold(header.sender or "")
    if not sender:
        return False
    known = [code, name, *(str(order.ship_to.get(part) or "") for part in ("name", "phone"))]
    return any(one and (fold(one) in sender or sender in fold(one)) for one in known)


# -- what sales decides --------------------------------------------------------------------------------------------------------------


def link(number: str, order_number: str, *, by: Actor, key: str, lines: list[int] | None = None, text: str | None = None) -> Order:
    """The goods belong to an order: they are booked anew, into the batches in which they left, and the order's counters follow.

    All lines that left with the order, or those that are named. What was found good goes on to putaway; what was opened stays held, for
    quality to decide. Of a line with more than the order sent, the rest goes on waiting. Raises ReturnUnknown, OrderUnknown,
    NothingWaits, OrderNotFitting, NothingShipped, LotNotShipped, GoodsMovedOn.
    """
    header = returning.lock(number, by=by)
    found = find_order(order_number, by=by)
    if found is None:
        raise lifecycle.OrderUnknown(number=order_number)
    order = lifecycle.lock(found.id)
    linked = 0
    for line in _waiting(header, lines):
        linked += _link(header, line, order, f"{key}:{line.line}", strict=lines is not None, text=text, by=by)
    if not linked:
        raise OrderNotFitting(number=header.number, order=order.number)
    if header.order_id is None:
        header.order_id, header.customer_id = order.id, order.customer_id
    returning.progress(header, by=by)
    return order


def _waiting(header: Return, numbers: list[int] | None) -> list[ReturnLine]:
    waiting = [line for line in returning.lines_of(header) if line.status == L.WAITING and (numbers is None or line.line in numbers)]
    if not waiting or (numbers is not None and len(waiting) < len(set(numbers))):
        raise NothingWaits(number=header.number)
    return waiting


def _link(header: Return, line: ReturnLine, order: Order, key: str, *, strict: bool, text: str | None, by: Actor) -> int:
    """How much of a line belongs to the order; booked so."""
    product = session.get_one(Product, line.product_id)
    lot = None if product.tracking == Tracking.NONE else session.get_one(Batch, line.batch_id).lot
    if strict:
        left = returnable(order, product, lot=lot)
    else:
        left = [one for one in out_with_customer(order.id, product.id) if lot is None or fold(one.lot) == fold(lot)]
    if not left:
        return 0
    where, place, unit = _standing(header, line, product)
    found = Found(line.found)
    became = _became(found)
    moves = [_counter_movement(line, where, key)]
    shares, rest = dealt(left, line.quantity)
    target = Place(place.id, where.unit_id, CONDITIONS[became].value)
    back = moves_back(header, shares, target, lambda at: f"{key}:{at + 1}")
    stays = [_stays(header, line, moves[0].target, where, f"{key}:{len(back) + 1}", rest)] if rest else []
    session.flush()  # lines before stock
    booked, of_lines = [move for move, _ in back], [one for _, one in back]
    posted = [moved.movement_id for moved in ledger.post([*moves, *booked, *stays], by=by)][1:]
    returning.end(line, L.REPLACED, by=by, text=text)
    count = len(booked)
    returning.write_lines(header, product, booked, of_lines, found, became, unit, place, by=by, posted=posted[:count], replaces_id=line.id)
    if stays:
        (waits,) = returning.write_lines(
            header, product, stays, [None], found, Disposition(line.disposition), unit, place,
            by=by, status=L.WAITING, posted=posted[count:], replaces_id=line.id, difference_id=line.difference_id,
        )  # fmt: skip
        _goes_on_waiting(waits)
    else:
        _settle(line, Outcome.CORRECTED, f"{header.number} → {order.number}", by=by)
    linked = line.quantity - rest
    if became is Disposition.RESTOCK:
        returning.offer_putaway(product, booked, unit, place, header.number, by=by)
    order.updated_at = header.updated_at
    session.flush()  # the events below are Core statements
    facts = {"sku": product.sku, "quantity": linked, "found": found.value, "disposition": became.value}
    events.record(header, "return.linked", by=by, order=order.number, note=text, **facts)
    events.record(order, "order.returned", by=by, **{**facts, "note": header.number, "condition": CONDITIONS[became].value})
    paying_back.less_goes(order, by=by)
    return linked


def _stays(header: Return, line: ReturnLine, outside: Place, where: Place, key: str, rest: int) -> Move:
    """What no order accounts for comes back to where it was and goes on waiting."""
    return Move(key, line.batch_id, rest, outside, where, MovementKind.RETURN, document=header.number)


def _became(found: Found) -> Disposition:
    """What is done with goods once somebody owns them: the usual; but nothing is thrown away from a desk."""
    return Disposition.DEFECT if found is Found.UNUSABLE else USUAL[found]


def _standing(header: Return, line: ReturnLine, product: Product) -> tuple[Place, Location, HandlingUnit | None]:
    """Where the goods of a line stand now, on their plate. Raises GoodsMovedOn."""
    row = session.execute(
        sa.select(Stock)
        .where(
            Stock.handling_unit_id == line.handling_unit_id,
            Stock.batch_id == line.batch_id,
            Stock.condition == HELD[Found(line.found)].value,
            Stock.on_hand - Stock.reserved >= line.quantity,
        )
        .limit(1)
        .execution_options(populate_existing=True)
    ).scalar_one_or_none()
    if row is None:
        raise GoodsMovedOn(quantity=line.quantity, sku=product.sku, number=header.number)
    unit = session.get_one(HandlingUnit, line.handling_unit_id, populate_existing=True)
    return Place(row.location_id, unit.id, row.condition), session.get_one(Location, row.location_id), unit


def _counter_movement(line: ReturnLine, where: Place, key: str) -> Move:
    """As if they had never come in as they did; it names the movement that brought them."""
    came = session.get_one(Movement, line.movement_id)
    return Move(
        key,
        line.batch_id,
        line.quantity,
        where,
        Place(came.source_id, came.source_unit_id, came.source_condition),
        MovementKind.REVERSAL,
        document=came.document,
        reverses_id=came.id,
    )


def _goes_on_waiting(line: ReturnLine) -> None:
    noted = session.get(Difference, line.difference_id)
    if noted is not None and noted.status == DifferenceStatus.OPEN:
        noted.movement_id, noted.quantity = line.movement_id, line.quantity
        session.flush()


def _settle(line: ReturnLine, outcome: Outcome, text: str, *, by: Actor) -> None:
    """Ends the difference of a line, unless somebody ended it otherwise before."""
    noted = session.get(Difference, line.difference_id, populate_existing=True)
    if noted is not None and noted.status == DifferenceStatus.OPEN:
        differences.settle(differences.lock(noted.number, by=by), outcome, by=by, text=text)


def decide(
    number: str,
    decision: Decision,
    *,
    by: Actor,
    key: str,
    lines: list[int] | None = None,
    text: str | None = None,
    scrap_alone: int = scrapping.ALONE,
) -> Return:
    """The goods belong to no order. `accept`: they are ours, by adjustment, in the day's batch. `send_back`, `scrap`: the floor carries it
    out, and until then they stay held.

    Raises ReturnUnknown, NothingWaits, GoodsMovedOn, ScrapNeedsAnother.
    """
    header = returning.lock(number, by=by)
    waiting = _waiting(header, lines)
    for line in waiting:
        product = session.get_one(Product, line.product_id)
        if decision is Decision.SCRAP:
            same = sum(one.quantity for one in waiting if one.product_id == line.product_id)
            noted = session.get(Difference, line.difference_id)
            scrapping.must_be_anothers(product, same, found_by=noted.noted_by_id if noted else None, by=by, alone=scrap_alone)
        if decision is Decision.ACCEPT:
            _accept(header, line, product, f"{key}:{line.line}", text, by=by)
            code = "return.accepted"
        else:
            line.status = (L.TO_SEND_BACK if decision is Decision.SEND_BACK else L.TO_SCRAP).value
            line.ending = (text or "").strip() or None
            session.flush()  # the event below is a Core statement
            code = f"return.{line.status}"
            _hand_to_the_floor(line, by=by)
        events.record(header, code, by=by, sku=product.sku, quantity=line.quantity, note=text)
    returning.progress(header, by=by)
    return header


def _hand_to_the_floor(line: ReturnLine, *, by: Actor) -> None:
    noted = session.get(Difference, line.difference_id, populate_existing=True)
    if noted is not None and noted.status == DifferenceStatus.OPEN:
        differences.hand_to(noted.number, by=by, role=Role.SUPERVISOR)


def _accept(header: Return, line: ReturnLine, product: Product, key: str, text: str | None, *, by: Actor) -> None:
    where, place, unit = _standing(header, line, product)
    found = Found(line.found)
    became = _became(found)
    condition = CONDITIONS[became].value
    kept = Move(
        f"{key}:1",
        line.batch_id,
        line.quantity,
        Place(virtual(by.site_id, Virtual.ADJUSTMENT), None, condition),
        Place(place.id, where.unit_id, condition),
        MovementKind.ADJUSTMENT,
        reason=text[:200] if text else None,
        document=header.number,
    )
    posted = ledger.post([_counter_movement(line, where, key), kept], by=by)
    returning.end(line, L.REPLACED, by=by, text=text)
    returning.write_lines(
        header, product, [kept], [None], found, became, unit, place, by=by, posted=[posted[1].movement_id], replaces_id=line.id
    )
    _settle(line, Outcome.ACCEPTED, header.number, by=by)
    if became is Disposition.RESTOCK:
        returning.offer_putaway(product, [kept], unit, place, header.number, by=by)


def carry_out(number: str, line_number: int, *, by: Actor, key: str) -> str:
    """The goods that sales does not want leave the house: back to the sender, or scrapped. The number of the transfer note.

    Raises ReturnUnknown, LineGone, NothingWaits, NotHeld.
    """
    header = returning.lock(number, by=by)
    line = returning.line_of(header, line_number)
    if line.status not in (L.TO_SEND_BACK, L.TO_SCRAP):
        raise NothingWaits(number=header.number)
    came = session.get_one(Movement, line.movement_id)
    which = disposition.Which(
        line.batch_id,
        line.quantity,
        unit_id=line.handling_unit_id,
        conditions=(HELD[Found(line.found)],),
        went=disposition.went(line.batch_id, unit_id=line.handling_unit_id, location_id=came.target_id, since=came.id, by=by),
    )
    product = session.get_one(Product, line.product_id)
    if line.status == L.TO_SEND_BACK:
        done = disposition.send_back(which, by=by, key=key, to=Virtual.CUSTOMER, reason=line.ending)
        status, outcome, code = L.SENT_BACK, Outcome.SENT_BACK, "return.sent_back"
    else:
        done = disposition.scrap(which, by=by, key=key, reason=line.ending)
        status, outcome, code = L.SCRAPPED, Outcome.SCRAPPED, "return.scrapped"
    note = done.document or header.number
    returning.end(line, status, by=by)
    _settle(line, outcome, note, by=by)
    events.record(header, code, by=by, sku=product.sku, quantity=line.quantity, note=note)
    returning.progress(header, by=by)
    return note


# -- from the work list of differences -------------------------------------------------------------------------------------------


class BelongsToReturn(Refused):
    """Whose goods they are is said on their return."""

    code = "belongs_to_return"
    sentence = T("{number} is about goods of return {note}", "{number} 属于退货单 {note} 的货物")
    advice = T("Link them to their order there", "请在退货单上关联订单")


_SETTLED = {Outcome.ACCEPTED: Decision.ACCEPT, Outcome.SENT_BACK: Decision.SEND_BACK, Outcome.SCRAPPED: Decision.SCRAP}
_DECIDED = {L.TO_SEND_BACK.value: Outcome.SENT_BACK, L.TO_SCRAP.value: Outcome.SCRAPPED}


def settle(
    number: str, outcome: Outcome, *, by: Actor, key: str, text: str | None = None, scrap_alone: int = scrapping.ALONE
) -> Difference | None:
    """Ends the difference of goods without papers together with their return; None where no goods of a return wait with it.

    Who may not book out leaves that to the floor: the difference stays open until it is done. Raises BelongsToReturn.
    """
    found = session.execute(
        sa.select(Difference, ReturnLine.line, ReturnLine.status, Return.number)
        .join(ReturnLine, ReturnLine.difference_id == Difference.id)
        .join(Return, Return.id == ReturnLine.return_id)
        .where(
            Difference.site_id == by.site_id,
            Difference.number == number.strip().upper(),
            ReturnLine.status.in_([L.WAITING.value, L.TO_SEND_BACK.value, L.TO_SCRAP.value]),
        )
    ).one_or_none()
    if found is None or outcome not in differences.OUTCOMES[DifferenceKind(found[0].kind)]:
        return None
    noted: Difference = found[0]
    _, line, status, note = found
    decided = _DECIDED.get(status)
    if outcome not in _SETTLED or decided not in (None, outcome):
        raise BelongsToReturn(number=noted.number, note=note)
    if decided is None:
        decide(note, _SETTLED[outcome], by=by, key=key, lines=[line], text=text, scrap_alone=scrap_alone)
    if outcome is not Outcome.ACCEPTED and by.may(Permission.RETURN_GOODS):
        carry_out(note, line, by=by, key=f"{key}:out")
    session.refresh(noted)
    return noted


__all__ = ["AREAS", "HELD", "Candidate", "Decision", "candidates", "carry_out", "decide", "link", "settle", "take_in", "usual_place"]
