"""Which boxes an order needs, as the desk, the API and the packing bench are told."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from flask import Flask

from tests.http import Api, Client
from tests.scanner import Scanner
from tests.shipping.conftest import Yard
from tests.warehouse import PREFIX
from tests.web.desk import Desk
from wms.actor import Role
from wms.catalog import carton_types
from wms.catalog.products import put_product
from wms.catalog.putting import PackagingFacts
from wms.db import in_transaction, session
from wms.orders import editing
from wms.orders.lines import NewLine
from wms.scan.engine import Engine
from wms.shipping import cartons, holding, packing, queries
from wms.shipping.cartons import Advice
from wms.stock import handling_units

APPLE, PEAR = "6901234567892", "6901234567908"


@pytest.fixture(autouse=True)
def _goods(yard: Yard) -> None:
    yard.product("APPLE", APPLE, weight_grams=500, length_mm=100, width_mm=100, height_mm=100)
    yard.product("PEAR", PEAR)  # was never measured


@pytest.fixture
def boxes(yard: Yard) -> None:
    with yard.w.transaction():
        carton_types.put_carton_type("S", length_mm=200, width_mm=200, height_mm=100, tare_grams=150, most_grams=3_000)
        carton_types.put_carton_type("M", length_mm=300, width_mm=200, height_mm=200, tare_grams=300, most_grams=8_000)
        carton_types.put_carton_type("OLD", length_mm=210, width_mm=210, height_mm=110, in_use=False)


def advise(yard: Yard, number: str) -> Advice:
    return cartons.advise(yard.order(number).id)


def codes(advice: Advice) -> list[str]:
    return [one.code for one in advice.cartons]


def fact(screen: dict[str, Any], label: str) -> Any:
    return next((one["value"], one["detail"]) for one in screen["facts"] if one["label"] == label)


# -- the advice --------------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("boxes")
def test_the_smallest_box_in_use_that_takes_the_order(yard: Yard) -> None:
    yard.picked("SO-1", APPLE=4)
    advice = advise(yard, "SO-1")
    assert codes(advice) == ["S"]
    assert (advice.cartons[0].weight_grams, advice.cartons[0].fill_percent) == (4 * 500 + 150, 100)
    assert [(one.from_mm, one.laid[0].piece.quantity) for one in advice.cartons[0].layers] == [(0, 4)]


@pytest.mark.usefixtures("boxes")
def test_what_is_promised_counts_and_what_is_packed_and_closed_does_not(yard: Yard) -> None:
    yard.w.receive("APPLE", 16, at="A-01")
    yard.enter("SO-1", APPLE=16)
    assert codes(advise(yard, "SO-1")) == ["M", "S"]
    yard.pick("SO-1", only=8)
    assert codes(advise(yard, "SO-1")) == ["M", "S"]
    carton = yard.carton("SO-1")
    yard.pack("SO-1", "APPLE", 4, carton)
    assert codes(advise(yard, "SO-1")) == ["M", "S"]  # the open carton is one of them
    yard.full("SO-1", carton)
    assert codes(advise(yard, "SO-1")) == ["M"]


@pytest.mark.usefixtures("boxes")
def test_an_order_that_nothing_is_promised_to_is_advised_as_a_whole(yard: Yard) -> None:
    yard.enter("SO-1", APPLE=5)
    assert codes(advise(yard, "SO-1")) == ["M"]


@pytest.mark.usefixtures("boxes")
def test_what_has_no_size_is_said_and_what_no_box_takes_too(yard: Yard) -> None:
    yard.product("POLE", "6901234567915", length_mm=1800, width_mm=40, height_mm=40)
    yard.picked("SO-1", APPLE=1, PEAR=3, POLE=2)
    advice = advise(yard, "SO-1")
    assert codes(advice) == ["S"]
    assert [(one.sku, one.quantity) for one in advice.unknown] == [("PEAR", 3)]
    assert [(one.sku, one.quantity) for one in advice.loose] == [("POLE", 2)]


@pytest.mark.usefixtures("boxes")
def test_whole_cases_stay_whole_where_a_box_takes_them(yard: Yard) -> None:
    with yard.w.transaction():
        case = PackagingFacts("case", 6, length_mm=200, width_mm=200, height_mm=100, weight_grams=3_100)
        pallet = PackagingFacts("pallet", 12, length_mm=1200, width_mm=800, height_mm=900)
        put_product("TEA", name="TEA", weight_grams=500, length_mm=60, width_mm=60, height_mm=90, packagings=[case, pallet])
    yard.picked("SO-1", TEA=13)
    advice = advise(yard, "SO-1")
    assert codes(advice) == ["M"]
    contents = [(one.sku, one.packaging, one.quantity) for carton in advice.cartons for one in carton.contents]
    assert sorted(contents, key=str) == [("TEA", "case", 12), ("TEA", None, 1)]
    case_of = next(one for carton in advice.cartons for one in carton.contents if one.packaging)
    assert (case_of.amount.say("en"), case_of.amount.say("zh_CN")) == ("2 cases of 6", "2 箱（每箱 6）")


@pytest.mark.usefixtures("boxes")
def test_a_case_that_is_a_parcel_by_itself_goes_into_no_box(yard: Yard, bench: Scanner, api: Api) -> None:
    with yard.w.transaction():
        case = PackagingFacts("case", 12, length_mm=640, width_mm=390, height_mm=350, ships_as_is=True)
        put_product("SHOE", name="SHOE", base_unit="pair", weight_grams=800, length_mm=190, width_mm=150, height_mm=90, packagings=[case])
    yard.picked("SO-1", SHOE=25)
    advice = advise(yard, "SO-1")
    assert codes(advice) == ["S"]
    assert [(one.quantity, one.amount.say("en")) for one in advice.as_is] == [(24, "2 cases of 12")]
    assert api.get("/orders/SO-1/carton-advice")["as_is"] == [{"sku": "SHOE", "quantity": 24, "unit": "pair", "packaging": "case"}]
    bench.scan("SO-1")
    assert fact(bench.screen, "As it is") == ("2 cases of 12", "SHOE")
    assert fact(bench.screen, "Take box")[0] == "S 200×200×100"


def test_without_boxes_there_is_no_advice(yard: Yard) -> None:
    yard.picked("SO-1", APPLE=1)
    assert advise(yard, "SO-1") == Advice((), (), (), ())


@pytest.mark.usefixtures("boxes")
def test_the_api_tells_it_with_its_layers(yard: Yard, api: Api) -> None:
    yard.picked("SO-1", APPLE=7, PEAR=1)
    told = api.get("/orders/SO-1/carton-advice")
    (carton,) = told["cartons"]
    assert (carton["carton_type"], carton["length_mm"], carton["weight_grams"]) == ("M", 300, 7 * 500 + 300)
    assert carton["contents"] == [{"sku": "APPLE", "quantity": 7, "unit": "piece", "packaging": None}]
    assert [layer["from_mm"] for layer in carton["layers"]] == [0, 100]
    assert sum(laid["quantity"] for layer in carton["layers"] for laid in layer["contents"]) == 7
    assert told["unknown"] == [{"sku": "PEAR", "quantity": 1, "unit": "piece", "packaging": None}]
    assert api.get("/orders/NONE/carton-advice", status=404)


def test_what_must_stay_upright_does_so_in_its_packagings_too_and_the_packer_reads_it(yard: Yard, bench: Scanner, api: Api) -> None:
    """A bottle of 25 cm lies in the flat box, where it may."""
    bottle = {"name": "Oil", "length_mm": 80, "width_mm": 80, "height_mm": 250, "weight_grams": 900, "barcodes": ["6901234567922"]}
    case = {"unit": "case", "quantity": 2, "length_mm": 160, "width_mm": 80, "height_mm": 250}
    with yard.w.transaction():
        carton_types.put_carton_type("FLAT", length_mm=300, width_mm=250, height_mm=100)
        carton_types.put_carton_type("TALL", length_mm=250, width_mm=250, height_mm=300)
    api.put("/products/OIL", {**bottle, "packagings": [case]}, status=201)
    yard.picked("SO-1", OIL=3)
    assert codes(advise(yard, "SO-1")) == ["FLAT"]
    api.put("/products/OIL", {**bottle, "packagings": [case], "this_way_up": True})
    session.rollback()
    advice = advise(yard, "SO-1")
    assert codes(advice) == ["TALL"]
    assert {laid.height_mm for layer in advice.cartons[0].layers for laid in layer.laid} == {250}
    assert api.get("/products/OIL")["this_way_up"] is True
    bench.scan("SO-1", "TALL", "6901234567922")
    assert fact(bench.screen, "Put it in") == ("This way up", None)


# -- the bench ---------------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("boxes")
def test_the_bench_is_told_which_box_to_take_and_which_comes_next(yard: Yard, bench: Scanner) -> None:
    yard.picked("SO-1", APPLE=16)
    bench.scan("SO-1")
    assert fact(bench.screen, "Take box") == ("M 300×200×200", "then S")
    assert "M" in bench.offers
    bench.scan("m")
    assert bench.said.endswith("is box M, 300×200×200")
    assert fact(bench.screen, "Into carton")[1] == "M 300×200×200"
    assert "M" not in bench.offers
    bench.scan(APPLE, "12", "CMD:DONE", "CMD:FULL", "CMD:DONE")
    assert fact(bench.screen, "Take box") == ("S 200×200×100", None)
    assert "S" in bench.offers
    bench.scan("S", APPLE, "4")
    first, second = sorted(parcel.code for parcel in _parcels(yard))
    assert (yard.unit(first).length_mm, yard.unit(second).length_mm) == (300, 200)


@pytest.mark.usefixtures("boxes")
def test_nobody_who_writes_waits_while_a_box_is_searched(
    yard: Yard, bench: Scanner, engine: Engine, app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each way to the next box: an order, work from the list, a full carton, another one, an order that was changed."""
    search, searched = cartons.choose, list[str]()

    def elsewhere() -> None:
        with app.app_context(), yard.w.transaction():
            searched.append(handling_units.issue_sscc(PREFIX))  # the row behind which every packer of the house waits

    def slow(*of: Any) -> Any:
        assert not in_transaction()
        other = threading.Thread(target=elsewhere)
        before = len(searched)
        other.start()
        other.join(5)
        assert len(searched) == before + 1, "another packer waits for this search"
        return search(*of)

    monkeypatch.setattr(cartons, "_known", {})
    monkeypatch.setattr(cartons, "choose", slow)
    yard.picked("SO-1", APPLE=16)
    yard.picked("SO-2", APPLE=9)
    yard.picked("SO-3", APPLE=7)
    bench.scan("SO-1")
    assert (len(searched), fact(bench.screen, "Take box")) == (1, ("M 300×200×200", "then S"))
    bench.scan("M", APPLE, "12", "CMD:DONE", "CMD:FULL", "CMD:DONE")
    assert (len(searched), fact(bench.screen, "Take box")) == (2, ("S 200×200×100", None))
    cartons._known.clear()
    bench.scan(APPLE, "1", "CMD:DONE", "CMD:CARTONS", "ANOTHER")
    assert (bench.tone, len(searched)) == ("good", 3)
    other = Scanner(engine, yard.w.person("second", roles=[Role.PACKER]), "pack")
    other.scan("CMD:NEXT")
    assert other.step == "product"
    assert fact(other.screen, "Take box")
    number, before = other.screen["document"], len(searched)
    with yard.w.transaction():
        editing.edit(number, by=yard.chief, changes={}, lines=[NewLine("APPLE", 5, line="1")])
    cartons._known.clear()
    other.scan(APPLE)  # refused, and the screen that comes instead says which box is right now
    assert len(searched) == before + 1
    assert fact(other.screen, "Take box")
    assert len(set(searched)) == len(searched)


