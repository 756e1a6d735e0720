"""The desk's form for a new order or inbound order: typed rows become the same body that the API takes."""

from __future__ import annotations

import datetime as dt
import zoneinfo
from typing import Any, TypeVar

from flask import current_app, request
from pydantic import BaseModel, ValidationError

from wms.catalog import products
from wms.errors import Conflict, Forbidden, Invalid, NotFound, Refused
from wms.orders.lines import NumberTaken
from wms.web import access
from wms.web.problems import words_of

M = TypeVar("M", bound=BaseModel)
REFUSALS = (Refused, Conflict, Invalid, NotFound, Forbidden)
ROWS = 6
MOST_ROWS = 200


def typed_rows(*names: str, hidden: tuple[str, ...] = ()) -> list[dict[str, str]]:
    """The rows of the form as they were typed, empty ones in between kept; padded with empty ones.

    `hidden` are fields that nobody types: a row whose visible fields were all emptied is empty.
    """
    every = (*names, *hidden)
    columns = [request.form.getlist(name) for name in every]
    count = max((len(column) for column in columns), default=0)
    rows = [
        {name: (column[index].strip() if index < len(column) else "") for name, column in zip(every, columns, strict=True)}
        for index in range(min(count, MOST_ROWS))
    ]
    return padded([row if any(row[name] for name in names) else dict.fromkeys(every, "") for row in rows], *every)


def padded(rows: list[dict[str, str]], *names: str) -> list[dict[str, str]]:
    """The rows with empty ones behind them, as many as a form begins with."""
    return rows + [dict.fromkeys(names, "") for _ in range(ROWS - len(rows))]


def more_rows(rows: list[dict[str, str]]) -> list[dict[str, str]]:
    """As many rows again, for a longer document."""
    names = list(rows[0])
    return (rows + [dict.fromkeys(names, "") for _ in range(ROWS)])[:MOST_ROWS]


def body_of(
    model: type[M], fields: tuple[str, ...], rows: list[dict[str, str]], *, empty: tuple[str, ...] = (), **more: Any
) -> tuple[M | None, dict[str, str]]:
    """The body that the form means, or None and a sentence per field; a wrong row's sentence stands under `row-N` (from 1).

    Fields left empty are left out of the body; those named in `empty` are told to be empty.
    """
    filled = [(number, row) for number, row in enumerate(rows, start=1) if any(row.values())]
    facts: dict[str, Any] = dict.fromkeys(empty)
    facts.update({name: value for name in fields if (value := request.form.get(name, "").strip())})
    facts.update({name: value for name, value in more.items() if value is not None})
    facts["lines"] = _by_sku([{name: value for name, value in row.items() if value} for _, row in filled])
    try:
        return model.model_validate(facts), {}
    except ValidationError as wrong:
        language = access.language()
        errors: dict[str, str] = {}
        for one in wrong.errors(include_url=False):
            errors.setdefault(field_of(tuple(one["loc"]), [number for number, _ in filled]), words_of(one).say(language))
        return None, errors


def _by_sku(rows: list[dict[str, str]]) -> list[dict[str, str]]:
    """The rows with a barcode in the product's column told as its product, in the packaging that carries it where no unit was typed."""
    known = products.behind_barcodes(row["sku"] for row in rows if "sku" in row)
    told = []
    for row in rows:
        sku, unit = known.get(row.get("sku", ""), (None, None))
        told.append({**({"unit": unit} if unit else {}), **row, **({"sku": sku} if sku else {})})
    return told


def field_of(place: tuple[Any, ...], numbers: list[int]) -> str:
    """The form's field for a place in the body."""
    if len(place) > 1 and place[0] == "lines":
        index = int(place[1])
        return f"row-{numbers[index]}" if index < len(numbers) else "lines"
    return "_".join(str(part) for part in place)


def filled_numbers(rows: list[dict[str, str]]) -> list[int]:
    """Which rows of the form the body's lines stand for."""
    return [number for number, row in enumerate(rows, start=1) if any(row.values())]


def local_moment(name: str) -> dt.datetime | str | None:
    """A time typed on the house's clock; text that is none is left to the model to refuse."""
    typed = request.form.get(name, "").strip()
    if not typed:
        return None
    try:
        moment = dt.datetime.fromisoformat(typed)
    except ValueError:
        return typed
    return moment.replace(tzinfo=zoneinfo.ZoneInfo(current_app.config["WMS"].time_zone)) if moment.tzinfo is None else moment


def field_of_refusal(refusal: Any, rows: list[dict[str, str]]) -> str:
    """The form's field that a refusal is about; `_form` where it is about the whole."""
    pointer = getattr(refusal, "pointer", None)
    if pointer is None:
        return "number" if isinstance(refusal, NumberTaken) else "_form"
    return field_of(tuple(pointer.strip("/").split("/")), filled_numbers(rows))
