"""Labels for racks."""

from __future__ import annotations

from wms.actor import Actor, Permission
from wms.locations.models import Kind
from wms.locations.places import find_location
from wms.printing.labels import LocationLabel
from wms.web.documents import label


@label("location", Permission.SEE_STOCK)
def location(code: str, by: Actor) -> LocationLabel:
    """One location of this site."""
    found = find_location(code, by=by)
    return LocationLabel(found.code, zone=found.zone or "", kind=Kind(found.kind).text)
