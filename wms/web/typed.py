"""Longer forms, with rows: what was typed becomes the same body that the API takes, or a sentence stands beside what is wrong.

    rows = typed_rows("unit", "quantity", "barcode")
    body, errors = body_of(ProductIn, fields("name", "base_unit"), packagings=rows, labels={"quantity": T("Pieces", "数量")})
    if body is not None:
        with refused(errors, packagings=rows), transaction():
            ...

`errors` maps a field to a sentence: `name`, `address_city` for a field within a field, `row-2` for the second row,
`row-2-sku` for a field of it, `_form` for the whole.
A row that is empty counts for nothing, wherever it stands.
"""

from __future__ import annotations

import datetime as dt
import decimal
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Protocol, TypeVar

from flask import request
from pydantic import BaseModel, ValidationError

from wms.db import TooLong, transaction
from wms.errors import ChangedMeanwhile, Conflict, Forbidden, Invalid, NotFound, Refused
from wms.i18n import T, Text
from wms.web import access
from wms.web.forms import sentence
from wms.web.problems import place_of, words_of

M = TypeVar("M", bound=BaseModel)
Row = dict[str, str]
REFUSALS = (Refused, Conflict, Invalid, NotFound, Forbidden)
ROWS = 6
MOST_ROWS = 200


def field(name: str) -> str:
    """One field as it was typed."""
    return request.form.get(name, "").strip()


def fields(*names: str) -> dict[str, str]:
    """The fields that were filled in."""
    return {name: typed for name in names if (typed := field(name))}


def thousandths(name: str) -> int | str | None:
    """A weight in kg or a volume in litres as whole grams or cm³: 12.5 is 12500. What is no such number is left to the model to refuse."""
    try:
        value = decimal.Decimal(field(name)) * 1000
        return int(value) if value == value.to_integral_value() and abs(value) < 10**15 else field(name)
    except (decimal.InvalidOperation, ValueError):
        return field(name) or None


def hundredths(name: str) -> int | str | None:
    """Money as whole smallest units: 18,600.50 is 1860050. What is no such number is left to the model to refuse."""
    text = field(name).replace(",", "").replace("，", "")
    try:
        value = decimal.Decimal(text) * 100
        return int(value) if value == value.to_integral_value() and abs(value) < 10**15 else field(name)
    except (decimal.InvalidOperation, ValueError):
        return field(name) or None


NO_AMOUNT = T("must be an amount, as 18600.50", "必须是金额，如 18600.50")


def amounts(errors: dict[str, str], *names: str) -> None:
    """Says that these fields want an amount of money, where what was typed is none: the model knows whole numbers only."""
    errors |= {name: NO_AMOUNT.say(access.language()) for name in names if name in errors and isinstance(hundredths(name), str)}


def in_thousands(value: int | None) -> str:
    """12500 as it would be typed: 12.5."""
    return "" if value is None else f"{decimal.Decimal(value).scaleb(-3).normalize():f}"


def typed_rows(*names: str, hidden: tuple[str, ...] = (), prefix: str = "", least: int = ROWS) -> list[Row]:
    """The rows of the form as they were typed, empty ones in between kept; padded with empty ones.

    `hidden` are fields that nobody types: a row whose visible fields were all emptied is empty. `prefix` is what the form puts before the
    names, where a field of its own has one of them.
    """
    every = (*names, *hidden)
    columns = [request.form.getlist(prefix + name) for name in every]
    count = max((len(column) for column in columns), default=0)
    rows = [
        {name: (column[index].strip() if index < len(column) else "") for name, column in zip(every, columns, strict=True)}
        for index in range(min(count, MOST_ROWS))
    ]
    return padded([row if any(row[name] for name in names) else dict.fromkeys(every, "") for row in rows], *every, least=least)


def padded(rows: list[Row], *names: str, least: int = ROWS) -> list[Row]:
    """The rows with empty ones behind them, as many as a form begins with, and at least one."""
    return rows + [dict.fromkeys(names, "") for _ in range(max(least - len(rows), 1 if rows and any(rows[-1].values()) else 0))]


def more_rows(rows: list[Row]) -> list[Row]:
    """Some rows more, for a longer document."""
    return (rows + [dict.fromkeys(rows[0], "") for _ in range(ROWS)])[:MOST_ROWS]


