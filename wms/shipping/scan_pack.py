"""The scanner at the packing bench: every piece is checked again on its way into a carton."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import sqlalchemy as sa
from flask import current_app

from wms.actor import Actor, Permission
from wms.catalog.models import Partner, Product
from wms.catalog.units import in_unit
from wms.db import session
from wms.errors import NotFound, Refused
from wms.i18n import T, Text
from wms.locations.models import Kind as LocationKind
from wms.locations.models import Location
from wms.orders import services
from wms.orders.models import Order, OrderStatus
from wms.printing import stations
from wms.scan.flow import Doubt, Flow, Go, Kind, Notes, Scan
from wms.scan.given import because
from wms.shipping import (
    benches,
    carton_prints,
    cartons,
    found,
    holding,
    packing,
    repacking,
    serials,
    shortages,
    strays,
    taking_out,
    waiting,
    weighing,
)
from wms.shipping.carton_prints import whereto
from wms.shipping.found import progress
from wms.shipping.pack_facts import box_offered, pack_facts
from wms.shipping.words import tail
from wms.stock import handling_units
from wms.stock.models import HandlingUnit, UnitKind
from wms.tasks.models import TaskKind
from wms.tasks.queries import to_take


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


class NoBench(Refused):
    """Goods are packed at a packing place."""

    code = "not_a_bench"
    sentence = T("{code} is no packing place: {kind}", "{code} 不是打包台（{kind}）")
    advice = T("Scan the bench you stand at, or an order", "请扫描所在的打包台，或扫描订单")


class ToteOfAnother(Refused):
    """Nothing of the order in hand lies in it."""

    code = "tote_of_another"
    sentence = T("{unit} holds nothing of {number}", "{unit} 内没有 {number} 的货物")
    advice = T("Scan the pieces, or the order's own tote", "请扫描商品，或本订单的周转箱")


class CartonClosed(Doubt):
    """It can be opened again."""

    code = "carton_closed"
    sentence = T("Carton {carton} is closed", "箱 {carton} 已封")
    advice = T("Scan it again to open it", "再次扫描即可重新打开")


class NotWeighed(Doubt):
    """Other work is asked for while the carton stands before the scale."""

    code = "carton_not_weighed"
    sentence = T("Carton {carton} has no weight yet", "箱 {carton} 尚未称重")
    advice = T("Weigh it; to leave it without a weight, choose Get work again", "请称重；确不称重，请再次点“领取任务”")


class SerialExchange(Doubt):
    """Two pieces were taken for each other on the way; a supervisor may leave it so."""

    code = "serial_exchange"
    sentence = T("{serial} was picked for {other}, not for {number}", "{serial} 是为 {other} 拣的，不是 {number}")
    advice = T("Scan {serial} again to exchange it: {other} gets {first}", "再次扫描 {serial} 即对调：{other} 改用 {first}")


pack = Flow(
    "pack",
    title=T("Pack", "复核打包"),
    needs=Permission.PACK,
    document="number",
    facts=pack_facts,
    progress=progress,
    waiting=lambda by: to_take(TaskKind.PACK, by=by),
    station=lambda notes: notes.get("bench_id") or notes.get("place"),
    keeps=("bench", "bench_id"),
)
_GET_WORK = T("Get work", "领取任务")
_LINES_SHOWN = 3
_NO_PRODUCT: dict[str, Any] = dict.fromkeys(("product", "sku", "name", "unit", "open", "lot", "lacking", "aside", "upright", "serials"))
_NOT_WEIGHED: dict[str, Any] = dict.fromkeys(("off", "said", "unsettled", "refused"))


_WAITED = (OrderStatus.RELEASED, OrderStatus.PICKING, OrderStatus.PACKED)


def to_pack(number: str, by: Actor) -> Order | None:
    """An order by its number, or of its pick list, or of its shipment."""
    order = found.order(number, by)
    if order is not None:
        return order
    listed = waiting.orders_of_list(number, by)
    shipment = None if listed else found.shipment(number, by)
    wanted = listed[0] if listed else shipment.order_id if shipment else None
    return session.get(Order, wanted) if wanted else None


def state(order_id: int) -> dict[str, Any]:
    """What waits and what is done, for the screens that follow."""
    waits = packing.waiting(order_id)
    lines = [[one.sku, one.name.say("en"), one.name.say("zh_CN"), one.open, one.unit, one.to_scan] for one in waits if one.open]
    packed, coming = sum(one.packed for one in waits), packing.still_to_come(order_id)
    return {
        **_NO_PRODUCT,
        **_NOT_WEIGHED,
        "lines": lines[:_LINES_SHOWN],
        "more": max(0, len(lines) - _LINES_SHOWN),
        "services": len(services.open_of(order_id)) or None,
        "seen": taking_out.newest_change(order_id),
        "trusted": sum(one.open - one.to_scan for one in waits) or None,
        "coming": coming or None,
        "done": packed,
        "of": packed + sum(one.open for one in waits) + coming,
    }


def _begin(order: Order, by: Actor, notes: Notes, key: str, in_hand: HandlingUnit | None = None) -> Go:
    if OrderStatus(order.status) in _WAITED and not packing.there_is_left(order.id):
        unit = next(iter(packing.to_close(order.id)), None)
        if unit is not None:  # it waited for the rest of its order, or was opened again
            return _go_on_with(order, unit, notes, by=by, key=key)
        if order.status == OrderStatus.PACKED and packing.finish_what_waited(order, by=by):
            said = T("{number} is packed; nothing more of it comes", "{number} 已全部装箱，不再有货", number=order.number)
            return Go("start", say=said, printed=carton_prints.order_papers(order.id), posted=True)
    cartons.advise(order.id)  # before anything is written: a search that is not remembered is made outside, and all of this begun again
    goods = packing.picked_claims(order.id)
    begun = packing.begin(order, by=by, company_prefix=prefix(), bench_id=notes.get("bench_id"))
    carton = in_hand or begun
    stations.ready(location_id=notes.get("bench_id") or carton.location_id, by=by)
    customer = session.execute(sa.select(Partner.name).where(Partner.id == order.customer_id)).scalar_one()
    fetch = taking_out.to_be_fetched(order.id, carton, {one.location_id for one in goods}, notes.get("bench_id"), by=by, key=key)
    head = {"order": order.id, "number": order.number, "customer": customer, "moves": None, "then": None, "waved": None, "fetch": fetch}
    return _work_first(Go("product", notes={**head, **in_carton(order.id, carton, notes.get("bench_id")), **state(order.id)}))


def _work_first(go: Go) -> Go:
    """What the customer asked for besides the goods is asked for before the first piece."""
    asked = services.open_of(go.notes["order"])
    return replace(go, step="service", notes={**go.notes, "service": work_note(asked[0])}, tone="calm") if asked else go


def work_note(one: services.ServiceView) -> dict[str, Any]:
    """Work as the screen's notes keep it."""
    name = one.code.text
    return {"position": one.position, "words": [name.en, name.zh], "text": one.text, "line": one.line, "sku": one.sku}