@pytest.mark.usefixtures("boxes")
def test_another_box_than_the_one_advised_may_be_taken_and_changed(yard: Yard, bench: Scanner) -> None:
    yard.picked("SO-1", APPLE=1)
    bench.scan("SO-1", "M")
    assert fact(bench.screen, "Into carton")[1] == "M 300×200×200"
    bench.scan("S")
    assert fact(bench.screen, "Into carton")[1] == "S 200×200×100"


@pytest.mark.usefixtures("boxes")
def test_of_two_open_cartons_the_box_is_for_the_one_in_hand(yard: Yard, bench: Scanner) -> None:
    yard.picked("SO-1", APPLE=4)
    bench.scan("SO-1", APPLE, "2", "CMD:DONE")
    first = _parcels(yard)[0].code
    bench.scan("CMD:CARTONS", "ANOTHER", first, "M")
    assert (bench.tone, bench.code) == ("good", None)
    assert fact(bench.screen, "Into carton")[1] == "M 300×200×200"
    assert [one.carton_type_id is not None for one in packing.open_cartons(yard.order("SO-1").id)] == [True, False]


@pytest.mark.usefixtures("boxes")
def test_the_box_is_remembered_when_the_order_is_taken_up_again(yard: Yard, bench: Scanner) -> None:
    yard.picked("SO-1", APPLE=2)
    bench.scan("SO-1", "M", "CMD:CANCEL", "SO-1")
    assert fact(bench.screen, "Into carton")[1] == "M 300×200×200"


