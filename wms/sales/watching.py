"""Who watches an order hears of its milestones: a notice is written with the same stroke that tells the webhooks, so each comes once.

Milestones are what a customer would want to be called about. What a person did themselves they are not told.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from wms import clock, events
from wms.actor import Actor
from wms.catalog import partners
from wms.catalog.models import Partner, PartnerKind
from wms.db import again, insert_rows, is_postgresql, read, session, table_of, transaction, upsert
from wms.errors import Refused
from wms.events import Event
from wms.i18n import T, Text
from wms.orders import operations, timeline
from wms.orders.models import Order, OrderStatus
from wms.orders.queries import UNFINISHED
from wms.sales import words
from wms.sales.models import Notice, Watch

S = OrderStatus
LATE = "order.late"
MILESTONES = (
    *("order.released", "order.held", "order.packed", "order.shipped", "order.delivered", LATE, "order.short", "order.cancelled"),
    *("order.part_left", "order.part_signed", "order.merged"),
)
MOST = 1000
"""So many orders and customers may one person watch."""
_HANDFUL = 100
_LOOKED_BACK = dt.timedelta(days=7)
"""What was due longer ago was told then, or is no news."""

timeline.teach(LATE, T("It should have left by now", "已过承诺发货时间"), "stop")


class TooManyWatched(Refused):
    """Nobody reads that many notices."""

    code = "too_many_watched"
    sentence = T("You watch {most} orders and customers already", "您已关注 {most} 项")
    advice = T("Let go of some that are over", "请先取消部分关注")


# -- watching ----------------------------------------------------------------------------------------------------------


def watch(number: str, *, by: Actor) -> Order:
    """Tells this person of the order's milestones from now on; once more changes nothing. Raises OrderUnknown, TooManyWatched."""
    order = operations.find(number, by=by)
    _begin(by, order_id=order.id)
    return order


def watch_customer(code: str, *, by: Actor) -> Partner:
    """Likewise of all orders of a customer, those still to come too. Raises PartnerUnknown, TooManyWatched."""
    customer = partners.find_partner(code, kind=PartnerKind.CUSTOMER)
    _begin(by, customer_id=customer.id)
    return customer


def _begin(by: Actor, **what: int) -> None:
    table = table_of(Watch)
    mine = session.execute(sa.select(sa.func.count()).where(table.c.person_id == by.id)).scalar_one()
    if mine >= MOST and not _watches(by, **what):
        raise TooManyWatched(most=MOST)
    rows = upsert(table).values(site_id=by.site_id, person_id=by.id, since=clock.now(), **what)
    session.execute(rows.on_conflict_do_nothing())


def _watches(by: Actor, **what: int) -> bool:
    query = sa.select(Watch.id).where(Watch.person_id == by.id, Watch.site_id == by.site_id)
    return session.execute(query.filter_by(**what).limit(1)).first() is not None


def let_go(number: str, *, by: Actor) -> Order:
    """Tells this person no more of an order. Raises OrderUnknown."""
    order = operations.find(number, by=by)
    session.execute(sa.delete(Watch).where(Watch.person_id == by.id, Watch.order_id == order.id))
    return order


def let_go_of_customer(code: str, *, by: Actor) -> Partner:
    """Tells this person no more of a customer's orders. Raises PartnerUnknown."""
    customer = partners.find_partner(code, kind=PartnerKind.CUSTOMER)
    theirs = (Watch.person_id == by.id, Watch.site_id == by.site_id, Watch.customer_id == customer.id)
    session.execute(sa.delete(Watch).where(*theirs))
    return customer


@dataclass(frozen=True)
class Watched:
    """Whether a person watches an order itself, or its customer."""

    order: bool
    customer: bool


def watched(order_id: int, customer: str, *, by: Actor) -> Watched:
    """How a person watches an order."""
    rows = read(_WATCHED, {"person": by.id, "site": by.site_id, "order": order_id, "customer": customer}).all()
    return Watched(any(row.order_id == order_id for row in rows), any(row.code == customer for row in rows))


_WA, _PA = table_of(Watch), table_of(Partner)
_WATCHED = (
    sa.select(_WA.c.order_id, _PA.c.code)
    .outerjoin(_PA, _PA.c.id == _WA.c.customer_id)
    .where(
        *(_WA.c.person_id == sa.bindparam("person"), _WA.c.site_id == sa.bindparam("site")),
        sa.or_(_WA.c.order_id == sa.bindparam("order"), _PA.c.code == sa.bindparam("customer")),
    )
)


def customers_of(by: Actor) -> list[Partner]:
    """The customers whom a person watches."""
    query = sa.select(Partner).join(Watch, Watch.customer_id == Partner.id).where(Watch.person_id == by.id, Watch.site_id == by.site_id)
    return list(session.execute(query.order_by(Partner.name, Partner.id)).scalars())


# -- telling -----------------------------------------------------------------------------------------------------------


def notify(told: Sequence[Event]) -> None:
    """Writes the notices of these events, in the transaction in which they are told."""
    milestones = [one for one in told if one.subject_kind == Order.event_kind and one.code in MILESTONES and _is_news(one)]
    if not milestones:
        return
    watchers = _watchers({one.subject_id for one in milestones})
    rows = [
        {"site_id": one.site_id, "person_id": person, "event_id": one.id, "order_id": one.subject_id, "at": one.at, "seen_at": None}
        for one in milestones
        for person, since in sorted(watchers[one.subject_id].items())
        if person != one.by_id and since <= one.at
    ]
    insert_rows(table_of(Notice), rows)


