"""Files in by the desk."""

from __future__ import annotations

import hashlib
from typing import BinaryIO, cast

from flask import Blueprint, request
from flask.typing import ResponseReturnValue

from wms.actor import Permission
from wms.auth.current import actor
from wms.i18n import T
from wms.integrations import imports
from wms.integrations.imports import KINDS
from wms.integrations.reports import Report
from wms.integrations.tables import TableUnreadable
from wms.web import access
from wms.web.access import allow
from wms.web.forms import first_time, sentence
from wms.web.navigation import HOUSE, Entry
from wms.web.render import render

blueprint = Blueprint("integrations", __name__)
navigation = [
    Entry(HOUSE, T("Import", "导入"), "integrations.upload", Permission.MASTER_DATA),
]
WORDS = {
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
NEEDED = {
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
