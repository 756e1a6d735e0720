"""Goods leave the dock: each plate has its task with a place that fits, and stock moves when the worker scans the place.

A pallet stays one in reserve: its plate is scanned, moved and counted whole. At a pick face it is dissolved, for there pieces are
taken; the empty plate is not used again.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import aliased, lazyload

from wms.actor import Actor
from wms.catalog.models import Product
from wms.db import session
from wms.errors import Conflict, Refused
from wms.i18n import T
from wms.locations.models import Kind, Location
from wms.orders.models import InboundLine, InboundOrder
from wms.receiving import space, suggestion
from wms.receiving.space import Goods
from wms.stock import capacity, ledger
from wms.stock.capacity import Cargo, Piece
from wms.stock.handling_units import contents, left_behind, lock_trees, stand_alone_at, stand_at, tree
from wms.stock.ledger import Move, Place, QuantityWrong
from wms.stock.models import Condition, HandlingUnit, Movement, MovementKind, Stock
from wms.tasks import next_best, queue
from wms.tasks.models import Task, TaskKind, TaskStatus

_LIVE = (TaskStatus.OPEN.value, TaskStatus.CLAIMED.value)
PRIORITY = 5
URGENT = 7
KINDS = {TaskKind.PUTAWAY: MovementKind.PUTAWAY, TaskKind.PUT_BACK: MovementKind.PUT_BACK}
"""Goods from outside, and goods that were picked for an order that was cancelled: both look for a place."""


class NothingToPutAway(Refused):
    """No work of this kind waits here."""

    code = "nothing_to_put_away"
    sentence = T("Nothing waits to be put away: {what}", "没有待上架的货物：{what}")
    advice = T("Scan another pallet, or choose Get work", "请扫描其他托盘，或点“领取任务”")


class MoreThanThere(Refused):
    """More than the task holds."""

    code = "more_than_there"
    sentence = T("Only {have} are to be put away, not {quantity}", "待上架仅 {have}，不是 {quantity}")
    advice = T("Count again", "请重新清点")


class PutawayGone(Refused):
    """The goods are not where they were put any more."""

    code = "putaway_gone"
    sentence = T("There is nothing to undo: the goods are reserved or have moved on", "无法撤销：货物已被占用或移走")
    advice = T("Move them with the move flow", "请用移库作业处理")


@dataclass(frozen=True, slots=True)
class Stored:
    """What was put where, and the task that is left when only a part of it was."""

    movement_id: int
    task: Task
    location: Location
    quantity: int
    rest: int


def offer(goods: Goods, start: Location, *, by: Actor, inbound_line_id: int | None = None, document: str | None = None) -> Task:
    """Offers the work of putting goods away from where they stand, with a place that fits kept free for them."""
    where = suggestion.find_place(goods, start, site_id=by.site_id)
    urgent = bool(where.reasons) and where.reasons[0]["code"] == "pick_face_short"
    return queue.offer(
        TaskKind.PUTAWAY,
        site_id=by.site_id,
        priority=URGENT if urgent else PRIORITY,
        document=document,
        inbound_line_id=inbound_line_id,
        product_id=goods.product.id,
        batch_id=goods.batch_id,
        handling_unit_id=goods.unit_id,
        quantity=goods.quantity,
        source_id=start.id,
        target_id=where.location_id,
        reasons=where.reasons,
    )


# -- getting work ------------------------------------------------------------------------------------------------------------


def next_for(*, by: Actor, kinds: Iterable[TaskKind] = tuple(KINDS)) -> Task | None:
    """The best work of these kinds for this person, claimed; one that had no place is given one now.

    Work whose goods somebody moved away by hand is found on the way and dropped.
    """
    while (task := next_best.give(kinds, by=by)) is not None:
        row = standing(task)
        if row is not None:
            return _aimed(task, row, by=by)
        queue.cancel(task.id)
    return None


def claim_unit(unit: HandlingUnit, *, by: Actor) -> Task:
    """The putaway of a plate, claimed; raises NothingToPutAway, TaskTaken."""
    return _claim(Task.handling_unit_id == unit.id, what=unit.code, by=by)


def claim_at(location: Location, *, by: Actor) -> Task:
    """The first putaway that waits at a place, claimed; raises NothingToPutAway."""
    return _claim(Task.source_id == location.id, what=location.code, by=by)


def claim_product(product: Product, *, by: Actor) -> Task:
    """The oldest putaway of a product, claimed; raises NothingToPutAway."""
    return _claim(Task.product_id == product.id, what=product.sku, by=by)


def claim_document(number: str, *, by: Actor) -> Task:
    """The first putaway of an inbound order, or put-back of a cancelled order, claimed; raises NothingToPutAway."""
    return _claim(Task.document == number, what=number, by=by)


def _claim(which: sa.ColumnElement[bool], *, what: str, by: Actor) -> Task:
    mine_first = sa.case((Task.person_id == by.id, 0), (Task.status == TaskStatus.OPEN.value, 1), else_=2)
    found = session.execute(
        sa.select(Task.id)
        .where(which, Task.kind.in_([kind.value for kind in KINDS]), Task.status.in_(_LIVE), Task.site_id == by.site_id)
        .order_by(mine_first, Task.priority.desc(), Task.id)
        .limit(1)
    ).scalar_one_or_none()
    task = queue.claim(found, by=by) if found is not None else None
    row = standing(task) if task is not None else None
    if task is None or row is None:
        raise NothingToPutAway(what=what)
    return _aimed(task, row, by=by)


def _aimed(task: Task, row: Stock, *, by: Actor) -> Task:
    """A task as its goods stand now; one that found no place when it was offered is aimed again when somebody takes it."""
    assert task.quantity is not None
    task.source_id, task.quantity = row.location_id, min(task.quantity, row.on_hand - row.reserved)
    if task.target_id is None:
        aim_again(task, by=by)
    return task


def aim_again(task: Task, *, by: Actor, avoid: int | None = None) -> Task:
    """Another place for a claimed task: the one it had is full, or there was none."""
    goods, start = goods_of(task), session.get_one(Location, task.source_id)
    where = suggestion.find_place(goods, start, site_id=by.site_id, without_task=task.id, avoid=() if avoid is None else (avoid,))
    task.target_id, task.reasons = where.location_id, where.reasons
    queue.aimed(task)
    session.flush()  # the place is taken from now on
    return task


def goods_of(task: Task) -> Goods:
    """What a putaway task moves, in the condition in which it stands there."""
    assert task.batch_id is not None
    assert task.quantity is not None
    row = standing(task)
    condition = Condition(row.condition) if row is not None else Condition.GOOD
    return Goods(session.get_one(Product, task.product_id), task.batch_id, task.quantity, condition, task.handling_unit_id)


def standing(task: Task) -> Stock | None:
    """The goods of a task where they stand: its plate wherever that is, loose goods at its source. None when they were put away by hand."""
    here = Stock.handling_unit_id == task.handling_unit_id if task.handling_unit_id else Stock.handling_unit_id.is_(None)
    at = [] if task.handling_unit_id else [Stock.location_id == task.source_id]
    row = session.execute(
        sa.select(Stock, Location.kind)
        .join(Location, Location.id == Stock.location_id)
        .where(Stock.batch_id == task.batch_id, here, *at, Stock.on_hand > Stock.reserved)
        .order_by(Stock.condition != Condition.GOOD.value, Stock.id)
        .limit(1)
        .execution_options(populate_existing=True)
    ).one_or_none()
    if row is None or (row[0].location_id != task.source_id and Kind(row[1]) in space.AREAS[Condition(row[0].condition)]):
        return None
    stock: Stock = row[0]
    return stock


def drop_stale() -> int:
    """Drops putaways that wait for goods which somebody moved away by hand, so that they keep no place; how many."""
    unit = sa.or_(
        Stock.handling_unit_id == Task.handling_unit_id,
        sa.and_(Task.handling_unit_id.is_(None), Stock.handling_unit_id.is_(None), Stock.location_id == Task.source_id),
    )
    there = sa.exists().where(Stock.batch_id == Task.batch_id, unit, Stock.on_hand > 0)
    stale = session.execute(
        sa.select(Task.id)
        .where(Task.kind.in_([kind.value for kind in KINDS]), Task.status == TaskStatus.OPEN.value, Task.batch_id.is_not(None), ~there)
        .with_for_update(skip_locked=True)
    ).scalars()
    gone = list(stale)
    for task_id in gone:
        queue.cancel(task_id)
    return len(gone)


# -- putting away ------------------------------------------------------------------------------------------------------------


def put_away(task_id: int, location_id: int, *, by: Actor, key: str, epoch: int | None = None, quantity: int | None = None) -> Stored:
    """Books goods from where they stand into a place, whole or in part; the rest stays with a task of its own.

    The plate goes along when it goes whole into reserve. Raises WrongArea, LocationFull and the other rules of space, MoreThanThere,
    QuantityWrong, NotEnough, TaskOver, and Conflict where somebody changed what is on the plate meanwhile.
    """
    task, goods, on_plate = _claimed(task_id, by, epoch)
    count = goods.quantity if quantity is None else quantity
    if count <= 0:
        raise QuantityWrong(quantity=count)
    if count > goods.quantity:
        raise MoreThanThere(have=goods.quantity, quantity=count)
    whole = count in (goods.quantity, on_plate)  # all that is left of them, too: the rest of the work is for nothing
    part = Goods(goods.product, goods.batch_id, count, goods.condition, goods.unit_id if whole else None)
    location = space.check(part, location_id, by=by, without_task=task.id)
    assert task.source_id is not None
    kind = TaskKind(task.kind)
    # The plate goes along if it holds these goods and nothing else.
    keeps_plate = kind == TaskKind.PUTAWAY and location.kind != Kind.PICK_FACE and count == on_plate
    split = shares(task, count)
    for line_id, part_count in split:
        if line_id is not None:
            count_away(line_id, part_count)
    if keeps_plate and goods.unit_id is not None:
        stand_alone_at(goods.unit_id, location.id)
    moves = [
        Move(
            part_key(key, number),
            goods.batch_id,
            part_count,
            Place(task.source_id, goods.unit_id, goods.condition.value),
            Place(location.id, goods.unit_id if keeps_plate else None, goods.condition.value),
            KINDS[kind],
            document=task.document,
            inbound_line_id=line_id,
            task_id=task.id,
        )
        for number, (line_id, part_count) in enumerate(split)
    ]
    moved = ledger.post(moves, by=by)
    if whole:
        task.quantity = count
        _finish(task, goods.unit_id if keeps_plate else None, location.id, by)
    else:
        task.quantity = goods.quantity - count
        session.flush()  # the place for the rest is sought with what is left
        aim_again(task, by=by)
    return Stored(moved[0].movement_id, task, location, count, 0 if whole else goods.quantity - count)


def _finish(task: Task, unit_id: int | None, location_id: int, by: Actor) -> None:
    """The work is done, and all that is on a plate that went along has come with it: else somebody put goods on it while we looked."""
    if unit_id is None:
        queue.finish(task.id, epoch=task.epoch, by=by)
        return
    behind = left_behind(unit_id, location_id)
    try:
        queue.finish(task.id, epoch=task.epoch, by=by, provided=~behind)
    except queue.TaskOver:
        if session.execute(sa.select(behind)).scalar_one():
            raise Conflict from None
        raise


def _claimed(task_id: int, by: Actor, epoch: int | None) -> tuple[Task, Goods, int | None]:
    """A task in this person's hands, its goods, and how much is on their plate altogether: one statement, for it is asked at every
    scan. Raises TaskOver."""
    held = aliased(Stock)
    on_it = held.handling_unit_id.in_(tree(Task.handling_unit_id, Task))
    plate = sa.select(sa.func.sum(held.on_hand)).where(on_it).correlate(Task).scalar_subquery()
    same_plate = sa.func.coalesce(Stock.handling_unit_id, 0) == sa.func.coalesce(Task.handling_unit_id, 0)
    here = sa.and_(Stock.batch_id == Task.batch_id, Stock.location_id == Task.source_id, same_plate, Stock.on_hand > 0)
    found = session.execute(
        sa.select(Task, Product, Stock.condition, plate)
        .join(Product, Product.id == Task.product_id)
        .outerjoin(Stock, here)
        .options(lazyload(Product.packagings), lazyload(Product.barcodes))
        .where(Task.id == task_id, Task.site_id == by.site_id)
        .order_by(Stock.condition != Condition.GOOD.value, Stock.id)
        .limit(1)
        .execution_options(populate_existing=True)
    ).one_or_none()
    if found is None:
        raise queue.TaskOver
    task, product, condition, on_plate = found
    if task.status != TaskStatus.CLAIMED or task.person_id != by.id or (epoch is not None and task.epoch != epoch):
        raise queue.TaskOver
    goods = Goods(product, task.batch_id, task.quantity, Condition(condition or Condition.GOOD), task.handling_unit_id)
    return task, goods, int(on_plate) if on_plate is not None else None


# -- a receipt that filled several lines ---------------------------------------------------------------------------------------


def part_key(key: str, number: int) -> str:
    """The key of one of several movements that are one act; the first has the act's own."""
    return key if number == 0 else f"{key}:{number + 1}"


