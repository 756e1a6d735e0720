"""Who decides what is counted when: a site's rules, classes of products, programmes, where a plan came from, and sheets of paper."""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from wms.db import Base, Count, Json, JsonList, Key, Moment, Quantity, folded, foreign, whole
from wms.i18n import T, Worded


class Turnover(Worded):
    """What ABC classes go by."""

    PICKS = "picks", T("How often it is picked", "按拣货次数")
    VALUE = "value", T("The value of what is picked", "按出库金额")


class Rule(Worded):
    """How a programme chooses."""

    CYCLE = "cycle", T("All places in turn", "循环盘点")
    SAMPLE = "sample", T("A random sample", "随机抽样")


class Why(Worded):
    """Where a plan came from."""

    DESK = "desk", T("Opened at the desk", "人工新建")
    FULL = "full", T("Full count", "全盘")
    PROGRAMME = "programme", T("Programme", "盘点方案")
    SAMPLE = "sample", T("Random sample", "随机抽样")


class SheetStatus(Worded):
    """How far a sheet of paper has come."""

    PRINTED = "printed", T("To key in", "待录入")
    KEYED = "keyed", T("To key in a second time", "待二次录入")
    DIFFERS = "differs", T("Keyed differently", "两次录入不一致")
    TAKEN = "taken", T("Taken in", "已入账")
    VOID = "void", T("Void", "作废")


class CountRules(Base):
    """How a site counts: what classes go by, on which days and in which shifts it works, and who keys in paper."""

    __tablename__ = "count_rules"
    __table_args__ = (
        sa.CheckConstraint("abc_by IN ('picks', 'value')", name="turnover_known"),
        sa.CheckConstraint("abc_a_percent > 0 AND abc_b_percent > abc_a_percent AND abc_b_percent <= 100", name="shares_in_order"),
        sa.CheckConstraint("abc_margin_percent BETWEEN 0 AND 20", name="margin_in_range"),
        sa.CheckConstraint("abc_days BETWEEN 1 AND 731", name="days_in_range"),
        sa.CheckConstraint("suspicious_places >= 1", name="suspicion_positive"),
        sa.CheckConstraint("approval_limit >= 0", name="limit_not_negative"),
    )

    site_id: Mapped[int] = foreign("sites.id", primary_key=True, autoincrement=False)
    abc_by: Mapped[str] = mapped_column(sa.String(10), default=Turnover.PICKS.value)
    abc_a_percent: Mapped[int] = mapped_column(default=80)
    abc_b_percent: Mapped[int] = mapped_column(default=95)
    abc_margin_percent: Mapped[int] = mapped_column(default=2)
    abc_days: Mapped[int] = mapped_column(default=91)
    abc_automatic: Mapped[bool] = mapped_column(default=False)
    abc_computed_at: Mapped[dt.datetime | None]
    working_days: Mapped[JsonList] = mapped_column(default=lambda: [0, 1, 2, 3, 4, 5])
    """Monday is 0."""
    shifts: Mapped[JsonList] = mapped_column(default=lambda: [["08:00", "12:00"], ["13:00", "17:00"]])
    """From and until, on the house's clock."""
    suspicious_places: Mapped[int] = mapped_column(default=2)
    """A batch that differed in so many places is looked at wherever else it lies."""
    key_twice: Mapped[bool] = mapped_column(default=False)
    """What was counted on paper is keyed in by two persons."""
    approval_limit: Mapped[int | None]
    """Up to what its differences are worth, in the smallest unit of money, a supervisor approves a place; none: whatever it is."""


class ProductClass(Base):
    """A product's class at a site, as its movements say; what was accepted is what counting goes by."""

    __tablename__ = "product_classes"
    __table_args__ = (sa.UniqueConstraint("site_id", "product_id"),)

    id: Mapped[Key]
    site_id: Mapped[int] = foreign("sites.id")
    product_id: Mapped[int] = foreign("products.id", index=True)
    proposed: Mapped[str] = mapped_column(sa.String(1))
    accepted: Mapped[str | None] = mapped_column(sa.String(1))
    turnover: Mapped[Quantity]
    before: Mapped[Count]
    """What products above it make up of the whole, in hundredths of a percent."""
    computed_at: Mapped[Moment]
    accepted_at: Mapped[dt.datetime | None]
    accepted_by_id: Mapped[int | None] = foreign("people.id", nullable=True)


