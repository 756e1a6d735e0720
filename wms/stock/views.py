"""Stock at the desk: what lies where, the journal, and the two things done to it by hand: adjust and move."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from flask import Blueprint, current_app, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue

from wms import clock
from wms.actor import Permission
from wms.auth.current import actor
from wms.catalog.models import Product
from wms.catalog.products import NotCounted, decimals_of, find_product, typed_of
from wms.db import containing, transaction
from wms.errors import WarehouseError
from wms.i18n import T, Text, units
from wms.locations.models import Kind, Location, place_text
from wms.stock import operations, queries
from wms.stock.models import Batch, Condition, HandlingUnit, Movement, MovementKind, Stock
from wms.web.access import allow
from wms.web.api import Code, Quantity, Signed, UnitCode, Why
from wms.web.forms import Form, first_time, read, refusals
from wms.web.lists import Column, arg, export, page_of, rows_of, wants_export
from wms.web.navigation import STOCK, Entry
from wms.web.render import render, say
from wms.web.typed import field

blueprint = Blueprint("stock", __name__)
blueprint.add_app_template_filter(place_text, "place")
navigation = [
    Entry(STOCK, T("Stock", "库存"), "stock.index", Permission.SEE_STOCK),
    Entry(STOCK, T("Journal", "库存流水"), "stock.movements", Permission.SEE_STOCK),
]

KIND_WORDS = {
    MovementKind.RECEIPT: T("Receipt", "收货"),
    MovementKind.PUTAWAY: T("Putaway", "上架"),
    MovementKind.REPLENISHMENT: T("Replenishment", "补货"),
    MovementKind.PICK: T("Pick", "拣货"),
    MovementKind.PACK: T("Pack", "打包"),
    MovementKind.LOAD: T("Load", "装车"),
    MovementKind.SHIP: T("Ship", "出库"),
    MovementKind.MOVE: T("Move", "移库"),
    MovementKind.RETURN: T("Return", "退货"),
    MovementKind.PUT_BACK: T("Put back", "回库"),
    MovementKind.ADJUSTMENT: T("Adjustment", "调整"),
    MovementKind.COUNT: T("Count", "盘点"),
    MovementKind.CONDITION: T("Condition", "状态变更"),
    MovementKind.SEND_BACK: T("Sent back", "退回"),
    MovementKind.SCRAP: T("Scrap", "报废"),
    MovementKind.REVERSAL: T("Reversal", "冲销"),
}

_SORTS: dict[str, Any] = {
    "sku": (Product.sku_key, Location.code_key, Stock.id),
    "location": (Location.code_key, Product.sku_key, Stock.id),
    "on_hand": (Stock.on_hand, Stock.id),
    "reserved": (Stock.reserved, Stock.id),
    "received_on": (Batch.received_on, Stock.id),
    "expires_on": (Batch.expires_on, Stock.id),
}
_COLUMNS = [
    Column(T("Product", "商品编码"), lambda row: row.sku),
    Column(T("Name", "名称"), lambda row: name_of(row)),
    Column(T("Location", "库位"), lambda row: row.location),
    Column(T("Lot", "批号"), lambda row: row.lot_shown),
    Column(T("Received", "入库日期"), lambda row: row.received_on),
    Column(T("Expires", "到期日"), lambda row: row.expires_on),
    Column(T("Unit", "货物单元"), lambda row: row.handling_unit),
    Column(T("Condition", "状态"), lambda row: Condition(row.condition).text),
    Column(T("On hand", "在库"), lambda row: row.on_hand),
    Column(T("Reserved", "已占用"), lambda row: row.reserved),
]


def name_of(row: Any) -> Any:
    """The product's name in both languages."""
    return T(row.name_en or row.name, row.name_zh or row.name)


@blueprint.get("/stock")
@allow(Permission.SEE_STOCK)
def index() -> ResponseReturnValue:
    """What lies where."""
    condition = arg("condition") if arg("condition") in set(Condition) else None
    statement = queries.rows(by=actor(), sku=arg("sku"), location=arg("location"), condition=condition)
    if arg("q"):
        columns = (Product.sku, Product.name, Product.name_zh, Product.name_en, Location.code, Batch.lot, HandlingUnit.code)
        statement = statement.where(containing(arg("q") or "", *columns))
    if arg("kind") in set(Kind):
        statement = statement.where(Location.kind == arg("kind"))
    if wants_export():
        return export("stock", _COLUMNS, rows_of(statement, _SORTS, "sku"))
    page = page_of(statement, _SORTS, "sku")
    figures = queries.availability(find_product(arg("sku") or ""), by=actor()) if arg("sku") else None
    kinds = [kind for kind in Kind if kind is not Kind.VIRTUAL]
    return render(
        "stock/index", page=page, figures=figures, conditions=list(Condition), condition_of=Condition, kinds=kinds, name_of=name_of
    )


