"""Several cartons for one order: beside each other, poured together, parted, opened again."""

from __future__ import annotations

import pytest

from tests.scanner import Scanner
from tests.shipping.conftest import Yard
from wms.shipping import documents, packing, queries, repacking

APPLE, PEAR, CHIP = "6901234567892", "6901234567908", "6901234567915"


@pytest.fixture(autouse=True)
def _goods(yard: Yard) -> None:
    yard.product("APPLE", APPLE, weight_grams=100)
    yard.product("PEAR", PEAR)
    yard.product("CHIP", CHIP, tracking="serial")


def cartons(yard: Yard, number: str) -> dict[str, dict[str, int]]:
    """What is in each carton, in their sequence."""
    found = [parcel for one in queries.shipments(yard.by) if one.order == number for parcel in one.parcels]
    return {parcel.code: {item.sku: item.quantity for item in parcel.contents} for parcel in found}


def hand(bench: Scanner) -> str:
    """The end of the number of the carton in hand."""
    return next(fact["value"] for fact in bench.screen["facts"] if fact["label"] == "Into carton")


def code_of(yard: Yard, number: str, tail: str) -> str:
    return next(row.code for row in repacking.of_order(yard.order(number).id) if row.code.endswith(tail.strip("…")))


def two_cartons(yard: Yard, bench: Scanner) -> tuple[str, str]:
    """SO-1 with two apples in one carton and a pear in another, both open; a plum still waits."""
    yard.product("PLUM", "6901234567939")
    yard.picked("SO-1", APPLE=2, PEAR=2, PLUM=1)
    bench.scan("SO-1", APPLE, "2")
    first = hand(bench)
    bench.scan("CMD:CARTONS", "ANOTHER")
    second = hand(bench)
    bench.scan(PEAR, "1", "1")
    return code_of(yard, "SO-1", first), code_of(yard, "SO-1", second)


def test_another_carton_is_opened_while_the_first_stays_open(yard: Yard, bench: Scanner) -> None:
    first, second = two_cartons(yard, bench)
    assert first != second
    assert cartons(yard, "SO-1") == {first: {"APPLE": 2}, second: {"PEAR": 1}}
    bench.scan(first)
    assert (bench.said, hand(bench)) == (f"Carton …{first[-6:]} is in hand", f"…{first[-6:]}")
    bench.scan(PEAR)
    assert cartons(yard, "SO-1")[first] == {"APPLE": 2, "PEAR": 1}
    bench.scan("PLUM")
    assert yard.status("SO-1") == "packed"
    assert {yard.unit(code).closed_at is not None for code in (first, second)} == {True}, "both are closed when it is packed"
    bench.scan("CMD:DONE")
    assert bench.printed == ["handling-unit", "packing-slip", "handling-unit", "packing-slip", "delivery-note"]


def test_an_empty_carton_needs_no_other_beside_it(yard: Yard, bench: Scanner) -> None:
    two_cartons(yard, bench)
    bench.scan("CMD:CARTONS", "ANOTHER", "CMD:CARTONS", "ANOTHER")
    assert (bench.step, bench.code) == ("cartons", "carton_empty")


def test_a_carton_is_emptied_into_another_and_back(yard: Yard, bench: Scanner) -> None:
    first, second = two_cartons(yard, bench)
    bench.scan("CMD:CARTONS", "MERGE", second)
    assert (bench.step, bench.code) == ("merge", "same_carton")
    bench.scan(first)
    assert (bench.step, cartons(yard, "SO-1")) == ("product", {second: {"APPLE": 2, "PEAR": 1}})
    assert yard.stages("SO-1") == {"picked", "packed"}, "claims travel"
    assert yard.unit(first).order_id is None
    bench.scan("CMD:UNDO")
    assert cartons(yard, "SO-1") == {first: {"APPLE": 2}, second: {"PEAR": 1}}
    bench.scan("CMD:UNDO")
    assert cartons(yard, "SO-1") == {first: {"APPLE": 2}}


