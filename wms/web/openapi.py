"""The API's own description: OpenAPI 3.1 and a readable page, built from the declarations in each room's `api.py`."""

from __future__ import annotations

import re
from typing import Any

from flask import Blueprint, Response, current_app, json
from flask.typing import ResponseReturnValue
from pydantic import BaseModel
from pydantic.json_schema import JsonSchemaMode, models_json_schema

import wms
from wms.web.access import PUBLIC, allow
from wms.web.api import PREFIX, Endpoint
from wms.web.errors_page import refusals
from wms.web.render import render

blueprint = Blueprint("openapi", __name__, url_prefix=PREFIX)

_REF = "#/components/schemas/{model}"
_PROBLEM: dict[str, Any] = {
    "type": "object",
    "title": "Problem",
    "description": "What went wrong (RFC 9457). `code` is stable; `errors` points into the body.",
    "required": ["type", "title", "status", "detail", "code"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "code": {"type": "string"},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["pointer", "code", "detail"],
                "properties": {"pointer": {"type": "string"}, "code": {"type": "string"}, "detail": {"type": "string"}},
            },
        },
    },
}
_KEY = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "description": "The same key and body give the same answer again, and act once.",
    "schema": {"type": "string", "minLength": 1, "maxLength": 200, "pattern": r"^[!-~]+$"},
}
_REFUSALS = {
    "400": "The request cannot be read",
    "401": "Nobody is signed in",
    "403": "The role may not do this",
    "404": "It does not exist at this site",
    "409": "A rule of the warehouse, or somebody was first",
    "413": "Too large",
    "415": "Another kind of content",
    "422": "Something in the request is wrong",
    "503": "Busy; try again",
}


@blueprint.get("/openapi.json")
@allow(PUBLIC)
def document() -> ResponseReturnValue:
    """The OpenAPI document."""
    return Response(_text(), mimetype="application/json")


@blueprint.get("/docs")
@allow(PUBLIC)
def docs() -> ResponseReturnValue:
    """The readable page."""
    rooms: dict[str, list[dict[str, Any]]] = {}
    built = json.loads(_text())
    for path, methods in built["paths"].items():
        for method, operation in methods.items():
            rooms.setdefault(operation["tags"][0], []).append({"method": method.upper(), "path": path, **operation})
    return render("docs", rooms=rooms, schemas=built["components"]["schemas"], refusals=refusals())


def _text() -> str:
    built = current_app.extensions.get("wms_openapi")
    if built is None:
        built = current_app.extensions["wms_openapi"] = json.dumps(describe(current_app.extensions["wms_endpoints"]))
    return str(built)


def describe(endpoints: list[Endpoint]) -> dict[str, Any]:
    """The OpenAPI 3.1 document of these endpoints."""
    wanted: dict[tuple[type[BaseModel], JsonSchemaMode], None] = {}
    for one in endpoints:
        for model, mode in ((one.body, "validation"), (one.query, "validation"), (one.answer, "serialization")):
            if model is not None:
                wanted[model, mode] = None  # type: ignore[index]
    refs, shared = models_json_schema(list(wanted), ref_template=_REF)
    schemas = {**shared.get("$defs", {}), "Problem": _PROBLEM}
    paths: dict[str, dict[str, Any]] = {}
    for one in endpoints:
        path = PREFIX + re.sub(r"<(?:[a-z]+:)?([a-z_]+)>", r"{\1}", one.rule)
        paths.setdefault(path, {})[one.method.lower()] = _operation(one, refs, schemas)
    queries = {refs[one.query, "validation"]["$ref"].rpartition("/")[2] for one in endpoints if one.query}
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Warehouse execution service",
            "version": wms.__version__,
            "description": "Quantities are whole numbers in the product's base unit. Codes are compared without case. Times are UTC.",
        },
        "servers": [{"url": "/"}],
        "security": [{"bearer": []}],
        "paths": paths,
        "components": {
            "schemas": {name: schema for name, schema in schemas.items() if name not in queries},
            "securitySchemes": {"bearer": {"type": "http", "scheme": "bearer"}},
        },
    }


def _operation(one: Endpoint, refs: Any, schemas: dict[str, Any]) -> dict[str, Any]:
    parameters: list[dict[str, Any]] = [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
        for name in re.findall(r"<(?:[a-z]+:)?([a-z_]+)>", one.rule)
    ]
    if one.query is not None:
        model = schemas[refs[one.query, "validation"]["$ref"].rpartition("/")[2]]
        for name, schema in model.get("properties", {}).items():
            kept = [part for part in schema.get("anyOf", []) if part.get("type") != "null"]
            plain = {key: value for key, value in schema.items() if key not in {"anyOf", "default"}} | (kept[0] if len(kept) == 1 else {})
            if schema.get("default") is not None:
                plain["default"] = schema["default"]
            parameters.append({"name": name, "in": "query", "required": name in model.get("required", []), "schema": plain})
    if one.keyed:
        parameters.append(_KEY)
    answer = {"description": "Done"}
    if one.answer is not None:
        answer["content"] = {"application/json": {"schema": refs[one.answer, "serialization"]}}  # type: ignore[assignment]
    problem = {"application/problem+json": {"schema": {"$ref": _REF.format(model="Problem")}}}
    responses: dict[str, Any] = {str(one.status): answer}
    if one.method == "PUT":
        responses["200"], responses["201"] = {**answer, "description": "Replaced"}, {**answer, "description": "Created"}
    responses.update({status: {"description": words, "content": problem} for status, words in _REFUSALS.items()})
    operation: dict[str, Any] = {
        "operationId": f"{one.room}_{one.name}",
        "tags": [one.room],
        "summary": one.summary,
        "description": (one.description + f"\n\nNeeds the permission `{one.permission.value}`.").strip(),
        "parameters": parameters,
        "responses": responses,
    }
    if one.body is not None:
        operation["requestBody"] = {"required": True, "content": {"application/json": {"schema": refs[one.body, "validation"]}}}
    return operation
