"""Which orders are picked together, so that all the walks of a wave are short: orders and capacities in, batches out.

A batch is what one cart takes; its walk is the shortest through all its stops, measured by whoever calls. It begins with savings (Clarke
and Wright 1964; as de Koster, van der Poort and Wolters 1999 use them for orders, reckoned anew after each merger, with exact lengths)
and goes on with a large neighbourhood search (Shaw 1998; Žulj, Kramer and Schneider 2018 for orders): a few orders that go well together
are taken out and put back where they cost least, with a little chance (Christiaens and Vanden Berghe 2020), and what comes out is kept
by simulated annealing. Lengths are asked for with the most that would still be of use, so most of them are never reckoned out.

There is always an answer: when time is up, or `stop` says so, it is the best so far. With `rounds` instead of seconds the same question
gets the same answer. An order is never divided; one that no cart takes goes alone.
"""

from __future__ import annotations

import heapq
import math
import random
import time
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Protocol

_FAR = 10**15
_SMALL = 60  # up to so many orders all pairs are tried for savings; beyond it each order's most alike
_ALIKE = 24  # so many of them
_SAVINGS_SHARE = 0.4  # of the time, at most
_CANDIDATES = 8  # batches tried for an order, those first whose aisles it shares
_WARM, _COLD = 0.01, 0.0005  # of the mean walk: how much worse a step may be, at first and in the end
_TAKEN_OUT = 10
_BLINK = 0.02
_FEW_CARTS = 0.9
_GUESS = 1.2


class Lengths(Protocol):
    """How long the shortest walk through some stops is; `None` where it is `most` or longer."""

    def within(self, stops: Iterable[Hashable], most: int) -> int | None: ...


@dataclass(frozen=True, slots=True)
class Order:
    """What is picked for one customer: its stops, how much of each capacity of a cart it takes, and in which aisles it is (whatever
    else tells that orders lie near each other will do; without it, common stops do)."""

    stops: frozenset[Hashable]
    load: tuple[int, ...]
    aisles: frozenset[Hashable] = frozenset()


@dataclass(frozen=True)
class Batches:
    """Which orders go together, by index; the millimetres of all walks, and of those that the search began with."""

    batches: list[list[int]]
    length: int
    length_of_savings: int
    rounds: int
    measured: int


@dataclass(slots=True)
class Limits:
    """How long to search: seconds by `clock`, rounds, and until `stop` says so; whichever comes first."""

    seconds: float | None = None
    rounds: int | None = None
    stop: Callable[[], bool] = field(default=lambda: False)
    clock: Callable[[], float] = time.perf_counter
    _begin: float = 0.0

    def begin(self) -> None:
        """The time runs from now on."""
        assert self.seconds is not None or self.rounds is not None, "a search without limits does not end"
        self._begin = self.clock()

    def spent(self, rounds: int) -> float:
        """How much of what was allowed is used up; 1 or more where it is over."""
        if self.stop():
            return 1.0
        by_rounds = rounds / self.rounds if self.rounds else 0.0 if self.rounds is None else 1.0
        by_time = (self.clock() - self._begin) / self.seconds if self.seconds else 0.0 if self.seconds is None else 1.0
        return max(by_rounds, by_time)


def plan(orders: Sequence[Order], capacity: Sequence[int], lengths: Lengths, limits: Limits, *, seed: int = 1) -> Batches:
    """The orders in batches that no capacity is exceeded by, with walks as short as the time allows."""
    limits.begin()
    search = _Search(orders, tuple(capacity), lengths, limits, random.Random(seed))  # noqa: S311  (no secret)
    began = search.savings()
    best, rounds = search.improve(began)
    return Batches(
        sorted(sorted(_numbers(batch)) for batch in best),
        sum(search.length(batch) for batch in best),
        sum(search.length(batch) for batch in began),
        rounds,
        search.measured,
    )


