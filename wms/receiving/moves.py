"""Goods are moved by hand: a plate with all that is on it. (Loose goods: `wms.stock.operations.move_goods`.)"""

from __future__ import annotations

import sqlalchemy as sa

from wms.actor import Actor
from wms.catalog.models import Product
from wms.db import session
from wms.errors import Refused
from wms.i18n import T
from wms.locations.models import Kind, Location
from wms.receiving import putaway, space
from wms.stock import capacity, changes, handling_units
from wms.stock.ledger import Move, Place, SamePlace, post
from wms.stock.models import Batch, Condition, HandlingUnit, MovementKind, Stock
from wms.stock.operations import must_be_by_hand
from wms.tasks import queue
from wms.tasks.models import Task, TaskKind, TaskStatus

STATIONS = (Kind.PACKING, Kind.STAGING, Kind.DOOR)


class EmptyUnit(Refused):
    """Nothing is on the plate."""

    code = "unit_empty"
    sentence = T("Unit {code} is empty", "货物单元 {code} 是空的")
    advice = T("Scan the pallet or carton that holds the goods", "请扫描装有货物的托盘或箱")


class UnitOfOrder(Refused):
    """Goods of an order stay at the stations of the outbound side."""

    code = "unit_of_order"
    sentence = T("Unit {code} holds goods of an order", "货物单元 {code} 内是订单货物")
    advice = T("Move it to packing, staging or a door only", "只能移到打包台、集货区或发货门")


def move_plate(unit: HandlingUnit, location_id: int, *, by: Actor, key: str, document: str | None = None) -> Location:
    """Moves a plate with all that is on it. One that waits for putaway is thereby put away; at a pick face it is dissolved.

    Raises EmptyUnit, UnitOfOrder, NotByHand, NotInRacks, SamePlace, and the rules of space and capacity.
    """
    target = session.get_one(Location, location_id)
    if unit.location_id == target.id:
        raise SamePlace
    rows = handling_units.contents(unit.id)
    if not rows:
        raise EmptyUnit(code=unit.code)
    claimed = any(row.reserved for row in rows)
    picked = claimed and unit.order_id is not None
    if (picked or (claimed and target.kind == Kind.PICK_FACE)) and Kind(target.kind) not in STATIONS:
        raise UnitOfOrder(code=unit.code)
    if not picked:
        for condition in sorted({row.condition for row in rows}):
            must_be_by_hand(target, Condition(condition))
    waiting = _putaway_of(unit)
    if len(waiting) == 1 and Kind(target.kind) in space.AREAS[Condition(rows[0].condition)]:
        task = queue.claim(waiting[0].id, by=by)
        putaway.put_away(task.id, target.id, by=by, key=key)
        return target
    for row in rows:
        product = session.get_one(Product, row.product_id)
        capacity.must_fit(target, product, row.on_hand, batch_id=row.batch_id, in_unit=target.kind != Kind.PICK_FACE)
    if target.kind == Kind.PICK_FACE:
        _dissolve(rows, unit, target, by=by, key=key, document=document)
    else:
        moved = handling_units.move_unit(unit, target.id, key=key, kind=MovementKind.MOVE, by=by, document=document)
        changes.tell([one.movement_id for one in moved], by=by)
    for task in waiting:
        task.source_id = target.id
    session.flush()
    return target


def _dissolve(rows: list[Stock], unit: HandlingUnit, target: Location, *, by: Actor, key: str, document: str | None) -> None:
    moves = [
        Move(
            f"{key}:{place}",
            row.batch_id,
            row.on_hand,
            Place(row.location_id, unit.id, row.condition),
            Place(target.id, None, row.condition),
            MovementKind.MOVE,
            document=document,
        )
        for place, row in enumerate(rows)
    ]
    changes.tell([one.movement_id for one in post(moves, by=by)], by=by)


def _putaway_of(unit: HandlingUnit) -> list[Task]:
    return list(
        session.execute(
            sa.select(Task)
            .where(
                Task.handling_unit_id == unit.id,
                Task.kind == TaskKind.PUTAWAY.value,
                Task.status.in_([TaskStatus.OPEN.value, TaskStatus.CLAIMED.value]),
            )
            .execution_options(populate_existing=True)
        ).scalars()
    )


def lots_at(product: Product, location_id: int, unit_id: int | None = None) -> list[tuple[str, str, int]]:
    """The lots of a product at a place with their condition and what is free of each, the first to leave first."""
    unit = [Stock.handling_unit_id == unit_id] if unit_id else []
    rows = session.execute(
        sa.select(Batch.lot, Stock.condition, sa.func.sum(Stock.on_hand - Stock.reserved))
        .join(Batch, Batch.id == Stock.batch_id)
        .where(Stock.product_id == product.id, Stock.location_id == location_id, Stock.on_hand > Stock.reserved, *unit)
        .group_by(Batch.lot, Stock.condition)
        .order_by(sa.func.min(Batch.received_on), Batch.lot, Stock.condition)
    ).all()
    return [(lot, condition, int(free)) for lot, condition, free in rows]
