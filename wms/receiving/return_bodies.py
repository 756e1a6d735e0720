"""A whole return as it is typed or sent: its header and its pieces, taken in at once."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Annotated

from pydantic import Field, StringConstraints

from wms.actor import Actor
from wms.catalog.api import Unit
from wms.catalog.products import find_product, in_base_units
from wms.errors import Invalid
from wms.i18n import T
from wms.locations.models import Kind, Location
from wms.locations.places import find_location
from wms.orders import lifecycle
from wms.orders.inbound import InboundUnknown, find_inbound
from wms.orders.lines import find_partner
from wms.orders.models import InboundOrder, Order
from wms.receiving import arrivals, outstanding, returns, unclaimed
from wms.receiving.models import Disposition, Found, Return, ReturnKind
from wms.receiving.screens import scrap_alone
from wms.web.api import Body, Code, Quantity, Why, Words

Sender = Annotated[str, StringConstraints(strip_whitespace=True, max_length=200)]
Note = Annotated[str, StringConstraints(strip_whitespace=True, max_length=500)]
MOST_LINES = 500


class OrderOrPlace(Invalid):
    """Goods come back from an order, or from a consignment location."""

    code = "order_or_consignment"
    sentence = T("Name the order or the consignment location, not both", "订单与寄售位只能填写一项")


class NotConsigned(Invalid):
    """The location is none where goods are consigned."""

    code = "no_consignment"
    sentence = T("{location} is no consignment location", "{location} 不是寄售位")


class NoPlace(Invalid):
    """There is no place of the kind that such pieces go to."""

    code = "location_missing"
    sentence = T("There is no place for “{disposition}” goods; name one", "没有可放置“{disposition}”货物的库位，请指定")


class ReturnLineIn(Body):
    """Pieces of one product that were found alike."""

    sku: Code
    quantity: Quantity
    """Counts `unit`s, or base units where none is named."""
    unit: Unit | None = None
    lot: Code | None = None
    """The lot or serial on the goods: it must have left with the order. Left out: the first to leave."""
    expires_on: dt.date | None = None
    """Without papers only, for a lot that the house does not know."""
    found: Found = Found.GOOD
    """What is seen of them."""
    disposition: Disposition | None = None
    """Left out: what goes with how it was found (good: restock, opened: hold, damaged: defect, unusable: scrap). Without papers, goods are
    held whatever it says."""
    location: Code | None = None
    """Where they are put; left out, the first place of the kind that the disposition asks for."""
    reason: Why | None = None


class ReturnIn(Body):
    """Goods that came back. With neither `order` nor `consignment` they are without papers, and wait for sales."""

    site: Code | None = None
    order: Code | None = None
    """The order, its delivery note, our parcel's SSCC, the tracking number, or an announced return that names its order."""
    consignment: Code | None = None
    """The consignment location that rejects come back from."""
    customer: Code | None = None
    """Without papers: the customer, where known."""
    sender: Sender | None = None
    """Whatever stands on the parcel."""
    arrival: Code | None = None
    """Number of the arrival that brought them; null: none is known."""
    reason: Why | None = None
    note: Note | None = None
    finish: bool = True
    """Nothing more of this return will come."""
    lines: Annotated[list[ReturnLineIn], Field(min_length=1, max_length=MOST_LINES)]
    """What came back."""

    def record(self, *, by: Actor, company_prefix: str) -> Return:
        """Takes all of it in, or nothing."""
        order, inbound = self._order(by)
        header = returns.open_return(
            by=by,
            order=order,
            inbound=inbound,
            consignment=self._consignment(by),
            customer_id=find_partner(self.customer, None, "/customer").id if self.customer else None,
            sender=self.sender,
            arrival_id=self._arrival(by),
            reason=self.reason,
            note=self.note,
        )
        if order is not None:
            lifecycle.lock(order.id)
        for index, line in enumerate(self.lines):
            try:
                _take(header, line, by=by, company_prefix=company_prefix)
            except Invalid as wrong:
                wrong.pointer = f"/lines/{index}{wrong.pointer or ''}"
                raise
        return returns.finish(header.number, by=by) if self.finish else header

    def _order(self, by: Actor) -> tuple[Order | None, InboundOrder | None]:
        if self.order is None:
            return None, None
        if self.consignment is not None:
            raise OrderOrPlace(pointer="/consignment")
        found = outstanding.find_order(self.order, by=by)
        if found is not None:
            return found, None
        try:
            inbound = find_inbound(self.order, by=by)
        except InboundUnknown:
            inbound = None
        found = outstanding.announced_for(inbound, by=by) if inbound is not None else None
        if found is None:
            raise OrderNotKnown(pointer="/order", number=self.order)
        return found, inbound

    def _consignment(self, by: Actor) -> Location | None:
        if self.consignment is None:
            return None
        place = find_location(self.consignment, by=by)
        if place.kind != Kind.CONSIGNMENT:
            raise NotConsigned(pointer="/consignment", location=place.code)
        return place

    def _arrival(self, by: Actor) -> int | None:
        return arrivals.find(self.arrival, by=by).id if self.arrival else None


class OrderNotKnown(Invalid):
    """Nobody knows an order by this."""

    code = "order_unknown"
    sentence = T("No order is known by {number}", "没有与 {number} 对应的订单")
    advice = T("Leave it empty: sales will find out whose goods they are", "可留空，由销售确认归属")


def _take(header: Return, line: ReturnLineIn, *, by: Actor, company_prefix: str) -> None:
    product = find_product(line.sku)
    quantity = in_base_units(product, line.quantity, line.unit)
    key = uuid.uuid4().hex
    if header.kind == ReturnKind.WITHOUT_PAPERS:
        unclaimed.take_in(
            header.number,
            product,
            quantity,
            found=line.found,
            location_id=_place(line, unclaimed.usual_place(line.found, by=by), by=by),
            by=by,
            key=key,
            company_prefix=company_prefix,
            lot=line.lot,
            expires_on=line.expires_on,
            reason=line.reason,
        )
        return
    fits = returns.may_scrap(header, product, quantity, alone=scrap_alone())
    disposition = returns.disposed(line.found, line.disposition, may_scrap=fits)
    returns.take_back(
        header.number,
        product,
        quantity,
        found=line.found,
        disposition=disposition,
        location_id=_place(line, returns.usual_place(returns.AREAS[disposition], by=by), by=by),
        by=by,
        key=key,
        company_prefix=company_prefix,
        lot=line.lot,
        reason=line.reason,
        scrap_alone=scrap_alone(),
    )


def _place(line: ReturnLineIn, usual: Location | None, *, by: Actor) -> int:
    if line.location is not None:
        return find_location(line.location, by=by).id
    if usual is None:
        raise NoPlace(disposition=(line.disposition or returns.USUAL[line.found]).text, pointer="/location")
    return usual.id


class LinkIn(Body):
    """To which order goods without papers belong."""

    order: Code
    lines: Annotated[list[int], Field(max_length=MOST_LINES)] | None = None
    """Left out: all lines that left with the order."""
    reason: Words | None = None


class DecideIn(Body):
    """What becomes of goods that belong to no order."""

    decision: unclaimed.Decision
    """What becomes of the goods."""
    lines: Annotated[list[int], Field(max_length=MOST_LINES)] | None = None
    """Left out: all lines that wait."""
    reason: Words | None = None
