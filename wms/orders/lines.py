"""Reading what a new document says: its number, its partners, its lines with their products and units."""

from __future__ import annotations

import datetime as dt
import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from wms.actor import Actor
from wms.catalog.models import Partner, PartnerKind, Product
from wms.db import fold, session
from wms.errors import Invalid, Refused
from wms.i18n import T
from wms.numbers import document_number
from wms.stock.ledger import LARGEST


class NumberTaken(Refused):
    """Another document of this kind has the number."""

    code = "number_taken"
    pointer = "/number"
    sentence = T("Number {number} is taken", "单号 {number} 已被使用")
    advice = T("Give another number, or look at the one that is there", "请换一个单号，或查看已有单据")


class PartnerUnknown(Invalid):
    """No such partner, or it is of another kind."""

    code = "partner_unknown"
    sentence = T("There is no {kind} {code}", "没有此{kind}：{code}")
    advice = T("Check the code, or put the partner in first", "请核对代码，或先建立档案")


class SkuUnknown(Invalid):
    """No such product."""

    code = "sku_unknown"
    sentence = T("There is no product {sku}", "没有此商品：{sku}")
    advice = T("Check the SKU, or put the product in first", "请核对商品编码，或先建立商品")


class UnitOfMeasureUnknown(Invalid):
    """The product has no such packaging."""

    code = "unit_not_known"
    sentence = T("{sku} has no unit {unit}; it has: {units}", "{sku} 没有单位 {unit}；可用：{units}")


class QuantityTooLarge(Invalid):
    """More pieces than any order can mean."""

    code = "quantity_wrong"
    sentence = T("{quantity} {sku} are more than can be ordered", "{sku} 数量 {quantity} 超出上限")


class LineUnknown(Invalid):
    """The order has no such line."""

    code = "line_unknown"
    sentence = T("Order {number} has no line {line}", "订单 {number} 没有第 {line} 行")


class LineTwice(Invalid):
    """Two lines of one document have the same number."""

    code = "line_twice"
    sentence = T("Line {line} is there twice", "行号 {line} 重复")


class NoLines(Invalid):
    """A document without lines."""

    code = "no_lines"
    sentence = T("There is no line in it", "没有任何明细行")


_PARTNER_WORDS = {
    PartnerKind.CUSTOMER: T("customer", "客户"),
    PartnerKind.SUPPLIER: T("supplier", "供应商"),
    PartnerKind.CARRIER: T("carrier", "承运商"),
}


@dataclass(frozen=True)
class NewLine:
    """One line as it is asked for. `quantity` counts `unit`s, or base units where none is named; without `line` it is numbered."""

    sku: str
    quantity: int
    line: str | None = None
    unit: str | None = None
    lot: str | None = None
    min_remaining_days: int | None = None
    one_batch: bool | None = None
    expires_on: dt.date | None = None
    certificate: str | None = None


@dataclass(frozen=True)
class ReadLine:
    """A line whose product is known and whose quantity is in base units."""

    line: str
    product: Product
    quantity: int
    asked: NewLine


def free_number(model: type[Any], number: str | None, prefix: str, *, by: Actor) -> str:
    """The number given, when no other document of the kind has it at this site, or the next of the house's own series."""
    if not number or not number.strip():
        return document_number(prefix, model.number_key, model.site_id == by.site_id)
    number = number.strip()
    taken = session.execute(sa.select(model.id).where(model.site_id == by.site_id, model.number_key == fold(number))).scalar_one_or_none()
    if taken is not None:
        raise NumberTaken(number=number)
    return number


def write_down(document: Any) -> None:
    """Writes a new document with its lines. Raises NumberTaken when somebody gave its number at the same moment."""
    try:
        with session.begin_nested():
            session.add(document)
    except IntegrityError as error:
        if "number_key" not in str(error.orig):
            raise
        raise NumberTaken(number=document.number) from error


def find_partner(code: str, kind: PartnerKind | None, pointer: str) -> Partner:
    """The partner with this code, of this kind where one is asked for; raises PartnerUnknown."""
    found = session.execute(sa.select(Partner).where(Partner.code_key == fold(code))).scalar_one_or_none()
    if found is None or (kind is not None and found.kind != kind):
        raise no_partner(code, kind, pointer)
    return found


def no_partner(code: str, kind: PartnerKind | None, pointer: str) -> PartnerUnknown:
    """What is said when there is no such partner."""
    return PartnerUnknown(pointer=pointer, code=code, kind=_PARTNER_WORDS[kind] if kind else T("partner", "往来单位"))


def read_lines(lines: Sequence[NewLine], products: Mapping[str, Product] | None = None) -> list[ReadLine]:
    """The lines with their products found and their quantities in base units; raises about the first that is wrong, by its pointer.

    Who reads many documents gives their `products` by folded code.
    """
    if not lines:
        raise NoLines(pointer="/lines")
    if products is None:
        products = {
            product.sku_key: product
            for product in session.execute(sa.select(Product).where(Product.sku_key.in_({fold(line.sku) for line in lines}))).scalars()
        }
    read: list[ReadLine] = []
    seen: set[str] = set()
    for index, (name, line) in enumerate(zip(names_of(lines), lines, strict=True)):
        pointer = f"/lines/{index}"
        if name in seen:
            raise LineTwice(pointer=f"{pointer}/line", line=name)
        seen.add(name)
        product = products.get(fold(line.sku))
        if product is None:
            raise SkuUnknown(pointer=f"{pointer}/sku", sku=line.sku)
        quantity = line.quantity * unit_size(product, line.unit, f"{pointer}/unit")
        if not 0 < quantity <= LARGEST:
            raise QuantityTooLarge(pointer=f"{pointer}/quantity", quantity=quantity, sku=product.sku)
        read.append(ReadLine(name, product, quantity, line))
    return read


def names_of(lines: Sequence[NewLine]) -> Iterator[str]:
    """The name of each line: its own, or its place, or where another line has that for a name, the next number that none has."""
    given = {line.line.strip() for line in lines if line.line and line.line.strip()}
    free = (str(number) for number in itertools.count(len(lines) + 1) if str(number) not in given)
    for place, line in enumerate(lines, 1):
        yield (line.line or "").strip() or (str(place) if str(place) not in given else next(free))


def unit_size(product: Product, unit: str | None, pointer: str) -> int:
    """How many pieces one of this unit is; raises UnitOfMeasureUnknown."""
    if not unit or fold(unit) == fold(product.base_unit):
        return 1
    for packaging in product.packagings:
        if fold(packaging.unit) == fold(unit):
            return packaging.quantity
    units = ", ".join([product.base_unit, *(packaging.unit for packaging in product.packagings)])
    raise UnitOfMeasureUnknown(pointer=pointer, sku=product.sku, unit=unit, units=units)
