"""Nonsense at every door of the inbound side: refused in words, never our own fault, whatever stands in an address, a body or a form."""

from __future__ import annotations

import html
import itertools
import json
import re
import traceback
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest

from tests.journeys.test_two_sites import FORMS_OF_FILES, OWN_LIST, Side, address_of, asked, doors, sent
from tests.warehouse import Warehouse
from wms.app import Application

NUMBERS = ["0", "999999999999", "9223372036854775807", "9223372036854775808", "9" * 4400]
TEXTS = [
    "x" * 200, "x" * 10_000, "\u202eGNIHTYNA", "📦", "٣", "a\x00b", "a\x07b", "a\nb",
    "' OR 1=1 --", "%00", "../../etc/passwd", "\ud83d", " ", "²",
]  # fmt: skip
DATES = ["2025-02-29", "0000-00-00", "9999-12-31", "1-1-1", "31.12.2026", "2026-02-29T00:00:00Z", "+999999-01-01T00:00:00Z"]
QUERY = (
    "q", "status", "owner", "kind", "partner", "day", "dock", "at", "move", "order", "site", "page", "sort", "cursor", "limit",
    "sku", "quantity", "height_mm", "start", "try_sku", "try_quantity", "first", "last", "consignment", "late",
)  # fmt: skip
VALUES: list[Any] = [None, True, 0, -1, 1.5, 10**30, -(10**30), float("nan"), float("inf"), [], {}, [[]], [None], *TEXTS, *DATES, *NUMBERS]


@pytest.fixture
def language() -> str:
    """One is enough here."""
    return "en"


@pytest.fixture
def here(app: Application, w: Warehouse) -> Side:
    """A site with one of everything."""
    return Side(app, w, "H-", "MAIN")


class Sample:
    """A few values, others each time: every place gets some, and all of them are tried somewhere. More where there is time."""

    def __init__(self, more: bool) -> None:
        self.more, self.turn = more, itertools.count()

    def __call__(self, values: list[Any], part: int) -> list[Any]:
        step = part if self.more else part * 5
        return values[next(self.turn) % min(step, len(values)) :: step]


@pytest.fixture
def some(soak: bool) -> Sample:
    """How many of the values each place gets."""
    return Sample(soak)


def wrongly(ask: Callable[[], Any]) -> str | None:
    """What is our own fault in an answer, or a refusal to a machine that is none."""
    try:
        answer = ask()
    except Exception as error:  # the fault itself, not its page
        where = [one.name for one in traceback.extract_tb(error.__traceback__) if "/wms/" in one.filename]
        return f"{type(error).__name__} {str(error)[:160]} {where[-4:]}"
    return f"{answer.status} {answer.text[:200]}" if _wrong(answer) else None


def _wrong(answer: Any) -> bool:
    """Whether an answer is our own fault, or a refusal to a machine that is none."""
    if answer.status_code >= 500:
        return True
    return answer.request.path.startswith("/api/") and answer.status_code >= 400 and not (answer.get_json(silent=True) or {}).get("code")


