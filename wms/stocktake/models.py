"""Counts, their lines, and what each person counted."""

from __future__ import annotations

import datetime as dt
import enum

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from wms.db import Base, Count, Key, Moment, Quantity, foreign, whole
from wms.i18n import T, Text

LONGEST_REASON = 200
"""What the journal keeps of a reason."""


class CountStatus(enum.StrEnum):
    """How far a count has come."""

    OPEN = "open"
    RECOUNT = "recount"
    REVIEW = "review"
    POSTED = "posted"
    REFUSED = "refused"

    @property
    def text(self) -> Text:
        """The status in words."""
        return _STATUS_WORDS[self]


_STATUS_WORDS = {
    CountStatus.OPEN: T("Open", "待盘"),
    CountStatus.RECOUNT: T("To recount", "待复盘"),
    CountStatus.REVIEW: T("To approve", "待审批"),
    CountStatus.POSTED: T("Posted", "已过账"),
    CountStatus.REFUSED: T("Refused", "已驳回"),
}


class CountPlan(Base):
    """One count: which places, blind or not, and how large a difference needs no second look."""

    __tablename__ = "counts"
    __table_args__ = (
        sa.UniqueConstraint("number"),
        sa.Index("ix_counts_status", "site_id", "status"),
        sa.CheckConstraint("tolerance >= 0", name="tolerance_not_negative"),
    )
    event_kind = "count"

    id: Mapped[Key]
    site_id: Mapped[int] = foreign("sites.id")
    number: Mapped[str] = mapped_column(sa.String(40))
    blind: Mapped[bool] = mapped_column(default=True)
    tolerance: Mapped[Count]
    status: Mapped[str] = mapped_column(sa.String(10), default=CountStatus.OPEN.value)
    reason: Mapped[str | None] = mapped_column(sa.String(300))
    product_id: Mapped[int | None] = foreign("products.id", nullable=True)
    created_at: Mapped[Moment]
    by_id: Mapped[int] = foreign("people.id")
    ended_at: Mapped[dt.datetime | None]
    ended_by_id: Mapped[int | None] = foreign("people.id", nullable=True)

    places: Mapped[list[CountPlace]] = relationship(order_by="CountPlace.sequence", lazy="selectin")
    lines: Mapped[list[CountLine]] = relationship(order_by="CountLine.id", lazy="selectin")


class CountPlace(Base):
    """A location to be counted, in walking order; `counted_at` is set when a counter has said that there is nothing more."""

    __tablename__ = "count_places"
    __table_args__ = (sa.UniqueConstraint("count_id", "location_id"),)

    id: Mapped[Key]
    count_id: Mapped[int] = foreign("counts.id")
    location_id: Mapped[int] = foreign("locations.id", index=True)
    sequence: Mapped[Count]
    task_id: Mapped[int | None] = foreign("tasks.id", nullable=True)
    counted_at: Mapped[dt.datetime | None]


class CountLine(Base):
    """One batch, in one condition and unit, at one place of a count. `difference` is what approval will post."""

    __tablename__ = "count_lines"
    __table_args__ = (
        sa.Index("ix_count_lines_count", "count_id", "location_id"),
        *whole("difference"),
    )

    id: Mapped[Key]
    count_id: Mapped[int] = foreign("counts.id")
    location_id: Mapped[int] = foreign("locations.id")
    product_id: Mapped[int] = foreign("products.id")
    batch_id: Mapped[int] = foreign("batches.id")
    handling_unit_id: Mapped[int | None] = foreign("handling_units.id", nullable=True)
    condition: Mapped[str] = mapped_column(sa.String(12))
    difference: Mapped[int | None]
    posted: Mapped[Count]

    entries: Mapped[list[CountEntry]] = relationship(order_by="CountEntry.id", lazy="selectin")


class CountEntry(Base):
    """What one person counted, beside the book at that very moment: goods that move before or after do not matter."""

    __tablename__ = "count_entries"
    __table_args__ = (
        sa.UniqueConstraint("line_id", "person_id"),
        sa.CheckConstraint("quantity >= 0", name="quantity_not_negative"),
        *whole("quantity", "book"),
    )

    id: Mapped[Key]
    line_id: Mapped[int] = foreign("count_lines.id")
    person_id: Mapped[int] = foreign("people.id")
    quantity: Mapped[Quantity]
    book: Mapped[Quantity]
    at: Mapped[Moment]
