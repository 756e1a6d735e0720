"""Housekeeping: keys of requests that nobody will send again."""

import datetime as dt

from wms.jobs.runner import Job
from wms.web import idempotency

jobs = [Job("forget-old-keys", dt.timedelta(hours=1), idempotency.forget_old)]
