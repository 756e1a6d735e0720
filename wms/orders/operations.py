"""What people do with an order: enter it, release it, hold it, approve, settle, sign it off and close it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from wms import clock, events
from wms.actor import Actor
from wms.catalog.models import ADDRESS_FIELDS, Partner, PartnerKind, Product
from wms.db import fold, session
from wms.errors import Forbidden, Invalid, Refused
from wms.i18n import T
from wms.orders import gate, inbound, lifecycle, withdrawal
from wms.orders.lines import LineTwice, NewLine, ReadLine, find_partner, free_number, read_lines, write_down
from wms.orders.models import COUNTERS, Hold, InboundKind, Order, OrderKind, OrderLine, OrderStatus
from wms.orders.outside import SHIPMENTS
from wms.states import MoveNotAllowed
from wms.stock import promises

S = OrderStatus
_BEFORE_THE_FLOOR = (S.RECEIVED, S.HELD)


class LineUnknown(Invalid):
    """The order has no such line."""

    code = "line_unknown"
    sentence = T("Order {number} has no line {line}", "订单 {number} 没有第 {line} 行")


class MoreThanShipped(Invalid):
    """More was signed for than left the house."""

    code = "more_than_shipped"
    sentence = T("Line {line}: {shipped} left the house, {delivered} cannot arrive", "第 {line} 行：出库 {shipped}，不可能签收 {delivered}")


class SignedWhen(Invalid):
    """Signed for before the goods left, or on a day that has not come."""

    code = "signed_at_wrong"
    sentence = T(
        "{day} cannot be the day of signing: the goods left on {left}, today is {today}",
        "签收日期 {day} 有误：出库于 {left}，今天是 {today}",
    )


class NotSettled(Refused):
    """Closing says that nothing is owed any more, so it does not settle by the way."""

    code = "not_settled"
    sentence = T("{number} is not settled yet", "{number} 尚未结算")
    advice = T("Settle it first, then close it", "请先结算，再关闭")


class NotYours(Forbidden):
    """Holds are open, and this person may lift none of them."""

    code = "approval_forbidden"
    sentence = T("You may not lift what holds this order", "您无权解除此订单的暂挂")


# -- entering ----------------------------------------------------------------------------------------------------------


def enter_order(
    *,
    customer: str,
    lines: Sequence[NewLine],
    by: Actor,
    number: str | None = None,
    source: str | None = None,
    kind: OrderKind = OrderKind.SHIP_FIRST,
    priority: int = 5,
    due_at: dt.datetime | None = None,
    ship_complete: bool = False,
    allow_backorder: bool = False,
    carrier: str | None = None,
    ship_to: Mapping[str, Any] | None = None,
    notes: str | None = None,
) -> Order:
    """Takes an order in. Nothing is promised yet: that is what `release` is for. Without `ship_to` it goes to the customer's own address.

    Raises NumberTaken, PartnerUnknown, SkuUnknown, UnitOfMeasureUnknown, QuantityTooLarge, LineTwice, NoLines.
    """
    number = free_number(Order, number, "SO", by=by)
    buyer = find_partner(customer, PartnerKind.CUSTOMER, "/customer")
    haulier = find_partner(carrier, PartnerKind.CARRIER, "/carrier") if carrier else None
    read = read_lines(lines)
    moment = clock.now()
    address = ship_to if ship_to and any(ship_to.values()) else buyer.address
    order = Order(
        site_id=by.site_id,
        number=number,
        source=source,
        customer_id=buyer.id,
        kind=kind.value,
        priority=priority,
        due_at=due_at,
        ship_complete=ship_complete,
        allow_backorder=allow_backorder,
        carrier_id=haulier.id if haulier else None,
        ship_to={name: address.get(name) for name in ADDRESS_FIELDS if address.get(name)},
        notes=notes,
        status=S.RECEIVED.value,
        created_at=moment,
        updated_at=moment,
        holds=[],
        lines=[order_line(one, buyer) for one in read],
    )
    write_down(order)  # the event names it by its id
    events.record(order, "order.received", by=by, source=source, lines=len(read))
    return order


def order_line(one: ReadLine, buyer: Partner, **facts: int) -> OrderLine:
    """A line as it is read, with nothing done for it yet; where it is silent on remaining life and batches, the customer's terms speak."""
    days = one.asked.min_remaining_days
    if days is None:
        fresh = {agreed.product_id: agreed.min_remaining_days for agreed in buyer.freshness}
        days = fresh.get(one.product.id, buyer.min_remaining_days)
    return OrderLine(
        line=one.line,
        product_id=one.product.id,
        ordered=one.quantity,
        unit=one.asked.unit,
        lot=one.asked.lot or None,
        min_remaining_days=days,
        one_batch=buyer.one_batch if one.asked.one_batch is None else one.asked.one_batch,
        **dict.fromkeys(COUNTERS, 0),
        **facts,
    )


