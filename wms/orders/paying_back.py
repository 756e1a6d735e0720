"""Money to pay back: an order was settled, and then less of it goes than was paid for, or some came back. It is on finance's list until
finance has paid back.

How much money that is, finance knows: the house has no prices. What goes is told by the order's lines and its timeline.
"""

from __future__ import annotations

import sqlalchemy as sa

from wms import clock, events
from wms.actor import Actor
from wms.db import session
from wms.errors import Refused
from wms.i18n import T
from wms.orders import lifecycle
from wms.orders.models import Head, Order


class NothingToPayBack(Refused):
    """It was not settled, or goes as it was settled, or somebody has paid back."""

    code = "nothing_to_pay_back"
    sentence = T("Nothing of {number} is to be paid back", "{number} 没有待退款")
    advice = T("Look at its timeline", "请查看订单动态")


def less_goes(order: Order | Head, *, by: Actor) -> None:
    """Pieces of a locked order do not go any more, or came back. Where it was settled, finance hears of it, once, until it has paid
    back."""
    settled = (Order.id == order.id, Order.settled_at.is_not(None), Order.owed_back_at.is_(None))
    if session.execute(sa.update(Order).where(*settled).values(owed_back_at=clock.now()).returning(Order.id)).first() is not None:
        events.record(order, "order.owed_back", by=by)


def pay_back(number: str, *, by: Actor, reason: str | None = None) -> Order:
    """Finance has paid back what does not go. Raises OrderUnknown, NothingToPayBack."""
    order = lifecycle.locked(number, by=by)
    if order.owed_back_at is None:
        raise NothingToPayBack(number=order.number)
    order.owed_back_at, order.updated_at = None, clock.now()
    session.flush()  # the event below is a Core statement
    events.record(order, "order.paid_back", by=by, reason=reason)
    return order
