"""Links for customers over the API: another system puts one into the confirmation that it sends."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Literal

from pydantic import Field

from wms.actor import Permission
from wms.auth.current import actor
from wms.db import session
from wms.orders import operations
from wms.sales import links
from wms.sales.models import CustomerLink
from wms.sales.views import address_of
from wms.web.api import Answer, Api, Body, Items, Paging, page

api = Api("sales")


class LinkIn(Body):
    """A link for the customer of an order."""

    days: Annotated[int, Field(ge=1, le=links.MOST_DAYS)] = links.DAYS
    """So long it works."""
    language: Literal["zh_CN", "en"] | None = None
    """Left out: Chinese for an address in China, English elsewhere."""


class LinkOut(Answer):
    """A link that a customer opens without signing in. Whoever has it sees this one order."""

    id: int
    url: str
    """The whole address that the customer opens; whoever has it sees the order."""
    language: str
    """In which language the page greets; the other one is a touch away."""
    made_at: dt.datetime
    """Since when it works."""
    ends_at: dt.datetime
    """From then on it shows nothing (410)."""
    revoked_at: dt.datetime | None
    """When it was taken back; null while it was not."""


def _out(link: CustomerLink) -> LinkOut:
    return LinkOut(
        id=link.id, url=address_of(link), language=link.language, made_at=link.made_at, ends_at=link.ends_at, revoked_at=link.revoked_at
    )


@api.post("/orders/<path:number>/links", Permission.ENTER_ORDERS, body=LinkIn, answer=LinkOut, status=201)
def post_link(number: str, body: LinkIn) -> LinkOut:
    """Makes a link by which the customer of an order sees how it stands: signed, for a while, to be taken back at any time.

    It shows the order, its goods and its parcels, in his language: no prices, no stock, nobody's name. 409 `too_many_links` beyond twenty
    that work.
    """
    return _out(links.make(number, by=actor(), days=body.days, language=body.language))


@api.get("/orders/<path:number>/links", Permission.ENTER_ORDERS, query=Paging, answer=Items[LinkOut])
def get_links(number: str, query: Paging) -> Items[LinkOut]:
    """The links of an order, those that ended or were taken back too."""
    order = operations.find(number, by=actor())
    return page(links.of_order(order.id, after=query.after, limit=query.limit + 1), query, by_id=lambda link: link.id, show=_out)


@api.post("/orders/<path:number>/links/<int:link>/revoke", Permission.ENTER_ORDERS, answer=LinkOut)
def revoke_link(number: str, link: int) -> LinkOut:
    """Takes a link back: it shows nothing any more. Once more changes nothing."""
    revoked = links.revoke(number, link, by=actor())
    session.flush()
    return _out(revoked)
