"""Who is at work, whatever they work on: read from the scans and movements of today when a supervisor looks; a scan writes nothing for it.

Only the newest rows are looked through (MOST_SCANS, MOST_MOVEMENTS): more than a day of a house that is not very large. In a larger one,
people who scanned nothing for hours are shown as they were seen when they last asked for work.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from wms import clock
from wms.db import UtcDateTime, session, table_of
from wms.locations.models import Location
from wms.stock.models import Movement
from wms.tasks.models import Worker

MOST_SCANS = 20_000
MOST_MOVEMENTS = 50_000
AT_WORK = dt.timedelta(minutes=60)  # who scanned within this time is at work
LEAST = dt.timedelta(minutes=10)  # lines an hour are reckoned from so much work on
_SCANS = sa.table(
    "scans",
    *(sa.column("id", sa.BigInteger), sa.column("person_id", sa.BigInteger), sa.column("flow", sa.String), sa.column("scanned", sa.String)),
    sa.column("at", UtcDateTime()),
)
_L, _M, _W = table_of(Location), table_of(Movement), table_of(Worker)


@dataclass(frozen=True, slots=True)
class Seen:
    """When somebody scanned last today, in which flow; and the last location they scanned, and when."""

    at: dt.datetime
    flow: str
    place: str | None = None
    zone: str | None = None
    place_at: dt.datetime | None = None


@dataclass(frozen=True, slots=True)
class Done:
    """What somebody booked today: lines, from when to when."""

    lines: int
    first_at: dt.datetime
    last_at: dt.datetime

    @property
    def per_hour(self) -> int | None:
        """Lines an hour between the first and the last; none where that is too short to say anything."""
        took = self.last_at - self.first_at
        return None if took < LEAST else round(self.lines * 3600 / took.total_seconds())


def seen(people: Collection[int], site_id: int) -> dict[int, Seen]:
    """Who of these people scanned anything today, or before midnight and within AT_WORK, in whatever flow."""
    newest = sa.select(sa.func.max(_SCANS.c.id)).scalar_subquery()
    since = min(clock.begins(clock.today()), clock.now() - AT_WORK)
    elsewhere = sa.exists().where(_W.c.person_id == _SCANS.c.person_id, _W.c.site_id != site_id)  # they work at another site by now
    today = sa.and_(_SCANS.c.id > newest - MOST_SCANS, _SCANS.c.at >= since, _SCANS.c.person_id.in_(list(people)), ~elsewhere)
    last = sa.select(sa.func.max(_SCANS.c.id).label("id")).where(today).group_by(_SCANS.c.person_id).subquery()
    scans = session.execute(sa.select(_SCANS.c.person_id, _SCANS.c.at, _SCANS.c.flow).join(last, last.c.id == _SCANS.c.id)).all()
    here = sa.and_(_L.c.site_id == site_id, _L.c.code_key == sa.func.lower(sa.func.trim(_SCANS.c.scanned)))
    at_place = (
        sa.select(sa.func.max(_SCANS.c.id).label("id")).join_from(_SCANS, _L, here).where(today).group_by(_SCANS.c.person_id).subquery()
    )
    rows = session.execute(
        sa.select(_SCANS.c.person_id, _SCANS.c.at, _L.c.code, _L.c.zone).join(at_place, at_place.c.id == _SCANS.c.id).join(_L, here)
    )
    places = {row.person_id: (row.code, row.zone, row.at) for row in rows}
    return {row.person_id: Seen(row.at, row.flow, *places.get(row.person_id, ())) for row in scans}


def done(people: Collection[int], site_id: int) -> dict[int, Done]:
    """How many lines each of these people booked today. What was undone counts for nobody, nor does the undoing."""
    newest = sa.select(sa.func.max(_M.c.id)).scalar_subquery()
    undone = _M.alias("undone")
    rows: Any = session.execute(
        sa.select(_M.c.by_id, sa.func.count().label("lines"), sa.func.min(_M.c.at).label("first"), sa.func.max(_M.c.at).label("last"))
        .where(_M.c.id > newest - MOST_MOVEMENTS, _M.c.at >= clock.begins(clock.today()), _M.c.site_id == site_id)
        .where(_M.c.by_id.in_(list(people)), _M.c.reverses_id.is_(None), ~sa.exists().where(undone.c.reverses_id == _M.c.id))
        .group_by(_M.c.by_id)
    )
    return {row.by_id: Done(row.lines, row.first, row.last) for row in rows}
