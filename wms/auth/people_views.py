"""People and devices: taken on, changed, let go; let in, shut out. For administrators."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from flask import Blueprint, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue

from wms.actor import Permission, Role
from wms.auth import current, devices, people, sign_in
from wms.auth.current import actor
from wms.auth.models import Device, Person
from wms.auth.views import keep_device
from wms.db import containing, session, transaction
from wms.i18n import T
from wms.web.access import allow
from wms.web.api import Code, Words
from wms.web.forms import Form, read, refusals
from wms.web.lists import Column, arg, export, page_of, rows_of, wants_export
from wms.web.navigation import ADMINISTRATION, Entry
from wms.web.render import render, say

blueprint = Blueprint("people", __name__)
navigation = [
    Entry(ADMINISTRATION, T("People", "人员"), "people.index", Permission.MANAGE_PEOPLE),
    Entry(ADMINISTRATION, T("Devices", "设备"), "people.device_list", Permission.MANAGE_PEOPLE),
]

_SORTS: dict[str, Any] = {"code": Person.code_key, "name": Person.name, "created": Person.created_at}
_COLUMNS = [
    Column(T("Code", "编号"), lambda one: one.code),
    Column(T("Name", "姓名"), lambda one: one.name),
    Column(T("Roles", "角色"), lambda one: " ".join(one.roles)),
    Column(T("Badge", "工牌"), lambda one: one.badge),
    Column(T("Active", "在用"), lambda one: one.active),
]


@blueprint.get("/people")
@allow(Permission.MANAGE_PEOPLE)
def index() -> ResponseReturnValue:
    """Everybody, tokens too."""
    statement = sa.select(Person).where(people.in_reach(actor()), Person.code_key != "system")
    if arg("q"):
        statement = statement.where(containing(arg("q") or "", Person.code, Person.name, Person.badge))
    if arg("kind") == "token":
        statement = statement.where(Person.is_token)
    elif arg("kind") == "person":
        statement = statement.where(sa.not_(Person.is_token))
    if wants_export():
        return export("people", _COLUMNS, rows_of(statement, _SORTS, "code", scalars=True))
    return render("auth/people", page=page_of(statement, _SORTS, "code", scalars=True), role_of=Role)


class PersonForm(Form):
    """Somebody."""

    code: Code
    name: Code
    roles: list[Role]
    badge: Code | None = None
    pin: Words | None = None
    password: Words | None = None
    language: Code | None = None
    active: bool = False


@blueprint.get("/people/new")
@allow(Permission.MANAGE_PEOPLE)
def new() -> ResponseReturnValue:
    """The form for somebody new."""
    values = {"badge": people.new_badge(), "active": True}
    return render("auth/person", person_row=None, values=values, chosen=[], errors={}, roles=list(Role))


@blueprint.post("/people/new")
@allow(Permission.MANAGE_PEOPLE)
def create() -> ResponseReturnValue:
    """Takes somebody on."""
    form, errors = read(PersonForm)
    if form is not None:
        with refusals(errors), transaction():
            person = people.add_person(
                form.code,
                form.name,
                form.roles,
                password=form.password,
                badge=form.badge,
                pin=form.pin,
                language=form.language,
                site_id=people.bound_to(actor()) or (actor().site_id if request.form.get("this_site") else None),
            )
            flash(say(T("{name} may sign in", "{name} 已可登录"), name=person.name), "good")
        if not errors:
            return redirect(url_for("people.one", code=form.code))
    return _form(None, errors), 422


@blueprint.get("/people/<path:code>")
@allow(Permission.MANAGE_PEOPLE)
def one(code: str) -> ResponseReturnValue:
    """One person."""
    person = people.find_in_reach(code, by=actor())
    return render("auth/person", person_row=person, values=person, chosen=person.roles, errors={}, roles=list(Role))


@blueprint.post("/people/<path:code>")
@allow(Permission.MANAGE_PEOPLE)
def change(code: str) -> ResponseReturnValue:
    """Changes somebody: name, roles, badge, secrets; or lets them go, which signs them out everywhere."""
    form, errors = read(PersonForm)
    if form is not None:
        with refusals(errors), transaction():
            person = people.find_in_reach(code, by=actor())
            people.change_person(person, name=form.name, roles=form.roles, badge=form.badge, active=form.active, language=form.language)
            if form.password:
                people.set_password(person, form.password)
            if form.pin:
                people.set_pin(person, form.pin)
            if not form.active or ((form.password or form.pin) and person.id != actor().id):
                sign_in.end_sessions_of(person.id)  # whoever knew the old secret is out as well
        if not errors:
            current.forget()
            flash(say(T("Saved", "已保存")), "good")
            return redirect(url_for("people.one", code=code))
    return _form(people.find_in_reach(code, by=actor()), errors), 422


def _form(person: Person | None, errors: dict[str, str]) -> str:
    return render(
        "auth/person", person_row=person, values=request.form, chosen=request.form.getlist("roles"), errors=errors, roles=list(Role)
    )


@blueprint.get("/devices")
@allow(Permission.MANAGE_PEOPLE)
def device_list() -> ResponseReturnValue:
    """The devices of this site, and the codes that wait for theirs."""
    found = session.execute(
        sa.select(Device, Person.name.label("by"))
        .join(Person, Person.id == Device.enrolled_by_id)
        .where(Device.site_id == actor().site_id, Device.retired_at.is_(None))
        .order_by(Device.id.desc())
    ).all()
    return render("auth/devices", devices=found, code=request.args.get("code"))


@blueprint.post("/devices")
@allow(Permission.MANAGE_PEOPLE)
def invite() -> ResponseReturnValue:
    """Makes an enrolment code, or enrols the very device that the administrator holds."""
    name = request.form.get("name", "").strip()[:100]
    if request.form.get("here"):
        with transaction():
            token = devices.enrol_here(name or say(T("This device", "本设备")), by=actor())
        return keep_device(redirect(url_for("people.device_list")), token)
    with transaction():
        code = devices.invite(name, by=actor())
    return redirect(url_for("people.device_list", code=code))


@blueprint.post("/devices/<int:device_id>/retire")
@allow(Permission.MANAGE_PEOPLE)
def retire(device_id: int) -> ResponseReturnValue:
    """Shuts a device out."""
    with transaction():
        device = devices.retire(device_id, by=actor())
    current.forget()
    flash(say(T("{name} is retired", "{name} 已停用"), name=device.name), "good")
    return redirect(url_for("people.device_list"))
