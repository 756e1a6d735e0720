"""Shipping at the desk: what waits for the bench, loads and how full they are, shipments, and what went through the gate."""

from __future__ import annotations

from collections.abc import Callable

from flask import Blueprint, current_app, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from pydantic import Field

from wms.actor import Actor, Permission, Role
from wms.auth.current import actor
from wms.catalog.models import Temperature
from wms.db import session, transaction
from wms.errors import Invalid
from wms.i18n import HowFar, T, Text
from wms.orders import signing_queries, timeline
from wms.shipping import (
    carrying,
    changes,
    closing,
    coming_off,
    drivers,
    fleet,
    gate,
    history,
    loading,
    loads,
    queries,
    shipments,
    stops,
    turning_back,
    waiting,
)
from wms.shipping.fleet_api import CapacityIn
from wms.shipping.models import Load, LoadStatus
from wms.shipping.queries import LOAD_SORTS, SHIPMENT_SORTS
from wms.shipping.shortages import Lack
from wms.shipping.waiting import WAITING_SORTS
from wms.stock.handling_units import fresh_key
from wms.tasks.queries import teach
from wms.web import access
from wms.web.access import allow
from wms.web.forms import Form, first_time, read, refusals
from wms.web.home import Board, Figure, Panel, Row
from wms.web.lists import Column, Page, arg, export, page_of, rows_of, wants_export
from wms.web.navigation import SHIPPING, Entry
from wms.web.render import render
from wms.web.typed import body_of, thousandths

blueprint = Blueprint("shipping", __name__)
navigation = [
    Entry(SHIPPING, T("Packing", "打包台"), "shipping.packing_queue", Permission.SEE_TASKS, count=waiting.packing_waits),
    Entry(SHIPPING, T("Loads", "装车单"), "shipping.loads_index", Permission.LOAD, count=waiting.open_loads),
    Entry(SHIPPING, T("Shipments", "发货单"), "shipping.shipments_index", Permission.SEE_ORDERS),
    Entry(SHIPPING, T("Outbound trucks", "发货车辆放行"), "shipping.gate_log", Permission.GATE, count=waiting.at_the_gate),
]

TONES = {LoadStatus.PLANNED: "calm", LoadStatus.LOADING: "good", LoadStatus.CLOSED: "good", LoadStatus.LEFT: "good"}
STATES = [
    ("packing", T("At the bench", "打包中")),
    ("packed", T("Packed, on no load", "已打包未排车")),
    ("loaded", T("On a load", "已排车")),
    ("left", T("Left", "已出门")),
]

timeline.teach("order.carton_closed", T("Carton {carton} closed", "已封箱 {carton}"))
timeline.teach("order.found_again", T("{quantity} of {sku} were found again", "{sku} 找回 {quantity}"), "good")
timeline.teach_reasons({one.value: one.text for one in Lack})
teach("short_at_bench", T("Came up short at the bench, order {order}", "订单 {order} 打包时缺件"))
timeline.teach("order.left_behind", T("Left behind by {load}", "{load} 未装走"), "ask")
timeline.teach("order.part_turned_back", T("A part came back with {load}", "部分货物随 {load} 折返"), "ask")
timeline.teach("order.part_left", T("A part left the gate with {load}", "部分货物已随 {load} 发货"), "good")


# -- boards ------------------------------------------------------------------------------------------------------------


def _packing_board(who: Actor) -> Board:
    queue = waiting.packing_queue(who)
    found = session.execute(queue.order_by(*WAITING_SORTS["due"]).limit(6)).all()
    rows = [
        Row(
            one.number,
            url_for("shipping.packing_queue", q=one.number),
            why=T("{person} packs it", "{person} 正在打包", person=one.person)
            if one.person
            else T("A packer takes it next", "待打包员领取"),
            at=one.due_at,
            tone="stop" if one.lateness else "calm",
            lateness=one.lateness,
            status=one.status.text,
            status_tone=one.status.tone,
            far=one.far,
        )
        for one in waiting.at_bench(found)
    ]
    figure = Figure(T("To pack", "待打包"), waiting.packing_waits(who), url_for("shipping.packing_queue"))
    return Board([figure], rows, url_for("shipping.packing_queue"), T("Nothing waits for packing.", "没有待打包的订单。"))


