"""The scanner at the bench, at the door and at the gate, screen by screen."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from time_machine import travel

from tests.scanner import Scanner
from tests.shipping.conftest import Yard
from wms import clock
from wms.actor import Role
from wms.catalog import carton_types
from wms.db import session
from wms.i18n import Text
from wms.orders import lifecycle
from wms.printing import printers, stations
from wms.printing.models import PrinterKind, Takes
from wms.scan.engine import Engine
from wms.shipping import changes, closing, documents, gate, history, queries
from wms.shipping.models import Load, Mismatch
from wms.stock import promises
from wms.stock.models import HandlingUnit, UnitKind
from wms.tasks.models import TaskKind, TaskStatus

APPLE, PEAR, PLUM = "6901234567892", "6901234567908", "6901234567915"


@pytest.fixture(autouse=True)
def _goods(yard: Yard) -> None:
    yard.product("APPLE", APPLE, weight_grams=100)
    yard.product("PEAR", PEAR)
    yard.product("PLUM", PLUM)


# -- pack --------------------------------------------------------------------------------------------------------------


def test_an_order_is_packed_piece_by_piece_and_prints_its_papers(yard: Yard, bench: Scanner) -> None:
    yard.picked("SO-1", APPLE=3, PEAR=1)
    bench.scan("SO-1")
    assert bench.step == "product"
    assert bench.screen["document"] == "SO-1"
    bench.scan(APPLE)  # the piece that was scanned counts
    assert (bench.step, bench.screen["expected"]) == ("quantity", "3")
    bench.scan(APPLE, APPLE)
    assert (bench.step, bench.tone) == ("product", "good")
    assert bench.screen["progress"] == {"done": 3, "of": 4}
    bench.scan(PEAR)  # the only one: packed at once
    assert bench.step == "weight"
    assert (yard.status("SO-1"), bench.printed) == ("packed", []), "the label bears the weight"
    bench.scan("350")
    assert bench.printed == ["handling-unit", "packing-slip", "delivery-note"]
    assert [task.status for task in yard.tasks(TaskKind.PACK)] == [TaskStatus.DONE]


def test_a_typed_quantity_is_the_second_check_too(yard: Yard, bench: Scanner) -> None:
    yard.picked("SO-1", APPLE=12)
    bench.scan("SO-1", APPLE, "12")
    assert yard.lines("SO-1", "packed") == [12]


def test_quantities_are_told_in_the_unit_of_the_product(yard: Yard, bench: Scanner, door: Scanner, guard: Scanner) -> None:
    yard.product("SHOE", "6901234567922", base_unit="pair")
    yard.picked("SO-1", SHOE=3, PEAR=1)
    bench.scan("SO-1")
    assert [fact["detail"] for fact in bench.screen["facts"]][:2] == ["1 piece · PEAR", "3 pairs · SHOE"]
    bench.scan("SHOE")
    assert [(fact["value"], fact["detail"]) for fact in bench.screen["facts"] if fact["label"] == "Quantity"] == [("3", "pairs")]
    bench.scan("3")
    assert bench.said == "3 pairs of SHOE packed"
    load = yard.plan("SO-1")
    assert closing.missing(load).words.say("zh_CN").endswith("SO-1 有 1 件未打包")
    bench.scan("PEAR")
    code = cartons(yard, "SO-1")[0].code
    door.scan(load.number, code)
    assert (door.step, door.screen["facts"][0]["value"]) == ("close", "1 carton")
    door.scan("SEAL-1")
    gate_pass = yard.fresh(load).gate_pass or ""
    guard.scan(gate_pass, gate_pass)
    assert guard.said == "沪A12345 has left with 1 carton"
    assert queries.load_view(load, yard.by).units[0].amount.say("zh_CN") == "4 件"  # pairs and pieces together


def test_a_wrong_piece_is_caught(yard: Yard, bench: Scanner) -> None:
    yard.picked("SO-1", APPLE=2)
    bench.scan("SO-1", PEAR)
    assert (bench.step, bench.tone, bench.code) == ("product", "stop", "wrong_piece")
    bench.scan(APPLE, PEAR)
    assert (bench.step, bench.code) == ("quantity", "wrong_product")
    assert yard.lines("SO-1", "packed") == [0]


def test_an_extra_piece_is_caught(yard: Yard, bench: Scanner) -> None:
    yard.picked("SO-1", APPLE=2, PEAR=1)
    bench.scan("SO-1", APPLE, "3")
    assert (bench.step, bench.code) == ("quantity", "too_many")
    bench.scan("2", APPLE)
    assert (bench.step, bench.code, bench.said) == ("product", "extra_piece", "No more APPLE go into SO-1")
    assert yard.lines("SO-1", "packed") == [2, 0]


def test_a_piece_of_a_lot_that_was_not_picked_is_caught(yard: Yard, bench: Scanner) -> None:
    yard.w.receive("APPLE", 2, at="A-01", lot="L1")
    yard.enter("SO-1", APPLE=2)
    yard.pick("SO-1")
    bench.scan("SO-1", f"]C1010{APPLE}10L2")
    assert (bench.step, bench.code) == ("product", "wrong_lot")
    bench.scan(f"]C1010{APPLE}10L1")
    assert bench.step == "quantity"


def test_a_full_carton_is_closed_and_the_next_one_opened(yard: Yard, bench: Scanner) -> None:
    yard.picked("SO-1", APPLE=3)
    bench.scan("SO-1")
    assert "CMD:FULL" not in bench.offers  # it is empty
    bench.scan(APPLE, APPLE, "CMD:DONE")
    assert "CMD:FULL" in bench.offers
    bench.scan("CMD:FULL")
    assert (bench.step, bench.printed) == ("weight", [])
    bench.scan("CMD:DONE")
    assert (bench.step, bench.printed) == ("product", ["handling-unit", "packing-slip"])
    bench.scan(APPLE)
    first, second = sorted(one.code for one in cartons(yard, "SO-1"))
    assert first != second
    assert yard.status("SO-1") == "packed"


def cartons(yard: Yard, number: str) -> list[HandlingUnit]:
    codes = [parcel.code for one in queries.shipments(yard.by) if one.order == number for parcel in one.parcels]
    return [yard.unit(code) for code in codes]


def test_an_order_of_which_more_is_being_picked_is_not_called_packed(yard: Yard, bench: Scanner) -> None:
    yard.w.receive("APPLE", 5, at="A-01")
    yard.enter("SO-1", APPLE=5)
    yard.pick("SO-1", only=2)
    bench.scan("SO-1")
    assert bench.screen["progress"] == {"done": 0, "of": 5}
    bench.scan(APPLE, "2")
    assert (bench.step, bench.tone, bench.said) == ("product", "ask", "3 more are being picked; SO-1 waits")
    assert (bench.screen["prompt_verb"], bench.printed, bench.screen["progress"]) == ("The order waits", [], {"done": 2, "of": 5})
    assert ("Being picked", "3") in [(fact["label"], fact["value"]) for fact in bench.screen["facts"]]
    assert {"CMD:NEXT", "CMD:DONE", "CMD:UNDO"} <= set(bench.offers)
    assert (yard.status("SO-1"), yard.shipment("SO-1").packed_at) == ("picking", None)
    assert not [task for task in yard.tasks(TaskKind.PACK) if task.status != TaskStatus.DONE], "nothing of it is at the bench"
    bench.scan("CMD:NEXT")
    assert bench.code == "no_work"

    yard.pick("SO-1")
    bench.scan("CMD:NEXT")
    assert (bench.step, bench.screen["document"], "Being picked" in str(bench.screen["facts"])) == ("product", "SO-1", False)
    bench.scan(APPLE, "3", "CMD:DONE")
    assert (bench.step, bench.printed) == ("start", ["handling-unit", "packing-slip", "delivery-note"])
    assert len(cartons(yard, "SO-1")) == 1, "the carton that waited holds all"
    assert (yard.status("SO-1"), yard.shipment("SO-1").packed_at is not None) == ("packed", True)


def test_the_papers_of_a_carton_that_is_closed_before_the_rest_came_do_not_say_how_many_there_are(yard: Yard, bench: Scanner) -> None:
    yard.w.receive("APPLE", 5, at="A-01")
    yard.enter("SO-1", APPLE=5)
    yard.pick("SO-1", only=2)
    bench.scan("SO-1", APPLE, "2", "CMD:DONE")
    assert bench.said.endswith("is closed; 3 more are being picked")
    bench.scan("CMD:DONE")
    assert (bench.step, bench.printed) == ("start", ["handling-unit", "packing-slip"])
    code = yard.unit_of("SO-1")
    assert documents.handling_unit(code, yard.by).sequence == ""
    slip, note = documents.packing_slip(code, yard.by), documents.delivery_note(yard.shipment("SO-1").number, yard.by)
    assert [paper.stamp and paper.stamp.say("en") for paper in (slip, note)] == ["Not all packed yet"] * 2
    yard.pick("SO-1")
    bench.scan("SO-1", APPLE, "3")
    second = next(one.code for one in cartons(yard, "SO-1") if one.code != code)
    assert documents.handling_unit(second, yard.by).sequence == "2/2"
    assert documents.packing_slip(second, yard.by).stamp is None


def test_a_carton_that_waited_is_closed_when_the_rest_does_not_come(yard: Yard, bench: Scanner) -> None:
    yard.w.receive("APPLE", 5, at="A-01")
    yard.enter("SO-1", APPLE=5)
    yard.pick("SO-1", only=2)
    bench.scan("SO-1", APPLE, "2", "CMD:CANCEL")
    with yard.w.transaction():
        order = lifecycle.lock(yard.order("SO-1").id)
        order.lines[0].short, order.lines[0].promised = 3, 0
        promises.change(order.site_id, {order.lines[0].product_id: -3})
        lifecycle.progress(order, by=yard.by)
    assert yard.status("SO-1") == "packed"
    bench.scan("CMD:NEXT")
    assert (bench.step, bench.screen["document"], bench.screen["prompt_verb"]) == ("product", "SO-1", "Close the carton")
    bench.scan("CMD:DONE", "CMD:DONE")
    assert (bench.step, bench.printed) == ("start", ["handling-unit", "packing-slip", "delivery-note"])
    assert yard.shipment("SO-1").packed_at is not None
    bench.scan("CMD:NEXT")
    assert bench.code == "no_work"


def test_where_every_carton_is_closed_an_order_is_finished_without_what_does_not_come(yard: Yard, bench: Scanner) -> None:
    yard.w.receive("APPLE", 5, at="A-01")
    yard.enter("SO-1", APPLE=5)
    yard.pick("SO-1", only=2)
    bench.scan("SO-1", APPLE, "2", "CMD:DONE", "CMD:DONE")
    with yard.w.transaction():
        order = lifecycle.lock(yard.order("SO-1").id)
        order.lines[0].short, order.lines[0].promised = 3, 0
        promises.change(order.site_id, {order.lines[0].product_id: -3})
        lifecycle.progress(order, by=yard.by)
    bench.scan("CMD:NEXT")
    assert (bench.step, bench.said, bench.printed) == ("start", "SO-1 is packed; nothing more of it comes", ["delivery-note"])
    assert yard.shipment("SO-1").packed_at is not None
    bench.scan("CMD:NEXT")
    assert bench.code == "no_work"


def test_who_takes_other_work_before_the_scale_is_asked_for_the_weight_first(yard: Yard, bench: Scanner) -> None:
    yard.picked("SO-1", APPLE=2)
    yard.picked("SO-2", APPLE=2)
    bench.scan("SO-1", APPLE, "2")
    assert bench.step == "weight"
    carton = bench.screen["version"]
    bench.scan("CMD:NEXT")
    assert (bench.step, bench.tone, bench.code, bench.screen["version"]) == ("weight", "ask", "carton_not_weighed", carton + 1)
    bench.scan("CMD:NEXT")
    assert (bench.step, bench.screen["document"]) == ("product", "SO-2"), "asked once; a second time it is meant"
    bench.scan(APPLE, "2", "200")
    assert bench.step == "start"


@pytest.mark.parametrize(
    ("language", "told"), [("en", "SO-1: finish it, or choose Leave this work"), ("zh_CN", "SO-1：请先完成，或点“离开作业”")]
)
def test_who_scans_another_order_is_told_how_to_leave_the_one_in_hand(yard: Yard, engine: Engine, language: str, told: str) -> None:
    bench = Scanner(engine, yard.w.person("other", roles=[Role.PACKER], language=language), "pack")
    yard.picked("SO-1", APPLE=2)
    yard.picked("SO-2", APPLE=2)
    bench.scan("SO-1", "SO-2")
    assert (bench.step, bench.tone, bench.screen["document"]) == ("product", "stop", "SO-1")
    assert told in bench.said
    leave = next(action for action in bench.screen["actions"] if action["scan"] == "CMD:CANCEL")
    assert leave["label"] in told, "it is the word on the button"
    bench.scan("CMD:CANCEL", "SO-2")
    assert bench.screen["document"] == "SO-2"


def said_of(yard: Yard, carton: str) -> list[str]:
    """What label, slip and delivery note say of the weight."""
    label = documents.handling_unit(carton, yard.by)
    slip, note = documents.packing_slip(carton, yard.by), documents.delivery_note(yard.shipment("SO-1").number, yard.by)
    facts = [*label.facts, *slip.sections[0].facts, *note.facts]
    return [value.say("en") if isinstance(value, Text) else str(value) for name, value in facts if "eight" in name.say("en")]


def test_what_left_weighs_what_its_papers_said_on_the_truck(yard: Yard) -> None:
    """Nobody weighed it: goods and box are reckoned before the gate and after it."""
    yard.product("FIG", "6901234567939", weight_grams=200)
    carton = yard.packed("SO-1", FIG=3)
    with yard.w.transaction():
        box, _ = carton_types.put_carton_type("S", length_mm=200, width_mm=200, height_mm=100, tare_grams=50)
        session.flush()
        yard.unit(carton).carton_type_id = box.id
    load = yard.plan("SO-1")
    assert said_of(yard, carton) == ["0.65, computed"] * 3
    yard.load(load, carton)
    yard.leave(yard.close(load))
    assert said_of(yard, carton) == ["0.65, computed"] * 3


def test_label_slip_and_note_bear_the_weight_and_come_once(yard: Yard, bench: Scanner) -> None:
    """Each carton is weighed when it is closed and labelled then; where nobody weighs it, the weight is reckoned and says so. What was
    printed and says something else now is printed once more, with why."""
    yard.product("FIG", "6901234567939", weight_grams=200)
    yard.picked("SO-1", APPLE=3, FIG=1)
    bench.scan("SO-1", APPLE, "2", "CMD:DONE", "CMD:FULL")
    first = cartons(yard, "SO-1")[0].code
    assert said_of(yard, first) == ["0.20, computed"] * 3
    bench.scan("CMD:DONE")
    assert (bench.step, bench.printed) == ("product", ["handling-unit", "packing-slip"])
    bench.scan("FIG", APPLE)
    assert (bench.step, bench.printed) == ("weight", [])
    bench.scan("320")
    assert (bench.step, bench.printed) == ("start", ["handling-unit", "packing-slip", "delivery-note"])
    second = next(one.code for one in cartons(yard, "SO-1") if one.code != first)
    assert said_of(yard, second) == ["0.32", "0.32", "0.52, computed"]
    bench.scan(first, "230")
    assert [(one["kind"], one["number"]) for one in bench.screen["printed"]] == [("handling-unit", first), ("packing-slip", first)]
    assert said_of(yard, first) == ["0.23", "0.23", "0.55"]
    bench.scan(first, "230")
    assert bench.printed == [], "the same weight is no other label"


def test_whoever_leaves_before_weighing_finds_the_papers_printed_all_the_same(yard: Yard, bench: Scanner) -> None:
    yard.picked("SO-1", APPLE=1)
    yard.picked("SO-2", APPLE=1)
    bench.scan("SO-1", APPLE)
    assert bench.printed == []
    bench.scan("SO-2")
    assert (bench.step, bench.printed) == ("product", ["handling-unit", "packing-slip", "delivery-note"])
    assert bench.screen["printed"][0]["number"] == yard.unit_of("SO-1")


def test_where_the_house_does_not_weigh_the_papers_come_at_closing(yard: Yard, bench: Scanner, app: Any, monkeypatch: Any) -> None:
    monkeypatch.setitem(app.config, "WMS", replace(app.config["WMS"], ask_weights=False))
    yard.picked("SO-1", APPLE=3)
    bench.scan("SO-1", APPLE, "2", "CMD:DONE", "CMD:FULL")
    assert (bench.step, bench.printed) == ("product", ["handling-unit", "packing-slip"])
    bench.scan(APPLE)
    assert (bench.step, bench.printed) == ("start", ["handling-unit", "packing-slip", "delivery-note"])


def test_who_weighs_one_carton_is_asked_for_the_ones_closed_before(yard: Yard, bench: Scanner) -> None:
    yard.picked("SO-1", APPLE=3)
    bench.scan("SO-1", APPLE, APPLE, "CMD:DONE", "CMD:FULL", "CMD:CANCEL", "SO-1", APPLE)
    first, second = (one.code for one in cartons(yard, "SO-1"))
    assert (bench.step, bench.screen["facts"][0]["value"]) == ("weight", f"…{second[-6:]}")
    bench.scan("150")
    assert (bench.step, bench.screen["facts"][0]["value"]) == ("weight", f"…{first[-6:]}")
    assert bench.screen["message"]["detail"] == f"Now carton …{first[-6:]} of SO-1"
    bench.scan("260")
    assert bench.step == "start"
    assert [one.weight_grams for one in cartons(yard, "SO-1")] == [260, 150]


def test_words_at_the_bench_fit_the_bench(yard: Yard, bench: Scanner) -> None:
    yard.picked("SO-1", APPLE=4)
    bench.scan("SO-1", APPLE, "5")
    assert bench.screen["message"]["detail"] == "Take the extra pieces out and choose Put aside; type 4"
    bench.scan("CMD:SHORT")
    assert ("Should be here", "4") in [(fact["label"], fact["value"]) for fact in bench.screen["facts"]]


def test_the_loader_reads_where_the_next_unit_lies_and_where_one_of_another_truck_goes(yard: Yard, door: Scanner) -> None:
    code, other = yard.packed("SO-1", APPLE=1), yard.packed("SO-2", APPLE=1)
    here, there = yard.plan("SO-1"), yard.plan("SO-2", door="DOOR-2", plate="豫A777")
    door.scan(here.number)
    facts = {fact["label"]: (fact["value"], fact["detail"]) for fact in door.screen["facts"]}
    assert (facts["Last digits"], facts["Lies at"]) == ((code[-6:], "SO-1"), ("PACK", None))
    door.scan(other)
    assert (door.code, door.screen["message"]["detail"]) == ("wrong_truck", "Take it to DOOR-2: truck 豫A777")
    assert door.said.endswith(there.number)


def test_a_load_that_dispatch_changed_is_read_again_by_its_sheet_or_the_first_refusal(yard: Yard, door: Scanner) -> None:
    stays, goes, late = yard.packed("SO-1", APPLE=1), yard.packed("SO-2", APPLE=1), yard.packed("SO-3", APPLE=1)
    load = yard.plan("SO-1", "SO-2", "SO-3")
    door.scan(load.number)
    assert door.screen["expected"] == late
    with yard.w.transaction():
        changes.take_off(load.id, "SO-3", by=yard.by)
    other = yard.plan("SO-3", door="DOOR-2")
    door.scan(late)
    assert (door.code, door.screen["expected"]) == ("wrong_truck", goes), "the refusal stands over what is next by now"
    assert door.screen["progress"] == {"done": 0, "of": 2}
    with yard.w.transaction():
        changes.take_off(load.id, "SO-2", by=yard.by)
    door.scan(load.number)
    assert (door.said, door.screen["expected"], door.screen["progress"]) == (f"{load.number} as it is now", stays, {"done": 0, "of": 1})
    door.scan(other.number)
    assert (door.code, door.step) == ("other_load", "unit")
    door.scan(stays, load.number)
    assert (door.step, door.code) == ("close", None), "the sheet is no seal"


def test_what_was_packed_last_is_taken_out_again_even_after_the_carton_closed(yard: Yard, bench: Scanner) -> None:
    yard.picked("SO-1", APPLE=2, PEAR=1)
    bench.scan("SO-1", APPLE, "2", PEAR)
    assert yard.status("SO-1") == "packed"
    bench.scan("CMD:UNDO")
    assert (bench.step, bench.tone) == ("product", "ask")
    assert (yard.lines("SO-1", "packed"), yard.status("SO-1")) == ([2, 0], "picked")
    bench.scan("CMD:UNDO")
    assert yard.lines("SO-1", "packed") == [0, 0]
    assert "CMD:UNDO" not in bench.offers
    bench.scan(APPLE, "2", PEAR)
    assert yard.status("SO-1") == "packed"


def test_the_weight_is_optional_and_nobody_is_stuck_there(yard: Yard, bench: Scanner) -> None:
    yard.picked("SO-1", APPLE=1)
    yard.picked("SO-2", APPLE=1)
    yard.picked("SO-3", APPLE=1)
    bench.scan("SO-1", APPLE, "150")
    assert bench.step == "start"
    assert [one.weight_grams for one in cartons(yard, "SO-1")] == [150]
    bench.scan("SO-2", APPLE, "SO-3")
    assert (bench.step, bench.screen["document"]) == ("product", "SO-3")
    bench.scan(APPLE, "CMD:DONE")
    assert bench.step == "start"


def test_a_weight_far_from_the_book_is_asked_twice(yard: Yard, bench: Scanner) -> None:
    yard.picked("SO-1", APPLE=2)
    bench.scan("SO-1", APPLE, "2", "90")
    assert (bench.step, bench.tone, bench.code) == ("weight", "ask", "weight_far_off")
    bench.scan("90")
    assert [one.weight_grams for one in cartons(yard, "SO-1")] == [90]


def test_an_order_number_that_reads_like_a_weight_is_not_taken_for_one(yard: Yard, bench: Scanner) -> None:
    yard.picked("10248", APPLE=2)
    yard.picked("10249", APPLE=2)
    bench.scan("10248", APPLE, "2", "10249")
    assert (bench.step, bench.tone, bench.code) == ("weight", "ask", "weight_or_order")


def test_the_best_order_is_handed_out_and_two_packers_get_two(yard: Yard, bench: Scanner) -> None:
    yard.picked("SO-1", APPLE=1)
    yard.picked("SO-2", APPLE=1, priority=9)
    bench.scan("CMD:NEXT")
    assert bench.screen["document"] == "SO-2"
    other = Scanner(bench.engine, yard.w.person("second", roles=["packer"]), "pack")
    other.scan("CMD:NEXT")
    assert other.screen["document"] == "SO-1"
    third = Scanner(bench.engine, yard.w.person("third", roles=["packer"]), "pack")
    third.scan("CMD:NEXT")
    assert third.code == "no_work"
    third.scan("SO-1")
    assert third.code == "task_taken"
    other.scan("CMD:CANCEL")
    third.scan("SO-1")
    assert third.step == "product"


def test_a_tote_says_whose_goods_it_holds(yard: Yard, bench: Scanner) -> None:
    yard.w.receive("APPLE", 2, at="A-01")
    yard.enter("SO-1", APPLE=2)
    tote = yard.w.unit("TOTE-7", at="PACK", kind=UnitKind.TOTE)
    bench.scan("TOTE-7")
    assert bench.code == "nothing_to_pack"
    yard.pick("SO-1", tote=tote)
    bench.scan("tote-7")
    assert bench.screen["document"] == "SO-1"
    bench.scan(APPLE, "2")
    assert yard.w.on_hand("APPLE", unit=tote) == 0


def test_an_order_cancelled_on_the_bench_stops_the_packer_in_words(yard: Yard, bench: Scanner) -> None:
    yard.picked("SO-1", APPLE=2, PEAR=2)
    bench.scan("SO-1", APPLE, "2")
    yard.cancel("SO-1")
    bench.scan(PEAR)
    assert (bench.step, bench.tone, bench.code) == ("start", "stop", "order_cancelled")
    assert "leave everything at PACK" in bench.said
    bench.scan("SO-1")
    assert bench.code == "order_cancelled"
    assert yard.w.free("APPLE", at="PACK") == 2


def test_a_double_tap_packs_once(yard: Yard, bench: Scanner) -> None:
    yard.picked("SO-1", APPLE=2, PEAR=1)
    bench.scan("SO-1", APPLE)
    version = bench.screen["version"]
    first = bench.send("2", key="tap", version=version)
    again = bench.send("2", key="tap", version=version)
    assert again.screen == first.screen
    assert bench.send("2", key="other", version=version).status == 409
    assert yard.lines("SO-1", "packed") == [2, 0]


def test_orders_that_are_not_at_the_bench_are_refused(yard: Yard, bench: Scanner) -> None:
    yard.w.receive("APPLE", 2, at="A-01")
    yard.enter("SO-1", APPLE=2)
    bench.scan("SO-1")
    assert bench.code == "nothing_to_pack"
    bench.scan("SO-404")
    assert bench.code in ("document_unknown", "not_recognised")
    bench.scan("CMD:NEXT")
    assert bench.code == "no_work"


# -- load --------------------------------------------------------------------------------------------------------------


def test_a_truck_is_loaded_in_reverse_and_closed_with_a_seal(yard: Yard, door: Scanner) -> None:
    near, far = yard.packed("SO-1", APPLE=1), yard.packed("SO-2", APPLE=1)
    load = yard.plan("SO-1", "SO-2", plate="沪A12345")
    door.scan(load.number)
    assert (door.step, door.screen["expected"]) == ("unit", far)
    door.scan(near)
    assert (door.tone, door.code) == ("ask", "out_of_turn")
    door.scan("00" + far)
    assert (door.tone, door.screen["expected"]) == ("good", near)
    assert door.screen["progress"] == {"done": 1, "of": 2}
    door.scan(near)
    assert door.step == "close"
    assert yard.status("SO-1") == yard.status("SO-2") == "loaded"
    door.scan("SEAL-77")
    assert door.step == "start"
    assert door.printed == ["gate-pass", "carrier-manifest"]
    closed = yard.fresh(load)
    assert (closed.status, closed.seal) == ("closed", "SEAL-77")
    assert door.screen["printed"][0]["number"] == closed.gate_pass


def test_the_wrong_order_of_stops_is_taken_when_the_loader_means_it(yard: Yard, door: Scanner) -> None:
    near = yard.packed("SO-1", APPLE=1)
    yard.packed("SO-2", APPLE=1)
    load = yard.plan("SO-1", "SO-2")
    door.scan(load.number, near, near)
    assert (door.tone, door.step) == ("good", "unit")
    assert yard.status("SO-1") == "loaded"


def test_a_load_is_found_by_order_carton_and_door(yard: Yard, door: Scanner) -> None:
    carton = yard.packed("SO-1", APPLE=1)
    load = yard.plan("SO-1")
    for text in ("SO-1", carton, "DOOR-1", load.number.lower(), "CMD:NEXT"):
        door.scan(text)
        assert (door.step, door.screen["document"]) == ("unit", load.number), text
        door.scan("CMD:CANCEL")
    door.scan("DOOR-2")
    assert door.code == "no_load_here"


def test_a_load_without_orders_is_not_loaded_and_does_not_stand_in_the_way(yard: Yard, door: Scanner) -> None:
    yard.packed("SO-1", APPLE=1)
    carton = yard.packed("SO-2", APPLE=1)
    empty, full = yard.plan("SO-1"), yard.plan("SO-2")
    yard.cancel("SO-1")
    door.scan(empty.number)
    assert (door.step, door.tone, door.code) == ("start", "stop", "load_without_orders")
    for text in ("DOOR-1", "CMD:NEXT"):
        door.scan(text)
        assert (door.step, door.screen["document"], door.screen["expected"]) == ("unit", full.number, carton), text
        door.scan("CMD:CANCEL")


def test_the_plate_is_entered_at_the_door_when_nobody_has_said_it(yard: Yard, door: Scanner) -> None:
    carton = yard.packed("SO-1", APPLE=1)
    load = yard.plan("SO-1", plate=None, driver="王师傅")
    door.scan(load.number)
    assert (door.tone, door.said) == ("ask", "No plate yet: enter it before closing")
    door.scan(carton, "CMD:DONE")
    assert (door.step, door.code) == ("close", "plate_missing")
    door.scan("CMD:PLATE", "x" * 41)
    assert (door.step, door.code) == ("plate", "plate_too_long")
    door.scan("沪A12345")
    assert (door.step, door.tone, "CMD:PLATE" in door.offers) == ("close", "good", False)
    assert (yard.fresh(load).plate, yard.fresh(load).driver) == ("沪A12345", "王师傅")
    door.scan("SEAL-1")
    assert yard.fresh(load).status == "closed"


def test_an_order_on_no_load_gets_one_when_the_dispatcher_means_it(yard: Yard, door: Scanner) -> None:
    carton = yard.packed("SO-1", APPLE=1)
    door.scan("SO-1")
    assert (door.tone, door.code) == ("ask", "not_on_a_load")
    door.scan("SO-1")
    assert (door.step, door.screen["expected"]) == ("unit", carton)


def test_what_does_not_belong_on_this_truck_is_refused(yard: Yard, door: Scanner) -> None:
    mine, other = yard.packed("SO-1", APPLE=1), yard.packed("SO-2", APPLE=1)
    yard.picked("SO-3", APPLE=1)
    load = yard.plan("SO-1", "SO-3")
    yard.plan("SO-2")
    yard.w.unit("PLATE-1", at="A-01")
    door.scan(load.number, mine)
    for text, code in ((mine, "loaded_already"), (other, "wrong_truck"), ("PLATE-1", "unit_of_no_order"), ("XYZ", "not_recognised")):
        door.scan(text)
        assert (door.tone, door.code, door.step) == ("stop", code, "unit"), text
    door.scan("CMD:DONE")
    assert door.code == "load_not_complete"
    assert yard.fresh(load).status == "loading"


def test_a_supervisor_closes_without_what_is_missing_and_says_why(yard: Yard, door: Scanner) -> None:
    here = yard.packed("SO-1", APPLE=1)
    yard.packed("SO-2", APPLE=1)
    load = yard.plan("SO-1", "SO-2")
    chief = Scanner(door.engine, yard.chief, "load")
    chief.scan(load.number, here, here, "CMD:DONE")
    assert (chief.step, chief.tone) == ("missing", "ask")
    chief.scan("NO_ROOM")
    assert (chief.step, yard.fresh(load).status) == ("seal", "loading")
    chief.scan("SEAL-1")
    assert chief.step == "start"
    assert yard.fresh(load).status == "closed"


def test_in_a_house_that_seals_nothing_a_full_truck_closes_by_its_button(yard: Yard, door: Scanner, app: Any, monkeypatch: Any) -> None:
    monkeypatch.setitem(app.config, "WMS", replace(app.config["WMS"], ask_seals=False))
    carton = yard.packed("SO-1", APPLE=1)
    load = yard.plan("SO-1")
    door.scan(load.number, carton, "CMD:DONE")
    assert (door.tone, yard.fresh(load).status) == ("good", "closed")
    assert door.screen["printed"][0]["kind"] == "gate-pass"


def test_no_truck_goes_without_a_seal_by_one_tap(yard: Yard, door: Scanner, guard: Scanner) -> None:
    """The other loader's screen is stale: his button asks for the seal too, and none at all is a second choice with its reason."""
    first, last = yard.packed("SO-1", APPLE=1), yard.packed("SO-2", APPLE=1)
    load = yard.plan("SO-1", "SO-2")
    stale = Scanner(door.engine, yard.chief, "load")
    stale.scan(load.number)
    door.scan(load.number, last, first)
    stale.scan("CMD:DONE")
    assert (stale.step, yard.fresh(load).status) == ("close", "loading")
    assert "No seal" in [action["label"] for action in door.screen["actions"]]
    door.scan("CMD:DONE")
    assert (door.step, yard.fresh(load).status) == ("unsealed", "loading")
    with pytest.raises(closing.SealWanted), yard.w.transaction():
        closing.close_load(load.id, by=yard.loader, no_seal="  ", sealed=True)
    door.scan("OPEN")
    assert (door.step, yard.fresh(load).seal) == ("start", None)
    view = queries.load_view(yard.fresh(load), yard.by)
    said = [value.say("en") for _, value in documents.pass_of(view).facts if isinstance(value, Text)]
    assert "tarpaulin" in str(said), "the guard reads it"
    guard.scan(view.gate_pass or "")
    assert "tarpaulin" in str(guard.screen["facts"])
    with yard.w.transaction():
        closing.reopen(load.id, by=yard.chief)
    assert yard.fresh(load).no_seal is None


