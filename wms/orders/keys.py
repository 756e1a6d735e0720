"""By what people ask for an order: its number from either end, the customer's own number, the telephone of whoever takes it in.

What is known from its end (*the one with 4711*, the last digits of a telephone) is kept turned round, so that an index finds it.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable

import sqlalchemy as sa

from wms.db import fold, insert_rows, session, table_of
from wms.i18n import T, Worded
from wms.orders.models import Order, OrderKey

LEAST_DIGITS = 4
_LONGEST = 200
_MOBILE = 11
_DIGITS = frozenset("0123456789")
_BEHIND_SURROGATES = 0xE000


class Kind(Worded):
    """What is known of an order."""

    NUMBER = "number", T("Order number", "订单号")
    TAIL = "tail", T("Order number", "订单号")
    REFERENCE = "reference", T("Customer's number", "客户单号")
    PHONE = "phone", T("Telephone", "电话")


def digits(text: str) -> str:
    """The digits of a telephone number, whatever stands between them."""
    return "".join(one for one in unicodedata.normalize("NFKC", text) if one in _DIGITS)


def spoken(text: str) -> list[str]:
    """A telephone number as it may have been written down: with or without the country and the zero before the town."""
    whole = digits(text)
    short = [whole[-_MOBILE:]] if len(whole) > _MOBILE else []
    found = dict.fromkeys([whole, *short, whole.lstrip("0")])
    return [one for one in found if len(one) >= LEAST_DIGITS]


def of(order: Order) -> dict[str, str]:
    """Its keys, by kind."""
    number, phone = fold(order.number), digits(str(order.ship_to.get("phone") or ""))
    found = {
        Kind.NUMBER: number,
        Kind.TAIL: number[::-1],
        Kind.REFERENCE: fold(order.reference or ""),
        Kind.PHONE: phone[::-1] if len(phone) >= LEAST_DIGITS else "",
    }
    return {kind.value: key[:_LONGEST] for kind, key in found.items() if key}


def write(orders: Iterable[Order]) -> None:
    """Writes down by what new orders are found. They have their ids."""
    rows = [
        {"site_id": order.site_id, "order_id": order.id, "kind": kind, "key": key} for order in orders for kind, key in of(order).items()
    ]
    insert_rows(table_of(OrderKey), rows)


def rewrite(order: Order) -> None:
    """Writes anew what has changed of a locked order."""
    table = table_of(OrderKey)
    kept = session.execute(sa.select(table.c.kind, table.c.key).where(table.c.order_id == order.id))
    before, now = {row.kind: row.key for row in kept}, of(order)
    gone = [kind for kind, key in before.items() if now.get(kind) != key]
    if gone:
        session.execute(sa.delete(table).where(table.c.order_id == order.id, table.c.kind.in_(gone)))
    come = [
        {"site_id": order.site_id, "order_id": order.id, "kind": kind, "key": key} for kind, key in now.items() if before.get(kind) != key
    ]
    insert_rows(table, come)


def beginning(kind: Kind, start: str, *, site_id: int, limit: int) -> list[tuple[int, str]]:
    """Orders of a site with a key of this kind that begins like this, and the key as people write it. Of one key the newest come first."""
    if not start:
        return []
    query = (
        sa.select(OrderKey.order_id, OrderKey.key)
        .where(OrderKey.site_id == site_id, OrderKey.kind == kind.value, OrderKey.key >= start, OrderKey.key < _after(start))
        .order_by(OrderKey.key.desc(), OrderKey.order_id.desc())
        .limit(limit)
    )
    turned = kind in (Kind.TAIL, Kind.PHONE)
    return [(row.order_id, row.key[::-1] if turned else row.key) for row in session.execute(query)]


def _after(start: str) -> str:
    """What comes after all that begins like this, character by character."""
    last = ord(start[-1]) + 1
    return start[:-1] + chr(_BEHIND_SURROGATES if 0xD800 <= last < _BEHIND_SURROGATES else min(last, 0x10FFFF))