def test_pieces_are_moved_to_another_carton_and_back(yard: Yard, bench: Scanner) -> None:
    first, second = two_cartons(yard, bench)
    bench.scan(first, "CMD:CARTONS", "MOVE", APPLE, "3", second)
    assert (bench.step, bench.code, bench.said) == ("move_to", "not_in_carton", f"Carton {first} holds 2 of APPLE, not 3")
    bench.scan("CMD:BACK", "1", second)
    assert cartons(yard, "SO-1") == {first: {"APPLE": 1}, second: {"PEAR": 1, "APPLE": 1}}
    bench.scan("CMD:UNDO")
    assert (bench.said, cartons(yard, "SO-1")[first]) == ("Back in the other carton: 1 piece", {"APPLE": 2})


def test_numbered_pieces_are_moved_by_their_numbers(yard: Yard, bench: Scanner) -> None:
    for serial in ("SN-1", "SN-2"):
        yard.w.receive("CHIP", 1, at="A-01", lot=serial)
    yard.w.receive("APPLE", 1, at="A-01")
    yard.enter("SO-1", CHIP=2, APPLE=1)
    yard.pick("SO-1")
    bench.scan("SO-1", CHIP, "SN-1", "CMD:DONE")
    first = code_of(yard, "SO-1", hand(bench))
    bench.scan("CMD:CARTONS", "ANOTHER", APPLE)
    second = code_of(yard, "SO-1", hand(bench))
    bench.scan(first, "CMD:CARTONS", "MOVE", CHIP, "SN-2", second)
    assert (bench.step, bench.code) == ("move_to", "not_in_carton"), "that one is not packed yet"
    bench.scan("CMD:BACK", "SN-1", second)
    assert cartons(yard, "SO-1") == {second: {"CHIP": 1, "APPLE": 1}}


def test_a_closed_carton_is_opened_until_it_is_loaded(yard: Yard, bench: Scanner, door: Scanner) -> None:
    yard.picked("SO-1", APPLE=2)
    bench.scan("SO-1", APPLE, "2", "300")
    carton = next(iter(cartons(yard, "SO-1")))
    bench.scan(carton, "CMD:REOPEN")
    assert (bench.step, yard.unit(carton).closed_at, yard.unit(carton).weight_grams) == ("product", None, None)
    load = yard.plan("SO-1")
    door.scan(load.number, carton)
    assert door.code == "carton_not_closed"
    bench.scan("CMD:CANCEL", carton)
    assert (bench.step, bench.screen["document"]) == ("product", "SO-1"), "it was left open"
    bench.scan("CMD:DONE")
    assert (bench.step, yard.shipment("SO-1").packed_at is not None) == ("weight", True)
    bench.scan("210")
    assert bench.printed[:2] == ["handling-unit", "packing-slip"], "slip and label are printed again"
    door.scan(carton)
    assert door.step == "close"
    bench.scan(carton)
    assert bench.code == "nothing_to_pack"
    with pytest.raises(packing.NothingToPack), yard.w.transaction():
        repacking.open_again(yard.order("SO-1").id, carton, by=yard.by)


def test_a_closed_carton_is_asked_about_while_the_next_is_packed(yard: Yard, bench: Scanner) -> None:
    yard.picked("SO-1", APPLE=2, PEAR=2)
    bench.scan("SO-1", APPLE, "2", "CMD:FULL", "CMD:DONE")
    first = next(iter(cartons(yard, "SO-1")))
    bench.scan(first)
    assert (bench.tone, bench.code) == ("ask", "carton_closed")
    bench.scan(first, PEAR, "2")
    assert cartons(yard, "SO-1") == {first: {"APPLE": 2, "PEAR": 2}}


def test_parcels_are_numbered_anew(yard: Yard, bench: Scanner) -> None:
    first, second = two_cartons(yard, bench)
    bench.scan("CMD:CARTONS", "MERGE", first, PEAR, "PLUM")
    assert list(cartons(yard, "SO-1")) == [second]
    assert documents.handling_unit(second, yard.by).sequence == "1/1"


def test_nothing_goes_into_a_carton_of_another_order(yard: Yard, bench: Scanner) -> None:
    theirs = yard.packed("SO-2", PEAR=1)
    first, _ = two_cartons(yard, bench)
    bench.scan("CMD:CARTONS", "MERGE", theirs)
    assert bench.code == "carton_gone"
    bench.scan("CMD:BACK", "MOVE", PEAR, "1", theirs)
    assert bench.code == "carton_gone"
    yard.cancel("SO-1")
    bench.scan(first)
    assert bench.code == "order_cancelled"
