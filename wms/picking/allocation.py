"""Which goods go to which order line: the next batch in turn, for many lines at once.

Demand is laid end to end by priority, due time and age of the order; supply by rotation. Both are running totals per product, and every
piece between two cuts belongs to the one demand and the one supply that cover it. That is one statement for any number of lines.

Not everything can be laid end to end: lines that take only part of the supply (a lot, a minimum remaining life, all from one batch), a
lot that sales has reserved, lines of one product with several strategies, bins chosen by what a line wants, and scarce orders that ship
complete. The products they touch are dealt out one line after the other (`wms.picking.dealing`), in the same sequence and the same turn.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from wms import clock
from wms.catalog.models import BinChoice
from wms.db import among, is_postgresql, session, table_of
from wms.errors import Conflict
from wms.i18n import T
from wms.orders.models import Order, OrderLine
from wms.picking import lacking
from wms.picking.dealing import Dealt
from wms.picking.strategies import (
    DAYS,
    Policy,
    dealer,
    demand,
    in_sequence,
    in_turn,
    kept_lots,
    lines,
    policy,
    racks,
    sound,
    strategy_of,
    waiting,
    whole_promises,
)
from wms.stock import promises, reservations
from wms.stock.ledger import CANONICAL
from wms.stock.models import Batch, Claim, Condition, Promise, Reservation, Stage, Stock

ATTEMPTS = 5

_S, _B, _R, _O, _OL, _PROMISE = (table_of(one) for one in (Stock, Batch, Reservation, Order, OrderLine, Promise))
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


def allocate(order_ids: Iterable[int], *, site_id: int) -> list[Taken]:
    """Turns the promises of these orders into claims on goods, as far as goods are there; what lacks stays promised, and the line says why.

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
            lacking.tell(orders, site_id)
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
    return [(one.stock_id, one.quantity) for one in _options(order_line_id, quantity, site_id)]


def _options(order_line_id: int, quantity: int, site_id: int) -> list[Dealt]:
    order, product = session.execute(sa.select(_OL.c.order_id, _OL.c.product_id).where(_OL.c.id == order_line_id)).one()
    rule = policy(site_id)
    line = [
        replace(one, quantity=min(quantity, one.quantity), ship_complete=False)  # it is on its way already
        for one in demand([order], rule, [product])
        if one.line_id == order_line_id
    ]
    return dealer([product], site_id, rule).deal(line)


def allocate_line(order_line_id: int, quantity: int, *, site_id: int, task_id: int) -> int:
    """Claims so much for one line of a pick list in work, as far as goods are there; it comes first on the list. Returns how much.

    The order's header is locked by the caller.
    """
    product = session.execute(sa.select(_OL.c.product_id).where(_OL.c.id == order_line_id)).scalar_one()
    promises.lock(site_id, {product})
    claimed = 0
    for _ in range(ATTEMPTS):
        chosen = _options(order_line_id, quantity - claimed, site_id)
        reservations.lock_rows(one.stock_id for one in chosen)
        got = 0
        for one in chosen:
            facts: dict[str, Any] = {"order_line_id": order_line_id, "task_id": task_id, "reasons": one.reasons}
            if reservations.reserve(one.stock_id, one.quantity, **facts) is not None:
                got += one.quantity
        if got:
            values = {"promised": _OL.c.promised - got, "reserved": _OL.c.reserved + got}
            session.execute(sa.update(_OL).where(_OL.c.id == order_line_id).values(**values))
            promises.change(site_id, {product: -got})
            claimed += got
        if got == sum(one.quantity for one in chosen):
            break
    return claimed


def propose(order_ids: Iterable[int], *, site_id: int) -> list[tuple[int, int, int]]:
    """What `allocate` would take now: (line, stock row, quantity). Only looks, and locks nothing."""
    orders, rule = sorted(set(order_ids)), policy(site_id)
    products, apart = _products_apart(orders, site_id, rule)
    found: list[tuple[int, int, int]] = []
    if products - apart:
        chosen = statement(orders, site_id, apart, rule)
        rows = session.execute(sa.select(chosen.c.line_id, chosen.c.stock_id, chosen.c.quantity))
        found += [(line, stock, quantity) for line, stock, quantity in rows]
    if apart:
        dealt = dealer(apart, site_id, rule).deal(demand(orders, rule, apart))
        found += [(one.line_id, one.stock_id, one.quantity) for one in dealt]
    return found


