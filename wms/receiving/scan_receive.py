"""The scanner at the dock: goods are received against an inbound order."""

from __future__ import annotations

import datetime as dt
from typing import Any

from wms.actor import Actor, Permission
from wms.catalog.gs1 import is_sscc, shown
from wms.catalog.models import Tracking
from wms.catalog.units import in_unit
from wms.db import session
from wms.errors import NotFound
from wms.i18n import T
from wms.locations.models import Location
from wms.orders.inbound import InboundUnknown, arrive, find_inbound
from wms.orders.models import InboundOrder, InboundStatus
from wms.receiving import check_in as receiving
from wms.receiving import deliveries, queries
from wms.receiving.screens import (
    GOODS,
    company_prefix,
    day,
    goods_facts,
    many,
    none_of,
    plate_label,
    product_in_hand,
    product_notes,
    quantity_fact,
    short_code,
)
from wms.scan.flow import Fact, Flow, Go, Kind, Notes, Printed, Progress, Scan
from wms.scan.recognise import NotRecognised
from wms.stock.models import Condition, HandlingUnit

UNDO = T("Undo", "撤销")


class NothingExpected(NotFound):
    """No delivery waits."""

    code = "nothing_expected"
    sentence = T("No delivery is expected now", "目前没有待收的到货")
    advice = T("Scan the number on a delivery paper", "请扫描送货单上的单号")


def _progress(notes: Notes) -> Progress | None:
    return Progress(notes["done"], notes["of"]) if notes.get("of") else None


def _receive_facts(notes: Notes) -> list[Fact]:
    facts = goods_facts(notes)
    if not facts:
        facts = [_waited_for(*line) for line in notes.get("waits") or []]
        if notes.get("more"):
            facts.append(Fact(T("And", "另有"), T("{n} more lines", "{n} 行", n=notes["more"])))
    if notes.get("open") is not None:
        facts.append(quantity_fact(T("Still to come", "待收"), notes["open"], notes.get("base_unit")))
    if notes.get("sscc"):
        facts.append(Fact(T("On", "载于"), short_code(notes["sscc"]), detail=T("the supplier's own number", "供应商箱托码")))
    if notes.get("dock_code"):
        facts.append(Fact(T("Into", "放到"), notes["dock_code"], detail=_CONDITIONS[notes["condition"]] if "condition" in notes else None))
    return facts


def _waited_for(sku: str, left: int, unit: str | None = None) -> Fact:
    return Fact(T("{sku}", "{sku}", sku=sku), left, detail=in_unit(left, unit) if unit else None)


_CONDITIONS = {"damaged": T("Damaged", "残损")}
_NEXT_GOODS = {"DAMAGED": T("The next goods are damaged", "接下来是残损货物")}
_GOOD_AGAIN = {"GOOD": T("The next goods are good", "接下来是完好货物")}

receive = Flow(
    "receive",
    title=T("Receive", "收货"),
    needs=Permission.RECEIVE,
    document="number",
    facts=_receive_facts,
    progress=_progress,
    waiting=queries.deliveries_waiting,
)


def _inbound(number: str, by: Actor) -> InboundOrder | None:
    try:
        return find_inbound(number, by=by)
    except InboundUnknown:
        return None


def _standing(order: InboundOrder) -> dict[str, Any]:
    """How far the order is, and what comes next."""
    done = sum(deliveries.accepted(line) >= line.expected for line in order.lines)
    waits, more = queries.still_to_come(order)
    return {"done": done, "of": len(order.lines), "waits": waits, "more": more}


def _begin(order: InboundOrder, notes: Notes, by: Actor) -> Go:
    """To the dock when there are several and none is chosen yet, else to the goods."""
    if order.status == InboundStatus.CLOSED:
        raise deliveries.InboundClosed(number=order.number)
    chosen: dict[str, Any] = {"order": order.id, "number": order.number, **_standing(order), **none_of(*GOODS, "condition")}
    docks = [] if "dock" in notes else queries.docks(by=by)
    if "dock" not in notes and len(docks) != 1:
        return Go("dock", notes={**chosen, "docks": [dock.code for dock in docks]})
    if order.status == InboundStatus.ANNOUNCED:
        arrive(order.number, by=by)  # whoever scans its paper stands before it
    at_dock = {"dock": docks[0].id, "dock_code": docks[0].code} if docks else {}
    return Go("product", notes={**chosen, **at_dock})


