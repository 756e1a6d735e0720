"""What integrations do by themselves: telling webhooks, and forgetting what was told long ago."""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa
from flask import current_app

from wms.db import table_of
from wms.events import Event
from wms.integrations import telling, uploads
from wms.integrations.models import Delivery, DeliveryStatus, Upload
from wms.jobs import forgetting
from wms.jobs.runner import Job
from wms.stock import changes


def tell_webhooks() -> None:
    """One round."""
    telling.tell(current_app.config["WMS"])


def forget_messages() -> int:
    """Messages that need no more telling, and then the stock events they told: no page shows those. The events of orders, inbound orders,
    loads and counts are their timelines, and stay."""
    old, deliveries, events = forgetting.before("keep_deliveries_days"), table_of(Delivery), table_of(Event)
    done = deliveries.c.status != DeliveryStatus.PENDING.value
    gone = forgetting.forget(deliveries, done, deliveries.c.created_at < old)
    waited_for = sa.exists().where(deliveries.c.event_id == events.c.id)
    return gone + forgetting.forget(events, events.c.subject_kind == changes.SUBJECT, events.c.told_at < old, ~waited_for)


def forget_uploads() -> int:
    """Reports of files that were dealt with long ago."""
    table = table_of(Upload)
    return forgetting.forget(table, table.c.ended_at < forgetting.before("keep_deliveries_days"))


jobs = [
    Job("uploads", dt.timedelta(seconds=1), uploads.work, own_transaction=True),
    Job("forget-old-uploads", dt.timedelta(days=1), forget_uploads, own_transaction=True, hour=forgetting.NIGHT),
    Job("forget-checked-files", dt.timedelta(hours=1), uploads.forget_checked),
    Job("webhooks", dt.timedelta(seconds=2), tell_webhooks, own_transaction=True),
    Job("forget-old-messages", dt.timedelta(days=1), forget_messages, own_transaction=True, hour=forgetting.NIGHT),
]
