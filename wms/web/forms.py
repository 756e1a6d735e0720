"""Forms of the desk: read into a model, or shown again with what is wrong beside each field.

    class NewOrder(Form):
        customer: Code
        due_on: dt.date | None = None

    @blueprint.post("/orders/new")
    @allow(Permission.ENTER_ORDERS)
    def create() -> ResponseReturnValue:
        form, errors = read(NewOrder)
        if form is not None:
            with refusals(errors), transaction():
                order = orders.take_in(form.customer, …, by=actor())
                return redirect(url_for("orders.one", number=order.number))
        return render("orders/new", values=request.form, errors=errors), 422

`errors` maps a field to a sentence; `errors[""]` is about the whole form. An empty input counts as not given.
A form that books something asks `first_time(by=actor())` inside its transaction: `forms.form` gives every form a key (`once`) when it is
drawn, so that a double click, or sending it again after a lost answer, books once.
For a single button with nothing to correct, `said(refusal)` leaves the refusal as a message on the page that the person returns to.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

from flask import flash, request
from pydantic import BaseModel, ConfigDict, ValidationError, field_validator

from wms.actor import Actor
from wms.db import TooLong
from wms.errors import Conflict, Forbidden, Invalid, NotFound, Refused, WarehouseError
from wms.i18n import T, Text
from wms.web import access, idempotency
from wms.web.api import text_only
from wms.web.problems import place_of, words_of

M = TypeVar("M", bound=BaseModel)


_DONE_ALREADY = T(
    "This form was taken in before, and not a second time. To do the same once more, open the form anew.",
    "此表单已提交过，未重复处理。如需再做一次，请重新打开表单。",
)


class Form(BaseModel):
    """The fields of a form. Fields that the page adds (token, buttons) are let be."""

    model_config = ConfigDict(extra="ignore", frozen=True, str_strip_whitespace=True)

    @field_validator("*", mode="after")
    @classmethod
    def _no_control_characters(cls, value: Any) -> Any:
        return text_only(value)


def read(model: type[M], **instead: str | Text) -> tuple[M | None, dict[str, str]]:
    """The posted form as this model, or None and a sentence per wrong field. Fields of list type take every value given.

    `instead` are fields that mean something else than what was typed, or why they mean nothing.
    """
    language = access.language()
    wrong_already = {name: meant.say(language) for name, meant in instead.items() if isinstance(meant, Text)}
    given: dict[str, Any] = {}
    for name, info in model.model_fields.items():
        meant = instead.get(name)
        values = [value for value in ([meant] if isinstance(meant, str) else request.form.getlist(name)) if value.strip() != ""]
        if values:
            given[name] = values if str(info.annotation).startswith(("list", "set", "frozenset", "tuple")) else values[0]
    try:
        body = model.model_validate(given, strict=False)
    except ValidationError as wrong:
        found = {str(one["loc"][0]) if one["loc"] else "": words_of(one).say(language) for one in wrong.errors(include_url=False)}
        return None, found | wrong_already
    return (None, wrong_already) if wrong_already else (body, {})


@contextmanager
def refusals(errors: dict[str, str]) -> Iterator[None]:
    """Turns a refusal of the operation inside into sentences on the form. Stands outside the transaction:

    with refusals(errors), transaction():
        ...
    """
    try:
        yield
    except (Refused, Conflict, Invalid, NotFound, Forbidden) as refusal:
        pointer = (getattr(refusal, "pointer", None) or "").lstrip("/").split("/")[0]
        if isinstance(refusal, TooLong):
            pointer = next(iter(place_of(refusal)), "")
        errors[pointer] = sentence(refusal)


def first_time(*, by: Actor, file: bytes = b"") -> bool:
    """Whether this very form, with what stands in it now, is taken for the first time; says so to the person when it is not.

    What was corrected and sent again is another intention, under whatever key. A form without a key is taken every time.
    """
    once = request.form.get("once")
    if not once:
        return True
    said = [(name, value) for name, value in request.form.items(multi=True) if name != "csrf_token"]
    print_ = hashlib.sha256(json.dumps([request.path, said]).encode() + file).hexdigest()
    if idempotency.first_time(by.id, f"form:{print_}"):
        return True
    flash(_DONE_ALREADY.say(access.language()), "ask")
    return False


def sentence(refusal: WarehouseError) -> str:
    """What happened and what to do, in the reader's language."""
    language = access.language()
    advice = refusal.advise(language)
    stop = "。" if language == "zh_CN" else ". "
    return refusal.say(language) + (stop + advice if advice else "")


def said(refusal: WarehouseError) -> None:
    """Leaves the refusal as a message on the next page."""
    flash(sentence(refusal), "stop")
