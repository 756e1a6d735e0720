"""Loads: planned for a vehicle. `changes` alters them by hand, `loading` puts the goods on board, `closing` closes them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Sequence
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
from wms.shipping import carrying, drivers, fleet, shipments
from wms.shipping.fleet import Capacity
from wms.shipping.models import Load, LoadStatus, Route, Shipment
from wms.states import StateMachine
from wms.stock.models import Claim, HandlingUnit, Reservation, Stage
from wms.tasks import queue
from wms.tasks.models import LIVE, Task, TaskKind, TaskStatus

S = LoadStatus
MOVES = StateMachine(S, {S.PLANNED: [S.LOADING, S.CLOSED], S.LOADING: [S.CLOSED], S.CLOSED: [S.LOADING, S.LEFT], S.LEFT: [S.LOADING]})
READY = (OrderStatus.PICKED, OrderStatus.PACKED)


PASSES = "GP"
"""How the numbers of gate passes begin."""


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
    advice = T("Choose “Enter the plate”, or enter it on the load's page", "请选“登记车牌”，或在装车单页面填写")


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
    """The orders, locked in id order."""
    return lifecycle.lock_all(order_ids)


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
    driver_code: str | None = None,
    stops: Sequence[Stop] = (),
    capacity: Capacity | None = None,
    overload_reason: str | None = None,
    route: Route | None = None,
) -> Load:
    """Plans which orders go on a vehicle and in which order they are delivered; orders that no stop names follow, each its own stop.

    The door is the site's first, the carrier the one that all orders name, unless told otherwise. `driver_code` names one of our drivers,
    `driver` a stranger. Where `vehicle` names one of the fleet, its plate, driver, carrier and capacity are taken over. Raises NoOrders,
    OrderTwice, OrderUnknown, OrderNotReady, OrderOnLoad, NoDoor, NotADoor, PartnerUnknown, DriverUnknown, VehicleOutOfService,
    OverCapacity, TooWarm; OverloadForbidden and LimitForbidden where somebody else than a supervisor gives a reason to carry more, or says
    that the vehicle may.
    """
    place = door_of(door, by)
    planned = by_stop(orders, stops, by)
    if not planned:
        raise NoOrders(pointer="/orders")
    known = fleet.named_by(vehicle)
    who = fleet.driver_of(known, drivers.named(driver_code, driver, site_id=by.site_id), by=by)
    load = Load(
        site_id=by.site_id,
        number=document_number("L", Load.number),
        carrier_id=(known.carrier_id if known and not carrier else None) or haulier(carrier, planned),
        door_id=place.id,
        plate=plate or (known.plate if known else None),
        driver=who.name,
        driver_id=who.person_id,
        route_id=route.id if route else None,
        stops=[],
        created_at=clock.now(),
    )
    fleet.take_over(load, vehicle, capacity)
    if known is not None:
        carrying.must_not_loosen(load, fleet.capacity_of(known), by=by)
    session.add(load)
    session.flush()  # its shipments name it
    if overload_reason:
        carrying.allow_more(load, overload_reason, by=by)
    put_on(load, planned, by)
    offer_loading(load, [order for _, _, order in planned])
    events.record(load, "load.planned", by=by, orders=[order.number for _, _, order in planned], door=place.code)
    return load


def door_of(code: str | None, by: Actor) -> Location:
    """The door with this code, else the site's first; raises NotADoor, NoDoor."""
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


def door_code(load: Load) -> str:
    """Where the truck stands."""
    return session.execute(sa.select(Location.code).where(Location.id == load.door_id)).scalar_one()


Planned = list[tuple[int, str | None, Order]]  # stop, counted from 0; its name; the order, locked


def haulier(carrier: str | None, planned: Planned) -> int | None:
    """The carrier that is named, else the one that all orders name; raises PartnerUnknown."""
    if carrier:
        return find_partner(carrier, PartnerKind.CARRIER, "/carrier").id
    named = {order.carrier_id for _, _, order in planned}
    return named.pop() if len(named) == 1 else None


