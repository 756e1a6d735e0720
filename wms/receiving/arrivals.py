"""Arrivals: a vehicle is announced for a dock and a time, comes, is unloaded and leaves. Each step moves through one door, `_change`.

Locks: the orders it brings before the arrival, as everywhere the order's header comes first.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from wms import clock, events
from wms.actor import Actor
from wms.catalog.models import PartnerKind
from wms.db import fold, session, table_of
from wms.errors import NotFound, Refused
from wms.i18n import T, Text, listed
from wms.locations.models import Kind, Location
from wms.locations.places import find_location
from wms.orders import inbound, queries
from wms.orders.inbound import find_inbound
from wms.orders.lines import find_partner, free_number, write_down
from wms.orders.models import InboundKind, InboundOrder, InboundStatus
from wms.orders.timeline import teach
from wms.receiving import appointments, dock_taken
from wms.receiving.appointments import Hours
from wms.receiving.models import Arrival, ArrivalOrder, ArrivalStatus, plate_key
from wms.states import StateMachine
from wms.stock.models import Movement

S = ArrivalStatus
MOVES = StateMachine(
    S,
    {
        S.PLANNED: [S.ARRIVED, S.CANCELLED],
        S.ARRIVED: [S.UNLOADING, S.LEFT],  # one that is sent away was never unloaded
        S.UNLOADING: [S.UNLOADED],
        S.UNLOADED: [S.UNLOADING, S.LEFT],
        S.LEFT: [],
        S.CANCELLED: [],
    },
)
HERE = (S.ARRIVED.value, S.UNLOADING.value, S.UNLOADED.value)
COUNTED_FOR = dt.timedelta(hours=36)  # what a vehicle brought may still be counted so long after it left

teach("arrival.planned", T("Announced for {at}", "已预约 {at}"), "calm")
teach("arrival.changed", T("Changed: {at}", "已修改：{at}"), "calm")
teach("arrival.arrived", T("Arrived", "已到"), "calm")
teach("arrival.unloading", T("Unloading has begun", "开始卸货"), "calm")
teach("arrival.unloaded", T("Unloaded", "已卸完"), "good")
teach("arrival.left", T("Left", "已离场"), "calm")
teach("arrival.cancelled", T("Cancelled", "已取消"), "stop")


class ArrivalUnknown(NotFound):
    """No such arrival at this site."""

    code = "arrival_unknown"
    sentence = T("There is no arrival {number}", "没有此到货车辆：{number}")
    advice = T("Check the number or the plate, or enter the vehicle", "请核对单号或车牌，或直接登记车辆")


class NotADock(Refused):
    """Goods are unloaded at a dock."""

    code = "not_a_dock"
    sentence = T("{code} is not a dock", "{code} 不是收货月台")
    advice = T("Name a dock", "请选择收货月台")


class ArrivalOver(Refused):
    """Nothing is changed on one that has left or was cancelled."""

    code = "arrival_over"
    sentence = T("{number} cannot be changed any more: {status}", "{number} 已不能更改：{status}")
    advice = T("Enter a new arrival", "请新建一条到货登记")


class AppointmentOver(Refused):
    """A vehicle that is here has kept its appointment."""

    code = "appointment_over"
    sentence = T("{number} is here already; its appointment stays as it was", "{number} 已到场，预约时间不能再改")
    advice = T("Change the dock where it stands instead", "如换位置，请更改所停月台")


class GoodsCameWith(Refused):
    """Goods of the order were received from this vehicle."""

    code = "goods_came_with"
    sentence = T("Goods of {order} were received from {number}", "已从 {number} 收下 {order} 的货物")
    advice = T("The order stays on this arrival", "该到货通知须留在本次到货中")


class NotOnThisArrival(Refused):
    """The vehicle brings other orders."""

    code = "not_on_this_arrival"
    sentence = T("{number} brings nothing of {order}", "{number} 不含 {order} 的货物")
    advice = T("Name an order of this arrival", "请选择本次到货的单据")


class NothingOnIt(Refused):
    """It is not known what an arrival brings."""

    code = "who_comes"
    sentence = T("Say who comes: an order, a supplier, a carrier or a plate", "请填写到货通知、供应商、承运商或车牌之一")
    advice = T("The plate is enough", "至少填写车牌")


@dataclass(frozen=True)
class Plan:
    """What is said about an arrival before it comes; codes and numbers as they were typed."""

    orders: tuple[str, ...] = ()
    partner: str | None = None
    carrier: str | None = None
    plate: str | None = None
    driver: str | None = None
    phone: str | None = None
    dock: str | None = None
    planned_from: dt.datetime | None = None
    planned_until: dt.datetime | None = None
    note: str | None = None


# -- finding -------------------------------------------------------------------------------------------------------------------


def find(number: str, *, by: Actor) -> Arrival:
    """The arrival with this number at the person's site, or the vehicle with this plate that is here or expected; raises
    ArrivalUnknown."""
    found = known(number, by=by)
    if found is None:
        raise ArrivalUnknown(number=number)
    return found


def known(text: str, *, by: Actor) -> Arrival | None:
    """The same, or None."""
    at_site = sa.select(Arrival).where(Arrival.site_id == by.site_id)
    found = session.execute(at_site.where(Arrival.number_key == fold(text))).scalar_one_or_none()
    key = plate_key(text)
    if found is not None or not key:
        return found
    nearest = sa.case((Arrival.status.in_(HERE), 0), else_=1)
    alike = at_site.where(Arrival.plate_key == key, Arrival.status.in_([*HERE, S.PLANNED.value]))
    return session.execute(alike.order_by(nearest, sa.nulls_last(Arrival.planned_from), Arrival.id).limit(1)).scalar_one_or_none()


def lock(arrival_id: int) -> Arrival:
    """The arrival's row, locked until the transaction ends and read afresh."""
    return session.execute(
        sa.select(Arrival).where(Arrival.id == arrival_id).with_for_update(key_share=True).execution_options(populate_existing=True)
    ).scalar_one()


