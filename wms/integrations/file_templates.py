"""Files to fill in: for each kind its columns with an example, and a sheet that explains them in both languages."""

from __future__ import annotations

import csv
import datetime as dt
import enum
import io
import typing
from collections.abc import Mapping
from typing import Any, Literal

import openpyxl
from openpyxl.styles import Alignment, Font
from openpyxl.utils import get_column_letter
from pydantic import BaseModel

from wms.i18n import Text
from wms.integrations.column_words import words_of
from wms.integrations.reading import MODELS, Kind, columns_in, columns_of

KEYS: dict[Kind, tuple[str, ...]] = {
    "products": ("sku", "name"),
    "locations": ("code", "kind"),
    "partners": ("code", "kind", "name"),
    "carton-types": ("code", "name"),
    "vehicles": ("code", "name"),
    "inbound-orders": ("number", "kind", "partner"),
    "orders": ("number", "source", "customer"),
    "stock": ("sku", "location", "quantity"),
    "tracking": ("order", "shipment", "sscc"),
}
"""The columns that stand first."""
_CASE = {"packagings.1.unit": "case", "packagings.1.quantity": "12", "packagings.1.barcode": "16901234567899"}
_ADDRESS = {"address.name": "李雷", "address.phone": "13900000000", "address.street": "中州中路 287 号", "address.city": "洛阳"}
EXAMPLES: dict[Kind, list[dict[str, str]]] = {
    "products": [
        {
            "sku": "TEA-01",
            "name": "信阳毛尖",
            "names.en": "Green tea",
            "base_unit": "tin",
            "weight_grams": "250",
            "barcodes": "6901234567892",
        }
        | {"tracking": "lot", "length_mm": "80", "width_mm": "80", "height_mm": "120", "abc": "A", **_CASE},
    ],
    "locations": [
        {"code": "A-01-1", "kind": "storage", "zone": "A", "aisle": "01", "level": "1", "x_mm": "1200", "y_mm": "3000"},
        {"code": "F-01-1", "kind": "pick_face", "zone": "F", "assigned.sku": "TEA-01", "assigned.minimum": "12", "assigned.maximum": "60"},
    ],
    "partners": [
        {"code": "C-100", "kind": "customer", "name": "洛阳百货大楼", "credit_limit": "5000000", "credit_days": "30", **_ADDRESS},
        {"code": "FARM", "kind": "supplier", "name": "浉河茶场"},
        {"code": "SWIFT", "kind": "carrier", "name": "迅捷物流"},
    ],
    "carton-types": [
        {
            "code": "M",
            "name": "中号纸箱",
            "length_mm": "390",
            "width_mm": "290",
            "height_mm": "190",
            "tare_grams": "420",
            "most_grams": "15000",
        }
    ],
    "vehicles": [
        {
            "code": "V-01",
            "name": "4.2 米厢车",
            "plate": "豫A·8F213",
            "carrier": "SWIFT",
            "max_weight_grams": "1800000",
            "pallet_places": "6",
        }
    ],
    "inbound-orders": [
        {
            "number": "PO-1",
            "kind": "purchase",
            "partner": "FARM",
            "line": "1",
            "sku": "TEA-01",
            "quantity": "4",
            "unit": "case",
            "lot": "L-2611",
        }
    ],
    "orders": [
        {"number": "SO-1", "source": "shop", "customer": "C-100", "priority": "5", "line": "1", "sku": "TEA-01", "quantity": "2"},
        {"number": "SO-1", "line": "2", "sku": "TEA-01", "quantity": "1", "unit": "case"},
    ],
    "stock": [
        {"sku": "TEA-01", "location": "A-01-1", "quantity": "48", "lot": "L-2611", "received_on": "2026-11-02", "reason": "opening 期初"},
    ],
    "tracking": [{"order": "SO-1", "carrier": "SWIFT", "tracking": "SF1234567890"}],
}


def headings(kind: Kind) -> list[str]:
    """The columns of the template: what names a row first."""
    first = KEYS[kind]
    return [*first, *(name for name in columns_of(kind) if name not in first)]


def _table(kind: Kind, language: str) -> list[list[str | None]]:
    """The headings and the examples, as people of this language write them."""
    names, columns = headings(kind), columns_in(kind)
    rows: list[list[str | None]] = [[columns.called(name, language) for name in names]]
    for example in EXAMPLES[kind]:
        rows.append([columns.written(name, example[name], language) if name in example else None for name in names])
    return rows


