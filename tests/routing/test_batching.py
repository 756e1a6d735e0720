"""Orders that are picked together: every order once, nothing too heavy, and never a longer walk than the search began with."""

from __future__ import annotations

import random
from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.bench import foodmart
from wms.routing import batching
from wms.routing.batching import Batches, Limits, Order
from wms.routing.floor import Floor, Point
from wms.routing.lengths import Lengths

FLOOR = Floor((0, 20, 40), lines={str(aisle): 5 * aisle for aisle in range(6)})
BINS = {
    number: Point(5 * aisle, 1 + 2 * cell, str(aisle)) for number, (aisle, cell) in enumerate((a, c) for a in range(6) for c in range(19))
}
LENGTHS = Lengths(FLOOR, Point(0, -3), BINS)
CAPACITY = (4, 1000)


def wave(count: int, chance: random.Random) -> list[Order]:
    """So many orders of one to five bins, one or two totes and up to half a cart's weight."""
    return [
        Order(frozenset(chance.sample(sorted(BINS), chance.randint(1, 5))), (chance.choice([1, 1, 1, 2]), chance.randint(1, 500)))
        for _ in range(count)
    ]


def length_of(batches: list[list[int]], orders: list[Order]) -> int:
    return sum(LENGTHS(frozenset().union(*[orders[number].stops for number in batch])) for batch in batches)


def check(found: Batches, orders: list[Order]) -> None:
    assert sorted(number for batch in found.batches for number in batch) == list(range(len(orders)))
    for batch in found.batches:
        loads = [sum(load) for load in zip(*[orders[number].load for number in batch], strict=True)]
        assert len(batch) == 1 or all(load <= most for load, most in zip(loads, CAPACITY, strict=True))
    assert found.length == length_of(found.batches, orders)
    assert found.length <= found.length_at_first


@settings(deadline=None, max_examples=60)
@given(seed=st.integers(0, 10**9), count=st.integers(0, 25), rounds=st.integers(0, 60))
def test_every_order_once_within_what_a_cart_takes_and_not_longer_than_by_savings(seed: int, count: int, rounds: int) -> None:
    orders = wave(count, random.Random(seed))
    check(batching.plan(orders, CAPACITY, LENGTHS, Limits(rounds=rounds), seed=seed), orders)


def partitions(numbers: list[int]) -> Iterator[list[list[int]]]:
    if not numbers:
        yield []
        return
    first, *rest = numbers
    for others in partitions(rest):
        yield [[first], *others]
        for place, batch in enumerate(others):
            yield [*others[:place], [first, *batch], *others[place + 1 :]]


@pytest.mark.parametrize("seed", range(6))
def test_few_orders_are_batched_as_well_as_can_be(seed: int) -> None:
    orders = wave(6, random.Random(seed))
    found = batching.plan(orders, CAPACITY, LENGTHS, Limits(rounds=400))
    shortest = min(
        length_of(batches, orders)
        for batches in partitions(list(range(6)))
        if all(
            sum(orders[number].load[at] for number in batch) <= most
            for batch in batches
            if len(batch) > 1
            for at, most in enumerate(CAPACITY)
        )
    )
    assert found.length == shortest


def test_the_same_question_gets_the_same_answer() -> None:
    orders = wave(20, random.Random(3))
    assert batching.plan(orders, CAPACITY, LENGTHS, Limits(rounds=50)) == batching.plan(orders, CAPACITY, LENGTHS, Limits(rounds=50))


@pytest.mark.parametrize("asked", [1, 5, 40, 300])
def test_stopped_at_any_time_there_is_an_answer(asked: int) -> None:
    left = asked

    def stop() -> bool:
        nonlocal left
        left -= 1
        return left <= 0

    orders = wave(30, random.Random(5))
    check(batching.plan(orders, CAPACITY, LENGTHS, Limits(rounds=10**9, stop=stop)), orders)


def test_whoever_may_stop_it_is_asked_now_and_then_and_not_at_every_step() -> None:
    asked = 0

    def stop() -> bool:
        nonlocal asked
        asked += 1
        return False

    orders = wave(200, random.Random(5))
    found = batching.plan(orders, CAPACITY, LENGTHS, Limits(rounds=500, stop=stop))
    assert asked <= len(found.batches) + 500 / 10 + 10, "each time it may sleep"


def test_no_time_at_all_is_enough_for_an_answer() -> None:
    orders = wave(150, random.Random(7))
    check(batching.plan(orders, CAPACITY, LENGTHS, Limits(seconds=0)), orders)


def test_an_order_that_no_cart_takes_goes_alone() -> None:
    orders = [Order(frozenset({1}), (9, 10)), Order(frozenset({1}), (1, 10)), Order(frozenset({2}), (1, 10))]
    assert batching.plan(orders, CAPACITY, LENGTHS, Limits(rounds=50)).batches == [[0], [1, 2]]


def test_orders_as_they_come_fill_one_cart_after_the_other() -> None:
    orders = [Order(frozenset({number}), load) for number, load in enumerate([(2, 1), (2, 1), (1, 1), (1, 999), (1, 1)])]
    assert batching.first_come(orders, CAPACITY) == [[0, 1], [2, 3], [4]]


def test_a_published_order_set_is_solved() -> None:
    if foodmart.folder() is None:
        pytest.skip(foodmart.ABSENT)
    case = next(case for case in foodmart.proven() if case.name == "d20_ord10")
    hall = foodmart.hall()
    lengths = Lengths(hall.floor, hall.depot, hall.products)
    orders = [Order(products, (boxes,)) for products, boxes in zip(case.products, case.boxes, strict=True)]
    assert batching.plan(orders, (foodmart.BOXES,), lengths, Limits(rounds=2000)).length == case.best
