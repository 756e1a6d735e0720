"""Goods at a place that the book does not know there: which batch they are of; and goods that nobody knows at all."""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa

from wms import clock
from wms.actor import Actor
from wms.catalog.models import Product, Tracking
from wms.db import fold, session
from wms.stock.batches import open_batch
from wms.stock.ledger import LARGEST, QuantityWrong
from wms.stock.models import Batch
from wms.stocktake import counts
from wms.stocktake.doubts import Goods, goods_of
from wms.stocktake.models import CountFind, CountLine, CountPlace


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


def line_at(count_id: int, location_id: int, goods: Goods, lot: str) -> CountLine | None:
    """The line of a count for goods that turned up elsewhere, made where there is none; none where the location is no place of it."""
    place = sa.select(CountPlace.id).where(CountPlace.count_id == count_id, CountPlace.location_id == location_id)
    place_id = session.execute(place).scalar_one_or_none()
    if place_id is None:
        return None
    for line in counts.lines_at(place_id):
        if goods_of(line) == goods:
            return line
    line = CountLine(
        place_id=place_id,
        product_id=goods.product_id,
        lot=lot,
        owner_id=goods.owner_id,
        condition=goods.condition,
        handling_unit_id=goods.unit_id,
        posted=0,
    )
    session.add(line)
    session.flush()
    return line


def note(count_id: int, location_id: int, code: str, quantity: int, *, by: Actor) -> CountFind:
    """Goods that no product is known for: what is on them, and how many. Raises NotInThisCount, CountOver, QuantityWrong."""
    if not 0 < quantity <= LARGEST:
        raise QuantityWrong(quantity=quantity)
    place = counts.locked_place(count_id, location_id)
    find = CountFind(place_id=place.id, code=code.strip(), quantity=quantity, by_id=by.id, at=clock.now())
    session.add(find)
    session.flush()  # its photo names it
    return find
