"""Waves, pick lists, the carts and totes they are walked with, and how work is released by itself."""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from wms.db import Base, Count, JsonList, Key, Moment, folded, foreign
from wms.i18n import T, Worded


class Method(Worded):
    """How orders are dealt out to pick lists."""

    SINGLE = "single", T("One order at a time", "摘果（按单）")
    BATCH = "batch", T("Batch (sort afterwards)", "播种（批量）")
    CLUSTER = "cluster", T("Cluster (sort to totes)", "边拣边分")
    ZONE = "zone", T("Zone relay", "分区接力")
    PALLET = "pallet", T("Whole pallets", "整托")


class Origin(Worded):
    """Who released a wave."""

    DESK = "desk", T("By hand", "人工")
    STREAM = "stream", T("Continuous release", "连续下发")
    SHORT = "short", T("Picked again after a short", "缺货重拣")


class Wave(Base):
    """Orders planned together."""

    __tablename__ = "waves"
    __table_args__ = (sa.UniqueConstraint("number"),)

    id: Mapped[Key]
    site_id: Mapped[int] = foreign("sites.id")
    number: Mapped[str] = mapped_column(sa.String(40))
    method: Mapped[str] = mapped_column(sa.String(10))
    origin: Mapped[str] = mapped_column(sa.String(10), default=Origin.DESK.value)
    cart_id: Mapped[int | None] = foreign("pick_carts.id", nullable=True)
    created_at: Mapped[Moment]
    by_id: Mapped[int] = foreign("people.id")


class PickList(Base):
    """What one picker walks for, in walking order. Its lines are the reservations of its task, by `sequence`."""

    __tablename__ = "pick_lists"
    __table_args__ = (
        sa.UniqueConstraint("number"),
        sa.UniqueConstraint("task_id"),
        sa.CheckConstraint("follows_id < id", name="follows_an_older_one"),  # so no relay bites its own tail
    )

    id: Mapped[Key]
    site_id: Mapped[int] = foreign("sites.id")
    number: Mapped[str] = mapped_column(sa.String(40))
    wave_id: Mapped[int] = foreign("waves.id", index=True)
    task_id: Mapped[int] = foreign("tasks.id")
    method: Mapped[str] = mapped_column(sa.String(10))
    target_id: Mapped[int] = foreign("locations.id")
    cart_id: Mapped[int | None] = foreign("pick_carts.id", nullable=True)
    follows_id: Mapped[int | None] = foreign("pick_lists.id", nullable=True, index=True)  # the zone before it in the relay
    zone: Mapped[str | None] = mapped_column(sa.String(40))
    metres_planned: Mapped[Count]
    metres_by_name: Mapped[Count]
    metres_shortest: Mapped[int | None]  # proved; empty where the layout allows no proof
    metres_s_shape: Mapped[int | None]
    seconds_planned: Mapped[int | None]
    created_at: Mapped[Moment]
    walked_anew_at: Mapped[dt.datetime | None]  # since when its lines are in another sequence, or at other places, than planned


class Cart(Base):
    """A kind of cart: how many totes it carries, and what goes into a tote and onto the cart. An empty limit is no limit."""

    __tablename__ = "pick_carts"
    __table_args__ = (
        sa.UniqueConstraint("site_id", "code_key"),
        sa.CheckConstraint("positions BETWEEN 1 AND 60", name="positions_in_range"),
        sa.CheckConstraint("tote_weight_grams > 0 AND tote_volume_cm3 > 0 AND max_weight_grams > 0", name="limits_positive"),
    )

    id: Mapped[Key]
    site_id: Mapped[int] = foreign("sites.id")
    code: Mapped[str] = mapped_column(sa.String(80))
    code_key: Mapped[str] = folded("code")
    name: Mapped[str | None] = mapped_column(sa.String(200))
    positions: Mapped[int]
    tote_weight_grams: Mapped[int | None]
    tote_volume_cm3: Mapped[int | None]
    max_weight_grams: Mapped[int | None]
    updated_at: Mapped[Moment]


class PickSlot(Base):
    """A position on the cart of a list: whose goods go there, and into which tote. A full tote is followed by another row."""

    __tablename__ = "pick_slots"
    __table_args__ = (
        sa.Index("ix_pick_slots_list", "pick_list_id", "position"),
        sa.Index("ix_pick_slots_unit", "handling_unit_id"),
        sa.CheckConstraint("position >= 1", name="position_positive"),
    )

    id: Mapped[Key]
    pick_list_id: Mapped[int] = foreign("pick_lists.id")
    position: Mapped[int]
    order_id: Mapped[int] = foreign("orders.id", index=True)
    handling_unit_id: Mapped[int | None] = foreign("handling_units.id", nullable=True)
    full_at: Mapped[dt.datetime | None]


class HandingOn(Base):
    """Where a relay puts what is picked in a zone for the next zone to take over."""

    __tablename__ = "pick_handovers"
    __table_args__ = (sa.UniqueConstraint("site_id", "zone_key"),)

    id: Mapped[Key]
    site_id: Mapped[int] = foreign("sites.id")
    zone: Mapped[str] = mapped_column(sa.String(40))
    zone_key: Mapped[str] = folded("zone")
    location_id: Mapped[int] = foreign("locations.id")


class Stream(Base):
    """Continuous release at a site: what is released by itself, how, and how much may be on the floor at once."""

    __tablename__ = "pick_streams"
    __table_args__ = (
        sa.CheckConstraint("horizon_minutes > 0", name="horizon_positive"),
        sa.CheckConstraint("most_orders BETWEEN 1 AND 200", name="orders_in_range"),
        sa.CheckConstraint("most_lists >= 1 AND zone_lines >= 1", name="caps_positive"),
    )

    site_id: Mapped[int] = foreign("sites.id", primary_key=True, autoincrement=False)
    running: Mapped[bool] = mapped_column(default=False)
    method: Mapped[str] = mapped_column(sa.String(10), default=Method.CLUSTER.value)
    cart_id: Mapped[int | None] = foreign("pick_carts.id", nullable=True)
    horizon_minutes: Mapped[int] = mapped_column(default=240)  # orders due later wait
    most_orders: Mapped[int] = mapped_column(default=8)  # on one list
    most_lists: Mapped[int] = mapped_column(default=20)  # open at once
    zone_lines: Mapped[int] = mapped_column(default=200)  # open lines per zone, unless `zone_caps` names the zone
    zone_caps: Mapped[JsonList] = mapped_column(default=list)  # [{"zone": "A", "lines": 80}]
    updated_at: Mapped[Moment]
    by_id: Mapped[int | None] = foreign("people.id", nullable=True)


class CatchWeight(Base):
    """What the goods of a pick really weighed, for products that are sold by weight."""

    __tablename__ = "catch_weights"
    __table_args__ = (sa.CheckConstraint("grams > 0", name="grams_positive"),)

    movement_id: Mapped[int] = foreign("movements.id", primary_key=True, autoincrement=False)
    order_line_id: Mapped[int] = foreign("order_lines.id", index=True)
    grams: Mapped[int]
