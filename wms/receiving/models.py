"""Arrivals: the vehicles that bring goods, when and at which dock. Inspections: what is looked at before anybody may promise it.
Putaway: its rules, and what workers chose instead. Returns: what came back.
"""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from wms.db import Base, Count, JsonList, Key, Moment, Quantity, folded, foreign, whole
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


class Sampling(Worded):
    """How many pieces of a receipt are drawn."""

    ALL = "all", T("Every piece", "全检")
    FIXED = "fixed", T("A fixed number", "固定件数")
    PERCENT = "percent", T("A percentage", "按百分比")
    ROOT = "root", T("Square root of the quantity", "数量的平方根")
    AQL = "aql", T("ISO 2859-1, single, level II, normal", "GB/T 2828.1 一次抽样，水平 II，正常检验")


class InspectionRule(Base):
    """Which deliveries are inspected, and how much of them is drawn. The first rule that fits decides; an empty condition fits everything.

    `sample` is the number of pieces, the percentage, or the AQL in hundredths (250 is 2.5).
    """

    __tablename__ = "inspection_rules"
    __table_args__ = (
        sa.Index("ix_inspection_rules_order", "site_id", "position"),
        sa.CheckConstraint("every >= 1", name="every_positive"),
        sa.CheckConstraint("(sampling IN ('fixed', 'percent', 'aql')) = (sample IS NOT NULL)", name="sample_where_needed"),
        sa.CheckConstraint("sample > 0", name="sample_positive"),
        sa.CheckConstraint("sampling <> 'percent' OR sample <= 100", name="percent_in_range"),
        sa.CheckConstraint("allowed >= 0", name="allowed_not_negative"),
        *whole("every", "sample", "allowed"),
    )

    id: Mapped[Key]
    site_id: Mapped[int] = foreign("sites.id")
    position: Mapped[int]
    partner_id: Mapped[int | None] = foreign("partners.id", nullable=True)
    product_id: Mapped[int | None] = foreign("products.id", nullable=True)
    storage_class: Mapped[str | None] = mapped_column(sa.String(40))
    abc: Mapped[str | None] = mapped_column(sa.String(1))
    kind: Mapped[str | None] = mapped_column(sa.String(20))
    inspects: Mapped[bool] = mapped_column(default=True)  # else what fits is let through, whatever later rules say
    every: Mapped[int] = mapped_column(default=1)  # each n-th delivery of a product from a supplier
    first_too: Mapped[bool] = mapped_column(default=True)  # and always the first one
    sampling: Mapped[str] = mapped_column(sa.String(10), default=Sampling.ALL.value)
    sample: Mapped[int | None]
    allowed: Mapped[int] = mapped_column(default=0)  # so many defective ones are let pass
    note: Mapped[str | None] = mapped_column(sa.String(200))
    updated_at: Mapped[Moment]


class InspectionCount(Base):
    """How many deliveries of a product from a supplier a rule has seen. Its row is the lock: two docks that ask at once count apart."""

    __tablename__ = "inspection_counts"
    __table_args__ = (
        sa.UniqueConstraint("rule_id", "product_id", "supplier"),
        sa.CheckConstraint("seen >= 0", name="seen_not_negative"),
        *whole("seen"),
    )

    id: Mapped[Key]
    rule_id: Mapped[int] = mapped_column(sa.ForeignKey("inspection_rules.id", ondelete="CASCADE"))
    product_id: Mapped[int] = foreign("products.id")
    supplier: Mapped[int] = mapped_column(default=0)  # a partner's id; 0 where there is none, for a null is never equal to another
    seen: Mapped[int] = mapped_column(default=0)


class InspectionDraw(Base):
    """What a rule answered for a product of one delivery, so that it answers the same however often it is asked."""

    __tablename__ = "inspection_draws"
    __table_args__ = (sa.UniqueConstraint("rule_id", "product_id", "inbound_order_id", "arrival"),)

    id: Mapped[Key]
    rule_id: Mapped[int] = mapped_column(sa.ForeignKey("inspection_rules.id", ondelete="CASCADE"))
    product_id: Mapped[int] = foreign("products.id")
    inbound_order_id: Mapped[int] = foreign("inbound_orders.id")
    arrival: Mapped[int] = mapped_column(default=0)  # its id; 0 where the order came without one
    number: Mapped[int]  # the how-manieth delivery it is
    first: Mapped[bool]
    inspects: Mapped[bool]


