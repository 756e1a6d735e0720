"""The first walk through the demo, as the README prints it: three barcodes that mean the same in every demo."""

from __future__ import annotations

from dataclasses import dataclass

from wms.demo.goods import article

INBOUND = "PO-3104"
"""The delivery that arrives today and that nobody has touched yet."""
SKU = "HP-2311-37"
"""A product of that delivery whose pick face runs low while nothing lies in reserve."""
EAN = article(SKU).ean
BIN = "A-02-1"
"""Its pick face: where putaway sends it."""
DOCK = "DOCK-1"
QUANTITY = 12
"""How many to receive: one case."""
CUSTOMER, ORDERED, BENCH, TRUCK, DOOR = "C-1001", 2, "PACK-1", "TRUCK-3", "DOOR-1"
"""The second walk: who orders how many of the goods, where they are packed, and what they leave with."""
DEVICE_CODES = ("DEMO-2311", "DEMO-2312", "DEMO-2313")
"""Enrolment codes for handhelds and phones: each for one device, on the day the demo is loaded."""


@dataclass(frozen=True)
class Barcode:
    """One of the three, with what it is."""

    text: str
    en: str
    zh: str


BARCODES = (
    Barcode(INBOUND, "The delivery", "到货通知"),
    Barcode(EAN, "The product", "商品"),
    Barcode(BIN, "The location", "库位"),
)