def in_carton(order_id: int, carton: HandlingUnit, bench_id: int | None) -> dict[str, Any]:
    """The carton in hand: the box that it is, and the boxes to take where that was not said."""
    box = holding.box_of(carton)
    advised = {"boxes": None, "as_is": None} if box else cartons.at_bench(order_id, carton.code)
    scale = benches.scale_of(bench_id or carton.location_id)
    in_hand = {"carton": carton.code, "place": carton.location_id, "scale": scale, "box": box and f"{box.code} {box.size}"}
    return {**in_hand, **advised, **_NOT_WEIGHED}


def prefix() -> str:
    """The house's GS1 company prefix."""
    return str(current_app.config["WMS"].gs1_company_prefix)


def far_off(notes: Notes) -> bool:
    """Whether the last weight of the carton in hand did not fit: it is weighed again, or left to a supervisor."""
    return bool(notes.get("off") or notes.get("unsettled"))


def _must_not_be_left(notes: Notes, carton: str | None = None) -> None:
    """Nobody goes on as if the carton in hand had not been weighed. Raises WeightWanted."""
    if notes.get("off") and carton != notes["carton"]:
        raise weighing.WeightWanted(carton=tail(notes["carton"]))


def _is_meant_unweighed(scan: Scan, notes: Notes) -> None:
    """Who takes other work from before the scale is asked once for the weight of the carton that stands there. Raises NotWeighed."""
    if scan.again or "carton" not in notes or not carton_prints.weights_asked():
        return
    unit = _unit(notes["carton"])
    if unit.closed_at is not None and unit.weight_grams is None:
        raise NotWeighed(carton=tail(unit.code))


