"""The pack bench: every piece is checked a second time on its way into a carton that belongs to one order alone."""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa

from wms import clock, events
from wms.actor import Actor
from wms.catalog.models import Product
from wms.db import session
from wms.errors import Conflict, NotFound, Refused
from wms.i18n import T
from wms.locations.models import Location
from wms.orders import lifecycle
from wms.orders.models import Order, OrderLine, OrderStatus
from wms.shipping import shipments
from wms.stock import handling_units, reservations
from wms.stock.ledger import Move, Place, post, reverse
from wms.stock.models import Claim, HandlingUnit, Movement, MovementKind, Reservation, Stage, Stock, UnitKind

PACKABLE = (OrderStatus.PICKING, OrderStatus.PICKED)


class NothingToPack(Refused):
    """The order has no picked goods waiting."""

    code = "nothing_to_pack"
    sentence = T("Nothing of {number} waits at packing: it is {state}", "{number} 没有待打包的货物：{state}")
    advice = T("Take another order", "请处理其他订单")


class WrongPiece(Refused):
    """The second check: this product was not ordered."""

    code = "wrong_piece"
    sentence = T("{sku} does not belong to {number}", "{sku} 不属于 {number}")
    advice = T("Put it aside and tell your supervisor", "请放在一边并告知主管")


class ExtraPiece(Refused):
    """The second check: more than was picked for this order."""

    code = "extra_piece"
    sentence = T("Only {open} more of {sku} go into {number}, not {given}", "{number} 的 {sku} 只差 {open}，不能放 {given}")
    advice = T("Count again; put the extra pieces aside", "请重新清点，多出的放在一边")


class CartonUnknown(NotFound):
    """The carton is not this order's, or is closed."""

    code = "carton_not_open"
    sentence = T("Carton {code} is not open for {number}", "箱 {code} 不是 {number} 的在打包箱")


class PackedAlready(Conflict):
    """What was to be undone has moved on."""

    code = "packed_on"
    sentence = T("The carton has moved on; this cannot be undone here", "该箱已流转，不能在此撤销")


@dataclass(frozen=True)
class Waiting:
    """How many of a product wait to be packed for an order."""

    product_id: int
    sku: str
    open: int
    packed: int


@dataclass(frozen=True)
class Packed:
    """One act of packing, with what undoing it needs."""

    movements: tuple[int, ...]
    carton: str
    left: int  # pieces of the whole order that still wait
    closed: bool


def waiting(order_id: int) -> list[Waiting]:
    """What lies picked for an order and is not packed yet, by product."""
    rows = session.execute(
        sa.select(
            Product.id,
            Product.sku,
            sa.func.sum(OrderLine.picked - OrderLine.packed),
            sa.func.sum(OrderLine.packed),
        )
        .join(OrderLine, OrderLine.product_id == Product.id)
        .where(OrderLine.order_id == order_id)
        .group_by(Product.id, Product.sku)
        .order_by(Product.sku)
    ).all()
    return [Waiting(product_id, sku, int(open_), int(packed)) for product_id, sku, open_, packed in rows]


def begin(order: Order, *, by: Actor, company_prefix: str) -> HandlingUnit:
    """The carton that is packed for an order now: the one left open, else a new one where its goods lie. Raises NothingToPack."""
    order = lifecycle.lock(order.id)
    goods = _picked_claims(order.id)
    if OrderStatus(order.status) not in PACKABLE or not goods:
        raise NothingToPack(number=order.number, state=OrderStatus(order.status).text)
    return open_carton(order.id) or _new_carton(order, goods[0].location_id, by=by, company_prefix=company_prefix)


def open_carton(order_id: int) -> HandlingUnit | None:
    """The carton of an order that is not closed yet."""
    return session.execute(
        sa.select(HandlingUnit)
        .where(HandlingUnit.order_id == order_id, HandlingUnit.closed_at.is_(None), HandlingUnit.kind == UnitKind.CARTON.value)
        .order_by(HandlingUnit.id.desc())
        .limit(1)
    ).scalar_one_or_none()


def _new_carton(order: Order, location_id: int, *, by: Actor, company_prefix: str) -> HandlingUnit:
    shipments.of_order(order, by=by)
    return handling_units.new_unit(
        UnitKind.CARTON, location_id=location_id, site_id=order.site_id, company_prefix=company_prefix, order_id=order.id
    )


def pack(order_id: int, product: Product, quantity: int, carton: str, *, by: Actor, key: str) -> Packed:
    """Puts checked pieces into a carton; their claims go along. The last piece closes the carton and the order is packed.

    Raises WrongPiece, ExtraPiece, NothingToPack, CartonUnknown.
    """
    order = lifecycle.lock(order_id)
    unit = handling_units.find(carton, by=by)
    if unit.order_id != order.id or unit.closed_at is not None:
        raise CartonUnknown(code=carton, number=order.number)
    if OrderStatus(order.status) not in PACKABLE:
        raise NothingToPack(number=order.number, state=OrderStatus(order.status).text)
    if all(line.product_id != product.id for line in order.lines):
        raise WrongPiece(sku=product.sku, number=order.number)
    claims = [claim for claim in _picked_claims(order.id) if claim.product_id == product.id]
    there = sum(claim.quantity for claim in claims)
    if quantity > there:
        raise ExtraPiece(open=there, sku=product.sku, number=order.number, given=quantity)
    moves: list[Move] = []
    left = quantity
    for claim in claims:
        if not left:
            break
        part = min(left, claim.quantity)
        claim_id = claim.id if part == claim.quantity else reservations.split(claim.id, part)
        moves.append(
            Move(
                key=f"{key}:{len(moves)}",
                batch_id=claim.batch_id,
                quantity=part,
                source=Place(claim.location_id, claim.unit_id),
                target=Place(unit.location_id, unit.id),
                kind=MovementKind.PACK,
                document=order.number,
                order_line_id=claim.order_line_id,
                claims=(claim_id,),
                claimed=part,
                stage=Stage.PACKED,
            )
        )
        _count_packed(claim.order_line_id, part)
        left -= part
    done = post(moves, by=by)
    lifecycle.progress(order, by=by)
    rest = there_is_left(order.id)
    if not rest:
        _close(unit, order, by=by)
    return Packed(tuple(one.movement_id for one in done), unit.code, rest, not rest)


