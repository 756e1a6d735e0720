"""Two stories reach for the same goods at the same moment: whoever comes second waits, looks again, and leaves no claim behind."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest

from tests.crowd import all_at_once
from tests.picking.conftest import Hall
from tests.warehouse import Warehouse
from wms import db
from wms.actor import Role
from wms.app import Application
from wms.db import session
from wms.errors import WarehouseError
from wms.orders import operations, withdrawal
from wms.picking import picks, replenishment, waves
from wms.picking.picks import Opened
from wms.stock.ledger import Place
from wms.stocktake import adjustments, counting, counts
from wms.tasks import queue

LINGER = 0.4


@pytest.fixture
def hall(w: Warehouse) -> Hall:
    return Hall(w)


def lingering(work: Callable[[], Any]) -> Callable[[], Any]:
    """A unit that has done its work and has not committed yet when the others come."""

    def unit() -> Any:
        with db.transaction():
            done = work()
            time.sleep(LINGER)
        return done

    return unit


def later(work: Callable[[], Any], after: float = LINGER / 2) -> Callable[[], Any]:
    """A unit that begins while the lingering one is at work."""

    def unit() -> Any:
        time.sleep(after)
        with db.transaction():
            return work()

    return unit


def confirm(hall: Hall, opened: Opened, quantity: int, key: str) -> Callable[[], Any]:
    line = opened.line
    where: dict[str, Any] = {"task_id": opened.task_id, "order_id": line.order_id, "target": Place(opened.target_id), "by": hall.by}
    where["location_id"] = line.location_id
    return lambda: picks.confirm(line.claim_id, quantity, key=key, **where)


def missing(hall: Hall, at: str, found: int) -> str:
    """A count by two people that found fewer than the book says, ready to be approved."""
    with hall.w.transaction():
        plan = counts.open_count(by=hall.by, locations=[at])
    for name in ("anna", "ben"):
        counter = hall.w.person(name, roles=[Role.COUNTER])
        with hall.w.transaction():
            counting.enter(plan.id, hall.w.location(at).id, "APPLE", found, by=counter)
            counting.close_place(plan.id, hall.w.location(at).id, by=counter)
    return plan.number


@pytest.mark.parametrize("found", [0, 3])
def test_a_count_approved_while_the_last_pieces_are_picked_takes_no_picked_claim_away(hall: Hall, app: Application, found: int) -> None:
    hall.put("APPLE", 5, "A-01")
    hall.release("SO-1", ("APPLE", 5))
    opened = hall.open(hall.list_of("SO-1"))
    number = missing(hall, "A-01", found)
    chief = hall.w.person("chief", roles=[Role.SUPERVISOR])
    session.rollback()
    picked, approved = all_at_once(
        app, [lingering(confirm(hall, opened, 5, "pick")), later(lambda: adjustments.approve(number, by=chief).number)]
    )
    assert not isinstance(picked, Exception), picked
    assert isinstance(approved, WarehouseError), approved
    assert (hall.status("SO-1"), hall.lines("SO-1", "picked"), hall.w.reserved("APPLE", at="PACK")) == ("picked", [5], 5)


def test_a_pick_confirmed_while_the_count_is_approved_finds_its_line_gone(hall: Hall, app: Application) -> None:
    hall.put("APPLE", 5, "A-01")
    hall.release("SO-1", ("APPLE", 5))
    opened = hall.open(hall.list_of("SO-1"))
    number = missing(hall, "A-01", 2)
    chief = hall.w.person("chief", roles=[Role.SUPERVISOR])
    session.rollback()
    approved, picked = all_at_once(
        app, [lingering(lambda: adjustments.approve(number, by=chief).number), later(confirm(hall, opened, 5, "pick"))]
    )
    assert approved == number
    assert isinstance(picked, WarehouseError), picked
    assert (hall.lines("SO-1", "reserved"), hall.lines("SO-1", "promised")) == ([2], [3])


def test_a_cancellation_waits_for_the_pick_and_sends_the_goods_back(hall: Hall, app: Application) -> None:
    hall.put("APPLE", 5, "A-01")
    hall.release("SO-1", ("APPLE", 5))
    opened = hall.open(hall.list_of("SO-1"))
    session.rollback()
    picked, cancelled = all_at_once(
        app, [lingering(confirm(hall, opened, 3, "pick")), later(lambda: withdrawal.cancel("SO-1", by=hall.by).status)]
    )
    assert not isinstance(picked, Exception), picked
    assert cancelled == "cancelled"
    assert (hall.w.reserved("APPLE"), hall.w.free("APPLE", at="PACK")) == (0, 3)


def test_goods_brought_down_while_the_picker_takes_them_are_not_taken_twice(hall: Hall, app: Application) -> None:
    hall.face("FACE", "APPLE", 1, 20)
    hall.put("APPLE", 10, "A-01")
    hall.release("SO-1", ("APPLE", 4))
    opened = hall.open(hall.list_of("SO-1"))
    assert opened.line.location == "A-01"
    task = hall.refill()[0] if not hall.tasks(replenishment.TaskKind.REPLENISH) else hall.tasks(replenishment.TaskKind.REPLENISH)[0]
    driver = hall.w.person("driver", roles=[Role.PICKER])
    with hall.w.transaction():
        queue.claim(task.id, by=driver)
    task_id, quantity = task.id, task.quantity
    session.rollback()
    brought, picked = all_at_once(
        app,
        [
            lingering(lambda: replenishment.bring(task_id, quantity, by=driver, key="bring")),
            later(confirm(hall, opened, 4, "pick")),
        ],
    )
    assert not isinstance(brought, Exception), brought
    assert isinstance(picked, WarehouseError), picked  # the hand is in A-01, the book says FACE: nothing may be booked


def test_one_order_in_two_waves_at_once_is_planned_once(hall: Hall, app: Application) -> None:
    hall.put("APPLE", 20, "A-01")
    for number in range(4):
        hall.release(f"SO-{number}", ("APPLE", 3))
    session.rollback()

    def plan() -> Any:
        with db.transaction():
            return [one.number for one in waves.plan_wave(by=hall.by, orders=[f"SO-{number}" for number in range(4)]).pick_lists]

    answers = all_at_once(app, [plan] * 4)
    lists = [one for one in answers if isinstance(one, list)]
    assert [len(one) for one in lists] == [4]
    assert all(isinstance(one, waves.NothingToPlan | list) for one in answers), answers
    assert hall.w.reserved("APPLE") == 12


def test_release_hold_settle_and_cancel_at_once_leave_one_truth(hall: Hall, app: Application) -> None:
    hall.put("APPLE", 20, "A-01")
    hall.release("SO-1", ("APPLE", 3))
    hall.release("SO-2", ("APPLE", 3))
    session.rollback()

    def doing(act: Callable[..., Any], number: str) -> Callable[[], Any]:
        def unit() -> Any:
            with db.transaction():
                return act(number, by=hall.by).status

        return unit

    acts: tuple[Callable[..., Any], ...] = (operations.hold, operations.release, operations.settle, operations.approve)
    answers = all_at_once(app, [doing(act, number) for number in ("SO-1", "SO-2") for act in acts])
    assert all(isinstance(one, str | WarehouseError) for one in answers), answers
    answers = all_at_once(app, [doing(withdrawal.cancel, "SO-1"), doing(operations.release, "SO-1"), doing(operations.hold, "SO-1")])
    assert all(isinstance(one, str | WarehouseError) for one in answers), answers
    assert (hall.status("SO-1"), hall.lines("SO-1", "promised")) == ("cancelled", [0])
