"""The shortest walk through a hall of parallel aisles, exactly, by dynamic programming over the aisles.

A walk uses each piece of an aisle or cross-aisle not at all, once or twice. Going through the aisles from one side of the hall to the
other, all that matters of the part already decided is, for each cross-aisle of the aisle at hand, whether an odd or an even number of
pieces ends there (or none), and which of those ends hang together. So few such states exist that the cheapest way into each can be kept:
7 with two cross-aisles (Ratliff and Rosenthal 1983), 25 with three (Roodbergen and de Koster 2001), and so on with more (Pansart,
Catusse and Cambazard 2018). That the outer pieces of aisles need not be walked twice over where goods lie in two aisles is due to
Revenant, Cambazard and Catusse (2025) and Dunn and others (2025). A walk from one place to another is the same search with an odd
number of pieces at either of them. The states and what becomes of them are found when first met, and kept per number of cross-aisles.

Aisles in which nobody has to stop are left out: whoever walks along one of them may as well walk along the aisle of a stop.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache, lru_cache
from itertools import pairwise
from operator import itemgetter
from typing import cast

from wms.routing.floor import Floor, Point, Spot

MOST_CROSSINGS = 6

# Of a frontier, per cross-aisle: 0 untouched, else twice the number of its component, plus one where an odd number of pieces ends.
_State = tuple[int, ...]
_Vertex = tuple[int, int]  # across, along


# How a piece of aisle may touch its two ends, and whether it joins them.
_HOW = [(low, high, joins) for low in (0, 1, 2) for high in (0, 1, 2) for joins in (False, True) if not joins or (low and high)]


@dataclass(frozen=True, slots=True)
class _Option:
    """A way to serve a piece of aisle: what touches its lower and its upper end (0 not at all, 1 odd, 2 even), whether it joins them,
    its millimetres, and how often each of its parts is walked."""

    low: int
    high: int
    joins: bool
    cost: int
    walked: tuple[int, ...]


class _Moves(dict[int, int]):
    """What becomes of each state by one kind of move, found when first asked for."""

    def __init__(self, states: _States, touched: tuple[tuple[int, int], ...], joined: tuple[int, int] | None) -> None:
        super().__init__()
        self._states, self._touched, self._joined = states, touched, joined

    def __missing__(self, number: int) -> int:
        nodes = list(self._states.known[number])
        for node, how in self._touched:
            if how == 0:
                continue
            if nodes[node] == 0:
                nodes[node] = 2 * (max(nodes) // 2 + 1)
            if how == 1:
                nodes[node] ^= 1
        if self._joined is not None:
            kept, gone = (nodes[node] // 2 for node in self._joined)
            nodes = [2 * kept + value % 2 if value and value // 2 == gone else value for value in nodes]
        found = self[number] = self._states.number(nodes)
        return found


class _Onward(dict[int, tuple[tuple[int, int], ...]]):
    """To which states each leads in the next aisle, and by how many pieces of cross-aisle."""

    def __init__(self, states: _States) -> None:
        super().__init__()
        self._states = states

    def __missing__(self, number: int) -> tuple[tuple[int, int], ...]:
        ways: list[tuple[int, list[int]]] = [(0, list(self._states.known[number]))]
        for node in range(self._states.crossings):
            longer = []
            for pieces, nodes in ways:
                value = nodes[node]
                if value == 0:
                    longer.append((pieces, nodes))
                elif value % 2:
                    longer.append((pieces + 1, nodes))
                else:
                    longer.append((pieces + 2, nodes))
                    if any(self._states.holds(other, value, place) for place, other in enumerate(nodes) if place != node):
                        longer.append((pieces, [*nodes[:node], 0, *nodes[node + 1 :]]))
            ways = longer
        found = self[number] = tuple((pieces, self._states.number(nodes)) for pieces, nodes in ways)
        return found


class _ToHub(dict[int, tuple[tuple[int, int], ...]]):
    """To which states each leads at an aisle whose end is joined to the hub, and how often that way is walked: twice in all."""

    def __init__(self, states: _States, node: int) -> None:
        super().__init__()
        self._states, self._node = states, node

    def __missing__(self, number: int) -> tuple[tuple[int, int], ...]:
        states, hub = self._states, self._states.crossings
        so_far = states.known[number][hub]
        ways = [(0, number)]
        if so_far == 0 or so_far % 2:
            ways += [
                (times, states.moves(((self._node, times), (hub, times)), (self._node, hub))[number])
                for times in ((1,) if so_far else (1, 2))
            ]
        found = self[number] = tuple(ways)
        return found


class _States:
    """The states of a hall with so many cross-aisles (and perhaps a hub: a place joined to many ends of aisles), numbered."""

    def __init__(self, crossings: int, hub: bool) -> None:
        self.crossings, self._hub = crossings, hub
        self.known: list[_State] = []
        self._numbers: dict[_State, int] = {}
        self._moves: dict[tuple[tuple[tuple[int, int], ...], tuple[int, int] | None], _Moves] = {}
        self.onward = _Onward(self)
        self.to_hub = [_ToHub(self, node) for node in range(crossings)]
        self.pieces = [
            {(low, high, joins): self.moves(((at, low), (at + 1, high)), (at, at + 1) if joins else None) for low, high, joins in _HOW}
            for at in range(crossings - 1)
        ]
        self.none = self.number([0] * (crossings + hub))

    def number(self, nodes: list[int]) -> int:
        """The number of a state, its components numbered in the order in which they are met."""
        names: dict[int, int] = {}
        if self._hub and nodes[-1] and nodes[-1] % 2 == 0:  # the hub has been passed: with which component, makes no difference any more
            nodes = [*nodes[:-1], 2 * next((value // 2 for value in nodes if value), 0)]
        state = tuple(2 * names.setdefault(value // 2, len(names) + 1) + value % 2 if value else 0 for value in nodes)
        number = self._numbers.get(state)
        if number is None:
            number = self._numbers[state] = len(self.known)
            self.known.append(state)
        return number

    def moves(self, touched: tuple[tuple[int, int], ...], joined: tuple[int, int] | None = None) -> _Moves:
        """What becomes of each state when these nodes are touched, and perhaps joined."""
        key = (touched, joined)
        found = self._moves.get(key)
        if found is None:
            found = self._moves[key] = _Moves(self, touched, joined)
        return found

    def holds(self, other: int, value: int, place: int) -> bool:
        """Whether what ends here may be left, because the node at this place belongs to it too (and to the hub one comes but once)."""
        return other // 2 == value // 2 and (place < self.crossings or other % 2 == 1)

    def is_walk(self, number: int) -> bool:
        """Whether all pieces hang together (the hub with them) and everything that was entered is left."""
        return set(self.known[number]) | {0} == {0, 2} and not (self._hub and self.known[number][-1] == 0)


@cache
def _states(crossings: int, hub: bool) -> _States:
    return _States(crossings, hub)


# -- one piece of aisle ------------------------------------------------------------------------------------------------------


@lru_cache(maxsize=1 << 12)
def _options(parts: tuple[int, ...], odd: tuple[int, ...], twice: bool) -> tuple[_Option, ...]:
    """The ways to serve a piece of aisle that its stops divide into these parts; `odd` are the stops where the walk begins or ends.

    The parts are walked once or an even number of times, turn about at each odd stop; of the parts walked evenly one may be left out.
    """
    last = len(parts) - 1
    options = []
    for first in (1, 0):
        walked, turn = [], first
        for part in range(last + 1):
            turn ^= part in odd
            walked.append(turn or 2)
        cost = sum(length * times for length, times in zip(parts, walked, strict=True))
        if twice or walked[0] == 1 or walked[last] == 1:
            options.append(_Option(walked[0], walked[last], True, cost, tuple(walked)))
        spared = {part for part in (0, last) if walked[part] == 2}
        inner = max((part for part in range(1, last) if walked[part] == 2), key=lambda part: parts[part], default=None)
        for part in spared | ({inner} if inner is not None else set()):
            left_out = tuple(0 if at == part else times for at, times in enumerate(walked))
            options.append(_Option(left_out[0], left_out[last], False, cost - 2 * parts[part], left_out))
    return tuple(sorted(options, key=lambda option: option.cost))


@dataclass(slots=True)
class _Aisle:
    """What has to be served on one line across the hall."""

    pieces: list[dict[int, int]]  # between two cross-aisles each: where somebody stops, and how many ends of the walk are there
    touched: dict[int, int] = field(default_factory=dict)  # which cross-aisles are come to anyway, and how many ends of the walk there
    beyond: dict[int, dict[int, int]] = field(default_factory=dict)  # past an outermost cross-aisle: how far, and ends of the walk


_Options = Sequence[tuple[int, dict[int, int], _Option | None]]
_Leads = dict[int, tuple[tuple[int, int], ...]]


@dataclass(slots=True)
class _Step:
    """One step of the search: the states before it with their costs, and either the moves it chose from, or where each state leads and
    the millimetres of one piece on that way."""

    before: dict[int, int]
    options: _Options = ()
    leads: _Leads | None = None
    length: int = 0


class Router:
    """The shortest walks over one floor from `start` through stops to `end`. It keeps what it learns: make it once for many walks."""

    def __init__(self, floor: Floor, start: Point, end: Point | None = None) -> None:
        self.floor = floor
        self.start = floor.spot(start)
        self.end = self.start if end is None else floor.spot(end)
        self._closed = self.start == self.end
        edge = floor.edge(self.start)
        self._hub = floor.straight and edge is not None and edge != self.start.along
        self._hub_at = edge or 0
        self._states = _states(len(floor.crossings), self._hub)

    def covers(self, stops: Sequence[Point]) -> bool:
        """Whether the walk through these stops is found exactly: no one-way or closed aisles, not too many cross-aisles, and on the open
        ground before the racks nothing but the start and the end, or one stop."""
        floor = self.floor
        if not floor.is_free or not 1 <= len(floor.crossings) <= MOST_CROSSINGS:
            return False
        ends = {self.start, self.end}
        grounds: dict[int, set[Spot]] = {}
        for spot in {floor.spot(stop) for stop in stops if stop.aisle is None} | ends:
            if (edge := floor.edge(spot)) is not None:
                grounds.setdefault(edge, set()).add(spot)
        if floor.straight and grounds:
            low, high = floor.crossings[0], floor.crossings[-1]
            shared = any(stop.aisle is not None and not low <= floor.spot(stop).along <= high for stop in stops)
            return self._closed and grounds == {floor.edge(self.start): ends} and not shared
        stopped_at = {floor.spot(stop) for stop in stops if stop.aisle is None}
        return all(len(spots) == 1 or not spots & stopped_at for spots in grounds.values())

    def length(self, stops: Sequence[Point]) -> int:
        """Millimetres of the shortest walk through these stops."""
        return self.measure([self.floor.spot(stop) for stop in stops])

    def measure(self, spots: Sequence[Spot]) -> int:
        """Millimetres of the shortest walk through these spots (of `floor.spot`): for those who measure many walks."""
        if not self._hub and all(spot.across == self.start.across for spot in (*spots, self.end)):
            return self._along_one_line(spots)[1]
        if not spots:
            return self.floor.between(self.start, self.end)
        aisles, fixed = self._aisles(spots)
        last, _ = self._search(aisles, keep=False)
        return fixed + min(cost for state, cost in last.items() if self._states.is_walk(state))

    def sequence(self, stops: Sequence[Point]) -> tuple[list[int], int]:
        """The indices of the stops in walking order, and the millimetres of the walk."""
        spots = [self.floor.spot(stop) for stop in stops]
        if not self._hub and all(spot.across == self.start.across for spot in (*spots, self.end)):
            return self._along_one_line(spots)
        if not spots:
            return [], self.floor.between(self.start, self.end)
        aisles, fixed = self._aisles(spots)
        last, steps = self._search(aisles, keep=True)
        cost, state = min((cost, state) for state, cost in last.items() if self._states.is_walk(state))
        pieces = self._pieces(aisles, self._chosen(steps, state, cost))
        return self._order(spots, pieces), fixed + cost

    def _along_one_line(self, spots: Sequence[Spot]) -> tuple[list[int], int]:
        """Where everything lies on one line: first to one end of it, then to the other."""
        start, end = self.start.along, self.end.along
        alongs = [spot.along for spot in spots]
        low, high = min([start, end, *alongs]), max([start, end, *alongs])
        low_first, high_first = start - 2 * low + 2 * high - end, 2 * high - start - 2 * low + end
        turn = 1 if low_first <= high_first else -1
        far = [(along - start) * turn for along in alongs]
        back = sorted((one for one in range(len(spots)) if far[one] <= 0), key=lambda one: -far[one])
        forth = sorted((one for one in range(len(spots)) if far[one] > 0), key=far.__getitem__)
        return back + forth, min(low_first, high_first)

    # -- what has to be served -------------------------------------------------------------------------------------------

    def _aisles(self, spots: Sequence[Spot]) -> tuple[list[tuple[int, _Aisle]], int]:
        """The lines with something to serve, from one side of the hall to the other, and the millimetres that are walked in any case."""
        crossings = self.floor.crossings
        ends: dict[Spot, int] = dict.fromkeys(spots, 0)
        if not self._hub:
            ends.setdefault(self.start, 0)
            if not self._closed:
                ends[self.start] += 1
                ends[self.end] = ends.get(self.end, 0) + 1
        lines: dict[int, _Aisle] = {}
        fixed = 0
        for spot, count in ends.items():
            aisle = lines.get(spot.across)
            if aisle is None:
                aisle = lines[spot.across] = _Aisle([{} for _ in range(len(crossings) - 1)])
            along = spot.along
            place = bisect_left(crossings, along)
            if place < len(crossings) and crossings[place] == along:
                aisle.touched[place] = aisle.touched.get(place, 0) + count
            elif 0 < place < len(crossings):
                aisle.pieces[place - 1][along] = aisle.pieces[place - 1].get(along, 0) + count
            else:
                outermost = min(place, len(crossings) - 1)
                far = abs(along - crossings[outermost])
                beyond = aisle.beyond.setdefault(-1 if place == 0 else outermost, {})
                beyond[far] = beyond.get(far, 0) + count
        for aisle in lines.values():
            for outermost, beyond in aisle.beyond.items():
                turn = 0
                reached = sorted(beyond.items(), reverse=True)
                for (far, count), (nearer, _) in zip(reached, [*reached[1:], (0, 0)], strict=True):
                    turn = (turn + count) % 2
                    fixed += (far - nearer) * (turn or 2)
                node = max(outermost, 0)
                aisle.touched[node] = aisle.touched.get(node, 0) + turn
        return sorted(lines.items(), key=itemgetter(0)), fixed

    # -- the search ------------------------------------------------------------------------------------------------------

    def _search(self, aisles: list[tuple[int, _Aisle]], *, keep: bool) -> tuple[dict[int, int], list[_Step]]:
        """The cheapest way into each state behind the last aisle, and, where wanted, every step."""
        states, now = self._states, {self._states.none: 0}
        steps: list[_Step] = []
        twice = not self._closed or len(aisles) == 1
        before = aisles[0][0]
        for across, aisle in aisles:
            if across != before:
                if keep:
                    steps.append(_Step(now, leads=states.onward, length=across - before))
                now = _lead(now, states.onward, across - before)
            before = across
            if self._hub:
                far = round(math.hypot(across - self.start.across, self.start.along - self._hub_at))
                leads = states.to_hub[self.floor.crossings.index(self._hub_at)]
                if keep:
                    steps.append(_Step(now, leads=leads, length=far))
                now = _lead(now, leads, far)
            for options in self._choices(aisle, twice):
                if keep:
                    steps.append(_Step(now, options))
                now = _step(now, options)
        return now, steps

    def _choices(self, aisle: _Aisle, twice: bool) -> Iterator[_Options]:
        """What may be done on one line, thing by thing: the cost of each way to do it, and what it makes of the states."""
        states, crossings = self._states, self.floor.crossings
        if aisle.touched:
            how = tuple((node, 1 if ends % 2 else 2) for node, ends in sorted(aisle.touched.items()))
            yield [(0, states.moves(how), None)]
        for number, stops in enumerate(aisle.pieces):
            low, high = crossings[number], crossings[number + 1]
            # An outermost cross-aisle to which nobody has to come is not come to and back through the same piece of aisle.
            outer = {0, len(crossings) - 1} & {number, number + 1}
            both_ways = twice or not outer or any(node in aisle.touched for node in outer)
            if stops:
                places = sorted(stops)
                parts = tuple([b - a for a, b in zip([low, *places], [*places, high], strict=True)])
                odd = tuple([at for at, place in enumerate(places, 1) if stops[place] % 2]) if not self._closed else ()
            else:
                parts, odd = (high - low,), ()
            moves = states.pieces[number]
            yield [(option.cost, moves[option.low, option.high, option.joins], option) for option in _options(parts, odd, both_ways)]

    # -- the walk --------------------------------------------------------------------------------------------------------

    def _chosen(self, steps: list[_Step], state: int, cost: int) -> list[_Option | tuple[int, _State] | None]:
        """What was chosen at each step of the cheapest walk that ends in this state: an option, or how many pieces lead to which state."""
        chosen: list[_Option | tuple[int, _State] | None] = []
        for step in reversed(steps):
            if (leads := step.leads) is not None:
                before, spent, pieces = next(
                    (before, spent, pieces)
                    for before, spent in step.before.items()
                    for pieces, to in leads[before]
                    if to == state and spent + pieces * step.length == cost
                )
                chosen.append((pieces, self._states.known[state]))
            else:
                before, spent, option = next(
                    (before, spent, option)
                    for before, spent in step.before.items()
                    for way, moves, option in step.options
                    if spent + way == cost and moves[before] == state
                )
                chosen.append(option)
            state, cost = before, spent
        return chosen[::-1]

    def _pieces(self, aisles: list[tuple[int, _Aisle]], chosen: list[_Option | tuple[int, _State] | None]) -> dict[_Vertex, list[_Vertex]]:
        """Every piece that is walked, as neighbours of each point, as often as it is walked."""
        crossings = self.floor.crossings
        neighbours: dict[_Vertex, list[_Vertex]] = {}

        def walk(a: _Vertex, b: _Vertex, times: int) -> None:
            neighbours.setdefault(a, []).extend([b] * times)
            neighbours.setdefault(b, []).extend([a] * times)

        nexts = iter(chosen)
        before = None
        for across, aisle in aisles:
            if before is not None:
                _, state = cast(tuple[int, _State], next(nexts))
                for value, crossing in zip(state, crossings, strict=False):
                    walk((before, crossing), (across, crossing), 0 if value == 0 else 1 if value % 2 else 2)
            before = across
            if self._hub:
                times, _ = cast(tuple[int, _State], next(nexts))
                walk((across, self._hub_at), (self.start.across, self.start.along), times)
            if aisle.touched:
                next(nexts)
            for stops, low, high in zip(aisle.pieces, crossings, crossings[1:], strict=False):
                places = [low, *sorted(stops), high]
                for (a, b), times in zip(pairwise(places), cast(_Option, next(nexts)).walked, strict=True):
                    walk((across, a), (across, b), times)
            for outermost, beyond in aisle.beyond.items():
                turn, crossing = 0, crossings[max(outermost, 0)]
                outwards = -1 if outermost < 0 else 1
                reached = sorted(beyond.items(), reverse=True)
                for (far, count), (nearer, _) in zip(reached, [*reached[1:], (0, 0)], strict=True):
                    turn = (turn + count) % 2
                    walk((across, crossing + outwards * far), (across, crossing + outwards * nearer), turn or 2)
        return neighbours

    def _order(self, spots: Sequence[Spot], neighbours: dict[_Vertex, list[_Vertex]]) -> list[int]:
        """The stops in the order in which a walk over all these pieces first comes to them (Hierholzer's way through them)."""
        stack, path = [(self.start.across, self.start.along)], []
        while stack:
            here = stack[-1]
            if ahead := neighbours.get(here):
                to = ahead.pop()
                neighbours[to].remove(here)
                stack.append(to)
            else:
                path.append(stack.pop())
        left: dict[_Vertex, list[int]] = {}
        for index, spot in enumerate(spots):
            left.setdefault((spot.across, spot.along), []).append(index)
        return [index for vertex in reversed(path) for index in left.pop(vertex, ())]


def _step(now: dict[int, int], options: _Options) -> dict[int, int]:
    """The cheapest way into each state after one of these moves."""
    new: dict[int, int] = {}
    for way, moves, _ in options:
        for state, cost in now.items():
            to, whole = moves[state], cost + way
            if to not in new or whole < new[to]:
                new[to] = whole
    return new


def _lead(now: dict[int, int], leads: _Leads, length: int) -> dict[int, int]:
    """The cheapest way into each state after going on by pieces of this length."""
    new: dict[int, int] = {}
    for state, cost in now.items():
        for pieces, to in leads[state]:
            whole = cost + pieces * length
            if to not in new or whole < new[to]:
                new[to] = whole
    return new
