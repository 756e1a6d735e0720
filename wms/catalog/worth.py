"""What goods are worth, by the value that their product's master data gives one unit."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from wms.catalog.models import Product

_LARGEST_SCALE = 6


def worth(quantity: int, unit_value: int | None, decimals: int = 0) -> int:
    """So many base units in the smallest unit of money, rounded half away from zero; 0 where nobody has said what one is worth.

    A value is that of one unit as people read it: of a kilogram where 3 decimals of a gram are shown.
    """
    scale: int = 10**decimals
    whole = (2 * abs(quantity) * (unit_value or 0) + scale) // (2 * scale)
    return whole if quantity >= 0 else -whole


def worth_of(quantity: Any) -> sa.ColumnElement[int]:
    """The same of a quantity that is not negative, for a query that has Product."""
    scale = sa.case({number: 10**number for number in range(1, _LARGEST_SCALE + 1)}, value=Product.decimals, else_=1)
    doubled: sa.ColumnElement[int] = 2 * quantity * sa.func.coalesce(Product.unit_value, 0)
    return (doubled + scale) // (2 * scale)
