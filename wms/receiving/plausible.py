"""How many of a product can come in by one entry: a number beyond it is asked about, also where nobody may know what was announced.

The bound follows from the product alone, so that a blind count learns nothing from it.
"""

from __future__ import annotations

from wms.catalog.models import Product

PALLETS = 4
"""Goods that are entered at once stand together; more than so many pallets do not."""
PALLET_GRAMS = 1_500_000
PALLET_MM3 = 2_000_000_000
CASES = 100
PIECES = 1000
"""Where nobody knows how the product is packed, what it weighs or how large it is."""
FEWEST = 10


def most_at_once(product: Product) -> int:
    """The largest number of pieces that is not asked about: four pallets of it, by their packaging, else by weight and size."""
    packed = {one.unit.strip().casefold(): one.quantity for one in product.packagings}
    if packed.get("pallet", 0) > 1:
        return max(FEWEST, PALLETS * packed["pallet"])
    by_measure = [PALLETS * most // one for most, one in ((PALLET_GRAMS, product.weight_grams), (PALLET_MM3, product.volume_mm3)) if one]
    if by_measure:
        return max(FEWEST, min(by_measure))
    return max(PIECES, CASES * max(packed.values(), default=1))
