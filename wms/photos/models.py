"""Pictures, kept in the database so that a backup is whole."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, deferred, mapped_column

from wms.db import Base, Key, Moment, foreign


class Photo(Base):
    """One picture of one subject. Its name is drawn by lot; who asks for it must be allowed to see the subject all the same."""

    __tablename__ = "photos"
    __table_args__ = (
        sa.UniqueConstraint("name"),
        sa.UniqueConstraint("subject_kind", "subject_id", "digest"),
        sa.Index("ix_photos_taken", "taken_at"),
        sa.CheckConstraint("size BETWEEN 1 AND 409600", name="size_in_range"),
    )

    id: Mapped[Key]
    site_id: Mapped[int] = foreign("sites.id")
    subject_kind: Mapped[str] = mapped_column(sa.String(30))
    subject_id: Mapped[int]
    name: Mapped[str] = mapped_column(sa.String(40))
    digest: Mapped[str] = mapped_column(sa.String(64))  # of what was sent, so that the same picture is kept once
    width: Mapped[int]
    height: Mapped[int]
    size: Mapped[int]
    content: Mapped[bytes] = deferred(mapped_column(sa.LargeBinary))
    thumbnail: Mapped[bytes] = deferred(mapped_column(sa.LargeBinary))
    taken_at: Mapped[Moment]
    by_id: Mapped[int] = foreign("people.id")
