"""Where one pallet should go, in a warehouse of 50,000 bins: from nearly empty to nearly full, on either database."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from contextlib import AbstractContextManager

import sqlalchemy as sa

from tests.warehouse import Warehouse
from wms import clock
from wms.catalog.models import Product
from wms.db import few, insert_rows, is_postgresql, session, table_of, transaction
from wms.locations import layout
from wms.locations.models import Kind, Location, Mixing
from wms.receiving import putaway, suggestion
from wms.receiving.space import Goods
from wms.stock.models import Batch, HandlingUnit, Stock, UnitKind
from wms.tasks.models import Task

AISLES, BAYS, LEVELS = 50, 100, 5  # both sides of each aisle: 50,000 bins
PRODUCTS, OFTEN = 1000, 10  # every so many pallets are of the first product, which lies nearly everywhere
PALLET = 48
TASKS = 2000
ASKED = 400


def racks(w: Warehouse, aisles: int = AISLES) -> list[int]:
    """The bins, in three zones; the upper levels carry less and are higher."""
    rows = [
        {
            "site_id": w.site_id, "code": (code := f"{aisle:02d}-{side}{bay:03d}-{level}"), "code_key": code.casefold(),
            "kind": Kind.STORAGE.value, "zone": "ABC"[aisle * 3 // aisles], "aisle": str(aisle),
            "x_mm": 3500 * aisle + 1500 * side, "y_mm": 1000 * bay, "z_mm": 1800 * level,
            "max_weight_grams": 1_200_000 if level < 3 else 800_000, "max_units": 1, "max_height_mm": 1700 if level < 4 else 2400,
            "mixing": Mixing.ONE_PRODUCT.value, "allow_negative": False, "updated_at": clock.now(),
        }
        for aisle in range(aisles) for bay in range(BAYS) for side in range(2) for level in range(LEVELS)
    ]  # fmt: skip
    for some in few(rows, 5000):
        insert_rows(table_of(Location), some)
    return list(session.execute(sa.select(Location.id).where(Location.kind == Kind.STORAGE.value).order_by(Location.id)).scalars())


def build(occupancy: float, *, aisles: int = AISLES, seed: int = 1) -> Warehouse:
    """The warehouse, so full, pallets spread as they come; and work that waits. Written past the ledger: only the looking is measured."""
    w, draw = Warehouse(), random.Random(seed)
    with transaction():
        dock = w.location("DOCK", kind=Kind.DOCK, x_mm=0, y_mm=50_000).id
        bins = racks(w, aisles)
        facts = {"weight_grams": 12_000, "length_mm": 300, "width_mm": 200, "height_mm": 150, "updated_at": clock.now()}
        skus = [f"P-{number:04d}" for number in range(PRODUCTS)]
        many = [{"sku": sku, "sku_key": sku.casefold(), "name": sku, "abc": "ABC"[n % 3], **facts} for n, sku in enumerate(skus)]
        session.execute(sa.insert(table_of(Product)), many)
        products = list(session.execute(sa.select(Product.id).order_by(Product.id)).scalars())
        today = {"received_on": clock.today(), "created_at": clock.now()}
        session.execute(sa.insert(table_of(Batch)), [{"product_id": one, "lot": "L", "lot_key": "l", **today} for one in products])
        batches = list(session.execute(sa.select(Batch.id).order_by(Batch.id)).scalars())
        full = sorted(draw.sample(bins, round(len(bins) * occupancy)))
        waiting = min(TASKS, (len(bins) - len(full)) // 2)
        free = sorted(set(bins) - set(full))
        codes = [f"{900_000_000 + number:018d}" for number in range(len(full) + waiting)]
        stands = [*full, *[dock] * waiting]
        for first in range(0, len(codes), 5000):
            units = [
                {
                    "site_id": w.site_id,
                    "code": code,
                    "code_key": code,
                    "kind": UnitKind.PALLET.value,
                    "location_id": at,
                    "created_at": clock.now(),
                }
                for code, at in zip(codes[first : first + 5000], stands[first : first + 5000], strict=True)
            ]
            insert_rows(table_of(HandlingUnit), units)
        ids = list(session.execute(sa.select(HandlingUnit.id).order_by(HandlingUnit.id)).scalars())
        of = [0 if number % OFTEN == 0 else draw.randrange(1, PRODUCTS) for number in range(len(ids))]
        stock = [
            {
                "site_id": w.site_id, "location_id": at, "batch_id": batches[which], "product_id": products[which],
                "handling_unit_id": unit, "condition": "good", "on_hand": PALLET, "reserved": 0, "may_be_negative": False,
            }
            for at, unit, which in zip(stands, ids, of, strict=True)
        ]  # fmt: skip
        for some in few(stock, 5000):
            insert_rows(table_of(Stock), some)
        aimed = draw.sample(free, waiting)
        tasks = [
            {
                "site_id": w.site_id, "kind": "putaway", "status": "open", "priority": 5, "product_id": products[which],
                "batch_id": batches[which], "handling_unit_id": unit, "quantity": PALLET, "source_id": dock, "target_id": target,
                "reasons": [], "epoch": 0, "created_at": clock.now(),
            }
            for target, unit, which in zip(aimed, ids[len(full) :], of[len(full) :], strict=True)
        ]  # fmt: skip
        over = [
            {"site_id": w.site_id, "kind": "putaway", "status": "done", "priority": 5, "product_id": products[0], "quantity": PALLET,
             "source_id": dock, "target_id": target, "reasons": [], "epoch": 1,
             "created_at": clock.now(), "wanted_at": clock.now()}
            for target in full
        ]  # fmt: skip
        for some in few(over, 5000):
            insert_rows(table_of(Task), some)
        if tasks:
            session.execute(sa.insert(table_of(Task)), tasks)
    with transaction():
        layout.sort_in(w.site_id)
    while True:
        with transaction():
            if not layout.tidy():
                break
    if is_postgresql():
        session.connection(execution_options={"isolation_level": "AUTOCOMMIT"}).execute(sa.text("ANALYZE"))
        session.close()
    return w


def pallets(count: int, *, seed: int = 2) -> list[Goods]:
    """Goods that ask for a place, on a pallet each: every tenth of the product that lies nearly everywhere."""
    draw = random.Random(seed)
    rows = session.execute(sa.select(Product, Batch.id).join(Batch, Batch.product_id == Product.id).order_by(Product.id)).unique().all()
    chosen = [rows[0] if number % OFTEN == 0 else draw.choice(rows) for number in range(count)]
    return [Goods(product, batch, PALLET, unit_kind=UnitKind.PALLET.value) for product, batch in chosen]


def measure(fresh: Callable[[str], str], application: Callable[[str], AbstractContextManager[object]]) -> None:
    """Prints how long a suggestion takes, and finding a place and keeping it with a task."""
    for occupancy in (0.1, 0.5, 0.95, 0.999):
        with application(fresh(f"putaway{round(occupancy * 1000)}")):
            begin = time.perf_counter()
            w = build(occupancy)
            built = time.perf_counter() - begin
            goods = pallets(ASKED)
            dock = session.execute(sa.select(Location).where(Location.code == "DOCK")).scalar_one()
            asked, kept, places = [], [], 0
            for number, one in enumerate(goods):
                with transaction():
                    begin = time.perf_counter()
                    where = suggestion.suggest(one, dock, site_id=w.site_id)
                    asked.append(time.perf_counter() - begin)
                if number % 4 == 0:
                    with transaction():
                        begin = time.perf_counter()
                        task = putaway.offer(one, dock, by=w.by)
                        kept.append(time.perf_counter() - begin)
                        places += task.target_id is not None
                assert where.reasons
            bins = AISLES * BAYS * 2 * LEVELS
            print(
                f"putaway: {bins} bins {occupancy:.1%} full ({built:.0f} s to build): a suggestion {_ms(asked)}, with its place kept "
                f"{_ms(kept)}; {places} of {len(kept)} found one"
            )


def _ms(seconds: list[float]) -> str:
    """p50 / p95 / p99 / most, in milliseconds."""
    sorted_ = sorted(seconds)
    at = [sorted_[min(len(sorted_) - 1, int(len(sorted_) * share))] for share in (0.5, 0.95, 0.99)]
    return " / ".join(f"{one * 1000:.1f}" for one in (*at, sorted_[-1])) + " ms"
