"""The documentation says what is there."""

from __future__ import annotations

import re

import pytest
from flask import Flask

from tests.http import Client

CONTRACT = [
    ("put", "/products/{sku}"), ("get", "/products/{sku}"), ("put", "/locations/{code}"), ("get", "/locations/{code}"),
    ("put", "/partners/{code}"), ("get", "/partners/{code}"), ("get", "/stock"), ("get", "/availability"), ("get", "/movements"),
    ("post", "/stock/moves"), ("post", "/stock/adjustments"), ("post", "/scan/{flow}"), ("get", "/scan/{flow}"),
]  # fmt: skip


@pytest.mark.sqlite
def test_the_document_names_every_endpoint_and_nothing_else(app: Flask, client: Client) -> None:
    document = client.get("/api/v1/openapi.json").get_json()
    assert document["openapi"].startswith("3.1")
    named = {(method, path) for path, methods in document["paths"].items() for method in methods}
    routed = {
        (method.lower(), re.sub(r"<(?:[a-z]+:)?([a-z_]+)>", r"{\1}", rule.rule))
        for rule in app.url_map.iter_rules()
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
        if rule.rule.startswith("/api/v1/") and not rule.endpoint.startswith("openapi.")
    }
    assert named == routed
    assert {(method, "/api/v1" + path) for method, path in CONTRACT} <= named


@pytest.mark.sqlite
def test_every_reference_in_the_document_leads_somewhere(client: Client) -> None:
    answer = client.get("/api/v1/openapi.json")
    known = answer.get_json()["components"]["schemas"]
    assert {name for name in re.findall(r'"#/components/schemas/([^"]+)"', answer.text) if name not in known} == set()


@pytest.mark.sqlite
def test_the_readable_page_needs_nothing_from_outside(client: Client) -> None:
    page = client.get("/api/v1/docs").text
    assert "/api/v1/products/{sku}" in page
    assert not re.findall(r'(?:src|href)="https?://', page)


@pytest.mark.sqlite
def test_health_readiness_and_figures_answer_strangers(client: Client) -> None:
    assert client.get("/healthz").get_json() == {"status": "ok"}
    ready = client.get("/readyz")
    assert (ready.status_code, ready.get_json()["jobs"]) == (200, False)
    client.get("/stock")
    assert "wms_requests_total" in client.get("/metrics").text


@pytest.mark.sqlite
def test_the_errors_page_names_every_code_and_problems_point_to_it(client: Client) -> None:
    page = client.get("/api/v1/docs").text
    problem = client.get("/api/v1/stock").get_json()
    assert problem["type"] == "/api/v1/docs#sign_in_needed"
    for code in ("sign_in_needed", "not_enough", "key_reused", "in_flight", "invalid_input"):
        assert f'id="{code}"' in page
