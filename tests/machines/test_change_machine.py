"""Sales changes its mind while the warehouse works: fewer pieces, lines out, cancelled, another address, in any order with all else.

Beside the house stands a model that knows of each line how many pieces are wanted and how many have left, and how many there are in all.
No order of change, cancel, pick, pack, load, unload, gate and putting back loses or doubles a piece, and a refusal changes nothing.
Short in `make test`, long in `make soak`, on both databases.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import sqlalchemy as sa
from hypothesis import HealthCheck, Phase, note, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test

from tests.shipping.conftest import Yard
from tests.warehouse import PREFIX, Warehouse
from wms import audit
from wms.app import Application
from wms.db import session
from wms.errors import WarehouseError
from wms.invariants import INVARIANTS
from wms.locations.models import Location
from wms.orders import editing
from wms.orders.lines import NewLine
from wms.orders.models import OrderLine
from wms.picking import picks, waves
from wms.receiving import putaway
from wms.shipping import closing, coming_off, loads, packing, taking_out
from wms.shipping.models import Load
from wms.stock.ledger import Place
from wms.stock.models import HandlingUnit, Movement, Reservation, Stock
from wms.tasks.models import TaskKind

SKUS = ("APPLE", "PEAR")
PIECES = 4
STOCK = 60
OVER = ("shipped", "delivered", "closed", "cancelled")


def _load(load_id: int) -> Load:
    return session.get_one(Load, load_id, populate_existing=True)


class ChangeMachine(RuleBasedStateMachine):
    """Two orders of two products, somebody at every station, and sales on the telephone."""

    yard: Yard
    rounds = itertools.count(1)
    seen: set[str]

    @initialize()
    def orders_are_released(self) -> None:
        """Both are planned, each on a list of its own."""
        session.rollback()
        number = next(self.rounds)
        self.orders = [f"SO-{number}-{place}" for place in (1, 2)]
        for sku in SKUS:
            lacking = STOCK - self.yard.w.on_hand(sku, at="A-01")
            if lacking > 0:
                self.yard.w.receive(sku, lacking, at="A-01")
        for one in self.orders:
            self.yard.enter(one, APPLE=PIECES, PEAR=PIECES)
        session.rollback()
        self.wanted = {(one, sku): PIECES for one in self.orders for sku in SKUS}
        self.left: dict[tuple[str, str], int] = dict.fromkeys(self.wanted, 0)
        self.cancelled: set[str] = set()
        self.here = {sku: self.yard.w.on_hand(sku) for sku in SKUS}
        self.out = {sku: self._outside(sku) for sku in SKUS}
        session.rollback()

    # -- trying ----------------------------------------------------------------------------------------------------------

    def tried(self, what: str, act: Callable[[], Any], must: bool | None = None) -> bool:
        """Whether it was done. Where it was refused, nothing has changed. `must`: what the model says."""
        session.rollback()
        before, refused = self._book(), None
        try:
            act()
        except WarehouseError as refusal:
            refused = refusal
        session.rollback()
        note(f"{what}: {refused!r}" if refused else what)
        if refused is not None:
            assert must is not True, f"{what} must go: {refused!r}"
            assert self._book() == before, f"{what} was refused and has changed something"
            return False
        assert must is not False, f"{what} must be refused"
        self.seen.add(what)
        return True

    def _book(self) -> tuple[Any, ...]:
        claims = sa.select(Reservation.status, Reservation.stage, sa.func.sum(Reservation.quantity))
        lines = [OrderLine.id, OrderLine.promised, OrderLine.reserved, OrderLine.picked, OrderLine.packed, OrderLine.cancelled]
        queries = (
            sa.select(sa.func.max(Movement.id)),
            claims.group_by(Reservation.status, Reservation.stage).order_by(Reservation.status, Reservation.stage),
            sa.select(*lines).order_by(OrderLine.id),
            sa.select(HandlingUnit.id, HandlingUnit.load_id).where(HandlingUnit.load_id.is_not(None)).order_by(HandlingUnit.id),
        )
        return tuple([tuple(row) for row in session.execute(query)] for query in queries)

    def _outside(self, sku: str) -> int:
        there = sa.select(sa.func.coalesce(sa.func.sum(Stock.on_hand), 0)).where(Stock.product_id == self.yard.w.product(sku).id)
        return int(session.execute(there.where(Stock.location_id == self.yard.w.location("@CUSTOMER").id)).scalar_one())

    def _over(self, order: str) -> bool:
        return self.yard.status(order) in OVER

    # -- sales -----------------------------------------------------------------------------------------------------------

    @rule(which=st.integers(0, 1), sku=st.sampled_from(SKUS), quantity=st.integers(0, PIECES + 1))
    def change(self, which: int, sku: str, quantity: int) -> None:
        """A line is to have so many pieces; none takes it out."""
        order, other = self.orders[which], SKUS[sku == "APPLE"]
        session.rollback()
        now, rest = self.wanted[order, sku], self.wanted[order, other]
        target = {sku: quantity, other: rest}
        lines = [NewLine(one, target[one], line=str(SKUS.index(one) + 1)) for one in SKUS if target[one]]

        def act() -> None:
            with self.yard.w.transaction():
                editing.edit(order, by=self.yard.by, lines=lines)

        gone = self._over(order) or not lines
        out = {one: self.left[order, one] for one in SKUS}
        right = not gone and out[sku] <= quantity <= now if quantity else None
        if quantity == 0 and not gone:
            right = None  # all that has not left goes; refused where nothing would be left
        if self.tried("change", act, must=right) and now:
            self.wanted[order, sku] = max(quantity, out[sku])

    @rule(which=st.integers(0, 1), sure=st.integers(0, 2))
    def another_address(self, which: int, sure: int) -> None:
        """The customer has moved."""
        order = self.orders[which]
        street = f"南京路 {sure}"

        def act() -> None:
            with self.yard.w.transaction():
                editing.edit(order, by=self.yard.by, changes={"ship_to": {"name": "李", "city": "上海", "street": street}})

        session.rollback()
        self.tried("another address", act, must=not self._over(order))

    @rule(which=st.integers(0, 1), sure=st.integers(0, 4))
    def cancel(self, which: int, sure: int) -> None:
        """All of it that has not left."""
        order = self.orders[which]
        if sure:
            return
        session.rollback()
        if self.tried("cancel", lambda: self.yard.cancel(order), must=not self._over(order)):
            self.cancelled.add(order)

    # -- picking ---------------------------------------------------------------------------------------------------------

    @rule(which=st.integers(0, 1))
    def plan_picks(self, which: int) -> None:
        """A pick list for what is promised."""

        def act() -> None:
            with self.yard.w.transaction():
                waves.plan_wave(orders=[self.orders[which]], by=self.yard.by)

        self.tried("plan picks", act)

    @rule(which=st.integers(0, 1), quantity=st.integers(1, PIECES))
    def pick(self, which: int, quantity: int) -> None:
        """The next line, or a part of it."""

        def act() -> None:
            with self.yard.w.transaction():
                opened = picks.open_order(self.yard.order(self.orders[which]), by=self.yard.by)
                line = opened.line
                facts = {"task_id": opened.task_id, "order_id": line.order_id, "target": Place(opened.target_id)}
                picks.confirm(line.claim_id, min(quantity, line.quantity), by=self.yard.by, key=self.yard.w.key(), **facts)

        self.tried("pick", act)

    # -- the bench -------------------------------------------------------------------------------------------------------

    @rule(which=st.integers(0, 1), sku=st.sampled_from(SKUS), quantity=st.integers(1, PIECES))
    def pack(self, which: int, sku: str, quantity: int) -> None:
        """Pieces go into the carton in hand."""
        order = self.orders[which]
        self.tried("pack", lambda: self.yard.pack(order, sku, quantity, self.yard.carton(order)))

    @rule(which=st.integers(0, 1))
    def next_carton(self, which: int) -> None:
        """The carton in hand is full."""
        order = self.orders[which]
        self.tried("next carton", lambda: self.yard.full(order, self.yard.carton(order)))

    @rule(which=st.integers(0, 1), out=st.booleans())
    def close_carton(self, which: int, out: bool) -> None:
        """A carton that is open again is closed, after what does not belong there was taken out."""
        session.rollback()
        order_id = self.yard.order(self.orders[which]).id
        for unit in packing.to_close(order_id)[:1]:
            code, inside = unit.code, taking_out.inside(unit.id)

            def take(code: str = code) -> None:
                with self.yard.w.transaction():
                    taking_out.take_out(order_id, code, by=self.yard.by, key=self.yard.w.key())

            if inside and out:
                self.tried("take out", take, must=True)

            def close(code: str = code) -> None:
                with self.yard.w.transaction():
                    packing.close_carton(order_id, code, by=self.yard.by)

            self.tried("close carton", close, must=False if inside and not out else None)

    @rule(which=st.integers(0, 1), steps=st.integers(2, 7))
    def hurry(self, which: int, steps: int) -> None:
        """An order goes a good part of its way at once."""
        order = self.orders[which]
        way: list[Callable[[], None]] = [
            lambda: self.plan_picks(which),
            lambda: [self.pick(which, PIECES) for _ in range(3)] and None,
            lambda: [self.pack(which, sku, amount) for sku in SKUS for amount in self._at_bench(order, sku)] and None,
            lambda: self.plan_load({which}),
            lambda: self.load(which),
            self.close_load,
            self.leave,
        ]
        for step in way[:steps]:
            session.rollback()
            step()

    @rule(which=st.integers(0, 1), sku=st.sampled_from(SKUS), steps=st.integers(3, 6), fewer=st.integers(1, 3))
    def intercepted(self, which: int, sku: str, steps: int, fewer: int) -> None:
        """A good part of its way, when sales calls; and what the floor does then."""
        self.hurry(which, steps)
        self.change(which, sku, max(0, self.wanted[self.orders[which], sku] - fewer))
        self.take_off()
        self.close_carton(which, fewer > 1)

    def _at_bench(self, order: str, sku: str) -> list[int]:
        session.rollback()
        waiting = {one.sku: one.open for one in packing.waiting(self.yard.order(order).id)}
        return [waiting[sku]] if waiting.get(sku) else []

    # -- the truck -------------------------------------------------------------------------------------------------------

    def _loads(self, *statuses: str) -> list[int]:
        session.rollback()
        return list(session.execute(sa.select(Load.id).where(Load.status.in_(statuses)).order_by(Load.id)).scalars())

    @rule(chosen=st.sets(st.integers(0, 1), min_size=1))
    def plan_load(self, chosen: set[int]) -> None:
        """A truck for one or both."""
        self.tried("plan load", lambda: self.yard.plan(*(self.orders[which] for which in sorted(chosen))))

    @rule(which=st.integers(0, 1))
    def load(self, which: int) -> None:
        """All cartons of an order that may go on board."""
        order = self.yard.order(self.orders[which])
        codes = session.execute(sa.select(HandlingUnit.code).where(HandlingUnit.order_id == order.id).order_by(HandlingUnit.id))
        for code in list(codes.scalars()):
            for load_id in self._loads("planned", "loading"):
                self.tried("load", lambda load_id=load_id, code=code: self.yard.load(_load(load_id), code))  # type: ignore[misc]

    def take_off(self) -> None:
        """What must come off does, and sometimes what need not."""
        for load_id in self._loads("loading"):
            for code in coming_off.of(_load(load_id)):
                off = lambda load_id=load_id, code=code: self.yard.unload(_load(load_id), code)  # noqa: E731
                self.tried("come off", off, must=True)

    def close_load(self) -> None:
        """Closed, with a supervisor's word for what is missing."""
        for load_id in self._loads("loading"):
            off = coming_off.of(_load(load_id))
            close = lambda load_id=load_id: self.yard.close(_load(load_id), reason="later")  # noqa: E731
            self.tried("close", close, must=False if off else None)

    def open_load(self) -> None:
        """A closed truck is opened."""
        for load_id in self._loads("closed"):

            def act(load_id: int = load_id) -> None:
                with self.yard.w.transaction():
                    closing.reopen(load_id, by=self.yard.by)

            self.tried("open", act, must=True)

    def leave(self) -> None:
        """The guard lets out what is as its pass says."""
        for load_id in self._loads("closed"):
            aboard = session.execute(
                sa.select(OrderLine.order_id, OrderLine.product_id, sa.func.sum(Reservation.quantity))
                .join(Reservation, Reservation.order_line_id == OrderLine.id)
                .join(Stock, Stock.id == Reservation.stock_id)
                .join(HandlingUnit, HandlingUnit.id == Stock.handling_unit_id)
                .where(HandlingUnit.load_id == load_id, Reservation.status == "pending")
                .group_by(OrderLine.order_id, OrderLine.product_id)
            ).all()
            load = _load(load_id)
            gate_pass, whole = load.gate_pass, len(loads.on_board(load)) == load.closed_units
            orders = {self.yard.order(one).id: one for one in self.orders}
            skus = {self.yard.w.product(sku).id: sku for sku in SKUS}
            if self.tried("leave", lambda gate_pass=gate_pass: self.yard.leave(gate_pass), must=whole):  # type: ignore[misc]
                for order_id, product_id, pieces in aboard:
                    if order_id in orders:
                        self.left[orders[order_id], skus[product_id]] += int(pieces)

    @rule(what=st.sampled_from(["take_off", "take_off", "close_load", "open_load", "leave"]))
    def at_the_dock(self, what: str) -> None:
        """One of these, with whatever stands there."""
        getattr(self, what)()

    # -- back ------------------------------------------------------------------------------------------------------------

    @rule(many=st.integers(1, 3))
    def put_back(self, many: int) -> None:
        """Goods that nobody wants go back to the rack."""
        for _ in range(many):
            self._put_back_one()

    def _put_back_one(self) -> bool:
        session.rollback()
        with self.yard.w.transaction():
            task = putaway.next_for(by=self.yard.by, kinds=[TaskKind.PUT_BACK])
        if task is None:
            return False
        task_id, rack = task.id, self.yard.w.location("A-01").id

        def act() -> None:
            with self.yard.w.transaction():
                putaway.put_away(task_id, rack, by=self.yard.by, key=self.yard.w.key())

        return self.tried("put back", act, must=True)

    # -- what must always be true ----------------------------------------------------------------------------------------

    def check_invariants(self, *args: Any, **facts: Any) -> None:
        """After each step: the book says what the model says."""
        super().check_invariants(*args, **facts)
        if not hasattr(self, "wanted"):
            return
        session.rollback()
        for sku in SKUS:
            gone = sum(pieces for (_, name), pieces in self.left.items() if name == sku)
            assert self.yard.w.on_hand(sku) == self.here[sku] - gone, sku
            assert self._outside(sku) == self.out[sku] + gone, sku
        for order in self.orders:
            lines = self.yard.order(order).lines
            for line, sku in zip(lines, SKUS, strict=True):
                assert line.shipped == self.left[order, sku], order
                assert line.ordered - line.cancelled == (line.shipped if order in self.cancelled else self.wanted[order, sku]), order
                held = sa.select(sa.func.coalesce(sa.func.sum(Reservation.quantity), 0))
                mine = held.where(Reservation.order_line_id == line.id, Reservation.status == "pending")
                claimed = int(session.execute(mine).scalar_one())
                assert claimed <= line.ordered - line.cancelled - line.shipped, order

    def teardown(self) -> None:
        """What is not wanted is walked back; then the audit; then the house is cleared for the next round."""
        if not hasattr(self, "wanted"):
            return
        session.rollback()
        assert audit.run(INVARIANTS) == []
        for order in self.orders:
            if not self._over(order):
                self.yard.cancel(order)
        for load_id in self._loads("loading"):
            for code in coming_off.of(_load(load_id)):
                self.yard.unload(_load(load_id), code)
        while self._put_back_one():
            pass
        session.rollback()
        kept = sa.select(Location.code, Stock.on_hand, Stock.reserved).join(Location, Location.id == Stock.location_id)
        inside = kept.where(Location.kind != "virtual", Stock.on_hand > 0, Location.code != "A-01")
        assert session.execute(inside).all() == [], "everything is in the rack again"
        assert audit.run(INVARIANTS) == []


def test_no_change_of_mind_loses_or_doubles_a_piece(app: Application, w: Warehouse, soak: bool) -> None:
    ChangeMachine.yard, ChangeMachine.rounds, ChangeMachine.seen = Yard(w), itertools.count(1), set()
    assert PREFIX
    run_state_machine_as_test(
        ChangeMachine,
        settings=settings(
            max_examples=200 if soak else 10,
            stateful_step_count=60 if soak else 25,
            deadline=None,
            suppress_health_check=list(HealthCheck),
            phases=[Phase.generate, Phase.shrink] if soak else [Phase.generate],
            derandomize=not soak,
            database=None,
        ),
    )
    assert {"change", "cancel", "pick", "pack", "load", "take out", "come off", "put back"} <= ChangeMachine.seen
