"""Lists of the desk: searched, filtered, sorted, paged by their address, and exported.

    SORTS = {"number": Order.number_key, "due": Order.due_at}

    @blueprint.get("/orders")
    @allow(Permission.SEE_ORDERS)
    def index() -> ResponseReturnValue:
        statement = queries.listed(q=arg("q"), status=arg("status"), by=actor())      # a SELECT without order
        if wants_export():
            return export("orders", EXPORT_COLUMNS, rows_of(statement, SORTS, "-due"))
        return render("orders/index", page=page_of(statement, SORTS, "-due"))

`?sort=due` upwards, `?sort=-due` downwards; `?page=2`; `?export=csv` or `?export=xlsx`. An unknown sort or page falls back to the first.
In a template: `tables.filters(export=true)`. A file is written to the disk row by row as the rows come, and only then sent: neither the
number of rows nor somebody's slow line is held in memory or keeps the database.
"""

from __future__ import annotations

import csv
import datetime as dt
import io
import re
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, BinaryIO, cast

import openpyxl
import sqlalchemy as sa
from flask import Response, request

from wms import clock
from wms.db import session
from wms.i18n import T, Text
from wms.web import access

PER_PAGE = 50
COUNTED = 10_000
"""So far a list of what grows with trade is counted; of more, nobody asks how many."""
MOST_EXPORTED = 1_000_000  # what a worksheet holds
_IN_MEMORY = 4 * 1024 * 1024
_PART = 1 << 16
_AT_ONCE = 1_000
_FORMULA = ("=", "+", "-", "@", "＝", "＋", "－", "＠", "\t", "\r", "\n")
"""What makes a spreadsheet reckon; where Chinese is typed, the wide signs do too."""
_NO_TEXT = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
"""What scanners send between the parts of a barcode: no file of text has it, and a formula must not hide behind it."""


@dataclass(frozen=True)
class Page:
    """One page of a list."""

    items: Sequence[Any]
    number: int
    pages: int
    total: int
    uncounted: bool = False
    """There are more than `total`; how many, nobody has counted."""

    @property
    def previous(self) -> int | None:
        """The page before."""
        return self.number - 1 if self.number > 1 else None

    @property
    def next(self) -> int | None:
        """The page after."""
        return self.number + 1 if self.number < self.pages else None


@dataclass(frozen=True)
class Column:
    """A column of an export: its heading, and its value from a row."""

    text: Text
    value: Callable[[Any], Any]


def arg(name: str) -> str | None:
    """A filter from the address, trimmed; None where it is empty."""
    return request.args.get(name, "").strip() or None


def page_of(
    statement: sa.Select[Any],
    sorts: Mapping[str, Any],
    default: str,
    *,
    per_page: int = PER_PAGE,
    scalars: bool = False,
    counted: int | None = None,
) -> Page:
    """The page that the address asks for. `scalars` gives mapped objects (or single columns) instead of rows.

    With `counted` no more rows than that are counted, in the sequence of the list, so that an index gives them; a page behind them is
    shown all the same.
    """
    in_turn = _sorted(statement, sorts, default)
    rows = statement.order_by(None) if counted is None else in_turn.limit(counted + 1)
    total = session.execute(sa.select(sa.func.count()).select_from(rows.subquery())).scalar_one()
    uncounted = counted is not None and total > counted
    total = total if counted is None else min(total, counted)
    pages = max(1, -(-total // per_page))
    wanted = request.args.get("page", "1")
    number = max(1, int(wanted)) if wanted.isascii() and wanted.isdigit() and len(wanted) < 10 else 1
    number = number if uncounted else min(number, pages)
    found = session.execute(in_turn.limit(per_page + 1).offset((number - 1) * per_page))
    items = list(found.scalars() if scalars else found)
    if uncounted:
        pages = max(pages, number + (len(items) > per_page))
    return Page(items[:per_page], number, pages, total, uncounted)


def rows_of(statement: sa.Select[Any], sorts: Mapping[str, Any], default: str, *, scalars: bool = False) -> Iterable[Any]:
    """Every row, for an export."""
    asked = _sorted(statement, sorts, default).limit(MOST_EXPORTED + 1).execution_options(yield_per=_AT_ONCE)
    found = session.execute(asked)
    return found.scalars() if scalars else found


def _sorted(statement: sa.Select[Any], sorts: Mapping[str, Any], default: str) -> sa.Select[Any]:
    wanted = request.args.get("sort", default)
    column = sorts.get(wanted.removeprefix("-"))
    if column is None:
        wanted, column = default, sorts[default.removeprefix("-")]
    terms = column if isinstance(column, tuple) else (column,)
    return statement.order_by(*(term.desc() if wanted.startswith("-") else term.asc() for term in terms))


# -- exports -----------------------------------------------------------------------------------------------------------


def wants_export() -> bool:
    """Whether the address asks for a file."""
    return request.args.get("export") in {"csv", "xlsx"}


def export(name: str, columns: Sequence[Column], rows: Iterable[Any]) -> Response:
    """The rows as the file that the address asks for. The last line says so where there are more than a worksheet holds."""
    language = access.language()
    head = [column.text.say(language) for column in columns]
    as_workbook = request.args.get("export") == "xlsx"
    filename = f"{name}-{clock.today().isoformat()}.{'xlsx' if as_workbook else 'csv'}"
    kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet" if as_workbook else "text/csv; charset=utf-8"
    kept = cast(BinaryIO, tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY))  # noqa: SIM115  (closed with the response)
    (_xlsx if as_workbook else _csv)(kept, head, _cells(columns, rows, language))
    size = kept.tell()
    kept.seek(0)
    response = Response(iter(lambda: kept.read(_PART), b""), headers={"Content-Type": kind})
    response.headers["Content-Disposition"] = f'attachment; filename="{filename}"'
    response.content_length = size
    response.call_on_close(kept.close)
    return response


def _cells(columns: Sequence[Column], rows: Iterable[Any], language: str) -> Iterator[list[Any]]:
    for count, row in enumerate(rows):
        if count == MOST_EXPORTED:
            yield [_MORE.say(language, most=MOST_EXPORTED)]
            return
        yield [_cell(column.value(row), language) for column in columns]


_MORE = T("Only the first {most} rows are here: narrow the list", "仅含前 {most} 行，请缩小查询范围")


def harmless(text: str) -> str:
    """Text that a spreadsheet will not run as a formula, and that a workbook may hold."""
    text = _NO_TEXT.sub("", text)
    return "'" + text if text.startswith(_FORMULA) else text


def _cell(value: Any, language: str) -> Any:
    if isinstance(value, Text):
        value = value.say(language)
    if isinstance(value, dt.datetime):
        return clock.local(value).strftime("%Y-%m-%d %H:%M")
    if isinstance(value, dt.date):
        return value.isoformat()
    if isinstance(value, bool) or value is None:
        return "" if value is None else str(value).lower()
    if isinstance(value, int):
        return value
    return harmless(str(value))


def _csv(to: BinaryIO, head: list[str], body: Iterable[list[Any]]) -> None:
    text = io.TextIOWrapper(to, encoding="utf-8-sig", newline="")  # with the mark that makes Excel read it as UTF-8
    writer = csv.writer(text)
    writer.writerow(head)
    writer.writerows(body)
    text.flush()
    text.detach()


def _xlsx(to: BinaryIO, head: list[str], body: Iterable[list[Any]]) -> None:
    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet()
    sheet.append(head)
    for row in body:
        sheet.append(row)
    book.save(to)
    to.seek(0, io.SEEK_END)
