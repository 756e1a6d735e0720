"""Papers and labels by address: read, then drawn with no transaction open, for whoever may see what they tell."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from flask import Blueprint, Response, current_app, url_for
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
from wms.web.lists import arg

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


class TooManyLabels(Invalid):
    """One file holds what a printer prints in one go."""

    code = "too_many_labels"
    sentence = T("{count} labels are too many for one file, which holds {most}", "{count} 张标签过多，一个文件最多 {most} 张")
    advice = T("Choose a smaller range", "请缩小范围")


class NoLabels(NotFound):
    """Nothing answers the choice."""

    code = "no_labels"
    sentence = T("There is nothing to print a label for", "没有可打印的标签")
    advice = T("Choose another range", "请重新选择范围")


MOST_LABELS = 3_000


def many(found: Sequence[labels.Label], form: str, name: str) -> Response:
    """Many labels in one file: `pdf` for a roll, `a4` for sheets, `zpl` for a label printer. Raises NoLabels, TooManyLabels."""
    if not found:
        raise NoLabels
    if len(found) > MOST_LABELS:
        raise TooManyLabels(count=len(found), most=MOST_LABELS)
    session.rollback()  # drawing is slow, and needs the database no more
    content, media_type = labels.printed(found, form)
    return _file(content, media_type, f"{name}.zpl" if form == "zpl" else f"{name}.pdf")


def choice(statement: sa.Select[Any], key: Any, code: Any, endpoint: str, *filters: str) -> dict[str, Any]:
    """What the page of a choice of labels shows: how many they are, the first and the last, and where each file is."""
    found = statement.order_by(None).with_only_columns(key, code).subquery()
    total = session.execute(sa.select(sa.func.count()).select_from(found)).scalar_one()
    by_key, by_code = found.c
    ends = [session.execute(sa.select(by_code).order_by(term).limit(1)).scalar_one_or_none() for term in (by_key, by_key.desc())]
    chosen: dict[str, Any] = {name: arg(name) for name in filters}
    urls = {form: url_for(endpoint, form=form, **chosen) for form in ("pdf", "a4", "zpl")}
    return {"total": total, "most": MOST_LABELS, "codes": ends, "urls": urls}


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
