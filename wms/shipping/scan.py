"""The scanner at the bench, at the door and at the gate: pack, load, let out."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from flask import current_app

from wms.actor import Actor, Permission
from wms.catalog.models import Partner
from wms.db import fold, session
from wms.errors import NotFound, Refused
from wms.i18n import T, Text
from wms.locations.models import Location
from wms.orders.models import Order
from wms.scan.flow import Doubt, Fact, Flow, Go, Kind, Notes, Printed, Progress, Scan
from wms.shipping import gate as gates
from wms.shipping import loading, loads, packing, queries, shipments
from wms.shipping.models import Load, LoadStatus, Shipment
from wms.stock import handling_units
from wms.stock.models import HandlingUnit
from wms.tasks import queue
from wms.tasks.models import TaskKind

UNDO = T("Undo", "撤销")


def _order(number: str, by: Actor) -> Order | None:
    return session.execute(sa.select(Order).where(Order.site_id == by.site_id, Order.number_key == fold(number))).scalar_one_or_none()


def _shipment(number: str, by: Actor) -> Shipment | None:
    try:
        return shipments.find(number, by=by)
    except shipments.ShipmentUnknown:
        return None


def _progress(notes: Notes) -> Progress | None:
    return Progress(notes["done"], notes["of"]) if notes.get("of") else None


def _short(code: str) -> str:
    """The last digits of a long number: what people compare."""
    return f"…{code[-6:]}" if len(code) > 10 else code


# == pack ==============================================================================================================


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
        facts.append(Fact(T("Quantity", "数量"), notes["open"], strong=True))
    else:
        for sku, en, zh, open_ in notes["lines"]:
            facts.append(Fact(T("To check", "待复核"), T(en, zh), detail=T("{n} × {sku}", "{n} × {sku}", n=open_, sku=sku)))
        if notes["more"]:
            facts.append(Fact(T("And", "另有"), T("{n} more products", "{n} 种商品", n=notes["more"])))
    facts.append(Fact(T("Into carton", "装入箱"), _short(notes["carton"]), detail=notes["customer"]))
    return facts


pack = Flow(
    "pack",
    title=T("Pack", "复核打包"),
    needs=Permission.PACK,
    document="number",
    facts=_pack_facts,
    progress=_progress,
    waiting=queries.packing_waits,
)
_LINES_SHOWN = 3
_NO_PRODUCT: dict[str, Any] = dict.fromkeys(("product", "sku", "name", "open", "lot"))


def _to_pack(number: str, by: Actor) -> Order | None:
    """An order by its number, or of its pick list, or of its shipment."""
    order = _order(number, by)
    if order is not None:
        return order
    listed = queries.orders_of_list(number, by)
    shipment = None if listed else _shipment(number, by)
    wanted = listed[0] if listed else shipment.order_id if shipment else None
    return session.get(Order, wanted) if wanted else None


def _state(order_id: int) -> dict[str, Any]:
    """What waits and what is done, for the screens that follow."""
    waits = packing.waiting(order_id)
    lines = [[one.sku, one.name.say("en"), one.name.say("zh_CN"), one.open] for one in waits if one.open]
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
        notes={"order": order.id, "number": order.number, "customer": customer, "carton": carton.code, "moves": None, **_state(order.id)},
    )


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
    order = packing.next_to_pack(by=scan.by)
    if order is None:
        raise NothingAtTheBench
    return _begin(order, scan.by)


@pack.step(
    "product",
    ask=T("Scan each piece", "逐件扫描商品"),
    accepts=[Kind.PRODUCT],
    leads_to=["quantity", "product", "weight"],
    help=T("Every piece is checked again here. A box barcode counts the whole box.", "此处再次核对每一件；扫描箱码按整箱计数。"),
)
def check_piece(scan: Scan, notes: Notes) -> Go:
    lot = scan.gs1.lot if scan.gs1 else None
    open_ = packing.check_piece(notes["order"], scan.product, scan.quantity, lot)
    if scan.quantity == open_:
        return _packed(scan, {**notes, "product": scan.product.id, "sku": scan.product.sku, "lot": lot}, open_)
    words = scan.product.text
    chosen = {
        "product": scan.product.id,
        "sku": scan.product.sku,
        "name": [words.say("en"), words.say("zh_CN")],
        "open": open_,
        "lot": lot,
    }
    return Go("quantity", notes=chosen, tone="calm", counted=scan.quantity)


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
    moves = [*(notes.get("moves") or []), list(done.movements)]
    onward = {"moves": moves, **_state(notes["order"])}
    if not done.closed:
        said = T("{quantity} {sku} packed", "已装 {sku} {quantity} 件", quantity=quantity, sku=product.sku)
        return Go("product", notes=onward, say=said, posted=True)
    said = T("{number} is packed; close carton {carton}", "{number} 已全部装箱，请封箱 {carton}", **_named(notes))
    papers = [*_carton_papers(notes["carton"]), *_order_papers(notes["order"])]
    return Go("weight", notes=onward, say=said, printed=papers, posted=True)


def _named(notes: Notes) -> dict[str, Any]:
    return {"number": notes["number"], "carton": _short(notes["carton"])}


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
    said = T("Carton {carton} is closed; go on with a new one", "箱 {carton} 已封，请用新箱继续", carton=_short(notes["carton"]))
    papers = _carton_papers(notes["carton"])
    return Go("product", notes={"carton": following.code, "moves": None}, say=said, printed=papers, posted=True)


@pack.command(
    ["product", "weight"],
    "UNDO",
    label=T("Take the last out", "取出上一件"),
    leads_to=["product"],
    when=lambda notes: bool(notes.get("moves")),
)
def take_out(scan: Scan, notes: Notes) -> Go:
    *before, last = notes["moves"]
    back = packing.undo(notes["order"], last, by=scan.by, key=scan.key)
    said = T("{n} pieces are out of the carton again", "已从箱中取出 {n} 件", n=back)
    return Go("product", notes={"moves": before or None, **_state(notes["order"])}, say=said, tone="ask", posted=True)


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
    facts=lambda notes: [Fact(T("Carton", "箱"), _short(notes["carton"]), detail=notes["number"], strong=True)],
    help=T("Type the grams, or go on with the next order", "输入克数，或直接扫描下一张订单"),
)
def weigh(scan: Scan, notes: Notes) -> Go:
    if scan.kind is not Kind.WEIGHT:
        return _take_up(scan)
    if not scan.again:
        if _order(scan.text, scan.by) is not None:
            raise WeightOrOrder(number=scan.text)
        _plausible(notes["carton"], scan.quantity, scan.by)
    packing.weigh(notes["order"], notes["carton"], scan.quantity, by=scan.by)
    said = T("Carton {carton} weighs {grams} g", "箱 {carton} 重 {grams} 克", carton=_short(notes["carton"]), grams=scan.quantity)
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


# == load ==============================================================================================================


class NothingToLoad(NotFound):
    """No truck waits for goods."""

    code = "no_work"
    sentence = T("No load waits", "没有待装的车")
    advice = T("Scan a load sheet, or ask the dispatcher", "请扫描装车单，或询问发运调度")


class NoLoadHere(Refused):
    """The door has no open load, or several."""

    code = "no_load_here"
    sentence = T("{count} loads are open at {door}", "{door} 有 {count} 张装车单")
    advice = T("Scan the load sheet", "请扫描装车单")


class LoadForOrder(Doubt):
    """The order is on no load; one can be made on the spot."""

    code = "not_on_a_load"
    sentence = T("{number} is on no load yet", "{number} 未排装车单")
    advice = T("Scan it again to make a load for it alone", "再次扫描可为其单独建装车单")


class OutOfTurn(Doubt):
    """What is delivered later should go on first."""

    code = "out_of_turn"
    sentence = T(
        "{unit} is for stop {stop}, but {next} for stop {later} goes on first", "{unit} 属第 {stop} 站，应先装第 {later} 站的 {next}"
    )
    advice = T("Load {next} first, or scan the same unit again", "请先装 {next}；确认照装则再次扫描")


def _load_facts(notes: Notes) -> list[Fact]:
    if "load" not in notes:
        return []
    facts = [Fact(T("Truck", "车辆"), notes.get("plate") or "–", detail=notes.get("carrier"))]
    if notes.get("next"):
        facts.append(Fact(T("Stop", "站点"), notes.get("stop"), detail=notes.get("stop_name")))
        facts.append(Fact(T("Last digits", "尾号"), notes["next"][-6:], strong=True))
    facts.append(Fact(T("Door", "发货门"), notes["door"]))
    return facts


load = Flow(
    "load",
    title=T("Load", "装车"),
    needs=Permission.LOAD,
    document="number",
    facts=_load_facts,
    progress=_progress,
    waiting=queries.open_loads,
)
# Why a truck may close without everything.
RELEASED = {
    "NO_ROOM": T("No room on the truck", "车辆装不下"),
    "NOT_FOUND": T("Not found", "找不到"),
    "DAMAGED": T("Damaged", "货物破损"),
    "LATER": T("Follows with the next truck", "随下一车发运"),
}


def _to_load(number: str, by: Actor) -> Load | Order | None:
    """A load by its number, or the load of an order or shipment; the order itself while it is on none."""
    try:
        return loads.find(number, by=by)
    except loads.LoadUnknown:
        pass
    shipment = _shipment(number, by)
    order = session.get(Order, shipment.order_id) if shipment else _order(number, by)
    return None if order is None else _load_of(order) or order


def _load_of(order: Order) -> Load | None:
    return session.execute(
        sa.select(Load)
        .join(Shipment, Shipment.load_id == Load.id)
        .where(Shipment.order_id == order.id)
        .order_by(Shipment.left_at.is_not(None), Shipment.id.desc())
        .limit(1)
    ).scalar_one_or_none()


def _at(one: Load, say: Text | None = None, *, last: str | None = None, tone: Any = "good") -> Go:
    """The load's screen: the next unit while something waits, else closing it."""
    if one.status in (LoadStatus.CLOSED, LoadStatus.LEFT):
        loads.open_for_loading(one.id)  # says why not
    now = loading.progress(one)
    notes: dict[str, Any] = {
        "load": one.id,
        "number": one.number,
        "plate": one.plate or one.vehicle,
        "carrier": _name(Partner, one.carrier_id),
        "door": session.execute(sa.select(Location.code).where(Location.id == one.door_id)).scalar_one(),
        "done": now.done,
        "of": now.of,
        "next": now.next,
        "stop": now.next_stop,
        "stop_name": one.stops[now.next_stop - 1]["name"] if now.next_stop and now.next_stop <= len(one.stops) else None,
        "last": last,
    }
    complete = now.done and now.done == now.of and not loads.missing(one)
    return Go("close" if complete else "unit", notes=notes, say=say, tone=tone, posted=last is not None)


