"""Differences are approved or refused, and posted as movements against @COUNT with the count as their document.

A difference is what was counted against the book of that moment. Goods that moved since do not change it; a correction of the book does:
what another count or a supervisor has put right meanwhile is not posted a second time.
"""

from __future__ import annotations

import datetime as dt
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import aliased

from wms.actor import Actor
from wms.catalog.models import Product
from wms.db import session
from wms.errors import Forbidden, Refused
from wms.i18n import T
from wms.locations.models import Location, Virtual
from wms.locations.sites import virtual
from wms.orders.claims import lock_holders, return_to_promise
from wms.stock import changes, promises, reservations
from wms.stock.ledger import CANONICAL, Move, Place, post
from wms.stock.models import Claim, Movement, MovementKind, Reservation, Stage, Stock
from wms.stocktake import counts
from wms.stocktake.models import CountEntry, CountLine, CountPlan, CountStatus

S = CountStatus
_IN_THE_RACK = sa.and_(Reservation.status == Claim.PENDING.value, Reservation.stage == Stage.RESERVED.value)


class NotCountedTwice(Refused):
    """A difference needs a second person's count before it may be approved."""

    code = "recount_missing"
    sentence = T("{sku} at {location} differs and was counted by one person only", "{location} 的 {sku} 有差异，仅一人盘点")
    advice = T("Have it recounted by somebody else first", "请先安排他人复盘")


class OwnCount(Forbidden):
    """Who counted does not approve."""

    code = "own_count"
    sentence = T("You counted here yourself; somebody else approves", "您参与了本次盘点，须由他人审批")


class ReservedGoodsMissing(Refused):
    """What is missing is reserved and cannot be given up any more because it was picked already."""

    code = "reserved_goods_missing"
    sentence = T("{sku} at {location}: more is missing than is free", "{location} 的 {sku}：缺少的数量超过未占用的数量")
    advice = T("Cancel or short the orders that hold it, then approve again", "请先取消相关订单或报缺货，再审批")


def approve(number: str, *, by: Actor, reason: str | None = None) -> CountPlan:
    """Posts the differences of a count as adjustments. Whoever counted may not approve; every difference must have been recounted.

    Raises CountUnknown, CountOver, OwnCount, NotCountedTwice, ReservedGoodsMissing.
    """
    count = counts.locked_open(counts.find(number, by=by).id)
    if any(entry.person_id == by.id for line in count.lines for entry in line.entries):
        raise OwnCount
    for line in counts.differing(count):
        if not counts.settled(line):
            raise NotCountedTwice(**_names(line))
    count.reason = reason or count.reason
    post_differences(count, by=by)
    counts.change(count, S.POSTED, by=by)
    return count


def refuse(number: str, *, by: Actor, reason: str | None = None) -> CountPlan:
    """Ends a count without changing the book. Raises CountUnknown, CountOver."""
    count = counts.locked_open(counts.find(number, by=by).id)
    count.reason = reason or count.reason
    counts.change(count, S.REFUSED, by=by)
    return count


def post_differences(count: CountPlan, *, by: Actor) -> None:
    """Books what of every difference still stands against @COUNT, with the count as document. Claims on goods that are not there are
    given up."""
    _lock_holders(count)
    _lock_rows(count)
    outside_id = virtual(count.site_id, Virtual.COUNT)
    moves = []
    for line in count.lines:
        standing = _still_standing(line)
        if not standing:
            continue
        here = Place(line.location_id, line.handling_unit_id, line.condition)
        outside = Place(outside_id, None, line.condition)
        if standing < 0:
            _give_up_claims(line, -standing)
        moves.append(
            Move(
                key=f"count:{count.id}:{line.id}",
                batch_id=line.batch_id,
                quantity=abs(standing),
                source=here if standing < 0 else outside,
                target=outside if standing < 0 else here,
                kind=MovementKind.COUNT,
                reason=count.reason,
                document=count.number,
            )
        )
        line.posted = standing
    if moves:
        changes.tell([one.movement_id for one in post(moves, by=by)], by=by)


def _still_standing(line: CountLine) -> int:
    """What the book must still change by so that it says what was counted, and what has moved since.

    What another count has posted since is taken off; who counted later, and was posted, has the last word. So has a correction by hand
    since, as far as it goes. What one person found alone, within the tolerance, never becomes more by this.
    """
    if not line.difference:
        return 0
    taken = line.entries[-1].at
    if _counted_later(line, taken):
        return 0
    rest = line.difference - _corrected_since(line, taken, Virtual.COUNT)
    if not counts.settled(line):
        rest = _at_most(rest, line.difference)
    return _at_most(rest - _corrected_since(line, taken, Virtual.ADJUSTMENT), rest)


def _at_most(quantity: int, limit: int) -> int:
    """Between nothing and the limit, on its side of zero."""
    return min(max(quantity, 0), limit) if limit > 0 else max(min(quantity, 0), limit)


