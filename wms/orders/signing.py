"""Sign-off: the customer has the goods, said what was wrong with them, and signed. Every piece that left is told of once.

What was kept is delivered; what was refused or came damaged is announced as a return; what is missing becomes a difference with an owner.
Finance closes an order when nothing of that is open any more, or takes it as it is with a reason.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from wms import clock, events
from wms.actor import Actor
from wms.catalog.models import Partner, Product
from wms.db import fold, session
from wms.errors import Conflict, Invalid, NotFound, Refused
from wms.i18n import T
from wms.numbers import own_number
from wms.orders import differences, driven, inbound, lifecycle, went_out
from wms.orders.lines import LineTwice, LineUnknown, NewLine
from wms.orders.models import (
    Difference,
    DifferenceKind,
    DifferenceStatus,
    Fault,
    InboundKind,
    InboundLine,
    InboundOrder,
    InboundStatus,
    Order,
    OrderLine,
    OrderStatus,
    SignOff,
    SignOffLine,
)
from wms.orders.outside import SHIPMENTS
from wms.orders.signatures import Signature
from wms.orders.timeline import teach, teach_reasons
from wms.states import MoveNotAllowed
from wms.stock.models import Batch, HandlingUnit, Movement, MovementKind

S = OrderStatus
EARLY, LATE = dt.timedelta(minutes=2), dt.timedelta(minutes=5)
"""So much may clocks differ: the phone's, the gate's and ours."""

teach("order.part_signed", T("{shipment} signed for by {signed_by}", "{shipment} 已签收，签收人 {signed_by}"), "good")
teach("order.return_announced", T("{quantity} come back, announced as {note}", "将退回 {quantity}，退货通知 {note}"), "ask")
teach("order.copy_received", T("The customer's signed copy is back", "客户签收联已收回"), "good")
teach("order.copy_withdrawn", T("The signed copy is not here after all", "签收联更正为未收回"), "ask")
teach("order.differences_accepted", T("Finance takes the differences as they are", "财务认可签收差异"), "good")
teach_reasons({one.value: one.text for one in Fault})


class LotUnknown(Invalid):
    """Nothing of this lot left for the line."""

    code = "lot_not_shipped"
    sentence = T("Line {line}: nothing of lot {lot} left with it", "第 {line} 行：未发出批号 {lot}")


class MoreThanShipped(Invalid):
    """More was signed for than left the house."""

    code = "more_than_shipped"
    sentence = T("Line {line}: {shipped} left the house, {delivered} cannot arrive", "第 {line} 行：出库 {shipped}，不可能签收 {delivered}")


class SignedWhen(Invalid):
    """Signed for before the goods left, or at a time that has not come."""

    code = "signed_at_wrong"
    pointer = "/signed_at"
    sentence = T(
        "{moment} cannot be the time of signing: the goods left at {left}, it is {now} now",
        "签收时间 {moment} 有误：出门时间为 {left}，现在是 {now}",
    )


class ShipmentNotOfOrder(NotFound):
    """The order has no such shipment."""

    code = "shipment_unknown"
    sentence = T("{order} has no shipment {number}", "{order} 没有发货单 {number}")


class NotLeftYet(Refused):
    """What is still here, or came back to the door, nobody has received."""

    code = "not_left_yet"
    sentence = T("{number} has not left the gate", "{number} 尚未出门")
    advice = T("Sign for it once its truck has left", "车辆出门后再登记签收")


class WhichShipment(Refused):
    """Several are on their way, and nobody said of which the difference is."""

    code = "which_shipment"
    sentence = T("{order} has several shipments on their way: {numbers}", "{order} 有多张发货单在途：{numbers}")
    advice = T("Sign for each by itself, so that the difference stands with the right one", "请逐张签收，差异才能记到对应的发货单")


class SignedAlready(Conflict):
    """Somebody was first."""

    code = "signed_already"
    sentence = T("{number} was signed for by {signed_by}", "{number} 已由 {signed_by} 签收")
    advice = T("Look at what was recorded", "请查看已登记的签收")


class NotSigned(Refused):
    """There is no sign-off yet."""

    code = "not_signed"
    sentence = T("{number} is not signed for yet", "{number} 尚未签收")
    advice = T("Record the sign-off first", "请先登记签收")


class NothingToAccept(Refused):
    """Nothing differs, or all of it is resolved."""

    code = "no_open_differences"
    sentence = T("{number} has no open differences", "{number} 没有未处理的签收差异")


class ReasonMissing(Invalid):
    """Taking a difference as it is wants a word why."""

    code = "reason_missing"
    pointer = "/reason"
    sentence = T("Say why", "请填写原因")


@dataclass(frozen=True)
class SignedLine:
    """What the customer says of one line, or of one lot of it. What is in none of the three is missing."""

    line: str
    delivered: int
    damaged: int = 0
    reason: str | None = None
    refused: int = 0
    lot: str | None = None


@dataclass(frozen=True)
class Gone:
    """Goods of one line and batch that left with one shipment (None: before shipments were kept)."""

    line_id: int
    batch_id: int
    lot: str
    quantity: int


@dataclass(frozen=True)
class _Shipment:
    id: int | None
    number: str
    left_at: dt.datetime | None


# -- what has left -----------------------------------------------------------------------------------------------------------


def gone(order_ids: Iterable[int]) -> dict[tuple[int, int | None], list[Gone]]:
    """What left of these orders, by (order, load): what was undone since, because its truck came back, is not among it."""
    rows = session.execute(
        went_out.rows(OrderLine.order_id, HandlingUnit.load_id, OrderLine.id, Batch.id, Batch.lot, sa.func.sum(Movement.quantity))
        .where(OrderLine.order_id.in_(list(order_ids)))
        .group_by(OrderLine.order_id, HandlingUnit.load_id, OrderLine.id, Batch.id, Batch.lot)
        .order_by(OrderLine.id, Batch.id)
    ).all()
    found: dict[tuple[int, int | None], list[Gone]] = defaultdict(list)
    for order_id, load_id, line_id, batch_id, lot, quantity in rows:
        found[order_id, load_id].append(Gone(line_id, batch_id, lot, int(quantity)))
    return found


def to_sign(order: Order) -> list[tuple[_Shipment, list[Gone]]]:
    """The shipments of an order that have left and that nobody signed for, with what is in them."""
    if not any(line.shipped for line in order.lines):
        return []
    left = gone([order.id])
    rows = session.execute(sa.select(SHIPMENTS).where(SHIPMENTS.c.order_id == order.id).order_by(SHIPMENTS.c.id)).all()
    carried = {row.load_id for row in rows if row.left_at is not None}
    found = [
        (_Shipment(row.id, row.number, row.left_at), left[order.id, row.load_id])
        for row in rows
        if row.left_at is not None and row.signed_at is None and left.get((order.id, row.load_id))
    ]
    loose = [one for (_, load_id), goods in left.items() if load_id not in carried for one in goods]
    known = session.execute(sa.select(SignOff.id).where(SignOff.order_id == order.id, SignOff.shipment_id.is_(None))).first()
    if loose and known is None:
        found.append((_Shipment(None, order.number, None), loose))
    return found


# -- signing -----------------------------------------------------------------------------------------------------------------


def sign_off(
    number: str,
    *,
    signed_by: str,
    by: Actor,
    signed_at: dt.datetime | None = None,
    lines: Iterable[SignedLine] = (),
    shipment: str | None = None,
    signature: Signature | None = None,
    comment: str | None = None,
) -> Order:
    """The customer has signed: for one shipment, or for all of the order that are on their way. Lines that are not named arrived as they
    were shipped. Once everything that left is signed for and nothing more is to leave, the order is delivered. A driver signs off what he
    drove himself.

    Raises NotYourTruck, OrderUnknown, ShipmentNotOfOrder, NotLeftYet, MoveNotAllowed where nothing has left, SignedAlready, SignedWhen,
    WhichShipment, LineUnknown, LotUnknown, LineTwice, MoreThanShipped.
    """
    driven.must_drive_order(number, by=by)
    order = lifecycle.locked(number, by=by)
    said = list(lines)
    chosen = _chosen(order, shipment, by)
    moment = _must_be_after_leaving([one for one, _ in chosen], signed_at or clock.now(), order)
    by_line = {line.line: line for line in order.lines}
    if len(chosen) > 1 and any(_differs(one, by_line, chosen) for one in said):
        raise WhichShipment(order=order.number, numbers=", ".join(one.number for one, _ in chosen))
    signed: list[tuple[SignOff, _Shipment]] = []
    for one, goods in chosen:
        rows = _read(order, goods, said if len(chosen) == 1 else [])
        header = SignOff(
            site_id=order.site_id,
            order_id=order.id,
            shipment_id=one.id,
            signed_by=signed_by,
            signed_at=moment,
            recorded_at=clock.now(),
            recorded_by_id=by.id,
            comment=(comment or "").strip()[:500] or None,
            signature_path=signature.path if signature else None,
            signature_png=signature.png if signature else None,
            lines=rows,
        )
        session.add(header)
        session.flush()  # the shipment and the events below are Core statements
        signed.append((header, one))
        for row in rows:
            next(line for line in order.lines if line.id == row.order_line_id).delivered += row.delivered
        if one.id is not None:
            session.execute(sa.update(SHIPMENTS).where(SHIPMENTS.c.id == one.id).values(signed_by=signed_by, signed_at=moment, sign_off={}))
    order.updated_at = clock.now()
    session.flush()  # the state is read from the rows
    _tell_signed(order, signed, by=by)
    for header, one in signed:
        _announce_return(order, header, one.number, by=by)
        _note_missing(order, header, one.number, by=by)
    return order


def _chosen(order: Order, shipment: str | None, by: Actor) -> list[tuple[_Shipment, list[Gone]]]:
    own = driven.of_order(order.id, by=by) if driven.only_own(by) else None
    open_ = [one for one in to_sign(order) if own is None or one[0].id in own]
    if shipment:
        driven.must_drive(shipment, by=by)
        named = session.execute(
            sa.select(SHIPMENTS).where(SHIPMENTS.c.order_id == order.id, SHIPMENTS.c.number == own_number(shipment))
        ).one_or_none()
        if named is None:
            raise ShipmentNotOfOrder(order=order.number, number=shipment)
        if named.signed_at is not None:
            raise SignedAlready(number=named.number, signed_by=named.signed_by)
        if named.left_at is None:
            raise NotLeftYet(number=named.number)
        return [one for one in open_ if one[0].id == named.id] or _nothing(order, own)
    return open_ or _nothing(order, own)


def _nothing(order: Order, own: set[int] | None) -> list[tuple[_Shipment, list[Gone]]]:
    """Why there is nothing to sign for, among a driver's own shipments or among all."""
    among = SignOff.shipment_id.in_(own) if own is not None else sa.true()
    last = session.execute(
        sa.select(SignOff.signed_by).where(SignOff.order_id == order.id, among).order_by(SignOff.id.desc()).limit(1)
    ).scalar_one_or_none()
    if last is not None or order.status in (S.DELIVERED, S.CLOSED):
        raise SignedAlready(number=order.number, signed_by=last or "–")
    lifecycle.MOVES.check(order.number, S(order.status), S.DELIVERED)
    raise MoveNotAllowed(what=order.number, state=S(order.status).text, wanted=S.DELIVERED.text)


