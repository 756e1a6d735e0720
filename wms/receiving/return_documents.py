"""What the papers of a return say: the red outbound note, and the transfer note of consigned goods."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import sqlalchemy as sa

from wms import clock
from wms.catalog.units import amount
from wms.db import session
from wms.i18n import T, Text, total
from wms.orders.models import Order
from wms.orders.outside import SHIPMENTS
from wms.printing.pdf import Cell, Column, Paper, Two
from wms.receiving import return_queries
from wms.receiving.models import Return, ReturnKind, ReturnStatus
from wms.receiving.return_queries import LineView, ReturnView

_PRODUCT, _LOT, _QUANTITY = T("Product", "商品"), T("Lot", "批号"), T("Quantity", "数量")


def red_outbound_note(view: ReturnView) -> Paper:
    """What a customer sent back, as it was found and where it was put; it takes back what the outbound note gave out."""
    return Paper(
        kind=T("Red outbound note", "红字出库单"),
        number=view.number,
        red=True,
        facts=_facts(view),
        columns=[
            Column(_PRODUCT),
            Column(_LOT),
            Column(T("Found", "实物状态")),
            Column(T("Disposition", "处置")),
            Column(T("Put at", "放置")),
            Column(_QUANTITY, align="right", strong=True),
        ],
        rows=_rows(view, -1),
        total=[T("Total", "合计"), None, None, None, None, _sum(view, -1)],
        notes=_notes(view),
        signatures=[T("Returned by", "退货人"), T("Received by", "收货人"), T("Finance", "财务")],
        stamp=_stamp(view),
    )


def transfer_note(view: ReturnView) -> Paper:
    """What came back from a customer's consignment location: it was ours there, and is ours here."""
    return Paper(
        kind=T("Transfer note", "调拨单"),
        number=view.number,
        facts=_facts(view),
        columns=[
            Column(T("From", "从")),
            Column(T("Into", "到"), strong=True),
            Column(_PRODUCT),
            Column(_LOT),
            Column(T("Found", "实物状态")),
            Column(T("Disposition", "处置")),
            Column(_QUANTITY, align="right", strong=True),
        ],
        rows=[
            [
                view.consignment or view.customer,
                line.location,
                Two(line.name, line.sku),
                line.lot,
                _found(line),
                _done(line),
                _many(line),
            ]
            for line in view.live
        ],
        total=[T("Total", "合计"), None, None, None, None, None, _sum(view)],
        notes=_notes(view),
        signatures=[T("Handed over by", "移交人"), T("Taken over by", "接收人"), T("Checked by", "复核人")],
        stamp=_stamp(view),
    )


def _many(line: LineView, sign: int = 1) -> Text:
    """The pieces of a line with their unit, less than none on a red note."""
    return amount([(sign * line.quantity, line.decimals, line.base_unit)])


def added(lines: Iterable[tuple[int, int, str]]) -> Cell:
    """The total of a paper's lines, each with its decimals and its unit."""
    some = list(lines)
    return total(some) if any(decimals for _, decimals, _ in some) else sum(line[0] for line in some)


def _sum(view: ReturnView, sign: int = 1) -> Cell:
    return added((sign * line.quantity, line.decimals, line.base_unit) for line in view.live)


def _rows(view: ReturnView, sign: int) -> list[Sequence[Cell]]:
    return [[Two(line.name, line.sku), line.lot, _found(line), _done(line), line.location, _many(line, sign)] for line in view.live]


def _found(line: LineView) -> Cell:
    return Two(line.found.text, line.reason) if line.reason else line.found.text


def _done(line: LineView) -> Text:
    """The disposition; where somebody must decide first, that."""
    return line.state if line.status is not return_queries.BOOKED or line.inspected else line.disposition.text


def _facts(view: ReturnView) -> list[tuple[Text, Cell]]:
    orders = "、".join(dict.fromkeys(line.order for line in view.live if line.order)) or view.order
    facts: list[tuple[Text, Cell]] = [
        (T("Order", "订单"), orders or (T("Without papers", "无单退货") if view.kind is ReturnKind.WITHOUT_PAPERS else None)),
        (T("Customer", "客户"), view.customer_name or view.sender),
        (T("Date", "日期"), clock.local(view.created_at).date()),
        (T("Received by", "收货人"), view.by),
    ]
    if view.reason:
        facts.append((T("Reason", "退货原因"), view.reason))
    if gave_out := _given_out_by(view, orders):
        facts.append((T("Takes back from", "冲销出库单"), gave_out))
    if view.inbound_order:
        facts.append((T("Announced as", "退货通知"), view.inbound_order))
    return facts


def _given_out_by(view: ReturnView, orders: str | None) -> str:
    """The outbound notes of these orders that gave the goods out."""
    numbers = orders.split("、") if orders else []
    site = sa.select(Return.site_id).where(Return.id == view.id).scalar_subquery()
    rows = session.execute(
        sa.select(SHIPMENTS.c.number)
        .join(Order, Order.id == SHIPMENTS.c.order_id)
        .where(Order.site_id == site, Order.number.in_(numbers), SHIPMENTS.c.left_at.is_not(None))
        .order_by(SHIPMENTS.c.id)
    )
    return "、".join(rows.scalars())


def _notes(view: ReturnView) -> list[str]:
    return [view.note] if view.note else []


def _stamp(view: ReturnView) -> Text | None:
    return {
        ReturnStatus.WAITING: T("Waits for sales", "待销售确认"),
        ReturnStatus.OPEN: T("Not finished", "未完成"),
    }.get(view.status)
