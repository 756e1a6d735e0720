"""The scanner at the dock: receive against an inbound order, and put away."""

from __future__ import annotations

import datetime as dt
from typing import Any

from wms.actor import Actor, Permission
from wms.catalog.gs1 import is_sscc, shown
from wms.catalog.models import Tracking
from wms.catalog.units import in_unit
from wms.db import session
from wms.errors import NotFound
from wms.i18n import T, Text
from wms.locations.models import Location
from wms.orders.inbound import InboundUnknown, arrive, find_inbound
from wms.orders.models import InboundOrder, InboundStatus
from wms.receiving import check_in as receiving
from wms.receiving import deliveries, inquiries, putaway, queries
from wms.receiving.scan_returns import returns
from wms.receiving.scan_stock import inquire, moving
from wms.receiving.screens import (
    GOODS,
    company_prefix,
    day,
    goods_facts,
    many,
    none_of,
    place_named,
    plate_label,
    product_in_hand,
    product_notes,
    quantity_fact,
    short_code,
)
from wms.scan.flow import Doubt, Fact, Flow, Go, Kind, Notes, Printed, Progress, Scan
from wms.scan.recognise import NotRecognised
from wms.stock.models import Condition, HandlingUnit
from wms.tasks import queue
from wms.tasks.models import Task, TaskKind

__all__ = ["inquire", "moving", "putting_away", "receive", "returns"]

UNDO = T("Undo", "撤销")


# == receive ===================================================================================================================


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


# == putaway ===================================================================================================================


class AnotherBin(Doubt):
    """Not the suggested place; it fits there too."""

    code = "another_location"
    sentence = T("{bin} was suggested, not {scanned}", "建议库位是 {bin}，不是 {scanned}")
    advice = T("Scan {scanned} again to put it there all the same", "再扫一次 {scanned} 即放在此处")


class NoWork(NotFound):
    """Nothing waits."""

    code = "no_work"
    sentence = T("Nothing waits to be put away", "没有待上架的货物")
    advice = T("Scan a pallet or a dock, or choose other work", "请扫描托盘或月台，或选择其他作业")


def _putaway_facts(notes: Notes) -> list[Fact]:
    facts = goods_facts(notes)
    if notes.get("from"):
        facts.insert(0, Fact(T("From", "从"), notes["from"], detail=notes.get("plate")))
    if notes.get("quantity"):
        facts.append(quantity_fact(T("Quantity", "数量"), notes["quantity"], notes.get("base_unit")))
    if notes.get("why"):
        facts.append(Fact(T("Reason", "推荐理由"), T(notes["why"][0], notes["why"][1])))
    return facts


putting_away = Flow(
    "putaway",
    title=T("Put away", "上架"),
    needs=Permission.PUT_AWAY,
    document="document",
    facts=_putaway_facts,
    waiting=lambda by: queries.tasks_waiting(TaskKind.PUTAWAY, TaskKind.PUT_BACK, by=by),
)


def _work(task: Task) -> Go:
    """The screen of a claimed task."""
    return Go("bin", notes=queries.task_notes(task))


@putting_away.step(
    "unit",
    ask=T("Scan a pallet, a dock or goods", "扫描托盘、月台或货物"),
    accepts=[Kind.HANDLING_UNIT, Kind.PRODUCT, Kind.LOCATION, Kind.DOCUMENT],
    documents=lambda number, by: inquiries.document(number, by=by),
    help=T(
        "Scan a pallet, a dock, goods, a delivery, or a cancelled order whose goods are put back",
        "可扫描托盘、月台、货物、到货单，或货物待回库的已取消订单",
    ),
    leads_to=["bin"],
)
def scan_goods(scan: Scan, notes: Notes) -> Go:  # noqa: ARG001
    if scan.kind is Kind.HANDLING_UNIT:
        return _work(putaway.claim_unit(scan.handling_unit, by=scan.by))
    if scan.kind is Kind.PRODUCT:
        return _work(putaway.claim_product(scan.product, by=scan.by))
    if scan.kind is Kind.DOCUMENT:
        return _work(putaway.claim_document(scan.document.number, by=scan.by))
    return _work(putaway.claim_at(scan.location, by=scan.by))


