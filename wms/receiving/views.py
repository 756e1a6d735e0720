"""Desk pages of the inbound side: what arrives, what came, what waits to be put away."""

from __future__ import annotations

import datetime as dt
from typing import Any

from flask import Blueprint, current_app, url_for
from flask.typing import ResponseReturnValue

from wms import clock
from wms.actor import Actor, Permission, Role
from wms.auth.current import actor
from wms.catalog.models import Product
from wms.i18n import T, Text
from wms.orders.boards import INBOUND_TONES
from wms.receiving import choices, queries, trucks
from wms.receiving.models import ArrivalStatus
from wms.stock.models import Condition, Movement
from wms.tasks.models import Task, TaskKind, TaskStatus
from wms.web import access
from wms.web.access import allow
from wms.web.home import Board, Figure, Panel, Row
from wms.web.lists import Column, arg, export, page_of, rows_of, wants_export
from wms.web.navigation import RECEIVING, Entry
from wms.web.render import render

blueprint = Blueprint("receiving", __name__, url_prefix="/receiving")

_RECEIPT_SORTS: dict[str, Any] = {"at": Movement.id, "sku": (Product.sku_key, Movement.id), "quantity": (Movement.quantity, Movement.id)}
_PUTAWAY_SORTS: dict[str, Any] = {"age": Task.id, "priority": (Task.priority, Task.id), "sku": (Product.sku_key, Task.id)}
_RECEIPT_COLUMNS = [
    Column(T("Time", "时间"), lambda row: row.at),
    Column(T("Inbound order", "到货通知"), lambda row: row.document),
    Column(T("SKU", "商品编码"), lambda row: row.sku),
    Column(T("Product", "商品"), queries.name_in),
    Column(T("Lot", "批号"), lambda row: row.lot_shown),
    Column(T("Expires", "到期日"), lambda row: row.expires_on),
    Column(T("Quantity", "数量"), lambda row: row.quantity),
    Column(T("Condition", "状态"), lambda row: Condition(row.condition).text),
    Column(T("Label", "标签"), lambda row: row.unit),
    Column(T("Dock", "月台"), lambda row: row.dock),
    Column(T("By", "操作人"), lambda row: row.person),
]


_GONE = (ArrivalStatus.LEFT, ArrivalStatus.CANCELLED)


@blueprint.get("/arrivals")
@allow(Permission.SEE_STOCK)
def arrivals() -> ResponseReturnValue:
    """The arrivals board."""
    by = actor()
    late_after = current_app.config["WMS"].late_after_minutes
    here = [one for one in trucks.of_day(clock.today(), by=by, late_after_minutes=late_after) if one.status not in _GONE]
    return render("receiving/arrivals", tones=INBOUND_TONES, arrivals=queries.arrivals(by=by), figures=queries.figures(by=by), trucks=here)


@blueprint.get("/receipts")
@allow(Permission.SEE_STOCK)
def receipts() -> ResponseReturnValue:
    """The goods received."""
    statement = queries.receipts(by=actor(), q=arg("q") or "", day=_day("day"))
    if wants_export():
        return export("goods-received", _RECEIPT_COLUMNS, rows_of(statement, _RECEIPT_SORTS, "-at"))
    return render("receiving/receipts", page=page_of(statement, _RECEIPT_SORTS, "-at"), name_in=queries.name_in, condition=Condition)


@blueprint.get("/putaway")
@allow(Permission.SEE_STOCK)
def putaway() -> ResponseReturnValue:
    """The putaway queue."""
    by = actor()
    page = page_of(queries.putaways(by=by, q=arg("q") or ""), _PUTAWAY_SORTS, "age")
    return render(
        "receiving/putaway",
        page=page,
        figures=queries.figures(by=by),
        name_in=queries.name_in,
        status=TaskStatus,
        why=_why,
        choices=choices.latest(by=by, at_most=20),
    )


def _why(row: Any) -> str:
    """The reasons for a target, in the reader's language."""
    language = access.language()
    return " · ".join(reason[language] for reason in row.reasons or [] if language in reason)


def _day(name: str) -> dt.date | None:
    try:
        day = dt.date.fromisoformat(arg(name) or "")
    except ValueError:
        return None
    return day if dt.date.min < day < dt.date.max else None  # the first and the last have no whole day on every clock


# -- the home board ------------------------------------------------------------------------------------------------------------


def _board_of_arrivals(who: Actor) -> Board:
    found = queries.figures(by=who)
    rows = [
        Row(
            one.number,
            url_for("inbound.one", number=one.number),
            why=_beside(one.partner, one.note),
            tone=one.tone or "calm",
            status=one.status.text,
            status_tone=INBOUND_TONES[one.status],
            far=one.far,
        )
        for one in queries.arrivals(by=who)
        if one.status in queries.OPEN
    ][:8]
    href = url_for("receiving.arrivals")
    return Board(
        [
            Figure(T("Due today", "今日到货"), found["due"], href),
            Figure(T("Late", "逾期未到"), found["late"], href, "stop"),
            Figure(
                T("To put away", "待上架"), found["putaway"], url_for("receiving.putaway"), "ask" if found["oldest_minutes"] > 120 else None
            ),
        ],
        rows,
        href,
        T("No delivery is due.", "没有待收的到货。"),
    )


def _beside(partner: str | None, note: Text | None) -> Text | str | None:
    if note is None:
        return partner
    return T("{partner} · {note}", "{partner} · {note}", partner=partner, note=note) if partner else note


navigation = [
    Entry(RECEIVING, T("Deliveries due", "待收到货"), "receiving.arrivals", Permission.SEE_STOCK, count=queries.deliveries_waiting),
    Entry(
        RECEIVING,
        T("Putaway", "上架任务"),
        "receiving.putaway",
        Permission.SEE_STOCK,
        count=lambda who: queries.tasks_waiting(TaskKind.PUTAWAY, TaskKind.PUT_BACK, by=who),
    ),
    Entry(RECEIVING, T("Goods received", "收货记录"), "receiving.receipts", Permission.SEE_STOCK),
]
panels = [
    Panel("arrivals", T("Deliveries due", "待收到货"), Permission.SEE_STOCK, _board_of_arrivals, roles=(Role.RECEIVER, Role.SUPERVISOR))
]
