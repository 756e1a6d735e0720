"""The drawing of a walk: inside its frame, every stop numbered, the line closed."""

from __future__ import annotations

from tests.http import Api, Client
from tests.picking.conftest import Hall
from tests.web.desk import Desk
from wms.actor import Role
from wms.app import Application
from wms.db import session
from wms.picking import deallocation, lateness, picks, queries, walks, waves
from wms.picking.models import Method
from wms.picking.route_map import Way, draw, draw_all
from wms.routing.floor import Point, floor_of


def test_every_stop_has_its_number_and_all_is_inside() -> None:
    bins = [Point(3000 * aisle, 2000 + 1200 * bay, "AB"[aisle]) for aisle in range(2) for bay in range(6)]
    picture = draw(floor_of(bins), Point(6000, 0), [bins[0], bins[5], bins[11]])
    assert picture is not None
    assert [mark.text for mark in picture.marks] == ["1", "2", "3"]
    assert [aisle.name for aisle in picture.aisles] == ["A", "B"]
    corners = [tuple(map(int, pair.split(","))) for pair in picture.line.split()]
    assert corners[0] == corners[-1] == (picture.start.x, picture.start.y)
    assert all(0 <= x <= picture.width and 0 <= y <= picture.height for x, y in corners)


def test_stops_beside_each_other_share_a_mark() -> None:
    bins = [Point(0, 2000 + 100 * bay, "A") for bay in range(3)] + [Point(0, 60_000, "A")]
    picture = draw(floor_of(bins), Point(0, 0), bins)
    assert picture is not None
    assert [mark.text for mark in picture.marks] == ["1–3", "4"]


def test_nothing_left_is_nothing_to_draw() -> None:
    assert draw(floor_of([]), Point(0, 0), []) is None


def test_the_list_shows_its_walk_until_it_is_done(hall: Hall, app: Application) -> None:
    hall.put("APPLE", 5, "A-01")
    hall.release("SO-1", ("APPLE", 1))
    number = hall.list_of("SO-1")
    desk = Desk(Client(app), Role.SUPERVISOR)
    assert f"The walk of {number}" in desk.get(f"/picking/lists/{number}")
    hall.pick_all(number)
    assert "The walk of" not in desk.get(f"/picking/lists/{number}")


def test_what_is_left_is_reckoned_as_it_is_now_and_what_lacks_is_named(hall: Hall, app: Application) -> None:
    """Taken off, short, picked: metres, numbers and the map follow; a plan that does not hold any more is not compared with anything."""
    for number, place in enumerate(("A-01", "A-05", "B-05", "B-01")):
        hall.put(f"P{number}", 5, place)
    hall.release("SO-1", ("P0", 1), ("P1", 1), ("P2", 4))
    hall.release("SO-2", ("P3", 1))
    number = hall.list_of(method=Method.CLUSTER)
    desk = Desk(Client(app), Role.SUPERVISOR)
    pick_list = waves.find_list(number, by=hall.by)
    whole, planned = walks.left_of(pick_list), pick_list.metres_planned
    assert whole is not None
    assert (whole.metres, [mark.text for mark in whole.map.marks]) == (planned, ["1", "2", "3", "4"])
    page = desk.get(f"/picking/lists/{number}")
    assert ("the shortest there is" in page, "Metres in order of location codes" in page) == (True, True)
    with hall.w.transaction():
        deallocation.deallocate("SO-1", line="2", by=hall.by)
    session.rollback()
    less = walks.left_of(waves.find_list(number, by=hall.by))
    assert less is not None
    assert [mark.text for mark in less.map.marks] == ["1", "2", "3"]
    page = desk.get(f"/picking/lists/{number}")
    assert "changed since it was planned" in page
    assert not [words for words in ("the shortest there is", "Metres in order of location codes", "Metres as planned") if words in page]
    opened = hall.open(number)
    while opened.line.sku != "P2":
        hall.pick(opened)
        opened = hall.open(number)
    hall.short(opened, 0)
    page = desk.get(f"/picking/lists/{number}")
    assert "Came up short" in page
    assert ">4</td>" in page.split("Came up short", 1)[1].split("Picks in walking order")[0]


