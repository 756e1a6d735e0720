"""What customers signed for, and what finance may post, as pages and the API show it."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import sqlalchemy as sa

from wms import clock
from wms.actor import Actor
from wms.catalog.models import Partner, Product
from wms.db import containing, read, session, table_of
from wms.i18n import T, Text, Worded
from wms.orders.models import Fault, InboundOrder, Order, OrderKind, OrderLine, OrderStatus, SignOff, SignOffLine
from wms.orders.outside import LOADS, PEOPLE, SHIPMENTS
from wms.orders.signing import differs_still
from wms.stock.models import Batch


@dataclass(frozen=True)
class SignedLineView:
    """What became of one line's goods of one lot."""

    line: str
    sku: str
    name: Text
    decimals: int
    unit: str
    lot: str | None
    shipped: int
    delivered: int
    damaged: int
    refused: int
    missing: int
    reason: str | None

    @property
    def differs(self) -> bool:
        """Whether not all of it was kept."""
        return self.delivered != self.shipped

    @property
    def why(self) -> Text | None:
        """The reason in words."""
        if self.reason in set(Fault):
            return Fault(self.reason).text
        return T(self.reason, self.reason) if self.reason else None


@dataclass(frozen=True)
class SignedView:
    """A sign-off with everything about it."""

    id: int
    order_id: int
    shipment: str | None
    signed_by: str
    signed_at: dt.datetime
    recorded_at: dt.datetime
    recorded_by: str | None
    comment: str | None
    signature: str | None
    lines: tuple[SignedLineView, ...]
    announced: str | None
    copy_received_at: dt.datetime | None
    copy_by: str | None
    accepted_at: dt.datetime | None
    accept_reason: str | None

    @property
    def differing(self) -> list[SignedLineView]:
        """The lines that were not kept as they were sent."""
        return [line for line in self.lines if line.differs]


_BY, _COPY_BY, _SO, _IO = PEOPLE.alias(), PEOPLE.alias(), table_of(SignOff), table_of(InboundOrder)
_SIGNED = (
    sa.select(
        *(_SO.c.id, _SO.c.order_id, _SO.c.shipment_id, _SO.c.signed_by, _SO.c.signed_at, _SO.c.recorded_at, _SO.c.comment),
        *(_SO.c.copy_at, _SO.c.accepted_at, _SO.c.accept_reason),
        SHIPMENTS.c.number.label("shipment"),
        _BY.c.name.label("recorded_by"),
        _COPY_BY.c.name.label("copy_by"),
        _IO.c.number.label("announced"),
        _SO.c.signature_path.is_not(None).label("drawn"),
        _SO.c.signature_png.is_not(None).label("pictured"),
    )
    .join(SHIPMENTS, SHIPMENTS.c.id == _SO.c.shipment_id)
    .outerjoin(_BY, _BY.c.id == _SO.c.recorded_by_id)
    .outerjoin(_COPY_BY, _COPY_BY.c.id == _SO.c.copy_by_id)
    .outerjoin(_IO, _IO.c.id == _SO.c.return_id)
    .where(_SO.c.order_id.in_(sa.bindparam("ids", expanding=True)))
    .order_by(_SO.c.id)
)


def by_shipment(order_ids: Sequence[int]) -> dict[int, SignedView]:
    """The sign-offs of these orders, by shipment."""
    rows = read(_SIGNED, {"ids": list(order_ids)}).all() if order_ids else ()
    lines = _lines([row.id for row in rows])
    return {row.shipment_id: _view(row, lines[row.id]) for row in rows}


def of_shipment(shipment_id: int) -> SignedView | None:
    """The sign-off of one shipment."""
    order_id = session.execute(sa.select(SHIPMENTS.c.order_id).where(SHIPMENTS.c.id == shipment_id)).scalar_one()
    return by_shipment([order_id]).get(shipment_id)


def signature_href(shipment: str, *, pictured: bool) -> str:
    """Where a drawn signature is shown."""
    return f"/shipments/{quote(shipment)}/signature.{'png' if pictured else 'svg'}"


def _view(row: Any, lines: Sequence[SignedLineView]) -> SignedView:
    return SignedView(
        id=row.id,
        order_id=row.order_id,
        shipment=row.shipment,
        signed_by=row.signed_by,
        signed_at=row.signed_at,
        recorded_at=row.recorded_at,
        recorded_by=row.recorded_by,
        comment=row.comment,
        signature=signature_href(row.shipment, pictured=row.pictured) if row.drawn or row.pictured else None,
        lines=tuple(lines),
        announced=row.announced,
        copy_received_at=row.copy_at,
        copy_by=row.copy_by,
        accepted_at=row.accepted_at,
        accept_reason=row.accept_reason,
    )


