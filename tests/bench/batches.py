"""How short the walks of batches are: against proven optima, and against batches as orders come, walked in S-shapes."""

from __future__ import annotations

import argparse
import random
import time

from tests.bench import foodmart
from wms.routing import batching, heuristics, wave
from wms.routing.floor import Floor, Point
from wms.routing.lengths import Lengths

_SEED = 11


def measure(seconds: float = 1.0, *, least: int = 0) -> None:
    """The 42 Foodmart cases with proven optima, so many seconds of processor time each."""
    if foodmart.folder() is None:
        print(f"batches: {foodmart.ABSENT}")
        return
    best = ours = began = optima = named = s_shaped = 0
    cases = [case for case in foodmart.proven() if len(case.boxes) >= least]
    hall = foodmart.hall()
    lengths = Lengths(hall.floor, hall.depot, hall.products)
    for case in cases:
        orders = [batching.Order(products, (boxes,)) for products, boxes in zip(case.products, case.boxes, strict=True)]
        limits = batching.Limits(seconds=seconds, clock=time.process_time)
        found = batching.plan(orders, (foodmart.BOXES,), lengths, limits)
        assert case.best is not None
        assert found.length >= case.best, case.name
        best, ours, began = best + case.best, ours + found.length, began + found.length_at_first
        optima += found.length == case.best
        by_name, s_shape = _as_they_come(case, orders, hall)
        named, s_shaped = named + by_name, s_shaped + s_shape
        print(
            f"{case.name:10} optimum {case.best / 100:8.2f}  at first {_gap(found.length_at_first, case.best)}"
            f"  found {_gap(found.length, case.best)}  {found.rounds} rounds, {found.measured} walks measured",
            flush=True,
        )
    print(
        f"{len(cases)} cases, {seconds:g} s each: first come by name {_gap(named, best)}, in S-shapes {_gap(s_shaped, best)},"
        f" at first {_gap(began, best)}, found {_gap(ours, best)}, optimal {optima}"
    )


def _as_they_come(case: foodmart.OrderSet, orders: list[batching.Order], hall: foodmart.Hall) -> tuple[int, int]:
    """Batches as orders come, walked by the number of the place (aisle by aisle, from the front) and in S-shapes."""
    by_name = s_shape = 0
    for batch in batching.first_come(orders, (foodmart.BOXES,)):
        stops = sorted(
            {hall.products[product] for number in batch for product in case.products[number]}, key=lambda stop: (stop.x_mm, stop.y_mm)
        )
        turns = heuristics.s_shape(stops, hall.floor, hall.depot)
        by_name += hall.floor.length([hall.depot, *stops, hall.depot])
        s_shape += hall.floor.length([hall.depot, *(stops[turn] for turn in turns), hall.depot])
    return by_name, s_shape


def measure_wave(orders: int = 200, seconds: float = 30.0, *, per_order: float = 3.0) -> None:
    """A wave in two blocks of twenty aisles, cluster carts of twelve totes; most goods are asked for now and then, some often."""
    chance = random.Random(_SEED)
    lines = _orders_of_a_shift(orders, per_order, chance)
    ground = _two_blocks()
    cart = wave.Cart(positions=12, tote_weight_grams=12_000, tote_volume_cm3=40_000, weight_grams=90_000, lines=60)
    began = time.process_time()
    limits = batching.Limits(seconds=seconds, clock=time.process_time)
    planned = wave.split(lines, wave.Method.CLUSTER, cart, ground, limits, seed=_SEED)
    spent = time.process_time() - began
    less = 1 - planned.length / planned.first_come
    shortest = _first_come_at_the_shortest(lines, ground, cart)
    print(
        f"wave of {orders} orders, {len(lines)} lines, {len(planned.lists)} carts in {spent:.1f} s: {planned.length / 1e6:.2f} km;"
        f" as they come in S-shapes {planned.first_come / 1e6:.2f} km, {100 * less:.1f} % less; as they come along the shortest walks"
        f" {shortest / 1e6:.2f} km, {100 * (1 - planned.length / shortest):.1f} % less"
        f" (these batches in S-shapes {planned.s_shape / 1e6:.2f} km, by name {planned.by_name / 1e6:.2f} km)",
        flush=True,
    )


def _first_come_at_the_shortest(lines: list[wave.Line], ground: wave.Ground, cart: wave.Cart) -> int:
    """Carts filled as orders come, each walked as short as can be: what is saved by putting orders together alone is counted from here."""
    none = wave.split(lines, wave.Method.CLUSTER, cart, ground, batching.Limits(seconds=0))
    return none.length


def _two_blocks() -> wave.Ground:
    """Twenty aisles four metres apart, two blocks of twenty bays, bins on four levels at both sides; packing in front of the middle."""
    places = {}
    for aisle in range(20):
        for bay in range(40):
            along = 1_500 + 1_200 * bay + (3_000 if bay >= 20 else 0)
            for bin_ in "abcdefgh":
                places[f"{aisle:02}-{bay:02}{bin_}"] = Point(4_000 * aisle, along, f"{aisle:02}")
    floor = Floor((0, 27_000, 54_000), lines={f"{aisle:02}": 4_000 * aisle for aisle in range(20)})
    return wave.Ground(floor, places, {place: place for place in places}, Point(38_000, -4_000))


def _orders_of_a_shift(count: int, per_order: float, chance: random.Random) -> list[wave.Line]:
    """Orders of a few lines each; a fifth of the goods, scattered over the hall, is in most of them."""
    places = sorted(_two_blocks().places)
    chance.shuffle(places)
    fast = len(places) // 5
    lines: list[wave.Line] = []
    for order in range(count):
        for _ in range(1 + int(chance.expovariate(1 / max(per_order - 0.5, 0.01)))):
            place = places[chance.randrange(fast) if chance.random() < 0.7 else chance.randrange(fast, len(places))]
            lines.append(wave.Line(len(lines), order, place, chance.randint(50, 4_000), chance.randint(100, 12_000)))
    return lines


def _gap(length: int, best: int) -> str:
    return f"{100 * (length / best - 1):6.3f} %"


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=float, default=1.0)
    parser.add_argument("--least", type=int, default=0, help="only cases of so many orders and more")
    parser.add_argument("--wave", type=int, default=0, help="a wave of so many orders instead")
    given = parser.parse_args()
    if given.wave:
        measure_wave(given.wave, given.seconds)
    else:
        measure(given.seconds, least=given.least)