_WHY = {
    LoadStatus.PLANNED: T("Ready to load", "可以开始装车"),
    LoadStatus.LOADING: T("Being loaded", "正在装车"),
    LoadStatus.CLOSED: T("Waits for the gate guard", "待门卫放行"),
}


def _why(one: queries.LoadRow, held: history.Held | None) -> Text | None:
    if held:
        return T("Stopped at the gate: {reason}", "门卫拦下：{reason}", reason=held.text)
    if one.withdrawn:
        return T("Not to go: {n} {n:unit/units} cancelled", "不可放行：{n} 件已取消", n=one.withdrawn)
    return T("No order is left on it", "已没有订单") if one.empty else _WHY.get(one.status)


def _load_rows(who: Actor, status: str) -> list[Row]:
    found = [queries.load_row(one) for one in session.execute(queries.loads_listed(who, status=status).order_by(Load.id).limit(6))]
    held = history.held_at_gate(one.id for one in found if one.status is LoadStatus.CLOSED)
    return [
        Row(
            one.number,
            url_for("shipping.one_load", number=one.number),
            why=_why(one, held.get(one.id)),
            at=one.closed_at or one.created_at,
            tone="stop" if one.id in held or one.withdrawn else "ask" if one.status is LoadStatus.CLOSED or one.empty else "calm",
            status=one.status.text,
            status_tone=TONES[one.status],
            far=HowFar(one.loaded, one.units),
        )
        for one in found
    ]


def _load_board(who: Actor) -> Board:
    figures = [
        Figure(T("To be loaded", "待排车"), waiting.how_many(waiting.to_be_loaded(who)), url_for("shipping.new_load"), "ask"),
        Figure(T("Open loads", "未出门装车单"), waiting.open_loads(who), url_for("shipping.loads_index", status="open")),
    ]
    empty = T("No truck is being loaded.", "没有在装车辆。")
    return Board(figures, _load_rows(who, "open"), url_for("shipping.loads_index", status="open"), empty)


def _gate_board(who: Actor) -> Board:
    figure = Figure(T("At the gate", "待放行"), waiting.at_the_gate(who), url_for("shipping.gate_log"))
    empty = T("No truck waits at the gate.", "没有待放行车辆。")
    return Board([figure], _load_rows(who, LoadStatus.CLOSED.value), url_for("shipping.gate_log"), empty)


panels = [
    Panel("packing", T("Packing", "打包"), Permission.SEE_TASKS, _packing_board, roles=(Role.PACKER,)),
    Panel("loads", T("Loads", "装车"), Permission.LOAD, _load_board, roles=(Role.DISPATCHER,)),
    Panel("gate", T("Outbound trucks", "发货车辆放行"), Permission.GATE, _gate_board, roles=(Role.GATE,)),
]


# -- the bench ---------------------------------------------------------------------------------------------------------


@blueprint.get("/packing")
@allow(Permission.SEE_TASKS)
def packing_queue() -> ResponseReturnValue:
    """What waits for the bench, and who packs it."""
    found = waiting.packing_queue(actor(), q=arg("q"))
    if wants_export():
        return export("packing", _WAITING, map(waiting.waiting_row, rows_of(found, WAITING_SORTS, "due")))
    page = page_of(found, WAITING_SORTS, "due")
    return render("shipping/packing", page=Page(waiting.at_bench(page.items), page.number, page.pages, page.total))


