"""What is this, where is it, how many: the answer to a scan of anything."""

from __future__ import annotations

import datetime as dt
from typing import Any

import sqlalchemy as sa

from wms.actor import Actor
from wms.catalog.models import Partner, Product
from wms.catalog.units import counted, in_unit
from wms.db import fold, session
from wms.i18n import T, Text
from wms.locations.models import Kind, Location
from wms.orders.inbound import InboundUnknown, find_inbound
from wms.orders.models import InboundOrder, InboundStatus, Order, OrderStatus
from wms.orders.outside import LOADS, SHIPMENTS
from wms.receiving.screens import short_code
from wms.scan.flow import Fact, Notes
from wms.stock import handling_units
from wms.stock.models import Batch, Condition, HandlingUnit, Stock
from wms.stock.queries import lot_shown

MOST = 6
"""So many lines fit on a handheld; what is left is counted."""


def document(number: str, *, by: Actor) -> Order | InboundOrder | None:
    """The order or inbound order with this number."""
    order = session.execute(sa.select(Order).where(Order.number_key == fold(number), Order.site_id == by.site_id)).scalar_one_or_none()
    if order is not None:
        return order
    try:
        return find_inbound(number, by=by)
    except InboundUnknown:
        return None


def is_order(found: Any) -> bool:
    """Whether it is one that goes out."""
    return isinstance(found, Order)


def facts(notes: Notes) -> list[Fact]:
    """What the screen shows of the thing that was scanned last."""
    kind = notes.get("kind")
    if kind == "location":
        return _location(notes)
    if kind == "product":
        return _product(notes)
    if kind == "handling_unit":
        return _unit(notes)
    if kind == "document":
        return _document(notes)
    return []


def _rows(*where: Any) -> list[Any]:
    return list(
        session.execute(
            sa.select(
                Product,
                Location.code,
                lot_shown(),
                Batch.expires_on,
                Stock.condition,
                Stock.on_hand,
                Stock.reserved,
                HandlingUnit.code,
                Batch.received_on,
            )
            .select_from(Stock)
            .join(Product, Product.id == Stock.product_id)
            .join(Location, Location.id == Stock.location_id)
            .join(Batch, Batch.id == Stock.batch_id)
            .outerjoin(HandlingUnit, HandlingUnit.id == Stock.handling_unit_id)
            .where(*where, Stock.on_hand != 0, Location.kind != Kind.VIRTUAL.value)
            .order_by(Batch.received_on, Location.code_key, Stock.id)
        ).all()
    )


def _quantity(on_hand: int, reserved: int, unit: str) -> Text:
    here = counted(on_hand, unit)
    if reserved:
        return T("{here}, {reserved} reserved", "{here}，已占用 {reserved}", here=here, reserved=reserved)
    return here


def _about(lot: str | None, received_on: dt.date, expires_on: Any, condition: str, unit: str | None) -> Text:
    """The lot where the product has lots, else the day it came in."""
    parts: list[tuple[str, str]] = [(f"lot {lot}", f"批号 {lot}") if lot else (f"received {received_on}", f"{received_on} 入库")]
    if expires_on:
        parts.append((f"until {expires_on}", f"效期 {expires_on}"))
    if condition != Condition.GOOD:
        words = Condition(condition).text
        parts.append((words.en, words.zh))
    if unit:
        parts.append((short_code(unit), short_code(unit)))
    return T(" · ".join(en for en, _ in parts), " · ".join(zh for _, zh in parts))


def _shortened(found: list[Fact], count: int) -> list[Fact]:
    more = [Fact(T("More", "其他"), T("{n} more rows", "另有 {n} 行", n=count - MOST))] if count > MOST else []
    return [*found[:MOST], *more]


def _location(notes: Notes) -> list[Fact]:
    place = session.get_one(Location, notes["id"])
    rows = _rows(Stock.location_id == place.id)
    head = Fact(T("Location", "库位"), Kind(place.kind).text, detail=place.zone)
    if not rows:
        return [head, Fact(T("Holds", "存放"), T("nothing", "空"))]
    lines = [
        Fact(
            T("{sku}", "{sku}", sku=product.sku),
            _quantity(on_hand, reserved, product.base_unit),
            detail=_about(lot, came, until, condition, unit),
        )
        for product, _, lot, until, condition, on_hand, reserved, unit, came in rows
    ]
    return [head, *_shortened(lines, len(rows))]


