"""The scanner at the dock: goods are received against an inbound order. What is wrong with them is told in `scan_objections`."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

from flask import current_app

from wms import clock
from wms.actor import Actor, Permission
from wms.catalog.gs1 import is_sscc, shown
from wms.catalog.models import Product, Tracking
from wms.catalog.units import in_unit
from wms.db import session
from wms.errors import NotFound, Refused
from wms.i18n import T, Text
from wms.locations.models import Location
from wms.orders import announced
from wms.orders.inbound import InboundUnknown, arrive, find_inbound
from wms.orders.models import CheckIn, DifferenceKind, InboundOrder, InboundStatus
from wms.receiving import arrivals, cross_dock, deliveries, dock_units, filling, outstanding, queries, shelf_life
from wms.receiving import check_in as receiving
from wms.receiving.models import Arrival, ArrivalStatus
from wms.receiving.screens import (
    GOODS,
    by_packaging,
    company_prefix,
    day,
    goods_facts,
    listed_skus,
    many,
    none_of,
    plate_label,
    product_in_hand,
    product_notes,
    quantity_fact,
    short_code,
)
from wms.scan.flow import Doubt, Fact, Flow, Go, Kind, Notes, Printed, Progress, Scan
from wms.scan.recognise import DocumentUnknown, NotRecognised
from wms.stock.models import Condition, HandlingUnit

UNDO = T("Undo", "撤销")
K = DifferenceKind


class NothingExpected(NotFound):
    """No delivery waits."""

    code = "nothing_expected"
    sentence = T("No delivery is expected now", "目前没有待收的到货")
    advice = T("Scan the number on a delivery paper", "请扫描送货单上的单号")


class Objection(Doubt):
    """Goods that should not come in: who scans them again means to set them aside or to turn them away."""

    tone = "stop"
    advice = T("Scan it again to set it aside or turn it away", "再扫一次，可另放或拒收")


class NothingOnVehicle(NotFound):
    """A vehicle whose orders are closed, or that was registered without any."""

    code = "nothing_on_vehicle"
    sentence = T("{number} brings no open order", "{number} 没有待收单据")
    advice = T("Scan the delivery paper, or have its order put on the vehicle", "请扫描送货单，或在车辆登记中补充单据")


class TakenBackElsewhere(Refused):
    """What left with an order comes back to it, in the batch in which it left."""

    code = "taken_back_elsewhere"
    sentence = T("{number} brings back goods of an order", "{number} 是订单退货")
    advice = T("Take it in under Return: {number}", "请在“退货”中办理：{number}")


class NotOrdered(Objection):
    """Nobody announced these goods."""

    code = "not_announced"
    sentence = filling.NotAnnounced.sentence


class NoMoreOrdered(Objection):
    """All of it came already."""

    code = "over_receipt"
    sentence = T("All of {sku} has come already", "{sku} 已全部收齐")


class TooMuch(Objection):
    """More than may come in."""

    code = "over_receipt"
    sentence = filling.OverReceipt.sentence
    advice = T(
        "At most {most} may come in. Enter {quantity} again to set the rest aside or turn it away",
        "最多可收 {most}。再次输入 {quantity}，可将多余部分另放或拒收",
    )


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


def _progress(notes: Notes) -> Progress | None:
    return Progress(notes["done"], notes["of"]) if notes.get("of") and not notes.get("blind") else None


def _receive_facts(notes: Notes) -> list[Fact]:
    facts = goods_facts(notes)
    if not facts:
        facts = [_waited_for(*line, hidden=bool(notes.get("blind"))) for line in notes.get("waits") or []]
        if notes.get("more"):
            facts.append(Fact(T("And", "另有"), T("{n} more lines" if notes["more"] > 1 else "{n} more line", "{n} 行", n=notes["more"])))
    if notes.get("open") is not None and not notes.get("blind"):
        facts.append(quantity_fact(T("Still to come", "待收"), notes["open"], notes.get("base_unit")))
    if notes.get("sscc"):
        facts.append(Fact(T("On", "载于"), short_code(notes["sscc"]), detail=T("the supplier's own number", "供应商箱托码")))
    if notes.get("dock_code"):
        facts.append(Fact(T("Into", "放到"), notes["dock_code"], detail=_condition(notes)))
    return facts


def _condition(notes: Notes) -> Text | None:
    if notes.get("objection"):
        return K(notes["objection"]).text
    return _CONDITIONS[notes["condition"]] if "condition" in notes else None


def _waited_for(sku: str, left: int, unit: str | None = None, *, hidden: bool = False) -> Fact:
    if hidden:
        return Fact(T("{sku}", "{sku}", sku=sku), T("count it", "请清点"))
    return Fact(T("{sku}", "{sku}", sku=sku), left, detail=in_unit(left, unit) if unit else None)


_CONDITIONS = {"damaged": T("Damaged", "残损")}
_NEXT_GOODS = {"DAMAGED": T("Goods are damaged", "货物残损")}
_GOOD_AGAIN = {"GOOD": T("Goods are sound", "货物完好")}

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


def _paper(number: str, by: Actor) -> InboundOrder | Arrival | None:
    """An inbound order, or the vehicle that brings some, by its number or its plate."""
    return _inbound(number, by) or arrivals.known(number, by=by)


def standing(order: InboundOrder) -> dict[str, Any]:
    """How far the order is, and what comes next."""
    found = queries.standing(order.id)
    blind = order.check_in == CheckIn.BLIND or None
    return {"done": found.done, "of": found.of, "waits": found.waits, "more": found.more, "blind": blind}


def _begin(order: InboundOrder, notes: Notes, by: Actor) -> Go:
    """To the dock when there are several and none is chosen yet, else to the goods."""
    if order.status == InboundStatus.CLOSED:
        raise deliveries.InboundClosed(number=order.number)
    if outstanding.announced_for(order, by=by) is not None:
        raise TakenBackElsewhere(number=order.number)
    chosen: dict[str, Any] = {"order": order.id, "number": order.number, **standing(order), **none_of(*GOODS, "condition")}
    if notes.get("arrival"):
        on_it = order.number in (notes.get("orders") or [])
        chosen |= {"arrival": notes["arrival"] if on_it else None, "orders": notes["orders"] if on_it else None}
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
    accepts=[Kind.DOCUMENT, Kind.HANDLING_UNIT],
    documents=_paper,
    new_units=True,
    facts=lambda notes: [Fact(T("On it", "随车单据"), number) for number in notes.get("orders") or []],
    hint=T("Paper or pallet", "单据、车牌或托盘"),
    leads_to=["dock", "product"],
    help=T(
        "Scan the purchase order or delivery note, the vehicle's number or plate, or an announced pallet",
        "扫描采购单、到货通知、车辆登记号或车牌，或已通知的托盘",
    ),
)
def scan_order(scan: Scan, notes: Notes) -> Go:
    if scan.kind is Kind.HANDLING_UNIT:
        return _plate_first(scan, notes)
    if isinstance(scan.document, Arrival):
        return _vehicle(scan.document, notes, scan.by)
    return _begin(scan.document, notes, scan.by)


def _vehicle(arrival: Arrival, notes: Notes, by: Actor) -> Go:
    """Whoever scans a vehicle's paper stands before it: it has come, and so have its orders."""
    if arrival.status == ArrivalStatus.PLANNED:
        arrivals.arrive(arrival.number, by=by)
    orders = [order for order in arrivals.orders_of(arrival) if order.status != InboundStatus.CLOSED]
    if not orders:
        raise NothingOnVehicle(number=arrival.number)
    chosen = {**_kept(notes), "arrival": arrival.id, "orders": [order.number for order in orders]}
    if len(orders) == 1:
        return _begin(orders[0], {**notes, **chosen}, by)
    said = T("{number} brings {n} orders", "{number} 送来 {n} 张单", number=arrival.number, n=len(orders))
    return Go("order", notes=chosen, say=said, detail=T("Scan the paper of the first", "请扫描其中一张单据"))