class InspectionStatus(Worded):
    """How an inspection stands."""

    OPEN = "open", T("Open", "待检验")
    ACCEPTED = "accepted", T("Accepted", "合格")
    PARTLY = "partly", T("Accepted in part", "部分合格")
    REJECTED = "rejected", T("Rejected", "不合格")
    WITHDRAWN = "withdrawn", T("Withdrawn", "已撤回")  # its receipt was undone

    @property
    def tone(self) -> str:
        """Its colour, the same on every page."""
        return {"open": "ask", "accepted": "good", "partly": "ask", "rejected": "stop"}.get(self.value, "calm")


class Inspection(Base):
    """Goods of one receipt (a batch, for a line, on a plate) that nobody may promise until somebody has looked at them."""

    __tablename__ = "inspections"
    __table_args__ = (
        sa.UniqueConstraint("site_id", "number"),
        sa.Index("ix_inspections_status", "site_id", "status", "id"),
        sa.Index("ix_inspections_inbound", "inbound_order_id", "id"),
        sa.Index("ix_inspections_batch", "batch_id", "status"),
        sa.Index("ix_inspections_unit", "handling_unit_id", "status"),
        sa.Index("ix_inspections_movement", "movement_id"),
        sa.CheckConstraint("quantity > 0", name="quantity_positive"),
        sa.CheckConstraint("accepted >= 0 AND conceded >= 0 AND rejected >= 0", name="results_not_negative"),
        sa.CheckConstraint("accepted + conceded + rejected <= quantity", name="results_within_quantity"),
        sa.CheckConstraint("sample_size BETWEEN 0 AND quantity AND fails_from >= 1", name="sample_in_range"),
        sa.CheckConstraint("status IN ('open', 'accepted', 'partly', 'rejected', 'withdrawn')", name="status_known"),
        sa.CheckConstraint("(status = 'open') = (ended_at IS NULL)", name="ends_once"),
        sa.CheckConstraint(
            "status IN ('open', 'withdrawn') OR accepted + conceded + rejected = quantity",
            name="ended_with_all_decided",
        ),
        sa.CheckConstraint("conceded = 0 OR allowed_by_id IS NOT NULL", name="concession_is_allowed"),
        sa.CheckConstraint("accepted + conceded = 0 OR NOT needs_certificate OR certificate IS NOT NULL", name="accepted_with_certificate"),
        *whole("quantity", "accepted", "conceded", "rejected", "sample_size", "fails_from"),
    )
    event_kind = "inspection"

    id: Mapped[Key]
    site_id: Mapped[int] = foreign("sites.id")
    number: Mapped[str] = mapped_column(sa.String(80))
    status: Mapped[str] = mapped_column(sa.String(12), default=InspectionStatus.OPEN.value)
    inbound_order_id: Mapped[int | None] = foreign("inbound_orders.id", nullable=True)
    inbound_line_id: Mapped[int | None] = foreign("inbound_lines.id", nullable=True)
    partner_id: Mapped[int | None] = foreign("partners.id", nullable=True)
    product_id: Mapped[int] = foreign("products.id")
    batch_id: Mapped[int] = foreign("batches.id")
    handling_unit_id: Mapped[int | None] = foreign("handling_units.id", nullable=True)
    movement_id: Mapped[int | None] = foreign("movements.id", nullable=True)
    document: Mapped[str | None] = mapped_column(sa.String(80))
    task_id: Mapped[int | None] = foreign("tasks.id", nullable=True)
    rule_id: Mapped[int | None] = mapped_column(sa.ForeignKey("inspection_rules.id", ondelete="SET NULL"))
    why: Mapped[JsonList] = mapped_column(default=list)
    quantity: Mapped[Quantity]
    sample_size: Mapped[Quantity]
    fails_from: Mapped[int] = mapped_column(default=1)  # so many defective ones in the sample, and it has failed
    accepted: Mapped[Count]
    conceded: Mapped[Count]
    rejected: Mapped[Count]
    needs_certificate: Mapped[bool] = mapped_column(default=False)
    certificate: Mapped[str | None] = mapped_column(sa.String(80))
    concession: Mapped[str | None] = mapped_column(sa.String(200))
    allowed_by_id: Mapped[int | None] = foreign("people.id", nullable=True)
    note: Mapped[str | None] = mapped_column(sa.String(500))
    opened_at: Mapped[Moment]
    ended_at: Mapped[dt.datetime | None]
    ended_by_id: Mapped[int | None] = foreign("people.id", nullable=True)

    defects: Mapped[list[InspectionDefect]] = relationship(order_by="InspectionDefect.id", lazy="selectin")

    @property
    def open_quantity(self) -> int:
        """What nobody has decided about yet."""
        return self.quantity - self.accepted - self.conceded - self.rejected


