"""Looking again: holds whose cause is gone lift by themselves, and back-orders are promised what has arrived."""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Iterable, Iterator

import sqlalchemy as sa

from wms import events
from wms.actor import Actor
from wms.catalog.partners import WHEN_TERMS_CHANGE
from wms.db import session, transaction
from wms.orders import gate, lifecycle, operations
from wms.orders.availability import FIRST_COME
from wms.orders.gate import ON_THE_FLOOR
from wms.orders.models import WAITING, Hold, Order, OrderLine, OrderStatus

S = OrderStatus
_MANY = 500


def reconsider(products: Iterable[int], *, site_id: int, by: Actor | None = None) -> int:
    """After goods came in or a balance changed: looks again at the held orders that want these products. How many had a hold lifted.

    Runs inside the caller's transaction, and locks nothing but held orders, which nobody works on.
    """
    wanting = sa.select(OrderLine.order_id).where(OrderLine.product_id.in_(sorted(set(products))))
    return _lift(_hopeful(Order.site_id == site_id, Order.id.in_(wanting)), by)


def reconsider_customer(customer_id: int) -> int:
    """After what a customer owes, or whether they are blocked, has changed: looks again at their orders that are not released. How many
    were held or had a hold lifted. Runs inside the caller's transaction."""
    theirs = sa.select(Order.id).where(Order.customer_id == customer_id, Order.status.in_([S.RECEIVED.value, S.HELD.value]))
    return _lift(session.execute(theirs.order_by(Order.id)).scalars().all(), None)


WHEN_TERMS_CHANGE.append(reconsider_customer)


def reconsider_everything() -> int:
    """Looks again at every held order and every back-order, each in a transaction of its own; how many changed."""
    changed = 0
    for order_id in _hopeful():
        with transaction():
            changed += _lift([order_id], None)
    for order_id in _back_orders():
        with transaction():
            changed += _promise_more(order_id)
    return changed


def _hopeful(*conditions: sa.ColumnElement[bool]) -> list[int]:
    """Held orders of which at least one hold would lift now; read without a lock."""
    lifting = sa.select(Hold.order_id).where(Hold.lifted_at.is_(None), Hold.code != gate.MANUAL.code)
    held = sa.select(Order).where(Order.status == S.HELD.value, Order.id.in_(lifting), *conditions).order_by(Order.id)
    found = []
    for case in _cases(held):
        refused = gate.examine(case)
        if any(hold.code not in refused and hold.code != gate.MANUAL.code for hold in gate.open_holds(case.order)):
            found.append(case.order.id)
    return sorted(found)


def _cases(orders: sa.Select[tuple[Order]]) -> Iterator[gate.Case]:
    """The cases of all these orders, in their sequence, read some hundred at a time."""
    for start in itertools.count(0, _MANY):
        some = session.execute(orders.offset(start).limit(_MANY)).scalars().all()
        by_site: dict[int, list[Order]] = defaultdict(list)
        for order in some:
            by_site[order.site_id].append(order)
        for of_one_site in by_site.values():
            yield from gate.cases(of_one_site)
        if len(some) < _MANY:
            return


def _lift(order_ids: Iterable[int], by: Actor | None) -> int:
    return sum(operations.reconsider(lifecycle.lock(order_id), by=by) for order_id in order_ids)


def _back_orders() -> list[int]:
    """Orders on the floor that still wait for stock, of goods of which there are some to promise; read without a lock."""
    waiting = (
        sa.select(Order)
        .where(
            Order.status.in_([status.value for status in ON_THE_FLOOR]),
            Order.allow_backorder,
            Order.id.in_(sa.select(OrderLine.order_id).where(sa.text(WAITING))),
        )
        .order_by(*FIRST_COME)
    )
    return [
        case.order.id for case in _cases(waiting) if any(gate.open_quantity(line) and case.there_is(line) > 0 for line in case.order.lines)
    ]


def _promise_more(order_id: int) -> int:
    order = lifecycle.lock(order_id)
    if order.status not in ON_THE_FLOOR:
        return 0
    quantity = operations.promise(gate.cases([order], locked=True)[0])
    if not quantity:
        return 0
    operations.tell_day(order)
    session.flush()  # the event below is a Core statement
    events.record(order, "order.promised", by=None, quantity=quantity)
    return 1
