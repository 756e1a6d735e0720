"""A count is opened as one place after another; how far it is, its places say."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from wms import clock, events
from wms.actor import Actor
from wms.catalog.models import Product
from wms.db import among, fold, session, table_of
from wms.errors import Conflict, NotFound, Refused
from wms.i18n import T
from wms.locations.models import Kind, Location
from wms.numbers import document_number, number_apart, own_number
from wms.states import StateMachine
from wms.stock.models import Stock
from wms.stocktake.models import AGAIN, ENDED, FIRST, CountEntry, CountLine, CountPlace, CountPlan, CountStatus, CountVisit, PlaceState
from wms.tasks import queue
from wms.tasks.models import LIVE, Task, TaskKind, TaskStatus

S, P = CountStatus, PlaceState
MOVES = StateMachine(
    S,
    {
        S.OPEN: [S.RECOUNT, S.REVIEW, S.POSTED, S.REFUSED],
        S.RECOUNT: [S.OPEN, S.REVIEW, S.POSTED, S.REFUSED],
        S.REVIEW: [S.OPEN, S.RECOUNT, S.POSTED, S.REFUSED],
        S.POSTED: [],
        S.REFUSED: [],
    },
)
PLACE_MOVES = StateMachine(
    P,
    {
        P.OPEN: [P.COUNTING, P.COUNTED, P.RECOUNT, P.REVIEW, P.POSTED, P.REFUSED],
        P.COUNTING: [P.OPEN, P.COUNTED, P.RECOUNT, P.REVIEW, P.POSTED, P.REFUSED],
        P.COUNTED: [P.RECOUNT, P.THIRD, P.REVIEW, P.POSTED, P.REFUSED],
        P.RECOUNT: [P.COUNTED, P.THIRD, P.REVIEW, P.POSTED, P.REFUSED],
        P.THIRD: [P.COUNTED, P.REVIEW, P.POSTED, P.REFUSED],
        P.REVIEW: [P.RECOUNT, P.THIRD, P.POSTED, P.REFUSED],
        P.POSTED: [],
        P.REFUSED: [],
    },
)
_T, _L, _P = table_of(Task), table_of(Location), table_of(CountPlace)


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


class PlaceOver(CountOver):
    """The place was posted or refused meanwhile; its count may go on."""

    code = "place_over"
    sentence = T("{location} is finished in {number}", "{location} 在 {number} 中已结束")
    advice = T("Go on with another location", "请盘其他库位")


class PlaceCounted(Refused):
    """The place was counted, and what differs there is not decided yet: another count would tell the same difference again."""

    code = "place_counted"
    sentence = T("{location} is counted in {number}; a supervisor decides", "{location} 已在 {number} 中盘完，待主管审批")
    advice = T("Go on with another location", "请盘其他库位")


class NotInThisCount(Refused):
    """The location does not belong to the count."""

    code = "not_in_this_count"
    sentence = T("{location} is not part of count {number}", "{location} 不在盘点单 {number} 内")
    advice = T("Scan a location of this count", "请扫描本盘点单的库位")


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

    Raises NothingToCount, NotFound for a name that is unknown.
    """
    product_id = product_of(skus[0]).id if len(skus) == 1 and not locations else None
    chosen = _chosen(by, locations, skus, zone, abc)
    return open_plan(chosen, by=by, blind=blind, tolerance=tolerance, reason=reason, product_id=product_id)


def open_plan(
    location_ids: Sequence[int] | sa.Select[tuple[int]],
    *,
    by: Actor,
    blind: bool = True,
    tolerance: int = 0,
    reason: str | None = None,
    product_id: int | None = None,
    priority: int = 4,
    reasons: Sequence[dict[str, Any]] = (),
    **header: Any,
) -> CountPlan:
    """Opens a count of these locations of the site, however many: a few statements, whatever they hold. `header` is more of CountPlan.

    One task per place is offered, in walking order. Raises NothingToCount.
    """
    wanted = _L.c.id.in_(location_ids) if isinstance(location_ids, sa.Select) else among(_L.c.id, list(location_ids))
    here = sa.and_(wanted, _L.c.site_id == by.site_id, _L.c.kind != Kind.VIRTUAL.value)
    columns = (_L.c.id, _L.c.zone, _L.c.aisle, _L.c.x_mm, _L.c.y_mm, _L.c.z_mm, _L.c.code_key)
    places = walking_order(session.execute(sa.select(*columns).where(here)).all())
    if not places:
        raise NothingToCount
    count = CountPlan(
        site_id=by.site_id,
        number=(number_apart if len(places) > AT_ONCE else document_number)("C", CountPlan.number),
        blind=blind,
        tolerance=tolerance,
        status=S.OPEN.value,
        reason=reason,
        product_id=product_id,
        created_at=clock.now(),
        by_id=by.id,
        **header,
    )
    session.add(count)
    session.flush()  # places and tasks name it
    for begin in range(0, len(places), AT_ONCE):
        ids = [place.id for place in places[begin : begin + AT_ONCE]]
        queue.put_all(TaskKind.COUNT, ids, site_id=by.site_id, document=count.number, priority=priority, reasons=list(reasons))
        _put_places(count, behind=begin)
    events.record(count, "count.opened", by=by, places=len(places))
    return count


