"""Text becomes a pattern of dark and light modules, which papers, labels and screens then draw as one path.

    symbol = barcode("A-07-3")                     # Code 128, or a QR code for what Code 128 cannot say
    symbol = gs1_128([("00", "003456789012345675")])
    svg(symbol)                                    # safe markup for a page

Sizes on paper are whole dots of a 203 dpi label printer, so a bar never falls between two dots.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

import barcode as encoders
import segno
from barcode.codex import Gs1_128
from markupsafe import Markup, escape
from pystrich.datamatrix import FNC1, DataMatrixCodeword, DataMatrixData, DataMatrixEncoder

Kind = Literal["code-128", "gs1-128", "ean-13", "ean-8", "upc-a", "itf-14", "gs1-datamatrix", "qr"]
Elements = Sequence[tuple[str, str]]
"""GS1 application identifiers with their values, in printing order: `[("01", gtin), ("10", lot)]`."""

DOTS_PER_INCH = 203
GROUP_SEPARATOR = "\x1d"


class Unprintable(ValueError):
    """This text cannot be written in this kind of barcode; it is our bug not to have chosen another."""


@dataclass(frozen=True, slots=True)
class Symbol:
    """A barcode before it has a size: rows of modules, dark is `1`. A bar code of lines has a single row."""

    kind: Kind
    rows: tuple[str, ...]
    data: str
    """What a scanner answers (GS1 parts apart by U+001D)."""
    text: str
    """What a person reads beneath it."""
    quiet: int
    """Light modules that must stay free on the left and the right (of a square symbol on all sides)."""

    @property
    def linear(self) -> bool:
        return len(self.rows) == 1

    @property
    def modules(self) -> int:
        """Width in modules without the quiet zone."""
        return len(self.rows[0])

    @property
    def width(self) -> int:
        """Width in modules with the quiet zone."""
        return self.modules + 2 * self.quiet

    def fits(self, room: int, at_most: int = 4) -> int:
        """The widest module, in whole units, with which the symbol fits into this room; 0 when it does not fit."""
        return min(at_most, room // self.width)

    def rectangles(self, module: float, height: float) -> Iterator[tuple[float, float, float, float]]:
        """Dark rectangles `x, y, width, height` from the top left of the modules; lines become `height` long."""
        tall = height if self.linear else module
        for y, row in enumerate(self.rows):
            for run in re.finditer("1+", row):
                yield run.start() * module, y * tall, (run.end() - run.start()) * module, tall
        if self.kind == "itf-14":  # Bearer bars keep a scanner from reading half of the digits.
            for edge in (0.0, height - 2 * module):
                yield -4 * module, edge, (self.modules + 8) * module, 2 * module


# One dimension ------------------------------------------------------------------------------------------------------


class _Code128(encoders.Code128):  # type: ignore[misc]
    """python-barcode 0.16.1 drops a leading "99": it takes the digits for the switch to subset C, which it already
    is in. Only a switch to A or B may replace the start code."""

    def _try_to_optimize(self, encoded: list[int]) -> list[int]:
        return encoded if encoded[1] == 99 else list(super()._try_to_optimize(encoded))


def code128(data: str) -> Symbol:
    """Any ASCII text."""
    if not data or not data.isascii():
        raise Unprintable(f"Code 128 cannot say {data!r}")
    return Symbol("code-128", _modules(_Code128(data)), data, data, quiet=10)


def gs1_128(elements: Elements) -> Symbol:
    """GS1 elements in one Code 128, each variable one closed by FNC1."""
    data = _gs1_data(elements)
    encoder = Gs1_128(data.replace(GROUP_SEPARATOR, Gs1_128.FNC1_CHAR))
    return Symbol("gs1-128", _modules(encoder), data, gs1_text(elements), quiet=10)


def ean13(digits: str) -> Symbol:
    _check(digits, 13)
    return Symbol("ean-13", _modules(encoders.EAN13(digits)), digits, f"{digits[0]} {digits[1:7]} {digits[7:]}", 11)


def ean8(digits: str) -> Symbol:
    _check(digits, 8)
    return Symbol("ean-8", _modules(encoders.EAN8(digits)), digits, f"{digits[:4]} {digits[4:]}", 7)


def upc_a(digits: str) -> Symbol:
    _check(digits, 12)
    text = f"{digits[0]} {digits[1:6]} {digits[6:11]} {digits[11]}"
    return Symbol("upc-a", _modules(encoders.UPCA(digits)), digits, text, quiet=9)


def itf14(digits: str) -> Symbol:
    _check(digits, 14)
    text = f"{digits[0]} {digits[1:3]} {digits[3:8]} {digits[8:13]} {digits[13]}"
    return Symbol("itf-14", _modules(encoders.ITF(digits, narrow=1, wide=3)), digits, text, quiet=14)


def _modules(encoder: encoders.base.Barcode) -> tuple[str, ...]:
    return (str(encoder.build()[0]),)


# Two dimensions -----------------------------------------------------------------------------------------------------


def gs1_datamatrix(elements: Elements) -> Symbol:
    """GS1 elements in a square; FNC1 in front says that it is GS1."""
    data = _gs1_data(elements)
    parts: list[str | DataMatrixCodeword] = [FNC1]
    for part in data.split(GROUP_SEPARATOR):
        parts += [part, FNC1]
    encoder = DataMatrixEncoder(DataMatrixData(*parts[:-1], encoding="ascii"), quiet_zone=0)
    rows = tuple("".join("1" if cell else "0" for cell in row) for row in encoder.init_renderer().matrix)
    return Symbol("gs1-datamatrix", rows, data, gs1_text(elements), quiet=2)


def qr(data: str) -> Symbol:
    """Any text in any script, as UTF-8."""
    if not data:
        raise Unprintable("An empty QR code says nothing")
    try:
        # segno would take some Chinese text for Japanese, and so would readers without the mark that it is UTF-8.
        mode, encoding = (None, None) if data.isascii() else ("byte", "utf-8")
        code = segno.make_qr(data, error="m", mode=mode, encoding=encoding, eci=not data.isascii())
    except segno.DataOverflowError:
        raise Unprintable(f"{len(data)} characters are too many for a QR code") from None
    return Symbol("qr", tuple("".join(map(str, row)) for row in code.matrix), data, data, quiet=4)


# Choosing -----------------------------------------------------------------------------------------------------------


@lru_cache(maxsize=512)
def barcode(data: str, room: int | None = None) -> Symbol:
    """Code 128, or QR for what Code 128 cannot say, or cannot say within `room` dots at two dots a module."""
    if data.isascii() and data.isprintable():
        symbol = code128(data)
        if room is None or symbol.fits(room) >= 2:
            return symbol
    return qr(data)


def product_barcode(data: str) -> Symbol:
    """The barcode this number is known by in shops: EAN, UPC or ITF by its length; anything else as `barcode`."""
    makers = {8: ean8, 12: upc_a, 13: ean13, 14: itf14}
    if is_gtin(data):
        return makers[len(data)](data)
    return barcode(data)


# GS1 ----------------------------------------------------------------------------------------------------------------

_GS1_VALUE = re.compile(r"""[A-Za-z0-9!"%&'()*+,\-./:;<=>?_]+""")
_FIXED_LENGTH = {"00": 18, "01": 14, "02": 14, "03": 14, "04": 16, "20": 2, "41": 13}
_FIXED_LENGTH |= {str(ai): 6 for ai in range(11, 20)} | {str(ai): 8 for ai in range(31, 37)}


