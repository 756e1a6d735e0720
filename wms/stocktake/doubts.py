"""The floor moves while somebody counts: which movements the counter's number has in it already is asked, never guessed.

A number is written down beside the book of its very moment. What was booked between the counter's coming and that moment may have been
moved by hand before or after they looked; work that somebody has in hand may have been moved by hand and be booked later. For each of these
the counter says whether they saw it done: `seen`. What was booked and not seen is taken off the book they are compared with; what was seen
and is not booked yet is added to it, and must be booked just so when the work ends. What nobody can say makes the number tell nothing.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import aliased

from wms import clock
from wms.actor import Actor
from wms.auth.models import Person
from wms.catalog.models import Product, Tracking
from wms.db import session
from wms.stock.models import Batch, Claim, Movement, MovementKind, Reservation, Stage, Stock
from wms.stocktake.models import CountDoubt, CountEntry, CountLine, CountPlace
from wms.tasks.models import Task, TaskKind, TaskStatus

CORRECTIONS = (MovementKind.COUNT.value, MovementKind.ADJUSTMENT.value)
"""Movements of these kinds put the book right; nobody's hands move anything."""
_CARRIES = (TaskKind.PUTAWAY.value, TaskKind.REPLENISH.value, TaskKind.PUT_BACK.value)


@dataclass(frozen=True, slots=True)
class Goods:
    """Goods of one sort at a place: what one line of a count speaks of. The lot is empty where lots are not tracked."""

    product_id: int
    lot_key: str
    owner_id: int | None
    condition: str
    unit_id: int | None


def goods_of(line: CountLine) -> Goods:
    return Goods(line.product_id, line.lot_key, line.owner_id, line.condition, line.handling_unit_id)


LOT_KEY = sa.case((Product.tracking == Tracking.NONE.value, ""), else_=Batch.lot_key)
"""The lot that a line of a count names, for a query over Product and Batch."""


@dataclass
class Moving:
    """Goods that came or went at a place while somebody counted there, booked in one piece of work; or work that somebody has in hand."""

    keys: list[str]
    person: str
    kind: str
    product_id: int
    at: dt.datetime | None
    """When it was booked; none while it is in hand."""
    deltas: dict[str, dict[Goods, int]] = field(default_factory=dict)

    @property
    def quantity(self) -> int:
        """How many more lie there by it; below zero, how many fewer."""
        return sum(delta for one in self.deltas.values() for delta in one.values())

    def touches(self, goods: Goods) -> bool:
        return any(one.get(goods) for one in self.deltas.values())


def at_place(location_id: int, *, since: dt.datetime, by: Actor, product_id: int | None = None) -> list[Moving]:
    """What was booked here since a moment, and what somebody has in hand here now, the counter too; of one product, or of all."""
    return [*_booked(location_id, since, product_id), *_in_hand(location_id, by, product_id)]


def _booked(location_id: int, since: dt.datetime, product_id: int | None) -> list[Moving]:
    m = Movement
    rows = (
        sa.select(m, Batch.owner_id, LOT_KEY.label("lot_key"), Person.name)
        .join(Batch, Batch.id == m.batch_id)
        .join(Product, Product.id == m.product_id)
        .join(Person, Person.id == m.by_id)
        .where(sa.or_(m.source_id == location_id, m.target_id == location_id), m.at > since, m.kind.not_in(CORRECTIONS))
        .order_by(m.id)
    )
    if product_id is not None:
        rows = rows.where(m.product_id == product_id)
    found: dict[tuple[Any, ...], Moving] = {}
    for one, owner_id, lot_key, name in session.execute(rows):
        deltas = sides(one, location_id, lot_key, owner_id)
        if not deltas:
            continue
        together = (one.task_id or -one.id, one.by_id, one.product_id, sum(deltas.values()) > 0)
        moving = found.setdefault(together, Moving([], name, one.kind, one.product_id, one.at))
        moving.keys.append(f"m{one.id}")
        moving.deltas[f"m{one.id}"] = deltas
    return list(found.values())


