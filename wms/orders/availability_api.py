"""What may be promised, now and on which day, over the API."""

from __future__ import annotations

import datetime as dt

from wms.actor import Permission
from wms.auth.current import actor
from wms.catalog.products import find_product
from wms.orders import availability, promising
from wms.stock import queries
from wms.web.api import Answer, Api, Body, Code, Quantity

api = Api("availability")


class AvailabilityQuery(Body):
    """Which product, and how much of it somebody asks for."""

    sku: Code
    quantity: Quantity | None = None
    """Pieces that are asked for: when they can leave, and why, is answered too."""
    site: Code | None = None


class ComingOut(Answer):
    """Announced goods."""

    number: str
    """The inbound order."""
    quantity: int
    on: dt.date | None
    """Null when it has no date, or when the date has passed."""
    overdue_since: dt.date | None
    """When the day that was announced had passed; null: it has not."""


class DayOut(Answer):
    """What may be promised from a day on."""

    on: dt.date
    """From this day until the next one in the list."""
    available: int
    """All together, after everybody who waits has what they want."""


class AvailabilityOut(Answer):
    """How much there is, how much may still be promised, and what comes."""

    sku: str
    on_hand: int
    reserved: int
    promised: int
    available: int
    """Pieces that may still be promised today."""
    expected: int
    """Pieces announced and not yet received."""
    waiting: int
    """What released orders wait for."""
    unreleased: int
    """What orders want that are not released."""
    coming: list[ComingOut]
    """Each announced part, the earliest first; without what customers send back, of which nobody knows yet what can be sold."""
    by_day: list[DayOut]
    """From each day on which that changes."""
    quantity: int | None
    """What was asked for; null: no quantity was."""
    can_ship_on: dt.date | None
    """When the quantity that was asked for can leave, for somebody who comes after all others; null when nobody knows."""
    can_ship_why: list[str]
    """Where the pieces would come from."""


@api.get("/availability", Permission.SEE_STOCK, query=AvailabilityQuery, answer=AvailabilityOut)
def availability_of(query: AvailabilityQuery) -> AvailabilityOut:
    """What may be promised of one product, now and on the days on which more comes."""
    product, who = find_product(query.sku), actor()
    outlook = availability.outlooks(who.site_id, {product.id})[product.id]
    parts = outlook.can_ship(query.quantity) if query.quantity else []
    return AvailabilityOut(
        **vars(queries.availability(product, by=who)),
        waiting=outlook.waiting,
        unreleased=outlook.unreleased,
        coming=[
            ComingOut(number=one.source, quantity=one.quantity, on=one.on, overdue_since=one.overdue_since)
            for one in outlook.supplies
            if one.source is not None
        ],
        by_day=[DayOut(on=on, available=quantity) for on, quantity in promising.by_day(outlook.left).items()],
        quantity=query.quantity,
        can_ship_on=promising.all_on(parts),
        can_ship_why=[availability.in_words(part, product.decimals).say(who.language) for part in parts],
    )
