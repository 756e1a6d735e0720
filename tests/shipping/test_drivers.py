"""Who drives a load: one of ours, chosen by dispatch or brought by the vehicle, or a stranger; and who signs off what it carries."""

from __future__ import annotations

import io

import pytest
from PIL import Image

from tests.shipping.conftest import Yard
from tests.shipping.test_signing import Road
from tests.warehouse import Warehouse
from wms.actor import Actor, Role
from wms.orders import operations, signing
from wms.orders.driven import DroveYourself, NotYourTruck
from wms.orders.signing import NotLeftYet, SignedAlready
from wms.photos import photos, pictures
from wms.shipping import changes, deliveries, fleet
from wms.shipping.drivers import DriverUnknown
from wms.shipping.photo_subjects import PhotoOfOthers


@pytest.fixture
def road(yard: Yard) -> Road:
    return Road(yard)


@pytest.fixture
def gao(w: Warehouse) -> Actor:
    return w.person("gao", roles=[Role.DRIVER])


@pytest.fixture
def li(w: Warehouse) -> Actor:
    return w.person("li", roles=[Role.DRIVER])


def left(road: Road, number: str, driver_code: str | None, *, some: int | None = None, **goods: int) -> str:
    """An order, or some of it, leaves on a truck of this driver; its shipment."""
    carton = road.yard.packed(number, **goods) if some is None else road.yard.carton(number)
    if some is not None:
        road.yard.pack(number, "APPLE", some, carton)
        if road.yard.unit(carton).closed_at is None:  # there is more to pack
            road.yard.full(number, carton)
    load = road.yard.plan(number, driver_code=driver_code)
    road.yard.load(load, carton)
    shipment = road.yard.shipment(number).number
    road.yard.leave(road.yard.close(load, reason="the rest follows"))
    return shipment


def picture(colour: str) -> pictures.Picture:
    stream = io.BytesIO()
    Image.new("RGB", (40, 40), colour).save(stream, "JPEG")
    return pictures.prepared(stream.getvalue())


def test_choosing_a_person_fills_his_name_and_a_stranger_has_a_name_only(road: Road, gao: Actor, w: Warehouse) -> None:
    road.yard.packed("SO-1", APPLE=1)
    north = w.site("NORTH")
    far, picker = w.person("far", roles=[Role.DRIVER], site=north), w.person("hans", roles=[Role.PICKER])
    load = road.yard.plan("SO-1", driver="somebody", driver_code="GAO")
    for code in ("nobody", far.code, picker.code):
        with pytest.raises(DriverUnknown), w.transaction():
            changes.describe(load.id, by=w.by, plate="B", driver_code=code)
    assert (load.driver, load.driver_id) == ("Gao", gao.id)
    with w.transaction():
        changes.identify(load.id, "C", by=w.by)
    assert road.yard.fresh(load).driver_id == gao.id, "reading the plate changes no driver"
    with w.transaction():
        changes.describe(load.id, by=w.by, plate="C", driver="王师傅")
    assert (road.yard.fresh(load).driver, road.yard.fresh(load).driver_id) == ("王师傅", None)


def test_a_vehicle_brings_its_driver_where_he_works(road: Road, gao: Actor, w: Warehouse) -> None:
    road.yard.packed("SO-1", APPLE=1)
    road.yard.packed("SO-2", APPLE=1)
    with w.transaction():
        fleet.put_vehicle("V-1", plate="A 1", driver_code="gao")
        far = w.person("far", roles=[Role.DRIVER], site=w.site("NORTH"))
        fleet.put_vehicle("V-2", plate="A 2", driver_code=far.code)
    load = road.yard.plan("SO-1", vehicle="V-1", plate=None)
    assert (load.driver, load.driver_id, load.plate) == ("Gao", gao.id, "A 1")
    with w.transaction():
        changes.describe(load.id, by=w.by, vehicle="V-2")
    assert (road.yard.fresh(load).driver, road.yard.fresh(load).driver_id) == ("Far", None), "he works at another site"
    assert road.yard.plan("SO-2", vehicle="V-1", driver="王师傅").driver_id is None


