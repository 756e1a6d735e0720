"""The lines of many orders, one row each, as sales and finance take them along in a file."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import sqlalchemy as sa

from wms.catalog.models import Partner, Product
from wms.db import among, few, session
from wms.i18n import Text
from wms.orders.models import Order, OrderKind, OrderLine, OrderStatus

COUNTERS = ("ordered", "promised", "reserved", "picked", "packed", "shipped", "delivered", "returned", "cancelled", "short")


def lines_of(ids: Sequence[int]) -> Iterator[Any]:
    """The lines of these orders with what is said of the order, in the orders' sequence."""
    of_order = (Order.number, Order.source, Order.reference, Order.status, Order.kind, Order.due_at, Order.created_at, Order.settled_at)
    of_line = (OrderLine.line, OrderLine.unit, OrderLine.lot, *(getattr(OrderLine, name) for name in COUNTERS))
    of_product = (Product.sku, Product.name, Product.base_unit)
    for some in few(ids):
        turn = {order_id: place for place, order_id in enumerate(some)}
        asked = (
            sa.select(OrderLine.order_id, *of_order, *of_line, *of_product, Partner.code.label("customer"), Partner.name.label("buyer"))
            .join(Order, Order.id == OrderLine.order_id)
            .join(Partner, Partner.id == Order.customer_id)
            .join(Product, Product.id == OrderLine.product_id)
            .where(among(OrderLine.order_id, some))
            .order_by(OrderLine.id)
        )
        yield from sorted(session.execute(asked), key=lambda row: turn[row.order_id])


def words_of(row: Any) -> tuple[Text, Text]:
    """The status and the kind of a row's order."""
    return OrderStatus(row.status).text, OrderKind(row.kind).text
