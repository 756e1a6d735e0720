"""Which goods go to which order line: the next batch in turn, for many lines at once.

Demand is laid end to end by priority, due time and age of the order; supply by rotation. Both are running totals per product, and every
piece between two cuts belongs to the one demand and the one supply that cover it. That is one statement for any number of lines.

Lines that take only part of the supply (a lot, a minimum remaining life) and orders that ship complete or not at all cannot be laid end
to end; the products they touch are dealt out one line after the other in Python, in the same sequence and by the same rotation.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import sqlalchemy as sa

from wms import clock
from wms.catalog.models import Partner, Product
from wms.db import among, fold, is_postgresql, session, table_of
from wms.errors import Conflict
from wms.i18n import T
from wms.locations.models import PICKABLE, Kind, Location
from wms.orders.models import Order, OrderLine
from wms.stock import promises, reservations
from wms.stock.ledger import CANONICAL
from wms.stock.models import Batch, Claim, Condition, Promise, Reservation, Stage, Stock
from wms.stock.rotation import turn
from wms.tasks.models import Task, TaskKind, TaskStatus

ATTEMPTS = 5

_S, _B, _L, _P = table_of(Stock), table_of(Batch), table_of(Location), table_of(Product)
_R, _O, _OL = table_of(Reservation), table_of(Order), table_of(OrderLine)
_C, _PROMISE, _TASK = table_of(Partner), table_of(Promise), table_of(Task)
_BIG = sa.BigInteger


class StockMovedOn(Conflict):
    """The goods chosen were taken by others again and again while we chose."""

    code = "stock_moved_on"
    sentence = T("The stock changed while work was planned", "排单期间库存有变化")
    advice = T("Plan again", "请重新排单")


@dataclass(frozen=True, slots=True)
class Taken:
    """One claim that allocation made."""

    claim_id: int
    order_line_id: int
    stock_id: int
    quantity: int


@dataclass(frozen=True, slots=True)
class Demand:
    """What one line still waits for, and what it will take."""

    line_id: int
    order_id: int
    product_id: int
    quantity: int
    lot_key: str | None
    min_days: int
    ship_complete: bool
    promised_in_full: bool


@dataclass(frozen=True, slots=True)
class Supply:
    """What is free of one stock row."""

    stock_id: int
    product_id: int
    free: int
    lot_key: str
    expires_on: dt.date | None


def allocate(order_ids: Iterable[int], *, site_id: int) -> list[Taken]:
    """Turns the promises of these orders into claims on goods, as far as goods are there; what lacks stays promised.

    Header rows are locked first, in id order, then promises, then stock in canonical order; when a stock row was taken meanwhile,
    everything is chosen again. Raises StockMovedOn when that happens again and again.
    """
    orders = sorted(set(order_ids))
    if not orders:
        return []
    session.flush()  # the statements below are Core
    session.execute(sa.select(_O.c.id).where(among(_O.c.id, orders)).order_by(_O.c.id).with_for_update(key_share=True))
    _lock_promises(orders, site_id)
    for _ in range(ATTEMPTS):
        point = session.begin_nested()
        taken = _insert(orders, site_id)
        if not taken or _book(orders, taken, site_id):
            point.commit()
            forget()
            return taken
        point.rollback()
    raise StockMovedOn


def forget() -> None:
    """Lines, claims, promises and stock were changed behind the session's back; headers were not, and a wave holds thousands of them."""
    session.flush()  # what else is new about them
    for row in list(session.identity_map.values()):
        if isinstance(row, OrderLine | Reservation | Stock | Promise):
            session.expire(row)


def options(order_line_id: int, quantity: int, *, site_id: int) -> list[tuple[int, int]]:
    """Where so much of what a line still waits for could be taken now, in turn: (stock row, quantity). Only looks."""
    order, product = session.execute(sa.select(_OL.c.order_id, _OL.c.product_id).where(_OL.c.id == order_line_id)).one()
    line = [
        replace(one, quantity=min(quantity, one.quantity), ship_complete=False)  # it is on its way already
        for one in _demand([order], [product])
        if one.line_id == order_line_id
    ]
    return [(stock_id, amount) for _, stock_id, amount in deal(line, _supply([product], site_id), clock.today())]


