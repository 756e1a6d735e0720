"""An order as a form of the desk has it: what would have to be typed for it."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from wms import clock
from wms.catalog.models import Partner, Product
from wms.db import fold, session
from wms.i18n import units
from wms.orders import services as value_added
from wms.orders.editing import live_lines
from wms.orders.models import Order, OrderLine


def header(order: Order) -> dict[str, Any]:
    """An order's own fields as they would be typed."""
    due = clock.local(order.due_at).replace(tzinfo=None) if order.due_at else None
    carrier = session.get(Partner, order.carrier_id) if order.carrier_id else None
    return {
        "due_at": due.isoformat(timespec="minutes" if not (due.second or due.microsecond) else "milliseconds") if due else "",
        "priority": str(order.priority),
        "carrier": carrier.code if carrier else "",
        "notes": order.notes or "",
        "reference": order.reference or "",
        "ship_complete": order.ship_complete,
        "allow_backorder": order.allow_backorder,
        **{f"ship_to_{name}": str(value) for name, value in order.ship_to.items()},
    }


def lines(order: Order) -> list[dict[str, str]]:
    """The lines that still want something as they would be typed: in the unit they were ordered in, where it comes out even."""
    live = live_lines(order)
    found = session.execute(sa.select(Product).where(Product.id.in_({line.product_id for line in live}))).scalars()
    products = {product.id: product for product in found}
    return [_typed_line(line, products[line.product_id]) for line in live]


def _typed_line(line: OrderLine, product: Product) -> dict[str, str]:
    size = next((one.quantity for one in product.packagings if line.unit and fold(one.unit) == fold(line.unit)), 1)
    now = line.ordered - line.cancelled
    even = now % size == 0
    return {
        "line": line.line,
        "sku": product.sku,
        "quantity": str(now // size) if even and size > 1 else units(now, product.decimals).replace(",", ""),
        "unit": (line.unit or "") if even else product.base_unit,
        "lot": line.lot or "",
        "min_remaining_days": "" if line.min_remaining_days is None else str(line.min_remaining_days),
        "one_batch": "true" if line.one_batch else "false",
    }


def services(order: Order) -> list[dict[str, str]]:
    """The value-added work as it would be typed."""
    asked = value_added.of_orders([order.id]).get(order.id, [])
    return [{"code": one.code.value, "line": one.line or "", "text": one.text or ""} for one in asked]
