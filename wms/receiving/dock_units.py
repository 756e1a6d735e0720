"""The plate that goods stand on when they come in: a new one, or the supplier's own."""

from __future__ import annotations

import sqlalchemy as sa

from wms.actor import Actor
from wms.catalog.models import Product
from wms.db import fold, session
from wms.errors import Refused
from wms.i18n import T
from wms.locations.models import Location
from wms.stock.handling_units import contents, must_come_from_elsewhere, new_unit, stand_at
from wms.stock.models import HandlingUnit, UnitKind


class UnitInUse(Refused):
    """A plate that holds goods already."""

    code = "unit_in_use"
    sentence = T("Unit {code} is in use", "货物单元 {code} 已被使用")
    advice = T("Use another label, or let the system make one", "请换一个标签，或由系统生成")


def plate(product: Product, quantity: int, dock: Location, by: Actor, company_prefix: str, code: str | None) -> HandlingUnit:
    """A carton up to one of the product's smallest packaging, a pallet above it; the supplier's own, when its number is given."""
    carton = min((packaging.quantity for packaging in product.packagings if packaging.quantity > 1), default=1)
    return empty_at(dock, code, UnitKind.CARTON if quantity <= carton else UnitKind.PALLET, by=by, company_prefix=company_prefix)


def empty_at(dock: Location, code: str | None, kind: UnitKind, *, by: Actor, company_prefix: str) -> HandlingUnit:
    """An empty unit at the dock: the one with this number, or a new one. Raises UnitInUse, OwnNumber, Gs1CheckDigit."""
    empty = may_stand_on(code, by=by, company_prefix=company_prefix) if code is not None else None
    if empty is None:
        return new_unit(kind, location_id=dock.id, site_id=by.site_id, company_prefix=company_prefix, code=code)
    if empty.location_id != dock.id:
        stand_at(empty.id, dock.id)
    return empty


def may_stand_on(code: str, *, by: Actor, company_prefix: str) -> HandlingUnit | None:
    """The empty unit with this number, locked, or None for a number that nobody knows and that may be taken: of two docks that scan one
    label at once the second waits here, and is told that it is in use.

    Raises UnitInUse, OwnNumber, Gs1CheckDigit.
    """
    known = session.execute(
        sa.select(HandlingUnit)
        .where(HandlingUnit.code_key == fold(code))
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    ).scalar_one_or_none()
    if known is None:
        must_come_from_elsewhere(code, company_prefix=company_prefix)
        return None
    if known.site_id != by.site_id or known.order_id is not None or known.load_id is not None or contents(known.id):
        raise UnitInUse(code=code)
    return known
