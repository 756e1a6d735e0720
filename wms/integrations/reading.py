"""What a file asks for, row by row, before anything is written: no statement is sent to the database here.

Files are long and workbooks slow to unpack, so they are read, checked and set down in a temporary file while the floor goes on working;
`wms.integrations.imports` then writes what was set down in one transaction.
"""

from __future__ import annotations

import functools
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, BinaryIO, Literal, get_args

from pydantic import BaseModel, ValidationError

from wms.catalog.api import PartnerIn, ProductIn
from wms.catalog.carton_api import NewCartonType
from wms.catalog.models import PartnerKind
from wms.db import fold
from wms.i18n import T, Text
from wms.integrations import tables
from wms.integrations.column_names import in_chinese
from wms.integrations.columns import Columns
from wms.integrations.plate_rows import InboundFile
from wms.integrations.reports import Report
from wms.integrations.tables import Row
from wms.locations.api import LocationIn
from wms.orders.bodies import OrderIn
from wms.shipping.fleet_api import NewVehicle
from wms.stock.api import AdjustmentIn
from wms.web.api import Body, Code
from wms.web.problems import words_of

_IN_MEMORY = 8 * 1024 * 1024
_LONGEST_CODE = 100  # longer ones are refused as they are read
NAMES: Mapping[str, PartnerKind | None] = {"customer": PartnerKind.CUSTOMER, "carrier": PartnerKind.CARRIER, "partner": None, "sku": None}
"""The columns in which documents name partners, of which kind, and products."""
_ALIVE_EVERY = 1_000
Kind = Literal["products", "locations", "partners", "carton-types", "vehicles", "inbound-orders", "orders", "stock", "tracking"]
KINDS: tuple[Kind, ...] = get_args(Kind)


class ProductRow(ProductIn):
    """A row of a file of products."""

    sku: Code


class LocationRow(LocationIn):
    """A row of a file of locations."""

    code: Code


class PartnerRow(PartnerIn):
    """A row of a file of partners."""

    code: Code


class OrderFile(OrderIn):
    """The rows of one order; a file always names its orders."""

    number: Code


class TrackingRow(Body):
    """A row of a file of carriers' numbers."""

    sscc: Code | None = None
    shipment: Code | None = None
    order: Code | None = None
    """One of the three: a parcel, or a shipment or an order with its parcels."""
    carrier: Code | None = None
    tracking: Code


MODELS: dict[Kind, type[BaseModel]] = {
    "products": ProductRow,
    "locations": LocationRow,
    "partners": PartnerRow,
    "carton-types": NewCartonType,
    "vehicles": NewVehicle,
    "inbound-orders": InboundFile,
    "orders": OrderFile,
    "stock": AdjustmentIn,
    "tracking": TrackingRow,
}


_UNKNOWN_COLUMN = T("is not a known column; known: {known}", "未知列；可用列：{known}")
_UNKNOWN_ALSO = T("is not a known column", "未知列")
_COLUMN_TWICE = T("this column is there twice", "列重复")
_TIME = T("must be a time, as 2027-03-31 16:30", "必须是时间，如 2027-03-31 16:30")
_DIFFERS = T(
    "{value} differs from {first} on line {line}: one order has one {column}",
    "{value} 与第 {line} 行的 {first} 不一致：同一订单只能有一个 {column}",
)
_APART = T("the rows of {number} do not stand together; it was on line {line} before", "{number} 的行不连续，前面在第 {line} 行")
_TWICE = T("{code} is on line {line} already, with other facts", "{code} 已在第 {line} 行出现，且内容不同")


@dataclass(frozen=True)
class Asked:
    """What one row asks for, or the rows of one order together, and where they stand in the file."""

    body: Any
    rows: list[Row]


@dataclass(frozen=True)
class Named:
    """A cell that names a partner or a product."""

    row: Row
    column: str
    code: str


