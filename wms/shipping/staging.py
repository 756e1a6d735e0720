"""Packed goods on their way from the bench to the truck: where they wait for it, and who brings them there."""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa

from wms.actor import Actor
from wms.db import session
from wms.errors import Refused
from wms.i18n import T, Text
from wms.locations.models import Kind, Location
from wms.orders import lifecycle
from wms.orders.models import Order, OrderStatus
from wms.shipping import loading
from wms.shipping.models import Load, LoadStatus, Shipment
from wms.shipping.words import tail
from wms.stock import handling_units
from wms.stock.models import HandlingUnit, MovementKind


class NotToStage(Refused):
    """Packed goods wait at a door or in staging."""

    code = "not_a_staging_place"
    sentence = T("{code} is no door and no staging: {kind}", "{code} 不是发货门或集货区（{kind}）")
    advice = T("Scan the door or the staging place", "请扫描发货门或集货区")


class OnBoardAlready(Refused):
    """It stands in a truck."""

    code = "loaded_already"
    sentence = T("{unit} is on board already", "{unit} 已在车上")
    advice = T("Take it off the truck first, in Load", "请先在“装车”中卸下")


@dataclass(frozen=True)
class Bound:
    """Where packed goods go: the door of their load, else the staging area."""

    place: str
    load: str | None = None
    plate: str | None = None

    @property
    def detail(self) -> Text | None:
        """Whose door it is."""
        if self.load is None:
            return T("staging", "集货区")
        return T("{load} · {plate}", "{load} · {plate}", load=self.load, plate=self.plate or "–")


def bound_for(order_id: int) -> Bound | None:
    """Where packed goods of an order are brought; None where the site has neither a load for it nor a staging area."""
    load = session.execute(
        sa.select(Load.number, Load.plate, Load.vehicle, Location.code)
        .join(Shipment, Shipment.load_id == Load.id)
        .join(Location, Location.id == Load.door_id)
        .where(Shipment.order_id == order_id, Load.status.in_([LoadStatus.PLANNED.value, LoadStatus.LOADING.value]))
        .order_by(Shipment.id.desc())
        .limit(1)
    ).one_or_none()
    if load is not None:
        return Bound(load.code, load.number, load.plate or load.vehicle)
    site = sa.select(Order.site_id).where(Order.id == order_id).scalar_subquery()
    staging = sa.select(Location.code).where(Location.site_id == site, Location.kind == Kind.STAGING.value).order_by(Location.code).limit(1)
    code = session.execute(staging).scalar_one_or_none()
    return Bound(code) if code else None


def may_go(unit: HandlingUnit) -> int:
    """The order of a packed unit that may be brought to its truck. Raises UnitOfNoOrder, OrderCancelled, StandsOnPallet, NotClosed,
    OnBoardAlready."""
    order_id = loading.order_of(unit)
    if order_id is None:
        raise loading.UnitOfNoOrder(unit=unit.code)
    order = session.get_one(Order, order_id)
    if order.status == OrderStatus.CANCELLED:
        raise loading.OrderCancelled(number=order.number)
    if unit.parent_id is not None:
        raise loading.StandsOnPallet(unit=unit.code, pallet=handling_units.root_of(unit).code)
    for one in (unit, *handling_units.standing_on(unit.id)):
        if one.load_id is not None:
            raise OnBoardAlready(unit=tail(one.code))
        if one.order_id is not None and one.closed_at is None:
            raise loading.NotClosed(unit=one.code)
    return order_id


def bring(code: str, place: Location, *, by: Actor, key: str) -> HandlingUnit:
    """A packed unit stands at a door or in staging from now on, with its claims. Raises as `may_go`, and NotToStage."""
    if place.kind not in (Kind.STAGING, Kind.DOOR):
        raise NotToStage(code=place.code, kind=Kind(place.kind).text)
    unit = handling_units.find(code, by=by)
    order = lifecycle.lock(may_go(unit))
    handling_units.lock_trees(unit.id)
    session.refresh(unit)  # behind the locks
    may_go(unit)
    if unit.location_id != place.id:
        handling_units.move_unit(unit, place.id, key=key, kind=MovementKind.MOVE, by=by, document=order.number)
    return unit
