"""Waves, pick lists, replenishments and shortages, as screens and papers show them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import aliased

from wms.actor import Actor
from wms.auth.models import Person
from wms.catalog.models import Barcode, Packaging, Partner, Product
from wms.db import among, containing, session
from wms.i18n import T, Text
from wms.locations.models import Location
from wms.numbers import own_number
from wms.orders.models import Order, OrderLine, OrderStatus
from wms.picking import as_planned
from wms.picking.choosing import ON_THE_FLOOR
from wms.picking.models import Cart, Method, PickList, Wave
from wms.stock.models import Batch, Claim, HandlingUnit, Movement, MovementKind, Reservation, Stage, Stock
from wms.tasks.models import LIVE, Task, TaskKind, TaskStatus, tone_of, words_of
from wms.tasks.queries import late_picks
from wms.tasks.queries import lateness_of as task_lateness
from wms.tasks.urgency import Lateness


def live_lists(by: Actor, most: int) -> list[Any]:
    """The lists that are not finished, the most urgent first."""
    query = lists(by=by, status="live").order_by(Task.priority.desc(), sa.nulls_last(Task.due_at), PickList.id).limit(most)
    return list(session.execute(query))


def live_count(by: Actor) -> int:
    """How many lists are not finished."""
    return session.execute(sa.select(sa.func.count()).select_from(lists(by=by, status="live").subquery())).scalar_one()


def open_tasks(*kinds: TaskKind, by: Actor) -> int:
    """How many tasks of these kinds nobody works on."""
    return session.execute(
        sa.select(sa.func.count())
        .select_from(Task)
        .where(Task.site_id == by.site_id, Task.status == TaskStatus.OPEN.value, Task.kind.in_([kind.value for kind in kinds]))
    ).scalar_one()


# -- pick lists --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class ListLine:
    """One line of a pick list; where it was picked from, once it was."""

    sequence: int
    location: str
    unit: str | None
    sku: str
    name: Text
    lot: str
    expires_on: dt.date | None
    quantity: int
    decimals: int
    picked: bool
    order: str
    line: str
    case_unit: str | None
    case_quantity: int | None


@dataclass(frozen=True)
class ListView:
    """A pick list with its lines in walking order."""

    number: str
    wave: str
    method: Method
    status: TaskStatus
    person: str | None
    target: str
    orders: list[str]
    customers: list[str]
    lines: list[ListLine]
    created_at: dt.datetime
    metres: int | None  # these five as planned; none once it is not walked so any more
    metres_by_name: int | None
    metres_shortest: int | None
    metres_s_shape: int | None
    seconds: int | None
    cart: str | None
    zone: str | None
    follows: str | None
    words: Text
    tone: str
    changed: bool
    shorts: list[ShortLine]

    @property
    def minutes(self) -> int | None:
        """How long it takes as planned."""
        return None if self.seconds is None else -(-self.seconds // 60)

    @property
    def done(self) -> int:
        """Lines picked."""
        return sum(line.picked for line in self.lines)


@dataclass(frozen=True)
class ShortLine:
    """What an order lacks of a line that this list went for."""

    order: str
    line: str
    sku: str
    name: Text
    quantity: int
    decimals: int


def shorts_of(pick_list: PickList) -> list[ShortLine]:
    """What came up short on a list and has not been dealt with."""
    given_up = sa.select(Reservation.order_line_id).where(
        Reservation.task_id == pick_list.task_id, Reservation.status == Claim.VOIDED.value
    )
    rows = session.execute(
        sa.select(
            Order.number, OrderLine.line, Product.sku, *(Product.name, Product.name_zh, Product.name_en, Product.decimals), OrderLine.short
        )
        .join(Order, Order.id == OrderLine.order_id)
        .join(Product, Product.id == OrderLine.product_id)
        .where(OrderLine.id.in_(given_up), OrderLine.short > 0)
        .order_by(OrderLine.id)
    )
    return [
        ShortLine(row.number, row.line, row.sku, T(row.name_en or row.name, row.name_zh or row.name), row.short, row.decimals)
        for row in rows
    ]


_PLANNED: tuple[Any, ...] = (
    *(PickList.metres_planned, PickList.metres_by_name, PickList.metres_shortest, PickList.metres_s_shape),
    PickList.seconds_planned,
)


def list_view(pick_list: PickList) -> ListView:
    """Everything about one pick list."""
    before = aliased(PickList)
    wave, status, assigned_at, person, target, cart, follows, changed, *figures = session.execute(
        sa.select(Wave.number, Task.status, Task.assigned_at, Person.name, Location.code, Cart.code, before.number)
        .add_columns(as_planned.changed(), *(as_planned.planned(column) for column in _PLANNED))
        .select_from(PickList)
        .outerjoin(Cart, Cart.id == PickList.cart_id)
        .outerjoin(before, before.id == PickList.follows_id)
        .join(Wave, Wave.id == PickList.wave_id)
        .join(Task, Task.id == PickList.task_id)
        .join(Location, Location.id == PickList.target_id)
        .outerjoin(Person, Person.id == Task.person_id)
        .where(PickList.id == pick_list.id)
    ).one()
    metres, by_name, shortest, s_shape, seconds = figures
    case = _case_of(Product.id, Reservation.quantity)
    rows = session.execute(
        sa.select(
            Reservation.id,
            Reservation.sequence,
            Reservation.quantity,
            Reservation.stage,
            Location.code.label("location"),
            HandlingUnit.code.label("unit"),
            Product.sku,
            Product.name,
            Product.name_zh,
            Product.name_en,
            Product.decimals,
            Batch.lot,
            Batch.expires_on,
            Order.number,
            OrderLine.id.label("line_id"),
            OrderLine.line,
            Partner.name.label("customer"),
            Batch.id.label("batch_id"),
            case[0].label("case_unit"),
            case[1].label("case_quantity"),
        )
        .join(OrderLine, OrderLine.id == Reservation.order_line_id)
        .join(Order, Order.id == OrderLine.order_id)
        .join(Partner, Partner.id == Order.customer_id)
        .join(Stock, Stock.id == Reservation.stock_id)
        .join(Location, Location.id == Stock.location_id)
        .join(Batch, Batch.id == Stock.batch_id)
        .join(Product, Product.id == Stock.product_id)
        .outerjoin(HandlingUnit, HandlingUnit.id == Stock.handling_unit_id)
        .where(
            Reservation.task_id == pick_list.task_id,
            Reservation.status.in_([Claim.PENDING.value, Claim.POSTED.value]),
        )
        .order_by(Reservation.sequence, Reservation.id)
    ).all()
    sources = _picked_from(pick_list.task_id)
    lines = []
    for place, row in enumerate(rows, start=1):
        picked = row.stage != Stage.RESERVED
        lines.append(
            ListLine(
                place,
                sources.get((row.line_id, row.batch_id), row.location) if picked else row.location,
                None if picked else row.unit,
                row.sku,
                T(row.name_en or row.name, row.name_zh or row.name),
                row.lot,
                row.expires_on,
                row.quantity,
                row.decimals,
                picked,
                row.number,
                row.line,
                row.case_unit,
                row.case_quantity,
            )
        )
    return ListView(
        pick_list.number,
        wave,
        Method(pick_list.method),
        TaskStatus(status),
        person,
        target,
        list(dict.fromkeys(row.number for row in rows)),
        list(dict.fromkeys(row.customer for row in rows)),
        lines,
        pick_list.created_at,
        metres,
        by_name,
        shortest,
        s_shape,
        seconds,
        cart,
        pick_list.zone,
        follows,
        words_of(status, assigned_at),
        tone_of(status, assigned_at),
        changed,
        shorts_of(pick_list),
    )


def _picked_from(task_id: int) -> dict[tuple[int, int], str]:
    """Where the goods of each order line and batch were picked, from the journal."""
    lines = sa.select(Reservation.order_line_id).where(Reservation.task_id == task_id)
    rows = session.execute(
        sa.select(Movement.order_line_id, Movement.batch_id, Location.code)
        .join(Location, Location.id == Movement.source_id)
        .where(Movement.order_line_id.in_(lines), Movement.kind == MovementKind.PICK.value, Movement.task_id == task_id)
        .order_by(Movement.id)
    ).all()
    return {(line, batch): code for line, batch, code in rows if line is not None}


def _case_of(product: Any, quantity: Any) -> tuple[Any, Any]:
    fitting = (Packaging.product_id == product, Packaging.quantity > 1, Packaging.quantity <= quantity)
    return (
        sa.select(Packaging.unit).where(*fitting).order_by(Packaging.quantity.desc()).limit(1).scalar_subquery(),
        sa.select(Packaging.quantity).where(*fitting).order_by(Packaging.quantity.desc()).limit(1).scalar_subquery(),
    )


def lists(*, by: Actor, wave_id: int | None = None, status: str | None = None, q: str | None = None) -> sa.Select[Any]:
    """Pick lists with their progress, for the desk's list: a SELECT without order."""
    counted = (
        sa.select(
            Reservation.task_id,
            sa.func.count().label("of"),
            sa.func.sum(sa.case((Reservation.stage != Stage.RESERVED.value, 1), else_=0)).label("done"),
            sa.func.count(OrderLine.order_id.distinct()).label("orders"),
            sa.func.min(OrderLine.order_id).label("first"),
        )
        .outerjoin(OrderLine, OrderLine.id == Reservation.order_line_id)
        .where(Reservation.status.in_([Claim.PENDING.value, Claim.POSTED.value]))
        .group_by(Reservation.task_id)
        .subquery()
    )
    query = (
        sa.select(
            PickList.number,
            PickList.method,
            PickList.id,
            as_planned.planned(PickList.metres_planned).label("metres"),
            as_planned.planned(PickList.metres_by_name).label("metres_by_name"),
            as_planned.changed().label("changed"),
            PickList.created_at,
            Wave.number.label("wave"),
            Task.id.label("task_id"),
            Task.status,
            Task.assigned_at,
            Task.priority,
            Task.due_at,
            Person.name.label("person"),
            Order.number.label("order"),
            sa.func.coalesce(counted.c.orders, 0).label("orders"),
            sa.func.coalesce(counted.c.of, 0).label("of"),
            sa.func.coalesce(counted.c.done, 0).label("done"),
        )
        .join(Wave, Wave.id == PickList.wave_id)
        .join(Task, Task.id == PickList.task_id)
        .outerjoin(Person, Person.id == Task.person_id)
        .outerjoin(counted, counted.c.task_id == PickList.task_id)
        .outerjoin(Order, Order.id == sa.func.coalesce(Task.order_id, counted.c.first))
        .where(PickList.site_id == by.site_id)
    )
    if wave_id is not None:
        query = query.where(PickList.wave_id == wave_id)
    if q:
        query = query.where(sa.or_(containing(q, PickList.number, Order.number, Wave.number), _for_order(q)))
    if status == "live":
        query = query.where(Task.status.in_(LIVE))
    elif status:
        query = query.where(Task.status == status)
    return query


