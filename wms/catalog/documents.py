"""Labels for products, their packagings, and the boxes that are packed into."""

from __future__ import annotations

import sqlalchemy as sa

from wms.actor import Actor, Permission
from wms.catalog import carton_types
from wms.catalog.gs1 import barcode_key
from wms.catalog.models import Barcode, Product
from wms.catalog.products import ProductUnknown, find_product
from wms.catalog.units import unit_text
from wms.db import session
from wms.printing.labels import CartonTypeLabel, ProductLabel
from wms.web.documents import label


@label("product", Permission.SEE_STOCK)
def product(code: str, by: Actor) -> ProductLabel:  # noqa: ARG001
    """By SKU: the single piece. By a packaging's barcode: the box, with how many are in it."""
    try:
        found, barcode = find_product(code), None
    except ProductUnknown:
        barcode = session.execute(sa.select(Barcode).where(Barcode.code_key == barcode_key(code))).scalar_one_or_none()
        if barcode is None:
            raise
        found = session.get_one(Product, barcode.product_id)
    return label_of(found, barcode)


@label("carton-type", Permission.SEE_STOCK)
def carton_type(code: str, by: Actor) -> CartonTypeLabel:  # noqa: ARG001
    """For the shelf of boxes: the packer scans which one was taken."""
    found = carton_types.find_carton_type(code)
    return CartonTypeLabel(found.code, found.size, found.name or "")


def label_of(found: Product, barcode: Barcode | None = None) -> ProductLabel:
    """What the label of a piece tells, or of the packaging that carries the barcode."""
    packaging = next((one for one in found.packagings if barcode and one.id == barcode.packaging_id), None)
    own = next((one.code for one in found.barcodes if one.packaging_id is None), None)
    return ProductLabel(
        found.sku,
        found.text,
        barcode=barcode.code if barcode else own,
        quantity=packaging.quantity if packaging else None,
        unit=unit_text(packaging.unit if packaging else found.base_unit),
    )
