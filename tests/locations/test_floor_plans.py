"""A floor plan that is put in is the floor that is walked: over the API, and at the desk, where it is tried before it is saved."""

from __future__ import annotations

import itertools

import pytest

from tests.http import Api, Client
from tests.warehouse import Warehouse
from tests.web.desk import Desk
from wms.actor import Role
from wms.app import Application
from wms.db import session
from wms.locations import floor_plans, hall
from wms.locations.floor_plans import AisleUnknown, FloorPlanUnknown, NoWayToAisle, ZoneWithoutPlaces, unreached
from wms.locations.floor_queries import ground
from wms.locations.floor_samples import compared, samples
from wms.locations.floors import floor_of_site, kept_floor_of_site, starts_of_site
from wms.locations.hall import Bin, Place
from wms.locations.models import Kind
from wms.locations.places import LocationUnknown
from wms.routing.floor import NEVER, Layout, Point, Way, floor_of

PAGE = "/floor-plan"


@pytest.fixture
def racks(w: Warehouse) -> Warehouse:
    """Two zones: aisles A and B in one, C in the other; a packing place and a dock before them."""
    for number, aisle in enumerate("ABC"):
        for bay in range(5):
            w.location(f"{aisle}-{bay}", zone="Z1" if aisle < "C" else "Z2", aisle=aisle, x_mm=3000 * number, y_mm=3000 + 2000 * bay)
    w.location("PACK", kind="packing", x_mm=3000)
    w.location("DOCK", kind="dock", x_mm=6000)
    return w


# -- over the API --------------------------------------------------------------------------------------------------------------


def test_what_is_put_in_is_walked_on(w: Warehouse, app: Application) -> None:
    w.location("Z-01", aisle="Z", x_mm=1000, y_mm=5000)
    w.location("PACK", kind="packing", x_mm=0)
    api = Api(app)
    plan = {"cross_aisles_mm": [9000, 1000], "closed": {"z": "high"}, "start": "pack"}
    assert api.put("/floor-plan", plan, status=201)["cross_aisles_mm"] == [1000, 9000]
    session.rollback()
    floor = floor_of_site(w.site_id)
    assert (floor.crossings, floor.one_way, floor.closed_high) == ((1000, 9000), {}, {"Z"}), "aisles have the names of their racks"
    assert starts_of_site(w.site_id) == {"": Point(0, 0)}
    api.put("/floor-plan", {"one_way": {"Z": "sideways"}}, status=422)
    api.put("/floor-plan", {"start": "NO-SUCH"}, status=404)


def test_a_plan_is_read_replaced_and_removed(racks: Warehouse, app: Application) -> None:
    api = Api(app)
    assert api.get("/floor-plan", status=404)["code"] == "floor_plan_unknown"
    api.put("/floor-plan", {"cross_aisles_mm": [1500, 13000], "start": "DOCK"}, status=201)
    api.put("/floor-plan", {"zone": "z1", "one_way": {"A": "up", "B": "down"}}, status=201)
    api.put("/floor-plan", {"zone": "Z1", "one_way": {"A": "down", "B": "up"}}, status=200)
    assert api.get("/floor-plan")["start"] == "DOCK"
    own = api.get("/floor-plan", zone="z1")
    assert (own["zone"], own["one_way"], own["start"]) == ("Z1", {"A": "down", "B": "up"}, None)
    assert [one["zone"] for one in api.get("/floor-plans")["items"]] == [None, "Z1"]
    for query, status in (("?zone=Z1", 204), ("?zone=Z1", 404), ("", 204), ("?zone=" + "Z" * 41, 422)):
        assert api.client.delete(f"/api/v1/floor-plan{query}", headers=api.headers).status_code == status
    assert api.get("/floor-plans")["items"] == []


