"""The scanner at the door: units go onto the truck, what is delivered last first, and the truck is closed."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import sqlalchemy as sa
from flask import current_app

from wms.actor import Actor, Permission
from wms.db import session
from wms.errors import NotFound, Refused
from wms.i18n import T, Text
from wms.locations.models import Location
from wms.orders.models import Order, OrderStatus
from wms.printing.models import Takes
from wms.scan.flow import Doubt, Fact, Flow, Go, Kind, Notes, Printed, Scan
from wms.scan.given import because
from wms.scan.stationed import asks_where_to_print
from wms.shipping import carrying, changes, closing, coming_off, found, loading, loads
from wms.shipping.found import progress
from wms.shipping.models import Load, LoadStatus, Shipment
from wms.shipping.words import parcels, tail
from wms.stock.models import HandlingUnit
from wms.tasks import next_best, queue
from wms.tasks.models import TaskKind
from wms.tasks.queries import to_take


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


class NothingOnIt(Refused):
    """Its orders were cancelled, or taken off."""

    code = "load_without_orders"
    sentence = T("No order is on {number} any more", "{number} 上已没有订单")
    advice = T("Scan another load; dispatch adds orders or discards it", "请扫描其他装车单；由调度追加订单或作废")


class PlateTooLong(Refused):
    """That is no plate."""

    code = "plate_too_long"
    sentence = T("A plate has at most {longest} characters", "车牌不超过 {longest} 个字符")
    advice = T("Type what stands on the truck", "请按车上的车牌输入")


LONGEST_PLATE = 40


class OtherLoad(Refused):
    """One truck at a time."""

    code = "other_load"
    sentence = T("{scanned} is another load; you load {number}", "{scanned} 是另一张装车单，当前为 {number}")
    advice = T("Finish this one, or leave it, and scan it again", "请先完成或退出当前装车，再扫描")


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
        facts.append(Fact(T("Last digits", "尾号"), notes["next"][-6:], detail=notes.get("of_order"), strong=True))
        if notes.get("lies"):
            facts.append(Fact(T("Lies at", "位于"), notes["lies"]))
    facts.append(Fact(T("Door", "发货门"), notes["door"]))
    return facts


load = Flow(
    "load",
    title=T("Load", "装车"),
    needs=Permission.LOAD,
    document="number",
    facts=_load_facts,
    progress=progress,
    waiting=lambda by: to_take(TaskKind.LOAD, by=by),
    station="door_id",
    prints=Takes.PAPERS,
)
# Why a truck may carry more than was said of it.
ALLOWED = {
    "CARRIER": T("The carrier has agreed", "承运方同意"),
    "ROOM": T("It is well within, weighed or measured", "实际过磅或量方未超"),
    "SHORT_WAY": T("Short way, driven slowly", "短途慢行"),
    "LAST": T("Nothing else goes there today", "当日无其他车次"),
}
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
    shipment = found.shipment(number, by)
    order = session.get(Order, shipment.order_id) if shipment else found.order(number, by)
    return None if order is None else _load_of(order) or order


def _some_load(number: str, by: Actor) -> Load | None:
    try:
        return loads.find(number, by=by)
    except loads.LoadUnknown:
        return None


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
    off = coming_off.of(one)
    if not off and not loads.shipments_on(one):
        raise NothingOnIt(number=one.number)
    now = loading.progress(one)
    notes: dict[str, Any] = {
        "load": one.id,
        "number": one.number,
        "plate": one.plate or one.vehicle,
        "carrier": found.partner_name(one.carrier_id),
        "door": session.execute(sa.select(Location.code).where(Location.id == one.door_id)).scalar_one(),
        "door_id": one.door_id,
        "done": now.done,
        "of": now.of,
        "next": now.next,
        "stop": now.next_stop,
        "stop_name": one.stops[now.next_stop - 1]["name"] if now.next_stop and now.next_stop <= len(one.stops) else None,
        "of_order": None,
        "lies": None,
        **_where(now.next, by=one.site_id),
        "last": last,
        "off": len(off) or None,
        "seen": max((each.event_id for each in coming_off.changes_of(one)), default=0),
    }
    # The truck cannot close without it: said until somebody has entered it.
    nameless = None if notes["plate"] else T("No plate yet: enter it before closing", "尚无车牌，封车前请登记")
    if off:
        nameless = T("Still on it, and not to go: {units}", "车上还有不再发运的：{units}", units=coming_off.named(off))
    say, detail, tone = (say, nameless, tone) if say else (nameless, None, "ask" if nameless else tone)
    complete = now.done == now.of and not closing.missing(one)
    if complete and off:
        return Go("off", notes=notes, say=say, detail=detail, tone=tone, posted=last is not None)
    if complete and now.done:
        notes["aboard"] = _both(parcels(now.done, (unit.kind for unit in loads.on_board(one))))
    return Go("close" if complete and now.done else "unit", notes=notes, say=say, detail=detail, tone=tone, posted=last is not None)


def _where(code: str | None, *, by: int) -> dict[str, str]:
    """Where the next unit lies, and whose order is in it."""
    if code is None:
        return {}
    unit, place = session.execute(
        sa.select(HandlingUnit, Location.code)
        .join(Location, Location.id == HandlingUnit.location_id)
        .where(HandlingUnit.site_id == by, HandlingUnit.code == code)
    ).one()
    order_id = loading.order_of(unit)
    return {"lies": place, **({"of_order": session.get_one(Order, order_id).number} if order_id else {})}


def _both(text: Text) -> list[str]:
    return [text.say("en"), text.say("zh_CN")]


@load.step(
    "start",
    ask=T("Scan load or order", "扫描装车单或订单"),
    accepts=[Kind.DOCUMENT, Kind.HANDLING_UNIT, Kind.LOCATION],
    documents=_to_load,
    leads_to=["unit", "close", "off"],
    help=T("Scan the load sheet, an order, a carton or the door", "扫描装车单、订单、箱或发货门"),
)
def start_loading(scan: Scan, notes: Notes) -> Go:  # noqa: ARG001
    if scan.kind is Kind.LOCATION:
        return _at(_load_at(scan.location))
    if scan.kind is Kind.HANDLING_UNIT:
        unit = scan.handling_unit
        order_id = loading.order_of(unit)
        if order_id is None:
            raise loading.UnitOfNoOrder(unit=unit.code)
        wanted: Load | Order = _load_of(order := session.get_one(Order, order_id)) or order
    else:
        wanted = scan.document
    if isinstance(wanted, Load):
        return _at(wanted)
    if wanted.status == OrderStatus.CANCELLED:
        raise loading.OrderCancelled(number=wanted.number)
    if not (scan.again and scan.by.may(Permission.PLAN_WORK)):
        raise LoadForOrder(number=wanted.number) if scan.by.may(Permission.PLAN_WORK) else loading.NotPlanned(number=wanted.number)
    made = loads.plan_load([wanted.number], by=scan.by)
    return _at(made, T("Load {load} made for {number}", "已为 {number} 建装车单 {load}", load=made.number, number=wanted.number))


asks_where_to_print(load)


def _load_at(door: Location) -> Load:
    """The load that is open there; one that carries nothing (any more) is not meant."""
    open_ones = list(
        session.execute(
            sa.select(Load).where(
                Load.door_id == door.id,
                Load.status.in_([LoadStatus.PLANNED.value, LoadStatus.LOADING.value]),
                sa.exists().where(Shipment.load_id == Load.id),
            )
        ).scalars()
    )
    if len(open_ones) != 1:
        raise NoLoadHere(count=len(open_ones), door=door.code)
    return open_ones[0]


@load.command("start", "NEXT", label=T("Get work", "领取任务"), leads_to=["unit", "close", "off"])
def next_load(scan: Scan, notes: Notes) -> Go:  # noqa: ARG001
    while (task := next_best.give([TaskKind.LOAD], by=scan.by)) is not None and task.document is not None:
        one = loads.find(task.document, by=scan.by)
        if loads.shipments_on(one):
            return because(task, _at(one))
        queue.cancel(task.id)  # its orders were cancelled meanwhile
    raise NothingToLoad


@load.step(
    "unit",
    ask=T("Load unit", "扫描箱装车"),
    accepts=[Kind.HANDLING_UNIT, Kind.DOCUMENT],
    documents=_some_load,
    expected="next",
    leads_to=["unit", "close", "off"],
    help=T("What is delivered last goes on first. Any unit of this load may be scanned.", "后送的先装；本车的任一箱均可扫描。"),
)
def scan_unit(scan: Scan, notes: Notes) -> Go:
    return _read_again(scan, notes) if scan.kind is Kind.DOCUMENT else _on_board(scan, notes)


def _read_again(scan: Scan, notes: Notes) -> Go:
    """The load sheet in hand, scanned once more: the screen as the load is planned now."""
    if scan.document.id != notes["load"]:
        raise OtherLoad(scanned=scan.document.number, number=notes["number"])
    return _at(scan.document, T("{number} as it is now", "{number} 最新状态", number=scan.document.number), last=notes.get("last"))


@load.when_moved_on(loading.WrongTruck, loading.NotPlanned, loading.LoadedAlready, leads_to=["unit", "close", "off"])
def planned_anew(scan: Scan, notes: Notes) -> Go | None:
    """Dispatch changed the load, or a colleague loads it too: the refusal stands, over the unit that is next by now."""
    one = session.get_one(Load, notes["load"], populate_existing=True)
    over = one.status in (LoadStatus.CLOSED, LoadStatus.LEFT) or not loads.shipments_on(one)
    if over or notes["at_step"] not in ("unit", "close"):
        return None
    onward = _at(one, last=notes.get("last"))
    if all(onward.notes[name] == notes.get(name) for name in ("done", "of", "next")):
        return None
    return replace(onward, say=None, detail=scan.found.advised)


def _on_board(scan: Scan, notes: Notes) -> Go:
    one = loads.open_for_loading(notes["load"])
    unit = scan.handling_unit
    if not scan.again:
        _in_turn(one, unit)
    loading.load_unit(one.id, unit.code, by=scan.by, key=scan.key)
    return _at(one, T("{unit} is on board", "{unit} 已装车", unit=tail(unit.code)), last=unit.code)


def _in_turn(one: Load, unit: HandlingUnit) -> None:
    now = loading.progress(one)
    order_id = loading.order_of(unit)
    stop = loading.stop_of(one, order_id) if order_id else None
    if stop is not None and unit.load_id is None and now.next and now.next_stop and stop < now.next_stop:
        raise OutOfTurn(unit=tail(unit.code), stop=stop, next=tail(now.next), later=now.next_stop)


@load.command(["unit", "close"], "UNDO", label=T("Undo", "撤销"), leads_to=["unit", "off"], when=lambda notes: bool(notes.get("last")))
def take_off(scan: Scan, notes: Notes) -> Go:
    one = loads.open_for_loading(notes["load"])
    unit = loading.unload_unit(one.id, notes["last"], by=scan.by)
    onward = _at(one, T("{unit} is off the truck again", "{unit} 已卸下", unit=tail(unit.code)), tone="ask")
    return Go(onward.step, notes=onward.notes, say=onward.say, detail=onward.detail, tone="ask", posted=True)


@load.command(
    ["unit", "close"],
    "OFF",
    label=T("Take a unit off", "卸下一件"),
    leads_to=["off"],
    when=lambda notes: bool(notes.get("done") or notes.get("off")),
)
def choose_to_take_off(scan: Scan, notes: Notes) -> Go:  # noqa: ARG001
    return Go("off", tone="calm")


@load.step(
    "off",
    ask=T("Scan the unit to take off", "扫描要卸下的箱"),
    accepts=[Kind.HANDLING_UNIT],
    leads_to=["unit", "close", "off", "start"],
    help=T("It stands at the door again, still packed for its order", "卸下后放在发货门，仍属原订单"),
)
def scan_off(scan: Scan, notes: Notes) -> Go:
    one = loads.open_for_loading(notes["load"])
    if scan.handling_unit.code in coming_off.of(one):
        return _comes_off(scan, one, notes)
    unit = loading.unload_unit(one.id, scan.handling_unit.code, by=scan.by)
    onward = _at(one, T("{unit} is off the truck again", "{unit} 已卸下", unit=tail(unit.code)), tone="ask")
    return Go(onward.step, notes=onward.notes, say=onward.say, detail=onward.detail, tone="ask", posted=True)


def _comes_off(scan: Scan, one: Load, notes: Notes) -> Go:
    """What nobody wants on this truck any more is off it; the load sheet is printed anew."""
    unit = loading.unload_unit(one.id, scan.handling_unit.code, by=scan.by)
    words = {"unit": tail(unit.code), "door": notes["door"]}
    order = session.get_one(Order, loading.order_of(unit))
    back = (
        T("{unit} is off: leave it at {door}, a task takes it back", "{unit} 已卸下：请留在 {door}，将派回库任务")
        if order.status == OrderStatus.CANCELLED
        else T("{unit} is off: bring it to the packing bench", "{unit} 已卸下：请送回打包台")
    ).with_facts(**words)
    sheet = [Printed.paper("load-sheet", one.number, T("Load sheet", "装车单"))]
    if not coming_off.of(one) and not loads.shipments_on(one):
        return Go("start", say=back, tone="ask", posted=True)
    onward = _at(one, back, tone="ask")
    return Go(onward.step, notes=onward.notes, say=onward.say, detail=onward.detail, tone="ask", printed=sheet, posted=True)


@load.before_each_scan
def still_as_planned(notes: Notes, by: Actor) -> None:  # noqa: ARG001
    """Who loads hears at once that an order of this truck was cancelled or changed."""
    if "load" in notes:
        for change in coming_off.changes_of(session.get_one(Load, notes["load"]), after=notes.get("seen", 0)):
            raise (coming_off.OrderLeftTheLoad if change.cancelled else coming_off.OrderOnLoadChanged)(number=change.order)


@load.when_moved_on(coming_off.OrderLeftTheLoad, leads_to=["start", "unit", "close", "off"])
def load_changed(scan: Scan, notes: Notes) -> Go | None:  # noqa: ARG001
    """What is on the truck comes off, what is not stays where it is; and the loading goes on."""
    one = session.get_one(Load, notes["load"], populate_existing=True)
    changed = coming_off.changes_of(one, after=notes.get("seen", 0))
    if not changed:
        return None
    change = changed[0]
    units = [code for code in change.units if code in coming_off.of(one)]
    said = _what_to_do(change.cancelled, bool(units)).with_facts(number=change.order, units=coming_off.named(units))
    if one.status in (LoadStatus.CLOSED, LoadStatus.LEFT) or not (units or loads.shipments_on(one)):
        return Go("start", say=said, detail=T("Take other work", "请领取其他任务"))
    onward = _at(one)
    then = onward.detail or (T("Then go on loading", "然后继续装车") if loads.shipments_on(one) else None)
    return Go(onward.step, notes={**onward.notes, "seen": change.event_id}, say=said, detail=then)


def _what_to_do(cancelled: bool, on_board: bool) -> Text:
    if cancelled and on_board:
        return T("{number} was cancelled: take {units} off and scan it", "{number} 已取消：请卸下 {units} 并扫描")
    if cancelled:
        return T(
            "{number} was cancelled: leave its goods where they are, a task takes them back", "{number} 已取消：货物留在原处，将派回库任务"
        )
    if on_board:
        return T("{number} was changed: take {units} off and scan it", "{number} 已变更：请卸下 {units} 并扫描")
    return T("{number} was changed: it comes when it is packed anew", "{number} 已变更：重新打包后再装")


@load.when_moved_on(carrying.OverCapacity, leads_to=["overload"])
def too_much(scan: Scan, notes: Notes) -> Go | None:
    """A supervisor who reads by how much it is too much may say on the spot why it goes all the same; to anybody else it stays refused."""
    if notes["at_step"] not in ("unit", "close") or not scan.by.may(Permission.RELEASE_ORDERS):
        return None
    return Go("overload", detail=T("Say why it may go, or leave it at the door", "如可放行请选原因，否则留在发货门"))


@load.step(
    "overload",
    ask=T("Why may it carry more?", "放行超载的原因？"),
    accepts=[Kind.REASON],
    reasons=ALLOWED,
    leads_to=["unit", "close"],
    help=T("The reason is kept with the load, with your name", "原因与放行人将记入装车单"),
)
def allow_more(scan: Scan, notes: Notes) -> Go:
    one = changes.allow_more(notes["load"], ALLOWED[scan.value].both(), by=scan.by)
    onward = _at(one, T("{number} may carry more: scan the unit again", "{number} 已放行超载，请重新扫描该件", number=one.number))
    return replace(onward, posted=True)


@load.command("overload", "SKIP", label=T("Leave it at the door", "留在发货门"), leads_to=["unit", "close"])
def leave_it(scan: Scan, notes: Notes) -> Go:  # noqa: ARG001
    return _at(loads.open_for_loading(notes["load"]), T("Nothing more was allowed", "未放行超载"), tone="calm")


# Why a truck may go without a seal.
UNSEALED = {
    "OPEN": T("Cannot be sealed: tarpaulin or open truck", "无法加封（篷布车、敞车）"),
    "NONE": T("No seal left", "封签用完"),
    "NEAR": T("Own truck, short way", "自有车辆短途"),
    "MORE": T("It loads elsewhere before it is sealed", "还需他处装货后再封"),
}


@load.command("unit", "DONE", label=T("Close the truck", "封车"), leads_to=["missing", "close", "off", "start"])
def finish(scan: Scan, notes: Notes) -> Go:
    one = loads.open_for_loading(notes["load"])
    lacking = closing.missing(one)
    if not lacking and loading.progress(one).done:  # somebody else loaded the last one
        return _at(one)
    if not loading.progress(one).done or not scan.by.may(Permission.RELEASE_ORDERS):
        return _close(scan, notes)
    said = T("Missing: {what}", "缺：{what}", what=lacking.words)
    return Go("missing", say=said, tone="ask")


@load.command(
    ["unit", "close"], "PLATE", label=T("Enter the plate", "登记车牌"), leads_to=["plate"], when=lambda notes: not notes.get("plate")
)
def enter_plate(scan: Scan, notes: Notes) -> Go:  # noqa: ARG001
    return Go("plate", tone="calm")


@load.step(
    "plate",
    ask=T("Type the plate", "输入车牌"),
    accepts=[Kind.SERIAL],
    leads_to=["unit", "close", "off"],
    hint=T("Plate of the truck", "车牌号"),
    help=T("Read it off the truck that stands at the door", "请按停在门口的车辆填写"),
)
def read_plate(scan: Scan, notes: Notes) -> Go:
    if len(scan.value) > LONGEST_PLATE:
        raise PlateTooLong(longest=LONGEST_PLATE)
    one = changes.identify(notes["load"], scan.value, by=scan.by)
    return _at(one, T("Truck {plate}", "车辆 {plate}", plate=scan.value))


@load.step(
    "missing", ask=T("Why close without it?", "缺件封车的原因？"), accepts=[Kind.REASON], reasons=RELEASED, leads_to=["start", "seal"]
)
def release_missing(scan: Scan, notes: Notes) -> Go:
    if not _seals_asked():
        return _close(scan, notes, reason=RELEASED[scan.value].both())
    one = _with_a_plate(notes)
    aboard = loads.on_board(one)
    said = {"released": RELEASED[scan.value].both(), "aboard": _both(parcels(len(aboard), (unit.kind for unit in aboard)))}
    return Go("seal", notes=said, tone="calm")


def _with_a_plate(notes: Notes) -> Load:
    """The load, before somebody looks for its seal. Raises PlateMissing."""
    one = loads.open_for_loading(notes["load"])
    if not (one.plate or one.vehicle):
        raise loads.PlateMissing(number=one.number)
    return one


def _seals_asked() -> bool:
    return bool(current_app.config["WMS"].ask_seals)


def _sealing(notes: Notes) -> list[Fact]:
    return [
        Fact(T("On board", "已装"), T(*notes["aboard"]), strong=True),
        Fact(T("Truck", "车辆"), notes.get("plate") or "–", detail=notes.get("carrier")),
    ]


@load.step(
    "seal",
    ask=T("Scan the seal", "扫描封签"),
    accepts=[Kind.SERIAL],
    leads_to=["start"],
    facts=_sealing,
    hint=T("Seal", "封签号"),
    help=T("What is missing stays behind. Scan the seal, or choose No seal.", "缺件留下。扫描封签；没有封签请选“无封签”。"),
)
def seal_what_is_there(scan: Scan, notes: Notes) -> Go:
    return _close(scan, notes, seal=scan.value, reason=notes["released"])


@load.step(
    "close",
    ask=T("Scan the seal", "扫描封签"),
    accepts=[Kind.HANDLING_UNIT, Kind.DOCUMENT, Kind.SERIAL],
    documents=_some_load,
    leads_to=["start", "close", "unit", "off"],
    facts=_sealing,
    hint=T("Seal, or a carton", "封签号或箱号"),
    help=T("Everything is on board. Scan the seal; without one choose the button.", "已装齐。扫描封签；没有封签请点按钮。"),
)
def seal(scan: Scan, notes: Notes) -> Go:
    if scan.kind is Kind.DOCUMENT:
        return _read_again(scan, notes)
    return _on_board(scan, notes) if scan.kind is Kind.HANDLING_UNIT else _close(scan, notes, seal=scan.value)


def _without_a_seal(notes: Notes) -> Text:  # noqa: ARG001
    return T("No seal", "无封签") if _seals_asked() else T("Close the truck", "封车")


@load.command(["close", "seal"], "DONE", label=_without_a_seal, leads_to=["start", "unsealed"])
def close_unsealed(scan: Scan, notes: Notes) -> Go:
    """Nobody's thumb sends a truck off without its seal: it is chosen, and said why."""
    known = _with_a_plate(notes).seal
    return Go("unsealed", tone="calm") if _seals_asked() and not known else _close(scan, notes, reason=notes.get("released"))


