"""Goods on their way to a list: what is taken from where for whom, how heavy and how large it is, and whether it is a whole pallet."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from wms.catalog.models import Product
from wms.db import among, session
from wms.locations.models import Kind, Location
from wms.orders.models import Order, OrderLine
from wms.picking import pace
from wms.routing import wave as routing
from wms.routing.floor import Point
from wms.stock.models import HandlingUnit, Stock, UnitKind


@dataclass(frozen=True, slots=True)
class Place:
    """Where a picker stops."""

    id: int
    code: str
    zone: str | None
    point: Point
    equipment: str | None = None


@dataclass(frozen=True, slots=True)
class Chosen:
    """So much of a stock row for an order line: a claim, or what would be one."""

    order_line_id: int
    stock_id: int
    quantity: int
    claim_id: int = 0


@dataclass(frozen=True, slots=True)
class Goods:
    """The same with what dealing it out to lists needs."""

    chosen: Chosen
    order_id: int
    order: str
    priority: int
    due_at: dt.datetime | None
    product_id: int
    place: Place
    weight_grams: int
    volume_cm3: int
    full_pallet: bool
    handled: int
    """So many pieces somebody stands over."""

    @property
    def key(self) -> tuple[int, int]:
        """The line and the stock row: what a claim has in common with its proposal."""
        return self.chosen.order_line_id, self.chosen.stock_id

    @property
    def line(self) -> routing.Line:
        """The same for dealing out."""
        return routing.Line(
            self, self.order_id, self.place.id, self.weight_grams, self.volume_cm3, self.place.zone, full_pallet=self.full_pallet
        )


def look_up(chosen: Iterable[Chosen]) -> list[Goods]:
    """What was chosen with its facts, in the sequence of the orders: three statements, however much it is."""
    chosen = list(chosen)
    lines = _lines(sorted({one.order_line_id for one in chosen}))
    rows = _rows(sorted({one.stock_id for one in chosen}))
    whole = _whole_pallets(sorted({row.unit_id for row in rows.values() if row.unit_id is not None}))
    found = []
    for one in chosen:
        line, row = lines[one.order_line_id], rows[one.stock_id]
        place = Place(row.id, row.code, row.zone, Point(row.x_mm, row.y_mm, row.aisle), row.equipment)
        volume = -(-one.quantity * line.length_mm * line.width_mm * line.height_mm // 1000)
        full = row.unit_id is not None and whole.get(row.unit_id) == one.quantity
        facts = (line.order_id, line.number, line.priority, line.due_at, line.product_id)
        found.append(Goods(one, *facts, place, one.quantity * line.weight_grams, volume, full, pace.handled(one.quantity, line.decimals)))
    never = dt.datetime.max.replace(tzinfo=dt.UTC)
    return sorted(found, key=lambda one: (-one.priority, one.due_at or never, one.order_id, *one.key, one.chosen.claim_id))


def packing_place(site_id: int) -> Place | None:
    """Where picked goods go: the first packing place, or a staging area."""
    found = session.execute(
        sa.select(Location)
        .where(Location.site_id == site_id, Location.kind.in_([Kind.PACKING.value, Kind.STAGING.value]))
        .order_by(Location.kind != Kind.PACKING.value, Location.code_key)
        .limit(1)
    ).scalar_one_or_none()
    return None if found is None else Place(found.id, found.code, found.zone, Point(found.x_mm, found.y_mm))


def _lines(ids: list[int]) -> dict[int, Any]:
    measures = (Product.weight_grams, Product.length_mm, Product.width_mm, Product.height_mm, Product.decimals)
    rows = session.execute(
        sa.select(OrderLine.id.label("line_id"), OrderLine.order_id, OrderLine.product_id, *measures)
        .add_columns(Order.number, Order.priority, Order.due_at)
        .join(Order, Order.id == OrderLine.order_id)
        .join(Product, Product.id == OrderLine.product_id)
        .where(among(OrderLine.id, ids))
    )
    return {row.line_id: row for row in rows}


def _rows(ids: list[int]) -> dict[int, Any]:
    where = (Location.id, Location.code, Location.zone, Location.x_mm, Location.y_mm, Location.aisle, Location.equipment)
    rows = session.execute(
        sa.select(Stock.id.label("stock_id"), Stock.handling_unit_id.label("unit_id"), *where)
        .join(Location, Location.id == Stock.location_id)
        .where(among(Stock.id, ids))
    )
    return {row.stock_id: row for row in rows}


def _whole_pallets(units: list[int]) -> dict[int, int]:
    """What stands on these pallets, where it is one stock row and nothing stands on another unit: who takes that takes the pallet."""
    if not units:
        return {}
    nested = sa.select(HandlingUnit.parent_id).where(among(HandlingUnit.parent_id, units))
    rows = session.execute(
        sa.select(Stock.handling_unit_id, sa.func.sum(Stock.on_hand))
        .join(HandlingUnit, HandlingUnit.id == Stock.handling_unit_id)
        .where(among(Stock.handling_unit_id, units), Stock.on_hand > 0, HandlingUnit.kind == UnitKind.PALLET.value)
        .where(HandlingUnit.parent_id.is_(None), HandlingUnit.id.not_in(nested))
        .group_by(Stock.handling_unit_id)
        .having(sa.func.count() == 1)
    )
    return {unit: int(total) for unit, total in rows}
