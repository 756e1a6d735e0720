"""`w`, the warehouse a test builds: through the operations, in the words of the trade, with what does not matter left out.

    w.receive("APPLE", 10, lot="L1", at="A-01")
    assert w.on_hand("APPLE", at="A-01") == 10

What a sentence names and nobody made (the product APPLE, the location A-01) is made on the way.
"""

from __future__ import annotations

import datetime as dt
import itertools
from collections.abc import Iterable, Mapping
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import sqlalchemy as sa

from wms import clock, db
from wms.actor import Actor, Role
from wms.auth.models import Person
from wms.catalog.models import Packaging, Partner, PartnerKind, Product
from wms.db import fold, session
from wms.locations.models import Kind, Location, Site, Virtual
from wms.orders.models import Order, OrderKind, OrderLine
from wms.stock import batches, handling_units, ledger, reservations
from wms.stock.ledger import Moved, Place
from wms.stock.models import Batch, HandlingUnit, Movement, MovementKind, Reservation, Stage, Stock, UnitKind

PREFIX = "6900000"


class Warehouse:
    """The site MAIN with its outside, somebody who may do everything (`w.by`), and whatever the test puts in."""

    def __init__(self) -> None:
        self._keys = itertools.count(1)
        with self.unit_of_work():
            self.site_id = self._site("MAIN")
            self.by = self.person("tester", roles=[Role.ADMIN])

    # -- people, products, places --------------------------------------------------------------------------------------

    def transaction(self) -> AbstractContextManager[None]:
        """The edge's transaction, for calling an operation directly."""
        return db.transaction()

    def unit_of_work(self) -> AbstractContextManager[None]:
        """A transaction, or nothing inside one: the builder may be used on either side."""
        return nullcontext() if db.in_transaction() else db.transaction()

    def key(self) -> str:
        """A key that was never used."""
        return f"key-{next(self._keys)}"

    def _site(self, code: str) -> int:
        found = session.execute(sa.select(Site.id).where(Site.code_key == fold(code))).scalar_one_or_none()
        if found is not None:
            return found
        site = Site(code=code, name=code)
        session.add(site)
        session.flush()  # its places name it
        for place in Virtual:
            session.add(Location(site_id=site.id, code=place.value, kind=Kind.VIRTUAL.value, updated_at=clock.now()))
        session.flush()
        return site.id

    def site(self, code: str) -> int:
        """Another site with its outside; returns its id."""
        with self.unit_of_work():
            return self._site(code)

    def person(self, code: str, *, roles: Iterable[Role | str] = (Role.ADMIN,), site: int | None = None, language: Any = "en") -> Actor:
        """Somebody with these roles, as the actor that operations take."""
        wanted = frozenset(Role(role) for role in roles)
        with self.unit_of_work():
            person = Person(
                code=code,
                name=code.title(),
                roles=sorted(wanted),
                site_id=site or self.site_id,
                language=language,
                created_at=clock.now(),
            )
            session.add(person)
            session.flush()  # actions name them by id
            return Actor(person.id, code, person.name, wanted, site or self.site_id, language)

    def product(self, sku: str, *, packagings: Mapping[str, int] | None = None, **facts: Any) -> Product:
        """A product; facts are its columns. Asked for again, it is the one that exists."""
        with self.unit_of_work():
            found = session.execute(sa.select(Product).where(Product.sku_key == fold(sku))).scalar_one_or_none()
            if found is not None:
                assert not facts, f"{sku} exists already"
                return found
            product = Product(sku=sku, name=facts.pop("name", sku.title()), updated_at=clock.now(), **facts)
            product.packagings = [Packaging(unit=unit, quantity=quantity) for unit, quantity in (packagings or {}).items()]
            product.barcodes = []
            session.add(product)
            session.flush()  # stock names it by id
            return product

    def location(self, code: str, *, kind: Kind | str = Kind.STORAGE, site: int | None = None, **facts: Any) -> Location:
        """A location; facts are its columns. Asked for again, it is the one that exists."""
        with self.unit_of_work():
            found = session.execute(
                sa.select(Location).where(Location.code_key == fold(code), Location.site_id == (site or self.site_id))
            ).scalar_one_or_none()
            if found is not None:
                assert not facts, f"{code} exists already"
                return found
            location = Location(site_id=site or self.site_id, code=code, kind=Kind(kind).value, updated_at=clock.now(), **facts)
            session.add(location)
            session.flush()  # stock names it by id
            return location

    def partner(self, code: str, *, kind: PartnerKind | str = PartnerKind.CUSTOMER, **facts: Any) -> Partner:
        """A customer, supplier or carrier. Asked for again, it is the one that exists."""
        with self.unit_of_work():
            found = session.execute(sa.select(Partner).where(Partner.code_key == fold(code))).scalar_one_or_none()
            if found is not None:
                assert not facts, f"{code} exists already"
                return found
            address = facts.pop("address", {"name": code, "city": "上海", "street": "南京路 1", "country": "CN"})
            name = facts.pop("name", code)
            partner = Partner(code=code, kind=PartnerKind(kind).value, name=name, address=address, updated_at=clock.now(), **facts)
            session.add(partner)
            session.flush()  # orders name it by id
            return partner

    def unit(self, code: str | None = None, *, at: str, kind: UnitKind | str = UnitKind.PALLET) -> HandlingUnit:
        """An empty handling unit standing somewhere."""
        with self.unit_of_work():
            place = self.location(at)
            return handling_units.new_unit(UnitKind(kind), location_id=place.id, site_id=place.site_id, company_prefix=PREFIX, code=code)

    # -- goods ---------------------------------------------------------------------------------------------------------

    def batch(self, sku: str, lot: str | None = None, **facts: Any) -> int:
        """The id of a batch, opened when it is new."""
        with self.unit_of_work():
            return batches.open_batch(self.product(sku), lot=lot, **facts)

    def place(self, at: str, *, unit: HandlingUnit | int | None = None, condition: str = "good") -> Place:
        """One end of a movement."""
        return Place(self.location(at).id, unit.id if isinstance(unit, HandlingUnit) else unit, condition)

    def receive(
        self,
        sku: str,
        quantity: int,
        *,
        at: str = "DOCK",
        lot: str | None = None,
        received_on: dt.date | None = None,
        expires_on: dt.date | None = None,
        unit: HandlingUnit | int | None = None,
        condition: str = "good",
        key: str | None = None,
        **facts: Any,
    ) -> Moved:
        """Goods come in from outside and stand at `at`."""
        with self.unit_of_work():
            if at == "DOCK":
                self.location(at, kind=Kind.DOCK) if not self._exists(at) else None
            batch = self.batch(sku, lot, received_on=received_on, expires_on=expires_on, **facts)
            return ledger.move(
                self.by,
                key=key or self.key(),
                batch_id=batch,
                quantity=quantity,
                source=self.place(Virtual.SUPPLIER),
                target=self.place(at, unit=unit, condition=condition),
                kind=MovementKind.RECEIPT,
            )

    def _exists(self, code: str) -> bool:
        return bool(session.execute(sa.select(Location.id).where(Location.code_key == fold(code))).first())

    def move(
        self,
        sku: str,
        quantity: int,
        source: str,
        target: str,
        *,
        lot: str | None = None,
        kind: MovementKind = MovementKind.MOVE,
        from_unit: HandlingUnit | int | None = None,
        to_unit: HandlingUnit | int | None = None,
        from_condition: str = "good",
        to_condition: str | None = None,
        key: str | None = None,
        by: Actor | None = None,
        **facts: Any,
    ) -> Moved:
        """Goods go from one place to another; `lot` may be left out where the product lies there in one batch."""
        with self.unit_of_work():
            start = self.place(source, unit=from_unit, condition=from_condition)
            return ledger.move(
                by or self.by,
                key=key or self.key(),
                batch_id=self._batch_at(sku, start, lot),
                quantity=quantity,
                source=start,
                target=self.place(target, unit=to_unit, condition=to_condition or from_condition),
                kind=kind,
                **facts,
            )

    def _batch_at(self, sku: str, place: Place, lot: str | None) -> int:
        query = sa.select(Batch.id).join(Product, Product.id == Batch.product_id).where(Product.sku_key == fold(sku))
        if lot is not None:
            return session.execute(query.where(Batch.lot_key == fold(lot))).scalars().one()
        here = query.join(Stock, Stock.batch_id == Batch.id).where(Stock.location_id == place.location_id).distinct()
        found = session.execute(here).scalars().all() or session.execute(query).scalars().all()
        assert len(found) == 1, f"say which lot of {sku}: {len(found)} lie there"
        return found[0]

    def stock(
        self, sku: str, *, at: str | None = None, lot: str | None = None, unit: Any = None, condition: str | None = None
    ) -> list[Stock]:
        """The stock rows inside the house that answer this description."""
        query = (
            sa.select(Stock)
            .join(Location, Location.id == Stock.location_id)
            .join(Product, Product.id == Stock.product_id)
            .join(Batch, Batch.id == Stock.batch_id)
            .where(Product.sku_key == fold(sku))
            .order_by(Stock.id)
            .execution_options(populate_existing=True)
        )
        query = query.where(Location.code_key == fold(at)) if at else query.where(Location.kind != Kind.VIRTUAL.value)
        if lot is not None:
            query = query.where(Batch.lot_key == fold(lot))
        if unit is not None:
            query = query.where(Stock.handling_unit_id == (unit.id if isinstance(unit, HandlingUnit) else unit))
        if condition is not None:
            query = query.where(Stock.condition == condition)
        return list(session.execute(query).scalars())

    def on_hand(self, sku: str, **where: Any) -> int:
        """How much is there."""
        return sum(row.on_hand for row in self.stock(sku, **where))

    def reserved(self, sku: str, **where: Any) -> int:
        """How much of it has a claim on it."""
        return sum(row.reserved for row in self.stock(sku, **where))

    def free(self, sku: str, **where: Any) -> int:
        """How much of it nobody claims."""
        return sum(row.on_hand - row.reserved for row in self.stock(sku, **where))

    def movements(self, sku: str, *, kind: MovementKind | None = None) -> list[Movement]:
        """The journal of one product, oldest first."""
        query = sa.select(Movement).join(Product, Product.id == Movement.product_id).where(Product.sku_key == fold(sku))
        if kind is not None:
            query = query.where(Movement.kind == kind.value)
        return list(session.execute(query.order_by(Movement.id)).scalars())

    # -- orders and claims ---------------------------------------------------------------------------------------------

    def order_line(self, sku: str, quantity: int, *, number: str | None = None, **facts: Any) -> OrderLine:
        """One line of an order of its own, bare: not through the release gate. For tests of what lies beneath the orders."""
        with self.unit_of_work():
            moment = clock.now()
            order = Order(
                site_id=self.site_id,
                number=number or f"T-{next(self._keys)}",
                customer_id=self.partner("CUSTOMER").id,
                kind=OrderKind.SHIP_FIRST.value,
                ship_to={},
                created_at=moment,
                updated_at=moment,
            )
            session.add(order)
            session.flush()  # its line names it
            line = OrderLine(order_id=order.id, line="1", product_id=self.product(sku).id, ordered=quantity, **facts)
            session.add(line)
            session.flush()  # claims name it
            return line

    def reserve(self, line: OrderLine, quantity: int, *, at: str, lot: str | None = None) -> int:
        """A claim on goods that lie somewhere; returns its id."""
        with self.unit_of_work():
            sku = session.execute(sa.select(Product.sku).where(Product.id == line.product_id)).scalar_one()
            for row in self.stock(sku, at=at, lot=lot):
                claim = reservations.reserve(row.id, quantity, order_line_id=line.id)
                if claim is not None:
                    return claim
            raise AssertionError(f"no row at {at} has {quantity} free")

    def carry(self, claim: int, quantity: int, sku: str, source: str, target: str, *, stage: Stage = Stage.PICKED, **facts: Any) -> Moved:
        """Moves claimed goods together with their claim."""
        return self.move(sku, quantity, source, target, claims=(claim,), claimed=quantity, stage=stage, **facts)

    def claim(self, claim_id: int) -> Reservation:
        """A claim as it stands now."""
        found = session.get(Reservation, claim_id, populate_existing=True)
        assert found is not None
        return found
