"""What people do to stock outside the four stories is told outside as well: `stock.adjusted`, `stock.moved`.

No page reads these events, the journal of movements says the same; so they are forgotten some time after they were told.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from wms import clock
from wms.actor import Actor
from wms.catalog.models import Product
from wms.db import session
from wms.events import Event
from wms.locations.models import Kind, Location
from wms.stock.models import Batch, HandlingUnit, Movement, MovementKind

SUBJECT = "stock"
_CODES = {
    MovementKind.ADJUSTMENT: "stock.adjusted",
    MovementKind.COUNT: "stock.adjusted",
    MovementKind.MOVE: "stock.moved",
}
_SOURCE, _TARGET = sa.orm.aliased(Location, name="source"), sa.orm.aliased(Location, name="target")


def tell(movement_ids: Sequence[int], *, by: Actor) -> None:
    """Writes an event for each movement, about its product: an adjustment's quantity has its sign, a move's has both places."""
    if not movement_ids:
        return
    rows = session.execute(
        sa.select(Movement, Product.sku, Batch.lot, Batch.received_on, _SOURCE, _TARGET, HandlingUnit.code.label("unit"))
        .join(Product, Product.id == Movement.product_id)
        .join(Batch, Batch.id == Movement.batch_id)
        .join(_SOURCE, _SOURCE.id == Movement.source_id)
        .join(_TARGET, _TARGET.id == Movement.target_id)
        .outerjoin(HandlingUnit, HandlingUnit.id == sa.func.coalesce(Movement.target_unit_id, Movement.source_unit_id))
        .options(sa.orm.lazyload("*"))
        .where(Movement.id.in_(movement_ids))
        .order_by(Movement.id)
    ).all()
    told = [
        {
            "at": clock.now(),
            "site_id": row.Movement.site_id,
            "subject_kind": SUBJECT,
            "subject_id": row.Movement.product_id,
            "subject_number": row.sku,
            "code": _CODES[MovementKind(row.Movement.kind)],
            "facts": _facts(row),
            "by_id": by.id,
            "told_at": None,
        }
        for row in rows
    ]
    session.execute(sa.insert(Event), told)


def _facts(row: Any) -> dict[str, Any]:
    movement, source, target = row.Movement, row.source, row.target
    facts: dict[str, Any] = {
        "sku": row.sku,
        "lot": row.lot,
        "received_on": row.received_on.isoformat(),
        "condition": movement.target_condition,
        "handling_unit": row.unit,
        "reason": movement.reason,
        "document": movement.document,
        "movement": movement.id,
    }
    if Kind.VIRTUAL in (source.kind, target.kind):
        found = source.kind == Kind.VIRTUAL
        return {**facts, "quantity": movement.quantity if found else -movement.quantity, "location": (target if found else source).code}
    return {**facts, "quantity": movement.quantity, "source": source.code, "target": target.code}
