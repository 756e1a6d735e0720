"""A year of two real shops, from the file to the signature: how long the house takes for it, and whether its books are right at the end.

    python -m tests.bench.year [WEEKS]     # Northwind 1997 and the Chinese superstore 2017, on both databases; some weeks of them, for less

Everything goes through the operations that desk and floor call: the gate (approved where the shop wrote no street), promise, waves week by
week, every pick, every piece into a carton, a load for each carrier, the gate, the signature, finance. The data is read from the folder
beside the repository.
"""

from __future__ import annotations

import datetime as dt
import io
import secrets
import sys
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from tests.bench import house
from tests.integrations import northwind, superstore
from tests.postgres import Cluster
from tests.warehouse import Warehouse
from wms import audit, db
from wms.app import create_app
from wms.catalog.models import Product
from wms.db import session, transaction
from wms.integrations.imports import import_file
from wms.invariants import INVARIANTS
from wms.orders import operations, signing
from wms.orders.models import Order, OrderLine
from wms.picking import picks, waves
from wms.picking.lines import Pick
from wms.shipping import closing, gate, loading, loads, packing
from wms.stock.ledger import Place
from wms.stock.models import HandlingUnit

_DATA = [parent / "shared" / "data" for parent in Path(__file__).resolve().parents]
DATA = next((one for one in _DATA if one.is_dir()), _DATA[0])
NORTHWIND = DATA / "northwind" / "northwind.sql"
SUPERSTORE = DATA / "superstore_zh" / "orders.csv"
PREFIX = "690123456"
Weeks = dict[tuple[int, int], list[str]]


