"""What papers and labels share: a sheet to print on, the inks, and barcodes drawn as one path."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from typing import TypeAlias

from reportlab.lib.colors import HexColor
from reportlab.pdfgen.canvas import Canvas

from wms.i18n import Text
from wms.printing.barcodes import DOTS_PER_INCH, Symbol
from wms.printing.fonts import faces

Words: TypeAlias = str | Text

INK, SECOND, LINE, STOP = map(HexColor, ("#14181f", "#4a5361", "#c3cad3", "#a3131b"))
BLACK, WHITE = HexColor("#000000"), HexColor("#ffffff")
"""Barcodes and labels are pure black: a printer of one colour would dot anything else."""

MM = 72 / 25.4
DOT = 72 / DOTS_PER_INCH
"""One dot of a label printer in PDF points."""


def say(words: Words, language: str) -> str:
    """A bilingual sentence in one language; plain text is the same in each."""
    return words.say(language) if isinstance(words, Text) else words


def both(words: Words) -> tuple[str, str]:
    """中文 and English, the second empty where it would only repeat the first."""
    chinese, english = say(words, "zh_CN"), say(words, "en")
    return (chinese or english, english if chinese and english != chinese else "")


def one_line(words: Words) -> str:
    return " ".join(filter(None, both(words)))


@contextmanager
def sheet(buffer: BytesIO, size: tuple[float, float], title: str) -> Iterator[Canvas]:
    """A PDF in the making; the same drawing always gives the same bytes."""
    faces()
    canvas = Canvas(buffer, pagesize=size, invariant=1, pageCompression=1)
    canvas.setTitle(title)
    canvas.setAuthor("WMS")
    canvas.setCreator("WMS")
    yield canvas
    canvas.save()


def draw_symbol(canvas: Canvas, symbol: Symbol, left: float, top: float, module: float, height: float) -> None:
    """The modules as one path, from the top left corner of the first module (points, y upwards)."""
    path = canvas.beginPath()
    for x, y, across, down in symbol.rectangles(module, height):
        path.rect(left + x, top - y - down, across, down)
    canvas.setFillColor(BLACK)
    canvas.drawPath(path, stroke=0, fill=1)
