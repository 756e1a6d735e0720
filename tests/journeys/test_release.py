"""How work comes to the floor: by itself, with an urgent order cutting in; given back and chosen anew while people pick."""

from __future__ import annotations

import datetime as dt
import html
from typing import Any

from tests.journeys.cast import EAN, House, day
from tests.journeys.floor import on, shipped, step, tasks
from wms import clock, db
from wms.actor import Role
from wms.picking import jobs


def in_minutes(minutes: float) -> str:
    """A due time, as sales sends it."""
    return (clock.now() + dt.timedelta(minutes=minutes)).isoformat()


def ten_seconds_later() -> int:
    """Continuous release takes its turn; how many waves it has planned."""
    db.session.rollback()
    return jobs.release()


def refill_later() -> None:
    """Faces are looked at again, as every few seconds."""
    db.session.rollback()
    jobs.refill_faces()


def waits(house: House) -> dict[str, str]:
    """Which orders do not go to the floor now, and why."""
    return {one["order"]: one["reason"] for one in house.api.get("/stream")["waiting"]}


def list_of(house: House, number: str) -> dict[str, Any]:
    """The order's only pick list, as the API shows it."""
    (found,) = {claim["pick_list"] for line in house.see(number)["lines"] for claim in line["claims"]}
    return dict(house.api.get(f"/pick-lists/{found}"))


def in_hand(house: House, name: str) -> list[str]:
    """The lists that somebody has begun."""
    return [task["document"] for task in tasks(house, "pick", "claimed") if task["person"] == name]