class Prepared:
    """Everything a file asks for, checked, in its order; kept on disk where it is much. To be closed."""

    def __init__(self, model: type[BaseModel]) -> None:
        self._model = model
        self._kept = tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY)  # noqa: SIM115  (closed by `close`)
        self.named: list[Named] = []
        """What is named in documents that cannot be read: whether it is there can be told all the same."""

    def add(self, body: BaseModel, rows: list[Row]) -> None:
        """Sets one thing down."""
        lines = " ".join(str(row.line) for row in rows)
        self._kept.write(f"{lines}\t{body.model_dump_json(exclude_unset=True)}\n".encode())

    def __iter__(self) -> Iterator[Asked]:
        self._kept.seek(0)  # a unit that is tried again reads it again
        for kept in self._kept:
            lines, body = kept.split(b"\t", 1)
            yield Asked(self._model.model_validate_json(body), [Row(int(line), {}) for line in lines.split()])

    def close(self) -> None:
        """Forgets it."""
        self._kept.close()


def columns_of(kind: Kind) -> list[str]:
    """The columns a file of this kind may have."""
    return columns_in(kind).names()


@functools.cache
def columns_in(kind: Kind) -> Columns:
    """What the headings and cells of files of this kind mean."""
    return Columns(MODELS[kind], functools.partial(in_chinese, kind))


def prepare(kind: Kind, stream: BinaryIO, report: Report, alive: Callable[[], None] = lambda: None) -> Prepared:
    """Reads a whole file, and says now and then that it is at it; what is wrong with its rows is noted in the report.

    Raises TableUnreadable, Enough.
    """
    prepared = Prepared(MODELS[kind])
    try:
        _prepare(kind, stream, report, prepared, alive)
    except BaseException:
        prepared.close()
        raise
    return prepared


def _prepare(kind: Kind, stream: BinaryIO, report: Report, prepared: Prepared, alive: Callable[[], None]) -> None:
    columns = columns_in(kind)
    table = tables.read(stream, columns.name)
    report.encoding = table.encoding
    report.headings = _Headings(columns, table.headings)
    heading_row = Row(table.line, {})
    named = Counter(columns.path(heading) for heading in table.headings if heading)
    for heading in filter(None, table.headings):
        path = columns.path(heading)
        if path is None:
            report.wrong(heading_row, heading, _UNKNOWN_ALSO if report.errors else _unknown_column(columns), "unknown_column")
        elif named[path] > 1:
            report.wrong(heading_row, heading, _COLUMN_TWICE, "column_twice")
    if report.errors:
        return
    rows = _counted(table.rows, report, alive)
    if kind in ("orders", "inbound-orders"):
        _documents(rows, columns, report, prepared)
    else:
        _rows(kind, rows, columns, report, prepared)


def _unknown_column(columns: Columns) -> Text:
    return _UNKNOWN_COLUMN.with_facts(known=T(", ".join(columns.names()), "、".join(columns.names("zh_CN"))))


class _Headings(dict[str, str]):
    """The file's own heading of each column; of one that it lacks the heading that its author would have written."""

    def __init__(self, columns: Columns, headings: Sequence[str]) -> None:
        super().__init__({columns.name(heading) or heading: heading for heading in headings} | {heading: heading for heading in headings})
        self._columns = columns
        self._language = "en" if all(map(str.isascii, headings)) else "zh_CN"

    def __missing__(self, column: str) -> str:
        name = self._columns.name(column)
        return self._columns.called(name, self._language) if name else column


def _counted(rows: Iterator[Row], report: Report, alive: Callable[[], None]) -> Iterator[Row]:
    for row in rows:
        report.rows += 1
        if report.rows % _ALIVE_EVERY == 0:
            alive()
        for doubt in row.doubts:
            report.wrong(row, doubt.column, doubt.reason, doubt.code)
        yield row


# -- one row, one thing ------------------------------------------------------------------------------------------------


def _rows(kind: Kind, rows: Iterator[Row], columns: Columns, report: Report, prepared: Prepared) -> None:
    seen: dict[str, tuple[int, int]] = {}
    for row in rows:
        body = _read(columns.model, columns.nested(row.cells), report, functools.partial(row_of, rows=[row]))
        if body is None:
            continue
        name = getattr(body, "code", None) or (getattr(body, "sku", "") if kind == "products" else "")
        said = hash(tuple(sorted(row.cells.items())))
        if name and fold(name) in seen:
            line, before = seen[fold(name)]
            if said != before:
                report.wrong(row, "sku" if kind == "products" else "code", _TWICE.with_facts(code=name, line=line), "twice_in_file")
            continue
        if name:
            seen[fold(name)] = (row.line, said)
        prepared.add(body, [row])


