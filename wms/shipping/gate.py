"""The gate: the pass is scanned, once; the goods leave, their claims end, the orders are shipped, all in one transaction."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from wms import clock, events
from wms.actor import Actor, Role
from wms.catalog.models import Partner
from wms.db import session, table_of
from wms.errors import NotFound, Refused
from wms.i18n import T, Text
from wms.locations.models import Kind, Location, Virtual
from wms.locations.sites import virtual
from wms.numbers import own_number
from wms.orders import lifecycle
from wms.orders.models import Order, OrderKind, OrderLine
from wms.shipping import history, loads
from wms.shipping.models import Load, LoadStatus, Mismatch
from wms.shipping.words import parcels
from wms.stock import handling_units
from wms.stock.models import Claim, HandlingUnit, MovementKind, Reservation, Stock


class GatePassUnknown(NotFound):
    """No load has this gate pass (any more)."""

    code = "gate_pass_unknown"
    sentence = T("{gate_pass} is no valid gate pass", "{gate_pass} 不是有效的出门证")
    advice = T("Hold the truck and call the dispatcher", "请扣车并联系发运调度")


class GatePassVoid(Refused):
    """The load was opened again, or came back, after this pass was printed."""

    code = "gate_pass_void"
    sentence = T("{gate_pass} of {load} was made void by {by} {since}", "{load} 的出门证 {gate_pass} 已作废（{since}，{by}）")
    advice = T("Hold the truck: {load} has no gate pass until it is closed again", "请扣车：{load} 重新封车后才有新出门证")


class GatePassReplaced(GatePassVoid):
    """Another one was printed since."""

    advice = T("The gate pass of {load} is {now} now: ask the driver for it", "{load} 现用出门证为 {now}，请向司机索取")


class LeftAlready(Refused):
    """A gate pass is good for one truck, once."""

    code = "gate_pass_used"
    sentence = T("{gate_pass} left the gate {ago}", "{gate_pass} 已放行（{ago}）")
    advice = T("Hold the truck and call the dispatcher", "请扣车并联系发运调度")


class LoadChanged(Refused):
    """An order was cancelled or changed after the truck was closed: its goods are still in there."""

    code = "load_changed"
    sentence = T(
        "{units} of the {closed} units were cancelled or changed after {number} was closed",
        "{number} 封车后有 {units} 件被取消或变更（共 {closed} 件）",
    )
    advice = T("Send it back to the door: open the load, take them off, close it again", "请退回发货门：重新打开装车单，卸下后再封车")


class TruckHeld(Refused):
    """The guard stopped it, and dispatch has not answered yet."""

    code = "held_at_gate"
    sentence = T("{number} was stopped here {ago}: {reason}", "{number} 已被扣下（{ago}）：{reason}")
    advice = T("It waits for dispatch, who corrects the load or says that it may go", "等待调度更正装车单或确认放行")


class LoadedYourself(Refused):
    """Whoever loaded or closed the truck is no second pair of eyes."""

    code = "loaded_yourself"
    sentence = T("You loaded or closed {number} yourself", "{number} 由您本人装车或封车")
    advice = T("Let a colleague compare it, or open it again and correct it", "请由其他同事核对，或重新打开后更正")


class NotHeld(Refused):
    """There is nothing to answer."""

    code = "not_held"
    sentence = T("{number} is not stopped at the gate", "{number} 未被扣车")


@dataclass(frozen=True)
class Left:
    """What went out."""

    load: Load
    units: int
    words: Text  # 3 cartons
    orders: tuple[str, ...]


def find(gate_pass: str, *, by: Actor) -> Load:
    """The load of a gate pass; raises GatePassVoid, GatePassUnknown."""
    number = own_number(gate_pass)
    load = session.execute(sa.select(Load).where(Load.gate_pass == number, Load.site_id == by.site_id)).scalar_one_or_none()
    if load is None:
        raise _void(number, by) or GatePassUnknown(gate_pass=gate_pass)
    return load


def _void(number: str, by: Actor) -> GatePassVoid | None:
    """What became of a gate pass that no load has any more, as the load's history tells it."""
    ended = history.void_pass(number, site_id=by.site_id) if number.startswith(loads.PASSES) else None
    if ended is None:
        return None
    load = session.get(Load, ended.load_id)  # a load that was discarded is no more
    now = load.gate_pass if load else None
    told: dict[str, Any] = {"gate_pass": number, "load": ended.load, "since": loads.since(ended.at), "by": ended.by or "–"}
    return GatePassReplaced(**told, now=now) if now else GatePassVoid(**told)


def _of_pass(gate_pass: str, by: Actor) -> Load:
    """The load of a gate pass, locked; it may be opened again while the guard looks at the truck."""
    load = loads.lock(find(gate_pass, by=by).id)
    return load if load.gate_pass == own_number(gate_pass) else find(gate_pass, by=by)


def check(load: Load) -> list[HandlingUnit]:
    """The units that leave with it; raises LeftAlready, TruckHeld, LoadChanged. Read it again behind the locks before anything is done."""
    if load.status == LoadStatus.LEFT:
        raise LeftAlready(gate_pass=load.gate_pass, ago=loads.since(load.left_at))
    held = history.held_at_gate([load.id]).get(load.id)
    if held:
        raise TruckHeld(number=load.number, ago=loads.since(held.at), reason=held.text)
    units = loads.on_board(load)
    closed = load.closed_units or 0
    if len(units) != closed:
        raise LoadChanged(units=closed - len(units), closed=closed, number=load.number)
    return units