AT_ONCE = 5_000
"""So many places are written by one statement: none takes as long as the database allows a statement."""


def _put_places(count: CountPlan, *, behind: int) -> None:
    """A place for each task of the count that has none yet, in the order of the tasks; so many places come before them."""
    mine = sa.and_(_T.c.document == count.number, _T.c.site_id == count.site_id, _T.c.kind == TaskKind.COUNT.value)
    last = sa.select(sa.func.coalesce(sa.func.max(_P.c.task_id), 0)).where(_P.c.count_id == count.id, _P.c.sequence == behind)
    sequence = behind + sa.func.row_number().over(order_by=_T.c.id)
    rows = sa.select(
        sa.literal(count.id, sa.BigInteger), _T.c.source_id, _T.c.zone, sequence, sa.literal(P.OPEN.value), _T.c.id, sa.literal(0)
    )
    names = ["count_id", "location_id", "zone", "sequence", "state", "task_id", "stake"]
    rows = rows.where(mine, _T.c.id > last.scalar_subquery())
    session.execute(sa.insert(_P).from_select(names, rows, include_defaults=False))


def walking_order(places: Sequence[Any]) -> list[Any]:
    """Locations as somebody walks past them: zone after zone, up one aisle and down the next, from the floor to the top."""
    aisles: dict[tuple[str, str], list[Any]] = {}
    for place in places:
        aisles.setdefault((place.zone or "", place.aisle or f"x{place.x_mm:012}"), []).append(place)
    in_turn = sorted(aisles, key=lambda aisle: (aisle[0], min(one.x_mm for one in aisles[aisle]), aisle[1]))
    walk: list[Any] = []
    for turn, aisle in enumerate(in_turn):
        back = -1 if turn % 2 else 1
        walk += sorted(aisles[aisle], key=lambda one: (back * one.y_mm, one.x_mm, one.z_mm, one.code_key))
    return walk


def adopt(task: Task, *, by: Actor) -> CountPlan:
    """The count behind a count task. A task that a short pick or an emptied face offered gets its count now, of its one place; what lies
    there beside the product that was missed stays as it is."""
    if task.document:
        found = session.execute(
            sa.select(CountPlan).where(CountPlan.number == task.document, CountPlan.site_id == task.site_id)
        ).scalar_one_or_none()
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
    session.add(CountPlace(count_id=count.id, location_id=task.source_id, zone=task.zone, sequence=1, state=P.OPEN.value, task_id=task.id))
    session.execute(sa.update(Task).where(Task.id == task.id).values(document=count.number))
    session.flush()
    return count


def _chosen(by: Actor, codes: Sequence[str], skus: Sequence[str], zone: str | None, abc: str | None) -> sa.Select[tuple[int]]:
    query = sa.select(Location.id).where(Location.site_id == by.site_id, Location.kind != Kind.VIRTUAL.value)
    if codes:
        wanted = {fold(code): code for code in codes}
        chosen = query.where(Location.code_key.in_(wanted))
        known = set(session.execute(chosen.with_only_columns(Location.code_key)).scalars())
        for key, code in wanted.items():
            if key not in known:
                raise NotFound(what=T("location", "库位"), code=code)
        return chosen
    if skus or abc:
        products = [product_of(sku).id for sku in skus]
        holding = sa.select(Stock.location_id).join(Product, Product.id == Stock.product_id).where(Stock.on_hand != 0)
        one_of = Stock.product_id.in_(products) if products else sa.func.lower(Product.abc) == (abc or "").strip().lower()
        return query.where(Location.id.in_(holding.where(one_of)))
    if zone:
        return query.where(sa.func.lower(Location.zone) == zone.strip().lower())
    return query.where(sa.false())


def product_of(sku: str) -> Product:
    found = session.execute(sa.select(Product).where(Product.sku_key == fold(sku))).scalar_one_or_none()
    if found is None:
        raise NotFound(what=T("product", "商品"), code=sku)
    return found


