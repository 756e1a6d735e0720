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
For a single button with nothing to correct, `said(refusal)` leaves the refusal as a message on the page that the person returns to.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

from flask import flash, request
from pydantic import BaseModel, ConfigDict, ValidationError, field_validator

from wms.errors import Conflict, Forbidden, Invalid, NotFound, Refused, WarehouseError
from wms.web import access
from wms.web.api import text_only
from wms.web.problems import words_of

M = TypeVar("M", bound=BaseModel)


class Form(BaseModel):
    """The fields of a form. Fields that the page adds (token, buttons) are let be."""

    model_config = ConfigDict(extra="ignore", frozen=True, str_strip_whitespace=True)

    @field_validator("*", mode="after")
    @classmethod
    def _no_control_characters(cls, value: Any) -> Any:
        return text_only(value)


def read(model: type[M]) -> tuple[M | None, dict[str, str]]:
    """The posted form as this model, or None and a sentence per wrong field. Fields of list type take every value given."""
    given: dict[str, Any] = {}
    for name, info in model.model_fields.items():
        values = [value for value in request.form.getlist(name) if value.strip() != ""]
        if values:
            given[name] = values if str(info.annotation).startswith(("list", "set", "frozenset", "tuple")) else values[0]
    language = access.language()
    try:
        return model.model_validate(given, strict=False), {}
    except ValidationError as wrong:
        return None, {str(one["loc"][0]) if one["loc"] else "": words_of(one).say(language) for one in wrong.errors(include_url=False)}


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
        errors[pointer] = sentence(refusal)


def sentence(refusal: WarehouseError) -> str:
    """What happened and what to do, in the reader's language."""
    language = access.language()
    advice = refusal.advise(language)
    stop = "。" if language == "zh_CN" else ". "
    return refusal.say(language) + (stop + advice if advice else "")


def said(refusal: WarehouseError) -> None:
    """Leaves the refusal as a message on the next page."""
    flash(sentence(refusal), "stop")
