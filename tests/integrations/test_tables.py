"""What spreadsheets do to cells on the way: nothing comes in other than it was meant, and nothing is left out in silence."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Any

import openpyxl
import pytest
import sqlalchemy as sa

from tests.warehouse import Warehouse
from wms.catalog.models import Product
from wms.db import session
from wms.integrations import imports, reports, tables
from wms.integrations.reading import Kind
from wms.integrations.reports import Report
from wms.integrations.tables import TableUnreadable


def take_in(w: Warehouse, text: str, kind: Kind = "products") -> Report:
    return imports.import_file(kind, io.BytesIO(text.encode()), by=w.by)


def workbook(*rows: Sequence[Any]) -> io.BytesIO:
    book, stream = openpyxl.Workbook(), io.BytesIO()
    for row in rows:
        book.active.append(list(row))
    book.save(stream)
    return stream


def wrong(report: Report) -> list[tuple[int, str | None, str]]:
    return [(one.line, one.column, one.code) for one in report.errors]


def products() -> list[tuple[str, str]]:
    found = [(row.sku, row.name) for row in session.execute(sa.select(Product).order_by(Product.sku)).scalars()]
    session.rollback()
    return found


pytestmark = pytest.mark.sqlite


@pytest.mark.parametrize("digits", [369012345678901234, 1e15, 3.6901234567890123e17, -(10**15)])
def test_a_long_number_that_a_sheet_has_cut_is_doubted(w: Warehouse, digits: float) -> None:
    report = imports.import_file("products", workbook(["sku", "name", "barcodes"], ["A", "x", digits]), by=w.by)
    assert wrong(report) == [(2, "barcodes", "digits_lost")]
    assert "format the column as text" in report.errors[0].say("en")


def test_a_number_that_a_sheet_keeps_comes_in_whole(w: Warehouse) -> None:
    stream = workbook(["sku", "name", "barcodes", "weight_grams"], ["A", "x", 999_999_999_999_998, 3.0000000000000004])
    assert wrong(imports.import_file("products", stream, by=w.by)) == []
    [product] = session.execute(sa.select(Product)).scalars()
    assert ([one.code for one in product.barcodes], product.weight_grams) == (["999999999999998"], 3)


@pytest.mark.parametrize("cell", ["3.69012E+17", "1,5E+15"])
def test_a_number_that_was_shortened_when_the_sheet_was_saved_as_csv_is_doubted(w: Warehouse, cell: str) -> None:
    assert wrong(take_in(w, f"sku;name;barcodes\nA;x;{cell}\n")) == [(2, "barcodes", "digits_lost")]
    assert wrong(take_in(w, "sku,name\n2E+10,1E+05 b\n")) == [], "codes look like that"


@pytest.mark.parametrize("cell", ["#N/A", "#REF!", "#NAME?", "#DIV/0!", "########"])
def test_a_formula_that_failed_is_nobodys_name(w: Warehouse, cell: str) -> None:
    assert wrong(take_in(w, f"sku,name\nA,{cell}\nB,#1 choice\n")) == [(2, "name", "cell_failed")]
    assert wrong(imports.import_file("products", workbook(["sku", "name"], ["A", cell]), by=w.by)) == [(2, "name", "cell_failed")]
    assert products() == []


def test_a_formula_that_was_never_calculated_is_not_an_empty_cell(w: Warehouse) -> None:
    with pytest.raises(TableUnreadable, match="C2"):
        imports.import_file("products", workbook(["sku", "name", "weight_grams"], ["A", "x", "=100+1"]), by=w.by)


def test_what_stands_below_no_heading_is_not_left_out_in_silence(w: Warehouse) -> None:
    report = take_in(w, "sku,,name\nA,,x\nB,12,y\nC,13,z\n")
    assert wrong(report) == [(3, "B", "column_nameless")]
    assert wrong(take_in(w, "sku,,name\nA,,x\n")) == [], "an empty column is no harm"


@pytest.mark.parametrize(
    ("kind", "head"),
    [("products", "sku,name,Name"), ("products", "sku,name,packagings.1.unit,packagings.01.unit"), ("orders", "number,sku,lines.1.sku")],
)
def test_a_column_that_is_there_twice_in_another_spelling_is_there_twice(w: Warehouse, kind: Kind, head: str) -> None:
    report = take_in(w, f"{head}\n{'A,' * head.count(',')}B\n", kind)
    assert [(line, code) for line, _, code in wrong(report)] == [(1, "column_twice")] * 2


@pytest.mark.parametrize("number", ["²", "١", "0", "1000000"])
def test_a_heading_with_a_number_that_counts_nothing_is_unknown(w: Warehouse, number: str) -> None:
    report = take_in(w, f"sku,name,packagings.{number}.unit\nA,x,case\n")
    assert [code for _, _, code in wrong(report)] == ["unknown_column"]


@pytest.mark.parametrize("above", ["\n\n", "sep=;\n", '"sep=;"\r\n', ";;;\n"])
def test_what_stands_above_the_header_tells_no_wrong_separator(w: Warehouse, above: str) -> None:
    assert wrong(take_in(w, f"{above}sku;name\nA;x\n")) == []
    assert products() == [("A", "x")]


def test_a_header_as_wide_as_the_file_is_refused_at_once() -> None:
    with pytest.raises(TableUnreadable, match="500 columns"):  # and not that one of them is there twice
        tables.read(io.BytesIO(b"sku" + b",sku" * 1_000_000))


def test_a_file_that_is_something_else_is_not_read_to_its_end(w: Warehouse, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reports, "MOST_ERRORS", 5)
    report = take_in(w, "sku\n" + "A\n" * 100)
    assert (len(report.errors), report.rows, report.cut) == (5, 6, True)
    assert report.text.say("en").startswith("Nothing was taken in: 5 errors in the first 6 rows")
    orders = "number,source,customer,sku,quantity\n" + "".join(f"SO-{n},shop,NOBODY,NOTHING,1\n" for n in range(100))
    report = take_in(w, orders, "orders")
    assert (len(report.errors), report.cut) == (5, True), "nor what is wrong only beside what is there"
