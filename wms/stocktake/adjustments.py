"""Differences are approved or refused, and posted as movements against @COUNT with the count as their document."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from wms.actor import Actor
from wms.catalog.models import Product
from wms.db import fold, session
from wms.errors import Forbidden, Refused
from wms.i18n import T
from wms.locations.models import Location, Virtual
from wms.orders.claims import lock_holders, return_to_promise
from wms.stock import changes, reservations
from wms.stock.ledger import Move, Place, post
from wms.stock.models import Claim, MovementKind, Reservation, Stage, Stock
from wms.stocktake import counts
from wms.stocktake.models import CountLine, CountPlan, CountStatus

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
    for line in count.lines:
        if counts.differs(count, line) and not counts.settled(line):
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
    """Books every difference against @COUNT, with the count as document. Claims on goods that are not there are given up."""
    virtual = session.execute(
        sa.select(Location.id).where(Location.site_id == count.site_id, Location.code_key == fold(Virtual.COUNT))
    ).scalar_one()
    _lock_holders(count)
    moves = []
    for line in count.lines:
        if not line.difference:
            continue
        here = Place(line.location_id, line.handling_unit_id, line.condition)
        outside = Place(virtual, None, line.condition)
        if line.difference < 0:
            _give_up_claims(line)
        moves.append(
            Move(
                key=f"count:{count.id}:{line.id}",
                batch_id=line.batch_id,
                quantity=abs(line.difference),
                source=here if line.difference < 0 else outside,
                target=outside if line.difference < 0 else here,
                kind=MovementKind.COUNT,
                reason=count.reason,
                document=count.number,
            )
        )
        line.posted = line.difference
    if moves:
        changes.tell([one.movement_id for one in post(moves, by=by)], by=by)


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


def _give_up_claims(line: CountLine) -> None:
    """Frees as much reserved stock as is missing beyond what is free: youngest claims first, those not picked yet only.

    The lines fall back on their promise; planning looks for other goods.
    """
    unit = Stock.handling_unit_id == line.handling_unit_id if line.handling_unit_id else Stock.handling_unit_id.is_(None)
    row = session.execute(
        sa.select(Stock)
        .where(Stock.location_id == line.location_id, Stock.batch_id == line.batch_id, Stock.condition == line.condition, unit)
        .execution_options(populate_existing=True)
    ).scalar_one_or_none()
    missing = -(line.difference or 0)
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
