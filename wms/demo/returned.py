"""What customers sent back: one return finished, one without papers that waits for sales, rejects from consignment."""

from __future__ import annotations

import sqlalchemy as sa

from wms.catalog.models import Partner, Product
from wms.db import session
from wms.demo.goods import COMPANY
from wms.demo.hands import Hands
from wms.demo.people import Crew
from wms.locations.models import Location
from wms.locations.places import find_location
from wms.orders.models import Order, OrderKind, OrderLine
from wms.receiving import returns, unclaimed
from wms.receiving.models import Found, Return


class Returned:
    """Takes back some of what has left."""

    def __init__(self, crew: Crew, hands: Hands) -> None:
        self._crew, self._hands = crew, hands

    def come_back(self) -> None:
        """All returns, the finished one first."""
        sold = self._lines(Order.kind != OrderKind.CONSIGNMENT.value)
        self._finished(*sold[0])
        self._without_papers(*sold[-1])
        self._rejected(*self._lines(Order.kind == OrderKind.CONSIGNMENT.value)[0])

    def _lines(self, which: sa.ColumnElement[bool]) -> list[tuple[Order, Product]]:
        rows = session.execute(
            sa.select(Order, Product)
            .join(OrderLine, OrderLine.order_id == Order.id)
            .join(Product, Product.id == OrderLine.product_id)
            .where(which, OrderLine.shipped - OrderLine.returned >= 1)
            .order_by((OrderLine.shipped > 1).desc(), Order.id, OrderLine.id)
        ).all()
        return [(order, product) for order, product in rows]

    def _back(self, header: Return, product: Product, found: Found, at: str, reason: str) -> None:
        who = self._crew["receiver"]
        returns.take_back(
            header.number,
            product,
            1,
            found=found,
            location_id=find_location(at, by=who).id,
            by=who,
            key=self._hands.key(),
            company_prefix=COMPANY,
            reason=reason,
        )

    def _finished(self, order: Order, product: Product) -> None:
        header = returns.open_return(by=self._crew["receiver"], order=order, reason="尺码不符 wrong size")
        self._back(header, product, Found.GOOD, self._place("dock"), "吊牌完好 tag still on")
        self._back(header, product, Found.DAMAGED, self._place("defect"), "鞋面开胶 glue gave way")
        returns.finish(header.number, by=self._crew["receiver"])

    def _without_papers(self, order: Order, product: Product) -> None:
        who = self._crew["receiver2"]
        customer = session.get_one(Partner, order.customer_id)
        header = returns.open_return(by=who, sender=customer.name, note="纸箱破损，箱内无单 box torn, no paper inside")
        unclaimed.take_in(
            header.number,
            product,
            1,
            found=Found.GOOD,
            location_id=find_location(self._place("inspection"), by=who).id,
            by=who,
            key=self._hands.key(),
            company_prefix=COMPANY,
        )
        returns.finish(header.number, by=who)

    def _rejected(self, order: Order, product: Product) -> None:
        header = returns.open_return(by=self._crew["receiver"], order=order, reason="柜台退残 rejects from the counter")
        self._back(header, product, Found.DAMAGED, self._place("defect"), "配件缺失 a part is missing")
        returns.finish(header.number, by=self._crew["receiver"])

    def _place(self, kind: str) -> str:
        """The first place of a kind."""
        query = sa.select(Location.code).where(Location.kind == kind, Location.site_id == self._crew["receiver"].site_id)
        return session.execute(query.order_by(Location.code_key).limit(1)).scalar_one()
