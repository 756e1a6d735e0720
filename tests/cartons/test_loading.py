"""Plans that can be carried out: nothing overlaps or sticks out, all stands as it may; and rooms that are well filled."""

from __future__ import annotations

import random
from statistics import mean

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.bench import thpack
from tests.cartons.valid import check, overlap
from wms.cartons.goods import ANY_WAY, UPRIGHT, Goods, Placement
from wms.cartons.loading import load

edge = st.integers(1, 40)
orientation = st.tuples(st.booleans(), st.booleans(), st.booleans()).filter(any)
some_goods = st.lists(st.builds(Goods, st.tuples(edge, edge, edge), st.integers(0, 12), orientation, st.integers(0, 900)), max_size=6)
a_room = st.tuples(st.integers(1, 60), st.integers(1, 60), st.integers(1, 60))


@settings(deadline=None, max_examples=250)
@given(room=a_room, goods=some_goods, rounds=st.integers(1, 12), most_grams=st.none() | st.integers(0, 5000), supported=st.booleans())
def test_every_plan_can_be_carried_out(room, goods, rounds, most_grams, supported) -> None:
    plan = load(room, goods, rounds=rounds, most_grams=most_grams, supported=supported)
    check(plan, room, goods, most_grams=most_grams, supported=supported)


def weakly_heterogeneous(seed: int, kinds: int) -> list[Goods]:
    """Some more than goes into 587 × 233 × 220, in the manner of the published instances."""
    chance = random.Random(seed)
    goods = []
    for _ in range(kinds):
        size = (chance.randint(30, 120), chance.randint(25, 100), chance.randint(20, 80))
        upright = (min(size) / size[0] > 0.4, min(size) / size[1] > 0.5, True)
        goods.append(Goods(size, 1 + 30_100_000 // (kinds * size[0] * size[1] * size[2]), upright))
    return goods


@pytest.mark.parametrize("supported", [False, True])
@pytest.mark.parametrize("kinds", [3, 8, 20])
def test_a_room_is_filled_by_six_sevenths_and_more_within_few_rounds(kinds: int, supported: bool) -> None:
    room, filled = (587, 233, 220), []
    for seed in range(3):
        goods = weakly_heterogeneous(seed, kinds)
        plan = load(room, goods, rounds=20, supported=supported)
        check(plan, room, goods, supported=supported)
        filled.append(plan.fill)
    assert mean(filled) > 0.86


def test_the_published_instances_are_filled_by_nine_tenths_within_few_rounds() -> None:
    if thpack.folder() is None:
        pytest.skip(thpack.ABSENT)
    filled = []
    for number in thpack.SETS:
        instance = thpack.instances(number)[7]
        plan = load(instance.room, instance.goods, rounds=20)
        check(plan, instance.room, instance.goods)
        filled.append(plan.fill)
    assert mean(filled) > 0.9


def test_what_fits_exactly_fills_the_room() -> None:
    plan = load((60, 40, 30), [Goods((30, 20, 10), 12)], rounds=50)
    check(plan, (60, 40, 30), [Goods((30, 20, 10), 12)])
    assert plan.fill == 1


def test_what_must_stay_upright_does() -> None:
    bottle, room = Goods((10, 10, 30), 9, UPRIGHT), (30, 30, 29)
    assert load(room, [bottle], rounds=5).placements == []
    assert load(room, [Goods(bottle.size, 9, ANY_WAY)], rounds=5).placements


def test_nothing_hangs_in_the_air_where_everything_must_be_supported() -> None:
    room, goods = (10, 10, 20), [Goods((10, 10, 5), 1, UPRIGHT), Goods((4, 4, 15), 1, UPRIGHT), Goods((10, 10, 4), 1, UPRIGHT)]
    loose, firm = load(room, goods, rounds=50), load(room, goods, rounds=50, supported=True)
    check(loose, room, goods)
    check(firm, room, goods, supported=True)
    assert firm.volume <= loose.volume


def test_no_more_weight_than_allowed_goes_in() -> None:
    goods = [Goods((10, 10, 10), 20, grams=900)]
    plan = load((50, 50, 50), goods, rounds=10, most_grams=5000)
    assert plan.counts(1) == [5]


def test_the_same_question_gets_the_same_answer() -> None:
    goods = weakly_heterogeneous(7, 10)
    one, other = (load((587, 233, 220), goods, work=100_000) for _ in range(2))
    assert one.placements == other.placements
    assert one.rounds > 1


def test_there_is_a_plan_even_when_there_is_no_time() -> None:
    goods = weakly_heterogeneous(1, 5)
    plan = load((587, 233, 220), goods, seconds=0)
    check(plan, (587, 233, 220), goods)
    assert plan.rounds == 1
    assert plan.fill > 0.7


def test_it_stops_when_time_is_up() -> None:
    now = iter(range(10_000))
    plan = load((587, 233, 220), weakly_heterogeneous(1, 5), seconds=7, clock=lambda: next(now))
    assert plan.rounds <= 3  # the second or third one is broken off


def test_a_plan_is_told_from_the_bottom_up() -> None:
    plan = load((587, 233, 220), weakly_heterogeneous(2, 5), rounds=1)
    heights = [one.at[2] for one in plan.placements]
    assert heights == sorted(heights)


def test_boxes_that_touch_do_not_overlap() -> None:
    one = Placement(0, (0, 0, 0), (10, 10, 10))
    assert not overlap(one, Placement(0, (10, 0, 0), (10, 10, 10)))
    assert overlap(one, Placement(0, (9, 9, 9), (10, 10, 10)))
