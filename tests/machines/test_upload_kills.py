"""The background is killed while it writes a file: whoever comes next takes in the rest, nothing is lost and nothing comes in twice."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa
import time_machine

from tests.machines.background import background
from tests.warehouse import Warehouse
from wms import clock
from wms.catalog.models import Product
from wms.config import Settings
from wms.db import session, transaction
from wms.integrations import handfuls, uploads
from wms.integrations.models import Upload

PRODUCTS = handfuls.AS_ONE + 100
CATALOGUE = "sku,name\n" + "".join(f"P-{n},商品 {n}\n" for n in range(PRODUCTS))
STOCK = "sku,location,quantity\nAPPLE,A-01,5\nAPPLE,A-01,7\n"


def keep(w: Warehouse, kind: Any, text: str, name: str = "night.csv") -> int:
    with w.transaction():
        return uploads.keep(kind, text.encode(), name=name, dry_run=False, by=w.by).id


def looked(number: int) -> Upload:
    session.rollback()
    return session.execute(sa.select(Upload).where(Upload.id == number).execution_options(populate_existing=True)).scalar_one()


def products() -> int:
    session.rollback()
    found: int = session.execute(sa.select(sa.func.count(Product.id))).scalar_one()
    session.rollback()
    return found


def until(true: Callable[[], bool], seconds: float = 120) -> None:
    ends = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < ends, "not in time"
        time.sleep(0.01)


def lapse() -> None:
    """Nobody waits for the leases of the dead here."""
    with transaction():
        session.execute(sa.update(Upload).values(leased_until=clock.now() - uploads.LEASE))


def test_a_file_whose_worker_was_killed_comes_in_whole_and_once(app: Any, w: Warehouse, settings: Settings, soak: bool) -> None:
    number = keep(w, "products", CATALOGUE)
    killed_at = []
    for _ in range(4 if soak else 1):
        before, running = products(), background(settings)
        try:
            until(lambda before=before: products() > before)  # type: ignore[misc]
            time.sleep(random.uniform(0, 0.05))
        finally:
            running.kill()
            running.join()
        killed_at.append(products())
        assert looked(number).state == "working", "it was killed in the middle"
        lapse()
    assert 0 < killed_at[0] < PRODUCTS
    running = background(settings)
    try:
        until(lambda: looked(number).state == "done")
    finally:
        running.kill()
        running.join()
    report = looked(number).report
    session.rollback()
    assert products() == PRODUCTS
    assert report is not None
    assert report["text"]["en"] == (f"{PRODUCTS - killed_at[-1]} taken in from {PRODUCTS} rows; {killed_at[-1]} were there just so"), (
        "and it says so"
    )


def test_stock_is_booked_once_though_its_worker_died_before_it_could_say_so(w: Warehouse, monkeypatch: pytest.MonkeyPatch) -> None:
    w.product("APPLE")
    w.location("A-01")
    number = keep(w, "stock", STOCK)
    with monkeypatch.context() as dying:
        dying.setattr(uploads, "_end", lambda *_: None)
        with transaction():
            assert uploads._take() == number
        uploads.deal_with(number)
    assert (w.on_hand("APPLE"), looked(number).state) == (12, "working")
    lapse()
    with transaction():
        assert uploads._take() == number
    uploads.deal_with(number)
    report = looked(number).report
    session.rollback()
    assert w.on_hand("APPLE") == 12
    assert report is not None
    assert report["text"]["en"].startswith("It was taken in, by a process that ended")


def test_a_file_that_takes_every_process_with_it_is_given_up(w: Warehouse) -> None:
    number = keep(w, "products", CATALOGUE, name="夜\x00班\x1b.csv")
    with transaction():
        assert uploads._take() == number
    assert looked(number).name == "夜班.csv"
    session.rollback()
    with time_machine.travel(clock.now() + uploads.GIVEN_UP_AFTER / 2), transaction():
        assert uploads._take() == number, "begun anew"
    with time_machine.travel(clock.now() + uploads.GIVEN_UP_AFTER * 2):
        with transaction():
            assert uploads._take() is None
        with transaction():
            assert uploads._take() is None
    found = looked(number)
    assert (found.state, found.report and found.report["bad"]) == ("done", True)
    session.rollback()