_WAITING = [
    Column(T("Order", "订单"), lambda row: row.number),
    Column(T("Customer", "客户"), lambda row: row.customer),
    Column(T("Due", "承诺时间"), lambda row: row.due_at),
    Column(T("Picked", "已拣"), lambda row: row.picked),
    Column(T("Packed", "已装箱"), lambda row: row.packed),
    Column(T("Packer", "打包员"), lambda row: row.person),
]


def _shown(page: Page, show: Callable[[object], object]) -> Page:
    return Page([show(row) for row in page.items], page.number, page.pages, page.total)


# -- loads -------------------------------------------------------------------------------------------------------------


@blueprint.get("/loads")
@allow(Permission.LOAD)
def loads_index() -> ResponseReturnValue:
    """All loads, newest first."""
    status = arg("status") if arg("status") in {"open", *LoadStatus} else None
    found = queries.loads_listed(actor(), q=arg("q"), status=status)
    if wants_export():
        return export("loads", _LOADS, map(queries.load_row, rows_of(found, LOAD_SORTS, "-number")))
    page = _shown(page_of(found, LOAD_SORTS, "-number"), queries.load_row)
    held = history.held_at_gate(one.id for one in page.items if one.status is LoadStatus.CLOSED)
    return render("shipping/loads", page=page, statuses=list(LoadStatus), tones=TONES, held=held)


_LOADS = [
    Column(T("Load", "装车单"), lambda row: row.number),
    Column(T("Status", "状态"), lambda row: row.status.text),
    Column(T("Carrier", "承运商"), lambda row: row.carrier),
    Column(T("Door", "发货门"), lambda row: row.door),
    Column(T("Plate", "车牌"), lambda row: row.plate),
    Column(T("Driver", "司机"), lambda row: row.driver),
    Column(T("Orders", "订单数"), lambda row: row.orders),
    Column(T("Units on board", "已装件数"), lambda row: row.loaded),
    Column(T("Units", "件数"), lambda row: row.units),
    Column(T("Seal", "封签"), lambda row: row.seal),
    Column(T("Why without a seal", "无封签原因"), lambda row: row.no_seal),
    Column(T("Gate pass", "出门证"), lambda row: row.gate_pass),
    Column(T("Closed", "封车时间"), lambda row: row.closed_at),
    Column(T("Left", "出门时间"), lambda row: row.left_at),
]


class NewLoad(Form):
    """A vehicle and what goes on it."""

    orders: list[str] = Field(default=[])
    carrier: str | None = None
    door: str | None = None
    vehicle: str | None = None
    plate: str | None = None
    driver: str | None = None
    driver_code: str | None = None


@blueprint.get("/loads/new")
@allow(Permission.PLAN_WORK)
def new_load() -> ResponseReturnValue:
    """The form for a new load, with the orders that wait."""
    return _load_form({}, request.args.getlist("order"), {})


@blueprint.post("/loads/new")
@allow(Permission.PLAN_WORK)
def create_load() -> ResponseReturnValue:
    """Plans a load; orders are delivered in the order in which they were chosen."""
    form, errors = read(NewLoad)
    if form is not None:
        with refusals(errors), transaction():
            if not first_time(by=actor()):
                return redirect(url_for("shipping.loads_index"))
            load = loads.plan_load(
                form.orders,
                by=actor(),
                carrier=form.carrier,
                door=form.door,
                vehicle=(form.vehicle or "")[:80],
                plate=(form.plate or "")[:40],
                driver=(form.driver or "")[:80],
                driver_code=form.driver_code,
            )
            return redirect(url_for("shipping.one_load", number=load.number))
    return _load_form(request.form, request.form.getlist("orders"), errors), 422


def _load_form(values: object, chosen: list[str], errors: dict[str, str]) -> str:
    found = page_of(waiting.to_be_loaded(actor(), q=arg("q")), WAITING_SORTS, "due")
    page = _shown(found, waiting.waiting_row)
    return render(
        "shipping/new_load",
        page=page,
        values=values,
        chosen=chosen,
        errors=errors,
        doors=queries.doors(actor()),
        carriers=queries.carriers(),
        drivers=drivers.listed(site_id=actor().site_id),
        vehicles=fleet.vehicles(in_service=True),
    )


