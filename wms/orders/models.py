"""Inbound orders and orders, their lines, and what holds an order back."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import ClassVar

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, deferred, mapped_column, relationship

from wms.db import Base, Count, Json, JsonList, Key, Moment, Quantity, folded, foreign, whole
from wms.i18n import T, Worded


class InboundKind(Worded):
    """Why goods come in."""

    PURCHASE = "purchase", T("Purchase", "采购到货")
    PRODUCTION = "production", T("Production", "生产入库")
    CUSTOMER_RETURN = "customer_return", T("Customer return", "销售退货")
    TRANSFER = "transfer", T("Transfer", "调拨")


class InboundStatus(Worded):
    """How far an inbound order has come."""

    ANNOUNCED = "announced", T("Announced", "已通知")
    ARRIVING = "arriving", T("Arriving", "到货中")
    RECEIVING = "receiving", T("Receiving", "收货中")
    RECEIVED = "received", T("Received", "已收货")
    CLOSED = "closed", T("Closed", "已关闭")


class CheckIn(Worded):
    """How the goods of a delivery are checked in."""

    ANNOUNCED = "announced", T("Against the announced lines", "按通知核收")
    BLIND = "blind", T("Blind, quantities hidden", "盲收（不显示数量）")
    UNITS = "units", T("By announced licence plates", "按箱托码整收")


class DifferenceKind(Worded):
    """What was not as announced."""

    OVER = "over", T("More than ordered", "多货")
    SHORT = "short", T("Less than ordered", "少货")
    DAMAGED = "damaged", T("Damaged", "残损")
    WRONG_PRODUCT = "wrong_product", T("Not ordered", "错货")
    WRONG_LOT = "wrong_lot", T("Another lot or date", "批号或日期不符")
    TOO_OLD = "too_old", T("Too little life left", "剩余效期不足")
    UNKNOWN_GOODS = "unknown_goods", T("Barcode unknown", "条码无法识别")
    PAPERS_MISSING = "papers_missing", T("Papers missing", "缺少单据")
    REJECTED = "rejected", T("Failed inspection", "检验不合格")
    WITHOUT_PAPERS = "without_papers", T("Return without papers", "无单退货")
    NOT_DELIVERED = "not_delivered", T("Lost on the way to the customer", "配送途中短少")
    WRONG_PIECE = "wrong_piece", T("Wrong piece at the bench", "打包台错件")
    WEIGHT_OFF = "weight_off", T("Carton weight off", "箱重不符")
    EXTRA_PIECE = "extra_piece", T("Extra piece at the bench", "打包台多件")


class DifferenceStatus(Worded):
    """Whether somebody still has to see to it."""

    OPEN = "open", T("Open", "待处理")
    SETTLED = "settled", T("Settled", "已处理")
    WITHDRAWN = "withdrawn", T("Withdrawn", "已撤回")  # what it told of was undone


class AnnouncedStatus(Worded):
    """Whether an announced plate has come."""

    ANNOUNCED = "announced", T("Announced", "已通知")
    ARRIVED = "arrived", T("Arrived", "已到货")
    MISSING = "missing", T("Did not come", "未到")  # its order was closed without it

    @property
    def tone(self) -> str:
        """Its colour, the same on every page."""
        return {AnnouncedStatus.ARRIVED: "good", AnnouncedStatus.MISSING: "ask"}.get(self, "calm")


class Outcome(Worded):
    """How a difference was settled."""

    ACCEPTED = "accepted", T("Accepted as it is", "照收")
    REFUSED = "refused", T("Refused, went back with the truck", "拒收，随车退回")
    SENT_BACK = "sent_back", T("Sent back to the sender", "退回发货方")
    SCRAPPED = "scrapped", T("Scrapped", "报废")
    DEFECT_AREA = "defect_area", T("Kept in the defect area", "留置不合格品区")
    CREDITED = "credited", T("Credited by the sender", "对方已扣款")
    DELIVERED_LATER = "delivered_later", T("Delivered later", "已补送")
    CORRECTED = "corrected", T("Papers corrected", "单据已更正")
    CARRIER_PAYS = "carrier_pays", T("The carrier pays for it", "承运商赔付")
    WRITTEN_OFF = "written_off", T("Written off as lost", "按丢失核销")
    BACK_IN_STOCK = "back_in_stock", T("Back in its place, and counted", "已归位并盘点")


class Fault(Worded):
    """Why a customer did not take goods as they were sent: what the driver chooses from."""

    CRUSHED = "crushed", T("Crushed or broken", "压损、破损")
    WET = "wet", T("Wet or leaking", "受潮、渗漏")
    OPENED = "opened", T("Box opened", "外箱已拆")
    WRONG_GOODS = "wrong_goods", T("Not what was ordered", "与订单不符")
    NOT_ORDERED = "not_ordered", T("Customer did not order it", "客户未订购")
    TOO_LATE = "too_late", T("Came too late", "送达过晚")
    TOO_OLD = "too_old", T("Too little life left", "效期过短")
    NOBODY_THERE = "nobody_there", T("Nobody took it in", "无人收货")
    NOT_ON_TRUCK = "not_on_truck", T("Not on the truck", "车上没有")
    OTHER = "other", T("Other", "其他")


class OrderKind(Worded):
    """The four kinds of sale."""

    SETTLE_FIRST = "settle_first", T("Settle first", "先结后配")
    SHIP_FIRST = "ship_first", T("Ship first", "先配后结")
    CONSIGNMENT = "consignment", T("Consignment", "寄售")
    INSTALMENT = "instalment", T("Instalment", "分期收款")


class OrderStatus(Worded):
    """How far an order has come; the public words of the API."""

    RECEIVED = "received", T("Received", "已接单")
    HELD = "held", T("Held", "暂挂")
    RELEASED = "released", T("Released", "已放行")
    PICKING = "picking", T("Picking", "拣货中")
    PICKED = "picked", T("Picked", "已拣货")
    PACKED = "packed", T("Packed", "已打包")
    LOADED = "loaded", T("Loaded", "已装车")
    SHIPPED = "shipped", T("Left the gate", "已发货")
    DELIVERED = "delivered", T("Signed for", "已签收")
    CLOSED = "closed", T("Closed", "已关闭")
    CANCELLED = "cancelled", T("Cancelled", "已取消")

    @property
    def tone(self) -> str:
        """Its colour, the same on every page: green moves or is done, amber waits for a decision."""
        if self is OrderStatus.HELD:
            return "ask"
        return "calm" if self in (OrderStatus.RECEIVED, OrderStatus.RELEASED, OrderStatus.CANCELLED) else "good"


NOTHING_MORE_LEAVES = (OrderStatus.SHIPPED, OrderStatus.DELIVERED, OrderStatus.CLOSED, OrderStatus.CANCELLED)
"""A shipment of such an order that has not left never will."""


class InboundOrder(Base):
    """Goods announced to come in."""

    __tablename__ = "inbound_orders"
    __table_args__ = (
        sa.UniqueConstraint("site_id", "number_key"),
        sa.Index("ix_inbound_orders_status", "site_id", "status"),
        sa.CheckConstraint("over_receipt_percent BETWEEN 0 AND 1000", name="tolerance_in_range"),
    )
    event_kind = "inbound_order"

    id: Mapped[Key]
    site_id: Mapped[int] = foreign("sites.id")
    number: Mapped[str] = mapped_column(sa.String(80))
    number_key: Mapped[str] = folded("number")
    kind: Mapped[str] = mapped_column(sa.String(20))
    partner_id: Mapped[int | None] = foreign("partners.id", nullable=True)
    reference: Mapped[str | None] = mapped_column(sa.String(200))
    expected_on: Mapped[dt.date | None]
    open_until: Mapped[dt.date | None]  # agreed with the sender after a part came: until then the rest may still come
    over_receipt_percent: Mapped[Count]
    check_in: Mapped[str] = mapped_column(sa.String(12), default=CheckIn.ANNOUNCED.value)
    status: Mapped[str] = mapped_column(sa.String(12), default=InboundStatus.ANNOUNCED.value)
    created_at: Mapped[Moment]
    updated_at: Mapped[Moment]

    lines: Mapped[list[InboundLine]] = relationship(order_by="InboundLine.id")


class InboundLine(Base):
    """One product expected on an inbound order. The counters equal their movements."""

    __tablename__ = "inbound_lines"
    __table_args__ = (
        sa.UniqueConstraint("inbound_order_id", "line"),
        sa.Index("ix_inbound_lines_product", "product_id"),
        sa.Index("ix_inbound_lines_of_order", "inbound_order_id", "product_id"),
        sa.CheckConstraint("expected >= 0 AND received >= 0 AND rejected >= 0 AND put_away >= 0", name="counters_not_negative"),
        sa.CheckConstraint("put_away <= received", name="put_away_within_received"),
        *whole("expected", "received", "rejected", "put_away"),
    )

    id: Mapped[Key]
    inbound_order_id: Mapped[int] = foreign("inbound_orders.id")
    line: Mapped[str] = mapped_column(sa.String(40))
    product_id: Mapped[int] = foreign("products.id")
    expected: Mapped[Quantity]
    unit: Mapped[str | None] = mapped_column(sa.String(30))
    lot: Mapped[str | None] = mapped_column(sa.String(80))
    expires_on: Mapped[dt.date | None]
    certificate: Mapped[str | None] = mapped_column(sa.String(80))
    received: Mapped[Count]
    rejected: Mapped[Count]
    put_away: Mapped[Count]


class AnnouncedUnit(Base):
    """A licence plate that the sender announced: what stands on it is received by scanning its number."""

    __tablename__ = "announced_units"
    __table_args__ = (
        sa.UniqueConstraint("inbound_order_id", "code_key"),
        sa.Index(
            "uq_announced_units_expected",
            "site_id",
            "code_key",
            unique=True,
            sqlite_where=sa.text("status = 'announced'"),
            postgresql_where=sa.text("status = 'announced'"),
        ),
        sa.Index("ix_announced_units_code", "code_key"),
        sa.CheckConstraint("status IN ('announced', 'arrived', 'missing')", name="status_known"),
        sa.CheckConstraint("(status = 'arrived') = (arrived_at IS NOT NULL)", name="arrives_once"),
        sa.CheckConstraint("parent_id <> id", name="not_on_itself"),
    )

    id: Mapped[Key]
    site_id: Mapped[int] = foreign("sites.id")
    inbound_order_id: Mapped[int] = foreign("inbound_orders.id")
    code: Mapped[str] = mapped_column(sa.String(40))
    code_key: Mapped[str] = folded("code")
    kind: Mapped[str] = mapped_column(sa.String(10))
    parent_id: Mapped[int | None] = foreign("announced_units.id", nullable=True, index=True)
    status: Mapped[str] = mapped_column(sa.String(10), default=AnnouncedStatus.ANNOUNCED.value)
    handling_unit_id: Mapped[int | None] = foreign("handling_units.id", nullable=True)  # the plate it became
    arrived_at: Mapped[dt.datetime | None]
    arrived_by_id: Mapped[int | None] = foreign("people.id", nullable=True)


class AnnouncedContent(Base):
    """So many pieces of an inbound line on an announced plate, with what the sender says of them."""

    __tablename__ = "announced_contents"
    __table_args__ = (
        sa.Index("ix_announced_contents_unit", "announced_unit_id"),
        sa.Index("ix_announced_contents_line", "inbound_line_id"),
        sa.CheckConstraint("quantity > 0", name="quantity_positive"),
        *whole("quantity"),
    )

    id: Mapped[Key]
    announced_unit_id: Mapped[int] = foreign("announced_units.id")
    inbound_line_id: Mapped[int] = foreign("inbound_lines.id")
    quantity: Mapped[Quantity]
    lot: Mapped[str | None] = mapped_column(sa.String(80))
    expires_on: Mapped[dt.date | None]
    produced_on: Mapped[dt.date | None]
    serials: Mapped[JsonList] = mapped_column(default=list)


class Difference(Base):
    """Something that came in otherwise than announced. It stays on the work list, with its owner and its age, until somebody settles it."""

    __tablename__ = "differences"
    __table_args__ = (
        sa.UniqueConstraint("site_id", "number"),
        sa.Index("ix_differences_status", "site_id", "status", "id"),
        sa.Index("ix_differences_inbound", "inbound_order_id", "id"),
        sa.Index("ix_differences_order", "order_id"),
        sa.Index(
            "ix_differences_unit",
            "handling_unit_id",
            sqlite_where=sa.text("handling_unit_id IS NOT NULL AND status = 'open'"),
            postgresql_where=sa.text("handling_unit_id IS NOT NULL AND status = 'open'"),
        ),
        sa.Index("ix_differences_movement", "movement_id"),
        sa.Index(
            "ix_differences_sign_off",
            "sign_off_id",
            sqlite_where=sa.text("sign_off_id IS NOT NULL"),
            postgresql_where=sa.text("sign_off_id IS NOT NULL"),
        ),
        sa.CheckConstraint("quantity > 0", name="quantity_positive"),
        sa.CheckConstraint("status IN ('open', 'settled', 'withdrawn')", name="status_known"),
        sa.CheckConstraint("(status = 'open') = (ended_at IS NULL)", name="ends_once"),
        sa.CheckConstraint("status <> 'settled' OR outcome IS NOT NULL", name="settled_somehow"),
        *whole("quantity"),
    )
    event_kind = "difference"

    id: Mapped[Key]
    site_id: Mapped[int] = foreign("sites.id")
    number: Mapped[str] = mapped_column(sa.String(80))
    kind: Mapped[str] = mapped_column(sa.String(20))
    status: Mapped[str] = mapped_column(sa.String(12), default=DifferenceStatus.OPEN.value)
    inbound_order_id: Mapped[int | None] = foreign("inbound_orders.id", nullable=True)
    inbound_line_id: Mapped[int | None] = foreign("inbound_lines.id", nullable=True)
    arrival_id: Mapped[int | None] = foreign("arrivals.id", nullable=True)
    order_id: Mapped[int | None] = foreign("orders.id", nullable=True)
    sign_off_id: Mapped[int | None] = foreign("sign_offs.id", nullable=True)  # by which it was missing
    product_id: Mapped[int | None] = foreign("products.id", nullable=True)
    batch_id: Mapped[int | None] = foreign("batches.id", nullable=True)
    handling_unit_id: Mapped[int | None] = foreign("handling_units.id", nullable=True)  # on which the goods in question came in
    movement_id: Mapped[int | None] = foreign("movements.id", nullable=True)  # which brought them in; none where nothing was taken in
    quantity: Mapped[int | None]
    scanned: Mapped[str | None] = mapped_column(sa.String(200))  # what was read, where nobody knows what it is
    reason: Mapped[str | None] = mapped_column(sa.String(40))
    note: Mapped[str | None] = mapped_column(sa.String(500))
    owner_role: Mapped[str] = mapped_column(sa.String(20))
    owner_id: Mapped[int | None] = foreign("people.id", nullable=True)
    noted_at: Mapped[Moment]
    noted_by_id: Mapped[int | None] = foreign("people.id", nullable=True)  # none where a date passed by itself
    outcome: Mapped[str | None] = mapped_column(sa.String(20))
    ended_at: Mapped[dt.datetime | None]
    ended_by_id: Mapped[int | None] = foreign("people.id", nullable=True)
    ending: Mapped[str | None] = mapped_column(sa.String(500))


class Order(Base):
    """Goods that sales wants sent to a customer; its state is that of its least advanced line, short and cancelled ones aside."""

    __tablename__ = "orders"
    __table_args__ = (
        sa.UniqueConstraint("site_id", "number_key"),
        sa.Index("ix_orders_status", "site_id", "status", "due_at"),
        sa.Index("ix_orders_in_turn", "site_id", "status", "id"),
        sa.Index("ix_orders_customer", "customer_id", "id"),
        sa.Index("ix_orders_updated", "updated_at", "id"),
        sa.Index(
            "ix_orders_promised",  # whether it was kept
            "site_id",
            "promised_on",
            sqlite_where=sa.text("promised_on IS NOT NULL"),
            postgresql_where=sa.text("promised_on IS NOT NULL"),
        ),
        sa.Index(
            "ix_orders_owed_back",
            "site_id",
            "id",
            sqlite_where=sa.text("owed_back_at IS NOT NULL"),
            postgresql_where=sa.text("owed_back_at IS NOT NULL"),
        ),
        sa.CheckConstraint("priority BETWEEN 0 AND 9", name="priority_in_range"),
        sa.CheckConstraint("owed_back_at IS NULL OR settled_at IS NOT NULL", name="owed_back_was_settled"),
    )
    event_kind = "order"

    id: Mapped[Key]
    site_id: Mapped[int] = foreign("sites.id")
    number: Mapped[str] = mapped_column(sa.String(80))
    number_key: Mapped[str] = folded("number")
    source: Mapped[str | None] = mapped_column(sa.String(80))
    reference: Mapped[str | None] = mapped_column(sa.String(80))  # the customer's own number for it
    customer_id: Mapped[int] = foreign("partners.id")
    kind: Mapped[str] = mapped_column(sa.String(20))
    priority: Mapped[Count]
    due_at: Mapped[dt.datetime | None]
    ship_complete: Mapped[bool] = mapped_column(default=False)
    allow_backorder: Mapped[bool] = mapped_column(default=False)
    carrier_id: Mapped[int | None] = foreign("partners.id", nullable=True)
    ship_to: Mapped[Json]
    notes: Mapped[str | None] = mapped_column(sa.Text)
    status: Mapped[str] = mapped_column(sa.String(12), default=OrderStatus.RECEIVED.value)
    settled_at: Mapped[dt.datetime | None]
    owed_back_at: Mapped[dt.datetime | None]  # since when less goes than was settled; none once finance has paid back
    promised_on: Mapped[dt.date | None]  # the day on which sales was first told that all of it leaves; compared with the day it left
    entered_as: Mapped[str | None] = mapped_column(sa.String(64))  # what was sent in, as a hash: the same once more is no second order
    created_at: Mapped[Moment]
    updated_at: Mapped[Moment]

    lines: Mapped[list[OrderLine]] = relationship(order_by="OrderLine.id", lazy="selectin")
    holds: Mapped[list[Hold]] = relationship(order_by="Hold.id", lazy="selectin")


@dataclass(frozen=True, slots=True)
class Head:
    """What of a locked order its state needs: for statements that have read it already, without the row's other columns."""

    id: int
    site_id: int
    number: str
    status: str
    priority: int
    due_at: dt.datetime | None
    event_kind: ClassVar[str] = Order.event_kind


