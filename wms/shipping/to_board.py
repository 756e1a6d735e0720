"""What should be on board of a truck and is not yet: told here, and read here by the door, by closing and by the lists of loads.

The board by the minute and the load's page show all parcels of a shipment, those on board too, and read the parcels themselves.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from wms.shipping.models import Shipment
from wms.stock.models import Claim, HandlingUnit, Reservation, Stage, Stock


def units(*columns: Any) -> sa.Select[Any]:
    """These columns of the packed units that are on no truck, joined with the shipment of their order that waits: which load it is on
    says where they should be."""
    packed = sa.exists().where(
        Stock.handling_unit_id == HandlingUnit.id,
        Reservation.stock_id == Stock.id,
        Reservation.status == Claim.PENDING.value,
        Reservation.stage == Stage.PACKED.value,
    )
    return (
        sa.select(*columns)
        .select_from(HandlingUnit)
        .join(Shipment, sa.and_(Shipment.order_id == HandlingUnit.order_id, Shipment.left_at.is_(None)))
        .where(HandlingUnit.load_id.is_(None), packed)
    )
