"""Every route declares who may call it, and nothing answers a stranger."""

from __future__ import annotations

import re

import pytest
from flask import Flask

from tests.http import Api, Client
from tests.warehouse import Warehouse
from tests.web.desk import Desk, token_of
from wms.actor import PERMISSIONS, Permission, Role
from wms.auth import current
from wms.web.access import PUBLIC, declared

OPEN = {
    "/healthz", "/readyz", "/metrics", "/api/v1/openapi.json", "/api/v1/docs",
    "/sign-in", "/sign-in/desk", "/enrol", "/sign-out", "/language", "/static/<path:filename>", "/track/<token>",
}  # fmt: skip


def _address(rule: str) -> str:
    rule = re.sub(r"<any\((\w+)[^>]*>", r"\1", rule)
    return re.sub(r"<int:[^>]+>", "1", re.sub(r"<(?!int)[^>]+>", "x", rule))


@pytest.mark.sqlite
def test_every_route_declares_a_permission(app: Flask) -> None:
    silent = [rule.rule for rule in app.url_map.iter_rules() if declared(app, rule.endpoint) is None]
    assert silent == []


@pytest.mark.sqlite
def test_only_the_named_addresses_are_open_to_the_public(app: Flask) -> None:
    assert {rule.rule for rule in app.url_map.iter_rules() if declared(app, rule.endpoint) is PUBLIC} == OPEN


@pytest.mark.sqlite
def test_a_stranger_gets_nothing_but_the_way_to_sign_in(app: Flask, client: Client) -> None:
    for rule in app.url_map.iter_rules():
        if declared(app, rule.endpoint) is PUBLIC:
            continue
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}:
            answer = client.open(_address(rule.rule), method=method)
            expected = 401 if rule.rule.startswith("/api/") else 302
            assert answer.status_code == expected, f"{method} {rule.rule}: {answer.status}"
            if expected == 302:
                assert answer.headers["Location"].startswith("/sign-in")


@pytest.mark.sqlite
def test_the_api_answers_401_before_404(client: Client, api: Api) -> None:
    assert client.get("/api/v1/nothing/here").status_code == 401
    assert client.get("/api/v1/nothing/here", headers={"Authorization": "Bearer made-up"}).status_code == 401
    assert api.get("/nothing/here", status=404)["code"] == "address_unknown"


@pytest.mark.sqlite
@pytest.mark.parametrize("role", [Role.GATE, Role.SALES, Role.PICKER])
def test_a_role_is_kept_out_of_what_it_may_not_do(app: Flask, w: Warehouse, role: Role) -> None:
    token = Api(app, role)
    for rule in app.url_map.iter_rules():
        needed = declared(app, rule.endpoint)
        if not isinstance(needed, Permission) or needed in PERMISSIONS[role]:
            continue
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}:
            answer = token.client.open(_address(rule.rule), method=method, headers=token.headers)
            assert answer.status_code == 403, f"{role} {method} {rule.rule}: {answer.status}"
            assert answer.get_json()["code"] == "not_permitted"


def test_every_permission_has_words_in_both_languages() -> None:
    for permission in Permission:
        assert permission.text.en
        assert permission.text.zh


@pytest.mark.sqlite
def test_a_form_without_its_token_is_refused(client: Client) -> None:
    desk = Desk(client)
    answer = client.post("/stock/adjust", data={"sku": "X", "location": "Y", "quantity": "1", "reason": "r"})
    assert answer.status_code == 403
    assert "form_stale" in answer.text
    desk.post("/stock/adjust", sku="X", location="Y", quantity="1", reason="r", status=422)


@pytest.mark.sqlite
def test_a_form_of_another_session_is_refused(app: Flask, client: Client) -> None:
    Desk(client, name="ann")
    other = Desk(app.test_client(), name="bob")  # type: ignore[arg-type]
    assert client.post("/stock/adjust", data={"csrf_token": other.token}).status_code == 403


@pytest.mark.sqlite
def test_a_visitor_can_sign_in_because_their_form_has_a_token_too(client: Client) -> None:
    assert client.post("/sign-in/desk", data={"name": "a", "password": "b"}).status_code == 403
    page = client.get("/sign-in/desk").text
    assert client.post("/sign-in/desk", data={"csrf_token": token_of(page), "name": "a", "password": "b"}).status_code == 422


@pytest.mark.sqlite
def test_htmx_is_sent_to_the_sign_in_page_by_its_own_header(client: Client) -> None:
    answer = client.get("/stock", headers={"HX-Request": "true"})
    assert answer.status_code == 401
    assert answer.headers["HX-Redirect"].startswith("/sign-in")


@pytest.mark.sqlite
def test_a_token_names_its_site_and_never_sees_another(app: Flask, w: Warehouse) -> None:
    other = w.site("NORTH")
    w.location("N-01", site=other)
    everywhere, bound = Api(app), Api(app, site_id=w.site_id)
    assert everywhere.get("/locations/N-01", site="north")["site"] == "NORTH"
    assert everywhere.get("/locations/N-01", status=404)["code"] == "location_unknown"
    assert bound.get("/locations/N-01", site="NORTH", status=404)["code"] == "site_unknown"
    everywhere.put("/locations/N-02", {"site": "NORTH", "kind": "storage"}, status=201)
    assert bound.put("/locations/N-03", {"site": "NORTH", "kind": "storage"}, status=404)["code"] == "site_unknown"
    assert bound.get("/locations/N-02", status=404)["code"] == "location_unknown"


@pytest.mark.sqlite
def test_a_known_token_costs_no_statement_for_two_seconds(app: Flask, api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    looked_up = []
    real = current._by_token
    monkeypatch.setattr(current, "_by_token", lambda hashed: looked_up.append(hashed) or real(hashed))
    for _ in range(5):
        api.get("/stock")
    assert len(looked_up) == 1


@pytest.mark.sqlite
def test_every_answer_carries_the_content_security_policy(client: Client) -> None:
    for address in ("/sign-in/desk", "/api/v1/docs", "/static/css/base.css", "/api/v1/nope"):
        policy = client.get(address).headers["Content-Security-Policy"]
        assert policy.startswith("default-src 'none'; script-src 'self'; style-src 'self';")
        assert "unsafe" not in policy


@pytest.mark.sqlite
def test_characters_that_are_no_text_are_refused_at_the_door(client: Client, api: Api) -> None:
    assert api.get("/stock", status=400, sku="a\x00b")["code"] == "unreadable"
    desk = Desk(client)
    desk.post("/stock/adjust", status=400, sku="a\x00b")


def test_a_made_up_method_makes_no_series_of_figures_of_its_own(client: Client) -> None:
    for number in range(3):
        client.open("/healthz", method=f"MADEUP{number}")
    figures = client.get("/metrics").text
    assert "MADEUP" not in figures
    assert 'method="other"' in figures
