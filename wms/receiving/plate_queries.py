"""What the desk and the API read of plates: a list of them, one with all that stands on it, labels for a run of them."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import aliased

from wms.actor import Actor
from wms.catalog.models import Product
from wms.db import between, containing, session
from wms.i18n import T, Text
from wms.locations.models import Kind, Location
from wms.orders import timeline
from wms.orders.models import Order
from wms.printing.labels import HandlingUnitLabel
from wms.receiving.plates import SUBJECT
from wms.stock import handling_units, queries
from wms.stock.models import Batch, HandlingUnit, Movement, Stock, UnitKind
from wms.stock.queries import lot_shown

KIND_WORDS = {UnitKind.PALLET: T("Pallet", "托盘"), UnitKind.CARTON: T("Carton", "纸箱"), UnitKind.TOTE: T("Tote", "周转箱")}
STATES = {
    "filled": T("With goods", "有货"),
    "empty": T("Empty", "空"),
    "on": T("On another one", "在其他单元上"),
}


def listed(
    *, by: Actor, q: str | None = None, kind: str | None = None, state: str | None = None, first: str | None = None, last: str | None = None
) -> sa.Select[Any]:
    """Plates of the person's site that are in the house, each with its place, what it stands on, and how much is in it itself."""
    under, above = aliased(HandlingUnit), aliased(HandlingUnit)
    held = Stock.handling_unit_id == HandlingUnit.id
    inside = sa.select(sa.func.sum(Stock.on_hand)).where(held).correlate(HandlingUnit).scalar_subquery()
    carries = sa.select(sa.func.count()).where(above.parent_id == HandlingUnit.id).correlate(HandlingUnit).scalar_subquery()
    statement = (
        sa.select(
            HandlingUnit.id,
            HandlingUnit.code,
            HandlingUnit.kind,
            HandlingUnit.created_at,
            Location.code.label("location"),
            under.code.label("under"),
            Order.number.label("order_number"),
            sa.func.coalesce(inside, 0).label("pieces"),
            carries.label("carries"),
        )
        .join(Location, Location.id == HandlingUnit.location_id)
        .outerjoin(under, under.id == HandlingUnit.parent_id)
        .outerjoin(Order, Order.id == HandlingUnit.order_id)
        .where(HandlingUnit.site_id == by.site_id, Location.kind.not_in([Kind.VIRTUAL.value, Kind.CONSIGNMENT.value]))
    )
    if q:
        statement = statement.where(containing(q, HandlingUnit.code, Location.code, Order.number))
    if kind:
        statement = statement.where(HandlingUnit.kind == kind)
    filled = sa.exists().where(held, Stock.on_hand != 0)
    carrying = sa.exists().where(above.parent_id == HandlingUnit.id)
    if state == "filled":
        statement = statement.where(sa.or_(filled, carrying))
    elif state == "empty":
        statement = statement.where(~filled, ~carrying)
    elif state == "on":
        statement = statement.where(HandlingUnit.parent_id.is_not(None))
    return statement.where(*between(HandlingUnit.code_key, first, last))


@dataclass(frozen=True, slots=True)
class ContentView:
    """So much of one lot in one condition in a unit."""

    sku: str
    name: Text
    decimals: int
    lot: str
    lot_shown: str | None
    expires_on: dt.date | None
    condition: str
    on_hand: int
    reserved: int


@dataclass(frozen=True, slots=True)
class UnitView:
    """One unit of a stack, how high it stands, and what is in it itself."""

    sscc: str
    kind: UnitKind
    parent: str | None
    level: int
    contents: tuple[ContentView, ...]

    @property
    def kind_text(self) -> Text:
        """Its kind in words."""
        return KIND_WORDS[self.kind]