# -- looking up --------------------------------------------------------------------------------------------------------


def find(number: str, *, by: Actor) -> CountPlan:
    """The count with this number at the person's site; raises CountUnknown."""
    found = session.execute(
        sa.select(CountPlan).where(CountPlan.number == own_number(number), CountPlan.site_id == by.site_id)
    ).scalar_one_or_none()
    if found is None:
        raise CountUnknown(number=number)
    return found


def must_be_open(count: CountPlan) -> None:
    """Raises CountOver once it was posted or refused."""
    if count.status in (S.POSTED, S.REFUSED):
        raise CountOver(number=count.number)


def find_place(count_id: int, location_id: int) -> CountPlace:
    """The place of a count at a location; raises NotInThisCount."""
    found = session.execute(
        sa.select(CountPlace).where(CountPlace.count_id == count_id, CountPlace.location_id == location_id)
    ).scalar_one_or_none()
    if found is None:
        raise NotInThisCount(location=code_of(location_id), number=session.get_one(CountPlan, count_id).number)
    return found


def locked_place(count_id: int, location_id: int) -> CountPlace:
    """A place of a count that nobody else counts, judges or decides until this transaction ends.

    Raises NotInThisCount, CountOver, PlaceOver.
    """
    place = relocked(find_place(count_id, location_id).id)
    if place.state in ENDED:
        count = session.get_one(CountPlan, count_id, populate_existing=True)
        must_be_open(count)
        raise PlaceOver(location=code_of(location_id), number=count.number)
    return place


def relocked(place_id: int) -> CountPlace:
    session.execute(sa.select(CountPlace.id).where(CountPlace.id == place_id).with_for_update(key_share=True))
    return session.execute(sa.select(CountPlace).where(CountPlace.id == place_id).execution_options(populate_existing=True)).scalar_one()


def lines_at(place_id: int) -> list[CountLine]:
    """What is known of a place: few rows, however large the count is."""
    return list(session.execute(sa.select(CountLine).where(CountLine.place_id == place_id).order_by(CountLine.id)).scalars())


def code_of(location_id: int) -> str:
    return session.execute(sa.select(Location.code).where(Location.id == location_id)).scalar_one()


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
    found = session.execute(here.where(CountPlace.state.in_([*FIRST, *AGAIN]))).scalar_one_or_none()
    if found is not None:
        return found
    decided = CountPlace.state.in_([P.REVIEW.value, P.COUNTED.value])
    waiting = session.execute(here.where(decided, CountPlan.product_id.is_(None))).scalar_one_or_none()
    if waiting is not None:
        raise PlaceCounted(location=location.code, number=waiting.number)
    return open_count(by=by, locations=[location.code])


def is_open_at(location_id: Any) -> sa.ColumnElement[bool]:
    """Whether a place of some count is at a location, and has not ended. One that asks for a single product (what a picker missed, what
    unknown goods are) leaves everything else there uncounted: it is none."""
    place, plan = _P.alias("open_here"), table_of(CountPlan).alias("its_count")
    there = sa.select(sa.literal(1)).select_from(place.join(plan, plan.c.id == place.c.count_id))
    there = there.where(place.c.location_id == location_id, place.c.state.not_in(ENDED), plan.c.product_id.is_(None))
    return there.correlate_except(place, plan).exists()


# -- how far it is -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Progress:
    """How many places a count has, and how they stand."""

    of: int = 0
    counted: int = 0
    """Somebody has counted them, and said that there is nothing more."""
    again: int = 0
    """Somebody else is to count them."""
    review: int = 0
    ended: int = 0


def progress(count_id: int) -> Progress:
    """How far a count is: read from an index, whatever its size."""
    return _told(session.execute(_STANDS.where(_P.c.count_id == count_id).group_by(_P.c.state)).all())


def progress_by_zone(count_id: int) -> list[tuple[str | None, Progress]]:
    """The same, zone by zone."""
    rows = session.execute(_STANDS.add_columns(_P.c.zone).where(_P.c.count_id == count_id).group_by(_P.c.zone, _P.c.state)).all()
    zones = sorted({row.zone for row in rows}, key=lambda zone: zone or "")
    return [(zone, _told([row for row in rows if row.zone == zone])) for zone in zones]


_STANDS = sa.select(_P.c.state, sa.func.count().label("places"))


def _told(rows: Sequence[Any]) -> Progress:
    states = {row.state: row.places for row in rows}
    return Progress(
        of=sum(states.values()),
        counted=sum(many for state, many in states.items() if state not in FIRST),
        again=sum(states.get(state, 0) for state in AGAIN),
        review=states.get(P.REVIEW.value, 0),
        ended=sum(states.get(state, 0) for state in ENDED),
    )


