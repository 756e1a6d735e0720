"""How promises were kept: of the orders promised for the days of a week, how many left by the day they were promised for.

An order counts in the week it was promised for, whether it has left or not: one that is still here is a promise not kept, and not one that
nobody sees. It counts once it has left, or once its day is over; one that was cancelled does not. Beside each share stands the interval
in which it lies but for chance (Wilson, 95 of 100): four of five is not yet a habit.
"""

from __future__ import annotations

import datetime as dt
import math
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from wms import clock
from wms.actor import Actor
from wms.catalog.models import Partner
from wms.db import again, fold, insert_rows, session, table_of, transaction
from wms.locations.models import Site
from wms.orders.models import Order, OrderStatus
from wms.orders.outside import SHIPMENTS
from wms.orders.queries import LEFT
from wms.sales.models import KeptWeek

WEEKS = 13
"""A quarter is shown."""
_LATEST = 2
"""So many weeks are reckoned again all day; what comes later changes nothing but the days an order was late."""
_Z = 1.959964
_WEEK = dt.timedelta(days=7)


def interval(kept: int, promised: int) -> tuple[float, float]:
    """Between which shares the true one lies, 95 of 100 times (Wilson's score interval)."""
    if not promised:
        return 0.0, 1.0
    share, square = kept / promised, _Z * _Z
    middle = share + square / (2 * promised)
    half = _Z * math.sqrt(share * (1 - share) / promised + square / (4 * promised * promised))
    low, high = (middle - half) / (1 + square / promised), (middle + half) / (1 + square / promised)
    return max(0.0, low), min(1.0, high)


@dataclass(frozen=True)
class Kept:
    """So many promises and how many of them were kept."""

    promised: int
    kept: int
    days_late: int
    week: dt.date | None = None
    customer: str = ""
    customer_name: str = ""

    @property
    def missed(self) -> int:
        """Those that were not."""
        return self.promised - self.kept

    @property
    def share(self) -> float:
        """The part that was kept."""
        return self.kept / self.promised if self.promised else 0.0

    @property
    def low(self) -> float:
        """At least so many, but for chance."""
        return interval(self.kept, self.promised)[0]

    @property
    def high(self) -> float:
        """At most so many, but for chance."""
        return interval(self.kept, self.promised)[1]

    @property
    def late_on_average(self) -> float:
        """By how many days those that were not kept left later, as far as they have left."""
        return self.days_late / self.missed if self.missed else 0.0


def monday(day: dt.date) -> dt.date:
    """The first day of its week."""
    return day - dt.timedelta(days=day.weekday())


# -- reckoning ---------------------------------------------------------------------------------------------------------


def reckon(site_id: int, week: dt.date) -> None:
    """Writes anew how the promises of one week were kept, customer by customer."""
    left = sa.select(sa.func.max(SHIPMENTS.c.left_at)).where(SHIPMENTS.c.order_id == Order.id).correlate(Order).scalar_subquery()
    query = sa.select(Order.customer_id, Order.promised_on, Order.status, left.label("left_at")).where(
        Order.site_id == site_id,
        Order.promised_on >= week,
        Order.promised_on < week + _WEEK,
        Order.status != OrderStatus.CANCELLED.value,
    )
    today, sums = clock.today(), defaultdict[int, list[int]](lambda: [0, 0, 0])
    for customer_id, promised_on, status, left_at in session.execute(query):
        left_on = clock.local(left_at).date() if left_at and status in LEFT else None
        if left_on is None and promised_on >= today:
            continue
        late = (left_on - promised_on).days if left_on else None
        one = sums[customer_id]
        one[0], one[1], one[2] = one[0] + 1, one[1] + (late is not None and late <= 0), one[2] + max(0, late or 0)
    table = table_of(KeptWeek)
    session.execute(sa.delete(table).where(table.c.site_id == site_id, table.c.week == week))
    rows = [
        {"site_id": site_id, "week": week, "customer_id": customer_id, "promised": one[0], "kept": one[1], "days_late": one[2]}
        for customer_id, one in sorted(sums.items())
    ]
    insert_rows(table, rows)


def _reckon_weeks(weeks: int) -> int:
    this = monday(clock.today())
    sites = session.execute(sa.select(Site.id)).scalars().all()
    session.rollback()
    for site_id in sites:
        for week in (this - number * _WEEK for number in range(weeks)):

            def unit(site_id: int = site_id, week: dt.date = week) -> None:
                with transaction():
                    reckon(site_id, week)

            again(unit)
    return weeks * len(sites)


def reckon_latest() -> int:
    """This week and the last one, several times an hour."""
    return _reckon_weeks(_LATEST)


def reckon_quarter() -> int:
    """All that is shown, at night."""
    return _reckon_weeks(WEEKS)


# -- reading -----------------------------------------------------------------------------------------------------------


def _sums() -> tuple[sa.ColumnElement[int], ...]:
    return tuple(sa.func.sum(column) for column in (KeptWeek.promised, KeptWeek.kept, KeptWeek.days_late))


def _shown(by: Actor, customer: str) -> list[sa.ColumnElement[bool]]:
    since = monday(clock.today()) - (WEEKS - 1) * _WEEK
    found: list[sa.ColumnElement[bool]] = [KeptWeek.site_id == by.site_id, KeptWeek.week >= since]
    if customer:
        found.append(KeptWeek.customer_id.in_(sa.select(Partner.id).where(Partner.code_key == fold(customer))))
    return found


def by_week(*, by: Actor, customer: str = "") -> list[Kept]:
    """The weeks of the quarter, the newest first; of one customer where one is named."""
    query = sa.select(KeptWeek.week, *_sums()).where(*_shown(by, customer)).group_by(KeptWeek.week).order_by(KeptWeek.week.desc())
    return [Kept(int(row[1]), int(row[2]), int(row[3]), week=row[0]) for row in session.execute(query)]


def by_customer(*, by: Actor, limit: int = 50) -> list[Kept]:
    """The customers of the quarter, those with the most promises not kept first."""
    promised, kept, days = _sums()
    query = (
        sa.select(Partner.code, Partner.name, promised, kept, days)
        .join(Partner, Partner.id == KeptWeek.customer_id)
        .where(*_shown(by, ""))
        .group_by(Partner.id, Partner.code, Partner.name)
        .order_by((promised - kept).desc(), promised.desc(), Partner.code)
        .limit(limit)
    )
    return [Kept(int(row[2]), int(row[3]), int(row[4]), customer=row[0], customer_name=row[1]) for row in session.execute(query)]


def together(rows: Sequence[Kept]) -> Kept:
    """All of them as one."""
    return Kept(sum(one.promised for one in rows), sum(one.kept for one in rows), sum(one.days_late for one in rows))
