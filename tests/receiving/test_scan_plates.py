"""Plates as the scanner builds them."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from tests.orders.test_announced import sscc
from tests.receiving.conftest import Dock
from tests.receiving.handheld import Handheld
from tests.warehouse import Warehouse
from wms.db import session
from wms.stock import handling_units
from wms.stock.models import HandlingUnit


@pytest.fixture
def builder(w: Warehouse, dock: Dock) -> Handheld:
    """At the dock: A and B with tea, C with soap."""
    dock.announce(("TEA", 30), ("SOAP", 20))
    for code, sku, quantity in (("A", "TEA", 10), ("B", "TEA", 20), ("C", "SOAP", 20)):
        dock.receive(sku, quantity, unit_code=code)
    return Handheld("plate", w.by)


def unit(w: Warehouse, code: str) -> HandlingUnit:
    return session.get_one(HandlingUnit, handling_units.find(code, by=w.by).id, populate_existing=True)


def facts(handheld: Handheld) -> dict[str, str]:
    return {fact["label"]: str(fact["value"]) for fact in handheld.screen["facts"]}


def test_a_new_pallet_has_its_label_and_takes_cartons(w: Warehouse, builder: Handheld) -> None:
    screen = builder.scan("CMD:NEXT")
    (label,) = screen["printed"]
    assert (label["kind"], builder.step, screen["title"]) == ("handling-unit", "onto", "Build plates")
    builder.scan("A", "C")
    assert builder.screen["message"]["text"] == "C is on it"
    assert facts(builder) == {"Stands at": "DOCK", "SOAP": "20", "TEA": "10"}
    assert {unit(w, code).parent_id for code in "AC"} == {unit(w, label["number"]).id}
    builder.scan("CMD:DONE")
    assert (builder.step, builder.screen["printed"][0]["number"]) == ("plate", label["number"])


def test_the_last_act_is_undone(w: Warehouse, builder: Handheld) -> None:
    builder.scan("CMD:NEXT", "A", "C", "CMD:UNDO")
    assert (unit(w, "C").parent_id, builder.screen["message"]["text"]) == (None, "Undone")
    assert unit(w, "A").parent_id is not None
    assert "CMD:UNDO" not in {action["scan"] for action in builder.screen["actions"]}


def test_one_plate_is_merged_into_another(w: Warehouse, builder: Handheld) -> None:
    builder.scan("B", "MERGE", "A")
    assert builder.screen["message"]["text"] == "A is merged into it"
    assert w.on_hand("TEA", unit=unit(w, "B")) == 30
    builder.scan("CMD:UNDO")
    assert w.on_hand("TEA", unit=unit(w, "B")) == 20


def test_loose_goods_go_on_from_where_they_lie(w: Warehouse, builder: Handheld) -> None:
    w.receive("RICE", 9, at="A-02")
    builder.scan("CMD:NEXT", "A-02", "RICE", "5", "CMD:DONE")
    assert builder.screen["message"]["text"] == "5 pieces of RICE are on it"
    assert facts(builder) == {"Stands at": "A-02", "RICE": "5"}
    builder.scan("RICE", "9", "CMD:DONE")
    assert (builder.tone, builder.code) == ("stop", "not_enough")


def test_goods_with_lots_ask_for_the_lot(w: Warehouse, builder: Handheld) -> None:
    w.product("MILK", tracking="lot")
    for lot in ("L1", "L2"):
        w.receive("MILK", 5, lot=lot, at="A-02")
    builder.scan("CMD:NEXT", "A-02", "MILK")
    assert builder.step == "lot"
    builder.scan("L9")
    assert builder.code == "lot_not_here"
    builder.scan("L2", "5")
    assert [row.on_hand for row in w.stock("MILK", lot="L2") if row.handling_unit_id] == [5]
    builder.scan("OFF", "MILK", "2", "CMD:DONE", "CMD:NEXT")
    assert builder.screen["message"]["text"].startswith("2 pieces of MILK → …")
    assert [printed["kind"] for printed in builder.screen["printed"]] == ["handling-unit"]


def test_a_part_goes_onto_another_plate(w: Warehouse, builder: Handheld) -> None:
    builder.scan("B", "OFF", "TEA", "5", "CMD:DONE")
    assert builder.step == "off_to"
    builder.scan("A")
    assert (w.on_hand("TEA", unit=unit(w, "A")), w.on_hand("TEA", unit=unit(w, "B"))) == (15, 15)
    builder.scan("OFF", "TEA", "16")
    assert (builder.step, builder.code or builder.step) == ("off_quantity", "off_quantity")
    builder.scan("CMD:DONE")
    assert builder.code == "not_enough"


def test_a_part_goes_into_a_new_tote(w: Warehouse, builder: Handheld) -> None:
    plate = w.unit(at="DOCK")
    w.receive("TEA", 10, at="DOCK", unit=plate)
    builder.scan(plate.code, "OFF", "TEA", "4", "4", "CMD:TOTE")
    assert (builder.step, builder.tone) == ("onto", "good")
    tote = session.execute(sa.select(HandlingUnit).where(HandlingUnit.kind == "tote")).scalar_one()
    assert w.on_hand("TEA", unit=tote) == 4


def test_a_mistyped_sscc_says_so(builder: Handheld) -> None:
    builder.scan("106141411234567890")
    assert builder.screen["message"]["text"] == "The check digit of 106141411234567890 is wrong"


def test_a_carton_comes_off(w: Warehouse, builder: Handheld) -> None:
    builder.scan("CMD:NEXT", "A", "OFF", "C")
    assert builder.code == "not_on_plate"
    builder.scan("A")
    assert unit(w, "A").parent_id is None


def test_a_plate_is_taken_apart_after_a_second_scan(w: Warehouse, builder: Handheld) -> None:
    builder.scan("A", "DISSOLVE", "B")
    assert (builder.step, builder.code) == ("dissolve", "wrong_handling_unit")
    builder.scan("A")
    assert builder.screen["message"]["text"] == "Taken apart"
    assert [row.handling_unit_id for row in w.stock("TEA", at="DOCK") if row.on_hand == 10] == [None]


def test_a_pallet_with_the_suppliers_number_is_begun_too(w: Warehouse, builder: Handheld) -> None:
    builder.scan(sscc(77), "A")
    assert unit(w, "A").parent_id == unit(w, sscc(77)).id


@pytest.mark.parametrize(("scanned", "code"), [("NONSENSE", "not_recognised"), (sscc(5, "6900000"), "own_sscc"), ("TEA", "not_accepted")])
def test_what_is_no_plate_is_refused(builder: Handheld, scanned: str, code: str) -> None:
    builder.scan(scanned)
    assert builder.step == "plate"
    assert builder.tone == "stop"


def test_an_empty_plate_offers_nothing_to_take_off(builder: Handheld) -> None:
    builder.scan("CMD:NEXT")
    assert "OFF" not in {action["scan"] for action in builder.screen["actions"]}
    builder.scan("A")
    assert {"OFF", "DISSOLVE", "MERGE"} <= {action["scan"] for action in builder.screen["actions"]}


# -- a stack is put away by one scan ---------------------------------------------------------------------------------------------


def test_a_pallet_with_its_cartons_is_put_away_by_two_scans(w: Warehouse, dock: Dock, builder: Handheld) -> None:
    pallet = builder.scan("CMD:NEXT")["printed"][0]["number"]
    builder.scan("A", "C")
    forklift = Handheld("putaway", w.by)
    forklift.scan(pallet)
    assert (forklift.step, facts(forklift)["SOAP"], facts(forklift)["TEA"]) == ("bin", "20", "10")
    assert {"CMD:FULL", "CMD:SHORT"} & {action["scan"] for action in forklift.screen["actions"]} == set()
    forklift.scan(place := forklift.screen["expected"])
    assert forklift.screen["message"]["text"] == f"…{pallet[-6:]} with all on it stored in {place}"
    assert (w.on_hand("TEA", at=place), w.on_hand("SOAP", at=place)) == (10, 20)
    forklift.scan("CMD:UNDO")
    assert (forklift.step, w.on_hand("SOAP", at="DOCK"), facts(forklift)["SOAP"]) == ("bin", 20, "20")
    forklift.scan("A-03")
    assert forklift.code == "another_location"
    forklift.scan("A-03", "TOO_BIG")
    assert w.on_hand("TEA", at="A-03") == 10


@pytest.mark.parametrize("scanned", ["CMD:NEXT", "DOCK", "TEA", "IN-1"])
def test_whoever_finds_a_carton_on_a_pallet_takes_the_pallet(w: Warehouse, builder: Handheld, scanned: str) -> None:
    pallet = builder.scan("CMD:NEXT")["printed"][0]["number"]
    builder.scan("A", "B", "C")
    forklift = Handheld("putaway", w.by)
    forklift.scan(scanned)
    assert pallet in {str(fact["detail"]) for fact in forklift.screen["facts"]}
    forklift.scan("CMD:SKIP")
    assert Handheld("putaway", w.person("other")).scan(pallet)["step"] == "bin"


def test_a_carton_scanned_by_itself_is_put_away_alone(w: Warehouse, builder: Handheld) -> None:
    builder.scan("CMD:NEXT", "A", "C")
    forklift = Handheld("putaway", w.by)
    wanted = forklift.scan("A")["expected"]
    forklift.scan("A-02", *([] if wanted == "A-02" else ["A-02", "OTHER"]))
    assert (unit(w, "A").parent_id, w.on_hand("TEA", at="A-02")) == (None, 10)