def _plate_first(scan: Scan, notes: Notes) -> Go:
    """A pallet that was announced says itself which delivery it belongs to."""
    if scan.found is None and not is_sscc(scan.value):
        raise DocumentUnknown(scanned=shown(scan.text))
    plate = announced.find(scan.value, by=scan.by)
    begun = _begin(session.get_one(InboundOrder, plate.order_id), notes, scan.by)
    if begun.step != "product":
        return begun
    return _whole_plate(scan, {**notes, **begun.notes})


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
    lost=T("Action: link a new barcode, or note that something is wrong", "在“操作”中关联新条码，或记录差异"),
    leads_to=["goods", "lot", "serial", "quantity", "dock", "order"],
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
        return _whole_plate(scan, notes) if announced.is_expected(scan.value, by=scan.by) else _on_supplier_unit(scan)
    return _goods_chosen(scan, notes)


def _whole_plate(scan: Scan, notes: Notes) -> Go:
    """One scan takes in all that was announced on it."""
    receipt = receiving.check_in_plate(
        notes["order"],
        scan.value,
        dock_id=notes["dock"],
        by=scan.by,
        key=scan.key,
        company_prefix=company_prefix(),
        arrival_id=notes.get("arrival"),
    )
    return plate_taken_in(receipt, notes)


