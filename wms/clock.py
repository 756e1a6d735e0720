"""The only reader of time. Moments are UTC; the calendar day is the house's own, where people read labels and dates."""

import contextlib
import datetime as dt
import zoneinfo
from collections.abc import Iterator

_house: dt.tzinfo = dt.UTC
_behind = dt.timedelta()


def keep(time_zone: str) -> None:
    """Sets the house's time zone (IANA name), once per process, from the settings. Raises ZoneInfoNotFoundError."""
    global _house
    _house = zoneinfo.ZoneInfo(time_zone)


def now() -> dt.datetime:
    """This moment, timezone-aware, in UTC."""
    return dt.datetime.now(dt.UTC) - _behind


@contextlib.contextmanager
def back_to(moment: dt.datetime) -> Iterator[None]:
    """For the demo alone, which has a past: within it the whole process reads the clock as it went on from that moment."""
    global _behind
    before, _behind = _behind, dt.datetime.now(dt.UTC) - moment
    try:
        yield
    finally:
        _behind = before


def today() -> dt.date:
    """The warehouse's calendar day. Rotation, expiry and due dates are compared with it."""
    return local(now()).date()


def local(moment: dt.datetime) -> dt.datetime:
    """A moment on the house's own clock, for people to read."""
    return moment.astimezone(_house)


def begins(day: dt.date) -> dt.datetime:
    """The moment at which a calendar day of the house begins."""
    return dt.datetime.combine(day, dt.time(), _house).astimezone(dt.UTC)
