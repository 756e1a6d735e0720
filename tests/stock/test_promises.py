"""Promised before it is reserved."""

import datetime as dt

import pytest
from sqlalchemy.exc import IntegrityError

from tests.crowd import all_at_once
from wms import db
from wms.clock import today
from wms.stock import promises

pytestmark = pytest.mark.beneath_orders


def test_what_lies_free_may_be_promised(w):
    w.receive("APPLE", 10, lot="L1", at="A-01")
    assert promises.available(w.site_id, w.product("APPLE").id) == 10


def test_what_is_promised_is_not_available_again(w):
    w.receive("APPLE", 10, lot="L1", at="A-01")
    apple = w.product("APPLE").id
    with w.transaction():
        promises.change(w.site_id, {apple: 7})
    assert promises.available(w.site_id, apple) == 3
    with w.transaction():
        promises.change(w.site_id, {apple: -2})
    assert promises.available(w.site_id, apple) == 5


def test_what_is_reserved_is_not_available_either(w):
    w.receive("APPLE", 10, lot="L1", at="A-01")
    w.reserve(w.order_line("APPLE", 4), 4, at="A-01")
    assert promises.available(w.site_id, w.product("APPLE").id) == 6


def test_more_promised_than_is_left_is_nothing_available_not_less(w):
    w.receive("APPLE", 10, lot="L1", at="A-01")
    apple = w.product("APPLE").id
    with w.transaction():
        promises.change(w.site_id, {apple: 10})
    w.move("APPLE", 4, "A-01", "@SCRAP")
    assert promises.available(w.site_id, apple) == 0


@pytest.mark.parametrize("kind", ["storage", "pick_face", "dock", "inspection"])
def test_stock_is_promised_from_racks_from_the_dock_and_where_it_was_found_good(w, kind):
    w.location("X-01", kind=kind)
    w.receive("APPLE", 10, lot="L1", at="X-01")
    assert promises.available(w.site_id, w.product("APPLE").id) == 10


@pytest.mark.parametrize("kind", ["packing", "staging", "door", "defect", "scrap", "consignment"])
def test_stock_elsewhere_is_not_promised(w, kind):
    w.location("X-01", kind=kind)
    w.receive("APPLE", 10, lot="L1", at="X-01")
    assert promises.available(w.site_id, w.product("APPLE").id) == 0


def test_stock_that_is_not_good_is_not_promised(w):
    w.receive("APPLE", 10, lot="L1", at="A-01", condition="blocked")
    assert promises.available(w.site_id, w.product("APPLE").id) == 0


def test_expired_stock_is_not_promised(w):
    w.receive("MILK", 10, lot="L1", at="A-01", expires_on=today() - dt.timedelta(days=1))
    w.receive("MILK", 4, lot="L2", at="A-01", expires_on=today())
    assert promises.available(w.site_id, w.product("MILK").id) == 4


def test_goods_held_for_somebody_else_are_not_promised(w):
    w.receive("APPLE", 10, lot="L1", at="A-01", owner_id=w.partner("OWNER").id)
    assert promises.available(w.site_id, w.product("APPLE").id) == 0


def test_another_sites_goods_are_not_promised(w):
    w.receive("APPLE", 10, lot="L1", at="A-01")
    assert promises.available(w.site("NORTH"), w.product("APPLE").id) == 0


def test_locking_tells_what_is_promised(w):
    apple, pear = w.product("APPLE").id, w.product("PEAR").id
    with w.transaction():
        promises.change(w.site_id, {apple: 7})
    with w.transaction():
        assert promises.lock(w.site_id, {apple, pear}) == {apple: 7, pear: 0}


def test_no_promise_is_negative(w):
    apple = w.product("APPLE").id
    with w.transaction():
        promises.change(w.site_id, {apple: 1})
    with pytest.raises(IntegrityError, match="promised_not_negative"), w.transaction():
        promises.change(w.site_id, {apple: -2})


def test_nothing_is_promised_twice_to_people_who_ask_at_once(app, w):
    w.receive("APPLE", 5, lot="L1", at="A-01")
    apple, site = w.product("APPLE").id, w.site_id

    def promise_one() -> bool:
        with db.transaction():
            promised = promises.lock(site, {apple})
            if promises.free_stock(site, {apple})[apple] - promised[apple] < 1:
                return False
            promises.change(site, {apple: 1})
            return True

    assert sum(all_at_once(app, [promise_one] * 12)) == 5
