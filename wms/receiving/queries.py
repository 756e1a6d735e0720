"""Reads for the screens and pages of receiving."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import aliased

from wms import clock
from wms.actor import Actor
from wms.auth.models import Person
from wms.catalog.models import Partner, Product
from wms.db import containing, session
from wms.events import Event
from wms.i18n import HowFar, T, Text, how_far, total
from wms.locations.models import Kind, Location
from wms.orders import line_queries
from wms.orders.models import Difference, DifferenceStatus, InboundKind, InboundLine, InboundOrder, InboundStatus, Order, OrderLine
from wms.receiving.models import Inspection, InspectionStatus
from wms.stock import handling_units
from wms.stock.models import Batch, HandlingUnit, Movement, MovementKind
from wms.stock.queries import lot_shown
from wms.tasks.models import Task, TaskKind, TaskStatus

OPEN = (InboundStatus.ANNOUNCED.value, InboundStatus.ARRIVING.value, InboundStatus.RECEIVING.value)
LIVE = (TaskStatus.OPEN.value, TaskStatus.CLAIMED.value)


# -- for the scanner -----------------------------------------------------------------------------------------------------------


def docks(*, by: Actor) -> list[Location]:
    """The docks of the person's site."""
    return list(
        session.execute(
            sa.select(Location).where(Location.site_id == by.site_id, Location.kind == Kind.DOCK.value).order_by(Location.code_key)
        ).scalars()
    )


def settled_since(order: InboundOrder) -> dt.datetime | None:
    """When the last thing about a delivery was said: it is closed, all of it is inspected, and no difference is open. None until then."""
    if order.status != InboundStatus.CLOSED:
        return None
    closed = sa.select(Event.at).where(
        Event.subject_kind == InboundOrder.event_kind, Event.subject_id == order.id, Event.code == "inbound.closed"
    )
    differences = sa.select(Difference.status == DifferenceStatus.OPEN.value, Difference.ended_at)
    inspections = sa.select(Inspection.status == InspectionStatus.OPEN.value, Inspection.ended_at)
    ends = list(session.execute(closed).scalars())
    for statement, owner in ((differences, Difference), (inspections, Inspection)):
        for is_open, ended_at in session.execute(statement.where(owner.inbound_order_id == order.id)):
            if is_open:
                return None
            ends += [ended_at] if ended_at else []
    return max(ends, default=None)


def next_delivery(*, by: Actor) -> InboundOrder | None:
    """The delivery to receive next: one that was begun, else the one that is due first."""
    begun = sa.case(
        (InboundOrder.status == InboundStatus.RECEIVING.value, 0), (InboundOrder.status == InboundStatus.ARRIVING.value, 1), else_=2
    )
    return session.execute(
        sa.select(InboundOrder)
        .where(InboundOrder.site_id == by.site_id, InboundOrder.status.in_(OPEN))
        .order_by(begun, sa.nulls_last(InboundOrder.expected_on), InboundOrder.id)
        .limit(1)
    ).scalar_one_or_none()


def deliveries_waiting(by: Actor) -> int:
    """How many inbound orders are open and due."""
    due = sa.or_(
        InboundOrder.expected_on.is_(None), InboundOrder.expected_on <= clock.today(), InboundOrder.status != InboundStatus.ANNOUNCED.value
    )
    return session.execute(
        sa.select(sa.func.count()).select_from(InboundOrder).where(InboundOrder.site_id == by.site_id, InboundOrder.status.in_(OPEN), due)
    ).scalar_one()


def tasks_waiting(*kinds: TaskKind, by: Actor) -> int:
    """How many tasks of these kinds wait for somebody."""
    return session.execute(
        sa.select(sa.func.count())
        .select_from(Task)
        .where(Task.site_id == by.site_id, Task.kind.in_([kind.value for kind in kinds]), Task.status.in_(LIVE))
    ).scalar_one()


