"""The token that says a form came from one of our own pages.

It is a keyed hash of a cookie that only this browser has: the session's when somebody is signed in, a passing visitor's otherwise.
Nothing is stored. Forms carry it as `csrf_token`, htmx as the header `X-CSRF-Token`.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets

from flask import Response, current_app, g, request

from wms.errors import Forbidden
from wms.i18n import T

SESSION_COOKIE = "wms_session"
VISIT_COOKIE = "wms_visit"


class FormStale(Forbidden):
    """The form's token does not belong to this browser's session."""

    code = "form_stale"
    sentence = T("This page was opened before you signed in", "此页面是在您登录之前打开的")
    advice = T("Open the page again and repeat it", "请重新打开页面后再操作")


def csrf_token() -> str:
    """The token for a form on this page."""
    seed = request.cookies.get(SESSION_COOKIE) or request.cookies.get(VISIT_COOKIE) or g.get("wms_visit")
    if seed is None:
        seed = g.wms_visit = secrets.token_urlsafe(18)
    return token_for(seed)


def check() -> None:
    """Raises FormStale unless this request carries the token."""
    given = request.headers.get("X-CSRF-Token") or request.form.get("csrf_token") or ""
    for cookie in (SESSION_COOKIE, VISIT_COOKIE):
        seed = request.cookies.get(cookie)
        if seed and hmac.compare_digest(given.encode(), token_for(seed).encode()):
            return
    raise FormStale


def remember_visit(response: Response) -> None:
    """Gives a passing visitor the cookie that their form's token was made from."""
    if "wms_visit" in g:
        secure = current_app.config["WMS"].secure_cookies
        response.set_cookie(VISIT_COOKIE, g.wms_visit, httponly=True, samesite="Lax", secure=secure)


def token_for(seed: str) -> str:
    """The token of the browser that has this cookie."""
    key = str(current_app.config["SECRET_KEY"]).encode()
    return hmac.new(key, b"form:" + seed.encode(), hashlib.sha256).hexdigest()[:40]