class InspectionDefect(Base):
    """So many pieces of a sample were found defective, and how."""

    __tablename__ = "inspection_defects"
    __table_args__ = (
        sa.Index("ix_inspection_defects_inspection", "inspection_id"),
        sa.CheckConstraint("quantity > 0", name="quantity_positive"),
        *whole("quantity"),
    )

    id: Mapped[Key]
    inspection_id: Mapped[int] = foreign("inspections.id")
    reason: Mapped[str] = mapped_column(sa.String(40))
    quantity: Mapped[Quantity]
    at: Mapped[Moment]
    by_id: Mapped[int] = foreign("people.id")


class Method(Worded):
    """How a putaway rule looks for a place."""

    PICK_FACE = "pick_face", T("Pick face below its minimum", "低于下限的拣货位")
    SAME_BATCH = "same_batch", T("Where the same batch lies", "已有同批次的库位")
    SAME_PRODUCT = "same_product", T("Where the same product lies", "已有同商品的库位")
    BULK = "bulk", T("Bulk: deep bins, one product in each", "整存：深位，一位一品")
    ABC = "abc", T("Nearest empty, A near, C far", "最近空位，A 近 C 远")
    CLASS_ZONE = "class_zone", T("Nearest empty of its storage class", "同存储类别的最近空位")
    EMPTY = "empty", T("Nearest empty", "最近空位")
    FIXED_ZONE = "fixed_zone", T("Nearest with room, in these zones", "指定库区内最近有空间的库位")


class PutawayRulebook(Base):
    """How many times the rules of a site were changed: who saves says which state they saw, so that nobody overwrites another."""

    __tablename__ = "putaway_rulebooks"

    site_id: Mapped[int] = foreign("sites.id", primary_key=True, autoincrement=False)
    version: Mapped[Count]
    changed_at: Mapped[Moment]
    changed_by_id: Mapped[int] = foreign("people.id")


class PutawayRule(Base):
    """One rule of a site: for which goods, and how a place is looked for. What is empty says nothing."""

    __tablename__ = "putaway_rules"
    __table_args__ = (
        sa.Index("ix_putaway_rules_site", "site_id", "position"),
        sa.CheckConstraint("position > 0", name="position_counts_from_one"),
    )

    id: Mapped[Key]
    site_id: Mapped[int] = foreign("sites.id")
    position: Mapped[Count]
    active: Mapped[bool] = mapped_column(default=True)
    method: Mapped[str] = mapped_column(sa.String(20))
    zones: Mapped[JsonList] = mapped_column(default=list)
    product_id: Mapped[int | None] = foreign("products.id", nullable=True)
    storage_class: Mapped[str | None] = mapped_column(sa.String(40))
    temperature: Mapped[str | None] = mapped_column(sa.String(10))
    abc: Mapped[str | None] = mapped_column(sa.String(1))
    condition: Mapped[str | None] = mapped_column(sa.String(12))
    supplier_id: Mapped[int | None] = foreign("partners.id", nullable=True)
    unit_kind: Mapped[str | None] = mapped_column(sa.String(10))
    start_zone: Mapped[str | None] = mapped_column(sa.String(40))


