"""Reading tables row by row: CSV and XLSX.

CSV may be UTF-8 (with or without mark), UTF-16 or GB18030, separated by comma, semicolon or tab; what is neither is refused, and so is
what only seems to be GB18030: in a Western encoding "Köln" is also "K鰈n". What a spreadsheet has spoilt on the way (the digits of a long
number, a formula that failed, a cell below no heading) is doubted by its cell, so that nothing comes in other than it was meant.
"""

from __future__ import annotations

import codecs
import csv
import datetime as dt
import io
import re
import zipfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, BinaryIO

import openpyxl
from openpyxl.packaging.manifest import Manifest
from openpyxl.utils import get_column_letter
from openpyxl.xml.constants import ARC_CONTENT_TYPES, WORKSHEET_TYPE
from openpyxl.xml.functions import fromstring

from wms.errors import Invalid
from wms.i18n import T, Text

_UNPACKED_MOST = 200 * 1024 * 1024
_WHOLE_MOST = 20 * 1024 * 1024  # sheets are read line by line; every other part of a workbook is kept in memory whole, many times its size
_PACKED_MOST = 100  # a sheet of alike rows is packed 25 times
_SMALL = 1024 * 1024
_FIELD_MOST = 100_000
_COLUMNS_MOST = 500
_LINES_MOST = 1_048_576  # of a worksheet; a file may name a line beyond it and mean a thousand million empty ones
_CHUNK = 1 << 20


class TableUnreadable(Invalid):
    """The file is neither a CSV nor an XLSX that can be read."""

    code = "file_unreadable"
    sentence = T("The file cannot be read: {why}", "文件无法读取：{why}")
    advice = T("Save it as CSV (UTF-8) or XLSX and try again", "请另存为 CSV（UTF-8）或 XLSX 后重试")


_ENCODING = T("its text is neither UTF-8 nor GB18030", "文本编码既不是 UTF-8 也不是 GB18030")
_WESTERN = T(
    "its text is in a Western encoding such as Windows-1252, which would be read as {sample}",
    "文本似为 Windows-1252 等西文编码，按中文读取会变成 {sample}",
)
_EMPTY = T("it has no header line", "没有表头行")
_TOO_WIDE = T("it has more than {most} columns", "列数超过 {most}", most=_COLUMNS_MOST)
_TOO_LARGE = T("it unpacks to more than 200 MB", "解压后超过 200 MB")
_TOO_MANY_WORDS = T("it unpacks to more than 20 MB beside its sheets", "除工作表外解压后超过 20 MB")
_PACKED = T("it is packed more than {most} times, as no table is", "压缩比超过 {most} 倍，不是正常的表格", most=_PACKED_MOST)
_NO_XLSX = T("it is no XLSX workbook", "不是有效的 XLSX 工作簿")
_NEVER_RECKONED = T(
    "cell {cell} is a formula that was never calculated; open the file in a spreadsheet program and save it",
    "单元格 {cell} 的公式从未计算，请用电子表格软件打开并保存后再导入",
)
_CSV_BROKEN = T("line {line} is broken CSV", "第 {line} 行 CSV 格式错误")


_SURPLUS = T("the row has more cells than the header", "该行单元格多于表头")
_NAMELESS = T("this column has no heading, and something stands in it", "该列没有标题，却有内容")
_FAILED = T("{value} is no value but a formula that failed, or a column too narrow", "{value} 不是数值：公式出错或列宽不足")
_SHORTENED = T(
    "{value} has lost digits: a spreadsheet keeps only 15 of a number; format the column as text and type it again",
    "{value} 已丢失位数：电子表格的数字只保留 15 位，请将该列设为文本后重新录入",
)
_ERROR = re.compile(r"#(?:#{2,}|NULL!|DIV/0!|VALUE!|REF!|NAME\?|NUM!|N/A|SPILL!|CALC!|FIELD!|BLOCKED!|CONNECT!|UNKNOWN!|GETTING_DATA)")
_SCIENTIFIC = re.compile(r"[+-]?[0-9][.,][0-9]+E\+[0-9]{2,}")
_EXACT = 10**15


@dataclass(frozen=True)
class Doubt:
    """Something about a row that nobody can have meant."""

    column: str | None
    reason: Text
    code: str


@dataclass(frozen=True)
class Row:
    """One row of a table: the line it stands on, and its cells as text by column heading; empty cells are left out."""

    line: int
    cells: dict[str, str]
    doubts: Sequence[Doubt] = ()


@dataclass(frozen=True)
class Table:
    """The headings (on `line`) and the rows, which are read as they are asked for."""

    line: int
    headings: list[str]
    rows: Iterator[Row]
    encoding: str | None  # of a CSV


