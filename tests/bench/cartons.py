"""How full containers and cartons get, and how fast: the published instances, and orders of a house with five cartons.

`python -m tests.bench.cartons --every 1` fills all 700 instances, in some 25 minutes.
"""

from __future__ import annotations

import argparse
import random
import time
from statistics import mean

from tests.bench import thpack
from tests.cartons.valid import check
from wms.cartons.choice import Carton, choose
from wms.cartons.goods import Goods, grams_of, volume_of
from wms.cartons.loading import load

SECONDS = 1.9  # for one container; the last round goes on a little longer
HOUSE = [
    Carton((230, 160, 80), 2_000),
    Carton((310, 220, 150), 8_000),
    Carton((390, 290, 190), 15_000),
    Carton((480, 380, 290), 20_000),
    Carton((580, 380, 380), 25_000),
]


def measure(*, every: int = 10) -> None:
    """Prints each table; one in so many of the published instances."""
    _published(every)
    _several()
    _orders()


def _published(every: int) -> None:
    if thpack.folder() is None:
        print(f"cartons: {thpack.ABSENT}")
        return
    means, longest = [], 0.0
    print(f"containers, one in {every} of each set of 100, {SECONDS} s each: mean and least fill in % (target: 88 in 2 s); s mean / most")
    for number in thpack.SETS:
        fills, spent = [], []
        for instance in thpack.instances(number)[::every]:
            begin = time.perf_counter()
            plan = load(instance.room, instance.goods, seconds=SECONDS)
            spent.append(time.perf_counter() - begin)
            check(plan, instance.room, instance.goods)
            fills.append(100 * plan.fill)
        means.append(mean(fills))
        longest = max(longest, *spent)
        print(f"    thpack{number}: {mean(fills):.1f}, {min(fills):.1f}; {mean(spent):.2f} / {max(spent):.2f}")
    print(f"    all: {mean(means):.1f}; the longest took {longest:.2f} s; every plan was checked")


def _several() -> None:
    if thpack.folder() is None:
        return
    begin, count, least = time.perf_counter(), 0, 0
    for instance in thpack.instances(9):
        carton = Carton(instance.room)
        choice = choose(instance.goods, [carton], supported=False)
        assert not any(choice.left)
        count += len(choice.cartons)
        least += -(-volume_of(instance.goods) // carton.volume)
    print(f"containers of one size for 47 shipments (thpack9): {count}, by volume at least {least}; {time.perf_counter() - begin:.1f} s")


def _orders() -> None:
    """Orders as they come: one to ten products, few pieces of each."""
    chance = random.Random(3)
    spent, cartons, lone, fill = [], 0, 0, []
    for _ in range(400):
        goods = [
            Goods(
                (chance.randint(20, 250), chance.randint(20, 200), chance.randint(10, 120)),
                chance.choice([1, 1, 2, 3, 6, 12]),
                grams=chance.randint(20, 1500),
            )
            for _ in range(chance.choice([1, 1, 2, 3, 4, 6, 10]))
        ]
        begin = time.thread_time()
        choice = choose(goods, HOUSE)
        spent.append(1000 * (time.thread_time() - begin))
        cartons += len(choice.cartons)
        lone += max(1, -(-volume_of(goods) // HOUSE[-1].volume), -(-grams_of(goods) // (HOUSE[-1].most_grams or 1)))
        fill.append(volume_of(goods) / sum(HOUSE[one.carton].volume for one in choice.cartons))
    spent.sort()
    print(
        f"400 orders into five kinds of carton: {cartons} cartons (at least {lone} of the largest), {100 * mean(fill):.0f} % full; "
        f"CPU ms p50 {spent[200]:.1f}, p95 {spent[380]:.1f}, most {spent[-1]:.1f}"
    )


if __name__ == "__main__":
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--every", type=int, default=10)
    measure(every=arguments.parse_args().every)
