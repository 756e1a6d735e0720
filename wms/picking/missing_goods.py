"""What orders want and do not get: order by order for those who plan them, and of each product together."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from wms.catalog.models import Product
from wms.db import among, session
from wms.i18n import T, Text, total
from wms.orders import line_queries
from wms.orders.models import Order, OrderLine
from wms.picking.models import PickList
from wms.stock.models import Claim, Reservation

_NAMED = 5  # orders that a message names


@dataclass(frozen=True, slots=True)
class Missing:
    """What an order lacks of a product."""

    order: str
    sku: str
    name: Text
    decimals: int
    unit: str
    wanted: int
    missing: int


@dataclass(frozen=True, slots=True)
class Lack:
    """What of a product some orders would not get: how much in all, and of which order how much."""

    sku: str
    name: Text
    decimals: int
    wanted: int
    missing: int
    orders: tuple[tuple[str, int], ...]


def without_promise(orders: Iterable[int]) -> dict[int, Text]:
    """How much these orders want that nothing is promised for, of those that lack any."""
    lacks = OrderLine.ordered - OrderLine.cancelled - OrderLine.short - OrderLine.picked - OrderLine.reserved - OrderLine.promised
    found = line_queries.counted_of(OrderLine.order_id, sorted(orders), lacks)
    return {order_id: total(lines) for order_id, lines in found.items() if any(line[0] for line in lines)}


def of_orders(orders: Iterable[int], got: Mapping[tuple[int, int], int] | None = None) -> list[Missing]:
    """What these orders want and have not; `got` is what is chosen for them (by order and product) but not booked yet."""
    open_quantity = OrderLine.ordered - OrderLine.cancelled - OrderLine.short - OrderLine.picked - OrderLine.reserved
    rows = session.execute(
        sa.select(Order.id, Order.number, Product, sa.func.sum(open_quantity).label("wanted"))
        .join(OrderLine, OrderLine.order_id == Order.id)
        .join(Product, Product.id == OrderLine.product_id)
        .where(among(Order.id, sorted(orders)))
        .group_by(Order.id, Order.number, Product.id)
        .order_by(Order.id, Product.id)
    ).all()
    coming = got or {}
    found = []
    for order_id, number, product, wanted in rows:
        lacks = int(wanted) - coming.get((order_id, product.id), 0)
        if lacks > 0:
            found.append(Missing(number, product.sku, product.text, product.decimals, product.base_unit, int(wanted), lacks))
    return found


def of_wave(wave_id: int) -> list[Missing]:
    """What the orders on a wave's lists still want and nobody fetches."""
    orders = (
        sa.select(OrderLine.order_id)
        .join(Reservation, Reservation.order_line_id == OrderLine.id)
        .join(PickList, PickList.task_id == Reservation.task_id)
        .where(PickList.wave_id == wave_id, Reservation.status.in_([Claim.PENDING.value, Claim.POSTED.value]))
        .distinct()
    )
    return of_orders(session.execute(orders).scalars())


def by_product(found: Sequence[Missing]) -> tuple[Lack, ...]:
    """The same of each product together, the most first."""
    grouped: dict[str, list[Missing]] = {}
    for one in found:
        grouped.setdefault(one.sku, []).append(one)
    lacks = [
        Lack(
            sku,
            many[0].name,
            many[0].decimals,
            sum(one.wanted for one in many),
            sum(one.missing for one in many),
            tuple((one.order, one.missing) for one in many),
        )
        for sku, many in grouped.items()
    ]
    return tuple(sorted(lacks, key=lambda one: (-one.missing, one.sku)))


def in_words(found: Sequence[Missing]) -> Text | None:
    """SO-7688 lacks 343, SO-7690 lacks 5. None where nothing is missing."""
    amounts: dict[str, list[tuple[int, int, str]]] = {}
    for one in found:
        amounts.setdefault(one.order, []).append((one.missing, one.decimals, one.unit))
    if not amounts:
        return None
    said = [T("{number} lacks {n}", "{number} 缺 {n}", number=number, n=total(lines)) for number, lines in list(amounts.items())[:_NAMED]]
    first = Text(", ".join(one.say("en") for one in said), "，".join(one.say("zh_CN") for one in said))
    if len(amounts) <= _NAMED:
        return first
    more = {"first": first, "more": len(amounts) - _NAMED, "all": len(amounts)}
    return T("{first}, and {more} more {more:order/orders}", "{first} 等 {all} 张订单", **more)
