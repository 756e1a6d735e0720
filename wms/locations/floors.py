"""The floor of a site as its racks stand: what walking is reckoned on."""

from __future__ import annotations

import time
from weakref import WeakKeyDictionary

import sqlalchemy as sa
from sqlalchemy.pool import Pool

from wms.db import session
from wms.locations.models import PICKABLE, Location
from wms.routing.floor import Floor, Point, floor_of

KEPT_SECONDS = 60.0
_kept: WeakKeyDictionary[Pool, dict[int, tuple[float, Floor]]] = WeakKeyDictionary()


def floor_of_site(site_id: int) -> Floor:
    """The floor between racks and faces, read anew: one statement, whose answer has one row per aisle."""
    rows = session.execute(
        sa.select(
            Location.aisle,
            *(reach(column) for column in (Location.x_mm, Location.y_mm) for reach in (sa.func.min, sa.func.max)),
        )
        .where(Location.site_id == site_id, Location.kind.in_([kind.value for kind in PICKABLE]), Location.aisle.is_not(None))
        .group_by(Location.aisle)
    ).all()
    return floor_of([Point(x, y, aisle) for aisle, left, right, front, back in rows for x, y in ((left, front), (right, back))])


def kept_floor_of_site(site_id: int) -> Floor:
    """The same as it was up to a minute ago: for who asks at every scan and for whom a rack that was just built changes little."""
    sites = _kept.setdefault(session.get_bind().pool, {})  # type: ignore[union-attr]
    moment, floor = sites.get(site_id, (0.0, None))
    if floor is None or time.monotonic() - moment > KEPT_SECONDS:
        floor = floor_of_site(site_id)
        sites[site_id] = (time.monotonic(), floor)
    return floor
