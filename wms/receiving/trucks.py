"""Reads about arrivals: today's vehicles and what is wrong with them, and how long goods took from the gate to their place."""

from __future__ import annotations

import datetime as dt
import statistics
from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import aliased

from wms import clock
from wms.actor import Actor
from wms.catalog.models import Partner
from wms.db import fold, session
from wms.i18n import HowFar, T, Text, how_far
from wms.locations.models import Kind, Location, Site
from wms.orders import line_queries
from wms.orders.models import InboundLine, InboundOrder, InboundStatus
from wms.receiving.arrivals import HERE
from wms.receiving.dock_taken import span_in_words
from wms.receiving.models import Arrival, ArrivalOrder, ArrivalStatus
from wms.stock.models import Movement, MovementKind, Stock

S = ArrivalStatus
WAITS_TOO_LONG = dt.timedelta(minutes=30)  # a driver at the door
SOON = dt.timedelta(minutes=15)
_UNSTORED = (Kind.DOCK.value, Kind.INSPECTION.value)


@dataclass(frozen=True)
class Truck:
    """One arrival as boards and answers show it."""

    id: int
    number: str
    site: str
    status: ArrivalStatus
    partner: str | None
    partner_name: str | None
    carrier: str | None
    carrier_name: str | None
    plate: str | None
    driver: str | None
    phone: str | None
    dock: str | None
    planned_from: dt.datetime | None
    planned_until: dt.datetime | None
    arrived_at: dt.datetime | None
    unloading_at: dt.datetime | None
    unloaded_at: dt.datetime | None
    left_at: dt.datetime | None
    note: str | None
    created_at: dt.datetime
    updated_at: dt.datetime
    orders: list[str]
    stored_at: dt.datetime | None = None  # when the last of its goods were put away
    late_after: dt.timedelta = SOON

    @property
    def dock_to_stock_minutes(self) -> int | None:
        """From its coming until its last goods were put away; none as long as some wait."""
        return _minutes(self.stored_at - self.arrived_at) if self.stored_at and self.arrived_at else None

    @property
    def who(self) -> str:
        """Who comes, as people call it: the plate, else the supplier, else the carrier."""
        return self.plate or self.partner_name or self.carrier_name or self.number

    @property
    def tone(self) -> str | None:
        """Whether a person must act: amber soon, red at once."""
        now = clock.now()
        if self.status is S.PLANNED and self.planned_from and now > self.planned_from:
            return "stop" if now > self.planned_from + self.late_after else "ask"
        if self.status is S.ARRIVED and self.arrived_at:
            return "stop" if now > self.arrived_at + WAITS_TOO_LONG else "ask"
        if self.status is S.UNLOADING and self.planned_until and now > self.planned_until - SOON:
            return "stop" if now > self.planned_until else "ask"
        return None

    @property
    def late(self) -> bool:
        """Not here although its time has come."""
        return self.status is S.PLANNED and self.tone == "stop"

    @property
    def why(self) -> Text | None:
        """What it waits for, in words."""
        now = clock.now()
        if self.status is S.PLANNED and self.planned_from and now > self.planned_from:
            return T("{span} late; ask the driver", "晚到 {span}，联系司机", span=span_in_words(now - self.planned_from))
        if self.status is S.ARRIVED and self.arrived_at:
            waits = span_in_words(now - self.arrived_at)
            if self.dock is None:
                return T("Waits {span}; give it a dock", "已等 {span}，请安排月台", span=waits)
            return T("Waits {span} for unloading", "已等待卸货 {span}", span=waits)
        if self.status is S.UNLOADING and self.planned_until and now > self.planned_until - SOON:
            if now > self.planned_until:
                return T("{span} over its time", "超出预约 {span}", span=span_in_words(now - self.planned_until))
            return T("Its time ends in {span}", "预约还剩 {span}", span=span_in_words(self.planned_until - now))
        if self.status is S.UNLOADED:
            return T("May leave", "可离场")
        return None


def _minutes(span: dt.timedelta) -> int:
    return int(span.total_seconds()) // 60


