"""From the text a scanner sends to the one thing it can mean at this step. Only the kinds that the step accepts are looked up.

This is the only module of the scan room that knows the tables of goods and places; it reads them and nothing else.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import sqlalchemy as sa
from sqlalchemy import bindparam
from sqlalchemy.orm import lazyload

from wms.actor import Actor
from wms.auth.models import Person
from wms.catalog import gs1
from wms.catalog.gs1 import GS, Gs1, shown
from wms.catalog.models import Barcode, Packaging, Product
from wms.catalog.units import unit_text, words_for
from wms.db import fold, session
from wms.errors import Invalid, Refused, WarehouseError
from wms.i18n import T, Text
from wms.locations.models import Kind as LocationKind
from wms.locations.models import Location
from wms.scan.flow import Documents, Flow, Kind, Notes, Scan, Step, WrongProduct, must_be, noted
from wms.stock.models import HandlingUnit, UnitKind

LONGEST = 400
LONGEST_LOT = 80
LONGEST_NUMBER = 40
LARGEST_WEIGHT = 10**8  # grams: a hundred tonnes
_AIM = re.compile(r"\][A-Za-z][0-9A-Za-z]")
_NUMBER = re.compile(r"[0-9]{1,6}")
_NUMBERISH = re.compile(r"[+\-−]?[0-9][0-9.,\s]*")
_PART = re.compile(r"(?<![0-9])([0-9]{1,6})(?![0-9])\s*([^\W\d_]*)")
_MIX = re.compile(rf"[+＋]?\s*{_PART.pattern}(?:[\s,，+＋]*{_PART.pattern})*")
_GRAMS = re.compile(r"[0-9]{1,9}")
_WEIGHT = re.compile(r"([0-9]{1,9})(?:[.,]([0-9]{1,3}))?\s*(kg|g|公斤|千克|克)", re.IGNORECASE)
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_DATEISH = re.compile(r"[0-9]{1,4}[-./][0-9]{1,2}[-./][0-9]{1,4}|[0-9]{6}|[0-9]{8}")
_LABELLED = (
    *(Kind.HANDLING_UNIT, Kind.PRODUCT, Kind.LOT, Kind.SERIAL, Kind.EXPIRY, Kind.QUANTITY, Kind.WEIGHT),
    Kind.DOCUMENT,
)


class ScanEmpty(Invalid):
    """Nothing was scanned."""

    code = "scan_empty"
    sentence = T("Nothing was scanned", "没有扫到内容")


class ScanTooLong(Invalid):
    """No barcode is that long."""

    code = "scan_too_long"
    sentence = T("{length} characters are no barcode: {scanned}", "内容过长（{length} 个字符），不是条码：{scanned}")


class ScanUnreadable(Invalid):
    """Control characters, which no barcode of ours holds."""

    code = "scan_unreadable"
    sentence = T("The scan holds characters that cannot be read: {scanned}", "扫描内容含无法识别的字符：{scanned}")
    advice = T("Scan it again", "请重新扫描")


class NotRecognised(Refused):
    """It is none of the things that may be scanned here."""

    code = "not_recognised"
    sentence = T("{scanned} is not known here", "此处无法识别 {scanned}")


class LocationUnknown(NotRecognised):
    """No such location."""

    code = "location_unknown"
    sentence = T("{scanned} is not a location", "{scanned} 不是库位")


class ProductUnknown(NotRecognised):
    """No such product."""

    code = "product_unknown"
    sentence = T("{scanned} is not a product", "{scanned} 不是商品")


class ScanUnitUnknown(NotRecognised):
    """No such handling unit."""

    code = "unit_unknown"
    sentence = T("{scanned} is not a pallet, carton or tote", "{scanned} 不是托盘、箱或周转箱")


class DocumentUnknown(NotRecognised):
    """No document of this step has that number."""

    code = "document_unknown"
    sentence = T("There is no document {scanned} for this work", "本作业没有单据 {scanned}")


class ScanPersonUnknown(NotRecognised):
    """Nobody's badge."""

    code = "person_unknown"
    sentence = T("{scanned} is not a badge", "{scanned} 不是工牌")


