"""Words for picking: a small hall, orders released in one line, lists picked by scan or by operation."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

import pytest
import sqlalchemy as sa

from tests.scanner import Scanner
from tests.warehouse import Warehouse
from wms import clock
from wms.actor import Actor
from wms.db import session
from wms.locations.models import Kind, Location
from wms.orders import operations
from wms.orders.lines import NewLine
from wms.orders.models import Order, OrderLine
from wms.picking import bringing, picks, replenishment, scan, waves
from wms.picking.lines import Pick
from wms.picking.models import PickList
from wms.picking.picks import Opened, Picked, Shorted
from wms.scan.engine import Engine
from wms.stock.ledger import Place
from wms.stock.models import Batch, Reservation, Stock
from wms.tasks import queue
from wms.tasks.models import Task, TaskKind, TaskStatus


def days_ago(days: int) -> dt.date:
    return clock.today() - dt.timedelta(days=days)


class Hall:
    """Two aisles of bins, a packing place, and the work of planning and picking in few words."""

    def __init__(self, w: Warehouse) -> None:
        self.w, self.by = w, w.by
        with w.transaction():
            for aisle in range(2):
                for bay in range(1, 6):
                    w.location(f"{'AB'[aisle]}-{bay:02}", x_mm=3000 * aisle, y_mm=2000 + 1200 * bay, aisle="AB"[aisle], zone="AB"[aisle])
            w.location("PACK", kind=Kind.PACKING, x_mm=6000)
            w.location("STAGE", kind=Kind.STAGING, x_mm=7000)

    def put(self, sku: str, quantity: int, at: str, *, age: int = 0, lot: str | None = None, life: int | None = None, **facts: Any) -> None:
        """Goods that came in so many days ago and live so many days more."""
        expires_on = clock.today() + dt.timedelta(days=life) if life is not None else None
        self.w.receive(sku, quantity, at=at, lot=lot, received_on=days_ago(age), expires_on=expires_on, **facts)

    def face(self, code: str, sku: str, minimum: int, maximum: int) -> None:
        product = self.w.product(sku).id
        self.w.location(
            code,
            kind=Kind.PICK_FACE,
            x_mm=6000,
            y_mm=2000,
            assigned_product_id=product,
            assigned_minimum=minimum,
            assigned_maximum=maximum,
        )

    def release(self, number: str, *lines: Any, **facts: Any) -> Order:
        """An order, entered and released; lines are (sku, quantity[, more])."""
        self.w.partner("CUSTOMER")
        with self.w.transaction():
            for sku, *_ in lines:
                self.w.product(sku)
            new = [NewLine(one[0], one[1], **(one[2] if len(one) > 2 else {})) for one in lines]
            operations.enter_order(number=number, customer="CUSTOMER", lines=new, by=self.by, **facts)
        with self.w.transaction():
            return operations.release(number, by=self.by)

    def wave(self, *numbers: str, **facts: Any) -> waves.Planned:
        with self.w.transaction():
            return waves.plan_wave(orders=numbers or None, by=facts.pop("by", self.by), **facts)

    def list_of(self, *numbers: str, **facts: Any) -> str:
        """Plans these orders and gives the number of the first list."""
        return self.wave(*numbers, **facts).pick_lists[0].number

    def open(self, number: str, *, by: Actor | None = None) -> Opened:
        with self.w.transaction():
            return picks.open_list(waves.find_list(number, by=self.by), by=by or self.by)

    def pick(self, opened: Opened, line: Pick | None = None, quantity: int | None = None, **facts: Any) -> Picked:
        line = line or opened.line
        with self.w.transaction():
            return picks.confirm(
                line.claim_id,
                line.quantity if quantity is None else quantity,
                task_id=opened.task_id,
                order_id=line.order_id,
                target=facts.pop("target", Place(opened.target_id)),
                by=facts.pop("by", self.by),
                key=facts.pop("key", None) or self.w.key(),
                **facts,
            )

    def pick_all(self, number: str, *, by: Actor | None = None) -> None:
        opened = self.open(number, by=by)
        line: Pick | None = opened.line
        while line is not None:
            line = self.pick(opened, line, by=by or self.by).next

    def short(self, opened: Opened, found: int, line: Pick | None = None, reason: str = "MISSING") -> Shorted:
        line = line or opened.line
        with self.w.transaction():
            return picks.short(
                line.claim_id,
                found,
                reason=reason,
                task_id=opened.task_id,
                order_id=line.order_id,
                target=Place(opened.target_id),
                by=self.by,
                key=self.w.key(),
            )

    def refill(self) -> list[Task]:
        with self.w.transaction():
            return replenishment.refill(self.w.site_id)

    def bring(self, task: Task, quantity: int | None = None) -> None:
        with self.w.transaction():
            queue.claim(task.id, by=self.by)
            bringing.bring(task.id, task.quantity or 0 if quantity is None else quantity, by=self.by, key=self.w.key())

    # -- looking -------------------------------------------------------------------------------------------------------

    def order(self, number: str) -> Order:
        session.expire_all()
        return operations.find(number, by=self.by)

    def status(self, number: str) -> str:
        return self.order(number).status

    def lines(self, number: str, counter: str) -> list[int]:
        return [getattr(line, counter) for line in self.order(number).lines]

    def reserved(self, number: str) -> list[tuple[str, str, int]]:
        """(location, lot, quantity) of the order's pending claims, in walking order."""
        return [
            tuple(row)
            for row in session.execute(
                sa.select(Location.code, Batch.lot, Reservation.quantity)
                .join(Stock, Stock.id == Reservation.stock_id)
                .join(Location, Location.id == Stock.location_id)
                .join(Batch, Batch.id == Stock.batch_id)
                .join(OrderLine, OrderLine.id == Reservation.order_line_id)
                .join(Order, Order.id == OrderLine.order_id)
                .where(Order.number == number, Reservation.status == "pending")
                .order_by(Reservation.sequence, Reservation.id)
            )
        ]

    def tasks(self, kind: TaskKind, *statuses: TaskStatus) -> list[Task]:
        wanted = [status.value for status in statuses or (TaskStatus.OPEN, TaskStatus.CLAIMED)]
        return list(
            session.execute(
                sa.select(Task)
                .where(Task.kind == kind.value, Task.status.in_(wanted))
                .order_by(Task.id)
                .execution_options(populate_existing=True)
            ).scalars()
        )

    def task_status(self, number: str) -> str:
        return session.execute(
            sa.select(Task.status).join(PickList, PickList.task_id == Task.id).where(PickList.number == number)
        ).scalar_one()


@pytest.fixture
def hall(w: Warehouse) -> Hall:
    return Hall(w)


@pytest.fixture
def engine() -> Engine:
    return Engine([scan.pick, scan.replenish, scan.sort, scan.work])


@pytest.fixture
def picker(hall: Hall, engine: Engine) -> Scanner:
    return Scanner(engine, hall.w.person("picker", roles=["picker"]), "pick")


__all__ = ["Hall", "Sequence", "days_ago"]