def test_what_left_on_his_truck_and_nothing_before(road: Road, gao: Actor, li: Actor) -> None:
    carton = road.yard.packed("SO-1", APPLE=2)
    load = road.yard.plan("SO-1", driver_code="gao")
    road.yard.load(load, carton)
    gate_pass = road.yard.close(load)
    shipment = road.yard.shipment("SO-1").number
    for text in (shipment, "SO-1", load.number, gate_pass):
        with pytest.raises(NotLeftYet):
            deliveries.found_by(text, by=gao)
        with pytest.raises(NotYourTruck):
            deliveries.found_by(text, by=li)
    with pytest.raises(NotYourTruck):
        road.sign("SO-1", by=gao)
    assert (deliveries.listed(gao), deliveries.stops_today(gao)) == ([], [])
    road.yard.leave(gate_pass)
    for text in (shipment, "so-1", load.number, gate_pass, carton):
        assert [one.number for one in deliveries.found_by(text, by=gao)] == [shipment]
    assert [deliveries.how_many_wait(one) for one in (gao, li, road.yard.loader)] == [1, 0, 1]
    road.yard.turn_back(load)
    assert deliveries.stops_today(gao) == []
    with pytest.raises(NotYourTruck):
        road.sign("SO-1", by=gao)


def test_of_an_order_on_two_trucks_each_signs_off_his_own(road: Road, gao: Actor, li: Actor) -> None:
    road.yard.picked("SO-1", APPLE=10)
    first = left(road, "SO-1", "gao", some=6)
    second = left(road, "SO-1", "li", some=4)
    with pytest.raises(NotYourTruck):
        road.sign("SO-1", by=gao, shipment=second)
    assert road.sign("SO-1", by=gao) == "shipped", "his own alone, though nobody named it"
    with pytest.raises(SignedAlready):
        road.sign("SO-1", by=gao)
    assert [one.number for one in deliveries.listed(road.yard.loader)] == [second]
    with pytest.raises(NotYourTruck), road.w.transaction():
        signing.receive_copy(first, by=li)
    assert road.sign("SO-1", by=li) == "delivered"


def test_another_driver_takes_the_truck_over_on_the_road(road: Road, gao: Actor, li: Actor) -> None:
    shipment = left(road, "SO-1", "gao", APPLE=2)
    load = road.yard.plan_of(deliveries.listed(gao)[0].load or "")
    with road.w.transaction():
        changes.hand_over(load.id, "li", by=road.yard.loader)
    assert road.yard.fresh(load).driver == "Gao", "as the papers of this departure say"
    with pytest.raises(NotYourTruck):
        road.sign("SO-1", by=gao)
    assert [one.number for one in deliveries.listed(li)] == [shipment]
    with road.w.transaction():
        changes.hand_over(load.id, None, by=road.yard.loader)
    assert deliveries.listed(li) == []
    assert road.sign("SO-1") == "delivered", "dispatch signs off whatever it is"


@pytest.mark.parametrize("also", [Role.FINANCE, Role.ADMIN])
def test_who_drove_it_never_closes_it(road: Road, w: Warehouse, also: Role) -> None:
    both = w.person("both", roles=[Role.DRIVER, also])
    left(road, "SO-1", "both", APPLE=2)
    road.sign("SO-1", signing.SignedLine("1", 1))
    road.settle("SO-1")
    with pytest.raises(DroveYourself), w.transaction():
        operations.close("SO-1", by=both, reason="all is well")
    with pytest.raises(DroveYourself), w.transaction():
        signing.accept("SO-1", by=both, reason="all is well")
    assert road.close("SO-1", "one is lost") == "closed"


def test_a_driver_deletes_his_own_photos_and_no_loaders(road: Road, gao: Actor, w: Warehouse) -> None:
    shipment = left(road, "SO-1", "gao", APPLE=2)
    with w.transaction():
        loaded = photos.attach("shipment", shipment, picture("red"), by=road.yard.loader).name
        taken = photos.attach("shipment", shipment, picture("blue"), by=gao).name
    assert photos.find(loaded, by=gao).name == loaded
    with pytest.raises(PhotoOfOthers), w.transaction():
        photos.take_away(loaded, by=gao)
    with w.transaction():
        photos.take_away(taken, by=gao)
    assert [one.name for one in photos.of("shipment", road.yard.shipment("SO-1").id)] == [loaded]
