"""Gives every field of the API's own description its words; see `field_words` for where they come from."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from wms.web.field_words import FIELDS, PATH, QUERY, THINGS

Schema = dict[str, Any]
SAYS_NULL = re.compile(r"\b(null|left out|unless|where there is none)\b", re.IGNORECASE)
_LEFT_OUT, _NONE = " Left out: not said.", " Null: there is none."
_ANSWERED_OTHERWISE = {"ReturnIn", "ReturnLineIn", "PrintJobIn", "OrderLineIn"}  # their answers tell more than was sent in


def describe(schemas: dict[str, Schema]) -> None:
    """Describes what nobody has described beside the field itself."""
    for model, schema in schemas.items():
        if "Items_" in model:
            schema["description"] = "One page of a list."
    for model, field, facts in _fields(schemas):
        if not facts.get("description"):
            words = _as_sent_in(model, field, facts, schemas) or _as_its_enum(facts, schemas) or _by_name(field, facts)
            if words:
                facts["description"] = words
    for model, _, facts in _fields(schemas):
        if facts.get("description") and is_nullable(facts) and not SAYS_NULL.search(facts["description"]):
            facts["description"] += _LEFT_OUT if schemas[model].get("additionalProperties") is False else _NONE


def _fields(schemas: dict[str, Schema]) -> Iterator[tuple[str, str, Schema]]:
    for model, schema in schemas.items():
        for field, facts in schema.get("properties", {}).items():
            yield model, field, facts


def of_query(name: str) -> str | None:
    """What a query argument is for."""
    return _ended(QUERY[name]) if name in QUERY else None


def of_address(rule: str, name: str) -> str | None:
    """What a part of an address is."""
    before = re.search(rf"/([a-z-]+)/(?:<[^>]+>/)*<[a-z:]*{name}>", rule)
    if name in ("number", "code") and before is not None and before[1] in THINGS:
        return f"{name.capitalize()} of the {THINGS[before[1]]}."
    return _ended(PATH[name]) if name in PATH else None


def _as_sent_in(model: str, field: str, facts: Schema, schemas: dict[str, Schema]) -> str | None:
    """`ProductOut` answers what `ProductIn` took. What it said of leaving a field out is then said of null, or of nothing."""
    sent = re.sub(r"(Out|Whole|Made)$", "In", model)
    said = (
        schemas.get(sent, {}).get("properties", {}).get(field, {}).get("description") if sent not in {model, *_ANSWERED_OTHERWISE} else None
    )
    if said is None:
        return None
    if is_nullable(facts):
        return str(said.replace("Left out:", "Null:").replace("left out:", "null:"))
    return (
        re.sub(r"[.;]? *(Left out|left out|null|Null):[^.]*\.", ".", said).strip(" .") + "." if not said.startswith("Left out:") else None
    )


def _as_its_enum(facts: Schema, schemas: dict[str, Schema]) -> str | None:
    found = facts.get("$ref", "").rpartition("/")[2]
    return schemas[found].get("description") if found and "enum" in schemas[found] else None


def _by_name(field: str, facts: Schema) -> str | None:
    said = FIELDS.get(field)
    if said is None:
        return None
    return _ended(f"{said.words}; null: {said.null}" if said.null and is_nullable(facts) else said.words)


def is_nullable(facts: Schema) -> bool:
    """Whether null may stand there."""
    return any(one.get("type") == "null" for one in facts.get("anyOf", []))


def _ended(words: str) -> str:
    return words.rstrip(".") + "."
