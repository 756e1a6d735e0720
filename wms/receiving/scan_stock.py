"""The scanner for goods that are moved by hand, and for whoever asks what a barcode is."""

from __future__ import annotations

from typing import Any

from wms.actor import Actor, Permission
from wms.catalog.models import Product, Tracking
from wms.db import session
from wms.errors import NotFound, Refused
from wms.i18n import T, Text
from wms.locations.models import Location
from wms.numbers import document_number
from wms.printing.models import Takes
from wms.receiving import inquiries, moves, putaway, queries
from wms.receiving.scan_putaway import OtherGoods
from wms.receiving.screens import goods_facts, many, mixed_hint, none_of, place_named, product_in_hand, product_notes, quantity_fact
from wms.scan.flow import Fact, Flow, Go, Kind, Notes, Printed, Scan
from wms.scan.given import because
from wms.scan.stationed import asks_where_to_print
from wms.stock.models import Condition, HandlingUnit
from wms.stock.operations import move_goods
from wms.tasks import queue
from wms.tasks.models import Task, TaskKind

# == move ======================================================================================================================


class NothingHere(Refused):
    """Nothing free of it lies at the source."""

    code = "not_enough"
    sentence = T("No {sku} is free at {location}", "{location} 没有可用的 {sku}")
    advice = T("Scan another product or another location", "请扫描其他商品或库位")


class LotNotHere(Refused):
    """The lot does not lie at the source."""

    code = "lot_not_here"
    sentence = T("Lot {lot} of {sku} is not free at {location}", "{location} 没有可用的 {sku} 批号 {lot}")
    advice = T("Free lots: {known}", "可用批号：{known}")


class NothingToPutBack(NotFound):
    """No goods of cancelled orders wait."""

    code = "no_work"
    sentence = T("Nothing waits to be put back", "没有待回库的货物")
    advice = T("Scan the location or pallet that you want to move from", "请扫描要移出的库位或托盘")


def _facts(notes: Notes) -> list[Fact]:
    facts = goods_facts(notes)
    if notes.get("from"):
        facts.insert(0, Fact(T("From", "从"), notes["from"], detail=notes.get("plate")))
    if notes.get("quantity"):
        facts.append(quantity_fact(T("Quantity", "数量"), notes["quantity"], notes.get("base_unit")))
    elif notes.get("free"):
        facts.append(quantity_fact(T("Free", "可用"), notes["free"], notes.get("base_unit")))
    if notes.get("why"):
        facts.append(Fact(T("Reason", "推荐理由"), T(notes["why"][0], notes["why"][1])))
    return facts


moving = Flow(
    "move",
    title=T("Move", "移库"),
    needs=Permission.MOVE_STOCK,
    document=lambda notes: notes.get("document") or notes.get("note"),
    facts=_facts,
    prints=Takes.PAPERS,
)


@moving.step(
    "source",
    ask=T("Scan the source or a pallet", "扫描源库位或托盘"),
    accepts=[Kind.LOCATION, Kind.HANDLING_UNIT],
    leads_to=["product", "target"],
)
def scan_source(scan: Scan, notes: Notes) -> Go:
    kept = {"note": notes.get("note")}
    if scan.kind is Kind.LOCATION:
        return Go("product", notes={**kept, "from": scan.value, "source": scan.location.id})
    unit = scan.handling_unit
    place = session.get_one(Location, unit.location_id)
    return Go("target", notes={**kept, "unit": unit.id, "plate": unit.code, "from": place.code})


asks_where_to_print(moving)


@moving.command("source", "NEXT", label=T("Put goods back", "回库任务"), leads_to=["back"])
def next_put_back(scan: Scan, notes: Notes) -> Go:
    task = putaway.next_for(by=scan.by, kinds=[TaskKind.PUT_BACK])
    if task is None:
        raise NothingToPutBack
    return because(task, Go("back", notes={"note": notes.get("note"), **queries.task_notes(task)}))


def _goes_back(notes: Notes) -> str:
    """What is scanned before it is driven away: a carton that goes back whole by its number, else the piece."""
    wanted: str = notes["sku"] if notes.get("pieces") else notes["plate"]
    return wanted