def plate_taken_in(receipt: receiving.PlateReceipt, notes: Notes, *, printed: Sequence[Printed] = ()) -> Go:
    """The screen after several goods came in on one plate."""
    said = T(
        "Plate {code}: {n} pieces of {skus} received",
        "托盘 {code}：已收 {skus} 共 {n} 件",
        code=short_code(receipt.unit.code),
        n=receipt.quantity,
        skus=listed_skus([one.part.product.sku for one in receipt.booked]),
    )
    held = [one.condition for one in receipt.booked if one.condition is not Condition.GOOD]
    detail = T("Some of it waits for a decision", "部分货物待检或已冻结") if held else None
    after = {"undo": receipt.movement_ids, "unit": receipt.unit.id}
    order = receipt.order
    if order.status == InboundStatus.RECEIVED and not notes.get("blind"):
        detail = detail or T("{number} is complete", "{number} 已收齐", number=order.number)
        return Go(
            "order", notes={**_kept(notes), **after}, say=said, detail=detail, printed=[*printed, note_paper(order.number)], posted=True
        )
    notes_after = {**standing(order), **none_of(*GOODS, "condition"), **after}
    return Go("product", notes=notes_after, say=said, detail=detail, printed=printed, posted=True)


def _on_supplier_unit(scan: Scan) -> Go:
    """The supplier's label is as good as ours: goods are booked under its number."""
    if scan.found is None and not is_sscc(scan.value):
        raise NotRecognised(scanned=shown(scan.text))
    dock_units.may_stand_on(scan.value, by=scan.by, company_prefix=company_prefix())
    return Go("goods", notes={"sscc": scan.value}, say=T("Label {code} is taken", "使用标签 {code}", code=short_code(scan.value)))


@receive.step("goods", ask=T("Scan the goods on it", "扫描其上货物"), accepts=[Kind.PRODUCT], leads_to=["lot", "serial", "quantity"])
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
        if not sure and order.check_in != CheckIn.BLIND:
            raise NoMoreOrdered(**over.facts) from over
        known["objection"] = K.OVER.value
    if scan.gs1 is not None and scan.gs1.produced_on:
        known |= _made_on(scan.gs1.produced_on, product.shelf_life_days, has_date=bool(scan.gs1.last_day))
    tracking = Tracking(product.tracking)
    if tracking is Tracking.SERIAL:
        return Go("serial", notes=known)
    return Go("quantity" if tracking is Tracking.NONE else "lot", notes=known)


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
        notes=_kept(notes),
        say=T("{number} is set aside", "{number} 已放下", number=notes["number"]),
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
            raise doubt(why=T(old.say("en"), old.say("zh_CN"))) from old
        return Go("quantity", notes={**known, "objection": K.TOO_OLD.value})
    return Go("quantity", notes={**known, **_as_announced(scan, notes, notes["lot"], until)})


def _enough(notes: Notes) -> int | None:
    """The total at which nothing more can be meant; where quantities are hidden, and where goods should not have come, nobody knows."""
    return None if notes.get("blind") or notes.get("objection") else notes.get("open")


