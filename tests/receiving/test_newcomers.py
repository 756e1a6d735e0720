"""What somebody stumbles over who receives for the first time: the wrong thing scanned, a digit too many, damage seen too late."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import pytest
import sqlalchemy as sa

from tests.receiving.conftest import Dock
from tests.receiving.handheld import GS, Handheld, soon
from tests.warehouse import Warehouse
from wms import clock
from wms.catalog.models import Barcode
from wms.db import session
from wms.locations.models import Kind
from wms.orders.announced import NewContent, NewUnit
from wms.orders.models import CheckIn, Difference, InboundLine, InboundOrder
from wms.receiving import arrivals, inspection_rules
from wms.receiving import scan as room
from wms.receiving.appointments import Hours
from wms.receiving.inspection_rules import NewRule
from wms.receiving.models import Arrival, DockBooking, Sampling
from wms.receiving.plausible import most_at_once
from wms.scan.flow import Flow, Step
from wms.scan.recognise import AsksQuantity, Meant, recognise
from wms.stock.handling_units import check_digit
from wms.stock.models import HandlingUnit, UnitKind


def sscc(number: int) -> str:
    body = f"376123450{number:08d}"
    return body + check_digit(body)


def way(w: Warehouse, how: CheckIn, number: str = "IN-1") -> None:
    with w.transaction():
        session.execute(sa.update(InboundOrder).where(InboundOrder.number == number).values(check_in=how.value))


def facts(screen: Handheld) -> list[tuple[str, str]]:
    return [(one["label"], one["value"]) for one in screen.screen["facts"]]


def lines() -> list[tuple[int, int, int]]:
    """Expected, received and rejected of each line."""
    rows = session.execute(sa.select(InboundLine).order_by(InboundLine.id).execution_options(populate_existing=True)).scalars()
    return [(one.expected, one.received, one.rejected) for one in rows]


def differences() -> list[tuple[str, int | None, str | None]]:
    rows = session.execute(sa.select(Difference).order_by(Difference.id)).scalars()
    return [(one.kind, one.quantity, one.reason) for one in rows]


# -- a barcode where a number is asked for -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("scanned", "what"),
    [
        ("A-01", "location A-01"),
        ("6901234567892", "a barcode that no product has"),
        (f"]C100{sscc(7)}", "the number of a pallet or carton"),
        (sscc(7), "the number of a pallet or carton"),
        ("IN-1", "IN-1, which is open here"),
        ("IN-2", "the paper IN-2"),
        ("ann", "the badge of"),
    ],
)
def test_something_else_scanned_where_pieces_are_counted_is_called_by_its_name(
    w: Warehouse, dock: Dock, receiving: Handheld, scanned: str, what: str
) -> None:
    w.person("ann")
    dock.announce(("TEA", 30))
    dock.announce(("SOAP", 30), number="IN-2")
    receiving.scan("IN-1", "TEA", scanned)
    said = receiving.screen["message"]
    assert (receiving.step, receiving.tone, receiving.code) == ("quantity", "stop", "asks_quantity")
    assert said["text"].startswith(f"That is {what}")
    assert said["text"].endswith("; this asks how many")
    assert "scan TEA" in said["detail"]


def _counts() -> list[tuple[Flow, Step]]:
    flows = (room.receive, room.putting_away, room.moving, room.returns, room.building, room.inspecting)
    return [(flow, step) for flow in flows for step in flow.steps.values() if step.counting]


@pytest.mark.parametrize(("flow", "step"), _counts(), ids=lambda one: one.name)
def test_that_is_one_rule_for_every_count(w: Warehouse, dock: Dock, flow: Flow, step: Step) -> None:
    product = w.product("TEA")
    notes = {"product": product.id, "quantity": 3, "left_out": 0}
    with pytest.raises(AsksQuantity):
        recognise(Meant("A-01", w.by, "k", again=False, step=step, notes=notes))


def test_the_barcodes_of_the_goods_themselves_count_them_up(w: Warehouse, dock: Dock, receiving: Handheld) -> None:
    product = w.product("TEA", packagings={"case": 12})
    with w.transaction():
        case = product.packagings[0]
        session.add(Barcode(code="6901234567892", code_key="06901234567892", product_id=product.id, packaging_id=case.id))
    dock.announce(("TEA", 30))
    receiving.scan("IN-1", "TEA", "6901234567892", "6901234567892", "TEA")
    assert facts(receiving)[-1] == ("Counted", "25")


def test_the_label_of_another_lot_is_not_counted_to_this_one(w: Warehouse, dock: Dock, receiving: Handheld) -> None:
    w.product("TEA", tracking="lot")
    with w.transaction():
        session.add(Barcode(code="4006381333931", code_key="04006381333931", product_id=w.product("TEA").id))
    dock.announce(("TEA", 30))
    receiving.scan("IN-1", "TEA", "L8", "]C1010400638133393110L8", "]C1010400638133393110L9")
    assert (receiving.step, receiving.tone, receiving.code) == ("quantity", "stop", "wrong_lot")
    assert facts(receiving)[-1] == ("Counted", "1")


def test_a_word_that_is_no_packaging_is_answered_with_those_there_are(w: Warehouse, dock: Dock, receiving: Handheld) -> None:
    w.product("TEA", packagings={"case": 12})
    dock.announce(("TEA", 30))
    receiving.scan("IN-1", "TEA", "2 crates + 3")
    assert (receiving.step, receiving.code) == ("quantity", "unit_not_known")
    assert "case (12)" in receiving.screen["message"]["detail"]


def test_the_quantity_screen_shows_how_packagings_are_entered(w: Warehouse, dock: Dock) -> None:
    w.product("TEA", packagings={"case": 12, "pallet": 720})
    dock.announce(("TEA", 2000))
    for language, hint in (("en", "12, or 2 pallets + 3 cases + 4"), ("zh_CN", "12，或 2托 3箱 4")):
        person = Handheld("receive", w.person(language, roles=["receiver"], language=language))
        person.scan("IN-1", "TEA")
        assert person.screen["placeholder"] == hint
        assert [one["scan"] for one in person.screen["actions"]][:2] == ["+1 pallet", "+1 case"]
        person.scan("+1 case")
        assert [one["scan"] for one in person.screen["actions"]][:3] == ["CMD:DONE", "+1 pallet", "+1 case"], "once something is counted"
        person.scan("CMD:BACK")
        person.scan(hint.split("or ")[-1].split("或 ")[-1])
        assert facts(person)[-1][1] == "1480"


# -- more than can be right ----------------------------------------------------------------------------------------------------


def test_surplus_is_said_at_once_and_confirmed_by_done(w: Warehouse, dock: Dock, receiving: Handheld) -> None:
    dock.announce(("TEA", 30))
    receiving.scan("IN-1", "TEA", "35")
    assert (receiving.step, receiving.tone, receiving.code) == ("quantity", "stop", "over_receipt")
    assert "35 pieces of TEA: at most 30 may still come in" in receiving.screen["message"]["text"]
    receiving.scan("CMD:DONE")
    assert receiving.step == "surplus"
    receiving.scan("AWAY")
    assert (w.on_hand("TEA"), differences()) == (30, [("over", 5, "TURNED_AWAY")])


def test_after_a_wrong_scan_between_the_number_is_not_typed_again(w: Warehouse, dock: Dock, receiving: Handheld) -> None:
    dock.announce(("TEA", 30))
    receiving.scan("IN-1", "TEA", "35", "A-01", "CMD:DONE")
    assert receiving.step == "surplus"


def test_pieces_scanned_one_by_one_go_on_over_the_number(w: Warehouse, dock: Dock, receiving: Handheld) -> None:
    dock.announce(("TEA", 2))
    receiving.scan("IN-1", "TEA", "1", "+2")
    assert (receiving.tone, receiving.code) == ("stop", "over_receipt")
    receiving.scan("+1")
    assert facts(receiving)[-1] == ("Counted", "4")
    receiving.scan("CMD:DONE", "ASIDE")
    assert [w.on_hand("TEA", condition=one) for one in ("good", "blocked")] == [2, 2]


def test_a_label_with_too_many_on_it_asks_once(w: Warehouse, dock: Dock, receiving: Handheld) -> None:
    w.product("TEA", tracking="lot")
    with w.transaction():
        session.add(Barcode(code="4006381333931", code_key="04006381333931", product_id=w.product("TEA").id))
    dock.announce(("TEA", 30))
    receiving.scan("IN-1", f"]C1010400638133393110L8{GS}3735")
    assert (receiving.step, receiving.code, facts(receiving)[-1]) == ("quantity", "over_receipt", ("Counted", "35"))
    receiving.scan("CMD:DONE")
    assert receiving.step == "surplus"


def test_what_another_dock_took_meanwhile_is_asked_about(w: Warehouse, dock: Dock, receiving: Handheld) -> None:
    dock.announce(("TEA", 30))
    receiving.scan("IN-1", "TEA")
    dock.receive("TEA", 10)
    receiving.scan("30")
    assert (receiving.step, receiving.tone, receiving.code) == ("quantity", "stop", "over_receipt")
    receiving.scan("30")
    assert receiving.step == "surplus"


def test_blind_a_digit_too_many_is_asked_about_and_nothing_is_told(w: Warehouse, dock: Dock, receiving: Handheld) -> None:
    w.product("TEA", packagings={"case": 12, "pallet": 480})
    dock.announce(("TEA", 73))
    way(w, CheckIn.BLIND)
    receiving.scan("IN-1", "TEA", "7000")
    assert (receiving.step, receiving.tone, receiving.code) == ("quantity", "ask", "quantity_improbable")
    assert "73" not in str([receiving.screen["message"], receiving.screen["facts"]])
    receiving.scan("73", "73")
    assert (w.on_hand("TEA"), differences()) == (73, [])


def test_blind_the_bound_does_not_depend_on_what_was_announced(w: Warehouse, dock: Dock, receiving: Handheld) -> None:
    w.product("TEA")
    dock.announce(("TEA", 5000))
    way(w, CheckIn.BLIND)
    receiving.scan("IN-1", "TEA", "5000")
    assert receiving.code == "quantity_improbable"
    receiving.scan("CMD:DONE")
    assert w.on_hand("TEA") == 5000


def test_what_was_announced_is_never_doubted(w: Warehouse, dock: Dock, receiving: Handheld) -> None:
    w.product("TEA")
    dock.announce(("TEA", 9000))
    receiving.scan("IN-1", "TEA", "8000")
    assert (receiving.tone, receiving.code) == ("ask", None)
    receiving.scan("8000")
    assert w.on_hand("TEA") == 8000


@pytest.mark.parametrize(
    ("known", "most"),
    [
        ({"packagings": {"case": 12, "pallet": 480}}, 1920),
        ({"weight_grams": 10_000, "length_mm": 100, "width_mm": 100, "height_mm": 100}, 600),
        ({"weight_grams": 10, "length_mm": 1000, "width_mm": 1000, "height_mm": 100}, 80),
        ({"weight_grams": 2_000_000}, 10),
        ({}, 1000),
    ],
)
def test_what_can_come_at_once_follows_from_the_product(w: Warehouse, known: dict[str, object], most: int) -> None:
    assert most_at_once(w.product("TEA", **known)) == most


def test_no_more_can_be_missing_than_was_to_come_without_being_asked(w: Warehouse, dock: Dock, receiving: Handheld) -> None:
    dock.announce(("TEA", 30))
    receiving.scan("IN-1", "CMD:DIFF", "FEWER", "TEA", "60")
    assert (receiving.step, receiving.tone, receiving.code, differences()) == ("missing_count", "ask", "more_missing", [])
    receiving.scan("6")
    assert differences() == [("short", 6, None)]


# -- damage ------------------------------------------------------------------------------------------------------------------------


def test_damage_of_goods_that_are_in_is_reported_when_all_have_come(w: Warehouse, dock: Dock, receiving: Handheld) -> None:
    dock.announce(("TEA", 30), ("SOAP", 1))
    receiving.scan("IN-1", "TEA", "30", "DAMAGED", "TEA")
    assert receiving.step == "which"
    receiving.scan("TAKEN", "4")
    assert receiving.step == "why"
    screen = receiving.scan("WET")
    assert (receiving.step, receiving.tone) == ("product", "ask")
    assert [w.on_hand("TEA", condition=one) for one in ("good", "damaged")] == [26, 4]
    assert (lines()[0], differences()) == ((30, 30, 4), [("damaged", 4, "WET")])
    assert [one["kind"] for one in screen["printed"]] == ["handling-unit", "photo"]
    assert facts(receiving)[0] == ("TEA", "4"), "they are still to come"


def test_more_may_come_damaged_than_was_ordered(w: Warehouse, dock: Dock, receiving: Handheld) -> None:
    dock.announce(("TEA", 30), ("SOAP", 1))
    receiving.scan("IN-1", "TEA", "30", "DAMAGED", "TEA", "MORE", "2", "2", "CRUSHED")
    assert [w.on_hand("TEA", condition=one) for one in ("good", "damaged")] == [30, 2]
    assert (lines()[0], differences()) == ((30, 32, 2), [("damaged", 2, "CRUSHED")])


def test_of_several_plates_the_label_says_which(w: Warehouse, dock: Dock, receiving: Handheld) -> None:
    dock.announce(("TEA", 30), ("SOAP", 1))
    receiving.scan("IN-1", "TEA", "10", "10")
    plate = receiving.screen["printed"][0]["number"]
    receiving.scan("TEA", "20", "CMD:DIFF", "DAMAGE", "TEA")
    assert (receiving.step, receiving.tone) == ("hurt", "ask")
    receiving.scan(plate)
    assert receiving.step == "hurt_count"
    receiving.scan("11")
    assert (receiving.tone, receiving.code) == ("stop", "fewer_stand_there")
    receiving.scan("10", "WET")
    unit = session.execute(sa.select(HandlingUnit).where(HandlingUnit.code == plate)).scalar_one()
    assert w.on_hand("TEA", at="DOCK", unit=unit, condition="damaged") == 10


def test_damage_of_goods_that_never_came_is_no_damage(w: Warehouse, dock: Dock, receiving: Handheld) -> None:
    dock.announce(("TEA", 30))
    receiving.scan("IN-1", "CMD:DIFF", "DAMAGE", "TEA")
    assert (receiving.step, receiving.tone, receiving.code) == ("hurt", "stop", "nothing_stands_there")


def test_damaged_goods_that_nobody_ordered_are_taken_in_too(w: Warehouse, dock: Dock, receiving: Handheld) -> None:
    w.product("SOAP")
    dock.announce(("TEA", 30))
    receiving.scan("IN-1", "DAMAGED", "SOAP", "SOAP", "3", "3", "ASIDE")
    assert (receiving.step, w.on_hand("SOAP", condition="damaged")) == ("product", 3)


def test_blind_nobody_learns_from_damage_that_all_have_come(w: Warehouse, dock: Dock, receiving: Handheld) -> None:
    dock.announce(("TEA", 30), ("SOAP", 1))
    way(w, CheckIn.BLIND)
    receiving.scan("IN-1", "TEA", "30", "30", "TEA", "2", "2")
    assert (receiving.step, receiving.tone) == ("product", "good")
    assert [w.on_hand("TEA", condition=one) for one in ("good", "blocked")] == [30, 2]
    receiving.scan("CMD:DIFF", "DAMAGE", "TEA")
    assert receiving.step == "hurt", "two plates of it stand there"


# -- by plates -----------------------------------------------------------------------------------------------------------------


@pytest.fixture
def stack(w: Warehouse, dock: Dock) -> list[str]:
    """A pallet with tea on it and two cartons of milk; a pallet of soap; and two pieces of soap on none."""
    w.product("MILK", tracking="expiry")
    numbers = [sscc(one) for one in range(1, 5)]
    until = dt.date.fromisoformat(soon(60))
    units = [
        NewUnit(numbers[0], UnitKind.PALLET, contents=[NewContent("1", 30)]),
        NewUnit(numbers[1], UnitKind.CARTON, parent=numbers[0], contents=[NewContent("2", 12, lot="M-1", expires_on=until)]),
        NewUnit(numbers[2], UnitKind.CARTON, parent=numbers[0], contents=[NewContent("2", 8, lot="M-2", expires_on=until)]),
        NewUnit(numbers[3], UnitKind.PALLET, contents=[NewContent("3", 50)]),
    ]
    dock.announce(("TEA", 30), ("MILK", 20), ("SOAP", 52), units=units)
    way(w, CheckIn.UNITS)
    return numbers


def test_by_plates_the_next_plates_are_listed_and_counted(dock: Dock, receiving: Handheld, stack: list[str]) -> None:
    receiving.scan("IN-1")
    assert receiving.screen["prompt"] == "Scan the next plate"
    assert facts(receiving)[:3] == [(f"…{stack[0][-6:]}", "TEA, MILK"), (f"…{stack[3][-6:]}", "SOAP"), ("SOAP", "2")]
    assert receiving.screen["progress"] == {"done": 0, "of": 3}
    receiving.scan(stack[0])
    assert facts(receiving)[:2] == [(f"…{stack[3][-6:]}", "SOAP"), ("SOAP", "2")]
    assert receiving.screen["progress"] == {"done": 1, "of": 3}
    receiving.scan(stack[3])
    assert (facts(receiving)[0], receiving.screen["progress"]) == (("SOAP", "2"), {"done": 2, "of": 3})
    receiving.scan("SOAP", "2")
    assert receiving.step == "order"


def test_a_pallet_that_was_begun_in_parts_is_listed_in_parts(dock: Dock, receiving: Handheld, stack: list[str]) -> None:
    receiving.scan("IN-1", stack[1])
    assert [label for label, _ in facts(receiving)[:4]] == [f"…{stack[3][-6:]}", f"…{stack[2][-6:]}", "TEA", "SOAP"]
    assert receiving.screen["progress"] == {"done": 1, "of": 5}


def test_many_plates_are_named_and_counted(w: Warehouse, dock: Dock, receiving: Handheld) -> None:
    dock.announce(("TEA", 70), units=[NewUnit(sscc(one), contents=[NewContent("1", 10)]) for one in range(1, 8)])
    way(w, CheckIn.UNITS)
    receiving.scan("IN-1")
    assert facts(receiving)[3:5] == [(f"…{sscc(4)[-6:]}", "TEA"), ("And", "3 more")]
    assert receiving.screen["progress"] == {"done": 0, "of": 7}


# -- the booked dock -----------------------------------------------------------------------------------------------------------


def at(hour: int) -> dt.datetime:
    return clock.begins(clock.today()) + dt.timedelta(hours=hour)


@pytest.fixture
def booked(w: Warehouse, dock: Dock) -> Callable[[], Arrival]:
    """A vehicle with IN-1 is booked at the second of two docks."""
    w.location("DOCK-2", kind=Kind.DOCK)
    dock.announce(("TEA", 30))
    with w.transaction():
        asked = arrivals.Plan(plate="沪A12345", orders=["IN-1"], dock="DOCK-2", planned_from=at(9))
        arrivals.plan(asked, by=w.by, hours=Hours(opens=0, closes=24))
    return lambda: session.execute(sa.select(Arrival).execution_options(populate_existing=True)).scalar_one()


def test_the_booked_dock_is_proposed_and_confirmed_by_its_scan(
    w: Warehouse, dock: Dock, receiving: Handheld, booked: Callable[[], Arrival]
) -> None:
    receiving.scan("IN-1")
    assert (receiving.step, receiving.screen["expected"], receiving.screen["prompt"]) == ("dock", "DOCK-2", "Scan the dock DOCK-2")
    assert facts(receiving)[0] == ("Booked", "DOCK-2")
    receiving.scan("DOCK-2", "TEA", "30")
    assert w.on_hand("TEA", at="DOCK-2") == 30
    assert booked().dock_id == dock.id("DOCK-2")


def test_another_dock_is_doubted_once_and_frees_the_booked_one(
    w: Warehouse, dock: Dock, receiving: Handheld, booked: Callable[[], Arrival]
) -> None:
    receiving.scan("IN-1", "DOCK")
    assert (receiving.step, receiving.tone, receiving.code) == ("dock", "ask", "another_dock")
    assert receiving.screen["message"]["text"] == "沪A12345 is booked at DOCK-2, not DOCK"
    receiving.scan("DOCK")
    assert (receiving.step, booked().dock_id, booked().status) == ("product", dock.id("DOCK"), "arrived")
    assert session.execute(sa.select(sa.func.count()).select_from(DockBooking)).scalar_one() == 0
    receiving.scan("CMD:CANCEL", "IN-1")
    assert receiving.screen["expected"] == "DOCK", "there it stands now"


def test_a_dock_that_was_chosen_for_another_delivery_gives_way_to_the_booked_one(
    dock: Dock, receiving: Handheld, booked: Callable[[], Arrival]
) -> None:
    dock.announce(("SOAP", 3), number="IN-2")
    receiving.scan("IN-2", "DOCK", "SOAP", "3", "IN-1")
    assert (receiving.step, receiving.screen["expected"]) == ("dock", "DOCK-2")
    receiving.scan("DOCK-2", "IN-2")
    assert receiving.step == "product", "nothing is booked for it"


def test_the_dock_may_be_changed_at_the_goods_and_is_doubted_there_too(
    dock: Dock, receiving: Handheld, booked: Callable[[], Arrival]
) -> None:
    receiving.scan("IN-1", "DOCK-2", "DOCK")
    assert (receiving.step, receiving.code) == ("product", "another_dock")
    receiving.scan("DOCK")
    assert (receiving.tone, booked().dock_id) == ("good", dock.id("DOCK"))


def test_a_dock_where_another_vehicle_stands_is_asked_about(
    w: Warehouse, dock: Dock, receiving: Handheld, booked: Callable[[], Arrival]
) -> None:
    with w.transaction():
        other = arrivals.walk_in(arrivals.Plan(plate="豫B·2", dock="DOCK-2"), by=w.by, hours=Hours(opens=0, closes=24))
        arrivals.unload(other.number, by=w.by)
    receiving.scan("IN-1", "DOCK-2")
    assert (receiving.step, receiving.tone, receiving.code) == ("dock", "stop", "dock_occupied")
    assert receiving.screen["message"]["text"].startswith("豫B·2 stands at DOCK-2 since ")
    receiving.scan("DOCK-2", "TEA", "30")
    assert w.on_hand("TEA", at="DOCK-2") == 30
    assert session.get_one(Arrival, other.id, populate_existing=True).status == "left"


# -- choices -------------------------------------------------------------------------------------------------------------------


def test_a_screen_of_choices_says_choose_and_not_reason(w: Warehouse, dock: Dock, receiving: Handheld) -> None:
    w.product("TEA", packagings={"case": 12})
    dock.announce(("TEA", 30))
    receiving.scan("IN-1", "CMD:LINK", "NEW-1", "TEA")
    assert (receiving.step, receiving.screen["placeholder"]) == ("link_unit", "Choose the unit")
    receiving.scan("CASK")
    assert receiving.screen["message"]["text"] == "CASK is not one of the choices"
    receiving.scan("CMD:CANCEL", "IN-1", "TEA", "31", "CMD:DONE")
    assert (receiving.step, receiving.screen["placeholder"]) == ("surplus", "Choose one")


# -- back, away, wrong, and on another device ------------------------------------------------------------------------------------


def walk(flow: str, w: Warehouse, *script: str) -> Handheld:
    """Makes these scans. At each screen: another device shows the same, nonsense changes nothing, and one step back and the same scan
    lead here again; where nothing leads back, that is said."""
    here = Handheld(flow, w.by)
    for text in script:
        here.scan(text)
        step, prompt, told = here.step, here.screen["prompt"], facts(here)
        assert here.tone != "stop", here.screen
        other = Handheld(flow, w.by)
        assert (other.step, other.screen["prompt"], facts(other)) == (step, prompt, told)
        here.scan("a\x07b")
        assert (here.step, here.tone, facts(here)) == (step, "stop", told)
        here.scan("CMD:BACK")
        if here.code == "nothing_to_go_back":
            continue
        here.scan(text)
        if here.code is None and here.step != step:
            here.scan(text)  # the count began again: the number is confirmed by itself
        assert (here.step, here.screen["prompt"], facts(here)) == (step, prompt, told), f"{text} after one step back"
    return here


RECEIVE = [
    ("IN-1", "DOCK", "MILK", "L1", soon(), "4", "4"),
    ("IN-1", "DOCK", "MILK", "L1", "CMD:MADE", soon(-5), "40"),
    ("IN-1", "DOCK", "TEA", "7", "CMD:DONE", "CMD:DIFF", "DAMAGE", "TEA", "2", "WET"),
    ("IN-1", "DOCK", "CMD:DIFF", "FEWER", "TEA", "4"),
    ("IN-1", "DOCK", "CMD:DIFF", "UNKNOWN", "blue tin", "4"),
    ("IN-1", "DOCK", "CMD:LINK", "NEW-1", "TEA", "PIECE", "4", "4"),
    ("IN-1", "DOCK", "PHONE", "CMD:RANGE", "SN-1"),
    ("IN-1", "DOCK", sscc(9), "TEA", "4", "4"),
]


@pytest.mark.parametrize("script", RECEIVE, ids=lambda script: script[-2])
def test_at_each_screen_of_receiving_one_may_go_back_or_lose_the_device(w: Warehouse, dock: Dock, script: tuple[str, ...]) -> None:
    w.location("DOCK-2", kind=Kind.DOCK)
    w.product("MILK", tracking="expiry", shelf_life_days=100)
    w.product("PHONE", tracking="serial")
    dock.announce(("TEA", 30), ("MILK", 40), ("PHONE", 5))
    here = walk("receive", w, *script)
    came = lines()
    here.scan("CMD:CANCEL")
    assert (here.step, here.tone, lines()) == ("order", "calm", came)
    assert "IN-1" in here.screen["message"]["text"]
    here.scan("IN-1", "DOCK")
    assert here.step == "product"


def test_at_each_screen_of_an_inspection_one_may_go_back_or_lose_the_device(w: Warehouse, dock: Dock) -> None:
    with w.transaction():
        inspection_rules.add_rule(NewRule(sampling=Sampling.FIXED, sample=5), by=w.by)
    dock.announce(("TEA", 30))
    plate = dock.receive("TEA", 30).unit.code
    here = walk("inspect", w, "CMD:NEXT", plate, "SOME", "BROKEN", "2", "CMD:DONE", "SORT")
    here.scan("CMD:CANCEL")
    assert here.step == "unit"
    assert w.on_hand("TEA", condition="inspection") == 30
    here.scan(plate, "CMD:DONE", "SORT", "28")
    assert [w.on_hand("TEA", condition=one) for one in ("good", "damaged")] == [28, 2]


def test_at_each_screen_of_a_return_one_may_go_back_or_lose_the_device(w: Warehouse, dock: Dock) -> None:
    w.product("MILK", tracking="expiry")
    here = walk("return", w, "CMD:NOPAPERS", "Old shop", "MILK", "L1", soon(), "4", "4", "HOLD")
    assert here.step == "place"
    here.scan("CMD:CANCEL")
    assert (here.step, here.code) == ("place", "judged_is_lost"), "four pieces are in hand: that is asked once"
    here.scan("CMD:CANCEL")
    assert (here.step, w.on_hand("MILK")) == ("order", 0)
