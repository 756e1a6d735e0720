"""Tasks: one unit of human work each."""

from __future__ import annotations

import datetime as dt
import enum
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from wms.db import Base, Count, JsonList, Key, Moment, foreign, whole
from wms.i18n import T, Text, Worded
from wms.tasks import urgency


class TaskKind(enum.StrEnum):
    """What is to be done."""

    PUTAWAY = "putaway"
    REPLENISH = "replenish"
    PICK = "pick"
    SORT = "sort"
    PACK = "pack"
    LOAD = "load"
    COUNT = "count"
    PUT_BACK = "put_back"
    INSPECT = "inspect"

    @property
    def text(self) -> Text:
        """The kind in words."""
        return _TASK_KIND_WORDS[self]


_TASK_KIND_WORDS = {
    TaskKind.PUTAWAY: T("Putaway", "上架"),
    TaskKind.REPLENISH: T("Replenish", "补货"),
    TaskKind.PICK: T("Pick", "拣货"),
    TaskKind.SORT: T("Sort", "分播"),
    TaskKind.PACK: T("Pack", "打包"),
    TaskKind.LOAD: T("Load", "装车"),
    TaskKind.COUNT: T("Count", "盘点"),
    TaskKind.PUT_BACK: T("Put back", "回库"),
    TaskKind.INSPECT: T("Inspect", "检验"),
}


class TaskStatus(enum.StrEnum):
    """How a task stands."""

    WAITING = "waiting"  # for other work to be done first
    OPEN = "open"
    CLAIMED = "claimed"
    DONE = "done"
    CANCELLED = "cancelled"

    @property
    def text(self) -> Text:
        """The status in words."""
        return _TASK_STATUS_WORDS[self]

    @property
    def tone(self) -> str:
        """Its colour, the same on every page."""
        return "good" if self in (TaskStatus.CLAIMED, TaskStatus.DONE) else "calm"


LIVE = (TaskStatus.WAITING.value, TaskStatus.OPEN.value, TaskStatus.CLAIMED.value)
"""How work stands that is not over."""


_TASK_STATUS_WORDS = {
    TaskStatus.WAITING: T("Waiting", "等待中"),
    TaskStatus.OPEN: T("Open", "待领取"),
    TaskStatus.CLAIMED: T("In work", "进行中"),
    TaskStatus.DONE: T("Done", "已完成"),
    TaskStatus.CANCELLED: T("Cancelled", "已取消"),
}


_ASSIGNED = T("Assigned", "已指派")


def words_of(status: str, assigned_at: dt.datetime | None) -> Text:
    """How work stands, in words: what a supervisor gave to somebody who has not begun it is assigned, not in work."""
    return _ASSIGNED if assigned(status, assigned_at) else TaskStatus(status).text


def tone_of(status: str, assigned_at: dt.datetime | None) -> str:
    """Its colour."""
    return "calm" if assigned(status, assigned_at) else TaskStatus(status).tone


def assigned(status: str, assigned_at: dt.datetime | None) -> bool:
    """Whether somebody was given the work and has not begun it."""
    return status == TaskStatus.CLAIMED and assigned_at is not None


def _wanted(context: Any) -> dt.datetime:
    """By when work that is put into the queue should be begun."""
    facts = context.get_current_parameters()
    return urgency.wanted_at(facts["kind"], facts.get("priority") or 0, facts.get("due_at"), facts["created_at"])


