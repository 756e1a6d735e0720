"""Loads: planned for a vehicle and changed by hand. `closing` closes them, `loading` puts the goods on board."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from wms import clock, events
from wms.actor import Actor
from wms.catalog.models import PartnerKind
from wms.db import fold, session
from wms.errors import Invalid, NotFound, Refused
from wms.i18n import T, Text
from wms.locations.models import Kind, Location
from wms.locations.places import find_location
from wms.numbers import document_number, own_number
from wms.orders import lifecycle
from wms.orders.lines import find_partner
from wms.orders.models import Order, OrderLine, OrderStatus
from wms.shipping import shipments
from wms.shipping.models import Load, LoadStatus, Shipment
from wms.states import StateMachine
from wms.stock.models import Claim, HandlingUnit, Reservation, Stage
from wms.tasks import queue
from wms.tasks.models import Task, TaskKind, TaskStatus

S = LoadStatus
MOVES = StateMachine(S, {S.PLANNED: [S.LOADING, S.CLOSED], S.LOADING: [S.CLOSED], S.CLOSED: [S.LOADING, S.LEFT], S.LEFT: []})
READY = (OrderStatus.PICKED, OrderStatus.PACKED)


class LoadUnknown(NotFound):
    """No such load at this site."""

    code = "load_unknown"
    sentence = T("There is no load {number}", "没有此装车单：{number}")
    advice = T("Check the number on the load sheet", "请核对装车单上的单号")


class NoOrders(Invalid):
    """A load of nothing."""

    code = "no_orders"
    sentence = T("Name at least one order for the load", "装车单至少要有一张订单")


class OrderTwice(Invalid):
    """One order named twice."""

    code = "order_twice"
    sentence = T("Order {number} is named twice", "订单 {number} 重复")


class OrderNotReady(Refused):
    """Its goods are not picked yet, or have left."""

    code = "order_not_ready"
    sentence = T("{number} cannot be loaded: it is {state}", "{number} 不能装车：当前为“{state}”")
    advice = T("Only picked or packed orders go on a load", "只有已拣货或已打包的订单可以装车")


class OrderOnLoad(Refused):
    """It is on another open load."""

    code = "order_on_load"
    sentence = T("{number} is on load {load} already", "{number} 已在装车单 {load} 上")
    advice = T("Take it off that load first", "请先将其移出该装车单")


class NoDoor(Refused):
    """The site has no door."""

    code = "no_door"
    sentence = T("There is no door to load at", "没有可用的发货门")
    advice = T("Enter a location of the kind door", "请先建立“发货门”类型的库位")


class NotADoor(Invalid):
    """A truck does not stand there."""

    code = "not_a_door"
    sentence = T("{code} is not a door", "{code} 不是发货门")


class LoadIsClosed(Refused):
    """Nothing is changed on a closed load."""

    code = "load_closed"
    sentence = T("Load {number} is closed, gate pass {gate_pass}", "装车单 {number} 已封车，出门证 {gate_pass}")
    advice = T("Open it again at the desk to change it", "如需更改，请在办公台重新打开")


class LoadHasLeft(Refused):
    """The truck is gone."""

    code = "load_left"
    sentence = T("Load {number} left the gate {ago}", "装车单 {number} 已出门（{ago}）")


class PlateMissing(Refused):
    """The guard compares the truck with the gate pass: it must say which truck."""

    code = "plate_missing"
    sentence = T("Nobody has said which vehicle {number} is", "{number} 尚未登记车辆")
    advice = T("Enter the plate at the desk, on the load's page", "请在办公台的装车单页面填写车牌")


class StillOnBoard(Refused):
    """Units of the order are on the truck."""

    code = "still_on_board"
    sentence = T("{units} units of {number} are on board", "{number} 还有 {units} 件在车上")
    advice = T("Unload them first", "请先卸下")


@dataclass(frozen=True)
class Stop:
    """Where the vehicle stops, in delivery order, and whose goods are unloaded there."""

    orders: tuple[str, ...]
    name: str | None = None


# -- finding -----------------------------------------------------------------------------------------------------------


def find(number: str, *, by: Actor) -> Load:
    """The load with this number at the person's site; raises LoadUnknown."""
    load = session.execute(sa.select(Load).where(Load.number == own_number(number), Load.site_id == by.site_id)).scalar_one_or_none()
    if load is None:
        raise LoadUnknown(number=number)
    return load


