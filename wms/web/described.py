"""The sentences under the fields of bodies and answers, for the API's description.

pydantic can read them by itself (`use_attribute_docstrings`), as each model is made: it looks through the files of all modules for each
of some four hundred models, which took a third of the time in which the application starts. Here they are read when the description is
asked for.
"""

from __future__ import annotations

import ast
import functools
import inspect
import sys
from typing import Any

from pydantic import BaseModel


def described(schema: dict[str, Any], model: type[BaseModel]) -> None:
    """Writes the sentences of a model's fields into its JSON schema; for `json_schema_extra`."""
    properties = schema.get("properties", {})
    for name, field in model.model_fields.items():
        sentence = _sentence(model, name)
        shown = properties.get(field.alias or name)
        if shown is not None and sentence is not None:
            shown.setdefault("description", sentence)


def _sentence(model: type[BaseModel], field: str) -> str | None:
    """What stands under the field where it is written: in the model, or else in what it inherits from."""
    for one in model.__mro__:
        if field in vars(one).get("__annotations__", {}) and one.__module__ in sys.modules:
            sentence = _sentences(one.__module__).get((one.__qualname__, field))
            if sentence is not None:
                return sentence
    return None


@functools.cache
def _sentences(module: str) -> dict[tuple[str, str], str]:
    """All of a module's, by class and field."""
    found: dict[tuple[str, str], str] = {}
    for statement in ast.parse(inspect.getsource(sys.modules[module])).body:
        if not isinstance(statement, ast.ClassDef):
            continue
        for field, below in zip(statement.body, statement.body[1:], strict=False):
            if not (isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name) and isinstance(below, ast.Expr)):
                continue
            if isinstance(below.value, ast.Constant) and isinstance(below.value.value, str):
                found[statement.name, field.target.id] = inspect.cleandoc(below.value.value)
    return found
