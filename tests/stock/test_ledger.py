"""The one writer of stock."""

import datetime as dt

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError, IntegrityError

from wms.db import session
from wms.errors import Conflict
from wms.locations.models import Virtual
from wms.stock import ledger
from wms.stock.ledger import LARGEST, ClaimGone, Move, NotEnough, QuantityWrong, SamePlace
from wms.stock.models import Claim, MovementKind, Stage

pytestmark = pytest.mark.beneath_orders

MONDAY = dt.date(2026, 3, 2)


def test_goods_received_lie_where_they_were_put(w):
    w.receive("APPLE", 10, lot="L1", at="A-01")
    assert w.on_hand("APPLE", at="A-01") == 10


def test_goods_come_from_somewhere_and_the_outside_owes_them(w):
    w.receive("APPLE", 10, lot="L1", at="A-01")
    assert w.on_hand("APPLE", at=Virtual.SUPPLIER) == -10


def test_goods_moved_are_gone_here_and_lie_there(w):
    w.receive("APPLE", 10, lot="L1", at="A-01")
    w.move("APPLE", 4, "A-01", "B-01")
    assert (w.on_hand("APPLE", at="A-01"), w.on_hand("APPLE", at="B-01")) == (6, 4)


def test_moving_goods_does_not_make_them_younger(w):
    w.receive("APPLE", 10, at="A-01", received_on=MONDAY)
    w.move("APPLE", 10, "A-01", "B-01")
    w.move("APPLE", 10, "B-01", "C-01")
    (row,) = w.stock("APPLE", at="C-01")
    assert session.get(ledger.Batch, row.batch_id).received_on == MONDAY


def test_a_movement_says_who_when_and_why(w):
    anna = w.person("anna", roles=["picker"])
    w.receive("APPLE", 10, lot="L1", at="A-01")
    w.move("APPLE", 4, "A-01", "B-01", kind=MovementKind.PUTAWAY, reason="nearer to the door", document="P-1", by=anna)
    movement = w.movements("APPLE")[-1]
    assert (movement.by_id, movement.kind, movement.reason, movement.document) == (anna.id, "putaway", "nearer to the door", "P-1")
    assert movement.at.tzinfo is not None
    assert movement.site_id == w.site_id


def test_more_than_is_free_is_refused_in_words(w):
    w.receive("APPLE", 10, lot="L1", at="A-01")
    with pytest.raises(NotEnough) as refusal:
        w.move("APPLE", 11, "A-01", "B-01")
    assert refusal.value.facts == {"free": 10, "sku": "APPLE", "location": "A-01", "wanted": 11}
    assert refusal.value.say("en") == "Only 10 of APPLE are free at A-01, not 11"
    assert refusal.value.say("zh_CN") == "A-01 的 APPLE 可用 10，不足 11"
    assert (w.on_hand("APPLE", at="A-01"), w.on_hand("APPLE", at="B-01")) == (10, 0)


def test_goods_that_never_lay_there_are_refused(w):
    w.receive("APPLE", 10, lot="L1", at="A-01")
    with pytest.raises(NotEnough) as refusal:
        w.move("APPLE", 1, "B-01", "C-01", lot="L1")
    assert refusal.value.facts["free"] == 0


def test_claimed_goods_are_not_free(w):
    w.receive("APPLE", 10, lot="L1", at="A-01")
    w.reserve(w.order_line("APPLE", 8), 8, at="A-01")
    with pytest.raises(NotEnough) as refusal:
        w.move("APPLE", 3, "A-01", "B-01")
    assert refusal.value.facts["free"] == 2
    w.move("APPLE", 2, "A-01", "B-01")


@pytest.mark.parametrize("quantity", [0, -1, 1.5, "3", None, LARGEST + 1])
def test_what_is_no_quantity_is_refused(w, quantity):
    w.receive("APPLE", 10, lot="L1", at="A-01")
    with pytest.raises(QuantityWrong):
        w.move("APPLE", quantity, "A-01", "B-01")


def test_goods_are_not_moved_to_where_they_are(w):
    w.receive("APPLE", 10, lot="L1", at="A-01")
    with pytest.raises(SamePlace):
        w.move("APPLE", 1, "A-01", "A-01")


def test_a_condition_changes_by_a_movement_on_the_spot(w):
    w.receive("APPLE", 10, lot="L1", at="A-01")
    w.move("APPLE", 2, "A-01", "A-01", to_condition="damaged", kind=MovementKind.CONDITION)
    assert (w.on_hand("APPLE", condition="good"), w.on_hand("APPLE", condition="damaged")) == (8, 2)


def test_a_key_acts_once_for_ever(w):
    w.receive("APPLE", 10, lot="L1", at="A-01")
    w.move("APPLE", 1, "A-01", "B-01", key="once")
    with pytest.raises(IntegrityError, match="key"):
        w.move("APPLE", 1, "A-01", "B-01", key="once")
    assert w.on_hand("APPLE", at="B-01") == 1


