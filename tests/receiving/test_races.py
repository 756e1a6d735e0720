"""Several people at the dock at once."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa

from tests.crowd import all_at_once
from tests.receiving.conftest import Dock
from tests.receiving.handheld import Handheld
from tests.warehouse import PREFIX, Warehouse
from wms import db
from wms.app import Application
from wms.catalog.models import Product
from wms.db import session
from wms.errors import Conflict
from wms.locations import layout
from wms.locations.models import Location
from wms.orders import differences
from wms.orders.models import Difference, Outcome
from wms.receiving import check_in as receiving
from wms.receiving import putaway, settling, suggestion
from wms.receiving.space import Goods
from wms.stock import operations as stock
from wms.stock.capacity import LocationFull
from wms.stock.models import Condition
from wms.tasks import queue
from wms.tasks.models import Task


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


# -- two receipts aimed at the last place in the same moment ----------------------------------------------------------------------


def _aim_at_the_last_place(app: Application, w: Warehouse, dock: Dock) -> list[str | None]:
    """Two pallets at the dock ask for a place in the same moment; one place is free. Where the two are sent."""
    w.location("LAST", x_mm=1000, max_units=1)
    for place in range(1, 5):
        with w.transaction():
            session.get_one(Location, dock.id(f"A-0{place}")).max_weight_grams = 1
    goods = []
    for sku in ("TEA", "SOAP"):
        product, unit = w.product(sku, weight_grams=10), w.unit(at="DOCK")
        w.receive(sku, 15, at="DOCK", unit=unit)
        goods.append((product.id, w.batch(sku), unit.id))
    start = dock.id("DOCK")
    with w.transaction():
        layout.sort_in(w.site_id)  # else whoever comes first does it, and the other waits for that

    def offer(product: int, batch: int, unit: int) -> Callable[[], Any]:
        def asks() -> Any:
            with db.transaction():
                one = Goods(session.get_one(Product, product), batch, 15, unit_id=unit)
                return putaway.offer(one, session.get_one(Location, start), by=w.by).id

        return asks

    session.rollback()
    tasks = all_at_once(app, [offer(*one) for one in goods])
    return [dock.target_of(task) for task in tasks]


def _both_have_looked(monkeypatch: pytest.MonkeyPatch, then: Callable[..., bool | None]) -> None:
    """Nobody takes the place they saw before both have looked."""
    looked = threading.Barrier(2)

    def hold(*args: Any, **facts: Any) -> bool | None:
        if not facts["wait"] and looked.n_waiting < 2:
            with contextlib.suppress(threading.BrokenBarrierError):
                looked.wait(5)
        return then(*args, **facts)

    monkeypatch.setattr(suggestion, "hold", hold)


def test_two_receipts_in_the_same_moment_are_not_aimed_at_the_last_place(app: Application, w: Warehouse, dock: Dock) -> None:
    assert sorted(_aim_at_the_last_place(app, w, dock), key=str) == ["LAST", None]


@pytest.mark.postgresql
def test_not_even_when_both_have_looked_before_either_has_taken_it(
    app: Application, w: Warehouse, dock: Dock, monkeypatch: pytest.MonkeyPatch
) -> None:
    _both_have_looked(monkeypatch, suggestion.hold)
    assert sorted(_aim_at_the_last_place(app, w, dock), key=str) == ["LAST", None]


@pytest.mark.postgresql
def test_without_the_lock_both_would_be_sent_there(app: Application, w: Warehouse, dock: Dock, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the lock is for: the naive way, seen to fail."""
    _both_have_looked(monkeypatch, lambda *args, **facts: True)
    assert _aim_at_the_last_place(app, w, dock) == ["LAST", "LAST"]


