"""Several cartons for one order: another one beside the first, one poured into another, pieces moved, a closed one opened again.

Goods go from carton to carton with their claims, as one movement that is undone by its counter-movement. What was weighed is weighed
again. Until a carton is on a truck it may be opened; its slip and label are printed again when it is closed.
"""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa

from wms import events
from wms.actor import Actor
from wms.catalog.models import Product
from wms.db import fold, session
from wms.errors import Conflict, Refused
from wms.i18n import T
from wms.orders import lifecycle
from wms.orders.models import Order, OrderLine, OrderStatus
from wms.shipping import holding, packing
from wms.stock import handling_units, reservations
from wms.stock.ledger import Move, Place, post, reverse
from wms.stock.models import Batch, Claim, HandlingUnit, Movement, MovementKind, Reservation, Stage, Stock, UnitKind

_AT_THE_BENCH = (OrderStatus.RELEASED, OrderStatus.PICKING, OrderStatus.PICKED, OrderStatus.PACKED)


class SameCarton(Refused):
    """A carton is not emptied into itself."""

    code = "same_carton"
    sentence = T("{carton} is the carton in hand", "{carton} 就是当前箱")
    advice = T("Scan the other carton", "请扫描另一个箱")


class NotOnBench(Conflict):
    """It is on a truck, on a pallet that was built, or not this order's."""

    code = "carton_gone"
    sentence = T("Carton {carton} is not at the bench for {number}", "箱 {carton} 不在 {number} 的打包台上")
    advice = T("Scan a carton of this order", "请扫描本订单的箱")


class NotSoMany(Refused):
    """The carton holds fewer."""

    code = "not_in_carton"
    sentence = T("Carton {carton} holds {have} of {sku}, not {given}", "箱 {carton} 内有 {sku} {have}，不是 {given}")
    advice = T("Count again", "请重新清点")


@dataclass(frozen=True, slots=True)
class CartonRow:
    """A carton of the order in hand."""

    code: str
    pieces: int
    closed: bool


def of_order(order_id: int) -> list[CartonRow]:
    """The order's cartons that are not on a truck, those that hold something or are open."""
    inside = (
        sa.select(sa.func.sum(Stock.on_hand)).where(Stock.handling_unit_id == HandlingUnit.id).correlate(HandlingUnit).scalar_subquery()
    )
    rows = session.execute(
        sa.select(HandlingUnit.code, sa.func.coalesce(inside, 0), HandlingUnit.closed_at)
        .where(HandlingUnit.order_id == order_id, HandlingUnit.load_id.is_(None), HandlingUnit.kind == UnitKind.CARTON.value)
        .order_by(HandlingUnit.id)
    ).all()
    return [CartonRow(code, int(pieces), closed is not None) for code, pieces, closed in rows if pieces or closed is None]


def not_weighed(order_id: int) -> list[str]:
    """The order's closed cartons that nobody has weighed yet, on no truck."""
    U = HandlingUnit  # noqa: N806
    mine = (U.order_id == order_id, U.load_id.is_(None), U.kind == UnitKind.CARTON.value)
    query = sa.select(U.code).where(*mine, U.closed_at.is_not(None), U.weight_grams.is_(None)).order_by(U.id)
    return list(session.execute(query).scalars())


def another(order_id: int, carton: str, *, by: Actor, company_prefix: str) -> HandlingUnit:
    """Opens one more carton beside the one in hand, which stays open. Raises CartonEmpty for one with nothing in it yet."""
    order = _locked(order_id)
    first = _here(carton, order, by)
    if not handling_units.contents(first.id):
        raise packing.CartonEmpty(code=first.code)
    return packing.new_carton(order, first.location_id, by=by, company_prefix=company_prefix)


def opened(order_id: int, carton: str, *, by: Actor) -> HandlingUnit:
    """A carton of the order that is open: the one to go on with. Raises NotOnBench, CartonUnknown."""
    unit = _here(carton, _locked(order_id), by)
    if unit.closed_at is not None:
        raise packing.CartonUnknown(code=unit.code, number=session.get_one(Order, order_id).number)
    return unit


def open_again(order_id: int, carton: str, *, by: Actor) -> HandlingUnit:
    """A closed carton is packed on, as long as it is on no truck; it is weighed anew. Raises NotOnBench, OrderTakenBack."""
    order = _locked(order_id)
    unit = _here(carton, order, by)
    if unit.closed_at is not None:
        unit.closed_at = unit.weight_grams = None
        packing.reopen(order)
        session.flush()  # the event is a Core statement
        events.record(order, "order.carton_reopened", by=by, carton=unit.code)
    return unit


def merge(order_id: int, emptied: str, into: str, *, by: Actor, key: str) -> list[int]:
    """All that is in one carton goes into another one of the same order; the emptied one is the order's no more. Returns the movements.

    Raises NotOnBench, SameCarton, CartonEmpty.
    """
    order = _locked(order_id)
    source, target = _two(order, emptied, into, by)
    claims = _claims(source.id)
    if not claims:
        raise packing.CartonEmpty(code=source.code)
    moved = _carry(order, [(claim, claim.quantity) for claim in claims], source, target, by=by, key=key)
    source.order_id, source.closed_at = None, None
    session.flush()  # its order's cartons are read again
    return moved


