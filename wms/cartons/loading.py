"""Filling one room: a beam search over blocks and maximal empty spaces.

What is still empty is kept as all the largest cuboids in it, overlapping as they are (Lai and Chan 1997). The one nearest to a corner of
the room is filled next, from that corner on. Which block goes there is chosen by its volume, by how much of the space could still be used
beside it, by how much of its surface touches something, and for few boxes rather than many (Araya, Guerrero and Nuñez 2017). That alone
gives a plan in some ten milliseconds. The beam search (Araya and Riff 2014) judges each of several next blocks by the plan that would
follow, keeps the best, and begins anew with a wider beam as long as it may.

There is always a plan: when time is up it is the best so far. With `rounds`, or `work` (blocks that are looked at), instead of seconds the
same question gets the same answer.
`supported` asks for every box to stand on the floor or wholly on others.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence

from wms.cartons.blocks import MANY, Block, build
from wms.cartons.goods import Goods, Plan, Size, grams_of, volume_of

_TOUCH = 4.0  # how much the touching surface counts,
_WASTE = 1.0  # how much the space that nothing could fill beside the block,
_BOXES = 0.2  # how much it counts against a block that it is made of many boxes
_NEAR = 0.04  # what is nearer than this share of the room still touches: nothing would go between
_LOOKED_AT = 8  # of the blocks that fit, so many are judged by the surface they touch
_A_SPACE = 200  # to look at a space is as much work as to look at so many blocks
_KEPT = 200_000  # blocks that are remembered as fitting into spaces of some size

_Cuboid = tuple[int, int, int, int, int, int]  # from x, y, z to x, y, z
_Space = tuple[int, tuple[int, int, int], int, _Cuboid]  # in the order in which they are filled: distances to a corner, size
_Ranked = list[tuple[float, Block]]


def load(
    room: Size,
    goods: Sequence[Goods],
    *,
    seconds: float | None = None,
    rounds: int | None = None,
    work: int | None = None,
    most_grams: int | None = None,
    supported: bool = False,
    most_blocks: int = MANY,
    clock: Callable[[], float] = time.perf_counter,
) -> Plan:
    """As much of the goods, by volume, as goes into the room (and weighs no more than allowed) within what time there is."""
    assert seconds is not None or rounds is not None or work is not None, "a search without limits does not end"
    search = _Search(room, goods, build(room, goods, most_grams, most_blocks), most_grams, supported, _Limits(seconds, rounds, work, clock))
    best = search.best()
    placements = [one for block, corner in best.blocks for one in block.placements((corner[0], corner[1], corner[2]))]
    placements.sort(key=lambda one: (one.at[2], one.at[1], one.at[0]))
    return Plan(placements, best.volume, best.volume / (room[0] * room[1] * room[2]), search.limits.done, search.limits.worked)


class _Limits:
    """The time runs from the beginning; a round is a plan followed to its end."""

    def __init__(self, seconds: float | None, rounds: int | None, work: int | None, clock: Callable[[], float]) -> None:
        self.rounds, self.work, self.clock = rounds, work, clock
        self.done = self.worked = 0
        self.end = None if seconds is None else clock() + seconds

    def late(self) -> bool:
        """Whether the seconds are over; the first round is gone through to its end all the same."""
        return self.end is not None and self.done > 1 and self.clock() >= self.end

    def over(self) -> bool:
        """Whether there is no time for another round."""
        return (
            (self.rounds is not None and self.done >= self.rounds)
            or (self.work is not None and self.worked >= self.work)
            or (self.end is not None and self.clock() >= self.end)
        )


class _State:
    """A plan on its way: what is empty, which blocks lie where, how many boxes and how much weight are left, and the volume so far."""

    __slots__ = ("blocks", "grams", "left", "spaces", "volume")

    def __init__(self, spaces: list[_Space], blocks: list[tuple[Block, _Cuboid]], left: list[int], grams: int, volume: int) -> None:
        self.spaces, self.blocks, self.left, self.grams, self.volume = spaces, blocks, left, grams, volume


class _Search:
    """One room and its goods, with everything that does not change while blocks are laid in."""

    def __init__(
        self, room: Size, goods: Sequence[Goods], blocks: list[Block], most_grams: int | None, supported: bool, limits: _Limits
    ) -> None:
        self.room, self.goods, self.supported, self.limits = room, goods, supported, limits
        self.near = tuple(int(side * _NEAR) for side in room)
        self.ways = [(index, way) for index, kind in enumerate(goods) if kind.count for way in kind.ways()]
        self.reached = [_reached(side, {way[axis] for _, way in self.ways}) for axis, side in enumerate(room)]
        self.rows = [(*block.size, block.volume * block.count**-_BOXES, block) for block in blocks]
        self.edges = [sorted({block.size[axis] for block in blocks}) for axis in range(3)]
        self.known: dict[Size, _Ranked] = {}
        self.kept = 0
        self.most_grams = grams_of(goods) if most_grams is None else most_grams
        self.enough = volume_of(goods)

    def best(self) -> _State:
        """The fullest room that was found."""
        whole = (0, 0, 0, *self.room)
        first = _State([self._space(whole)], [], [kind.count for kind in self.goods], self.most_grams, 0)
        best = self._followed(first)
        width = 1
        while best.volume < self.enough and not self.limits.over():
            before = self.limits.done
            best = self._beam(first, best, width)
            if self.limits.done == before:
                break
            width = max(width + 1, math.ceil(width * 1.4))
        return best

    def _beam(self, first: _State, best: _State, width: int) -> _State:
        states = [first]
        while states:
            following: list[tuple[int, int, _State]] = []
            for state in states:
                found = self._choices(state, max(2, width))
                if found is None:
                    continue
                passed, choices = found
                for _, cuboid, block in choices:
                    then = self._laid(state, passed, cuboid, block)
                    end = self._followed(then)
                    if end.volume > best.volume:
                        best = end
                    if best.volume == self.enough or self.limits.over():
                        return best
                    following.append((-end.volume, len(following), then))
            following.sort()
            states = _different(following, width)
        return best

    def _followed(self, state: _State) -> _State:
        """The plan to its end, always with the block that looks best."""
        self.limits.done += 1
        while not self.limits.late() and (found := self._choices(state, 1)) is not None:
            passed, choices = found
            _, cuboid, block = choices[0]
            state = self._laid(state, passed, cuboid, block)
        return state

    def _choices(self, state: _State, most: int) -> tuple[int, list[tuple[float, _Cuboid, Block]]] | None:
        """How many spaces nothing fits into any more, and for the next one the blocks that look best; none where the room is full."""
        for passed, (_, _, _, space) in enumerate(state.spaces):
            fitting = self._fitting(state, (space[3] - space[0], space[4] - space[1], space[5] - space[2]), max(most, _LOOKED_AT))
            if fitting:
                return passed, self._judged(state, space, fitting)[:most]
        return None

    def _fitting(self, state: _State, size: Size, most: int) -> _Ranked:
        left, grams = state.left, state.grams
        self.limits.worked += _A_SPACE
        found: _Ranked = []
        for row in self._ranked(size):
            block = row[1]
            if block.count <= left[block.goods] and block.grams <= grams:
                found.append(row)
                if len(found) == most:
                    break
        return found

    def _ranked(self, size: Size) -> _Ranked:
        """The blocks that go into a space of this size, by their volume, what is wasted beside them, and their boxes."""
        known = self.known.get(size)
        if known is None:
            width, depth, height = size
            volume = width * depth * height
            alongs, acrosses, ups = (
                {edge: edge + reached[side - edge] for edge in edges if edge <= side}
                for edges, side, reached in zip(self.edges, size, self.reached, strict=True)
            )
            known = [
                (weight * (alongs[x] * acrosses[y] * ups[z] / volume) ** _WASTE, block)
                for x, y, z, weight, block in self.rows
                if x <= width and y <= depth and z <= height
            ]
            known.sort(key=_first, reverse=True)
            if self.kept > _KEPT:
                self.known.clear()
                self.kept = 0
            self.known[size] = known
            self.kept += len(known)
            self.limits.worked += len(self.rows)
        return known

    def _judged(self, state: _State, space: _Cuboid, fitting: _Ranked) -> list[tuple[float, _Cuboid, Block]]:
        """Where each of them would lie in the space, the one first that touches most for what it is."""
        from_x, from_y, from_z, to_x, to_y, to_z = space
        left = from_x <= self.room[0] - to_x
        front = from_y <= self.room[1] - to_y
        low = self.supported or from_z <= self.room[2] - to_z
        judged = []
        for score, block in fitting:
            dx, dy, dz = block.size
            x = from_x if left else to_x - dx
            y = from_y if front else to_y - dy
            z = from_z if low else to_z - dz
            cuboid = (x, y, z, x + dx, y + dy, z + dz)
            touching = self._touching(state, cuboid) / (2 * (dx * dy + dy * dz + dx * dz))
            judged.append((score * touching**_TOUCH, cuboid, block))
        judged.sort(key=_first, reverse=True)
        return judged

    def _touching(self, state: _State, cuboid: _Cuboid) -> int:
        """How much of its surface touches the room or other blocks, or nearly does."""
        x1, y1, z1, x2, y2, z2 = cuboid
        near_x, near_y, near_z = self.near
        side_x, side_y, side_z = self.room
        touching = (y2 - y1) * (z2 - z1) * ((x1 <= near_x) + (x2 >= side_x - near_x))
        touching += (x2 - x1) * (z2 - z1) * ((y1 <= near_y) + (y2 >= side_y - near_y))
        touching += (x2 - x1) * (y2 - y1) * ((z1 <= near_z) + (z2 >= side_z - near_z))
        for _, (a1, b1, c1, a2, b2, c2) in state.blocks:
            over_x = (x2 if x2 < a2 else a2) - (x1 if x1 > a1 else a1)  # negative: so far apart. Faster than min and max
            if over_x < -near_x:
                continue
            over_y = (y2 if y2 < b2 else b2) - (y1 if y1 > b1 else b1)
            if over_y < -near_y:
                continue
            over_z = (z2 if z2 < c2 else c2) - (z1 if z1 > c1 else c1)
            if over_z < -near_z:
                continue
            if over_x <= 0:
                if over_y > 0 and over_z > 0:
                    touching += over_y * over_z
            elif over_y <= 0:
                if over_z > 0:
                    touching += over_x * over_z
            elif over_z <= 0:
                touching += over_x * over_y
        return touching

    def _laid(self, state: _State, passed: int, cuboid: _Cuboid, block: Block) -> _State:
        """The block lies there; what was empty is so around it."""
        left = state.left.copy()
        left[block.goods] -= block.count
        kept, cut = self._around(state.spaces, passed, cuboid)
        least_x, least_y, least_z = self._least(left)
        cut = [one for one in cut if one[3] - one[0] >= least_x and one[4] - one[1] >= least_y and one[5] - one[2] >= least_z]
        spaces = [*kept, *(self._space(one) for one in _largest(cut, kept))]
        spaces.sort()
        return _State(spaces, [*state.blocks, (block, cuboid)], left, state.grams - block.grams, state.volume + block.volume)

    def _around(self, spaces: list[_Space], passed: int, cuboid: _Cuboid) -> tuple[list[_Space], list[_Cuboid]]:
        """The spaces that the block leaves alone, and what is left of the others."""
        x1, y1, z1, x2, y2, z2 = cuboid
        kept, cut = [], []
        for space in spaces[passed:]:
            a1, b1, c1, a2, b2, c2 = space[3]
            if x1 >= a2 or x2 <= a1 or y1 >= b2 or y2 <= b1 or z1 >= c2 or z2 <= c1:
                kept.append(space)
                continue
            if x1 > a1:
                cut.append((a1, b1, c1, x1, b2, c2))
            if x2 < a2:
                cut.append((x2, b1, c1, a2, b2, c2))
            if y1 > b1:
                cut.append((a1, b1, c1, a2, y1, c2))
            if y2 < b2:
                cut.append((a1, y2, c1, a2, b2, c2))
            if z1 > c1:
                cut.append((a1, b1, c1, a2, b2, z1))
            if z2 < c2:  # on the block: where everything must be supported, no wider than it is
                cut.append((max(a1, x1), max(b1, y1), z2, min(a2, x2), min(b2, y2), c2) if self.supported else (a1, b1, z2, a2, b2, c2))
        return kept, cut

    def _least(self, left: list[int]) -> Size:
        """No box that is left is smaller than this, along any axis."""
        x, y, z = self.room
        for index, way in self.ways:
            if left[index]:
                x, y, z = min(x, way[0]), min(y, way[1]), min(z, way[2])
        return x, y, z

    def _space(self, space: _Cuboid) -> _Space:
        x = min(space[0], self.room[0] - space[3])
        y = min(space[1], self.room[1] - space[4])
        z = space[2] if self.supported else min(space[2], self.room[2] - space[5])
        nearest, middle, farthest = sorted((x, y, z))
        volume = (space[3] - space[0]) * (space[4] - space[1]) * (space[5] - space[2])
        return x + y + z, (nearest, middle, farthest), -volume, space


def _first(row: tuple[float, object] | tuple[float, object, object]) -> float:
    return row[0]


def _reached(side: int, edges: set[int]) -> list[int]:
    """For each length up to the room's: the longest that edges laid end to end reach within it."""
    best = [0] * (side + 1)
    for length in range(1, side + 1):
        best[length] = max((best[length - edge] + edge for edge in edges if edge <= length), default=0)
    return best


def _largest(cut: list[_Cuboid], kept: list[_Space]) -> list[_Cuboid]:
    """Those that lie within no other one."""
    found: list[_Cuboid] = []
    around = [space[3] for space in kept]
    for one in sorted(set(cut), key=lambda it: ((it[0] - it[3]) * (it[4] - it[1]) * (it[5] - it[2]), it)):
        x1, y1, z1, x2, y2, z2 = one
        for a1, b1, c1, a2, b2, c2 in around:
            if a1 <= x1 and b1 <= y1 and c1 <= z1 and a2 >= x2 and b2 >= y2 and c2 >= z2:
                break
        else:
            found.append(one)
            around.append(one)
    return found


def _different(following: list[tuple[int, int, _State]], width: int) -> list[_State]:
    """The best of them, one of each kind: what leads to the same volume with the same boxes left is the same."""
    found: dict[tuple[int, tuple[int, ...]], _State] = {}
    for volume, _, state in following:
        found.setdefault((volume, tuple(state.left)), state)
        if len(found) == width:
            break
    return list(found.values())
