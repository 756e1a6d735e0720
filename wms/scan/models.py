"""The scan log: every answered scan is one row, and a person's newest row in a flow is where they stand."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from wms.db import Base, Json, Key, Moment, foreign


class ScanRow(Base):
    """One scan and its answer.

    `version` is unique per person and flow, so of two scans answering the same screen only one is kept; `key` is unique per person,
    so an intention acts once and is answered the same however often it is sent.
    """

    __tablename__ = "scans"
    __table_args__ = (sa.UniqueConstraint("person_id", "flow", "version"), sa.UniqueConstraint("person_id", "key"))

    id: Mapped[Key]
    person_id: Mapped[int] = foreign("people.id")
    flow: Mapped[str] = mapped_column(sa.String(20))
    version: Mapped[int]
    key: Mapped[str] = mapped_column(sa.String(120))
    fingerprint: Mapped[str] = mapped_column(sa.String(64))
    scanned: Mapped[str] = mapped_column(sa.String(400))
    step: Mapped[str] = mapped_column(sa.String(40))
    notes: Mapped[Json]
    answer: Mapped[Json]
    at: Mapped[Moment]
