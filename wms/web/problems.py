"""One handler turns a refusal or failure into a page, a fragment, or problem+json (RFC 9457)."""

from __future__ import annotations

import json
import re
import secrets
from collections.abc import Iterator, Sequence
from http import HTTPStatus
from typing import Any

import structlog
from flask import Flask, Response, current_app, request
from sqlalchemy.exc import DataError, DBAPIError
from werkzeug.exceptions import HTTPException

from wms import db
from wms.errors import Conflict, Invalid, NotFound, WarehouseError
from wms.i18n import T, Text
from wms.web import access, rates
from wms.web.render import render

log = structlog.get_logger("wms.web")


class BodyMalformed(Invalid):
    """The body is not JSON."""

    status = 400
    code = "malformed_json"
    sentence = T("The body is not valid JSON", "请求内容不是有效的 JSON")


class MediaTypeWrong(Invalid):
    """JSON is sent as application/json."""

    status = 415
    code = "media_type"
    sentence = T("{given} is not taken here; send application/json", "不接受 {given}，请使用 application/json")


class BodyInvalid(Invalid):
    """The body can be read, and something in it is wrong; `errors` says where and what."""

    code = "invalid_input"
    sentence = T("{place}: {what}", "{place}：{what}")

    def __init__(self, errors: Sequence[Any]) -> None:
        self.errors = errors
        first = errors[0]
        super().__init__(place=pointer(first["loc"]) or "/", what=words_of(first))

    def listed(self, language: str) -> list[dict[str, str]]:
        """The errors as the contract writes them."""
        return [
            {"pointer": pointer(one["loc"]), "code": _CODES.get(one["type"], one["type"]), "detail": words_of(one).say(language)}
            for one in self.errors
        ]


class AddressUnknown(NotFound):
    """Nothing lives at this address."""

    code = "address_unknown"
    sentence = T("There is nothing at this address", "该地址不存在")


class SomebodyWasFirst(Conflict):
    """Two people created the same thing at the same moment."""

    code = "conflict"
    advice = T("Look at what is there now, then try again", "请先查看现有数据，再重试")


class OutOfRange(Invalid):
    """A value does not fit into the database."""

    code = "out_of_range"
    sentence = T("A value is too large", "数值超出范围")


class Busy(WarehouseError):
    """The database did not come free after several tries."""

    status = 503
    code = "busy"
    sentence = T("The warehouse is very busy just now", "系统繁忙")
    advice = T("Nothing was changed; try again in a moment", "未做任何更改，请稍后重试")
    wait_seconds = 1


class OurMistake(WarehouseError):
    """An error of ours."""

    status = 500
    code = "internal_error"
    sentence = T("We made a mistake ({reference})", "系统出错（{reference}）")
    advice = T("Nothing was changed; tell the administrator the reference", "未做任何更改，请把编号告诉管理员")


class HttpRefusal(WarehouseError):
    """What the web itself refuses, before any of our views is asked."""

    def __init__(self, status: int, code: str, sentence: Text, **facts: Any) -> None:
        super().__init__(sentence, **facts)
        vars(self).update(status=status, code=code)


_HTTP: dict[int, tuple[str, Text]] = {
    400: ("bad_request", T("The request cannot be read", "无法读取请求")),
    404: ("address_unknown", T("There is nothing at this address", "该地址不存在")),
    405: ("method_not_allowed", T("This address does not take {method}", "该地址不支持 {method}")),
    413: ("too_large", T("The request is too large", "请求内容过大")),
    415: ("media_type", T("This kind of content is not taken here", "不支持的内容类型")),
}

_CODES = {"extra_forbidden": "unknown_field", "int_from_float": "int_type", "int_parsing": "int_type"}
_SENTENCES: dict[str, Text] = {
    "missing": T("is missing", "缺少此项"),
    "extra_forbidden": T("is not a known field", "未知字段"),
    "int_type": T("must be a whole number", "必须是整数"),
    "int_parsing": T("must be a whole number", "必须是整数"),
    "int_from_float": T("must be a whole number", "必须是整数"),
    "string_type": T("must be text", "必须是文本"),
    "float_type": T("must be a number", "必须是数字"),
    "float_parsing": T("must be a number", "必须是数字"),
    "finite_number": T("must be a number", "必须是数字"),
    "int_parsing_size": T("is too large", "过大"),
    "string_pattern_mismatch": T("is not written as it must be", "格式不符"),
    "bool_parsing": T("must be true or false", "必须是 true 或 false"),
    "string_too_short": T("must not be empty", "不能为空"),
    "string_too_long": T("is too long", "过长"),
    "greater_than_equal": T("is too small", "过小"),
    "less_than_equal": T("is too large", "过大"),
    "greater_than": T("is too small", "过小"),
    "less_than": T("is too large", "过大"),
    "bool_type": T("must be true or false", "必须是 true 或 false"),
    "list_type": T("must be a list", "必须是列表"),
    "too_short": T("has too few entries", "条目过少"),
    "too_long": T("has too many entries", "条目过多"),
    "enum": T("is not one of the known words", "不是允许的取值"),
    "literal_error": T("is not one of the known words", "不是允许的取值"),
    "date_from_datetime_parsing": T("must be a date, as 2027-03-31", "必须是日期，如 2027-03-31"),
    "date_parsing": T("must be a date, as 2027-03-31", "必须是日期，如 2027-03-31"),
    "date_type": T("must be a date, as 2027-03-31", "必须是日期，如 2027-03-31"),
    "datetime_parsing": T("must be a time, as 2027-03-31T08:00:00Z", "必须是时间，如 2027-03-31T08:00:00Z"),
    "datetime_from_date_parsing": T("must be a time, as 2027-03-31T08:00:00Z", "必须是时间，如 2027-03-31T08:00:00Z"),
    "datetime_type": T("must be a time, as 2027-03-31T08:00:00Z", "必须是时间，如 2027-03-31T08:00:00Z"),
    "timezone_aware": T("must be a time with its zone, as 2027-03-31T08:00:00Z", "时间须带时区，如 2027-03-31T08:00:00Z"),
    "control_character": T("contains control characters", "含有控制字符"),
    "model_type": T("must be an object", "必须是对象"),
    "model_attributes_type": T("must be an object", "必须是对象"),
    "dict_type": T("must be an object", "必须是对象"),
}