@pytest.mark.usefixtures("boxes")
def test_a_box_that_is_not_in_use_is_refused(yard: Yard, bench: Scanner) -> None:
    yard.picked("SO-1", APPLE=1)
    bench.scan("SO-1", "OLD")
    assert (bench.step, bench.tone, bench.code) == ("product", "stop", "carton_type_not_in_use")


@pytest.mark.usefixtures("boxes")
def test_the_empty_box_counts_in_the_expected_weight(yard: Yard, bench: Scanner) -> None:
    yard.picked("SO-1", APPLE=2)
    bench.scan("SO-1", "M", APPLE, "2")
    carton = _parcels(yard)[0].code
    assert holding.expected_grams(yard.unit(carton).id) == 2 * 500 + 300
    bench.scan("1100")  # less than goods and box together
    assert bench.code == "weight_far_off"
    bench.scan("1310")
    assert yard.unit(carton).weight_grams == 1310


@pytest.mark.usefixtures("boxes")
def test_a_box_holds_no_more_than_it_may(yard: Yard, bench: Scanner) -> None:
    yard.picked("SO-1", APPLE=8)
    bench.scan("SO-1", "S", APPLE, "8")
    assert (bench.step, bench.tone, bench.code) == ("quantity", "stop", "carton_too_heavy")
    assert bench.said.endswith("would hold 4 kg; box S takes 3 kg")
    assert (yard.lines("SO-1", "packed"), "another carton" in bench.screen["message"]["detail"]) == ([0], True)
    bench.scan("6", "CMD:DONE")
    assert (bench.step, yard.lines("SO-1", "packed")) == ("product", [6])
    bench.scan("CMD:FULL", "CMD:DONE", APPLE, "2")
    assert yard.status("SO-1") == "packed"