def body_of(
    model: type[M], facts: Mapping[str, Any], *, labels: Mapping[str, Text] | None = None, **rows: list[Row]
) -> tuple[M | None, dict[str, str]]:
    """The body that the form means, or None and a sentence per field. In a row, the sentence begins with the field's label."""
    language = access.language()
    lists = {
        name: [{key: value for key, value in row.items() if value} for row in some if any(row.values())] for name, some in rows.items()
    }
    try:
        return model.model_validate({**facts, **lists}), {}
    except ValidationError as wrong:
        errors: dict[str, str] = {}
        for one in wrong.errors(include_url=False):
            label = (labels or {}).get(str(one["loc"][-1])) if len(one["loc"]) > 2 else None
            said = words_of(one).say(language)
            errors.setdefault(field_of(tuple(one["loc"]), rows), f"{label.say(language)}: {said}" if label else said)
        return None, errors


def _filled(row: Row) -> Row:
    return {name: value for name, value in row.items() if value}


@contextmanager
def refused(errors: dict[str, str], about: Mapping[Any, str] | None = None, **rows: list[Row]) -> Iterator[None]:
    """Turns a refusal of the operation inside into a sentence on the form, beside the field that it points to or is `about`.

    Stands outside the transaction.
    """
    try:
        yield
    except REFUSALS as refusal:
        pointer = getattr(refusal, "pointer", None) or (about or {}).get(type(refusal))
        if isinstance(refusal, TooLong):
            pointer = next((name for name in place_of(refusal) if not any(name in row for some in rows.values() for row in some)), "")
        errors[field_of(tuple(pointer.strip("/").split("/")), rows) if pointer else "_form"] = sentence(refusal)


class CodeTaken(Refused):
    """A new one has a new code."""

    code = "code_taken"
    sentence = T("{code} is there already", "{code} 已存在")
    advice = T("Give another code, or edit the one that is there", "请换一个编码，或修改已有的")


class Coded(Protocol):
    """Master data that is found by its code."""

    @property
    def code(self) -> str:
        """As it was given."""
        ...

    @property
    def updated_at(self) -> dt.datetime:
        """When it was changed last."""
        ...


def entered(
    model: type[M], facts: Mapping[str, Any], *, there: Callable[[str], object], labels: Mapping[str, Text] | None = None, **rows: list[Row]
) -> tuple[str | None, dict[str, str]]:
    """A form for new master data: puts in what was typed, and answers its code, or what is wrong. `model` has the code and `put`."""
    body: Any
    body, errors = body_of(model, {**fields("code"), **facts}, labels=labels, **rows)
    if body is None:
        return None, errors
    with refused(errors, about={CodeTaken: "/code"}, **rows), transaction():
        if there(body.code):
            raise CodeTaken(code=body.code)
        body.put(body.code)
    return (None if errors else body.code), errors


def altered(
    model: type[M], facts: Mapping[str, Any], *, find: Callable[[], Coded], labels: Mapping[str, Text] | None = None, **rows: list[Row]
) -> tuple[str | None, dict[str, str]]:
    """A form that changes master data: makes it what was typed, unless somebody has changed it meanwhile; its code, or what is wrong."""
    body: Any
    body, errors = body_of(model, facts, labels=labels, **rows)
    if body is None:
        return None, errors
    code = None
    with refused(errors, None, **rows), transaction():
        now = find()
        unchanged(now.code, now.updated_at)
        body.put(now.code)
        code = now.code
    return (None if errors else code), errors


def unchanged(what: str, updated_at: dt.datetime) -> None:
    """Raises ChangedMeanwhile unless the form was filled in from the thing as it stands: it carries `seen`, its `updated_at`."""
    if field("seen") != updated_at.isoformat():
        raise ChangedMeanwhile(what=what)


def field_of(place: tuple[Any, ...], rows: Mapping[str, list[Row]]) -> str:
    """The form's field for a place in the body."""
    first = str(place[0])
    if len(place) > 1 and first in rows:
        filled = [number for number, row in enumerate(rows[first], start=1) if any(row.values())]
        if int(place[1]) >= len(filled):
            return first
        return "-".join(("row", str(filled[int(place[1])]), *(str(part) for part in place[2:3])))
    return first if len(place) > 1 and str(place[1]).isdecimal() else "_".join(str(part) for part in place)