def gs1_elements(
    *,
    sscc: str | None = None,
    gtin: str | None = None,
    sku: str | None = None,
    expires_on: dt.date | None = None,
    count: int | None = None,
    lot: str | None = None,
    serial: str | None = None,
) -> list[tuple[str, str]]:
    """The elements for what is known; fixed lengths first, so that few separators are needed."""
    known = (
        ("00", sscc),
        ("01", gtin.zfill(14) if gtin else None),
        ("17", expires_on.strftime("%y%m%d") if expires_on else None),
        ("240", sku),
        ("30", str(count) if count is not None else None),
        ("10", lot),
        ("21", serial),
    )
    return [(identifier, value) for identifier, value in known if value]


def sayable_in_gs1(value: str, most: int = 20) -> bool:
    """Whether GS1 allows this text as a lot, a serial number or an article code."""
    return len(value) <= most and bool(_GS1_VALUE.fullmatch(value))


def is_sscc(code: str) -> bool:
    return len(code) == 18 and _digits_check(code)


def gs1_text(elements: Elements) -> str:
    return "".join(f"({identifier}){value}" for identifier, value in elements)


def _gs1_data(elements: Elements) -> str:
    parts = []
    for position, (identifier, value) in enumerate(elements, start=1):
        length = _FIXED_LENGTH.get(identifier[:2])
        if not _GS1_VALUE.fullmatch(value) or (length and len(identifier[2:] + value) != length):
            raise Unprintable(f"GS1 does not allow {value!r} for ({identifier})")
        separator = "" if length or position == len(elements) else GROUP_SEPARATOR
        parts.append(identifier + value + separator)
    return "".join(parts)


def is_gtin(digits: str) -> bool:
    return len(digits) in (8, 12, 13, 14) and _digits_check(digits)


def _check(digits: str, length: int) -> None:
    # python-barcode would correct a wrong check digit in silence, and the scan would answer another number.
    if len(digits) != length or not _digits_check(digits):
        raise Unprintable(f"{digits!r} is not {length} digits with their check digit")


def _digits_check(digits: str) -> bool:
    if not (digits.isascii() and digits.isdigit()):
        return False
    weighted = sum(int(digit) * (3 if place % 2 else 1) for place, digit in enumerate(reversed(digits)))
    return weighted % 10 == 0


# On a screen --------------------------------------------------------------------------------------------------------


def svg(symbol: Symbol, module: int = 2, height: int = 64) -> Markup:
    """The symbol as markup for a page: one path, quiet zone included, no style (a strict CSP drops it).

    A module takes at least two CSS pixels; less does not scan from a screen.
    """
    module = max(2, module)
    across = symbol.width * module
    margin = 0 if symbol.linear else symbol.quiet * module
    down = height if symbol.linear else across
    path = svg_path(symbol.rectangles(module, height), symbol.quiet * module, margin)
    return Markup(  # noqa: S704  (every fact in it is escaped or a number)
        f'<svg xmlns="http://www.w3.org/2000/svg" class="barcode" width="{across}" height="{down}"'
        f' viewBox="0 0 {across} {down}" role="img" aria-label="{escape(symbol.text)}">'
        f'<rect width="{across}" height="{down}" fill="#fff"/>'
        f'<path d="{path}" fill="#000" shape-rendering="crispEdges"/></svg>'
    )


def svg_path(rectangles: Iterable[tuple[float, float, float, float]], left: float, top: float) -> str:
    """Rectangles as the `d` of one path."""
    return "".join(f"M{left + x:g} {top + y:g}h{w:g}v{h:g}h{-w:g}z" for x, y, w, h in rectangles)
