"""Which orders are picked together, so that all the walks of a wave are short: orders and capacities in, batches out.

A batch is what one cart takes; its walk is the shortest through all its stops, measured by whoever calls. Carts are filled one after the
other to begin with, each with the orders that save most on it. A large neighbourhood search goes on (Shaw 1998; Žulj, Kramer and Schneider
2018 for orders): a few orders of carts that lie near each other are taken out and put back where they cost least, with a little chance
(Christiaens and Vanden Berghe 2020), and what comes out is kept by simulated annealing. Both choose by sketches, which take a few
additions; what looks good is measured exactly, no further than it would be of use, and only measured lengths decide what is kept.

There is always an answer: when time is up, or `stop` says so, it is the best so far. With `rounds` instead of seconds the same question
gets the same answer. An order is never divided; one that no cart takes goes alone.
"""

from __future__ import annotations

import math
import random
import time
from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from wms.routing.sketch import Outline, Sketch

_FAR = 10**15
_LOOKED_AT = 400  # orders that are looked at to find the next one for a cart, at most
_IN_HASTE = 40  # so many where there is no time at all
_WARM, _COLD = 0.01, 0.0005  # of the mean walk: how much worse a step may be, at first and in the end
_FEW, _FEW_WARM, _FEW_COLD = 60, 0.03, 0.001  # the same for so few orders: their search comes to an end, and must not get stuck
_CARTS = 60  # so many are looked at to find those near an order
_TWO_CARTS = 0.6  # how often orders of two carts are exchanged, and not of three
_SHARE = 0.2, 0.7  # of a cart's orders are taken out
_BLINK = 0.02
_DOUBT = 0.03  # a sketch that is so much longer than before may still be a shorter walk; the mean of it
_BREATH = 10  # rounds between two looks at the clock


class Lengths(Protocol):
    """How long the shortest walk through some stops is; `None` where it is `most` or longer. And roughly how long, quickly."""

    sketch: Sketch

    def within(self, stops: Iterable[Hashable], most: int) -> int | None: ...


@dataclass(frozen=True, slots=True)
class Order:
    """What is picked for one customer: its stops, and how much of each capacity of a cart it takes."""

    stops: frozenset[Hashable]
    load: tuple[int, ...]


@dataclass(frozen=True)
class Batches:
    """Which orders go together, by index; the millimetres of all walks, and of those that the search began with."""

    batches: list[list[int]]
    length: int
    length_at_first: int
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
    search = _Search(orders, capacity, lengths, limits, random.Random(seed))  # noqa: S311  (no secret)
    carts = search.filled()
    at_first = sum(cart.length for cart in carts)
    best, length, rounds = search.improved(carts)
    return Batches(sorted(sorted(batch) for batch in best), length, at_first, rounds, search.measured)


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


@dataclass(slots=True)
class _Cart:
    """A batch: its orders, its load, where its stops lie, roughly how long its walk is, and how long it is, once that is measured."""

    orders: list[int]
    load: list[int]
    stops: dict[int, int]  # of each piece of aisle, as bits
    low: int
    high: int
    roughly: int
    length: int = 0