def take_up(scan: Scan, notes: Notes) -> Go:
    """What was scanned says which order is packed, or which carton is weighed. Raises WeightWanted."""
    _must_not_be_left(notes, scan.value)
    go = _taken_up(scan, notes)
    return carton_prints.with_due(go, notes) if notes.get("unprinted") else go


def _taken_up(scan: Scan, notes: Notes) -> Go:
    if scan.kind is Kind.DOCUMENT:
        return _begin(scan.document, scan.by, notes, scan.key)
    unit = scan.handling_unit
    order_id = packing.order_at_bench(unit)
    if order_id is None:
        raise ToteEmpty(unit=unit.code)
    packing.must_be_wanted(order_id)
    order = session.get_one(Order, order_id)
    if unit.order_id == order.id and unit.closed_at is not None and unit.load_id is None:
        stations.ready(location_id=notes.get("bench_id") or unit.location_id, by=scan.by)
        known = {"order": order.id, "number": order.number, "customer": "", "carton": unit.code, "place": unit.location_id}
        known["scale"] = benches.scale_of(notes.get("bench_id") or unit.location_id)
        known |= {"then": None, "waved": None, "lines": [], "more": 0, "unsettled": weighing.is_unsettled(unit.code, by=scan.by) or None}
        known["refused"] = weighing.last_refused(order, unit.code) if known["unsettled"] else None
        return Go("weight", notes=known)
    if unit.order_id == order.id and unit.kind == UnitKind.CARTON and unit.closed_at is None and unit.load_id is None:
        return _go_on_with(order, unit, notes, by=scan.by, key=scan.key)
    return _begin(order, scan.by, notes, scan.key)


def _go_on_with(order: Order, unit: HandlingUnit, notes: Notes, *, by: Actor, key: str) -> Go:
    """A carton that was left open says which order is packed, and is the one in hand."""
    unit = repacking.opened(order.id, unit.code, by=by)
    if packing.there_is_left(order.id):
        return out_first(_begin(order, by, notes, key, unit))
    taking_out.brought(order.id, unit, notes.get("bench_id"), by=by, key=key)
    head = {"order": order.id, "number": order.number, "customer": "", "moves": None, "reopened": True}
    said = T("Carton {carton} is open: close it for its new label", "箱 {carton} 未封：请封箱并换新标签", carton=tail(unit.code))
    notes = {**head, **in_carton(order.id, unit, notes.get("bench_id")), **state(order.id)}
    if notes["coming"]:
        return out_first(Go("product", notes=notes, posted=True))
    return out_first(Go("product", notes=notes, say=said, tone="ask", posted=True))


def out_first(go: Go) -> Go:
    """What is not the order's any more comes out of the carton in hand before anything else."""
    unit = session.execute(sa.select(HandlingUnit.id).where(HandlingUnit.code == go.notes["carton"])).scalar_one()
    goods = taking_out.inside(unit)
    if not goods:
        return go
    told = [[one.sku, one.name.say("en"), one.name.say("zh_CN"), one.quantity, one.unit] for one in goods]
    said = T(
        "{number} was changed: take out {what}", "{number} 已变更：请取出 {what}", number=go.notes["number"], what=taking_out.listed(goods)
    )
    return replace(go, step="out", notes={**go.notes, "out": told}, say=said, tone="ask")