def lateness_of(site_id: int) -> Callable[[Any], Lateness | None]:
    """How a row of `lists` stands: overdue, or about to be; nothing where it is in time or over."""
    soon = late_picks(site_id)
    return lambda row: task_lateness(row.task_id, TaskKind.PICK, row.due_at, soon) if row.status in LIVE else None


def _for_order(q: str) -> sa.ColumnElement[bool]:
    """Whether a list picks for such an order, also among several."""
    mine = aliased(Order)
    return sa.exists().where(
        Reservation.task_id == PickList.task_id,
        OrderLine.id == Reservation.order_line_id,
        mine.id == OrderLine.order_id,
        containing(q, mine.number),
    )


def orders_of_wave(wave_id: int) -> list[str]:
    """The orders on a wave's lists, by age."""
    rows = session.execute(
        sa.select(Order.id, Order.number)
        .join(OrderLine, OrderLine.order_id == Order.id)
        .join(Reservation, Reservation.order_line_id == OrderLine.id)
        .join(PickList, PickList.task_id == Reservation.task_id)
        .where(PickList.wave_id == wave_id, Reservation.status.in_([Claim.PENDING.value, Claim.POSTED.value]))
        .distinct()
        .order_by(Order.id)
    )
    return [row.number for row in rows]


LIST_SORTS = {
    "number": PickList.id,
    "priority": (Task.priority, PickList.id),
    "due": (Task.due_at.is_(None), Task.due_at, PickList.id),
    "status": (Task.status, PickList.id),
    "metres": (sa.func.coalesce(as_planned.planned(PickList.metres_planned), -1), PickList.id),
}


