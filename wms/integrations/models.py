"""Webhooks: who wants to be told, and the log of what they were told."""

from __future__ import annotations

import datetime as dt
import enum

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from wms.db import Base, Count, Json, JsonList, Key, Moment, foreign
from wms.i18n import T, Text


class DeliveryStatus(enum.StrEnum):
    """How a message stands."""

    PENDING = "pending"
    DELIVERED = "delivered"
    FAILED = "failed"

    @property
    def text(self) -> Text:
        """The status in words."""
        return _DELIVERY_WORDS[self]


_DELIVERY_WORDS = {
    DeliveryStatus.PENDING: T("Waiting", "等待发送"),
    DeliveryStatus.DELIVERED: T("Delivered", "已送达"),
    DeliveryStatus.FAILED: T("Given up", "已放弃"),
}


class Webhook(Base):
    """An address that is told what happens. `events` are codes, or their beginnings such as `order.*`; none means all."""

    __tablename__ = "webhooks"

    id: Mapped[Key]
    site_id: Mapped[int] = foreign("sites.id", index=True)
    url: Mapped[str] = mapped_column(sa.String(500))
    events: Mapped[JsonList] = mapped_column(default=list)
    secret: Mapped[str] = mapped_column(sa.String(100))
    active: Mapped[bool] = mapped_column(default=True)
    created_at: Mapped[Moment]
    by_id: Mapped[int] = foreign("people.id")


class Delivery(Base):
    """One message to one webhook, sent until it is taken or given up; the log that people read and resend."""

    __tablename__ = "webhook_deliveries"
    __table_args__ = (
        sa.UniqueConstraint("webhook_id", "event_id"),
        sa.Index("ix_webhook_deliveries_event", "event_id"),
        sa.Index("ix_webhook_deliveries_due", "webhook_id", "status", "next_at"),
        sa.CheckConstraint("status IN ('pending', 'delivered', 'failed')", name="status_known"),
    )

    id: Mapped[Key]
    webhook_id: Mapped[int] = foreign("webhooks.id")
    event_id: Mapped[int] = foreign("events.id")
    type: Mapped[str] = mapped_column(sa.String(60))
    payload: Mapped[Json]
    status: Mapped[str] = mapped_column(sa.String(10), default=DeliveryStatus.PENDING.value)
    attempts: Mapped[Count]
    next_at: Mapped[Moment]
    answer: Mapped[str | None] = mapped_column(sa.String(300))
    delivered_at: Mapped[dt.datetime | None]
    created_at: Mapped[Moment]

    @property
    def message_id(self) -> str:
        """The id that stays the same however often it is sent, so that receivers can tell repeats."""
        return f"msg_{self.id}"