@putting_away.command("unit", "NEXT", label=T("Get work", "领取任务"), leads_to=["bin"])
def next_putaway(scan: Scan, notes: Notes) -> Go:  # noqa: ARG001
    task = putaway.next_for(by=scan.by)
    if task is None:
        raise NoWork
    return _work(task)


@putting_away.command("unit", "UNDO", label=UNDO, when=lambda notes: "undo" in notes, leads_to=["bin"])
def undo_putaway(scan: Scan, notes: Notes) -> Go:
    task = putaway.undo_put_away(notes["undo"], by=scan.by, key=scan.key)
    went = _work(task)
    return Go(
        "bin",
        notes=went.notes,
        say=T("Undone: bring the goods back to {place}", "已撤销：请把货物放回 {place}", place=went.notes["from"]),
        posted=True,
    )


def _where(notes: Notes) -> Text:
    return T("Put it in", "放入") if notes.get("bin") else T("Choose a location for it", "请选择库位放入")


@putting_away.step("bin", ask=_where, accepts=[Kind.LOCATION], expected="bin", leads_to=["unit", "bin"])
def scan_bin(scan: Scan, notes: Notes) -> Go:
    part = notes["quantity"] if notes.get("part") else None
    with place_named(notes):
        stored = putaway.put_away(notes["task"], scan.location.id, by=scan.by, key=scan.key, epoch=notes["epoch"], quantity=part)
    if notes.get("bin") and scan.value != notes["bin"] and not scan.again:
        raise AnotherBin(bin=notes["bin"], scanned=scan.value)  # it would have fitted: this is rolled back and asked about
    said = T(
        "{many} of {sku} stored in {bin}", "{many} {sku} 已放入 {bin}", many=many(stored.quantity, notes), sku=notes["sku"], bin=scan.value
    )
    if stored.rest:
        rest = T("{rest} are left", "还剩 {rest}", rest=many(stored.rest, notes))
        return Go("bin", notes={"part": None, **queries.task_notes(stored.task)}, say=said, detail=rest, posted=True)
    return Go("unit", notes={"undo": stored.movement_id}, say=said, posted=True)


@putting_away.command("bin", "FULL", label=T("Location full", "库位已满"), when=lambda notes: bool(notes.get("bin")))
def bin_full(scan: Scan, notes: Notes) -> Go:
    task = putaway.aim_again(queue.claim(notes["task"], by=scan.by), by=scan.by, avoid=notes["bin_id"])
    found = queries.task_notes(task)
    said = T("Take it to {bin} instead", "请改放 {bin}", bin=found["bin"]) if found["bin"] else T("Nothing else fits", "没有其他合适的库位")
    return Go("bin", notes=found, say=said, tone="ask")


@putting_away.command("bin", "SHORT", label=T("Put away a part", "只放一部分"), leads_to=["quantity"])
def put_a_part(scan: Scan, notes: Notes) -> Go:  # noqa: ARG001
    return Go("quantity", notes={"most": notes["quantity"]})


@putting_away.command("bin", "SKIP", label=T("Skip", "跳过"), leads_to=["unit"])
def skip(scan: Scan, notes: Notes) -> Go:
    queue.give_back(notes["task"], by=scan.by)
    return Go("unit", say=T("Left for later", "稍后处理"), tone="calm")


@putting_away.count("quantity", ask=T("Count what goes in", "清点放入数量"), product="product", expected="most", leads_to=["bin"])
def part_counted(scan: Scan, notes: Notes) -> Go:  # noqa: ARG001
    return Go("bin", notes={"quantity": scan.quantity, "part": True})


@putting_away.on_leave
def leave_putaway(scan: Scan, notes: Notes) -> None:
    if "task" in notes:
        queue.give_back(notes["task"], by=scan.by)
