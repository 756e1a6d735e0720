"""The carrier's own label among the papers: as it was given, neither drawn nor marked by the house."""

from __future__ import annotations

from wms.actor import Actor, Permission
from wms.shipping import carrier_labels
from wms.web.documents import paper


@paper(carrier_labels.KIND, Permission.PACK)
def carrier_label(number: str, by: Actor) -> bytes:
    """The label of a parcel, by its SSCC."""
    return carrier_labels.of(number, by=by)
