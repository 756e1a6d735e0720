"""Units on units: pallets, the cartons on them, what is in those."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from tests.crowd import all_at_once
from tests.warehouse import Warehouse
from wms import db
from wms.db import session
from wms.errors import Conflict, Refused
from wms.locations.models import Kind
from wms.stock import handling_units, nesting
from wms.stock.models import HandlingUnit, MovementKind, Stage

pytestmark = pytest.mark.beneath_orders


def put_on(w: Warehouse, code: str, onto: str) -> None:
    with w.transaction():
        ids = [handling_units.find(one, by=w.by).id for one in (code, onto)]
        nesting.put_on(*handling_units.lock_trees(*ids))


def found(w: Warehouse, code: str) -> HandlingUnit:
    return session.get_one(HandlingUnit, handling_units.find(code, by=w.by).id, populate_existing=True)


def move(w: Warehouse, code: str, target: str, **facts: object) -> None:
    with w.transaction():
        place = w.location(target).id
        unit = handling_units.find(code, by=w.by)
        handling_units.move_unit(unit, place, key=w.key(), kind=MovementKind.MOVE, by=w.by, **facts)


@pytest.fixture
def stack(w: Warehouse) -> Warehouse:
    """P1 with cartons C1 and C2 on it, T1 in C1, all at A-01; P2 beside it."""
    for code, kind in (("P1", "pallet"), ("P2", "pallet"), ("C1", "carton"), ("C2", "carton"), ("T1", "tote")):
        w.unit(code, at="A-01", kind=kind)
    for code, sku, quantity in (("P1", "TEA", 5), ("C1", "TEA", 10), ("C2", "SOAP", 20), ("T1", "TEA", 3)):
        w.receive(sku, quantity, at="A-01", unit=found(w, code), received_on=None)
    for code, onto in (("C1", "P1"), ("T1", "C1"), ("C2", "P1")):
        put_on(w, code, onto)
    return w


def test_a_stack_moves_with_all_that_is_on_it(stack: Warehouse) -> None:
    move(stack, "P1", "B-01")
    assert (stack.on_hand("TEA", at="B-01"), stack.on_hand("SOAP", at="B-01")) == (18, 20)
    assert {found(stack, code).location_id for code in ("P1", "C1", "C2", "T1")} == {stack.location("B-01").id}
    assert found(stack, "P2").location_id == stack.location("A-01").id


def test_the_contents_of_a_unit_are_its_own_and_those_of_what_stands_on_it(stack: Warehouse) -> None:
    assert sum(row.on_hand for row in handling_units.contents(found(stack, "P1").id)) == 38
    assert sum(row.on_hand for row in handling_units.contents(found(stack, "C1").id)) == 13
    assert [one.code for one in handling_units.standing_on(found(stack, "P1").id)] == ["C1", "C2", "T1"]
    assert found(stack, "T1").root_id == found(stack, "P1").id


def test_a_carton_that_is_moved_alone_is_taken_off(stack: Warehouse) -> None:
    move(stack, "C1", "B-01")
    assert (found(stack, "C1").parent_id, found(stack, "T1").root_id) == (None, found(stack, "C1").id)
    assert stack.on_hand("TEA", at="B-01") == 13
    move(stack, "P1", "C-01")
    assert (stack.on_hand("TEA", at="C-01"), stack.on_hand("TEA", at="B-01")) == (5, 13)


def test_claims_in_a_stack_travel_with_it(stack: Warehouse) -> None:
    claim = stack.reserve(stack.order_line("SOAP", 4), 4, at="A-01")
    move(stack, "P1", "DOOR-1", stage=Stage.LOADED)
    assert (stack.reserved("SOAP", at="DOOR-1"), stack.claim(claim).stage) == (4, Stage.LOADED)


def test_a_carton_changes_from_pallet_to_pallet(stack: Warehouse) -> None:
    put_on(stack, "C1", "P2")
    assert found(stack, "T1").root_id == found(stack, "P2").id
    move(stack, "P2", "B-01")
    assert stack.on_hand("TEA", at="B-01") == 13


@pytest.mark.parametrize(
    ("unit", "onto", "code"),
    [
        ("P1", "P1", "unit_on_itself"),
        ("P1", "C1", "unit_on_itself"),
        ("P1", "T1", "unit_on_itself"),
        ("P2", "C1", "pallet_on_carton"),
        ("C2", "T1", "unit_too_high"),
        ("P1", "P2", "unit_too_high"),
        ("C9", "P1", "units_apart"),
    ],
)
def test_what_cannot_stand_there_is_refused_in_words(stack: Warehouse, unit: str, onto: str, code: str) -> None:
    stack.unit("C9", at="B-01", kind="carton")
    with pytest.raises(Refused) as refusal:
        put_on(stack, unit, onto)
    assert refusal.value.code == code
    assert refusal.value.advise("zh_CN")


def test_goods_of_another_condition_or_owner_do_not_go_on_it(stack: Warehouse) -> None:
    owner = stack.partner("OWNER")
    for code, facts in (("BAD", {"condition": "damaged"}), ("THEIRS", {"owner_id": owner.id})):
        stack.receive("TEA", 1, at="A-01", unit=stack.unit(code, at="A-01", kind="carton"), **facts)
    with pytest.raises(nesting.ConditionsApart) as refusal:
        put_on(stack, "BAD", "P1")
    assert refusal.value.say("en") == "BAD: Damaged; P1: Good"
    with pytest.raises(nesting.OwnersApart) as theirs:
        put_on(stack, "THEIRS", "P1")
    assert theirs.value.say("en") == "THEIRS holds goods of OWNER, P1 of –"
    put_on(stack, "BAD", "P2")


def test_what_has_left_is_not_built_on(stack: Warehouse) -> None:
    move(stack, "P2", "@CUSTOMER")
    with pytest.raises(nesting.UnitOutside):
        put_on(stack, "C2", "P2")


def test_an_empty_carton_on_a_pallet_goes_elsewhere(stack: Warehouse) -> None:
    stack.unit("E1", at="A-01", kind="carton")
    put_on(stack, "E1", "P1")
    with stack.transaction():
        handling_units.stand_at(found(stack, "E1").id, stack.location("B-01").id)
    assert (found(stack, "E1").parent_id, found(stack, "E1").location_id) == (None, stack.location("B-01").id)


def test_a_stack_is_one_pallet_to_a_place(stack: Warehouse) -> None:
    from wms.stock import capacity

    place, soap = stack.location("B-01", kind=Kind.STORAGE, max_units=2), stack.product("SOAP")
    move(stack, "P1", "B-01")
    capacity.must_fit(place, soap, 1, in_unit=True)
    stack.receive("SOAP", 1, at="B-01", unit=stack.unit("P3", at="B-01"))
    with pytest.raises(capacity.LocationFull):
        capacity.must_fit(place, soap, 1, in_unit=True)


# -- what the tables themselves say --------------------------------------------------------------------------------------------


@pytest.mark.broken
@pytest.mark.parametrize(
    "change",
    [
        "location_id = (SELECT id FROM locations WHERE code = 'B-01') WHERE code = 'C1'",  # away from its pallet
        "root_id = parent_id WHERE code = 'T1'",  # of another stack
        "parent_id = (SELECT id FROM handling_units WHERE code = 'T1') WHERE code = 'C2'",  # four levels
        "parent_id = (SELECT id FROM handling_units WHERE code = 'T1'), root_id = (SELECT id FROM handling_units WHERE code = 'T1') "
        "WHERE code = 'P1'",  # a ring
    ],
)
def test_the_table_forbids_it_too(stack: Warehouse, change: str) -> None:
    stack.location("B-01")
    with pytest.raises(IntegrityError, match="a unit stands where the one under it stands"), db.transaction():
        session.execute(sa.text(f"UPDATE handling_units SET {change}"))


@pytest.mark.broken
def test_a_stack_follows_its_pallet_whoever_moves_it(stack: Warehouse) -> None:
    place = stack.location("B-01").id
    with db.transaction():
        session.execute(sa.text(f"UPDATE handling_units SET location_id = {place} WHERE code = 'P1'"))
    assert {found(stack, code).location_id for code in ("P1", "C1", "C2", "T1")} == {place}


# -- at once -------------------------------------------------------------------------------------------------------------------


def test_who_builds_and_who_drives_wait_for_each_other(app, stack: Warehouse) -> None:
    """A fork-lift takes the pallet while others put cartons on it, and take one off: each piece is where its unit is."""
    places = [stack.location(f"B-0{number}").id for number in range(1, 5)]
    units = {code: found(stack, code).id for code in ("P1", "P2", "C1", "C2")}
    by = stack.by

    def drive(number: int) -> bool:
        return _tried(lambda: handling_units.move_unit(_unit(units["P1"]), places[number], key=f"d{number}", kind=MovementKind.MOVE, by=by))

    def shift(code: str, onto: str) -> bool:
        return _tried(lambda: nesting.put_on(*handling_units.lock_trees(units[code], units[onto])))

    def carry(code: str, number: int) -> bool:
        return _tried(
            lambda: handling_units.move_unit(_unit(units[code]), places[number], key=f"c{code}{number}", kind=MovementKind.MOVE, by=by)
        )

    acts = [lambda n=n: drive(n) for n in range(4)]
    acts += [
        lambda: shift("C1", "P2"),
        lambda: shift("C2", "P2"),
        lambda: carry("C1", 0),
        lambda: carry("C2", 1),
        lambda: shift("C1", "C2"),
    ]
    all_at_once(app, acts)
    assert (stack.on_hand("TEA"), stack.on_hand("SOAP")) == (18, 20)


def test_two_pallets_put_on_each_other_do_not_make_a_ring(app, w: Warehouse) -> None:
    ids = [w.unit(code, at="A-01").id for code in ("P1", "P2")]
    done = all_at_once(
        app,
        [
            lambda: _tried(lambda: nesting.put_on(*handling_units.lock_trees(*ids))),
            lambda: _tried(lambda: nesting.put_on(*handling_units.lock_trees(*reversed(ids)))),
        ]
        * 4,
    )
    assert any(done)
    assert sum(found(w, code).parent_id is not None for code in ("P1", "P2")) == 1


def _unit(unit_id: int) -> HandlingUnit:
    return session.get_one(HandlingUnit, unit_id, populate_existing=True)


def _tried(act: object) -> bool:
    def once() -> bool:
        try:
            with db.transaction():
                act()  # type: ignore[operator]
        except (Refused, Conflict):
            return False
        return True

    return db.again(once)


def move_all(w: Warehouse, target: str, *codes: str) -> None:
    with w.transaction():
        place = w.location(target).id
        going = [handling_units.Going(found(w, code).id, place, f"{w.key()}-{code}") for code in codes]
        handling_units.move_all(going, kind=MovementKind.MOVE, by=w.by)


def test_many_units_are_moved_as_one_each_with_all_that_stands_on_it(stack: Warehouse) -> None:
    stack.receive("SOAP", 4, at="A-01", unit=found(stack, "P2"), received_on=None)
    move_all(stack, "B-01", "P1", "P2")
    stands_at = {code: found(stack, code).location_id for code in ("P1", "P2", "C1", "C2", "T1")}
    assert set(stands_at.values()) == {stack.location("B-01").id}
    assert [stack.on_hand(sku, at="B-01") for sku in ("TEA", "SOAP")] == [18, 24]
    assert [stack.on_hand(sku, at="A-01") for sku in ("TEA", "SOAP")] == [0, 0]


def test_of_many_units_none_is_moved_where_one_stands_on_another(stack: Warehouse) -> None:
    with pytest.raises(handling_units.PutOnAnother) as refusal:
        move_all(stack, "B-01", "P2", "C1")
    assert "C1" in refusal.value.say("en")
    assert found(stack, "P2").location_id == stack.location("A-01").id
