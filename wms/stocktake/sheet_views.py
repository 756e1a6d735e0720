"""Sheets of paper at the desk: made and printed from a plan, found by their number, and keyed in quickly by keyboard."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from typing import Any

from flask import Blueprint, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue

from wms import clock
from wms.actor import Permission
from wms.auth.current import actor
from wms.db import transaction
from wms.errors import Conflict, Forbidden, Invalid, NotFound, Refused
from wms.i18n import T
from wms.stock.models import Condition
from wms.stocktake import counts, sheets
from wms.stocktake.plan_models import CountSheet, SheetStatus
from wms.stocktake.sheets import LineWrong, Typed
from wms.web import access
from wms.web.access import allow
from wms.web.forms import first_time, said, sentence
from wms.web.navigation import STOCKTAKE, Entry
from wms.web.render import render

blueprint = Blueprint("count_sheets", __name__, url_prefix="/counting/sheets")
navigation = [Entry(STOCKTAKE, T("Key in a sheet", "录入盘点表"), "count_sheets.index", Permission.PLAN_WORK)]
TONES = {
    SheetStatus.PRINTED: "calm",
    SheetStatus.KEYED: "ask",
    SheetStatus.DIFFERS: "stop",
    SheetStatus.TAKEN: "good",
    SheetStatus.VOID: "calm",
}
LONGEST = 40


@blueprint.get("")
@allow(Permission.PLAN_WORK)
def index() -> ResponseReturnValue:
    """One field for the number on the sheet: scanned or typed; and the sheets that wait."""
    number = request.args.get("number", "").strip()
    if number:
        try:
            return redirect(url_for("count_sheets.one", number=sheets.find(number, by=actor()).number))
        except NotFound as refusal:
            return _of_its_plan(number, refusal)
    return render("stocktake/sheets", waiting=sheets.waiting(actor().site_id), tones=TONES)


def _of_its_plan(number: str, unknown: NotFound) -> ResponseReturnValue:
    """Who scans a plan's number means its sheet, where only one is out; otherwise its page has them all, and makes them."""
    try:
        plan = counts.find(number, by=actor())
    except NotFound:
        said(unknown)
        return redirect(url_for("count_sheets.index"))
    out = sheets.out_of(plan.id, 2)
    if len(out) == 1:
        return redirect(url_for("count_sheets.one", number=out[0].number))
    words = (
        T("Choose the sheet of {number}", "请选择 {number} 的盘点表")
        if out
        else T("No sheet of {number} is out", "{number} 没有待录入的盘点表")
    )
    flash(words.say(access.language(), number=plan.number), "ask")
    return redirect(url_for("stocktake.one", number=plan.number) + "#sheets")


@blueprint.post("/make/<path:number>")
@allow(Permission.PLAN_WORK)
def make(number: str) -> ResponseReturnValue:
    """Sheets for the places of a plan (or of a zone of it) that wait to be counted."""
    wanted = request.form.get("places", "")
    places = min(max(int(wanted), 1), 200) if wanted.isascii() and wanted.isdigit() and len(wanted) < 5 else sheets.PLACES
    zone = request.form.get("zone") or None
    try:
        with transaction():
            by = actor()
            if first_time(by=by):
                made = sheets.make(counts.find(number, by=by), zone="" if zone == "-" else zone, places=places, by=by)
                flash(T("{n} {n:sheet/sheets} made", "已生成 {n} 张盘点表", n=len(made)).say(access.language()), "good")
    except (Refused, NotFound, Conflict) as refusal:
        said(refusal)
    return redirect(url_for("stocktake.one", number=number) + "#sheets")


@blueprint.get("/<path:number>")
@allow(Permission.PLAN_WORK)
def one(number: str) -> ResponseReturnValue:
    """A sheet as it lies on the table: line by line, one field each."""
    sheet = sheets.find(number, by=actor())
    return _page(sheet, {}, {})


def _page(sheet: CountSheet, typed: dict[str, str], errors: dict[int, str], *, again: tuple[int, ...] = ()) -> str:
    lines = sheets.lines_of([sheet.id]).get(sheet.id, [])
    status = SheetStatus(sheet.status)
    mine = status == SheetStatus.DIFFERS and sheet.first_by_id == actor().id
    facts: dict[str, Any] = {"typed": typed, "errors": errors, "again": set(again), "mine": mine, "tone": TONES[status], "status": status}
    began = clock.local(sheet.counted_from or sheet.made_at).strftime("%Y-%m-%dT%H:%M")
    conditions = {one.value: one for one in Condition}
    alone = Counter(line.place_id for line in lines)
    facts["stops"] = {line.line for line in lines if line.sku or alone[line.place_id] == 1}
    facts["counters"] = sheets.counters(actor())
    facts["focus"] = next(iter(sorted(set(errors) - {0} or facts["again"])), None)
    return render("stocktake/sheet", sheet=sheet, lines=lines, began=began, plan=sheets.plan_of(sheet), conditions=conditions, **facts)


