"""FIFO allocation of 10,000 order lines over 10,000 stock rows, against the bare statement that finds the same answer."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import AbstractContextManager

import sqlalchemy as sa

from tests.warehouse import Warehouse
from wms import clock
from wms.db import session, table_of, transaction
from wms.orders import operations
from wms.orders.lines import NewLine
from wms.orders.models import Order
from wms.picking import allocation
from wms.stock.models import Stock

PRODUCTS, ROWS_EACH, LINES = 500, 20, 10_000


def measure(url: str, application: Callable[[str], AbstractContextManager[object]]) -> None:
    """Prints how long allocating takes, and how long the bare window statement takes on the same data."""
    with application(url):
        w = Warehouse()
        with transaction():
            w.partner("CUSTOMER")
            for row in range(ROWS_EACH):
                w.location(f"R-{row:02d}")
            for number in range(PRODUCTS):
                w.product(f"SKU-{number:03d}")
        for row in range(ROWS_EACH):
            with transaction():
                day = clock.today().replace(day=1)
                for number in range(PRODUCTS):
                    w.receive(f"SKU-{number:03d}", 10, at=f"R-{row:02d}", received_on=day.replace(month=1 + row % 10), lot=f"L{row}")
        orders = []
        for first in range(0, LINES, 50):
            with transaction():
                lines = [NewLine(line=str(n), sku=f"SKU-{(first + n) % PRODUCTS:03d}", quantity=7) for n in range(50)]
                order = operations.enter_order(customer="CUSTOMER", number=f"O-{first}", lines=lines, by=w.by)
                operations.release(order.number, by=w.by)
                orders.append(order.number)
        ids = list(session.execute(sa.select(Order.id)).scalars())
        rows = session.execute(sa.select(sa.func.count()).select_from(table_of(Stock)).where(Stock.on_hand > 0)).scalar_one()
        session.remove()
        begin = time.perf_counter()
        session.execute(sa.select(sa.func.count()).select_from(allocation.statement(ids, w.site_id))).scalar_one()
        bare = time.perf_counter() - begin
        session.remove()
        begin = time.perf_counter()
        with transaction():
            taken = allocation.allocate(ids, site_id=w.site_id)
        whole = time.perf_counter() - begin
        print(
            f"allocation: {LINES} lines over {rows} rows in {whole:.2f} s, {len(taken)} claims written; the bare statement that finds them "
            f"{bare:.2f} s: {whole / bare:.1f} times"
        )
