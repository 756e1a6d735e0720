"""What the goods of order lines really weighed when they were picked, where their products are sold by weight."""

from __future__ import annotations

from collections.abc import Iterable

import sqlalchemy as sa

from wms.db import among, session, table_of
from wms.stock.models import Movement

_M = table_of(Movement)
_W = sa.table("catch_weights", sa.column("movement_id"), sa.column("order_line_id"), sa.column("grams", sa.BigInteger))  # picking writes it


def grams_of_lines(order_line_ids: Iterable[int]) -> dict[int, int]:
    """Grams picked for each of these lines that were weighed; what was undone does not count."""
    wanted = sorted(set(order_line_ids))
    if not wanted:
        return {}
    undone = _M.alias("undone")
    grams = sa.cast(sa.func.sum(_W.c.grams), sa.BigInteger)
    rows = session.execute(
        sa.select(_W.c.order_line_id, grams)
        .where(among(_W.c.order_line_id, wanted), ~sa.exists().where(undone.c.reverses_id == _W.c.movement_id))
        .group_by(_W.c.order_line_id)
    )
    return {line_id: int(total) for line_id, total in rows}
