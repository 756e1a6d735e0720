"""What shipping does by itself: the papers of what has left are kept."""

from __future__ import annotations

import datetime as dt

from wms.db import session, transaction
from wms.jobs.runner import Job
from wms.printing import keeping
from wms.shipping import booking_jobs, kept


def keep_papers() -> int:
    """Keeps the papers of loads that have left; how many papers. They are made outside the transaction that writes them."""
    new = 0
    for load, by in kept.not_kept():
        found = list(kept.papers_of(load, by))
        session.rollback()
        with transaction():
            new += keeping.keep(found, by=by)
    return new


jobs = [
    Job("book-parcels", dt.timedelta(seconds=5), booking_jobs.book_parcels, own_transaction=True),
    Job("keep-papers", dt.timedelta(seconds=2), keep_papers, own_transaction=True),
]
