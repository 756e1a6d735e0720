"""Products, packagings, barcodes, partners and cartons."""

from __future__ import annotations

import datetime as dt
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from wms.db import Base, Count, Json, Key, Moment, Quantity, folded, foreign, whole
from wms.i18n import T, Text, Worded


class Tracking(Worded):
    """What must be known of each piece of stock besides its product."""

    NONE = "none", T("Not tracked", "不追踪")
    LOT = "lot", T("Lot", "批号")
    EXPIRY = "expiry", T("Lot and expiry", "批号与到期日")  # lot and expiry date
    SERIAL = "serial", T("Serial", "序列号")


class Rotation(Worded):
    """Which batch leaves first."""

    FIFO = "fifo", T("First in, first out", "先进先出")
    FEFO = "fefo", T("First expired, first out", "先到期先出")
    LIFO = "lifo", T("Last in, first out", "后进先出")


class BinChoice(Worded):
    """From which bins a batch in its turn is taken, where it lies in several: a choice within rotation, never against it."""

    FACE_FIRST = "face_first", T("Pick face first", "拣货位优先")
    NEAREST = "nearest", T("Nearest first", "就近优先")
    FEWEST_PICKS = "fewest_picks", T("Fewest picks", "最少拣次")
    FULL_PACKAGING = "full_packaging", T("Full cases first", "整包装优先")


class TooOldRule(Worded):
    """What is done with goods that come in with less life left than they should have."""

    REFUSE = "refuse", T("Refused at the dock", "收货时拒收")
    HOLD = "hold", T("Taken in and held", "收下并冻结")


class Temperature(Worded):
    """How cold goods are kept. What says nothing is kept as the house is."""

    AMBIENT = "ambient", T("Ambient", "常温")
    COOL = "cool", T("Cool", "阴凉")
    CHILLED = "chilled", T("Chilled", "冷藏")
    FROZEN = "frozen", T("Frozen", "冷冻")


class PartnerKind(Worded):
    """What a partner is to us."""

    CUSTOMER = "customer", T("Customer", "客户")
    SUPPLIER = "supplier", T("Supplier", "供应商")
    CARRIER = "carrier", T("Carrier", "承运商")


class Product(Base):
    """A product, stocked in whole numbers of its smallest unit. `decimals` is for display only (grams shown as kg)."""

    __tablename__ = "products"
    __table_args__ = (
        sa.UniqueConstraint("sku_key"),
        sa.CheckConstraint("decimals BETWEEN 0 AND 6", name="decimals_in_range"),
        sa.CheckConstraint("weight_grams >= 0 AND length_mm >= 0 AND width_mm >= 0 AND height_mm >= 0", name="measures_not_negative"),
        sa.CheckConstraint("unit_value >= 0", name="value_not_negative"),
    )

    id: Mapped[Key]
    sku: Mapped[str] = mapped_column(sa.String(80))
    sku_key: Mapped[str] = folded("sku")
    name: Mapped[str] = mapped_column(sa.String(300))
    name_zh: Mapped[str | None] = mapped_column(sa.String(300))
    name_en: Mapped[str | None] = mapped_column(sa.String(300))
    base_unit: Mapped[str] = mapped_column(sa.String(30), default="piece")
    decimals: Mapped[Count]
    tracking: Mapped[str] = mapped_column(sa.String(10), default=Tracking.NONE.value)
    rotation: Mapped[str] = mapped_column(sa.String(10), default=Rotation.FIFO.value)
    bin_choice: Mapped[str | None] = mapped_column(sa.String(20))  # none: as the site's
    catch_weight: Mapped[bool] = mapped_column(default=False)  # weighed when picked
    shelf_life_days: Mapped[int | None]
    min_receipt_days: Mapped[int | None]  # how many days goods must still keep when they come in
    too_old: Mapped[str] = mapped_column(sa.String(10), default=TooOldRule.REFUSE.value)
    weight_grams: Mapped[Count]
    length_mm: Mapped[Count]
    width_mm: Mapped[Count]
    height_mm: Mapped[Count]
    this_way_up: Mapped[bool] = mapped_column(default=False, server_default=sa.false())  # its height stays upright, in its packagings too
    abc: Mapped[str | None] = mapped_column(sa.String(1))
    unit_value: Mapped[int | None]  # of one unit as people read it (10 to the decimals base units), in the smallest unit of money
    storage_class: Mapped[str | None] = mapped_column(sa.String(40))
    temperature: Mapped[str | None] = mapped_column(sa.String(10))
    owner_id: Mapped[int | None] = foreign("partners.id", nullable=True)  # whose its stock is, unless a batch names another
    updated_at: Mapped[Moment]

    owner: Mapped[Partner | None] = relationship(lazy="select")
    packagings: Mapped[list[Packaging]] = relationship(order_by="Packaging.quantity", cascade="all, delete-orphan", lazy="selectin")
    barcodes: Mapped[list[Barcode]] = relationship(order_by="Barcode.id", cascade="all, delete-orphan", lazy="selectin")

    @property
    def text(self) -> Text:
        """The product's name in both languages; what was not given in one is shown in the other."""
        return T(self.name_en or self.name, self.name_zh or self.name)

    @property
    def volume_mm3(self) -> int:
        """Volume of one base unit in cubic millimetres; 0 where it was never measured."""
        return self.length_mm * self.width_mm * self.height_mm


