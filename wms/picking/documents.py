"""The pick list on paper: every line in walking order, with its place, batch and quantity, and barcodes to scan."""

from __future__ import annotations

import sqlalchemy as sa

from wms.actor import Actor, Permission
from wms.db import session
from wms.i18n import T
from wms.orders.models import Order, OrderLine, OrderStatus
from wms.picking import queries, walks, waves
from wms.picking.models import PickList
from wms.picking.scan_facts import equivalent
from wms.printing.pdf import TICK, Column, Paper, Row, Scan, Two
from wms.stock.models import Reservation
from wms.tasks.models import Task, TaskStatus
from wms.web.documents import paper


def _is_void(one: PickList) -> bool:
    """Nobody walks it any more: it was withdrawn, or every order on it was cancelled."""
    wanted = (
        sa.exists()
        .where(Reservation.task_id == one.task_id, OrderLine.id == Reservation.order_line_id)
        .where(Order.id == OrderLine.order_id, Order.status != OrderStatus.CANCELLED.value)
    )
    status, still = session.execute(sa.select(Task.status, wanted).where(Task.id == one.task_id)).one()
    return bool(status == TaskStatus.CANCELLED or not still)


@paper("pick-list", Permission.SEE_TASKS)
def pick_list(number: str, by: Actor) -> Paper:
    """The pick list with this number; raises PickListUnknown."""
    found = waves.find_list(number, by=by)
    view = queries.list_view(found)
    left = walks.figures_of([found]).get(found.id) if view.changed else None
    metres = left.metres if left else view.metres
    rows: list[Row] = [
        [
            line.sequence,
            Two(line.location, line.unit or ""),
            Scan(line.location),
            Two(line.name, line.sku),
            Two(line.lot, line.expires_on.isoformat() if line.expires_on else ""),
            Two(line.quantity, equivalent(line.quantity, line.case_unit, line.case_quantity) or ""),
            line.order,
            TICK,
        ]
        for line in view.lines
    ]
    return Paper(
        kind=T("Pick list", "拣货单"),
        number=view.number,
        facts=[
            (T("Orders", "订单"), ", ".join(view.orders[:8]) + ("…" if len(view.orders) > 8 else "")),
            (T("Customer", "客户"), ", ".join(view.customers[:4]) + ("…" if len(view.customers) > 4 else "")),
            (T("Wave", "波次"), view.wave),
            (T("Method", "方式"), view.method.text),
            (T("Into", "送到"), view.target),
            (T("Walk", "步行"), T("–", "–") if metres is None else T("{metres} m", "{metres} 米", metres=metres)),
        ],
        columns=[
            Column(T("No.", "序号"), align="right"),
            Column(T("Location", "库位"), strong=True),
            Column(T("Scan", "扫描")),
            Column(T("Product", "商品")),
            Column(T("Lot", "批号")),
            Column(T("Quantity", "数量"), align="right", strong=True),
            Column(T("Order", "订单")),
            Column(T("Done", "完成")),
        ],
        rows=rows,
        signatures=[T("Picked by", "拣货人"), T("Checked by", "复核人")],
        void=_is_void(found),
    )
