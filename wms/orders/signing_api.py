"""What customers signed for and finance may post, over the API. Signing itself is `POST /orders/{number}/delivery`."""

from __future__ import annotations

import datetime as dt
from typing import Annotated

from pydantic import Field

from wms.actor import Permission
from wms.auth.current import actor
from wms.db import session
from wms.orders import api as orders_api
from wms.orders import operations, signing, signing_queries
from wms.orders.bodies import OrderOut
from wms.orders.models import Order, OrderKind, OrderStatus
from wms.orders.signing_queries import Posting
from wms.web.api import Answer, Api, Body, Code, Items, Paging, Reason, Words, page

api = Api("signing")


class DeliveriesQuery(Paging):
    """Which deliveries."""

    state: Posting = Posting.UNSIGNED


class DeliveryOut(Answer):
    """An order between the gate and the books."""

    number: str
    kind: OrderKind
    customer: str
    status: OrderStatus
    state: Posting
    """`unsigned`, `differences` (open ones, which block closing), `unsettled`, `owed` (left, not settled), `paid` (settled, not left),
    `owed_back` (settled, and then less of it goes or some came back: money to pay back), `ready` (may be closed), `closed`."""
    left_at: dt.datetime | None
    days: int
    """Since the first of it left."""
    shipments: int
    """How many parts it left in."""
    unsigned: int
    """Shipments that left and nobody signed for."""
    signed_by: str | None
    signed_at: dt.datetime | None
    differing_lines: int
    """How many lines were not kept whole."""
    copies_received: int
    """How many signed papers are back."""
    accept_reason: str | None
    """Why finance takes the differences as they are; null: it has not."""
    owed_back_at: dt.datetime | None
    """Since when money is to be paid back, UTC; null: none is."""


class CloseManyIn(Body):
    """Orders that finance closes together."""

    orders: Annotated[list[Code], Field(min_length=1, max_length=500)]
    reason: Words | None = None
    """Closes those with open differences too."""


class ClosedOut(Answer):
    """What became of one of them."""

    number: str
    closed: bool
    """Whether it is in the books."""
    code: str | None
    """Why not."""
    detail: str | None
    """Why it is not, in words; null: it is."""


class ClosedAllOut(Answer):
    """What became of all of them."""

    orders: list[ClosedOut]
    """Each order, in the sequence in which they were named."""


class CopyIn(Body):
    """The customer's signed paper."""

    received: bool = True
    """False: it is not here after all."""


class CopyOut(Answer):
    """The customer's signed paper of a shipment."""

    shipment: str
    received_at: dt.datetime | None
    """When the paper was back, UTC; null: it is not."""


@api.get("/deliveries", Permission.SEE_ORDERS, query=DeliveriesQuery, answer=Items[DeliveryOut])
def get_deliveries(query: DeliveriesQuery) -> Items[DeliveryOut]:
    """Orders that left and are not signed for, that may be posted, that differ, that are to be paid back, that are closed; in the order
    they came in."""
    found = signing_queries.postings(actor(), posting=query.state, after=query.after).order_by(Order.id).limit(query.limit + 1)
    rows = signing_queries.posting_rows(session.execute(found).all())
    return page(
        rows,
        query,
        by_id=lambda row: row.id,
        show=lambda row: DeliveryOut(
            number=row.number,
            kind=OrderKind(row.kind),
            customer=row.customer,
            status=row.status,
            state=row.posting,
            left_at=row.left_at,
            days=row.days,
            shipments=row.shipments,
            unsigned=row.unsigned,
            signed_by=row.signed_by,
            signed_at=row.signed_at,
            differing_lines=row.differing,
            copies_received=row.copies,
            accept_reason=row.accept_reason,
            owed_back_at=row.owed_back_at,
        ),
    )


@api.post("/deliveries/close", Permission.SETTLE, body=CloseManyIn, answer=ClosedAllOut)
def close_deliveries(body: CloseManyIn) -> ClosedAllOut:
    """Closes what may be closed of these orders; of the others it says why not."""
    who = actor()
    done = operations.close_many(body.orders, by=who, reason=body.reason)
    return ClosedAllOut(
        orders=[
            ClosedOut(
                number=number, closed=refused is None, code=refused.code if refused else None, detail=refused and refused.say(who.language)
            )
            for number, refused in done.items()
        ]
    )


@api.post("/orders/<path:number>/accept-differences", Permission.SETTLE, body=Reason, answer=OrderOut)
def accept_differences(number: str, body: Reason) -> OrderOut:
    """Finance takes open differences as they are, with a reason, so that the order may be closed; what is to come back may still come."""
    return orders_api.shown(signing.accept(number, reason=body.reason, by=actor()))


@api.post("/shipments/<path:number>/signed-copy", Permission.SIGN_OFF, body=CopyIn, answer=CopyOut)
def signed_copy(number: str, body: CopyIn) -> CopyOut:
    """The customer's signed copy is back in the house."""
    header = signing.receive_copy(number, back=body.received, by=actor())
    return CopyOut(shipment=number.strip().upper(), received_at=header.copy_at)