def _must_be_after_leaving(shipments: Sequence[_Shipment], moment: dt.datetime, order: Order) -> dt.datetime:
    """The time of signing, between leaving and now; raises SignedWhen. Clocks may differ a little."""
    now = clock.now()
    left = max((one.left_at for one in shipments if one.left_at), default=order.created_at)
    if not left - EARLY <= moment <= now + LATE:
        raise SignedWhen(pointer="/signed_at", moment=moment, left=left, now=now)
    return min(max(moment, left), now)


def _differs(one: SignedLine, by_line: Mapping[str, OrderLine], chosen: Sequence[tuple[_Shipment, list[Gone]]]) -> bool:
    line = by_line.get(one.line)
    left = sum(part.quantity for _, goods in chosen for part in goods if line is not None and part.line_id == line.id)
    return line is None or one.delivered != left or bool(one.damaged or one.refused)


def _read(order: Order, goods: Sequence[Gone], said: Sequence[SignedLine]) -> list[SignOffLine]:
    """A row for each line and lot; for a line of several lots of which nobody said which differs, one row without a lot."""
    by_line = {line.line: line for line in order.lines}
    named: set[tuple[str, str]] = set()
    rows: list[SignOffLine] = []
    left = {(one.line_id, one.batch_id): one for one in goods}
    for index, one in enumerate(said):
        line = by_line.get(one.line)
        if line is None:
            raise LineUnknown(pointer=f"/lines/{index}/line", number=order.number, line=one.line)
        key = (one.line, fold(one.lot or ""))
        lots = [part for part in goods if part.line_id == line.id]
        if key in named or (one.line, "") in named or (not one.lot and any(name == one.line for name, _ in named)):
            raise LineTwice(pointer=f"/lines/{index}/line", line=one.line)
        named.add(key)
        wanted = [part for part in lots if not one.lot or fold(part.lot) == fold(one.lot)]
        if one.lot and not wanted:
            raise LotUnknown(pointer=f"/lines/{index}/lot", line=one.line, lot=one.lot)
        shipped, told = sum(part.quantity for part in wanted), one.delivered + one.damaged + one.refused
        if min(one.delivered, one.damaged, one.refused) < 0 or told > shipped:
            raise MoreThanShipped(pointer=f"/lines/{index}/delivered", line=one.line, shipped=shipped, delivered=told)
        for part in wanted:
            left.pop((part.line_id, part.batch_id))
        rows.extend(_rows(line.id, wanted, one, shipped))
    rows.extend(
        SignOffLine(
            order_line_id=one.line_id, batch_id=one.batch_id, shipped=one.quantity, delivered=one.quantity, damaged=0, refused=0, missing=0
        )
        for one in left.values()
    )
    return sorted(rows, key=lambda row: (row.order_line_id, row.batch_id or 0))


