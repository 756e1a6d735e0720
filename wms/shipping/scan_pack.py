"""The scanner at the packing bench: every piece is checked again on its way into a carton."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from flask import current_app

from wms.actor import Actor, Permission
from wms.catalog.models import Partner
from wms.catalog.units import in_unit
from wms.db import session
from wms.errors import NotFound, Refused
from wms.i18n import T
from wms.orders.models import Order
from wms.scan.flow import Action, Doubt, Fact, Flow, Go, Kind, Notes, Printed, Scan
from wms.scan.given import because
from wms.shipping import cartons, found, packing, shipments, shortages, waiting
from wms.shipping.found import progress
from wms.shipping.words import tail
from wms.stock import handling_units
from wms.stock.models import HandlingUnit


class NothingAtTheBench(NotFound):
    """No picked order waits."""

    code = "no_work"
    sentence = T("No order waits for packing", "没有待打包的订单")
    advice = T("Scan an order or a tote", "可扫描订单或周转箱")


class ToteEmpty(Refused):
    """It holds nothing for any order."""

    code = "nothing_to_pack"
    sentence = T("{unit} holds nothing to pack", "{unit} 内没有待打包的货物")
    advice = T("Scan the order or another tote", "请扫描订单或其他周转箱")


class WeightOrOrder(Doubt):
    """A number that is both."""

    code = "weight_or_order"
    sentence = T("{number} is an order as well as a weight in grams", "{number} 既是订单号，也可能是克数")
    advice = T("For the weight, enter it again; for the order, choose No weight first", "如为重量请再输入一次；如为订单请先选“不称重”")


class WeightFarOff(Doubt):
    """The scale and the book differ by more than packing explains: something is missing, or too much."""

    code = "weight_far_off"
    sentence = T("{given} g, but by the book it is {expected} g", "实称 {given} 克，账面应为 {expected} 克")
    advice = T("Check the carton; enter the weight again if it is right", "请检查箱内货物；无误则再次输入重量")


def _pack_facts(notes: Notes) -> list[Fact]:
    if "carton" not in notes:
        return []
    facts = []
    if notes.get("sku"):
        facts.append(Fact(T("Product", "商品"), T(notes["name"][0], notes["name"][1]), detail=notes["sku"]))
        facts.append(Fact(T("Quantity", "数量"), notes["open"], detail=in_unit(notes["open"], notes["unit"]), strong=True))
    else:
        for sku, en, zh, open_, unit in notes["lines"]:
            counted = T("{n} {unit} · {sku}", "{n} {unit} · {sku}", n=open_, unit=in_unit(open_, unit), sku=sku)
            facts.append(Fact(T("To check", "待复核"), T(en, zh), detail=counted))
        if notes["more"]:
            facts.append(Fact(T("And", "另有"), T("{n} more products", "{n} 种商品", n=notes["more"])))
    facts += _box_facts(notes)
    facts.append(Fact(T("Into carton", "装入箱"), tail(notes["carton"]), detail=notes.get("box") or notes["customer"]))
    return facts


def _box_facts(notes: Notes) -> list[Fact]:
    """Which box to take, until one is chosen, and which ones will follow it."""
    boxes = notes.get("boxes")
    if not boxes or notes.get("box"):
        return []
    (code, size), *more = boxes
    named = ", ".join(one for one, _ in more[:_BOXES_SHOWN]) + (" …" if len(more) > _BOXES_SHOWN else "")
    return [Fact(T("Take box", "选用箱型"), f"{code} {size}", detail=T("then {codes}", "随后 {codes}", codes=named) if more else None)]


def _box_offered(notes: Notes) -> list[Action]:
    if not notes.get("boxes") or notes.get("box") or notes.get("moves"):
        return []
    code = notes["boxes"][0][0]
    return [Action(code, T("Box {code}", "箱型 {code}", code=code))]


pack = Flow(
    "pack",
    title=T("Pack", "复核打包"),
    needs=Permission.PACK,
    document="number",
    facts=_pack_facts,
    progress=progress,
    waiting=waiting.packing_waits,
)
_LINES_SHOWN = 3
_BOXES_SHOWN = 3
_NO_PRODUCT: dict[str, Any] = dict.fromkeys(("product", "sku", "name", "unit", "open", "lot", "lacking"))


def _to_pack(number: str, by: Actor) -> Order | None:
    """An order by its number, or of its pick list, or of its shipment."""
    order = found.order(number, by)
    if order is not None:
        return order
    listed = waiting.orders_of_list(number, by)
    shipment = None if listed else found.shipment(number, by)
    wanted = listed[0] if listed else shipment.order_id if shipment else None
    return session.get(Order, wanted) if wanted else None


def _state(order_id: int) -> dict[str, Any]:
    """What waits and what is done, for the screens that follow."""
    waits = packing.waiting(order_id)
    lines = [[one.sku, one.name.say("en"), one.name.say("zh_CN"), one.open, one.unit] for one in waits if one.open]
    packed = sum(one.packed for one in waits)
    return {
        **_NO_PRODUCT,
        "lines": lines[:_LINES_SHOWN],
        "more": max(0, len(lines) - _LINES_SHOWN),
        "done": packed,
        "of": packed + sum(one.open for one in waits),
    }


def _begin(order: Order, by: Actor) -> Go:
    carton = packing.begin(order, by=by, company_prefix=current_app.config["WMS"].gs1_company_prefix)
    customer = session.execute(sa.select(Partner.name).where(Partner.id == order.customer_id)).scalar_one()
    return Go(
        "product",
        notes={
            "order": order.id,
            "number": order.number,
            "customer": customer,
            "carton": carton.code,
            "moves": None,
            **_state(order.id),
            **_boxes(order.id, carton),
        },
    )


def _boxes(order_id: int, carton: HandlingUnit) -> dict[str, Any]:
    """The box that the carton is, and the boxes to take where that was not said."""
    box = cartons.box_of(carton)
    return {"box": box and f"{box.code} {box.size}", "boxes": None if box else cartons.boxes_for(order_id) or None}


def _take_up(scan: Scan) -> Go:
    """What was scanned says which order is packed, or which carton is weighed."""
    if scan.kind is Kind.DOCUMENT:
        return _begin(scan.document, scan.by)
    unit = scan.handling_unit
    order_id = packing.order_at_bench(unit)
    if order_id is None:
        raise ToteEmpty(unit=unit.code)
    order = session.get_one(Order, order_id)
    if unit.order_id == order.id and unit.closed_at is not None and unit.load_id is None:
        notes = {"order": order.id, "number": order.number, "customer": "", "carton": unit.code, "lines": [], "more": 0}
        return Go("weight", notes=notes, printed=_carton_papers(unit.code))
    return _begin(order, scan.by)


@pack.step(
    "start",
    ask=T("Scan order or tote", "扫描订单或周转箱"),
    accepts=[Kind.DOCUMENT, Kind.HANDLING_UNIT],
    documents=_to_pack,
    leads_to=["product", "weight"],
    help=T(
        "Scan the order, its pick list or its tote. A closed carton is weighed again.", "扫描订单、拣货单或周转箱；扫描已封的箱可重新称重。"
    ),
)
def start_packing(scan: Scan, notes: Notes) -> Go:  # noqa: ARG001
    return _take_up(scan)


@pack.command(["start", "weight"], "NEXT", label=T("Get work", "领取任务"), leads_to=["product"])
def next_order(scan: Scan, notes: Notes) -> Go:  # noqa: ARG001
    found = packing.next_to_pack(by=scan.by)
    if found is None:
        raise NothingAtTheBench
    order, task = found
    return because(task, _begin(order, scan.by))


@pack.step(
    "product",
    ask=T("Scan each piece", "逐件扫描商品"),
    accepts=[Kind.PRODUCT, Kind.DOCUMENT],
    documents=cartons.box,
    actions=_box_offered,
    leads_to=["quantity", "product", "weight"],
    help=T(
        "Every piece is checked again here. A case's barcode counts the whole case, a box type's says which box this is.",
        "此处再次核对每一件；扫描整箱条码按整箱计数，扫描箱型条码登记所用纸箱。",
    ),
)
def check_piece(scan: Scan, notes: Notes) -> Go:
    if scan.kind is Kind.DOCUMENT:
        return _box_taken(scan, notes)
    lot = scan.gs1.lot if scan.gs1 else None
    open_ = packing.check_piece(notes["order"], scan.product, scan.quantity, lot)
    if scan.quantity == open_:
        return _packed(scan, {**notes, "product": scan.product.id, "sku": scan.product.sku, "lot": lot}, open_)
    words = scan.product.text
    chosen = {
        "product": scan.product.id,
        "sku": scan.product.sku,
        "name": [words.say("en"), words.say("zh_CN")],
        "unit": scan.product.base_unit,
        "open": open_,
        "lot": lot,
    }
    return Go("quantity", notes=chosen, tone="calm", counted=scan.quantity)


def _box_taken(scan: Scan, notes: Notes) -> Go:
    box = scan.document
    cartons.take(notes["order"], notes["carton"], box)
    said = T(
        "Carton {carton} is box {code}, {size}",
        "箱 {carton} 用箱型 {code}，{size}",
        carton=tail(notes["carton"]),
        code=box.code,
        size=box.size,
    )
    return Go("product", notes={"box": f"{box.code} {box.size}", "boxes": None}, say=said, posted=True)


@pack.count(
    "quantity",
    ask=T("Check every piece", "逐件复核"),
    product="product",
    expected="open",
    target="sku",
    leads_to=["product", "weight"],
)
def count_pieces(scan: Scan, notes: Notes) -> Go:
    return _packed(scan, notes, scan.quantity)


def _packed(scan: Scan, notes: Notes, quantity: int) -> Go:
    product = packing.product_of(notes["product"])
    done = packing.pack(notes["order"], product, quantity, notes["carton"], by=scan.by, key=scan.key, lot=notes.get("lot"))
    act = {"ids": list(done.movements), "unit": product.base_unit, "short": False}
    onward = {"moves": [*(notes.get("moves") or []), act], **_state(notes["order"])}
    if not done.closed:
        amount = {"quantity": quantity, "unit": in_unit(quantity, product.base_unit), "sku": product.sku}
        said = T("{quantity} {unit} of {sku} packed", "已装 {sku} {quantity} {unit}", **amount)
        return Go("product", notes=onward, say=said, posted=True)
    said = T("{number} is packed; close carton {carton}", "{number} 已全部装箱，请封箱 {carton}", **_named(notes))
    papers = [*_carton_papers(notes["carton"]), *_order_papers(notes["order"])]
    return Go("weight", notes=onward, say=said, printed=papers, posted=True)


def _named(notes: Notes) -> dict[str, Any]:
    return {"number": notes["number"], "carton": tail(notes["carton"])}


def _carton_papers(carton: str) -> list[Printed]:
    return [
        Printed.tag("handling-unit", carton, T("Carton label", "箱标签")),
        Printed.paper("packing-slip", carton, T("Packing slip", "装箱单")),
    ]


def _order_papers(order_id: int) -> list[Printed]:
    return [Printed.paper("delivery-note", one.number, T("Delivery note", "发货单")) for one in shipments.open_of(order_id)]


@pack.command("product", "FULL", label=T("Carton full", "箱已满"), leads_to=["product"], when=lambda notes: bool(notes.get("moves")))
def carton_full(scan: Scan, notes: Notes) -> Go:
    following = packing.next_carton(
        notes["order"], notes["carton"], by=scan.by, company_prefix=current_app.config["WMS"].gs1_company_prefix
    )
    said = T("Carton {carton} is closed; go on with a new one", "箱 {carton} 已封，请用新箱继续", carton=tail(notes["carton"]))
    papers = _carton_papers(notes["carton"])
    notes = {"carton": following.code, "moves": None, **_boxes(notes["order"], following)}
    return Go("product", notes=notes, say=said, printed=papers, posted=True)


@pack.command(
    ["product", "weight"],
    "UNDO",
    label=T("Take the last out", "取出上一件"),
    leads_to=["product"],
    when=lambda notes: bool(notes.get("moves")),
)
def take_out(scan: Scan, notes: Notes) -> Go:
    *before, last = notes["moves"]
    if last["short"]:
        back = shortages.take_back(notes["order"], last["ids"], notes["carton"], by=scan.by, key=scan.key)
        words = T("To be packed again: {n} {unit}", "重新待打包：{n} {unit}", n=back, unit=in_unit(back, last["unit"]))
    else:
        back = packing.undo(notes["order"], last["ids"], by=scan.by, key=scan.key)
        words = T("Out of the carton again: {n} {unit}", "已从箱中取出 {n} {unit}", n=back, unit=in_unit(back, last["unit"]))
    return Go("product", notes={"moves": before or None, **_state(notes["order"])}, say=words, tone="ask", posted=True)


# What was picked and cannot be packed.


@pack.command(["product", "quantity"], "SHORT", label=T("Missing or damaged", "缺件或破损"), leads_to=["which", "lacking", "why"])
def report_short(scan: Scan, notes: Notes) -> Go:  # noqa: ARG001
    """The product in hand, or the only one that is left; otherwise the packer says which."""
    rows = [one for one in packing.waiting(notes["order"]) if one.open and notes.get("product") in (None, one.product_id)]
    if not rows:
        raise packing.NothingToPack(number=notes["number"], state=packing.state_of(notes["order"]))
    if len(rows) > 1:
        return Go("which", notes={"which": [[one.sku, one.name.en, one.name.zh] for one in rows]}, tone="calm")
    return _lacks(rows[0], notes.get("lot"))


def _lacks(one: packing.Waiting, lot: str | None) -> Go:
    chosen = {
        "product": one.product_id,
        "sku": one.sku,
        "name": [one.name.en, one.name.zh],
        "unit": one.unit,
        "open": one.open,
        "lot": lot,
        "which": None,
    }
    return Go("why", notes={**chosen, "lacking": 1}, tone="calm") if one.open == 1 else Go("lacking", notes=chosen, tone="calm")


@pack.step(
    "which",
    ask=T("Which one is missing?", "缺哪种商品？"),
    accepts=[Kind.PRODUCT],
    actions=lambda notes: [Action(sku, T(en, zh)) for sku, en, zh in notes["which"]],
    leads_to=["lacking", "why"],
    facts=lambda notes: [Fact(T("Order", "订单"), notes["number"], detail=notes["customer"])],
    help=T("Choose the product, or scan a piece of it", "请选择商品，或扫描该商品的任一件"),
)
def which_is_missing(scan: Scan, notes: Notes) -> Go:
    packing.check_piece(notes["order"], scan.product, 1, None)
    one = next(one for one in packing.waiting(notes["order"]) if one.product_id == scan.product.id)
    return _lacks(one, None)


@pack.count(
    "lacking",
    ask=T("How many are missing?", "缺多少？"),
    product=None,
    typed_confirms=True,
    leads_to=["why"],
    help=T("Type how many cannot be packed", "请输入无法打包的数量"),
)
def count_lacking(scan: Scan, notes: Notes) -> Go:
    if scan.quantity > notes["open"]:
        raise shortages.FewerWait(open=notes["open"], sku=notes["sku"], number=notes["number"], given=scan.quantity)
    return Go("why", notes={"lacking": scan.quantity}, tone="calm")


def _lacking_facts(notes: Notes) -> list[Fact]:
    product, *_, carton = _pack_facts(notes)
    short = Fact(T("Short", "缺"), notes["lacking"], detail=in_unit(notes["lacking"], notes["unit"]), strong=True)
    return [product, short, carton]


@pack.step(
    "why",
    ask=T("Why?", "原因？"),
    accepts=[Kind.REASON],
    reasons={one.value: one.text for one in shortages.Lack},
    facts=_lacking_facts,
    leads_to=["product", "weight", "start"],
    help=T("The order goes on without these pieces", "订单将不含这些货物继续打包"),
)
def go_without(scan: Scan, notes: Notes) -> Go:
    """The order goes on with what is there; what was closed by it prints its papers."""
    product, reason = packing.product_of(notes["product"]), shortages.Lack(scan.value)
    short = shortages.report(
        notes["order"], product, notes["lacking"], notes["carton"], reason=reason, by=scan.by, key=scan.key, lot=notes.get("lot")
    )
    act = {"ids": list(short.movements), "unit": product.base_unit, "short": True}
    amount = {"n": notes["lacking"], "unit": in_unit(notes["lacking"], product.base_unit), "sku": product.sku}
    said = T("{number} goes without {n} {unit} of {sku}", "{number} 缺 {sku} {n} {unit}", number=notes["number"], **amount)
    then = _DAMAGED if reason is shortages.Lack.DAMAGED else _COUNTED
    if short.left:
        onward = {"moves": [*(notes.get("moves") or []), act], **_state(notes["order"])}
        return Go("product", notes=onward, say=said, detail=then, tone="ask", posted=True)
    if not short.packed:
        nothing = T("Nothing of it is left to send; the order desk decides", "已无货可发，由订单员处理")
        return Go("start", say=said, detail=nothing, tone="ask", posted=True)
    if packing.is_empty(notes["carton"], by=scan.by):
        done = T("{number} is packed", "{number} 已全部装箱", number=notes["number"])
        return Go("start", say=said, detail=done, tone="ask", printed=_order_papers(notes["order"]), posted=True)
    onward = {"moves": [*(notes.get("moves") or []), act], **_state(notes["order"])}
    done = T("The rest is packed; close carton {carton}", "其余已装箱，请封箱 {carton}", **_named(notes))
    papers = [*_carton_papers(notes["carton"]), *_order_papers(notes["order"])]
    return Go("weight", notes=onward, say=said, detail=done, tone="ask", printed=papers, posted=True)


_COUNTED = T("A count is ordered; go on with the rest", "已安排盘点，请继续其余货物")
_DAMAGED = T("Put it aside: a task takes it to the defect area", "请放到一边，将派任务移至不合格品区")


@pack.command("product", "DONE", label=T("Close the carton", "封箱"), leads_to=["weight"], when=lambda notes: bool(notes.get("moves")))
def close_early(scan: Scan, notes: Notes) -> Go:
    packing.close_carton(notes["order"], notes["carton"], by=scan.by)
    packing.leave(notes["order"], by=scan.by)
    said = T("Carton {carton} is closed; the rest of {number} waits", "箱 {carton} 已封；{number} 其余待打包", **_named(notes))
    return Go("weight", notes={"moves": None}, say=said, tone="ask", printed=_carton_papers(notes["carton"]), posted=True)


@pack.step(
    "weight",
    ask=T("Weigh the carton", "称重（克）"),
    accepts=[Kind.WEIGHT, Kind.DOCUMENT, Kind.HANDLING_UNIT],
    documents=_to_pack,
    leads_to=["start", "product", "weight"],
    facts=lambda notes: [Fact(T("Carton", "箱"), tail(notes["carton"]), detail=notes["number"], strong=True)],
    help=T("Type the grams, or go on with the next order", "输入克数，或直接扫描下一张订单"),
)
def weigh(scan: Scan, notes: Notes) -> Go:
    if scan.kind is not Kind.WEIGHT:
        return _take_up(scan)
    if not scan.again:
        if found.order(scan.text, scan.by) is not None:
            raise WeightOrOrder(number=scan.text)
        _plausible(notes["carton"], scan.quantity, scan.by)
    packing.weigh(notes["order"], notes["carton"], scan.quantity, by=scan.by)
    said = T("Carton {carton} weighs {grams} g", "箱 {carton} 重 {grams} 克", carton=tail(notes["carton"]), grams=scan.quantity)
    return Go("start", say=said, posted=True)


def _plausible(carton: str, grams: int, by: Actor) -> None:
    """Packing weighs something, never less than its goods, and seldom more than a third on top and a kilogram."""
    expected = packing.expected_grams(handling_units.find(carton, by=by).id)
    if expected and not expected * 95 <= grams * 100 <= expected * 135 + 100_000:
        raise WeightFarOff(given=grams, expected=expected)


@pack.command("weight", "DONE", label=T("No weight", "不称重"), leads_to=["start"])
def no_weight(scan: Scan, notes: Notes) -> Go:  # noqa: ARG001
    return Go("start", tone="calm", posted=True)


@pack.command("weight", "PRINT", label=T("Print again", "重新打印"), leads_to=["weight"])
def print_again(scan: Scan, notes: Notes) -> Go:  # noqa: ARG001
    return Go("weight", say=T("Printed again", "已重新打印"), printed=[*_carton_papers(notes["carton"]), *_order_papers(notes["order"])])


@pack.on_leave
def leave_bench(scan: Scan, notes: Notes) -> None:
    if "order" in notes:
        packing.leave(notes["order"], by=scan.by)
