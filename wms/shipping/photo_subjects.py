"""Of what the outbound side keeps pictures: shipments, with how they were handed over and what the customer signed."""

from __future__ import annotations

from urllib.parse import quote

import sqlalchemy as sa

from wms.actor import Actor, Permission
from wms.i18n import T
from wms.orders.models import Order, OrderStatus
from wms.photos import photos
from wms.photos.photos import Subject
from wms.shipping import shipments
from wms.shipping.models import Shipment


def _shipment(number: str, by: Actor) -> tuple[int, str]:
    found = shipments.find(number, by=by)
    return found.id, found.number


_OVER = (OrderStatus.CLOSED.value, OrderStatus.CANCELLED.value)
SHIPMENT = Subject(
    "shipment",
    T("Shipment", "发货单"),
    _shipment,
    see=Permission.SEE_ORDERS,
    add=(Permission.SIGN_OFF, Permission.LOAD),
    href=lambda number: f"/shipments/{quote(number)}",
    open_ids=lambda: (
        sa.select(Shipment.id)
        .join(Order, Order.id == Shipment.order_id)
        .where(Order.status.not_in([OrderStatus.CLOSED, OrderStatus.CANCELLED]))
    ),
)
photos.register(SHIPMENT)
