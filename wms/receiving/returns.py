"""A customer sends goods back: taken in on a return of its own, piece by piece as they are found, in the batch in which they left.

A return names its order, or the consignment location the goods come back from. Returns without papers are told in
`wms.receiving.unclaimed`; here they share how pieces are judged, where those go, and how a line is undone.
"""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa

from wms import clock, events
from wms.actor import Actor
from wms.catalog.models import Product, Tracking
from wms.db import session
from wms.errors import NotFound, Refused
from wms.i18n import T
from wms.locations.models import Kind, Location, Virtual
from wms.locations.sites import virtual
from wms.numbers import document_number, own_number
from wms.orders import differences, lifecycle, paying_back, signing
from wms.orders.models import DifferenceKind, InboundLine, InboundOrder, InboundStatus, Order, OrderKind, OrderLine
from wms.orders.timeline import teach, teach_facts
from wms.receiving import deliveries, inspection, putaway, scrapping, space
from wms.receiving.models import Disposition, Found, Return, ReturnKind, ReturnLine, ReturnLineStatus, ReturnStatus
from wms.receiving.outstanding import Left, NothingConsigned, consigned, dealt, moves_back, nothing, returnable
from wms.receiving.space import Goods
from wms.stock import capacity, ledger
from wms.stock.capacity import Cargo, Piece
from wms.stock.handling_units import new_unit
from wms.stock.ledger import LARGEST, Move, NotEnough, Place, QuantityWrong
from wms.stock.models import Batch, Condition, HandlingUnit, Movement, MovementKind, UnitKind
from wms.tasks import queue
from wms.tasks.models import Task, TaskKind, TaskStatus

D, F, L, S = Disposition, Found, ReturnLineStatus, ReturnStatus

USUAL: dict[Found, Disposition] = {F.GOOD: D.RESTOCK, F.OPENED: D.HOLD, F.DAMAGED: D.DEFECT, F.UNUSABLE: D.SCRAP}
"""What is done with pieces unless somebody says otherwise."""

FITTING: dict[Found, tuple[Disposition, ...]] = {
    F.GOOD: (D.RESTOCK, D.HOLD),
    F.OPENED: (D.HOLD, D.RESTOCK, D.DEFECT, D.SCRAP),
    F.DAMAGED: (D.DEFECT, D.HOLD, D.SCRAP),
    F.UNUSABLE: (D.SCRAP, D.DEFECT),
}
"""What may be done with them."""

CONDITIONS: dict[Disposition, Condition] = {
    D.RESTOCK: Condition.GOOD,
    D.HOLD: Condition.INSPECTION,
    D.DEFECT: Condition.DAMAGED,
    D.SCRAP: Condition.DAMAGED,
}
AREAS: dict[Disposition, tuple[Kind, ...]] = {
    D.RESTOCK: (Kind.DOCK,),
    D.HOLD: space.AREAS[Condition.INSPECTION],
    D.DEFECT: space.AREAS[Condition.DAMAGED],
    D.SCRAP: (Kind.SCRAP, Kind.DEFECT),
}
"""Where pieces are put down, the usual kind of place first."""

LIVE = (L.BOOKED.value, L.WAITING.value, L.TO_SEND_BACK.value, L.TO_SCRAP.value)
"""Lines whose goods somebody may still decide about."""

teach("order.returned", T("{quantity} × {sku} came back, note {note}", "退回 {quantity} × {sku}，单号 {note}"), "ask")
teach("order.return_undone", T("{quantity} × {sku} of {note} undone", "撤销退回 {quantity} × {sku}（{note}）"), "calm")
teach("return.opened", T("Opened", "开单"), "calm")
teach("return.taken_in", T("{quantity} × {sku}: {found}, {disposition}", "收下 {quantity} × {sku}：{found}，{disposition}"), "good")
teach("return.line_undone", T("{quantity} × {sku} undone", "撤销 {quantity} × {sku}"), "ask")
teach("return.closed", T("Closed", "已完成"), "good")
teach_facts("found", {found.value: found.text for found in Found})
teach_facts("disposition", {one.value: one.text for one in Disposition})