def _name(_model: type[Partner], partner_id: int | None) -> str | None:
    return session.execute(sa.select(Partner.name).where(Partner.id == partner_id)).scalar_one() if partner_id else None


@load.step(
    "start",
    ask=T("Scan load or order", "扫描装车单或订单"),
    accepts=[Kind.DOCUMENT, Kind.HANDLING_UNIT, Kind.LOCATION],
    documents=_to_load,
    leads_to=["unit", "close"],
    help=T("Scan the load sheet, an order, a carton or the door", "扫描装车单、订单、箱或发货门"),
)
def start_loading(scan: Scan, notes: Notes) -> Go:  # noqa: ARG001
    if scan.kind is Kind.LOCATION:
        return _at(_load_at(scan.location))
    if scan.kind is Kind.HANDLING_UNIT:
        unit = scan.handling_unit
        if unit.order_id is None:
            raise loading.UnitOfNoOrder(unit=unit.code)
        found: Load | Order = _load_of(order := session.get_one(Order, unit.order_id)) or order
    else:
        found = scan.document
    if isinstance(found, Load):
        return _at(found)
    if not (scan.again and scan.by.may(Permission.PLAN_WORK)):
        raise LoadForOrder(number=found.number) if scan.by.may(Permission.PLAN_WORK) else loading.NotPlanned(number=found.number)
    made = loads.plan_load([found.number], by=scan.by)
    return _at(made, T("Load {load} made for {number}", "已为 {number} 建装车单 {load}", load=made.number, number=found.number))


