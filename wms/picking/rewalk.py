"""Goods that a list is to fetch instead of others get their place in its walk: where they make it longer by the least."""

from __future__ import annotations

from itertools import pairwise

import sqlalchemy as sa

from wms.db import session, table_of
from wms.locations.models import Location
from wms.picking import walks
from wms.picking.models import PickList
from wms.routing.floor import Point
from wms.stock.models import Claim, Reservation, Stage, Stock

_R = table_of(Reservation)


def place(task_id: int, order_line_id: int) -> None:
    """Claims of a line that have just come on a list (they stand first) go where the walk passes them. The others keep their sequence;
    no row of theirs is written."""
    rows = session.execute(
        sa.select(Reservation.id, Reservation.sequence, Reservation.order_line_id, Location.x_mm, Location.y_mm, Location.aisle)
        .join(Stock, Stock.id == Reservation.stock_id)
        .join(Location, Location.id == Stock.location_id)
        .where(Reservation.task_id == task_id, Reservation.status == Claim.PENDING.value, Reservation.stage == Stage.RESERVED.value)
        .order_by(Reservation.sequence, Reservation.id)
    ).all()
    fresh = [row for row in rows if row.sequence == 0 and row.order_line_id == order_line_id]
    others = [row for row in rows if row not in fresh]
    if not fresh or not others:
        return
    pick_list = session.execute(sa.select(PickList).where(PickList.task_id == task_id)).scalar_one()
    grounds = walks.grounds_of_list(pick_list)
    floor, start = grounds.floor_of(pick_list.zone), grounds.start_of(pick_list.zone)
    way = [walks.last_place(pick_list) or start, *(Point(row.x_mm, row.y_mm, row.aisle) for row in others), start]
    for row in fresh:
        here = Point(row.x_mm, row.y_mm, row.aisle)
        longer = [floor.distance(one, here) + floor.distance(here, two) - floor.distance(one, two) for one, two in pairwise(way)]
        after = longer.index(min(longer))
        if after:  # it has the number of the line it follows, and is younger
            session.execute(sa.update(_R).where(_R.c.id == row.id).values(sequence=others[after - 1].sequence))
