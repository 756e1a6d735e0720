"""The drawing of a walk: inside its frame, every stop numbered, the line closed."""

from __future__ import annotations

from tests.http import Client
from tests.picking.conftest import Hall
from tests.web.desk import Desk
from wms.actor import Role
from wms.app import Application
from wms.picking.route_map import draw
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
