"""What a picker's screen says about the goods, the same for picking and replenishing."""

from __future__ import annotations

from typing import Any

from flask import current_app, has_app_context

from wms.catalog.models import Rotation, Tracking
from wms.catalog.units import in_unit
from wms.config import Settings
from wms.db import fold
from wms.i18n import T, Text
from wms.scan.flow import Go, Notes, Scan, WrongLot


def house() -> Settings:
    """The settings of the house."""
    return current_app.config["WMS"] if has_app_context() else Settings()


def equivalent(quantity: int, unit: str | None, size: int | None) -> Text | None:
    """A quantity in packagings: `= 1 case`, `= 2 cases + 3`."""
    if not unit or not size or quantity < size:
        return None
    whole, rest = divmod(quantity, size)
    words = in_unit(whole, unit)
    more = f" + {rest}" if rest else ""
    return T(f"= {whole} {words.en}{more}", f"= {whole} {words.zh}{more}")


def in_units(quantity: int, notes: Notes) -> Text:
    """What stands behind the quantity: `pairs = 1 case`."""
    base = in_unit(quantity, notes.get("base_unit"))
    boxes = equivalent(quantity, *notes["case"])
    return T("{base} {boxes}", "{base} {boxes}", base=base, boxes=boxes) if boxes else base


def batch_of(notes: Notes) -> Text:
    """The lot where the product has lots, else the day it came in."""
    if not notes.get("tracked", True):
        if notes.get("oldest"):
            return T("{day} (oldest)", "{day} 入库（最早）", day=notes["received_on"])
        return T("received {day}", "{day} 入库", day=notes["received_on"])
    if notes.get("expires_on"):
        return T("{lot}, expires {day}", "{lot}，{day} 到期", lot=notes["lot"], day=notes["expires_on"])
    return T("{lot}, received {day}", "{lot}，{day} 入库", lot=notes["lot"], day=notes["received_on"])


def name_of(notes: Notes) -> Text:
    return T(notes["name"][0], notes["name"][1])


def put_back(pieces: int, notes: Notes) -> Text:
    """Where goods in the hand belong that nobody has put down."""
    facts = {"n": pieces, "unit": in_unit(pieces, notes.get("base_unit")), "place": notes["location"]}
    return T("Put {n} {unit} back to {place}", "请将 {n} {unit}放回 {place}").settled(**facts)


def product_notes(line: Any) -> dict[str, Any]:
    return {
        "product_id": line.product_id,
        "sku": line.sku,
        "name": [line.name_en or line.name, line.name_zh or line.name],
        "code": line.barcode or line.sku,
        "lot": line.lot,
        "base_unit": line.base_unit,
        "tracked": line.tracking != Tracking.NONE,
        "oldest": line.rotation == Rotation.FIFO,
        "lot_asked": line.several_lots and line.tracking != Tracking.NONE,
        "received_on": line.received_on.isoformat(),
        "expires_on": line.expires_on.isoformat() if line.expires_on else None,
        "case": [line.case_unit, line.case_quantity],
        "location_id": line.location_id,
        "location": line.location,
        "unit": line.unit,
    }


def goods_are_right(scan: Scan, notes: Notes) -> Go:
    """A label with the lot answers for the lot too."""
    if scan.gs1 and scan.gs1.lot and notes["lot_asked"] and fold(scan.gs1.lot) != fold(notes["lot"]):
        raise WrongLot(scanned=scan.gs1.lot, expected=notes["lot"])
    asked = notes["lot_asked"] and not (scan.gs1 and scan.gs1.lot)
    return Go("lot" if asked else "quantity")
