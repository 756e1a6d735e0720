"""Promise before reservation: a released line is promised product-level stock; bins are chosen when work is planned.

The row in `promises` is the lock: two orders promised at the same moment wait for each other, so nothing is promised twice.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from wms import clock
from wms.db import compiled_once, is_postgresql, session, table_of
from wms.locations.models import PROMISABLE, Location
from wms.stock.models import Batch, Condition, Promise, Stock


def lock(site_id: int, products: Mapping[int, int] | set[int]) -> dict[int, int]:
    """Locks the promise rows of these products, in order, and returns what each has promised."""
    promised = {}
    for product_id in sorted(products):
        values = {"site": site_id, "product": product_id, "amount": 0}
        promised[product_id] = session.execute(_PROMISE[is_postgresql()], values).scalar_one()
    return promised


def free_stock(site_id: int, products: Mapping[int, int] | set[int]) -> dict[int, int]:
    """Good, unexpired, unreserved pieces in storage, pick faces, docks and the inspection area, per product. Zero where there is none."""
    rows = session.execute(
        sa.select(Stock.product_id, sa.func.coalesce(sa.func.sum(Stock.on_hand - Stock.reserved), 0))
        .join(Location, Location.id == Stock.location_id)
        .join(Batch, Batch.id == Stock.batch_id)
        .where(
            Stock.site_id == site_id,
            Stock.product_id.in_(sorted(products)),
            Stock.condition == Condition.GOOD.value,
            Stock.on_hand > Stock.reserved,
            Location.kind.in_([kind.value for kind in PROMISABLE]),
            sa.or_(Batch.expires_on.is_(None), Batch.expires_on >= clock.today()),
            Batch.owner_id.is_(None),
        )
        .group_by(Stock.product_id)
    ).all()
    found = {product_id: int(quantity) for product_id, quantity in rows}
    return {product_id: found.get(product_id, 0) for product_id in products}


def available(site_id: int, product_id: int) -> int:
    """What may still be promised of one product; never below zero."""
    promised = session.execute(
        sa.select(Promise.promised).where(Promise.site_id == site_id, Promise.product_id == product_id)
    ).scalar_one_or_none()
    return max(0, free_stock(site_id, {product_id})[product_id] - (promised or 0))


def change(site_id: int, amounts: Mapping[int, int]) -> None:
    """Adds to (or takes from) what is promised, per product; the rows are locked by this, in order."""
    for product_id, amount in sorted(amounts.items()):
        if amount > 0:
            session.execute(_PROMISE[is_postgresql()], {"site": site_id, "product": product_id, "amount": amount})
        elif amount < 0:  # PostgreSQL checks the row an upsert proposes, and a negative one is never right
            less = sa.update(_P).where(_P.c.site_id == site_id, _P.c.product_id == product_id).values(promised=_P.c.promised + amount)
            assert session.execute(less).rowcount == 1, "what was promised is taken back where it was promised"  # type: ignore[attr-defined]


_P = table_of(Promise)


def _promising(dialect: Any) -> sa.TextClause:
    """Adds to a promise row, making it when it is the first; adding nothing locks it."""
    site, product, amount = (sa.bindparam(name, type_=_P.c.promised.type) for name in ("site", "product", "amount"))
    statement = dialect.insert(_P).values(site_id=site, product_id=product, promised=amount)
    statement = statement.on_conflict_do_update(
        index_elements=["site_id", "product_id"], set_={"promised": _P.c.promised + statement.excluded.promised}
    )
    return compiled_once(statement.returning(_P.c.promised), dialect)


_PROMISE = tuple(_promising(dialect) for dialect in (sqlite, postgresql))
