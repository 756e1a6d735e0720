"""Receipts, putaways (suggested and chosen, whole and in part), undos, moves by hand and cancellations, in any order that Hypothesis can
think of: no bin ever holds more than its limits, nor what may not lie together, and no place is kept for nobody.

Short in `make test`, long in `make soak`, on both databases.
"""

from __future__ import annotations

import contextlib
import itertools
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from tests.warehouse import PREFIX, Warehouse
from wms.catalog.models import Product
from wms.db import session
from wms.errors import WarehouseError
from wms.locations.models import Kind, Location
from wms.orders import inbound
from wms.orders.lines import NewLine
from wms.receiving import check_in, moves, putaway, rules
from wms.receiving.models import Method
from wms.receiving.rules import Rule
from wms.stock import capacity, operations
from wms.stock.models import HandlingUnit, Stock
from wms.tasks import queue
from wms.tasks.models import Task, TaskKind, TaskStatus

# What each bin takes; the first two are the only ones for cold goods.
BINS: dict[str, dict[str, Any]] = {
    "C-1": {"temperature": "chilled", "max_units": 1},
    "C-2": {"temperature": "chilled", "max_height_mm": 300, "mixing": "one_product"},
    "S-1": {"max_units": 1, "mixing": "one_product"},
    "S-2": {"max_weight_grams": 2500, "mixing": "one_batch"},
    "S-3": {"max_volume_cm3": 30, "max_units": 2},
    "S-4": {"storage_class": "dry", "max_weight_grams": 4000},
    "S-5": {"max_units": 3, "mixing": "one_product", "max_height_mm": 900},
}
GOODS: dict[str, dict[str, Any]] = {
    "TEA": {"weight_grams": 100, "length_mm": 10, "width_mm": 10, "height_mm": 20},
    "OIL": {"weight_grams": 150, "length_mm": 20, "width_mm": 10, "height_mm": 10, "storage_class": "dry"},
    "FISH": {"weight_grams": 80, "length_mm": 10, "width_mm": 10, "height_mm": 10, "temperature": "chilled", "tracking": "lot"},
}
LIVE = (TaskStatus.OPEN.value, TaskStatus.CLAIMED.value, TaskStatus.WAITING.value)
bins = st.sampled_from([*BINS, "F-1"])
skus = st.sampled_from(sorted(GOODS))
quantities = st.integers(1, 14)


