"""The pack bench: every piece is checked a second time on its way into a carton that belongs to one order alone."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from wms import clock, events
from wms.actor import Actor
from wms.catalog.models import Product, Tracking
from wms.db import fold, session
from wms.errors import Conflict, NotFound, Refused
from wms.i18n import T, Text
from wms.orders import bench, lifecycle, services
from wms.orders.models import Order, OrderLine, OrderStatus
from wms.shipping import checks, holding, shipments, taking_out
from wms.stock import handling_units, reservations
from wms.stock.ledger import Move, Place, post, reverse
from wms.stock.models import Batch, Claim, HandlingUnit, Movement, MovementKind, Reservation, Stage, Stock, UnitKind
from wms.tasks import next_best, queue
from wms.tasks.models import Task, TaskKind

PACKABLE = (OrderStatus.PICKING, OrderStatus.PICKED)


class NothingToPack(Refused):
    """The order has no picked goods waiting."""

    code = "nothing_to_pack"
    sentence = T("Nothing of {number} waits at packing: it is {state}", "{number} 没有待打包的货物：{state}")
    advice = T("Take another order", "请处理其他订单")


class NotSorted(Refused):
    """Some of the order's goods lie among those of other orders."""

    code = "not_sorted"
    sentence = T("Goods of {number} are still to be sorted", "{number} 的货物尚未分播")
    advice = T("Take another order; this one comes when they are sorted", "请处理其他订单；分播完成后再打包")


class OrderTakenBack(Refused):
    """The order was cancelled while somebody packed it."""

    code = "order_cancelled"
    sentence = T("{number} was cancelled", "{number} 已取消")
    advice = T("Leave its goods where they are: a task takes them back", "货物留在原处，将派回库任务")


class OrderChangedMeanwhile(Refused):
    """Sales wants something else of it than when the packer began."""

    code = "order_changed"
    sentence = T("{number} was changed", "{number} 已变更")


class WrongPiece(Refused):
    """The second check: this product was not ordered."""

    code = "wrong_piece"
    sentence = T("{sku} does not belong to {number}", "{sku} 不属于 {number}")
    advice = T("Choose Put aside, so that somebody sees to it", "请选“异常件另放”，以便有人处理")


class ExtraPiece(Refused):
    """The second check: more than was picked for this order."""

    code = "extra_piece"
    sentence = T("Only {open} more of {sku} go into {number}, not {given}", "{number} 的 {sku} 只差 {open}，不能放 {given}")
    advice = T("Count again; for extra pieces choose Put aside", "请重新清点；多出的请选“异常件另放”")


class PackedAll(ExtraPiece):
    """The second check: none of it is open any more; what there was is packed, or was reported short."""

    sentence = T("No more {sku} go into {number}", "{number} 不再需要 {sku}")
    advice = T("Choose Put aside, or scan the next product", "请选“异常件另放”，或扫描下一个商品")


class WrongLotPiece(Refused):
    """The second check: the right product, of a lot that was not picked for this order."""

    code = "wrong_lot"
    sentence = T("Lot {lot} of {sku} was not picked for {number}", "{sku} 的批号 {lot} 不是为 {number} 拣的")
    advice = T("Choose Put aside, so that somebody sees to it", "请选“异常件另放”，以便有人处理")


class NothingTrusted(Refused):
    """Here every piece is scanned."""

    code = "nothing_trusted"
    sentence = T("Nothing there is packed on trust for {number}", "{number} 在此没有可免检装箱的货物")
    advice = T("Scan the pieces", "请逐件扫描")


class CartonUnknown(NotFound):
    """The carton is not this order's, or is closed."""

    code = "carton_not_open"
    sentence = T("Carton {code} is not open for {number}", "箱 {code} 不是 {number} 的在打包箱")


class CartonEmpty(Refused):
    """There is nothing in it to close it over."""

    code = "carton_empty"
    sentence = T("Carton {code} is empty", "箱 {code} 是空的")
    advice = T("Scan the first piece", "请扫描第一件")


