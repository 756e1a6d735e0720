"""Claims on goods."""

import datetime as dt

import pytest

from wms.clock import today
from wms.stock import reservations
from wms.stock.ledger import ClaimGone
from wms.stock.models import Claim

pytestmark = pytest.mark.beneath_orders


def test_claimed_goods_lie_there_but_are_not_free(w):
    w.receive("APPLE", 10, lot="L1", at="A-01")
    w.reserve(w.order_line("APPLE", 4), 4, at="A-01")
    assert (w.on_hand("APPLE"), w.reserved("APPLE"), w.free("APPLE")) == (10, 4, 6)


def test_more_than_is_free_cannot_be_claimed(w):
    moved = w.receive("APPLE", 10, lot="L1", at="A-01")
    line = w.order_line("APPLE", 20)
    with w.transaction():
        assert reservations.reserve(moved.target_stock_id, 11, order_line_id=line.id) is None
        assert reservations.reserve(moved.target_stock_id, 10, order_line_id=line.id) is not None
        assert reservations.reserve(moved.target_stock_id, 1, order_line_id=line.id) is None


@pytest.mark.parametrize("condition", ["inspection", "damaged", "blocked"])
def test_only_good_stock_can_be_claimed(w, condition):
    moved = w.receive("APPLE", 10, lot="L1", at="A-01", condition=condition)
    line = w.order_line("APPLE", 4)
    with w.transaction():
        assert reservations.reserve(moved.target_stock_id, 4, order_line_id=line.id) is None


def test_expired_stock_cannot_be_claimed(w):
    moved = w.receive("MILK", 10, lot="L1", at="A-01", expires_on=today() - dt.timedelta(days=1))
    line = w.order_line("MILK", 4)
    with w.transaction():
        assert reservations.reserve(moved.target_stock_id, 4, order_line_id=line.id) is None


def test_stock_can_be_claimed_on_the_day_it_expires(w):
    moved = w.receive("MILK", 10, lot="L1", at="A-01", expires_on=today())
    line = w.order_line("MILK", 4)
    with w.transaction():
        assert reservations.reserve(moved.target_stock_id, 4, order_line_id=line.id) is not None


def test_a_claim_can_be_split_in_two_on_the_same_goods(w):
    w.receive("APPLE", 10, lot="L1", at="A-01")
    claim = w.reserve(w.order_line("APPLE", 6), 6, at="A-01")
    with w.transaction():
        part = reservations.split(claim, 2)
    assert (w.claim(claim).quantity, w.claim(part).quantity) == (4, 2)
    assert (w.claim(part).stock_id, w.claim(part).order_line_id) == (w.claim(claim).stock_id, w.claim(claim).order_line_id)
    assert w.reserved("APPLE") == 6


@pytest.mark.parametrize("quantity", [6, 7])
def test_a_split_leaves_something_on_both_sides(w, quantity):
    w.receive("APPLE", 10, lot="L1", at="A-01")
    claim = w.reserve(w.order_line("APPLE", 6), 6, at="A-01")
    with pytest.raises(ClaimGone), w.transaction():
        reservations.split(claim, quantity)


def test_a_voided_claim_frees_its_goods(w):
    w.receive("APPLE", 10, lot="L1", at="A-01")
    claim = w.reserve(w.order_line("APPLE", 6), 6, at="A-01")
    with w.transaction():
        assert reservations.void([claim]) == 6
    assert w.claim(claim).status == Claim.VOIDED
    assert w.free("APPLE") == 10


def test_a_claim_may_expire_instead(w):
    w.receive("APPLE", 10, lot="L1", at="A-01")
    claim = w.reserve(w.order_line("APPLE", 6), 6, at="A-01")
    with w.transaction():
        reservations.void([claim], status=Claim.EXPIRED)
    assert w.claim(claim).status == Claim.EXPIRED


def test_claims_on_several_rows_are_voided_together(w):
    w.receive("APPLE", 10, lot="L1", at="A-01")
    w.receive("APPLE", 10, lot="L1", at="B-01")
    line = w.order_line("APPLE", 9)
    claims = [w.reserve(line, 3, at=at) for at in ("A-01", "A-01", "B-01")]
    with w.transaction():
        assert reservations.void(claims) == 9
    assert w.free("APPLE") == 20


def test_voiding_nothing_frees_nothing(w):
    with w.transaction():
        assert reservations.void([]) == 0


def test_a_claim_is_voided_once(w):
    w.receive("APPLE", 10, lot="L1", at="A-01")
    line = w.order_line("APPLE", 6)
    claim, other = w.reserve(line, 3, at="A-01"), w.reserve(line, 3, at="A-01")
    with w.transaction():
        reservations.void([claim])
    with pytest.raises(ClaimGone), w.transaction():
        reservations.void([other, claim])
    assert w.reserved("APPLE") == 3


def test_an_ended_claim_cannot_be_split(w):
    w.receive("APPLE", 10, lot="L1", at="A-01")
    claim = w.reserve(w.order_line("APPLE", 6), 6, at="A-01")
    with w.transaction():
        reservations.void([claim])
    with pytest.raises(ClaimGone), w.transaction():
        reservations.split(claim, 2)