def _rows(line_id: int, wanted: Sequence[Gone], one: SignedLine, shipped: int) -> list[SignOffLine]:
    missing = shipped - one.delivered - one.damaged - one.refused
    whole = next((name for name in ("delivered", "damaged", "refused") if getattr(one, name) == shipped), None)
    if missing == shipped:
        whole = "missing"
    if not shipped:
        return []
    if whole is None and len(wanted) > 1:
        facts = {"delivered": one.delivered, "damaged": one.damaged, "refused": one.refused, "missing": missing}
        return [SignOffLine(order_line_id=line_id, batch_id=None, shipped=shipped, reason=one.reason, **facts)]
    rows = []
    for part in wanted:
        facts = {"delivered": one.delivered, "damaged": one.damaged, "refused": one.refused, "missing": missing}
        if whole is not None:
            facts = {name: part.quantity if name == whole else 0 for name in facts}
        rows.append(SignOffLine(order_line_id=line_id, batch_id=part.batch_id, shipped=part.quantity, reason=one.reason, **facts))
    return rows


def _tell_signed(order: Order, signed: Sequence[tuple[SignOff, _Shipment]], *, by: Actor) -> None:
    differing = sum(row.delivered != row.shipped for header, _ in signed for row in header.lines)
    facts = {"signed_by": signed[0][0].signed_by, "differences": differing, "shipments": [one.number for _, one in signed]}
    if order.status == S.SHIPPED and not to_sign(order):
        lifecycle.change(order, S.DELIVERED, by=by, **facts)
        return
    for header, one in signed:
        differ = sum(row.delivered != row.shipped for row in header.lines)
        events.record(order, "order.part_signed", by=by, signed_by=header.signed_by, shipment=one.number, differences=differ)


