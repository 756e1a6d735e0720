"""The scanner at the dock when something is wrong: goods that should not have come, damage, missing papers, a barcode nobody knows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import sqlalchemy as sa

from wms.actor import Permission
from wms.catalog import products
from wms.catalog.models import Product
from wms.catalog.units import unit_text
from wms.db import session
from wms.errors import Forbidden
from wms.i18n import T, Text
from wms.orders.models import Difference, DifferenceKind, InboundOrder
from wms.receiving import check_in as receiving
from wms.receiving import deliveries
from wms.receiving.plausible import PIECES
from wms.receiving.scan_goods import Objection, goods_known
from wms.receiving.scan_receive import receive
from wms.receiving.scan_received import AHEAD, part, standing, taken_in
from wms.receiving.screens import GOODS, improbable, many, mixed_hint, name_of, none_of, product_in_hand, product_notes, quantity_fact
from wms.scan.flow import CountDoubt, Doubt, Fact, Go, Kind, Notes, Printed, Scan

K = DifferenceKind

# -- goods that should not have come -------------------------------------------------------------------------------------------

ASIDE = T("Take in, blocked", "收下并冻结")
AWAY = T("Turn away", "拒收退回")
_ANSWERS = {"ASIDE": ASIDE, "AWAY": AWAY}


@receive.step(
    "aside",
    ask=T("What happens to them?", "如何处理？"),
    accepts=[Kind.REASON],
    reasons=_ANSWERS,
    leads_to=["product", "order"],
    facts=lambda notes: _objected(notes, notes["quantity"]),
)
def answer_objection(scan: Scan, notes: Notes) -> Go:
    kind, quantity = K(notes["objection"]), notes["quantity"]
    if scan.value == "ASIDE":
        return with_photo([part(notes, quantity, scan, objection=kind)], notes, scan)
    return _turned_away(kind, quantity, notes, scan)


@receive.step(
    "surplus",
    ask=T("What happens to the surplus?", "多余部分如何处理？"),
    accepts=[Kind.REASON],
    reasons=_ANSWERS,
    leads_to=["product", "order"],
    facts=lambda notes: _objected(notes, notes["quantity"] - notes["most"]),
)
def answer_surplus(scan: Scan, notes: Notes) -> Go:
    most, rest = notes["most"], notes["quantity"] - notes["most"]
    if scan.value == "ASIDE":
        return with_photo([part(notes, most, scan), part(notes, rest, scan, over=True)], notes, scan)
    if most == 0:
        return _turned_away(K.OVER, rest, notes, scan)
    within = part(notes, most, scan)
    receiving.turn_away(notes["order"], K.OVER, by=scan.by, product=product_in_hand(notes), quantity=rest, arrival_id=notes.get("arrival"))
    return taken_in([within], notes, scan, turned_away=rest)


def _objected(notes: Notes, quantity: int) -> list[Fact]:
    kind = K(notes.get("objection", K.OVER.value))
    return [
        Fact(T("Product", "商品"), name_of(notes), detail=notes["sku"]),
        quantity_fact(kind.text, quantity, notes.get("base_unit")),
    ]


def _turned_away(kind: DifferenceKind, quantity: int, notes: Notes, scan: Scan) -> Go:
    noted = receiving.turn_away(
        notes["order"], kind, by=scan.by, product=product_in_hand(notes), quantity=quantity, arrival_id=notes.get("arrival")
    )
    said = T(
        "{many} of {sku} turned away, {number}",
        "已拒收 {many} {sku}，{number}",
        many=many(quantity, notes),
        sku=notes["sku"],
        number=noted.number,
    )
    return _to_goods(notes, said, photo_of=noted.number)


def with_photo(parts: Sequence[receiving.Receipt | None], notes: Notes, scan: Scan) -> Go:
    """The screen after goods were taken in with a difference: a photo of it is one tap away."""
    go = taken_in(parts, notes, scan)
    movements = [one.movement_id for one in parts if one is not None]
    numbers = session.execute(sa.select(Difference.number).where(Difference.movement_id.in_(movements)).order_by(Difference.id)).scalars()
    return replace(go, printed=[*go.printed, *(Printed.photo("difference", number) for number in numbers)])


def _to_goods(notes: Notes, said: Text, detail: Text | None = None, *, photo_of: str) -> Go:
    order = session.get_one(InboundOrder, notes["order"])
    more = none_of(*GOODS, "condition", "undo", "unit", "scanned")
    photo = [Printed.photo("difference", photo_of)]
    return Go("product", notes={**standing(order), **more}, say=said, detail=detail, tone="ask", printed=photo, posted=True)


# -- what is not in the goods themselves ------------------------------------------------------------------------------------------

WRONG = {
    "PAPERS": T("Papers are missing", "缺少单据"),
    "FEWER": T("Fewer than on paper", "实到少于单据"),
    "UNKNOWN": T("Unknown goods", "无法识别的货物"),
    "DAMAGE": T("Damage of goods taken in", "已收货物破损"),
}


@receive.command("product", "DIFF", label=T("Something is wrong", "有差异"), leads_to=["difference"])
def something_is_wrong(scan: Scan, notes: Notes) -> Go:  # noqa: ARG001
    return Go("difference", notes=none_of(*AHEAD))


@receive.step(
    "difference",
    ask=T("What is wrong?", "有什么差异？"),
    accepts=[Kind.REASON],
    reasons=WRONG,
    leads_to=["product", "missing", "unknown", "hurt"],
)
def say_what_is_wrong(scan: Scan, notes: Notes) -> Go:
    if scan.value == "FEWER":
        return Go("missing")
    if scan.value == "UNKNOWN":
        return Go("unknown")
    if scan.value == "DAMAGE":
        return Go("hurt")
    noted = receiving.turn_away(notes["order"], K.PAPERS_MISSING, by=scan.by, arrival_id=notes.get("arrival"))
    return _to_goods(
        notes, T("Noted: papers are missing, {number}", "已记录：缺少单据，{number}", number=noted.number), photo_of=noted.number
    )


@receive.step(
    "missing", ask=T("Scan the product of which fewer came", "扫描少货的商品"), accepts=[Kind.PRODUCT], leads_to=["missing_count"]
)
def scan_missing(scan: Scan, notes: Notes) -> Go:  # noqa: ARG001
    return Go("missing_count", notes=product_notes(scan.product))


class MoreMissing(CountDoubt):
    """More are said to be missing than are still to come."""

    code = "more_missing"
    sentence = T("Only {left} of {sku} are still to come", "{sku} 待收仅 {left}")


def _more_missing(notes: Notes, total: int) -> Doubt | None:
    if notes.get("blind"):
        return improbable(notes, total)
    left = deliveries.open_quantity(notes["order"], notes["product"])
    return MoreMissing(left=many(left, notes), sku=notes["sku"]) if total > left else None


@receive.count(
    "missing_count",
    ask=T("How many are missing?", "缺多少？"),
    product="product",
    typed_confirms=True,
    from_label=False,
    hint=mixed_hint,
    doubt=_more_missing,
    leads_to=["product"],
)
def count_missing(scan: Scan, notes: Notes) -> Go:
    noted = receiving.turn_away(
        notes["order"], K.SHORT, by=scan.by, product=product_in_hand(notes), quantity=scan.quantity, arrival_id=notes.get("arrival")
    )
    said = T(
        "Noted: {many} of {sku} missing, {number}",
        "已记录：{sku} 少 {many}，{number}",
        many=many(scan.quantity, notes),
        sku=notes["sku"],
        number=noted.number,
    )
    return _to_goods(notes, said, photo_of=noted.number)


@receive.step(
    "unknown",
    ask=T("Scan or type what is on it", "扫描或输入其上的内容"),
    accepts=[Kind.LOT],
    hint=T("Barcode or words", "条码或文字"),
    leads_to=["unknown_count"],
)
def scan_unknown(scan: Scan, notes: Notes) -> Go:  # noqa: ARG001
    return Go("unknown_count", notes={"scanned": scan.value})


class ManyUnknown(CountDoubt):
    """A number that is hardly right."""

    code = "quantity_improbable"
    sentence = T("{total} at once is hardly right", "一次 {total} 件，数量异常")


@receive.count(
    "unknown_count",
    ask=T("How many are there?", "有多少件？"),
    product=None,
    typed_confirms=True,
    doubt=lambda _, total: ManyUnknown(total=total) if total > PIECES else None,
    leads_to=["product"],
    facts=lambda notes: [Fact(T("On it", "内容"), notes["scanned"])],
)
def count_unknown(scan: Scan, notes: Notes) -> Go:
    noted = receiving.turn_away(
        notes["order"], K.UNKNOWN_GOODS, by=scan.by, quantity=scan.quantity, scanned=notes["scanned"], arrival_id=notes.get("arrival")
    )
    said = T("Noted as unknown goods, {number}", "已记录为无法识别的货物，{number}", number=noted.number)
    return _to_goods(notes, said, T("Set them aside", "请单独存放"), photo_of=noted.number)


# -- a barcode that nobody knows ----------------------------------------------------------------------------------------------------


class MayNotLink(Forbidden):
    """Saying what a barcode stands for changes the master data for everybody."""

    code = "may_not_link"
    sentence = T("Your role may not link barcodes to products", "您的角色不能关联条码")
    advice = T(
        "Call your supervisor, or note the goods as unknown under “Something is wrong”", "请找主管，或在“有差异”中记为无法识别的货物"
    )


@receive.command("product", "LINK", label=T("Link a new barcode", "关联新条码"), leads_to=["link"])
def link_barcode(scan: Scan, notes: Notes) -> Go:  # noqa: ARG001
    if not scan.by.may(Permission.MASTER_DATA):
        raise MayNotLink
    return Go("link", notes=none_of(*AHEAD))


@receive.step(
    "link",
    ask=T("Scan the new barcode", "扫描新条码"),
    accepts=[Kind.LOT],
    hint=T("New barcode", "货物上的条码"),
    leads_to=["link_product"],
)
def scan_new_barcode(scan: Scan, notes: Notes) -> Go:  # noqa: ARG001
    products.must_be_new_barcode(scan.value)
    return Go("link_product", notes={"scanned": scan.value})


@receive.step(
    "link_product",
    ask=T("Scan or type the product's code", "扫描或输入商品编码"),
    accepts=[Kind.PRODUCT],
    leads_to=["link_unit"],
    facts=lambda notes: [Fact(T("New barcode", "新条码"), notes["scanned"])],
)
def scan_its_product(scan: Scan, notes: Notes) -> Go:  # noqa: ARG001
    return Go("link_unit", notes={**product_notes(scan.product), "stands_for": _units(scan.product)})


def _units(product: Product) -> list[list[object]]:
    return [[product.base_unit, 1], *([one.unit, one.quantity] for one in product.packagings)]


def _unit_choices(notes: Notes) -> dict[str, Text]:
    return {
        str(unit).upper(): T("{unit} of {n}", "{unit}（{n}）", unit=unit_text(unit), n=n) if n > 1 else unit_text(unit)
        for unit, n in notes["stands_for"]
    }


@receive.step(
    "link_unit",
    ask=T("What does it stand for?", "该条码代表什么？"),
    accepts=[Kind.REASON],
    reasons=_unit_choices,
    hint=T("Choose the unit", "请选择单位"),
    leads_to=["lot", "serial", "quantity", "product", "which"],
    facts=lambda notes: [
        Fact(T("New barcode", "新条码"), notes["scanned"]),
        Fact(T("Product", "商品"), name_of(notes), detail=notes["sku"]),
    ],
)
def choose_unit(scan: Scan, notes: Notes) -> Go:
    product = session.get_one(Product, notes["product"])
    unit = next(unit for unit, _ in notes["stands_for"] if str(unit).upper() == scan.value)
    products.link_barcode(product, notes["scanned"], unit, by=scan.by)
    order, said = session.get_one(InboundOrder, notes["order"]), T("{code} now stands for {sku}", "{code} 已关联到 {sku}")
    said = said.with_facts(code=notes["scanned"], sku=product.sku)
    try:
        onward = goods_known(order, product, scan, notes)
    except Objection as doubt:  # the barcode is known from now on, whatever is wrong with the goods
        detail = doubt.said
        return Go("product", notes={**standing(order), **none_of(*GOODS, "stands_for", "scanned")}, say=said, detail=detail, posted=True)
    return Go(onward.step, notes={**onward.notes, **none_of("stands_for", "scanned")}, say=said, posted=True)
