"""Picking as it goes on the floor: twelve orders on one cart, with everything that goes wrong on the way."""

from __future__ import annotations

from tests.journeys.cast import House
from tests.warehouse import Warehouse
from wms import db
from wms.actor import Role


def test_twelve_orders_on_one_cart(house: House, w: Warehouse) -> None:
    house.opening("TEA", 60, "A-01", lot="T-1")
    house.opening("NUT", 11, "A-02")
    numbers = [f"SO-{number:02}" for number in range(1, 13)]
    for number in numbers:
        house.order(number, TEA=2, **({"NUT": 4} if number in numbers[:2] else {}))
        house.act(number, "release")
    with db.transaction():
        for number in range(1, 14):
            w.unit(f"TOTE-{number:02}", at="PACK-1", kind="tote")
    listed = house.api.post("/waves", {"orders": numbers, "method": "cluster"})["pick_lists"][0]["number"]
    picker = house.worker(Role.PICKER)
    picker.look("pick")
    picker.scan(listed)
    for number in range(1, 13):
        picker.scan(f"TOTE-{number:02}")
    full = short = dropped = False
    while picker.screen.step != "document":
        if picker.screen.step == "quantity" and picker.screen.expected == "4" and not short:
            picker.scan("CMD:SHORT", "3", "MISSING")
            short = True
        elif picker.screen.step == "elsewhere":
            picker.scan("CMD:DONE")
        elif picker.screen.step == "target" and short and not full:
            picker.scan("CMD:FULL", "TOTE-13")
            full = True
        elif picker.screen.step == "quantity" and full and not dropped:
            picker.scan("CMD:CANCEL")
            picker = house.worker(Role.PICKER)
            picker.look("pick")
            picker.scan(listed)
            dropped = True
        else:
            picker.scan(str(picker.screen.expected))
    assert (full, short, dropped) == (True, True, True)
    assert {house.status(number) for number in numbers} == {"picked"}
    assert sum(house.lines(number, "short")[-1] for number in numbers) == 1
    assert house.on_hand("TEA", location="PACK-1") == 24
    assert {row["handling_unit"] for row in house.rows() if row["location"] == "PACK-1"} <= {f"TOTE-{n:02}" for n in range(1, 14)}
