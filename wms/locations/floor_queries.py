"""The floor of a site or a zone with everything that stands on it, as its page draws and tries it."""

from __future__ import annotations

from dataclasses import dataclass, replace

import sqlalchemy as sa

from wms.db import fold, session
from wms.locations import floors
from wms.locations.floor_plans import Wished
from wms.locations.hall import Bin, Place
from wms.locations.models import PICKABLE, FloorPlan, Kind, Location
from wms.routing.floor import Floor, Point, Way, floor_of

DRAWN = (Kind.DOCK, Kind.INSPECTION, Kind.PACKING, Kind.STAGING, Kind.DOOR, Kind.DEFECT, Kind.SCRAP)


@dataclass(frozen=True)
class AisleView:
    """An aisle as the form shows it."""

    name: str
    zone: str | None
    way: str
    closed: str


@dataclass(frozen=True)
class Ground:
    """A floor with its racks, what is said about it, and where walks begin."""

    zone: str
    has_plan: bool
    floor: Floor
    others: tuple[Floor, ...]  # of the zones that have a plan of their own, where this is the site's
    bins: tuple[Bin, ...]
    places: tuple[Place, ...]
    said_crossings: tuple[int, ...]
    said_start: str | None
    start_code: str | None
    start: Point
    otherwise: Location | None  # where walks begin when this floor says nothing
    starts: dict[str, tuple[int, int]]
    zone_of: dict[str, str | None]

    @property
    def points(self) -> list[Point]:
        """Where bins of this floor stand."""
        return [Point(one.x_mm, one.y_mm, one.aisle) for one in self.bins if one.aisle in self.floor.lines]

    @property
    def floors(self) -> list[Floor]:
        """All floors to draw, each with its own aisles only."""
        elsewhere = {aisle for other in self.others for aisle in other.lines}
        return [_with_aisles(self.floor, [aisle for aisle in self.floor.lines if aisle not in elsewhere]), *self.others]

    @property
    def aisles(self) -> list[AisleView]:
        """The aisles of this floor by name."""
        return [
            AisleView(
                aisle,
                self.zone_of.get(aisle),
                {Way.UP: "up", Way.DOWN: "down"}.get(self.floor.one_way.get(aisle, Way.BOTH), "both"),
                "low" if aisle in self.floor.closed_low else "high" if aisle in self.floor.closed_high else "no",
            )
            for aisle in sorted(self.floor.lines)
        ]

    @property
    def ends(self) -> tuple[int, int]:
        """Where the lowest and the highest cross-aisle lie."""
        return (self.floor.crossings[0], self.floor.crossings[-1]) if self.floor.crossings else (0, 0)

    @property
    def stretch(self) -> tuple[int, int] | None:
        """From where to where bins stand along the aisles."""
        along = [one.x_mm if self.floor.along_x else one.y_mm for one in self.bins if one.aisle in self.floor.lines]
        return (min(along), max(along)) if along else None

    @property
    def one_way_text(self) -> str:
        """A ↑, C ↓ (towards the lower or the higher end)."""
        low, high = self.ends
        said = [f"{aisle} → {(high if way is Way.UP else low):,}" for aisle, way in sorted(self.floor.one_way.items())]
        return ", ".join(said) or "–"

    @property
    def closed_text(self) -> str:
        """Which aisles end at a wall, and where."""
        low, high = self.ends
        walls = [(aisle, low) for aisle in self.floor.closed_low] + [(aisle, high) for aisle in self.floor.closed_high]
        return ", ".join(f"{aisle} {at:,}" for aisle, at in sorted(walls)) or "–"