def shown(arrivals: Sequence[Arrival], *, late_after_minutes: int = 15) -> list[Truck]:
    """These arrivals with everything about them, read together."""
    if not arrivals:
        return []
    partner_ids = {one for row in arrivals for one in (row.partner_id, row.carrier_id) if one}
    partners = {row.id: row for row in session.execute(sa.select(Partner).where(Partner.id.in_(partner_ids))).scalars()}
    docks = _codes(Location, {row.dock_id for row in arrivals if row.dock_id})
    sites = _codes(Site, {row.site_id for row in arrivals})
    orders: dict[int, list[str]] = defaultdict(list)
    for arrival_id, number in session.execute(
        sa.select(ArrivalOrder.arrival_id, InboundOrder.number)
        .join(InboundOrder, InboundOrder.id == ArrivalOrder.inbound_order_id)
        .where(ArrivalOrder.arrival_id.in_([row.id for row in arrivals]))
        .order_by(InboundOrder.id)
    ):
        orders[arrival_id].append(number)
    stored = stored_at([row.id for row in arrivals if row.status in (S.UNLOADED, S.LEFT)])
    found = []
    for row in arrivals:
        sender, carrier = partners.get(row.partner_id or 0), partners.get(row.carrier_id or 0)
        found.append(
            Truck(
                id=row.id,
                number=row.number,
                site=sites[row.site_id],
                status=S(row.status),
                partner=sender.code if sender else None,
                partner_name=sender.name if sender else None,
                carrier=carrier.code if carrier else None,
                carrier_name=carrier.name if carrier else None,
                plate=row.plate,
                driver=row.driver,
                phone=row.phone,
                dock=docks.get(row.dock_id or 0),
                planned_from=row.planned_from,
                planned_until=row.planned_until,
                arrived_at=row.arrived_at,
                unloading_at=row.unloading_at,
                unloaded_at=row.unloaded_at,
                left_at=row.left_at,
                note=row.note,
                created_at=row.created_at,
                updated_at=row.updated_at,
                orders=orders[row.id],
                stored_at=stored.get(row.id),
                late_after=dt.timedelta(minutes=late_after_minutes),
            )
        )
    return found


def _codes(model: Any, ids: Collection[int]) -> dict[int, str]:
    return {row.id: row.code for row in session.execute(sa.select(model.id, model.code).where(model.id.in_(ids)))}


# -- dock to stock -------------------------------------------------------------------------------------------------------------


def stored_at(arrival_ids: Sequence[int]) -> dict[int, dt.datetime]:
    """When the last goods of these arrivals left dock and inspection for their place; of those of which nothing waits there any more."""
    if not arrival_ids:
        return {}
    receipt, off = aliased(Movement), aliased(Movement)
    source, target, here = aliased(Location), aliased(Location), aliased(Location)
    came = sa.and_(receipt.arrival_id.in_(arrival_ids), receipt.kind == MovementKind.RECEIPT.value, receipt.reverses_id.is_(None))
    waiting = set(
        session.execute(
            sa.select(receipt.arrival_id)
            .join(Stock, Stock.handling_unit_id == receipt.target_unit_id)
            .join(here, here.id == Stock.location_id)
            .where(came, here.kind.in_(_UNSTORED), Stock.on_hand > 0)
            .distinct()
        ).scalars()
    )
    rows = session.execute(
        sa.select(receipt.arrival_id, sa.func.max(off.at))
        .join(off, sa.and_(off.batch_id == receipt.batch_id, off.id > receipt.id, off.source_unit_id == receipt.target_unit_id))
        .join(source, source.id == off.source_id)
        .join(target, target.id == off.target_id)
        .where(came, source.kind.in_(_UNSTORED), target.kind.not_in([*_UNSTORED, Kind.VIRTUAL.value]))
        .group_by(receipt.arrival_id)
    ).all()
    return {arrival_id: moment for arrival_id, moment in rows if arrival_id not in waiting}


@dataclass(frozen=True)
class DockToStock:
    """How long goods took from the gate to their place, in minutes: of how many vehicles, the middle one, and the worst."""

    vehicles: int = 0
    median: int | None = None
    worst: int | None = None


def dock_to_stock(*, by: Actor) -> tuple[DockToStock, DockToStock]:
    """Of the vehicles that came today, and of those of the last seven days."""
    today = clock.begins(clock.today())
    rows = session.execute(
        sa.select(Arrival.id, Arrival.arrived_at).where(
            Arrival.site_id == by.site_id,
            Arrival.status.in_([S.UNLOADED.value, S.LEFT.value]),
            Arrival.arrived_at >= today - dt.timedelta(days=6),
        )
    ).all()
    came: dict[int, dt.datetime] = {row.id: row.arrived_at for row in rows}
    stored = stored_at(list(came))
    took = {arrival_id: _minutes(moment - came[arrival_id]) for arrival_id, moment in stored.items()}
    of_today = [minutes for arrival_id, minutes in took.items() if came[arrival_id] >= today]
    return _summed(of_today), _summed(list(took.values()))


def _summed(minutes: list[int]) -> DockToStock:
    return DockToStock(len(minutes), round(statistics.median(minutes)), max(minutes)) if minutes else DockToStock()


# -- lists ---------------------------------------------------------------------------------------------------------------------


def of_day(day: dt.date, *, by: Actor, late_after_minutes: int = 15) -> list[Truck]:
    """The vehicles of a day; on today's list those that are here from before, and those that were due on an earlier day."""
    begin, end = clock.begins(day), clock.begins(day + dt.timedelta(days=1))
    on_it = sa.or_(
        sa.and_(Arrival.planned_from >= begin, Arrival.planned_from < end),
        sa.and_(Arrival.arrived_at >= begin, Arrival.arrived_at < end),
    )
    if day == clock.today():
        overdue = sa.and_(Arrival.status == S.PLANNED.value, sa.or_(Arrival.planned_from.is_(None), Arrival.planned_from < begin))
        on_it = sa.or_(on_it, Arrival.status.in_(HERE), overdue)
    when = sa.func.coalesce(Arrival.planned_from, Arrival.arrived_at, Arrival.created_at)
    rows = session.execute(sa.select(Arrival).where(Arrival.site_id == by.site_id, on_it).order_by(when, Arrival.id).limit(300)).scalars()
    return shown(list(rows), late_after_minutes=late_after_minutes)


