"""Labels for pallets, cartons and totes."""

from __future__ import annotations

import sqlalchemy as sa

from wms.actor import Actor, Permission
from wms.catalog.models import Product
from wms.db import session
from wms.i18n import T
from wms.printing.labels import HandlingUnitLabel
from wms.stock import handling_units
from wms.stock.models import Batch, Stock, UnitKind
from wms.web.documents import LABELS, label

_KINDS = {UnitKind.PALLET: T("Pallet", "托盘"), UnitKind.CARTON: T("Carton", "纸箱"), UnitKind.TOTE: T("Tote", "周转箱")}


def handling_unit(code: str, by: Actor) -> HandlingUnitLabel:
    """A unit and what is in it."""
    unit = handling_units.find(code, by=by)
    rows = session.execute(
        sa.select(Product, Batch.lot, Stock.on_hand)
        .join(Stock, Stock.product_id == Product.id)
        .join(Batch, Batch.id == Stock.batch_id)
        .where(Stock.handling_unit_id == unit.id, Stock.on_hand > 0)
        .order_by(Product.sku_key, Batch.id)
    ).all()
    return HandlingUnitLabel(
        unit.code,
        kind=_KINDS[UnitKind(unit.kind)],
        contents=[(f"{product.sku} · {lot}", quantity) for product, lot, quantity in rows],
    )


if "handling-unit" not in LABELS:  # shipping's own label, with the address, comes first where it is there
    label("handling-unit", Permission.SEE_STOCK)(handling_unit)