@dataclass
class Year:
    """A house that works through the weeks of a shop; how long each kind of work took, and how often it was done."""

    w: Warehouse
    spent: dict[str, float] = field(default_factory=lambda: defaultdict(float))
    done: Counter[str] = field(default_factory=Counter)

    def work(self, weeks: Weeks) -> None:
        """Week by week, until everything is signed for and closed."""
        self._stock_up()
        for numbers in weeks.values():
            for number in numbers:
                self._release(number)
            with self._timed("plan"), transaction():
                planned = waves.plan_wave(by=self.w.by, orders=numbers)
            for one in planned.pick_lists:
                self._pick(one.number)
            for number in numbers:
                self._pack(number)
            by_carrier: dict[int | None, list[str]] = defaultdict(list)
            for number in numbers:
                by_carrier[self._order(number).carrier_id].append(number)
            for together in by_carrier.values():
                self._send(together)
            for number in numbers:
                self._sign(number)

    @contextmanager
    def _timed(self, what: str, times: int = 1) -> Iterator[None]:
        begin = time.perf_counter()
        yield
        self.spent[what] += time.perf_counter() - begin
        self.done[what] += times

    def _order(self, number: str) -> Order:
        return operations.find(number, by=self.w.by)

    def take_in(self, kind: Any, content: bytes) -> None:
        """A file, all of it."""
        with self._timed(f"file of {kind}"):
            report = import_file(kind, io.BytesIO(content), by=self.w.by)
        assert report.errors == [], report.errors[:3]

    def _stock_up(self) -> None:
        """A bin for each product, and in it what is ordered."""
        wanted = session.execute(
            sa.select(Product.sku, sa.func.sum(OrderLine.ordered)).join(OrderLine, OrderLine.product_id == Product.id).group_by(Product.sku)
        ).all()
        with transaction():
            self.w.location("PACK", kind="packing")
            self.w.location("DOOR", kind="door")
            for place in range(len(wanted)):
                self.w.location(f"A-{place:04}", zone="A", x_mm=3000 * (place // 40), y_mm=1200 * (place % 40))
        rows = [[sku, f"A-{place:04}", str(int(total)), "2017-01-01"] for place, (sku, total) in enumerate(wanted)]
        self.take_in("stock", northwind.table(["sku", "location", "quantity", "received_on"], rows))

    def _release(self, number: str) -> None:
        with self._timed("release"), transaction():
            if operations.release(number, by=self.w.by).status == "held":
                operations.approve(number, by=self.w.by, reason="顾客自提")
                assert operations.release(number, by=self.w.by).status == "released"

    def _pick(self, number: str) -> None:
        with transaction():
            opened = picks.open_list(waves.find_list(number, by=self.w.by), by=self.w.by)
        line: Pick | None = opened.line
        while line is not None:
            with self._timed("pick"), transaction():
                line = picks.confirm(
                    line.claim_id,
                    line.quantity,
                    task_id=opened.task_id,
                    order_id=line.order_id,
                    target=Place(opened.target_id),
                    by=self.w.by,
                    key=self.w.key(),
                ).next

    def _pack(self, number: str) -> None:
        order_id = self._order(number).id
        with transaction():
            carton = packing.begin(self._order(number), by=self.w.by, company_prefix=PREFIX).code
        for one in packing.waiting(order_id):
            if one.open:
                with self._timed("pack"), transaction():
                    product = session.execute(sa.select(Product).where(Product.sku == one.sku)).scalar_one()
                    packing.pack(order_id, product, one.open, carton, by=self.w.by, key=self.w.key())

    def _send(self, numbers: list[str]) -> None:
        by = self.w.by
        with self._timed("plan a load"), transaction():
            load = loads.plan_load(numbers, by=by, plate="沪A12345", door="DOOR").id
        stops = {self._order(number).id: place for place, number in enumerate(numbers)}
        units = session.execute(sa.select(HandlingUnit.code, HandlingUnit.order_id).where(HandlingUnit.order_id.in_(stops))).all()
        for code, _ in sorted(units, key=lambda one: -stops[one.order_id]):  # what is delivered last is loaded first
            with self._timed("load"), transaction():
                loading.load_unit(load, code, by=by, key=self.w.key())
        with self._timed("close and let out"), transaction():
            gate_pass = closing.close_load(load, by=by).gate_pass
            assert gate_pass
        with self._timed("close and let out", 0), transaction():
            gate.leave(gate_pass, by=by, key=self.w.key())

    def _sign(self, number: str) -> None:
        with self._timed("sign"), transaction():
            signing.sign_off(number, signed_by="王", by=self.w.by)
        with self._timed("settle and close"), transaction():
            operations.settle(number, by=self.w.by)
            if self._order(number).status != "closed":
                operations.close(number, by=self.w.by)


def by_week(orders: dict[str, dt.date], most: int | None = None) -> Weeks:
    """Which orders came in which week."""
    found: Weeks = defaultdict(list)
    for number, day in sorted(orders.items(), key=lambda one: (one[1], one[0])):
        found[day.isocalendar()[:2]].append(number)
    return dict(list(found.items())[:most])


def of_northwind(year: Year, most: int | None = None) -> Weeks:
    """Takes in Northwind with the orders of 1997, or of some weeks of it."""
    found = northwind.tables(NORTHWIND)
    days = {row[0]: dt.date.fromisoformat(row[3][:10]) for row in found["orders"] if row[3].startswith("1997")}
    weeks = by_week({f"NW-{number}": day for number, day in days.items()}, most)
    wanted = {number for numbers in weeks.values() for number in numbers}
    found["order_details"] = [row for row in found["order_details"] if f"NW-{row[0]}" in wanted]
    for kind, content in (("products", northwind.products), ("partners", northwind.partners), ("orders", northwind.orders)):
        year.take_in(kind, content(found))
    return weeks


def of_superstore(year: Year, most: int | None = None) -> Weeks:
    """Takes in the Chinese superstore with the orders of 2017, or of some weeks of it; those that mix customers are parted."""
    found = superstore.lines(SUPERSTORE)
    of_year = [line for line in superstore.parted(found) if line["订单日期"].startswith("2017")]
    weeks = by_week({line["订单 ID"]: dt.date.fromisoformat(line["订单日期"]) for line in of_year}, most)
    wanted = {number for numbers in weeks.values() for number in numbers}
    mine = [line for line in of_year if line["订单 ID"] in wanted]
    year.take_in("products", superstore.products(mine, names="first"))
    year.take_in("partners", superstore.partners(mine))
    year.take_in("orders", superstore.orders(mine))
    return weeks


SHOPS: dict[str, Callable[..., Weeks]] = {"Northwind, 1997": of_northwind, "the Chinese superstore, 2017": of_superstore}


def measure(fresh: Callable[[str], str], most: int | None = None) -> None:
    """Prints what each kind of work took, and what the audit says."""
    for shop, take_in in SHOPS.items():
        app = create_app(house.settings_for(fresh("year_" + secrets.token_hex(4))))
        with app.app_context():
            db.database.create_all()
            begin = time.perf_counter()
            year = Year(Warehouse())
            weeks = take_in(year, most)
            year.work(weeks)
            took = time.perf_counter() - begin
            states = dict(session.execute(sa.select(Order.status, sa.func.count()).group_by(Order.status)).all())
            lines = session.execute(sa.select(sa.func.count()).select_from(OrderLine)).scalar_one()
            print(f"{db.database.engine.dialect.name}: {shop}: {len(weeks)} weeks, {lines:,} lines in {took:.0f} s; {states}")
            for what, seconds in year.spent.items():
                print(f"    {what}: {year.done[what]:,} in {seconds:.1f} s, {seconds / year.done[what] * 1000:.1f} ms each")
            session.rollback()
            assert audit.run(INVARIANTS) == []
            session.remove()
            db.database.engine.dispose()


def main() -> None:
    """On both databases."""
    most = int(sys.argv[1]) if len(sys.argv) > 1 else None
    with tempfile.TemporaryDirectory(prefix="wms-bench-") as folder:
        measure(lambda name: f"sqlite:///{folder}/{name}.db", most)
    cluster = Cluster(durable=True)
    try:
        measure(cluster.create, most)
    finally:
        cluster.stop()


if __name__ == "__main__":
    main()
