"""What happened, written in the same transaction as the thing itself: the timeline people read and the outbox that tells others."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from wms import clock
from wms.actor import Actor
from wms.db import Base, Json, Key, Moment, foreign, insert_rows, table_of


class Event(Base):
    """One thing that happened to one subject (an order, an inbound order, a load, a count).

    `told_at` is empty until every webhook that wants it has its delivery row: the table is its own outbox.
    """

    __tablename__ = "events"
    __table_args__ = (
        sa.Index("ix_events_subject", "subject_kind", "subject_id", "id"),
        sa.Index(
            "ix_events_untold",
            "id",
            sqlite_where=sa.text("told_at IS NULL"),
            postgresql_where=sa.text("told_at IS NULL"),
        ),
    )

    id: Mapped[Key]
    at: Mapped[Moment]
    site_id: Mapped[int] = foreign("sites.id")
    subject_kind: Mapped[str] = mapped_column(sa.String(30))
    subject_id: Mapped[int]
    subject_number: Mapped[str] = mapped_column(sa.String(80))
    code: Mapped[str] = mapped_column(sa.String(60))
    facts: Mapped[Json]
    by_id: Mapped[int | None] = foreign("people.id", nullable=True)
    told_at: Mapped[dt.datetime | None]


_listeners: list[Callable[[Sequence[Event]], None]] = []


def hear(listener: Callable[[Sequence[Event]], None]) -> None:
    """Who is told events inside the house, each once: in the transaction in which they are told to the webhooks."""
    if listener not in _listeners:
        _listeners.append(listener)


def tell(told: Sequence[Event]) -> None:
    """Tells those who listen."""
    for listener in _listeners:
        listener(told)


_followers: dict[str, Callable[[Sequence[tuple[Any, str]], dt.datetime], None]] = {}


def follow(kind: str, follower: Callable[[Sequence[tuple[Any, str]], dt.datetime], None]) -> None:
    """Who does what follows from events about subjects of one kind, (subject, code) by (subject, code), where they are written down."""
    _followers[kind] = follower


def record(subject: Any, code: str, *, by: Actor | None, **facts: Any) -> None:
    """Writes one event about a row that has `site_id`, `id`, `number` and `event_kind`; `code` is like `order.picked`.

    Facts are plain JSON values; `wms.orders.timeline` and its like put them into words.
    """
    record_all(subject, [(code, facts)], by=by)


def record_all(subject: Any, happened: Sequence[tuple[str, Mapping[str, Any]]], *, by: Actor | None) -> None:
    """Writes several events about one row, in their order."""
    record_each([(subject, code, facts) for code, facts in happened], by=by)


def record_each(happened: Sequence[tuple[Any, str, Mapping[str, Any]]], *, by: Actor | None) -> None:
    """Writes events about several rows, in their order."""
    if not happened:
        return
    moment = clock.now()
    rows = [
        {
            "at": moment,
            "site_id": subject.site_id,
            "subject_kind": subject.event_kind,
            "subject_id": subject.id,
            "subject_number": subject.number,
            "code": code,
            "facts": facts,
            "by_id": by.id if by else None,
            "told_at": None,
        }
        for subject, code, facts in happened
    ]
    insert_rows(table_of(Event), rows)
    for kind, follower in _followers.items():
        theirs = [(subject, code) for subject, code, _ in happened if subject.event_kind == kind]
        if theirs:
            follower(theirs, moment)
