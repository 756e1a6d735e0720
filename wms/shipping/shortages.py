"""The packing bench has fewer pieces than were picked: lost on the way, other goods in their place, or damaged.

The order goes without them. Nothing leaves the book by a packer's word: what is missing stays in it at the packing place, blocked, until
somebody has counted there; what is damaged is taken to the defect area.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from wms import events
from wms.actor import Actor
from wms.catalog.models import Product
from wms.db import session
from wms.errors import Conflict, Refused
from wms.i18n import T, Text
from wms.orders import bench, lifecycle, missed, paying_back
from wms.orders.models import Order, OrderLine, OrderStatus
from wms.shipping import packing
from wms.stock import handling_units, reservations
from wms.stock.ledger import Move, NotEnough, Place, post, reverse
from wms.stock.models import Condition, Movement, MovementKind, Reservation, Stage
from wms.tasks import queue


class Lack(enum.StrEnum):
    """Why a piece that was picked cannot be packed."""

    LOST = "LOST"
    OTHER_GOODS = "OTHER_GOODS"
    DAMAGED = "DAMAGED"

    @property
    def text(self) -> Text:
        """The reason in words."""
        return _WORDS[self]


_WORDS = {
    Lack.LOST: T("Not at the bench", "打包台上没有"),
    Lack.OTHER_GOODS: T("Other goods were picked", "拣错货物"),
    Lack.DAMAGED: T("Damaged", "货物破损"),
}


class FewerWait(Refused):
    """No more can be missing than what still waits."""

    code = "fewer_wait"
    sentence = T("Only {open} of {sku} still wait for {number}, not {given}", "{number} 的 {sku} 仅 {open} 待打包，不是 {given}")
    advice = T("Count again; what is in a carton is taken out first", "请重新清点；已装箱的请先取出")


class LackMovedOn(Conflict):
    """The pieces were counted, put away or thrown away meanwhile."""

    code = "short_moved_on"
    sentence = T("These pieces were counted or put away meanwhile", "这些货物已被盘点或移走")
    advice = T("Tell your supervisor", "请告知主管")


@dataclass(frozen=True)
class Short:
    """What a report led to: what undoing it needs, and whether anything of the order is left for the bench, and packed at all."""

    movements: tuple[int, ...]
    left: int
    packed: bool
    cartons: tuple[str, ...] = ()
    """What was closed by it."""
    more_comes: bool = False
    """Whether the rest of the order is still being picked."""


def report(order_id: int, product: Product, quantity: int, *, reason: Lack, by: Actor, key: str, lot: str | None = None) -> Short:
    """So many picked pieces cannot be packed: their claim is void, their line is short of them, and the order goes on without them.

    The youngest claims give way, for packing takes the oldest. Raises OrderTakenBack, NothingToPack, FewerWait, CartonUnknown.
    """
    order = packing.locked_for_packing(order_id)
    claims = [claim for claim in packing.picked_claims(order.id) if claim.product_id == product.id and packing.of_lot(claim, lot)]
    there = sum(claim.quantity for claim in claims)
    if not 0 < quantity <= there:
        raise FewerWait(open=there, sku=product.sku, number=order.number, given=quantity)
    parts = packing.cut(claims[::-1], quantity)
    reservations.void(claim_id for claim_id, _, _ in parts)
    condition = Condition.DAMAGED if reason is Lack.DAMAGED else Condition.BLOCKED
    done = post(
        [
            Move(
                key=f"{key}:{place}",
                batch_id=claim.batch_id,
                quantity=part,
                source=Place(claim.location_id, claim.unit_id),
                target=Place(claim.location_id, None, condition.value),
                kind=MovementKind.CONDITION,
                reason=reason.value,
                document=order.number,
                order_line_id=claim.order_line_id,
            )
            for place, (_, claim, part) in enumerate(parts)
        ],
        by=by,
    )
    for _, claim, part in parts:
        _count_short(claim.order_line_id, part)
        missed.offer_work(
            order,
            location_id=claim.location_id,
            product_id=claim.product_id,
            batch_id=claim.batch_id,
            quantity=part,
            damaged=reason is Lack.DAMAGED,
            reasons=[{"code": "short_at_bench", "reason": reason.value, "order": order.number}],
        )
        if reason is Lack.OTHER_GOODS and (rack := _picked_from(claim.order_line_id, claim.batch_id)) is not None:
            why = [{"code": "short_at_bench", "reason": reason.value, "order": order.number}]
            about: dict[str, Any] = {"document": order.number, "order_id": order.id, "batch_id": claim.batch_id, "reasons": why}
            queue.count_once(rack, claim.product_id, site_id=order.site_id, priority=7, **about)
    _tell(order, product, [(claim.order_line_id, part) for _, claim, part in parts], reason, by)
    paying_back.less_goes(order, by=by)
    lifecycle.progress(order, by=by)
    left = packing.there_is_left(order.id)
    packed = any(line.packed > line.shipped for line in _lines(order.id))
    closed: list[str] | None = []
    if not left and packed:
        closed = packing.finish_if_all_is_here(order, by=by)
    elif not left:
        bench.clear(order.id)
    return Short(tuple(one.movement_id for one in done), left, packed, tuple(closed or ()), closed is None)


def _picked_from(order_line_id: int | None, batch_id: int) -> int | None:
    """The place that a picker took a line's goods from, as the journal says: where other goods were taken, these still lie."""
    return session.execute(
        sa.select(Movement.source_id)
        .where(
            Movement.kind == MovementKind.PICK.value,
            Movement.order_line_id == order_line_id,
            Movement.batch_id == batch_id,
        )
        .order_by(Movement.id.desc())
        .limit(1)
    ).scalar_one_or_none()