def test_several_movements_are_one(w):
    w.receive("APPLE", 10, lot="L1", at="A-01")
    w.receive("PEAR", 1, lot="L1", at="A-01")
    pear, apple, a, b = w.batch("PEAR", "L1"), w.batch("APPLE", "L1"), w.place("A-01"), w.place("B-01")
    with pytest.raises(NotEnough), w.transaction():
        ledger.post(
            [Move(w.key(), apple, 5, a, b, MovementKind.MOVE), Move(w.key(), pear, 2, a, b, MovementKind.MOVE)],
            by=w.by,
        )
    assert w.on_hand("APPLE", at="B-01") == 0


def test_several_movements_out_of_one_row_need_their_sum(w):
    w.receive("APPLE", 10, lot="L1", at="A-01")
    apple, a, b, c = w.batch("APPLE", "L1"), w.place("A-01"), w.place("B-01"), w.place("C-01")
    with pytest.raises(NotEnough) as refusal, w.transaction():
        ledger.post([Move(w.key(), apple, 6, a, place, MovementKind.MOVE) for place in (b, c)], by=w.by)
    assert refusal.value.facts["wanted"] == 12


def test_no_movement_can_be_changed(w):
    w.receive("APPLE", 10, lot="L1", at="A-01")
    with pytest.raises(DBAPIError, match="append-only"), w.transaction():
        session.execute(sa.text("UPDATE movements SET quantity = 11"))


def test_no_movement_can_be_taken_out(w):
    w.receive("APPLE", 10, lot="L1", at="A-01")
    with pytest.raises(DBAPIError, match="append-only"), w.transaction():
        session.execute(sa.text("DELETE FROM movements"))


@pytest.mark.postgresql
def test_the_journal_cannot_be_emptied(w):
    with pytest.raises(DBAPIError, match="append-only"), w.transaction():
        session.execute(sa.text("TRUNCATE movements CASCADE"))


# -- below zero --------------------------------------------------------------------------------------------------------


def test_a_consignment_location_may_be_negative_when_it_says_so(w):
    w.receive("APPLE", 1, lot="L1", at="A-01")
    w.location("CONSIGNEE", kind="consignment", allow_negative=True)
    w.move("APPLE", 5, "CONSIGNEE", "B-01", lot="L1")
    assert w.on_hand("APPLE", at="CONSIGNEE") == -5


def test_a_consignment_location_that_does_not_say_so_may_not(w):
    w.receive("APPLE", 1, lot="L1", at="A-01")
    w.location("CONSIGNEE", kind="consignment")
    with pytest.raises(NotEnough):
        w.move("APPLE", 5, "CONSIGNEE", "B-01", lot="L1")


def test_a_place_that_may_run_below_zero_does_not_run_over_the_claims_there(w):
    w.location("CONSIGNEE", kind="consignment", allow_negative=True)
    w.receive("APPLE", 12, lot="L1", at="CONSIGNEE")
    claim = w.reserve(w.order_line("APPLE", 9), 9, at="CONSIGNEE")
    with pytest.raises(NotEnough):
        w.move("APPLE", 4, "CONSIGNEE", "B-01", lot="L1")
    w.move("APPLE", 3, "CONSIGNEE", "B-01", lot="L1")
    w.carry(claim, 9, "APPLE", "CONSIGNEE", "PACK-1")
    w.move("APPLE", 4, "CONSIGNEE", "B-01", lot="L1")
    assert w.on_hand("APPLE", at="CONSIGNEE") == -4


# -- undoing -----------------------------------------------------------------------------------------------------------


def test_a_mistake_is_undone_by_a_counter_movement_that_names_it(w):
    w.receive("APPLE", 10, lot="L1", at="A-01")
    mistake = w.move("APPLE", 4, "A-01", "B-01")
    with w.transaction():
        ledger.reverse(mistake.movement_id, key=w.key(), by=w.by, reason="wrong bin")
    assert (w.on_hand("APPLE", at="A-01"), w.on_hand("APPLE", at="B-01")) == (10, 0)
    undoing = w.movements("APPLE")[-1]
    assert (undoing.kind, undoing.reverses_id, undoing.reason) == ("reversal", mistake.movement_id, "wrong bin")


def test_a_movement_is_undone_once(w):
    w.receive("APPLE", 10, lot="L1", at="A-01")
    mistake = w.move("APPLE", 4, "A-01", "B-01")
    with w.transaction():
        ledger.reverse(mistake.movement_id, key=w.key(), by=w.by)
    with pytest.raises(Conflict), w.transaction():
        ledger.reverse(mistake.movement_id, key=w.key(), by=w.by)


def test_what_has_gone_on_cannot_be_undone_here(w):
    w.receive("APPLE", 10, lot="L1", at="A-01")
    mistake = w.move("APPLE", 4, "A-01", "B-01")
    w.move("APPLE", 1, "B-01", "C-01")
    with pytest.raises(NotEnough), w.transaction():
        ledger.reverse(mistake.movement_id, key=w.key(), by=w.by)


# -- claims that travel ------------------------------------------------------------------------------------------------


