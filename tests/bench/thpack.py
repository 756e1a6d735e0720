"""The container loading files of Bischoff and Ratcliff (1995) and others, read from the data folder beside the repository, if there."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from wms.cartons.goods import Goods, Size

ABSENT = "the published container loading instances (data/container_loading) are not on this machine"
SETS = (1, 2, 3, 4, 5, 6, 7)


@dataclass(frozen=True)
class Instance:
    """One container and what should go into it."""

    name: str
    room: Size
    goods: list[Goods]


def folder() -> Path | None:
    """Where the files are; none where they are absent."""
    for parent in Path(__file__).resolve().parents:
        if (found := parent / "shared" / "data" / "container_loading").is_dir():
            return found
    return None


def instances(number: int) -> list[Instance]:
    """All of one file. Raises FileNotFoundError where the folder is absent."""
    here = folder()
    if here is None:
        raise FileNotFoundError(ABSENT)
    rows = [[int(word) for word in row.split()] for row in (here / f"thpack{number}.txt").read_text().splitlines() if row.strip()]
    return list(_read(number, iter(rows)))


def _read(file: int, rows: Iterator[list[int]]) -> Iterator[Instance]:
    (count,) = next(rows)
    for _ in range(count):
        number = next(rows)[0]  # a seed may follow
        x, y, z = next(rows)
        goods = []
        for _ in range(next(rows)[0]):
            row = next(rows)
            # Three rows of thpack9 lack a flag; that of the second edge.
            a, may_a, b, may_b, c, may_c, boxes = row[1:] if len(row) == 8 else (row[1], row[2], row[3], 0, *row[4:])
            goods.append(Goods((a, b, c), boxes, (bool(may_a), bool(may_b), bool(may_c))))
        yield Instance(f"thpack{file}-{number}", (x, y, z), goods)
