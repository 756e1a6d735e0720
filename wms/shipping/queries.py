"""Shipments, parcels, loads and the gate as screens, papers and the API show them."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import aliased

from wms.actor import Actor
from wms.catalog.models import CartonType, Partner, PartnerKind, Product
from wms.catalog.units import amount
from wms.db import containing, session
from wms.i18n import T, Text
from wms.locations.models import Kind as LocationKind
from wms.locations.models import Location
from wms.orders import weighed, went_out
from wms.orders.models import NOTHING_MORE_LEAVES, Order, OrderKind, OrderLine, OrderStatus
from wms.shipping import carrier_labels, drivers, to_board
from wms.shipping.models import Load, LoadStatus, Shipment
from wms.stock.models import Batch, Claim, HandlingUnit, Movement, Reservation, Stage, Stock, UnitKind

OPEN_LOADS = (LoadStatus.PLANNED.value, LoadStatus.LOADING.value, LoadStatus.CLOSED.value)


@dataclass(frozen=True)
class Content:
    """So many of one batch in a parcel, for one order line."""

    line: str
    sku: str
    name: Text
    lot: str
    expires_on: dt.date | None
    quantity: int
    unit: str
    decimals: int
    grams: int | None = None
    """What they really weighed when they were picked, where the product is sold by weight."""
    each_grams: int = 0
    """What one of them weighs by the book; 0: nobody knows."""

    @property
    def reckoned(self) -> int:
        """What they weigh, without anybody weighing them now; 0: nobody knows."""
        return self.grams or self.quantity * self.each_grams


@dataclass(frozen=True)
class Parcel:
    """A carton or pallet on its way to the customer."""

    id: int
    code: str
    kind: UnitKind
    order_id: int
    location: str
    weight_grams: int | None
    closed_at: dt.datetime | None
    loaded_at: dt.datetime | None
    contents: tuple[Content, ...]
    tracking: str | None = None
    carrier_label: bool = False
    """Whether its carrier gave a label with the number."""
    box_grams: int = 0
    """What its box weighs, where somebody said which it is."""

    @property
    def reckoned(self) -> int:
        """What it should weigh by its goods and its box; 0: nobody knows."""
        goods = [one.reckoned for one in self.contents]
        return sum(goods) + self.box_grams if goods and all(goods) else 0

    @property
    def amount(self) -> Text:
        """All that is in it, with its unit: 6 pairs."""
        return amount((one.quantity, one.decimals, one.unit) for one in self.contents)


@dataclass(frozen=True)
class ShipmentView:
    """One order's goods leaving together, with where they go."""

    id: int
    number: str
    order_id: int
    order: str
    order_kind: OrderKind
    order_status: OrderStatus
    customer: str
    customer_name: str
    ship_to: dict[str, Any]
    notes: str | None
    carrier: str | None
    carrier_name: str | None
    tracking: str | None
    load_id: int | None
    load: str | None
    gate_pass: str | None
    plate: str | None
    stop: int | None
    created_at: dt.datetime
    packed_at: dt.datetime | None
    left_at: dt.datetime | None
    signed_by: str | None
    signed_at: dt.datetime | None
    parcels: tuple[Parcel, ...] = ()

    @property
    def came(self) -> OrderStatus:
        """How far these goods have come: what left has left, although more of its order is still in the house."""
        if self.left_at is None or self.order_status in (OrderStatus.DELIVERED, OrderStatus.CLOSED):
            return self.order_status
        return OrderStatus.SHIPPED if self.signed_at is None else OrderStatus.DELIVERED

    @property
    def void(self) -> bool:
        """Whether nothing of it goes out any more: all that was to leave of its order has left without it, or nothing does."""
        return self.left_at is None and self.order_status in NOTHING_MORE_LEAVES

    @property
    def amount(self) -> Text:
        """All that is in its parcels, with its unit."""
        return amount((one.quantity, one.decimals, one.unit) for parcel in self.parcels for one in parcel.contents)

    @property
    def weight_grams(self) -> int | None:
        """What its parcels weigh together; None while one was not weighed."""
        weights = [parcel.weight_grams for parcel in self.parcels]
        return sum(one for one in weights if one) if weights and all(weights) else None


