"""In which order batches leave."""

import datetime as dt

import sqlalchemy as sa

from wms.catalog.models import Product
from wms.db import session
from wms.stock.models import Batch, Stock
from wms.stock.rotation import turn

MONDAY, TUESDAY, WEDNESDAY = (dt.date(2026, 3, day) for day in (2, 3, 4))


def leaving(sku: str) -> list[str]:
    """The lots in the order in which they are to be taken."""
    return list(
        session.execute(
            sa.select(Batch.lot)
            .select_from(Stock)
            .join(Batch, Batch.id == Stock.batch_id)
            .join(Product, Product.id == Stock.product_id)
            .where(Product.sku == sku, Stock.on_hand > 0)
            .order_by(*turn())
        ).scalars()
    )


def test_the_oldest_batch_leaves_first(w):
    for lot, day in (("SECOND", TUESDAY), ("THIRD", WEDNESDAY), ("FIRST", MONDAY)):
        w.receive("APPLE", 1, lot=lot, at="A-01", received_on=day)
    assert leaving("APPLE") == ["FIRST", "SECOND", "THIRD"]


def test_a_batch_that_was_moved_keeps_its_turn(w):
    w.receive("APPLE", 1, lot="FIRST", at="A-01", received_on=MONDAY)
    w.receive("APPLE", 1, lot="SECOND", at="A-01", received_on=TUESDAY)
    w.move("APPLE", 1, "A-01", "B-01", lot="FIRST")
    assert leaving("APPLE") == ["FIRST", "SECOND"]


def test_what_expires_first_leaves_first(w):
    w.product("MILK", rotation="fefo", tracking="expiry")
    for lot, day, expires in (
        ("OLD", MONDAY, dt.date(2031, 1, 1)),
        ("YOUNG", WEDNESDAY, dt.date(2030, 1, 1)),
        ("OLDER", MONDAY - dt.timedelta(days=1), dt.date(2031, 1, 1)),
    ):
        w.receive("MILK", 1, lot=lot, at="A-01", received_on=day, expires_on=expires)
    assert leaving("MILK") == ["YOUNG", "OLDER", "OLD"]


def test_what_never_expires_leaves_last(w):
    w.product("MILK", rotation="fefo", tracking="lot")
    w.receive("MILK", 1, lot="EVER", at="A-01", received_on=MONDAY)
    w.receive("MILK", 1, lot="SOON", at="A-01", received_on=TUESDAY, expires_on=dt.date(2030, 1, 1))
    assert leaving("MILK") == ["SOON", "EVER"]


def test_the_newest_may_leave_first(w):
    w.product("BRICK", rotation="lifo")
    for lot, day in (("FIRST", MONDAY), ("THIRD", WEDNESDAY), ("SECOND", TUESDAY)):
        w.receive("BRICK", 1, lot=lot, at="A-01", received_on=day)
    assert leaving("BRICK") == ["THIRD", "SECOND", "FIRST"]
