"""A truck with three stops: loaded in reverse, one unit missing, one order cancelled at the last moment; gate, turned back, gate again."""

from __future__ import annotations

from tests.journeys.cast import House
from wms.actor import Role


def packed(house: House, number: str, city: str, **goods: int) -> str:
    """An order for a customer in this city, in a closed carton."""
    to = {"name": f"{city} 店", "city": city, "region": "河南", "street": "1", "country": "CN"}
    house.planned(number, ship_to=to, **goods)
    house.pick(number)
    return house.pack(number)


def test_a_truck_of_three_stops_goes_out_comes_back_and_goes_out_again(house: House) -> None:
    house.opening("TEA", 40, "A-01", lot="T-1")
    house.opening("NUT", 40, "A-02")
    house.api.put("/vehicles/V-1", {"plate": "豫A·1", "driver": "李", "carrier": "SWIFT", "max_weight_grams": 40_000}, status=201)
    west = {"name": "西线", "areas": [{"city": "洛阳"}, {"city": "三门峡"}, {"city": "西安"}], "cut_off": "23:59"}
    house.api.put("/routes/WEST", west, status=201)
    cities = {"SO-1": "西安", "SO-2": "洛阳", "SO-3": "三门峡"}
    cartons = {number: packed(house, number, city, NUT=8) for number, city in cities.items()}
    heavy = packed(house, "SO-4", "洛阳", TEA=2)

    # The dispatcher has the loads built, looks, and books them.
    dispatcher = house.desk(Role.DISPATCHER)
    shown = dispatcher.get("/loads/build?propose=1&vehicle=V-1&route=WEST&door=DOOR-1")
    assert house.say("Plan 1 load", "生成 1 张装车单") in shown
    found = house.api.post("/loads/propose", {"vehicles": ["V-1"], "route": "WEST"})["loads"][0]
    plan = {"route": "WEST", "vehicle": "V-1", "stops": found["stops"]}
    plan["stops"] = [{"name": one["name"], "orders": [n for n in one["orders"] if n != "SO-4"]} for one in plan["stops"]]
    load = house.api.post("/loads/build", {"loads": [plan]}, status=201)["loads"][0]
    number = load["number"]
    assert [one["orders"] for one in load["stops"]] == [["SO-2"], ["SO-3"], ["SO-1"]], "in delivery order"

    # A fourth order would be too much for what the truck may carry today; a supervisor may say otherwise, the dispatcher may not.
    house.api.put(f"/loads/{number}", {"vehicle": "V-1", "max_weight_grams": 12_300, "stops": plan["stops"]})
    dispatcher.post(f"/loads/{number}/change", do="add", order="SO-4")
    assert house.say("would carry 12.5 kg of 12.3 kg", "将超载：12.5 kg，限载 12.3 kg") in dispatcher.get(f"/loads/{number}")
    assert house.see("SO-4")["shipments"][0]["load"] is None

    # What is delivered last goes on first; whoever means otherwise scans twice.
    loader = house.worker(Role.DISPATCHER)
    loader.look("load")
    loader.scan(number)
    assert loader.screen.expected == cartons["SO-1"]
    loader.doubted(cartons["SO-2"], "out_of_turn")
    loader.refused(heavy, "not_on_a_load")
    loader.scan(cartons["SO-1"])
    loader.refused(cartons["SO-1"], "loaded_already")

    # At the last moment the customer in Sanmenxia cancels; Luoyang's carton cannot be found.
    house.act("SO-3", "cancel", reason="at the last moment")
    loader.refused(cartons["SO-3"], "order_cancelled")
    assert loader.screen.step == "unit"
    loader.refused("CMD:DONE", "load_not_complete")
    chief = house.worker(Role.SUPERVISOR)
    chief.look("load")
    chief.scan(number, "CMD:DONE", "NOT_FOUND", "SEAL-1")
    first = chief.screen.printed["gate-pass"]
    assert house.status("SO-2") == "packed", "it follows with the next truck"
    house.put_everything_away()
    guard = house.worker(Role.GATE)
    guard.look("gate")
    guard.scan(first, "豫A1", first)
    assert house.status("SO-1") == "shipped"
    assert house.on_hand("NUT") == 40 - 8

    # The road to Xi'an is closed: the truck comes back, and only a supervisor may say so.
    dispatcher.post(f"/loads/{number}/change", do="turn_back", reason="road closed")
    assert house.say("Only a supervisor", "只有主管") in dispatcher.get(f"/loads/{number}")
    desk = house.desk(Role.SUPERVISOR)
    desk.post(f"/loads/{number}/change", do="turn_back", reason="道路封闭 road closed")
    page = desk.get(f"/loads/{number}")
    assert house.say("Came back after it had left", "出门后折返") in page
    assert house.status("SO-1") == "loaded"
    assert (house.lines("SO-1", "shipped"), house.on_hand("NUT")) == ([0], 40)
    timeline = house.desk(Role.SALES).get("/orders/SO-1")
    assert house.say("The truck came back: it is on board again", "车辆折返，货物仍在车上") in timeline
    assert "road closed" in timeline
    second_guard = house.worker(Role.GATE)
    second_guard.look("gate")
    second_guard.refused(first, "gate_pass_void")

    # Luoyang's carton has been found: it goes on the same truck, is taken off again by its scan, and put on.
    house.api.put(f"/loads/{number}", {"vehicle": "V-1", "stops": [{"orders": ["SO-2"]}, {"orders": ["SO-1"]}]})
    loader.look("load")
    loader.scan(cartons["SO-2"], "CMD:OFF", cartons["SO-2"])
    assert house.status("SO-2") == "packed"
    loader.scan(cartons["SO-2"], "SEAL-2")
    second = loader.screen.printed["gate-pass"]
    assert second != first
    board = dispatcher.get("/loads/board")
    assert house.say("The gate guard lets it out", "待门卫放行") in board
    guard.scan(second, second)
    assert [house.status(one) for one in cities] == ["shipped", "shipped", "cancelled"]
    assert house.on_hand("NUT") == 40 - 16
    refused = house.api.post("/orders/SO-1/cancel", {}, status=409)
    assert refused["code"] == "order_has_left", "now it is a return"

    # What was signed for does not come back.
    house.act("SO-2", "delivery", signed_by="王")
    desk.post(f"/loads/{number}/change", do="turn_back", reason="again")
    assert house.say("was signed for by 王", "已由 王 签收") in desk.get(f"/loads/{number}")
    assert house.status("SO-1") == "shipped"
    desk.post(f"/loads/{number}/change", do="turn_back", reason="customer closed", orders=["SO-1"])
    assert (house.status("SO-1"), house.status("SO-2")) == ("loaded", "delivered")