def _announce_return(order: Order, header: SignOff, shipment: str, *, by: Actor) -> None:
    """What the customer would not keep is on its way back: a customer return that names the shipment, with the lots that are known.

    What came back before anybody signed was taken in without it, and is not announced once more.
    """
    back = [row for row in header.lines if row.goes_back]
    if not back:
        return
    here = _back_already(order, header)
    wanted: list[tuple[SignOffLine, int]] = []
    for row in back:
        row.came_before = min(here[row.order_line_id], row.goes_back)
        here[row.order_line_id] -= row.came_before
        if row.goes_back > row.came_before:
            wanted.append((row, row.goes_back - row.came_before))
    _expect(order, header, shipment, wanted, by=by)


def _expect(order: Order, header: SignOff, shipment: str, wanted: Sequence[tuple[SignOffLine, int]], *, by: Actor) -> None:
    """So many pieces of these rows are to come back: on the return that the sign-off announced, else on a new one."""
    if not wanted:
        return
    named = {line.id: line for line in order.lines}
    goods = _named({named[row.order_line_id].product_id for row, _ in wanted}, [row.batch_id for row, _ in wanted if row.batch_id])
    lines: list[NewLine] = []
    taken = {line.line for line in order.lines}
    first = {named[row.order_line_id].line for row, _ in wanted}
    for row, pieces in wanted:
        line = named[row.order_line_id]
        label = line.line if line.line in first else inbound.free_label(line.line, taken)
        first.discard(line.line)
        taken.add(label)
        lot, expires_on = goods.batches.get(row.batch_id or 0, (line.lot, None))
        lines.append(NewLine(goods.products[line.product_id].sku, pieces, line=label, lot=lot, expires_on=expires_on))
    announced = inbound.expect_also(header.return_id, lines, by=by) if header.return_id is not None else None
    if announced is None:
        customer = session.get_one(Partner, order.customer_id).code
        announced = inbound.announce(kind=InboundKind.CUSTOMER_RETURN, partner=customer, reference=shipment, lines=lines, by=by)
    header.return_id = announced.id
    session.flush()  # the event below is a Core statement
    told = [{"sku": line.sku, "quantity": line.quantity} for line in lines]
    events.record(order, "order.return_announced", by=by, note=announced.number, quantity=sum(line.quantity for line in lines), goods=told)


