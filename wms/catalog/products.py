"""Products with their packagings and barcodes: put in whole, found by code."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import lazyload

from wms import clock
from wms.actor import Actor
from wms.catalog.gs1 import barcode_key, mistyped_gtin
from wms.catalog.models import Barcode, Packaging, Product
from wms.catalog.putting import BarcodeMistyped, BarcodeTaken, ProductFacts, Put, put_products
from wms.db import few, fold, session
from wms.errors import Invalid, NotFound, WarehouseError
from wms.i18n import T, counted


class ProductUnknown(NotFound):
    """No product has this code."""

    code = "product_unknown"
    sentence = T("There is no product {sku}", "没有此商品：{sku}")
    advice = T("Check the code, or have the product put in", "请核对编码，或先建立该商品")


class UnitUnknown(Invalid):
    """The product has no such packaging."""

    code = "unit_not_known"
    sentence = T("{sku} has no unit {unit}; it has {known}", "{sku} 没有单位 {unit}，可用单位：{known}")


class NotCounted(Invalid):
    """What was typed is no quantity of a product that has decimals."""

    code = "not_counted"
    sentence = T("“{typed}” is no quantity with at most {decimals} decimals", "“{typed}” 不是有效数量，最多 {decimals} 位小数")


def put_product(sku: str, **facts: Any) -> tuple[Product, bool]:
    """Creates or wholly replaces a product by its facts (see `ProductFacts`); tells whether it is new. What has not changed is not written.

    Raises BarcodeTaken, BarcodeTwice, BarcodeMistyped, UnitTwice, BaseUnitInUse, OwnerUnknown.
    """
    return put_facts(ProductFacts(sku, **facts))


def put_facts(facts: ProductFacts) -> tuple[Product, bool]:
    """Creates or wholly replaces one product. Raises as `put_product`."""
    session.flush()  # what was changed before through objects is compared too
    (done,) = put_products([facts])
    if isinstance(done, WarehouseError):
        raise done
    product = _by_sku(facts.sku, fresh=done is not Put.UNCHANGED)
    assert product is not None
    session.expire(product, ["packagings", "barcodes", "owner"])
    return product, done is Put.CREATED


def measure(product: Product, *, grams: int, length_mm: int, width_mm: int, height_mm: int) -> None:
    """One piece was weighed and measured: grams and millimetres."""
    product.weight_grams, product.length_mm, product.width_mm, product.height_mm = grams, length_mm, width_mm, height_mm
    product.updated_at = clock.now()
    session.flush()


def must_be_new_barcode(code: str) -> None:
    """Refuses a code that stands for something already, and a GTIN that was misread. Raises BarcodeTaken, BarcodeMistyped."""
    if mistyped_gtin(code.strip()):
        raise BarcodeMistyped(barcode=code)
    _barcodes_must_be_free(0, {barcode_key(code): (code, None)})


def link_barcode(product: Product, code: str, unit: str, *, by: Actor) -> Barcode:
    """From now on the code stands for one `unit` of the product (its base unit, or one of its packagings).

    Raises BarcodeTaken, BarcodeMistyped, UnitUnknown.
    """
    in_base_units(product, 1, unit)
    must_be_new_barcode(code)
    packaging = next((one for one in product.packagings if fold(one.unit) == fold(unit)), None)
    barcode = Barcode(
        code=code.strip(),
        code_key=barcode_key(code),
        product_id=product.id,
        packaging_id=packaging.id if packaging else None,
        linked_by_id=by.id,
        linked_at=clock.now(),
    )
    session.add(barcode)
    product.updated_at = clock.now()
    session.flush()  # the next scan finds it
    session.expire(product, ["packagings", "barcodes"])
    return barcode


def find_product(sku: str) -> Product:
    """The product with this code; raises ProductUnknown."""
    product = _by_sku(sku)
    if product is None:
        raise ProductUnknown(sku=sku)
    return product


def find_products(skus: Iterable[str]) -> dict[str, Product]:
    """Products by their folded code, in one statement; a code that is unknown is simply not there."""
    keys = sorted({fold(sku) for sku in skus})
    found: dict[str, Product] = {}
    for some in few(keys):
        rows = session.execute(sa.select(Product).where(Product.sku_key.in_(some))).scalars()
        found.update({product.sku_key: product for product in rows})
    return found


def behind_barcodes(codes: Iterable[str]) -> dict[str, tuple[str, str | None]]:
    """Of these codes, those that are no product's own but a barcode: the product's code and the unit of the packaging that carries it."""
    given = set(codes)
    own = find_products(given)
    keys = {code: barcode_key(code) for code in given if fold(code) not in own}
    rows = session.execute(
        sa.select(Barcode.code_key, Product.sku, Packaging.unit)
        .join(Product, Product.id == Barcode.product_id)
        .outerjoin(Packaging, Packaging.id == Barcode.packaging_id)
        .where(Barcode.code_key.in_(sorted(set(keys.values()))))
    ).all()
    found = {row.code_key: (row.sku, row.unit) for row in rows}
    return {code: found[key] for code, key in keys.items() if key in found}


def in_base_units(product: Product, quantity: int, unit: str | None) -> int:
    """A quantity of a packaging in the base unit; raises UnitUnknown."""
    if unit is None or fold(unit) == fold(product.base_unit):
        return quantity
    for packaging in product.packagings:
        if fold(packaging.unit) == fold(unit):
            return quantity * packaging.quantity
    known = ", ".join([product.base_unit, *(packaging.unit for packaging in product.packagings)])
    raise UnitUnknown(sku=product.sku, unit=unit, known=known, pointer="/unit")


def in_smallest(product: Product | None, typed: str, unit: str | None = None) -> str:
    """A quantity as people typed it, in the product's smallest unit: 1.25 of what is shown in kilograms is 1250.

    Of a packaging, of what nobody knows or has no decimals, and where nothing was typed, it stays as it was typed. Raises NotCounted.
    """
    if not typed or product is None or not product.decimals or fold(unit or product.base_unit) != fold(product.base_unit):
        return typed
    less = "-" if typed.startswith("-") else ""
    pieces = counted(typed.removeprefix("-"), product.decimals)
    if pieces is None:
        raise NotCounted(pointer="/quantity", typed=typed[:20], decimals=product.decimals)
    return f"{less}{pieces}"


def typed_of(sku: str, typed: str, unit: str | None = None) -> str:
    """The same of the product with this code. Raises NotCounted."""
    return in_smallest(_by_sku(sku), typed, unit)


def decimals_of(sku: str) -> int:
    """Those of the product with this code; none where nobody knows it."""
    product = _by_sku(sku)
    return product.decimals if product else 0


def _by_sku(sku: str, *, fresh: bool = False) -> Product | None:
    """Packagings and barcodes are read when somebody asks for them: most do not. `fresh` reads again what is in memory."""
    wanted = sa.select(Product).options(lazyload(Product.packagings), lazyload(Product.barcodes)).where(Product.sku_key == fold(sku))
    return session.execute(wanted, execution_options={"populate_existing": True} if fresh else {}).scalar_one_or_none()


def _barcodes_must_be_free(product_id: int, wanted: dict[str, tuple[str, str | None]]) -> None:
    if not wanted:
        return
    taken = session.execute(
        sa.select(Barcode.code, Product.sku)
        .join(Product, Product.id == Barcode.product_id)
        .where(Barcode.code_key.in_(list(wanted)), Barcode.product_id != product_id)
        .limit(1)
    ).one_or_none()
    if taken is not None:
        raise BarcodeTaken(barcode=taken.code, sku=taken.sku)
