"""Housekeeping: keys of requests that nobody will send again."""

import datetime as dt

from flask import current_app

from wms.jobs.runner import Job
from wms.web import idempotency


def forget_old_keys() -> int:
    """As long as the settings say."""
    return idempotency.forget_old(dt.timedelta(days=current_app.config["WMS"].keep_answers_days))


jobs = [Job("forget-old-keys", dt.timedelta(hours=1), forget_old_keys)]
