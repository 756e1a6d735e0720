"""A browser at the desk, signed in."""

from __future__ import annotations

import html
import re
from typing import Any

from tests.http import Client
from wms import db
from wms.actor import Role
from wms.auth import people
from wms.web import csrf


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
        self.client.set_cookie(csrf.VISIT_COOKIE, "a-visit")
        self.last = self.client.post("/sign-in/desk", data={"csrf_token": self._token(), "name": self.name, "password": password})
        self.token = self._token()
        return self.last

    def _token(self) -> str:
        """That of the forms which this browser is shown; reckoned, for a page to read it from takes longer than most tests."""
        cookies = map(self.client.get_cookie, (csrf.SESSION_COOKIE, csrf.VISIT_COOKIE))
        seed = next(one.value for one in cookies if one is not None)
        with self.client.application.app_context():
            return csrf.token_for(seed)

    def get(self, path: str, status: int = 200, **headers: str) -> str:
        self.last = self.client.get(path, headers=headers)
        assert self.last.status_code == status, f"{path}: {self.last.status} {self.last.text[:1500]}"
        return str(self.last.data.decode(errors="replace"))

    def post(self, path: str, status: int = 302, **fields: Any) -> str:
        self.last = self.client.post(path, data={"csrf_token": self.token, **fields})
        assert self.last.status_code == status, f"{path}: {self.last.status} {self.last.text[:1500]}"
        return str(self.last.data.decode(errors="replace"))


def form_of(page: str) -> dict[str, Any]:
    """The fields of the page's form as a browser would send them back unchanged; a name that stands in rows has a list."""
    form = page[page.index('<form class="form') :]
    form = form[: form.index("</form>")]
    found: dict[str, list[str]] = {}
    for tag in re.findall(r"<input([^>]+)>", form):
        name, value = re.search(r'name="([^"]+)"', tag), re.search(r'value="([^"]*)"', tag)
        if name and name[1] != "csrf_token" and ('type="checkbox"' not in tag or " checked" in tag):
            found.setdefault(name[1], []).append(html.unescape(value[1]) if value else "")
    for name, options in re.findall(r'<select[^>]+name="([^"]+)"[^>]*>(.*?)</select>', form, re.DOTALL):
        chosen = re.search(r'value="([^"]*)" selected', options) or re.search(r'value="([^"]*)"', options)
        found.setdefault(name, []).append(chosen[1] if chosen else "")
    for name, typed in re.findall(r'<textarea[^>]+name="([^"]+)"[^>]*>([^<]*)</textarea>', form):
        found[name] = [html.unescape(typed)]
    return {name: values[0] if len(values) == 1 else values for name, values in found.items()}
