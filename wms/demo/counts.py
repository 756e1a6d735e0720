"""Counting as a house does it: a programme that has run for two weeks, with what it found and why, and counts at every stage today."""

from __future__ import annotations

import contextlib
import datetime as dt
import itertools
from collections.abc import Iterator
from dataclasses import dataclass

import sqlalchemy as sa

from wms import clock
from wms.actor import Actor
from wms.catalog.models import Product, Tracking
from wms.db import session
from wms.demo.people import Crew
from wms.demo.sizes import Size
from wms.locations.models import Kind, Location
from wms.stock.models import Batch, Stock
from wms.stocktake import adjustments, counting, counts, found_goods, opening, programmes, queries, sheets, tolerances
from wms.stocktake.choice import Choice
from wms.stocktake.models import Cause, CountPlace, CountPlan
from wms.stocktake.opening import Sample
from wms.stocktake.tolerances import Tolerance


@dataclass(frozen=True)
class Shelf:
    """A pick face with what the book says lies on it."""

    location_id: int
    code: str
    sku: str
    on_hand: int


WEEKS = 2
CYCLE = "A 类 28 天 Class A, 28 days"
SAMPLED = 5
"""So many days ago a sample was counted."""
SOME_DIFFER = 7
"""Every so many places the book was wrong."""
FOUND = (
    (-2, Cause.WRONG_PICK, "错拣后未更正 Picked for the neighbour"),
    (1, Cause.RECEIPT, "收货少点一双 One pair too few was received"),
    (-1, Cause.DAMAGE, "样鞋未登记 Worn as a sample"),
    (-4, Cause.LOST, "未找到 Not found"),
    (2, Cause.UNRECORDED_MOVE, "移库未记账 Moved without a record"),
)


@contextlib.contextmanager
def ago(days: int, hour: int = 9) -> Iterator[None]:
    """What is booked in it was booked so many days ago, at that hour."""
    with clock.back_to(clock.begins(clock.today() - dt.timedelta(days=days)) + dt.timedelta(hours=hour)):
        yield


def count_for_weeks(crew: Crew, pieces: dict[str, int], size: Size) -> None:
    """How the house counts, and what that has found: class A goes round in four weeks, and a sample of one zone was counted.

    `pieces` is what there is of each product to be ordered; it is less or more by what was posted.
    """
    boss, by = crew["manager"], crew["supervisor"]
    close = {"A": Tolerance(units=0), "B": Tolerance(units=1, value=20_000), "C": Tolerance(units=2, percent=2, value=20_000)}
    tolerances.choose(close, 50_000, by=boss)
    found = itertools.cycle(FOUND)
    turn = itertools.count(1)
    began = clock.today() - dt.timedelta(days=7 * WEEKS)
    with ago(7 * WEEKS):
        scope = Choice(abc="A", kinds=(Kind.PICK_FACE.value,))
        programme = programmes.put(programmes.Terms(name=CYCLE, scope=scope, every_days=28, begins_on=began), by=by)
        programmes.put(
            programmes.Terms(
                name="次品区每周 Defect area, weekly", scope=Choice(kinds=(Kind.DEFECT.value,)), every_days=7, begins_on=began
            ),
            by=by,
        )
    past = range(7 * WEEKS, 0, -1) if size is Size.FULL else (9, 2)
    for days in past:
        with ago(days, 10):
            plan = programmes.open_day(programme, clock.today(), by=by)
            if plan is not None and clock.today().weekday() < 6:
                _count_all(plan, crew, turn, found, pieces)
        if days == SAMPLED:
            with ago(days, 14):
                zone = session.execute(sa.select(sa.func.max(Location.zone)).where(Location.kind == Kind.PICK_FACE.value)).scalar_one()
                scope = Choice(zone=zone, kinds=(Kind.PICK_FACE.value,))
                sample = opening.open_chosen(scope, sample=Sample(80, 150), by=by, reason="月末抽盘 Month-end sample")
                _count_all(sample, crew, turn, found, pieces)


