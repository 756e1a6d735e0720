"""The scanner at the dock: the goods themselves, what must be known of them, and how many there are."""

from __future__ import annotations

import datetime as dt
from typing import Any

from flask import current_app

from wms import clock
from wms.catalog.gs1 import is_sscc, shown
from wms.catalog.models import Product, Tracking
from wms.db import session
from wms.errors import Refused
from wms.i18n import T
from wms.locations.models import Location
from wms.orders import announced
from wms.orders.models import CheckIn, DifferenceKind, InboundOrder
from wms.receiving import check_in as receiving
from wms.receiving import cross_dock, damage, deliveries, dock_units, filling, shelf_life
from wms.receiving.scan_receive import at_dock, begin, inbound_known, receive
from wms.receiving.scan_received import kept, note_paper, part, standing, taken_in, whole_plate
from wms.receiving.screens import (
    GOODS,
    by_packaging,
    company_prefix,
    day,
    improbable,
    many,
    mixed_help,
    mixed_hint,
    none_of,
    plate_label,
    product_in_hand,
    product_notes,
    short_code,
)
from wms.scan.flow import CountDoubt, Doubt, Go, Kind, Notes, Scan
from wms.scan.recognise import NotRecognised
from wms.stock.models import Condition, HandlingUnit

UNDO = T("Undo", "撤销")
K = DifferenceKind
_NEXT_GOODS = {"DAMAGED": T("Goods are damaged", "货物残损")}
_GOOD_AGAIN = {"GOOD": T("Goods are sound", "货物完好")}


class Objection(Doubt):
    """Goods that should not come in: who scans them again means to set them aside or to turn them away."""

    tone = "stop"
    advice = T("Scan it again to set it aside or turn it away", "再扫一次，可另放或拒收")


class NotOrdered(Objection):
    """Nobody announced these goods."""

    code = "not_announced"
    sentence = filling.NotAnnounced.sentence


class NoMoreOrdered(Objection):
    """All of it came already."""

    code = "over_receipt"
    sentence = T("All of {sku} has come already", "{sku} 已全部收齐")


class TooMuch(CountDoubt):
    """More than may come in."""

    code = "over_receipt"
    tone = "stop"
    sentence = T("{many} of {sku}: at most {most} may still come in", "{sku} 已点 {many}，最多还可收 {most}")
    advice = T("Count again; if it is right, choose Done", "请重新清点；确认无误请点“完成”")


class OneTooMany(Objection):
    """A piece with its own number, of which all have come; or somebody else took in the rest meanwhile."""

    code = "over_receipt"
    sentence = filling.OverReceipt.sentence
    advice = T("Scan or enter it again to set the rest aside or turn it away", "再扫描或输入一次，可将多余部分另放或拒收")


class OtherLot(Objection):
    """Not the lot or the date that was announced."""

    code = "lot_not_announced"
    sentence = T("{number} announces {known} of {sku}, not {given}", "{number} 通知的 {sku} 为 {known}，不是 {given}")


class KeepsTooShort(Objection):
    """Expired, or too old to be sold."""

    code = "too_old"
    sentence = T("{why}", "{why}")


class HasExpired(KeepsTooShort):
    """They are past their date."""

    code = "expired"


@receive.step(
    "product",
    ask=lambda notes: T("Scan the next plate", "扫描下一托盘") if notes.get("plates") else T("Scan the goods", "扫描货物"),
    accepts=[Kind.PRODUCT, Kind.DOCUMENT, Kind.LOCATION, Kind.REASON, Kind.HANDLING_UNIT],
    documents=inbound_known,
    new_units=True,
    reasons=lambda notes: _GOOD_AGAIN if "condition" in notes else _NEXT_GOODS,
    hint=T("Goods, pallet, paper", "商品、托盘或单据"),
    lost=T("Action: link a new barcode, or note that something is wrong", "在“操作”中关联新条码，或记录差异"),
    leads_to=["goods", "lot", "serial", "quantity", "dock", "order", "which"],
    help=T(
        "One GS1 scan fills lot, date and quantity. Another order or dock may be scanned too",
        "扫一次 GS1 码即填好批号、效期和数量；也可扫描其他单据或月台",
    ),
)
def scan_product(scan: Scan, notes: Notes) -> Go:
    if scan.kind is Kind.DOCUMENT:
        return begin(scan.document, notes, scan.by)
    if scan.kind is Kind.LOCATION:
        return Go("product", notes=at_dock(scan, notes), say=T("Dock {dock}", "月台 {dock}", dock=scan.value))
    if scan.kind is Kind.REASON:
        damaged = Condition.DAMAGED.value if scan.value == "DAMAGED" else None
        return Go(
            "product", notes={"condition": damaged}, say={**_NEXT_GOODS, **_GOOD_AGAIN}[scan.value], tone="ask" if damaged else "good"
        )
    if scan.kind is Kind.HANDLING_UNIT:
        return whole_plate(scan, notes) if announced.is_expected(scan.value, by=scan.by) else _on_supplier_unit(scan)
    return _goods_chosen(scan, notes)