def test_what_nobody_could_walk_is_refused_with_its_field(racks: Warehouse, app: Application) -> None:
    api = Api(app)
    lost = api.put("/floor-plan", {"one_way": {"C": "up"}, "closed": {"C": "high"}}, status=422)
    assert (lost["code"], lost["errors"][0]["pointer"]) == ("no_way_to_aisle", "/closed/C")
    assert api.put("/floor-plan", {"one_way": {"A": "up", "B": "up", "C": "up"}}, status=422)["code"] == "no_way_to_aisle", "and back?"
    nowhere = api.put("/floor-plan", {"one_way": {"Q": "up"}}, status=422)
    assert (nowhere["code"], nowhere["errors"][0]["pointer"]) == ("aisle_unknown", "/one_way/Q")
    assert api.put("/floor-plan", {"zone": "Z1", "closed": {"C": "low"}}, status=422)["code"] == "aisle_unknown", "C is not in Z1"
    assert api.put("/floor-plan", {"zone": "Z9"}, status=422)["code"] == "zone_unknown"
    assert api.get("/floor-plans")["items"] == []


def test_the_operation_says_the_same(racks: Warehouse) -> None:
    wrong = [
        (NoWayToAisle, {"one_way": {"C": "up"}, "closed": {"C": "high"}}),
        (AisleUnknown, {"closed": {"Q": "low"}}),
        (LocationUnknown, {"start": "Q"}),
    ]
    for refusal, facts in wrong:
        with pytest.raises(refusal), racks.transaction():
            floor_plans.put("", **facts, by=racks.by)
    with pytest.raises(ZoneWithoutPlaces), racks.transaction():
        floor_plans.put("Z9", by=racks.by)
    with pytest.raises(FloorPlanUnknown), racks.transaction():
        floor_plans.remove("", by=racks.by)


def test_whoever_asks_at_every_scan_knows_the_new_floor_at_once(racks: Warehouse) -> None:
    assert kept_floor_of_site(racks.site_id).is_free
    with racks.transaction():
        floor_plans.put("", closed={"C": "high"}, by=racks.by)
    assert kept_floor_of_site(racks.site_id).closed_high == {"C"}


def test_an_aisle_counts_as_lost_just_when_no_walk_leads_there_and_back() -> None:
    bins = [Point(3000 * number, 2000 + 1000 * bay, aisle) for number, aisle in enumerate("AB") for bay in range(6)]
    ways, walls = (Way.BOTH, Way.UP, Way.DOWN), (None, "low", "high")
    start = Point(1500, -3000)
    for crossings in ((), (1000, 9000), (1000, 4500, 9000), (4500,)):
        for a, b, wall_a, wall_b in itertools.product(ways, ways, walls, walls):
            closed = {"A": wall_a, "B": wall_b}
            low, high = (frozenset(aisle for aisle, end in closed.items() if end == which) for which in ("low", "high"))
            floor = floor_of(bins, Layout(False, crossings, {"A": a, "B": b}, low, high))
            lost = {one.aisle for one in bins if max(floor.distance(start, one), floor.distance(one, start)) >= NEVER}
            assert set(unreached(floor, bins)) == lost, (crossings, a, b, closed)


# -- drawn ---------------------------------------------------------------------------------------------------------------------


def test_everything_drawn_is_inside_its_frame(racks: Warehouse) -> None:
    with racks.transaction():
        floor_plans.put("Z2", cross_aisles_mm=[1000, 14000], by=racks.by)
        floor_plans.put("", one_way={"A": "up"}, closed={"B": "low"}, start="DOCK", by=racks.by)
    found = ground(racks.site_id)
    drawn = hall.draw(found.floors, found.bins, found.places, found.starts)
    assert drawn is not None
    assert [(lane.name, len(lane.arrows), lane.wall is not None) for lane in drawn.lanes] == [
        ("A", 2, False),
        ("B", 0, True),
        ("C", 0, False),
    ]
    assert {one.at_mm for one in drawn.crossings} == {1500, 12500, 1000, 14000}, "each zone its own"
    assert [stand.text for stand in drawn.stands] == ["DOCK", "PACK"]
    for box in drawn.boxes:
        assert 0 <= box.x <= drawn.width - box.width
        assert 0 <= box.y <= drawn.height - box.height
    for lane in drawn.lanes:
        assert all(0 <= x <= drawn.width for x in (lane.x1, lane.x2))
        assert all(0 <= y <= drawn.height for y in (lane.y1, lane.y2))


