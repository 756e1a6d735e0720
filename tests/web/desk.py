"""A browser at the desk, signed in."""

from __future__ import annotations

import re
from typing import Any

from tests.http import Client
from wms import db
from wms.actor import Role
from wms.auth import people


def token_of(page: str) -> str:
    """The form's token on a page."""
    found = re.search(r'name="csrf_token" value="([^"]+)"', page)
    assert found, "no form on this page"
    return found.group(1)


class Desk:
    """`desk.get("/stock")` gives the page and demands 200; `desk.post("/stock/adjust", sku=…)` sends a form with its token."""

    def __init__(self, client: Client, *roles: Role, name: str = "ann", language: str | None = "en") -> None:
        with db.transaction():
            people.add_person(name, name.title(), roles or [Role.ADMIN], password="correct horse", language=language)
        self.client = client
        self.name = name
        self.last: Any = None
        self.sign_in()

    def sign_in(self, password: str = "correct horse") -> Any:
        page = self.client.get("/sign-in/desk").text
        self.last = self.client.post("/sign-in/desk", data={"csrf_token": token_of(page), "name": self.name, "password": password})
        self.token = token_of(self.client.get("/sign-in/desk").text)
        return self.last

    def get(self, path: str, status: int = 200, **headers: str) -> str:
        self.last = self.client.get(path, headers=headers)
        assert self.last.status_code == status, f"{path}: {self.last.status} {self.last.text[:1500]}"
        return str(self.last.data.decode(errors="replace"))

    def post(self, path: str, status: int = 302, **fields: Any) -> str:
        self.last = self.client.post(path, data={"csrf_token": self.token, **fields})
        assert self.last.status_code == status, f"{path}: {self.last.status} {self.last.text[:1500]}"
        return str(self.last.data.decode(errors="replace"))
