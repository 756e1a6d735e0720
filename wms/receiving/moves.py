"""Goods are moved by hand: a plate with all that is on it. (Loose goods: `wms.stock.operations.move_goods`.)"""

from __future__ import annotations

import sqlalchemy as sa

from wms.actor import Actor
from wms.catalog.models import Product
from wms.db import session
from wms.errors import Refused
from wms.i18n import T
from wms.locations.models import Kind, Location
from wms.receiving import putaway, space, whole_plates
from wms.receiving.whole_plates import EmptyUnit
from wms.stock import capacity, changes, handling_units, nesting
from wms.stock.capacity import Cargo
from wms.stock.ledger import Move, Place, SamePlace, post
from wms.stock.models import Batch, Condition, HandlingUnit, MovementKind, Stock
from wms.stock.operations import must_be_by_hand
from wms.tasks import queue
from wms.tasks.models import Task

STATIONS = (Kind.PACKING, Kind.STAGING, Kind.DOOR)


class UnitOfOrder(Refused):
    """Goods of an order stay at the stations of the outbound side."""

    code = "unit_of_order"
    sentence = T("Unit {code} holds goods of an order", "货物单元 {code} 内是订单货物")
    advice = T("Move it to packing, staging or a door only", "只能移到打包台、集货区或发货门")


def move_plate(unit: HandlingUnit, location_id: int, *, by: Actor, key: str, document: str | None = None) -> Location:
    """Moves a plate with all that is in it and on it; one that stood on another is taken off that. What waits for putaway is thereby put
    away; at a pick face the plate is dissolved.

    Raises EmptyUnit, UnitOfOrder, UnitOnLoad, UnitOutside, NotByHand, NotInRacks, SamePlace, and the rules of space and capacity.
    """
    target = session.get_one(Location, location_id)
    if unit.location_id == target.id:
        raise SamePlace
    rows = handling_units.contents(unit.id)
    if not rows:
        raise EmptyUnit(code=unit.code)
    nesting.must_be_here(unit)
    claimed = any(row.reserved for row in rows)
    picked = claimed and any(one.order_id is not None for one in (unit, *handling_units.standing_on(unit.id)))
    if (picked or (claimed and target.kind == Kind.PICK_FACE)) and Kind(target.kind) not in STATIONS:
        raise UnitOfOrder(code=unit.code)
    if not picked:
        for condition in sorted({row.condition for row in rows}):
            must_be_by_hand(target, Condition(condition))
    waiting = whole_plates.waiting(unit.id)
    if waiting and all(Kind(target.kind) in space.AREAS[Condition(row.condition)] for row in rows):
        _put_away(unit, waiting, target, by=by, key=key)
        return target
    cargo = Cargo(whole_plates.pieces(rows), in_unit=True, unit_id=unit.id)
    capacity.must_take(target, cargo, without=[task.id for task in waiting])
    handling_units.lock_trees(unit.id)
    if target.kind == Kind.PICK_FACE:
        _dissolve(handling_units.contents(unit.id), target, by=by, key=key, document=document)
    else:
        moved = handling_units.move_unit(unit, target.id, key=key, kind=MovementKind.MOVE, by=by, document=document)
        changes.tell([one.movement_id for one in moved], by=by)
    for task in waiting:
        task.source_id = target.id
    session.flush()
    return target


def _put_away(unit: HandlingUnit, waiting: list[Task], target: Location, *, by: Actor, key: str) -> None:
    if whole_plates.is_one_by_one(unit, waiting):
        task = queue.claim(waiting[0].id, by=by)
        putaway.put_away(task.id, target.id, by=by, key=key)
    else:
        whole_plates.put_away(unit, target.id, by=by, key=key)


def _dissolve(rows: list[Stock], target: Location, *, by: Actor, key: str, document: str | None) -> None:
    moves = [
        Move(
            f"{key}:{place}",
            row.batch_id,
            row.on_hand,
            Place(row.location_id, row.handling_unit_id, row.condition),
            Place(target.id, None, row.condition),
            MovementKind.MOVE,
            document=document,
        )
        for place, row in enumerate(rows)
    ]
    changes.tell([one.movement_id for one in post(moves, by=by)], by=by)


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
