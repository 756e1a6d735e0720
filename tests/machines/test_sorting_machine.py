"""Orders that are picked together and sorted, pallets that are fetched whole, cancellations and undos in between, by several people in
any order that Hypothesis can think of: no claim leaks, no piece is lost between tote and position, and what is not cancelled is packed.

Short in `make test`, long in `make soak`, on both databases. Behind the machine, the same at the same moment.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Sequence
from typing import Any

import sqlalchemy as sa
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from tests.crowd import all_at_once
from tests.machines.batch_crew import SKUS, SORTS, WALKS, BatchHouse, Sorter, Walker, all_that_is_left_is_packed, finish_everything
from tests.machines.test_allocation_machine import PICKERS, machine_settings
from tests.warehouse import Warehouse
from wms import audit, db
from wms.app import Application
from wms.db import session
from wms.errors import Refused, WarehouseError
from wms.invariants import INVARIANTS
from wms.orders import withdrawal
from wms.picking import deallocation, picks, waves
from wms.picking.models import Method
from wms.shipping import packing
from wms.tasks.models import Task, TaskKind

people = st.integers(0, PICKERS - 1)
wishes = st.lists(st.tuples(st.sampled_from([*SKUS, "CHIP"]), st.integers(1, 5), st.just(None)), min_size=1, max_size=3)


class BatchMachine(RuleBasedStateMachine):
    """Whatever several people do with goods that are picked together."""

    warehouse: Warehouse

    def __init__(self) -> None:
        super().__init__()
        self.house = BatchHouse(self.warehouse)
        self.walkers = [Walker(self.house, by) for by in self.house.people]
        self.sorters = [Sorter(self.house, by) for by in self.house.people]
        self.packed: list[tuple[str, tuple[int, ...]]] = []
        for place, sku in enumerate(SKUS):
            self.house.put(sku, 12, place, place)
            self.house.put(sku, 6, place + 1, place + 1)
        for number in range(6):
            self.house.put("CHIP", 1, number % 2, 0, lot=f"{self.house.name}-{number}")
        for number in range(3):
            self.house.release([("APPLE", 2, None), (SKUS[number], 1 + number, None), ("CHIP", 1, None)][: 2 + number % 2], priority=number)
        self.plan(Method.BATCH, 9)

    def some(self, data: st.DataObject, found: list[Any]) -> Any:
        return data.draw(st.sampled_from(found)) if found else None

    @rule(sku=st.sampled_from(SKUS), quantity=st.integers(1, 9), place=st.integers(0, 5), age=st.integers(0, 5), pallet=st.booleans())
    def goods_come(self, sku: str, quantity: int, place: int, age: int, pallet: bool) -> None:
        (self.house.pallet if pallet else self.house.put)(sku, quantity, place, age)

    @rule(wanted=wishes, priority=st.integers(0, 9), complete=st.booleans())
    def order(self, wanted: list[tuple[str, int, str | None]], priority: int, complete: bool) -> None:
        self.house.release(wanted, priority=priority, ship_complete=complete)

    @rule(sku=st.sampled_from(SKUS), quantity=st.integers(2, 9), age=st.integers(3, 9))
    def pallets_are_ordered(self, sku: str, quantity: int, age: int) -> None:
        for place in (3, 4):
            self.house.pallet(sku, quantity, place, age)
        self.house.release([(sku, quantity, None)], priority=9)
        self.plan(Method.BATCH, 9)

    @rule(method=st.sampled_from([Method.BATCH, Method.BATCH, Method.BATCH, Method.SINGLE]), most=st.integers(2, 9))
    def plan(self, method: Method, most: int) -> None:
        with contextlib.suppress(Refused), db.transaction():
            waves.plan_wave(by=self.house.by, method=method, max_orders=most)

    @rule(who=people, what=st.sampled_from(["pick", "pick", *WALKS]), number=st.integers(0, 9))
    def pick(self, who: int, what: str, number: int) -> None:
        with contextlib.suppress(WarehouseError):
            self.walkers[who].do(what, number)

    @rule(who=people, number=st.integers(0, 9))
    def pick_all(self, who: int, number: int) -> None:
        with contextlib.suppress(WarehouseError):
            for more in range(12):
                self.walkers[who].do("pick", number + more)

    @rule(who=people, what=st.sampled_from(["put", "put", *SORTS]), number=st.integers(0, 9))
    def sort(self, who: int, what: str, number: int) -> None:
        with contextlib.suppress(WarehouseError):
            self.sorters[who].do(what, number)

    @rule(who=people, number=st.integers(0, 9))
    def sort_all(self, who: int, number: int) -> None:
        with contextlib.suppress(WarehouseError):
            for more in range(12):
                self.sorters[who].do("put", number + more)

    @rule(data=st.data())
    def cancel(self, data: st.DataObject) -> None:
        number = self.some(data, self.house.numbers())
        with contextlib.suppress(WarehouseError), db.transaction():
            withdrawal.cancel(number, by=self.house.by)

    @rule(data=st.data(), anew=st.booleans())
    def give_back(self, data: st.DataObject, anew: bool) -> None:
        number = self.some(data, self.house.numbers())
        with contextlib.suppress(WarehouseError), db.transaction():
            (deallocation.reallocate if anew else deallocation.deallocate)(number, by=self.house.by)

    @rule(data=st.data(), who=people, some=st.booleans())
    def pack(self, data: st.DataObject, who: int, some: bool) -> None:
        number = self.some(data, self.house.numbers())
        with contextlib.suppress(WarehouseError):
            self.packed.append((number, self.house.pack(number, self.house.people[who], some=some)))

    @rule(who=people)
    def unpack(self, who: int) -> None:
        if self.packed:
            number, moved = self.packed.pop()
            with contextlib.suppress(WarehouseError), db.transaction():
                packing.undo(self.house.order(number).id, moved, by=self.house.people[who], key=self.house.w.key())

    @rule(place=st.integers(0, 5))
    def put_back(self, place: int) -> None:
        with contextlib.suppress(WarehouseError):
            self.house.put_back(self.house.by, place)

    @invariant()
    def books_are_whole(self) -> None:
        session.expire_all()
        assert audit.run(INVARIANTS) == []
        assert self.house.goods() == self.house.put_in
        session.rollback()

    def teardown(self) -> None:
        """What is not cancelled goes out; and who takes everything back finds everything."""
        finish_everything(self.house, self.walkers, self.sorters)
        all_that_is_left_is_packed(self.house)
        self.books_are_whole()
        self.house.cancel_everything()
        while self.house.put_back(self.house.by, 0):
            pass
        self.books_are_whole()


def test_nothing_is_lost_between_the_batch_and_its_orders(w: Warehouse, soak: bool) -> None:
    BatchMachine.warehouse = w
    settings = machine_settings(200, 60, soak=True) if soak else machine_settings(5, 16, soak=False)
    run_state_machine_as_test(BatchMachine, settings=settings)


# -- at the same moment ------------------------------------------------------------------------------------------------


def picked_together(w: Warehouse, *, orders: int = 6) -> BatchHouse:
    """A house where one person picked for several orders together, and nobody has sorted yet."""
    house = a_batch(w, orders=orders)
    walker = Walker(house, house.people[0])
    with contextlib.suppress(picks.NoWork):
        for _ in range(40):
            walker.do("pick", 2)
    assert len(house.live(TaskKind.SORT)) == 1
    session.remove()
    return house


def a_batch(w: Warehouse, *, orders: int = 6) -> BatchHouse:
    """A house where so many orders want the same goods, planned on one list."""
    house = BatchHouse(w)
    for place, sku in enumerate(SKUS):
        house.put(sku, 60, place, place)
    for number in range(orders):
        house.release([("APPLE", 2, None), (SKUS[1 + number % 2], 1 + number % 3, None)], priority=number % 10)
    with db.transaction():
        waves.plan_wave(by=house.by, method=Method.BATCH, orders_per_list=orders)
    return house


def at_once(app: Application, house: BatchHouse, acts: Sequence[Callable[[], None]]) -> None:
    """All of them; afterwards the books are whole, what is not cancelled is packed, and everything can be taken back."""
    session.remove()
    assert all_at_once(app, acts) == [None] * len(acts)
    session.expire_all()
    assert audit.run(INVARIANTS) == []
    assert house.goods() == house.put_in
    finish_everything(house, [Walker(house, by) for by in house.people], [Sorter(house, by) for by in house.people])
    all_that_is_left_is_packed(house)
    assert audit.run(INVARIANTS) == []
    house.cancel_everything()


def trying(one: Callable[[int], None], times: int) -> Callable[[], None]:
    """The same again and again; what a rule refuses is no failure, what the database refuses is tried again as a request would be."""

    def work() -> None:
        for number in range(times):
            with contextlib.suppress(WarehouseError):
                db.again(lambda number=number: one(number))

    return work


def cancelling(house: BatchHouse, numbers: Sequence[str]) -> Callable[[], None]:
    def one(number: int) -> None:
        with db.transaction():
            withdrawal.cancel(numbers[number], by=house.by)

    return trying(one, len(numbers))


def giving_back(house: BatchHouse, numbers: Sequence[str], *, anew: bool) -> Callable[[], None]:
    def one(number: int) -> None:
        with db.transaction():
            (deallocation.reallocate if anew else deallocation.deallocate)(numbers[number], by=house.by)

    return trying(one, len(numbers))


def sorting_on(house: BatchHouse, who: int, whats: Sequence[str], times: int = 20) -> Callable[[], None]:
    sorter = Sorter(house, house.people[who])
    return trying(lambda number: sorter.do(whats[number % len(whats)], number), times)


def picking_on(house: BatchHouse, who: int, whats: Sequence[str], times: int = 20) -> Callable[[], None]:
    walker = Walker(house, house.people[who])
    return trying(lambda number: walker.do(whats[number % len(whats)], number), times)


def rounds(soak: bool) -> range:
    return range(20 if soak else 1)


def test_two_sorters_on_one_list(w: Warehouse, app: Application, soak: bool) -> None:
    """One has it, takes some, leaves; the other goes on. Nobody's piece is put twice."""
    for _ in rounds(soak):
        house = picked_together(w)
        kinds = ("part", "put", "leave", "undo", "wall")
        at_once(app, house, [sorting_on(house, who, kinds) for who in range(PICKERS)])