def allocate_line(order_line_id: int, quantity: int, *, site_id: int, task_id: int) -> int:
    """Claims so much for one line of a pick list in work, as far as goods are there; it comes first on the list. Returns how much.

    The order's header is locked by the caller.
    """
    product = session.execute(sa.select(_OL.c.product_id).where(_OL.c.id == order_line_id)).scalar_one()
    promises.lock(site_id, {product})
    claimed = 0
    for _ in range(ATTEMPTS):
        chosen = options(order_line_id, quantity - claimed, site_id=site_id)
        got = 0
        for stock_id, amount in chosen:
            if reservations.reserve(stock_id, amount, order_line_id=order_line_id, task_id=task_id) is not None:
                got += amount
        if got:
            values = {"promised": _OL.c.promised - got, "reserved": _OL.c.reserved + got}
            session.execute(sa.update(_OL).where(_OL.c.id == order_line_id).values(**values))
            promises.change(site_id, {product: -got})
            claimed += got
        if got == sum(amount for _, amount in chosen):
            break
    return claimed


# -- demand and supply, in their sequences -----------------------------------------------------------------------------


def _waiting(orders: Sequence[int]) -> sa.ColumnElement[bool]:
    return sa.and_(_OL.c.promised > 0, among(_OL.c.order_id, orders))


def in_sequence() -> tuple[Any, ...]:
    """ORDER BY terms over orders and lines: who gets scarce goods first."""
    return (_O.c.priority.desc(), _O.c.due_at.is_(None), _O.c.due_at, _O.c.id, _OL.c.id)


def in_turn() -> tuple[Any, ...]:
    """ORDER BY terms over supply: rotation decides the age; within one age the pick face goes before the rack."""
    *ages, batch, row = turn()
    face_first = sa.case((_L.c.kind == Kind.PICK_FACE.value, 0), else_=1)
    return (*ages, face_first, batch, row)


def sound(site_id: int) -> sa.ColumnElement[bool]:
    """Goods that an order may have: good, unexpired, ours, in racks and faces, not short-picked and waiting to be counted."""
    return sa.and_(
        _S.c.site_id == site_id,
        _S.c.condition == Condition.GOOD.value,
        _S.c.on_hand > _S.c.reserved,
        _L.c.kind.in_([kind.value for kind in PICKABLE]),
        sa.or_(_B.c.expires_on.is_(None), _B.c.expires_on >= clock.today()),
        _B.c.owner_id.is_(None),
        ~doubted(_S.c.location_id, _S.c.product_id),
    )


def doubted(location: Any, product: Any) -> sa.ColumnElement[bool]:
    """Whether somebody missed goods of the product there, and what was counted since is not decided (its task waits for that).

    Such a count names the product; a planned one names its place alone, and does not stop the floor.
    """
    count = _TASK.alias("counting")
    return sa.exists().where(
        count.c.kind == TaskKind.COUNT.value,
        sa.or_(*(count.c.status == live.value for live in (TaskStatus.WAITING, TaskStatus.OPEN, TaskStatus.CLAIMED))),
        count.c.source_id == location,
        count.c.product_id == product,
    )


def racks() -> sa.FromClause:
    """Stock with its batch, product and location."""
    return _S.join(_B, _B.c.id == _S.c.batch_id).join(_P, _P.c.id == _S.c.product_id).join(_L, _L.c.id == _S.c.location_id)


def _lock_promises(orders: Sequence[int], site_id: int) -> None:
    products = sa.select(_OL.c.product_id).where(_waiting(orders))
    session.execute(
        sa.select(_PROMISE.c.id)
        .where(_PROMISE.c.site_id == site_id, _PROMISE.c.product_id.in_(products))
        .order_by(_PROMISE.c.product_id)
        .with_for_update(key_share=True)
    )


# -- choosing ----------------------------------------------------------------------------------------------------------


