"""Reads for the order desk, the API and the boards: orders with their holds, timeline, shipments and papers, in the reader's language."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any
from urllib.parse import quote

import sqlalchemy as sa

from wms import clock
from wms.actor import Actor
from wms.catalog.models import Partner, Product
from wms.catalog.units import amount
from wms.db import fold, read, session, table_of
from wms.i18n import Goods, HowFar, T, Text, how_far
from wms.locations.models import Location, Site
from wms.orders import availability, forecasts, gate, reasons, services, signing_queries, timeline
from wms.orders.availability import Leaves
from wms.orders.forecasts import Expected
from wms.orders.models import NOTHING_MORE_LEAVES, Hold, Order, OrderKind, OrderLine, OrderStatus
from wms.orders.outside import LOADS, PEOPLE, PICK_LISTS, RETURN_LINES, RETURNS, SHIPMENTS
from wms.orders.services import OrderService, ServiceView
from wms.orders.signing_queries import SignedView
from wms.stock.models import Batch, Claim, HandlingUnit, Reservation, Stage, Stock

S = OrderStatus
# An order in one of these states still has to leave; what is due before now is late.
LEFT = (S.SHIPPED, S.DELIVERED, S.CLOSED)
UNFINISHED = (S.RECEIVED, S.HELD, S.RELEASED, S.PICKING, S.PICKED, S.PACKED, S.LOADED)


@dataclass(frozen=True)
class ClaimView:
    """Goods held for a line: of which lot, where they are now, how far they have come, and why they were chosen."""

    lot: str
    location: str
    handling_unit: str | None
    quantity: int
    stage: Stage
    pick_list: str | None
    reasons: list[str]


@dataclass(frozen=True)
class LineView:
    """One line with its counters, the goods held for it, and why some lack."""

    line: str
    sku: str
    name: Text
    decimals: int
    base_unit: str
    unit: str | None
    lot: str | None
    min_remaining_days: int | None
    one_batch: bool
    ordered: int
    promised: int
    reserved: int
    picked: int
    packed: int
    shipped: int
    delivered: int
    returned: int
    cancelled: int
    short: int
    claims: list[ClaimView]
    lacking: list[str]
    can_ship_on: dt.date | None = None
    can_ship_why: list[str] = field(default_factory=list)

    waits_for_goods: bool = False

    @property
    def waiting(self) -> int:
        """What no stock is promised for yet."""
        return max(0, self.ordered - self.promised - self.reserved - self.picked - self.short - self.cancelled)


@dataclass(frozen=True)
class HoldView:
    """Why an order waits, since when, and who may lift it."""

    code: str
    reason: str
    since: dt.datetime
    title: str
    who: str


@dataclass(frozen=True)
class PastHold:
    """A hold that was lifted: by its cause, or by a person with a reason."""

    title: str
    reason: str
    lifted_at: dt.datetime
    by: str | None
    lift_reason: str | None


@dataclass(frozen=True)
class ShipmentView:
    """Goods of the order that leave together."""

    number: str
    carrier: str | None
    tracking: str | None
    load: str | None
    left_at: dt.datetime | None
    signed_by: str | None
    signed_at: dt.datetime | None
    carrier_name: str | None = None
    sign_off: SignedView | None = None


@dataclass(frozen=True)
class Paper:
    """A paper that can be printed."""

    kind: str
    number: str
    title: str

    @property
    def href(self) -> str:
        """Where the paper is."""
        return f"/documents/{self.kind}/{quote(self.number, safe='')}.pdf"


RETURN_WORDS = {
    "open": (T("Open", "处理中"), "calm"),
    "waiting": (T("Waits for sales", "待销售确认"), "ask"),
    "closed": (T("Closed", "已完成"), "good"),
}


@dataclass(frozen=True)
class ReturnOfOrder:
    """What came back of an order on one note."""

    number: str
    status: str
    quantity: int
    at: dt.datetime
    amount: Text

    @property
    def text(self) -> Text:
        """Its status in words."""
        return RETURN_WORDS[self.status][0]

    @property
    def tone(self) -> str:
        """The status's colour."""
        return RETURN_WORDS[self.status][1]