_AS_LONG_AS_A_SENTENCE = 300
_MORE_THAN_NOTHING = T("must be more than 0", "须大于 0")


def pointer(place: Sequence[int | str]) -> str:
    """Where in a JSON body: /lines/0/quantity (RFC 6901)."""
    return "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in place)


def words_of(error: Any) -> Text:
    """What is wrong, of one error that pydantic found."""
    known = _SENTENCES.get(error["type"])
    limits = error.get("ctx") or {}
    if error["type"] in ("enum", "literal_error") and len(expected := str(limits.get("expected", ""))) < _AS_LONG_AS_A_SENTENCE:
        words = ", ".join(re.findall(r"'([^']*)'", expected))
        return T("is not one of the known words: {words}", "不是允许的取值，可用：{words}", words=words) if words else _SENTENCES["enum"]
    if limits.get("gt") == 0 or (error["type"] == "greater_than_equal" and 0 < limits.get("ge", 0) <= 1):
        return _MORE_THAN_NOTHING
    if known:
        return known
    message = str(error["msg"]).replace("{", "(").replace("}", ")")
    return T(message, message)


def place_of(error: db.TooLong) -> tuple[str, ...]:
    """Where the text stands in the request's body or form: a column knows its own name only. Empty when it stands nowhere."""
    body = request.get_json(silent=True) if request.is_json else request.form.to_dict()
    return next(_places(body, db.fold(error.text)), ())


def _places(part: Any, wanted: str, *above: str) -> Iterator[tuple[str, ...]]:
    if isinstance(part, str) and db.fold(part) == wanted:
        yield above
    inside = part.items() if isinstance(part, dict) else enumerate(part) if isinstance(part, list) else ()
    for name, one in inside:
        yield from _places(one, wanted, *above, str(name))


def install(app: Flask) -> None:
    """Hangs the one handler in."""
    app.register_error_handler(WarehouseError, _answer)
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(DBAPIError, _database)
    app.register_error_handler(Exception, _mistake)


def _http(error: HTTPException) -> Any:
    if error.response is not None or error.code is None or error.code < 400:
        return error
    code, sentence = _HTTP.get(error.code, (HTTPStatus(error.code).phrase.lower().replace(" ", "_"), None))
    response = _answer(HttpRefusal(error.code, code, sentence or T(error.name, error.name), method=request.method))
    for name, value in error.get_headers():
        if name == "Allow":
            response.headers[name] = value
    return response


def _database(error: DBAPIError) -> Response:
    if db.is_double(error):
        log.warning("integrity", path=request.path, error=str(error.orig))
        return _answer(SomebodyWasFirst())
    if isinstance(error, DataError):
        log.warning("data", path=request.path, error=str(error.orig))
        return _answer(OutOfRange())
    if db.may_try_again(error):
        log.warning("busy", path=request.path, error=str(error.orig))
        return _answer(Busy())
    return _mistake(error)


def _mistake(error: Exception) -> Response:
    if current_app.testing:
        raise error
    reference = secrets.token_hex(4)
    log.error("mistake", reference=reference, method=request.method, path=request.path, exc_info=error)
    return _answer(OurMistake(reference=reference))


def _answer(error: WarehouseError) -> Response:
    db.session.rollback()
    if isinstance(error, db.TooLong):
        error.pointer = pointer(place_of(error)) or error.pointer
    language = access.language()
    if access.for_machines():
        response = Response(json.dumps(problem(error, language), ensure_ascii=False), error.status, mimetype="application/problem+json")
    else:
        shown = {
            "status": error.status,
            "title": None,
            "text": error.say(language),
            "advice": error.advise(language),
            "code": error.code,
            "reference": error.facts.get("reference"),
        }
        response = Response(render("errors/error", error=shown), error.status, mimetype="text/html")
    if error.status == HTTPStatus.UNAUTHORIZED:
        response.headers["WWW-Authenticate"] = "Bearer"
    if isinstance(error, Busy | rates.TooManyRequests):
        response.headers["Retry-After"] = str(error.wait_seconds)
    return response


def problem(error: WarehouseError, language: str) -> dict[str, Any]:
    """The problem document of a refusal."""
    advice = error.advise(language)
    said = {
        "type": f"/api/v1/docs#{error.code}",
        "title": HTTPStatus(error.status).phrase,
        "status": error.status,
        "detail": error.say(language) + (f". {advice}" if advice and language == "en" else f"。{advice}" if advice else ""),
        "code": error.code,
    }
    if isinstance(error, BodyInvalid):
        said["errors"] = error.listed(language)
    elif isinstance(error, Invalid) and error.pointer is not None:
        said["errors"] = [{"pointer": error.pointer, "code": error.code, "detail": error.say(language)}]
    return said
