"""A difference is settled together with the goods that came in with it: kept, sent back or thrown away as somebody decided."""

from __future__ import annotations

from dataclasses import dataclass, replace

import sqlalchemy as sa

from wms.actor import Actor
from wms.catalog.models import Product
from wms.db import session
from wms.locations.models import Location, Virtual
from wms.orders import differences
from wms.orders.models import Difference, DifferenceKind, InboundKind, InboundLine, InboundOrder, Outcome
from wms.receiving import deliveries, disposition, inspection, scrapping, unclaimed
from wms.receiving.disposition import Decided, Which
from wms.receiving.inspection_rules import Decision
from wms.receiving.models import Inspection
from wms.stock.models import Batch, Condition, HandlingUnit, Movement

WITH_GOODS = (Outcome.ACCEPTED, Outcome.SENT_BACK, Outcome.SCRAPPED, Outcome.DEFECT_AREA)
"""The outcomes that say what becomes of goods that were taken in."""


def settle(
    number: str,
    outcome: Outcome,
    *,
    by: Actor,
    key: str,
    company_prefix: str,
    text: str | None = None,
    scrap_alone: int = scrapping.ALONE,
) -> tuple[Difference, Decided | None]:
    """Ends a difference. Goods that came in with it and wait for a decision are released, sent back, scrapped or set aside with it. What
    is kept of goods that must be inspected waits for its inspection like the rest of them.

    Where nothing was taken in, only the difference ends. Raises DifferenceUnknown, DifferenceOver, OutcomeNotFitting, ScrapNeedsAnother,
    and what deciding about goods raises.
    """
    of_return = unclaimed.settle(number, outcome, by=by, key=key, text=text, scrap_alone=scrap_alone)
    if of_return is not None:
        return of_return, None
    order_id = differences.inbound_order_of(number, by=by)
    if order_id is not None:
        deliveries.lock(order_id)  # before what was noted of it, as whoever takes a receipt back does
    difference = differences.lock(number, by=by)
    differences.settle(difference, outcome, by=by, text=text)  # refuses what does not fit before goods are touched
    if outcome not in WITH_GOODS or difference.batch_id is None or not difference.quantity:
        return difference, None
    if difference.movement_id is None and difference.handling_unit_id is None:
        return difference, None
    if outcome is Outcome.SCRAPPED:
        product = session.get_one(Product, difference.product_id)
        scrapping.must_be_anothers(product, difference.quantity, found_by=difference.noted_by_id, by=by, alone=scrap_alone)
    return difference, _goods(difference, outcome, by=by, key=key, company_prefix=company_prefix)


_NOT_HELD = (Condition.GOOD, Condition.INSPECTION)


def _goods(difference: Difference, outcome: Outcome, *, by: Actor, key: str, company_prefix: str) -> Decided | None:
    came = _came(difference)
    kind = DifferenceKind(difference.kind)
    if outcome is Outcome.ACCEPTED and kind is DifferenceKind.OVER and came is not None and came.target_condition in _NOT_HELD:
        return None  # within the tolerance they came in good, or wait for their inspection: nothing waits for this decision
    which = _which(difference, outcome, by)
    if not disposition.held(which, by=by):
        if outcome is Outcome.ACCEPTED:
            return None  # they came in good, or wait for their inspection: nothing waits for this decision
        if kind is DifferenceKind.OVER:  # within the tolerance they came in good
            which = replace(which, conditions=(Condition.GOOD,), only_there=True)
    reason = f"{difference.number} {outcome.value}"
    if outcome is Outcome.SENT_BACK:
        return disposition.send_back(which, by=by, key=key, to=_sender(difference), reason=reason)
    if outcome is Outcome.SCRAPPED:
        return disposition.scrap(which, by=by, key=key, reason=reason)
    if outcome is Outcome.DEFECT_AREA:
        return disposition.reject(which, by=by, key=key, reason=reason, company_prefix=company_prefix)
    decision = _inspection_of(difference, by)
    if decision is None:
        return disposition.release(which, by=by, key=key, reason=reason, company_prefix=company_prefix)
    decided = disposition.inspect(which, by=by, key=key, reason=reason, company_prefix=company_prefix)
    decided.inspections = [one.number for one in _inspections(difference, decided, decision, by)]
    return decided