@dataclass(frozen=True)
class OrderView:
    """Everything that is known about one order."""

    id: int
    number: str
    site: str
    source: str | None
    customer: str
    customer_name: str
    kind: OrderKind
    priority: int
    due_at: dt.datetime | None
    ship_complete: bool
    allow_backorder: bool
    carrier: str | None
    carrier_name: str | None
    ship_to: dict[str, Any]
    notes: str | None
    status: OrderStatus
    settled_at: dt.datetime | None
    created_at: dt.datetime
    updated_at: dt.datetime
    lines: list[LineView]
    holds: list[HoldView]
    past_holds: list[PastHold] = field(default_factory=list)
    events: list[timeline.Happening] = field(default_factory=list)
    shipments: list[ShipmentView] = field(default_factory=list)
    documents: list[Paper] = field(default_factory=list)
    returns: list[ReturnOfOrder] = field(default_factory=list)
    services: list[ServiceView] = field(default_factory=list)
    expected: Expected | None = None
    promised_on: dt.date | None = None
    can_ship_on: dt.date | None = None
    reference: str | None = None
    open: bool = False  # whether there is still something to leave

    @property
    def left_on(self) -> dt.date | None:
        """The day on which the last of it left; none while anything is here."""
        times = [one.left_at for one in self.shipments if one.left_at]
        return clock.local(max(times)).date() if times and self.status in LEFT else None

    @property
    def days_late(self) -> int | None:
        """How many days after the one that was promised it left (below zero: before it); none while that is not known."""
        return (self.left_on - self.promised_on).days if self.left_on and self.promised_on else None

    @property
    def waits_for(self) -> str:
        """The goods of the lines that can leave last, and where they come from."""
        last = [line for line in self.lines if line.can_ship_why and line.can_ship_on == self.can_ship_on]
        return " · ".join(f"{line.sku} {why}" for line in last[:3] for why in line.can_ship_why[-1:])

    @property
    def waits_beyond(self) -> dt.date | None:
        """The day that goods will make it wait for although it should have left before."""
        limit = min((day for day in (self.promised_on, clock.local(self.due_at).date() if self.due_at else None) if day), default=None)
        return self.can_ship_on if limit and self.can_ship_on and self.can_ship_on > limit else None

    @property
    def expected_at(self) -> dt.datetime | None:
        """When the last of it is expected to be picked, as things stand; none where nothing is reckoned."""
        return self.expected.at if self.expected is not None and not self.expected.picked else None

    @property
    def will_be_late(self) -> bool:
        """Whether it is not late yet, and will be as things stand."""
        return not self.late and self.expected is not None and self.expected.is_late

    @property
    def returned(self) -> HowFar:
        """How much came back, of what left."""
        return how_far((line.returned, line.shipped, line.decimals, line.base_unit) for line in self.lines)

    @property
    def late(self) -> bool:
        """Whether it should have left by now."""
        return self.due_at is not None and self.status in UNFINISHED and self.due_at < clock.now()


_PICKED_NO_MORE = T("Pick list, cancelled", "拣货单（已取消）")
_PAPERS = {
    "pick-list": T("Pick list", "拣货单"),
    "packing-slip": T("Packing slip", "装箱单"),
    "delivery-note": T("Delivery note", "发货单"),
    "load-sheet": T("Load sheet", "装车单"),
    "loading-checklist": T("Loading check list", "出货检核表"),
    "outbound-note": T("Outbound note", "出库单"),
    "gate-pass": T("Gate pass", "出门证"),
    "red-outbound-note": T("Red outbound note", "红字出库单"),
    "transfer-note": T("Transfer note", "调拨单"),
}


# -- whole orders ------------------------------------------------------------------------------------------------------


_EXPECTED = (S.RELEASED, S.PICKING, S.PICKED, S.PACKED)