class ReturnUnknown(NotFound):
    """No return of this number at this site."""

    code = "return_unknown"
    sentence = T("There is no return {number}", "没有此退货单：{number}")
    advice = T("Check the number on the note", "请核对退货单上的单号")


class ReturnClosed(Refused):
    """Nothing more is taken in on a closed return."""

    code = "return_closed"
    sentence = T("Return {number} is closed", "退货单 {number} 已完成")
    advice = T("Begin a new return", "请新开退货单")


class DispositionNotFitting(Refused):
    """Pieces found like that do not go there."""

    code = "disposition_not_fitting"
    sentence = T("“{found}” goods are not for “{disposition}”", "“{found}”的货物不能“{disposition}”")
    advice = T("Choose one of: {choices}", "请选择：{choices}")


class ExpiredGoods(Refused):
    """Nobody may sell them again."""

    code = "expired"
    sentence = T("Lot {lot} of {sku} expired on {expires_on}: it is not restocked", "{sku} 批号 {lot} 已于 {expires_on} 到期，不能重新入库")
    advice = T("Take it to the defect area, or hold it", "请转入不合格品区或暂存")


class LineGone(Refused):
    """The goods of a line have moved on, or were decided about."""

    code = "return_line_gone"
    sentence = T("Line {line} of {number} cannot be undone: its goods have moved on", "{number} 第 {line} 行无法撤销：货物已移走或已处理")
    advice = T("Move or adjust the goods where they are now", "请在货物现在的位置移库或调整")


@dataclass(frozen=True, slots=True)
class TakenBack:
    """What came back on one scan: the lines of the note, the plate that wants a label, and where it stands."""

    header: Return
    lines: list[ReturnLine]
    quantity: int
    unit: HandlingUnit | None
    location: Location

    @property
    def note(self) -> str:
        """The number of the note."""
        return self.header.number


# -- the document --------------------------------------------------------------------------------------------------------------


def open_return(
    *,
    by: Actor,
    order: Order | None = None,
    consignment: Location | None = None,
    inbound: InboundOrder | None = None,
    customer_id: int | None = None,
    sender: str | None = None,
    arrival_id: int | None = None,
    reason: str | None = None,
    note: str | None = None,
) -> Return:
    """Begins a return: against an order, from a consignment location, or (with neither) without papers.

    Consigned goods were never sold: they come back on a transfer note and have a number of that series. A return against an order fills
    what its customer's signature announced, whichever of the two was scanned.
    """
    if order is not None and inbound is None:
        inbound = signing.expected_back(order)
    kind = ReturnKind.CONSIGNMENT if consignment else ReturnKind.ORDER if order else ReturnKind.WITHOUT_PAPERS
    moment = clock.now()
    header = Return(
        site_id=by.site_id,
        number=document_number("T" if kind is ReturnKind.CONSIGNMENT else "R", Return.number, Return.site_id == by.site_id),
        kind=kind.value,
        status=S.OPEN.value,
        order_id=order.id if order else None,
        customer_id=order.customer_id if order else consignment.partner_id if consignment else customer_id,
        inbound_order_id=inbound.id if inbound else None,
        arrival_id=arrival_id,
        consignment_id=consignment.id if consignment else None,
        sender=(sender or "").strip() or None,
        reason=(reason or "").strip() or None,
        note=(note or "").strip() or None,
        created_at=moment,
        created_by_id=by.id,
        updated_at=moment,
    )
    session.add(header)
    session.flush()  # its lines and events name it
    events.record(header, "return.opened", by=by, kind=kind.value, order=order.number if order else None, sender=header.sender)
    return header


def find(number: str, *, by: Actor) -> Return:
    """The return with this number at the person's site; raises ReturnUnknown."""
    found = session.execute(sa.select(Return).where(Return.site_id == by.site_id, Return.number == own_number(number))).scalar_one_or_none()
    if found is None:
        raise ReturnUnknown(number=number)
    return found


