"""What has left and waits for a signature: found by any number that stands on it, listed by load in the order of its stops.

A driver finds what left on his own trucks, and nothing else.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from wms import clock
from wms.actor import Actor
from wms.catalog.units import in_unit, shown_in
from wms.db import fold, session
from wms.errors import NotFound
from wms.i18n import T, Text
from wms.numbers import own_number
from wms.orders import driven, signing_queries
from wms.orders.models import Order
from wms.orders.signing import NotLeftYet
from wms.orders.signing_queries import SignedView
from wms.shipping import queries, shipments
from wms.shipping.models import Load, Shipment
from wms.shipping.queries import Content, ShipmentView
from wms.stock.handling_units import plain
from wms.stock.models import HandlingUnit

MOST = 200


class NothingOfThat(NotFound):
    """No delivery has this number."""

    code = "delivery_unknown"
    sentence = T("{number} is no delivery note, order, load, gate pass or carton", "{number} 不是发货单、订单、装车单、出门证或箱号")
    advice = T("Scan the barcode at the top of the delivery note", "请扫描发货单上方的条码")


@dataclass(frozen=True)
class Goods:
    """One line's goods of one lot in a shipment, as the form asks about them."""

    line: str
    sku: str
    name: Text
    lot: str
    lots: int
    """How many lots of the line there are: with one its name says nothing."""
    quantity: int
    unit: str
    decimals: int

    @property
    def in_unit(self) -> Text:
        """The unit behind the quantity: 5 pieces."""
        return in_unit(self.quantity, shown_in(self.unit, self.decimals))


def waiting(by: Actor) -> sa.Select[tuple[int]]:
    """The shipments of the site that have left and that nobody signed for; of a driver, those on his trucks."""
    road = sa.select(Shipment.id).where(Shipment.site_id == by.site_id, Shipment.left_at.is_not(None), Shipment.signed_at.is_(None))
    return road.where(Shipment.id.in_(driven.shipments(by))) if driven.only_own(by) else road


def how_many_wait(by: Actor) -> int:
    """How many of them there are."""
    return session.execute(sa.select(sa.func.count()).select_from(waiting(by).subquery())).scalar_one()


def listed(by: Actor) -> list[ShipmentView]:
    """Those, the truck that left first first, each in the order of its stops."""
    return _in_turn(waiting(by), by)


def _in_turn(ids: sa.Select[tuple[int]], by: Actor) -> list[ShipmentView]:
    by_stop = ids.join(Load, Load.id == Shipment.load_id).order_by(Load.left_at, Load.id, Shipment.stop, Shipment.id).limit(MOST)
    wanted = list(session.execute(by_stop).scalars())
    found = {one.id: one for one in queries.shipments(by, ids=wanted)}
    return [found[one] for one in wanted]


@dataclass(frozen=True)
class Stop:
    """Where a driver goes: the delivery, and what was signed for it."""

    shipment: ShipmentView
    signed: SignedView | None


def stops_today(by: Actor) -> list[Stop]:
    """The stops of a driver, in the order in which he goes there: what is not signed for, and what left or was signed for today."""
    morning = clock.begins(clock.today())
    today = sa.or_(Shipment.signed_at.is_(None), Shipment.signed_at >= morning, Shipment.left_at >= morning)
    rows = _in_turn(sa.select(Shipment.id).where(Shipment.id.in_(driven.shipments(by)), today), by)
    signed = signing_queries.by_shipment([one.order_id for one in rows if one.signed_at])
    return [Stop(one, signed.get(one.id)) for one in rows]


def one(number: str, *, by: Actor) -> ShipmentView:
    """The delivery of this number. Raises ShipmentUnknown; to a driver NotYourTruck, and NotLeftYet while his truck stands here."""
    if driven.only_own(by):
        _must_have_left(Shipment.number == own_number(number), number, by)
        driven.must_drive(number, by=by)
    return queries.shipments(by, ids=[shipments.find(number, by=by).id])[0]


