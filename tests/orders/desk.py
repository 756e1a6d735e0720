"""The order desk of a test: orders in few words."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from tests.warehouse import Warehouse
from wms.catalog.models import Product
from wms.db import session
from wms.events import Event
from wms.orders import gate, lifecycle, operations, reconsidering
from wms.orders.lines import NewLine
from wms.orders.models import Order
from wms.stock import handling_units, promises, reservations
from wms.stock.models import Claim, HandlingUnit, MovementKind, Reservation, Stage
from wms.tasks import queue
from wms.tasks.models import TaskKind

Lines = Sequence[tuple[Any, ...]]


class Desk:
    """Enters and releases orders, and reads how they stand."""

    def __init__(self, w: Warehouse) -> None:
        self.w = w
        self.sweep = reconsidering.Sweep()
        self.sweep.look()  # the background has been running for a while

    def enter(self, number: str, lines: Lines = (), *, customer: str = "CUSTOMER", **facts: Any) -> Order:
        """An order; lines are (sku, quantity, more) or words in capitals: APPLE=6."""
        wanted = [*lines, *((name, quantity) for name, quantity in facts.items() if name.isupper())]
        more = {name: value for name, value in facts.items() if not name.isupper()}
        self.w.partner(customer)
        for sku, *_ in wanted:
            self.w.product(sku)
        new = [NewLine(one[0], one[1], **(one[2] if len(one) > 2 else {})) for one in wanted]
        with self.w.transaction():
            return operations.enter_order(number=number, customer=customer, lines=new, by=self.w.by, **more)

    def release(self, number: str) -> str:
        """The status after releasing."""
        with self.w.transaction():
            return operations.release(number, by=self.w.by).status

    def reconsider(self) -> int:
        """What the background does every few seconds."""
        return self.sweep.look()

    def order(self, number: str) -> Order:
        """The order as it stands now."""
        session.expire_all()
        return operations.find(number, by=self.w.by)

    def status(self, number: str) -> str:
        """Its status."""
        return self.order(number).status

    def counters(self, number: str, name: str) -> list[int]:
        """One counter of each line."""
        return [getattr(line, name) for line in self.order(number).lines]

    def reasons(self, number: str, language: str = "en") -> dict[str, str]:
        """What holds it, in words."""
        return {hold.code: gate.reason(hold.code, hold.facts, language) for hold in gate.open_holds(self.order(number))}

    def events(self, number: str) -> list[str]:
        """The codes of its timeline."""
        rows = session.execute(sa.select(Event.code).where(Event.subject_number == number).order_by(Event.id))
        return list(rows.scalars())

    def plan(self, number: str, at: str, *, quantity: int | None = None) -> int:
        """The first line's promise becomes a claim on goods in the racks, with a pick task; returns the claim."""
        order = self.order(number)
        line_id, product_id, promised = order.lines[0].id, order.lines[0].product_id, order.lines[0].promised
        wanted = quantity or promised
        with self.w.transaction():
            task = queue.offer(TaskKind.PICK, site_id=self.w.site_id, document="P-1", order_id=order.id)
            row = next(row for row in self.w.stock(self._sku(product_id), at=at) if row.on_hand - row.reserved >= wanted)
            claim = reservations.reserve(row.id, wanted, order_line_id=line_id, task_id=task.id)
            assert claim is not None
            locked = lifecycle.lock(order.id)
            locked.lines[0].promised -= wanted
            locked.lines[0].reserved += wanted
            promises.change(self.w.site_id, {product_id: -wanted})
        return claim

    def pick(self, number: str, claim: int, source: str, target: str = "PACK") -> None:
        """The claimed goods are carried to the packing bench."""
        order = self.order(number)
        line = order.lines[0]
        sku, quantity, line_id = self._sku(line.product_id), self.w.claim(claim).quantity, line.id
        self.w.location(target, kind="packing") if not self.w._exists(target) else None
        with self.w.transaction():
            locked = lifecycle.lock(order.id)
            self.w.carry(claim, quantity, sku, source, target, kind=MovementKind.PICK, order_line_id=line_id)
            locked.lines[0].reserved -= quantity
            locked.lines[0].picked += quantity
            session.flush()
            lifecycle.progress(locked, by=self.w.by)

    def pack(self, number: str, claim: int, at: str = "PACK") -> HandlingUnit:
        """The picked goods go into a carton."""
        order = self.order(number)
        line = order.lines[0]
        sku, quantity, line_id = self._sku(line.product_id), self.w.claim(claim).quantity, line.id
        carton = self.w.unit(at=at, kind="carton")
        with self.w.transaction():
            locked = lifecycle.lock(order.id)
            facts = {"stage": Stage.PACKED, "to_unit": carton, "kind": MovementKind.PACK, "order_line_id": line_id}
            self.w.carry(claim, quantity, sku, at, at, **facts)
            unit = handling_units.find(carton.code, by=self.w.by)
            unit.order_id = order.id
            locked.lines[0].packed += quantity
            session.flush()
            lifecycle.progress(locked, by=self.w.by)
        return carton

    def ship(self, number: str, carton: HandlingUnit) -> None:
        """The carton leaves the house."""
        order = self.order(number)
        self.w.location("DOOR", kind="door") if not self.w._exists("DOOR") else None
        outside = self.w.location("@CUSTOMER").id
        with self.w.transaction():
            locked = lifecycle.lock(order.id)
            unit = handling_units.find(carton.code, by=self.w.by)
            moved = handling_units.move_unit(unit, outside, key=self.w.key(), kind=MovementKind.SHIP, by=self.w.by, ends_claims=True)
            assert len(moved) == 1
            locked.lines[0].shipped = locked.lines[0].packed
            session.flush()
            lifecycle.progress(locked, by=self.w.by)

    def claim(self) -> int:
        """The one claim there is."""
        return session.execute(sa.select(Reservation.id).where(Reservation.status == Claim.PENDING.value)).scalar_one()

    def picked(self, number: str, sku: str, quantity: int) -> None:
        """An order of one line whose goods lie at the packing bench."""
        self.w.receive(sku, quantity, at="A-01")
        self.enter(number, [(sku, quantity)])
        self.release(number)
        self.pick(number, self.plan(number, "A-01"), "A-01")

    def _sku(self, product_id: int) -> str:
        return session.execute(sa.select(Product.sku).where(Product.id == product_id)).scalar_one()
