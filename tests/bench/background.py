"""What works in the background on a large floor: continuous release with thousands of orders waiting, and the looks after 1,250 faces
with a journal of hundreds of thousands of picks behind them. None of it may be slow, for it comes every few seconds."""

from __future__ import annotations

import datetime as dt
import random
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import sqlalchemy as sa

from tests.bench import allocation
from tests.warehouse import Warehouse
from wms import clock
from wms.db import is_postgresql, session, table_of, transaction
from wms.locations.models import Kind, Location
from wms.orders.models import Order, OrderLine
from wms.picking import lookahead, replenishment, stream
from wms.picking.models import Method
from wms.picking.stream import StreamFacts
from wms.stock.models import Batch, Movement, MovementKind, Stock

PICKS, DAYS, ORDERS = 400_000, 60, 5_000


def measure(url: Callable[[str], str], application: Callable[[str], AbstractContextManager[object]]) -> None:
    """Prints what each of the looks takes, and how much it found."""
    with application(url("background")):
        w = Warehouse()
        allocation.build(w)
        _faces()
        _journal(w)
        _waiting(w)
        by = w.person("releaser")
        with transaction():
            stream.put(StreamFacts(running=True, method=Method.SINGLE, horizon_minutes=600, most_lists=40), by=by)
        site = w.site_id
        session.remove()
        print(f"in the background, with {PICKS:,} picks in the journal and {ORDERS:,} orders waiting:")
        _say("continuous release: what goes", lambda: stream.look_at_first(stream.of_site(site)), lambda seen: f"{len(seen.orders)} orders")
        _say(
            "continuous release: and why the rest waits",
            lambda: stream.look(stream.of_site(site)),
            lambda seen: f"{len(seen.skipped)} wait",
        )
        _say("faces: which want something", lambda: replenishment.wanting(site), lambda faces: f"{len(faces)} faces")
        _say("faces: what they want", lambda: replenishment.look(site, replenishment.wanting(site)), lambda seen: f"{len(seen)} faces")
        _say("forecast: what will be asked", lambda: lookahead.expected(site), lambda found: f"{len(found)} faces")
        _say("topping off", lambda: lookahead.topping(site, quiet=True), lambda found: f"{len(found[0])} faces")


def _say(what: str, look: Callable[[], Any], found: Callable[[Any], str]) -> None:
    begin = time.perf_counter()
    words = found(look())
    print(f"  {what}: {time.perf_counter() - begin:.2f} s; {words}")
    session.remove()


def _faces() -> None:
    """Every fourth place is a face; each has the product that stands in it most."""
    with transaction():
        s, place = table_of(Stock), table_of(Location)
        first = sa.select(sa.func.min(s.c.product_id)).where(s.c.location_id == place.c.id).scalar_subquery()
        session.execute(
            sa.update(place)
            .where(place.c.kind == Kind.PICK_FACE.value)
            .values(assigned_product_id=first, assigned_minimum=240, assigned_maximum=480)
        )


def _journal(w: Warehouse) -> None:
    """Picks of the last weeks, written past the operations: only reading them is measured."""
    chance, moment = random.Random(4), clock.now()
    with transaction():
        target = session.execute(sa.select(Location.id).where(Location.code == "PACK")).scalar_one()
        faces = session.execute(
            sa.select(Location.id, Location.assigned_product_id).where(Location.assigned_product_id.is_not(None)).order_by(Location.id)
        ).all()
        oldest = sa.select(Batch.product_id, sa.func.min(Batch.id)).group_by(Batch.product_id)
        batches = {row[0]: row[1] for row in session.execute(oldest)}
        for begin in range(0, PICKS, 20_000):
            rows = []
            for number in range(begin, begin + 20_000):
                face, product = faces[min(int(chance.paretovariate(0.4)) * 7, 10**9) % len(faces)]
                rows.append(
                    {"key": f"pick-{number}", "at": moment - dt.timedelta(days=DAYS) * (1 - number / PICKS), "site_id": w.site_id,
                     "product_id": product, "batch_id": batches[product], "quantity": 1 + chance.randrange(6), "source_id": face,
                     "source_condition": "good", "target_id": target, "target_condition": "good", "kind": MovementKind.PICK.value,
                     "by_id": w.by.id}
                )  # fmt: skip
            session.execute(sa.insert(table_of(Movement)), rows)
    if is_postgresql():
        session.connection().execute(sa.text("ANALYZE"))
    session.remove()


def _waiting(w: Warehouse) -> None:
    """Released orders that nobody has planned, due over the next two days."""
    chance, moment = random.Random(5), clock.now()
    with transaction():
        buyer = w.partner("waiting")
        products = list(session.execute(sa.select(Stock.product_id).distinct()).scalars())
        heads = [
            {"site_id": w.site_id, "number": f"W-{n}", "number_key": f"w-{n}", "customer_id": buyer.id, "kind": "ship_first", "priority": 5,
             "ship_to": {}, "status": "released", "created_at": moment, "updated_at": moment,
             "due_at": moment + dt.timedelta(minutes=chance.randrange(2880))}
            for n in range(ORDERS)
        ]  # fmt: skip
        session.execute(sa.insert(table_of(Order)), heads)
        lines = [
            {"order_id": order, "line": str(place), "product_id": product, "ordered": 3, "promised": 3}
            for order in session.execute(sa.select(Order.id).where(Order.number.like("W-%"))).scalars()
            for place, product in enumerate(chance.sample(products, 3))
        ]
        session.execute(sa.insert(table_of(OrderLine)), lines)
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
