"""Words for returns: orders that have left, and what comes back of them."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from tests.warehouse import PREFIX, Warehouse
from wms.actor import Actor
from wms.db import fold, session
from wms.events import Event
from wms.locations.models import Kind, Location
from wms.orders.models import Difference, Order, OrderKind, OrderLine, OrderStatus
from wms.receiving import outstanding, returns, unclaimed
from wms.receiving.models import Disposition, Found, Return, ReturnLine
from wms.receiving.returns import TakenBack
from wms.stock.models import HandlingUnit, MovementKind
from wms.tasks.models import Task, TaskKind

_OF_LINE = "pick", "pack", "ship"


class Customers:
    """Customers to whom goods have left, and who send some back."""

    def __init__(self, w: Warehouse) -> None:
        self.w = w
        with w.transaction():
            for code, kind in (("A-01", Kind.STORAGE), ("PACK", Kind.PACKING), ("SCRAP", Kind.SCRAP)):
                w.location(code, kind=kind)

    # -- what has left ---------------------------------------------------------------------------------------------------

    def sent(
        self,
        number: str,
        *goods: tuple[Any, ...],
        customer: str = "CUSTOMER",
        kind: OrderKind = OrderKind.SHIP_FIRST,
        to: str = "@CUSTOMER",
        carton: HandlingUnit | None = None,
    ) -> Order:
        """An order whose goods have left; goods are (sku, quantity[, lot]) and lie at A-01."""
        w = self.w
        with w.transaction():
            header = session.execute(sa.select(Order).where(Order.number == number)).scalar_one_or_none()
            for place, (sku, quantity, *lot) in enumerate(goods, start=1):
                if header is None:
                    line = w.order_line(sku, quantity, number=number, picked=quantity, packed=quantity, shipped=quantity)
                    header = session.get_one(Order, line.order_id)
                else:
                    line = OrderLine(
                        order_id=header.id,
                        line=str(place),
                        product_id=w.product(sku).id,
                        ordered=quantity,
                        picked=quantity,
                        packed=quantity,
                        shipped=quantity,
                    )
                    session.add(line)
                    session.flush()
                self._leave(sku, quantity, line, lot[0] if lot else None, to, carton)
            assert header is not None
            header.status, header.kind, header.customer_id = OrderStatus.SHIPPED.value, kind.value, w.partner(customer).id
        return header

    def _leave(self, sku: str, quantity: int, line: OrderLine, lot: str | None, to: str, carton: HandlingUnit | None) -> None:
        w = self.w
        w.move(sku, quantity, "A-01", "PACK", lot=lot, kind=MovementKind.PICK, order_line_id=line.id)
        w.move(sku, quantity, "PACK", "PACK2", lot=lot, kind=MovementKind.PACK, order_line_id=line.id)
        if carton is not None:
            session.execute(sa.update(HandlingUnit).where(HandlingUnit.id == carton.id).values(location_id=w.location(to).id))
        w.move(sku, quantity, "PACK2", to, lot=lot, kind=MovementKind.SHIP, order_line_id=line.id, to_unit=carton)

    # -- what comes back -------------------------------------------------------------------------------------------------

    def begin(self, number: str | None = None, *, by: Actor | None = None, **facts: Any) -> str:
        """A new return against an order, or without papers; its number."""
        by = by or self.w.by
        with self.w.transaction():
            order = outstanding.find_order(number, by=by) if number else None
            return returns.open_return(by=by, order=order, **facts).number

    def back(
        self,
        note: str,
        sku: str,
        quantity: int,
        at: str,
        found: Found = Found.GOOD,
        *,
        by: Actor | None = None,
        key: str | None = None,
        **facts: Any,
    ) -> TakenBack:
        with self.w.transaction():
            return returns.take_back(
                note, self.w.product(sku), quantity, found=found, location_id=self.w.location(at).id, by=by or self.w.by,
                key=key or self.w.key(), company_prefix=PREFIX, **facts,
            )  # fmt: skip

    def unclaimed(
        self, sku: str, quantity: int, at: str = "INSP", found: Found = Found.GOOD, *, note: str | None = None, **facts: Any
    ) -> TakenBack:
        sender = facts.pop("sender", None)
        number = note or self.begin(sender=sender)
        with self.w.transaction():
            return unclaimed.take_in(
                number, self.w.product(sku), quantity, found=found, location_id=self.w.location(at).id, by=self.w.by, key=self.w.key(),
                company_prefix=PREFIX, **facts,
            )  # fmt: skip

    def link(self, note: str, order: str, **facts: Any) -> None:
        with self.w.transaction():
            unclaimed.link(note, order, by=facts.pop("by", self.w.by), key=self.w.key(), **facts)

    def undo(self, note: str, line: int = 1, *, by: Actor | None = None) -> None:
        with self.w.transaction():
            returns.undo_line(note, line, by=by or self.w.by, key=self.w.key())

    def finish(self, note: str) -> None:
        with self.w.transaction():
            returns.finish(note, by=self.w.by)

    # -- looking ---------------------------------------------------------------------------------------------------------

    def header(self, note: str) -> Return:
        return session.execute(sa.select(Return).where(Return.number == note).execution_options(populate_existing=True)).scalar_one()

    def lines(self, note: str) -> list[ReturnLine]:
        return returns.lines_of(self.header(note))

    def told(self, note: str) -> list[tuple[str, int]]:
        """The status and quantity of each line."""
        return [(line.status, line.quantity) for line in self.lines(note)]

    def returned(self, number: str) -> list[int]:
        query = (
            sa.select(OrderLine.returned).join(Order, Order.id == OrderLine.order_id).where(Order.number == number).order_by(OrderLine.id)
        )
        return list(session.execute(query).scalars())

    def events(self, number: str) -> list[str]:
        return list(session.execute(sa.select(Event.code).where(Event.subject_number == number).order_by(Event.id)).scalars())

    def difference(self) -> Difference:
        return session.execute(sa.select(Difference).execution_options(populate_existing=True)).scalar_one()

    def putaways(self) -> list[tuple[int | None, str]]:
        query = sa.select(Task).where(Task.kind == TaskKind.PUTAWAY.value).order_by(Task.id).execution_options(populate_existing=True)
        return [(task.quantity, task.status) for task in session.execute(query).scalars()]

    def stands(self, code: str) -> str:
        query = (
            sa.select(Location.code).join(HandlingUnit, HandlingUnit.location_id == Location.id).where(HandlingUnit.code_key == fold(code))
        )
        return session.execute(query).scalar_one()


__all__ = ["Customers", "Disposition", "Found"]
