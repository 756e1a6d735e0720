"""What happens to an order line when its claim on goods is given up."""

from __future__ import annotations

from collections.abc import Iterable

import sqlalchemy as sa

from wms.db import session
from wms.orders.models import Order, OrderLine
from wms.stock import promises, reservations
from wms.stock.ledger import ClaimGone
from wms.stock.models import Claim, Reservation, Stage


def lock_holders(claim_ids: Iterable[int]) -> None:
    """Locks the headers of the orders that hold these claims, in id order. What was read of the claims before is to be read again."""
    wanted = sorted(set(claim_ids))
    if not wanted:
        return
    held = sa.select(OrderLine.order_id).join(Reservation, Reservation.order_line_id == OrderLine.id)
    orders = session.execute(held.where(Reservation.id.in_(wanted)).distinct()).scalars().all()
    session.execute(sa.select(Order.id).where(Order.id.in_(orders)).order_by(Order.id).with_for_update(key_share=True))


def return_to_promise(claim_ids: Iterable[int]) -> None:
    """Gives up claims on goods that were not picked yet: the lines wait on their promise again, and planning looks for other goods.

    The order headers are locked first, in id order. Raises ClaimGone when a claim has ended or its goods were picked meanwhile.
    """
    wanted = sorted(set(claim_ids))
    lock_holders(wanted)
    claims = session.execute(
        sa.select(Reservation.id, Reservation.order_line_id, Reservation.quantity, OrderLine.product_id, Order.site_id)
        .join(OrderLine, OrderLine.id == Reservation.order_line_id)
        .join(Order, Order.id == OrderLine.order_id)
        .where(Reservation.id.in_(wanted), Reservation.status == Claim.PENDING.value, Reservation.stage == Stage.RESERVED.value)
    ).all()
    if len(claims) != len(wanted):
        raise ClaimGone  # picked, or given up, while we waited for its order
    freed: dict[int, dict[int, int]] = {}
    for claim in claims:
        session.execute(
            sa.update(OrderLine)
            .where(OrderLine.id == claim.order_line_id)
            .values(reserved=OrderLine.reserved - claim.quantity, promised=OrderLine.promised + claim.quantity)
            .execution_options(synchronize_session=False)
        )
        products = freed.setdefault(claim.site_id, {})
        products[claim.product_id] = products.get(claim.product_id, 0) + claim.quantity
    for site_id, amounts in sorted(freed.items()):
        promises.change(site_id, amounts)
    reservations.void(wanted)
