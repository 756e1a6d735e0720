"""The scanner at the dock: how a delivery begins, by its paper, its vehicle or a pallet, and at which dock.

The goods are told in `scan_goods`, what is wrong with them in `scan_objections`, what is said once they are in in `scan_received`.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from wms import clock
from wms.actor import Actor, Permission
from wms.catalog.gs1 import is_sscc, shown
from wms.catalog.units import in_unit
from wms.db import session
from wms.errors import NotFound, Refused
from wms.i18n import T, Text
from wms.locations.models import Location
from wms.orders import announced
from wms.orders.inbound import InboundUnknown, arrive, find_inbound
from wms.orders.models import DifferenceKind, InboundOrder, InboundStatus
from wms.printing import stations
from wms.receiving import arrivals, deliveries, dock_taken, outstanding, queries
from wms.receiving import check_in as receiving
from wms.receiving.models import Arrival, ArrivalStatus
from wms.receiving.scan_received import kept, standing, whole_plate
from wms.receiving.screens import GOODS, goods_facts, listed_skus, none_of, quantity_fact, short_code
from wms.scan.flow import Doubt, Fact, Flow, Go, Kind, Notes, Progress, Scan
from wms.scan.recognise import DocumentUnknown

K = DifferenceKind


class NothingExpected(NotFound):
    """No delivery waits."""

    code = "nothing_expected"
    sentence = T("No delivery is expected now", "目前没有待收的到货")
    advice = T("Scan the number on a delivery paper", "请扫描送货单上的单号")


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


def _progress(notes: Notes) -> Progress | None:
    return Progress(notes["done"], notes["of"]) if notes.get("of") and not notes.get("blind") else None


def _receive_facts(notes: Notes) -> list[Fact]:
    facts = goods_facts(notes)
    if not facts:
        facts = [_plate_to_come(*plate) for plate in notes.get("plates") or []]
        facts += [_waited_for(*line, hidden=bool(notes.get("blind"))) for line in notes.get("waits") or []]
        if notes.get("more"):
            facts.append(Fact(T("And", "另有"), _more(notes["more"], plates=bool(notes.get("plates")))))
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


def _plate_to_come(code: str, skus: list[str], pieces: int) -> Fact:
    return Fact(T("{plate}", "{plate}", plate=short_code(code)), listed_skus(skus, 2), detail=T("{n} in all", "共 {n}", n=pieces))


def _more(n: int, *, plates: bool) -> Text:
    if plates:
        return T("{n} more", "{n} 项", n=n)
    return T("{n} more lines" if n > 1 else "{n} more line", "{n} 行", n=n)


_CONDITIONS = {"damaged": T("Damaged", "残损")}

receive = Flow(
    "receive",
    title=T("Receive", "收货"),
    needs=Permission.RECEIVE,
    document="number",
    facts=_receive_facts,
    progress=_progress,
    waiting=queries.deliveries_waiting,
    station="dock",
)


def inbound_known(number: str, by: Actor) -> InboundOrder | None:
    """The inbound order of this number, or None."""
    try:
        return find_inbound(number, by=by)
    except InboundUnknown:
        return None


def _paper(number: str, by: Actor) -> InboundOrder | Arrival | None:
    """An inbound order, or the vehicle that brings some, by its number or its plate."""
    return inbound_known(number, by) or arrivals.known(number, by=by)


def begin(order: InboundOrder, notes: Notes, by: Actor) -> Go:
    """To the dock when there are several and none is chosen yet, else to the goods."""
    if order.status == InboundStatus.CLOSED:
        raise deliveries.InboundClosed(number=order.number)
    if outstanding.announced_for(order, by=by) is not None:
        raise TakenBackElsewhere(number=order.number)
    chosen: dict[str, Any] = {"order": order.id, "number": order.number, **standing(order), **none_of(*GOODS, "condition")}
    if notes.get("arrival"):
        on_it = order.number in (notes.get("orders") or [])
        chosen |= {"arrival": notes["arrival"] if on_it else None, "orders": notes["orders"] if on_it else None}
    booked = _booked(order, {**notes, **chosen}, by)
    docks = [] if "dock" in notes and not booked else queries.docks(by=by)
    at = notes.get("dock") or (docks[0].id if len(docks) == 1 else None)
    if at is None or (booked and booked["booked_id"] != at) or _others(order, at, {**notes, **chosen}, by):
        return Go("dock", notes={**chosen, **booked, "docks": [dock.code for dock in docks]})
    stations.ready(location_id=at, by=by)
    if order.status == InboundStatus.ANNOUNCED:
        arrive(order.number, by=by)  # whoever scans its paper stands before it
    here = {} if "dock" in notes else {"dock": docks[0].id, "dock_code": docks[0].code}
    return Go("product", notes={**chosen, **here})


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
    return begin(scan.document, notes, scan.by)


def _vehicle(arrival: Arrival, notes: Notes, by: Actor) -> Go:
    """Whoever scans a vehicle's paper stands before it: it has come, and so have its orders."""
    early_or_late = None
    if arrival.status == ArrivalStatus.PLANNED:
        early_or_late = dock_taken.not_in_time(arrivals.arrive(arrival.number, by=by))
    orders = [order for order in arrivals.orders_of(arrival) if order.status != InboundStatus.CLOSED]
    if not orders:
        raise NothingOnVehicle(number=arrival.number)
    chosen = {**kept(notes), "arrival": arrival.id, "orders": [order.number for order in orders]}
    if len(orders) == 1:
        begun = begin(orders[0], {**notes, **chosen}, by)
        return replace(begun, say=early_or_late, detail=_TELL_THE_DOCK_OFFICE, tone="ask") if early_or_late else begun
    said = T("{number} brings {n} orders", "{number} 送来 {n} 张单", number=arrival.number, n=len(orders))
    detail = early_or_late or T("Scan the paper of the first", "请扫描其中一张单据")
    return Go("order", notes=chosen, say=said, detail=detail, tone="ask" if early_or_late else "good")