def not_back_after_all(order: Order, line: OrderLine, *, by: Actor) -> None:
    """A return against a locked order was undone. Where a sign-off counted on it, so that nobody waited for those pieces, they are
    announced now."""
    undone = sa.select(Movement.reverses_id).where(Movement.reverses_id.is_not(None), Movement.order_line_id == line.id)
    here = session.execute(
        sa.select(sa.func.coalesce(sa.func.sum(Movement.quantity), 0)).where(
            Movement.order_line_id == line.id,
            Movement.kind == MovementKind.RETURN.value,
            Movement.inbound_line_id.is_(None),
            Movement.id.not_in(undone),
        )
    ).scalar_one()
    headers = {one.id: one for one in of_order(order.id)}
    rows = [row for one in headers.values() for row in one.lines if row.order_line_id == line.id and row.came_before]
    lacking = sum(row.came_before for row in rows) - int(here)
    for row in reversed(rows):
        part = min(max(lacking, 0), row.came_before)
        if part:
            lacking -= part
            row.came_before -= part
            header = headers[row.sign_off_id]
            _expect(order, header, _reference(order, header), [(row, part)], by=by)


def _reference(order: Order, header: SignOff) -> str:
    number = session.execute(sa.select(SHIPMENTS.c.number).where(SHIPMENTS.c.id == header.shipment_id)).scalar_one_or_none()
    return number or order.number


def _back_already(order: Order, header: SignOff) -> dict[int, int]:
    """Per line, what came back although no sign-off before this one had announced it."""
    told = session.execute(
        sa.select(SignOffLine.order_line_id, sa.func.sum(SignOffLine.damaged + SignOffLine.refused))
        .join(SignOff, SignOff.id == SignOffLine.sign_off_id)
        .where(SignOff.order_id == order.id, SignOff.id != header.id)
        .group_by(SignOffLine.order_line_id)
    ).all()
    before = {line_id: int(quantity) for line_id, quantity in told}
    return {line.id: max(0, line.returned - before.get(line.id, 0)) for line in order.lines}


@dataclass(frozen=True)
class _Named:
    products: dict[int, Product]
    batches: dict[int, tuple[str, dt.date | None]]


def _named(product_ids: Iterable[int], batch_ids: Iterable[int]) -> _Named:
    products = session.execute(sa.select(Product).where(Product.id.in_(list(product_ids)))).scalars()
    batches = session.execute(sa.select(Batch.id, Batch.lot, Batch.expires_on).where(Batch.id.in_(list(batch_ids))))
    return _Named({one.id: one for one in products}, {row.id: (row.lot, row.expires_on) for row in batches})


def _note_missing(order: Order, header: SignOff, shipment: str, *, by: Actor) -> None:
    """What left and did not arrive: a difference each, for the supervisor to find out about."""
    lacking = [row for row in header.lines if row.missing]
    named = {line.id: line for line in order.lines}
    goods = _named({named[row.order_line_id].product_id for row in lacking}, [])
    for row in lacking:
        product = goods.products[named[row.order_line_id].product_id]
        known = row.reason in set(Fault)
        differences.note(
            DifferenceKind.NOT_DELIVERED,
            by=by,
            order=order,
            product=product,
            quantity=row.missing,
            text=" · ".join(filter(None, (shipment, None if known else (row.reason or "")[:400]))),
            batch_id=row.batch_id,
            reason=row.reason if known else None,
            sign_off_id=header.id,
        )


# -- afterwards --------------------------------------------------------------------------------------------------------------


def of_order(order_id: int) -> list[SignOff]:
    """What was signed for of an order, the first first."""
    query = sa.select(SignOff).where(SignOff.order_id == order_id).order_by(SignOff.id)
    return list(session.execute(query.execution_options(populate_existing=True)).scalars())


