"""Goods chosen for orders are given back before anybody went for them, and chosen anew: for a line, an order, or a whole wave.

What is given back waits on its promise, so nothing is lost to others in between; choosing anew is planning, in the same transaction.
Where picking has begun, goods stay with the picker: a line with something picked, or on a list in somebody's hands, is left alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from wms import clock, events
from wms.actor import Actor
from wms.auth.models import Person
from wms.catalog.models import Product
from wms.db import among, session, table_of
from wms.errors import Refused
from wms.i18n import T, Text
from wms.numbers import own_number
from wms.orders import claims as order_claims
from wms.orders import lifecycle
from wms.orders.lines import LineUnknown
from wms.orders.models import Order, OrderLine
from wms.picking import waves
from wms.picking.allocation import forget
from wms.picking.models import Cart, Method, PickList, Wave
from wms.stock.models import Claim, Reservation, Stage
from wms.tasks.models import Task, TaskStatus

_T = table_of(Task)


class PickingBegun(Refused):
    """Somebody has gone for these goods."""

    code = "picking_begun"
    sentence = T("The planning of {what} cannot be undone: {why}", "{what} 不能撤销排单：{why}")
    advice = T("Have the list given back, report the line short, or cancel the order", "请先归还拣货单，或报缺货，或取消订单")


class BegunAnew(PickingBegun):
    """The same, where goods were to be chosen anew."""

    sentence = T("{what} cannot be planned again: {why}", "{what} 不能重新排单：{why}")


class NothingAllocated(Refused):
    """No goods in the racks are held for it."""

    code = "nothing_allocated"
    sentence = T("No goods in the racks are held for {what}", "{what} 没有已分配的货物")
    advice = T("Plan it first", "请先排单")


@dataclass(frozen=True, slots=True)
class GivenBack:
    """What a wave gave back, by the numbers of its orders, and which of its lists stay as they are because picking has begun."""

    orders: list[str]
    quantity: int
    left: list[str]


@dataclass(frozen=True, slots=True)
class _Held:
    """A claim of the floor, with the list that goes for it."""

    claim_id: int
    order_id: int
    order: str
    line: str
    sku: str
    quantity: int
    stage: str
    task_id: int | None
    pick_list: str | None
    picker: str | None

    @property
    def begun(self) -> Text | None:
        """Why it can no longer be given back."""
        if self.stage != Stage.RESERVED:
            return T("{quantity} of {sku} are picked", "{sku} 已拣 {quantity}", quantity=self.quantity, sku=self.sku)
        if self.picker is not None:
            return T("{person} is picking {list}", "{person} 正在拣 {list}", person=self.picker, list=self.pick_list)
        return None


def deallocate(number: str, *, by: Actor, line: str | None = None, reason: str | None = None) -> int:
    """Gives back the goods in the racks that are held for an order, or for one line of it; how much that was. They stay promised to it.

    Raises OrderUnknown, LineUnknown, NothingAllocated, PickingBegun.
    """
    return _deallocate(number, line, PickingBegun, by=by, reason=reason)


def _deallocate(number: str, line: str | None, refusal: type[PickingBegun], *, by: Actor, reason: str | None) -> int:
    order = lifecycle.locked(number, by=by)
    if line is not None and line not in {one.line for one in order.lines}:
        raise LineUnknown(pointer="/line", number=order.number, line=line)
    held = [one for one in _held(OrderLine.order_id == order.id) if line is None or one.line == line]
    what = T("{number}", "{number}", number=order.number)
    if line is not None:
        what = T("Line {line} of {number}", "{number} 第 {line} 行", line=line, number=order.number)
    for one in held:
        if one.begun is not None:
            raise refusal(what=what, why=one.begun)
    if not held:
        raise NothingAllocated(what=what)
    _give_back(held, by=by, reason=reason)
    return sum(one.quantity for one in held)


def reallocate(number: str, *, by: Actor, line: str | None = None, reason: str | None = None) -> waves.Planned:
    """Gives back as `deallocate` and plans the order anew, onto lists of its own. Where nothing can be planned, everything stays as it was.

    Raises as `deallocate`, and NothingToPlan, NoPackingPlace.
    """
    _deallocate(number, line, BegunAnew, by=by, reason=reason)
    return waves.plan_wave(by=by, orders=[number])


def deallocate_wave(number: str, *, by: Actor, reason: str | None = None) -> GivenBack:
    """Gives back the goods of a wave's lists that nobody has begun to pick; lists in work stay as they are, and are named.

    Raises WaveUnknown, NothingAllocated, and PickingBegun where every list is in work.
    """
    return _deallocate_wave(number, PickingBegun, by=by, reason=reason)


def _deallocate_wave(number: str, refusal: type[PickingBegun], *, by: Actor, reason: str | None) -> GivenBack:
    wave = find_wave(number, by=by)
    tasks = sa.select(PickList.task_id).where(PickList.wave_id == wave.id)
    orders = session.execute(
        sa.select(OrderLine.order_id)
        .join(Reservation, Reservation.order_line_id == OrderLine.id)
        .where(Reservation.task_id.in_(tasks), Reservation.status == Claim.PENDING.value)
        .distinct()
    ).scalars()
    wanted = sorted(orders)
    session.execute(sa.select(Order.id).where(among(Order.id, wanted)).order_by(Order.id).with_for_update(key_share=True))
    held = _held(Reservation.task_id.in_(tasks))
    begun = {one.task_id: one.begun for one in held if one.begun is not None}
    free = [one for one in held if one.task_id not in begun]
    if not free:
        if begun:
            raise refusal(what=wave.number, why=next(iter(begun.values())))
        raise NothingAllocated(what=wave.number)
    _give_back(free, by=by, reason=reason)
    left = sorted({one.pick_list for one in held if one.task_id in begun and one.pick_list is not None})
    return GivenBack(list(dict.fromkeys(one.order for one in free)), sum(one.quantity for one in free), left)


def reallocate_wave(number: str, *, by: Actor, reason: str | None = None) -> tuple[waves.Planned, GivenBack]:
    """Gives back as `deallocate_wave` and plans those orders anew, by the wave's method and for its kind of cart, as a new wave.

    Raises as `deallocate_wave`, and NothingToPlan, NoPackingPlace.
    """
    given_back = _deallocate_wave(number, BegunAnew, by=by, reason=reason)
    wave = find_wave(number, by=by)
    cart = session.execute(sa.select(Cart.code).where(Cart.id == wave.cart_id)).scalar_one_or_none()
    return waves.plan_wave(by=by, orders=given_back.orders, method=Method(wave.method), cart=cart), given_back


def find_wave(number: str, *, by: Actor) -> Wave:
    """The wave with this number at the person's site; raises WaveUnknown."""
    found = session.execute(sa.select(Wave).where(Wave.number == own_number(number), Wave.site_id == by.site_id)).scalar_one_or_none()
    if found is None:
        raise waves.WaveUnknown(number=number)
    return found


