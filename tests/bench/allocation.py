"""Allocation of 10,000 order lines over 100,000 stock rows: laid end to end by one statement, and dealt out where strategies differ.

The bare statement that finds the same answer stands beside it, with the plan the database makes of it.
"""

from __future__ import annotations

import datetime as dt
import random
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import sqlalchemy as sa

from tests.warehouse import Warehouse
from wms import clock
from wms.catalog.models import Packaging, Partner, Product
from wms.db import fold, is_postgresql, session, table_of, transaction
from wms.locations.models import Location
from wms.orders.models import Order, OrderLine
from wms.picking import allocation
from wms.stock.models import Batch, Promise, Reservation, Stock

PRODUCTS, ROWS_EACH, PLACES, ORDERS, LINES_EACH = 2_000, 50, 5_000, 1_000, 10
LINES = ORDERS * LINES_EACH
MIXED = (
    {},
    {"rotation": "fefo", "min_remaining_days": 60},
    {"bin_choice": "nearest"},
    {"bin_choice": "fewest_picks", "one_batch": True},
    {"bin_choice": "full_packaging"},
    {"rotation": "lifo"},
)


def measure(url: Callable[[str], str], application: Callable[[str], AbstractContextManager[object]]) -> None:
    """Prints how long allocating takes, with one strategy for all and with as many as there are customers."""
    with application(url("allocation")):
        w = Warehouse()
        build(w)
        plain = _orders(w, "plain", [{}])
        site = w.site_id
        session.remove()
        begin = time.perf_counter()
        session.execute(sa.select(sa.func.count()).select_from(allocation.statement(plain, site))).scalar_one()
        bare = time.perf_counter() - begin
        _say("one strategy, one statement", plain, site)
        print(f"  the bare statement {bare:.2f} s; {_plan(plain, site)}")
        _give_back()
        _say("six customers' strategies, dealt out line by line", _orders(w, "mixed", MIXED), site)


def _say(what: str, orders: list[int], site: int) -> None:
    rows = session.execute(sa.select(sa.func.count()).select_from(table_of(Stock)).where(Stock.on_hand > 0)).scalar_one()
    session.remove()
    begin = time.perf_counter()
    with transaction():
        taken = allocation.allocate(orders, site_id=site)
    whole = time.perf_counter() - begin
    print(f"allocation, {what}: {LINES:,} lines over {rows:,} rows in {whole:.2f} s, {len(taken):,} claims written, each with its reasons")


def _plan(orders: list[int], site: int) -> str:
    """The database's plan of the one statement, in a line: its nodes and how often each stands in it."""
    query = sa.select(allocation.statement(orders, site))
    text = str(query.compile(session.connection(), compile_kwargs={"literal_binds": True}))
    explain = "EXPLAIN (FORMAT TEXT) " if is_postgresql() else "EXPLAIN QUERY PLAN "
    rows = session.execute(sa.text((explain + text).replace(":", "\\:"))).all()
    steps: dict[str, int] = {}
    for row in rows:
        step = str(row[-1]).strip().removeprefix("->").strip()
        step = step.split("  (")[0] if is_postgresql() else step
        if step.startswith(("CTE", "Filter", "Sort Key", "Group Key", "Hash Cond", "Index Cond", "Merge Cond", "Window", "Planned")):
            continue
        steps[step] = steps.get(step, 0) + 1
    session.remove()
    return "plan: " + "; ".join(f"{count} × {step}" if count > 1 else step for step, count in steps.items())


