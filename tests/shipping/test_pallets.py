"""Cartons that leave on a pallet: built up, loaded by one scan, gone through the gate together."""

from __future__ import annotations

import pytest

from tests.scanner import Scanner
from tests.shipping.conftest import Yard
from wms.db import session
from wms.errors import Refused
from wms.locations.models import Location
from wms.shipping import loading
from wms.stock import handling_units, nesting
from wms.stock.models import UnitKind


def pack_two(yard: Yard, number: str) -> list[str]:
    """An order in two closed cartons."""
    yard.picked(number, APPLE=4, PEAR=2)
    first = yard.carton(number)
    yard.pack(number, "APPLE", 4, first)
    yard.full(number, first)
    return [first, yard.pack_all(number)]


def pallet(yard: Yard, *cartons: str) -> str:
    with yard.w.transaction():
        place = session.get_one(Location, yard.unit(cartons[0]).location_id)
        unit = handling_units.new_unit(UnitKind.PALLET, location_id=place.id, site_id=place.site_id, company_prefix="6900000")
        for code in cartons:
            nesting.put_on(*handling_units.lock_trees(yard.unit(code).id, unit.id))
        return unit.code


def test_a_pallet_is_loaded_by_one_scan_and_leaves_with_its_cartons(yard: Yard) -> None:
    cartons = pack_two(yard, "SO-1")
    code = pallet(yard, *cartons)
    load = yard.plan("SO-1")
    assert loading.progress(load).next == code
    yard.load(load, code)
    assert [yard.unit(one).load_id for one in (*cartons, code)] == [load.id, load.id, None]
    assert {yard.at(one) for one in (*cartons, code)} == {"DOOR-1"}
    assert loading.progress(yard.fresh(load)).done == 2
    yard.leave(yard.close(load))
    assert yard.status("SO-1") == "shipped"
    assert {yard.at(one) for one in (*cartons, code)} == {"@CUSTOMER"}


def test_a_pallet_comes_off_the_truck_whole(yard: Yard) -> None:
    cartons = pack_two(yard, "SO-1")
    code = pallet(yard, *cartons)
    load = yard.plan("SO-1")
    yard.load(load, code)
    with pytest.raises(loading.LoadedAlready):
        yard.load(load, code)
    yard.unload(load, code)
    assert [yard.unit(one).load_id for one in cartons] == [None, None]
    assert yard.stages("SO-1") == {"packed"}


def test_a_carton_on_a_pallet_goes_with_the_pallet(yard: Yard) -> None:
    cartons = pack_two(yard, "SO-1")
    code = pallet(yard, *cartons)
    load = yard.plan("SO-1")
    with pytest.raises(loading.StandsOnPallet) as refusal:
        yard.load(load, cartons[0])
    assert refusal.value.facts["pallet"] == code


def test_the_loader_scans_the_pallet(yard: Yard, door: Scanner) -> None:
    code = pallet(yard, *pack_two(yard, "SO-1"))
    yard.plan("SO-1")
    door.scan(code)
    assert door.screen["expected"] == code
    door.scan(code)
    assert door.step == "close"


def test_cartons_of_two_orders_do_not_stand_on_one_pallet(yard: Yard) -> None:
    one, two = pack_two(yard, "SO-1")
    other = yard.packed("SO-2", APPLE=1)
    with pytest.raises(nesting.OrdersApart):
        pallet(yard, one, two, other)


def test_what_is_on_a_truck_is_not_built_on(yard: Yard) -> None:
    cartons = pack_two(yard, "SO-1")
    code = pallet(yard, cartons[0])
    load = yard.plan("SO-1")
    yard.load(load, code)
    with pytest.raises(Refused) as refusal, yard.w.transaction():
        nesting.put_on(*handling_units.lock_trees(yard.unit(cartons[1]).id, yard.unit(code).id))
    assert refusal.value.code == "unit_on_load"


def test_an_open_carton_is_not_built_on_a_pallet(yard: Yard) -> None:
    yard.picked("SO-1", APPLE=4, PEAR=2)
    first = yard.carton("SO-1")
    yard.pack("SO-1", "APPLE", 4, first)
    with pytest.raises(nesting.NotPackedYet):
        pallet(yard, first)


def test_a_cancelled_order_leaves_its_pallet(yard: Yard) -> None:
    cartons = pack_two(yard, "SO-1")
    code = pallet(yard, *cartons)
    load = yard.plan("SO-1")
    yard.load(load, code)
    yard.cancel("SO-1")
    assert [yard.unit(one).load_id for one in cartons] == [None, None]