def move_pieces(
    order_id: int, product: Product, quantity: int, source_carton: str, target_carton: str, *, by: Actor, key: str, lot: str | None = None
) -> list[int]:
    """So many pieces go from one carton into another one of the same order. Returns the movements.

    Raises NotOnBench, SameCarton, NotSoMany.
    """
    order = _locked(order_id)
    source, target = _two(order, source_carton, target_carton, by)
    claims = [one for one in _claims(source.id) if one.product_id == product.id and lot in (None, one.lot_key)]
    there = sum(claim.quantity for claim in claims)
    if not 0 < quantity <= there:
        raise NotSoMany(carton=source.code, sku=product.sku, have=there, given=quantity)
    parts, left = [], quantity
    for claim in claims:
        if left:
            parts.append((claim, min(left, claim.quantity)))
            left -= parts[-1][1]
    return _carry(order, parts, source, target, by=by, key=key)


def move_back(order_id: int, movements: list[int], *, by: Actor, key: str) -> int:
    """What was poured or moved goes back to the carton it was in. Returns how many pieces. Raises PackedAlready."""
    order = _locked(order_id)
    back = 0
    for place, movement_id in enumerate(reversed(movements)):
        movement = session.get_one(Movement, movement_id)
        source = session.get_one(HandlingUnit, movement.source_unit_id, populate_existing=True)
        target = session.get_one(HandlingUnit, movement.target_unit_id, populate_existing=True)
        if target.load_id or source.load_id or target.closed_at or source.closed_at or target.location_id != movement.target_id:
            raise packing.PackedAlready
        source.order_id = order.id
        session.flush()  # the carton is the order's before its goods are in it
        claim = packing.claim_in(movement)
        reverse(movement_id, key=f"{key}:back:{place}", by=by, claims=(claim,), claimed=movement.quantity, stage=Stage.PACKED)
        back += movement.quantity
    return back


@dataclass(frozen=True, slots=True)
class _Inside:
    id: int
    order_line_id: int
    quantity: int
    location_id: int
    batch_id: int
    product_id: int
    lot_key: str


def _claims(unit_id: int) -> list[_Inside]:
    rows = session.execute(
        sa.select(
            Reservation.id,
            Reservation.order_line_id,
            Reservation.quantity,
            Stock.location_id,
            Stock.batch_id,
            Stock.product_id,
            Batch.lot_key,
        )
        .join(Stock, Stock.id == Reservation.stock_id)
        .join(Batch, Batch.id == Stock.batch_id)
        .join(OrderLine, OrderLine.id == Reservation.order_line_id)
        .where(Stock.handling_unit_id == unit_id, Reservation.status == Claim.PENDING.value, Reservation.stage == Stage.PACKED.value)
        .order_by(Reservation.id)
    ).all()
    return [_Inside(*row) for row in rows]


def _carry(order: Order, parts: list[tuple[_Inside, int]], source: HandlingUnit, target: HandlingUnit, *, by: Actor, key: str) -> list[int]:
    moves = [
        Move(
            key=f"{key}:carton:{place}",
            batch_id=claim.batch_id,
            quantity=part,
            source=Place(claim.location_id, source.id),
            target=Place(target.location_id, target.id),
            kind=MovementKind.MOVE,
            document=order.number,
            order_line_id=claim.order_line_id,
            claims=(claim.id if part == claim.quantity else reservations.split(claim.id, part),),
            claimed=part,
            stage=Stage.PACKED,
        )
        for place, (claim, part) in enumerate(parts)
    ]
    done = post(moves, by=by)
    holding.must_hold(target)
    source.weight_grams = target.weight_grams = None
    session.flush()
    return [one.movement_id for one in done]


def _locked(order_id: int) -> Order:
    order = lifecycle.lock(order_id)
    if order.status == OrderStatus.CANCELLED:
        raise packing.OrderTakenBack(number=order.number)
    if OrderStatus(order.status) not in _AT_THE_BENCH:
        raise packing.NothingToPack(number=order.number, state=OrderStatus(order.status).text)
    return order


def _here(carton: str, order: Order, by: Actor) -> HandlingUnit:
    unit = handling_units.find(carton, by=by)
    session.refresh(unit)  # behind the order's lock
    if unit.order_id != order.id or unit.load_id is not None or unit.parent_id is not None or unit.kind != UnitKind.CARTON:
        raise NotOnBench(carton=unit.code, number=order.number)
    return unit


def _two(order: Order, one: str, other: str, by: Actor) -> tuple[HandlingUnit, HandlingUnit]:
    """The carton that goods leave, and an open one that they go into."""
    source, target = _here(one, order, by), _here(other, order, by)
    if source.id == target.id:
        raise SameCarton(carton=source.code)
    if target.closed_at is not None:
        raise packing.CartonUnknown(code=target.code, number=order.number)
    if source.closed_at is not None:
        source.closed_at = None  # what is taken out of it was closed over
        packing.reopen(order)
    return source, target


def lot_key(lot: str | None) -> str | None:
    """A lot as claims are compared by it."""
    return None if lot is None else fold(lot)