@pytest.mark.usefixtures("boxes")
def test_what_is_in_a_carton_is_not_called_a_box_that_does_not_hold_it_nor_poured_into_one(yard: Yard, bench: Scanner) -> None:
    yard.picked("SO-1", APPLE=8)
    bench.scan("SO-1", APPLE, "7", "CMD:DONE", "S")
    assert (bench.tone, bench.code) == ("stop", "carton_too_heavy")
    full = yard.unit_of("SO-1")
    bench.scan("CMD:FULL", "CMD:DONE", "S", APPLE)
    assert yard.status("SO-1") == "packed"
    bench.scan("CMD:REOPEN", "CMD:CARTONS", "MERGE", full)
    assert (bench.step, bench.code) == ("merge", "carton_too_heavy")


@pytest.mark.usefixtures("boxes")
def test_a_box_that_the_scale_finds_too_heavy_is_opened_again_and_not_left_unweighed(yard: Yard, bench: Scanner, door: Scanner) -> None:
    yard.picked("SO-1", PEAR=2)
    bench.scan("SO-1", "S", "PEAR", "2", "3200")
    assert (bench.step, bench.tone, bench.code) == ("weight", "stop", "carton_too_heavy")
    assert bench.said.endswith("holds 3.05 kg by the scale; box S takes 3 kg")
    bench.scan("3200")
    assert (bench.code, "CMD:DONE" in bench.offers, "CMD:REOPEN" in bench.offers) == ("carton_too_heavy", False, True)
    bench.scan("CMD:SKIP")
    carton = yard.unit_of("SO-1")
    door.scan(yard.plan("SO-1").number, carton)
    assert door.code == "weight_unsettled"
    bench.scan(carton, "3100")
    assert (bench.step, yard.unit(carton).weight_grams) == ("start", 3100)


