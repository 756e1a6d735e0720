"""What people do with an order: enter it, release it, hold it, approve, settle and close it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import joinedload, lazyload
from sqlalchemy.orm.attributes import set_committed_value

from wms import clock, events
from wms.actor import Actor, Role
from wms.catalog.models import ADDRESS_FIELDS, Partner, PartnerKind
from wms.db import fold, session
from wms.errors import ChangedMeanwhile, Forbidden, NotFound, Refused, WarehouseError
from wms.i18n import T, Text
from wms.orders import availability, driven, gate, keys, lifecycle, signing, withdrawal
from wms.orders import services as value_added
from wms.orders.lines import NewLine, ReadLine, find_partner, free_number, read_lines, write_down
from wms.orders.models import COUNTERS, Hold, Order, OrderKind, OrderLine, OrderStatus
from wms.orders.services import NewService
from wms.states import MoveNotAllowed
from wms.stock import promises

S = OrderStatus
_BEFORE_THE_FLOOR = (S.RECEIVED, S.HELD)
_AND = " / "  # between what several people gave as their reason


class NotSettled(Refused):
    """Closing says that nothing is owed any more, so it does not settle by the way."""

    code = "not_settled"
    sentence = T("{number} is not settled yet", "{number} 尚未结算")
    advice = T("Settle it first, then close it", "请先结算，再关闭")


class DifferencesOpen(Refused):
    """What the customer did not take has not come back yet, or nobody has settled what is lost."""

    code = "differences_open"
    sentence = T("{number} was signed for with differences that are still open", "{number} 签收时有差异，尚未处理完")
    advice = T("Wait for the return and settle the difference, or go on with a reason", "请待退货入库、差异处理完毕，或填写原因后继续")


class SignedYourself(Refused):
    """Whoever recorded that the customer has the goods does not post them too."""

    code = "signed_yourself"
    sentence = T("You recorded the sign-off of {number} yourself", "{number} 的签收由您本人登记")
    advice = T("Let a colleague of finance close it", "请由其他财务同事关闭")


class EnteredDifferently(Refused):
    """The same source sends the same number once more, and says something else."""

    code = "entered_differently"
    pointer = "/number"
    sentence = T("{source} sent {number} before, and it said something else", "{source} 已发送过 {number}，但内容不同")
    advice = T("Change the order that is there, or give another number", "请修改已有订单，或换一个单号")


class InstalmentOpen(Refused):
    """Several deliveries and returns settle together: when the last of them is signed for."""

    code = "instalment_open"
    sentence = T(
        "{number} is {state}: an instalment sale is settled when all of it is signed for",
        "{number} 为“{state}”，分期收款须全部签收后一并结算",
    )
    advice = T("Wait for the other deliveries, or cancel what will not be sent", "请待其余货物送达，或取消不再发运的部分")


class NothingOwed(Refused):
    """Consigned goods stay ours until the customer sells them."""

    code = "nothing_owed"
    sentence = T("{number} is a consignment: the goods stay ours, and nobody owes anything", "{number} 为寄售：货权仍属我方，无应收款")
    advice = T(
        "Close it unsettled when it is signed for; what the customer sells is an order of its own",
        "签收后直接关闭，无需结算；客户售出的部分另建订单",
    )


class NobodyApproves(Refused):
    """What holds it is a fact, and no decision."""

    code = "nobody_approves"
    sentence = T("Nobody may approve what holds {number}: {holds}", "{number} 的暂挂原因无人可审批：{holds}")
    advice = T("It lifts by itself when goods come; or change what is wanted", "到货后自动解除；也可修改所需货物")


class ApprovedUnseen(ChangedMeanwhile):
    """The order, or what holds it, is not what the person read who lets it go."""

    sentence = T("{what}, or what holds it, has changed since you opened its page", "您打开页面后，{what} 或其暂挂原因已有变化")
    advice = T("Read it again, then approve", "请重新核对后再审批")


class NotYours(Forbidden):
    """Holds are open, and this person may lift none of them."""

    code = "approval_forbidden"
    sentence = T("You may not lift what holds this order", "您无权解除此订单的暂挂")
    advice = T("Each reason on the order's page says who may approve it", "订单页的每条原因均注明由谁审批")


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
    ship_complete: bool | None = None,
    allow_backorder: bool | None = None,
    carrier: str | None = None,
    ship_to: Mapping[str, Any] | None = None,
    notes: str | None = None,
    services: Sequence[NewService] = (),
    entered_as: str | None = None,
    reference: str | None = None,
    split_off: str | None = None,
) -> Order:
    """Takes an order in. Nothing is promised yet: that is what `release` is for; what speaks against it for longer than a moment holds it
    at once. Without `ship_to` it goes to the customer's own address, without `ship_complete` and `allow_backorder` as the customer wishes.

    One that is `split_off` another says from which, before the gate looks at it: the two are not the same order entered twice.
    Raises NumberTaken, PartnerUnknown, SkuUnknown, UnitOfMeasureUnknown, QuantityTooLarge, LineTwice, NoLines, ServiceLineUnknown.
    """
    terms = (kind, priority, due_at, ship_complete, allow_backorder)
    asked = NewOrder(customer, lines, number, source, *terms, carrier, ship_to, notes, services, entered_as, reference)
    number = free_number(Order, number, "SO", by=by)
    buyer = find_partner(customer, PartnerKind.CUSTOMER, "/customer")
    haulier = find_partner(carrier, PartnerKind.CARRIER, "/carrier") if carrier else None
    read = read_lines(lines)
    order = order_of(asked, number, buyer, haulier, read, by=by)
    write_down(order)  # the event names it by its id
    keys.write([order])
    value_added.write(order, services, order.lines)
    events.record(order, "order.received", by=by, source=source, lines=len(read))
    if split_off:
        events.record(order, gate.SPLIT_OFF, by=by, source=split_off)
    reconsider(order, by=by, case=gate.arriving(order, buyer, {one.product.id: one.product.sku for one in read}))
    return order


@dataclass(frozen=True)
class NewOrder:
    """An order as it is sent in; see `enter_order`."""

    customer: str
    lines: Sequence[NewLine]
    number: str | None = None
    source: str | None = None
    kind: OrderKind = OrderKind.SHIP_FIRST
    priority: int = 5
    due_at: dt.datetime | None = None
    ship_complete: bool | None = None
    allow_backorder: bool | None = None
    carrier: str | None = None
    ship_to: Mapping[str, Any] | None = None
    notes: str | None = None
    services: Sequence[NewService] = ()
    entered_as: str | None = None
    reference: str | None = None


def order_of(asked: NewOrder, number: str, buyer: Partner, haulier: Partner | None, read: Sequence[ReadLine], *, by: Actor) -> Order:
    """The order that was asked for, not written down yet."""
    facts = facts_of(asked, number, buyer, haulier, by=by)
    return Order(**facts, holds=[], lines=[order_line(one, buyer) for one in read])


def facts_of(asked: NewOrder, number: str, buyer: Partner, haulier: Partner | None, *, by: Actor) -> dict[str, Any]:
    """What is written down of a new order; where it is silent, the customer's terms speak."""
    moment = clock.now()
    address = asked.ship_to if asked.ship_to and any(asked.ship_to.values()) else buyer.address
    return {
        "site_id": by.site_id,
        "number": number,
        "source": asked.source,
        "reference": (asked.reference or "").strip() or None,
        "customer_id": buyer.id,
        "kind": asked.kind.value,
        "priority": asked.priority,
        "due_at": asked.due_at,
        "ship_complete": buyer.ship_complete if asked.ship_complete is None else asked.ship_complete,
        "allow_backorder": buyer.allow_backorder if asked.allow_backorder is None else asked.allow_backorder,
        "carrier_id": haulier.id if haulier else None,
        "ship_to": {name: address.get(name) for name in ADDRESS_FIELDS if address.get(name)},
        "notes": asked.notes,
        "status": S.RECEIVED.value,
        "entered_as": asked.entered_as,
        "created_at": moment,
        "updated_at": moment,
    }


