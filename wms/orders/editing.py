"""Changing an order: before it is released whatever the desk may still correct, checked as at entry; afterwards what can be intercepted.

What is asked for is always the wanted state; what is different is told on the timeline.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, TypedDict

import sqlalchemy as sa

from wms import clock, events
from wms.actor import Actor
from wms.catalog.models import ADDRESS_FIELDS, Partner, PartnerKind, Product
from wms.db import session
from wms.errors import ChangedMeanwhile, Invalid, Refused
from wms.i18n import T
from wms.orders import interception, keys, lifecycle, operations
from wms.orders import services as value_added
from wms.orders.addresses import whole_address
from wms.orders.interception import Intent
from wms.orders.lines import NewLine, ReadLine, find_partner, read_lines
from wms.orders.models import Order, OrderLine, OrderStatus
from wms.orders.services import NewService, OrderService
from wms.stock.models import Movement, Reservation

S = OrderStatus
EDITABLE = (S.RECEIVED, S.HELD)


class TooLateToEdit(Refused):
    """The warehouse works on it."""

    code = "too_late_to_edit"
    sentence = T("{number} is {state}: this can be done only before release", "{number} 已是“{state}”，只能在放行前进行")
    advice = T("Hold it first, as long as nothing is picked; then change it", "尚未拣货时可先暂挂，再修改")


class AlreadySettled(Refused):
    """Finance has taken the money for exactly these lines."""

    code = "already_settled"
    sentence = T("{number} is settled: its lines cannot change", "{number} 已结算，明细不能修改")
    advice = T("Cancel it and enter a new order", "请取消后重新录入")


class LineHasHistory(Refused):
    """Goods were reserved for the line before: what it is for stays, how much it wants may change."""

    code = "line_has_history"
    sentence = T("Line {line} was worked on as {sku}", "第 {line} 行曾按 {sku} 作业")
    advice = T("Take the line out and enter a new one", "请删除该行，另加一行")


class NothingLeft(Invalid):
    """Less than what came up short already."""

    code = "nothing_left"
    sentence = T("Line {line}: {over} came up short already, so it must want more", "第 {line} 行已缺货 {over}，数量须更大")
    advice = T("Take the line out if nothing more is wanted", "如不再需要，请删除该行")


class Changes(TypedDict, total=False):
    """What is to be different; what is left out stays as it is."""

    priority: int
    due_at: dt.datetime | None
    ship_complete: bool
    allow_backorder: bool
    carrier: str | None
    ship_to: Mapping[str, Any] | None
    notes: str | None
    reference: str | None


_SEQUENCE = tuple(Changes.__annotations__)


def edit(
    number: str,
    *,
    by: Actor,
    changes: Changes | None = None,
    lines: Sequence[NewLine] | None = None,
    services: Sequence[NewService] | None = None,
    seen: dt.datetime | None = None,
) -> Order:
    """Changes an order. `lines`, where given, are all it shall have: those with a known `line` are changed, the others are new, and what
    is not named is taken out; `services` likewise are all the work it asks for. `seen` is the `updated_at` that the person looked at.

    Once it is released, it is intercepted: lines only become less or go, until the truck has left.

    Raises OrderUnknown, ChangedMeanwhile, AlreadySettled, LineHasHistory, NothingLeft, what `interception.intended` raises, and what
    `enter_order` raises about its fields.
    """
    order = lifecycle.locked(number, by=by)
    if seen is not None and seen != order.updated_at:
        raise ChangedMeanwhile(what=order.number)
    if order.status not in EDITABLE:
        intent = _intended(order, changes, lines, services)
        interception.change(order, intent, by=by)
        if "due_at" in intent.values:
            order.promised_on = None  # what was told was told for another time
            operations.tell_day(order)
        return order
    told, values = _header(order, changes or {})
    for name, value in values.items():
        setattr(order, name, value)
    if lines is not None:
        told += _put_lines(order, lines)
    if services is not None:
        session.flush()  # new lines have their ids
        session.expire(order, ["lines"])
        told += value_added.replace(order, services, live_lines(order))
    if told:
        order.updated_at, order.promised_on = clock.now(), None  # what was told of another order
        session.flush()  # the event below is a Core statement, and the gate reads the lines
        session.expire(order, ["lines"])
        keys.rewrite(order)
        events.record(order, "order.changed", by=by, changes=told)
        operations.reconsider(order, by=by)
    return order


def preview(
    number: str,
    *,
    by: Actor,
    changes: Changes | None = None,
    lines: Sequence[NewLine] | None = None,
    services: Sequence[NewService] | None = None,
) -> Intent:
    """What changing a released order would mean on the floor; nothing is written. Raises as `edit` does.

    Of an order that is not released yet only its own fields are told: nobody works on it.
    """
    order = operations.find(number, by=by)
    if order.status in EDITABLE:
        return Intent(tuple(_header(order, changes or {})[0]))
    return _intended(order, changes, lines, services)


def _intended(
    order: Order, changes: Changes | None, lines: Sequence[NewLine] | None, services: Sequence[NewService] | None
) -> interception.Intent:
    interception.must_not_have_left(order)
    if services is not None and value_added.differ(order, services):
        raise interception.ServicesFixed(number=order.number)
    told, values = _header(order, changes or {})
    return interception.intended(order, header=told, values=values, lines=lines)


def _header(order: Order, changes: Changes) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """The header's fields that are different now, told in the sequence of the form, and what they are to be."""
    wanted: dict[str, Any] = dict(changes)
    before: dict[str, Any] = {}
    after: dict[str, Any] = {}
    values: dict[str, tuple[str, Any]] = {}
    if "carrier" in wanted:
        code = wanted.pop("carrier")
        haulier = find_partner(code, PartnerKind.CARRIER, "/carrier") if code else None
        old = session.get(Partner, order.carrier_id) if order.carrier_id else None
        before["carrier"], after["carrier"] = old and old.code, haulier and haulier.code
        values["carrier"] = ("carrier_id", haulier.id if haulier else None)
    if "ship_to" in wanted:
        given = wanted.pop("ship_to")
        address = given if given and any(given.values()) else session.get_one(Partner, order.customer_id).address
        before["ship_to"] = whole_address(order.ship_to)
        values["ship_to"] = ("ship_to", {name: address[name] for name in ADDRESS_FIELDS if address.get(name)})
        after["ship_to"] = whole_address(values["ship_to"][1])
    for name, value in wanted.items():
        before[name], after[name] = _plain(getattr(order, name)), _plain(value)
        values[name] = (name, None if value == "" else value)
    different = [name for name in _SEQUENCE if name in after and before[name] != after[name]]
    told = [{"what": name, "before": before[name], "after": after[name]} for name in different]
    return told, dict(values[name] for name in different)