def find(number: str, *, by: Actor) -> Order:
    """The order with this number at the person's site, unlocked; raises OrderUnknown."""
    order = session.execute(sa.select(Order).where(Order.site_id == by.site_id, Order.number_key == fold(number))).scalar_one_or_none()
    if order is None:
        raise lifecycle.OrderUnknown(number=number)
    return order


# -- the gate ----------------------------------------------------------------------------------------------------------


def release(number: str, *, by: Actor, reason: str | None = None) -> Order:
    """Lets the warehouse start, if the gate agrees: the stock is promised and the order is released. What the gate refuses is held.

    Raises OrderUnknown, MoveNotAllowed for an order that is past the gate.
    """
    order = lifecycle.locked(number, by=by)
    _must_be_before_the_floor(order, S.RELEASED)
    case = gate.cases([order], locked=True)[0]
    refused = gate.examine(case)
    _renew_holds(order, refused)
    if gate.open_holds(order):
        order.updated_at = clock.now()
        reasons = [hold.code for hold in gate.open_holds(order)]
        lifecycle.change(order, S.HELD, by=by, holds=reasons)
        return order
    promise(case)
    lifecycle.change(order, S.RELEASED, by=by, reason=reason)
    return order


def promise(case: gate.Case) -> int:
    """Promises a locked order's open quantities as far as stock (of the wanted lot and life) goes; the promise rows are locked.

    Returns how much was promised.
    """
    order, left, suitable = case.order, dict(case.available), dict(case.suitable)
    amounts: dict[int, int] = {}
    for line in order.lines:
        wish = gate.wish_of(line)
        there = left[line.product_id] if wish is None else min(left[line.product_id], suitable[wish])
        amount = min(gate.open_quantity(line), max(0, there))
        left[line.product_id] -= amount
        for other in suitable:
            if wish is not None and other.covers(wish):
                suitable[other] -= amount
        line.promised += amount
        amounts[line.product_id] = amounts.get(line.product_id, 0) + amount
    promises.change(order.site_id, amounts)
    return sum(amounts.values())


def hold(number: str, *, by: Actor, reason: str | None = None) -> Order:
    """Holds an order back by hand. A released one gives back what was promised or reserved for it, as long as nothing is picked.

    Raises OrderUnknown, MoveNotAllowed.
    """
    order = lifecycle.locked(number, by=by)
    if order.status != S.HELD:
        lifecycle.MOVES.check(order.number, S(order.status), S.HELD)
    if order.status == S.RELEASED:
        withdrawal.withdraw_from_racks(order)
    _open_hold(order, gate.MANUAL.code, {"reason": reason or ""})
    order.updated_at = clock.now()
    session.flush()
    if order.status == S.HELD:
        events.record(order, "order.held", by=by, holds=[gate.MANUAL.code], reason=reason)
    lifecycle.change(order, S.HELD, by=by, holds=[gate.MANUAL.code], reason=reason)
    return order


