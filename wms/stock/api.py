"""Stock over the API: rows, availability, the journal, moves and adjustments."""

from __future__ import annotations

import datetime as dt
from typing import Any

from flask import current_app

from wms.actor import Permission
from wms.auth.current import actor
from wms.catalog.partners import find_partner
from wms.db import session
from wms.stock import operations, queries
from wms.stock.models import Condition, Movement, MovementKind, Stock
from wms.web.api import Answer, Api, Body, Code, Items, Moment, Paging, Quantity, Signed, UnitCode, Why, page

api = Api("stock")


class StockQuery(Paging):
    """Which stock rows."""

    sku: Code | None = None
    location: Code | None = None
    batch: Code | None = None
    """The lot."""
    condition: Condition | None = None
    handling_unit: Code | None = None
    owner: Code | None = None
    """Goods held for somebody else."""


class BatchOut(Answer):
    """The batch that goods belong to."""

    lot: str
    """Lot, as its label says; empty: goods without one."""
    received_on: dt.date
    """Day on which it came in: what `fifo` goes by."""
    expires_on: dt.date | None


class StockOut(Answer):
    """How much of one batch lies somewhere, in one condition."""

    sku: str
    location: str
    batch: BatchOut
    """Its lot, and when it came in and expires."""
    handling_unit: str | None
    """The plate it stands on; null: loose."""
    owner: str | None
    """Null is the house itself."""
    condition: Condition
    on_hand: int
    reserved: int


def _row(row: Any) -> StockOut:
    return StockOut(
        sku=row.sku,
        location=row.location,
        batch=BatchOut(lot=row.lot, received_on=row.received_on, expires_on=row.expires_on),
        handling_unit=row.handling_unit,
        owner=row.owner,
        condition=Condition(row.condition),
        on_hand=row.on_hand,
        reserved=row.reserved,
    )


@api.get("/stock", Permission.SEE_STOCK, query=StockQuery, answer=Items[StockOut])
def listing(query: StockQuery) -> Items[StockOut]:
    """The stock rows that hold something."""
    statement = queries.rows(
        by=actor(),
        sku=query.sku,
        location=query.location,
        lot=query.batch,
        condition=query.condition,
        handling_unit=query.handling_unit,
        owner=query.owner,
    )
    statement = statement.where(Stock.id > query.after).order_by(Stock.id).limit(query.limit + 1)
    return page(session.execute(statement).all(), query, by_id=lambda row: int(row.id), show=_row)


class MovementsQuery(Paging):
    """Which part of the journal."""

    sku: Code | None = None
    location: Code | None = None
    kind: MovementKind | None = None
    since: Moment | None = None


class MovementOut(Answer):
    """One line of the journal. Places outside the house start with @."""

    id: int
    at: dt.datetime
    sku: str
    lot: str
    """Lot, as its label says; empty: goods without one."""
    quantity: int
    """Pieces, always above zero."""
    source: str
    """Where they came from; `@…` is outside the house."""
    target: str
    """Where they went; `@…` is outside the house."""
    condition: Condition
    handling_unit: str | None
    kind: MovementKind
    reason: str | None
    by: str
    document: str | None
    reverses: int | None
    """`id` of the movement that it takes back; null: none."""


def _movement(row: Any) -> MovementOut:
    names = ("id", "at", "sku", "lot", "quantity", "source", "target", "handling_unit", "reason", "by", "document", "reverses")
    facts = {name: getattr(row, name) for name in names}
    return MovementOut(**facts, condition=Condition(row.target_condition), kind=MovementKind(row.kind))


@api.get("/movements", Permission.SEE_STOCK, query=MovementsQuery, answer=Items[MovementOut])
def movements(query: MovementsQuery) -> Items[MovementOut]:
    """The journal, oldest first."""
    statement = queries.movements(by=actor(), sku=query.sku, location=query.location, kind=query.kind, since=query.since, after=query.after)
    found = session.execute(statement.order_by(Movement.id).limit(query.limit + 1)).all()
    return page(found, query, by_id=lambda row: int(row.id), show=_movement)


class MoveIn(Body):
    """Free goods from one location to another."""

    sku: Code
    quantity: Quantity
    """Counts `unit`s."""
    unit: Code | None = None
    """The base unit where it is left out."""
    source: Code
    target: Code
    lot: Code | None = None
    """Left out: the batches in the product's turn."""
    handling_unit: UnitCode | None = None
    """Only what is in this unit; it goes along when all of it is taken."""
    condition: Condition = Condition.GOOD
    owner: Code | None = None
    """Goods held for somebody else; the house's own where it is left out."""
    reason: Why | None = None
    site: Code | None = None


class MovedOut(Answer):
    """The movements that were written."""

    movements: list[MovementOut]
    """What was booked, in its sequence."""


@api.post("/stock/moves", Permission.MOVE_STOCK, body=MoveIn, answer=MovedOut, status=201)
def move(body: MoveIn) -> MovedOut:
    """Moves free goods; beyond what is free at the source it is refused with `not_enough`."""
    done = operations.move_goods(**body.model_dump(exclude={"site", "owner"}), owner_id=_owner_id(body), by=actor())
    return _written([one.movement_id for one in done])


class AdjustmentIn(Body):
    """A correction of the book: found goods (above zero), or missing ones (below)."""

    sku: Code
    location: Code
    quantity: Signed
    """Counts `unit`s; below zero takes away."""
    unit: Code | None = None
    lot: Code | None = None
    received_on: dt.date | None = None
    """The day by which the goods leave in turn; today where it is left out."""
    expires_on: dt.date | None = None
    condition: Condition = Condition.GOOD
    handling_unit: UnitCode | None = None
    """Opened where it is new."""
    owner: Code | None = None
    """Goods held for somebody else; the house's own where it is left out."""
    reason: Why | None = None
    site: Code | None = None


@api.post("/stock/adjustments", Permission.ADJUST_STOCK, body=AdjustmentIn, answer=MovedOut, status=201)
def adjust(body: AdjustmentIn) -> MovedOut:
    """Corrects the book; so opening stock comes in with its real age."""
    done = operations.adjust(
        **body.model_dump(exclude={"site", "owner"}),
        owner_id=_owner_id(body),
        company_prefix=current_app.config["WMS"].gs1_company_prefix,
        by=actor(),
    )
    return _written(done.movements)


def _owner_id(body: MoveIn | AdjustmentIn) -> int | None:
    return find_partner(body.owner).id if body.owner else None


def _written(ids: list[int]) -> MovedOut:
    statement = queries.movements(by=actor()).where(Movement.id.in_(ids)).order_by(Movement.id)
    return MovedOut(movements=[_movement(row) for row in session.execute(statement)])