def shown(orders: Sequence[Order], language: str) -> list[OrderView]:
    """These orders with everything about them, read together: the number of statements does not grow with the number of orders."""
    if not orders:
        return []
    ids = [order.id for order in orders]
    products = named_products({line.product_id for order in orders for line in order.lines})
    about = {row.id: row for row in read(_ABOUT, {"ids": ids})}
    people = _people({hold.lifted_by_id for order in orders for hold in order.holds if hold.lifted_by_id})
    happened = timeline.timelines("order", ids, language)
    shipments, papers = _shipments_and_papers(orders, language)
    returns = _returns([order.id for order in orders if about[order.id].came_back])
    asked = services.of_orders([order.id for order in orders if about[order.id].asks_for_services])
    claims = _claims(orders, language)
    leaves = availability.of_orders(orders)
    coming = {site_id: forecasts.expected(site_id) for site_id in {order.site_id for order in orders if order.status in _EXPECTED}}
    return [
        OrderView(
            id=order.id,
            number=order.number,
            site=about[order.id].site,
            source=order.source,
            customer=about[order.id].customer,
            customer_name=about[order.id].customer_name,
            kind=OrderKind(order.kind),
            priority=order.priority,
            due_at=order.due_at,
            ship_complete=order.ship_complete,
            allow_backorder=order.allow_backorder,
            carrier=about[order.id].carrier,
            carrier_name=about[order.id].carrier_name,
            ship_to=order.ship_to,
            notes=order.notes,
            status=S(order.status),
            settled_at=order.settled_at,
            created_at=order.created_at,
            updated_at=order.updated_at,
            lines=[_line(line, products[line.product_id], claims[line.id], leaves.get(line.id), language) for line in order.lines],
            holds=[hold_view(hold, language) for hold in order.holds if hold.lifted_at is None],
            past_holds=[_past_hold(hold, people, language) for hold in order.holds if hold.lifted_at is not None],
            events=happened.get(order.id, []),
            shipments=shipments[order.id],
            documents=[*papers[order.id], *_papers_of_returns(order, returns[order.id], language)],
            returns=returns[order.id],
            services=asked.get(order.id, []),
            promised_on=order.promised_on,
            reference=order.reference,
            can_ship_on=availability.whole(leaves[line.id] for line in order.lines if line.id in leaves),
            open=any(line.id in leaves for line in order.lines),
            expected=coming.get(order.site_id, {}).get(order.id) if order.due_at is not None and order.status in _EXPECTED else None,
        )
        for order in orders
    ]


def _line(line: OrderLine, product: Named, claims: list[ClaimView], leaves: Leaves | None, language: str) -> LineView:
    counters = ("ordered", "promised", "reserved", "picked", "packed", "shipped", "delivered", "returned", "cancelled", "short")
    return LineView(
        line=line.line,
        sku=product.sku,
        name=product.name,
        decimals=product.decimals,
        base_unit=product.base_unit,
        unit=line.unit,
        lot=line.lot,
        min_remaining_days=line.min_remaining_days,
        one_batch=line.one_batch,
        claims=claims,
        can_ship_on=leaves.on if leaves else None,
        can_ship_why=[why.say(language) for why in leaves.why(product.decimals)] if leaves else [],
        waits_for_goods=leaves is not None and any(part.supply is None or part.supply.source is not None for part in leaves.parts),
        lacking=reasons.of_lacking(line.lacking, language) if line.promised or line.short else [],
        **{name: getattr(line, name) for name in counters},
    )


_IDS: sa.BindParameter[Any] = sa.bindparam("ids", expanding=True)
"""These statements are written once, and over tables: writing them anew took a quarter of the time of every page and answer."""
_O, _OL, _RS, _PA = table_of(Order), table_of(OrderLine), table_of(Reservation), table_of(Partner)
_ST, _BA, _LO, _HU = table_of(Stock), table_of(Batch), table_of(Location), table_of(HandlingUnit)
_CLAIMS = (
    sa.select(_OL.c.id, _BA.c.lot, _LO.c.code, _HU.c.code, _RS.c.quantity, _RS.c.stage, PICK_LISTS.c.number, _RS.c.reasons)
    .select_from(_RS)
    .join(_OL, _OL.c.id == _RS.c.order_line_id)
    .join(_ST, _ST.c.id == _RS.c.stock_id)
    .join(_BA, _BA.c.id == _ST.c.batch_id)
    .join(_LO, _LO.c.id == _ST.c.location_id)
    .outerjoin(_HU, _HU.c.id == _ST.c.handling_unit_id)
    .outerjoin(PICK_LISTS, PICK_LISTS.c.task_id == _RS.c.task_id)
    .where(_OL.c.order_id.in_(_IDS), _RS.c.status == Claim.PENDING.value)
    .order_by(_RS.c.id)
)


def _claims(orders: Sequence[Order], language: str) -> dict[int, list[ClaimView]]:
    """The goods held for each line of these orders, in the sequence in which they were chosen."""
    found: dict[int, list[ClaimView]] = defaultdict(list)
    ids = [order.id for order in orders if any(line.reserved or line.picked > line.shipped for line in order.lines)]
    if ids:
        for line, lot, place, unit, quantity, stage, number, why in read(_CLAIMS, {"ids": ids}):
            found[line].append(ClaimView(lot, place, unit, quantity, Stage(stage), number, reasons.of_claim(why, language)))
    return found


def hold_view(hold: Hold, language: str) -> HoldView:
    """An open hold in words."""
    rule = gate.BY_CODE.get(hold.code)
    return HoldView(
        hold.code,
        gate.reason(hold.code, hold.facts, language),
        hold.since,
        rule.title.say(language) if rule else hold.code,
        rule.who.say(language) if rule else "",
    )


