"""When what is wanted can leave: read from the stock, what is announced and who waits before, and told to sales with its reason."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field

import sqlalchemy as sa

from wms import clock
from wms.db import fold, session
from wms.i18n import T, Text, units
from wms.locations.models import PROMISABLE, Location
from wms.orders import gate, promising
from wms.orders.models import WAITING, InboundKind, InboundLine, InboundOrder, InboundStatus, Order, OrderLine, OrderStatus
from wms.orders.promising import Demand, Part, Supply
from wms.stock.models import Batch, Condition, Promise, Stock

S = OrderStatus
RELEASED = (S.RELEASED, S.PICKING, S.PICKED, S.PACKED, S.LOADED)
NOT_RELEASED = (S.RECEIVED, S.HELD)
_AT_THE_DOOR = (InboundStatus.ARRIVING, InboundStatus.RECEIVING)
FIRST_COME = (Order.priority.desc(), sa.nulls_last(Order.due_at), Order.id)
"""Who goes first: priority, then the due time, then who came first."""


@dataclass(frozen=True)
class Outlook:
    """One product at a site: what comes and when, what each waiting line gets of it, and what is left after all of them."""

    supplies: Sequence[Supply] = ()
    dealt: Mapping[int, list[Part]] = field(default_factory=dict)  # by the line's id
    left: Sequence[Supply] = ()
    waiting: int = 0  # of released orders
    unreleased: int = 0  # of orders that are not

    def can_ship(self, quantity: int) -> list[Part]:
        """Where so many pieces would come from for somebody who comes last."""
        return promising.deal(self.left, [Demand(0, quantity)], clock.today())[0][0]


def outlooks(site_id: int, products: AbstractSet[int]) -> dict[int, Outlook]:
    """How these products stand at a site. What is promised already is taken off the stock first."""
    today = clock.today()
    supplies = _supplies(site_id, products, today)
    promised = _promised(site_id, products)
    wanted, waiting, unreleased = _wanted(site_id, products)
    found = {}
    for product in products:
        demands = [*promised.get(product, ()), *wanted.get(product, ())]
        dealt, left = promising.deal(supplies.get(product, ()), demands, today)
        found[product] = Outlook(supplies.get(product, ()), dealt, left, waiting[product], unreleased[product])
    return found


def _supplies(site_id: int, products: AbstractSet[int], today: dt.date) -> dict[int, list[Supply]]:
    found: dict[int, list[Supply]] = defaultdict(list)
    here = session.execute(
        sa.select(Stock.product_id, Batch.lot_key, Batch.expires_on, sa.func.sum(Stock.on_hand - Stock.reserved))
        .join(Location, Location.id == Stock.location_id)
        .join(Batch, Batch.id == Stock.batch_id)
        .where(
            Stock.site_id == site_id,
            Stock.product_id.in_(products),
            Stock.condition == Condition.GOOD.value,
            Stock.on_hand > Stock.reserved,
            Location.kind.in_([kind.value for kind in PROMISABLE]),
            sa.or_(Batch.expires_on.is_(None), Batch.expires_on >= today),
            Batch.owner_id.is_(None),
        )
        .group_by(Stock.product_id, Batch.lot_key, Batch.expires_on)
    )
    for product, lot, expires_on, quantity in here:
        found[product].append(Supply(int(quantity), today, None, lot, expires_on))
    announced = session.execute(
        sa.select(
            *(InboundLine.product_id, InboundLine.expected, InboundLine.received, InboundLine.lot, InboundLine.expires_on),
            *(InboundOrder.number, InboundOrder.status, InboundOrder.expected_on, InboundOrder.open_until),
        )
        .join(InboundOrder, InboundOrder.id == InboundLine.inbound_order_id)
        .where(
            InboundLine.product_id.in_(products),
            InboundOrder.site_id == site_id,
            InboundOrder.status != InboundStatus.CLOSED.value,
            InboundOrder.kind != InboundKind.CUSTOMER_RETURN.value,  # nobody knows what of it can be sold before it was looked at
            InboundLine.expected > InboundLine.received,
        )
        .order_by(InboundOrder.id, InboundLine.id)
    )
    for row in announced:
        agreed = row.open_until if row.received and row.open_until else row.expected_on
        overdue = agreed if agreed is not None and agreed < today else None
        on = today if row.status in _AT_THE_DOOR and not row.received else None if overdue else agreed
        lot = fold(row.lot) if row.lot else None
        found[row.product_id].append(
            Supply(row.expected - row.received, on, row.number, lot, row.expires_on, None if on is not None else overdue)
        )
    return found


def _promised(site_id: int, products: AbstractSet[int]) -> dict[int, list[Demand[int]]]:
    """What released lines were promised: those that want a lot or a life by themselves, the others together. Their keys name no line."""
    total = session.execute(
        sa.select(Promise.product_id, Promise.promised).where(Promise.site_id == site_id, Promise.product_id.in_(products))
    )
    rest = {row.product_id: row.promised for row in total}
    found: dict[int, list[Demand[int]]] = defaultdict(list)
    for place, (wish, quantity) in enumerate(gate.promised_wishes(site_id, products).items()):
        found[wish.product_id].append(Demand(-2 - place, quantity, wish.lot_key, wish.days))
        rest[wish.product_id] = rest.get(wish.product_id, 0) - quantity
    for product, quantity in rest.items():
        if quantity > 0:
            found[product].append(Demand(-1, quantity))
    return found


def _wanted(site_id: int, products: AbstractSet[int]) -> tuple[dict[int, list[Demand[int]]], defaultdict[int, int], defaultdict[int, int]]:
    """Who waits for goods, in their turn: orders that are released go before those that are not."""
    open_ = OrderLine.ordered - OrderLine.promised - OrderLine.reserved - OrderLine.picked - OrderLine.short - OrderLine.cancelled
    released = sa.case((Order.status.in_([status.value for status in RELEASED]), 0), else_=1)
    rows = session.execute(
        sa.select(
            *(OrderLine.id, OrderLine.product_id, OrderLine.lot, OrderLine.min_remaining_days),
            *(open_.label("open"), released.label("late")),
        )
        .join(Order, Order.id == OrderLine.order_id)
        .where(
            OrderLine.product_id.in_(products),
            sa.text(WAITING),
            Order.site_id == site_id,
            Order.status.in_([status.value for status in (*RELEASED, *NOT_RELEASED)]),
        )
        .order_by(released, *FIRST_COME, OrderLine.id)
    )
    found: dict[int, list[Demand[int]]] = defaultdict(list)
    waiting: defaultdict[int, int] = defaultdict(int)
    unreleased: defaultdict[int, int] = defaultdict(int)
    for line_id, product, lot, days, quantity, late in rows:
        found[product].append(Demand(line_id, quantity, fold(lot) if lot else None, days or 0))
        (unreleased if late else waiting)[product] += quantity
    return found, waiting, unreleased


# -- of orders ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Leaves:
    """When a line, or all of an order, can leave as things stand, and why. Without a day nobody knows."""

    on: dt.date | None
    parts: Sequence[Part] = ()

    def why(self, decimals: int) -> list[Text]:
        """Where the pieces come from that no stock is promised for, a sentence each."""
        return [in_words(part, decimals) for part in self.parts]


def of_orders(orders: Iterable[Order]) -> dict[int, Leaves]:
    """When each line of these orders can leave, by the line's id. Lines that have left or want nothing have none."""
    today = clock.today()
    lines = {
        (order.site_id, line.id): line
        for order in orders
        if order.status in (*RELEASED, *NOT_RELEASED)
        for line in order.lines
        if line.ordered > line.short + line.cancelled
    }
    products: dict[int, set[int]] = defaultdict(set)
    for (site_id, _), line in lines.items():
        if gate.open_quantity(line):
            products[site_id].add(line.product_id)
    found = {site_id: outlooks(site_id, wanted) for site_id, wanted in products.items()}
    told = {}
    for (site_id, line_id), line in lines.items():
        parts = found[site_id][line.product_id].dealt.get(line_id, []) if gate.open_quantity(line) else []
        told[line_id] = Leaves(promising.all_on(parts) if parts else today, parts)
    return told


