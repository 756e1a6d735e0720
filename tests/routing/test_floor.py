"""People walk along aisles, change between them at the cross-aisles, and never walk through a rack."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.routing.halls import demo_like, halls, inside, outside
from wms.routing.floor import MARGIN_MM, NEVER, Floor, Layout, Point, Way, floor_of

FLOOR = Floor((0, 20_000), lines={"A": 1000, "B": 4000})
A_FRONT, A_BACK = Point(1000, 2000, "A"), Point(1000, 18_000, "A")
B_FRONT, B_BACK, B_MIDDLE = Point(4000, 2000, "B"), Point(4000, 18_000, "B"), Point(4000, 10_000, "B")


def test_within_an_aisle_the_way_is_straight_and_the_width_of_it_is_not_walked() -> None:
    assert FLOOR.distance(A_FRONT, A_BACK) == 16_000
    assert FLOOR.distance(Point(300, 2000, "A"), Point(1700, 2000, "A")) == 0


def test_to_another_aisle_the_way_leads_around_the_nearer_end() -> None:
    assert FLOOR.distance(A_FRONT, B_FRONT) == 2000 + 3000 + 2000
    assert FLOOR.distance(A_BACK, B_BACK) == 2000 + 3000 + 2000
    assert FLOOR.distance(A_FRONT, B_BACK) == 2000 + 3000 + 18_000
    assert FLOOR.distance(B_MIDDLE, A_FRONT) == 10_000 + 3000 + 2000


def test_a_cross_aisle_between_the_blocks_shortens_the_way() -> None:
    with_one = Floor((0, 10_000, 20_000), lines=FLOOR.lines)
    assert with_one.distance(Point(1000, 9000, "A"), Point(4000, 11_000, "B")) == 1000 + 3000 + 1000


def test_from_the_open_the_way_leads_in_at_the_end_of_the_aisle() -> None:
    assert FLOOR.distance(Point(0, -3000), A_FRONT) == 1000 + 5000
    assert FLOOR.distance(Point(9000, 10_000), B_FRONT) == 5000 + 10_000 + 2000
    assert FLOOR.distance(Point(0, -3000), Point(5000, -1000)) == 5000 + 2000


def test_open_ground_may_be_crossed_straight() -> None:
    straight = Floor((0, 20_000), lines={"A": 3000}, straight=True)
    assert straight.distance(Point(0, -4000), Point(3000, 2000, "A")) == 5000 + 2000
    assert straight.distance(Point(0, -4000), Point(3000, -8000)) == 5000


def test_a_floor_without_racks_is_walked_freely() -> None:
    assert Floor().distance(Point(0, 0), Point(3000, 4000, "A")) == 7000
    assert Floor().polyline([Point(0, 0), Point(3000, 4000)]) == [(0, 0), (3000, 0), (3000, 4000)]


def test_a_one_way_aisle_is_walked_around() -> None:
    floor = Floor((0, 20_000), lines=FLOOR.lines, one_way={"B": Way.UP})
    assert floor.distance(B_FRONT, B_BACK) == 16_000
    assert floor.distance(B_BACK, B_FRONT) == 2000 + 3000 + 20_000 + 3000 + 2000
    assert floor.polyline([B_BACK, B_FRONT]) == [(4000, 18_000), (4000, 20_000), (1000, 20_000), (1000, 0), (4000, 0), (4000, 2000)]


def test_a_closed_end_is_walked_around_and_what_is_shut_in_is_never_reached() -> None:
    floor = Floor((0, 20_000), lines=FLOOR.lines, closed_low=frozenset({"B"}))
    assert floor.distance(A_FRONT, B_FRONT) == 18_000 + 3000 + 18_000
    shut_in = Floor((0, 20_000), lines=FLOOR.lines, closed_low=frozenset({"B"}), closed_high=frozenset({"B"}))
    assert shut_in.distance(A_FRONT, B_FRONT) >= NEVER


def test_a_floor_is_built_from_where_the_bins_stand() -> None:
    floor = demo_like()
    assert floor.crossings == (-MARGIN_MM, 19 * 1200 + MARGIN_MM)
    assert not floor.along_x
    assert floor.lines == {str(aisle): 3000 * aisle for aisle in range(6)}
    sideways = floor_of([Point(1200 * bay, 3000 * aisle, str(aisle)) for aisle in range(3) for bay in range(9)])
    assert sideways.along_x
    assert sideways.distance(Point(0, 0, "0"), Point(0, 3000, "1")) == 2 * MARGIN_MM + 3000


def test_what_the_site_declares_counts_more_than_what_the_bins_show() -> None:
    layout = Layout(cross_aisles_mm=(12_000, 0, 24_000), one_way={"1": Way.UP, "2": Way.BOTH}, closed_high=frozenset({"3"}), straight=True)
    floor = demo_like(layout=layout)
    assert floor.crossings == (0, 12_000, 24_000)
    assert floor.one_way == {"1": Way.UP}
    assert floor.closed_high == {"3"}
    assert floor.straight
    assert not floor.is_free


def test_a_bin_far_from_its_aisle_stands_on_a_line_of_its_own() -> None:
    assert FLOOR.distance(Point(9000, 2000, "B"), B_FRONT) == 5000 + 4000


def test_the_line_that_is_walked_has_its_corners_at_the_cross_aisles() -> None:
    assert FLOOR.polyline([Point(0, -3000), A_FRONT, A_BACK, B_BACK]) == [
        *((0, -3000), (0, 0), (1000, 0), (1000, 20_000), (4000, 20_000), (4000, 18_000))
    ]
    assert FLOOR.polyline([A_FRONT]) == [(1000, 2000)]
    assert FLOOR.polyline([]) == []


def _walked(line: list[tuple[int, int]]) -> int:
    return sum(abs(a[0] - b[0]) + abs(a[1] - b[1]) for a, b in pairwise(line))


@settings(deadline=None)
@given(data=st.data())
def test_there_and_back_is_the_same_no_detour_is_shorter_and_the_line_is_as_long(data: st.DataObject) -> None:
    floor = data.draw(halls())
    a, b, c = (data.draw(st.one_of(inside(floor), outside(floor))) for _ in range(3))
    way = floor.distance(a, b)
    assert way == floor.distance(b, a) == _walked(floor.polyline([a, b]))
    assert floor.distance(a, a) == 0
    if c.aisle is not None:  # the open is walked freely by whom it is on the way, so a place there may open a shorter one
        assert way <= floor.distance(a, c) + floor.distance(c, b)


@settings(deadline=None)
@given(data=st.data())
def test_the_search_among_the_crossings_agrees_with_the_formula_where_nothing_is_closed(data: st.DataObject) -> None:
    free = data.draw(halls())
    searched = Floor(free.crossings, free.along_x, free.lines, one_way={"an aisle elsewhere": Way.UP})
    points = [data.draw(outside(free)), *data.draw(st.lists(inside(free), min_size=1, max_size=4))]
    assert searched.table(points) == free.table(points)
    assert searched.distance(points[0], points[1]) == free.distance(points[0], points[1])
    assert _walked(searched.polyline(points)) == free.length(points)


@settings(deadline=None)
@given(data=st.data())
def test_nobody_walks_against_a_one_way_aisle(data: st.DataObject) -> None:
    free = data.draw(halls())
    ways = {aisle: data.draw(st.sampled_from(Way)) for aisle in free.lines}
    floor = Floor(free.crossings, free.along_x, free.lines, one_way={aisle: way for aisle, way in ways.items() if way})
    a, b = data.draw(inside(floor, beyond=0)), data.draw(inside(floor, beyond=0))
    way = floor.distance(a, b)
    assert way >= free.distance(a, b)
    if way >= NEVER:
        return
    line = floor.polyline([a, b])
    assert _walked(line) == way
    wanted = {floor.lines[aisle]: turn for aisle, turn in floor.one_way.items()}
    for (x1, y1), (x2, y2) in pairwise(line):
        across, begin, end = (y1, x1, x2) if floor.along_x else (x1, y1, y2)
        if (y1 == y2) if floor.along_x else (x1 == x2):
            assert (end - begin) * wanted.get(across, end - begin) >= 0


@pytest.mark.parametrize("layout", [None, Layout(one_way={"2": Way.DOWN})])
def test_a_table_holds_every_way(layout: Layout | None) -> None:
    floor = demo_like(layout=layout)
    points = [Point(3000 * aisle, 1200 * bay, str(aisle)) for aisle in range(3) for bay in (0, 7)] + [Point(0, -5000)]
    assert floor.table(points) == [[floor.distance(a, b) for b in points] for a in points]
