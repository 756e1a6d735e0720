"""Who is acting in this request, looked up once.

A sign-in or token that was looked up is remembered by this process for two seconds, so that a scan every half second costs no
statement for it; taking a right away therefore works everywhere after two seconds at the latest, and at once in the process where
it was taken away.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, replace

import sqlalchemy as sa
from flask import current_app, request

from wms import clock
from wms.actor import Actor, Role
from wms.auth.models import Device, Person, SignIn
from wms.auth.scopes import Scope, limits
from wms.auth.secrets import digest
from wms.db import fold, session
from wms.errors import NotFound
from wms.i18n import Language, T, language_of
from wms.locations.models import Site
from wms.web import access
from wms.web.csrf import SESSION_COOKIE

REMEMBERED_SECONDS = 2.0
_MANY = 10_000


class SiteUnknown(NotFound):
    """No such site, or not this person's."""

    code = "site_unknown"
    sentence = T("There is no site {code}", "没有此仓库：{code}")


@dataclass(frozen=True)
class Identity:
    """What is remembered of a sign-in."""

    person_id: int
    code: str
    name: str
    roles: frozenset[Role]
    site_id: int
    every_site: bool
    language: str | None
    device_id: int | None = None
    scopes: frozenset[Scope] = frozenset()
    per_minute: int | None = None


def actor() -> Actor:
    """The acting person. Only views that are open to the public may be without one: they ask `access.person()`."""
    who = access.person()
    if who is None:
        raise access.SignInNeeded
    return who


def identify() -> Actor | None:
    """Looks the bearer token or the session cookie up."""
    header = request.headers.get("Authorization", "")
    if header:
        scheme, _, token = header.partition(" ")
        found = _remembered("token:" + digest(token.strip())) if scheme.lower() == "bearer" and token else None
    else:
        cookie = request.cookies.get(SESSION_COOKIE)
        found = _remembered("session:" + digest(cookie)) if cookie else None
    return None if found is None else _actor(found, found.site_id)


def at_site(code: str) -> Actor:
    """The acting person at the site that the request names; raises SiteUnknown where it is not theirs."""
    who = actor()
    site_id = session.execute(sa.select(Site.id).where(Site.code_key == fold(code))).scalar_one_or_none()
    if site_id == who.site_id:
        return who
    bound = session.execute(sa.select(Person.site_id).where(Person.id == who.id)).scalar_one()
    if site_id is None or bound is not None:
        raise SiteUnknown(code=code)
    return replace(who, site_id=site_id)


def forget() -> None:
    """Forgets everybody who was looked up: called when a right, a person or a sign-in changes in this process."""
    _memory().clear()


def _actor(known: Identity, site_id: int) -> Actor:
    wishes = [known.language, request.cookies.get("wms_language")]
    if not any(wishes):
        wishes = [tag for tag, _ in request.accept_languages]
    language: Language = language_of(wishes, current_app.config["WMS"].language)
    allowed = limits(known.scopes, reading=request.method in access.READING)
    return Actor(known.person_id, known.code, known.name, known.roles, site_id, language, known.device_id, allowed, known.per_minute)


def _memory() -> dict[str, tuple[float, Identity]]:
    return current_app.extensions.setdefault("wms_identities", {})  # type: ignore[no-any-return]


def _remembered(key: str) -> Identity | None:
    memory, moment = _memory(), time.monotonic()
    known = memory.get(key)
    if known and known[0] > moment:
        return known[1]
    kind, _, hashed = key.partition(":")
    found = _by_token(hashed) if kind == "token" else _by_session(hashed)
    if found is None:
        memory.pop(key, None)
        return None
    if len(memory) >= _MANY:
        memory.clear()
    memory[key] = (moment + REMEMBERED_SECONDS, found)
    return found


def _by_token(hashed: str) -> Identity | None:
    row = session.execute(sa.select(Person).where(Person.token_hash == hashed, Person.is_token, Person.active)).scalar_one_or_none()
    return None if row is None else _identity(row, row.site_id or _first_site(), row.language)


def _by_session(hashed: str) -> Identity | None:
    row = session.execute(
        sa.select(Person, SignIn.site_id, SignIn.language, SignIn.device_id)
        .join(SignIn, SignIn.person_id == Person.id)
        .outerjoin(Device, Device.id == SignIn.device_id)
        .where(SignIn.token_hash == hashed, SignIn.ended_at.is_(None), SignIn.expires_at > clock.now(), Person.active)
        .where(Device.retired_at.is_(None))  # a desk has no device, and so none that was retired
    ).one_or_none()
    return None if row is None else _identity(row[0], row[1], row[2] or row[0].language, row[3])


def _identity(person: Person, site_id: int, language: str | None, device_id: int | None = None) -> Identity:
    roles = frozenset(Role(role) for role in person.roles)
    scopes = frozenset(Scope(scope) for scope in person.scopes)
    everywhere = person.site_id is None
    return Identity(person.id, person.code, person.name, roles, site_id, everywhere, language, device_id, scopes, person.per_minute)


def _first_site() -> int:
    return session.execute(sa.select(Site.id).order_by(Site.id).limit(1)).scalar_one()
