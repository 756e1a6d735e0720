"""Locations: put in whole, found by code within the person's site."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from wms import clock
from wms.actor import Actor
from wms.catalog.models import Partner, PartnerKind, Temperature
from wms.catalog.partners import find_partners, of_kind
from wms.catalog.products import ProductUnknown, find_products
from wms.catalog.putting import AT_ONCE, Put
from wms.db import few, fold, is_postgresql, must_fit, session, table_of
from wms.errors import Invalid, NotFound, Refused, WarehouseError
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


@dataclass(frozen=True)
class LocationFacts:
    """A location as it is put in: whole. `partner` is the customer of a consignment location."""

    code: str
    kind: Kind
    zone: str | None = None
    aisle: str | None = None
    bay: str | None = None
    level: str | None = None
    position: str | None = None
    x_mm: int = 0
    y_mm: int = 0
    z_mm: int = 0
    max_weight_grams: int | None = None
    max_volume_cm3: int | None = None
    max_units: int | None = None
    mixing: Mixing = Mixing.ANY
    max_height_mm: int | None = None
    storage_class: str | None = None
    temperature: Temperature | None = None
    equipment: str | None = None
    allow_negative: bool = False
    assigned: Assigned | None = None
    partner: str | None = None

    def row(self, product_id: int | None, partner_id: int | None) -> dict[str, Any]:
        """What its row says, but for its site, its code and its time."""
        return {
            "kind": self.kind.value,
            "mixing": self.mixing.value,
            "temperature": self.temperature.value if self.temperature else None,
            "assigned_product_id": product_id,
            "assigned_minimum": self.assigned.minimum if self.assigned else None,
            "assigned_maximum": self.assigned.maximum if self.assigned else None,
            "partner_id": partner_id,
            **{name: getattr(self, name) for name in _AS_GIVEN},
        }


_AS_GIVEN = (
    *("zone", "aisle", "bay", "level", "position", "x_mm", "y_mm", "z_mm", "storage_class", "equipment", "allow_negative"),
    *("max_weight_grams", "max_volume_cm3", "max_units", "max_height_mm"),
)


def put_location(code: str, *, by: Actor, **facts: Any) -> tuple[Location, Put]:
    """Creates or wholly replaces a location of the person's site by its facts (see `LocationFacts`); tells what it came to.

    Raises as `put_locations` refuses.
    """
    return put_facts(LocationFacts(code, **facts), by=by)


def put_facts(facts: LocationFacts, *, by: Actor) -> tuple[Location, Put]:
    """Creates or wholly replaces one location of the person's site. Raises as `put_locations` refuses."""
    (done,) = put_locations([facts], by=by)
    if isinstance(done, WarehouseError):
        raise done
    return find_location(facts.code, by=by), done


def put_locations(wanted: Sequence[LocationFacts], *, by: Actor) -> list[Put | WarehouseError]:
    """Creates or wholly replaces locations of the person's site, in their sequence; of each what it came to, or why it was refused.
    No code may be there twice.

    Refusals: PartnerUnknown, PartnerKindWrong, LocationCodeWrong, AssignedWrong, NegativeWrong, ProductUnknown, StillNegative,
    ClaimsThere, GoodsThere, TooLong.
    """
    done: list[Put | WarehouseError] = []
    for some in few(wanted, AT_ONCE):
        keys = [fold(one.code) for one in some]
        here = sa.select(Location).where(Location.site_id == by.site_id, Location.code_key.in_(keys))
        known = {one.code_key: one for one in session.execute(here).scalars()}
        products = {key: one.id for key, one in find_products(one.assigned.sku for one in some if one.assigned).items()}
        partners = find_partners(one.partner for one in some if one.partner)
        for key, one in zip(keys, some, strict=True):
            try:
                done.append(_put(one, key, known.get(key), products, partners, by))
            except WarehouseError as refusal:
                done.append(refusal)
        session.flush()  # stock names them by their ids
    return done


def _put(
    one: LocationFacts, key: str, location: Location | None, products: Mapping[str, int], partners: Mapping[str, Partner], by: Actor
) -> Put:
    customer = of_kind(partners.get(fold(one.partner)), one.partner, PartnerKind.CUSTOMER) if one.partner else None
    assigned = one.assigned
    if one.code.strip().startswith("@") or one.kind is Kind.VIRTUAL:
        raise LocationCodeWrong(location=one.code)
    if assigned and (one.kind is not Kind.PICK_FACE or assigned.minimum > assigned.maximum):
        raise AssignedWrong(pointer="/assigned")
    if one.allow_negative and one.kind is not Kind.CONSIGNMENT:
        raise NegativeWrong(pointer="/allow_negative")
    if assigned and fold(assigned.sku) not in products:
        raise ProductUnknown(sku=assigned.sku)
    row = one.row(products[fold(assigned.sku)] if assigned else None, customer.id if customer else None)
    must_fit(table_of(Location), {"code": one.code.strip(), "code_key": key, **row})
    if location is not None and all(getattr(location, name) == value for name, value in row.items()):
        return Put.UNCHANGED
    put = Put.CREATED if location is None else Put.CHANGED
    if location is None:
        location = Location(site_id=by.site_id, code=one.code.strip())
        session.add(location)
    else:
        if location.kind != one.kind:
            _goods_may_stay(location, one.kind)
        if location.allow_negative != one.allow_negative:
            _stock_follows(location, one.allow_negative)
    for name, value in row.items():
        setattr(location, name, value)
    location.updated_at = clock.now()
    return put


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