@blueprint.get("/loads/<path:number>")
@allow(Permission.LOAD)
def one_load(number: str) -> ResponseReturnValue:
    """One load: what is on board, what is missing, its papers."""
    load = loads.find(number, by=actor())
    view = queries.load_view(load, actor())
    lacking = closing.missing(load) if view.status in (LoadStatus.PLANNED, LoadStatus.LOADING) else None
    unplanned = session.execute(waiting.to_be_loaded(actor()).order_by(*WAITING_SORTS["due"]).limit(100)).all()
    return render(
        "shipping/one_load",
        load=view,
        tone=TONES[view.status],
        lacking=lacking,
        off=coming_off.of(load) if view.status is not LoadStatus.LEFT else [],
        waiting=[waiting.waiting_row(row) for row in unplanned],
        history=history.of_load(load, access.language()),
        held=history.held_at_gate([load.id]).get(load.id) if view.status is LoadStatus.CLOSED else None,
        may_release=actor().may(Permission.RELEASE_ORDERS),
        figures=carrying.figures(fleet.capacity_of(load), plan := carrying.planned(load), carrying.loaded(load)),
        unknown=plan.unknown,
        over=carrying.excess(fleet.capacity_of(load), plan),
        capacity=fleet.capacity_of(load),
        overload_reason=load.overload_reason,
        ask_seals=current_app.config["WMS"].ask_seals,
        turn_back_days=current_app.config["WMS"].turn_back_days,
        comes_back=turning_back.may_come_back(load, current_app.config["WMS"].turn_back_days),
        vehicles=fleet.vehicles(in_service=True),
        others=_others(load),
        temperatures=Temperature,
        doors=queries.doors(actor()),
        carriers=queries.carriers(),
        drivers=drivers.listed(site_id=actor().site_id, before=load.driver_id),
    )


def _others(load: Load) -> list[queries.LoadRow]:
    """Loads that are still open, and take orders from this one."""
    found = queries.loads_listed(actor()).where(Load.id != load.id, Load.status.in_([LoadStatus.PLANNED.value, LoadStatus.LOADING.value]))
    return [queries.load_row(row) for row in session.execute(found.order_by(Load.id.desc()).limit(20))]


@blueprint.post("/loads/<path:number>/change")
@allow(Permission.LOAD)
def change_load(number: str) -> ResponseReturnValue:
    """One button of a load's page: say which vehicle, close, open again, add or take off an order, unload a unit, discard."""
    wanted = request.form.get("do", "")
    errors: dict[str, str] = {}
    there = url_for("shipping.one_load", number=number)
    if wanted not in _CHANGES:
        flash(T("Choose what to do with the load", "请选择对装车单的操作").say(access.language()), "stop")
        return redirect(there)
    with refusals(errors), transaction():
        if first_time(by=actor()):
            words = _CHANGES[wanted](loads.find(number, by=actor()).id)
            flash(words.say(access.language()), "good")
            if wanted == "discard":
                there = url_for("shipping.loads_index")
    for text in errors.values():
        flash(text, "stop")
    return redirect(there)


class CapacityWrong(Invalid):
    """A limit that is no number."""

    code = "capacity_wrong"
    sentence = T("What it may carry: {wrong}", "装载限额：{wrong}")


def _field(name: str, longest: int = 200) -> str | None:
    return request.form.get(name, "").strip()[:longest] or None


def _close(load_id: int) -> Text:
    asked = {"no_seal": _field("no_seal"), "sealed": current_app.config["WMS"].ask_seals}
    closed = closing.close_load(load_id, by=actor(), seal=_field("seal", 60), reason=_field("reason"), **asked)
    return T(
        "{number} is closed: gate pass {gate_pass}", "{number} 已封车，出门证 {gate_pass}", number=closed.number, gate_pass=closed.gate_pass
    )


