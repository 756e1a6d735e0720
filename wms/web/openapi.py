"""The API's own description: OpenAPI 3.1 and a readable page, built from the declarations in each room's `api.py`."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, urlencode

from flask import Blueprint, Response, current_app, request
from flask.typing import ResponseReturnValue
from pydantic import BaseModel
from pydantic.json_schema import JsonSchemaMode, models_json_schema

import wms
from wms.i18n import T
from wms.web import describing
from wms.web.access import PUBLIC, allow
from wms.web.api import PREFIX, Endpoint
from wms.web.errors_page import refusals
from wms.web.render import render
from wms.web.samples import FIRST_STEPS, SAMPLES, Sample

blueprint = Blueprint("openapi", __name__, url_prefix=PREFIX)

_REF = "#/components/schemas/{model}"
_PROBLEM: dict[str, Any] = {
    "type": "object",
    "title": "Problem",
    "description": "What went wrong (RFC 9457). `code` is stable; `errors` points into the body.",
    "required": ["type", "title", "status", "detail", "code"],
    "properties": {
        "type": {"type": "string", "description": "Where the errors page explains the code."},
        "title": {"type": "string", "description": "What the HTTP status says."},
        "status": {"type": "integer", "description": "The HTTP status once more."},
        "detail": {"type": "string", "description": "What is wrong and what to do next, in the language of who asks."},
        "code": {"type": "string", "description": "Which refusal it is; stable, listed on the errors page."},
        "errors": {
            "type": "array",
            "description": "Everything that is wrong with the body, each with its place (`pointer`, RFC 6901).",
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
_CODE: dict[str, Any] = {"type": "string", "minLength": 1}
_IN_PATH: dict[str, dict[str, Any]] = {"int": {"type": "integer", "minimum": 0, "maximum": 10**18 - 1}}
_REFUSALS = {
    "400": "The request cannot be read",
    "401": "Nobody is signed in",
    "403": "The role may not do this",
    "404": "It does not exist at this site",
    "405": "This address does not take this method",
    "409": "A rule of the warehouse, or somebody was first",
    "413": "Too large",
    "415": "Another kind of content",
    "422": "Something in the request is wrong",
    "429": "Too many requests; the header Retry-After says when to come again",
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
    commands = {f"{one.room}_{one.name}": shown(one, request.host_url.rstrip("/")) for one in current_app.extensions["wms_endpoints"]}
    for path, methods in built["paths"].items():
        for method, operation in methods.items():
            name = operation["operationId"]
            facts = {"method": method.upper(), "path": path, "zh": SAMPLES[name].zh, "command": commands[name]}
            rooms.setdefault(operation["tags"][0], []).append({**operation, **facts})
    steps = {one["operationId"]: one for some in rooms.values() for one in some}
    return render(
        "docs",
        rooms=rooms,
        room_words=ROOMS,
        steps=[steps[name] for name in FIRST_STEPS],
        schemas=built["components"]["schemas"],
        refusals=refusals(),
    )


ROOMS = {
    "catalog": T("Products and partners", "商品与往来单位"),
    "locations": T("Locations", "库位"),
    "stock": T("Stock", "库存"),
    "orders": T("Orders and inbound orders", "订单与到货通知"),
    "tasks": T("Tasks", "任务"),
    "picking": T("Picking", "拣货"),
    "shipping": T("Shipping", "发运"),
    "building": T("Building loads", "自动排车"),
    "fleet": T("Vehicles and routes", "车辆与线路"),
    "stocktake": T("Stocktake", "盘点"),
    "counting": T("Count plans, programmes and results", "盘点计划、方案与结果"),
    "scan": T("Scanner screens", "扫描屏幕"),
    "integrations": T("Webhooks", "事件推送"),
    "bulk": T("Many at once", "批量维护"),
}


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
    describing.describe(schemas)
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
            "description": "Quantities are whole numbers in the product's base unit. Codes are compared without case. Times are UTC. "
            "数量为商品基本单位的整数；编码不区分大小写；时间为 UTC。",
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
    sample = SAMPLES.get(f"{one.room}_{one.name}", Sample(""))
    parameters: list[dict[str, Any]] = [
        {
            "name": name,
            "in": "path",
            "required": True,
            "description": describing.of_address(one.rule, name),
            "schema": _IN_PATH.get(kind, _CODE),
            **_example(sample.path, name),
        }
        for kind, name in re.findall(r"<(?:([a-z]+):)?([a-z_]+)>", one.rule)
    ]
    if one.query is not None:
        model = schemas[refs[one.query, "validation"]["$ref"].rpartition("/")[2]]
        for name, schema in model.get("properties", {}).items():
            kept = [part for part in schema.get("anyOf", []) if part.get("type") != "null"]
            plain = {key: value for key, value in schema.items() if key not in {"anyOf", "default"}} | (kept[0] if len(kept) == 1 else {})
            if schema.get("default") is not None:
                plain["default"] = schema["default"]
            told = {"description": plain.pop("description", None) or describing.of_query(name)}
            required = name in model.get("required", [])
            parameters.append({"name": name, "in": "query", "required": required, **told, "schema": plain, **_example(sample.query, name)})
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
    if one.known:
        responses["200"] = {**answer, "description": "There already, as it stands now"}
    if one.conflict:
        responses["409"] = {"description": responses["409"]["description"], "content": {**problem, **answer["content"]}}  # type: ignore[dict-item]
    operation: dict[str, Any] = {
        "operationId": f"{one.room}_{one.name}",
        "tags": [one.room],
        "summary": one.summary,
        "description": "\n\n".join(filter(None, [sample.zh, one.description, f"Needs the permission 所需权限 `{one.permission.value}`."])),
        "parameters": parameters,
        "responses": responses,
    }
    if one.body is not None:
        content = {"schema": refs[one.body, "validation"], "example": sample.body}
        operation["requestBody"] = {"required": True, "content": {"application/json": content}}
    return operation


def _example(values: Mapping[str, Any], name: str) -> dict[str, Any]:
    return {"example": values[name]} if name in values else {}


# -- the readable page -------------------------------------------------------------------------------------------------


def shown(one: Endpoint, house: str) -> str:
    """The example of an endpoint as a command that can be pasted."""
    sample = SAMPLES[f"{one.room}_{one.name}"]
    path = re.sub(r"<(?:[a-z]+:)?([a-z_]+)>", lambda found: quote(str(sample.path[found[1]])), one.rule)
    query = "?" + urlencode(dict(sample.query)) if sample.query else ""
    method = "" if one.method == "GET" else f"-X {one.method} "
    lines = [f"curl {method}'{house}{PREFIX}{path}{query}'", '-H "Authorization: Bearer $TOKEN"']
    if one.body is not None:
        body = json.dumps(sample.body, ensure_ascii=False, indent=1, sort_keys=False)
        lines += ["-H 'Content-Type: application/json'", f"-d {shlex.quote(body)}"]
    return " \\\n  ".join(lines)
