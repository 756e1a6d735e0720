"""What people do with an inbound order before and after the dock: announce it, let it arrive, and close it."""

from __future__ import annotations

import datetime as dt
import itertools
from collections.abc import Collection, Sequence
from dataclasses import replace

import sqlalchemy as sa

from wms import clock, events
from wms.actor import Actor
from wms.catalog.models import Product, Tracking
from wms.db import fold, session
from wms.errors import Invalid, NotFound, Refused
from wms.i18n import T
from wms.orders import announced
from wms.orders import differences as noting
from wms.orders.announced import NewUnit
from wms.orders.lines import NewLine, find_partner, free_number, read_lines, write_down
from wms.orders.models import CheckIn, Difference, DifferenceKind, DifferenceStatus, InboundKind, InboundLine, InboundOrder, InboundStatus
from wms.orders.timeline import teach
from wms.states import MoveNotAllowed

S = InboundStatus

teach("inbound.more_expected", T("The rest comes later; open until {until}", "余货后到，保留至 {until}"), "calm")
teach("inbound.expects_more", T("More is to come: {lines} lines added", "追加待收：新增 {lines} 行"), "calm")
teach("inbound.not_come", T("What was to come until {until} has not come", "约定 {until} 前到的余货未到"), "stop")


class InboundUnknown(NotFound):
    """No such inbound order at this site."""

    code = "inbound_order_unknown"
    sentence = T("There is no inbound order {number}", "没有此到货通知：{number}")
    advice = T("Check the number on the delivery note", "请核对送货单上的单号")


class InboundOver(Refused):
    """A closed order gets no further delivery."""

    code = "inbound_order_closed"
    sentence = T("Inbound order {number} is closed", "到货通知 {number} 已关闭")
    advice = T("Ask purchasing to announce these goods again", "请采购重新下到货通知")


class DateOver(Invalid):
    """Something can only be agreed for a day to come."""

    code = "date_over"
    sentence = T("{date} is over", "{date} 已过")


class CertificateMissing(Invalid):
    """Our own production comes in with its quality certificate."""

    code = "certificate_missing"
    sentence = T("Line {line}: production comes in with its quality certificate number", "第 {line} 行：生产入库须填写合格证号")


def announce(
    *,
    lines: Sequence[NewLine],
    by: Actor,
    number: str | None = None,
    kind: InboundKind = InboundKind.PURCHASE,
    partner: str | None = None,
    reference: str | None = None,
    expected_on: dt.date | None = None,
    over_receipt_percent: int = 0,
    check_in: CheckIn = CheckIn.ANNOUNCED,
    units: Sequence[NewUnit] = (),
    company_prefix: str = "",
) -> InboundOrder:
    """Announces goods that will come in, and the licence plates they will stand on, where the sender names them.

    Raises NumberTaken, PartnerUnknown, SkuUnknown, UnitOfMeasureUnknown, CertificateMissing, and what `announced.read_units` raises.
    """
    number = free_number(InboundOrder, number, "IN", by=by)
    sender = find_partner(partner, None, "/partner") if partner else None
    read = read_lines(lines)
    for index, one in enumerate(read):
        if kind == InboundKind.PRODUCTION and not one.asked.certificate:
            raise CertificateMissing(pointer=f"/lines/{index}/certificate", line=one.line)
    plates = announced.read_units(units, read, by=by, company_prefix=company_prefix)
    moment = clock.now()
    order = InboundOrder(
        site_id=by.site_id,
        number=number,
        kind=kind.value,
        partner_id=sender.id if sender else None,
        reference=reference,
        expected_on=expected_on,
        over_receipt_percent=over_receipt_percent,
        check_in=check_in.value,
        status=S.ANNOUNCED.value,
        created_at=moment,
        updated_at=moment,
        lines=[
            InboundLine(
                line=one.line,
                product_id=one.product.id,
                expected=one.quantity,
                unit=one.asked.unit,
                lot=one.asked.lot or None,
                expires_on=one.asked.expires_on if one.product.tracking == Tracking.EXPIRY else None,
                certificate=one.asked.certificate,
                received=0,
                rejected=0,
                put_away=0,
            )
            for one in read
        ],
    )
    write_down(order)  # the event names it by its id
    announced.write_units(order, plates)
    events.record(order, "inbound.announced", by=by, lines=len(read))
    return order


