"""Papers and labels by address: read, then drawn with no transaction open, for whoever may see what they tell."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

from flask import Blueprint, Response, current_app
from flask.typing import ResponseReturnValue

from wms import clock
from wms.actor import Actor, Permission
from wms.auth.current import actor
from wms.db import session
from wms.errors import Invalid, NotFound
from wms.i18n import T
from wms.printing import labels, pdf
from wms.web.access import NotPermitted, allow
from wms.web.documents import LABELS, PAPERS, Kind

blueprint = Blueprint("printing", __name__)


class NoSuchKind(NotFound):
    """There is no paper or label of this name."""

    code = "kind_unknown"
    sentence = T("There is no paper or label of the kind {kind}", "没有此类单据或标签：{kind}")


class OneAtATime(Invalid):
    """A picture shows one label; PDF and ZPL hold many."""

    code = "one_label_only"
    sentence = T("{count} labels do not fit into one picture", "{count} 张标签不能放入一张图片")
    advice = T("Ask for .pdf or .zpl", "请使用 .pdf 或 .zpl")


@blueprint.get("/documents/<kind>/<path:number>.pdf")
@allow(Permission.SIGNED_IN)
def document(kind: str, number: str) -> ResponseReturnValue:
    """A paper as PDF."""
    by = actor()
    made = _make(PAPERS, kind, number, by)
    if isinstance(made, bytes):
        return _file(made, "application/pdf", f"{kind}-{number}.pdf")
    papers = made if isinstance(made, Sequence) else [made]
    return _file(pdf.render(*(_signed(one, by) for one in papers)), "application/pdf", f"{kind}-{number}.pdf")


@blueprint.get("/labels/<kind>/<path:code>.<any(pdf, zpl, svg):form>")
@allow(Permission.SIGNED_IN)
def label(kind: str, code: str, form: str) -> ResponseReturnValue:
    """A label for the printer of a desk (PDF), a label printer (ZPL) or a page (SVG)."""
    made = _make(LABELS, kind, code, actor())
    found = list(made) if isinstance(made, Sequence) else [made]
    name = f"{kind}-{code}.{form}"
    if form == "pdf":
        return _file(labels.pdf(found), "application/pdf", name)
    if form == "zpl":
        return _file(labels.zpl(found).encode(), "text/plain; charset=utf-8", name)
    if len(found) != 1:
        raise OneAtATime(count=len(found))
    return _file(str(labels.svg(found[0])).encode(), "image/svg+xml", name)


def _make(registry: dict[str, Kind], kind: str, number: str, by: Actor) -> Any:
    known = registry.get(kind)
    if known is None:
        raise NoSuchKind(kind=kind[:60])
    if not by.may(known.permission):
        raise NotPermitted(permission=known.permission.text)
    made = known.make(number, by)
    session.rollback()  # what follows is slow, and needs the database no more
    return made


def _signed(paper: pdf.Paper, by: Actor) -> pdf.Paper:
    settings = current_app.config["WMS"]
    company = pdf.Company(settings.company_name, " ".join(filter(None, (settings.company_address, settings.company_phone))))
    return dataclasses.replace(paper, company=company, printed_at=clock.now(), printed_by=by.name)


def _file(content: bytes, media_type: str, name: str) -> Response:
    response = Response(content, content_type=media_type)
    response.headers.set(
        "Content-Disposition", "inline", filename="".join(one if one.isprintable() and one not in '"\\/' else "-" for one in name)
    )
    return response
