"""The goods of plates: which of them are free, carried onto a plate or off it, and the work that waited for them going along."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from wms.actor import Actor
from wms.catalog.models import Product
from wms.db import fold, session
from wms.errors import Refused
from wms.i18n import T
from wms.locations.models import Location
from wms.receiving import putaway
from wms.stock import changes, handling_units, ledger
from wms.stock.ledger import Move, Moved, NotEnough, Place
from wms.stock.models import Batch, HandlingUnit, MovementKind, Stock
from wms.stock.rotation import turn
from wms.tasks import queue
from wms.tasks.models import Task, TaskKind, TaskStatus

FOLLOWS = (TaskKind.PUTAWAY, TaskKind.PUT_BACK, TaskKind.REPLENISH)
"""Work that waits for goods wherever they are."""


class NotOnIt(Refused):
    """The goods are not on the plate."""

    code = "not_on_plate"
    sentence = T("There is no {sku} on {unit}", "{unit} 上没有 {sku}")
    advice = T("Scan what is on it", "请扫描该托盘上的货物")


Taken = tuple[Stock, int]


def free_rows(where: sa.ColumnElement[bool], product: Product, lot: str | None) -> list[Stock]:
    """Rows of a product with something free, the first to leave first."""
    from_batch = sa.select(Stock).join(Batch, Batch.id == Stock.batch_id).join(Product, Product.id == Stock.product_id)
    query = from_batch.where(where, Stock.product_id == product.id, Stock.on_hand > Stock.reserved)
    if lot:
        query = query.where(Batch.lot_key == fold(lot))
    query = query.order_by(*turn()).execution_options(populate_existing=True)
    return list(session.execute(query).scalars())


def taken_of(rows: Sequence[Stock], quantity: int, product: Product, location_id: int) -> list[Taken]:
    taken: list[Taken] = []
    for row in rows:
        part = min(quantity - sum(count for _, count in taken), row.on_hand - row.reserved)
        if part > 0:
            taken.append((row, part))
    found = sum(count for _, count in taken)
    if found < quantity:
        code = session.get_one(Location, location_id).code
        raise NotEnough(free=found, sku=product.sku, location=code, wanted=quantity)
    return taken


def carry(taken: Sequence[Taken], onto: HandlingUnit | None, *, by: Actor, key: str) -> list[Moved]:
    """Moves goods onto a plate, or off it; a row that goes whole takes its claims along."""
    found: list[Move] = []
    for row, count in taken:
        source = Place(row.location_id, row.handling_unit_id, row.condition)
        target = Place(onto.location_id if onto else row.location_id, onto.id if onto else None, row.condition)
        whole = count == row.on_hand
        for part in handling_units.parts_of(row) if whole else [handling_units.Part(count, {})]:
            found.append(Move(f"{key}:{len(found)}", row.batch_id, part.quantity, source, target, MovementKind.MOVE, **part.claim))
    moved = ledger.post(found, by=by)
    changes.tell([one.movement_id for one in moved], by=by)
    return moved


def follow(taken: Iterable[Taken], onto: HandlingUnit | None, by: Actor, *, to: Location | None = None) -> None:
    """The work that waited for goods goes with them: whole, or so much of it as moved; with like work at their new plate it becomes one.
    Goods that became loose lie where they did, or at the place they went `to`."""
    for row, count in taken:
        unit = Task.handling_unit_id == row.handling_unit_id if row.handling_unit_id else Task.handling_unit_id.is_(None)
        tasks = session.execute(
            sa.select(Task)
            .where(
                unit,
                Task.batch_id == row.batch_id,
                Task.source_id == row.location_id,
                Task.kind.in_([kind.value for kind in FOLLOWS]),
                Task.status.in_([TaskStatus.OPEN.value, TaskStatus.CLAIMED.value]),
            )
            .order_by(Task.id)
            .execution_options(populate_existing=True)
        ).scalars()
        left = count
        for task in [one for found in tasks for one in _by_line(found)]:
            part = min(left, task.quantity or 0)
            if part:
                _hand_over(task, part, onto, to.id if to else row.location_id, by)
                left -= part
    session.flush()


def _by_line(task: Task) -> list[Task]:
    """Work for several inbound lines as work for each: which pieces came for which line is known of the plate they came on alone."""
    if task.kind != TaskKind.PUTAWAY or task.inbound_line_id is not None or task.handling_unit_id is None:
        return [task]
    (line_id, count), *others = putaway.shares(task, task.quantity or 0)
    task.inbound_line_id, task.quantity = line_id, count
    return [task, *(_copy(task, count, inbound_line_id=line_id) for line_id, count in others)]


def _copy(task: Task, quantity: int, **other: Any) -> Task:
    names = ("document", "order_id", "inbound_line_id", "product_id", "batch_id", "handling_unit_id", "source_id", "target_id")
    facts = {name: getattr(task, name) for name in names} | other
    return queue.offer(
        TaskKind(task.kind), site_id=task.site_id, quantity=quantity, priority=task.priority, reasons=list(task.reasons), **facts
    )


def _hand_over(task: Task, part: int, onto: HandlingUnit | None, location_id: int, by: Actor) -> None:
    if task.status == TaskStatus.CLAIMED:
        queue.claim(task.id, by=by)  # says who has it, when that is somebody else
    unit_id = onto.id if onto else None
    place = onto.location_id if onto else location_id
    like = session.execute(
        sa.select(Task)
        .where(
            Task.handling_unit_id == unit_id if unit_id else Task.handling_unit_id.is_(None),
            Task.id != task.id,
            Task.kind == task.kind,
            Task.batch_id == task.batch_id,
            Task.source_id == place,
            Task.status == TaskStatus.OPEN.value,
            *(getattr(Task, name).is_not_distinct_from(getattr(task, name)) for name in ("document", "order_id", "inbound_line_id")),
            *([Task.target_id.is_not_distinct_from(task.target_id)] if task.kind == TaskKind.REPLENISH else []),
        )
        .order_by(Task.id)
        .limit(1)
        .execution_options(populate_existing=True)
    ).scalar_one_or_none()
    rest = (task.quantity or 0) - part
    if like is not None:
        like.quantity = (like.quantity or 0) + part
        if rest:
            task.quantity = rest
        else:
            session.flush()  # its work is the other's now
            queue.cancel(task.id)
    elif rest:
        task.quantity = rest
        _copy(task, part, handling_unit_id=unit_id, source_id=place)
    else:
        task.handling_unit_id, task.source_id = unit_id, place
    session.flush()


@dataclass(frozen=True, slots=True)
class Lying:
    """A lot of a product on a plate or loose at a place: its condition, and how much of it is free."""

    lot: str
    condition: str
    free: int


def lots_loose(product: Product, location_id: int) -> list[Lying]:
    """The lots of a product that lie loose at a place, the first to leave first."""
    return _lots([row for row in free_rows(Stock.location_id == location_id, product, None) if row.handling_unit_id is None])


def lots_on(product: Product, unit: HandlingUnit) -> list[Lying]:
    """The lots of a product in a unit and on what stands on it, the first to leave first. Raises NotOnIt."""
    rows = free_rows(Stock.handling_unit_id.in_(handling_units.tree(unit.id)), product, None)
    if not rows:
        raise NotOnIt(sku=product.sku, unit=unit.code)
    return _lots(rows)


def _lots(rows: Iterable[Stock]) -> list[Lying]:
    sums: dict[tuple[str, str], int] = {}
    for row in rows:
        key = (session.get_one(Batch, row.batch_id).lot, row.condition)
        sums[key] = sums.get(key, 0) + row.on_hand - row.reserved
    return [Lying(lot, condition, free) for (lot, condition), free in sums.items()]
