"""No order of pack, undo, load, unload, close, open, cancel and gate loses or doubles a unit, and each refusal changes nothing."""

from __future__ import annotations

from contextlib import suppress

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.shipping.conftest import Yard
from tests.warehouse import Warehouse
from wms import audit
from wms.db import session
from wms.errors import WarehouseError
from wms.invariants import INVARIANTS
from wms.orders.models import Order
from wms.shipping import closing, loads, packing
from wms.shipping.models import Load, Shipment
from wms.stock.models import HandlingUnit, Stock

ORDERS = ("SO-1", "SO-2", "SO-3")
ACTS = (
    "pack_all",
    "pack_all",
    "plan",
    "load",
    "load",
    "close",
    "leave",
    "pack",
    "full",
    "close_carton",
    "undo",
    "plan",
    "load",
    "unload",
    "close",
    "reopen",
    "cancel",
    "leave",
    "goes",
)
STEPS = st.lists(st.tuples(st.sampled_from(ACTS), st.integers(0, 2), st.integers(1, 4)), min_size=4, max_size=25)


class Floor:
    """Whatever somebody may try next with one of the orders; what the house refuses is refused."""

    def __init__(self, yard: Yard, round_: int) -> None:
        self.yard = yard
        self.numbers = [f"{number}-{round_}" for number in ORDERS]
        for number in self.numbers:
            yard.picked(number, APPLE=4)
        self.packed: list[tuple[str, packing.Packed]] = []
        self.passes: list[str] = []

    def act(self, what: str, which: int, amount: int) -> None:
        with suppress(WarehouseError):
            getattr(self, what)(self.numbers[which], amount)

    def cartons(self, number: str) -> list[str]:
        session.rollback()
        query = sa.select(HandlingUnit.code).where(HandlingUnit.order_id == self.yard.order(number).id).order_by(HandlingUnit.id)
        return list(session.execute(query).scalars())

    def load_of(self, number: str) -> Load:
        session.rollback()
        query = sa.select(Load).join(Shipment, Shipment.load_id == Load.id).join(Order, Order.id == Shipment.order_id)
        load = session.execute(query.where(Order.number == number).order_by(Shipment.id.desc()).limit(1)).scalar_one_or_none()
        if load is None:
            raise loads.LoadUnknown(number=number)
        return load

    def pack(self, number: str, amount: int) -> None:
        self.packed.append((number, self.yard.pack(number, "APPLE", amount, self.yard.carton(number))))

    def pack_all(self, number: str, _amount: int) -> None:
        self.yard.pack_all(number)

    def full(self, number: str, _amount: int) -> None:
        self.yard.full(number, self.yard.carton(number))

    def close_carton(self, number: str, _amount: int) -> None:
        carton = self.yard.carton(number)
        with self.yard.w.transaction():
            packing.close_carton(self.yard.order(number).id, carton, by=self.yard.by)

    def undo(self, _number: str, amount: int) -> None:
        if self.packed:
            self.yard.unpack(*self.packed[-min(amount, len(self.packed))])

    def plan(self, number: str, amount: int) -> None:
        self.yard.plan(*self.numbers[: amount - 1], number) if amount > 2 else self.yard.plan(number)

    def load(self, number: str, amount: int) -> None:
        load = self.load_of(number)
        for code in self.cartons(number)[:amount]:
            with suppress(WarehouseError):
                self.yard.load(load, code)

    def unload(self, number: str, amount: int) -> None:
        load = self.load_of(number)
        for code in self.cartons(number)[:amount]:
            self.yard.unload(load, code)

    def close(self, number: str, amount: int) -> None:
        self.passes.append(self.yard.close(self.load_of(number), reason="later" if amount > 1 else None))

    def reopen(self, number: str, _amount: int) -> None:
        load = self.load_of(number)
        with self.yard.w.transaction():
            closing.reopen(load.id, by=self.yard.by)

    def cancel(self, number: str, _amount: int) -> None:
        self.yard.cancel(number)

    def leave(self, _number: str, amount: int) -> None:
        if self.passes:
            self.yard.leave(self.passes[-min(amount, len(self.passes))])

    def goes(self, number: str, _amount: int) -> None:
        """All the way, as an undisturbed order does: packed, on a truck of its own, out of the gate."""
        self.yard.pack_all(number)
        load = self.yard.plan(number)
        for code in self.cartons(number):
            self.yard.load(load, code)
        self.yard.leave(self.yard.close(load))

    def shipped(self) -> int:
        return sum(sum(self.yard.lines(number, "shipped")) for number in self.numbers)


def gone(w: Warehouse) -> int:
    """What lies outside at customers."""
    query = sa.select(sa.func.coalesce(sa.func.sum(Stock.on_hand), 0)).where(Stock.location_id == w.location("@CUSTOMER").id)
    return int(session.execute(query).scalar_one())


@pytest.mark.sqlite
def test_no_order_of_acts_loses_or_doubles_a_unit(yard: Yard, soak: bool) -> None:
    rounds, left = iter(range(100_000)), 0

    @settings(
        max_examples=400 if soak else 20, deadline=None, derandomize=not soak, suppress_health_check=[HealthCheck.too_slow], database=None
    )
    @given(STEPS)
    def tried(steps: list[tuple[str, int, int]]) -> None:
        nonlocal left
        before, out = yard.w.on_hand("APPLE"), gone(yard.w)
        floor = Floor(yard, next(rounds))
        for step in steps:
            floor.act(*step)
        session.rollback()
        assert yard.w.on_hand("APPLE") + floor.shipped() == before + 12
        assert gone(yard.w) == out + floor.shipped()
        left += floor.shipped()
        assert audit.run(INVARIANTS) == []
        for number in floor.numbers:  # what is still open is cleared away, so that each round stands alone
            with suppress(WarehouseError):
                yard.cancel(number)

    tried()
    assert left, "trucks left, with what was told about them"