def test_sorters_who_act_for_one_person_put_each_share_once(w: Warehouse, app: Application, soak: bool) -> None:
    """Two devices, one person: the task is theirs on both, and each share moves once."""
    for _ in rounds(soak):
        house = picked_together(w)
        at_once(app, house, [sorting_on(house, 0, ("put", "part", "short"), 10) for _ in range(3)])


def test_sorting_while_orders_of_the_list_are_cancelled(w: Warehouse, app: Application, soak: bool) -> None:
    for _ in rounds(soak):
        house = picked_together(w)
        numbers = house.numbers()
        acts = [sorting_on(house, 0, ("put", "part", "short", "undo")), cancelling(house, numbers[:3]), cancelling(house, numbers[4:2:-1])]
        at_once(app, house, acts)


def test_picking_together_while_orders_are_cancelled_given_back_and_planned_anew(w: Warehouse, app: Application, soak: bool) -> None:
    for _ in rounds(soak):
        house = a_batch(w, orders=8)
        numbers = house.numbers()
        acts = [
            picking_on(house, 0, ("part", "short", "pick", "skip", "undo")),
            picking_on(house, 1, ("pick", "short", "leave")),
            cancelling(house, numbers[::3]),
            giving_back(house, numbers[1::3] * 2, anew=False),
            giving_back(house, numbers[::-1], anew=True),
        ]
        at_once(app, house, acts)


