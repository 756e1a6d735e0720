"""The documentation says what is there."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import jsonschema_rs
import pytest
from flask import Flask
from schemathesis.specs.openapi.definitions import OPENAPI_31_VALIDATOR

from tests.http import Client
from wms.web import describing
from wms.web.field_words import FIELDS, PATH, QUERY, THINGS

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
def test_an_order_that_is_there_already_is_a_documented_answer(client: Client) -> None:
    answers = client.get("/api/v1/openapi.json").get_json()["paths"]["/api/v1/orders"]["post"]["responses"]
    assert answers["200"]["content"] == answers["201"]["content"]


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


_EMPTY = {
    "a",
    "an",
    "the",
    "of",
    "its",
    "it",
    "is",
    "this",
    "that",
    "by",
    "in",
    "as",
    "what",
    "which",
    "for",
    "to",
    "whether",
    "null",
    "left",
    "out",
}


def _says_only_its_name(name: str, words: str) -> bool:
    """Whether a description tells no more than the name of its field does."""
    before_null = re.split(r"[;.] *(?:null|left out)", words, flags=re.IGNORECASE)[0]
    said = {one.rstrip("s") for one in re.findall(r"[a-z]+", before_null.lower()) if one not in _EMPTY}
    return bool(before_null) and said <= {one.rstrip("s") for one in re.findall(r"[a-z]+", name.lower())}


@pytest.mark.sqlite
def test_every_field_says_what_it_means_and_not_only_its_name(client: Client) -> None:
    document = client.get("/api/v1/openapi.json").get_json()
    silent: list[str] = []
    for model, schema in document["components"]["schemas"].items():
        silent += [model] if not schema.get("description") else []
        for name, facts in schema.get("properties", {}).items():
            words = facts.get("description", "")
            if _says_only_its_name(name, words) or not words or (describing.is_nullable(facts) and not describing.SAYS_NULL.search(words)):
                silent.append(f"{model}.{name}: {words}")
    for path, methods in document["paths"].items():
        for operation in methods.values():
            silent += [] if operation["summary"] and operation["description"] else [path]
            for one in operation["parameters"]:
                if _says_only_its_name(one["name"], one.get("description") or "") or not one.get("description"):
                    silent.append(f"{path} {one['name']}: {one.get('description')}")
    assert silent == []
    assert _says_only_its_name("base_unit", "The base unit; null: none.")


@pytest.mark.sqlite
def test_no_words_wait_for_a_field_that_is_not_there(client: Client) -> None:
    document: dict[str, Any] = client.get("/api/v1/openapi.json").get_json()
    operations = [operation for methods in document["paths"].values() for operation in methods.values()]
    told = [
        facts.get("description", "") for one in document["components"]["schemas"].values() for facts in one.get("properties", {}).values()
    ]
    assert [name for name, said in FIELDS.items() if not any(words.startswith(said.words) for words in told)] == []
    for where, table in (("query", QUERY), ("path", PATH)):
        there = {one["name"] for operation in operations for one in operation["parameters"] if one["in"] == where}
        assert set(table) - there == set()
    assert [word for word in THINGS if not any(f"/{word}/{{" in path for path in document["paths"])] == []


@pytest.mark.sqlite
def test_the_document_is_valid_openapi(client: Client) -> None:
    """By the published schema of OpenAPI 3.1, and each of its schemas by JSON Schema's own."""
    document = client.get("/api/v1/openapi.json").get_json()
    assert [f"{one.instance_path}: {one.message}" for one in OPENAPI_31_VALIDATOR.iter_errors(document)] == []
    schemas = list(_schemas(document))
    assert len(schemas) > 500
    for schema in schemas:
        jsonschema_rs.meta.validate({"$schema": "https://json-schema.org/draft/2020-12/schema", **schema})


@pytest.mark.sqlite
def test_every_operation_has_a_name_of_its_own_and_declares_the_parameters_of_its_path(client: Client) -> None:
    document = client.get("/api/v1/openapi.json").get_json()
    operations = [(path, one) for path, methods in document["paths"].items() for one in methods.values()]
    names = [one["operationId"] for _, one in operations]
    assert len(set(names)) == len(names)
    for path, one in operations:
        declared = {parameter["name"] for parameter in one.get("parameters", ()) if parameter["in"] == "path"}
        assert declared == set(re.findall(r"{([^}]+)}", path)), path
        assert all(parameter["required"] for parameter in one.get("parameters", ()) if parameter["in"] == "path"), path


def _schemas(document: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Every schema that the document holds: those with a name, and those of bodies, answers and parameters."""
    yield from document["components"]["schemas"].values()
    waiting: list[Any] = [document["paths"]]
    while waiting:
        one = waiting.pop()
        if isinstance(one, dict):
            if isinstance(schema := one.get("schema"), dict):
                yield schema
            waiting += [value for name, value in one.items() if name not in ("schema", "example", "examples")]
        elif isinstance(one, list):
            waiting += one
