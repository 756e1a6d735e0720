"""What a dock lives through: a delivery with everything wrong, production under inspection, goods for a waiting order, two forklifts."""

from __future__ import annotations

from typing import Any

from tests.journeys.cast import EAN, House, day
from wms.actor import Role


def open_ones(house: House) -> list[dict[str, Any]]:
    """The work list, as things were noted."""
    return [one for one in house.api.get("/differences", limit=500)["items"] if one["status"] == "open"]


def differences(house: House) -> list[tuple[str, int | None]]:
    """Kind and quantity of what is on the work list."""
    return [(one["kind"], one["quantity"]) for one in open_ones(house)]


def counters(house: House, number: str) -> dict[str, tuple[int, int, int]]:
    """Received, rejected and put away, by line."""
    lines = house.api.get(f"/inbound-orders/{number}")["lines"]
    return {line["line"]: (line["received"], line["rejected"], line["put_away"]) for line in lines}


def held(house: House, sku: str) -> dict[str, int]:
    """Pieces in the house, by condition."""
    found: dict[str, int] = {}
    for row in house.rows(sku=sku):
        found[row["condition"]] = found.get(row["condition"], 0) + row["on_hand"]
    return found


def test_a_mixed_delivery_with_every_kind_of_difference(house: House) -> None:
    house.api.put("/products/MILK", {**_milk(house), "min_receipt_days": 60})
    size = {"weight_grams": 9, "length_mm": 9, "width_mm": 9, "height_mm": 9}
    house.api.put("/products/CHIP", {"name": "Chip", "barcodes": ["6900000000052"], **size})
    wanted = [{"sku": sku, "quantity": quantity} for sku, quantity in (("TEA", 30), ("NUT", 24), ("MILK", 20), ("SOAP", 48))]
    house.announce("PO-1", {**wanted[0], "lot": "T-7"}, *wanted[1:], reference="LS-77")
    house.announce("PO-2", {"sku": "NUT", "quantity": 12})
    vehicle = {"partner": "FARM", "plate": "豫A·8F213", "driver": "王师傅", "dock": "DOCK-1", "orders": ["PO-1", "PO-2"]}
    truck = house.api.post("/arrivals", vehicle, status=201)

    # The truck stands at the dock: its plate is scanned, and the paper of the first order.
    receiver = house.worker(Role.RECEIVER)
    receiver.look("receive")
    receiver.scan("豫A8F213")
    assert "PO-2" in receiver.screen.facts.values() or "PO-2" in str(receiver.screen.facts)
    receiver.scan("PO-1")

    # Another lot than announced, then the right one.
    receiver.scan(EAN["TEA"])
    receiver.refused("T-8", "lot_not_announced", "T-7")
    receiver.scan("T-8", "6", "6")
    assert receiver.screen.step == "aside"
    receiver.scan("ASIDE", EAN["TEA"], "T-7", "24")
    # Too many walnuts: the surplus goes back.
    receiver.scan(EAN["NUT"])
    receiver.refused("30", "over_receipt")
    receiver.scan("CMD:DONE", "AWAY")
    # Milk that will not keep, and milk that will.
    receiver.scan(EAN["MILK"], "M-1")
    receiver.refused(day(20), "too_old")
    receiver.scan(day(20), "8", "8", "AWAY", EAN["MILK"], "M-2", day(90), "12", "12")
    # Wet soap, a product nobody ordered, goods nobody knows, missing papers, missing soap.
    receiver.scan("DAMAGED", EAN["SOAP"], "4", "4", "WET", EAN["SOAP"], "40", "40")
    receiver.refused("6900000000052", "not_announced")
    receiver.scan("6900000000052", "5", "5", "ASIDE")
    receiver.scan("CMD:DIFF", "UNKNOWN", "blue tin, no label", "2", "CMD:DIFF", "PAPERS", "CMD:DIFF", "FEWER", EAN["SOAP"], "4", "CMD:DONE")
    assert differences(house) == [
        ("wrong_lot", 6),
        ("over", 6),
        ("too_old", 8),
        ("damaged", 4),
        ("wrong_product", 5),
        ("unknown_goods", 2),
        ("papers_missing", None),
        ("short", 4),
    ]
    assert counters(house, "PO-1") == {"1": (30, 0, 0), "2": (24, 0, 0), "3": (12, 0, 0), "4": (44, 4, 0), "+CHIP": (5, 0, 0)}
    assert held(house, "TEA") == {"blocked": 6, "good": 24}

    # The paper and the answer to purchasing say all of it.
    paper = house.paper("goods-received-note", "PO-1")
    for told in ("批号或日期不符", "多货", "剩余效期不足", "残损", "错货", "条码无法识别", "缺少单据", "少货", "豫A·8F213", "+CHIP"):
        assert told in paper, f"{told} is not on the note"
    answer = house.api.get("/inbound-orders/PO-1")
    assert [one["kind"] for one in answer["differences"]] == [kind for kind, _ in differences(house)]
    assert [one["number"] for one in answer["arrivals"]] == [truck["number"]]

    # Unloading ends; nothing more comes of PO-1, and the milk that went back is short.
    receiver.look("receive")
    house.api.post(f"/arrivals/{truck['number']}/done", {"orders": [{"number": "PO-1", "reason": "the rest is cancelled"}]})
    assert house.api.get("/inbound-orders/PO-1")["status"] == "closed"
    assert ("short", 8) in differences(house)

    # The work list is emptied one by one; what was accepted may be promised, what was sent back has left.
    chief = house.desk(Role.SUPERVISOR)
    assert "D-10001" in chief.get("/receiving/differences")
    outcomes = {
        "wrong_lot": "accepted",
        "over": "refused",
        "too_old": "refused",
        "damaged": "scrapped",
        "wrong_product": "sent_back",
        "unknown_goods": "refused",
        "papers_missing": "corrected",
        "short": "credited",
    }
    for one in open_ones(house):
        house.api.post(f"/differences/{one['number']}/settle", {"outcome": outcomes[one["kind"]], "text": "agreed"})
    assert differences(house) == []
    assert (held(house, "TEA"), held(house, "CHIP"), held(house, "SOAP")) == ({"good": 30}, {}, {"good": 40})
    house.put_everything_away()
    assert not house.rows(location="DOCK-1")
    assert house.api.get("/availability", sku="TEA")["available"] == 30


