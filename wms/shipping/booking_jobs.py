"""One turn of booking parcels with their carriers: each step in a transaction of its own, and the carrier asked outside of any."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import structlog

from wms.db import session, transaction
from wms.errors import WarehouseError
from wms.printing import queue
from wms.shipping import booking, carrier_labels, carriers
from wms.shipping.bench_models import Booking
from wms.shipping.booking import Written
from wms.shipping.carriers import Carrier, CarrierTrouble
from wms.stock.models import HandlingUnit

CarrierOf = Callable[[str, dict[str, Any]], Carrier]
STEPS = 100
"""So many numbers that are taken are stepped over in one turn."""
log = structlog.get_logger("wms.booking")


def book_parcels(carrier_of: CarrierOf = carriers.of) -> int:
    """Packed parcels get their carriers' numbers; how many did."""
    with transaction():
        booking.register()
    with transaction():
        due = booking.due()
    return sum(_book(booking_id, carrier_of) for booking_id in due)


def _book(booking_id: int, carrier_of: CarrierOf) -> bool:
    said: str | None = None
    for _ in range(STEPS):
        with transaction():
            asked = booking.parcel(booking_id)
        if asked is None:
            return False
        account, parcel = asked
        try:
            booked = carrier_of(account.method, account.settings).book(parcel)
            if booked.tracking == said:
                raise CarrierTrouble(f"{said} is taken already")
        except (CarrierTrouble, WarehouseError, OSError) as trouble:
            log.warning("not_booked", parcel=parcel.sscc, trouble=str(trouble))
            with transaction():
                booking.failed(booking_id, str(trouble))
            return False
        with transaction():
            became = booking.written(booking_id, booked)
            if became is Written.GIVEN:
                _print_at_bench(booking_id)
        if became is not Written.TAKEN:
            return became is Written.GIVEN
        said = booked.tracking
    return False


def _print_at_bench(booking_id: int) -> None:
    """The carrier's own label comes out where the parcel stands, for whoever closed it; where there is no printer it stays a link."""
    unit = session.get_one(HandlingUnit, session.get_one(Booking, booking_id).handling_unit_id)
    packer = carrier_labels.who_closed(unit)
    if packer is not None and carrier_labels.is_there(unit.code):
        queue.by_scan(carrier_labels.KIND, unit.code, location_id=unit.location_id, by=packer, key=f"booking:{booking_id}")
