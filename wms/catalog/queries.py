"""Lists of products and partners for the desk."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from wms.catalog.models import ADDRESS_FIELDS, Barcode, Partner, Product
from wms.db import between, containing, fold, session
from wms.i18n import money


def products(
    q: str | None = None, tracking: str | None = None, abc: str | None = None, first: str | None = None, last: str | None = None
) -> sa.Select[Any]:
    """Products whose code, names or barcode contain the text, and whose code lies in the range."""
    statement = sa.select(Product).options(sa.orm.selectinload(Product.packagings), sa.orm.selectinload(Product.barcodes))
    if q:
        by_barcode = sa.select(Barcode.product_id).where(containing(q, Barcode.code, Barcode.code_key))
        statement = statement.where(
            sa.or_(containing(q, Product.sku, Product.name, Product.name_zh, Product.name_en), Product.id.in_(by_barcode))
        )
    if tracking:
        statement = statement.where(Product.tracking == tracking)
    if abc:
        statement = statement.where(Product.abc == abc)
    return statement.where(*between(Product.sku_key, first, last))


def partners(q: str | None = None, kind: str | None = None) -> sa.Select[Any]:
    """Partners whose code or name contains the text."""
    statement = sa.select(Partner)
    if q:
        statement = statement.where(containing(q, Partner.code, Partner.name))
    if kind:
        statement = statement.where(Partner.kind == kind)
    return statement


def partner_exists(code: str) -> bool:
    """Whether a partner has this code."""
    return bool(session.execute(sa.select(Partner.id).where(Partner.code_key == fold(code))).first())


def typed_partner(partner: Partner) -> dict[str, str]:
    """A partner as it would be typed; money in whole units."""
    names = ("credit_days", "min_remaining_days", "rotation", "bin_choice", "blocked_reason")
    plain = {name: "" if getattr(partner, name) is None else str(getattr(partner, name)) for name in names}
    for name in ("one_batch", "ship_complete", "allow_backorder", "blocked"):
        plain[name] = "1" if getattr(partner, name) else ""
    limit = "" if partner.credit_limit is None else money(partner.credit_limit).replace(",", "")
    address = {f"address_{name}": str(partner.address.get(name) or "") for name in ADDRESS_FIELDS}
    owed = {
        "balance_due": money(partner.balance_due).replace(",", ""),
        "oldest_due_on": partner.oldest_due_on.isoformat() if partner.oldest_due_on else "",
    }
    return {"kind": partner.kind, "name": partner.name, "credit_limit": limit, **owed, **plain, **address}


def typed_freshness(partner: Partner) -> list[dict[str, str]]:
    """What is agreed with a customer of single products, as it would be typed."""
    return [{"sku": one.product.sku, "min_remaining_days": str(one.min_remaining_days)} for one in partner.freshness]


def typed_product(product: Product) -> tuple[list[dict[str, str]], dict[str, str]]:
    """A product as it would be typed: a row for each packaging, and its own fields."""
    own = [barcode.code for barcode in product.barcodes if barcode.packaging_id is None]
    of_packagings = {barcode.packaging_id: barcode.code for barcode in reversed(product.barcodes)}
    sizes = ("weight_grams", "length_mm", "width_mm", "height_mm")
    rows = [
        {
            "unit": one.unit,
            "quantity": str(one.quantity),
            "barcode": of_packagings.get(one.id, ""),
            **{name: str(getattr(one, name) or "") for name in sizes},
            "ships_as_is": "true" if one.ships_as_is else "",
        }
        for one in product.packagings
    ]
    plain = (
        "name",
        "base_unit",
        "decimals",
        "tracking",
        "rotation",
        "bin_choice",
        "shelf_life_days",
        "min_receipt_days",
        "too_old",
        "abc",
        "storage_class",
        "temperature",
    )
    values = {name: "" if getattr(product, name) is None else str(getattr(product, name)) for name in plain}
    values |= {name: str(getattr(product, name) or "") for name in sizes}
    values |= {name: "true" if getattr(product, name) else "" for name in ("catch_weight", "this_way_up")}
    values["owner"] = product.owner.code if product.owner else ""
    values["unit_value"] = money(product.unit_value).replace(",", "")
    return rows, values | {"names_zh_CN": product.name_zh or "", "names_en": product.name_en or "", "barcodes": "\n".join(own)}
