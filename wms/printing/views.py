"""Papers and labels by address: read, then drawn with no transaction open, for whoever may see what they tell."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from flask import Blueprint, Response, request, url_for
from flask.typing import ResponseReturnValue

from wms.actor import Actor, Permission
from wms.auth.current import actor
from wms.db import session, transaction
from wms.errors import Invalid, NotFound
from wms.i18n import T
from wms.printing import keeping, labels, queue
from wms.printing.kinds import KindUnknown
from wms.web.access import NotPermitted, allow
from wms.web.documents import LABELS, Kind
from wms.web.lists import arg

blueprint = Blueprint("printing", __name__)


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
    return file_of(content, media_type, f"{name}.zpl" if form == "zpl" else f"{name}.pdf")


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
    """A paper as PDF, to look at: nothing is counted. With `copy`, the copy that this person has just had printed; with `kept`, what it
    said at another time."""
    by = actor()
    found = keeping.read(kind, number, by=by)
    if isinstance(found, keeping.Finished):
        return file_of(found.content, "application/pdf", f"{kind}-{number}.pdf")
    copy = request.args.get("copy", "")
    printed = keeping.as_printed(found, int(copy), by=by) if copy.isdecimal() and len(copy) < 9 else None
    kept = request.args.get("kept", "")
    printed = printed or (keeping.as_kept(found, int(kept), by=by) if kept.isdecimal() and len(kept) < 19 else None)
    session.rollback()  # what follows is slow, and needs the database no more
    standing, band = printed or (found, keeping.band_of_view(found, by=by))
    return file_of(keeping.drawn([(standing, band)], by=by), "application/pdf", f"{kind}-{number}.pdf")


@blueprint.post("/documents/<kind>/<path:number>.pdf")
@allow(Permission.IN_HOUSE)
def print_document(kind: str, number: str) -> ResponseReturnValue:
    """Prints a paper: counts it and answers the PDF, marked with which copy it is. The second time asks for a `reason`."""
    by = actor()
    reason = (request.args.get("reason") or request.form.get("reason") or "").strip()
    found = keeping.read(kind, number, by=by)
    with transaction():
        shown = number if isinstance(found, keeping.Finished) else found.number
        queue.must_say_why(kind, shown, reason, by=by)
        counted = keeping.count_any(found, kind, shown, by=by, reason=reason)
    if isinstance(found, keeping.Finished):
        return file_of(found.content, "application/pdf", f"{kind}-{number}.pdf")
    band = keeping.band_of_print(counted.copy, counted.at, by.name, counted.reason)
    return file_of(keeping.drawn([(found, band)], by=by), "application/pdf", f"{kind}-{number}.pdf")


@blueprint.get("/labels/<kind>/<path:code>.<any(pdf, zpl, svg):form>")
@allow(Permission.IN_HOUSE)
def label(kind: str, code: str, form: str) -> ResponseReturnValue:
    """A label for the printer of a desk (PDF), a label printer (ZPL) or a page (SVG)."""
    made = _make(LABELS, kind, code, actor())
    found = list(made) if isinstance(made, Sequence) else [made]
    name = f"{kind}-{code}.{form}"
    if form == "pdf":
        return file_of(labels.pdf(found), "application/pdf", name)
    if form == "zpl":
        return file_of(labels.zpl(found).encode(), "text/plain; charset=utf-8", name)
    if len(found) != 1:
        raise OneAtATime(count=len(found))
    return file_of(str(labels.svg(found[0])).encode(), "image/svg+xml", name)


def _make(registry: dict[str, Kind], kind: str, number: str, by: Actor) -> Any:
    known = registry.get(kind)
    if known is None:
        raise KindUnknown(kind=kind[:60])
    if not by.may(known.permission):
        raise NotPermitted(permission=known.permission.text)
    made = known.make(number, by)
    session.rollback()  # what follows is slow, and needs the database no more
    return made


def file_of(content: bytes, media_type: str, name: str) -> Response:
    """A file to open in the browser, its name harmless."""
    response = Response(content, content_type=media_type)
    response.headers.set(
        "Content-Disposition", "inline", filename="".join(one if one.isprintable() and one not in '"\\/' else "-" for one in name)
    )
    return response
