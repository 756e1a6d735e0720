"""In the background: the book of empty bins is tidied, and places kept for goods that are gone are given free."""

import datetime as dt

from wms.jobs.runner import Job
from wms.locations import layout
from wms.receiving import putaway


def tidy_putaway() -> int:
    """Strikes out vacancies that are none, and drops putaways whose goods somebody moved by hand; how many."""
    return layout.tidy() + putaway.drop_stale()


jobs = [Job("tidy-putaway", dt.timedelta(minutes=1), tidy_putaway)]
