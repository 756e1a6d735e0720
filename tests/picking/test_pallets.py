"""A whole pallet is fetched by its plate: one scan, no counting, and it stays the plate it is."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from tests.picking.conftest import Hall
from tests.picking.test_methods import inside, said, stands_at
from tests.scanner import Scanner
from wms.db import session
from wms.picking import pallets
from wms.scan.engine import Engine
from wms.stock.models import HandlingUnit
from wms.tasks.models import TaskKind


@pytest.fixture
def rack(hall: Hall) -> Hall:
    """Three full pallets of APPLE of different age, and one that is smaller."""
    for number, quantity, age in ((1, 40, 9), (2, 40, 9), (3, 40, 1), (4, 30, 9)):
        code, place = f"PAL-{number}", f"A-0{number}"
        with hall.w.transaction():
            unit = hall.w.unit(code, at=place)
        hall.put("APPLE", quantity, place, age=age, unit=unit)
    hall.release("SO-1", ("APPLE", 40))
    return hall


def owner_of(code: str) -> int | None:
    session.expire_all()
    return session.query(HandlingUnit).filter_by(code=code).one().order_id


def test_a_pallet_is_fetched_by_place_plate_and_target(rack: Hall, picker: Scanner) -> None:
    planned = rack.wave("SO-1").pick_lists
    assert [one.method for one in planned] == ["pallet"]
    picker.scan(planned[0].number)
    assert (picker.step, picker.screen["expected"]) == ("source", "A-01")
    picker.scan("A-01")
    assert (picker.step, picker.screen["expected"]) == ("plate", "PAL-1")
    picker.scan("PAL-1")
    assert (picker.step, picker.screen["expected"]) == ("target", "PACK")
    picker.scan("A-05")
    assert picker.code == "not_a_packing_place"
    picker.scan("PACK")
    assert picker.step == "document"
    assert (stands_at("PAL-1"), inside("PAL-1"), rack.status("SO-1")) == ("PACK", {"SO-1": 40}, "picked")
    assert owner_of("PAL-1") == rack.order("SO-1").id
    [movement] = rack.w.movements("APPLE", kind=None)[-1:]
    assert movement.source_unit_id == movement.target_unit_id


def test_the_plate_answers_for_its_place(rack: Hall, picker: Scanner) -> None:
    picker.scan(rack.list_of("SO-1"), "PAL-1")
    assert picker.step == "target"
    picker.scan("PAL-2")
    assert (picker.step, picker.tone) == ("target", "stop")
    picker.scan("PACK")
    assert stands_at("PAL-1") == "PACK"


def test_another_full_pallet_of_the_same_age_may_be_taken(rack: Hall, picker: Scanner) -> None:
    picker.scan(rack.list_of("SO-1"), "A-01", "PAL-2")
    assert picker.step == "target"
    assert "PAL-2 is taken instead of PAL-1" in said(picker)
    picker.scan("PACK")
    assert (stands_at("PAL-1"), stands_at("PAL-2")) == ("A-01", "PACK")
    assert (rack.w.free("APPLE", at="A-01"), rack.status("SO-1")) == (40, "picked")


def test_a_wrong_pallet_is_refused_in_words(rack: Hall, picker: Scanner) -> None:
    with rack.w.transaction():
        pears = rack.w.unit("PEARS", at="B-01")
        rack.w.unit("EMPTY", at="B-02")
        inspected = rack.w.unit("HELD-BACK", at="B-03")
    rack.put("PEAR", 40, "B-01", unit=pears)
    rack.put("APPLE", 40, "B-03", age=9, unit=inspected, condition="blocked")
    picker.scan(rack.list_of("SO-1"), "A-01")
    for code, refusal in (
        ("PAL-3", "plate_out_of_turn"),
        ("PAL-4", "wrong_plate"),
        ("PEARS", "wrong_plate"),
        ("EMPTY", "wrong_plate"),
        ("HELD-BACK", "wrong_plate"),
    ):
        picker.scan(code)
        assert (picker.code, picker.step) == (refusal, "plate"), code
    picker.scan("PAL-1", "PACK")
    assert picker.step == "document"


def held(hall: Hall, number: str) -> list[tuple[str, str]]:
    """(place, why) of an order's claims."""
    session.expire_all()
    rows = session.execute(
        sa.text(
            "SELECT u.code, r.reasons FROM reservations r JOIN stock s ON s.id = r.stock_id"
            " JOIN handling_units u ON u.id = s.handling_unit_id JOIN order_lines l ON l.id = r.order_line_id"
            " JOIN orders o ON o.id = l.order_id WHERE o.number = :n AND r.status = 'pending'"
        ),
        {"n": number},
    ).all()
    return [(code, str(why)) for code, why in rows]


