"""A truck of a thousand units: how long each scan takes, closing it, letting it out, taking it back; and 1,000 orders shared out."""

from __future__ import annotations

import itertools
import random
import secrets
import time
from collections.abc import Callable
from contextlib import AbstractContextManager

import sqlalchemy as sa

from tests.bench import held
from tests.bench.next_task import _ms
from tests.warehouse import PREFIX, Warehouse
from wms import clock
from wms.app import Application
from wms.db import session, table_of, transaction
from wms.locations.models import Kind
from wms.orders.models import Order, OrderLine, OrderStatus
from wms.shipping import closing, fleet, gate, loads, sharing, turning_back
from wms.shipping.carrying import Measure
from wms.shipping.fleet import Capacity
from wms.shipping.models import Load
from wms.shipping.sharing import Freight, Truck
from wms.stock import handling_units
from wms.stock.ledger import Move, Place, post
from wms.stock.models import HandlingUnit, MovementKind, Reservation, Stage, Stock, UnitKind

ORDERS, UNITS = 50, 20
P99_MS = 150


def build() -> tuple[Warehouse, Load, list[str]]:
    """Fifty orders of twenty closed cartons each at the bench, on one load. Written past the operations: only loading is measured."""
    w, keys = Warehouse(), itertools.count(1)
    with transaction():
        w.location("PACK", kind=Kind.PACKING)
        w.location("DOOR-1", kind=Kind.DOOR)
        product, customer = w.product("TEA", weight_grams=500, length_mm=100, width_mm=100, height_mm=100), w.partner("SHOP")
        batch, moment = w.batch("TEA"), clock.now()
        bench, supplier = w.location("PACK").id, w.location("@SUPPLIER").id
        codes = handling_units.new_units(UnitKind.CARTON, ORDERS * UNITS, location_id=bench, site_id=w.site_id, company_prefix=PREFIX)
        units = list(session.execute(sa.select(HandlingUnit.id).where(HandlingUnit.code.in_(codes)).order_by(HandlingUnit.id)).scalars())
        numbers = []
        for place in range(ORDERS):
            order = Order(
                site_id=w.site_id, number=f"SO-{place}", customer_id=customer.id, kind="ship_first", priority=0,
                ship_to={"city": f"C{place}"}, status=OrderStatus.PACKED.value, created_at=moment, updated_at=moment,
            )  # fmt: skip
            line = OrderLine(line="1", product_id=product.id, ordered=UNITS, picked=UNITS, packed=UNITS)
            order.lines = [line]
            session.add(order)
            session.flush()
            numbers.append(order.number)
            own = units[place * UNITS : (place + 1) * UNITS]
            session.execute(sa.update(HandlingUnit).where(HandlingUnit.id.in_(own)).values(order_id=order.id, closed_at=moment))
            done = post(
                [Move(f"b{next(keys)}", batch, 1, Place(supplier), Place(bench, unit), MovementKind.RECEIPT) for unit in own], by=w.by
            )
            stocks = [one.target_stock_id for one in done]
            claim = {
                "order_line_id": line.id,
                "quantity": 1,
                "status": "pending",
                "stage": Stage.PACKED.value,
                "sequence": 0,
                "created_at": moment,
            }
            session.execute(sa.insert(table_of(Reservation)), [{**claim, "stock_id": stock} for stock in stocks])
            session.execute(sa.update(Stock).where(Stock.id.in_(stocks)).values(reserved=1))
        fleet.put_vehicle("V-1", plate="P-1", capacity=Capacity(2_000_000, 90_000_000, 30))
        load = loads.plan_load(numbers, by=w.by, vehicle="V-1")
    return w, load, codes


def measure(fresh: Callable[[str], str], application: Callable[[str], AbstractContextManager[Application]]) -> None:
    """Prints what each scan takes, and the rest of the truck's way."""
    with application(fresh("dispatch")) as app:
        w, load, _ = build()
        load_id, number = load.id, load.number
        engine, by = app.extensions["wms_scan"], w.by
        screen = engine.show("load", by=by)
        took: list[float] = []
        text = number
        for _ in range(ORDERS * UNITS + 1):
            begin = time.perf_counter()
            screen = engine.take("load", text, version=screen["version"], key=secrets.token_hex(8), by=by).screen
            took.append(time.perf_counter() - begin)
            assert screen["message"]["tone"] != "stop", screen
            text = str(screen["expected"])
        scans = sorted(took[1:])
        p99 = scans[int(len(scans) * 0.99)] * 1000
        wanted = held.at_most("p99 of a scan onto a truck of 1,000 units", p99, P99_MS, "ms")
        print(f"loading {ORDERS * UNITS} units on one truck with limits: scan {_ms(scans)}; p99 {p99:.0f} ms {wanted}")
        spent: dict[str, float] = {}
        with transaction():
            begin = time.perf_counter()
            gate_pass = closing.close_load(load_id, by=by).gate_pass
            spent["closed"] = time.perf_counter() - begin
        assert gate_pass
        with transaction():
            begin = time.perf_counter()
            gate.leave(gate_pass, by=by, key="leave")
            spent["let out"] = time.perf_counter() - begin
        with transaction():
            begin = time.perf_counter()
            turning_back.turn_back(load_id, reason="bench", by=by, key="back", within_days=3)
            spent["taken back"] = time.perf_counter() - begin
        print("    " + ", ".join(f"{what} in {seconds:.2f} s" for what, seconds in spent.items()))


def share_out(orders: int = 1000, trucks: int = 60) -> None:
    """Prints how long sharing orders out takes, and how full trucks are, against the least that weight alone needs."""
    draw = random.Random(5)
    freight = [
        Freight(
            order_id=place, number=f"SO-{place}", route_id=draw.randrange(1, 9), region="", carrier_id=None, due_on=None,
            priority=draw.randrange(3), delivery=(draw.randrange(40),), address=(str(draw.randrange(400)),), stop="x",
            measure=Measure(int(draw.lognormvariate(4.6, 0.9) * 1000), int(draw.lognormvariate(5.5, 0.9) * 1000)),
        )
        for place in range(orders)
    ]  # fmt: skip
    sizes = [Truck(f"T{place}", Capacity(draw.choice((3_000_000, 5_000_000, 10_000_000)), 45_000_000)) for place in range(trucks)]
    begin = time.perf_counter()
    shared = sharing.share_out(freight, sizes)
    seconds = time.perf_counter() - begin
    full = [one.measure.weight_grams / (one.truck.capacity.max_weight_grams or 1) for one in shared.filled]
    print(
        f"{orders} orders on {len(shared.filled)} of {trucks} trucks in {seconds * 1000:.0f} ms: "
        f"{100 * sum(full) / len(full):.0f} % full on average, {len(shared.left)} left"
    )
