"""Products with their packagings and barcodes: put in whole, found by code."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import lazyload

from wms import clock
from wms.actor import Actor
from wms.catalog.gs1 import barcode_key, mistyped_gtin
from wms.catalog.models import Barcode, BinChoice, Packaging, Partner, Product, Rotation, Temperature, TooOldRule, Tracking
from wms.db import Base, fold, session, table_of
from wms.errors import Invalid, NotFound, Refused
from wms.i18n import T


class ProductUnknown(NotFound):
    """No product has this code."""

    code = "product_unknown"
    sentence = T("There is no product {sku}", "没有此商品：{sku}")
    advice = T("Check the code, or have the product put in", "请核对编码，或先建立该商品")


class OwnerUnknown(Invalid):
    """Goods are held for somebody whom nobody put in."""

    code = "owner_unknown"
    sentence = T("There is no partner {owner} who could own it", "没有此货主：{owner}")
    advice = T("Check the code, or have the partner put in", "请核对编码，或先建立该往来单位")


class UnitUnknown(Invalid):
    """The product has no such packaging."""

    code = "unit_not_known"
    sentence = T("{sku} has no unit {unit}; it has {known}", "{sku} 没有单位 {unit}，可用单位：{known}")


class BarcodeTaken(Refused):
    """A barcode stands for one thing."""

    code = "barcode_taken"
    sentence = T("Barcode {barcode} belongs to {sku}", "条码 {barcode} 已属于 {sku}")
    advice = T("Take it from that product first, or leave it out", "请先从该商品移除，或不要填写")


class BarcodeTwice(Invalid):
    """One product names a barcode for two things."""

    code = "barcode_twice"
    sentence = T("Barcode {barcode} is given twice", "条码 {barcode} 重复")


class BarcodeMistyped(Invalid):
    """It has the digits of a GTIN, and the last one does not fit the others."""

    code = "barcode_check_digit"
    sentence = T("The check digit of barcode {barcode} is wrong", "条码 {barcode} 的校验码错误")
    advice = T(
        "Compare it with the package; a number of the house's own has another length than 8, 12, 13 or 14 digits, or a letter",
        "请与包装核对；自编条码请勿使用 8、12、13 或 14 位纯数字，或加入字母",
    )


class UnitTwice(Invalid):
    """Two packagings have one name, or a packaging is called as the base unit."""

    code = "unit_twice"
    sentence = T("Unit {unit} is given twice", "单位 {unit} 重复")


class BaseUnitInUse(Refused):
    """Every quantity kept of the product is a number of its base unit."""

    code = "base_unit_in_use"
    sentence = T("{sku} is counted in {unit} already and cannot become {wanted}", "{sku} 已按 {unit} 记数，不能改为 {wanted}")
    advice = T("Give the new unit as a packaging, or enter a new product", "请将新单位作为包装录入，或另建商品")


_COUNTED_IN = ("batches", "order_lines", "inbound_lines")
"""Tables of rooms above this one, named as foreign keys are: stock and movements are of a batch, and all three find a product by index."""


@dataclass(frozen=True)
class PackagingFacts:
    """A packaging as it is put in."""

    unit: str
    quantity: int
    barcode: str | None = None
    weight_grams: int = 0
    length_mm: int = 0
    width_mm: int = 0
    height_mm: int = 0
    ships_as_is: bool = False


def put_product(
    sku: str,
    *,
    name: str,
    name_zh: str | None = None,
    name_en: str | None = None,
    base_unit: str = "piece",
    decimals: int = 0,
    tracking: Tracking = Tracking.NONE,
    rotation: Rotation | None = None,
    bin_choice: BinChoice | None = None,
    shelf_life_days: int | None = None,
    min_receipt_days: int | None = None,
    too_old: TooOldRule = TooOldRule.REFUSE,
    catch_weight: bool = False,
    weight_grams: int = 0,
    length_mm: int = 0,
    width_mm: int = 0,
    height_mm: int = 0,
    abc: str | None = None,
    unit_value: int | None = None,
    storage_class: str | None = None,
    temperature: Temperature | None = None,
    owner: str | None = None,
    barcodes: Sequence[str] = (),
    packagings: Sequence[PackagingFacts] = (),
) -> tuple[Product, bool]:
    """Creates or wholly replaces a product; tells whether it is new. Without a rotation, expiry leaves by expiry, the rest by age.
    `owner` is the code of the partner whose goods they are; without one they are the house's own.

    Raises BarcodeTaken, BarcodeTwice, BarcodeMistyped, UnitTwice, BaseUnitInUse, OwnerUnknown.
    """
    owner_id = _owner_id(owner)
    wanted = _wanted_barcodes(barcodes, packagings)
    _units_must_differ(base_unit, packagings)
    product = _by_sku(sku)
    new = product is None
    if product is None:
        product = Product(sku=sku.strip(), name=name)
        session.add(product)
    elif fold(product.base_unit) != fold(base_unit) and _is_counted(product.id):
        raise BaseUnitInUse(sku=product.sku, unit=product.base_unit, wanted=base_unit)
    product.name, product.name_zh, product.name_en = name, name_zh or None, name_en or None
    product.base_unit, product.decimals = base_unit, decimals
    product.tracking = tracking.value
    product.rotation = (rotation or (Rotation.FEFO if tracking is Tracking.EXPIRY else Rotation.FIFO)).value
    product.bin_choice = bin_choice and bin_choice.value
    product.shelf_life_days = shelf_life_days
    product.min_receipt_days, product.too_old = min_receipt_days, too_old.value
    product.weight_grams, product.catch_weight = weight_grams, catch_weight
    product.length_mm, product.width_mm, product.height_mm = length_mm, width_mm, height_mm
    product.abc, product.storage_class, product.owner_id = abc or None, storage_class or None, owner_id
    product.temperature = temperature.value if temperature else None
    product.unit_value = unit_value
    product.updated_at = clock.now()
    session.flush()  # packagings and barcodes name it by its id
    _barcodes_must_be_free(product.id, wanted)
    units = _put_packagings(product.id, packagings)
    _put_barcodes(product.id, wanted, units)
    session.expire(product, ["packagings", "barcodes", "owner"])
    return product, new


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


def _owner_id(code: str | None) -> int | None:
    if not code:
        return None
    found = session.execute(sa.select(Partner.id).where(Partner.code_key == fold(code))).scalar_one_or_none()
    if found is None:
        raise OwnerUnknown(owner=code, pointer="/owner")
    return found


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
    for start in range(0, len(keys), 500):
        rows = session.execute(sa.select(Product).where(Product.sku_key.in_(keys[start : start + 500]))).scalars()
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


def _by_sku(sku: str) -> Product | None:
    """Packagings and barcodes are read when somebody asks for them: most do not."""
    wanted = sa.select(Product).options(lazyload(Product.packagings), lazyload(Product.barcodes))
    return session.execute(wanted.where(Product.sku_key == fold(sku))).scalar_one_or_none()


def _is_counted(product_id: int) -> bool:
    """Whether any stock, movement, order or inbound order keeps a quantity of the product."""
    tables = [Base.metadata.tables[name] for name in _COUNTED_IN]
    kept = [sa.exists().where(table.c.product_id == product_id) for table in tables]
    return bool(session.execute(sa.select(sa.or_(*kept))).scalar_one())


def _wanted_barcodes(barcodes: Sequence[str], packagings: Sequence[PackagingFacts]) -> dict[str, tuple[str, str | None]]:
    """Key → (as given, the folded unit of the packaging it stands for). Raises BarcodeMistyped, BarcodeTwice."""
    wanted: dict[str, tuple[str, str | None]] = {}
    given = [(f"/barcodes/{place}", code, None) for place, code in enumerate(barcodes)]
    of_packagings = [(f"/packagings/{place}/barcode", one.barcode, fold(one.unit)) for place, one in enumerate(packagings) if one.barcode]
    for pointer, code, unit in [*given, *of_packagings]:
        if mistyped_gtin(code.strip()):
            raise BarcodeMistyped(barcode=code, pointer=pointer)
        key = barcode_key(code)
        if key in wanted and wanted[key][1] != unit:
            raise BarcodeTwice(barcode=code, pointer=pointer)
        wanted[key] = (code.strip(), unit)
    return wanted


def _units_must_differ(base_unit: str, packagings: Sequence[PackagingFacts]) -> None:
    seen = {fold(base_unit)}
    for place, one in enumerate(packagings):
        if fold(one.unit) in seen:
            raise UnitTwice(unit=one.unit, pointer=f"/packagings/{place}/unit")
        seen.add(fold(one.unit))


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


def _put_packagings(product_id: int, packagings: Sequence[PackagingFacts]) -> dict[str, int]:
    """Makes the product's packagings these; returns their ids by folded unit. One that stays keeps its id."""
    table = table_of(Packaging)
    known = {
        fold(unit): row_id
        for row_id, unit in session.execute(sa.select(table.c.id, table.c.unit).where(table.c.product_id == product_id)).all()
    }
    gone = [row_id for unit, row_id in known.items() if unit not in {fold(one.unit) for one in packagings}]
    if gone:
        session.execute(sa.update(table_of(Barcode)).where(Barcode.packaging_id.in_(gone)).values(packaging_id=None))
        session.execute(sa.delete(table).where(table.c.id.in_(gone)))
    ids = {}
    for one in packagings:
        facts = {
            "unit": one.unit,
            "quantity": one.quantity,
            "weight_grams": one.weight_grams,
            "length_mm": one.length_mm,
            "width_mm": one.width_mm,
            "height_mm": one.height_mm,
            "ships_as_is": one.ships_as_is,
        }
        row_id = known.get(fold(one.unit))
        if row_id is None:
            statement = sa.insert(table).values(product_id=product_id, **facts).returning(table.c.id)
            row_id = session.execute(statement).scalar_one()
        else:
            session.execute(sa.update(table).where(table.c.id == row_id).values(**facts))
        ids[fold(one.unit)] = row_id
    return ids


def _put_barcodes(product_id: int, wanted: dict[str, tuple[str, str | None]], units: dict[str, int]) -> None:
    table = table_of(Barcode)
    known = set(session.execute(sa.select(table.c.code_key).where(table.c.product_id == product_id)).scalars())
    if known - wanted.keys():
        gone = sa.and_(table.c.product_id == product_id, table.c.code_key.in_(list(known - wanted.keys())))
        session.execute(sa.delete(table).where(gone))
    for key, (code, unit) in wanted.items():
        facts = {"code": code, "packaging_id": units[unit] if unit else None}
        if key in known:
            session.execute(sa.update(table).where(table.c.code_key == key).values(**facts))
        else:
            session.execute(sa.insert(table).values(product_id=product_id, code_key=key, **facts))