def read(stream: BinaryIO, column: Callable[[str], str | None] = str) -> Table:
    """The first table of a file, the cells of its rows by the `column` that their heading means; raises TableUnreadable.

    The stream must be able to go back to its start.
    """
    stream.seek(0)  # a unit that is tried again reads it again
    start = stream.read(4)
    stream.seek(0)
    encoding = None if start[:2] == b"PK" else _encoding(stream)
    lines = _csv(stream, encoding) if encoding else _xlsx(stream)
    for number, cells in lines:
        headings = [cell.strip() for cell in cells]
        while headings and not headings[-1]:
            headings.pop()
        if len(headings) > _COLUMNS_MOST:
            raise TableUnreadable(why=_TOO_WIDE)
        if headings:
            return Table(number, headings, _rows([column(one) or one for one in headings], lines), encoding)
    raise TableUnreadable(why=_EMPTY)


def _rows(headings: list[str], lines: Iterator[tuple[int, list[str]]]) -> Iterator[Row]:
    nameless = {place for place, heading in enumerate(headings) if not heading}
    for number, cells in lines:
        filled = {heading: cell.strip() for heading, cell in zip(headings, cells, strict=False) if heading and cell.strip()}
        doubts = [doubt for heading, cell in filled.items() if (doubt := _doubt(heading, cell)) is not None]
        if any(cell.strip() for cell in cells[len(headings) :]):
            doubts.append(Doubt(None, _SURPLUS, "too_many_cells"))
        found = {place for place in nameless if place < len(cells) and cells[place].strip()}
        doubts += [Doubt(get_column_letter(place + 1), _NAMELESS, "column_nameless") for place in sorted(found)]
        nameless -= found  # it is said once
        if filled or doubts:
            yield Row(number, filled, doubts)


def _doubt(heading: str, cell: str) -> Doubt | None:
    if cell[0] == "#" and _ERROR.fullmatch(cell):
        return Doubt(heading, _FAILED.with_facts(value=cell[:20]), "cell_failed")
    if cell[-1].isdecimal() and "E+" in cell and _SCIENTIFIC.fullmatch(cell):
        return Doubt(heading, _SHORTENED.with_facts(value=cell), "digits_lost")
    return None


# -- CSV ---------------------------------------------------------------------------------------------------------------


def _csv(stream: BinaryIO, encoding: str) -> Iterator[tuple[int, list[str]]]:
    text = io.TextIOWrapper(stream, encoding=encoding, newline="")
    try:
        head = next((line for line in text if line.strip()), "")
        said = _SEPARATOR.fullmatch(head.strip())
        text.seek(0)
        csv.field_size_limit(_FIELD_MOST)
        reader = csv.reader(text, delimiter=said[1] if said else _delimiter(head), strict=True)
        line = 1
        while (cells := _next(reader, line)) is not None:
            if said and any(cells):
                said = None  # this very line
            else:
                yield line, cells
            line = reader.line_num + 1
    finally:
        text.detach()  # the stream belongs to the caller, who closes it


def _next(reader: Iterator[list[str]], line: int) -> list[str] | None:
    try:
        return next(reader, None)
    except csv.Error:
        raise TableUnreadable(why=_CSV_BROKEN.with_facts(line=line)) from None


def _encoding(stream: BinaryIO) -> str:
    start = stream.read(4)
    stream.seek(0)
    if start.startswith(codecs.BOM_UTF8):
        candidates = ["utf-8-sig"]
    elif start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        candidates = ["utf-16"]
    else:
        candidates = ["utf-8", "gb18030"]
    for name in candidates:
        if _decodes(stream, name):
            if name == "gb18030":
                _must_be_chinese(stream)
            return name
    raise TableUnreadable(why=_ENCODING)


def _decodes(stream: BinaryIO, name: str) -> bool:
    try:
        return not any("\x00" in part for part in _decoded(stream, name))
    except UnicodeDecodeError:
        return False
    finally:
        stream.seek(0)


def _decoded(stream: BinaryIO, name: str) -> Iterator[str]:
    decoder = codecs.getincrementaldecoder(name)()
    while part := stream.read(_CHUNK):
        yield decoder.decode(part)
    yield decoder.decode(b"", final=True)


_ALONE = re.compile(r"(?<![^\x00-\x7f])[^\x00-\x7f](?![^\x00-\x7f])")


def _must_be_chinese(stream: BinaryIO) -> None:
    """Raises TableUnreadable for a Western text: most of its characters stand alone and swallowed a letter, or stand amid letters."""
    seeming, chinese, sample = 0, 0, ""
    for part in _decoded(stream, "gb18030"):
        alone = [found.start() for found in _ALONE.finditer(part) if _swallowed(part[found.start()]) or _amid_letters(part, found.start())]
        seeming += len(alone)
        chinese += sum(not one.isascii() for one in part) - len(alone)
        if alone and not sample:
            sample = _word(part, alone[0])
    stream.seek(0)
    if seeming > chinese:
        raise TableUnreadable(why=_WESTERN.with_facts(sample=sample))


def _word(text: str, at: int) -> str:
    before, after = re.search(r"\w{0,20}\Z", text[:at]), re.match(r"\w{0,20}", text[at:])
    return (before[0] if before else "") + (after[0] if after else "")


