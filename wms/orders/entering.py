"""Many orders taken in at a time: looked up in a few statements, read one by one, written together.

What is refused and what an order says is as `operations.enter_order` has it: both read lines, fill in the customer's terms and ask the
gate by the same functions.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import selectinload

from wms import events
from wms.actor import Actor
from wms.catalog.models import Partner, PartnerKind, Product
from wms.db import fold, session
from wms.orders import gate, keys, operations
from wms.orders import services as value_added
from wms.orders.lines import NumberTaken, no_partner, read_lines
from wms.orders.models import Order
from wms.orders.operations import EnteredDifferently, NewOrder

_AT_ONCE = 500
_FRESHNESS = selectinload(Partner.freshness)


class Handful:
    """Some orders of one site, with everything that reading them needs."""

    def __init__(self, asked: Sequence[NewOrder], *, by: Actor) -> None:
        self.by = by
        self.partners: dict[str, Partner] = {
            one.code_key: one for one in _found(Partner, Partner.code_key, _partners_of(asked), _FRESHNESS)
        }
        skus = {fold(line.sku) for one in asked for line in one.lines}
        self.products: dict[str, Product] = {one.sku_key: one for one in _found(Product, Product.sku_key, skus)}
        numbers = {fold(one.number) for one in asked if one.number}
        columns = (Order.number_key, Order.number, Order.source, Order.entered_as)
        self.known: dict[str, Any] = {}
        for some in _few(sorted(numbers)):
            rows = session.execute(sa.select(*columns).where(Order.site_id == by.site_id, Order.number_key.in_(some)))
            self.known.update({row.number_key: row for row in rows})

    def read(self, one: NewOrder) -> Order | None:
        """The order, not written down yet; None where the same source has sent it in before, in the same words.

        Raises NumberTaken, EnteredDifferently, PartnerUnknown, SkuUnknown, UnitOfMeasureUnknown, QuantityTooLarge, LineTwice, NoLines,
        ServiceLineUnknown.
        """
        assert one.number, "who takes in many orders numbers them"
        known = self.known.get(fold(one.number))
        if known is not None:
            if not one.source or known.entered_as is None or fold(known.source or "") != fold(one.source):
                raise NumberTaken(number=one.number.strip())
            if known.entered_as != one.entered_as:
                raise EnteredDifferently(number=known.number, source=known.source)
            return None
        buyer = self._partner(one.customer, PartnerKind.CUSTOMER, "/customer")
        haulier = self._partner(one.carrier, PartnerKind.CARRIER, "/carrier") if one.carrier else None
        order = operations.order_of(one, one.number.strip(), buyer, haulier, read_lines(one.lines, self.products), by=self.by)
        value_added.must_name_lines(one.services, {line.line for line in order.lines})
        return order

    def write(self, orders: Sequence[tuple[NewOrder, Order]]) -> None:
        """Writes down what was read, in the caller's transaction: the orders, what happened to them, and what holds them."""
        session.add_all([order for _, order in orders])
        session.flush()  # events and services name them by their ids
        keys.write(order for _, order in orders)
        for asked, order in orders:
            if asked.services:
                value_added.write(order, asked.services, order.lines)
        came = [(order, "order.received", {"source": order.source, "lines": len(order.lines)}) for _, order in orders]
        events.record_each(came, by=self.by)
        customers = {one.id: one for one in self.partners.values()}
        skus = {one.id: one.sku for one in self.products.values()}
        for case in gate.all_arriving([order for _, order in orders], customers, skus):
            if gate.examine(case, gate.ON_ARRIVAL):
                operations.reconsider(case.order, by=self.by)

    def _partner(self, code: str, kind: PartnerKind, pointer: str) -> Partner:
        found = self.partners.get(fold(code))
        if found is None or found.kind != kind:
            raise no_partner(code, kind, pointer)
        return found


def _partners_of(asked: Iterable[NewOrder]) -> set[str]:
    return {fold(code) for one in asked for code in (one.customer, one.carrier) if code}


def _found(model: Any, key: Any, keys: set[str], *options: Any) -> Iterable[Any]:
    for some in _few(sorted(keys)):
        yield from session.execute(sa.select(model).options(*options).where(key.in_(some))).scalars()


def _few(keys: Sequence[str]) -> Iterable[Sequence[str]]:
    return (keys[start : start + _AT_ONCE] for start in range(0, len(keys), _AT_ONCE))
