"""Released orders become pick lists: goods are chosen, dealt out to lists by the method, and put in walking order.

It is planned in two steps. `advise` (wms.picking.advice) searches for short walks and takes its time; `plan_wave` books what was advised in
one transaction that does not: it chooses the goods for real, puts them on the lists they were advised for, and walks anew what differs.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy import bindparam

from wms import clock, events
from wms.actor import Actor
from wms.db import fold, session, table_of
from wms.errors import NotFound, Refused
from wms.i18n import T
from wms.locations.models import Location
from wms.numbers import document_number, document_numbers, own_number
from wms.picking import choosing, handing_on, replenishment
from wms.picking.advice import Advice, NoPackingPlace, grounds_of, room_for
from wms.picking.allocation import allocate
from wms.picking.choosing import Choice, Skipped
from wms.picking.goods import Chosen, Place, look_up
from wms.picking.grouping import Trip, Walk, as_advised, exceeding
from wms.picking.models import Method, Origin, PickList, Wave
from wms.routing.floor import Point
from wms.stock.models import Reservation
from wms.tasks import queue
from wms.tasks.models import Task, TaskKind, TaskStatus

__all__ = [
    "NoPackingPlace",
    "NothingToPlan",
    "PickListUnknown",
    "Planned",
    "Skipped",
    "WaveUnknown",
    "find_list",
    "plan_wave",
]


class NothingToPlan(Refused):
    """No order in this choice waits to be planned; says why, order by order."""

    code = "nothing_to_plan"
    sentence = T("There is nothing to plan: {reasons}", "没有可排单的订单：{reasons}")
    advice = T("Release orders, or replenish their goods first", "请先放行订单，或先补足货物")


class PlannedAlready(NothingToPlan):
    """Somebody else was faster: every order of this choice is on a list."""

    sentence = T("{number} is already on {lists}", "{number} 已排入 {lists}")
    advice = T("Reload the page", "请刷新页面")


class NothingMatches(NothingToPlan):
    """Orders wait, and what was asked for lets none of them through."""

    sentence = T("{reasons}", "{reasons}")
    advice = T("Change what the wave is filtered by", "请修改筛选条件")


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
class Planned:
    """What planning made."""

    wave: Wave
    pick_lists: list[PickList]
    skipped: list[Skipped]
    exceeding: int = 0
    """Lines that are more than a tote of the cart takes."""


def plan_wave(
    *,
    by: Actor,
    orders: Sequence[str] | None = None,
    due_before: dt.datetime | None = None,
    choice: Choice | None = None,
    method: Method = Method.SINGLE,
    cart: str | None = None,
    orders_per_list: int | None = None,
    max_orders: int | None = None,
    max_lines: int | None = None,
    origin: Origin = Origin.DESK,
    advice: Advice | None = None,
) -> Planned:
    """Plans the named orders, or those due before a moment, or everything that is released; best priority and due time first. A `choice`
    says more than that.

    `max_orders` and `max_lines` keep the wave small; orders stay whole. What is left out is told with its reason. With `advice` (for the
    same method and cart) the lists are as it says, as far as things are still so; without, carts are filled as the orders come.
    Raises OrderUnknown, NothingToPlan, NoPackingPlace, CartUnknown, MethodUnfit.
    """
    choice = choice or Choice(None if orders is None else tuple(orders), due_before, max_orders=max_orders, max_lines=max_lines)
    room, target = room_for(method, cart, orders_per_list, by=by)
    wanted, skipped = choosing.choose(by.site_id, choice, lock=True)
    taken = allocate([order.id for order in wanted], site_id=by.site_id)
    goods = look_up([Chosen(one.order_line_id, one.stock_id, one.quantity, one.claim_id) for one in taken])
    with_goods = {one.order_id for one in goods}
    skipped += choosing.left_empty([order for order in wanted if order.id not in with_goods])
    if not goods:
        raise _nothing(by.site_id, choice, skipped)
    fitting = advice is not None and (advice.site_id, advice.method, advice.room) == (by.site_id, method, room)
    trips = as_advised(goods, advice.trips if advice and fitting else (), method, room, grounds_of(by.site_id, target))
    wave = Wave(
        site_id=by.site_id,
        number=document_number("W", Wave.number),
        method=method.value,
        origin=origin.value,
        cart_id=room.cart_id,
        created_at=clock.now(),
        by_id=by.id,
    )
    session.add(wave)
    session.flush()  # its lists name it
    planned = {order.id: order for order in wanted if order.id in with_goods}
    lists = _write(trips, wave, target, by)
    walks = zip(lists, (walk for trip in trips for walk in trip.walks), strict=True)
    on_lists = [(planned[order_id], one.number) for one, walk in walks for order_id in sorted(walk.orders)]
    events.record_each([(order, "order.planned", {"list": number, "wave": wave.number}) for order, number in on_lists], by=by)
    replenishment.serve_faces({one.stock_id for one in taken}, by=by)
    return Planned(wave, lists, skipped, exceeding(goods, method, room))


def _nothing(site_id: int, choice: Choice, skipped: Sequence[Skipped]) -> NothingToPlan:
    """Why there is no wave."""
    if skipped and all(one.planned_on for one in skipped):
        first, more = skipped[0], len(skipped) - 1
        if not more:
            return PlannedAlready(number=first.number, lists=first.planned_on)
        several = T("{number} is already on {lists}, and {more} more are planned too", "{number} 已排入 {lists}，另有 {more} 单也已排单")
        return PlannedAlready(several, number=first.number, lists=first.planned_on, more=more)
    why = choosing.why_none(site_id, choice) if not skipped else None
    return NothingToPlan(reasons=choosing.reasons(skipped)) if why is None else NothingMatches(reasons=why)


def _write(trips: Sequence[Trip], wave: Wave, target: Place, by: Actor) -> list[PickList]:
    """All tasks, all lists and all their lines, each in one go. In a relay a list waits for the one before it."""
    walks = [walk for trip in trips for walk in trip.walks]
    follows = [number > 0 for trip in trips for number in range(len(trip.walks))]
    numbers = document_numbers("P", len(walks), PickList.number)
    goals = _goals(trips, wave.site_id, target)
    facts = [_task(walk, number, wave, goal) for walk, number, goal in zip(walks, numbers, goals, strict=True)]
    tasks = queue.offer_all(TaskKind.PICK, facts, site_id=by.site_id)
    lists = [_list(walk, task, wave, goal) for walk, task, goal in zip(walks, tasks, goals, strict=True)]
    session.add_all(lists)
    session.flush()  # those that follow name those before them
    for number, waits in enumerate(follows):
        if waits:
            lists[number].follows_id = lists[number - 1].id
            tasks[number].status = TaskStatus.WAITING.value
    session.flush()  # what follows is Core
    table = table_of(Reservation)
    session.connection().execute(
        sa.update(table).where(table.c.id == bindparam("claim")).values(task_id=bindparam("task"), sequence=bindparam("place")),
        [
            {"claim": one.chosen.claim_id, "task": task.id, "place": place}
            for walk, task in zip(walks, tasks, strict=True)
            for place, one in enumerate(walk.goods, start=1)
        ],
    )
    return lists


def _goals(trips: Sequence[Trip], site_id: int, target: Place) -> list[Place]:
    """Where each list ends: the last of a trip at the packing place, those before it where their zone hands over, if it says so."""
    relayed = any(len(trip.walks) > 1 for trip in trips)
    over = {fold(zone): place for zone, place in handing_on.of_site(site_id)} if relayed else {}
    return [target if walk is trip.walks[-1] else _place(over.get(fold(walk.zone or "")), target) for trip in trips for walk in trip.walks]


def _place(handover: Location | None, target: Place) -> Place:
    if handover is None:
        return target
    return Place(handover.id, handover.code, handover.zone, Point(handover.x_mm, handover.y_mm))


def _task(walk: Walk, number: str, wave: Wave, target: Place) -> dict[str, Any]:
    """The facts of a list's task: as urgent as its most urgent order."""
    first = walk.goods[0]
    due = [one.due_at for one in walk.goods if one.due_at is not None]
    return {
        "priority": max(one.priority for one in walk.goods),
        "due_at": min(due) if due else None,
        "document": number,
        "order_id": first.order_id if len(walk.orders) == 1 else None,
        "source_id": first.place.id,
        "target_id": target.id,
        "zone": walk.zone or first.place.zone,
        "equipment": next((one.place.equipment for one in walk.goods if one.place.equipment), None),
        "reasons": [{"code": "wave", "wave": wave.number}],
    }


def _list(walk: Walk, task: Task, wave: Wave, target: Place) -> PickList:
    return PickList(
        site_id=wave.site_id,
        number=task.document,
        wave_id=wave.id,
        task_id=task.id,
        method=walk.method.value,
        target_id=target.id,
        cart_id=None if walk.method is Method.PALLET else wave.cart_id,
        zone=walk.zone,
        metres_planned=_metres(walk.planned_mm),
        metres_by_name=_metres(walk.by_name_mm),
        metres_shortest=None if walk.shortest_mm is None else _metres(walk.shortest_mm),
        metres_s_shape=_metres(walk.s_shape_mm),
        seconds_planned=walk.seconds,
        created_at=wave.created_at,
    )


def _metres(millimetres: int) -> int:
    return round(millimetres / 1000)


def find_list(number: str, *, by: Actor) -> PickList:
    """The pick list with this number at the person's site; raises PickListUnknown."""
    found = session.execute(
        sa.select(PickList).where(PickList.number == own_number(number), PickList.site_id == by.site_id)
    ).scalar_one_or_none()
    if found is None:
        raise PickListUnknown(number=number)
    return found
