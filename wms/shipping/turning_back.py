"""A truck comes back after it has left the gate: its goods are on board again, by counter-movements, its orders loaded, not shipped.

All of it comes back, and the load is open again; or some orders do, and are on a load of their own, for what was delivered stays gone.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from wms import clock, events
from wms.actor import Actor, Permission
from wms.catalog.models import Product
from wms.db import among, fold, session, table_of
from wms.errors import Forbidden, Invalid, Refused
from wms.i18n import T
from wms.locations.models import Location
from wms.numbers import document_number
from wms.orders import lifecycle, went_out
from wms.orders.models import Order, OrderLine, OrderStatus, SignOffLine
from wms.shipping import loads
from wms.shipping.models import Load, LoadStatus, Shipment
from wms.stock import handling_units, reservations
from wms.stock.ledger import reverse_all
from wms.stock.models import Batch, HandlingUnit, Movement, Stage, Stock
from wms.stock.reservations import Wanted


class TurnBackForbidden(Forbidden):
    """Only a supervisor opens what has left."""

    code = "turn_back_forbidden"
    sentence = T("Only a supervisor may take a truck back that has left", "只有主管可以办理已出门车辆折返")


class TurnBackWhy(Invalid):
    """Whoever takes it back says why."""

    code = "reason_needed"
    sentence = T("Say why the truck came back", "请填写车辆折返的原因")


class NotLeft(Refused):
    """It stands at its door."""

    code = "load_not_left"
    sentence = T("{number} has not left: it is {state}", "{number} 尚未出门：当前为“{state}”")
    advice = T("A closed load is opened again without taking it back", "已封车未出门的，直接重新打开即可")


class LeftTooLongAgo(Refused):
    """After some days it is no truck that turned back, but goods that come back."""

    code = "left_too_long_ago"
    sentence = T(
        "{number} left {ago}: a truck is taken back within {days} {days:day/days}", "{number} 已于 {ago}出门，只能在 {days} 天内办理折返"
    )
    advice = T("Take its goods in as customer returns", "请按销售退货收货")


class NotOnThisLoad(Invalid):
    """It did not leave with it."""

    code = "not_on_this_load"
    sentence = T("{order} did not leave with {number}", "{order} 未随 {number} 出门")


class SignedFor(Refused):
    """The customer has it, and has said so."""

    code = "signed_for"
    sentence = T("{order} was signed for by {who}: it does not come back with {number}", "{order} 已由 {who} 签收，不能随 {number} 折返")
    advice = T(
        "Name the orders that are still on the truck; what was signed for comes back as a return",
        "请只选仍在车上的订单；已签收的走销售退货",
    )


class OrderIsOver(Refused):
    """Finance has closed it: its goods are booked as sold."""

    code = "order_is_closed"
    sentence = T("{order} is {state}: finance has booked it", "{order} 已是“{state}”，财务已入账")
    advice = T("Take its goods in as a customer return", "请按销售退货收货")


class CameBackAlready(Refused):
    """A part of it was taken in as a return."""

    code = "came_back_already"
    sentence = T("Goods of {order} came back as a return already", "{order} 的货物已按退货收回")
    advice = T("Take the rest in as a return too", "其余货物也请按退货收回")


class NotOutsideAnyMore(Refused):
    """What was consigned was sold or taken back from there."""

    code = "goods_moved_on"
    sentence = T("{sku} of {order} is not at {location} as it was delivered", "{order} 的 {sku} 在 {location} 已不是送达时的数量")
    advice = T("Take back what is left by a return from there", "请从该处按退货收回剩余货物")


class ExpiredOutside(Refused):
    """Goods that have expired are claimed for nobody."""

    code = "expired_outside"
    sentence = T("{sku} lot {lot} of {order} has expired since", "{order} 的 {sku}（批号 {lot}）在途中已过期")
    advice = T("Take its goods in as a customer return", "请按销售退货收货")


class RestOnLoad(Refused):
    """One order is on one open load."""

    code = "rest_on_load"
    sentence = T("What {order} left behind is on load {load}", "{order} 未走的部分已排在 {load}")
    advice = T("Take it off that load first", "请先将其移出该装车单")


def turn_back(load_id: int, *, reason: str, by: Actor, key: str, within_days: int, orders: Sequence[str] = ()) -> Load:
    """The truck is at its door again with these orders, or with all; answers the load that carries them now. Its gate pass is void.

    Claims live again, orders are loaded, shipments have not left. What was signed for or returned meanwhile stays as it is, and is
    refused. Raises TurnBackForbidden, TurnBackWhy, NotLeft, LeftTooLongAgo, NotOnThisLoad, OrderIsOver, SignedFor, CameBackAlready,
    NotOutsideAnyMore, ExpiredOutside, RestOnLoad.
    """
    if not by.may(Permission.RELEASE_ORDERS):
        raise TurnBackForbidden
    if not reason.strip():
        raise TurnBackWhy(pointer="/reason")
    load = loads.lock(load_id)
    _must_have_left(load, within_days)
    locked = loads.lock_orders(one.order_id for one in loads.shipments_on(load))
    carried = loads.shipments_on(load)  # read behind the orders: nobody signs any more
    back = _chosen(load, carried, locked, orders)
    signed, planned = _signed_for(back), _planned_elsewhere(back)
    for one in back:
        _must_come_back(load, locked[one.order_id], one, signed, planned.get(one.order_id))
    movements = _sent_out(load, {one.order_id for one in back})
    _must_be_outside(movements, locked)
    now = load if len(back) == len(carried) else _load_of_their_own(load, back)
    _onto_the_truck(now, movements, locked, key=key, by=by, reason=reason.strip()[:200])
    _as_if_it_had_not_left(load, now, back, locked, by, reason)
    return now


def may_come_back(load: Load, within_days: int) -> bool:
    """Whether it left so lately that it may be taken back."""
    return load.left_at is not None and clock.now() - load.left_at <= dt.timedelta(days=within_days)


def _must_have_left(load: Load, within_days: int) -> None:
    if load.status != LoadStatus.LEFT or load.left_at is None:
        raise NotLeft(number=load.number, state=LoadStatus(load.status).text)
    if not may_come_back(load, within_days):
        raise LeftTooLongAgo(number=load.number, ago=loads.since(load.left_at), days=within_days)


def _chosen(load: Load, carried: list[Shipment], locked: Mapping[int, Order], orders: Sequence[str]) -> list[Shipment]:
    """The shipments that come back: of the orders that are named, else all. Raises NotOnThisLoad."""
    known = {fold(locked[one.order_id].number) for one in carried}
    strangers = [number for number in orders if fold(number) not in known]
    if strangers:
        raise NotOnThisLoad(pointer="/orders", order=strangers[0], number=load.number)
    wanted = {fold(number) for number in orders} or known
    return [one for one in carried if fold(locked[one.order_id].number) in wanted]


def _must_come_back(load: Load, order: Order, shipment: Shipment, signed: Mapping[int, int], planned: str | None) -> None:
    if order.status == OrderStatus.CLOSED:
        raise OrderIsOver(order=order.number, state=OrderStatus(order.status).text)
    if shipment.signed_at is not None or order.status == OrderStatus.DELIVERED:
        raise SignedFor(order=order.number, who=shipment.signed_by or "–", number=load.number)
    if any(line.returned > signed.get(line.id, 0) for line in order.lines):  # what came back of what was signed for is another matter
        raise CameBackAlready(order=order.number)
    if planned is not None:
        raise RestOnLoad(order=order.number, load=planned)


def _signed_for(shipments: Sequence[Shipment]) -> dict[int, int]:
    """How much of each line of these orders left with shipments that somebody has signed for."""
    rows = session.execute(
        sa.select(SignOffLine.order_line_id, sa.func.sum(SignOffLine.shipped))
        .join(OrderLine, OrderLine.id == SignOffLine.order_line_id)
        .where(OrderLine.order_id.in_([one.order_id for one in shipments]))
        .group_by(SignOffLine.order_line_id)
    )
    return {line_id: int(pieces) for line_id, pieces in rows}


def _planned_elsewhere(shipments: Sequence[Shipment]) -> dict[int, str]:
    """The loads on which the rest of these orders is, by order."""
    rest = sa.select(Shipment.order_id, Load.number).join(Load, Load.id == Shipment.load_id)
    rows = session.execute(rest.where(Shipment.order_id.in_([one.order_id for one in shipments]), Shipment.left_at.is_(None)))
    return {row.order_id: row.number for row in rows}


def _sent_out(load: Load, order_ids: Collection[int]) -> list[Any]:
    """The movements by which these orders left with the load and which nobody has undone, as they were made."""
    return list(
        session.execute(
            went_out.rows(
                *(table_of(Movement).c[name] for name in ("id", "batch_id", "quantity", "source_unit_id", "target_id", "target_condition")),
                Movement.order_line_id,
                OrderLine.order_id,
            )
            .where(HandlingUnit.load_id == load.id, OrderLine.order_id.in_(order_ids))
            .order_by(Movement.id)
        )
    )


def _must_be_outside(movements: Sequence[Any], locked: Mapping[int, Order]) -> None:
    """What left lies outside, in the units in which it left. Raises NotOutsideAnyMore."""
    units = {row.source_unit_id for row in movements}
    there = {
        (row.location_id, row.batch_id, row.handling_unit_id, row.condition): row.on_hand - row.reserved
        for row in session.execute(sa.select(table_of(Stock)).where(among(table_of(Stock).c.handling_unit_id, sorted(units))))
    }
    for row in movements:
        place = (row.target_id, row.batch_id, row.source_unit_id, row.target_condition)
        there[place] = there.get(place, 0) - row.quantity
        if there[place] < 0:
            raise _moved_on(row, locked)


def _must_not_be_owed(movements: Sequence[Any], locked: Mapping[int, Order]) -> None:
    """The same behind the locks of what was taken back: the book outside may run below zero, and somebody may have taken goods from there
    since it was read. Raises NotOutsideAnyMore."""
    stock = table_of(Stock).c
    units = sorted({row.source_unit_id for row in movements})
    owed = sa.select(stock.handling_unit_id, stock.batch_id).where(among(stock.handling_unit_id, units), stock.on_hand < 0)
    found = {(row.handling_unit_id, row.batch_id) for row in session.execute(owed)}
    for row in movements:
        if (row.source_unit_id, row.batch_id) in found:
            raise _moved_on(row, locked)


def _moved_on(row: Any, locked: Mapping[int, Order]) -> NotOutsideAnyMore:
    product = sa.select(Product.sku).join(Batch, Batch.product_id == Product.id).where(Batch.id == row.batch_id)
    code = session.execute(sa.select(Location.code).where(Location.id == row.target_id)).scalar_one()
    return NotOutsideAnyMore(sku=session.execute(product).scalar_one(), order=locked[row.order_id].number, location=code)


def _load_of_their_own(load: Load, back: Sequence[Shipment]) -> Load:
    """The same truck at the same door, with what came back; what it delivered stays on the load that left."""
    now = Load(
        number=document_number("L", Load.number),
        status=LoadStatus.LOADING.value,
        created_at=clock.now(),
        **{name: getattr(load, name) for name in _THE_TRUCK},
    )
    session.add(now)
    session.flush()  # units and shipments name it
    served = sorted({one.stop or 0 for one in back})
    now.stops = [load.stops[stop - 1] if 0 < stop <= len(load.stops) else {"name": ""} for stop in served]
    session.execute(
        sa.update(HandlingUnit)
        .where(HandlingUnit.load_id == load.id, HandlingUnit.order_id.in_([one.order_id for one in back]))
        .values(load_id=now.id)
        .execution_options(synchronize_session=False)
    )
    for one in back:
        one.load_id, one.stop = now.id, served.index(one.stop or 0) + 1
    session.flush()  # the goods follow their load
    return now


_THE_TRUCK = (
    *("site_id", "carrier_id", "door_id", "vehicle", "vehicle_id", "plate", "driver", "driver_id", "route_id"),
    *("max_weight_grams", "max_volume_cm3", "pallet_places", "temperature", "overload_reason"),
)


def _onto_the_truck(load: Load, movements: Sequence[Any], locked: Mapping[int, Order], *, key: str, by: Actor, reason: str) -> None:
    """The stacks stand at the door, the goods follow them, and each line has its claim on them again. Raises
    NotOutsideAnyMore, ExpiredOutside."""
    units = {row.source_unit_id for row in movements}
    lowest = sa.select(sa.func.coalesce(HandlingUnit.root_id, HandlingUnit.id)).where(among(table_of(HandlingUnit).c.id, sorted(units)))
    handling_units.stand_all_at(dict.fromkeys(session.execute(lowest).scalars(), load.door_id))
    done = reverse_all([row.id for row in movements], key=key, by=by, reason=reason)
    _must_not_be_owed(movements, locked)
    wanted = [Wanted(moved.target_stock_id, row.quantity, row.order_line_id) for row, moved in zip(movements, done, strict=True)]
    for row, claimed in zip(movements, reservations.reserve_all(wanted, stage=Stage.LOADED), strict=True):
        if not claimed:
            goods = sa.select(Product.sku, Batch.lot).join(Batch, Batch.product_id == Product.id).where(Batch.id == row.batch_id)
            sku, lot = session.execute(goods).one()
            raise ExpiredOutside(sku=sku, lot=lot, order=locked[row.order_id].number)
    pieces: dict[int, int] = {}
    for row in movements:
        pieces[row.order_line_id] = pieces.get(row.order_line_id, 0) + row.quantity
    lines = {line.id: line for order in locked.values() for line in order.lines}
    for line_id, quantity in sorted(pieces.items()):
        lines[line_id].shipped -= quantity


def _as_if_it_had_not_left(left: Load, now: Load, back: Sequence[Shipment], locked: Mapping[int, Order], by: Actor, reason: str) -> None:
    numbers = [locked[one.order_id].number for one in back]
    void = left.gate_pass
    if now is left:
        loads.MOVES.check(left.number, LoadStatus.LEFT, LoadStatus.LOADING)
        left.status = LoadStatus.LOADING.value
        left.gate_pass = left.closed_at = left.left_at = left.closed_units = left.seal = left.no_seal = None
    _take_up_the_rest(back)
    for one in back:
        one.left_at = None
    session.flush()  # the orders' state is read from the table
    told = [(locked[one.order_id], {"load": now.number, "shipment": one.number, "reason": reason}) for one in back]
    whole = [one for one in told if one[0].status == OrderStatus.SHIPPED]
    parts = [one for one in told if one[0].status != OrderStatus.SHIPPED]
    lifecycle.change_all(whole, OrderStatus.LOADED, by=by)
    lifecycle.progress_all(parts, by=by)
    events.record_each([(order, "order.part_turned_back", facts) for order, facts in parts], by=by)
    loads.offer_loading(now, [locked[one.order_id] for one in back], priority=5)
    session.flush()  # the events below are Core statements
    events.record(left, "load.turned_back", by=by, gate_pass=void, orders=numbers, reason=reason, onto=None if now is left else now.number)
    if now is not left:
        events.record(now, "load.came_back", by=by, orders=numbers, reason=reason, load=left.number)


def _take_up_the_rest(back: Sequence[Shipment]) -> None:
    """An order has one shipment that has not left: what was packed for the next one goes with this one again."""
    by_order = {one.order_id: one for one in back}
    rests = session.execute(sa.select(Shipment).where(Shipment.order_id.in_(by_order), Shipment.left_at.is_(None))).scalars().all()
    for rest in rests:
        one = by_order[rest.order_id]
        one.tracking = one.tracking or rest.tracking
        session.delete(rest)
    session.flush()  # before those have not left
