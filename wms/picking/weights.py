"""Catch weight: what the goods of a pick really weighed, for products that are sold by weight (`wms.orders.weighed` reads it)."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa

from wms.db import session, table_of
from wms.picking.models import CatchWeight


def keep(movement_ids: Sequence[int], order_line_id: int, grams: int) -> None:
    """What was weighed together belongs to these movements: each has its share, to the gram."""
    share, more = divmod(grams, len(movement_ids))
    rows = [
        {"movement_id": movement_id, "order_line_id": order_line_id, "grams": share + (place < more)}
        for place, movement_id in enumerate(movement_ids)
    ]
    session.execute(sa.insert(table_of(CatchWeight)), rows)
