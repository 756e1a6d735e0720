"""What shipping does by itself: the papers of what has left are kept."""

from __future__ import annotations

import datetime as dt

import structlog

from wms import clock
from wms.db import few, session, transaction
from wms.jobs.runner import Job
from wms.printing import keeping
from wms.shipping import booking_jobs, kept
from wms.shipping.models import Load

PAUSE = dt.timedelta(minutes=5)
HANDFUL = 50
_TROUBLE: dict[int, dt.datetime] = {}
"""Loads whose papers could not be made, and until when they are left alone by this process."""
log = structlog.get_logger("wms.papers")


def keep_papers() -> int:
    """Keeps the papers of loads that have left; how many papers. They are made outside the transactions that write them, a handful each:
    whoever else writes waits for a handful, and who dies in between goes on with the rest.

    A load whose papers cannot be made holds up no other: it is logged, and tried again after a while.
    """
    new, moment = 0, clock.now()
    for load_id in [one for one, until in _TROUBLE.items() if until <= moment]:
        del _TROUBLE[load_id]
    for load_id in kept.not_kept(_TROUBLE):
        load = session.get_one(Load, load_id)
        number, left_at, by = load.number, load.left_at, kept.on_behalf_of(load)
        try:
            found = list(kept.papers_of(load, by))
            session.rollback()
            for some in few(found, HANDFUL):
                with transaction():
                    new += keeping.keep(some, by=by)
            if left_at is not None:
                with transaction():
                    kept.done(load_id, left_at)
        except Exception:  # whatever it is, the next truck's papers do not wait for it
            session.rollback()
            _TROUBLE[load_id] = moment + PAUSE
            log.exception("papers_not_kept", load=number)
    return new


jobs = [
    Job("book-parcels", dt.timedelta(seconds=5), booking_jobs.book_parcels, own_transaction=True),
    Job("keep-papers", dt.timedelta(seconds=2), keep_papers, own_transaction=True),
]
