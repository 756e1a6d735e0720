"""What comes otherwise than announced: taken in and blocked, or turned away; either way a difference that somebody settles."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa

from tests.receiving.conftest import Dock
from tests.receiving.handheld import GS, Handheld, soon
from tests.warehouse import Warehouse
from wms.catalog.models import Barcode
from wms.db import session
from wms.orders.lines import NewLine
from wms.orders.models import CheckIn, Difference, InboundLine, InboundOrder


def differences() -> list[tuple[str, int | None, str]]:
    """Kind, quantity and status, in the order in which they were noted."""
    rows = session.execute(sa.select(Difference).order_by(Difference.id).execution_options(populate_existing=True)).scalars()
    return [(one.kind, one.quantity, one.status) for one in rows]


def lines() -> dict[str, tuple[int, int, int]]:
    """Expected, received and rejected, by line."""
    rows = session.execute(sa.select(InboundLine).order_by(InboundLine.id).execution_options(populate_existing=True)).scalars()
    return {one.line: (one.expected, one.received, one.rejected) for one in rows}


def blind(w: Warehouse, number: str = "IN-1") -> None:
    with w.transaction():
        session.execute(sa.update(InboundOrder).where(InboundOrder.number == number).values(check_in=CheckIn.BLIND.value))


# -- more than ordered -------------------------------------------------------------------------------------------------------------


def test_the_surplus_is_taken_in_blocked_on_a_plate_of_its_own(w: Warehouse, dock: Dock, receiving: Handheld) -> None:
    dock.announce(("TEA", 30))
    receiving.scan("IN-1", "TEA", "35", "35")
    assert receiving.step == "surplus"
    screen = receiving.scan("ASIDE")
    assert [w.on_hand("TEA", condition=one) for one in ("good", "blocked")] == [30, 5]
    assert differences() == [("over", 5, "open")]
    assert [one["kind"] for one in screen["printed"]] == ["handling-unit", "handling-unit", "goods-received-note", "photo"]
    assert lines() == {"1": (30, 35, 0)}


def test_the_surplus_goes_back_with_the_truck(w: Warehouse, dock: Dock, receiving: Handheld) -> None:
    dock.announce(("TEA", 30))
    receiving.scan("IN-1", "TEA", "35", "35", "AWAY")
    assert (w.on_hand("TEA"), differences(), lines()) == (30, [("over", 5, "open")], {"1": (30, 30, 0)})


def test_of_what_has_all_come_more_is_turned_away(w: Warehouse, dock: Dock, receiving: Handheld) -> None:
    dock.announce(("TEA", 30), ("SOAP", 1))
    receiving.scan("IN-1", "TEA", "30", "TEA")
    assert (receiving.step, receiving.tone, receiving.code) == ("product", "stop", "over_receipt")
    receiving.scan("TEA", "3", "3", "AWAY")
    assert (w.on_hand("TEA"), differences()) == (30, [("over", 3, "open")])


def test_more_within_the_tolerance_is_good_and_noted(w: Warehouse, dock: Dock, receiving: Handheld) -> None:
    dock.announce(("TEA", 30), over_receipt_percent=10)
    receiving.scan("IN-1", "TEA", "32", "32")
    assert (w.on_hand("TEA", condition="good"), differences()) == (32, [("over", 2, "open")])


def test_undoing_takes_both_plates_back_and_the_difference_with_them(w: Warehouse, dock: Dock, receiving: Handheld) -> None:
    dock.announce(("TEA", 30), ("SOAP", 1))
    receiving.scan("IN-1", "TEA", "35", "35", "ASIDE", "CMD:UNDO")
    assert (w.on_hand("TEA"), differences(), lines()["1"]) == (0, [("over", 5, "withdrawn")], (30, 0, 0))


# -- not ordered, or not as ordered --------------------------------------------------------------------------------------------------


def test_goods_that_nobody_ordered_stand_blocked_on_a_line_of_their_own(w: Warehouse, dock: Dock, receiving: Handheld) -> None:
    w.product("SOAP")
    dock.announce(("TEA", 30))
    receiving.scan("IN-1", "SOAP")
    assert (receiving.step, receiving.tone, receiving.code) == ("product", "stop", "not_announced")
    receiving.scan("SOAP", "4", "4", "ASIDE")
    assert (w.on_hand("SOAP", condition="blocked"), differences()) == (4, [("wrong_product", 4, "open")])
    assert lines() == {"1": (30, 0, 0), "+SOAP": (0, 4, 0)}
    assert receiving.screen["progress"] == {"done": 0, "of": 1}


def test_another_lot_than_announced_is_set_aside(w: Warehouse, dock: Dock, receiving: Handheld) -> None:
    w.product("TEA", tracking="lot")
    dock.announce(NewLine(sku="TEA", quantity=30, lot="L7"))
    receiving.scan("IN-1", "TEA", "L8", "L8", "10", "10", "ASIDE")
    assert (w.on_hand("TEA", lot="L8", condition="blocked"), differences()) == (10, [("wrong_lot", 10, "open")])


def test_one_label_says_it_all_and_is_scanned_twice_to_object(w: Warehouse, dock: Dock, receiving: Handheld) -> None:
    w.product("TEA", tracking="lot")
    with w.transaction():
        session.add(Barcode(code="4006381333931", code_key="04006381333931", product_id=w.product("TEA").id))
    dock.announce(NewLine(sku="TEA", quantity=30, lot="L7"))
    label = f"]C1010400638133393110L8{GS}3710"
    receiving.scan("IN-1", label)
    assert (receiving.step, receiving.code) == ("product", "lot_not_announced")
    assert receiving.scan(label)["step"] == "aside"
    receiving.scan("AWAY")
    assert (w.on_hand("TEA"), differences()) == (0, [("wrong_lot", 10, "open")])


# -- too old -----------------------------------------------------------------------------------------------------------------------


def test_goods_that_keep_too_short_are_refused_or_set_aside(w: Warehouse, dock: Dock, receiving: Handheld) -> None:
    w.product("MILK", tracking="expiry", min_receipt_days=60)
    dock.announce(("MILK", 40))
    receiving.scan("IN-1", "MILK", "L1", soon(59))
    assert (receiving.step, receiving.tone, receiving.code) == ("expiry", "stop", "too_old")
    assert "59 days, at least 60" in receiving.screen["message"]["text"]
    receiving.scan(soon(59), "8", "8", "AWAY", "MILK", "L2", soon(60), "40")
    assert (w.on_hand("MILK", condition="good"), differences()) == (40, [("too_old", 8, "open")])


def test_where_the_product_says_so_they_are_held_without_asking(w: Warehouse, dock: Dock, receiving: Handheld) -> None:
    w.product("MILK", tracking="expiry", min_receipt_days=60, too_old="hold")
    dock.announce(("MILK", 40))
    receiving.scan("IN-1", "MILK", "L1", soon(10), "12", "12")
    assert (w.on_hand("MILK", condition="blocked"), differences()) == (12, [("too_old", 12, "open")])


def test_from_the_production_date_follows_how_long_it_keeps(w: Warehouse, dock: Dock, receiving: Handheld) -> None:
    w.product("MILK", tracking="expiry", shelf_life_days=100)
    dock.announce(("MILK", 40))
    receiving.scan("IN-1", "MILK", "L1", "CMD:MADE", soon(5))
    assert (receiving.step, receiving.code) == ("made", "made_later")
    receiving.scan(soon(-10), "40")
    batch = session.execute(sa.text("SELECT expires_on, produced_on FROM batches")).one()
    assert [str(day) for day in batch] == [soon(90), soon(-10)]


# -- damaged, missing, unknown -------------------------------------------------------------------------------------------------------


def test_damage_has_its_reason(w: Warehouse, dock: Dock, receiving: Handheld) -> None:
    dock.announce(("TEA", 30))
    receiving.scan("IN-1", "DAMAGED", "TEA", "4", "4")
    assert receiving.step == "why"
    receiving.scan("WET")
    one = session.execute(sa.select(Difference)).scalar_one()
    assert (one.kind, one.quantity, one.reason, lines()) == ("damaged", 4, "WET", {"1": (30, 4, 4)})


def test_missing_papers_and_missing_goods_are_noted(w: Warehouse, dock: Dock, receiving: Handheld) -> None:
    dock.announce(("TEA", 30))
    receiving.scan("IN-1", "CMD:DIFF", "PAPERS", "CMD:DIFF", "FEWER", "TEA", "6")
    assert (receiving.step, differences()) == ("product", [("papers_missing", None, "open"), ("short", 6, "open")])


def test_goods_that_nobody_knows_are_noted_with_what_is_on_them(w: Warehouse, dock: Dock, receiving: Handheld) -> None:
    dock.announce(("TEA", 30))
    receiving.scan("IN-1", "CMD:DIFF", "UNKNOWN", "XK-9 blue tin", "3")
    one = session.execute(sa.select(Difference)).scalar_one()
    assert (one.kind, one.quantity, one.scanned) == ("unknown_goods", 3, "XK-9 blue tin")


# -- a barcode that nobody knows -----------------------------------------------------------------------------------------------------


def test_a_new_barcode_is_linked_on_the_spot_and_counts_its_case(w: Warehouse, dock: Dock, receiving: Handheld) -> None:
    w.product("TEA", packagings={"case": 12})
    dock.announce(("TEA", 30))
    receiving.scan("IN-1", "NEW-CASE-1")
    assert receiving.code == "product_unknown" or receiving.code == "not_recognised"
    receiving.scan("CMD:LINK", "NEW-CASE-1", "TEA", "CASE")
    assert receiving.step == "quantity"
    receiving.scan("NEW-CASE-1", "NEW-CASE-1", "CMD:DONE")
    assert w.on_hand("TEA") == 24
    barcode = session.execute(sa.select(Barcode).where(Barcode.code == "NEW-CASE-1")).scalar_one()
    assert (barcode.linked_by_id, barcode.packaging_id is not None) == (w.by.id, True)


def test_a_barcode_that_stands_for_something_is_not_linked_again(w: Warehouse, dock: Dock, receiving: Handheld) -> None:
    w.product("SOAP")
    dock.announce(("TEA", 30))
    receiving.scan("IN-1", "CMD:LINK", "N-1", "TEA", "PIECE", "CMD:CANCEL", "IN-1", "CMD:LINK", "N-1")
    assert (receiving.step, receiving.code) == ("link", "barcode_taken")


def test_linking_is_for_those_who_keep_the_master_data(w: Warehouse, dock: Dock) -> None:
    dock.announce(("TEA", 30))
    receiver = Handheld("receive", w.person("rosa", roles=["receiver"]))
    receiver.scan("IN-1", "CMD:LINK")
    assert (receiver.step, receiver.tone, receiver.code) == ("product", "stop", "may_not_link")


# -- blind -------------------------------------------------------------------------------------------------------------------------


def numbers(screen: Any) -> str:
    """Everything the screen says."""
    return str([screen["facts"], screen["message"], screen["progress"], screen["expected"]])


def test_a_blind_check_in_shows_no_quantity_and_books_what_was_counted(w: Warehouse, dock: Dock, receiving: Handheld) -> None:
    dock.announce(("TEA", 37), ("SOAP", 53))
    blind(w)
    for text in ("IN-1", "TEA", "37", "37", "SOAP", "60", "60"):
        said = numbers(receiving.scan(text))
        assert "53" not in said
        assert text == "37" or "37" not in said
    assert receiving.step == "product"  # nobody is told that all has come
    assert [w.on_hand("SOAP", condition=one) for one in ("good", "blocked")] == [53, 7]
    assert differences() == [("over", 7, "open")]


@pytest.mark.parametrize("nonsense", ["NO-SUCH", "0", "-1", "a\x07b", "CMD:FULL", "TEA", "9" * 20])
def test_nonsense_where_a_decision_is_asked_changes_nothing(w: Warehouse, dock: Dock, receiving: Handheld, nonsense: str) -> None:
    dock.announce(("TEA", 30))
    receiving.scan("IN-1", "TEA", "35", "35", nonsense)
    assert (receiving.step, receiving.tone, w.on_hand("TEA"), differences()) == ("surplus", "stop", 0, [])
