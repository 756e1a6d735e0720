"""What a site says about its floor where coordinates do not tell: cross-aisles, one-way and closed aisles, where walks begin."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TypedDict, Unpack

import sqlalchemy as sa

from wms import clock
from wms.actor import Actor
from wms.db import fold, session
from wms.errors import Invalid, NotFound
from wms.i18n import T
from wms.locations import floors, places
from wms.locations.models import FloorPlan, Location
from wms.routing.floor import Floor, Point, Way, floor_of

NAMED_AT_MOST = 5  # aisles in one sentence


class FloorPlanUnknown(NotFound):
    """The site, or the zone, has no plan of its own: its floor is as its coordinates show."""

    code = "floor_plan_unknown"
    sentence = T("There is no floor plan of {what}", "{what} 没有场地平面图")
    advice = T("The floor is as the coordinates of its locations show", "其通道按库位坐标推算")


class ZoneWithoutPlaces(Invalid):
    """No location of the site lies in the zone."""

    code = "zone_unknown"
    pointer = "/zone"
    sentence = T("No location lies in zone {zone}", "没有库位属于库区 {zone}")
    advice = T("Choose a zone of the locations", "请选择库位所在的库区")


class AisleUnknown(Invalid):
    """No rack of the floor has this aisle."""

    code = "aisle_unknown"
    sentence = T("There is no aisle {aisle} here", "此处没有巷道 {aisle}")
    advice = T("The aisles here are {aisles}", "此处的巷道：{aisles}")


class NoWayToAisle(Invalid):
    """One-way and closed aisles leave bins that nobody reaches, or that nobody comes back from."""

    code = "no_way_to_aisle"
    sentence = T("Nobody could walk to {aisles} and back", "无法走到 {aisles} 并返回")
    advice = T("Open an end of it, or change a direction", "请开放其一端，或更改方向")


class Said(TypedDict, total=False):
    """What somebody says of a floor; aisles in any spelling, the start as a location's code."""

    cross_aisles_mm: Sequence[int]
    one_way: Mapping[str, str] | None
    closed: Mapping[str, str] | None
    start: str | None


@dataclass(frozen=True)
class Wished:
    """A floor plan as it shall be; aisles by the names that their racks have."""

    zone: str = ""
    cross_aisles_mm: tuple[int, ...] = ()
    one_way: Mapping[str, str] | None = None
    closed: Mapping[str, str] | None = None
    start: Location | None = None

    @property
    def plan(self) -> FloorPlan:
        """The same as a row that nobody has put in."""
        return FloorPlan(
            zone=self.zone,
            zone_key=fold(self.zone),
            cross_aisles_mm=list(self.cross_aisles_mm),
            one_way=dict(self.one_way or {}),
            closed=dict(self.closed or {}),
            start_id=self.start.id if self.start else None,
        )


def checked(zone: str, *, by: Actor, **said: Unpack[Said]) -> Wished:
    """The plan as it was meant, if people can walk on it.

    Raises ZoneWithoutPlaces, AisleUnknown, LocationUnknown, NoWayToAisle.
    """
    zone = _as_it_is_written(zone, by) if zone else ""
    start = said.get("start")
    place = None if start is None else places.find_location(start, by=by)
    points = floors.ends_of_aisles(by.site_id, zone or None)
    names = {fold(point.aisle or ""): point.aisle or "" for point in points}
    wished = Wished(
        zone,
        tuple(sorted(set(said.get("cross_aisles_mm", ())))),
        {_aisle(aisle, names, "/one_way"): way for aisle, way in (said.get("one_way") or {}).items()},
        {_aisle(aisle, names, "/closed"): end for aisle, end in (said.get("closed") or {}).items()},
        place,
    )
    _must_be_walkable(floor_of(points, floors.layout_of(wished.plan)), points, wished)
    return wished


def put(zone: str, *, by: Actor, **said: Unpack[Said]) -> tuple[FloorPlan, bool]:
    """Creates or replaces the plan of a zone, or (without a name) of the whole site; whether it is new. Raises what `checked` raises."""
    wished = checked(zone, by=by, **said)
    plan = _plan(wished.zone, by)
    is_new = plan is None
    if plan is None:
        plan = FloorPlan(site_id=by.site_id, zone=wished.zone)
        session.add(plan)
    meant = wished.plan
    plan.cross_aisles_mm, plan.one_way, plan.closed, plan.start_id = meant.cross_aisles_mm, meant.one_way, meant.closed, meant.start_id
    plan.updated_at = clock.now()
    session.flush()  # what does not fit is told now
    floors.forget()
    return plan, is_new


def find(zone: str, *, by: Actor) -> FloorPlan:
    """The plan of a zone, or of the whole site; raises FloorPlanUnknown."""
    plan = _plan(zone, by)
    if plan is None:
        raise FloorPlanUnknown(what=T("zone {zone}", "库区 {zone}", zone=zone) if zone else T("the whole site", "全仓"))
    return plan


