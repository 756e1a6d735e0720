"""What came in otherwise than announced: noted where it is found, owned by somebody, and on the work list until it is settled.

Nothing disappears by itself: a difference ends by a person's decision, or because the very receipt it tells of was undone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from wms import clock, events
from wms.actor import Actor, Role
from wms.auth.models import Person
from wms.catalog.models import Product
from wms.db import insert_rows, session, table_of
from wms.errors import Conflict, NotFound, Refused
from wms.i18n import T, Text
from wms.numbers import document_number, document_numbers
from wms.orders.models import Difference, DifferenceKind, DifferenceStatus, InboundOrder, Order, OrderLine, Outcome, SignOffLine
from wms.orders.timeline import teach, teach_facts

K, O = DifferenceKind, Outcome  # noqa: E741

ARRIVED = (O.CORRECTED, O.DELIVERED_LATER)
"""How goods that were missing at the customer's door turn out to be with the customer all the same."""
OUTCOMES: dict[DifferenceKind, tuple[Outcome, ...]] = {
    K.OVER: (O.ACCEPTED, O.SENT_BACK, O.REFUSED, O.CORRECTED),
    K.SHORT: (O.CREDITED, O.DELIVERED_LATER, O.CORRECTED),
    K.DAMAGED: (O.DEFECT_AREA, O.SENT_BACK, O.SCRAPPED, O.CREDITED),
    K.WRONG_PRODUCT: (O.ACCEPTED, O.SENT_BACK, O.REFUSED, O.CORRECTED),
    K.WRONG_LOT: (O.ACCEPTED, O.SENT_BACK, O.REFUSED, O.CORRECTED),
    K.TOO_OLD: (O.ACCEPTED, O.SENT_BACK, O.REFUSED, O.SCRAPPED),
    K.UNKNOWN_GOODS: (O.CORRECTED, O.SENT_BACK, O.REFUSED),
    K.PAPERS_MISSING: (O.CORRECTED, O.ACCEPTED),
    K.REJECTED: (O.SENT_BACK, O.DEFECT_AREA, O.SCRAPPED, O.CREDITED),
    K.WITHOUT_PAPERS: (O.CORRECTED, O.ACCEPTED, O.SENT_BACK, O.SCRAPPED),
    K.NOT_DELIVERED: (O.CARRIER_PAYS, O.DELIVERED_LATER, O.CORRECTED, O.WRITTEN_OFF),
    K.WRONG_PIECE: (O.BACK_IN_STOCK, O.CORRECTED),
    K.WEIGHT_OFF: (O.ACCEPTED, O.CORRECTED),
    K.EXTRA_PIECE: (O.BACK_IN_STOCK, O.CORRECTED),
}
"""How each kind may be settled."""

OWNERS: dict[DifferenceKind, Role] = {K.WITHOUT_PAPERS: Role.SALES}
"""Whose it is at first; the supervisor's where nobody else is named."""

teach("inbound.difference", T("{difference}: {quantity} {sku} ({number})", "{difference}：{sku} {quantity}（{number}）"), "ask")
teach("inbound.difference_settled", T("{number} settled: {outcome}", "{number} 已处理：{outcome}"), "good")
teach("inbound.difference_withdrawn", T("{number} withdrawn: its receipt was undone", "{number} 已撤回：收货已撤销"), "calm")
teach_facts("difference", {kind.value: kind.text for kind in K})
teach_facts("outcome", {outcome.value: outcome.text for outcome in O})


class DifferenceUnknown(NotFound):
    """No such difference at this site."""

    code = "difference_unknown"
    sentence = T("There is no difference {number}", "没有此差异：{number}")


class DifferenceOver(Conflict):
    """It was settled or withdrawn meanwhile."""

    code = "difference_over"
    sentence = T("{number} is no longer open: {status}", "{number} 已不是待处理状态：{status}")
    advice = T("Look at it again", "请刷新查看")