class PackedAlready(Conflict):
    """What was to be undone has moved on."""

    code = "packed_on"
    sentence = T("The carton has moved on; this cannot be undone here", "该箱已流转，不能在此撤销")


@dataclass(frozen=True)
class Waiting:
    """How many of a product wait to be packed for an order."""

    product_id: int
    sku: str
    name: Text
    unit: str
    open: int
    packed: int
    to_scan: int
    """How many of those that wait are scanned piece by piece; the others may be packed on trust."""
    serial: bool


@dataclass(frozen=True)
class Packed:
    """One act of packing, with what undoing it needs."""

    movements: tuple[int, ...]
    carton: str
    left: int  # pieces of the whole order that still wait
    closed: bool
    """Whether that was all of the order."""
    quantity: int
    cartons: tuple[str, ...] = ()
    """All that were closed by it."""


def waiting(order_id: int) -> list[Waiting]:
    """What an order holds at the bench, by product: how much waits, how much of it is scanned, how much is packed."""
    asked = checks.of_order(session.get_one(Order, order_id))
    rows = session.execute(
        sa.select(
            Product.id,
            Product.sku,
            Product.name,
            Product.name_en,
            Product.name_zh,
            Product.base_unit,
            Product.tracking,
            sa.func.sum(OrderLine.picked - OrderLine.packed),
            sa.func.sum(OrderLine.packed),
        )
        .join(OrderLine, OrderLine.product_id == Product.id)
        .where(OrderLine.order_id == order_id)
        .group_by(Product.id)
        .order_by(Product.sku_key)
    ).all()
    return [
        Waiting(
            product_id,
            sku,
            T(en or name, zh or name),
            unit,
            int(open_),
            int(packed),
            min(int(open_), asked[product_id].still),
            tracking == Tracking.SERIAL,
        )
        for product_id, sku, name, en, zh, unit, tracking, open_, packed in rows
    ]


def begin(order: Order, *, by: Actor, company_prefix: str, bench_id: int | None = None) -> HandlingUnit:
    """The carton that is packed for an order now: the one left open, else a new one at the bench (where nobody says which, that is where
    its goods lie). The work becomes the person's.

    Raises NothingToPack, NotSorted, OrderTakenBack, TaskTaken.
    """
    order = lifecycle.lock(order.id)
    goods = picked_claims(order.id)
    _must_be_packable(order)
    if bench.to_be_sorted(order.id):
        raise NotSorted(number=order.number)
    if not goods:
        raise NothingToPack(number=order.number, state=OrderStatus(order.status).text)
    queue.claim(bench.offer(order), by=by)
    checks.keep_decision(order, checks.of_order(order), by=by)
    return open_carton(order.id) or new_carton(order, bench_id or goods[0].location_id, by=by, company_prefix=company_prefix)


def locked_for_packing(order_id: int) -> Order:
    """The order, locked; raises OrderTakenBack, NothingToPack."""
    order = lifecycle.lock(order_id)
    _must_be_packable(order)
    return order


def must_be_wanted(order_id: int, *, seen: int | None = None) -> None:
    """Raises OrderTakenBack where the order was cancelled, OrderChangedMeanwhile where it was changed since the change that was `seen`."""
    order = session.execute(sa.select(Order.number, Order.status).where(Order.id == order_id)).one()
    if order.status == OrderStatus.CANCELLED:
        raise OrderTakenBack(number=order.number)
    if seen is not None and taking_out.newest_change(order_id) > seen:
        raise OrderChangedMeanwhile(number=order.number)


def _must_be_packable(order: Order) -> None:
    if order.status == OrderStatus.CANCELLED:
        raise OrderTakenBack(number=order.number)
    if OrderStatus(order.status) not in PACKABLE:
        raise NothingToPack(number=order.number, state=OrderStatus(order.status).text)


