"""Products and partners at the desk: lists with search, filter and export, and one product with its packagings and stock."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from flask import Blueprint, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue

from wms.actor import Permission
from wms.auth.current import actor
from wms.catalog import products, putting, queries
from wms.catalog.api import PartnerIn, ProductIn, TermsIn
from wms.catalog.documents import label_of
from wms.catalog.models import ADDRESS_FIELDS, BinChoice, Partner, PartnerKind, Product, Rotation, Temperature, TooOldRule, Tracking
from wms.catalog.partners import find_partner
from wms.catalog.units import in_unit, known_units, shown_in
from wms.db import session, transaction
from wms.errors import Refused
from wms.i18n import T
from wms.printing.views import MOST_LABELS, choice, many
from wms.web import access
from wms.web.access import allow
from wms.web.api import Code
from wms.web.lists import Column, arg, export, page_of, rows_of, wants_export
from wms.web.navigation import HOUSE, Entry
from wms.web.render import render
from wms.web.typed import Row, amounts, body_of, field, fields, hundredths, more_rows, padded, refused, typed_rows, unchanged

blueprint = Blueprint("catalog", __name__)


@blueprint.app_template_filter("unit")
def unit_word(code: str | None, quantity: int = 1, decimals: int = 0) -> str:
    """A unit's code as the reader's word, behind a quantity where one is given: 1 pair, 4 pairs; 1.25 kg of what is counted in grams."""
    return in_unit(quantity, shown_in(code or "", decimals)).say(access.language())


navigation = [
    Entry(HOUSE, T("Products", "商品"), "catalog.index", Permission.SEE_STOCK),
    Entry(HOUSE, T("Partners", "往来单位"), "catalog.partners", Permission.SEE_ORDERS),
]

_SORTS: dict[str, Any] = {"sku": Product.sku_key, "name": Product.name, "abc": Product.abc, "updated": Product.updated_at}
_COLUMNS = [
    Column(T("Product", "商品编码"), lambda one: one.sku),
    Column(T("Name", "名称"), lambda one: one.text),
    Column(T("Unit", "单位"), lambda one: one.base_unit),
    Column(T("Tracking", "追踪"), lambda one: Tracking(one.tracking).text),
    Column(T("Rotation", "出库顺序"), lambda one: Rotation(one.rotation).text),
    Column(T("Class", "ABC 分类"), lambda one: one.abc),
    Column(T("Weight, g", "重量（克）"), lambda one: one.weight_grams),
    Column(T("Barcodes", "条码"), lambda one: " ".join(barcode.code for barcode in one.barcodes)),
]


@blueprint.get("/products")
@allow(Permission.SEE_STOCK)
def index() -> ResponseReturnValue:
    """The products."""
    statement = queries.products(arg("q"), arg("tracking"), arg("abc"))
    if wants_export():
        return export("products", _COLUMNS, rows_of(statement, _SORTS, "sku", scalars=True))
    page = page_of(statement, _SORTS, "sku", scalars=True)
    return render("catalog/products", page=page, tracking=Tracking, rotation=Rotation)


@blueprint.get("/products/<path:sku>")
@allow(Permission.SEE_STOCK)
def product(sku: str) -> ResponseReturnValue:
    """One product: what it is, how it is packed, and where it lies."""
    found = products.find_product(sku)
    return render(
        "catalog/product",
        product=found,
        tracking=Tracking(found.tracking).text,
        rotation=Rotation(found.rotation).text,
        bin_choice=BinChoice(found.bin_choice).text if found.bin_choice else None,
        temperature=Temperature(found.temperature).text if found.temperature else None,
        stock_href=url_for("stock.index", sku=found.sku),
        movements_href=url_for("stock.movements", sku=found.sku),
    )


# -- labels ------------------------------------------------------------------------------------------------------------


def _chosen() -> sa.Select[Any]:
    return queries.products(arg("q"), arg("tracking"), arg("abc"), arg("first"), arg("last"))


@blueprint.get("/labels/products")
@allow(Permission.SEE_STOCK)
def labels() -> ResponseReturnValue:
    """Which products to print labels for: a range of codes, a class, what a search finds."""
    files = choice(_chosen(), Product.sku_key, Product.sku, "catalog.label_file", "q", "tracking", "abc", "first", "last")
    return render("catalog/labels", **files)


@blueprint.get("/labels/products.<any(pdf, a4, zpl):form>")
@allow(Permission.SEE_STOCK)
def label_file(form: str) -> ResponseReturnValue:
    """The labels of all these products in one file."""
    found = session.execute(_chosen().order_by(Product.sku_key).limit(MOST_LABELS + 1)).scalars()
    return many([label_of(one) for one in found], form, "products")


# -- entering and changing ---------------------------------------------------------------------------------------------

_ROW = ("unit", "quantity", "barcode", "weight_grams", "length_mm", "width_mm", "height_mm", "ships_as_is")
_LABELS = {
    "unit": T("Unit", "单位"),
    "quantity": T("Pieces", "数量"),
    "barcode": T("Barcode", "条码"),
    "weight_grams": T("Weight, g", "重量（克）"),
    "length_mm": T("Length, mm", "长（毫米）"),
    "width_mm": T("Width, mm", "宽（毫米）"),
    "height_mm": T("Height, mm", "高（毫米）"),
    "ships_as_is": T("Ships as it is", "原箱发运"),
}
_PLAIN = (
    *("name", "base_unit", "decimals", "tracking", "rotation", "bin_choice", "shelf_life_days", "min_receipt_days", "too_old"),
    *("weight_grams", "length_mm", "width_mm", "height_mm", "abc", "storage_class", "temperature", "owner"),
)


class NewProduct(ProductIn):
    """A product with its code, as the form for a new one has it."""

    sku: Code


class SkuTaken(Refused):
    """A new product has a new code."""

    code = "sku_taken"
    pointer = "/sku"
    sentence = T("There is a product {sku} already", "商品 {sku} 已存在")
    advice = T("Give another code, or edit the one that is there", "请换一个编码，或修改已有商品")


@blueprint.get("/products/new")
@allow(Permission.MASTER_DATA)
def new_product() -> ResponseReturnValue:
    """The form for a product."""
    values = {"base_unit": "piece", "tracking": Tracking.NONE.value, "decimals": "0", "too_old": TooOldRule.REFUSE.value}
    return _product_form(typed_rows(*_ROW, prefix="packaging_", least=3), {}, values)


def _product_form(rows: list[Row], errors: dict[str, str], values: Any = None, found: Product | None = None) -> str:
    amounts(errors, "unit_value")
    return render(
        "catalog/product_form",
        product=found,
        rows=rows,
        columns=_LABELS,
        errors=errors,
        values=request.form if values is None else values,
        fresh=values is not None,
        tracking=Tracking,
        rotation=Rotation,
        bin_choices=BinChoice,
        too_old=TooOldRule,
        temperatures=Temperature,
        units=known_units(),
    )


def _typed_product() -> dict[str, Any]:
    names = {key: typed for key in ("zh_CN", "en") if (typed := field(f"names_{key}"))}
    abc = field("abc").upper()
    value = hundredths("unit_value")
    return {
        **fields("sku", *_PLAIN),
        **({} if value is None else {"unit_value": value}),
        **({"abc": abc} if abc else {}),
        "names": names,
        **{name: bool(field(name)) for name in ("catch_weight", "this_way_up")},
        "barcodes": field("barcodes").split(),
    }


@blueprint.post("/products/new")
@allow(Permission.MASTER_DATA)
def create_product() -> ResponseReturnValue:
    """Puts the typed product in."""
    rows = typed_rows(*_ROW, prefix="packaging_", least=3)
    if field("do") == "more":
        return _product_form(more_rows(rows), {})
    body, errors = body_of(NewProduct, _typed_product(), labels=_LABELS, packagings=rows)
    if body is not None:
        with refused(errors, _ABOUT, packagings=rows), transaction():
            if products.find_products([body.sku]):
                raise SkuTaken(sku=body.sku)
            body.put(body.sku)
        if not errors:
            return _saved(body.sku)
    return _product_form(rows, errors), 422


@blueprint.get("/products/<path:sku>/edit")
@allow(Permission.MASTER_DATA)
def edit_product(sku: str) -> ResponseReturnValue:
    """The form for a product as it stands."""
    found = products.find_product(sku)
    rows, values = queries.typed_product(found)
    return _product_form(padded(rows, *_ROW, least=3), {}, values, found)


@blueprint.post("/products/<path:sku>/edit")
@allow(Permission.MASTER_DATA)
def change_product(sku: str) -> ResponseReturnValue:
    """Makes the product what was typed."""
    rows = typed_rows(*_ROW, prefix="packaging_", least=3)
    if field("do") == "more":
        return _product_form(more_rows(rows), {}, found=products.find_product(sku))
    body, errors = body_of(ProductIn, _typed_product(), labels=_LABELS, packagings=rows)
    if body is not None:
        with refused(errors, _ABOUT, packagings=rows), transaction():
            found = products.find_product(sku)
            unchanged(found.sku, found.updated_at)
            body.put(found.sku)
        if not errors:
            return _saved(sku)
    return _product_form(rows, errors, found=products.find_product(sku)), 422


_ABOUT = {putting.BarcodeTaken: "barcodes", putting.BaseUnitInUse: "base_unit"}


def _saved(sku: str) -> ResponseReturnValue:
    flash(T("Product {sku} saved", "商品 {sku} 已保存", sku=sku).say(access.language()), "good")
    return redirect(url_for("catalog.product", sku=sku))


# -- partners ----------------------------------------------------------------------------------------------------------

_PARTNER_SORTS: dict[str, Any] = {"code": Partner.code_key, "name": Partner.name, "kind": Partner.kind, "balance": Partner.balance_due}
_PARTNER_COLUMNS = [
    Column(T("Code", "编码"), lambda one: one.code),
    Column(T("Name", "名称"), lambda one: one.name),
    Column(T("Kind", "类型"), lambda one: PartnerKind(one.kind).text),
    Column(T("City", "城市"), lambda one: one.address.get("city")),
    Column(T("Credit limit", "信誉额度"), lambda one: one.credit_limit),
    Column(T("Credit days", "信誉天数"), lambda one: one.credit_days),
    Column(T("Balance due", "应收余额"), lambda one: one.balance_due),
]


@blueprint.get("/partners")
@allow(Permission.SEE_ORDERS)
def partners() -> ResponseReturnValue:
    """Customers, suppliers and carriers."""
    statement = queries.partners(arg("q"), arg("kind"))
    if wants_export():
        return export("partners", _PARTNER_COLUMNS, rows_of(statement, _PARTNER_SORTS, "code", scalars=True))
    return render("catalog/partners", page=page_of(statement, _PARTNER_SORTS, "code", scalars=True), kinds=PartnerKind)


class PartnerTaken(Refused):
    """A new partner has a new code."""

    code = "partner_taken"
    pointer = "/code"
    sentence = T("There is a partner {partner} already", "往来单位 {partner} 已存在")
    advice = SkuTaken.advice


class NewPartner(PartnerIn):
    """A partner with its code."""

    code: Code


_ADDRESS = tuple(f"address_{name}" for name in ADDRESS_FIELDS)
_FRESH = {"sku": T("Product", "商品编码"), "min_remaining_days": T("Remaining days", "剩余效期（天）")}
_TERMS = ("credit_days", "min_remaining_days", "rotation", "bin_choice", "blocked_reason")
_YES_NO = ("one_batch", "ship_complete", "allow_backorder", "blocked")


@blueprint.get("/partners/new")
@allow(Permission.MASTER_DATA)
def new_partner() -> ResponseReturnValue:
    """The form for a partner."""
    return _partner_form({}, {"kind": arg("kind") or PartnerKind.SUPPLIER.value})


@blueprint.post("/partners/new")
@allow(Permission.MASTER_DATA)
def create_partner() -> ResponseReturnValue:
    """Puts the typed partner in."""
    rows = _typed_freshness()
    body, errors = body_of(NewPartner, {**fields("code", "kind"), **_typed_partner()}, labels=_FRESH, freshness=rows)
    if body is not None:
        with refused(errors, freshness=rows), transaction():
            if queries.partner_exists(body.code):
                raise PartnerTaken(partner=body.code)
            body.put(body.code, by=actor())
        if not errors:
            return _partner_saved(body.code)
    return _partner_form(errors), 422


@blueprint.get("/partners/<path:code>/edit")
@allow(Permission.MASTER_DATA)
def edit_partner(code: str) -> ResponseReturnValue:
    """The form for a partner as it stands."""
    found = find_partner(code)
    return _partner_form({}, queries.typed_partner(found), found, padded(queries.typed_freshness(found), *_FRESH, least=2))


@blueprint.post("/partners/<path:code>/edit")
@allow(Permission.MASTER_DATA)
def change_partner(code: str) -> ResponseReturnValue:
    """Makes the partner what was typed. What finance keeps about it, its balance, stays, and so does its kind."""
    found = find_partner(code)
    kept = {"kind": found.kind, "balance_due": found.balance_due, "oldest_due_on": found.oldest_due_on}
    rows = _typed_freshness()
    body, errors = body_of(PartnerIn, {**kept, **_typed_partner()}, labels=_FRESH, freshness=rows)
    if body is not None:
        with refused(errors, freshness=rows), transaction():
            now = find_partner(code)
            unchanged(now.code, now.updated_at)
            body.put(now.code, by=actor())
        if not errors:
            return _partner_saved(found.code)
    return _partner_form(errors, found=find_partner(code), rows=rows), 422


@blueprint.post("/partners/<path:code>/terms")
@allow(Permission.SETTLE)
def set_terms(code: str) -> ResponseReturnValue:
    """Finance decides about credit and block of a customer, on the customer's own page."""
    found = find_partner(code)
    limit, owed = hundredths("credit_limit"), hundredths("balance_due")
    typed = {**fields("credit_days", "blocked_reason"), "blocked": bool(field("blocked"))}
    owes = {"balance_due": owed or 0, "oldest_due_on": field("oldest_due_on") or None}
    body, errors = body_of(TermsIn, {**typed, **owes, **({} if limit is None else {"credit_limit": limit})})
    if body is not None:
        with refused(errors), transaction():
            now = find_partner(code)
            unchanged(now.name, now.updated_at)
            body.put(now.code)
        if not errors:
            said = T(
                "Credit, balance and block of {name} are saved; held orders were checked again",
                "{name} 的信誉、应收余额与冻结已保存，暂挂订单已重新检查",
                name=found.name,
            )
            flash(said.say(access.language()), "good")
            return redirect(url_for("catalog.partner", code=found.code))
    return _partner_page(find_partner(code), errors, request.form), 422


