"""The order desk: lists, one order with its timeline and what may be done with it, new orders by hand, and what sales asks."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import asdict, replace
from typing import Any

import sqlalchemy as sa
from flask import Blueprint, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from pydantic import ValidationError

from wms.actor import Actor, Permission
from wms.auth.current import actor
from wms.catalog.api import AddressIn
from wms.catalog.models import ADDRESS_FIELDS, Partner
from wms.db import fold, session, transaction
from wms.i18n import T
from wms.orders import (
    as_typed,
    boards,
    bulk,
    gate,
    line_queries,
    operations,
    paying_back,
    queries,
    reshaping,
    signing,
    timeline,
    withdrawal,
)
from wms.orders.addresses import address_line, asked_for_at, whole_address
from wms.orders.bodies import DESK, OrderChangeIn, OrderIn, SignOffIn
from wms.orders.editing import EDITABLE
from wms.orders.forms import SERVICE_LABELS, columns, document_of, local_moment, number_free
from wms.orders.interception import INTERCEPTABLE, ChangeTooLate, Intent
from wms.orders.models import Order, OrderKind, OrderStatus
from wms.orders.panels import panels_of_orders
from wms.orders.services import Service
from wms.orders.signing_queries import Posting
from wms.web import access
from wms.web.access import allow
from wms.web.forms import first_time, said
from wms.web.lists import COUNTED, Column, arg, export, page_of, rows_of, wants_export
from wms.web.navigation import ORDERS, Entry
from wms.web.problems import words_of
from wms.web.render import render
from wms.web.typed import REFUSALS, field, fields, more_rows, padded, refused, typed_rows

blueprint = Blueprint("orders", __name__)
blueprint.add_app_template_filter(address_line, "address")
blueprint.add_app_template_filter(whole_address, "whole_address")
S = OrderStatus


# -- lists -------------------------------------------------------------------------------------------------------------


def _filter() -> boards.OrderFilter:
    return boards.OrderFilter(**{name: arg(name) or "" for name in ("q", "status", "kind", "customer", "due", "waits")})


@blueprint.get("/orders")
@allow(Permission.SEE_ORDERS)
def index() -> ResponseReturnValue:
    """Orders: searched, filtered, paged, exported; each with why it stands where it stands."""
    statement = boards.order_statement(_filter(), by=actor())
    if wants_export():
        ids = list(rows_of(statement, boards.SORTS, "-entered", scalars=True))
        if arg("of") == "lines":
            return export("order-lines", _LINE_COLUMNS, line_queries.lines_of(ids))
        return export("orders", _ORDER_COLUMNS, boards.exported(boards.order_rows, ids, access.language()))
    page = page_of(statement, boards.SORTS, "-entered", scalars=True, counted=COUNTED)
    page = replace(page, items=boards.order_rows([int(one) for one in page.items], access.language()))
    return render(
        "orders/index",
        page=page,
        counts=boards.counts(by=actor()),
        tones=boards.TONES,
        statuses=list(S),
        kinds=list(OrderKind),
        waits=list(boards.Waits),
        steps=[one for one in bulk.steps_of(actor()) if one is not bulk.Step.APPROVE],  # where each reason is read: among the exceptions
        most=bulk.MOST,
        narrowed={name: value for name, value in asdict(_filter()).items() if value},
    )


_ORDER_COLUMNS = [
    Column(T("Order", "订单"), lambda row: row.number),
    Column(T("Customer", "客户"), lambda row: row.customer),
    Column(T("Name", "名称"), lambda row: row.customer_name),
    Column(T("Status", "状态"), lambda row: row.status.text),
    Column(T("Kind", "类型"), lambda row: row.kind.text),
    Column(T("Priority", "优先级"), lambda row: row.priority),
    Column(T("Due", "承诺时间"), lambda row: row.due_at),
    Column(T("Lines", "行数"), lambda row: row.lines),
    Column(T("Ordered", "订购"), lambda row: row.wanted + row.cancelled),
    Column(T("Cancelled", "已取消"), lambda row: row.cancelled),
    Column(T("Done", "完成"), lambda row: row.done),
    Column(T("Entered", "录入"), lambda row: row.created_at),
    Column(T("Note", "说明"), lambda row: row.why),
]
_LINE_COLUMNS = [
    Column(T("Order", "订单"), lambda row: row.number),
    Column(T("Source", "来源"), lambda row: row.source),
    Column(T("Reference", "客户单号"), lambda row: row.reference),
    Column(T("Customer", "客户"), lambda row: row.customer),
    Column(T("Name", "名称"), lambda row: row.buyer),
    Column(T("Status", "状态"), lambda row: line_queries.words_of(row)[0]),
    Column(T("Kind", "类型"), lambda row: line_queries.words_of(row)[1]),
    Column(T("Due", "承诺时间"), lambda row: row.due_at),
    Column(T("Entered", "录入"), lambda row: row.created_at),
    Column(T("Settled", "已结算"), lambda row: row.settled_at),
    Column(T("Line", "行"), lambda row: row.line),
    Column(T("Product", "商品编码"), lambda row: row.sku),
    Column(T("Product name", "商品名称"), lambda row: row.name),
    Column(T("Lot", "批号"), lambda row: row.lot),
    Column(T("Unit", "单位"), lambda row: row.base_unit),
    Column(T("Ordered", "订购"), lambda row: row.ordered),
    Column(T("Promised", "已承诺"), lambda row: row.promised),
    Column(T("Reserved", "已占用"), lambda row: row.reserved),
    Column(T("Picked", "已拣"), lambda row: row.picked),
    Column(T("Packed", "已装箱"), lambda row: row.packed),
    Column(T("Shipped", "已发货"), lambda row: row.shipped),
    Column(T("Delivered", "已签收"), lambda row: row.delivered),
    Column(T("Returned", "已退回"), lambda row: row.returned),
    Column(T("Cancelled", "已取消"), lambda row: row.cancelled),
    Column(T("Short", "缺货"), lambda row: row.short),
]


# -- one order ---------------------------------------------------------------------------------------------------------


@blueprint.get("/orders/<path:number>")
@allow(Permission.SEE_ORDERS)
def one(number: str) -> ResponseReturnValue:
    """One order: facts, lines, holds with who can lift them, timeline, papers, and what this person may do."""
    order = operations.find(number, by=actor())
    return render(
        "orders/one",
        order=queries.shown([order], access.language())[0],
        may=_may(order, actor()),
        mergeable=reshaping.mergeable(order) if actor().may(Permission.ENTER_ORDERS) else [],
        tones=boards.TONES,
    )


def _may(order: Order, who: Actor) -> dict[str, bool]:
    """What this person may do with the order as it stands."""
    status = S(order.status)
    before_the_floor = status in (S.RECEIVED, S.HELD)
    return {
        "edit": who.may(Permission.ENTER_ORDERS) and status in (*EDITABLE, *INTERCEPTABLE),
        "split": who.may(Permission.ENTER_ORDERS) and status in EDITABLE,
        "release": who.may(Permission.RELEASE_ORDERS) and before_the_floor,
        "hold": who.may(Permission.ENTER_ORDERS) and status in (S.RECEIVED, S.HELD, S.RELEASED),
        "approve": bool(gate.liftable(order, who)) and before_the_floor,
        "explain": any(hold.code != gate.MANUAL.code for hold in gate.liftable(order, who)) and before_the_floor,
        "settle": who.may(Permission.SETTLE) and _may_be_settled(order),
        "pay_back": who.may(Permission.SETTLE) and order.owed_back_at is not None,
        "replan": who.may(Permission.PLAN_WORK) and any(line.reserved for line in order.lines),
        "cancel": who.may(Permission.ENTER_ORDERS) and status in queries.UNFINISHED,
        "sign_off": who.may(Permission.SIGN_OFF_ANY) and status not in _ALL_SIGNED and bool(signing.to_sign(order)),
        "accept": who.may(Permission.SETTLE) and status == S.DELIVERED and signing.unresolved(order),
        "close": who.may(Permission.SETTLE)
        and status == S.DELIVERED
        and (order.settled_at is not None or order.kind == OrderKind.CONSIGNMENT),
    }


_ALL_SIGNED = (S.DELIVERED, S.CLOSED)


def _may_be_settled(order: Order) -> bool:
    over = order.status in (S.DELIVERED, S.CLOSED)
    due = over or order.kind != OrderKind.INSTALMENT
    return order.settled_at is None and order.status != S.CANCELLED and order.kind != OrderKind.CONSIGNMENT and due


def _act(number: str, act: Callable[[], Any], done: Callable[[Order], tuple[str, Any]]) -> ResponseReturnValue:
    """One step with an order: what came of it is told on the order's page, a refusal too."""
    try:
        with transaction():
            tone, text = done(act())
        flash(text.say(access.language()), tone)
    except REFUSALS as refusal:
        said(refusal)
    return redirect(url_for("orders.one", number=number))


