"""The scanner at the dock when goods are damaged: those that come now, and those that were taken in as sound before."""

from __future__ import annotations

from typing import Any

from wms.catalog.models import Product
from wms.db import session
from wms.i18n import T
from wms.orders.models import DifferenceKind, InboundOrder
from wms.orders.timeline import teach_reasons
from wms.receiving import damage, filling
from wms.receiving.damage import TakenIn
from wms.receiving.scan_goods import onward
from wms.receiving.scan_objections import with_photo
from wms.receiving.scan_receive import receive
from wms.receiving.scan_received import part, standing
from wms.receiving.screens import (
    GOODS,
    company_prefix,
    day,
    many,
    mixed_hint,
    name_of,
    none_of,
    plate_label,
    product_in_hand,
    product_notes,
    quantity_fact,
    short_code,
)
from wms.scan.flow import Fact, Go, Kind, Notes, Printed, Scan
from wms.stock.models import Condition

K = DifferenceKind

DAMAGES = {
    "CRUSHED": T("Crushed or broken", "压坏或破碎"),
    "WET": T("Wet", "受潮"),
    "LEAKING": T("Leaking", "渗漏"),
    "OPENED": T("Opened, seal broken", "开封、封条破损"),
    "OTHER": T("Other damage", "其他破损"),
}
teach_reasons(DAMAGES)


@receive.step(
    "why",
    ask=T("What is the damage?", "是什么破损？"),
    accepts=[Kind.REASON],
    reasons=DAMAGES,
    leads_to=["product", "order"],
    facts=lambda notes: [
        Fact(T("Product", "商品"), name_of(notes), detail=notes["sku"]),
        quantity_fact(K.DAMAGED.text, notes["quantity"], notes.get("base_unit")),
        *_of_plate(notes),
    ],
)
def say_damage(scan: Scan, notes: Notes) -> Go:
    if notes.get("hurt"):
        return _found(scan, notes)
    objection = K.OVER if _beyond(notes) else None
    return with_photo([part(notes, notes["quantity"], scan, objection=objection, reason=scan.value)], notes, scan)


def _beyond(notes: Notes) -> bool:
    """Whether more came damaged than the order leaves room for: they are taken in as damaged all the same."""
    order = session.get_one(InboundOrder, notes["order"])
    try:
        filling.shares(order, product_in_hand(notes), notes["quantity"], notes.get("lot"), day(notes), Condition.DAMAGED)
    except filling.OverReceipt:
        return True
    return False


# -- found on goods that were taken in ---------------------------------------------------------------------------------------------


@receive.step(
    "which",
    ask=T("Which are damaged?", "破损的是哪些？"),
    accepts=[Kind.REASON],
    reasons={
        "TAKEN": T("Some that were taken in", "已收的货物"),
        "MORE": T("More that came now", "新到的货物"),
    },
    leads_to=["hurt", "hurt_count", "lot", "serial", "quantity"],
    facts=lambda notes: [
        Fact(T("Product", "商品"), name_of(notes), detail=notes["sku"]),
        Fact(T("Still to come", "待收"), T("nothing", "已收齐")),
    ],
)
def say_which(scan: Scan, notes: Notes) -> Go:
    if scan.value == "MORE":
        return Go(onward(product_in_hand(notes)))
    return _on_which(_there(notes, scan, product_id=notes["product"]))


@receive.step(
    "hurt",
    ask=lambda notes: (
        T("Scan the damaged product", "扫描破损商品") if notes.get("hurt_unit") else T("Scan the plate it is on", "扫描破损货所在托盘")
    ),
    accepts=[Kind.HANDLING_UNIT, Kind.PRODUCT],
    hint=T("Plate or product", "托盘或商品"),
    leads_to=["hurt_count"],
    help=T("The label of the plate on which the damaged goods stand, or their barcode", "扫描破损货物所在托盘的标签，或商品条码"),
)
def scan_hurt(scan: Scan, notes: Notes) -> Go:
    if scan.kind is Kind.PRODUCT:
        return _on_which(_there(notes, scan, product_id=scan.product.id, unit_id=notes.get("hurt_unit")))
    return _on_which(_there(notes, scan, product_id=notes.get("product"), unit_id=scan.handling_unit.id))


def _there(notes: Notes, scan: Scan, *, product_id: int | None, unit_id: int | None = None) -> list[TakenIn]:
    order = session.get_one(InboundOrder, notes["order"])
    found = damage.at_the_dock(order, by=scan.by, product_id=product_id, unit_id=unit_id)
    if not found:
        raise damage.NothingTakenIn(number=order.number, what=short_code(scan.value))
    return found


def _on_which(found: list[TakenIn]) -> Go:
    """To the count, when it is clear which plate and product are meant; else to the narrower question."""
    products, units = {one.product_id for one in found}, {one.unit_id for one in found}
    if len(units) > 1:
        known: dict[str, Any] = product_notes(session.get_one(Product, found[0].product_id)) if len(products) == 1 else {}
        said = T("It stands on {n} plates: scan the one", "共有 {n} 个托盘，请扫描其中一个", n=len(units))
        return Go("hurt", notes=known, say=said, tone="ask")
    if len(products) > 1:
        said = T("{n} products stand on it", "此托盘上有 {n} 种商品", n=len(products))
        return Go("hurt", notes={"hurt_unit": found[0].unit_id, "product": None}, say=said, tone="ask")
    one = max(found, key=lambda each: each.quantity)
    known = product_notes(session.get_one(Product, one.product_id))
    return Go("hurt_count", notes={**known, "hurt": [one.unit_id, one.batch_id, one.unit, one.quantity]})


def _of_plate(notes: Notes) -> list[Fact]:
    if not notes.get("hurt"):
        return []
    _, _, unit, there = notes["hurt"]
    return [Fact(T("On", "载于"), short_code(unit), detail=many(there, notes))]


@receive.count(
    "hurt_count",
    ask=T("How many are damaged?", "破损多少？"),
    product="product",
    typed_confirms=True,
    from_label=False,
    hint=mixed_hint,
    leads_to=["why"],
    facts=lambda notes: [Fact(T("Product", "商品"), name_of(notes), detail=notes["sku"]), *_of_plate(notes)],
)
def count_hurt(scan: Scan, notes: Notes) -> Go:
    _, _, unit, there = notes["hurt"]
    if scan.quantity > there:
        raise damage.NotThatMany(there=there, sku=notes["sku"], unit=short_code(unit), quantity=scan.quantity)
    return Go("why", notes={"quantity": scan.quantity})


def _found(scan: Scan, notes: Notes) -> Go:
    unit_id, batch_id, _, _ = notes["hurt"]
    units, noted = damage.found_damaged(
        notes["order"],
        unit_id,
        batch_id,
        notes["quantity"],
        reason=scan.value,
        by=scan.by,
        key=scan.key,
        company_prefix=company_prefix(),
        arrival_id=notes.get("arrival"),
    )
    facts = {"many": many(notes["quantity"], notes), "sku": notes["sku"], "number": noted.number}
    order = session.get_one(InboundOrder, notes["order"])
    return Go(
        "product",
        notes={**standing(order), **none_of(*GOODS, "condition", "hurt", "hurt_unit", "undo", "unit")},
        say=T("{many} of {sku} noted as damaged, {number}", "已记录残损：{many} {sku}，{number}").with_facts(**facts),
        detail=T("Put them on a plate of their own, with this label", "请单独放置并贴此标签") if units else None,
        tone="ask",
        printed=[*(plate_label(unit) for unit in units), Printed.photo("difference", noted.number)],
        posted=True,
    )