def test_of_two_forklifts_before_the_last_place_the_second_is_sent_elsewhere_at_once(app: Application, w: Warehouse, dock: Dock) -> None:
    """Both choose the bin by themselves; who comes second reads that it is full, and where to go instead."""
    w.location("LAST", x_mm=99_000, max_units=1)
    dock.announce(("TEA", 60))
    drivers = [w.person(f"driver-{number}", roles=["receiver"]) for number in range(2)]
    forklifts = [Handheld("putaway", driver) for driver in drivers]
    for forklift in forklifts:
        forklift.scan(dock.receive("TEA", 15).unit.code)
    first, second = forklifts
    first.scan("LAST", "LAST", "CANNOT_REACH")
    assert (first.step, w.on_hand("TEA", at="LAST")) == ("unit", 15)
    wanted = second.screen["expected"]
    second.scan("LAST")
    assert (second.code, second.step, second.screen["expected"]) == ("location_full", "bin", wanted)
    second.scan(str(wanted))
    assert (second.step, w.on_hand("TEA", at="DOCK")) == ("unit", 0)


def test_settling_a_difference_and_undoing_its_receipt_wait_for_each_other(
    app: Application, w: Warehouse, dock: Dock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both hold the inbound order before its difference, so neither holds what the other wants."""
    dock.announce(("TEA", 10))
    receipt = dock.receive("TEA", 4, condition=Condition.DAMAGED)
    number = session.execute(sa.select(Difference.number)).scalar_one()
    meet, lock, withdraw, tries = threading.Barrier(2), differences.lock, differences.withdraw, []

    def wait() -> None:
        with contextlib.suppress(threading.BrokenBarrierError):
            meet.wait(1)

    def slow_lock(*what: Any, **facts: Any) -> Any:
        found = lock(*what, **facts)
        wait()
        return found

    def slow_withdraw(*what: Any, **facts: Any) -> None:
        wait()
        withdraw(*what, **facts)

    monkeypatch.setattr(differences, "lock", slow_lock)
    monkeypatch.setattr(differences, "withdraw", slow_withdraw)

    def settle() -> Any:
        tries.append("settle")
        with db.transaction():
            return settling.settle(number, Outcome.SCRAPPED, by=w.by, key="race-settle", company_prefix=PREFIX)[0].status

    def undo() -> Any:
        tries.append("undo")
        with db.transaction():
            return len(receiving.undo_check_in([receipt.movement_id], by=w.by, key="race-undo"))

    session.rollback()
    answers = all_at_once(app, [settle, undo])
    assert sorted(tries) == ["settle", "undo"], "one of them was thrown out to break a deadlock"
    assert sum(isinstance(one, Exception) for one in answers) == 1
    assert w.on_hand("TEA") == 0


@pytest.mark.postgresql
def test_goods_booked_onto_a_plate_while_it_is_put_away_are_not_left_behind(
    app: Application, w: Warehouse, dock: Dock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Somebody adds three mugs after the plate was looked at and before it moves: the putaway is refused, nothing is torn apart."""
    w.product("MUG")
    dock.announce(("TEA", 10))
    receipt = dock.receive("TEA", 10)
    with w.transaction():
        queue.claim(receipt.task.id, by=w.by)
    code, task_id, target, shares = receipt.unit.code, receipt.task.id, dock.id("A-01"), putaway.shares
    session.rollback()

    def meanwhile(task: Task, count: int) -> list[tuple[int | None, int]]:
        def other() -> None:
            with app.app_context(), db.transaction():
                stock.adjust("MUG", "DOCK", 3, by=w.by, handling_unit=code, company_prefix=PREFIX)

        somebody = threading.Thread(target=other)
        somebody.start()
        somebody.join(20)
        return shares(task, count)

    monkeypatch.setattr(putaway, "shares", meanwhile)
    with pytest.raises(Conflict), w.transaction():
        putaway.put_away(task_id, target, by=w.by, key=w.key())
    assert (w.on_hand("TEA", at="DOCK"), w.on_hand("MUG", at="DOCK")) == (10, 3)