def ids_of(orders: Sequence[str], stops: Sequence[Stop], by: Actor) -> set[int]:
    """The orders that are named, alone or at a stop; raises OrderUnknown."""
    return {order_id_of(number, by, "/orders") for number in (*orders, *(number for stop in stops for number in stop.orders))}


def by_stop(orders: Sequence[str], stops: Sequence[Stop], by: Actor) -> Planned:
    """The orders, locked, with their stop; those that no stop names follow, each its own. Raises OrderUnknown, OrderTwice."""
    named = {fold(number) for stop in stops for number in stop.orders}
    every = [*stops, *(Stop((number,)) for number in orders if fold(number) not in named)]
    wanted: list[tuple[int, str | None, int]] = []
    seen: set[int] = set()
    for place, stop in enumerate(every):
        for number in stop.orders:
            order_id = order_id_of(number, by, "/orders")
            if order_id in seen:
                raise OrderTwice(number=number, pointer="/orders")
            seen.add(order_id)
            wanted.append((place, stop.name, order_id))
    locked = lock_orders(seen)
    return [(place, name, locked[order_id]) for place, name, order_id in wanted]


def order_id_of(number: str, by: Actor, pointer: str) -> int:
    """The order with this number; raises OrderUnknown, naming the field."""
    found = session.execute(sa.select(Order.id).where(Order.site_id == by.site_id, Order.number_key == fold(number))).scalar_one_or_none()
    if found is None:
        refusal = lifecycle.OrderUnknown(number=number)
        refusal.pointer = pointer  # type: ignore[attr-defined]
        raise refusal
    return found


def put_on(load: Load, planned: Planned, by: Actor, *, kept: Collection[int] = ()) -> None:
    """Plans these orders on the load, behind the stops it has; `kept` are on it already.

    Raises OrderNotReady, OrderOnLoad, OverCapacity, TooWarm.
    """
    first = len(load.stops)
    names: dict[int, str] = {}
    for place, name, order in planned:
        if order.id not in kept:
            _must_be_ready(order)
        shipment = shipments.of_order(order, by=by)
        if shipment.load_id is not None and order.id not in kept:
            other = session.get_one(Load, shipment.load_id)
            raise OrderOnLoad(number=order.number, load=other.number)
        shipment.load_id = load.id
        shipment.stop = first + place + 1
        shipment.carrier_id = load.carrier_id or shipment.carrier_id
        if shipment.packed_at is None and not claimed([order.id], Stage.RESERVED, Stage.TO_SORT, Stage.PICKED):
            shipment.packed_at = clock.now()  # what an earlier truck left behind was packed then
        names.setdefault(place, name or destination(order))
    load.stops = [*load.stops, *({"name": names[place]} for place in sorted(names))]
    session.flush()  # what is on the load is read from the table
    carrying.must_fit(load)


def offer_loading(load: Load, orders: Sequence[Order] = (), *, priority: int = 0) -> None:
    """Somebody loads the truck: one task, however often the load changes. A load that carries nothing has none."""
    if session.execute(sa.select(Task.id).where(*_task_of(load))).first():
        return
    queue.offer(
        TaskKind.LOAD,
        site_id=load.site_id,
        document=load.number,
        target_id=load.door_id,
        priority=max((order.priority for order in orders), default=priority),
        due_at=min((order.due_at for order in orders if order.due_at), default=None),
    )


def destination(order: Order) -> str:
    """How a stop that nobody has named is called."""
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
    session.execute(
        sa.update(Task)
        .where(*_task_of(load))
        .values(status=status.value, done_at=clock.now(), lease_until=None)
        .execution_options(synchronize_session=False)
    )


def aim_tasks(load: Load) -> None:
    """The truck stands at another door."""
    session.execute(sa.update(Task).where(*_task_of(load)).values(target_id=load.door_id).execution_options(synchronize_session=False))


def _task_of(load: Load) -> tuple[sa.ColumnElement[bool], ...]:
    return (Task.document == load.number, Task.kind == TaskKind.LOAD.value, Task.status.in_(LIVE))