@load.step(
    "unsealed",
    ask=T("Why is there no seal?", "为何没有封签？"),
    accepts=[Kind.REASON],
    reasons=UNSEALED,
    leads_to=["start"],
    facts=_sealing,
    help=T("The reason stands on the gate pass and in the history of the load", "原因将印在出门证上，并记入装车单经过"),
)
def why_unsealed(scan: Scan, notes: Notes) -> Go:
    return _close(scan, notes, reason=notes.get("released"), no_seal=UNSEALED[scan.value].both())


def _close(scan: Scan, notes: Notes, *, seal: str | None = None, reason: str | None = None, no_seal: str | None = None) -> Go:
    closed = closing.close_load(notes["load"], by=scan.by, seal=seal, reason=reason, no_seal=no_seal, sealed=_seals_asked())
    assert closed.gate_pass
    said = T(
        "{number} is closed: gate pass {gate_pass}", "{number} 已封车，出门证 {gate_pass}", number=closed.number, gate_pass=closed.gate_pass
    )
    papers = [
        Printed.paper("gate-pass", closed.gate_pass, T("Gate pass", "出门证")),
        Printed.paper("carrier-manifest", closed.number, T("Handover manifest", "交接单")),
    ]
    return Go("start", say=said, printed=papers, posted=True)
