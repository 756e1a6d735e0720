"""What lines wait for and what there is, in their sequences: who is served first, which batch is next, and from which bin it is taken.

The customer's strategy goes before the product's, and the product's before the site's. Rotation is never broken for a shorter walk: a bin
choice decides among goods of one age, which the site may stretch by a window of days.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from wms import clock
from wms.actor import Actor
from wms.catalog.models import BinChoice, Packaging, Partner, Product
from wms.db import among, fold, session, table_of
from wms.locations.models import PICKABLE, Kind, Location, Site
from wms.orders.models import Order, OrderLine
from wms.picking.dealing import Dealer, Demand, Strategy, Supply
from wms.stock.models import Batch, Claim, Condition, Reservation, Stock
from wms.stock.rotation import turn
from wms.tasks.models import LIVE, Task, TaskKind

_S, _B, _L, _P, _PK = (table_of(one) for one in (Stock, Batch, Location, Product, Packaging))
_R, _O, _OL = table_of(Reservation), table_of(Order), table_of(OrderLine)
_C, _TASK, _SITE = table_of(Partner), table_of(Task), table_of(Site)


# -- who, and how ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Policy:
    """What a site says of bins, and where its picked goods go."""

    bins: str
    window: int
    x_mm: int
    y_mm: int


def policy(site_id: int) -> Policy:
    """The site's bin choice and age window, and where its first packing place stands, or a staging area."""
    place = (
        sa.select(_L.c.x_mm, _L.c.y_mm)
        .where(_L.c.site_id == site_id, _L.c.kind.in_([Kind.PACKING.value, Kind.STAGING.value]))
        .order_by(_L.c.kind != Kind.PACKING.value, _L.c.code_key)
        .limit(1)
    )
    found = session.execute(place).one_or_none()
    x_mm, y_mm = (0, 0) if found is None else found
    bins, window = session.execute(sa.select(_SITE.c.bin_choice, _SITE.c.age_window_days).where(_SITE.c.id == site_id)).one()
    return Policy(bins, window, x_mm, y_mm)


def choose_policy(bins: BinChoice, window_days: int, *, by: Actor) -> Policy:
    """From now on the site's bins are chosen so, unless a customer or product says otherwise, and so many days count as one age."""
    values = {"bin_choice": bins.value, "age_window_days": window_days}
    session.execute(sa.update(_SITE).where(_SITE.c.id == by.site_id).values(**values))
    return policy(by.site_id)


def strategy_of(rule: Policy) -> dict[str, Any]:
    """The strategy of each line, as columns over `lines()`."""
    return {
        "rotation": ROTATION,
        "bins": sa.func.coalesce(_C.c.bin_choice, _P.c.bin_choice, sa.literal(rule.bins)),
        "rotation_by": sa.case((_C.c.rotation.is_not(None), "customer"), else_="product"),
        "bins_by": sa.case((_C.c.bin_choice.is_not(None), "customer"), (_P.c.bin_choice.is_not(None), "product"), else_="site"),
    }


def lines() -> sa.FromClause:
    """Order lines with their order, customer and product."""
    return _OL.join(_O, _O.c.id == _OL.c.order_id).join(_C, _C.c.id == _O.c.customer_id).join(_P, _P.c.id == _OL.c.product_id)


DAYS = sa.func.coalesce(_OL.c.min_remaining_days, _C.c.min_remaining_days, 0)
ROTATION = sa.func.coalesce(_C.c.rotation, _P.c.rotation)


@dataclass(frozen=True, slots=True)
class Terms:
    """What a line asks of its goods, whoever chooses them."""

    lot: str | None
    one_batch: bool
    least: dt.date | None  # goods that expire before this day are too old
    rotation: str

    def take(self, expires_on: dt.date | None) -> bool:
        """Whether goods that keep so long are fresh enough."""
        return self.least is None or expires_on is None or expires_on >= self.least


def terms(order_line_ids: Sequence[int]) -> dict[int, Terms]:
    """What these lines ask of their goods."""
    asked = sa.select(_OL.c.id, _OL.c.lot, _OL.c.one_batch, DAYS.label("days"), ROTATION.label("rotation")).select_from(lines())
    today = clock.today()
    return {
        row.id: Terms(row.lot, row.one_batch, today + dt.timedelta(days=row.days) if row.days else None, row.rotation)
        for row in session.execute(asked.where(_OL.c.id.in_(sorted(set(order_line_ids)))))
    }


def waiting(orders: Sequence[int]) -> sa.ColumnElement[bool]:
    """Lines of these orders that wait on a promise."""
    return sa.and_(_OL.c.promised > 0, among(_OL.c.order_id, orders))


def in_sequence() -> tuple[Any, ...]:
    """ORDER BY terms over orders and lines: who gets scarce goods first."""
    return (_O.c.priority.desc(), _O.c.due_at.is_(None), _O.c.due_at, _O.c.id, _OL.c.id)


# -- which goods -------------------------------------------------------------------------------------------------------


def in_turn(rotation: Any = None, bins: Any = None, rule: Policy | None = None) -> tuple[Any, ...]:
    """ORDER BY terms over supply: rotation decides the age; within one age the pick face goes before the rack.

    Without columns for rotation and bin choice it is each product's own rotation; by bin choice `nearest`, what is nearer goes first.
    """
    *ages, batch, row = turn(rotation)
    first = sa.case((_L.c.kind == Kind.PICK_FACE.value, 0), else_=1)
    if rule is not None:
        first = sa.case((bins == BinChoice.NEAREST.value, _way(rule)), else_=first)
    return (*ages, first, batch, row)