def all_of(site_id: int) -> list[FloorPlan]:
    """The plans of a site: its own first, then those of its zones."""
    return list(session.execute(sa.select(FloorPlan).where(FloorPlan.site_id == site_id).order_by(FloorPlan.zone_key)).scalars())


def remove(zone: str, *, by: Actor) -> None:
    """The floor is as its coordinates show again; that of a zone as the site says. Raises FloorPlanUnknown."""
    session.delete(find(zone, by=by))
    session.flush()  # gone before the answer is written
    floors.forget()


def _plan(zone: str, by: Actor) -> FloorPlan | None:
    query = sa.select(FloorPlan).where(FloorPlan.site_id == by.site_id, FloorPlan.zone_key == fold(zone))
    return session.execute(query).scalar_one_or_none()


def _as_it_is_written(zone: str, by: Actor) -> str:
    """The zone as its locations spell it; raises ZoneWithoutPlaces."""
    known = session.execute(sa.select(Location.zone).where(Location.site_id == by.site_id, Location.zone.is_not(None)).distinct()).scalars()
    found = next((one for one in known if one and fold(one) == fold(zone)), None)
    if found is None:
        raise ZoneWithoutPlaces(zone=zone)
    return found


def _aisle(name: str, known: Mapping[str, str], pointer: str) -> str:
    if fold(name) not in known:
        aisles = sorted(known.values())
        said = ", ".join(aisles[:20]) + (" …" if len(aisles) > 20 else "")
        raise AisleUnknown(pointer=f"{pointer}/{name}", aisle=name, aisles=said or T("none yet", "尚无"))
    return known[fold(name)]


def _must_be_walkable(floor: Floor, points: Sequence[Point], wished: Wished) -> None:
    """Raises NoWayToAisle."""
    lost = unreached(floor, points)
    if lost:
        said = ", ".join(lost[:NAMED_AT_MOST]) + (" …" if len(lost) > NAMED_AT_MOST else "")
        where = "closed" if lost[0] in (wished.closed or {}) else "one_way"
        raise NoWayToAisle(pointer=f"/{where}/{lost[0]}", aisles=said)


def unreached(floor: Floor, points: Sequence[Point]) -> list[str]:
    """The aisles of which some bins cannot be walked to from the cross-aisles, or not left again."""
    if floor.is_free or not floor.crossings:
        return []
    there, back = _crossings_reached(floor), _crossings_reached(_turned_round(floor))
    ends: dict[str, list[int]] = {}
    for point in points:
        ends.setdefault(point.aisle or "", []).append(floor.spot(point).along)
    lost = []
    for aisle, along in ends.items():
        inner = [one for one in floor.crossings if min(along) < one < max(along)]
        stretches = [(low, high) for low, high in pairwise([min(along), *inner, max(along)]) if low < high] or [(along[0], along[0])]
        middles = [(low + high) // 2 for low, high in stretches]
        if not all(_is_reached(floor, aisle, one, there) and _is_reached(_turned_round(floor), aisle, one, back) for one in middles):
            lost.append(aisle)
    return sorted(lost)


def _turned_round(floor: Floor) -> Floor:
    """The same floor walked backwards."""
    turned = {aisle: Way(-way) for aisle, way in floor.one_way.items()}
    return Floor(floor.crossings, floor.along_x, floor.lines, turned, floor.closed_low, floor.closed_high, floor.straight)


def _may_walk(floor: Floor, aisle: str, start: int, end: int) -> bool:
    """Whether an aisle may be walked from one point to another."""
    low, high = min(start, end), max(start, end)
    if floor.one_way.get(aisle, Way.BOTH) * (end - start) < 0:
        return False
    if aisle in floor.closed_low and low <= floor.crossings[0] < high:
        return False
    return not (aisle in floor.closed_high and low < floor.crossings[-1] <= high)


def _crossings_reached(floor: Floor) -> set[int]:
    """The cross-aisles that are reached from the first one. From any point of a cross-aisle all of it is reached."""
    reached, before = {floor.crossings[0]}, 0
    while len(reached) > before:
        before = len(reached)
        for low, high in pairwise(floor.crossings):
            for start, end in ((low, high), (high, low)):
                if start in reached and any(_may_walk(floor, aisle, start, end) for aisle in floor.lines):
                    reached.add(end)
    return reached


def _is_reached(floor: Floor, aisle: str, along: int, reached: set[int]) -> bool:
    below = [one for one in floor.crossings if one <= along][-1:]
    above = [one for one in floor.crossings if one > along][:1]
    return any(door in reached and _may_walk(floor, aisle, door, along) for door in (*below, *above))