class WhyElsewhere(Worded):
    """Why a worker put goods elsewhere than suggested."""

    BIN_FULL = "bin_full", T("Location is full or not empty", "库位已满或非空")
    CANNOT_REACH = "cannot_reach", T("Cannot reach it", "够不到")
    DAMAGED_RACK = "damaged_rack", T("Rack is damaged", "货架损坏")
    TOO_BIG = "too_big", T("Goods are too big", "货物太大")
    BLOCKED_AISLE = "blocked_aisle", T("Aisle is blocked", "通道受阻")
    OTHER = "other", T("Another reason", "其他原因")


class PutawayChoice(Base):
    """A place that a worker chose instead of the suggested one, and why; or a suggested one that was reported full."""

    __tablename__ = "putaway_choices"
    __table_args__ = (sa.Index("ix_putaway_choices_site", "site_id", "id"), sa.Index("ix_putaway_choices_task", "task_id"))

    id: Mapped[Key]
    site_id: Mapped[int] = foreign("sites.id")
    at: Mapped[Moment]
    by_id: Mapped[int] = foreign("people.id")
    task_id: Mapped[int] = foreign("tasks.id")
    movement_id: Mapped[int | None] = foreign("movements.id", nullable=True)
    suggested_id: Mapped[int] = foreign("locations.id")
    chosen_id: Mapped[int | None] = foreign("locations.id", nullable=True)
    reason: Mapped[str] = mapped_column(sa.String(20))


class ReturnKind(Worded):
    """On what grounds goods come back."""

    ORDER = "order", T("Against an order", "按单退货")
    WITHOUT_PAPERS = "without_papers", T("Without papers", "无单退货")
    CONSIGNMENT = "consignment", T("Consigned goods", "寄售退回")


class ReturnStatus(Worded):
    """Whether somebody still has to see to a return."""

    OPEN = "open", T("Open", "处理中")
    WAITING = "waiting", T("Waits for sales", "待销售确认")
    CLOSED = "closed", T("Closed", "已完成")


class Found(Worded):
    """What the receiver sees of a piece that came back."""

    GOOD = "good", T("Good", "完好")
    OPENED = "opened", T("Opened or in doubt", "拆封或存疑")
    DAMAGED = "damaged", T("Damaged", "残损")
    UNUSABLE = "unusable", T("Beyond use", "无法使用")


class Disposition(Worded):
    """What is done with it."""

    RESTOCK = "restock", T("Restock", "重新入库")
    HOLD = "hold", T("Hold", "暂存待定")
    DEFECT = "defect", T("Defect area", "不合格品区")
    SCRAP = "scrap", T("Scrap", "报废")


class ReturnLineStatus(Worded):
    """Where a line of a return has come to."""

    BOOKED = "booked", T("Taken in", "已收下")
    WAITING = "waiting", T("Waits for sales", "待销售确认")
    TO_SEND_BACK = "to_send_back", T("To be sent back", "待退回寄件人")
    TO_SCRAP = "to_scrap", T("To be scrapped", "待报废")
    SENT_BACK = "sent_back", T("Sent back", "已退回寄件人")
    SCRAPPED = "scrapped", T("Scrapped", "已报废")
    REPLACED = "replaced", T("Booked anew", "已重新记账")  # sales has decided: other lines stand for the goods now
    UNDONE = "undone", T("Undone", "已撤销")


