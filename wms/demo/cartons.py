"""The boxes of the demo: five sizes that nest in a shelf at the bench."""

from __future__ import annotations

from wms.catalog.carton_types import put_carton_type

BOXES = (
    # code, name, inside mm, tare g, contents at most g
    ("XS", "小号快递盒 mailer", (230, 160, 80), 90, 2_000),
    ("S", "单双纸箱 one pair", (320, 200, 120), 160, 5_000),
    ("M", "中号纸箱 medium", (400, 320, 230), 420, 12_000),
    ("L", "大号纸箱 large", (600, 400, 240), 760, 20_000),
    ("XL", "特大号双瓦楞箱 double-wall", (640, 400, 360), 1_150, 30_000),
)


def put_boxes() -> None:
    """Puts them all in."""
    for code, name, (length, width, height), tare, most in BOXES:
        put_carton_type(code, name=name, length_mm=length, width_mm=width, height_mm=height, tare_grams=tare, most_grams=most)