COUNTERS = (
    *("promised", "reserved", "picked", "packed", "shipped", "delivered", "returned", "cancelled", "short"),
    *("withdrawn", "withdrawn_packed"),
)
_NOT_NEGATIVE = " AND ".join(f"{name} >= 0" for name in COUNTERS)


WAITING = "ordered - promised - reserved - picked - short - cancelled > 0"
"""Of a line something is wanted that no stock is promised for; an index has these lines, so that nobody reads the others."""


class OrderLine(Base):
    """One product ordered. `promised` and `reserved` are what still waits; the others count up as the goods go their way."""

    __tablename__ = "order_lines"
    __table_args__ = (
        sa.UniqueConstraint("order_id", "line"),
        sa.Index("ix_order_lines_product", "product_id", "order_id"),
        sa.Index(
            "ix_order_lines_lot",  # what sales has reserved of a lot
            "product_id",
            sqlite_where=sa.text("lot IS NOT NULL AND promised > 0"),
            postgresql_where=sa.text("lot IS NOT NULL AND promised > 0"),
        ),
        sa.Index(
            "ix_order_lines_on_the_floor",
            "order_id",
            sqlite_where=sa.text("short > 0 OR promised > 0"),
            postgresql_where=sa.text("short > 0 OR promised > 0"),
        ),
        sa.Index("ix_order_lines_waiting", "product_id", "order_id", sqlite_where=sa.text(WAITING), postgresql_where=sa.text(WAITING)),
        sa.CheckConstraint("ordered > 0", name="ordered_positive"),
        sa.CheckConstraint(_NOT_NEGATIVE, name="counters_not_negative"),
        sa.CheckConstraint("shipped <= packed AND packed <= picked AND picked <= ordered", name="counters_nested"),
        sa.CheckConstraint("promised + reserved + picked + short <= ordered", name="claims_within_ordered"),
        sa.CheckConstraint("delivered <= shipped AND returned <= shipped AND cancelled <= ordered", name="ends_within"),
        sa.CheckConstraint("withdrawn_packed <= withdrawn AND withdrawn <= cancelled", name="withdrawn_within"),
        *whole("ordered", "promised", "reserved", "picked", "packed", "shipped"),
    )

    id: Mapped[Key]
    order_id: Mapped[int] = foreign("orders.id")
    line: Mapped[str] = mapped_column(sa.String(40))
    product_id: Mapped[int] = foreign("products.id")
    ordered: Mapped[Quantity]
    unit: Mapped[str | None] = mapped_column(sa.String(30))
    lot: Mapped[str | None] = mapped_column(sa.String(80))
    min_remaining_days: Mapped[int | None]
    one_batch: Mapped[bool] = mapped_column(default=False, server_default=sa.false())  # all of it from one batch
    lacking: Mapped[JsonList | None]  # why goods lacked when they were last chosen, as {code, …facts}
    promised: Mapped[Count]
    reserved: Mapped[Count]
    picked: Mapped[Count]
    packed: Mapped[Count]
    shipped: Mapped[Count]
    delivered: Mapped[Count]
    returned: Mapped[Count]
    cancelled: Mapped[Count]
    short: Mapped[Count]
    withdrawn: Mapped[Count]  # picked, and then not wanted any more: of those it has not picked now
    withdrawn_packed: Mapped[Count]  # likewise, of those that were packed