def _plain(value: Any) -> Any:
    if isinstance(value, dt.datetime):
        return value.isoformat()
    return None if value == "" else value


# -- lines -------------------------------------------------------------------------------------------------------------


def live_lines(order: Order) -> list[OrderLine]:
    """The lines that still want something: what came up short or was taken out is over."""
    return [line for line in order.lines if line.short + line.cancelled < line.ordered]


def _put_lines(order: Order, lines: Sequence[NewLine]) -> list[dict[str, Any]]:
    buyer = session.get_one(Partner, order.customer_id)
    known = {line.line: line for line in live_lines(order)}
    read = read_lines(_named(order, lines))
    skus = _skus(order)
    told: list[dict[str, Any]] = []
    for place, one in enumerate(read):
        line = known.pop(one.line, None)
        if line is None:
            session.add(operations.order_line(one, buyer, order_id=order.id))
            told.append({"what": "line_added", "line": one.line, "sku": one.product.sku, "after": one.quantity})
        else:
            told += _change(line, one, buyer, skus[line.product_id], f"/lines/{place}")
    for line in known.values():
        told.append({"what": "line_removed", "line": line.line, "sku": skus[line.product_id], "before": line.ordered - line.short})
        if _has_history(line):
            line.cancelled = line.ordered - line.short
        else:
            session.execute(sa.delete(OrderService).where(OrderService.order_line_id == line.id))
            session.delete(line)
    if told and order.settled_at is not None:
        raise AlreadySettled(number=order.number)
    return told


def _named(order: Order, lines: Sequence[NewLine]) -> list[NewLine]:
    """The lines with a number for each: a new one gets the next that this order never had."""
    used = [int(name) for name in (*(line.line for line in order.lines), *(line.line or "" for line in lines)) if name.isdecimal()]
    last = max(used, default=0)
    named = []
    for line in lines:
        if not (line.line or "").strip():
            last += 1
            line = replace(line, line=str(last))
        named.append(line)
    return named


def _change(line: OrderLine, one: ReadLine, buyer: Partner, sku: str, pointer: str) -> list[dict[str, Any]]:
    """Makes a line what is wanted now; what is different, said by product and quantity."""
    wanted = operations.order_line(one, buyer, order_id=line.order_id)
    wanted.ordered += line.cancelled  # what was taken out of it on the floor stays on record
    if line.min_remaining_days is None and wanted.min_remaining_days == 0:
        wanted.min_remaining_days = None  # no life is asked for, said in two ways
    names = ("product_id", "ordered", "unit", "lot", "min_remaining_days", "one_batch")
    if all(getattr(line, name) == getattr(wanted, name) for name in names):
        return []
    if line.product_id != wanted.product_id and _has_history(line):
        raise LineHasHistory(pointer=f"{pointer}/sku", line=line.line, sku=sku)
    over = line.short + line.cancelled
    if wanted.ordered <= over:
        raise NothingLeft(pointer=f"{pointer}/quantity", line=line.line, over=over)
    told = {
        "what": "line",
        "line": line.line,
        "sku": sku,
        "before": line.ordered - line.cancelled,
        "after": one.quantity,
        "now": one.product.sku,
    }
    for name in names:
        setattr(line, name, getattr(wanted, name))
    return [told]


def _has_history(line: OrderLine) -> bool:
    """Whether the journal or a claim, ended or not, names the line: then it stays on record."""
    named = sa.or_(sa.exists().where(Reservation.order_line_id == line.id), sa.exists().where(Movement.order_line_id == line.id))
    return bool(session.execute(sa.select(named)).scalar_one())


def _skus(order: Order) -> dict[int, str]:
    wanted = sa.select(Product.id, Product.sku).where(Product.id.in_({line.product_id for line in order.lines}))
    return {row.id: row.sku for row in session.execute(wanted)}
