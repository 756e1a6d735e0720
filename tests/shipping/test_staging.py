"""Packed cartons are brought from the bench to where they wait for their truck, by whoever packs or loads."""

from __future__ import annotations

import pytest

from tests.scanner import Scanner
from tests.shipping.conftest import Yard
from wms.locations.models import Kind
from wms.scan.engine import Engine

APPLE = "6901234567892"


@pytest.fixture
def carrier(yard: Yard, engine: Engine) -> Scanner:
    with yard.w.transaction():
        yard.w.location("STAGE-1", kind=Kind.STAGING)
    yard.product("APPLE", APPLE, weight_grams=100)
    return Scanner(engine, yard.packer, "stage")


def test_a_packed_carton_waits_in_staging_and_goes_on_the_truck_from_there(yard: Yard, carrier: Scanner) -> None:
    code = yard.packed("SO-1", APPLE=2)
    carrier.scan(code)
    assert (carrier.step, carrier.screen["target"], carrier.screen["document"]) == ("place", "STAGE-1", "SO-1")
    carrier.scan("STAGE-1")
    assert (carrier.step, carrier.said, yard.at(code)) == ("start", "1 carton at STAGE-1", "STAGE-1")
    assert (yard.status("SO-1"), yard.stages("SO-1")) == ("packed", {"packed"})
    load = yard.plan("SO-1")
    yard.load(load, code)
    yard.leave(yard.close(load))
    assert yard.lines("SO-1", "shipped") == [2]


def test_several_are_taken_along_to_the_door_of_their_truck(yard: Yard, carrier: Scanner) -> None:
    codes = [yard.packed(number, APPLE=1) for number in ("SO-1", "SO-2")]
    load = yard.plan("SO-1", "SO-2")
    carrier.scan(*codes)
    assert carrier.screen["target"] == "DOOR-1"
    assert [(fact["label"], fact["value"], fact["detail"]) for fact in carrier.screen["facts"]][1:] == [
        ("Taken up", "2", None), ("To", "DOOR-1", f"{load.number} · 沪A12345"),
    ]  # fmt: skip
    carrier.scan("DOOR-1")
    assert [yard.at(code) for code in codes] == ["DOOR-1", "DOOR-1"]
    carrier.send("", key="again")
    for code in codes:
        yard.load(load, code)


def test_what_is_not_packed_not_wanted_or_on_board_stays(yard: Yard, carrier: Scanner) -> None:
    yard.picked("SO-1", APPLE=2)
    half = yard.carton("SO-1")
    yard.pack("SO-1", "APPLE", 1, half)
    carrier.scan(half)
    assert (carrier.step, carrier.code) == ("start", "carton_not_closed")
    gone = yard.packed("SO-2", APPLE=1)
    carrier.scan(gone)
    yard.cancel("SO-2")
    carrier.scan("STAGE-1")
    assert (carrier.step, carrier.tone) == ("place", "stop")
    assert yard.at(gone) == "PACK"
    carrier.scan("CMD:CANCEL")
    aboard = yard.packed("SO-3", APPLE=1)
    load = yard.plan("SO-3")
    yard.load(load, aboard)
    carrier.scan(aboard)
    assert carrier.code == "loaded_already"
    other = yard.packed("SO-4", APPLE=1)
    carrier.scan(other, "A-01")
    assert (carrier.step, carrier.code) == ("place", "not_a_staging_place")


def test_who_packs_is_told_where_the_carton_goes(yard: Yard, carrier: Scanner, bench: Scanner) -> None:
    yard.picked("SO-1", APPLE=2)
    bench.scan("SO-1", APPLE, "2")
    assert ("Then to", "STAGE-1", "staging") in [(fact["label"], fact["value"], fact["detail"]) for fact in bench.screen["facts"]]
    bench.scan("200")
    assert bench.screen["message"]["detail"] == "It goes to STAGE-1, staging"
    load = yard.plan("SO-1")
    bench.scan(yard.unit_of("SO-1"), "200")
    assert bench.screen["message"]["detail"] == f"It goes to DOOR-1: {load.number}, 沪A12345"