def _count_packed(line_id: int, quantity: int) -> None:
    session.execute(
        sa.update(OrderLine)
        .where(OrderLine.id == line_id)
        .values(packed=OrderLine.packed + quantity)
        .execution_options(synchronize_session=False)
    )


def there_is_left(order_id: int) -> int:
    """How many picked pieces of an order wait for packing."""
    return sum(claim.quantity for claim in _picked_claims(order_id))


@dataclass(frozen=True)
class _Picked:
    id: int
    order_line_id: int
    quantity: int
    location_id: int
    unit_id: int | None
    batch_id: int
    product_id: int


def _picked_claims(order_id: int) -> list[_Picked]:
    """Goods picked for an order, wherever they lie, oldest claim first."""
    rows = session.execute(
        sa.select(
            Reservation.id,
            Reservation.order_line_id,
            Reservation.quantity,
            Stock.location_id,
            Stock.handling_unit_id,
            Stock.batch_id,
            Stock.product_id,
        )
        .join(OrderLine, OrderLine.id == Reservation.order_line_id)
        .join(Stock, Stock.id == Reservation.stock_id)
        .where(
            OrderLine.order_id == order_id,
            Reservation.status == Claim.PENDING.value,
            Reservation.stage == Stage.PICKED.value,
        )
        .order_by(Reservation.id)
    ).all()
    return [_Picked(*row) for row in rows]


def close_carton(order_id: int, carton: str, *, by: Actor, weight_grams: int | None = None) -> HandlingUnit:
    """The carton is full or finished. An empty one is simply closed and never shipped. Raises CartonUnknown."""
    order = lifecycle.lock(order_id)
    unit = handling_units.find(carton, by=by)
    if unit.order_id != order.id:
        raise CartonUnknown(code=carton, number=order.number)
    if unit.closed_at is None:
        _close(unit, order, by=by)
    if weight_grams is not None:
        unit.weight_grams = weight_grams
    session.flush()
    return unit


def next_carton(order_id: int, carton: str, *, by: Actor, company_prefix: str) -> HandlingUnit:
    """Closes the full carton and opens the next one beside it."""
    full = close_carton(order_id, carton, by=by)
    return _new_carton(lifecycle.lock(order_id), full.location_id, by=by, company_prefix=company_prefix)


def _close(unit: HandlingUnit, order: Order, *, by: Actor) -> None:
    unit.closed_at = clock.now()
    session.flush()  # the event is a Core statement
    events.record(order, "order.carton_closed", by=by, carton=unit.code)


def undo(order_id: int, movements: tuple[int, ...] | list[int], *, by: Actor, key: str) -> int:
    """Takes pieces out of the carton again, back to where they were picked to. Returns how many; raises PackedAlready."""
    order = lifecycle.lock(order_id)
    back = 0
    for number, movement_id in enumerate(reversed(movements)):
        movement = session.execute(sa.select(Movement).where(Movement.id == movement_id)).scalar_one()
        unit = session.get(HandlingUnit, movement.target_unit_id, populate_existing=True)
        if unit is None or unit.loaded_at is not None or unit.location_id != movement.target_id:
            raise PackedAlready
        claim_id = _claim_in(movement)
        reverse(
            movement_id,
            key=f"{key}:undo:{number}",
            by=by,
            claims=(claim_id,),
            claimed=movement.quantity,
            stage=Stage.PICKED,
        )
        assert movement.order_line_id is not None
        _count_packed(movement.order_line_id, -movement.quantity)
        unit.closed_at = None
        back += movement.quantity
    session.flush()
    lifecycle.progress(order, by=by)
    return back


def _claim_in(movement: Movement) -> int:
    """The claim (cut to size) that holds the goods of a packing movement where they are now."""
    row = session.execute(
        sa.select(Reservation.id, Reservation.quantity)
        .join(Stock, Stock.id == Reservation.stock_id)
        .where(
            Reservation.order_line_id == movement.order_line_id,
            Reservation.status == Claim.PENDING.value,
            Reservation.stage == Stage.PACKED.value,
            Stock.location_id == movement.target_id,
            Stock.batch_id == movement.batch_id,
            Stock.handling_unit_id == movement.target_unit_id,
            Reservation.quantity >= movement.quantity,
        )
        .order_by(Reservation.quantity)
        .limit(1)
    ).one_or_none()
    if row is None:
        raise PackedAlready
    return row.id if row.quantity == movement.quantity else reservations.split(row.id, movement.quantity)


def next_to_pack(*, by: Actor) -> Order | None:
    """The order at packing that is due first."""
    return session.execute(
        sa.select(Order)
        .where(Order.site_id == by.site_id, Order.status == OrderStatus.PICKED.value)
        .order_by(Order.priority.desc(), sa.nulls_last(Order.due_at), Order.id)
        .limit(1)
    ).scalar_one_or_none()


def place_of(unit: HandlingUnit) -> str:
    """The code of the location a unit stands at."""
    return session.execute(sa.select(Location.code).where(Location.id == unit.location_id)).scalar_one()
