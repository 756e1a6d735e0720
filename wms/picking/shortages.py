"""What is done about a line that came up short or waits for goods: it is picked again elsewhere, waits as a back-order, or is cancelled."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import sqlalchemy as sa

from wms import events
from wms.actor import Actor
from wms.catalog.models import Product
from wms.db import session
from wms.errors import NotFound, Refused
from wms.i18n import T
from wms.locations.models import Location
from wms.orders import gate, lifecycle, paying_back, withdrawal
from wms.orders.models import Order, OrderLine, OrderStatus
from wms.picking import waves
from wms.picking.allocation import options
from wms.picking.models import Origin
from wms.stock import promises
from wms.stock.models import Stock

S = OrderStatus
STILL_HERE = (S.RELEASED, S.PICKING, S.PICKED, S.PACKED)


class ShortLineUnknown(NotFound):
    """No such line at this site."""

    code = "short_line_unknown"
    sentence = T("This line is not there any more", "该明细已不存在")
    advice = T("Look at the list again", "请刷新列表")


class NothingShort(Refused):
    """The line lacks nothing, or somebody has dealt with it."""

    code = "nothing_short"
    sentence = T("Line {line} of {number} lacks nothing any more", "{number} 第 {line} 行已不缺货")
    advice = T("Look at the list again", "请刷新列表")


class TooLateForMore(Refused):
    """The order is on the truck, or gone."""

    code = "too_late_for_more"
    sentence = T("{number} is {state}: nothing can be added to it", "{number} 已是“{state}”，不能再补")
    advice = T("Enter a new order for what is missing", "请为缺少的货物另录订单")


class NothingElsewhere(Refused):
    """No place that nobody doubts has any of it."""

    code = "nothing_elsewhere"
    sentence = T("No free {sku} lies in any location that is not waiting to be counted", "除待盘点库位外，没有可用的 {sku}")
    advice = T("Have the place counted, or let the line wait as a back-order", "请先盘点该库位，或转为欠货等待")


def pick_again(line_id: int, *, by: Actor) -> waves.Planned:
    """What a line lacks is looked for again, now: what free goods there are, are planned onto a pick list of their own.

    What is not found stays short. Raises ShortLineUnknown, TooLateForMore, NothingShort, NothingElsewhere, NoPackingPlace.
    """
    order, line, sku = _locked(line_id, by)
    _still_here(order)
    waited = line.promised
    if not waited and not line.short:
        raise NothingShort(number=order.number, line=line.line)
    more = _promisable(order, line)
    _promise(line, more, site_id=order.site_id)
    lifecycle.progress(order, by=by)
    try:
        planned = waves.plan_wave(by=by, orders=[order.number], origin=Origin.SHORT)
    except waves.NothingToPlan as refusal:
        raise NothingElsewhere(sku=sku) from refusal
    line = session.get_one(OrderLine, line_id, populate_existing=True)
    _promise(line, -max(0, line.promised - waited), site_id=order.site_id)
    found = more + waited - line.promised
    if not found:
        raise NothingElsewhere(sku=sku)
    session.flush()  # the event below is a Core statement
    events.record(order, "order.picked_again", by=by, line=line.line, sku=sku, quantity=found)
    return planned


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """Where more of what a line lacks lies, and how many `pick_again` would find."""

    line_id: int
    place: str
    quantity: int


def elsewhere(line_ids: Iterable[int], *, by: Actor) -> Elsewhere | None:
    """The first of these lines of an order that `pick_again` would find goods for now; None where nothing can be had. Only looks."""
    for line_id in line_ids:
        order, line, _ = _locked(line_id, by)
        more = _promisable(order, line) if order.status in STILL_HERE else 0
        if not more:
            continue
        _promise(line, more, site_id=order.site_id)
        found = options(line.id, line.promised, site_id=order.site_id)
        _promise(line, -more, site_id=order.site_id)
        if found:
            place = session.execute(sa.select(Location.code).join(Stock, Stock.location_id == Location.id).where(Stock.id == found[0][0]))
            return Elsewhere(line.id, place.scalar_one(), min(more, sum(quantity for _, quantity in found)))
    return None


def back_order(line_id: int, *, by: Actor, reason: str | None = None) -> int:
    """What a line lacks waits for goods to come: the background promises it what arrives. How much that is.

    Raises ShortLineUnknown, TooLateForMore, NothingShort.
    """
    order, line, sku = _locked(line_id, by)
    _still_here(order)
    quantity = line.short
    if not quantity:
        raise NothingShort(number=order.number, line=line.line)
    line.short = 0
    order.allow_backorder = True
    session.flush()  # the event below is a Core statement
    events.record(order, "order.back_ordered", by=by, line=line.line, sku=sku, quantity=quantity, reason=reason)
    lifecycle.progress(order, by=by)
    return quantity


def cancel_rest(line_id: int, *, by: Actor, reason: str | None = None) -> int:
    """What a line lacks is not wanted any more; goods on a pick list or beyond stay as they are. How much was cancelled.

    An order that wants nothing at all any more is cancelled as a whole. Raises ShortLineUnknown, NothingShort.
    """
    order, line, sku = _locked(line_id, by)
    quantity = line.short + line.promised + gate.open_quantity(line)
    if not quantity:
        raise NothingShort(number=order.number, line=line.line)
    promises.change(order.site_id, {line.product_id: -line.promised})
    line.cancelled += quantity
    line.short = line.promised = 0
    session.flush()  # the event below is a Core statement
    events.record(order, "order.line_cancelled", by=by, line=line.line, sku=sku, quantity=quantity, reason=reason)
    paying_back.less_goes(order, by=by)
    if all(one.ordered <= one.short + one.cancelled for one in order.lines):
        withdrawal.cancel(order.number, by=by, reason=reason)
    else:
        lifecycle.progress(order, by=by)
    return quantity


def _locked(line_id: int, by: Actor) -> tuple[Order, OrderLine, str]:
    """The line, its order locked, and its product's code."""
    row = session.execute(
        sa.select(OrderLine.order_id, Product.sku)
        .join(Order, Order.id == OrderLine.order_id)
        .join(Product, Product.id == OrderLine.product_id)
        .where(OrderLine.id == line_id, Order.site_id == by.site_id)
    ).one_or_none()
    if row is None:
        raise ShortLineUnknown
    order = lifecycle.lock(row.order_id)
    return order, next(line for line in order.lines if line.id == line_id), row.sku


def _promisable(order: Order, line: OrderLine) -> int:
    """How much of what a line is short nobody else is promised. The product's promise is locked."""
    promised = promises.lock(order.site_id, {line.product_id})[line.product_id]
    free = promises.free_stock(order.site_id, {line.product_id})[line.product_id]
    return min(line.short, max(0, free - promised))


def _still_here(order: Order) -> None:
    if order.status not in STILL_HERE:
        raise TooLateForMore(number=order.number, state=S(order.status).text)


def _promise(line: OrderLine, quantity: int, *, site_id: int) -> None:
    """So much of what a line is short is promised instead; below zero, the other way."""
    line.short -= quantity
    line.promised += quantity
    promises.change(site_id, {line.product_id: quantity})
    session.flush()  # planning reads the lines from the database
