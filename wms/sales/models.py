"""Who watches which order, what they were told, the links that customers have, and how promises were kept week by week."""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from wms.db import Base, Count, Key, Moment, foreign, whole


class Watch(Base):
    """A person wants to hear of an order, or of all orders of a customer."""

    __tablename__ = "watches"
    __table_args__ = (
        sa.Index(
            "uq_watches_order",
            "order_id",
            "person_id",
            unique=True,
            sqlite_where=sa.text("order_id IS NOT NULL"),
            postgresql_where=sa.text("order_id IS NOT NULL"),
        ),
        sa.Index(
            "uq_watches_customer",
            "customer_id",
            "site_id",
            "person_id",
            unique=True,
            sqlite_where=sa.text("customer_id IS NOT NULL"),
            postgresql_where=sa.text("customer_id IS NOT NULL"),
        ),
        sa.Index("ix_watches_person", "person_id", "id"),
        sa.CheckConstraint("(order_id IS NULL) <> (customer_id IS NULL)", name="of_one_thing"),
    )

    id: Mapped[Key]
    site_id: Mapped[int] = foreign("sites.id")
    person_id: Mapped[int] = foreign("people.id")
    order_id: Mapped[int | None] = foreign("orders.id", nullable=True)
    customer_id: Mapped[int | None] = foreign("partners.id", nullable=True)
    since: Mapped[Moment]


class Notice(Base):
    """Something that happened to an order which a person watches; new until they have seen it."""

    __tablename__ = "notices"
    __table_args__ = (
        sa.UniqueConstraint("event_id", "person_id"),
        sa.Index("ix_notices_person", "person_id", "site_id", "id"),
        sa.Index(
            "ix_notices_new",
            "person_id",
            "site_id",
            sqlite_where=sa.text("seen_at IS NULL"),
            postgresql_where=sa.text("seen_at IS NULL"),
        ),
        sa.Index("ix_notices_at", "at"),
    )

    id: Mapped[Key]
    site_id: Mapped[int] = foreign("sites.id")
    person_id: Mapped[int] = foreign("people.id")
    event_id: Mapped[int] = foreign("events.id")
    order_id: Mapped[int] = foreign("orders.id")
    at: Mapped[Moment]
    seen_at: Mapped[dt.datetime | None]


class CustomerLink(Base):
    """A link by which the customer of one order sees how it stands, without signing in, until it ends or is taken back."""

    __tablename__ = "customer_links"
    __table_args__ = (
        sa.Index("ix_customer_links_order", "order_id", "id"),
        sa.CheckConstraint("ends_at > made_at", name="lasts"),
        sa.CheckConstraint("(revoked_at IS NULL) = (revoked_by_id IS NULL)", name="revoked_by_somebody"),
    )

    id: Mapped[Key]
    site_id: Mapped[int] = foreign("sites.id")
    order_id: Mapped[int] = foreign("orders.id")
    nonce: Mapped[str] = mapped_column(sa.String(40))
    language: Mapped[str] = mapped_column(sa.String(10))
    made_at: Mapped[Moment]
    made_by_id: Mapped[int] = foreign("people.id")
    ends_at: Mapped[Moment]
    revoked_at: Mapped[dt.datetime | None]
    revoked_by_id: Mapped[int | None] = foreign("people.id", nullable=True)


class KeptWeek(Base):
    """Of the orders that a customer was promised for the days of one week: how many left by the day they were promised for."""

    __tablename__ = "kept_weeks"
    __table_args__ = (
        sa.UniqueConstraint("site_id", "week", "customer_id"),
        sa.CheckConstraint("promised > 0 AND kept BETWEEN 0 AND promised", name="kept_within_promised"),
        sa.CheckConstraint("days_late >= 0", name="days_not_negative"),
        *whole("promised", "kept", "days_late"),
    )

    id: Mapped[Key]
    site_id: Mapped[int] = foreign("sites.id")
    week: Mapped[dt.date]  # its Monday
    customer_id: Mapped[int] = foreign("partners.id")
    promised: Mapped[Count]
    kept: Mapped[Count]
    days_late: Mapped[Count]  # of those that were not kept, together, as far as they have left
