"""Templates explain every column, and are files that can be taken in as they are."""

from __future__ import annotations

import io

import openpyxl
import pytest

from tests.warehouse import Warehouse
from wms.i18n import LANGUAGES
from wms.integrations import file_templates
from wms.integrations.column_names import CALLED
from wms.integrations.column_words import COLUMNS, words_of
from wms.integrations.imports import import_file
from wms.integrations.reading import KINDS, Kind, columns_in, columns_of

IN_TURN: tuple[Kind, ...] = ("partners", "products", "locations", "carton-types", "vehicles", "inbound-orders", "orders", "stock")


@pytest.mark.parametrize("kind", KINDS)
def test_a_template_has_every_column_once_and_explains_it(kind: Kind) -> None:
    names = file_templates.headings(kind)
    assert sorted(names) == sorted(columns_of(kind))
    book = openpyxl.load_workbook(io.BytesIO(file_templates.as_workbook(kind)))
    assert [cell.value for cell in book.worksheets[0][1]] == names
    told = list(book.worksheets[1].iter_rows(min_row=2, values_only=True))
    assert [row[0] for row in told] == names
    assert all(row[1] and row[2] and row[3] and row[5] for row in told)
    assert any(row[4] == "required 必填" for row in told) or kind in ("tracking",)


@pytest.mark.parametrize("kind", KINDS)
def test_every_column_has_a_chinese_heading_of_its_own_that_is_read_back(kind: Kind) -> None:
    columns = columns_in(kind)
    chinese = [columns.called(name, "zh_CN") for name in columns.names()]
    assert [columns.name(heading) for heading in chinese] == columns.names()
    assert len(set(chinese)) == len(chinese)
    book = openpyxl.load_workbook(io.BytesIO(file_templates.as_workbook(kind, "zh_CN")))
    assert sorted(str(cell.value) for cell in book.worksheets[0][1]) == sorted(chinese)


def test_no_chinese_heading_waits_for_a_column_that_is_not_there() -> None:
    assert set(CALLED) == {name for kind in KINDS for name in columns_of(kind)} - {"kind"}


def test_no_words_wait_for_a_column_that_is_not_there() -> None:
    told = [words_of(kind, column) for kind in KINDS for column in columns_of(kind)]
    assert [name for name, words in COLUMNS.items() if words not in told] == []


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("ending", ["csv", "xlsx"])
def test_templates_are_taken_in_as_they_are(w: Warehouse, ending: str, language: str) -> None:
    for kind in IN_TURN:
        report = import_file(kind, io.BytesIO(file_templates.content(kind, ending, language)), by=w.by)
        assert ([one.say("en") for one in report.errors], report.taken > 0) == ([], True), kind


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-8", "gb18030", "utf-16"])
@pytest.mark.parametrize("between", [",", ";", "\t"])
@pytest.mark.sqlite
def test_every_kind_is_read_as_spreadsheets_save_it(w: Warehouse, encoding: str, between: str) -> None:
    for kind in IN_TURN:
        text = file_templates.as_csv(kind).decode("utf-8-sig")
        assert not any(mark in text for mark in '";\t')
        report = import_file(kind, io.BytesIO(text.replace(",", between).encode(encoding)), by=w.by)
        assert ([one.say("en") for one in report.errors], report.taken > 0) == ([], True), kind
