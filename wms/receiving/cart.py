"""Several plates and loose goods on one cart, put away piece by piece on one walk."""

from __future__ import annotations

import contextlib
import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from wms.actor import Actor
from wms.catalog.models import Product
from wms.db import session
from wms.errors import Conflict, Refused
from wms.i18n import T
from wms.locations.floors import kept_floor_of_site
from wms.locations.models import Location
from wms.receiving import putaway
from wms.routing.floor import Point
from wms.stock.models import HandlingUnit
from wms.tasks import queue
from wms.tasks.models import Task, TaskKind, TaskStatus

MOST = 20
KEPT_FOR = dt.timedelta(hours=8)  # goods on a cart that its worker left stay theirs for a shift
_KINDS = (TaskKind.PUTAWAY.value, TaskKind.PUT_BACK.value)


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


def keep(on_it: Sequence[int], *, by: Actor) -> list[int]:
    """The worker goes, and the goods stay on the cart: the work stays theirs for a shift. What is over or somebody else's by now is left
    out."""
    kept = []
    for task_id in on_it:
        with contextlib.suppress(queue.TaskOver, Conflict):
            kept.append(queue.claim(task_id, by=by, lease=KEPT_FOR).id)
    return kept


def kept(*, by: Actor) -> list[int]:
    """What lies on the cart that this worker left."""
    rows = session.execute(
        sa.select(Task.id)
        .where(
            Task.person_id == by.id,
            Task.site_id == by.site_id,
            Task.status == TaskStatus.CLAIMED.value,
            Task.kind.in_(_KINDS),
        )
        .order_by(Task.id)
        .limit(MOST)
    )
    return list(rows.scalars())


@dataclass(frozen=True)
class Lying:
    """One piece of work on a cart, for people: the goods, and where the book still has them."""

    what: str
    place: str


def lying(on_it: Sequence[int]) -> list[Lying]:
    """What is on a cart, in words: plates by their number, loose goods by their product's code."""
    rows = session.execute(
        sa.select(HandlingUnit.code, Product.sku, Location.code)
        .select_from(Task)
        .join(Product, Product.id == Task.product_id)
        .join(Location, Location.id == Task.source_id)
        .outerjoin(HandlingUnit, HandlingUnit.id == Task.handling_unit_id)
        .where(Task.id.in_(on_it))
        .order_by(Task.id)
    )
    return [Lying(code or sku, place) for code, sku, place in rows]


def leave(on_it: Sequence[int], *, by: Actor) -> None:
    """What is still on the cart goes back to the queue; what is over by now is let be."""
    for task_id in on_it:
        with contextlib.suppress(queue.TaskOver):
            queue.give_back(task_id, by=by)
