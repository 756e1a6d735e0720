"""Housekeeping: answered scans that nobody will send again."""

import datetime as dt

from wms.jobs.runner import Job
from wms.scan import engine

jobs = [Job("forget-old-scans", dt.timedelta(hours=6), engine.forget_old)]