def test_where_the_house_has_no_boxes_the_bench_says_nothing_of_them(yard: Yard, bench: Scanner) -> None:
    yard.picked("SO-1", APPLE=1)
    bench.scan("SO-1")
    assert not [one for one in bench.screen["facts"] if one["label"] == "Take box"]


@pytest.mark.usefixtures("boxes")
def test_a_carton_of_another_order_is_not_made_a_box(yard: Yard) -> None:
    yard.picked("SO-1", APPLE=1)
    yard.picked("SO-2", APPLE=1)
    one, _ = yard.carton("SO-1"), yard.carton("SO-2")
    with pytest.raises(packing.CartonUnknown), yard.w.transaction():
        cartons.take(yard.order("SO-2").id, one, carton_types.find_carton_type("S"))


def _parcels(yard: Yard) -> list[Any]:
    return [parcel for one in queries.shipments(yard.by) for parcel in one.parcels]


# -- the desk ----------------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("boxes")
def test_the_desk_draws_each_carton_and_tells_its_layers(yard: Yard, client: Client) -> None:
    yard.product("POLE", "6901234567915", length_mm=1800, width_mm=40, height_mm=40)
    yard.picked("SO-1", APPLE=28, PEAR=2, POLE=1)
    desk = Desk(client)
    assert "/orders/SO-1/cartons" in desk.get("/orders/SO-1")
    page = desk.get("/orders/SO-1/cartons")
    assert "Cartons 1 to 2, all alike · M 300×200×200" in page
    assert page.count('<svg class="carton"') == 2
    assert page.count('data-side="top"') == 12 + 4
    assert "from 100 mm" in page
    assert "Without a size" in page
    assert "In no carton" in page
    assert 'style="' not in page


def test_the_desk_says_what_is_missing_for_an_advice(yard: Yard, client: Client) -> None:
    yard.picked("SO-1", APPLE=1)
    desk = Desk(client)
    assert "There are no carton types" in desk.get("/orders/SO-1/cartons")
    desk.get("/orders/NONE/cartons", 404)


@pytest.mark.usefixtures("boxes")
def test_an_order_that_is_packed_tells_its_cartons_instead_of_an_advice(yard: Yard, client: Client) -> None:
    carton, desk = yard.packed("SO-1", APPLE=1), Desk(client)
    with yard.w.transaction():
        packing.weigh(yard.order("SO-1").id, carton, 640, by=yard.by)
    assert "/orders/SO-1/cartons" in desk.get("/orders/SO-1")
    page = desk.get("/orders/SO-1/cartons")
    assert [word for word in (carton, "0.64", "PACK", "1 piece", "Nothing is left") if word in page] == [carton, "0.64", "PACK", "1 piece"]
    load = yard.plan("SO-1")
    yard.load(load, carton)
    page = desk.get("/orders/SO-1/cartons")
    assert f"/loads/{load.number}" in page
    assert "On the truck at DOOR-1" in page
    yard.leave(yard.close(load))
    assert "On the road" in desk.get("/orders/SO-1/cartons")
