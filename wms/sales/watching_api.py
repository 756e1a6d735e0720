"""Watching over the API: a sales system shows its own people what they watch here."""

from __future__ import annotations

import datetime as dt
from typing import Annotated

from pydantic import Field

from wms.actor import Permission
from wms.auth.current import actor
from wms.db import session
from wms.sales import watching
from wms.sales.models import Notice
from wms.web.api import Answer, Api, Body, Items, Paging, page

api = Api("watching")
_LARGEST = 2**63 - 1


class WatchOut(Answer):
    """Whether the caller watches it."""

    code: str
    watched: bool
    """Whether it is, after this call."""


class NoticesQuery(Paging):
    """Which notices."""

    new: bool = False
    """Only those not seen yet."""


class NoticeOut(Answer):
    """Something that happened to an order which the caller watches."""

    id: int
    at: dt.datetime
    order: str
    customer: str
    code: str
    text: str
    seen: bool
    """Whether the caller has said so (`POST /notices/seen`)."""


class SeenIn(Body):
    """What was seen."""

    up_to: Annotated[int, Field(ge=0, le=_LARGEST)]
    """The last notice that was: it, and all before it."""


class SeenOut(Answer):
    """How many were new."""

    seen: int
    """How many of them nobody had marked before."""


@api.post("/orders/<path:number>/watch", Permission.SEE_ORDERS, answer=WatchOut)
def watch_order(number: str) -> WatchOut:
    """Tells the caller of the order's milestones: released, held, packed, left, signed for, late, short, cancelled."""
    return WatchOut(code=watching.watch(number, by=actor()).number, watched=True)


@api.post("/orders/<path:number>/let-go", Permission.SEE_ORDERS, answer=WatchOut)
def let_go_of_order(number: str) -> WatchOut:
    """Tells the caller no more of an order."""
    return WatchOut(code=watching.let_go(number, by=actor()).number, watched=False)


@api.post("/partners/<path:code>/watch", Permission.SEE_ORDERS, answer=WatchOut)
def watch_customer(code: str) -> WatchOut:
    """Tells the caller of all orders of a customer, those still to come too."""
    return WatchOut(code=watching.watch_customer(code, by=actor()).code, watched=True)


@api.post("/partners/<path:code>/let-go", Permission.SEE_ORDERS, answer=WatchOut)
def let_go_of_customer(code: str) -> WatchOut:
    """Tells the caller no more of a customer's orders."""
    return WatchOut(code=watching.let_go_of_customer(code, by=actor()).code, watched=False)


@api.get("/notices", Permission.SEE_ORDERS, query=NoticesQuery, answer=Items[NoticeOut])
def get_notices(query: NoticesQuery) -> Items[NoticeOut]:
    """The caller's notices, oldest first."""
    found = watching.notices(by=actor(), new=query.new, after=query.after).order_by(Notice.id).limit(query.limit + 1)
    rows = watching.in_words(session.execute(found).all(), actor().language)
    return page(rows, query, by_id=lambda row: row.id, show=lambda row: NoticeOut.model_validate(row, from_attributes=True))


@api.post("/notices/seen", Permission.SEE_ORDERS, body=SeenIn, answer=SeenOut)
def post_seen(body: SeenIn) -> SeenOut:
    """The caller has seen their notices up to this one."""
    return SeenOut(seen=watching.seen(by=actor(), up_to=body.up_to))
