"""Files in: products, locations, partners, inbound orders, orders and stock, through the same models and operations as the API.

All or nothing: one bad row and nothing is taken; every bad row is reported with its line, column and reason. The rules for doubtful rows:

- A code that stands twice in a file of products, locations or partners is taken once when both rows say the same, and is an error when not.
- One row is one line of an order. Rows of one order stand together, and what they say about the order as a whole must agree: an order
  whose rows name two customers or two addresses is refused, row by row. Empty cells after the first row agree with it.
- Two rows with the same product are two lines of the order; two rows with the same `line` are an error.
- A date without a time, where a time is wanted, is the end of that day on the house's clock.
"""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, BinaryIO, Literal, get_args

from flask import current_app
from pydantic import BaseModel, ValidationError

from wms.actor import Actor
from wms.catalog import partners, products
from wms.catalog.api import PartnerIn, ProductIn
from wms.catalog.models import PartnerKind
from wms.catalog.products import PackagingFacts
from wms.db import fold, session, transaction
from wms.errors import Invalid, WarehouseError
from wms.i18n import T, Text
from wms.integrations import tables
from wms.integrations.columns import Columns
from wms.integrations.reports import Report
from wms.integrations.tables import Row
from wms.locations import places
from wms.locations.api import LocationIn
from wms.locations.models import Kind as LocationKind
from wms.locations.places import Assigned
from wms.locations.sites import find_site
from wms.orders import lines as order_lines
from wms.orders.bodies import InboundIn, OrderIn
from wms.orders.lines import NewLine
from wms.stock import operations as stock
from wms.stock.api import AdjustmentIn
from wms.web.api import Code
from wms.web.problems import words_of

Kind = Literal["products", "locations", "partners", "inbound-orders", "orders", "stock"]
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


class InboundFile(InboundIn):
    """The rows of one inbound order; a file always names its orders."""

    number: Code


MODELS: dict[Kind, type[BaseModel]] = {
    "products": ProductRow,
    "locations": LocationRow,
    "partners": PartnerRow,
    "inbound-orders": InboundFile,
    "orders": OrderFile,
    "stock": AdjustmentIn,
}


_UNKNOWN_COLUMN = T("is not a known column; known: {known}", "未知列；可用列：{known}")
_COLUMN_TWICE = T("this column is there twice", "列重复")
_SURPLUS = T("the row has more cells than the header", "该行单元格多于表头")
_DIFFERS = T(
    "{value} differs from {first} on line {line}: one order has one {column}",
    "{value} 与第 {line} 行的 {first} 不一致：同一订单只能有一个 {column}",
)
_APART = T("the rows of {number} do not stand together; it was on line {line} before", "{number} 的行不连续，前面在第 {line} 行")
_TWICE = T("{code} is on line {line} already, with other facts", "{code} 已在第 {line} 行出现，且内容不同")


class _NothingTaken(Exception):
    """Rolls the transaction back."""


# -- the edge ----------------------------------------------------------------------------------------------------------


def import_file(kind: Kind, stream: BinaryIO, *, by: Actor, dry_run: bool = False) -> Report:
    """Takes a whole file in, or nothing of it, in one transaction of its own. Raises TableUnreadable."""
    report = Report(kind, dry_run)
    try:
        with transaction():
            load(kind, stream, report, by=by)
            if report.errors or dry_run:
                raise _NothingTaken
    except _NothingTaken:
        pass
    return report


def run(kind: Kind, path: str, *, by: Actor, dry_run: bool = False) -> int:
    """The command: reports on standard output, errors in both languages on standard error; 1 when anything is wrong."""
    try:
        with Path(path).open("rb") as stream:
            report = import_file(kind, stream, by=by, dry_run=dry_run)
    except OSError as error:
        print(f"{path}: {error.strerror}", file=sys.stderr)
        return 1
    except tables.TableUnreadable as error:
        print(f"{path}: {error.say('en')}\n{path}：{error.say('zh_CN')}", file=sys.stderr)
        return 1
    for one in report.errors:
        print(f"{one.say('en')} / {one.say('zh_CN')}", file=sys.stderr)
    print(f"{report.text.say('en')} / {report.text.say('zh_CN')}")
    return 1 if report.errors else 0


def columns_of(kind: Kind) -> list[str]:
    """The columns a file of this kind may have."""
    return Columns(MODELS[kind]).names()


def load(kind: Kind, stream: BinaryIO, report: Report, *, by: Actor) -> None:
    """Takes the rows in, inside the caller's transaction; what is wrong is noted in the report, and the caller rolls back."""
    table = tables.read(stream)
    columns = Columns(MODELS[kind])
    heading_row = Row(table.line, {})
    for heading in table.headings:
        if heading and columns.path(heading) is None:
            report.wrong(heading_row, heading, _UNKNOWN_COLUMN.with_facts(known=", ".join(columns.names())), "unknown_column")
        elif heading and table.headings.count(heading) > 1:
            report.wrong(heading_row, heading, _COLUMN_TWICE, "column_twice")
    if report.errors:
        return
    rows = _counted(table.rows, report)
    if kind in ("orders", "inbound-orders"):
        _load_documents(rows, columns, report, by)
    else:
        _load_rows(kind, rows, columns, report, by)


def _counted(rows: Iterator[Row], report: Report) -> Iterator[Row]:
    for row in rows:
        report.rows += 1
        if row.surplus:
            report.wrong(row, None, _SURPLUS, "too_many_cells")
        yield row


# -- one row, one thing ------------------------------------------------------------------------------------------------


