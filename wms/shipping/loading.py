"""Units go onto the truck and off again, each by a scan; what is delivered last goes on first."""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import aliased

from wms import clock, events
from wms.actor import Actor
from wms.db import session
from wms.errors import Refused
from wms.i18n import T
from wms.orders import lifecycle
from wms.orders.models import Order, OrderStatus
from wms.shipping import carrying, coming_off, loads, to_board, weighing
from wms.shipping.models import Load, LoadStatus, Shipment
from wms.stock import handling_units
from wms.stock.models import Claim, HandlingUnit, MovementKind, Reservation, Stage


class OrderCancelled(Refused):
    """The order was taken back while somebody worked on it."""

    code = "order_cancelled"
    sentence = T("{number} was cancelled", "{number} 已取消")
    advice = T("Put the goods aside; a task takes them back", "请将货物放到一边，将派回库任务")


class UnitOfNoOrder(Refused):
    """Nobody ordered what is in it."""

    code = "unit_of_no_order"
    sentence = T("{unit} belongs to no order", "{unit} 不属于任何订单")
    advice = T("Leave it here and tell your supervisor", "请留在原处并告知主管")


class WrongTruck(Refused):
    """Its order goes on another truck."""

    code = "wrong_truck"
    sentence = T("{unit} is of {number} and goes on load {load}", "{unit} 属于 {number}，应装 {load}")
    advice = T("Take it to {door}: truck {plate}", "请送到 {door}：车辆 {plate}")


class NotPlanned(Refused):
    """Its order is on no load."""

    code = "not_on_a_load"
    sentence = T("{number} is on no load", "{number} 未排装车单")
    advice = T("Plan it at the desk first", "请先在办公台排车")


class LoadedAlready(Refused):
    """It was scanned onto the truck before."""

    code = "loaded_already"
    sentence = T("{unit} is on board already", "{unit} 已在车上")
    advice = T("Scan the next unit", "请扫描下一件")


class NotClosed(Refused):
    """The packer is not done with it."""

    code = "carton_not_closed"
    sentence = T("{unit} is not closed yet", "{unit} 尚未封箱")
    advice = T("Take it back to the packing bench", "请送回打包台")


class NotReadyToGo(Refused):
    """It is empty, or holds goods that were not packed for the order."""

    code = "unit_not_packed"
    sentence = T("{unit} does not hold packed goods of {number} alone", "{unit} 内不全是 {number} 已打包的货物")
    advice = T("Take it back to the packing bench", "请送回打包台")


class StandsOnPallet(Refused):
    """A carton on a pallet goes on board with the pallet."""

    code = "unit_on_pallet"
    sentence = T("{unit} stands on {pallet}", "{unit} 在托盘 {pallet} 上")
    advice = T("Scan the pallet, or take the carton off it first", "请扫描该托盘，或先将箱从托盘上取下")


class NotOnBoard(Refused):
    """There is nothing to take off."""

    code = "not_on_board"
    sentence = T("{unit} is not on board of {load}", "{unit} 不在 {load} 车上")
    advice = T("Scan a unit that is on this truck", "请扫描本车上的箱")


@dataclass(frozen=True)
class Progress:
    """How far a load is, and what should go on next."""

    done: int
    of: int
    next: str | None
    next_stop: int | None


def load_unit(load_id: int, code: str, *, by: Actor, key: str) -> HandlingUnit:
    """A unit goes on board with all that stands on it: it moves to the door, and its claims with it.

    Of a pallet with cartons on it, the cartons are what is counted as on board; the pallet carries them.

    Raises LoadIsClosed, LoadHasLeft, UnitUnknown, UnitOfNoOrder, StandsOnPallet, OrderCancelled, WrongTruck, NotPlanned, LoadedAlready,
    NotClosed, WeightUnsettled, NotReadyToGo, OverCapacity.
    """
    load = loads.open_for_loading(load_id)
    unit, order, parcels = _unit_and_order(code, by)
    for parcel in parcels:
        _must_be_of(load, parcel, order)
        if parcel.load_id is not None:
            raise LoadedAlready(unit=parcel.code)
        if parcel.closed_at is None:
            raise NotClosed(unit=parcel.code)
        weighing.must_be_settled(parcel)
    _must_be_packed(unit, order)
    if unit.location_id != load.door_id:
        handling_units.move_unit(unit, load.door_id, key=key, kind=MovementKind.LOAD, by=by, stage=Stage.LOADED, document=order.number)
    else:
        handling_units.restage(unit.id, Stage.LOADED)
    for parcel in parcels:
        parcel.load_id = load.id
        parcel.loaded_at = clock.now()
    if load.status == LoadStatus.PLANNED:
        loads.MOVES.check(load.number, LoadStatus.PLANNED, LoadStatus.LOADING)
        load.status = LoadStatus.LOADING.value
        events.record(load, "load.loading", by=by)
    session.flush()  # the order's state is read from the table
    carrying.must_not_overload(load)
    lifecycle.progress(order, by=by, load=load.number)
    return unit