@dataclass(frozen=True, slots=True)
class PlateView:
    """A plate with all that stands on it."""

    id: int
    sscc: str
    kind: UnitKind
    location: str
    location_kind: Text
    parent: str | None
    root: str | None
    order: str | None
    load: bool
    created_at: dt.datetime
    units: tuple[UnitView, ...]
    """This one first, each followed by what stands on it."""
    events: list[timeline.Happening]

    @property
    def kind_text(self) -> Text:
        """Its kind in words."""
        return KIND_WORDS[self.kind]

    @property
    def contents(self) -> tuple[ContentView, ...]:
        """What is in the plate itself."""
        return self.units[0].contents

    @property
    def on_it(self) -> tuple[UnitView, ...]:
        """What stands on it."""
        return self.units[1:]

    @property
    def pieces(self) -> int:
        """All pieces on it."""
        return sum(one.on_hand for unit in self.units for one in unit.contents)


def shown(unit: HandlingUnit, language: str) -> PlateView:
    """Everything that is known about a plate."""
    above = handling_units.standing_on(unit.id)
    contents = _contents([unit.id, *(one.id for one in above)])
    codes = {one.id: one.code for one in (unit, *above)}
    on: dict[int | None, list[HandlingUnit]] = defaultdict(list)
    for one in above:
        on[one.parent_id].append(one)

    def stack(one: HandlingUnit, level: int) -> list[UnitView]:
        parent = codes.get(one.parent_id or 0) if level else None
        here = UnitView(one.code, UnitKind(one.kind), parent, level, tuple(contents[one.id]))
        return [here, *(view for child in on[one.id] for view in stack(child, level + 1))]

    location = session.get_one(Location, unit.location_id)
    parent = session.get(HandlingUnit, unit.parent_id) if unit.parent_id else None
    root = session.get(HandlingUnit, unit.root_id) if unit.root_id else None
    order = session.get(Order, unit.order_id) if unit.order_id else None
    return PlateView(
        unit.id,
        unit.code,
        UnitKind(unit.kind),
        location.code,
        Kind(location.kind).text,
        parent.code if parent else None,
        root.code if root else None,
        order.number if order else None,
        unit.load_id is not None,
        unit.created_at,
        tuple(stack(unit, 0)),
        timeline.timelines(SUBJECT, [unit.id], language).get(unit.id, []),
    )


def _contents(unit_ids: Sequence[int]) -> dict[int, list[ContentView]]:
    found: dict[int, list[ContentView]] = defaultdict(list)
    rows = session.execute(
        sa.select(Stock, Product, Batch, lot_shown())
        .join(Product, Product.id == Stock.product_id)
        .join(Batch, Batch.id == Stock.batch_id)
        .where(Stock.handling_unit_id.in_(unit_ids), Stock.on_hand != 0)
        .order_by(Product.sku_key, Batch.id, Stock.id)
    ).all()
    for stock, product, batch, lot in rows:
        of = (product.sku, product.text, product.decimals, batch.lot, lot, batch.expires_on)
        found[stock.handling_unit_id].append(ContentView(*of, stock.condition, stock.on_hand, stock.reserved))
    return found


def movements(unit_id: int, *, by: Actor) -> sa.Select[Any]:
    """The journal of a plate: what went into it and out of it, with it from place to place."""
    return queries.movements(by=by).where(sa.or_(Movement.source_unit_id == unit_id, Movement.target_unit_id == unit_id))


def labels(statement: sa.Select[Any], most: int) -> list[HandlingUnitLabel]:
    """The labels of these plates in the order of their numbers: bare for empty ones, with what is in them for the others."""
    rows = session.execute(statement.order_by(HandlingUnit.code_key).limit(most)).all()
    filled = _contents([row.id for row in rows if row.pieces]) if any(row.pieces for row in rows) else {}
    return [
        HandlingUnitLabel(
            row.code,
            kind=KIND_WORDS[UnitKind(row.kind)],
            contents=[(f"{one.sku} · {one.lot}", one.on_hand) for one in filled.get(row.id, [])],
        )
        for row in rows
    ]
