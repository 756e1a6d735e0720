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
from wms.errors import Conflict, WarehouseError
from wms.locations import layout
from wms.locations.models import Location
from wms.orders import differences
from wms.orders.models import Difference, Outcome
from wms.receiving import check_in as receiving
from wms.receiving import inspection, inspection_rules, moves, plates, putaway, settling, suggestion, whole_plates
from wms.receiving.models import Inspection
from wms.receiving.space import Goods
from wms.stock import operations as stock
from wms.stock.capacity import LocationFull
from wms.stock.models import Condition, HandlingUnit
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


def test_two_workers_put_the_same_pallet_away_at_once_and_one_of_them_does(app: Application, w: Warehouse, dock: Dock) -> None:
    """Each believes to be the one who drives it, to another bin."""
    dock.announce(("TEA", 30), ("SOAP", 10))
    unit_id, carton_id = dock.receive("TEA", 30).unit.id, dock.receive("SOAP", 10).unit.id
    with w.transaction():
        pallet, carton = (session.get_one(HandlingUnit, one) for one in (unit_id, carton_id))
        plates.put_unit_on(carton, pallet, by=w.by, key=w.key())
    people = [w.person(f"driver-{number}", roles=["receiver"]) for number in range(2)]
    targets = [dock.id("A-03"), dock.id("A-04")]

    def drive(number: int) -> Callable[[], Any]:
        def unit() -> Any:
            with db.transaction():
                plate = session.get_one(HandlingUnit, unit_id)
                return whole_plates.put_away(plate, targets[number], by=people[number], key=f"race-{number}").pieces

        return unit

    session.rollback()
    answers = all_at_once(app, [drive(0), drive(1)])
    assert [one for one in answers if not isinstance(one, Exception)] == [40], answers
    assert all(isinstance(one, Conflict | putaway.NothingToPutAway | int) for one in answers)
    assert sorted(w.on_hand("TEA", at=code) for code in ("A-03", "A-04", "DOCK")) == [0, 0, 30]
    assert [line.put_away for line in dock.announced_lines()] == [30, 10]


def test_a_difference_is_settled_once_by_two_at_once(app: Application, w: Warehouse, dock: Dock) -> None:
    dock.announce(("TEA", 10))
    dock.receive("TEA", 4, condition=Condition.DAMAGED)
    dock.receive("TEA", 4, condition=Condition.DAMAGED)
    number = session.execute(sa.select(Difference.number).order_by(Difference.id).limit(1)).scalar_one()

    def decide(outcome: Outcome) -> Callable[[], Any]:
        def unit() -> Any:
            with db.transaction():
                settled = settling.settle(number, outcome, by=w.by, key=f"race-{outcome.value}", company_prefix=PREFIX, text="as agreed")
                return settled[0].outcome

        return unit

    session.rollback()
    answers = all_at_once(app, [decide(Outcome.SCRAPPED), decide(Outcome.SENT_BACK)])
    assert sum(isinstance(one, Exception) for one in answers) == 1
    assert w.on_hand("TEA") == 4


def test_an_inspection_ends_right_while_its_plate_is_moved(app: Application, w: Warehouse, dock: Dock) -> None:
    """Whoever comes first, the result is booked where the goods are, and they are all of one condition there."""
    w.product("TEA")
    with w.transaction():
        inspection_rules.add_rule(inspection_rules.NewRule(sku="TEA"), by=w.by)
    dock.announce(("TEA", 10))
    receipt = dock.receive("TEA", 10)
    number = session.execute(sa.select(Inspection.number)).scalar_one()
    unit_id, target = receipt.unit.id, dock.id("INSP")

    def moves_it() -> Any:
        with db.transaction():
            return moves.move_plate(session.get_one(HandlingUnit, unit_id), target, by=w.by, key="race-move").code

    def decides() -> Any:
        with db.transaction():
            verdict = inspection.Verdict(accepted=10)
            return inspection.result(number, verdict, by=w.by, key="race-inspect", company_prefix=PREFIX).inspection.status

    session.rollback()
    answers = all_at_once(app, [moves_it, decides])
    refused = [one for one in answers if isinstance(one, Exception)]
    assert len(refused) <= 1
    assert all(isinstance(one, WarehouseError) for one in refused), answers
    assert w.on_hand("TEA") == 10
    rows = [row for row in w.stock("TEA") if row.on_hand]
    assert len(rows) == 1
