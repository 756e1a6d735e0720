"""How shipping writes quantities and long numbers."""

from __future__ import annotations

from collections.abc import Iterable

from wms.catalog.units import in_unit
from wms.i18n import T, Text
from wms.stock.models import UnitKind


def parcels(quantity: int, kinds: Iterable[str]) -> Text:
    """So many handling units: 3 cartons, 2 pallets, 5 units where both are there."""
    one = set(kinds)
    word = in_unit(quantity, one.pop()) if len(one) == 1 and not one & {UnitKind.TOTE} else T("unit" if quantity == 1 else "units", "件")
    return _counted(quantity, word)


def _counted(quantity: int, word: Text) -> Text:
    return T("{n} {word}", "{n} {word}", n=quantity, word=word)


def weight(grams: int) -> str:
    """1.25 kg; 800 g below a kilogram."""
    return f"{grams / 1000:.3f}".rstrip("0").rstrip(".") + " kg" if grams >= 1000 else f"{grams} g"


def tail(code: str) -> str:
    """The last digits of a long number: what people compare."""
    return f"…{code[-6:]}" if len(code) > 10 else code