def expect_also(order_id: int, lines: Sequence[NewLine], *, by: Actor) -> InboundOrder | None:
    """More is to come than was announced: lines are added, under labels that the order does not have yet. None where it is closed."""
    order = _lock(order_id)
    if order.status == S.CLOSED:
        return None
    taken = {one.line for one in order.lines}
    labelled = []
    for line in lines:
        labelled.append(replace(line, line=free_label(line.line or "1", taken)))
        taken.add(labelled[-1].line or "")
    for one in read_lines(labelled):
        lot, expires_on = one.asked.lot or None, one.asked.expires_on if one.product.tracking == Tracking.EXPIRY else None
        row = InboundLine(
            line=one.line, product_id=one.product.id, expected=one.quantity, unit=one.asked.unit, lot=lot, expires_on=expires_on
        )
        order.lines.append(row)
    before = S(order.status)
    if before == S.RECEIVED:
        order.status = S.RECEIVING.value
    order.updated_at = clock.now()
    session.flush()  # the event below is a Core statement
    events.record(order, "inbound.expects_more", by=by, before=before.value, lines=len(lines))
    return order


def free_label(wanted: str, taken: Collection[str]) -> str:
    """A label for a line of its own: the one that is wanted, else with a number behind it that nobody has."""
    if wanted not in taken:
        return wanted
    return next(label for number in itertools.count(2) if (label := f"{wanted[:34]}-{number}") not in taken)


def find_inbound(number: str, *, by: Actor) -> InboundOrder:
    """The inbound order with this number at the person's site, unlocked; raises InboundUnknown."""
    order = session.execute(
        sa.select(InboundOrder).where(InboundOrder.site_id == by.site_id, InboundOrder.number_key == fold(number))
    ).scalar_one_or_none()
    if order is None:
        raise InboundUnknown(number=number)
    return order


def arrive(number: str, *, by: Actor) -> InboundOrder:
    """The vehicle stands at the dock, and nothing is unloaded yet. Of one that arrived before it says nothing.

    Raises InboundUnknown, and MoveNotAllowed for one that is closed.
    """
    order = _locked(number, by)
    if order.status == S.CLOSED:
        raise MoveNotAllowed(what=order.number, state=S.CLOSED.text, wanted=S.ARRIVING.text)
    if order.status == S.ANNOUNCED:
        order.status = S.ARRIVING.value
        order.updated_at = clock.now()
        session.flush()  # the event below is a Core statement
        events.record(order, "inbound.arriving", by=by, before=S.ANNOUNCED.value)
    return order


def choose_check_in(number: str, how: CheckIn, *, by: Actor) -> InboundOrder:
    """From the next scan on the delivery is checked in like this. Raises InboundUnknown, and MoveNotAllowed for one that is closed."""
    order = _locked(number, by)
    if order.status == S.CLOSED:
        raise MoveNotAllowed(what=order.number, state=S.CLOSED.text, wanted=how.text)
    if order.check_in != how:
        order.check_in, order.updated_at = how.value, clock.now()
        session.flush()  # the event below is a Core statement
        events.record(order, "inbound.check_in", by=by, check_in=how.value)
    return order


def _locked(number: str, by: Actor) -> InboundOrder:
    return _lock(find_inbound(number, by=by).id)


def _lock(order_id: int) -> InboundOrder:
    return session.execute(
        sa.select(InboundOrder)
        .where(InboundOrder.id == order_id)
        .with_for_update(key_share=True, of=InboundOrder)
        .execution_options(populate_existing=True)
    ).scalar_one()


