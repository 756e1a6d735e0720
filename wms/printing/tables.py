"""Ruled tables: cells are measured, columns find their widths, rows become blocks that a page can take or leave."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from enum import Enum
from itertools import pairwise
from typing import NamedTuple, TypeAlias

from reportlab.lib.colors import Color
from reportlab.pdfgen.canvas import Canvas

from wms import clock
from wms.i18n import T, Text
from wms.printing.barcodes import Symbol, barcode
from wms.printing.fonts import Align, draw, lines, shorten, width
from wms.printing.ink import DOT, INK, LINE, MM, SECOND, Words, both, draw_symbol, one_line, say

BODY, SMALL, STRONG = 9.0, 7.5, 11.0
GAP = 9.0
"""Free space between two columns."""


class Blank(Enum):
    """Places that a person fills in by hand."""

    WRITE = "write"
    TICK = "tick"


WRITE, TICK = Blank.WRITE, Blank.TICK


@dataclass(frozen=True, slots=True)
class Two:
    """A cell of two lines: what matters, and beneath it in grey what explains it."""

    first: Words | int
    second: Words


@dataclass(frozen=True, slots=True)
class Scan:
    """A cell with a barcode to scan from the paper, and its text beneath it."""

    code: str | Symbol

    @property
    def symbol(self) -> Symbol:
        return barcode(self.code, room=480) if isinstance(self.code, str) else self.code


Cell: TypeAlias = Words | int | Decimal | dt.date | Two | Scan | Blank | None
Row: TypeAlias = Sequence[Cell]


@dataclass(frozen=True, slots=True)
class Column:
    """A column: its heading in both languages; its width in mm, or as wide as its cells ask for."""

    title: Text
    align: Align = "left"
    width: float | None = None
    strong: bool = False
    """For the thing a person looks for: the location on a pick list, the quantity."""

    @property
    def key(self) -> str:
        """What a template calls it: its English heading, as in `ship-to`."""
        return key_of(self.title)


def key_of(title: Text) -> str:
    """A heading as one word of small letters."""
    return "-".join(re.findall(r"[a-z0-9]+", title.say("en").lower()))


@dataclass(frozen=True, slots=True)
class Block:
    """Something of a known height to draw at the left margin, from a top edge downwards."""

    height: float
    draw: Callable[[Canvas, float], None]
    heading: Block | None = None
    """Drawn again above this block when it is the first on a page."""
    keeps: bool = False
    """Stays on one page with the next block, so that a heading never stands alone at the foot."""


class _Line(NamedTuple):
    text: str
    size: float
    bold: bool = False
    colour: Color = INK


def table(
    columns: Sequence[Column], rows: Sequence[Row], total: Row, left: float, room: float, *, alike: Sequence[Row] = ()
) -> Iterator[Block]:
    """The blocks of a table: the heading, which follows onto every page, the rows, and the ruled-off total.

    `alike` are the rows of other tables with the same columns on the same paper: all of them find their widths together.
    """
    widths = _column_widths(columns, [*alike, *rows, *([total] if total else [])], room)
    lefts = [left + sum(widths[:n]) for n in range(len(widths))]
    places = [(c, x, across - gap) for c, x, across, gap in zip(columns, lefts, widths, _gaps(columns), strict=True)]
    heading = _heading(places, left, room)
    body = [_row(places, row, heading, left, room) for row in rows]
    if not rows:
        body = [_empty(heading, left, room)]
    if total:
        last = _row(places, total, heading, left, room, total=True)
        body[-1] = replace(body[-1], keeps=True)
        body.append(last)
    yield replace(heading, keeps=True)
    yield from body


# Widths -------------------------------------------------------------------------------------------------------------


def _column_widths(columns: Sequence[Column], rows: Sequence[Row], room: float) -> list[float]:
    """Every column as wide as it asks for; prose gives way, or takes what is left over."""
    asked, least = [], []
    for place, (column, gap) in enumerate(zip(columns, _gaps(columns), strict=True)):
        cells = [row[place] for row in rows if place < len(row)]
        heading = max(width(text, size, bold) for text, size, bold, _ in _heading_lines(column))
        natural = max([heading, *(_natural_width(cell, column) for cell in cells)])
        yields = column.width is None and column.align == "left" and not any(isinstance(c, Scan) for c in cells)
        if column.width is not None:
            natural = column.width * MM - gap
        asked.append(natural + gap)
        least.append((max(heading, min(natural, 60.0)) if yields else min(natural, 0.4 * room)) + gap)
    spare = room - sum(asked)
    give = [a - b for a, b in zip(asked, least, strict=True)]
    if spare < 0 < sum(give):
        return [a - g * min(1.0, -spare / sum(give)) for a, g in zip(asked, give, strict=True)]
    if spare < 0:
        return [a * room / sum(asked) for a in asked]
    # Left over: half goes to the columns of words by their width, the rest evenly, so that figures stand apart.
    prose = [a if column.align == "left" else 0.0 for a, column in zip(asked, columns, strict=True)]
    shares = [0.5 * p / (sum(prose) or 1) + 0.5 / len(columns) for p in prose]
    return [a + spare * share / sum(shares) for a, share in zip(asked, shares, strict=True)]


def _gaps(columns: Sequence[Column]) -> list[float]:
    """Free space after each column; figures that end where words begin need twice as much."""
    after = [2 * GAP if a.align == "right" != b.align else GAP for a, b in pairwise(columns)]
    return [*after, 0.0]


def _natural_width(cell: Cell, column: Column) -> float:
    if isinstance(cell, Scan):
        return cell.symbol.width * 2 * DOT
    if isinstance(cell, Blank):
        return 20 * MM if cell is WRITE else 14.0
    return max((width(text[:300], size, bold) for text, size, bold, _ in _set(cell, column)), default=0.0)


# Cells --------------------------------------------------------------------------------------------------------------


def written(value: Words | int | Decimal | dt.date | None) -> str:
    """A value as people write it: thousands apart, dates as year-month-day, moments on the house's clock, a sentence in both languages."""
    if value is None:
        return ""
    if isinstance(value, str | Text):
        return one_line(value)
    if isinstance(value, dt.datetime):
        return clock.local(value).strftime("%Y-%m-%d %H:%M")
    if isinstance(value, dt.date):
        return value.isoformat()
    return f"{value:,}"