def _load_at(door: Location) -> Load:
    found = list(
        session.execute(
            sa.select(Load).where(Load.door_id == door.id, Load.status.in_([LoadStatus.PLANNED.value, LoadStatus.LOADING.value]))
        ).scalars()
    )
    if len(found) != 1:
        raise NoLoadHere(count=len(found), door=door.code)
    return found[0]


@load.command("start", "NEXT", label=T("Get work", "领取任务"), leads_to=["unit", "close"])
def next_load(scan: Scan, notes: Notes) -> Go:  # noqa: ARG001
    task = queue.claim_next([TaskKind.LOAD], by=scan.by)
    if task is None or task.document is None:
        raise NothingToLoad
    return _at(loads.find(task.document, by=scan.by))


@load.step(
    "unit",
    ask=T("Load unit", "扫描箱装车"),
    accepts=[Kind.HANDLING_UNIT],
    expected="next",
    leads_to=["unit", "close"],
    help=T("What is delivered last goes on first. Any unit of this load may be scanned.", "后送的先装；本车的任一箱均可扫描。"),
)
def scan_unit(scan: Scan, notes: Notes) -> Go:
    return _on_board(scan, notes)


def _on_board(scan: Scan, notes: Notes) -> Go:
    one = loads.open_for_loading(notes["load"])
    unit = scan.handling_unit
    if not scan.again:
        _in_turn(one, unit)
    loading.load_unit(one.id, unit.code, by=scan.by, key=scan.key)
    return _at(one, T("{unit} is on board", "{unit} 已装车", unit=_short(unit.code)), last=unit.code)