def test_a_pallet_held_for_another_order_is_exchanged_where_both_may_take_either(rack: Hall, picker: Scanner, engine: Engine) -> None:
    rack.release("SO-2", ("APPLE", 40))
    one, other = rack.list_of("SO-1"), rack.list_of("SO-2")
    picker.scan(one, "A-01", "PAL-2")
    assert (picker.step, "PAL-2 is taken instead of PAL-1" in said(picker)) == ("target", True)
    [(theirs, why)] = held(rack, "SO-2")
    assert (theirs, "exchanged" in why) == ("PAL-1", True)
    picker.scan("PACK")
    assert (stands_at("PAL-2"), inside("PAL-2"), rack.status("SO-1")) == ("PACK", {"SO-1": 40}, "picked")
    mate = Scanner(engine, rack.w.person("mate", roles=["picker"]), "pick")
    mate.scan(other)
    assert mate.screen["expected"] == "A-01"
    mate.follow("document")
    assert (inside("PAL-1"), rack.status("SO-2")) == ({"SO-2": 40}, "picked")


def test_who_stands_before_a_pallet_that_was_exchanged_is_sent_to_the_other(rack: Hall, picker: Scanner, engine: Engine) -> None:
    rack.release("SO-2", ("APPLE", 40))
    one, other = rack.list_of("SO-1"), rack.list_of("SO-2")
    mate = Scanner(engine, rack.w.person("mate", roles=["picker"]), "pick")
    mate.scan(other, "A-02")
    picker.scan(one, "A-01", "PAL-2")
    mate.scan("PAL-2", "PACK")
    assert (mate.step, mate.screen["expected"], mate.tone) == ("source", "A-01", "stop")
    mate.follow("document")
    assert inside("PAL-1") == {"SO-2": 40}


def test_a_pallet_that_was_given_to_an_order_at_this_moment_is_not_exchanged(
    rack: Hall, picker: Scanner, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its order is not locked: who came first keeps it, and the picker scans again."""
    rack.release("SO-2", ("APPLE", 40))
    one, _ = rack.list_of("SO-1"), rack.list_of("SO-2")
    monkeypatch.setattr(pallets, "_claims_on", lambda _unit: [])
    picker.scan(one, "A-01", "PAL-2")
    assert (picker.step, picker.code) == ("plate", "claim_gone")
    assert [code for code, _ in held(rack, "SO-2")] == ["PAL-2"]
    monkeypatch.undo()
    picker.scan("PAL-2")
    assert picker.step == "target"


def test_a_pallet_is_not_exchanged_for_one_that_its_order_may_not_have(rack: Hall, picker: Scanner) -> None:
    rack.release("SO-2", ("APPLE", 40))
    rack.release("SO-3", ("APPLE", 70))
    rack.list_of("SO-1")
    rack.list_of("SO-2")
    for one in rack.wave("SO-3").pick_lists:
        picker.scan(one.number)
        if picker.screen["expected"] == "A-03":
            break
        picker.scan("CMD:CANCEL")
    picker.scan("A-03", "PAL-1")
    assert (picker.code, picker.step) == ("plate_held", "plate")
    assert "held for SO-1" in said(picker)
    assert held(rack, "SO-1")[0][0] == "PAL-1"


def test_the_lot_that_was_ordered_is_the_lot_that_goes(rack: Hall, picker: Scanner) -> None:
    rack.w.product("MILK", tracking="lot")
    for code, place, lot in (("M-1", "B-01", "L1"), ("M-2", "B-02", "L2")):
        with rack.w.transaction():
            unit = rack.w.unit(code, at=place)
        rack.put("MILK", 20, place, age=3, lot=lot, unit=unit)
    rack.release("SO-3", ("MILK", 20, {"lot": "L2"}))
    picker.scan(rack.list_of("SO-3"), "B-02", "M-1")
    assert picker.code == "lot_ordered"
    picker.scan("M-2", "PACK")
    assert rack.status("SO-3") == "picked"


def test_a_pallet_that_was_fetched_goes_back_whole(rack: Hall, picker: Scanner) -> None:
    picker.scan(rack.list_of("SO-1"), "A-01", "PAL-1", "PACK", "CMD:UNDO")
    assert (picker.step, stands_at("PAL-1"), owner_of("PAL-1")) == ("source", "A-01", None)
    assert (rack.w.on_hand("APPLE", at="A-01"), rack.status("SO-1")) == (40, "released")
    picker.follow("document")
    assert stands_at("PAL-1") == "PACK"


def test_a_pallet_with_less_on_it_is_counted(rack: Hall, picker: Scanner) -> None:
    picker.scan(rack.list_of("SO-1"), "A-01", "CMD:SHORT", "38", "MISSING", "PACK")
    assert rack.lines("SO-1", "picked") == [38]
    assert [task.kind for task in rack.tasks(TaskKind.COUNT)] == ["count"]


def test_a_pallet_that_is_not_full_any_more_is_picked_by_pieces(rack: Hall, picker: Scanner) -> None:
    number = rack.list_of("SO-1")
    picker.scan(number, "A-01", "PAL-1")
    rack.put("APPLE", 5, "A-01", age=2, unit=session.query(HandlingUnit).filter_by(code="PAL-1").one())
    picker.scan("PACK")
    assert picker.code == pallets.PlateChanged.code
    picker.scan("CMD:CANCEL", number, "A-01")
    assert picker.step == "product"
    picker.follow("document")
    assert (rack.status("SO-1"), stands_at("PAL-1")) == ("picked", "A-01")