class PutawayMachine(RuleBasedStateMachine):
    """A dock, eight places with every kind of limit, three products."""

    house: Warehouse
    numbers = itertools.count(1)

    def __init__(self) -> None:
        super().__init__()
        w = self.house
        self.site = f"M{next(self.numbers)}"
        with w.transaction():
            site_id = w.site(self.site)
            self.by = w.person(f"p-{self.site}", site=site_id)
            for sku, facts in GOODS.items():
                if not session.execute(sa.select(Product.id).where(Product.sku == sku)).first():
                    w.product(sku, **facts)
            w.location("DOCK", kind=Kind.DOCK, site=site_id)
            for number, (code, limits) in enumerate(BINS.items()):
                w.location(code, site=site_id, x_mm=4000 * number, zone=code[0], **limits)
            face = {"assigned_product_id": w.product("TEA").id, "assigned_minimum": 5, "assigned_maximum": 12}
            w.location("F-1", kind=Kind.PICK_FACE, site=site_id, **face)
            lines = [NewLine(sku=sku, quantity=10**6) for sku in GOODS]
            self.order = inbound.announce(lines=lines, by=self.by, number=f"IN-{self.site}").id
        self.stored: list[int] = []
        self.received: list[int] = []

    # -- words ---------------------------------------------------------------------------------------------------------

    def at(self, code: str) -> int:
        return session.execute(sa.select(Location.id).where(Location.site_id == self.by.site_id, Location.code == code)).scalar_one()

    def tasks(self) -> list[int]:
        kinds = [kind.value for kind in putaway.KINDS]
        waiting = sa.select(Task.id).where(Task.site_id == self.by.site_id, Task.status.in_(LIVE), Task.kind.in_(kinds)).order_by(Task.id)
        return list(session.execute(waiting).scalars())

    def some(self, data: st.DataObject, found: list[int]) -> int | None:
        return data.draw(st.sampled_from(found)) if found else None

    def doing(self) -> contextlib.AbstractContextManager[Any]:
        """One act, which may be refused: then nothing has happened."""
        stack = contextlib.ExitStack()
        stack.enter_context(contextlib.suppress(WarehouseError))
        stack.enter_context(self.house.transaction())
        return stack

    # -- what may happen -----------------------------------------------------------------------------------------------

    @initialize(order=st.permutations([Method.PICK_FACE, Method.SAME_BATCH, Method.SAME_PRODUCT, Method.BULK, Method.ABC]))
    def keep_to_rules(self, order: list[Method]) -> None:
        last = [Rule(Method.FIXED_ZONE, zones=("S", "C")), Rule(Method.EMPTY)]
        with self.house.transaction():
            rules.save([*(Rule(method) for method in order), *last], seen=0, by=self.by)

    @rule(sku=skus, quantity=quantities, height=st.sampled_from([None, None, 200, 800]))
    def receive(self, sku: str, quantity: int, height: int | None) -> None:
        with self.doing():
            product = session.execute(sa.select(Product).where(Product.sku == sku)).unique().scalar_one()
            lot = {"lot": f"L{quantity % 2}"} if product.tracking == "lot" else {}
            receipt = check_in.check_in(
                self.order, product, quantity, dock_id=self.at("DOCK"), by=self.by, key=self.house.key(), company_prefix=PREFIX, **lot
            )
            session.get_one(HandlingUnit, receipt.unit.id).height_mm = height
            session.flush()
            if height is not None and receipt.task.target_id is not None:  # measured after it was aimed: its place may be too low
                putaway.aim_again(queue.claim(receipt.task.id, by=self.by), by=self.by)
            self.received.append(receipt.movement_id)

    @rule(data=st.data())
    def put_where_it_says(self, data: st.DataObject) -> None:
        task_id = self.some(data, self.tasks())
        if task_id is not None:
            with self.doing():
                task = queue.claim(task_id, by=self.by)
                if task.target_id is not None:
                    self.stored.append(putaway.put_away(task.id, task.target_id, by=self.by, key=self.house.key()).movement_id)

    @rule(data=st.data(), code=bins, part=st.integers(1, 14))
    def put_somewhere(self, data: st.DataObject, code: str, part: int) -> None:
        task_id = self.some(data, self.tasks())
        if task_id is not None:
            with self.doing():
                task = queue.claim(task_id, by=self.by)
                quantity = min(part, task.quantity or part)
                stored = putaway.put_away(task.id, self.at(code), by=self.by, key=self.house.key(), quantity=quantity)
                self.stored.append(stored.movement_id)

    @rule(data=st.data())
    def undo_a_putaway(self, data: st.DataObject) -> None:
        movement = self.some(data, self.stored)
        if movement is not None:
            with self.doing():
                putaway.undo_put_away(movement, by=self.by, key=self.house.key())

    @rule(data=st.data())
    def undo_a_receipt(self, data: st.DataObject) -> None:
        movement = self.some(data, self.received)
        if movement is not None:
            with self.doing():
                check_in.undo_check_in([movement], by=self.by, key=self.house.key())

    @rule(data=st.data(), code=bins)
    def move_a_plate(self, data: st.DataObject, code: str) -> None:
        units = list(session.execute(sa.select(HandlingUnit.id).where(HandlingUnit.site_id == self.by.site_id)).scalars())
        unit = self.some(data, units)
        if unit is not None:
            with self.doing():
                moves.move_plate(session.get_one(HandlingUnit, unit), self.at(code), by=self.by, key=self.house.key())

    @rule(sku=skus, quantity=quantities, start=bins, end=bins)
    def move_by_hand(self, sku: str, quantity: int, start: str, end: str) -> None:
        with self.doing():
            operations.move_goods(sku, quantity, start, end, by=self.by, key=self.house.key())

    @rule(data=st.data())
    def leave_it(self, data: st.DataObject) -> None:
        task_id = self.some(data, self.tasks())
        if task_id is not None:
            with self.doing():
                queue.give_back(task_id, by=self.by)

    @rule()
    def tidy_up(self) -> None:
        with self.house.transaction():
            putaway.drop_stale()

    # -- what is always true -------------------------------------------------------------------------------------------

    @invariant()
    def every_place_keeps_its_limits(self) -> None:
        """Each thing that lies in a bin would be let in again, beside all the rest: asked of the limits by themselves, in plain sums."""
        rows = (
            session.execute(
                sa.select(Location, Product, Stock.batch_id, Stock.handling_unit_id, Stock.on_hand, HandlingUnit.height_mm)
                .join(Stock, Stock.location_id == Location.id)
                .join(Product, Product.id == Stock.product_id)
                .outerjoin(HandlingUnit, HandlingUnit.id == Stock.handling_unit_id)
                .where(Location.site_id == self.by.site_id, Location.kind.in_(["storage", "pick_face"]), Stock.on_hand > 0)
                .execution_options(populate_existing=True)
            )
            .unique()
            .all()
        )
        for place in {row[0].id: row[0] for row in rows}.values():
            here = [row for row in rows if row[0].id == place.id]
            weight = sum(row[4] * row[1].weight_grams for row in here)
            volume = sum(row[4] * row[1].volume_mm3 for row in here)
            assert place.max_weight_grams is None or weight <= place.max_weight_grams, (place.code, weight)
            assert place.max_volume_cm3 is None or volume <= place.max_volume_cm3 * 1000, (place.code, volume)
            assert place.max_units is None or len({row[3] for row in here} - {None}) <= place.max_units, place.code
            assert place.mixing != "one_product" or len({row[1].id for row in here}) == 1, place.code
            assert place.mixing != "one_batch" or len({row[2] for row in here}) == 1, place.code
            assert place.assigned_maximum is None or sum(row[4] for row in here) <= place.assigned_maximum, place.code
            for row in here:
                assert row[1].storage_class in (None, place.storage_class), place.code
                assert (row[1].temperature or "ambient") == (place.temperature or "ambient") or row[1].temperature is None, place.code
                assert place.max_height_mm is None or (row[5] or row[1].height_mm) <= place.max_height_mm, place.code
        session.rollback()

    @invariant()
    def what_is_on_its_way_will_fit(self) -> None:
        """What lies in a place, and what open work brings, keep its limits together."""
        coming = session.execute(
            sa.select(Task).where(Task.site_id == self.by.site_id, Task.status.in_(LIVE), Task.target_id.is_not(None))
        ).scalars()
        for task in list(coming):
            if task.kind != TaskKind.PUTAWAY or putaway.standing(task) is None:
                continue
            place = session.get_one(Location, task.target_id)
            cargo = putaway.goods_of(task).cargo()
            load = capacity.loads([place.id], cargo, without=[task.id]).get(place.id, capacity.Load())
            assert capacity.limit_of(place, cargo, load.whole) is None, (place.code, task.id, load)
        session.rollback()

    def teardown(self) -> None:
        """When everything is over, no place is kept by work that nobody can do."""
        with self.house.transaction():
            putaway.drop_stale()
        kept = session.execute(
            sa.select(Task).where(
                Task.site_id == self.by.site_id, Task.status == TaskStatus.OPEN.value, Task.kind == TaskKind.PUTAWAY.value
            )
        ).scalars()
        assert all(putaway.standing(task) is not None for task in list(kept))
        session.rollback()


def test_no_sequence_of_putaways_breaks_capacity_or_mixing(w: Warehouse, soak: bool) -> None:
    PutawayMachine.house = w
    run_state_machine_as_test(
        PutawayMachine,
        settings=settings(
            max_examples=150 if soak else 12,
            stateful_step_count=40 if soak else 25,
            deadline=None,
            suppress_health_check=list(HealthCheck),
            phases=[Phase.generate, Phase.shrink] if soak else [Phase.generate],
            derandomize=not soak,
            database=None,
        ),
    )


@pytest.mark.broken
def test_without_the_limits_the_machine_would_complain(w: Warehouse, monkeypatch: pytest.MonkeyPatch) -> None:
    """The proof of the proof: with limits that are never reached for what workers choose, it does not take long."""
    monkeypatch.setattr(capacity, "_over", lambda *_: None)
    PutawayMachine.house = w
    with pytest.raises(AssertionError):
        run_state_machine_as_test(
            PutawayMachine,
            settings=settings(
                max_examples=60, stateful_step_count=50, deadline=None, suppress_health_check=list(HealthCheck),
                phases=[Phase.generate], derandomize=True, database=None,
            ),
        )  # fmt: skip
