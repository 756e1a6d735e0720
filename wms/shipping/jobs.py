"""What shipping does by itself: the papers of what has left are kept."""

from __future__ import annotations

import datetime as dt

from wms.jobs.runner import Job
from wms.shipping import kept

jobs = [Job("keep-papers", dt.timedelta(seconds=2), kept.keep_papers, own_transaction=True)]
