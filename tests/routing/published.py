"""The published instances of picker routing (Heßler and Irnich 2024), read from the data folder beside the repository, if it is there."""

from __future__ import annotations

import csv
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from wms.routing.floor import Floor, Point

ABSENT = "the published instances of picker routing (data/sprp) are not on this machine"
_UNIT = 1000  # their unit of length is our metre


@dataclass(frozen=True)
class Instance:
    """One walk (or one choice of bins): the floor, the depot, bins with their article and quantity, the demand, and the best there is."""

    name: str
    two_blocks: bool
    floor: Floor
    depot: Point
    bins: list[Point]
    articles: list[int]
    quantities: list[int]
    demand: dict[int, int]
    best: int


def folder() -> Path | None:
    """Where the instances are; none where they are absent."""
    for parent in Path(__file__).resolve().parents:
        if (found := parent / "shared" / "data" / "sprp").is_dir():
            return found
    return None


def instances(*, scattered: bool = False) -> Iterator[Instance]:
    """Every instance in its one-block and its two-block version. Raises FileNotFoundError where the folder is absent."""
    here = folder()
    if here is None:
        raise FileNotFoundError(ABSENT)
    best = _scattered(here) if scattered else _plain(here)
    with tarfile.open(here / ("sprp_ss_sample.tar.gz" if scattered else "sprp_f1_2400.tar.gz")) as archive:
        for member in archive:
            content = archive.extractfile(member) if member.isfile() else None
            if content is None or not member.name.endswith(".txt"):
                continue
            name = member.name.rpartition("/")[2]
            text = content.read().decode("latin-1")
            for two_blocks in (False, True):
                yield _instance(name, text, two_blocks, best[name, two_blocks])


def _plain(here: Path) -> dict[tuple[str, bool], int]:
    return {
        **_one_block(here / "reference" / "results_SPRP.csv", "DP cost"),
        **_two_blocks(here / "reference" / "results_SPRP_two_block.csv"),
    }


def _scattered(here: Path) -> dict[tuple[str, bool], int]:
    return {
        **_one_block(here / "reference" / "results_SPRP-SS.csv", "Netw MIP cost"),
        **_two_blocks(here / "reference" / "results_SPRP-SS_two_block.csv"),
    }


def _one_block(path: Path, column: str) -> dict[tuple[str, bool], int]:
    with path.open() as lines:
        return {
            (
                f"{'unit' if row['unit demand'] == 'true' else 'varying'}_F{row['alpha']}_m{row['num aisles']}_C{row['num cells']}"
                f"_a{row['num articles']}_{row['random seed']}.txt",
                False,
            ): round(float(row[column]) * _UNIT)
            for row in csv.DictReader(lines)
        }


def _two_blocks(path: Path) -> dict[tuple[str, bool], int]:
    with path.open() as lines:
        return {(row["filename"], True): round(float(row["objective"]) * _UNIT) for row in csv.DictReader(lines)}


def _instance(name: str, text: str, two_blocks: bool, best: int) -> Instance:
    facts: dict[str, str] = {}
    bins: list[tuple[int, int, int, int]] = []
    demand: dict[int, int] = {}
    section = ""
    for line in text.splitlines():
        words = line.split()
        if ":" in line:
            fact, value = line.split(":", 1)
            facts[fact.strip()] = value.strip()
        elif words and words[0].endswith("_SECTION"):
            section = words[0]
        elif words[:1] == ["ID"] and section == "SKU_SECTION":
            bins.append((int(words[1]), int(words[3]), int(words[5]), int(words[7])))
        elif words[:1] == ["ID"] and section == "ORDER_SECTION":
            demand[int(words[1])] = int(words[3])

    def units(fact: str) -> int:
        return round(float(facts[fact]) * _UNIT)

    cells, pitch, bottom = int(facts["NUM_CELLS"]), units("DISTANCE_AISLE_TO_AISLE"), units("DISTANCE_BOTTOM_TO_CELL")
    crossing = _UNIT if two_blocks else 0

    def along(cell: int) -> int:
        """Cell 0 is the top cell; a cross-aisle of width 1 lies after half of the cells."""
        return bottom + (cells - 1 - cell) * units("DISTANCE_CELL_TO_CELL") + (crossing if cell < cells // 2 else 0)

    top = along(0) + units("DISTANCE_TOP_TO_CELL")
    middle = [(along(cells // 2) + along(cells // 2 - 1)) // 2] if two_blocks else []
    off = units("DISTANCE_TOP_OR_BOTTOM_TO_DEPOT")
    return Instance(
        name,
        two_blocks,
        Floor((0, *middle, top), lines={str(aisle): aisle * pitch for aisle in range(int(facts["NUM_AISLES"]))}),
        Point(int(facts["DEPOT_AISLE"]) * pitch, -off if facts["DEPOT_LOCATION"] == "bottom" else top + off),
        [Point(aisle * pitch, along(cell), str(aisle)) for _, aisle, cell, _ in bins],
        [article for article, *_ in bins],
        [quantity for *_, quantity in bins],
        demand,
        best,
    )