def entered_before(number: str | None, source: str | None, entered_as: str, *, by: Actor) -> Order | None:
    """The order that the same source has sent in before under this number, in the same words; None where there is none of this number.

    Raises EnteredDifferently when it said something else then. Of another source it is another order, and its number is taken.
    """
    if not (number or "").strip() or not source:
        return None
    known = session.execute(sa.select(Order).where(Order.site_id == by.site_id, Order.number_key == fold(str(number)))).scalar_one_or_none()
    if known is None or known.entered_as is None or fold(known.source or "") != fold(source):
        return None
    if known.entered_as != entered_as:
        raise EnteredDifferently(number=known.number, source=known.source)
    return known


def order_line(one: ReadLine, buyer: Partner, **facts: int) -> OrderLine:
    """A line as it is read, with nothing done for it yet."""
    return OrderLine(**line_facts(one, buyer), **facts)


def line_facts(one: ReadLine, buyer: Partner) -> dict[str, Any]:
    """What is written down of a new line; where it is silent on remaining life and batches, the customer's terms speak."""
    days = one.asked.min_remaining_days
    if days is None:
        fresh = {agreed.product_id: agreed.min_remaining_days for agreed in buyer.freshness}
        days = fresh.get(one.product.id, buyer.min_remaining_days)
    return {
        "line": one.line,
        "product_id": one.product.id,
        "ordered": one.quantity,
        "unit": one.asked.unit,
        "lot": one.asked.lot or None,
        "min_remaining_days": days,
        "one_batch": buyer.one_batch if one.asked.one_batch is None else one.asked.one_batch,
        **_NOTHING_DONE,
    }