def orders_of(arrival: Arrival) -> list[InboundOrder]:
    """The inbound orders that it brings goods of, as they were announced."""
    return list(
        session.execute(
            sa.select(InboundOrder)
            .join(ArrivalOrder, ArrivalOrder.inbound_order_id == InboundOrder.id)
            .where(ArrivalOrder.arrival_id == arrival.id)
            .order_by(InboundOrder.id)
        ).scalars()
    )


def current_for(order: InboundOrder, dock: Location | int | None, *, by: Actor) -> Arrival | None:
    """The arrival under which goods of this order that are received now are booked, or None where no vehicle was registered.

    One that is being unloaded comes before one that waits, that before one that has left (its goods are counted afterwards), and one
    that nobody has seen come is taken last, if it is planned for today. Among equals the one at this dock, then the latest. Where no
    vehicle is known to bring the order, it is one at this dock of which nobody has said what it brings.
    """
    dock_id = dock.id if isinstance(dock, Location) else dock
    today = clock.begins(clock.today())
    came = sa.and_(Arrival.status == S.LEFT.value, Arrival.unloading_at.is_not(None), Arrival.left_at >= clock.now() - COUNTED_FOR)
    due = sa.and_(
        Arrival.status == S.PLANNED.value,
        sa.or_(Arrival.planned_from.is_(None), Arrival.planned_from < today + dt.timedelta(days=1)),
    )
    sequence = sa.case(
        (Arrival.status == S.UNLOADING.value, 0),
        (Arrival.status == S.ARRIVED.value, 1),
        (Arrival.status == S.UNLOADED.value, 2),
        (Arrival.status == S.LEFT.value, 3),
        else_=4,
    )
    here = sa.case((Arrival.dock_id == dock_id, 0), else_=1)
    found = session.execute(
        sa.select(Arrival)
        .join(ArrivalOrder, ArrivalOrder.arrival_id == Arrival.id)
        .where(
            ArrivalOrder.inbound_order_id == order.id,
            Arrival.site_id == by.site_id,
            sa.or_(Arrival.status.in_(HERE), came, due),
        )
        .order_by(sequence, here, sa.nulls_last(Arrival.arrived_at.desc()), sa.nulls_last(Arrival.planned_from), Arrival.id)
        .limit(1)
    ).scalar_one_or_none()
    if found is not None or order.kind == InboundKind.PRODUCTION:  # our own production comes in no vehicle
        return found
    return _unnamed_at(dock_id, by)


def at_a_dock(order: InboundOrder, *, by: Actor, arrival_id: int | None = None) -> Arrival | None:
    """The vehicle with goods of this order (or the one that is named) that is booked at a dock or stands there, and is not empty yet."""
    found = session.get(Arrival, arrival_id) if arrival_id is not None else current_for(order, None, by=by)
    if found is None or found.dock_id is None or found.status not in (S.PLANNED, S.ARRIVED, S.UNLOADING):
        return None
    return found


