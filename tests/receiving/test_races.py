"""Several people at the dock at once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.crowd import all_at_once
from tests.receiving.conftest import Dock
from tests.warehouse import PREFIX, Warehouse
from wms import db
from wms.app import Application
from wms.db import session
from wms.receiving import check_in as receiving
from wms.receiving import putaway
from wms.stock.capacity import LocationFull
from wms.tasks import queue


def test_two_forklifts_at_one_bin_fill_it_once(app: Application, w: Warehouse, dock: Dock) -> None:
    """The bin has one pallet place; whoever comes second is told so, and keeps the pallet."""
    w.location("ONE", x_mm=99_000, max_units=1)
    dock.announce(("TEA", 60))
    people = [w.person(f"driver-{number}", roles=["receiver"]) for number in range(4)]
    tasks = []
    for person in people:
        receipt = dock.receive("TEA", 15)
        with w.transaction():
            queue.claim(receipt.task.id, by=person)
        tasks.append(receipt.task.id)
    target = dock.id("ONE")

    def drive(number: int) -> Callable[[], Any]:
        def unit() -> Any:
            with db.transaction():
                return putaway.put_away(tasks[number], target, by=people[number], key=f"race-{number}").quantity

        return unit

    session.rollback()
    answers = all_at_once(app, [drive(number) for number in range(4)])
    assert sorted(str(type(one).__name__) for one in answers) == ["LocationFull", "LocationFull", "LocationFull", "int"]
    assert all(isinstance(one, LocationFull | int) for one in answers)
    assert (w.on_hand("TEA", at="ONE"), w.on_hand("TEA", at="DOCK")) == (15, 45)
    assert dock.line().put_away == 15


def test_six_receivers_do_not_exceed_the_order_together(app: Application, w: Warehouse, dock: Dock) -> None:
    order = dock.announce(("TEA", 30))
    product, place = w.product("TEA"), dock.id("DOCK")

    def receive(number: int) -> Callable[[], Any]:
        def unit() -> Any:
            with db.transaction():
                goods = session.merge(product, load=False)
                return receiving.check_in(order.id, goods, 10, dock_id=place, by=w.by, key=f"race-{number}", company_prefix=PREFIX).quantity

        return unit

    session.rollback()
    answers = all_at_once(app, [receive(number) for number in range(6)])
    assert sorted(str(type(one).__name__) for one in answers) == ["OverReceipt"] * 3 + ["int"] * 3
    assert (w.on_hand("TEA", at="DOCK"), dock.line().received, dock.status()) == (30, 30, "received")
