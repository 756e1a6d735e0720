"""Watching orders and customers, and the notices that come of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from flask import Blueprint, flash, redirect, url_for
from flask.typing import ResponseReturnValue

from wms.actor import Actor, Permission
from wms.auth.current import actor
from wms.db import session, transaction
from wms.i18n import T, Text
from wms.sales import watching
from wms.web import access
from wms.web.access import allow
from wms.web.forms import said
from wms.web.home import Board, Panel, Row
from wms.web.lists import arg, page_of
from wms.web.navigation import ORDERS, Entry
from wms.web.render import render
from wms.web.typed import REFUSALS, field

blueprint = Blueprint("watching", __name__)


@blueprint.get("/sales/notices")
@allow(Permission.SEE_ORDERS)
def index() -> ResponseReturnValue:
    """What happened to the orders that this person watches."""
    new = arg("show") == "new"
    page = page_of(watching.notices(by=actor(), new=new), watching.NOTICE_SORTS, "-at")
    return render(
        "sales/notices",
        page=replace(page, items=watching.in_words(page.items, access.language())),
        new=watching.how_many_new(actor()),
        only_new=new,
        customers=watching.customers_of(actor()),
    )


@blueprint.post("/sales/notices/seen")
@allow(Permission.SEE_ORDERS)
def seen() -> ResponseReturnValue:
    """Everything that was on the page is seen; what came meanwhile stays new."""
    typed = field("up_to")
    if typed.isascii() and typed.isdecimal() and len(typed) <= 18:
        with transaction():
            watching.seen(by=actor(), up_to=int(typed))
    return redirect(url_for("watching.index"))


@blueprint.post("/sales/orders/<path:number>/watch")
@allow(Permission.SEE_ORDERS)
def watch(number: str) -> ResponseReturnValue:
    """Tells this person of the order from now on."""
    done = T("You are told of each step of {number}", "{number} 每一步都会通知您", number=number)
    return _done(lambda: watching.watch(number, by=actor()), done, back=number)


@blueprint.post("/sales/orders/<path:number>/let-go")
@allow(Permission.SEE_ORDERS)
def let_go(number: str) -> ResponseReturnValue:
    """Tells this person no more of it."""
    return _done(
        lambda: watching.let_go(number, by=actor()), T("You watch {number} no more", "已取消关注 {number}", number=number), back=number
    )


@blueprint.post("/sales/customers/<path:code>/watch")
@allow(Permission.SEE_ORDERS)
def watch_customer(code: str) -> ResponseReturnValue:
    """Tells this person of all orders of a customer."""
    done = T("You are told of all orders of {code}", "{code} 的所有订单都会通知您", code=code)
    return _done(lambda: watching.watch_customer(code, by=actor()), done, back=field("back"))


@blueprint.post("/sales/customers/<path:code>/let-go")
@allow(Permission.SEE_ORDERS)
def let_go_of_customer(code: str) -> ResponseReturnValue:
    """Tells this person no more of a customer's orders."""
    done = T("You watch {code} no more", "已取消关注 {code}", code=code)
    return _done(lambda: watching.let_go_of_customer(code, by=actor()), done, back=field("back"))


def _done(act: Callable[[], Any], text: Text, *, back: str) -> ResponseReturnValue:
    try:
        with transaction():
            act()
        flash(text.say(access.language()), "good")
    except REFUSALS as refusal:
        said(refusal)
    return redirect(url_for("sales.one", number=back) if back else url_for("watching.index"))


def _board(who: Actor) -> Board:
    query = watching.notices(by=who, new=True).order_by(watching.NOTICE_SORTS["at"].desc()).limit(8)
    found = watching.in_words(session.execute(query).all(), access.language())
    return Board(
        [],
        [
            Row(one.order, url_for("sales.one", number=one.order), why=f"{one.customer_name} · {one.text}", at=one.at, tone=one.tone)
            for one in found
        ],
        url_for("watching.index", show="new"),
        total=watching.how_many_new(who),
    )


panels = [
    Panel("sales-notices", T("New about orders that you watch", "关注订单的新动态"), Permission.SEE_ORDERS, _board, only_trouble=True)
]
navigation = [
    Entry(ORDERS, T("Notices", "订单通知"), "watching.index", Permission.SEE_ORDERS, count=watching.how_many_new, own=True),
]
