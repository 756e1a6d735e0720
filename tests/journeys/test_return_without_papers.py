"""A parcel comes back and nobody knows for which order: held at the dock, found out by sales, booked where it belongs, sold again."""

from __future__ import annotations

from tests.journeys.cast import EAN, House, day
from wms.actor import Role


def open_differences(house: House) -> list[tuple[str, int]]:
    """Whose they are, and how many pieces."""
    return [(one["owner"], one["quantity"]) for one in house.api.get("/differences")["items"] if one["status"] == "open"]


def test_a_return_without_papers(house: House) -> None:
    house.opening("TEA", 30, "A-01", lot="T-1", received_on=day(-60))
    house.planned("SO-1", TEA=10)
    house.pick("SO-1")
    house.let_out(house.load("SO-1", house.pack("SO-1"), close=True))
    assert house.status("SO-1") == "shipped"

    # At the dock: a torn parcel, no paper in it, five tins of which two are dented.
    receiver = house.worker(Role.RECEIVER)
    receiver.look("return")
    assert house.say("No papers", "无单退货") in receiver.screen.actions.values()
    receiver.scan("CMD:NOPAPERS")
    receiver.scan("Shop", "GOOD")
    receiver.scan(EAN["TEA"], "T-1", EAN["TEA"], "T-1", EAN["TEA"], "T-1", "DAMAGED", EAN["TEA"], "T-1", EAN["TEA"], "T-1", "CMD:DONE")
    assert receiver.screen.step == "place"
    receiver.refused("A-02", "wrong_area")
    receiver.scan("INSP-1")
    label = receiver.screen.printed["handling-unit"]
    receiver.scan("DEF-1", "CMD:DONE")
    assert house.say("R-10001 waits for sales", "R-10001 待销售确认") in receiver.screen.text
    assert set(receiver.screen.printed) == {"red-outbound-note"}
    paper = house.paper("red-outbound-note", "R-10001")
    for told in ("无单退货", "Without papers", "待销售确认", "Shop", "残损", "-5"):
        assert told in paper, f"{told} is not on the note"

    # It is in the house, nobody can be promised it, and sales has it on the list.
    assert house.on_hand("TEA") == 25
    assert house.api.get("/availability", sku="TEA")["available"] == 20
    assert {row["condition"] for row in house.rows(sku="TEA") if row["handling_unit"] == label} == {"blocked"}
    assert open_differences(house) == [("sales", 3), ("sales", 2)]
    sales = house.desk(Role.SALES)
    assert house.say("Waits for sales", "待销售确认") in sales.get("/returns")
    page = sales.get("/returns/R-10001")
    assert "SO-1" in page
    assert house.say("sender", "寄件人") in page

    # Sales finds the order: the goods are what left with it, in the batch in which they left.
    sales.post("/returns/R-10001/link", order="SO-1", reason="the shop rang up")
    assert house.lines("SO-1", "returned") == [5]
    order = sales.get("/orders/SO-1")
    assert house.say("Partly came back 5/10", "部分退回 5/10") in order
    assert "R-10001" in order
    assert [event["code"] for event in house.see("SO-1")["events"]].count("order.returned") == 2
    assert house.api.get("/returns/R-10001")["status"] == "closed"
    assert open_differences(house) == []
    assert "待销售确认" not in house.paper("red-outbound-note", "R-10001")

    # The good tins go back into the racks, as old as they were; the dented ones stay where they are.
    assert house.put_everything_away() == 1
    assert house.api.get("/availability", sku="TEA")["available"] == 23
    assert {row["batch"]["received_on"] for row in house.rows(sku="TEA")} == {day(-60)}
    assert sum(row["on_hand"] for row in house.rows(sku="TEA") if row["condition"] == "damaged") == 2
