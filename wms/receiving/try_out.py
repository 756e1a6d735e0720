"""Where would this go, and why? Asked at the desk before goods are there; nothing is kept free by asking."""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa

from wms import clock
from wms.actor import Actor
from wms.catalog.models import PartnerKind
from wms.catalog.partners import find_partner
from wms.catalog.products import find_product, in_base_units
from wms.db import fold, session
from wms.errors import Refused
from wms.i18n import T
from wms.locations import layout
from wms.locations.models import Kind, Location
from wms.locations.places import find_location
from wms.receiving import suggestion
from wms.receiving.space import Goods
from wms.receiving.suggestion import Suggestion
from wms.stock.models import Batch, Condition, UnitKind


class NoStart(Refused):
    """Goods start somewhere."""

    code = "no_start"
    sentence = T("There is no dock to start from", "没有可作为起点的月台")
    advice = T("Name the place where the goods stand", "请指定货物所在位置")


@dataclass(frozen=True, slots=True)
class Tried:
    """What was asked, and what every rule answered."""

    goods: Goods
    start: Location
    answer: Suggestion
    target: str | None


def try_out(
    sku: str,
    quantity: int,
    *,
    by: Actor,
    unit: str | None = None,
    lot: str | None = None,
    condition: Condition = Condition.GOOD,
    unit_kind: str = UnitKind.PALLET.value,
    supplier: str | None = None,
    height_mm: int | None = None,
    start: str | None = None,
) -> Tried:
    """Asks the rules of the site where these goods would go. Raises ProductUnknown, LocationUnknown, PartnerUnknown, NoStart."""
    product = find_product(sku)
    quantity = in_base_units(product, quantity, unit)
    place = find_location(start, by=by) if start else _first_dock(by)
    goods = Goods(
        product,
        _batch(product.id, lot),
        quantity,
        condition,
        unit_kind=unit_kind,
        supplier_id=find_partner(supplier, kind=PartnerKind.SUPPLIER).id if supplier else None,
        height_mm=height_mm,
    )
    layout.sort_in(by.site_id)
    answer = suggestion.suggest(goods, place, site_id=by.site_id, explain=True)
    target = session.get_one(Location, answer.location_id).code if answer.location_id is not None else None
    return Tried(goods, place, answer, target)


def _first_dock(by: Actor) -> Location:
    dock = session.execute(
        sa.select(Location).where(Location.site_id == by.site_id, Location.kind == Kind.DOCK.value).order_by(Location.code_key).limit(1)
    ).scalar_one_or_none()
    if dock is None:
        raise NoStart
    return dock


def _batch(product_id: int, lot: str | None) -> int:
    """The batch that such goods would belong to; 0 for one that would be new."""
    which = Batch.lot_key == fold(lot) if lot else Batch.received_on == clock.today()
    newest = sa.select(Batch.id).where(Batch.product_id == product_id, which).order_by(Batch.received_on.desc(), Batch.id.desc()).limit(1)
    return session.execute(newest).scalar_one_or_none() or 0
