"""What the receiving screens share: goods in the notes, and the facts they show, without asking the database again."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from flask import current_app
from sqlalchemy.orm import lazyload

from wms.catalog.models import Product
from wms.catalog.units import counted, in_unit, unit_text
from wms.db import session
from wms.i18n import T, Text
from wms.receiving.plausible import most_at_once
from wms.receiving.space import WrongArea
from wms.scan.flow import Action, CountDoubt, Doubt, Fact, Notes, Printed
from wms.stock.capacity import FaceOfAnother
from wms.stock.models import HandlingUnit, UnitKind

GOODS = (
    *("product", "sku", "name", "tracking", "lot", "expires_on", "quantity", "open", "shelf_life", "made", "sscc", "base_unit"),
    *("produced_on", "objection", "sure", "most", "last_day"),
    "units",
    *("for_line", "for_order", "for_due", "for_place", "rest", "store"),
)
"""The notes that speak of the goods in hand."""
PALLET = T("Pallet label", "托盘标签")
CARTON = T("Carton label", "箱标签")


def company_prefix() -> str:
    """The GS1 prefix that our licence plates begin with."""
    return str(current_app.config["WMS"].gs1_company_prefix)


def scrap_alone() -> int:
    """How many pieces may be scrapped by whoever found them."""
    return int(current_app.config["WMS"].scrap_alone)


def by_packaging(notes: Notes) -> list[Action]:
    """Buttons that add one of each packaging of the goods in hand, the largest first."""
    return [
        Action(f"+1 {unit}", T("+1 {unit} of {n}", "+1 {unit}（{n}）", unit=unit_text(unit), n=size))
        for unit, size in reversed(notes.get("units") or [])
        if size > 1
    ]


def mixed_hint(notes: Notes) -> Text | None:
    """What may be typed where goods of several packagings are counted, in the product's own: 12, or 2 pallets + 3 cases."""
    packed = [unit for unit, size in reversed(notes.get("units") or []) if size > 1][:2]
    if not packed:
        return None
    parts = list(zip((2, 3), packed, strict=False))
    english = " + ".join(f"{n} {in_unit(n, unit).en}" for n, unit in parts)
    chinese = " ".join(f"{n}{in_unit(n, unit).zh}" for n, unit in parts)
    return T(f"12, or {english} + 4", f"12，或 {chinese} 4")


def mixed_help(notes: Notes) -> Text:
    """The same at length, with what each packaging holds."""
    sizes = [(unit_text(unit), size) for unit, size in reversed(notes.get("units") or []) if size > 1]
    if not sizes:
        return T("Type the quantity, or scan the pieces one by one", "输入数量，或逐件扫描")
    return T(
        "Type the quantity, also by packaging: {mix}. Barcodes add one of their unit ({sizes})",
        "输入数量，也可按包装输入：{mix}；扫描条码每次加一个单位（{sizes}）",
        mix=mixed_hint(notes),
        sizes=T(", ".join(f"{unit.en} {n}" for unit, n in sizes), "、".join(f"{unit.zh} {n}" for unit, n in sizes)),
    )


class Improbable(CountDoubt):
    """More than stands on four pallets: mostly a digit too many, or a barcode typed as a number."""

    code = "quantity_improbable"
    sentence = T("{many} of {sku} at once is hardly right", "{sku} 一次 {many}，数量异常")


def improbable(notes: Notes, total: int) -> Doubt | None:
    """What is doubtful about so many of the goods in hand, whatever was announced."""
    product = product_in_hand(notes)
    return Improbable(many=many(total, notes), sku=product.sku) if total > most_at_once(product) else None


def none_of(*names: str) -> dict[str, Any]:
    """Notes that are struck out."""
    return dict.fromkeys(names)


def product_in_hand(notes: Notes) -> Product:
    """The product of the notes, without its packagings and barcodes, which are read when they are asked for."""
    return session.get_one(Product, notes["product"], options=[lazyload(Product.packagings), lazyload(Product.barcodes)])


def product_notes(product: Product) -> dict[str, Any]:
    """A product as the next screens need it."""
    words = product.text
    return {
        "product": product.id,
        "sku": product.sku,
        "name": [words.say("en"), words.say("zh_CN")],
        "tracking": product.tracking,
        "shelf_life": product.shelf_life_days,
        "base_unit": product.base_unit,
        "units": [[one.unit, one.quantity] for one in product.packagings] or None,
    }


def name_of(notes: Notes) -> Text:
    """The product's name, from the notes."""
    return T(notes["name"][0], notes["name"][1])


def day(notes: Notes, name: str = "expires_on") -> dt.date | None:
    """A date among the notes."""
    return dt.date.fromisoformat(notes[name]) if notes.get(name) else None


def many(quantity: int, notes: Notes) -> Text:
    """A quantity of the goods in hand with its unit, as it is said: 12 pairs, 12 双."""
    return counted(quantity, notes.get("base_unit"))


def quantity_fact(label: Text, quantity: int, unit: str | None) -> Fact:
    """A quantity as it is shown, large, its unit beside it."""
    return Fact(label, quantity, detail=in_unit(quantity, unit) if unit else None, strong=True)


def goods_facts(notes: Notes) -> list[Fact]:
    """Product, lot and date, as far as they are known."""
    if not notes.get("name"):
        return []
    facts = [Fact(T("Product", "商品"), name_of(notes), detail=notes["sku"])]
    lot, until = notes.get("lot"), notes.get("expires_on")
    if lot:
        facts.append(Fact(T("Lot", "批号"), lot, detail=T("expires {date}", "{date} 到期", date=until) if until else None))
    return facts


def listed_skus(skus: Iterable[str], at_most: int = 3) -> str:
    """The first of these and how many more: TEA, NUT +2."""
    different = list(dict.fromkeys(skus))
    more = len(different) - at_most
    return ", ".join(different[:at_most]) + (f" +{more}" if more > 0 else "")


class BelongsElsewhere(WrongArea):
    """No place for these goods at all; one was named for them."""

    advice = T("Take it to {bin}", "请送到 {bin}")


class FaceElsewhere(FaceOfAnother):
    """The pick face of another product; the place for these goods was named."""

    advice = BelongsElsewhere.advice


@contextmanager
def place_named(notes: Notes) -> Iterator[None]:
    """A place that is wrong for goods is answered with the one that was named for them, whatever its kind."""
    try:
        yield
    except (WrongArea, FaceOfAnother) as wrong:
        if not notes.get("bin"):
            raise
        better = BelongsElsewhere if isinstance(wrong, WrongArea) else FaceElsewhere
        raise better(**wrong.facts, bin=notes["bin"]) from wrong


def plate_label(unit: HandlingUnit) -> Printed:
    """The label of a plate that was just made."""
    return Printed.tag("handling-unit", unit.code, PALLET if unit.kind == UnitKind.PALLET else CARTON)


def short_code(code: str) -> str:
    """What a person reads of an SSCC: its last six digits."""
    return f"…{code[-6:]}" if len(code) == 18 and code.isdigit() else code