def test_the_last_unit_comes_off_again(yard: Yard, door: Scanner) -> None:
    carton = yard.packed("SO-1", APPLE=1)
    load = yard.plan("SO-1")
    door.scan(load.number, carton)
    assert door.step == "close"
    door.scan("CMD:UNDO")
    assert (door.step, door.tone) == ("unit", "ask")
    assert yard.status("SO-1") == "packed"
    door.scan(carton, "SEAL-1")
    assert door.printed == ["gate-pass", "carrier-manifest"]
    door.scan(load.number)
    assert door.code == "load_closed"


def test_any_unit_comes_off_again_by_its_scan(yard: Yard, door: Scanner) -> None:
    cartons = [yard.packed(number, APPLE=1) for number in ("SO-1", "SO-2")]
    load = yard.plan("SO-1", "SO-2")
    door.scan(load.number)
    assert "CMD:OFF" not in door.offers
    door.scan(cartons[1], cartons[0], "CMD:OFF")
    assert door.step == "off"
    door.scan(yard.packed("SO-3", APPLE=1))
    assert (door.step, door.tone, door.code) == ("off", "stop", "not_on_board")
    door.scan(cartons[1])
    assert (door.step, door.tone, door.screen["expected"]) == ("unit", "ask", cartons[1])
    assert "off the truck" in door.said
    assert (yard.status("SO-2"), yard.status("SO-1")) == ("packed", "loaded")
    door.scan(cartons[1])
    assert yard.status("SO-2") == "loaded"


