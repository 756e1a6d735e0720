"""What may lie where: mixing, storage class, weight, volume, places for handling units and the maximum of a pick face. A limit is
refused with its figures."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import sqlalchemy as sa

from wms.catalog.models import Product
from wms.db import session, table_of
from wms.errors import Refused
from wms.i18n import T
from wms.locations.models import Kind, Location, Mixing
from wms.stock.models import HandlingUnit, Stock


class LocationFull(Refused):
    """It does not fit."""

    code = "location_full"
    sentence = T(
        "{location} has no room: {what} {have} and {more} more, at most {most}",
        "{location} 放不下：{what} 已有 {have}，再加 {more}，上限 {most}",
    )
    advice = T("Choose another location, or move less", "请选择其他库位，或减少数量")


class NotTogether(Refused):
    """The location holds something these goods may not lie with."""

    code = "mixing_not_allowed"
    sentence = T("{location} takes one {what} only and holds another", "{location} 只能放一种{what}，已有其他")
    advice = T("Choose an empty location", "请选择空库位")


class StorageClassDiffers(Refused):
    """The product needs another kind of storage."""

    code = "storage_class_differs"
    sentence = T("{sku} needs storage class {needed}; {location} is {given}", "{sku} 要求存储类别 {needed}，{location} 为 {given}")
    advice = T("Choose a location of that class", "请选择该类别的库位")


class FaceOfAnother(Refused):
    """A pick face is assigned to one product."""

    code = "face_of_another_product"
    sentence = T("Pick face {location} belongs to {owner}, not {sku}", "拣货位 {location} 属于 {owner}，不是 {sku}")
    advice = T("Choose a storage location", "请选择存储位")


@dataclass(frozen=True, slots=True)
class Carried:
    """What a location carries, as goods of one product and batch see it."""

    weight_grams: int = 0
    volume_mm3: int = 0
    units: int = 0
    own: int = 0
    """Pieces of the same product."""
    other_products: bool = False
    other_batches: bool = False


def carried(location_id: int, product_id: int, batch_id: int | None) -> Carried:
    """What lies at a location now."""
    s, p, u = table_of(Stock).c, table_of(Product).c, table_of(HandlingUnit).c
    rows = session.execute(
        sa.select(
            s.product_id, s.batch_id, sa.func.coalesce(u.root_id, u.id), s.on_hand, p.weight_grams, p.length_mm * p.width_mm * p.height_mm
        )
        .join(table_of(Product), p.id == s.product_id)
        .outerjoin(table_of(HandlingUnit), u.id == s.handling_unit_id)
        .where(s.location_id == location_id, s.on_hand > 0)
    ).all()
    return Carried(
        weight_grams=sum(row[3] * row[4] for row in rows),
        volume_mm3=sum(row[3] * row[5] for row in rows),
        units=len({row[2] for row in rows if row[2] is not None}),
        own=sum(row[3] for row in rows if row[0] == product_id),
        other_products=any(row[0] != product_id for row in rows),
        other_batches=any(row[1] != batch_id for row in rows),
    )


def must_fit(
    location: Location,
    product: Product,
    quantity: int,
    *,
    batch_id: int | None = None,
    in_unit: bool = False,
    load: Callable[[], Carried] | None = None,
) -> None:
    """Raises StorageClassDiffers, FaceOfAnother, NotTogether, LocationFull unless the goods may lie there and find room.

    This is the one place that says so. `load` tells what the location carries, for whoever counts more than what lies there now.
    A location without limits costs nothing. Where there are some, its row is locked before anything is weighed, so that of two
    fork-lifts with the last place one waits and is refused.
    """
    _must_suit(location, product)
    limits = (location.max_weight_grams, location.max_volume_cm3, location.max_units, location.assigned_maximum)
    if location.mixing == Mixing.ANY and limits == (None, None, None, None):
        return
    session.execute(sa.select(Location.id).where(Location.id == location.id).with_for_update(key_share=True))
    now = load() if load else carried(location.id, product.id, batch_id)
    if location.mixing == Mixing.ONE_PRODUCT and now.other_products:
        raise NotTogether(location=location.code, what=T("product", "商品"))
    if location.mixing == Mixing.ONE_BATCH and now.other_batches:
        raise NotTogether(location=location.code, what=T("batch", "批次"))
    volume = location.max_volume_cm3 * 1000 if location.max_volume_cm3 is not None else None
    for what, have, more, most, scale in (
        (T("grams", "克重"), now.weight_grams, quantity * product.weight_grams, location.max_weight_grams, 1),
        (T("cubic centimetres", "立方厘米"), now.volume_mm3, quantity * product.volume_mm3, volume, 1000),
        (T("pallets", "托盘数"), now.units, int(in_unit), location.max_units, 1),
        (T("pieces", "件数"), now.own, quantity, location.assigned_maximum, 1),
    ):
        if most is not None and more and have + more > most:
            raise LocationFull(
                location=location.code, what=what, have=have // scale, more=-(-more // scale), most=most // scale, sku=product.sku
            )


def _must_suit(location: Location, product: Product) -> None:
    """What needs no storage class may lie anywhere; a pick face that belongs to nobody takes any product."""
    stored = location.kind in (Kind.STORAGE, Kind.PICK_FACE)
    if stored and product.storage_class and location.storage_class != product.storage_class:
        given = location.storage_class or T("without", "无")
        raise StorageClassDiffers(sku=product.sku, needed=product.storage_class, location=location.code, given=given)
    if location.kind == Kind.PICK_FACE and location.assigned_product_id not in (None, product.id):
        owner = session.execute(sa.select(Product.sku).where(Product.id == location.assigned_product_id)).scalar_one()
        raise FaceOfAnother(location=location.code, owner=owner, sku=product.sku)