@pack.step(
    "start",
    ask=T("Scan order or tote", "扫描订单或周转箱"),
    accepts=[Kind.DOCUMENT, Kind.HANDLING_UNIT, Kind.LOCATION],
    documents=to_pack,
    leads_to=["start", "product", "service", "weight", "out"],
    hint=lambda notes: T("Order or tote", "订单或周转箱") if notes.get("bench") else T("Bench, order or tote", "打包台、订单或周转箱"),
    help=T(
        "Scan your bench once, then the order, its pick list or its tote. A closed carton is weighed again.",
        "先扫描打包台（一次即可），再扫描订单、拣货单或周转箱；扫描已封的箱可重新称重。",
    ),
)
def start_packing(scan: Scan, notes: Notes) -> Go:
    if scan.kind is not Kind.LOCATION:
        return take_up(scan, notes)
    if scan.location.kind != LocationKind.PACKING:
        raise NoBench(code=scan.value, kind=LocationKind(scan.location.kind).text)
    stations.ready(location_id=scan.location.id, by=scan.by)
    said = T("You pack at {bench}", "您在 {bench} 打包", bench=scan.value)
    return Go("start", notes={"bench": scan.value, "bench_id": scan.location.id}, say=said, posted=True)


@pack.command(
    "product", "NEXT", label=_GET_WORK, leads_to=["product", "service", "start", "out"], when=lambda notes: waits_for_the_rest(notes)
)
@pack.command(
    ["start", "weight"], "NEXT", label=_GET_WORK, leads_to=["product", "service", "start", "out"], when=lambda notes: not notes.get("off")
)
def next_order(scan: Scan, notes: Notes) -> Go:
    _must_not_be_left(notes)
    _is_meant_unweighed(scan, notes)
    found = packing.next_to_pack(by=scan.by)
    if found is None:
        raise NothingAtTheBench
    order, task = found
    return carton_prints.with_due(because(task, _begin(order, scan.by, notes, scan.key)), notes)


@pack.step(
    "product",
    ask=lambda notes: _asked(notes),
    accepts=[Kind.PRODUCT, Kind.HANDLING_UNIT, Kind.DOCUMENT],
    documents=cartons.box,
    actions=box_offered,
    leads_to=["quantity", "serial", "product", "weight", "start", "out"],
    hint=lambda notes: _hint(notes),
    help=T(
        "Every piece is checked again here. A case's barcode counts the whole case, a box type's says which box this is. What is on trust "
        "goes in by the scan of its tote.",
        "此处再次核对每一件；扫描整箱条码按整箱计数，扫描箱型条码登记所用纸箱。免检货物扫描周转箱即可全部装入。",
    ),
)
def check_piece(scan: Scan, notes: Notes) -> Go:
    if scan.kind is Kind.DOCUMENT:
        return _box_taken(scan, notes)
    if scan.kind is Kind.HANDLING_UNIT and scan.handling_unit.order_id == notes["order"]:
        return _other_carton(scan, notes)
    if scan.kind is Kind.HANDLING_UNIT:
        return _packed(scan, notes, packing.trust(notes["order"], notes["carton"], by=scan.by, key=scan.key, tote_id=_tote(scan, notes)))
    lot = scan.gs1.lot if scan.gs1 else None
    if serials.by_numbers(scan.product):
        packing.check_piece(notes["order"], scan.product, 1, None)
        return Go("serial", notes=_in_hand(scan.product, notes, None), tone="calm")
    open_ = packing.check_piece(notes["order"], scan.product, scan.quantity, lot)
    wanted = min(open_, _to_scan(notes["order"], scan.product.id) or open_)
    if scan.quantity >= wanted:
        return _put_in(scan, notes, scan.product, scan.quantity, lot)
    return Go("quantity", notes={**_in_hand(scan.product, notes, lot), "open": wanted}, tone="calm", counted=scan.quantity)