def test_an_urgent_order_cuts_in(house: House) -> None:
    house.place("A-05", "storage", zone="Y", x=20_000, y=5000)
    house.opening("TEA", 300, "A-01", lot="T-1")
    house.opening("NUT", 60, "A-05")
    chief = house.desk(Role.SUPERVISOR)
    rules = {"method": "single", "horizon_minutes": "240", "most_orders": "1", "most_lists": "4", "zone_lines": "50", "zone_caps": "Z=2"}
    chief.post("/picking/release", do="start", **rules)
    assert house.say("running", "运行中") in chief.get("/picking/release")

    orders = {
        "SO-1": ({"TEA": 2, "NUT": 3}, 60), "SO-2": ({"TEA": 1}, 120), "SO-3": ({"TEA": 4}, 150), "SO-4": ({"NUT": 1}, 180),
        "SO-5": ({"NUT": 5}, 3000),
    }  # fmt: skip
    for number, (lines, minutes) in orders.items():
        house.order(number, due_at=in_minutes(minutes), **lines)
        house.act(number, "release")
    assert house.api.get("/stream")["next"] == ["SO-1", "SO-2", "SO-4"]
    assert ten_seconds_later() == 1
    assert ten_seconds_later() == 0, "nothing goes twice"
    full = house.say("Zone Z has 2 lines open, at most 2", "库区 Z 在拣 2 行，上限 2")
    later = house.say("It is due later than 240 min from now", "承诺时间在 240 分钟之后")
    assert waits(house) == {"SO-3": full, "SO-5": later}
    page = chief.get("/picking/release")
    assert full in page
    assert later in page

    # Anna has begun the first of them when sales sends an order of priority 9: it is the next work that is given.
    anna, ben = house.worker(Role.PICKER, name="anna"), house.worker(Role.PICKER, name="ben")
    anna.look("work")
    anna.scan("CMD:NEXT")
    first = list_of(house, "SO-1")
    assert in_hand(house, "anna") == [first["number"]]
    on(anna, step("target"))
    anna.scan("PACK-1")
    left = [line for line in house.api.get(f"/pick-lists/{first['number']}")["lines"] if not line["picked"]]
    assert len(left) == 1
    house.order("SO-9", TEA=1, priority=9)
    house.act("SO-9", "release")
    assert ten_seconds_later() == 1
    many = house.say("At most 4 lists may be open, and others come first", "在拣单最多 4 张，其他订单在前")
    assert waits(house) == {"SO-3": many, "SO-5": later}
    ben.look("work")
    ben.scan("CMD:NEXT")
    assert in_hand(house, "ben") == [list_of(house, "SO-9")["number"]]
    on(ben, step("document"))

    # Another one: Anna leaves her list for it, and finds it as she left it.
    house.order("SO-8", TEA=2, priority=9)
    house.act("SO-8", "release")
    assert ten_seconds_later() == 1
    anna.scan("CMD:CANCEL")
    anna.look("work")
    anna.scan("CMD:NEXT")
    assert in_hand(house, "anna") == [list_of(house, "SO-8")["number"]]
    on(anna, step("document"))
    anna.look("work")
    anna.scan("CMD:NEXT")
    assert in_hand(house, "anna") == [first["number"]]
    assert [line for line in house.api.get(f"/pick-lists/{first['number']}")["lines"] if not line["picked"]] == left
    assert anna.screen.expected == left[0]["location"]
    on(anna, step("document"))

    # What will be late is red before it is: two hundred pieces take longer than the three minutes that are left.
    assert house.api.get("/stream")["late"] == []
    house.order("SO-7", TEA=200, due_at=in_minutes(3))
    house.act("SO-7", "release")
    (late,) = house.api.get("/stream")["late"]
    assert (late["order"], dt.datetime.fromisoformat(house.see("SO-7")["due_at"]) > clock.now()) == ("SO-7", True)
    assert late["minutes_late"] >= 3
    assert house.say("min of work up to it", "至完成还需") in late["reason"]
    for page in (chief.get("/picking/release"), chief.get("/picking/plan")):
        assert late["reason"] in page
        assert "SO-7" in page
    assert ten_seconds_later() == 1
    ben.look("work")
    ben.scan("CMD:NEXT")
    assert in_hand(house, "ben") == [list_of(house, "SO-7")["number"]], "it was wanted first"
    assert [one["order"] for one in house.api.get("/stream")["late"]] == ["SO-7"]
    on(ben, step("document"))
    (late,) = house.api.get("/stream")["late"]
    assert late["reason"] == house.say("Packing and loading take 30 min more", "打包装车还需 30 分钟"), "picked is not on the truck"

    # The floor is worked off, then the supervisor stops it.
    anna.look("work")
    while anna.screen.flow == "work":
        anna.send("CMD:NEXT")
        if anna.screen.tone == "stop":
            break
        on(anna, step("document"))
        ten_seconds_later()
        anna.look("work")
    assert anna.screen.code == "no_work"
    assert {number: house.status(number) for number in orders} == dict.fromkeys(list(orders)[:4], "picked") | {"SO-5": "released"}
    chief.post("/picking/release", do="stop", **{**rules, "horizon_minutes": "9999"})
    assert ten_seconds_later() == 0
    assert house.say("stopped", "已停止") in chief.get("/picking/release")
    assert (house.lines("SO-5", "promised"), house.lines("SO-5", "reserved")) == ([5], [0])
    everybody = [number for number in [*orders, "SO-7", "SO-8", "SO-9"] if number != "SO-5"]
    assert [house.lines(number, "picked") for number in everybody] == [house.lines(number, "ordered") for number in everybody]
    assert (house.on_hand("TEA", location="A-01"), house.on_hand("NUT", location="A-05")) == (300 - 210, 60 - 4)
    assert house.on_hand("TEA", location="PACK-1") == 210


