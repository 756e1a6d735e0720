"""What finance may post: what left and is not signed for, what differs, what is to be paid back, what is ready, what is closed."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue

from wms.actor import Actor, Permission
from wms.auth.current import actor
from wms.db import transaction
from wms.i18n import T
from wms.orders import operations, signing_queries
from wms.orders.models import OrderKind
from wms.orders.signing_queries import POSTING_SORTS, Posting, posting_rows
from wms.web import access
from wms.web.access import allow
from wms.web.forms import first_time, sentence
from wms.web.lists import Column, Page, arg, export, page_of, rows_of, wants_export
from wms.web.navigation import ORDERS, Entry
from wms.web.render import render

blueprint = Blueprint("postings", __name__, url_prefix="/postings")

_COLUMNS = [
    Column(T("Order", "订单"), lambda row: row.number),
    Column(T("Customer", "客户"), lambda row: row.customer),
    Column(T("Name", "名称"), lambda row: row.customer_name),
    Column(T("Kind", "类型"), lambda row: OrderKind(row.kind).text),
    Column(T("State", "状态"), lambda row: row.posting.text),
    Column(T("Left", "发货"), lambda row: row.left_at),
    Column(T("Days", "天数"), lambda row: row.days),
    Column(T("Signed at", "签收时间"), lambda row: row.signed_at),
    Column(T("Signed by", "签收人"), lambda row: row.signed_by),
    Column(T("Lines that differ", "差异行数"), lambda row: row.differing),
    Column(T("Shipments", "发货单"), lambda row: row.shipments),
    Column(T("Signed copies", "签收联"), lambda row: row.copies),
    Column(T("Settled", "已结算"), lambda row: row.settled),
    Column(T("Why accepted", "认可原因"), lambda row: row.accept_reason),
    Column(T("To pay back since", "待退款起始"), lambda row: row.owed_back_at),
]


@blueprint.get("")
@allow(Permission.SEE_ORDERS)
def index() -> ResponseReturnValue:
    """Orders between the gate and the books."""
    state = next((one for one in Posting if one.value == arg("state")), Posting.READY)
    statement = signing_queries.postings(actor(), posting=state, q=arg("q"))
    default = "-signed" if state is Posting.CLOSED else "left"
    if wants_export():
        return export("postings", _COLUMNS, posting_rows(list(rows_of(statement, POSTING_SORTS, default))))
    page = page_of(statement, POSTING_SORTS, default)
    return render(
        "orders/postings",
        page=Page(posting_rows(page.items), page.number, page.pages, page.total),
        state=state,
        states=list(Posting),
        counts=signing_queries.posting_counts(actor()),
        kind_of=OrderKind,
        default=default,
    )


@blueprint.post("/close")
@allow(Permission.SETTLE)
def close() -> ResponseReturnValue:
    """Closes the ticked orders; with a reason those too that differ. What cannot be closed is named with why."""
    wanted, reason = request.form.getlist("order")[:500], request.form.get("reason", "").strip()[:300] or None
    language = access.language()
    back = redirect(url_for("postings.index", state=request.form.get("state") or None))
    if not wanted:
        flash(T("Tick the orders to close", "请勾选要关闭的订单").say(language), "stop")
        return back
    with transaction():
        done = operations.close_many(wanted, by=actor(), reason=reason) if first_time(by=actor()) else {}
    closed = [number for number, no in done.items() if no is None]
    if closed:
        flash(T("{n} {n:order/orders} closed", "已关闭 {n} 张订单", n=len(closed)).say(language), "good")
    for no in [no for no in done.values() if no is not None][:5]:
        flash(sentence(no), "stop")
    return back


def _waits(who: Actor) -> int:
    return signing_queries.how_many(Posting.READY, by=who)


navigation = [Entry(ORDERS, T("To post", "过账"), "postings.index", Permission.SETTLE, count=_waits)]