def whole(lines: Iterable[Leaves]) -> dt.date | None:
    """The day on which the last of several lines can leave; none where nobody knows it of one of them."""
    days = [line.on for line in lines]
    return None if not days or None in days else max(day for day in days if day is not None)


def in_words(part: Part, decimals: int = 0) -> Text:
    """Where so many pieces come from, and when."""
    supply, quantity = part.supply, units(part.quantity, decimals) if decimals else part.quantity
    if supply is None:
        return T("{quantity} lack, and nothing is announced", "缺 {quantity}，尚无到货通知", quantity=quantity)
    if supply.source is None:
        return T("{quantity} in stock", "现货 {quantity}", quantity=quantity)
    facts = {"quantity": quantity, "source": supply.source}
    if supply.overdue_since:
        return T(
            "{quantity} with {source}, overdue since {since}",
            "{quantity} 随 {source} 到货，已逾期（原定 {since}）",
            since=supply.overdue_since,
            **facts,
        )
    if supply.on is None:
        return T("{quantity} with {source}, which has no date", "{quantity} 随 {source} 到货，日期未定", **facts)
    return T("{quantity} with {source}, expected {on}", "{quantity} 随 {source} 到货，预计 {on}", on=supply.on, **facts)


def promise_day(order: Order) -> dt.date | None:
    """The day that sales is told when an order is promised: the day it is due, or the day on which all of it can leave where that is later.
    None where nobody knows."""
    ready = whole(of_orders([order]).values())
    due = clock.local(order.due_at).date() if order.due_at else None
    return ready if ready is None or due is None else max(ready, due)
