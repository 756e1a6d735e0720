"""Signing in on the floor and at the desk, enrolling a device, signing out, choosing a language."""

from __future__ import annotations

import datetime as dt
from urllib.parse import urlsplit

from flask import Blueprint, Response, current_app, redirect, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.wrappers import Response as Answer

from wms.auth import current, devices, sign_in
from wms.auth.models import Device, Person
from wms.auth.sign_in import Checked, Outcome
from wms.config import Settings
from wms.db import session, transaction
from wms.errors import WarehouseError
from wms.i18n import language_of
from wms.web import access
from wms.web.access import PUBLIC, allow
from wms.web.csrf import SESSION_COOKIE
from wms.web.render import htmx, render, say

DEVICE_COOKIE = "wms_device"
_YEAR = dt.timedelta(days=365)

blueprint = Blueprint("auth", __name__)


def sign_in_page() -> ResponseReturnValue:
    """Where somebody goes who is not signed in: the floor's page on a device, the desk's elsewhere."""
    wanted = None if htmx else _page_behind()
    page = "auth.floor" if DEVICE_COOKIE in request.cookies or request.path.startswith("/scan") else "auth.desk"
    target = url_for(page, next=wanted if wanted != "/" else None)
    if htmx:
        return Response("", 401, {"HX-Redirect": target})
    return redirect(target)


def _page_behind() -> str | None:
    """Where the person was: this page, or the one whose form was sent."""
    if request.method == "GET":
        return request.full_path.rstrip("?")
    came_from = urlsplit(request.referrer or "")
    if came_from.netloc != request.host:
        return None
    return came_from.path + ("?" + came_from.query if came_from.query else "")


@blueprint.route("/sign-in", methods=["GET", "POST"])
@allow(PUBLIC)
def floor() -> ResponseReturnValue:
    """The floor: badge, then PIN, on an enrolled device."""
    device = devices.known_device(request.cookies.get(DEVICE_COOKIE))
    if device is None:
        return redirect(url_for("auth.enrol"))
    badge, pin = request.form.get("badge", "").strip(), request.form.get("pin")
    if not badge:
        return _floor_page(device, "badge")
    if pin is None:
        return _floor_page(device, "pin", badge=badge)
    checked = sign_in.check_pin(badge, pin)
    outcome = _open(checked, device)
    if outcome.token is None:
        return _floor_page(device, "pin", badge=badge, outcome=outcome)
    return _signed_in(outcome, start=url_for("scan.menu"))  # who scans a badge is on the floor, whatever their role


def _floor_page(device: Device, step: str, *, badge: str | None = None, outcome: Outcome | None = None) -> ResponseReturnValue:
    page = render(
        "auth/sign_in_floor",
        step=step,
        badge=badge,
        name=None,
        device=device.name,
        next=request.values.get("next"),
        error=say(outcome.refusal) if outcome else None,
        advice=say(outcome.advice) if outcome else None,
    )
    return page, 422 if outcome else 200


@blueprint.route("/sign-in/desk", methods=["GET", "POST"])
@allow(PUBLIC)
def desk() -> ResponseReturnValue:
    """The desk: name and password."""
    name = request.form.get("name", "").strip()
    outcome: Outcome | None = None
    if request.method == "POST":
        checked = sign_in.check_password(name, request.form.get("password", ""))
        outcome = _open(checked)
        if outcome.token is not None:
            return _signed_in(outcome)
    page = render(
        "auth/sign_in_desk",
        values={"name": name},
        next=request.values.get("next"),
        error=say(outcome.refusal) if outcome else None,
        advice=say(outcome.advice) if outcome else None,
        demo=_demo_sign_ins(),
    )
    return page, 422 if outcome else 200


@blueprint.route("/enrol", methods=["GET", "POST"])
@allow(PUBLIC)
def enrol() -> ResponseReturnValue:
    """Takes an enrolment code in on the device it is for."""
    error: WarehouseError | None = None
    if request.method == "POST":
        try:
            with transaction():
                _device, token = devices.enrol(request.form.get("code", ""), request.form.get("name"))
                return keep_device(redirect(url_for("auth.floor")), token)
        except devices.CodeUnknown as refusal:
            error = refusal
    language = access.language()
    page = render(
        "auth/enrol",
        values=request.form,
        error=error.say(language) if error else None,
        advice=error.advise(language) if error else None,
    )
    return page, error.status if error else 200


@blueprint.post("/sign-out")
@allow(PUBLIC)
def sign_out() -> ResponseReturnValue:
    """Ends the session."""
    token = request.cookies.get(SESSION_COOKIE)
    if token:
        with transaction():
            sign_in.end_session(token)
        current.forget()
    response = redirect(url_for("auth.floor" if DEVICE_COOKIE in request.cookies else "auth.desk"))
    response.delete_cookie(SESSION_COOKIE)
    return response


@blueprint.post("/language")
@allow(PUBLIC)
def language() -> ResponseReturnValue:
    """Chooses the language: for this device, and for whoever is signed in on it."""
    chosen = language_of([request.form.get("language")], access.language())
    token = request.cookies.get(SESSION_COOKIE)
    if token:
        with transaction():
            sign_in.speak(token, chosen)
        current.forget()
    response = redirect(safe_next(request.form.get("next")) or "/")
    response.set_cookie("wms_language", chosen, max_age=_YEAR, samesite="Lax", secure=_settings().secure_cookies)
    return response


def safe_next(target: str | None) -> str | None:
    """An address within this house, or None: never somebody else's."""
    if not target or not target.startswith("/") or target.startswith(("//", "/\\")) or "\\" in target:
        return None
    parts = urlsplit(target)
    return target if not parts.scheme and not parts.netloc and target.isprintable() else None


def _open(checked: Checked, device: Device | None = None) -> Outcome:
    """Opens a session; whoever was signed in on this browser before is signed out by it."""
    before = request.cookies.get(SESSION_COOKIE)
    with transaction():
        outcome = sign_in.open_session(checked, lasts=_lasts(), device=device)
        if outcome.token and before:
            sign_in.end_session(before)
    current.forget()
    return outcome


def _signed_in(outcome: Outcome, start: str = "/") -> ResponseReturnValue:
    person = session.get(Person, outcome.person_id)
    assert person is not None
    assert outcome.token is not None
    response = redirect(safe_next(request.form.get("next")) or start)
    response.set_cookie(SESSION_COOKIE, outcome.token, max_age=_lasts(), httponly=True, samesite="Lax", secure=_settings().secure_cookies)
    return response


def keep_device(response: Answer, token: str) -> Answer:
    """Gives a device its own secret."""
    response.set_cookie(DEVICE_COOKIE, token, max_age=_YEAR, httponly=True, samesite="Lax", secure=_settings().secure_cookies)
    return response


def _settings() -> Settings:
    settings: Settings = current_app.config["WMS"]
    return settings


def _lasts() -> dt.timedelta:
    return dt.timedelta(hours=_settings().session_hours)


def _demo_sign_ins() -> list[dict[str, str]]:
    return current_app.extensions.get("wms_demo_sign_ins", []) if _settings().demo else []