def _unnamed_at(dock_id: int | None, by: Actor) -> Arrival | None:
    """A vehicle at this dock of which nobody has said what it brings: the papers scanned there say it."""
    if dock_id is None:
        return None
    named = sa.select(ArrivalOrder.id).where(ArrivalOrder.arrival_id == Arrival.id)
    return session.execute(
        sa.select(Arrival)
        .where(
            Arrival.site_id == by.site_id,
            Arrival.dock_id == dock_id,
            Arrival.status.in_([S.ARRIVED.value, S.UNLOADING.value]),
            ~sa.exists(named),
        )
        .order_by(Arrival.status.desc(), Arrival.arrived_at.desc(), Arrival.id)  # unloading before arrived
        .limit(1)
    ).scalar_one_or_none()


# -- announcing ----------------------------------------------------------------------------------------------------------------


def plan(asked: Plan, *, by: Actor, hours: Hours, number: str | None = None) -> Arrival:
    """Announces a vehicle, and books its dock where dock and time are named.

    Raises NumberTaken, InboundUnknown, InboundClosed, PartnerUnknown, LocationUnknown, NotADock, NothingOnIt, SlotWrong, DocksClosed,
    SlotTaken.
    """
    moment = clock.now()
    arrival = Arrival(
        site_id=by.site_id,
        number=free_number(Arrival, number, "AR", by=by),
        status=S.PLANNED.value,
        created_at=moment,
        updated_at=moment,
    )
    orders = _read(arrival, asked, by=by)
    _set_slot(arrival, asked, hours)
    write_down(arrival)  # its orders name it
    _bring(arrival, orders)
    appointments.book(arrival)
    events.record(arrival, "arrival.planned", by=by, at=_when(arrival), **_facts(arrival, orders))
    return arrival


def change(number: str, asked: Plan, *, by: Actor, hours: Hours) -> Arrival:
    """Replaces what was said about an arrival: vehicle, orders, and its appointment as long as it has not come.

    Raises what `plan` raises, and ArrivalUnknown, ArrivalOver, AppointmentOver, GoodsCameWith.
    """
    arrival = lock(find(number, by=by).id)
    if arrival.status in (S.LEFT, S.CANCELLED):
        raise ArrivalOver(number=arrival.number, status=S(arrival.status).text)
    before = _when(arrival)
    orders = _read(arrival, asked, by=by)
    _set_slot(arrival, asked, hours)
    _bring(arrival, orders)
    if arrival.status == S.PLANNED:
        appointments.book(arrival)
    arrival.updated_at = clock.now()
    session.flush()  # the event below is a Core statement
    events.record(arrival, "arrival.changed", by=by, before=before, at=_when(arrival), **_facts(arrival, orders))
    return arrival


def move(number: str, *, dock: str, begin: dt.datetime, by: Actor, hours: Hours) -> Arrival:
    """Gives an arrival another dock or time, as long as its slot was; everything else stays. Raises what `change` raises."""
    arrival = lock(find(number, by=by).id)
    if arrival.status != S.PLANNED:
        raise AppointmentOver(number=arrival.number)
    lasts = arrival.planned_until - arrival.planned_from if arrival.planned_from and arrival.planned_until else hours.length
    before = _when(arrival)
    arrival.dock_id = _dock(dock, by).id
    arrival.planned_from, arrival.planned_until = begin, begin + lasts
    appointments.check(arrival.planned_from, arrival.planned_until, hours)
    appointments.book(arrival)
    arrival.updated_at = clock.now()
    session.flush()  # the event below is a Core statement
    events.record(arrival, "arrival.changed", by=by, before=before, at=_when(arrival), **_facts(arrival, orders_of(arrival)))
    return arrival


def walk_in(asked: Plan, *, by: Actor, hours: Hours) -> Arrival:
    """A vehicle that nobody announced stands at the door: it is entered and has arrived. Raises what `plan` raises."""
    arrival = plan(asked, by=by, hours=hours)
    return arrive(arrival.number, by=by)