class ReasonUnknown(NotRecognised):
    """Not one of the reasons offered."""

    code = "reason_unknown"
    sentence = T("{scanned} is not one of the choices", "{scanned} 不是可选项")
    advice = T("Choose one of those shown", "请从屏幕上的选项中选择")


class ScanQuantityWrong(NotRecognised):
    """Not a whole number of up to six digits."""

    code = "quantity_wrong"
    sentence = T("{scanned} is not a quantity", "{scanned} 不是有效数量")
    advice = T("Type a whole number of up to six digits", "请输入最多六位的整数")


class AsksQuantity(NotRecognised):
    """A barcode of something else where pieces are counted."""

    code = "asks_quantity"
    sentence = T("That is {what}; this asks how many", "这是{what}，此处要填数量")
    advice = T("{how}", "{how}")


class UnitNotKnown(NotRecognised):
    """A quantity by packaging with a word that is no packaging of the product."""

    code = "unit_not_known"
    sentence = T("{scanned}: one of these units is not known here", "{scanned}：含未知的包装单位")
    advice = T("Known are: {units}", "可用单位：{units}")


class DateWrong(NotRecognised):
    """Not a day of the calendar."""

    code = "date_wrong"
    sentence = T("{scanned} is not a date", "{scanned} 不是有效日期")
    advice = T("Type it as 2027-03-31", "请按 2027-03-31 的格式输入")


class WeightWrong(NotRecognised):
    """Not a weight in grams."""

    code = "weight_wrong"
    sentence = T("{scanned} is not a weight", "{scanned} 不是有效重量")
    advice = T("Type whole grams (1250), or the unit with it: 1.25 kg", "请输入整数克数（1250），或带单位（1.25 kg）")


_KNOWN_ELSEWHERE = T("{scanned} is {kind}, which is not asked for here", "{scanned} 是{kind}，此处不扫描")
_NOWHERE = T("There is no {scanned}", "系统中没有 {scanned}")
_OTHER_WORK = T("{scanned} is a document of other work", "{scanned} 是其他作业的单据")
_OTHER_PAPER = T(
    "{scanned} is another paper; you work on {document}: finish it, or choose Leave this work",
    "{scanned} 是其他单据，当前作业是 {document}：请先完成，或点“离开作业”",
)
_OPEN_HERE = T("{scanned} is what you are working on", "{scanned} 就是当前单据")


class LabelLacks(Refused):
    """A GS1 label, but without what is asked for."""

    code = "label_lacks"
    sentence = T("The label carries no {kinds}", "标签上没有{kinds}")
    advice = T("Scan or type the {kinds} itself", "请单独扫描或输入{kinds}")


class WrongKind(Refused):
    """A product's barcode where its lot or serial number is asked for."""

    code = "wrong_kind"
    sentence = T("{scanned} is a product barcode, not a {kind}", "{scanned} 是商品条码，不是{kind}")
    advice = T("Scan or type the {kind}", "请扫描或输入{kind}")


class Ambiguous(Refused):
    """The text fits two of the kinds that are accepted here."""

    code = "ambiguous"
    sentence = T("{scanned} is a {one} and a {other}", "{scanned} 既是{one}又是{other}")
    advice = T("Scan the narrower thing: the label on the {narrow}", "请扫描更具体的标签：{narrow}")


_UNKNOWN: dict[Kind, type[WarehouseError]] = {
    Kind.LOCATION: LocationUnknown,
    Kind.PRODUCT: ProductUnknown,
    Kind.HANDLING_UNIT: ScanUnitUnknown,
    Kind.DOCUMENT: DocumentUnknown,
    Kind.PERSON: ScanPersonUnknown,
    Kind.REASON: ReasonUnknown,
    Kind.QUANTITY: ScanQuantityWrong,
    Kind.EXPIRY: DateWrong,
    Kind.WEIGHT: WeightWrong,
}
_UNIT_WORDS = {UnitKind.PALLET: T("a pallet", "托盘"), UnitKind.CARTON: T("a carton", "纸箱"), UnitKind.TOTE: T("a tote", "周转箱")}
# Looked up one after the other; where two fit, the later one is the narrower thing.
_LOOKED_UP = (Kind.DOCUMENT, Kind.LOCATION, Kind.PRODUCT, Kind.PERSON, Kind.HANDLING_UNIT)


