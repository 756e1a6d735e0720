"""Products at the desk: put in and changed by hand, with every wrong entry said beside its field and nothing typed twice."""

from __future__ import annotations

import re
from typing import Any

import pytest

from tests.http import Api, Client
from tests.warehouse import Warehouse
from tests.web.desk import Desk, form_of
from wms.actor import Role
from wms.catalog.products import find_product
from wms.db import session

TEA: dict[str, Any] = {
    "sku": "TEA-01",
    "name": "Tea",
    "names_zh_CN": "毛尖",
    "names_en": "Green tea",
    "base_unit": "tin",
    "decimals": "0",
    "tracking": "expiry",
    "rotation": "",
    "shelf_life_days": "540",
    "abc": "a",
    "storage_class": "dry",
    "barcodes": "6900000000014\n4006381333931",
    "weight_grams": "250",
    "length_mm": "80",
    "width_mm": "",
    "height_mm": "",
    "packaging_unit": ["case", ""],
    "packaging_quantity": ["12", ""],
    "packaging_barcode": ["16900000000011", ""],
    "packaging_weight_grams": ["3200", ""],
    "packaging_length_mm": ["", ""],
    "packaging_width_mm": ["300", ""],
    "packaging_height_mm": ["", ""],
}


@pytest.fixture
def desk(client: Client) -> Desk:
    return Desk(client, Role.ADMIN)


def test_a_product_is_put_in_by_hand_with_all_it_has(desk: Desk, api: Api) -> None:
    assert 'href="/products/new"' in desk.get("/products")
    desk.post("/products/new", **TEA)
    assert "Product TEA-01 saved" in desk.get(desk.last.headers["Location"])
    made = api.get("/products/TEA-01")
    assert (made["names"], made["base_unit"], made["tracking"], made["rotation"]) == (
        {"zh_CN": "毛尖", "en": "Green tea"},
        "tin",
        "expiry",
        "fefo",
    )
    assert (made["abc"], made["shelf_life_days"], made["storage_class"]) == ("A", 540, "dry")
    assert made["barcodes"] == ["6900000000014", "4006381333931"]
    (case,) = made["packagings"]
    assert (case["unit"], case["quantity"], case["barcode"], case["weight_grams"], case["width_mm"]) == (
        "case",
        12,
        "16900000000011",
        3200,
        300,
    )
    assert (made["weight_grams"], made["length_mm"], made["width_mm"]) == (250, 80, 0)


def test_saving_the_form_unchanged_changes_nothing(desk: Desk, api: Api) -> None:
    desk.post("/products/new", **TEA)
    before = api.get("/products/TEA-01")
    desk.post("/products/TEA-01/edit", **form_of(desk.get("/products/TEA-01/edit")))
    after = api.get("/products/TEA-01")
    assert {**after, "updated_at": None} == {**before, "updated_at": None}


def test_a_product_is_changed(desk: Desk, api: Api) -> None:
    desk.post("/products/new", **TEA)
    assert 'href="/products/TEA-01/edit"' in desk.get("/products/TEA-01")
    form = form_of(desk.get("/products/TEA-01/edit"))
    form["packaging_unit"][1], form["packaging_quantity"][1] = "pallet", "480"
    form["names_en"] = "Green tea, tin"
    desk.post("/products/TEA-01/edit", **form)
    made = api.get("/products/TEA-01")
    assert [(one["unit"], one["quantity"]) for one in made["packagings"]] == [("case", 12), ("pallet", 480)]
    assert made["names"]["en"] == "Green tea, tin"


@pytest.mark.parametrize(
    ("wrong", "place", "words"),
    [
        ({"name": ""}, "name", "is missing"),
        ({"sku": ""}, "sku", "is missing"),
        ({"decimals": "9"}, "decimals", "is too large"),
        ({"shelf_life_days": "soon"}, "shelf_life_days", "must be a whole number"),
        ({"abc": "7"}, "abc", "is not written as it must be"),
        ({"barcodes": "6900000000021"}, "barcodes", "Barcode 6900000000021 belongs to COFFEE"),
        ({"barcodes": "1234\n" + "9" * 90}, "barcodes", "is too long"),
        ({"packaging_quantity": ["x", ""]}, "row-1-quantity", "Pieces: must be a whole number"),
        ({"packaging_quantity": ["", ""]}, "row-1-quantity", "Pieces: is missing"),
        ({"packaging_unit": ["tin", ""]}, "row-1-unit", "Unit tin is given twice"),
        ({"packaging_unit": ["case", "pallet"], "packaging_quantity": ["12", "0"]}, "row-2-quantity", "Pieces: must be more than 0"),
        ({"sku": "coffee"}, "sku", "There is a product coffee already"),
    ],
)
def test_what_is_wrong_is_said_beside_its_field_and_nothing_is_typed_twice(
    desk: Desk, api: Api, wrong: dict[str, Any], place: str, words: str
) -> None:
    api.put("/products/COFFEE", {"name": "Coffee", "barcodes": ["6900000000021"]})
    page = desk.post("/products/new", 422, **{**TEA, **wrong})
    said = re.search(rf'id="{place}-error">(?:<svg.*?</svg>)?([^<]+)<', page, re.DOTALL)
    assert said, page[page.index("<main") :][:3000]
    assert words in said[1]
    assert 'value="毛尖"' in page
    api.get("/products/TEA-01", status=404)


def test_the_base_unit_of_a_product_with_stock_stays(desk: Desk, w: Warehouse) -> None:
    w.receive("TEA", 5, at="A-01")
    form = form_of(desk.get("/products/TEA/edit"))
    page = desk.post("/products/TEA/edit", 422, **{**form, "base_unit": "kg"})
    assert "is counted in piece already" in page[page.index('id="base_unit-error"') :]


def test_of_two_people_who_change_it_at_once_the_second_is_told(desk: Desk, w: Warehouse) -> None:
    w.product("TEA")
    first, second = form_of(desk.get("/products/TEA/edit")), form_of(desk.get("/products/TEA/edit"))
    desk.post("/products/TEA/edit", **{**first, "names_en": "Green tea"})
    page = desk.post("/products/TEA/edit", 422, **{**second, "names_en": "Black tea"})
    assert "TEA was changed while you were typing" in page
    session.rollback()
    assert find_product("TEA").name_en == "Green tea"
    desk.post("/products/TEA/edit", **form_of(page))
    session.rollback()
    assert find_product("TEA").name_en == "Black tea"


def test_more_rows_keep_what_was_typed(desk: Desk) -> None:
    page = desk.post("/products/new", 200, **{**TEA, "do": "more"})
    assert len(re.findall('name="packaging_unit"', page)) == 9
    assert 'value="16900000000011"' in page
    assert 'value="TEA-01"' in page


def test_who_may_not_change_master_data_gets_no_form(client: Client, w: Warehouse) -> None:
    w.product("TEA")
    desk = Desk(client, Role.SALES)
    assert "/products/new" not in desk.get("/products")
    assert "/edit" not in desk.get("/products/TEA")
    desk.get("/products/new", 403)
    desk.post("/products/TEA/edit", 403, **TEA)