def _swallowed(character: str) -> bool:
    return re.match(rb"[A-Za-z]", character.encode("gb18030")[-1:]) is not None


def _amid_letters(text: str, at: int) -> bool:
    around = text[max(0, at - 1) : at] + text[at + 1 : at + 2]
    return len(around) == 2 and around.isascii() and around.isalpha()


_SEPARATOR = re.compile(r'"?sep=([,;\t])"?[,;\t]*', re.IGNORECASE)
"""A first line by which spreadsheets are told what separates."""


def _delimiter(header: str) -> str:
    return max(",;\t", key=header.count)


# -- XLSX --------------------------------------------------------------------------------------------------------------


def _xlsx(stream: BinaryIO) -> Iterator[tuple[int, list[str]]]:
    """The first sheet. The directory of the archive is asked what it unpacks to before anything is unpacked."""
    try:
        with zipfile.ZipFile(stream) as archive:
            _bearable(archive)
        stream.seek(0)
        book = openpyxl.load_workbook(stream, read_only=True, data_only=True)
        if book.worksheets:
            _must_be_reckoned(stream, book.worksheets[0])
    except TableUnreadable:
        raise
    except Exception:  # a damaged or hostile archive fails in many ways, all of which mean the same to the person
        raise TableUnreadable(why=_NO_XLSX) from None
    try:
        yield from _sheet(book.worksheets[0]) if book.worksheets else ()
    except TableUnreadable:
        raise
    except Exception:  # a sheet is unpacked while it is read, so it is found damaged only now
        raise TableUnreadable(why=_NO_XLSX) from None
    finally:
        book.close()


def _bearable(archive: zipfile.ZipFile) -> None:
    """Raises TableUnreadable for what would fill the memory."""
    parts = archive.infolist()
    if sum(part.file_size for part in parts) > _UNPACKED_MOST:
        raise TableUnreadable(why=_TOO_LARGE)
    if any(part.file_size > max(_SMALL, _PACKED_MOST * part.compress_size) for part in parts):
        raise TableUnreadable(why=_PACKED)
    large = {part.filename for part in parts if part.file_size > _WHOLE_MOST}
    if large and (ARC_CONTENT_TYPES in large or large - _sheets(archive)):
        raise TableUnreadable(why=_TOO_MANY_WORDS)


def _sheets(archive: zipfile.ZipFile) -> set[str]:
    """The parts that are sheets and nothing else: what a part is called says nothing, the list of contents says what it is read as."""
    contents: Any = Manifest.from_tree(fromstring(archive.read(ARC_CONTENT_TYPES)))  # type: ignore[arg-type]
    listed = contents.Override
    others = {one.PartName[1:] for one in listed if one.ContentType != WORKSHEET_TYPE}
    return {one.PartName[1:] for one in listed} - others


_FORMULA = re.compile(rb"<c\b([^>]*)>\s*<f\b[^>]*(?:/>|>[^<]*</f>)\s*(?:<v\s*/>|<v>\s*</v>)?\s*</c>")
_LONGEST_FORMULA = 16_384  # more than a spreadsheet takes


def _must_be_reckoned(stream: BinaryIO, sheet: Any) -> None:
    """Raises TableUnreadable where a formula has no value, as programs write them: its cell would come in as if it were empty."""
    with zipfile.ZipFile(stream) as archive, archive.open(sheet._worksheet_path) as part:
        kept = b""
        while some := part.read(_CHUNK):
            kept += some
            for found in _FORMULA.finditer(kept):
                if b't="str"' not in found[1]:  # a formula may come to no text at all
                    name = re.search(rb'\br="([A-Z]{1,3}[0-9]{1,7})"', found[1])
                    raise TableUnreadable(why=_NEVER_RECKONED.with_facts(cell=name[1].decode() if name else "?"))
            kept = kept[-_LONGEST_FORMULA:]


def _sheet(sheet: Any) -> Iterator[tuple[int, list[str]]]:
    """The filled lines of a sheet."""
    for number, cells in enumerate(sheet.iter_rows(values_only=True, max_row=_LINES_MOST), start=1):
        if any(cell is not None for cell in cells[_COLUMNS_MOST:]):
            raise TableUnreadable(why=_TOO_WIDE)
        if any(cell is not None for cell in cells):
            yield number, [_text(cell) for cell in cells[:_COLUMNS_MOST]]


def _text(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float) and abs(value) >= _EXACT:
        return f"{value:.14E}"  # not one of the digits behind is what somebody typed: `_doubt` says so
    if isinstance(value, float):
        value = float(f"{value:.15g}")  # what the sheet shows: it reckons 3 as 3.0000000000000004
        return str(int(value)) if value.is_integer() else str(value)
    if isinstance(value, dt.datetime):
        return value.date().isoformat() if value.time() == dt.time() else value.isoformat()
    if isinstance(value, dt.date):
        return value.isoformat()
    return str(value)
