"""Continuous release: lists go to the floor by due time and free capacity, a few at a time, and nobody plans them.

`look` says what would go now and what would not, and why; the job in wms.picking.jobs does it. What is urgent goes whatever the caps say.
Everything is looked at anew each time, so that nothing is remembered that could be wrong, and a turn that died is simply taken again.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import sqlalchemy as sa

from wms import clock
from wms.actor import Actor, Role
from wms.auth.models import Person
from wms.db import fold, session
from wms.i18n import T, Text
from wms.locations.models import Location
from wms.picking import cart_kinds, choosing
from wms.picking.advice import METHODS, MethodUnfit
from wms.picking.allocation import propose
from wms.picking.choosing import Choice, Skipped
from wms.picking.goods import Chosen, Goods, look_up
from wms.picking.models import Method, PickList, Stream
from wms.stock.models import Claim, Reservation, Stage, Stock
from wms.tasks.models import Task, TaskKind, TaskStatus

URGENT = 9
_LIVE = (TaskStatus.WAITING.value, TaskStatus.OPEN.value, TaskStatus.CLAIMED.value)


@dataclass(frozen=True, slots=True)
class StreamFacts:
    """How work is released by itself."""

    running: bool = False
    method: Method = Method.CLUSTER
    cart: str | None = None
    horizon_minutes: int = 240
    most_orders: int = 8
    most_lists: int = 20
    zone_lines: int = 200
    zone_caps: tuple[tuple[str, int], ...] = ()


@dataclass(frozen=True, slots=True)
class Look:
    """What would go to the floor now, what would not, and how full the floor is."""

    orders: tuple[str, ...]
    urgent: tuple[str, ...]
    skipped: tuple[Skipped, ...]
    open_lists: int
    open_lines: dict[str, int]


def of_site(site_id: int) -> Stream:
    """The site's continuous release; one that stands still where nobody has set it up."""
    found = session.get(Stream, site_id)
    return found or Stream(
        site_id=site_id,
        running=False,
        method=Method.CLUSTER.value,
        horizon_minutes=240,
        most_orders=8,
        most_lists=20,
        zone_lines=200,
        zone_caps=[],
    )


def put(facts: StreamFacts, *, by: Actor) -> Stream:
    """Sets it up, starts or stops it. Raises CartUnknown, MethodUnfit."""
    if facts.method not in METHODS:
        raise MethodUnfit(pointer="/method", method=facts.method.text)
    cart = None if facts.cart is None else cart_kinds.find(facts.cart, by=by).id
    stream = session.get(Stream, by.site_id)
    if stream is None:
        stream = of_site(by.site_id)
        session.add(stream)
    stream.running, stream.method, stream.cart_id = facts.running, facts.method.value, cart
    stream.horizon_minutes, stream.most_orders = facts.horizon_minutes, facts.most_orders
    stream.most_lists, stream.zone_lines = facts.most_lists, facts.zone_lines
    stream.zone_caps = [{"zone": zone, "lines": lines} for zone, lines in facts.zone_caps]
    stream.updated_at, stream.by_id = clock.now(), by.id
    session.flush()  # a cap that is none is told now
    return stream


def actor_of(stream: Stream) -> Actor | None:
    """Who started it: in their name the work is planned."""
    person = session.get(Person, stream.by_id) if stream.by_id else None
    if person is None:
        return None
    return Actor(person.id, person.code, person.name, frozenset(Role(role) for role in person.roles), stream.site_id, "zh_CN")


def open_lists(site_id: int) -> int:
    """How many lists are not finished."""
    live = sa.select(sa.func.count()).select_from(PickList).join(Task, Task.id == PickList.task_id)
    return session.execute(live.where(PickList.site_id == site_id, Task.status.in_(_LIVE))).scalar_one()


def open_lines(site_id: int) -> dict[str, int]:
    """Lines still to be picked on lists, by the key of their zone."""
    rows = session.execute(
        sa.select(Location.zone, sa.func.count())
        .select_from(Reservation)
        .join(Task, Task.id == Reservation.task_id)
        .join(Stock, Stock.id == Reservation.stock_id)
        .join(Location, Location.id == Stock.location_id)
        .where(Task.site_id == site_id, Task.kind == TaskKind.PICK.value, Task.status.in_(_LIVE))
        .where(Reservation.status == Claim.PENDING.value, Reservation.stage == Stage.RESERVED.value)
        .group_by(Location.zone)
    ).all()
    found: dict[str, int] = {}
    for zone, count in rows:
        found[fold(zone or "")] = found.get(fold(zone or ""), 0) + count
    return found


def look(stream: Stream) -> Look:
    """What would go now. Only looks, and locks nothing."""
    site_id = stream.site_id
    lists, lines = open_lists(site_id), open_lines(site_id)
    room = max(0, stream.most_lists - lists) * stream.most_orders
    waiting, _ = choosing.choose(site_id, Choice(), lock=False)
    horizon = clock.now() + dt.timedelta(minutes=stream.horizon_minutes)
    ids = [order.id for order in waiting]
    by_order: dict[int, list[Goods]] = {}
    for one in look_up([Chosen(*one) for one in propose(ids, site_id=site_id)] if ids else []):
        by_order.setdefault(one.order_id, []).append(one)
    taken: list[str] = []
    urgent: list[str] = []
    skipped: list[Skipped] = []
    filled = dict(lines)
    for order in waiting:
        goods = by_order.get(order.id, [])
        is_urgent = order.priority >= URGENT
        if not goods:
            skipped += choosing.left_empty([order])
            continue
        mine: dict[str, int] = {}
        for one in goods:
            key = fold(one.place.zone or "")
            mine[key] = mine.get(key, 0) + 1
        reason = None
        if not is_urgent:
            reason = _why_not_now(stream, order.due_at, horizon, room - (len(taken) - len(urgent)), mine, filled)
        if reason is not None:
            skipped.append(Skipped(order.number, reason))
            continue
        taken.append(order.number)
        if is_urgent:
            urgent.append(order.number)
        for zone, count in mine.items():
            filled[zone] = filled.get(zone, 0) + count
    return Look(tuple(taken), tuple(urgent), tuple(skipped), lists, lines)


def _why_not_now(
    stream: Stream, due_at: dt.datetime | None, horizon: dt.datetime, room: int, mine: dict[str, int], filled: dict[str, int]
) -> Text | None:
    if due_at is not None and due_at > horizon:
        return T("It is due later than {n} min from now", "承诺时间在 {n} 分钟之后", n=stream.horizon_minutes)
    if room <= 0:
        return T("{n} {n:list is/lists are} open, as many as may be", "在拣单已达上限 {n} 张", n=stream.most_lists)
    caps = {fold(cap["zone"]): int(cap["lines"]) for cap in stream.zone_caps}
    for zone, count in mine.items():
        most = caps.get(zone, stream.zone_lines)
        if filled.get(zone, 0) + count > most and filled.get(zone, 0):
            facts = {"zone": zone.upper() or "–", "open": filled.get(zone, 0), "most": most}
            return T("Zone {zone} has {open} {open:line/lines} open, at most {most}", "库区 {zone} 在拣 {open} 行，上限 {most}", **facts)
    return None