def _reason() -> str | None:
    return request.form.get("reason", "").strip()[:300] or None


@blueprint.post("/orders/<path:number>/release")
@allow(Permission.RELEASE_ORDERS)
def release(number: str) -> ResponseReturnValue:
    """Releases the order, or says what holds it."""

    def done(order: Order) -> tuple[str, Any]:
        if order.status == S.HELD:
            return "ask", T("Held at release: see why below", "放行未通过，原因见下")
        return "good", T("Released to the warehouse", "已放行，交仓库作业")

    return _act(number, lambda: operations.release(number, by=actor(), reason=_reason()), done)


@blueprint.post("/orders/release")
@allow(Permission.RELEASE_ORDERS)
def release_waiting() -> ResponseReturnValue:
    """Releases everything that waits for release, most urgent first; each order by itself."""
    received = boards.OrderFilter(status=S.RECEIVED)
    waiting = boards.most_urgent(received, by=actor(), language=access.language(), limit=200)
    released = held = 0
    who = actor()
    for row in waiting:
        try:
            with transaction():
                status = operations.release(row.number, by=who).status
        except REFUSALS:
            continue  # somebody was first
        released, held = released + (status == S.RELEASED), held + (status == S.HELD)
    flash(
        T("{released} released, {held} held", "已放行 {released} 单，暂挂 {held} 单", released=released, held=held).say(access.language()),
        "ask" if held else "good",
    )
    return redirect(url_for("orders.index", status="held") if held else url_for("orders.index"))