def task_notes(task: Task) -> dict[str, Any]:
    """A putaway task as its screens need it, in one statement."""
    start, end = aliased(Location), aliased(Location)
    row = session.execute(
        sa.select(Product, Batch.lot, Batch.expires_on, start.code, end.code, HandlingUnit.code, Product.tracking)
        .select_from(Task)
        .join(Product, Product.id == Task.product_id)
        .join(Batch, Batch.id == Task.batch_id)
        .join(start, start.id == Task.source_id)
        .outerjoin(end, end.id == Task.target_id)
        .outerjoin(HandlingUnit, HandlingUnit.id == Task.handling_unit_id)
        .where(Task.id == task.id)
    ).one()
    product, words = row[0], row[0].text
    first = task.reasons[0] if task.reasons else {}
    return {
        "task": task.id,
        "epoch": task.epoch,
        "document": task.document,
        "product": product.id,
        "sku": product.sku,
        "name": [words.say("en"), words.say("zh_CN")],
        "lot": row[1] if row[6] != "none" else None,
        "expires_on": row[2].isoformat() if row[2] else None,
        "from": row[3],
        "bin": row[4],
        "bin_id": task.target_id,
        "plate": row[5],
        "pieces": _is_taken_out(task) or None,
        "quantity": task.quantity,
        "base_unit": product.base_unit,
        "why": [first["en"], first["zh_CN"]] if "en" in first else None,
    }


def _is_taken_out(task: Task) -> bool:
    """Whether goods that go back are counted out piece by piece: loose ones, and what is not all that lies in its carton."""
    if task.kind != TaskKind.PUT_BACK:
        return False
    if task.handling_unit_id is None:
        return True
    return [(row.batch_id, row.on_hand) for row in handling_units.contents(task.handling_unit_id)] != [(task.batch_id, task.quantity)]


# -- the arrivals board --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Arrival:
    """One inbound order on the board."""

    number: str
    kind: Text
    partner: str | None
    reference: str | None
    expected_on: dt.date | None
    status: InboundStatus
    lines: int
    expected: int
    received: int
    far: HowFar
    waiting: Text | None
    rejected: Text | None

    @property
    def late(self) -> bool:
        """Expected before today, and not all here."""
        return self.expected_on is not None and self.expected_on < clock.today() and self.received < self.expected

    @property
    def tone(self) -> str | None:
        """How its row is marked."""
        return "stop" if self.late else None

    @property
    def note(self) -> Text | None:
        """Why it waits, in words."""
        if self.late and self.expected_on is not None:
            days = (clock.today() - self.expected_on).days
            return T("{days} d late; ask purchasing", "晚到 {days} 天，联系采购", days=days)
        if self.rejected:
            return T("{n} came damaged", "残损 {n}", n=self.rejected)
        if self.waiting:
            return T("{n} wait for putaway", "待上架 {n}", n=self.waiting)
        return None


def arrivals(*, by: Actor) -> list[Arrival]:
    """What is expected until today, what is late, what is being received, and what came today; the most urgent first."""
    moment = clock.now() - dt.timedelta(hours=16)
    rows = session.execute(
        sa.select(
            InboundOrder,
            Partner.name,
            sa.func.count(InboundLine.id),
            sa.func.sum(InboundLine.expected),
            sa.func.sum(InboundLine.received),
        )
        .join(InboundLine, InboundLine.inbound_order_id == InboundOrder.id)
        .outerjoin(Partner, Partner.id == InboundOrder.partner_id)
        .where(
            InboundOrder.site_id == by.site_id,
            sa.or_(
                InboundOrder.status.in_([InboundStatus.RECEIVING.value, InboundStatus.ARRIVING.value]),
                sa.and_(
                    InboundOrder.status == InboundStatus.ANNOUNCED.value,
                    sa.or_(InboundOrder.expected_on.is_(None), InboundOrder.expected_on <= clock.today()),
                ),
                sa.and_(InboundOrder.status == InboundStatus.RECEIVED.value, InboundOrder.updated_at >= moment),
            ),
        )
        .group_by(InboundOrder.id, Partner.name)
        .order_by(InboundOrder.status == InboundStatus.RECEIVED.value, sa.nulls_last(InboundOrder.expected_on), InboundOrder.id)
        .limit(200)
    ).all()
    counters = (InboundLine.received, InboundLine.expected, InboundLine.put_away, InboundLine.rejected)
    of_lines = line_queries.counted_of(InboundLine.inbound_order_id, [row[0].id for row in rows], *counters)
    return [
        Arrival(
            order.number,
            InboundKind(order.kind).text,
            partner,
            order.reference,
            order.expected_on,
            InboundStatus(order.status),
            lines,
            int(expected),
            int(received),
            how_far((came, wanted, *counted) for came, wanted, _, _, *counted in of_lines[order.id]),
            _some((came - away, *counted) for came, _, away, _, *counted in of_lines[order.id]),
            _some((bad, *counted) for _, _, _, bad, *counted in of_lines[order.id]),
        )
        for order, partner, lines, expected, received in rows
    ]