def build(w: Warehouse) -> None:
    chance = random.Random(1)
    today, moment = clock.today(), clock.now()
    with transaction():
        w.location("PACK", kind="packing")
        places = [
            {"site_id": w.site_id, "code": f"R-{n:05d}", "code_key": f"r-{n:05d}", "kind": "storage" if n % 4 else "pick_face",
             "x_mm": n % 100 * 1200, "y_mm": n // 100 * 3000, "updated_at": moment}
            for n in range(PLACES)
        ]  # fmt: skip
        _insert(Location, places)
        _insert(Product, [{"sku": f"S-{n:04d}", "sku_key": f"s-{n:04d}", "name": "x", "updated_at": moment} for n in range(PRODUCTS)])
        locations = list(session.execute(sa.select(Location.id).where(Location.code.like("R-%")).order_by(Location.id)).scalars())
        products = list(session.execute(sa.select(Product.id).order_by(Product.id)).scalars())
        _insert(Packaging, [{"product_id": one, "unit": "case", "quantity": 6} for one in products])
        ages = 10
        batches = [
            {"product_id": product, "lot": f"L{age}", "lot_key": fold(f"L{age}"), "received_on": today - dt.timedelta(days=age),
             "expires_on": today + dt.timedelta(days=200 - 15 * age), "created_at": moment}
            for product in products for age in range(ages)
        ]  # fmt: skip
        _insert(Batch, batches)
        ids = session.execute(sa.select(Batch.id, Batch.product_id).order_by(Batch.id)).all()
        stock = [
            {"site_id": w.site_id, "location_id": locations[(chance.randrange(100) * 50 + n * 5 + copy) % PLACES], "batch_id": batch,
             "product_id": product, "condition": "good", "on_hand": 6 + chance.randrange(12)}
            for n, (batch, product) in enumerate(ids) for copy in range(ROWS_EACH // ages)
        ]  # fmt: skip
        _insert(Stock, list({(row["location_id"], row["batch_id"]): row for row in stock}.values()))
    if is_postgresql():
        session.connection().execute(sa.text("ANALYZE"))
    session.remove()


def _insert(model: Any, rows: list[dict[str, Any]]) -> None:
    session.execute(sa.insert(table_of(model)), rows)


def _orders(w: Warehouse, tag: str, customers: Any) -> list[int]:
    """Released orders, each with its lines' promises."""
    chance, moment = random.Random(2), clock.now()
    with transaction():
        session.execute(sa.update(OrderLine).values(promised=0, reserved=0))
        session.execute(sa.delete(Promise))
        buyers = [w.partner(f"{tag}-{n}", **facts) for n, facts in enumerate(customers)]
        products = list(session.execute(sa.select(Product.id).order_by(Product.id)).scalars())
        heads = [
            {"site_id": w.site_id, "number": f"{tag}-{n}", "number_key": f"{tag}-{n}", "customer_id": buyers[n % len(buyers)].id,
             "kind": "ship_first", "priority": chance.randrange(10), "ship_to": {}, "status": "released", "ship_complete": n % 10 == 0,
             "created_at": moment, "updated_at": moment}
            for n in range(ORDERS)
        ]  # fmt: skip
        _insert(Order, heads)
        orders = session.execute(sa.select(Order.id, Order.customer_id).where(Order.number.like(f"{tag}-%")).order_by(Order.id)).all()
        terms = {one.id: one for one in session.execute(sa.select(Partner)).scalars()}
        lines = []
        for order, customer in orders:
            for place, product in enumerate(chance.sample(products, LINES_EACH)):
                quantity = 1 + chance.randrange(24)
                lines.append(
                    {"order_id": order, "line": str(place), "product_id": product, "ordered": quantity, "promised": quantity,
                     "min_remaining_days": terms[customer].min_remaining_days, "one_batch": terms[customer].one_batch}
                )  # fmt: skip
        _insert(OrderLine, lines)
        session.execute(
            sa.text(
                "INSERT INTO promises (site_id, product_id, promised) SELECT :site, product_id, SUM(promised) FROM order_lines "
                "WHERE promised > 0 GROUP BY product_id"
            ),
            {"site": w.site_id},
        )
    if is_postgresql():
        session.connection().execute(sa.text("ANALYZE"))
    session.remove()
    return [order for order, _ in orders]


def _give_back() -> None:
    with transaction():
        session.execute(sa.delete(Reservation))
        session.execute(sa.update(Stock).values(reserved=0))