@dataclass(frozen=True)
class Meant:
    """Who scanned what, for which intention, at which step."""

    text: str
    by: Actor
    key: str
    again: bool
    step: Step
    notes: Notes
    document: str | None = None  # what the screen is headed with
    papers: tuple[Documents, ...] = ()  # what the other steps of the flow know of documents
    papers_elsewhere: tuple[Documents, ...] = ()  # what all flows know of them

    def scan(self, kind: Kind, value: str, **more: Any) -> Scan:
        """A Scan of this kind."""
        return Scan(kind, value, self.text, self.by, self.key, again=self.again, **more)


def finders(flows: Iterable[Flow]) -> tuple[Documents, ...]:
    """What these flows know of documents."""
    return tuple(dict.fromkeys(one.documents for flow in flows for one in flow.steps.values() if one.documents))


def cleaned(text: str) -> str:
    """The text without the blanks and line ends that scanners add. Raises ScanEmpty, ScanTooLong, ScanUnreadable."""
    text = text.strip(" \t\r\n\u3000")
    if not text:
        raise ScanEmpty
    if len(text) > LONGEST:
        raise ScanTooLong(length=len(text), scanned=shown(text))
    if any(not one.isprintable() and one != GS for one in text):
        raise ScanUnreadable(scanned=shown(text))
    return text


def kept(text: str) -> str:
    """The text as it can be logged: no longer than a barcode, without control characters."""
    return "".join(one if one.isprintable() else "␝" if one == GS else "·" for one in text[:LONGEST])


def command(text: str) -> str | None:
    """SHORT for CMD:SHORT; None for what is no command."""
    return text[4:].strip().upper() if text[:4].upper() == "CMD:" else None


def recognise(meant: Meant) -> Scan:
    """The one thing the text means at its step. Raises Invalid, NotRecognised, Ambiguous, WrongProduct, WrongLocation, …"""
    step = meant.step
    if step.known:
        expected = noted(step.expected, meant.notes)
        if expected not in (None, "") and fold(str(expected)) == fold(_bare(meant.text)):
            return meant.scan(step.accepts[0], str(expected))
    scan = _typed(meant) or _labelled(meant) or _looked_up(meant) or _free(meant)
    if scan is None:
        raise _unknown(meant)
    _check(scan, step, meant.notes)
    return scan


def part(meant: Meant, kind: Kind, label: Gs1, *, each: int, product_is_known: bool) -> Scan | None:
    """What a label that was just scanned says about the next step; None when it says nothing of this kind."""
    if kind is Kind.QUANTITY:
        return None if label.count is None else meant.scan(kind, str(label.count * each), quantity=label.count * each, gs1=label)
    scan = _from_label(meant, kind, label)
    if scan is not None:
        _check(scan, meant.step if not product_is_known or kind is Kind.PRODUCT else replace(meant.step, product=None), meant.notes)
    return scan


def listed(kinds: Iterable[Kind]) -> Text:
    """Kinds in words: location, product."""
    words = [kind.text for kind in kinds]
    return T(", ".join(one.en for one in words), "、".join(one.zh for one in words))


def reasons_of(step: Step, notes: Notes) -> Mapping[str, Text]:
    """The reasons this step offers."""
    if step.reasons is None:
        return {}
    return step.reasons(notes) if callable(step.reasons) else step.reasons


# -- by form ------------------------------------------------------------------------------------------------------------


def _typed(meant: Meant) -> Scan | None:
    """What its form alone decides: a reason, a number, a date."""
    step, text = meant.step, meant.text
    if Kind.REASON in step.accepts:
        wanted = fold(text.removeprefix("REASON:"))
        for code in reasons_of(step, meant.notes):
            if fold(code) == wanted:
                return meant.scan(Kind.REASON, code)
    if Kind.QUANTITY in step.accepts and _NUMBER.fullmatch(text):
        return meant.scan(Kind.QUANTITY, str(int(text)), quantity=int(text))
    if Kind.QUANTITY in step.accepts and _MIX.fullmatch(text) and (mixed := _by_packaging(meant)) is not None:
        return mixed
    if Kind.EXPIRY in step.accepts and _DATE.fullmatch(text):
        day = _date(text)
        return meant.scan(Kind.EXPIRY, day.isoformat(), date=day)
    if Kind.WEIGHT in step.accepts and _GRAMS.fullmatch(text) and 0 < int(text) <= LARGEST_WEIGHT:
        return meant.scan(Kind.WEIGHT, str(int(text)), quantity=int(text))
    if Kind.WEIGHT in step.accepts and (grams := _grams(text)) is not None:
        return meant.scan(Kind.WEIGHT, str(grams), quantity=grams)
    return None