def _on_supplier_unit(scan: Scan) -> Go:
    """The supplier's label is as good as ours: goods are booked under its number."""
    if scan.found is None and not is_sscc(scan.value):
        raise NotRecognised(scanned=shown(scan.text))
    dock_units.may_stand_on(scan.value, by=scan.by, company_prefix=company_prefix())
    return Go("goods", notes={"sscc": scan.value}, say=T("Label {code} is taken", "使用标签 {code}", code=short_code(scan.value)))


@receive.step(
    "goods", ask=T("Scan the goods on it", "扫描其上货物"), accepts=[Kind.PRODUCT], leads_to=["lot", "serial", "quantity", "which"]
)
def scan_goods_on_unit(scan: Scan, notes: Notes) -> Go:
    return _goods_chosen(scan, notes)


def _goods_chosen(scan: Scan, notes: Notes) -> Go:
    order = session.get_one(InboundOrder, notes["order"])
    return goods_known(order, scan.product, scan, notes)


def goods_known(order: InboundOrder, product: Product, scan: Scan, notes: Notes) -> Go:
    """The goods in hand are this product: to what must be known of them besides."""
    sure = scan.again or bool(notes.get("sure"))
    known = {**none_of(*(name for name in GOODS if name != "sscc")), **product_notes(product), "sure": sure or None}
    known["open"] = deliveries.open_quantity(order.id, product.id) or None
    try:
        filling.expects(order, product)
    except filling.NotAnnounced as unknown:
        if not sure:
            raise NotOrdered(**unknown.facts) from unknown
        known["objection"] = K.WRONG_PRODUCT.value
    except filling.OverReceipt as over:
        if notes.get("condition"):
            if damage.at_the_dock(order, by=scan.by, product_id=product.id) and not sure:
                return Go("which", notes=known)
        elif order.check_in != CheckIn.BLIND:
            if not sure:
                raise NoMoreOrdered(**over.facts) from over
            known["objection"] = K.OVER.value
    if scan.gs1 is not None and scan.gs1.produced_on:
        known |= _made_on(scan.gs1.produced_on, product.shelf_life_days, has_date=bool(scan.gs1.last_day))
    return Go(onward(product), notes=known)


def onward(product: Product) -> str:
    """The step that asks what must be known of a product besides: its serial number, its lot, or only how many there are."""
    tracking = Tracking(product.tracking)
    if tracking is Tracking.SERIAL:
        return "serial"
    return "quantity" if tracking is Tracking.NONE else "lot"


def _made_on(produced_on: dt.date, shelf_life_days: int | None, *, has_date: bool) -> dict[str, Any]:
    """A production date, and the expiry date that follows from it where the label has none."""
    made: dict[str, Any] = {"produced_on": produced_on.isoformat()}
    if shelf_life_days and not has_date:
        made["made"] = (produced_on + dt.timedelta(days=shelf_life_days)).isoformat()
    return made


@receive.command("product", "DONE", label=T("Delivery done", "本单收完"), leads_to=["order"])
def delivery_done(scan: Scan, notes: Notes) -> Go:  # noqa: ARG001
    return Go(
        "order",
        notes=kept(notes),
        say=T("{number} is left as it stands", "{number} 已暂停收货", number=notes["number"]),
        printed=[note_paper(notes["number"])],
    )


@receive.command("product", "PRINT", label=T("Print the label again", "重打标签"), when=lambda notes: "unit" in notes)
def print_again(scan: Scan, notes: Notes) -> Go:  # noqa: ARG001
    unit = session.get_one(HandlingUnit, notes["unit"])
    return Go("product", say=T("Label of {code}", "标签 {code}", code=short_code(unit.code)), printed=[plate_label(unit)])