def _in_turn(one: Load, unit: HandlingUnit) -> None:
    now = loading.progress(one)
    stop = loading.stop_of(one, unit.order_id) if unit.order_id else None
    if stop is not None and unit.load_id is None and now.next and now.next_stop and stop < now.next_stop:
        raise OutOfTurn(unit=_short(unit.code), stop=stop, next=_short(now.next), later=now.next_stop)


@load.command(["unit", "close"], "UNDO", label=UNDO, leads_to=["unit"], when=lambda notes: bool(notes.get("last")))
def take_off(scan: Scan, notes: Notes) -> Go:
    one = loads.open_for_loading(notes["load"])
    unit = loading.unload_unit(one.id, notes["last"], by=scan.by)
    onward = _at(one, T("{unit} is off the truck again", "{unit} 已卸下", unit=_short(unit.code)), tone="ask")
    return Go(onward.step, notes=onward.notes, say=onward.say, tone="ask", posted=True)


@load.command("unit", "DONE", label=T("Close the truck", "封车"), leads_to=["missing", "close", "start"])
def finish(scan: Scan, notes: Notes) -> Go:
    one = loads.open_for_loading(notes["load"])
    lacking = loads.missing(one)
    if not lacking or not loading.progress(one).done or not scan.by.may(Permission.RELEASE_ORDERS):
        return _close(scan, notes)
    said = T("Missing: {what}", "缺：{what}", what=lacking.words)
    return Go("missing", say=said, tone="ask")


@load.step("missing", ask=T("Why close without it?", "缺件封车的原因？"), accepts=[Kind.REASON], reasons=RELEASED, leads_to=["start"])
def release_missing(scan: Scan, notes: Notes) -> Go:
    return _close(scan, notes, reason=RELEASED[scan.value].both())


@load.step(
    "close",
    ask=T("Scan the seal", "扫描封签"),
    accepts=[Kind.HANDLING_UNIT, Kind.SERIAL],
    leads_to=["start", "close", "unit"],
    facts=lambda notes: [
        Fact(T("On board", "已装"), notes["done"], strong=True),
        Fact(T("Truck", "车辆"), notes.get("plate") or "–", detail=notes.get("carrier")),
    ],
    help=T("Everything is on board. Scan the seal, or choose Done without one.", "已装齐。扫描封签，或直接选“封车”。"),
)
def seal(scan: Scan, notes: Notes) -> Go:
    return _on_board(scan, notes) if scan.kind is Kind.HANDLING_UNIT else _close(scan, notes, seal=scan.value)


@load.command("close", "DONE", label=T("Close the truck", "封车"), leads_to=["start"])
def close_unsealed(scan: Scan, notes: Notes) -> Go:
    return _close(scan, notes)


def _close(scan: Scan, notes: Notes, *, seal: str | None = None, reason: str | None = None) -> Go:
    closed = loads.close_load(notes["load"], by=scan.by, seal=seal, reason=reason)
    assert closed.gate_pass
    said = T(
        "{number} is closed: gate pass {gate_pass}", "{number} 已封车，出门证 {gate_pass}", number=closed.number, gate_pass=closed.gate_pass
    )
    papers = [
        Printed.paper("gate-pass", closed.gate_pass, T("Gate pass", "出门证")),
        Printed.paper("carrier-manifest", closed.number, T("Handover manifest", "交接单")),
    ]
    return Go("start", say=said, printed=papers, posted=True)


# == gate ==============================================================================================================


class DoesNotMatch(Refused):
    """A plate or seal was read at the truck, and the pass says another."""

    code = "does_not_match"
    sentence = T(
        "{scanned} is neither plate {plate} nor seal {seal} of {number}", "{scanned} 与 {number} 的车牌 {plate}、封签 {seal} 都不符"
    )
    advice = T("Hold the truck: choose “Does not match”", "请扣车，并选“不相符”")


# What the guard finds wrong with a truck.
WRONG = {
    "PLATE": T("Another plate", "车牌不符"),
    "SEAL": T("Seal missing, broken or another", "封签缺失、破损或不符"),
    "UNITS": T("Another number of units", "件数不符"),
}


