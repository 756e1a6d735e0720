"""Goods of a cancelled order go back into the racks out of the batch they lie in, while the others' goods stay in it and are sorted."""

from __future__ import annotations

import pytest

from tests.picking.conftest import Hall
from tests.picking.test_methods import inside, stands_at
from tests.picking.test_sorting import batch, picked, sorter_of
from tests.scanner import Scanner
from wms.orders import withdrawal
from wms.picking import scan
from wms.receiving import scan as receiving
from wms.scan.engine import Engine
from wms.stock.models import MovementKind
from wms.tasks.models import TaskKind

__all__ = ["batch"]


@pytest.fixture
def engine() -> Engine:
    return Engine([scan.pick, scan.sort, receiving.putting_away])


def driver_of(engine: Engine, hall: Hall) -> Scanner:
    return Scanner(engine, hall.w.person("driver"), "putaway")


def cancel(hall: Hall, *numbers: str) -> None:
    for number in numbers:
        with hall.w.transaction():
            withdrawal.cancel(number, by=hall.by)


def store(driver: Scanner, bin_: str) -> None:
    """Into this rack, also where another one is suggested."""
    driver.scan(bin_)
    if driver.tone == "ask" and driver.step == "bin":
        driver.scan(bin_, "OTHER")


def put_all_back(driver: Scanner, first: str, bin_: str = "A-05") -> None:
    """From whatever is scanned first: each task of it ends in a rack."""
    for _ in range(8):
        driver.scan(first)
        if driver.code in ("nothing_to_put_away", "no_work"):
            return
        assert driver.tone != "stop", driver.screen
        if driver.step == "goods":
            driver.scan(driver.screen["expected"])
        if driver.step == "quantity":
            driver.scan(driver.screen["expected"])
        assert driver.step == "bin", driver.screen
        store(driver, bin_)
        assert driver.step == "unit", driver.screen
    raise AssertionError("putting back never ends")


@pytest.mark.parametrize("first", ["BIG", "CMD:NEXT", "SO-1", "APPLE"])
def test_a_cancelled_order_goes_back_out_of_the_batch(batch: Hall, engine: Engine, picker: Scanner, first: str) -> None:
    picked(batch, picker)
    cancel(batch, "SO-1")
    put_all_back(driver_of(engine, batch), first)
    assert (batch.w.on_hand("APPLE", at="A-05"), batch.tasks(TaskKind.PUT_BACK)) == (2, [])
    assert (inside("BIG"), stands_at("BIG")) == ({"SO-2": 3, "SO-3": 4}, "PACK"), "the others' goods stay where they are"
    sorter = sorter_of(engine, batch)
    sorter.scan("BIG", "APPLE", "T-2", "T-3")
    assert sorter.step == "document", sorter.screen
    assert (inside("T-2"), inside("T-3")) == ({"SO-2": 3}, {"SO-3": 4})


def test_two_cancelled_orders_with_two_products_go_back_one_by_one(batch: Hall, engine: Engine, picker: Scanner) -> None:
    picked(batch, picker, pears=True)
    cancel(batch, "SO-1", "SO-3")
    put_all_back(driver_of(engine, batch), "BIG")
    assert (batch.w.on_hand("APPLE", at="A-05"), batch.w.on_hand("PEAR", at="A-05")) == (6, 2)
    assert (inside("BIG"), batch.tasks(TaskKind.PUT_BACK)) == ({"SO-2": 4}, [])
    assert [one.quantity for one in batch.w.movements("PEAR", kind=MovementKind.PUT_BACK)] == [1, 1]


def test_what_is_put_back_while_others_are_sorted_leaves_nothing_in_the_batch(batch: Hall, engine: Engine, picker: Scanner) -> None:
    picked(batch, picker)
    sorter = sorter_of(engine, batch)
    sorter.scan("BIG", "APPLE", "T-1", "T-2")
    cancel(batch, "SO-3", "SO-1")
    sorter.scan("T-3")
    assert sorter.step == "document", sorter.screen
    driver = driver_of(engine, batch)
    put_all_back(driver, "BIG")
    put_all_back(driver, "T-1")
    assert (batch.w.on_hand("APPLE", at="A-05"), batch.w.on_hand("APPLE", at="PACK")) == (6, 3)
    assert (inside("BIG"), inside("T-1"), inside("T-2")) == ({}, {}, {"SO-2": 3})


def test_the_last_put_back_undone_lies_among_the_others_again(batch: Hall, engine: Engine, picker: Scanner) -> None:
    picked(batch, picker)
    cancel(batch, "SO-1")
    driver = driver_of(engine, batch)
    driver.scan("SO-1", "BIG")
    assert (driver.step, driver.code) == ("goods", "wrong_scan"), "two of nine: they are taken out and counted"
    driver.scan("APPLE", "2")
    store(driver, "A-05")
    driver.scan("CMD:UNDO")
    assert driver.step == "bin", (driver.code, driver.screen["message"])
    assert (batch.w.on_hand("APPLE", at="A-05"), batch.w.on_hand("APPLE", at="PACK")) == (0, 9)
    driver.scan("CMD:CANCEL")
    assert [(task.document, task.quantity) for task in batch.tasks(TaskKind.PUT_BACK)] == [("SO-1", 2)]
    put_all_back(driver, "BIG")
    assert (batch.w.on_hand("APPLE", at="A-05"), inside("BIG")) == (2, {"SO-2": 3, "SO-3": 4})