def lock(load_id: int) -> Load:
    """The load's row, locked until the transaction ends and read afresh. A load is locked before the orders on it."""
    session.execute(sa.select(Load.id).where(Load.id == load_id).with_for_update(key_share=True))
    load = session.execute(sa.select(Load).where(Load.id == load_id).execution_options(populate_existing=True)).scalar_one_or_none()
    if load is None:
        raise LoadUnknown(number=load_id)
    return load


def open_for_loading(load_id: int) -> Load:
    """The load, locked; raises LoadIsClosed, LoadHasLeft."""
    load = lock(load_id)
    if load.status == S.LEFT:
        raise LoadHasLeft(number=load.number, ago=since(load.left_at))
    if load.status == S.CLOSED:
        raise LoadIsClosed(number=load.number, gate_pass=load.gate_pass)
    return load


def since(moment: dt.datetime | None) -> Text:
    """How long ago something was, for a sentence that is read at once."""
    minutes = int((clock.now() - moment).total_seconds()) // 60 if moment else 0
    if minutes < 1:
        return T("just now", "刚刚")
    if minutes < 120:
        return T("{n} min ago", "{n} 分钟前", n=minutes)
    return T("{n} h ago", "{n} 小时前", n=minutes // 60) if minutes < 2880 else T("{n} days ago", "{n} 天前", n=minutes // 1440)


def lock_orders(order_ids: Iterable[int]) -> dict[int, Order]:
    """The orders, locked one after the other in id order."""
    return {order_id: lifecycle.lock(order_id) for order_id in sorted(set(order_ids))}


def shipments_on(load: Load) -> list[Shipment]:
    """What the load carries, by stop."""
    return list(
        session.execute(
            sa.select(Shipment)
            .where(Shipment.load_id == load.id)
            .order_by(Shipment.stop, Shipment.id)
            .execution_options(populate_existing=True)
        ).scalars()
    )


def on_board(load: Load) -> list[HandlingUnit]:
    """The units that were scanned onto the truck."""
    return list(
        session.execute(
            sa.select(HandlingUnit)
            .where(HandlingUnit.load_id == load.id)
            .order_by(HandlingUnit.id)
            .execution_options(populate_existing=True)
        ).scalars()
    )


# -- planning ----------------------------------------------------------------------------------------------------------


def plan_load(
    orders: Sequence[str] = (),
    *,
    by: Actor,
    carrier: str | None = None,
    door: str | None = None,
    vehicle: str | None = None,
    plate: str | None = None,
    driver: str | None = None,
    stops: Sequence[Stop] = (),
) -> Load:
    """Plans which orders go on a vehicle and in which order they are delivered; orders that no stop names follow, each its own stop.

    The door is the site's first, the carrier the one that all orders name, unless told otherwise. Raises NoOrders, OrderTwice,
    OrderUnknown, OrderNotReady, OrderOnLoad, NoDoor, NotADoor, PartnerUnknown.
    """
    place = _door(door, by)
    haulier = find_partner(carrier, PartnerKind.CARRIER, "/carrier").id if carrier else None
    planned = _locked_by_stop(orders, stops, by)
    if not planned:
        raise NoOrders(pointer="/orders")
    carriers = {order.carrier_id for _, _, order in planned}
    load = Load(
        site_id=by.site_id,
        number=document_number("L"),
        carrier_id=haulier or (carriers.pop() if len(carriers) == 1 else None),
        door_id=place.id,
        vehicle=vehicle or None,
        plate=plate or None,
        driver=driver or None,
        stops=[],
        created_at=clock.now(),
    )
    session.add(load)
    session.flush()  # its shipments name it
    _put_on(load, planned, by)
    queue.offer(
        TaskKind.LOAD,
        site_id=by.site_id,
        document=load.number,
        target_id=place.id,
        priority=max(order.priority for _, _, order in planned),
        due_at=min((order.due_at for _, _, order in planned if order.due_at), default=None),
    )
    events.record(load, "load.planned", by=by, orders=[order.number for _, _, order in planned], door=place.code)
    return load


def add_orders(load_id: int, orders: Sequence[str], *, by: Actor) -> Load:
    """Puts more orders on a load that is not closed, each as a further stop. Raises like `plan_load`, LoadIsClosed, LoadHasLeft."""
    load = open_for_loading(load_id)
    planned = _locked_by_stop(orders, (), by)
    if not planned:
        raise NoOrders(pointer="/orders")
    _put_on(load, planned, by)
    events.record(load, "load.orders_added", by=by, orders=[order.number for _, _, order in planned])
    return load


def describe(
    load_id: int,
    *,
    by: Actor,
    plate: str | None = None,
    driver: str | None = None,
    vehicle: str | None = None,
    seal: str | None = None,
) -> Load:
    """Says which vehicle it is, who drives it and how it is sealed, until it has left; what is not given is taken as not known.

    The gate pass of a closed load stays good: it is printed afresh. Raises PlateMissing where a closed load would lose its vehicle,
    LoadHasLeft.
    """
    load = lock(load_id)
    if load.status == S.LEFT:
        raise LoadHasLeft(number=load.number, ago=since(load.left_at))
    if load.status == S.CLOSED and not (plate or vehicle):
        raise PlateMissing(number=load.number)
    said = {"plate": plate, "driver": driver, "vehicle": vehicle, "seal": seal}
    changed = {name: value or None for name, value in said.items() if (value or None) != getattr(load, name)}
    for name, value in changed.items():
        setattr(load, name, value)
    if changed:
        session.flush()  # the event below is a Core statement
        events.record(load, "load.described", by=by, **changed)
    return load


def take_off(load_id: int, number: str, *, by: Actor) -> Load:
    """Takes an order off a load that is not closed; none of its units may be on board. Raises StillOnBoard, OrderUnknown."""
    load = open_for_loading(load_id)
    order = lifecycle.lock(_order_id(number, by, "/order"))
    shipment = next((one for one in shipments_on(load) if one.order_id == order.id), None)
    if shipment is None:
        raise lifecycle.OrderUnknown(number=number)
    units = sum(unit.order_id == order.id for unit in on_board(load))
    if units:
        raise StillOnBoard(units=units, number=order.number)
    shipment.load_id = shipment.stop = None
    session.flush()  # the event below is a Core statement
    events.record(load, "load.order_taken_off", by=by, orders=[order.number])
    return load


def discard(load_id: int, *, by: Actor) -> None:  # noqa: ARG001  (operations name who acts)
    """Does away with a load that carries nothing: it was a mistake, or its orders were cancelled. Raises StillOnBoard."""
    load = open_for_loading(load_id)
    units = len(on_board(load))
    if units:
        raise StillOnBoard(units=units, number=load.number)
    for shipment in shipments_on(load):
        shipment.load_id = shipment.stop = None
    end_tasks(load, TaskStatus.CANCELLED)
    session.flush()  # nothing names it any more
    session.delete(load)
    session.flush()


def _door(code: str | None, by: Actor) -> Location:
    if code:
        place = find_location(code, by=by)
        if place.kind != Kind.DOOR:
            raise NotADoor(code=place.code, pointer="/door")
        return place
    first = sa.select(Location).where(Location.site_id == by.site_id, Location.kind == Kind.DOOR.value).order_by(Location.code_key).limit(1)
    door = session.execute(first).scalar_one_or_none()
    if door is None:
        raise NoDoor
    return door


_Planned = list[tuple[int, str | None, Order]]  # stop, counted from 0; its name; the order, locked


def _locked_by_stop(orders: Sequence[str], stops: Sequence[Stop], by: Actor) -> _Planned:
    named = {fold(number) for stop in stops for number in stop.orders}
    every = [*stops, *(Stop((number,)) for number in orders if fold(number) not in named)]
    wanted: list[tuple[int, str | None, int]] = []
    seen: set[int] = set()
    for place, stop in enumerate(every):
        for number in stop.orders:
            order_id = _order_id(number, by, "/orders")
            if order_id in seen:
                raise OrderTwice(number=number, pointer="/orders")
            seen.add(order_id)
            wanted.append((place, stop.name, order_id))
    locked = lock_orders(seen)
    return [(place, name, locked[order_id]) for place, name, order_id in wanted]


def _order_id(number: str, by: Actor, pointer: str) -> int:
    found = session.execute(sa.select(Order.id).where(Order.site_id == by.site_id, Order.number_key == fold(number))).scalar_one_or_none()
    if found is None:
        refusal = lifecycle.OrderUnknown(number=number)
        refusal.pointer = pointer  # type: ignore[attr-defined]
        raise refusal
    return found


def _put_on(load: Load, planned: _Planned, by: Actor) -> None:
    first = len(load.stops)
    names: dict[int, str] = {}
    for place, name, order in planned:
        _must_be_ready(order)
        shipment = shipments.of_order(order, by=by)
        if shipment.load_id is not None:
            other = session.get_one(Load, shipment.load_id)
            raise OrderOnLoad(number=order.number, load=other.number)
        shipment.load_id = load.id
        shipment.stop = first + place + 1
        shipment.carrier_id = load.carrier_id or shipment.carrier_id
        if shipment.packed_at is None and not claimed([order.id], Stage.RESERVED, Stage.PICKED):
            shipment.packed_at = clock.now()  # what an earlier truck left behind was packed then
        names.setdefault(place, name or _destination(order))
    load.stops = [*load.stops, *({"name": names[place]} for place in sorted(names))]
    session.flush()  # what is on the load is read from the table


def _destination(order: Order) -> str:
    address = order.ship_to
    return " ".join(str(address[part]) for part in ("city", "name") if address.get(part))


def _must_be_ready(order: Order) -> None:
    """Picked or packed; or, where the rest may follow, whatever is packed of it."""
    if order.status in READY:
        return
    partly = order.status == OrderStatus.PICKING and not order.ship_complete and order.allow_backorder
    if not (partly and claimed([order.id], Stage.PACKED)):
        raise OrderNotReady(number=order.number, state=OrderStatus(order.status).text)


def claimed(order_ids: Iterable[int], *stages: Stage) -> dict[int, int]:
    """Pieces claimed in these stages, by order."""
    rows = session.execute(
        sa.select(OrderLine.order_id, sa.func.sum(Reservation.quantity))
        .join(OrderLine, OrderLine.id == Reservation.order_line_id)
        .where(
            OrderLine.order_id.in_(list(order_ids)),
            Reservation.status == Claim.PENDING.value,
            Reservation.stage.in_([stage.value for stage in stages]),
        )
        .group_by(OrderLine.order_id)
    ).all()
    return {order_id: int(pieces) for order_id, pieces in rows}


def end_tasks(load: Load, status: TaskStatus) -> None:
    """Loading is work of several people: it ends with the load, whoever held the task."""
    live = (TaskStatus.WAITING.value, TaskStatus.OPEN.value, TaskStatus.CLAIMED.value)
    session.execute(
        sa.update(Task)
        .where(Task.document == load.number, Task.kind == TaskKind.LOAD.value, Task.status.in_(live))
        .values(status=status.value, done_at=clock.now(), lease_until=None)
        .execution_options(synchronize_session=False)
    )
