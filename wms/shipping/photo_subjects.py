"""Of what the outbound side keeps pictures: shipments, with how they were handed over and what the customer signed."""

from __future__ import annotations

from urllib.parse import quote

import sqlalchemy as sa

from wms import events
from wms.actor import Actor, Permission
from wms.db import session
from wms.errors import Refused
from wms.i18n import T
from wms.orders import driven, lifecycle, timeline
from wms.orders.models import Order, OrderStatus
from wms.photos import photos
from wms.photos.models import Photo
from wms.photos.photos import Own, Subject
from wms.shipping import shipments
from wms.shipping.models import Shipment


def _shipment(number: str, by: Actor) -> tuple[int, str]:
    found = shipments.find(number, by=by)
    return found.id, found.number


class PhotoIsEvidence(Refused):
    """What was photographed when the customer signed stays."""

    code = "photo_is_evidence"
    sentence = T("{number} is signed for: its photos stay", "{number} 已签收，照片须留存")
    advice = T("Add another photo where one is missing", "如需补充，可再添加照片")


timeline.teach("order.photo_removed", T("A photo of {shipment} was deleted", "删除了 {shipment} 的一张照片"), "ask")


class PhotoOfOthers(Refused):
    """What the loader photographed is no driver's to delete."""

    code = "photo_of_others"
    sentence = T("Somebody else took this photo", "此照片由他人拍摄")
    advice = T("Dispatch may delete it", "如需删除，请找发运调度")


def _going(photo: Photo, by: Actor) -> None:
    """Nobody signs while it is decided, and whoever deletes one is on the timeline."""
    if driven.only_own(by) and photo.by_id != by.id:
        raise PhotoOfOthers
    order = lifecycle.lock(session.execute(sa.select(Shipment.order_id).where(Shipment.id == photo.subject_id)).scalar_one())
    one = session.get_one(Shipment, photo.subject_id, populate_existing=True)
    if one.signed_at is not None:
        raise PhotoIsEvidence(number=one.number)
    events.record(order, "order.photo_removed", by=by, shipment=one.number)


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
    going=_going,
    own=Own(driven.shipments, lambda number: f"/sign-off/{quote(number)}"),
)
photos.register(SHIPMENT)
