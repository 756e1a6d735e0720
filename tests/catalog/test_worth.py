"""What goods are worth."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from tests.warehouse import Warehouse
from wms.catalog.models import Product
from wms.catalog.worth import worth, worth_of
from wms.db import session


@pytest.mark.parametrize(
    ("quantity", "value", "decimals", "wanted"),
    [(3, 1860, 0, 5580), (-3, 1860, 0, -5580), (1250, 1999, 3, 2499), (-1, 500, 3, -1), (1, 499, 3, 0), (5, None, 0, 0), (0, 1860, 2, 0)],
)
def test_goods_are_worth_what_their_product_says(w: Warehouse, quantity: int, value: int | None, decimals: int, wanted: int) -> None:
    assert worth(quantity, value, decimals) == wanted
    w.product("TEA", unit_value=value, decimals=decimals)
    told = session.execute(sa.select(worth_of(sa.literal(abs(quantity)))).select_from(Product)).scalar_one()
    assert told == abs(wanted)