_NOTHING_DONE = dict.fromkeys(COUNTERS, 0)


def find(number: str, *, by: Actor) -> Order:
    """The order with this number at the person's site, unlocked, its holds read when they are asked for; raises OrderUnknown."""
    found = session.execute(_NUMBERED, {"site": by.site_id, "key": fold(number)}).unique().one_or_none()
    if found is None:
        raise lifecycle.OrderUnknown(number=number)
    order: Order = found.Order
    if not found.was_held and "holds" in sa.inspect(order).unloaded:
        set_committed_value(order, "holds", [])
    return order


_NUMBERED = (
    sa.select(Order, sa.exists().where(Hold.order_id == Order.id).label("was_held"))
    .where(Order.site_id == sa.bindparam("site"), Order.number_key == sa.bindparam("key"))
    .options(joinedload(Order.lines), lazyload(Order.holds))
)
"""One order is one statement with its lines, and a second one for its holds where it has any: to ask takes longer than to answer."""


# -- the gate ----------------------------------------------------------------------------------------------------------


def release(number: str, *, by: Actor, reason: str | None = None) -> Order:
    """Lets the warehouse start, if the gate agrees: the stock is promised and the order is released. What the gate refuses is held.

    Raises OrderUnknown, MoveNotAllowed for an order that is past the gate.
    """
    order = lifecycle.locked(number, by=by)
    _must_be_before_the_floor(order, S.RELEASED)
    case = gate.cases([order], locked=True)[0]
    refused = gate.examine(case)
    gone, new = _renew_holds(order, refused)
    if gone:
        events.record(order, "order.lifted", by=by, holds=gone)
    if gate.open_holds(order):
        order.updated_at = clock.now()
        if new and order.status == S.HELD:
            events.record(order, "order.held", by=by, holds=new)
        reasons = [hold.code for hold in gate.open_holds(order)]
        lifecycle.change(order, S.HELD, by=by, holds=reasons)
        return order
    promise(case)
    tell_day(order)
    lifecycle.change(order, S.RELEASED, by=by, reason=reason, **({"day": order.promised_on.isoformat()} if order.promised_on else {}))
    return order


def promise(case: gate.Case) -> dict[int, int]:
    """Promises a locked order's open quantities as far as stock (of the wanted lot and life) goes; the promise rows are locked.

    Returns how much was promised.
    """
    order, left, suitable = case.order, dict(case.available), dict(case.suitable)
    amounts: dict[int, int] = {}
    for line in order.lines:
        amount = gate.take(left, suitable, line.product_id, gate.wish_of(line), gate.open_quantity(line))
        line.promised += amount
        amounts[line.product_id] = amounts.get(line.product_id, 0) + amount
    promises.change(order.site_id, amounts)
    return {product_id: amount for product_id, amount in amounts.items() if amount}


def tell_day(order: Order) -> None:
    """Keeps the day on which all of a promised order leaves, the first time that anybody knows it: it is compared with the day it left."""
    if order.promised_on is None:
        session.flush()  # what is left for others is read from the database
        order.promised_on = availability.promise_day(order)


def hold(number: str, *, by: Actor, reason: str | None = None) -> Order:
    """Holds an order back by hand. A released one gives back what was promised or reserved for it, as long as nothing is picked. Held once
    more, it is held for both reasons.

    Raises OrderUnknown, MoveNotAllowed.
    """
    order = lifecycle.locked(number, by=by)
    if order.status != S.HELD:
        lifecycle.MOVES.check(order.number, S(order.status), S.HELD)
    if order.status == S.RELEASED:
        withdrawal.withdraw_from_racks(order)
    held_for = next((one.facts["reason"] for one in gate.open_holds(order) if one.code == gate.MANUAL.code), "")
    said = [one for one in (*held_for.split(_AND), (reason or "").strip()) if one]
    _open_hold(order, gate.MANUAL.code, {"reason": _AND.join(dict.fromkeys(said))})
    order.updated_at = clock.now()
    session.flush()
    if order.status == S.HELD:
        events.record(order, "order.held", by=by, holds=[gate.MANUAL.code], reason=reason)
    lifecycle.change(order, S.HELD, by=by, holds=[gate.MANUAL.code], reason=reason)
    return order