class _Search:
    def __init__(self, orders: Sequence[Order], capacity: Sequence[int], lengths: Lengths, limits: Limits, chance: random.Random) -> None:
        self._lengths, self._sketch, self._limits, self._chance = lengths, lengths.sketch, limits, chance
        scarce = [at for at, most in enumerate(capacity) if sum(order.load[at] for order in orders) > most]
        self._capacity = [capacity[at] for at in scarce]
        self._loads = [[order.load[at] for at in scarce] for order in orders]
        self._room = [
            max([load / most for load, most in zip(mine, self._capacity, strict=True) if most], default=0) for mine in self._loads
        ]
        self._stops = [order.stops for order in orders]
        self._outlines: list[Outline] = [self._sketch.outline(stops) for stops in self._stops]
        self._alone = [self._sketch.length(one.parts, one.low, one.high) for one in self._outlines]
        self._known: dict[frozenset[int], int] = {frozenset(): 0}
        self.measured = 0

    # -- one cart ------------------------------------------------------------------------------------------------------------

    def _cart(self, orders: list[int]) -> _Cart:
        """A cart with these orders, not measured yet."""
        stops: dict[int, int] = {}
        low = high = self._sketch.start
        load = [0] * len(self._capacity)
        for number in orders:
            outline = self._outlines[number]
            for piece, bits in outline.parts:
                stops[piece] = stops.get(piece, 0) | bits
            low, high = min(low, outline.low), max(high, outline.high)
            load = [here + there for here, there in zip(load, self._loads[number], strict=True)]
        return _Cart(orders, load, stops, low, high, self._sketch.length(stops.items(), low, high))

    def _takes(self, cart: _Cart, number: int) -> bool:
        if not cart.orders:
            return True
        for here, there, most in zip(cart.load, self._loads[number], self._capacity, strict=True):  # noqa: SIM110  (asked a million times)
            if here + there > most:
                return False
        return True

    def _more(self, cart: _Cart, number: int) -> int:
        """Roughly how much longer its walk is with this order."""
        outline, pieces, stops = self._outlines[number], self._sketch.pieces, cart.stops
        more = 0
        if outline.low < cart.low:
            more = 2 * (cart.low - outline.low)
        if outline.high > cart.high:
            more += 2 * (outline.high - cart.high)
        for at, bits in outline.parts:
            before = stops.get(at, 0)
            both = before | bits
            if both != before:
                piece = pieces[at]
                more += piece[both] - piece[before] if before else piece[bits]
        return more

    def _add(self, cart: _Cart, number: int, more: int) -> None:
        outline, stops = self._outlines[number], cart.stops
        for piece, bits in outline.parts:
            stops[piece] = stops.get(piece, 0) | bits
        cart.low, cart.high = min(cart.low, outline.low), max(cart.high, outline.high)
        cart.load = [here + there for here, there in zip(cart.load, self._loads[number], strict=True)]
        cart.roughly += more
        cart.orders.append(number)

    def _measure(self, cart: _Cart, most: int = _FAR) -> bool:
        """Whether the shortest walk is shorter than `most`; then it is noted."""
        batch = frozenset(cart.orders)
        length = self._known.get(batch)
        if length is None:
            stops: set[Hashable] = set()
            stops.update(*[self._stops[number] for number in batch])
            self.measured += 1
            length = self._lengths.within(stops, most)
            if length is None:
                return False
            self._known[batch] = length
        cart.length = length
        return length < most

    # -- to begin with -------------------------------------------------------------------------------------------------------

    def filled(self) -> list[_Cart]:
        """One cart after the other begins with the order that is farthest to go for, and takes those that save most on it.
        Out of time, they are filled as the orders come."""
        looked_at = _IN_HASTE if self._limits.rounds == 0 else _LOOKED_AT
        left = sorted(range(len(self._stops)), key=lambda number: (self._alone[number], -number))
        carts: list[_Cart] = []
        while left and not self._out_of_time():
            cart = self._cart([left.pop()])
            while (number := self._best_of(cart, left, looked_at)) is not None:
                self._add(cart, number, self._more(cart, number))
                left.remove(number)
            carts.append(cart)
        for number in sorted(left):
            if carts and self._takes(carts[-1], number):
                self._add(carts[-1], number, self._more(carts[-1], number))
            else:
                carts.append(self._cart([number]))
        for cart in carts:
            self._measure(cart)
        return carts

    def _out_of_time(self) -> bool:
        limits = self._limits
        return limits.stop() if limits.seconds is None else limits.spent(0) >= 1 and limits.rounds != 0

    def _best_of(self, cart: _Cart, left: Sequence[int], looked_at: int) -> int | None:
        """Which of these orders saves most on this cart; none where it takes none."""
        some = left if len(left) <= looked_at else self._chance.sample(left, looked_at)
        best, least = None, _FAR
        for number in some:
            if self._takes(cart, number):
                more = self._more(cart, number) - self._alone[number]
                if more < least:
                    best, least = number, more
        return best

    # -- large neighbourhood search ------------------------------------------------------------------------------------------

    def improved(self, carts: list[_Cart]) -> tuple[list[list[int]], int, int]:
        """Takes a few orders out and puts them back, over and over; gives the best found, its length and the number of rounds."""
        limits, chance = self._limits, self._chance
        length = least = sum(cart.length for cart in carts)
        best = [list(cart.orders) for cart in carts]
        rounds, spent = 0, 0.0
        if len(carts) < 2:
            return best, least, rounds
        home = {number: cart for cart in carts for number in cart.orders}
        mean = length / len(carts)
        warm, cold = (_FEW_WARM, _FEW_COLD) if len(home) <= _FEW else (_WARM, _COLD)
        while True:
            if (rounds % _BREATH == 0 or rounds == limits.rounds) and (spent := limits.spent(rounds)) >= 1:
                break
            rounds += 1
            warmth = mean * warm * (cold / warm) ** spent
            touched = self._near(chance.randrange(len(self._stops)), carts, home)
            found = self._exchanged(touched, 1 - int(warmth * math.log(1 - chance.random())))
            if found is None:
                continue
            for cart in touched:
                carts.remove(cart)
                length -= cart.length
            for cart in found:
                carts.append(cart)
                length += cart.length
                for number in cart.orders:
                    home[number] = cart
            if length < least:
                best, least = [list(cart.orders) for cart in carts], length
        return best, least, rounds

    def _near(self, number: int, carts: list[_Cart], home: dict[int, _Cart]) -> list[_Cart]:
        """The cart of this order, and one or two others that it would go well on, by chance."""
        chance = self._chance.random
        mine = home[number]
        some = carts if len(carts) <= _CARTS else self._chance.sample(carts, _CARTS)
        wanted = 1 if chance() < _TWO_CARTS else 2
        ranked = sorted([(self._more(cart, number) * (0.3 + chance()), at) for at, cart in enumerate(some) if cart is not mine])
        return [mine, *(some[at] for _, at in ranked[:wanted])]

    def _exchanged(self, touched: list[_Cart], worse: int) -> list[_Cart] | None:
        """These carts with some orders put elsewhere among them, if all walks together are longer by less than `worse`."""
        chance = self._chance.random
        low, high = _SHARE
        share = low + (high - low) * chance()
        out: list[int] = []
        carts = []
        for cart in touched:
            kept: list[int] = []
            for number in cart.orders:
                (out if chance() < share else kept).append(number)
            carts.append(self._cart(kept))
        if not out:
            return None
        roughly = sum([cart.roughly for cart in touched])
        doubt = int(-roughly * _DOUBT * math.log(1 - chance()))
        limit = roughly + doubt + worse - sum([cart.roughly for cart in carts])
        self._sort(out)
        for number in out:
            more = self._put(carts, number, limit)
            if more is None:
                return None
            limit -= more
        before = {frozenset(cart.orders) for cart in touched}
        carts = [cart for cart in carts if cart.orders]
        if all(frozenset(cart.orders) in before for cart in carts):
            return None
        return carts if self._measured(carts, sum([cart.length for cart in touched]) + worse) else None

    def _measured(self, carts: list[_Cart], most: int) -> bool:
        """Whether all these walks together are shorter than `most`. No walk is shorter than its sketch."""
        most -= sum([cart.roughly for cart in carts])
        for cart in sorted(carts, key=lambda cart: -cart.roughly):
            if not self._measure(cart, most + cart.roughly):
                return False
            most -= cart.length - cart.roughly
        return True

    def _sort(self, out: list[int]) -> None:
        """By chance, or what takes most room first, or what is far first."""
        how = self._chance.random()
        if how < 0.4:
            self._chance.shuffle(out)
        elif how < 0.7:
            out.sort(key=self._alone.__getitem__, reverse=True)
        else:
            out.sort(key=self._room.__getitem__, reverse=True)

    def _put(self, carts: list[_Cart], number: int, most: int) -> int | None:
        """Puts an order on the cart whose walk it lengthens least, by less than `most`; gives roughly the millimetres more."""
        best, chance = None, self._chance.random
        for cart in carts:
            if chance() >= _BLINK and self._takes(cart, number):
                more = self._more(cart, number)
                if more < most:
                    best, most = cart, more
        if best is None:
            return None
        self._add(best, number, most)
        return most