def _count_short(line_id: int, quantity: int) -> None:
    session.execute(
        sa.update(OrderLine)
        .where(OrderLine.id == line_id)
        .values(picked=OrderLine.picked - quantity, short=OrderLine.short + quantity)
        .execution_options(synchronize_session=False)
    )


def _lines(order_id: int) -> list[OrderLine]:
    query = sa.select(OrderLine).where(OrderLine.order_id == order_id).order_by(OrderLine.id)
    return list(session.execute(query.execution_options(populate_existing=True)).scalars())


def _tell(order: Order, product: Product, short: list[tuple[int, int]], reason: Lack, by: Actor) -> None:
    """One event for each line, as a short pick writes it: sales reads the same words."""
    names = {line.id: line.line for line in order.lines}
    pieces: dict[int, int] = {}
    for line_id, part in short:
        pieces[line_id] = pieces.get(line_id, 0) + part
    for line_id, quantity in sorted(pieces.items()):
        events.record(order, "order.short", by=by, line=names[line_id], sku=product.sku, quantity=quantity, reason=reason.value)


_STILL_HERE = (OrderStatus.RELEASED, OrderStatus.PICKING, OrderStatus.PICKED, OrderStatus.PACKED)


def take_back(order_id: int, movements: list[int], carton: str, *, by: Actor, key: str) -> int:
    """The pieces are there after all: they wait for packing again, and the carton in hand is open. Returns how many.

    Raises OrderTakenBack, LackMovedOn.
    """
    order = lifecycle.lock(order_id)
    if order.status == OrderStatus.CANCELLED:
        raise packing.OrderTakenBack(number=order.number)
    unit = handling_units.find(carton, by=by)
    session.refresh(unit)  # behind the order's lock
    if order.status not in _STILL_HERE or unit.load_id is not None:
        raise LackMovedOn
    unit.closed_at = None
    back = 0
    for place, movement_id in enumerate(reversed(movements)):
        movement = session.execute(sa.select(Movement).where(Movement.id == movement_id)).scalar_one()
        missed.withdraw_work(
            order,
            location_id=movement.target_id,
            product_id=movement.product_id,
            batch_id=movement.batch_id,
            quantity=movement.quantity,
            damaged=movement.target_condition == Condition.DAMAGED,
        )
        if movement.reason == Lack.OTHER_GOODS and (rack := _picked_from(movement.order_line_id, movement.batch_id)) is not None:
            same = {"product_id": movement.product_id, "batch_id": movement.batch_id, "quantity": movement.quantity}
            missed.withdraw_work(order, location_id=rack, damaged=False, **same)
        _claim_again(_returned(movement_id, f"{key}:found:{place}", by), movement)
        back += movement.quantity
    for line_id, quantity in sorted(_by_line(movements).items()):
        line = session.get_one(OrderLine, line_id)
        sku = session.get_one(Product, line.product_id).sku
        events.record(order, "order.found_again", by=by, line=line.line, sku=sku, quantity=quantity)
    packing.reopen(order)
    lifecycle.progress(order, by=by)
    queue.claim(bench.offer(order), by=by)
    return back


def _returned(movement_id: int, key: str, by: Actor) -> int:
    try:
        return reverse(movement_id, key=key, by=by).target_stock_id
    except NotEnough:
        raise LackMovedOn from None


def _claim_again(stock_id: int, movement: Movement) -> None:
    assert movement.order_line_id is not None
    claim = reservations.reserve(stock_id, movement.quantity, order_line_id=movement.order_line_id)
    if claim is None:  # expired since
        raise LackMovedOn
    session.execute(
        sa.update(Reservation).where(Reservation.id == claim).values(stage=Stage.PICKED.value).execution_options(synchronize_session=False)
    )
    _count_short(movement.order_line_id, -movement.quantity)


def _by_line(movements: list[int]) -> dict[int, int]:
    rows = session.execute(
        sa.select(Movement.order_line_id, sa.func.sum(Movement.quantity)).where(Movement.id.in_(movements)).group_by(Movement.order_line_id)
    ).all()
    return {line_id: int(quantity) for line_id, quantity in rows}