def first_come(orders: Sequence[Order], capacity: Sequence[int]) -> list[list[int]]:
    """As they come: an order that does not go on the cart any more begins the next one."""
    batches: list[list[int]] = []
    room: list[int] = []
    for number, order in enumerate(orders):
        if batches and all(load <= left for load, left in zip(order.load, room, strict=True)):
            batches[-1].append(number)
        else:
            batches.append([number])
            room = list(capacity)
        room = [left - load for load, left in zip(order.load, room, strict=True)]
    return batches


# -- the search --------------------------------------------------------------------------------------------------------------
# A batch is a number whose bits are its orders.


def _numbers(batch: int) -> list[int]:
    found = []
    while batch:
        bit = batch & -batch
        found.append(bit.bit_length() - 1)
        batch ^= bit
    return found


@dataclass(slots=True)
class _Cart:
    """A batch with its load, the length of its walk and its aisles (as bits)."""

    batch: int
    load: tuple[int, ...]
    length: int
    aisles: int


class _Search:
    def __init__(self, orders: Sequence[Order], capacity: tuple[int, ...], lengths: Lengths, limits: Limits, chance: random.Random) -> None:
        self._capacity, self._lengths, self._limits, self._chance = capacity, lengths, limits, chance
        self._stops = [order.stops for order in orders]
        self._loads = [order.load for order in orders]
        self._room = [max([load / most for load, most in zip(order.load, capacity, strict=True) if most], default=0.0) for order in orders]
        self._count = len(orders)
        bits: dict[Hashable, int] = {}
        marks = [order.aisles or order.stops for order in orders]
        self._aisles = [sum(1 << bits.setdefault(mark, len(bits)) for mark in mine) for mine in marks]
        self._shares: list[list[float]] = []
        self._known: dict[int, int] = {0: 0}
        self._at_least: dict[int, int] = {}
        self.measured = 0

    def length(self, batch: int) -> int:
        """The millimetres of a batch's walk."""
        known = self._known.get(batch)
        if known is None:
            found = self._under(batch, _FAR)
            assert found is not None
            return found
        return known

    def _under(self, batch: int, most: int) -> int | None:
        """The same, if they are less than `most`."""
        known = self._known.get(batch)
        if known is not None:
            return known if known < most else None
        if self._at_least.get(batch, 0) >= most:
            return None
        stops: set[Hashable] = set()
        stops.update(*[self._stops[number] for number in _numbers(batch)])
        self.measured += 1
        found = self._lengths.within(stops, most)
        if found is None:
            self._at_least[batch] = most
        else:
            self._known[batch] = found
        return found

    def _fits(self, load: tuple[int, ...], more: tuple[int, ...]) -> bool:
        for here, there, most in zip(load, more, self._capacity, strict=True):  # noqa: SIM110  (asked a million times)
            if here + there > most:
                return False
        return True

    def _cart(self, batch: int) -> _Cart:
        numbers = _numbers(batch)
        load = tuple(map(sum, zip(*[self._loads[number] for number in numbers], strict=True)))
        aisles = 0
        for number in numbers:
            aisles |= self._aisles[number]
        return _Cart(batch, load, self.length(batch), aisles)

    # -- savings -------------------------------------------------------------------------------------------------------------

    def savings(self) -> list[int]:
        """Each order alone; then the two batches that save most are merged, again and again. Out of time, they are filled as they come.

        What a merged batch saves with a third is guessed first, from what its halves saved with it, and reckoned when its turn comes."""
        carts = {number: self._cart(1 << number) for number in range(self._count)}
        near: dict[int, dict[int, int]] = {number: {} for number in carts}  # what it saves with each
        queue: list[tuple[int, int, int, bool]] = []
        for number in carts:
            for other in self._most_alike(number):
                pair = min(number, other), max(number, other)
                if other not in near[number] and not self._short_of_time():
                    self._offer(queue, near, carts, *pair)
        while queue and not self._short_of_time():
            _, one, other, reckoned = heapq.heappop(queue)
            if one not in carts or other not in carts:
                continue
            if not reckoned:
                self._offer(queue, near, carts, one, other)
                continue
            merged = len(near)
            a, b = carts.pop(one), carts.pop(other)
            carts[merged] = self._cart(a.batch | b.batch)
            near[merged] = {}
            for third in (near[one].keys() | near[other].keys()) & carts.keys():
                if self._fits(carts[merged].load, carts[third].load):
                    guess = int(_GUESS * max(near[one].get(third, 0), near[other].get(third, 0)))
                    near[merged][third] = near[third][merged] = guess
                    heapq.heappush(queue, (-guess, third, merged, False))
        return self._filled(list(carts.values()))

    def _offer(
        self, queue: list[tuple[int, int, int, bool]], near: dict[int, dict[int, int]], carts: dict[int, _Cart], one: int, other: int
    ) -> None:
        """Reckons what two batches save together, and puts them in the queue where it is anything."""
        a, b = carts[one], carts[other]
        saving = 0
        if self._fits(a.load, b.load):
            apart = a.length + b.length
            together = self._under(a.batch | b.batch, apart)
            if together is not None:
                saving = apart - together
                heapq.heappush(queue, (-saving, one, other, True))
        near[one][other] = near[other][one] = saving

    def _most_alike(self, number: int) -> list[int]:
        others = [other for other in range(self._count) if other != number]
        if self._count <= _SMALL:
            return others
        return sorted(others, key=lambda other: self._unlike(number, other))[:_ALIKE]

    def _unlike(self, number: int, other: int) -> int:
        mine, theirs = self._aisles[number], self._aisles[other]
        return (mine ^ theirs).bit_count() - 2 * (mine & theirs).bit_count()

    def _short_of_time(self) -> bool:
        limits = self._limits
        return limits.stop() or (limits.seconds is not None and limits.spent(0) >= _SAVINGS_SHARE)

    def _filled(self, carts: list[_Cart]) -> list[int]:
        """What savings left half empty is filled up by what is small: fewer carts, fewer walks, where that is shorter."""
        carts.sort(key=lambda cart: (-cart.batch.bit_count(), cart.batch))
        filled: list[_Cart] = []
        for cart in carts:
            for place, into in enumerate(filled):
                if self._fits(into.load, cart.load) and (
                    (together := self._under(into.batch | cart.batch, into.length + cart.length)) is not None
                ):
                    load = tuple(a + b for a, b in zip(into.load, cart.load, strict=True))
                    filled[place] = _Cart(into.batch | cart.batch, load, together, into.aisles | cart.aisles)
                    break
            else:
                filled.append(cart)
        return [cart.batch for cart in filled]

    # -- large neighbourhood search ------------------------------------------------------------------------------------------

    def improve(self, batches: list[int]) -> tuple[list[int], int]:
        """Takes a few orders out and puts them back, over and over; gives the best found and the number of rounds."""
        carts = [self._cart(batch) for batch in batches]
        length = least = sum(cart.length for cart in carts)
        best, rounds = batches, 0
        if len(carts) < 2:
            return best, rounds
        near = self._neighbours()
        mean = length / len(carts)
        while (spent := self._limits.spent(rounds)) < 1:
            rounds += 1
            warmth = mean * _WARM * (_COLD / _WARM) ** spent
            limit = length + 1 - int(warmth * math.log(1 - self._chance.random()))
            found = self._round(carts, near, limit)
            if found is None:
                continue
            carts, length = found, sum(cart.length for cart in found)
            if length < least:
                best, least = [cart.batch for cart in carts], length
        return best, rounds

    def _neighbours(self) -> list[list[int]]:
        """For each order the others, those first that it goes well with: by what the pair saves where that is known."""
        alone = [self.length(1 << number) for number in range(self._count)]
        near = []
        for number in range(self._count):
            ranked = []
            for other in range(self._count):
                pair = self._known.get(1 << number | 1 << other)
                share = (pair or alone[number] + alone[other]) / ((alone[number] + alone[other]) or 1)
                ranked.append((share, self._unlike(number, other), other))
            self._shares.append([share for share, *_ in ranked])
            near.append([other for *_, other in sorted(ranked) if other != number])
        return near

    def _round(self, carts: list[_Cart], near: list[list[int]], limit: int) -> list[_Cart] | None:
        """One step: the carts with some orders put elsewhere, if all walks together are shorter than `limit`."""
        out = self._taken_out(carts, near)
        mask = sum(1 << number for number in out)
        kept: list[_Cart] = []
        for cart in carts:
            if not cart.batch & mask:
                kept.append(cart)
            elif rest := cart.batch & ~mask:
                kept.append(self._cart(rest))
        self._sort(out)
        whole = sum([cart.length for cart in kept])
        for number in out:
            if whole >= limit:
                return None
            more = self._put(kept, number, limit - whole)
            if more is None:
                return None
            whole += more
        return kept if whole < limit else None

    def _taken_out(self, carts: list[_Cart], near: list[list[int]]) -> list[int]:
        chance = self._chance
        seed = chance.randrange(self._count)
        how = chance.random()
        if how < _FEW_CARTS:  # some orders of few carts: of one, and of those with orders that go well with one of its
            wanted = chance.randint(2, 3)
            touched: list[int] = []
            for other in self._some_near(seed, near):
                batch = next(cart.batch for cart in carts if cart.batch >> other & 1)
                if batch not in touched:
                    touched.append(batch)
                    if len(touched) == wanted:
                        break
            share = chance.uniform(0.2, 0.7)
            out = [number for batch in touched for number in _numbers(batch) if number == seed or chance.random() < share]
            return out[: 2 * _TAKEN_OUT]
        size = chance.randint(1, min(_TAKEN_OUT, self._count))
        if how < _FEW_CARTS + (1 - _FEW_CARTS) * 0.45:  # one order and some that go well with it
            out = [seed]
            while len(out) < size:
                other = near[seed][int(len(near[seed]) * chance.random() ** 3)]
                if other not in out:
                    out.append(other)
            return out
        if how < _FEW_CARTS + (1 - _FEW_CARTS) * 0.9:
            return chance.sample(range(self._count), size)
        out = _numbers(chance.choice(carts).batch)  # a whole batch, and perhaps two orders more
        if chance.random() < 0.5:
            more = [chance.randrange(self._count) for _ in range(2)]
            out = list(dict.fromkeys([*out, *more]))
        return out

    def _some_near(self, seed: int, near: list[list[int]]) -> Iterator[int]:
        """This order, and others that go well with it, by chance."""
        yield seed
        for _ in range(3 * _TAKEN_OUT):
            yield near[seed][int(len(near[seed]) * self._chance.random() ** 2)]

    def _sort(self, out: list[int]) -> None:
        """By chance, or what takes most room first, or what is far first."""
        chance = self._chance
        chance.shuffle(out)
        how = chance.random()
        if how < 0.4:
            return
        if how < 0.8:
            out.sort(key=self._room.__getitem__, reverse=True)
        else:
            out.sort(key=lambda number: self.length(1 << number), reverse=True)

    def _put(self, carts: list[_Cart], number: int, most: int) -> int | None:
        """Puts an order on the cart whose walk it lengthens least, by less than `most`; gives the millimetres more."""
        bit, load, aisles, chance = 1 << number, self._loads[number], self._aisles[number], self._chance
        open_carts = [place for place, cart in enumerate(carts) if self._fits(cart.load, load) and chance.random() >= _BLINK]
        if len(open_carts) > _CANDIDATES:
            open_carts.sort(key=lambda place: (aisles & ~carts[place].aisles).bit_count())
            del open_carts[_CANDIDATES:]
        if len(open_carts) > 1:  # the likeliest first: then the others need not be reckoned out
            shares = self._shares[number]
            open_carts.sort(key=lambda place: min([shares[other] for other in _numbers(carts[place].batch)]))
        at = -1
        if not open_carts:
            alone = self.length(bit)
            if alone >= most:
                return None
            carts.append(_Cart(bit, load, alone, aisles))
            return alone
        for place in open_carts:
            cart = carts[place]
            found = self._under(cart.batch | bit, cart.length + most)
            if found is not None:
                at, most = place, found - cart.length
        if at < 0:
            return None
        cart = carts[at]
        whole = tuple([a + b for a, b in zip(cart.load, load, strict=True)])
        carts[at] = _Cart(cart.batch | bit, whole, cart.length + most, cart.aisles | aisles)
        return most
