"""Pieces that turn up at the bench and belong to no order there: wrong ones, and more than were picked. They are put aside, and lead back.

The book is told what the eye sees: the pieces are at the bench, and came from where the picker most probably took them. That place is
counted, a task takes the pieces back to storage, and the supervisor has it on the list of differences until it is cleared up. Where the
book knows no place they can have come from, the bench itself is counted: what is found there becomes stock by an approved count alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from wms.actor import Actor
from wms.catalog.models import Product
from wms.db import fold, session
from wms.errors import Conflict, Refused
from wms.i18n import T
from wms.locations.models import PICKABLE, Location
from wms.orders import differences, lifecycle
from wms.orders.models import DifferenceKind, Order, OrderLine
from wms.shipping import packing
from wms.stock.ledger import Move, NotEnough, Place, post, reverse
from wms.stock.models import Batch, Condition, Movement, MovementKind, Stock
from wms.tasks import queue
from wms.tasks.models import Task, TaskKind, TaskStatus


class StrayMovedOn(Conflict):
    """Somebody has seen to the piece already."""

    code = "stray_moved_on"
    sentence = T("The piece was put back or counted meanwhile", "该件已归位或已盘点")
    advice = T("Leave it to them; go on with the order", "请交由对方处理，继续当前订单")


MOST_UNKNOWN = 100
"""So many pieces may lie at a bench of which the book knows none."""


class TooManyStray(Refused):
    """Nobody picked so many by mistake."""

    code = "too_many_stray"
    sentence = T("{quantity} of {sku} are no strays: the house holds {most} at most", "{sku} 多出 {quantity} 件不合常理，最多 {most} 件")
    advice = T("Count again; where they are really there, let the bench be counted", "请重新清点；如确有这么多，请安排盘点打包台")


@dataclass(frozen=True, slots=True)
class Stray:
    """What was put aside, on which entry of the work list, and where it came from as far as the book can tell."""

    difference: str
    kind: DifferenceKind
    sku: str
    quantity: int
    bench: str
    origin: str | None
    movements: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class _Origin:
    location_id: int
    code: str
    batch_id: int
    unit_id: int | None


def _must_be_believable(order: Order, product: Product, quantity: int) -> None:
    """So many may be strays: what the house holds of it, or an armful of what the book does not know. Raises TooManyStray."""
    held = session.execute(
        sa.select(sa.func.coalesce(sa.func.sum(Stock.on_hand), 0))
        .join(Location, Location.id == Stock.location_id)
        .where(Stock.site_id == order.site_id, Stock.product_id == product.id, Location.kind.in_([kind.value for kind in PICKABLE]))
    ).scalar_one()
    if quantity > max(int(held), MOST_UNKNOWN):
        raise TooManyStray(quantity=quantity, sku=product.sku, most=max(int(held), MOST_UNKNOWN))


def put_aside(order_id: int, product: Product, quantity: int, *, bench_id: int, by: Actor, key: str, lot: str | None = None) -> Stray:
    """So many pieces lie at the bench that do not go into this order. Raises OrderTakenBack, NothingToPack, TooManyStray."""
    order = lifecycle.lock(order_id)
    packing.must_be_at_the_bench(order)
    _must_be_believable(order, product, quantity)
    here = session.get_one(Location, bench_id)
    ordered = any(line.product_id == product.id for line in order.lines)
    kind = DifferenceKind.EXTRA_PIECE if ordered and (lot is None or _was_picked(order, product, lot)) else DifferenceKind.WRONG_PIECE
    origin = _origin(order, product, quantity, lot)
    moved: tuple[int, ...] = ()
    why = [{"code": "stray_at_bench", "order": order.number}]
    about: dict[str, Any] = {"site_id": order.site_id, "document": order.number, "order_id": order.id, "reasons": why}
    if origin is not None:
        moved = _booked(order, origin, quantity, here, by=by, key=key)
        queue.offer(
            TaskKind.PUT_BACK,
            priority=5,
            quantity=quantity,
            product_id=product.id,
            batch_id=origin.batch_id,
            source_id=here.id,
            **about,
        )
    counted = origin.location_id if origin is not None else here.id
    queue.count_once(counted, product.id, priority=7, **about)
    noted = differences.note(
        kind,
        by=by,
        order=order,
        product=product,
        quantity=quantity,
        reason="AT_BENCH",
        scanned=lot,
        text=f"{origin.code} → {here.code}" if origin is not None else here.code,
        batch_id=origin.batch_id if origin is not None else None,
        movement_id=moved[0] if moved else None,
    )
    return Stray(noted.number, kind, product.sku, quantity, here.code, origin.code if origin else None, moved)


def take_back(order_id: int, movement_ids: list[int], *, by: Actor, key: str) -> int:
    """It was no stray after all: the book is as before, the work is withdrawn. Returns how many. Raises StrayMovedOn."""
    order = lifecycle.lock(order_id)
    back = 0
    for place, movement_id in enumerate(movement_ids):
        movement = session.get_one(Movement, movement_id)
        task = session.execute(
            sa.select(Task)
            .where(
                Task.kind == TaskKind.PUT_BACK.value,
                Task.order_id == order.id,
                Task.source_id == movement.target_id,
                Task.batch_id == movement.batch_id,
                Task.quantity == movement.quantity,
                Task.status == TaskStatus.OPEN.value,
            )
            .order_by(Task.id.desc())
            .limit(1)
        ).scalar_one_or_none()
        if task is None:
            raise StrayMovedOn
        queue.cancel(task.id)
        try:
            reverse(movement_id, key=f"{key}:stray:{place}", by=by)
        except NotEnough:
            raise StrayMovedOn from None
        back += movement.quantity
    differences.withdraw(movement_ids, by=by)
    return back


def _booked(order: Order, origin: _Origin, quantity: int, here: Location, *, by: Actor, key: str) -> tuple[int, ...]:
    move = Move(
        key=f"{key}:stray",
        batch_id=origin.batch_id,
        quantity=quantity,
        source=Place(origin.location_id, origin.unit_id),
        target=Place(here.id),
        kind=MovementKind.MOVE,
        reason="AT_BENCH",
        document=order.number,
    )
    return tuple(one.movement_id for one in post([move], by=by))


def _was_picked(order: Order, product: Product, lot: str) -> bool:
    claims = packing.picked_claims(order.id)
    return any(claim.product_id == product.id and claim.lot_key == fold(lot) for claim in claims)


def _origin(order: Order, product: Product, quantity: int, lot: str | None) -> _Origin | None:
    """Where so many free pieces lie that the picker can have taken: where this order was picked, else the product's own pick face, else
    where most of it lies. None where the book has too few free ones in any one place."""
    picked_from = (
        sa.select(Movement.source_id)
        .join(OrderLine, OrderLine.id == Movement.order_line_id)
        .where(OrderLine.order_id == order.id, Movement.kind == MovementKind.PICK.value)
    )
    free = Stock.on_hand - Stock.reserved
    query = (
        sa.select(Stock.location_id, Location.code, Stock.batch_id, Stock.handling_unit_id)
        .join(Location, Location.id == Stock.location_id)
        .join(Batch, Batch.id == Stock.batch_id)
        .where(
            Stock.site_id == order.site_id,
            Stock.product_id == product.id,
            Stock.condition == Condition.GOOD.value,
            free >= quantity,
            Batch.owner_id.is_(None),
            Location.kind.in_([kind.value for kind in PICKABLE]),
        )
        .order_by(
            Stock.location_id.in_(picked_from).desc(),
            (Location.assigned_product_id == product.id).is_(True).desc(),
            free.desc(),
            Stock.id,
        )
        .limit(1)
    )
    if lot is not None:
        query = query.where(Batch.lot_key == fold(lot))
    row = session.execute(query).one_or_none()
    return None if row is None else _Origin(*row)