def ways(body: Any, way: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Each place in a body, and the places that are not in it but may be."""
    found = [way] if way else []
    inner = body.items() if isinstance(body, dict) else enumerate(body) if isinstance(body, list) else ()
    for name, value in inner:
        found += ways(value, (*way, name))
    return found


def put(body: Any, way: tuple[Any, ...], value: Any) -> Any:
    """The body with this at that place."""
    told = json.loads(json.dumps(body))
    inner = told
    for part in way[:-1]:
        inner = inner[part]
    inner[way[-1]] = value
    return told


def example(schema: dict[str, Any], document: dict[str, Any]) -> Any:
    """Something of every field that a schema knows."""
    if "$ref" in schema:
        return example(document["components"]["schemas"][schema["$ref"].rpartition("/")[2]], document)
    if "anyOf" in schema:
        return example(schema["anyOf"][0], document)
    if schema.get("type") == "object":
        return {name: example(one, document) for name, one in schema.get("properties", {}).items()}
    if schema.get("type") == "array":
        return [example(schema.get("items", {}), document)]
    if "enum" in schema:
        return schema["enum"][0]
    return {"integer": 1, "boolean": True}.get(schema.get("type", ""), "x")


@pytest.mark.sqlite
def test_no_body_is_our_own_fault(here: Side, app: Application, some: Sample) -> None:
    document = here.api.client.get("/api/v1/openapi.json").get_json()
    models = {f"{one.room}_api.{one.name}": one for one in app.extensions["wms_endpoints"]}
    wrong = []
    for rule in doors(app):
        one = models.get(rule.endpoint)
        if one is None or one.body is None:
            continue
        (method,) = rule.methods - {"HEAD", "OPTIONS"}
        right = sent(rule, here)["json"]
        every = {**example({"$ref": f"/{one.body.__name__}"}, document), **right}
        for way in ways(every):
            body = right if way[0] in right and len(way) == 1 else {**every, "site": "MAIN"} if "site" in every else every
            for value in some(VALUES, 8):
                sending = {"data": json.dumps(put({**body, way[0]: every[way[0]]}, way, value)), "content_type": "application/json"}
                said = wrongly(partial(asked, here, method, address_of(rule, here.names), **sending))
                if said:
                    wrong.append(f"{rule.endpoint} {way} {value!r:.40}: {said}")
    assert not wrong, "\n".join(wrong)


@pytest.mark.sqlite
def test_no_address_is_our_own_fault(here: Side, app: Application, some: Sample) -> None:
    wrong = []
    for rule in doors(app):
        for method in sorted(rule.methods - {"HEAD", "OPTIONS"}):
            for text in some([*NUMBERS, *TEXTS], 9):
                if any(ord(one) > 0xD7FF and ord(one) < 0xE000 for one in text):
                    continue
                address = re.sub(r"<any\(([^,)]+)[^>]*>", r"\1", rule.rule)
                address = re.sub(r"<int:[^>]+>", text if text.isascii() and text.isdecimal() else "7", address)
                address = re.sub(r"<[^>]+>", text.replace("%", "%25").replace("\\", r"\\"), address)
                said = wrongly(partial(asked, here, method, address, **sent(rule, here)))
                if said:
                    wrong.append(f"{method} {rule.rule} {text!r:.40}: {said}")
            if "GET" in rule.methods and not rule.arguments:
                for name in QUERY:
                    for text in some([*NUMBERS, *TEXTS, *DATES], 25):
                        query = {"sku": "TEA", "try_sku": "TEA", name: text.encode("utf-8", "replace").decode()}
                        said = wrongly(partial(asked, here, "GET", rule.rule, query_string=query))
                        if said:
                            wrong.append(f"{method} {rule.rule} {name}={text!r:.40}: {said}")
    assert not wrong, "\n".join(wrong)


def forms_of(page: str, address: str) -> dict[str, list[str]]:
    """Each form on a page that writes: where it goes, and its fields."""
    found: dict[str, list[str]] = {}
    for attributes, inner in re.findall(r"<form([^>]*)>(.*?)</form>", page, re.DOTALL):
        if 'method="post"' in attributes:
            action = re.search(r'action="([^"]*)"', attributes)
            names = re.findall(r'<(?:input|select|textarea|button)[^>]*? name="([^"]+)"', inner)
            found[html.unescape(action[1]) if action else address] = [
                one for one in dict.fromkeys(names) if one not in ("csrf_token", "once")
            ]
    return found


@pytest.mark.sqlite
def test_no_form_is_our_own_fault(here: Side, app: Application, some: Sample) -> None:
    forms: dict[str, list[str]] = {}
    for rule in doors(app):
        if "GET" in rule.methods and "_api" not in rule.endpoint and rule.endpoint not in OWN_LIST | FORMS_OF_FILES:
            for address in (address_of(rule, here.names), address_of(rule, {**here.names, "return": here.names["scrapping"]})):
                answer = asked(here, "GET", address)
                forms |= forms_of(answer.text, address) if answer.mimetype == "text/html" else {}
    room = ("/receiving", "/returns", "/plates", "/inbound-orders", "/photos")
    tried, wrong = 0, []
    for address, names in sorted(forms.items()):
        if not address.startswith(room):
            continue
        for name in names:
            for text in some([*NUMBERS, *TEXTS, *DATES], 9):
                fields = {**dict.fromkeys(names, "1"), name: text.encode("utf-8", "replace").decode()}
                said = wrongly(partial(asked, here, "POST", address, data=fields))
                tried += 1
                if said:
                    wrong.append(f"{address} {name}={text!r:.40}: {said}")
    assert not wrong, "\n".join(wrong)
    assert tried > 100
