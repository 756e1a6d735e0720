"""Reads for the screens, pages and papers of returns."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import aliased

from wms.actor import Actor
from wms.auth.models import Person
from wms.catalog.models import Partner, Product
from wms.db import containing, fold, session
from wms.i18n import T, Text, total
from wms.locations.models import Location
from wms.numbers import own_number
from wms.orders import timeline
from wms.orders.models import Difference, InboundOrder, Order, OrderLine
from wms.receiving.models import (
    Disposition,
    Found,
    Inspection,
    InspectionStatus,
    Return,
    ReturnKind,
    ReturnLine,
    ReturnLineStatus,
    ReturnStatus,
)
from wms.receiving.returns import LIVE, paper_kind
from wms.stock.models import Batch, HandlingUnit
from wms.stock.queries import lot_shown

TONES = {ReturnStatus.OPEN: "calm", ReturnStatus.WAITING: "ask", ReturnStatus.CLOSED: "good"}
LINE_TONES = {
    ReturnLineStatus.WAITING: "ask",
    ReturnLineStatus.TO_SEND_BACK: "ask",
    ReturnLineStatus.TO_SCRAP: "ask",
    ReturnLineStatus.BOOKED: "good",
}
FOUND_TONES = {Found.GOOD: "good", Found.OPENED: "ask", Found.DAMAGED: "stop", Found.UNUSABLE: "stop"}
PAPERS = {"red-outbound-note": T("Red outbound note", "红字出库单"), "transfer-note": T("Transfer note", "调拨单")}
BOOKED = ReturnLineStatus.BOOKED
_WITHDRAWN = InspectionStatus.WITHDRAWN.value
_GONE = (ReturnLineStatus.UNDONE.value, ReturnLineStatus.REPLACED.value)


@dataclass(frozen=True)
class LineView:
    """One line of a return."""

    line: int
    sku: str
    name: Text
    decimals: int
    base_unit: str
    lot: str | None
    expires_on: dt.date | None
    quantity: int
    found: Found
    disposition: Disposition
    reason: str | None
    status: ReturnLineStatus
    order: str | None
    order_line: str | None
    location: str
    handling_unit: str | None
    difference: str | None
    ended_at: dt.datetime | None
    ending: str | None
    inspection: str | None = None
    accepted: int = 0
    rejected: int = 0

    @property
    def inspected(self) -> bool:
        """Whether quality has decided about all of what was held."""
        return self.inspection is not None and self.accepted + self.rejected >= self.quantity

    @property
    def state(self) -> Text:
        """Where it has come to; of what was held, what quality has said of it."""
        if self.status is not ReturnLineStatus.BOOKED or self.inspection is None:
            return self.status.text
        if not self.accepted and not self.rejected:
            return T("Waits for inspection", "待检验")
        if not self.inspected:
            done = self.accepted + self.rejected
            return T("{n} of {all} decided by quality", "检验已判定 {n} / {all}", n=done, all=self.quantity)
        if not self.rejected:
            return T("Accepted by quality", "检验合格")
        if not self.accepted:
            return T("Rejected by quality", "检验不合格")
        return T("{n} accepted, {m} rejected", "{n} 件合格，{m} 件不合格", n=self.accepted, m=self.rejected)

    @property
    def tone(self) -> str:
        """The colour of its state."""
        if self.status is ReturnLineStatus.BOOKED and self.inspection is not None:
            return "ask" if not self.inspected else "stop" if self.rejected else "good"
        return LINE_TONES.get(self.status, "calm")

    @property
    def live(self) -> bool:
        """Whether it counts: it was neither undone nor booked anew."""
        return self.status.value not in _GONE

    @property
    def undoable(self) -> bool:
        """Whether somebody may take it back, if its goods have not moved on."""
        scrapped = self.status is ReturnLineStatus.SCRAPPED and self.disposition is Disposition.SCRAP
        return scrapped or self.status in (ReturnLineStatus.BOOKED, ReturnLineStatus.WAITING)

    @property
    def to_carry_out(self) -> bool:
        """Whether the floor has something to do with it."""
        return self.status in (ReturnLineStatus.TO_SEND_BACK, ReturnLineStatus.TO_SCRAP)


@dataclass(frozen=True)
class PaperView:
    """A paper that can be printed."""

    kind: str
    number: str
    title: Text

    @property
    def href(self) -> str:
        """Where the paper is."""
        return f"/documents/{self.kind}/{self.number}.pdf"


@dataclass(frozen=True)
class ReturnView:
    """Everything that is known about one return."""

    id: int
    number: str
    kind: ReturnKind
    status: ReturnStatus
    order: str | None
    customer: str | None
    customer_name: str | None
    inbound_order: str | None
    consignment: str | None
    sender: str | None
    reason: str | None
    note: str | None
    created_at: dt.datetime
    by: str
    updated_at: dt.datetime
    finished_at: dt.datetime | None
    closed_at: dt.datetime | None
    lines: list[LineView]
    documents: list[PaperView]
    events: list[timeline.Happening] = field(default_factory=list)

    @property
    def live(self) -> list[LineView]:
        """The lines that count."""
        return [line for line in self.lines if line.live]

    @property
    def quantity(self) -> int:
        """How many pieces came back."""
        return sum(line.quantity for line in self.live)

    @property
    def waiting(self) -> list[LineView]:
        """The lines that sales must decide about."""
        return [line for line in self.lines if line.status is ReturnLineStatus.WAITING]


def shown(headers: Sequence[Return], language: str, *, events: bool = True) -> list[ReturnView]:
    """These returns with everything about them, read together."""
    if not headers:
        return []
    ids = [header.id for header in headers]
    facts = {row.id: row for row in _facts(ids)}
    lines = _lines(ids)
    happened = timeline.timelines("return", ids, language) if events else {}
    found = []
    for header in headers:
        row, paper = facts[header.id], paper_kind(header)
        found.append(
            ReturnView(
                id=header.id,
                number=header.number,
                kind=ReturnKind(header.kind),
                status=ReturnStatus(header.status),
                order=row.order,
                customer=row.customer,
                customer_name=row.customer_name,
                inbound_order=row.inbound,
                consignment=row.consignment,
                sender=header.sender,
                reason=header.reason,
                note=header.note,
                created_at=header.created_at,
                by=row.by,
                updated_at=header.updated_at,
                finished_at=header.finished_at,
                closed_at=header.closed_at,
                lines=lines[header.id],
                documents=[PaperView(paper, header.number, PAPERS[paper])] if any(line.live for line in lines[header.id]) else [],
                events=happened.get(header.id, []),
            )
        )
    return found


def _facts(ids: Sequence[int]) -> Sequence[Any]:
    return session.execute(
        sa.select(
            Return.id,
            Order.number.label("order"),
            Partner.code.label("customer"),
            Partner.name.label("customer_name"),
            InboundOrder.number.label("inbound"),
            Location.code.label("consignment"),
            Person.name.label("by"),
        )
        .select_from(Return)
        .join(Person, Person.id == Return.created_by_id)
        .outerjoin(Order, Order.id == Return.order_id)
        .outerjoin(Partner, Partner.id == Return.customer_id)
        .outerjoin(InboundOrder, InboundOrder.id == Return.inbound_order_id)
        .outerjoin(Location, Location.id == Return.consignment_id)
        .where(Return.id.in_(ids))
    ).all()


def _lines(ids: Sequence[int]) -> dict[int, list[LineView]]:
    rows = session.execute(
        sa.select(
            ReturnLine,
            Product,
            lot_shown(),
            Batch.expires_on,
            Location.code,
            HandlingUnit.code,
            OrderLine.line,
            Order.number,
            Difference.number,
            Inspection,
        )
        .join(Product, Product.id == ReturnLine.product_id)
        .join(Batch, Batch.id == ReturnLine.batch_id)
        .join(Location, Location.id == ReturnLine.location_id)
        .outerjoin(HandlingUnit, HandlingUnit.id == ReturnLine.handling_unit_id)
        .outerjoin(OrderLine, OrderLine.id == ReturnLine.order_line_id)
        .outerjoin(Order, Order.id == OrderLine.order_id)
        .outerjoin(Difference, Difference.id == ReturnLine.difference_id)
        .outerjoin(
            Inspection, sa.and_(Inspection.movement_id == ReturnLine.movement_id, Inspection.status != InspectionStatus.WITHDRAWN.value)
        )
        .where(ReturnLine.return_id.in_(ids))
        .order_by(ReturnLine.return_id, ReturnLine.line)
        .execution_options(populate_existing=True)
    ).all()
    found: dict[int, list[LineView]] = defaultdict(list)
    for line, product, lot, expires_on, place, unit, order_line, order, difference, looked in rows:
        found[line.return_id].append(
            LineView(
                line.line,
                product.sku,
                product.text,
                product.decimals,
                product.base_unit,
                lot,
                expires_on,
                line.quantity,
                Found(line.found),
                Disposition(line.disposition),
                line.reason,
                ReturnLineStatus(line.status),
                order,
                order_line,
                place,
                unit,
                difference,
                line.ended_at,
                line.ending,
                looked.number if looked else None,
                looked.accepted + looked.conceded if looked else 0,
                looked.rejected if looked else 0,
            )
        )
    return found


def printed(number: str, *, by: Actor) -> ReturnView | None:
    """The return whose paper this number is; None where there is none, or nothing on it."""
    header = session.execute(
        sa.select(Return).where(Return.site_id == by.site_id, Return.number == own_number(number))
    ).scalar_one_or_none()
    view = shown([header], by.language, events=False)[0] if header is not None else None
    return view if view is not None and view.live else None


# -- lists -----------------------------------------------------------------------------------------------------------------------

STATUS_ORDER = sa.case((Return.status == ReturnStatus.WAITING.value, 0), (Return.status == ReturnStatus.OPEN.value, 1), else_=2)
_PIECES = (
    sa.select(sa.func.coalesce(sa.func.sum(ReturnLine.quantity), 0))
    .where(ReturnLine.return_id == Return.id, ReturnLine.status.not_in(_GONE))
    .scalar_subquery()
)


def listing(*, by: Actor, q: str = "", status: str = "", kind: str = "") -> sa.Select[Any]:
    """The returns of the person's site, for the desk's list."""
    customer = aliased(Partner)
    statement = (
        sa.select(
            Return.id,
            Return.number,
            Return.kind,
            Return.status,
            Return.created_at,
            Return.sender,
            Return.reason,
            Order.number.label("order"),
            customer.name.label("customer"),
            Person.name.label("person"),
            _PIECES.label("pieces"),
        )
        .join(Person, Person.id == Return.created_by_id)
        .outerjoin(Order, Order.id == Return.order_id)
        .outerjoin(customer, customer.id == Return.customer_id)
        .where(Return.site_id == by.site_id)
    )
    if status:
        statement = statement.where(Return.status == status)
    if kind:
        statement = statement.where(Return.kind == kind)
    if q:
        held = (
            sa.select(ReturnLine.return_id)
            .join(Product, Product.id == ReturnLine.product_id)
            .join(Batch, Batch.id == ReturnLine.batch_id)
            .outerjoin(HandlingUnit, HandlingUnit.id == ReturnLine.handling_unit_id)
            .where(containing(q, Product.sku, Batch.lot, HandlingUnit.code))
        )
        statement = statement.where(
            sa.or_(containing(q, Return.number, Return.sender, Order.number, customer.name, customer.code), Return.id.in_(held))
        )
    return statement


def most_urgent(*, by: Actor, at_most: int = 6) -> Sequence[Any]:
    """The returns that wait longest, for the home board."""
    statement = listing(by=by).where(Return.status != ReturnStatus.CLOSED.value)
    return session.execute(statement.order_by(STATUS_ORDER, Return.created_at, Return.id).limit(at_most)).all()


def returns_after(
    *, by: Actor, after: int, limit: int, status: ReturnStatus | None = None, order: str | None = None, customer: str | None = None
) -> list[Return]:
    """Returns in the order they came in, for the API's pages."""
    statement = sa.select(Return).where(Return.site_id == by.site_id, Return.id > after).order_by(Return.id).limit(limit)
    if status is not None:
        statement = statement.where(Return.status == status.value)
    if order is not None:
        of_order = sa.select(Order.id).where(Order.number_key == fold(order), Order.site_id == by.site_id)
        through = (
            sa.select(ReturnLine.return_id)
            .join(OrderLine, OrderLine.id == ReturnLine.order_line_id)
            .where(OrderLine.order_id.in_(of_order))
        )
        statement = statement.where(sa.or_(Return.order_id.in_(of_order), Return.id.in_(through)))
    if customer is not None:
        statement = statement.where(Return.customer_id.in_(sa.select(Partner.id).where(Partner.code_key == fold(customer))))
    return list(session.execute(statement).scalars())


