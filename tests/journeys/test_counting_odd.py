"""Counts that do not go smoothly: two who disagree, pieces with numbers, a pallet driven away, paper keyed in twice, a frozen zone."""

from __future__ import annotations

from tests.journeys.cast import EAN, Handheld, House
from wms.actor import Role
from wms.db import session
from wms.stocktake import jobs


def counter(house: House, name: str) -> Handheld:
    device = house.worker(Role.COUNTER, name=name)
    device.look("count")
    return device


def test_where_two_disagree_a_third_counts_and_who_has_counted_is_given_other_work(house: House) -> None:
    house.opening("NUT", 40, "A-01")
    number = house.api.post("/counts", {"locations": ["A-01"]}, status=201)["number"]
    anna, ben, carl = (counter(house, name) for name in ("anna", "ben", "carl"))
    for who, found in ((anna, "36"), (ben, "38")):
        who.scan("CMD:NEXT", "A-01", EAN["NUT"], found, "CMD:DONE")
    for who in (anna, ben):
        who.look("count")
        who.refused("CMD:NEXT", "no_work")
    carl.scan("CMD:NEXT", "A-01", EAN["NUT"], "38", "CMD:DONE")
    assert house.api.get(f"/counts/{number}")["status"] == "review"
    dora = counter(house, "dora")
    dora.refused("A-01", "place_counted", house.say("a supervisor decides", "待主管审批"))
    house.desk(Role.SUPERVISOR).post(f"/counts/{number}/decide", do="approve", reason="two of three")
    assert house.on_hand("NUT") == 38


def test_of_pieces_with_numbers_one_is_missing_and_one_is_in_the_wrong_place(house: House) -> None:
    house.api.put("/products/DRILL", {"name": "Drill", "tracking": "serial", "barcodes": ["6900000000052"], "unit_value": 9900})
    for serial, at in (("S-1", "A-01"), ("S-2", "A-01"), ("S-3", "A-02")):
        house.opening("DRILL", 1, at, lot=serial)
    number = house.api.post("/counts", {"locations": ["A-01", "A-02"]}, status=201)["number"]
    for name in ("anna", "ben"):
        who = counter(house, name)
        who.scan(number, "A-01", "6900000000052", "S-1")
        who.scan("S-1", "S-3", "CMD:DONE", "CMD:DONE", "A-02", "CMD:DONE")
    lines = house.api.get(f"/counts/{number}")["lines"]
    assert {(line["location"], line["lot"]): line["difference"] for line in lines} == {
        ("A-01", "S-1"): 0,
        ("A-01", "S-2"): -1,
        ("A-01", "S-3"): 1,
        ("A-02", "S-3"): -1,
    }
    house.desk(Role.SUPERVISOR).post(f"/counts/{number}/decide", do="approve", reason="put back in the wrong bin")
    assert {(row["location"], row["batch"]["lot"]) for row in house.rows(sku="DRILL")} == {("A-01", "S-1"), ("A-01", "S-3")}
    moved = [one for one in house.api.get("/movements", sku="DRILL")["items"] if one["document"] == number]
    assert sorted((one["source"], one["target"], one["quantity"]) for one in moved) == [("A-01", "@COUNT", 1), ("A-02", "A-01", 1)]
    report = house.paper("difference-report", number)
    assert all(word in report for word in ("S-2", "S-3"))


def test_a_pallet_is_found_elsewhere_and_driven_away_before_anybody_decides(house: House) -> None:
    (plate,) = house.api.post("/handling-units", {"kind": "pallet", "count": 1, "location": "A-02"})["handling_units"]
    house.opening("NUT", 48, "A-02", handling_unit=plate)
    number = house.api.post("/counts", {"locations": ["A-01"]}, status=201)["number"]
    for name in ("anna", "ben"):
        who = counter(house, name)
        who.scan(number, "A-01")
        who.doubted(plate, "unit_elsewhere")
        who.scan(plate, "CMD:DONE")
    assert house.api.get(f"/counts/{number}")["status"] == "review"
    driver = house.worker(Role.RECEIVER, name="emil")
    driver.look("move")
    driver.scan(plate, "A-05")
    house.desk(Role.SUPERVISOR).post(f"/counts/{number}/decide", do="approve", reason="seen")
    assert [(row["location"], row["on_hand"]) for row in house.rows(sku="NUT")] == [("A-05", 48)]
    assert house.api.get(f"/counts/{number}")["status"] == "posted"


def test_paper_is_keyed_in_by_two_and_only_what_agrees_is_taken(house: House) -> None:
    desk, other = house.desk(Role.SUPERVISOR), house.admin
    facts = {"abc_by": "picks", "a_percent": "80", "b_percent": "95", "margin_percent": "2", "days": "91", "suspicious_places": "2"}
    other.post("/counting/rules", shifts="08:00-16:00", working_days=["0"], triggers=["short"], key_twice="1", **facts)
    house.opening("NUT", 40, "A-01")
    number = house.api.post("/count-plans", {"scope": {"locations": ["A-01"]}}, status=201)["number"]
    (sheet,) = house.api.post(f"/count-plans/{number}/sheets", {}, status=201)["items"]
    for name in ("anna", "ben"):
        house.badge(Role.COUNTER, name=name)
    path = f"/counting/sheets/{sheet['number']}"
    desk.post(path, counted_by="anna", **{"quantity-1": "40"})
    assert house.api.get(f"/count-plans/{number}")["counted"] == 0
    desk.post(path, status=422, counted_by="anna", **{"quantity-1": "40"})
    other.post(path, status=422, counted_by="ben", **{"quantity-1": "40"})
    assert house.say("for another counter the first time", "首次录入的盘点人与此不同") in other.last.text
    other.post(path, status=422, counted_by="anna", **{"quantity-1": "4"})
    assert house.api.get(f"/count-plans/{number}")["counted"] == 0
    other.post(path, counted_by="anna", **{"quantity-1": "40"})
    assert house.api.get(f"/count-plans/{number}")["status"] == "posted"


def test_a_frozen_zone_gives_out_no_pick_until_it_is_counted(house: House) -> None:
    house.opening("NUT", 40, "A-01")
    pick_list = house.planned("SO-1", NUT=6)
    number = house.api.post("/count-plans", {"scope": {"locations": ["A-01"]}, "freeze": ["Z"]}, status=201)["number"]
    picker = house.worker(Role.PICKER, name="paul")
    picker.look("pick")
    picker.refused(pick_list, "zone_frozen", number)
    anna = counter(house, "anna")
    anna.scan(number, "A-01", EAN["NUT"], "40", "CMD:DONE")
    session.rollback()
    assert jobs.let_zones_go() == 1
    picker.scan(pick_list)
    while picker.screen.step != "document":
        picker.scan(picker.screen.expected)
    assert house.lines("SO-1", "picked") == [6]