def _grams(text: str) -> int | None:
    """Grams of `1.25 kg`, `800 g`; None for what is no weight with its unit, and for parts of a gram."""
    said = _WEIGHT.fullmatch(text)
    if said is None:
        return None
    whole, parts, unit = said.groups()
    if unit.lower() in ("g", "克"):
        return None if parts else _possible(int(whole))
    return _possible(int(whole) * 1000 + int((parts or "").ljust(3, "0")))


def _possible(grams: int) -> int | None:
    return grams if 0 < grams <= LARGEST_WEIGHT else None


def _by_packaging(meant: Meant) -> Scan | None:
    """A quantity by packaging, "2 pallets + 3 cases + 4", which sets the total, or "+1 case", which adds to it. None where a word is no
    unit of the product in hand."""
    product = _in_hand(meant)
    if product is None:
        return None
    sizes = {"": 1}
    for unit, size in _units(product):
        sizes |= dict.fromkeys(words_for(unit), size)
    parts = [(int(many), word.strip().casefold()) for many, word in _PART.findall(meant.text)]
    if any(word not in sizes for _, word in parts):
        return None
    total = sum(many * sizes[word] for many, word in parts)
    if meant.text[0] in "+＋":
        return meant.scan(Kind.PRODUCT, product.sku, quantity=total, found=product)
    return meant.scan(Kind.QUANTITY, str(total), quantity=total)


def _in_hand(meant: Meant) -> Product | None:
    product_id = noted(meant.step.product, meant.notes)
    return session.get(Product, product_id) if product_id else None


def _units(product: Product) -> list[tuple[str, int]]:
    """The base unit and the packagings, with their pieces."""
    return [(product.base_unit, 1), *((one.unit, one.quantity) for one in product.packagings)]


def _date(text: str) -> dt.date:
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        raise DateWrong(scanned=text) from None


def _free(meant: Meant) -> Scan | None:
    """A lot or serial number is whatever is printed there, but not a product's barcode."""
    step, text = meant.step, _bare(meant.text)
    kind = next((kind for kind in (Kind.SERIAL, Kind.LOT) if kind in step.accepts), None)
    if kind is None or not text or len(text) > LONGEST_LOT or GS in text:
        return None
    if gs1.gtin14(text) and _product(text):
        raise WrongKind(scanned=text, kind=kind.text)
    if Kind.EXPIRY in step.accepts and _DATEISH.fullmatch(text):
        raise DateWrong(scanned=text)
    return meant.scan(kind, text)


# -- by label -----------------------------------------------------------------------------------------------------------


def _labelled(meant: Meant) -> Scan | None:
    """What a GS1 label says that this step accepts."""
    wanted = [kind for kind in _LABELLED if kind in meant.step.accepts]
    if not wanted:
        return None
    label = gs1.read(meant.text)
    if label is None:
        return None
    for kind in wanted:
        scan = _from_label(meant, kind, label)
        if scan is not None:
            return scan
    if Kind.QUANTITY in wanted:
        return None  # said in the words of a count
    if Kind.HANDLING_UNIT in wanted and label.sscc:
        raise ScanUnitUnknown(scanned=label.sscc)
    if Kind.PRODUCT in wanted and label.trade_item:
        raise ProductUnknown(scanned=label.trade_item)
    raise LabelLacks(kinds=listed(wanted))


