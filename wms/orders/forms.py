"""The desk's form for a new order or inbound order: typed rows become the same body that the API takes."""

from __future__ import annotations

import datetime as dt
import zoneinfo
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from flask import current_app
from pydantic import BaseModel

from wms.auth.current import actor
from wms.catalog.products import NotCounted
from wms.i18n import T, Text
from wms.orders.lines import free_number
from wms.orders.typed_names import partner_codes, refusals, rows_by_sku
from wms.web import typed
from wms.web.forms import sentence
from wms.web.typed import Row, field

M = TypeVar("M", bound=BaseModel)
LABELS = {
    "sku": T("Product or barcode", "商品或条码"),
    "quantity": T("Quantity", "数量"),
    "unit": T("Unit", "单位"),
    "lot": T("Lot", "批号"),
    "expires_on": T("Expires on", "到期日"),
    "certificate": T("Certificate", "合格证"),
}

SERVICE_LABELS = {"code": T("Work", "加工"), "line": T("Line, if only for one", "仅限行号"), "text": T("How", "要求")}


def document_of(
    model: type[M], facts: Mapping[str, Any], lines: list[Row], *checks: Callable[[], object]
) -> tuple[M | None, dict[str, str]]:
    """The document that the form means, or None and a sentence for all that is wrong with it. A partner's or product's name stands for its
    code where only one is called so, a barcode for its product and packaging. `checks` refuse what only the house knows to be wrong."""
    codes, unknown = partner_codes(facts)
    rows, missing = rows_by_sku(lines)
    body, errors = typed.body_of(model, {**facts, **codes}, labels=LABELS, lines=rows)
    for refusal in (*missing, *refusals(*checks), *unknown):
        place = typed.field_of(tuple(str(getattr(refusal, "pointer", "")).strip("/").split("/")), {"lines": lines})
        if place not in errors or isinstance(refusal, NotCounted):  # the model sees nothing where a quantity was none
            errors[place] = sentence(refusal)
    return (None if errors else body), errors


def by_name(facts: Mapping[str, Any], rows: list[Row]) -> tuple[dict[str, Any], list[Row]]:
    """The same with codes for names and barcodes, as far as they are known; what is not is left to the operation to refuse."""
    return {**facts, **partner_codes(facts)[0]}, rows_by_sku(rows)[0]


def number_free(document: type[Any]) -> Callable[[], object]:
    """The check that no other document of the kind has the number that was typed, where one was."""
    number = field("number")
    return lambda: free_number(document, number, "", by=actor()) if number else None


def columns(*names: str) -> dict[str, Text]:
    """The columns of a form's rows, with their labels."""
    return {name: LABELS[name] for name in names}


def local_moment(name: str) -> dt.datetime | str | None:
    """A time typed on the house's clock; text that is none is left to the model to refuse."""
    if not field(name):
        return None
    try:
        moment = dt.datetime.fromisoformat(field(name))
    except ValueError:
        return field(name)
    return moment.replace(tzinfo=zoneinfo.ZoneInfo(current_app.config["WMS"].time_zone)) if moment.tzinfo is None else moment