@blueprint.post("/orders/<path:number>/hold")
@allow(Permission.ENTER_ORDERS)
def hold(number: str) -> ResponseReturnValue:
    """Holds the order back by hand, with a reason."""
    if not _reason():
        said(signing.ReasonMissing())
        return redirect(url_for("orders.one", number=number))
    return _act(number, lambda: operations.hold(number, by=actor(), reason=_reason()), lambda _: ("ask", T("Held", "已暂挂")))


@blueprint.post("/orders/<path:number>/approve")
@allow(Permission.SEE_ORDERS)
def approve(number: str) -> ResponseReturnValue:
    """Lifts what this person may lift."""

    def done(order: Order) -> tuple[str, Any]:
        if order.status == S.HELD:
            return "ask", T("Approved; something else still holds it", "已审批，仍有其他暂挂原因")
        return "good", T("Approved; it may be released", "已审批，可以放行")

    return _act(number, lambda: operations.approve(number, by=actor(), reason=_reason(), seen=_seen()), done)


def _seen() -> dt.datetime | None:
    """The moment of the order as the page showed it; None where the form does not say."""
    try:
        return dt.datetime.fromisoformat(field("seen"))
    except ValueError:
        return None


@blueprint.post("/orders/<path:number>/settle")
@allow(Permission.SETTLE)
def settle(number: str) -> ResponseReturnValue:
    """Finance has the money."""
    done = T("{number} is settled", "{number} 已结算", number=number)
    return _back_to_list(_act(number, lambda: operations.settle(number, by=actor(), reason=_reason()), lambda _: ("good", done)))


@blueprint.post("/orders/<path:number>/pay-back")
@allow(Permission.SETTLE)
def pay_back(number: str) -> ResponseReturnValue:
    """Finance has paid back what does not go any more."""
    done = T("{number}: paid back", "{number} 已退款", number=number)
    return _back_to_list(_act(number, lambda: paying_back.pay_back(number, by=actor(), reason=_reason()), lambda _: ("good", done)))


def _back_to_list(answer: ResponseReturnValue) -> ResponseReturnValue:
    """The list in which it was done, where it was done in one."""
    back = request.form.get("back")
    return redirect(url_for("postings.index", state=back)) if back in set(Posting) else answer