def _counted_later(line: CountLine, taken: dt.datetime) -> bool:
    other = aliased(CountLine)
    unit = other.handling_unit_id.is_not_distinct_from(line.handling_unit_id)
    later = (
        sa.select(CountEntry.id)
        .join(other, other.id == CountEntry.line_id)
        .join(CountPlan, CountPlan.id == other.count_id)
        .where(other.count_id != line.count_id, CountPlan.status == S.POSTED.value, CountEntry.at > taken)
        .where(other.location_id == line.location_id, other.batch_id == line.batch_id, other.condition == line.condition, unit)
    )
    return session.execute(later.limit(1)).first() is not None


def _corrected_since(line: CountLine, taken: dt.datetime, kind: Virtual) -> int:
    """By how much the book of these goods was corrected, by another count or by hand, since the moment when they were counted.

    Movements are written, and counts taken, under the lock of the stock row: the moments of both tell which came first.
    """
    site_id = session.execute(sa.select(Location.site_id).where(Location.id == line.location_id)).scalar_one()
    outside, m = virtual(site_id, kind), Movement
    corrected = 0
    for sign, place, unit, condition, other in (
        (1, m.target_id, m.target_unit_id, m.target_condition, m.source_id),
        (-1, m.source_id, m.source_unit_id, m.source_condition, m.target_id),
    ):
        here = sa.and_(place == line.location_id, unit.is_not_distinct_from(line.handling_unit_id), condition == line.condition)
        pieces = sa.select(sa.func.coalesce(sa.func.sum(m.quantity), 0))
        pieces = pieces.where(m.batch_id == line.batch_id, here, other == outside, m.at > taken)
        corrected += sign * int(session.execute(pieces).scalar_one())
    return corrected


def _lock_rows(count: CountPlan) -> None:
    """Two counts of one place are posted one after the other; then the promises that given-up claims fall back on, then the goods."""
    differing = [line for line in count.lines if line.difference]
    if not differing:
        return
    places = sa.select(Location.id).where(Location.id.in_({line.location_id for line in differing}))
    session.execute(places.order_by(Location.id).with_for_update(key_share=True))
    promises.lock(count.site_id, {line.product_id for line in differing if (line.difference or 0) < 0})
    same = sa.and_(
        CountLine.location_id == Stock.location_id,
        CountLine.batch_id == Stock.batch_id,
        CountLine.condition == Stock.condition,
        CountLine.handling_unit_id.is_not_distinct_from(Stock.handling_unit_id),
    )
    rows = sa.select(Stock.id).join(CountLine, same).where(CountLine.count_id == count.id, CountLine.difference != 0)
    session.execute(rows.order_by(*CANONICAL).with_for_update(key_share=True, of=Stock))


def _lock_holders(count: CountPlan) -> None:
    """The orders whose goods may be missing are locked before any claim or stock row is touched: a picker may be at the shelf."""
    missing = sa.exists().where(
        CountLine.count_id == count.id,
        CountLine.difference < 0,
        CountLine.location_id == Stock.location_id,
        CountLine.batch_id == Stock.batch_id,
        CountLine.condition == Stock.condition,
    )
    held = sa.select(Reservation.id).join(Stock, Stock.id == Reservation.stock_id)
    lock_holders(session.execute(held.where(_IN_THE_RACK, missing)).scalars().all())


def _give_up_claims(line: CountLine, missing: int) -> None:
    """Frees as much reserved stock as is missing beyond what is free: youngest claims first, those not picked yet only.

    The lines fall back on their promise; planning looks for other goods.
    """
    unit = Stock.handling_unit_id == line.handling_unit_id if line.handling_unit_id else Stock.handling_unit_id.is_(None)
    row = session.execute(
        sa.select(Stock)
        .where(Stock.location_id == line.location_id, Stock.batch_id == line.batch_id, Stock.condition == line.condition, unit)
        .execution_options(populate_existing=True)
    ).scalar_one_or_none()
    lacking = missing - (row.on_hand - row.reserved if row else 0)
    if row is None or lacking <= 0:
        return
    claims = session.execute(
        sa.select(Reservation).where(Reservation.stock_id == row.id, _IN_THE_RACK).order_by(Reservation.id.desc())
    ).scalars()
    give_up = []
    for claim in claims:
        if lacking <= 0:
            break
        part = min(claim.quantity, lacking)
        give_up.append(claim.id if part == claim.quantity else reservations.split(claim.id, part))
        lacking -= part
    return_to_promise(give_up)
    if lacking > 0:
        raise ReservedGoodsMissing(**_names(line))


def _names(line: CountLine) -> dict[str, Any]:
    sku = session.execute(sa.select(Product.sku).where(Product.id == line.product_id)).scalar_one()
    code = session.execute(sa.select(Location.code).where(Location.id == line.location_id)).scalar_one()
    return {"sku": sku, "location": code}