def _is_news(event: Event) -> bool:
    """Packed again because it came off the truck is none; nor is that an order ended which goes on as a part of another one."""
    if event.code == "order.cancelled" and "into" in event.facts:
        return False
    order, before, now = [status.value for status in S], event.facts.get("before"), event.code.partition(".")[2]
    return not (before in order and now in order and now not in (S.HELD, S.RELEASED) and order.index(before) > order.index(now))


def _watchers(orders: set[int]) -> dict[int, dict[int, dt.datetime]]:
    """Who watches each of these orders, and since when."""
    itself = sa.select(Watch.order_id, Watch.person_id, Watch.since).where(Watch.order_id.in_(orders))
    customers = (
        sa.select(Order.id, Watch.person_id, Watch.since)
        .join(Watch, sa.and_(Watch.customer_id == Order.customer_id, Watch.site_id == Order.site_id))
        .where(Order.id.in_(orders))
    )
    found: dict[int, dict[int, dt.datetime]] = defaultdict(dict)
    for query in (customers, itself):
        for order_id, person, since in session.execute(query):
            found[order_id][person] = min(since, found[order_id].get(person, since))
    return found


events.hear(notify)


def tell_late() -> int:
    """Writes down, once, that an order should have left by now; how many. Another due time is another matter."""
    moment = clock.now()
    said = sa.exists(
        sa.select(Event.id)
        .where(Event.subject_kind == Order.event_kind, Event.subject_id == Order.id, Event.code == LATE, Event.at >= Order.due_at)
        .correlate(Order)
    )
    overdue = sa.and_(
        Order.status.in_([status.value for status in UNFINISHED]), Order.due_at < moment, Order.due_at > moment - _LOOKED_BACK, ~said
    )
    told = 0
    while ids := session.execute(sa.select(Order.id).where(overdue).order_by(Order.id).limit(_HANDFUL)).scalars().all():
        session.rollback()
        done = again(lambda ids=ids: _tell_late(ids, overdue))  # type: ignore[misc]
        told += done
        if not done:
            break  # somebody has them in hand: the next round finds them
    session.rollback()
    return told


def _tell_late(ids: Sequence[int], overdue: sa.ColumnElement[bool]) -> int:
    with transaction():
        query = sa.select(Order).where(Order.id.in_(ids), overdue).order_by(Order.id)
        if is_postgresql():
            query = query.with_for_update(skip_locked=True, key_share=True)
        late = session.execute(query).scalars().all()
        events.record_each([(one, LATE, {"due": one.due_at.isoformat()}) for one in late if one.due_at], by=None)
        return len(late)


# -- reading -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class NoticeView:
    """A notice in words."""

    id: int
    at: dt.datetime
    order: str
    customer: str
    customer_name: str
    code: str
    text: str
    tone: str
    seen: bool


NOTICE_SORTS: dict[str, Any] = {"at": Notice.id, "order": (Order.number_key, Notice.id)}


def notices(*, by: Actor, new: bool = False, after: int = 0) -> sa.Select[Any]:
    """A person's notices at their site, without order."""
    query = (
        sa.select(Notice, Event.code, Event.facts, Order.number, Partner.code.label("customer"), Partner.name.label("customer_name"))
        .join(Event, Event.id == Notice.event_id)
        .join(Order, Order.id == Notice.order_id)
        .join(Partner, Partner.id == Order.customer_id)
        .where(Notice.person_id == by.id, Notice.site_id == by.site_id, Notice.id > after)
    )
    return query.where(Notice.seen_at.is_(None)) if new else query


_WHY = T("{text} · {why}", "{text}：{why}")


def in_words(rows: Iterable[Any], language: str) -> list[NoticeView]:
    """Notices as they are read."""
    found, read = [], list(rows)
    for row, facts in zip(read, timeline.as_counted([row.facts for row in read]), strict=True):
        text, tone = timeline.in_words(row.code, facts, language)
        plain: Text | None = words.plain(row.code)
        why = None if plain else timeline.detail_in_words(facts, language)
        told = plain.say(language) if plain else _WHY.say(language, text=text, why=why) if why else text
        one: Notice = row[0]
        found.append(NoticeView(one.id, one.at, row.number, row.customer, row.customer_name, row.code, told, tone, one.seen_at is not None))
    return found


def how_many_new(by: Actor) -> int:
    """How many notices a person has not seen."""
    mine = (Notice.person_id == by.id, Notice.site_id == by.site_id, Notice.seen_at.is_(None))
    return session.execute(sa.select(sa.func.count()).where(*mine)).scalar_one()


def seen(*, by: Actor, up_to: int) -> int:
    """A person has seen their notices up to this one; how many were new."""
    mine = (Notice.person_id == by.id, Notice.site_id == by.site_id, Notice.seen_at.is_(None), Notice.id <= up_to)
    done = session.execute(sa.update(Notice).where(*mine).values(seen_at=clock.now()).execution_options(synchronize_session=False))
    return int(done.rowcount)  # type: ignore[attr-defined]