def _held(which: sa.ColumnElement[bool]) -> list[_Held]:
    """The pending claims of orders whose headers are locked, behind a lock on their lists: nobody takes one of them from here on."""
    pending = Reservation.status == Claim.PENDING.value
    tasks = session.execute(
        sa.select(Reservation.task_id)
        .join(OrderLine, OrderLine.id == Reservation.order_line_id)
        .where(which, pending, Reservation.task_id.is_not(None))
        .distinct()
    ).scalars()
    session.execute(
        sa.select(_T.c.id)
        .where(among(_T.c.id, sorted(one for one in tasks if one is not None)))
        .order_by(_T.c.id)
        .with_for_update(key_share=True)
    )
    in_hand = sa.and_(Task.status == TaskStatus.CLAIMED.value, Task.lease_until > clock.now(), Task.assigned_at.is_(None))
    rows = session.execute(
        sa.select(
            *(Reservation.id, Order.id, Order.number, OrderLine.line, Product.sku, Reservation.quantity, Reservation.stage),
            *(Reservation.task_id, PickList.number, sa.case((in_hand, Person.name))),
        )
        .join(OrderLine, OrderLine.id == Reservation.order_line_id)
        .join(Order, Order.id == OrderLine.order_id)
        .join(Product, Product.id == OrderLine.product_id)
        .outerjoin(Task, Task.id == Reservation.task_id)
        .outerjoin(PickList, PickList.task_id == Task.id)
        .outerjoin(Person, Person.id == Task.person_id)
        .where(which, pending)
        .order_by(Order.id, OrderLine.id, Reservation.id)
    ).all()
    return [_Held(*row) for row in rows]


def _give_back(held: Sequence[_Held], *, by: Actor, reason: str | None) -> None:
    """Claims become promises again, lists without a line end, and every order's timeline says so."""
    order_claims.return_to_promise(one.claim_id for one in held)
    order_claims.withdraw_empty_picks(one.task_id for one in held if one.task_id is not None)
    forget()
    amounts: dict[int, list[dict[str, Any]]] = {}
    for one in held:
        amounts.setdefault(one.order_id, []).append({"sku": one.sku, "quantity": one.quantity})
    for order in session.execute(sa.select(Order).where(among(Order.id, sorted(amounts))).order_by(Order.id)).scalars():
        goods = amounts[order.id]
        events.record(order, "order.deallocated", by=by, quantity=sum(one["quantity"] for one in goods), goods=goods, reason=reason)