@receive.step(
    "order",
    ask=T("Scan the delivery paper", "扫描送货单"),
    accepts=[Kind.DOCUMENT],
    documents=_inbound,
    leads_to=["dock", "product"],
    help=T("Scan the number of the purchase order or delivery note", "扫描采购单或到货通知的单号"),
)
def scan_order(scan: Scan, notes: Notes) -> Go:
    return _begin(scan.document, notes, scan.by)


@receive.command("order", "NEXT", label=T("The delivery that is due", "到期的到货"), leads_to=["dock", "product"])
def next_order(scan: Scan, notes: Notes) -> Go:
    order = queries.next_delivery(by=scan.by)
    if order is None:
        raise NothingExpected
    return _begin(order, notes, scan.by)


_DOCKS_SHOWN = 6


def _docks(notes: Notes) -> list[Fact]:
    codes = notes.get("docks") or []
    more = T("and {n} more", "另有 {n} 个", n=len(codes) - _DOCKS_SHOWN) if len(codes) > _DOCKS_SHOWN else None
    return [Fact(T("Docks", "月台"), ", ".join(codes[:_DOCKS_SHOWN]), detail=more)]


@receive.step(
    "dock",
    ask=T("Scan the dock", "扫描收货月台"),
    accepts=[Kind.LOCATION],
    leads_to=["product"],
    facts=_docks,
    help=lambda notes: T("Scan the dock where the goods stand: {docks}", "扫描货物所在的月台：{docks}", docks=_docks(notes)[0].value),
)
def scan_dock(scan: Scan, notes: Notes) -> Go:
    at_dock = _at_dock(scan.location)
    arrive(notes["number"], by=scan.by)
    return Go("product", notes=at_dock)


def _at_dock(location: Location) -> dict[str, Any]:
    receiving.must_be_dock(location)
    return {"dock": location.id, "dock_code": location.code, "docks": None}


@receive.step(
    "product",
    ask=T("Scan the goods", "扫描货物"),
    accepts=[Kind.PRODUCT, Kind.DOCUMENT, Kind.LOCATION, Kind.REASON, Kind.HANDLING_UNIT],
    documents=_inbound,
    new_units=True,
    reasons=lambda notes: _GOOD_AGAIN if "condition" in notes else _NEXT_GOODS,
    hint=T("Goods, pallet, paper", "商品、托盘或单据"),
    leads_to=["goods", "lot", "serial", "quantity", "dock"],
    help=T(
        "One GS1 scan fills lot, date and quantity. Another order or dock may be scanned too",
        "扫一次 GS1 码即填好批号、效期和数量；也可扫描其他单据或月台",
    ),
)
def scan_product(scan: Scan, notes: Notes) -> Go:
    if scan.kind is Kind.DOCUMENT:
        return _begin(scan.document, notes, scan.by)
    if scan.kind is Kind.LOCATION:
        return Go("product", notes=_at_dock(scan.location), say=T("Dock {dock}", "月台 {dock}", dock=scan.value))
    if scan.kind is Kind.REASON:
        damaged = Condition.DAMAGED.value if scan.value == "DAMAGED" else None
        return Go(
            "product", notes={"condition": damaged}, say={**_NEXT_GOODS, **_GOOD_AGAIN}[scan.value], tone="ask" if damaged else "good"
        )
    if scan.kind is Kind.HANDLING_UNIT:
        return _on_supplier_unit(scan)
    return _goods_chosen(scan, notes)


def _on_supplier_unit(scan: Scan) -> Go:
    """The supplier's label is as good as ours: goods are booked under its number."""
    if scan.found is None and not is_sscc(scan.value):
        raise NotRecognised(scanned=shown(scan.text))
    receiving.may_stand_on(scan.value, by=scan.by, company_prefix=company_prefix())
    return Go("goods", notes={"sscc": scan.value}, say=T("Label {code} is taken", "使用标签 {code}", code=short_code(scan.value)))


@receive.step("goods", ask=T("Scan the goods on it", "扫描其上货物"), accepts=[Kind.PRODUCT], leads_to=["lot", "serial", "quantity"])
def scan_goods_on_unit(scan: Scan, notes: Notes) -> Go:
    return _goods_chosen(scan, notes)


def _goods_chosen(scan: Scan, notes: Notes) -> Go:
    order = session.get_one(InboundOrder, notes["order"])
    product = scan.product
    receiving.expects(order, product)
    known = {**product_notes(product), "open": receiving.open_quantity(order, product.id) or None, **none_of("lot", "expires_on")}
    if scan.gs1 is not None and scan.gs1.produced_on and not scan.gs1.last_day and product.shelf_life_days:
        known["made"] = (scan.gs1.produced_on + dt.timedelta(days=product.shelf_life_days)).isoformat()
    tracking = Tracking(product.tracking)
    if tracking is Tracking.SERIAL:
        return Go("serial", notes=known)
    return Go("quantity" if tracking is Tracking.NONE else "lot", notes=known)


