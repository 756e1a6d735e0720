"""A count is opened, worked place by place, recounted by somebody else where it differs, approved or refused, and posted."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy.orm import aliased

from wms import clock, events
from wms.actor import Actor
from wms.catalog.models import Product
from wms.db import fold, session
from wms.errors import Conflict, NotFound, Refused
from wms.i18n import T
from wms.locations.models import Kind, Location
from wms.numbers import document_number, own_number
from wms.states import StateMachine
from wms.stock.models import Batch, Stock
from wms.stocktake.models import CountLine, CountPlace, CountPlan, CountStatus
from wms.tasks import queue
from wms.tasks.models import Task, TaskKind, TaskStatus

S = CountStatus
MOVES = StateMachine(
    S,
    {
        S.OPEN: [S.RECOUNT, S.REVIEW, S.POSTED, S.REFUSED],
        S.RECOUNT: [S.REVIEW, S.POSTED, S.REFUSED],
        S.REVIEW: [S.RECOUNT, S.POSTED, S.REFUSED],
        S.POSTED: [],
        S.REFUSED: [],
    },
)


class CountUnknown(NotFound):
    """No such count at this site."""

    code = "count_unknown"
    sentence = T("There is no count {number}", "没有此盘点单：{number}")


class NothingToCount(Refused):
    """The choice of places is empty."""

    code = "nothing_to_count"
    sentence = T("No location matches this choice", "没有符合条件的库位")
    advice = T("Name locations, products, a zone or a class", "请指定库位、商品、库区或分类")


class CountOver(Conflict):
    """The count was posted or refused meanwhile."""

    code = "count_over"
    sentence = T("Count {number} is finished", "盘点单 {number} 已结束")


class PlaceCounted(Refused):
    """The place was counted, and what differs there is not decided yet: another count would tell the same difference again."""

    code = "place_counted"
    sentence = T("{location} is counted in {number}; a supervisor decides", "{location} 已在 {number} 中盘完，待主管审批")
    advice = T("Go on with another location", "请盘其他库位")


# -- opening -----------------------------------------------------------------------------------------------------------


def open_count(
    *,
    by: Actor,
    locations: Sequence[str] = (),
    skus: Sequence[str] = (),
    zone: str | None = None,
    abc: str | None = None,
    blind: bool = True,
    tolerance: int = 0,
    reason: str | None = None,
) -> CountPlan:
    """Opens a count of the named locations, of wherever the named products lie, of a zone, or of an ABC class.

    One task per location is offered, in walking order. Raises NothingToCount, NotFound for a name that is unknown.
    """
    places = _places(by, locations, skus, zone, abc)
    if not places:
        raise NothingToCount
    product_id = product_of(skus[0]).id if len(skus) == 1 and not locations else None
    count = CountPlan(
        site_id=by.site_id,
        number=document_number("C", CountPlan.number),
        blind=blind,
        tolerance=tolerance,
        status=S.OPEN.value,
        reason=reason,
        product_id=product_id,
        created_at=clock.now(),
        by_id=by.id,
    )
    session.add(count)
    session.flush()  # places and tasks name it
    for sequence, place in enumerate(places, 1):
        task = queue.offer(TaskKind.COUNT, site_id=by.site_id, document=count.number, source_id=place.id, priority=4, reasons=[])
        session.add(CountPlace(count_id=count.id, location_id=place.id, sequence=sequence, task_id=task.id))
    session.flush()
    events.record(count, "count.opened", by=by, places=len(places))
    return count


def adopt(task: Task, *, by: Actor) -> CountPlan:
    """The count behind a count task. A task that a short pick or an emptied face offered gets its count now, of its one place; what lies
    there beside the product that was missed stays as it is."""
    if task.document:
        found = session.execute(sa.select(CountPlan).where(CountPlan.number == task.document)).scalar_one_or_none()
        if found is not None:
            return found
    assert task.source_id is not None, "a count task names its place"
    count = CountPlan(
        site_id=by.site_id,
        number=document_number("C", CountPlan.number),
        blind=True,
        tolerance=0,
        status=S.OPEN.value,
        product_id=task.product_id,
        created_at=clock.now(),
        by_id=by.id,
    )
    session.add(count)
    session.flush()  # the place names it
    session.add(CountPlace(count_id=count.id, location_id=task.source_id, sequence=1, task_id=task.id))
    session.execute(sa.update(Task).where(Task.id == task.id).values(document=count.number))
    session.flush()
    return count


def _places(by: Actor, codes: Sequence[str], skus: Sequence[str], zone: str | None, abc: str | None) -> list[Location]:
    query = sa.select(Location).where(Location.site_id == by.site_id, Location.kind != Kind.VIRTUAL.value)
    if codes:
        known = {one.code_key: one for one in session.execute(query.where(Location.code_key.in_([fold(c) for c in codes]))).scalars()}
        for code in codes:
            if fold(code) not in known:
                raise NotFound(what=T("location", "库位"), code=code)
        found = list(known.values())
    elif skus or abc:
        products = [product_of(sku).id for sku in skus]
        holding = sa.select(Stock.location_id).join(Product, Product.id == Stock.product_id).where(Stock.on_hand != 0)
        chosen = Stock.product_id.in_(products) if products else sa.func.lower(Product.abc) == (abc or "").strip().lower()
        holding = holding.where(chosen)
        found = list(session.execute(query.where(Location.id.in_(holding))).scalars())
    elif zone:
        found = list(session.execute(query.where(sa.func.lower(Location.zone) == zone.strip().lower())).scalars())
    else:
        found = []
    return sorted(found, key=lambda one: (one.zone or "", one.x_mm, one.y_mm, one.z_mm, one.code_key))


def product_of(sku: str) -> Product:
    found = session.execute(sa.select(Product).where(Product.sku_key == fold(sku))).scalar_one_or_none()
    if found is None:
        raise NotFound(what=T("product", "商品"), code=sku)
    return found


def find(number: str, *, by: Actor) -> CountPlan:
    """The count with this number at the person's site; raises CountUnknown."""
    found = session.execute(
        sa.select(CountPlan).where(CountPlan.number == own_number(number), CountPlan.site_id == by.site_id)
    ).scalar_one_or_none()
    if found is None:
        raise CountUnknown(number=number)
    return found


