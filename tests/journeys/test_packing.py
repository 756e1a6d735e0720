"""Two cartons, work that the customer asked for, a wrong piece that is caught, a weight that is not right: one order at the bench."""

from __future__ import annotations

from tests.journeys.cast import House, day
from tests.journeys.floor import on, step
from wms.actor import Role
from wms.shipping import booking_jobs

CUP, BOWL, VASE = "6900000000076", "6900000000083", "6900000000090"


def test_a_two_carton_order_with_work_and_a_wrong_piece(house: House) -> None:
    size = {"length_mm": 100, "width_mm": 100, "height_mm": 100, "weight_grams": 500}
    for sku, barcode, more in (("CUP", CUP, {}), ("BOWL", BOWL, {}), ("VASE", VASE, {"tracking": "serial"})):
        house.api.put(f"/products/{sku}", {"name": sku.title(), "barcodes": [barcode], **size, **more}, status=201)
    house.opening("CUP", 20, "A-01", received_on=day(-5))
    house.opening("BOWL", 9, "A-02", received_on=day(-5))
    house.opening("VASE", 1, "A-03", lot="V-1", received_on=day(-5))
    house.place("PACK-2", "packing", x=2000)
    house.api.put("/carriers/SWIFT/account", {"service": "EC", "first": 1, "last": 99})
    house.order(
        "SO-1", CUP=4, BOWL=2, VASE=1,
        services=[{"code": "relabel", "line": "1", "text": "中文标签 Chinese label"}, {"code": "gift_wrap"}],
    )  # fmt: skip
    house.act("SO-1", "release")
    house.api.post("/waves", {"orders": ["SO-1"]})
    house.pick("SO-1")

    # The bench first, then the order: what the customer asked for comes before the pieces, and may wait.
    packer = house.worker(Role.PACKER)
    packer.look("pack")
    packer.refused("DOOR-1", "not_a_bench")
    packer.scan("PACK-2", "SO-1")
    on(packer, step("service"))
    assert "PACK-2" in str(packer.screen.facts) or "Chinese label" in str(packer.screen.facts)
    packer.scan(CUP)
    on(packer, step("service"))
    packer.scan("CMD:SKIP", CUP, "4")

    # A bowl too many: counted again, put aside, on its way back and on the supervisor's list.
    packer.scan(BOWL)
    packer.refused("3", "too_many")
    packer.scan("CMD:ASIDE", BOWL, "1")
    on(packer, step("product"))
    aside = [task for task in house.api.get("/tasks")["items"] if task["kind"] == "put_back"]
    assert [(task["sku"], task["quantity"], task["source"]) for task in aside] == [("BOWL", 1, "PACK-2")]
    counts = [task for task in house.api.get("/tasks")["items"] if task["kind"] == "count" and task["status"] == "open"]
    assert [(task["sku"], task["source"]) for task in counts] == [("BOWL", "A-02")]
    (difference,) = house.api.get("/differences")["items"]
    assert (difference["kind"], difference["order"], difference["owner"]) == ("extra_piece", "SO-1", "supervisor")
    assert house.on_hand("BOWL") == 9, "the house holds as many as before"

    # The second carton; the last piece does not go in before the wrapping is confirmed.
    packer.scan("CMD:FULL", "CMD:DONE", BOWL, "2", VASE)
    packer.refused("V-9", "serial_not_picked")
    packer.send("V-1")
    assert (packer.screen.step, packer.screen.code) == ("service", "service_open"), "the work is on the screen with its Done"
    packer.scan("CMD:DONE", VASE, "V-1")
    on(packer, step("weight"))
    assert (house.status("SO-1"), house.lines("SO-1", "packed")) == ("packed", [4, 2, 1])
    packer.doubted("300", "weight_far_off")
    packer.scan("1.6 kg")

    # What leaves is numbered by the background, once, and the papers say who did what.
    assert booking_jobs.book_parcels() == 2
    assert booking_jobs.book_parcels() == 0
    seen = house.see("SO-1")
    (shipment,) = seen["shipments"]
    assert shipment["tracking"] == "EC000000014CN"
    assert [one["done_by"] is not None for one in seen["services"]] == [True, True]
    parcels = house.api.get(f"/shipments/{shipment['number']}")["parcels"]
    assert [(len(one["contents"]), one["tracking"]) for one in parcels] == [(1, "EC000000014CN"), (2, "EC000000028CN")]
    slip = house.paper("packing-slip", shipment["number"])
    for word in ("V-1", "中文标签", house.say("Gift-wrap", "礼品包装")):
        assert word in slip
    house.api.post(f"/differences/{difference['number']}/settle", {"outcome": "back_in_stock"})
    assert house.api.get(f"/differences/{difference['number']}")["status"] == "settled"