class Programme(Base):
    """Which places are counted how often, by itself: every so many days all of them, or a random sample of them."""

    __tablename__ = "count_programmes"
    __table_args__ = (
        sa.UniqueConstraint("site_id", "name"),
        sa.CheckConstraint("rule IN ('cycle', 'sample')", name="rule_known"),
        sa.CheckConstraint("every_days BETWEEN 1 AND 1000", name="days_in_range"),
        sa.CheckConstraint("(rule = 'sample') = (confidence_percent IS NOT NULL)", name="sample_is_stated"),
        sa.CheckConstraint("(confidence_percent IS NULL) = (error_permille IS NULL)", name="error_is_stated"),
        sa.CheckConstraint("confidence_percent BETWEEN 50 AND 99", name="confidence_in_range"),
        sa.CheckConstraint("error_permille BETWEEN 1 AND 500", name="error_in_range"),
        sa.CheckConstraint("priority BETWEEN 0 AND 9", name="priority_in_range"),
        sa.CheckConstraint("tolerance >= 0", name="tolerance_not_negative"),
    )

    id: Mapped[Key]
    site_id: Mapped[int] = foreign("sites.id")
    name: Mapped[str] = mapped_column(sa.String(80))
    rule: Mapped[str] = mapped_column(sa.String(10), default=Rule.CYCLE.value)
    scope: Mapped[Json]
    """What it speaks of, as `wms.stocktake.choice.Choice` writes it; empty: every place where goods rest."""
    every_days: Mapped[int]
    begins_on: Mapped[dt.date]
    confidence_percent: Mapped[int | None]
    error_permille: Mapped[int | None]
    blind: Mapped[bool] = mapped_column(default=True)
    tolerance: Mapped[Count]
    priority: Mapped[int] = mapped_column(default=3)
    active: Mapped[bool] = mapped_column(default=True)
    created_at: Mapped[Moment]
    by_id: Mapped[int] = foreign("people.id")


class CountOrigin(Base):
    """Why a plan was opened, and out of how many places it was drawn. A programme opens one plan a day."""

    __tablename__ = "count_origins"
    __table_args__ = (
        sa.UniqueConstraint("programme_id", "day"),
        sa.CheckConstraint("(programme_id IS NULL) = (day IS NULL)", name="programme_of_a_day"),
        sa.CheckConstraint("why IN ('desk', 'full', 'programme', 'sample')", name="why_known"),
        sa.CheckConstraint("population >= 0", name="population_not_negative"),
    )

    count_id: Mapped[int] = foreign("counts.id", primary_key=True, autoincrement=False)
    programme_id: Mapped[int | None] = foreign("count_programmes.id", nullable=True)
    day: Mapped[dt.date | None]
    why: Mapped[str] = mapped_column(sa.String(12), default=Why.DESK.value)
    scope: Mapped[Json]
    population: Mapped[Count]
    confidence_percent: Mapped[int | None]
    error_permille: Mapped[int | None]


class CountSheet(Base):
    """A sheet of paper with places of a plan, for somebody who counts with pen: what was written on it is keyed in under its number."""

    __tablename__ = "count_sheets"
    __table_args__ = (
        sa.UniqueConstraint("site_id", "number_key"),
        sa.Index("ix_count_sheets_count", "count_id", "status"),
        sa.CheckConstraint("status IN ('printed', 'keyed', 'differs', 'taken', 'void')", name="status_known"),
        sa.CheckConstraint("second_by_id <> first_by_id", name="keyed_by_two"),
    )

    id: Mapped[Key]
    site_id: Mapped[int] = foreign("sites.id")
    count_id: Mapped[int] = foreign("counts.id")
    number: Mapped[str] = mapped_column(sa.String(60))
    number_key: Mapped[str] = folded("number")
    status: Mapped[str] = mapped_column(sa.String(10), default=SheetStatus.PRINTED.value)
    person_id: Mapped[int | None] = foreign("people.id", nullable=True)
    """Who counted by it."""
    counted_from: Mapped[dt.datetime | None]
    """When they began."""
    made_at: Mapped[Moment]
    made_by_id: Mapped[int] = foreign("people.id")
    first_at: Mapped[dt.datetime | None]
    first_by_id: Mapped[int | None] = foreign("people.id", nullable=True)
    second_by_id: Mapped[int | None] = foreign("people.id", nullable=True)
    taken_at: Mapped[dt.datetime | None]


class CountSheetLine(Base):
    """A numbered line of a sheet: a place, and what may lie there; or an empty line for what nobody expected."""

    __tablename__ = "count_sheet_lines"
    __table_args__ = (
        sa.UniqueConstraint("sheet_id", "line"),
        sa.CheckConstraint("first_quantity >= 0 AND second_quantity >= 0", name="quantities_not_negative"),
        *whole("first_quantity", "second_quantity"),
    )

    id: Mapped[Key]
    sheet_id: Mapped[int] = foreign("count_sheets.id")
    line: Mapped[int]
    place_id: Mapped[int] = foreign("count_places.id", index=True)
    product_id: Mapped[int | None] = foreign("products.id", nullable=True)
    lot: Mapped[str] = mapped_column(sa.String(80), default="")
    owner_id: Mapped[int | None] = foreign("partners.id", nullable=True)
    condition: Mapped[str | None] = mapped_column(sa.String(12))
    first_sku: Mapped[str | None] = mapped_column(sa.String(80))
    first_lot: Mapped[str | None] = mapped_column(sa.String(80))
    first_quantity: Mapped[int | None]
    second_sku: Mapped[str | None] = mapped_column(sa.String(80))
    second_lot: Mapped[str | None] = mapped_column(sa.String(80))
    second_quantity: Mapped[int | None]
