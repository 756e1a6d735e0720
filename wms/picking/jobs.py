"""In the background: faces that run low are refilled before a picker stands before them."""

import datetime as dt

import sqlalchemy as sa

from wms.db import session
from wms.jobs.runner import Job
from wms.locations.models import Site
from wms.picking import replenishment


def refill_faces() -> int:
    """Offers what every site's faces need; how many tasks."""
    offered = 0
    for site_id in session.execute(sa.select(Site.id).order_by(Site.id)).scalars().all():
        replenishment.cancel_stale(site_id)
        offered += len(replenishment.refill(site_id))
    return offered


jobs = [Job("refill-pick-faces", dt.timedelta(seconds=3), refill_faces)]
