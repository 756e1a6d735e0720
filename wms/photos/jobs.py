"""Old pictures are deleted at night: those of things that are over."""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa

from wms.db import table_of
from wms.jobs.forgetting import NIGHT, before, forget
from wms.jobs.runner import Job
from wms.photos.models import Photo
from wms.photos.photos import SUBJECTS


def forget_photos() -> int:
    """Pictures older than the house keeps them, but none of a thing that is still open."""
    table = table_of(Photo)
    still = [sa.and_(table.c.subject_kind == one.kind, table.c.subject_id.in_(one.open_ids())) for one in SUBJECTS.values()]
    return forget(table, table.c.taken_at < before("keep_photos_days"), ~sa.or_(sa.false(), *still))


jobs = [Job("forget-old-photos", dt.timedelta(days=1), forget_photos, own_transaction=True, hour=NIGHT)]
