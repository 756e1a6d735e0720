"""Templates of papers at the desk, for administrators: words, columns, signatures, logo, and how it looks."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from pydantic import ValidationError

from wms.actor import Permission
from wms.auth.current import actor
from wms.auth.models import Person
from wms.db import session, transaction
from wms.errors import NotFound
from wms.i18n import T, Text
from wms.printing import keeping, logo, pdf, templates
from wms.printing.columns import COLUMNS, MUST, SIGNATURES
from wms.printing.ink import Words
from wms.printing.kinds import words_of
from wms.printing.models import PaperTemplate
from wms.printing.tables import key_of
from wms.printing.template_api import TemplateIn
from wms.printing.templates import MOST_SIGNATURES, Template
from wms.web import access
from wms.web.access import allow
from wms.web.forms import refusals
from wms.web.navigation import HOUSE, Entry
from wms.web.problems import words_of as words_of_error
from wms.web.render import render

blueprint = Blueprint("paper_templates", __name__, url_prefix="/paper-templates")
navigation = [Entry(HOUSE, T("Paper templates", "单据模板"), "paper_templates.index", Permission.MANAGE_PRINTERS)]
_TEXTS = ("head", "foot", "terms")


class NoLogo(NotFound):
    """Nobody has put one up."""

    code = "no_logo"
    sentence = T("There is no company logo", "尚未设置公司标志")


@blueprint.get("")
@allow(Permission.MANAGE_PRINTERS)
def index() -> ResponseReturnValue:
    """The kinds of papers, and which of them the house has changed."""
    rows = templates.changed(actor())
    return _index(rows, {})


def _index(rows: dict[str, PaperTemplate], errors: dict[str, str]) -> str:
    own = logo.put_up()
    return render(
        "printing/templates",
        kinds=[(kind, words_of(kind), rows.get(kind)) for kind in COLUMNS],
        errors=errors,
        logo=own,
        put_by=session.get_one(Person, own.put_by_id).name if own else None,
        has_logo=bool(keeping.company().logo),
        megabytes=logo.MOST_SENT // 1024 // 1024,
    )


@blueprint.get("/logo.png")
@allow(Permission.MANAGE_PRINTERS)
def logo_picture() -> ResponseReturnValue:
    """The logo as papers bear it now."""
    png = keeping.company().logo
    if png is None:
        raise NoLogo
    return Response(png, mimetype="image/png", headers={"Cache-Control": "private, no-cache"})


@blueprint.post("/logo")
@allow(Permission.MANAGE_PRINTERS)
def put_logo() -> ResponseReturnValue:
    """Papers bear this logo from now on. It is read and made small before the transaction."""
    errors: dict[str, str] = {}
    given = request.files.get("logo")
    with refusals(errors):
        png = logo.prepared(given.stream.read(logo.MOST_SENT + 1) if given else b"")
        with transaction():
            logo.put(png, by=actor())
    if errors:
        return _index(templates.changed(actor()), errors), 422
    flash(T("All papers bear this logo from now on", "此后单据均使用此标志").say(access.language()), "good")
    return redirect(url_for("paper_templates.index"))


@blueprint.post("/logo/remove")
@allow(Permission.MANAGE_PRINTERS)
def remove_logo() -> ResponseReturnValue:
    """The logo that was put up is taken away."""
    with transaction():
        logo.take_away()
    flash(T("The logo is taken away", "标志已移除").say(access.language()), "good")
    return redirect(url_for("paper_templates.index"))


@blueprint.get("/<kind>")
@allow(Permission.MANAGE_PRINTERS)
def one(kind: str) -> ResponseReturnValue:
    """One kind: the form, as the template stands."""
    templates.must_be_known(kind)
    return _form(kind, _typed(templates.of(kind, site_id=actor().site_id)), {})


def _form(kind: str, typed: dict[str, Any], errors: dict[str, str]) -> str:
    known = {key_of(title): title for title in COLUMNS[kind]}
    places = typed["columns"] if typed["columns"] is not None else list(known)
    order = [*(one for one in places if one in known), *(one for one in known if one not in places)]
    return render(
        "printing/template",
        kind=kind,
        title=words_of(kind),
        columns=[(one, known[one], one in places, one in MUST[kind]) for one in order],
        usual=SIGNATURES[kind],
        rows=MOST_SIGNATURES,
        typed=typed,
        errors=errors,
        has_logo=bool(keeping.company().logo),
        changed=templates.changed(actor()).get(kind),
    )


def _typed(template: Template) -> dict[str, Any]:
    """The template as it would be typed."""

    def said(words: Words) -> dict[str, str]:
        return {"en": words.say("en"), "zh_CN": words.say("zh_CN")} if isinstance(words, Text) else {"en": words, "zh_CN": words}

    return {
        **{name: said(getattr(template, name)) for name in _TEXTS},
        "columns": list(template.columns) if template.columns is not None else None,
        "own": template.signatures is not None,
        "signatures": [said(one) for one in template.signatures or ()],
        "logo": template.logo,
    }


def _posted(kind: str) -> dict[str, Any]:
    """What the form says; the columns in the order of their numbers. Of two with the same number the one that was moved stands there."""
    form = request.form
    known = [key_of(title) for title in COLUMNS[kind]]

    def place(column: str) -> tuple[int, int]:
        text = form.get(f"place-{column}", "")
        return (int(text) if text.isascii() and text.isdigit() and len(text) < 4 else 999, -known.index(column))

    wanted = sorted((one for one in known if form.get(f"show-{one}")), key=place)
    signatures = [
        {"en": form.get(f"sign-en-{n}", "").strip(), "zh_CN": form.get(f"sign-zh-{n}", "").strip()} for n in range(1, MOST_SIGNATURES + 1)
    ]
    return {
        **{
            name: {"en": form.get(f"{name}-en", "").replace("\r", ""), "zh_CN": form.get(f"{name}-zh", "").replace("\r", "")}
            for name in _TEXTS
        },
        "columns": None if wanted == known else wanted,
        "own": bool(form.get("own")),
        "signatures": [one for one in signatures if one["en"] or one["zh_CN"]],
        "logo": bool(form.get("logo")),
    }


def _template(kind: str, typed: dict[str, Any], errors: dict[str, str]) -> Template | None:
    facts = {name: typed[name] for name in (*_TEXTS, "columns", "logo")}
    facts["signatures"] = typed["signatures"] if typed["own"] else None
    try:
        template = TemplateIn.model_validate(facts).template()
    except ValidationError as wrong:
        for error in wrong.errors(include_url=False):
            errors[str(error["loc"][0]) if error["loc"] else ""] = words_of_error(error).say(access.language())
        return None
    with refusals(errors):
        templates.check(kind, template)
    return None if errors else template


@blueprint.post("/<kind>")
@allow(Permission.MANAGE_PRINTERS)
def save(kind: str) -> ResponseReturnValue:
    """Papers of this kind say so from now on."""
    templates.must_be_known(kind)
    typed, errors = _posted(kind), dict[str, str]()
    template = _template(kind, typed, errors)
    if template is None:
        return _form(kind, typed, errors), 422
    with refusals(errors), transaction():
        templates.save(kind, template, by=actor())
    if errors:
        return _form(kind, typed, errors), 422
    flash(T("Template of the {kind} saved", "{kind}模板已保存", kind=words_of(kind)).say(access.language()), "good")
    return redirect(url_for("paper_templates.one", kind=kind))


@blueprint.post("/<kind>/preview")
@allow(Permission.MANAGE_PRINTERS)
def preview(kind: str) -> ResponseReturnValue:
    """How a paper would look with what the form says; nothing is saved."""
    templates.must_be_known(kind)
    typed, errors = _posted(kind), dict[str, str]()
    template = _template(kind, typed, errors)
    if template is None:
        return _form(kind, typed, errors), 422
    whose = keeping.company()
    session.rollback()  # drawing needs the database no more
    content = pdf.render(templates.applied(templates.sample(kind, whose), template, kind))
    return Response(content, mimetype="application/pdf", headers={"Content-Disposition": f'inline; filename="{kind}-sample.pdf"'})


@blueprint.post("/<kind>/as-made")
@allow(Permission.MANAGE_PRINTERS)
def as_made(kind: str) -> ResponseReturnValue:
    """The house's own template is taken away."""
    templates.must_be_known(kind)
    with transaction():
        templates.save(kind, templates.PLAIN, by=actor())
    flash(T("The {kind} is as it is made again", "{kind}已恢复默认", kind=words_of(kind)).say(access.language()), "good")
    return redirect(url_for("paper_templates.one", kind=kind))