def _lines(ids: Collection[int]) -> dict[int, list[SignedLineView]]:
    if not ids:
        return {}
    rows = session.execute(
        sa.select(SignOffLine, OrderLine.line, Batch.lot, *_GOODS)
        .join(OrderLine, OrderLine.id == SignOffLine.order_line_id)
        .join(Product, Product.id == OrderLine.product_id)
        .outerjoin(Batch, Batch.id == SignOffLine.batch_id)
        .where(SignOffLine.sign_off_id.in_(list(ids)))
        .order_by(SignOffLine.id)
    ).all()
    found: dict[int, list[SignedLineView]] = defaultdict(list)
    for row in rows:
        one: SignOffLine = row[0]
        found[one.sign_off_id].append(
            SignedLineView(
                *(row.line, row.sku, T(row.name_en or row.name, row.name_zh or row.name), row.decimals, row.base_unit, row.lot),
                *(one.shipped, one.delivered, one.damaged, one.refused, one.missing, one.reason),
            )
        )
    return found


_GOODS = (Product.sku, Product.name, Product.name_en, Product.name_zh, Product.decimals, Product.base_unit)


# -- what finance may post -------------------------------------------------------------------------------------------------------


class Posting(Worded):
    """Where an order stands between the gate and the books."""

    UNSIGNED = "unsigned", T("Left, not signed for", "已发货未签收")
    DIFFERENCES = "differences", T("Signed for, with differences", "签收有差异")
    UNSETTLED = "unsettled", T("Signed for, not settled", "已签收未结算")
    OWED = "owed", T("Left, not settled", "已发货未结算")
    PAID = "paid", T("Settled, not left", "已结算未发货")
    OWED_BACK = "owed_back", T("To pay back", "待退款")
    READY = "ready", T("May be posted", "可过账")
    CLOSED = "closed", T("Closed", "已关闭")

    @property
    def tone(self) -> str:
        """Its colour, the same on every page."""
        return {
            Posting.UNSIGNED: "ask",
            Posting.DIFFERENCES: "stop",
            Posting.PAID: "ask",
            Posting.OWED_BACK: "ask",
            Posting.READY: "good",
        }.get(self, "calm")


@dataclass(frozen=True)
class PostingRow:
    """One order with what left of it and how it stands."""

    id: int
    number: str
    kind: str
    customer: str
    customer_name: str
    status: OrderStatus
    posting: Posting
    left_at: dt.datetime | None
    signed_at: dt.datetime | None
    signed_by: str | None
    shipments: int
    unsigned: int
    copies: int
    settled: bool
    differing: int
    accept_reason: str | None = None
    owed_back_at: dt.datetime | None = None

    @property
    def days(self) -> int:
        """How long it has been on the road, in days."""
        return max(0, (clock.now() - self.left_at).days) if self.left_at else 0


_OF = SHIPMENTS.c.order_id == Order.id
_left = sa.select(sa.func.min(SHIPMENTS.c.left_at)).where(_OF).correlate(Order).scalar_subquery()
_count = sa.select(sa.func.count()).select_from(SHIPMENTS).where(_OF, SHIPMENTS.c.left_at.is_not(None)).correlate(Order).scalar_subquery()
_unsigned = (
    sa.select(sa.func.count())
    .select_from(SHIPMENTS)
    .where(_OF, SHIPMENTS.c.left_at.is_not(None), SHIPMENTS.c.signed_at.is_(None))
    .correlate(Order)
    .scalar_subquery()
)
_signed_at = sa.select(sa.func.max(SignOff.signed_at)).where(SignOff.order_id == Order.id).correlate(Order).scalar_subquery()
_copies = (
    sa.select(sa.func.count()).select_from(SignOff).where(SignOff.order_id == Order.id, SignOff.copy_at.is_not(None)).correlate(Order)
).scalar_subquery()
_differing = (
    sa.select(sa.func.count())
    .select_from(SignOffLine)
    .join(SignOff, SignOff.id == SignOffLine.sign_off_id)
    .where(SignOff.order_id == Order.id, SignOffLine.delivered != SignOffLine.shipped)
    .correlate(Order)
).scalar_subquery()
POSTING_SORTS: dict[str, Any] = {"left": (_left, Order.id), "signed": (_signed_at, Order.id), "number": Order.number_key, "order": Order.id}


_STILL_HERE = (
    *(OrderStatus.RECEIVED, OrderStatus.HELD, OrderStatus.RELEASED, OrderStatus.PICKING),
    *(OrderStatus.PICKED, OrderStatus.PACKED, OrderStatus.LOADED),
)


def _where(posting: Posting) -> list[sa.ColumnElement[bool]]:
    delivered = Order.status == OrderStatus.DELIVERED.value
    sold = Order.kind != OrderKind.CONSIGNMENT.value  # consigned goods stay ours, and nobody owes anything for them
    going = Order.status.in_([status.value for status in OrderStatus if status not in (OrderStatus.CLOSED, OrderStatus.CANCELLED)])
    left = sa.exists(sa.select(SHIPMENTS.c.id).where(_OF, SHIPMENTS.c.left_at.is_not(None)).correlate(Order))
    where: dict[Posting, list[sa.ColumnElement[bool]]] = {
        Posting.UNSIGNED: [
            going,
            sa.exists(
                sa.select(SHIPMENTS.c.id).where(_OF, SHIPMENTS.c.left_at.is_not(None), SHIPMENTS.c.signed_at.is_(None)).correlate(Order)
            ),
        ],
        Posting.DIFFERENCES: [delivered, differs_still()],
        Posting.UNSETTLED: [delivered, ~differs_still(), sold, Order.settled_at.is_(None)],
        Posting.OWED: [going, left, sold, Order.settled_at.is_(None)],
        Posting.PAID: [Order.status.in_([status.value for status in _STILL_HERE]), Order.settled_at.is_not(None)],
        Posting.OWED_BACK: [Order.owed_back_at.is_not(None)],
        Posting.READY: [delivered, ~differs_still(), sa.or_(~sold, Order.settled_at.is_not(None))],
        Posting.CLOSED: [Order.status == OrderStatus.CLOSED.value],
    }
    return where[posting]


