"""Goods by the piece and by the scale in one order: serial numbers and weights from the rack through the carton to the papers."""

from __future__ import annotations

from tests.journeys.cast import House, day
from tests.journeys.floor import on, step
from wms.actor import Role

CHIP, HAM = "6900000000052", "6900000000069"


def test_numbers_and_weights_go_through_to_the_papers(house: House) -> None:
    size = {"length_mm": 100, "width_mm": 50, "height_mm": 50}
    house.api.put("/products/CHIP", {"name": "Chip", "tracking": "serial", "barcodes": [CHIP], "weight_grams": 50, **size}, status=201)
    house.api.put("/products/HAM", {"name": "Ham", "catch_weight": True, "barcodes": [HAM], "weight_grams": 1000, **size}, status=201)
    for number in range(1, 5):
        house.opening("CHIP", 1, "A-01", lot=f"SN-{number}", received_on=day(-9 if number < 4 else -1))
    house.opening("HAM", 8, "A-02", received_on=day(-5))
    listed = house.planned("SO-1", CHIP=2, HAM=3)
    picker = house.worker(Role.PICKER)
    picker.look("pick")
    picker.scan(listed)

    def chips() -> None:
        """Any of the old ones, by their own numbers; the young one is not in turn, and a number that is nobody's is refused."""
        on(picker, step("serials"))
        picker.scan("SN-3")
        picker.refused("SN-4", None, "SN-4")
        picker.refused("SN-99", "serial_stranger")
        picker.scan("SN-2")
        on(picker, step("target"))
        picker.scan("PACK-1")

    def hams() -> None:
        """What the scale shows; a figure far from what they should weigh is asked about."""
        on(picker, step("weigh"))
        assert house.say("3 kg", "3 kg") in str(picker.screen.facts)
        picker.doubted("31200", "weight_doubtful")
        picker.scan("3.12 kg")
        on(picker, step("target"))
        picker.scan("PACK-1")

    while picker.screen.step != "document":
        chips() if "CHIP" in str(picker.screen.facts) else hams()
    assert (house.status("SO-1"), house.lines("SO-1", "picked")) == ("picked", [2, 3])
    assert {row["batch"]["lot"] for row in house.rows(sku="CHIP", location="PACK-1")} == {"SN-2", "SN-3"}
    assert all(row["reserved"] == 0 for row in house.rows(location="A-01")), "those claimed first are free again"

    # At the bench the scale is compared with what was weighed at the rack, not with three kilograms by the book.
    packer = house.worker(Role.PACKER)
    packer.look("pack")
    packer.scan("SO-1", CHIP, "SN-2", "SN-3", HAM, "3")
    assert packer.screen.step == "weight"
    packer.doubted("6500", "weight_far_off")
    assert "3.22 kg" in packer.screen.said
    packer.scan("3400")
    carton = packer.screen.printed["handling-unit"]
    assert (house.status("SO-1"), house.lines("SO-1", "packed")) == ("packed", [2, 3])

    # The papers name every number and every gram; the terminal of the customer's system reads the same.
    note = house.see("SO-1")["shipments"][0]["number"]
    for kind, number in (("packing-slip", carton), ("packing-slip", note), ("delivery-note", note), ("outbound-note", note)):
        paper = house.paper(kind, number)
        for word in ("SN-2", "SN-3", "3.120 kg"):
            assert word in paper, f"{word} is not on the {kind}"
        assert "SN-1" not in paper
    (parcel,) = house.api.get(f"/shipments/{note}")["parcels"]
    assert sorted((one["sku"], one["quantity"], one["weight_grams"]) for one in parcel["contents"]) == [
        ("CHIP", 1, None), ("CHIP", 1, None), ("HAM", 3, 3120),
    ]  # fmt: skip
    house.let_out(house.load("SO-1", carton, close=True))
    assert (house.status("SO-1"), house.lines("SO-1", "shipped")) == ("shipped", [2, 3])
    assert "3.120 kg" in house.paper("delivery-note", note), "after it has left, too"
    assert {row["batch"]["lot"] for row in house.rows(sku="CHIP")} == {"SN-1", "SN-4"}
    assert house.on_hand("HAM") == 5
