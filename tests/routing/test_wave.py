"""The lists of a wave: every line once, nothing too much for a cart, and shorter than as orders come."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wms.routing import wave
from wms.routing.batching import Limits
from wms.routing.floor import Floor, Point, Way
from wms.routing.wave import Cart, Ground, Line, Method, PickWalk

PLACES = {
    f"{aisle:02}-{bay:02}": Point(4000 * aisle, 500 + 1000 * bay + (2000 if bay >= 15 else 0), f"{aisle:02}")
    for aisle in range(10)
    for bay in range(30)
}
FLOOR = Floor((0, 16_000, 32_500), lines={f"{aisle:02}": 4000 * aisle for aisle in range(10)})
GROUND = Ground(FLOOR, PLACES, {place: place for place in PLACES}, Point(0, -3000), {"east": Point(36_000, -3000)})
CART = Cart(positions=6, tote_weight_grams=8000, tote_volume_cm3=30_000, weight_grams=40_000, lines=25)


def lines(count: int, chance: random.Random) -> list[Line]:
    """So many orders of one to six lines, now and then a heavy one or a full pallet."""
    found = []
    for order in range(count):
        for place in chance.sample(sorted(PLACES), chance.randint(1, 6)):
            heavy = chance.random() < 0.03
            found.append(
                Line(
                    len(found),
                    order,
                    place,
                    weight_grams=chance.randint(15_000, 25_000) if heavy else chance.randint(50, 3000),
                    volume_cm3=chance.randint(100, 6000),
                    zone="west" if PLACES[place].x_mm < 20_000 else "east",
                    full_pallet=chance.random() < 0.05,
                )
            )
    return found


def fits(one: PickWalk, method: Method) -> bool:
    """A list takes no more than its cart, but for a single line that nobody could carry at once."""
    weight = sum(line.weight_grams for line in one.lines)
    in_totes = method is Method.BATCH or sum(one.totes.values()) <= CART.positions
    return one.is_pallet or len(one.lines) == 1 or (weight <= CART.weight_grams and len(one.lines) <= CART.lines and in_totes)


@settings(deadline=None, max_examples=40)
@given(seed=st.integers(0, 10**9), count=st.integers(0, 20), method=st.sampled_from(Method))
def test_every_line_once_on_a_list_that_a_cart_takes(seed: int, count: int, method: Method) -> None:
    wanted = lines(count, random.Random(seed))
    planned = wave.split(wanted, method, CART, GROUND, Limits(rounds=30))
    assert sorted(line.id for one in planned.lists for line in one.lines) == list(range(len(wanted)))
    for one in planned.lists:
        assert fits(one, method)
        assert set(one.orders) == {line.order for line in one.lines}
        assert one.is_pallet == any(line.full_pallet for line in one.lines)
        assert not one.is_pallet or len(one.lines) == 1
        assert one.length <= min(one.s_shape, one.by_name)
        assert one.length == walked(one.lines, one.zone)
        if method is Method.SINGLE:
            assert len(one.orders) == 1
        if method is Method.ZONE:
            assert {line.zone for line in one.lines} == {one.zone}


def walked(found: Sequence[Line], zone: str | None) -> int:
    start = GROUND.start_of(zone)
    return FLOOR.length([start, *(PLACES[line.place] for line in found), start])


def test_an_order_takes_as_many_totes_as_its_goods_fill() -> None:
    wanted = [Line(number, "A", f"00-0{number}", weight_grams=5000) for number in range(3)] + [Line(3, "B", "00-05", weight_grams=20_000)]
    (one,) = wave.split(wanted, Method.CLUSTER, CART, GROUND, Limits(rounds=10)).lists
    assert one.totes == {"A": 3, "B": 3}


def test_an_order_that_is_too_much_for_a_cart_is_parted_along_its_walk() -> None:
    wanted = [Line(number, "A", f"{number:02}-05", weight_grams=9000) for number in range(8)]
    planned = wave.split(wanted, Method.SINGLE, CART, GROUND, Limits(rounds=10))
    assert [(len(one.lines), one.totes) for one in planned.lists] == [(4, {"A": 5}), (4, {"A": 5})]


def test_batches_are_not_limited_by_totes() -> None:
    wanted = [Line(number, number, f"00-{number:02}", weight_grams=100) for number in range(20)]
    assert len(wave.split(wanted, Method.BATCH, CART, GROUND, Limits(rounds=10)).lists) == 1
    assert len(wave.split(wanted, Method.CLUSTER, CART, GROUND, Limits(rounds=10)).lists) == 4


def test_a_wave_saves_a_third_of_what_is_walked_as_orders_come() -> None:
    chance = random.Random(4)
    wanted = [
        Line((order, number), order, place, weight_grams=500)
        for order in range(40)
        for number, place in enumerate(chance.sample(sorted(PLACES), 3))
    ]
    planned = wave.split(wanted, Method.CLUSTER, CART, GROUND, Limits(rounds=1500))
    assert planned.length < 0.7 * planned.first_come
    assert planned.length < planned.s_shape < planned.by_name


@pytest.mark.parametrize("ground", [
    replace(GROUND, floor=Floor(FLOOR.crossings, lines=FLOOR.lines, one_way={"03": Way.UP, "04": Way.DOWN})),
    replace(GROUND, places={**PLACES, "00-00": Point(5000, -2000), "01-00": Point(9000, -2500)}),
])  # fmt: skip
def test_where_the_shortest_walk_cannot_be_reckoned_lists_are_made_all_the_same(ground: Ground) -> None:
    wanted = [replace(line, full_pallet=False) for line in lines(15, random.Random(2))]
    wanted += [Line(1000, "X", "00-00"), Line(1001, "X", "01-00"), Line(1002, "X", "03-04")]
    planned = wave.split(wanted, Method.CLUSTER, CART, ground, Limits(rounds=20))
    assert sum(len(one.lines) for one in planned.lists) == len(wanted)
    assert all(fits(one, Method.CLUSTER) for one in planned.lists)
    assert planned.length < planned.first_come