def _some(lines: Iterable[tuple[int, int, str]]) -> Text | None:
    some = [line for line in lines if line[0]]
    return total(some) if some else None


# -- lists ---------------------------------------------------------------------------------------------------------------------


def receipts(*, by: Actor, q: str = "", day: dt.date | None = None) -> sa.Select[Any]:
    """The goods received: one row per movement that brought goods in; what was undone is left out."""
    undone = aliased(Movement)
    dock = aliased(Location)
    statement = (
        sa.select(
            Movement.id,
            Movement.at,
            Movement.document,
            Movement.quantity,
            Movement.target_condition.label("condition"),
            Product.sku,
            Product.name_en,
            Product.name_zh,
            Product.name,
            Product.decimals,
            lot_shown(),
            Batch.expires_on,
            HandlingUnit.code.label("unit"),
            dock.code.label("dock"),
            Person.name.label("person"),
        )
        .join(Product, Product.id == Movement.product_id)
        .join(Batch, Batch.id == Movement.batch_id)
        .join(dock, dock.id == Movement.target_id)
        .join(Person, Person.id == Movement.by_id)
        .outerjoin(HandlingUnit, HandlingUnit.id == Movement.target_unit_id)
        .where(
            Movement.site_id == by.site_id,
            Movement.kind == MovementKind.RECEIPT.value,
            ~sa.exists(sa.select(undone.id).where(undone.reverses_id == Movement.id)),
        )
    )
    if q:
        statement = statement.where(containing(q, Movement.document, Product.sku, Batch.lot, HandlingUnit.code))
    if day is not None:
        statement = statement.where(Movement.at >= clock.begins(day), Movement.at < clock.begins(day + dt.timedelta(days=1)))
    return statement


def putaways(*, by: Actor, q: str = "") -> sa.Select[Any]:
    """The putaway queue: what waits at the docks, where it should go and who has it."""
    start, end = aliased(Location), aliased(Location)
    statement = (
        sa.select(
            Task.id,
            Task.kind,
            Task.status,
            Task.priority,
            Task.created_at,
            Task.quantity,
            Task.reasons,
            Task.document,
            Product.sku,
            Product.name_en,
            Product.name_zh,
            Product.name,
            Product.decimals,
            Product.base_unit,
            lot_shown(),
            HandlingUnit.code.label("unit"),
            start.code.label("source"),
            end.code.label("target"),
            Person.name.label("person"),
        )
        .join(Product, Product.id == Task.product_id)
        .join(start, start.id == Task.source_id)
        .outerjoin(end, end.id == Task.target_id)
        .outerjoin(Batch, Batch.id == Task.batch_id)
        .outerjoin(HandlingUnit, HandlingUnit.id == Task.handling_unit_id)
        .outerjoin(Person, Person.id == Task.person_id)
        .where(Task.site_id == by.site_id, Task.kind.in_([TaskKind.PUTAWAY.value, TaskKind.PUT_BACK.value]), Task.status.in_(LIVE))
    )
    if q:
        statement = statement.where(containing(q, Task.document, Product.sku, HandlingUnit.code, start.code))
    return statement


def name_in(row: Any) -> Text:
    """The product's name of a row with `name_en`, `name_zh`, `name`."""
    return T(row.name_en or row.name, row.name_zh or row.name)


# -- for papers ----------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class NoteLine:
    """One movement on a paper."""

    sku: str
    name: Text
    lot: str
    expires_on: dt.date | None
    quantity: int
    condition: str
    source: str
    target: str
    unit: str | None
    by: str
    at: dt.datetime
    line_id: int | None
    reversed: bool
    tracked: bool
    decimals: int
    base_unit: str