def _milk(house: House) -> dict[str, Any]:
    found = house.api.get("/products/MILK")
    kept = ("name", "names", "tracking", "rotation", "barcodes", "weight_grams", "length_mm", "width_mm", "height_mm")
    return {name: found[name] for name in kept}


def test_production_comes_with_its_certificate_and_is_inspected(house: House) -> None:
    house.api.post("/inbound-orders", {"number": "PR-0", "kind": "production", "lines": [{"sku": "TEA", "quantity": 100}]}, status=422)
    line = {"sku": "TEA", "quantity": 100, "lot": "T-9", "certificate": "QC-2026-118"}
    house.announce("PR-1", line, kind="production", partner=None)
    chief = house.desk(Role.SUPERVISOR)
    chief.post("/receiving/inspection-rules", kind="production", decision="inspect", every="1", sampling="fixed", sample="13", allowed="1")
    house.order("SO-1", TEA=60)

    receiver = house.worker(Role.RECEIVER)
    receiver.look("receive")
    receiver.scan("PR-1", EAN["TEA"], "T-9", "100")
    assert held(house, "TEA") == {"inspection": 100}
    # Nothing uninspected can be promised.
    assert house.api.get("/availability", sku="TEA")["available"] == 0
    assert [hold["code"] for hold in house.act("SO-1", "release")["holds"]] == ["stock"]

    # Thirteen are drawn, one is bad: within what the rule allows. Twelve of all are sorted out.
    receiver.look("inspect")
    receiver.scan("CMD:NEXT")
    if receiver.screen.step == "plate":
        receiver.scan(receiver.screen.expected)
    assert "13" in str(receiver.screen.facts)
    receiver.scan("SOME")
    receiver.scan(next(iter(receiver.screen.actions)), "1")
    receiver.scan("CMD:DONE", "SORT", "88", "CMD:DONE")
    assert held(house, "TEA") == {"good": 88, "damaged": 12}
    assert differences(house) == [("rejected", 12)]
    assert house.status("SO-1") == "received"  # the cause of its hold is gone
    assert house.act("SO-1", "release")["status"] == "released"
    assert {row["batch"]["lot"] for row in house.rows(sku="TEA")} == {"T-9"}
    assert "QC-2026-118" in house.paper("goods-received-note", "PR-1")
    house.put_everything_away()
    assert {row["location"][:3] for row in house.rows(sku="TEA", condition="damaged")} == {"DEF"}


def test_goods_for_a_waiting_order_never_see_the_racks(house: House) -> None:
    house.place("STAGE-1", "staging", x=500)
    house.order("SO-1", NUT=10, allow_backorder=True, due_at=f"{day(0)}T23:00:00Z")
    assert house.act("SO-1", "release")["status"] == "released"
    house.announce("PO-1", {"sku": "NUT", "quantity": 24})

    receiver = house.worker(Role.RECEIVER)
    receiver.look("receive")
    receiver.scan("PO-1", EAN["NUT"], "24")
    assert receiver.screen.expected == "STAGE-1"
    assert "SO-1" in str(receiver.screen.facts)
    receiver.scan("STAGE-1")
    assert (house.status("SO-1"), house.lines("SO-1", "picked")) == ("picked", [10])
    assert {row["location"]: row["on_hand"] for row in house.rows(sku="NUT")} == {"STAGE-1": 10, "DOCK-1": 14}
    house.let_out(house.load("SO-1", house.pack("SO-1"), close=True))
    assert house.status("SO-1") == "shipped"
    house.put_everything_away()
    assert counters(house, "PO-1") == {"1": (24, 0, 24)}


def test_two_forklifts_are_never_sent_into_the_same_last_bin(house: House) -> None:
    for number in range(1, 9):  # one pallet each, and six of eight are full
        house.place(f"A-{number:02d}", "storage", x=1000, y=1000 * number, max_units=1, mixing="one_product")
    for number in range(1, 7):
        house.announce(f"PO-{number}", {"sku": "NUT", "quantity": 120})
        house.crew(Role.RECEIVER).look("receive")
        house.crew(Role.RECEIVER).scan(f"PO-{number}", EAN["NUT"], "120")
    assert house.put_everything_away() == 6
    house.announce("PO-9", {"sku": "TEA", "quantity": 90, "lot": "T-1"}, {"sku": "MILK", "quantity": 60})
    receiver = house.crew(Role.RECEIVER)
    receiver.look("receive")
    receiver.scan("PO-9", EAN["TEA"], "T-1", "90", EAN["MILK"], "M-1", day(90), "60")

    first, second = house.worker(Role.RECEIVER, name="ann"), house.worker(Role.RECEIVER, name="bo")
    places = []
    for driver in (first, second):
        driver.look("putaway")
        driver.scan("CMD:NEXT")
        driver.scan(driver.screen.expected)
        places.append(driver.screen.expected)
    assert len(set(places)) == 2
    # The second one would rather have the first one's bin: it is kept for those goods, in words.
    second.refused(places[0], "location_kept")
    first.scan(places[0])
    second.refused(places[0])
    second.scan(places[1])
    assert {row["location"] for row in house.rows() if row["sku"] in ("TEA", "MILK")} == set(places)