def _lock_promises(orders: Sequence[int], site_id: int) -> None:
    products = sa.select(_OL.c.product_id).where(waiting(orders))
    session.execute(
        sa.select(_PROMISE.c.id)
        .where(_PROMISE.c.site_id == site_id, _PROMISE.c.product_id.in_(products))
        .order_by(_PROMISE.c.product_id)
        .with_for_update(key_share=True)
    )


# -- choosing ----------------------------------------------------------------------------------------------------------


def _insert(orders: Sequence[int], site_id: int) -> list[Taken]:
    """Writes the claims; nothing is booked on stock and lines yet."""
    rule = policy(site_id)
    products, apart = _products_apart(orders, site_id, rule)
    fixed = {"status": Claim.PENDING.value, "stage": Stage.RESERVED.value, "sequence": 0, "created_at": clock.now()}
    returned = (_R.c.id, _R.c.order_line_id, _R.c.stock_id, _R.c.quantity)
    sources: list[Any] = []
    if products - apart:
        sources.append(statement(orders, site_id, apart, rule))
    if apart and (dealt := dealer(apart, site_id, rule).deal(demand(orders, rule, apart))):
        sources.append(_as_rows(dealt))
    rows: list[Any] = []
    for chosen in sources:
        values = [*chosen.c, *(sa.literal(v, _R.c[name].type) for name, v in fixed.items())]
        names = ["order_line_id", "stock_id", "quantity", "reasons", *fixed]
        rows += session.execute(sa.insert(_R).from_select(names, sa.select(*values)).returning(*returned)).all()
    return [Taken(*row) for row in rows]


def _as_rows(dealt: Sequence[Dealt]) -> sa.Subquery:
    """What was dealt out as a table of one parameter: a statement with thousands of them takes longer to read than to do."""
    names = ("line_id", "stock_id", "quantity", "reasons")
    if is_postgresql():
        said = json.dumps([dict(zip(names, (one.line_id, one.stock_id, one.quantity, one.reasons), strict=True)) for one in dealt])
        columns: list[sa.ColumnClause[Any]] = [*(sa.column(name, _BIG) for name in names[:3]), sa.column("reasons", postgresql.JSONB)]
        rows = sa.func.json_to_recordset(sa.cast(sa.literal(said, sa.Text), postgresql.JSON)).table_valued(*columns)
        return sa.select(*rows.render_derived(with_types=True).c).subquery()
    said = json.dumps([(one.line_id, one.stock_id, one.quantity, json.dumps(one.reasons)) for one in dealt])
    rows = sa.func.json_each(sa.literal(said)).table_valued("value")
    return sa.select(*(sa.func.json_extract(rows.c.value, f"$[{place}]").label(name) for place, name in enumerate(names))).subquery()


def statement(orders: Sequence[int], site_id: int, apart: Iterable[int] = (), rule: Policy | None = None) -> sa.CTE:
    """The one statement: (line_id, stock_id, quantity, reasons) for every line, products `apart` excepted.

    The running totals of demand and supply cut each product's goods into stretches; a stretch belongs to the first demand and the
    first supply that end at or after it. Cost grows with n log n, whether it is one product or thousands.
    """
    rule = rule or policy(site_id)
    wanted = waiting(orders)
    if apart := sorted(apart):
        wanted = sa.and_(wanted, ~among(_OL.c.product_id, apart))
    demand = (
        sa.select(
            _OL.c.id.label("line_id"),
            _OL.c.product_id,
            *(column.label(name) for name, column in strategy_of(rule).items()),
            _running(_OL.c.promised, _OL.c.product_id, in_sequence()).label("upto"),
        )
        .select_from(lines())
        .where(wanted)
        .cte("demand")
    )
    strategy = (
        sa.select(
            demand.c.product_id,
            sa.func.max(demand.c.rotation).label("rotation"),
            sa.func.max(demand.c.bins).label("bins"),
            sa.cast(sa.func.max(demand.c.upto), _BIG).label("wanted"),
        )
        .group_by(demand.c.product_id)
        .cte("strategy")
    )
    sequence = in_turn(strategy.c.rotation, strategy.c.bins, rule)
    free = _S.c.on_hand - _S.c.reserved
    all_of_it = (
        sa.select(
            _S.c.id.label("stock_id"),
            _S.c.product_id,
            strategy.c.wanted,
            free.label("free"),
            _running(free, _S.c.product_id, sequence).label("upto"),
            sa.func.count().over(partition_by=(_S.c.product_id, sequence[0], _B.c.received_on)).label("places"),
        )
        .select_from(racks().join(strategy, strategy.c.product_id == _S.c.product_id))
        .where(sound(site_id))
        .subquery()
    )
    supply = sa.select(all_of_it).where(all_of_it.c.upto - all_of_it.c.free < all_of_it.c.wanted).cte("supply")  # the rest is for nobody
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
    told = covered.join(demand, demand.c.line_id == covered.c.line_id).join(supply, supply.c.stock_id == covered.c.stock_id)
    chosen = (covered.c.line_id, covered.c.stock_id, covered.c.quantity, _why(demand, supply).label("reasons"))
    return sa.select(*chosen).select_from(told).cte("chosen")