def unload_unit(load_id: int, code: str, *, by: Actor, reason: str | None = None) -> HandlingUnit:
    """A unit comes off the truck and stands at the door, still packed for its order; where that was cancelled or changed meanwhile, the
    book has it there already. Raises NotOnBoard, LoadIsClosed, LoadHasLeft."""
    load = loads.open_for_loading(load_id)
    unit, order, parcels = _unit_and_order(code, by)
    if unit.code in coming_off.of(load):
        events.record(load, coming_off.TAKEN_OFF, by=by, unit=unit.code, order=order.number, reason=reason)
        return unit
    if any(parcel.load_id != load.id for parcel in parcels):
        raise NotOnBoard(unit=unit.code, load=load.number)
    handling_units.restage(unit.id, Stage.PACKED)
    for parcel in parcels:
        parcel.load_id = parcel.loaded_at = None
    session.flush()  # the order's state is read from the table
    events.record(load, coming_off.TAKEN_OFF, by=by, unit=unit.code, order=order.number, reason=reason)
    lifecycle.progress(order, by=by, load=load.number)
    return unit


def order_of(unit: HandlingUnit) -> int | None:
    """The order whose goods are in a unit, or in what stands on it."""
    return unit.order_id or next((one.order_id for one in handling_units.standing_on(unit.id) if one.order_id), None)


def _unit_and_order(code: str, by: Actor) -> tuple[HandlingUnit, Order, list[HandlingUnit]]:
    """The unit, its order, and the units of it that hold goods: the order locked, the units read afresh behind the lock."""
    unit = handling_units.find(code, by=by)
    order_id = order_of(unit)
    if order_id is None:
        raise UnitOfNoOrder(unit=unit.code)
    order = lifecycle.lock(order_id)
    handling_units.lock_trees(unit.id)
    if unit.parent_id is not None:
        raise StandsOnPallet(unit=unit.code, pallet=handling_units.root_of(unit).code)
    filled = {row.handling_unit_id for row in handling_units.contents(unit.id)}
    parcels = [one for one in (unit, *handling_units.standing_on(unit.id)) if one.id in filled]
    for parcel in parcels:
        if parcel.order_id != order.id:
            raise NotReadyToGo(unit=parcel.code, number=order.number)
    return unit, order, parcels or [unit]


def _must_be_of(load: Load, unit: HandlingUnit, order: Order) -> None:
    if order.status == OrderStatus.CANCELLED:
        raise OrderCancelled(number=order.number)
    gone = unit.load_id if unit.load_id not in (None, load.id) else None
    planned = session.execute(
        sa.select(Shipment.load_id).where(Shipment.order_id == order.id, Shipment.left_at.is_(None))
    ).scalar_one_or_none()
    wanted = gone or planned
    if wanted is None:
        raise NotPlanned(number=order.number)
    if wanted != load.id:
        other = session.get_one(Load, wanted)
        door, plate = loads.door_code(other), other.plate or other.vehicle or "–"
        raise WrongTruck(unit=unit.code, number=order.number, load=other.number, door=door, plate=plate)


def _must_be_packed(unit: HandlingUnit, order: Order) -> None:
    """Every piece in it is claimed by this order, and packed."""
    rows = handling_units.contents(unit.id)
    packed = session.execute(
        sa.select(sa.func.coalesce(sa.func.sum(Reservation.quantity), 0)).where(
            Reservation.stock_id.in_([row.id for row in rows]),
            Reservation.status == Claim.PENDING.value,
            Reservation.stage == Stage.PACKED.value,
            Reservation.order_line_id.in_([line.id for line in order.lines]),
        )
    ).scalar_one()
    if not rows or packed != sum(row.on_hand for row in rows):
        raise NotReadyToGo(unit=unit.code, number=order.number)


def progress(load: Load) -> Progress:
    """How many units are on board, of how many, and which goes on next (the pallet, of cartons on one): of the last stop first."""
    lowest = aliased(HandlingUnit)
    waiting = (
        to_board.units(HandlingUnit.id, lowest.code, Shipment.stop, HandlingUnit.closed_at)
        .join(lowest, lowest.id == sa.func.coalesce(HandlingUnit.root_id, HandlingUnit.id))
        .where(Shipment.load_id == load.id)
        .subquery()
    )
    left = session.execute(sa.select(sa.func.count()).select_from(waiting)).scalar_one()
    done = session.execute(sa.select(sa.func.count()).select_from(HandlingUnit).where(HandlingUnit.load_id == load.id)).scalar_one()
    best = session.execute(
        sa.select(waiting.c.code, waiting.c.stop)
        .where(waiting.c.closed_at.is_not(None))
        .order_by(waiting.c.stop.desc(), waiting.c.id)
        .limit(1)
    ).one_or_none()
    return Progress(done, done + left, best.code if best else None, best.stop if best else None)


def stop_of(load: Load, order_id: int) -> int | None:
    """Where the order is delivered, counted from 1."""
    return session.execute(sa.select(Shipment.stop).where(Shipment.load_id == load.id, Shipment.order_id == order_id)).scalar_one_or_none()
