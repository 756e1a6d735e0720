"""Printers and stations at the desk, for administrators."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, current_app, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue

from wms.actor import Permission
from wms.auth.current import actor
from wms.db import transaction
from wms.i18n import T, Text
from wms.printing import printers, stations
from wms.printing.api import PrinterIn
from wms.printing.models import PrinterKind, Takes
from wms.printing.printers import Wish
from wms.web import access
from wms.web.access import allow
from wms.web.api import code_in_address
from wms.web.forms import first_time, said
from wms.web.navigation import HOUSE, Entry
from wms.web.render import render
from wms.web.typed import REFUSALS, body_of, field, fields, refused

blueprint = Blueprint("printers", __name__, url_prefix="/printers")
navigation = [Entry(HOUSE, T("Printers", "打印机"), "printers.index", Permission.MANAGE_PRINTERS)]


def _said(words: Text) -> None:
    flash(words.say(access.language()), "good")


@blueprint.get("")
@allow(Permission.MANAGE_PRINTERS)
def index() -> ResponseReturnValue:
    """The printers, and which stand where."""
    by = actor()
    here = printers.listed(by=by)
    waiting = printers.open_jobs(one.id for one in here)
    known = [(one, printers.trouble_of(one), waiting.get(one.id, 0)) for one in here]
    return render("printing/printers", printers=known, stations=stations.listed(by=by), kind_of=PrinterKind, takes_of=Takes)


@blueprint.get("/new")
@allow(Permission.MANAGE_PRINTERS)
def new() -> ResponseReturnValue:
    """The form for a printer."""
    return _form({}, {"kind": "zpl", "takes": "labels", "port": printers.PORT, "active": True})


@blueprint.post("/new")
@allow(Permission.MANAGE_PRINTERS)
def create() -> ResponseReturnValue:
    """Makes the printer that was typed."""
    return _saved(None)


@blueprint.get("/<path:code>/edit")
@allow(Permission.MANAGE_PRINTERS)
def edit(code: str) -> ResponseReturnValue:
    """The form for a printer as it stands."""
    one = printers.find(code, by=actor())
    values = {name: getattr(one, name) for name in ("code", "name", "kind", "takes", "host", "port", "folder", "asks_state", "active")}
    return _form({}, values, one.code)


@blueprint.post("/<path:code>/edit")
@allow(Permission.MANAGE_PRINTERS)
def change(code: str) -> ResponseReturnValue:
    """Makes the printer what was typed."""
    return _saved(printers.find(code, by=actor()).code)


def _saved(code: str | None) -> ResponseReturnValue:
    kind = field("kind")
    wanted = {"zpl": ("host", "port"), "file": ("folder",)}.get(kind, ())
    typed: dict[str, Any] = {**fields("name", "kind", "takes", *wanted)}
    if typed.get("port", "").isdecimal():
        typed["port"] = int(typed["port"])
    typed |= {"asks_state": bool(field("asks_state")), "active": bool(field("active"))}
    body, errors = body_of(PrinterIn, typed)
    if body is not None:
        wish = Wish(
            body.name, PrinterKind(body.kind), Takes(body.takes), host=body.host, port=body.port, folder=body.folder,
            asks_state=body.asks_state, active=body.active,
        )  # fmt: skip
        with refused(errors, {printers.PrinterBusy: "active", printers.NoFolders: "folder"}), transaction():
            if first_time(by=actor()):
                named = code or code_in_address(field("code"))
                saved, _ = printers.save(named, wish, by=actor(), folders=current_app.config["WMS"].print_folder)
                _said(T("Printer {code} was saved", "打印机 {code} 已保存", code=saved.code))
        if not errors:
            return redirect(url_for("printers.index"), 303)
    return _form(errors, request.form, code), 422


def _form(errors: dict[str, str], values: Any, code: str | None = None) -> str:
    folders = current_app.config["WMS"].print_folder
    return render(
        "printing/printer_form", code=code, errors=errors, values=values, kinds=list(PrinterKind), takes=list(Takes), folders=folders
    )


@blueprint.post("/stations")
@allow(Permission.MANAGE_PRINTERS)
def station() -> ResponseReturnValue:
    """Says which printers stand beside one place or hang on one device."""
    device = field("device")
    place: dict[str, Any] = {"device_id": int(device)} if device.isdecimal() and len(device) < 18 else {"location": field("location")}
    try:
        with transaction():
            stations.save(
                by=actor(), labels=field("labels") or None, papers=field("papers") or None, needs_printer=bool(field("needs_printer")),
                **place,
            )  # fmt: skip
    except REFUSALS as refusal:
        said(refusal)
    else:
        _said(T("Saved", "已保存"))
    return redirect(url_for("printers.index") + "#stations", 303)


@blueprint.post("/<path:code>/now")
@allow(Permission.MANAGE_PRINTERS)
def now(code: str) -> ResponseReturnValue:
    """What waits for a printer in trouble is tried at once."""
    try:
        with transaction():
            printers.try_again(code, by=actor())
    except REFUSALS as refusal:
        said(refusal)
    else:
        _said(T("{code} is tried now", "正在重试 {code}", code=code))
    return redirect(url_for("printers.index"), 303)
