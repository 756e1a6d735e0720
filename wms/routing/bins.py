"""Which bins to take goods from, where the same goods lie in several (scattered storage; Weidinger 2018; Goeke and Schneider 2021).

Only bins that may be taken are given: first in, first out and first expired, first out are decided before, and what is left to choose
among are the bins of one batch, or of those batches that a stated window of age holds for equal. So no choice here breaks a rotation.

The cheapest bin is inserted into the walk, one after the other; then the bins of one article after the other are exchanged for cheaper
ones; then, as long as the budget lasts, the bins of a few neighbouring articles are taken out and chosen anew. What a choice costs is the
exact length of its walk, where the hall allows that.
"""

from __future__ import annotations

import random
import time
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from operator import add

from wms.routing.exact import Router
from wms.routing.floor import Floor, Point

BUDGET_MS = 100.0
_SEED = 1
_WINDOWS = 4  # so many narrow stretches of the hall are tried first
_MOST_ROUNDS = 100_000


@dataclass(frozen=True, slots=True)
class Bin:
    """Where some of an article lies."""

    point: Point
    article: Hashable
    quantity: int


@dataclass(frozen=True, slots=True)
class Choice:
    """How much to take from which bins (by their index), and the millimetres of the walk."""

    taken: dict[int, int]
    length: int


class TooLittle(ValueError):
    """All bins of an article together hold less than is wanted."""


def choose(
    bins: Sequence[Bin],
    wanted: Mapping[Hashable, int],
    floor: Floor,
    start: Point,
    end: Point | None = None,
    *,
    budget_ms: float = BUDGET_MS,
) -> Choice:
    """The bins to take what is wanted from, so that the walk from `start` to `end` is short. Raises TooLittle."""
    until = time.thread_time() + budget_ms / 1000
    search = _Search(bins, wanted, floor, start, end or start)
    chance = random.Random(_SEED)  # noqa: S311  (no secret)
    everything = {article: quantity for article, quantity in wanted.items() if quantity > 0}
    if not everything:
        return Choice({}, search.length([]))
    least, best = search.measured(search.fill([], everything, lines=search.windows()[0]))
    for lines in (*search.windows()[1:_WINDOWS], None):
        if time.thread_time() > until:
            break
        found = search.fill([], everything, lines=lines)
        if search.length(found) < least:
            least, best = search.measured(found)
    articles = [article for article in everything if len(search.bins_of[article]) > 1]
    improved = True
    while improved and time.thread_time() < until:  # one article after the other
        improved = False
        for article in articles:
            if time.thread_time() > until:
                break
            found = search.without(best, {one for one in best if bins[one].article == article})
            if found != best and search.length(found) < least:
                least, best = search.measured(found)
                improved = True
    for _ in range(_MOST_ROUNDS):
        if len(articles) < 2 or time.thread_time() > until:
            break
        gone, line = search.some(best, chance)
        found = search.without(best, gone, chance, shut=line)
        if sorted(found) != sorted(best) and search.length(found) <= least:
            least, best = search.measured(found)
    return Choice(search.quantities(best), least)


