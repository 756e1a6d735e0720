"""What a scanner shows of a plate: where it stands, what is on it, how many units it carries."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from wms.catalog.models import Product
from wms.catalog.units import in_unit
from wms.db import session
from wms.i18n import T
from wms.locations.models import Location
from wms.scan.flow import Fact, Notes
from wms.stock import handling_units
from wms.stock.models import HandlingUnit, Stock
from wms.tasks.models import Task

_SHOWN = 3


def of(unit: HandlingUnit, *, few: bool = False) -> list[Fact]:
    """Where a plate stands and what is on it, the most of it first; `few` where there is other matter on the screen."""
    place = session.get_one(Location, unit.location_id)
    above = handling_units.standing_on(unit.id)
    carried = T("1 unit on it", "其上 1 个单元") if len(above) == 1 else T("{n} units on it", "其上 {n} 个单元", n=len(above))
    on_it = carried if above else None
    facts = [Fact(T("Stands at", "位置"), place.code, detail=on_it)]
    if few:
        return facts
    found = _goods(unit.id)
    return [*facts, *found] if found else [*facts, Fact(T("On it", "内容"), T("Nothing yet", "尚无货物"))]


def _goods(unit_id: int) -> list[Fact]:
    """The products in a unit and on what stands on it, the most of it first."""
    rows = session.execute(
        sa.select(Product, sa.func.sum(Stock.on_hand))
        .join(Stock, Stock.product_id == Product.id)
        .where(Stock.handling_unit_id.in_(handling_units.tree(unit_id)), Stock.on_hand != 0)
        .group_by(Product.id)
        .order_by(sa.func.sum(Stock.on_hand).desc(), Product.sku)
    ).all()
    facts = [Fact(T("{sku}", "{sku}", sku=product.sku), int(n), detail=in_unit(int(n), product.base_unit)) for product, n in rows[:_SHOWN]]
    if len(rows) > _SHOWN:
        facts.append(Fact(T("And", "另有"), T("{n} more products", "{n} 种商品", n=len(rows) - _SHOWN)))
    return facts


def stack_notes(unit: HandlingUnit, tasks: Sequence[Task]) -> dict[str, Any]:
    """What the putaway screen notes of a stack besides its first piece of work: all of them, and no goods of one kind."""
    none = dict.fromkeys(("product", "sku", "name", "lot", "expires_on", "quantity", "base_unit"))
    return {**none, "stack": unit.id, "tasks": [task.id for task in tasks], "plate": unit.code}


def of_stack(notes: Notes) -> list[Fact]:
    """What a stack that is put away holds."""
    return _goods(notes["stack"])


def holds_anything(unit_id: int | None) -> bool:
    """Whether anything is on a plate, goods or units."""
    return unit_id is not None and bool(handling_units.contents(unit_id) or handling_units.standing_on(unit_id))
