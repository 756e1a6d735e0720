"""Scanner screens as pages and fragments: one pair of routes for all flows, and the menu."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from typing import Any

from flask import Blueprint, Flask, current_app, redirect, request, url_for
from flask.typing import ResponseReturnValue

from wms.actor import Actor, Permission
from wms.auth.current import actor
from wms.printing import printers, queue
from wms.scan.engine import Engine
from wms.scan.flow import Flow
from wms.web.access import allow
from wms.web.render import render

blueprint = Blueprint("scan", __name__, url_prefix="/scan")


def register(app: Flask, flows: Iterable[Flow]) -> None:
    """Gives the application its flows; states our own mistakes in their declarations."""
    app.extensions["wms_scan"] = Engine(flows)


def engine() -> Engine:
    """The application's flows."""
    return current_app.extensions["wms_scan"]  # type: ignore[no-any-return]


@blueprint.get("/", strict_slashes=False)
@allow(Permission.SIGNED_IN)
def menu() -> ResponseReturnValue:
    """The flows this person may work, with what waits. Who works outside the house has none, and goes where their work is."""
    by = actor()
    if not by.holds(Permission.IN_HOUSE):
        return redirect(url_for("home.index"))
    waiting = [(flow, flow.waiting(by) if flow.waiting else None) for flow in engine().allowed(by)]
    flows = [
        {"name": flow.name, "title": flow.title.say(by.language), "count": count}
        for flow, count in waiting
        if count is not None or flow.waiting is None
    ]
    return render(
        "scan/menu", flows=flows, work=_get_work(by), printing=queue.needing_somebody(by) if printers.any_sent_to(by=by) else None
    )


def _get_work(by: Actor) -> dict[str, Any] | None:
    """What one tap on the menu sends to get work; none where the person stands elsewhere in that flow."""
    if "work" not in {flow.name for flow in engine().allowed(by)}:
        return None
    here = engine().show("work", by=by)
    offers = any(action["scan"] == "CMD:NEXT" for action in here["actions"])
    return {"version": here["version"], "key": str(uuid.uuid4())} if offers else None


@blueprint.get("/<name>")
@allow(Permission.IN_HOUSE)
def show(name: str) -> ResponseReturnValue:
    """The current screen of a flow."""
    return render("scan/screen", screen=_for_template(engine().show(name, by=actor())))


@blueprint.post("/<name>")
@allow(Permission.IN_HOUSE)
def take(name: str) -> ResponseReturnValue:
    """One scan. Without a key of the browser's own the version still keeps a double tap from acting twice."""
    scan, key = request.form.get("scan", ""), request.form.get("key") or str(uuid.uuid4())
    answer = engine().take(name, scan, version=_version(request.form.get("version", "")), key=key, by=actor())
    if answer.screen["flow"] != name:
        return redirect(url_for("scan.show", name=answer.screen["flow"]), 303)
    return render("scan/screen", screen=_for_template(answer.screen)), answer.status


def _version(text: str) -> int:
    """The version of the screen that is answered; what is no number answers no screen."""
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 18 else -1


def _for_template(screen: dict[str, Any]) -> dict[str, Any]:
    """A message without words is none."""
    return screen if screen["message"]["text"] else {**screen, "message": None}
