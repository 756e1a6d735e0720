"""Which batch goods belong to."""

import datetime as dt

import pytest

from wms.clock import today
from wms.db import session
from wms.stock.batches import ExpiryMissing, LotExpiryDiffers, LotMissing
from wms.stock.models import Batch

MONDAY, TUESDAY = dt.date(2026, 3, 2), dt.date(2026, 3, 3)
SPRING, SUMMER = dt.date(2030, 3, 31), dt.date(2030, 6, 30)


def test_what_came_in_on_one_day_is_one_layer(w):
    assert w.batch("APPLE", received_on=MONDAY) == w.batch("APPLE", received_on=MONDAY)


def test_what_came_in_on_two_days_is_two_layers(w):
    assert w.batch("APPLE", received_on=MONDAY) != w.batch("APPLE", received_on=TUESDAY)


def test_one_lot_that_came_in_on_two_days_is_two_layers(w):
    assert w.batch("APPLE", "L1", received_on=MONDAY) != w.batch("APPLE", "L1", received_on=TUESDAY)


def test_where_lots_are_not_tracked_the_lot_is_the_day(w):
    assert session.get(Batch, w.batch("APPLE", received_on=MONDAY)).lot == "20260302"


def test_goods_without_a_date_came_in_today(w):
    assert session.get(Batch, w.batch("APPLE")).received_on == today()


def test_a_lot_is_the_same_in_capitals_and_small_letters(w):
    assert w.batch("APPLE", "l-1") == w.batch("APPLE", " L-1 ")


def test_goods_of_an_owner_are_a_batch_of_their_own(w):
    owner, other = w.partner("OWNER").id, w.partner("OTHER").id
    assert len({w.batch("APPLE", "L1"), w.batch("APPLE", "L1", owner_id=owner), w.batch("APPLE", "L1", owner_id=other)}) == 3
    assert w.batch("APPLE", "L1", owner_id=owner) == w.batch("APPLE", "L1", owner_id=owner)


@pytest.mark.parametrize("tracking", ["lot", "expiry", "serial"])
def test_a_product_tracked_by_lot_needs_one(w, tracking):
    w.product("MILK", tracking=tracking)
    with pytest.raises(LotMissing) as refusal:
        w.batch("MILK", "  ", expires_on=SPRING)
    assert refusal.value.say("zh_CN") == "MILK 按批号管理，缺少批号"


def test_a_product_tracked_by_expiry_needs_a_date(w):
    w.product("MILK", tracking="expiry")
    with pytest.raises(ExpiryMissing):
        w.batch("MILK", "L1")


def test_the_expiry_of_a_known_lot_is_remembered(w):
    w.product("MILK", tracking="expiry")
    w.batch("MILK", "L1", received_on=MONDAY, expires_on=SPRING)
    assert session.get(Batch, w.batch("MILK", "L1", received_on=TUESDAY)).expires_on == SPRING


def test_a_lot_has_one_expiry(w):
    w.product("MILK", tracking="expiry")
    w.batch("MILK", "L1", expires_on=SPRING)
    with pytest.raises(LotExpiryDiffers) as refusal:
        w.batch("MILK", "L1", expires_on=SUMMER)
    assert refusal.value.say("en") == "Lot L1 of MILK expires on 2030-03-31, not on 2030-06-30"


def test_an_expiry_learned_later_is_not_lost(w):
    w.product("MILK", tracking="lot")
    first = w.batch("MILK", "L1", received_on=MONDAY)
    assert w.batch("MILK", "L1", received_on=MONDAY, expires_on=SPRING) == first
    assert session.get(Batch, first, populate_existing=True).expires_on == SPRING
