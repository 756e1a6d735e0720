"""In the background: the book of empty bins is tidied, places kept for goods that are gone are free again, what did not come is noted."""

import datetime as dt

from wms.jobs.runner import Job
from wms.locations import layout
from wms.orders import inbound
from wms.receiving import putaway


def tidy_putaway() -> int:
    """Strikes out vacancies that are none, and drops putaways whose goods somebody moved by hand; how many."""
    return layout.tidy() + putaway.drop_stale()


jobs = [
    Job("tidy-putaway", dt.timedelta(minutes=1), tidy_putaway),
    Job("note-what-did-not-come", dt.timedelta(minutes=5), inbound.give_up_waiting),
]
