"""Which of the waiting orders are planned together, and why others are not."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from wms.catalog.models import Partner
from wms.db import among, containing, fold, session
from wms.i18n import T, Text
from wms.locations.models import PICKABLE, Location
from wms.orders.lifecycle import OrderUnknown
from wms.orders.models import Order, OrderLine, OrderStatus
from wms.picking import lacking
from wms.picking.models import PickList
from wms.stock.models import Claim, Reservation, Stock

ON_THE_FLOOR = (OrderStatus.RELEASED.value, OrderStatus.PICKING.value)
WAITING = sa.exists().where(OrderLine.order_id == Order.id, OrderLine.promised > 0)
SEQUENCE = (Order.priority.desc(), Order.due_at.is_(None), Order.due_at, Order.id)
"""In which orders get goods."""


@dataclass(frozen=True, slots=True)
class Choice:
    """Which orders; what is not said does not limit. `priority` is the least; `zone` is where some of their goods lie."""

    orders: tuple[str, ...] | None = None
    due_before: dt.datetime | None = None
    carrier: str | None = None
    region: str | None = None
    zone: str | None = None
    priority: int | None = None
    max_orders: int | None = None
    max_lines: int | None = None

    def conditions(self) -> list[sa.ColumnElement[bool]]:
        """What an order must be like."""
        found: list[sa.ColumnElement[bool]] = []
        if self.due_before is not None:
            found.append(sa.and_(Order.due_at.is_not(None), Order.due_at <= self.due_before))
        if self.carrier:
            found.append(Order.carrier_id.in_(sa.select(Partner.id).where(Partner.code_key == fold(self.carrier))))
        if self.region:
            found.append(containing(self.region, Order.ship_to["region"].as_string(), Order.ship_to["city"].as_string()))
        if self.priority is not None:
            found.append(Order.priority >= self.priority)
        if self.zone:
            found.append(_has_goods_in(self.zone))
        return found


@dataclass(frozen=True, slots=True)
class Skipped:
    """An order that is not in the wave, and why."""

    number: str
    reason: Text
    planned_on: str | None = None
    """The lists that have all of it already."""


FULL = T("The wave is full", "本波次已满")
_PLANNED = T("It is planned already", "已排拣货单")


def choose(site_id: int, choice: Choice, *, lock: bool) -> tuple[list[Order], list[Skipped]]:
    """The orders in the sequence in which they get goods, and who is left out. With `lock`, their headers are locked in id order.

    Raises OrderUnknown.
    """
    query = sa.select(Order.id, Order.number_key).where(Order.site_id == site_id, *choice.conditions())
    if choice.orders is not None:
        keys = {fold(number): number for number in choice.orders}
        known = sa.select(Order.number_key).where(Order.site_id == site_id, Order.number_key.in_(keys))
        missing = keys.keys() - set(session.execute(known).scalars())
        if missing:
            raise OrderUnknown(number=next(number for key, number in keys.items() if key in missing))
        query = query.where(Order.number_key.in_(keys))
    else:
        query = query.where(Order.status.in_(ON_THE_FLOOR), WAITING)
    ids = sorted(row.id for row in session.execute(query))
    if lock:
        session.execute(sa.select(Order.id).where(among(Order.id, ids)).order_by(Order.id).with_for_update(key_share=True))
    fresh = sa.select(Order).where(among(Order.id, ids)).order_by(*SEQUENCE).execution_options(populate_existing=True)
    chosen: list[Order] = []
    skipped: list[Skipped] = []
    planned: dict[int, int] = {}  # order -> its place among those left out
    count = 0
    for order in session.execute(fresh).scalars():
        waiting_lines = sum(line.promised > 0 for line in order.lines)
        reason = _why_not(order, waiting_lines)
        if reason is None and choice.max_orders is not None and len(chosen) >= choice.max_orders:
            reason = FULL
        if reason is None and choice.max_lines is not None and chosen and count + waiting_lines > choice.max_lines:
            reason = FULL
        if reason is None:
            chosen.append(order)
            count += waiting_lines
        else:
            skipped.append(Skipped(order.number, reason))
            if reason is _PLANNED:
                planned[order.id] = len(skipped) - 1
    for order_id, lists in _lists_of(planned).items():
        at = planned[order_id]
        skipped[at] = Skipped(skipped[at].number, T("It is already on {lists}", "已排入 {lists}", lists=lists), lists)
    return chosen, skipped


def matching(site_id: int, choice: Choice) -> list[int]:
    """The waiting orders that a cut lets through, by id."""
    waiting = (Order.site_id == site_id, Order.status.in_(ON_THE_FLOOR), WAITING)
    return sorted(session.execute(sa.select(Order.id).where(*waiting, *choice.conditions())).scalars())


def why_none(site_id: int, choice: Choice) -> Text | None:
    """Why a cut lets no waiting order through: what is not there at all, or what none of them is like. None where nothing is cut."""
    if not choice.conditions() or matching(site_id, choice) or not matching(site_id, Choice()):
        return None
    if choice.carrier and not session.execute(sa.select(Partner.id).where(Partner.code_key == fold(choice.carrier))).first():
        return T("There is no carrier {carrier}", "没有此承运商：{carrier}", carrier=choice.carrier)
    alone = [
        (
            Choice(due_before=choice.due_before),
            T("No waiting order is due until {moment}", "没有承诺时间在 {moment} 之前的待排订单", moment=choice.due_before),
        ),
        (
            Choice(carrier=choice.carrier),
            T("No waiting order goes with {carrier}", "没有由 {carrier} 承运的待排订单", carrier=choice.carrier),
        ),
        (Choice(region=choice.region), T("No waiting order goes to {region}", "没有发往“{region}”的待排订单", region=choice.region)),
        (Choice(zone=choice.zone), T("No waiting order has goods in zone {zone}", "没有待排订单的货物在库区 {zone}", zone=choice.zone)),
        (
            Choice(priority=choice.priority),
            T("No waiting order has priority {n} or more", "没有优先级 {n} 及以上的待排订单", n=choice.priority),
        ),
    ]
    for one, words in alone:
        if one.conditions() and not matching(site_id, one):
            return words
    return T("No waiting order matches all of it", "没有同时符合全部条件的待排订单")


def _lists_of(orders: Iterable[int]) -> dict[int, str]:
    """The lists that these orders are on."""
    wanted = sorted(orders)
    if not wanted:
        return {}
    rows = session.execute(
        sa.select(OrderLine.order_id, PickList.number)
        .join(Reservation, Reservation.order_line_id == OrderLine.id)
        .join(PickList, PickList.task_id == Reservation.task_id)
        .where(among(OrderLine.order_id, wanted), Reservation.status == Claim.PENDING.value)
        .distinct()
        .order_by(PickList.number)
    ).all()
    found: dict[int, list[str]] = {}
    for order_id, number in rows:
        found.setdefault(order_id, []).append(number)
    return {order_id: ", ".join(numbers[:3]) + (" …" if len(numbers) > 3 else "") for order_id, numbers in found.items()}


def left_empty(orders: Sequence[Order]) -> list[Skipped]:
    """Why nothing could be chosen for these."""
    plain = [order.id for order in orders if not order.ship_complete]
    known = lacking.in_words(plain, orders[0].site_id) if plain else {}
    return [Skipped(order.number, known.get(order.id) or _why_nothing(order)) for order in orders]


def reasons(skipped: Sequence[Skipped]) -> Text:
    """Why nothing is planned at all."""
    if not skipped:
        return T("no released order waits", "没有已放行的订单")
    first = skipped[0]
    if len(skipped) == 1:
        return T("{number}: {reason}", "{number}：{reason}", number=first.number, reason=first.reason)
    facts = {"number": first.number, "reason": first.reason, "more": len(skipped) - 1}
    return T("{number}: {reason}, and {more} more", "{number}：{reason}，另有 {more} 单", **facts)


def _why_not(order: Order, waiting_lines: int) -> Text | None:
    if order.status not in ON_THE_FLOOR:
        return T("It is {status}", "状态为“{status}”", status=OrderStatus(order.status).text)
    if waiting_lines:
        return None
    if any(line.reserved for line in order.lines):
        return _PLANNED
    return T("No stock is promised to it", "没有预占到库存")


def _why_nothing(order: Order) -> Text:
    if order.ship_complete:
        return T("It ships complete, and not everything is there", "要求整单发运，货物尚不齐全")
    return T("Its goods are not in racks or pick faces", "货物不在存储位或拣货位")


def _has_goods_in(zone: str) -> sa.ColumnElement[bool]:
    """Whether some of an order's goods lie in the zone, however it is written."""
    zones = session.execute(sa.select(Location.zone).where(Location.zone.is_not(None)).distinct()).scalars()
    meant = [one for one in zones if one is not None and fold(one) == fold(zone)]
    return sa.exists().where(
        OrderLine.order_id == Order.id,
        OrderLine.promised > 0,
        Stock.product_id == OrderLine.product_id,
        Stock.site_id == Order.site_id,
        Stock.on_hand > Stock.reserved,
        Location.id == Stock.location_id,
        Location.zone.in_(meant),
        Location.kind.in_([kind.value for kind in PICKABLE]),
    )
