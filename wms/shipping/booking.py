"""Parcels are booked with their carrier by the background: nothing slow happens inside a transaction, and no parcel is booked twice.

First the parcel gets its row with a serial number, in a transaction of its own; then the carrier is asked, outside any; then what it
says is written down. Whoever dies in between is followed by a turn that asks with the same reference and the same serial.
A number that a parcel has already, from an earlier range or by hand, is stepped over; what is no parcel any more is not asked for again.
"""

from __future__ import annotations

import datetime as dt
import enum
from typing import Any

import sqlalchemy as sa

from wms import clock, events
from wms.actor import Actor
from wms.catalog import partners
from wms.catalog.models import Partner, PartnerKind
from wms.db import fold, session, table_of
from wms.errors import NotFound
from wms.i18n import T
from wms.numbers import last_in, next_in
from wms.orders import lifecycle
from wms.orders.models import Order, OrderStatus
from wms.shipping import carriers, tracking
from wms.shipping.bench_models import Booking, CarrierAccount
from wms.shipping.carriers import ToBook
from wms.shipping.models import Shipment
from wms.stock.models import HandlingUnit, UnitKind

AT_ONCE = 50
FIRST_PAUSE, LONGEST_PAUSE = dt.timedelta(seconds=30), dt.timedelta(hours=1)
LEASE = dt.timedelta(minutes=2)
_PDF = b"%PDF-"


class Written(enum.Enum):
    """What became of the number that a carrier gave."""

    GIVEN = "given"
    NOT_NEEDED = "not needed"
    TAKEN = "taken"


class NoAccount(NotFound):
    """Nobody has said how its parcels are booked."""

    code = "carrier_account_unknown"
    sentence = T("Parcels of {carrier} are not booked from here", "{carrier} 的包裹不由系统预约")


def put_account(code: str, method: str, settings: dict[str, object], *, by: Actor) -> CarrierAccount:  # noqa: ARG001
    """Says how parcels of a carrier are booked. Raises AccountWrong, PartnerUnknown, PartnerKindWrong."""
    partner = partners.find_partner(code, kind=PartnerKind.CARRIER)
    carriers.of(method, dict(settings))
    row = session.get(CarrierAccount, partner.id) or CarrierAccount(partner_id=partner.id, settings={}, given_before=0)
    if carriers.range_of(row.settings) != carriers.range_of(dict(settings)):
        row.given_before = last_in(_series(partner.id))
        _ask_at_once(partner.id)
    row.method, row.settings, row.updated_at = method, dict(settings), clock.now()
    session.add(row)
    session.flush()
    return row


def _ask_at_once(partner_id: int) -> None:
    b = table_of(Booking)
    session.execute(sa.update(b).where(b.c.partner_id == partner_id, b.c.tracking.is_(None)).values(due_at=clock.now()))


def remove_account(code: str, *, by: Actor) -> None:  # noqa: ARG001
    """Its parcels are numbered by hand again. Raises NoAccount."""
    partner = partners.find_partner(code, kind=PartnerKind.CARRIER)
    row = session.get(CarrierAccount, partner.id)
    if row is None:
        raise NoAccount(carrier=partner.code)
    session.delete(row)
    session.flush()


def account_of(code: str) -> CarrierAccount:
    """How parcels of a carrier are booked. Raises NoAccount."""
    partner = partners.find_partner(code, kind=PartnerKind.CARRIER)
    row = session.get(CarrierAccount, partner.id)
    if row is None:
        raise NoAccount(carrier=partner.code)
    return row


def register() -> None:
    """Closed parcels of packed shipments, whose carrier is one that is booked with, get their row; those that have a number need none."""
    b, u, s, a, o = (table_of(one) for one in (Booking, HandlingUnit, Shipment, CarrierAccount, Order))
    rows = session.execute(
        sa.select(u.c.id, s.c.carrier_id)
        .join(s, s.c.order_id == u.c.order_id)
        .join(a, a.c.partner_id == s.c.carrier_id)
        .join(o, o.c.id == s.c.order_id)
        .where(
            o.c.status != OrderStatus.CANCELLED.value,
            s.c.packed_at.is_not(None),
            s.c.left_at.is_(None),
            u.c.closed_at.is_not(None),
            u.c.tracking.is_(None),
            u.c.kind == UnitKind.CARTON.value,
            ~sa.exists().where(b.c.handling_unit_id == u.c.id),
        )
        .order_by(u.c.id)
        .limit(AT_ONCE)
    ).all()
    for unit_id, partner_id in rows:
        session.add(Booking(handling_unit_id=unit_id, partner_id=partner_id, serial=next_in(_series(partner_id)), due_at=clock.now()))
    session.flush()


def due() -> list[int]:
    """What is to be asked for now, taken under a lease so that two processes do not ask for the same."""
    b, moment = table_of(Booking), clock.now()
    wanted = sa.select(b.c.id).where(b.c.tracking.is_(None), b.c.due_at <= moment).order_by(b.c.due_at, b.c.id).limit(AT_ONCE)
    ids = list(session.execute(wanted.with_for_update(skip_locked=True)).scalars())
    if ids:
        session.execute(sa.update(b).where(b.c.id.in_(ids)).values(due_at=moment + LEASE, attempts=b.c.attempts + 1))
    return ids


def failed(booking_id: int, trouble: str) -> None:
    """The carrier did not answer: it is asked again, later and later."""
    row = session.get_one(Booking, booking_id)
    row.error = trouble[:300]
    row.due_at = clock.now() + min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** min(row.attempts, 10))
    session.flush()


