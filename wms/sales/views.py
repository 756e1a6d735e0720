"""Sales' own pages: one box for everything, an order in plain words, what is late and why, and links for customers."""

from __future__ import annotations

from dataclasses import replace

from flask import Blueprint, current_app, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue

from wms import clock
from wms.actor import Permission
from wms.auth.current import actor
from wms.db import session, transaction
from wms.i18n import LANGUAGES, T
from wms.orders import boards, operations, queries
from wms.orders.models import Order
from wms.sales import links, lists, promises, search, watching
from wms.sales.lists import View
from wms.sales.models import CustomerLink
from wms.sales.orders import told
from wms.web import access
from wms.web.access import allow
from wms.web.forms import first_time, said
from wms.web.lists import Column, arg, export, page_of, rows_of, wants_export
from wms.web.navigation import ORDERS, Entry
from wms.web.render import render
from wms.web.typed import REFUSALS, field

blueprint = Blueprint("sales", __name__)
_DAYS = (7, 14, 30, 90)

_COLUMNS = [
    Column(T("Order", "订单"), lambda row: row.number),
    Column(T("Customer's number", "客户单号"), lambda row: row.reference),
    Column(T("Customer", "客户"), lambda row: row.customer),
    Column(T("Name", "名称"), lambda row: row.customer_name),
    Column(T("Where it is", "当前进度"), lambda row: row.stands),
    Column(T("Due", "承诺时间"), lambda row: row.due_at),
    Column(T("Promise", "承诺与实际"), lambda row: row.promise),
    Column(T("Why", "原因"), lambda row: row.why),
]


@blueprint.get("/sales")
@allow(Permission.SEE_ORDERS)
def index() -> ResponseReturnValue:
    """Where is my order: what is typed finds it; nothing typed shows what is late, at risk, or watched."""
    asked = arg("q") or ""
    if asked:
        order_id = search.exactly(asked, by=actor())
        return _page_of(session.get_one(Order, order_id)) if order_id is not None else _found(asked)
    view = next((one for one in View if one.value == arg("view")), View.LATE)
    statement, language = lists.statement(view, by=actor(), customer=arg("customer") or ""), access.language()
    default = "-entered" if view in (View.MINE, View.ALL) else "due"
    if wants_export():
        ids = list(rows_of(statement, lists.SORTS, default, scalars=True))
        return export("orders", _COLUMNS, boards.exported(lists.rows, ids, language))
    page = page_of(statement, lists.SORTS, default, scalars=True, per_page=30)
    return render(
        "sales/index",
        page=replace(page, items=lists.rows([int(one) for one in page.items], language)),
        view=view,
        views=[(one, lists.how_many(one, by=actor())) for one in View if one is not View.ALL],
        default=default,
        tones=boards.TONES,
        customer=arg("customer"),
    )


def _found(asked: str) -> str:
    groups = search.search(asked, by=actor())
    ids = list(dict.fromkeys(order_id for group in groups for order_id in group.orders))
    rows = {row.id: row for row in lists.rows(ids, access.language())}
    return render("sales/found", asked=asked, groups=groups, rows=rows, tones=boards.TONES)


@blueprint.get("/sales/orders/<path:number>")
@allow(Permission.SEE_ORDERS)
def one(number: str) -> ResponseReturnValue:
    """One order in plain words."""
    return _page_of(operations.find(number, by=actor()))


def _page_of(order: Order) -> str:
    language, moment = access.language(), clock.now()
    shown = queries.shown([order], language)[0]
    given = [one for one in links.of_order(order.id) if one.revoked_at is None and one.ends_at > moment]
    return render(
        "sales/order",
        one=told(shown, language),
        links=[(link, address_of(link)) for link in given],
        watched=watching.watched(order.id, shown.customer, by=actor()),
        days=_DAYS,
        languages=LANGUAGES,
        tones=boards.TONES,
    )


def address_of(link: CustomerLink) -> str:
    """The whole address that a customer gets."""
    path = url_for("customer.order", token=links.token(link, str(current_app.config["SECRET_KEY"])))
    base: str = current_app.config["WMS"].public_address or request.host_url
    return base.rstrip("/") + path


@blueprint.post("/sales/orders/<path:number>/links")
@allow(Permission.ENTER_ORDERS)
def make_link(number: str) -> ResponseReturnValue:
    """A link for the customer."""
    days = field("days")
    language = next((one for one in LANGUAGES if one == field("language")), None)
    try:
        with transaction():
            if first_time(by=actor()):
                lasts = int(days) if days.isascii() and days.isdecimal() and len(days) < 5 else 0
                links.make(number, by=actor(), days=lasts, language=language)
                flash(T("The link is below: copy it and send it", "链接已生成，见下方，请复制发送").say(access.language()), "good")
    except REFUSALS as refusal:
        said(refusal)
    return redirect(url_for("sales.one", number=number) + "#links")


@blueprint.post("/sales/orders/<path:number>/links/<int:link>/revoke")
@allow(Permission.ENTER_ORDERS)
def revoke_link(number: str, link: int) -> ResponseReturnValue:
    """Takes a link back."""
    try:
        with transaction():
            links.revoke(number, link, by=actor())
        flash(T("The link shows nothing any more", "链接已撤销").say(access.language()), "ask")
    except REFUSALS as refusal:
        said(refusal)
    return redirect(url_for("sales.one", number=number) + "#links")


_KEPT = [
    Column(T("Week from", "周（周一）"), lambda row: row.week),
    Column(T("Promised", "承诺单数"), lambda row: row.promised),
    Column(T("Kept", "如期"), lambda row: row.kept),
    Column(T("Kept, %", "如期率 %"), lambda row: f"{100 * row.share:.1f}"),
    Column(T("From, %", "下限 %"), lambda row: f"{100 * row.low:.1f}"),
    Column(T("To, %", "上限 %"), lambda row: f"{100 * row.high:.1f}"),
    Column(T("Days late on average", "平均晚发天数"), lambda row: f"{row.late_on_average:.1f}"),
]


@blueprint.get("/sales/promises")
@allow(Permission.SEE_ORDERS)
def kept() -> ResponseReturnValue:
    """Promised against actual, week by week and customer by customer."""
    customer = arg("customer") or ""
    weeks = promises.by_week(by=actor(), customer=customer)
    if wants_export():
        return export("promises", _KEPT, weeks)
    customers = [] if customer else promises.by_customer(by=actor())
    return render(
        "sales/promises",
        weeks=weeks,
        whole=promises.together(weeks),
        recent=promises.together(weeks[:4]),
        customers=customers,
        customer=customer,
        quarter=promises.WEEKS,
    )


navigation = [
    Entry(ORDERS, T("Order status", "订单进度查询"), "sales.index", Permission.SEE_ORDERS),
    Entry(ORDERS, T("Promises kept", "承诺达成"), "sales.kept", Permission.SEE_ORDERS),
]