_TELL_THE_DOCK_OFFICE = T("Go on if it may be unloaded now", "可以现在卸货的，请继续")


def _plate_first(scan: Scan, notes: Notes) -> Go:
    """A pallet that was announced says itself which delivery it belongs to."""
    if scan.found is None and not is_sscc(scan.value):
        raise DocumentUnknown(scanned=shown(scan.text))
    plate = announced.find(scan.value, by=scan.by)
    begun = begin(session.get_one(InboundOrder, plate.order_id), notes, scan.by)
    if begun.step != "product":
        return begun
    went = whole_plate(scan, {**notes, **begun.notes})
    return went if went.step == "order" else replace(went, notes={**begun.notes, **went.notes})


@receive.command("order", "NEXT", label=T("The delivery that is due", "到期的到货"), leads_to=["dock", "product"])
def next_order(scan: Scan, notes: Notes) -> Go:
    order = queries.next_delivery(by=scan.by)
    if order is None:
        raise NothingExpected
    return begin(order, notes, scan.by)


_DOCKS_SHOWN = 6


def _booked(order: InboundOrder, notes: Notes, by: Actor) -> dict[str, Any]:
    """The dock at which the vehicle with these goods is booked, or stands; nothing where there is none."""
    vehicle = arrivals.at_a_dock(order, by=by, arrival_id=notes.get("arrival"))
    if vehicle is None:
        return {}
    dock = session.get_one(Location, vehicle.dock_id)
    when = clock.local(vehicle.planned_from).strftime("%m-%d %H:%M") if vehicle.planned_from else None
    return {"booked": dock.code, "booked_id": dock.id, "booked_for": [vehicle.number, vehicle.plate or vehicle.number, when]}


def _docks(notes: Notes) -> list[Fact]:
    """The booked dock and its vehicle, and all there are."""
    facts = []
    if notes.get("booked"):
        _, who, when = notes["booked_for"]
        facts.append(Fact(T("Booked", "已预约"), notes["booked"], detail=f"{who} · {when}" if when else who))
    return [*facts, _all_docks(notes)]


def _all_docks(notes: Notes) -> Fact:
    codes = notes.get("docks") or []
    more = T("and {n} more", "另有 {n} 个", n=len(codes) - _DOCKS_SHOWN) if len(codes) > _DOCKS_SHOWN else None
    return Fact(T("Docks", "月台"), ", ".join(codes[:_DOCKS_SHOWN]), detail=more)


@receive.step(
    "dock",
    ask=T("Scan the dock", "扫描收货月台"),
    accepts=[Kind.LOCATION],
    expected="booked",
    leads_to=["product"],
    facts=_docks,
    help=lambda notes: T("Scan the dock where the goods stand: {docks}", "扫描货物所在的月台：{docks}", docks=_all_docks(notes).value),
)
def scan_dock(scan: Scan, notes: Notes) -> Go:
    receiving.must_be_dock(scan.location)
    arrive(notes["number"], by=scan.by)
    return Go("product", notes=at_dock(scan, notes))


class AnotherDock(Doubt):
    """The vehicle is booked at another dock, or stands there."""

    code = "another_dock"
    sentence = T("{vehicle} is booked at {booked}, not {dock}", "{vehicle} 预约的是 {booked}，不是 {dock}")
    advice = T("If it stands at {dock}, scan {dock} again", "车辆确在 {dock} 的，请再扫 {dock}")


class DockOccupied(Doubt):
    """Another vehicle stands there, and is being unloaded."""

    code = "dock_occupied"
    tone = "stop"
    sentence = dock_taken.TAKEN
    advice = T(
        "Scan another dock. If {vehicle} has left, scan {dock} again: it is noted as gone",
        "请扫描其他月台；{vehicle} 若已离场，请再扫 {dock}，系统将登记其离场",
    )


def _others(order: InboundOrder, dock_id: int, notes: Notes, by: Actor) -> list[Arrival]:
    """Other vehicles at the dock than the one that brings this order; none where no vehicle is known to bring it."""
    mine = session.get(Arrival, notes["arrival"]) if notes.get("arrival") else arrivals.current_for(order, dock_id, by=by)
    return dock_taken.others_at(dock_id, besides=mine, by=by) if mine is not None else []


def at_dock(scan: Scan, notes: Notes) -> dict[str, Any]:
    """The goods stand at this dock; so does the vehicle that brings them. Where another one was booked for it, this is asked, and then
    the booked one is free again; where another one stands there, whether it has left. Raises NoDock, StationNotReady, DockOccupied,
    AnotherDock."""
    receiving.must_be_dock(scan.location)
    stations.ready(location_id=scan.location.id, by=scan.by)
    order = session.get_one(InboundOrder, notes["order"])
    others = _others(order, scan.location.id, notes, scan.by)
    if others and not scan.again:
        raise DockOccupied(**dock_taken.told(others, scan.value))
    vehicle = arrivals.at_a_dock(order, by=scan.by, arrival_id=notes.get("arrival"))
    if vehicle is not None and vehicle.dock_id != scan.location.id:
        if not scan.again:
            booked = session.get_one(Location, vehicle.dock_id).code
            raise AnotherDock(vehicle=vehicle.plate or vehicle.number, booked=booked, dock=scan.value)
        arrivals.stands_at(vehicle.number, dock=scan.value, by=scan.by)
    for other in others:
        arrivals.has_left(other, by=scan.by)
    return {"dock": scan.location.id, "dock_code": scan.location.code, **none_of("docks", "booked", "booked_id", "booked_for")}
