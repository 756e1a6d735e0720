"""What is fetched otherwise than planned gets its place in the walk of its list, in the act that changes it.

`place` puts goods that are taken elsewhere where they make the walk longer by the least. `anew` puts all open lines in walking order from
where the picker stands: another lot was chosen, or goods were brought to a face. What the picker has in hand never moves, and what was
skipped stays at the end.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import Any

import sqlalchemy as sa
from sqlalchemy import bindparam

from wms import clock
from wms.db import among, session, table_of
from wms.locations.models import Location
from wms.orders import claims as order_claims
from wms.picking import walks
from wms.picking.grouping import WALK_MS
from wms.picking.models import PickList
from wms.routing.floor import Floor, Point
from wms.routing.plan import plan
from wms.stock.models import Claim, Reservation, Stage, Stock
from wms.tasks.models import Task, TaskStatus, assigned

_R, _P = table_of(Reservation), table_of(PickList)
_OPEN = sa.and_(_R.c.status == Claim.PENDING.value, _R.c.stage == Stage.RESERVED.value)
LATER = 1_000_000
"""What was skipped has a number beyond this, and keeps it."""
MOST_STOPS = 40
"""So many places are walked anew while others wait, in some milliseconds; on a longer list what has moved goes where it fits."""


def later(task_id: int, claim_ids: Sequence[int]) -> None:
    """These lines go to the end of the list."""
    last = session.execute(sa.select(sa.func.max(_R.c.sequence)).where(_R.c.task_id == task_id)).scalar_one()
    session.execute(sa.update(_R).where(_R.c.id.in_(claim_ids)).values(sequence=max(last, LATER) + 1))


def lock_lists(claim_ids: Iterable[int]) -> list[int]:
    """Locks the headers of all orders on the lists of these claims, in id order, with those of the claims themselves; before anything of
    theirs is written. The answer names the tasks of the lists."""
    wanted = sorted(set(claim_ids))
    held = sa.select(_R.c.task_id).join_from(_R, _P, _P.c.task_id == _R.c.task_id).where(among(_R.c.id, wanted))
    tasks = sorted(session.execute(held.distinct()).scalars())
    beside = session.execute(sa.select(_R.c.id).where(among(_R.c.task_id, tasks), _OPEN)).scalars() if tasks else ()
    order_claims.lock_holders({*wanted, *beside})
    return tasks


def place(task_id: int, order_line_id: int) -> None:
    """Claims of a line that have just come on a list (they stand first) go where the walk passes them. The others keep their sequence;
    no row of theirs is written."""
    rows = _open_lines(task_id)
    fresh = [row for row in rows if row.sequence == 0 and row.order_line_id == order_line_id]
    others = [row for row in rows if row not in fresh]
    if not fresh:
        return
    pick_list = _list_of(task_id)
    if others:
        for row, behind in zip(fresh, _follows(pick_list, walks.last_place(pick_list), fresh, others), strict=True):
            if behind:  # with the number of the line it follows: it is younger
                session.execute(sa.update(_R).where(_R.c.id == row.id).values(sequence=others[behind - 1].sequence))
    _walked_anew(task_id)


def anew(task_id: int, moved: Iterable[int], stands_at: Point | None = None) -> None:
    """The open lines of a list in walking order again, for these claims lie elsewhere than they did. `lock_lists` came before.

    They are walked from where the picker `stands_at`; else from the line in hand, which stays the first; else, where nobody has begun,
    from the start of the list.
    """
    rows = [row for row in _open_lines(task_id) if row.sequence <= LATER]
    pick_list, gone = _list_of(task_id), set(moved)
    _walked_anew(task_id)
    in_hand = _in_hand(task_id, rows) if stands_at is None else []
    begin = _point(in_hand[0]) if in_hand else stands_at
    open_ = rows[len(in_hand) :]
    if len({row.location_id for row in open_}) > MOST_STOPS:
        fresh = [row for row in open_ if row.id in gone]
        others = [row for row in open_ if row.id not in gone]
        if fresh and others:
            turns = zip(_follows(pick_list, begin or walks.last_place(pick_list), fresh, others), fresh, strict=True)
            fitted = [(behind, 1, row) for behind, row in turns] + [(number, 0, row) for number, row in enumerate(others, start=1)]
            _number([*in_hand, *(row for *_, row in sorted(fitted, key=lambda one: one[:2]))])
        return
    grounds = walks.grounds_of_list(pick_list)
    floor, start = grounds.floor_of(pick_list.zone), grounds.start_of(pick_list.zone)
    _number([*in_hand, *_in_walking_order(open_, floor, begin or start, start)])


def _in_walking_order(rows: Sequence[Any], floor: Floor, begin: Point, end: Point) -> list[Any]:
    """What lies where one stands comes first; the lines of one place stay together, in their sequence."""
    places = {row.location_id: row for row in rows}
    here = [one for one, row in places.items() if floor.spot(_point(row)) == floor.spot(begin)]
    away = sorted((one for one in places if one not in here), key=lambda one: str(places[one].code))
    tour = plan([_point(places[one]) for one in away], floor, begin, end, budget_ms=WALK_MS)
    turn = {one: number for number, one in enumerate([*here, *(away[at] for at in tour.sequence)])}
    return sorted(rows, key=lambda row: turn[row.location_id])


def _number(rows: Sequence[Any]) -> None:
    """Gives lines their numbers in this sequence, from the lowest they had; only those that get another one are written."""
    lowest = min((row.sequence for row in rows), default=0)
    changed = [{"claim": row.id, "place": lowest + number} for number, row in enumerate(rows) if row.sequence != lowest + number]
    if changed:
        by_id = sa.update(_R).where(_R.c.id == bindparam("claim")).values(sequence=bindparam("place"))
        session.connection().execute(by_id, sorted(changed, key=lambda one: one["claim"]))


def _follows(pick_list: PickList, begin: Point | None, fresh: Sequence[Any], others: Sequence[Any]) -> list[int]:
    """Behind how many of the others each of these lines makes the walk longer by the least."""
    grounds = walks.grounds_of_list(pick_list)
    floor, start = grounds.floor_of(pick_list.zone), grounds.start_of(pick_list.zone)
    way = [begin or start, *(_point(row) for row in others), start]
    found = []
    for row in fresh:
        here = _point(row)
        longer = [floor.distance(one, here) + floor.distance(here, two) - floor.distance(one, two) for one, two in pairwise(way)]
        found.append(longer.index(min(longer)))
    return found


def _open_lines(task_id: int) -> list[Any]:
    """What is left to pick on a list, in its sequence, with where it lies."""
    return list(
        session.execute(
            sa.select(Reservation.id, Reservation.sequence, Reservation.order_line_id, Stock.location_id)
            .add_columns(Location.code, Location.x_mm, Location.y_mm, Location.aisle)
            .join(Stock, Stock.id == Reservation.stock_id)
            .join(Location, Location.id == Stock.location_id)
            .where(Reservation.task_id == task_id, Reservation.status == Claim.PENDING.value, Reservation.stage == Stage.RESERVED.value)
            .order_by(Reservation.sequence, Reservation.id)
        )
    )


def _in_hand(task_id: int, rows: Sequence[Any]) -> list[Any]:
    """The lines at the place that the picker goes to or stands at; none where nobody has begun the list."""
    task = session.execute(sa.select(Task.status, Task.assigned_at).where(Task.id == task_id)).one()
    if not rows or task.status != TaskStatus.CLAIMED or assigned(task.status, task.assigned_at):
        return []
    there = (number for number, row in enumerate(rows) if row.location_id != rows[0].location_id)
    return list(rows[: next(there, len(rows))])


def _point(row: Any) -> Point:
    return Point(row.x_mm, row.y_mm, row.aisle)


def _list_of(task_id: int) -> PickList:
    return session.execute(sa.select(PickList).where(PickList.task_id == task_id)).scalar_one()


def _walked_anew(task_id: int) -> None:
    """What was planned for the list is not what is walked any more."""
    session.execute(sa.update(_P).where(_P.c.task_id == task_id).values(walked_anew_at=clock.now()))