def _other_carton(scan: Scan, notes: Notes) -> Go:
    """A carton of this order that is open is the one in hand from now on; a closed one is opened again at the second scan."""
    unit = scan.handling_unit
    if unit.closed_at is None:
        unit = repacking.opened(notes["order"], unit.code, by=scan.by)
        said = T("Carton {carton} is in hand", "当前箱：{carton}", carton=tail(unit.code))
    elif not scan.again:
        raise CartonClosed(carton=tail(unit.code))
    else:
        unit = repacking.open_again(notes["order"], unit.code, by=scan.by)
        said = T("Carton {carton} is open again", "箱 {carton} 已重新打开", carton=tail(unit.code))
    here = in_carton(notes["order"], unit, notes.get("bench_id"))
    return out_first(Go("product", notes={"number": notes["number"], **here}, say=said, posted=True))


def _box_taken(scan: Scan, notes: Notes) -> Go:
    box = scan.document
    cartons.take(notes["order"], notes["carton"], box)
    named_so = {"carton": tail(notes["carton"]), "code": box.code, "size": box.size}
    said = T("Carton {carton} is box {code}, {size}", "箱 {carton} 用箱型 {code}，{size}", **named_so)
    return Go("product", notes={"box": f"{box.code} {box.size}", "boxes": None}, say=said, posted=True)


def _asked(notes: Notes) -> Text:
    if waits_for_the_rest(notes):
        return T("The order waits", "等待其余货物")
    if not notes["lines"]:
        return T("Close the carton", "请封箱")
    return T("Scan each piece", "逐件扫描商品") if _is_scanned(notes) else T("Pack the rest", "其余装箱")


def _hint(notes: Notes) -> Text:
    if not notes["lines"]:
        return T("A carton or box type", "箱或箱型")
    return (
        T("A piece; the tote, or Rest on trust", "商品；免检货物扫周转箱") if notes.get("trusted") else T("Piece or box type", "商品或箱型")
    )


def waits_for_the_rest(notes: Notes) -> bool:
    """Whether all that is at the bench is packed, and more is being picked."""
    return bool(notes.get("coming")) and not notes.get("lines")


def _is_scanned(notes: Notes) -> bool:
    """Whether anything before the packer must be scanned piece by piece."""
    return not notes.get("trusted") or notes["of"] - notes["done"] > notes["trusted"]


def _to_scan(order_id: int, product_id: int) -> int:
    return next((one.to_scan for one in packing.waiting(order_id) if one.product_id == product_id), 0)


def _tote(scan: Scan, notes: Notes) -> int:
    """The unit in which goods of this order lie; raises ToteOfAnother."""
    unit = scan.handling_unit
    if all(claim.unit_id != unit.id for claim in packing.picked_claims(notes["order"])):
        raise ToteOfAnother(unit=tail(unit.code), number=notes["number"])
    return unit.id


def _in_hand(product: Product, notes: Notes, lot: str | None) -> dict[str, Any]:
    one = next(one for one in packing.waiting(notes["order"]) if one.product_id == product.id)
    return {
        "product": product.id,
        "sku": product.sku,
        "name": [one.name.say("en"), one.name.say("zh_CN")],
        "unit": product.base_unit,
        "open": one.open,
        "lot": lot,
        "upright": product.this_way_up or None,
        "serials": serials.open_serials(notes["order"], product.id) if one.serial else None,
    }


@pack.count(
    "quantity",
    ask=T("Check every piece", "逐件复核"),
    product="product",
    expected="open",
    target="sku",
    excess=T("Take the extra pieces out and choose Put aside; type {expected}", "多出的请取出并选“异常件另放”；输入 {expected}"),
    leads_to=["product", "weight", "start"],
)
def count_pieces(scan: Scan, notes: Notes) -> Go:
    return _put_in(scan, notes, packing.product_of(notes["product"]), scan.quantity, notes.get("lot"))