def settle(count_id: int, *, by: Actor) -> CountPlan:
    """The last thing of whatever changed a place: the count is as far as the place that is farthest behind, looked at under its own lock.

    Whoever comes here holds no other count's lock, and locks nothing after it.
    """
    session.flush()
    session.execute(sa.select(CountPlan.id).where(CountPlan.id == count_id).with_for_update(key_share=True))
    count = session.execute(sa.select(CountPlan).where(CountPlan.id == count_id).execution_options(populate_existing=True)).scalar_one()

    def any_in(*states: str) -> bool:
        there = sa.select(_P.c.id).where(_P.c.count_id == count_id, _P.c.state.in_(states)).limit(1)
        return session.execute(there).first() is not None

    for wanted, states in (
        (S.OPEN, (*FIRST, P.COUNTED.value)),
        (S.RECOUNT, AGAIN),
        (S.REVIEW, (P.REVIEW.value,)),
    ):
        if any_in(*states):
            return _change(count, wanted, by=by)
    posted = sa.select(CountLine.id).join(CountPlace).where(CountPlace.count_id == count_id, CountLine.posted != 0).limit(1)
    refused = any_in(P.REFUSED.value) and session.execute(posted).first() is None
    return _change(count, S.REFUSED if refused else S.POSTED, by=by)


def _change(count: CountPlan, wanted: CountStatus, *, by: Actor) -> CountPlan:
    state = S(count.status)
    if state == wanted:
        return count
    MOVES.check(count.number, state, wanted)
    count.status = wanted.value
    if wanted in (S.POSTED, S.REFUSED):
        count.ended_at, count.ended_by_id = clock.now(), by.id
    session.flush()  # the event is a Core statement
    events.record(count, f"count.{wanted.value}", by=by)
    return count


def differs_for(by: Actor) -> sa.ColumnElement[bool]:
    """Places where somebody else who is not done has written down something else than the book has."""
    off = CountEntry.quantity != CountEntry.book + CountEntry.correction
    return (
        sa.exists()
        .where(
            CountLine.place_id == CountPlace.id,
            CountEntry.line_id == CountLine.id,
            CountVisit.place_id == CountPlace.id,
            CountVisit.person_id == CountEntry.person_id,
            CountVisit.closed_at.is_(None),
            CountEntry.person_id != by.id,
            off,
        )
        .correlate(CountPlace)
    )


def put(place: CountPlace, wanted: PlaceState) -> None:
    """A place moves on; it is locked. What ends it takes its work out of the queue."""
    state = P(place.state)
    if state == wanted:
        return
    PLACE_MOVES.check(code_of(place.location_id), state, wanted)
    place.state = wanted.value
    if wanted.value in ENDED:
        place.ended_at = clock.now()
        if place.task_id is not None:
            cancel_work([place.task_id])


def refuse_all(place_ids: Sequence[int], *, by: Actor) -> None:
    """These places, which are locked, end without a word in the book: two statements, however many they are."""
    work = sa.select(_P.c.task_id).where(among(_P.c.id, list(place_ids)), _P.c.task_id.is_not(None))
    task_ids = list(session.execute(work).scalars())
    refused = {"state": P.REFUSED.value, "ended_at": clock.now(), "decided_by_id": by.id}
    session.execute(sa.update(_P).where(among(_P.c.id, list(place_ids))).values(refused))
    for place in session:
        if isinstance(place, CountPlace):
            session.expire(place)
    cancel_work([task_id for task_id in task_ids if task_id is not None])


def cancel_work(task_ids: Sequence[int]) -> None:
    """Tasks that nobody needs to do any more, however many; those that have ended stay as they are."""
    session.execute(
        sa.update(_T)
        .where(among(_T.c.id, sorted(task_ids)), _T.c.status.in_(LIVE))
        .values(status=TaskStatus.CANCELLED.value, done_at=clock.now(), lease_until=None)
    )
    for task in session:
        if isinstance(task, Task):
            session.expire(task)


def taken(count_id: int, *, by: Actor) -> sa.ColumnElement[bool]:
    """Whether somebody else is at work at a place (of CountPlace), or on the way to it."""
    held = sa.select(Task.id).where(Task.id == CountPlace.task_id, Task.status == TaskStatus.CLAIMED.value, Task.person_id != by.id)
    return sa.and_(CountPlace.count_id == count_id, held.where(Task.lease_until >= clock.now()).exists())
