"""Two real shops come in: their products, customers and orders, with stock for them, and their orders are released."""

from __future__ import annotations

import io
from collections import Counter, defaultdict
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from tests.integrations import northwind, superstore
from tests.warehouse import Warehouse
from wms.catalog.models import Product
from wms.db import session
from wms.integrations.imports import import_file
from wms.integrations.reports import Report
from wms.orders import operations
from wms.orders.models import Order, OrderLine
from wms.stock import promises
from wms.stock.models import Promise

DATA = Path(__file__).parents[3] / "shared" / "data"
NORTHWIND = DATA / "northwind" / "northwind.sql"
SUPERSTORE = DATA / "superstore_zh" / "orders.csv"


def take_in(w: Warehouse, kind: Any, content: bytes) -> Report:
    return import_file(kind, io.BytesIO(content), by=w.by)


def stock_up(w: Warehouse, *, hundredths: int = 100) -> None:
    """Stock for what was ordered, by file; of every product so many hundredths."""
    w.location("A-01")
    wanted = session.execute(
        sa.select(Product.sku, sa.func.sum(OrderLine.ordered)).join(OrderLine, OrderLine.product_id == Product.id).group_by(Product.sku)
    ).all()
    rows = [[sku, "A-01", str(max(1, int(total) * hundredths // 100)), "2026-01-05"] for sku, total in wanted]
    report = take_in(w, "stock", northwind.table(["sku", "location", "quantity", "received_on"], rows))
    assert report.errors == []


def numbers(most: int) -> list[str]:
    """The first orders that came in."""
    return list(session.execute(sa.select(Order.number).order_by(Order.id).limit(most)).scalars())


def release(w: Warehouse, most: int) -> Counter[str]:
    outcome: Counter[str] = Counter()
    with w.transaction():
        for number in numbers(most):
            outcome[operations.release(number, by=w.by).status] += 1
    return outcome


@pytest.mark.skipif(not NORTHWIND.exists(), reason="the Northwind data is not on this machine")
def test_northwind_comes_in_whole_and_its_orders_are_released(w: Warehouse) -> None:
    found = northwind.tables(NORTHWIND)
    assert take_in(w, "products", northwind.products(found)).taken == 77
    partners = take_in(w, "partners", northwind.partners(found))
    assert (partners.errors, partners.taken) == ([], 97)
    orders = take_in(w, "orders", northwind.orders(found))
    assert (orders.errors[:3], orders.rows, orders.taken) == ([], 2155, 830)
    toms = operations.find("NW-10249", by=w.by)
    assert (toms.ship_to["name"], toms.ship_to["city"]) == ("Toms Spezialitäten", "Münster")

    stock_up(w)

    assert release(w, 300) == {"released": 300}


@pytest.mark.sqlite
@pytest.mark.skipif(not NORTHWIND.exists(), reason="the Northwind data is not on this machine")
def test_with_too_little_stock_some_orders_wait_and_nothing_is_promised_twice(w: Warehouse) -> None:
    found = northwind.tables(NORTHWIND)
    for kind, content in (
        ("products", northwind.products(found)),
        ("partners", northwind.partners(found)),
        ("orders", northwind.orders(found)),
    ):
        assert take_in(w, kind, content).errors == []
    stock_up(w, hundredths=10)

    outcome = release(w, 300)

    assert outcome["released"] > 30
    assert outcome["held"] > 30
    promised = dict(session.execute(sa.select(Promise.product_id, Promise.promised)).all())
    free = promises.free_stock(w.site_id, set(promised))
    assert [product for product, amount in promised.items() if amount > free[product]] == []


@pytest.mark.sqlite
@pytest.mark.skipif(not SUPERSTORE.exists(), reason="the superstore data is not on this machine")
def test_the_superstores_dirt_is_refused_row_by_row_and_its_sound_orders_are_released(w: Warehouse) -> None:
    found = superstore.lines(SUPERSTORE)
    assert len(found) == 10_000
    twice = take_in(w, "products", superstore.products(found))
    assert {error.code for error in twice.errors} == {"twice_in_file"}
    assert len({error.reason.facts["code"] for error in twice.errors}) == 22
    assert session.execute(sa.select(sa.func.count()).select_from(Product)).scalar_one() == 0

    assert take_in(w, "products", superstore.products(found, names="first")).taken == 1955
    assert take_in(w, "partners", superstore.partners(found)).taken == 790
    mixed = take_in(w, "orders", superstore.orders(found))
    assert {error.code for error in mixed.errors} == {"order_mixed"}
    assert {error.column for error in mixed.errors} <= {"customer", "ship_to.name", "ship_to.city", "ship_to.region", "due_at", "priority"}
    refused = {found[error.line - 2]["订单 ID"] for error in mixed.errors}
    assert len(refused) == len({line["订单 ID"] for line in found}) - len({line["订单 ID"] for line in superstore.sound(found)})
    assert session.execute(sa.select(sa.func.count()).select_from(Order)).scalar_one() == 0

    sound = superstore.sound(found)
    report = take_in(w, "orders", superstore.orders(sound))
    assert report.errors[:3] == []
    assert report.taken == len({line["订单 ID"] for line in sound}) > 1000
    stock_up(w)
    assert release(w, 100) == {"held": 100}
    with w.transaction():
        for number in numbers(100):
            operations.approve(number, by=w.by, reason="顾客自提")

    assert release(w, 100) == {"released": 100}

    lines: dict[tuple[str, str], int] = defaultdict(int)
    for line in sound:
        lines[line["订单 ID"], line["产品 ID"]] += 1
    (number, _), times = next(item for item in sorted(lines.items()) if item[1] > 1)
    assert times == 2
    assert len(operations.find(number, by=w.by).lines) > len({sku for order, sku in lines if order == number})
