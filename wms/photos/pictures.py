"""A picture as it comes from a phone, made small and plain: only its pixels are kept, never the file that was sent."""

from __future__ import annotations

import hashlib
import io
import threading
import warnings
from dataclasses import dataclass

from PIL import Image, ImageOps

from wms.errors import Invalid
from wms.i18n import T

LONGEST_EDGE, THUMB_EDGE = 1600, 240
MOST_BYTES = 400 * 1024
MOST_SENT = 12 * 1024 * 1024
MOST_PIXELS = 64_000_000  # what a phone takes; a JPEG of it is decoded small at once
MOST_UNFOLDED = 16_000_000  # of formats whose every pixel is unfolded, however small the file is
FORMATS = ("JPEG", "PNG", "WEBP")
_QUALITIES = (85, 75, 65, 50, 35, 20)


class PhotoMissing(Invalid):
    """The form came without a file."""

    code = "photo_missing"
    sentence = T("There is no photo in it", "没有收到照片")


class PhotoTooLarge(Invalid):
    """Too many bytes or pixels."""

    code = "photo_too_large"
    sentence = T(
        "The photo is too large: at most {megabytes} MB and {megapixels} million pixels",
        "照片过大：最多 {megabytes} MB、{megapixels} 百万像素",
    )


class NotAPhoto(Invalid):
    """Whatever its name says, its content is no picture."""

    code = "not_a_photo"
    sentence = T("This file is no photo that can be read (JPEG, PNG or WebP)", "此文件不是可识别的照片（JPEG、PNG 或 WebP）")


@dataclass(frozen=True)
class Picture:
    """A picture ready to be kept: two JPEGs without anything but pixels."""

    content: bytes
    thumbnail: bytes
    width: int
    height: int
    digest: str


def prepared(sent: bytes) -> Picture:
    """The picture in what was sent: upright, no edge longer than 1600, at most 400 kB, without place, time and camera.

    Raises PhotoMissing, PhotoTooLarge, NotAPhoto.
    """
    if not sent:
        raise PhotoMissing
    if len(sent) > MOST_SENT:
        raise _too_large(MOST_PIXELS)
    with _ONE_AT_A_TIME:
        image = _opened(sent)
    content = _jpeg(image, MOST_BYTES)
    small = image.copy()
    small.thumbnail((THUMB_EDGE, THUMB_EDGE))
    return Picture(content, _jpeg(small, MOST_BYTES), image.width, image.height, hashlib.sha256(sent).hexdigest())


_ONE_AT_A_TIME = threading.Lock()  # large pixels of one picture only are in memory at once


def _too_large(most: int) -> PhotoTooLarge:
    return PhotoTooLarge(megabytes=MOST_SENT // 1024 // 1024, megapixels=most // 1_000_000)


def _opened(sent: bytes) -> Image.Image:
    """The pixels, made small, upright and in plain colours. Whatever a decoder says of a broken file, it is no photo."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            image = Image.open(io.BytesIO(sent), formats=FORMATS)
            most = MOST_PIXELS if image.format == "JPEG" else MOST_UNFOLDED
            if image.width * image.height > most:
                raise _too_large(most)
            image.draft("RGB", (LONGEST_EDGE, LONGEST_EDGE))  # a JPEG is decoded small at once
            image.thumbnail((LONGEST_EDGE, LONGEST_EDGE))  # small before anything is copied
            upright = ImageOps.exif_transpose(image)
            if upright.mode in ("RGBA", "LA", "P", "PA"):
                upright = upright.convert("RGBA")
                ground = Image.new("RGBA", upright.size, "white")
                upright = Image.alpha_composite(ground, upright)
            plain = Image.new("RGB", upright.size)
            plain.paste(upright.convert("RGB"))  # a new picture carries none of the old one's notes
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise _too_large(MOST_PIXELS) from None
    except (OSError, ValueError, SyntaxError, EOFError, KeyError, IndexError, TypeError, OverflowError, MemoryError, ArithmeticError):
        raise NotAPhoto from None
    return plain


def _jpeg(image: Image.Image, most: int) -> bytes:
    """As a JPEG of at most so many bytes: less fine first, and smaller where that does not do."""
    while True:
        for quality in _QUALITIES:
            stream = io.BytesIO()
            image.save(stream, "JPEG", quality=quality, optimize=True)
            if stream.tell() <= most:
                return stream.getvalue()
        image = image.resize((max(1, image.width * 3 // 4), max(1, image.height * 3 // 4)))