def test_a_claim_travels_with_its_goods(w):
    w.receive("APPLE", 10, lot="L1", at="A-01")
    claim = w.reserve(w.order_line("APPLE", 6), 6, at="A-01")
    w.carry(claim, 6, "APPLE", "A-01", "PACK-1")
    assert (w.reserved("APPLE", at="A-01"), w.reserved("APPLE", at="PACK-1")) == (0, 6)
    assert (w.claim(claim).stage, w.claim(claim).status) == (Stage.PICKED, Claim.PENDING)


def test_picked_goods_cannot_be_carried_off_by_a_plain_movement(w):
    w.receive("APPLE", 10, lot="L1", at="A-01")
    claim = w.reserve(w.order_line("APPLE", 6), 6, at="A-01")
    w.carry(claim, 6, "APPLE", "A-01", "PACK-1")
    with pytest.raises(NotEnough):
        w.move("APPLE", 1, "PACK-1", "A-01")


def test_a_movement_may_carry_claimed_and_free_goods_together(w):
    w.receive("APPLE", 10, lot="L1", at="A-01")
    claim = w.reserve(w.order_line("APPLE", 6), 6, at="A-01")
    w.move("APPLE", 8, "A-01", "B-01", claims=(claim,), claimed=6, stage=Stage.RESERVED)
    assert (w.reserved("APPLE", at="B-01"), w.free("APPLE", at="B-01"), w.free("APPLE", at="A-01")) == (6, 2, 2)


def test_a_claim_is_posted_when_the_goods_have_left(w):
    w.receive("APPLE", 10, lot="L1", at="A-01")
    claim = w.reserve(w.order_line("APPLE", 6), 6, at="A-01")
    w.move("APPLE", 6, "A-01", Virtual.CUSTOMER, kind=MovementKind.SHIP, claims=(claim,), claimed=6, ends_claims=True)
    assert w.claim(claim).status == Claim.POSTED
    assert w.claim(claim).ended_at is not None
    assert (w.on_hand("APPLE"), w.reserved("APPLE")) == (4, 0)


def test_a_claim_ends_once(w):
    w.receive("APPLE", 12, lot="L1", at="A-01")
    line = w.order_line("APPLE", 12)
    claim, _other = w.reserve(line, 6, at="A-01"), w.reserve(line, 6, at="A-01")
    ship = {"kind": MovementKind.SHIP, "claims": (claim,), "claimed": 6, "ends_claims": True}
    w.move("APPLE", 6, "A-01", Virtual.CUSTOMER, **ship)
    with pytest.raises(ClaimGone):
        w.move("APPLE", 6, "A-01", Virtual.CUSTOMER, **ship)
    assert w.on_hand("APPLE") == 6


def test_a_claim_on_goods_elsewhere_is_not_carried(w):
    w.receive("APPLE", 10, lot="L1", at="A-01")
    w.receive("APPLE", 10, lot="L1", at="B-01")
    line = w.order_line("APPLE", 12)
    here, _there = w.reserve(line, 6, at="A-01"), w.reserve(line, 6, at="B-01")
    with pytest.raises(ClaimGone):
        w.carry(here, 6, "APPLE", "B-01", "PACK-1")


def test_free_goods_may_leave_a_place_in_the_movement_that_brings_claimed_ones(w):
    w.receive("APPLE", 5, lot="L1", at="A-01")
    w.receive("APPLE", 4, lot="L1", at="B-01")
    claim = w.reserve(w.order_line("APPLE", 5), 5, at="A-01")
    apple, a, b, c = w.batch("APPLE", "L1"), w.place("A-01"), w.place("B-01"), w.place("C-01")
    brought = Move(w.key(), apple, 5, a, b, MovementKind.MOVE, claims=(claim,), claimed=5, stage=Stage.PICKED)
    with w.transaction():
        ledger.post([brought, Move(w.key(), apple, 3, b, c, MovementKind.MOVE)], by=w.by)
    assert (w.free("APPLE", at="B-01"), w.reserved("APPLE", at="B-01")) == (1, 5)


def test_claimed_goods_that_arrive_do_not_free_others(w):
    w.receive("APPLE", 5, lot="L1", at="A-01")
    w.receive("APPLE", 4, lot="L1", at="B-01")
    claim = w.reserve(w.order_line("APPLE", 5), 5, at="A-01")
    apple, a, b, c = w.batch("APPLE", "L1"), w.place("A-01"), w.place("B-01"), w.place("C-01")
    brought = Move(w.key(), apple, 5, a, b, MovementKind.MOVE, claims=(claim,), claimed=5, stage=Stage.PICKED)
    with pytest.raises(NotEnough), w.transaction():
        ledger.post([brought, Move(w.key(), apple, 6, b, c, MovementKind.MOVE)], by=w.by)


def test_claims_hold_exactly_what_is_said(w):
    w.receive("APPLE", 10, lot="L1", at="A-01")
    claim = w.reserve(w.order_line("APPLE", 6), 6, at="A-01")
    with pytest.raises(ClaimGone):
        w.carry(claim, 5, "APPLE", "A-01", "PACK-1")
    assert w.reserved("APPLE", at="A-01") == 6
