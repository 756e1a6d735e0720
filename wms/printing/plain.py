"""A paper as plain JSON and back, both languages in it: what is kept says the same whatever is renamed afterwards.

Moments are kept as they were written, on the house's clock of that day; a barcode that was built is kept as its modules.
"""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
import json
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from wms.i18n import Text
from wms.printing.barcodes import Symbol
from wms.printing.ink import Words
from wms.printing.papers import Company, Paper, Section
from wms.printing.tables import Blank, Cell, Column, Row, Scan, Two, written

Plain = dict[str, Any]


def plain_of(paper: Paper) -> Plain:
    """The paper's content: everything but who prints it when, and why."""
    return {
        "kind": _words(paper.kind),
        "number": paper.number,
        "facts": [[_words(label), _cell(value)] for label, value in paper.facts],
        "columns": _columns(paper.columns),
        "rows": [_row(row) for row in paper.rows],
        "total": _row(paper.total),
        "sections": [_section(one) for one in paper.sections],
        "head": _words(paper.head),
        "terms": _words(paper.terms),
        "notes": [_words(one) for one in ([paper.notes] if isinstance(paper.notes, str | Text) else paper.notes)],
        "signatures": [_words(one) for one in paper.signatures],
        "code": paper.code,
        "company": {
            "name": _words(paper.company.name),
            "address": _words(paper.company.address),
            "logo": base64.b64encode(paper.company.logo).decode() if paper.company.logo else None,
        },
        "copies": [_words(one) for one in paper.copies],
        "stamp": _words(paper.stamp) if paper.stamp else None,
        "red": paper.red,
        "landscape": paper.landscape,
    }


def paper_of(kept: Mapping[str, Any]) -> Paper:
    """The paper that was kept."""
    company = kept["company"]
    logo = base64.b64decode(company["logo"]) if company["logo"] else None
    return Paper(
        kind=_text(kept["kind"]),
        number=kept["number"],
        facts=[(_text(label), _read(value)) for label, value in kept["facts"]],
        columns=_read_columns(kept["columns"]),
        rows=[_read_row(row) for row in kept["rows"]],
        total=_read_row(kept["total"]),
        sections=[
            Section(
                columns=_read_columns(one["columns"]),
                rows=[_read_row(row) for row in one["rows"]],
                title=_said(one["title"]),
                total=_read_row(one["total"]),
                facts=[(_text(label), _read(value)) for label, value in one["facts"]],
            )
            for one in kept["sections"]
        ],
        head=_said(kept.get("head", "")),
        terms=_said(kept.get("terms", "")),
        notes=[_said(one) for one in kept["notes"]],
        signatures=[_text(one) for one in kept["signatures"]],
        code=kept["code"],
        company=Company(_said(company["name"]), _said(company["address"]), logo),
        copies=[_text(one) for one in kept["copies"]],
        stamp=_text(kept["stamp"]) if kept["stamp"] else None,
        red=kept["red"],
        landscape=kept["landscape"],
    )


def digest_of(content: Sequence[Plain]) -> str:
    """The same for the same content, on both databases."""
    return hashlib.sha256(json.dumps(list(content), sort_keys=True, ensure_ascii=False).encode()).hexdigest()


# -- there -------------------------------------------------------------------------------------------------------------


def _words(words: Words) -> Any:
    return {"en": words.say("en"), "zh": words.say("zh_CN")} if isinstance(words, Text) else words


def _cell(cell: Cell) -> Any:
    if isinstance(cell, Two):
        return {"two": [cell.first if isinstance(cell.first, int) else _words(cell.first), _words(cell.second)]}
    if isinstance(cell, Scan):
        if isinstance(cell.code, str):
            return {"scan": cell.code}
        one = cell.code
        return {"symbol": {"kind": one.kind, "rows": list(one.rows), "data": one.data, "text": one.text, "quiet": one.quiet}}
    if isinstance(cell, Blank):
        return {"blank": cell.value}
    if isinstance(cell, Decimal | dt.date):
        return written(cell)
    return _words(cell) if isinstance(cell, Text) else cell


def _row(row: Row) -> list[Any]:
    return [_cell(cell) for cell in row]


def _columns(columns: Sequence[Column]) -> list[Plain]:
    return [{"title": _words(one.title), "align": one.align, "width": one.width, "strong": one.strong} for one in columns]


def _section(one: Section) -> Plain:
    return {
        "columns": _columns(one.columns),
        "rows": [_row(row) for row in one.rows],
        "title": _words(one.title),
        "total": _row(one.total),
        "facts": [[_words(label), _cell(value)] for label, value in one.facts],
    }


# -- and back ----------------------------------------------------------------------------------------------------------


def _said(kept: Any) -> Words:
    return Text(kept["en"], kept["zh"]) if isinstance(kept, dict) else str(kept)


def _text(kept: Any) -> Text:
    said = _said(kept)
    return said if isinstance(said, Text) else Text(said, said)


def _read(kept: Any) -> Cell:
    if not isinstance(kept, dict):
        return kept  # type: ignore[no-any-return]
    if "two" in kept:
        first, second = kept["two"]
        return Two(first if isinstance(first, int) else _said(first), _said(second))
    if "scan" in kept:
        return Scan(kept["scan"])
    if "symbol" in kept:
        one = kept["symbol"]
        return Scan(Symbol(one["kind"], tuple(one["rows"]), one["data"], one["text"], one["quiet"]))
    return Blank(kept["blank"]) if "blank" in kept else _text(kept)


def _read_row(kept: Sequence[Any]) -> Row:
    return [_read(cell) for cell in kept]


def _read_columns(kept: Sequence[Plain]) -> list[Column]:
    return [Column(_text(one["title"]), one["align"], one["width"], one["strong"]) for one in kept]