def parts_of(movement: Movement, which: sa.ColumnElement[bool]) -> list[Movement]:
    """The movements that were one act with this one, each for another inbound line; none that was undone."""
    undone = aliased(Movement)
    return list(
        session.execute(
            sa.select(Movement)
            .where(
                Movement.document == movement.document,
                Movement.site_id == movement.site_id,
                Movement.kind == movement.kind,
                which,
                ~sa.exists(sa.select(undone.id).where(undone.reverses_id == Movement.id)),
            )
            .order_by(Movement.id)
        ).scalars()
    )


def shares(task: Task, count: int) -> list[tuple[int | None, int]]:
    """The inbound lines that count these pieces as put away. A task of one line names it; one of several lines names none, and the
    plate's own movements tell how much of it came for which line."""
    if task.inbound_line_id is not None or task.kind != TaskKind.PUTAWAY or task.handling_unit_id is None:
        return [(task.inbound_line_id, count)]
    undone = aliased(Movement)
    here = task.handling_unit_id
    came = sa.and_(Movement.kind == MovementKind.RECEIPT.value, Movement.target_unit_id == here)
    gone = sa.or_(Movement.kind == MovementKind.PUTAWAY.value, Movement.target_unit_id.is_distinct_from(here))
    went = sa.and_(Movement.source_unit_id == here, gone)
    left = sa.func.sum(sa.case((came, Movement.quantity), else_=-Movement.quantity))
    of_order = (
        sa.select(InboundLine.id)
        .join(InboundOrder, InboundOrder.id == InboundLine.inbound_order_id)
        .where(InboundOrder.number == task.document, InboundOrder.site_id == task.site_id)
    )
    rows = session.execute(
        sa.select(Movement.inbound_line_id, left)
        .where(
            Movement.inbound_line_id.in_(of_order),
            Movement.batch_id == task.batch_id,
            Movement.kind != MovementKind.REVERSAL.value,
            sa.or_(came, went),  # put away, or decided otherwise than the rest
            ~sa.exists(sa.select(undone.id).where(undone.reverses_id == Movement.id)),
        )
        .group_by(Movement.inbound_line_id)
        .order_by(Movement.inbound_line_id)
    ).all()
    found: list[tuple[int | None, int]] = []
    for line_id, waiting in rows:
        part = min(count, int(waiting))
        if part > 0:
            found.append((line_id, part))
            count -= part
    return [*found, (None, count)] if count else found


