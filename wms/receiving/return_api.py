"""Returns over the API."""

from __future__ import annotations

import datetime as dt
import uuid

from pydantic import Field

from wms.actor import Permission
from wms.auth.current import actor
from wms.receiving import return_queries, returns, unclaimed
from wms.receiving.models import Disposition, Found, Return, ReturnKind, ReturnLineStatus, ReturnStatus
from wms.receiving.return_bodies import DecideIn, LinkIn, ReturnIn
from wms.receiving.screens import company_prefix, scrap_alone
from wms.web.api import Answer, Api, Code, Items, Nothing, Paging, page

api = Api("returns")


class ReturnLineOut(Answer):
    """Pieces of one batch that were found alike; `undone` and `replaced` ones do not count any more."""

    line: int
    """Its place on the note, from 1."""
    sku: str
    lot: str | None
    expires_on: dt.date | None
    quantity: int
    found: Found
    disposition: Disposition
    """What is done with them."""
    reason: str | None
    status: ReturnLineStatus
    order: str | None
    order_line: str | None
    """Which line of the order they left for; null: not known."""
    location: str
    """Where they were put."""
    handling_unit: str | None
    difference: str | None
    """Number of the difference that tells of them; null: none does."""
    inspection: str | None
    """On which quality decides about what is held."""
    accepted: int
    """Pieces that are stock again."""
    rejected: int
    """What quality has decided so far."""
    ending: str | None
    """What was said when it ended."""


class ReturnPaperOut(Answer):
    """A paper that can be printed."""

    kind: str
    """Which paper, as in its address."""
    number: str
    href: str


class ReturnEventOut(Answer):
    """Something that happened."""

    at: dt.datetime
    code: str
    """What happened, such as `return.received`."""
    text: str
    by: str | None


class CandidateOut(Answer):
    """An order with which such goods left, and have not come back."""

    order: str
    customer: str
    sku: str
    out: int
    """Pieces that left with it and have not come back."""
    lot_fits: bool
    sender_fits: bool
    """Whether the sender's name is the customer's."""
    last_left: dt.datetime
    """When the last of them left, UTC."""


class ReturnOut(Answer):
    """A return."""

    number: str
    kind: ReturnKind
    status: ReturnStatus
    order: str | None
    customer: str | None
    """Customer by code; null: not known yet."""
    inbound_order: str | None
    consignment: str | None
    """Place of the consigned goods they came from; null: they are none."""
    sender: str | None
    """Who sent them, in words; null: not known."""
    reason: str | None
    note: str | None
    created_at: dt.datetime
    by: str
    updated_at: dt.datetime
    finished_at: dt.datetime | None
    """When nothing more of it came in, UTC; null: it is still received."""
    closed_at: dt.datetime | None
    lines: list[ReturnLineOut]
    documents: list[ReturnPaperOut]
    events: list[ReturnEventOut]
    candidates: list[CandidateOut] = Field(default_factory=list)
    """While it waits for sales: the orders that may have sent it, the likeliest first."""


class ReturnsQuery(Paging):
    """Which returns."""

    status: ReturnStatus | None = None
    order: Code | None = None
    customer: Code | None = None


def shown(header: Return) -> ReturnOut:
    """A return as the API answers it."""
    view = return_queries.shown([header], actor().language)[0]
    return _out(view, unclaimed.candidates(header) if view.waiting else [])


def _out(view: return_queries.ReturnView, candidates: list[unclaimed.Candidate]) -> ReturnOut:
    answer = ReturnOut.model_validate({**vars(view), "candidates": []}, from_attributes=True)
    return answer.model_copy(update={"candidates": [CandidateOut.model_validate(one, from_attributes=True) for one in candidates]})


@api.post("/returns", Permission.RETURN_GOODS, body=ReturnIn, answer=ReturnOut, status=201)
def post_return(body: ReturnIn) -> ReturnOut:
    """Takes goods back: against an order, from consignment, or without papers. All of it, or nothing."""
    return shown(body.record(by=actor(), company_prefix=company_prefix()))


@api.get("/returns", Permission.SEE_STOCK, query=ReturnsQuery, answer=Items[ReturnOut])
def get_returns(query: ReturnsQuery) -> Items[ReturnOut]:
    """Returns, in the order they came in."""
    who = actor()
    headers = return_queries.returns_after(
        by=who, after=query.after, limit=query.limit + 1, status=query.status, order=query.order, customer=query.customer
    )
    views = return_queries.shown(headers, who.language)
    return page(views, query, by_id=lambda view: view.id, show=lambda view: _out(view, []))


@api.get("/returns/<path:number>", Permission.SEE_STOCK, answer=ReturnOut)
def get_return(number: str) -> ReturnOut:
    """One return, with the orders that may have sent it while it waits for sales."""
    return shown(returns.find(number, by=actor()))


@api.post("/returns/<path:number>/link", Permission.DECIDE, body=LinkIn, answer=ReturnOut)
def link_return(number: str, body: LinkIn) -> ReturnOut:
    """Goods without papers belong to an order: booked into the batches in which they left; the order's counters follow."""
    who = actor()
    unclaimed.link(number, body.order, by=who, key=uuid.uuid4().hex, lines=body.lines, text=body.reason)
    return shown(returns.find(number, by=who))


@api.post("/returns/<path:number>/decide", Permission.DECIDE, body=DecideIn, answer=ReturnOut)
def decide_return(number: str, body: DecideIn) -> ReturnOut:
    """Goods without papers belong to no order: kept as ours, or to be sent back or scrapped, which the floor then carries out."""
    return shown(
        unclaimed.decide(
            number, body.decision, by=actor(), key=uuid.uuid4().hex, lines=body.lines, text=body.reason, scrap_alone=scrap_alone()
        )
    )


@api.post("/returns/<path:number>/lines/<int:line>/carry-out", Permission.RETURN_GOODS, body=Nothing, answer=ReturnOut)
def carry_out_line(number: str, line: int, body: Nothing) -> ReturnOut:  # noqa: ARG001
    """What sales does not want has left: sent back, or scrapped."""
    who = actor()
    unclaimed.carry_out(number, line, by=who, key=uuid.uuid4().hex)
    return shown(returns.find(number, by=who))


@api.post("/returns/<path:number>/lines/<int:line>/undo", Permission.RETURN_GOODS, body=Nothing, answer=ReturnOut)
def undo_return_line(number: str, line: int, body: Nothing) -> ReturnOut:  # noqa: ARG001
    """Takes a line back while its goods stand where they were put."""
    who = actor()
    returns.undo_line(number, line, by=who, key=uuid.uuid4().hex)
    return shown(returns.find(number, by=who))


@api.post("/returns/<path:number>/close", Permission.RETURN_GOODS, body=Nothing, answer=ReturnOut)
def close_return(number: str, body: Nothing) -> ReturnOut:  # noqa: ARG001
    """Everything of it was taken in: it is closed, or waits for whoever must decide."""
    return shown(returns.finish(number, by=actor()))
