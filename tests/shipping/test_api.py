"""Loads and shipments as machines see them."""

from __future__ import annotations

import pytest
from flask import Flask

from tests.http import Api
from tests.shipping.conftest import Yard
from wms.actor import Role
from wms.orders import queries
from wms.tasks.models import TaskKind


def test_a_load_is_planned_read_closed_and_listed(yard: Yard, api: Api) -> None:
    near, far = yard.packed("SO-1", APPLE=2), yard.packed("SO-2", PEAR=1)
    made = api.post(
        "/loads", {"plate": "沪A12345", "driver": "王师傅", "stops": [{"name": "洛阳", "orders": ["so-1"]}], "orders": ["SO-2"]}, status=201
    )
    assert (made["status"], made["door"], made["gate_pass"]) == ("planned", "DOOR-1", None)
    assert made["stops"] == [{"stop": 1, "name": "洛阳", "orders": ["SO-1"]}, {"stop": 2, "name": "上海 CUSTOMER", "orders": ["SO-2"]}]
    assert [(unit["handling_unit"], unit["stop"], unit["loaded_at"]) for unit in made["units"]] == [(far, 2, None), (near, 1, None)]
    load = yard.plan_of(made["number"])
    yard.load(load, far)
    refused = api.post(f"/loads/{made['number']}/close", {}, status=409)
    assert refused["code"] == "load_not_complete"
    closed = api.post(f"/loads/{made['number']}/close", {"reason": "next truck", "seal": "S-1"})
    assert (closed["status"], closed["orders"], closed["seal"]) == ("closed", ["SO-2"], "S-1")
    assert api.get(f"/loads/{made['number'].lower()}")["gate_pass"] == closed["gate_pass"]
    assert [one["number"] for one in api.get("/loads", limit=1)["items"]] == [made["number"]]
    assert api.post(f"/loads/{made['number']}/close", {}, status=409)["code"] == "load_closed"


def test_the_same_key_plans_one_load(yard: Yard, api: Api) -> None:
    yard.packed("SO-1", APPLE=2)
    first = api.post("/loads", {"orders": ["SO-1"]}, key="k", status=201)
    assert api.post("/loads", {"orders": ["SO-1"]}, key="k", status=201) == first
    assert api.post("/loads", {"orders": ["SO-1"]}, status=409)["code"] == "order_on_load"


def test_a_load_is_replaced_whole_until_it_closes(yard: Yard, api: Api) -> None:
    for number in ("SO-1", "SO-2", "SO-3"):
        yard.packed(number, APPLE=1)
    made = api.post("/loads", {"plate": "沪A12345", "driver": "王师傅", "orders": ["SO-1", "SO-2"]}, status=201)
    path = f"/loads/{made['number'].lower()}"
    stops = [{"name": "洛阳", "orders": ["SO-3", "SO-2"]}]
    changed = api.put(path, {"plate": "沪B2", "door": "DOOR-2", "vehicle": "4.2 m", "stops": stops}, status=200)
    assert (changed["plate"], changed["driver"], changed["vehicle"], changed["door"]) == ("沪B2", None, "4.2 m", "DOOR-2")
    assert changed["stops"] == [{"stop": 1, "name": "洛阳", "orders": ["SO-2", "SO-3"]}]
    assert yard.shipment("SO-1").load_id is None
    assert [task.target_id for task in yard.tasks(TaskKind.LOAD)] == [yard.w.location("DOOR-2").id]
    assert api.put(path, {"orders": ["SO-2", "SO-3"]}, status=200)["door"] == "DOOR-2", "it stays where it is"
    assert [one["orders"] for one in api.get(path)["stops"]] == [["SO-2"], ["SO-3"]]
    for body, code in (
        ({}, "no_orders"),
        ({"orders": ["SO-2", "so-2"]}, "order_twice"),
        ({"orders": ["SO-2"], "door": "PACK"}, "not_a_door"),
    ):
        assert api.put(path, body, status=422)["code"] == code
    assert api.put("/loads/L-404", {"orders": ["SO-2"]}, status=404)["code"] == "load_unknown"


