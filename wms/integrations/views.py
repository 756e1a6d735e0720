"""Files in by the desk."""

from __future__ import annotations

import hashlib
import io
from typing import Any, BinaryIO, cast
from urllib.parse import quote

from flask import Blueprint, Response, redirect, request, url_for
from flask.typing import ResponseReturnValue

from wms.actor import Permission
from wms.auth.current import actor
from wms.db import transaction
from wms.errors import NotFound
from wms.i18n import T, Text
from wms.integrations import file_templates, imports, uploads
from wms.integrations.imports import KINDS, Kind
from wms.integrations.models import Upload
from wms.integrations.reading import columns_in
from wms.integrations.tables import TableUnreadable
from wms.jobs.runner import are_running
from wms.web import access
from wms.web.access import allow
from wms.web.forms import first_time, said, sentence
from wms.web.navigation import HOUSE, Entry
from wms.web.render import render

blueprint = Blueprint("integrations", __name__)
navigation = [
    Entry(HOUSE, T("Import", "导入"), "integrations.upload", Permission.BRING_FILES),
]
WORDS: dict[Kind, Text] = {
    "products": T("Products", "商品"),
    "locations": T("Locations", "库位"),
    "partners": T("Partners", "往来单位"),
    "carton-types": T("Carton types", "箱型"),
    "vehicles": T("Vehicles", "车辆"),
    "inbound-orders": T("Inbound orders", "到货通知"),
    "orders": T("Orders", "订单"),
    "stock": T("Stock", "库存"),
    "tracking": T("Tracking numbers", "运单号"),
}
# What a file brings in must be allowed to whoever brings it.
NEEDED: dict[Kind, Permission] = {
    "products": Permission.MASTER_DATA,
    "locations": Permission.MASTER_DATA,
    "partners": Permission.MASTER_DATA,
    "carton-types": Permission.MASTER_DATA,
    "vehicles": Permission.MASTER_DATA,
    "inbound-orders": Permission.ANNOUNCE,
    "orders": Permission.ENTER_ORDERS,
    "stock": Permission.ADJUST_STOCK,
    "tracking": Permission.PACK,
}
SHOWN_ERRORS = 200
FILE_WORD = T("template", "模板")


class TemplateUnknown(NotFound):
    """There is no such template."""

    code = "template_unknown"
    sentence = T("There is no template {name}", "没有模板 {name}")


# -- files in ----------------------------------------------------------------------------------------------------------


def _kinds() -> dict[Kind, Text]:
    """The kinds of files that this person may bring."""
    return {kind: words for kind, words in WORDS.items() if actor().may(NEEDED[kind])}


@blueprint.get("/imports")
@allow(Permission.BRING_FILES)
def upload() -> ResponseReturnValue:
    """The form for a file, the templates, and what this person gave in last."""
    return _page(None, "")


@blueprint.get("/imports/templates/<kind>.<ending>")
@allow(Permission.BRING_FILES)
def template(kind: str, ending: str) -> ResponseReturnValue:
    """A file to fill in."""
    if kind not in _kinds() or ending not in file_templates.FORMATS:
        raise TemplateUnknown(name=f"{kind}.{ending}"[:80])
    name = f"{kind}-{FILE_WORD.say(access.language())}.{ending}"
    headers = {"Content-Type": file_templates.FORMATS[ending], "Content-Disposition": f"attachment; filename*=UTF-8''{quote(name)}"}
    return Response(file_templates.content(kind, ending, access.language()), headers=headers)


@blueprint.post("/imports")
@allow(Permission.BRING_FILES)
def take_in() -> ResponseReturnValue:
    """Takes a file in, or says what is wrong with each row and takes nothing. A long one goes to the background and has a page."""
    kind, given = request.form.get("kind", ""), request.files.get("file")
    if kind not in KINDS or given is None or not given.filename:
        return _page(None, T("Choose what it is and a file", "请选择类型与文件").say(access.language())), 422
    if not actor().may(NEEDED[kind]):
        raise access.NotPermitted(permission=NEEDED[kind].text)
    stream, by, dry_run = cast(BinaryIO, given.stream), actor(), bool(request.form.get("dry_run"))
    content = hashlib.file_digest(stream, "sha256").digest()  # type: ignore[arg-type]
    if stream.seek(0, io.SEEK_END) > uploads.LONG_BYTES and are_running():
        stream.seek(0)
        with transaction():
            if not first_time(by=by, file=content):
                return redirect(url_for("integrations.upload"))
            kept = uploads.keep(kind, stream.read(), name=given.filename, dry_run=dry_run, by=by)
        return redirect(url_for("integrations.one_upload", number=kept.id))
    try:
        report = imports.import_file(kind, stream, by=by, dry_run=dry_run, first_time=lambda: first_time(by=by, file=content))
    except TableUnreadable as refusal:
        return _page(None, sentence(refusal)), 422
    told = uploads.told_of(report)
    checked: Upload | None = None
    if dry_run and not report.errors:
        stream.seek(0)
        with transaction():
            checked = uploads.keep_checked(kind, stream.read(), told, name=given.filename, by=by)
    return _page(told, "", checked), 422 if report.errors else 200


@blueprint.post("/imports/<int:number>/take-in")
@allow(Permission.BRING_FILES)
def take_in_checked(number: int) -> ResponseReturnValue:
    """Takes in the very file that was checked."""
    by = actor()
    one = uploads.find(number, by=by)
    if not by.may(NEEDED[cast(Kind, one.kind)]):
        raise access.NotPermitted(permission=NEEDED[cast(Kind, one.kind)].text)
    at_once = uploads.size_of(one) <= uploads.LONG_BYTES or not are_running()
    try:
        with transaction():
            uploads.take_in(number, by=by, at_once=at_once)
    except uploads.CheckedGone as refusal:
        said(refusal)
        return redirect(url_for("integrations.one_upload", number=number))
    if at_once:
        uploads.deal_with(number)
    return redirect(url_for("integrations.one_upload", number=number))


@blueprint.get("/imports/<int:number>")
@allow(Permission.BRING_FILES)
def one_upload(number: int) -> ResponseReturnValue:
    """How far a long file is, and what came of it."""
    one = uploads.find(number, by=actor())
    facts = {"words": WORDS, "running": are_running(), "most": SHOWN_ERRORS}
    return render("integrations/one_upload", one=one, kept=one if uploads.may_be_taken(one) else None, **facts)


def _page(report: dict[str, Any] | None, error: str, kept: Upload | None = None) -> str:
    kinds = _kinds()
    columns = {kind: ", ".join(columns_in(kind).names(access.language())) for kind in kinds}
    latest = uploads.latest(by=actor())
    facts = {"kinds": kinds, "columns": columns, "words": WORDS, "most": SHOWN_ERRORS, "latest": latest}
    return render("integrations/upload", report=report, error=error, kept=kept, **facts)