class OutcomeNotFitting(Refused):
    """That is no way to settle this kind."""

    code = "outcome_not_fitting"
    sentence = T("“{kind}” cannot be settled as “{outcome}”", "“{kind}”不能按“{outcome}”处理")
    advice = T("Choose one of: {choices}", "请选择：{choices}")


class NothingWasTakenIn(Refused):
    """No goods came in with it, so there are none to keep."""

    code = "nothing_taken_in"
    sentence = T("Nothing was taken in with {number}", "{number} 没有收下货物")
    advice = T("Choose how it was cleared up", "请选择其他处理方式")


def note(
    kind: DifferenceKind,
    *,
    by: Actor,
    inbound: InboundOrder | None = None,
    order: Order | None = None,
    product: Product | None = None,
    quantity: int | None = None,
    text: str | None = None,
    owner: Role | None = None,
    **facts: Any,
) -> Difference:
    """Puts a difference on the work list, and tells whoever listens to its inbound order (or order).

    `facts` are columns of Difference: inbound_line_id, arrival_id, batch_id, handling_unit_id, movement_id, scanned, reason.
    """
    difference = Difference(
        site_id=by.site_id,
        number=document_number("D", Difference.number, Difference.site_id == by.site_id),
        kind=kind.value,
        status=DifferenceStatus.OPEN.value,
        inbound_order_id=inbound.id if inbound else None,
        order_id=order.id if order else None,
        product_id=product.id if product else None,
        quantity=quantity,
        note=text or None,
        owner_role=(owner or OWNERS.get(kind, Role.SUPERVISOR)).value,
        noted_at=clock.now(),
        noted_by_id=by.id,
        **facts,
    )
    session.add(difference)
    session.flush()  # its number is told
    sku = product.sku if product else facts.get("scanned") or ""
    _tell(difference, "inbound.difference", by=by, difference=kind.value, quantity=quantity, sku=sku, reason=facts.get("reason"), note=text)
    return difference


@dataclass(frozen=True, slots=True)
class Shortage:
    """So much of a line did not come."""

    line_id: int
    product_id: int
    sku: str
    quantity: int


def note_short(
    shortages: Sequence[Shortage], *, by: Actor | None, inbound: InboundOrder, text: str | None = None, arrival_id: int | None = None
) -> None:
    """Notes what is short of an inbound order, line by line and all at once: there may be thousands. Nobody (None) where a date passed."""
    if not shortages:
        return
    numbers = document_numbers("D", len(shortages), Difference.number, Difference.site_id == inbound.site_id)
    owner, moment = OWNERS.get(K.SHORT, Role.SUPERVISOR).value, clock.now()
    rows = [
        {
            "site_id": inbound.site_id,
            "number": number,
            "kind": K.SHORT.value,
            "status": DifferenceStatus.OPEN.value,
            "inbound_order_id": inbound.id,
            "inbound_line_id": one.line_id,
            "arrival_id": arrival_id,
            "product_id": one.product_id,
            "quantity": one.quantity,
            "note": text or None,
            "owner_role": owner,
            "noted_at": moment,
            "noted_by_id": by.id if by else None,
        }
        for number, one in zip(numbers, shortages, strict=True)
    ]
    insert_rows(table_of(Difference), rows)
    facts = {"difference": K.SHORT.value, "reason": None, "note": text}
    told = [
        ("inbound.difference", {**facts, "number": number, "quantity": one.quantity, "sku": one.sku})
        for number, one in zip(numbers, shortages, strict=True)
    ]
    events.record_all(inbound, told, by=by)


def lock(number: str, *, by: Actor) -> Difference:
    """An open difference of the person's site, locked. Raises DifferenceUnknown, DifferenceOver."""
    found = session.execute(
        sa.select(Difference)
        .where(Difference.site_id == by.site_id, Difference.number == number.strip().upper())
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    ).scalar_one_or_none()
    if found is None:
        raise DifferenceUnknown(number=number)
    if found.status != DifferenceStatus.OPEN:
        raise DifferenceOver(number=found.number, status=DifferenceStatus(found.status).text)
    return found


