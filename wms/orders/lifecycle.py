"""An order's state moves through one door, computed from its lines under the header's lock.

Whoever changes lines or claims calls `lock` first (header before lines before stock) and `progress` last. Nobody else writes `status`.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy import bindparam
from sqlalchemy.orm.attributes import set_committed_value

from wms import clock, events
from wms.actor import Actor
from wms.db import fold, session, table_of
from wms.errors import NotFound
from wms.i18n import T
from wms.orders import bench
from wms.orders.models import Head, Order, OrderLine, OrderStatus, SignOff
from wms.orders.outside import SHIPMENTS
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
    return lock_all((order_id,))[order_id]


def lock_all(order_ids: Iterable[int]) -> dict[int, Order]:
    """`lock` for several, in id order by one statement. Raises OrderUnknown."""
    wanted = sorted(set(order_ids))
    if not wanted:
        return {}
    these = Order.id.in_(wanted)
    session.execute(sa.select(Order.id).where(these).order_by(Order.id).with_for_update(key_share=True))
    read = sa.select(Order).where(these).order_by(Order.id).execution_options(populate_existing=True)
    orders = {order.id: order for order in session.execute(read).scalars()}
    if len(orders) != len(wanted):
        raise OrderUnknown(number=min(set(wanted) - orders.keys()))
    return orders


def locked(number: str, *, by: Actor) -> Order:
    """The order with this number at the person's site, locked until the transaction ends; raises OrderUnknown."""
    statement = sa.select(Order.id).where(Order.site_id == by.site_id, Order.number_key == fold(number))
    order_id = session.execute(statement).scalar_one_or_none()
    if order_id is None:
        raise OrderUnknown(number=number)
    return lock(order_id)


def change(order: Order, wanted: OrderStatus, *, by: Actor | None, **facts: object) -> None:
    """Moves a locked order to a state and writes its event; raises MoveNotAllowed. Being there already is no move."""
    change_all([(order, facts)], wanted, by=by)


def change_all(orders: Sequence[tuple[Order, Mapping[str, object]]], wanted: OrderStatus, *, by: Actor | None) -> None:
    """`change` for several orders, each with the facts of its event."""
    walks = [(order, [wanted], facts) for order, facts in orders if order.status != wanted]
    if walks:
        _walk(walks, by)


def progress(order: Order | Head, *, by: Actor, **facts: object) -> None:
    """Puts a locked order into the state its lines have reached. Orders that are not on the floor stay as they are.

    Steps that several lines skipped at once (a one-line order picked in one scan) are walked one by one, so the timeline has them all.
    One of which nothing is left to send, because all of it came up short, waits where it is for the order desk.
    """
    progress_all([(order, facts)], by=by)


def progress_all(orders: Sequence[tuple[Order | Head, Mapping[str, object]]], *, by: Actor) -> None:
    """`progress` for several orders, each with the facts of its events: as many statements as for one."""
    moving = [(order, facts) for order, facts in orders if order.status in _FLOOR and order.status != S.SHIPPED]
    if not moving:
        return
    session.flush()  # the states are computed from the rows
    where = _reached([order.id for order, _ in moving])
    moved = [(order, where[order.id], facts) for order, facts in moving if where.get(order.id, order.status) != order.status]
    if not moved:
        return
    last_signed = _signed_for([order.id for order, reached, _ in moved if reached == S.SHIPPED])
    walks: list[_Walked] = []
    for order, reached, facts in moved:
        here, there = _FLOOR.index(S(order.status)), _FLOOR.index(reached)
        steps = [*(_FLOOR[here + 1 : there + 1] if there > here else _FLOOR[there:here][::-1])]
        if order.id in last_signed:  # the rest was cancelled after the customer had signed for what came
            steps, facts = [*steps, S.DELIVERED], {**facts, "signed_by": last_signed[order.id]}
        walks.append((order, steps, facts))
    _walk(walks, by)
    cleared = []
    for order, reached, _ in moved:
        if reached == S.PICKED or (reached == S.PACKED and _to_be_closed(order.id)):
            bench.offer(order)
        elif _FLOOR.index(reached) > _FLOOR.index(S.PICKED):
            cleared.append(order.id)
    bench.clear(*cleared)


def _to_be_closed(order_id: int) -> bool:
    """Whether a carton of a packed order waits open at the bench: its rest was awaited, and does not come."""
    return session.execute(_NOT_CLOSED, {"of_order": order_id}).first() is not None


_Walked = tuple[Order | Head, Sequence[OrderStatus], Mapping[str, object]]