def _from_label(meant: Meant, kind: Kind, label: Gs1) -> Scan | None:
    if kind is Kind.PRODUCT and label.trade_item:
        return _product_scan(meant, _product(label.trade_item), label)
    if kind is Kind.HANDLING_UNIT and label.sscc:
        return _unit_scan(meant, label.sscc, label)
    if kind is Kind.LOT and label.lot:
        return meant.scan(kind, label.lot, gs1=label)
    if kind is Kind.SERIAL and label.serial:
        return meant.scan(kind, label.serial, gs1=label)
    if kind is Kind.EXPIRY and label.last_day:
        return meant.scan(kind, label.last_day.isoformat(), date=label.last_day, gs1=label)
    if kind is Kind.WEIGHT and label.net_weight_grams:
        return meant.scan(kind, str(label.net_weight_grams), quantity=label.net_weight_grams, gs1=label)
    if kind is Kind.DOCUMENT and label.order_number and meant.step.documents:
        found = meant.step.documents(label.order_number, meant.by)
        return None if found is None else _document_scan(meant, label.order_number, found)
    if kind is Kind.QUANTITY and label.count:
        each = _product(label.trade_item)[0][2] if label.trade_item and _product(label.trade_item) else 1
        return meant.scan(kind, str(label.count * each), quantity=label.count * each, gs1=label)
    return None


# -- by look-up ---------------------------------------------------------------------------------------------------------


def _looked_up(meant: Meant) -> Scan | None:
    text = _bare(meant.text)
    found: list[Scan] = []
    for kind in _LOOKED_UP:
        if kind in meant.step.accepts:
            scan = _look(meant, kind, text)
            if scan is not None:
                found.append(scan)
    if len(found) > 1:
        one, other = found[-2:]
        raise Ambiguous(scanned=shown(text), one=one.kind.text, other=other.kind.text, narrow=other.kind.text)
    if found:
        return found[0]
    if meant.step.new_units and len(text) <= 40 and not (Kind.QUANTITY in meant.step.accepts and _NUMBERISH.fullmatch(text)):
        return meant.scan(Kind.HANDLING_UNIT, text)
    return None


def _look(meant: Meant, kind: Kind, text: str) -> Scan | None:
    if kind is Kind.LOCATION:
        place = session.execute(_LOCATION, {"site": meant.by.site_id, "code": fold(text)}).scalar_one_or_none()
        return None if place is None else meant.scan(kind, place.code, found=place)
    if kind is Kind.PRODUCT:
        return _product_scan(meant, _product(text), None)
    if kind is Kind.HANDLING_UNIT:
        unit = session.execute(_UNIT, {"site": meant.by.site_id, "code": fold(text)}).scalar_one_or_none()
        return None if unit is None else meant.scan(kind, unit.code, found=unit)
    if kind is Kind.PERSON:
        person = session.execute(_PERSON, {"site": meant.by.site_id, "badge": text, "code": fold(text)}).scalars().first()
        return None if person is None else meant.scan(kind, person.code, found=person)
    assert meant.step.documents is not None
    document = meant.step.documents(text, meant.by)
    return None if document is None else _document_scan(meant, text, document)


_LOCATION = sa.select(Location).where(
    Location.site_id == bindparam("site"), Location.code_key == bindparam("code"), Location.kind != LocationKind.VIRTUAL.value
)
_UNIT = sa.select(HandlingUnit).where(HandlingUnit.code_key == bindparam("code"), HandlingUnit.site_id == bindparam("site"))
_PERSON = sa.select(Person).where(
    sa.or_(Person.badge == bindparam("badge"), Person.code_key == bindparam("code")),
    sa.or_(Person.site_id.is_(None), Person.site_id == bindparam("site")),
    Person.active,
)
_HITS = (
    sa.select(Barcode.product_id, Barcode.packaging_id)
    .where(Barcode.code_key == bindparam("barcode"))
    .union_all(sa.select(Product.id, sa.null()).where(Product.sku_key == bindparam("sku")))
    .subquery()
)
_PRODUCT = (
    sa.select(Product, Packaging.unit, sa.func.coalesce(Packaging.quantity, 1))
    .join(_HITS, _HITS.c.product_id == Product.id)
    .outerjoin(Packaging, Packaging.id == _HITS.c.packaging_id)
    .options(lazyload(Product.packagings), lazyload(Product.barcodes))
)


