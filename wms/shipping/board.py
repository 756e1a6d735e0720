"""How loading goes, truck by truck, as it is this minute: how much is on board, how fast, when it will be done, and which is late."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import sqlalchemy as sa

from wms import clock
from wms.actor import Actor
from wms.db import session
from wms.orders.models import Order, OrderStatus
from wms.shipping import carrying, fleet, history, queries, routes
from wms.shipping.carrying import Figure, Measure
from wms.shipping.history import Held
from wms.shipping.models import Load, LoadStatus, Route, Shipment
from wms.stock.models import HandlingUnit
from wms.tasks import urgency
from wms.tasks.urgency import Lateness

LOOKED_BACK = dt.timedelta(minutes=30)
STANDS_STILL = dt.timedelta(minutes=15)
MOST = 200


@dataclass(frozen=True)
class Pace:
    """Units that were put on board: since when, how many lately, and the last one."""

    first: dt.datetime | None = None
    last: dt.datetime | None = None
    lately: int = 0
    all: int = 0

    def per_hour(self, now: dt.datetime) -> float | None:
        """Units an hour: of the last half hour, else since loading began; None before there is a second one."""
        if self.first is None or self.all < 2:
            return None
        if self.lately >= 2:
            return self.lately / (min(LOOKED_BACK, max(now - self.first, dt.timedelta(minutes=1))) / dt.timedelta(hours=1))
        return self.all / (max(now - self.first, dt.timedelta(minutes=1)) / dt.timedelta(hours=1))


@dataclass(frozen=True)
class Loading:
    """One truck on the board."""

    row: queries.LoadRow
    pace: Pace
    rate: float | None
    done_at: dt.datetime | None
    """When everything that is packed will be on board, as it goes now."""
    due_at: dt.datetime | None
    """The first of its orders, or its route's cut-off where that comes earlier."""
    lateness: Lateness | None
    not_packed: int
    """Orders that are not packed yet."""
    figures: tuple[Figure, ...]
    held: Held | None

    @property
    def still_since(self) -> dt.datetime | None:
        """Since when nobody has put anything on it, though loading has begun and something waits."""
        waits = self.row.status is LoadStatus.LOADING and self.row.loaded < self.row.units
        return self.pace.last if waits and self.pace.last and clock.now() - self.pace.last > STANDS_STILL else None

    @property
    def tightest(self) -> Figure | None:
        """The measure that is nearest its limit."""
        limited = [one for one in self.figures if one.most]
        return max(limited, key=lambda one: one.planned / (one.most or 1), default=None)


def board(by: Actor) -> list[Loading]:
    """The loads that have not left: late ones first, then by when they are due."""
    now = clock.now()
    found = session.execute(queries.loads_listed(by, status="open").order_by(Load.id).limit(MOST)).all()
    rows = [(row[0], queries.load_row(row)) for row in found]
    ids = [load.id for load, _ in rows]
    paces, plans, dues, unpacked = _paces(ids, now), _plans(ids), _dues(ids), _not_packed(ids)
    held = history.held_at_gate(load.id for load, _ in rows if load.status == LoadStatus.CLOSED)
    cut_offs = _cut_offs({load.route_id for load, _ in rows if load.route_id}, now)
    shown = []
    for load, row in rows:
        pace = paces.get(load.id, Pace())
        rate = pace.per_hour(now) if row.status is LoadStatus.LOADING else None
        left = row.units - row.loaded
        done_at = now + dt.timedelta(hours=left / rate) if rate and left else None
        due_at = min((one for one in (dues.get(load.id), cut_offs.get(load.route_id or 0)) if one), default=None)
        takes = done_at - now if done_at else urgency.remains("load") if row.status is not LoadStatus.CLOSED else dt.timedelta()
        figures = carrying.figures(fleet.capacity_of(load), plans.get(load.id, Measure()), Measure())
        late = urgency.lateness(due_at, now, takes)
        shown.append(Loading(row, pace, rate, done_at, due_at, late, unpacked.get(load.id, 0), tuple(figures), held.get(load.id)))
    return sorted(shown, key=lambda one: (one.lateness is None, one.due_at or now + dt.timedelta(days=9999), one.row.id))


def left_today(by: Actor) -> int:
    """Trucks that went out of the gate today."""
    query = sa.select(sa.func.count()).where(Load.site_id == by.site_id, Load.left_at >= clock.begins(clock.today()))
    return int(session.execute(query).scalar_one())


def _paces(ids: list[int], now: dt.datetime) -> dict[int, Pace]:
    lately = sa.func.sum(sa.case((HandlingUnit.loaded_at >= now - LOOKED_BACK, 1), else_=0))
    rows = session.execute(
        sa.select(HandlingUnit.load_id, sa.func.min(HandlingUnit.loaded_at), sa.func.max(HandlingUnit.loaded_at), lately, sa.func.count())
        .where(HandlingUnit.load_id.in_(ids))
        .group_by(HandlingUnit.load_id)
    )
    return {load_id: Pace(first, last, int(some), every) for load_id, first, last, some, every in rows if load_id}


def _carried(ids: list[int]) -> list[tuple[int, int]]:
    rows = session.execute(sa.select(Shipment.load_id, Shipment.order_id).where(Shipment.load_id.in_(ids), Shipment.left_at.is_(None)))
    return [(load_id, order_id) for load_id, order_id in rows if load_id]


def _plans(ids: list[int]) -> dict[int, Measure]:
    carried = _carried(ids)
    measures = carrying.of_orders([order_id for _, order_id in carried])
    found: dict[int, Measure] = {}
    for load_id, order_id in carried:
        found[load_id] = found.get(load_id, Measure()) + measures.get(order_id, Measure())
    return found


def _dues(ids: list[int]) -> dict[int, dt.datetime]:
    rows = session.execute(
        sa.select(Shipment.load_id, sa.func.min(Order.due_at))
        .join(Order, Order.id == Shipment.order_id)
        .where(Shipment.load_id.in_(ids), Shipment.left_at.is_(None), Order.due_at.is_not(None))
        .group_by(Shipment.load_id)
    )
    return {load_id: due for load_id, due in rows if load_id}


def _not_packed(ids: list[int]) -> dict[int, int]:
    rows = session.execute(
        sa.select(Shipment.load_id, sa.func.count())
        .join(Order, Order.id == Shipment.order_id)
        .where(Shipment.load_id.in_(ids), Order.status.in_([OrderStatus.PICKING.value, OrderStatus.PICKED.value]))
        .group_by(Shipment.load_id)
    )
    return {load_id: count for load_id, count in rows if load_id}


def _cut_offs(route_ids: set[int], now: dt.datetime) -> dict[int, dt.datetime]:
    """Today's cut-offs that have not long passed: of a load that was planned for tomorrow, yesterday's says nothing."""
    query = sa.select(Route).where(Route.id.in_(route_ids))
    today = clock.local(now).date()
    moments = {one.id: routes.cut_off_on(one, today) for one in session.execute(query).scalars()}
    return {route_id: moment for route_id, moment in moments.items() if moment}