def lock(number: str, *, by: Actor) -> Return:
    """The same, locked until the transaction ends and read afresh. A return is locked before its order."""
    found = session.execute(
        sa.select(Return)
        .where(Return.site_id == by.site_id, Return.number == own_number(number))
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    ).scalar_one_or_none()
    if found is None:
        raise ReturnUnknown(number=number)
    return found


def lines_of(header: Return) -> list[ReturnLine]:
    """The lines of a return, read afresh."""
    return list(
        session.execute(
            sa.select(ReturnLine)
            .where(ReturnLine.return_id == header.id)
            .order_by(ReturnLine.line)
            .execution_options(populate_existing=True)
        ).scalars()
    )


def finish(number: str, *, by: Actor) -> Return:
    """Everything of it was taken in: it is closed, or waits for whoever must decide. Raises ReturnUnknown."""
    header = lock(number, by=by)
    if header.finished_at is None:
        header.finished_at = clock.now()
        progress(header, by=by)
    return header


def progress(header: Return, *, by: Actor) -> None:
    """Puts a locked return into the state its lines have reached."""
    session.flush()  # the state is computed from the rows
    states = {line.status for line in lines_of(header)}
    if L.WAITING.value in states:
        wanted = S.WAITING
    elif header.finished_at is None or states & {L.TO_SEND_BACK.value, L.TO_SCRAP.value}:
        wanted = S.OPEN
    else:
        wanted = S.CLOSED
    header.updated_at = clock.now()
    if header.status != wanted:
        header.status = wanted.value
        header.closed_at = header.updated_at if wanted is S.CLOSED else None
        session.flush()  # the event below is a Core statement
        if wanted is S.CLOSED:
            events.record(header, "return.closed", by=by)


# -- taking back -----------------------------------------------------------------------------------------------------------------


def take_back(
    number: str,
    product: Product,
    quantity: int,
    *,
    found: Found,
    location_id: int,
    by: Actor,
    key: str,
    company_prefix: str,
    disposition: Disposition | None = None,
    lot: str | None = None,
    reason: str | None = None,
    scrap_alone: int = scrapping.ALONE,
) -> TakenBack:
    """Takes goods back on a return that knows where they were: up to what left with its order, or what its consignment location holds.

    They come into the batches in which they left, so they keep their age. What is restocked stands at a dock on a plate of its own with
    a putaway task; what is held stands on a plate in inspection; damaged goods go to the defect area; scrap is written off at once,
    and what is too much for that waits in the defect area for a supervisor. Raises ReturnUnknown,
    ReturnClosed, NothingShipped, LotNotShipped, NothingConsigned, NotEnough, QuantityWrong, WrongArea, DispositionNotFitting,
    ScrapNeedsAnother, ExpiredGoods, SerialAlone, and for a place that is full what `capacity.must_take` raises.
    """
    must_be_pieces(product, quantity)
    header = must_be_open(lock(number, by=by))
    fits = may_scrap(header, product, quantity, alone=scrap_alone)
    if disposition is D.SCRAP and not fits:
        scrapping.must_be_anothers(product, max(quantity, scrap_alone + 1), found_by=by.id, by=by, alone=scrap_alone)
    disposition = disposed(found, disposition, may_scrap=fits)
    order = lifecycle.lock(header.order_id) if header.order_id is not None else None
    shares = _shares(header, order, product, quantity, lot)
    place = must_take(location_id, AREAS[disposition], CONDITIONS[disposition], by)
    if disposition is D.RESTOCK:
        _refuse_expired(product, [one.batch_id for one, _ in shares])
    on_plate = disposition in (D.RESTOCK, D.HOLD)
    if disposition in (D.HOLD, D.DEFECT):
        capacity.must_take(place, Cargo([Piece(product, part, one.batch_id) for one, part in shares], in_unit=on_plate))
    unit = None
    if on_plate:
        unit = new_unit(UnitKind.CARTON, location_id=place.id, site_id=by.site_id, company_prefix=company_prefix)
    inbound_line = _announced(header, product)
    target = Place(place.id, unit.id if unit else None, CONDITIONS[disposition].value)
    back = moves_back(header, shares, target, lambda at: putaway.part_key(key, at), reason=reason, inbound_line=inbound_line)
    moves, lines = [move for move, _ in back], [line for _, line in back]
    if inbound_line is not None:
        inbound_line.received += quantity
        inbound_line.rejected += quantity if target.condition == Condition.DAMAGED else 0
    session.flush()  # lines before stock
    written = write_lines(header, product, moves, lines, found, disposition, unit, place, by=by)
    if disposition is D.SCRAP:
        _write_off(written, moves, target, header, reason, by=by)
    if disposition is D.DEFECT and found is F.UNUSABLE and not fits:
        _ask_a_supervisor(written, product, order, by=by)
    if inbound_line is not None:
        deliveries.progress(deliveries.lock_line(inbound_line.id)[0], by=by)
    tell(header, order, product, quantity, found, disposition, by=by)
    if disposition is D.RESTOCK:
        offer_putaway(product, moves, unit, place, header.number, inbound_line, by=by)
    progress(header, by=by)
    return TakenBack(header, written, quantity, unit, place)