def _came(difference: Difference) -> Movement | None:
    return session.get(Movement, difference.movement_id) if difference.movement_id is not None else None


def _which(difference: Difference, outcome: Outcome, by: Actor) -> Which:
    """The goods that a difference speaks of, wherever they went since."""
    came = _came(difference)
    unit_id = difference.handling_unit_id or (came.target_unit_id if came is not None else None)
    return Which(
        difference.batch_id or 0,
        difference.quantity or 0,
        unit_id=unit_id,
        conditions=_conditions(difference, outcome),
        inbound_line_id=difference.inbound_line_id,
        went=disposition.went(
            difference.batch_id or 0,
            unit_id=unit_id,
            location_id=came.target_id if came is not None else None,
            since=came.id if came is not None else 0,
            by=by,
        ),
    )


@dataclass(frozen=True)
class Lies:
    """Where goods of an open difference lie, for whoever decides about them."""

    location: str
    plate: str | None
    condition: Condition
    quantity: int


def lying(number: str, *, by: Actor) -> list[Lies]:
    """Where the goods of a difference lie that are sent back, scrapped or set aside with it; nothing where none were taken in."""
    difference = session.execute(
        sa.select(Difference).where(Difference.site_id == by.site_id, Difference.number == number.strip().upper())
    ).scalar_one_or_none()
    if difference is None:
        return []
    if difference.batch_id is None or not difference.quantity or (difference.movement_id is None and difference.handling_unit_id is None):
        return []
    found = disposition.held(_which(difference, Outcome.SCRAPPED, by), by=by)
    return [
        Lies(
            session.get_one(Location, one.stock.location_id).code,
            session.get_one(HandlingUnit, one.stock.handling_unit_id).code if one.stock.handling_unit_id else None,
            Condition(one.stock.condition),
            one.stock.on_hand,
        )
        for one in found
    ]


def _inspection_of(difference: Difference, by: Actor) -> Decision | None:
    """Why goods that are kept are inspected like the rest of their delivery, if they are."""
    if difference.inbound_order_id is None:
        return None
    order, product = _order_and_product(difference)
    line = _line(difference)
    certificate = session.get_one(Batch, difference.batch_id).certificate or (line.certificate if line else None)
    decision = inspection.wanted(order, product, certificate=certificate, by=by, arrival_id=difference.arrival_id)
    return decision if decision.inspects else None


def _inspections(difference: Difference, decided: Decided, decision: Decision, by: Actor) -> list[Inspection]:
    order, product = _order_and_product(difference)
    return [
        inspection.open_inspection(
            product,
            difference.batch_id or 0,
            one.quantity,
            by=by,
            decision=decision,
            order=order,
            line=_line(difference),
            unit_id=one.place.unit_id,
            location_id=one.place.location_id,
            movement_id=one.movement_id,
        )
        for one in decided.standing
    ]


def _order_and_product(difference: Difference) -> tuple[InboundOrder, Product]:
    return session.get_one(InboundOrder, difference.inbound_order_id), session.get_one(Product, difference.product_id)


def _line(difference: Difference) -> InboundLine | None:
    return session.get_one(InboundLine, difference.inbound_line_id) if difference.inbound_line_id is not None else None


def _conditions(difference: Difference, outcome: Outcome) -> tuple[Condition, ...]:
    """In which condition the goods of such a difference wait. What is to be inspected is accepted by its inspection alone."""
    if difference.kind in (DifferenceKind.DAMAGED, DifferenceKind.REJECTED):
        return (Condition.DAMAGED,)
    waiting = (Condition.BLOCKED, Condition.DAMAGED)
    return waiting if outcome is Outcome.ACCEPTED else (*waiting, Condition.INSPECTION)


def _sender(difference: Difference) -> Virtual:
    """Where the goods of a difference came from."""
    if difference.inbound_order_id is not None:
        kind = session.get_one(InboundOrder, difference.inbound_order_id).kind
        return disposition.ORIGINS[InboundKind(kind)]
    return Virtual.CUSTOMER if difference.kind == DifferenceKind.WITHOUT_PAPERS else Virtual.SUPPLIER