class Packaging(Base):
    """A whole multiple of the base unit that is handled as one: a case, a pallet."""

    __tablename__ = "packagings"
    __table_args__ = (
        sa.UniqueConstraint("product_id", "unit"),
        sa.CheckConstraint("quantity >= 1", name="quantity_positive"),
        *whole("quantity"),
    )

    id: Mapped[Key]
    product_id: Mapped[int] = foreign("products.id")
    unit: Mapped[str] = mapped_column(sa.String(30))
    quantity: Mapped[Quantity]
    weight_grams: Mapped[Count]
    length_mm: Mapped[Count]
    width_mm: Mapped[Count]
    height_mm: Mapped[Count]
    ships_as_is: Mapped[bool] = mapped_column(default=False, server_default=sa.false())  # is a parcel by itself: goes into no carton

    barcodes: Mapped[list[Barcode]] = relationship(cascade="all, delete-orphan", lazy="selectin", overlaps="barcodes")


class Barcode(Base):
    """A code that stands for one product, or for one packaging of it. GTINs are compared in their 14-digit form."""

    __tablename__ = "barcodes"
    __table_args__ = (sa.UniqueConstraint("code_key"),)

    id: Mapped[Key]
    code: Mapped[str] = mapped_column(sa.String(100))
    code_key: Mapped[str] = mapped_column(sa.String(100))
    product_id: Mapped[int] = foreign("products.id", index=True)
    packaging_id: Mapped[int | None] = foreign("packagings.id", nullable=True, index=True)
    linked_by_id: Mapped[int | None] = foreign("people.id", nullable=True)  # who linked it at the dock
    linked_at: Mapped[dt.datetime | None]


class Partner(Base):
    """A customer, supplier or carrier. Money is in the smallest unit of the house's currency."""

    __tablename__ = "partners"
    __table_args__ = (sa.UniqueConstraint("code_key"),)

    id: Mapped[Key]
    code: Mapped[str] = mapped_column(sa.String(80))
    code_key: Mapped[str] = folded("code")
    kind: Mapped[str] = mapped_column(sa.String(20))
    name: Mapped[str] = mapped_column(sa.String(300))
    address: Mapped[Json]
    credit_limit: Mapped[int | None]
    credit_days: Mapped[int | None]
    balance_due: Mapped[Count]
    oldest_due_on: Mapped[dt.date | None]
    min_remaining_days: Mapped[int | None]
    rotation: Mapped[str | None] = mapped_column(sa.String(10))  # none: as each product's
    bin_choice: Mapped[str | None] = mapped_column(sa.String(20))  # none: as each product's, or the site's
    one_batch: Mapped[bool] = mapped_column(default=False, server_default=sa.false())  # each line from one batch, unless it says otherwise
    ship_complete: Mapped[bool] = mapped_column(default=False, server_default=sa.false())  # an order leaves whole, unless it says otherwise
    allow_backorder: Mapped[bool] = mapped_column(default=False, server_default=sa.false())  # what lacks is sent later, likewise
    blocked: Mapped[bool] = mapped_column(default=False, server_default=sa.false())  # finance lets nothing go
    blocked_reason: Mapped[str | None] = mapped_column(sa.String(300))
    updated_at: Mapped[Moment]

    freshness: Mapped[list[Freshness]] = relationship(order_by="Freshness.id", cascade="all, delete-orphan", lazy="select")


class Freshness(Base):
    """How long goods of one product must still keep for one customer: goes before what the customer asks of all goods."""

    __tablename__ = "freshness"
    __table_args__ = (
        sa.UniqueConstraint("partner_id", "product_id"),
        sa.CheckConstraint("min_remaining_days >= 0", name="days_not_negative"),
    )

    id: Mapped[Key]
    partner_id: Mapped[int] = foreign("partners.id")
    product_id: Mapped[int] = foreign("products.id")
    min_remaining_days: Mapped[int]

    product: Mapped[Product] = relationship(lazy="joined")


class CartonType(Base):
    """A box that the house packs into: what goes in by its inner size, and at most so heavy; what it weighs itself."""

    __tablename__ = "carton_types"
    __table_args__ = (
        sa.UniqueConstraint("code_key"),
        sa.CheckConstraint("length_mm > 0 AND width_mm > 0 AND height_mm > 0", name="sizes_positive"),
        sa.CheckConstraint("tare_grams >= 0 AND (most_grams IS NULL OR most_grams > 0)", name="weights_possible"),
    )

    id: Mapped[Key]
    code: Mapped[str] = mapped_column(sa.String(40))
    code_key: Mapped[str] = folded("code")
    name: Mapped[str | None] = mapped_column(sa.String(300))
    length_mm: Mapped[int]
    width_mm: Mapped[int]
    height_mm: Mapped[int]
    tare_grams: Mapped[Count]
    most_grams: Mapped[int | None]  # none: as much as goes in
    in_use: Mapped[bool] = mapped_column(default=True, server_default=sa.true())  # is suggested, and may be chosen
    updated_at: Mapped[Moment]

    @property
    def size(self) -> str:
        """The inside, as it is written: 400×300×200."""
        return f"{self.length_mm}×{self.width_mm}×{self.height_mm}"

    @property
    def volume_mm3(self) -> int:
        """The inside in cubic millimetres."""
        return self.length_mm * self.width_mm * self.height_mm


ADDRESS_FIELDS = ("name", "phone", "street", "city", "region", "postcode", "country")


def one_line_address(address: dict[str, Any]) -> str:
    """An address on one line, as written on papers: what is empty is left out."""
    return " ".join(str(address[name]) for name in ("country", "region", "city", "street", "postcode") if address.get(name))