def _product(text: str) -> list[tuple[Product, str | None, int]]:
    """(product, packaging, its quantity), by barcode or SKU, in one statement; the barcode first."""
    rows = session.execute(_PRODUCT, {"barcode": gs1.barcode_key(text), "sku": fold(text)}).all()
    return sorted(((row[0], row[1], row[2]) for row in rows), key=lambda row: row[1] is None)


def _product_scan(meant: Meant, rows: list[tuple[Product, str | None, int]], label: Gs1 | None) -> Scan | None:
    if not rows:
        return None
    if len({product.id for product, _, _ in rows}) > 1:
        one, other = rows[0][0], rows[1][0]
        raise Ambiguous(scanned=shown(meant.text), one=one.sku, other=other.sku, narrow=T("packaging", "包装"))
    product, unit, quantity = rows[0]
    return meant.scan(Kind.PRODUCT, product.sku, quantity=quantity, unit=unit, gs1=label, found=product)


def _unit_scan(meant: Meant, sscc: str, label: Gs1) -> Scan | None:
    unit = session.execute(_UNIT, {"site": meant.by.site_id, "code": fold(sscc)}).scalar_one_or_none()
    if unit is None and not meant.step.new_units:
        return None
    return meant.scan(Kind.HANDLING_UNIT, sscc if unit is None else unit.code, gs1=label, found=unit)


def _document_scan(meant: Meant, text: str, document: Any) -> Scan:
    return meant.scan(Kind.DOCUMENT, str(getattr(document, "number", text)), found=document)


# -- afterwards ---------------------------------------------------------------------------------------------------------


def _check(scan: Scan, step: Step, notes: Notes) -> None:
    """The right product, and the expected thing where nothing else will do."""
    wanted = noted(step.product, notes)
    if wanted is not None:
        if scan.kind is Kind.PRODUCT:
            _same_product(scan.product, wanted)
        elif scan.gs1 and scan.gs1.trade_item and scan.kind is not Kind.HANDLING_UNIT:
            rows = _product(scan.gs1.trade_item)
            if not rows:
                raise ProductUnknown(scanned=scan.gs1.trade_item)
            _same_product(rows[0][0], wanted)
    expected = noted(step.expected, notes)
    if step.only_expected and expected not in (None, ""):
        must_be(scan, str(expected))


def _same_product(product: Product, wanted: int) -> None:
    if product.id != wanted:
        right = session.get(Product, wanted, options=[lazyload("*")])
        named = T("{name} ({sku})", "{name}（{sku}）", name=product.text, sku=product.sku)
        raise WrongProduct(scanned=named, expected=right.sku if right else wanted)


def _unknown(meant: Meant) -> WarehouseError:
    """Why it cannot be meant here; what is known elsewhere is called by its kind, and the step's own question follows."""
    accepts, text = meant.step.accepts, shown(meant.text)
    if meant.step.counting and (what := _something_else(meant)) is not None:
        return AsksQuantity(what=what, how=_how_to_count(meant))
    if meant.step.counting and _MIX.fullmatch(text) and (product := _in_hand(meant)) is not None:
        words = [(unit_text(unit), size) for unit, size in _units(product)]
        known = T(", ".join(f"{unit.en} ({size})" for unit, size in words), "、".join(f"{unit.zh}（{size}）" for unit, size in words))
        return UnitNotKnown(scanned=text, units=known)
    if Kind.HANDLING_UNIT in accepts and (mistyped := gs1.mistyped_sscc(_bare(meant.text))) is not None:
        return gs1.Gs1CheckDigit(value=mistyped)
    elsewhere = _kind_elsewhere(meant)
    if elsewhere is not None:
        return _of_kind(accepts)(_KNOWN_ELSEWHERE, scanned=text, kind=elsewhere)
    if meant.document is not None and fold(meant.document) == fold(_bare(meant.text)):
        return _of_kind(accepts)(_OPEN_HERE, scanned=text)
    if meant.document is not None and any(_is_paper(find, _bare(meant.text), meant.by) for find in meant.papers):
        return _of_kind(accepts)(_OTHER_PAPER, scanned=text, document=meant.document)
    if Kind.QUANTITY in accepts and (_NUMBERISH.fullmatch(text) or Kind.PRODUCT not in accepts or not any(one.isdigit() for one in text)):
        return ScanQuantityWrong(scanned=text)
    if Kind.EXPIRY in accepts and (len(accepts) == 1 or _DATEISH.fullmatch(text)):
        return DateWrong(scanned=text)
    refused = _of_kind(accepts)
    if refused is NotRecognised and not set(_LOOKED_UP).isdisjoint(accepts):
        of_other_work = len(text) <= LONGEST_NUMBER and any(_is_paper(find, _bare(meant.text), meant.by) for find in meant.papers_elsewhere)
        return refused(_OTHER_WORK if of_other_work else _NOWHERE, scanned=text)
    return refused(scanned=text)