# -- waves -------------------------------------------------------------------------------------------------------------


def waves(*, by: Actor, number: str | None = None) -> sa.Select[Any]:
    """Waves with their lists, lines and metres, for the desk's list: a SELECT without order."""
    one = sa.true() if number is None else Wave.number == own_number(number)
    claims = (
        sa.select(
            Reservation.task_id,
            sa.func.count().label("of"),
            sa.func.sum(sa.case((Reservation.stage != Stage.RESERVED.value, 1), else_=0)).label("done"),
        )
        .where(Reservation.status.in_([Claim.PENDING.value, Claim.POSTED.value]))
        .group_by(Reservation.task_id)
        .subquery()
    )
    begun = Task.status != TaskStatus.CANCELLED.value
    walked = sa.and_(begun, ~as_planned.changed())  # what was withdrawn, or is walked otherwise, saves nothing

    def metres(column: Any) -> Any:
        return sa.func.coalesce(sa.func.sum(sa.case((walked, column))), 0)

    return (
        sa.select(
            Wave.id,
            Wave.number,
            Wave.method,
            Wave.origin,
            Wave.created_at,
            Cart.code.label("cart"),
            Cart.name.label("cart_name"),
            Person.name.label("person"),
            sa.func.count(PickList.id).label("lists"),
            sa.func.coalesce(sa.func.sum(claims.c.of), 0).label("of"),
            sa.func.coalesce(sa.func.sum(claims.c.done), 0).label("done"),
            metres(PickList.metres_planned).label("metres"),
            metres(PickList.metres_by_name).label("metres_by_name"),
            metres(PickList.metres_s_shape).label("metres_s_shape"),
            metres(PickList.metres_shortest).label("metres_shortest"),
            sa.func.count(sa.case((walked, PickList.metres_shortest))).label("proved"),
            sa.func.count(sa.case((walked, PickList.id))).label("walked"),
            sa.func.count(sa.case((sa.and_(begun, as_planned.changed()), PickList.id))).label("changed"),
            metres(PickList.seconds_planned).label("seconds"),
        )
        .join(PickList, PickList.wave_id == Wave.id)
        .join(Task, Task.id == PickList.task_id)
        .outerjoin(Person, Person.id == Wave.by_id)
        .outerjoin(Cart, Cart.id == Wave.cart_id)
        .outerjoin(claims, claims.c.task_id == PickList.task_id)
        .where(Wave.site_id == by.site_id, one)
        .group_by(Wave.id, Wave.number, Wave.method, Wave.origin, Wave.created_at, Person.name, Cart.code, Cart.name)
    )


