"""Lists and boards of the order desk: what waits, what is late, what is held, why, and who can lift it."""

from __future__ import annotations

import datetime as dt
import enum
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlalchemy.orm import selectinload

from wms import clock
from wms.actor import Actor, Role
from wms.catalog.models import Partner, Product
from wms.db import among, few, fold, session
from wms.i18n import HowFar, T, Text, how_far, listed
from wms.orders import forecasts, gate, queries
from wms.orders.forecasts import Expected
from wms.orders.inbound_queries import InboundView, shown_inbound
from wms.orders.models import Hold, InboundOrder, InboundStatus, Order, OrderKind, OrderLine, OrderStatus
from wms.orders.queries import UNFINISHED, Named, hold_view, named_products, partners
from wms.tasks.urgency import Lateness

R = TypeVar("R")
S = OrderStatus
_FAR = dt.datetime(9999, 12, 31, tzinfo=dt.UTC)


@dataclass(frozen=True)
class OrderRow:
    """One order in a list, with why it waits and who can lift it."""

    id: int
    number: str
    customer: str
    customer_name: str
    status: OrderStatus
    kind: OrderKind
    priority: int
    due_at: dt.datetime | None
    created_at: dt.datetime
    lines: int
    wanted: int  # of what was ordered, what was not cancelled
    cancelled: int
    done: int
    far: HowFar
    lateness: Lateness | None
    why: str
    tone: str


SORTS: dict[str, Any] = {
    "number": Order.number_key,
    "due": sa.func.coalesce(Order.due_at, _FAR),
    "priority": Order.priority,
    "entered": Order.id,
    "customer": Partner.name,
}


class Waits(enum.StrEnum):
    """Whose turn it is: the questions that the boards ask of the list of orders."""

    RELEASE = "release"
    FLOOR = "floor"
    MONEY = "money"
    SETTLE = "settle"
    CLOSE = "close"
    PAY_BACK = "pay_back"

    @property
    def text(self) -> Text:
        """The question in words."""
        return _WAITS_FOR[self][0]

    @property
    def condition(self) -> sa.ColumnElement[bool]:
        """Which orders it means."""
        return _WAITS_FOR[self][1]


def _status_in(*statuses: OrderStatus) -> sa.ColumnElement[bool]:
    return Order.status.in_([status.value for status in statuses])


_OF_FINANCE = [rule.code for rule in gate.RULES if rule.owner is Role.FINANCE]
_HELD_FOR_MONEY = sa.select(Hold.order_id).where(Hold.lifted_at.is_(None), Hold.code.in_(_OF_FINANCE))
_SOLD = Order.kind != OrderKind.CONSIGNMENT.value  # of consigned goods nothing is settled
_WAITS_FOR: dict[Waits, tuple[Text, sa.ColumnElement[bool]]] = {
    Waits.RELEASE: (T("Release or a decision", "放行或处理暂挂"), _status_in(S.RECEIVED, S.HELD)),
    Waits.FLOOR: (T("The floor", "现场作业"), _status_in(S.RELEASED, S.PICKING, S.PICKED, S.PACKED, S.LOADED)),
    Waits.MONEY: (T("Finance, held", "财务审批"), Order.id.in_(_HELD_FOR_MONEY)),
    Waits.SETTLE: (T("Finance to settle", "财务结算"), sa.and_(_status_in(S.DELIVERED), _SOLD, Order.settled_at.is_(None))),
    Waits.CLOSE: (T("Finance to close", "财务关闭"), sa.and_(_status_in(S.DELIVERED), sa.or_(~_SOLD, Order.settled_at.is_not(None)))),
    Waits.PAY_BACK: (T("Finance to pay back", "财务退款"), Order.owed_back_at.is_not(None)),
}


@dataclass(frozen=True)
class OrderFilter:
    """What a list of orders is narrowed to."""

    q: str = ""
    status: str = ""
    kind: str = ""
    customer: str = ""
    due: str = ""  # late, today, soon (it will be late)
    waits: str = ""


