"""Each invariant of stock, broken once behind the ledger's back: the audit finds it and names the rows."""

import datetime as dt
from pathlib import Path

import pytest
import sqlalchemy as sa

from wms import audit, db
from wms.db import session
from wms.stock.invariants import INVARIANTS
from wms.stock.models import MovementKind, Reservation, Stock

pytestmark = pytest.mark.broken


def tamper(*statements: str) -> None:
    """Does what no operation does: the tables' own guards are taken off first."""
    with db.database.engine.connect() as connection:
        if connection.dialect.name == "sqlite":
            connection.exec_driver_sql("PRAGMA ignore_check_constraints = ON")
        else:
            connection.exec_driver_sql("SET session_replication_role = replica")
            for table in (Stock.__table__, Reservation.__table__):
                for name in [check.name for check in table.constraints if isinstance(check, sa.CheckConstraint)]:
                    connection.exec_driver_sql(f"ALTER TABLE {table.name} DROP CONSTRAINT IF EXISTS {name}")
        for statement in statements:
            connection.exec_driver_sql(statement)
        connection.commit()
    db.database.engine.dispose()


def found() -> dict[str, list[dict]]:
    session.rollback()
    return {finding.invariant.name: finding.rows for finding in audit.run(INVARIANTS)}


@pytest.fixture
def goods(w):
    """Ten apples in a rack, four of them claimed; five pears on a pallet."""
    w.receive("APPLE", 10, lot="L1", at="A-01")
    w.reserve(w.order_line("APPLE", 4), 4, at="A-01")
    w.receive("PEAR", 5, lot="L1", at="B-01", unit=w.unit("P1", at="B-01"))
    return w


def test_a_whole_house_has_no_findings(goods):
    assert found() == {}


def test_1_a_stock_row_equals_the_sum_of_its_movements(goods):
    tamper("UPDATE stock SET on_hand = on_hand + 1 WHERE reserved = 4")
    (row,) = found()["stock_is_its_movements"]
    assert (row["on_hand"], row["moved"]) == (11, 10)


def test_1_a_movement_without_its_stock_row_is_found_too(goods):
    tamper("DELETE FROM reservations", "DELETE FROM stock WHERE reserved = 4")
    (row,) = found()["stock_is_its_movements"]
    assert (row["on_hand"], row["moved"]) == (0, 10)


def test_2_all_locations_of_a_batch_sum_to_zero(goods):
    tamper("UPDATE stock SET on_hand = 9 WHERE reserved = 4")
    (row,) = found()["batches_sum_to_zero"]
    assert row["total"] == -1


def test_3_no_real_location_is_negative(goods):
    tamper("UPDATE stock SET on_hand = -3 WHERE handling_unit_id IS NOT NULL")
    (row,) = found()["no_negative_location"]
    assert row["on_hand"] == -3


def test_3_a_row_may_be_negative_exactly_where_its_location_may(goods):
    tamper("UPDATE stock SET may_be_negative = true WHERE reserved = 4")
    (row,) = found()["rows_follow_their_location"]
    assert row["may_be_negative"]


def test_3_a_location_that_is_marked_behind_its_rows_is_found(goods):
    tamper("UPDATE locations SET allow_negative = true WHERE code = 'A-01'")
    (row,) = found()["rows_follow_their_location"]
    assert not row["may_be_negative"]


@pytest.mark.parametrize("reserved", [5, 3, 11, -1])
def test_4_reserved_is_the_sum_of_the_pending_claims(goods, reserved):
    tamper(f"UPDATE stock SET reserved = {reserved} WHERE reserved = 4")
    (row,) = found()["reserved_is_its_claims"]
    assert (row["reserved"], row["claimed"]) == (reserved, 4)


def test_4_no_more_is_reserved_than_lies_there(goods):
    tamper("UPDATE stock SET on_hand = 3 WHERE reserved = 4")
    assert "reserved_is_its_claims" in found()