# -- parcels -----------------------------------------------------------------------------------------------------------


def with_parcels(shipments: Sequence[ShipmentView]) -> list[ShipmentView]:
    """These shipments with what is in them: of one that left, what the journal says went out; of others, what is packed now."""
    left = _gone([one for one in shipments if one.left_at is not None])
    here = _packed([one for one in shipments if one.left_at is None])
    return [
        replace(one, parcels=tuple(left.get((one.load_id, one.order_id), ()) if one.left_at else here.get(one.order_id, ())))
        for one in shipments
    ]


_CONTENT = (
    OrderLine.line.label("line"),
    OrderLine.id.label("line_id"),
    (OrderLine.picked + OrderLine.withdrawn).label("picked"),  # what was weighed, whatever became of it
    Product.catch_weight,
    Product.sku,
    Product.name,
    Product.name_zh,
    Product.name_en,
    Product.base_unit,
    Product.decimals,
    Product.weight_grams,
    CartonType.tare_grams,
    Batch.lot,
    Batch.expires_on,
)


def _packed(shipments: Sequence[ShipmentView]) -> dict[int, list[Parcel]]:
    rows = session.execute(
        sa.select(HandlingUnit, Location.code.label("location"), *_CONTENT, sa.func.sum(Reservation.quantity).label("quantity"))
        .join(Stock, Stock.handling_unit_id == HandlingUnit.id)
        .join(Reservation, Reservation.stock_id == Stock.id)
        .join(OrderLine, OrderLine.id == Reservation.order_line_id)
        .join(Batch, Batch.id == Stock.batch_id)
        .join(Product, Product.id == Batch.product_id)
        .join(Location, Location.id == HandlingUnit.location_id)
        .outerjoin(CartonType, CartonType.id == HandlingUnit.carton_type_id)
        .where(
            HandlingUnit.order_id.in_([one.order_id for one in shipments]),
            Reservation.status == Claim.PENDING.value,
            Reservation.stage.in_([Stage.PACKED.value, Stage.LOADED.value]),
        )
        .group_by(HandlingUnit.id, Location.code, OrderLine.id, Product.id, CartonType.id, Batch.id)
        .order_by(HandlingUnit.id, OrderLine.id, Batch.id)
        .execution_options(populate_existing=True)
    ).all()
    found = defaultdict(list)
    for parcel in _parcels(rows):
        found[parcel.order_id].append(parcel)
    return found


def _gone(shipments: Sequence[ShipmentView]) -> dict[tuple[int | None, int], list[Parcel]]:
    rows = session.execute(
        went_out.rows(HandlingUnit, Location.code.label("location"), *_CONTENT, sa.func.sum(Movement.quantity).label("quantity"))
        .join(Product, Product.id == Batch.product_id)
        .join(Location, Location.id == Movement.source_id)
        .outerjoin(CartonType, CartonType.id == HandlingUnit.carton_type_id)
        .where(
            HandlingUnit.load_id.in_({one.load_id for one in shipments}),
            OrderLine.order_id.in_([one.order_id for one in shipments]),
        )
        .group_by(HandlingUnit.id, Location.code, OrderLine.id, Product.id, CartonType.id, Batch.id)
        .order_by(HandlingUnit.id, OrderLine.id, Batch.id)
        .execution_options(populate_existing=True)
    ).all()
    found = defaultdict(list)
    loads = {row[0].id: row[0].load_id for row in rows}
    for parcel in _parcels(rows):
        found[loads[parcel.id], parcel.order_id].append(parcel)
    return found


