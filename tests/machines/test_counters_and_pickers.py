"""Eight count while eight pick from the same places: nobody waits so long that the database says no, and all is counted and picked."""

from __future__ import annotations

from collections.abc import Callable

import sqlalchemy as sa

from tests.crowd import all_at_once
from tests.picking.conftest import Hall
from tests.warehouse import Warehouse
from wms.actor import Actor, Role
from wms.app import Application
from wms.catalog.models import Product
from wms.db import session, transaction
from wms.picking import picks, waves
from wms.picking.lines import Pick
from wms.stock.ledger import Place
from wms.stock.models import Stock
from wms.stocktake import counting, counts, jobs, queries
from wms.stocktake.models import CountPlace, CountPlan, PlaceState
from wms.tasks.models import TaskKind
from wms.tasks.queue import TaskTaken

CREW = 8
SKUS = [f"P{number}" for number in range(CREW)]


def test_eight_count_and_eight_pick_without_a_lock_error(w: Warehouse, app: Application) -> None:
    hall = Hall(w)
    places = [f"{aisle}-{bay:02}" for aisle in "AB" for bay in range(1, 6)]
    for number, at in enumerate(places):
        for more in range(3):
            hall.put(SKUS[(number + more) % CREW], 40, at)
    for number in range(CREW):
        hall.release(f"SO-{number}", *((sku, 5) for sku in SKUS))
    lists = [hall.list_of(f"SO-{number}") for number in range(CREW)]
    pickers = [w.person(f"picker{number}", roles=[Role.PICKER]) for number in range(CREW)]
    counters = [w.person(f"counter{number}", roles=[Role.COUNTER]) for number in range(CREW)]
    with transaction():
        plan = counts.open_count(by=w.by, locations=places)
    session.rollback()
    begun: list[str] = []
    counting_all = [counts_all(plan.id, by, begun) for by in counters]
    picking_all = [picks_all(one, by, begun) for one, by in zip(lists, pickers, strict=True)]
    assert all_at_once(app, counting_all + picking_all) == [None] * (2 * CREW)
    assert sorted(begun) == sorted(one.code for one in counters + pickers), "nobody had to begin again"
    jobs.judge_counted()
    states = set(session.execute(sa.select(CountPlace.state).where(CountPlace.count_id == plan.id)).scalars())
    assert states <= {PlaceState.POSTED, PlaceState.RECOUNT, PlaceState.THIRD, PlaceState.REVIEW}
    assert [hall.lines(f"SO-{number}", "picked") for number in range(CREW)] == [[5] * CREW] * CREW
    assert not hall.tasks(TaskKind.PICK)


def counts_all(count_id: int, by: Actor, begun: list[str]) -> Callable[[], None]:
    """A counter goes from place to place until nothing is left for them; the shelf is always as the book says."""

    def unit() -> None:
        begun.append(by.code)
        while True:
            try:
                with transaction():
                    place = queries.next_place(session.get_one(CountPlan, count_id), by=by)
                    if place is None:
                        return
                    at = place.location_id
                    counting.begin_place(count_id, at, by=by)
            except (TaskTaken, counts.CountOver, counts.PlaceCounted):
                continue
            for sku in SKUS:
                with transaction():
                    there = book(at, sku)
                    asked = counting.moving(count_id, at, sku, by=by, none=there == 0)
                    if there:
                        booked = {key: key.startswith("m") for one in asked for key in one.keys}
                        counting.enter(count_id, at, sku, there, by=by, answers=booked)
            with transaction():
                counting.close_place(count_id, at, by=by)

    return unit


def book(location_id: int, sku: str) -> int:
    there = sa.select(sa.func.coalesce(sa.func.sum(Stock.on_hand), 0)).join(Product, Product.id == Stock.product_id)
    return int(session.execute(there.where(Stock.location_id == location_id, Product.sku == sku)).scalar_one())


def picks_all(number: str, by: Actor, begun: list[str]) -> Callable[[], None]:
    """A picker picks a list from its first line to its last."""

    def unit() -> None:
        begun.append(by.code)
        with transaction():
            opened = picks.open_list(waves.find_list(number, by=by), by=by)
        line: Pick | None = opened.line
        while line is not None:
            with transaction():
                line = picks.confirm(
                    line.claim_id, line.quantity, task_id=opened.task_id, order_id=line.order_id,
                    target=Place(opened.target_id), by=by, key=f"{number}-{line.claim_id}",
                ).next  # fmt: skip

    return unit