def _walk(walks: Sequence[_Walked], by: Actor | None) -> None:
    """The only place where orders' states are written: step by step along the table, an event for each."""
    moment, happened, written = clock.now(), [], []
    for order, steps, facts in walks:
        before = S(order.status)
        for step in steps:
            MOVES.check(order.number, before, step)
            happened.append((order, f"order.{step.value}", {"before": before.value, **facts}))
            before = step
        written.append({"of_order": order.id, "new_status": before.value, "moment": moment})
    session.flush()  # what else is new about the orders goes first
    session.execute(_WRITE, written if len(written) > 1 else written[0])
    for (order, _, _), values in zip(walks, written, strict=True):
        if isinstance(order, Order):
            set_committed_value(order, "status", values["new_status"])
            set_committed_value(order, "updated_at", values["moment"])
    events.record_each(happened, by=by)


def _signed_for(order_ids: Sequence[int]) -> dict[int, str]:
    """Who signed last, of the orders whose customers signed for everything that left."""
    if not order_ids:
        return {}
    open_ = sa.select(SHIPMENTS.c.id).where(
        SHIPMENTS.c.order_id == SignOff.order_id, SHIPMENTS.c.left_at.is_not(None), SHIPMENTS.c.signed_at.is_(None)
    )
    rows = session.execute(
        sa.select(SignOff.order_id, SignOff.signed_by).where(SignOff.order_id.in_(order_ids), ~sa.exists(open_)).order_by(SignOff.id)
    )
    return {order_id: signed_by for order_id, signed_by in rows}  # noqa: C416  (the last one stays)


SHOWN_ANEW = frozenset(
    f"order.{one}"
    for one in (
        *("promised", "planned", "deallocated", "picked_again", "cross_docked", "short", "back_ordered", "line_cancelled", "found_again"),
        *("service_done", "tracking", "left_behind", "part_left", "part_turned_back"),
    )
)
"""What changes how an order is shown, and not its state: whoever asks what has changed since (`updated_at`) hears of it too."""


def _shown_anew(happened: Sequence[tuple[Any, str]], moment: dt.datetime) -> None:
    orders = {order.id: order for order, code in happened if code in SHOWN_ANEW}
    if not orders:
        return
    session.execute(sa.update(_O).where(_O.c.id.in_(sorted(orders))).values(updated_at=moment))
    for order in orders.values():
        if isinstance(order, Order):
            set_committed_value(order, "updated_at", moment)


events.follow(Order.event_kind, _shown_anew)


_O, _OL, _R = table_of(Order), table_of(OrderLine), table_of(Reservation)
_WRITE = sa.update(_O).where(_O.c.id == bindparam("of_order")).values(status=bindparam("new_status"), updated_at=bindparam("moment"))
_WANTED = _OL.c.ordered - _OL.c.short - _OL.c.cancelled
# How far each line that still wants goods has come, as a place in _FLOOR; loading is no counter of a line, its claims tell.
_LINE_AT = sa.case(
    (_WANTED <= 0, None),
    (_OL.c.shipped >= _WANTED, _FLOOR.index(S.SHIPPED)),
    (_OL.c.packed >= _WANTED, _FLOOR.index(S.PACKED)),
    (_OL.c.picked >= _WANTED, _FLOOR.index(S.PICKED)),
    (_OL.c.picked > 0, _FLOOR.index(S.PICKING)),
    else_=_FLOOR.index(S.RELEASED),
)
_NOT_CLOSED = (
    sa.select(SHIPMENTS.c.id)
    .where(SHIPMENTS.c.order_id == bindparam("of_order"), SHIPMENTS.c.packed_at.is_(None), SHIPMENTS.c.left_at.is_(None))
    .limit(1)
)
_THESE = _OL.c.order_id.in_(bindparam("of_orders", expanding=True))
_LINES_AT = sa.select(_OL.c.order_id, sa.func.min(_LINE_AT), sa.func.max(_OL.c.picked)).where(_THESE).group_by(_OL.c.order_id)
_NOT_ON_A_TRUCK = (
    sa.select(_OL.c.order_id)
    .distinct()
    .join(_R, _OL.c.id == _R.c.order_line_id)
    .where(_THESE, _R.c.status == Claim.PENDING.value, _R.c.stage != Stage.LOADED.value)
)


def _reached(order_ids: Sequence[int]) -> dict[int, OrderStatus]:
    """The state of the least advanced line that still wants goods, order by order; those of which none does are left out."""
    found: dict[int, OrderStatus] = {}
    for order_id, least, picked in session.execute(_LINES_AT, {"of_orders": order_ids}):
        if least is not None:
            found[order_id] = S.PICKING if _FLOOR[least] == S.RELEASED and picked else _FLOOR[least]
    packed = [order_id for order_id, state in found.items() if state == S.PACKED]
    if packed:
        waiting = set(session.execute(_NOT_ON_A_TRUCK, {"of_orders": packed}).scalars())
        found |= {order_id: S.LOADED for order_id in packed if order_id not in waiting}
    return found
