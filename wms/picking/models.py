"""Waves and pick lists."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from wms.db import Base, Count, Key, Moment, foreign
from wms.i18n import T, Worded


class Method(Worded):
    """How orders are dealt out to pick lists."""

    SINGLE = "single", T("One order at a time", "摘果（按单）")
    BATCH = "batch", T("Several orders, sorted afterwards", "播种（批量）")
    CLUSTER = "cluster", T("Several orders on one cart", "边拣边分")
    ZONE = "zone", T("Zone by zone", "分区接力")


class Wave(Base):
    """Orders planned together."""

    __tablename__ = "waves"
    __table_args__ = (sa.UniqueConstraint("number"),)

    id: Mapped[Key]
    site_id: Mapped[int] = foreign("sites.id")
    number: Mapped[str] = mapped_column(sa.String(40))
    method: Mapped[str] = mapped_column(sa.String(10))
    created_at: Mapped[Moment]
    by_id: Mapped[int] = foreign("people.id")


class PickList(Base):
    """What one picker walks for, in walking order. Its lines are the reservations of its task, by `sequence`."""

    __tablename__ = "pick_lists"
    __table_args__ = (sa.UniqueConstraint("number"), sa.UniqueConstraint("task_id"))

    id: Mapped[Key]
    site_id: Mapped[int] = foreign("sites.id")
    number: Mapped[str] = mapped_column(sa.String(40))
    wave_id: Mapped[int] = foreign("waves.id", index=True)
    task_id: Mapped[int] = foreign("tasks.id")
    method: Mapped[str] = mapped_column(sa.String(10))
    target_id: Mapped[int] = foreign("locations.id")
    metres_planned: Mapped[Count]
    metres_by_name: Mapped[Count]
    created_at: Mapped[Moment]
