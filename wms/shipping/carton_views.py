"""Which cartons an order needs, at the desk: a drawing of each, and its layers in words."""

from __future__ import annotations

from flask import Blueprint
from flask.typing import ResponseReturnValue

from wms.actor import Permission
from wms.auth.current import actor
from wms.cartons.drawing import draw, letter
from wms.db import session
from wms.orders import operations
from wms.shipping import cartons, queries
from wms.shipping.models import Shipment
from wms.web.access import allow
from wms.web.render import render

blueprint = Blueprint("carton_advice", __name__)


@blueprint.get("/orders/<path:number>/cartons")
@allow(Permission.SEE_ORDERS)
def one(number: str) -> ResponseReturnValue:
    """The advice for one order."""
    order = operations.find(number, by=actor())
    advice = cartons.advise(order.id)
    of_order = queries.shipments_listed(actor()).where(Shipment.order_id == order.id).order_by(Shipment.id)
    alike = cartons.alike(advice.cartons)
    return render(
        "shipping/cartons",
        order=order.number,
        shipments=queries.with_parcels([queries.shipment_view(row) for row in session.execute(of_order)]),
        advice=advice,
        alike=alike,
        drawings=[draw(one.size, one.placements) if one.placements else None for _, _, one in alike],
        letter=letter,
        boxes=cartons.are_there_boxes(),
    )
