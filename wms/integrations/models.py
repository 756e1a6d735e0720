"""Long files that were given in; webhooks: who wants to be told, and the log of what they were told."""

from __future__ import annotations

import datetime as dt
import enum
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, deferred, mapped_column

from wms.db import Base, Count, Json, JsonList, Key, Moment, foreign
from wms.i18n import T, Text, Worded


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


class Off(Worded):
    """Why an address is told no more."""

    PERSON = "person", T("Switched off", "已停用")
    GONE = "gone", T("The receiver wants no more (410)", "接收方已注销（410）")
    FAILING = "failing", T("Failed for days", "连续多日失败")


class UploadState(Worded):
    """How far a file has come."""

    WAITING = "waiting", T("Waits", "等待处理")
    WORKING = "working", T("In work", "处理中")
    DONE = "done", T("Done", "已处理")


class Upload(Base):
    """A long file that somebody gave in at the desk, and how far it is; or any file that was checked and is whole, kept for a while to be
    taken in. What it says is forgotten once it is dealt with."""

    __tablename__ = "uploads"
    __table_args__ = (
        sa.CheckConstraint("state IN ('waiting', 'working', 'done')", name="state_known"),
        sa.CheckConstraint("(state = 'done') = (ended_at IS NOT NULL)", name="done_at_its_end"),
        sa.Index("ix_uploads_to_do", "id", sqlite_where=sa.text("state <> 'done'"), postgresql_where=sa.text("state <> 'done'")),
    )

    id: Mapped[Key]
    site_id: Mapped[int] = foreign("sites.id")
    by_id: Mapped[int] = foreign("people.id", index=True)
    language: Mapped[str] = mapped_column(sa.String(5))
    kind: Mapped[str] = mapped_column(sa.String(20))
    name: Mapped[str] = mapped_column(sa.String(200))  # of the file, as it was called where it came from
    dry_run: Mapped[bool]
    content: Mapped[bytes | None] = deferred(mapped_column(sa.LargeBinary))
    state: Mapped[str] = mapped_column(sa.String(10), default=UploadState.WAITING.value)
    checked: Mapped[Count]
    written: Mapped[Count]
    report: Mapped[dict[str, Any] | None] = mapped_column(sa.JSON())  # what came of it, in both languages
    leased_until: Mapped[dt.datetime | None]
    created_at: Mapped[Moment]
    ended_at: Mapped[dt.datetime | None]


class Webhook(Base):
    """An address that is told what happens. `events` are codes, or their beginnings such as `order.*`; none means all.

    `failures` counts those one after the other, since `failing_since`; until `rests_until` the address is left alone.
    """

    __tablename__ = "webhooks"
    __table_args__ = (
        sa.CheckConstraint("active = (off_at IS NULL) AND active = (off_why IS NULL)", name="off_for_a_reason"),
        sa.CheckConstraint("off_why IN ('person', 'gone', 'failing')", name="reason_known"),
        sa.CheckConstraint("failures >= 0", name="failures_not_negative"),
        sa.CheckConstraint("(old_secret IS NULL) = (old_secret_until IS NULL)", name="old_secret_ends"),
    )
    event_kind = "webhook"

    id: Mapped[Key]
    site_id: Mapped[int] = foreign("sites.id", index=True)
    url: Mapped[str] = mapped_column(sa.String(500))
    events: Mapped[JsonList] = mapped_column(default=list)
    secret: Mapped[str] = mapped_column(sa.String(100))
    old_secret: Mapped[str | None] = mapped_column(sa.String(100))
    old_secret_until: Mapped[dt.datetime | None]
    active: Mapped[bool] = mapped_column(default=True)
    off_at: Mapped[dt.datetime | None]
    off_why: Mapped[str | None] = mapped_column(sa.String(10))
    failures: Mapped[Count]
    failing_since: Mapped[dt.datetime | None]
    rests_until: Mapped[dt.datetime | None]
    created_at: Mapped[Moment]
    by_id: Mapped[int] = foreign("people.id")

    @property
    def number(self) -> str:
        """What its events name it by."""
        return str(self.id)


class Delivery(Base):
    """One message to one webhook, sent until it is taken or given up; the log that people read and resend."""

    __tablename__ = "webhook_deliveries"
    __table_args__ = (
        sa.UniqueConstraint("webhook_id", "event_id"),
        sa.Index("ix_webhook_deliveries_event", "event_id"),
        sa.Index("ix_webhook_deliveries_due", "webhook_id", "status", "next_at"),
        sa.Index(
            "ix_webhook_deliveries_in_order",
            "webhook_id",
            "subject",
            "event_id",
            sqlite_where=sa.text("status = 'pending'"),
            postgresql_where=sa.text("status = 'pending'"),
        ),
        sa.CheckConstraint("status IN ('pending', 'delivered', 'failed')", name="status_known"),
    )

    id: Mapped[Key]
    webhook_id: Mapped[int] = foreign("webhooks.id")
    event_id: Mapped[int] = foreign("events.id")
    subject: Mapped[str] = mapped_column(sa.String(60))
    """What it is about: messages about one thing are told in their order."""
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
        """The id that stays the same however often it is sent, so that receivers can tell repeats. It is never another message's.

        A row's number alone would be: SQLite gives that of the last row again when it was removed, and so does a restored backup.
        """
        return f"msg_{self.id}_{int(self.created_at.timestamp() * 1_000_000):x}"
