"""The Foodmart order sets of Valle, Beasley and da Cunha (2017), read from the data folder beside the repository, if it is there."""

from __future__ import annotations

import csv
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from wms.routing.floor import Floor, Point

ABSENT = "the Foodmart order sets (data/foodmart) are not on this machine"
BOXES, ITEMS_PER_BOX = 8, 40
_UNIT = 100  # their distances have two decimals


@dataclass(frozen=True)
class Hall:
    """A floor, its depot, and where each product lies."""

    floor: Floor
    depot: Point
    products: dict[int, Point]


@dataclass(frozen=True)
class OrderSet:
    """A published case: per order its products and boxes, and the proven optimum, where one is known."""

    name: str
    products: list[frozenset[int]]
    boxes: list[int]
    best: int | None


def folder() -> Path | None:
    """Where the files are; none where they are absent."""
    for parent in Path(__file__).resolve().parents:
        if (found := parent / "shared" / "data" / "foodmart").is_dir():
            return found
    return None


@cache
def hall(name: str = "warehouse_8_1_3_1560") -> Hall:
    """Aisles 5 apart, cells 1, a crossing 2 from its next cell, the inner one after the cell that the file names; the depot before the
    first aisle, joined to all front crossings by straight lines."""
    here = _here()
    text = (here / "raw" / name).read_text()
    aisles = int(_fact(text, "numAisles"))
    ends = [int(word) for word in _fact(text, "crossAislesPositions").split()][1:]
    firsts = [0, *(end + 1 for end in ends[:-1])]
    crossings = [0]
    for first, end in zip(firsts, ends, strict=True):
        crossings.append(crossings[-1] + _UNIT * (2 + end - first + 2))
    cells = {}
    for row in text.partition("all_locations_X_aislePos_Y_aisleSide_Z_shelf\n")[2].splitlines():
        words = row.split()
        if len(words) == 4:
            location, cell, side, _ = map(int, words)
            block = next(number for number, end in enumerate(ends) if cell <= end)
            along = crossings[block] + _UNIT * (2 + cell - firsts[block])
            cells[location] = Point(5 * _UNIT * (side // 2), along, str(side // 2))
        elif len(words) > 1 or not words or not words[0].isdigit():
            break
    rows = (row.split() for row in (here / "raw" / "productsDB_1560_locations").read_text().splitlines()[2:])
    return Hall(
        Floor(tuple(crossings), lines={str(aisle): 5 * _UNIT * aisle for aisle in range(aisles)}, straight=True),
        Point(0, -250),
        {int(words[0]): cells[int(words[1])] for words in rows if len(words) == 2},
    )


def order_set(name: str, best: int | None = None) -> OrderSet:
    """One file of orders: per row the number of products, then product and quantity."""
    here = _here()
    folder_of = "smallInstances" if re.match(r"d\d", name) else "largeInstances"
    products, boxes = [], []
    for row in (here / "raw" / folder_of / f"instances_{name}").read_text().splitlines()[2:]:
        numbers = [int(word) for word in row.split()]
        if numbers:
            products.append(frozenset(numbers[1::2]))
            boxes.append(-(-sum(numbers[2::2]) // ITEMS_PER_BOX))
    return OrderSet(name, products, boxes, best)


def proven() -> list[OrderSet]:
    """The 42 cases with proven optima (Wahlen 2026, Table B.15). Raises FileNotFoundError where the folder is absent."""
    with (_here() / "reference" / "wahlen_2026_table_b15.csv").open() as lines:
        rows = list(csv.DictReader(lines))
    return [order_set(f"d{row['delta']}_ord{row['orders_n']}", round(float(row["bks_value"]) * _UNIT)) for row in rows]


def _here() -> Path:
    found = folder()
    if found is None:
        raise FileNotFoundError(ABSENT)
    return found


def _fact(text: str, name: str) -> str:
    found = re.search(rf"^{name} (.*)$", text, re.MULTILINE)
    assert found is not None
    return found[1]