def _insert(orders: Sequence[int], site_id: int) -> list[Taken]:
    """Writes the claims; nothing is booked on stock and lines yet."""
    apart = _products_apart(orders, site_id)
    moment = clock.now()
    fixed = {"status": Claim.PENDING.value, "stage": Stage.RESERVED.value, "sequence": 0, "created_at": moment}
    returned = (_R.c.id, _R.c.order_line_id, _R.c.stock_id, _R.c.quantity)
    chosen = statement(orders, site_id, apart)
    values = [chosen.c.line_id, chosen.c.stock_id, chosen.c.quantity, *(sa.literal(v, _R.c[name].type) for name, v in fixed.items())]
    whole = sa.insert(_R).from_select(["order_line_id", "stock_id", "quantity", *fixed], sa.select(*values))
    rows = list(session.execute(whole.returning(*returned)).all())
    if apart:
        dealt = deal(_demand(orders, apart), _supply(apart, site_id), clock.today())
        single = [{"order_line_id": line, "stock_id": stock, "quantity": quantity, **fixed} for line, stock, quantity in dealt]
        if single:
            rows += session.execute(sa.insert(_R).returning(*returned), single).all()
    return [Taken(*row) for row in rows]


def statement(orders: Sequence[int], site_id: int, apart: Iterable[int] = ()) -> sa.CTE:
    """The one statement: (line_id, stock_id, quantity) for every line, products `apart` excepted.

    The running totals of demand and supply cut each product's goods into stretches; a stretch belongs to the first demand and the
    first supply that end at or after it. Cost grows with n log n, whether it is one product or thousands.
    """
    wanted = _waiting(orders)
    if apart := sorted(apart):
        wanted = sa.and_(wanted, ~among(_OL.c.product_id, apart))
    demand = (
        sa.select(
            _OL.c.id.label("line_id"),
            _OL.c.product_id,
            _running(_OL.c.promised, _OL.c.product_id, in_sequence()).label("upto"),
        )
        .join_from(_OL, _O, _O.c.id == _OL.c.order_id)
        .where(wanted)
        .cte("demand")
    )
    supply = (
        sa.select(
            _S.c.id.label("stock_id"),
            _S.c.product_id,
            _running(_S.c.on_hand - _S.c.reserved, _S.c.product_id, in_turn()).label("upto"),
        )
        .select_from(racks())
        .where(sound(site_id), _S.c.product_id.in_(sa.select(demand.c.product_id)))
        .cte("supply")
    )
    nobody = sa.cast(sa.null(), _BIG)
    cuts = sa.union_all(
        sa.select(demand.c.product_id, demand.c.upto, demand.c.line_id, nobody.label("stock_id")),
        sa.select(supply.c.product_id, supply.c.upto, nobody, supply.c.stock_id),
    ).cte("cuts")
    merged = (
        sa.select(
            cuts.c.product_id,
            cuts.c.upto,
            sa.func.max(cuts.c.line_id).label("line_id"),
            sa.func.max(cuts.c.stock_id).label("stock_id"),
        )
        .group_by(cuts.c.product_id, cuts.c.upto)
        .cte("merged")
    )

    # Counted from the far end, every demand (and every supply) begins a group: the stretches it covers.
    def from_the_end(column: sa.ColumnElement[int]) -> sa.ColumnElement[int]:
        return sa.func.count(column).over(partition_by=merged.c.product_id, order_by=merged.c.upto.desc())

    before = sa.func.lag(merged.c.upto).over(partition_by=merged.c.product_id, order_by=merged.c.upto)
    stretches = sa.select(
        merged.c.product_id,
        merged.c.line_id,
        merged.c.stock_id,
        (merged.c.upto - sa.func.coalesce(before, 0)).label("quantity"),
        from_the_end(merged.c.line_id).label("of_line"),
        from_the_end(merged.c.stock_id).label("of_stock"),
    ).cte("stretches")
    covered = sa.select(
        sa.func.max(stretches.c.line_id).over(partition_by=(stretches.c.product_id, stretches.c.of_line)).label("line_id"),
        sa.func.max(stretches.c.stock_id).over(partition_by=(stretches.c.product_id, stretches.c.of_stock)).label("stock_id"),
        sa.cast(stretches.c.quantity, _BIG).label("quantity"),
    ).cte("covered")
    both = sa.and_(covered.c.line_id.is_not(None), covered.c.stock_id.is_not(None))
    return sa.select(covered.c.line_id, covered.c.stock_id, covered.c.quantity).where(both).cte("chosen")