def movements_of(document: str, *, kinds: list[MovementKind], by: Actor) -> list[NoteLine]:
    """The movements that the document of exactly this number made, in order; what was undone is marked."""
    source, target, undone = aliased(Location), aliased(Location), aliased(Movement)
    rows = session.execute(
        sa.select(
            Movement,
            Product,
            Batch.lot,
            Batch.expires_on,
            source.code,
            target.code,
            HandlingUnit.code,
            Person.name,
            sa.exists(sa.select(undone.id).where(undone.reverses_id == Movement.id)),
        )
        .join(Product, Product.id == Movement.product_id)
        .join(Batch, Batch.id == Movement.batch_id)
        .join(source, source.id == Movement.source_id)
        .join(target, target.id == Movement.target_id)
        .join(Person, Person.id == Movement.by_id)
        .outerjoin(HandlingUnit, HandlingUnit.id == Movement.target_unit_id)
        .where(
            Movement.document == document,
            Movement.site_id == by.site_id,
            Movement.kind.in_([kind.value for kind in kinds]),
        )
        .order_by(Movement.id)
    ).all()
    return [
        NoteLine(
            product.sku,
            product.text,
            lot,
            expires_on,
            movement.quantity,
            movement.target_condition,
            start,
            end,
            unit,
            person,
            movement.at,
            movement.inbound_line_id or movement.order_line_id,
            gone,
            product.tracking != "none",
            product.decimals,
            product.base_unit,
        )
        for movement, product, lot, expires_on, start, end, unit, person, gone in rows
    ]


def partner_name(partner_id: int | None) -> str | None:
    """The name of a partner."""
    return None if partner_id is None else session.execute(sa.select(Partner.name).where(Partner.id == partner_id)).scalar_one()


def products_of(order: InboundOrder) -> dict[int, Product]:
    """The products of an inbound order, by id."""
    rows = session.execute(sa.select(Product).where(Product.id.in_({line.product_id for line in order.lines}))).scalars()
    return {product.id: product for product in rows}


@dataclass(frozen=True)
class OrderOf:
    """An order and whose it is."""

    number: str
    customer: str


def orders_of(line_ids: set[int]) -> list[OrderOf]:
    """The orders of these order lines."""
    rows = session.execute(
        sa.select(Order.number, Partner.name)
        .join(OrderLine, OrderLine.order_id == Order.id)
        .join(Partner, Partner.id == Order.customer_id)
        .where(OrderLine.id.in_(line_ids))
        .distinct()
        .order_by(Order.number)
    ).all()
    return [OrderOf(number, customer) for number, customer in rows]


def waiting_putaways(document: str, *, by: Actor) -> list[Any]:
    """The putaways of a delivery that wait, by target."""
    statement = putaways(by=by).where(Task.document == document)
    return list(session.execute(statement.order_by(Task.target_id, Task.id)).all())


def figures(*, by: Actor) -> dict[str, int]:
    """The figures over the boards: due today, late, being received, waiting for putaway and for how long in minutes."""
    today = clock.today()
    counts = session.execute(
        sa.select(
            sa.func.count().filter(InboundOrder.status == InboundStatus.ANNOUNCED.value, InboundOrder.expected_on == today),
            sa.func.count().filter(InboundOrder.status.in_(OPEN), InboundOrder.expected_on < today),
            sa.func.count().filter(InboundOrder.status.in_([InboundStatus.ARRIVING.value, InboundStatus.RECEIVING.value])),
        ).where(InboundOrder.site_id == by.site_id)
    ).one()
    waiting = session.execute(
        sa.select(sa.func.count(), sa.func.min(Task.created_at)).where(
            Task.site_id == by.site_id, Task.kind.in_([TaskKind.PUTAWAY.value, TaskKind.PUT_BACK.value]), Task.status.in_(LIVE)
        )
    ).one()
    oldest = int((clock.now() - waiting[1]).total_seconds() // 60) if waiting[1] else 0
    return {"due": counts[0], "late": counts[1], "receiving": counts[2], "putaway": waiting[0], "oldest_minutes": oldest}