def test_an_order_cancelled_while_loading_is_refused_in_words(yard: Yard, door: Scanner) -> None:
    here, there = yard.packed("SO-1", APPLE=1), yard.packed("SO-2", APPLE=1)
    load = yard.plan("SO-1", "SO-2")
    door.scan(load.number, there)
    yard.cancel("SO-1")
    door.scan(here)
    assert (door.tone, door.code) == ("stop", "order_cancelled")
    assert "leave its goods where they are" in door.said
    yard.cancel("SO-2")
    door.scan("CMD:DONE")
    assert (door.step, door.tone, door.code) == ("off", "stop", "order_cancelled")
    assert f"take …{there[-6:]} off" in door.said
    door.scan(here)
    assert (door.step, door.code) == ("off", "not_on_board")
    door.scan(there)
    assert (door.step, door.tone) == ("start", "ask")
    assert "a task takes it back" in door.said
    door.scan(load.number)
    assert door.code == "load_without_orders"


def test_a_double_tap_loads_once(yard: Yard, door: Scanner) -> None:
    yard.packed("SO-1", APPLE=1)
    carton = yard.packed("SO-2", APPLE=1)
    load = yard.plan("SO-1", "SO-2")
    door.scan(load.number)
    version = door.screen["version"]
    first = door.send(carton, key="tap", version=version)
    assert door.send(carton, key="tap", version=version).screen == first.screen
    assert first.screen["message"]["tone"] == "good"


