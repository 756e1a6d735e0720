"""The shortest walk is the shortest: against the published optima, and against trying everything."""

from __future__ import annotations

import functools
import random

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from tests.routing import published
from tests.routing.halls import halls, inside, least, outside, rectangle, stops_in
from tests.work import steps
from wms.routing.exact import MOST_CROSSINGS, Router
from wms.routing.floor import Floor, Point, Way


@pytest.fixture(scope="module")
def every_instance() -> list[published.Instance]:
    if published.folder() is None:
        pytest.skip(published.ABSENT)
    return list(published.instances())


def _shortest(instance: published.Instance) -> int:
    """The length of the walk over its bins, which is also walked step by step."""
    sequence, length = Router(instance.floor, instance.depot).sequence(instance.bins)
    assert sorted(sequence) == list(range(len(instance.bins)))
    assert instance.floor.length([instance.depot, *(instance.bins[stop] for stop in sequence), instance.depot]) == length
    return length


def test_published_walks_are_as_short_as_their_optima(every_instance: list[published.Instance], request: pytest.FixtureRequest) -> None:
    """A twentieth of each size; with --soak all 4,800."""
    some = (
        every_instance if request.config.getoption("--soak") else sorted(every_instance, key=lambda one: (one.two_blocks, one.name))[::20]
    )
    longer = [(one.name, one.two_blocks) for one in some if _shortest(one) != one.best]
    assert len(every_instance) == 4_800
    assert longer == []


@settings(deadline=None, max_examples=150)
@given(data=st.data())
def test_no_other_walk_is_shorter(data: st.DataObject) -> None:
    floor = data.draw(halls())
    stops = data.draw(st.lists(st.one_of(inside(floor), inside(floor), inside(floor), outside(floor)), max_size=7))
    start = data.draw(st.one_of(inside(floor), outside(floor)))
    end = data.draw(st.one_of(st.just(start), inside(floor), outside(floor)))
    router = Router(floor, start, end)
    assume(router.covers(stops))
    sequence, length = router.sequence(stops)
    assert sorted(sequence) == list(range(len(stops)))
    assert length == router.length(stops) == least(floor, start, end, stops)
    assert length == floor.length([start, *(stops[stop] for stop in sequence), end])


@settings(deadline=None, max_examples=60)
@given(data=st.data())
def test_no_other_walk_is_shorter_where_the_open_ground_is_crossed_straight(data: st.DataObject) -> None:
    floor = data.draw(halls(straight=True))
    depot = data.draw(outside(floor))
    stops = data.draw(st.lists(inside(floor), max_size=7))
    router = Router(floor, depot)
    assume(router.covers(stops))
    sequence, length = router.sequence(stops)
    walked = floor.length([depot, *(stops[stop] for stop in sequence), depot])
    assert walked == pytest.approx(least(floor, depot, depot, stops), abs=2)  # straight ways are rounded
    assert length == pytest.approx(walked, abs=2)


def test_one_place_and_one_line_need_no_cross_aisle() -> None:
    floor = Floor((0, 30), lines={"A": 0, "B": 5})
    here = Point(0, 10, "A")
    assert Router(floor, here).sequence([]) == ([], 0)
    assert Router(floor, here).sequence([here, here]) == ([0, 1], 0)
    assert Router(floor, here).sequence([Point(0, 20, "A"), Point(0, 4, "A"), Point(0, 25, "A")])[1] == 2 * 21
    assert Router(floor, here, Point(0, 24, "A")).sequence([Point(0, 20, "A"), Point(0, 4, "A")]) == ([1, 0], 6 + 20)


def test_a_place_on_the_last_cross_aisle_may_be_come_to_and_left_by_one_aisle() -> None:
    """The only case in which an outermost piece of aisle is walked twice over."""
    floor = Floor((-4, -1, 0, 9, 12), lines={"A": 17, "B": 21, "C": 29})
    places = (("A", 12), ("C", -4), ("B", 9), ("A", 0), ("A", 2), ("C", 14), ("B", 15))
    stops = [Point(floor.lines[aisle], along, aisle) for aisle, along in places]
    assert Router(floor, Point(21, 1, "B")).length(stops) == 74
    deeper = Floor((0, 2, 4, 11), along_x=True, lines={"A": 6, "B": 15, "C": 32})
    some = (("B", 6), ("B", 0), ("C", 10), ("A", 10), ("B", 2), ("A", 10))
    stops = [Point(-2, 32), *(Point(along, deeper.lines[aisle], aisle) for aisle, along in some)]
    assert Router(deeper, Point(4, 25)).length(stops) == 88


def test_what_is_not_covered_is_said() -> None:
    plain = rectangle(2, 3)
    depot = Point(0, -2_000)
    stop = Point(0, 3_000, "0")
    assert Router(plain, depot).covers([stop])
    assert not Router(Floor(plain.crossings, lines=plain.lines, one_way={"0": Way.UP}), depot).covers([stop])
    assert not Router(Floor(plain.crossings, lines=plain.lines, closed_high=frozenset({"0"})), depot).covers([stop])
    assert not Router(Floor(tuple(range(0, 10_000 * MOST_CROSSINGS + 1, 10_000)), lines=plain.lines), depot).covers([stop])
    assert not Router(plain, depot).covers([stop, Point(5_000, -3_000)])
    assert Router(plain, depot, Point(5_000, -3_000)).covers([stop])
    assert not Router(plain, depot, Point(5_000, -3_000)).covers([stop, Point(5_000, -3_000)])


@pytest.mark.parametrize(("blocks", "aisles", "stops"), [(1, 20, 40), (2, 20, 40), (3, 16, 40), (4, 10, 20)])
def test_its_work_grows_as_the_aisles_do_and_no_faster(blocks: int, aisles: int, stops: int) -> None:
    """Its milliseconds are told by `make bench`."""

    def work(times: int) -> int:
        floor, chance, spent = rectangle(blocks, aisles * times), random.Random(7), []
        for _ in range(15):
            router, places = Router(floor, Point(0, -2_000)), stops_in(floor, stops * times, chance)
            spent.append(steps(functools.partial(router.sequence, places)))
        return sorted(spent)[7]  # the first ones learn what an aisle may look like

    assert work(2) < 2.5 * work(1)