@receive.command("product", "DONE", label=T("Delivery done", "本单收完"), leads_to=["order"])
def delivery_done(scan: Scan, notes: Notes) -> Go:  # noqa: ARG001
    return Go(
        "order",
        notes=_kept(notes),
        say=T("{number} is set aside", "{number} 已放下", number=notes["number"]),
        printed=[_note(notes["number"])],
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
    if "order" not in notes:
        return Go("order", notes={name: notes[name] for name in ("dock", "dock_code") if name in notes}, say=said)
    order = session.get_one(InboundOrder, notes["order"])
    return Go("product", notes={**_standing(order), **none_of("undo", "unit", *GOODS)}, say=said, posted=True)


@receive.step("lot", ask=T("Scan the lot", "扫描批号"), accepts=[Kind.LOT], product="product", leads_to=["expiry", "quantity"])
def scan_lot(scan: Scan, notes: Notes) -> Go:
    known: dict[str, Any] = {"lot": scan.value}
    if notes["tracking"] != Tracking.EXPIRY:
        return Go("quantity", notes=known)
    if notes.get("made"):
        return _dated(dt.date.fromisoformat(notes["made"]), {**notes, **known}, {**known, "made": None})
    return Go("expiry", notes=known)


@receive.step(
    "serial", ask=T("Scan the serial number", "扫描序列号"), accepts=[Kind.SERIAL], product="product", leads_to=["product", "order"]
)
def scan_serial(scan: Scan, notes: Notes) -> Go:
    return _take_in({**notes, "lot": scan.value}, 1, scan)


@receive.step("expiry", ask=T("Enter expiry date", "输入到期日"), accepts=[Kind.EXPIRY], product="product", leads_to=["quantity"])
def scan_expiry(scan: Scan, notes: Notes) -> Go:
    assert scan.date is not None
    return _dated(scan.date, notes, {})


def _dated(until: dt.date, notes: Notes, more: dict[str, Any]) -> Go:
    if notes.get("condition") != Condition.DAMAGED.value:
        receiving.refuse_expired(product_in_hand(notes), notes["lot"], until)
    return Go("quantity", notes={**more, "expires_on": until.isoformat()})


@receive.count("quantity", ask=T("Count the goods", "清点数量"), product="product", complete_at="open", leads_to=["product", "order"])
def counted(scan: Scan, notes: Notes) -> Go:
    return _take_in(notes, scan.quantity, scan)


def _take_in(notes: Notes, quantity: int, scan: Scan) -> Go:
    receipt = receiving.check_in(
        notes["order"],
        product_in_hand(notes),
        quantity,
        dock_id=notes["dock"],
        by=scan.by,
        key=scan.key,
        company_prefix=company_prefix(),
        lot=notes.get("lot"),
        expires_on=day(notes),
        condition=Condition(notes.get("condition", Condition.GOOD.value)),
        unit_code=notes.get("sscc"),
    )
    said = T(
        "{many} of {sku} received, label {code}", "已收 {many} {sku}，标签 {code}", many=many(quantity, notes), sku=notes["sku"],
        code=short_code(receipt.unit.code),
    )  # fmt: skip
    after = {"undo": receipt.movement_id, "unit": receipt.unit.id}
    label = [] if notes.get("sscc") else [plate_label(receipt.unit)]  # the supplier's is on it
    if receipt.order.status == InboundStatus.RECEIVED:
        whole = T("{number} is complete", "{number} 已收齐", number=receipt.order.number)
        printed = [*label, _note(receipt.order.number)]
        return Go("order", notes={**_kept(notes), **after}, say=said, detail=whole, printed=printed, posted=True)
    notes_after = {**_standing(receipt.order), **none_of(*GOODS, "condition"), **after}
    return Go("product", notes=notes_after, say=said, printed=label, posted=True)


def _kept(notes: Notes) -> dict[str, Any]:
    """The dock stays chosen from one delivery to the next, and the last receipt can be undone."""
    return {name: notes[name] for name in ("dock", "dock_code", "undo") if name in notes}


def _note(number: str) -> Printed:
    return Printed.paper("goods-received-note", number, T("Goods received note", "入库单"))