def inbound_order_of(number: str, *, by: Actor) -> int | None:
    """The id of the inbound order that a difference of the person's site belongs to, unlocked; None where it belongs to none."""
    return session.execute(
        sa.select(Difference.inbound_order_id).where(Difference.site_id == by.site_id, Difference.number == number.strip().upper())
    ).scalar_one_or_none()


def hand_to(number: str, *, by: Actor, role: Role | None = None, person: Person | None = None) -> Difference:
    """Gives a difference to a role, or to a person. Raises DifferenceUnknown, DifferenceOver."""
    difference = lock(number, by=by)
    if role is not None:
        difference.owner_role, difference.owner_id = role.value, None
    if person is not None:
        difference.owner_id = person.id
    session.flush()
    return difference


def settle(difference: Difference, outcome: Outcome, *, by: Actor, text: str | None = None) -> None:
    """Ends a locked difference. What becomes of goods that came in with it is done by the room that took them in. Raises
    OutcomeNotFitting."""
    kind = DifferenceKind(difference.kind)
    if outcome not in OUTCOMES[kind]:
        raise OutcomeNotFitting(kind=kind.text, outcome=outcome.text, choices=_choices(kind))
    difference.status, difference.outcome, difference.ending = DifferenceStatus.SETTLED.value, outcome.value, text or None
    difference.ended_at, difference.ended_by_id = clock.now(), by.id
    session.flush()
    if kind is K.NOT_DELIVERED and outcome in ARRIVED:
        _count_delivered(difference)
    _tell(difference, "inbound.difference_settled", by=by, outcome=outcome.value, note=text)


def _count_delivered(difference: Difference) -> None:
    """What was missing at the door has reached the customer after all: it counts as delivered on the lines that lacked it."""
    assert difference.quantity is not None
    session.execute(sa.select(Order.id).where(Order.id == difference.order_id).with_for_update(key_share=True))
    kept, missing = sa.func.sum(SignOffLine.delivered), sa.func.sum(SignOffLine.missing)
    lacking = session.execute(
        sa.select(OrderLine.id, kept + missing - OrderLine.delivered)
        .join(SignOffLine, SignOffLine.order_line_id == OrderLine.id)
        .where(OrderLine.order_id == difference.order_id, OrderLine.product_id == difference.product_id)
        .group_by(OrderLine.id, OrderLine.delivered)
        .order_by(OrderLine.id)
    ).all()
    left = difference.quantity
    for line_id, open_ in lacking:
        part = min(left, int(open_))
        left -= part
        more = sa.update(OrderLine).where(OrderLine.id == line_id).values(delivered=OrderLine.delivered + part)
        session.execute(more.execution_options(synchronize_session=False))


def withdraw(movement_ids: list[int], *, by: Actor) -> None:
    """The receipts of these movements were undone: what they told of is no more. Settled ones stay as they were settled."""
    for difference in session.execute(
        sa.select(Difference).where(Difference.movement_id.in_(movement_ids), Difference.status == DifferenceStatus.OPEN.value)
    ).scalars():
        difference.status, difference.ended_at, difference.ended_by_id = DifferenceStatus.WITHDRAWN.value, clock.now(), by.id
        session.flush()
        _tell(difference, "inbound.difference_withdrawn", by=by)


def _choices(kind: DifferenceKind) -> Text:
    return T(", ".join(one.text.en for one in OUTCOMES[kind]), "、".join(one.text.zh for one in OUTCOMES[kind]))


def _tell(noted: Difference, code: str, *, by: Actor, **facts: Any) -> None:
    """The event belongs to the order that purchasing or sales follows; one that belongs to none is told by itself."""
    subject: Any = noted
    if noted.inbound_order_id is not None:
        subject = session.get_one(InboundOrder, noted.inbound_order_id)
    elif noted.order_id is not None:
        subject = session.get_one(Order, noted.order_id)
    events.record(subject, code, by=by, number=noted.number, **facts)
