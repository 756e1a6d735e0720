"""Returns at the desk: what came back, whose it is, what becomes of it."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

from flask import Blueprint, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue

from wms.actor import Actor, Permission, Role
from wms.auth.current import actor
from wms.db import transaction
from wms.i18n import T, Text
from wms.orders import boards
from wms.orders.forms import by_name
from wms.receiving import return_queries, returns, unclaimed
from wms.receiving.models import Disposition, Found, Return, ReturnKind, ReturnStatus
from wms.receiving.return_bodies import ReturnIn
from wms.receiving.screens import company_prefix, scrap_alone
from wms.web import access, typed
from wms.web.access import allow
from wms.web.forms import first_time, said
from wms.web.home import Board, Figure, Panel, Row
from wms.web.lists import Column, arg, export, page_of, rows_of, wants_export
from wms.web.navigation import RECEIVING, Entry
from wms.web.render import render
from wms.web.typed import REFUSALS, fields, more_rows, refused, typed_rows

blueprint = Blueprint("returns", __name__, url_prefix="/returns")

_SORTS: dict[str, Any] = {
    "age": (return_queries.STATUS_ORDER, Return.created_at, Return.id),
    "number": Return.id,
}
_COLUMNS = [
    Column(T("Return", "退货单"), lambda row: row.number),
    Column(T("Kind", "类型"), lambda row: ReturnKind(row.kind).text),
    Column(T("Status", "状态"), lambda row: ReturnStatus(row.status).text),
    Column(T("Order", "订单"), lambda row: row.order),
    Column(T("Customer", "客户"), lambda row: row.customer or row.sender),
    Column(T("Pieces", "件数"), lambda row: row.pieces),
    Column(T("Reason", "退货原因"), lambda row: row.reason),
    Column(T("Taken in", "收下时间"), lambda row: row.created_at),
    Column(T("By", "操作人"), lambda row: row.person),
]


@blueprint.get("")
@allow(Permission.SEE_STOCK)
def index() -> ResponseReturnValue:
    """What came back: what waits for sales first, then what is open."""
    by = actor()
    statement = return_queries.listing(by=by, q=arg("q") or "", status=arg("status") or "", kind=arg("kind") or "")
    if wants_export():
        return export("returns", _COLUMNS, rows_of(statement, _SORTS, "age"))
    return render(
        "receiving/returns",
        page=(page := page_of(statement, _SORTS, "age")),
        amounts=return_queries.amounts([row.id for row in page.items]),
        figures=return_queries.figures(by=by),
        statuses=list(ReturnStatus),
        kinds=list(ReturnKind),
        status_of=ReturnStatus,
        kind_of=ReturnKind,
        tones=return_queries.TONES,
    )


@blueprint.get("/<path:number>")
@allow(Permission.SEE_STOCK)
def one(number: str) -> ResponseReturnValue:
    """One return with its lines, and the orders that may have sent what waits."""
    who = actor()
    header = returns.find(number, by=who)
    view = return_queries.shown([header], access.language())[0]
    return render(
        "receiving/return",
        one=view,
        candidates=unclaimed.candidates(header) if view.waiting else [],
        tones=return_queries.TONES,
        found_tones=return_queries.FOUND_TONES,
        may_decide=who.may(Permission.DECIDE),
        may_book=who.may(Permission.RETURN_GOODS),
    )


def _act(number: str, what: Callable[[str], object], done: Text) -> ResponseReturnValue:
    """One button: it does one thing once, and the page says what came of it."""
    try:
        with transaction():
            if first_time(by=actor()):
                what(uuid.uuid4().hex)
                flash(done.say(access.language()), "good")
    except REFUSALS as refusal:
        said(refusal)
    return redirect(url_for("returns.one", number=number))


def _lines() -> list[int] | None:
    """The lines that the form names; all, where it names none."""
    return [int(line) for line in request.form.getlist("line") if line.isdecimal() and len(line) < 10] or None


def _reason() -> str | None:
    return typed.field("reason")[:500] or None


@blueprint.post("/<path:number>/link")
@allow(Permission.DECIDE)
def link(number: str) -> ResponseReturnValue:
    """The goods belong to an order."""
    order = typed.field("order")[:80]
    return _act(
        number,
        lambda key: unclaimed.link(number, order, by=actor(), key=key, lines=_lines(), text=_reason()),
        T("Linked to {order}", "已关联订单 {order}", order=order),
    )


@blueprint.post("/<path:number>/decide/<any(accept,send_back,scrap):decision>")
@allow(Permission.DECIDE)
def decide(number: str, decision: str) -> ResponseReturnValue:
    """The goods belong to no order."""
    chosen = unclaimed.Decision(decision)
    done = {
        unclaimed.Decision.ACCEPT: T("Kept as ours", "已收为自有库存"),
        unclaimed.Decision.SEND_BACK: T("The floor will send it back", "已通知仓库退回寄件人"),
        unclaimed.Decision.SCRAP: T("The floor will scrap it", "已通知仓库报废"),
    }[chosen]
    return _act(
        number,
        lambda key: unclaimed.decide(number, chosen, by=actor(), key=key, lines=_lines(), text=_reason(), scrap_alone=scrap_alone()),
        done,
    )


@blueprint.post("/<path:number>/lines/<int:line>/carry-out")
@allow(Permission.RETURN_GOODS)
def carry_out(number: str, line: int) -> ResponseReturnValue:
    """What sales does not want has left."""
    return _act(number, lambda key: unclaimed.carry_out(number, line, by=actor(), key=key), T("Booked out", "已出账"))


@blueprint.post("/<path:number>/lines/<int:line>/undo")
@allow(Permission.RETURN_GOODS)
def undo(number: str, line: int) -> ResponseReturnValue:
    """A line is taken back while its goods stand where they were put."""
    return _act(number, lambda key: returns.undo_line(number, line, by=actor(), key=key), T("Undone", "已撤销"))


@blueprint.post("/<path:number>/close")
@allow(Permission.RETURN_GOODS)
def close(number: str) -> ResponseReturnValue:
    """Everything of it was taken in."""
    return _act(number, lambda _: returns.finish(number, by=actor()), T("Nothing more will come", "退货已收完"))


# -- a return taken in at the desk -----------------------------------------------------------------------------------------------

_FIELDS = ("order", "consignment", "customer", "sender", "arrival", "reason", "note")
_ROW = ("sku", "quantity", "unit", "lot", "found", "disposition", "location", "reason")
_LABELS = {
    "sku": T("Product or barcode", "商品或条码"),
    "quantity": T("Quantity", "数量"),
    "unit": T("Unit", "单位"),
    "lot": T("Lot", "批号"),
    "found": T("Found", "实物状态"),
    "disposition": T("Disposition", "处置"),
    "location": T("Put at", "放置"),
    "reason": T("Remark", "说明"),
}


@blueprint.get("/new")
@allow(Permission.RETURN_GOODS)
def new() -> ResponseReturnValue:
    """The form for goods that came back."""
    given = {name: arg(name) or "" for name in ("order", "consignment")}
    return _form(_rows(), {}, values=given)


def _rows() -> list[dict[str, str]]:
    return typed_rows(*_ROW, prefix="line_")


def _form(rows: list[dict[str, str]], errors: dict[str, str], values: Any = None) -> str:
    return render(
        "receiving/return_new",
        rows=rows,
        columns={name: _LABELS[name] for name in _ROW},
        errors=errors,
        values=request.form if values is None else values,
        fresh=values is not None,
        products=boards.product_choices(),
        customers=boards.partner_choices("customer"),
        found=list(Found),
        dispositions=list(Disposition),
    )


@blueprint.post("/new")
@allow(Permission.RETURN_GOODS)
def create() -> ResponseReturnValue:
    """Takes in what was typed, all of it or nothing."""
    rows = _rows()
    if request.form.get("do") == "more":
        return _form(more_rows(rows), {})
    facts, lines = by_name(fields(*_FIELDS), rows)
    body, errors = typed.body_of(ReturnIn, facts, labels=_LABELS, lines=lines)
    if body is not None:
        header = None
        with refused(errors, lines=rows), transaction():
            if first_time(by=actor()):
                header = body.record(by=actor(), company_prefix=company_prefix())
        if not errors:
            if header is None:
                return redirect(url_for("returns.index"))
            flash(T("{number} is taken in", "{number} 已收下", number=header.number).say(access.language()), "good")
            return redirect(url_for("returns.one", number=header.number))
    return _form(rows, errors), 422


# -- the home board --------------------------------------------------------------------------------------------------------------


def _board(who: Actor) -> Board:
    found = return_queries.figures(by=who)
    rows = [
        Row(
            row.number,
            url_for("returns.one", number=row.number),
            why=row.customer or row.sender or T("sender unknown", "寄件人不明"),
            at=row.created_at,
            tone=return_queries.TONES[ReturnStatus(row.status)],
            status=ReturnStatus(row.status).text,
            status_tone=return_queries.TONES[ReturnStatus(row.status)],
        )
        for row in return_queries.most_urgent(by=who)
    ]
    href = url_for("returns.index")
    return Board(
        [
            Figure(T("For sales", "待销售确认"), found["waiting"], url_for("returns.index", status="waiting"), "ask"),
            Figure(T("Open", "处理中"), found["open"], url_for("returns.index", status="open")),
        ],
        rows,
        href,
        T("No return waits.", "没有待处理的退货。"),
        total=found["waiting"] + found["open"],
    )


navigation = [Entry(RECEIVING, T("Returns", "退货"), "returns.index", Permission.SEE_STOCK, count=return_queries.waiting, tone="ask")]
panels = [Panel("returns", T("Returns", "退货"), Permission.SEE_STOCK, _board, roles=(Role.SALES, Role.RECEIVER, Role.SUPERVISOR))]
