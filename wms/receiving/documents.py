"""Papers of the inbound side: goods received note, putaway list, red outbound note, transfer note."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from functools import partial

from wms import clock
from wms.actor import Actor, Permission
from wms.errors import NotFound
from wms.i18n import T, Text, units
from wms.numbers import own_number
from wms.orders import difference_queries
from wms.orders.difference_queries import DifferenceView
from wms.orders.inbound import find_inbound
from wms.orders.models import InboundKind, InboundLine, InboundOrder, InboundStatus
from wms.orders.timeline import reason_text
from wms.printing.pdf import TICK, WRITE, Cell, Column, Paper, Scan, Section, Two
from wms.receiving import arrivals, deliveries, inspection_queries, queries, return_documents, return_queries, trucks
from wms.receiving.inspection_queries import InspectionView
from wms.receiving.queries import NoteLine
from wms.receiving.trucks import Truck
from wms.stock.models import Condition, MovementKind
from wms.web.documents import paper

_PRODUCT, _LOT, _UNIT = T("Product", "商品"), T("Lot", "批号"), T("Label", "标签")
_QUANTITY, _CONDITION = T("Quantity", "数量"), T("Condition", "状态")
_BY, _TIME = T("By", "操作人"), T("Time", "时间")


class NoteUnknown(NotFound):
    """No movement was made on a note of this number."""

    code = "document_unknown"
    sentence = T("There is no {kind} {number}", "没有此{kind}：{number}")
    advice = T("Check the number", "请核对单号")


_COUNTERS: tuple[Callable[[InboundLine], int], ...] = (
    lambda line: line.expected,
    lambda line: line.received,
    lambda line: line.rejected,
    deliveries.accepted,
)


def _many(quantity: int | None, decimals: int) -> Cell:
    return units(quantity, decimals) if decimals else quantity


@paper("goods-received-note", Permission.SEE_STOCK)
def goods_received_note(number: str, by: Actor) -> Paper:
    """What was ordered and what came, line by line, and every receipt with its label; differences stand out."""
    order = find_inbound(number, by=by)
    products = queries.products_of(order)
    rows: list[Sequence[Cell]] = []
    for line in order.lines:
        product, difference = products[line.product_id], deliveries.accepted(line) - line.expected
        many = partial(_many, decimals=product.decimals)
        rows.append(
            [
                line.line,
                Two(product.text, product.sku),
                many(line.expected),
                many(line.received),
                many(line.rejected or None),
                many(deliveries.accepted(line)),
                "+" * (difference > 0) + units(difference, product.decimals) if difference else None,
            ]
        )
    return Paper(
        kind=T("Goods received note", "入库单"),
        number=order.number,
        facts=_facts_of(order),
        columns=[
            Column(T("Line", "行")),
            Column(_PRODUCT),
            Column(T("Ordered", "应收"), align="right"),
            Column(T("Received", "实收"), align="right", strong=True),
            Column(T("of it damaged", "其中残损"), align="right"),
            Column(T("Sound", "完好"), align="right"),
            Column(T("Sound less ordered", "完好减应收"), align="right"),
        ],
        rows=rows,
        total=[
            T("Total", "合计"),
            None,
            *(
                return_documents.added(
                    (counter(line), products[line.product_id].decimals, products[line.product_id].base_unit) for line in order.lines
                )
                for counter in _COUNTERS
            ),
            None,
        ],
        sections=[
            _receipts(queries.movements_of(order.number, kinds=[MovementKind.RECEIPT], by=by)),
            *_came_with(trucks.of_order(order.id, by=by)),
            *_inspections(inspection_queries.shown_of_order(order.id, by=by)),
            *_differences(difference_queries.of_inbound(order.id)),
        ],
        signatures=[T("Delivered by", "送货人"), T("Received by", "收货人"), T("Checked by", "复核人")],
        stamp=None if order.status in (InboundStatus.RECEIVED, InboundStatus.CLOSED) else T("Not complete", "未收齐"),
        final_since=queries.settled_since(order),
    )


def _inspections(found: list[InspectionView]) -> list[Section]:
    """What waits for inspection, and what was found; no section where nothing was inspected."""
    if not found:
        return []
    columns = [
        Column(T("Inspection", "检验单")),
        Column(_PRODUCT),
        Column(_LOT),
        Column(T("Waits", "待检"), align="right"),
        Column(T("Accepted", "合格"), align="right"),
        Column(T("Concession", "让步接收"), align="right"),
        Column(T("Rejected", "不合格"), align="right"),
        Column(T("Certificate", "合格证号")),
        Column(_BY),
    ]
    rows: list[Sequence[Cell]] = [
        [
            one.number,
            one.sku,
            one.lot,
            *(_many(some or None, one.decimals) for some in (one.open, one.accepted, one.conceded, one.rejected)),
            one.certificate,
            one.ended_by,
        ]
        for one in found
    ]
    return [Section(title=T("Inspection", "检验"), columns=columns, rows=rows)]


def _facts_of(order: InboundOrder) -> list[tuple[Text, Cell]]:
    return [
        (T("Supplier", "供应商"), queries.partner_name(order.partner_id)),
        (T("Kind", "类型"), InboundKind(order.kind).text),
        (T("Reference", "参考号"), order.reference),
        (T("Expected", "预计到货"), order.expected_on),
        (T("Status", "状态"), InboundStatus(order.status).text),
        (T("Tolerance", "允差"), f"{order.over_receipt_percent} %"),
    ]


def _receipts(found: list[NoteLine]) -> Section:
    return Section(
        title=T("Receipts", "收货明细"),
        columns=[
            Column(_TIME),
            Column(_PRODUCT),
            Column(_LOT),
            Column(_UNIT),
            Column(_CONDITION),
            Column(_QUANTITY, align="right"),
            Column(_BY),
        ],
        rows=[
            [
                line.at,
                line.sku,
                _lot(line),
                line.unit,
                Condition(line.condition).text if line.condition != Condition.GOOD else None,
                _many(line.quantity, line.decimals),
                line.by,
            ]
            for line in found
            if not line.reversed
        ],
    )


def _came_with(found: Sequence[Truck]) -> list[Section]:
    """The vehicles that brought it, and when; nothing where none was registered."""
    came = [one for one in found if one.arrived_at]
    if not came:
        return []
    return [
        Section(
            title=T("Arrivals", "到货车辆"),
            columns=[
                Column(T("Arrival", "到货")),
                Column(T("Plate", "车牌")),
                Column(T("Carrier", "承运商")),
                Column(T("Dock", "月台")),
                Column(T("Arrived", "到场")),
                Column(T("Unloaded", "卸货")),
            ],
            rows=[
                [one.number, one.plate, one.carrier_name, one.dock, one.arrived_at, _span(one.unloading_at, one.unloaded_at)]
                for one in came
            ],
        )
    ]


def _differences(found: Sequence[DifferenceView]) -> list[Section]:
    """The report to the sender: what was otherwise than announced, why, and what became of it."""
    if not found:
        return []
    return [
        Section(
            title=T("Differences, for the sender to answer", "差异报告（请供货方确认）"),
            columns=[
                Column(T("Number", "编号")),
                Column(T("What", "类型")),
                Column(_PRODUCT),
                Column(_QUANTITY, align="right", strong=True),
                Column(T("Reason", "原因")),
                Column(T("Outcome", "处理结果")),
            ],
            rows=[
                [
                    one.number,
                    one.kind.text,
                    Two(one.name, one.sku) if one.sku and one.name else one.scanned,
                    _many(one.quantity, one.decimals),
                    _why(one),
                    Two(one.outcome.text, one.ending)
                    if one.outcome and one.ending
                    else (one.outcome.text if one.outcome else one.status.text),
                ]
                for one in found
            ],
        )
    ]


def _why(one: DifferenceView) -> Cell:
    reason = reason_text(one.reason) if one.reason else None
    if reason and one.note:
        return Two(reason, one.note)
    return reason or one.note


def _lot(line: NoteLine) -> Cell:
    if not line.tracked:
        return None
    return Two(line.lot, T("expires {date}", "{date} 到期", date=line.expires_on)) if line.expires_on else line.lot


@paper("arrival-sheet", Permission.MEET_TRUCKS)
def arrival_sheet(number: str, by: Actor) -> Paper:
    """What a vehicle brings and where it goes: the guard's and the driver's paper, with the codes that the dock scans."""
    truck = trucks.shown([arrivals.find(number, by=by)])[0]
    orders = trucks.progress(arrivals.find(number, by=by))
    return Paper(
        kind=T("Arrival sheet", "到货登记单"),
        number=truck.number,
        facts=[
            (T("Plate", "车牌"), truck.plate),
            (T("Dock", "月台"), truck.dock),
            (T("Sender", "送货方"), truck.partner_name),
            (T("Carrier", "承运商"), truck.carrier_name),
            (T("Driver", "司机"), " ".join(part for part in (truck.driver, truck.phone) if part) or None),
            (T("Planned", "预约"), _span(truck.planned_from, truck.planned_until)),
            (T("Arrived", "到场"), truck.arrived_at),
            (T("Unloaded", "卸货"), _span(truck.unloading_at, truck.unloaded_at)),
        ],
        columns=[
            Column(T("Inbound order", "到货通知")),
            Column(T("Scan", "扫描")),
            Column(T("Sender", "送货方")),
            Column(T("Lines", "行数"), align="right"),
            Column(T("Ordered", "应收"), align="right"),
            Column(T("Pallets", "托数")),
            Column(T("Remarks", "备注")),
        ],
        rows=[[order.number, Scan(order.number), order.partner, order.lines, order.expected, WRITE, WRITE] for order in orders],
        notes=[truck.note] if truck.note else [],
        signatures=[T("Driver", "司机"), T("Gate", "门卫"), T("Received by", "收货人")],
    )


def _span(begin: dt.datetime | None, end: dt.datetime | None) -> str | None:
    """A time from its day on to its end: 11-22 09:00–09:30."""
    if begin is None:
        return None
    until = clock.local(end).strftime("%H:%M") if end else ""
    return f"{clock.local(begin):%m-%d %H:%M}–{until}"


@paper("putaway-list", Permission.SEE_STOCK)
def putaway_list(number: str, by: Actor) -> Paper:
    """What of a delivery still stands at the dock and where it goes, in the order in which it is walked."""
    order = find_inbound(number, by=by)
    waiting = queries.waiting_putaways(order.number, by=by)
    return Paper(
        kind=T("Putaway list", "上架单"),
        number=order.number,
        facts=_facts_of(order)[:4],
        columns=[
            Column(T("From", "从")),
            Column(T("Scan", "扫描")),
            Column(_PRODUCT),
            Column(_LOT),
            Column(_QUANTITY, align="right", strong=True),
            Column(T("Into", "放入"), strong=True),
            Column(T("Done", "完成")),
        ],
        rows=[
            [
                task.source,
                Scan(task.unit) if task.unit else None,
                Two(task.sku, queries.name_in(task)),
                task.lot_shown,
                _many(task.quantity, task.decimals),
                task.target or WRITE,
                TICK,
            ]
            for task in waiting
        ],
        total=[
            T("Total", "合计"),
            None,
            None,
            None,
            return_documents.added((task.quantity or 0, task.decimals, task.base_unit) for task in waiting),
            None,
            None,
        ],
        notes=[T("Scan the pallet, then the location; the list is for looking.", "请扫描托盘和库位完成上架，本单仅供查看。")],
        signatures=[T("Put away by", "上架人")],
    )


@paper("red-outbound-note", Permission.SEE_STOCK)
def red_outbound_note(number: str, by: Actor) -> Paper:
    """What a customer sent back: it takes back what the outbound note gave out."""
    known = return_queries.printed(number, by=by)
    if known is not None:
        return return_documents.red_outbound_note(known)
    lines = _made(number, [MovementKind.RETURN], T("red outbound note", "红字出库单"), by)
    orders = queries.orders_of({line.line_id for line in lines if line.line_id is not None})
    return Paper(
        kind=T("Red outbound note", "红字出库单"),
        number=own_number(number),
        red=True,
        facts=[
            (T("Order", "订单"), "、".join(order.number for order in orders)),
            (T("Customer", "客户"), "、".join(dict.fromkeys(order.customer for order in orders))),
            (T("Date", "日期"), clock.local(lines[0].at).date()),
            (T("Received by", "收货人"), lines[0].by),
        ],
        columns=[
            Column(_PRODUCT),
            Column(_LOT),
            Column(_CONDITION),
            Column(T("Put at", "放置")),
            Column(_QUANTITY, align="right", strong=True),
        ],
        rows=[
            [
                Two(line.name, line.sku),
                line.lot if line.tracked else None,
                Condition(line.condition).text,
                line.target,
                _many(-line.quantity, line.decimals),
            ]
            for line in lines
        ],
        total=[
            T("Total", "合计"),
            None,
            None,
            None,
            return_documents.added((-line.quantity, line.decimals, line.base_unit) for line in lines),
        ],
        signatures=[T("Returned by", "退货人"), T("Received by", "收货人"), T("Finance", "财务")],
    )


_BY_NOTE = [MovementKind.MOVE, MovementKind.PUTAWAY, MovementKind.PUT_BACK, MovementKind.SEND_BACK, MovementKind.SCRAP]


@paper("transfer-note", Permission.SEE_STOCK)
def transfer_note(number: str, by: Actor) -> Paper:
    """What was moved by hand on one note, or came back from consignment."""
    known = return_queries.printed(number, by=by)
    if known is not None:
        return return_documents.transfer_note(known)
    lines = _made(number, _BY_NOTE, T("transfer note", "调拨单"), by)
    return Paper(
        kind=T("Transfer note", "调拨单"),
        number=own_number(number),
        facts=[(T("Date", "日期"), clock.local(lines[0].at).date()), (T("Moved by", "移库人"), lines[0].by)],
        columns=[
            Column(T("From", "从")),
            Column(T("Into", "到"), strong=True),
            Column(_PRODUCT),
            Column(_LOT),
            Column(_UNIT),
            Column(_QUANTITY, align="right", strong=True),
        ],
        rows=[
            [
                line.source,
                line.target,
                Two(line.name, line.sku),
                line.lot if line.tracked else None,
                line.unit,
                _many(line.quantity, line.decimals),
            ]
            for line in lines
        ],
        signatures=[T("Handed over by", "移交人"), T("Taken over by", "接收人")],
    )


def _made(number: str, kinds: list[MovementKind], what: Text, by: Actor) -> list[NoteLine]:
    lines = [line for line in queries.movements_of(own_number(number), kinds=kinds, by=by) if not line.reversed]
    if not lines:
        raise NoteUnknown(kind=what, number=number)
    return lines