def order_statement(filter: OrderFilter, *, by: Actor) -> sa.Select[Any]:
    """The ids of the orders that a list shows; without order, for the desk's pages to sort and cut."""
    # Every order has a customer: joined so, he is left out by the database where nobody asks for him, as in counting.
    return sa.select(Order.id).outerjoin(Partner, Partner.id == Order.customer_id).where(*_conditions(filter, by))


def _with_product(like: str) -> sa.Select[Any]:
    """The orders with a product of such a code or name."""
    names = (Product.name, Product.name_zh, Product.name_en)
    called = [sa.func.lower(sa.func.coalesce(name, "")).like(like, escape="\\") for name in names]
    products = sa.select(Product.id).where(sa.or_(Product.sku_key.like(like, escape="\\"), *called))
    return sa.select(OrderLine.order_id).where(OrderLine.product_id.in_(products))


def _conditions(filter: OrderFilter, by: Actor) -> list[Any]:
    found: list[Any] = [Order.site_id == by.site_id]
    if filter.q.strip():
        like = f"%{_escaped(fold(filter.q))}%"
        found.append(
            sa.or_(
                Order.id.in_(_with_product(like)),
                Order.number_key.like(like, escape="\\"),
                Partner.code_key.like(like, escape="\\"),
                sa.func.lower(Partner.name).like(like, escape="\\"),
                sa.func.lower(sa.func.coalesce(Order.source, "")).like(like, escape="\\"),
            )
        )
    if filter.status == "open":
        found.append(Order.status.in_([status.value for status in UNFINISHED]))
    elif filter.status in set(S):
        found.append(Order.status == filter.status)
    if filter.kind in set(OrderKind):
        found.append(Order.kind == filter.kind)
    if filter.customer.strip():
        found.append(Partner.code_key == fold(filter.customer))
    if filter.waits in set(Waits):
        found.append(Waits(filter.waits).condition)
    if filter.due == "soon":
        found.append(among(Order.id, forecasts.late_ids(by.site_id)))
        found.append(Order.due_at >= clock.now())
    elif filter.due:
        found.append(Order.status.in_([status.value for status in UNFINISHED]))
        found.append(Order.due_at < (clock.now() if filter.due == "late" else clock.now() + dt.timedelta(days=1)))
    return found


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


def order_rows(ids: Sequence[int], language: str) -> list[OrderRow]:
    """Rows for these orders, in this order."""
    orders = {order.id: order for order in session.execute(sa.select(Order).where(Order.id.in_(ids))).scalars()}
    found = partners({order.customer_id for order in orders.values()})
    products = named_products({line.product_id for order in orders.values() for line in order.lines})
    coming = {site_id: forecasts.expected(site_id) for site_id in {order.site_id for order in orders.values()}}
    return [
        _row(orders[order_id], found, products, coming[orders[order_id].site_id].get(order_id), language)
        for order_id in ids
        if order_id in orders
    ]


def _row(order: Order, customers: Mapping[int, Partner], products: Mapping[int, Named], coming: Expected | None, language: str) -> OrderRow:
    lateness = forecasts.lateness(order.due_at, coming) if order.status in UNFINISHED else None
    far = _far(order, products)
    why, tone = _why_waiting(order, products, far, language)
    if coming is not None and lateness is Lateness.SOON:
        why = f"{coming.warning.say(language)}{'；' if language == 'zh_CN' else '; '}{why}"
    return OrderRow(
        order.id,
        order.number,
        customers[order.customer_id].code,
        customers[order.customer_id].name,
        S(order.status),
        OrderKind(order.kind),
        order.priority,
        order.due_at,
        order.created_at,
        len(order.lines),
        sum(line.ordered - line.cancelled for line in order.lines),
        sum(line.cancelled for line in order.lines),
        sum(_done(line) for line in order.lines),
        far,
        lateness,
        why,
        "stop" if lateness else tone,
    )


