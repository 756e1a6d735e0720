"""Looking again: holds whose cause is gone lift by themselves, and back-orders are promised what has arrived.

What speaks of customer and order is looked at where it changes, in the same transaction. What speaks of stock is looked at by a sweep every
few seconds, which reads what was booked since it last looked and no more: who waits for goods that nothing has happened to waits still.
"""

from __future__ import annotations

import datetime as dt
import itertools
import time
from collections import defaultdict, deque
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field

import sqlalchemy as sa

from wms import clock, events
from wms.actor import Actor
from wms.catalog.partners import WHEN_TERMS_CHANGE
from wms.db import session, transaction
from wms.events import Event
from wms.locations.models import PROMISABLE, Location
from wms.orders import gate, lifecycle, operations
from wms.orders.availability import FIRST_COME
from wms.orders.gate import ON_THE_FLOOR
from wms.orders.models import WAITING, Hold, Order, OrderLine, OrderStatus
from wms.stock import promises
from wms.stock.models import Condition, Movement, Promise

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
    return _each(_hopeful(), _back_orders())


def _each(held: Iterable[int], waiting: Iterable[int]) -> int:
    changed = 0
    for order_id in held:
        with transaction():
            changed += _lift([order_id], None)
    for order_id in waiting:
        with transaction():
            changed += _promise_more(order_id)
    return changed


# -- the sweep ---------------------------------------------------------------------------------------------------------

EVERYTHING_SECONDS = 900.0
"""So often all are looked at all the same: for what is written down nowhere, such as a place that becomes a storage place."""
LATE_SECONDS = 60.0
"""A transaction may commit its rows so much later than others with higher numbers: what was read is read once more for so long."""
_BEFORE = 2_000
_ONWARD = "received released planned picking picked packed loaded shipped delivered closed settled promised"
_GIVES_NOTHING_BACK = [f"order.{one}" for one in _ONWARD.split()]


@dataclass(frozen=True)
class _News:
    """What has happened since: products of which some may be free now, and orders that may not be like others any more."""

    products: dict[int, set[int]]  # by site
    customers: set[int]


@dataclass
class Sweep:
    """The place of a process in what is booked. It begins with everything, and goes on with what came in."""

    _marks: deque[tuple[float, int, int]] = field(default_factory=deque)  # when, up to which movement, up to which event
    _seen: tuple[set[int], set[int]] = field(default_factory=lambda: (set(), set()))
    _whole: tuple[float, dt.date] | None = None  # when all were looked at, and on which day

    def look(self) -> int:
        """One round; how many orders changed. What fails is looked at by the next round, as a whole."""
        whole, self._whole = self._whole, None
        moment, today = time.monotonic(), clock.today()
        if whole is None or whole[1] != today or moment - whole[0] > EVERYTHING_SECONDS:
            self._begin(moment)
            whole = moment, today
            changed = reconsider_everything()
        elif (news := self._read(moment)) is None:  # another database than before
            return self.look()
        else:
            changed = _of_news(news)
        self._whole = whole
        return changed

    def _begin(self, moment: float) -> None:
        movement, event = _ends()
        self._marks = deque([(moment, movement - _BEFORE, event - _BEFORE)])
        moved, happened = _since(movement - _BEFORE, event - _BEFORE)
        self._seen = set(moved), set(happened)
        self._marks.append((moment, movement, event))

    def _read(self, moment: float) -> _News | None:
        ends = _ends()
        if ends[0] < self._marks[-1][1] or ends[1] < self._marks[-1][2]:
            return None
        moved, happened = _since(*self._marks[0][1:])
        known, self._seen = self._seen, (set(moved), set(happened))
        self._marks.append((moment, *ends))
        while len(self._marks) > 1 and moment - self._marks[1][0] > LATE_SECONDS:
            self._marks.popleft()
        products: dict[int, set[int]] = defaultdict(set)
        for site_id, product_id in (where for one, where in moved.items() if one not in known[0] and where is not None):
            products[site_id].add(product_id)
        customers = _of_orders({order for one, order in happened.items() if one not in known[1]}, products)
        return _News(products, customers)


