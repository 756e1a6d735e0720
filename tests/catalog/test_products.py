"""Products and partners are put in whole and found without case."""

from __future__ import annotations

import pytest

from tests.http import Api
from tests.warehouse import Warehouse
from wms import db
from wms.catalog import products
from wms.catalog.products import UnitUnknown, put_product
from wms.catalog.putting import BarcodeTaken, BarcodeTwice, PackagingFacts, UnitTwice

TEA = {
    "name": "Tea",
    "names": {"zh_CN": "茶", "en": "Tea"},
    "tracking": "lot",
    "weight_grams": 500,
    "barcodes": ["6900000000014"],
    "packagings": [{"unit": "case", "quantity": 12, "barcode": "16900000000011", "weight_grams": 6200}],
}


def test_a_product_is_created_then_replaced_as_a_whole(api: Api) -> None:
    made = api.put("/products/TEA-1", TEA, status=201)
    assert made["names"] == {"zh_CN": "茶", "en": "Tea"}
    assert made["packagings"][0]["barcode"] == "16900000000011"
    assert (made["rotation"], made["decimals"], made["base_unit"]) == ("fifo", 0, "piece")
    replaced = api.put("/products/tea-1", {"name": "Green tea"}, status=200)
    assert (replaced["sku"], replaced["tracking"], replaced["packagings"], replaced["barcodes"]) == ("TEA-1", "none", [], [])
    assert replaced["names"] == {"zh_CN": "Green tea", "en": "Green tea"}
    assert api.get("/products/TeA-1") == replaced


def test_a_product_that_is_counted_keeps_its_base_unit(w: Warehouse, api: Api) -> None:
    api.put("/products/CLOTH", {"name": "Cloth", "base_unit": "m"})
    assert api.put("/products/CLOTH", {"name": "Cloth", "base_unit": "cm"})["base_unit"] == "cm", "nothing is counted in it yet"
    w.location("A-01")
    w.receive("CLOTH", 250, at="A-01")
    problem = api.put("/products/CLOTH", {"name": "Cloth"}, status=409)
    assert problem["code"] == "base_unit_in_use"
    assert "CLOTH is counted in cm already and cannot become piece" in problem["detail"]
    assert api.put("/products/CLOTH", {"name": "Fine cloth", "base_unit": "CM"})["name"] == "Fine cloth"


def test_a_product_with_expiry_leaves_by_expiry_unless_told_otherwise(api: Api) -> None:
    assert api.put("/products/MILK", {"name": "Milk", "tracking": "expiry"})["rotation"] == "fefo"
    assert api.put("/products/MILK", {"name": "Milk", "tracking": "expiry", "rotation": "fifo"})["rotation"] == "fifo"


def test_a_barcode_stands_for_one_product_in_all_its_forms(api: Api) -> None:
    api.put("/products/TEA", TEA)
    problem = api.put("/products/COFFEE", {"name": "Coffee", "barcodes": ["06900000000014"]}, status=409)
    assert problem["code"] == "barcode_taken"
    assert "TEA" in problem["detail"]
    assert api.get("/products/COFFEE", status=404)["code"] == "product_unknown"


def test_a_product_is_held_for_its_owner(w: Warehouse, api: Api) -> None:
    w.partner("GUEST")
    w.partner("OTHER")
    w.location("A-01")
    w.location("B-01")
    assert api.put("/products/TEA", {"name": "Tea", "owner": "guest"})["owner"] == "GUEST"
    assert api.put("/products/MUG", {"name": "Mug"})["owner"] is None
    for owner in (None, "GUEST", "OTHER"):
        api.post("/stock/adjustments", {"sku": "TEA", "location": "A-01", "quantity": 5, "owner": owner})
    assert [(row["owner"], row["on_hand"]) for row in api.get("/stock", sku="TEA")["items"]] == [("GUEST", 10), ("OTHER", 5)]
    assert api.get("/availability", sku="TEA")["available"] == 10, "what is the owner's is the product's ordinary stock"
    api.post("/stock/moves", {"sku": "TEA", "quantity": 4, "source": "A-01", "target": "B-01", "owner": "GUEST"})
    api.post("/stock/moves", {"sku": "TEA", "quantity": 5, "source": "A-01", "target": "B-01", "owner": "OTHER"})
    of_guest = [(row["location"], row["on_hand"]) for row in api.get("/stock", sku="TEA", owner="guest")["items"]]
    assert of_guest == [("A-01", 6), ("B-01", 4)]
    problem = api.put("/products/TEA", {"name": "Tea", "owner": "NOBODY"}, status=422)
    assert (problem["code"], problem["errors"][0]["pointer"]) == ("owner_unknown", "/owner")
    assert api.put("/products/TEA", {"name": "Tea"})["owner"] is None


