"""Claims on goods: taken against what is free, split, given back. They end exactly once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy import bindparam

from wms import clock
from wms.db import among, insert_rows, is_postgresql, session, table_of
from wms.stock.ledger import CANONICAL, ClaimGone
from wms.stock.models import Batch, Claim, Condition, Reservation, Stage, Stock

_S, _R, _B = table_of(Stock), table_of(Reservation), table_of(Batch)
_FRESH = sa.exists().where(_B.c.id == _S.c.batch_id, sa.or_(_B.c.expires_on.is_(None), _B.c.expires_on >= bindparam("today")))

_TAKE = (
    sa.update(_S)
    .where(
        _S.c.id == bindparam("row"),
        _S.c.condition == Condition.GOOD.value,
        _S.c.on_hand - _S.c.reserved >= bindparam("wanted"),
        _FRESH,
    )
    .values(reserved=_S.c.reserved + bindparam("wanted"))
)
_ADD = sa.update(_S).where(_S.c.id == bindparam("row")).values(reserved=_S.c.reserved + bindparam("more"))


def reserve(
    stock_id: int, quantity: int, *, order_line_id: int, task_id: int | None = None, sequence: int = 0, reasons: list[Any] | None = None
) -> int | None:
    """Claims some of a stock row for an order line; None when less is free there (somebody was first: choose again),
    or when the goods are not good or have expired.

    The caller updates the order line's counters.
    """
    assert quantity > 0
    if session.execute(_TAKE, {"row": stock_id, "wanted": quantity, "today": clock.today()}).rowcount != 1:  # type: ignore[attr-defined]
        return None
    claim: int = session.execute(
        sa.insert(_R)
        .values(
            order_line_id=order_line_id,
            stock_id=stock_id,
            quantity=quantity,
            status=Claim.PENDING.value,
            stage=Stage.RESERVED.value,
            task_id=task_id,
            sequence=sequence,
            reasons=reasons or sa.null(),
            created_at=clock.now(),
        )
        .returning(_R.c.id)
    ).scalar_one()
    return claim


@dataclass(frozen=True, slots=True)
class Wanted:
    """So many pieces of a stock row, for an order line."""

    stock_id: int
    quantity: int
    order_line_id: int


def reserve_all(wanted: Sequence[Wanted], *, stage: Stage) -> list[bool]:
    """`reserve` for many at once, straight into a stage: which of them could be claimed, in their order."""
    ids = sorted({one.stock_id for one in wanted})
    lock_rows(ids)
    good = sa.select(_S.c.id, _S.c.on_hand - _S.c.reserved).where(among(_S.c.id, ids), _S.c.condition == Condition.GOOD.value, _FRESH)
    free = {row[0]: row[1] for row in session.execute(good, {"today": clock.today()})}
    more: Counter[int] = Counter()
    got: list[bool] = []
    for one in wanted:
        assert one.quantity > 0
        enough = free.get(one.stock_id, 0) - more[one.stock_id] >= one.quantity
        more[one.stock_id] += one.quantity if enough else 0
        got.append(enough)
    rows = [
        {
            "order_line_id": one.order_line_id,
            "stock_id": one.stock_id,
            "quantity": one.quantity,
            "status": Claim.PENDING.value,
            "stage": stage.value,
            "sequence": 0,
            "created_at": clock.now(),
        }
        for one, enough in zip(wanted, got, strict=True)
        if enough
    ]
    if rows:
        session.execute(_ADD, [{"row": stock_id, "more": quantity} for stock_id, quantity in sorted(more.items()) if quantity])
        insert_rows(_R, rows)
    return got


def lock_rows(stock_ids: Iterable[int]) -> None:
    """Locks stock rows in canonical order, before claims go from one to another. SQLite has one writer, and needs no such lock."""
    if is_postgresql():
        wanted = sorted(set(stock_ids))
        session.execute(sa.select(_S.c.id).where(among(_S.c.id, wanted)).order_by(*CANONICAL).with_for_update(key_share=True))


def split(claim_id: int, quantity: int) -> int:
    """Takes `quantity` out of a pending claim into a claim of its own (same goods, same task); returns the new one's id.

    Raises ClaimGone when the claim has ended, or holds no more than that.
    """
    assert quantity > 0
    row = session.execute(
        sa.update(_R)
        .where(_R.c.id == claim_id, _R.c.status == Claim.PENDING.value, _R.c.quantity > quantity)
        .values(quantity=_R.c.quantity - quantity)
        .returning(_R.c.order_line_id, _R.c.stock_id, _R.c.stage, _R.c.task_id, _R.c.sequence, _R.c.reasons)
    ).one_or_none()
    if row is None:
        raise ClaimGone
    same = {**row._mapping, "reasons": row.reasons or sa.null()}
    new: int = session.execute(
        sa.insert(_R).values(quantity=quantity, status=Claim.PENDING.value, created_at=clock.now(), **same).returning(_R.c.id)
    ).scalar_one()
    return new


def void(claims: Iterable[int], *, status: Claim = Claim.VOIDED) -> int:
    """Ends pending claims without moving anything: the goods are free again. Returns how much was freed; raises ClaimGone."""
    wanted = sorted(set(claims))
    if not wanted:
        return 0
    if is_postgresql():  # the goods before the claims on them, as everywhere
        lock_rows(session.execute(sa.select(_R.c.stock_id).where(among(_R.c.id, wanted))).scalars())
    rows = session.execute(
        sa.update(_R)
        .where(among(_R.c.id, wanted), _R.c.status == Claim.PENDING.value)
        .values(status=status.value, ended_at=clock.now())
        .returning(_R.c.stock_id, _R.c.quantity)
    ).all()
    if len(rows) != len(wanted):
        raise ClaimGone
    quantity = sa.cast(sa.func.sum(_R.c.quantity), sa.BigInteger).label("quantity")
    freed = sa.select(_R.c.stock_id, quantity).where(among(_R.c.id, wanted)).group_by(_R.c.stock_id).cte("freed")
    session.execute(sa.update(_S).where(_S.c.id == freed.c.stock_id).values(reserved=_S.c.reserved - freed.c.quantity))
    return sum(amount for _, amount in rows)
