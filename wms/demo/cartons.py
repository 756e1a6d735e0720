"""The boxes of the demo: five sizes that nest in a shelf at the bench."""

from __future__ import annotations

from wms.catalog.carton_types import put_carton_type

BOXES = (
    # code, name, inside mm, tare g, contents at most g
    ("XS", "小号快递盒 mailer", (230, 160, 80), 90, 2_000),
    ("S", "小号纸箱 small", (310, 220, 150), 220, 8_000),
    ("M", "中号纸箱 medium", (390, 290, 190), 420, 15_000),
    ("L", "大号纸箱 large", (480, 380, 290), 780, 20_000),
    ("XL", "特大号双瓦楞箱 double-wall", (580, 380, 380), 1_150, 30_000),
)


def put_boxes() -> None:
    """Puts them all in."""
    for code, name, (length, width, height), tare, most in BOXES:
        put_carton_type(code, name=name, length_mm=length, width_mm=width, height_mm=height, tare_grams=tare, most_grams=most)