# -- where it prints ---------------------------------------------------------------------------------------------------


def printing(yard: Yard, place: str, tmp_path: Path, **which: str) -> None:
    """A place that needs its printers, and has these."""
    with yard.w.transaction():
        for code, takes in (("ROLL", Takes.LABELS), ("SHEET", Takes.PAPERS)):
            printers.save(code, printers.Wish(code, PrinterKind.FILE, takes, folder=code), by=yard.by, folders=str(tmp_path))
        stations.save(by=yard.by, location=place, needs_printer=True, **which)


def test_the_papers_of_a_truck_come_out_at_its_door(yard: Yard, door: Scanner, tmp_path: Path) -> None:
    printing(yard, "DOOR-1", tmp_path, papers="SHEET")
    carton = yard.packed("SO-1", APPLE=1)
    door.scan(yard.plan("SO-1").number, carton, "SEAL-1")
    assert [(one["kind"], one["printer"]) for one in door.screen["printed"]] == [("gate-pass", "SHEET"), ("carrier-manifest", "SHEET")]


def test_no_truck_is_loaded_at_a_door_whose_printer_is_away(yard: Yard, door: Scanner, tmp_path: Path) -> None:
    printing(yard, "DOOR-1", tmp_path, labels="ROLL")
    yard.packed("SO-1", APPLE=1)
    load = yard.plan("SO-1")
    for way in (load.number, "DOOR-1", "CMD:NEXT"):
        door.scan(way)
        assert (door.step, door.code, door.said) == ("start", "station_no_printer", "No printer for papers at DOOR-1"), way
    with yard.w.transaction():
        stations.save(by=yard.by, location="PACK", papers="SHEET")
    door.scan("CMD:STATION", "PACK", load.number)
    assert door.step == "unit", "they print elsewhere"


