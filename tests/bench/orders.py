"""Years of orders: how long the page of one order, the API's answer and the lists take with very many orders behind them.

    python -m tests.bench.orders [ORDERS] [ADDRESS]     # 100,000 orders of ten lines each, on a PostgreSQL of its own unless one is named

The orders are written past the operations, set by set: only reading them is measured. Every statement of the reads is explained as well,
and a table that is read from end to end is named.
"""

from __future__ import annotations

import random
import re
import secrets
import sys
import time
from collections.abc import Callable, Iterator
from typing import Any

import sqlalchemy as sa
from sqlalchemy import event

from tests.bench import house
from tests.bench.next_task import _ms
from tests.postgres import Cluster
from tests.warehouse import Warehouse
from wms import clock, db
from wms.actor import Role
from wms.app import Application, create_app
from wms.auth.people import create_token
from wms.db import is_postgresql, session, transaction
from wms.orders.reconsidering import Sweep
from wms.server import spare_the_house
from wms.shipping.models import Load

LINES, READS = 10, 300
LINKS = 20
OF_ONE = ("GET /api/v1/orders/{number}", "the page of an order", "sales, an order", "the customer's link")
"""What is asked of one order: to be had within 50 ms, 99 times of a hundred, whatever stands behind it."""
LARGE = (
    "orders",
    "order_lines",
    "order_keys",
    "events",
    "holds",
    "shipments",
    "reservations",
    "movements",
    "stock",
    "handling_units",
    "products",
    "partners",
    "pick_lists",
    "sign_offs",
    "returns",
    "return_lines",
    "order_services",
    "customer_links",
    "watches",
    "inbound_lines",
    "batches",
)

_NUMBERS = {
    "postgresql": "generate_series(1, {n}) AS i(n)",
    "sqlite": "(WITH RECURSIVE s(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM s WHERE n < {n}) SELECT n FROM s) AS i",
}
# Of a thousand orders so many are still open; the others were closed long ago, and a few of them cancelled.
_STATUS = """CASE WHEN i.n % 1000 < 5 THEN 'received' WHEN i.n % 1000 < 8 THEN 'held' WHEN i.n % 1000 < 14 THEN 'released'
 WHEN i.n % 1000 < 18 THEN 'picking' WHEN i.n % 1000 < 20 THEN 'packed' WHEN i.n % 1000 < 28 THEN 'shipped'
 WHEN i.n % 1000 < 36 THEN 'delivered' WHEN i.n % 1000 < 46 THEN 'cancelled' ELSE 'closed' END"""
_LEFT = "status IN ('shipped', 'delivered', 'closed')"


