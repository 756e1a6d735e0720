"""A site's floor is read from where its bins stand, one row per aisle."""

from __future__ import annotations

from tests.warehouse import Warehouse
from wms import clock
from wms.db import session
from wms.locations import floors
from wms.locations.models import FloorPlan
from wms.routing.floor import MARGIN_MM, Point, Way


def test_the_floor_of_a_site_has_its_aisles_and_a_cross_aisle_at_either_end(w: Warehouse) -> None:
    for aisle, x in (("A", 1000), ("B", 4000)):
        for bay in range(4):
            w.location(f"{aisle}-{bay}", aisle=aisle, x_mm=x + (600 if bay % 2 else -600), y_mm=3000 + 1200 * bay)
    w.location("BULK", x_mm=90_000, y_mm=90_000)
    floor = floors.floor_of_site(w.site_id)
    assert dict(floor.lines) == {"A": 1000, "B": 4000}
    assert floor.crossings == (3000 - MARGIN_MM, 6600 + MARGIN_MM)
    assert floor.distance(Point(1600, 3000, "A"), Point(3400, 3000, "B")) == 3000 + 2 * MARGIN_MM


def test_what_is_said_about_a_floor_counts_and_a_zone_may_have_its_own(w: Warehouse) -> None:
    for aisle, zone in (("A", "W"), ("B", "W"), ("C", "cold")):
        for bay in range(4):
            w.location(f"{aisle}-{bay}", aisle=aisle, zone=zone, x_mm=4000 * (ord(aisle) - ord("A")), y_mm=3000 + 1200 * bay)
    with w.unit_of_work():
        facts = {"site_id": w.site_id, "updated_at": clock.now()}
        session.add(FloorPlan(cross_aisles_mm=[9000, 0], one_way={"A": "up"}, closed={"B": "high"}, **facts))
        session.add(FloorPlan(zone="Cold", cross_aisles_mm=[1000, 5000, 9000], closed={"C": "low"}, **facts))
    floor = floors.floor_of_site(w.site_id)
    assert floor == floors.floor_of_site(w.site_id, "W")
    assert floor.crossings == (0, 9000)
    assert dict(floor.one_way) == {"A": Way.UP}
    assert (floor.closed_low, floor.closed_high) == (frozenset(), {"B"})
    cold = floors.floor_of_site(w.site_id, "cold")
    assert (cold.crossings, dict(cold.lines), cold.closed_low) == ((1000, 5000, 9000), {"C": 8000}, {"C"})


def test_a_floor_is_kept_in_mind_for_a_minute(w: Warehouse, monkeypatch) -> None:
    first = floors.kept_floor_of_site(w.site_id)
    w.location("Z-1", aisle="Z", x_mm=0, y_mm=0)
    assert floors.kept_floor_of_site(w.site_id) is first
    monkeypatch.setattr(floors, "KEPT_SECONDS", -1.0)
    assert "Z" in floors.kept_floor_of_site(w.site_id).lines