def sides(one: Movement, location_id: int, lot_key: str, owner_id: int | None) -> dict[Goods, int]:
    """What a movement changes at a place, by sort of goods."""
    deltas: dict[Goods, int] = {}
    for sign, place, unit_id, condition in (
        (-1, one.source_id, one.source_unit_id, one.source_condition),
        (1, one.target_id, one.target_unit_id, one.target_condition),
    ):
        if place == location_id:
            goods = Goods(one.product_id, lot_key, owner_id, condition, unit_id)
            deltas[goods] = deltas.get(goods, 0) + sign * one.quantity
    return {goods: delta for goods, delta in deltas.items() if delta}


def _in_hand(location_id: int, by: Actor, product_id: int | None) -> list[Moving]:
    held = sa.and_(Task.status == TaskStatus.CLAIMED.value, Task.site_id == by.site_id)
    found: dict[tuple[int, int], Moving] = {}

    def add(task: Any, product: int, name: str, goods: Goods, delta: int) -> None:
        moving = found.setdefault((task.id, product), Moving([f"t{task.id}"], name, task.kind, product, None))
        deltas = moving.deltas.setdefault(f"t{task.id}", {})
        deltas[goods] = deltas.get(goods, 0) + delta

    # A picker takes the goods of the stop where they stand: that of the first claim of their list that is not picked yet.
    first, first_stock = aliased(Reservation), aliased(Stock)
    stands_at = (
        sa.select(first_stock.location_id)
        .join(first, first.stock_id == first_stock.id)
        .where(first.task_id == Task.id, first.status == Claim.PENDING.value, first.stage == Stage.RESERVED.value)
        .order_by(first.sequence, first.id)
        .limit(1)
        .scalar_subquery()
    )
    picks = (
        sa.select(Task.id, Task.kind, Person.name, Reservation.quantity, Stock.product_id, Stock.condition, Stock.handling_unit_id)
        .add_columns(Batch.owner_id, LOT_KEY.label("lot_key"))
        .join(Reservation, Reservation.task_id == Task.id)
        .join(Stock, Stock.id == Reservation.stock_id)
        .join(Batch, Batch.id == Stock.batch_id)
        .join(Product, Product.id == Stock.product_id)
        .join(Person, Person.id == Task.person_id)
        .where(held, Reservation.status == Claim.PENDING.value, Reservation.stage == Stage.RESERVED.value)
        .where(Stock.location_id == location_id, stands_at == location_id)
    )
    for row in session.execute(picks if product_id is None else picks.where(Stock.product_id == product_id)):
        goods = Goods(row.product_id, row.lot_key, row.owner_id, row.condition, row.handling_unit_id)
        add(row, row.product_id, row.name, goods, -row.quantity)
    carried = (
        sa.select(Task.id, Task.kind, Person.name, Task.quantity, Task.source_id, Task.handling_unit_id, Batch.product_id)
        .add_columns(Batch.owner_id, LOT_KEY.label("lot_key"), _condition_of(Task).label("condition"))
        .join(Batch, Batch.id == Task.batch_id)
        .join(Product, Product.id == Batch.product_id)
        .join(Person, Person.id == Task.person_id)
        .where(held, Task.kind.in_(_CARRIES), Task.quantity > 0)
        .where(sa.or_(Task.source_id == location_id, Task.target_id == location_id))
    )
    for row in session.execute(carried if product_id is None else carried.where(Batch.product_id == product_id)):
        leaves = row.source_id == location_id
        kept = row.handling_unit_id if leaves or row.kind == TaskKind.PUTAWAY else None
        goods = Goods(row.product_id, row.lot_key, row.owner_id, row.condition or "good", kept)
        add(row, row.product_id, row.name, goods, -row.quantity if leaves else row.quantity)
    return list(found.values())


def _condition_of(task: type[Task]) -> sa.ScalarSelect[str]:
    """In which condition the goods of a task lie where it begins."""
    there = sa.select(Stock.condition).where(Stock.batch_id == task.batch_id, Stock.location_id == task.source_id, Stock.on_hand > 0)
    return there.where(Stock.handling_unit_id.is_not_distinct_from(task.handling_unit_id)).limit(1).scalar_subquery()


# -- written down ------------------------------------------------------------------------------------------------------


def correction(moving: Iterable[Moving], goods: Goods, answers: Mapping[str, bool]) -> int:
    """By how much the book of these goods is ahead of what the counter saw, or behind it, as they say."""
    return sum(_part(key, delta, answers.get(key)) for key, delta in _of(moving, goods))


