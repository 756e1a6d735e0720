"""Goods at a place that the book does not know there: which batch they are of."""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa

from wms.catalog.models import Product, Tracking
from wms.db import fold, session
from wms.stock.batches import open_batch
from wms.stock.models import Batch
from wms.stocktake.models import CountLine


def batch_of(line: CountLine) -> int:
    """The batch of what was found beyond the book."""
    product = session.get_one(Product, line.product_id)
    return batch(product, line.lot or None, None, line.owner_id)


def batch(product: Product, lot: str | None, expires_on: dt.date | None, owner_id: int | None) -> int:
    """The product's known batch of that lot keeps its age; otherwise goods are as old as today."""
    known = sa.select(Batch.id).where(Batch.product_id == product.id, Batch.owner_id.is_not_distinct_from(owner_id))
    known = known.order_by(Batch.received_on.desc(), Batch.id.desc()).limit(1)
    if lot or product.tracking == Tracking.NONE:
        found = session.execute(known.where(Batch.lot_key == fold(lot)) if lot else known).scalar_one_or_none()
        if found is not None:
            return found
    return open_batch(product, lot=lot, expires_on=expires_on, owner_id=owner_id)
