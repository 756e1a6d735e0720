"""Asking the application over HTTP, as somebody from outside does."""

from __future__ import annotations

import contextvars
from collections.abc import Sequence
from typing import Any

from flask import Flask
from flask.testing import FlaskClient

from wms import db
from wms.actor import Role
from wms.auth import people
from wms.auth.scopes import Scope


class Client(FlaskClient):
    """A test client whose requests stand in a context of their own, as in life: nothing of the test's context reaches them."""

    def open(self, *args: Any, **more: Any) -> Any:
        return contextvars.Context().run(super().open, *args, **more)


class Api:
    """The JSON API with a bearer token.

    api.post("/orders", {...}) gives the decoded answer and demands a 2xx; `status=409` demands that status instead.
    `api.last` is the whole response.
    """

    def __init__(
        self,
        app: Flask,
        role: Role | str = Role.ADMIN,
        *,
        language: str = "en",
        site_id: int | None = None,
        scopes: Sequence[Scope] = (),
        per_minute: int | None = None,
    ) -> None:
        with db.transaction():
            person, self.token = people.create_token("outside", Role(role), site_id=site_id, scopes=scopes, per_minute=per_minute)
            self.person_id = person.id
        self.client = app.test_client()
        self.headers = {"Authorization": f"Bearer {self.token}", "Accept-Language": language}
        self.last: Any = None

    def get(self, path: str, *, status: int | None = None, **query: Any) -> Any:
        """Reads something."""
        return self._ask("GET", path, status, query_string=query)

    def post(self, path: str, body: Any = None, *, key: str | None = None, status: int | None = None, **query: Any) -> Any:
        """Does something; with a key, once."""
        headers = {"Idempotency-Key": key} if key else {}
        return self._ask("POST", path, status, json={} if body is None else body, query_string=query, more_headers=headers)

    def put(self, path: str, body: Any, *, status: int | None = None, **query: Any) -> Any:
        """Makes or replaces something."""
        return self._ask("PUT", path, status, json=body, query_string=query)

    def _ask(self, method: str, path: str, status: int | None, *, more_headers: dict[str, str] | None = None, **more: Any) -> Any:
        headers = {**self.headers, **(more_headers or {})}
        self.last = self.client.open("/api/v1" + path, method=method, headers=headers, **more)
        right = self.last.status_code == status if status else 200 <= self.last.status_code < 300
        assert right, f"{method} {path}: {self.last.status} {self.last.get_data(as_text=True)[:2000]}"
        return self.last.get_json(silent=True)