@moving.step(
    "back",
    ask=lambda notes: T("Scan the goods", "扫描货物") if notes.get("pieces") else T("Scan the carton", "扫描箱"),
    accepts=[Kind.PRODUCT, Kind.HANDLING_UNIT],
    expected=_goes_back,
    help=T("What goes back is scanned and counted before its place", "回库前先扫描货物并清点，再扫描库位"),
    leads_to=["back_count", "target"],
)
def scan_what_goes_back(scan: Scan, notes: Notes) -> Go:
    code = scan.product.sku if scan.kind is Kind.PRODUCT else scan.value
    if code != _goes_back(notes):
        raise OtherGoods(scanned=scan.value, expected=_goes_back(notes), place=notes["from"])
    if notes.get("pieces") and notes["quantity"] > 1:
        return Go("back_count", notes={"most": notes["quantity"]}, counted=scan.quantity)
    return Go("target")


@moving.count("back_count", ask=T("Count what goes back", "清点回库数量"), product="product", expected="most", leads_to=["target"])
def counted_back(scan: Scan, notes: Notes) -> Go:
    return Go("target", notes={"quantity": scan.quantity, "part": scan.quantity < notes["most"] or None})


@moving.command("source", "DONE", label=T("Print the transfer note", "打印调拨单"), when=lambda notes: "note" in notes)
def note_done(scan: Scan, notes: Notes) -> Go:  # noqa: ARG001
    paper = Printed.paper("transfer-note", notes["note"], T("Transfer note", "调拨单"))
    return Go("source", say=T("{number} is closed", "{number} 已完成", number=notes["note"]), printed=[paper])


@moving.step(
    "product", ask=T("Scan the goods", "扫描货物"), accepts=[Kind.PRODUCT, Kind.HANDLING_UNIT], leads_to=["lot", "quantity", "target"]
)
def scan_product(scan: Scan, notes: Notes) -> Go:
    if scan.kind is Kind.HANDLING_UNIT:
        place = session.get_one(Location, scan.handling_unit.location_id)
        return Go("target", notes={"unit": scan.handling_unit.id, "plate": scan.value, "from": place.code})
    lots = moves.lots_at(scan.product, notes["source"])
    if not lots:
        raise NothingHere(sku=scan.product.sku, location=notes["from"])
    known = {**product_notes(scan.product), **none_of("lot", "expires_on", "quantity")}
    if scan.product.tracking != Tracking.NONE and len(lots) > 1:
        return Go("lot", notes=known)
    return Go("quantity", notes={**known, **_chosen(scan.product, lots)})


def _chosen(product: Product, lots: list[tuple[str, str, int]]) -> dict[str, Any]:
    """The lot to move, its condition, and how much of it is free; good goods before others."""
    lot, condition, _ = next((one for one in lots if one[1] == Condition.GOOD), lots[0])
    tracked = product.tracking != Tracking.NONE
    free = sum(free for one, state, free in lots if state == condition and (not tracked or one == lot))
    return {"lot": lot if tracked else None, "condition": condition, "free": free}


@moving.step("lot", ask=T("Scan the lot", "扫描批号"), accepts=[Kind.LOT], product="product", leads_to=["quantity"])
def scan_lot(scan: Scan, notes: Notes) -> Go:
    product = product_in_hand(notes)
    lots = moves.lots_at(product, notes["source"])
    of_lot = [one for one in lots if one[0].casefold() == scan.value.casefold()]
    if not of_lot:
        known = ", ".join(dict.fromkeys(one[0] for one in lots))
        raise LotNotHere(lot=scan.value, sku=product.sku, location=notes["from"], known=known)
    return Go("quantity", notes=_chosen(product, of_lot))


@moving.count("quantity", ask=T("Count the goods", "清点移动数量"), product="product", hint=mixed_hint, leads_to=["target"])
def counted(scan: Scan, notes: Notes) -> Go:
    if scan.quantity > notes["free"]:
        raise MoreThanFree(free=notes["free"], sku=notes["sku"], location=notes["from"], wanted=scan.quantity)
    return Go("target", notes={"quantity": scan.quantity})


class MoreThanFree(Refused):
    """More than is free at the source."""

    code = "not_enough"
    sentence = T("Only {free} of {sku} are free at {location}, not {wanted}", "{location} 的 {sku} 可用 {free}，不足 {wanted}")
    advice = T("Count again, or take it from another location", "请重新清点，或从其他库位取货")


def _into(notes: Notes) -> Text:
    return T("Put it in", "放入") if notes.get("bin") else T("Scan the target location", "扫描目标库位")