# Compared character by character on both databases, so that an index serves what begins alike.
_Plain = sa.String(200).with_variant(sa.String(200, collation="C"), "postgresql")


class OrderKey(Base):
    """Something by which people ask for an order, folded and written so that whoever knows its beginning finds it (`wms.orders.keys`).

    Beside the orders and not in them: an order's row is written anew with each step of the floor, and these never are.
    """

    __tablename__ = "order_keys"
    __table_args__ = (
        sa.UniqueConstraint("order_id", "kind"),
        sa.Index("ix_order_keys_found", "site_id", "kind", "key", "order_id"),
        sa.CheckConstraint("kind IN ('number', 'tail', 'phone', 'reference')", name="kind_known"),
        sa.CheckConstraint("key <> ''", name="key_not_empty"),
    )

    id: Mapped[Key]
    site_id: Mapped[int] = foreign("sites.id")
    order_id: Mapped[int] = foreign("orders.id")
    kind: Mapped[str] = mapped_column(sa.String(10))
    key: Mapped[str] = mapped_column(_Plain)


class Hold(Base):
    """Why an order may not go on: open until its cause is gone (`lifted_at`) or a person approves it (`lifted_by_id`)."""

    __tablename__ = "holds"
    __table_args__ = (
        sa.Index("ix_holds_order", "order_id", "lifted_at"),
        sa.Index(
            "uq_holds_open",
            "order_id",
            "code",
            unique=True,
            sqlite_where=sa.text("lifted_at IS NULL"),
            postgresql_where=sa.text("lifted_at IS NULL"),
        ),
    )

    id: Mapped[Key]
    order_id: Mapped[int] = foreign("orders.id")
    code: Mapped[str] = mapped_column(sa.String(30))
    facts: Mapped[Json]
    since: Mapped[Moment]
    lifted_at: Mapped[dt.datetime | None]
    lifted_by_id: Mapped[int | None] = foreign("people.id", nullable=True)
    lift_reason: Mapped[str | None] = mapped_column(sa.String(300))


