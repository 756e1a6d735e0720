"""Who may call which route: every route declares it, one guard enforces it, and a test walks the map of routes.

    @blueprint.get("/waves")
    @allow(Permission.PLAN_WORK)          # below the route decorator
    def index() -> ResponseReturnValue: ...

`allow(PUBLIC)` is for the few addresses that answer without sign-in. API endpoints name their permission where they are declared
(see `wms/web/api.py`). The guard runs before the view, answers 401 before 404 under /api, sends people to the sign-in page, and
checks the form's token on every request that writes and was not authorised by a bearer token.
"""

from __future__ import annotations

import enum
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, TypeVar

from flask import Flask, current_app, g, request
from flask.typing import ResponseReturnValue

from wms.actor import Actor, Permission
from wms.errors import Forbidden, Invalid, WarehouseError
from wms.i18n import Language, T, language_of
from wms.web import csrf, rates

F = TypeVar("F", bound=Callable[..., Any])


class Public(enum.Enum):
    """The mark of a route that answers without sign-in."""

    PUBLIC = "public"


PUBLIC: Final = Public.PUBLIC
READING: Final = frozenset({"GET", "HEAD", "OPTIONS"})


class SignInNeeded(WarehouseError):
    """Nobody is signed in, or the token is not known (any more)."""

    status = 401
    code = "sign_in_needed"
    sentence = T("Sign in first", "请先登录")
    advice = T("Send a valid bearer token, or sign in", "请提供有效令牌或登录")


class NotPermitted(Forbidden):
    """The person's roles do not carry the permission."""

    code = "not_permitted"
    sentence = T("Your role may not do this: {permission}", "您的角色没有此项权限：{permission}")


class ScopeMissing(Forbidden):
    """The role would, but the token is for something else."""

    code = "scope_missing"
    sentence = T("This token is not for this: {permission}", "此令牌的范围不含此项：{permission}")
    advice = T("Use a token with another scope; a scope of reading changes nothing", "请使用其他范围的令牌；只读范围不能修改")


class Unreadable(Invalid):
    """The address or a form field carries characters that no text has."""

    status = 400
    code = "unreadable"
    sentence = T("The request contains characters that are not text", "请求含有非文本字符")


@dataclass(frozen=True)
class Doors:
    """What the composition root hangs in: how a request is identified, where people sign in, how a site is chosen."""

    identify: Callable[[], Actor | None]
    sign_in_page: Callable[[], ResponseReturnValue]
    at_site: Callable[[str], Actor]


def allow(permission: Permission | Public) -> Callable[[F], F]:
    """Declares what a view needs. Stands below the route decorator."""

    def mark(view: F) -> F:
        view.allows = permission  # type: ignore[attr-defined]
        return view

    return mark


def install(app: Flask, doors: Doors) -> None:
    """Puts the guard before every request."""
    app.extensions["wms_doors"] = doors
    app.before_request(_guard)


def declared(app: Flask, endpoint: str) -> Permission | Public | None:
    """What a route declares; None is a route that a test will not let pass."""
    if endpoint == "static" or endpoint.endswith(".static"):
        return PUBLIC
    return getattr(app.view_functions[endpoint], "allows", None)


def person() -> Actor | None:
    """Who is signed in with this request, looked up at most once."""
    if "wms_actor" not in g:
        g.wms_actor = _doors().identify()
    return g.wms_actor  # type: ignore[no-any-return]


def move_to_site(code: str) -> None:
    """The request names a site: from here on the person acts there. Raises NotFound for a site that is not theirs."""
    g.wms_actor = _doors().at_site(code)


def language() -> Language:
    """The language of this request: the person's, the device's, the browser's, the house's."""
    known: Language | None = g.get("wms_language")
    if known is None:
        who = g.get("wms_actor")
        chosen = who.language if who else None
        browser = [tag for tag, _ in request.accept_languages]
        known = g.wms_language = chosen or language_of([request.cookies.get("wms_language"), *browser], current_app.config["WMS"].language)
    return known


def for_machines() -> bool:
    """Whether this request expects JSON rather than a page."""
    return request.path.startswith("/api/") or "Authorization" in request.headers


def _doors() -> Doors:
    return current_app.extensions["wms_doors"]  # type: ignore[no-any-return]


def _guard() -> ResponseReturnValue | None:
    if request.endpoint == "static":
        return None
    if "\x00" in request.path or "%00" in request.environ.get("QUERY_STRING", ""):
        raise Unreadable
    needed = declared(current_app, request.endpoint) if request.endpoint else None
    if needed is not PUBLIC:
        who = person()
        if who is None:
            if for_machines():
                raise SignInNeeded
            return _doors().sign_in_page()
        if "Authorization" in request.headers:
            rates.count(who)
        if request.args.get("site"):
            move_to_site(request.args["site"])
        if request.endpoint is not None:
            assert isinstance(needed, Permission), f"{request.endpoint} declares no permission"
            if not who.may(needed):
                raise (ScopeMissing if who.holds(needed) else NotPermitted)(permission=needed.text)
    if request.method not in READING and "Authorization" not in request.headers:  # a cookie is sent by itself, a token is not
        if any("\x00" in value for value in request.form.values()):
            raise Unreadable
        csrf.check()
    return None
