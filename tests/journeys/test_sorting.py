"""What several orders want is picked together, sorted to their totes by somebody else, and packed as soon as each order is whole."""

from __future__ import annotations

from tests.journeys.cast import EAN, House
from tests.journeys.floor import shipped, tasks
from wms.actor import Role


def test_a_batch_is_picked_at_once_and_sorted_afterwards(house: House) -> None:
    house.opening("TEA", 30, "A-01", lot="T-1")
    house.opening("NUT", 30, "A-05")
    orders = {"SO-1": {"TEA": 2, "NUT": 1}, "SO-2": {"TEA": 3}, "SO-3": {"NUT": 4, "TEA": 1}}
    for number, lines in orders.items():
        house.order(number, **lines)
        house.act(number, "release")
    big, *totes = house.totes(4)
    (listed,) = house.api.post("/waves", {"orders": list(orders), "method": "batch"})["pick_lists"]

    # One place, one quantity, whoever it is for; all of it goes into one tote.
    anna = house.worker(Role.PICKER, name="anna")
    anna.look("pick")
    anna.scan(listed["number"])
    asked = []
    while anna.screen.step != "document":
        if anna.screen.step == "quantity":
            asked.append(anna.screen.expected)
        anna.scan(big if anna.screen.step == "target" else anna.screen.expected)
    assert sorted(asked) == ["5", "6"]
    assert {number: house.status(number) for number in orders} == dict.fromkeys(orders, "picked")
    assert {row["handling_unit"] for row in house.rows(location="PACK-1")} == {big}

    # Nobody packs before it is sorted; the sorter scans whatever comes to hand, and is told whose it is.
    packer, bo = house.worker(Role.PACKER, name="pia"), house.worker(Role.PACKER, name="bo")
    packer.look("pack")
    packer.refused("CMD:NEXT", "no_work")
    bo.look("sort")
    bo.scan("CMD:NEXT")
    own: dict[str, str] = {}
    for code in (EAN["NUT"], EAN["TEA"]):
        bo.scan(code)
        while bo.screen.step == "position":
            whose = next(number for number in orders if number in str(bo.screen.facts) + bo.screen.prompt)
            bo.scan(own.setdefault(whose, totes[len(own)]) if bo.screen.expected is None else bo.screen.expected)
    assert (bo.screen.step, sorted(own)) == ("document", sorted(orders))
    assert {task["status"] for task in tasks(house, "sort")} == {"done"}
    inside = {(row["handling_unit"], row["sku"]): row["on_hand"] for row in house.rows(location="PACK-1")}
    assert inside == {(own[number], sku): quantity for number, lines in orders.items() for sku, quantity in lines.items()}
    assert {number: house.lines(number, "picked") for number in orders} == {number: list(one.values()) for number, one in orders.items()}
    shipped(house, list(orders))
    assert {number: house.lines(number, "shipped") for number in orders} == {number: list(one.values()) for number, one in orders.items()}
    assert {sku: house.on_hand(sku) for sku in ("TEA", "NUT")} == {"TEA": 24, "NUT": 25}
    assert all(row["reserved"] == 0 for row in house.rows())