def approve(
    number: str, *, by: Actor, reason: str | None = None, seen: dt.datetime | None = None, only: Collection[str] | None = None
) -> Order:
    """Lifts the holds that this person may lift, on record, or `only` those of these codes; when none is left the order is received again,
    and may be released.

    Who lets go what a rule holds says why; what was held by hand is lifted without a word. `seen` is the `updated_at` that the person
    looked at: an order, or a debt, that became another one meanwhile is read again first.
    Raises OrderUnknown, MoveNotAllowed, ApprovedUnseen, NotYours when holds are open that only others may lift, NobodyApproves when nobody
    may, ReasonMissing.
    """
    order = lifecycle.locked(number, by=by)
    _must_be_before_the_floor(order, S.RECEIVED)
    if seen is not None and seen != order.updated_at:
        raise ApprovedUnseen(what=order.number)
    mine = [one for one in gate.liftable(order, by) if only is None or one.code in only]
    held = [gate.BY_CODE[one.code] for one in gate.open_holds(order) if only is None or one.code in only]
    if not mine and any(rule.lifted_by for rule in held):
        raise NotYours
    if held and not mine:
        titles = Text(", ".join(rule.title.en for rule in held), "、".join(rule.title.zh for rule in held))
        raise NobodyApproves(number=order.number, holds=titles)
    if any(one.code != gate.MANUAL.code for one in mine) and not (reason or "").strip():
        raise signing.ReasonMissing
    for one in mine:
        _lift(one, by=by, reason=reason)
    if mine:
        order.updated_at = clock.now()
        session.flush()  # the event below is a Core statement
        events.record(order, "order.approved", by=by, holds=[one.code for one in mine], reason=reason)
    back_to_received(order, by=by)
    return order


def settle(number: str, *, by: Actor, reason: str | None = None) -> Order:
    """Finance has the money. Once is enough: settling again changes nothing.

    The deliveries and returns of an instalment sale are settled together, when all is signed for and what comes back has come.
    Raises OrderUnknown, NothingOwed, MoveNotAllowed for cancelled ones, InstalmentOpen, DifferencesOpen when no reason is given.
    """
    order = lifecycle.locked(number, by=by)
    if order.kind == OrderKind.CONSIGNMENT:
        raise NothingOwed(number=order.number)
    if order.status == S.CANCELLED:
        lifecycle.MOVES.check(order.number, S.CANCELLED, S.RECEIVED)
    if order.settled_at is None:
        if order.kind == OrderKind.INSTALMENT:
            _all_deliveries_must_be_over(order, reason)
        order.settled_at = order.updated_at = clock.now()
        session.flush()  # the event below is a Core statement
        events.record(order, "order.settled", by=by, reason=reason)
        reconsider(order, by=by)
    return order


def _all_deliveries_must_be_over(order: Order, reason: str | None) -> None:
    if order.status not in (S.DELIVERED, S.CLOSED):
        raise InstalmentOpen(number=order.number, state=S(order.status).text)
    if signing.unresolved(order) and not (reason or "").strip():
        raise DifferencesOpen(number=order.number)


def reconsider(order: Order, *, by: Actor | None, case: gate.Case | None = None) -> bool:
    """Looks again at a locked order that is not released: lifts the holds whose cause is gone, and holds it for what speaks against it for
    longer than a moment. With no hold left it is received again. Whether anything changed."""
    if order.status not in _BEFORE_THE_FLOOR:
        return False
    held = order.status == S.HELD
    refused = gate.examine(gate.cases([order])[0]) if held else gate.examine(case or gate.arriving(order), gate.ON_ARRIVAL)
    for one in gate.open_holds(order):
        _say_anew(order, one, refused.get(one.code, one.facts))
    known = {one.code for one in gate.open_holds(order)}
    gone = [one for one in gate.open_holds(order) if one.code not in refused and one.code != gate.MANUAL.code]
    new = [rule.code for rule in gate.ON_ARRIVAL if rule.code in refused and rule.code not in known]
    for one in gone:
        _lift(one, by=None, reason=None)
    for code in new:
        _open_hold(order, code, refused[code])
    if gone or new:
        order.updated_at = clock.now()
        session.flush()  # the events below are Core statements
    if gone:
        events.record(order, "order.lifted", by=by, holds=[one.code for one in gone])
    if new and held:
        events.record(order, "order.held", by=by, holds=new)
    if new:
        lifecycle.change(order, S.HELD, by=by, holds=new)
    back_to_received(order, by=by)
    return bool(gone or new)


