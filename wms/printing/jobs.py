"""What printing does by itself: sending what is queued, and forgetting what was printed long ago."""

from __future__ import annotations

import datetime as dt

from wms.db import table_of
from wms.jobs import forgetting
from wms.jobs.runner import Job
from wms.printing import sending
from wms.printing.models import JobStatus, PrintJob


def forget_print_jobs() -> int:
    """Jobs that are over; what papers were printed stays counted."""
    table = table_of(PrintJob)
    over = table.c.status.in_([JobStatus.SENT.value, JobStatus.CANCELLED.value, JobStatus.FAILED.value])
    return forgetting.forget(table, over, table.c.ended_at < forgetting.before("keep_print_jobs_days"))


jobs = [
    Job("print", dt.timedelta(seconds=1), sending.send, own_transaction=True),
    Job("forget-old-print-jobs", dt.timedelta(days=1), forget_print_jobs, own_transaction=True, hour=forgetting.NIGHT),
]
