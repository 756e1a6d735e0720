"""Reads of the inspections: the list with its ages, one of them, and what waits for whom."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import aliased

from wms.actor import Actor
from wms.auth.models import Person
from wms.catalog.models import Partner, Product
from wms.db import containing, fold, session
from wms.i18n import Text
from wms.locations.models import Location
from wms.orders.models import InboundLine, InboundOrder
from wms.receiving.models import Inspection, InspectionDefect, InspectionStatus
from wms.stock.models import Batch, HandlingUnit
from wms.stock.queries import lot_shown
from wms.tasks.models import Task, TaskStatus

S = InspectionStatus


@dataclass(frozen=True)
class DefectView:
    """So many pieces were found defective in one way."""

    reason: str
    quantity: int


@dataclass(frozen=True)
class InspectionView:
    """One inspection as people and machines read it."""

    id: int
    number: str
    status: InspectionStatus
    inbound_order: str | None
    line: str | None
    supplier: str | None
    supplier_name: str | None
    sku: str
    name: Text
    decimals: int
    base_unit: str
    lot: str | None
    expires_on: dt.date | None
    handling_unit: str | None
    location: str | None
    quantity: int
    sample_size: int
    fails_from: int
    accepted: int
    conceded: int
    rejected: int
    needs_certificate: bool
    certificate: str | None
    concession: str | None
    allowed_by: str | None
    why: list[dict[str, str]]
    note: str | None
    person: str | None
    opened_at: dt.datetime
    ended_at: dt.datetime | None
    ended_by: str | None
    defects: list[DefectView] = field(default_factory=list)

    @property
    def open(self) -> int:
        """What nobody has decided about yet."""
        return 0 if self.status is not S.OPEN else self.quantity - self.accepted - self.conceded - self.rejected

    @property
    def defective(self) -> int:
        """How many were found defective."""
        return sum(one.quantity for one in self.defects)

    @property
    def failed(self) -> bool:
        """Whether the sample has more defective ones than it may."""
        return self.sample_size > 0 and self.defective >= self.fails_from

    @property
    def waits_for_certificate(self) -> bool:
        """Production that came without its certificate number."""
        return self.needs_certificate and not self.certificate


_ALLOWED, _ENDED, _HOLDER = aliased(Person), aliased(Person), aliased(Person)
_WHERE = aliased(Location)


def statement(
    *,
    by: Actor,
    status: InspectionStatus | None = None,
    sku: str | None = None,
    inbound_order: str | None = None,
    q: str = "",
    after: int = 0,
) -> sa.Select[Any]:
    """A SELECT over the inspections of the person's site with everything a list shows; without order."""
    wanted = (
        sa.select(
            Inspection,
            Product,
            InboundOrder.number.label("inbound_number"),
            InboundLine.line,
            Partner.code.label("supplier"),
            Partner.name.label("supplier_name"),
            lot_shown(),
            Batch.expires_on,
            HandlingUnit.code.label("unit"),
            _WHERE.code.label("location"),
            _ALLOWED.name.label("allowed_by"),
            _ENDED.name.label("ended_by"),
            _HOLDER.name.label("holder"),
        )
        .join(Product, Product.id == Inspection.product_id)
        .join(Batch, Batch.id == Inspection.batch_id)
        .outerjoin(InboundOrder, InboundOrder.id == Inspection.inbound_order_id)
        .outerjoin(InboundLine, InboundLine.id == Inspection.inbound_line_id)
        .outerjoin(Partner, Partner.id == Inspection.partner_id)
        .outerjoin(HandlingUnit, HandlingUnit.id == Inspection.handling_unit_id)
        .outerjoin(Task, Task.id == Inspection.task_id)
        .outerjoin(_WHERE, _WHERE.id == sa.func.coalesce(HandlingUnit.location_id, Task.source_id))
        .outerjoin(_ALLOWED, _ALLOWED.id == Inspection.allowed_by_id)
        .outerjoin(_ENDED, _ENDED.id == Inspection.ended_by_id)
        .outerjoin(_HOLDER, sa.and_(_HOLDER.id == Task.person_id, Task.status == TaskStatus.CLAIMED.value))
        .where(Inspection.site_id == by.site_id, Inspection.id > after)
    )
    if status is not None:
        wanted = wanted.where(Inspection.status == status.value)
    if sku:
        wanted = wanted.where(Product.sku_key == fold(sku))
    if inbound_order:
        wanted = wanted.where(InboundOrder.number_key == fold(inbound_order))
    if q:
        wanted = wanted.where(
            containing(q, Inspection.number, Product.sku, Batch.lot, HandlingUnit.code, InboundOrder.number, Partner.name)
        )
    return wanted


