"""The page that a customer opens without signing in. What it may not show it never reads; what a stranger asks writes nothing."""

from __future__ import annotations

from flask import Blueprint, Response, current_app, g, render_template, request
from flask.typing import ResponseReturnValue

from wms.i18n import LANGUAGES, language_of
from wms.sales import customer, links
from wms.sales.limits import Limit
from wms.sales.links import Why
from wms.web import access
from wms.web.access import PUBLIC, allow

blueprint = Blueprint("customer", __name__)
LOOKS = Limit(60)
"""So many looks at one link in a minute: a page that is open and read anew, and no more."""
WRONG = Limit(20)
"""So many links in a minute from one address that we never gave."""
_STATUS = {Why.UNKNOWN: 404, Why.ENDED: 410, Why.REVOKED: 410}
_HEADERS = {"Referrer-Policy": "no-referrer", "X-Robots-Tag": "noindex, nofollow, noarchive", "Cache-Control": "no-store"}


@blueprint.get("/track/<token>")
@allow(PUBLIC)
def order(token: str) -> ResponseReturnValue:
    """How the order of this link stands, in its language; in plain words why it shows nothing."""
    g.wms_actor = None  # whoever opens it is a customer here, signed in or not
    what = links.said(token[:400], str(current_app.config["SECRET_KEY"]))
    if what is None:
        wait = WRONG.wait(request.remote_addr or "")
        return _busy(wait) if wait else _nothing(Why.UNKNOWN)
    wait = LOOKS.wait(str(what[0]))
    if wait:
        return _busy(wait)
    found = links.opened(what)
    _speak(found.link.language if found.link else None)
    if found.order is None or found.link is None:
        return _nothing(found.why or Why.UNKNOWN)
    return _page("sales/customer", 200, order=customer.seen(found.order), link=found.link)


def _speak(language: str | None) -> None:
    asked = request.args.get("language")
    browser = [tag for tag, _ in request.accept_languages]
    chosen = asked if asked in LANGUAGES else language
    g.wms_language = chosen or language_of(browser, current_app.config["WMS"].language)


def _nothing(why: Why) -> Response:
    if "wms_language" not in g:
        _speak(None)
    return _page("sales/no_order", _STATUS[why], why=why.value)


def _busy(wait: int) -> Response:
    _speak(None)
    answer = _page("sales/no_order", 429, why="busy", wait=wait)
    answer.headers["Retry-After"] = str(wait)
    return answer


def _page(template: str, status: int, **data: object) -> Response:
    settings = current_app.config["WMS"]
    text = render_template(f"{template}.html", phone=settings.company_phone, other=_other(), **data)
    return Response(text, status, _HEADERS, mimetype="text/html")


def _other() -> str:
    """The language that the page is not in."""
    return next(one for one in LANGUAGES if one != access.language())
