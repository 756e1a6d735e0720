"""A plate is put away whole by one scan: a pallet with the cartons on it, whatever work waits for each of them.

Every piece of work keeps its own inbound line, batch and quantity; what stands on one plate shares a place and is done together.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import lazyload

from wms.actor import Actor
from wms.catalog.models import Product
from wms.db import session
from wms.errors import Conflict, Refused
from wms.i18n import T
from wms.locations.models import Kind, Location
from wms.receiving import putaway, space, suggestion
from wms.receiving.space import Goods
from wms.stock import capacity, handling_units, ledger
from wms.stock.capacity import Cargo, Piece
from wms.stock.handling_units import Part
from wms.stock.ledger import Move, Place, SamePlace
from wms.stock.models import Condition, HandlingUnit, Movement, MovementKind, Stock
from wms.tasks import queue
from wms.tasks.models import Task, TaskKind, TaskStatus


class EmptyUnit(Refused):
    """Nothing is on the plate."""

    code = "unit_empty"
    sentence = T("Unit {code} is empty", "货物单元 {code} 是空的")
    advice = T("Scan the pallet or carton that holds the goods", "请扫描装有货物的托盘或箱")


@dataclass(frozen=True, slots=True)
class PlateStored:
    """What was put where by one scan, and by which movements."""

    unit_id: int
    code: str
    location: Location
    movement_ids: tuple[int, ...]
    pieces: int
    tasks: int


def waiting(unit_id: int) -> list[Task]:
    """The putaway work that is still to be done of a unit and of all that stands on it."""
    return list(
        session.execute(
            sa.select(Task)
            .where(
                Task.handling_unit_id.in_(handling_units.tree(unit_id)),
                Task.kind == TaskKind.PUTAWAY.value,
                Task.status.in_([TaskStatus.OPEN.value, TaskStatus.CLAIMED.value]),
            )
            .order_by(Task.id)
            .execution_options(populate_existing=True)
        ).scalars()
    )


def is_one_by_one(unit: HandlingUnit, tasks: Sequence[Task]) -> bool:
    """Whether a plate is the plain case: it stands on the floor, nothing stands on it, and one task is for all that is in it."""
    rows = handling_units.contents(unit.id)
    alone = all(row.handling_unit_id == unit.id for row in rows) and len(rows) == 1
    return alone and len(tasks) == 1 and not handling_units.standing_on(unit.id)


# -- where to ------------------------------------------------------------------------------------------------------------------


def aim(unit: HandlingUnit, *, by: Actor) -> None:
    """One place for all the work of a stack: the place that fits all of it, or none where the worker has to choose."""
    tasks, rows = waiting(unit.id), handling_units.contents(unit.id)
    if not tasks or not rows:
        return
    wished = {task.target_id: task.reasons for task in sorted(tasks, key=lambda task: -(task.quantity or 0)) if task.target_id is not None}
    _without_places(tasks)
    place = next((target for target in wished if _fits(rows, target, unit, by)), None)
    reasons = wished[place] if place is not None else _CHOOSE
    if place is None and len({row.condition for row in rows}) == 1:
        start = session.get_one(Location, rows[0].location_id)
        found = suggestion.find_place(_all_of_it(unit, rows), start, site_id=by.site_id)
        if found.location_id is not None:
            place, reasons = found.location_id, found.reasons
    for task in tasks:
        task.target_id, task.reasons = place, reasons
        queue.aimed(task)
    session.flush()  # the place is taken from now on


_CHOOSE = [suggestion.reason("no_room", T("No location fits all of it; the worker chooses", "没有能放下整托的库位，由作业员选择"))]


def _without_places(tasks: Iterable[Task]) -> None:
    for task in tasks:
        task.target_id = None
    session.flush()  # what the work itself was about to bring is not counted against it


def pieces(rows: Iterable[Stock]) -> list[Piece]:
    """The goods of a stack by product and batch, the most pieces first."""
    sums: dict[tuple[int, int], int] = {}
    for row in rows:
        sums[row.product_id, row.batch_id] = sums.get((row.product_id, row.batch_id), 0) + row.on_hand
    of = sa.select(Product).where(Product.id.in_({product_id for product_id, _ in sums}))
    plain = of.options(lazyload(Product.packagings), lazyload(Product.barcodes))
    products = {product.id: product for product in session.execute(plain).scalars()}
    found = [Piece(products[product_id], quantity, batch_id) for (product_id, batch_id), quantity in sorted(sums.items())]
    return sorted(found, key=lambda piece: -piece.quantity)


def _all_of_it(unit: HandlingUnit, rows: Sequence[Stock]) -> Goods:
    """A stack as what asks for a place: the most of it has the word, and the rest goes along."""
    first, *more = pieces(rows)
    assert first.batch_id is not None, "what lies there has a batch"
    return Goods(first.product, first.batch_id, first.quantity, Condition(rows[0].condition), unit.id, more=tuple(more))


def _fits(rows: Sequence[Stock], location_id: int, unit: HandlingUnit, by: Actor) -> bool:
    try:
        must_fit(rows, location_id, unit, by=by)
    except Refused:
        return False
    return True


def must_fit(rows: Sequence[Stock], location_id: int, unit: HandlingUnit, *, by: Actor, without: Collection[int] = ()) -> Location:
    """The place, after making sure that all goods of a stack belong there and fit together, beside what other work than the tasks
    `without` brings. Raises what `space.check` raises."""
    assert rows, "an empty plate is not put away"
    location = session.get_one(Location, location_id)
    assert location.site_id == by.site_id, "a place of another site"
    for condition in sorted({row.condition for row in rows}):
        space.must_belong(Condition(condition), location)
    capacity.must_take(location, Cargo(pieces(rows), in_unit=True, unit_id=unit.id), without=without)
    return location


# -- putting away --------------------------------------------------------------------------------------------------------------


def claim(unit: HandlingUnit, *, by: Actor) -> list[Task]:
    """All the putaway work of a stack, in one person's hands, with one place. Raises NothingToPutAway, TaskTaken."""
    tasks = queue.claim_all((task.id for task in waiting(unit.id)), by=by)
    if not tasks or not handling_units.contents(unit.id):
        raise putaway.NothingToPutAway(what=unit.code)
    if len({task.target_id for task in tasks}) > 1 or tasks[0].target_id is None:
        aim(unit, by=by)
    return waiting(unit.id)


