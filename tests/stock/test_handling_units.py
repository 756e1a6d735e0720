"""Licence plates and what is in them."""

import time

import pytest
import sqlalchemy as sa
from biip.sscc import Sscc
from sqlalchemy import event

from tests.crowd import all_at_once
from wms import db
from wms.catalog.gs1 import is_sscc
from wms.db import session, table_of
from wms.errors import Conflict, Refused
from wms.locations.models import Kind, Virtual
from wms.numbers import NumberSeries
from wms.stock import handling_units, ledger
from wms.stock.handling_units import UnitUnknown, check_digit, issue_sscc, issue_ssccs
from wms.stock.ledger import NotEnough, SamePlace
from wms.stock.models import Claim, HandlingUnit, MovementKind, Stage, UnitKind

pytestmark = pytest.mark.beneath_orders


@pytest.mark.parametrize(("digits", "digit"), [("10614141234567890", "8"), ("37610425002123456", "9"), ("629104150021", "3")])
def test_the_check_digit_is_that_of_gs1(digits, digit):
    assert check_digit(digits) == digit


def test_an_sscc_is_eighteen_digits_with_their_check_digit(w):
    with w.transaction():
        first, second = issue_sscc("6900000"), issue_sscc("6900000")
    assert first != second
    assert all(Sscc.parse(code).value == code for code in (first, second))


STATIONS, ROUNDS, BLOCK = 8, 4, 5


def given_at_once(app, take) -> list[str]:
    """What eight stations get that ask several times for several numbers, all at the same moment."""
    answers = all_at_once(app, [lambda: [code for _ in range(ROUNDS) for code in take()]] * STATIONS)
    assert not [answer for answer in answers if isinstance(answer, Exception)]
    return [code for codes in answers for code in codes]


def test_stations_that_ask_at_once_get_different_numbers(app, w):
    def take() -> list[str]:
        with db.transaction():
            return issue_ssccs("6900000", BLOCK)

    codes = given_at_once(app, take)
    assert len(codes) == len(set(codes)) == STATIONS * ROUNDS * BLOCK
    assert all(is_sscc(code) for code in codes)


def test_who_reads_the_last_number_and_writes_the_next_gives_numbers_twice(app, w):
    """The naive way, to show that the test above can fail."""
    with w.transaction():
        issue_sscc("6900000")
    series = table_of(NumberSeries)

    def take() -> list[str]:
        last = session.execute(sa.select(series.c.last)).scalar_one()
        session.rollback()
        time.sleep(0.002)
        with db.transaction():
            session.execute(sa.update(series).values(last=last + BLOCK))
        return [str(last + one) for one in range(1, BLOCK + 1)]

    codes = given_at_once(app, take)
    assert len(codes) > len(set(codes))


def test_a_thousand_units_take_their_numbers_in_a_handful_of_statements(app, w):
    place, said = w.location("DOCK", kind=Kind.DOCK), []
    with w.transaction():
        event.listen(db.database.engine, "before_cursor_execute", lambda *seen: said.append(seen[2]))
        codes = handling_units.new_units(UnitKind.PALLET, 1000, location_id=place.id, site_id=w.site_id, company_prefix="6900000")
    assert len(said) <= 4, said
    assert codes == sorted(set(codes))
    assert handling_units.find(codes[999], by=w.by).location_id == place.id


def test_when_all_numbers_are_given_none_begins_anew(w):
    """A prefix of twelve digits leaves four for the serial number."""
    prefix = "690000000000"
    with w.transaction():
        issue_ssccs(prefix, 9998)
        assert issue_sscc(prefix)[13:17] == "9999"
    for count in (1, 3):
        with pytest.raises(handling_units.NumbersUsedUp) as refusal, w.transaction():
            issue_ssccs(prefix, count)
        assert refusal.value.advise("en") == "The administrator sets another WMS_SSCC_EXTENSION"
    with w.transaction():
        assert issue_sscc(prefix, extension=3)[:1] == "3"


