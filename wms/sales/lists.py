"""The orders that sales looks at: late, at risk, and those that somebody watches; each with its reason."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from wms import clock
from wms.actor import Actor
from wms.catalog.models import Partner
from wms.db import among, fold, session
from wms.i18n import T, Text, Worded
from wms.orders import forecasts, queries
from wms.orders.models import WAITING, Order, OrderLine, OrderStatus
from wms.orders.queries import UNFINISHED
from wms.sales import words
from wms.sales.models import Watch
from wms.sales.orders import Standing, standing

S = OrderStatus
_ON_THE_FLOOR = (S.RELEASED, S.PICKING, S.PICKED, S.PACKED, S.LOADED)
_OVER = (S.CLOSED, S.CANCELLED)
_FAR = dt.datetime(9999, 12, 31, tzinfo=dt.UTC)
_AND = {"en": ". ", "zh_CN": "。"}


class View(Worded):
    """Which orders."""

    LATE = "late", T("Late", "已逾期")
    RISK = "risk", T("At risk", "有风险")
    MINE = "mine", T("Mine", "我关注的")
    ALL = "all", T("All that are open", "全部未完结")


@dataclass(frozen=True)
class Row:
    """An order in a list, with why it stands as it does."""

    id: int
    number: str
    reference: str | None
    customer: str
    customer_name: str
    status: OrderStatus
    stands: Text
    due_at: Any
    promise: Text | None
    promise_tone: str
    late: bool
    why: str
    tone: str


SORTS: dict[str, Any] = {
    "number": Order.number_key,
    "due": (sa.func.coalesce(Order.due_at, _FAR), Order.id),
    "promised": (sa.func.coalesce(Order.promised_on, _FAR.date()), Order.id),
    "entered": Order.id,
    "customer": (Partner.name, Order.id),
}


def statement(view: View, *, by: Actor, customer: str = "") -> sa.Select[Any]:
    """The ids of the orders of a view, without order."""
    query = sa.select(Order.id).join(Partner, Partner.id == Order.customer_id).where(Order.site_id == by.site_id, *_which(view, by))
    return query.where(Partner.code_key == fold(customer)) if customer else query


def _in(*statuses: OrderStatus) -> sa.ColumnElement[bool]:
    return Order.status.in_([status.value for status in statuses])


def _which(view: View, by: Actor) -> list[sa.ColumnElement[bool]]:
    moment = clock.now()
    if view is View.LATE:
        return [_in(*UNFINISHED), Order.due_at < moment]
    if view is View.RISK:
        waits = sa.exists(sa.select(OrderLine.id).where(OrderLine.order_id == Order.id, sa.text(WAITING)).correlate(Order))
        signs = (
            Order.status == S.HELD.value,
            among(Order.id, forecasts.late_ids(by.site_id)),
            Order.promised_on < clock.today(),
            sa.and_(_in(*_ON_THE_FLOOR), waits),
        )
        return [_in(*UNFINISHED), sa.or_(Order.due_at.is_(None), Order.due_at >= moment), sa.or_(*signs)]
    going = _in(*(status for status in S if status not in _OVER))
    if view is View.MINE:
        mine = sa.select(Watch.order_id).where(Watch.person_id == by.id, Watch.order_id.is_not(None))
        theirs = (
            sa.select(Order.id)
            .join(Watch, sa.and_(Watch.customer_id == Order.customer_id, Watch.site_id == Order.site_id))
            .where(Watch.person_id == by.id, Order.site_id == by.site_id, going)
        )
        return [going, sa.or_(Order.id.in_(mine), Order.id.in_(theirs))]
    return [going]


def how_many(view: View, *, by: Actor) -> int:
    """How many orders a view has."""
    return session.execute(sa.select(sa.func.count()).select_from(statement(view, by=by).subquery())).scalar_one()


def rows(ids: Sequence[int], language: str) -> list[Row]:
    """Rows for these orders, in this order."""
    orders = {order.id: order for order in session.execute(sa.select(Order).where(Order.id.in_(ids))).scalars()}
    shown = queries.shown([orders[one] for one in ids if one in orders], language)
    return [_row(standing(view, language), language) for view in shown]


def _row(one: Standing, language: str) -> Row:
    order = one.order
    said = [_AND[language].join(filter(None, (trouble.text, trouble.why))) for trouble in one.troubles]
    tones = [trouble.tone for trouble in one.troubles]
    return Row(
        *(order.id, order.number, order.reference, order.customer, order.customer_name, order.status, words.STANDS[order.status]),
        *(order.due_at, one.promise, one.promise_tone, order.late),
        _AND[language].join(said) or (one.can_ship if order.status is S.RECEIVED else ""),
        "stop" if "stop" in tones else "ask" if tones else "calm",
    )