def _must_have_left(which: sa.ColumnElement[bool], number: str, by: Actor) -> None:
    """Raises NotLeftYet where this is planned for a truck of his."""
    planned = sa.select(Shipment.id).join(Load, Load.id == Shipment.load_id).where(which, Shipment.left_at.is_(None))
    if session.execute(planned.where(Load.driver_id == by.id, Load.site_id == by.site_id).limit(1)).first() is not None:
        raise NotLeftYet(number=number.strip()[:60])


def found_by(text: str, *, by: Actor) -> list[ShipmentView]:
    """The shipments that a scanned number means, in the order of their stops. Raises NothingOfThat; to a driver NotYourTruck, and
    NotLeftYet while his truck stands here."""
    number, typed, key = own_number(text), text.strip(), fold(text)
    own = driven.only_own(by)
    on = sa.select(Shipment.id).where(Shipment.site_id == by.site_id)
    on = on.where(Shipment.id.in_(driven.shipments(by))) if own else on
    loads = sa.select(Load.id).where(Load.site_id == by.site_id, sa.or_(Load.number == number, Load.gate_pass == number))
    units = sa.select(HandlingUnit.id).where(HandlingUnit.site_id == by.site_id, HandlingUnit.code_key == fold(plain(text)))
    carton = (
        on.join(HandlingUnit, sa.and_(HandlingUnit.order_id == Shipment.order_id))
        .where(HandlingUnit.id.in_(units))
        .where(sa.or_(HandlingUnit.load_id == Shipment.load_id, sa.and_(HandlingUnit.load_id.is_(None), Shipment.left_at.is_(None))))
    )
    for query in (
        on.where(Shipment.number == number),
        on.where(Shipment.load_id.in_(loads)),
        on.join(Order, Order.id == Shipment.order_id).where(Order.number_key == key),
        on.where(Shipment.tracking == typed),
        carton,
    ):
        ids = list(session.execute(query.order_by(Shipment.stop, Shipment.id).limit(MOST)).scalars())
        if ids:
            views = {one.id: one for one in queries.shipments(by, ids=ids)}
            return [views[one] for one in ids]
    if own:
        order = sa.select(Order.id).where(Order.site_id == by.site_id, Order.number_key == key)
        named = sa.or_(Shipment.number == number, Shipment.load_id.in_(loads), Shipment.order_id.in_(order))
        _must_have_left(named, text, by)
        raise driven.NotYourTruck(number=typed[:60])
    raise NothingOfThat(number=text[:60])


def next_stop(one: ShipmentView, *, by: Actor) -> str | None:
    """The shipment of the same load that is delivered next and not signed for yet."""
    after = sa.or_(Shipment.stop > (one.stop or 0), sa.and_(Shipment.stop == one.stop, Shipment.id > one.id))
    query = sa.select(Shipment.number).where(Shipment.id.in_(waiting(by)), Shipment.load_id == one.load_id, after)
    return session.execute(query.order_by(Shipment.stop, Shipment.id).limit(1)).scalar_one_or_none()


def goods_of(one: ShipmentView) -> list[Goods]:
    """What is in a shipment, line by line and lot by lot."""
    sums: dict[tuple[str, str], int] = {}
    first: dict[tuple[str, str], Content] = {}
    for parcel in one.parcels:
        for item in parcel.contents:
            key = (item.line, item.lot)
            sums[key] = sums.get(key, 0) + item.quantity
            first.setdefault(key, item)
    lots = _lots(list(sums))
    return [
        Goods(item.line, item.sku, item.name, item.lot, lots[item.line], sums[key], item.unit, item.decimals) for key, item in first.items()
    ]


def _lots(keys: Sequence[tuple[str, str]]) -> dict[str, int]:
    count: dict[str, int] = {}
    for line, _ in keys:
        count[line] = count.get(line, 0) + 1
    return count