def test_an_undone_pick_and_a_begun_sorting(w: Warehouse, app: Application, soak: bool) -> None:
    for _ in rounds(soak):
        house = picked_together(w)
        picker = Walker(house, house.people[0])
        last = [task for task in tasks_of(house) if task.kind == TaskKind.PICK.value][-1]
        picker.last = last.id
        undoing = trying(lambda number, picker=picker: picker.do(("undo", "pick")[number % 2], 2), 8)  # type: ignore[misc]
        at_once(app, house, [undoing, sorting_on(house, 1, ("part", "undo", "leave")), cancelling(house, house.numbers()[:2])])


def tasks_of(house: BatchHouse) -> list[Task]:
    return list(session.execute(sa.select(Task).where(Task.site_id == house.site_id).order_by(Task.id)).scalars())


def test_two_fetch_pallets_and_each_scans_the_plate_of_the_other(w: Warehouse, app: Application, soak: bool) -> None:
    for _ in rounds(soak):
        house = BatchHouse(w)
        for place in range(5):
            house.pallet("APPLE", 8, place, 3)
        for _order in range(3):
            house.release([("APPLE", 8, None)])
        with db.transaction():
            waves.plan_wave(by=house.by, method=Method.BATCH)
        acts = [trying(lambda number, one=one: one.do("pick", 3 * number), 6) for one in (Walker(house, by) for by in house.people)]
        at_once(app, house, [*acts, cancelling(house, house.numbers()[:1]), giving_back(house, house.numbers() * 2, anew=True)])
