"""Blocks: boxes of one kind that stand the same way in a grid without gaps, so that a search places dozens of them at once (Eley 2002).

A block that is supported from below is so in all its boxes.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from wms.cartons.goods import Goods, Placement, Size

MANY = 1600  # blocks to choose from, or about so many
_FEW = 4  # of one box in one orientation, at least


@dataclass(frozen=True, slots=True)
class Block:
    """A cuboid of `count` boxes of some goods (by index), each standing so: its size, volume and weight."""

    goods: int
    count: int
    box: Size
    size: Size
    volume: int
    grams: int

    def placements(self, at: Size) -> Iterator[Placement]:
        """Every single box of it, the block lying there."""
        (dx, dy, dz), (x, y, z) = self.box, at
        for up in range(self.size[2] // dz):
            for across in range(self.size[1] // dy):
                for along in range(self.size[0] // dx):
                    yield Placement(self.goods, (x + along * dx, y + across * dy, z + up * dz), self.box)


def build(room: Size, goods: Sequence[Goods], most_grams: int | None = None, most: int = MANY) -> list[Block]:
    """The blocks that go into the room, about so many: where there would be more, not every number of boxes in a row is tried."""
    each = max(_FEW, 2 * most // (1 + sum(len(kind.ways()) for kind in goods if kind.count)))
    return [
        block
        for index, kind in enumerate(goods)
        for way in kind.ways()
        for block in _grids(room, index, kind, way, each)
        if most_grams is None or block.grams <= most_grams
    ]


def _grids(room: Size, index: int, kind: Goods, way: Size, few: int) -> Iterator[Block]:
    most = [min(kind.count, side // edge) for side, edge in zip(room, way, strict=True)]
    too_many = most[0] * most[1] * most[2] > few
    along, across, up = (_some(one) if too_many else range(1, one + 1) for one in most)
    for nx in along:
        for ny in across:
            for nz in up:
                count = nx * ny * nz
                if count > kind.count:
                    break
                size = (way[0] * nx, way[1] * ny, way[2] * nz)
                yield Block(index, count, way, size, kind.volume * count, kind.grams * count)


def _some(most: int) -> list[int]:
    """From 1 to `most`, ever farther apart."""
    found, number = [], 1
    while number < most:
        found.append(number)
        number += max(1, number // 3)
    return [*found, most] if most else []
