"""People (an API token is one too), enrolled devices, sessions."""

from __future__ import annotations

import datetime as dt

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from wms.db import Base, Count, JsonList, Key, Moment, folded, foreign


class Person(Base):
    """Somebody who acts: badge and PIN on the floor, password at the desk; a token has neither.

    `site_id` empty means every site (administrators, head office).
    """

    __tablename__ = "people"
    __table_args__ = (
        sa.UniqueConstraint("code_key"),
        sa.UniqueConstraint("badge"),
        sa.CheckConstraint("per_minute >= 0", name="per_minute_not_negative"),
    )

    id: Mapped[Key]
    code: Mapped[str] = mapped_column(sa.String(80))
    code_key: Mapped[str] = folded("code")
    name: Mapped[str] = mapped_column(sa.String(200))
    roles: Mapped[JsonList]
    site_id: Mapped[int | None] = foreign("sites.id", nullable=True)
    language: Mapped[str | None] = mapped_column(sa.String(10))
    badge: Mapped[str | None] = mapped_column(sa.String(40))
    pin_hash: Mapped[str | None] = mapped_column(sa.String(200))
    password_hash: Mapped[str | None] = mapped_column(sa.String(200))
    is_token: Mapped[bool] = mapped_column(default=False)
    token_hash: Mapped[str | None] = mapped_column(sa.String(64), index=True)
    scopes: Mapped[JsonList] = mapped_column(default=list)
    """What a token is for (`wms.auth.scopes`); none: all that its role may."""
    per_minute: Mapped[int | None]
    """How many requests a token may make, where that is not what the settings say; 0: as many as it likes."""
    active: Mapped[bool] = mapped_column(default=True)
    failed_pins: Mapped[Count]
    pin_rests_until: Mapped[dt.datetime | None]
    failed_passwords: Mapped[Count]
    password_rests_until: Mapped[dt.datetime | None]
    created_at: Mapped[Moment]


class Device(Base):
    """A handheld or shared terminal that an administrator has let in; badge and PIN work on enrolled devices only."""

    __tablename__ = "devices"
    __table_args__ = (sa.UniqueConstraint("token_hash"),)

    id: Mapped[Key]
    name: Mapped[str] = mapped_column(sa.String(100))
    site_id: Mapped[int] = foreign("sites.id")
    token_hash: Mapped[str] = mapped_column(sa.String(64))
    enrolled_by_id: Mapped[int] = foreign("people.id")
    enrolled_at: Mapped[Moment]
    seen_at: Mapped[dt.datetime | None]
    retired_at: Mapped[dt.datetime | None]


class SignIn(Base):
    """A server-side session: one person on one device or browser, until it ends or expires."""

    __tablename__ = "sign_ins"
    __table_args__ = (sa.UniqueConstraint("token_hash"), sa.Index("ix_sign_ins_person", "person_id", "ended_at"))

    id: Mapped[Key]
    token_hash: Mapped[str] = mapped_column(sa.String(64))
    person_id: Mapped[int] = foreign("people.id")
    site_id: Mapped[int] = foreign("sites.id")
    device_id: Mapped[int | None] = foreign("devices.id", nullable=True)
    language: Mapped[str | None] = mapped_column(sa.String(10))
    started_at: Mapped[Moment]
    expires_at: Mapped[Moment]
    ended_at: Mapped[dt.datetime | None]