def _past_hold(hold: Hold, people: Mapping[int, str], language: str) -> PastHold:
    rule = gate.BY_CODE.get(hold.code)
    assert hold.lifted_at is not None
    return PastHold(
        rule.title.say(language) if rule else hold.code,
        gate.reason(hold.code, hold.facts, language),
        hold.lifted_at,
        people.get(hold.lifted_by_id) if hold.lifted_by_id else None,
        hold.lift_reason,
    )


@dataclass(frozen=True)
class Named:
    """A product as a line names and counts it."""

    sku: str
    name: Text
    decimals: int
    base_unit: str


_PR = table_of(Product)
_NAMES = ("id", "sku", "name", "name_zh", "name_en", "decimals", "base_unit")
_PRODUCTS = sa.select(*(_PR.c[name] for name in _NAMES)).where(_PR.c.id.in_(_IDS))


def named_products(ids: set[int]) -> dict[int, Named]:
    """Of these products what a line says of them."""
    return {
        row.id: Named(row.sku, T(row.name_en or row.name, row.name_zh or row.name), row.decimals, row.base_unit)
        for row in read(_PRODUCTS, {"ids": sorted(ids)})
    }


def goods(counted: Iterable[tuple[Named, int]]) -> Goods:
    """So many of each of these products, of which there are some."""
    found: dict[tuple[str, int], int] = {}
    for product, quantity in counted:
        if quantity > 0:
            found[product.sku, product.decimals] = found.get((product.sku, product.decimals), 0) + quantity
    return found


_PARTNERS = sa.select(_PA.c.id, _PA.c.code, _PA.c.name).where(_PA.c.id.in_(_IDS))


def partners(ids: set[int]) -> dict[int, Any]:
    """The codes and names of these partners."""
    return {row.id: row for row in read(_PARTNERS, {"ids": sorted(ids)})} if ids else {}


_SITE, _CARRIER = table_of(Site), _PA.alias("carrier")
_OS = table_of(OrderService)
_ABOUT = (
    sa.select(
        *(_O.c.id, _SITE.c.code.label("site"), _PA.c.code.label("customer"), _PA.c.name.label("customer_name")),
        *(_CARRIER.c.code.label("carrier"), _CARRIER.c.name.label("carrier_name")),
        sa.exists().where(_OS.c.order_id == _O.c.id).label("asks_for_services"),
        sa.exists().where(_OL.c.order_id == _O.c.id, RETURN_LINES.c.order_line_id == _OL.c.id).label("came_back"),
    )
    .join(_SITE, _SITE.c.id == _O.c.site_id)
    .join(_PA, _PA.c.id == _O.c.customer_id)
    .outerjoin(_CARRIER, _CARRIER.c.id == _O.c.carrier_id)
    .where(_O.c.id.in_(_IDS))
)
"""Whose an order is, where it is worked on, who carries it, and what few have, so that it is asked for of those alone."""


def _people(ids: set[int]) -> dict[int, str]:
    if not ids:
        return {}
    rows = session.execute(sa.select(PEOPLE.c.id, PEOPLE.c.name).where(PEOPLE.c.id.in_(ids)))
    return {row.id: row.name for row in rows}


_LISTS = (
    sa.select(
        _OL.c.order_id,
        PICK_LISTS.c.number,
        sa.func.max(sa.case((_RS.c.status.in_([Claim.PENDING.value, Claim.POSTED.value]), 1), else_=0)),
    )
    .join(_RS, _RS.c.order_line_id == _OL.c.id)
    .join(PICK_LISTS, PICK_LISTS.c.task_id == _RS.c.task_id)
    .where(_OL.c.order_id.in_(_IDS))
    .group_by(_OL.c.order_id, PICK_LISTS.c.number)
    .order_by(PICK_LISTS.c.number)
)
_SHIPMENTS = (
    sa.select(
        SHIPMENTS,
        _PA.c.code.label("carrier"),
        _PA.c.name.label("carrier_name"),
        LOADS.c.number.label("load"),
        LOADS.c.gate_pass,
        LOADS.c.closed_at,
    )
    .outerjoin(LOADS, LOADS.c.id == SHIPMENTS.c.load_id)
    .outerjoin(_PA, _PA.c.id == SHIPMENTS.c.carrier_id)
    .where(SHIPMENTS.c.order_id.in_(_IDS))
    .order_by(SHIPMENTS.c.id)
)