def must_be_at_the_bench(order: Order) -> None:
    """Raises OrderTakenBack, NothingToPack where it has left, or never came."""
    if order.status == OrderStatus.CANCELLED:
        raise OrderTakenBack(number=order.number)
    if OrderStatus(order.status) not in (*PACKABLE, OrderStatus.PACKED):
        raise NothingToPack(number=order.number, state=OrderStatus(order.status).text)


def leave(order_id: int, *, by: Actor) -> None:
    """The packer goes: the order waits for whoever comes next."""
    task = bench.open_task(order_id)
    if task is not None and task[1] == by.id:
        queue.give_back(task[0], by=by)


def open_carton(order_id: int) -> HandlingUnit | None:
    """The carton of an order that is not closed yet; of several, the one that was opened last."""
    return next(iter(open_cartons(order_id)[::-1]), None)


def open_cartons(order_id: int) -> list[HandlingUnit]:
    """The cartons of an order that are not closed yet, in the sequence in which they were opened."""
    return list(
        session.execute(
            sa.select(HandlingUnit)
            .where(
                HandlingUnit.order_id == order_id,
                HandlingUnit.closed_at.is_(None),
                HandlingUnit.load_id.is_(None),
                HandlingUnit.kind == UnitKind.CARTON.value,
            )
            .order_by(HandlingUnit.id)
        ).scalars()
    )


def new_carton(order: Order, location_id: int, *, by: Actor, company_prefix: str) -> HandlingUnit:
    """One more carton for a locked order."""
    shipments.of_order(order, by=by)
    return handling_units.new_unit(
        UnitKind.CARTON, location_id=location_id, site_id=order.site_id, company_prefix=company_prefix, order_id=order.id
    )


def pack(order_id: int, product: Product, quantity: int, carton: str, *, by: Actor, key: str, lot: str | None = None) -> Packed:
    """Puts checked pieces into a carton; their claims go along. The last piece closes the carton and the order is packed.

    Raises OrderTakenBack, NothingToPack, CartonUnknown, WrongPiece, ExtraPiece, CartonTooHeavy.
    """
    order = locked_for_packing(order_id)
    unit = _open(carton, order, by)
    if all(line.product_id != product.id for line in order.lines):
        raise WrongPiece(sku=product.sku, number=order.number)
    claims = [claim for claim in picked_claims(order.id) if claim.product_id == product.id and of_lot(claim, lot)]
    there = sum(claim.quantity for claim in claims)
    if quantity > there:
        raise (ExtraPiece if there else PackedAll)(open=there, sku=product.sku, number=order.number, given=quantity)
    return _put(order, unit, cut(claims, quantity), by=by, key=key)


def trust(order_id: int, carton: str, *, by: Actor, key: str, tote_id: int | None = None) -> Packed:
    """Packs what need not be scanned piece by piece: all of it in a tote, or wherever it lies. The journal says that nobody scanned it.

    Raises OrderTakenBack, NothingToPack, CartonUnknown, NothingTrusted, CartonTooHeavy.
    """
    order = locked_for_packing(order_id)
    unit = _open(carton, order, by)
    free = {one.product_id: one.open - one.to_scan for one in waiting(order_id)}
    parts: list[Part] = []
    for claim in picked_claims(order.id):
        if tote_id is None or claim.unit_id == tote_id:
            taken = cut([claim], min(claim.quantity, free[claim.product_id]))
            free[claim.product_id] -= sum(part for _, _, part in taken)
            parts += taken
    if not parts:
        raise NothingTrusted(number=order.number)
    return _put(order, unit, parts, by=by, key=key, reason=checks.TRUSTED)


def cut(claims: Iterable[PickedClaim], quantity: int) -> list[Part]:
    """As many claims as the quantity needs, the last one split."""
    parts: list[Part] = []
    for claim in claims:
        part = min(quantity, claim.quantity)
        if not part:
            break
        parts.append((claim.id if part == claim.quantity else reservations.split(claim.id, part), claim, part))
        quantity -= part
    return parts


