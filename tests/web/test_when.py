"""A time of today is written without its date."""

from __future__ import annotations

import datetime as dt

import pytest

from wms import clock
from wms.web.render import when_text


def test_a_time_of_today_needs_no_date(monkeypatch: pytest.MonkeyPatch) -> None:
    now = dt.datetime(2026, 11, 21, 3, 0, tzinfo=dt.UTC)
    monkeypatch.setattr(clock, "now", lambda: now)
    yesterday = clock.local(now - dt.timedelta(days=1))
    assert when_text(now) == clock.local(now).strftime("%H:%M")
    assert when_text(now - dt.timedelta(days=1)) == yesterday.strftime("%Y-%m-%d %H:%M")
    assert when_text(None) == ""
