"""The order desk as tests reach it: through operations, over the API, and in a browser."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from flask import g
from flask.testing import FlaskClient

from tests.orders.desk import Desk
from tests.warehouse import Warehouse
from wms import db
from wms.actor import Role
from wms.app import Application
from wms.auth import people
from wms.orders import gate


class Stranger(FlaskClient):
    """Requests that share nothing: the test's own application context would carry who asked last."""

    def open(self, *args: Any, **more: Any) -> Any:
        for name in list(g):
            g.pop(name)
        db.session.remove()
        return super().open(*args, **more)


class Machine:
    """Another system, or a person's browser with a token in hand: one role, one language."""

    def __init__(self, app: Application, role: Role, language: str) -> None:
        with db.transaction():
            person, secret = people.create_token(f"{role}-{language}", role)
            person.language = language
        self.client = Stranger(app, app.response_class)
        self.headers = {"Authorization": f"Bearer {secret}"}

    def get(self, path: str, answers: int = 200, **query: Any) -> Any:
        answer = self.client.get("/api/v1" + path, query_string=query, headers=self.headers)
        assert answer.status_code == answers, answer.text
        return answer.json

    def post(self, path: str, body: Any = None, status: int | None = None, key: str | None = None) -> Any:
        headers = {**self.headers, **({"Idempotency-Key": key} if key else {})}
        answer = self.client.post("/api/v1" + path, json=body or {}, headers=headers)
        assert answer.status_code == status if status else answer.status_code < 300, answer.text
        return answer.json

    def delete(self, path: str, status: int = 204) -> None:
        answer = self.client.delete("/api/v1" + path, headers=self.headers)
        assert answer.status_code == status, answer.text

    def page(self, path: str, status: int = 200) -> str:
        answer = self.client.get(path, headers=self.headers)
        assert answer.status_code == status, answer.text[:2000]
        return answer.text

    def send(self, path: str, **form: Any) -> Any:
        """A form, followed to the page it leads to."""
        return self.client.post(path, data=form, headers=self.headers, follow_redirects=True)


@pytest.fixture
def desk(w: Warehouse) -> Desk:
    """The order desk."""
    return Desk(w)


@pytest.fixture
def api(app: Application, w: Warehouse) -> Machine:
    """A system with every right, speaking English."""
    return Machine(app, Role.ADMIN, "en")


@pytest.fixture
def machine(app: Application, w: Warehouse) -> Any:
    """Makes a machine of a role and language."""
    return lambda role, language="en": Machine(app, Role(role), language)


@pytest.fixture
def house_rules() -> Iterator[Any]:
    """The house's own rules of the gate, for one test."""
    yield gate.keep
    gate.keep("", 0)