@receive.command(["product", "order"], "UNDO", label=UNDO, when=lambda notes: "undo" in notes)
def undo_receipt(scan: Scan, notes: Notes) -> Go:
    lines = receiving.undo_check_in(notes["undo"], by=scan.by, key=scan.key)
    counted = {"received": sum(line.received for line in lines), "expected": sum(line.expected for line in lines)}
    said = T("Undone; {received} of {expected} received", "已撤销；已收 {received} / {expected}", **counted)
    if notes.get("blind"):
        said = T("Undone", "已撤销")
    if "order" not in notes:
        return Go("order", notes={name: notes[name] for name in ("dock", "dock_code") if name in notes}, say=said)
    order = session.get_one(InboundOrder, notes["order"])
    return Go("product", notes={**standing(order), **none_of("undo", "unit", *GOODS)}, say=said, posted=True)


@receive.step("lot", ask=T("Scan the lot", "扫描批号"), accepts=[Kind.LOT], product="product", leads_to=["expiry", "quantity"])
def scan_lot(scan: Scan, notes: Notes) -> Go:
    known: dict[str, Any] = {"lot": scan.value, **_as_announced(scan, notes, scan.value, None)}
    if notes["tracking"] != Tracking.EXPIRY:
        return Go("quantity", notes=known)
    if notes.get("made"):
        return _dated(dt.date.fromisoformat(notes["made"]), scan, {**notes, **known}, {**known, "made": None})
    return Go("expiry", notes=known)


@receive.step(
    "serial",
    ask=T("Scan the serial number", "扫描序列号"),
    accepts=[Kind.SERIAL],
    product="product",
    leads_to=["product", "order", "aside", "why", "cross"],
)
def scan_serial(scan: Scan, notes: Notes) -> Go:
    return counted_in({**notes, "lot": scan.value}, 1, scan)


@receive.step("expiry", ask=T("Enter expiry date", "输入到期日"), accepts=[Kind.EXPIRY], product="product", leads_to=["quantity"])
def scan_expiry(scan: Scan, notes: Notes) -> Go:
    assert scan.date is not None
    return _dated(scan.date, scan, notes, {})


@receive.command(
    "expiry",
    "MADE",
    label=T("Only the production date is given", "仅有生产日期"),
    when=lambda notes: bool(notes.get("shelf_life")),
    leads_to=["made"],
)
def only_made(scan: Scan, notes: Notes) -> Go:  # noqa: ARG001
    return Go("made")


class MadeInTheFuture(Refused):
    """A production date that has not come yet."""

    code = "made_later"
    sentence = T("{date} has not come yet", "{date} 还没到")
    advice = T("Check the label: is it the expiry date?", "请核对标签：是否为到期日？")


@receive.step("made", ask=T("Enter production date", "输入生产日期"), accepts=[Kind.EXPIRY], leads_to=["quantity"])
def scan_made(scan: Scan, notes: Notes) -> Go:
    assert scan.date is not None
    if scan.date > clock.today():
        raise MadeInTheFuture(date=scan.date)
    until = scan.date + dt.timedelta(days=notes["shelf_life"])
    return _dated(until, scan, notes, {"produced_on": scan.date.isoformat()})


def _as_announced(scan: Scan, notes: Notes, lot: str | None, until: dt.date | None) -> dict[str, Any]:
    """Whether the order announces this lot and date; another one is asked about, and then objected to."""
    if notes.get("objection") or "condition" in notes:
        return {}
    order = session.get_one(InboundOrder, notes["order"])
    try:
        filling.fitting(order, product_in_hand(notes), lot, until)
    except (filling.LotNotAnnounced, filling.ExpiryNotAnnounced) as other:
        if not scan.again and not notes.get("sure"):
            raise OtherLot(**{"given": lot, **other.facts}) from other
        return {"objection": K.WRONG_LOT.value}
    return {}


