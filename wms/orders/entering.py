"""Many orders taken in at a time: looked up in a few statements, read one by one, written together.

What is refused and what an order says is as `operations.enter_order` has it: both read lines, fill in the customer's terms and ask the
gate by the same functions. But rows are written, not objects: following an object through its changes costs more than all the rest, and
these are written once and forgotten.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any, cast

import sqlalchemy as sa
from sqlalchemy.orm import lazyload, load_only, selectinload

from wms import events
from wms.actor import Actor
from wms.catalog.models import Freshness, Packaging, Partner, PartnerKind, Product
from wms.db import few, fold, insert_rows, session, table_of
from wms.orders import gate, keys, operations
from wms.orders import services as value_added
from wms.orders.lines import NumberTaken, ReadLine, no_partner, read_lines
from wms.orders.models import Order, OrderLine
from wms.orders.operations import EnteredDifferently, NewOrder

# Of partners and products only what reading an order asks of them is fetched.
_OF_PARTNERS = (selectinload(Partner.freshness).lazyload(Freshness.product),)
_OF_PRODUCTS = (
    load_only(Product.sku, Product.sku_key, Product.base_unit),
    selectinload(Product.packagings).lazyload(Packaging.barcodes),
    lazyload(Product.barcodes),
)


@dataclass(frozen=True, slots=True)
class Read:
    """An order that is in order, not written down yet."""

    asked: NewOrder
    buyer: Partner
    haulier: Partner | None
    lines: Sequence[ReadLine]


class Handful:
    """Some orders of one site, with everything that reading them needs.

    Products are looked up once for all handfuls that are given the same `products`: a file names few of them, again and again.
    """

    def __init__(self, asked: Sequence[NewOrder], *, by: Actor, products: dict[str, Product] | None = None) -> None:
        self.by = by
        self.partners: dict[str, Partner] = {
            one.code_key: one for one in _found(Partner, Partner.code_key, _partners_of(asked), _OF_PARTNERS)
        }
        skus = {fold(line.sku) for one in asked for line in one.lines}
        self.products = products if products is not None else {}
        for one in list(_found(Product, Product.sku_key, skus - self.products.keys(), _OF_PRODUCTS)):
            session.expunge(one)  # it is only read, and no rollback is to make it unreadable
            self.products[one.sku_key] = one
        columns = (Order.number_key, Order.number, Order.source, Order.entered_as)
        self.known = {row.number_key: row for row in self._numbered({fold(one.number) for one in asked if one.number}, columns)}

    def read(self, one: NewOrder) -> Read | None:
        """The order as it is understood; None where the same source has sent it in before, in the same words.

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
        buyer = self.partner(one.customer, PartnerKind.CUSTOMER, "/customer")
        haulier = self.partner(one.carrier, PartnerKind.CARRIER, "/carrier") if one.carrier else None
        read = Read(one, buyer, haulier, read_lines(one.lines, self.products))
        value_added.must_name_lines(one.services, {line.line for line in read.lines})
        return read

    def write(self, orders: Sequence[Read]) -> None:
        """Writes down what was read, in the caller's transaction: the orders, what happened to them, and what holds them."""
        if not orders:
            return
        written = [self._row(one) for one in orders]
        table = table_of(Order)
        ids = {row.number: row.id for row in insert_rows(table, [_columns(order) for order in written], table.c.id, table.c.number)}
        for order in written:
            order.id = ids[order.number]
            for line in order.lines:
                line.order_id = order.id
        insert_rows(table_of(OrderLine), [vars(line) for order in written for line in order.lines])
        keys.write(cast(list[Order], written))
        self._services({ids[one.asked.number.strip()]: one.asked for one in orders if one.asked.services and one.asked.number})
        came = [(order, "order.received", {"source": order.source, "lines": len(order.lines)}) for order in written]
        events.record_each(came, by=self.by)
        self._gate(cast(list[Order], written))

    def _row(self, one: Read) -> SimpleNamespace:
        """The order as its row will say it, for whoever reads orders: what finds it, what tells of it, the gate."""
        assert one.asked.number
        facts = operations.facts_of(one.asked, one.asked.number.strip(), one.buyer, one.haulier, by=self.by)
        lines = [SimpleNamespace(**operations.line_facts(line, one.buyer)) for line in one.lines]
        return SimpleNamespace(**facts, lines=lines, holds=[], event_kind=Order.event_kind)

    def _services(self, asked: Mapping[int, NewOrder]) -> None:
        for order in _orders(asked):
            value_added.write(order, asked[order.id].services, order.lines)

    def _gate(self, written: Sequence[Order]) -> None:
        """Holds what the gate refuses on arrival, as `operations.reconsider` would one by one."""
        customers = {one.id: one for one in self.partners.values()}
        skus = {one.id: one.sku for one in self.products.values()}
        cases = gate.all_arriving(written, customers, skus)
        refused = [(case.order, facts) for case in cases if (facts := gate.examine(case, gate.ON_ARRIVAL))]
        operations.hold_as_they_come(sorted(refused, key=lambda one: one[0].id), by=self.by)

    def _numbered(self, numbers: set[str], columns: Sequence[Any]) -> Iterable[Any]:
        for some in few(sorted(numbers)):
            yield from session.execute(sa.select(*columns).where(Order.site_id == self.by.site_id, Order.number_key.in_(some)))

    def partner(self, code: str, kind: PartnerKind, pointer: str) -> Partner:
        """The partner of this code. Raises PartnerUnknown."""
        found = self.partners.get(fold(code))
        if found is None or found.kind != kind:
            raise no_partner(code, kind, pointer)
        return found


def _columns(order: SimpleNamespace) -> dict[str, Any]:
    return {name: value for name, value in vars(order).items() if name not in _NO_COLUMNS} | {"number_key": fold(order.number)}


_NO_COLUMNS = frozenset({"lines", "holds", "event_kind"})


def _orders(ids: Iterable[int]) -> Iterable[Order]:
    """These orders, as operations know them, in the sequence in which they were written."""
    for some in few(sorted(ids)):
        yield from session.execute(sa.select(Order).where(Order.id.in_(some)).order_by(Order.id)).scalars()


def _partners_of(asked: Iterable[NewOrder]) -> set[str]:
    return {fold(code) for one in asked for code in (one.customer, one.carrier) if code}


def _found(model: Any, key: Any, keys: set[str], options: Sequence[Any]) -> Iterable[Any]:
    for some in few(sorted(keys)):
        yield from session.execute(sa.select(model).options(*options).where(key.in_(some))).scalars()
