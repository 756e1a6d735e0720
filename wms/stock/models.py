"""Batches, handling units, stock rows, movements, reservations, promises."""

from __future__ import annotations

import datetime as dt
import enum

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from wms.append_only import append_only
from wms.db import Base, Count, JsonList, Key, Moment, Quantity, folded, foreign, table_of, whole
from wms.i18n import T, Text
from wms.stock.ddl import nesting, noting_vacancies


class Condition(enum.StrEnum):
    """Whether a piece of stock may go to a customer; only good stock may."""

    GOOD = "good"
    INSPECTION = "inspection"
    DAMAGED = "damaged"
    BLOCKED = "blocked"

    @property
    def text(self) -> Text:
        """The condition in words."""
        return _CONDITION_WORDS[self]

    @property
    def tone(self) -> str:
        """Its colour, the same on every page."""
        return {Condition.GOOD: "calm", Condition.DAMAGED: "stop"}.get(self, "ask")


_CONDITION_WORDS = {
    Condition.GOOD: T("Good", "良品"),
    Condition.INSPECTION: T("In inspection", "待检"),
    Condition.DAMAGED: T("Damaged", "残损"),
    Condition.BLOCKED: T("Blocked", "冻结"),
}


class UnitKind(enum.StrEnum):
    """What a handling unit is."""

    PALLET = "pallet"
    CARTON = "carton"
    TOTE = "tote"


class Claim(enum.StrEnum):
    """How a reservation stands: pending until exactly one of the others."""

    PENDING = "pending"
    POSTED = "posted"
    VOIDED = "voided"
    EXPIRED = "expired"


class Stage(enum.StrEnum):
    """How far the reserved goods have come; the reservation travels with them."""

    RESERVED = "reserved"
    TO_SORT = "to_sort"  # picked together with the goods of other orders
    PICKED = "picked"
    PACKED = "packed"
    LOADED = "loaded"


class MovementKind(enum.StrEnum):
    """Why stock moved. The verb is always the same; this is its reason's kind."""

    RECEIPT = "receipt"
    PUTAWAY = "putaway"
    REPLENISHMENT = "replenishment"
    PICK = "pick"
    PACK = "pack"
    LOAD = "load"
    SHIP = "ship"
    MOVE = "move"
    RETURN = "return"
    PUT_BACK = "put_back"
    ADJUSTMENT = "adjustment"
    COUNT = "count"
    CONDITION = "condition"
    SEND_BACK = "send_back"
    SCRAP = "scrap"
    REVERSAL = "reversal"


class Batch(Base):
    """A FIFO layer: goods of one product that came in on one day, and of one lot where lots are tracked.

    `received_on` is the FIFO date and never changes, however often the goods are moved. Where lots are not tracked the lot is the day.
    """

    __tablename__ = "batches"
    __table_args__ = (
        sa.Index(
            "uq_batches_house",
            "product_id",
            "lot_key",
            "received_on",
            unique=True,
            sqlite_where=sa.text("owner_id IS NULL"),
            postgresql_where=sa.text("owner_id IS NULL"),
        ),
        sa.Index(
            "uq_batches_owner",
            "product_id",
            "owner_id",
            "lot_key",
            "received_on",
            unique=True,
            sqlite_where=sa.text("owner_id IS NOT NULL"),
            postgresql_where=sa.text("owner_id IS NOT NULL"),
        ),
    )

    id: Mapped[Key]
    product_id: Mapped[int] = foreign("products.id")
    owner_id: Mapped[int | None] = foreign("partners.id", nullable=True)
    lot: Mapped[str] = mapped_column(sa.String(80))
    lot_key: Mapped[str] = folded("lot")
    received_on: Mapped[dt.date]
    expires_on: Mapped[dt.date | None]
    produced_on: Mapped[dt.date | None]
    supplier_id: Mapped[int | None] = foreign("partners.id", nullable=True)
    certificate: Mapped[str | None] = mapped_column(sa.String(80))
    created_at: Mapped[Moment]


