"""A load is changed by hand until it closes: its truck, its door, what goes on it and in which order it is delivered."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from wms import events
from wms.actor import Actor
from wms.catalog.models import Partner, PartnerKind
from wms.db import session
from wms.errors import Refused
from wms.i18n import T
from wms.locations.models import Location
from wms.orders import lifecycle
from wms.orders.lines import find_partner
from wms.orders.models import Order
from wms.shipping import carrying, coming_off, drivers, fleet, loads
from wms.shipping.closing import SealWanted
from wms.shipping.drivers import Driver
from wms.shipping.fleet import Capacity
from wms.shipping.loads import Stop
from wms.shipping.models import Load, Shipment
from wms.shipping.models import LoadStatus as S
from wms.tasks.models import TaskStatus


class StillOnBoard(Refused):
    """Units of the order are on the truck."""

    code = "still_on_board"
    sentence = T("{units} units of {number} are on board", "{number} 还有 {units} 件在车上")
    advice = T("Unload them first", "请先卸下")


def add_orders(load_id: int, orders: Sequence[str], *, by: Actor) -> Load:
    """Puts more orders on a load that is not closed, each as a further stop. Raises like `plan_load`, LoadIsClosed, LoadHasLeft."""
    load = loads.open_for_loading(load_id)
    planned = loads.by_stop(orders, (), by)
    if not planned:
        raise loads.NoOrders(pointer="/orders")
    if not loads.shipments_on(load):
        load.stops = []  # whoever was served there is not served any more
    loads.put_on(load, planned, by)
    loads.offer_loading(load, [order for _, _, order in planned])
    events.record(load, "load.orders_added", by=by, orders=[order.number for _, _, order in planned])
    return load


def describe(
    load_id: int,
    *,
    by: Actor,
    plate: str | None = None,
    driver: str | None = None,
    driver_code: str | None = None,
    vehicle: str | None = None,
    seal: str | None = None,
    capacity: Capacity | None = None,
    sealed: bool = False,
) -> Load:
    """Says which vehicle it is, who drives it, what it may carry and how it is sealed, until it has left; what is not given is taken as
    not known. A vehicle of the fleet brings its plate, its driver and its capacity.

    The gate pass of a closed load stays good: it is printed afresh. Raises PlateMissing where a closed load would lose its vehicle,
    SealWanted where trucks are `sealed` and it would lose its seal, OverCapacity and TooWarm where another vehicle may not carry what is
    planned, DriverUnknown, VehicleOutOfService, LoadHasLeft.
    """
    load = _not_left(load_id)
    who = drivers.named(driver_code, driver, site_id=by.site_id, before=load.driver_id)
    if sealed and load.status == S.CLOSED and load.seal and not seal:
        raise SealWanted(number=load.number)
    _say(load, by, capacity=capacity, plate=plate, driver=who, vehicle=vehicle, seal=seal)
    return load


def _not_left(load_id: int) -> Load:
    load = loads.lock(load_id)
    if load.status == S.LEFT:
        raise loads.LoadHasLeft(number=load.number, ago=loads.since(load.left_at))
    return load


def _say(
    load: Load,
    by: Actor,
    *,
    vehicle: str | None,
    plate: str | None,
    driver: Driver,
    capacity: Capacity | None = None,
    checked: bool = True,
    **more: str | None,
) -> None:
    """Writes down what is new, with its event. Raises LimitForbidden; OverCapacity and TooWarm, unless more is changed before that is
    `checked`."""
    if load.status == S.CLOSED and not (plate or vehicle):
        raise loads.PlateMissing(number=load.number)
    was = fleet.capacity_of(load)
    changed: dict[str, object] = {}
    if (vehicle or None) != load.vehicle or capacity is not None:
        known = fleet.named_by(vehicle, driven=load.vehicle_id)
        plate, driver, before = plate or (known.plate if known else None), fleet.driver_of(known, driver, by=by), load.vehicle
        fleet.take_over(load, vehicle, capacity)
        changed = {"vehicle": load.vehicle} if load.vehicle != before else {}
    new = {name: value or None for name, value in {"plate": plate, "driver": driver.name, **more}.items()}
    changed |= {name: value for name, value in new.items() if value != getattr(load, name)}
    for name, value in new.items():
        setattr(load, name, value)
    if load.driver_id != driver.person_id:
        load.driver_id = driver.person_id
        changed["driver_code"] = drivers.code_of(driver.person_id)
    if load.seal:
        load.no_seal = None
    now = fleet.capacity_of(load)
    if now != was:
        carrying.must_not_loosen(load, was, by=by)
        changed["capacity"] = now.facts()
        if checked:
            session.flush()  # what is planned is asked of the table
            carrying.must_fit(load)
    if changed:
        session.flush()  # the event below is a Core statement
        events.record(load, "load.described", by=by, **changed)


def hand_over(load_id: int, driver_code: str | None, *, by: Actor) -> Load:
    """Another of our drivers takes a truck over, or nobody of ours: from then on he signs off what is not signed for. Also once it has
    left; the papers of that departure keep the name that they have. Raises DriverUnknown."""
    load = loads.lock(load_id)
    who = drivers.named(driver_code, None, site_id=by.site_id, before=load.driver_id)
    if load.status != S.LEFT:
        _say(load, by, plate=load.plate, driver=who, vehicle=load.vehicle, seal=load.seal)
    elif load.driver_id != who.person_id:
        load.driver_id = who.person_id
        session.flush()  # the event below is a Core statement
        events.record(load, "load.handed_over", by=by, driver=who.name, driver_code=drivers.code_of(who.person_id))
    return load


def identify(load_id: int, plate: str, *, by: Actor) -> Load:
    """The plate is read at the truck; all else stays as it was said. Raises LoadHasLeft."""
    load = _not_left(load_id)
    _say(load, by, plate=plate, driver=drivers.of(load), vehicle=load.vehicle, seal=load.seal)
    return load


def carry(load_id: int, carrier: str | None, door: str | None, *, by: Actor) -> Load:
    """Who drives for us, and where the truck stands: where it stood, unless a door is named. It is changed while nothing is on board.

    Raises PartnerUnknown, NotADoor, LoadIsClosed, StillOnBoard, LoadHasLeft.
    """
    load = _not_left(load_id)
    _take_over(load, find_partner(carrier, PartnerKind.CARRIER, "/carrier").id if carrier else None, by)
    if door:
        _stand_at(load, loads.door_of(door, by), by)
    return load


def _take_over(load: Load, carrier_id: int | None, by: Actor) -> None:
    """The carrier of a load is that of its shipments."""
    if load.carrier_id == carrier_id:
        return
    load.carrier_id = carrier_id
    for shipment in loads.shipments_on(load):
        shipment.carrier_id = carrier_id or shipment.carrier_id
    session.flush()  # the event below is a Core statement
    carrier = session.get(Partner, carrier_id) if carrier_id else None
    events.record(load, "load.described", by=by, carrier=carrier.name if carrier else None)


def _stand_at(load: Load, door: Location, by: Actor) -> None:
    if load.door_id == door.id:
        return
    if load.status == S.CLOSED:
        raise loads.LoadIsClosed(number=load.number, gate_pass=load.gate_pass)
    units = len(loads.on_board(load))
    if units:
        raise StillOnBoard(units=units, number=load.number)
    load.door_id = door.id
    loads.aim_tasks(load)
    session.flush()  # the event below is a Core statement
    events.record(load, "load.described", by=by, door=door.code)


def replace(
    load_id: int,
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
) -> Load:
    """The whole load anew, as `plan_load` would plan it: its truck, what goes on it and in which order it is delivered. Its seal stays,
    and so does its door when none is named.

    A closed load keeps its orders, their stops and its door; only what is said of the truck changes. Raises like `plan_load`,
    LoadIsClosed, LoadHasLeft, PlateMissing, and StillOnBoard where an order is left out whose units are on board, or another door is
    named while any are.
    """
    load = _not_left(load_id)
    who = drivers.named(driver_code, driver, site_id=by.site_id, before=load.driver_id)
    _allow(load, overload_reason, by)
    loads.lock_orders({*(one.order_id for one in loads.shipments_on(load)), *loads.ids_of(orders, stops, by)})
    before = {one.order_id: one.stop for one in loads.shipments_on(load)}  # read behind the orders: nobody cancels any more
    planned = loads.by_stop(orders, stops, by)
    if not planned:
        raise loads.NoOrders(pointer="/orders")
    if load.status == S.CLOSED and _in_turn({order.id: place for place, _, order in planned}) != _in_turn(before):
        raise loads.LoadIsClosed(number=load.number, gate_pass=load.gate_pass)
    _take_over(load, loads.haulier(carrier, planned), by)
    if door:
        _stand_at(load, loads.door_of(door, by), by)
    closed = load.status == S.CLOSED
    _say(load, by, checked=closed, plate=plate, driver=who, vehicle=vehicle, capacity=capacity or Capacity())
    if not closed:
        _arrange(load, planned, before, by)  # what goes on this truck is held to what it may carry
    return load


def _allow(load: Load, reason: str | None, by: Actor) -> None:
    """What a supervisor has allowed once stays allowed; another reason is another decision."""
    if reason and reason.strip() != load.overload_reason:
        carrying.allow_more(load, reason, by=by)


def allow_more(load_id: int, reason: str, *, by: Actor) -> Load:
    """A supervisor lets the load carry more than it may, and says why. Raises OverloadForbidden, OverloadWhy, LoadIsClosed, LoadHasLeft."""
    load = loads.open_for_loading(load_id)
    carrying.allow_more(load, reason, by=by)
    return load


def limit(load_id: int, capacity: Capacity, *, by: Actor) -> Load:
    """What the load may carry; empty: as its vehicle says. Held to it again, whatever was allowed before. Raises OverCapacity, TooWarm,
    LoadIsClosed, LoadHasLeft."""
    load = loads.open_for_loading(load_id)
    load.overload_reason = None
    _say(load, by, plate=load.plate, driver=drivers.of(load), vehicle=load.vehicle, capacity=capacity)
    carrying.must_fit(load)
    return load


def _in_turn(stops: Mapping[int, int | None]) -> dict[int, int]:
    """Orders by the turn of their stop, without the gaps that what was left behind has made."""
    turns = sorted({stop or 0 for stop in stops.values()})
    return {order_id: turns.index(stop or 0) for order_id, stop in stops.items()}


def _arrange(load: Load, planned: loads.Planned, before: Collection[int], by: Actor) -> None:
    """Orders that are not named any more come off, new ones are put on, and the stops are counted anew."""
    wanted = {order.id: order for _, _, order in planned}
    for shipment in loads.shipments_on(load):
        if shipment.order_id not in wanted:
            off(load, shipment, session.get_one(Order, shipment.order_id), by)
    load.stops = []
    loads.put_on(load, planned, by, kept=before)
    added = [order.number for order_id, order in wanted.items() if order_id not in before]
    if added:
        events.record(load, "load.orders_added", by=by, orders=added)
    loads.offer_loading(load, list(wanted.values()))


def take_off(load_id: int, number: str, *, by: Actor) -> Load:
    """Takes an order off a load that is not closed; none of its units may be on board. Raises StillOnBoard, OrderUnknown."""
    load = loads.open_for_loading(load_id)
    order = lifecycle.lock(loads.order_id_of(number, by, "/order"))
    shipment = next((one for one in loads.shipments_on(load) if one.order_id == order.id), None)
    if shipment is None:
        raise lifecycle.OrderUnknown(number=number)
    off(load, shipment, order, by)
    if not loads.shipments_on(load):
        loads.end_tasks(load, TaskStatus.CANCELLED)
    return load


def off(load: Load, shipment: Shipment, order: Order, by: Actor) -> None:
    """The order is not on the load any more. Raises StillOnBoard."""
    units = sum(unit.order_id == order.id for unit in loads.on_board(load))
    if units:
        raise StillOnBoard(units=units, number=order.number)
    shipment.load_id = shipment.stop = None
    session.flush()  # the event below is a Core statement
    events.record(load, "load.order_taken_off", by=by, orders=[order.number])


def discard(load_id: int, *, by: Actor) -> None:  # noqa: ARG001  (operations name who acts)
    """Does away with a load that carries nothing: it was a mistake, or its orders were cancelled. Raises StillOnBoard, StillToComeOff."""
    load = loads.open_for_loading(load_id)
    coming_off.must_be_off(load)
    units = len(loads.on_board(load))
    if units:
        raise StillOnBoard(units=units, number=load.number)
    for shipment in loads.shipments_on(load):
        shipment.load_id = shipment.stop = None
    loads.end_tasks(load, TaskStatus.CANCELLED)
    session.flush()  # nothing names it any more
    session.delete(load)
    session.flush()
