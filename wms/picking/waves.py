"""Released orders become pick lists: goods are chosen, dealt out to lists by the method, and put in walking order."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa
from sqlalchemy import bindparam

from wms import clock, events
from wms.actor import Actor
from wms.db import among, fold, session, table_of
from wms.errors import NotFound, Refused
from wms.i18n import T, Text
from wms.locations.floors import floor_of_site
from wms.locations.models import Kind, Location
from wms.numbers import document_number, document_numbers, own_number
from wms.orders.lifecycle import OrderUnknown
from wms.orders.models import Order, OrderLine, OrderStatus
from wms.picking import replenishment
from wms.picking.allocation import allocate
from wms.picking.models import Method, PickList, Wave
from wms.picking.strategies import in_sequence
from wms.routing.floor import Floor, Point
from wms.routing.plan import plan
from wms.stock.models import Reservation, Stock
from wms.tasks import queue
from wms.tasks.models import TaskKind

ON_THE_FLOOR = (OrderStatus.RELEASED.value, OrderStatus.PICKING.value)


class NothingToPlan(Refused):
    """No order in this choice waits to be planned; says why, order by order."""

    code = "nothing_to_plan"
    sentence = T("There is nothing to plan: {reasons}", "没有可排单的订单：{reasons}")
    advice = T("Release orders, or replenish their goods first", "请先放行订单，或先补足货物")


class NoPackingPlace(Refused):
    """The site has no place where picked goods could go."""

    code = "no_packing_place"
    sentence = T("There is no packing place where picked goods could go", "没有打包台或集货区，无法安排拣货去向")
    advice = T("Create a location of kind packing", "请先建立打包台库位")


class PickListUnknown(NotFound):
    """No such pick list at this site."""

    code = "pick_list_unknown"
    sentence = T("There is no pick list {number}", "没有此拣货单：{number}")
    advice = T("Scan the number on the pick list", "请扫描拣货单上的单号")


class WaveUnknown(NotFound):
    """No such wave at this site."""

    code = "wave_unknown"
    sentence = T("There is no wave {number}", "没有此波次：{number}")


@dataclass(frozen=True, slots=True)
class Skipped:
    """An order that is not in the wave, and why."""

    number: str
    reason: Text


@dataclass(frozen=True, slots=True)
class Planned:
    """What planning made."""

    wave: Wave
    pick_lists: list[PickList]
    skipped: list[Skipped]


@dataclass(frozen=True, slots=True)
class Place:
    """Where a picker stops."""

    id: int
    code: str
    zone: str | None
    point: Point


@dataclass(slots=True)
class _Line:
    """One claim on its way to a list."""

    claim_id: int
    order_id: int
    priority: int
    due_at: dt.datetime | None
    place: Place


@dataclass(slots=True)
class _Draft:
    """A pick list before it has a number and a walk."""

    lines: list[_Line] = field(default_factory=list)
    orders: set[int] = field(default_factory=set)
    number: str = ""
    metres_planned: int = 0
    metres_by_name: int = 0

    def walk(self, target: Place, floor: Floor) -> None:
        """Puts the lines in walking order."""
        walked, self.metres_planned, self.metres_by_name = in_walking_order([line.place for line in self.lines], target, floor)
        at = {place: turn for turn, place in enumerate(walked)}
        self.lines.sort(key=lambda line: at[line.place.id])

    def task(self, wave: Wave, target: Place) -> dict[str, Any]:
        """The facts of its task: as urgent as its most urgent order."""
        due = [line.due_at for line in self.lines if line.due_at is not None]
        return {
            "priority": max(line.priority for line in self.lines),
            "due_at": min(due) if due else None,
            "document": self.number,
            "order_id": self.lines[0].order_id if len(self.orders) == 1 else None,
            "source_id": self.lines[0].place.id,
            "target_id": target.id,
            "reasons": [{"code": "wave", "wave": wave.number}],
        }


def plan_wave(
    *,
    by: Actor,
    orders: Sequence[str] | None = None,
    due_before: dt.datetime | None = None,
    method: Method = Method.SINGLE,
    max_orders: int | None = None,
    max_lines: int | None = None,
) -> Planned:
    """Plans the named orders, or those due before a moment, or everything that is released; best priority and due time first.

    `max_orders` and `max_lines` keep the wave small; orders stay whole. What is left out is told with its reason.
    Raises OrderUnknown, NothingToPlan, NoPackingPlace.
    """
    target = packing_place(by.site_id)
    wanted, skipped = _choose(by, orders, due_before, max_orders, max_lines)
    taken = allocate([order.id for order in wanted], site_id=by.site_id)
    lines = _lines([one.claim_id for one in taken])
    with_goods = {line.order_id for line in lines}
    skipped += [Skipped(order.number, _why_nothing(order)) for order in wanted if order.id not in with_goods]
    if not lines:
        raise NothingToPlan(reasons=_reasons(skipped))
    moment = clock.now()
    wave = Wave(site_id=by.site_id, number=document_number("W", Wave.number), method=method.value, created_at=moment, by_id=by.id)
    session.add(wave)
    session.flush()  # its lists name it
    drafts = _deal_out(lines, method)
    planned = {order.id: order for order in wanted if order.id in with_goods}
    numbers = document_numbers("P", len(drafts), PickList.number)
    floor = floor_of_site(by.site_id)
    for number, draft in zip(numbers, drafts, strict=True):
        draft.number = number
        draft.walk(target, floor)
    lists = _write(drafts, wave, target, by)
    for draft in drafts:
        for order_id in sorted(draft.orders):
            events.record(planned[order_id], "order.planned", by=by, list=draft.number, wave=wave.number)
    replenishment.serve_faces({one.stock_id for one in taken}, by=by)
    return Planned(wave, lists, skipped)


def packing_place(site_id: int) -> Place:
    """Where picked goods go: the first packing place, or a staging area; raises NoPackingPlace."""
    found = session.execute(
        sa.select(Location)
        .where(Location.site_id == site_id, Location.kind.in_([Kind.PACKING.value, Kind.STAGING.value]))
        .order_by(Location.kind != Kind.PACKING.value, Location.code_key)
        .limit(1)
    ).scalar_one_or_none()
    if found is None:
        raise NoPackingPlace
    return Place(found.id, found.code, found.zone, Point(found.x_mm, found.y_mm))


# -- which orders ------------------------------------------------------------------------------------------------------


def _choose(
    by: Actor, numbers: Sequence[str] | None, due_before: dt.datetime | None, max_orders: int | None, max_lines: int | None
) -> tuple[list[Order], list[Skipped]]:
    query = sa.select(Order).where(Order.site_id == by.site_id)
    if numbers is not None:
        keys = {fold(number): number for number in numbers}
        found = list(session.execute(query.where(Order.number_key.in_(keys))).scalars())
        missing = [number for key, number in keys.items() if key not in {order.number_key for order in found}]
        if missing:
            raise OrderUnknown(number=missing[0])
    else:
        waiting = sa.exists().where(OrderLine.order_id == Order.id, OrderLine.promised > 0)
        query = query.where(Order.status.in_(ON_THE_FLOOR), waiting)
        if due_before is not None:
            query = query.where(Order.due_at.is_not(None), Order.due_at <= due_before)
        found = list(session.execute(query).scalars())
    ids = sorted(order.id for order in found)
    session.execute(sa.select(Order.id).where(among(Order.id, ids)).order_by(Order.id).with_for_update(key_share=True))
    fresh = sa.select(Order).where(among(Order.id, ids)).order_by(*in_sequence()[:4]).execution_options(populate_existing=True)
    chosen: list[Order] = []
    skipped: list[Skipped] = []
    count = 0
    for order in session.execute(fresh).scalars():
        waiting_lines = sum(line.promised > 0 for line in order.lines)
        reason = _why_not(order, waiting_lines)
        if reason is None and max_orders is not None and len(chosen) >= max_orders:
            reason = T("The wave is full", "本波次已满")
        if reason is None and max_lines is not None and chosen and count + waiting_lines > max_lines:
            reason = T("The wave is full", "本波次已满")
        if reason is None:
            chosen.append(order)
            count += waiting_lines
        else:
            skipped.append(Skipped(order.number, reason))
    return chosen, skipped


def _why_not(order: Order, waiting_lines: int) -> Text | None:
    if order.status not in ON_THE_FLOOR:
        return T("It is {status}", "状态为“{status}”", status=OrderStatus(order.status).text)
    if waiting_lines:
        return None
    if any(line.reserved for line in order.lines):
        return T("It is planned already", "已排拣货单")
    return T("No stock is promised to it", "没有预占到库存")


def _why_nothing(order: Order) -> Text:
    if order.ship_complete:
        return T("It ships complete, and not everything is there", "要求整单发货，货物尚不齐全")
    return T("Its goods are not in racks or pick faces", "货物不在存储位或拣货位")


def _reasons(skipped: Sequence[Skipped]) -> Text:
    if not skipped:
        return T("no released order waits", "没有已放行的订单")
    first = skipped[0]
    if len(skipped) == 1:
        return T("{number}: {reason}", "{number}：{reason}", number=first.number, reason=first.reason)
    facts = {"number": first.number, "reason": first.reason, "more": len(skipped) - 1}
    return T("{number}: {reason}, and {more} more", "{number}：{reason}，另有 {more} 单", **facts)


# -- lists -------------------------------------------------------------------------------------------------------------


def _lines(claim_ids: Sequence[int]) -> list[_Line]:
    """The claims with the places where they will be picked, in the sequence of their orders."""
    rows = session.execute(
        sa.select(
            Reservation.id,
            Order.id,
            Order.priority,
            Order.due_at,
            Location.id,
            Location.code,
            Location.zone,
            Location.x_mm,
            Location.y_mm,
            Location.aisle,
        )
        .join(OrderLine, OrderLine.id == Reservation.order_line_id)
        .join(Order, Order.id == OrderLine.order_id)
        .join(Stock, Stock.id == Reservation.stock_id)
        .join(Location, Location.id == Stock.location_id)
        .where(among(Reservation.id, claim_ids))
        .order_by(*in_sequence(), Reservation.id)
    ).all()
    return [
        _Line(claim, order, priority, due_at, Place(place, code, zone, Point(x, y, aisle)))
        for claim, order, priority, due_at, place, code, zone, x, y, aisle in rows
    ]


def _deal_out(lines: Iterable[_Line], method: Method) -> list[_Draft]:
    """Single: a list for each order. Zone: a list for each zone. Batch and cluster: one walk for all."""
    sort: Callable[[_Line], object] = {
        Method.SINGLE: lambda line: line.order_id,
        Method.ZONE: lambda line: line.place.zone or "",
    }.get(method, lambda _line: None)
    drafts: dict[object, _Draft] = {}
    for line in lines:
        draft = drafts.setdefault(sort(line), _Draft())
        draft.lines.append(line)
        draft.orders.add(line.order_id)
    return list(drafts.values())


def _write(drafts: Sequence[_Draft], wave: Wave, target: Place, by: Actor) -> list[PickList]:
    """All tasks, all lists and all their lines, each in one go."""
    tasks = queue.offer_all(TaskKind.PICK, [draft.task(wave, target) for draft in drafts], site_id=by.site_id)
    lists = [
        PickList(
            site_id=by.site_id,
            number=draft.number,
            wave_id=wave.id,
            task_id=task.id,
            method=wave.method,
            target_id=target.id,
            metres_planned=draft.metres_planned,
            metres_by_name=draft.metres_by_name,
            created_at=wave.created_at,
        )
        for draft, task in zip(drafts, tasks, strict=True)
    ]
    session.add_all(lists)
    session.flush()
    table = table_of(Reservation)
    session.connection().execute(
        sa.update(table).where(table.c.id == bindparam("claim")).values(task_id=bindparam("task"), sequence=bindparam("place")),
        [
            {"claim": line.claim_id, "task": task.id, "place": place}
            for draft, task in zip(drafts, tasks, strict=True)
            for place, line in enumerate(draft.lines, start=1)
        ],
    )
    return lists


def in_walking_order(places: Sequence[Place], target: Place, floor: Floor) -> tuple[list[int], int, int]:
    """The location ids in walking order, the metres of that walk, and the metres of walking by name."""
    stops = sorted({place.id: place for place in places}.values(), key=lambda place: place.code)
    points = [place.point for place in stops]
    tour = plan(points, floor, target.point)
    by_name = floor.length([target.point, *points, target.point])
    return [stops[index].id for index in tour.sequence], round(tour.length / 1000), round(by_name / 1000)


def find_list(number: str, *, by: Actor) -> PickList:
    """The pick list with this number at the person's site; raises PickListUnknown."""
    found = session.execute(
        sa.select(PickList).where(PickList.number == own_number(number), PickList.site_id == by.site_id)
    ).scalar_one_or_none()
    if found is None:
        raise PickListUnknown(number=number)
    return found