@pack.step(
    "serial",
    ask=T("Scan serial number", "扫描序列号"),
    accepts=[Kind.SERIAL],
    product="product",
    target="sku",
    leads_to=["product", "weight", "start"],
    help=T("Each piece is checked by its number: the ones that were picked for this order", "逐件核对序列号：须为本订单所拣的那几件"),
)
def check_serial(scan: Scan, notes: Notes) -> Go:
    """The number that was picked is packed; one that was picked for another order is exchanged by a supervisor alone."""
    product = packing.product_of(notes["product"])
    try:
        number = serials.check(notes["order"], product, scan.value)
    except serials.SerialOfAnother as another:
        if not scan.by.may(Permission.RELEASE_ORDERS):
            raise
        if not scan.again:
            raise SerialExchange(**another.facts) from None
        number = serials.exchange(notes["order"], product, scan.value, by=scan.by)
    go = _put_in(scan, notes, product, 1, number)
    if go.step != "product" or not (left := len(serials.open_serials(notes["order"], product.id))):
        return go
    return replace(go, step="serial", notes={**go.notes, **_in_hand(product, notes, None), "open": left})


@pack.command("serial", "DONE", label=T("Other goods first", "先扫其他商品"), leads_to=["product"])
def other_goods(scan: Scan, notes: Notes) -> Go:  # noqa: ARG001
    """The other numbers come later."""
    return Go("product", notes=state(notes["order"]), tone="calm")


def _put_in(scan: Scan, notes: Notes, product: Product, quantity: int, lot: str | None) -> Go:
    done = packing.pack(notes["order"], product, quantity, notes["carton"], by=scan.by, key=scan.key, lot=lot)
    return _packed(scan, {**notes, **_in_hand_now(product)}, done)


def _in_hand_now(product: Product) -> dict[str, Any]:
    return {"sku": product.sku, "unit": product.base_unit}


def _packed(scan: Scan, notes: Notes, done: packing.Packed) -> Go:  # noqa: ARG001
    unit = notes.get("unit") or "piece"
    act = {"ids": list(done.movements), "unit": unit, "kind": "pack"}
    onward = {"moves": [*(notes.get("moves") or []), act], **state(notes["order"])}
    if waits_for_the_rest(onward):
        told = {"n": onward["coming"], "number": notes["number"], "carton": tail(notes["carton"])}
        said = T("{n} more {n:is/are} being picked; {number} waits", "另有 {n} 件正在拣货，{number} 等待", **told)
        then = T("Leave carton {carton} open and take other work, or close it", "箱 {carton} 不封，先做其他订单；也可封箱", **told)
        return Go("product", notes={**onward, "reopened": True}, say=said, detail=then, tone="ask", posted=True)
    if not done.closed:
        amount = {"quantity": done.quantity, "unit": in_unit(done.quantity, unit), "sku": notes.get("sku")}
        said = (
            T("{quantity} {unit} of {sku} packed", "已装 {sku} {quantity} {unit}", **amount)
            if amount["sku"]
            else T("{quantity} pieces packed on trust", "免检装箱 {quantity} 件", **amount)
        )
        return Go("product", notes=onward, say=said, posted=True)
    said = T("{number} is packed; close carton {carton}", "{number} 已全部装箱，请封箱 {carton}", **named(notes))
    return to_the_scale(Go("weight", notes=onward, say=said, posted=True), notes, done.cartons, note=True)


def to_the_scale(go: Go, notes: Notes, closed: Iterable[str], *, note: bool = False) -> Go:
    """Closed cartons are weighed, then labelled; where the house does not weigh, labelled and brought away."""
    go = carton_prints.closed(go, notes, closed, note=note)
    if carton_prints.weights_asked():
        return go
    following = notes.get("then") or go.notes.get("then")
    if following:
        return replace(
            go, step="product", notes={**go.notes, "then": None, **in_carton(notes["order"], _unit(following), notes.get("bench_id"))}
        )
    return replace(go, step="start", detail=go.detail or whereto(notes["order"]))


