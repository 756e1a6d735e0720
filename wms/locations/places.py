"""Locations: put in whole, found by code within the person's site."""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa

from wms import clock
from wms.actor import Actor
from wms.catalog.models import Temperature
from wms.catalog.products import find_product
from wms.catalog.putting import Put
from wms.db import fold, is_postgresql, session
from wms.errors import Invalid, NotFound, Refused
from wms.i18n import T
from wms.locations.models import PICKABLE, Kind, Location, Mixing

# Where goods may be put down by hand; a door they reach with their load only.
BY_HAND = (Kind.DOCK, Kind.INSPECTION, Kind.STORAGE, Kind.PICK_FACE, Kind.PACKING, Kind.STAGING, Kind.DEFECT, Kind.SCRAP, Kind.CONSIGNMENT)


def may_lie(kind: Kind, *, good: bool) -> bool:
    """Whether goods, good or not, may lie in such a place without an order: in the racks only good ones."""
    return kind in BY_HAND and (good or kind not in PICKABLE)


class LocationUnknown(NotFound):
    """No location has this code at this site."""

    code = "location_unknown"
    sentence = T("There is no location {location}", "没有此库位：{location}")
    advice = T("Check the label on the rack", "请核对货架上的标签")


class LocationCodeWrong(Invalid):
    """Codes beginning with @ are the places outside."""

    code = "location_code_wrong"
    sentence = T("{location} cannot be a location: @ marks the places outside", "{location} 不能作为库位：@ 表示库外")


class AssignedWrong(Invalid):
    """Only a pick face is assigned to a product, and its minimum is not above its maximum."""

    code = "assigned_wrong"
    sentence = T("Only a pick face is assigned to a product, with minimum ≤ maximum", "仅拣货位可指定商品，且下限不得大于上限")


class NegativeWrong(Invalid):
    """Only a consignment location may run below zero."""

    code = "allow_negative_wrong"
    sentence = T("Only a consignment location may be negative", "仅寄售位允许为负")


class StillNegative(Refused):
    """The location holds less than nothing, so it must be allowed to."""

    code = "still_negative"
    sentence = T("{location} is below zero; it must be allowed to be", "{location} 在库为负，必须允许为负")
    advice = T("Settle its stock first", "请先结清该库位的库存")


class ClaimsThere(Refused):
    """Orders count on the goods where they lie."""

    code = "claims_there"
    pointer = "/kind"
    sentence = T("Goods at {location} are reserved for orders: it stays as it is ({kind})", "{location} 有订单占用的货物，类型仍为“{kind}”")
    advice = T("Pick them or move them first", "请先拣走或移走这些货物")


class GoodsThere(Refused):
    """What lies there may not lie in a place of the new kind."""

    code = "goods_there"
    pointer = "/kind"
    sentence = T("{location} holds goods that may not lie there any more ({kind})", "{location} 现有货物不能存放于“{kind}”")
    advice = T("Move them first", "请先移走这些货物")


@dataclass(frozen=True)
class Assigned:
    """The product a pick face is for, and the levels it is kept between."""

    sku: str
    minimum: int
    maximum: int


