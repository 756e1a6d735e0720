"""Counts, their places, who was there, what each person counted there, and what moved meanwhile."""

from __future__ import annotations

import datetime as dt
import enum

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from wms.db import Base, Count, Key, Moment, Quantity, folded, foreign, whole
from wms.i18n import T, Text, Worded

LONGEST_REASON = 200
"""What the journal keeps of a reason."""


class CountStatus(enum.StrEnum):
    """How far a count has come: as far as the place that is farthest behind."""

    OPEN = "open"
    RECOUNT = "recount"
    REVIEW = "review"
    POSTED = "posted"
    REFUSED = "refused"

    @property
    def text(self) -> Text:
        """The status in words."""
        return _STATUS_WORDS[self]


_STATUS_WORDS = {
    CountStatus.OPEN: T("Open", "待盘"),
    CountStatus.RECOUNT: T("To recount", "待复盘"),
    CountStatus.REVIEW: T("To approve", "待审批"),
    CountStatus.POSTED: T("Posted", "已过账"),
    CountStatus.REFUSED: T("Refused", "已驳回"),
}


class PlaceState(Worded):
    """How far one place of a count has come."""

    OPEN = "open", T("To count", "待盘")
    COUNTING = "counting", T("Being counted", "盘点中")
    COUNTED = "counted", T("Counted; work in hand there ends first", "已盘，待现场作业结束")
    RECOUNT = "recount", T("To recount", "待复盘")
    THIRD = "third", T("Two disagree: a third counts", "两人不一致，待第三人盘点")
    REVIEW = "review", T("To approve", "待审批")
    POSTED = "posted", T("Posted", "已过账")
    REFUSED = "refused", T("Refused", "已驳回")


ENDED = (PlaceState.POSTED.value, PlaceState.REFUSED.value)
"""How a place stands with which nothing more is to be done."""
FIRST = (PlaceState.OPEN.value, PlaceState.COUNTING.value)
"""How a place stands that nobody has counted yet."""
AGAIN = (PlaceState.RECOUNT.value, PlaceState.THIRD.value)
"""How a place stands that somebody else is to count once more."""


class Cause(Worded):
    """Why the book and the shelf differ, as who decides has found out."""

    UNRECORDED_MOVE = "unrecorded_move", T("Moved without a record", "移动未记账")
    WRONG_PLACE = "wrong_place", T("Put in the wrong place", "放错库位")
    WRONG_PICK = "wrong_pick", T("Wrong product or quantity picked", "拣错商品或数量")
    RECEIPT = "receipt", T("Receipt was wrong", "收货数量有误")
    UNIT = "unit", T("Packaging taken for another", "包装单位弄错")
    DAMAGE = "damage", T("Damaged or spoiled", "破损或变质")
    EXPIRED = "expired", T("Expired", "过期")
    LOST = "lost", T("Lost or stolen", "丢失或被盗")
    UNKNOWN = "unknown", T("Not found out", "原因不明")


class Outcome(Worded):
    """What became of a difference."""

    ADJUSTED = "adjusted", T("Adjusted", "盈亏调整")
    RELOCATED = "relocated", T("Relocated", "库位更正")
    CONDITION = "condition", T("Condition changed", "状态变更")


class FindEnd(Worded):
    """What goods were that somebody found and nobody knew."""

    PRODUCT = "product", T("A product: it is counted", "是某商品，转盘点")
    COUNTED = "counted", T("Counted already", "已按商品盘点")
    FOREIGN = "foreign", T("Somebody else's, given back", "他人货物，已归还")
    DISCARDED = "discarded", T("Thrown away", "已丢弃")


class CountPlan(Base):
    """One count: who asked for it and how it is done. What is counted, and how far it is, its places say."""

    __tablename__ = "counts"
    __table_args__ = (
        sa.UniqueConstraint("number"),
        sa.Index("ix_counts_status", "site_id", "status"),
        sa.CheckConstraint("tolerance >= 0", name="tolerance_not_negative"),
    )
    event_kind = "count"

    id: Mapped[Key]
    site_id: Mapped[int] = foreign("sites.id")
    number: Mapped[str] = mapped_column(sa.String(40))
    blind: Mapped[bool] = mapped_column(default=True)
    tolerance: Mapped[Count]
    status: Mapped[str] = mapped_column(sa.String(10), default=CountStatus.OPEN.value)
    reason: Mapped[str | None] = mapped_column(sa.String(300))
    product_id: Mapped[int | None] = foreign("products.id", nullable=True)
    created_at: Mapped[Moment]
    by_id: Mapped[int] = foreign("people.id")
    ended_at: Mapped[dt.datetime | None]
    ended_by_id: Mapped[int | None] = foreign("people.id", nullable=True)


