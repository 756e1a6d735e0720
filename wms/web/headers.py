"""What every answer carries: the content security policy and its kin, and the visitor's cookie where one was made."""

from __future__ import annotations

from flask import Flask, Response, current_app, g, request

from wms.web import csrf

POLICY = (
    "default-src 'none'; script-src 'self'{wasm}; style-src 'self'; img-src 'self' data: blob:; connect-src 'self'; font-src 'self'; "
    "manifest-src 'self'; worker-src 'self'; media-src 'self' blob:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
_STRICT = POLICY.format(wasm="")
# The camera scanner is WebAssembly; a view that shows it says `headers.allow_camera()`.
_CAMERA = POLICY.format(wasm=" 'wasm-unsafe-eval'")


def allow_camera() -> None:
    """This page holds the camera scanner."""
    g.wms_camera = True


def install(app: Flask) -> None:
    """Puts the headers on every answer."""
    app.after_request(_headers)


def _headers(response: Response) -> Response:
    head = response.headers
    head["Content-Security-Policy"] = _CAMERA if "wms_camera" in g else _STRICT
    head["X-Content-Type-Options"] = "nosniff"
    head.setdefault("Referrer-Policy", "same-origin")  # a page whose address is a secret says less
    head["Cross-Origin-Opener-Policy"] = "same-origin"
    head["Permissions-Policy"] = "camera=(self), microphone=(), geolocation=()"
    if request.endpoint != "static":
        head.setdefault("Cache-Control", "no-store")
        head.add("Vary", "HX-Request, Accept-Language, Cookie")
    if current_app.config["WMS"].secure_cookies:
        head["Strict-Transport-Security"] = "max-age=31536000"
    csrf.remember_visit(response)
    return response
