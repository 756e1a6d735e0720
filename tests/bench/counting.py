"""A full count of 50,000 locations: how long it takes to plan it, and its page while it is counted."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import sqlalchemy as sa
from sqlalchemy import event

from tests.http import Client
from tests.warehouse import Warehouse
from tests.web.desk import Desk
from wms import clock, db
from wms.actor import Role
from wms.app import Application
from wms.db import session, table_of, transaction
from wms.locations.models import Kind, Location
from wms.stock.models import Batch, Stock
from wms.stocktake import counts, opening, sheets
from wms.stocktake.models import CountPlace, CountPlan, PlaceState

PLACES = 50_000


def build(places: int = PLACES) -> Warehouse:
    """A hall of so many bins in ten zones, goods in every second one. Stock is written beneath the ledger: it is only read here."""
    w = Warehouse()
    moment = clock.now()
    with transaction():
        w.product("TEA")
        batch = w.batch("TEA", "L1")
        rows = [
            {
                "site_id": w.site_id,
                "code": f"{'ABCDEFGHIJ'[number % 10]}-{number // 10:05d}",
                "code_key": f"{'abcdefghij'[number % 10]}-{number // 10:05d}",
                "kind": Kind.STORAGE.value,
                "zone": "ABCDEFGHIJ"[number % 10],
                "aisle": f"{'ABCDEFGHIJ'[number % 10]}{number // 1000:02d}",
                "x_mm": 3000 * (number // 1000),
                "y_mm": 1200 * (number // 10 % 100),
                "z_mm": 0,
                "mixing": "any",
                "allow_negative": False,
                "updated_at": moment,
            }
            for number in range(places)
        ]
        for start in range(0, places, 5000):
            session.execute(sa.insert(table_of(Location)), rows[start : start + 5000])
    with transaction():
        product = session.execute(sa.select(table_of(Batch).c.product_id).where(table_of(Batch).c.id == batch)).scalar_one()
        ids = session.execute(sa.select(table_of(Location).c.id).where(table_of(Location).c.kind == Kind.STORAGE.value)).scalars().all()
        stock = [
            {
                "site_id": w.site_id,
                "location_id": place,
                "batch_id": batch,
                "product_id": product,
                "condition": "good",
                "on_hand": 5,
                "reserved": 0,
                "may_be_negative": False,
            }
            for place in ids[::2]
        ]
        for start in range(0, len(stock), 5000):
            session.execute(sa.insert(table_of(Stock)), stock[start : start + 5000])
    return w


def measure(url: str, application: Callable[[str], AbstractContextManager[Application]], places: int = PLACES) -> None:
    """Prints how long the plan took, sheets for all of it, and its page."""
    with application(url) as app:
        _measure(app, places)


def _measure(app: Application, places: int) -> None:
    w = build(places)
    longest = _longest_statement()
    begin = time.perf_counter()
    with transaction():
        count = opening.open_full(by=w.by)
    planned, longest_ms = time.perf_counter() - begin, 1000 * max(longest)
    begin = time.perf_counter()
    with transaction():
        made = len(sheets.make(session.get_one(CountPlan, count.id), by=w.by))
    on_paper = time.perf_counter() - begin
    with transaction():  # a third is counted
        few = sa.select(table_of(CountPlace).c.id).where(table_of(CountPlace).c.count_id == count.id).limit(places // 3)
        done = {"state": PlaceState.POSTED.value, "counted_at": clock.now(), "ended_at": clock.now()}
        session.execute(sa.update(table_of(CountPlace)).where(table_of(CountPlace).c.id.in_(few.scalar_subquery())).values(done))
    with transaction():
        session.execute(sa.text("ANALYZE"))  # as the database does by itself within a minute
    page = _page(app, count.number)
    begin = time.perf_counter()
    far, zones = counts.progress(count.id), counts.progress_by_zone(count.id)
    counted = 1000 * (time.perf_counter() - begin)
    assert far.of == places
    assert len(zones) == 10
    print(f"counting: {places:,} places planned in {planned:.1f} s (longest statement {longest_ms:.0f} ms)")
    print(f"    {made:,} sheets in {on_paper:.1f} s; page of the plan {page:.0f} ms (median of 9), its counters {counted:.0f} ms")


def _longest_statement() -> list[float]:
    """How long each statement took from now on: none may come near what the database allows."""
    took: list[float] = []

    def before(_connection: Any, cursor: Any, *_: Any) -> None:
        begun[id(cursor)] = time.perf_counter()

    def after(_connection: Any, cursor: Any, *_: Any) -> None:
        took.append(time.perf_counter() - begun.pop(id(cursor)))

    begun: dict[int, float] = {}
    event.listen(db.database.engine, "before_cursor_execute", before)
    event.listen(db.database.engine, "after_cursor_execute", after)
    return took


def _page(app: Application, number: str) -> float:
    app.test_client_class = Client
    client = app.test_client()
    desk = Desk(client, Role.SUPERVISOR)
    took = []
    for _ in range(10):
        begin = time.perf_counter()
        desk.get(f"/counts/{number}")
        took.append(1000 * (time.perf_counter() - begin))
    return statistics.median(took[1:])