class CountPlace(Base):
    """A location to be counted, in walking order: counted, judged, decided and posted by itself, under its own lock.

    `counted_at` is set when somebody has said that there is nothing more; `stake` is what its differences are worth, whichever way.
    """

    __tablename__ = "count_places"
    __table_args__ = (
        sa.UniqueConstraint("count_id", "location_id"),
        sa.Index("ix_count_places_progress", "count_id", "zone", "state"),
        sa.Index("ix_count_places_walk", "count_id", "state", "sequence"),
        sa.Index("ix_count_places_sequence", "count_id", "sequence"),
        sa.CheckConstraint("(state IN ('posted', 'refused')) = (ended_at IS NOT NULL)", name="ends_once"),
        sa.CheckConstraint("stake >= 0", name="stake_not_negative"),
    )

    id: Mapped[Key]
    count_id: Mapped[int] = foreign("counts.id")
    location_id: Mapped[int] = foreign("locations.id", index=True)
    zone: Mapped[str | None] = mapped_column(sa.String(40))
    sequence: Mapped[Count]
    state: Mapped[str] = mapped_column(sa.String(10), default=PlaceState.OPEN.value)
    task_id: Mapped[int | None] = foreign("tasks.id", nullable=True)
    opened_at: Mapped[dt.datetime | None]
    counted_at: Mapped[dt.datetime | None]
    stake: Mapped[Count]
    decided_by_id: Mapped[int | None] = foreign("people.id", nullable=True)
    ended_at: Mapped[dt.datetime | None]


class CountVisit(Base):
    """One person at one place, from when they came until they said that there is nothing more. On paper, `keyed_by_id` typed it in."""

    __tablename__ = "count_visits"
    __table_args__ = (
        sa.UniqueConstraint("place_id", "person_id"),
        sa.CheckConstraint("closed_at >= opened_at", name="opened_before_closed"),
    )

    id: Mapped[Key]
    place_id: Mapped[int] = foreign("count_places.id")
    person_id: Mapped[int] = foreign("people.id", index=True)
    keyed_by_id: Mapped[int | None] = foreign("people.id", nullable=True)
    opened_at: Mapped[Moment]
    closed_at: Mapped[dt.datetime | None]


class CountLine(Base):
    """Goods of one sort at one place: product, lot where lots are tracked, owner, condition, handling unit.

    `difference` is what those who counted come to, and what approval will post; `allowed` is how large it may be without a second look.
    `batch_id` is the batch of goods that the book did not know there.
    """

    __tablename__ = "count_lines"
    __table_args__ = (
        sa.Index("ix_count_lines_place", "place_id", "product_id"),
        sa.CheckConstraint("allowed >= 0", name="allowed_not_negative"),
        *whole("difference", "posted"),
    )

    id: Mapped[Key]
    place_id: Mapped[int] = foreign("count_places.id")
    product_id: Mapped[int] = foreign("products.id", index=True)
    lot: Mapped[str] = mapped_column(sa.String(80), default="")
    lot_key: Mapped[str] = folded("lot")
    owner_id: Mapped[int | None] = foreign("partners.id", nullable=True)
    condition: Mapped[str] = mapped_column(sa.String(12))
    handling_unit_id: Mapped[int | None] = foreign("handling_units.id", nullable=True)
    batch_id: Mapped[int | None] = foreign("batches.id", nullable=True)
    difference: Mapped[int | None]
    taken_at: Mapped[dt.datetime | None]  # when the number was counted that the difference comes from
    allowed: Mapped[Count]
    disputed: Mapped[bool] = mapped_column(default=False)
    posted: Mapped[Count]
    outcome: Mapped[str | None] = mapped_column(sa.String(12))
    cause: Mapped[str | None] = mapped_column(sa.String(20))