def test_a_bench_whose_printer_for_papers_is_away_begins_nothing_nor_prints_a_closed_carton_again(
    yard: Yard, bench: Scanner, tmp_path: Path
) -> None:
    carton = yard.packed("SO-1", APPLE=1)
    yard.picked("SO-2", APPLE=1)
    printing(yard, "PACK", tmp_path, labels="ROLL", papers="SHEET")
    with yard.w.transaction():
        sheet = printers.find("SHEET", by=yard.by)
        sheet.trouble, sheet.trouble_since = ["it is out of paper", "缺纸"], clock.now()
    for text in ("SO-2", carton):
        bench.scan(text)
        assert (bench.step, bench.code) == ("start", "station_printer_silent")


def test_the_bench_is_asked_anew_after_the_shift(yard: Yard, bench: Scanner, engine: Engine) -> None:
    yard.picked("SO-1", APPLE=1)
    bench.scan("PACK", "SO-1", APPLE)
    assert bench.step == "weight"
    with travel(clock.now() + dt.timedelta(hours=6), tick=False):
        bench.scan("CMD:DONE")
        assert [fact["label"] for fact in bench.screen["facts"]] == [], "left open over night"
        bench.scan("PACK")
        assert [fact["value"] for fact in bench.screen["facts"]] == ["PACK"]
    with travel(clock.now() + dt.timedelta(hours=12), tick=False):
        screen = engine.show("pack", by=yard.packer)
        assert (screen["facts"], screen["message"]["text"]) == ([], "A new shift: say again where you work")


