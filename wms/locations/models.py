"""Sites and locations. Virtual locations are where goods come from and go to outside the house."""

from __future__ import annotations

import datetime as dt
from typing import Any

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.orm import Mapped, mapped_column

from wms.db import Base, Count, Json, JsonList, Key, Moment, folded, foreign
from wms.i18n import T, Text, Worded


class Kind(Worded):
    """What a location is for."""

    DOCK = "dock", T("Dock", "收货月台")
    INSPECTION = "inspection", T("Inspection", "待检区")
    STORAGE = "storage", T("Storage", "存储位")
    PICK_FACE = "pick_face", T("Pick face", "拣货位")
    PACKING = "packing", T("Packing", "打包台")
    STAGING = "staging", T("Staging", "集货区")
    DOOR = "door", T("Door", "发货门")
    DEFECT = "defect", T("Defect area", "不合格品区")
    SCRAP = "scrap", T("Scrap", "报废区")
    CONSIGNMENT = "consignment", T("Consignment", "寄售位")
    VIRTUAL = "virtual", T("Outside", "库外")


# Where stock may be promised and reserved for orders.
PICKABLE = (Kind.STORAGE, Kind.PICK_FACE)
# Where stock may be promised from although it must be put away first: at the dock, and released where it was inspected.
PROMISABLE = (*PICKABLE, Kind.DOCK, Kind.INSPECTION)


class Mixing(Worded):
    """What may lie together in one bin."""

    ANY = "any", T("Mixed", "可混放")
    ONE_PRODUCT = "one_product", T("One product", "单一商品")
    ONE_BATCH = "one_batch", T("One batch", "单一批次")


class Virtual(Worded):
    """The places outside the house, one of each per site."""

    SUPPLIER = "@SUPPLIER", T("Supplier", "供应商")
    PRODUCTION = "@PRODUCTION", T("Production", "生产")
    CUSTOMER = "@CUSTOMER", T("Customer", "客户")
    TRANSFER = "@TRANSFER", T("Transfer", "调拨")
    COUNT = "@COUNT", T("Count difference", "盘点差异")
    ADJUSTMENT = "@ADJUSTMENT", T("Adjustment", "库存调整")
    SCRAP = "@SCRAP", T("Scrapped", "报废")


def place_text(code: str) -> Text:
    """A place as people read it: bins by their code, the places outside in words."""
    outside = Virtual.__members__.get(code.removeprefix("@")) if code.startswith("@") else None
    return outside.text if outside else T("{code}", "{code}", code=code)


class Site(Base):
    """One warehouse. While there is only MAIN, nobody needs to name it."""

    __tablename__ = "sites"
    __table_args__ = (
        sa.UniqueConstraint("code_key"),
        sa.CheckConstraint("age_window_days BETWEEN 0 AND 365", name="age_window_in_range"),
    )

    id: Mapped[Key]
    code: Mapped[str] = mapped_column(sa.String(40))
    code_key: Mapped[str] = folded("code")
    name: Mapped[str] = mapped_column(sa.String(200))
    bin_choice: Mapped[str] = mapped_column(sa.String(20), default="face_first", server_default="face_first")
    age_window_days: Mapped[Count]  # so many days apart, batches are of one age where bins are chosen by nearness, picks or packagings


class Location(Base):
    """A place with coordinates (millimetres from the site's corner) and what fits into it; an empty limit is no limit."""

    __tablename__ = "locations"
    __table_args__ = (
        sa.UniqueConstraint("site_id", "code_key"),
        sa.Index("ix_locations_kind", "site_id", "kind"),
        sa.CheckConstraint("assigned_minimum >= 0 AND assigned_maximum >= assigned_minimum", name="face_levels"),
        sa.CheckConstraint("max_weight_grams > 0 AND max_volume_cm3 > 0 AND max_units > 0", name="limits_positive"),
        sa.CheckConstraint("max_height_mm > 0", name="height_positive"),
        sa.Index("ix_locations_group", "site_id", "kind", "group_id"),
    )

    id: Mapped[Key]
    site_id: Mapped[int] = foreign("sites.id")
    code: Mapped[str] = mapped_column(sa.String(80))
    code_key: Mapped[str] = folded("code")
    kind: Mapped[str] = mapped_column(sa.String(20))
    zone: Mapped[str | None] = mapped_column(sa.String(40))
    aisle: Mapped[str | None] = mapped_column(sa.String(40))
    bay: Mapped[str | None] = mapped_column(sa.String(40))
    level: Mapped[str | None] = mapped_column(sa.String(40))
    position: Mapped[str | None] = mapped_column(sa.String(40))
    x_mm: Mapped[Count]
    y_mm: Mapped[Count]
    z_mm: Mapped[Count]
    max_weight_grams: Mapped[int | None]
    max_volume_cm3: Mapped[int | None]
    max_units: Mapped[int | None]
    mixing: Mapped[str] = mapped_column(sa.String(20), default=Mixing.ANY.value)
    max_height_mm: Mapped[int | None]
    storage_class: Mapped[str | None] = mapped_column(sa.String(40))
    temperature: Mapped[str | None] = mapped_column(sa.String(10))
    equipment: Mapped[str | None] = mapped_column(sa.String(40))  # without which nobody reaches it
    group_id: Mapped[int | None] = foreign("bin_groups.id", nullable=True, index=True)  # by wms.locations.layout, of storage bins
    allow_negative: Mapped[bool] = mapped_column(default=False)
    partner_id: Mapped[int | None] = foreign("partners.id", nullable=True)
    assigned_product_id: Mapped[int | None] = foreign("products.id", nullable=True, index=True)
    assigned_minimum: Mapped[int | None]
    assigned_maximum: Mapped[int | None]
    updated_at: Mapped[Moment]

    @property
    def is_virtual(self) -> bool:
        """Whether this place is outside the house."""
        return self.kind == Kind.VIRTUAL


