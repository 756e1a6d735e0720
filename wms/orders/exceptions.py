"""Exceptions 异常订单: orders that do not go on by themselves, each with its reason, who deals with it, and since when."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from wms import clock
from wms.actor import Actor, Role
from wms.catalog.models import Partner, Product
from wms.db import fold, session
from wms.events import Event
from wms.i18n import Goods, T, Text, listed
from wms.orders import gate
from wms.orders.models import WAITING, Hold, Order, OrderLine, OrderStatus
from wms.orders.queries import UNFINISHED

S = OrderStatus
_ON_THE_FLOOR = (S.RELEASED, S.PICKING, S.PICKED, S.PACKED, S.LOADED)
LATE, SHORT, BACK_ORDER = "late", "short", "back_order"
_OTHERS: dict[str, tuple[Text, Text, Text, Role]] = {
    LATE: (
        T("Overdue", "逾期"),
        T("Overdue since {since}", "逾期，应于 {since} 发货"),
        T("The floor works it off", "现场加急处理"),
        Role.SUPERVISOR,
    ),
    SHORT: (
        T("Short", "缺货"),
        T("Short at the rack: {goods}", "拣货缺：{goods}"),
        T("Sales orders it anew, or tells the customer", "由销售补单或告知客户"),
        Role.SALES,
    ),
    BACK_ORDER: (
        T("Back-order", "欠货"),
        T("Waiting for stock: {goods}", "待到货：{goods}"),
        T("Promised by itself when goods arrive", "到货后自动预占"),
        Role.SALES,
    ),
}
CODES: dict[str, Text] = {
    **{code: rule.title for code, rule in gate.BY_CODE.items()},
    **{code: words[0] for code, words in _OTHERS.items()},
}


def owner_of(code: str) -> Role:
    """Who deals with an exception of this kind."""
    return _OTHERS[code][3] if code in _OTHERS else gate.BY_CODE[code].owner


@dataclass(frozen=True)
class ExceptionFilter:
    """What the list is narrowed to."""

    code: str = ""
    owner: str = ""
    customer: str = ""


@dataclass(frozen=True)
class ExceptionRow:
    """One reason why an order does not go on."""

    id: int
    order: str
    customer: str
    customer_name: str
    status: OrderStatus
    code: str
    title: Text
    reason: str
    who: Text
    owner: Role
    since: dt.datetime
    due_at: dt.datetime | None
    updated_at: dt.datetime

    @property
    def tone(self) -> str:
        """What is late or short is red."""
        return "stop" if self.code in (LATE, SHORT) else "ask"

    @property
    def hours(self) -> int:
        """How old it is, in whole hours."""
        return max(0, int((clock.now() - self.since).total_seconds() // 3600))


def statement(filter: ExceptionFilter, *, by: Actor, after: int = 0, dated: bool = True) -> sa.Select[Any]:
    """The exceptions of a site: (order_id, code, since, hold_id, place), without order; undated for counting."""
    happened = sa.func.max(Event.at)

    def since(*codes: str) -> Any:
        if not dated:
            return Order.updated_at
        of_order = sa.select(happened).where(Event.subject_kind == Order.event_kind, Event.subject_id == Order.id, Event.code.in_(codes))
        return sa.func.coalesce(of_order.correlate(Order).scalar_subquery(), Order.updated_at)

    none: Any = sa.null()
    held = sa.select(
        Order.id.label("order_id"),
        Hold.code.label("code"),
        Hold.since.label("since"),
        Hold.id.label("hold_id"),
    ).join(Hold, sa.and_(Hold.order_id == Order.id, Hold.lifted_at.is_(None)))
    held = held.where(Order.site_id == by.site_id, Order.status == S.HELD.value)
    late = sa.select(Order.id, sa.literal(LATE), Order.due_at, sa.cast(none, sa.BigInteger)).where(
        Order.site_id == by.site_id, Order.status.in_([status.value for status in UNFINISHED]), Order.due_at < clock.now()
    )
    on_the_floor = (Order.site_id == by.site_id, Order.status.in_([status.value for status in _ON_THE_FLOOR]))
    short = (
        sa.select(Order.id, sa.literal(SHORT), since("order.short"), sa.cast(none, sa.BigInteger))
        .join(OrderLine, OrderLine.order_id == Order.id)
        .where(*on_the_floor, OrderLine.short > 0)
        .group_by(Order.id)
    )
    waits = (
        sa.select(Order.id, sa.literal(BACK_ORDER), since("order.released"), sa.cast(none, sa.BigInteger))
        .join(OrderLine, OrderLine.order_id == Order.id)
        .where(*on_the_floor, sa.text(WAITING))
        .group_by(Order.id)
    )
    found = sa.union_all(held, late, short, waits).subquery("found")
    places = sa.case(*((found.c.code == code, place) for place, code in enumerate(CODES)), else_=len(CODES))
    place = (found.c.order_id * 64 + places).label("place")  # by which pages of the API go on
    query = sa.select(found.c.order_id, found.c.code, found.c.since, found.c.hold_id, place)
    if after:
        query = query.where(place > after)
    if filter.code in CODES:
        query = query.where(found.c.code == filter.code)
    if filter.owner in set(Role):
        query = query.where(found.c.code.in_([code for code in CODES if owner_of(code) == filter.owner]))
    if filter.customer:
        theirs = sa.select(Order.id).join(Partner, Partner.id == Order.customer_id).where(Partner.code_key == fold(filter.customer))
        query = query.where(found.c.order_id.in_(theirs))
    return query


def sorts(query: sa.Select[Any]) -> dict[str, Any]:
    """By what the list may be sorted."""
    columns = query.selected_columns
    return {"since": (columns.since, columns.order_id), "order": (columns.order_id, columns.code), "reason": (columns.code, columns.since)}


def orders_in(filter: ExceptionFilter, *, by: Actor, limit: int) -> list[str]:
    """The orders that stand in this list, the most urgent first, each once."""
    found = statement(filter, by=by, dated=False).subquery()
    urgent = sa.select(Order.number).where(Order.id.in_(sa.select(found.c.order_id)))
    return list(session.execute(urgent.order_by(Order.priority.desc(), sa.nulls_last(Order.due_at), Order.id).limit(limit)).scalars())


def how_many_orders(filter: ExceptionFilter, *, by: Actor) -> int:
    """How many orders stand in this list: one that does not go on for two reasons stands there twice."""
    found = statement(filter, by=by, dated=False).subquery()
    return session.execute(sa.select(sa.func.count(sa.distinct(found.c.order_id)))).scalar_one()


def counts(*, by: Actor, owner: str = "") -> dict[str, int]:
    """How many exceptions there are of each kind, of all or those that one role deals with."""
    found = statement(ExceptionFilter(owner=owner), by=by, dated=False).subquery()
    return {row[0]: row[1] for row in session.execute(sa.select(found.c.code, sa.func.count()).group_by(found.c.code))}


def rows(found: Sequence[Any], language: str) -> list[ExceptionRow]:
    """These exceptions in words."""
    ids, holds = {row.order_id for row in found}, {row.hold_id for row in found if row.hold_id}
    customer = (Partner.code.label("customer"), Partner.name.label("customer_name"))
    named = sa.select(Order.id, Order.number, Order.status, Order.due_at, Order.updated_at, *customer)
    named = named.join(Partner, Partner.id == Order.customer_id).where(Order.id.in_(ids))
    orders = {order.id: order for order in session.execute(named)}
    facts = {row.id: row.facts for row in session.execute(sa.select(Hold.id, Hold.facts).where(Hold.id.in_(holds)))}
    lacking = _lacking({row.order_id for row in found if row.code in (SHORT, BACK_ORDER)})
    return [_row(row, orders[row.order_id], facts, lacking.get((row.order_id, row.code), {}), language) for row in found]


def _lacking(ids: AbstractSet[int]) -> Mapping[tuple[int, str], Goods]:
    """The goods that came up short, and those that wait for stock, by order and kind."""
    open_ = OrderLine.ordered - OrderLine.promised - OrderLine.reserved - OrderLine.picked - OrderLine.short - OrderLine.cancelled
    asked = (
        sa.select(OrderLine.order_id, OrderLine.short, open_.label("open"), Product.sku, Product.decimals)
        .join(Product, Product.id == OrderLine.product_id)
        .where(OrderLine.order_id.in_(ids), sa.or_(OrderLine.short > 0, sa.text(WAITING)))
        .order_by(OrderLine.id)
    )
    found: dict[tuple[int, str], dict[tuple[str, int], int]] = {}
    for row in session.execute(asked) if ids else ():
        for code, quantity in ((SHORT, row.short), (BACK_ORDER, row.open)):
            if quantity > 0:
                goods = found.setdefault((row.order_id, code), {})
                goods[row.sku, row.decimals] = goods.get((row.sku, row.decimals), 0) + quantity
    return found


def _row(row: Any, order: Any, facts: Mapping[int, Mapping[str, Any]], lacking: Goods, language: str) -> ExceptionRow:
    since = row.since if row.since.tzinfo else row.since.replace(tzinfo=dt.UTC)
    if row.hold_id:
        rule = gate.BY_CODE[row.code]
        title, reason, who = rule.title, gate.reason(row.code, facts[row.hold_id], language), rule.who
    else:
        title, words, who, _ = _OTHERS[row.code]
        known = lacking or row.code == LATE  # goods may have come since the list was read
        reason = words.say(language, goods=listed(lacking), since=order.due_at) if known else title.say(language)
    return ExceptionRow(
        *(order.id, order.number, order.customer, order.customer_name, S(order.status), row.code, title, reason, who),
        *(owner_of(row.code), since, order.due_at, order.updated_at),
    )
