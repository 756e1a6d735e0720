"""Replenishment at the desk: which faces need goods and why, what is proposed, what is under way; tried out, and raised at once."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, url_for
from flask.typing import ResponseReturnValue
from pydantic import Field

from wms.actor import Permission
from wms.auth.current import actor
from wms.db import transaction
from wms.errors import Invalid, NotFound, Refused
from wms.i18n import T
from wms.picking import faces_board, lookahead
from wms.picking.faces import Why
from wms.picking.views import name_in
from wms.web import access
from wms.web.access import allow
from wms.web.forms import Form, first_time, read, said
from wms.web.lists import PER_PAGE, Page, arg
from wms.web.render import render

blueprint = Blueprint("replenishment", __name__, url_prefix="/picking/replenishment")
LONGEST = 24 * 14
_ALL_FULL = T("Every pick face has what it needs, or is being served", "各拣货位均充足或已在补货")
_HOURS = (0, 24, 48, 72, 168)


class RaiseForm(Form):
    """What is raised now: one face, or all that the page shows."""

    location: str | None = Field(default=None, max_length=80)
    hours: int | None = Field(default=None, ge=0, le=LONGEST)
    top_off: bool = False


@blueprint.get("")
@allow(Permission.SEE_TASKS)
def index() -> ResponseReturnValue:
    """The faces that need goods; `?hours=` looks further ahead, `?top_off=yes` as if the floor were quiet."""
    hours, quiet = _hours(), arg("top_off") == "yes"
    found = faces_board.board(by=actor(), hours=hours, as_if_quiet=quiet)
    why = arg("why")
    shown = [one for one in found if _matches(one, why)]
    wanted = arg("page") or "1"
    pages = max(1, -(-len(shown) // PER_PAGE))
    number = min(max(1, int(wanted)), pages) if wanted.isascii() and wanted.isdigit() and len(wanted) < 10 else 1
    page = Page(shown[(number - 1) * PER_PAGE : number * PER_PAGE], number, pages, len(shown))
    rules = lookahead.rules()
    return render(
        "picking/replenishment",
        page=page,
        found=found,
        hours=hours,
        all_hours=sorted({*_HOURS, rules.hours, hours or 0}),
        top_off=quiet,
        rules=rules,
        reasons=list(Why),
        name_in=name_in,
        labels=faces_board.labels,
        is_quiet=lookahead.is_quiet(actor().site_id),
    )


def _hours() -> int | None:
    text = arg("hours") or ""
    return min(int(text), LONGEST) if text.isascii() and text.isdigit() and len(text) < 10 else None


def _matches(one: faces_board.FaceView, why: str | None) -> bool:
    if why == "blocked":
        return bool(one.blocked) and not one.proposed
    reasons = {reason.value for reason, _ in one.needs} | {code for line in one.under_way for code in line.why}
    return why is None or why in reasons


@blueprint.post("")
@allow(Permission.PLAN_WORK)
def raise_now() -> ResponseReturnValue:
    """Raises what is proposed now instead of in a few seconds or minutes."""
    form, errors = read(RaiseForm)
    if form is None:
        flash(" ".join(errors.values()), "stop")
        return redirect(url_for("replenishment.index"))
    facts = {"hours": form.hours, "as_if_quiet": form.top_off}
    try:
        with transaction():
            by = actor()
            if first_time(by=by):
                settled = faces_board.raise_now(form.location, by=by, **facts)  # type: ignore[arg-type]
                offered, changed = len(settled.offered), settled.changed + settled.withdrawn
                told = T("{offered} offered, {changed} changed", "新增 {offered} 个补货任务，调整 {changed} 个")
                told = told.with_facts(offered=offered, changed=changed) if offered or changed else _ALL_FULL
                flash(told.say(access.language()), "good")
    except (Refused, Invalid, NotFound) as refusal:
        said(refusal)
    return redirect(url_for("replenishment.index", hours=form.hours, top_off="yes" if form.top_off else None))
