"""Signing in and out. The secret is compared outside the transaction, because that is slow on purpose; the outcome is written inside."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import sqlalchemy as sa

from wms import clock
from wms.auth.models import Device, Person, SignIn
from wms.auth.secrets import digest, matches, new_token
from wms.db import fold, session
from wms.i18n import T, Text
from wms.locations.models import Site

TRIES = 5
FIRST_LOCK = dt.timedelta(minutes=1)
LONGEST_LOCK = dt.timedelta(hours=1)

WRONG = T("Name or secret is wrong", "账号或密码不正确")
WRONG_ADVICE = T(
    "Try again; after {tries} failures the account rests for a while", "请重试；连续 {tries} 次失败后账号将暂时锁定", tries=TRIES
)
LOCKED = T("Too many failures; the account rests until {until}", "失败次数过多，账号锁定至 {until}")
LOCKED_ADVICE = T("Wait, or ask the administrator for a new secret", "请稍后再试，或请管理员重设")


@dataclass(frozen=True)
class Checked:
    """What the comparison found; not yet written."""

    person_id: int | None
    right: bool


@dataclass(frozen=True)
class Outcome:
    """Either an open session with its token, or a refusal in words."""

    token: str | None = None
    person_id: int | None = None
    refusal: Text | None = None
    advice: Text | None = None


def check_password(name: str, password: str) -> Checked:
    """Compares the desk's name and password. Reads only."""
    return _checked(Person.code_key == fold(name), Person.password_hash, password)


def check_pin(badge: str, pin: str) -> Checked:
    """Compares the floor's badge and PIN. Reads only."""
    return _checked(Person.badge == badge.strip(), Person.pin_hash, pin)


def _checked(where: sa.ColumnElement[bool], stored: sa.orm.InstrumentedAttribute[str | None], secret: str) -> Checked:
    row = session.execute(sa.select(Person.id, stored).where(where, Person.active, sa.not_(Person.is_token))).one_or_none()
    right = matches(row[1] if row else None, secret)
    return Checked(row[0] if row else None, right)


def open_session(checked: Checked, *, lasts: dt.timedelta, device: Device | None = None) -> Outcome:
    """Writes the outcome: a session, or one more failure, which locks the account when there were too many."""
    if checked.person_id is None:
        return Outcome(refusal=WRONG, advice=WRONG_ADVICE)
    person = session.execute(sa.select(Person).where(Person.id == checked.person_id).with_for_update(key_share=True)).scalar_one()
    moment = clock.now()
    if person.locked_until and person.locked_until > moment:
        return Outcome(refusal=LOCKED.with_facts(until=clock.local(person.locked_until).strftime("%H:%M")), advice=LOCKED_ADVICE)
    if not checked.right:
        person.failed_attempts += 1
        if person.failed_attempts >= TRIES:
            person.locked_until = moment + min(LONGEST_LOCK, FIRST_LOCK * 2 ** min(10, person.failed_attempts - TRIES))
        return Outcome(refusal=WRONG, advice=WRONG_ADVICE)
    person.failed_attempts, person.locked_until = 0, None
    token = new_token()
    site_id = person.site_id or (device.site_id if device else session.execute(sa.select(sa.func.min(Site.id))).scalar_one())
    session.add(
        SignIn(
            token_hash=digest(token),
            person_id=person.id,
            site_id=site_id,
            device_id=device.id if device else None,
            started_at=moment,
            expires_at=moment + lasts,
        )
    )
    if device:
        session.execute(sa.update(Device).where(Device.id == device.id).values(seen_at=moment))
    return Outcome(token=token, person_id=person.id)


def end_session(token: str) -> None:
    """Signs out."""
    session.execute(sa.update(SignIn).where(SignIn.token_hash == digest(token), SignIn.ended_at.is_(None)).values(ended_at=clock.now()))


def end_sessions_of(person_id: int) -> None:
    """Signs somebody out everywhere."""
    session.execute(sa.update(SignIn).where(SignIn.person_id == person_id, SignIn.ended_at.is_(None)).values(ended_at=clock.now()))


def speak(token: str, language: str) -> None:
    """Chooses the language of a session, and of its person for the next ones."""
    mine = SignIn.token_hash == digest(token)
    session.execute(sa.update(SignIn).where(mine).values(language=language))
    live = sa.select(SignIn.person_id).where(mine, SignIn.ended_at.is_(None), SignIn.expires_at > clock.now())
    session.execute(sa.update(Person).where(Person.id.in_(live)).values(language=language))
