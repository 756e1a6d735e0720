"""Products in better faces: what is asked for often comes near, what a face cannot hold stays away, and chance is not taken for demand."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Hashable, Mapping, Sequence

import pytest

from wms.routing import slotting
from wms.routing.batching import Limits
from wms.routing.floor import Floor, Point
from wms.routing.lengths import Lengths
from wms.routing.slotting import Advice, Hall, Walk

FLOOR = Floor((0, 20_000, 40_000), lines={str(aisle): 4_000 * aisle for aisle in range(4)})
FACES: dict[Hashable, Point] = {
    f"{aisle}-{bay:02}": Point(4_000 * aisle, 1_000 + 2_000 * bay, str(aisle)) for aisle in range(4) for bay in range(20)
}
HALL = Hall(FLOOR, Point(6_000, -2_000), FACES)
PRODUCTS = [f"P{number:02}" for number in range(60)]
AWAY = {face: FLOOR.distance(HALL.start, point) for face, point in FACES.items()}


def anything(_product: Hashable, _face: Hashable) -> bool:
    return True


def stored(seed: int) -> tuple[dict[Hashable, Hashable], list[Hashable]]:
    """Every product in a face by chance, and the faces that are left."""
    faces = sorted(FACES, key=str)
    random.Random(seed).shuffle(faces)
    return dict(zip(PRODUCTS, faces, strict=False)), faces[len(PRODUCTS) :]


def asked(seed: int, count: int, weights: Sequence[float], most: int = 4) -> list[Walk]:
    chance = random.Random(seed)
    return [Walk(frozenset(chance.choices(PRODUCTS, weights, k=chance.randint(1, most)))) for _ in range(count)]


SKEWED = [1 / (rank + 3) for rank in range(len(PRODUCTS))]
EVEN = [1.0] * len(PRODUCTS)


def metres(walks: Sequence[Walk], faces: Mapping[Hashable, Hashable]) -> int:
    lengths = Lengths(FLOOR, HALL.start, FACES)
    return sum(lengths(frozenset([faces[product] for product in walk.products])) for walk in walks)


def after(faces: Mapping[Hashable, Hashable], found: Advice) -> dict[Hashable, Hashable]:
    """The faces once the short list is carried, with every carry beginning where its product stands."""
    now = dict(faces)
    for step in found.steps:
        for carry in step.carries:
            assert now[carry.product] == carry.source
        now |= {carry.product: carry.target for carry in step.carries}
        assert len(set(now.values())) == len(now), "two products in one face"
    return now


@pytest.mark.parametrize("seed", range(3))
def test_advice_saves_a_fifth_of_the_metres_of_later_walks_where_demand_differs(seed: int) -> None:
    faces, free = stored(seed)
    found = slotting.advise(asked(seed, 1500, SKEWED), faces, free, HALL, anything, Limits(rounds=100), seed=seed)
    later = asked(100 + seed, 500, SKEWED)
    before = metres(later, faces)
    assert metres(later, found.ideal) < 0.8 * before
    assert metres(later, after(faces, found)) < 0.97 * before
    assert sorted(found.ideal) == sorted(PRODUCTS)
    assert len(set(found.ideal.values())) == len(PRODUCTS)


def test_what_is_promised_is_what_later_walks_save() -> None:
    faces, free = stored(4)
    found = slotting.advise(asked(1, 1500, SKEWED), faces, free, HALL, anything, Limits(rounds=100))
    later = asked(2, 1500, SKEWED)
    saved = 1 - metres(later, found.ideal) / metres(later, faces)
    assert found.saved_by_all / found.length == pytest.approx(saved, abs=0.04)


def test_the_short_list_is_short_and_its_first_step_saves_most_for_each_product_carried() -> None:
    faces, free = stored(5)
    found = slotting.advise(asked(5, 1000, SKEWED), faces, free, HALL, anything, Limits(rounds=0), most_carried=7)
    assert found.steps == ()  # no time at all
    found = slotting.advise(asked(5, 1000, SKEWED), faces, free, HALL, anything, Limits(rounds=10), most_carried=7)
    assert 0 < sum(len(step.carries) for step in found.steps) <= 7
    each = [step.saved / len(step.carries) for step in found.steps]
    assert min(each) > 0
    assert each[0] > 0.9 * max(each)
    assert found.saved == sum(step.saved for step in found.steps)


def test_a_face_gets_nothing_that_it_does_not_hold() -> None:
    def fits(product: Hashable, face: Hashable) -> bool:
        return product not in PRODUCTS[:10] or str(face).startswith("3")  # the popular ones are heavy: the last aisle only

    heavy, others = [face for face in sorted(FACES, key=str) if str(face)[0] == "3"], [face for face in FACES if str(face)[0] != "3"]
    faces: dict[Hashable, Hashable] = dict(zip(PRODUCTS, [*heavy[10:], *others], strict=False))
    free = sorted(set(FACES) - set(faces.values()), key=str)
    found = slotting.advise(asked(6, 800, SKEWED), faces, free, HALL, fits, Limits(rounds=500))
    for arrangement in (found.ideal, after(faces, found)):
        assert all(fits(product, face) for product, face in arrangement.items())
    assert found.saved_by_all > 0


def test_chance_is_not_taken_for_demand() -> None:
    few = asked(7, 150, EVEN)
    counts = Counter(product for walk in few for product in walk.products)
    assert max(counts.values()) > 2 * min(counts[product] for product in PRODUCTS), "some seem popular"
    assert slotting.reliability(few, PRODUCTS) < 0.35
    assert slotting.reliability(asked(7, 1500, SKEWED), PRODUCTS) > 0.95


def test_what_is_always_asked_for_together_is_told_from_chance() -> None:
    chance = random.Random(8)
    pairs = [Walk(frozenset(PRODUCTS[2 * pair : 2 * pair + 2])) for pair in chance.choices(range(30), k=600)]
    assert slotting.togetherness(pairs) > 0.8
    assert slotting.togetherness(asked(8, 600, EVEN)) < 0.2
    faces, free = stored(8)
    found = slotting.advise(pairs, faces, free, HALL, anything, Limits(rounds=4000))
    apart = sum(
        FLOOR.distance(FACES[found.ideal[one]], FACES[found.ideal[two]]) for one, two in zip(PRODUCTS[::2], PRODUCTS[1::2], strict=True)
    )
    before = sum(FLOOR.distance(FACES[faces[one]], FACES[faces[two]]) for one, two in zip(PRODUCTS[::2], PRODUCTS[1::2], strict=True))
    assert apart < 0.6 * before


def test_with_rounds_the_same_question_gets_the_same_answer() -> None:
    faces, free = stored(9)
    first, second = (slotting.advise(asked(9, 300, SKEWED), faces, free, HALL, anything, Limits(rounds=50), seed=3) for _ in range(2))
    assert first == second


def test_stopped_at_once_everything_stays_where_it_is() -> None:
    faces, free = stored(10)
    found = slotting.advise(asked(10, 300, SKEWED), faces, free, HALL, anything, Limits(seconds=60, stop=lambda: True))
    assert found.steps == ()
    assert dict(found.ideal) == faces
    assert found.saved_by_all == 0
    assert found.length > 0


def test_without_walks_or_products_there_is_nothing_to_say() -> None:
    faces, free = stored(11)
    assert slotting.advise([], faces, free, HALL, anything, Limits(rounds=10)).steps == ()
    found = slotting.advise(asked(11, 5, EVEN), {}, sorted(FACES, key=str), HALL, anything, Limits(rounds=10))
    assert (found.steps, found.length, dict(found.ideal)) == ((), 0, {})


def test_other_stops_of_a_walk_are_walked_to_all_the_same() -> None:
    hall = Hall(FLOOR, HALL.start, {**FACES, "reserve": Point(0, 39_000, "0")})
    faces, free = stored(12)
    walks = [Walk(walk.products, frozenset({"reserve"})) for walk in asked(12, 300, SKEWED)]
    with_stop = slotting.advise(walks, faces, free, hall, anything, Limits(rounds=10))
    without = slotting.advise([Walk(walk.products) for walk in walks], faces, free, hall, anything, Limits(rounds=10))
    assert with_stop.length > without.length
    assert with_stop.saved_by_all < without.saved_by_all


@pytest.mark.parametrize("blocks", [1, 2, 3])
def test_no_walk_is_shorter_than_it_is_reckoned_and_few_are_much_longer(blocks: int) -> None:
    chance = random.Random(blocks)
    floor = Floor(tuple(range(0, 60_001, 60_000 // blocks)), lines=FLOOR.lines)
    places: dict[Hashable, Point] = {
        f"{aisle}-{along}": Point(4_000 * aisle, along, str(aisle)) for aisle in range(4) for along in range(1_000, 60_000, 2_000)
    }
    rough, lengths = slotting.Rough(Hall(floor, HALL.start, places)), Lengths(floor, HALL.start, places)
    reckoned = walked = 0
    for _ in range(300):
        stops = frozenset(chance.sample(sorted(places, key=str), chance.randint(1, 6)))
        assert rough.length(stops) <= lengths(stops)
        reckoned, walked = reckoned + rough.length(stops), walked + lengths(stops)
    assert reckoned > 0.9 * walked