@moving.step("target", ask=_into, accepts=[Kind.LOCATION], expected="bin", leads_to=["source"])
def scan_target(scan: Scan, notes: Notes) -> Go:
    note, rest = notes.get("note") or document_number("T"), None
    if "task" in notes:
        with place_named(notes):
            part = notes["quantity"] if notes.get("part") else None
            stored = putaway.put_away(notes["task"], scan.location.id, by=scan.by, key=scan.key, epoch=notes["epoch"], quantity=part)
        what: Text | str = _goods(stored.quantity, notes)
        if stored.rest:
            queue.give_back(stored.task.id, by=scan.by)
            rest = T(
                "{rest} still lie at {place}: that work waits",
                "还有 {rest} 在 {place}，任务保留",
                rest=many(stored.rest, notes),
                place=notes["from"],
            )
    elif "unit" in notes:
        moves.move_plate(session.get_one(HandlingUnit, notes["unit"]), scan.location.id, by=scan.by, key=scan.key, document=note)
        what = notes["plate"]
    else:
        move_goods(
            notes["sku"],
            notes["quantity"],
            notes["from"],
            scan.value,
            by=scan.by,
            key=scan.key,
            lot=notes.get("lot"),
            condition=Condition(notes["condition"]),
            document=note,
        )
        what = _goods(notes["quantity"], notes)
    kept = notes.get("note") if "task" in notes else note
    said = T("{what} → {bin}", "{what} → {bin}", what=what, bin=scan.value)
    return Go("source", notes={"note": kept} if kept else {}, say=said, detail=rest, posted=True)


def _goods(quantity: int, notes: Notes) -> Text:
    return T("{many} of {sku}", "{many} {sku}", many=many(quantity, notes), sku=notes["sku"])


@moving.command("target", "FULL", label=T("Location full", "库位已满"), when=lambda notes: bool(notes.get("bin")))
def target_full(scan: Scan, notes: Notes) -> Go:
    task = putaway.aim_again(queue.claim(notes["task"], by=scan.by), by=scan.by, avoid=notes["bin_id"])
    found = queries.task_notes(task)
    counted = {"quantity": notes["quantity"]} if notes.get("part") else {}
    return Go("target", notes={**found, **counted}, tone="ask", say=T("Another location", "已换库位"))


@moving.on_leave
def leave_move(scan: Scan, notes: Notes) -> None:
    if "task" in notes:
        task = session.get(Task, notes["task"])
        if task is not None and task.person_id == scan.by.id:
            queue.give_back(task.id, by=scan.by)


# == inquire ===================================================================================================================

inquire = Flow(
    "inquire",
    title=T("Look up", "查询"),
    needs=Permission.SEE_STOCK,
    document="code",
    facts=lambda notes: inquiries.facts(notes),
)


def _anything(number: str, by: Actor) -> Any:
    return inquiries.document(number, by=by)


@inquire.step(
    "what",
    ask=T("Scan anything", "扫描任意条码"),
    accepts=[Kind.LOCATION, Kind.PRODUCT, Kind.HANDLING_UNIT, Kind.DOCUMENT],
    documents=_anything,
    hint=T("Scan anything", "扫描任意条码"),
    help=T("Scan a location, a product, a pallet, carton or tote, or a document", "可扫描库位、商品、托盘、箱、周转箱或单据"),
)
def scan_anything(scan: Scan, notes: Notes) -> Go:  # noqa: ARG001
    found: dict[str, Any] = {"kind": scan.kind.value, "code": scan.value, "site": scan.by.site_id}
    if scan.kind is Kind.DOCUMENT:
        found.update(code=scan.document.number, is_order=inquiries.is_order(scan.document), id=scan.document.id)
    else:
        found["id"] = scan.found.id
    if scan.gs1 is not None and scan.gs1.lot:
        found["lot"] = scan.gs1.lot
    return Go("what", notes=found)


_LABELS = {
    "location": T("Location label", "库位标签"),
    "product": T("Product label", "商品标签"),
    "handling_unit": T("Unit label", "货物单元标签"),
}


@inquire.command("what", "PRINT", label=T("Print its label", "打印标签"), when=lambda notes: notes.get("kind") in _LABELS)
def print_label(scan: Scan, notes: Notes) -> Go:  # noqa: ARG001
    kind = notes["kind"]
    label = Printed.tag(kind.replace("_", "-"), notes["code"], _LABELS[kind])
    return Go("what", notes=notes, say=T("Label of {code}", "标签 {code}", code=notes["code"]), printed=[label])
