"""One order's goods leaving together: found, numbered, read."""

from __future__ import annotations

import sqlalchemy as sa

from wms import clock
from wms.actor import Actor
from wms.db import session
from wms.errors import NotFound
from wms.i18n import T
from wms.numbers import document_number, own_number
from wms.orders.models import Order
from wms.shipping.models import Shipment


class ShipmentUnknown(NotFound):
    """No such shipment at this site."""

    code = "shipment_unknown"
    sentence = T("There is no shipment {number}", "没有此发货单：{number}")


def of_order(order: Order, *, by: Actor) -> Shipment:  # noqa: ARG001  (operations name who acts)
    """The shipment of an order that has not left yet; made when it is the first. The order must be locked."""
    found = session.execute(
        sa.select(Shipment).where(Shipment.order_id == order.id, Shipment.left_at.is_(None)).order_by(Shipment.id).limit(1)
    ).scalar_one_or_none()
    if found is not None:
        return found
    shipment = Shipment(
        site_id=order.site_id,
        number=document_number("S", Shipment.number),
        order_id=order.id,
        carrier_id=order.carrier_id,
        created_at=clock.now(),
    )
    session.add(shipment)
    session.flush()  # papers and loads name it
    return shipment


def open_of(order_id: int) -> list[Shipment]:
    """The order's shipment that has not left, if there is one."""
    return list(
        session.execute(
            sa.select(Shipment)
            .where(Shipment.order_id == order_id, Shipment.left_at.is_(None))
            .order_by(Shipment.id)
            .execution_options(populate_existing=True)
        ).scalars()
    )


def find(number: str, *, by: Actor) -> Shipment:
    """The shipment with this number at the person's site; raises ShipmentUnknown."""
    found = session.execute(
        sa.select(Shipment).where(Shipment.number == own_number(number), Shipment.site_id == by.site_id)
    ).scalar_one_or_none()
    if found is None:
        raise ShipmentUnknown(number=number)
    return found
