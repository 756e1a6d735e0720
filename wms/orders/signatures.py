"""A drawn signature: strokes as a plain path, or a small picture. Whatever was sent, only strokes or pixels are kept."""

from __future__ import annotations

import base64
import binascii
import io
import re
import warnings
from dataclasses import dataclass
from typing import TypeAlias

from PIL import Image

from wms.errors import Invalid
from wms.i18n import T

WIDE, TALL = 600, 200
"""The units that strokes are drawn in."""
MOST_PATH = 24_000  # characters: some thousand points, more than any hand draws
MOST_PNG = 150_000  # bytes
MOST_SENT = 4 * ((MOST_PNG + 2) // 3) + 64
LONGEST_EDGE = 2_000  # pixels of a picture that is looked at at all
_KEPT = (900, 300)
_PNG = "data:image/png;base64,"
_PATH = re.compile(r"(?:M[0-9]{1,3} [0-9]{1,3}(?:L[0-9]{1,3} [0-9]{1,3})*)+")
_STROKE = re.compile(r"M[^M]*")
_POINT = re.compile(r"([0-9]{1,3}) ([0-9]{1,3})")

Stroke: TypeAlias = tuple[tuple[int, int], ...]


class SignatureTooLarge(Invalid):
    """No hand draws so much."""

    code = "signature_too_large"
    sentence = T("The signature is too large", "签名数据过大")
    advice = T("Clear it and sign again, with fewer strokes", "请清除后重新签名，笔画简洁一些")


class NotASignature(Invalid):
    """Neither strokes nor a picture."""

    code = "not_a_signature"
    sentence = T("This is no signature: strokes as a path of M and L, or a PNG", "签名无法识别：应为由 M、L 组成的笔画，或 PNG 图片")
    advice = T("Sign again, or leave it out and take a photo of the signed paper", "请重新签名，或不签名而拍下签收单")


@dataclass(frozen=True)
class Signature:
    """What is kept of it: one of the two."""

    path: str | None = None
    png: bytes | None = None


def read(text: str | None) -> Signature | None:
    """The signature in what was sent (`M10 20L30 40…` in a field of 600 × 200, or `data:image/png;base64,…`); none where nothing was
    drawn. Raises SignatureTooLarge, NotASignature."""
    text = (text or "").strip()
    if not text:
        return None
    if text.startswith(_PNG):
        return _picture(text)
    if len(text) > MOST_PATH:
        raise SignatureTooLarge(pointer="/signature")
    if not _PATH.fullmatch(text) or any(x > WIDE or y > TALL for stroke in strokes(text) for x, y in stroke):
        raise NotASignature(pointer="/signature")
    return Signature(path=text)


def strokes(path: str) -> list[Stroke]:
    """The strokes of a path, each a line from point to point."""
    return [tuple((int(x), int(y)) for x, y in _POINT.findall(stroke)) for stroke in _STROKE.findall(path)]


def svg(path: str) -> str:
    """The strokes as a picture of their own. The path was read before, so it is digits and two letters."""
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDE} {TALL}" fill="none" stroke="#10151c" stroke-width="3" '
        f'stroke-linecap="round" stroke-linejoin="round"><path d="{_dotted(path)}"/></svg>'
    )


def _dotted(path: str) -> str:
    """A tap without a stroke is a dot: a line to itself is drawn, a bare point is not."""
    return re.sub(r"M([0-9]+ [0-9]+)(?=M|$)", r"M\1L\1", path)


def _picture(text: str) -> Signature:
    """Drawn anew in grey on white, so that nothing but pixels is kept."""
    if len(text) > MOST_SENT:
        raise SignatureTooLarge(pointer="/signature")
    try:
        sent = base64.b64decode(text[len(_PNG) :], validate=True)
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            image = Image.open(io.BytesIO(sent), formats=("PNG",))
            if max(image.size) > LONGEST_EDGE:
                raise SignatureTooLarge(pointer="/signature")
            drawn = image.convert("RGBA")
    except (binascii.Error, Image.DecompressionBombError, Image.DecompressionBombWarning, OSError, ValueError, SyntaxError, EOFError):
        raise NotASignature(pointer="/signature") from None
    ground = Image.new("RGBA", drawn.size, "white")
    plain = Image.alpha_composite(ground, drawn).convert("L")
    plain.thumbnail(_KEPT)
    stream = io.BytesIO()
    plain.save(stream, "PNG", optimize=True)
    if stream.tell() > MOST_PNG:
        raise SignatureTooLarge(pointer="/signature")
    return Signature(png=stream.getvalue())