def count_away(inbound_line_id: int, quantity: int) -> None:
    """So many more of an inbound line are put away (fewer, when it is undone)."""
    session.execute(
        sa.update(InboundLine)
        .where(InboundLine.id == inbound_line_id)
        .values(put_away=InboundLine.put_away + quantity)
        .execution_options(synchronize_session=False)
    )


def count_all_away(counts: Iterable[tuple[int | None, int]]) -> None:
    """`count_away` for several lines, in one statement and in their sequence; what is of no line is left out."""
    sums: dict[int, int] = {}
    for line_id, quantity in counts:
        if line_id is not None:
            sums[line_id] = sums.get(line_id, 0) + quantity
    if not sums:
        return
    session.execute(sa.select(InboundLine.id).where(InboundLine.id.in_(sums)).order_by(InboundLine.id).with_for_update(key_share=True))
    session.execute(
        sa.update(InboundLine)
        .where(InboundLine.id.in_(sums))
        .values(put_away=InboundLine.put_away + sa.case(sums, value=InboundLine.id))
        .execution_options(synchronize_session=False)
    )


def undo_put_away(movement_id: int, *, by: Actor, key: str) -> Task:
    """Brings goods back to where they were put away from, if nobody has touched them since; the work is open again, in this person's
    hands. Raises PutawayGone."""
    movement = session.execute(
        sa.select(Movement).where(Movement.id == movement_id, Movement.site_id == by.site_id, Movement.kind.in_(KINDS.values()))
    ).scalar_one_or_none()
    if movement is None:
        raise PutawayGone
    unit = session.get(HandlingUnit, movement.source_unit_id, populate_existing=True) if movement.source_unit_id else None
    if unit is not None and unit.location_id not in (movement.source_id, movement.target_id):
        raise PutawayGone
    same_act = sa.and_(Movement.task_id == movement.task_id, Movement.at == movement.at)
    parts = parts_of(movement, same_act)
    if not parts:  # it was undone before
        raise PutawayGone
    back = [Piece(session.get_one(Product, part.product_id), part.quantity, part.batch_id) for part in parts]
    capacity.must_take(session.get_one(Location, movement.source_id), Cargo(back, unit is not None, movement.source_unit_id))
    for part in parts:
        if part.inbound_line_id is not None:
            count_away(part.inbound_line_id, -part.quantity)
    quantity = sum(part.quantity for part in parts)
    came_along = unit is not None and movement.target_unit_id == unit.id
    if unit is not None:
        (unit,) = lock_trees(unit.id)
        if unit.location_id not in (movement.source_id, movement.target_id) or (came_along and unit.parent_id is not None):
            raise PutawayGone
        stand_at(unit.id, movement.source_id)  # the goods go back onto it where it stands
    try:
        for number, part in enumerate(parts):
            ledger.reverse(part.id, key=part_key(key, number), by=by)
    except (ledger.NotEnough, Conflict) as gone:
        raise PutawayGone from gone
    if unit is not None:
        _must_be_whole(unit, movement.source_id, quantity if came_along else None)
    goods = Goods(
        session.get_one(Product, movement.product_id),
        movement.batch_id,
        quantity,
        Condition(movement.source_condition),
        movement.source_unit_id,
    )
    session.flush()  # the task below looks at where things are
    left = _rest_of(movement)
    if left is not None:
        left.quantity = (left.quantity or 0) + quantity
        session.flush()  # and its place is sought for the whole again
        task = aim_again(queue.claim(left.id, by=by), by=by)
    else:
        start = session.get_one(Location, movement.source_id)
        line_id = movement.inbound_line_id if len(parts) == 1 else None
        again = offer(goods, start, by=by, inbound_line_id=line_id, document=movement.document)
        done = session.get(Task, movement.task_id) if movement.task_id else None
        if done is not None and done.kind == TaskKind.PUT_BACK:  # it stays what it was, and its order's
            again.kind, again.order_id, again.priority = done.kind, done.order_id, done.priority
            session.flush()  # what follows is Core
        task = queue.claim(again.id, by=by)
    return task


def _must_be_whole(unit: HandlingUnit, location_id: int, quantity: int | None) -> None:
    """Raises PutawayGone where goods were put on a plate since, or a carton with goods: they would not come back with it."""
    rows = contents(unit.id)
    if any(row.location_id != location_id for row in rows) or (quantity is not None and sum(row.on_hand for row in rows) != quantity):
        raise PutawayGone


def _rest_of(movement: Movement) -> Task | None:
    """The same task, when only a part of it was put away and the rest still waits."""
    return session.execute(
        sa.select(Task).where(Task.id == movement.task_id, Task.status.in_(_LIVE)).execution_options(populate_existing=True)
    ).scalar_one_or_none()