def _put(order: Order, unit: HandlingUnit, parts: Sequence[Part], *, by: Actor, key: str, reason: str | None = None) -> Packed:
    moves = [
        Move(
            key=f"{key}:{place}",
            batch_id=claim.batch_id,
            quantity=part,
            source=Place(claim.location_id, claim.unit_id),
            target=Place(unit.location_id, unit.id),
            kind=MovementKind.PACK,
            reason=reason,
            document=order.number,
            order_line_id=claim.order_line_id,
            claims=(claim_id,),
            claimed=part,
            stage=Stage.PACKED,
        )
        for place, (claim_id, claim, part) in enumerate(parts)
    ]
    for _, claim, part in parts:
        _count_packed(claim.order_line_id, part)
    done = post(moves, by=by)
    holding.must_hold(unit)
    lifecycle.progress(order, by=by)
    rest = there_is_left(order.id)
    closed = () if rest else finish_if_all_is_here(order, by=by)
    quantity = sum(part for _, _, part in parts)
    return Packed(tuple(one.movement_id for one in done), unit.code, rest, closed is not None and not rest, quantity, tuple(closed or ()))


def of_lot(claim: PickedClaim, lot: str | None) -> bool:
    """Whether a lot that was read on the piece is the claim's."""
    return lot is None or claim.lot_key == fold(lot)


def check_piece(order_id: int, product: Product, quantity: int, lot: str | None) -> int:
    """The second check of what is in the packer's hand; how many of it may still go in. Raises OrderTakenBack, NothingToPack, WrongPiece,
    WrongLotPiece, ExtraPiece.
    """
    order = session.get_one(Order, order_id, populate_existing=True)
    _must_be_packable(order)
    number = order.number
    ours = [claim for claim in picked_claims(order_id) if claim.product_id == product.id]
    if not ours and product.id not in {one.product_id for one in waiting(order_id)}:
        raise WrongPiece(sku=product.sku, number=number)
    fitting = [claim for claim in ours if of_lot(claim, lot)]
    if ours and not fitting:
        raise WrongLotPiece(sku=product.sku, lot=lot, number=number)
    open_ = sum(claim.quantity for claim in fitting)
    if quantity > open_:
        raise (ExtraPiece if open_ else PackedAll)(open=open_, sku=product.sku, number=number, given=quantity)
    return open_


def _count_packed(line_id: int, quantity: int) -> None:
    session.execute(
        sa.update(OrderLine)
        .where(OrderLine.id == line_id)
        .values(packed=OrderLine.packed + quantity)
        .execution_options(synchronize_session=False)
    )


def there_is_left(order_id: int) -> int:
    """How many picked pieces of an order wait for packing."""
    return sum(claim.quantity for claim in picked_claims(order_id))


def still_to_come(order_id: int) -> int:
    """How many pieces of an order are on their way to the bench: promised to it, on a picker's list or cart, among goods to be sorted.
    What a back-order still waits for is not among them."""
    promised = sa.select(sa.func.sum(OrderLine.promised)).where(OrderLine.order_id == order_id)
    claimed = (
        sa.select(sa.func.sum(Reservation.quantity))
        .join(OrderLine, OrderLine.id == Reservation.order_line_id)
        .where(
            OrderLine.order_id == order_id,
            Reservation.status == Claim.PENDING.value,
            Reservation.stage.in_([Stage.RESERVED.value, Stage.TO_SORT.value]),
        )
    )
    return int((session.execute(promised).scalar() or 0) + (session.execute(claimed).scalar() or 0))


@dataclass(frozen=True)
class PickedClaim:
    """Goods picked for an order line that wait for packing."""

    id: int
    order_line_id: int
    quantity: int
    location_id: int
    unit_id: int | None
    batch_id: int
    product_id: int
    lot_key: str


Part = tuple[int, PickedClaim, int]
"""The claim that moves, what it was cut from, and how many pieces."""