def _way(rule: Policy) -> Any:
    """From a location to where picked goods go: along and across, in millimetres."""
    return sa.func.abs(_L.c.x_mm - rule.x_mm) + sa.func.abs(_L.c.y_mm - rule.y_mm)


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
        sa.or_(*(count.c.status == live for live in LIVE)),
        count.c.source_id == location,
        count.c.product_id == product,
    )


def racks() -> sa.FromClause:
    """Stock with its batch, product and location."""
    return _S.join(_B, _B.c.id == _S.c.batch_id).join(_P, _P.c.id == _S.c.product_id).join(_L, _L.c.id == _S.c.location_id)


def kept_lots(products: Iterable[int], site_id: int) -> dict[tuple[int, str], int]:
    """What sales has reserved of a lot, by (product, lot): released lines that name it wait for so much, whoever plans now."""
    rows = session.execute(
        sa.select(_OL.c.product_id, _OL.c.lot, sa.func.sum(_OL.c.promised))
        .join_from(_OL, _O, _O.c.id == _OL.c.order_id)
        .where(_OL.c.lot.is_not(None), _OL.c.promised > 0, _O.c.site_id == site_id, among(_OL.c.product_id, sorted(products)))
        .group_by(_OL.c.product_id, _OL.c.lot)
    ).all()
    kept: dict[tuple[int, str], int] = {}
    for product, lot, quantity in rows:
        key = (product, fold(lot))
        kept[key] = kept.get(key, 0) + int(quantity)
    return kept


# -- line by line ------------------------------------------------------------------------------------------------------


def demand(orders: Sequence[int], rule: Policy, products: Iterable[int] | None = None) -> list[Demand]:
    """What the lines of these orders wait for (of these products, or of all), in the sequence in which they are served."""
    wanted = waiting(orders) if products is None else sa.and_(waiting(orders), among(_OL.c.product_id, sorted(products)))
    rows = session.execute(
        sa.select(
            *(_OL.c.id, _OL.c.order_id, _OL.c.product_id, _OL.c.promised, _OL.c.lot, DAYS.label("days"), _O.c.ship_complete),
            *(_OL.c.one_batch, *(column.label(name) for name, column in strategy_of(rule).items())),
        )
        .select_from(lines())
        .where(wanted)
        .order_by(*in_sequence())
    ).all()
    whole = whole_promises(sorted({row.order_id for row in rows if row.ship_complete}))
    bound = _batches_of([row.id for row in rows if row.one_batch])
    return [
        Demand(
            line_id=row.id,
            order_id=row.order_id,
            product_id=row.product_id,
            quantity=row.promised,
            lot_key=fold(row.lot) if row.lot else None,
            min_days=row.days,
            ship_complete=row.ship_complete,
            promised_in_full=row.order_id in whole,
            strategy=Strategy(row.rotation, row.bins, row.rotation_by, row.bins_by),
            one_batch=row.one_batch,
            batch_id=bound.get(row.id),
            lot=row.lot,
        )
        for row in rows
    ]


def whole_promises(orders: Sequence[int]) -> set[int]:
    """Orders whose lines wait for nothing beyond their promises."""
    if not orders:
        return set()
    lacking = _OL.c.ordered - _OL.c.cancelled - _OL.c.short - _OL.c.picked - _OL.c.reserved - _OL.c.promised
    broken = session.execute(sa.select(_OL.c.order_id).where(among(_OL.c.order_id, orders), lacking > 0)).scalars()
    return set(orders) - set(broken)


def _batches_of(wanted: Sequence[int]) -> dict[int, int]:
    """The batch that each of these lines has goods of already."""
    if not wanted:
        return {}
    rows = session.execute(
        sa.select(_R.c.order_line_id, sa.func.min(_S.c.batch_id))
        .join_from(_R, _S, _S.c.id == _R.c.stock_id)
        .where(among(_R.c.order_line_id, wanted), _R.c.status.in_([Claim.PENDING.value, Claim.POSTED.value]))
        .group_by(_R.c.order_line_id)
    ).all()
    return {row[0]: row[1] for row in rows}


def dealer(products: Iterable[int], site_id: int, rule: Policy) -> Dealer:
    """The free goods of these products, ready to be dealt out."""
    wanted = sorted(products)
    rows = session.execute(
        sa.select(
            *(_S.c.id, _S.c.product_id, _S.c.on_hand - _S.c.reserved, _B.c.lot_key, _B.c.expires_on),
            *(_S.c.batch_id, _B.c.received_on, _B.c.lot, _L.c.kind == Kind.PICK_FACE.value, _way(rule)),
        )
        .select_from(racks())
        .where(sound(site_id), among(_S.c.product_id, wanted))
    ).all()
    packed = sa.select(_PK.c.product_id, _PK.c.quantity).where(among(_PK.c.product_id, wanted), _PK.c.quantity > 1)
    sizes: dict[int, list[int]] = {}
    for product, size in session.execute(packed).all():
        sizes.setdefault(product, []).append(size)
    supplies = list(map(Supply._make, rows))
    return Dealer(supplies, clock.today(), window=rule.window, kept=kept_lots(wanted, site_id), packagings=sizes)