def _gate_facts(notes: Notes) -> list[Fact]:
    if "pass" not in notes:
        return []
    return [
        Fact(T("Plate", "车牌"), notes.get("plate") or "–", strong=True),
        Fact(T("Seal", "封签"), notes.get("seal") or T("none", "无")),
        Fact(T("Units", "件数"), notes["units"], strong=True),
        Fact(T("Driver", "司机"), notes.get("driver") or "–", detail=notes.get("carrier")),
    ]


gate = Flow(
    "gate",
    title=T("Gate", "门卫放行"),
    needs=Permission.GATE,
    document="number",
    facts=_gate_facts,
    waiting=queries.at_the_gate,
)


def _pass(number: str, by: Actor) -> Load | None:
    try:
        return gates.find(number, by=by)
    except gates.GatePassUnknown:
        return None


def _look_at(one: Load) -> Go:
    units = gates.check(one)
    return Go(
        "check",
        notes={
            "pass": one.gate_pass,
            "number": one.number,
            "plate": one.plate or one.vehicle,
            "seal": one.seal,
            "units": len(units),
            "driver": one.driver,
            "carrier": _name(Partner, one.carrier_id),
        },
        say=T("Compare plate and seal with the truck", "请核对车牌与封签"),
        detail=T("Right: scan the gate pass again. Wrong: “Does not match”", "相符则再次扫描出门证，否则选“不相符”"),
        tone="ask",
    )


@gate.step("start", ask=T("Scan gate pass", "扫描出门证"), accepts=[Kind.DOCUMENT], documents=_pass, leads_to=["check"])
def scan_pass(scan: Scan, notes: Notes) -> Go:  # noqa: ARG001
    return _look_at(scan.document)


@gate.step(
    "check",
    ask=T("Scan it again", "再次扫描"),
    accepts=[Kind.DOCUMENT, Kind.SERIAL],
    documents=_pass,
    expected="pass",
    leads_to=["start", "check"],
    hint=T("Gate pass, plate or seal", "出门证、车牌或封签"),
    help=T(
        "Compare plate, seal and units with the truck; they may be scanned or typed. Then scan the gate pass again.",
        "请核对车牌、封签和件数，可扫描或输入比对；无误则再次扫描出门证。",
    ),
)
def let_out(scan: Scan, notes: Notes) -> Go:
    if scan.kind is Kind.SERIAL:
        return _compare(scan, notes)
    if scan.document.gate_pass != notes["pass"]:
        return _look_at(scan.document)
    left = gates.leave(notes["pass"], by=scan.by, key=scan.key)
    said = T(
        "{plate} has left with {units} units",
        "{plate} 已放行，共 {units} 件",
        plate=notes.get("plate") or notes["number"],
        units=left.units,
    )
    return Go("start", say=said, posted=True)


def _compare(scan: Scan, notes: Notes) -> Go:
    """What is read at the truck against what the pass says."""
    plate, seal = notes.get("plate"), notes.get("seal")
    if _written(scan.value) not in {_written(one) for one in (plate, seal) if one}:
        raise DoesNotMatch(scanned=scan.value, plate=plate or "–", seal=seal or "–", number=notes["number"])
    return Go(
        "check",
        say=T("{scanned} is right", "{scanned} 相符", scanned=scan.value),
        detail=T("Scan the gate pass again", "请再次扫描出门证"),
    )


def _written(plate: str) -> str:
    """Without what separates the parts of a plate: 沪A·12345, 沪A 12345."""
    return "".join(one for one in fold(plate) if one.isalnum())


@gate.command("check", "MISMATCH", label=T("Does not match", "不相符"), leads_to=["mismatch"])
def does_not_match(scan: Scan, notes: Notes) -> Go:  # noqa: ARG001
    return Go("mismatch", tone="ask")


@gate.step("mismatch", ask=T("What does not match?", "哪里不符？"), accepts=[Kind.REASON], reasons=WRONG, leads_to=["start"])
def hold_truck(scan: Scan, notes: Notes) -> Go:
    held = gates.hold(notes["pass"], WRONG[scan.value].both(), by=scan.by)
    said = T("{number} stays here: {reason}", "{number} 不放行：{reason}", number=held.number, reason=WRONG[scan.value])
    return Go("start", say=said, detail=T("Dispatch sees it; call the dispatcher", "已通知发运调度，请联系调度"), tone="ask", posted=True)


flows = [pack, load, gate]
for _flow in flows:
    _flow.check()
