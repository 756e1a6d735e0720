"""A wave of 1,000 orders: allocated, batched, routed, booked."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from contextlib import AbstractContextManager

from tests.warehouse import Warehouse
from wms.db import session, transaction
from wms.orders import operations
from wms.orders.lines import NewLine
from wms.picking import cart_kinds, waves
from wms.picking.advice import advise
from wms.picking.cart_kinds import CartFacts
from wms.picking.choosing import Choice
from wms.picking.models import Method

ORDERS, LINES, AISLES, BAYS, SECONDS = 1000, 3, 20, 30, 10.0


def measure(url: str, application: Callable[[str], AbstractContextManager[object]]) -> None:
    """Prints how long advice and booking take, and how far one walks."""
    with application(url):
        w = Warehouse()
        chance = random.Random(1)
        with transaction():
            w.partner("CUSTOMER")
            w.location("PACK", kind="packing", x_mm=0, y_mm=0)
            cart_kinds.put("C-12", CartFacts(12, tote_weight_grams=20_000), by=w.by)
            for bay in range(AISLES * BAYS):
                aisle, at = divmod(bay, BAYS)
                w.location(f"{aisle:02d}-{at:02d}", x_mm=3000 * aisle, y_mm=2000 + 1200 * at, aisle=f"{aisle:02d}", zone=f"Z{aisle // 5}")
                w.product(f"SKU-{bay:03d}", weight_grams=400)
                w.receive(f"SKU-{bay:03d}", 1000, at=f"{aisle:02d}-{at:02d}")
        for first in range(0, ORDERS, 50):
            with transaction():
                for number in range(first, first + 50):
                    skus = chance.sample(range(AISLES * BAYS), LINES)
                    lines = [NewLine(line=str(n), sku=f"SKU-{sku:03d}", quantity=1 + n) for n, sku in enumerate(skus)]
                    operations.enter_order(customer="CUSTOMER", number=f"O-{number}", lines=lines, by=w.by)
                    operations.release(f"O-{number}", by=w.by)
        session.remove()
        begin = time.perf_counter()
        advice = advise(Choice(), method=Method.CLUSTER, cart="C-12", budget_seconds=SECONDS, by=w.by)
        advised = time.perf_counter() - begin
        as_they_come = advise(Choice(), method=Method.CLUSTER, cart="C-12", budget_seconds=0, by=w.by)
        begin = time.perf_counter()
        with transaction():
            planned = waves.plan_wave(method=Method.CLUSTER, cart="C-12", advice=advice, by=w.by)
        booked = time.perf_counter() - begin
        lists = len(planned.pick_lists)
        print(
            f"wave: {ORDERS} orders, {advice.lines} lines on {lists} lists in {advised + booked:.1f} s: {advised:.1f} s searching "
            f"(allowed {SECONDS:.0f}), {booked:.2f} s booking; {advice.metres} m; with orders as they come {as_they_come.metres} m along "
            f"the shortest walks, {advice.metres_first_come} m in S-shapes, {as_they_come.metres_by_name} m by name"
        )