def approve(number: str, *, by: Actor, reason: str | None = None) -> Order:
    """Lifts the holds that this person may lift, on record; when none is left the order is received again, and may be released.

    Raises OrderUnknown, MoveNotAllowed, NotYours when holds are open that only others may lift.
    """
    order = lifecycle.locked(number, by=by)
    _must_be_before_the_floor(order, S.RECEIVED)
    mine = gate.liftable(order, by)
    if not mine and any(gate.BY_CODE[one.code].lifted_by for one in gate.open_holds(order)):
        raise NotYours
    for one in mine:
        _lift(one, by=by, reason=reason)
    if mine:
        order.updated_at = clock.now()
        session.flush()  # the event below is a Core statement
        events.record(order, "order.approved", by=by, holds=[one.code for one in mine], reason=reason)
    back_to_received(order, by=by)
    return order


def settle(number: str, *, by: Actor, reason: str | None = None) -> Order:
    """Finance has the money. Once is enough: settling again changes nothing. Raises OrderUnknown, MoveNotAllowed for cancelled ones."""
    order = lifecycle.locked(number, by=by)
    if order.status == S.CANCELLED:
        lifecycle.MOVES.check(order.number, S.CANCELLED, S.RECEIVED)
    if order.settled_at is None:
        order.settled_at = order.updated_at = clock.now()
        session.flush()  # the event below is a Core statement
        events.record(order, "order.settled", by=by, reason=reason)
        reconsider(order, by=by)
    return order


def reconsider(order: Order, *, by: Actor | None) -> bool:
    """Lifts the holds of a locked order whose cause is gone; with none left it is received again. Whether anything was lifted."""
    if order.status != S.HELD:
        return False
    refused = gate.examine(gate.cases([order])[0])
    for one in gate.open_holds(order):
        one.facts = refused.get(one.code, one.facts)
    gone = [one for one in gate.open_holds(order) if one.code not in refused and one.code != gate.MANUAL.code]
    for one in gone:
        _lift(one, by=None, reason=None)
    if gone:
        order.updated_at = clock.now()
        session.flush()  # the event below is a Core statement
        events.record(order, "order.lifted", by=by, holds=[one.code for one in gone])
    back_to_received(order, by=by)
    return bool(gone)


def back_to_received(order: Order, *, by: Actor | None) -> None:
    """A held order that nothing holds any more is received again; only `release` releases."""
    if order.status == S.HELD and not gate.open_holds(order):
        lifecycle.change(order, S.RECEIVED, by=by)


def _must_be_before_the_floor(order: Order, wanted: OrderStatus) -> None:
    if order.status not in _BEFORE_THE_FLOOR:
        raise MoveNotAllowed(what=order.number, state=S(order.status).text, wanted=wanted.text)


def _renew_holds(order: Order, refused: Mapping[str, Any]) -> None:
    for one in gate.open_holds(order):
        if one.code not in refused and one.code != gate.MANUAL.code:
            _lift(one, by=None, reason=None)
    for code, facts in refused.items():
        _open_hold(order, code, facts)
    session.flush()


def _open_hold(order: Order, code: str, facts: Mapping[str, Any]) -> None:
    for one in gate.open_holds(order):
        if one.code == code:
            one.facts = dict(facts)
            return
    order.holds.append(Hold(code=code, facts=dict(facts), since=clock.now()))


def _lift(one: Hold, *, by: Actor | None, reason: str | None) -> None:
    one.lifted_at = clock.now()
    one.lifted_by_id = by.id if by else None
    one.lift_reason = (reason or "")[:300] or None


# -- the end -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class SignedLine:
    """What the customer says arrived of one line."""

    line: str
    delivered: int
    damaged: int = 0
    reason: str | None = None


