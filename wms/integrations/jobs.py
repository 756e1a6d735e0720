"""What integrations do by themselves: telling webhooks."""

from __future__ import annotations

import datetime as dt

from flask import current_app

from wms.integrations import webhooks
from wms.jobs.runner import Job


def tell_webhooks() -> None:
    """One round."""
    webhooks.tell(current_app.config["WMS"])


jobs = [Job("webhooks", dt.timedelta(seconds=2), tell_webhooks, own_transaction=True)]