def _shares(rows: Sequence[Any]) -> Callable[[Any], int | None]:
    """What each row's goods weigh of what their line weighed, so that nothing is lost where it lies in several parcels."""
    known = weighed.grams_of_lines(row.line_id for row in rows if row.catch_weight)
    before: dict[int, int] = defaultdict(int)

    def share(row: Any) -> int | None:
        if row.line_id not in known or not row.picked:
            return None
        begin = before[row.line_id]
        before[row.line_id] = end = begin + int(row.quantity)
        return int(known[row.line_id] * end // row.picked - known[row.line_id] * begin // row.picked)

    return share


def _parcels(rows: Sequence[Any]) -> list[Parcel]:
    units: dict[int, tuple[HandlingUnit, str]] = {}
    boxes: dict[int, int] = {}
    contents: dict[int, list[Content]] = defaultdict(list)
    share_of = _shares(rows)
    for row in rows:
        unit = row[0]
        units[unit.id], boxes[unit.id] = (unit, row.location), row.tare_grams or 0
        name = T(row.name_en or row.name, row.name_zh or row.name)
        grams = share_of(row)
        known = (row.line, row.sku, name, row.lot, row.expires_on, int(row.quantity), row.base_unit, row.decimals)
        contents[unit.id].append(Content(*known, grams, row.weight_grams))
    labelled = carrier_labels.among(units)
    return [
        Parcel(
            unit.id,
            unit.code,
            UnitKind(unit.kind),
            unit.order_id or 0,
            location,
            unit.weight_grams,
            unit.closed_at,
            unit.loaded_at,
            tuple(contents[unit.id]),
            unit.tracking,
            unit.id in labelled,
            boxes[unit.id],
        )
        for unit, location in units.values()
    ]


# -- shipments ---------------------------------------------------------------------------------------------------------

_Carrier = aliased(Partner)
SHIPMENT_SORTS = {"number": Shipment.id, "order": Order.number_key, "packed": Shipment.packed_at, "left": Shipment.left_at}


def shipments_listed(by: Actor, *, q: str | None = None, state: str | None = None) -> sa.Select[Any]:
    """Shipments of the site, unsorted; `state` is packing, packed, loaded or left."""
    query = (
        sa.select(
            Shipment,
            Order.number.label("order"),
            Order.kind.label("order_kind"),
            Order.status.label("order_status"),
            Order.ship_to,
            Order.notes,
            Partner.code.label("customer"),
            Partner.name.label("customer_name"),
            _Carrier.code.label("carrier"),
            _Carrier.name.label("carrier_name"),
            Load.number.label("load"),
            Load.gate_pass,
            Load.plate,
        )
        .join(Order, Order.id == Shipment.order_id)
        .join(Partner, Partner.id == Order.customer_id)
        .outerjoin(_Carrier, _Carrier.id == Shipment.carrier_id)
        .outerjoin(Load, Load.id == Shipment.load_id)
        .where(Shipment.site_id == by.site_id)
    )
    if q:
        query = query.where(containing(q, Shipment.number, Order.number, Partner.name, Shipment.tracking, Load.number))
    if state == "packing":
        query = query.where(Shipment.packed_at.is_(None), Shipment.left_at.is_(None))
    elif state == "packed":
        query = query.where(Shipment.packed_at.is_not(None), Shipment.load_id.is_(None))
    elif state == "loaded":
        query = query.where(Shipment.load_id.is_not(None), Shipment.left_at.is_(None))
    elif state == "left":
        query = query.where(Shipment.left_at.is_not(None))
    return query


def shipment_view(row: Any) -> ShipmentView:
    """One row of `shipments_listed`."""
    one: Shipment = row[0]
    return ShipmentView(
        id=one.id,
        number=one.number,
        order_id=one.order_id,
        order=row.order,
        order_kind=OrderKind(row.order_kind),
        order_status=OrderStatus(row.order_status),
        customer=row.customer,
        customer_name=row.customer_name,
        ship_to=row.ship_to,
        notes=row.notes,
        carrier=row.carrier,
        carrier_name=row.carrier_name,
        tracking=one.tracking,
        load_id=one.load_id,
        load=row.load,
        gate_pass=row.gate_pass,
        plate=row.plate,
        stop=one.stop,
        created_at=one.created_at,
        packed_at=one.packed_at,
        left_at=one.left_at,
        signed_by=one.signed_by,
        signed_at=one.signed_at,
    )


def shipments(by: Actor, *, ids: Iterable[int] | None = None, load_id: int | None = None) -> list[ShipmentView]:
    """Shipments with their parcels, by stop."""
    query = shipments_listed(by).execution_options(populate_existing=True)
    if ids is not None:
        query = query.where(Shipment.id.in_(list(ids)))
    if load_id is not None:
        query = query.where(Shipment.load_id == load_id)
    return with_parcels([shipment_view(row) for row in session.execute(query.order_by(Shipment.stop, Shipment.id))])


def shipment_of_unit(unit: HandlingUnit, by: Actor) -> ShipmentView | None:
    """The shipment that a carton belongs to."""
    query = sa.select(Shipment.id).where(Shipment.order_id == unit.order_id, Shipment.site_id == by.site_id)
    wanted = query.where(Shipment.load_id == unit.load_id) if unit.load_id else query.where(Shipment.left_at.is_(None))
    found = session.execute(wanted.order_by(Shipment.id.desc()).limit(1)).scalar_one_or_none()
    return next(iter(shipments(by, ids=[found])), None) if found else None


# -- loads -------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class LoadUnit:
    """A unit that should be, or is, on board."""

    code: str
    order: str
    customer: str
    stop: int
    loaded_at: dt.datetime | None
    amount: Text
    weight_grams: int | None
    location: str
    closed: bool


@dataclass(frozen=True)
class Served:
    """One stop of a load, and what is delivered there."""

    stop: int
    name: str
    orders: list[str]


@dataclass(frozen=True)
class LoadView:
    """A load with everything about it."""

    id: int
    number: str
    status: LoadStatus
    carrier: str | None
    carrier_name: str | None
    door: str
    vehicle: str | None
    plate: str | None
    driver: str | None
    driver_code: str | None
    """Of the driver of ours who signs off what it carries."""
    seal: str | None
    no_seal: str | None
    gate_pass: str | None
    closed_units: int | None
    stops: tuple[str, ...]
    created_at: dt.datetime
    closed_at: dt.datetime | None
    left_at: dt.datetime | None
    shipments: tuple[ShipmentView, ...] = ()
    units: tuple[LoadUnit, ...] = ()

    @property
    def loaded(self) -> int:
        """Units on board."""
        return sum(unit.loaded_at is not None for unit in self.units)

    @property
    def withdrawn(self) -> int:
        """Units that were cancelled after it was closed: the gate does not let it out."""
        return (self.closed_units or 0) - self.loaded if self.status is LoadStatus.CLOSED else 0

    @property
    def seal_said(self) -> str | Text:
        """The seal, or why there is none."""
        return self.seal or (T("none: {why}", "无：{why}", why=self.no_seal) if self.no_seal else "–")

    @property
    def nameless(self) -> bool:
        """Nobody has said which vehicle it is: the truck cannot close."""
        return not (self.plate or self.vehicle)

    @property
    def unsaid(self) -> list[Text]:
        """What nobody has said of the truck, and could."""
        said = [
            (self.plate, T("plate", "车牌")),
            (self.driver, T("driver", "司机")),
            (self.carrier, T("carrier", "承运商")),
        ]
        return [words for value, words in said if not value]

    @property
    def served(self) -> list[Served]:
        """The stops in delivery order, each with its orders."""
        found: dict[int, list[str]] = {}
        for one in sorted(self.shipments, key=lambda each: each.stop or 0):
            found.setdefault(one.stop or 0, []).append(one.order)
        return [Served(stop, self.stop_name(stop), orders) for stop, orders in found.items()]

    def stop_name(self, stop: int | None) -> str:
        """Who is served there."""
        return self.stops[stop - 1] if stop and stop <= len(self.stops) else ""


@dataclass(frozen=True)
class LoadRow:
    """One load in a list."""

    id: int
    number: str
    status: LoadStatus
    carrier: str | None
    door: str
    vehicle: str | None
    plate: str | None
    driver: str | None
    gate_pass: str | None
    seal: str | None
    no_seal: str | None
    orders: int
    loaded: int
    units: int
    created_at: dt.datetime
    closed_at: dt.datetime | None
    left_at: dt.datetime | None
    closed_units: int | None

    @property
    def withdrawn(self) -> int:
        """Units that were cancelled after it was closed: the gate does not let it out."""
        return (self.closed_units or 0) - self.loaded if self.status is LoadStatus.CLOSED else 0

    @property
    def empty(self) -> bool:
        """Its orders were cancelled or taken off: dispatch adds others, or discards it."""
        return not self.orders and self.status in (LoadStatus.PLANNED, LoadStatus.LOADING)


LOAD_SORTS = {"number": Load.id, "status": Load.status, "left": Load.left_at}


def loads_listed(by: Actor, *, q: str | None = None, status: str | None = None, after: int = 0) -> sa.Select[Any]:
    """Loads of the site with their figures, unsorted; status `open` is what has not left."""
    orders = sa.select(sa.func.count()).where(Shipment.load_id == Load.id).correlate(Load).scalar_subquery()
    aboard = sa.select(sa.func.count()).where(HandlingUnit.load_id == Load.id).correlate(Load).scalar_subquery()
    waiting = to_board.units(sa.func.count()).where(Shipment.load_id == Load.id).correlate(Load).scalar_subquery()
    query = (
        sa.select(
            Load,
            Partner.name.label("carrier"),
            Location.code.label("door"),
            orders.label("orders"),
            aboard.label("loaded"),
            waiting.label("waiting"),
        )
        .outerjoin(Partner, Partner.id == Load.carrier_id)
        .join(Location, Location.id == Load.door_id)
        .where(Load.site_id == by.site_id, Load.id > after)
    )
    if q:
        carried = sa.select(Shipment.load_id).join(Order, Order.id == Shipment.order_id).where(containing(q, Order.number))
        query = query.where(sa.or_(containing(q, Load.number, Load.plate, Load.driver, Load.gate_pass, Partner.name), Load.id.in_(carried)))
    if status == "open":
        query = query.where(Load.status.in_(OPEN_LOADS))
    elif status:
        query = query.where(Load.status == status)
    return query


def load_row(row: Any) -> LoadRow:
    """One row of `loads_listed`."""
    one: Load = row[0]
    return LoadRow(
        one.id,
        one.number,
        LoadStatus(one.status),
        row.carrier,
        row.door,
        one.vehicle,
        one.plate,
        one.driver,
        one.gate_pass,
        one.seal,
        one.no_seal,
        row.orders,
        row.loaded,
        row.loaded + row.waiting,
        one.created_at,
        one.closed_at,
        one.left_at,
        one.closed_units,
    )


def load_view(load: Load, by: Actor) -> LoadView:
    """The load with its shipments, and its units in loading order: what is delivered last goes on first."""
    door = session.execute(sa.select(Location.code).where(Location.id == load.door_id)).scalar_one()
    carrier = session.get(Partner, load.carrier_id) if load.carrier_id else None
    carried = shipments(by, load_id=load.id)
    units = [
        LoadUnit(
            parcel.code,
            one.order,
            one.customer_name,
            one.stop or 0,
            parcel.loaded_at,
            parcel.amount,
            parcel.weight_grams,
            parcel.location,
            parcel.closed_at is not None,
        )
        for one in carried
        for parcel in one.parcels
    ]
    return LoadView(
        id=load.id,
        number=load.number,
        status=LoadStatus(load.status),
        carrier=carrier.code if carrier else None,
        carrier_name=carrier.name if carrier else None,
        door=door,
        vehicle=load.vehicle,
        plate=load.plate,
        driver=load.driver,
        driver_code=drivers.code_of(load.driver_id),
        seal=load.seal,
        no_seal=load.no_seal,
        gate_pass=load.gate_pass,
        closed_units=load.closed_units,
        stops=tuple(one["name"] for one in load.stops),
        created_at=load.created_at,
        closed_at=load.closed_at,
        left_at=load.left_at,
        shipments=tuple(carried),
        units=tuple(sorted(units, key=lambda unit: -unit.stop)),
    )


def loads_shown(by: Actor, *, after: int, limit: int, status: str | None = None) -> list[LoadRow]:
    """Loads after this id, oldest first, for the API's pages."""
    rows = session.execute(loads_listed(by, status=status, after=after).order_by(Load.id).limit(limit))
    return [load_row(row) for row in rows]


def doors(by: Actor) -> list[str]:
    """The codes of the site's doors."""
    query = sa.select(Location.code).where(Location.site_id == by.site_id, Location.kind == LocationKind.DOOR.value)
    return list(session.execute(query.order_by(Location.code_key)).scalars())


def carriers() -> list[tuple[str, str]]:
    """(code, name) of the carriers."""
    query = sa.select(Partner.code, Partner.name).where(Partner.kind == PartnerKind.CARRIER.value).order_by(Partner.name)
    return [(code, name) for code, name in session.execute(query)]