class SignOff(Base):
    """What a customer signed for: one shipment of an order, or (without one) what left before shipments were kept.

    Of a difference it stays open until what comes back has come and what is lost is settled, or finance accepts it with a reason.
    """

    __tablename__ = "sign_offs"
    __table_args__ = (
        sa.UniqueConstraint("shipment_id"),
        sa.Index("ix_sign_offs_order", "order_id"),
        sa.Index("ix_sign_offs_signed", "site_id", "signed_at"),
        sa.CheckConstraint("(accepted_at IS NULL) = (accept_reason IS NULL)", name="accepted_with_reason"),
        sa.CheckConstraint("signature_path IS NULL OR signature_png IS NULL", name="one_signature"),
    )

    id: Mapped[Key]
    site_id: Mapped[int] = foreign("sites.id")
    order_id: Mapped[int] = foreign("orders.id")
    shipment_id: Mapped[int | None] = foreign("shipments.id", nullable=True)
    signed_by: Mapped[str] = mapped_column(sa.String(200))
    signed_at: Mapped[Moment]
    recorded_at: Mapped[Moment]
    recorded_by_id: Mapped[int] = foreign("people.id")
    comment: Mapped[str | None] = mapped_column(sa.String(500))
    signature_path: Mapped[str | None] = deferred(mapped_column(sa.Text))  # strokes, in the units of wms.orders.signatures
    signature_png: Mapped[bytes | None] = deferred(mapped_column(sa.LargeBinary))
    return_id: Mapped[int | None] = foreign("inbound_orders.id", nullable=True)  # announces what comes back
    copy_at: Mapped[dt.datetime | None]  # the customer's copy is back
    copy_by_id: Mapped[int | None] = foreign("people.id", nullable=True)
    accepted_at: Mapped[dt.datetime | None]  # finance takes the differences as they are
    accepted_by_id: Mapped[int | None] = foreign("people.id", nullable=True)
    accept_reason: Mapped[str | None] = mapped_column(sa.String(300))

    lines: Mapped[list[SignOffLine]] = relationship(order_by="SignOffLine.id", lazy="selectin")


