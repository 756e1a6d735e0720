"""Labels for racks."""

from __future__ import annotations

from wms.actor import Actor, Permission
from wms.locations.models import Kind, Location
from wms.locations.places import find_location
from wms.printing.labels import LocationLabel
from wms.web.documents import label


@label("location", Permission.SEE_STOCK)
def location(code: str, by: Actor) -> LocationLabel:
    """One location of this site."""
    return label_of(find_location(code, by=by))


def label_of(found: Location) -> LocationLabel:
    """What the label on a rack tells."""
    return LocationLabel(found.code, zone=found.zone or "", kind=Kind(found.kind).text)
