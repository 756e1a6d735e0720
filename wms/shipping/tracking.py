"""Carriers' numbers: typed at the bench or the desk, from a file, or booked with the carrier by the background.

A parcel has one number; the shipment shows that of its first parcel, which is what sales and customers are told.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import sqlalchemy as sa

from wms import events
from wms.actor import Actor
from wms.catalog import partners
from wms.catalog.models import PartnerKind
from wms.db import fold, is_postgresql, session
from wms.errors import Invalid, NotFound, Refused
from wms.i18n import T
from wms.numbers import own_number
from wms.orders import lifecycle
from wms.orders.models import Order
from wms.shipping.models import Shipment
from wms.stock import handling_units
from wms.stock.models import HandlingUnit, Stock

LONGEST = 80
_ELSEWHERE = T("a parcel of another site", "其他仓库的包裹")


class TrackedUnknown(NotFound):
    """Neither an order, nor a shipment, nor a parcel."""

    code = "tracked_unknown"
    sentence = T("{of} is no parcel, shipment or order that has parcels", "{of} 不是有包裹的箱号、发货单或订单")


class TrackingWrong(Invalid):
    """No carrier's number looks like that."""

    code = "tracking_wrong"
    sentence = T("{number} is no tracking number", "{number} 不是有效的运单号")
    advice = T("Letters, digits and dashes, at most {longest}", "字母、数字和连字符，至多 {longest} 位")


class TrackingTaken(Refused):
    """One number is one parcel, or one shipment of several."""

    code = "tracking_taken"
    sentence = T("{number} belongs to {of} already", "运单号 {number} 已属于 {of}")
    advice = T("Check the number on the carrier's label", "请核对承运商面单上的号码")


class TrackingLeft(Refused):
    """What left the house keeps the number that it left with."""

    code = "tracking_left"
    sentence = T("{of} has left with {number}", "{of} 已凭运单号 {number} 出门")
    advice = T("Only a shipment without a number gets one afterwards", "仅无运单号的发货单可事后补录")


@dataclass(frozen=True, slots=True)
class Tracked:
    """What a number was written on."""

    shipment: Shipment
    parcels: list[HandlingUnit]
    number: str


def put(of: str, number: str, *, by: Actor, carrier: str | None = None) -> Tracked:
    """Writes the carrier's number on a parcel (by its SSCC), or on a shipment or order with all its parcels that have none of their own.

    Raises TrackedUnknown, TrackingWrong, TrackingTaken, TrackingLeft, PartnerUnknown.
    """
    wanted = number.strip()
    if not 4 <= len(wanted) <= LONGEST or not wanted.isascii() or not wanted.replace("-", "").isalnum():
        raise TrackingWrong(pointer="/tracking", number=wanted[:LONGEST], longest=LONGEST)
    shipment, unit = _found(of, by)
    order = lifecycle.lock(shipment.order_id)
    session.refresh(shipment)
    named = unit.code if unit is not None else shipment.number
    now = unit.tracking if unit is not None else shipment.tracking
    if shipment.left_at is not None and now and now != wanted:
        raise TrackingLeft(of=named, number=now)
    _must_be_free(wanted, shipment, unit)
    if carrier:
        shipment.carrier_id = partners.find_partner(carrier, kind=PartnerKind.CARRIER).id
    parcels = [unit] if unit is not None else _parcels(shipment)
    for one in parcels:
        one.tracking = wanted if unit is not None or len(parcels) == 1 else one.tracking
    if unit is None or shipment.tracking in (None, now) or _parcels(shipment)[:1] == [unit]:
        shipment.tracking = wanted
    session.flush()  # the event is a Core statement
    if now != wanted:
        events.record(order, "order.tracking", by=by, of=named, tracking=wanted)
    return Tracked(shipment, parcels, wanted)


def _found(of: str, by: Actor) -> tuple[Shipment, HandlingUnit | None]:
    text = handling_units.plain(of)
    unit = session.execute(
        sa.select(HandlingUnit).where(
            HandlingUnit.code_key == fold(text), HandlingUnit.site_id == by.site_id, HandlingUnit.order_id.is_not(None)
        )
    ).scalar_one_or_none()
    if unit is not None:
        newest = sa.select(Shipment).where(Shipment.order_id == unit.order_id)
        if unit.load_id is not None:
            newest = newest.where(Shipment.load_id == unit.load_id)
        found = session.execute(newest.order_by(Shipment.id.desc()).limit(1)).scalar_one_or_none()
        if found is not None:
            return found, unit
    of_number = sa.or_(
        Shipment.number == own_number(text),
        Shipment.order_id.in_(sa.select(Order.id).where(Order.site_id == by.site_id, Order.number_key == fold(text))),
    )
    query = sa.select(Shipment).where(Shipment.site_id == by.site_id, of_number).order_by(Shipment.id.desc()).limit(1)
    found = session.execute(query).scalar_one_or_none()
    if found is None:
        raise TrackedUnknown(of=of.strip()[:80])
    return found, None


def _parcels(shipment: Shipment) -> list[HandlingUnit]:
    """The parcels of a shipment that hold anything, or went out with it."""
    holds = sa.exists().where(Stock.handling_unit_id == HandlingUnit.id, Stock.on_hand > 0)
    here = HandlingUnit.load_id == shipment.load_id if shipment.left_at is not None else holds
    query = sa.select(HandlingUnit).where(HandlingUnit.order_id == shipment.order_id, here)
    return list(session.execute(query.order_by(HandlingUnit.id).execution_options(populate_existing=True)).scalars())


def lock_number(number: str) -> None:
    """Nobody else looks whether this number is free until the transaction ends. Taken behind the order's lock, one number at a time."""
    if is_postgresql():
        said = int.from_bytes(hashlib.sha256(f"tracking {number}".encode()).digest()[:8], signed=True)
        session.execute(sa.select(sa.func.pg_advisory_xact_lock(said)))


def _must_be_free(number: str, shipment: Shipment, unit: HandlingUnit | None) -> None:
    lock_number(number)
    other = sa.select(HandlingUnit).where(HandlingUnit.tracking == number, HandlingUnit.order_id != shipment.order_id).limit(1)
    taken = session.execute(other).scalar_one_or_none()
    if taken is None and unit is not None:
        same = sa.select(HandlingUnit).where(
            HandlingUnit.tracking == number, HandlingUnit.order_id == shipment.order_id, HandlingUnit.id != unit.id
        )
        taken = session.execute(same.limit(1)).scalar_one_or_none()
    if taken is not None:
        raise TrackingTaken(number=number, of=taken.code if taken.site_id == shipment.site_id else _ELSEWHERE)
    elsewhere = sa.select(Shipment).where(Shipment.tracking == number, Shipment.order_id != shipment.order_id).limit(1)
    shipped = session.execute(elsewhere).scalar_one_or_none()
    if shipped is not None:
        raise TrackingTaken(number=number, of=shipped.number if shipped.site_id == shipment.site_id else _ELSEWHERE)