class HandlingUnit(Base):
    """A pallet, carton or tote with its own number (an SSCC where it goes to customers). Its contents are where it is.

    It may stand on another one (`parent_id`); `root_id` is then the lowest of all, the one a fork-lift takes. What stands on a unit is
    always where that unit is: triggers see to it (`wms.stock.ddl`).
    """

    __tablename__ = "handling_units"
    __table_args__ = (
        sa.UniqueConstraint("code_key"),
        sa.Index(
            "ix_handling_units_tracking",  # a parcel that comes back is known by it
            "tracking",
            sqlite_where=sa.text("tracking IS NOT NULL"),
            postgresql_where=sa.text("tracking IS NOT NULL"),
        ),
        sa.CheckConstraint("(parent_id IS NULL) = (root_id IS NULL)", name="nested_has_a_root"),
        sa.CheckConstraint("parent_id <> id AND root_id <> id", name="not_on_itself"),
    )

    id: Mapped[Key]
    site_id: Mapped[int] = foreign("sites.id")
    code: Mapped[str] = mapped_column(sa.String(40))
    code_key: Mapped[str] = folded("code")
    kind: Mapped[str] = mapped_column(sa.String(10))
    location_id: Mapped[int] = foreign("locations.id", index=True)
    parent_id: Mapped[int | None] = foreign("handling_units.id", nullable=True, index=True)
    root_id: Mapped[int | None] = foreign("handling_units.id", nullable=True, index=True)
    order_id: Mapped[int | None] = foreign("orders.id", nullable=True, index=True)
    load_id: Mapped[int | None] = foreign("loads.id", nullable=True, index=True)
    carton_type_id: Mapped[int | None] = foreign("carton_types.id", nullable=True)  # the box it is, where that was said
    weight_grams: Mapped[int | None]
    length_mm: Mapped[int | None]
    width_mm: Mapped[int | None]
    height_mm: Mapped[int | None]
    tracking: Mapped[str | None] = mapped_column(sa.String(80))
    closed_at: Mapped[dt.datetime | None]
    loaded_at: Mapped[dt.datetime | None]
    created_at: Mapped[Moment]


nesting(table_of(HandlingUnit))


_ON_HAND = "on_hand >= 0 OR may_be_negative"
_RESERVED = "reserved >= 0 AND (reserved = 0 OR reserved <= on_hand)"


class Stock(Base):
    """How much of one batch, in one condition, lies at one location (and in one handling unit). Written by the ledger alone."""

    __tablename__ = "stock"
    __table_args__ = (
        sa.Index(
            "uq_stock_loose",
            "location_id",
            "batch_id",
            "condition",
            unique=True,
            sqlite_where=sa.text("handling_unit_id IS NULL"),
            postgresql_where=sa.text("handling_unit_id IS NULL"),
        ),
        sa.Index(
            "uq_stock_in_unit",
            "location_id",
            "batch_id",
            "condition",
            "handling_unit_id",
            unique=True,
            sqlite_where=sa.text("handling_unit_id IS NOT NULL"),
            postgresql_where=sa.text("handling_unit_id IS NOT NULL"),
        ),
        sa.Index("ix_stock_location", "location_id"),
        sa.Index("ix_stock_unit", "handling_unit_id"),
        sa.Index("ix_stock_batch", "batch_id"),
        sa.Index("ix_stock_latest", "product_id", "site_id", "id"),
        sa.CheckConstraint(_ON_HAND, name="on_hand_not_negative"),
        sa.CheckConstraint(_RESERVED, name="reserved_within_on_hand"),
        sa.CheckConstraint("reserved = 0 OR condition = 'good'", name="only_good_is_reserved"),
        *whole("on_hand", "reserved"),
    )

    id: Mapped[Key]
    site_id: Mapped[int] = foreign("sites.id")
    location_id: Mapped[int] = foreign("locations.id")
    batch_id: Mapped[int] = foreign("batches.id")
    product_id: Mapped[int] = foreign("products.id")
    handling_unit_id: Mapped[int | None] = foreign("handling_units.id", nullable=True)
    condition: Mapped[str] = mapped_column(sa.String(12), default=Condition.GOOD.value)
    on_hand: Mapped[Quantity]
    reserved: Mapped[Count]
    may_be_negative: Mapped[bool] = mapped_column(default=False)


noting_vacancies(table_of(Stock))