def fill(orders: int, *, lines: int = LINES) -> Warehouse:
    """A house with very many orders, most of them over. Runs in an app context."""
    w = Warehouse()
    products, customers = max(50, orders // 50), max(20, orders // 20)
    with transaction():
        w.location("PACK", kind="packing")
        w.location("DOOR", kind="door")
        site, person, moment = w.site_id, w.by.id, clock.now()
        truck = Load(site_id=site, number="L-1", door_id=w.location("DOOR").id, created_at=moment)
        session.add(truck)
        session.flush()
        load = truck.id
        if is_postgresql():  # a million rows that point at what is there need not be asked one by one
            session.execute(sa.text("SET LOCAL session_replication_role = replica"))
            session.execute(sa.text("SET LOCAL statement_timeout = 0"))
        numbers, postgresql = _NUMBERS["postgresql" if is_postgresql() else "sqlite"], is_postgresql()
        at = (
            "TIMESTAMPTZ '2026-01-01 00:00+00' + n * INTERVAL '1 minute'" if postgresql
            else "strftime('%Y-%m-%d %H:%M:%f000', '2026-01-01', '+' || n || ' minutes')"
        )  # fmt: skip
        empty, false = ("'{}'::jsonb", "FALSE") if postgresql else ("'{}'", "0")
        turned = "REVERSE(number_key)" if postgresql else "CAST(id AS VARCHAR) || '-os'"
        status = _STATUS.replace("\n", " ")
        for statement in (
            f"""INSERT INTO products (sku, sku_key, name, base_unit, decimals, tracking, rotation, catch_weight, too_old, weight_grams,
                length_mm, width_mm, height_mm, updated_at)
                SELECT 'P' || n, 'p' || n, 'Product ' || n, 'piece', 0, 'none', 'fifo', {false}, 'refuse', 100, 10, 10, 10, {at}
                FROM {numbers.format(n=products)}""",
            f"""INSERT INTO partners (code, code_key, kind, name, address, balance_due, one_batch, ship_complete, allow_backorder, blocked,
                updated_at) SELECT 'C' || n, 'c' || n, 'customer', 'Customer ' || n, {empty}, 0, {false}, {false}, {false}, {false}, {at}
                FROM {numbers.format(n=customers)}""",
            f"""INSERT INTO orders (site_id, number, number_key, source, customer_id, kind, priority, due_at, ship_complete,
                allow_backorder,                 ship_to, status, settled_at, created_at, updated_at)
                SELECT {site}, 'SO-' || n, 'so-' || n, 'shop', (SELECT MIN(id) FROM partners WHERE code_key LIKE 'c%')
                + (n * 7) % {customers},                 'ship_first', 5, {at}, {false}, {false}, {empty}, {status},
                CASE WHEN n % 1000 >= 46 THEN {at} END, {at}, {at}
                FROM {numbers.format(n=orders)}""",
            f"""INSERT INTO order_lines (order_id, line, product_id, ordered, promised, reserved, picked, packed, shipped, delivered,
                returned,                 cancelled, short, one_batch)
                SELECT o.id, CAST(i.n AS VARCHAR), (SELECT MIN(id) FROM products) + (o.id * 31 + i.n * 17) % {products}, 3,
                CASE WHEN o.status IN ('released', 'picking') THEN 3 ELSE 0 END, 0,
                CASE WHEN o.{_LEFT} OR o.status = 'packed' THEN 3 ELSE 0 END, CASE WHEN o.{_LEFT} OR o.status = 'packed' THEN 3 ELSE 0 END,
                CASE WHEN o.{_LEFT} THEN 3 ELSE 0 END, CASE WHEN o.status IN ('delivered', 'closed') THEN 3 ELSE 0 END, 0,
                CASE WHEN o.status = 'cancelled' THEN 3 ELSE 0 END, 0, {false}
                FROM orders o, {numbers.format(n=lines)}""",
            f"""INSERT INTO promises (site_id, product_id, promised) SELECT {site}, product_id, SUM(promised) FROM order_lines
                WHERE promised > 0 GROUP BY product_id""",
            """INSERT INTO order_keys (site_id, order_id, kind, key) SELECT site_id, id, 'number', number_key FROM orders""",
            f"""INSERT INTO order_keys (site_id, order_id, kind, key) SELECT site_id, id, 'tail', {turned} FROM orders""",
            """INSERT INTO order_keys (site_id, order_id, kind, key) SELECT site_id, id, 'phone',
                CAST(10000000 + (id * 7919) % 90000000 AS VARCHAR) || '831' FROM orders""",
            f"""INSERT INTO holds (order_id, code, facts, since) SELECT id, 'address', {empty}, created_at FROM orders
                WHERE status = 'held'""",
            f"""INSERT INTO events (at, site_id, subject_kind, subject_id, subject_number, code, facts, by_id, told_at)
                SELECT o.created_at, {site}, 'order', o.id, o.number, CASE i.n WHEN 1 THEN 'order.received' WHEN 2 THEN 'order.released'
                WHEN 3 THEN 'order.picking' WHEN 4 THEN 'order.picked' WHEN 5 THEN 'order.packed' ELSE 'order.shipped' END, {empty},
                {person}, o.created_at FROM orders o, {numbers.format(n=6)}
                WHERE i.n = 1 OR o.{_LEFT}""",
            f"""INSERT INTO shipments (site_id, number, order_id, load_id, sign_off, created_at, left_at, signed_at, signed_by)
                SELECT {site}, 'S-' || id, id, {load}, {empty}, created_at, created_at, CASE WHEN status <> 'shipped' THEN created_at END,
                CASE WHEN status <> 'shipped' THEN 'X' END FROM orders WHERE {_LEFT}""",
        ):  # fmt: skip
            session.execute(sa.text(re.sub(r":(?=jsonb|:)", r"\\:", statement)))
    with db.database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(sa.text("VACUUM ANALYZE" if is_postgresql() else "ANALYZE"))
        if is_postgresql():
            connection.execute(sa.text("CHECKPOINT"))  # else the disk is busy for minutes with what was written
    session.remove()
    return w


# -- how it is found ---------------------------------------------------------------------------------------------------


def statements_of(read: Callable[[], Any]) -> list[tuple[str, Any]]:
    """What a read asks the database."""
    said: list[tuple[str, Any]] = []

    def listen(_connection: Any, _cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        if statement.lstrip().upper().startswith(("SELECT", "WITH")):
            said.append((statement, parameters))

    engine = db.database.engine
    event.listen(engine, "before_cursor_execute", listen)
    try:
        read()
    finally:
        event.remove(engine, "before_cursor_execute", listen)
    return said


def read_whole(said: list[tuple[str, Any]], *, rows: int = 1000) -> Iterator[tuple[str, str, str]]:
    """The tables of at least so many rows that these statements read from end to end: table, statement, plan."""
    explain = "EXPLAIN " if is_postgresql() else "EXPLAIN QUERY PLAN "
    with db.database.engine.connect() as connection:
        large = {name for name in LARGE if connection.exec_driver_sql(f"SELECT COUNT(*) FROM {name}").scalar_one() >= rows}
        for statement, parameters in said:
            plan = "\n".join(str(row[-1]) for row in connection.exec_driver_sql(explain + statement, parameters))
            for table in re.findall(r"(?:Seq Scan on|SCAN) (\w+)\b(?! USING)", plan):
                name = table if table in LARGE else _named(statement, table)
                if name in large:
                    yield name, re.sub(r"\s+", " ", statement), plan


def _named(statement: str, alias: str) -> str:
    found = re.search(rf"\b(\w+) AS {alias}\b", statement)
    return found[1] if found else alias


# -- how long it takes -------------------------------------------------------------------------------------------------


def reads(app: Application, token: str, numbers: list[str]) -> dict[str, Callable[[], Any]]:
    """What people and machines ask for, as one call each."""
    client, headers = app.test_client(), {"Authorization": f"Bearer {token}", "Accept-Language": "en"}
    chance = random.Random(7)

    def ask(address: str) -> None:
        with app.app_context():  # what is known of who asks ends with the request, as it does in a server
            answer = client.get(address, headers=headers)
        assert answer.status_code == 200, f"{address}: {answer.status}"

    def number() -> str:
        return chance.choice(numbers)

    def phone() -> str:
        return f"{10_000_000 + chance.randrange(1, len(numbers)) * 7919 % 90_000_000}831"[::-1]

    links: list[str] = []

    def link() -> str:
        """Each may be looked at so often in a minute."""
        if len(links) < LINKS:
            with app.app_context():
                made = client.post(f"/api/v1/orders/{number()}/links", headers=headers, json={})
            assert made.status_code == 201, made.status
            links.append("/track/" + made.get_json()["url"].rpartition("/")[2])
        return chance.choice(links)

    def customer() -> str:
        return f"C{chance.randrange(1, max(20, len(numbers) // 20))}"

    return {
        "GET /api/v1/orders/{number}": lambda: ask(f"/api/v1/orders/{number()}"),
        "the page of an order": lambda: ask(f"/orders/{number()}"),
        "GET /api/v1/orders": lambda: ask("/api/v1/orders?limit=50"),
        "GET /api/v1/orders, held": lambda: ask("/api/v1/orders?status=held&limit=50"),
        "GET /api/v1/orders, of a customer": lambda: ask(f"/api/v1/orders?customer={customer()}&limit=50"),
        "GET /api/v1/orders, changed since": lambda: ask("/api/v1/orders?updated_since=2026-03-01T00:00:00Z&limit=50"),
        "the list of orders": lambda: ask("/orders"),
        "the list of held orders": lambda: ask("/orders?status=held"),
        "the list of a customer": lambda: ask(f"/orders?customer={customer()}"),
        "the home board": lambda: ask("/"),
        "sales, an order": lambda: ask(f"/sales/orders/{number()}"),
        "the customer's link": lambda: ask(link()),
        "sales, the end of a number": lambda: ask(f"/sales?q={number()[-4:]}"),
        "sales, a telephone": lambda: ask(f"/sales?q={phone()}"),
        "sales, a customer": lambda: ask(f"/sales?q={customer()}"),
        "sales, a part of a name": lambda: ask("/sales?q=ustomer%201"),
        "sales, a product": lambda: ask(f"/sales?q=P{chance.randrange(1, 40)}"),
        "sales, a shipment": lambda: ask(f"/sales?q=S-{chance.randrange(1, 2000)}"),
        "sales, nothing there": lambda: ask("/sales?q=nobody%20at%20all"),
        "sales, what is at risk": lambda: ask("/sales?view=risk"),
        "sales, mine": lambda: ask("/sales?view=mine"),
        "sales, notices": lambda: ask("/sales/notices"),
        "sales, promises": lambda: ask("/sales/promises"),
    }


def measure(application: Any, orders: int) -> None:
    """Prints what each read takes, and what it reads from end to end."""
    with application as app:
        begin = time.perf_counter()
        fill(orders)
        spare_the_house()
        print(f"{orders:,} orders with {orders * LINES:,} lines, written in {time.perf_counter() - begin:.0f} s")
        with transaction():
            _, token = create_token("reader", Role.ADMIN, per_minute=0)
        numbers = [f"SO-{number}" for number in range(1, orders + 1)]
        for name, read in reads(app, token, numbers).items():
            read()
            whole = sorted({table for table, _, _ in read_whole(statements_of(read))})
            asked = len(statements_of(read))
            took = []
            computed = time.process_time()
            for _ in range(READS if name in OF_ONE else READS // 15):
                begin = time.perf_counter()
                read()
                took.append(time.perf_counter() - begin)
            computed = (time.process_time() - computed) * 1000 / len(took)
            print(
                f"{name}: p50 / p95 / p99 / most {_ms(took)}; {computed:.0f} ms computing, {asked} statements"
                + (f"; READS ALL OF {', '.join(whole)}" if whole else "")
            )
        sweep = Sweep()
        for what in ("with everything", "when nothing happened"):
            begin = time.perf_counter()
            sweep.look()
            print(f"the sweep after held orders, {what}: {(time.perf_counter() - begin) * 1000:.0f} ms")


def main() -> None:
    """On a database of its own, or a new one at the address given."""
    orders = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    if len(sys.argv) > 2:
        _run(sys.argv[2], orders)
        return
    cluster = Cluster(durable=True)
    try:
        _run(cluster.create("orders_" + secrets.token_hex(4)), orders)
    finally:
        cluster.stop()


def _run(url: str, orders: int) -> None:
    app = create_app(house.settings_for(url))
    with app.app_context():
        db.database.create_all()
        measure(_Within(app), orders)
        session.remove()
        db.database.engine.dispose()


class _Within:
    """The application, whose context is pushed already."""

    def __init__(self, app: Application) -> None:
        self.app = app

    def __enter__(self) -> Application:
        return self.app

    def __exit__(self, *_: object) -> None:
        pass


if __name__ == "__main__":
    main()
