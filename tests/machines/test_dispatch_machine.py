"""Packing, loading, the gate, and trucks that come back, in any order that Hypothesis can think of, beside a model that counts every piece.

No order of pack, unpack, plan, load, unload, close, open, gate, turn back, sign, return, undo and cancel loses or doubles a piece; what the
model says must go goes, what must not is refused, and a refusal changes nothing. Short in `make test`, long in `make soak`, on both
databases.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa
from hypothesis import HealthCheck, Phase, note, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule, run_state_machine_as_test

from tests.shipping.conftest import Yard
from tests.warehouse import PREFIX, Warehouse
from wms import audit
from wms.app import Application
from wms.db import session
from wms.errors import WarehouseError
from wms.invariants import INVARIANTS
from wms.locations.models import Kind
from wms.orders.models import OrderLine
from wms.orders.signing import SignedLine
from wms.receiving import returns
from wms.receiving.models import Found
from wms.shipping import changes, closing
from wms.shipping.models import Load, Shipment
from wms.shipping.packing import Packed
from wms.stock.models import HandlingUnit, Movement, Reservation, Stock

PIECES = 4
OVER = ("shipped", "delivered", "closed", "cancelled")


@dataclass
class Carton:
    """So many pieces of an order, on the floor, on board of a load, or out with it."""

    order: str
    pieces: int = 0
    load: int | None = None
    out: bool = False
    still_on: int | None = None
    """Its order was cancelled, and nobody has taken it off this truck yet."""
    thrown_open: bool = False
    """Its order was cancelled: what is in it belongs to nobody."""


@dataclass
class Truck:
    """A load as the model knows it."""

    number: str
    orders: set[str]
    status: str = "planned"
    gate_pass: str | None = None
    closed_units: int = 0


@dataclass
class Model:
    """Where every piece is."""

    waiting: dict[str, int]
    cartons: dict[str, Carton] = field(default_factory=dict)
    trucks: dict[int, Truck] = field(default_factory=dict)
    cancelled: set[str] = field(default_factory=set)
    back: dict[str, int] = field(default_factory=dict)
    signed: set[tuple[str, int]] = field(default_factory=set)
    returns: list[tuple[str, str, int]] = field(default_factory=list)
    """What came back and was not undone: the order, the number of the return, how many."""
    packed: list[tuple[str, str, Packed, int]] = field(default_factory=list)

    def of(self, order: str, *, out: bool | None = None, load: int | None = None) -> list[Carton]:
        """The cartons of an order."""
        return [
            one
            for one in self.cartons.values()
            if one.order == order and (out is None or one.out is out) and (load is None or one.load == load)
        ]

    def out(self, order: str) -> int:
        """How many pieces of an order are with the customer, or were."""
        return sum(one.pieces for one in self.of(order, out=True))

    def plan_of(self, order: str) -> int | None:
        """The open load that is to carry it."""
        return next((key for key, truck in self.trucks.items() if order in truck.orders and truck.status != "left"), None)


class DispatchMachine(RuleBasedStateMachine):
    """Whatever a bench, two doors, a gate and a road may see."""

    yard: Yard
    rounds = itertools.count(1)
    seen: set[str]

    @initialize()
    def orders_lie_at_the_bench(self) -> None:
        """Three orders of four apples."""
        session.rollback()
        number = next(self.rounds)
        self.orders = [f"SO-{number}-{place}" for place in (1, 2, 3)]
        for one in self.orders:
            self.yard.picked(one, APPLE=PIECES)
        self.model = Model(dict.fromkeys(self.orders, PIECES))
        session.rollback()
        self.here, self.outside = self.yard.w.on_hand("APPLE"), self._at_customers()

    # -- trying ----------------------------------------------------------------------------------------------------------

    def tried(self, what: str, act: Callable[[], Any], must: bool | None = None) -> Any:
        """What the act answers, or None where it was refused, which then has changed nothing. `must`: what the model says."""
        session.rollback()
        before, answer, refused = self._book(), None, None
        try:
            answer = act()
        except WarehouseError as refusal:
            refused = refusal
        session.rollback()
        note(f"{what}: {refused or answer!r}")
        if refused is not None:
            assert must is not True, f"{what} must go: {refused}"
            assert self._book() == before, f"{what} was refused and has changed something"
            return None
        assert must is not False, f"{what} must be refused"
        self.seen.add(what)
        return True if answer is None else answer

    def _book(self) -> tuple[Any, ...]:
        """What a refusal must not change."""
        claims = sa.select(Reservation.status, Reservation.stage, sa.func.sum(Reservation.quantity))
        queries = (
            sa.select(sa.func.max(Movement.id)),
            claims.group_by(Reservation.status, Reservation.stage).order_by(Reservation.status, Reservation.stage),
            sa.select(Load.id, Load.status).order_by(Load.id),
            sa.select(HandlingUnit.id, HandlingUnit.load_id).where(HandlingUnit.load_id.is_not(None)).order_by(HandlingUnit.id),
        )
        return tuple([tuple(row) for row in session.execute(query)] for query in queries)

    def _at_customers(self) -> int:
        there = sa.select(sa.func.coalesce(sa.func.sum(Stock.on_hand), 0))
        return int(session.execute(there.where(Stock.location_id == self.yard.w.location("@CUSTOMER").id)).scalar_one())

    def _codes(self) -> list[str]:
        return sorted(self.model.cartons)

    @rule(which=st.integers(0, 2), steps=st.integers(2, 7))
    def hurry(self, which: int, steps: int) -> None:
        """An order goes its way, a good part of it at once."""
        order, model = self.orders[which], self.model
        if order in model.cancelled:
            return
        way: list[Callable[[], None]] = [
            lambda: self.pack(which, model.waiting[order]) if model.waiting[order] else None,
            lambda: None if model.plan_of(order) else self.plan({which}),
            lambda: [self.load(place, 1) for place, code in enumerate(self._codes()) if model.cartons[code].order == order] and None,
            lambda: self.close(self._place(order), True),
            lambda: self.leave(self._pass(order)),
            lambda: self.turn_back(self._gone(order), set()) if self.model.of(order, out=True) else None,
        ]
        for step in way[:steps]:
            step()

    def _place(self, order: str) -> int:
        trucks = sorted(self.model.trucks)
        planned = self.model.plan_of(order)
        return trucks.index(planned) if planned in trucks else 0

    def _gone(self, order: str) -> int:
        left = sorted(key for key, one in self.model.trucks.items() if one.status == "left")
        return left.index(max(one.load or 0 for one in self.model.of(order, out=True)))

    def _pass(self, order: str) -> int:
        passes = sorted((one.gate_pass, key) for key, one in self.model.trucks.items() if one.gate_pass)
        planned = self.model.plan_of(order)
        return next((place for place, (_, key) in enumerate(passes) if key == planned), 0)

    # -- the bench -------------------------------------------------------------------------------------------------------

    @rule(which=st.integers(0, 2), quantity=st.integers(1, PIECES))
    def pack(self, which: int, quantity: int) -> None:
        """So many pieces go into the carton in hand."""
        order = self.orders[which]

        def act() -> tuple[str, Packed]:
            code = self.yard.carton(order)
            return code, self.yard.pack(order, "APPLE", quantity, code)

        enough = self.model.waiting[order] >= quantity and order not in self.model.cancelled
        done = self.tried("pack", act, must=enough if not enough else None)
        if done:
            carton = self.model.cartons.setdefault(done[0], Carton(order))
            carton.pieces += quantity
            self.model.waiting[order] -= quantity
            self.model.packed.append((order, done[0], done[1], quantity))

    @rule(which=st.integers(0, 2))
    def next_carton(self, which: int) -> None:
        """The carton in hand is full."""
        order = self.orders[which]
        self.tried("next carton", lambda: self.yard.full(order, self.yard.carton(order)))

    @rule(which=st.integers(0, 30))
    def unpack(self, which: int) -> None:
        """Takes out what was packed, which may be on a truck, or gone."""
        if self.model.packed:
            place = which % len(self.model.packed)
            order, code, done, quantity = self.model.packed[place]
            carton = self.model.cartons[code]
            if self.tried("unpack", lambda: self.yard.unpack(order, done), must=False if carton.load is not None else None):
                carton.pieces -= quantity
                self.model.waiting[order] += quantity
                del self.model.packed[place]

    # -- the door --------------------------------------------------------------------------------------------------------

    @rule(chosen=st.sets(st.integers(0, 2), min_size=1))
    def plan(self, chosen: set[int]) -> None:
        """A truck for some of the orders."""
        orders = [self.orders[which] for which in sorted(chosen)]
        hopeless = any(one in self.model.cancelled or self.model.plan_of(one) for one in orders)
        load = self.tried("plan", lambda: self.yard.plan(*orders), must=False if hopeless else None)
        if load:
            self.model.trucks[load.id] = Truck(load.number, set(orders))

    @precondition(lambda self: self.model.cartons and self.model.trucks)
    @rule(unit=st.integers(0, 30), truck=st.integers(0, 30))
    def load(self, unit: int, truck: int) -> None:
        """A carton goes on board, mostly of its own truck."""
        if not self.model.trucks:
            return
        code = self._codes()[unit % len(self.model.cartons)]
        carton = self.model.cartons[code]
        planned = self.model.plan_of(carton.order)
        load_id = planned if planned is not None and truck % 4 else sorted(self.model.trucks)[truck % len(self.model.trucks)]
        one = self.model.trucks[load_id]
        session.rollback()
        closed = self.yard.unit(code).closed_at is not None
        right = planned == load_id and one.status in ("planned", "loading") and carton.load is None and carton.pieces > 0 and closed
        right = right and not carton.thrown_open
        if self.tried("load", lambda: self.yard.load(session.get_one(Load, load_id), code), must=right):
            carton.load, one.status = load_id, "loading"

    @precondition(lambda self: self.model.cartons)
    @rule(unit=st.integers(0, 30))
    def unload(self, unit: int) -> None:
        """A carton comes off again."""
        code = self._codes()[unit % len(self.model.cartons)]
        carton = self.model.cartons[code]
        if carton.still_on is not None:
            off = self.model.trucks[carton.still_on].status in ("planned", "loading")
            if self.tried("come off", lambda: self.yard.unload(session.get_one(Load, carton.still_on), code), must=off):
                carton.still_on = None
            return
        if carton.load is None:
            return
        truck = self.model.trucks[carton.load]
        right = truck.status == "loading" and not carton.out
        if self.tried("unload", lambda: self.yard.unload(session.get_one(Load, carton.load), code), must=right):
            carton.load = None

    @precondition(lambda self: self.model.trucks)
    @rule(truck=st.integers(0, 30), released=st.booleans())
    def close(self, truck: int, released: bool) -> None:
        """The truck is closed, with a supervisor's reason or without."""
        if not self.model.trucks:
            return
        load_id = sorted(self.model.trucks)[truck % len(self.model.trucks)]
        one = self.model.trucks[load_id]
        aboard = [carton for carton in self.model.cartons.values() if carton.load == load_id]
        right = bool(aboard) and one.status == "loading" and all(each.still_on != load_id for each in self.model.cartons.values())
        reason = "later" if released else None
        done = self.tried("close", lambda: self.yard.close(session.get_one(Load, load_id), reason=reason), must=right if released else None)
        if done:
            assert right
            one.status, one.gate_pass, one.closed_units = "closed", done, len(aboard)
            one.orders = {carton.order for carton in aboard}

    @precondition(lambda self: self.model.trucks)
    @rule(truck=st.integers(0, 30))
    def open_again(self, truck: int) -> None:
        """A closed truck is opened before the gate."""
        load_id = sorted(self.model.trucks)[truck % len(self.model.trucks)]
        one = self.model.trucks[load_id]

        def act() -> None:
            with self.yard.w.transaction():
                closing.reopen(load_id, by=self.yard.by)

        if self.tried("open", act, must=one.status == "closed"):
            one.status, one.gate_pass = "loading", None

    @precondition(lambda self: self.model.trucks)
    @rule(truck=st.integers(0, 30), which=st.integers(0, 2))
    def take_off(self, truck: int, which: int) -> None:
        """An order comes off a load."""
        load_id, order = sorted(self.model.trucks)[truck % len(self.model.trucks)], self.orders[which]
        one = self.model.trucks[load_id]

        def act() -> None:
            with self.yard.w.transaction():
                changes.take_off(load_id, order, by=self.yard.by)

        right = one.status in ("planned", "loading") and order in one.orders and not self.model.of(order, out=False, load=load_id)
        if self.tried("take off", act, must=right):
            one.orders.discard(order)

    # -- the gate and the road -------------------------------------------------------------------------------------------

    @precondition(lambda self: any(one.gate_pass for one in self.model.trucks.values()))
    @rule(truck=st.integers(0, 30))
    def leave(self, truck: int) -> None:
        """The guard scans a pass, which may be void or used."""
        if not any(one.gate_pass for one in self.model.trucks.values()):
            return
        passes = sorted((one.gate_pass, key) for key, one in self.model.trucks.items() if one.gate_pass)
        gate_pass, load_id = passes[truck % len(passes)]
        one = self.model.trucks[load_id]
        aboard = [carton for carton in self.model.cartons.values() if carton.load == load_id]
        right = one.status == "closed" and len(aboard) == one.closed_units
        if self.tried("leave", lambda: self.yard.leave(gate_pass), must=right):
            one.status = "left"
            for carton in aboard:
                carton.out = True

    @precondition(lambda self: any(one.status == "left" for one in self.model.trucks.values()))
    @rule(truck=st.integers(0, 30), some=st.sets(st.integers(0, 2)))
    def turn_back(self, truck: int, some: set[int]) -> None:
        """A truck comes back with all, or with some of its orders."""
        left = sorted(key for key, one in self.model.trucks.items() if one.status == "left")
        load_id = left[truck % len(left)]
        one = self.model.trucks[load_id]
        orders = [self.orders[which] for which in sorted(some)]
        back = set(orders) or set(one.orders)
        right = back <= one.orders and all(self._may_come_back(order, load_id) for order in back)
        now = self.tried("turn back", lambda: self.yard.turn_back(session.get_one(Load, load_id), *orders), must=right)
        if not now:
            return
        if now.id == load_id:
            assert back == one.orders
            one.status, one.gate_pass = "loading", None
        else:
            one.orders -= back
            self.model.trucks[now.id] = Truck(now.number, back, "loading")
        for order in back:
            for carton in self.model.of(order, out=True, load=load_id):
                carton.out, carton.load = False, now.id

    def _may_come_back(self, order: str, load_id: int) -> bool:
        signed = sum(one.pieces for key in self.model.trucks if (order, key) in self.model.signed for one in self.model.of(order, load=key))
        closed = self.model.plan_of(order) is not None
        return (order, load_id) not in self.model.signed and self.model.back.get(order, 0) <= signed and not closed

    @rule(which=st.integers(0, 2), refused=st.integers(0, 2))
    def sign(self, which: int, refused: int) -> None:
        """The customer signs for what is on its way, and may not keep all of it where it is one shipment."""
        order = self.orders[which]
        open_ = {one.load for one in self.model.of(order, out=True) if (order, one.load) not in self.model.signed}
        lines: list[SignedLine] = []
        if len(open_) == 1 and refused:
            there = sum(one.pieces for one in self.model.of(order, out=True, load=next(iter(open_))))
            lines = [SignedLine("1", max(0, there - refused), refused=min(refused, there))]
        if self.tried("sign", lambda: self.yard.sign(order, lines=lines), must=bool(open_)):
            self.model.signed |= {(order, load_id) for load_id in open_ if load_id is not None}

    @rule(which=st.integers(0, 2), quantity=st.integers(1, 2))
    def come_back_as_a_return(self, which: int, quantity: int) -> None:
        """The customer sends pieces back."""
        order = self.orders[which]

        def act() -> str:
            with self.yard.w.transaction():
                number = returns.open_return(by=self.yard.by, order=self.yard.order(order)).number
                facts = {"found": Found.OPENED, "location_id": self.yard.w.location("INSP-1").id, "company_prefix": PREFIX}
                returns.take_back(number, self.yard.w.product("APPLE"), quantity, by=self.yard.by, key=self.yard.w.key(), **facts)
            return number

        right = self.model.out(order) - self.model.back.get(order, 0) >= quantity
        number = self.tried("return", act, must=right)
        if number:
            self.model.back[order] = self.model.back.get(order, 0) + quantity
            self.model.returns.append((order, number, quantity))

    @precondition(lambda self: self.model.returns)
    @rule(which=st.integers(0, 30))
    def undo_a_return(self, which: int) -> None:
        """It was a mistake: the customer has the pieces after all."""
        if not self.model.returns:
            return
        place = which % len(self.model.returns)
        order, number, quantity = self.model.returns[place]

        def act() -> None:
            with self.yard.w.transaction():
                for one in returns.lines_of(returns.find(number, by=self.yard.by)):
                    returns.undo_line(number, one.line, by=self.yard.by, key=self.yard.w.key())

        if self.tried("undo a return", act):
            self.model.back[order] -= quantity
            del self.model.returns[place]

    @rule(which=st.integers(0, 2), sure=st.integers(0, 3))
    def cancel(self, which: int, sure: int) -> None:
        """Sales takes an order back, wherever it is."""
        order = self.orders[which]
        if sure:
            return
        session.rollback()
        right = self.yard.status(order) not in OVER
        assert right or self.model.out(order) or order in self.model.cancelled, "only what left or is cancelled cannot be cancelled"
        if self.tried("cancel", lambda: self.yard.cancel(order), must=right):
            self.model.cancelled.add(order)
            self.model.waiting[order] = 0
            for carton in self.model.of(order, out=False):
                carton.still_on, carton.load, carton.thrown_open = carton.load, None, True
            for one in self.model.trucks.values():
                if one.status != "left":
                    one.orders.discard(order)

    # -- what must always be true ----------------------------------------------------------------------------------------

    def check_invariants(self, *args: Any, **facts: Any) -> None:
        """After each step: the book says what the model says."""
        super().check_invariants(*args, **facts)
        if not hasattr(self, "model"):
            return
        session.rollback()
        model, w = self.model, self.yard.w
        out, back = sum(model.out(one) for one in self.orders), sum(model.back.values())
        assert self._at_customers() == self.outside + out - back
        assert w.on_hand("APPLE") == self.here - out + back
        for order in self.orders:
            line = session.execute(sa.select(OrderLine).where(OrderLine.order_id == self.yard.order(order).id)).scalar_one()
            assert (line.shipped, line.returned) == (model.out(order), model.back.get(order, 0)), order
            here = sum(one.pieces for one in model.of(order, out=False) if not one.thrown_open)
            assert line.packed - line.shipped == here or order in model.cancelled, order
            loaded = sum(one.pieces for one in model.of(order, out=False) if one.load is not None)
            assert (self._claimed(line.id, "loaded"), self._claimed(line.id, "packed")) == (loaded, here - loaded), order
        for code, carton in model.cartons.items():
            assert self.yard.unit(code).load_id == carton.load, code
        for load_id, truck in model.trucks.items():
            assert session.get_one(Load, load_id, populate_existing=True).status == truck.status

    def _claimed(self, line_id: int, stage: str) -> int:
        query = sa.select(sa.func.coalesce(sa.func.sum(Reservation.quantity), 0))
        mine = (Reservation.order_line_id == line_id, Reservation.status == "pending", Reservation.stage == stage)
        return int(session.execute(query.where(*mine)).scalar_one())

    def teardown(self) -> None:
        """The audit; then what is open is cleared away, so that each run stands alone."""
        if not hasattr(self, "model"):
            return
        session.rollback()
        assert audit.run(INVARIANTS) == []
        for order in self.orders:
            with suppress(WarehouseError):
                self.yard.cancel(order)
        session.rollback()
        planned = sa.select(Shipment.id).where(Shipment.left_at.is_(None), Shipment.load_id.is_not(None))
        assert session.execute(planned).first() is None, "a cancelled order is on no load"


def test_no_order_of_acts_loses_or_doubles_a_piece(app: Application, w: Warehouse, soak: bool) -> None:
    DispatchMachine.yard, DispatchMachine.rounds, DispatchMachine.seen = Yard(w), itertools.count(1), set()
    w.location("INSP-1", kind=Kind.INSPECTION)
    run_state_machine_as_test(
        DispatchMachine,
        settings=settings(
            max_examples=200 if soak else 12,
            stateful_step_count=50 if soak else 25,
            deadline=None,
            suppress_health_check=list(HealthCheck),
            phases=[Phase.generate, Phase.shrink] if soak else [Phase.generate],
            derandomize=not soak,
            database=None,
        ),
    )
    assert {"pack", "plan", "load", "close", "leave", "turn back", "cancel"} <= DispatchMachine.seen
