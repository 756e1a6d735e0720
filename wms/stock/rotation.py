"""In which order batches leave: FIFO by the day they came in, FEFO by the day they expire, LIFO the newest first."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from wms.catalog.models import Product, Rotation
from wms.db import table_of
from wms.stock.models import Batch, Stock

_FAR = "9999-12-31"


def turn(rotation: Any = None) -> tuple[Any, ...]:
    """ORDER BY terms over Product, Batch and Stock: the first row is the one to take next, for each product by its own rotation,
    or by the column that is given.

    FEFO falls back on the day received, so that two batches of one expiry still leave oldest first; the row's id decides last.
    """
    b = table_of(Batch).c
    rotation = table_of(Product).c.rotation if rotation is None else rotation
    far = sa.cast(sa.literal(_FAR), sa.String)
    expiry = sa.func.coalesce(sa.cast(b.expires_on, sa.String), far)
    return (
        sa.case((rotation == Rotation.FEFO.value, expiry), else_=sa.literal("")),
        sa.case((rotation == Rotation.LIFO.value, sa.literal("")), else_=sa.cast(b.received_on, sa.String)),
        sa.case((rotation == Rotation.LIFO.value, sa.cast(b.received_on, sa.String)), else_=sa.literal("")).desc(),
        table_of(Stock).c.batch_id,
        table_of(Stock).c.id,
    )
