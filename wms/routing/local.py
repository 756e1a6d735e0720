"""A short walk where the shortest cannot be reckoned: one-way and closed aisles, several places on open ground, halls of another shape.

It begins with good guesses and improves the best of them by turning stretches of it round (2-opt, Croes 1958), by exchanging neighbouring
stretches without turning them (Or 1976, as one case of 3-opt) and by moving short chains turned round; then it shakes a part of the walk
and improves again, as long as the budget lasts (iterated local search, Lourenço, Martin and Stützle 2003). A walk may be measured in one
direction only: there and back need not be equally far. There is always an answer, however small the budget.
"""

from __future__ import annotations

import random
import time
from collections.abc import Iterable, Sequence
from itertools import pairwise

Table = Sequence[Sequence[int]]

NEAR = 10  # so many nearest stops are looked at from each
_CHAIN = 3
_FEW = 7  # up to so many stops every walk is looked at
_SHAKEN = 30  # the part that is shaken is at most so long
_MOST_SHAKES = 100_000
_SEED = 1  # the same question gets the same answer, if it gets the same time


def search(table: Table, guesses: Iterable[Sequence[int]], *, budget_ms: float) -> list[int]:
    """The stops 0 … n-1 in walking order from place n to place n+1 of this table of distances. `guesses` are orders to begin with; the
    order by nearest neighbour is tried in any case."""
    count = len(table) - 2
    until = time.thread_time() + budget_ms / 1000
    if count < 2:
        return list(range(count))
    if count <= _FEW:
        return _least(table)
    walks = [nearest(table), *(list(guess) for guess in guesses)]
    walk = _Walk(table, min(walks, key=lambda order: length(table, order)))
    walk.improve(list(range(count)), until)
    chance = random.Random(_SEED)  # noqa: S311  (no secret)
    best, least = walk.path[:], walk.length()
    quiet = 0
    for _ in range(_MOST_SHAKES):
        if count < 5 or quiet > 60 * count or time.thread_time() > until:
            break
        walk.improve(walk.shake(chance), until)
        here = walk.length()
        if here < least:
            quiet = 0
        if here <= least:
            best, least = walk.path[:], here
        else:
            walk.go(best)
        quiet += 1
    return best[1:-1]


def length(table: Table, order: Sequence[int]) -> int:
    """How long a walk is that takes the stops in this order."""
    path = [len(table) - 2, *order, len(table) - 1]
    return sum([table[a][b] for a, b in pairwise(path)])


def nearest(table: Table) -> list[int]:
    """Always on to the nearest stop that is left."""
    here = len(table) - 2
    left, order = set(range(here)), []
    while left:
        row = table[here]
        here = min(left, key=lambda stop: (row[stop], stop))
        left.remove(here)
        order.append(here)
    return order


def _least(table: Table) -> list[int]:
    """The shortest of all walks: through each set of stops the shortest that ends at each of them (Held and Karp 1962)."""
    count = len(table) - 2
    best: dict[tuple[int, int], tuple[int, int]] = {(1 << stop, stop): (table[count][stop], -1) for stop in range(count)}
    for been in range(1, 1 << count):
        for last in range(count):
            if (here := best.get((been, last))) is None:
                continue
            row = table[last]
            for stop in range(count):
                if not been >> stop & 1:
                    key, whole = (been | 1 << stop, stop), here[0] + row[stop]
                    if key not in best or whole < best[key][0]:
                        best[key] = (whole, last)
    been = (1 << count) - 1
    last = min(range(count), key=lambda stop: best[been, stop][0] + table[stop][count + 1])
    order: list[int] = []
    while last >= 0:
        order.append(last)
        been, last = been & ~(1 << last), best[been, last][1]
    return order[::-1]