def _shares(header: Return, order: Order | None, product: Product, quantity: int, lot: str | None) -> list[tuple[Left, int]]:
    """Of which batches the pieces are, and how many of each."""
    if order is not None:
        left = returnable(order, product, lot=lot)
    else:
        left = consigned(session.get_one(Location, header.consignment_id), product, lot=lot)
    if quantity > sum(one.quantity for one in left):
        if order is not None:
            raise nothing(order, product)
        raise NothingConsigned(
            sku=product.sku, location=session.get_one(Location, header.consignment_id).code, there=sum(one.quantity for one in left)
        )
    return dealt(left, quantity)[0]


def must_be_pieces(product: Product, quantity: int) -> None:
    """Raises QuantityWrong, and SerialAlone for several pieces under one serial number."""
    if not 0 < quantity <= LARGEST:
        raise QuantityWrong(quantity=quantity, pointer="/quantity")
    if product.tracking == Tracking.SERIAL and quantity != 1:
        raise SerialAlone(sku=product.sku, quantity=quantity)


class SerialAlone(Refused):
    """A serial number is one piece."""

    code = "serial_alone"
    pointer = "/quantity"
    sentence = T(
        "{sku} is tracked by serial number: one piece each, not {quantity}", "{sku} 按序列号管理：每个序列号 1 件，不能是 {quantity}"
    )
    advice = T("Scan the serial number of each piece", "请逐件扫描序列号")


def may_scrap(header: Return | None, product: Product, quantity: int, *, alone: int) -> bool:
    """Whether so many more may be thrown away by whoever takes the return in: with what was scrapped on it before, not too many."""
    gone = 0
    if header is not None:
        before = sa.select(sa.func.coalesce(sa.func.sum(ReturnLine.quantity), 0)).where(
            ReturnLine.return_id == header.id, ReturnLine.product_id == product.id, ReturnLine.status == L.SCRAPPED.value
        )
        gone = int(session.execute(before).scalar_one())
    return gone + quantity <= alone


def _ask_a_supervisor(lines: list[ReturnLine], product: Product, order: Order | None, *, by: Actor) -> None:
    """More than one person throws away alone: each line is a difference, for a supervisor to settle."""
    for line in lines:
        differences.note(
            DifferenceKind.DAMAGED,
            by=by,
            order=order,
            product=product,
            quantity=line.quantity,
            text=F.UNUSABLE.text.both(),
            batch_id=line.batch_id,
            movement_id=line.movement_id,
            handling_unit_id=line.handling_unit_id,
        )