def test_what_is_on_the_truck_is_not_taken_off_by_a_body(yard: Yard, api: Api) -> None:
    near, far = yard.packed("SO-1", APPLE=1), yard.packed("SO-2", APPLE=1)
    load = yard.plan("SO-1", "SO-2")
    yard.load(load, far)
    path = f"/loads/{load.number}"
    assert api.put(path, {"orders": ["SO-1"]}, status=409)["code"] == "still_on_board"
    assert api.put(path, {"orders": ["SO-1", "SO-2"], "door": "DOOR-2"}, status=409)["code"] == "still_on_board"
    turned = api.put(path, {"orders": ["SO-2", "SO-1"], "plate": "沪B2"}, status=200)
    assert [(unit["handling_unit"], unit["stop"]) for unit in turned["units"]] == [(near, 2), (far, 1)]
    assert yard.status("SO-2") == "loaded"


def test_of_a_closed_load_only_the_truck_changes(yard: Yard, api: Api) -> None:
    here, _ = yard.packed("SO-2", APPLE=1), yard.packed("SO-1", APPLE=1)
    load = yard.plan("SO-1", "SO-2")
    yard.load(load, here)
    gate_pass = yard.close(load, by=yard.chief, seal="S-9", reason="no room")  # SO-1 stays behind: SO-2 is at stop 2 alone
    path = f"/loads/{load.number}"
    changed = api.put(path, {"orders": ["SO-2"], "plate": "沪B2", "driver": "李强"}, status=200)
    assert (changed["plate"], changed["driver"], changed["gate_pass"], changed["seal"]) == ("沪B2", "李强", gate_pass, "S-9")
    assert api.put(path, {"orders": ["SO-1"], "plate": "沪B2"}, status=409)["code"] == "load_closed"
    assert api.put(path, {"orders": ["SO-2"], "plate": "沪B2", "door": "DOOR-2"}, status=409)["code"] == "load_closed"
    assert api.put(path, {"orders": ["SO-2"]}, status=409)["code"] == "plate_missing"
    yard.leave(gate_pass)
    assert api.put(path, {"orders": ["SO-2"], "plate": "沪C3"}, status=409)["code"] == "load_left"


def test_the_carrier_of_a_load_is_the_carrier_of_its_shipments(app: Flask, yard: Yard, api: Api) -> None:
    yard.packed("SO-1", APPLE=1)
    yard.w.partner("SF", kind="carrier")
    load = yard.plan("SO-1")
    assert api.put(f"/loads/{load.number}", {"orders": ["SO-1"], "carrier": "sf", "plate": "沪A1"}, status=200)["carrier"] == "SF"
    assert api.get(f"/shipments/{yard.shipment('SO-1').number}")["carrier"] == "SF"
    assert Api(app, Role.PACKER).put(f"/loads/{load.number}", {"orders": ["SO-1"]}, status=403)["code"] == "not_permitted"


@pytest.mark.parametrize(
    ("body", "status", "code", "pointer"),
    [
        ({}, 422, "no_orders", "/orders"),
        ({"orders": []}, 422, "no_orders", "/orders"),
        ({"orders": ["SO-1", "so-1"]}, 422, "order_twice", "/orders"),
        ({"orders": ["SO-1"], "door": "PACK"}, 422, "not_a_door", "/door"),
        ({"orders": ["SO-1"], "door": "NOWHERE"}, 404, "location_unknown", None),
        ({"orders": ["SO-404"]}, 404, "order_unknown", None),
        ({"orders": ["SO-1"], "colour": "red"}, 422, None, "/colour"),
        ({"orders": "SO-1"}, 422, None, "/orders"),
        ({"orders": ["SO-1"], "plate": "x" * 41}, 422, None, "/plate"),
        ({"orders": ["SO-1"], "driver": "a\x07b"}, 422, None, "/driver"),
        ({"orders": ["SO-1"], "stops": [{"orders": []}]}, 422, None, "/stops/0/orders"),
        ({"orders": ["x" * 10_000]}, 422, None, "/orders/0"),
    ],
)
def test_a_bad_load_is_refused_with_its_field(
    yard: Yard, api: Api, body: dict[str, object], status: int, code: str | None, pointer: str | None
) -> None:
    yard.packed("SO-1", APPLE=2)
    problem = api.post("/loads", body, status=status)
    assert code is None or problem["code"] == code
    assert pointer is None or pointer in [one["pointer"] for one in problem["errors"]]
    assert yard.shipment("SO-1").load_id is None