def test_goods_are_given_back_and_chosen_anew_while_people_pick(house: House) -> None:
    house.opening("TEA", 6, "A-01", lot="T-1", received_on="2026-01-05")
    house.opening("TEA", 10, "A-02", lot="T-2", received_on="2026-02-05")
    house.opening("NUT", 5, "A-05", received_on="2026-01-05")
    house.opening("MILK", 9, "A-07", lot="M-1", expires_on="2099-01-01")
    house.announce("PO-1", {"sku": "NUT", "quantity": 8})
    receiver = house.crew(Role.RECEIVER)
    receiver.look("receive")
    receiver.scan("PO-1", EAN["NUT"], "8")  # they stand at the dock, and may be promised, but not picked

    # Sales keeps four of the old lot for an order that is in no hurry; the most urgent one takes what is left of it.
    house.order("SO-LOT", priority=0, lines=[{"sku": "TEA", "quantity": 4, "lot": "T-1"}])
    house.order("SO-1", priority=9, TEA=5, MILK=2)
    house.order("SO-ALL", priority=8, ship_complete=True, NUT=8, MILK=1)
    house.order("SO-2", NUT=5)
    house.order("SO-3", MILK=3)
    for number in ("SO-LOT", "SO-1", "SO-ALL", "SO-2", "SO-3"):
        assert house.act(number, "release")["status"] == "released", number
    planned = house.api.post("/waves", {"orders": ["SO-1", "SO-ALL", "SO-2", "SO-3"]})
    wave = planned["number"]
    lists = {one["orders"][0]: one["number"] for one in planned["pick_lists"]}
    assert sorted(lists) == ["SO-1", "SO-2", "SO-3"]
    assert [one["order"] for one in planned["skipped"]] == ["SO-ALL"]
    assert (house.lines("SO-ALL", "reserved"), house.lines("SO-2", "reserved")) == ([0, 0], [5]), "all or nothing; others may have it"

    # Why this batch, why this bin, why short: asked of the API, read on the page.
    tea = house.see("SO-1")["lines"][0]
    assert [(claim["lot"], claim["quantity"]) for claim in tea["claims"]] == [("T-1", 2), ("T-2", 3)]
    why = [reason for claim in tea["claims"] for reason in claim["reasons"]]
    kept = house.say("lot T-1 passed over: orders that name it have reserved it", "跳过批号 T-1：已被指定该批号的订单保留")
    only = house.say("The only bin with goods of this age", "该批龄仅此一处有货")
    assert only in why
    assert any(kept in reason for reason in why)
    assert house.say("First in, first out", "先进先出") in why[0]
    lacking = house.see("SO-ALL")["lines"][0]["lacking"]
    assert house.say("The order ships complete, and not everything is there", "要求整单发运，货物尚不齐全") in lacking
    chief = house.desk(Role.SUPERVISOR)
    pages = html.unescape(chief.get("/orders/SO-1") + chief.get("/orders/SO-ALL"))
    for said in (*why, *lacking):
        assert said in pages, said

    # Anna is picking SO-1 and Ben SO-3: what they have gone for is not pulled away; what nobody has begun is given back.
    anna, ben = house.worker(Role.PICKER, name="anna"), house.worker(Role.PICKER, name="ben")
    anna.look("pick")
    anna.scan(lists["SO-1"])
    ben.look("pick")
    ben.scan(lists["SO-3"])
    before = house.ledger()
    chief.post("/picking/orders/SO-1/deallocate", reason="the customer has called")
    busy = house.say(
        f"The planning of SO-1 cannot be undone: Anna is picking {lists['SO-1']}", f"SO-1 不能撤销排单：Anna 正在拣 {lists['SO-1']}"
    )
    assert busy in chief.get("/orders/SO-1")
    assert house.ledger() == before
    chief.post(f"/picking/waves/{wave}/deallocate")
    page = chief.get(f"/picking/waves/{wave}")
    assert house.say("Planning undone: 5; the orders wait to be planned again", "已撤销 5 件的排单，订单回到待排") in page
    for number in ("SO-1", "SO-3"):
        assert lists[number] in page
    assert (house.lines("SO-2", "promised"), house.lines("SO-2", "reserved"), house.status("SO-2")) == ([5], [0], "released")
    assert [task["status"] for task in tasks(house, "pick") if task["document"] == lists["SO-2"]] == ["cancelled"]
    on(ben, step("document"))
    ben.refused("CMD:NEXT", "no_work")

    # Five nuts go to another bin meanwhile; the order is chosen anew as things are now.
    house.api.post("/stock/moves", {"sku": "NUT", "quantity": 5, "source": "A-05", "target": "A-06"})
    chief.post("/picking/orders/SO-2/reallocate")
    page = chief.get("/orders/SO-2")
    assert house.say("No goods in the racks are held for SO-2", "SO-2 没有已分配的货物") in page
    again = house.api.post("/waves", {"orders": ["SO-2"]})["pick_lists"][0]
    assert [(line["location"], line["quantity"]) for line in again["lines"]] == [("A-06", 5)]

    # Anna puts some goods down and leaves: that line is hers or her successor's; the other one is chosen anew, onto a list of its own.
    on(anna, step("target"))
    anna.scan("PACK-1", "CMD:CANCEL")
    (begun,), (other,) = ([line for line in house.see("SO-1")["lines"] if bool(line["picked"]) is one] for one in (True, False))
    before = house.ledger()
    chief.post("/picking/orders/SO-1/deallocate")
    picked = house.say(f"{begun['picked']} of {begun['sku']} are picked", f"{begun['sku']} 已拣 {begun['picked']}")
    assert house.say(f"The planning of SO-1 cannot be undone: {picked}", f"SO-1 不能撤销排单：{picked}") in chief.get("/orders/SO-1")
    assert house.ledger() == before
    chief.post("/picking/orders/SO-1/reallocate", line=other["line"])
    anew = {claim["pick_list"] for line in house.see("SO-1")["lines"] if line["line"] == other["line"] for claim in line["claims"]}
    assert len(anew) == 1
    assert house.say(f"Planned anew: {min(anew)}", f"已重新排单：{min(anew)}") in chief.get("/orders/SO-1")
    assert anew != {lists["SO-1"]}

    # Over the API the same: one line, an unknown line, an order that holds nothing.
    house.act("SO-2", "deallocate", line="1", reason="a mistake")
    assert (house.lines("SO-2", "promised"), house.lines("SO-2", "reserved")) == ([5], [0])
    assert house.api.post("/orders/SO-2/deallocate", {}, status=409)["code"] == "nothing_allocated"
    assert house.api.post("/orders/SO-2/deallocate", {"line": "77"}, status=422)["code"] == "line_unknown"
    assert house.api.post(f"/waves/{wave}/reallocate", {}, status=409)["code"] in ("nothing_allocated", "picking_begun")

    # The goods that lack reach the racks; SO-ALL gets all at once. Everything is picked, and sales' lot is where sales wants it.
    house.put_everything_away()
    late = house.api.post("/waves", {"orders": ["SO-ALL", "SO-2", "SO-LOT"]})
    assert late["skipped"] == []
    for number in ("SO-1", "SO-ALL", "SO-2", "SO-LOT"):
        while [line for line in house.see(number)["lines"] if line["reserved"]]:
            house.pick(number)
    assert {number: house.lines(number, "picked") for number in ("SO-LOT", "SO-1", "SO-ALL", "SO-2", "SO-3")} == {
        "SO-LOT": [4], "SO-1": [5, 2], "SO-ALL": [8, 1], "SO-2": [5], "SO-3": [3],
    }  # fmt: skip
    picked = {(row["sku"], row["batch"]["lot"]): row["on_hand"] for row in house.rows(location="PACK-1") if row["sku"] == "TEA"}
    assert picked == {("TEA", "T-1"): 6, ("TEA", "T-2"): 3}
    shipped(house, ["SO-LOT", "SO-1", "SO-ALL", "SO-2", "SO-3"])
    assert {sku: house.on_hand(sku) for sku in ("TEA", "NUT", "MILK")} == {"TEA": 7, "NUT": 0, "MILK": 3}
    assert all(row["reserved"] == 0 for row in house.rows())