class Task(Base):
    """A unit of human work. A claim is a lease: `epoch` grows with every claim, and finishing must name the epoch it claimed."""

    __tablename__ = "tasks"
    __table_args__ = (
        sa.Index("ix_tasks_queue", "site_id", "status", "kind", "wanted_at", "id"),
        sa.Index("ix_tasks_square", "site_id", "status", "square", "wanted_at", "id"),
        sa.Index("ix_tasks_person", "person_id", "status"),
        sa.Index("ix_tasks_order", "order_id"),
        sa.Index("ix_tasks_source", "source_id", "status"),
        sa.Index("ix_tasks_target", "target_id", "status"),
        sa.Index("ix_tasks_unit", "handling_unit_id", "status"),
        sa.Index("ix_tasks_document", "document"),
        sa.CheckConstraint("priority BETWEEN 0 AND 9", name="priority_in_range"),
        sa.CheckConstraint("status <> 'claimed' OR person_id IS NOT NULL", name="claimed_by_somebody"),
        *whole("quantity"),
    )

    id: Mapped[Key]
    site_id: Mapped[int] = foreign("sites.id")
    kind: Mapped[str] = mapped_column(sa.String(12))
    status: Mapped[str] = mapped_column(sa.String(12), default=TaskStatus.OPEN.value)
    priority: Mapped[Count]
    due_at: Mapped[dt.datetime | None]
    document: Mapped[str | None] = mapped_column(sa.String(80))
    order_id: Mapped[int | None] = foreign("orders.id", nullable=True)
    inbound_line_id: Mapped[int | None] = foreign("inbound_lines.id", nullable=True)
    product_id: Mapped[int | None] = foreign("products.id", nullable=True)
    batch_id: Mapped[int | None] = foreign("batches.id", nullable=True)
    handling_unit_id: Mapped[int | None] = foreign("handling_units.id", nullable=True)
    zone: Mapped[str | None] = mapped_column(sa.String(40))  # where it begins
    square: Mapped[int | None]  # likewise: which square of the floor (wms.tasks.urgency)
    equipment: Mapped[str | None] = mapped_column(sa.String(40))  # without which it cannot be done
    quantity: Mapped[int | None]
    source_id: Mapped[int | None] = foreign("locations.id", nullable=True)
    target_id: Mapped[int | None] = foreign("locations.id", nullable=True)
    reasons: Mapped[JsonList] = mapped_column(default=list)
    given: Mapped[JsonList | None]  # why it was the best work for whom it was given to, as reasons are
    person_id: Mapped[int | None] = foreign("people.id", nullable=True)
    not_by_id: Mapped[int | None] = foreign("people.id", nullable=True)  # whose own work is checked: it waits for somebody else
    nor_by_id: Mapped[int | None] = foreign("people.id", nullable=True)  # nor by the other one, where two disagree
    lease_until: Mapped[dt.datetime | None]
    assigned_at: Mapped[dt.datetime | None]  # since when it is theirs by a supervisor's word; none once they have begun it
    epoch: Mapped[Count]
    created_at: Mapped[Moment]
    wanted_at: Mapped[dt.datetime] = mapped_column(default=_wanted)  # by when somebody should begin it
    done_at: Mapped[dt.datetime | None]


class Trigger(Worded):
    """What makes the house count a place out of turn; each is switched on or off by site."""

    EMPTIED = "emptied", T("A place is picked empty: the picker is asked whether it is (zero check)", "库位拣空时由拣货员确认（零位确认）")
    SHORT = "short", T("A picker came up short", "拣货时缺货")
    NOT_EMPTY = "not_empty", T("Putaway found the bin taken", "上架时发现库位不空")
    NEGATIVE = "negative", T("Consignment stock is below zero by the book", "寄售库存账面为负")
    SUSPICIOUS = "suspicious", T("A batch differed in several places: wherever else it lies", "同一批次多处有差异时，盘其所在其他库位")
    LAST_UNIT = "last_unit", T("One piece is left in a pick face", "拣货位只剩一件")


OFF_AT_FIRST = frozenset({Trigger.LAST_UNIT})


class TriggerChoice(Base):
    """A trigger that a site has switched on or off; without a row it is as it is at first."""

    __tablename__ = "count_triggers"
    __table_args__ = (sa.CheckConstraint(f"code IN ({', '.join(repr(one.value) for one in Trigger)})", name="trigger_known"),)

    site_id: Mapped[int] = foreign("sites.id", primary_key=True, autoincrement=False)
    code: Mapped[str] = mapped_column(sa.String(12), primary_key=True)
    wanted: Mapped[bool]


class Worker(Base):
    """Where somebody stands, what they drive and in which zones they work, so that the next work is near and can be done."""

    __tablename__ = "workers"

    person_id: Mapped[int] = foreign("people.id", primary_key=True, autoincrement=False)
    site_id: Mapped[int] = foreign("sites.id", index=True)
    location_id: Mapped[int | None] = foreign("locations.id", nullable=True)
    equipment: Mapped[JsonList] = mapped_column(default=list)
    zones: Mapped[JsonList] = mapped_column(default=list)  # empty: everywhere
    seen_at: Mapped[Moment]
