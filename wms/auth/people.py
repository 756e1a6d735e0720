"""People and tokens: taken on, given roles, a badge, a PIN, a password; let go."""

from __future__ import annotations

import secrets as random_source
from collections.abc import Iterable

import sqlalchemy as sa

from wms import clock
from wms.actor import Actor, Role
from wms.auth.models import Person
from wms.auth.scopes import Scope
from wms.auth.secrets import digest, new_token, protect
from wms.db import fold, session
from wms.errors import Invalid, NotFound, Refused
from wms.i18n import T


class PersonUnknown(NotFound):
    """Nobody has this code."""

    code = "person_unknown"
    sentence = T("There is nobody with the code {code}", "没有此人员：{code}")


class PersonKnown(Refused):
    """The code or badge is somebody's already; whose is not said, for they may work at another site."""

    code = "person_known"
    sentence = T("{code} is taken", "{code} 已被使用")
    advice = T("Choose another code or badge", "请换一个编号或工牌号")


class PinWrong(Invalid):
    """A PIN is four to eight digits."""

    code = "pin_wrong"
    sentence = T("A PIN is 4 to 8 digits", "PIN 码为 4 至 8 位数字")


class PasswordShort(Invalid):
    """A password is at least eight characters."""

    code = "password_short"
    sentence = T("A password has at least 8 characters", "密码至少 8 个字符")


class RoleMissing(Invalid):
    """Somebody without a role could do nothing."""

    code = "role_missing"
    sentence = T("Choose at least one role", "请至少选择一个角色")


def add_person(
    code: str,
    name: str,
    roles: Iterable[Role],
    *,
    password: str | None = None,
    badge: str | None = None,
    pin: str | None = None,
    site_id: int | None = None,
    language: str | None = None,
) -> Person:
    """Takes somebody on. Raises PersonKnown, PinWrong, PasswordShort, RoleMissing."""
    held = sorted({role.value for role in roles})
    if not held:
        raise RoleMissing
    badge = (badge or "").strip() or None
    _must_be_free(code, badge)
    person = Person(
        code=code.strip(),
        name=name.strip(),
        roles=held,
        site_id=site_id,
        language=language,
        badge=badge,
        password_hash=_password(password) if password else None,
        pin_hash=_pin(pin) if pin else None,
        created_at=clock.now(),
    )
    session.add(person)
    session.flush()  # its id is what everything else names it by
    return person


def create_token(
    name: str, role: Role, *, site_id: int | None = None, scopes: Iterable[Scope] = (), per_minute: int | None = None
) -> tuple[Person, str]:
    """A token is a person with this role and neither badge nor password, limited to these scopes where any are given.

    The token itself is shown once and not kept.
    """
    code, number = name.strip(), 1
    while _has_code(code):
        number += 1
        code = f"{name.strip()}-{number}"
    token = "wms_" + new_token()
    person = Person(
        code=code,
        name=name.strip(),
        roles=[role.value],
        site_id=site_id,
        is_token=True,
        token_hash=digest(token),
        scopes=sorted({scope.value for scope in scopes}),
        per_minute=per_minute,
        created_at=clock.now(),
    )
    session.add(person)
    session.flush()
    return person, token


def revoke_token(code: str, *, by: Actor) -> None:
    """Whoever has this token is nobody from now on. Raises PersonUnknown."""
    person = find_in_reach(code, by=by)
    if not person.is_token:
        raise PersonUnknown(code=code)
    person.active, person.token_hash = False, None


def change_person(
    person: Person, *, name: str, roles: Iterable[Role], badge: str | None, active: bool, language: str | None = None
) -> None:
    """Gives somebody another name, other roles or badge, or lets them go. Raises RoleMissing, PersonKnown."""
    held = sorted({role.value for role in roles})
    if not held:
        raise RoleMissing
    badge = (badge or "").strip() or None
    if badge and badge != person.badge:
        _must_be_free(None, badge)
    person.name, person.roles, person.badge, person.active, person.language = name.strip(), held, badge, active, language


def set_password(person: Person, password: str) -> None:
    """Gives a new password, which may be tried at once. Raises PasswordShort."""
    person.password_hash, person.failed_passwords, person.password_rests_until = _password(password), 0, None


def set_pin(person: Person, pin: str) -> None:
    """Gives a new PIN, which may be tried at once. Raises PinWrong."""
    person.pin_hash, person.failed_pins, person.pin_rests_until = _pin(pin), 0, None


def new_badge() -> str:
    """A badge number nobody can guess from another: B and ten digits."""
    return "B" + "".join(random_source.choice("0123456789") for _ in range(10))


def find_person(code: str) -> Person:
    """The person with this code; raises PersonUnknown."""
    found = session.execute(sa.select(Person).where(Person.code_key == fold(code))).scalar_one_or_none()
    if found is None:
        raise PersonUnknown(code=code)
    return found


def bound_to(by: Actor) -> int | None:
    """The one site that somebody belongs to; None for head office, which alone may give or change rights at every site."""
    return session.execute(sa.select(Person.site_id).where(Person.id == by.id)).scalar_one()


def in_reach(by: Actor) -> sa.ColumnElement[bool]:
    """The people whom this administrator sees: those of the site, and for head office also those of every site."""
    here = Person.site_id == by.site_id
    return here if bound_to(by) else sa.or_(Person.site_id.is_(None), here)


def find_in_reach(code: str, *, by: Actor) -> Person:
    """The person with this code whom the administrator sees; raises PersonUnknown."""
    found = session.execute(sa.select(Person).where(Person.code_key == fold(code), in_reach(by))).scalar_one_or_none()
    if found is None:
        raise PersonUnknown(code=code)
    return found


def _password(password: str) -> str:
    if len(password) < 8:
        raise PasswordShort
    return protect(password)


def _pin(pin: str) -> str:
    if not (pin.isascii() and pin.isdigit() and 4 <= len(pin) <= 8):
        raise PinWrong
    return protect(pin)


def _has_code(code: str) -> bool:
    return session.execute(sa.select(Person.id).where(Person.code_key == fold(code))).first() is not None


def _must_be_free(code: str | None, badge: str | None) -> None:
    for value, column in ((code and fold(code), Person.code_key), (badge, Person.badge)):
        if value and session.execute(sa.select(Person.id).where(column == value)).first() is not None:
            raise PersonKnown(code=code if column is Person.code_key else badge)
