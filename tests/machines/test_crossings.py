"""Two stories reach for the same goods at the same moment: whoever comes second waits, looks again, and leaves no claim behind."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest

from tests.crowd import all_at_once
from tests.picking.conftest import Hall
from tests.shipping.conftest import Yard
from tests.warehouse import Warehouse
from wms import db
from wms.actor import Role
from wms.app import Application
from wms.db import session
from wms.errors import WarehouseError
from wms.orders import operations, withdrawal
from wms.picking import bringing, picks, waves
from wms.picking.picks import Opened
from wms.shipping import closing, gate, loading, packing
from wms.stock import capacity, reservations
from wms.stock import operations as stock_operations
from wms.stock.ledger import Move, Place, post
from wms.stock.models import MovementKind
from wms.stocktake import adjustments, counting, counts
from wms.tasks import queue
from wms.tasks.models import TaskKind

LINGER = 0.4


@pytest.fixture
def hall(w: Warehouse) -> Hall:
    return Hall(w)


@pytest.fixture
def yard(w: Warehouse) -> Yard:
    return Yard(w)


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
            place = hall.w.location(at).id
            counting.begin_place(plan.id, place, by=counter)
            still_there = {key: False for one in counting.moving(plan.id, place, "APPLE", by=counter) for key in one.keys}
            counting.enter(plan.id, place, "APPLE", found, by=counter, answers=still_there)
            counting.close_place(plan.id, place, by=counter)
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
    task = hall.refill()[0] if not hall.tasks(TaskKind.REPLENISH) else hall.tasks(TaskKind.REPLENISH)[0]
    driver = hall.w.person("driver", roles=[Role.PICKER])
    with hall.w.transaction():
        queue.claim(task.id, by=driver)
    task_id, quantity = task.id, task.quantity
    session.rollback()
    brought, picked = all_at_once(
        app,
        [
            lingering(lambda: bringing.bring(task_id, quantity, by=driver, key="bring")),
            later(confirm(hall, opened, 4, "pick")),
        ],
    )
    assert not isinstance(brought, Exception), brought
    assert isinstance(picked, WarehouseError), picked  # the hand is in A-01, the book says FACE: nothing may be booked


@pytest.mark.parametrize("second", ["a pick", "a wave"])
def test_goods_come_to_a_face_while_others_take_from_it_and_nobody_waits_in_a_circle(
    hall: Hall, app: Application, monkeypatch: pytest.MonkeyPatch, second: str
) -> None:
    """The place is locked before its stock, and never the other way round: the second try that heals a deadlock is switched off here."""
    hall.w.location(
        "FACE",
        kind="pick_face",
        max_units=9,
        assigned_product_id=hall.w.product("APPLE").id,
        assigned_minimum=8,
        assigned_maximum=40,
    )
    hall.put("APPLE", 10, "FACE")
    hall.put("APPLE", 10, "A-01")
    hall.release("SO-1", ("APPLE", 4))
    opened = hall.open(hall.list_of("SO-1"))
    hall.release("SO-2", ("APPLE", 4))
    assert opened.line.location == "FACE"
    face, apple = hall.w.location("FACE"), hall.w.product("APPLE")
    monkeypatch.setattr(db, "ATTEMPTS", 1)
    session.rollback()

    def fill() -> Any:
        with db.transaction():
            capacity.must_fit(face, apple, 5)
            time.sleep(LINGER)
            return stock_operations.move_goods("APPLE", 5, "A-01", "FACE", by=hall.by)

    take: Callable[[], Any] = confirm(hall, opened, 4, "pick")
    if second == "a wave":
        take = lambda: waves.plan_wave(by=hall.by, orders=["SO-2"])  # noqa: E731
    answers = all_at_once(app, [fill, later(take)])
    assert not [one for one in answers if isinstance(one, Exception)], answers


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


# -- the outbound side --------------------------------------------------------------------------------------------------


def test_two_packers_at_one_order_pack_every_piece_once(yard: Yard, app: Application) -> None:
    yard.picked("SO-1", APPLE=6)
    carton = yard.carton("SO-1")
    order_id, apple = yard.order("SO-1").id, yard.w.product("APPLE")
    session.rollback()

    def pack(number: int) -> Callable[[], Any]:
        def unit() -> Any:
            with db.transaction():
                goods = session.merge(apple, load=False)
                return packing.pack(order_id, goods, 2, carton, by=yard.by, key=f"pack-{number}").left

        return unit

    answers = all_at_once(app, [pack(number) for number in range(5)])
    assert sorted(one for one in answers if isinstance(one, int)) == [0, 2, 4]
    assert all(isinstance(one, int | WarehouseError) for one in answers), answers
    assert (yard.status("SO-1"), yard.lines("SO-1", "packed")) == ("packed", [6])


@pytest.mark.parametrize("first", ["the packer", "the cancellation"])
def test_a_cancellation_and_a_packer_leave_the_goods_free_once(yard: Yard, app: Application, first: str) -> None:
    yard.picked("SO-1", APPLE=6)
    carton = yard.carton("SO-1")
    order_id, apple = yard.order("SO-1").id, yard.w.product("APPLE")
    session.rollback()

    def pack() -> Any:
        return packing.pack(order_id, session.merge(apple, load=False), 4, carton, by=yard.by, key="pack").left

    def cancel() -> Any:
        return withdrawal.cancel("SO-1", by=yard.by).status

    one, other = (pack, cancel) if first == "the packer" else (cancel, pack)
    answers = all_at_once(app, [lingering(one), later(other)])
    assert all(not isinstance(answer, Exception) or isinstance(answer, WarehouseError) for answer in answers), answers
    assert (yard.status("SO-1"), yard.w.reserved("APPLE"), yard.w.free("APPLE")) == ("cancelled", 0, 6)


@pytest.mark.parametrize("first", ["the loader", "the cancellation"])
def test_a_cancellation_and_a_loader_leave_no_unit_on_the_truck(yard: Yard, app: Application, first: str) -> None:
    carton = yard.packed("SO-1", APPLE=6)
    load_id = yard.plan("SO-1").id
    session.rollback()

    def load() -> Any:
        return loading.load_unit(load_id, carton, by=yard.loader, key="load").code

    def cancel() -> Any:
        return withdrawal.cancel("SO-1", by=yard.by).status

    one, other = (load, cancel) if first == "the loader" else (cancel, load)
    answers = all_at_once(app, [lingering(one), later(other)])
    assert all(not isinstance(answer, Exception) or isinstance(answer, WarehouseError) for answer in answers), answers
    assert (yard.status("SO-1"), yard.unit(carton).load_id, yard.w.reserved("APPLE")) == ("cancelled", None, 0)


@pytest.mark.parametrize("first", ["the guard", "the cancellation"])
def test_a_cancellation_at_the_gate_is_either_in_time_or_too_late(yard: Yard, app: Application, first: str) -> None:
    cartons = [yard.packed("SO-1", APPLE=6), yard.packed("SO-2", PEAR=2)]
    load = yard.plan("SO-1", "SO-2")
    yard.load(load, *reversed(cartons))
    gate_pass = yard.close(load)
    session.rollback()

    def leave() -> Any:
        return gate.leave(gate_pass, by=yard.guard, key="gate").units

    def cancel() -> Any:
        return withdrawal.cancel("SO-1", by=yard.by).status

    one, other = (leave, cancel) if first == "the guard" else (cancel, leave)
    done, refused = all_at_once(app, [lingering(one), later(other)])
    assert not isinstance(done, Exception), done
    assert isinstance(refused, withdrawal.OrderHasLeft if first == "the guard" else gate.LoadChanged), refused
    assert (yard.status("SO-1"), yard.status("SO-2")) == (("shipped", "shipped") if first == "the guard" else ("cancelled", "loaded"))


def test_closing_a_truck_and_taking_a_unit_off_leave_one_truth(yard: Yard, app: Application) -> None:
    carton = yard.packed("SO-1", APPLE=6)
    load = yard.plan("SO-1")
    yard.load(load, carton)
    load_id = load.id
    session.rollback()
    answers = all_at_once(
        app,
        [
            lingering(lambda: loading.unload_unit(load_id, carton, by=yard.loader).code),
            later(lambda: closing.close_load(load_id, by=yard.chief, reason="go").gate_pass),
        ],
    )
    assert answers[0] == carton
    assert isinstance(answers[1], closing.LoadEmpty), answers


def test_two_guards_let_one_truck_out_once(yard: Yard, app: Application) -> None:
    carton = yard.packed("SO-1", APPLE=6)
    load = yard.plan("SO-1")
    yard.load(load, carton)
    gate_pass = yard.close(load)
    session.rollback()

    def leave(number: int) -> Callable[[], Any]:
        def unit() -> Any:
            with db.transaction():
                return gate.leave(gate_pass, by=yard.guard, key=f"gate-{number}").units

        return unit

    answers = all_at_once(app, [leave(number) for number in range(4)])
    assert sorted(type(one).__name__ for one in answers) == ["LeftAlready", "LeftAlready", "LeftAlready", "int"]
    assert yard.lines("SO-1", "shipped") == [6]


@pytest.mark.beneath_orders
def test_claims_given_up_and_goods_moved_at_many_places_wait_in_one_sequence(
    w: Warehouse, app: Application, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Rows made in another sequence than their places stand in: whoever took them by their numbers would meet the ledger head on."""
    places = [w.location(f"P-{number}") for number in range(6)]
    for place in reversed(places):
        w.receive("APPLE", 20, at=place.code)
    batch, out = w.batch("APPLE"), w.place("@SCRAP")
    rounds = [[w.reserve(w.order_line("APPLE", 1), 1, at=place.code) for place in places] for _ in range(6)]
    monkeypatch.setattr(db, "ATTEMPTS", 1)
    session.rollback()

    def give_up(claims: list[int]) -> Callable[[], Any]:
        def unit() -> Any:
            with db.transaction():
                return reservations.void(claims)

        return unit

    def scrap(number: int) -> Callable[[], Any]:
        def unit() -> Any:
            moves = [Move(f"s{number}.{place.id}", batch, 1, Place(place.id), out, MovementKind.SCRAP) for place in places]
            with db.transaction():
                return len(post(moves, by=w.by))

        return unit

    answers = all_at_once(app, [*(give_up(claims) for claims in rounds), *(scrap(number) for number in range(6))])
    assert answers == [6] * 12, answers
