"""API tokens at the desk: made, limited, taken back. For administrators."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from flask import Blueprint, flash, redirect, url_for
from flask.typing import ResponseReturnValue
from pydantic import Field

from wms.actor import Permission, Role
from wms.auth import current, people
from wms.auth.current import actor
from wms.auth.models import Person
from wms.auth.scopes import Scope
from wms.db import transaction
from wms.i18n import T
from wms.web.access import allow
from wms.web.api import Code
from wms.web.forms import Form, read, refusals
from wms.web.lists import page_of
from wms.web.navigation import ADMINISTRATION, Entry
from wms.web.render import render, say

blueprint = Blueprint("tokens", __name__)
navigation = [Entry(ADMINISTRATION, T("API tokens", "接口令牌"), "tokens.index", Permission.MANAGE_PEOPLE)]
_SORTS: dict[str, Any] = {"name": Person.name, "created": Person.created_at}


class TokenForm(Form):
    """A new token."""

    name: Code
    role: Role
    scopes: list[Scope] = Field(default_factory=list)
    per_minute: int | None = Field(default=None, ge=0, le=1_000_000)
    this_site: bool = False


@blueprint.get("/tokens")
@allow(Permission.MANAGE_PEOPLE)
def index() -> ResponseReturnValue:
    """The tokens, and the form for one more."""
    return _page({}, None)


@blueprint.post("/tokens")
@allow(Permission.MANAGE_PEOPLE)
def create() -> ResponseReturnValue:
    """One more; it is shown this once."""
    form, errors = read(TokenForm)
    made = None
    if form is not None:
        with refusals(errors), transaction():
            site_id = people.bound_to(actor()) or (actor().site_id if form.this_site else None)
            _, made = people.create_token(form.name, form.role, site_id=site_id, scopes=form.scopes, per_minute=form.per_minute)
    return (_page({}, made), 200) if made else (_page(errors, None), 422)


@blueprint.post("/tokens/<path:code>/revoke")
@allow(Permission.MANAGE_PEOPLE)
def revoke(code: str) -> ResponseReturnValue:
    """Takes it back."""
    with transaction():
        people.revoke_token(code, by=actor())
    current.forget()
    flash(say(T("The token is taken back", "令牌已作废")), "good")
    return redirect(url_for("tokens.index"))


def _page(errors: dict[str, str], made: str | None) -> str:
    statement = sa.select(Person).where(people.in_reach(actor()), Person.is_token, Person.active)
    page = page_of(statement, _SORTS, "-created", scalars=True)
    return render("auth/tokens", page=page, errors=errors, made=made, roles=list(Role), scopes=list(Scope), role_of=Role, scope_of=Scope)
