"""What a plan must keep to, said without the search: nothing overlaps, all lies inside, stands as it may, and is there often enough."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations, permutations

from wms.cartons.goods import Goods, Placement, Plan, Size


def check(plan: Plan, room: Size, goods: Sequence[Goods], *, most_grams: int | None = None, supported: bool = False) -> None:
    """Fails with what is wrong."""
    for one in plan.placements:
        kind = goods[one.goods]
        assert all(start >= 0 and start + edge <= side for start, edge, side in zip(one.at, one.size, room, strict=True)), (
            f"{one} sticks out"
        )
        assert one.size in standing(kind), f"{one} stands as {kind} may not"
    for one, other in combinations(plan.placements, 2):
        assert not overlap(one, other), f"{one} and {other} are in one place"
    for index, kind in enumerate(goods):
        assert sum(one.goods == index for one in plan.placements) <= kind.count, f"more of {kind} than there are"
    volume = sum(one.size[0] * one.size[1] * one.size[2] for one in plan.placements)
    assert plan.volume == volume
    assert plan.fill == volume / (room[0] * room[1] * room[2]) <= 1
    if most_grams is not None:
        assert sum(goods[one.goods].grams for one in plan.placements) <= most_grams, "too heavy"
    if supported:
        for one in plan.placements:
            assert one.at[2] == 0 or carried(one, plan.placements) == one.size[0] * one.size[1], f"{one} hangs in the air"


def standing(kind: Goods) -> set[Size]:
    """Sizes along x, y, z, by trying every order of the edges."""
    return {(kind.size[a], kind.size[b], kind.size[c]) for a, b, c in permutations(range(3)) if kind.upright[c]}


def overlap(one: Placement, other: Placement) -> bool:
    """Whether they share room; faces that touch do not."""
    return all(
        max(one.at[axis], other.at[axis]) < min(one.at[axis] + one.size[axis], other.at[axis] + other.size[axis]) for axis in range(3)
    )


def carried(one: Placement, all_of_them: Sequence[Placement]) -> int:
    """How much of its underside lies directly on others."""
    area = 0
    for other in all_of_them:
        if other.at[2] + other.size[2] == one.at[2]:
            along, across = (
                min(one.at[axis] + one.size[axis], other.at[axis] + other.size[axis]) - max(one.at[axis], other.at[axis])
                for axis in range(2)
            )
            area += max(0, along) * max(0, across)
    return area