def _describe(load_id: int) -> Text:
    plate, driver, vehicle, seal = _field("plate", 40), _field("driver", 80), _field("vehicle", 80), _field("seal", 60)
    load = changes.describe(
        load_id, by=actor(), plate=plate, driver=driver, driver_code=_field("driver_code", 80), vehicle=vehicle, seal=seal,
        sealed=current_app.config["WMS"].ask_seals,
    )  # fmt: skip
    if "carrier" in request.form:
        changes.carry(load_id, _field("carrier", 80), _field("door", 80), by=actor())
    return T("Vehicle of {number} saved", "{number} 的车辆信息已保存", number=load.number)


def _hand_over(load_id: int) -> Text:
    load = changes.hand_over(load_id, _field("driver_code", 80), by=actor())
    return T("Driver of {number} saved", "{number} 的司机已保存", number=load.number)


def _reopen(load_id: int) -> Text:
    return T(
        "{number} is open again; its gate pass is void",
        "{number} 已重新打开，原出门证作废",
        number=closing.reopen(load_id, by=actor(), reason=_field("reason")).number,
    )


def _clear(load_id: int) -> Text:
    load = gate.clear(load_id, by=actor(), reason=_field("reason"))
    return T("{number} may go; the guard scans its gate pass again", "{number} 可放行，请门卫再次扫描出门证", number=load.number)


def _limit(load_id: int) -> Text:
    """What it may carry, typed in kg and m³."""
    weight, litres = thousandths("max_weight"), thousandths("max_volume")
    typed = {
        "max_weight_grams": weight,
        "max_volume_cm3": litres * 1000 if isinstance(litres, int) else litres,
        "pallet_places": _field("pallet_places", 10),
        "temperature": _field("temperature", 20),
    }
    body, errors = body_of(CapacityIn, {name: value for name, value in typed.items() if value is not None})
    if body is None:
        raise CapacityWrong(wrong=next(iter(errors.values())))
    return T("Capacity of {number} saved", "{number} 的装载限额已保存", number=changes.limit(load_id, body.capacity(), by=actor()).number)


def _allow_more(load_id: int) -> Text:
    load = changes.allow_more(load_id, _field("reason") or "", by=actor())
    return T("{number} may carry more than its capacity", "已放行 {number} 超载", number=load.number)


def _move_stop(load_id: int, places: int) -> Text:
    stop = _field("stop", 6) or ""
    load = stops.move_stop(load_id, int(stop) if stop.isascii() and stop.isdigit() else 0, places, by=actor())
    return T("The stops of {number} were changed", "{number} 的站点已调整", number=load.number)


def _move_order(load_id: int) -> Text:
    """To a stop of this load, to another load, or onto one of its own."""
    order, to = _field("order") or "", _field("to", 80)
    if to == "new":
        load = stops.split_off(load_id, order, by=actor())
    elif to is None or to.startswith("stop-"):
        stop = (to or "").removeprefix("stop-")
        load = stops.move_order(load_id, order, by=actor(), stop=int(stop) if stop.isascii() and stop.isdigit() else None)
    else:
        load = stops.change_load(load_id, order, to, by=actor())
    return T("{order} is on {number}", "{order} 已在 {number}", order=order, number=load.number)


def _turn_back(load_id: int) -> Text:
    days, orders = current_app.config["WMS"].turn_back_days, request.form.getlist("orders")
    key = f"turn-back:{fresh_key()}"
    load = turning_back.turn_back(load_id, reason=_field("reason") or "", by=actor(), key=key, within_days=days, orders=orders)
    return T("The goods are on {number} again", "货物已记回 {number} 车上", number=load.number)


def _add(load_id: int) -> Text:
    return T(
        "Orders added to {number}",
        "{number} 已追加订单",
        number=changes.add_orders(load_id, request.form.getlist("order"), by=actor()).number,
    )


