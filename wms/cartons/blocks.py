"""Blocks: boxes put together without a gap, so that a search places dozens of them at once.

A simple block is a grid of boxes that stand the same way (Eley 2002). Two blocks with one face alike are joined into a larger one
(Fanslau and Bortfeldt 2010, here without waste), as long as there are boxes for both. What is full stands on itself: a block that is
supported from below is so in all its boxes.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from wms.cartons.goods import Goods, Placement, Size

MANY = 1600  # blocks to choose from, joined ones included
_FEW = 4  # grids of one box in one orientation, at least; where there would be too many, not every number of boxes in a row is tried
_ROUNDS = 2  # how often blocks are joined with blocks


class Block:
    """A cuboid that is full of boxes: its size, volume and weight, how many boxes of which goods it takes, and of what it is made."""

    __slots__ = ("boxes", "grams", "inside", "size", "uses", "volume")

    def __init__(self, size: Size, volume: int, grams: int, uses: tuple[tuple[int, int], ...], inside: _Inside) -> None:
        self.size, self.volume, self.grams, self.uses, self.inside = size, volume, grams, uses, inside
        self.boxes = sum(count for _, count in uses)

    def placements(self, at: Size) -> Iterator[Placement]:
        """Every single box of it, the block lying there."""
        inside = self.inside
        if isinstance(inside, _Grid):
            (dx, dy, dz), (x, y, z) = inside.box, at
            for up in range(self.size[2] // dz):
                for across in range(self.size[1] // dy):
                    for along in range(self.size[0] // dx):
                        yield Placement(inside.goods, (x + along * dx, y + across * dy, z + up * dz), inside.box)
        else:
            yield from inside.first.placements(at)
            beside = list(at)
            beside[inside.axis] += inside.first.size[inside.axis]
            yield from inside.second.placements((beside[0], beside[1], beside[2]))


class _Grid:
    """Boxes of one kind that all stand the same way."""

    __slots__ = ("box", "goods")

    def __init__(self, goods: int, box: Size) -> None:
        self.goods, self.box = goods, box


class _Pair:
    """Two blocks, the second one beyond the first along an axis."""

    __slots__ = ("axis", "first", "second")

    def __init__(self, axis: int, first: Block, second: Block) -> None:
        self.axis, self.first, self.second = axis, first, second


_Inside = _Grid | _Pair


def build(room: Size, goods: Sequence[Goods], most_grams: int | None = None, most: int = MANY) -> list[Block]:
    """About so many blocks that go into the room, simple ones first."""
    each = max(_FEW, 2 * most // (1 + sum(len(kind.ways()) for kind in goods if kind.count)))
    found: dict[tuple[Size, tuple[tuple[int, int], ...]], Block] = {}
    for index, kind in enumerate(goods):
        for way in kind.ways():
            for block in _grids(room, index, kind, way, each):
                if most_grams is None or block.grams <= most_grams:
                    found.setdefault((block.size, block.uses), block)
    latest = list(found.values())
    for _ in range(_ROUNDS):
        latest = _joined(found, latest, room, goods, most_grams, most)
    return list(found.values())


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
                yield Block(size, kind.volume * count, kind.grams * count, ((index, count),), _Grid(index, way))


def _some(most: int) -> list[int]:
    """From 1 to `most`, ever farther apart."""
    found, number = [], 1
    while number < most:
        found.append(number)
        number += max(1, number // 3)
    return [*found, most] if most else []


def _joined(
    found: dict[tuple[Size, tuple[tuple[int, int], ...]], Block],
    latest: list[Block],
    room: Size,
    goods: Sequence[Goods],
    most_grams: int | None,
    most: int,
) -> list[Block]:
    """Each of the latest blocks with each that has a face like it; adds them and returns the new ones."""
    new: list[Block] = []
    everything = list(found.values())
    for axis, (one, other) in enumerate(((1, 2), (0, 2), (0, 1))):
        alike: dict[tuple[int, int], list[Block]] = {}
        for block in everything:
            alike.setdefault((block.size[one], block.size[other]), []).append(block)
        for first in latest:
            for second in alike.get((first.size[one], first.size[other]), ()):
                if len(found) >= most:
                    return new
                if first.size[axis] + second.size[axis] > room[axis]:
                    continue
                if most_grams is not None and first.grams + second.grams > most_grams:
                    continue
                uses = _together(first, second, goods)
                if uses is None:
                    continue
                long = list(first.size)
                long[axis] += second.size[axis]
                size = (long[0], long[1], long[2])
                if (size, uses) not in found:
                    block = Block(size, first.volume + second.volume, first.grams + second.grams, uses, _Pair(axis, first, second))
                    found[size, uses] = block
                    new.append(block)
    return new


def _together(first: Block, second: Block, goods: Sequence[Goods]) -> tuple[tuple[int, int], ...] | None:
    """What both take; none where there is not so much."""
    uses = dict(first.uses)
    for index, count in second.uses:
        uses[index] = uses.get(index, 0) + count
        if uses[index] > goods[index].count:
            return None
    return tuple(sorted(uses.items()))
