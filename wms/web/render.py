"""Pages and fragments share a name: `render("picking/task", task=task)`.

A browser gets `templates/picking/task.html`; htmx gets `templates/picking/_task.html` (the part that the page includes), so views
do not know htmx. A page without a fragment of its own answers htmx with the whole page.

Every template may use:

    t("Orders", "订单", n=3)      a sentence in the reader's language, with facts
    text | say                    a T that comes from Python
    "… SO-10248 …" | codes        the same sentence as HTML; no code in it is broken at its hyphens
    12345 | number                12,345           quantity | units(product.decimals)   1250 → 1.25
    1860000 | money               18,600.00        "case" | unit                        箱 (wms/catalog/units.py)
    moment | datetime | date      in the house's time zone; `moment | ago` → 4 min ago
    person                        {code, name, roles: [words]} or none; person.may("plan_work")
    nav                           the navigation with counts, drawn (desk layout only)
    asset("icons/wms.svg")        where a file of static/ is
    csrf_token()                  every form has it; htmx sends it as a header by itself
    language, site_name, now
"""

from __future__ import annotations

import datetime as dt
import re
from typing import Any

import jinja2
from flask import Flask, current_app, render_template, request
from flask_htmx import HTMX
from markupsafe import Markup, escape

from wms import clock
from wms.actor import Actor, Permission
from wms.i18n import T, Text, at, money, number, units
from wms.web import access, navigation
from wms.web.csrf import csrf_token
from wms.web.idempotency import new_key

htmx = HTMX()


def render(template: str, **data: Any) -> str:
    """The page, or its fragment when htmx asks for it. `template` is written without underscore and ending."""
    if htmx and not htmx.boosted and not htmx.history_restore_request:
        folder, _, name = template.rpartition("/")
        fragment = f"{folder}/_{name}.html" if folder else f"_{name}.html"
        try:
            return render_template(fragment, **data)
        except jinja2.TemplateNotFound as missing:
            if missing.name != fragment:
                raise
    return render_template(f"{template}.html", **data)


def install(app: Flask) -> None:
    """Gives the templates their words."""
    htmx.init_app(app)
    app.jinja_env.undefined = jinja2.Undefined
    app.jinja_env.trim_blocks = True
    app.jinja_env.lstrip_blocks = True
    app.jinja_env.filters.update(say=say, codes=codes, number=number, money=money, units=units)
    app.jinja_env.filters.update(datetime=moment_text, when=when_text, date=date_text, ago=ago, at=at)
    app.jinja_env.globals.update(t=t, asset=asset, csrf_token=csrf_token, new_key=new_key)
    app.context_processor(_context)


def t(en: str, zh: str, **facts: Any) -> str:
    """A sentence written in a template."""
    language = access.language()
    if not facts:  # a page says a hundred of these
        return zh if language == "zh_CN" else en
    return T(en, zh).say(language, **facts)


def asset(name: str) -> str:
    """The address of a file in `static/`. A page has twenty of them, one for each icon, and the router takes ten times as long for each."""
    return f"{request.script_root}{current_app.static_url_path}/{name}"


def say(text: Text | str | None, **facts: Any) -> str:
    """A sentence that comes from Python; plain text passes."""
    if text is None:
        return ""
    return text.say(access.language(), **facts) if isinstance(text, Text) else str(text)


_CODE = re.compile(r"…[A-Za-z0-9]+|[A-Za-z0-9]+(?:[-./][A-Za-z0-9]+)+")
_LONGEST_KEPT = 24  # a longer one would not fit the line of a handheld


def codes(text: str) -> Markup:
    """The text as HTML in which SO-10248 or …000441 stays on one line; a browser breaks them at the hyphen and the dots otherwise."""

    def kept(found: re.Match[str]) -> Markup:
        code = found.group()
        return Markup("<span class='keep'>{}</span>").format(code) if len(code) <= _LONGEST_KEPT else escape(code)

    done, parts = 0, []
    for found in _CODE.finditer(text):
        parts += [escape(text[done : found.start()]), kept(found)]
        done = found.end()
    return Markup("").join([*parts, escape(text[done:])])


def moment_text(moment: dt.datetime | None) -> str:
    """2026-11-21 16:05, on the house's own clock."""
    return clock.local(moment).strftime("%Y-%m-%d %H:%M") if moment else ""


def when_text(moment: dt.datetime | None) -> str:
    """16:05 for a moment of today, with the date for any other."""
    text = moment_text(moment)
    return text.removeprefix(f"{date_text(clock.now())} ")


def date_text(day: dt.date | dt.datetime | None) -> str:
    """2026-11-21."""
    if day is None:
        return ""
    return (clock.local(day) if isinstance(day, dt.datetime) else day).strftime("%Y-%m-%d")


_AGO = (
    (60, 1, T("just now", "刚刚")),
    (3600, 60, T("{n} min ago", "{n} 分钟前")),
    (86_400, 3600, T("{n} h ago", "{n} 小时前")),
    (10**12, 86_400, T("{n} d ago", "{n} 天前")),
)


def ago(moment: dt.datetime | None) -> str:
    """How long ago: 4 min ago."""
    if moment is None:
        return ""
    seconds = max(0, int((clock.now() - moment).total_seconds()))
    for below, size, words in _AGO:
        if seconds < below:
            return words.say(access.language(), n=seconds // size)
    raise AssertionError("unreachable")


class Reader:
    """The signed-in person as templates see them."""

    def __init__(self, who: Actor, language: str) -> None:
        self.code, self.name = who.code, who.name
        self.roles = [role.text.say(language) for role in sorted(who.roles)]
        self._who = who

    def may(self, permission: str) -> bool:
        """Whether a button should be shown."""
        return self._who.may(Permission(permission))


class _Navigation:
    """Counts are asked for only when a page really shows the navigation."""

    def __html__(self) -> str:
        return navigation.html()


def _context() -> dict[str, Any]:
    who = access.person()
    language = access.language()
    settings = current_app.config["WMS"]
    return {
        "language": language,
        "person": Reader(who, language) if who else None,
        "site_name": settings.company_name,
        "nav": _Navigation(),
        "now": clock.now(),
        "demo": settings.demo,
    }