def _typed_partner() -> dict[str, Any]:
    address = {name: typed for name in ADDRESS_FIELDS if (typed := field(f"address_{name}"))}
    limit = hundredths("credit_limit")
    terms = {**fields("name", *_TERMS), **{name: bool(field(name)) for name in _YES_NO}}
    return {**terms, "address": address or None, **({} if limit is None else {"credit_limit": limit})}


def _typed_freshness() -> list[Row]:
    return typed_rows(*_FRESH, prefix="fresh_", least=2)


def _partner_form(errors: dict[str, str], values: Any = None, found: Partner | None = None, rows: list[Row] | None = None) -> str:
    amounts(errors, "credit_limit")
    return render(
        "catalog/partner_form",
        partner=found,
        errors=errors,
        values=request.form if values is None else values,
        fresh=values is not None,
        kinds=PartnerKind,
        rows=_typed_freshness() if rows is None else rows,
        columns=_FRESH,
        rotation=Rotation,
        bin_choices=BinChoice,
        address=ADDRESS_FIELDS,
    )


def _partner_saved(code: str) -> ResponseReturnValue:
    flash(T("Partner {partner} saved", "往来单位 {partner} 已保存", partner=code).say(access.language()), "good")
    return redirect(url_for("catalog.partner", code=code))


@blueprint.get("/partners/<path:code>")
@allow(Permission.SEE_ORDERS)
def partner(code: str) -> ResponseReturnValue:
    """One partner."""
    return _partner_page(find_partner(code), {}, None)


def _partner_page(found: Partner, errors: dict[str, str], typed: Any) -> str:
    amounts(errors, "credit_limit", "balance_due")
    return render(
        "catalog/partner",
        partner=found,
        errors=errors,
        values=queries.typed_partner(found) if typed is None else typed,
        kind=PartnerKind(found.kind).text,
        rotation=Rotation(found.rotation).text if found.rotation else None,
        bin_choice=BinChoice(found.bin_choice).text if found.bin_choice else None,
    )
