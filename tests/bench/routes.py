"""How long walks are and how fast they are found: against published optima, the exact walk, S-shapes and the order of names."""

from __future__ import annotations

import argparse
import gc
import random
import time
from collections.abc import Callable
from statistics import mean

from tests.routing import published
from tests.routing.halls import rectangle, stops_in
from wms.routing import heuristics, local
from wms.routing.bins import Bin, choose
from wms.routing.exact import Router
from wms.routing.floor import Floor, Point, Way
from wms.routing.plan import plan

_SIZES = ((1, 10, 40), (1, 25, 100), (2, 10, 40), (2, 25, 40), (2, 25, 100), (3, 16, 40), (3, 16, 100), (4, 20, 40), (4, 20, 100))
_LISTS = ((1, 10, 20), (1, 10, 40), (2, 10, 20), (2, 10, 40), (3, 10, 40))
_ONE_WAY = ((1, 10, 20), (1, 10, 40), (2, 10, 40), (3, 16, 40))


def measure(*, every: int = 12) -> None:
    """Prints each table; one in so many of the published instances."""
    _published(every)
    _speed()
    _others()
    _one_way()
    _bins(every)


def _published(every: int) -> None:
    if published.folder() is None:
        print(f"routes: {published.ABSENT}")
        return
    some = sorted(published.instances(), key=lambda one: (one.two_blocks, one.name))[::every]
    optimal, spent = 0, []
    for one in some:
        begin = time.thread_time()
        _, length = Router(one.floor, one.depot).sequence(one.bins)
        spent.append(time.thread_time() - begin)
        optimal += length == one.best
    print(f"routes: {optimal} of {len(some)} published walks are as short as their optimum; CPU ms {_tail(spent)} (p50 / p99)")


def _speed() -> None:
    print("exact walks, CPU ms p50 / p99 (at most 5 for 1 and 2 blocks, 20 for 3 × 16, 100 for 4 × 20); the length alone")
    gc.collect()
    gc.freeze()  # the instances read before are no part of this
    for blocks, aisles, count in _SIZES:
        floor, chance = rectangle(blocks, aisles), random.Random(1)
        whole, only = [], []
        for turn in range(105):
            stops, depot = stops_in(floor, count, chance), Point(chance.randrange(aisles) * 4_000, -2_000)
            router = Router(floor, depot)
            spent, alone = _timed(lambda: router.sequence(stops)), _timed(lambda: router.length(stops))  # noqa: B023
            if turn >= 5:  # the states of this hall are found the first time
                whole.append(spent)
                only.append(alone)
        print(f"    {blocks} × {aisles}, {count} stops: {_tail(whole)}; {_tail(only)}")


def _timed(work: Callable[[], object]) -> float:
    begin = time.thread_time()
    work()
    return time.thread_time() - begin


def _others() -> None:
    print("how much longer than the shortest, in %: by name, fixed sequence, S-shape, largest gap, combined; searched for 50 ms")
    for blocks, aisles, count in _LISTS:
        floor, chance = rectangle(blocks, aisles), random.Random(3)
        gaps: dict[str, list[float]] = {}
        for turn in range(60):
            stops, depot = stops_in(floor, count, chance), Point(chance.randrange(aisles) * 4_000, -2_000)
            shortest = Router(floor, depot).length(stops)
            names = [f"{int(stop.aisle or 0):02}-{stop.y_mm:06}" for stop in stops]
            orders = {
                "name": heuristics.by_name(names),
                "fixed": heuristics.fixed(stops, floor),
                **{name: rule(stops, floor, depot) for name, rule in heuristics.RULES.items()},
            }
            if turn < 10:
                orders["searched"] = _searched(stops, floor, depot)
            for name, order in orders.items():
                walked = floor.length([depot, *(stops[stop] for stop in order), depot])
                gaps.setdefault(name, []).append(walked / shortest - 1)
        print(f"    {blocks} × {aisles}, {count} stops: " + ", ".join(f"{name} {mean(found):.1%}" for name, found in gaps.items()))


def _searched(stops: list[Point], floor: Floor, depot: Point) -> list[int]:
    """As in a hall where nothing better is known to begin with."""
    guesses = [rule(stops, floor, depot) for rule in heuristics.RULES.values()]
    return local.search(floor.table([*stops, depot, depot]), guesses, budget_ms=50)


def _one_way() -> None:
    print("one-way aisles, up one and down the next: 50 ms over 2 s of the same search, and the longest CPU ms (at most 1 % on average)")
    for blocks, aisles, count in _ONE_WAY:
        hall, chance = rectangle(blocks, aisles), random.Random(4)
        floor = Floor(hall.crossings, lines=hall.lines, one_way={str(aisle): Way.UP if aisle % 2 else Way.DOWN for aisle in range(aisles)})
        gaps, spent = [], []
        for _ in range(5):
            stops, depot = stops_in(floor, count, chance), Point(chance.randrange(aisles) * 4_000, -2_000)
            begin = time.thread_time()
            short = plan(stops, floor, depot, budget_ms=50).length
            spent.append(time.thread_time() - begin)
            gaps.append(short / min(short, plan(stops, floor, depot, budget_ms=2_000).length) - 1)
        print(f"    {blocks} × {aisles}, {count} stops: {mean(gaps):.2%}, {max(spent) * 1000:.0f} ms")


def _bins(every: int) -> None:
    if published.folder() is None:
        return
    gaps: dict[float, list[float]] = {}
    for one in sorted(published.instances(scattered=True), key=lambda one: (one.two_blocks, one.name))[::every]:
        bins = [Bin(*facts) for facts in zip(one.bins, one.articles, one.quantities, strict=True)]
        for budget in (50.0, 150.0):
            gaps.setdefault(budget, []).append(choose(bins, one.demand, one.floor, one.depot, budget_ms=budget).length / one.best - 1)
    told = "; ".join(f"{budget:.0f} ms {mean(found):.1%}, longest {max(found):.0%}" for budget, found in gaps.items())
    print(f"which bins to take, over {len(gaps[150.0])} published optima: {told} (at most 5 % in 150 ms)")


def _tail(spent: list[float]) -> str:
    spent = sorted(spent)
    return f"{spent[len(spent) // 2] * 1000:.2f} / {spent[int(len(spent) * 0.99)] * 1000:.2f}"


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--every", type=int, default=12, help="one in so many of the published instances")
    measure(every=parser.parse_args().every)
