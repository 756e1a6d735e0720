"""Adjusting the book and moving goods by hand: in turn, within what is free, within what fits."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
import sqlalchemy as sa

from tests.http import Api, Client
from tests.warehouse import PREFIX, Warehouse
from tests.web.desk import Desk
from wms import db
from wms.db import session
from wms.locations.models import Location, Mixing
from wms.stock import capacity, handling_units, operations
from wms.stock.capacity import LocationFull, NotTogether, StorageClassDiffers
from wms.stock.ledger import NotEnough, SamePlace
from wms.stock.models import Condition, UnitKind

OLD, NEW = dt.date(2026, 1, 5), dt.date(2026, 6, 1)


def _lots(w: Warehouse, sku: str, at: str) -> dict[str, int]:
    return {row["batch"]["lot"]: row["on_hand"] for row in w.api.get("/stock", sku=sku, location=at)["items"]}  # type: ignore[attr-defined]


@pytest.fixture
def two_lots(w: Warehouse, api: Api) -> Warehouse:
    w.product("TEA", tracking="lot")
    w.location("A-01")
    w.location("A-02")
    for lot, day, quantity in (("NEW", NEW, 10), ("OLD", OLD, 30)):
        body = {"sku": "TEA", "location": "A-01", "quantity": quantity, "lot": lot, "received_on": day.isoformat()}
        api.post("/stock/adjustments", body, status=201)
    w.api = api  # type: ignore[attr-defined]
    return w


def test_opening_stock_comes_in_with_its_real_age(two_lots: Warehouse, api: Api) -> None:
    rows = api.get("/stock", sku="tea", batch="old")["items"]
    assert [(row["batch"]["received_on"], row["on_hand"], row["reserved"], row["condition"]) for row in rows] == [
        ("2026-01-05", 30, 0, "good")
    ]
    journal = api.get("/movements", sku="TEA")["items"]
    assert [(one["source"], one["target"], one["quantity"], one["kind"]) for one in journal][1] == ("@ADJUSTMENT", "A-01", 30, "adjustment")


def test_at_the_desk_the_journal_names_the_places_outside_in_words(two_lots: Warehouse, client: Client) -> None:
    desk = Desk(client)
    for path in ("/movements", "/movements?export=csv"):
        journal = desk.get(path)
        assert "Adjustment" in journal
        assert "@ADJUSTMENT" not in journal


def test_without_a_lot_the_oldest_goods_move_first(two_lots: Warehouse, api: Api) -> None:
    done = api.post("/stock/moves", {"sku": "TEA", "quantity": 35, "source": "A-01", "target": "A-02"}, status=201)
    assert [(one["lot"], one["quantity"]) for one in done["movements"]] == [("OLD", 30), ("NEW", 5)]
    assert _lots(two_lots, "TEA", "A-02") == {"OLD": 30, "NEW": 5}


def test_a_named_lot_moves_alone(two_lots: Warehouse, api: Api) -> None:
    api.post("/stock/moves", {"sku": "TEA", "quantity": 5, "source": "A-01", "target": "A-02", "lot": "new"})
    assert _lots(two_lots, "TEA", "A-02") == {"NEW": 5}
    problem = api.post("/stock/moves", {"sku": "TEA", "quantity": 6, "source": "A-01", "target": "A-02", "lot": "NEW"}, status=409)
    assert (problem["code"], "Only 5 of TEA" in problem["detail"]) == ("not_enough", True)


@pytest.mark.beneath_orders
def test_reserved_goods_are_not_moved_by_hand(two_lots: Warehouse, api: Api) -> None:
    line = two_lots.order_line("TEA", 25)
    two_lots.reserve(line, 25, at="A-01", lot="OLD")
    assert api.post("/stock/moves", {"sku": "TEA", "quantity": 16, "source": "A-01", "target": "A-02"}, status=409)["code"] == "not_enough"
    api.post("/stock/moves", {"sku": "TEA", "quantity": 15, "source": "A-01", "target": "A-02"})
    assert api.post("/stock/adjustments", {"sku": "TEA", "location": "A-01", "quantity": -1}, status=409)["code"] == "not_enough"
    assert two_lots.reserved("TEA", at="A-01") == 25


def test_a_whole_unit_goes_along_and_pieces_out_of_it_become_loose(w: Warehouse) -> None:
    unit = w.unit("PAL-1", at="A-01")
    w.receive("TEA", 10, at="A-01", unit=unit)
    w.location("A-02")
    w.location("A-03")
    with db.transaction():
        operations.move_goods("TEA", 10, "A-01", "A-02", by=w.by, handling_unit="PAL-1")
    assert w.on_hand("TEA", at="A-02", unit=unit) == 10
    with db.transaction():
        operations.move_goods("TEA", 4, "A-02", "A-03", by=w.by, handling_unit="PAL-1")
    assert (w.on_hand("TEA", at="A-02", unit=unit), w.on_hand("TEA", at="A-03", unit=unit), w.on_hand("TEA", at="A-03")) == (6, 0, 4)
    with pytest.raises(operations.UnitElsewhere), db.transaction():
        operations.move_goods("TEA", 1, "A-03", "A-02", by=w.by, handling_unit="PAL-1")


def test_an_adjustment_opens_the_unit_it_names(w: Warehouse, api: Api) -> None:
    w.product("TEA")
    w.location("A-01")
    api.post("/stock/adjustments", {"sku": "TEA", "location": "A-01", "quantity": 8, "handling_unit": "PAL-9"})
    assert [row["handling_unit"] for row in api.get("/stock", handling_unit="pal-9")["items"]] == ["PAL-9"]


def test_the_label_of_a_unit_is_kept_without_its_00(w: Warehouse, api: Api) -> None:
    w.product("TEA")
    w.location("A-01")
    api.post("/stock/adjustments", {"sku": "TEA", "location": "A-01", "quantity": 8, "handling_unit": "00369012345000000012"})
    assert [row["handling_unit"] for row in api.get("/stock", sku="TEA")["items"]] == ["369012345000000012"]


def test_a_number_of_our_own_series_is_not_opened_by_an_adjustment(w: Warehouse, api: Api) -> None:
    w.product("TEA")
    w.location("A-01")
    with db.transaction():
        given = handling_units.issue_sscc(PREFIX)
    body = str(int(given[:-1]) + 1).zfill(17)
    coming = body + handling_units.check_digit(body)
    found = {"sku": "TEA", "location": "A-01", "quantity": 8, "handling_unit": coming}
    assert api.post("/stock/adjustments", found, status=409)["code"] == "own_sscc"
    assert w.on_hand("TEA") == 0


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"quantity": 0}, 422, "nothing_to_adjust"),
        ({"quantity": 5, "lot": None}, 422, "lot_missing"),
        ({"quantity": -50}, 409, "not_enough"),
        ({"quantity": 5, "sku": "NONE"}, 404, "product_unknown"),
        ({"quantity": 5, "location": "NONE"}, 404, "location_unknown"),
        ({"quantity": 5, "location": "@SUPPLIER"}, 404, "location_unknown"),
        ({"quantity": -5, "handling_unit": "NONE"}, 404, "unit_unknown"),
        ({"quantity": 5, "received_on": "2999-01-01"}, 422, "received_on_wrong"),
        ({"quantity": 5, "expires_on": "2026-02-30"}, 422, "invalid_input"),
        ({"quantity": 5, "condition": "lovely"}, 422, "invalid_input"),
    ],
)
def test_what_cannot_be_adjusted_changes_nothing(two_lots: Warehouse, api: Api, body: dict[str, Any], status: int, code: str) -> None:
    facts = {"sku": "TEA", "location": "A-01", "lot": "OLD", **body}
    assert api.post("/stock/adjustments", {k: v for k, v in facts.items() if v is not None}, status=status)["code"] == code
    assert two_lots.on_hand("TEA") == 40


def test_goods_already_there_are_not_moved(two_lots: Warehouse) -> None:
    with pytest.raises(SamePlace), db.transaction():
        operations.move_goods("TEA", 1, "A-01", "a-01", by=two_lots.by)


def test_damaged_goods_move_as_damaged(w: Warehouse) -> None:
    w.receive("TEA", 5, at="A-01", condition="damaged")
    w.location("D-01", kind="defect")
    with pytest.raises(NotEnough), db.transaction():
        operations.move_goods("TEA", 5, "A-01", "D-01", by=w.by)
    with db.transaction():
        operations.move_goods("TEA", 5, "A-01", "D-01", by=w.by, condition=Condition.DAMAGED)
    assert w.on_hand("TEA", at="D-01", condition="damaged") == 5


@pytest.mark.parametrize(
    ("kind", "condition", "code"),
    [
        ("door", "good", "not_by_hand"),
        ("storage", "damaged", "wrong_area"),
        ("pick_face", "inspection", "wrong_area"),
        ("storage", "blocked", "wrong_area"),
    ],
)
def test_the_rules_of_place_hold_at_the_api_as_at_the_scanner(w: Warehouse, api: Api, kind: str, condition: str, code: str) -> None:
    w.location("DEF", kind="defect")
    w.receive("TEA", 5, at="DEF", condition=condition)
    w.location("T-01", kind=kind)
    move = {"sku": "TEA", "quantity": 5, "source": "DEF", "target": "T-01", "condition": condition}
    assert api.post("/stock/moves", move, status=409)["code"] == code
    assert w.on_hand("TEA", at="DEF", condition=condition) == 5


def test_a_pallet_of_damaged_goods_is_not_moved_into_the_racks(w: Warehouse) -> None:
    w.location("DEF", kind="defect")
    unit = w.unit("PAL-1", at="DEF")
    w.receive("TEA", 5, at="DEF", unit=unit, condition="damaged")
    w.location("A-02")
    with pytest.raises(operations.NotInRacks), db.transaction():
        operations.move_goods("TEA", 5, "DEF", "A-02", by=w.by, handling_unit="PAL-1", condition=Condition.DAMAGED)


def test_a_packaging_moves_as_its_pieces(w: Warehouse, api: Api) -> None:
    w.product("TEA", packagings={"case": 12})
    w.receive("TEA", 30, at="A-01")
    w.location("A-02")
    api.post("/stock/moves", {"sku": "TEA", "quantity": 2, "unit": "Case", "source": "A-01", "target": "A-02"})
    assert w.on_hand("TEA", at="A-02") == 24


@pytest.mark.parametrize(
    ("limits", "quantity", "refusal"),
    [
        ({"max_weight_grams": 5000}, 11, LocationFull),
        ({"max_volume_cm3": 10}, 11, LocationFull),
        ({"storage_class": "cold"}, 1, None),
        ({"mixing": Mixing.ONE_PRODUCT.value}, 10, None),
    ],
)
def test_limits_of_a_location_hold_for_moves_by_hand(
    w: Warehouse, limits: dict[str, Any], quantity: int, refusal: type[Exception] | None
) -> None:
    w.product("TEA", weight_grams=500, length_mm=10, width_mm=10, height_mm=10)
    w.receive("TEA", 20, at="A-01")
    w.location("A-02", **limits)
    if refusal is None:
        with db.transaction():
            operations.move_goods("TEA", quantity, "A-01", "A-02", by=w.by)
        return
    with pytest.raises(refusal), db.transaction():
        operations.move_goods("TEA", quantity, "A-01", "A-02", by=w.by)
    with db.transaction():
        operations.move_goods("TEA", quantity - 1, "A-01", "A-02", by=w.by)


def test_goods_that_may_not_lie_together_are_refused(w: Warehouse) -> None:
    w.receive("TEA", 5, at="A-01")
    w.receive("MILK", 5, at="A-01")
    w.location("A-02", mixing=Mixing.ONE_PRODUCT.value)
    with db.transaction():
        operations.move_goods("TEA", 1, "A-01", "A-02", by=w.by)
    with pytest.raises(NotTogether), db.transaction():
        operations.move_goods("MILK", 1, "A-01", "A-02", by=w.by)


def test_what_needs_the_cold_is_not_moved_into_the_warm(w: Warehouse) -> None:
    cold, bin_ = w.product("FISH", storage_class="cold"), w.location("A-01")
    with pytest.raises(StorageClassDiffers), db.transaction():
        capacity.must_fit(bin_, cold, 1)


def test_a_pick_face_is_not_filled_above_its_maximum_by_hand_either(w: Warehouse) -> None:
    tea = w.product("TEA")
    w.receive("TEA", 50, at="A-01")
    w.location("F-01", kind="pick_face", assigned_product_id=tea.id, assigned_minimum=1, assigned_maximum=36)
    with pytest.raises(LocationFull) as refused, db.transaction():
        operations.move_goods("TEA", 37, "A-01", "F-01", by=w.by)
    assert refused.value.say("en") == "F-01 has no room: pieces 0 and 37 more, at most 36"
    with db.transaction():
        operations.move_goods("TEA", 36, "A-01", "F-01", by=w.by)


@pytest.mark.beneath_orders
def test_availability_tells_what_may_be_promised(two_lots: Warehouse, api: Api) -> None:
    line = two_lots.order_line("TEA", 10)
    two_lots.reserve(line, 10, at="A-01", lot="OLD")
    told = api.get("/availability", sku="tea")
    wanted = {"sku": "TEA", "on_hand": 40, "reserved": 10, "promised": 0, "available": 30, "expected": 0}
    assert {name: told[name] for name in wanted} == wanted
    assert (told["coming"], [day["available"] for day in told["by_day"]]) == ([], [20]), "what waits goes before somebody new"
    assert api.get("/availability", sku="NONE", status=404)["code"] == "product_unknown"
    assert api.get("/availability", status=422)["errors"][0]["pointer"] == "/sku"


def test_the_journal_is_read_from_a_moment_on(two_lots: Warehouse, api: Api) -> None:
    moment = api.get("/movements")["items"][1]["at"]
    assert len(api.get("/movements", since=moment)["items"]) == 1
    assert api.get("/movements", since="yesterday", status=422)["errors"][0]["pointer"] == "/since"
    assert api.get("/movements", location="@adjustment")["items"][0]["source"] == "@ADJUSTMENT"


def test_goods_are_not_found_on_a_unit_of_another_site(w: Warehouse) -> None:
    north = w.site("NORTH")
    w.location("N-01", site=north)
    with w.transaction():
        place = session.execute(sa.select(Location).where(Location.code_key == "n-01")).scalar_one()
        handling_units.new_unit(UnitKind.PALLET, location_id=place.id, site_id=north, company_prefix=PREFIX, code="THEIRS")
    w.product("APPLE")
    w.location("A-01")
    with pytest.raises(handling_units.UnitUnknown), w.transaction():
        operations.adjust("APPLE", "A-01", 5, handling_unit="theirs", company_prefix=PREFIX, by=w.by)


def test_a_whole_plate_of_two_lots_does_not_go_where_one_batch_may_lie(w: Warehouse) -> None:
    w.product("TEA", tracking="lot")
    w.location("A-01")
    w.location("ONE", mixing=Mixing.ONE_BATCH)
    w.unit("P1", at="A-01")
    for lot in ("L1", "L2"):
        with w.transaction():
            operations.adjust("TEA", "A-01", 5, by=w.by, lot=lot, handling_unit="P1", company_prefix=PREFIX)
    with pytest.raises(NotTogether), w.transaction():
        operations.move_goods("TEA", 10, "A-01", "ONE", by=w.by, handling_unit="P1")
    assert w.on_hand("TEA", at="ONE") == 0


def test_a_serial_number_is_put_into_the_book_once_and_for_one_piece(w: Warehouse, api: Api) -> None:
    w.product("PHONE", tracking="serial")
    w.location("A-01")
    w.location("A-02")
    body = {"sku": "PHONE", "location": "A-01", "quantity": 1, "lot": "SN-1"}
    assert api.post("/stock/adjustments", {**body, "quantity": 2}, status=409)["code"] == "serial_alone"
    api.post("/stock/adjustments", body, status=201)
    refused = api.post("/stock/adjustments", {**body, "location": "A-02", "received_on": "2026-01-05"}, status=409)
    assert (refused["code"], w.on_hand("PHONE")) == ("serial_here", 1)
    session.rollback()
    api.post("/stock/adjustments", {**body, "quantity": -1}, status=201)
    api.post("/stock/adjustments", {**body, "location": "A-02"}, status=201)
    assert w.on_hand("PHONE", at="A-02") == 1