def _read(arrival: Arrival, asked: Plan, *, by: Actor) -> list[InboundOrder]:
    """Writes what was said onto the arrival, and gives the orders it brings. What its orders know need not be said again."""
    orders = [find_inbound(number, by=by) for number in dict.fromkeys(number.strip() for number in asked.orders) if number]
    held = _order_ids(arrival)
    for order in orders:
        if order.status == InboundStatus.CLOSED and order.id not in held:
            raise inbound.InboundOver(number=order.number)
    partner = find_partner(asked.partner, None, "/partner") if asked.partner else None
    carrier = find_partner(asked.carrier, PartnerKind.CARRIER, "/carrier") if asked.carrier else None
    if not (orders or partner or carrier or plate_key(asked.plate)):
        raise NothingOnIt
    senders = {order.partner_id for order in orders}
    only = senders.pop() if len(senders) == 1 else None
    arrival.partner_id = partner.id if partner else only
    arrival.carrier_id = carrier.id if carrier else None
    arrival.plate, arrival.plate_key = asked.plate or None, plate_key(asked.plate)
    arrival.driver, arrival.phone, arrival.note = asked.driver or None, asked.phone or None, asked.note or None
    arrival.dock_id = _dock(asked.dock, by).id if asked.dock else None
    return orders


def _set_slot(arrival: Arrival, asked: Plan, hours: Hours) -> None:
    begin = asked.planned_from
    if any(one is not None and not appointments.within_reach(one) for one in (begin, asked.planned_until)):
        raise appointments.SlotWrong(pointer="/planned_from")
    until = asked.planned_until or (begin + hours.length if begin else None)
    if begin is None and until is not None:
        raise appointments.SlotWrong(pointer="/planned_from")
    if (begin, until) == (arrival.planned_from, arrival.planned_until):
        return
    if arrival.status != S.PLANNED:
        raise AppointmentOver(number=arrival.number)
    if begin is not None and until is not None:
        appointments.check(begin, until, hours)
    arrival.planned_from, arrival.planned_until = begin, until


def _dock(code: str, by: Actor) -> Location:
    place = find_location(code, by=by)
    if place.kind != Kind.DOCK:
        raise NotADock(code=place.code)
    return place


def _order_ids(arrival: Arrival) -> set[int]:
    if arrival.id is None:
        return set()
    return set(session.execute(sa.select(ArrivalOrder.inbound_order_id).where(ArrivalOrder.arrival_id == arrival.id)).scalars())


def _bring(arrival: Arrival, orders: Sequence[InboundOrder]) -> None:
    held, wanted = _order_ids(arrival), {order.id for order in orders}
    gone = held - wanted
    if gone:
        _keep_what_came(arrival, gone)
        session.execute(sa.delete(ArrivalOrder).where(ArrivalOrder.arrival_id == arrival.id, ArrivalOrder.inbound_order_id.in_(gone)))
    rows = [{"arrival_id": arrival.id, "inbound_order_id": order_id} for order_id in sorted(wanted - held)]
    if rows:
        session.execute(sa.insert(table_of(ArrivalOrder)), rows)


def _keep_what_came(arrival: Arrival, gone: Iterable[int]) -> None:
    numbers = sa.select(InboundOrder.number).where(InboundOrder.id.in_(gone))
    came = sa.select(Movement.document).where(Movement.arrival_id == arrival.id, Movement.document.in_(numbers)).limit(1)
    number = session.execute(came).scalar_one_or_none()
    if number is not None:
        raise GoodsCameWith(order=number, number=arrival.number)


def _when(arrival: Arrival) -> str | None:
    """The appointment as an event tells it: on the house's clock, for people."""
    if arrival.planned_from is None:
        return None
    return clock.local(arrival.planned_from).strftime("%Y-%m-%d %H:%M")


def _facts(arrival: Arrival, orders: Sequence[InboundOrder]) -> dict[str, object]:
    dock = session.get(Location, arrival.dock_id) if arrival.dock_id else None
    return {
        "orders": [order.number for order in orders],
        "dock": dock.code if dock else None,
        "plate": arrival.plate,
        "planned_from": arrival.planned_from.isoformat() if arrival.planned_from else None,
        "planned_until": arrival.planned_until.isoformat() if arrival.planned_until else None,
    }


# -- what happens at the dock --------------------------------------------------------------------------------------------------


