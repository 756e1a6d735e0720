"""Products put in many at a time: read in a few statements, compared, and only what is different is written.

An ERP sends everything every night; what has not changed since costs a look and no more.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa

from wms import clock
from wms.catalog.gs1 import barcode_key, mistyped_gtin
from wms.catalog.models import Barcode, BinChoice, Packaging, Partner, Product, Rotation, Temperature, TooOldRule, Tracking
from wms.db import Base, among, few, fold, insert_rows, must_fit, session, table_of
from wms.errors import Invalid, Refused, WarehouseError
from wms.i18n import T, Worded

AT_ONCE = 500
_P, _K, _B = table_of(Product), table_of(Packaging), table_of(Barcode)


class Put(Worded):
    """What putting something in came to."""

    CREATED = "created", T("New", "新建")
    CHANGED = "changed", T("Changed", "已修改")
    UNCHANGED = "unchanged", T("As it was", "无变化")


class OwnerUnknown(Invalid):
    """Goods are held for somebody whom nobody put in."""

    code = "owner_unknown"
    sentence = T("There is no partner {owner} who could own it", "没有此货主：{owner}")
    advice = T("Check the code, or have the partner put in", "请核对编码，或先建立该往来单位")


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

    @property
    def row(self) -> dict[str, Any]:
        """What its row says."""
        return {name: getattr(self, name) for name in _PACKAGING}


_PACKAGING = ("unit", "quantity", "weight_grams", "length_mm", "width_mm", "height_mm", "ships_as_is")


@dataclass(frozen=True)
class ProductFacts:
    """A product as it is put in: whole. Without a rotation, expiry leaves by expiry, the rest by age."""

    sku: str
    name: str
    name_zh: str | None = None
    name_en: str | None = None
    base_unit: str = "piece"
    decimals: int = 0
    tracking: Tracking = Tracking.NONE
    rotation: Rotation | None = None
    bin_choice: BinChoice | None = None
    shelf_life_days: int | None = None
    min_receipt_days: int | None = None
    too_old: TooOldRule = TooOldRule.REFUSE
    catch_weight: bool = False
    weight_grams: int = 0
    length_mm: int = 0
    width_mm: int = 0
    height_mm: int = 0
    this_way_up: bool = False
    abc: str | None = None
    unit_value: int | None = None
    storage_class: str | None = None
    temperature: Temperature | None = None
    owner: str | None = None
    barcodes: Sequence[str] = ()
    packagings: Sequence[PackagingFacts] = ()

    def row(self, owner_id: int | None) -> dict[str, Any]:
        """What its row says, but for its code and its time."""
        return {
            "name": self.name,
            "name_zh": self.name_zh or None,
            "name_en": self.name_en or None,
            "base_unit": self.base_unit,
            "decimals": self.decimals,
            "tracking": self.tracking.value,
            "rotation": (self.rotation or (Rotation.FEFO if self.tracking is Tracking.EXPIRY else Rotation.FIFO)).value,
            "bin_choice": self.bin_choice and self.bin_choice.value,
            "catch_weight": self.catch_weight,
            "shelf_life_days": self.shelf_life_days,
            "min_receipt_days": self.min_receipt_days,
            "too_old": self.too_old.value,
            "weight_grams": self.weight_grams,
            "length_mm": self.length_mm,
            "width_mm": self.width_mm,
            "height_mm": self.height_mm,
            "this_way_up": self.this_way_up,
            "abc": self.abc or None,
            "unit_value": self.unit_value,
            "storage_class": self.storage_class or None,
            "temperature": self.temperature.value if self.temperature else None,
            "owner_id": owner_id,
        }


def put_products(wanted: Sequence[ProductFacts]) -> list[Put | WarehouseError]:
    """Creates or wholly replaces products, in their sequence; of each what it came to, or why it was refused. No code may be there twice.

    Refusals: BarcodeTaken, BarcodeTwice, BarcodeMistyped, UnitTwice, BaseUnitInUse, OwnerUnknown, TooLong.
    """
    done: list[Put | WarehouseError] = []
    for some in few(wanted, AT_ONCE):
        done += _Round(some).put()
    return done


@dataclass
class _Known:
    """A product as it is."""

    row: Any
    packagings: dict[str, Any] = field(default_factory=dict)
    barcodes: dict[str, Any] = field(default_factory=dict)


class _Round:
    """A handful of products: looked up together, compared one by one, written together."""

    def __init__(self, wanted: Sequence[ProductFacts]) -> None:
        self.wanted = wanted
        self.known = self._known()
        self.owners = _ids(Partner.code_key, Partner.id, (fold(one.owner) for one in wanted if one.owner))
        named = (barcode_key(code) for one in wanted for code, _ in _codes(one))
        rows = sa.select(_B.c.code_key, _B.c.code, _P.c.sku_key, _P.c.sku).join(_P, _P.c.id == _B.c.product_id)
        held = _matching(rows, _B.c.code_key, named)
        self.holder = {row.code_key: (row.sku_key, row.sku, row.code) for row in held}
        self.moment = clock.now()
        self.new: list[dict[str, Any]] = []
        self.changed: list[dict[str, Any]] = []
        self.fresh: list[tuple[str, ProductFacts, dict[str, tuple[str, str | None]]]] = []
        self.parts: list[tuple[_Known, ProductFacts, dict[str, tuple[str, str | None]]]] = []

    def _known(self) -> dict[str, _Known]:
        rows = _matching(sa.select(_P), _P.c.sku_key, (fold(one.sku) for one in self.wanted))
        found = {row.sku_key: _Known(row) for row in rows}
        by_id = {one.row.id: one for one in found.values()}
        for row in session.execute(sa.select(_K).where(among(_K.c.product_id, list(by_id)))):
            by_id[row.product_id].packagings[fold(row.unit)] = row
        for row in session.execute(sa.select(_B).where(among(_B.c.product_id, list(by_id)))):
            by_id[row.product_id].barcodes[row.code_key] = row
        return found

    def put(self) -> list[Put | WarehouseError]:
        """What each came to; what is different is written."""
        done: list[Put | WarehouseError] = []
        for one in self.wanted:
            try:
                done.append(self._compare(one))
            except WarehouseError as refusal:
                done.append(refusal)
        self._write()
        return done

    def _compare(self, one: ProductFacts) -> Put:
        if one.owner and fold(one.owner) not in self.owners:
            raise OwnerUnknown(owner=one.owner, pointer="/owner")
        codes = wanted_barcodes(one)
        _units_must_differ(one)
        key = fold(one.sku)
        for code in codes:
            holder = self.holder.get(code)
            if holder and holder[0] != key:
                raise BarcodeTaken(barcode=holder[2], sku=holder[1])
        known = self.known.get(key)
        row = one.row(self.owners[fold(one.owner)] if one.owner else None)
        must_fit(_P, {"sku": one.sku.strip(), "sku_key": key, **row})
        for part in one.packagings:
            must_fit(_K, part.row)
        for code, (given, _) in codes.items():
            must_fit(_B, {"code": given, "code_key": code})
        if known is None:
            self._take(key, one.sku.strip(), codes)
            self.new.append({"sku": one.sku.strip(), "sku_key": key, "updated_at": self.moment, **row})
            self.fresh.append((key, one, codes))
            return Put.CREATED
        if fold(known.row.base_unit) != fold(one.base_unit) and _is_counted(known.row.id):
            raise BaseUnitInUse(sku=known.row.sku, unit=known.row.base_unit, wanted=one.base_unit)
        same_row = all(getattr(known.row, name) == value for name, value in row.items())
        if same_row and _same_parts(known, one, codes):
            return Put.UNCHANGED
        for code in known.barcodes.keys() - codes.keys():
            self.holder.pop(code, None)
        self._take(key, known.row.sku, codes)
        self.changed.append({"b_id": known.row.id, "updated_at": self.moment, **row})
        self.parts.append((known, one, codes))
        return Put.CHANGED

    def _take(self, key: str, sku: str, codes: Mapping[str, tuple[str, str | None]]) -> None:
        self.holder.update({code: (key, sku, given) for code, (given, _) in codes.items()})

    def _write(self) -> None:
        if self.changed:
            columns: dict[str, Any] = {name: sa.bindparam(name) for name in self.changed[0] if name != "b_id"}
            session.connection().execute(sa.update(_P).where(_P.c.id == sa.bindparam("b_id")).values(columns), self.changed)
        if self.new:
            insert_rows(_P, self.new)
            ids = _ids(_P.c.sku_key, _P.c.id, (key for key, _, _ in self.fresh))
            self.parts += [(_Known(_New(ids[key])), one, codes) for key, one, codes in self.fresh]
        gone = [row.id for known, _, codes in self.parts for code, row in known.barcodes.items() if code not in codes]
        if gone:
            session.execute(sa.delete(_B).where(among(_B.c.id, gone)))
        units = self._write_packagings()
        self._write_barcodes(units)

    def _write_packagings(self) -> dict[tuple[int, str], int]:
        """The packagings' ids by product and folded unit. One that stays keeps its id."""
        new, changed, gone = [], [], []
        for known, one, _ in self.parts:
            kept = {fold(part.unit) for part in one.packagings}
            gone += [row.id for unit, row in known.packagings.items() if unit not in kept]
            for part in one.packagings:
                before = known.packagings.get(fold(part.unit))
                if before is None:
                    new.append({"product_id": known.row.id, **part.row})
                elif not _same_packaging(before, part):
                    changed.append({"b_id": before.id, **part.row})
        if new:  # before others go: SQLite would give their numbers again, and a barcode seem to stand for its new packaging already
            insert_rows(_K, new)
        if gone:
            session.execute(sa.update(_B).where(among(_B.c.packaging_id, gone)).values(packaging_id=None))
            session.execute(sa.delete(_K).where(among(_K.c.id, gone)))
        if changed:
            columns: dict[str, Any] = {name: sa.bindparam(name) for name in _PACKAGING}
            session.connection().execute(sa.update(_K).where(_K.c.id == sa.bindparam("b_id")).values(columns), changed)
        products = [known.row.id for known, one, _ in self.parts if one.packagings]
        rows = session.execute(sa.select(_K.c.id, _K.c.product_id, _K.c.unit).where(among(_K.c.product_id, products)))
        return {(row.product_id, fold(row.unit)): row.id for row in rows}

    def _write_barcodes(self, units: Mapping[tuple[int, str], int]) -> None:
        new, changed = [], []
        for known, _, codes in self.parts:
            for key, (code, unit) in codes.items():
                packaging = units[known.row.id, unit] if unit else None
                before = known.barcodes.get(key)
                if before is None:
                    new.append({"product_id": known.row.id, "code_key": key, "code": code, "packaging_id": packaging})
                elif (before.code, before.packaging_id) != (code, packaging):
                    changed.append({"b_id": before.id, "code": code, "packaging_id": packaging})
        if changed:
            values: dict[str, Any] = {name: sa.bindparam(name) for name in ("code", "packaging_id")}
            session.connection().execute(sa.update(_B).where(_B.c.id == sa.bindparam("b_id")).values(values), changed)
        if new:
            insert_rows(_B, new)


