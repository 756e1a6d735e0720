"""The company's logo for papers: read once, made small and plain, so that every paper that keeps it stays small."""

from __future__ import annotations

import functools
import io
import logging
import warnings

from PIL import Image

log = logging.getLogger(__name__)
WIDEST, TALLEST = 500, 92
"""Pixels: as much as is printed, at 300 dpi."""
MOST_PIXELS = 40_000_000


@functools.lru_cache(maxsize=4)
def of_file(path: str) -> bytes | None:
    """The logo as a small PNG on white; None, and a line in the log, where the file is no picture that can be read."""
    if not path:
        return None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            image = Image.open(path, formats=("PNG", "JPEG"))
            if image.width * image.height > MOST_PIXELS:
                raise ValueError("too many pixels")
            drawn = image.convert("RGBA")
    except (OSError, ValueError, SyntaxError, EOFError, Image.DecompressionBombError, Image.DecompressionBombWarning) as why:
        log.warning("company_logo_unreadable: %s: %s", path, why)
        return None
    ground = Image.new("RGBA", drawn.size, "white")
    plain = Image.alpha_composite(ground, drawn).convert("RGB")
    plain.thumbnail((WIDEST, TALLEST), Image.Resampling.LANCZOS)
    stream = io.BytesIO()
    plain.quantize(64).save(stream, "PNG", optimize=True)
    return stream.getvalue()
