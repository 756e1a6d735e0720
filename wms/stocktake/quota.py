"""How many places a day: what is left of a period, spread over the working days that are left of it, and over the shifts of the day."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Sequence
from itertools import pairwise
from typing import TypeVar

T_ = TypeVar("T_")


def period(begins_on: dt.date, every_days: int, day: dt.date) -> tuple[dt.date, dt.date]:
    """The first and last day of the period that a day belongs to; before the first one it is the first."""
    passed = max(0, (day - begins_on).days) // every_days
    first = begins_on + dt.timedelta(days=passed * every_days)
    return first, first + dt.timedelta(days=every_days - 1)


def working_days(first: dt.date, last: dt.date, weekdays: Collection[int]) -> int:
    """How many days from the first to the last are worked on; Monday is 0."""
    days = (last - first).days + 1
    if days <= 0:
        return 0
    whole, rest = divmod(days, 7)
    return whole * len(set(weekdays)) + sum((first + dt.timedelta(days=number)).weekday() in weekdays for number in range(rest))


def today(left: int, day: dt.date, last: dt.date, weekdays: Collection[int]) -> int:
    """How many of what is left are counted on this day so that the whole is met by the last one; nothing on a day that is not worked on.

    What was not done on the days before is in what is left: each day takes its part of it.
    """
    if left <= 0 or day.weekday() not in weekdays:
        return 0
    return -(-left // max(1, working_days(day, last, weekdays)))


def dealt(things: Sequence[T_], hands: int) -> list[list[T_]]:
    """A walk cut into so many pieces of nearly the same length, the longer ones first."""
    if hands <= 0:
        return []
    size, longer = divmod(len(things), hands)
    ends = [number * size + min(number, longer) for number in range(hands + 1)]
    return [list(things[begin:end]) for begin, end in pairwise(ends)]
