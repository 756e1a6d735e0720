"""The same screen as a page, a fragment and JSON."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from flask import g
from flask.testing import FlaskClient

from tests.scan.conftest import EAN, stock_the_house
from tests.scan.toy import hand, toy
from tests.warehouse import Warehouse
from wms import db
from wms.actor import Role
from wms.app import Application
from wms.auth import people
from wms.scan.engine import Engine

JSON = "/api/v1/scan/toy"


class Stranger(FlaskClient):
    """Requests that share nothing: the test's own application context would carry who asked last."""

    def open(self, *args: Any, **more: Any) -> Any:
        for name in list(g):
            g.pop(name)
        return super().open(*args, **more)


@pytest.fixture
def client(app: Application, w: Warehouse, monkeypatch: pytest.MonkeyPatch) -> FlaskClient:
    monkeypatch.setattr(app, "test_client_class", Stranger)
    monkeypatch.setitem(app.extensions, "wms_scan", Engine([toy, hand]))
    stock_the_house(w)
    return app.test_client()


def token(role: Role = Role.ADMIN, language: str | None = "en") -> dict[str, str]:
    with db.transaction():
        person, secret = people.create_token("device", role)
        person.language = language
    return {"Authorization": f"Bearer {secret}"}


@pytest.fixture
def bearer(client: FlaskClient) -> dict[str, str]:
    return token()


def post(client: FlaskClient, bearer: dict[str, str], scan: Any, version: Any, key: Any, **more: Any) -> Any:
    return client.post(JSON, json={"scan": scan, "version": version, "key": key, **more}, headers=bearer)


def test_json_is_the_screen_of_the_contract(client: FlaskClient, bearer: dict[str, str]) -> None:
    seen = client.get(JSON, headers=bearer).json
    assert (seen["flow"], seen["step"], seen["version"], seen["title"], seen["expected"], seen["printed"]) == (
        "toy",
        "start",
        0,
        "Toy",
        None,
        [],
    )
    answer = post(client, bearer, "D-1", 0, "a").json
    assert answer["prompt"] == "Scan location A-01"
    assert answer["expected"] == "A-01"
    assert answer["accepts"] == ["location", "command"]
    assert answer["progress"] == {"done": 1, "of": 2}
    assert answer["message"] == {"tone": "calm", "text": "", "detail": None, "code": None}
    assert isinstance(answer["version"], int)


def test_the_same_key_is_answered_byte_for_byte(client: FlaskClient, bearer: dict[str, str]) -> None:
    first = post(client, bearer, "D-1", 0, "a")
    post(client, bearer, "A-01", 1, "b")
    for _ in range(2):
        again = post(client, bearer, "D-1", 0, "a")
        assert (again.status_code, again.data) == (200, first.data)
    other = post(client, bearer, "D-2", 0, "a")
    assert (other.status_code, other.mimetype, other.json["code"]) == (422, "application/problem+json", "key_reused")


def test_an_old_version_is_409_with_the_current_screen(client: FlaskClient, bearer: dict[str, str]) -> None:
    post(client, bearer, "D-1", 0, "a")
    old = post(client, bearer, "D-1", 0, "b")
    assert (old.status_code, old.json["step"], old.json["version"], old.json["message"]["tone"]) == (409, "place", 1, "ask")


def test_the_idempotency_header_is_the_key_when_the_body_has_none(client: FlaskClient, bearer: dict[str, str]) -> None:
    headers = {**bearer, "Idempotency-Key": "h"}
    first = client.post(JSON, json={"scan": "D-1", "version": 0}, headers=headers)
    again = client.post(JSON, json={"scan": "D-1", "version": 0}, headers=headers)
    assert (first.status_code, again.data) == (200, first.data)


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({}, 422, "invalid_input"),
        ({"scan": "D-1", "version": 0}, 422, "key_wrong"),
        ({"scan": "D-1", "version": "0", "key": "k"}, 422, "invalid_input"),
        ({"scan": "D-1", "version": -1, "key": "k"}, 422, "invalid_input"),
        ({"scan": 7, "version": 0, "key": "k"}, 422, "invalid_input"),
        ({"scan": "D-1", "version": 0, "key": "k", "more": 1}, 422, "invalid_input"),
        ({"scan": "D-1", "version": 0, "key": ""}, 422, "key_wrong"),
        ([], 422, "invalid_input"),
    ],
)
def test_a_body_that_is_no_scan_is_a_problem(client: FlaskClient, bearer: dict[str, str], body: Any, status: int, code: str) -> None:
    answer = client.post(JSON, json=body, headers=bearer)
    assert (answer.status_code, answer.mimetype, answer.json["code"]) == (status, "application/problem+json", code)
    assert client.get(JSON, headers=bearer).json["version"] == 0