# -- several rows, one document ----------------------------------------------------------------------------------------


def _documents(rows: Iterator[Row], columns: Columns, report: Report, prepared: Prepared) -> None:
    seen: dict[str, int] = {}
    for group in _groups(rows):
        number = group[0].cells.get("number", "")
        if number and fold(number) in seen:
            report.wrong(group[0], "number", _APART.with_facts(number=number, line=seen[fold(number)]), "rows_apart")
            continue
        seen[fold(number)] = group[0].line
        agreeing = _agreeing(group, columns, report)
        facts = columns.nested(group[0].cells, line=False)
        facts["lines"] = [columns.nested(row.cells, line=True) for row in agreeing]
        body = _read(columns.model, facts, report, functools.partial(row_of, rows=agreeing))
        if body is not None and len(agreeing) == len(group):
            prepared.add(body, agreeing)
        else:
            prepared.named += _named(group, columns)


def _named(group: list[Row], columns: Columns) -> Iterator[Named]:
    """The partners and products that the rows of one document name; of what is told once for all of it, the first row's."""
    for row in group:
        for heading, cell in row.cells.items():
            if heading in NAMES and (row is group[0] or columns.is_of_line(heading)) and cell.strip() and len(cell) <= _LONGEST_CODE:
                yield Named(row, heading, cell.strip())


def _groups(rows: Iterator[Row]) -> Iterator[list[Row]]:
    """Rows that stand together and name the same order."""
    group: list[Row] = []
    for row in rows:
        number = fold(row.cells.get("number", ""))
        if group and (number != fold(group[0].cells.get("number", "")) or not number):
            yield group
            group = []
        group.append(row)
    if group:
        yield group


def _agreeing(group: list[Row], columns: Columns, report: Report) -> list[Row]:
    """The rows that say about the order what its first row says; the others are noted."""
    first, kept = group[0], [group[0]]
    for row in group[1:]:
        differing = [
            heading
            for heading, cell in row.cells.items()
            if not columns.is_of_line(heading) and heading != "number" and cell != first.cells.get(heading)
        ]
        for heading in differing:
            said = _DIFFERS.with_facts(value=row.cells[heading], first=first.cells.get(heading, "–"), line=first.line)
            said = said.with_facts(column=report.headings[heading])
            report.wrong(row, heading, said, "order_mixed")
        if not differing:
            kept.append(row)
    return kept


# -- errors ------------------------------------------------------------------------------------------------------------


def _read(model: type[BaseModel], facts: dict[str, Any], report: Report, row_of: Callable[[tuple[Any, ...]], Row]) -> Any:
    try:
        return model.model_validate(facts)
    except ValidationError as wrong:
        for one in wrong.errors(include_url=False):
            report.wrong(row_of(one["loc"]), named(one["loc"]), _words_of(one), str(one["type"]))
        return None


def _words_of(error: Any) -> Text:
    """What is wrong with a cell. Times stand in files as people write them, on the house's clock."""
    return _TIME if str(error["type"]).startswith("datetime_") else words_of(error)


def row_of(loc: tuple[Any, ...] | list[str], rows: list[Row]) -> Row:
    """The row that a place in a body stands on."""
    if len(loc) > 1 and loc[0] == "lines" and str(loc[1]).isdigit() and int(loc[1]) < len(rows):
        return rows[int(loc[1])]
    return rows[0]


def named(loc: tuple[Any, ...]) -> str | None:
    """Where something is wrong, as a column: list entries count from 1, and a line's columns stand without `lines`."""
    parts = list(loc)
    if parts and parts[0] == "lines":
        parts = parts[2:]
    return ".".join(str(int(part) + 1) if str(part).isdigit() else str(part) for part in parts) or None