def hold(gate_pass: str, reason: Mismatch, *, by: Actor) -> Load:
    """The guard stops a truck that is not what its papers say. It stays closed and does not go until dispatch has answered: closed it
    anew, corrected what the guard compares, or said that all is right.

    Raises GatePassVoid, GatePassUnknown, LeftAlready.
    """
    load = _of_pass(gate_pass, by)
    if load.status == LoadStatus.LEFT:
        raise LeftAlready(gate_pass=load.gate_pass, ago=loads.since(load.left_at))
    events.record(load, "load.held_at_gate", by=by, gate_pass=load.gate_pass, reason=reason.value)
    return load


def clear(load_id: int, *, by: Actor, reason: str | None = None) -> Load:
    """Somebody looked at the stopped truck, and all is right: nobody who loaded or closed it, unless it is an administrator, who may be all
    there is. Raises NotHeld, LoadedYourself, LeftAlready."""
    load = loads.lock(load_id)
    if load.status == LoadStatus.LEFT:
        raise LeftAlready(gate_pass=load.gate_pass, ago=loads.since(load.left_at))
    if load.status != LoadStatus.CLOSED or load.id not in history.held_at_gate([load.id]):
        raise NotHeld(number=load.number)
    if Role.ADMIN not in by.roles and by.id in {*history.who_closed(load), *history.who_loaded([load.id]).get(load.id, ())}:
        raise LoadedYourself(number=load.number)
    events.record(load, "load.checked", by=by, gate_pass=load.gate_pass, reason=reason)
    return load


def leave(gate_pass: str, *, by: Actor, key: str) -> Left:
    """The truck leaves. Everything on board goes to the customers, or to their consignment locations, where it stays ours.

    Raises GatePassVoid, GatePassUnknown, LeftAlready, TruckHeld, LoadChanged.
    """
    load = _of_pass(gate_pass, by)
    orders = loads.lock_orders(one.order_id for one in loads.shipments_on(load))
    units = check(load)
    loads.MOVES.check(load.number, LoadStatus(load.status), LoadStatus.LEFT)
    _count_shipped(load)
    outside = {order.id: _destination(order) for order in orders.values()}
    lowest = {unit.root_id or unit.id: unit.order_id for unit in units}  # a pallet leaves with all that stands on it, of one order
    going = []
    for unit_id, order_id in sorted(lowest.items()):
        assert order_id is not None
        going.append(handling_units.Going(unit_id, outside[order_id], f"{key}:{unit_id}", orders[order_id].number))
    handling_units.move_all(going, kind=MovementKind.SHIP, by=by, ends_claims=True)
    moment = clock.now()
    load.status, load.left_at, load.papers_kept_at = LoadStatus.LEFT.value, moment, None
    going_out = loads.shipments_on(load)
    for shipment in going_out:
        shipment.left_at = moment
    session.flush()  # the orders' states are read from the table
    told = [(orders[one.order_id], {"load": load.number, "shipment": one.number, "tracking": one.tracking}) for one in going_out]
    before = {order.id: order.status for order, _ in told}
    lifecycle.progress_all(told, by=by)
    events.record_each([(order, "order.part_left", facts) for order, facts in told if order.status == before[order.id]], by=by)
    numbers = tuple(order.number for order in orders.values())
    events.record(load, "load.left", by=by, gate_pass=load.gate_pass, units=len(units), orders=list(numbers))
    return Left(load, len(units), parcels(len(units), (unit.kind for unit in units)), numbers)


_L = table_of(OrderLine)
_MORE_SHIPPED = sa.update(_L).where(_L.c.id == sa.bindparam("of_line")).values(shipped=_L.c.shipped + sa.bindparam("pieces"))


def _count_shipped(load: Load) -> None:
    """What is on board counts as shipped on its lines."""
    rows = session.execute(
        sa.select(Reservation.order_line_id, sa.func.sum(Reservation.quantity))
        .join(Stock, Stock.id == Reservation.stock_id)
        .join(HandlingUnit, HandlingUnit.id == Stock.handling_unit_id)
        .where(HandlingUnit.load_id == load.id, Reservation.status == Claim.PENDING.value)
        .group_by(Reservation.order_line_id)
        .order_by(Reservation.order_line_id)
    ).all()
    if rows:
        session.execute(_MORE_SHIPPED, [{"of_line": line_id, "pieces": int(pieces)} for line_id, pieces in rows])


def _destination(order: Order) -> int:
    if order.kind != OrderKind.CONSIGNMENT:
        return virtual(order.site_id, Virtual.CUSTOMER)
    return consignment_place(order.customer_id, order.site_id).id


def consignment_place(customer_id: int, site_id: int) -> Location:
    """Where a customer's consigned goods are kept in the book: the location assigned to the customer, opened with the first delivery."""
    place = session.execute(
        sa.select(Location)
        .where(Location.site_id == site_id, Location.kind == Kind.CONSIGNMENT.value, Location.partner_id == customer_id)
        .order_by(Location.id)
        .limit(1)
    ).scalar_one_or_none()
    if place is not None:
        return place
    customer = session.get_one(Partner, customer_id)
    place = Location(
        site_id=site_id,
        code=f"CONSIGNMENT-{customer.code}"[:80],
        kind=Kind.CONSIGNMENT.value,
        allow_negative=True,
        partner_id=customer_id,
        updated_at=clock.now(),
    )
    session.add(place)
    session.flush()  # the ledger names it by id
    return place