def put_away(unit: HandlingUnit, location_id: int, *, by: Actor, key: str, reason: str | None = None) -> PlateStored:
    """A stack goes into a place with all its goods, in one transaction; at a pick face the goods become loose and the units stay behind.

    All the work that waited for any of them is done. What was reserved for orders stays so. Raises EmptyUnit, NothingToPutAway,
    SamePlace, WrongArea, LocationFull and the other rules of space, TaskTaken, and Conflict where somebody changed the stack meanwhile.
    """
    tasks = queue.claim_all((task.id for task in waiting(unit.id)), by=by)
    rows = handling_units.contents(unit.id)
    if not rows:
        raise EmptyUnit(code=unit.code)
    if not tasks and _belongs(rows):
        raise putaway.NothingToPutAway(what=unit.code)  # somebody else did it meanwhile
    if rows[0].location_id == location_id:
        raise SamePlace
    location = must_fit(rows, location_id, unit, by=by, without=[task.id for task in tasks])
    portions = list(_portions(rows, tasks))
    putaway.count_all_away((line_id, part.quantity) for _, part, line_id, _ in portions)  # lines before units and stock
    handling_units.lock_trees(unit.id)
    _must_be_unchanged(unit, rows)
    loose = location.kind == Kind.PICK_FACE
    moves = [
        Move(
            putaway.part_key(key, number),
            row.batch_id,
            part.quantity,
            Place(row.location_id, row.handling_unit_id, row.condition),
            Place(location.id, None if loose else row.handling_unit_id, row.condition),
            MovementKind.PUTAWAY,
            reason=reason,
            document=task.document if task else None,
            inbound_line_id=line_id,
            task_id=task.id if task else None,
            **part.claim,
        )
        for number, (row, part, line_id, task) in enumerate(portions)
    ]
    if not loose:
        handling_units.stand_at(unit.id, location.id)
    moved = ledger.post(moves, by=by)
    queue.finish_all((task.id for task in tasks), by=by, target_id=location.id)  # the work ends where the goods are
    count = sum(one.quantity for one in moves)
    return PlateStored(unit.id, unit.code, location, tuple(one.movement_id for one in moved), count, len(tasks))


