"""The printed letters: one embedded family for both scripts, measured, wrapped, and never silently missing a character.

Noto Sans SC writes Chinese and English; Noto Sans lends it accented letters (Łódź), Regular lends to Bold, and what no
face has becomes 〓, the printers' own mark for a character they do not have.
"""

from __future__ import annotations

import re
import threading
import unicodedata
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont

if TYPE_CHECKING:
    from reportlab.pdfgen.canvas import Canvas

Align = Literal["left", "center", "right"]

FOLDER = Path(__file__).parent / "fonts"
REGULAR, BOLD = "NotoSansSC-Regular", "NotoSansSC-Bold"
LATIN, LATIN_BOLD = "NotoSans-Regular", "NotoSans-Bold"
FILES = {face: FOLDER / f"{face}.ttf" for face in (REGULAR, BOLD, LATIN, LATIN_BOLD)}
MISSING = "〓"

_loading = threading.Lock()
_faces: dict[str, Any] = {}


def faces() -> dict[str, Any]:
    """Both faces by name, read from disk when the first thing is printed and kept for the life of the process."""
    with _loading:
        if not _faces:
            fonts = {name: TTFont(name, str(file)) for name, file in FILES.items()}
            for font in fonts.values():
                pdfmetrics.registerFont(font)
            _faces.update({name: font.face for name, font in fonts.items()})
    return _faces


def clean(text: str) -> str:
    """One line of text in composed characters; invisible signs go, whatever else we cannot draw becomes visible."""
    if text.isascii() and text.isprintable():
        return text
    known = faces()[REGULAR].charToGlyph, faces()[LATIN].charToGlyph
    drawn = []
    for character in unicodedata.normalize("NFC", text):
        if character.isspace():
            drawn.append(" ")
        elif any(ord(character) in glyphs for glyphs in known):
            drawn.append(character)
        elif unicodedata.category(character) != "Cf" and not "\ufe00" <= character <= "\ufe0f":
            drawn.append(MISSING)
    return "".join(drawn)


@lru_cache(maxsize=4096)
def runs(text: str, bold: bool = False) -> tuple[tuple[str, str], ...]:
    """The text as pieces `(face, characters)`, each piece in a face that has all of its characters."""
    text = clean(text)
    chain = (BOLD, LATIN_BOLD, REGULAR, LATIN) if bold else (REGULAR, LATIN)
    if _has(chain[0], text):
        return ((chain[0], text),) if text else ()
    pieces: list[tuple[str, str]] = []
    for word in _WORDS.findall(text):  # A word stays in one face where it can.
        whole = next((face for face in chain if _has(face, word)), None)
        for part in [word] if whole else word:
            face = whole or next(face for face in chain if _has(face, part))
            if pieces and pieces[-1][0] == face:
                pieces[-1] = (face, pieces[-1][1] + part)
            else:
                pieces.append((face, part))
    return tuple(pieces)


_WORDS = re.compile(r"[^\W\d_\u2e80-\uffff]+|.", re.DOTALL)


def _has(face: str, text: str) -> bool:
    glyphs = faces()[face].charToGlyph
    return all(ord(character) in glyphs for character in text)


def width(text: str, size: float, bold: bool = False) -> float:
    """How wide the text will be, in the unit of its size."""
    return sum(_advance(face, piece) for face, piece in runs(text, bold)) * size / 1000


def _advance(face: str, piece: str) -> float:
    widths, default = faces()[face].charWidths, faces()[face].defaultWidth
    advance: float = sum(widths.get(ord(character), default) for character in piece)
    return advance


def draw(canvas: Canvas, x: float, y: float, text: str, size: float, *, bold: bool = False, align: Align = "left") -> None:
    """One line on a PDF page, its baseline at `y`."""
    if align != "left":
        x -= width(text, size, bold) / (1 if align == "right" else 2)
    for face, piece in runs(text, bold):
        canvas.setFont(face, size)
        canvas.drawString(x, y, piece)
        x += _advance(face, piece) * size / 1000


# Wrapping -----------------------------------------------------------------------------------------------------------

_WIDE = "\u2e80-\u9fff\uac00-\ud7af\uf900-\ufaff\uff00-\uffef〓"
_OPENING, _CLOSING = "（《「『【〔〈“‘", "，。、；：？！）》」』】〕〉”’％…—"
_BREAK = re.compile(r"\r\n|\r|\n")
_ATOMS = re.compile(
    rf"[{_OPENING}]*[{_WIDE}][{_CLOSING}]*\s*"  # one Chinese character, never parted from its punctuation
    rf"|[^\s{_WIDE}]+[{_CLOSING}]*\s*"  # one word of an alphabet
    r"|\s+"
)


def lines(text: str, room: float, size: float, *, bold: bool = False, at_most: int = 0) -> list[str]:
    """The text broken into lines no wider than `room`; beyond `at_most` lines it ends in an ellipsis."""
    broken = [line for paragraph in _BREAK.split(text) for line in _wrap(clean(paragraph), room, size, bold)]
    if at_most and len(broken) > at_most:
        broken = [*broken[: at_most - 1], shorten(broken[at_most - 1] + "…", room, size, bold=bold)]
    return broken


def shorten(text: str, room: float, size: float, *, bold: bool = False) -> str:
    """The text on one line, cut with an ellipsis where it would not fit."""
    text = clean(text[:2000])
    if width(text, size, bold) <= room:
        return text
    return text[: _count_that_fits(text, room - width("…", size, bold), size, bold)].rstrip() + "…"


def fitting(text: str, room: float, largest: float, smallest: float, *, bold: bool = False) -> float:
    """The largest size, in whole units, at which the text stays on one line."""
    natural = width(text, 1000, bold) / 1000
    return largest if natural * largest <= room else max(smallest, float(int(room / natural)))


def _wrap(text: str, room: float, size: float, bold: bool) -> list[str]:
    if width(text, size, bold) <= room:
        return [text]
    done, line = [], ""
    for atom in _ATOMS.findall(text):
        if line and width((line + atom).rstrip(), size, bold) > room:
            done.append(line.rstrip())
            line = ""
        line += atom
        while width(line.rstrip(), size, bold) > room:  # A single word wider than the line is cut where it must be.
            count = max(1, _count_that_fits(line, room, size, bold))
            done.append(line[:count])
            line = line[count:]
    return [*done, line.rstrip()] if line.strip() else done


def _count_that_fits(text: str, room: float, size: float, bold: bool) -> int:
    used = 0.0
    for count, character in enumerate(text):
        used += width(character, size, bold)
        if used > room:
            return count
    return len(text)
