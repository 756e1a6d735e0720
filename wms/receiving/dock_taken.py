"""One vehicle at a dock at a time: who stands there already, and whether a vehicle comes at the time it was booked for."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import Any

import sqlalchemy as sa

from wms import clock
from wms.actor import Actor
from wms.db import session
from wms.errors import Refused
from wms.i18n import T, Text
from wms.receiving.models import Arrival, ArrivalStatus

STANDING = (ArrivalStatus.UNLOADING, ArrivalStatus.UNLOADED)
EARLY = dt.timedelta(hours=1)
LATE = dt.timedelta(minutes=30)

TAKEN = T("{vehicle} stands at {dock} since {since}", "{dock} 已停有 {vehicle}（{since} 起）")


class DockTaken(Refused):
    """Another vehicle stands where one is to be unloaded."""

    code = "dock_taken"
    sentence = TAKEN
    advice = T(
        "Choose another dock; or, if {vehicle} is gone, note first that it has left",
        "请改用其他月台；{vehicle} 若已离开，请先登记其离场",
    )


def others_at(dock_id: int, *, besides: Arrival | None, by: Actor) -> list[Arrival]:
    """The vehicles that stand at a dock and were begun to unload there, the longest first."""
    standing = sa.select(Arrival).where(
        Arrival.site_id == by.site_id, Arrival.dock_id == dock_id, Arrival.status.in_([one.value for one in STANDING])
    )
    if besides is not None:
        standing = standing.where(Arrival.id != besides.id)
    return list(session.execute(standing.order_by(Arrival.unloading_at, Arrival.id)).scalars())


def told(others: Iterable[Arrival], dock: str) -> dict[str, Any]:
    """The facts of TAKEN: which vehicles, and since when the first stands there."""
    first, *more = others
    since = clock.local(first.unloading_at or first.arrived_at or first.updated_at)
    when = since.strftime("%H:%M" if since.date() == clock.today() else "%m-%d %H:%M")
    return {"vehicle": ", ".join(one.plate or one.number for one in (first, *more)), "dock": dock, "since": when}


def not_in_time(arrival: Arrival) -> Text | None:
    """What is to be said to whoever lets a vehicle in much too early or too late for its appointment."""
    if arrival.planned_from is None:
        return None
    come = arrival.arrived_at or clock.now()
    booked = clock.local(arrival.planned_from)
    when = booked.strftime("%H:%M" if booked.date() == clock.local(come).date() else "%m-%d %H:%M")
    if come < arrival.planned_from - EARLY:
        span = span_in_words(arrival.planned_from - come)
        return T("Booked for {when}: it is {span} early", "预约 {when}，早到 {span}", when=when, span=span)
    if come > arrival.planned_from + LATE:
        span = span_in_words(come - arrival.planned_from)
        return T("Booked for {when}: it is {span} late", "预约 {when}，晚到 {span}", when=when, span=span)
    return None


def span_in_words(span: dt.timedelta) -> Text:
    """How long something is: 9 h 58 min."""
    minutes = int(span.total_seconds()) // 60
    days, hours, minutes = minutes // 1440, minutes % 1440 // 60, minutes % 60
    if days:
        return T("{d} d {h} h", "{d} 天 {h} 小时", d=days, h=hours)
    return T("{h} h {m} min", "{h} 小时 {m} 分钟", h=hours, m=minutes) if hours else T("{m} min", "{m} 分钟", m=minutes)
