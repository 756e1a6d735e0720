"""How far a delivery has come: computed from the lines of its inbound order, under the order's lock."""

from __future__ import annotations

from collections.abc import Iterable

import sqlalchemy as sa

from wms import clock, events
from wms.actor import Actor
from wms.db import session
from wms.errors import Refused
from wms.i18n import T
from wms.orders.models import InboundLine, InboundOrder, InboundStatus
from wms.states import StateMachine

S = InboundStatus

MOVES = StateMachine(
    S,
    {
        S.ANNOUNCED: [S.ARRIVING, S.RECEIVING, S.CLOSED],
        S.ARRIVING: [S.RECEIVING, S.CLOSED],
        S.RECEIVING: [S.RECEIVED, S.CLOSED],
        S.RECEIVED: [S.RECEIVING, S.CLOSED],
        S.CLOSED: [],
    },
)


class InboundClosed(Refused):
    """Nothing more is received against a closed order."""

    code = "inbound_order_closed"
    sentence = T("Inbound order {number} is closed", "到货通知 {number} 已关闭")
    advice = T("Ask purchasing to announce these goods again", "请采购重新下到货通知")


def accepted(line: InboundLine) -> int:
    """What came in sound: `received` counts everything that came, `rejected` the part of it that came damaged."""
    return line.received - line.rejected


def lock(order_id: int) -> InboundOrder:
    """The inbound order, locked until the transaction ends and read afresh. Its lines are read when they are asked for: there may be
    thousands."""
    return session.execute(
        sa.select(InboundOrder)
        .where(InboundOrder.id == order_id)
        .with_for_update(key_share=True, of=InboundOrder)
        .execution_options(populate_existing=True)
    ).scalar_one()


def lock_open(order_id: int) -> InboundOrder:
    """The same, if goods may still be booked against it; raises InboundClosed."""
    order = lock(order_id)
    if order.status == S.CLOSED:
        raise InboundClosed(number=order.number)
    return order


def lock_line(line_id: int) -> tuple[InboundOrder, InboundLine]:
    """An inbound line with its order, the order locked; a closed one too, for its goods may still stand at the dock."""
    order = lock(session.execute(sa.select(InboundLine.inbound_order_id).where(InboundLine.id == line_id)).scalar_one())
    return order, session.get_one(InboundLine, line_id, populate_existing=True)


def lines_of(order_id: int, product_id: int) -> list[InboundLine]:
    """The lines of one product, in their order, read afresh."""
    wanted = sa.select(InboundLine).where(InboundLine.inbound_order_id == order_id, InboundLine.product_id == product_id)
    return list(session.execute(wanted.order_by(InboundLine.id).execution_options(populate_existing=True)).scalars())


def lines_named(line_ids: Iterable[int]) -> dict[int, InboundLine]:
    """Lines by their ids, read afresh."""
    wanted = sa.select(InboundLine).where(InboundLine.id.in_(set(line_ids))).execution_options(populate_existing=True)
    return {line.id: line for line in session.execute(wanted).scalars()}


def open_quantity(order_id: int, product_id: int) -> int:
    """How much of a product is announced and has not come yet."""
    return sum(max(0, line.expected - accepted(line)) for line in lines_of(order_id, product_id))


def progress(order: InboundOrder, *, by: Actor) -> None:
    """Puts a locked order into the state its lines have reached, step by step."""
    if order.status == S.CLOSED:
        return
    session.flush()  # the counters of its lines
    missing = sa.select(InboundLine.id).where(
        InboundLine.inbound_order_id == order.id, InboundLine.received - InboundLine.rejected < InboundLine.expected
    )
    complete = session.execute(missing.limit(1)).first() is None
    if not complete or order.status != S.RECEIVED:
        change(order, S.RECEIVING, by=by)
    if complete:
        change(order, S.RECEIVED, by=by)


def change(order: InboundOrder, wanted: InboundStatus, *, by: Actor | None, **facts: object) -> None:
    """Moves a locked inbound order to a state and writes its event; raises MoveNotAllowed. Being there already is no move."""
    state = S(order.status)
    if state == wanted:
        return
    MOVES.check(order.number, state, wanted)
    order.status = wanted.value
    order.updated_at = clock.now()
    session.flush()  # the event below is a Core statement
    events.record(order, f"inbound.{wanted.value}", by=by, before=state.value, **facts)
