"""Goods that wait for putaway and are moved by hand: brought where they belong they are put away, brought elsewhere their work follows.

Whoever moves goods by hand (`wms.stock.operations.move_goods`: the desk, the API, the flow of moving) knows nothing of this work; it is
asked here first.
"""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa

from wms.actor import Actor
from wms.db import session
from wms.locations.models import Kind
from wms.receiving import plate_goods, putaway, space, whole_plates
from wms.stock import capacity, changes, handling_units, operations
from wms.stock.handling_units import Part
from wms.stock.ledger import Move, Moved, Place, post
from wms.stock.models import HandlingUnit, MovementKind, Stock
from wms.stock.operations import ByHand
from wms.tasks import queue
from wms.tasks.models import Task, TaskKind, TaskStatus

_LIVE = (TaskStatus.OPEN.value, TaskStatus.CLAIMED.value)


@operations.moves_by_hand
def move(goods: ByHand, *, by: Actor, key: str) -> list[Moved] | None:
    """Moves goods of which some wait for putaway; None where none of them does, and nobody need know.

    Raises TaskTaken where somebody else has their work in hand, LocationFull and its kin.
    """
    tasks = _waiting(goods)
    if not tasks:
        return None
    tasks = [queue.claim(task.id, by=by) if task.status == TaskStatus.CLAIMED else task for task in tasks]
    belongs = Kind(goods.target.kind) in space.AREAS[goods.condition]
    if goods.unit is not None:
        return _whole(goods, goods.unit, belongs, by=by, key=key)
    return _put_away(goods, tasks, by=by, key=key) if belongs else _bring(goods, by=by, key=key)


def _waiting(goods: ByHand) -> list[Task]:
    """The work that waits for any of these goods, locked in its sequence."""
    batches = sorted({batch_id for batch_id, _, _ in goods.taken})
    units = sorted({unit_id for _, unit_id, _ in goods.taken if unit_id is not None})
    loose = sa.and_(Task.handling_unit_id.is_(None), Task.source_id == goods.source.id)
    return list(
        session.execute(
            sa.select(Task)
            .where(
                Task.batch_id.in_(batches),
                sa.or_(Task.handling_unit_id.in_(units), loose),
                Task.kind.in_([kind.value for kind in putaway.KINDS]),
                Task.status.in_(_LIVE),
            )
            .order_by(Task.id)
            .with_for_update(key_share=True)
            .execution_options(populate_existing=True)
        ).scalars()
    )


def _whole(goods: ByHand, unit: HandlingUnit, belongs: bool, *, by: Actor, key: str) -> list[Moved]:
    if belongs:
        stored = whole_plates.put_away(unit, goods.target.id, by=by, key=key, reason=goods.reason)
        return [Moved(one, 0, 0) for one in stored.movement_ids]
    waiting = whole_plates.waiting(unit.id)
    cargo = capacity.Cargo(whole_plates.pieces(handling_units.contents(unit.id)), in_unit=True, unit_id=unit.id)
    capacity.must_take(goods.target, cargo, without=[task.id for task in waiting])
    handling_units.lock_trees(unit.id)
    moved = handling_units.move_unit(
        unit, goods.target.id, key=key, kind=MovementKind.MOVE, by=by, reason=goods.reason, document=goods.document
    )
    for task in waiting:
        task.source_id = goods.target.id
    session.flush()
    changes.tell([one.movement_id for one in moved], by=by)
    return moved


@dataclass(frozen=True, slots=True)
class _Portion:
    """So much of a row, and the work it was waiting for, if any."""

    batch_id: int
    unit_id: int | None
    part: Part
    line_id: int | None = None
    task: Task | None = None


def _put_away(goods: ByHand, tasks: list[Task], *, by: Actor, key: str) -> list[Moved]:
    """Pieces out of a plate, or loose ones, into a place where they belong: so much of their work is done."""
    portions: list[_Portion] = []
    left = {task.id: task.quantity or 0 for task in tasks}
    for batch_id, unit_id, count in goods.taken:
        rest = count
        for task in tasks:
            if (task.batch_id, task.handling_unit_id) != (batch_id, unit_id):
                continue
            part = min(rest, left[task.id])
            if part:
                portions += [_Portion(batch_id, unit_id, Part(n, {}), line_id, task) for line_id, n in putaway.shares(task, part)]
                left[task.id] -= part
                rest -= part
        if rest:
            portions.append(_Portion(batch_id, unit_id, Part(rest, {})))
    done = [task for task in tasks if not left[task.id]]
    for task in tasks:
        if left[task.id]:
            task.quantity = left[task.id]
        else:
            task.target_id = None
    session.flush()  # what the work was about to bring is not counted against what is brought
    putaway.count_all_away((one.line_id, one.part.quantity) for one in portions)
    capacity.must_take(goods.target, goods.cargo())
    moves = [_move_of(one, goods, f"{key}:{number}") for number, one in enumerate(portions)]
    moved = post(moves, by=by)
    for task in done:
        task.target_id = goods.target.id
        session.flush()  # the work ends where the goods are
        claimed = queue.claim(task.id, by=by)
        queue.finish(task.id, epoch=claimed.epoch, by=by)
    changes.tell([one.movement_id for one, move in zip(moved, moves, strict=True) if move.kind is MovementKind.MOVE], by=by)
    return moved


def _move_of(one: _Portion, goods: ByHand, key: str) -> Move:
    task = one.task
    return Move(
        key,
        one.batch_id,
        one.part.quantity,
        Place(goods.source.id, one.unit_id, goods.condition.value),
        Place(goods.target.id, None, goods.condition.value),
        putaway.KINDS[TaskKind(task.kind)] if task is not None else MovementKind.MOVE,
        reason=goods.reason,
        document=task.document if task is not None else goods.document,
        inbound_line_id=one.line_id,
        task_id=task.id if task is not None else None,
    )


def _bring(goods: ByHand, *, by: Actor, key: str) -> list[Moved]:
    """Pieces go where they do not belong for good, such as another dock: their work goes with them."""
    capacity.must_take(goods.target, goods.cargo())
    taken = [(row, count) for row, count in _rows(goods)]
    target = Place(goods.target.id, None, goods.condition.value)
    facts = {"reason": goods.reason, "document": goods.document}
    moved = post(
        [
            Move(
                f"{key}:{number}",
                row.batch_id,
                count,
                Place(row.location_id, row.handling_unit_id, row.condition),
                target,
                MovementKind.MOVE,
                **facts,  # type: ignore[arg-type]
            )
            for number, (row, count) in enumerate(taken)
        ],
        by=by,
    )
    plate_goods.follow(taken, None, by, to=goods.target)
    changes.tell([one.movement_id for one in moved], by=by)
    return moved


def _rows(goods: ByHand) -> list[plate_goods.Taken]:
    found = []
    for batch_id, unit_id, count in goods.taken:
        unit = Stock.handling_unit_id == unit_id if unit_id is not None else Stock.handling_unit_id.is_(None)
        row = session.execute(
            sa.select(Stock).where(
                Stock.location_id == goods.source.id, Stock.batch_id == batch_id, Stock.condition == goods.condition.value, unit
            )
        ).scalar_one()
        found.append((row, count))
    return found