def _something_else(meant: Meant) -> Text | None:
    """What a barcode is that was scanned where pieces are counted, with its code; None for what is a mistyped number."""
    text, label = _bare(meant.text), gs1.read(meant.text)
    place = _look(meant, Kind.LOCATION, text)
    if place is not None:
        return T("location {code}", "库位 {code}", code=place.value)
    rows = _product(label.trade_item if label and label.trade_item else text)
    if rows:
        return T("product {sku}", "商品 {sku}", sku=rows[0][0].sku)
    sscc = label.sscc if label is not None else None
    if sscc or _look(meant, Kind.HANDLING_UNIT, text) or _is_sscc(text):
        return T("the number of a pallet or carton, {code}", "箱托码 {code}", code=shown(sscc or text))
    person = _look(meant, Kind.PERSON, text)
    if person is not None:
        return T("the badge of {name}", "{name} 的工牌", name=person.found.name)
    if meant.document is not None and fold(meant.document) == fold(text):
        return T("{number}, which is open here", "当前单据 {number}", number=meant.document)
    if any(_is_paper(find, text, meant.by) for find in meant.papers):
        return T("the paper {number}", "单据 {number}", number=shown(text))
    if label is not None and label.lot:
        return T("lot {lot}", "批号 {lot}", lot=label.lot)
    if gs1.gtin14(text) or (label is not None and label.trade_item):
        return T("a barcode that no product has, {code}", "未关联商品的条码 {code}", code=shown(text))
    return None


def _is_sscc(text: str) -> bool:
    try:
        return gs1.is_sscc(text)
    except Invalid:
        return True  # one digit of it is wrong


def _is_paper(find: Documents, text: str, by: Actor) -> bool:
    try:
        return find(text, by) is not None
    except WarehouseError:
        return True  # it is known, and not for this work


def _how_to_count(meant: Meant) -> Text:
    product = _in_hand(meant)
    if product is None:
        return T("Type the number", "请输入数字")
    return T("Type the number, or scan {sku} piece by piece", "请输入数字，或逐件扫描 {sku}", sku=product.sku)


def _of_kind(accepts: tuple[Kind, ...]) -> type[WarehouseError]:
    only = [kind for kind in accepts if kind not in (Kind.QUANTITY, Kind.COMMAND)]
    return _UNKNOWN.get(only[0], NotRecognised) if len(only) == 1 else NotRecognised


def _kind_elsewhere(meant: Meant) -> Text | None:
    """A place, a product or a unit, where none is asked for: location A-01, product TEA."""
    text = _bare(meant.text)
    if Kind.LOCATION not in meant.step.accepts and _look(meant, Kind.LOCATION, text):
        return T("a location", "库位")
    if Kind.PRODUCT not in meant.step.accepts:
        label = gs1.read(meant.text)
        rows = _product(label.trade_item if label and label.trade_item else text)
        if rows:
            return T("product {sku}", "商品 {sku}", sku=rows[0][0].sku)
    if Kind.HANDLING_UNIT not in meant.step.accepts and (unit := _look(meant, Kind.HANDLING_UNIT, text)) is not None:
        return _UNIT_WORDS[UnitKind(unit.handling_unit.kind)]
    if Kind.PERSON not in meant.step.accepts and _look(meant, Kind.PERSON, text):
        return T("a badge", "工牌")
    return None


def _bare(text: str) -> str:
    """The text without the AIM symbology identifier that a scanner may put before it."""
    return _AIM.sub("", text, count=1) if _AIM.match(text) else text
