"""In the background: the book of empty bins is tidied, places kept for goods that are gone are free again, what did not come is noted."""

import datetime as dt

from wms.db import session, transaction
from wms.jobs.runner import Job
from wms.locations import layout
from wms.orders import inbound
from wms.printing import keeping
from wms.receiving import kept, putaway


def tidy_putaway() -> int:
    """Strikes out vacancies that are none, and drops putaways whose goods somebody moved by hand; how many."""
    return layout.tidy() + putaway.drop_stale()


def keep_notes() -> int:
    """Keeps what the papers say of what has ended; how many. They are made outside the transaction that writes them."""
    found = kept.not_kept()
    session.rollback()
    with transaction():
        return sum(keeping.keep([one], by=by) for one, by in found)


jobs = [
    Job("tidy-putaway", dt.timedelta(minutes=1), tidy_putaway),
    Job("note-what-did-not-come", dt.timedelta(minutes=5), inbound.give_up_waiting),
    Job("keep-received-notes", dt.timedelta(minutes=1), keep_notes, own_transaction=True),
]