def _running(amount: Any, product: Any, sequence: tuple[Any, ...]) -> sa.ColumnElement[int]:
    return sa.cast(sa.func.sum(amount).over(partition_by=product, order_by=sequence, rows=(None, 0)), _BIG)


def deal(demands: Sequence[Demand], supplies: Sequence[Supply], today: dt.date) -> list[tuple[int, int, int]]:
    """One line after the other takes the first goods in turn that it may have: (line, stock row, quantity). Pure.

    An order that ships complete takes nothing when it cannot have everything.
    """
    shelves: dict[int, list[Supply]] = {}
    for supply in supplies:
        shelves.setdefault(supply.product_id, []).append(supply)
    free = {supply.stock_id: supply.free for supply in supplies}
    dealt: list[tuple[int, int, int]] = []
    place = 0
    while place < len(demands):
        order_id, first = demands[place].order_id, place
        got: list[tuple[int, int, int]] = []
        whole = True
        while place < len(demands) and demands[place].order_id == order_id:
            line = demands[place]
            place += 1
            missing = line.quantity
            for shelf in shelves.get(line.product_id, ()):
                amount = min(missing, free[shelf.stock_id])
                if amount <= 0 or not _may_have(line, shelf, today):
                    continue
                free[shelf.stock_id] -= amount
                got.append((line.line_id, shelf.stock_id, amount))
                missing -= amount
                if not missing:
                    break
            whole = whole and not missing and line.promised_in_full
        if demands[first].ship_complete and not whole:
            for _, stock_id, amount in got:
                free[stock_id] += amount
            continue
        dealt += got
    return dealt


def _may_have(line: Demand, shelf: Supply, today: dt.date) -> bool:
    if line.lot_key is not None and shelf.lot_key != line.lot_key:
        return False
    return not line.min_days or shelf.expires_on is None or shelf.expires_on >= today + dt.timedelta(days=line.min_days)


# -- what cannot be laid end to end ------------------------------------------------------------------------------------


def _products_apart(orders: Sequence[int], site_id: int) -> set[int]:
    """Products that a line wants in part of their supply only, and those of ship-complete orders where goods are scarce."""
    days = sa.func.coalesce(_OL.c.min_remaining_days, _C.c.min_remaining_days, 0)
    lines = sa.select(_OL.c.product_id).join_from(_OL, _O, _O.c.id == _OL.c.order_id).join(_C, _C.c.id == _O.c.customer_id)
    apart = set(session.execute(lines.where(_waiting(orders), sa.or_(_OL.c.lot.is_not(None), days > 0)).distinct()).scalars())
    complete: dict[int, set[int]] = {}
    for order_id, product_id in session.execute(
        sa.select(_O.c.id, _OL.c.product_id).join_from(_OL, _O, _O.c.id == _OL.c.order_id).where(_O.c.ship_complete, _waiting(orders))
    ).all():
        complete.setdefault(order_id, set()).add(product_id)
    if not complete:
        return apart
    scarce = _scarce(orders, sorted(set().union(*complete.values())), site_id) | apart
    whole = _whole_promises(list(complete))
    for order_id, products in complete.items():
        if order_id not in whole:
            scarce |= products
    spreading = True
    while spreading:  # an order that takes nothing leaves goods of all its products to others
        spreading = False
        for products in complete.values():
            if products & scarce and not products <= scarce:
                scarce |= products
                spreading = True
    return scarce


def _scarce(orders: Sequence[int], products: Sequence[int], site_id: int) -> set[int]:
    wanted = session.execute(
        sa.select(_OL.c.product_id, sa.func.sum(_OL.c.promised))
        .where(_waiting(orders), among(_OL.c.product_id, products))
        .group_by(_OL.c.product_id)
    ).all()
    free = session.execute(
        sa.select(_S.c.product_id, sa.func.sum(_S.c.on_hand - _S.c.reserved))
        .select_from(racks())
        .where(sound(site_id), among(_S.c.product_id, products))
        .group_by(_S.c.product_id)
    ).all()
    there = {row[0]: int(row[1]) for row in free}
    return {product for product, quantity in wanted if quantity > there.get(product, 0)}


