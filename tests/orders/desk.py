"""The order desk of a test: orders in few words."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from tests.warehouse import Warehouse
from wms.db import session
from wms.events import Event
from wms.orders import gate, operations, reconsidering
from wms.orders.lines import NewLine
from wms.orders.models import Order

Lines = Sequence[tuple[Any, ...]]


class Desk:
    """Enters and releases orders, and reads how they stand."""

    def __init__(self, w: Warehouse) -> None:
        self.w = w

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
        return reconsidering.reconsider_everything()

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