def picked_claims(order_id: int) -> list[PickedClaim]:
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
            Batch.lot_key,
        )
        .join(OrderLine, OrderLine.id == Reservation.order_line_id)
        .join(Stock, Stock.id == Reservation.stock_id)
        .join(Batch, Batch.id == Stock.batch_id)
        .where(
            OrderLine.order_id == order_id,
            Reservation.status == Claim.PENDING.value,
            Reservation.stage == Stage.PICKED.value,
        )
        .order_by(Reservation.id)
    ).all()
    return [PickedClaim(*row) for row in rows]


def close_carton(order_id: int, carton: str, *, by: Actor) -> HandlingUnit:
    """The carton is full, or the packer is done with it for now; where nothing waits any more, the order is finished with it.

    Raises OrderTakenBack, CartonUnknown, CartonEmpty, CartonTooHeavy, StillInside, ServiceOpen.
    """
    order = lifecycle.lock(order_id)
    if order.status == OrderStatus.CANCELLED:
        raise OrderTakenBack(number=order.number)
    unit = _open(carton, order, by)
    if not handling_units.contents(unit.id):
        raise CartonEmpty(code=unit.code)
    taking_out.must_be_out(unit)
    services.must_be_done(order, lines_in(unit.id))
    _close(unit, order, by=by)
    if order.status == OrderStatus.PACKED and not to_close(order.id):  # it was opened again, and was the last one
        finish(order, by=by)
    return unit


def to_close(order_id: int) -> list[HandlingUnit]:
    """The cartons of an order that are open and hold something."""
    return [unit for unit in open_cartons(order_id) if handling_units.contents(unit.id)]


def next_carton(order_id: int, carton: str, *, by: Actor, company_prefix: str) -> HandlingUnit:
    """Closes the full carton and opens the next one beside it."""
    full = close_carton(order_id, carton, by=by)
    return new_carton(lifecycle.lock(order_id), full.location_id, by=by, company_prefix=company_prefix)


def weigh(order_id: int, carton: str, grams: int, *, by: Actor) -> HandlingUnit:
    """The weight of a carton, as the scale shows it. Raises CartonUnknown."""
    order = lifecycle.lock(order_id)
    unit = handling_units.find(carton, by=by)
    if unit.order_id != order.id or unit.load_id is not None:
        raise CartonUnknown(code=carton, number=order.number)
    unit.weight_grams = grams
    session.flush()  # the label shows it at once
    return unit


def lines_in(unit_id: int) -> set[int]:
    """The order lines whose goods are in a unit."""
    claims = sa.select(Reservation.order_line_id).join(Stock, Stock.id == Reservation.stock_id)
    inside = claims.where(Stock.handling_unit_id == unit_id, Reservation.status == Claim.PENDING.value)
    return set(session.execute(inside).scalars())


def _open(carton: str, order: Order, by: Actor) -> HandlingUnit:
    unit = handling_units.find(carton, by=by)
    session.refresh(unit)  # behind the order's lock
    if unit.order_id != order.id or unit.closed_at is not None or unit.load_id is not None:
        raise CartonUnknown(code=carton, number=order.number)
    return unit


def _close(unit: HandlingUnit, order: Order, *, by: Actor) -> None:
    holding.must_hold(unit)
    unit.closed_at = clock.now()
    session.flush()  # the event is a Core statement
    events.record(order, "order.carton_closed", by=by, carton=unit.code)


def finish_if_all_is_here(order: Order, *, by: Actor) -> list[str] | None:
    """Finishes an order of which nothing waits at the bench. While the rest of it is being picked its carton stays open, and the bench
    is told when the rest has come: None then."""
    if still_to_come(order.id):
        bench.clear(order.id)
        return None
    return finish(order, by=by)