def _whole_promises(orders: Sequence[int]) -> set[int]:
    """Orders whose lines wait for nothing beyond their promises."""
    lacking = _OL.c.ordered - _OL.c.cancelled - _OL.c.short - _OL.c.picked - _OL.c.reserved - _OL.c.promised
    broken = session.execute(sa.select(_OL.c.order_id).where(among(_OL.c.order_id, orders), lacking > 0)).scalars()
    return set(orders) - set(broken)


def _demand(orders: Sequence[int], products: Iterable[int]) -> list[Demand]:
    days = sa.func.coalesce(_OL.c.min_remaining_days, _C.c.min_remaining_days, 0)
    rows = session.execute(
        sa.select(_OL.c.id, _OL.c.order_id, _OL.c.product_id, _OL.c.promised, _OL.c.lot, days, _O.c.ship_complete)
        .join_from(_OL, _O, _O.c.id == _OL.c.order_id)
        .join(_C, _C.c.id == _O.c.customer_id)
        .where(_waiting(orders), among(_OL.c.product_id, sorted(products)))
        .order_by(*in_sequence())
    ).all()
    whole = _whole_promises(sorted({row.order_id for row in rows if row.ship_complete})) if rows else set()
    return [
        Demand(line_id, order_id, product_id, promised, fold(lot) if lot else None, min_days, complete, order_id in whole)
        for line_id, order_id, product_id, promised, lot, min_days, complete in rows
    ]


def _supply(products: Iterable[int], site_id: int) -> list[Supply]:
    rows = session.execute(
        sa.select(_S.c.id, _S.c.product_id, _S.c.on_hand - _S.c.reserved, _B.c.lot_key, _B.c.expires_on)
        .select_from(racks())
        .where(sound(site_id), among(_S.c.product_id, sorted(products)))
        .order_by(*in_turn())
    ).all()
    return [Supply(*row) for row in rows]


# -- booking -----------------------------------------------------------------------------------------------------------


def _book(orders: Sequence[int], taken: Sequence[Taken], site_id: int) -> bool:
    """Books the claims on stock, lines and promises; False when a stock row has less free by now."""
    first = min(one.claim_id for one in taken)
    rows = sorted({one.stock_id for one in taken})
    if is_postgresql():
        session.execute(sa.select(_S.c.id).where(among(_S.c.id, rows)).order_by(*CANONICAL).with_for_update(key_share=True))
    ours = (
        _R.c.id >= first,
        _R.c.order_line_id.in_(sa.select(_OL.c.id).where(among(_OL.c.order_id, orders))),
        _R.c.status == Claim.PENDING.value,
        _R.c.task_id.is_(None),
    )
    quantity = sa.cast(sa.func.sum(_R.c.quantity), _BIG).label("quantity")
    on_rows = sa.select(_R.c.stock_id, quantity).where(*ours).group_by(_R.c.stock_id).cte("on_rows")
    booked = session.execute(
        sa.update(_S)
        .where(
            _S.c.id == on_rows.c.stock_id,
            _S.c.condition == Condition.GOOD.value,
            _S.c.on_hand - _S.c.reserved >= on_rows.c.quantity,
        )
        .values(reserved=_S.c.reserved + on_rows.c.quantity)
    )
    if booked.rowcount != len(rows):  # type: ignore[attr-defined]
        return False
    on_lines = sa.select(_R.c.order_line_id, quantity).where(*ours).group_by(_R.c.order_line_id).cte("on_lines")
    session.execute(
        sa.update(_OL)
        .where(_OL.c.id == on_lines.c.order_line_id)
        .values(promised=_OL.c.promised - on_lines.c.quantity, reserved=_OL.c.reserved + on_lines.c.quantity)
    )
    of_products = (
        sa.select(_S.c.product_id, quantity)
        .join_from(_R, _S, _S.c.id == _R.c.stock_id)
        .where(*ours)
        .group_by(_S.c.product_id)
        .cte("of_products")
    )
    session.execute(
        sa.update(_PROMISE)
        .where(_PROMISE.c.site_id == site_id, _PROMISE.c.product_id == of_products.c.product_id)
        .values(promised=_PROMISE.c.promised - of_products.c.quantity)
    )
    return True