@blueprint.post("/orders/<path:number>/cancel")
@allow(Permission.ENTER_ORDERS)
def cancel(number: str) -> ResponseReturnValue:
    """Cancels what has not left."""
    return _act(number, lambda: withdrawal.cancel(number, by=actor(), reason=_reason()), lambda _: ("ask", T("Cancelled", "已取消")))


@blueprint.post("/orders/<path:number>/delivery")
@allow(Permission.SIGN_OFF_ANY)
def sign_off(number: str) -> ResponseReturnValue:
    """The customer has signed, as a rule for all that was sent; a delivery's page on the phone asks for more."""
    signed_by = request.form.get("signed_by", "").strip()
    if not signed_by:
        flash(T("Enter who signed", "请填写签收人").say(access.language()), "stop")
        return redirect(url_for("orders.one", number=number))
    typed = zip(request.form.getlist("line"), request.form.getlist("delivered"), strict=False)
    lines = [{"line": line, "delivered": count.strip(), "reason": _reason()} for line, count in typed if count.strip()]
    try:
        body = SignOffIn.model_validate({"signed_by": signed_by, "lines": lines})
    except ValidationError as wrong:
        first = wrong.errors(include_url=False)[0]
        what = str(first["input"])[:40] if isinstance(first["input"], str) else ""
        flash(f"{what} {words_of(first).say(access.language())}".strip(), "stop")
        return redirect(url_for("orders.one", number=number))
    return _act(number, lambda: body.sign_off(number, by=actor()), lambda _: ("good", T("Signed for", "已签收")))


@blueprint.post("/orders/<path:number>/accept-differences")
@allow(Permission.SETTLE)
def accept_differences(number: str) -> ResponseReturnValue:
    """Finance takes what the customer did not keep as it is."""
    return _act(
        number, lambda: signing.accept(number, by=actor(), reason=_reason()), lambda _: ("good", T("Differences accepted", "差异已认可"))
    )


@blueprint.post("/orders/<path:number>/close")
@allow(Permission.SETTLE)
def close(number: str) -> ResponseReturnValue:
    """Finance closes it."""
    return _act(number, lambda: operations.close(number, by=actor(), reason=_reason()), lambda _: ("good", T("Closed", "已关闭")))


# -- entering and changing ---------------------------------------------------------------------------------------------

_ROW = ("sku", "quantity", "unit", "lot")
_SERVICE = ("code", "line", "text")
_SERVICES = "service_"
_UNSEEN = ("line", "min_remaining_days", "one_batch")


@blueprint.get("/orders/new")
@allow(Permission.ENTER_ORDERS)
def new() -> ResponseReturnValue:
    """The form for an order by hand."""
    return _order_form(typed_rows(*_ROW), {}, values={"kind": OrderKind.SHIP_FIRST.value, "priority": "5"})


def _order_form(
    rows: list[dict[str, str]], errors: dict[str, str], values: Any = None, order: Order | None = None, intent: Intent | None = None
) -> str:
    return render(
        "orders/form",
        order=order,
        on_the_floor=order is not None and order.status in INTERCEPTABLE,
        intent=intent,
        shown_otherwise=intent is not None and "shown" in request.form,
        told=timeline.changes_in_words(intent.changes, access.language()) if intent else [],
        rows=rows,
        columns=columns(*_ROW),
        hidden=_UNSEEN if order else (),
        services=_typed_services() if values is None else padded(as_typed.services(order) if order else [], *_SERVICE, least=2),
        service_columns=SERVICE_LABELS,
        service_codes=list(Service),
        errors=errors,
        values=request.form if values is None else values,
        fresh=values is not None,
        kinds=list(OrderKind),
        customers=boards.partner_choices("customer"),
        carriers=boards.partner_choices("carrier"),
        products=boards.product_choices(),
        address=ADDRESS_FIELDS,
    )


def _typed_header(*, new: bool = False) -> dict[str, Any]:
    ship_to = {name: value for name in ADDRESS_FIELDS if (value := field(f"ship_to_{name}"))}
    return {
        "priority": field("priority") or 5,
        "due_at": local_moment("due_at"),
        **{name: _yes_or_no(field(name)) if new else bool(field(name)) for name in ("ship_complete", "allow_backorder")},
        "carrier": field("carrier") or None,
        "ship_to": ship_to or None,
        "notes": field("notes") or None,
        "reference": field("reference") or None,
        "services": [{name: value for name, value in row.items() if value} for row in _typed_services() if any(row.values())],
    }