def test_goods_taken_elsewhere_get_their_place_in_the_walk(hall: Hall) -> None:
    for sku, place in (("P0", "B-01"), ("P1", "B-02"), ("P2", "A-04"), ("P3", "A-03")):
        hall.put(sku, 5, place, age=3)
    hall.release("SO-1", *((f"P{number}", 1) for number in range(4)))
    opened = hall.open(hall.list_of("SO-1"))
    while opened.line.sku != "P0":
        hall.pick(opened)
        opened = hall.open("P-10001")
    hall.put("P0", 5, "A-05")
    assert hall.short(opened, 0).elsewhere == "A-05"
    with hall.w.transaction():
        line = picks.take_elsewhere(opened.line.order_line_id, 1, reason="MISSING", task_id=opened.task_id, by=hall.by)
    assert line is not None
    pick_list = waves.find_list("P-10001", by=hall.by)
    left = [line.location for line in queries.list_view(pick_list).lines if not line.picked]
    assert (line.location, left) == ("B-02", ["B-02", "A-05", "A-03", "A-04"]), "not first: in the aisle where it lies"
    stops = walks.left_of(pick_list)
    assert stops is not None
    assert stops.map.marks[0].text == "1", "there is no stop 0"


def test_a_wave_counts_no_walk_of_a_list_that_was_withdrawn(hall: Hall, app: Application) -> None:
    for number, place in enumerate(("A-01", "B-05")):
        hall.put(f"P{number}", 5, place)
        hall.release(f"SO-{number}", (f"P{number}", 1))
    wave = hall.wave()
    with hall.w.transaction():
        deallocation.deallocate("SO-0", by=hall.by)
    session.rollback()
    row = session.execute(queries.waves(by=hall.by, number=wave.wave.number)).one()
    kept = waves.find_list(wave.pick_lists[1].number, by=hall.by)
    assert (row.lists, row.walked, row.metres) == (2, 1, kept.metres_planned)
    assert lateness.starts(hall.w.site_id)


# -- on the handheld -----------------------------------------------------------------------------------------------------------


def test_the_source_step_has_a_map_of_where_one_stands_and_what_is_left(hall: Hall, app: Application) -> None:
    for number, place in enumerate(("A-01", "A-02", "B-01")):
        hall.put(f"P{number}", 5, place)
    hall.release("SO-1", ("P0", 1), ("P1", 1), ("P2", 1))
    number = hall.list_of("SO-1")
    api, desk = Api(app, Role.PICKER), Desk(Client(app), Role.PICKER)
    screen = api.post("/scan/pick", {"scan": number, "version": 0, "key": "1"})
    assert screen["map"] == f"/picking/lists/{number}/map"
    page = desk.get(screen["map"])
    assert "3 stops left" in page
    assert f'class="code">{screen["expected"]}</strong>' in page
    assert "<html" not in desk.get(screen["map"], **{"HX-Request": "true"}), "the screen takes the part"
    for key in range(4):  # place, product, quantity, target: the first line is picked
        screen = api.post("/scan/pick", {"scan": screen["expected"], "version": screen["version"], "key": f"k{key}"})
        assert (screen["map"] is not None) == (screen["step"] == "source")
    page = desk.get(f"/picking/lists/{number}/map")
    assert "2 stops left" in page
    assert f'class="code">{screen["expected"]}</strong>' in page
    desk.get("/picking/lists/P-404/map", status=404)
    Desk(Client(app), Role.PACKER, name="ben").get(f"/picking/lists/{number}/map", status=403)


def test_the_map_of_a_list_that_is_done_says_so(hall: Hall, app: Application) -> None:
    hall.put("APPLE", 5, "A-01")
    hall.release("SO-1", ("APPLE", 1))
    number = hall.list_of("SO-1")
    hall.pick_all(number)
    assert "Nothing is left on this list" in Desk(Client(app), Role.PICKER).get(f"/picking/lists/{number}/map")


# -- of a wave -----------------------------------------------------------------------------------------------------------------