def waiting(who: Actor) -> int:
    """How many returns wait for somebody's decision, or to be carried out."""
    return session.execute(
        sa.select(sa.func.count()).where(Return.site_id == who.site_id, Return.status != ReturnStatus.CLOSED.value)
    ).scalar_one()


def figures(*, by: Actor) -> dict[str, Any]:
    """The figures over the list: waiting for sales and since when, open, and pieces held without an owner."""
    counts = session.execute(
        sa.select(
            sa.func.count().filter(Return.status == ReturnStatus.WAITING.value),
            sa.func.count().filter(Return.status == ReturnStatus.OPEN.value),
            sa.func.min(sa.case((Return.status == ReturnStatus.WAITING.value, Return.created_at))),
        ).where(Return.site_id == by.site_id)
    ).one()
    held = session.execute(
        sa.select(sa.func.sum(ReturnLine.quantity), Product.decimals, Product.base_unit)
        .join(Return, Return.id == ReturnLine.return_id)
        .join(Product, Product.id == ReturnLine.product_id)
        .where(Return.site_id == by.site_id, ReturnLine.status.in_([one for one in LIVE if one != ReturnLineStatus.BOOKED.value]))
        .group_by(Product.id)
    ).tuples()
    return {
        "waiting": counts[0],
        "open": counts[1],
        "oldest": counts[2],
        "held": total((int(quantity), decimals, unit) for quantity, decimals, unit in held),
    }


