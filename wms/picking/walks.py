"""The walks of a list and of a wave, drawn: read when somebody looks at them, never by a scan."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import sqlalchemy as sa

from wms.catalog.models import Product
from wms.db import among, session
from wms.locations.models import Location
from wms.picking import pace
from wms.picking.advice import grounds_of
from wms.picking.goods import Place
from wms.picking.grouping import Grounds
from wms.picking.models import Method, PickList
from wms.picking.route_map import RouteMap, WaveMap, Way, draw, draw_all
from wms.routing.floor import NEVER, Point
from wms.stock.models import Claim, Movement, MovementKind, Reservation, Stage, Stock
from wms.tasks.models import LIVE

MOST_DRAWN = 8  # lists of a wave, each in its own colour


@dataclass(frozen=True, slots=True)
class Stop:
    """Where a list stops next."""

    code: str
    point: Point
    first: int  # its lines, as the list numbers them
    last: int
    pieces: int

    @property
    def numbers(self) -> tuple[int, int]:
        """The first and the last of its lines."""
        return self.first, self.last


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


@dataclass(frozen=True, slots=True)
class Left:
    """What is left of a list, as it is now: how far it is from the place that was picked at last, how long it takes, drawn."""

    metres: int | None
    minutes: int
    map: RouteMap


def left_of(pick_list: PickList) -> Left | None:
    """The walk through what is left of a list. None when nothing is."""
    stops, grounds = _left([pick_list])[pick_list.id], grounds_of_list(pick_list)
    if not stops:
        return None
    floor, start = grounds.floor_of(pick_list.zone), grounds.start_of(pick_list.zone)
    points = [stop.point for stop in stops]
    drawn = draw(floor, start, points, [stop.numbers for stop in stops])
    assert drawn is not None, "there are stops"
    figures = _figures(pick_list, stops, grounds, last_place(pick_list))
    return Left(figures.metres, figures.minutes, drawn)


@dataclass(frozen=True, slots=True)
class Figures:
    """What is left of a list in figures; metres are none where no way leads."""

    metres: int | None
    minutes: int


def figures_of(lists: Sequence[PickList]) -> dict[int, Figures]:
    """How far it is through what is left of these lists and how long it takes, by their ids. Finished ones are not there."""
    left = _left(lists)
    open_ = [one for one in lists if left[one.id]]
    last, grounds = _last_places(open_) if open_ else {}, {}
    found = {}
    for one in open_:
        if one.target_id not in grounds:
            grounds[one.target_id] = grounds_of_list(one)
        found[one.id] = _figures(one, left[one.id], grounds[one.target_id], last.get(one.task_id))
    return found


def left_of_changed(rows: Sequence[Any]) -> dict[int, Figures]:
    """The same for those rows of `queries.lists` that are not walked as planned any more."""
    ids = [row.id for row in rows if row.changed and row.status in LIVE]
    return figures_of(_lists(PickList.id.in_(ids))) if ids else {}


def metres_left_of(wave_id: int) -> int:
    """How far it is through all that is left of a wave."""
    return sum(one.metres or 0 for one in figures_of(_lists(PickList.wave_id == wave_id)).values())


def _lists(which: sa.ColumnElement[bool]) -> Sequence[PickList]:
    return session.execute(sa.select(PickList).where(which).order_by(PickList.id)).scalars().all()


def _figures(pick_list: PickList, stops: Sequence[Stop], grounds: Grounds, last: Point | None) -> Figures:
    floor, start = grounds.floor_of(pick_list.zone), grounds.start_of(pick_list.zone)
    walked = floor.length([last or start, *(stop.point for stop in stops), start])
    lines = sum(stop.last + 1 - stop.first for stop in stops)
    pieces = lines if pick_list.method == Method.PALLET else sum(stop.pieces for stop in stops)
    return Figures(_metres(walked), -(-pace.seconds(0 if walked >= NEVER else walked, lines, pieces) // 60))


def ahead(pick_list: PickList) -> Ahead | None:
    """The same for who walks it, from the place they picked at last. None when nothing is left."""
    stops = _left([pick_list])[pick_list.id]
    if not stops:
        return None
    grounds, here = grounds_of_list(pick_list), last_place(pick_list)
    floor, start = grounds.floor_of(pick_list.zone), grounds.start_of(pick_list.zone)
    points = [stop.point for stop in stops]
    drawn = draw(floor, start, points, [stop.numbers for stop in stops], here or start)
    assert drawn is not None, "there are stops"
    to_next, all_of_it = floor.distance(here or start, points[0]), floor.length([here or start, *points, start])
    places = len({stop.code for stop in stops})
    return Ahead(pick_list.number, stops[0].code, _metres(to_next), places, _metres(all_of_it), drawn)


def walks_of(wave_id: int) -> Drawn | None:
    """What is left of the lists of a wave, each in its colour. None when nothing is left."""
    lists = _lists(PickList.wave_id == wave_id)
    if not lists:
        return None
    left = _left(lists)
    open_lists = [one for one in lists if left[one.id]]
    grounds = grounds_of_list(lists[0])
    ways = []
    for one in open_lists[:MOST_DRAWN]:
        floor, start = grounds.floor_of(one.zone), grounds.start_of(one.zone)
        ways.append(Way(one.number, floor, start, [stop.point for stop in left[one.id]]))
    drawn = draw_all(grounds.floor_of(None), ways)
    return Drawn(len(open_lists), drawn) if drawn else None


def _left(lists: Sequence[PickList]) -> dict[int, list[Stop]]:
    """Where these lists still stop, each in its sequence, read together; lines one after the other at one place are one stop."""
    by_task = {one.task_id: one.id for one in lists}
    line = sa.func.row_number().over(partition_by=Reservation.task_id, order_by=(Reservation.sequence, Reservation.id))
    lines = (
        sa.select(
            Reservation.task_id, Reservation.stock_id, Reservation.quantity, Reservation.stage, Reservation.status, line.label("line")
        )
        .where(among(Reservation.task_id, sorted(by_task)), Reservation.status.in_([Claim.PENDING.value, Claim.POSTED.value]))
        .subquery()
    )
    rows = session.execute(
        sa.select(lines.c.task_id, lines.c.line, Location.code, Location.x_mm, Location.y_mm, Location.aisle)
        .add_columns(pace.handled_in(lines.c.quantity, Product.decimals).label("handled"))
        .join(Stock, Stock.id == lines.c.stock_id)
        .join(Location, Location.id == Stock.location_id)
        .join(Product, Product.id == Stock.product_id)
        .where(lines.c.stage == Stage.RESERVED.value, lines.c.status == Claim.PENDING.value)
        .order_by(lines.c.task_id, lines.c.line)
    )
    found: dict[int, list[Stop]] = {one.id: [] for one in lists}
    for row in rows:
        stops = found[by_task[row.task_id]]
        if stops and (stops[-1].code, stops[-1].last + 1) == (row.code, row.line):
            same = stops.pop()
            stops.append(replace(same, last=row.line, pieces=same.pieces + row.handled))
        else:
            stops.append(Stop(row.code, Point(row.x_mm, row.y_mm, row.aisle), row.line, row.line, row.handled))
    return found


def grounds_of_list(pick_list: PickList) -> Grounds:
    """The floors that a list is walked on, and where its walks begin."""
    target = session.get_one(Location, pick_list.target_id)
    return grounds_of(pick_list.site_id, Place(target.id, target.code, target.zone, Point(target.x_mm, target.y_mm)))


def last_place(pick_list: PickList) -> Point | None:
    """Where the last goods of the list were picked."""
    return _last_places([pick_list]).get(pick_list.task_id)


def _last_places(lists: Sequence[PickList]) -> dict[int, Point]:
    """The same for several lists, by their tasks."""
    tasks = sorted(one.task_id for one in lists)
    its_lines = sa.select(Reservation.order_line_id).where(among(Reservation.task_id, tasks))
    last = (
        sa.select(sa.func.max(Movement.id).label("id"))
        .where(Movement.order_line_id.in_(its_lines), Movement.kind == MovementKind.PICK.value, among(Movement.task_id, tasks))
        .group_by(Movement.task_id)
        .subquery()
    )
    rows = session.execute(
        sa.select(Movement.task_id, Location.x_mm, Location.y_mm, Location.aisle)
        .join(last, last.c.id == Movement.id)
        .join(Location, Location.id == Movement.source_id)
    )
    return {task_id: Point(x, y, aisle) for task_id, x, y, aisle in rows if task_id is not None}


def _metres(millimetres: int) -> int | None:
    return None if millimetres >= NEVER else round(millimetres / 1000)