def _unit(code: str) -> HandlingUnit:
    return session.execute(sa.select(HandlingUnit).where(HandlingUnit.code == code)).scalar_one()


def next_in_hand(notes: Notes) -> dict[str, Any] | None:
    """The carton that was opened when a full one was closed: packing goes on in it once the full one is weighed."""
    following = notes.get("then")
    if not following:
        return None
    return {
        "then": None,
        "off": None,
        "said": None,
        **in_carton(notes["order"], _unit(following), notes.get("bench_id")),
        **state(notes["order"]),
    }


def named(notes: Notes) -> dict[str, Any]:
    """The order and the end of the carton's number, for sentences."""
    return {"number": notes["number"], "carton": tail(notes["carton"])}


@pack.command(
    "product",
    "TRUST",
    label=T("Rest on trust", "其余免检装箱"),
    leads_to=["weight", "start"],
    when=lambda notes: bool(notes.get("trusted")),
)
def take_the_rest(scan: Scan, notes: Notes) -> Go:
    """What lies loose and need not be scanned goes in."""
    return _packed(scan, notes, packing.trust(notes["order"], notes["carton"], by=scan.by, key=scan.key))


@pack.command(
    "product",
    "FULL",
    label=T("Carton full", "箱已满"),
    leads_to=["product", "weight", "start"],
    when=lambda notes: bool(notes.get("moves")),
)
def carton_full(scan: Scan, notes: Notes) -> Go:
    following = packing.next_carton(notes["order"], notes["carton"], by=scan.by, company_prefix=prefix())
    said = T("Carton {carton} is closed; then go on with a new one", "箱 {carton} 已封，随后用新箱继续", carton=tail(notes["carton"]))
    return to_the_scale(Go("weight", notes={"moves": None, "then": following.code}, say=said, posted=True), notes, [notes["carton"]])


@pack.command(
    ["product", "serial", "weight"],
    "UNDO",
    label=T("Take the last out", "撤销上一步"),
    leads_to=["product"],
    when=lambda notes: bool(notes.get("moves")),
)
def take_out(scan: Scan, notes: Notes) -> Go:
    """The last act is undone: pieces out of the carton, missing ones that were there after all, strays that were none."""
    *before, last = notes["moves"]
    if last["kind"] == "short":
        back = shortages.take_back(notes["order"], last["ids"], notes["carton"], by=scan.by, key=scan.key)
        words = T("To be packed again: {n} {unit}", "重新待打包：{n} {unit}", n=back, unit=in_unit(back, last["unit"]))
    elif last["kind"] == "aside":
        back = strays.take_back(notes["order"], last["ids"], by=scan.by, key=scan.key)
        words = T("Not put aside any more: {n} {unit}", "已取消另放：{n} {unit}", n=back, unit=in_unit(back, last["unit"]))
    elif last["kind"] == "move":
        back = repacking.move_back(notes["order"], last["ids"], by=scan.by, key=scan.key)
        words = T("Back in the other carton: {n} {unit}", "已移回原箱：{n} {unit}", n=back, unit=in_unit(back, last["unit"]))
    else:
        back = packing.undo(notes["order"], last["ids"], by=scan.by, key=scan.key)
        words = T("Out of the carton again: {n} {unit}", "已从箱中取出 {n} {unit}", n=back, unit=in_unit(back, last["unit"]))
    return Go("product", notes={"moves": before or None, **state(notes["order"])}, say=words, tone="ask", posted=True)