@blueprint.post("/<path:number>")
@allow(Permission.PLAN_WORK)
def key_in(number: str) -> ResponseReturnValue:
    """Takes in what was typed; what cannot be read is told at its line, and nothing is taken then."""
    sheet = sheets.find(number, by=actor())
    lines = sheets.lines_of([sheet.id]).get(sheet.id, [])
    errors: dict[int, str] = {}
    typed = {line.line: _typed(line.line, line.decimals, errors) for line in lines}
    if not errors:
        try:
            with transaction():
                by = actor()
                if not first_time(by=by):
                    return redirect(url_for("count_sheets.one", number=number))
                taken = sheets.key_in(
                    number,
                    {line: one for line, one in typed.items() if one.quantity is not None or one.sku},
                    counted_by=request.form.get("counted_by", "").strip()[:80],
                    counted_from=_moment(request.form.get("counted_from", "")),
                    by=by,
                )
                _tell(taken)
            if taken.differing:
                return _page(taken.sheet, request.form.to_dict(), {}, again=taken.differing), 422
            return redirect(url_for("count_sheets.index"))
        except LineWrong as wrong:
            errors[int(wrong.facts["line"])] = sentence(wrong)
        except (Refused, NotFound, Conflict, Forbidden, Invalid) as refusal:
            errors[0] = sentence(refusal)
    return _page(sheets.find(number, by=actor()), request.form.to_dict(), errors), 422


def _typed(line: int, decimals: int, errors: dict[int, str]) -> Typed:
    text = request.form.get(f"quantity-{line}", "").strip().replace(",", "")
    sku, lot = request.form.get(f"sku-{line}", "").strip()[:80] or None, request.form.get(f"lot-{line}", "").strip()[:80] or None
    if not text:
        return Typed(None, sku, lot)
    whole, _, part = text.partition(".")
    if len(text) > 18 or not (whole + part).isascii() or not (whole + part).isdigit() or len(part.rstrip("0")) > decimals:
        errors[line] = T("Line {line}: {text} is no quantity of it", "第 {line} 行：“{text}”不是有效数量", line=line, text=text[:20]).say(
            access.language()
        )
        return Typed(None, sku, lot)
    return Typed(int(whole + part.rstrip("0").ljust(decimals, "0")), sku, lot)


def _moment(text: str) -> dt.datetime | None:
    try:
        day = dt.datetime.fromisoformat(text[:16])
    except ValueError:
        return None
    return clock.begins(day.date()) + dt.timedelta(hours=day.hour, minutes=day.minute)


def _tell(taken: sheets.Taken) -> None:
    language = access.language()
    number = taken.sheet.number
    if taken.differing:
        words = T(
            "Keyed in differently at {n} {n:line/lines}: look at the paper", "有 {n} 行两次录入不一致，请核对原表", n=len(taken.differing)
        )
        flash(words.say(language), "stop")
    elif taken.sheet.status == SheetStatus.KEYED:
        flash(T("{number} is kept; somebody else keys it in now", "{number} 已保存，请他人二次录入", number=number).say(language), "ask")
    else:
        flash(
            T("{number}: {n} {n:place/places} counted", "{number}：已录入 {n} 个库位", number=number, n=taken.counted).say(language), "good"
        )
        if taken.empty:
            words = T("{n} {n:place was/places were} left empty and stay open", "{n} 个库位未填写，仍待盘", n=taken.empty)
            flash(words.say(language), "ask")
        if taken.over:
            words = T(
                "Finished meanwhile, so not taken: {places}", "以下库位已完成，未计入：{places}", places=", ".join(taken.over[:LONGEST])
            )
            flash(words.say(language), "ask")


@blueprint.post("/void/<path:number>")
@allow(Permission.PLAN_WORK)
def void(number: str) -> ResponseReturnValue:
    """Throws a sheet away: its places may be put on another."""
    try:
        with transaction():
            sheets.void(number, by=actor())
            flash(T("{number} is void", "{number} 已作废", number=number).say(access.language()), "good")
    except (Refused, NotFound, Conflict) as refusal:
        said(refusal)
    return redirect(url_for("count_sheets.index"))