_ITS_GROUP = (
    *("kind", "zone", "x_mm", "y_mm", "z_mm", "mixing", "storage_class", "temperature"),
    *("max_weight_grams", "max_volume_cm3", "max_units", "max_height_mm"),
)


@event.listens_for(Location, "before_update")
def _is_sorted_in_anew(_mapper: Any, _connection: Any, location: Location) -> None:
    """A bin that is changed leaves its group, for its neighbours may not be like it any more."""
    state = sa.inspect(location)
    if any(state.attrs[name].history.has_changes() for name in _ITS_GROUP):
        location.group_id = None


class ZoneFreeze(Base):
    """A zone where nothing begins while it is counted. One of each zone at a time; `zone` is empty for places without one."""

    __tablename__ = "zone_freezes"
    __table_args__ = (
        sa.Index(
            "uq_zone_freezes_live",
            "site_id",
            "zone",
            unique=True,
            sqlite_where=sa.text("ended_at IS NULL"),
            postgresql_where=sa.text("ended_at IS NULL"),
        ),
        sa.CheckConstraint("(ended_by_id IS NULL) OR (ended_at IS NOT NULL)", name="ended_by_somebody"),
    )

    id: Mapped[Key]
    site_id: Mapped[int] = foreign("sites.id")
    zone: Mapped[str] = mapped_column(sa.String(40))
    document: Mapped[str] = mapped_column(sa.String(80))
    began_at: Mapped[Moment]
    by_id: Mapped[int] = foreign("people.id")
    until: Mapped[dt.datetime | None]
    """When it ends by itself."""
    ended_at: Mapped[dt.datetime | None]
    ended_by_id: Mapped[int | None] = foreign("people.id", nullable=True)


class BinGroup(Base):
    """Storage bins that are alike and stand together: the same zone and limits, within ten metres. Never changed, only added to."""

    __tablename__ = "bin_groups"
    __table_args__ = (sa.UniqueConstraint("site_id", "signature"),)

    id: Mapped[Key]
    site_id: Mapped[int] = foreign("sites.id")
    signature: Mapped[str] = mapped_column(sa.String(300))
    zone: Mapped[str | None] = mapped_column(sa.String(40))
    max_weight_grams: Mapped[int | None]
    max_volume_cm3: Mapped[int | None]
    max_units: Mapped[int | None]
    max_height_mm: Mapped[int | None]
    mixing: Mapped[str] = mapped_column(sa.String(20))
    storage_class: Mapped[str | None] = mapped_column(sa.String(40))
    temperature: Mapped[str | None] = mapped_column(sa.String(10))
    cell_x: Mapped[int]
    cell_y: Mapped[int]
    cell_z: Mapped[int]


class Vacancy(Base):
    """A storage bin that may be empty. Every empty one is here; one that is not empty any more stays until somebody looks (and more than
    once where it was emptied more than once). Written by a trigger when a bin is emptied, so that filling one costs nothing."""

    __tablename__ = "vacancies"
    __table_args__ = (
        sa.Index("ix_vacancies_group", "group_id", "location_id"),
        sa.Index("ix_vacancies_location", "location_id"),
    )

    id: Mapped[Key]
    location_id: Mapped[int] = foreign("locations.id")
    group_id: Mapped[int | None] = foreign("bin_groups.id", nullable=True)
    x_mm: Mapped[Count]
    y_mm: Mapped[Count]
    z_mm: Mapped[Count]


class Reach(Base):
    """How far the storage bins lie from a place where goods start, reckoned once per layout: where the second and the last third begin."""

    __tablename__ = "reaches"

    start_id: Mapped[int] = foreign("locations.id", primary_key=True, autoincrement=False)
    site_id: Mapped[int] = foreign("sites.id", index=True)
    second_third_mm: Mapped[int]
    last_third_mm: Mapped[int]


class FloorPlan(Base):
    """What coordinates do not tell of a floor: cross-aisles, aisles of one way, where walks begin. A zone's own goes before the site's."""

    __tablename__ = "floor_plans"
    __table_args__ = (sa.UniqueConstraint("site_id", "zone_key"),)

    id: Mapped[Key]
    site_id: Mapped[int] = foreign("sites.id")
    zone: Mapped[str] = mapped_column(sa.String(40), default="")  # empty: the whole site
    zone_key: Mapped[str] = folded("zone")
    cross_aisles_mm: Mapped[JsonList] = mapped_column(default=list)  # along the aisles; empty: before the first bin and behind the last
    one_way: Mapped[Json] = mapped_column(default=dict)  # {"A": "up", "B": "down"}: to rising coordinates, or falling
    closed: Mapped[Json] = mapped_column(default=dict)  # {"C": "low"}: walled up at its lowest or highest cross-aisle
    start_id: Mapped[int | None] = foreign("locations.id", nullable=True)
    updated_at: Mapped[Moment]