@pack.command(
    "product",
    "DONE",
    label=T("Close the carton", "封箱"),
    leads_to=["weight", "start"],
    when=lambda notes: bool(notes.get("moves") or notes.get("reopened")),
)
def close_early(scan: Scan, notes: Notes) -> Go:
    packing.close_carton(notes["order"], notes["carton"], by=scan.by)
    packing.leave(notes["order"], by=scan.by)
    said = T("Carton {carton} is closed; the rest of {number} waits", "箱 {carton} 已封；{number} 其余待打包", **named(notes))
    packed = False
    if waits_for_the_rest(notes):
        more = {**named(notes), "n": notes["coming"]}
        said = T("Carton {carton} is closed; {n} more {n:is/are} being picked", "箱 {carton} 已封；另有 {n} 件正在拣货", **more)
    elif not packing.there_is_left(notes["order"]):
        said = T("Carton {carton} is closed; {number} is packed", "箱 {carton} 已封，{number} 已全部装箱", **named(notes))
        packed = True
    went = Go("weight", notes={"moves": None, "reopened": None}, say=said, tone="ask", posted=True)
    return to_the_scale(went, notes, [notes["carton"]], note=packed)


@pack.before_each_scan
def still_wanted(notes: Notes, by: Actor) -> None:  # noqa: ARG001
    """The packer hears at once that nobody wants the order any more."""
    if "order" in notes:
        packing.must_be_wanted(notes["order"], seen=notes.get("seen"))


@pack.when_moved_on(packing.OrderTakenBack, packing.OrderChangedMeanwhile, leads_to=["start", "product", "out"])
def taken_back(scan: Scan, notes: Notes) -> Go:
    """The order in hand was cancelled: what is packed and what is not stays at the bench, where the tasks will look for it. One that was
    changed goes on as it is now."""
    try:
        packing.must_be_wanted(notes["order"])
    except packing.OrderTakenBack:
        return _left_here(notes)
    return _as_it_is_now(scan, notes)


def _as_it_is_now(scan: Scan, notes: Notes) -> Go:
    said = T("{number} was changed: look what is wanted now", "{number} 已变更：请看现在所需", number=notes["number"])
    unit = handling_units.find(notes["carton"], by=scan.by)
    if unit.order_id != notes["order"]:  # all that was in it went out of the order
        place = session.get_one(Location, notes["place"]).code
        then = T("Leave carton {carton} at {place}: a task takes it back", "箱 {carton} 留在 {place}：将派回库任务")
        return Go("start", say=said, detail=then.with_facts(carton=tail(unit.code), place=place))
    if unit.closed_at is not None or unit.load_id is not None:
        return carton_prints.with_due(Go("start", say=said, detail=T("Take the order again", "请重新领取该订单")), notes)
    here = {**in_carton(notes["order"], unit, notes.get("bench_id")), **state(notes["order"]), "reopened": True, "moves": None}
    go = out_first(Go("product", notes={"number": notes["number"], **here}, say=said))
    done = here["of"] == here["done"]
    then = (
        T("Nothing else is to go in: close the carton", "不再装入其他货物，请封箱")
        if done
        else T("Go on with the next piece", "请继续装下一件")
    )
    return replace(go, detail=then)


def _left_here(notes: Notes) -> Go:
    place = session.get_one(Location, notes["place"]).code
    said = T(
        "{number} was cancelled: leave everything at {place}",
        "{number} 已取消：请把货物全部留在 {place}",
        number=notes["number"],
        place=place,
    )
    then = T("Carton {carton} too: tasks take the goods back", "箱 {carton} 也留下：将派回库任务", carton=tail(notes["carton"]))
    return Go("start", say=said, detail=then)


@pack.when_moved_on(services.ServiceOpen, leads_to=["service"])
def work_first(scan: Scan, notes: Notes) -> Go | None:  # noqa: ARG001
    """The last piece waits for what the customer asked for: that is on the screen at once, with its Done."""
    asked = services.open_of(notes["order"])
    if not asked or notes["at_step"] not in ("product", "quantity", "serial"):
        return None
    then = T("Do it and confirm it here; then scan the piece again", "请完成加工并在此确认，然后重新扫描该件")
    return Go("service", notes={**state(notes["order"]), "service": work_note(asked[0])}, detail=then)
