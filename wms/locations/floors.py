"""The floor of a site as its racks stand: what walking is reckoned on."""

from __future__ import annotations

import time

import sqlalchemy as sa

from wms import db
from wms.db import fold, in_mind, session
from wms.locations.models import PICKABLE, FloorPlan, Location
from wms.routing.floor import Floor, Layout, Point, Way, floor_of

KEPT_SECONDS = 60.0
_KIND = "floors"


def floor_of_site(site_id: int, zone: str | None = None) -> Floor:
    """The floor between racks and faces, read anew, with what is said about it; that of a zone, where the zone has a plan of its own."""
    plan = plan_of(site_id, zone)
    own = zone if plan is not None and plan.zone_key else None
    return floor_of(ends_of_aisles(site_id, own), layout_of(plan))


def ends_of_aisles(site_id: int, zone: str | None = None) -> list[Point]:
    """The outermost corners of the racks at each aisle, of the site or of a zone: two points an aisle."""
    own = [Location.zone == zone] if zone else []
    rows = session.execute(
        sa.select(
            Location.aisle,
            *(reach(column) for column in (Location.x_mm, Location.y_mm) for reach in (sa.func.min, sa.func.max)),
        )
        .where(Location.site_id == site_id, Location.kind.in_([kind.value for kind in PICKABLE]), Location.aisle.is_not(None), *own)
        .group_by(Location.aisle)
    ).all()
    return [Point(x, y, aisle) for aisle, left, right, front, back in rows for x, y in ((left, front), (right, back))]


def plan_of(site_id: int, zone: str | None = None) -> FloorPlan | None:
    """The zone's own floor plan, or else the site's."""
    plans = {
        plan.zone_key: plan
        for plan in session.execute(
            sa.select(FloorPlan).where(FloorPlan.site_id == site_id, FloorPlan.zone_key.in_({"", fold(zone or "")}))
        ).scalars()
    }
    return plans.get(fold(zone or "")) or plans.get("")


def layout_of(plan: FloorPlan | None) -> Layout:
    """A floor plan as walking is reckoned on it."""
    if plan is None:
        return Layout()
    return Layout(
        cross_aisles_mm=tuple(plan.cross_aisles_mm),
        one_way={aisle: Way[way.upper()] for aisle, way in plan.one_way.items()},
        closed_low=frozenset(aisle for aisle, end in plan.closed.items() if end == "low"),
        closed_high=frozenset(aisle for aisle, end in plan.closed.items() if end == "high"),
    )


def starts_of_site(site_id: int) -> dict[str, Point]:
    """Where walks begin and end, by the key of the zone; under the empty one the site's own."""
    rows = session.execute(
        sa.select(FloorPlan.zone_key, Location.x_mm, Location.y_mm)
        .join(Location, Location.id == FloorPlan.start_id)
        .where(FloorPlan.site_id == site_id)
    ).all()
    return {zone: Point(x, y) for zone, x, y in rows}


def floors_of_zones(site_id: int) -> dict[str, Floor]:
    """The floors of the zones that have a plan of their own, by the key of the zone."""
    zones = session.execute(
        sa.select(FloorPlan.zone_key, FloorPlan.zone).where(FloorPlan.site_id == site_id, FloorPlan.zone_key != "")
    ).all()
    return {key: floor_of_site(site_id, zone) for key, zone in zones}


def forget() -> None:
    """What is kept is read anew: the floor was said to be another."""
    db.forget(_KIND)


def kept_floor_of_site(site_id: int) -> Floor:
    """The same as it was up to a minute ago: for who asks at every scan and for whom a rack that was just built changes little."""
    sites: dict[int, tuple[float, Floor]] = in_mind(_KIND)
    moment, floor = sites.get(site_id, (0.0, None))
    if floor is None or time.monotonic() - moment > KEPT_SECONDS:
        floor = floor_of_site(site_id)
        sites[site_id] = (time.monotonic(), floor)
    return floor