def _done(line: OrderLine) -> int:
    return max(line.picked, line.packed, line.shipped)


def _far(order: Order, products: Mapping[int, Named]) -> HowFar:
    counted = ((line, products[line.product_id]) for line in order.lines)
    return how_far((_done(line), line.ordered - line.cancelled, product.decimals, product.base_unit) for line, product in counted)


TONES = {status: status.tone for status in S}
INBOUND_TONES = {
    InboundStatus.ANNOUNCED: "calm",
    InboundStatus.ARRIVING: "ask",
    InboundStatus.RECEIVING: "good",
    InboundStatus.RECEIVED: "good",
    InboundStatus.CLOSED: "calm",
}
_WAITS = {
    S.RECEIVED: T("Waits for release", "待放行"),
    S.RELEASED: T("Waits for planning", "待排单"),
    S.PICKING: T("{far} picked", "已拣 {far}"),
    S.PICKED: T("Waits for packing", "待打包"),
    S.PACKED: T("Waits for loading", "待装车"),
    S.LOADED: T("Waits at the gate", "待出门"),
    S.SHIPPED: T("On its way", "运输途中"),
    S.DELIVERED: T("Waits for finance to close it", "待财务关闭"),
    S.CLOSED: T("Done", "已完结"),
    S.CANCELLED: T("Cancelled", "已取消"),
}
_TO_SETTLE = T("Waits for finance to settle it", "待财务结算")
_TO_PAY_BACK = T("Finance has money to pay back", "待财务退款")
_PLANNED = T("Waits for a picker", "待拣货")
_STOCK_WAITS = T("waiting for stock: {goods}", "待到货：{goods}")
_SHORT = T("short: {goods}", "缺货：{goods}")
_LATE = T("Overdue since {since}", "逾期，应于 {since} 发货")


def _why_waiting(order: Order, products: Mapping[int, Named], far: HowFar, language: str) -> tuple[str, str]:
    """Why an order stands where it stands and who can lift it, in one sentence, with its tone."""
    status, tone = S(order.status), "calm"
    held = gate.open_holds(order)
    if held:
        said = [f"{view.reason} · {view.who}" for view in (hold_view(hold, language) for hold in held)]
        return ("；" if language == "zh_CN" else "; ").join(said), "ask"
    if status == S.DELIVERED and order.settled_at is None and order.kind != OrderKind.CONSIGNMENT:
        return _TO_SETTLE.say(language), "ask"
    words = _PLANNED if status == S.RELEASED and any(line.reserved for line in order.lines) else _WAITS.get(status, _WAITS[S.RECEIVED])
    said = [words.say(language, far=far.text)]
    waiting = queries.goods((products[line.product_id], gate.open_quantity(line)) for line in order.lines)
    if waiting and status in (S.RELEASED, S.PICKING, S.PICKED, S.PACKED, S.LOADED):
        said.append(_STOCK_WAITS.say(language, goods=listed(waiting)))
        tone = "ask"
    short = queries.goods((products[line.product_id], line.short) for line in order.lines)
    if short and status != S.CANCELLED:
        said.append(_SHORT.say(language, goods=listed(short)))
        tone = "ask"
    if order.owed_back_at is not None:
        said.append(_TO_PAY_BACK.say(language))
        tone = "ask"
    return ("；" if language == "zh_CN" else "; ").join(said), tone


def late_words(due_at: dt.datetime, language: str) -> str:
    """How late it is."""
    return _LATE.say(language, since=due_at)


def counts(*, by: Actor) -> dict[str, int]:
    """How many orders are in each state that is not the last, how many are late, and how many will be."""
    going = [status.value for status in S if status not in (S.CLOSED, S.CANCELLED)]
    counted = sa.select(Order.status, sa.func.count()).where(Order.site_id == by.site_id, Order.status.in_(going))
    rows = session.execute(counted.group_by(Order.status))
    found: dict[str, int] = {row[0]: row[1] for row in rows}
    found["late"] = session.execute(
        sa.select(sa.func.count()).where(
            Order.site_id == by.site_id,
            Order.status.in_([status.value for status in UNFINISHED]),
            Order.due_at < clock.now(),
        )
    ).scalar_one()
    found["soon"] = how_many(OrderFilter(due="soon"), by=by)
    return found


