"""What a scanner shows of a plate: where it stands, what is on it, how many units it carries."""

from __future__ import annotations

import sqlalchemy as sa

from wms.catalog.models import Product
from wms.catalog.units import in_unit
from wms.db import session
from wms.i18n import T
from wms.locations.models import Location
from wms.scan.flow import Fact
from wms.stock import handling_units
from wms.stock.models import HandlingUnit, Stock

_SHOWN = 3


def of(unit: HandlingUnit, *, few: bool = False) -> list[Fact]:
    """Where a plate stands and what is on it, the most of it first; `few` where there is other matter on the screen."""
    place = session.get_one(Location, unit.location_id)
    above = handling_units.standing_on(unit.id)
    on_it = T("{n} units on it", "其上 {n} 个单元", n=len(above)) if above else None
    facts = [Fact(T("Stands at", "位置"), place.code, detail=on_it)]
    if few:
        return facts
    rows = session.execute(
        sa.select(Product, sa.func.sum(Stock.on_hand))
        .join(Stock, Stock.product_id == Product.id)
        .where(Stock.handling_unit_id.in_(handling_units.tree(unit.id)), Stock.on_hand != 0)
        .group_by(Product.id)
        .order_by(sa.func.sum(Stock.on_hand).desc(), Product.sku)
    ).all()
    if not rows:
        return [*facts, Fact(T("On it", "内容"), T("Nothing yet", "尚无货物"))]
    facts += [Fact(product.text, int(pieces), detail=in_unit(int(pieces), product.base_unit)) for product, pieces in rows[:_SHOWN]]
    if len(rows) > _SHOWN:
        facts.append(Fact(T("And", "另有"), T("{n} more products", "{n} 种商品", n=len(rows) - _SHOWN)))
    return facts


def holds_anything(unit_id: int | None) -> bool:
    """Whether anything is on a plate, goods or units."""
    return unit_id is not None and bool(handling_units.contents(unit_id) or handling_units.standing_on(unit_id))
