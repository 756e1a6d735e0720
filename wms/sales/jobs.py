"""What sales does by itself: saying that an order is late, reckoning how promises were kept, and forgetting notices of long ago."""

from __future__ import annotations

import datetime as dt

from wms.db import table_of
from wms.jobs import forgetting
from wms.jobs.runner import Job
from wms.sales import promises, watching
from wms.sales.models import Notice


def forget_notices() -> int:
    """Notices of long ago, seen or not; the order's timeline says the same."""
    notices = table_of(Notice)
    return forgetting.forget(notices, notices.c.at < forgetting.before("keep_notices_days"))


jobs = [
    Job("kept-promises", dt.timedelta(minutes=15), promises.reckon_latest, own_transaction=True),
    Job("kept-promises-of-the-quarter", dt.timedelta(days=1), promises.reckon_quarter, own_transaction=True, hour=forgetting.NIGHT),
    Job("late-orders", dt.timedelta(minutes=1), watching.tell_late, own_transaction=True),
    Job("forget-old-notices", dt.timedelta(days=1), forget_notices, own_transaction=True, hour=forgetting.NIGHT),
]