_MOVEMENT_SORTS: dict[str, Any] = {"at": Movement.id, "quantity": (Movement.quantity, Movement.id)}
_MOVEMENT_COLUMNS = [
    Column(T("Number", "序号"), lambda row: row.id),
    Column(T("Time", "时间"), lambda row: row.at),
    Column(T("Kind", "类型"), lambda row: KIND_WORDS[MovementKind(row.kind)]),
    Column(T("Product", "商品编码"), lambda row: row.sku),
    Column(T("Lot", "批号"), lambda row: row.lot_shown),
    Column(T("Quantity", "数量"), lambda row: row.quantity),
    Column(T("From", "来源"), lambda row: place_text(row.source)),
    Column(T("To", "去向"), lambda row: place_text(row.target)),
    Column(T("Unit", "货物单元"), lambda row: row.handling_unit),
    Column(T("Document", "单据"), lambda row: row.document),
    Column(T("Reason", "原因"), lambda row: row.reason),
    Column(T("By", "操作人"), lambda row: row.by),
    Column(T("Reverses", "冲销"), lambda row: row.reverses),
]


@blueprint.get("/movements")
@allow(Permission.SEE_STOCK)
def movements() -> ResponseReturnValue:
    """The journal, newest first."""
    kind = arg("kind") if arg("kind") in set(MovementKind) else None
    statement = queries.movements(
        by=actor(),
        sku=arg("sku"),
        location=arg("location"),
        kind=kind,
        document=arg("document"),
        since=_day("since"),
        until=_day("until", dt.timedelta(days=1)),
    )
    if arg("q"):
        statement = statement.where(containing(arg("q") or "", Product.sku, Product.name, Batch.lot, Movement.document, Movement.reason))
    if wants_export():
        return export("movements", _MOVEMENT_COLUMNS, rows_of(statement, _MOVEMENT_SORTS, "-at"))
    return render("stock/movements", page=page_of(statement, _MOVEMENT_SORTS, "-at"), words=KIND_WORDS, kind_of=MovementKind)


def _day(name: str, plus: dt.timedelta = dt.timedelta()) -> dt.datetime | None:
    """The beginning of a day that the address names; a day that is none is left out."""
    try:
        return clock.begins(dt.date.fromisoformat(request.args.get(name, "")) + plus)
    except (ValueError, OverflowError):
        return None


def typed_quantity() -> str | Text:
    """The quantity of a form that names its product, in the product's smallest unit: it is typed as it is shown. Or why it is none."""
    try:
        return typed_of(field("sku"), field("quantity"), field("unit"))
    except NotCounted as refusal:
        return refusal.said


@contextmanager
def as_shown(decimals: int, *amounts: str) -> Iterator[None]:
    """A refusal inside says how much as the pages show it, of a product with so many decimals; `amounts` are the facts that are so much
    of it (`free`, `wanted` and `quantity` are it always)."""
    try:
        yield
    except WarehouseError as refusal:
        of_it = {"free", "wanted", "quantity", *amounts} if decimals else set()
        refusal.facts |= {name: units(fact, decimals) for name, fact in refusal.facts.items() if name in of_it}
        raise


class Adjustment(Form):
    """A correction of the book."""

    sku: Code
    location: Code
    quantity: Signed
    lot: Code | None = None
    received_on: dt.date | None = None
    expires_on: dt.date | None = None
    condition: Condition = Condition.GOOD
    handling_unit: UnitCode | None = None
    reason: Why


@blueprint.get("/stock/adjust")
@allow(Permission.ADJUST_STOCK)
def adjust() -> ResponseReturnValue:
    """The form of an adjustment."""
    return render("stock/adjust", values=request.args, errors={}, conditions=list(Condition))


@blueprint.post("/stock/adjust")
@allow(Permission.ADJUST_STOCK)
def post_adjustment() -> ResponseReturnValue:
    """Corrects the book."""
    form, errors = read(Adjustment, quantity=typed_quantity())
    if form is not None:
        with refusals(errors), transaction(), as_shown(decimals_of(form.sku)):
            if first_time(by=actor()):
                done = operations.adjust(**form.model_dump(), company_prefix=current_app.config["WMS"].gs1_company_prefix, by=actor())
                amount = ("+" if done.quantity > 0 else "") + units(done.quantity, done.product.decimals)
                said = T("{sku} at {location}: {quantity} booked", "{location} 的 {sku}：已调整 {quantity}")
                flash(say(said, sku=done.product.sku, location=done.location.code, quantity=amount), "good")
        if not errors:
            return redirect(url_for("stock.index", sku=form.sku))
    return render("stock/adjust", values=request.form, errors=errors, conditions=list(Condition)), 422


class HandMove(Form):
    """Free goods from one location to another."""

    sku: Code
    quantity: Quantity
    unit: Code | None = None
    source: Code
    target: Code
    lot: Code | None = None
    handling_unit: UnitCode | None = None
    condition: Condition = Condition.GOOD
    reason: Why | None = None


@blueprint.get("/stock/move")
@allow(Permission.MOVE_STOCK)
def move() -> ResponseReturnValue:
    """The form of a move."""
    return render("stock/move", values=request.args, errors={}, conditions=list(Condition))


@blueprint.post("/stock/move")
@allow(Permission.MOVE_STOCK)
def post_move() -> ResponseReturnValue:
    """Moves free goods."""
    form, errors = read(HandMove, quantity=typed_quantity())
    if form is not None:
        with refusals(errors), transaction(), as_shown(decimals_of(form.sku)):
            if first_time(by=actor()):
                operations.move_goods(**form.model_dump(), by=actor())
                flash(say(T("{sku} moved to {target}", "{sku} 已移至 {target}"), sku=form.sku, target=form.target), "good")
        if not errors:
            return redirect(url_for("stock.index", sku=form.sku))
    return render("stock/move", values=request.form, errors=errors, conditions=list(Condition)), 422
