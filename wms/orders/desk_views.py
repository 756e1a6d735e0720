"""The order desk's larger strokes: copy, split, merge, one step with many orders, and the list of what does not go on by itself."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from typing import Any

from flask import Blueprint, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue

from wms.actor import Actor, Permission, Role
from wms.auth.current import actor
from wms.db import transaction
from wms.i18n import T, Text, counted
from wms.orders import boards, bulk, editing, exceptions, operations, queries, reshaping
from wms.orders.forms import local_moment
from wms.orders.models import Order
from wms.orders.models import OrderStatus as S
from wms.web import access
from wms.web.access import NotPermitted, allow
from wms.web.forms import first_time, said, sentence
from wms.web.lists import Column, arg, export, page_of, rows_of, wants_export
from wms.web.navigation import ORDERS, Entry
from wms.web.render import render
from wms.web.typed import REFUSALS, field

blueprint = Blueprint("order_desk", __name__)


# -- copy, split, merge ------------------------------------------------------------------------------------------------


def _made(number: str, make: Callable[[], Order], text: Text, *, then: str) -> ResponseReturnValue:
    """One stroke that ends at another order: what came of it is told there, a refusal where it was asked for."""
    made = None
    try:
        with transaction():
            if first_time(by=actor()):
                made = make().number
    except REFUSALS as refusal:
        said(refusal)
    if made is None:
        return redirect(url_for("orders.one", number=number))
    flash(text.with_facts(number=made).say(access.language()), "good")
    return redirect(url_for(then, number=made))


@blueprint.post("/orders/<path:number>/copy")
@allow(Permission.ENTER_ORDERS)
def copy(number: str) -> ResponseReturnValue:
    """Enters the order once more, and shows it as a form, for what differs."""
    entered = T("{number} is a copy: change what differs", "已复制为 {number}，请修改不同之处")
    return _made(number, lambda: reshaping.copy(number, by=actor()), entered, then="orders.edit")


@blueprint.get("/orders/<path:number>/split")
@allow(Permission.ENTER_ORDERS)
def split_form(number: str) -> ResponseReturnValue:
    """How much of each line goes to an order of its own."""
    order = operations.find(number, by=actor())
    if order.status not in editing.EDITABLE:
        said(editing.TooLateToEdit(number=order.number, state=S(order.status).text))
        return redirect(url_for("orders.one", number=order.number))
    return _split_form(order, {})


def _split_form(order: Order, errors: dict[str, str]) -> str:
    view = queries.shown([order], access.language())[0]
    live = [line for line in view.lines if line.ordered > line.short + line.cancelled]
    return render("orders/split", order=view, lines=live, errors=errors, typed=request.form)


@blueprint.post("/orders/<path:number>/split")
@allow(Permission.ENTER_ORDERS)
def split(number: str) -> ResponseReturnValue:
    """Takes what was typed out into an order of its own."""
    order = operations.find(number, by=actor())
    typed = zip(request.form.getlist("line"), request.form.getlist("quantity"), strict=False)
    decimals = {line.line: line.decimals for line in queries.shown([order], access.language())[0].lines}
    lines: dict[str, int] = {}
    for line, text in typed:
        count = counted(text.strip() or "0", decimals.get(line, 0))
        if count is None:
            wrong = T("Line {line}: {count} is no quantity", "第 {line} 行：{count} 不是数量", line=line, count=text.strip()[:20])
            return _split_form(order, {"": wrong.say(access.language())}), 422
        lines |= {line: count} if count else {}
    try:
        with transaction():
            if not first_time(by=actor()):
                return redirect(url_for("orders.one", number=number))
            made = reshaping.split(number, lines, by=actor()).number
    except REFUSALS as refusal:
        return _split_form(operations.find(number, by=actor()), {"": sentence(refusal)}), 422
    flash(T("{number} has what was split off", "拆出的部分为 {number}", number=made).say(access.language()), "good")
    return redirect(url_for("orders.one", number=made))


@blueprint.post("/orders/<path:number>/merge")
@allow(Permission.ENTER_ORDERS)
def merge(number: str) -> ResponseReturnValue:
    """Makes one order of this one and those that are ticked."""
    others = request.form.getlist("other")[:50]
    merged = T("Merged into {number}", "已合并为 {number}")
    return _made(number, lambda: reshaping.merge([number, *others], by=actor()), merged, then="orders.one")


# -- one step with many ------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Listed:
    """A list of orders in which many may be ticked: where it is, what it is narrowed by, and all the orders in it."""

    title: Text
    view: str
    narrowed: tuple[str, ...]
    numbers: Callable[[dict[str, str], Actor], list[str]]


def _of_orders(narrowed: dict[str, str], who: Actor) -> list[str]:
    rows = boards.most_urgent(boards.OrderFilter(**narrowed), by=who, language=access.language(), limit=bulk.MOST)
    return [row.number for row in rows]


def _of_exceptions(narrowed: dict[str, str], who: Actor) -> list[str]:
    return exceptions.orders_in(exceptions.ExceptionFilter(**narrowed), by=who, limit=bulk.MOST)


_LISTS = {
    "orders": _Listed(T("Orders", "订单"), "orders.index", ("q", "status", "kind", "customer", "due", "waits"), _of_orders),
    "exceptions": _Listed(T("Exceptions", "异常订单"), "order_desk.index", ("code", "owner", "customer"), _of_exceptions),
}


@blueprint.post("/orders/bulk")
@allow(Permission.SEE_ORDERS)
def act() -> ResponseReturnValue:
    """One step with the ticked orders, or with all that the list shows: each by itself, and then what came of it."""
    who, language = actor(), access.language()
    listed = _LISTS.get(field("list"), _LISTS["orders"])
    narrowed = {name: field(f"filter_{name}") for name in listed.narrowed}
    # An owner that is left open is everybody's list, not the reader's own: what the form said is said again, empty or not.
    shown: dict[str, Any] = {
        name: field(f"filter_{name}") for name in (*listed.narrowed, "sort", "page") if f"filter_{name}" in request.form
    }
    back = url_for(listed.view, **shown)
    step = next((one for one in bulk.Step if one.value == field("step")), None)
    if step is None:
        flash(T("Choose what to do", "请选择操作").say(language), "stop")
        return redirect(back)
    if step not in bulk.steps_of(who):
        said(NotPermitted(permission=bulk.needs(step)[0].text))
        return redirect(back)
    numbers, read = _ticked()
    if field("all"):
        if step is bulk.Step.APPROVE:  # nobody approves what nobody has read
            flash(T("Tick what you have read: only that can be approved", "请勾选已阅的订单，仅可审批所勾选的").say(language), "stop")
            return redirect(back)
        numbers = listed.numbers(narrowed, who)
    if not numbers:
        flash(T("Tick the orders first", "请先勾选订单").say(language), "stop")
        return redirect(back)
    due, priority = local_moment("due_at"), field("priority")
    facts: dict[str, Any] = {
        "reason": field("reason")[:300] or None,
        "priority": int(priority) if priority in set("0123456789") else None,
        "due_at": due if isinstance(due, dt.datetime) else None,
        "read": read,
    }
    try:
        with transaction():
            if not first_time(by=who):
                return redirect(back)
            done = bulk.act(step, numbers, by=who, **facts)
    except REFUSALS as refusal:
        said(refusal)
        return redirect(back)
    refused = [one for one in done if not one.was_done]
    count = T("{step}: {n} of {all} done", "{step}：{all} 单中完成 {n} 单", step=step.text, n=len(done) - len(refused), all=len(done))
    if not refused:
        flash(count.say(language), "good")
        return redirect(back)
    why = {one.number: sentence(one.refusal) if one.refusal else "；".join(reason for _, reason in one.holds) for one in refused}
    facts = {"done": len(done) - len(refused), "total": len(done), "refused": refused, "why": why}
    return render("orders/bulk", step=step, back=back, listed=listed.title, **facts)


def _ticked() -> tuple[list[str], dict[str, bulk.Read]]:
    """The orders that were ticked, and what was read of those that were ticked for a reason: the box says the reason's code, the moment of
    the order as the list showed it, and its number."""
    numbers = request.form.getlist("order")
    read: dict[str, bulk.Read] = {}
    for box in request.form.getlist("exception"):
        code, _, rest = box.partition(" ")
        at, _, number = rest.partition(" ")
        try:
            seen = dt.datetime.fromisoformat(at)
        except ValueError:
            continue
        numbers.append(number)
        known = read.get(number, bulk.Read(frozenset(), seen))
        read[number] = bulk.Read(known.codes | {code}, min(known.seen, seen))
    return numbers[: bulk.MOST], read


# -- exceptions --------------------------------------------------------------------------------------------------------

_COLUMNS = [
    Column(T("Order", "订单"), lambda row: row.order),
    Column(T("Customer", "客户"), lambda row: row.customer_name),
    Column(T("Status", "状态"), lambda row: row.status.text),
    Column(T("What", "类别"), lambda row: row.title),
    Column(T("Reason", "原因"), lambda row: row.reason),
    Column(T("Who deals with it", "处理人"), lambda row: row.owner.text),
    Column(T("Since", "发生时间"), lambda row: row.since),
    Column(T("Hours", "时长（小时）"), lambda row: row.hours),
    Column(T("Due", "承诺时间"), lambda row: row.due_at),
]


@blueprint.get("/order-exceptions")
@allow(Permission.SEE_ORDERS)
def index() -> ResponseReturnValue:
    """Orders that do not go on by themselves, the oldest first."""
    who, language = actor(), access.language()
    mine = _own(who) if "owner" not in request.args else ""
    wanted = exceptions.ExceptionFilter(code=arg("code") or "", owner=arg("owner") or mine, customer=arg("customer") or "")
    statement = exceptions.statement(wanted, by=who)
    sorts = exceptions.sorts(statement)
    if wants_export():
        return export("order-exceptions", _COLUMNS, exceptions.rows(list(rows_of(statement, sorts, "since")), language))
    page = page_of(statement, sorts, "since")
    return render(
        "orders/exceptions",
        page=replace(page, items=exceptions.rows(page.items, language)),
        counts=exceptions.counts(by=who),
        codes=exceptions.CODES,
        owners=[Role.SALES, Role.FINANCE, Role.SUPERVISOR],
        owner=wanted.owner,
        tones=boards.TONES,
        steps=bulk.steps_of(who),
        many=min(exceptions.how_many_orders(wanted, by=who), bulk.MOST) if page.items else 0,
        narrowed={name: value for name, value in asdict(wanted).items() if value or name == "owner"},
    )


def _own(who: Actor) -> str:
    """Whose exceptions this person deals with; others see everybody's."""
    return next((role.value for role in (Role.FINANCE, Role.SALES) if role in who.roles), "")


def _count(who: Actor) -> int:
    """As many as the page shows when it is opened."""
    return sum(exceptions.counts(by=who, owner=_own(who)).values())


navigation = [Entry(ORDERS, T("Exceptions", "异常订单"), "order_desk.index", Permission.SEE_ORDERS, count=_count, own=True)]
