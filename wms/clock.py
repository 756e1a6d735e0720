"""The only reader of time."""

import datetime as dt


def now() -> dt.datetime:
    """This moment, timezone-aware, in UTC."""
    return dt.datetime.now(dt.UTC)


def today() -> dt.date:
    """The warehouse's calendar day. Rotation, expiry and due dates are compared with it."""
    return now().date()