def test_goods_come_down_to_the_face_before_the_picker_does(house: House) -> None:
    house.opening("SOAP", 5, "F-01", received_on=day(-9))
    house.opening("SOAP", 48, "A-04", received_on=day(-9))
    house.opening("TEA", 20, "A-01", lot="T-1")
    for number, lines in {"SO-1": {"SOAP": 8, "TEA": 2}, "SO-2": {"SOAP": 3}, "SO-3": {"SOAP": 12}}.items():
        house.order(number, due_at=in_minutes(120), **lines)
        house.act(number, "release")

    def replenishments() -> list[tuple[str, str, int]]:
        return [(one["source"], one["status"], one["quantity"]) for one in tasks(house, "replenish") if one["status"] != "cancelled"]

    # The wave asks for more loose pieces than the face has: what lacks is brought down with it, and nobody asks twice.
    planned = house.api.post("/waves", {"orders": ["SO-1", "SO-2"]})["pick_lists"]
    lists = {one["orders"][0]: one["number"] for one in planned}
    assert [source for source, status, _ in replenishments() if status == "open"] == ["A-04"]
    asked = replenishments()
    for _ in range(3):
        refill_later()
    house.api.post("/waves", {"orders": ["SO-3"]})  # a whole case: it is picked from reserve, and asks the face for nothing
    chief = house.desk(Role.SUPERVISOR)
    assert house.say("Orders wait", "订单待拣") in html.unescape(chief.get("/picking/replenishment"))
    assert [(source, status) for source, status, _ in replenishments()] == [(source, status) for source, status, _ in asked]

    # Anna has begun: the covered part goes first, and is picked from the face at once.
    anna, cora = house.worker(Role.PICKER, name="anna"), house.worker(Role.PICKER, name="cora")
    anna.look("pick")
    anna.scan(lists["SO-1"])
    lines = house.api.get(f"/pick-lists/{lists['SO-1']}")["lines"]
    assert {(line["location"], line["sku"]) for line in lines} == {("A-01", "TEA"), ("F-01", "SOAP"), ("A-04", "SOAP")}
    # Cora brings the goods down meanwhile: what Anna would have fetched from the rack waits for her in the face.
    cora.look("work")
    cora.scan("CMD:NEXT")
    assert cora.screen.flow == "replenish"
    on(cora, step("task"))
    assert house.on_hand("SOAP", location="F-01") >= 11
    assert {line["location"] for line in house.api.get(f"/pick-lists/{lists['SO-1']}")["lines"]} == {"A-01", "F-01"}
    fetched = []
    while anna.screen.step != "document":
        if anna.screen.step == "source":
            fetched.append(anna.screen.expected)
        if anna.screen.tone == "stop":
            anna.look()
        anna.scan(anna.screen.expected)
    assert "A-04" not in fetched, "nobody walks for what was brought"
    for number in ("SO-2", "SO-3"):
        house.pick(number)
    assert {number: house.lines(number, "picked") for number in ("SO-1", "SO-2", "SO-3")} == {"SO-1": [8, 2], "SO-2": [3], "SO-3": [12]}
    assert house.on_hand("SOAP") == 53
    assert house.on_hand("SOAP", location="PACK-1") == 23
    assert len([one for one in replenishments() if one[1] == "done"]) == 1
    for _ in range(3):
        refill_later()
    live = [one for one in replenishments() if one[1] in ("open", "claimed")]
    assert len({source for source, _, _ in live}) == len(live), "never two for the same need"
    shipped(house, ["SO-1", "SO-2", "SO-3"])
    assert (house.on_hand("SOAP"), house.on_hand("TEA")) == (30, 18)
    assert all(row["reserved"] == 0 for row in house.rows())
