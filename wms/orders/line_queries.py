"""The lines of many orders: one row each, as sales and finance take them along in a file; and what is added up of each order."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
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


def counted_of(order_id: Any, ids: Iterable[int], *counters: Any) -> Mapping[int, list[Any]]:
    """Of each line of these orders the counters, and its product's decimals and unit; by the order, which `order_id` of the line names."""
    line, found = order_id.class_, defaultdict[int, list[Any]](list)
    asked = sa.select(order_id, *counters, Product.decimals, Product.base_unit).join(Product, Product.id == line.product_id)
    for row in session.execute(asked.where(among(order_id, list(ids))).order_by(line.id)):
        found[row[0]].append(row[1:])
    return found