def _dated(until: dt.date, scan: Scan, notes: Notes, more: dict[str, Any]) -> Go:
    known = {**more, "expires_on": until.isoformat()}
    objected = notes.get("objection") or more.get("objection")
    if notes.get("condition") == Condition.DAMAGED.value or objected:
        return Go("quantity", notes=known)
    try:
        shelf_life.examine(product_in_hand(notes), notes["lot"], until)
    except (shelf_life.Expired, shelf_life.TooOld) as old:
        if not scan.again and not notes.get("sure"):
            doubt = HasExpired if isinstance(old, shelf_life.Expired) else KeepsTooShort
            raise doubt(why=old.said) from old
        return Go("quantity", notes={**known, "objection": K.TOO_OLD.value})
    return Go("quantity", notes={**known, **_as_announced(scan, notes, notes["lot"], until)})


def _enough(notes: Notes) -> int | None:
    """The total at which nothing more can be meant; where quantities are hidden, and where goods should not have come, nobody knows."""
    return None if notes.get("blind") or notes.get("objection") else notes.get("open")


def hardly_right(notes: Notes, total: int) -> Doubt | None:
    """What is doubtful about a total: more than may come in, or, where that is not known or not told, more than can come at once."""
    to_come = None if notes.get("blind") or notes.get("objection") else notes.get("open")
    if to_come is None or notes.get("condition"):
        return improbable(notes, total)
    if total <= to_come:
        return None
    order = session.get_one(InboundOrder, notes["order"])
    try:
        filling.shares(order, product_in_hand(notes), total, notes.get("lot"), day(notes), Condition.GOOD)
    except filling.OverReceipt as over:
        return TooMuch(many=many(total, notes), most=over.facts["most"], sku=notes["sku"])
    except Refused:  # asked about when the goods are booked
        return None
    return None


@receive.count(
    "quantity",
    ask=T("Count the goods", "清点数量"),
    product="product",
    complete_at=_enough,
    actions=by_packaging,
    help=mixed_help,
    hint=mixed_hint,
    doubt=hardly_right,
    leads_to=["product", "order", "aside", "surplus", "why", "cross"],
)
def counted(scan: Scan, notes: Notes) -> Go:
    return counted_in(notes, scan.quantity, scan)


def counted_in(notes: Notes, quantity: int, scan: Scan) -> Go:
    """So many were counted: what is wrong with them is asked, or they are taken in."""
    if notes.get("objection"):
        return Go("aside", notes={**_of_goods(notes), "quantity": quantity})
    if notes.get("condition") == Condition.DAMAGED.value:
        return Go("why", notes={**_of_goods(notes), "quantity": quantity})
    order = session.get_one(InboundOrder, notes["order"])
    try:
        filling.shares(order, product_in_hand(notes), quantity, notes.get("lot"), day(notes), Condition.GOOD)
    except filling.OverReceipt as over:
        most = int(over.facts["most"])
        if notes.get("blind"):
            return taken_in([part(notes, most, scan), part(notes, quantity - most, scan, over=True)], notes, scan)
        told = quantity > (notes.get("open") or 0) and scan.kind is Kind.QUANTITY
        if not (told or scan.again or notes.get("sure")):
            raise OneTooMany(**over.facts) from over
        return Go("surplus", notes={**_of_goods(notes), "quantity": quantity, "most": most})
    return wanted_elsewhere(notes, quantity, scan) or taken_in([part(notes, quantity, scan)], notes, scan)


def wanted_elsewhere(notes: Notes, quantity: int, scan: Scan) -> Go | None:
    """Where an order waits for these goods, it is shown with the place to take them to."""
    if "condition" in notes or notes.get("store"):
        return None
    demand = cross_dock.waiting(
        notes["order"],
        product_in_hand(notes),
        quantity,
        dock=session.get_one(Location, notes["dock"]),
        within=dt.timedelta(hours=current_app.config["WMS"].cross_dock_hours),
        lot=notes.get("lot"),
        expires_on=day(notes),
        by=scan.by,
    )
    if demand is None:
        return None
    shown = {
        "for_line": demand.line_id,
        "for_order": [demand.number, demand.customer],
        "for_due": demand.due_at.isoformat() if demand.due_at else None,
        "for_place": demand.place,
    }
    return Go("cross", notes={**_of_goods(notes), **shown, "quantity": demand.quantity, "rest": (quantity - demand.quantity) or None})


def _of_goods(notes: Notes) -> dict[str, Any]:
    """What a step learned of the goods in the same breath."""
    return {name: notes[name] for name in ("lot", "expires_on") if name in notes}