class Return(Base):
    """Goods that came back: against an order, from consignment, or without papers until sales knows whose they are."""

    __tablename__ = "returns"
    __table_args__ = (
        sa.UniqueConstraint("site_id", "number"),
        sa.Index("ix_returns_status", "site_id", "status", "id"),
        sa.Index("ix_returns_order", "order_id"),
        sa.CheckConstraint("kind IN ('order', 'without_papers', 'consignment')", name="kind_known"),
        sa.CheckConstraint("status IN ('open', 'waiting', 'closed')", name="status_known"),
        sa.CheckConstraint("(status = 'closed') = (closed_at IS NOT NULL)", name="closed_once"),
        sa.CheckConstraint("kind <> 'order' OR order_id IS NOT NULL", name="order_named"),
        sa.CheckConstraint("kind <> 'consignment' OR consignment_id IS NOT NULL", name="place_named"),
    )
    event_kind = "return"

    id: Mapped[Key]
    site_id: Mapped[int] = foreign("sites.id")
    number: Mapped[str] = mapped_column(sa.String(80))
    kind: Mapped[str] = mapped_column(sa.String(20))
    status: Mapped[str] = mapped_column(sa.String(12), default=ReturnStatus.OPEN.value)
    order_id: Mapped[int | None] = foreign("orders.id", nullable=True)
    customer_id: Mapped[int | None] = foreign("partners.id", nullable=True)
    inbound_order_id: Mapped[int | None] = foreign("inbound_orders.id", nullable=True)
    arrival_id: Mapped[int | None] = foreign("arrivals.id", nullable=True)
    consignment_id: Mapped[int | None] = foreign("locations.id", nullable=True)
    sender: Mapped[str | None] = mapped_column(sa.String(200))  # as it stands on the parcel, where no customer is known by it
    reason: Mapped[str | None] = mapped_column(sa.String(200))
    note: Mapped[str | None] = mapped_column(sa.String(500))
    created_at: Mapped[Moment]
    created_by_id: Mapped[int] = foreign("people.id")
    updated_at: Mapped[Moment]
    finished_at: Mapped[dt.datetime | None]  # everything of it was taken in
    closed_at: Mapped[dt.datetime | None]  # and nobody has to decide anything any more


class ReturnLine(Base):
    """Pieces of one batch that came back in one condition: what one movement of the journal brought in. What becomes of them on a
    decision of sales is another line; this one is `replaced` then."""

    __tablename__ = "return_lines"
    __table_args__ = (
        sa.UniqueConstraint("return_id", "line"),
        sa.UniqueConstraint("movement_id"),
        sa.Index("ix_return_lines_order_line", "order_line_id"),
        sa.Index("ix_return_lines_unit", "handling_unit_id"),
        sa.CheckConstraint("quantity > 0", name="quantity_positive"),
        sa.CheckConstraint("found IN ('good', 'opened', 'damaged', 'unusable')", name="found_known"),
        sa.CheckConstraint("disposition IN ('restock', 'hold', 'defect', 'scrap')", name="disposition_known"),
        sa.CheckConstraint("(status IN ('booked', 'waiting', 'to_send_back', 'to_scrap')) = (ended_at IS NULL)", name="ends_once"),
        *whole("quantity"),
    )

    id: Mapped[Key]
    return_id: Mapped[int] = foreign("returns.id")
    line: Mapped[int]
    product_id: Mapped[int] = foreign("products.id")
    batch_id: Mapped[int] = foreign("batches.id")
    quantity: Mapped[Quantity]
    found: Mapped[str] = mapped_column(sa.String(12))
    disposition: Mapped[str] = mapped_column(sa.String(12))
    reason: Mapped[str | None] = mapped_column(sa.String(200))
    status: Mapped[str] = mapped_column(sa.String(16), default=ReturnLineStatus.BOOKED.value)
    location_id: Mapped[int] = foreign("locations.id")
    handling_unit_id: Mapped[int | None] = foreign("handling_units.id", nullable=True)
    order_line_id: Mapped[int | None] = foreign("order_lines.id", nullable=True)
    difference_id: Mapped[int | None] = foreign("differences.id", nullable=True)
    movement_id: Mapped[int] = foreign("movements.id")  # which brought them in
    replaces_id: Mapped[int | None] = foreign("return_lines.id", nullable=True)
    ended_at: Mapped[dt.datetime | None]
    ended_by_id: Mapped[int | None] = foreign("people.id", nullable=True)
    ending: Mapped[str | None] = mapped_column(sa.String(500))  # why, in the words of who decided