WAVE_SORTS = {"number": Wave.id, "created": Wave.created_at, "method": (Wave.method, Wave.id)}


def waiting_carriers(*, by: Actor) -> list[Any]:
    """The carriers of the orders that wait to be planned: (code, name)."""
    waiting = sa.and_(Order.site_id == by.site_id, Order.status.in_(ON_THE_FLOOR), OrderLine.promised > 0)
    carriers = sa.select(Partner.code, Partner.name).join(Order, Order.carrier_id == Partner.id)
    return list(session.execute(carriers.join(OrderLine, OrderLine.order_id == Order.id).where(waiting).distinct().order_by(Partner.code)))


def waiting_orders(*, by: Actor, ids: Sequence[int] | None = None) -> sa.Select[Any]:
    """Released orders with promised goods that no list picks yet, or those of them with these ids: a SELECT without order."""
    return (
        sa.select(
            Order.id,
            Order.number,
            Partner.name.label("customer"),
            Order.priority,
            Order.due_at,
            Order.status,
            Order.ship_complete,
            sa.func.count(OrderLine.id).label("lines"),
            sa.func.sum(OrderLine.promised).label("pieces"),
        )
        .join(Partner, Partner.id == Order.customer_id)
        .join(OrderLine, OrderLine.order_id == Order.id)
        .where(Order.site_id == by.site_id, Order.status.in_(ON_THE_FLOOR), OrderLine.promised > 0)
        .where(sa.true() if ids is None else among(Order.id, ids))
        .group_by(Order.id, Order.number, Partner.name, Order.priority, Order.due_at, Order.status, Order.ship_complete)
    )


WAITING_SORTS = {
    "due": (Order.due_at.is_(None), Order.due_at, Order.id),
    "priority": (Order.priority, Order.id),
    "number": Order.number_key,
    "customer": (Partner.name, Order.id),
}


def waiting_count(by: Actor) -> int:
    """How many released orders wait to be planned."""
    return session.execute(sa.select(sa.func.count()).select_from(waiting_orders(by=by).subquery())).scalar_one()


