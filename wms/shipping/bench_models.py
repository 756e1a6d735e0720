"""The packing bench: how strictly goods are checked there, what stands there, and how its parcels are booked with carriers."""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, deferred, mapped_column

from wms.db import Base, Count, Json, Key, Moment, foreign
from wms.i18n import T, Worded


class CheckPolicy(Worded):
    """How much of what was picked is scanned again at the bench."""

    EVERY = "every", T("Every piece", "逐件复核")
    SAMPLE = "sample", T("A sample", "抽检")
    TRUST = "trust", T("On trust", "免检")


class CheckRule(Base):
    """How strictly a product is checked at the bench, or everything that goes to a customer. The stricter of both counts.

    A sample is every n-th order, by its id, or so many pieces of each product, or both.
    """

    __tablename__ = "check_rules"
    __table_args__ = (
        sa.UniqueConstraint("product_id"),
        sa.UniqueConstraint("customer_id"),
        sa.CheckConstraint("(product_id IS NULL) <> (customer_id IS NULL)", name="one_subject"),
        sa.CheckConstraint("policy IN ('every', 'sample', 'trust')", name="policy_known"),
        sa.CheckConstraint("(policy = 'sample') = (every_orders IS NOT NULL OR pieces IS NOT NULL)", name="sample_is_stated"),
        sa.CheckConstraint("every_orders > 0 AND pieces > 0", name="sample_positive"),
    )

    id: Mapped[Key]
    product_id: Mapped[int | None] = foreign("products.id", nullable=True)
    customer_id: Mapped[int | None] = foreign("partners.id", nullable=True)
    policy: Mapped[str] = mapped_column(sa.String(10))
    every_orders: Mapped[int | None]
    pieces: Mapped[int | None]
    updated_at: Mapped[Moment]


class Bench(Base):
    """What stands at a packing place besides its printers."""

    __tablename__ = "benches"

    location_id: Mapped[int] = foreign("locations.id", primary_key=True, autoincrement=False)
    scale: Mapped[str | None] = mapped_column(sa.String(200))  # tcp://host:port
    updated_at: Mapped[Moment]


class CarrierAccount(Base):
    """How parcels are booked with a carrier. Where its range is another one, serial numbers begin anew behind `given_before`."""

    __tablename__ = "carrier_accounts"
    __table_args__ = (sa.CheckConstraint("given_before >= 0", name="given_not_negative"),)

    partner_id: Mapped[int] = foreign("partners.id", primary_key=True, autoincrement=False)
    method: Mapped[str] = mapped_column(sa.String(20))
    settings: Mapped[Json]
    given_before: Mapped[Count]  # serial numbers of its parcels that belong to ranges before this one
    updated_at: Mapped[Moment]


class Booking(Base):
    """A parcel that is booked with its carrier, once: the row is there before the carrier is asked, with the number it will have."""

    __tablename__ = "bookings"
    __table_args__ = (
        sa.UniqueConstraint("handling_unit_id"),
        sa.UniqueConstraint("partner_id", "serial"),
        sa.Index(
            "ix_bookings_due",
            "due_at",
            sqlite_where=sa.text("tracking IS NULL"),
            postgresql_where=sa.text("tracking IS NULL"),
        ),
        sa.Index(
            "ix_bookings_tracking",
            "tracking",
            sqlite_where=sa.text("tracking IS NOT NULL"),
            postgresql_where=sa.text("tracking IS NOT NULL"),
        ),
        sa.CheckConstraint("serial > 0 AND attempts >= 0", name="serial_positive"),
        sa.CheckConstraint("(tracking IS NULL) = (booked_at IS NULL)", name="booked_with_a_number"),
    )

    id: Mapped[Key]
    handling_unit_id: Mapped[int] = foreign("handling_units.id")
    partner_id: Mapped[int] = foreign("partners.id")
    serial: Mapped[int]
    attempts: Mapped[Count]
    due_at: Mapped[Moment]
    error: Mapped[str | None] = mapped_column(sa.String(300))
    tracking: Mapped[str | None] = mapped_column(sa.String(80))
    label_pdf: Mapped[bytes | None] = deferred(mapped_column(sa.LargeBinary))
    booked_at: Mapped[dt.datetime | None]
