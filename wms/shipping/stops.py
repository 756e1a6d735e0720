"""Stops are put into another order by hand, and orders moved from stop to stop, to another load, or onto one of their own."""

from __future__ import annotations

from wms import events
from wms.actor import Actor
from wms.db import session
from wms.errors import Invalid
from wms.i18n import T
from wms.orders import lifecycle
from wms.orders.models import Order
from wms.shipping import changes, loads
from wms.shipping.models import Load, Shipment
from wms.tasks.models import TaskStatus


class StopUnknown(Invalid):
    """The load does not stop there."""

    code = "stop_unknown"
    sentence = T("{number} has no stop {stop}", "{number} 没有第 {stop} 站")


def move_stop(load_id: int, stop: int, places: int, *, by: Actor) -> Load:
    """Delivers a stop so many places later, or earlier. What is on board stays; the loader is told what goes on next.

    Raises StopUnknown, LoadIsClosed, LoadHasLeft.
    """
    load = loads.open_for_loading(load_id)
    carried = _without_gaps(load)
    if not 1 <= stop <= len(load.stops):
        raise StopUnknown(number=load.number, stop=stop)
    turn = list(range(1, len(load.stops) + 1))
    turn.insert(min(max(stop - 1 + places, 0), len(turn) - 1), turn.pop(stop - 1))
    load.stops = [load.stops[old - 1] for old in turn]
    for one in carried:
        one.stop = turn.index(one.stop or 1) + 1
    _tell(load, by, [name["name"] for name in load.stops])
    return load


def move_order(load_id: int, number: str, *, by: Actor, stop: int | None = None) -> Load:
    """Delivers an order at another stop of its load; without one, at a stop of its own, the last. Raises OrderUnknown, StopUnknown,
    LoadIsClosed, LoadHasLeft."""
    load = loads.open_for_loading(load_id)
    shipment, order = _on(load, number, by)
    _without_gaps(load)
    if stop is None:
        load.stops = [*load.stops, {"name": loads.destination(order)}]
        stop = len(load.stops)
    if not 1 <= stop <= len(load.stops):
        raise StopUnknown(number=load.number, stop=stop)
    shipment.stop = stop
    _without_gaps(load)
    _tell(load, by, [order.number])
    return load


def change_load(load_id: int, number: str, onto: str, *, by: Actor) -> Load:
    """The order goes on another load, as its last stop; none of it may be on board. Answers the load it is on now.

    Raises OrderUnknown, LoadUnknown, StillOnBoard, OverCapacity, TooWarm, LoadIsClosed, LoadHasLeft.
    """
    other = loads.find(onto, by=by)
    locked = {one: loads.open_for_loading(one) for one in sorted({load_id, other.id})}
    load, other = locked[load_id], locked[other.id]
    if load.id == other.id:
        return load
    shipment, order = _on(load, number, by)
    changes.off(load, shipment, order, by)
    _without_gaps(load)
    if not loads.shipments_on(load):
        loads.end_tasks(load, TaskStatus.CANCELLED)
    return changes.add_orders(other.id, [order.number], by=by)


def split_off(load_id: int, number: str, *, by: Actor) -> Load:
    """The order goes on a load of its own, at the same door, of which nothing more is said yet. Answers that load.

    Raises OrderUnknown, StillOnBoard, LoadIsClosed, LoadHasLeft.
    """
    load = loads.open_for_loading(load_id)
    shipment, order = _on(load, number, by)
    changes.off(load, shipment, order, by)
    _without_gaps(load)
    if not loads.shipments_on(load):
        loads.end_tasks(load, TaskStatus.CANCELLED)
    return loads.plan_load([order.number], by=by, door=loads.door_code(load))


def _on(load: Load, number: str, by: Actor) -> tuple[Shipment, Order]:
    """The order's shipment on this load, and the order, locked; raises OrderUnknown."""
    order = lifecycle.lock(loads.order_id_of(number, by, "/order"))
    shipment = next((one for one in loads.shipments_on(load) if one.order_id == order.id), None)
    if shipment is None:
        raise lifecycle.OrderUnknown(number=number)
    return shipment, order


def _without_gaps(load: Load) -> list[Shipment]:
    """Stops that nobody is served at any more are left out; the load's shipments, by stop."""
    session.flush()  # shipments are read from the table
    carried = loads.shipments_on(load)
    served = sorted({one.stop or 1 for one in carried})
    names = [load.stops[stop - 1] if stop <= len(load.stops) else {"name": ""} for stop in served]
    for one in carried:
        one.stop = served.index(one.stop or 1) + 1
    load.stops = names
    session.flush()  # and are read again
    return carried


def _tell(load: Load, by: Actor, what: list[str]) -> None:
    session.flush()  # the event below is a Core statement
    events.record(load, "load.stops_changed", by=by, orders=what)
