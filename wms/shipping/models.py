"""Vehicles, routes, loads with their gate passes, and shipments."""

from __future__ import annotations

import datetime as dt
import enum

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, validates

from wms.db import Base, Json, JsonList, Key, Moment, fold, folded, foreign, whole
from wms.i18n import T, Text


def plate_key(plate: str) -> str:
    """A plate as people compare it, however it was typed: 豫A·8F213 and 豫a 8f213 are one."""
    return "".join(one for one in fold(plate) if one.isalnum())


class LoadStatus(enum.StrEnum):
    """How far a load has come."""

    PLANNED = "planned"
    LOADING = "loading"
    CLOSED = "closed"
    LEFT = "left"

    @property
    def text(self) -> Text:
        """The status in words."""
        return _LOAD_STATUS_WORDS[self]


_LOAD_STATUS_WORDS = {
    LoadStatus.PLANNED: T("Planned", "已计划"),
    LoadStatus.LOADING: T("Loading", "装车中"),
    LoadStatus.CLOSED: T("Closed", "已封车"),
    LoadStatus.LEFT: T("Left the gate", "已出门"),
}


class Mismatch(enum.StrEnum):
    """What the guard finds wrong with a truck."""

    PLATE = "PLATE"
    SEAL = "SEAL"
    UNITS = "UNITS"

    @property
    def text(self) -> Text:
        """The reason in words."""
        return _MISMATCH_WORDS[self]


_MISMATCH_WORDS = {
    Mismatch.PLATE: T("Another plate", "车牌不符"),
    Mismatch.SEAL: T("Seal missing, broken or another", "封签缺失、破损或不符"),
    Mismatch.UNITS: T("Another number of units", "件数不符"),
}


_POSITIVE = "max_weight_grams > 0 AND max_volume_cm3 > 0 AND pallet_places > 0"


class Vehicle(Base):
    """A truck that comes again and again: what it may carry, who drives it. What is empty nobody has said, and nothing is held to it."""

    __tablename__ = "vehicles"
    __table_args__ = (
        sa.UniqueConstraint("code_key"),
        sa.CheckConstraint(_POSITIVE, name="capacity_positive"),
        *whole("max_weight_grams", "max_volume_cm3", "pallet_places"),
    )

    id: Mapped[Key]
    code: Mapped[str] = mapped_column(sa.String(80))
    code_key: Mapped[str] = folded("code")
    name: Mapped[str | None] = mapped_column(sa.String(80))  # 9.6 m box truck
    plate: Mapped[str | None] = mapped_column(sa.String(40))
    carrier_id: Mapped[int | None] = foreign("partners.id", nullable=True)
    driver: Mapped[str | None] = mapped_column(sa.String(80))
    driver_id: Mapped[int | None] = foreign("people.id", nullable=True)
    max_weight_grams: Mapped[int | None]
    max_volume_cm3: Mapped[int | None]
    pallet_places: Mapped[int | None]
    temperature: Mapped[str | None] = mapped_column(sa.String(10))
    in_service: Mapped[bool] = mapped_column(default=True)
    updated_at: Mapped[Moment]


class Route(Base):
    """Where trucks go together. Its areas stand in delivery order, each {region, city, postcode}: what is left out fits everything, and a
    postcode fits all that begin with it."""

    __tablename__ = "routes"
    __table_args__ = (sa.UniqueConstraint("code_key"),)

    id: Mapped[Key]
    code: Mapped[str] = mapped_column(sa.String(80))
    code_key: Mapped[str] = folded("code")
    name: Mapped[str] = mapped_column(sa.String(200))
    areas: Mapped[JsonList] = mapped_column(default=list)
    carrier_id: Mapped[int | None] = foreign("partners.id", nullable=True)
    cut_off: Mapped[str | None] = mapped_column(sa.String(5))  # 16:00 of the house's day: what is ready later goes tomorrow
    updated_at: Mapped[Moment]