# -- replenishment -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Job:
    """A replenishment as the worker needs it."""

    task_id: int
    quantity: int
    product_id: int
    sku: str
    name: str
    name_zh: str | None
    name_en: str | None
    tracking: str
    base_unit: str
    rotation: str
    barcode: str | None
    lot: str
    received_on: dt.date
    expires_on: dt.date | None
    location_id: int
    location: str
    unit: str | None
    target_id: int
    target: str
    case_unit: str | None
    case_quantity: int | None
    several_lots: bool
    reasons: list[dict[str, Any]]


def replenishment(task_id: int) -> Job:
    """One replenishment with its goods and places."""
    face, other = aliased(Location), aliased(Stock)
    barcode = sa.select(Barcode.code).where(Barcode.product_id == Product.id, Barcode.packaging_id.is_(None)).order_by(Barcode.id).limit(1)
    case = _case_of(Product.id, Task.quantity)
    several = sa.exists().where(
        other.location_id == Task.source_id, other.product_id == Task.product_id, other.batch_id != Task.batch_id, other.on_hand > 0
    )
    row = session.execute(
        sa.select(
            Task.id,
            Task.quantity,
            Product.id,
            Product.sku,
            Product.name,
            Product.name_zh,
            Product.name_en,
            Product.tracking,
            Product.base_unit,
            Product.rotation,
            barcode.scalar_subquery(),
            Batch.lot,
            Batch.received_on,
            Batch.expires_on,
            Location.id,
            Location.code,
            HandlingUnit.code,
            face.id,
            face.code,
            case[0],
            case[1],
            several,
            Task.reasons,
        )
        .join(Product, Product.id == Task.product_id)
        .join(Batch, Batch.id == Task.batch_id)
        .join(Location, Location.id == Task.source_id)
        .join(face, face.id == Task.target_id)
        .outerjoin(HandlingUnit, HandlingUnit.id == Task.handling_unit_id)
        .where(Task.id == task_id)
    ).one()
    return Job(*row)


# -- shortages ---------------------------------------------------------------------------------------------------------


def shortages(*, by: Actor, q: str | None = None) -> sa.Select[Any]:
    """Lines of orders under way that came up short, or whose promise no goods in the racks can keep yet: a SELECT without order."""
    matching = containing(q, Order.number, Partner.name, Product.sku, Product.name) if q else sa.true()
    return (
        sa.select(
            OrderLine.id,
            Order.number,
            Partner.name.label("customer"),
            Order.due_at,
            Order.status,
            OrderLine.line,
            Product.sku,
            Product.name,
            Product.name_zh,
            Product.name_en,
            Product.decimals,
            OrderLine.ordered,
            OrderLine.picked,
            OrderLine.promised,
            OrderLine.short,
        )
        .join(Order, Order.id == OrderLine.order_id)
        .join(Partner, Partner.id == Order.customer_id)
        .join(Product, Product.id == OrderLine.product_id)
        .where(
            Order.site_id == by.site_id,
            Order.status.in_([*ON_THE_FLOOR, OrderStatus.PICKED.value, OrderStatus.PACKED.value]),
            matching,
            sa.or_(OrderLine.short > 0, sa.and_(OrderLine.promised > 0, OrderLine.picked + OrderLine.reserved > 0)),
        )
    )


SHORTAGE_SORTS = {
    "due": (Order.due_at.is_(None), Order.due_at, OrderLine.id),
    "number": (Order.number_key, OrderLine.id),
    "sku": Product.sku_key,
}


def decimals_of(line_id: int) -> int:
    """Those of the product of an order's line."""
    asked = sa.select(Product.decimals).join(OrderLine, OrderLine.product_id == Product.id).where(OrderLine.id == line_id)
    return session.execute(asked).scalar_one()


def shortage_count(by: Actor) -> int:
    """How many lines are short or wait for goods."""
    return session.execute(sa.select(sa.func.count()).select_from(shortages(by=by).subquery())).scalar_one()


def figures(by: Actor) -> dict[str, int]:
    """The numbers of the picking board."""
    return {
        "to_plan": waiting_count(by),
        "open": open_tasks(TaskKind.PICK, by=by),
        "replenish": open_tasks(TaskKind.REPLENISH, by=by),
        "short": shortage_count(by),
    }