def of_order(order_id: int, *, by: Actor) -> list[Truck]:
    """The vehicles that bring goods of an inbound order, in the order in which they were announced."""
    rows = session.execute(
        sa.select(Arrival)
        .join(ArrivalOrder, ArrivalOrder.arrival_id == Arrival.id)
        .where(ArrivalOrder.inbound_order_id == order_id, Arrival.site_id == by.site_id)
        .order_by(Arrival.id)
    ).scalars()
    return shown(list(rows))


def after(
    *, by: Actor, after: int, limit: int, day: dt.date | None = None, dock: str | None = None, status: ArrivalStatus | None = None
) -> list[Truck]:
    """Arrivals of the site in the order they were entered, for the API's pages."""
    query = sa.select(Arrival).where(Arrival.site_id == by.site_id, Arrival.id > after).order_by(Arrival.id).limit(limit)
    if day is not None:
        begin, end = clock.begins(day), clock.begins(day + dt.timedelta(days=1))
        when = sa.func.coalesce(Arrival.planned_from, Arrival.arrived_at, Arrival.created_at)
        query = query.where(when >= begin, when < end)
    if dock is not None:
        query = query.where(
            Arrival.dock_id.in_(sa.select(Location.id).where(Location.site_id == by.site_id, Location.code_key == fold(dock)))
        )
    if status is not None:
        query = query.where(Arrival.status == status.value)
    return shown(list(session.execute(query).scalars()))


def waiting(by: Actor) -> int:
    """How many vehicles are here: at the door, being unloaded, or empty and not gone."""
    return session.execute(sa.select(sa.func.count()).where(Arrival.site_id == by.site_id, Arrival.status.in_(HERE))).scalar_one()


@dataclass(frozen=True)
class Figures:
    """The figures over the board of a day."""

    expected: int
    late: int
    at_the_door: int
    unloading: int
    gone: int
    today: DockToStock = DockToStock()
    week: DockToStock = DockToStock()


def figures(trucks: Sequence[Truck], *, by: Actor) -> Figures:
    """Counted over these vehicles, with the times from dock to stock."""
    counted = count(trucks)
    today, week = dock_to_stock(by=by)
    return replace(counted, today=today, week=week)


def count(trucks: Sequence[Truck]) -> Figures:
    """How many of these vehicles stand where."""
    states = [one.status for one in trucks]
    return Figures(
        expected=states.count(S.PLANNED),
        late=sum(one.late for one in trucks),
        at_the_door=states.count(S.ARRIVED),
        unloading=states.count(S.UNLOADING),
        gone=states.count(S.UNLOADED) + states.count(S.LEFT),
    )


@dataclass(frozen=True)
class Progress:
    """An order of an arrival and how much of it has come, in all."""

    number: str
    partner: str | None
    status: InboundStatus
    open_until: dt.date | None
    expected: int
    lines: int
    far: HowFar


def progress(arrival: Arrival) -> list[Progress]:
    """The orders of an arrival with how much of them has come."""
    rows = session.execute(
        sa.select(InboundOrder, Partner.name, sa.func.sum(InboundLine.expected), sa.func.count(InboundLine.id))
        .join(ArrivalOrder, ArrivalOrder.inbound_order_id == InboundOrder.id)
        .join(InboundLine, InboundLine.inbound_order_id == InboundOrder.id)
        .outerjoin(Partner, Partner.id == InboundOrder.partner_id)
        .where(ArrivalOrder.arrival_id == arrival.id)
        .group_by(InboundOrder.id, Partner.name)
        .order_by(InboundOrder.id)
    ).all()
    counted = line_queries.counted_of(InboundLine.inbound_order_id, [row[0].id for row in rows], InboundLine.received, InboundLine.expected)
    return [
        Progress(
            *(order.number, partner, InboundStatus(order.status), order.open_until, int(expected), lines),
            how_far(counted[order.id]),
        )
        for order, partner, expected, lines in rows
    ]


def orders_expected(*, by: Actor) -> list[tuple[str, str]]:
    """The inbound orders a vehicle may still bring, to choose from: number, and from whom."""
    rows = session.execute(
        sa.select(InboundOrder.number, Partner.name)
        .outerjoin(Partner, Partner.id == InboundOrder.partner_id)
        .where(InboundOrder.site_id == by.site_id, InboundOrder.status != InboundStatus.CLOSED.value)
        .order_by(sa.nulls_last(InboundOrder.expected_on), InboundOrder.id)
        .limit(200)
    )
    return [(number, partner or "") for number, partner in rows]