class _Walk:
    """A walk that is being improved: its path with both ends, and where on it each stop is."""

    def __init__(self, table: Table, order: Sequence[int]) -> None:
        count = len(order)
        self._table = table
        self._back = [list(column) for column in zip(*table, strict=True)]  # how far from each to one
        self._even = all(list(row) == column for row, column in zip(table, self._back, strict=True))
        self._near = [sorted((to for to in range(count) if to != one), key=table[one].__getitem__)[:NEAR] for one in range(count + 2)]
        self._near_to = [
            sorted((to for to in range(count) if to != one), key=self._back[one].__getitem__)[:NEAR] for one in range(count + 2)
        ]
        self.path = [count, *order, count + 1]
        self._at = [0] * (count + 2)
        self._surplus = [0] * (count + 2)
        self._settle(0)

    def go(self, path: list[int]) -> None:
        """Takes this path instead."""
        self.path[:] = path
        self._settle(0)

    def length(self) -> int:
        """How long it is."""
        table, path = self._table, self.path
        return sum([table[a][b] for a, b in pairwise(path)])

    def _settle(self, first: int) -> None:
        """Looks up anew where the stops are, and what more it costs to walk the path up to each backwards."""
        at, path = self._at, self.path
        for place in range(first, len(path)):
            at[path[place]] = place
        if not self._even:
            table, surplus, sum_ = self._table, self._surplus, 0
            for place in range(1, len(path)):
                a, b = path[place - 1], path[place]
                sum_ += table[b][a] - table[a][b]
                surplus[place] = sum_

    def shake(self, chance: random.Random) -> list[int]:
        """Exchanges two neighbouring stretches somewhere; gives the stops at their ends."""
        path, last = self.path, len(self.path) - 1
        span = min(_SHAKEN, last - 1)
        begin = chance.randrange(0, last - span + 1)
        i, j, k = sorted(chance.sample(range(begin, min(begin + span, last)), 3))
        ends = [path[i], path[i + 1], path[j], path[j + 1], path[k], path[k + 1]]
        path[i + 1 : k + 1] = path[j + 1 : k + 1] + path[i + 1 : j + 1]
        self._settle(i)
        return [end for end in ends if end < last - 1]

    def improve(self, queue: list[int], until: float) -> None:
        """Shortens the walk around these stops until nothing shortens it."""
        waiting = set(queue)
        while queue:
            stop = queue.pop()
            waiting.discard(stop)
            while (changed := self._turn_round(stop) or self._move_chain(stop) or self._exchange(stop)) is not None and changed:
                for one in changed:
                    if one not in waiting and one < len(self.path) - 2:
                        waiting.add(one)
                        queue.append(one)
                if time.thread_time() > until:
                    return

    def _turn_round(self, stop: int) -> tuple[int, ...]:
        table, path, at, surplus = self._table, self.path, self._at, self._surplus
        last = len(path) - 1
        for onward in (True, False):
            here = at[stop]
            beside = path[here + 1] if onward else path[here - 1]
            now = table[stop][beside] if onward else table[beside][stop]
            for other in self._near[stop] if onward else self._near_to[stop]:
                if self._even and table[stop][other] >= now:
                    break
                there = at[other]
                if onward:  # stop → beside … other → after  becomes  stop → other … beside → after
                    i, j = (here, there) if here < there else (there, here)
                else:
                    i, j = (here - 1, there - 1) if here < there else (there - 1, here - 1)
                if i < 0 or j >= last or i == j:
                    continue
                a, b, c, d = path[i], path[i + 1], path[j], path[j + 1]
                if table[a][c] + table[b][d] + surplus[j] - surplus[i + 1] < table[a][b] + table[c][d]:
                    path[i + 1 : j + 1] = path[i + 1 : j + 1][::-1]
                    self._settle(i)
                    return a, b, c, d
        return ()

    def _move_chain(self, stop: int) -> tuple[int, ...]:
        """Moves a chain of one to three that begins or ends here to beside a near stop, turned round or not."""
        table, path, at = self._table, self.path, self._at
        last = len(path) - 1
        here = at[stop]
        for size in range(1, _CHAIN + 1):
            for begin in {here, here - size + 1}:
                end = begin + size - 1
                if begin < 1 or end >= last:
                    continue
                before, first, final, after = path[begin - 1], path[begin], path[end], path[end + 1]
                gain = table[before][first] + table[final][after] - table[before][after]
                if gain <= 0:
                    continue
                turned = sum([table[b][a] - table[a][b] for a, b in zip(path[begin:end], path[begin + 1 : end + 1], strict=True)])
                for other in self._near_to[stop]:
                    there = at[other]
                    if begin <= there <= end:
                        continue
                    for a_at in (there, there - 1):
                        if a_at < 0 or begin - 1 <= a_at <= end:
                            continue
                        a, b = path[a_at], path[a_at + 1]
                        plain = table[a][first] + table[final][b] - table[a][b]
                        round_ = table[a][final] + table[first][b] - table[a][b] + turned
                        if min(plain, round_) < gain:
                            chain = path[begin : end + 1]
                            if round_ < plain:
                                chain.reverse()
                            del path[begin : end + 1]
                            to = a_at + 1 if a_at < begin else a_at + 1 - size
                            path[to:to] = chain
                            self._settle(min(begin, to))
                            return before, after, first, final, a, b
        return ()

    def _exchange(self, stop: int) -> tuple[int, ...]:
        """Exchanges two neighbouring stretches, the first of which begins behind this stop, without turning them."""
        table, path, at = self._table, self.path, self._at
        last = len(path) - 1
        i = at[stop]
        beside = path[i + 1]
        row, now = table[stop], table[stop][beside]
        for other in self._near[stop]:
            won = now - row[other]
            if won <= 0:
                break
            j = at[other] - 1
            if j <= i:
                continue
            end = path[j]
            won += table[end][other]
            from_end = table[end]
            for k in range(j + 1, last):
                c, d = path[k], path[k + 1]
                if won + table[c][d] - table[c][beside] - from_end[d] > 0:
                    path[i + 1 : k + 1] = path[j + 1 : k + 1] + path[i + 1 : j + 1]
                    self._settle(i)
                    return stop, beside, end, other, c, d
        return ()
