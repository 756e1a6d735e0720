"""Orders copied, split and merged by the desk, before the warehouse begins."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import replace

import sqlalchemy as sa

from wms import events
from wms.actor import Actor
from wms.catalog.models import Partner, Product
from wms.db import fold, session
from wms.errors import Invalid, Refused
from wms.i18n import T, Text
from wms.orders import editing, gate, lifecycle, operations, services, withdrawal
from wms.orders.lines import LineUnknown, NewLine, unit_size
from wms.orders.models import Order, OrderKind, OrderLine, OrderStatus
from wms.orders.services import NewService, Service

S = OrderStatus


class SplitTooMuch(Invalid):
    """More than the line still wants."""

    code = "split_too_much"
    sentence = T("Line {line} wants {open}, so {quantity} cannot go to another order", "第 {line} 行仅剩 {open}，不能拆出 {quantity}")


class NothingStays(Invalid):
    """All of it would go, or nothing."""

    code = "split_nothing"
    pointer = "/lines"
    sentence = T("Something must go and something must stay", "拆单须拆出一部分并保留一部分")
    advice = T("Name some of the lines, or less than all of a line", "请选择部分行，或某行的部分数量")


class OrdersDiffer(Refused):
    """They cannot be one order."""

    code = "orders_differ"
    sentence = T("{number} and {other} cannot be merged: {what} differs", "{number} 与 {other} 不能合并：{what}不同")
    advice = T("Make them the same first, or leave them apart", "请先改为一致，或不合并")


class HeldByHand(Refused):
    """Somebody wants this one to wait."""

    code = "held_by_hand"
    sentence = T("{number} is held by hand", "{number} 已人工暂挂")
    advice = T("Have the hold approved first", "请先审批解除暂挂")


class TooLongTogether(Refused):
    """Nothing of it is cut off."""

    code = "too_long_together"
    sentence = T("The {what} of these orders are too long for one order", "这些订单的{what}合在一起过长")
    advice = T("Shorten them first, or merge fewer orders", "请先缩短，或减少合并的订单")


class OneOrderOnly(Invalid):
    """Merging takes two."""

    code = "one_order_only"
    pointer = "/orders"
    sentence = T("Name at least two different orders", "请至少选择两张不同的订单")


_LONGEST_NOTES, _LONGEST_REFERENCE = 2000, 80
_NOTES, _REFERENCE = T("notes", "备注"), T("customer's numbers", "客户单号")


def copy(number: str, *, by: Actor, new_number: str | None = None, due_at: dt.datetime | None = None) -> Order:
    """Enters the same order once more: what was ordered, to whom and how, with nothing done for it yet. What was cancelled is left out.

    Raises OrderUnknown and what `enter_order` raises.
    """
    order = operations.find(number, by=by)
    lines = [line for line in order.lines if line.cancelled < line.ordered]
    wanted = [as_asked(line, line.ordered - line.cancelled) for line in lines]
    made = _enter_like(order, wanted, _services(order, {line.line for line in lines}), by=by, number=new_number, due_at=due_at)
    events.record(made, "order.copied", by=by, source=order.number)
    return made


def split(number: str, lines: Mapping[str, int], *, by: Actor, new_number: str | None = None) -> Order:
    """Takes so many pieces of these lines out into an order of their own; that one. Value-added work on a line that goes whole goes along.

    Raises OrderUnknown, TooLateToEdit, AlreadySettled, LineUnknown, SplitTooMuch, NothingStays, and what `enter_order` raises.
    """
    order = lifecycle.locked(number, by=by)
    _must_be_editable(order)
    live = {fold(line.line): line for line in editing.live_lines(order)}
    taken: dict[str, int] = {}
    for place, (name, quantity) in enumerate(lines.items()):
        line = live.get(fold(name))
        if line is None:
            raise LineUnknown(pointer=f"/lines/{place}/line", number=order.number, line=name)
        open_ = line.ordered - line.short - line.cancelled
        if not 0 < quantity <= open_:
            raise SplitTooMuch(pointer=f"/lines/{place}/quantity", line=line.line, open=open_, quantity=quantity)
        taken[line.line] = quantity
    gone = {line.line for line in live.values() if taken.get(line.line) == line.ordered - line.short - line.cancelled}
    if not taken or len(gone) == len(live):
        raise NothingStays
    asked = _services(order, {line.line for line in live.values()})
    moving = [as_asked(line, taken[line.line]) for line in live.values() if line.line in taken]
    staying = [as_asked(line, line.ordered - line.cancelled - taken.get(line.line, 0)) for line in live.values() if line.line not in gone]
    editing.edit(number, by=by, lines=staying, services=[one for one in asked if one.line not in gone])
    going = [one for one in asked if one.line in gone]
    made = _enter_like(order, moving, going, by=by, number=new_number, due_at=order.due_at, split_off=order.number)
    events.record(order, "order.split", by=by, into=made.number)
    return made


def merge(numbers: Sequence[str], *, by: Actor) -> Order:
    """Makes one order of several for one customer and address: the one that came first takes the lines of the others, their notes and
    customer's numbers, the highest priority and the earliest due time. The others are cancelled, and say where they went.

    Raises OneOrderOnly, OrderUnknown, TooLateToEdit, AlreadySettled, HeldByHand, OrdersDiffer, TooLongTogether.
    """
    found = {order.id: order for order in (operations.find(number, by=by) for number in numbers)}
    if len(found) < 2:
        raise OneOrderOnly
    orders = [lifecycle.lock(one) for one in sorted(found)]
    first, *others = orders
    for order in orders:
        _must_be_editable(order)
        if any(hold.code == gate.MANUAL.code for hold in gate.open_holds(order)):
            raise HeldByHand(number=order.number)
    for other in others:
        _must_be_alike(first, other)
    lines, asked = _together(orders)
    due = min((order.due_at for order in orders if order.due_at), default=None)
    notes = "\n".join(dict.fromkeys(order.notes for order in orders if order.notes))
    reference = ", ".join(dict.fromkeys(order.reference for order in orders if order.reference))
    if len(notes) > _LONGEST_NOTES or len(reference) > _LONGEST_REFERENCE:
        raise TooLongTogether(what=_NOTES if len(notes) > _LONGEST_NOTES else _REFERENCE)
    priority = max(order.priority for order in orders)
    changes = editing.Changes(priority=priority, due_at=due, notes=notes or None, reference=reference or None)
    editing.edit(first.number, by=by, changes=changes, lines=lines, services=asked)
    for other in others:
        withdrawal.cancel(other.number, by=by, merged_into=first.number)
        events.record(other, "order.merged", by=by, into=first.number)
    events.record(first, "order.merged_in", by=by, orders="、".join(other.number for other in others))
    return lifecycle.lock(first.id)


def mergeable(order: Order) -> list[Order]:
    """The other orders that could be merged with this one as they stand, those that came first first."""
    if order.status not in editing.EDITABLE or order.settled_at is not None:
        return []
    same = sa.select(Order).where(
        Order.site_id == order.site_id,
        Order.customer_id == order.customer_id,
        Order.id != order.id,
        Order.status.in_([status.value for status in editing.EDITABLE]),
        Order.settled_at.is_(None),
        Order.kind == order.kind,
    )
    found = session.execute(same.order_by(Order.id).limit(50)).scalars()
    return [one for one in found if _difference(order, one) is None and not any(h.code == gate.MANUAL.code for h in gate.open_holds(one))]


# -- how it is done ----------------------------------------------------------------------------------------------------


def as_asked(line: OrderLine, quantity: int) -> NewLine:
    """A line as it would be asked for, in its own unit where that comes out even."""
    product = session.get_one(Product, line.product_id)
    size = unit_size(product, line.unit, "/lines")
    even = quantity % size == 0
    return NewLine(
        product.sku,
        quantity // size if even else quantity,
        line.line,
        line.unit if even else product.base_unit,
        line.lot,
        line.min_remaining_days or 0,
        line.one_batch,
    )


def _must_be_editable(order: Order) -> None:
    if order.status not in editing.EDITABLE:
        raise editing.TooLateToEdit(number=order.number, state=S(order.status).text)
    if order.settled_at is not None:
        raise editing.AlreadySettled(number=order.number)


def _enter_like(
    order: Order,
    lines: Sequence[NewLine],
    asked: Sequence[NewService],
    *,
    by: Actor,
    number: str | None,
    due_at: dt.datetime | None,
    split_off: str | None = None,
) -> Order:
    carrier = session.get(Partner, order.carrier_id) if order.carrier_id else None
    return operations.enter_order(
        customer=session.get_one(Partner, order.customer_id).code,
        lines=lines,
        services=asked,
        by=by,
        number=number,
        source="desk",
        kind=OrderKind(order.kind),
        priority=order.priority,
        due_at=due_at,
        ship_complete=order.ship_complete,
        allow_backorder=order.allow_backorder,
        carrier=carrier.code if carrier else None,
        ship_to=order.ship_to,
        notes=order.notes,
        reference=order.reference,
        split_off=split_off,
    )


def _services(order: Order, lines: set[str]) -> list[NewService]:
    asked = services.of_orders([order.id]).get(order.id, [])
    return [NewService(Service(one.code), one.line, one.text) for one in asked if one.line is None or one.line in lines]


_ALIKE: dict[str, Text] = {
    "customer_id": T("customer", "客户"),
    "kind": T("kind", "类型"),
    "ship_to": T("address", "收货地址"),
    "carrier_id": T("carrier", "承运商"),
    "ship_complete": T("complete only", "整单发运"),
    "allow_backorder": T("back-orders", "允许欠货"),
}


def _difference(one: Order, other: Order) -> Text | None:
    return next((words for name, words in _ALIKE.items() if getattr(one, name) != getattr(other, name)), None)


def _must_be_alike(one: Order, other: Order) -> None:
    what = _difference(one, other)
    if what is not None:
        raise OrdersDiffer(number=one.number, other=other.number, what=what)


def _together(orders: Sequence[Order]) -> tuple[list[NewLine], list[NewService]]:
    """The lines and the work of all of them, the lines of the first under their own numbers, the others under new ones."""
    first, *others = orders
    lines = [as_asked(line, line.ordered - line.cancelled) for line in editing.live_lines(first)]
    asked = _services(first, {line.line for line in editing.live_lines(first)})
    last = max([len(first.lines), *(int(line.line) for line in first.lines if line.line.isdecimal())])
    for other in others:
        names: dict[str | None, str | None] = {None: None}
        for line in editing.live_lines(other):
            last += 1
            names[line.line] = str(last)
            lines.append(replace(as_asked(line, line.ordered - line.short - line.cancelled), line=str(last)))
        asked += [replace(one, line=names[one.line]) for one in _services(other, {name for name in names if name})]
    return lines, asked