def _ends() -> tuple[int, int]:
    """The last movement and the last event."""
    last = sa.select(*(sa.select(sa.func.coalesce(sa.func.max(one), 0)).scalar_subquery() for one in (Movement.id, Event.id)))
    row = session.execute(last).one()
    return row[0], row[1]


def _since(movement: int, event: int) -> tuple[dict[int, tuple[int, int] | None], dict[int, int]]:
    """What came after these: by movement the site and product of which some may be free by it, and the orders of which something was given
    back or changed, by event."""
    may_be_free = sa.and_(Location.kind.in_([kind.value for kind in PROMISABLE]), Movement.target_condition == Condition.GOOD.value)
    moved = session.execute(
        sa.select(Movement.id, Movement.site_id, Movement.product_id, may_be_free.label("free"))
        .join(Location, Location.id == Movement.target_id)
        .where(Movement.id > movement)
    )
    happened = session.execute(
        sa.select(Event.id, Event.subject_id).where(
            Event.id > event, Event.subject_kind == Order.event_kind, Event.code.not_in(_GIVES_NOTHING_BACK)
        )
    )
    return {row.id: (row.site_id, row.product_id) if row.free else None for row in moved}, {row.id: row.subject_id for row in happened}


def _of_orders(orders: Collection[int], products: dict[int, set[int]]) -> set[int]:
    """Adds the goods of these orders; whose they are."""
    if not orders:
        return set()
    goods = sa.select(Order.site_id, OrderLine.product_id).join(OrderLine, OrderLine.order_id == Order.id).where(Order.id.in_(orders))
    for site_id, product_id in session.execute(goods.distinct()):
        products[site_id].add(product_id)
    return set(session.execute(sa.select(Order.customer_id).where(Order.id.in_(orders)).distinct()).scalars())


def _of_news(news: _News) -> int:
    held: set[int] = set()
    waiting: list[int] = []
    for site_id, moved in news.products.items():
        if some := _some_to_promise(site_id, moved):
            wanting = Order.id.in_(sa.select(OrderLine.order_id).where(OrderLine.product_id.in_(some), sa.text(WAITING)))
            held.update(_hopeful(Order.site_id == site_id, wanting))
            waiting += _back_orders(Order.site_id == site_id, wanting)
    if news.customers:
        doubted = sa.select(Hold.order_id).where(Hold.lifted_at.is_(None), Hold.code == gate.DUPLICATE)
        held.update(_hopeful(Order.customer_id.in_(news.customers), Order.id.in_(doubted)))
    return _each(sorted(held), waiting)


def _some_to_promise(site_id: int, products: Collection[int]) -> list[int]:
    """The products of which there is more than was promised, and that somebody waits for."""
    waited = sa.select(OrderLine.product_id).where(OrderLine.product_id.in_(products), sa.text(WAITING)).distinct()
    wanted = set(session.execute(waited).scalars())
    if not wanted:
        return []
    promised = sa.select(Promise.product_id, Promise.promised).where(Promise.site_id == site_id, Promise.product_id.in_(wanted))
    taken = {row.product_id: row.promised for row in session.execute(promised)}
    free = promises.free_stock(site_id, wanted)
    return sorted(product for product in wanted if free[product] > taken.get(product, 0))


# -- who is looked at --------------------------------------------------------------------------------------------------


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


def _back_orders(*conditions: sa.ColumnElement[bool]) -> list[int]:
    """Orders on the floor that still wait for stock, of goods of which there are some to promise; read without a lock."""
    waiting = (
        sa.select(Order)
        .where(
            Order.status.in_([status.value for status in ON_THE_FLOOR]),
            Order.allow_backorder,
            Order.id.in_(sa.select(OrderLine.order_id).where(sa.text(WAITING))),
            *conditions,
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
    case = gate.cases([order], locked=True)[0]
    promised = operations.promise(case)
    if not promised:
        return 0
    operations.tell_day(order)
    session.flush()  # the event below is a Core statement
    goods = [{"sku": case.skus[product_id], "quantity": quantity} for product_id, quantity in promised.items()]
    events.record(order, "order.promised", by=None, quantity=sum(promised.values()), goods=goods)
    return 1
