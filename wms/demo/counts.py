"""Counts at every stage: to be counted, to be recounted by somebody else, to be approved, and one that is done."""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa

from wms.actor import Actor
from wms.catalog.models import Product
from wms.db import session
from wms.demo.people import Crew
from wms.locations.models import Kind, Location
from wms.stock.models import Stock
from wms.stocktake import counting, counts
from wms.stocktake.models import CountPlan


@dataclass(frozen=True)
class Shelf:
    """A pick face with what the book says lies on it."""

    location_id: int
    code: str
    sku: str
    on_hand: int


def open_counts(crew: Crew) -> None:
    """Opens counts of quiet faces, and lets the counters get some way with them."""
    quiet = _quiet_faces(crew["supervisor"])
    by = crew["supervisor"]
    counts.open_count(by=by, locations=[one.code for one in quiet[:5]], reason="循环盘点 A 类 Cycle count, class A")
    recount = counts.open_count(by=by, locations=[quiet[5].code, quiet[6].code], reason="库位抽查 Spot check")
    _count(recount, quiet[5], quiet[5].on_hand - 2, by=crew["counter"])
    _count(recount, quiet[6], quiet[6].on_hand, by=crew["counter"])
    review = counts.open_count(by=by, locations=[quiet[7].code], reason="拣货员反馈数量不符 Reported by a picker")
    _count(review, quiet[7], quiet[7].on_hand + 1, by=crew["counter"])
    _count(review, quiet[7], quiet[7].on_hand + 1, by=crew["counter2"])
    done = counts.open_count(by=by, locations=[quiet[8].code], reason="月末抽盘 Month-end sample")
    _count(done, quiet[8], quiet[8].on_hand, by=crew["counter2"])


def _count(count: CountPlan, shelf: Shelf, found: int, *, by: Actor) -> None:
    counting.begin_place(count.id, shelf.location_id, by=by)
    counting.enter(count.id, shelf.location_id, shelf.sku, found, by=by)
    counting.close_place(count.id, shelf.location_id, by=by)


def _quiet_faces(by: Actor) -> list[Shelf]:
    """Faces with one product, nothing claimed on it and enough to miss some, farthest from the door first."""
    pieces = sa.func.sum(Stock.on_hand)
    rows = session.execute(
        sa.select(Location.id, Location.code, sa.func.min(Product.sku), pieces)
        .join(Stock, Stock.location_id == Location.id)
        .join(Product, Product.id == Stock.product_id)
        .where(Location.site_id == by.site_id, Location.kind == Kind.PICK_FACE.value, Product.tracking == "none")
        .group_by(Location.id, Location.code)
        .having(sa.func.count(sa.distinct(Product.id)) == 1, sa.func.sum(Stock.reserved) == 0, pieces >= 6)
        .order_by(Location.code.desc())
    ).all()
    return [Shelf(location_id, code, sku, int(on_hand)) for location_id, code, sku, on_hand in rows]
