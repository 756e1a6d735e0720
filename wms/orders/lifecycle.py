"""An order's state moves through one door, computed from its lines under the header's lock.

Whoever changes lines or claims calls `lock` first (header before lines before stock) and `progress` last. Nobody else writes `status`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

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
    if order.status != wanted:
        _walk(order, [wanted], by, facts)


def progress(order: Order | Head, *, by: Actor, **facts: object) -> None:
    """Puts a locked order into the state its lines have reached. Orders that are not on the floor stay as they are.

    Steps that several lines skipped at once (a one-line order picked in one scan) are walked one by one, so the timeline has them all.
    One of which nothing is left to send, because all of it came up short, waits where it is for the order desk.
    """
    state = S(order.status)
    if state not in _FLOOR or state == S.SHIPPED:
        return
    session.flush()  # the state is computed from the rows
    reached = _reached(order.id)
    if reached is None or reached == state:
        return
    here, there = _FLOOR.index(state), _FLOOR.index(reached)
    steps = [*(_FLOOR[here + 1 : there + 1] if there > here else _FLOOR[there:here][::-1])]
    signed_by = _signed_for(order.id) if reached == S.SHIPPED else None
    if signed_by is not None:  # the rest was cancelled after the customer had signed for what came
        steps, facts = [*steps, S.DELIVERED], {**facts, "signed_by": signed_by}
    _walk(order, steps, by, facts)
    if reached == S.PICKED or (reached == S.PACKED and _to_be_closed(order.id)):
        bench.offer(order)
    elif there > _FLOOR.index(S.PICKED):
        bench.clear(order.id)


def _to_be_closed(order_id: int) -> bool:
    """Whether a carton of a packed order waits open at the bench: its rest was awaited, and does not come."""
    return session.execute(_NOT_CLOSED, {"of_order": order_id}).first() is not None


def _walk(order: Order | Head, steps: Sequence[OrderStatus], by: Actor | None, facts: Mapping[str, object]) -> None:
    """The only place where an order's state is written: step by step along the table, an event for each."""
    before, happened = S(order.status), []
    for step in steps:
        MOVES.check(order.number, before, step)
        happened.append((f"order.{step.value}", {"before": before.value, **facts}))
        before = step
    values = {"of_order": order.id, "new_status": before.value, "moment": clock.now()}
    session.flush()  # what else is new about the order goes first
    session.execute(_WRITE, values)
    if isinstance(order, Order):
        set_committed_value(order, "status", values["new_status"])
        set_committed_value(order, "updated_at", values["moment"])
    events.record_all(order, happened, by=by)


def _signed_for(order_id: int) -> str | None:
    """Who signed last, where the customer signed for everything that left; None while something that left is not signed for."""
    open_ = sa.select(SHIPMENTS.c.id).where(
        SHIPMENTS.c.order_id == order_id, SHIPMENTS.c.left_at.is_not(None), SHIPMENTS.c.signed_at.is_(None)
    )
    last = sa.select(SignOff.signed_by).where(SignOff.order_id == order_id, ~sa.exists(open_)).order_by(SignOff.id.desc()).limit(1)
    return session.execute(last).scalar_one_or_none()


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
_LINES_AT = sa.select(sa.func.min(_LINE_AT), sa.func.max(_OL.c.picked)).where(_OL.c.order_id == bindparam("of_order"))
_NOT_ON_A_TRUCK = (
    sa.select(_R.c.id)
    .join(_OL, _OL.c.id == _R.c.order_line_id)
    .where(_OL.c.order_id == bindparam("of_order"), _R.c.status == Claim.PENDING.value, _R.c.stage != Stage.LOADED.value)
    .limit(1)
)


def _reached(order_id: int) -> OrderStatus | None:
    """The state of the least advanced line that still wants goods; None when none does."""
    least, picked = session.execute(_LINES_AT, {"of_order": order_id}).one()
    if least is None:
        return None
    state = _FLOOR[least]
    if state == S.RELEASED and picked:
        return S.PICKING
    if state == S.PACKED and session.execute(_NOT_ON_A_TRUCK, {"of_order": order_id}).one_or_none() is None:
        return S.LOADED
    return state
