"""A label before it is a PDF, a picture or printer language: marks on the dot grid of a 203 dpi label printer.

Everything stands on whole dots, so all three look the same and no bar ever falls between two dots. The origin is the
top left corner; the y of a line of text is its baseline.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from io import BytesIO
from typing import TypeAlias

from markupsafe import Markup, escape
from reportlab.lib.pagesizes import A4
from reportlab.pdfgen.canvas import Canvas

from wms.printing.barcodes import DOTS_PER_INCH, Symbol, svg_path
from wms.printing.fonts import Align, clean, draw, fitting, lines, shorten, width
from wms.printing.ink import BLACK, DOT, WHITE, Words, both, draw_symbol, sheet


def dots(millimetres: float) -> int:
    return round(millimetres * DOTS_PER_INCH / 25.4)


WIDE, LOW, HIGH = dots(100), dots(50), dots(150)
"""One kind of roll in every printer: 100 mm wide, 50 mm high for things, 150 mm for parcels and pallets."""
EDGE = 24
ROOM = WIDE - 2 * EDGE


@dataclass(frozen=True, slots=True)
class Line:
    """One line of text."""

    x: int
    y: int
    text: str
    size: int
    bold: bool = False
    align: Align = "left"
    white: bool = False

    @property
    def left(self) -> float:
        across = width(self.text, self.size, self.bold)
        return self.x - {"left": 0.0, "center": across / 2, "right": across}[self.align]


@dataclass(frozen=True, slots=True)
class Bars:
    """A barcode from the top left of its first module."""

    x: int
    y: int
    symbol: Symbol
    module: int
    tall: int

    @property
    def across(self) -> int:
        return self.symbol.modules * self.module

    @property
    def down(self) -> int:
        return self.tall if self.symbol.linear else len(self.symbol.rows) * self.module


@dataclass(frozen=True, slots=True)
class Box:
    """A filled rectangle: a rule, or the ground of white letters."""

    x: int
    y: int
    across: int
    down: int


Mark: TypeAlias = Line | Bars | Box


@dataclass(frozen=True, slots=True)
class Drawing:
    """A finished label."""

    title: str
    across: int
    down: int
    marks: tuple[Mark, ...]


@dataclass
class Sketch:
    """A drawing in the making: helpers that fit words into the room there is."""

    title: str
    across: int
    down: int
    marks: list[Mark] = field(default_factory=list)

    def line(
        self, x: int, y: int, words: str, size: int, *, bold: bool = False, align: Align = "left", room: int = 0,
        white: bool = False,
    ) -> int:  # fmt: skip
        """A line of text, cut where it would leave its room; returns its width."""
        text = shorten(words, room, size, bold=bold) if room else clean(words)
        if text:
            self.marks.append(Line(x, y, text, size, bold, align, white))
        return round(width(text, size, bold))

    def large(self, x: int, y: int, words: str, room: int, largest: int, smallest: int, *, align: Align = "left") -> int:
        """A line in bold as large as fits; returns its size."""
        size = int(fitting(words, room, largest, smallest, bold=True))
        self.line(x, y, words, size, bold=True, align=align, room=room)
        return size

    def middle(self, x: int, y: int, words: str, room: int, largest: int, smallest: int) -> None:
        """A line in bold as large as fits, the middle of its capitals at `y` whatever its size."""
        size = fitting(words, room, largest, smallest, bold=True)
        self.large(x, y + round(size * 0.366), words, room, largest, smallest)

    def block(self, x: int, y: int, words: str, room: int, size: int, *, bold: bool = False, at_most: int = 2) -> int:
        """Wrapped lines, the first baseline at `y`; returns the baseline after the last."""
        if words:
            for text in lines(words, room, size, bold=bold, at_most=at_most):
                self.line(x, y, text, size, bold=bold)
                y += round(size * 1.25)
        return y

    def named(self, x: int, y: int, label: Words, value: str, room: int, size: int = 34) -> None:
        """A fact: its label small in both languages, the value beneath it."""
        self.line(x, y, " ".join(filter(None, both(label))), 19, room=room)
        self.large(x, y + round(size * 1.12), value, room, size, 18)

    def bars(self, x: int, y: int, symbol: Symbol, room: int, tall: int, *, at_most: int = 4) -> Bars:
        """A barcode as wide as its room allows, clear of the label's left edge; squares keep to `tall` as well."""
        most = at_most if symbol.linear else min(12, tall // len(symbol.rows))
        module = max(1, symbol.fits(room, most))
        bars = Bars(max(x, symbol.quiet * module), y, symbol, module, tall)
        self.marks.append(bars)
        return bars

    def box(self, x: int, y: int, across: int, down: int) -> None:
        self.marks.append(Box(x, y, across, down))

    def done(self) -> Drawing:
        return Drawing(self.title, self.across, self.down, tuple(self.marks))


def to_pdf(drawings: Iterable[Drawing]) -> bytes:
    """One page a label, in its own size: for a printer with a roll."""
    labels = list(drawings)
    assert labels, "nothing to print"
    buffer = BytesIO()
    with sheet(buffer, _points(labels[0]), labels[0].title) as canvas:
        for drawing in labels:
            canvas.setPageSize(_points(drawing))
            _put(canvas, drawing)
            canvas.showPage()
    return buffer.getvalue()


def to_sheets(drawings: Iterable[Drawing]) -> bytes:
    """As many labels on each sheet of A4 as fit, line by line: for a printer without a roll, to be cut or peeled."""
    labels = list(drawings)
    assert labels, "nothing to print"
    across, down = (max(size) for size in zip(*map(_points, labels), strict=True))
    columns, rows = max(1, int(A4[0] // across)), max(1, int(A4[1] // down))
    left, top = (A4[0] - columns * across) / 2, A4[1] - (A4[1] - rows * down) / 2
    buffer = BytesIO()
    with sheet(buffer, A4, labels[0].title) as canvas:
        for place, drawing in enumerate(labels):
            line, column = divmod(place % (columns * rows), columns)
            if place and (line, column) == (0, 0):
                canvas.showPage()
            canvas.saveState()
            canvas.translate(left + column * across, top - (line + 1) * down)
            _put(canvas, drawing)
            canvas.restoreState()
        canvas.showPage()
    return buffer.getvalue()


def _put(canvas: Canvas, drawing: Drawing) -> None:
    for mark in drawing.marks:
        top = (drawing.down - mark.y) * DOT
        if isinstance(mark, Bars):
            draw_symbol(canvas, mark.symbol, mark.x * DOT, top, mark.module * DOT, mark.tall * DOT)
            continue
        canvas.setFillColor(WHITE if isinstance(mark, Line) and mark.white else BLACK)
        if isinstance(mark, Box):
            canvas.rect(mark.x * DOT, top - mark.down * DOT, mark.across * DOT, mark.down * DOT, 0, 1)
        else:
            draw(canvas, mark.x * DOT, top, mark.text, mark.size * DOT, bold=mark.bold, align=mark.align)


def _points(drawing: Drawing) -> tuple[float, float]:
    return drawing.across * DOT, drawing.down * DOT


def to_svg(drawing: Drawing) -> Markup:
    """The label as a picture for a page; presentation attributes only, for a strict CSP drops styles."""
    return Markup(  # noqa: S704  (every fact in it is escaped or a number)
        f'<svg xmlns="http://www.w3.org/2000/svg" class="label" width="{drawing.across}" height="{drawing.down}"'
        f' viewBox="0 0 {drawing.across} {drawing.down}" role="img" aria-label="{escape(clean(drawing.title))}"'
        ' font-family="Noto Sans SC, PingFang SC, Microsoft YaHei, sans-serif">'
        f'<rect width="{drawing.across}" height="{drawing.down}" fill="#fff"/>'
        f"{''.join(_svg_marks(drawing.marks))}</svg>"
    )


def _svg_marks(marks: Sequence[Mark]) -> Iterable[str]:
    for mark in marks:
        if isinstance(mark, Bars):
            path = svg_path(mark.symbol.rectangles(mark.module, mark.tall), mark.x, mark.y)
            yield f'<path d="{path}" fill="#000" shape-rendering="crispEdges"/>'
        elif isinstance(mark, Box):
            yield f'<rect x="{mark.x}" y="{mark.y}" width="{mark.across}" height="{mark.down}"/>'
        else:
            # The reader's own font is not ours: the text is told how wide it may be.
            yield (
                f'<text x="{mark.left:.1f}" y="{mark.y}" font-size="{mark.size}"'
                f' font-weight="{700 if mark.bold else 400}" fill="{"#fff" if mark.white else "#000"}"'
                f' textLength="{width(mark.text, mark.size, mark.bold):.1f}" lengthAdjust="spacingAndGlyphs">'
                f"{escape(mark.text)}</text>"
            )