def _whom(ship_to: AddressIn | None, *customer: Any) -> AddressIn | None:
    """The address that was typed; of whom to ask for alone, at the customer's own."""
    if ship_to is None:
        return None
    own = session.execute(sa.select(Partner.address).where(*customer)).scalar() or {}
    return AddressIn(**asked_for_at(ship_to.model_dump(exclude_none=True), own))


def _yes_or_no(typed: str) -> bool | None:
    """Left open, it is as the customer wants."""
    return None if not typed else typed == "yes"


def _typed_services() -> list[dict[str, str]]:
    return typed_rows(*_SERVICE, prefix=_SERVICES, least=2)


@blueprint.post("/orders/new")
@allow(Permission.ENTER_ORDERS)
def create() -> ResponseReturnValue:
    """Takes the typed order in."""
    rows = typed_rows(*_ROW)
    if request.form.get("do") == "more":
        return _order_form(more_rows(rows), {})
    facts = {**fields("number", "customer", "kind"), "source": DESK, **_typed_header(new=True)}
    body, errors = document_of(OrderIn, facts, rows, number_free(Order))
    if body is not None:
        body = body.model_copy(update={"ship_to": _whom(body.ship_to, Partner.code_key == fold(body.customer))})
        with refused(errors, lines=rows), transaction():
            number = body.enter(by=actor()).number if first_time(by=actor()) else None
        if not errors:
            if number is None:
                return redirect(url_for("orders.index"))
            flash(T("Order {number} entered", "订单 {number} 已录入", number=number).say(access.language()), "good")
            return redirect(url_for("orders.one", number=number))
    return _order_form(rows, errors), 422


@blueprint.get("/orders/<path:number>/edit")
@allow(Permission.ENTER_ORDERS)
def edit(number: str) -> ResponseReturnValue:
    """The form for an order that has not left, as it stands."""
    order = operations.find(number, by=actor())
    if order.status not in (*EDITABLE, *INTERCEPTABLE):
        said(ChangeTooLate(number=order.number, state=S(order.status).text))
        return redirect(url_for("orders.one", number=order.number))
    rows = padded(as_typed.lines(order), *_ROW, *_UNSEEN)
    return _order_form(rows, {}, values=as_typed.header(order), order=order)


@blueprint.post("/orders/<path:number>/edit")
@allow(Permission.ENTER_ORDERS)
def change(number: str) -> ResponseReturnValue:
    """Changes the order to what was typed; of one that the warehouse works on is first shown what that means, and just that is booked."""
    rows = typed_rows(*_ROW, hidden=_UNSEEN)
    if request.form.get("do") == "more":
        return _order_form(more_rows(rows), {}, order=operations.find(number, by=actor()))
    body, errors = document_of(OrderChangeIn, {**fields("seen"), **_typed_header()}, rows)
    order = operations.find(number, by=actor())
    if body is not None:
        body = body.model_copy(update={"ship_to": _whom(body.ship_to, Partner.id == order.customer_id)})
    if body is not None and order.status in INTERCEPTABLE:
        with refused(errors, lines=rows):
            intent = body.preview(number, by=actor())
            if "shown" in request.form and not intent.changes:  # the same press twice
                return redirect(url_for("orders.one", number=number))
            if request.form.get("shown") != intent.mark:
                return _order_form(rows, {}, order=order, intent=intent)
    if body is not None and not errors:
        with refused(errors, lines=rows), transaction():
            body.edit(number, by=actor())
        if not errors:
            flash(T("Order {number} saved", "订单 {number} 已保存", number=number).say(access.language()), "good")
            return redirect(url_for("orders.one", number=number))
    return _order_form(rows, errors, order=operations.find(number, by=actor())), 422


def _to_release(who: Actor) -> int | None:
    return boards.how_many(boards.OrderFilter(status=S.RECEIVED), by=who)


panels = panels_of_orders
navigation = [
    Entry(ORDERS, T("Orders", "订单"), "orders.index", Permission.SEE_ORDERS, count=_to_release),
]
