"""What counting has found, at the desk: accuracy, losses, by whatever one asks, and as a file."""

from __future__ import annotations

import datetime as dt

from flask import Blueprint, request
from flask.typing import ResponseReturnValue

from wms.actor import Permission
from wms.auth.current import actor
from wms.i18n import T, money
from wms.stocktake import counts, results
from wms.stocktake.results import By, Evidence, Period, Result
from wms.web.access import allow
from wms.web.lists import Column, Page, arg, export, wants_export
from wms.web.navigation import STOCKTAKE, Entry
from wms.web.render import render

blueprint = Blueprint("count_results", __name__, url_prefix="/counting/results")
navigation = [Entry(STOCKTAKE, T("Results", "盘点结果"), "count_results.index", Permission.SEE_BOOK)]
PER_PAGE = 100


def percent(share: float | None) -> str:
    """98.75 as people read it."""
    return "" if share is None else f"{100 * share:.2f}"


_COLUMNS = [
    Column(T("Of", "对象"), lambda row: row.key),
    Column(T("Name", "名称"), lambda row: row.name),
    Column(T("Places", "库位数"), lambda row: row.places),
    Column(T("Places right", "无差异库位"), lambda row: row.places_right),
    Column(T("Place accuracy, %", "库位准确率 %"), lambda row: percent(row.place_accuracy)),
    Column(T("Lines", "明细数"), lambda row: row.lines),
    Column(T("Lines right", "无差异明细"), lambda row: row.lines_right),
    Column(T("Line accuracy, %", "明细准确率 %"), lambda row: percent(row.line_accuracy)),
    Column(T("Book", "账面数"), lambda row: row.book),
    Column(T("Gained", "盘盈"), lambda row: row.gained),
    Column(T("Lost", "盘亏"), lambda row: row.lost),
    Column(T("Worth of the book", "账面金额"), lambda row: money(row.worth)),
    Column(T("Gained, worth", "盘盈金额"), lambda row: money(row.worth_gained)),
    Column(T("Lost, worth", "盘亏金额"), lambda row: money(row.worth_lost)),
    Column(T("Loss rate, %", "损失率 %"), lambda row: percent(row.loss_rate)),
]
_PEOPLE = [_COLUMNS[0], _COLUMNS[1], _COLUMNS[2], _COLUMNS[5], _COLUMNS[6], _COLUMNS[7]]


@blueprint.get("")
@allow(Permission.SEE_BOOK)
def index() -> ResponseReturnValue:
    """What was counted and posted in a period."""
    site_id, period = actor().site_id, _period()
    wanted = arg("by") or ""
    by = By(wanted) if wanted in set(By) else By.ZONE
    rows = results.gathered(site_id, period, by)
    if wants_export():
        return export(f"counting-{by.value}", _PEOPLE if by is By.PERSON else _COLUMNS, rows)
    shown, page = _cut(rows)
    return render(
        "stocktake/results",
        whole=results.whole(site_id, period),
        rows=shown,
        page=page,
        by=by,
        ways=list(By),
        period=period,
        percent=percent,
    )


def _cut(rows: list[Result]) -> tuple[list[Result], Page]:
    wanted = request.args.get("page", "1")
    pages = max(1, -(-len(rows) // PER_PAGE))
    number = min(max(1, int(wanted)), pages) if wanted.isascii() and wanted.isdigit() and len(wanted) < 7 else 1
    part = rows[(number - 1) * PER_PAGE : number * PER_PAGE]
    return part, Page(part, number, pages, len(rows))


def _period() -> Period:
    first = results.default_period()
    return Period(_day(arg("from")) or first.first, _day(arg("until")) or first.last)


def _day(text: str | None) -> dt.date | None:
    try:
        return dt.date.fromisoformat(text or "")
    except ValueError:
        return None


_EVIDENCE: list[Column] = [
    Column(T("Movement", "流水号"), lambda row: row.movement),
    Column(T("At", "时间"), lambda row: row.at),
    Column(T("Location", "库位"), lambda row: row.location),
    Column(T("Product", "商品"), lambda row: row.sku),
    Column(T("Name", "名称"), lambda row: row.name),
    Column(T("Lot", "批号"), lambda row: row.lot),
    Column(T("Before", "调整前账面"), lambda row: row.before),
    Column(T("Change", "调整数"), lambda row: row.change),
    Column(T("After", "调整后账面"), lambda row: row.after),
    Column(T("Worth", "金额"), lambda row: money(row.worth)),
    Column(T("By", "过账人"), lambda row: row.by),
    Column(T("Reason", "原因"), lambda row: row.reason),
]


@blueprint.get("/evidence/<path:number>")
@allow(Permission.SEE_BOOK)
def evidence(number: str) -> ResponseReturnValue:
    """What a plan has booked: each movement with the book before and after it."""
    count = counts.find(number, by=actor())
    rows: list[Evidence] = results.evidence(count, limit=None if wants_export() else 500)
    if wants_export():
        return export(f"evidence-{count.number}", _EVIDENCE, rows)
    return render(
        "stocktake/evidence", count=count, rows=rows, result=results.of_plan(count), estimate=results.estimate(count), percent=percent
    )
