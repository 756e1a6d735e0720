"""Several plates and loose goods on one cart, put away piece by piece on one walk."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence

import sqlalchemy as sa

from wms.actor import Actor
from wms.db import session
from wms.errors import Refused
from wms.i18n import T
from wms.locations.floors import kept_floor_of_site
from wms.locations.models import Location
from wms.receiving import putaway
from wms.routing.floor import Point
from wms.tasks import queue
from wms.tasks.models import Task, TaskStatus

MOST = 20


class CartFull(Refused):
    """A cart takes so many pieces of work."""

    code = "cart_full"
    sentence = T("{most} are on the cart", "推车上已有 {most} 项")
    advice = T("Choose Done, and put these away first", "请点“完成”，先上架这些货物")


class OnCart(Refused):
    """It was taken already."""

    code = "on_cart"
    sentence = T("{what} is on the cart already", "{what} 已在推车上")
    advice = T("Scan other goods, or choose Done", "请扫描其他货物，或点“完成”")


def take(task: Task, on_it: Sequence[int], *, what: str) -> list[int]:
    """The cart with one piece of work more. Raises CartFull, OnCart."""
    if task.id in on_it:
        raise OnCart(what=what)
    if len(on_it) >= MOST:
        raise CartFull(most=MOST)
    return [*on_it, task.id]


def next_stop(on_it: Sequence[int], here: int | None, *, by: Actor) -> tuple[Task | None, list[int]]:
    """The work whose place is nearest to where the worker stands, its claim renewed, and what is still on the cart. What somebody else
    has taken over meanwhile is left out; work without a place comes last."""
    tasks = session.execute(
        sa.select(Task)
        .where(Task.id.in_(on_it), Task.person_id == by.id, Task.status == TaskStatus.CLAIMED.value)
        .order_by(Task.id)
        .execution_options(populate_existing=True)
    ).scalars()
    mine = [task for task in tasks if putaway.standing(task) is not None]
    if not mine:
        return None, []
    start = here if here is not None else mine[0].source_id
    rows = session.execute(
        sa.select(Location.id, Location.x_mm, Location.y_mm, Location.aisle).where(
            Location.id.in_({start, *(task.target_id for task in mine if task.target_id is not None)})
        )
    )
    places = {row.id: Point(row.x_mm, row.y_mm, row.aisle) for row in rows}
    floor = kept_floor_of_site(by.site_id)

    def way(task: Task) -> tuple[bool, int, int]:
        """Along the aisles, never through the racks."""
        if task.target_id is None or start is None:
            return True, 0, task.id
        return False, floor.distance(places[start], places[task.target_id]), task.id

    return queue.claim(min(mine, key=way).id, by=by), [task.id for task in mine]


def leave(on_it: Sequence[int], *, by: Actor) -> None:
    """What is still on the cart goes back to the queue; what is over by now is let be."""
    for task_id in on_it:
        with contextlib.suppress(queue.TaskOver):
            queue.give_back(task_id, by=by)
