"""Reads of the work list of differences: for its page, for the API, and for the answer to purchasing on an inbound order."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import aliased

from wms.actor import Actor, Role
from wms.catalog.models import Product
from wms.db import session
from wms.i18n import T, Text
from wms.orders.differences import OUTCOMES
from wms.orders.models import Difference, DifferenceKind, DifferenceStatus, InboundLine, InboundOrder, Order, Outcome
from wms.orders.outside import PEOPLE
from wms.stock.models import Batch, HandlingUnit

_OWNER, _NOTER, _ENDER = PEOPLE.alias("owner"), PEOPLE.alias("noter"), PEOPLE.alias("ender")


@dataclass(frozen=True)
class DifferenceView:
    """One difference as people and machines read it."""

    id: int
    number: str
    kind: DifferenceKind
    status: DifferenceStatus
    inbound_order: str | None
    line: str | None
    order: str | None
    sku: str | None
    name: Text | None
    quantity: int | None
    lot: str | None
    handling_unit: str | None
    scanned: str | None
    reason: str | None
    note: str | None
    owner: Role
    person: str | None
    noted_at: dt.datetime
    noted_by: str | None
    outcome: Outcome | None
    ended_at: dt.datetime | None
    ended_by: str | None
    ending: str | None

    @property
    def outcomes(self) -> list[Outcome]:
        """How it may be settled, while it is open."""
        return list(OUTCOMES[self.kind]) if self.status is DifferenceStatus.OPEN else []


def statement(
    *,
    by: Actor,
    status: DifferenceStatus | None = None,
    owner: Role | None = None,
    kind: DifferenceKind | None = None,
    after: int = 0,
) -> sa.Select[Any]:
    """A SELECT over the differences of the person's site with everything a list shows; without order."""
    wanted = _every().where(Difference.site_id == by.site_id, Difference.id > after)
    if status is not None:
        wanted = wanted.where(Difference.status == status.value)
    if owner is not None:
        wanted = wanted.where(Difference.owner_role == owner.value)
    if kind is not None:
        wanted = wanted.where(Difference.kind == kind.value)
    return wanted


def _every() -> sa.Select[Any]:
    product, batch, unit = aliased(Product), aliased(Batch), aliased(HandlingUnit)
    return (
        sa.select(
            Difference,
            InboundOrder.number.label("inbound_number"),
            InboundLine.line,
            Order.number.label("order_number"),
            product.sku,
            product.name,
            product.name_en,
            product.name_zh,
            product.tracking,
            batch.lot,
            unit.code.label("unit"),
            _OWNER.c.code.label("person"),
            _NOTER.c.name.label("noter"),
            _ENDER.c.name.label("ender"),
        )
        .outerjoin(InboundOrder, InboundOrder.id == Difference.inbound_order_id)
        .outerjoin(InboundLine, InboundLine.id == Difference.inbound_line_id)
        .outerjoin(Order, Order.id == Difference.order_id)
        .outerjoin(product, product.id == Difference.product_id)
        .outerjoin(batch, batch.id == Difference.batch_id)
        .outerjoin(unit, unit.id == Difference.handling_unit_id)
        .outerjoin(_OWNER, _OWNER.c.id == Difference.owner_id)
        .outerjoin(_NOTER, _NOTER.c.id == Difference.noted_by_id)
        .outerjoin(_ENDER, _ENDER.c.id == Difference.ended_by_id)
    )


def differences_after(*, by: Actor, after: int = 0, limit: int = 100, **filters: Any) -> list[DifferenceView]:
    """Differences in the order in which they were noted, for the API's pages."""
    return views(session.execute(statement(by=by, after=after, **filters).order_by(Difference.id).limit(limit)).all())


def of_inbound(order_ids: Sequence[int]) -> dict[int, list[DifferenceView]]:
    """The differences of several inbound orders, read together: the answer to purchasing."""
    found: dict[int, list[DifferenceView]] = {order_id: [] for order_id in order_ids}
    for row in session.execute(_every().where(Difference.inbound_order_id.in_(list(order_ids))).order_by(Difference.id)):
        found[row.Difference.inbound_order_id].append(_view(row))
    return found


def find(number: str, *, by: Actor) -> DifferenceView | None:
    """One of them, by its number."""
    rows = session.execute(statement(by=by).where(Difference.number == number.strip().upper())).all()
    return _view(rows[0]) if rows else None


def views(rows: Sequence[Any]) -> list[DifferenceView]:
    """Rows of `statement` as they are read."""
    return [_view(row) for row in rows]


def _view(row: Any) -> DifferenceView:
    one: Difference = row.Difference
    return DifferenceView(
        id=one.id,
        number=one.number,
        kind=DifferenceKind(one.kind),
        status=DifferenceStatus(one.status),
        inbound_order=row.inbound_number,
        line=row.line,
        order=row.order_number,
        sku=row.sku,
        name=T(row.name_en or row.name, row.name_zh or row.name) if row.sku else None,
        quantity=one.quantity,
        lot=row.lot if row.tracking not in (None, "none") else None,
        handling_unit=row.unit,
        scanned=one.scanned,
        reason=one.reason,
        note=one.note,
        owner=Role(one.owner_role),
        person=row.person,
        noted_at=one.noted_at,
        noted_by=row.noter,
        outcome=Outcome(one.outcome) if one.outcome else None,
        ended_at=one.ended_at,
        ended_by=row.ender,
        ending=one.ending,
    )
