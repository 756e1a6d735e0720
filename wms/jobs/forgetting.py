"""Rows that no page shows any more are forgotten a few at a time: the floor's own writes come in between."""

from __future__ import annotations

import datetime as dt
from typing import Any

import sqlalchemy as sa
from flask import current_app

from wms import clock
from wms.auth.models import SignIn
from wms.db import again, session, table_of, transaction
from wms.jobs.runner import Job

AT_ONCE = 500
NIGHT = 3
"""The hour, on the house's clock, at which the jobs of the night are done."""


def forget(table: Any, *which: sa.ColumnElement[bool]) -> int:
    """Deletes these rows of a table with an `id`, each handful in a transaction of its own; how many."""
    few = sa.select(table.c.id).where(*which).order_by(table.c.id).limit(AT_ONCE).scalar_subquery()

    def unit() -> int:
        with transaction():
            return int(session.execute(sa.delete(table).where(table.c.id.in_(few))).rowcount)  # type: ignore[attr-defined]

    gone = 0
    while (last := again(unit)) > 0:
        gone += last
    return gone


def before(setting: str) -> dt.datetime:
    """The moment before which rows are old, by a setting that is a number of days."""
    days: int = getattr(current_app.config["WMS"], setting)
    return clock.now() - dt.timedelta(days=days)


def forget_sign_ins() -> int:
    """Sign-ins that ended, or ran out, long ago."""
    table = table_of(SignIn)
    return forget(table, sa.func.coalesce(table.c.ended_at, table.c.expires_at) < before("keep_sign_ins_days"))


jobs = [Job("forget-old-sign-ins", dt.timedelta(days=1), forget_sign_ins, own_transaction=True, hour=NIGHT)]