def views(rows: Sequence[Any]) -> list[InspectionView]:
    """Rows of `statement` as they are read, with their defects."""
    found: dict[int, list[DefectView]] = {row.Inspection.id: [] for row in rows}
    defects = session.execute(
        sa.select(InspectionDefect.inspection_id, InspectionDefect.reason, sa.func.sum(InspectionDefect.quantity))
        .where(InspectionDefect.inspection_id.in_(found))
        .group_by(InspectionDefect.inspection_id, InspectionDefect.reason)
        .order_by(InspectionDefect.inspection_id, sa.func.min(InspectionDefect.id))
    )
    for inspection_id, reason, quantity in defects:
        found[inspection_id].append(DefectView(reason, int(quantity)))
    return [_view(row, found[row.Inspection.id]) for row in rows]


def inspections_after(*, by: Actor, after: int = 0, limit: int = 100, **filters: Any) -> list[InspectionView]:
    """Inspections in the order in which they were opened, for the API's pages."""
    return views(session.execute(statement(by=by, after=after, **filters).order_by(Inspection.id).limit(limit)).all())


def view_of(inspection: Inspection, *, by: Actor) -> InspectionView:
    """One of them."""
    session.flush()
    return views(session.execute(statement(by=by).where(Inspection.id == inspection.id)).all())[0]


def open_for_unit(unit_id: int, *, by: Actor) -> list[Inspection]:
    """The open inspections of what is on a plate, the oldest first."""
    return _open(Inspection.handling_unit_id == unit_id, by=by)


def open_for_product(product_id: int, *, by: Actor, lot: str | None = None) -> list[Inspection]:
    """The open inspections of a product, or of a lot of it, the oldest first."""
    of_lot = [Inspection.batch_id.in_(sa.select(Batch.id).where(Batch.lot_key == fold(lot)))] if lot else []
    return _open(Inspection.product_id == product_id, *of_lot, by=by)


def open_for_order(order_id: int, *, by: Actor) -> list[Inspection]:
    """The open inspections of a delivery, the oldest first."""
    return _open(Inspection.inbound_order_id == order_id, by=by)


def _open(*which: sa.ColumnElement[bool], by: Actor) -> list[Inspection]:
    return list(
        session.execute(
            sa.select(Inspection).where(Inspection.site_id == by.site_id, Inspection.status == S.OPEN.value, *which).order_by(Inspection.id)
        ).scalars()
    )


def shown_of_order(order_id: int, *, by: Actor) -> list[InspectionView]:
    """The inspections of a delivery, as they were opened; those whose receipt was undone are left out."""
    wanted = statement(by=by).where(Inspection.inbound_order_id == order_id, Inspection.status != S.WITHDRAWN.value)
    return views(session.execute(wanted.order_by(Inspection.id)).all())


def open_inspections(by: Actor) -> int:
    """How many wait for a result."""
    return session.execute(
        sa.select(sa.func.count()).select_from(Inspection).where(Inspection.site_id == by.site_id, Inspection.status == S.OPEN.value)
    ).scalar_one()


def oldest_open(by: Actor) -> dt.datetime | None:
    """Since when the oldest of them waits."""
    return session.execute(
        sa.select(sa.func.min(Inspection.opened_at)).where(Inspection.site_id == by.site_id, Inspection.status == S.OPEN.value)
    ).scalar_one()


def _view(row: Any, defects: list[DefectView]) -> InspectionView:
    one: Inspection = row.Inspection
    product: Product = row.Product
    return InspectionView(
        id=one.id,
        number=one.number,
        status=S(one.status),
        inbound_order=row.inbound_number,
        line=row.line,
        supplier=row.supplier,
        supplier_name=row.supplier_name,
        sku=product.sku,
        name=product.text,
        decimals=product.decimals,
        base_unit=product.base_unit,
        lot=row.lot_shown,
        expires_on=row.expires_on,
        handling_unit=row.unit,
        location=row.location,
        quantity=one.quantity,
        sample_size=one.sample_size,
        fails_from=one.fails_from,
        accepted=one.accepted,
        conceded=one.conceded,
        rejected=one.rejected,
        needs_certificate=one.needs_certificate,
        certificate=one.certificate,
        concession=one.concession,
        allowed_by=row.allowed_by,
        why=list(one.why),
        note=one.note,
        person=row.holder,
        opened_at=one.opened_at,
        ended_at=one.ended_at,
        ended_by=row.ended_by,
        defects=defects,
    )
