"""Housekeeping: answered scans that nobody will send again."""

import datetime as dt

from flask import current_app

from wms.jobs.runner import Job
from wms.scan import engine


def forget_old_scans() -> int:
    """As long as the settings say."""
    return engine.forget_old(dt.timedelta(days=current_app.config["WMS"].keep_answers_days))


jobs = [Job("forget-old-scans", dt.timedelta(hours=6), forget_old_scans)]