# -- gate --------------------------------------------------------------------------------------------------------------


def closed(yard: Yard, number: str = "SO-1") -> tuple[Load, str]:
    carton = yard.packed(number, APPLE=1)
    load = yard.plan(number, plate="沪A12345", driver="王师傅")
    yard.load(load, carton)
    return load, yard.close(load, by=yard.loader, seal="S-9")


def test_the_guard_compares_and_scans_the_pass_twice(yard: Yard, guard: Scanner) -> None:
    load, gate_pass = closed(yard)
    guard.scan(gate_pass)
    assert (guard.step, guard.tone, guard.screen["expected"]) == ("check", "ask", gate_pass)
    assert [fact["value"] for fact in guard.screen["facts"]][:3] == ["沪A12345", "S-9", "1 carton"]
    assert yard.status("SO-1") == "loaded"
    guard.scan(gate_pass)
    assert (guard.step, guard.tone) == ("start", "good")
    assert yard.status("SO-1") == "shipped"
    guard.scan(gate_pass)
    assert (guard.tone, guard.code) == ("stop", "gate_pass_used")
    assert "just now" in guard.said
    assert yard.fresh(load).status == "left"


def test_a_truck_without_plate_and_seal_is_let_out_too(yard: Yard, guard: Scanner) -> None:
    carton = yard.packed("SO-1", APPLE=1)
    load = yard.plan("SO-1")
    yard.load(load, carton)
    gate_pass = yard.close(load)
    guard.scan(gate_pass, gate_pass)
    assert (guard.step, guard.tone) == ("start", "good")


