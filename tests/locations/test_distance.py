"""People walk along aisles, and change between them only at the cross-aisles."""

from hypothesis import given
from hypothesis import strategies as st

from wms.locations.distance import Floor, Point, floor_of, metres, millimetres

FLOOR = Floor((0, 20_000))
A_FRONT, A_BACK = Point(1000, 2000, "A"), Point(1000, 18_000, "A")
B_FRONT, B_BACK, B_MIDDLE = Point(4000, 2000, "B"), Point(4000, 18_000, "B"), Point(4000, 10_000, "B")


def test_within_an_aisle_the_way_is_straight() -> None:
    assert millimetres(FLOOR, A_FRONT, A_BACK) == 16_000


def test_to_another_aisle_the_way_leads_around_the_nearer_end() -> None:
    assert millimetres(FLOOR, A_FRONT, B_FRONT) == 2000 + 3000 + 2000
    assert millimetres(FLOOR, A_BACK, B_BACK) == 2000 + 3000 + 2000
    assert millimetres(FLOOR, A_FRONT, B_BACK) == 2000 + 3000 + 18_000
    assert millimetres(FLOOR, B_MIDDLE, A_FRONT) == 10_000 + 3000 + 2000


def test_nobody_walks_through_a_rack() -> None:
    assert millimetres(FLOOR, Point(1000, 10_000, "A"), B_MIDDLE) == 10_000 + 3000 + 10_000


def test_from_the_open_the_way_leads_in_at_the_end_of_the_aisle() -> None:
    assert millimetres(FLOOR, Point(0, -3000), A_FRONT) == 1000 + 5000
    assert millimetres(FLOOR, Point(9000, 10_000), B_FRONT) == 5000 + 10_000 + 2000


def test_a_floor_without_racks_is_walked_freely() -> None:
    assert millimetres(Floor(), Point(0, 0), Point(3000, 4000, "A")) == 7000


def test_a_whole_way_is_told_in_metres() -> None:
    assert metres(FLOOR, [A_FRONT, A_BACK, B_BACK]) == 23.0
    assert metres(FLOOR, [A_FRONT]) == metres(FLOOR, []) == 0.0


points = st.builds(Point, st.integers(0, 50_000), st.integers(0, 50_000), st.sampled_from(["A", "B", None]))


@given(points, points, st.lists(points, max_size=5))
def test_there_and_back_is_the_same_and_never_shorter_than_the_straight_way(one: Point, other: Point, more: list[Point]) -> None:
    floor = floor_of([one, other, *more])
    way = millimetres(floor, one, other)
    assert way == millimetres(floor, other, one)
    assert way >= abs(one.x_mm - other.x_mm) + abs(one.y_mm - other.y_mm) * (one.aisle == other.aisle)
    assert millimetres(floor, one, one) == 0
