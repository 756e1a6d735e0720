"""Continuous release: lists go to the floor by due time and free capacity, a few at a time, and nobody plans them.

`look` says what would go now and what would not, and why; the job in wms.picking.jobs does it. What is urgent goes whatever the caps say.
Everything is looked at anew each time, so that nothing is remembered that could be wrong, and a turn that died is simply taken again.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import sqlalchemy as sa

from wms import clock
from wms.actor import Actor, Role
from wms.auth.models import Person
from wms.db import fold, session, table_of, upsert
from wms.errors import Invalid
from wms.i18n import T, Text
from wms.locations.models import Location
from wms.orders.models import Order
from wms.picking import cart_kinds, choosing
from wms.picking.advice import METHODS, Advice, MethodUnfit
from wms.picking.allocation import propose
from wms.picking.choosing import Choice, Skipped
from wms.picking.goods import Chosen, Goods, look_up
from wms.picking.models import Cart, Method, PickList, Stream
from wms.stock.models import Claim, Reservation, Stage, Stock
from wms.tasks import workers
from wms.tasks.models import LIVE, Task, TaskKind

URGENT = 9


class ZoneTwice(Invalid):
    """A zone has one cap."""

    code = "zone_twice"
    sentence = T("Zone {zone} has two caps", "库区 {zone} 设了两个上限")
    advice = T("Keep one of them", "请只保留一个")


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
    return session.get(Stream, site_id) or Stream(site_id=site_id, **_columns(StreamFacts(), None))


def put(facts: StreamFacts, *, by: Actor) -> Stream:
    """Sets it up, starts or stops it; of two who do so at once, the later one is right.

    Raises CartUnknown, MethodUnfit, ZoneUnknown, ZoneTwice.
    """
    if facts.method not in METHODS:
        raise MethodUnfit(pointer="/method", method=facts.method.text)
    cart = None if facts.cart is None else cart_kinds.find(facts.cart, by=by).id
    values = {
        **_columns(replace(facts, zone_caps=_known_zones(facts.zone_caps, by.site_id)), cart),
        "updated_at": clock.now(),
        "by_id": by.id,
    }
    fresh = upsert(table_of(Stream)).values(site_id=by.site_id, **values)
    session.execute(fresh.on_conflict_do_update(index_elements=["site_id"], set_=values))
    return session.get_one(Stream, by.site_id, populate_existing=True)


def _known_zones(caps: Sequence[tuple[str, int]], site_id: int) -> tuple[tuple[str, int], ...]:
    """The caps with their zones as the site writes them. Raises ZoneUnknown, ZoneTwice."""
    known = {fold(zone): zone for zone in workers.zones_of(site_id)}
    found: dict[str, int] = {}
    for place, (zone, lines) in enumerate(caps):
        pointer, name = f"/zone_caps/{place}/zone", known.get(fold(zone))
        if name is None:
            raise workers.ZoneUnknown(pointer=pointer, zone=zone[:40])
        if name in found:
            raise ZoneTwice(pointer=pointer, zone=name)
        found[name] = lines
    return tuple(found.items())


def _columns(facts: StreamFacts, cart_id: int | None) -> dict[str, Any]:
    return {
        "running": facts.running,
        "method": facts.method.value,
        "cart_id": cart_id,
        "horizon_minutes": facts.horizon_minutes,
        "most_orders": facts.most_orders,
        "most_lists": facts.most_lists,
        "zone_lines": facts.zone_lines,
        "zone_caps": [{"zone": zone, "lines": lines} for zone, lines in facts.zone_caps],
    }


def actor_of(stream: Stream) -> Actor | None:
    """Who started it: in their name the work is planned."""
    person = session.get(Person, stream.by_id) if stream.by_id else None
    if person is None:
        return None
    return Actor(person.id, person.code, person.name, frozenset(Role(role) for role in person.roles), stream.site_id, "zh_CN")


def open_lists(site_id: int) -> int:
    """How many lists are not finished."""
    live = sa.select(sa.func.count()).select_from(PickList).join(Task, Task.id == PickList.task_id)
    return session.execute(live.where(PickList.site_id == site_id, Task.status.in_(LIVE))).scalar_one()


def open_lines(site_id: int) -> dict[str, int]:
    """Lines still to be picked on lists, by the key of their zone."""
    rows = session.execute(
        sa.select(Location.zone, sa.func.count())
        .select_from(Reservation)
        .join(Task, Task.id == Reservation.task_id)
        .join(Stock, Stock.id == Reservation.stock_id)
        .join(Location, Location.id == Stock.location_id)
        .where(Task.site_id == site_id, Task.kind == TaskKind.PICK.value, Task.status.in_(LIVE))
        .where(Reservation.status == Claim.PENDING.value, Reservation.stage == Stage.RESERVED.value)
        .group_by(Location.zone)
    ).all()
    found: dict[str, int] = {}
    for zone, count in rows:
        found[fold(zone or "")] = found.get(fold(zone or ""), 0) + count
    return found


def look(stream: Stream) -> Look:
    """What would go now, and why the rest waits. Only looks, and locks nothing. What is due later keeps no goods from what is due now."""
    waiting, _ = choosing.choose(stream.site_id, Choice(), lock=False)
    horizon = _horizon(stream)
    due = [order for order in waiting if order.priority >= URGENT or order.due_at is None or order.due_at <= horizon]
    turn, without = _offered(stream, due)
    too_early = T("It is due later than {n} min from now", "承诺时间在 {n} 分钟之后", n=stream.horizon_minutes)
    known = {order.id for order in due}
    later = [Skipped(order.number, too_early) for order in waiting if order.id not in known]
    return Look(tuple(turn.orders), tuple(turn.urgent), (*turn.skipped, *without, *later), turn.lists, turn.lines)


def look_at_first(stream: Stream, *, first: int = 250) -> Look:
    """As `look`, but no further down the line than there is room on the floor: what goes is the same, and who waits behind is not said."""
    due = sa.or_(Order.priority >= URGENT, Order.due_at.is_(None), Order.due_at <= _horizon(stream))
    here = (Order.site_id == stream.site_id, Order.status.in_(choosing.ON_THE_FLOOR), choosing.WAITING, due)
    line = session.execute(sa.select(Order.number, Order.priority).where(*here).order_by(*choosing.SEQUENCE)).all()
    while True:
        head = line[:first]
        orders, _ = choosing.choose(stream.site_id, Choice(tuple(row.number for row in head)), lock=False)
        turn, without = _offered(stream, orders)
        if first >= len(line) or (turn.room <= 0 and head[-1].priority < URGENT):
            return Look(tuple(turn.orders), tuple(turn.urgent), (*turn.skipped, *without), turn.lists, turn.lines)
        first *= 4


def _horizon(stream: Stream) -> dt.datetime:
    return clock.now() + dt.timedelta(minutes=stream.horizon_minutes)


def _offered(stream: Stream, due: Sequence[Order]) -> tuple[_Turn, list[Skipped]]:
    """A turn of release with these orders offered in their sequence, and those for which there are no goods."""
    goods = _goods([order.id for order in due], stream.site_id)
    turn = _Turn(stream, open_lists(stream.site_id), open_lines(stream.site_id))
    for order in due:
        if order.id in goods:
            turn.offer(order, goods[order.id])
    return turn, choosing.left_empty([order for order in due if order.id not in goods])


def _goods(orders: list[int], site_id: int) -> dict[int, list[Goods]]:
    """What each of these orders would get now."""
    found: dict[int, list[Goods]] = {}
    for one in look_up([Chosen(*one) for one in propose(orders, site_id=site_id)] if orders else []):
        found.setdefault(one.order_id, []).append(one)
    return found


class _Turn:
    """One turn of release: orders are offered in their sequence, and go as long as there is room for them.

    Who finds a zone too full is not overtaken there by smaller orders: what comes after it waits too.
    """

    def __init__(self, stream: Stream, lists: int, lines: dict[str, int]) -> None:
        self.stream, self.lists, self.lines = stream, lists, lines
        self.room = max(0, stream.most_lists - lists) * _orders_of_a_list(stream)
        self.caps = {fold(cap["zone"]): int(cap["lines"]) for cap in stream.zone_caps}
        self.filled = dict(lines)
        self.kept: dict[str, str] = {}  # zone -> the order that waits for room there
        self.orders: list[str] = []
        self.urgent: list[str] = []
        self.skipped: list[Skipped] = []

    def offer(self, order: Order, goods: list[Goods]) -> None:
        """The order goes, or it is said why not."""
        mine = Counter(fold(one.place.zone or "") for one in goods)
        if order.priority >= URGENT:
            self.urgent.append(order.number)
        elif (reason := self._why_not(order, mine)) is not None:
            self.skipped.append(Skipped(order.number, reason))
            return
        else:
            self.room -= 1
        self.orders.append(order.number)
        for zone, count in mine.items():
            self.filled[zone] = self.filled.get(zone, 0) + count

    def _why_not(self, order: Order, mine: Mapping[str, int]) -> Text | None:
        if self.room <= 0:
            most = self.stream.most_lists
            return T("At most {n} {n:list/lists} may be open, and others come first", "在拣单最多 {n} 张，其他订单在前", n=most)
        for zone, count in mine.items():
            name, there = zone.upper() or "–", self.filled.get(zone, 0)
            if zone in self.kept:
                facts: dict[str, Any] = {"zone": name, "order": self.kept[zone]}
                return T("Zone {zone} is kept for {order}, which comes first", "库区 {zone} 须先为 {order} 腾出余量", **facts)
            most = self.caps.get(zone, self.stream.zone_lines)
            if there and there + count > most:
                self.kept[zone] = order.number
                facts = {"zone": name, "open": there, "most": most}
                return T(
                    "Zone {zone} has {open} {open:line/lines} open, at most {most}", "库区 {zone} 在拣 {open} 行，上限 {most}", **facts
                )
        return None


def _orders_of_a_list(stream: Stream) -> int:
    """How many orders go on a list at most."""
    if stream.method == Method.SINGLE:
        return 1
    positions = session.execute(sa.select(Cart.positions).where(Cart.id == stream.cart_id)).scalar_one_or_none()
    return min(stream.most_orders, positions or stream.most_orders)


def within(advice: Advice, seen: Look, most_lists: int) -> tuple[str, ...]:
    """The orders that go, now that their lists are known: no more lists than may be open, but for the urgent.

    Who needs more lists than there is room for is not overtaken; on an empty floor it goes all the same, for it would wait for ever.
    """
    trips: dict[str, set[int]] = {}
    for number, trip in enumerate(advice.trips):
        for one in trip.goods:
            trips.setdefault(one.order, set()).add(number)
    chosen: list[str] = []
    begun: set[int] = set()
    left, waits = most_lists - seen.open_lists, False
    for order in seen.orders:
        new = trips.get(order, set()) - begun
        lists = sum(len(advice.trips[number].walks) for number in new)
        first = not seen.open_lists and not begun
        if lists and not first and order not in seen.urgent and (waits or lists > left):
            waits = True
        elif order in trips:
            chosen.append(order)
            begun |= new
            left -= lists
    return tuple(chosen)