class Movement(Base):
    """One line of the journal: so many of a batch from one place to another. Append-only; undone by a counter-movement."""

    __tablename__ = "movements"
    __table_args__ = (
        sa.UniqueConstraint("key"),
        sa.UniqueConstraint("reverses_id"),
        sa.Index("ix_movements_order_line", "order_line_id", "kind"),
        sa.Index("ix_movements_inbound_line", "inbound_line_id", "kind"),
        sa.Index(
            "ix_movements_arrival",
            "arrival_id",
            sqlite_where=sa.text("arrival_id IS NOT NULL"),
            postgresql_where=sa.text("arrival_id IS NOT NULL"),
        ),
        sa.Index("ix_movements_source", "source_id", "id"),
        sa.Index("ix_movements_target", "target_id", "id"),
        sa.Index("ix_movements_batch", "batch_id", "id"),
        sa.Index("ix_movements_kind", "site_id", "kind", "id"),
        sa.Index(
            "ix_movements_document",  # with the kind, or SQLite would rather go through all movements of that kind
            "document",
            "site_id",
            "kind",
            sqlite_where=sa.text("document IS NOT NULL"),
            postgresql_where=sa.text("document IS NOT NULL"),
        ),
        sa.CheckConstraint("quantity > 0", name="quantity_positive"),
        *whole("quantity"),
    )

    id: Mapped[Key]
    key: Mapped[str] = mapped_column(sa.String(120))
    at: Mapped[Moment]
    device_at: Mapped[dt.datetime | None]
    site_id: Mapped[int] = foreign("sites.id")
    product_id: Mapped[int] = foreign("products.id")
    batch_id: Mapped[int] = foreign("batches.id")
    quantity: Mapped[Quantity]
    source_id: Mapped[int] = foreign("locations.id")
    source_unit_id: Mapped[int | None] = foreign("handling_units.id", nullable=True)
    source_condition: Mapped[str] = mapped_column(sa.String(12))
    target_id: Mapped[int] = foreign("locations.id")
    target_unit_id: Mapped[int | None] = foreign("handling_units.id", nullable=True)
    target_condition: Mapped[str] = mapped_column(sa.String(12))
    kind: Mapped[str] = mapped_column(sa.String(20))
    reason: Mapped[str | None] = mapped_column(sa.String(200))
    document: Mapped[str | None] = mapped_column(sa.String(80))
    order_line_id: Mapped[int | None] = foreign("order_lines.id", nullable=True)
    inbound_line_id: Mapped[int | None] = foreign("inbound_lines.id", nullable=True)
    arrival_id: Mapped[int | None] = foreign("arrivals.id", nullable=True)
    task_id: Mapped[int | None] = foreign("tasks.id", nullable=True)
    reverses_id: Mapped[int | None] = foreign("movements.id", nullable=True)
    by_id: Mapped[int] = foreign("people.id")


append_only(table_of(Movement))


class Reservation(Base):
    """An order line's claim on goods. It travels with them, rack to truck, and ends exactly once."""

    __tablename__ = "reservations"
    __table_args__ = (
        sa.Index("ix_reservations_stock", "stock_id", "status"),
        sa.Index("ix_reservations_line", "order_line_id", "status"),
        sa.Index("ix_reservations_task", "task_id", "sequence"),
        sa.CheckConstraint("quantity > 0", name="quantity_positive"),
        sa.CheckConstraint("status IN ('pending', 'posted', 'voided', 'expired')", name="status_known"),
        sa.CheckConstraint("(status = 'pending') = (ended_at IS NULL)", name="ends_once"),
        *whole("quantity"),
    )

    id: Mapped[Key]
    order_line_id: Mapped[int] = foreign("order_lines.id")
    stock_id: Mapped[int] = foreign("stock.id")
    quantity: Mapped[Quantity]
    status: Mapped[str] = mapped_column(sa.String(10), default=Claim.PENDING.value)
    stage: Mapped[str] = mapped_column(sa.String(10), default=Stage.RESERVED.value)
    task_id: Mapped[int | None] = foreign("tasks.id", nullable=True)
    sequence: Mapped[Count]
    reasons: Mapped[JsonList | None]  # why this batch, and why this bin, when it was chosen, as {code, …facts}
    created_at: Mapped[Moment]
    ended_at: Mapped[dt.datetime | None]


class Promise(Base):
    """How much of a product is promised to released lines but not yet reserved. Its row is the lock for promising."""

    __tablename__ = "promises"
    __table_args__ = (
        sa.UniqueConstraint("site_id", "product_id"),
        sa.CheckConstraint("promised >= 0", name="promised_not_negative"),
        *whole("promised"),
    )

    id: Mapped[Key]
    site_id: Mapped[int] = foreign("sites.id")
    product_id: Mapped[int] = foreign("products.id")
    promised: Mapped[Count]