class Load(Base):
    """A vehicle with the orders that go on it. Its stops are in delivery order; a shipment's `stop` counts them from 1."""

    __tablename__ = "loads"
    __table_args__ = (
        sa.UniqueConstraint("number"),
        sa.Index("ix_loads_status", "site_id", "status"),
        sa.Index(
            "ix_loads_plate",
            "site_id",
            "plate_key",
            sqlite_where=sa.text("plate_key IS NOT NULL"),
            postgresql_where=sa.text("plate_key IS NOT NULL"),
        ),
        sa.Index(
            "ix_loads_papers",  # of which papers are to be kept: a handful at any time
            "left_at",
            sqlite_where=sa.text("status = 'left' AND papers_kept_at IS NULL"),
            postgresql_where=sa.text("status = 'left' AND papers_kept_at IS NULL"),
        ),
        sa.Index(
            "ix_loads_driver",
            "driver_id",
            "left_at",
            sqlite_where=sa.text("driver_id IS NOT NULL"),
            postgresql_where=sa.text("driver_id IS NOT NULL"),
        ),
        sa.CheckConstraint("status IN ('planned', 'loading', 'closed', 'left')", name="status_known"),
        sa.CheckConstraint(
            "(status IN ('closed', 'left')) = (gate_pass IS NOT NULL) AND (status = 'left') = (left_at IS NOT NULL)", name="passes_the_gate"
        ),
        sa.CheckConstraint(_POSITIVE, name="capacity_positive"),
        sa.CheckConstraint("no_seal IS NULL OR seal IS NULL", name="seal_or_reason"),
        *whole("max_weight_grams", "max_volume_cm3", "pallet_places"),
    )
    event_kind = "load"

    id: Mapped[Key]
    site_id: Mapped[int] = foreign("sites.id")
    number: Mapped[str] = mapped_column(sa.String(40))
    carrier_id: Mapped[int | None] = foreign("partners.id", nullable=True)
    door_id: Mapped[int] = foreign("locations.id")
    vehicle: Mapped[str | None] = mapped_column(sa.String(80))
    plate: Mapped[str | None] = mapped_column(sa.String(40))
    plate_key: Mapped[str | None] = mapped_column(sa.String(40))
    driver: Mapped[str | None] = mapped_column(sa.String(80))
    driver_id: Mapped[int | None] = foreign("people.id", nullable=True)  # who signs off what it carries; a stranger has a name only
    vehicle_id: Mapped[int | None] = foreign("vehicles.id", nullable=True)
    route_id: Mapped[int | None] = foreign("routes.id", nullable=True)
    max_weight_grams: Mapped[int | None]  # what it may carry, as its vehicle said when it was planned
    max_volume_cm3: Mapped[int | None]
    pallet_places: Mapped[int | None]
    temperature: Mapped[str | None] = mapped_column(sa.String(10))
    overload_reason: Mapped[str | None] = mapped_column(sa.String(200))  # why a supervisor lets it carry more
    stops: Mapped[JsonList] = mapped_column(default=list)
    seal: Mapped[str | None] = mapped_column(sa.String(60))
    no_seal: Mapped[str | None] = mapped_column(sa.String(200))  # why it was closed without one
    gate_pass: Mapped[str | None] = mapped_column(sa.String(40), unique=True)
    closed_units: Mapped[int | None]  # on board when it was closed; the gate compares
    status: Mapped[str] = mapped_column(sa.String(10), default=LoadStatus.PLANNED.value)
    created_at: Mapped[Moment]
    closed_at: Mapped[dt.datetime | None]
    left_at: Mapped[dt.datetime | None]
    papers_kept_at: Mapped[dt.datetime | None]  # of this departure

    @validates("plate")
    def _keyed(self, _name: str, plate: str | None) -> str | None:
        self.plate_key = plate_key(plate or "") or None
        return plate


class Shipment(Base):
    """One order's goods leaving together. Until it has left, its parcels are the order's units; then, those that went on its load.

    An order has one shipment that has not left, at most; what stays behind gets a new one.
    """

    __tablename__ = "shipments"
    __table_args__ = (
        sa.UniqueConstraint("number"),
        sa.Index("ix_shipments_order", "order_id"),
        sa.Index("ix_shipments_load", "load_id"),
        sa.Index(
            "ix_shipments_unsigned",
            "site_id",
            "order_id",
            sqlite_where=sa.text("left_at IS NOT NULL AND signed_at IS NULL"),
            postgresql_where=sa.text("left_at IS NOT NULL AND signed_at IS NULL"),
        ),
        sa.Index(
            "ix_shipments_tracking",
            "tracking",
            sqlite_where=sa.text("tracking IS NOT NULL"),
            postgresql_where=sa.text("tracking IS NOT NULL"),
        ),
        sa.Index(
            "uq_shipments_open",
            "order_id",
            unique=True,
            sqlite_where=sa.text("left_at IS NULL"),
            postgresql_where=sa.text("left_at IS NULL"),
        ),
        sa.CheckConstraint("left_at IS NULL OR load_id IS NOT NULL", name="leaves_on_a_load"),
        sa.CheckConstraint("signed_at IS NULL OR left_at IS NOT NULL", name="signed_for_once_left"),
    )

    id: Mapped[Key]
    site_id: Mapped[int] = foreign("sites.id")
    number: Mapped[str] = mapped_column(sa.String(40))
    order_id: Mapped[int] = foreign("orders.id")
    load_id: Mapped[int | None] = foreign("loads.id", nullable=True)
    stop: Mapped[int | None]
    carrier_id: Mapped[int | None] = foreign("partners.id", nullable=True)
    tracking: Mapped[str | None] = mapped_column(sa.String(80))
    packed_at: Mapped[dt.datetime | None]
    left_at: Mapped[dt.datetime | None]
    signed_by: Mapped[str | None] = mapped_column(sa.String(200))
    signed_at: Mapped[dt.datetime | None]
    sign_off: Mapped[Json] = mapped_column(default=dict)
    created_at: Mapped[Moment]
