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
from wms.db import session, table_of
from wms.events import Event
from wms.locations.models import Kind, Location
from wms.stock.models import Batch, HandlingUnit, Movement, MovementKind

SUBJECT = "stock"
_CODES = {
    MovementKind.ADJUSTMENT: "stock.adjusted",
    MovementKind.COUNT: "stock.adjusted",
    MovementKind.MOVE: "stock.moved",
}
_M, _P, _B, _U, _E = (table_of(model) for model in (Movement, Product, Batch, HandlingUnit, Event))
_SOURCE, _TARGET = table_of(Location).alias("source"), table_of(Location).alias("target")
_MOVED = (
    sa.select(
        *(_M.c.id, _M.c.site_id, _M.c.product_id, _M.c.kind, _M.c.quantity, _M.c.target_condition, _M.c.reason, _M.c.document),
        *(_P.c.sku, _B.c.lot, _B.c.received_on, _U.c.code.label("unit")),
        *(_SOURCE.c.code.label("source"), _SOURCE.c.kind.label("source_kind")),
        *(_TARGET.c.code.label("target"), _TARGET.c.kind.label("target_kind")),
    )
    .join(_P, _P.c.id == _M.c.product_id)
    .join(_B, _B.c.id == _M.c.batch_id)
    .join(_SOURCE, _SOURCE.c.id == _M.c.source_id)
    .join(_TARGET, _TARGET.c.id == _M.c.target_id)
    .outerjoin(_U, _U.c.id == sa.func.coalesce(_M.c.target_unit_id, _M.c.source_unit_id))
    .where(_M.c.id.in_(sa.bindparam("moved", expanding=True)))
    .order_by(_M.c.id)
)
_TELL = sa.insert(_E)


def tell(movement_ids: Sequence[int], *, by: Actor) -> None:
    """Writes an event for each movement, about its product: an adjustment's quantity has its sign, a move's has both places."""
    if not movement_ids:
        return
    moment = clock.now()
    told = [
        {
            "at": moment,
            "site_id": row.site_id,
            "subject_kind": SUBJECT,
            "subject_id": row.product_id,
            "subject_number": row.sku,
            "code": _CODES[MovementKind(row.kind)],
            "facts": _facts(row),
            "by_id": by.id,
            "told_at": None,
        }
        for row in session.execute(_MOVED, {"moved": list(movement_ids)})
    ]
    session.execute(_TELL, told)


def _facts(row: Any) -> dict[str, Any]:
    facts: dict[str, Any] = {
        "sku": row.sku,
        "lot": row.lot,
        "received_on": row.received_on.isoformat(),
        "condition": row.target_condition,
        "handling_unit": row.unit,
        "reason": row.reason,
        "document": row.document,
        "movement": row.id,
    }
    if Kind.VIRTUAL in (row.source_kind, row.target_kind):
        found = row.source_kind == Kind.VIRTUAL
        return {**facts, "quantity": row.quantity if found else -row.quantity, "location": row.target if found else row.source}
    return {**facts, "quantity": row.quantity, "source": row.source, "target": row.target}