class _Search:
    """Walks over bins, each a list of their indices; start and end are the two places behind the last bin."""

    def __init__(self, bins: Sequence[Bin], wanted: Mapping[Hashable, int], floor: Floor, start: Point, end: Point) -> None:
        self._bins, self._wanted, self._floor = bins, wanted, floor
        self._start, self._end = start, end
        self.bins_of: dict[Hashable, list[int]] = {}
        for index, one in enumerate(bins):
            if one.quantity > 0 and wanted.get(one.article, 0) > 0:
                self.bins_of.setdefault(one.article, []).append(index)
        for article, quantity in wanted.items():
            if sum(bins[index].quantity for index in self.bins_of.get(article, ())) < quantity:
                raise TooLittle(article)
        self._points = [*(one.point for one in bins), start, end]
        self._spots = [floor.spot(point) for point in self._points]
        self._router = Router(floor, start, end)
        self._exact = self._router.covers([one.point for one in bins])
        self._to: dict[int, list[int]] = {}  # from a place to each
        self._from: dict[int, list[int]] = self._to if floor.is_free else {}
        self._by = [[abs(spot.along - crossing) for crossing in floor.crossings] for spot in self._spots]

    # -- how far -------------------------------------------------------------------------------------------------------------

    def length(self, walk: Sequence[int]) -> int:
        """How long the walk over these bins is: the shortest, or in this order where the shortest is not known."""
        if self._exact:
            return self._router.measure([self._spots[one] for one in walk])
        return sum(self._row(a, self._to, out=True)[b] for a, b in pairwise(self._whole(walk)))

    def measured(self, walk: list[int]) -> tuple[int, list[int]]:
        """Its length, and the walk in the order in which it is shortest."""
        if not self._exact:
            return self.length(walk), walk
        order, length = self._router.sequence([self._points[one] for one in walk])
        return length, [walk[place] for place in order]

    def _whole(self, walk: Sequence[int]) -> list[int]:
        return [len(self._bins), *walk, len(self._bins) + 1]

    def _row(self, one: int, rows: dict[int, list[int]], *, out: bool) -> list[int]:
        found = rows.get(one)
        if found is None:
            here, spots, between = self._spots[one], self._spots, self._floor.between
            if self._exact and here.inside:
                across, along, by = here.across, here.along, self._by[one]
                found = [
                    far + min(map(add, by, ways)) if (far := abs(across - spot.across)) else abs(along - spot.along)
                    for spot, ways in zip(spots, self._by, strict=True)
                ]
            else:
                found = [between(here, spot) if out else between(spot, here) for spot in spots]
            rows[one] = found
        return found

    # -- choosing ------------------------------------------------------------------------------------------------------------

    def fill(
        self,
        walk: list[int],
        missing: dict[Hashable, int],
        chance: random.Random | None = None,
        *,
        lines: tuple[int, int] | None = None,
        shut: int | None = None,
    ) -> list[int]:
        """Inserts into the walk the bins that cost least per piece, until nothing is missing; if wanted, bins between two lines only, or
        none from a line that is shut."""
        walk, missing, on_it = list(walk), dict(missing), set(walk)
        bins, spots, rows_to, rows_from = self._bins, self._spots, self._to, self._from
        open_bins = [one for article in missing for one in self.bins_of[article] if one not in on_it]
        if lines is not None:
            open_bins = [one for one in open_bins if lines[0] <= spots[one].across <= lines[1]]
        if shut is not None:
            open_bins = [one for one in open_bins if spots[one].across != shut]
        costs: dict[int, int] = {}
        behind: dict[int, int] = {}  # which place on the walk each is cheapest inserted behind
        fresh: list[tuple[int, int]] = list(pairwise(self._whole(walk)))
        stale = open_bins
        while True:
            edges = list(pairwise(self._whole(walk)))
            for one in stale:
                costs[one] = 1 << 60
            for some, which in ((edges, stale), (fresh, open_bins)):
                for a, b in some if which else ():
                    out, back = self._row(a, rows_to, out=True), self._row(b, rows_from, out=False)
                    base = out[b]
                    for one in which:
                        if (cost := out[one] + back[one] - base) < costs[one]:
                            costs[one], behind[one] = cost, a
            worths = [min(bins[one].quantity, missing[bins[one].article]) for one in open_bins]
            if chance is None:
                per_piece = [(costs[one] + 1) / worth for one, worth in zip(open_bins, worths, strict=True)]
            else:
                any_ = chance.random
                per_piece = [(costs[one] + 1) * (0.8 + 0.4 * any_()) / worth for one, worth in zip(open_bins, worths, strict=True)]
            turn = per_piece.index(min(per_piece))
            one, worth, before = open_bins[turn], worths[turn], behind[open_bins[turn]]
            article = bins[one].article
            whole = self._whole(walk)
            at = whole.index(before)
            walk.insert(at, one)
            missing[article] -= worth
            fresh = [(before, one), (one, whole[at + 1])]
            if not missing[article]:
                del missing[article]
                if not missing:
                    return self._spare(walk, article)
                length = len(walk)
                walk = self._spare(walk, article)
                open_bins = [other for other in open_bins if bins[other].article != article]
                if len(walk) < length:
                    stale, fresh = open_bins, []
                    continue
            else:
                open_bins = [other for other in open_bins if other != one]
            stale = [other for other in open_bins if behind[other] == before]

    def windows(self) -> list[tuple[int, int]]:
        """Stretches of the hall, as narrow as can be, in which everything wanted lies; those that need least walking across first."""
        at: dict[int, list[int]] = {}
        for bins in self.bins_of.values():
            for one in bins:
                at.setdefault(self._spots[one].across, []).append(one)
        lines, found = sorted(at), []
        missing = {article: quantity for article, quantity in self._wanted.items() if quantity > 0}
        short, right = len(missing), 0
        for left, line in enumerate(lines):
            while short and right < len(lines):
                for one in at[lines[right]]:
                    article, quantity = self._bins[one].article, self._bins[one].quantity
                    short -= 0 < missing[article] <= quantity
                    missing[article] -= quantity
                right += 1
            if short:
                break
            found.append((line, lines[max(right - 1, left)]))
            for one in at[line]:
                article, quantity = self._bins[one].article, self._bins[one].quantity
                missing[article] += quantity
                short += 0 < missing[article] <= quantity
        ends = [self._spots[-2].across, self._spots[-1].across]
        return sorted(found, key=lambda lines: max(*ends, lines[1]) - min(*ends, lines[0]))

    def _spare(self, walk: list[int], article: Hashable) -> list[int]:
        """Leaves out bins of the article that are not needed after all, the one that saves most first."""
        mine = [one for one in walk if self._bins[one].article == article]
        over = sum(self._bins[one].quantity for one in mine) - self._wanted[article]
        while len(mine) > 1 and (needless := [one for one in mine if self._bins[one].quantity <= over]):
            whole = self._whole(walk)
            at = {one: place for place, one in enumerate(whole)}

            def saved(one: int, whole: list[int] = whole, at: dict[int, int] = at) -> int:
                before, after = whole[at[one] - 1], whole[at[one] + 1]
                out, back = self._row(before, self._to, out=True), self._row(after, self._from, out=False)
                return out[one] + back[one] - out[after]

            gone = max(needless, key=saved)
            over -= self._bins[gone].quantity
            mine.remove(gone)
            walk = [one for one in walk if one != gone]
        return walk

    def without(self, walk: list[int], gone: set[int], chance: random.Random | None = None, *, shut: int | None = None) -> list[int]:
        """The walk without these bins, and with others for what is missing then; not from the line that is shut, if that can be."""
        kept = [one for one in walk if one not in gone]
        missing = {self._bins[one].article: self._wanted[self._bins[one].article] for one in gone}
        for one in kept:
            if (article := self._bins[one].article) in missing:
                missing[article] -= self._bins[one].quantity
        missing = {article: quantity for article, quantity in missing.items() if quantity > 0}
        if shut is not None and not self._can_shut(missing, set(kept), shut):
            shut = None
        return self.fill(kept, missing, chance, shut=shut) if missing else kept

    def _can_shut(self, missing: Mapping[Hashable, int], kept: set[int], shut: int) -> bool:
        bins, spots = self._bins, self._spots
        return all(
            sum(bins[one].quantity for one in self.bins_of[article] if one not in kept and spots[one].across != shut) >= quantity
            for article, quantity in missing.items()
        )

    def some(self, walk: list[int], chance: random.Random) -> tuple[set[int], int | None]:
        """A few bins that are walked to one after the other, all of one line (which is then shut), or any."""
        kind = chance.random()
        count = min(chance.randint(2, 6), len(walk))
        if kind < 0.35:
            line = self._spots[chance.choice(walk)].across
            return {one for one in walk if self._spots[one].across == line}, line
        if kind < 0.55:
            return set(chance.sample(walk, count)), None
        begin = chance.randrange(len(walk))
        return set(walk[begin : begin + count]), None

    def quantities(self, walk: Sequence[int]) -> dict[int, int]:
        """How much is taken from each bin: what it holds, as long as something is wanted."""
        left = dict(self._wanted)
        taken = {}
        for one in walk:
            article = self._bins[one].article
            taken[one] = min(self._bins[one].quantity, left[article])
            left[article] -= taken[one]
        return {one: quantity for one, quantity in taken.items() if quantity}