def ground(site_id: int, zone: str = "") -> Ground:
    """The floor of the site, or of a zone, as it is."""
    plan = floors.plan_of(site_id, zone or None)
    own = plan if plan is not None and plan.zone_key == fold(zone) else None
    floor = floor_of(floors.ends_of_aisles(site_id, zone or None), floors.layout_of(plan))
    bins, zone_of = _bins(site_id)
    starts = floors.starts_of_site(site_id)
    first = _first_place(site_id)
    otherwise = (_start_of(floors.plan_of(site_id)) if zone else None) or first
    named = _start_of(own) or otherwise
    return Ground(
        zone,
        own is not None,
        floor,
        () if zone else tuple(floors.floors_of_zones(site_id).values()),
        bins if not zone else tuple(one for one in bins if zone_of.get(one.aisle) == zone),
        _places(site_id),
        tuple(own.cross_aisles_mm) if own else (),
        start.code if own and (start := _start_of(own)) else None,
        named.code if named else None,
        Point(named.x_mm, named.y_mm) if named else Point(0, 0),
        otherwise,
        _drawn_starts(site_id, starts, first),
        zone_of,
    )


def as_wished(now: Ground, wished: Wished) -> Ground:
    """The same ground with another plan on it."""
    ends = [Point(one.x_mm, one.y_mm, one.aisle) for one in now.bins if one.aisle in now.floor.lines]
    floor = floor_of(ends, floors.layout_of(wished.plan))
    start = wished.start or now.otherwise
    point, code = (Point(start.x_mm, start.y_mm), start.code) if start else (Point(0, 0), None)
    starts = {zone: at for zone, at in now.starts.items() if zone != wished.zone}
    if start and (wished.start or not wished.zone):
        starts[wished.zone] = (start.x_mm, start.y_mm)
    return replace(now, floor=floor, start=point, start_code=code, starts=starts)


def _with_aisles(floor: Floor, aisles: list[str]) -> Floor:
    lines = {aisle: floor.lines[aisle] for aisle in aisles}
    return Floor(floor.crossings, floor.along_x, lines, floor.one_way, floor.closed_low, floor.closed_high, floor.straight)


def _bins(site_id: int) -> tuple[tuple[Bin, ...], dict[str, str | None]]:
    """The racks from above, and in which zone each aisle is."""
    is_face = sa.func.max(sa.case((Location.kind == Kind.PICK_FACE.value, 1), else_=0))
    rows = session.execute(
        sa.select(Location.aisle, Location.x_mm, Location.y_mm, is_face, sa.func.min(Location.zone))
        .where(Location.site_id == site_id, Location.kind.in_([kind.value for kind in PICKABLE]), Location.aisle.is_not(None))
        .group_by(Location.aisle, Location.x_mm, Location.y_mm)
        .order_by(Location.aisle, Location.x_mm, Location.y_mm)
    ).all()
    return tuple(Bin(x, y, aisle, bool(face)) for aisle, x, y, face, _ in rows), {aisle: zone for aisle, *_, zone in rows}


def _places(site_id: int) -> tuple[Place, ...]:
    rows = session.execute(
        sa.select(Location.code, Location.kind, Location.x_mm, Location.y_mm)
        .where(Location.site_id == site_id, Location.kind.in_([kind.value for kind in DRAWN]))
        .order_by(Location.code_key)
    )
    return tuple(Place(code, Kind(kind), x, y) for code, kind, x, y in rows)


def _first_place(site_id: int) -> Location | None:
    """Where walks begin when nothing is said: the first packing place, or a staging area."""
    return session.execute(
        sa.select(Location)
        .where(Location.site_id == site_id, Location.kind.in_([Kind.PACKING.value, Kind.STAGING.value]))
        .order_by(Location.kind != Kind.PACKING.value, Location.code_key)
        .limit(1)
    ).scalar_one_or_none()


def _start_of(plan: FloorPlan | None) -> Location | None:
    return session.get(Location, plan.start_id) if plan is not None and plan.start_id is not None else None


def _drawn_starts(site_id: int, starts: dict[str, Point], first: Location | None) -> dict[str, tuple[int, int]]:
    names = dict(session.execute(sa.select(FloorPlan.zone_key, FloorPlan.zone).where(FloorPlan.site_id == site_id)).tuples().all())
    found = {names.get(key, key): (point.x_mm, point.y_mm) for key, point in starts.items()}
    return found if "" in found or first is None else {"": (first.x_mm, first.y_mm), **found}
