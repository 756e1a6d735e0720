"""Differences are approved or refused, place by place; never by who counted there, and only as far as their value allows this person."""

from __future__ import annotations

import sqlalchemy as sa

from wms.actor import Actor
from wms.db import among, session, table_of
from wms.errors import Forbidden, Refused
from wms.i18n import T
from wms.stocktake import counting, counts, judging, posting, tolerances
from wms.stocktake.models import (
    AGAIN,
    ENDED,
    LONGEST_REASON,
    Cause,
    CountLine,
    CountPlace,
    CountPlan,
    CountVisit,
    PlaceState,
)

P = PlaceState
ReservedGoodsMissing = posting.ReservedGoodsMissing
_P = table_of(CountPlace)
_FOUND = (*AGAIN, P.COUNTED.value, P.REVIEW.value)
"""How a place stands where somebody has counted, and nobody has decided."""


class NotCountedTwice(Refused):
    """A difference needs a second person's count before it may be approved."""

    code = "recount_missing"
    sentence = T("{sku} at {location} differs and was counted by one person only", "{location} 的 {sku} 有差异，仅一人盘点")
    advice = T("Have it recounted by somebody else first", "请先安排他人复盘")


class OwnCount(Forbidden):
    """Who counted neither approves nor refuses what was found."""

    code = "own_count"
    sentence = T("You counted here yourself; somebody else decides", "您参与了本次盘点，须由他人审批")


class NothingToApprove(Refused):
    """No difference of it waits."""

    code = "nothing_to_approve"
    sentence = T("No difference of {number} waits for approval", "{number} 没有待审批的差异")
    advice = T("Look at the count again", "请刷新盘点单")


def approve(number: str, *, by: Actor, reason: str | None = None, cause: Cause | None = None) -> CountPlan:
    """Posts the differences of all places that wait for approval and that this person may approve. Places still being counted go on, but
    where two have counted all that is there and agree, nobody needs to say any more that they are done.

    Raises CountUnknown, CountOver, OwnCount, AboveLimit, WorthUnknown, NotCountedTwice, NothingToApprove, ReservedGoodsMissing.
    """
    count = counts.find(number, by=by)
    counts.must_be_open(count)
    clear = _locked(count.id, P.COUNTING.value, P.RECOUNT.value, P.THIRD.value, only=_two_are_there())
    if clear and judging.Tolerances(count, ()).any():
        posting.lock_ahead([place.location_id for place in clear], count.product_id)
    for place in clear:
        counting.end_what_is_clear(place, by=by)
    waiting = _locked(count.id, P.REVIEW.value)
    if not waiting:
        counts.must_be_open(session.get_one(CountPlan, count.id, populate_existing=True))
        raise _nothing_waits(count)
    own = _visited([place.id for place in waiting], by)
    others = [place for place in waiting if place.id not in own]
    if not others:
        raise OwnCount
    beyond = tolerances.beyond(others, by=by)
    mine = [place for place in others if place.id not in beyond]
    if not mine:
        raise beyond[others[0].id]
    _post(mine, by=by, reason=reason, cause=cause)
    count.reason = reason or count.reason  # the header is locked last: whoever closes a place comes to it last
    return counts.settle(count.id, by=by)


def approve_place(place_id: int, *, by: Actor, reason: str | None = None, cause: Cause | None = None) -> CountPlan:
    """Posts the differences of one place. Raises as `approve`."""
    place = _to_decide(place_id, by)
    if place.state != P.REVIEW:
        raise _nothing_waits(session.get_one(CountPlan, place.count_id))
    if _visited([place.id], by):
        raise OwnCount
    tolerances.must_be_within([place], by=by)
    _post([place], by=by, reason=reason, cause=cause)
    return counts.settle(place.count_id, by=by)


def refuse(number: str, *, by: Actor, reason: str | None = None) -> CountPlan:
    """Ends a count without changing the book any more; what was posted stays. Raises CountUnknown, CountOver, OwnCount, AboveLimit,
    WorthUnknown."""
    count = counts.find(number, by=by)
    counts.must_be_open(count)
    places = _locked(count.id, *(state.value for state in P if state.value not in ENDED))
    counts.must_be_open(session.get_one(CountPlan, count.id, populate_existing=True))
    _must_not_hide(places, by=by)
    count.reason = reason or count.reason
    session.flush()
    counts.refuse_all([place.id for place in places], by=by)
    return counts.settle(count.id, by=by)


