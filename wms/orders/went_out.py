"""What went out of the gate and did not come back on its truck: told here, and read here by whoever signs, shows or takes back.

A unit that left keeps the load that it left with; a truck that turned back is undone by counter-movements, movement by movement. The
audit tells the same a second time, in SQL of its own (`what_left_is_outside`, `shipped_is_its_movements`): a check that read its answer
here would be wrong wherever this is.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import aliased

from wms.orders.models import OrderLine
from wms.stock.models import Batch, HandlingUnit, Movement, MovementKind

_undoing = aliased(Movement)
STANDS = ~sa.exists().where(_undoing.reverses_id == Movement.id)
"""A movement that nobody has undone."""


def rows(*columns: Any) -> sa.Select[Any]:
    """These columns of the movements by which goods of orders left, joined with their order lines, their batches, and the units in which
    they left, where they were in any: those know their load."""
    return (
        sa.select(*columns)
        .select_from(Movement)
        .join(OrderLine, OrderLine.id == Movement.order_line_id)
        .join(Batch, Batch.id == Movement.batch_id)
        .outerjoin(HandlingUnit, HandlingUnit.id == Movement.source_unit_id)
        .where(Movement.kind == MovementKind.SHIP.value, STANDS)
    )