def how_many(filter: OrderFilter, *, by: Actor) -> int:
    """How many orders the list with this filter shows."""
    return session.execute(sa.select(sa.func.count()).select_from(order_statement(filter, by=by).subquery())).scalar_one()


def most_urgent(filter: OrderFilter, *, by: Actor, language: str, limit: int = 8) -> list[OrderRow]:
    """The first orders of the list with this filter, the most urgent first."""
    urgent = order_statement(filter, by=by).order_by(Order.priority.desc(), sa.nulls_last(Order.due_at), Order.id).limit(limit)
    return order_rows(session.execute(urgent).scalars().all(), language)


INBOUND_SORTS: dict[str, Any] = {
    "number": InboundOrder.number_key,
    "expected": (
        sa.case((InboundOrder.status == InboundStatus.CLOSED.value, 1), else_=0),
        sa.func.coalesce(InboundOrder.expected_on, dt.date(9999, 12, 31)),
        InboundOrder.id,
    ),
    "entered": InboundOrder.id,
}


def inbound_statement(*, by: Actor, q: str = "", status: str = "") -> sa.Select[Any]:
    """The ids of the inbound orders that a list shows; without order."""
    conditions: list[Any] = [InboundOrder.site_id == by.site_id]
    if q.strip():
        like = f"%{_escaped(fold(q))}%"
        conditions.append(
            sa.or_(
                InboundOrder.number_key.like(like, escape="\\"),
                sa.func.lower(sa.func.coalesce(InboundOrder.reference, "")).like(like, escape="\\"),
                sa.func.lower(sa.func.coalesce(Partner.name, "")).like(like, escape="\\"),
                sa.func.coalesce(Partner.code_key, "").like(like, escape="\\"),
            )
        )
    if status == "open":
        conditions.append(InboundOrder.status != InboundStatus.CLOSED.value)
    elif status in set(InboundStatus):
        conditions.append(InboundOrder.status == status)
    return sa.select(InboundOrder.id).outerjoin(Partner, Partner.id == InboundOrder.partner_id).where(*conditions)


def inbound_rows(ids: Sequence[int], language: str) -> list[InboundView]:
    """Rows for these inbound orders, in this order."""
    with_lines = sa.select(InboundOrder).where(InboundOrder.id.in_(ids)).options(selectinload(InboundOrder.lines))
    orders = {order.id: order for order in session.execute(with_lines).scalars()}
    return shown_inbound([orders[one] for one in ids if one in orders], language)


# -- what forms offer --------------------------------------------------------------------------------------------------

_OFFERED = 500


def partner_choices(*kinds: str) -> list[tuple[str, str]]:
    """Partners to choose from, as (code, name)."""
    rows = session.execute(
        sa.select(Partner.code, Partner.name).where(Partner.kind.in_(kinds)).order_by(Partner.name, Partner.code).limit(_OFFERED)
    )
    return [(row.code, row.name) for row in rows]


def product_choices() -> list[tuple[str, Text]]:
    """Products to choose from, as (sku, name)."""
    rows = session.execute(sa.select(Product.sku, Product.name, Product.name_en, Product.name_zh).order_by(Product.sku_key).limit(_OFFERED))
    return [(row.sku, T(row.name_en or row.name, row.name_zh or row.name)) for row in rows]


def exported(rows: Callable[[Sequence[int], str], list[R]], ids: Sequence[int], language: str) -> Iterator[R]:
    """All rows of an export, read in parts, so that no statement names ten thousand ids."""
    for some in few(ids):
        yield from rows(some, language)