def as_csv(kind: Kind, language: str = "en") -> bytes:
    """The template as CSV, with the mark that makes Excel read it as UTF-8."""
    text = io.StringIO()
    csv.writer(text, lineterminator="\r\n").writerows(_table(kind, language))
    return b"\xef\xbb\xbf" + text.getvalue().encode()


def as_workbook(kind: Kind, language: str = "en") -> bytes:
    """The template as XLSX: a sheet to fill in, and one that explains its columns."""
    book = openpyxl.Workbook()
    sheet: Any = book.active
    sheet.title = kind
    names, table = headings(kind), _table(kind, language)
    for row in table:
        sheet.append(row)
    sheet.freeze_panes = "A2"
    for place, heading in enumerate(table[0], start=1):
        letter = get_column_letter(place)
        sheet.column_dimensions[letter].width = max(12, len(str(heading).encode("gb18030")) + 3)
        for cell in sheet[letter]:
            cell.number_format = "@"  # codes keep their zeros, dates stay as they are typed
        sheet.cell(1, place).font = Font(bold=True)
    told: Any = book.create_sheet("Columns 列说明")
    told.append(["Column", "列名", "Meaning", "含义", "Filled in 填写", "Values 取值", "Example 示例"])
    for cell in told[1]:
        cell.font = Font(bold=True)
    for name in names:
        said = words_of(kind, name)
        shown = next((one[name] for one in EXAMPLES[kind] if name in one), None)
        told.append([name, columns_in(kind).called(name, "zh_CN"), said.say("en"), said.say("zh_CN"), *_how(kind, name), shown])
    for letter, width in zip("ABCDEFG", (26, 24, 46, 40, 16, 60, 24), strict=True):
        told.column_dimensions[letter].width = width
    for row in told.iter_rows():
        for cell in row:
            cell.alignment = Alignment(wrap_text=True, vertical="top")
            cell.number_format = "@"
    told.freeze_panes = "A2"
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def _how(kind: Kind, column: str) -> tuple[str, str]:
    path = columns_in(kind).path(column)
    assert path is not None, "a template has only columns that its file may have"
    hint, needed = _field(MODELS[kind], path)
    return ("required 必填" if needed else "optional 可空"), _values(hint)


def _field(model: type[BaseModel], path: tuple[str, ...]) -> tuple[Any, bool]:
    """What a column's field takes, and whether a row must have it."""
    needed, hint = True, None
    for part in path:
        if part.isdigit():
            continue
        info = model.model_fields.get(part) or next(one for one in model.model_fields.values() if one.alias == part)
        needed = needed and info.is_required()
        hint = typing.get_type_hints(model)[
            part if part in model.model_fields else next(n for n, o in model.model_fields.items() if o is info)
        ]
        inner = _plain(hint)
        if isinstance(inner, type) and issubclass(inner, BaseModel):
            model = inner
    return _plain(hint), needed


def _plain(hint: Any) -> Any:
    """The kind of value inside an annotation such as `Annotated[list[X], …] | None`."""
    origin = typing.get_origin(hint)
    if origin is Literal:
        return hint
    for part in typing.get_args(hint):
        if part is not type(None):
            return _plain(part)
    return hint


def _values(hint: Any) -> str:
    if typing.get_origin(hint) is Literal:
        return ", ".join(str(one) for one in typing.get_args(hint))
    if isinstance(hint, type) and issubclass(hint, enum.Enum):
        return ", ".join(_word(one) for one in hint)
    return _KINDS_OF_VALUE.get(hint, "text 文本")


def _word(one: enum.Enum) -> str:
    text = getattr(one, "text", None)
    return f"{one.value} {text.say('zh_CN')}" if isinstance(text, Text) else str(one.value)


_KINDS_OF_VALUE: Mapping[Any, str] = {
    int: "whole number 整数",
    bool: "true / false, yes / no, 是 / 否",
    dt.date: "YYYY-MM-DD",
    dt.datetime: "YYYY-MM-DD HH:MM",
}
FORMATS = {"csv": "text/csv; charset=utf-8", "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"}


def content(kind: Kind, ending: str, language: str = "en") -> bytes:
    """The template as a file of this ending, headed in this language."""
    return as_workbook(kind, language) if ending == "xlsx" else as_csv(kind, language)
