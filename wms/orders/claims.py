"""What happens to an order line when its claim on goods is given up."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

import sqlalchemy as sa

from wms.db import among, session, table_of
from wms.orders.models import Order, OrderLine
from wms.stock import promises, reservations
from wms.stock.ledger import ClaimGone
from wms.stock.models import Claim, Reservation, Stage
from wms.tasks import queue
from wms.tasks.models import LIVE, Task, TaskKind

_R, _OL = table_of(Reservation), table_of(OrderLine)
WHEN_WITHDRAWN: list[Callable[[Sequence[int]], None]] = []
"""What else happens when pick tasks are withdrawn; the rooms above add to it as they are loaded."""


def lock_holders(claim_ids: Iterable[int]) -> None:
    """Locks the headers of the orders that hold these claims, in id order. What was read of the claims before is to be read again."""
    wanted = sorted(set(claim_ids))
    if not wanted:
        return
    held = sa.select(OrderLine.order_id).join(Reservation, Reservation.order_line_id == OrderLine.id)
    orders = session.execute(held.where(among(Reservation.id, wanted)).distinct()).scalars().all()
    session.execute(sa.select(Order.id).where(among(Order.id, orders)).order_by(Order.id).with_for_update(key_share=True))


def return_to_promise(claim_ids: Iterable[int]) -> None:
    """Gives up claims on goods that were not picked yet: the lines wait on their promise again, and planning looks for other goods.

    The order headers are locked first, in id order. Raises ClaimGone when a claim has ended or its goods were picked meanwhile.
    """
    wanted = sorted(set(claim_ids))
    lock_holders(wanted)
    claims = session.execute(
        sa.select(Reservation.id, Reservation.quantity, OrderLine.product_id, Order.site_id)
        .join(OrderLine, OrderLine.id == Reservation.order_line_id)
        .join(Order, Order.id == OrderLine.order_id)
        .where(among(Reservation.id, wanted), Reservation.status == Claim.PENDING.value, Reservation.stage == Stage.RESERVED.value)
    ).all()
    if len(claims) != len(wanted):
        raise ClaimGone  # picked, or given up, while we waited for its order
    freed: dict[int, dict[int, int]] = {}
    quantity = sa.cast(sa.func.sum(_R.c.quantity), sa.BigInteger).label("quantity")
    of_lines = sa.select(_R.c.order_line_id, quantity).where(among(_R.c.id, wanted)).group_by(_R.c.order_line_id).cte("of_lines")
    session.execute(
        sa.update(_OL)
        .where(_OL.c.id == of_lines.c.order_line_id)
        .values(reserved=_OL.c.reserved - of_lines.c.quantity, promised=_OL.c.promised + of_lines.c.quantity)
    )
    for claim in claims:
        products = freed.setdefault(claim.site_id, {})
        products[claim.product_id] = products.get(claim.product_id, 0) + claim.quantity
    for site_id, amounts in sorted(freed.items()):
        promises.change(site_id, amounts)
    reservations.void(wanted)


def withdraw_empty_picks(task_ids: Iterable[int]) -> None:
    """Pick tasks of these that no claim in the racks needs any more are withdrawn, whoever holds them."""
    wanted = sorted(set(task_ids))
    needed = sa.exists().where(
        Reservation.task_id == Task.id, Reservation.status == Claim.PENDING.value, Reservation.stage == Stage.RESERVED.value
    )
    empty = sa.select(Task.id).where(among(Task.id, wanted), Task.status.in_(LIVE), Task.kind == TaskKind.PICK.value, ~needed)
    withdrawn = session.execute(empty.order_by(Task.id)).scalars().all()
    for task_id in withdrawn:
        queue.cancel(task_id)
    if withdrawn:
        for tell in WHEN_WITHDRAWN:
            tell(withdrawn)


def lock_sorts(pick_task_ids: Iterable[int]) -> None:
    """The work of sorting what these tasks picked together, locked before the goods, as who sorts does.

    Whether anything is left to sort is looked at behind this lock: the last piece sorted and the last order withdrawn come one after the
    other, and the second of them ends the work.
    """
    picks = Task.__table__.alias("picks")
    of_these = sa.and_(picks.c.document == Task.document, picks.c.site_id == Task.site_id, among(picks.c.id, sorted(set(pick_task_ids))))
    sorts = sa.select(Task.id).join(picks, of_these).where(Task.kind == TaskKind.SORT.value, Task.status.in_(LIVE))
    session.execute(sorts.order_by(Task.id).with_for_update(key_share=True, of=Task)).all()


def withdraw_empty_sorts(pick_task_ids: Iterable[int]) -> None:
    """What was picked together by these tasks and waits to be sorted: where no order wants any of it any more, nobody sorts."""
    picks = Task.__table__.alias("picks")
    wanted = sa.exists().where(
        Reservation.task_id == picks.c.id, Reservation.status == Claim.PENDING.value, Reservation.stage == Stage.TO_SORT.value
    )
    empty = (
        sa.select(Task.id)
        .join(picks, sa.and_(picks.c.document == Task.document, picks.c.site_id == Task.site_id))
        .where(among(picks.c.id, sorted(set(pick_task_ids))), Task.kind == TaskKind.SORT.value, Task.status.in_(LIVE), ~wanted)
    )
    for task_id in session.execute(empty.order_by(Task.id)).scalars().all():
        queue.cancel(task_id)