def hold_as_they_come(refused: Sequence[tuple[Order, Mapping[str, gate.Facts]]], *, by: Actor) -> None:
    """Holds orders that were written just now for what the gate refuses: as many statements as for one."""
    if not refused:
        return
    moment = clock.now()
    holds = [
        {"order_id": order.id, "code": code, "facts": facts, "since": moment} for order, found in refused for code, facts in found.items()
    ]
    session.execute(sa.insert(Hold), holds)
    lifecycle.change_all([(order, {"holds": list(found)}) for order, found in refused], S.HELD, by=by)


def back_to_received(order: Order, *, by: Actor | None) -> None:
    """A held order that nothing holds any more is received again; only `release` releases."""
    if order.status == S.HELD and not gate.open_holds(order):
        lifecycle.change(order, S.RECEIVED, by=by)


def _must_be_before_the_floor(order: Order, wanted: OrderStatus) -> None:
    if order.status not in _BEFORE_THE_FLOOR:
        raise MoveNotAllowed(what=order.number, state=S(order.status).text, wanted=wanted.text)


def _renew_holds(order: Order, refused: Mapping[str, Any]) -> tuple[list[str], list[str]]:
    """Lifts the holds whose cause is gone and opens those that are new; the codes of both."""
    before = gate.open_holds(order)
    gone = [one for one in before if one.code not in refused and one.code != gate.MANUAL.code]
    for one in gone:
        _lift(one, by=None, reason=None)
    for code, facts in refused.items():
        _open_hold(order, code, facts)
    session.flush()
    known = {one.code for one in before}
    return [one.code for one in gone], [code for code in refused if code not in known]


def _open_hold(order: Order, code: str, facts: Mapping[str, Any]) -> None:
    for one in gate.open_holds(order):
        if one.code == code:
            _say_anew(order, one, facts)
            return
    order.holds.append(Hold(code=code, facts=dict(facts), since=clock.now()))


def _say_anew(order: Order, hold: Hold, facts: Mapping[str, Any]) -> None:
    """Keeps what the hold says now. Where somebody may approve it, the order is another one than they have read."""
    if gate.BY_CODE[hold.code].lifted_by and hold.facts != facts:
        order.updated_at = clock.now()
    hold.facts = dict(facts)


def _lift(one: Hold, *, by: Actor | None, reason: str | None) -> None:
    one.lifted_at = clock.now()
    one.lifted_by_id = by.id if by else None
    one.lift_reason = (reason or "")[:300] or None


# -- the end -----------------------------------------------------------------------------------------------------------


def close(number: str, *, by: Actor, reason: str | None = None) -> Order:
    """Finance closes a delivered and settled order for good; with a reason although something of what was signed for still differs.

    Of consigned goods nothing is sold by delivering them: they stay ours, and there is nothing to settle.
    Whoever recorded its sign-off does not close it; an administrator, who may be all there is, may. Whoever drove it never does.
    Raises OrderUnknown, MoveNotAllowed, NotSettled, DroveYourself, SignedYourself, DifferencesOpen.
    """
    order = lifecycle.locked(number, by=by)
    lifecycle.MOVES.check(order.number, S(order.status), S.CLOSED)
    if order.settled_at is None and order.kind != OrderKind.CONSIGNMENT:
        raise NotSettled(number=order.number)
    driven.must_not_have_driven(order, by=by)
    if Role.ADMIN not in by.roles and any(one.recorded_by_id == by.id for one in signing.of_order(order.id)):
        raise SignedYourself(number=order.number)
    if signing.unresolved(order):
        if not (reason or "").strip():
            raise DifferencesOpen(number=order.number)
        signing.accept_locked(order, reason, by=by)
    lifecycle.change(order, S.CLOSED, by=by, reason=reason)
    return order


def close_many(numbers: Iterable[str], *, by: Actor, reason: str | None = None) -> dict[str, WarehouseError | None]:
    """Closes what may be closed of these, each by itself, in the order in which headers are locked; of the others, why not."""
    wanted = list(dict.fromkeys(one.strip() for one in numbers))
    ids = {
        row.number_key: row.id
        for row in session.execute(
            sa.select(Order.number_key, Order.id).where(Order.site_id == by.site_id, Order.number_key.in_([fold(one) for one in wanted]))
        )
    }
    done: dict[str, WarehouseError | None] = dict.fromkeys(wanted)
    for one in sorted(wanted, key=lambda one: ids.get(fold(one), 0)):
        try:
            close(one, by=by, reason=reason)
        except (Refused, NotFound) as refusal:  # raised before anything of it was changed
            done[one] = refusal
    return done
