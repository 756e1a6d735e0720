"""In which order batches leave: FIFO by the day they came in, FEFO by the day they expire, LIFO the newest first."""

from __future__ import annotations

import datetime as dt
from typing import Any

import sqlalchemy as sa

from wms.catalog.models import Product, Rotation
from wms.db import table_of
from wms.stock.models import Batch, Stock

_NEVER = sa.literal(dt.date.max, sa.Date)
_ALWAYS = sa.literal(dt.date.min, sa.Date)


def turn(rotation: Any = None) -> tuple[Any, ...]:
    """ORDER BY terms over Product, Batch and Stock: the first row is the one to take next, for each product by its own rotation,
    or by the column that is given.

    FEFO falls back on the day received, so that two batches of one expiry still leave oldest first; the row's id decides last.
    """
    b = table_of(Batch).c
    rotation = table_of(Product).c.rotation if rotation is None else rotation
    return (
        sa.case((rotation == Rotation.FEFO.value, sa.func.coalesce(b.expires_on, _NEVER)), else_=_ALWAYS),
        sa.case((rotation == Rotation.LIFO.value, _ALWAYS), else_=b.received_on),
        sa.case((rotation == Rotation.LIFO.value, b.received_on), else_=_ALWAYS).desc(),
        table_of(Stock).c.batch_id,
        table_of(Stock).c.id,
    )