def arrive(number: str, *, by: Actor, dock: str | None = None) -> Arrival:
    """The vehicle is here, and so are its orders. Where it stands at another dock than was booked, the booked one is free again.

    Raises ArrivalUnknown, NotADock, MoveNotAllowed.
    """
    arrival = find(number, by=by)
    MOVES.check(arrival.number, S(arrival.status), S.ARRIVED)
    _orders_have_come(arrival, by=by)
    arrival = lock(arrival.id)
    if dock:
        _stand_at(arrival, _dock(dock, by))
    return _change(arrival, S.ARRIVED, by=by)


def stands_at(number: str, *, dock: str, by: Actor) -> Arrival:
    """The vehicle stands at this dock, whatever was booked; one that nobody has seen come has come now. What was booked elsewhere is free
    again. Raises ArrivalUnknown, ArrivalOver, NotADock."""
    arrival = find(number, by=by)
    if arrival.status == S.PLANNED:
        return arrive(number, by=by, dock=dock)
    arrival = lock(arrival.id)
    if arrival.status in (S.LEFT, S.CANCELLED):
        raise ArrivalOver(number=arrival.number, status=S(arrival.status).text)
    _stand_at(arrival, _dock(dock, by))
    arrival.updated_at = clock.now()
    session.flush()  # the event below is a Core statement
    events.record(arrival, "arrival.changed", by=by, before=_when(arrival), at=_when(arrival), **_facts(arrival, orders_of(arrival)))
    return arrival


def _stand_at(arrival: Arrival, dock: Location) -> None:
    """A locked arrival at another dock than before: the one it had is free, for what is left of its time."""
    if dock.id != arrival.dock_id:
        appointments.release(arrival, since=None if arrival.status == S.PLANNED else clock.now())
        arrival.dock_id = dock.id


def _orders_have_come(arrival: Arrival, *, by: Actor) -> None:
    for order in orders_of(arrival):
        if order.status == InboundStatus.ANNOUNCED:
            inbound.arrive(order.number, by=by)


def begin_unloading(arrival: Arrival | int, *, by: Actor, dock: Location | int | None = None, order: InboundOrder | None = None) -> Arrival:
    """The first goods come off the vehicle. Of one that is being unloaded, or was, it says nothing; one that nobody has seen come
    has come now. Whoever calls this has locked the order whose goods they are; it is one of the arrival's from now on. Raises
    MoveNotAllowed for a cancelled one."""
    found = lock(arrival.id if isinstance(arrival, Arrival) else arrival)
    if order is not None and found.status != S.CANCELLED and order.id not in _order_ids(found):
        session.execute(sa.insert(table_of(ArrivalOrder)).values(arrival_id=found.id, inbound_order_id=order.id))
        found.partner_id = found.partner_id or order.partner_id
    if found.status in (S.UNLOADING, S.UNLOADED, S.LEFT):
        return found
    dock_id = dock.id if isinstance(dock, Location) else dock
    if dock_id is not None and found.dock_id is None:
        found.dock_id = dock_id
    if found.status == S.PLANNED:
        _change(found, S.ARRIVED, by=by)
    return _change(found, S.UNLOADING, by=by)


def unload(number: str, *, by: Actor, dock: str | None = None) -> Arrival:
    """Unloading begins, or begins once more because something was left on it. Raises ArrivalUnknown, NotADock, DockTaken,
    MoveNotAllowed."""
    arrival = find(number, by=by)
    if arrival.status == S.PLANNED:
        arrive(number, by=by, dock=dock)
    arrival = lock(arrival.id)
    if dock:
        _stand_at(arrival, _dock(dock, by))
    MOVES.check(arrival.number, S(arrival.status), S.UNLOADING)
    _must_be_alone(arrival, by)
    return _change(arrival, S.UNLOADING, by=by)


def _must_be_alone(arrival: Arrival, by: Actor) -> None:
    if arrival.dock_id is None:
        return
    others = dock_taken.others_at(arrival.dock_id, besides=arrival, by=by)
    if others:
        raise dock_taken.DockTaken(**dock_taken.told(others, session.get_one(Location, arrival.dock_id).code))


def unloaded(number: str, *, by: Actor) -> Arrival:
    """Everything is off the vehicle. What is short of its orders is asked of the supervisor: see `shortfall`. Raises ArrivalUnknown,
    MoveNotAllowed."""
    return _change(lock(find(number, by=by).id), S.UNLOADED, by=by)


def leave(number: str, *, by: Actor, reason: str | None = None) -> Arrival:
    """The vehicle is gone; what is left of its appointment is free. Raises ArrivalUnknown, MoveNotAllowed."""
    return _change(lock(find(number, by=by).id), S.LEFT, by=by, reason=reason)