def postings(by: Actor, *, posting: Posting, q: str | None = None, after: int = 0) -> sa.Select[Any]:
    """The orders of a site that stand like this, unsorted."""
    query = (
        sa.select(
            Order,
            Partner.code.label("customer"),
            Partner.name.label("customer_name"),
            _left.label("left_at"),
            _count.label("shipments"),
            _unsigned.label("unsigned"),
            _signed_at.label("last_signed_at"),
            _copies.label("copies"),
            _differing.label("differing"),
            sa.literal(posting.value).label("posting"),
        )
        .join(Partner, Partner.id == Order.customer_id)
        .where(Order.site_id == by.site_id, Order.id > after, *_where(posting))
    )
    if q:
        on_load = (
            sa.select(SHIPMENTS.c.order_id)
            .outerjoin(LOADS, LOADS.c.id == SHIPMENTS.c.load_id)
            .where(containing(q, SHIPMENTS.c.number, SHIPMENTS.c.signed_by, LOADS.c.number))
        )
        query = query.where(sa.or_(containing(q, Order.number, Partner.name, Partner.code), Order.id.in_(on_load)))
    return query


def posting_rows(rows: Sequence[Any]) -> list[PostingRow]:
    """Rows of `postings`, with who signed last."""
    ids = [row[0].id for row in rows]
    signed: dict[int, SignOff] = {}
    for one in session.execute(sa.select(SignOff).where(SignOff.order_id.in_(ids)).order_by(SignOff.id)).scalars():
        signed[one.order_id] = one
    return [
        PostingRow(
            *(row[0].id, row[0].number, row[0].kind, row.customer, row.customer_name, OrderStatus(row[0].status), Posting(row.posting)),
            *(row.left_at, row.last_signed_at, signed[row[0].id].signed_by if row[0].id in signed else None),
            *(row.shipments, row.unsigned, row.copies, row[0].settled_at is not None, row.differing),
            signed[row[0].id].accept_reason if row[0].id in signed else None,
            row[0].owed_back_at,
        )
        for row in rows
    ]


@dataclass(frozen=True)
class OnTheRoad:
    """A shipment that left and nobody has signed for."""

    shipment: str
    order: str
    customer: str
    load: str | None
    driver: str | None
    left_at: dt.datetime


_ON_THE_ROAD = (SHIPMENTS.c.left_at.is_not(None), SHIPMENTS.c.signed_at.is_(None))


def how_many_unsigned(by: Actor) -> int:
    """How many orders have a shipment on the road."""
    counted = sa.select(sa.func.count()).select_from(Order).where(Order.site_id == by.site_id, *_where(Posting.UNSIGNED))
    return session.execute(counted).scalar_one()


def unsigned(by: Actor, *, before: dt.datetime, limit: int) -> tuple[list[OnTheRoad], int]:
    """The shipments that left before that and nobody has signed for, the longest on the road first; and how many there are."""
    late = (*_ON_THE_ROAD, SHIPMENTS.c.left_at < before, SHIPMENTS.c.site_id == by.site_id)
    longest = (SHIPMENTS.c.left_at, SHIPMENTS.c.id)
    first = sa.select(SHIPMENTS.c.id).where(*late).order_by(*longest).limit(limit).subquery()  # and only then whose they are
    rows = session.execute(
        sa.select(SHIPMENTS.c.number, Order.number, Partner.name, LOADS.c.number, LOADS.c.driver, SHIPMENTS.c.left_at)
        .join(first, first.c.id == SHIPMENTS.c.id)
        .join(Order, Order.id == SHIPMENTS.c.order_id)
        .join(Partner, Partner.id == Order.customer_id)
        .outerjoin(LOADS, LOADS.c.id == SHIPMENTS.c.load_id)
        .order_by(*longest)
    )
    counted = sa.select(sa.func.count()).select_from(SHIPMENTS).where(*late)
    return [OnTheRoad(*row) for row in rows], session.execute(counted).scalar_one()


def posting_counts(by: Actor) -> dict[str, int]:
    """How many orders stand where."""
    return {one.value: how_many(one, by=by) for one in Posting}


def how_many(posting: Posting, *, by: Actor) -> int:
    """How many orders stand there."""
    return session.execute(sa.select(sa.func.count()).select_from(Order).where(Order.site_id == by.site_id, *_where(posting))).scalar_one()
