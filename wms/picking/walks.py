"""The walks of a list and of a wave, drawn: read when somebody looks at them, never by a scan."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from wms.db import among, session
from wms.locations.models import Location
from wms.picking.advice import grounds_of
from wms.picking.goods import Place
from wms.picking.grouping import Grounds
from wms.picking.models import PickList
from wms.picking.route_map import RouteMap, WaveMap, Way, draw, draw_all
from wms.routing.floor import NEVER, Point
from wms.stock.models import Claim, Movement, MovementKind, Reservation, Stage, Stock

MOST_DRAWN = 8  # lists of a wave, each in its own colour


@dataclass(frozen=True, slots=True)
class Stop:
    """Where a list stops next."""

    code: str
    point: Point
    turn: int
    last: int


@dataclass(frozen=True, slots=True)
class Ahead:
    """What is left of a list for who walks it: the next place, how far it is, and all the rest."""

    number: str
    next: str
    metres_to_next: int | None
    stops: int
    metres: int | None
    map: RouteMap


@dataclass(frozen=True, slots=True)
class Drawn:
    """The walks of a wave: of how many lists, and the first of them."""

    lists: int
    map: WaveMap


def route_of(pick_list: PickList) -> RouteMap | None:
    """The walk through what is left of a list, drawn."""
    stops, grounds = _left([pick_list])[pick_list.id], _grounds(pick_list)
    zone = pick_list.zone
    return draw(grounds.floor_of(zone), grounds.start_of(zone), [stop.point for stop in stops], [(stop.turn, stop.last) for stop in stops])


def ahead(pick_list: PickList) -> Ahead | None:
    """The same for who walks it, from the place they picked at last. None when nothing is left."""
    stops = _left([pick_list])[pick_list.id]
    if not stops:
        return None
    grounds, here = _grounds(pick_list), _last_place(pick_list)
    floor, start = grounds.floor_of(pick_list.zone), grounds.start_of(pick_list.zone)
    points = [stop.point for stop in stops]
    drawn = draw(floor, start, points, [(stop.turn, stop.last) for stop in stops], here or start)
    assert drawn is not None, "there are stops"
    to_next, all_of_it = floor.distance(here or start, points[0]), floor.length([here or start, *points, start])
    places = len({stop.code for stop in stops})
    return Ahead(pick_list.number, stops[0].code, _metres(to_next), places, _metres(all_of_it), drawn)


def walks_of(wave_id: int) -> Drawn | None:
    """What is left of the lists of a wave, each in its colour. None when nothing is left."""
    lists = session.execute(sa.select(PickList).where(PickList.wave_id == wave_id).order_by(PickList.id)).scalars().all()
    if not lists:
        return None
    left = _left(lists)
    open_lists = [one for one in lists if left[one.id]]
    grounds = _grounds(lists[0])
    ways = []
    for one in open_lists[:MOST_DRAWN]:
        floor, start = grounds.floor_of(one.zone), grounds.start_of(one.zone)
        ways.append(Way(one.number, floor, start, [stop.point for stop in left[one.id]]))
    drawn = draw_all(grounds.floor_of(None), ways)
    return Drawn(len(open_lists), drawn) if drawn else None


def _left(lists: Sequence[PickList]) -> dict[int, list[Stop]]:
    """Where these lists still stop, each in its sequence, read together."""
    by_task = {one.task_id: one.id for one in lists}
    rows = session.execute(
        sa.select(Reservation.task_id, Location.code, Location.x_mm, Location.y_mm, Location.aisle)
        .add_columns(sa.func.min(Reservation.sequence).label("turn"), sa.func.max(Reservation.sequence).label("last"))
        .join(Stock, Stock.id == Reservation.stock_id)
        .join(Location, Location.id == Stock.location_id)
        .where(among(Reservation.task_id, sorted(by_task)), Reservation.stage == Stage.RESERVED.value)
        .where(Reservation.status == Claim.PENDING.value)
        .group_by(Reservation.task_id, Location.id, Location.code, Location.x_mm, Location.y_mm, Location.aisle)
        .order_by(sa.func.min(Reservation.sequence))
    )
    found: dict[int, list[Stop]] = {one.id: [] for one in lists}
    for row in rows:
        found[by_task[row.task_id]].append(Stop(row.code, Point(row.x_mm, row.y_mm, row.aisle), row.turn, row.last))
    return found


def _grounds(pick_list: PickList) -> Grounds:
    target = session.get_one(Location, pick_list.target_id)
    return grounds_of(pick_list.site_id, Place(target.id, target.code, target.zone, Point(target.x_mm, target.y_mm)))


def _last_place(pick_list: PickList) -> Point | None:
    """Where the last goods of the list were picked."""
    its_lines = sa.select(Reservation.order_line_id).where(Reservation.task_id == pick_list.task_id)
    row = session.execute(
        sa.select(Location.x_mm, Location.y_mm, Location.aisle)
        .join(Movement, Movement.source_id == Location.id)
        .where(Movement.order_line_id.in_(its_lines), Movement.kind == MovementKind.PICK.value, Movement.task_id == pick_list.task_id)
        .order_by(Movement.id.desc())
        .limit(1)
    ).one_or_none()
    return Point(*row) if row else None


def _metres(millimetres: int) -> int | None:
    return None if millimetres >= NEVER else round(millimetres / 1000)
