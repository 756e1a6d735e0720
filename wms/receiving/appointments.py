"""Dock appointments: which quarter of an hour of which dock is booked for which arrival, so that two never overlap."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from wms import clock
from wms.actor import Actor
from wms.config import Settings
from wms.db import session, table_of
from wms.errors import Conflict, Invalid, Refused
from wms.i18n import T
from wms.locations.models import Kind, Location
from wms.receiving.models import Arrival, DockBooking

QUARTER = dt.timedelta(minutes=15)
LONGEST = dt.timedelta(hours=24)


class SlotWrong(Invalid):
    """An appointment is made of whole quarters of an hour."""

    code = "slot_wrong"
    sentence = T("An appointment begins and ends on a quarter of an hour, and lasts a day at most", "预约须以一刻钟为单位起止，最长一天")


class SlotTaken(Conflict):
    """Another arrival has the dock at that time."""

    code = "slot_taken"
    sentence = T("{dock} is booked for {number} at {at}", "{dock} 在 {at} 已被 {number} 预约")
    advice = T("Choose another time or dock", "请选择其他时段或月台")


class DocksClosed(Refused):
    """Outside the opening hours."""

    code = "docks_closed"
    sentence = T("The docks are open from {opens}:00 to {closes}:00", "月台开放时间为 {opens}:00 至 {closes}:00")
    advice = T("Choose a time within", "请选择开放时间内的时段")


@dataclass(frozen=True)
class Hours:
    """When the docks of the house are open, and how long one appointment is."""

    opens: int = 7
    closes: int = 20
    minutes: int = 30

    @classmethod
    def of(cls, settings: Settings) -> Hours:
        """As they are set; hours that leave no time at all are the whole day."""
        opens, closes = settings.docks_open_hour, settings.docks_close_hour
        return cls(opens, closes, settings.slot_minutes) if opens < closes else cls(0, 24, settings.slot_minutes)

    @property
    def length(self) -> dt.timedelta:
        """How long one appointment is."""
        return dt.timedelta(minutes=self.minutes)

    def starts(self, day: dt.date) -> list[dt.datetime]:
        """When the appointments of a day begin."""
        opens = clock.begins(day) + dt.timedelta(hours=self.opens)
        closes = clock.begins(day) + dt.timedelta(hours=self.closes)
        return [opens + self.length * number for number in range((closes - opens) // self.length)]

    def hold(self, begin: dt.datetime, end: dt.datetime) -> bool:
        """Whether a time lies within the opening hours of one day."""
        day = clock.begins(clock.local(begin).date())
        return day + dt.timedelta(hours=self.opens) <= begin and end <= day + dt.timedelta(hours=self.closes)


def within_reach(moment: dt.datetime) -> bool:
    """Whether a time can be reckoned with: the calendar's ends have no day before or after them."""
    return 2000 <= moment.year < 9000


def check(begin: dt.datetime, end: dt.datetime, hours: Hours) -> None:
    """Raises SlotWrong, DocksClosed."""
    if begin >= end or end - begin > LONGEST or any(one.minute % 15 or one.second or one.microsecond for one in (begin, end)):
        raise SlotWrong(pointer="/planned_from")
    if not hours.hold(begin, end):
        raise DocksClosed(opens=hours.opens, closes=hours.closes)


def quarters(begin: dt.datetime, end: dt.datetime) -> list[dt.datetime]:
    """The quarters of an hour of an appointment."""
    return [begin + QUARTER * number for number in range((end - begin) // QUARTER)]


def book(arrival: Arrival) -> None:
    """Books the dock of a locked arrival for its time, and nothing else any more. Raises SlotTaken.

    The table's key decides: whoever writes second is refused, also when both looked at a free dock.
    """
    session.flush()  # the rows name the arrival
    release(arrival)
    if arrival.dock_id is None or arrival.planned_from is None or arrival.planned_until is None:
        return
    wanted = quarters(arrival.planned_from, arrival.planned_until)
    rows = [{"dock_id": arrival.dock_id, "quarter": quarter, "arrival_id": arrival.id} for quarter in wanted]
    try:
        with session.begin_nested():
            session.execute(sa.insert(table_of(DockBooking)), rows)
    except IntegrityError as error:
        raise _taken(arrival.dock_id, wanted) from error


def release(arrival: Arrival, *, since: dt.datetime | None = None) -> None:
    """Gives the dock free again, as a whole or from a moment on."""
    gone = sa.delete(DockBooking).where(DockBooking.arrival_id == arrival.id)
    session.execute(gone if since is None else gone.where(DockBooking.quarter >= since))


def _taken(dock_id: int, wanted: Sequence[dt.datetime]) -> SlotTaken:
    dock = session.execute(sa.select(Location.code).where(Location.id == dock_id)).scalar_one()
    row = session.execute(
        sa.select(Arrival.number, DockBooking.quarter)
        .join(Arrival, Arrival.id == DockBooking.arrival_id)
        .where(DockBooking.dock_id == dock_id, DockBooking.quarter.in_(wanted))
        .order_by(DockBooking.quarter)
        .limit(1)
    ).first()
    number, begin = row or ("–", wanted[0])
    return SlotTaken(dock=dock, number=number, at=clock.local(begin).strftime("%m-%d %H:%M"))


# -- the day at the docks ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Slot:
    """One time at one dock: free, or whose it is."""

    dock: str
    begin: dt.datetime
    end: dt.datetime
    arrival: str | None
    arrival_id: int | None
    first: bool = True  # where the appointment begins on this day; the others continue it

    @property
    def past(self) -> bool:
        """Whether nobody can come to it any more."""
        return self.end <= clock.now()


def docks(*, by: Actor) -> list[Location]:
    """The docks of the person's site, by their code."""
    return list(
        session.execute(
            sa.select(Location).where(Location.site_id == by.site_id, Location.kind == Kind.DOCK.value).order_by(Location.code_key)
        ).scalars()
    )


def slots(day: dt.date, hours: Hours, *, by: Actor) -> dict[str, list[Slot]]:
    """Each dock's times of a day, in order, and who has them."""
    places = docks(by=by)
    starts = hours.starts(day)
    if not places or not starts:
        return {place.code: [] for place in places}
    rows = session.execute(
        sa.select(DockBooking.dock_id, DockBooking.quarter, Arrival.id, Arrival.number)
        .join(Arrival, Arrival.id == DockBooking.arrival_id)
        .where(
            DockBooking.dock_id.in_([place.id for place in places]),
            DockBooking.quarter >= starts[0],
            DockBooking.quarter < starts[-1] + hours.length,
        )
    )
    held = {(dock_id, quarter): (arrival_id, number) for dock_id, quarter, arrival_id, number in rows}
    return {place.code: _slots_of(place, starts, hours, held) for place in places}


def _slots_of(place: Location, starts: list[dt.datetime], hours: Hours, held: dict[tuple[int, dt.datetime], tuple[int, str]]) -> list[Slot]:
    found: list[Slot] = []
    for begin in starts:
        whose = next((held[place.id, one] for one in quarters(begin, begin + hours.length) if (place.id, one) in held), None)
        before = found[-1].arrival_id if found else None
        arrival_id, number = whose or (None, None)
        first = arrival_id is None or arrival_id != before
        found.append(Slot(place.code, begin, begin + hours.length, number, arrival_id, first))
    return found
