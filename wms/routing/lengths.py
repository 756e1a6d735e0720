"""How long the shortest walks are, for those who measure many thousands of them and need no sequence: exact, and no further than asked.

The search is that of `exact`, aisle after aisle over the same states. What is new is that it looks ahead. Forget for a moment that a walk
must hang together and ask only that every crossing is left as often as it is come to: then the cheapest way on from an aisle depends on
nothing but which of its crossings are still odd, and is reckoned for all aisles in one pass back. No walk is shorter than that; a state
that would not end below the limit even so is dropped (the idea of A*, Hart, Nilsson and Raphael 1968). The limit is the caller's, or a
little above the bound, and is raised until a walk is found; so what is found is the shortest. On lists of 60 stops that saves a third of
the time, and nine tenths of it where the caller knows a better walk.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from operator import itemgetter
from typing import Any, Generic, TypeVar

from wms.routing.exact import Router, _States, _states
from wms.routing.floor import Floor, Point
from wms.routing.sketch import Sketch

S = TypeVar("S", bound=Hashable)
Leads = tuple[tuple[int, int], ...]  # to which states, and by which ways (or by how many pieces)

_FAR = 10**15
_SLACK = 0.02  # the first limit is so much above the bound
_WIDER = 3  # and grows so many times
# The ways to serve a piece of aisle that leave both ends even, as bits: from its low end, from its high end, from both, through and back.
_LOW, _HIGH, _BOTH, _THROUGH = 1, 2, 4, 8
_ENDS = {_LOW: (2, 0, False), _HIGH: (0, 2, False), _BOTH: (2, 2, False), _THROUGH: (2, 2, True)}


@dataclass(frozen=True, slots=True)
class _Piece:
    """A piece of aisle between two cross-aisles: what it costs to go through once, what it costs at least otherwise, and what each
    choice of other ways costs beyond that."""

    once: int
    even: int
    beyond: tuple[int, ...]
    full: bool


@dataclass(frozen=True, slots=True)
class _Line:
    """What one aisle asks for: its pieces, the crossings that are come to anyway, and what is walked in any case."""

    pieces: tuple[_Piece, ...]
    touched: tuple[tuple[int, int], ...]
    fixed: int


class _Even(dict[int, Leads]):
    """Where each state leads when a piece is served without changing what is odd: the states, and by which ways."""

    def __init__(self, states: _States, at: int, full: bool) -> None:
        super().__init__()
        self._states, self._at, self._full = states, at, full

    def __missing__(self, state: int) -> Leads:
        low, high = self._states.known[state][self._at : self._at + 2]
        leads: dict[int, int] = {} if self._full else {state: _LOW}
        for way, ends in _ENDS.items():
            joined_already = low and high and low // 2 == high // 2
            if (way == _THROUGH and joined_already) or (way != _THROUGH and not self._full):
                continue
            to = self._states.pieces[self._at][ends][state]
            leads[to] = leads.get(to, 0) | way
        found = self[state] = tuple(leads.items())
        return found


class _Onward(dict[int, Leads]):
    """Where each state leads in the next aisle, and by how many pieces of cross-aisle more than it must."""

    def __init__(self, ahead: _Ahead) -> None:
        super().__init__()
        self._ahead = ahead

    def __missing__(self, state: int) -> Leads:
        least = self._ahead.least[self._ahead.kind[state]]
        found = self[state] = tuple(sorted(((to, n - least) for n, to in self._ahead.states.onward[state] if n), key=itemgetter(1)))
        return found


class _Kinds(dict[int, int]):
    """Of which kind each state is: which of its crossings are odd, and what became of the hub."""

    def __init__(self, ahead: _Ahead) -> None:
        super().__init__()
        self._ahead = ahead

    def __missing__(self, state: int) -> int:
        nodes = self._ahead.states.known[state]
        rows = self._ahead.states.crossings
        odd = sum(1 << row for row in range(rows) if nodes[row] % 2)
        hub = (1 if nodes[-1] % 2 else 2 if nodes[-1] else 0) if self._ahead.hub else 2
        found = self[state] = self._ahead.kinds.index((hub, odd))
        return found


class _Ahead:
    """What is known of the states of a hall with so many cross-aisles, besides how they change: their kinds, and the bounds of those."""

    def __init__(self, crossings: int, hub: bool) -> None:
        self.states, self.hub = _states(crossings, hub), hub
        self.kinds = [
            (hub_is, odd)
            for hub_is in ((0, 1, 2) if hub else (2,))
            for odd in range(1 << crossings)
            if odd.bit_count() % 2 == (1 if hub_is == 1 else 0)
        ]
        self.least = [odd.bit_count() or 2 for _, odd in self.kinds]  # pieces of cross-aisle to the next aisle
        self.kind = _Kinds(self)
        self.onward = _Onward(self)
        self.even = [(_Even(self.states, at, False), _Even(self.states, at, True)) for at in range(crossings - 1)]
        self.odd = [self.states.pieces[at][1, 1, True] for at in range(crossings - 1)]
        self.turned = [[self._kind(hub_is, odd ^ (3 << at)) for hub_is, odd in self.kinds] for at in range(crossings - 1)]
        self.done = [0 if (hub_is, odd) == (2, 0) else _FAR for hub_is, odd in self.kinds]

    def _kind(self, hub_is: int, odd: int) -> int:
        return self.kinds.index((hub_is, odd))

    def by_the_hub(self, node: int) -> tuple[list[int], list[int]]:
        """For the kinds of states that have not come to the hub yet, and for those that are on their way past it: which they become when
        the way between hub and this crossing is walked once more."""
        turned = [self._kind(hub_is + 1, odd ^ (1 << node)) for hub_is, odd in self.kinds if hub_is < 2]
        before = sum(hub_is == 0 for hub_is, _ in self.kinds)
        return turned[:before], turned[before:]


@cache
def _ahead(crossings: int, hub: bool) -> _Ahead:
    return _Ahead(crossings, hub)


class Lengths(Generic[S]):
    """Lengths of the shortest walks from `start` through sets of stops and back. Make it once for all the lists of a wave."""

    def __init__(self, floor: Floor, start: Point, places: Mapping[S, Point]) -> None:
        router = Router(floor, start)
        if not router.covers(list(places.values())):
            raise ValueError("the shortest walks of this floor are not found exactly")
        self._floor, self._start = floor, floor.spot(start)
        self.sketch = Sketch(floor, start, places)
        edge = floor.edge(self._start)
        hub = floor.straight and edge is not None and edge != self._start.along
        self._ahead = _ahead(len(floor.crossings), hub)
        self._hub_at = floor.crossings.index(edge) if hub and edge is not None else -1
        self._by_the_hub = self._ahead.by_the_hub(self._hub_at) if hub else ([], [])
        spots = {stop: floor.spot(point) for stop, point in places.items()}
        on_lines: dict[int, list[int]] = {}
        for spot in {*spots.values(), *([] if hub else [self._start])}:
            on_lines.setdefault(spot.across, []).append(spot.along)
        self._acrosses = sorted(on_lines)
        self._alongs = [sorted(on_lines[across]) for across in self._acrosses]
        bits = {
            (across, along): (line, 1 << bit)
            for line, (across, alongs) in enumerate(zip(self._acrosses, self._alongs, strict=True))
            for bit, along in enumerate(alongs)
        }
        self._bits = {stop: bits[spot.across, spot.along] for stop, spot in spots.items()}
        self._always = {} if hub else dict([bits[self._start.across, self._start.along]])
        self._lines: list[dict[int, _Line]] = [{} for _ in self._acrosses]
        off = self._start.along - (edge or 0)
        self._hub_ways = [round(math.hypot(across - self._start.across, off)) for across in self._acrosses] if hub else []

    def __call__(self, stops: Iterable[S]) -> int:
        """Millimetres of the shortest walk through these stops."""
        found = self.within(stops, _FAR)
        assert found is not None
        return found

    def within(self, stops: Iterable[S], most: int) -> int | None:
        """Millimetres of the shortest walk, if it is shorter than `most`."""
        wanted = dict(self._always)
        before = wanted.get
        for line, bit in map(self._bits.__getitem__, stops):
            wanted[line] = before(line, 0) | bit
        if len(wanted) <= 1 and not self._hub_ways:
            return _under(self._on_one_line(wanted), most)
        if not wanted:
            return _under(0, most)
        numbers = sorted(wanted)
        lines = [self._lines[number].get(wanted[number]) or self._line(number, wanted[number]) for number in numbers]
        fixed = sum([line.fixed for line in lines])
        found = _Search(self, numbers, lines).shortest(most - fixed)
        return None if found is None else found + fixed

    def lines(self, stops: Iterable[S]) -> frozenset[int]:
        """In which aisles these stops are."""
        return frozenset(self._bits[stop][0] for stop in stops)

    def _on_one_line(self, wanted: Mapping[int, int]) -> int:
        (line, mask), *_ = wanted.items()
        alongs = [along for bit, along in enumerate(self._alongs[line]) if mask >> bit & 1]
        return 2 * (max(alongs) - min(alongs))

    def _line(self, number: int, mask: int) -> _Line:
        """What these stops on one line ask for; found once."""
        crossings = self._floor.crossings
        pieces: list[list[int]] = [[] for _ in range(len(crossings) - 1)]
        touched, fixed, beyond = set(), 0, [0, 0]
        for bit, along in enumerate(self._alongs[number]):
            if not mask >> bit & 1:
                continue
            place = bisect_left(crossings, along)
            if place < len(crossings) and crossings[place] == along:
                touched.add(place)
            elif 0 < place < len(crossings):
                pieces[place - 1].append(along)
            else:
                outermost = 0 if place == 0 else len(crossings) - 1
                touched.add(outermost)
                beyond[place > 0] = max(beyond[place > 0], abs(along - crossings[outermost]))
        fixed = 2 * sum(beyond)
        found = self._lines[number][mask] = _Line(
            tuple(_piece(low, high, stops) for low, high, stops in zip(crossings, crossings[1:], pieces, strict=False)),
            tuple((node, 2) for node in sorted(touched)),
            fixed,
        )
        return found


def _piece(low: int, high: int, stops: list[int]) -> _Piece:
    """What it costs to serve these stops between two crossings, way by way."""
    through = 2 * (high - low)
    if not stops:
        costs = {_LOW: 0, _THROUGH: through}
    else:
        gap = max([b - a for a, b in pairwise(stops)], default=0)
        costs = {_LOW: 2 * (stops[-1] - low), _HIGH: 2 * (high - stops[0]), _BOTH: through - 2 * gap, _THROUGH: through}
    even = min(costs.values())
    beyond = tuple(min([cost - even for way, cost in costs.items() if way & ways], default=_FAR) for ways in range(16))
    return _Piece(high - low, even, beyond, bool(stops))


def _under(length: int, most: int) -> int | None:
    return length if length < most else None


class _Search:
    """The search for one walk."""

    def __init__(self, lengths: Lengths[Any], numbers: list[int], lines: list[_Line]) -> None:
        self._ahead, self._numbers, self._lines = lengths._ahead, numbers, lines
        acrosses, hub_ways = lengths._acrosses, lengths._hub_ways
        self._gaps = [acrosses[b] - acrosses[a] for a, b in pairwise(numbers)]
        self._hub_ways = [hub_ways[number] for number in numbers] if hub_ways else None
        self._hub_at, self._by_the_hub = lengths._hub_at, lengths._by_the_hub

    def shortest(self, most: int) -> int | None:
        """The length of the shortest walk, if it is under `most`."""
        bounds = self._bounds()
        bound = bounds[0][0][0]
        slack = int(bound * _SLACK) + 1
        while bound < most:
            limit = min(bound + slack, most)
            found = self._under(limit, bounds)
            if found is not None or limit == most:
                return found
            slack *= _WIDER
        return None

    def _bounds(self) -> list[list[list[int]]]:
        """Per aisle, before each of its steps and after them: what it takes at least from there to the end, by kind of state."""
        ahead, lines = self._ahead, self._lines
        after = ahead.done
        bounds: list[list[list[int]]] = []
        for place in range(len(lines) - 1, -1, -1):
            if place < len(self._gaps):
                gap = self._gaps[place]
                after = [further + gap * least for further, least in zip(after, ahead.least, strict=True)]
            steps = [after]
            if self._hub_ways:
                after = self._bound_by_hub(after, self._hub_ways[place])
                steps.append(after)
            for piece, turned in zip(reversed(lines[place].pieces), reversed(ahead.turned), strict=True):
                even, once = piece.even, piece.once
                after = [
                    through if (through := after[turn] + once) < (stays := further + even) else stays
                    for further, turn in zip(after, turned, strict=True)
                ]
                steps.append(after)
            steps.reverse()
            bounds.append(steps)
        bounds.reverse()
        return bounds

    def _bound_by_hub(self, after: list[int], way: int) -> list[int]:
        not_yet, past = self._by_the_hub
        first, second = len(not_yet), len(not_yet) + len(past)
        going = [min(further, after[turn] + way) for further, turn in zip(after[first:second], past, strict=True)]
        return [
            *[min(further, going[turn - first] + way) for further, turn in zip(after, not_yet, strict=False)],
            *going,
            *after[second:],
        ]

    def _under(self, limit: int, bounds: list[list[list[int]]]) -> int | None:
        """The same, if it is under this limit. Costs are kept with the bound of what is to come."""
        ahead = self._ahead
        states, kinds, leads_on = ahead.states, ahead.kind, ahead.onward
        now = {states.none: bounds[0][0][0]}
        last = len(self._lines) - 1
        for place, (line, steps) in enumerate(zip(self._lines, bounds, strict=True)):
            if line.touched:
                moves = states.moves(line.touched)
                now = _each(now, moves)
            for at, piece in enumerate(line.pieces):
                before, after, turned = steps[at], steps[at + 1], ahead.turned[at]
                once, even, beyond = piece.once, piece.even, piece.beyond
                through, stays = ahead.odd[at], ahead.even[at][piece.full]
                new: dict[int, int] = {}
                least = new.get
                for state, cost in now.items():
                    kind = kinds[state]
                    cost -= before[kind]
                    whole = cost + once + after[turned[kind]]
                    if whole < limit:
                        to = through[state]
                        if whole < least(to, limit):
                            new[to] = whole
                    cost += even + after[kind]
                    if cost < limit:
                        for to, ways in stays[state]:
                            whole = cost + beyond[ways]
                            if whole < least(to, limit):
                                new[to] = whole
                now = new
            if self._hub_ways:
                now = self._by_hub(now, self._hub_ways[place], steps[-2], steps[-1], limit)
            if place < last:
                before, after, gap = steps[-1], bounds[place + 1][0], self._gaps[place]
                onwards = [gap * pieces + further - cost for pieces, further, cost in zip(ahead.least, after, before, strict=True)]
                new = {}
                least = new.get
                for state, cost in now.items():
                    cost += onwards[kinds[state]]
                    if cost < limit:
                        for to, pieces in leads_on[state]:
                            whole = cost + gap * pieces
                            if whole < least(to, limit):
                                new[to] = whole
                now = new
        return min([cost for state, cost in now.items() if states.is_walk(state)], default=None)

    def _by_hub(self, now: dict[int, int], way: int, before: list[int], after: list[int], limit: int) -> dict[int, int]:
        kinds, leads = self._ahead.kind, self._ahead.states.to_hub[self._hub_at]
        new: dict[int, int] = {}
        for state, cost in now.items():
            if len(ways := leads[state]) > 1:
                cost -= before[kinds[state]]
                for times, to in ways:
                    whole = cost + way * times + after[kinds[to]]
                    if whole < new.get(to, limit):
                        new[to] = whole
            elif cost < new.get(state, limit):  # it has been there
                new[state] = cost
        return new


def _each(now: dict[int, int], moves: dict[int, int]) -> dict[int, int]:
    new: dict[int, int] = {}
    for state, cost in now.items():
        to = moves[state]
        if cost < new.get(to, _FAR):
            new[to] = cost
    return new