def _part(key: str, delta: int, seen: bool | None) -> int:
    if seen is None:
        return 0
    booked = key.startswith("m")
    return -delta if booked and not seen else delta if seen and not booked else 0


def _of(moving: Iterable[Moving], goods: Goods) -> list[tuple[str, int]]:
    return [(key, delta) for one in moving for key, by_goods in one.deltas.items() if (delta := by_goods.get(goods))]


def keep(entry: CountEntry, moving: Sequence[Moving], goods: Goods, answers: Mapping[str, bool]) -> None:
    """The answers stand beside the number they belong to; those to an earlier number of the same person are forgotten with it."""
    session.execute(sa.delete(CountDoubt).where(CountDoubt.entry_id == entry.id))
    moment = clock.now()
    for key, delta in _of(moving, goods):
        booked = key.startswith("m")
        number = int(key[1:])
        session.add(
            CountDoubt(
                entry_id=entry.id,
                movement_id=number if booked else None,
                task_id=None if booked else number,
                delta=delta,
                seen=answers.get(key),
                ended_at=None if answers.get(key) and not booked else moment,
            )
        )
    session.flush()


# -- work in hand ends -------------------------------------------------------------------------------------------------


def follow(place: CountPlace) -> bool:
    """Looks which work in hand of a place has ended since, and what it booked. Whether some is still in hand.

    What was booked just as the counter was told stands. Anything else, work that was given back with the goods included, makes their
    answer worth nothing: the goods are counted once more.
    """
    rows = session.execute(
        sa.select(CountDoubt, CountEntry, CountLine)
        .join(CountEntry, CountEntry.id == CountDoubt.entry_id)
        .join(CountLine, CountLine.id == CountEntry.line_id)
        .where(CountLine.place_id == place.id, CountDoubt.ended_at.is_(None))
        .order_by(CountDoubt.id)
    ).all()
    open_still = False
    for doubt, entry, line in rows:
        if _still_in_hand(doubt, place.location_id, line.product_id):
            open_still = True
            continue
        doubt.ended_at = clock.now()
        booked = _booked_by(doubt.task_id, entry.at, place.location_id, goods_of(line))
        if booked != doubt.delta:
            entry.correction -= doubt.delta
            doubt.seen = None
    session.flush()
    return open_still


def _still_in_hand(doubt: CountDoubt, location_id: int, product_id: int) -> bool:
    task = session.get(Task, doubt.task_id, populate_existing=True)
    if task is None or task.status != TaskStatus.CLAIMED:
        return False
    if task.kind != TaskKind.PICK:
        return True
    waits = (
        sa.select(Reservation.id)
        .join(Stock, Stock.id == Reservation.stock_id)
        .where(Reservation.task_id == task.id, Reservation.status == Claim.PENDING.value, Reservation.stage == Stage.RESERVED.value)
        .where(Stock.location_id == location_id, Stock.product_id == product_id)
    )
    return session.execute(waits.limit(1)).first() is not None


def _booked_by(task_id: int | None, since: dt.datetime, location_id: int, goods: Goods) -> int:
    """What a piece of work has changed of these goods since a moment; what was undone counts for nothing."""
    m = Movement
    rows = (
        sa.select(m, Batch.owner_id, LOT_KEY.label("lot_key"))
        .join(Batch, Batch.id == m.batch_id)
        .join(Product, Product.id == m.product_id)
        .where(m.task_id == task_id, m.at > since, m.product_id == goods.product_id)
        .where(sa.or_(m.source_id == location_id, m.target_id == location_id))
    )
    return sum(sides(one, location_id, lot_key, owner_id).get(goods, 0) for one, owner_id, lot_key in session.execute(rows))


def unclear_entries(place_id: int) -> set[int]:
    """The numbers of a place beside which something moved that nobody can say the order of."""
    rows = (
        sa.select(CountDoubt.entry_id)
        .join(CountEntry, CountEntry.id == CountDoubt.entry_id)
        .join(CountLine, CountLine.id == CountEntry.line_id)
        .where(CountLine.place_id == place_id, CountDoubt.seen.is_(None))
    )
    return set(session.execute(rows).scalars())
