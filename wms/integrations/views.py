"""Files in by the desk, and webhooks with their log."""

from __future__ import annotations

import hashlib
from typing import BinaryIO, cast

from flask import Blueprint, current_app, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue

from wms.actor import Permission
from wms.auth.current import actor
from wms.db import transaction
from wms.errors import Invalid, NotFound
from wms.i18n import T
from wms.integrations import imports, webhooks
from wms.integrations.imports import KINDS
from wms.integrations.models import Delivery, DeliveryStatus
from wms.integrations.reports import Report
from wms.integrations.tables import TableUnreadable
from wms.web import access
from wms.web.access import allow
from wms.web.forms import first_time, said, sentence
from wms.web.lists import page_of
from wms.web.navigation import ADMINISTRATION, HOUSE, Entry
from wms.web.render import render

blueprint = Blueprint("integrations", __name__)
navigation = [
    Entry(HOUSE, T("Import", "导入"), "integrations.upload", Permission.MASTER_DATA),
    Entry(ADMINISTRATION, T("Webhooks", "事件推送"), "integrations.hooks", Permission.MANAGE_WEBHOOKS),
]
WORDS = {
    "products": T("Products", "商品"),
    "locations": T("Locations", "库位"),
    "partners": T("Partners", "往来单位"),
    "inbound-orders": T("Inbound orders", "到货通知"),
    "orders": T("Orders", "订单"),
    "stock": T("Stock", "库存"),
    "tracking": T("Tracking numbers", "运单号"),
}
# What a file brings in must be allowed to whoever brings it.
NEEDED = {
    "products": Permission.MASTER_DATA,
    "locations": Permission.MASTER_DATA,
    "partners": Permission.MASTER_DATA,
    "inbound-orders": Permission.ANNOUNCE,
    "orders": Permission.ENTER_ORDERS,
    "stock": Permission.ADJUST_STOCK,
    "tracking": Permission.PACK,
}
SHOWN_ERRORS = 200
TONES = {DeliveryStatus.PENDING: "calm", DeliveryStatus.DELIVERED: "good", DeliveryStatus.FAILED: "stop"}


# -- files in ----------------------------------------------------------------------------------------------------------


@blueprint.get("/imports")
@allow(Permission.MASTER_DATA)
def upload() -> ResponseReturnValue:
    """The form for a file."""
    return _page(None, "")


@blueprint.post("/imports")
@allow(Permission.MASTER_DATA)
def take_in() -> ResponseReturnValue:
    """Takes a file in, or says what is wrong with each row and takes nothing."""
    kind, given = request.form.get("kind", ""), request.files.get("file")
    if kind not in KINDS or given is None or not given.filename:
        return _page(None, T("Choose what it is and a file", "请选择类型与文件").say(access.language())), 422
    if not actor().may(NEEDED[kind]):
        raise access.NotPermitted(permission=NEEDED[kind].text)
    stream, by, dry_run = cast(BinaryIO, given.stream), actor(), bool(request.form.get("dry_run"))
    content = hashlib.file_digest(stream, "sha256").digest()  # type: ignore[arg-type]
    try:
        report = imports.import_file(kind, stream, by=by, dry_run=dry_run, first_time=lambda: first_time(by=by, file=content))
    except TableUnreadable as refusal:
        return _page(None, sentence(refusal)), 422
    return _page(report, ""), 422 if report.errors else 200


def _page(report: Report | None, error: str) -> str:
    columns = {kind: ", ".join(imports.columns_of(kind)) for kind in KINDS}
    return render("integrations/upload", report=report, error=error, kinds=WORDS, columns=columns, most=SHOWN_ERRORS)


# -- webhooks ----------------------------------------------------------------------------------------------------------


@blueprint.get("/webhooks")
@allow(Permission.MANAGE_WEBHOOKS)
def hooks() -> ResponseReturnValue:
    """Who is told, and the form for one more."""
    return render("integrations/webhooks", webhooks=webhooks.listed(by=actor()), error="", made=None)


@blueprint.post("/webhooks")
@allow(Permission.MANAGE_WEBHOOKS)
def subscribe() -> ResponseReturnValue:
    """One more; its secret is shown this once."""
    wanted = [part for part in request.form.get("events", "").replace(",", " ").split() if part]
    try:
        with transaction():
            made = webhooks.subscribe(
                request.form.get("url", "").strip()[:500], events=wanted[:50], by=actor(), settings=current_app.config["WMS"]
            )
    except Invalid as refusal:
        return render("integrations/webhooks", webhooks=webhooks.listed(by=actor()), error=sentence(refusal), made=None), 422
    return render("integrations/webhooks", webhooks=webhooks.listed(by=actor()), error="", made=made)


@blueprint.get("/webhooks/<int:number>")
@allow(Permission.MANAGE_WEBHOOKS)
def log(number: int) -> ResponseReturnValue:
    """What one webhook was told, newest first."""
    page = page_of(webhooks.log_of(number, by=actor()), {"id": Delivery.id}, "-id", scalars=True)
    return render("integrations/log", webhook=webhooks.find(number, by=actor()), page=page, tones=TONES, words=DeliveryStatus)


@blueprint.post("/webhooks/<int:number>/resend/<int:delivery>")
@allow(Permission.MANAGE_WEBHOOKS)
def resend(number: int, delivery: int) -> ResponseReturnValue:
    """Sends a message once more."""
    try:
        with transaction():
            webhooks.resend(number, delivery, by=actor())
        flash(T("It will be sent again", "将重新发送").say(access.language()), "good")
    except NotFound as refusal:
        said(refusal)
    return redirect(url_for("integrations.log", number=number))


@blueprint.post("/webhooks/<int:number>/remove")
@allow(Permission.MANAGE_WEBHOOKS)
def remove(number: int) -> ResponseReturnValue:
    """Stops telling it."""
    try:
        with transaction():
            webhooks.unsubscribe(number, by=actor())
        flash(T("Removed", "已删除").say(access.language()), "good")
    except NotFound as refusal:
        said(refusal)
    return redirect(url_for("integrations.hooks"))