def _shipments_and_papers(orders: Sequence[Order], language: str) -> tuple[dict[int, list[ShipmentView]], dict[int, list[Paper]]]:
    """The shipments of each order, and the papers that are good: those of what does not leave any more are offered to nobody."""
    ids = [order.id for order in orders]
    over = {order.id for order in orders if order.status in NOTHING_MORE_LEAVES}
    shipments: dict[int, list[ShipmentView]] = defaultdict(list)
    papers: dict[int, list[Paper]] = defaultdict(list)

    def paper(order_id: int, kind: str, number: str) -> None:
        one = Paper(kind, number, _PAPERS[kind].say(language))
        if one not in papers[order_id]:
            papers[order_id].append(one)

    for order_id, number, goes_on in read(_LISTS, {"ids": ids}):
        if goes_on:
            paper(order_id, "pick-list", number)
        else:  # its goods were given back, or moved to another list
            papers[order_id].append(Paper("pick-list", number, _PICKED_NO_MORE.say(language)))
    rows = read(_SHIPMENTS, {"ids": ids}).all()
    signed = signing_queries.by_shipment(sorted({row.order_id for row in rows if row.signed_at}))
    for row in rows:
        went = (row.number, row.carrier, row.tracking, row.load, row.left_at, row.signed_by, row.signed_at)
        shipments[row.order_id].append(ShipmentView(*went, row.carrier_name, signed.get(row.id)))
        if row.left_at is None and row.order_id in over:
            continue
        if row.packed_at:
            paper(row.order_id, "packing-slip", row.number)
            paper(row.order_id, "delivery-note", row.number)
        if row.load:
            paper(row.order_id, "load-sheet", row.load)
            paper(row.order_id, "loading-checklist", row.load)
        if row.closed_at:
            paper(row.order_id, "outbound-note", row.number)
        if row.gate_pass:
            paper(row.order_id, "gate-pass", row.gate_pass)
    return shipments, papers


_RETURNS = (
    sa.select(
        _OL.c.order_id,
        RETURNS.c.number,
        RETURNS.c.status,
        RETURNS.c.created_at,
        sa.func.sum(RETURN_LINES.c.quantity).label("quantity"),
        *(_PR.c.decimals, _PR.c.base_unit),
    )
    .select_from(RETURN_LINES)
    .join(_OL, _OL.c.id == RETURN_LINES.c.order_line_id)
    .join(_PR, _PR.c.id == _OL.c.product_id)
    .join(RETURNS, RETURNS.c.id == RETURN_LINES.c.return_id)
    .where(_OL.c.order_id.in_(_IDS), RETURN_LINES.c.status.not_in(["undone", "replaced"]))
    .group_by(_OL.c.order_id, RETURNS.c.id, RETURNS.c.number, RETURNS.c.status, RETURNS.c.created_at, _PR.c.decimals, _PR.c.base_unit)
    .order_by(RETURNS.c.id, _OL.c.order_id)
)


def _returns(ids: Sequence[int]) -> dict[int, list[ReturnOfOrder]]:
    """What came back of each order, note by note; lines that were undone or booked anew do not count."""
    found: dict[int, list[ReturnOfOrder]] = defaultdict(list)
    if ids:
        for note, some in groupby(read(_RETURNS, {"ids": ids}), key=lambda row: row[:4]):
            order_id, number, status, at = note
            counted = [(int(row.quantity), row.decimals, row.base_unit) for row in some]
            found[order_id].append(ReturnOfOrder(number, status, sum(one[0] for one in counted), at, amount(counted)))
    return found


def _papers_of_returns(order: Order, returns: Sequence[ReturnOfOrder], language: str) -> list[Paper]:
    """The note of each return; consigned goods were never sold, so they come back on a transfer note."""
    kind = "transfer-note" if order.kind == OrderKind.CONSIGNMENT else "red-outbound-note"
    return [Paper(kind, one.number, _PAPERS[kind].say(language)) for one in returns]


def orders_after(
    *,
    by: Actor,
    after: int = 0,
    limit: int = 100,
    status: OrderStatus | None = None,
    customer: str | None = None,
    updated_since: dt.datetime | None = None,
) -> list[Order]:
    """Orders of the person's site in the order they came in, for the API's pages."""
    query = sa.select(Order).where(Order.site_id == by.site_id, Order.id > after).order_by(Order.id).limit(limit)
    if status is not None:
        query = query.where(Order.status == status.value)
    if customer is not None:
        query = query.where(Order.customer_id.in_(sa.select(Partner.id).where(Partner.code_key == fold(customer))))
    if updated_since is not None:
        query = query.where(Order.updated_at >= updated_since)
    return list(session.execute(query).scalars())