def _why(demand: sa.CTE, supply: sa.CTE) -> sa.ColumnElement[Any]:
    """Why this batch and why this bin, as `dealing.why` says it."""
    text: Any = sa.literal('[{"code": "', sa.String)
    for part in (
        *(demand.c.rotation, '", "by": "', demand.c.rotation_by, '"}, {"code": "', demand.c.bins, '", "by": "', demand.c.bins_by),
        *('", "places": ', sa.cast(supply.c.places, sa.String), "}]"),
    ):
        text = text + (sa.literal(part, sa.String) if isinstance(part, str) else part)
    return sa.cast(text, postgresql.JSONB) if is_postgresql() else text


def _running(amount: Any, product: Any, sequence: tuple[Any, ...]) -> sa.ColumnElement[int]:
    return sa.cast(sa.func.sum(amount).over(partition_by=product, order_by=sequence, rows=(None, 0)), _BIG)


# -- what cannot be laid end to end ------------------------------------------------------------------------------------

_ENDS = (("first", sa.func.min), ("last", sa.func.max))


def _products_apart(orders: Sequence[int], site_id: int, rule: Policy) -> tuple[set[int], set[int]]:
    """All products that lines wait for; and those whose lines cannot be laid end to end, or whose ship-complete orders find them scarce."""
    strategy = strategy_of(rule)
    picky = sa.case((sa.or_(_OL.c.lot.is_not(None), _OL.c.one_batch), 1), else_=0)
    by_line = [BinChoice.FEWEST_PICKS.value, BinChoice.FULL_PACKAGING.value, *([BinChoice.NEAREST.value] if rule.window else [])]
    rows = session.execute(
        sa.select(
            _OL.c.product_id,
            sa.func.max(picky).label("picky"),
            sa.func.max(DAYS).label("days"),
            *(end(strategy[name]).label(f"{which}_{name}") for name in ("rotation", "bins") for which, end in _ENDS),
        )
        .select_from(lines())
        .where(waiting(orders))
        .group_by(_OL.c.product_id)
    ).all()
    apart = {
        row.product_id
        for row in rows
        if row.picky or row.first_rotation != row.last_rotation or row.first_bins != row.last_bins or row.first_bins in by_line
    }
    apart |= _too_old_for({row.product_id: row.days for row in rows if row.days and row.product_id not in apart}, site_id)
    products = {row.product_id for row in rows}
    apart |= {product for product, _ in kept_lots(products, site_id)}
    complete: dict[int, set[int]] = {}
    for order_id, product_id in session.execute(
        sa.select(_O.c.id, _OL.c.product_id).join_from(_OL, _O, _O.c.id == _OL.c.order_id).where(_O.c.ship_complete, waiting(orders))
    ).all():
        complete.setdefault(order_id, set()).add(product_id)
    if not complete:
        return products, apart
    scarce = _scarce(orders, sorted(set().union(*complete.values())), site_id) | apart
    whole = whole_promises(list(complete))
    for order_id, together in complete.items():
        if order_id not in whole:
            scarce |= together
    spreading = True
    while spreading:  # an order that takes nothing leaves goods of all its products to others
        spreading = False
        for together in complete.values():
            if together & scarce and not together <= scarce:
                scarce |= together
                spreading = True
    return products, scarce


def _too_old_for(days: Mapping[int, int], site_id: int) -> set[int]:
    """Those products of which some goods do not keep so many days: only then somebody passes them over."""
    if not days:
        return set()
    earliest = session.execute(
        sa.select(_S.c.product_id, sa.func.min(_B.c.expires_on))
        .select_from(racks())
        .where(sound(site_id), among(_S.c.product_id, sorted(days)))
        .group_by(_S.c.product_id)
    ).all()
    today = clock.today()
    return {product for product, expires in earliest if expires is not None and expires < today + dt.timedelta(days=days[product])}


def _scarce(orders: Sequence[int], products: Sequence[int], site_id: int) -> set[int]:
    wanted = session.execute(
        sa.select(_OL.c.product_id, sa.func.sum(_OL.c.promised))
        .where(waiting(orders), among(_OL.c.product_id, products))
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