def test_only_those_who_plan_work_make_loads(app: Flask, yard: Yard) -> None:
    yard.packed("SO-1", APPLE=2)
    assert Api(app, Role.PACKER).post("/loads", {"orders": ["SO-1"]}, status=403)["code"] == "not_permitted"


def test_a_shipment_tells_its_parcels_before_and_after_it_left(yard: Yard, api: Api) -> None:
    carton = yard.packed("SO-1", APPLE=2, PEAR=1)
    number = yard.shipment("SO-1").number
    parcel = api.get(f"/shipments/{number}")["parcels"][0]
    assert (parcel["sscc"], parcel["location"]) == (carton, "PACK")
    assert [(one["sku"], one["quantity"]) for one in parcel["contents"]] == [("APPLE", 2), ("PEAR", 1)]
    load = yard.plan("SO-1")
    yard.load(load, carton)
    yard.leave(yard.close(load))
    after = api.get(f"/shipments/{number}")
    assert after["left_at"]
    assert after["load"] == load.number
    assert [(one["sku"], one["quantity"]) for one in after["parcels"][0]["contents"]] == [("APPLE", 2), ("PEAR", 1)]
    assert api.get("/shipments/S-404", status=404)["code"] == "shipment_unknown"


def test_the_orders_papers_appear_with_the_step_that_makes_them(yard: Yard, api: Api) -> None:
    def kinds() -> set[str]:
        return {one["kind"] for one in api.get("/orders/SO-1")["documents"]}

    yard.picked("SO-1", APPLE=2)
    assert kinds() == set()
    carton = yard.pack_all("SO-1")
    assert kinds() == {"packing-slip", "delivery-note"}
    load = yard.plan("SO-1")
    assert kinds() == {"packing-slip", "delivery-note", "load-sheet", "loading-checklist"}
    yard.load(load, carton)
    yard.close(load)
    assert kinds() == {"packing-slip", "delivery-note", "load-sheet", "loading-checklist", "outbound-note", "gate-pass"}
    for paper in api.get("/orders/SO-1")["documents"]:
        answer = api.client.get(paper["href"], headers=api.headers)
        assert (answer.status_code, answer.data[:5]) == (200, b"%PDF-"), paper


def test_the_timeline_tells_sales_what_happened_in_both_languages(app: Flask, yard: Yard) -> None:
    carton = yard.packed("SO-1", APPLE=2)
    load = yard.plan("SO-1")
    yard.load(load, carton)
    yard.leave(yard.close(load))
    sales = Api(app, Role.SALES)
    assert f"Carton {carton} closed" in [one["text"] for one in sales.get("/orders/SO-1")["events"]]
    order = queries.shown([yard.order("SO-1")], "zh_CN")[0]
    assert f"已封箱 {carton}" in [one.text for one in order.events]