@receive.count(
    "quantity",
    ask=T("Count the goods", "清点数量"),
    product="product",
    complete_at=_enough,
    actions=by_packaging,
    help=T(
        "Type the quantity, also by packaging: 2 pallets + 3 cases + 4. Barcodes add one of their unit",
        "输入数量，也可按包装输入：2托 3箱 4件；扫描条码每次加一个单位",
    ),
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
        if not scan.again and not notes.get("sure"):
            raise TooMuch(**over.facts) from over
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


def part(
    notes: Notes,
    quantity: int,
    scan: Scan,
    *,
    over: bool = False,
    objection: DifferenceKind | None = None,
    reason: str | None = None,
) -> receiving.Receipt | None:
    """Takes in one part of the goods in hand; nothing where the part is nothing. `over` is what there is too much of."""
    if quantity == 0:
        return None
    return receiving.check_in(
        notes["order"],
        product_in_hand(notes),
        quantity,
        dock_id=notes["dock"],
        by=scan.by,
        key=f"{scan.key}:over" if over else scan.key,
        company_prefix=company_prefix(),
        lot=notes.get("lot"),
        expires_on=day(notes),
        produced_on=day(notes, "produced_on"),
        condition=Condition(notes.get("condition", Condition.GOOD.value)),
        unit_code=None if over else notes.get("sscc"),
        arrival_id=notes.get("arrival"),
        objection=K.OVER if over else objection,
        reason=reason,
    )


def taken_in(parts: Sequence[receiving.Receipt | None], notes: Notes, scan: Scan, *, turned_away: int = 0) -> Go:  # noqa: ARG001
    """The screen after goods were taken in, on one plate or two."""
    receipts = [one for one in parts if one is not None]
    last = receipts[-1]
    order, label = last.order, [plate_label(one.unit) for one in receipts if one.unit.code != notes.get("sscc")]
    said = T(
        "{many} of {sku} received, label {code}",
        "已收 {many} {sku}，标签 {code}",
        many=many(sum(one.quantity for one in receipts), notes),
        sku=notes["sku"],
        code=short_code(receipts[0].unit.code),
    )
    first_time = unmeasured(product_in_hand(notes))
    detail = what_follows(receipts, notes, turned_away) or (_MEASURE if first_time else None)
    after = {"undo": [one.movement_id for one in receipts], "unit": last.unit.id, "unmeasured": first_time}
    if order.status == InboundStatus.RECEIVED and not notes.get("blind"):
        whole = T("{number} is complete", "{number} 已收齐", number=order.number)
        return Go(
            "order",
            notes={**_kept(notes), **after},
            say=said,
            detail=detail or whole,
            printed=[*label, note_paper(order.number)],
            posted=True,
        )
    return Go(
        "product", notes={**standing(order), **none_of(*GOODS, "condition"), **after}, say=said, detail=detail, printed=label, posted=True
    )


_MEASURE = T("Nobody knows its weight and size yet", "该商品尚无重量和尺寸")


def unmeasured(product: Product) -> list[Any] | None:
    """A product that nobody has weighed or measured, as the next screens need it."""
    if product.weight_grams and product.volume_mm3:
        return None
    return [product.id, product.sku, [product.text.say("en"), product.text.say("zh_CN")]]


def what_follows(receipts: Sequence[receiving.Receipt], notes: Notes, turned_away: int) -> Text | None:
    """What the worker must know of goods that do not simply go to their place."""
    blocked = sum(one.quantity for one in receipts if one.condition is Condition.BLOCKED)
    if turned_away:
        return T("{many} go back with the truck", "{many} 随车退回", many=many(turned_away, notes))
    if blocked and not notes.get("blind"):
        return T("Blocked until somebody decides: {many}", "{many} 已冻结，等待处理", many=many(blocked, notes))
    if any(one.condition is Condition.INSPECTION for one in receipts):
        return T("They wait for inspection", "待检验")
    return None


KEPT = ("dock", "dock_code", "undo", "arrival", "orders")


def _kept(notes: Notes) -> dict[str, Any]:
    """The dock stays chosen from one delivery to the next, and the last receipt can be undone."""
    return {name: notes[name] for name in KEPT if name in notes}


def note_paper(number: str) -> Printed:
    """The goods received note."""
    return Printed.paper("goods-received-note", number, T("Goods received note", "入库单"))
