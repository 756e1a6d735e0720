"""Unknown goods at the desk: what counters found and nobody knew, until somebody says what it is."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from pydantic import Field

from wms.actor import Permission
from wms.auth.current import actor
from wms.db import transaction
from wms.i18n import T
from wms.photos import photos
from wms.stocktake import finds
from wms.stocktake.models import FindEnd
from wms.stocktake.photo_subjects import FIND
from wms.tasks.queries import teach
from wms.web import access
from wms.web.access import allow
from wms.web.forms import Form, read, refusals
from wms.web.lists import Column, arg, export, page_of, rows_of, wants_export
from wms.web.navigation import STOCKTAKE, Entry
from wms.web.render import render

blueprint = Blueprint("count_finds", __name__, url_prefix="/counting/finds")
navigation = [
    Entry(STOCKTAKE, T("Unknown goods", "不明货物"), "count_finds.index", Permission.APPROVE_COUNT, count=finds.waiting, tone="ask"),
]
teach("find_explained", T("Unknown goods found here ({what}) are {sku}: count {sku}", "此处不明货物（{what}）为 {sku}，请盘点 {sku}"))

_COLUMNS = [
    Column(T("Number", "编号"), lambda row: row.id),
    Column(T("Location", "库位"), lambda row: row.location),
    Column(T("What is on it", "货物标识"), lambda row: row.code),
    Column(T("Quantity", "数量"), lambda row: row.quantity),
    Column(T("Found by", "发现人"), lambda row: row.by),
    Column(T("Found", "发现时间"), lambda row: row.at),
    Column(T("Count", "盘点单"), lambda row: row.count),
    Column(T("Outcome", "处理结果"), lambda row: row.outcome.text if row.outcome else None),
    Column(T("Product", "商品"), lambda row: row.sku),
    Column(T("Note", "说明"), lambda row: row.note),
    Column(T("Explained by", "处理人"), lambda row: row.cleared_by),
    Column(T("Explained", "处理时间"), lambda row: row.cleared_at),
]


@blueprint.get("")
@allow(Permission.APPROVE_COUNT)
def index() -> ResponseReturnValue:
    """What waits to be explained, the oldest first; or what was explained."""
    over = arg("show") == "over"
    statement = finds.statement(actor().site_id, waiting=not over)
    first = "-at" if over else "at"
    if wants_export():
        return export("unknown-goods", _COLUMNS, [finds.shown(row) for row in rows_of(statement, finds.SORTS, first)])
    page = page_of(statement, finds.SORTS, first)
    rows = [finds.shown(row) for row in page.items]
    return render("stocktake/finds", page=page, rows=rows, over=over, photos=photos.of_many(FIND.kind, [row.id for row in rows]))


class ExplainForm(Form):
    """What the goods are."""

    outcome: FindEnd
    sku: str | None = Field(default=None, max_length=80)
    lot: str | None = Field(default=None, max_length=80)
    owner: str | None = Field(default=None, max_length=80)
    note: str | None = Field(default=None, max_length=finds.LONGEST_NOTE)


@blueprint.get("/<int:number>")
@allow(Permission.COUNT)
def one(number: int) -> ResponseReturnValue:
    """Unknown goods with their pictures, and what they are."""
    return _one(number, {}, {})


def _one(number: int, values: Any, errors: dict[str, str]) -> str:
    return render("stocktake/find", one=finds.one(number, by=actor()), values=values, errors=errors, ends=list(FindEnd))


@blueprint.post("/<int:number>")
@allow(Permission.APPROVE_COUNT)
def explain(number: int) -> ResponseReturnValue:
    """Somebody has found out what they are."""
    form, errors = read(ExplainForm)
    if form is not None:
        with refusals(errors), transaction():
            find = finds.explain(number, form.outcome, by=actor(), sku=form.sku, lot=form.lot, owner=form.owner, note=form.note)
            what = T("{code}: {how}", "{code}：{how}", code=find.code, how=form.outcome.text)
            flash(what.say(access.language()), "good")
            return redirect(url_for("count_finds.one" if find.count_id else "count_finds.index", number=number))
    return _one(number, request.form, errors), 422