def test_a_plate_or_seal_read_at_the_truck_is_compared(yard: Yard, guard: Scanner) -> None:
    _, gate_pass = closed(yard)
    guard.scan(gate_pass, "沪A·12345")
    assert (guard.step, guard.tone, guard.said) == ("check", "good", "沪A·12345 is right")
    guard.scan("沪B99999")
    assert (guard.step, guard.tone, guard.code) == ("check", "stop", "does_not_match")
    assert yard.status("SO-1") == "loaded"
    guard.scan("s-9", gate_pass)
    assert yard.status("SO-1") == "shipped"


def test_a_truck_that_does_not_match_stays_closed_and_dispatch_reads_why(yard: Yard, guard: Scanner) -> None:
    load, gate_pass = closed(yard)
    guard.scan(gate_pass, "CMD:MISMATCH")
    assert (guard.step, guard.offers[:3]) == ("mismatch", ["PLATE", "SEAL", "UNITS"])
    guard.scan("SEAL")
    assert (guard.step, guard.tone, guard.said) == ("start", "ask", f"{load.number} stays here: Seal missing, broken or another")
    assert (yard.fresh(load).status, yard.status("SO-1")) == ("closed", "loaded")
    assert list(history.held_at_gate([load.id])) == [load.id]
    assert history.of_load(load, "en")[0].text.say("en") == "Stopped at the gate"
    assert "封签缺失、破损或不符" in (history.of_load(load, "zh_CN")[0].detail or "")
    guard.scan(gate_pass)
    assert (guard.step, guard.tone, guard.code) == ("start", "stop", "held_at_gate")
    with pytest.raises(gate.TruckHeld):
        yard.leave(gate_pass)
    with yard.w.transaction():
        closing.reopen(load.id, by=yard.by)
    gate_pass = yard.close(load, seal="S-10")
    assert history.held_at_gate([load.id]) == {}
    guard.scan(gate_pass, gate_pass)
    assert yard.status("SO-1") == "shipped"


