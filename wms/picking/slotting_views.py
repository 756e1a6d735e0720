"""Slotting at the desk: which products should change their pick faces, what that saves, accepted, and what is still to be carried."""

from __future__ import annotations

import json
from typing import Any

from flask import Blueprint, current_app, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from pydantic import Field, field_validator

from wms.actor import Permission
from wms.auth.current import actor
from wms.db import transaction
from wms.errors import Conflict, Invalid, NotFound, Refused
from wms.i18n import T
from wms.picking import slotting
from wms.picking.slotting import Advice, Step
from wms.tasks.queries import teach
from wms.web import access
from wms.web.access import allow
from wms.web.forms import Form, first_time, read, refusals, said
from wms.web.navigation import PICKING, Entry
from wms.web.render import render

teach(slotting.REASON, T("A better pick face: {source} → {target}", "储位优化：{source} → {target}"))
blueprint = Blueprint("slotting", __name__, url_prefix="/picking/slotting")
navigation = [Entry(PICKING, T("Slotting", "储位优化"), "slotting.index", Permission.PLAN_WORK)]


class SearchForm(Form):
    """From what is learned, for how long it is searched, and how much is carried."""

    weeks: int = Field(default=slotting.WEEKS, ge=1, le=slotting.MOST_WEEKS)
    seconds: int | None = Field(default=None, ge=0, le=slotting.LONGEST)
    products: int = Field(default=slotting.MOST_CARRIED, ge=1, le=200)


class AcceptForm(Form):
    """The ticked steps, as the page wrote them."""

    steps: list[str] = Field(default_factory=list, max_length=200)

    @field_validator("steps", mode="after")
    @classmethod
    def _steps_are_steps(cls, value: list[str]) -> list[str]:
        for one in value:
            _read_step(one)
        return value

    @property
    def chosen(self) -> list[Step]:
        """The same for the operation."""
        return [_read_step(one) for one in self.steps]


def as_text(step: Step) -> str:
    """A step as the page carries it."""
    return json.dumps(step)


def _read_step(text: str) -> Step:
    match json.loads(text):
        case [str(sku), str(source), str(target), (str() | None) as other]:
            return Step(sku, source, target, other)
    raise ValueError(text)


@blueprint.get("")
@allow(Permission.PLAN_WORK)
def index() -> ResponseReturnValue:
    """What is asked, and what was accepted and is still to be carried."""
    return _page({}, {})


def _page(values: Any, errors: dict[str, str], advice: Advice | None = None) -> str:
    seconds = current_app.config["WMS"].slotting_seconds
    shown = {"weeks": slotting.WEEKS, "seconds": seconds, "products": slotting.MOST_CARRIED, **values}
    facts: dict[str, Any] = {"values": shown, "errors": errors, "advice": advice, "as_text": as_text}
    return render("picking/slotting", carrying=slotting.to_carry(actor().site_id), **facts)


@blueprint.post("")
@allow(Permission.PLAN_WORK)
def search() -> ResponseReturnValue:
    """Searches and shows what it found; books nothing."""
    form, errors = read(SearchForm)
    if form is not None:
        with refusals(errors):
            seconds = current_app.config["WMS"].slotting_seconds if form.seconds is None else form.seconds
            by = actor()
            advice = slotting.advise(weeks=form.weeks, seconds=seconds, most_carried=form.products, by=by)
            return _page(request.form.to_dict(), errors, advice)
    return _page(request.form.to_dict(), errors), 422


@blueprint.post("/accept")
@allow(Permission.PLAN_WORK)
def accept() -> ResponseReturnValue:
    """The ticked steps: faces change their products, and what stands there is to be carried."""
    form, errors = read(AcceptForm)
    if form is None or not form.steps:
        flash(" ".join(errors.values()) or T("Tick the moves to accept", "请勾选要采纳的移动").say(access.language()), "stop")
        return redirect(url_for("slotting.index"))
    try:
        with transaction():
            by = actor()
            if first_time(by=by):
                tasks = slotting.accept(form.chosen, by=by)
                told = T("Accepted; {n} {n:task/tasks} to carry", "已采纳，生成 {n} 个搬运任务", n=len(tasks))
                flash(told.say(access.language()), "good")
    except (Refused, Invalid, NotFound, Conflict) as refusal:
        said(refusal)
    return redirect(url_for("slotting.index"))
