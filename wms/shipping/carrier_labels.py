"""The label that a carrier gives with its number: kept as it came."""

from __future__ import annotations

from collections.abc import Collection

import sqlalchemy as sa

from wms import db
from wms.actor import Actor, Role
from wms.auth.models import Person
from wms.db import session
from wms.errors import NotFound
from wms.events import Event
from wms.i18n import T
from wms.orders.models import Order
from wms.shipping.bench_models import Booking
from wms.stock import handling_units
from wms.stock.models import HandlingUnit

KIND = "carrier-label"


class NoCarrierLabel(NotFound):
    """The carrier gave none, or was not asked yet."""

    code = "carrier_label_unknown"
    sentence = T("There is no label of a carrier for {carton}", "箱 {carton} 没有承运商面单")
    advice = T("It comes with the booking, where the carrier gives one", "预约成功且承运商提供面单时才有")


def of(code: str, *, by: Actor) -> bytes:
    """The label of a parcel, as the carrier gave it. Raises UnitUnknown, NoCarrierLabel."""
    unit = handling_units.find(code, by=by)
    label = session.execute(sa.select(Booking.label_pdf).where(Booking.handling_unit_id == unit.id)).scalar_one_or_none()
    if label is None:
        raise NoCarrierLabel(carton=unit.code)
    return label


def among(unit_ids: Collection[int]) -> set[int]:
    """Which of these parcels have one."""
    having = sa.select(Booking.handling_unit_id).where(Booking.label_pdf.is_not(None), db.among(Booking.handling_unit_id, list(unit_ids)))
    return set(session.execute(having).scalars()) if unit_ids else set()


def is_there(code: str) -> bool:
    """Whether the parcel of this number has one."""
    having = sa.select(Booking.id).join(HandlingUnit, HandlingUnit.id == Booking.handling_unit_id)
    return session.execute(having.where(HandlingUnit.code == code, Booking.label_pdf.is_not(None))).first() is not None


def who_closed(unit: HandlingUnit) -> Actor | None:
    """The packer who closed a parcel, for whom its label is printed."""
    person = session.execute(
        sa.select(Person)
        .join(Event, Event.by_id == Person.id)
        .where(
            Event.subject_kind == Order.event_kind,
            Event.subject_id == unit.order_id,
            Event.code == "order.carton_closed",
            Event.facts["carton"].as_string() == unit.code,
        )
        .order_by(Event.id.desc())
        .limit(1)
    ).scalar_one_or_none()
    return Actor(person.id, person.code, person.name, frozenset(Role(role) for role in person.roles), unit.site_id) if person else None