class CountEntry(Base):
    """What one person counted, beside the book of that very moment.

    `correction` is by how much the book was ahead of what they saw, or behind it: what moved meanwhile, as they have answered. What they
    counted is compared with book and correction together. `plate`: they scanned the handling unit whole.
    """

    __tablename__ = "count_entries"
    __table_args__ = (
        sa.UniqueConstraint("line_id", "person_id"),
        sa.CheckConstraint("quantity >= 0", name="quantity_not_negative"),
        *whole("quantity", "book", "correction"),
    )

    id: Mapped[Key]
    line_id: Mapped[int] = foreign("count_lines.id")
    person_id: Mapped[int] = foreign("people.id")
    quantity: Mapped[Quantity]
    book: Mapped[Quantity]
    correction: Mapped[Count]
    plate: Mapped[bool] = mapped_column(default=False)
    at: Mapped[Moment]

    @property
    def difference(self) -> int:
        """How many more there were than there should have been."""
        return self.quantity - self.book - self.correction


class CountDoubt(Base):
    """Goods that moved while somebody counted them, or that somebody else had in work: whether what was counted has them moved already.

    A movement was booked before the entry; work in hand (of a task, by somebody) was not. `delta` is what it changes here. `seen` is the
    counter's answer; nobody knows while it is empty, and then the entry tells nothing. Work in hand is open until it has `ended_at`.
    """

    __tablename__ = "count_doubts"
    __table_args__ = (
        sa.Index("ix_count_doubts_entry", "entry_id"),
        sa.Index(
            "ix_count_doubts_open",
            "task_id",
            sqlite_where=sa.text("ended_at IS NULL"),
            postgresql_where=sa.text("ended_at IS NULL"),
        ),
        sa.CheckConstraint("(movement_id IS NULL) <> (task_id IS NULL)", name="movement_or_work"),
        *whole("delta"),
    )

    id: Mapped[Key]
    entry_id: Mapped[int] = mapped_column(sa.ForeignKey("count_entries.id", ondelete="CASCADE"))
    movement_id: Mapped[int | None] = foreign("movements.id", nullable=True)
    task_id: Mapped[int | None] = foreign("tasks.id", nullable=True)
    delta: Mapped[Quantity]
    seen: Mapped[bool | None]
    ended_at: Mapped[dt.datetime | None]


class CountFind(Base):
    """Goods that somebody found at a place and no product is known for: what is on the label, how many, and what they look like.

    They wait until somebody says what they are: `outcome`, with `note` the words, and `count_id` the count that brings them into the book.
    """

    __tablename__ = "count_finds"
    __table_args__ = (
        sa.Index("ix_count_finds_place", "place_id"),
        sa.Index(
            "ix_count_finds_waiting",
            "at",
            sqlite_where=sa.text("cleared_at IS NULL"),
            postgresql_where=sa.text("cleared_at IS NULL"),
        ),
        sa.CheckConstraint("quantity > 0", name="quantity_positive"),
        sa.CheckConstraint("(cleared_at IS NULL) = (outcome IS NULL)", name="cleared_with_an_outcome"),
        sa.CheckConstraint("(outcome = 'product') = (product_id IS NOT NULL AND count_id IS NOT NULL)", name="product_is_counted"),
        *whole("quantity"),
    )

    id: Mapped[Key]
    place_id: Mapped[int] = foreign("count_places.id")
    code: Mapped[str] = mapped_column(sa.String(200))
    quantity: Mapped[Quantity]
    note: Mapped[str | None] = mapped_column(sa.String(200))
    by_id: Mapped[int] = foreign("people.id")
    at: Mapped[Moment]
    cleared_at: Mapped[dt.datetime | None]
    cleared_by_id: Mapped[int | None] = foreign("people.id", nullable=True)
    outcome: Mapped[str | None] = mapped_column(sa.String(12))
    product_id: Mapped[int | None] = foreign("products.id", nullable=True)
    count_id: Mapped[int | None] = foreign("counts.id", nullable=True)


class CountClass(Base):
    """How exactly goods of an ABC class are counted; `abc` is empty for products of no class, and for classes that have no row."""

    __tablename__ = "count_classes"
    __table_args__ = (
        sa.UniqueConstraint("site_id", "abc"),
        sa.CheckConstraint("tolerance_units >= 0 AND tolerance_percent >= 0 AND tolerance_value >= 0", name="tolerances_not_negative"),
    )

    id: Mapped[Key]
    site_id: Mapped[int] = foreign("sites.id")
    abc: Mapped[str] = mapped_column(sa.String(1), default="")
    tolerance_units: Mapped[int | None]
    tolerance_percent: Mapped[int | None]
    tolerance_value: Mapped[int | None]