@pytest.mark.parametrize("raw", [b"", b"{", b'{"scan": "\\ud800", "version": 0, "key": "k"}', b"\xff\xfe"])
def test_what_is_no_json_is_a_problem(client: FlaskClient, bearer: dict[str, str], raw: bytes) -> None:
    answer = client.post(JSON, data=raw, content_type="application/json", headers=bearer)
    assert answer.status_code in (400, 422)
    assert answer.mimetype == "application/problem+json"


@pytest.mark.parametrize("text", ["x" * 10_000, "\x00\x01", "", "-5", "\x1d\x1d", "' OR 1=1"])
def test_a_scan_that_cannot_be_meant_is_a_screen_in_red(client: FlaskClient, bearer: dict[str, str], text: str) -> None:
    answer = post(client, bearer, text, 0, "a")
    assert (answer.status_code, answer.json["step"], answer.json["version"]) == (200, "start", 1)
    assert answer.json["message"]["tone"] == "stop"
    assert answer.json["message"]["code"]


def test_strangers_unknown_flows_and_missing_rights(client: FlaskClient, bearer: dict[str, str]) -> None:
    assert client.get(JSON).status_code == 401
    unknown = client.get("/api/v1/scan/nothing", headers=bearer)
    assert (unknown.status_code, unknown.json["code"]) == (404, "flow_unknown")
    sales = token(Role.SALES)
    for answer in (client.get(JSON, headers=sales), post(client, sales, "D-1", 0, "k")):
        assert (answer.status_code, answer.json["code"]) == (403, "not_permitted")


def test_each_person_reads_their_own_language(client: FlaskClient) -> None:
    chinese = token(language="zh_CN")
    answer = post(client, chinese, "D-1", 0, "a").json
    assert (answer["title"], answer["prompt"]) == ("玩具", "扫描库位 A-01")
    answer = post(client, chinese, "B-01", 1, "b").json
    assert answer["message"]["text"] == "这是库位 B-01，不是 A-01"


# -- pages --------------------------------------------------------------------------------------------------------------


def test_the_page_works_without_javascript(client: FlaskClient, bearer: dict[str, str]) -> None:
    page = client.get("/scan/toy", headers=bearer).text
    assert '<form id="scan" method="post"' in page
    for name in ("scan", "version", "key"):
        assert f'name="{name}"' in page
    answer = client.post("/scan/toy", data={"scan": "D-1", "version": "0", "key": ""}, headers=bearer)
    assert answer.status_code == 200
    assert 'data-flow="toy"' in answer.text
    assert 'data-step="place"' in answer.text
    assert 'data-tone="calm"' in answer.text
    assert 'data-expected="A-01"' in answer.text
    assert "<html" in answer.text


def test_htmx_gets_the_fragment(client: FlaskClient, bearer: dict[str, str]) -> None:
    answer = client.post("/scan/toy", data={"scan": "D-1", "version": "0", "key": "k"}, headers={**bearer, "HX-Request": "true"})
    assert "<html" not in answer.text
    assert re.search(r'id="screen"[^>]*data-step="place"', answer.text, re.S)
    refused = client.post("/scan/toy", data={"scan": "X", "version": "1", "key": "l"}, headers={**bearer, "HX-Request": "true"})
    assert 'data-tone="stop"' in refused.text
    assert 'data-code="location_unknown"' in refused.text
    old = client.post("/scan/toy", data={"scan": "X", "version": "zero", "key": "m"}, headers={**bearer, "HX-Request": "true"})
    assert (old.status_code, 'data-version="2"' in old.text) == (409, True)


def test_what_was_scanned_is_never_markup(client: FlaskClient, bearer: dict[str, str]) -> None:
    answer = client.post("/scan/toy", data={"scan": "<script>alert(1)</script>", "version": "0"}, headers=bearer)
    assert "<script>alert" not in answer.text


def test_a_flow_that_hands_over_redirects_to_the_other(client: FlaskClient, bearer: dict[str, str]) -> None:
    answer = client.post("/scan/hand", data={"scan": "CMD:NEXT", "version": "0", "key": "k"}, headers=bearer)
    assert (answer.status_code, answer.headers["Location"]) == (303, "/scan/toy")


def test_the_menu_shows_the_flows_of_the_person(client: FlaskClient, bearer: dict[str, str]) -> None:
    assert "/scan/toy" in client.get("/scan", headers=bearer).text
    assert "/scan/toy" not in client.get("/scan/", headers=token(Role.SALES)).text


def test_one_label_through_http_keeps_its_separators(client: FlaskClient, bearer: dict[str, str]) -> None:
    post(client, bearer, "D-1", 0, "a")
    post(client, bearer, "A-01", 1, "b")
    answer = post(client, bearer, f"]C1010{EAN}10LOT\x1d375", 2, "c")
    assert json.loads(answer.data)["step"] == "target"
