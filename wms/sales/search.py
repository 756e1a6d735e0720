"""One box for all that a customer may name: an order, his own number, himself, goods, a parcel, a telephone, a truck.

Every question is asked of an index: by a key, or by the beginning of one. Only customers and products are looked through for a part of
their name, never orders, and only where the beginning of a code has found too few.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import sqlalchemy as sa

from wms.actor import Actor
from wms.catalog.gs1 import barcode_key
from wms.catalog.models import Barcode, Partner, PartnerKind, Product
from wms.db import containing, fold, session
from wms.i18n import T, Text, Worded
from wms.numbers import own_number
from wms.orders import keys
from wms.orders.models import Order, OrderLine
from wms.orders.outside import LOADS, SHIPMENTS
from wms.stock import handling_units
from wms.stock.models import HandlingUnit

AT_MOST = 10
"""So many orders are shown of one kind; whoever sees more types more."""
_LONGEST = 100
_LEAST = 3
"""So many characters make the end of a number; fewer end them all."""
_NAMED = 5
"""So many customers, and so many products, are looked at."""
_LOOKED_AT = 500
"""So many lines of a product are looked at for those of this site."""


class What(Worded):
    """By what an order was found."""

    NUMBER = "number", T("Order number", "订单号")
    REFERENCE = "reference", T("Customer's own number", "客户单号")
    TRACKING = "tracking", T("Tracking number", "运单号")
    SHIPMENT = "shipment", T("Shipment, parcel or truck", "发货单、包裹或车辆")
    PHONE = "phone", T("Telephone", "电话")
    CUSTOMER = "customer", T("Customer", "客户")
    PRODUCT = "product", T("Product", "商品")


@dataclass(frozen=True)
class Group:
    """Orders found by one thing: the newest of them, what of each was found, and whether there are more."""

    what: What
    orders: Sequence[int]
    matched: dict[int, str] = field(default_factory=dict)
    more: bool = False
    title: Text | None = None
    code: str | None = None  # of the customer, or the product


def exactly(text: str, *, by: Actor) -> int | None:
    """The order of this very number."""
    found = sa.select(Order.id).where(Order.site_id == by.site_id, Order.number_key == fold(text)[:_LONGEST])
    return session.execute(found).scalar_one_or_none()


def search(text: str, *, by: Actor) -> list[Group]:
    """The orders of a site that somebody may mean, by what was found; nothing for a text that could be anything."""
    asked = " ".join(text.split())[:_LONGEST]
    if not asked or not asked.isprintable():
        return []
    found = [
        _group(What.NUMBER, _by_number(asked, by)),
        _group(What.REFERENCE, keys.beginning(keys.Kind.REFERENCE, fold(asked), site_id=by.site_id, limit=AT_MOST + 1)),
        _group(What.TRACKING, _by_tracking(asked, by)),
        _group(What.SHIPMENT, _by_shipment(asked, by)),
        _group(What.PHONE, _by_phone(asked, by)),
    ]
    found = [group for group in found if group.orders]
    if found and not any(one.isalpha() for one in asked):
        return found  # a number that was found is nobody's name
    by_part = not found or not any(one.isdigit() for one in asked)  # of SO-1024, which was found, no name is looked through for a part
    return found + _of_customers(asked, by, by_part=by_part) + _of_products(asked, by, by_part=by_part)


def _group(what: What, found: Sequence[tuple[int, str]], title: Text | None = None, code: str | None = None) -> Group:
    matched = dict(reversed(found))  # of an order that was found twice the first counts
    ids = list(dict.fromkeys(order_id for order_id, _ in found))
    return Group(what, ids[:AT_MOST], matched, len(ids) > AT_MOST, title, code)


# -- by a key ----------------------------------------------------------------------------------------------------------


def _by_number(asked: str, by: Actor) -> list[tuple[int, str]]:
    key = fold(asked)
    found = keys.beginning(keys.Kind.NUMBER, key, site_id=by.site_id, limit=AT_MOST + 1)
    if len(key) >= _LEAST:
        found += keys.beginning(keys.Kind.TAIL, key[::-1], site_id=by.site_id, limit=AT_MOST + 1)
    return found


def _by_phone(asked: str, by: Actor) -> list[tuple[int, str]]:
    if any(one.isalpha() for one in asked):
        return []
    found: list[tuple[int, str]] = []
    for number in keys.spoken(asked):
        found += keys.beginning(keys.Kind.PHONE, number[::-1], site_id=by.site_id, limit=AT_MOST + 1)
    return found


def _by_tracking(asked: str, by: Actor) -> list[tuple[int, str]]:
    """Carriers print their numbers in groups; people type them with or without."""
    written = {asked, asked.upper(), asked.replace(" ", ""), asked.replace(" ", "").upper()}
    shipped = (
        sa.select(SHIPMENTS.c.order_id, SHIPMENTS.c.tracking)
        .join(Order, Order.id == SHIPMENTS.c.order_id)
        .where(SHIPMENTS.c.tracking.in_(written), Order.site_id == by.site_id)
    )
    parcels = sa.select(HandlingUnit.order_id, HandlingUnit.tracking).where(
        HandlingUnit.tracking.in_(written), HandlingUnit.site_id == by.site_id, HandlingUnit.order_id.is_not(None)
    )
    return [(row[0], row[1]) for one in (shipped, parcels) for row in session.execute(one.limit(AT_MOST + 1))]


def _by_shipment(asked: str, by: Actor) -> list[tuple[int, str]]:
    """A shipment, a load or its gate pass by number, a parcel by its code, a truck by its plate: the last journeys first."""
    number, plate = own_number(asked), "".join(one for one in fold(asked) if one.isalnum())
    unit = fold(handling_units.plain(asked))
    shipment = (
        sa.select(SHIPMENTS.c.order_id, SHIPMENTS.c.number)
        .join(Order, Order.id == SHIPMENTS.c.order_id)
        .where(SHIPMENTS.c.number == number, Order.site_id == by.site_id)
    )
    parcel = sa.select(HandlingUnit.order_id, HandlingUnit.code).where(
        HandlingUnit.code_key == unit, HandlingUnit.site_id == by.site_id, HandlingUnit.order_id.is_not(None)
    )
    trucks = sa.or_(LOADS.c.number == number, LOADS.c.gate_pass == number)
    if len(plate) >= _LEAST:
        trucks = sa.or_(trucks, LOADS.c.plate_key == plate)
    loads = sa.select(LOADS.c.id, LOADS.c.number, LOADS.c.plate).where(LOADS.c.site_id == by.site_id, trucks)
    journeys = loads.order_by(LOADS.c.id.desc()).limit(3).subquery()
    aboard = (
        sa.select(SHIPMENTS.c.order_id, sa.func.coalesce(journeys.c.plate + " · ", "") + journeys.c.number)
        .join(journeys, journeys.c.id == SHIPMENTS.c.load_id)
        .order_by(SHIPMENTS.c.id.desc())
    )
    return [(row[0], row[1]) for one in (shipment, parcel, aboard) for row in session.execute(one.limit(AT_MOST + 1))]


# -- by a name ---------------------------------------------------------------------------------------------------------


def customers(asked: str, *, by_part: bool = True) -> list[Partner]:
    """The customers of this code, or (`by_part`) whose code begins or name reads like this."""
    key = fold(asked)
    theirs = sa.select(Partner).where(Partner.kind == PartnerKind.CUSTOMER.value)
    found = list(session.execute(theirs.where(Partner.code_key == key)).scalars())
    if not found and by_part:
        like = sa.or_(Partner.code_key.startswith(key, autoescape=True), containing(asked, Partner.name))
        found = list(session.execute(theirs.where(like).order_by(Partner.name, Partner.id).limit(_NAMED)).scalars())
    return found


def _of_customers(asked: str, by: Actor, *, by_part: bool) -> list[Group]:
    groups = []
    for one in customers(asked, by_part=by_part):
        newest = sa.select(Order.id).where(Order.customer_id == one.id, Order.site_id == by.site_id).order_by(Order.id.desc())
        ids = session.execute(newest.limit(AT_MOST + 1)).scalars()
        groups.append(_group(What.CUSTOMER, [(order_id, one.code) for order_id in ids], T(one.name, one.name), one.code))
    return groups


def _products(asked: str, *, by_part: bool) -> list[Product]:
    key = fold(asked)
    labelled = sa.select(Product).join(Barcode, Barcode.product_id == Product.id).where(Barcode.code_key == barcode_key(asked))
    exact = (sa.select(Product).where(Product.sku_key == key), labelled)
    found = list(dict.fromkeys(one for query in exact for one in session.execute(query).scalars()))
    if not found and by_part:
        like = sa.or_(Product.sku_key.startswith(key, autoescape=True), containing(asked, Product.name, Product.name_zh, Product.name_en))
        found = list(session.execute(sa.select(Product).where(like).order_by(Product.sku_key).limit(_NAMED)).scalars())
    return found


def _of_products(asked: str, by: Actor, *, by_part: bool) -> list[Group]:
    groups = []
    for one in _products(asked, by_part=by_part):
        newest = (
            sa.select(OrderLine.order_id)
            .where(OrderLine.product_id == one.id)
            .order_by(OrderLine.product_id.desc(), OrderLine.order_id.desc())
            .limit(_LOOKED_AT)
            .subquery()
        )
        here = sa.select(Order.id).join(newest, newest.c.order_id == Order.id).where(Order.site_id == by.site_id).distinct()
        ids = session.execute(here.order_by(Order.id.desc()).limit(AT_MOST + 1)).scalars()
        groups.append(_group(What.PRODUCT, [(order_id, one.sku) for order_id in ids], one.text, one.sku))
    return groups