def disposed(found: Found, disposition: Disposition | None, *, may_scrap: bool = True) -> Disposition:
    """What is done with pieces found like that; raises DispositionNotFitting for what does not go with it."""
    if disposition is None:
        return D.DEFECT if USUAL[found] is D.SCRAP and not may_scrap else USUAL[found]
    if disposition not in FITTING[found]:
        choices = T(", ".join(one.text.en for one in FITTING[found]), "、".join(one.text.zh for one in FITTING[found]))
        raise DispositionNotFitting(found=found.text, disposition=disposition.text, choices=choices, pointer="/disposition")
    return disposition


def must_be_open(header: Return) -> Return:
    """The return, if goods may still be taken in on it; raises ReturnClosed."""
    if header.finished_at is not None:
        raise ReturnClosed(number=header.number)
    return header


def must_take(location_id: int, kinds: tuple[Kind, ...], condition: Condition, by: Actor) -> Location:
    """A place of the person's site that is of one of these kinds; raises WrongArea."""
    place = session.get_one(Location, location_id)
    assert place.site_id == by.site_id, "a place of another site"
    if Kind(place.kind) not in kinds:
        words = T(" / ".join(kind.text.en for kind in kinds), "、".join(kind.text.zh for kind in kinds))
        raise space.WrongArea(condition=condition.text, location=place.code, kind=Kind(place.kind).text, areas=words)
    return place


def usual_place(kinds: tuple[Kind, ...], *, by: Actor) -> Location | None:
    """Where pieces go unless the worker says otherwise: the first place of the first kind that there is."""
    return session.execute(
        sa.select(Location)
        .where(Location.site_id == by.site_id, Location.kind.in_([kind.value for kind in kinds]))
        .order_by(sa.case(*((Location.kind == kind.value, place) for place, kind in enumerate(kinds))), Location.code_key)
        .limit(1)
    ).scalar_one_or_none()


def _refuse_expired(product: Product, batch_ids: list[int]) -> None:
    late = session.execute(
        sa.select(Batch.lot, Batch.expires_on).where(Batch.id.in_(batch_ids), Batch.expires_on < clock.today()).limit(1)
    ).one_or_none()
    if late is not None:
        raise ExpiredGoods(lot=late.lot, sku=product.sku, expires_on=late.expires_on)


def _announced(header: Return, product: Product) -> InboundLine | None:
    """The line of the announced return that these goods fill: one with something still to come, else the last of the product."""
    if header.inbound_order_id is None:
        return None
    inbound = deliveries.lock(header.inbound_order_id)
    lines = [line for line in inbound.lines if line.product_id == product.id]
    if not lines or inbound.status == InboundStatus.CLOSED:
        return None
    return next((line for line in lines if line.received < line.expected), lines[-1])


def write_lines(
    header: Return,
    product: Product,
    moves: list[Move],
    order_lines: list[OrderLine | None],
    found: Found,
    disposition: Disposition,
    unit: HandlingUnit | None,
    place: Location,
    *,
    by: Actor,
    status: ReturnLineStatus = L.BOOKED,
    posted: list[int] | None = None,
    **facts: int | None,
) -> list[ReturnLine]:
    """Posts movements and writes the line of each (with `posted`, the lines of movements that were posted already)."""
    ids = posted if posted is not None else [moved.movement_id for moved in ledger.post(moves, by=by)]
    last = session.execute(sa.select(sa.func.max(ReturnLine.line)).where(ReturnLine.return_id == header.id)).scalar_one() or 0
    written = [
        ReturnLine(
            return_id=header.id,
            line=last + number,
            product_id=product.id,
            batch_id=move.batch_id,
            quantity=move.quantity,
            found=found.value,
            disposition=disposition.value,
            reason=move.reason,
            status=status.value,
            location_id=place.id,
            handling_unit_id=unit.id if unit else None,
            order_line_id=line.id if line else None,
            movement_id=movement_id,
            **facts,
        )
        for number, (move, line, movement_id) in enumerate(zip(moves, order_lines, ids, strict=True), start=1)
    ]
    session.add_all(written)
    session.flush()  # whoever asks for them by id
    for move, line in zip(moves, written, strict=True):
        if move.target.condition == Condition.INSPECTION:
            _have_inspected(header, product, move, line, place, by=by)
    return written


