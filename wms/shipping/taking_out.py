"""Cartons that hold what nobody wants any more: an order became less after it was packed.

Its claim on the pieces has ended, and a task is to put them back; they are still in the carton. At the bench they are taken out and lie
loose, where the task finds them; only then is the carton closed, and its label and packing slip are right again.
"""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa

from wms.actor import Actor
from wms.auth.models import Person
from wms.catalog.models import Product
from wms.catalog.units import in_unit
from wms.db import session
from wms.errors import Refused
from wms.events import Event
from wms.i18n import T, Text
from wms.locations.models import Kind, Location
from wms.orders import lifecycle
from wms.orders.models import Order
from wms.shipping.words import tail
from wms.stock import handling_units
from wms.stock.ledger import Move, Place, post
from wms.stock.models import HandlingUnit, MovementKind, Stock
from wms.tasks import queue
from wms.tasks.models import Task, TaskKind, TaskStatus


class StillInside(Refused):
    """It holds pieces that are not the order's any more."""

    code = "still_inside"
    sentence = T("Still to come out of carton {carton}: {what}", "箱 {carton} 内还须取出：{what}")
    advice = T("Take them out first: scan the carton", "请先取出：扫描该箱")


class BenchFirst(Refused):
    """The carton comes from a truck or a rack: nobody knows at which bench it is now."""

    code = "bench_first"
    sentence = T("Carton {carton} is at {place} in the book", "账面上箱 {carton} 在 {place}")
    advice = T("Bring it to a bench and scan the bench first, then the carton", "请送到打包台，先扫描打包台，再扫描该箱")


@dataclass(frozen=True, slots=True)
class Inside:
    """So many of a product that are in a carton and are nobody's."""

    sku: str
    name: Text
    quantity: int
    unit: str

    @property
    def words(self) -> Text:
        """2 pieces of NUT."""
        amount = {"n": self.quantity, "unit": in_unit(self.quantity, self.unit), "sku": self.sku}
        return T("{n} {unit} of {sku}", "{sku} {n} {unit}", **amount)


def inside(unit_id: int) -> list[Inside]:
    """What is in a carton that nobody has claimed."""
    free = sa.func.sum(Stock.on_hand - Stock.reserved)
    rows = session.execute(
        sa.select(Product, free)
        .join(Stock, Stock.product_id == Product.id)
        .where(Stock.handling_unit_id == unit_id, Stock.on_hand > Stock.reserved)
        .group_by(Product.id)
        .order_by(Product.sku_key)
    ).all()
    return [Inside(one.sku, T(one.name_en or one.name, one.name_zh or one.name), int(quantity), one.base_unit) for one, quantity in rows]


def listed(goods: list[Inside]) -> Text:
    """What comes out, in a few words."""
    said = [one.words for one in goods[:3]]
    more = " …" if len(goods) > len(said) else ""
    return Text(", ".join(one.say("en") for one in said) + more, "、".join(one.say("zh_CN") for one in said) + more)


def must_be_out(unit: HandlingUnit) -> None:
    """Raises StillInside where a carton would be closed over what is not its order's."""
    goods = inside(unit.id)
    if goods:
        raise StillInside(carton=tail(unit.code), what=listed(goods))


def brought(order_id: int, unit: HandlingUnit, bench_id: int | None, *, by: Actor, key: str) -> None:
    """A carton that came off a truck, or was staged, is at the bench where it was scanned. Raises BenchFirst where nobody said which."""
    place = session.get_one(Location, unit.location_id)
    if place.kind == Kind.PACKING and bench_id in (None, place.id):
        return
    if bench_id is None:
        raise BenchFirst(carton=tail(unit.code), place=place.code)
    order = lifecycle.lock(order_id)
    handling_units.move_unit(unit, bench_id, key=f"{key}:brought", kind=MovementKind.MOVE, by=by, document=order.number)
    session.refresh(unit)


def to_be_fetched(order_id: int, carton: HandlingUnit, places: set[int], bench_id: int | None, *, by: Actor, key: str) -> str | None:
    """An order that is taken at one bench while its goods, or its open carton, lie at another: where the packer fetches them. The carton
    stands at this bench in the book from now on; loose pieces follow one by one, as they are packed."""
    if bench_id is None:
        return None
    elsewhere = places - {bench_id}
    if carton.location_id != bench_id:
        elsewhere |= {carton.location_id} if handling_units.contents(carton.id) else set()
        brought(order_id, carton, bench_id, by=by, key=key)
    if not elsewhere:
        return None
    return ", ".join(session.execute(sa.select(Location.code).where(Location.id.in_(elsewhere)).order_by(Location.code)).scalars())


def take_out(order_id: int, carton: str, *, by: Actor, key: str) -> list[Inside]:
    """The pieces lie beside the carton now; the tasks that put them back find them there. Raises TaskTaken where somebody does already."""
    order = lifecycle.lock(order_id)
    unit = handling_units.find(carton, by=by)
    session.refresh(unit)  # behind the order's lock
    goods = inside(unit.id)
    tasks = _tasks(unit)
    rows = [row for row in handling_units.contents(unit.id) if row.on_hand > row.reserved]
    post(
        [
            Move(
                key=f"{key}:out:{place}",
                batch_id=row.batch_id,
                quantity=row.on_hand - row.reserved,
                source=Place(row.location_id, row.handling_unit_id, row.condition),
                target=Place(row.location_id, None, row.condition),
                kind=MovementKind.MOVE,
                document=order.number,
            )
            for place, row in enumerate(rows)
        ],
        by=by,
    )
    for task in tasks:
        task.handling_unit_id, task.source_id = None, unit.location_id
        queue.aimed(task)
    session.flush()
    return goods


def _tasks(unit: HandlingUnit) -> list[Task]:
    found = session.execute(
        sa.select(Task)
        .where(
            Task.kind == TaskKind.PUT_BACK.value,
            Task.handling_unit_id == unit.id,
            Task.status.in_([TaskStatus.OPEN.value, TaskStatus.CLAIMED.value]),
        )
        .order_by(Task.id)
        .execution_options(populate_existing=True)
    ).scalars()
    tasks = list(found)
    taken = next((one for one in tasks if one.status == TaskStatus.CLAIMED), None)
    if taken is not None:
        name = session.execute(sa.select(Person.name).where(Person.id == taken.person_id)).scalar_one()
        raise queue.TaskTaken(person=name)
    return tasks


def newest_change(order_id: int) -> int:
    """Which change of the order was the last; 0 where it was never changed."""
    newest = sa.select(sa.func.max(Event.id)).where(
        Event.subject_kind == Order.event_kind, Event.subject_id == order_id, Event.code == "order.changed"
    )
    return int(session.execute(newest).scalar() or 0)
