"""The company's logo for papers: made small and plain once, so that every paper that keeps it stays small.

An administrator puts it up at the desk, and it lies in the database with everything else that a backup has. Until somebody does, the file
of WMS_COMPANY_LOGO is it.
"""

from __future__ import annotations

import functools
import io
import logging
import threading
import warnings
from pathlib import Path

import sqlalchemy as sa
from PIL import Image

from wms import clock
from wms.actor import Actor
from wms.db import session
from wms.errors import Invalid
from wms.i18n import T
from wms.printing.models import CompanyLogo

log = logging.getLogger(__name__)
WIDEST, TALLEST = 500, 92
"""Pixels: as much as is printed, at 300 dpi."""
MOST_PIXELS = 40_000_000
MOST_UNFOLDED = 16_000_000
"""Of a PNG, whose every pixel is unfolded, however small the file is; a JPEG is decoded small at once."""
MOST_SENT = 4 * 1024 * 1024


class LogoMissing(Invalid):
    """The form came without a file."""

    code = "logo_missing"
    sentence = T("Choose a picture", "请选择图片")


class LogoTooLarge(Invalid):
    """Too many bytes or pixels."""

    code = "logo_too_large"
    sentence = T(
        "The picture is too large: at most {megabytes} MB and {megapixels} million pixels",
        "图片过大：最多 {megabytes} MB、{megapixels} 百万像素",
    )
    advice = T("Save it smaller; it is printed at a height of 8 mm", "请缩小后再上传，打印高度约 8 毫米")


class NotALogo(Invalid):
    """Whatever its name says, its content is no picture."""

    code = "not_a_logo"
    sentence = T("This file is no picture that can be read (PNG or JPEG)", "此文件不是可识别的图片（PNG 或 JPEG）")
    advice = T("Save the logo as PNG, then try again", "请将标志另存为 PNG 后重试")


def prepared(sent: bytes) -> bytes:
    """The logo as a small PNG on white, of the pixels alone. Raises LogoMissing, LogoTooLarge, NotALogo."""
    if not sent:
        raise LogoMissing(pointer="/logo")
    if len(sent) > MOST_SENT:
        raise _too_large(MOST_UNFOLDED)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            image = Image.open(io.BytesIO(sent), formats=("PNG", "JPEG"))
            most = MOST_PIXELS if image.format == "JPEG" else MOST_UNFOLDED
            if image.width * image.height > most:
                raise _too_large(most)
            drawn = _small(image)
            ground = Image.new("RGBA", drawn.size, "white")
            plain = Image.alpha_composite(ground, drawn).convert("RGB")
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise _too_large(MOST_UNFOLDED) from None
    except (OSError, ValueError, SyntaxError, EOFError, KeyError, IndexError, TypeError, OverflowError, MemoryError, ArithmeticError):
        raise NotALogo(pointer="/logo") from None
    stream = io.BytesIO()
    plain.quantize(64).save(stream, "PNG", optimize=True)
    return stream.getvalue()


_ONE_AT_A_TIME = threading.Lock()  # large pixels of one logo only are in memory at once


def _small(image: Image.Image) -> Image.Image:
    """The logo as large as it is printed, in colours that may be seen through."""
    with _ONE_AT_A_TIME:
        image.draft("RGB", (WIDEST * 2, TALLEST * 2))
        factor = max(1, min(image.width // (WIDEST * 2), image.height // (TALLEST * 2)))
        if factor > 1 and image.mode in ("L", "LA", "RGB", "RGBA"):
            image = image.reduce(factor)  # small before anything is copied
        drawn = image.convert("RGBA")
    drawn.thumbnail((WIDEST, TALLEST), Image.Resampling.LANCZOS)
    return drawn


def _too_large(most: int) -> LogoTooLarge:
    return LogoTooLarge(pointer="/logo", megabytes=MOST_SENT // 1024 // 1024, megapixels=most // 1_000_000)


def put_up() -> CompanyLogo | None:
    """The logo that somebody put up."""
    return session.execute(sa.select(CompanyLogo).order_by(CompanyLogo.id.desc()).limit(1)).scalar_one_or_none()


def current(default: str) -> bytes | None:
    """The logo that was put up, else that of the file."""
    png = session.execute(sa.select(CompanyLogo.png).order_by(CompanyLogo.id.desc()).limit(1)).scalar_one_or_none()
    return png if png is not None else of_file(default)


def put(png: bytes, *, by: Actor) -> None:
    """All papers bear this one from now on; what was kept of a paper keeps the one that it had."""
    take_away()
    session.add(CompanyLogo(png=png, put_at=clock.now(), put_by_id=by.id))
    session.flush()  # the page shows who put it up


def take_away() -> None:
    """None is put up: the file's is it again, where there is one."""
    session.execute(sa.delete(CompanyLogo))


@functools.lru_cache(maxsize=4)
def of_file(path: str) -> bytes | None:
    """The logo of a file; None, and a line in the log, where the file is no picture that can be read."""
    if not path:
        return None
    try:
        return prepared(Path(path).read_bytes())
    except (OSError, Invalid) as why:
        log.warning("company_logo_unreadable: %s: %s", path, why)
        return None
