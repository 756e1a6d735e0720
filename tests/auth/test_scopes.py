"""A token is for something: within its role, only what its scopes name."""

from __future__ import annotations

import re

import pytest
from flask import Flask

from tests.http import Api, Client
from tests.warehouse import Warehouse
from tests.web.desk import Desk
from tests.web.test_access import _address
from wms import cli
from wms.actor import PERMISSIONS, Permission, Role
from wms.auth.scopes import ALLOWS, Scope, limits
from wms.web.access import READING, declared

PRODUCT = {"name": "Tea"}


@pytest.mark.sqlite
@pytest.mark.parametrize("scope", list(Scope))
def test_a_token_of_one_scope_does_that_and_nothing_else(app: Flask, w: Warehouse, scope: Scope) -> None:
    """Every route is asked with every method, whatever the role of an administrator would allow."""
    token = Api(app, Role.ADMIN, scopes=[scope])
    for rule in app.url_map.iter_rules():
        needed = declared(app, rule.endpoint)
        if not isinstance(needed, Permission):
            continue
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}:
            allowed = needed in ALLOWS[scope] or (
                method in READING and (scope is Scope.READ or needed in {Permission.SIGNED_IN, Permission.IN_HOUSE})
            )
            if allowed:
                continue
            answer = token.client.open(_address(rule.rule), method=method, headers=token.headers)
            assert answer.status_code == 403, f"{scope} {method} {rule.rule}: {answer.status}"
            assert answer.get_json()["code"] == "scope_missing"


def test_reading_sees_what_the_role_sees_and_changes_nothing(app: Flask, w: Warehouse) -> None:
    w.receive("TEA", 5, at="A-01")
    reader = Api(app, Role.SALES, scopes=[Scope.READ])
    assert reader.get("/stock")["items"][0]["on_hand"] == 5
    assert reader.post("/orders", {"customer": "C", "lines": []}, status=403)["code"] == "scope_missing"
    assert reader.get("/webhooks", status=403)["code"] == "not_permitted", "the role does not see these"
    assert reader.post("/stock/moves", {}, status=403)["code"] == "not_permitted"


def test_scopes_add_up_within_the_role(app: Flask, w: Warehouse) -> None:
    w.partner("C-1")
    w.product("TEA")
    shop = Api(app, Role.ADMIN, scopes=[Scope.READ, Scope.ORDERS])
    order = {"number": "SO-1", "customer": "C-1", "lines": [{"sku": "TEA", "quantity": 1}]}
    assert shop.post("/orders", order)["number"] == "SO-1"
    assert shop.get("/movements")["items"] == []
    assert shop.put("/products/TEA", PRODUCT, status=403)["code"] == "scope_missing"


def test_a_scope_holds_inside_operations_too(app: Flask, w: Warehouse) -> None:
    """Approving is open to whoever sees orders; which holds it lifts hangs on the permission."""
    w.partner("C-1", credit_limit=1)
    assert limits([Scope.CATALOGUE, Scope.READ], reading=False) == ALLOWS[Scope.CATALOGUE]
    assert limits([Scope.CATALOGUE, Scope.READ], reading=True) is None
    assert limits([], reading=False) is None
    screen = Api(app, Role.ADMIN, scopes=[Scope.ORDERS]).get("/scan/pick", status=403)
    assert screen["code"] in {"not_permitted", "scope_missing", "flow_forbidden", "forbidden"}


def test_every_scope_names_permissions_that_somebody_has() -> None:
    for scope, permissions in ALLOWS.items():
        assert permissions <= PERMISSIONS[Role.ADMIN]
        assert scope.text.en
        assert scope.text.zh


def test_tokens_are_made_and_taken_back_at_the_desk(client: Client, w: Warehouse) -> None:
    desk = Desk(client)
    page = desk.post("/tokens", 200, name="shop", role="sales", scopes=["read", "orders"], per_minute="60")
    token = re.search(r"wms_[\w-]+", page)
    assert token
    headers = {"Authorization": f"Bearer {token[0]}", "Cookie": ""}
    other = client.application.test_client()
    assert other.get("/api/v1/orders", headers=headers).status_code == 200
    assert other.put("/api/v1/products/TEA", json=PRODUCT, headers=headers).status_code == 403
    assert token[0] not in desk.get("/tokens"), "shown once"
    desk.post("/tokens/shop/revoke")
    assert other.get("/api/v1/orders", headers=headers).status_code == 401
    desk.post("/tokens/ann/revoke", 404)
    assert "is not one of the known words" in desk.post("/tokens", 422, name="shop", role="sales", scopes=["everything"])


@pytest.mark.sqlite
def test_the_command_takes_scopes(
    app: Flask, w: Warehouse, database: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("WMS_DATABASE_URL", database)
    monkeypatch.setattr("wms.migrations.schema.must_fit", lambda engine: None)
    assert cli.main(["token", "create", "--name", "erp", "--role", "admin", "--scope", "catalogue", "--scope", "read"]) == 0
    headers = {"Authorization": f"Bearer {capsys.readouterr().out.strip()}"}
    client = app.test_client()
    assert client.put("/api/v1/products/TEA", json=PRODUCT, headers=headers).status_code == 201
    assert client.post("/api/v1/orders", json={}, headers=headers).status_code == 403
