"""Signing in and out. The secret is compared outside the transaction, because that is slow on purpose; the outcome is written inside.

PIN and password rest apart from each other: whoever guesses passwords at the desk's page, which anybody can open, shuts nobody out on the
floor.
"""

from __future__ import annotations

import datetime as dt
import enum
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

WRONG = T("Name or password is wrong, or the password rests after too many failures", "账号或密码不正确，或失败次数过多已暂时锁定")
WRONG_ADVICE = T(
    "Try again; after {tries} failures a password rests for a while", "请重试；连续 {tries} 次失败后密码将暂时锁定", tries=TRIES
)
PIN_WRONG = T("Badge or PIN is wrong", "工牌或 PIN 码不正确")
PIN_WRONG_ADVICE = T(
    "Try again; after {tries} failures the PIN rests for a while", "请重试；连续 {tries} 次失败后 PIN 码将暂时锁定", tries=TRIES
)
PIN_RESTS = T("Too many failures; the PIN rests until {until}", "失败次数过多，PIN 码锁定至 {until}")
PIN_RESTS_ADVICE = T("Wait, or ask the administrator for a new PIN", "请稍后再试，或请管理员重设 PIN 码")


class Secret(enum.Enum):
    """What is compared. Failures are counted for each by itself."""

    PASSWORD = "password"  # noqa: S105
    PIN = "pin"


@dataclass(frozen=True)
class Checked:
    """What the comparison found; not yet written. Without a person there is nothing to guess: nobody has the name, or no such secret."""

    person_id: int | None
    right: bool
    secret: Secret


@dataclass(frozen=True)
class Outcome:
    """Either an open session with its token, or a refusal in words."""

    token: str | None = None
    person_id: int | None = None
    refusal: Text | None = None
    advice: Text | None = None


def check_password(name: str, password: str) -> Checked:
    """Compares the desk's name and password. Reads only."""
    return _checked(Person.code_key == fold(name), Person.password_hash, password, Secret.PASSWORD)


def check_pin(badge: str, pin: str) -> Checked:
    """Compares the floor's badge and PIN. Reads only."""
    return _checked(Person.badge == badge.strip(), Person.pin_hash, pin, Secret.PIN)


def _checked(where: sa.ColumnElement[bool], stored: sa.orm.InstrumentedAttribute[str | None], given: str, secret: Secret) -> Checked:
    row = session.execute(sa.select(Person.id, stored).where(where, Person.active, sa.not_(Person.is_token))).one_or_none()
    right = matches(row[1] if row else None, given)
    return Checked(row[0] if row and row[1] is not None else None, right, secret)


def open_session(checked: Checked, *, lasts: dt.timedelta, device: Device | None = None) -> Outcome:
    """Writes the outcome: a session, or one more failure of this secret, which rests when there were too many.

    The desk says one sentence whatever was wrong, so that a stranger does not learn which names there are.
    """
    at_desk = checked.secret is Secret.PASSWORD
    wrong = Outcome(refusal=WRONG, advice=WRONG_ADVICE) if at_desk else Outcome(refusal=PIN_WRONG, advice=PIN_WRONG_ADVICE)
    if checked.person_id is None:
        return wrong
    person = session.execute(sa.select(Person).where(Person.id == checked.person_id).with_for_update(key_share=True)).scalar_one()
    moment = clock.now()
    until = person.password_rests_until if at_desk else person.pin_rests_until
    if until and until > moment:
        said = PIN_RESTS.with_facts(until=clock.local(until).strftime("%H:%M"))
        return wrong if at_desk else Outcome(refusal=said, advice=PIN_RESTS_ADVICE)
    failed = 0 if checked.right else 1 + (person.failed_passwords if at_desk else person.failed_pins)
    rests_until = moment + min(LONGEST_LOCK, FIRST_LOCK * 2 ** min(10, failed - TRIES)) if failed >= TRIES else None
    if at_desk:
        person.failed_passwords, person.password_rests_until = failed, rests_until
    else:
        person.failed_pins, person.pin_rests_until = failed, rests_until
    if not checked.right:
        return wrong
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
