"""An order's state moves through one door, computed from its lines under the header's lock.

Whoever changes lines or claims calls `lock` first (header before lines before stock) and `progress` last. Nobody else writes `status`.
"""

from __future__ import annotations

import sqlalchemy as sa

from wms import clock, events
from wms.actor import Actor
from wms.db import fold, session
from wms.errors import NotFound
from wms.i18n import T
from wms.orders import bench
from wms.orders.models import Order, OrderLine, OrderStatus
from wms.states import StateMachine
from wms.stock.models import Claim, Reservation, Stage

S = OrderStatus

MOVES = StateMachine(
    S,
    {
        S.RECEIVED: [S.HELD, S.RELEASED, S.CANCELLED],
        S.HELD: [S.RECEIVED, S.RELEASED, S.CANCELLED],
        S.RELEASED: [S.PICKING, S.PICKED, S.HELD, S.RECEIVED, S.CANCELLED],
        S.PICKING: [S.RELEASED, S.PICKED, S.CANCELLED],
        S.PICKED: [S.PICKING, S.PACKED, S.CANCELLED],
        S.PACKED: [S.PICKED, S.LOADED, S.CANCELLED],
        S.LOADED: [S.PACKED, S.SHIPPED, S.CANCELLED],
        S.SHIPPED: [S.DELIVERED, S.LOADED],
        S.DELIVERED: [S.CLOSED],
        S.CLOSED: [],
        S.CANCELLED: [],
    },
)
# The steps of the floor, which the counters of the lines decide; the others are decided by people.
_FLOOR = (S.RELEASED, S.PICKING, S.PICKED, S.PACKED, S.LOADED, S.SHIPPED)


class OrderUnknown(NotFound):
    """No such order at this site."""

    code = "order_unknown"
    sentence = T("There is no order {number}", "没有此订单：{number}")
    advice = T("Check the number", "请核对单号")


def lock(order_id: int) -> Order:
    """The order's row, locked until the transaction ends and read afresh with its lines. Lock headers in id order when several."""
    session.execute(sa.select(Order.id).where(Order.id == order_id).with_for_update(key_share=True))
    order = session.execute(sa.select(Order).where(Order.id == order_id).execution_options(populate_existing=True)).scalar_one_or_none()
    if order is None:
        raise OrderUnknown(number=order_id)
    return order


def locked(number: str, *, by: Actor) -> Order:
    """The order with this number at the person's site, locked until the transaction ends; raises OrderUnknown."""
    statement = sa.select(Order.id).where(Order.site_id == by.site_id, Order.number_key == fold(number))
    order_id = session.execute(statement).scalar_one_or_none()
    if order_id is None:
        raise OrderUnknown(number=number)
    return lock(order_id)


def change(order: Order, wanted: OrderStatus, *, by: Actor | None, **facts: object) -> None:
    """Moves a locked order to a state and writes its event; raises MoveNotAllowed. Being there already is no move."""
    state = S(order.status)
    if state == wanted:
        return
    MOVES.check(order.number, state, wanted)
    order.status = wanted.value
    order.updated_at = clock.now()
    session.flush()  # the event below is a Core statement
    events.record(order, f"order.{wanted.value}", by=by, before=state.value, **facts)


def progress(order: Order, *, by: Actor, **facts: object) -> None:
    """Puts a locked order into the state its lines have reached. Orders that are not on the floor stay as they are.

    Steps that several lines skipped at once (a one-line order picked in one scan) are walked one by one, so the timeline has them all.
    """
    state = S(order.status)
    if state not in _FLOOR or state == S.SHIPPED:
        return
    reached = _reached(order)
    if reached == state:
        return
    here, there = _FLOOR.index(state), _FLOOR.index(reached)
    walk = _FLOOR[here + 1 : there + 1] if there > here else _FLOOR[there:here][::-1]
    for step in walk:
        change(order, step, by=by, **facts)
    if reached == S.PICKED:
        bench.offer(order)
    elif there > _FLOOR.index(S.PICKED):
        bench.clear(order)


def _reached(order: Order) -> OrderStatus:
    lines = session.execute(sa.select(OrderLine).where(OrderLine.order_id == order.id).execution_options(populate_existing=True)).scalars()
    least = S.SHIPPED
    started = False
    waiting_for = 0
    for line in lines:
        wanted = line.ordered - line.short - line.cancelled
        started = started or line.picked > 0
        if wanted <= 0:
            continue
        waiting_for += 1
        if line.shipped >= wanted:
            at = S.SHIPPED
        elif line.packed >= wanted:
            at = S.PACKED
        elif line.picked >= wanted:
            at = S.PICKED
        elif line.picked > 0:
            at = S.PICKING
        else:
            at = S.RELEASED
        if _FLOOR.index(at) < _FLOOR.index(least):
            least = at
    if not waiting_for:
        return S(order.status)  # nothing is left to send; the order desk decides
    if least == S.RELEASED and started:
        return S.PICKING
    if least == S.PACKED and not _unloaded(order.id):
        return S.LOADED
    return least


def _unloaded(order_id: int) -> bool:
    """Whether any claimed goods of the order are not on a truck yet."""
    return (
        session.execute(
            sa.select(Reservation.id)
            .join(OrderLine, OrderLine.id == Reservation.order_line_id)
            .where(
                OrderLine.order_id == order_id,
                Reservation.status == Claim.PENDING.value,
                Reservation.stage != Stage.LOADED.value,
            )
            .limit(1)
        ).scalar_one_or_none()
        is not None
    )