def _take_off(load_id: int) -> Text:
    return T("Order taken off {number}", "订单已移出 {number}", number=changes.take_off(load_id, _field("order") or "", by=actor()).number)


def _unload(load_id: int) -> Text:
    unit = loading.unload_unit(load_id, _field("unit") or "", by=actor(), reason=_field("reason"))
    return T("{unit} is off the truck and stands at the door", "{unit} 已卸下，在发货门", unit=unit.code)


def _discard(load_id: int) -> Text:
    changes.discard(load_id, by=actor())
    return T("The load is discarded; its orders wait again", "装车单已作废，订单待重新排车")


_CHANGES: dict[str, Callable[[int], Text]] = {
    "describe": _describe,
    "hand_over": _hand_over,
    "close": _close,
    "reopen": _reopen,
    "clear": _clear,
    "add": _add,
    "take_off": _take_off,
    "unload": _unload,
    "discard": _discard,
    "limit": _limit,
    "earlier": lambda load_id: _move_stop(load_id, -1),
    "later": lambda load_id: _move_stop(load_id, 1),
    "move": _move_order,
    "allow_more": _allow_more,
    "turn_back": _turn_back,
}


# -- shipments and the gate --------------------------------------------------------------------------------------------


@blueprint.get("/shipments")
@allow(Permission.SEE_ORDERS)
def shipments_index() -> ResponseReturnValue:
    """All shipments, newest first."""
    state = arg("state") if arg("state") in {name for name, _ in STATES} else None
    found = queries.shipments_listed(actor(), q=arg("q"), state=state)
    if wants_export():
        return export("shipments", _SHIPMENTS, map(queries.shipment_view, rows_of(found, SHIPMENT_SORTS, "-number")))
    page = page_of(found, SHIPMENT_SORTS, "-number")
    rows = queries.with_parcels([queries.shipment_view(row) for row in page.items])
    return render("shipping/shipments", page=Page(rows, page.number, page.pages, page.total), states=STATES)


_SHIPMENTS = [
    Column(T("Shipment", "发货单"), lambda row: row.number),
    Column(T("Order", "订单"), lambda row: row.order),
    Column(T("Customer", "客户"), lambda row: row.customer_name),
    Column(T("City", "城市"), lambda row: row.ship_to.get("city")),
    Column(T("Carrier", "承运商"), lambda row: row.carrier_name),
    Column(T("Tracking", "运单号"), lambda row: row.tracking),
    Column(T("Load", "装车单"), lambda row: row.load),
    Column(T("Packed", "打包时间"), lambda row: row.packed_at),
    Column(T("Left", "出门时间"), lambda row: row.left_at),
    Column(T("Signed by", "签收人"), lambda row: row.signed_by),
]


@blueprint.get("/shipments/<path:number>")
@allow(Permission.SEE_ORDERS)
def one_shipment(number: str) -> ResponseReturnValue:
    """One shipment: its cartons, what is in them, its papers."""
    one = queries.shipments(actor(), ids=[shipments.find(number, by=actor()).id])[0]
    signed = signing_queries.of_shipment(one.id) if one.signed_at else None
    return render("shipping/one_shipment", shipment=one, signed=signed)


@blueprint.get("/gate")
@allow(Permission.GATE)
def gate_log() -> ResponseReturnValue:
    """Trucks at the gate, and those that went through it."""
    closed = session.execute(queries.loads_listed(actor(), status=LoadStatus.CLOSED.value).order_by(Load.closed_at)).all()
    found = queries.loads_listed(actor(), q=arg("q"), status=LoadStatus.LEFT.value)
    if wants_export():
        return export("gate", _LOADS, map(queries.load_row, rows_of(found, LOAD_SORTS, "-left")))
    page = _shown(page_of(found, LOAD_SORTS, "-left"), queries.load_row)
    rows = [queries.load_row(row) for row in closed]
    return render("shipping/gate", page=page, waiting=rows, held=history.held_at_gate(one.id for one in rows))