def _product(notes: Notes) -> list[Fact]:
    product = session.get_one(Product, notes["id"])
    where = [Stock.product_id == product.id, Stock.site_id == notes["site"]]
    if notes.get("lot"):
        where.append(Batch.lot_key == fold(notes["lot"]))
    rows = _rows(*where)
    total = sum(row[5] for row in rows)
    lines = [
        Fact(
            T("{place}", "{place}", place=place),
            _quantity(on_hand, reserved, product.base_unit),
            detail=_about(lot, came, until, condition, unit),
        )
        for _, place, lot, until, condition, on_hand, reserved, unit, came in rows
    ]
    on_hand = Fact(T("On hand", "在库"), total, detail=in_unit(total, product.base_unit), strong=True)
    return [Fact(T("Product", "商品"), product.text), on_hand, *_shortened(lines, len(rows))]


def _unit(notes: Notes) -> list[Fact]:
    unit = session.get_one(HandlingUnit, notes["id"])
    place = session.get_one(Location, unit.location_id)
    rows = _rows(Stock.handling_unit_id.in_(handling_units.tree(unit.id)))
    lines = [
        Fact(
            T("{sku}", "{sku}", sku=product.sku),
            _quantity(on_hand, reserved, product.base_unit),
            detail=_about(lot, came, until, condition, None),
        )
        for product, _, lot, until, condition, on_hand, reserved, _unit_code, came in rows
    ]
    empty = [] if rows else [Fact(T("Holds", "存放"), T("nothing", "空"))]
    under = session.get_one(HandlingUnit, unit.parent_id) if unit.parent_id else None
    on = [Fact(T("Stands on", "放在"), short_code(under.code))] if under else []
    here = Fact(T("Location", "位于"), place.code, detail=Kind(place.kind).text)
    return [here, *on, *_packed_for(unit), *empty, *_shortened(lines, len(rows))]


def _packed_for(unit: HandlingUnit) -> list[Fact]:
    """Of a packed carton: whose order, on which truck, how heavy."""
    if unit.order_id is None:
        return []
    order = session.get_one(Order, unit.order_id)
    customer = session.get_one(Partner, order.customer_id).name
    about = T("{customer} · {state}", "{customer} · {state}", customer=customer, state=OrderStatus(order.status).text)
    facts = [Fact(T("Order", "订单"), order.number, detail=about)]
    load = session.execute(
        sa.select(LOADS.c.number)
        .join(SHIPMENTS, SHIPMENTS.c.load_id == LOADS.c.id)
        .where(SHIPMENTS.c.order_id == order.id, SHIPMENTS.c.left_at.is_(None))
        .limit(1)
    ).scalar_one_or_none()
    if load is not None:
        on_board = T("on board", "已装车") if unit.load_id else T("not on board yet", "尚未装车")
        facts.append(Fact(T("Load", "装车单"), load, detail=on_board))
    if unit.weight_grams:
        facts.append(Fact(T("Weight", "重量"), f"{unit.weight_grams / 1000:.3f} kg"))
    return facts


def _document(notes: Notes) -> list[Fact]:
    if notes["is_order"]:
        order = session.get_one(Order, notes["id"])
        ordered, shipped = sum(line.ordered for line in order.lines), sum(line.shipped for line in order.lines)
        return [
            Fact(T("Order", "订单"), OrderStatus(order.status).text),
            Fact(T("Lines", "行数"), len(order.lines)),
            Fact(T("Shipped", "已发"), f"{shipped} / {ordered}", strong=True),
        ]
    inbound = session.get_one(InboundOrder, notes["id"])
    expected, received = sum(line.expected for line in inbound.lines), sum(line.received for line in inbound.lines)
    return [
        Fact(T("Inbound order", "到货通知"), InboundStatus(inbound.status).text),
        Fact(T("Expected", "预计到货"), str(inbound.expected_on or "-")),
        Fact(T("Received", "已收"), f"{received} / {expected}", strong=True),
    ]