def finish_what_waited(order: Order, *, by: Actor) -> bool:
    """A packed order whose cartons are all closed, and whose rest was awaited and does not come: finished now, once."""
    order = lifecycle.lock(order.id)
    if order.status != OrderStatus.PACKED or all(one.packed_at for one in shipments.open_of(order.id)):
        return False
    finish(order, by=by)
    return True


def finish(order: Order, *, by: Actor) -> list[str]:
    """Nothing picked is left: the cartons that are open are closed where they hold anything, the shipment has its papers, the work is
    done. Answers the cartons it closed."""
    services.must_be_done(order)
    closed = []
    for unit in to_close(order.id):
        taking_out.must_be_out(unit)
        _close(unit, order, by=by)
        closed.append(unit.code)
    for shipment in shipments.open_of(order.id):
        shipment.packed_at = clock.now()
    bench.clear(order.id)
    session.flush()
    return closed


def undo(order_id: int, movements: tuple[int, ...] | list[int], *, by: Actor, key: str) -> int:
    """Takes pieces out of the carton again, back to where they were picked to. Returns how many; raises PackedAlready."""
    order = lifecycle.lock(order_id)
    if order.status == OrderStatus.CANCELLED:
        raise OrderTakenBack(number=order.number)
    back = 0
    for number, movement_id in enumerate(reversed(movements)):
        movement = session.execute(sa.select(Movement).where(Movement.id == movement_id)).scalar_one()
        unit = session.get(HandlingUnit, movement.target_unit_id, populate_existing=True)
        if unit is None or unit.load_id is not None or unit.location_id != movement.target_id:
            raise PackedAlready
        claim_id = claim_in(movement)
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
        session.flush()  # the next turn reads the unit afresh
        back += movement.quantity
    reopen(order)
    lifecycle.progress(order, by=by)
    queue.claim(bench.offer(order), by=by)
    return back


def reopen(order: Order) -> None:
    """Something of the order waits at the bench again."""
    for shipment in shipments.open_of(order.id):
        shipment.packed_at = None
    session.flush()  # the order's state is read from the table


def claim_in(movement: Movement) -> int:
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


def next_to_pack(*, by: Actor) -> tuple[Order, Task] | None:
    """The order this person packs already, else the best one at packing that nobody else has; with its task."""
    while (task := next_best.give([TaskKind.PACK], by=by)) is not None:
        something = sa.exists().where(OrderLine.order_id == Order.id, OrderLine.picked > OrderLine.packed)
        to_close = Order.status == OrderStatus.PACKED.value
        order = session.execute(sa.select(Order).where(Order.id == task.order_id, something | to_close)).scalar_one_or_none()
        if order is None:
            queue.cancel(task.id)  # nothing of it is left at the bench
        else:
            return order, task
    return None


def order_at_bench(unit: HandlingUnit) -> int | None:
    """Whose picked goods lie in a tote, or whose carton it is."""
    inside = session.execute(
        sa.select(OrderLine.order_id)
        .join(Reservation, Reservation.order_line_id == OrderLine.id)
        .join(Stock, Stock.id == Reservation.stock_id)
        .where(
            Stock.handling_unit_id == unit.id,
            Reservation.status == Claim.PENDING.value,
            Reservation.stage == Stage.PICKED.value,
        )
        .order_by(Reservation.id)
        .limit(1)
    ).scalar_one_or_none()
    return inside or unit.order_id


def product_of(product_id: int) -> Product:
    """A product by its id, as a screen's notes keep it."""
    return session.execute(sa.select(Product).where(Product.id == product_id)).scalar_one()


def place_of(carton: str, *, by: Actor) -> int:
    """Where a carton stands."""
    return handling_units.find(carton, by=by).location_id


def is_empty(carton: str, *, by: Actor) -> bool:
    """Whether a carton holds nothing."""
    return not handling_units.contents(handling_units.find(carton, by=by).id)


def state_of(order_id: int) -> Text:
    """How far the order is, in words."""
    return OrderStatus(session.get_one(Order, order_id, populate_existing=True).status).text
