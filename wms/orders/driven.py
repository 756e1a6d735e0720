"""Who drove it: a driver signs off, and sees, what left on the trucks that name him as their driver, and nothing else.

Whose permission reaches further (`sign_off_any`) is held by none of this. What a driver may not see he is told in the same words whether
it exists or not.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from wms.actor import Actor, Permission
from wms.db import fold, session
from wms.errors import Forbidden, Refused
from wms.i18n import T
from wms.numbers import own_number
from wms.orders.models import Order
from wms.orders.outside import LOADS, SHIPMENTS


class NotYourTruck(Forbidden):
    """Somebody else drives it, or there is no such thing."""

    code = "not_your_truck"
    sentence = T("{number} is on no truck that you drive", "{number} 不在您驾驶的车上")
    advice = T("Ask dispatch to name you as the driver of its load", "如由您配送，请发运调度将您登记为该车司机")


class DroveYourself(Refused):
    """Who brought the goods does not say that all is in order with them."""

    code = "drove_yourself"
    sentence = T("You drove {number} to the customer: somebody else closes it", "{number} 由您配送，须由他人关闭")
    advice = T("Ask somebody else in finance", "请财务其他人员处理")


def only_own(by: Actor) -> bool:
    """Whether this person signs off nothing but what he drives himself."""
    return not by.holds(Permission.SIGN_OFF_ANY)


def shipments(by: Actor) -> sa.Select[Any]:
    """Ids of the shipments that this person drives and that have left."""
    return (
        sa.select(SHIPMENTS.c.id)
        .join(LOADS, LOADS.c.id == SHIPMENTS.c.load_id)
        .where(LOADS.c.driver_id == by.id, LOADS.c.site_id == by.site_id, SHIPMENTS.c.left_at.is_not(None))
    )


def of_order(order_id: int, *, by: Actor) -> set[int]:
    """The shipments of an order among them."""
    return set(session.execute(shipments(by).where(SHIPMENTS.c.order_id == order_id)).scalars())


def numbers(order_id: int, *, by: Actor) -> set[str]:
    """What those are called."""
    return set(
        session.execute(sa.select(SHIPMENTS.c.number).where(SHIPMENTS.c.order_id == order_id, SHIPMENTS.c.id.in_(shipments(by)))).scalars()
    )


def must_drive_order(number: str, *, by: Actor) -> None:
    """Raises NotYourTruck unless something of this order left on a truck of his; does nothing to whoever signs off any."""
    if only_own(by):
        order = sa.select(Order.id).where(Order.site_id == by.site_id, Order.number_key == fold(number))
        if session.execute(shipments(by).where(SHIPMENTS.c.order_id.in_(order)).limit(1)).first() is None:
            raise NotYourTruck(number=number.strip()[:60])


def must_drive(number: str, *, by: Actor) -> None:
    """The same for one shipment."""
    if only_own(by) and session.execute(shipments(by).where(SHIPMENTS.c.number == own_number(number))).first() is None:
        raise NotYourTruck(number=number.strip()[:60])


def must_not_have_driven(order: Order, *, by: Actor) -> None:
    """Raises DroveYourself, whatever else this person is."""
    if of_order(order.id, by=by):
        raise DroveYourself(number=order.number)
