"""Lists of products and partners for the desk."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from wms.catalog.models import Barcode, Partner, Product
from wms.db import containing


def products(q: str | None = None, tracking: str | None = None, abc: str | None = None) -> sa.Select[Any]:
    """Products whose code, names or barcode contain the text."""
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
    return statement


def partners(q: str | None = None, kind: str | None = None) -> sa.Select[Any]:
    """Partners whose code or name contains the text."""
    statement = sa.select(Partner)
    if q:
        statement = statement.where(containing(q, Partner.code, Partner.name))
    if kind:
        statement = statement.where(Partner.kind == kind)
    return statement
