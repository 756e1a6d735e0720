"""Inbound orders at the desk: what is announced, one with its counters, new ones by hand."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from flask import Blueprint, current_app, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue

from wms.actor import Permission
from wms.auth.current import actor
from wms.db import transaction
from wms.i18n import T
from wms.orders import boards, difference_queries, inbound_queries
from wms.orders import inbound as announcing
from wms.orders.bodies import CheckInChoice, InboundIn
from wms.orders.forms import columns, document_of, number_free
from wms.orders.models import CheckIn, InboundKind, InboundOrder, InboundStatus
from wms.web import access
from wms.web.access import allow
from wms.web.forms import first_time, said
from wms.web.lists import Column, arg, export, page_of, rows_of, wants_export
from wms.web.navigation import RECEIVING, Entry
from wms.web.render import render
from wms.web.typed import REFUSALS, body_of, fields, more_rows, refused, typed_rows

blueprint = Blueprint("inbound", __name__)
navigation = [Entry(RECEIVING, T("Inbound orders", "到货通知"), "inbound.index", Permission.SEE_STOCK, count=inbound_queries.inbound_open)]


def _reason() -> str | None:
    return request.form.get("reason", "").strip()[:300] or None


@blueprint.get("/inbound-orders")
@allow(Permission.SEE_STOCK)
def index() -> ResponseReturnValue:
    """What is announced to come in."""
    statement = boards.inbound_statement(by=actor(), q=arg("q") or "", status=arg("status") or "")
    if wants_export():
        ids = list(rows_of(statement, boards.INBOUND_SORTS, "expected", scalars=True))
        return export("inbound-orders", _INBOUND_COLUMNS, boards.exported(boards.inbound_rows, ids, access.language()))
    page = page_of(statement, boards.INBOUND_SORTS, "expected", scalars=True)
    page = replace(page, items=boards.inbound_rows([int(row) for row in page.items], access.language()))
    return render("orders/inbound_index", page=page, statuses=list(InboundStatus), tones=boards.INBOUND_TONES)


_INBOUND_COLUMNS = [
    Column(T("Inbound order", "到货通知"), lambda row: row.number),
    Column(T("Kind", "类型"), lambda row: InboundKind(row.kind).text),
    Column(T("Partner", "往来单位"), lambda row: row.partner_name),
    Column(T("Reference", "参考号"), lambda row: row.reference),
    Column(T("Expected on", "预计到货"), lambda row: row.expected_on),
    Column(T("Status", "状态"), lambda row: row.status.text),
    Column(T("Expected", "应收"), lambda row: row.expected),
    Column(T("Received", "实收"), lambda row: row.received),
]


@blueprint.get("/inbound-orders/<path:number>")
@allow(Permission.SEE_STOCK)
def one(number: str) -> ResponseReturnValue:
    """One inbound order: lines with their counters, timeline."""
    order = announcing.find_inbound(number, by=actor())
    view = inbound_queries.shown_inbound([order], access.language())[0]
    found = difference_queries.of_inbound(order.id, late_after_days=current_app.config["WMS"].differences_late_days)
    return render(
        "orders/inbound_one", order=view, kind=InboundKind(view.kind), tones=boards.INBOUND_TONES, differences=found, ways=list(CheckIn)
    )


@blueprint.post("/inbound-orders/<path:number>/arrive")
@allow(Permission.RECEIVE)
def arrive(number: str) -> ResponseReturnValue:
    """The vehicle stands at the dock."""
    try:
        with transaction():
            announcing.arrive(number, by=actor())
        flash(T("Arrived", "已到货").say(access.language()), "good")
    except REFUSALS as refusal:
        said(refusal)
    return redirect(url_for("inbound.one", number=number))


@blueprint.post("/inbound-orders/<path:number>/check-in")
@allow(Permission.PLAN_WORK)
def choose_check_in(number: str) -> ResponseReturnValue:
    """How it is checked in at the dock."""
    body, _ = body_of(CheckInChoice, fields("check_in"))
    if body is not None:
        try:
            with transaction():
                announcing.choose_check_in(number, body.check_in, by=actor())
        except REFUSALS as refusal:
            said(refusal)
    return redirect(url_for("inbound.one", number=number))


@blueprint.post("/inbound-orders/<path:number>/close")
@allow(Permission.ANNOUNCE)
def close_order(number: str) -> ResponseReturnValue:
    """Nothing more will come."""
    try:
        with transaction():
            announcing.close_inbound(number, by=actor(), reason=_reason())
        flash(T("Closed", "已关闭").say(access.language()), "good")
    except REFUSALS as refusal:
        said(refusal)
    return redirect(url_for("inbound.one", number=number))


_INBOUND_FIELDS = ("number", "kind", "partner", "reference", "expected_on", "over_receipt_percent", "check_in")
_INBOUND_ROW = ("sku", "quantity", "unit", "lot", "expires_on", "certificate")


_USUAL = {"kind": InboundKind.PURCHASE.value, "over_receipt_percent": "0", "check_in": CheckIn.ANNOUNCED.value}


@blueprint.get("/inbound-orders/new")
@allow(Permission.ANNOUNCE)
def new() -> ResponseReturnValue:
    """The form for goods that will come."""
    return _inbound_form(typed_rows(*_INBOUND_ROW), {}, values=_USUAL)


def _inbound_form(rows: list[dict[str, str]], errors: dict[str, str], values: Any = None) -> str:
    return render(
        "orders/inbound_new",
        rows=rows,
        columns=columns(*_INBOUND_ROW),
        errors=errors,
        values=request.form if values is None else values,
        fresh=values is not None,
        kinds=list(InboundKind),
        ways=list(CheckIn),
        partners=boards.partner_choices("supplier", "customer"),
        products=boards.product_choices(),
    )


@blueprint.post("/inbound-orders/new")
@allow(Permission.ANNOUNCE)
def create() -> ResponseReturnValue:
    """Announces the typed goods."""
    rows = typed_rows(*_INBOUND_ROW)
    if request.form.get("do") == "more":
        return _inbound_form(more_rows(rows), {})
    body, errors = document_of(InboundIn, fields(*_INBOUND_FIELDS), rows, number_free(InboundOrder))
    if body is not None:
        with refused(errors, lines=rows), transaction():
            number = body.announce(by=actor()).number if first_time(by=actor()) else None
        if not errors:
            if number is None:
                return redirect(url_for("inbound.index"))
            flash(T("Inbound order {number} announced", "到货通知 {number} 已录入", number=number).say(access.language()), "good")
            return redirect(url_for("inbound.one", number=number))
    return _inbound_form(rows, errors), 422