def parcel(booking_id: int) -> tuple[CarrierAccount, ToBook] | None:
    """What the carrier is told; None where the parcel has a number by now, or is none any more: then nobody asks for it again.

    A serial of an earlier range that was never used is exchanged for one of the range that holds now.
    """
    row = session.execute(
        sa.select(Booking, HandlingUnit, Shipment, Order, CarrierAccount)
        .join(HandlingUnit, HandlingUnit.id == Booking.handling_unit_id)
        .join(Order, Order.id == HandlingUnit.order_id)
        .join(Shipment, sa.and_(Shipment.order_id == Order.id, Shipment.left_at.is_(None)))
        .join(CarrierAccount, CarrierAccount.partner_id == Booking.partner_id)
        .where(Booking.id == booking_id, Booking.tracking.is_(None), HandlingUnit.tracking.is_(None))
        .where(Order.status != OrderStatus.CANCELLED.value, Shipment.carrier_id == Booking.partner_id)
        .execution_options(populate_existing=True)
    ).one_or_none()
    if row is None:
        session.execute(sa.delete(Booking).where(Booking.id == booking_id, Booking.tracking.is_(None)))
        return None
    booking, unit, shipment, order, account = row
    if booking.serial <= account.given_before:
        _another_serial(booking)
    session.expunge(account)
    whom = (order.number, shipment.number, unit.code, unit.weight_grams, dict(order.ship_to))
    parcel = ToBook(unit.code, booking.serial - account.given_before, *whom)
    return account, parcel


def _another_serial(booking: Booking) -> None:
    booking.serial = next_in(_series(booking.partner_id))
    session.flush()


def _series(partner_id: int) -> str:
    return f"parcel:{partner_id}"


def written(booking_id: int, booked: carriers.Booked) -> Written:
    """Writes down what the carrier gave. A number that another parcel has is not: the parcel takes the next serial, and asks again."""
    booking = session.get(Booking, booking_id, populate_existing=True)
    if booking is None:
        return Written.NOT_NEEDED  # it is no parcel any more
    unit = session.get_one(HandlingUnit, booking.handling_unit_id)
    order = lifecycle.lock(unit.order_id) if unit.order_id is not None else None
    session.refresh(unit)
    session.refresh(booking)
    if booking.tracking is not None:
        return Written.NOT_NEEDED  # another turn was faster, with the same number
    if _is_taken(booking, booked.tracking):
        _another_serial(booking)
        return Written.TAKEN
    label = booked.label_pdf if (booked.label_pdf or b"").startswith(_PDF) else None  # no printer takes anything else
    booking.tracking, booking.label_pdf, booking.booked_at, booking.error = booked.tracking, label, clock.now(), None
    if order is None or unit.tracking is not None:
        session.flush()
        return Written.NOT_NEEDED  # somebody typed another one meanwhile
    unit.tracking = booked.tracking
    shipment = session.execute(
        sa.select(Shipment).where(Shipment.order_id == order.id, Shipment.left_at.is_(None)).order_by(Shipment.id)
    ).scalar_one_or_none()
    if shipment is not None and shipment.tracking is None:
        shipment.tracking = booked.tracking
    session.flush()  # the event is a Core statement
    events.record(order, "order.tracking", by=None, of=unit.code, tracking=booked.tracking)
    return Written.GIVEN


def _is_taken(booking: Booking, number: str) -> bool:
    """Whether another parcel or shipment has this number, by hand or booked. Nobody else looks until this is over."""
    tracking.lock_number(number)
    unit_id = booking.handling_unit_id
    order_id = sa.select(HandlingUnit.order_id).where(HandlingUnit.id == unit_id).scalar_subquery()
    elsewhere = (
        sa.select(HandlingUnit.id).where(HandlingUnit.tracking == number, HandlingUnit.id != unit_id),
        sa.select(Booking.id).where(Booking.tracking == number, Booking.id != booking.id),
        sa.select(Shipment.id).where(Shipment.tracking == number, Shipment.order_id != order_id),
    )
    return any(session.execute(query.limit(1)).first() is not None for query in elsewhere)


def waiting(code: str | None = None, *, by: Actor) -> list[tuple[str, str, int, str | None]]:
    """(parcel, carrier, attempts, trouble) of what is not booked yet at the person's site."""
    query = (
        sa.select(HandlingUnit.code, Partner.code, Booking.attempts, Booking.error)
        .join(Booking, Booking.handling_unit_id == HandlingUnit.id)
        .join(Partner, Partner.id == Booking.partner_id)
        .where(Booking.tracking.is_(None), HandlingUnit.tracking.is_(None), HandlingUnit.site_id == by.site_id)
        .order_by(Booking.id)
        .limit(200)
    )
    if code:
        query = query.where(Partner.code_key == fold(code))
    return [(row[0], row[1], row[2], row[3]) for row in session.execute(query)]


def accounts() -> list[tuple[str, str, dict[str, Any] | None]]:
    """(code, name, settings) of all carriers."""
    rows = session.execute(
        sa.select(Partner.code, Partner.name, CarrierAccount.settings)
        .outerjoin(CarrierAccount, CarrierAccount.partner_id == Partner.id)
        .where(Partner.kind == PartnerKind.CARRIER.value)
        .order_by(Partner.code_key)
    )
    return [(row[0], row[1], row[2]) for row in rows]