def _have_inspected(header: Return, product: Product, move: Move, line: ReturnLine, place: Location, *, by: Actor) -> None:
    """What is in doubt waits for somebody to look at it, like anything that came in uninspected."""
    inbound, inbound_line = deliveries.lock_line(move.inbound_line_id) if move.inbound_line_id is not None else (None, None)
    inspection.open_inspection(
        product,
        move.batch_id,
        move.quantity,
        by=by,
        location_id=place.id,
        decision=inspection.CAME_BACK,
        order=inbound,
        line=inbound_line,
        unit_id=move.target.unit_id,
        movement_id=line.movement_id,
        document=header.number,
    )


def _write_off(lines: list[ReturnLine], moves: list[Move], here: Place, header: Return, reason: str | None, *, by: Actor) -> None:
    """Scrap has come back, and is no more."""
    gone = Place(virtual(by.site_id, Virtual.SCRAP), None, here.condition)
    ledger.post(
        [
            Move(scrap_key(one.key), one.batch_id, one.quantity, here, gone, MovementKind.SCRAP, reason=reason, document=header.number)
            for one in moves
        ],
        by=by,
    )
    for line in lines:
        end(line, L.SCRAPPED, by=by)


def scrap_key(key: str) -> str:
    """The key of the movement that writes off what the movement of `key` brought in."""
    return f"{key}:s"


def end(line: ReturnLine, status: ReturnLineStatus, *, by: Actor, text: str | None = None) -> None:
    """A line of which nothing more is expected."""
    line.status, line.ended_at, line.ended_by_id = status.value, clock.now(), by.id
    line.ending = (text or "").strip() or line.ending
    session.flush()


def tell(
    header: Return, order: Order | None, product: Product, quantity: int, found: Found, disposition: Disposition, *, by: Actor
) -> None:
    """The return's own timeline has it, and that of the order, which sales and webhooks follow."""
    facts = {"sku": product.sku, "quantity": quantity, "found": found.value, "disposition": disposition.value}
    if order is not None:
        order.updated_at = clock.now()
    session.flush()  # the events below are Core statements
    events.record(header, "return.taken_in", by=by, **facts)
    if order is not None:
        condition = CONDITIONS[disposition].value
        events.record(order, "order.returned", by=by, note=header.number, condition=condition, **facts)
        paying_back.less_goes(order, by=by)


def offer_putaway(
    product: Product,
    moves: list[Move],
    unit: HandlingUnit | None,
    place: Location,
    document: str,
    inbound_line: InboundLine | None = None,
    *,
    by: Actor,
) -> None:
    """The work of bringing good goods into the racks, batch by batch."""
    for batch_id in dict.fromkeys(move.batch_id for move in moves):
        back = sum(move.quantity for move in moves if move.batch_id == batch_id)
        goods = Goods(product, batch_id, back, Condition.GOOD, unit.id if unit else None)
        putaway.offer(goods, place, by=by, document=document, inbound_line_id=inbound_line.id if inbound_line else None)


# -- undoing ---------------------------------------------------------------------------------------------------------------------