def test_without_a_company_prefix_the_house_says_so(w):
    with pytest.raises(handling_units.NoPrefix), w.transaction():
        issue_sscc("")


def test_a_number_that_a_unit_has_already_is_stepped_over(w):
    with w.transaction():
        first = issue_sscc("6900000")
    taken = [f"0{int(first[:-1]) + ahead:016d}" for ahead in (1, 2)]
    for body in taken:
        w.unit(body + check_digit(body), at="A-01")
    with w.transaction():
        given = issue_sscc("6900000")
    assert int(given[:-1]) == int(first[:-1]) + 3


def test_a_unit_is_found_by_its_code_with_or_without_the_00(w):
    unit = w.unit(at="A-01")
    assert handling_units.find(unit.code, by=w.by).id == unit.id
    assert handling_units.find("00" + unit.code, by=w.by).id == unit.id


def test_an_unknown_unit_is_said_to_be_unknown(w):
    with pytest.raises(UnitUnknown) as refusal:
        handling_units.find("NONE", by=w.by)
    assert refusal.value.say("zh_CN") == "没有此货物单元：NONE"


def test_a_unit_of_another_site_does_not_exist(w):
    unit = w.unit(at="A-01")
    stranger = w.person("stranger", site=w.site("NORTH"))
    with pytest.raises(UnitUnknown):
        handling_units.find(unit.code, by=stranger)


def move_unit(w, unit, target, **facts):
    facts.setdefault("kind", MovementKind.MOVE)
    with w.transaction():
        target_id = w.location(target).id
        return handling_units.move_unit(handling_units.find(unit.code, by=w.by), target_id, key=w.key(), by=w.by, **facts)


def test_a_unit_moves_with_all_that_is_in_it(w):
    pallet = w.unit("P1", at="A-01")
    w.receive("APPLE", 10, lot="L1", at="A-01", unit=pallet)
    w.receive("PEAR", 5, lot="L1", at="A-01", unit=pallet)
    w.receive("APPLE", 3, lot="L1", at="A-01")
    move_unit(w, pallet, "B-01")
    assert (w.on_hand("APPLE", at="B-01", unit=pallet), w.on_hand("PEAR", at="B-01", unit=pallet)) == (10, 5)
    assert w.on_hand("APPLE", at="A-01") == 3


def test_an_empty_unit_moves_too(w):
    pallet = w.unit("P1", at="A-01")
    assert move_unit(w, pallet, "B-01") == []
    assert handling_units.find("P1", by=w.by).location_id == w.location("B-01").id


def test_goods_in_a_unit_are_not_loose_goods(w):
    pallet = w.unit("P1", at="A-01")
    w.receive("APPLE", 10, lot="L1", at="A-01", unit=pallet)
    with pytest.raises(NotEnough):
        w.move("APPLE", 1, "A-01", "B-01")
    w.move("APPLE", 1, "A-01", "B-01", from_unit=pallet)


def test_claims_on_a_unit_travel_with_it(w):
    pallet = w.unit("P1", at="A-01")
    w.receive("APPLE", 10, lot="L1", at="A-01", unit=pallet)
    one, two = w.order_line("APPLE", 3), w.order_line("APPLE", 4)
    claims = [w.reserve(one, 3, at="A-01"), w.reserve(two, 4, at="A-01")]
    moved = move_unit(w, pallet, "DOOR-1", stage=Stage.LOADED)
    assert len(moved) == 3  # each order's goods, and what is free
    assert (w.reserved("APPLE", at="DOOR-1"), w.free("APPLE", at="DOOR-1")) == (7, 3)
    assert {w.claim(claim).stage for claim in claims} == {Stage.LOADED}
    assert {movement.order_line_id for movement in w.movements("APPLE", kind=MovementKind.MOVE)} == {one.id, two.id, None}


def test_claims_keep_their_stage_when_none_is_said(w):
    pallet = w.unit("P1", at="A-01")
    w.receive("APPLE", 3, lot="L1", at="A-01", unit=pallet)
    claim = w.reserve(w.order_line("APPLE", 3), 3, at="A-01")
    move_unit(w, pallet, "B-01")
    assert w.claim(claim).stage == Stage.RESERVED


