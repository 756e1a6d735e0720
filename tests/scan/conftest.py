"""A scanner on the toy flow, without HTTP."""

from __future__ import annotations

import pytest

from tests.scan.toy import LEFT, hand, toy
from tests.scanner import Scanner
from tests.warehouse import Warehouse
from wms.scan.engine import Engine


@pytest.fixture
def engine() -> Engine:
    return Engine([toy, hand])


@pytest.fixture
def s(w: Warehouse, engine: Engine) -> Scanner:
    """A scanner in a house with A-01 (20 APPLE in it), FAR, FULL, BUG and B-01."""
    LEFT.clear()
    stock_the_house(w)
    return Scanner(engine, w.by, "toy")


EAN, CASE = "6901234567892", "16901234567899"


def stock_the_house(w: Warehouse) -> None:
    from wms.catalog.models import Barcode
    from wms.db import session

    for code in ("A-01", "B-01", "FAR", "FULL", "BUG"):
        w.location(code)
    with w.unit_of_work():
        apple = w.product("APPLE", packagings={"case": 4})
        milk = w.product("MILK", tracking="expiry")
        session.add(Barcode(code=EAN, code_key="0" + EAN, product_id=apple.id))
        session.add(Barcode(code=CASE, code_key=CASE, product_id=apple.id, packaging_id=apple.packagings[0].id))
        session.add(Barcode(code="96385074", code_key="00000096385074", product_id=milk.id))
        w.receive("APPLE", 20, at="A-01")