def plain(cell: Cell) -> str:
    """Any cell as running text."""
    if isinstance(cell, Two):
        return f"{written(cell.first)} {one_line(cell.second)}"
    if isinstance(cell, Scan):
        return cell.symbol.text
    return "" if isinstance(cell, Blank) else cell if isinstance(cell, str) else written(cell)


def _set(cell: Cell, column: Column, total: bool = False) -> list[_Line]:
    """The lines of a cell of words or figures before they are wrapped."""
    bold, size = total or column.strong, STRONG if column.strong else BODY
    if isinstance(cell, Two):
        first = written(cell.first) if isinstance(cell.first, int) else cell.first
        return [*_set(first, column, total), *(_Line(text, SMALL, colour=SECOND) for text in both(cell.second) if text)]
    if isinstance(cell, Text) and not total:
        chinese, english = both(cell)
        return [_Line(chinese, size, bold), *([_Line(english, SMALL, colour=SECOND)] if english else [])]
    assert not isinstance(cell, Scan | Blank)
    text = written(cell)
    return [_Line(text, size, bold)] if text else []


def _wrapped(set_lines: Sequence[_Line], room: float, at_most: int = 12) -> list[_Line]:
    return [
        _Line(text, line.size, line.bold, line.colour)
        for line in set_lines
        for text in lines(line.text[:2000], room, line.size, bold=line.bold, at_most=at_most)
    ]


# Rows ---------------------------------------------------------------------------------------------------------------

_Places: TypeAlias = Sequence[tuple[Column, float, float]]


def _row(places: _Places, row: Row, heading: Block, left: float, room: float, total: bool = False) -> Block:
    cells = [(_cell(cell, column, across, total), x, across, column.align) for cell, (column, x, across) in zip(row, places, strict=False)]
    first = max((cell.baseline for cell, *_ in cells), default=BODY)
    height = max([first + cell.height - cell.baseline for cell, *_ in cells] + [BODY]) + 9

    def paint(canvas: Canvas, top: float) -> None:
        for cell, x, across, align in cells:
            cell.paint(canvas, x, top - 4.5 - (first - cell.baseline), across, align)
        rule(canvas, left, top - height, room, 0.8 if total else 0.4, INK if total else LINE)

    return Block(height, paint, heading)