def has_left(arrival: Arrival, *, by: Actor) -> None:
    """Somebody sees that a vehicle is not at its dock any more: it was unloaded, and is gone."""
    found = lock(arrival.id)
    if found.status == S.UNLOADING:
        _change(found, S.UNLOADED, by=by)
    if found.status in (S.ARRIVED, S.UNLOADED):
        _change(found, S.LEFT, by=by)


def cancel(number: str, *, by: Actor, reason: str | None = None) -> Arrival:
    """The vehicle does not come; its appointment is free. Its orders are still expected. Raises ArrivalUnknown, MoveNotAllowed."""
    return _change(lock(find(number, by=by).id), S.CANCELLED, by=by, reason=reason)


def _change(arrival: Arrival, wanted: ArrivalStatus, *, by: Actor, **facts: object) -> Arrival:
    """The one door: moves a locked arrival to a state, with its time and its event. Raises MoveNotAllowed."""
    before, moment = S(arrival.status), clock.now()
    MOVES.check(arrival.number, before, wanted)
    arrival.status, arrival.updated_at = wanted.value, moment
    if wanted is S.ARRIVED:
        arrival.arrived_at = moment
    elif wanted is S.UNLOADING:
        arrival.unloading_at, arrival.unloaded_at = arrival.unloading_at or moment, None
    elif wanted is S.UNLOADED:
        arrival.unloaded_at = moment
    elif wanted is S.LEFT:
        arrival.left_at = moment
        appointments.release(arrival, since=moment)
    else:
        appointments.release(arrival)
    session.flush()  # the event below is a Core statement
    told = {name: fact for name, fact in facts.items() if fact is not None}
    events.record(arrival, f"arrival.{wanted.value}", by=by, before=before.value, **_facts(arrival, orders_of(arrival)), **told)
    return arrival


# -- what was short ------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Missing:
    """An order of an unloaded arrival of which something has not come, and nobody has said yet what becomes of it."""

    order: InboundOrder
    lines: int
    quantity: int
    goods: Text


def shortfall(arrival: Arrival, *, by: Actor) -> list[Missing]:
    """What the supervisor is asked once a vehicle is unloaded: does more come, or is it short? Orders that another vehicle brings too,
    or that are agreed to stay open, are not asked about."""
    if arrival.status not in (S.UNLOADED, S.LEFT) or arrival.unloading_at is None:
        return []
    found = []
    for order in orders_of(arrival):
        if order.status == InboundStatus.CLOSED or (order.open_until and order.open_until >= clock.today()) or _more_comes(order, by):
            continue
        lacks = {line: line.expected - line.received for line in order.lines if line.received < line.expected}
        if lacks:
            products = queries.named_products({line.product_id for line in lacks})
            goods = queries.goods((products[line.product_id], quantity) for line, quantity in lacks.items())
            found.append(Missing(order, len(lacks), sum(lacks.values()), listed(goods)))
    return found


def _more_comes(order: InboundOrder, by: Actor) -> bool:
    """Whether another vehicle with goods of this order is expected or not unloaded yet."""
    coming = [S.PLANNED.value, S.ARRIVED.value, S.UNLOADING.value]
    return bool(
        session.execute(
            sa.select(Arrival.id)
            .join(ArrivalOrder, ArrivalOrder.arrival_id == Arrival.id)
            .where(ArrivalOrder.inbound_order_id == order.id, Arrival.site_id == by.site_id, Arrival.status.in_(coming))
            .limit(1)
        ).first()
    )


def decide(number: str, order_number: str, *, until: dt.date | None, by: Actor, reason: str | None = None) -> InboundOrder:
    """The supervisor's answer about what is short of an order: the rest comes until an agreed day, or (without one) nothing more comes:
    the order is closed, and each short line is a difference. Raises ArrivalUnknown, InboundUnknown, NotOnThisArrival, and what
    `expect_more` and `close_inbound` raise."""
    arrival = find(number, by=by)
    order = find_inbound(order_number, by=by)
    if order.id not in _order_ids(arrival):
        raise NotOnThisArrival(order=order.number, number=arrival.number)
    if until is not None:
        return inbound.expect_more(order.number, until=until, by=by)
    return inbound.close_inbound(order.number, by=by, reason=reason, arrival_id=arrival.id)
