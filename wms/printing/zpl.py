"""A label in ZPL, the language of label printers: barcodes by the printer itself, Chinese as pictures of our letters.

No text of ours can become a command: `^`, `~` and the escape signs themselves are always written as hexadecimals.
"""

from __future__ import annotations

from functools import lru_cache
from itertools import groupby

from PIL import Image, ImageDraw, ImageFont

from wms.printing.barcodes import GROUP_SEPARATOR, Symbol
from wms.printing.drawing import Bars, Box, Drawing, Line, Mark
from wms.printing.fonts import FILES, runs, width


def to_zpl(drawing: Drawing, copies: int = 1) -> str:
    """One label format, `copies` times."""
    head = f"^XA^CI28^LH0,0^PW{drawing.across}^LL{drawing.down}"
    return head + "".join(map(_mark, drawing.marks)) + f"^PQ{max(1, copies)}^XZ\n"


def _mark(mark: Mark) -> str:
    if isinstance(mark, Box):
        return f"^FO{mark.x},{mark.y}^GB{mark.across},{mark.down},{min(mark.across, mark.down)}^FS"
    if isinstance(mark, Line):
        return _text(mark)
    if mark.symbol.kind in ("code-128", "gs1-128"):
        mode, field = _code128(mark.symbol)
        return f"^FO{mark.x},{mark.y}^BY{mark.module}^BCN,{mark.tall},N,N,N,{mode}^FH^FD{_escaped(field)}^FS"
    if mark.symbol.kind == "gs1-datamatrix":
        field = _escaped("\\1" + mark.symbol.data.replace("\\", "\\\\").replace(GROUP_SEPARATOR, "\\1"))
        return f"^FO{mark.x},{mark.y}^BXN,{mark.module},200,,,,\\^FH^FD{field}^FS"
    return f"^FO{mark.x},{mark.y}{_graphic(_modules_picture(mark))}"


def _escaped(text: str) -> str:
    """Field data under `^FH`: whatever could be a command, an escape or a control sign goes as `_` and two digits."""
    return "".join(c if c.isascii() and c.isprintable() and c not in "^~_" else _hexadecimal(c) for c in text)


def _hexadecimal(character: str) -> str:
    return "".join(f"_{byte:02X}" for byte in character.encode())


# Barcodes -----------------------------------------------------------------------------------------------------------

_SPECIAL = {">": ">0", "^": "><", "~": ">=", "\x7f": ">1", GROUP_SEPARATOR: ">8"}


def _code128(symbol: Symbol) -> tuple[str, str]:
    """Mode and field data of `^BC`. The printer packs plain text itself (mode A), except where `>`, its own sign for
    a switch of subsets, is part of the text. GS1 begins in subset C with FNC1 and goes on in B where digits end."""
    if symbol.kind == "code-128" and ">" not in symbol.data:
        return "A", symbol.data
    if symbol.kind == "code-128":
        return "N", ">:" + _subset_b(symbol.data)
    digits = len(symbol.data) - len(symbol.data.lstrip("0123456789"))
    digits -= digits % 2
    rest = symbol.data[digits:]
    return "N", ">;>8" + symbol.data[:digits] + (">6" + _subset_b(rest) if rest else "")


def _subset_b(text: str) -> str:
    return "".join(_SPECIAL.get(character, character) for character in text)


# Pictures -----------------------------------------------------------------------------------------------------------


def _text(line: Line) -> str:
    """Plain English in the printer's own letters, which are narrower than ours; everything else as a picture. So is a backslash: before
    `&` it would begin a new line."""
    if line.text.isascii() and "\\" not in line.text and not line.white:
        across = max(1, round(width(line.text, line.size, line.bold)))
        at = f"^FO{max(0, round(line.left))},{max(0, line.y - round(line.size * 0.76))}"
        justify = {"left": "L", "center": "C", "right": "R"}[line.align]
        return f"{at}^A0N,{line.size},{round(line.size * 0.88)}^FB{across + 4},1,0,{justify}^FH^FD{_escaped(line.text)}^FS"
    reverse = "^FR" if line.white else ""
    at = f"^FO{max(0, round(line.left))},{max(0, line.y - round(line.size * 0.95))}"
    return f"{at}{reverse}{_words(line.text, line.size, line.bold)}"


@lru_cache(maxsize=2048)
def _words(text: str, size: int, bold: bool) -> str:
    """The same headings stand on every label: their pictures are drawn once."""
    return _graphic(_text_picture(text, size, bold))


@lru_cache(maxsize=64)
def _letters(face: str, size: int) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(str(FILES[face]), size)


def _text_picture(text: str, size: int, bold: bool) -> Image.Image:
    across = max(1, round(width(text, size, bold)) + 2)
    image = Image.new("1", (across, round(size * 1.3)), 0)
    pen = ImageDraw.Draw(image)
    pen.fontmode = "1"
    x = 0.0
    for face, piece in runs(text, bold):
        pen.text((x, round(size * 0.95)), piece, fill=1, font=_letters(face, size), anchor="ls")
        x += width(piece, size, bold)
    return image


def _modules_picture(bars: Bars) -> Image.Image:
    image = Image.new("1", (bars.across, bars.down), 0)
    pen = ImageDraw.Draw(image)
    for x, y, across, down in bars.symbol.rectangles(bars.module, bars.tall):
        pen.rectangle((x, y, x + across - 1, y + down - 1), fill=1)
    return image


def _graphic(image: Image.Image) -> str:
    """A graphic field; lines are packed, for a label printer often hangs on a slow cable."""
    stride = -(-image.width // 8)
    data = image.tobytes()
    rows = [data[start : start + stride].hex().upper() for start in range(0, len(data), stride)]
    packed = "".join(":" if row == above else _packed(row) for row, above in zip(rows, [None, *rows[:-1]], strict=True))
    total = stride * image.height
    return f"^GFA,{total},{total},{stride},{packed}^FS"


def _packed(row: str) -> str:
    """Runs of one digit: `G`…`Y` say 1 to 19 times, `g`…`z` 20 to 400 times; a comma fills the line with light."""
    body = row.rstrip("0")
    said = "".join(_run(digit, len(list(run))) for digit, run in groupby(body))
    return said + ("," if len(body) < len(row) else "")


def _run(digit: str, count: int) -> str:
    if count < 3:
        return digit * count
    most, count = divmod(count, 400)
    twenties, ones = divmod(count, 20)
    said = "z" * most + (chr(ord("f") + twenties) if twenties else "") + (chr(ord("F") + ones) if ones else "")
    return said + digit