def put_location(
    code: str,
    *,
    by: Actor,
    kind: Kind,
    zone: str | None = None,
    aisle: str | None = None,
    bay: str | None = None,
    level: str | None = None,
    position: str | None = None,
    x_mm: int = 0,
    y_mm: int = 0,
    z_mm: int = 0,
    max_weight_grams: int | None = None,
    max_volume_cm3: int | None = None,
    max_units: int | None = None,
    mixing: Mixing = Mixing.ANY,
    max_height_mm: int | None = None,
    storage_class: str | None = None,
    temperature: Temperature | None = None,
    equipment: str | None = None,
    allow_negative: bool = False,
    assigned: Assigned | None = None,
    partner_id: int | None = None,
) -> tuple[Location, Put]:
    """Creates or wholly replaces a location of the person's site; tells what it came to.

    Raises LocationCodeWrong, AssignedWrong, NegativeWrong, StillNegative, ClaimsThere, GoodsThere, ProductUnknown.
    """
    if code.strip().startswith("@") or kind is Kind.VIRTUAL:
        raise LocationCodeWrong(location=code)
    if assigned and (kind is not Kind.PICK_FACE or assigned.minimum > assigned.maximum):
        raise AssignedWrong(pointer="/assigned")
    if allow_negative and kind is not Kind.CONSIGNMENT:
        raise NegativeWrong(pointer="/allow_negative")
    product_id = find_product(assigned.sku).id if assigned else None
    location = _by_code(code, by)
    new = location is None
    if location is None:
        location = Location(site_id=by.site_id, code=code.strip())
        session.add(location)
    else:
        if location.kind != kind:
            _goods_may_stay(location, kind)
        if location.allow_negative != allow_negative:
            _stock_follows(location, allow_negative)
    location.kind = kind.value
    location.zone, location.aisle, location.bay, location.level, location.position = zone, aisle, bay, level, position
    location.x_mm, location.y_mm, location.z_mm = x_mm, y_mm, z_mm
    location.max_weight_grams, location.max_volume_cm3, location.max_units = max_weight_grams, max_volume_cm3, max_units
    location.max_height_mm, location.mixing = max_height_mm, mixing.value
    location.storage_class, location.temperature = storage_class, temperature.value if temperature else None
    location.equipment, location.allow_negative, location.partner_id = equipment, allow_negative, partner_id
    location.assigned_product_id = product_id
    location.assigned_minimum = assigned.minimum if assigned else None
    location.assigned_maximum = assigned.maximum if assigned else None
    if not new and not session.is_modified(location):
        return location, Put.UNCHANGED
    location.updated_at = clock.now()
    session.flush()  # stock names it by its id
    return location, Put.CREATED if new else Put.CHANGED


def find_location(code: str, *, by: Actor, virtual: bool = False) -> Location:
    """The location with this code at the person's site; places outside only where `virtual` says so. Raises LocationUnknown."""
    location = _by_code(code, by)
    if location is None or (location.is_virtual and not virtual):
        raise LocationUnknown(location=code)
    return location


def exists(code: str, *, by: Actor) -> bool:
    """Whether the person's site has a location with this code."""
    location = _by_code(code, by)
    return location is not None and not location.is_virtual


def _by_code(code: str, by: Actor) -> Location | None:
    return session.execute(sa.select(Location).where(Location.site_id == by.site_id, Location.code_key == fold(code))).scalar_one_or_none()


# Stock rows repeat their location's permission to run below zero (their CHECK needs it), so it changes with the location; the audit
# compares the two. The rows are named as text: locations lie beneath stock and do not import it.
_STOCK = sa.table("stock", *map(sa.column, ("location_id", "on_hand", "reserved", "condition", "may_be_negative")))
_NO_NEW_ROWS = sa.text("LOCK TABLE stock IN SHARE ROW EXCLUSIVE MODE")


def _stock_follows(location: Location, allow_negative: bool) -> None:
    """Gives a place's stock rows its new permission, with nobody writing stock meanwhile: a row made beside us would miss it."""
    if is_postgresql():
        session.execute(_NO_NEW_ROWS)
    if not allow_negative:
        below = sa.select(sa.literal(1)).where(_STOCK.c.location_id == location.id, _STOCK.c.on_hand < 0).limit(1)
        if session.execute(below).first():
            raise StillNegative(location=location.code)
    session.execute(sa.update(_STOCK).where(_STOCK.c.location_id == location.id).values(may_be_negative=allow_negative))


def _goods_may_stay(location: Location, kind: Kind) -> None:
    """Refuses a kind that what lies at the place does not bear, with nobody writing stock meanwhile."""
    if is_postgresql():
        session.execute(_NO_NEW_ROWS)
    rows = session.execute(
        sa.select(_STOCK.c.condition, sa.func.sum(_STOCK.c.reserved))
        .where(_STOCK.c.location_id == location.id, _STOCK.c.on_hand != 0)
        .group_by(_STOCK.c.condition)
    ).all()
    before = Kind(location.kind)
    if any(reserved for _, reserved in rows) and not (before in PICKABLE and kind in PICKABLE):
        raise ClaimsThere(location=location.code, kind=before.text)
    if not all(may_lie(kind, good=condition == "good") for condition, _ in rows):
        raise GoodsThere(location=location.code, kind=kind.text)
