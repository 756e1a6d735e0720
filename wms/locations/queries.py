"""Lists of locations for the desk."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from wms.actor import Actor
from wms.catalog.models import Partner, Product
from wms.db import between, containing, session
from wms.i18n import units
from wms.locations.models import Kind, Location
from wms.web.typed import in_thousands


def locations(
    *, by: Actor, q: str | None = None, kind: str | None = None, zone: str | None = None, first: str | None = None, last: str | None = None
) -> sa.Select[Any]:
    """Locations of the person's site with the product each pick face is assigned to: rows (Location, sku or None, decimals)."""
    statement = (
        sa.select(Location, Product.sku.label("assigned_sku"), Product.decimals)
        .outerjoin(Product, Product.id == Location.assigned_product_id)
        .where(Location.site_id == by.site_id, Location.kind != Kind.VIRTUAL.value)
    )
    if q:
        statement = statement.where(containing(q, Location.code, Product.sku))
    if kind:
        statement = statement.where(Location.kind == kind)
    if zone:
        statement = statement.where(Location.zone == zone)
    return statement.where(*between(Location.code_key, first, last))


def zones(*, by: Actor) -> list[str]:
    """The zones of the person's site."""
    found = session.execute(
        sa.select(Location.zone).where(Location.site_id == by.site_id, Location.zone.is_not(None)).distinct().order_by(Location.zone)
    ).scalars()
    return [zone for zone in found if zone]


def typed_location(location: Location) -> dict[str, Any]:
    """A location as it would be typed: weight in kg, volume in litres."""
    places = ("kind", "zone", "aisle", "bay", "level", "position", "x_mm", "y_mm", "z_mm")
    plain = (*places, "max_units", "max_height_mm", "mixing", "storage_class", "temperature", "equipment")
    assigned = session.get(Product, location.assigned_product_id) if location.assigned_product_id else None
    decimals = assigned.decimals if assigned else 0
    partner = session.get(Partner, location.partner_id) if location.partner_id else None
    return {
        **{name: "" if getattr(location, name) is None else str(getattr(location, name)) for name in plain},
        "max_weight_kg": in_thousands(location.max_weight_grams),
        "max_volume_litres": in_thousands(location.max_volume_cm3),
        "allow_negative": location.allow_negative,
        "assigned_sku": assigned.sku if assigned else "",
        "assigned_minimum": units(location.assigned_minimum, decimals).replace(",", ""),
        "assigned_maximum": units(location.assigned_maximum, decimals).replace(",", ""),
        "partner": partner.code if partner else "",
    }
