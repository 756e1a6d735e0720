"""What the order desk does by itself."""

from __future__ import annotations

import datetime as dt

from wms.jobs.runner import Job
from wms.orders.reconsidering import Sweep

jobs = [Job("reconsider-orders", dt.timedelta(seconds=3), Sweep().look, own_transaction=True)]
