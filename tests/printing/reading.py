"""Eyes for what was printed: a scanner that sees a page as a 203 dpi printer would print it, and a reader of its text."""

from __future__ import annotations

from io import BytesIO

import pypdf
import pypdfium2
import zxingcpp
from PIL import Image

from wms.printing.barcodes import Symbol
from wms.printing.drawing import Bars, Drawing, to_pdf


def pictures(pdf: bytes) -> list[Image.Image]:
    """The pages, one dot of a 203 dpi printer a pixel, in black and white only."""
    document = pypdfium2.PdfDocument(pdf)
    pages = [page.render(scale=203 / 72).to_pil().convert("L") for page in document]
    return [page.point(lambda light: 255 if light > 127 else 0) for page in pages]


def scan(picture: Image.Image) -> set[str]:
    """Everything a scanner reads on a picture, GS1 parts as they are sent (apart by U+001D)."""
    return {found.bytes.decode() for found in zxingcpp.read_barcodes(picture)}


def scan_pdf(pdf: bytes) -> list[set[str]]:
    return [scan(page) for page in pictures(pdf)]


def scan_symbol(symbol: Symbol, module: int = 2) -> list[zxingcpp.Barcode]:
    """One symbol alone on a label, two dots a module."""
    margin = (symbol.quiet + 2) * module
    side = 80 if symbol.linear else len(symbol.rows) * module
    across = symbol.modules * module + 2 * margin
    drawing = Drawing("", across, side + 2 * margin, (Bars(margin, margin, symbol, module, side),))
    return list(zxingcpp.read_barcodes(pictures(to_pdf([drawing]))[0]))


def text_of(pdf: bytes) -> list[str]:
    """What can be searched and copied, page by page."""
    return [page.extract_text() for page in pypdf.PdfReader(BytesIO(pdf)).pages]
