"""What stands on a paper, as plain data."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from wms.i18n import T, Text
from wms.printing.ink import Words
from wms.printing.tables import Cell, Column, Row

WAREHOUSE = T("Warehouse", "仓库")


@dataclass(frozen=True, slots=True)
class Company:
    """Whose paper it is."""

    name: Words = WAREHOUSE
    address: Words = ""
    logo: bytes | None = None
    """A PNG or JPEG picture."""


@dataclass(frozen=True, slots=True)
class Section:
    """One table of a paper under a title of its own, such as a stop of a load."""

    columns: Sequence[Column]
    rows: Sequence[Row]
    title: Words = ""
    total: Row = ()
    facts: Sequence[tuple[Text, Cell]] = ()


@dataclass(frozen=True, slots=True)
class NotKept:
    """One line of what a customer signed for that was not kept as it was sent. Its product has the name that the paper gives it."""

    sku: str
    lot: str
    sent: str
    kept: str
    damaged: str = ""
    refused: str = ""
    missing: str = ""
    why: Words = ""


@dataclass(frozen=True, slots=True)
class Signed:
    """Who signed a paper, and for what: put on every copy when it is drawn, for it came after what the paper says."""

    field: Text
    """The signature field that it stands in; the last one, where a template has named them otherwise."""
    name: str
    at: dt.datetime
    strokes: Sequence[Sequence[tuple[int, int]]] = ()
    """Lines from point to point in a field of `size`, from the upper left corner."""
    size: tuple[int, int] = (1, 1)
    picture: bytes | None = None
    """Or a PNG."""
    sent: str = ""
    """How much was signed for in all, where that can be added up."""
    kept: str = ""
    remark: str = ""
    not_kept: Sequence[NotKept] = ()


@dataclass(frozen=True, slots=True)
class Paper:
    """Everything that stands on one paper; pure data."""

    kind: Text
    number: str
    facts: Sequence[tuple[Text, Cell]] = ()
    columns: Sequence[Column] = ()
    rows: Sequence[Row] = ()
    total: Row = ()
    sections: Sequence[Section] = ()
    """For a paper of several tables; they follow `rows`, if there are any."""
    head: Words = ""
    """A house's own words above the table (wms/printing/templates.py)."""
    notes: Words | Sequence[Words] = ()
    terms: Words = ""
    """And its terms, in small letters at the end."""
    signatures: Sequence[Text] = ()
    code: str | None = None
    """What the barcode says; the number, unless told otherwise."""
    company: Company = Company()
    copies: Sequence[Text] = ()
    """The paper is printed once for each, with this in its heading."""
    stamp: Text | None = None
    """A word across the paper's standing: draft, cancelled, printed again."""
    red: bool = False
    """A red note takes back what a black one gave out."""
    printed_at: dt.datetime | None = None
    printed_by: str = ""
    landscape: bool = False
    void: bool = False
    """It holds no more: marked across every page."""
    band: Words = ""
    """In the margin, outside the content: which copy this is, for whom and why. It takes the place of who printed it when."""
    final_since: dt.datetime | None = None
    """When what it tells was over, so that it will say the same for ever (wms/printing/keeping.py). Not drawn."""
    signed: Signed | None = None