def _load_rows(kind: Kind, rows: Iterator[Row], columns: Columns, report: Report, by: Actor) -> None:
    seen: dict[str, tuple[int, int]] = {}
    for row in rows:
        body = _read(columns.model, columns.nested(row.cells), report, functools.partial(_row_of, rows=[row]))
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
        try:
            _PUT[kind](body, _at_site(body, by))
            report.taken += 1
        except WarehouseError as wrong:
            report.wrong(row, _column(getattr(wrong, "pointer", None)), _sentence(wrong), wrong.code)


def _put_product(body: ProductRow, _by: Actor) -> None:
    products.put_product(
        **body.model_dump(exclude={"names", "packagings"}),
        name_zh=body.names.zh_CN,
        name_en=body.names.en,
        packagings=[PackagingFacts(**one.model_dump()) for one in body.packagings],
    )


def _put_location(body: LocationRow, by: Actor) -> None:
    places.put_location(
        by=by,
        kind=LocationKind(body.kind),
        **body.model_dump(exclude={"site", "kind", "assigned", "partner"}),
        assigned=Assigned(**body.assigned.model_dump()) if body.assigned else None,
        partner_id=partners.find_partner(body.partner, kind=PartnerKind.CUSTOMER).id if body.partner else None,
    )


def _put_partner(body: PartnerRow, _by: Actor) -> None:
    partners.put_partner(
        **body.model_dump(exclude={"address"}),
        address=body.address.model_dump() if body.address else None,
    )


def _put_stock(body: AdjustmentIn, by: Actor) -> None:
    stock.adjust(
        **body.model_dump(exclude={"site", "owner", "reason"}),
        owner_id=partners.find_partner(body.owner).id if body.owner else None,
        company_prefix=current_app.config["WMS"].gs1_company_prefix,
        reason=body.reason or "import",
        by=by,
    )


_PUT: dict[Kind, Callable[[Any, Actor], None]] = {
    "products": _put_product,
    "locations": _put_location,
    "partners": _put_partner,
    "stock": _put_stock,
}


# -- several rows, one document ----------------------------------------------------------------------------------------


def _load_documents(rows: Iterator[Row], columns: Columns, report: Report, by: Actor) -> None:
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
        body = _read(columns.model, facts, report, functools.partial(_row_of, rows=agreeing))
        if body is not None and len(agreeing) == len(group):
            _enter(body, agreeing, report, by)
        if len(seen) % 200 == 0:
            session.expunge_all()  # what was read and written of these orders is not needed for the next ones


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
            said = _DIFFERS.with_facts(value=row.cells[heading], first=first.cells.get(heading, "–"), line=first.line, column=heading)
            report.wrong(row, heading, said, "order_mixed")
        if not differing:
            kept.append(row)
    return kept


def _enter(body: Any, rows: list[Row], report: Report, by: Actor) -> None:
    try:
        at_site = _at_site(body, by)
        if isinstance(body, OrderFile):
            body.enter(by=at_site)
        else:
            body.announce(by=at_site)
        report.taken += 1
    except WarehouseError as wrong:
        pointer = getattr(wrong, "pointer", None) or "/number"
        report.wrong(_row_of(_parts(pointer), rows), _column(pointer), _sentence(wrong), wrong.code)
        if pointer.startswith("/lines/"):
            _check_the_other_lines(body, int(_parts(pointer)[1]), rows, report)


def _check_the_other_lines(body: Any, after: int, rows: list[Row], report: Report) -> None:
    """An operation stops at the first bad line; a file wants to know them all."""
    for index in range(after + 1, len(body.lines)):
        try:
            order_lines.read_lines([NewLine(**body.lines[index].model_dump())])
        except Invalid as wrong:
            report.wrong(rows[index], _column(wrong.pointer), _sentence(wrong), wrong.code)


# -- errors ------------------------------------------------------------------------------------------------------------


def _read(model: type[BaseModel], facts: dict[str, Any], report: Report, row_of: Callable[[tuple[Any, ...]], Row]) -> Any:
    try:
        return model.model_validate(facts)
    except ValidationError as wrong:
        for one in wrong.errors(include_url=False):
            report.wrong(row_of(one["loc"]), _named(one["loc"]), words_of(one), str(one["type"]))
        return None


def _at_site(body: Any, by: Actor) -> Actor:
    """The person acts at the site that the row names. Somebody bound to a site is refused elsewhere by `find_site`'s caller."""
    code = getattr(body, "site", None)
    if not code:
        return by
    site_id = find_site(code).id
    if site_id == by.site_id:
        return by
    raise SiteElsewhere(pointer="/site", site=code)


class SiteElsewhere(Invalid):
    """A file is for one site."""

    code = "site_elsewhere"
    sentence = T("{site} is another site: import its rows there", "{site} 是其他仓库，请在该仓库导入")


def _row_of(loc: tuple[Any, ...] | list[str], rows: list[Row]) -> Row:
    if len(loc) > 1 and loc[0] == "lines" and str(loc[1]).isdigit() and int(loc[1]) < len(rows):
        return rows[int(loc[1])]
    return rows[0]


def _parts(pointer: str) -> list[str]:
    return pointer.strip("/").split("/")


def _column(pointer: str | None) -> str | None:
    return _named(tuple(_parts(pointer))) if pointer else None


def _named(loc: tuple[Any, ...]) -> str | None:
    """Where something is wrong, as a column: list entries count from 1, and a line's columns stand without `lines`."""
    parts = list(loc)
    if parts and parts[0] == "lines":
        parts = parts[2:]
    return ".".join(str(int(part) + 1) if str(part).isdigit() else str(part) for part in parts) or None


def _sentence(wrong: WarehouseError) -> Text:
    # The two languages are said here, because a refusal's facts do not travel with its sentence.
    return T(wrong.say("en").replace("{", "(").replace("}", ")"), wrong.say("zh_CN").replace("{", "(").replace("}", ")"))
