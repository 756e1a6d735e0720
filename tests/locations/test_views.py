"""Locations at the desk: put in and changed by hand, in kg and litres, with every wrong entry said beside its field."""

from __future__ import annotations

import re
from typing import Any

import pytest

from tests.http import Api, Client
from tests.warehouse import Warehouse
from tests.web.desk import Desk, form_of
from wms.actor import Role

FACE: dict[str, Any] = {
    "code": "A-07-1",
    "kind": "pick_face",
    "mixing": "one_product",
    "zone": "A",
    "aisle": "A",
    "bay": "7",
    "level": "1",
    "x_mm": "1200",
    "y_mm": "-300",
    "max_weight_kg": "812.5",
    "max_volume_litres": "1200",
    "max_units": "2",
    "storage_class": "dry",
    "assigned_sku": "TEA",
    "assigned_minimum": "12",
    "assigned_maximum": "36",
}


@pytest.fixture
def desk(client: Client, w: Warehouse) -> Desk:
    w.product("TEA")
    return Desk(client, Role.ADMIN)


def test_a_location_is_put_in_by_hand_with_all_it_has(desk: Desk, api: Api) -> None:
    assert 'href="/locations/new"' in desk.get("/locations")
    desk.post("/locations/new", **FACE)
    assert "Location A-07-1 saved" in desk.get(desk.last.headers["Location"])
    made = api.get("/locations/A-07-1")
    assert (made["kind"], made["mixing"], made["zone"], made["bay"], made["level"]) == ("pick_face", "one_product", "A", "7", "1")
    assert (made["x_mm"], made["y_mm"], made["z_mm"]) == (1200, -300, 0)
    assert (made["max_weight_grams"], made["max_volume_cm3"], made["max_units"]) == (812_500, 1_200_000, 2)
    assert made["assigned"] == {"sku": "TEA", "minimum": 12, "maximum": 36}


def test_saving_the_form_unchanged_changes_nothing(desk: Desk, api: Api, w: Warehouse) -> None:
    w.partner("SHOP")
    desk.post("/locations/new", **FACE)
    desk.post("/locations/new", code="CON-1", kind="consignment", mixing="any", partner="SHOP", allow_negative="1")
    for code in ("A-07-1", "CON-1"):
        before = api.get(f"/locations/{code}")
        desk.post(f"/locations/{code}/edit", **form_of(desk.get(f"/locations/{code}/edit")))
        assert {**api.get(f"/locations/{code}"), "updated_at": None} == {**before, "updated_at": None}
    assert before["partner"] == "SHOP"


def test_a_face_of_kilograms_has_its_levels_in_kilograms(desk: Desk, api: Api, w: Warehouse) -> None:
    w.product("RICE", base_unit="kg", decimals=3)
    desk.post("/locations/new", **{**FACE, "assigned_sku": "RICE", "assigned_minimum": "1.25", "assigned_maximum": "2000"})
    assert api.get("/locations/A-07-1")["assigned"] == {"sku": "RICE", "minimum": 1250, "maximum": 2_000_000}
    form = form_of(desk.get("/locations/A-07-1/edit"))
    assert (form["assigned_minimum"], form["assigned_maximum"]) == ("1.25", "2000")
    assert "1.25–2,000" in desk.get("/locations")
    assert "<dd>1.25</dd>" in desk.get("/locations/A-07-1")
    desk.post("/locations/A-07-1/edit", **form)
    assert api.get("/locations/A-07-1")["assigned"]["maximum"] == 2_000_000


def test_one_more_like_it_is_a_form_filled_in_but_for_the_code(desk: Desk) -> None:
    desk.post("/locations/new", **FACE)
    assert 'href="/locations/new?like=A-07-1"' in desk.get("/locations/A-07-1")
    form = form_of(desk.get("/locations/new?like=A-07-1"))
    assert (form["code"], form["bay"], form["max_weight_kg"], form["assigned_sku"]) == ("", "7", "812.5", "TEA")


@pytest.mark.parametrize(
    ("wrong", "place", "words"),
    [
        ({"code": ""}, "code", "is missing"),
        ({"code": "@SUPPLIER"}, "code", "@ marks the places outside"),
        ({"kind": "virtual"}, "kind", "is not one of the known words"),
        ({"x_mm": "1.5"}, "x_mm", "must be a whole number"),
        ({"max_weight_kg": "heavy"}, "max_weight_kg", "must be a number, as 12.5"),
        ({"max_weight_kg": "NaN"}, "max_weight_kg", "must be a number, as 12.5"),
        ({"max_volume_litres": "0"}, "max_volume_litres", "must be more than 0"),
        ({"max_units": "0"}, "max_units", "must be more than 0"),
        ({"assigned_sku": "NOTHING"}, "assigned_sku", "There is no product NOTHING"),
        ({"assigned_minimum": "99"}, "assigned_sku", "minimum ≤ maximum"),
        ({"assigned_maximum": ""}, "assigned_maximum", "is missing"),
        ({"kind": "storage"}, "assigned_sku", "Only a pick face"),
        ({"allow_negative": "1"}, "allow_negative", "Only a consignment location may be negative"),
        ({"partner": "NOBODY"}, "partner", "There is no partner NOBODY"),
        ({"code": "b-01"}, "code", "There is a location b-01 already"),
    ],
)
def test_what_is_wrong_is_said_beside_its_field_and_nothing_is_typed_twice(
    desk: Desk, api: Api, w: Warehouse, wrong: dict[str, Any], place: str, words: str
) -> None:
    w.location("B-01")
    page = desk.post("/locations/new", 422, **{**FACE, **wrong})
    said = re.search(rf'id="{place}-error">(?:<svg.*?</svg>)?([^<]+)<', page, re.DOTALL)
    assert said, page[page.index("<main") :][:3000]
    assert words in said[1]
    assert 'value="1200"' in page
    api.get("/locations/A-07-1", status=404)


def test_what_still_lies_below_zero_must_be_allowed_to(desk: Desk, api: Api, w: Warehouse) -> None:
    api.put("/locations/CON-1", {"kind": "consignment", "allow_negative": True})
    w.receive("TEA", 1, at="CON-1")
    w.move("TEA", 3, "CON-1", "@CUSTOMER")
    form = form_of(desk.get("/locations/CON-1/edit"))
    assert form.pop("allow_negative") == "1"
    page = desk.post("/locations/CON-1/edit", 422, **form)
    assert "CON-1 is below zero" in page[page.index('id="allow_negative-error"') :]


def test_of_two_people_who_change_it_at_once_the_second_is_told(desk: Desk, api: Api) -> None:
    desk.post("/locations/new", **FACE)
    first, second = form_of(desk.get("/locations/A-07-1/edit")), form_of(desk.get("/locations/A-07-1/edit"))
    desk.post("/locations/A-07-1/edit", **{**first, "zone": "B"})
    assert "A-07-1 was changed while you were typing" in desk.post("/locations/A-07-1/edit", 422, **{**second, "zone": "C"})
    assert api.get("/locations/A-07-1")["zone"] == "B"


def test_who_may_not_change_master_data_gets_no_form(client: Client, w: Warehouse) -> None:
    w.location("A-01")
    desk = Desk(client, Role.SALES)
    assert "/locations/new" not in desk.get("/locations")
    assert "/edit" not in desk.get("/locations/A-01")
    desk.get("/locations/new", 403)
    desk.post("/locations/A-01/edit", 403, **FACE)