def amounts(ids: Sequence[int]) -> dict[int, Text]:
    """How much came back on each of these notes."""
    rows = session.execute(
        sa.select(ReturnLine.return_id, sa.func.sum(ReturnLine.quantity), Product.decimals, Product.base_unit)
        .join(Product, Product.id == ReturnLine.product_id)
        .where(ReturnLine.return_id.in_(ids), ReturnLine.status.not_in(_GONE))
        .group_by(ReturnLine.return_id, Product.id)
    )
    found: dict[int, list[tuple[int, int, str]]] = {one: [] for one in ids}
    for return_id, quantity, decimals, unit in rows.tuples():
        found[return_id].append((int(quantity), decimals, unit))
    return {one: total(counted) for one, counted in found.items()}


# -- for the scanner ---------------------------------------------------------------------------------------------------------------


def so_far(number: str, *, by: Actor, at_most: int = 3) -> tuple[list[tuple[str, int, str, Found]], int]:
    """What a note has so far, by product and how it was found: SKU, quantity, unit; and how many more there are."""
    rows = session.execute(
        sa.select(Product.sku, sa.func.sum(ReturnLine.quantity), Product.base_unit, ReturnLine.found)
        .join(Return, Return.id == ReturnLine.return_id)
        .join(Product, Product.id == ReturnLine.product_id)
        .where(Return.number == number, Return.site_id == by.site_id, ReturnLine.status.not_in(_GONE))
        .group_by(Product.sku, Product.base_unit, ReturnLine.found)
        .order_by(sa.func.max(ReturnLine.id).desc())
    ).all()
    return [(sku, int(quantity), unit, Found(found)) for sku, quantity, unit, found in rows[:at_most]], max(0, len(rows) - at_most)


def open_return_of(order_id: int, *, by: Actor) -> str | None:
    """The number of a return of this order that the person has begun and not finished."""
    return session.execute(
        sa.select(Return.number)
        .where(Return.order_id == order_id, Return.site_id == by.site_id, Return.created_by_id == by.id, Return.finished_at.is_(None))
        .order_by(Return.id.desc())
        .limit(1)
    ).scalar_one_or_none()
