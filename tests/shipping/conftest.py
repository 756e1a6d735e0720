"""Words for shipping: orders that lie picked at the bench, a packer, a loader and a guard."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa

from tests.scanner import Scanner
from tests.warehouse import PREFIX, Warehouse
from wms import clock
from wms.actor import Actor, Role
from wms.catalog.models import Barcode
from wms.db import session
from wms.events import Event
from wms.locations.models import Kind, Location
from wms.orders import lifecycle, operations, signing, withdrawal
from wms.orders.lines import NewLine
from wms.orders.models import Order, OrderLine
from wms.scan.engine import Engine
from wms.shipping import closing, gate, loading, loads, packing, scan, turning_back
from wms.shipping.gate import Left
from wms.shipping.models import Load, Shipment
from wms.shipping.packing import Packed
from wms.stock import promises, reservations
from wms.stock.ledger import Move, Place, post
from wms.stock.models import HandlingUnit, MovementKind, Reservation, Stage, Stock
from wms.tasks.models import Task, TaskKind


class Yard:
    """A packing bench, two doors, customers; and everything that happens between them."""

    def __init__(self, w: Warehouse) -> None:
        self.w, self.by = w, w.by
        with w.transaction():
            w.location("A-01")
            w.location("PACK", kind=Kind.PACKING)
            w.location("DOOR-1", kind=Kind.DOOR)
            w.location("DOOR-2", kind=Kind.DOOR)
        self.packer = w.person("packer", roles=[Role.PACKER])
        self.loader = w.person("loader", roles=[Role.DISPATCHER])
        self.guard = w.person("guard", roles=[Role.GATE])
        self.chief = w.person("chief", roles=[Role.SUPERVISOR])

    # -- orders as the pickers leave them --------------------------------------------------------------------------------

    def product(self, sku: str, barcode: str, **facts: Any) -> None:
        """A product with a barcode."""
        with self.w.transaction():
            product = self.w.product(sku, **facts)
            session.add(Barcode(code=barcode, code_key=barcode.zfill(14), product_id=product.id))

    def enter(self, number: str, *, customer: str = "CUSTOMER", **facts: Any) -> None:
        """A released order; words in capitals are its lines: APPLE=6."""
        goods = {name: quantity for name, quantity in facts.items() if name.isupper()}
        more = {name: value for name, value in facts.items() if not name.isupper()}
        self.w.partner(customer)
        with self.w.transaction():
            lines = [NewLine(sku, quantity) for sku, quantity in goods.items()]
            operations.enter_order(number=number, customer=customer, lines=lines, by=self.by, **more)
            operations.release(number, by=self.by)

    def picked(self, number: str, *, short: int = 0, **facts: Any) -> str:
        """An order whose goods lie at the bench."""
        for name, quantity in facts.items():
            if name.isupper():
                self.w.receive(name, quantity, at="A-01")
        self.enter(number, **facts)
        self.pick(number)
        return number

    def pick(self, number: str, *, tote: HandlingUnit | None = None, only: int | None = None) -> None:
        """Takes what is promised from A-01 to the bench, claim by claim, as picking does."""
        bench = self.w.location("PACK").id
        with self.w.transaction():
            order = lifecycle.lock(self.order(number).id)
            for line in order.lines:
                left = min(line.promised, only or line.promised)
                for row in self._rack(line):
                    part = min(left, row.on_hand - row.reserved)
                    if not part:
                        continue
                    promises.change(order.site_id, {line.product_id: -part})
                    line.promised -= part
                    claim = reservations.reserve(row.id, part, order_line_id=line.id)
                    assert claim
                    line.picked += part
                    left -= part
                    session.flush()
                    post(
                        [
                            Move(
                                self.w.key(),
                                row.batch_id,
                                part,
                                Place(row.location_id),
                                Place(bench, tote.id if tote else None),
                                MovementKind.PICK,
                                order_line_id=line.id,
                                claims=(claim,),
                                claimed=part,
                                stage=Stage.PICKED,
                            )
                        ],
                        by=self.by,
                    )
            session.flush()
            lifecycle.progress(order, by=self.by)

    def _rack(self, line: OrderLine) -> list[Stock]:
        rack = self.w.location("A-01").id
        query = sa.select(Stock).where(
            Stock.location_id == rack,
            Stock.product_id == line.product_id,
            Stock.on_hand > Stock.reserved,
            Stock.handling_unit_id.is_(None),
        )
        return list(session.execute(query.order_by(Stock.id).execution_options(populate_existing=True)).scalars())

    def packed(self, number: str, **facts: Any) -> str:
        """An order in one closed carton; answers the carton's code."""
        self.picked(number, **facts)
        return self.pack_all(number)

    # -- the bench -------------------------------------------------------------------------------------------------------

    def carton(self, number: str, *, by: Actor | None = None) -> str:
        with self.w.transaction():
            return packing.begin(self.order(number), by=by or self.by, company_prefix=PREFIX).code

    def pack(self, number: str, sku: str, quantity: int, carton: str, *, key: str | None = None) -> Packed:
        with self.w.transaction():
            order = self.order(number)
            return packing.pack(order.id, self.w.product(sku), quantity, carton, by=self.by, key=key or self.w.key())

    def unpack(self, number: str, done: Packed) -> int:
        with self.w.transaction():
            return packing.undo(self.order(number).id, done.movements, by=self.by, key=self.w.key())

    def full(self, number: str, carton: str) -> str:
        with self.w.transaction():
            return packing.next_carton(self.order(number).id, carton, by=self.by, company_prefix=PREFIX).code

    def pack_all(self, number: str) -> str:
        carton = self.carton(number)
        for one in packing.waiting(self.order(number).id):
            if one.open:
                self.pack(number, one.sku, one.open, carton)
        with self.w.transaction():
            if packing.still_to_come(self.order(number).id):  # the carton goes ahead of the rest
                packing.close_carton(self.order(number).id, carton, by=self.by)
        return carton

    # -- the door and the gate -------------------------------------------------------------------------------------------

    def plan(self, *numbers: str, **facts: Any) -> Load:
        with self.w.transaction():
            return loads.plan_load(numbers, by=facts.pop("by", self.by), **{"plate": "沪A12345", **facts})

    def plan_of(self, number: str) -> Load:
        """The load with this number."""
        return loads.find(number, by=self.by)

    def load(self, load: Load, *codes: str, by: Actor | None = None) -> None:
        for code in codes:
            with self.w.transaction():
                loading.load_unit(load.id, code, by=by or self.by, key=self.w.key())

    def unload(self, load: Load, code: str) -> None:
        with self.w.transaction():
            loading.unload_unit(load.id, code, by=self.by)

    def close(self, load: Load, *, by: Actor | None = None, **facts: Any) -> str:
        with self.w.transaction():
            closed = closing.close_load(load.id, by=by or self.by, **facts)
            assert closed.gate_pass
            return closed.gate_pass

    def leave(self, gate_pass: str) -> Left:
        with self.w.transaction():
            return gate.leave(gate_pass, by=self.by, key=self.w.key())

    def turn_back(self, load: Load, *orders: str, by: Actor | None = None, reason: str = "accident", days: int = 3) -> Load:
        with self.w.transaction():
            return turning_back.turn_back(load.id, reason=reason, by=by or self.by, key=self.w.key(), within_days=days, orders=orders)

    def sign(self, number: str, **facts: Any) -> None:
        with self.w.transaction():
            signing.sign_off(number, signed_by="王", by=self.by, **facts)

    def cancel(self, number: str) -> None:
        with self.w.transaction():
            withdrawal.cancel(number, by=self.by, reason="customer changed their mind")

    # -- looking ---------------------------------------------------------------------------------------------------------

    def order(self, number: str) -> Order:
        return session.execute(sa.select(Order).where(Order.number == number).execution_options(populate_existing=True)).scalar_one()

    def status(self, number: str) -> str:
        return self.order(number).status

    def lines(self, number: str, counter: str) -> list[int]:
        query = sa.select(OrderLine).join(Order).where(Order.number == number).order_by(OrderLine.id)
        return [getattr(line, counter) for line in session.execute(query.execution_options(populate_existing=True)).scalars()]

    def fresh(self, load: Load) -> Load:
        session.rollback()  # somebody else's writes are seen by a new reading only
        return session.get_one(Load, load.id, populate_existing=True)

    def shipment(self, number: str) -> Shipment:
        query = sa.select(Shipment).join(Order, Order.id == Shipment.order_id).where(Order.number == number).order_by(Shipment.id.desc())
        return session.execute(query.limit(1).execution_options(populate_existing=True)).scalar_one()

    def unit(self, code: str) -> HandlingUnit:
        query = sa.select(HandlingUnit).where(HandlingUnit.code == code).execution_options(populate_existing=True)
        return session.execute(query).scalar_one()

    def unit_of(self, number: str) -> str:
        """The order's one carton."""
        return session.execute(sa.select(HandlingUnit.code).where(HandlingUnit.order_id == self.order(number).id)).scalar_one()

    def at(self, code: str) -> str:
        """Where a unit stands."""
        return session.execute(sa.select(Location.code).where(Location.id == self.unit(code).location_id)).scalar_one()

    def place(self, location_id: int | None) -> str:
        """The code of a location."""
        return session.execute(sa.select(Location.code).where(Location.id == location_id)).scalar_one()

    def stages(self, number: str) -> set[str]:
        query = sa.select(Reservation.stage).join(OrderLine).join(Order).where(Order.number == number, Reservation.status == "pending")
        return set(session.execute(query).scalars())

    def events(self, number: str) -> list[str]:
        return list(session.execute(sa.select(Event.code).where(Event.subject_number == number).order_by(Event.id)).scalars())

    def tasks(self, kind: TaskKind) -> list[Task]:
        query = sa.select(Task).where(Task.kind == kind.value).order_by(Task.id).execution_options(populate_existing=True)
        return list(session.execute(query).scalars())


@pytest.fixture
def yard(w: Warehouse) -> Yard:
    return Yard(w)


@pytest.fixture
def engine() -> Engine:
    return Engine(scan.flows)


@pytest.fixture
def bench(yard: Yard, engine: Engine) -> Scanner:
    return Scanner(engine, yard.packer, "pack")


@pytest.fixture
def door(yard: Yard, engine: Engine) -> Scanner:
    return Scanner(engine, yard.loader, "load")


@pytest.fixture
def guard(yard: Yard, engine: Engine) -> Scanner:
    return Scanner(engine, yard.guard, "gate")


__all__ = ["Yard", "clock"]