@pytest.mark.parametrize("code", ["6900000000015", "16900000000012", "690000000011", "69000001", " 6900000000015 "])
def test_a_gtin_with_a_wrong_check_digit_is_refused_in_words(api: Api, code: str) -> None:
    problem = api.put("/products/TEA", {"name": "Tea", "barcodes": ["6900000000014", code]}, status=422)
    assert (problem["code"], problem["errors"][0]["pointer"]) == ("barcode_check_digit", "/barcodes/1")
    assert f"The check digit of barcode {code.strip()} is wrong" in problem["detail"]
    case = {"unit": "case", "quantity": 12, "barcode": code}
    problem = api.put("/products/TEA", {"name": "Tea", "packagings": [case]}, status=422)
    assert problem["errors"][0]["pointer"] == "/packagings/0/barcode"
    assert api.get("/products/TEA", status=404)["code"] == "product_unknown"


def test_numbers_of_the_houses_own_are_no_gtins(api: Api) -> None:
    own = ["1", "123456", "1234567", "123456789", "1234567890", "12345678901", "123456789012345", "6900000000015A", "X-6900000000015"]
    assert api.put("/products/TEA", {"name": "Tea", "barcodes": own})["barcodes"] == own
    sound = ["6900000000014", "036000291452", "96385074", "16900000000011"]
    assert api.put("/products/MUG", {"name": "Mug", "barcodes": sound})["barcodes"] == sound


def test_a_barcode_is_free_again_when_its_product_lets_it_go(w: Warehouse) -> None:
    with db.transaction():
        put_product("A", name="A", barcodes=["X1"])
        put_product("A", name="A")
        put_product("B", name="B", barcodes=["x1"])
        with pytest.raises(BarcodeTaken):
            put_product("A", name="A", barcodes=["X1"])


def test_a_packaging_that_stays_keeps_its_identity(w: Warehouse) -> None:
    with db.transaction():
        product, new = put_product("A", name="A", packagings=[PackagingFacts("case", 12, "C1"), PackagingFacts("pallet", 480)])
        before = {one.unit: one.id for one in product.packagings}
        product, again = put_product("A", name="A", packagings=[PackagingFacts("Case", 10, "C2")])
        assert (new, again) == (True, False)
        assert [(one.unit, one.quantity, one.id) for one in product.packagings] == [("Case", 10, before["case"])]
        assert [(one.code, one.packaging_id) for one in product.barcodes] == [("C2", before["case"])]


def test_one_product_does_not_say_a_thing_twice(w: Warehouse) -> None:
    with pytest.raises(BarcodeTwice), db.transaction():
        put_product("A", name="A", barcodes=["X"], packagings=[PackagingFacts("case", 12, "x")])
    with pytest.raises(UnitTwice), db.transaction():
        put_product("A", name="A", base_unit="piece", packagings=[PackagingFacts("Piece", 12)])


def test_quantities_of_a_packaging_become_base_units(w: Warehouse) -> None:
    with db.transaction():
        product, _ = put_product("A", name="A", packagings=[PackagingFacts("case", 12)])
        assert products.in_base_units(product, 3, "CASE") == 36
        assert products.in_base_units(product, 3, None) == products.in_base_units(product, 3, "piece") == 3
        with pytest.raises(UnitUnknown):
            products.in_base_units(product, 3, "barrel")


@pytest.mark.parametrize("sku", ["GC-100/5", "茶 01", "a+b", "Ä%1"])
def test_a_code_may_hold_any_character_of_a_line(api: Api, sku: str) -> None:
    from urllib.parse import quote

    assert api.put(f"/products/{quote(sku, safe='')}", {"name": "x"})["sku"] == sku
    assert api.get(f"/products/{quote(sku, safe='')}")["sku"] == sku


@pytest.mark.sqlite
@pytest.mark.parametrize("sku", ["%20", "x" * 81, "a%1Fb"])
def test_a_code_is_a_short_line_of_text(api: Api, sku: str) -> None:
    assert api.put(f"/products/{sku}", {"name": "x"}, status=422)["code"] == "code_wrong"


def test_a_partner_comes_back_as_it_was_put_in(api: Api) -> None:
    body = {
        "kind": "customer",
        "name": "李雷",
        "address": {"city": "上海", "street": "南京路 1"},
        "credit_limit": 100_000,
        "oldest_due_on": "2026-10-01",
    }
    made = api.put("/partners/C-1", body, status=201)
    assert (made["address"]["city"], made["address"]["phone"], made["balance_due"]) == ("上海", None, 0)
    assert api.get("/partners/c-1") == made
    assert api.put("/partners/C-1", {"kind": "supplier", "name": "x"}, status=200)["credit_limit"] is None
    assert api.put("/partners/C-1", {"kind": "friend", "name": "x"}, status=422)["errors"][0]["pointer"] == "/kind"
    assert api.get("/partners/none", status=404)["code"] == "partner_unknown"
