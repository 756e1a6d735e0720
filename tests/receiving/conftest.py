"""Words for receiving: a dock, bins, an inbound order, a receipt."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
import sqlalchemy as sa

from tests.receiving.handheld import Handheld
from tests.warehouse import PREFIX, Warehouse
from wms import clock
from wms.actor import Actor
from wms.catalog.models import Product
from wms.db import session
from wms.locations.models import Kind, Location
from wms.orders import inbound
from wms.orders.lines import NewLine
from wms.orders.models import InboundKind, InboundLine, InboundOrder
from wms.receiving import check_in, putaway
from wms.receiving.check_in import Receipt
from wms.receiving.putaway import Stored
from wms.stock.models import Condition
from wms.tasks import queue
from wms.tasks.models import Task, TaskKind


class Dock:
    """A small inbound side: a dock, four bins in a row, inspection and defect areas."""

    def __init__(self, w: Warehouse) -> None:
        self.w = w
        with w.transaction():
            w.location("DOCK", kind=Kind.DOCK)
            for place in range(1, 5):
                w.location(f"A-0{place}", kind=Kind.STORAGE, x_mm=2000 * place)
            w.location("DEF", kind=Kind.DEFECT, x_mm=9000)
            w.location("INSP", kind=Kind.INSPECTION, x_mm=9500)

    def id(self, code: str) -> int:
        return self.w.location(code).id

    def announce(self, *lines: Any, number: str = "IN-1", **facts: Any) -> InboundOrder:
        """Lines are (sku, quantity) or NewLine."""
        with self.w.transaction():
            wanted = []
            for line in lines:
                new = line if isinstance(line, NewLine) else NewLine(sku=line[0], quantity=line[1])
                self.w.product(new.sku)
                wanted.append(new)
            return inbound.announce(lines=wanted, by=self.w.by, number=number, **facts)

    def receive(
        self, sku: str, quantity: int, *, number: str = "IN-1", dock: str = "DOCK", key: str | None = None, **facts: Any
    ) -> Receipt:
        with self.w.transaction():
            order = inbound.find_inbound(number, by=self.w.by)
            return check_in.check_in(
                order.id,
                self.w.product(sku),
                quantity,
                dock_id=self.id(dock),
                by=facts.pop("by", self.w.by),
                key=key or self.w.key(),
                company_prefix=PREFIX,
                **facts,
            )

    def undo(self, receipt: Receipt) -> None:
        with self.w.transaction():
            check_in.undo_check_in([receipt.movement_id], by=self.w.by, key=self.w.key())

    def store(self, task: Task | int, bin: str | None = None, *, by: Actor | None = None, **facts: Any) -> Stored:
        """Claims the work and puts it away, at the suggested bin unless told otherwise."""
        by = by or self.w.by
        with self.w.transaction():
            claimed = queue.claim(task if isinstance(task, int) else task.id, by=by)
            target = self.id(bin) if bin else claimed.target_id
            assert target is not None
            return putaway.put_away(claimed.id, target, by=by, key=self.w.key(), **facts)

    def line(self, number: str = "IN-1", line: str = "1") -> InboundLine:
        order = inbound.find_inbound(number, by=self.w.by)
        session.refresh(order)
        return session.execute(
            sa.select(InboundLine)
            .where(InboundLine.inbound_order_id == order.id, InboundLine.line == line)
            .execution_options(populate_existing=True)
        ).scalar_one()

    def announced_lines(self, number: str = "IN-1") -> list[InboundLine]:
        order = inbound.find_inbound(number, by=self.w.by)
        return [self.line(number, line.line) for line in order.lines]

    def status(self, number: str = "IN-1") -> str:
        return session.execute(sa.select(InboundOrder.status).where(InboundOrder.number == number)).scalar_one()

    def task_of(self, receipt: Receipt) -> Task:
        return session.get_one(Task, receipt.task.id, populate_existing=True)

    def target(self, receipt: Receipt) -> str | None:
        task = self.task_of(receipt)
        return session.get_one(Location, task.target_id).code if task.target_id else None

    def target_of(self, task_id: int) -> str | None:
        task = session.get_one(Task, task_id, populate_existing=True)
        return session.get_one(Location, task.target_id).code if task.target_id else None

    def why(self, receipt: Receipt) -> list[str]:
        return [reason["code"] for reason in self.task_of(receipt).reasons]


@pytest.fixture
def dock(w: Warehouse) -> Dock:
    return Dock(w)


@pytest.fixture
def receiving(w: Warehouse, dock: Dock) -> Handheld:
    return Handheld("receive", w.by)


@pytest.fixture
def forklift(w: Warehouse, dock: Dock) -> Handheld:
    return Handheld("putaway", w.by)


__all__ = ["Condition", "Dock", "InboundKind", "Product", "TaskKind", "clock", "dt"]
