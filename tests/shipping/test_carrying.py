"""What a truck may carry: measured, said honestly, and refused with its figure beyond it."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from tests.scanner import Scanner
from tests.shipping.conftest import Yard
from wms.catalog.models import Temperature
from wms.db import session
from wms.events import Event
from wms.scan.engine import Engine
from wms.shipping import carrying, changes, fleet, loads
from wms.shipping.carrying import Measure
from wms.shipping.fleet import Capacity
from wms.shipping.models import Load


def heavy(yard: Yard, sku: str = "APPLE", **facts: int) -> None:
    """A product of 10 kg and 20 × 20 × 25 cm, unless said otherwise."""
    yard.w.product(sku, **{"weight_grams": 10_000, "length_mm": 200, "width_mm": 200, "height_mm": 250, **facts})


def vehicle(yard: Yard, code: str, **facts: object) -> None:
    capacity = Capacity(**{name: facts.pop(name) for name in tuple(facts) if name.startswith(("max", "pallet", "temp"))})  # type: ignore[arg-type]
    with yard.w.transaction():
        fleet.put_vehicle(code, capacity=capacity, **facts)  # type: ignore[arg-type]


def measured(yard: Yard, load: Load) -> tuple[Measure, Measure]:
    session.rollback()
    return carrying.planned(load), carrying.loaded(load)


def test_a_load_weighs_what_was_weighed_and_else_what_its_goods_weigh(yard: Yard) -> None:
    heavy(yard)
    carton = yard.packed("SO-1", APPLE=4)
    yard.packed("SO-2", APPLE=1)
    yard.picked("SO-3", APPLE=2)
    with yard.w.transaction():
        yard.unit(carton).weight_grams = 41_500
    load = yard.plan("SO-1", "SO-2", "SO-3")
    assert measured(yard, load) == (Measure(71_500, 70_000, 0, 0, 0), Measure())
    yard.load(load, carton)
    assert measured(yard, load)[1] == Measure(41_500, 40_000)


def test_what_nobody_weighed_is_counted_and_said(yard: Yard) -> None:
    heavy(yard)
    yard.packed("SO-1", APPLE=1)
    yard.packed("SO-2", PEAR=4)
    yard.picked("SO-3", PEAR=4, PLUM=1)
    plan = measured(yard, yard.plan("SO-1", "SO-2", "SO-3"))[0]
    assert (plan.weight_grams, plan.unweighed, plan.unmeasured) == (10_000, 3, 3)
    assert [one.say("en") for one in plan.unknown] == ["3 units without a weight", "3 units without a size"]
    assert plan.unknown[0].say("zh_CN") == "3 件无重量"


def test_pallets_take_places_and_cartons_on_them_none(yard: Yard) -> None:
    from tests.shipping.test_pallets import pack_two, pallet

    code = pallet(yard, *pack_two(yard, "SO-1"))
    load = yard.plan("SO-1", capacity=Capacity(pallet_places=1))
    yard.load(load, code)
    plan, aboard = measured(yard, load)
    assert (plan.pallets, aboard.pallets) == (1, 1)


def test_an_order_beyond_the_capacity_is_refused_with_the_figure(yard: Yard) -> None:
    heavy(yard)
    yard.packed("SO-1", APPLE=60)
    yard.packed("SO-2", APPLE=64)
    vehicle(yard, "V-1", max_weight_grams=1_000_000)
    load = yard.plan("SO-1", vehicle="v-1")
    with yard.w.transaction(), pytest.raises(carrying.OverCapacity) as refusal:
        changes.add_orders(load.id, ["SO-2"], by=yard.by)
    assert refusal.value.say("en") == f"{load.number} would carry 1,240 kg of 1,000 kg"
    assert refusal.value.say("zh_CN") == f"{load.number} 将超载：1,240 kg，限载 1,000 kg"


@pytest.mark.parametrize(
    ("capacity", "figure"),
    [
        (Capacity(max_weight_grams=39_000), "40 kg of 39 kg"),
        (Capacity(max_weight_grams=39_990), "40.00 kg of 39.99 kg"),
        (Capacity(max_volume_cm3=39_000), "0.040 m³ of 0.039 m³"),
        (Capacity(max_volume_cm3=20_000), "0.04 m³ of 0.02 m³"),
    ],
)
def test_each_limit_is_held(yard: Yard, capacity: Capacity, figure: str) -> None:
    heavy(yard)
    yard.packed("SO-1", APPLE=4)
    with pytest.raises(carrying.OverCapacity, match=figure):
        yard.plan("SO-1", capacity=capacity)
    yard.plan("SO-1", capacity=Capacity(max_weight_grams=40_000, max_volume_cm3=40_000))


def test_a_unit_beyond_the_capacity_is_refused_at_the_door(yard: Yard, door: Scanner) -> None:
    """Planned by what the goods weigh; the scale said more."""
    heavy(yard)
    cartons = [yard.packed(number, APPLE=4) for number in ("SO-1", "SO-2")]
    load = yard.plan("SO-1", "SO-2", capacity=Capacity(max_weight_grams=80_000))
    with yard.w.transaction():
        for code in cartons:
            yard.unit(code).weight_grams = 45_000
    door.scan(load.number, cartons[1])
    assert door.tone == "good"
    door.scan(cartons[0])
    assert (door.tone, door.code) == ("stop", "over_capacity")
    assert "90 kg of 80 kg" in door.said
    assert yard.status("SO-1") == "packed"
    with yard.w.transaction():
        changes.allow_more(load.id, "short way", by=yard.chief)
    door.scan(cartons[0])
    assert yard.status("SO-1") == "loaded"


def test_a_supervisor_allows_more_at_the_door_and_nobody_else(yard: Yard, engine: Engine, door: Scanner) -> None:
    heavy(yard)
    cartons = [yard.packed(number, APPLE=4) for number in ("SO-1", "SO-2")]
    load = yard.plan("SO-1", "SO-2", capacity=Capacity(max_weight_grams=80_000))
    with yard.w.transaction():
        for code in cartons:
            yard.unit(code).weight_grams = 45_000
    door.scan(load.number, cartons[1], cartons[0])
    assert (door.step, door.code) == ("unit", "over_capacity")
    door.scan("ROOM")
    assert (door.step, door.tone) == ("unit", "stop")
    chief = Scanner(engine, yard.chief, "load")
    chief.scan(load.number, cartons[0])
    assert (chief.step, chief.tone, chief.code) == ("overload", "stop", "over_capacity")
    assert "90 kg of 80 kg" in chief.said
    assert "ROOM" in chief.offers
    chief.scan("CMD:SKIP")
    assert (chief.step, yard.fresh(load).overload_reason) == ("unit", None)
    chief.scan(cartons[0], "ROOM")
    assert chief.step == "unit"
    assert (yard.fresh(load).overload_reason or "").endswith("It is well within, weighed or measured")
    said = session.execute(sa.select(Event.by_id).where(Event.code == "load.overload_allowed")).scalar_one()
    assert said == yard.chief.id
    door.scan(cartons[0])
    assert (door.step, yard.status("SO-1")) == ("close", "loaded")


def test_only_a_supervisor_allows_more_with_a_reason_on_record(yard: Yard) -> None:
    heavy(yard)
    yard.packed("SO-1", APPLE=4)
    with pytest.raises(carrying.OverloadForbidden):
        yard.plan("SO-1", capacity=Capacity(max_weight_grams=1), overload_reason="why not", by=yard.loader)
    load = yard.plan("SO-1", capacity=Capacity(max_weight_grams=1), overload_reason="short way", by=yard.chief)
    assert "load.overload_allowed" in yard.events(load.number)
    with yard.w.transaction(), pytest.raises(carrying.OverloadWhy):
        changes.allow_more(load.id, " ", by=yard.chief)
    with yard.w.transaction(), pytest.raises(carrying.OverCapacity):
        changes.limit(load.id, Capacity(max_weight_grams=2), by=yard.by)


def test_whoever_loads_does_not_lift_what_the_truck_may_carry(yard: Yard) -> None:
    heavy(yard)
    vehicle(yard, "V-1", max_weight_grams=50_000, pallet_places=2)
    vehicle(yard, "V-2", max_weight_grams=90_000)
    for number in ("SO-1", "SO-2", "SO-3"):
        yard.packed(number, APPLE=4)
    with pytest.raises(carrying.LimitForbidden):
        yard.plan("SO-1", vehicle="V-1", capacity=Capacity(max_weight_grams=99_000_000), by=yard.loader)
    load = yard.plan("SO-1", vehicle="V-1", by=yard.loader)
    for lifted in (Capacity(max_weight_grams=99_000_000, pallet_places=2), Capacity(max_weight_grams=50_000)):
        with pytest.raises(carrying.LimitForbidden), yard.w.transaction():
            changes.limit(load.id, lifted, by=yard.loader)
    with pytest.raises(carrying.LimitForbidden), yard.w.transaction():
        changes.describe(load.id, by=yard.loader, plate="沪C3", vehicle="some truck")
    assert yard.fresh(load).max_weight_grams == 50_000
    with yard.w.transaction():
        changes.limit(load.id, Capacity(max_weight_grams=45_000, pallet_places=1), by=yard.loader)
        changes.limit(load.id, Capacity(), by=yard.loader)
    assert (yard.fresh(load).max_weight_grams, yard.fresh(load).pallet_places) == (50_000, 2), "as its vehicle says"
    with yard.w.transaction():
        changes.describe(load.id, by=yard.loader, plate="沪C3", vehicle="V-2")
    assert yard.fresh(load).max_weight_grams == 90_000, "another truck of the fleet"
    with yard.w.transaction():
        changes.limit(load.id, Capacity(max_weight_grams=99_000), by=yard.chief)
    assert yard.fresh(load).max_weight_grams == 99_000


def test_a_vehicle_of_the_fleet_brings_what_is_known_of_it(yard: Yard) -> None:
    yard.w.partner("SWIFT", kind="carrier")
    vehicle(yard, "V-1", plate="豫A·1", driver="李", carrier="SWIFT", max_weight_grams=5_000_000, pallet_places=12)
    yard.packed("SO-1", APPLE=1)
    yard.packed("SO-2", APPLE=1)
    load = yard.plan("SO-1", vehicle="V-1", plate=None)
    assert (load.vehicle, load.plate, load.driver, load.pallet_places) == ("V-1", "豫A·1", "李", 12)
    assert session.get_one(loads.Load, load.id).carrier_id == yard.w.partner("SWIFT").id
    other = yard.plan("SO-2", vehicle="v-1", plate="沪B2")
    assert (other.vehicle, other.plate) == ("V-1", "沪B2")
    with yard.w.transaction():
        changes.describe(load.id, by=yard.by, plate="沪C3", vehicle="some truck")
    load = yard.fresh(load)
    assert (load.vehicle_id, load.pallet_places, load.plate) == (None, None, "沪C3")


def test_a_smaller_truck_is_refused_for_what_is_planned(yard: Yard) -> None:
    heavy(yard)
    yard.packed("SO-1", APPLE=4)
    vehicle(yard, "SMALL", max_weight_grams=10_000)
    load = yard.plan("SO-1", vehicle="large")
    with yard.w.transaction(), pytest.raises(carrying.OverCapacity, match="40 kg of 10 kg"):
        changes.describe(load.id, by=yard.by, plate="P", vehicle="SMALL")


def test_a_vehicle_out_of_service_drives_no_new_load(yard: Yard) -> None:
    vehicle(yard, "V-1", in_service=False)
    yard.packed("SO-1", APPLE=1)
    with pytest.raises(fleet.VehicleOutOfService):
        yard.plan("SO-1", vehicle="V-1")
    with pytest.raises(fleet.VehicleUnknown):
        fleet.find_vehicle("V-9")


def test_cold_goods_go_on_a_cold_truck(yard: Yard) -> None:
    yard.w.product("FISH", temperature="frozen")
    yard.packed("SO-1", FISH=1)
    with pytest.raises(carrying.TooWarm, match="FISH of SO-1 is kept Frozen"):
        yard.plan("SO-1", capacity=Capacity(temperature=Temperature.CHILLED))
    yard.plan("SO-1", capacity=Capacity(temperature=Temperature.FROZEN))


def test_a_load_is_replaced_with_another_truck_and_other_orders_at_once(yard: Yard) -> None:
    heavy(yard)
    yard.packed("SO-1", APPLE=4)
    yard.packed("SO-2", APPLE=4)
    vehicle(yard, "SMALL", max_weight_grams=40_000)
    vehicle(yard, "LARGE", max_weight_grams=80_000)
    load = yard.plan("SO-1", vehicle="SMALL")
    with yard.w.transaction(), pytest.raises(carrying.OverCapacity):
        changes.replace(load.id, ["SO-1", "SO-2"], by=yard.by, vehicle="SMALL")
    with yard.w.transaction():
        changes.replace(load.id, ["SO-1", "SO-2"], by=yard.by, vehicle="LARGE")
    assert yard.fresh(load).max_weight_grams == 80_000
    with yard.w.transaction():
        changes.replace(load.id, ["SO-1"], by=yard.by, vehicle="SMALL")