def test_a_vehicle_is_put_in_and_a_load_takes_over_what_it_may_carry(yard: Yard, api: Api) -> None:
    yard.w.partner("SWIFT", kind="carrier")
    yard.w.product("APPLE", weight_grams=10_000, length_mm=100, width_mm=100, height_mm=100)
    yard.packed("SO-1", APPLE=4)
    yard.packed("SO-2", APPLE=4)
    truck = {"plate": "豫A·1", "carrier": "swift", "driver": "李", "max_weight_grams": 50_000, "pallet_places": 2}
    assert api.put("/vehicles/V-1", truck, status=201)["carrier"] == "SWIFT"
    assert api.put("/vehicles/v-1", truck)["code"] == "V-1"
    assert [one["code"] for one in api.get("/vehicles")["items"]] == ["V-1"]
    made = api.post("/loads", {"vehicle": "v-1", "orders": ["SO-1"]}, status=201)
    assert (made["vehicle"], made["plate"], made["driver"], made["carrier"]) == ("V-1", "豫A·1", "李", "SWIFT")
    assert made["weight_grams"] == {"planned": 40_000, "loaded": 0, "most": 50_000}
    assert made["volume_cm3"] == {"planned": 4000, "loaded": 0, "most": None}
    refused = api.put(f"/loads/{made['number']}", {"vehicle": "V-1", "orders": ["SO-1", "SO-2"]}, status=409)
    assert (refused["code"], "80 kg of 50 kg" in refused["detail"]) == ("over_capacity", True)
    api.put(f"/loads/{made['number']}", {"vehicle": "V-1", "orders": ["SO-1", "SO-2"], "overload_reason": "short way"})
    more = api.put(f"/loads/{made['number']}", {"max_weight_grams": 90_000, "plate": "P", "orders": ["SO-1", "SO-2"]})
    assert (more["vehicle"], more["weight_grams"]["most"]) == (None, 90_000)
    for wrong in ({"max_weight_grams": 0}, {"pallet_places": 10**6}, {"temperature": "hot"}, {"colour": "red"}, {"carrier": "NO"}):
        api.put("/vehicles/V-2", wrong, status=422)
    assert api.get("/vehicles/V-9", status=404)["code"] == "vehicle_unknown"


def test_a_route_says_which_towns_it_serves_in_which_order(api: Api) -> None:
    route = {"name": "West", "areas": [{"city": "洛阳"}, {"region": "河南", "postcode": "47 20"}], "cut_off": "16:00"}
    assert api.put("/routes/WEST", route, status=201)["areas"][1] == {"region": "河南", "city": None, "postcode": "4720"}
    assert api.get("/routes/west")["cut_off"] == "16:00"
    refused = api.put("/routes/WEST", {"name": "West", "areas": [{"city": "A"}, {}]}, status=422)
    assert (refused["code"], refused["errors"][0]["pointer"]) == ("area_empty", "/areas/1")
    for wrong in ({"cut_off": "25:00"}, {"cut_off": "noon"}, {"name": " "}, {"areas": [{"town": "x"}]}):
        api.put("/routes/EAST", {"name": "East", **wrong}, status=422)
    assert api.get("/routes/EAST", status=404)["code"] == "route_unknown"


def test_a_truck_that_left_is_taken_back_over_the_api_by_a_supervisor(yard: Yard, api: Api, app: Flask) -> None:
    load = yard.plan("SO-1") if yard.packed("SO-1", APPLE=2) else None
    assert load
    yard.load(load, str(yard.unit_of("SO-1")))
    assert api.post(f"/loads/{load.number}/turn-back", {"reason": "accident"}, status=409)["code"] == "load_not_left"
    gate_pass = yard.close(load)
    yard.leave(gate_pass)
    dispatcher = Api(app, Role.DISPATCHER)
    assert dispatcher.post(f"/loads/{load.number}/turn-back", {"reason": "accident"}, status=403)["code"]
    assert api.post(f"/loads/{load.number}/turn-back", {}, status=422)
    assert api.post(f"/loads/{load.number}/turn-back", {"reason": ""}, status=422)["code"] == "reason_needed"
    assert api.post(f"/loads/{load.number}/turn-back", {"reason": "x", "orders": ["SO-9"]}, status=422)["code"] == "not_on_this_load"
    back = api.post(f"/loads/{load.number}/turn-back", {"reason": "accident"}, key="k")
    assert (back["status"], back["gate_pass"], back["left_at"]) == ("loading", None, None)
    assert api.post(f"/loads/{load.number}/turn-back", {"reason": "accident"}, key="k") == back
    order = api.get("/orders/SO-1")
    assert (order["status"], order["lines"][0]["shipped"], order["shipments"][0]["left_at"]) == ("loaded", 0, None)
    assert gate_pass not in {one["number"] for one in order["documents"]}
    assert api.post(f"/loads/{load.number}/close", {}, status=409)["code"] == "seal_wanted"
    assert api.post(f"/loads/{load.number}/close", {"no_seal": "open truck"})["no_seal"] == "open truck"
    assert api.post(f"/loads/{load.number}/reopen", {"reason": "one more"})["status"] == "loading"