def expect_more(number: str, *, until: dt.date, by: Actor) -> InboundOrder:
    """The rest comes with a later delivery: it is agreed with the sender that the order stays open until a day. Raises InboundUnknown,
    InboundOver, DateOver."""
    order = _locked(number, by)
    if order.status == S.CLOSED:
        raise InboundOver(number=order.number)
    if until < clock.today():
        raise DateOver(pointer="/open_until", date=until)
    order.open_until = until
    order.updated_at = clock.now()
    session.flush()  # the event below is a Core statement
    events.record(order, "inbound.more_expected", by=by, until=until.isoformat())
    return order


def close_inbound(number: str, *, by: Actor, reason: str | None = None, arrival_id: int | None = None) -> InboundOrder:
    """Nothing more will come. What is short of the lines becomes a difference each, for purchasing to settle. Raises InboundUnknown,
    MoveNotAllowed."""
    order = _locked(number, by)
    before = S(order.status)
    if before == S.CLOSED:
        raise MoveNotAllowed(what=order.number, state=before.text, wanted=S.CLOSED.text)
    named = sa.select(Product.id, Product.sku).where(Product.id.in_({line.product_id for line in order.lines}))
    skus = dict(session.execute(named).tuples().all())
    differences = [
        {"line": line.line, "sku": skus[line.product_id], "expected": line.expected, "received": line.received, "rejected": line.rejected}
        for line in order.lines
        if line.received - line.rejected != line.expected
    ]
    order.status = S.CLOSED.value
    order.updated_at = clock.now()
    session.flush()  # the event below is a Core statement
    missing = announced.close(order.id)
    _note_short(order, by=by, reason=reason, arrival_id=arrival_id)
    events.record(order, "inbound.closed", by=by, before=before.value, reason=reason, differences=differences, missing_plates=missing)
    return order


def give_up_waiting() -> int:
    """What was agreed to come until a day that is over is short from now on, each line a difference, and the day is struck out: so it is
    noted once, also where two look at the same moment. How many orders."""
    over = (InboundOrder.open_until < clock.today(), InboundOrder.status != S.CLOSED.value)
    waited = session.execute(
        sa.select(InboundOrder)
        .where(*over)
        .order_by(InboundOrder.id)
        .with_for_update(key_share=True, of=InboundOrder)
        .execution_options(populate_existing=True)
    ).scalars()
    count = 0
    for order in waited:
        until, order.open_until, order.updated_at = order.open_until, None, clock.now()
        session.flush()  # the events below are Core statements
        if _note_short(order, by=None, reason=None, arrival_id=None):
            events.record(order, "inbound.not_come", by=None, until=until.isoformat() if until else None)
            count += 1
    return count


def _note_short(order: InboundOrder, *, by: Actor | None, reason: str | None, arrival_id: int | None) -> int:
    """A difference for each line of which less came than was announced, as far as nobody has noted it before; how many. What came damaged
    has a difference of its own."""
    before = session.execute(
        sa.select(Difference.inbound_line_id, sa.func.sum(Difference.quantity))
        .where(
            Difference.inbound_order_id == order.id,
            Difference.kind == DifferenceKind.SHORT.value,
            Difference.status != DifferenceStatus.WITHDRAWN.value,
        )
        .group_by(Difference.inbound_line_id)
    ).all()
    noted = {line_id: int(quantity or 0) for line_id, quantity in before}
    lacking = {line.id: line.expected - line.received - noted.get(line.id, 0) for line in order.lines}
    of_products = sa.select(InboundLine.id, Product.id, Product.sku).join(Product, Product.id == InboundLine.product_id)
    rows = session.execute(of_products.where(InboundLine.inbound_order_id == order.id).order_by(InboundLine.id)).all()
    short = [noting.Shortage(line_id, product_id, sku, lacking[line_id]) for line_id, product_id, sku in rows if lacking[line_id] > 0]
    noting.note_short(short, by=by, inbound=order, text=(reason or "")[:500], arrival_id=arrival_id)
    return len(short)
