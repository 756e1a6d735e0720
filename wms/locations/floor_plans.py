"""What a site says about its floor where coordinates do not tell: cross-aisles, one-way and closed aisles, where walks begin."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import sqlalchemy as sa

from wms import clock
from wms.actor import Actor
from wms.db import fold, session
from wms.locations import places
from wms.locations.models import FloorPlan


def put(
    zone: str,
    *,
    cross_aisles_mm: Sequence[int] = (),
    one_way: Mapping[str, str] | None = None,
    closed: Mapping[str, str] | None = None,
    start: str | None = None,
    by: Actor,
) -> FloorPlan:
    """Creates or replaces the plan of a zone, or (without a name) of the whole site. Raises LocationUnknown."""
    start_id = None if start is None else places.find_location(start, by=by).id
    query = sa.select(FloorPlan).where(FloorPlan.site_id == by.site_id, FloorPlan.zone_key == fold(zone))
    plan = session.execute(query).scalar_one_or_none()
    if plan is None:
        plan = FloorPlan(site_id=by.site_id, zone=zone)
        session.add(plan)
    plan.cross_aisles_mm, plan.one_way, plan.closed = sorted(set(cross_aisles_mm)), dict(one_way or {}), dict(closed or {})
    plan.start_id, plan.updated_at = start_id, clock.now()
    session.flush()  # what does not fit is told now
    return plan
