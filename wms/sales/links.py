"""The link that a customer gets: signed, for one order, for a while, and taken back at any time.

What stands in the address is the link's number, something random that its row has too, and when it ends, signed with a salt of its own:
nobody makes one up or changes one, and an old one leads nowhere after a backup was restored.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import secrets
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from itsdangerous import BadSignature, URLSafeSerializer

from wms import clock
from wms.actor import Actor
from wms.db import session
from wms.errors import Invalid, NotFound, Refused
from wms.i18n import LANGUAGES, Language, T
from wms.orders import lifecycle, operations
from wms.orders.addresses import at_home
from wms.orders.models import Order
from wms.sales.models import CustomerLink

DAYS = 30
MOST_DAYS = 365
MOST_LIVE = 20
"""So many links of one order work at a time."""
_SALT = "wms.sales.customer-link"


class LinkUnknown(NotFound):
    """No such link of this order."""

    code = "link_unknown"
    sentence = T("{order} has no link {link}", "{order} 没有链接 {link}")


class LinkTooLong(Invalid):
    """It would last for too long, or not at all."""

    code = "link_days"
    pointer = "/days"
    sentence = T("A link lasts from 1 to {most} days", "链接有效期为 1 至 {most} 天")


class TooManyLinks(Refused):
    """So many people already have one."""

    code = "too_many_links"
    sentence = T("{order} has {most} links that work", "{order} 已有 {most} 个有效链接")
    advice = T("Take back those that nobody needs", "请先撤销不再需要的链接")


class Why(StrEnum):
    """Why a link shows nothing."""

    UNKNOWN = "unknown"
    ENDED = "ended"
    REVOKED = "revoked"


@dataclass(frozen=True)
class Opened:
    """What a token leads to: an order and its link, or why nothing."""

    order: Order | None
    link: CustomerLink | None
    why: Why | None = None


def make(number: str, *, by: Actor, days: int = DAYS, language: Language | None = None) -> CustomerLink:
    """A new link for the customer of an order, in his language unless one is named. Raises OrderUnknown, LinkTooLong, TooManyLinks."""
    if not 1 <= days <= MOST_DAYS:
        raise LinkTooLong(most=MOST_DAYS)
    order = lifecycle.locked(number, by=by)
    moment = clock.now()
    live = sa.select(sa.func.count()).where(
        CustomerLink.order_id == order.id, CustomerLink.revoked_at.is_(None), CustomerLink.ends_at > moment
    )
    if session.execute(live).scalar_one() >= MOST_LIVE:
        raise TooManyLinks(order=order.number, most=MOST_LIVE)
    link = CustomerLink(
        site_id=order.site_id,
        order_id=order.id,
        nonce=secrets.token_urlsafe(12),
        language=language or (LANGUAGES[0] if at_home(order.ship_to) else "en"),
        made_at=moment,
        made_by_id=by.id,
        ends_at=moment + dt.timedelta(days=days),
    )
    session.add(link)
    session.flush()  # the token names it by its id
    return link


def revoke(number: str, link_id: int, *, by: Actor) -> CustomerLink:
    """Takes a link back; once more changes nothing. Raises OrderUnknown, LinkUnknown."""
    order = operations.find(number, by=by)
    query = sa.select(CustomerLink).where(CustomerLink.id == link_id, CustomerLink.order_id == order.id).with_for_update()
    link = session.execute(query).scalar_one_or_none()
    if link is None:
        raise LinkUnknown(order=order.number, link=link_id)
    if link.revoked_at is None:
        link.revoked_at, link.revoked_by_id = clock.now(), by.id
    return link


def of_order(order_id: int, *, after: int = 0, limit: int = 100) -> list[CustomerLink]:
    """The links of an order, in the order they were made."""
    return list(session.execute(_OF_ORDER, {"order": order_id, "after": after, "most": limit}).scalars())


_OF_ORDER = (
    sa.select(CustomerLink)
    .where(CustomerLink.order_id == sa.bindparam("order"), CustomerLink.id > sa.bindparam("after"))
    .order_by(CustomerLink.id)
    .limit(sa.bindparam("most", type_=sa.Integer))
)


# -- the token ---------------------------------------------------------------------------------------------------------


def _signer(secret: str) -> URLSafeSerializer:
    return URLSafeSerializer(secret, salt=_SALT, signer_kwargs={"digest_method": hashlib.sha256, "key_derivation": "hmac"})


def token(link: CustomerLink, secret: str) -> str:
    """What stands in the address."""
    return str(_signer(secret).dumps([link.id, link.nonce, int(link.ends_at.timestamp())]))


def said(given: str, secret: str) -> tuple[int, str, int] | None:
    """What a token says; None for one that we never gave. Asks nothing of the database."""
    signer = _signer(secret)
    try:
        what: Any = signer.loads(given)
    except BadSignature:
        return None
    same = secrets.compare_digest(str(signer.dumps(what)).encode(), given.encode())  # the last bits of base64 say nothing
    return (what[0], what[1], what[2]) if same and isinstance(what, list) and len(what) == 3 else None


def opened(what: tuple[int, str, int]) -> Opened:
    """What a token of ours leads to now."""
    number, nonce, ends = what
    link = session.get(CustomerLink, number)
    if link is None or not secrets.compare_digest(link.nonce, nonce):
        return Opened(None, None, Why.UNKNOWN)
    if link.revoked_at is not None:
        return Opened(None, link, Why.REVOKED)
    if min(link.ends_at, dt.datetime.fromtimestamp(ends, dt.UTC)) <= clock.now():
        return Opened(None, link, Why.ENDED)
    return Opened(session.get(Order, link.order_id), link)
