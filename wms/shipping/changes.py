"""A load is changed by hand until it closes: its truck, its door, what goes on it and in which order it is delivered."""

from __future__ import annotations

from collections.abc import Sequence

from wms import events
from wms.actor import Actor
from wms.db import session
from wms.errors import Refused
from wms.i18n import T
from wms.orders import lifecycle
from wms.shipping import loads
from wms.shipping.models import Load
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
    vehicle: str | None = None,
    seal: str | None = None,
) -> Load:
    """Says which vehicle it is, who drives it and how it is sealed, until it has left; what is not given is taken as not known.

    The gate pass of a closed load stays good: it is printed afresh. Raises PlateMissing where a closed load would lose its vehicle,
    LoadHasLeft.
    """
    load = loads.lock(load_id)
    if load.status == S.LEFT:
        raise loads.LoadHasLeft(number=load.number, ago=loads.since(load.left_at))
    if load.status == S.CLOSED and not (plate or vehicle):
        raise loads.PlateMissing(number=load.number)
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
    load = loads.open_for_loading(load_id)
    order = lifecycle.lock(loads.order_id_of(number, by, "/order"))
    shipment = next((one for one in loads.shipments_on(load) if one.order_id == order.id), None)
    if shipment is None:
        raise lifecycle.OrderUnknown(number=number)
    units = sum(unit.order_id == order.id for unit in loads.on_board(load))
    if units:
        raise StillOnBoard(units=units, number=order.number)
    shipment.load_id = shipment.stop = None
    session.flush()  # the event below is a Core statement
    events.record(load, "load.order_taken_off", by=by, orders=[order.number])
    if len(loads.shipments_on(load)) == 0:
        loads.end_tasks(load, TaskStatus.CANCELLED)
    return load


def discard(load_id: int, *, by: Actor) -> None:  # noqa: ARG001  (operations name who acts)
    """Does away with a load that carries nothing: it was a mistake, or its orders were cancelled. Raises StillOnBoard."""
    load = loads.open_for_loading(load_id)
    units = len(loads.on_board(load))
    if units:
        raise StillOnBoard(units=units, number=load.number)
    for shipment in loads.shipments_on(load):
        shipment.load_id = shipment.stop = None
    loads.end_tasks(load, TaskStatus.CANCELLED)
    session.flush()  # nothing names it any more
    session.delete(load)
    session.flush()
