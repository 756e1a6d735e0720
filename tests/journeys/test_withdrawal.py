"""Sales takes orders back, wherever they are: nothing is lost, what was picked is brought back, and what has left stays gone."""

from __future__ import annotations

import itertools

import pytest

from tests.journeys.cast import House
from wms.actor import Role

STAGES = ("received", "held", "released", "planned", "picked", "packed", "loaded")


def brought_to(house: House, number: str, stage: str) -> None:
    """An order for 10 TEA and 6 NUT as far as this."""
    nuts = 5000 if stage == "held" else 6
    house.order(number, TEA=10, NUT=nuts)
    if stage == "received":
        return
    house.act(number, "release")
    if stage in ("held", "released"):
        assert house.status(number) == stage
        return
    house.api.post("/waves", {"orders": [number]})
    if stage == "planned":
        return
    house.pick(number)
    if stage == "picked":
        return
    carton = house.pack(number)
    if stage == "loaded":
        house.load(number, carton)
    assert house.status(number) == stage


def nothing_is_lost(house: House) -> None:
    """Everything is in the racks again, free, and may be promised."""
    assert (house.on_hand("TEA"), house.on_hand("NUT")) == (30, 24)
    assert {row["location"][0] for row in house.rows()} == {"A"}
    assert [row["reserved"] for row in house.rows() if row["reserved"]] == []
    for sku, quantity in (("TEA", 30), ("NUT", 24)):
        available = house.api.get("/availability", sku=sku)
        assert (available["promised"], available["available"]) == (0, quantity)


@pytest.mark.parametrize(("language", "stage"), list(zip(itertools.cycle(["en", "zh_CN"]), STAGES, strict=False)))
def test_an_order_is_cancelled_at_every_stage_until_the_gate(house: House, stage: str) -> None:
    house.opening("TEA", 30, "A-01", lot="T-1")
    house.opening("NUT", 24, "A-02")
    brought_to(house, "SO-1", stage)
    sales = house.desk(Role.SALES)
    sales.post("/orders/SO-1/cancel", reason="the customer has changed their mind")
    page = sales.get("/orders/SO-1")
    assert house.say("Cancelled", "已取消") in page
    assert house.status("SO-1") == "cancelled"
    assert house.lines("SO-1", "cancelled") == house.lines("SO-1", "ordered")
    assert (house.on_hand("TEA"), house.on_hand("NUT")) == (30, 24)
    back = house.put_everything_away()
    assert bool(back) == (stage in ("picked", "packed", "loaded"))
    nothing_is_lost(house)
    live = [task["kind"] for task in house.api.get("/tasks")["items"] if task["status"] in ("waiting", "open", "claimed")]
    assert live == [], "nothing is left to do, at a truck that carries nothing else neither"
    refusal = house.api.post("/orders/SO-1/cancel", {}, status=409)
    assert refusal["code"] == "already_cancelled"
    assert house.say("was cancelled before", "此前已取消") in refusal["detail"]


def test_what_is_cancelled_in_the_middle_of_a_pick_is_taken_out_of_the_pickers_hands(house: House) -> None:
    house.opening("TEA", 30, "A-01", lot="T-1")
    house.opening("NUT", 24, "A-02")
    house.planned("SO-1", TEA=10, NUT=6)
    picker = house.worker(Role.PICKER)
    picker.look("pick")
    picker.scan("SO-1")
    while picker.screen.step != "target":
        picker.scan(picker.screen.expected)
    picker.scan(picker.screen.expected)
    picker.scan(picker.screen.expected)
    assert house.status("SO-1") == "picking"
    house.act("SO-1", "cancel", reason="stop")
    before = house.ledger()
    while picker.screen.tone != "stop":
        picker.send(str(picker.screen.expected))
    assert house.ledger() == before, "nothing more is taken from the rack"
    picker.scan("CMD:CANCEL")
    assert picker.screen.step == "document"
    assert house.put_everything_away() == 1
    nothing_is_lost(house)


def test_what_has_left_the_gate_comes_back_as_a_return_only(house: House) -> None:
    house.opening("TEA", 30, "A-01", lot="T-1")
    house.opening("NUT", 24, "A-02")
    brought_to(house, "SO-1", "packed")
    carton = house.see("SO-1")["documents"][-1]
    assert carton
    unit = next(row["handling_unit"] for row in house.rows(sku="TEA") if row["location"] == "PACK-1")
    house.let_out(house.load("SO-1", unit, close=True))
    sales = house.desk(Role.SALES)
    sales.post("/orders/SO-1/cancel")
    assert house.say("it cannot be cancelled any more", "不能取消") in sales.get("/orders/SO-1")
    assert house.status("SO-1") == "shipped"
    receiver = house.worker(Role.RECEIVER)
    receiver.look("return")
    receiver.scan("SO-1", "6901234567892", "4")
    if receiver.screen.step == "quantity":
        receiver.scan("4")
    first = next(iter(receiver.screen.actions))
    receiver.scan(first)
    receiver.scan(receiver.screen.expected or "INSP-1")
    paper = house.paper("red-outbound-note", receiver.screen.printed["red-outbound-note"])
    assert "红字出库单" in paper
    assert house.lines("SO-1", "returned") == [4, 0]
    assert house.on_hand("TEA") == 24


def test_a_truck_that_is_closed_does_not_leave_with_goods_that_were_cancelled(house: House) -> None:
    house.opening("TEA", 30, "A-01", lot="T-1")
    house.opening("NUT", 24, "A-02")
    house.planned("SO-1", TEA=10)
    house.planned("SO-2", NUT=6)
    cartons = {}
    for number in ("SO-1", "SO-2"):
        house.pick(number)
        cartons[number] = house.pack(number)
    plan = house.api.post("/loads", {"door": "DOOR-1", "plate": "沪B2", "orders": ["SO-1", "SO-2"]})["number"]
    dispatcher, guard = house.worker(Role.DISPATCHER), house.worker(Role.GATE)
    dispatcher.look("load")
    dispatcher.scan(plan, cartons["SO-2"], cartons["SO-1"], "SEAL-1")
    gate_pass = dispatcher.screen.printed["gate-pass"]
    house.act("SO-1", "cancel", reason="at the last moment")
    assert house.status("SO-1") == "cancelled"
    before = house.ledger()
    guard.look("gate")
    guard.refused(gate_pass, "load_changed", house.say("were cancelled or changed after", "被取消或变更"))
    assert house.ledger() == before
    assert house.status("SO-2") == "loaded", "nothing has left"
    house.put_everything_away()
    assert house.on_hand("TEA", location="PACK-1") == house.on_hand("TEA", location="DOOR-1") == 0
    desk = house.desk(Role.DISPATCHER)
    desk.post(f"/loads/{plan}/change", do="reopen")
    dispatcher.scan(plan, "SEAL-2")
    again = dispatcher.screen.printed["gate-pass"]
    guard.refused(gate_pass, "gate_pass_void")
    guard.scan(again, again)
    assert house.status("SO-2") == "shipped"
    assert (house.on_hand("TEA"), house.on_hand("NUT")) == (30, 18)