def refuse_place(place_id: int, *, by: Actor, reason: str | None = None) -> CountPlan:
    """What was found at one place is not believed: the book stays. Raises CountOver, OwnCount, AboveLimit, WorthUnknown."""
    place = _to_decide(place_id, by)
    _must_not_hide([place], by=by)
    counts.refuse_all([place.id], by=by)
    count = session.get_one(CountPlan, place.count_id)
    count.reason = (reason or count.reason or "")[:LONGEST_REASON] or None
    return counts.settle(place.count_id, by=by)


def _must_not_hide(places: list[CountPlace], *, by: Actor) -> None:
    """A difference that is refused is as lost as one that is approved: who has found it does not refuse it, while it waits to be counted
    again either, and nobody refuses more than they may approve. Places where nothing was found yet are anybody's to leave out."""
    found = [place for place in places if place.state in _FOUND]
    if _visited([place.id for place in found], by):
        raise OwnCount
    tolerances.must_be_within(found, by=by)


def recount_place(place_id: int, *, by: Actor) -> CountPlan:
    """Somebody who has not been there counts once more before anything is decided. Raises CountOver, NothingToApprove."""
    place = _to_decide(place_id, by)
    if place.state != P.REVIEW:
        raise _nothing_waits(session.get_one(CountPlan, place.count_id))
    judging.once_more(place)
    return counts.settle(place.count_id, by=by)


def _to_decide(place_id: int, by: Actor) -> CountPlace:
    site = sa.select(CountPlan.site_id).join(CountPlace, CountPlace.count_id == CountPlan.id).where(CountPlace.id == place_id)
    if session.execute(site).scalar_one_or_none() != by.site_id:
        raise counts.CountUnknown(number=place_id)
    place = counts.relocked(place_id)
    if place.state in ENDED:
        raise counts.CountOver(number=session.get_one(CountPlan, place.count_id).number)
    return place


def _locked(count_id: int, *states: str, only: sa.ColumnElement[bool] | None = None) -> list[CountPlace]:
    """The places of a count that stand so, locked in their sequence, and read as they are behind the lock."""
    rows = sa.select(CountPlace).where(CountPlace.count_id == count_id, CountPlace.state.in_(states)).order_by(CountPlace.id)
    if only is not None:
        rows = rows.where(only)
    return list(session.execute(rows.with_for_update(key_share=True).execution_options(populate_existing=True)).scalars())


def _two_are_there() -> sa.ColumnElement[bool]:
    """Places (of CountPlace) that two have come to, and one of them has not done with."""
    here = sa.select(sa.func.count(), sa.func.count(CountVisit.closed_at)).where(CountVisit.place_id == CountPlace.id).correlate(CountPlace)
    visits, done = (here.with_only_columns(column).scalar_subquery() for column in here.selected_columns)
    return sa.and_(visits >= 2, visits > done)


def _visited(place_ids: list[int], by: Actor) -> set[int]:
    """The places of these that this person has counted, or where nobody has counted but by what this person keyed in."""
    by_others = sa.or_(CountVisit.keyed_by_id.is_(None), CountVisit.keyed_by_id != by.id)
    own = sa.func.count(sa.case((CountVisit.person_id == by.id, 1)))
    rows = sa.select(CountVisit.place_id).where(among(CountVisit.place_id, place_ids)).group_by(CountVisit.place_id)
    return set(session.execute(rows.having(sa.or_(own > 0, sa.func.count(sa.case((by_others, 1))) == 0))).scalars())


def _post(places: list[CountPlace], *, by: Actor, reason: str | None, cause: Cause | None) -> None:
    posting.post(places, by=by, reason=reason)
    posting.block_expired(places, by=by)
    if cause is not None:
        theirs = sa.and_(among(CountLine.place_id, [place.id for place in places]), CountLine.difference != 0)
        session.execute(sa.update(CountLine).where(theirs).values(cause=cause.value).execution_options(synchronize_session=False))
    for place in places:
        place.decided_by_id = by.id
        counts.put(place, P.POSTED)
    session.flush()


def _nothing_waits(count: CountPlan) -> Refused:
    line = session.execute(
        sa.select(CountLine, CountPlace)
        .join(CountPlace, CountPlace.id == CountLine.place_id)
        .where(CountPlace.count_id == count.id, CountPlace.state.in_(AGAIN), CountLine.difference != 0)
        .order_by(CountLine.id)
        .limit(1)
    ).one_or_none()
    if line is not None:
        return NotCountedTwice(**posting.names(line[0], line[1]))
    return NothingToApprove(number=count.number)
