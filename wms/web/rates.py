"""How often a token may ask: so many requests in a minute, counted once for all workers.

A row per token says until when its allowance is spent: each request moves that moment on by its share of a minute, and no further than a
minute from now (a bucket that leaks). A worker takes a handful of requests from it at a time, so that most of them cost no statement;
what it does not use within a minute is forgotten.
"""

from __future__ import annotations

import math
import threading
import time
from dataclasses import dataclass

import sqlalchemy as sa
from flask import current_app
from sqlalchemy.orm import Mapped, mapped_column

from wms import clock, db
from wms.actor import Actor
from wms.db import Base, is_postgresql, session, table_of, transaction, upsert
from wms.errors import WarehouseError
from wms.i18n import T

MINUTE = 60_000_000
"""In microseconds."""
_HANDFULS = 100
_MANY = 10_000


class Allowance(Base):
    """Until when a token's requests are spent, in microseconds since 1970."""

    __tablename__ = "allowances"

    person_id: Mapped[int] = mapped_column(sa.BigInteger(), sa.ForeignKey("people.id"), primary_key=True, autoincrement=False)
    spent_until: Mapped[int] = mapped_column(sa.BigInteger())


class TooManyRequests(WarehouseError):
    """The token has made all the requests that it may make for now."""

    status = 429
    code = "too_many_requests"
    sentence = T("This token has made its {per_minute} requests of the minute", "此令牌本分钟的 {per_minute} 次请求已用完")
    advice = T("Come again in {wait_seconds} s; nothing was changed", "请在 {wait_seconds} 秒后重试；未做任何更改")

    def __init__(self, per_minute: int, wait_seconds: int) -> None:
        self.wait_seconds = wait_seconds
        super().__init__(per_minute=per_minute, wait_seconds=wait_seconds)


@dataclass
class _Hand:
    """What this worker has of a token's requests, or until when there is nothing to be had."""

    left: int = 0
    until: float = 0.0
    closed_until: float = 0.0


_hands: dict[tuple[int, str], _Hand] = {}
_mutex = threading.Lock()


def count(who: Actor) -> None:
    """One more request of this token. Raises TooManyRequests."""
    limit = current_app.config["WMS"].requests_per_minute if who.per_minute is None else who.per_minute
    if not limit:
        return
    moment = time.monotonic()
    with _mutex:
        if len(_hands) > _MANY:
            _hands.clear()
        hand = _hands.setdefault((who.id, current_app.config["WMS"].database_url), _Hand())
        if hand.left > 0 and hand.until > moment:
            hand.left -= 1
            return
        if hand.closed_until > moment:
            raise TooManyRequests(limit, math.ceil(hand.closed_until - moment))
    taken, wait = _take(who.id, limit)
    with _mutex:
        if taken:
            hand.left, hand.until = max(0, hand.left) + taken - 1, time.monotonic() + 60
            return
        hand.left, hand.closed_until = 0, time.monotonic() + wait
    raise TooManyRequests(limit, math.ceil(wait))


def forget() -> None:
    """Forgets what this worker has in hand: for tests, which change the clock and the database under it."""
    with _mutex:
        _hands.clear()


def _take(person_id: int, limit: int) -> tuple[int, float]:
    """A handful of requests, or else one; none, and how many seconds until there is one."""
    each, now = MINUTE // limit, int(clock.now().timestamp() * 1_000_000)
    for some in dict.fromkeys((max(1, limit // _HANDFULS), 1)):
        if db.again(lambda some=some: _spend(person_id, some * each, now)):  # type: ignore[misc]
            return some, 0.0
    table = table_of(Allowance)
    spent = session.execute(sa.select(table.c.spent_until).where(table.c.person_id == person_id)).scalar_one_or_none() or now
    session.rollback()
    return 0, max(0.001, (spent + each - now - MINUTE) / 1_000_000)


def _spend(person_id: int, share: int, now: int) -> bool:
    """Moves the moment on, if that is not beyond a minute from now."""
    table = table_of(Allowance)
    here, minute = sa.literal(now, sa.BigInteger()), sa.literal(MINUTE, sa.BigInteger())
    later = (sa.func.greatest if is_postgresql() else sa.func.max)(table.c.spent_until, here) + sa.literal(share, sa.BigInteger())
    statement = (
        upsert(table)
        .values(person_id=person_id, spent_until=now + share)
        .on_conflict_do_update(index_elements=["person_id"], set_={"spent_until": later}, where=later <= here + minute)
        .returning(table.c.person_id)
    )
    with transaction():
        return session.execute(statement).first() is not None