class SignOffLine(Base):
    """What became of one line's goods of one batch (of several, where nobody said which): every piece is in one of four places."""

    __tablename__ = "sign_off_lines"
    __table_args__ = (
        sa.Index("ix_sign_off_lines_sign_off", "sign_off_id"),
        sa.Index("ix_sign_off_lines_order_line", "order_line_id"),
        sa.CheckConstraint("shipped > 0", name="shipped_positive"),
        sa.CheckConstraint("delivered >= 0 AND damaged >= 0 AND refused >= 0 AND missing >= 0", name="counts_not_negative"),
        sa.CheckConstraint("delivered + damaged + refused + missing = shipped", name="adds_up"),
        sa.CheckConstraint("came_before BETWEEN 0 AND damaged + refused", name="not_kept_came_before"),
        *whole("shipped", "delivered", "damaged", "refused", "missing", "came_before"),
    )

    id: Mapped[Key]
    sign_off_id: Mapped[int] = foreign("sign_offs.id")
    order_line_id: Mapped[int] = foreign("order_lines.id")
    batch_id: Mapped[int | None] = foreign("batches.id", nullable=True)
    shipped: Mapped[Quantity]
    delivered: Mapped[Quantity]
    damaged: Mapped[Count]
    refused: Mapped[Count]
    missing: Mapped[Count]
    came_before: Mapped[Count]  # not kept, and here already when it was signed: nobody waits for these
    reason: Mapped[str | None] = mapped_column(sa.Text)  # a Fault, or words of one's own

    @property
    def goes_back(self) -> int:
        """What the customer did not keep."""
        return self.damaged + self.refused
