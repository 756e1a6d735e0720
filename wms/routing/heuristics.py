"""The ways in which others walk, to compare with: by name, in a fixed sequence, S-shape, largest gap, combined.

In halls of several blocks the block furthest from the start is walked first and the others on the way back, as Roodbergen and de Koster
(2001, International Journal of Production Research 39) do; within one block S-shape and largest gap are Hall's (1993). Every one of them
gives the stops in an order; how far that is, the floor says.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Sequence

from wms.routing.floor import Floor, Point

# One block: its aisles in walking order, each with its stops from the front to the back; whether one begins in front. It ends in front.
_Block = Sequence[Sequence[tuple[int, int]]]
_Rule = Callable[[_Block, int, int, bool], list[int]]


def by_name(names: Sequence[str]) -> list[int]:
    """In the order of the names of the places."""
    return sorted(range(len(names)), key=lambda stop: names[stop])


def fixed(stops: Sequence[Point], floor: Floor) -> list[int]:
    """Along one line through the whole hall: up the first aisle, down the next, whatever there is to pick."""
    spots = [floor.spot(stop) for stop in stops]
    lines = {line: turn for turn, line in enumerate(sorted({*floor.lines.values(), *(spot.across for spot in spots)}))}
    return sorted(range(len(spots)), key=lambda one: (lines[spots[one].across], spots[one].along * (-1) ** lines[spots[one].across]))


def s_shape(stops: Sequence[Point], floor: Floor, start: Point) -> list[int]:
    """Every piece of aisle with a stop is walked through, up one and down the next."""
    return _by_blocks(stops, floor, start, _through)


def largest_gap(stops: Sequence[Point], floor: Floor, start: Point) -> list[int]:
    """The first and the last piece of aisle are walked through, the others entered from both ends up to their largest gap."""
    return _by_blocks(stops, floor, start, _up_to_the_gap)


def combined(stops: Sequence[Point], floor: Floor, start: Point) -> list[int]:
    """Each piece of aisle is walked through or left where it was entered, whichever is shorter in the end."""
    return _by_blocks(stops, floor, start, _through_or_back)


# -- blocks ------------------------------------------------------------------------------------------------------------------


def _by_blocks(stops: Sequence[Point], floor: Floor, start: Point, rule: _Rule) -> list[int]:
    """The furthest block first, its pieces of aisle from one side to the other; in the aisle by which it is reached the nearer stops are
    served on the way."""
    if not stops:
        return []
    spots = [floor.spot(stop) for stop in stops]
    here = floor.spot(start)
    crossings = list(floor.crossings) or [min(spot.along for spot in spots), max(spot.along for spot in spots)]
    turned = abs(here.along - crossings[-1]) < abs(here.along - crossings[0])  # the front is where one starts
    along = [-spot.along if turned else spot.along for spot in spots]
    if turned:
        crossings = [-crossing for crossing in reversed(crossings)]
    block_of = [min(max(bisect_left(crossings, at), 1), max(len(crossings) - 1, 1)) - 1 for at in along]
    first = min({spot.across for spot in spots})
    furthest = max(block_of)
    order = sorted((one for one in range(len(spots)) if spots[one].across == first and block_of[one] < furthest), key=along.__getitem__)
    at = first
    for block in range(furthest, -1, -1):
        aisles: dict[int, list[tuple[int, int]]] = {}
        for one in range(len(spots)):
            if block_of[one] == block and (block == furthest or spots[one].across != first):
                aisles.setdefault(spots[one].across, []).append((along[one], one))
        if not aisles:
            continue
        lines = sorted(aisles, reverse=abs(max(aisles) - at) < abs(min(aisles) - at))
        low, high = crossings[block], crossings[min(block + 1, len(crossings) - 1)]
        order += rule([sorted(aisles[line]) for line in lines], low, high, block == furthest)
        at = spots[order[-1]].across
    return order


def _up(aisle: Sequence[tuple[int, int]]) -> list[int]:
    return [one for _, one in aisle]


def _down(aisle: Sequence[tuple[int, int]]) -> list[int]:
    return [one for _, one in reversed(aisle)]


def _through(block: _Block, _low: int, _high: int, in_front: bool) -> list[int]:
    order: list[int] = []
    for aisle in block:
        order += _up(aisle) if in_front else _down(aisle)
        in_front = not in_front
    return order


def _up_to_the_gap(block: _Block, low: int, high: int, in_front: bool) -> list[int]:
    if len(block) == 1:
        return _through(block, low, high, in_front)
    parted = [_parted(aisle, low, high) for aisle in block]
    if in_front:
        behind = [one for _, back in parted[1:-1] for one in reversed(back)]
        before = [one for front, _ in reversed(parted[1:-1]) for one in front]
        return [*_up(block[0]), *behind, *_down(block[-1]), *before]
    behind = [one for _, back in parted[:-1] for one in reversed(back)]
    before = [one for front, _ in reversed(parted[:-1]) for one in front]
    return [*behind, *_down(block[-1]), *before]


def _parted(aisle: Sequence[tuple[int, int]], low: int, high: int) -> tuple[list[int], list[int]]:
    """The stops before and behind the largest gap of a piece of aisle."""
    places = [low, *(at for at, _ in aisle), high]
    gap = max(range(len(aisle) + 1), key=lambda part: places[part + 1] - places[part])
    return _up(aisle[:gap]), _up(aisle[gap:])


def _through_or_back(block: _Block, low: int, high: int, in_front: bool) -> list[int]:
    """The cheapest of both for every aisle, by whether one stands in front of the block or behind it afterwards."""
    best: dict[bool, tuple[int, list[int]]] = {in_front: (0, [])}
    for aisle in block:
        ways: dict[bool, list[tuple[int, list[int]]]] = {True: [], False: []}
        for front, (cost, order) in best.items():
            served = _up(aisle) if front else _down(aisle)
            back = 2 * (aisle[-1][0] - low if front else high - aisle[0][0])
            ways[front].append((cost + back, order + served))
            ways[not front].append((cost + high - low, order + served))
        best = {front: min(found) for front, found in ways.items() if found}
    behind = (best[False][0] + high - low, best[False][1]) if False in best else None
    return min([one for one in (best.get(True), behind) if one is not None])[1]


RULES: dict[str, Callable[[Sequence[Point], Floor, Point], list[int]]] = {
    "s_shape": s_shape,
    "largest_gap": largest_gap,
    "combined": combined,
}
