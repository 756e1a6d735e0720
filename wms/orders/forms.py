"""The desk's form for a new order or inbound order: typed rows become the same body that the API takes."""

from __future__ import annotations

import datetime as dt
import zoneinfo
from collections.abc import Mapping
from typing import Any, TypeVar

from flask import current_app
from pydantic import BaseModel

from wms.catalog import products
from wms.i18n import T, Text
from wms.web import typed
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


def document_of(model: type[M], facts: Mapping[str, Any], lines: list[Row]) -> tuple[M | None, dict[str, str]]:
    """The document that the form means, or None and a sentence per field. A scanned barcode stands for its product and packaging."""
    return typed.body_of(model, facts, labels=LABELS, lines=by_sku(lines))


def by_sku(rows: list[Row]) -> list[Row]:
    """The rows with a barcode in the product's column told as its product, in the packaging that carries it where no unit was typed."""
    known = products.behind_barcodes(row["sku"] for row in rows if row["sku"])
    told = []
    for row in rows:
        sku, unit = known.get(row["sku"], (None, None))
        told.append({**row, **({"sku": sku} if sku else {}), **({"unit": row["unit"] or unit} if unit else {})})
    return told


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