@dataclass(frozen=True)
class _New:
    """The row of a product that was just written."""

    id: int


def _same_parts(known: _Known, one: ProductFacts, codes: Mapping[str, tuple[str, str | None]]) -> bool:
    if known.packagings.keys() != {fold(part.unit) for part in one.packagings}:
        return False
    if not all(_same_packaging(known.packagings[fold(part.unit)], part) for part in one.packagings):
        return False
    units = {row.id: unit for unit, row in known.packagings.items()}
    return {key: (row.code, units.get(row.packaging_id)) for key, row in known.barcodes.items()} == dict(codes)


def _same_packaging(row: Any, part: PackagingFacts) -> bool:
    return all(getattr(row, name) == value for name, value in part.row.items())


def _codes(one: ProductFacts) -> Iterator[tuple[str, tuple[str, str | None]]]:
    """Every barcode as given, with its pointer and the folded unit of the packaging it stands for."""
    for place, code in enumerate(one.barcodes):
        yield code, (f"/barcodes/{place}", None)
    for place, part in enumerate(one.packagings):
        if part.barcode:
            yield part.barcode, (f"/packagings/{place}/barcode", fold(part.unit))


def wanted_barcodes(one: ProductFacts) -> dict[str, tuple[str, str | None]]:
    """Key → (as given, the folded unit of the packaging it stands for). Raises BarcodeMistyped, BarcodeTwice."""
    wanted: dict[str, tuple[str, str | None]] = {}
    for code, (pointer, unit) in _codes(one):
        if mistyped_gtin(code.strip()):
            raise BarcodeMistyped(barcode=code, pointer=pointer)
        key = barcode_key(code)
        if key in wanted and wanted[key][1] != unit:
            raise BarcodeTwice(barcode=code, pointer=pointer)
        wanted[key] = (code.strip(), unit)
    return wanted


def _units_must_differ(one: ProductFacts) -> None:
    seen = {fold(one.base_unit)}
    for place, part in enumerate(one.packagings):
        if fold(part.unit) in seen:
            raise UnitTwice(unit=part.unit, pointer=f"/packagings/{place}/unit")
        seen.add(fold(part.unit))


def _is_counted(product_id: int) -> bool:
    """Whether any stock, movement, order or inbound order keeps a quantity of the product."""
    tables = [Base.metadata.tables[name] for name in _COUNTED_IN]
    kept = [sa.exists().where(table.c.product_id == product_id) for table in tables]
    return bool(session.execute(sa.select(sa.or_(*kept))).scalar_one())


def _matching(statement: sa.Select[Any], column: Any, keys: Iterable[str]) -> list[Any]:
    found: list[Any] = []
    for some in few(sorted(set(keys)), AT_ONCE):
        found += session.execute(statement.where(column.in_(some))).all()
    return found


def _ids(key: Any, row_id: Any, keys: Iterable[str]) -> dict[str, int]:
    return {row[0]: row[1] for row in _matching(sa.select(key, row_id), key, keys)}