def test_a_wave_shows_the_walk_of_each_of_its_lists(hall: Hall, app: Application) -> None:
    for number in range(10):
        hall.put(f"P{number}", 5, f"A-0{number}")
        hall.release(f"SO-{number}", (f"P{number}", 1))
    planned = hall.wave()
    desk = Desk(Client(app), Role.SUPERVISOR)
    address = f"/picking/waves/{planned.wave.number}"
    page = desk.get(address)
    assert f"The walks of {planned.wave.number}" in page
    assert page.count('class="walk" data-colour') == 2 * 8, "on the map and in the legend"
    assert "The first 8 of 10 lists are drawn" in page
    part = desk.get(address, **{"HX-Request": "true"})
    assert ("wave-map" in part, "<html" in part, 'id="lists"' in part) == (False, False, True), "what is polled draws nothing"
    for one in planned.pick_lists:
        hall.pick_all(one.number)
    assert "The walks of" not in desk.get(address)


def test_walks_of_several_lists_are_inside_their_frame() -> None:
    bins = [Point(3000 * aisle, 2000 + 1200 * bay, "AB"[aisle]) for aisle in range(2) for bay in range(6)]
    floor = floor_of(bins)
    picture = draw_all(
        floor, [Way("P-1", floor, Point(6000, 0), bins[:3]), Way("P-2", floor, Point(0, 0), bins[7:]), Way("P-3", floor, Point(0, 0), [])]
    )
    assert picture is not None
    assert [(one.name, one.first.text) for one in picture.lines] == [("P-1", "1"), ("P-2", "2")]
    assert len(picture.starts) == 2
    for one in picture.lines:
        for pair in one.line.split():
            x, y = map(int, pair.split(","))
            assert 0 <= x <= picture.width
            assert 0 <= y <= picture.height
    assert draw_all(floor, []) is None


def test_a_list_of_several_orders_says_how_many(hall: Hall, app: Application) -> None:
    for number in range(3):
        hall.put(f"P{number}", 5, f"A-0{number}")
        hall.release(f"SO-{number}", (f"P{number}", 1))
    number = hall.wave(method=Method.CLUSTER).wave.number
    desk = Desk(Client(app), Role.SUPERVISOR)
    assert "3: <a" in desk.get("/picking/lists")
    assert "3 orders" in desk.get(f"/picking/waves/{number}")


def test_marks_never_cover_each_other_and_tell_every_line() -> None:
    bins = [Point(0, 2000 + 400 * bay, "A") for bay in range(12)] + [Point(3000, 2000 + 400 * bay, "B") for bay in range(12)]
    there_and_back = [*bins[::2], *bins[1::2]]
    numbers = [(2 * turn + 1, 2 * turn + 2) for turn in range(len(there_and_back))]
    picture = draw(floor_of(bins), Point(6000, 0), there_and_back, numbers)
    assert picture is not None
    marks = picture.marks
    for number, one in enumerate(marks):
        assert not any(abs(one.x - two.x) < one.half + two.half and abs(one.y - two.y) < 22 for two in marks[:number])
    told: list[int] = []
    for mark in marks:
        for part in mark.text.split(", "):
            first, _, last = part.partition("–")
            told += range(int(first), int(last or first) + 1)
    assert sorted(told) == list(range(1, 49))


def test_the_last_stop_tells_all_of_its_lines(hall: Hall, app: Application) -> None:
    hall.put("APPLE", 5, "A-01")
    for sku in ("PEAR", "PLUM", "FIG"):
        hall.put(sku, 5, "B-05")
    hall.release("SO-1", ("APPLE", 1), ("PEAR", 1), ("PLUM", 1), ("FIG", 1))
    number = hall.list_of("SO-1")
    page = Desk(Client(app), Role.SUPERVISOR).get(f"/picking/lists/{number}")
    assert ">2–4</text>" in page or ">1–3</text>" in page


def test_lists_that_begin_at_one_place_have_their_marks_side_by_side() -> None:
    bins = [Point(0, 2000 + 1200 * bay, "A") for bay in range(4)]
    floor = floor_of(bins)
    drawn = draw_all(floor, [Way(f"P-{n}", floor, Point(0, 0), bins) for n in range(4)])
    assert drawn is not None
    marks = [(line.first.x + line.shift, line.first.y + line.shift) for line in drawn.lines]
    for number, one in enumerate(marks):
        assert not any(abs(one[0] - two[0]) < 20 and abs(one[1] - two[1]) < 20 for two in marks[:number])