def locked(count_id: int) -> CountPlan:
    session.execute(sa.select(CountPlan.id).where(CountPlan.id == count_id).with_for_update(key_share=True))
    return session.execute(sa.select(CountPlan).where(CountPlan.id == count_id).execution_options(populate_existing=True)).scalar_one()


def locked_open(count_id: int) -> CountPlan:
    count = locked(count_id)
    if count.status in (S.POSTED, S.REFUSED):
        raise CountOver(number=count.number)
    return count


def count_of_place(location: Location, *, by: Actor) -> CountPlan:
    """The open count that a location belongs to, oldest first; when there is none, one is opened for it on the spot.

    Raises PlaceCounted while what differs there waits for a supervisor.
    """
    here = (
        sa.select(CountPlan)
        .join(CountPlace, CountPlace.count_id == CountPlan.id)
        .where(CountPlan.site_id == by.site_id, CountPlace.location_id == location.id)
        .order_by(CountPlan.id)
        .limit(1)
    )
    found = session.execute(here.where(CountPlan.status.in_([S.OPEN.value, S.RECOUNT.value]))).scalar_one_or_none()
    if found is not None:
        return found
    whole = here.where(CountPlan.status == S.REVIEW.value, CountPlan.product_id.is_(None))
    waiting = session.execute(whole).scalar_one_or_none()
    if waiting is not None:
        raise PlaceCounted(location=location.code, number=waiting.number)
    return open_count(by=by, locations=[location.code])


def change(count: CountPlan, wanted: CountStatus, *, by: Actor) -> None:
    state = S(count.status)
    if state == wanted:
        return
    MOVES.check(count.number, state, wanted)
    count.status = wanted.value
    if wanted in (S.POSTED, S.REFUSED):
        count.ended_at, count.ended_by_id = clock.now(), by.id
        for place in count.places:
            task = session.get(Task, place.task_id, populate_existing=True) if place.task_id else None
            if task is not None and task.status in (TaskStatus.OPEN, TaskStatus.CLAIMED, TaskStatus.WAITING):
                queue.cancel(task.id)
    session.flush()  # the event is a Core statement
    events.record(count, f"count.{wanted.value}", by=by)


def differing(count: CountPlan) -> list[CountLine]:
    """The lines that need a second look: off by more than the tolerance, or goods that have changed their condition or owner."""
    off = [line for line in count.lines if line.difference]
    together: dict[tuple[int, int], list[CountLine]] = {}
    for line in off:
        together.setdefault((line.location_id, line.product_id), []).append(line)
    return [
        line
        for line in off
        if abs(line.difference or 0) > count.tolerance
        or any(_swapped(line, other) for other in together[(line.location_id, line.product_id)])
    ]


def _swapped(line: CountLine, other: CountLine) -> bool:
    """More of one sort and less of another of the same product at the same place: no tolerance covers that."""
    if ((line.difference or 0) > 0) == ((other.difference or 0) > 0):
        return False
    if line.condition != other.condition:
        return True
    return session.get_one(Batch, line.batch_id).owner_id != session.get_one(Batch, other.batch_id).owner_id


def is_differing() -> sa.ColumnElement[bool]:
    """The same as `differing`, for a query over CountLine and CountPlan."""
    other, mine, its = aliased(CountLine), aliased(Batch), aliased(Batch)
    swapped = (
        sa.select(other.id)
        .join(its, its.id == other.batch_id)
        .join(mine, mine.id == CountLine.batch_id)
        .where(
            other.count_id == CountLine.count_id,
            other.location_id == CountLine.location_id,
            other.product_id == CountLine.product_id,
            sa.or_(
                sa.and_(other.difference > 0, CountLine.difference < 0),
                sa.and_(other.difference < 0, CountLine.difference > 0),
            ),
            sa.or_(other.condition != CountLine.condition, its.owner_id.is_distinct_from(mine.owner_id)),
        )
        .correlate(CountLine, CountPlan)
    )
    return sa.or_(sa.func.abs(CountLine.difference) > CountPlan.tolerance, swapped.exists())


def settled(line: CountLine) -> bool:
    """Two people have counted it."""
    return len({entry.person_id for entry in line.entries}) >= 2


def recounts(count: CountPlan, *, by: Actor) -> set[int]:
    """The locations where a difference that somebody else found alone waits for this person's recount."""
    alone = (line for line in differing(count) if len(line.entries) == 1)
    return {line.location_id for line in alone if line.entries[0].person_id != by.id}


def taken(count: CountPlan, *, by: Actor) -> set[int]:
    """The locations of a count that somebody else is at work on, or on the way to."""
    held = sa.select(CountPlace.location_id).join(Task, Task.id == CountPlace.task_id)
    held = held.where(CountPlace.count_id == count.id, Task.status == TaskStatus.CLAIMED.value, Task.person_id != by.id)
    return set(session.execute(held.where(Task.lease_until >= clock.now())).scalars())
