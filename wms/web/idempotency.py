"""A POST with an Idempotency-Key acts once: the key is a row in the same transaction as the work, with the answer in it.

While the first request is on its way, a second one with its key is told so (409) instead of waiting: within a process by a set of
keys in hand, between processes by an advisory lock on PostgreSQL. On SQLite a second process waits at the gate and finds the answer.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import secrets
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import sqlalchemy as sa
from flask import request
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Mapped, mapped_column

from wms import clock
from wms.db import Base, Key, Moment, compiled_once, foreign, is_postgresql, session, table_of
from wms.errors import Conflict, Invalid
from wms.i18n import T

KEPT_FOR = dt.timedelta(days=30)
LONGEST = 200


class AnsweredRequest(Base):
    """One key of one person (a token is one), and what was answered."""

    __tablename__ = "answered_requests"
    __table_args__ = (sa.UniqueConstraint("person_id", "key"), sa.Index("ix_answered_requests_at", "at"))

    id: Mapped[Key]
    person_id: Mapped[int] = foreign("people.id")
    key: Mapped[str] = mapped_column(sa.String(LONGEST))
    fingerprint: Mapped[str] = mapped_column(sa.String(64))
    status: Mapped[int]
    answer: Mapped[str] = mapped_column(sa.Text())
    at: Mapped[Moment]


class KeyReused(Invalid):
    """The key was used for another request."""

    code = "key_reused"
    sentence = T("This Idempotency-Key was used for another request", "此 Idempotency-Key 已用于另一请求")
    advice = T("Make a new key for each intention", "每个操作请使用新的 key")


class KeyWrong(Invalid):
    """The key is no text of a bearable length."""

    status = 400
    code = "key_wrong"
    sentence = T("An Idempotency-Key is 1 to {longest} printable characters", "Idempotency-Key 须为 1 至 {longest} 个可见字符")


class InFlight(Conflict):
    """The first request with this key is still being worked on."""

    code = "in_flight"
    sentence = T("The first request with this key is still being worked on", "使用此 key 的请求仍在处理中")
    advice = T("Ask again with the same key in a moment", "请稍后使用相同的 key 重试")


_in_hand: set[tuple[int, str]] = set()
_mutex = threading.Lock()
_T = table_of(AnsweredRequest)
_COLUMNS = {name: sa.bindparam(name, type_=_T.c[name].type) for name in ("person_id", "key", "fingerprint", "status", "answer", "at")}
_TAKE = tuple(
    compiled_once(dialect.insert(_T).values(_COLUMNS).on_conflict_do_nothing().returning(_T.c.id), dialect)
    for dialect in (sqlite, postgresql)
)


@contextmanager
def held(person_id: int, key: str) -> Iterator[None]:
    """Takes a key in hand for the time of the request; raises InFlight, KeyWrong."""
    if not 1 <= len(key) <= LONGEST or not key.isprintable():
        raise KeyWrong(longest=LONGEST)
    mine = (person_id, key)
    with _mutex:
        if mine in _in_hand:
            raise InFlight
        _in_hand.add(mine)
    try:
        yield
    finally:
        with _mutex:
            _in_hand.discard(mine)


def once(person_id: int, key: str, work: Callable[[], tuple[int, str]]) -> tuple[int, str, bool]:
    """Does the work unless the key has its answer: (status, answer, whether it was answered before). Raises KeyReused, InFlight."""
    print_ = fingerprint()
    if is_postgresql():
        number = int.from_bytes(hashlib.sha256(f"{person_id}:{key}".encode()).digest()[:8], "big", signed=True)
        if not session.execute(sa.select(sa.func.pg_try_advisory_xact_lock(number))).scalar_one():
            raise InFlight
    facts = {"person_id": person_id, "key": key, "fingerprint": print_, "status": 0, "answer": "", "at": clock.now()}
    row_id = session.execute(_TAKE[is_postgresql()], facts).scalar_one_or_none()
    if row_id is None:
        known = session.execute(
            sa.select(_T.c.fingerprint, _T.c.status, _T.c.answer).where(_T.c.person_id == person_id, _T.c.key == key)
        ).one()
        if known.fingerprint != print_:
            raise KeyReused
        return known.status, known.answer, True
    status, answer = work()
    if status < 400:
        session.execute(sa.update(_T).where(_T.c.id == row_id).values(status=status, answer=answer))
    else:
        session.execute(sa.delete(_T).where(_T.c.id == row_id))
    return status, answer, False


def is_known(person_id: int, key: str) -> bool:
    """Whether the key has its answer; only looks."""
    return session.execute(sa.select(_T.c.id).where(_T.c.person_id == person_id, _T.c.key == key)).first() is not None


def new_key() -> str:
    """A key for a form that is drawn."""
    return secrets.token_urlsafe(12)


def first_time(person_id: int, key: str) -> bool:
    """Whether nothing was done under this key yet; from now on something was. For what has no answer to give again.

    Whoever comes second while the first is on its way waits for it.
    """
    facts = {"person_id": person_id, "key": key, "fingerprint": "", "status": 0, "answer": "", "at": clock.now()}
    return session.execute(_TAKE[is_postgresql()], facts).scalar_one_or_none() is not None


def fingerprint() -> str:
    """What makes this request the same as another: method, address, and the body whatever the order of its fields."""
    raw = request.get_data(cache=True)
    try:
        body = json.dumps(json.loads(raw), sort_keys=True).encode() if raw else b"{}"
    except (ValueError, RecursionError):  # what an endpoint without a body is sent may be anything
        body = raw
    where = f"{request.method} {request.full_path}\n".encode()
    return hashlib.sha256(where + body).hexdigest()


def forget_old(kept_for: dt.timedelta = KEPT_FOR) -> int:
    """Deletes keys that nobody will send again; returns how many."""
    done = session.execute(sa.delete(_T).where(_T.c.at < clock.now() - kept_for))
    return int(done.rowcount)  # type: ignore[attr-defined]