class _Painted(NamedTuple):
    """A cell ready to draw: where its first baseline lies, so that all cells of a row stand on one line."""

    height: float
    baseline: float
    paint: Callable[[Canvas, float, float, float, Align], None]


def _cell(cell: Cell, column: Column, across: float, total: bool) -> _Painted:
    if isinstance(cell, Scan):
        return _barcode_cell(cell.symbol, across, STRONG if column.strong else BODY)
    if isinstance(cell, Blank):
        return _blank_cell(cell, across)
    text = _wrapped(_set(cell, column, total), across)
    leading = [line.size * 1.28 for line in text]
    baseline = text[0].size * 0.95 if text else 0.0

    def paint(canvas: Canvas, left: float, top: float, room: float, align: Align) -> None:
        x = left + {"left": 0.0, "center": room / 2, "right": room}[align]
        y = top - baseline
        for line, step in zip(text, [*leading[1:], 0.0], strict=False):
            canvas.setFillColor(line.colour)
            draw(canvas, x, y, line.text, line.size, bold=line.bold, align=align)
            y -= step

    return _Painted(sum(leading), baseline, paint)


def _barcode_cell(symbol: Symbol, across: float, size: float) -> _Painted:
    module = max(1, symbol.fits(int(across / DOT), at_most=2)) * DOT
    tall = 22.0 if symbol.linear else module * len(symbol.rows)
    height = tall + size * 1.25

    def paint(canvas: Canvas, left: float, top: float, room: float, align: Align) -> None:
        free = room - symbol.modules * module
        x = left + {"left": 0.0, "center": free / 2, "right": free}[align]
        draw_symbol(canvas, symbol, x, top, module, tall)
        draw(canvas, x, top - tall - size, shorten(symbol.text, room, size, bold=True), size, bold=True)

    return _Painted(height, BODY * 0.95, paint)


def _blank_cell(blank: Blank, across: float) -> _Painted:
    wide, tall = (across, 17.0) if blank is WRITE else (11.0, 11.0)

    def paint(canvas: Canvas, left: float, top: float, room: float, align: Align) -> None:
        x = left + {"left": 0.0, "center": (room - wide) / 2, "right": room - wide}[align]
        canvas.setStrokeColor(SECOND)
        canvas.setLineWidth(0.6)
        canvas.rect(x, top - tall + 1, wide, tall)

    return _Painted(tall, BODY * 0.95, paint)


def _heading_lines(column: Column) -> list[_Line]:
    return [_Line(say(column.title, "zh_CN"), 8.5, True), _Line(say(column.title, "en"), 7.0, False, SECOND)]


def _heading(places: _Places, left: float, room: float) -> Block:
    """Column headings, 中文 over English, on a strong rule."""
    set_in = [(_wrapped(_heading_lines(c), across, at_most=3), x, across, c.align) for c, x, across in places]
    height = max(sum(line.size * 1.25 for line in heading) for heading, *_ in set_in) + 7

    def paint(canvas: Canvas, top: float) -> None:
        for heading, x, across, align in set_in:
            y = top - height + 5.5 + sum(line.size * 1.25 for line in heading[1:])
            at = x + {"left": 0.0, "center": across / 2, "right": across}[align]
            for line, below in zip(heading, [*heading[1:], None], strict=True):
                canvas.setFillColor(line.colour)
                draw(canvas, at, y, line.text, line.size, bold=line.bold, align=align)
                y -= below.size * 1.25 if below else 0
        rule(canvas, left, top - height, room, 0.8, INK)

    return Block(height, paint)


def _empty(heading: Block, left: float, room: float) -> Block:
    def paint(canvas: Canvas, top: float) -> None:
        canvas.setFillColor(SECOND)
        draw(canvas, left, top - 15, one_line(T("No lines", "没有明细")), BODY)
        rule(canvas, left, top - 24, room, 0.4, LINE)

    return Block(24.0, paint, heading)


def rule(canvas: Canvas, left: float, y: float, room: float, weight: float, colour: Color) -> None:
    canvas.setStrokeColor(colour)
    canvas.setLineWidth(weight)
    canvas.line(left, y, left + room, y)