def drawn_for(shipment_id: int) -> tuple[str | None, bytes | None]:
    """The drawn signature of a shipment: strokes, or a picture, or neither."""
    row = session.execute(sa.select(SignOff.signature_path, SignOff.signature_png).where(SignOff.shipment_id == shipment_id)).one_or_none()
    return (row[0], row[1]) if row is not None else (None, None)


def expected_back(order: Order) -> InboundOrder | None:
    """The announced return of which something is still to come back from this order's customer, the first announced first."""
    return session.execute(
        sa.select(InboundOrder)
        .join(SignOff, SignOff.return_id == InboundOrder.id)
        .join(InboundLine, InboundLine.inbound_order_id == InboundOrder.id)
        .where(SignOff.order_id == order.id, InboundOrder.status != InboundStatus.CLOSED.value, InboundLine.received < InboundLine.expected)
        .order_by(InboundOrder.id)
        .limit(1)
    ).scalar_one_or_none()


def unresolved(order: Order) -> bool:
    """Whether something of what was signed for still differs: goods that are to come back and did not, or a difference nobody settled."""
    return order.id in unresolved_of([order.id])


def unresolved_of(order_ids: Iterable[int]) -> set[int]:
    """Which of these orders have open differences that finance has not accepted."""
    return set(session.execute(sa.select(Order.id).where(Order.id.in_(list(order_ids)), differs_still())).scalars())


def differs_still() -> sa.ColumnElement[bool]:
    """For a query over orders: whether what was signed for still differs."""
    signed = sa.select(SignOff.id).where(SignOff.order_id == Order.id, SignOff.accepted_at.is_(None))
    coming = (
        signed.join(InboundOrder, InboundOrder.id == SignOff.return_id)
        .join(InboundLine, InboundLine.inbound_order_id == InboundOrder.id)
        .where(InboundOrder.status != InboundStatus.CLOSED.value, InboundLine.received < InboundLine.expected)
    )
    lost = signed.join(Difference, Difference.sign_off_id == SignOff.id).where(Difference.status == DifferenceStatus.OPEN.value)
    return sa.or_(sa.exists(coming.correlate(Order)), sa.exists(lost.correlate(Order)))


def accept(number: str, *, reason: str | None, by: Actor) -> Order:
    """Finance takes open differences as they are, with a reason; what is to come back may still come. Raises OrderUnknown, NotSigned,
    DroveYourself, NothingToAccept, ReasonMissing."""
    order = lifecycle.locked(number, by=by)
    driven.must_not_have_driven(order, by=by)
    if not of_order(order.id):
        raise NotSigned(number=order.number)
    if not unresolved(order):
        raise NothingToAccept(number=order.number)
    accept_locked(order, reason, by=by)
    return order


def accept_locked(order: Order, reason: str | None, *, by: Actor) -> None:
    """The same for an order that is locked and known to differ."""
    said = (reason or "").strip()[:300]
    if not said:
        raise ReasonMissing
    for one in of_order(order.id):
        if one.accepted_at is None:
            one.accepted_at, one.accepted_by_id, one.accept_reason = clock.now(), by.id, said
    order.updated_at = clock.now()
    session.flush()  # the event below is a Core statement
    events.record(order, "order.differences_accepted", by=by, reason=said)


def receive_copy(number: str, *, by: Actor, back: bool = True) -> SignOff:
    """The customer's signed copy of a shipment is back in the house, or (not `back`) is not after all. Saying it again changes nothing.
    Raises NotYourTruck, ShipmentUnknown, NotSigned."""
    driven.must_drive(number, by=by)
    row = session.execute(
        sa.select(SHIPMENTS.c.id, SHIPMENTS.c.order_id, SHIPMENTS.c.number)
        .join(Order, Order.id == SHIPMENTS.c.order_id)
        .where(SHIPMENTS.c.number == own_number(number), Order.site_id == by.site_id)
    ).one_or_none()
    if row is None:
        raise ShipmentNotOfOrder(T("There is no shipment {number}", "没有此发货单：{number}"), number=number)
    order = lifecycle.lock(row.order_id)
    header = next((one for one in of_order(order.id) if one.shipment_id == row.id), None)
    if header is None:
        raise NotSigned(number=row.number)
    if (header.copy_at is not None) != back:
        header.copy_at, header.copy_by_id = (clock.now(), by.id) if back else (None, None)
        order.updated_at = clock.now()
        session.flush()  # the event below is a Core statement
        events.record(order, "order.copy_received" if back else "order.copy_withdrawn", by=by, shipment=row.number)
    return header