def _count_all(plan: CountPlan, crew: Crew, turn: Iterator[int], found: Iterator[tuple[int, Cause, str]], pieces: dict[str, int]) -> None:
    """A plan is counted to its end: what differs by a second counter, too, and approved with its cause by who may."""
    why: dict[int, tuple[Cause, str]] = {}
    for place in queries.places_of(plan):
        location_id = session.get_one(CountPlace, place.id).location_id
        off, cause, words = next(found) if next(turn) % SOME_DIFFER == 0 else (0, Cause.UNKNOWN, "")
        first = _count_place(plan, location_id, off, by=crew["counter"])
        if first is not None and counts.find_place(plan.id, location_id).state in ("recount", "third"):
            _count_place(plan, location_id, off, by=crew["counter2"])
            why[place.id] = (cause, words)
            pieces[first] = pieces.get(first, 0) + off
    for place_id, (cause, words) in why.items():
        adjustments.approve_place(place_id, by=crew["manager"], cause=cause, reason=words)


def _count_place(plan: CountPlan, location_id: int, off: int, *, by: Actor) -> str | None:
    """Somebody counts all that lies there, so many more or less of the first product than the book has; which one that was."""
    counting.begin_place(plan.id, location_id, by=by)
    pieces = sa.func.sum(Stock.on_hand)
    rows = session.execute(
        sa.select(Product.sku, Product.tracking, Batch.lot, Stock.condition, pieces)
        .join(Batch, Batch.id == Stock.batch_id)
        .join(Product, Product.id == Stock.product_id)
        .where(Stock.location_id == location_id, Stock.on_hand > 0)
        .group_by(Product.sku, Product.tracking, Batch.lot, Stock.condition)
        .order_by(Product.sku, Batch.lot)
    ).all()
    for number, (sku, tracking, lot, condition, on_hand) in enumerate(rows):
        many = max(0, int(on_hand) + (0 if number else off))
        lot = None if tracking == Tracking.NONE else lot
        counting.enter(plan.id, location_id, sku, many, by=by, lot=lot, sort=counting.Sort(condition))
    counting.close_place(plan.id, location_id, by=by)
    return rows[0].sku if rows else None


def open_counts(crew: Crew) -> None:
    """Opens counts of quiet faces, and lets the counters get some way with them."""
    quiet = _quiet_faces(crew["supervisor"])
    by = crew["supervisor"]
    spot = counts.open_count(by=by, locations=[one.code for one in quiet[:5]], reason="抽盘 Spot check")
    sheets.make(spot, by=by)
    recount = counts.open_count(by=by, locations=[quiet[5].code, quiet[6].code], reason="库位抽查 Shelves looked at twice")
    _count(recount, quiet[5], quiet[5].on_hand - 2, by=crew["counter"])
    _count(recount, quiet[6], quiet[6].on_hand, by=crew["counter"])
    review = counts.open_count(by=by, locations=[quiet[7].code], reason="拣货员反馈数量不符 Reported by a picker")
    _count(review, quiet[7], quiet[7].on_hand + 1, by=crew["counter"])
    _count(review, quiet[7], quiet[7].on_hand + 1, by=crew["counter2"])
    dear = counts.open_count(by=by, locations=[quiet[9].code], reason="月末抽盘 Month-end sample")
    for who in ("counter", "counter2"):
        _count(dear, quiet[9], 0, by=crew[who])
    third = counts.open_count(by=by, locations=[quiet[10].code, quiet[11].code], reason="客户投诉少件 A customer missed pairs")
    for who, found in (("counter", quiet[10].on_hand - 3), ("counter2", quiet[10].on_hand - 1)):
        _count(third, quiet[10], found, by=crew[who])
    found_goods.note(third.id, quiet[11].location_id, "无标签蓝色鞋盒 Blue shoe box, no label", 2, by=crew["counter"])
    refused = counts.open_count(by=by, locations=[quiet[12].code], reason="换班抽盘 Between two shifts")
    for who in ("counter", "counter2"):
        _count(refused, quiet[12], quiet[12].on_hand - 5, by=crew[who])
    adjustments.refuse(refused.number, by=crew["manager"], reason="在途未上架，另行盘点 Still on the way to the shelf")
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