def test_5_a_claim_ends_at_most_once(goods):
    tamper("UPDATE reservations SET ended_at = created_at")
    (row,) = found()["claims_end_once"]
    assert row["status"] == "pending"


def test_6_what_is_in_a_unit_is_where_the_unit_is(goods):
    tamper("UPDATE handling_units SET location_id = (SELECT id FROM locations WHERE code = 'A-01')")
    (row,) = found()["contents_are_where_the_unit_is"]
    assert row["location_id"] != row["unit_location_id"]


def test_6_what_stands_on_a_unit_is_where_the_unit_is(goods):
    goods.unit("S1", at="A-01"), goods.unit("S2", at="A-02")
    on_it = "(SELECT id FROM handling_units WHERE code = 'S1')"
    if db.is_postgresql():
        tamper("DROP TRIGGER handling_units_nested ON handling_units")
    else:
        tamper("DROP TRIGGER handling_units_nested_changed")
    tamper(f"UPDATE handling_units SET parent_id = {on_it}, root_id = {on_it} WHERE code = 'S2'")
    (row,) = found()["what_stands_on_a_unit_is_where_it_is"]
    assert row["location_id"] != row["below_location_id"]


@pytest.mark.parametrize("condition", ["inspection", "damaged", "blocked"])
def test_7_only_good_stock_is_reserved(goods, condition):
    tamper(f"UPDATE stock SET condition = '{condition}' WHERE reserved = 4")
    (row,) = found()["only_sound_stock_is_reserved"]
    assert row["condition"] == condition


def test_7_expired_stock_is_not_reserved(goods):
    tamper("UPDATE batches SET expires_on = '2020-01-01'")
    assert len(found()["only_sound_stock_is_reserved"]) == 1


def test_a_movement_speaks_of_its_batchs_product(goods):
    if db.is_postgresql():
        tamper("UPDATE movements SET product_id = product_id + 1 WHERE quantity = 10")
    else:
        tamper("DROP TRIGGER movements_not_updated", "UPDATE movements SET product_id = product_id + 1 WHERE quantity = 10")
    assert len(found()["journal_matches_rows"]) == 1


def test_a_stock_row_speaks_of_its_batchs_product(goods):
    tamper("UPDATE stock SET product_id = product_id + 1 WHERE reserved = 4")
    assert len(found()["journal_matches_rows"]) == 1


def test_a_stock_row_is_on_its_locations_site(goods):
    tamper(f"UPDATE stock SET site_id = {goods.site('NORTH')} WHERE reserved = 4")
    assert len(found()["journal_matches_rows"]) == 1


def test_every_invariant_of_stock_is_broken_here():
    text = Path(__file__).read_text(encoding="utf-8")
    assert [one.name for one in INVARIANTS if f'"{one.name}"' not in text] == []


@pytest.fixture
def phones(w):
    w.product("PHONE", tracking="serial")
    w.receive("PHONE", 1, lot="SN-1", at="A-01")
    w.receive("PHONE", 1, lot="SN-2", at="A-01")
    return w


def test_two_serial_numbers_at_one_place_are_two_pieces(phones):
    assert found() == {}


def test_a_serial_number_of_two_pieces_is_found(phones):
    phones.receive("PHONE", 1, lot="SN-1", at="A-01")
    (row,) = found()["a_serial_is_one_piece"]
    assert (row["lot_key"], row["pieces"], row["places"]) == ("sn-1", 2, 1)


def test_a_serial_number_that_came_on_two_days_and_lies_in_two_places_is_found(phones):
    phones.receive("PHONE", 1, lot="SN-1", at="B-01", received_on=dt.date(2026, 1, 5))
    (row,) = found()["a_serial_is_one_piece"]
    assert (row["pieces"], row["places"]) == (2, 2)


def test_a_serial_number_that_left_and_came_back_is_one_piece(phones):
    phones.move("PHONE", 1, "A-01", "@CUSTOMER", lot="SN-1", kind=MovementKind.SHIP)
    phones.receive("PHONE", 1, lot="SN-1", at="B-01")
    assert found() == {}