def test_very_many_bins_are_drawn_as_strips_and_names_do_not_cover_each_other() -> None:
    bays = itertools.product(range(20), (-700, 700), range(100))
    bins = [Bin(3000 * aisle + side, 1000 * bay, f"{aisle:02d}", is_face=True) for aisle, side, bay in bays]
    floor = floor_of([Point(one.x_mm, one.y_mm, one.aisle) for one in bins])
    docks = [Place(f"DOCK-{number}", Kind.DOCK, 100 * number, -4000) for number in range(5)]
    drawn = hall.draw([floor], bins, docks, {})
    assert drawn is not None
    assert len(drawn.boxes) == 40
    assert [stand.named for stand in drawn.stands].count(True) == 1
    assert hall.draw([], [], [], {}) is None


# -- at the desk ---------------------------------------------------------------------------------------------------------------


def test_the_page_draws_the_hall_and_says_where_walks_begin(racks: Warehouse, app: Application) -> None:
    desk = Desk(Client(app), Role.SUPERVISOR)
    page = desk.get(PAGE)
    assert 'class="hall"' in page
    assert ">DOCK</text>" in page
    assert 'placeholder="PACK"' in page
    assert "Zone Z1" in page
    assert "both open" in page
    assert ">C<" not in desk.get(f"{PAGE}?zone=Z1"), "another zone's aisle"
    assert 'name="way"' not in Desk(Client(app), Role.PICKER, name="ben").get(PAGE), "who may not change it sees it all the same"


def _typed(**more: object) -> dict[str, object]:
    return {"aisle": ["A", "B", "C"], "way": ["both"] * 3, "closed": ["no"] * 3, "do": "try", **more}


def test_a_plan_is_tried_before_it_is_saved(racks: Warehouse, app: Application) -> None:
    desk = Desk(Client(app), Role.SUPERVISOR)
    page = desk.post(PAGE, 200, **_typed(cross_aisles="1500, 7000, 12500", start="DOCK", way=["up", "down", "both"]))
    assert "Metres then" in page
    assert "A → 12,500, B → 1,500" in page
    assert "1,500 · 7,000 · 12,500" in page
    assert floor_plans.all_of(racks.site_id) == [], "nothing is saved"
    desk.post(PAGE, **_typed(do="save", cross_aisles="1500 ,7000，12500", start="DOCK"))
    assert "walks are planned on it from now on" in desk.get(PAGE)
    session.rollback()
    (plan,) = floor_plans.all_of(racks.site_id)
    assert (plan.cross_aisles_mm, plan.one_way) == ([1500, 7000, 12500], {})
    for said in ("Floor plan removed", "There is no floor plan of the whole site"):
        desk.post(f"{PAGE}/remove", zone="")
        assert said in desk.get(PAGE)


def test_what_is_wrong_stands_beside_its_field_and_nothing_typed_is_lost(racks: Warehouse, app: Application) -> None:
    desk = Desk(Client(app), Role.SUPERVISOR)
    for do in ("try", "save"):
        page = desk.post(PAGE, 422, **_typed(do=do, cross_aisles="here, there"))
        assert "Whole millimetres with commas" in page
        assert "here, there" in page
        assert "There is no location Q" in desk.post(PAGE, 422, **_typed(do=do, start="Q"))
        page = desk.post(PAGE, 422, **_typed(do=do, way=["both", "both", "up"], closed=["no", "no", "high"]))
        assert "Nobody could walk to C and back" in page
        assert "Metres then" not in page
        desk.post(PAGE, 422, **_typed(do=do, way=["sideways"] * 3))
        desk.post(PAGE, 422, **_typed(do=do, zone="Z9"))
    assert floor_plans.all_of(racks.site_id) == []


def test_sample_lists_are_always_the_same_and_show_what_a_cross_aisle_saves() -> None:
    bins = [Point(3000 * aisle, 2000 + 1000 * bay, "ABCDEF"[aisle]) for aisle in range(6) for bay in range(30)]
    assert samples(bins) == samples(bins[::-1])
    plain, split = floor_of(bins), floor_of(bins, Layout(cross_aisles_mm=(500, 16500, 32500)))
    start = Point(0, -2000)
    walks = compared(bins, (plain, start), (split, start))
    assert walks.after < walks.before
    assert walks.change.startswith("−")
    assert compared(bins, (plain, start), (plain, start)).change == "+0.0 %"
    assert compared([], (plain, start), (plain, start)).change == "–"
