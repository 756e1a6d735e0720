"""Walks through the pages as a person would: from the home page along every link, one of each kind."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from urllib.parse import urlsplit

from flask import Flask
from flask.testing import FlaskClient

_LINK = re.compile(r'<a\b[^>]*\bhref="(/[^"#]*)"')
_TOKEN = re.compile(r'name="csrf_token" value="([^"]*)"')
OF_EACH_KIND = 1


def sign_in(app: Flask, name: str, password: str) -> FlaskClient:
    """Somebody at the desk."""
    client = app.test_client()
    page = client.get("/sign-in/desk").get_data(as_text=True)
    found = _TOKEN.search(page)
    assert found, "the sign-in form carries its token"
    answer = client.post("/sign-in/desk", data={"name": name, "password": password, "csrf_token": found.group(1)})
    assert answer.status_code == 302
    return client


def visit(client: FlaskClient, start: str = "/") -> Iterator[tuple[str, int]]:
    """Every page that can be reached (of addresses that differ in numbers only: the first; papers aside), with its status."""
    waiting, seen, kinds = [start], {start}, Counter[str]()
    while waiting:
        address = waiting.pop(0)
        kind = re.sub(r"[^/]*\d[^/]*", "#", urlsplit(address).path)
        if kinds[kind] >= OF_EACH_KIND:
            continue
        kinds[kind] += 1
        answer = client.get(address)
        yield address, answer.status_code
        if answer.mimetype != "text/html":
            continue
        for link in _LINK.findall(answer.get_data(as_text=True)):
            link = link.replace("&amp;", "&")
            if link not in seen and not link.startswith(("/static/", "/sign-")) and ".pdf" not in link:
                seen.add(link)
                waiting.append(link)