def undo_line(number: str, line_number: int, *, by: Actor, key: str) -> ReturnLine:
    """Takes a line back while its goods stand where they were put, untouched and undecided. Counters, work and difference follow.

    Raises ReturnUnknown, LineGone, TaskTaken.
    """
    header = lock(number, by=by)
    line = line_of(header, line_number)
    scrapped = line.status == L.SCRAPPED and line.disposition == D.SCRAP
    if not scrapped and line.status not in (L.BOOKED, L.WAITING):
        raise LineGone(line=line_number, number=header.number)
    order_line = _order_line(line)
    product = session.get_one(Product, line.product_id)
    movement = session.get_one(Movement, line.movement_id)
    if movement.inbound_line_id is not None:
        inbound, inbound_line = deliveries.lock_line(movement.inbound_line_id)
        inbound_line.received -= line.quantity
        inbound_line.rejected -= line.quantity if movement.target_condition == Condition.DAMAGED else 0
    if order_line is not None:
        order_line.returned -= line.quantity
    session.flush()  # lines before stock
    _no_more_putaway(header, line, by=by)
    try:
        if scrapped:
            ledger.reverse(_written_off(movement), key=scrap_key(key), by=by)
        ledger.reverse(movement.id, key=key, by=by)
    except NotEnough as gone:
        raise LineGone(line=line_number, number=header.number) from gone
    end(line, L.UNDONE, by=by)
    differences.withdraw([movement.id], by=by)
    inspection.withdraw([movement.id], by=by)
    facts = {"sku": product.sku, "quantity": line.quantity, "line": line.line}
    events.record(header, "return.line_undone", by=by, **facts)
    if order_line is not None:
        order = session.get_one(Order, order_line.order_id)
        order.updated_at = clock.now()
        session.flush()  # the event below is a Core statement
        events.record(order, "order.return_undone", by=by, note=header.number, **facts)
        if movement.inbound_line_id is None:
            signing.not_back_after_all(order, order_line, by=by)
    if movement.inbound_line_id is not None:
        deliveries.progress(inbound, by=by)
    progress(header, by=by)
    return line


def line_of(header: Return, number: int) -> ReturnLine:
    """One line of a locked return; raises LineGone for one that it has not."""
    for line in lines_of(header):
        if line.line == number:
            return line
    raise LineGone(line=number, number=header.number)


def _order_line(line: ReturnLine) -> OrderLine | None:
    """The order's line that the pieces were counted on, its order locked."""
    if line.order_line_id is None:
        return None
    order_id = session.execute(sa.select(OrderLine.order_id).where(OrderLine.id == line.order_line_id)).scalar_one()
    return next(one for one in lifecycle.lock(order_id).lines if one.id == line.order_line_id)


def _written_off(movement: Movement) -> int:
    return session.execute(sa.select(Movement.id).where(Movement.key == scrap_key(movement.key))).scalar_one()


def _no_more_putaway(header: Return, line: ReturnLine, *, by: Actor) -> None:
    """Cancels the putaway that waits for goods which are undone; a part of it, where it is for other lines of the plate too."""
    if line.disposition != D.RESTOCK or line.status != L.BOOKED:
        return
    task = session.execute(
        sa.select(Task)
        .where(
            Task.handling_unit_id == line.handling_unit_id,
            Task.batch_id == line.batch_id,
            Task.kind == TaskKind.PUTAWAY.value,
            Task.status.in_([TaskStatus.OPEN.value, TaskStatus.CLAIMED.value]),
        )
        .order_by(Task.id)
        .limit(1)
        .execution_options(populate_existing=True)
    ).scalar_one_or_none()
    if task is None or task.quantity is None or task.quantity < line.quantity:
        raise LineGone(line=line.line, number=header.number)
    if task.status == TaskStatus.CLAIMED and task.person_id != by.id:
        queue.claim(task.id, by=by)  # says who has it
    if task.quantity == line.quantity:
        queue.cancel(task.id)
    else:
        task.quantity -= line.quantity
        session.flush()


def is_consigned(header: Return) -> bool:
    """Whether the goods were never sold, so that they come back on a transfer note."""
    if header.kind == ReturnKind.CONSIGNMENT:
        return True
    return header.order_id is not None and session.get_one(Order, header.order_id).kind == OrderKind.CONSIGNMENT


def paper_kind(header: Return) -> str:
    """The paper that is printed for it."""
    return "transfer-note" if is_consigned(header) else "red-outbound-note"
