"""Taking an order back, wherever it is, until the truck has left: promises and claims are given up, and picked goods go back by tasks."""

from __future__ import annotations

from wms import clock, events
from wms.actor import Actor
from wms.db import session
from wms.errors import Refused
from wms.i18n import T
from wms.orders import giving_up, lifecycle, paying_back, stopping
from wms.orders.claims import lock_sorts, withdraw_empty_picks, withdraw_empty_sorts
from wms.orders.giving_up import Part, Where
from wms.orders.models import NOTHING_MORE_LEAVES, Order, OrderStatus
from wms.stock import promises, reservations

S = OrderStatus


class OrderHasLeft(Refused):
    """What has left the gate cannot be cancelled."""

    code = "order_has_left"
    sentence = T("{number} is {state}: it cannot be cancelled any more", "{number} 已是“{state}”，不能取消")
    advice = T("Announce a customer return instead", "请改走销售退货")


class AlreadyCancelled(Refused):
    """Once is enough."""

    code = "already_cancelled"
    sentence = T("{number} was cancelled before", "{number} 此前已取消")
    advice = T("There is nothing left to do: what was picked goes back by its tasks", "无需再操作，已拣货物由回库任务送回")


def cancel(number: str, *, by: Actor, reason: str | None = None, merged_into: str | None = None) -> Order:
    """Cancels an order, or what of it has not left yet. Goods already picked stay where they are, free, with a task to put them back.
    Of one that was `merged_into` another nothing is lost: whoever hears of it hears where its goods went.

    Raises OrderUnknown, AlreadyCancelled, OrderHasLeft.
    """
    order = lifecycle.locked(number, by=by)
    if order.status == S.CANCELLED:
        raise AlreadyCancelled(number=order.number)
    if order.status in NOTHING_MORE_LEAVES:
        raise OrderHasLeft(number=order.number, state=S(order.status).text)
    withdraw_from_racks(order)
    for line in order.lines:
        line.cancelled = line.ordered - line.short - line.shipped
    put_back = _give_up_picked(order, reason)
    stopping.stop(order, reason=reason, by=by)
    for hold in order.holds:
        hold.lifted_at = hold.lifted_at or clock.now()
    order.updated_at = clock.now()
    session.flush()  # the state is computed from the lines in the database
    if any(line.shipped for line in order.lines):
        events.record(order, "order.rest_cancelled", by=by, reason=reason, put_back=put_back)
        lifecycle.progress(order, by=by)
    else:
        went = {} if merged_into is None else {"into": merged_into}
        lifecycle.change(order, S.CANCELLED, by=by, reason=reason, put_back=put_back, **went)
    paying_back.less_goes(order, by=by)
    return order


def withdraw_from_racks(order: Order) -> None:
    """Gives back what a locked order was promised and what the racks hold for it; pick tasks left without a line are withdrawn."""
    lines = {line.id: line for line in order.lines}
    promises.lock(order.site_id, {line.product_id for line in order.lines})  # before the stock, as planning does
    held = [one for one in giving_up.held_for(lines) if one.stage is Where.RESERVED]
    for one in held:
        lines[one.line_id].reserved -= one.quantity
    reservations.void(one.claim_id for one in held)
    amounts: dict[int, int] = {}
    for line in order.lines:
        amounts[line.product_id] = amounts.get(line.product_id, 0) - line.promised
        line.promised = 0
    promises.change(order.site_id, amounts)
    withdraw_empty_picks({one.task_id for one in held if one.task_id is not None})
    session.flush()


def _give_up_picked(order: Order, reason: str | None) -> int:
    """Frees what lies picked, packed or loaded for the order and offers one task for each place and batch; how many tasks. It is picked for
    nobody any more, and counted apart, as what a change takes out of an order."""
    lines = {line.id: line for line in order.lines}
    held = [one for one in giving_up.held_for(lines) if one.stage in giving_up.OUT_OF_THE_RACK]
    parts = [Part(one.line_id, one.stage, one.quantity, one) for one in held]
    picked_by = {one.task_id for one in held if one.task_id is not None}
    lock_sorts(picked_by)
    reservations.void(one.claim_id for one in held)
    withdraw_empty_sorts(picked_by)
    why = {"code": "order_cancelled", "order": order.number, "reason": reason or ""}
    for part in parts:
        giving_up.count(lines[part.line_id], part)
    return giving_up.put_back(order, parts, reason=why)