def sign_off(number: str, *, signed_by: str, by: Actor, signed_at: dt.datetime | None = None, lines: Iterable[SignedLine] = ()) -> Order:
    """The customer has signed. Lines that are not named arrived as they were shipped; differences and damages are kept with the shipment.

    Raises OrderUnknown, MoveNotAllowed, SignedWhen, LineUnknown, LineTwice, MoreThanShipped.
    """
    order = lifecycle.locked(number, by=by)
    lifecycle.MOVES.check(order.number, S(order.status), S.DELIVERED)
    moment = signed_at or clock.now()
    _must_be_after_leaving(order, moment)
    by_line = {line.line: line for line in order.lines}
    for line in order.lines:
        line.delivered = line.shipped
    differences = []
    named: set[str] = set()
    for index, signed in enumerate(lines):
        if signed.line in named:
            raise LineTwice(pointer=f"/lines/{index}/line", line=signed.line)
        named.add(signed.line)
        known = by_line.get(signed.line)
        if known is None:
            raise LineUnknown(pointer=f"/lines/{index}/line", number=order.number, line=signed.line)
        if min(signed.delivered, signed.damaged) < 0 or signed.delivered + signed.damaged > known.shipped:
            raise MoreThanShipped(
                pointer=f"/lines/{index}/delivered",
                line=signed.line,
                shipped=known.shipped,
                delivered=signed.delivered + signed.damaged,
            )
        known.delivered = signed.delivered
        if signed.delivered != known.shipped or signed.damaged:
            differences.append(
                {
                    "line": signed.line,
                    "shipped": known.shipped,
                    "delivered": signed.delivered,
                    "damaged": signed.damaged,
                    "reason": signed.reason,
                }
            )
    session.execute(
        sa.update(SHIPMENTS)
        .where(SHIPMENTS.c.order_id == order.id, SHIPMENTS.c.left_at.is_not(None), SHIPMENTS.c.signed_at.is_(None))
        .values(signed_by=signed_by, signed_at=moment, sign_off={"differences": differences})
    )
    lifecycle.change(order, S.DELIVERED, by=by, signed_by=signed_by, differences=len(differences))
    _announce_return(order, {str(one["line"]): int(str(one["damaged"])) for one in differences if one["damaged"]}, by=by)
    return order


def _announce_return(order: Order, damaged: Mapping[str, int], *, by: Actor) -> None:
    """What the customer would not keep is on its way back: a customer return that names the order."""
    if not damaged:
        return
    lines = [line for line in order.lines if line.line in damaged]
    found = session.execute(sa.select(Product.id, Product.sku).where(Product.id.in_({line.product_id for line in lines}))).all()
    skus = {row.id: row.sku for row in found}
    announced = inbound.announce(
        kind=InboundKind.CUSTOMER_RETURN,
        partner=session.get_one(Partner, order.customer_id).code,
        reference=order.number,
        lines=[NewLine(skus[line.product_id], damaged[line.line], line=line.line, lot=line.lot) for line in lines],
        by=by,
    )
    events.record(order, "order.return_announced", by=by, note=announced.number, quantity=sum(damaged.values()))


def _must_be_after_leaving(order: Order, moment: dt.datetime) -> None:
    first = session.execute(sa.select(sa.func.min(SHIPMENTS.c.left_at)).where(SHIPMENTS.c.order_id == order.id)).scalar_one()
    day, left = clock.local(moment).date(), clock.local(first or order.created_at).date()
    if not left <= day <= clock.today():
        raise SignedWhen(pointer="/signed_at", day=day, left=left, today=clock.today())


def close(number: str, *, by: Actor, reason: str | None = None) -> Order:
    """Finance closes a delivered and settled order for good. Raises OrderUnknown, MoveNotAllowed, NotSettled."""
    order = lifecycle.locked(number, by=by)
    lifecycle.MOVES.check(order.number, S(order.status), S.CLOSED)
    if order.settled_at is None:
        raise NotSettled(number=order.number)
    lifecycle.change(order, S.CLOSED, by=by, reason=reason)
    return order
