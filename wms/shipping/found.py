"""What the screens of shipping look up by a number, and how far they are."""

from __future__ import annotations

import sqlalchemy as sa

from wms.actor import Actor
from wms.catalog.models import Partner
from wms.db import fold, session
from wms.orders.models import Order
from wms.scan.flow import Notes, Progress
from wms.shipping import shipments
from wms.shipping.models import Shipment


def order(number: str, by: Actor) -> Order | None:
    """The order with this number at the person's site."""
    return session.execute(sa.select(Order).where(Order.site_id == by.site_id, Order.number_key == fold(number))).scalar_one_or_none()


def shipment(number: str, by: Actor) -> Shipment | None:
    """The shipment with this number at the person's site."""
    try:
        return shipments.find(number, by=by)
    except shipments.ShipmentUnknown:
        return None


def partner_name(partner_id: int | None) -> str | None:
    """Who that is."""
    return session.execute(sa.select(Partner.name).where(Partner.id == partner_id)).scalar_one() if partner_id else None


def progress(notes: Notes) -> Progress | None:
    """n of m, where the notes count."""
    return Progress(notes["done"], notes["of"]) if notes.get("of") else None
