"""Arrivals: the vehicles that bring goods, when and at which dock."""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from wms.db import Base, Key, Moment, folded, foreign
from wms.i18n import T, Worded


class ArrivalStatus(Worded):
    """How far a vehicle has come."""

    PLANNED = "planned", T("Planned", "已预约")
    ARRIVED = "arrived", T("Arrived", "已到")
    UNLOADING = "unloading", T("Unloading", "卸货中")
    UNLOADED = "unloaded", T("Unloaded", "已卸完")
    LEFT = "left", T("Left", "已离场")
    CANCELLED = "cancelled", T("Cancelled", "已取消")

    @property
    def tone(self) -> str:
        """Its colour, the same on every page: amber waits for a person, green is in work or done."""
        if self is ArrivalStatus.ARRIVED:
            return "ask"
        return "good" if self in (ArrivalStatus.UNLOADING, ArrivalStatus.UNLOADED) else "calm"


def plate_key(plate: str | None) -> str:
    """A plate as plates are compared: 豫A·8F213, 豫A 8f213 and 豫A-8F213 are one vehicle."""
    return "".join(one for one in (plate or "").casefold() if one.isalnum())


class Arrival(Base):
    """A vehicle that brings goods of one or several inbound orders. Times are when it was planned for, and when it really happened."""

    __tablename__ = "arrivals"
    __table_args__ = (
        sa.UniqueConstraint("site_id", "number_key"),
        sa.Index("ix_arrivals_plate", "site_id", "plate_key"),
        sa.Index("ix_arrivals_arrived", "site_id", "arrived_at"),
        sa.Index("ix_arrivals_status", "site_id", "status", "planned_from"),
        sa.Index("ix_arrivals_dock", "dock_id", "planned_from"),
        sa.CheckConstraint("planned_until > planned_from", name="slot_has_length"),
        sa.CheckConstraint("(planned_from IS NULL) = (planned_until IS NULL)", name="slot_begins_and_ends"),
        sa.CheckConstraint("unloaded_at IS NULL OR unloading_at IS NOT NULL", name="begun_before_ended"),
    )
    event_kind = "arrival"

    id: Mapped[Key]
    site_id: Mapped[int] = foreign("sites.id")
    number: Mapped[str] = mapped_column(sa.String(80))
    number_key: Mapped[str] = folded("number")
    status: Mapped[str] = mapped_column(sa.String(12), default=ArrivalStatus.PLANNED.value)
    partner_id: Mapped[int | None] = foreign("partners.id", nullable=True)
    carrier_id: Mapped[int | None] = foreign("partners.id", nullable=True)
    plate: Mapped[str | None] = mapped_column(sa.String(40))
    plate_key: Mapped[str] = mapped_column(sa.String(40), default="")
    driver: Mapped[str | None] = mapped_column(sa.String(120))
    phone: Mapped[str | None] = mapped_column(sa.String(40))
    dock_id: Mapped[int | None] = foreign("locations.id", nullable=True)
    planned_from: Mapped[dt.datetime | None]
    planned_until: Mapped[dt.datetime | None]
    arrived_at: Mapped[dt.datetime | None]
    unloading_at: Mapped[dt.datetime | None]
    unloaded_at: Mapped[dt.datetime | None]
    left_at: Mapped[dt.datetime | None]
    note: Mapped[str | None] = mapped_column(sa.String(500))
    created_at: Mapped[Moment]
    updated_at: Mapped[Moment]


class ArrivalOrder(Base):
    """An arrival brings goods of an inbound order; one order may come in several arrivals."""

    __tablename__ = "arrival_orders"
    __table_args__ = (sa.UniqueConstraint("arrival_id", "inbound_order_id"), sa.Index("ix_arrival_orders_order", "inbound_order_id"))

    id: Mapped[Key]
    arrival_id: Mapped[int] = foreign("arrivals.id")
    inbound_order_id: Mapped[int] = foreign("inbound_orders.id")


class DockBooking(Base):
    """A quarter of an hour of a dock that is booked for an arrival. The key is what keeps two appointments from overlapping."""

    __tablename__ = "dock_bookings"
    __table_args__ = (sa.UniqueConstraint("dock_id", "quarter"), sa.Index("ix_dock_bookings_arrival", "arrival_id"))

    id: Mapped[Key]
    dock_id: Mapped[int] = foreign("locations.id")
    quarter: Mapped[Moment]
    arrival_id: Mapped[int] = foreign("arrivals.id")
