"""Where a relay puts what is picked in a zone: each zone may name its hand-over place, and the next zone takes over there."""

from __future__ import annotations

import sqlalchemy as sa

from wms.actor import Actor
from wms.db import fold, session
from wms.errors import Invalid, NotFound
from wms.i18n import T
from wms.locations import places
from wms.locations.models import Kind, Location
from wms.picking.models import HandingOn

HANDOVERS = (Kind.PACKING.value, Kind.STAGING.value)


class NoHandoverPlace(Invalid):
    """Picked goods are handed over where picked goods may stand."""

    code = "no_handover_place"
    sentence = T("{code} ({kind}) is no place to hand over", "{code}（{kind}）不能作为交接点")
    advice = T("Choose a packing place or a staging area", "请选择打包台或集货区")


class HandoverZoneUnknown(NotFound):
    """The zone names no place."""

    code = "handover_unknown"
    sentence = T("Zone {zone} has no hand-over place", "库区 {zone} 没有交接点")
    advice = T("Choose one of those in the list", "请选择列表中的库区")


class ZoneEmpty(Invalid):
    """No location lies in it."""

    code = "zone_unknown"
    sentence = T("No location lies in zone {zone}", "没有库位属于库区 {zone}")
    advice = T("Write the zone as its locations have it", "请按库位资料填写库区")


def of_site(site_id: int) -> list[tuple[str, Location]]:
    """(zone, place), by zone."""
    query = sa.select(HandingOn.zone, Location).join(Location, Location.id == HandingOn.location_id)
    return [(zone, place) for zone, place in session.execute(query.where(HandingOn.site_id == site_id).order_by(HandingOn.zone_key)).all()]


def put(zone: str, location: str, *, by: Actor) -> tuple[str, Location, bool]:
    """Names the place; the zone as its locations write it, the place, and whether the zone had none. Lists that are planned already stay.

    Raises ZoneEmpty, LocationUnknown, NoHandoverPlace.
    """
    zones = session.execute(sa.select(Location.zone).where(Location.site_id == by.site_id, Location.zone.is_not(None)).distinct()).scalars()
    name = {fold(one): one for one in zones if one}.get(fold(zone))
    if name is None:
        raise ZoneEmpty(pointer="/zone", zone=zone)
    place = places.find_location(location, by=by)
    if place.kind not in HANDOVERS:
        raise NoHandoverPlace(pointer="/location", code=place.code, kind=Kind(place.kind).text)
    found = _of(name, by)
    if found is None:
        session.add(HandingOn(site_id=by.site_id, zone=name, location_id=place.id))
    else:
        found.location_id = place.id
    session.flush()  # a zone that somebody else names at the same moment is told now
    return name, place, found is None


def remove(zone: str, *, by: Actor) -> None:
    """The zone hands over at the packing place again. Raises HandoverZoneUnknown."""
    found = _of(zone, by)
    if found is None:
        raise HandoverZoneUnknown(zone=zone)
    session.delete(found)
    session.flush()  # gone before the answer is written


def _of(zone: str, by: Actor) -> HandingOn | None:
    query = sa.select(HandingOn).where(HandingOn.site_id == by.site_id, HandingOn.zone_key == fold(zone))
    return session.execute(query).scalar_one_or_none()
