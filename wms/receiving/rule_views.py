"""The putaway rules at the desk: the list that a supervisor edits, and the question where goods would go."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import sqlalchemy as sa
from flask import Blueprint, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from pydantic import Field

from wms.actor import Permission
from wms.auth.current import actor
from wms.catalog.models import Temperature
from wms.db import session, transaction
from wms.i18n import T, Text
from wms.locations.models import Kind, Location
from wms.locations.queries import zones
from wms.receiving import rules
from wms.receiving.models import Method
from wms.receiving.rule_api import Question, RuleIn
from wms.receiving.rules import UNIT_KINDS, Rule, Rulebook
from wms.receiving.try_out import Tried, try_out
from wms.stock.models import Condition
from wms.web import access
from wms.web.access import allow
from wms.web.forms import first_time, said
from wms.web.navigation import RULES, Entry
from wms.web.render import render
from wms.web.typed import REFUSALS, body_of, field, fields, refused

blueprint = Blueprint("putaway_rules", __name__, url_prefix="/receiving/putaway-rules")
navigation = [Entry(RULES, T("Putaway rules", "上架规则"), "putaway_rules.index", Permission.SEE_STOCK)]
_CONDITIONS = ("sku", "storage_class", "temperature", "abc", "condition", "supplier", "unit_kind", "start_zone")


class SeenRule(RuleIn):
    """A rule with the version of the list that its form was filled in from."""

    seen: int = Field(ge=0)


@blueprint.get("")
@allow(Permission.SEE_STOCK)
def index() -> ResponseReturnValue:
    """The rules in their order; with `sku`, where such goods would go."""
    by = actor()
    errors: dict[str, str] = {}
    tried = _tried(errors) if request.args.get("sku") else None
    book = rules.rulebook(by.site_id)
    places = sa.select(Location.code).where(Location.site_id == by.site_id, Location.kind == Kind.DOCK.value).order_by(Location.code_key)
    return render(
        "receiving/rules",
        book=book,
        rules=rules.shown(book),
        tried=tried,
        errors=errors,
        values=request.args,
        docks=list(session.execute(places).scalars()),
        conditions=list(Condition),
        unit_kinds=UNIT_KINDS,
    )


def _tried(errors: dict[str, str]) -> Tried | None:
    names = ("sku", "quantity", "lot", "condition", "unit_kind", "start", "height_mm")
    given: dict[str, Any] = {name: value for name in names if (value := request.args.get(name, "").strip())}
    for name in ("quantity", "height_mm"):
        if given.get(name, "").isdecimal() and len(given[name]) < 20:
            given[name] = int(given[name])
    body, wrong = body_of(Question, given)
    errors.update(wrong)
    if body is None:
        return None
    with refused(errors), transaction():
        return try_out(body.sku, body.quantity, by=actor(), **body.model_dump(exclude={"site", "sku", "quantity"}))
    return None


# -- changing the list ---------------------------------------------------------------------------------------------------------


def _back() -> ResponseReturnValue:
    return redirect(url_for("putaway_rules.index"))


def _seen() -> int:
    seen = field("seen")
    return int(seen) if seen.isdecimal() and len(seen) < 10 else -1  # a state that never was


def _changed(done: Text, change: Callable[[int], Rulebook]) -> ResponseReturnValue:
    """One change of the list as it was seen; a refusal is said on the list."""
    try:
        with transaction():
            change(_seen())
    except REFUSALS as refusal:
        said(refusal)
    else:
        flash(done.say(access.language()), "good")
    return _back()


@blueprint.post("/<int:number>/<any(up, down):way>")
@allow(Permission.PLAN_WORK)
def move(number: int, way: str) -> ResponseReturnValue:
    """Asks a rule earlier, or later."""
    places = -1 if way == "up" else 1
    return _changed(T("The order was changed", "顺序已调整"), lambda seen: rules.move(number, places, seen=seen, by=actor()))


@blueprint.post("/<int:number>/<any(on, off):state>")
@allow(Permission.PLAN_WORK)
def switch(number: int, state: str) -> ResponseReturnValue:
    """Switches a rule on or off."""
    done = T("Rule {n} is on", "规则 {n} 已启用", n=number) if state == "on" else T("Rule {n} is off", "规则 {n} 已停用", n=number)
    return _changed(done, lambda seen: rules.switch(number, state == "on", seen=seen, by=actor()))


@blueprint.post("/<int:number>/delete")
@allow(Permission.PLAN_WORK)
def delete(number: int) -> ResponseReturnValue:
    """Takes a rule out of the list."""
    return _changed(T("Rule {n} was deleted", "规则 {n} 已删除", n=number), lambda seen: rules.delete(number, seen=seen, by=actor()))


@blueprint.post("/usual")
@allow(Permission.PLAN_WORK)
def usual() -> ResponseReturnValue:
    """Goes back to the usual rules."""
    return _changed(T("The usual rules hold", "已恢复默认规则"), lambda seen: rules.save(rules.USUAL, seen=seen, by=actor()))


@blueprint.get("/new")
@allow(Permission.PLAN_WORK)
def new() -> ResponseReturnValue:
    """The form for a rule."""
    return _form({}, {"method": Method.EMPTY.value, "seen": str(rules.rulebook(actor().site_id).version)})


@blueprint.post("/new")
@allow(Permission.PLAN_WORK)
def create() -> ResponseReturnValue:
    """Puts the typed rule at the end of the list."""
    return _saved(None, lambda rule, seen: rules.add(rule, seen=seen, by=actor()))


@blueprint.get("/<int:number>/edit")
@allow(Permission.PLAN_WORK)
def edit(number: int) -> ResponseReturnValue:
    """The form for a rule as it stands."""
    book = rules.rulebook(actor().site_id)
    found = next((one for one in rules.shown(book) if one.number == number), None)
    if found is None:
        raise rules.RuleUnknown(number=number)
    rule = found.rule
    typed = {name: getattr(rule, name) or "" for name in _CONDITIONS if hasattr(rule, name)}
    named = {"sku": found.sku or "", "supplier": found.supplier or "", "zones": ", ".join(rule.zones)}
    return _form({}, {**typed, **named, "method": rule.method.value, "seen": str(book.version)}, number)


@blueprint.post("/<int:number>/edit")
@allow(Permission.PLAN_WORK)
def change(number: int) -> ResponseReturnValue:
    """Makes the rule what was typed."""
    return _saved(number, lambda rule, seen: rules.change(number, rule, seen=seen, by=actor()))


def _saved(number: int | None, save: Callable[[Rule, int], Rulebook]) -> ResponseReturnValue:
    typed: dict[str, Any] = {**fields("method", *_CONDITIONS), "seen": _seen()}
    typed["zones"] = [zone.strip() for zone in field("zones").replace("，", ",").split(",") if zone.strip()]
    if "abc" in typed:
        typed["abc"] = typed["abc"].upper()
    body, errors = body_of(SeenRule, typed)
    if body is not None:
        with refused(errors), transaction():
            if first_time(by=actor()):
                rule = rules.rule_of(**{name: getattr(body, name) for name in RuleIn.model_fields})
                save(rule, body.seen)
        if "rules" in errors:  # the only thing that a list asks of one rule of its own
            errors["zones"] = errors.pop("rules")
        if not errors:
            flash(T("The rule was saved", "规则已保存").say(access.language()), "good")
            return _back()
    return _form(errors, request.form, number), 422


def _form(errors: dict[str, str], values: Any, number: int | None = None) -> str:
    return render(
        "receiving/rule_form",
        number=number,
        errors=errors,
        values=values,
        methods=list(Method),
        temperatures=list(Temperature),
        conditions=list(Condition),
        unit_kinds=UNIT_KINDS,
        zones=zones(by=actor()),
    )