def test_claims_are_posted_when_the_unit_leaves(w):
    carton = w.unit("C1", at="DOOR-1")
    w.receive("APPLE", 3, lot="L1", at="DOOR-1", unit=carton)
    claim = w.reserve(w.order_line("APPLE", 3), 3, at="DOOR-1")
    move_unit(w, carton, Virtual.CUSTOMER, kind=MovementKind.SHIP, ends_claims=True)
    assert w.claim(claim).status == Claim.POSTED
    assert w.on_hand("APPLE") == 0


def test_a_full_unit_is_not_moved_to_where_it_stands(w):
    pallet = w.unit("P1", at="A-01")
    w.receive("APPLE", 10, lot="L1", at="A-01", unit=pallet)
    with pytest.raises(SamePlace):
        move_unit(w, pallet, "A-01")


# -- goods go into a unit only where it stands --------------------------------------------------------------------------


def test_goods_do_not_go_into_a_unit_that_has_moved_on(w):
    pallet = w.unit("P1", at="A-01")
    w.receive("APPLE", 5, at="A-01", unit=pallet)
    with w.transaction():
        handling_units.move_unit(pallet, w.location("B-01").id, key="away", kind=MovementKind.MOVE, by=w.by)
    with pytest.raises(ledger.UnitGone) as refusal:
        w.receive("APPLE", 3, at="A-01", unit=pallet)
    assert refusal.value.facts == {"unit": "P1", "location": "A-01", "now": "B-01"}
    assert refusal.value.say("zh_CN") == "P1 已不在 A-01，现位于 B-01"
    assert (w.on_hand("APPLE", at="A-01"), w.on_hand("APPLE", at="B-01")) == (0, 5)


def test_goods_taken_out_are_not_put_back_into_a_unit_that_has_moved_on(w):
    pallet = w.unit("P1", at="A-01")
    w.receive("APPLE", 5, at="A-01", unit=pallet)
    taken = w.move("APPLE", 2, "A-01", "B-01", from_unit=pallet)
    with w.transaction():
        handling_units.move_unit(pallet, w.location("C-01").id, key="away", kind=MovementKind.MOVE, by=w.by)
    with pytest.raises(ledger.UnitGone), w.transaction():
        ledger.reverse(taken.movement_id, key="back", by=w.by)
    assert (w.on_hand("APPLE", at="B-01"), w.on_hand("APPLE", at="C-01")) == (2, 3)


def test_who_moves_a_unit_while_others_fill_it_leaves_nothing_behind(app, w):
    """Each filler either got in before the pallet left, or is refused and puts the goods down elsewhere."""
    pallet = w.unit("P1", at="A-01")
    w.receive("APPLE", 5, at="A-01", unit=pallet)
    batch, start, supplier = w.batch("APPLE"), w.place("A-01", unit=pallet), w.place("@SUPPLIER")
    places = [w.location(code).id for code in ("B-01", "C-01")]

    def fill(number):
        def unit():
            with db.transaction():
                return ledger.move(
                    w.by, key=f"fill-{number}", batch_id=batch, quantity=1, source=supplier, target=start, kind=MovementKind.RECEIPT
                )

        return unit

    def drive(number):
        def unit():
            with db.transaction():
                found = session.get_one(HandlingUnit, pallet.id)
                return handling_units.move_unit(found, places[number], key=f"drive-{number}", kind=MovementKind.MOVE, by=w.by)

        return unit

    session.rollback()
    answers = all_at_once(app, [fill(0), drive(0), fill(1), fill(2), drive(1), fill(3)])
    assert all(not isinstance(one, Exception) or isinstance(one, Conflict | Refused) for one in answers), answers
    filled = sum(not isinstance(answers[number], Exception) for number in (0, 2, 3, 5))
    assert w.on_hand("APPLE") == 5 + filled
    assert w.on_hand("APPLE", at="A-01") == 0
