"""The wrapper around every endpoint: reading, refusing, answering once."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from flask import Flask

from tests.http import Api
from tests.orders.desk import Desk
from tests.warehouse import Warehouse
from wms.web import idempotency

MOVE = {"sku": "TEA", "quantity": 1, "source": "A-01", "target": "A-02"}


@pytest.fixture
def tea(w: Warehouse) -> Warehouse:
    w.receive("TEA", 10, at="A-01")
    w.location("A-02")
    return w


def test_a_key_acts_once_and_answers_the_same(tea: Warehouse, api: Api) -> None:
    first = api.post("/stock/moves", MOVE, key="k")
    again = api.post("/stock/moves", {**dict(reversed(MOVE.items()))}, key="k", status=201)
    assert again == first
    assert api.last.headers["Idempotency-Replayed"] == "true"
    assert tea.on_hand("TEA", at="A-02") == 1


def test_a_key_with_another_body_is_refused(tea: Warehouse, api: Api) -> None:
    api.post("/stock/moves", MOVE, key="k")
    assert api.post("/stock/moves", {**MOVE, "quantity": 2}, key="k", status=422)["code"] == "key_reused"
    assert tea.on_hand("TEA", at="A-02") == 1


def test_a_key_belongs_to_its_token(app: Flask, tea: Warehouse, api: Api) -> None:
    api.post("/stock/moves", MOVE, key="k")
    Api(app).post("/stock/moves", MOVE, key="k")
    assert tea.on_hand("TEA", at="A-02") == 2


def test_a_refusal_is_not_stored_under_its_key(tea: Warehouse, api: Api) -> None:
    assert api.post("/stock/moves", {**MOVE, "quantity": 11}, key="k", status=409)["code"] == "not_enough"
    tea.receive("TEA", 5, at="A-01")
    api.post("/stock/moves", {**MOVE, "quantity": 11}, key="k")
    assert tea.on_hand("TEA", at="A-02") == 11


def test_a_key_that_is_still_in_hand_is_told_so(tea: Warehouse, api: Api) -> None:
    with idempotency.held(api.person_id, "k"):
        assert api.post("/stock/moves", MOVE, key="k", status=409)["code"] == "in_flight"
    api.post("/stock/moves", MOVE, key="k")


def test_a_key_goes_with_whatever_an_endpoint_without_a_body_is_sent(tea: Warehouse, api: Api) -> None:
    Desk(tea).enter("SO-1", TEA=1)
    nested = {"data": "[" * 100_000, "content_type": "application/json", "headers": {**api.headers, "Idempotency-Key": "k"}}
    answers = [api.client.post("/api/v1/orders/SO-1/watch", **nested) for _ in range(2)]
    assert [one.status_code for one in answers] == [200, 200]


def test_many_senders_of_one_key_move_once(app: Flask, tea: Warehouse, api: Api) -> None:
    statuses: list[int] = []

    def send() -> None:
        client = app.test_client()
        answer: Any = client.post("/api/v1/stock/moves", json=MOVE, headers={**api.headers, "Idempotency-Key": "k"})
        statuses.append(answer.status_code)

    senders = [threading.Thread(target=send) for _ in range(8)]
    for one in senders:
        one.start()
    for one in senders:
        one.join()
    assert set(statuses) <= {201, 409}
    assert 201 in statuses
    assert tea.on_hand("TEA", at="A-02") == 1


@pytest.mark.sqlite
@pytest.mark.parametrize("key", ["x" * 201, "bell\x07"])
def test_a_key_is_short_printable_text(tea: Warehouse, key: str) -> None:
    with pytest.raises(idempotency.KeyWrong), idempotency.held(1, key):
        pass


@pytest.mark.sqlite
@pytest.mark.parametrize(
    ("body", "pointer", "code"),
    [
        ({**MOVE, "colour": "red"}, "/colour", "unknown_field"),
        ({**MOVE, "quantity": 0}, "/quantity", "greater_than_equal"),
        ({**MOVE, "quantity": -3}, "/quantity", "greater_than_equal"),
        ({**MOVE, "quantity": 10**30}, "/quantity", "less_than_equal"),
        ({**MOVE, "quantity": "5"}, "/quantity", "int_type"),
        ({**MOVE, "quantity": 1.5}, "/quantity", "int_type"),
        ({**MOVE, "quantity": True}, "/quantity", "int_type"),
        ({**MOVE, "quantity": None}, "/quantity", "int_type"),
        ({**MOVE, "sku": ""}, "/sku", "string_too_short"),
        ({**MOVE, "sku": "x" * 10_000}, "/sku", "string_too_long"),
        ({**MOVE, "sku": "a\u0007b"}, "/sku", "control_character"),
        ({**MOVE, "sku": "a\nb"}, "/sku", "control_character"),
        ({"quantity": 1}, "/sku", "missing"),
    ],
)
def test_wrong_input_is_named_by_its_pointer(tea: Warehouse, api: Api, body: dict[str, Any], pointer: str, code: str) -> None:
    problem = api.post("/stock/moves", body, status=422)
    assert api.last.mimetype == "application/problem+json"
    assert problem["code"] == "invalid_input"
    assert {"type", "title", "status", "detail"} <= problem.keys()
    assert {"pointer": pointer, "code": code} in [{"pointer": e["pointer"], "code": e["code"]} for e in problem["errors"]]
    assert tea.on_hand("TEA", at="A-02") == 0


@pytest.mark.sqlite
def test_a_pointer_leads_into_lists(api: Api) -> None:
    body = {"name": "Tea", "packagings": [{"unit": "case", "quantity": 12}, {"unit": "box", "quantity": -1}]}
    assert api.put("/products/TEA", body, status=422)["errors"][0]["pointer"] == "/packagings/1/quantity"


@pytest.mark.sqlite
@pytest.mark.parametrize(
    ("raw", "kind", "status", "code"),
    [
        (b"{nope", "application/json", 400, "malformed_json"),
        (b"\xff\xfe", "application/json", 400, "malformed_json"),
        (b'{"sku": "\\ud800"}', "application/json", 400, "malformed_json"),
        (b"[1]", "application/json", 422, "invalid_input"),
        (b"null", "application/json", 422, "invalid_input"),
        (b"{}", "text/plain", 415, "media_type"),
        (b"a=b", "application/x-www-form-urlencoded", 415, "media_type"),
        (b"[" * 100_000, "application/json", 400, "malformed_json"),
    ],
)
def test_a_body_that_is_no_json_object_is_refused(api: Api, raw: bytes, kind: str, status: int, code: str) -> None:
    answer = api.client.post("/api/v1/stock/moves", data=raw, content_type=kind, headers=api.headers)
    assert (answer.status_code, answer.get_json()["code"]) == (status, code)


@pytest.mark.sqlite
def test_a_body_that_is_too_large_is_refused(api: Api) -> None:
    answer = api.client.post("/api/v1/stock/moves", data=b"x" * (17 * 1024 * 1024), content_type="application/json", headers=api.headers)
    assert (answer.status_code, answer.get_json()["code"]) == (413, "too_large")


@pytest.mark.sqlite
def test_another_method_is_told_which_ones_there_are(api: Api) -> None:
    answer = api.client.delete("/api/v1/stock/moves", headers=api.headers)
    assert answer.get_json()["code"] == "method_not_allowed"
    assert "POST" in answer.headers["Allow"]


@pytest.mark.sqlite
def test_problems_speak_both_languages(app: Flask, w: Warehouse) -> None:
    assert Api(app, language="zh-CN").get("/products/NONE", status=404)["detail"].startswith("没有此商品：NONE")
    assert Api(app, language="en").get("/products/NONE", status=404)["detail"].startswith("There is no product NONE")


def test_a_list_is_walked_by_its_cursor_and_shows_nothing_twice(w: Warehouse, api: Api) -> None:
    for number in range(7):
        w.receive(f"P{number}", 1, at="A-01")
    seen: list[str] = []
    cursor = ""
    while True:
        page = api.get("/stock", limit=3, cursor=cursor)
        seen += [row["sku"] for row in page["items"]]
        cursor = page["next"]
        if cursor is None:
            break
    assert seen == [f"P{number}" for number in range(7)]
    assert api.get("/stock", cursor="nonsense", status=422)["code"] == "cursor_wrong"
    assert api.get("/stock", limit=0, status=422)["code"] == "invalid_input"
    assert api.get("/stock", no_such="x", status=422)["errors"][0]["pointer"] == "/no_such"


@pytest.mark.sqlite
def test_an_error_of_ours_is_a_problem_with_a_reference(app: Flask, api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_args: Any, **_more: Any) -> None:
        raise RuntimeError("secret detail")

    monkeypatch.setattr("wms.stock.queries.rows", broken)
    monkeypatch.setattr(app, "testing", False)
    problem = api.get("/stock", status=500)
    assert problem["code"] == "internal_error"
    assert "secret detail" not in str(problem)
