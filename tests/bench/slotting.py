"""How many metres good places for products save: advice from past weeks, walked in later weeks that it knows nothing of.

Two sets of real orders, read from the data folder beside the repository, if they are there, and orders of a made-up shop in which a fifth
of the products makes four fifths of the lines. Random storage fills the same faces. Who knew the later weeks themselves saves what is
printed last: more cannot be hoped for.
"""

from __future__ import annotations

import argparse
import csv
import random
import re
import time
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean

from wms.routing import slotting
from wms.routing.batching import Limits
from wms.routing.floor import Floor, Point
from wms.routing.lengths import Lengths

ABSENT = "the real orders (data/northwind, data/superstore_zh) are not on this machine"
_TRAINED = 0.75  # of the orders, by their date; the weeks after them are walked
_FAR = 10**15

Orders = list[frozenset[str]]


@dataclass(frozen=True)
class Shape:
    """A hall: blocks, aisles, bays of each aisle, and faces of each bay."""

    blocks: int
    aisles: int
    bays: int
    faces: int

    @property
    def text(self) -> str:
        """In words."""
        return f"{self.blocks} × {self.aisles} aisles, {self.aisles * self.bays * self.faces} faces"


def measure(seconds: float = 5.0, seeds: int = 3) -> None:
    """Every set of orders, in halls that are full and in halls with faces to spare."""
    if (orders := _northwind()) is None or (more := _superstore()) is None:
        print(f"slotting: {ABSENT}")
    else:
        for shape in (Shape(1, 10, 4, 2), Shape(2, 5, 8, 2), Shape(2, 6, 10, 2)):
            _measure("Northwind", orders, shape, seconds, seeds)
        for shape in (Shape(2, 10, 50, 4), Shape(2, 15, 50, 4)):
            _measure("Superstore", more, shape, 2 * seconds, seeds)
    for shape in (Shape(2, 10, 20, 2), Shape(2, 15, 20, 2)):
        _measure("made-up shop", _made_up(), shape, seconds, seeds)


def _measure(name: str, orders: Orders, shape: Shape, seconds: float, seeds: int) -> None:
    hall = _hall(shape)
    lengths = Lengths(hall.floor, hall.start, hall.places)
    products = sorted(frozenset[str]().union(*orders))
    cut = int(len(orders) * _TRAINED)
    past, later = orders[:cut], orders[cut:]

    def walked(faces: Mapping[Hashable, Hashable]) -> int:
        return sum([lengths.within(frozenset([faces[product] for product in order]), _FAR) or 0 for order in later])

    shares: dict[str, list[float]] = {}
    begin = time.process_time()
    for seed in range(seeds):
        spots: list[Hashable] = sorted(hall.places, key=repr)
        random.Random(seed).shuffle(spots)
        now: dict[Hashable, Hashable] = dict(zip(products, spots, strict=False))
        advise = _advisor(now, spots[len(products) :], hall, seconds, seed)
        found = advise(past)
        few = dict(now)
        for step in found.steps:
            few |= {carry.product: carry.target for carry in step.carries}
        before = walked(now)
        for what, faces in (("all moved", found.ideal), ("the best ten moved", few), ("knowing the later weeks", advise(later).ideal)):
            shares.setdefault(what, []).append(1 - walked(faces) / before)
        shares.setdefault("promised, all", []).append(found.saved_by_all / found.length)
        shares.setdefault("promised, ten", []).append(found.saved / found.length)
    spent = (time.process_time() - begin) / seeds / 2
    told = ", ".join(f"{what} {fmean(each):.1%}" for what, each in shares.items())
    lowest = min(shares["all moved"])
    believed = slotting.reliability([slotting.Walk(frozenset(order)) for order in past], products)
    print(
        f"slotting, {name} ({len(products)} products, {len(past)} orders to learn from, {len(later)} walked), {shape.text}:"
        f" fewer metres than random storage, mean of {seeds}: {told}; all moved at least {lowest:.1%};"
        f" {believed:.0%} of the differences in demand are no chance; {spent:.1f} s each",
        flush=True,
    )


def _advisor(
    now: dict[Hashable, Hashable], free: Sequence[Hashable], hall: slotting.Hall, seconds: float, seed: int
) -> Callable[[Orders], slotting.Advice]:
    def advise(orders: Orders) -> slotting.Advice:
        walks = [slotting.Walk(frozenset(order)) for order in orders]
        limits = Limits(seconds=seconds, clock=time.process_time)
        return slotting.advise(walks, now, free, hall, lambda _product, _face: True, limits, seed=seed)

    return advise


def _hall(shape: Shape) -> slotting.Hall:
    """Aisles four metres apart, bays of 1.2 metres, cross-aisles three metres wide; walks begin before the middle."""
    places: dict[Hashable, Point] = {}
    in_block = shape.bays // shape.blocks
    for aisle in range(shape.aisles):
        for bay in range(shape.bays):
            along = 1_500 + 1_200 * bay + 3_000 * (bay // in_block)
            for face in range(shape.faces):
                places[aisle, bay, face] = Point(4_000 * aisle, along, str(aisle))
    crossings = tuple((1_200 * in_block + 3_000) * block for block in range(shape.blocks + 1))
    floor = Floor(crossings, lines={str(aisle): 4_000 * aisle for aisle in range(shape.aisles)})
    return slotting.Hall(floor, Point(4_000 * (shape.aisles - 1) // 2, -3_000), places)


def _made_up() -> Orders:
    """A thousand orders of a few of 390 products."""
    chance = random.Random(7)
    weights = [1 / (rank + 8) ** 1.6 for rank in range(390)]
    products = [f"P{number:03}" for number in range(390)]
    orders = []
    for _ in range(2_000):
        count = 1 + min(12, int(chance.expovariate(1 / 2.5)))
        orders.append(frozenset(chance.choices(products, weights, k=count)))
    return [frozenset(products[first : first + 5]) for first in range(0, 390, 5)] + orders


def _northwind() -> Orders | None:
    """830 orders of two years."""
    folder = _folder("northwind")
    if folder is None:
        return None
    text = (folder / "northwind.sql").read_text()
    days = dict(re.findall(r"INSERT INTO orders VALUES \((\d+), '\w+', \d+, '([\d-]+)'", text))
    lines: dict[str, set[str]] = {}
    for order, product in re.findall(r"INSERT INTO order_details VALUES \((\d+), (\d+),", text):
        lines.setdefault(order, set()).add(product)
    return [frozenset(lines[order]) for order in sorted(lines, key=lambda order: (days[order], order))]


def _superstore() -> Orders | None:
    """Four years of orders; where an order number stands for several customers or days, each is an order."""
    folder = _folder("superstore_zh")
    if folder is None:
        return None
    lines: dict[tuple[str, str, str], set[str]] = {}
    with (folder / "orders.csv").open(encoding="utf-8") as rows:
        for row in csv.DictReader(rows):
            lines.setdefault((row["订单日期"], row["订单 ID"], row["客户 ID"]), set()).add(row["产品 ID"])
    return [frozenset(lines[order]) for order in sorted(lines)]


def _folder(name: str) -> Path | None:
    for parent in Path(__file__).resolve().parents:
        if (found := parent / "shared" / "data" / name).is_dir():
            return found
    return None


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=5.0, help="of processor time for each advice")
    parser.add_argument("--seeds", type=int, default=3, help="random storages to begin with")
    given = parser.parse_args()
    measure(given.seconds, given.seeds)
