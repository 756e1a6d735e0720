"""Taking an order back, wherever it is, until the truck has left: promises and claims are given up, and picked goods go back by tasks."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import sqlalchemy as sa

from wms import clock, events
from wms.actor import Actor
from wms.db import session
from wms.errors import Refused
from wms.i18n import T
from wms.orders import lifecycle, stopping
from wms.orders.claims import lock_sorts, withdraw_empty_picks, withdraw_empty_sorts
from wms.orders.models import Order, OrderStatus
from wms.stock import promises, reservations
from wms.stock.models import Claim, Reservation, Stage, Stock
from wms.tasks import queue
from wms.tasks.models import TaskKind

S = OrderStatus
_GONE = (S.SHIPPED, S.DELIVERED, S.CLOSED, S.CANCELLED)


class OrderHasLeft(Refused):
    """What has left the gate cannot be cancelled."""

    code = "order_has_left"
    sentence = T("{number} is {state}: it cannot be cancelled any more", "{number} 已是“{state}”，不能取消")
    advice = T("Announce a customer return instead", "请改走销售退货")


def cancel(number: str, *, by: Actor, reason: str | None = None) -> Order:
    """Cancels an order, or what of it has not left yet. Goods already picked stay where they are, free, with a task to put them back.

    Raises OrderUnknown, OrderHasLeft.
    """
    order = lifecycle.locked(number, by=by)
    if order.status in _GONE:
        raise OrderHasLeft(number=order.number, state=S(order.status).text)
    withdraw_from_racks(order)
    put_back = _give_up_picked(order, reason)
    stopping.stop(order, reason=reason, by=by)
    for line in order.lines:
        line.cancelled = line.ordered - line.short - line.shipped
    for hold in order.holds:
        hold.lifted_at = hold.lifted_at or clock.now()
    order.updated_at = clock.now()
    session.flush()  # the state is computed from the lines in the database
    if any(line.shipped for line in order.lines):
        events.record(order, "order.rest_cancelled", by=by, reason=reason, put_back=put_back)
        lifecycle.progress(order, by=by)
    else:
        lifecycle.change(order, S.CANCELLED, by=by, reason=reason, put_back=put_back)
    return order


def withdraw_from_racks(order: Order) -> None:
    """Gives back what a locked order was promised and what the racks hold for it; pick tasks left without a line are withdrawn."""
    lines = {line.id: line for line in order.lines}
    promises.lock(order.site_id, {line.product_id for line in order.lines})  # before the stock, as planning does
    claims = _claims(lines, Stage.RESERVED)
    for claim in claims:
        lines[claim.order_line_id].reserved -= claim.quantity
    reservations.void(claim.id for claim in claims)
    amounts: dict[int, int] = {}
    for line in order.lines:
        amounts[line.product_id] = amounts.get(line.product_id, 0) - line.promised
        line.promised = 0
    promises.change(order.site_id, amounts)
    withdraw_empty_picks({claim.task_id for claim in claims if claim.task_id is not None})
    session.flush()


def _claims(line_ids: Iterable[int], *stages: Stage) -> list[Any]:
    return list(
        session.execute(
            sa.select(
                Reservation.id,
                Reservation.order_line_id,
                Reservation.quantity,
                Reservation.task_id,
                Reservation.stock_id,
                Stock.location_id,
                Stock.product_id,
                Stock.batch_id,
                Stock.handling_unit_id,
            )
            .join(Stock, Stock.id == Reservation.stock_id)
            .where(
                Reservation.order_line_id.in_(list(line_ids)),
                Reservation.status == Claim.PENDING.value,
                Reservation.stage.in_([stage.value for stage in stages]),
            )
            .order_by(Stock.location_id, Stock.batch_id, Reservation.id)
        ).all()
    )


def _give_up_picked(order: Order, reason: str | None) -> int:
    """Frees what lies picked, packed or loaded for the order and offers one task for each place and batch; how many tasks."""
    lines = {line.id: line for line in order.lines}
    claims = _claims(lines, Stage.TO_SORT, Stage.PICKED, Stage.PACKED, Stage.LOADED)
    picked_by = {claim.task_id for claim in claims if claim.task_id is not None}
    lock_sorts(picked_by)
    reservations.void(claim.id for claim in claims)
    withdraw_empty_sorts(picked_by)
    places: dict[tuple[int, int, int | None], Any] = {}
    quantities: dict[tuple[int, int, int | None], int] = {}
    for claim in claims:
        place = (claim.location_id, claim.batch_id, claim.handling_unit_id)
        places[place] = claim
        quantities[place] = quantities.get(place, 0) + claim.quantity
    for place, claim in places.items():
        queue.offer(
            TaskKind.PUT_BACK,
            site_id=order.site_id,
            priority=order.priority,
            document=order.number,
            order_id=order.id,
            product_id=claim.product_id,
            batch_id=claim.batch_id,
            handling_unit_id=claim.handling_unit_id,
            quantity=quantities[place],
            source_id=claim.location_id,
            reasons=[{"code": "order_cancelled", "order": order.number, "reason": reason or ""}],
        )
    return len(places)
