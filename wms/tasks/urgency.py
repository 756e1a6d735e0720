"""By when work should be begun, and where on the floor it begins: what a task is put into the queue with, so that the queue is in order."""

from __future__ import annotations

import datetime as dt
from typing import Any

import sqlalchemy as sa

from wms.i18n import T, Worded

# Work without a due time may wait so long, by its priority, before it presses. 9 is there before everything that is less than a day late.
PATIENCE = {
    9: dt.timedelta(hours=-24),
    8: dt.timedelta(hours=2),
    7: dt.timedelta(hours=4),
    6: dt.timedelta(hours=6),
    5: dt.timedelta(hours=8),
    4: dt.timedelta(hours=12),
    3: dt.timedelta(hours=16),
    2: dt.timedelta(hours=20),
    1: dt.timedelta(hours=24),
    0: dt.timedelta(hours=36),
}
# What is still to be done before the due time once this work is begun. A replenishment is due when the first pick that needs it begins.
LEAD = {
    "replenish": dt.timedelta(minutes=30),
    "pick": dt.timedelta(minutes=60),
    "sort": dt.timedelta(minutes=45),
    "pack": dt.timedelta(minutes=30),
    "load": dt.timedelta(minutes=15),
}
EARLIER = dt.timedelta(minutes=30)  # work that is due is begun so much earlier for each step of priority above 5
LONGEST = dt.timedelta(days=3)  # and nothing waits longer, however far off it is due


class Lateness(Worded):
    """How something that is due stands: its time has passed, or will have passed before all is done. One word for each, everywhere."""

    OVERDUE = "overdue", T("overdue", "逾期")
    SOON = "soon", T("will be late", "将逾期")

    @property
    def tone(self) -> str:
        """How its chip is shown."""
        return "stop" if self is Lateness.OVERDUE else "ask"


SQUARE_MM = 8000
_ROW = 1_000_000  # squares in a row: more than any floor has


def wanted_at(kind: str, priority: int, due_at: dt.datetime | None, created_at: dt.datetime) -> dt.datetime:
    """By when somebody should begin. It never changes while work waits, so what waits long enough comes before everything newer."""
    waited_out = created_at + PATIENCE[priority]
    if due_at is None or priority == max(PATIENCE):
        return waited_out
    begun = due_at - LEAD.get(kind, dt.timedelta()) - EARLIER * max(0, priority - 5)
    return min(begun, created_at + LONGEST)


def remains(kind: str) -> dt.timedelta:
    """What is still to be done before the due time once such work is begun: itself, and whatever follows it up to the truck."""
    return LEAD.get(kind, dt.timedelta())


def lateness(due_at: dt.datetime | None, moment: dt.datetime, left: dt.timedelta) -> Lateness | None:
    """Whether what is due is overdue, or will be, when so much is left to do; none where it is in time, or due at no time."""
    if due_at is None or moment + left <= due_at:
        return None
    return Lateness.SOON if moment < due_at else Lateness.OVERDUE


def square(x_mm: int, y_mm: int) -> int:
    """The square of the floor in which a point lies."""
    return (x_mm // SQUARE_MM) * _ROW + y_mm // SQUARE_MM


def square_of(place: Any) -> sa.ColumnElement[int]:
    """The same for a query over locations."""

    def index(column: Any) -> Any:
        return (column - (column % SQUARE_MM + SQUARE_MM) % SQUARE_MM) // SQUARE_MM

    return sa.cast(index(place.c.x_mm) * _ROW + index(place.c.y_mm), sa.BigInteger)


def around(x_mm: int, y_mm: int) -> list[int]:
    """The eight squares around that of a point."""
    here = square(x_mm, y_mm)
    return [here + across * _ROW + along for across in (-1, 0, 1) for along in (-1, 0, 1) if (across, along) != (0, 0)]