def test_who_loaded_a_stopped_truck_frees_it_by_no_correction(yard: Yard) -> None:
    """Somebody else closed it; still whoever loaded it is no second pair of eyes."""
    closer = yard.w.person("closer", roles=[Role.DISPATCHER])
    carton = yard.packed("SO-1", APPLE=1)
    load = yard.plan("SO-1", plate="沪A12345")
    yard.load(load, carton, by=yard.loader)
    gate_pass = yard.close(load, by=closer, seal="S-9")
    with yard.w.transaction():
        gate.hold(gate_pass, Mismatch.SEAL, by=yard.guard)
    for one in (closer, yard.loader):
        with yard.w.transaction():
            changes.describe(load.id, by=one, plate="沪A12345", driver=one.name, seal="S-9")
        assert history.held_at_gate([load.id])
        with pytest.raises(gate.LoadedYourself), yard.w.transaction():
            gate.clear(load.id, by=one)
    with yard.w.transaction():
        changes.describe(load.id, by=yard.chief, plate="沪A12345", seal="S-10")
    assert history.held_at_gate([load.id]) == {}


def test_dispatch_corrects_the_plate_or_says_that_all_is_right_and_the_truck_goes(yard: Yard, guard: Scanner) -> None:
    load, gate_pass = closed(yard)
    guard.scan(gate_pass, "CMD:MISMATCH", "PLATE")
    yard.w.partner("SF", kind="carrier")
    with yard.w.transaction():
        changes.carry(load.id, "SF", None, by=yard.loader)
    assert history.held_at_gate([load.id]), "the guard does not compare the carrier"
    with yard.w.transaction():
        changes.describe(load.id, by=yard.loader, plate="沪B2", seal="S-9")
    assert history.held_at_gate([load.id]), "whoever closed it says what is right, and frees nobody by that"
    with pytest.raises(gate.LoadedYourself), yard.w.transaction():
        gate.clear(load.id, by=yard.loader)
    with yard.w.transaction():
        changes.describe(load.id, by=yard.chief, plate="沪B2", seal="S-10")
    guard.scan(gate_pass)
    assert (guard.step, guard.screen["facts"][0]["value"]) == ("check", "沪B2")
    guard.scan("CMD:MISMATCH", "UNITS")
    with yard.w.transaction():
        gate.clear(load.id, by=yard.chief, reason="counted again")
    with pytest.raises(gate.NotHeld), yard.w.transaction():
        gate.clear(load.id, by=yard.loader)
    guard.scan(gate_pass, gate_pass)
    assert yard.status("SO-1") == "shipped"
    with pytest.raises(gate.LeftAlready), yard.w.transaction():
        gate.clear(load.id, by=yard.loader)


def test_the_guard_takes_a_mistaken_stop_back(yard: Yard, guard: Scanner) -> None:
    _, gate_pass = closed(yard)
    guard.scan(gate_pass)
    assert guard.offers[0] == "CMD:MISMATCH"
    guard.scan("CMD:MISMATCH", "SEAL", "CMD:UNDO")
    assert (guard.step, guard.tone, "CMD:UNDO" in guard.offers) == ("start", "good", False)
    guard.scan(gate_pass, gate_pass)
    assert yard.status("SO-1") == "shipped"


def test_another_pass_in_between_shows_the_other_truck(yard: Yard, guard: Scanner) -> None:
    _, first = closed(yard)
    _, second = closed(yard, "SO-2")
    guard.scan(first, second)
    assert (guard.step, guard.screen["expected"]) == ("check", second)
    guard.scan(second)
    assert (yard.status("SO-1"), yard.status("SO-2")) == ("loaded", "shipped")


def test_a_load_number_an_order_and_a_void_pass_open_no_gate(yard: Yard, guard: Scanner) -> None:
    load, void = closed(yard)
    with yard.w.transaction():
        closing.reopen(load.id, by=yard.by)
    for text in (load.number, "SO-1", void, "GP-1", "x" * 300, "\x07"):
        guard.scan(text)
        assert (guard.step, guard.tone) == ("start", "stop"), text
    assert yard.status("SO-1") == "loaded"


def test_a_void_pass_says_since_when_by_whom_and_which_one_is_right(yard: Yard, guard: Scanner) -> None:
    load, void = closed(yard)
    guard.scan(void)
    with yard.w.transaction():
        closing.reopen(load.id, by=yard.chief)
    with travel(clock.now() + dt.timedelta(minutes=20), tick=False):
        guard.scan(void)
        assert (guard.step, guard.code) == ("start", "gate_pass_void"), "it was opened while the guard looked at it"
        guard.scan(void)
    assert (guard.step, guard.tone, guard.code) == ("start", "stop", "gate_pass_void")
    assert guard.said == f"{void} of {load.number} was made void by Chief 20 min ago"
    assert f"{load.number} has no gate pass" in guard.screen["message"]["detail"]
    now = yard.close(load)
    guard.scan(void.lower())
    assert f"The gate pass of {load.number} is {now} now" in guard.screen["message"]["detail"]
    guard.scan(now, now)
    guard.scan(void)
    assert (guard.code, now in guard.screen["message"]["detail"]) == ("gate_pass_void", True)


def test_a_truck_with_a_cancelled_order_is_sent_back(yard: Yard, guard: Scanner) -> None:
    _, gate_pass = closed(yard)
    guard.scan(gate_pass)
    yard.cancel("SO-1")
    guard.scan(gate_pass)
    assert (guard.tone, guard.code) == ("stop", "load_changed")


def test_a_double_tap_at_the_gate_lets_one_truck_out(yard: Yard, guard: Scanner) -> None:
    _, gate_pass = closed(yard)
    guard.scan(gate_pass)
    version = guard.screen["version"]
    first = guard.send(gate_pass, key="tap", version=version)
    assert guard.send(gate_pass, key="tap", version=version).screen == first.screen
    assert yard.lines("SO-1", "shipped") == [1]