def _belongs(rows: Sequence[Stock]) -> bool:
    """Whether goods stand where goods of their condition belong."""
    kind = Kind(session.get_one(Location, rows[0].location_id).kind)
    return all(kind in space.AREAS[Condition(row.condition)] for row in rows)


def _must_be_unchanged(unit: HandlingUnit, rows: list[Stock]) -> None:
    """Raises Conflict where somebody put goods on a stack, or took some off, while we looked."""
    before = [(row.id, row.on_hand, row.reserved) for row in rows]
    if [(row.id, row.on_hand, row.reserved) for row in handling_units.contents(unit.id)] != before:
        raise Conflict


def _portions(rows: Sequence[Stock], tasks: Sequence[Task]) -> Iterator[tuple[Stock, Part, int | None, Task | None]]:
    """Stock rows as they are moved: claimed pieces per order line, then free ones per inbound line of the work that waits for them."""
    of_row: dict[tuple[int | None, int | None], list[Task]] = {}
    for task in tasks:
        of_row.setdefault((task.handling_unit_id, task.batch_id), []).append(task)
    parts = handling_units.parts_of_all(rows)
    for row in rows:
        for part in parts[row.id]:
            left = part.quantity
            if not part.claim:
                for task in of_row.get((row.handling_unit_id, row.batch_id), ()):
                    for line_id, count in putaway.shares(task, min(left, task.quantity or 0)):
                        yield row, Part(count, {}), line_id, task
                        left -= count
            if left:
                yield row, Part(left, part.claim), None, None


def undo(movement_ids: Sequence[int], unit_id: int, *, by: Actor, key: str) -> list[Task]:
    """Brings a stack back to where it was put away from, if nobody has touched it since; its work is open again, in this person's hands.

    Raises PutawayGone, and LocationFull and the like where something else took its room meanwhile.
    """
    movements = list(
        session.execute(
            sa.select(Movement)
            .where(Movement.id.in_(movement_ids), Movement.site_id == by.site_id, Movement.kind == MovementKind.PUTAWAY.value)
            .order_by(Movement.id)
        ).scalars()
    )
    (unit,) = handling_units.lock_trees(unit_id)
    ends = {(one.source_id, one.target_id) for one in movements}
    if len(movements) != len(set(movement_ids)) or len(ends) != 1 or unit.location_id not in ends.copy().pop():
        raise putaway.PutawayGone
    (source_id, _) = ends.pop()
    back = [Piece(session.get_one(Product, one.product_id), one.quantity, one.batch_id) for one in movements]
    capacity.must_take(session.get_one(Location, source_id), Cargo(back, in_unit=True, unit_id=unit.id))
    for one in movements:
        if one.inbound_line_id is not None:
            putaway.count_away(one.inbound_line_id, -one.quantity)
    if unit.location_id != source_id:
        handling_units.stand_at(unit.id, source_id)
    try:
        for number, one in enumerate(movements):
            ledger.reverse(one.id, key=putaway.part_key(key, number), by=by)
    except (ledger.NotEnough, Conflict) as gone:
        raise putaway.PutawayGone from gone
    left = {row.handling_unit_id for row in handling_units.contents(unit.id)} - {one.source_unit_id for one in movements}
    elsewhere = [row for row in handling_units.contents(unit.id) if row.location_id != source_id]
    if elsewhere or left:
        raise putaway.PutawayGone  # something was put on it at its new place, and cannot be brought back with it
    _offer_again(movements, source_id, by)
    tasks = [queue.claim(task.id, by=by) for task in waiting(unit.id)]
    aim(unit, by=by)
    return tasks


def _offer_again(movements: list[Movement], source_id: int, by: Actor) -> None:
    start = session.get_one(Location, source_id)
    sums: dict[tuple[int | None, int | None], list[Movement]] = {}
    for one in movements:
        if one.task_id is not None:
            sums.setdefault((one.task_id, one.inbound_line_id), []).append(one)
    for (_, line_id), parts in sums.items():
        first, quantity = parts[0], sum(part.quantity for part in parts)
        product, condition = session.get_one(Product, first.product_id), Condition(first.source_condition)
        goods = Goods(product, first.batch_id, quantity, condition, first.source_unit_id)
        putaway.offer(goods, start, inbound_line_id=line_id, document=first.document, by=by)
