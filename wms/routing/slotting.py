"""Which product should stand in which pick face, so that pickers walk less: faces, products and past walks in, moves out.

Popular products belong near where walks begin (Heskett 1963, "Cube-per-order index: a key to warehouse stock location", Transportation and
Distribution Management 3; as each product keeps one face here, the index is how often it is asked for), products that are asked for
together near each other (Frazelle and Sharp 1989, "Correlated assignment strategy can improve any order-picking operation", Industrial
Engineering 21), and what counts in the end is the length of the walks (Mantel, Schuur and Heragu 2007, "Order oriented slotting: a new
assignment strategy for warehouses", European Journal of Industrial Engineering 1). So products are dealt out by how often they are asked
for, and then exchanged as long as that makes the past walks shorter, by sketches of them (`sketch`). What is asked for together needs no
rule of its own: it lies on the same walks.

**The past is believed as far as it tells.** Of five visits in a season most are chance, and who sorts by them sorts noise. How much of the
difference between products is more than chance follows from the counts themselves: what their variance is beyond their mean (an empirical
Bayes estimate, Robbins 1956, "An empirical Bayes approach to statistics"). With that share a visit counts for its own product, else for
any; and what was asked for together counts as such with the share that is found in the same way in the counts of pairs. So what is said to
be saved may be expected of weeks to come, and is not what would have been saved in the past.

Nobody moves two thousand products on an evening. Beside the arrangement in which everything has moved there is a short list of steps, each
an exchange of two products or one product taken to a free face, the one that saves most for each product carried first; each is worth what
is said once those before it are made (Kofler, Beham, Wagner and Affenzeller 2014, "Affinity based slotting in warehouses with dynamic order
patterns", weigh such healing against moving everything). What a face can hold is asked of whoever calls.

Lengths are millimetres over all the walks that were given. To weigh an exchange costs the visits of both products times the
stops of a walk. There is always an answer: when time is up, or `stop` says so, it is the best so far. With `rounds` instead of seconds the
same question gets the same answer.
"""

from __future__ import annotations

import random
from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Collection, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations, pairwise
from statistics import fmean, pvariance

from wms.routing.batching import Limits
from wms.routing.floor import Floor, Point
from wms.routing.sketch import Sketch

MOST_CARRIED = 10
_ENOUGH = 0.9  # of the past believed: then it is taken as it was
_VISITS = 200  # of each product on the walks that are weighed, where the past must be stretched
_STOPS = 20_000  # of all walks that are weighed
_SAMPLE = 100  # walks that tell what a visit to a face costs
_WEIGHED = 60  # exchanges that look best are weighed for each step
_LOOKED_AT = 120  # products and faces that are paired to find them
_SORTED = 3  # times that everything is dealt out anew by what visits cost then
_FOR_STEPS = 0.5  # of the time, at most
_DOUBT = 0.05  # of what visits cost: so much less than nothing may be expected of an exchange that is weighed
_WORTH = 0.0001  # of all walks: nobody carries a product for less
_BREATH = 10

Fits = Callable[[Hashable, Hashable], bool]
"""Whether a face holds what is kept of a product there: product, face."""


@dataclass(frozen=True, slots=True)
class Walk:
    """A walk as it was: the products that were taken from their faces, and where else it stopped."""

    products: frozenset[Hashable]
    elsewhere: frozenset[Hashable] = frozenset()


@dataclass(frozen=True, slots=True)
class Hall:
    """The floor, where walks begin and end, and where everything lies: faces, and the other places of the walks."""

    floor: Floor
    start: Point
    places: Mapping[Hashable, Point]


@dataclass(frozen=True, slots=True)
class Carry:
    """One product is carried from its face to another."""

    product: Hashable
    source: Hashable
    target: Hashable


@dataclass(frozen=True, slots=True)
class Step:
    """Two products exchange their faces, or one goes to a free face; and the millimetres that this saves, once those before are made."""

    carries: tuple[Carry, ...]
    saved: int


@dataclass(frozen=True)
class Advice:
    """What to move first, and how it would be if everything moved. `length` is that of the walks as things stand, `believed` the share of
    the differences between products that is not chance."""

    steps: tuple[Step, ...]
    ideal: Mapping[Hashable, Hashable]
    length: int
    saved_by_all: int
    believed: float
    rounds: int = 0

    @property
    def saved(self) -> int:
        """Millimetres that all the steps save."""
        return sum(step.saved for step in self.steps)


def advise(
    walks: Sequence[Walk],
    faces: Mapping[Hashable, Hashable],
    free: Iterable[Hashable],
    hall: Hall,
    fits: Fits,
    limits: Limits,
    *,
    most_carried: int = MOST_CARRIED,
    seed: int = 1,
) -> Advice:
    """What should move, given where each product stands now and which faces are free. A product stands in one face; a face holds one."""
    limits.begin()
    chance = random.Random(seed)  # noqa: S311  (no secret)
    products = sorted(faces, key=repr)
    believed = reliability(walks, products)
    weighed = _stretched(walks, products, believed, chance)
    if not weighed:
        return Advice((), dict(faces), 0, 0, believed)
    factor = sum(1 for walk in walks if not walk.products.isdisjoint(faces)) / len(weighed)
    visits = Counter(product for walk in walks for product in walk.products)
    mean = fmean(visits[product] for product in products)
    expected = {product: (believed * visits[product] + (1 - believed) * mean) / factor for product in products}
    search = _Search(weighed, dict(faces), sorted(free, key=repr), hall, fits, limits, chance, expected)
    chosen = search.steps(most_carried)
    few = search.best
    search = _Search(weighed, dict(faces), search.free_at_first, hall, fits, limits, chance, expected)
    dealt, rounds = search.rearrange()
    judge = _Judge(_stretched(walks, products, believed, chance), Rough(hall))
    length = judge.total(faces)
    ideal = min((search.best, dealt, few, faces), key=judge.total)  # out of time, the short list may be all there is
    shortest = judge.total(ideal)
    factor = sum(1 for walk in walks if not walk.products.isdisjoint(faces)) / len(judge.walks)
    return Advice(
        tuple(Step(step.carries, round(step.saved * factor)) for step in judge.worth(chosen, faces)),
        dict(ideal),
        round(length * factor),
        round((length - shortest) * factor),
        believed,
        rounds,
    )


class _Judge:
    """Says what is saved on other walks than those that were searched with: on those, some of what was found is found by chance."""

    def __init__(self, walks: Sequence[Walk], rough: Rough) -> None:
        self.walks, self._rough = walks, rough

    def total(self, faces: Mapping[Hashable, Hashable], products: Collection[Hashable] = ()) -> int:
        """All walks with products in these faces, or those on which some products are fetched."""
        length = self._rough.length
        some = [walk for walk in self.walks if not walk.products.isdisjoint(products)] if products else self.walks
        return sum([length([*[faces[product] for product in walk.products], *walk.elsewhere]) for walk in some])

    def worth(self, steps: Iterable[Step], faces: Mapping[Hashable, Hashable]) -> list[Step]:
        """The steps that save something, with what they save; those that follow from one that does not are left out with it."""
        now, left, least = dict(faces), set[Hashable](), _WORTH * self.total(faces)
        found = []
        for step in steps:
            touched = {end for carry in step.carries for end in (carry.source, carry.target)}
            after = {**now, **{carry.product: carry.target for carry in step.carries}}
            products = [carry.product for carry in step.carries]
            saved = 0 if touched & left else self.total(now, products) - self.total(after, products)
            if saved > least:
                now = after
                found.append(Step(step.carries, saved))
            else:
                left |= touched
        return found


def reliability(walks: Iterable[Walk], products: Sequence[Hashable]) -> float:
    """Which share of the differences in how often these products were asked for is more than chance: 0 none, 1 all."""
    counts = Counter(product for walk in walks for product in walk.products)
    visits = [counts[product] for product in products]
    if len(visits) < 2 or not any(visits):
        return 0.0
    spread = pvariance(visits)
    return max(0.0, 1 - fmean(visits) / spread) if spread else 0.0


def togetherness(walks: Iterable[Walk]) -> float:
    """The same of how often two products were asked for together, beyond what their popularity alone would bring."""
    visits, pairs = Counter[Hashable](), Counter[tuple[Hashable, Hashable]]()
    for walk in walks:
        visits.update(walk.products)
        pairs.update(combinations(sorted(walk.products, key=repr), 2))
    total = sum(pairs.values())
    squares = sum(count**2 for count in visits.values())
    possible = (sum(visits.values()) ** 2 - squares) / 2
    if not total or not possible:
        return 0.0
    share = total / possible  # of each two visits, so many were made together
    spread = share**2 * (squares**2 - sum(count**4 for count in visits.values())) / 2
    for (one, other), count in pairs.items():
        spread += count * (count - 2 * share * visits[one] * visits[other])
    return max(0.0, 1 - total / spread) if spread > 0 else 0.0


def _stretched(walks: Sequence[Walk], products: Sequence[Hashable], believed: float, chance: random.Random) -> list[Walk]:
    """The walks that are weighed: the past itself where it tells enough; else several times over, as it was as often as it is believed.
    What was asked for together is asked for together again, or each product for itself, as far as that is believed."""
    known = set(products)
    walks = [Walk(walk.products & known, walk.elsewhere) for walk in walks if walk.products & known]
    stops = sum(len(walk.products) + len(walk.elsewhere) for walk in walks)
    if not walks:
        return []
    together = togetherness(walks)
    if min(believed, together) >= _ENOUGH:
        return walks if stops <= _STOPS else chance.sample(walks, max(1, len(walks) * _STOPS // stops))
    pool = [product for walk in walks for product in sorted(walk.products, key=repr)]
    fetching: dict[Hashable, list[Walk]] = {}
    for walk in walks:
        for product in walk.products:
            fetching.setdefault(product, []).append(walk)
    asked = sorted(fetching, key=repr)
    times = max(1, min(_STOPS, _VISITS * len(products)) // stops)
    found = []
    for walk in walks * times:
        if chance.random() < together:
            alike = walk if chance.random() < believed else chance.choice(fetching[chance.choice(asked)])
            found.append(Walk(alike.products, walk.elsewhere))
            continue
        mine: set[Hashable] = set()
        for _ in walk.products:
            taken = chance.choice(pool if chance.random() < believed else products)
            while taken in mine:
                taken = chance.choice(products)
            mine.add(taken)
        found.append(Walk(frozenset(mine), walk.elsewhere))
    return found if stops * times <= _STOPS else chance.sample(found, max(1, len(found) * _STOPS // (stops * times)))


@dataclass(slots=True)
class _Seen:
    """A walk under weighing: its products, its other stops, how often it was walked, and all its lengths as things stand."""

    products: list[Hashable]
    elsewhere: list[Hashable]
    times: int
    length: int = 0


@dataclass(slots=True)
class _Exchange:
    """A product goes to a face, and what stands there, if anything does, to the face of the first."""

    product: Hashable
    other: Hashable | None
    target: Hashable

    @property
    def carried(self) -> int:
        return 1 if self.other is None else 2


class Rough:
    """Roughly how long walks are, and never more than they are: a sketch of each piece of aisle; who walks beyond a block passes through it
    there and back; and nobody walks less than to the farthest stop and back, which with few stops is most of it."""

    def __init__(self, hall: Hall) -> None:
        floor = hall.floor
        sketch = Sketch(floor, hall.start, hall.places)
        self._pieces, self._blocks = sketch.pieces, sketch.blocks
        self._at = {}
        for place, point in hall.places.items():
            spot = floor.spot(point)
            self._at[place] = (*sketch.outline([place]).parts[0], spot.across, spot.along)
        home = floor.spot(hall.start)
        self._across, self._along = home.across, home.along
        self._block = bisect_left(floor.crossings, home.along)
        self._passing = [0, *(2 * (high - low) for low, high in pairwise(floor.crossings)), 0]
        self._to_racks = 2 * min([abs(home.along - crossing) for crossing in floor.crossings], default=0)

    def length(self, stops: Iterable[Hashable]) -> int:
        """Of a walk through these places and back."""
        at, pieces = self._at, self._pieces
        parts: dict[int, int] = {}
        left = right = self._across
        low = high = self._along
        for stop in stops:
            piece, bit, across, along = at[stop]
            parts[piece] = parts.get(piece, 0) | bit
            if across < left:
                left = across
            elif across > right:
                right = across
            if along < low:
                low = along
            elif along > high:
                high = along
        if len(self._passing) > 3:
            walked = self._block_by_block(parts)
        else:
            walked = 0
            for piece, bits in parts.items():
                walked += pieces[piece][bits]
        return 2 * (right - left) + max(walked + self._to_racks, 2 * (high - low))

    def _block_by_block(self, parts: Mapping[int, int]) -> int:
        pieces, blocks, here = self._pieces, self._blocks, self._block
        along: dict[int, int] = {}
        for piece, bits in parts.items():
            block = blocks[piece]
            along[block] = along.get(block, 0) + pieces[piece][bits]
        low, high = min(along, default=here), max(along, default=here)
        for block in (*range(low + 1, here), *range(here + 1, high)):
            along[block] = max(along.get(block, 0), self._passing[block])
        return sum(along.values())


class _Search:
    """Products in faces, exchanged one after the other."""

    def __init__(
        self,
        walks: Sequence[Walk],
        faces: dict[Hashable, Hashable],
        free: list[Hashable],
        hall: Hall,
        fits: Fits,
        limits: Limits,
        chance: random.Random,
        expected: Mapping[Hashable, float],
    ) -> None:
        self._visits = expected
        self._hall, self._ask, self._limits, self._chance = hall, fits, limits, chance
        self._rough = Rough(hall)
        self._known: dict[tuple[Hashable, Hashable], bool] = {}
        self.face, self.free_at_first = faces, free
        self._there: dict[Hashable, Hashable | None] = {**dict.fromkeys(free), **{face: product for product, face in faces.items()}}
        self._walks = [
            _Seen(sorted(walk.products, key=repr), sorted(walk.elsewhere, key=repr), times) for walk, times in Counter(walks).items()
        ]
        self._of: dict[Hashable, list[int]] = {product: [] for product in faces}
        for number, walk in enumerate(self._walks):
            walk.length = self._length(walk)
            for product in walk.products:
                self._of[product].append(number)
        self._products = sorted(faces, key=repr)
        self._all_faces = sorted(self._there, key=repr)
        self._away = {face: hall.floor.distance(hall.start, hall.places[face]) for face in self._all_faces}

    @property
    def best(self) -> dict[Hashable, Hashable]:
        """Where each product stands."""
        return dict(self.face)

    def total(self) -> int:
        """Of all walks, sketched."""
        return sum([walk.length for walk in self._walks])

    # -- one exchange --------------------------------------------------------------------------------------------------------

    def _length(self, walk: _Seen) -> int:
        face = self.face
        return walk.times * self._rough.length([*[face[product] for product in walk.products], *walk.elsewhere])

    def _may(self, product: Hashable, face: Hashable) -> bool:
        key = (product, face)
        found = self._known.get(key)
        if found is None:
            found = self._known[key] = self._ask(product, face)
        return found

    def _fits(self, one: _Exchange) -> bool:
        return self._may(one.product, one.target) and (one.other is None or self._may(one.other, self.face[one.product]))

    def _exchange(self, product: Hashable, target: Hashable) -> _Exchange:
        return _Exchange(product, self._there[target], target)

    def _apply(self, one: _Exchange) -> None:
        source = self.face[one.product]
        self.face[one.product], self._there[one.target], self._there[source] = one.target, one.product, one.other
        if one.other is not None:
            self.face[one.other] = source

    def _more(self, one: _Exchange) -> tuple[int, list[tuple[int, int]]]:
        """How much longer the walks are after it, and the lengths of those that change."""
        source = self.face[one.product]
        touched = set(self._of[one.product])
        if one.other is not None:
            touched ^= set(self._of[one.other])  # who fetches both walks as before
        self._apply(one)
        lengths = [(number, self._length(self._walks[number])) for number in touched]
        self._apply(_Exchange(one.product, one.other, source))
        walks = self._walks
        return sum([length - walks[number].length for number, length in lengths]), lengths

    def _make(self, one: _Exchange, lengths: Iterable[tuple[int, int]]) -> None:
        self._apply(one)
        for number, length in lengths:
            self._walks[number].length = length

    # -- a short list --------------------------------------------------------------------------------------------------------

    def steps(self, most_carried: int) -> list[Step]:
        """The steps that save most for each product carried, one after the other."""
        made: list[Step] = []
        carried, cost = 0, self._costs()
        while carried < most_carried and self._limits.spent(0) < _FOR_STEPS:
            best, lengths, least = None, [], 0.0
            for one in self._promising(most_carried - carried, cost):
                more, changed = self._more(one)
                if more / one.carried < least:
                    best, lengths, least = one, changed, more / one.carried
                if self._limits.spent(0) >= 1:
                    break
            if best is None:
                break
            source = self.face[best.product]
            carries = [Carry(best.product, source, best.target)]
            if best.other is not None:
                carries.append(Carry(best.other, best.target, source))
            self._make(best, lengths)
            carried += best.carried
            made.append(Step(tuple(carries), -round(least * best.carried)))
        return made

    def _promising(self, most_carried: int, cost: Mapping[Hashable, float]) -> list[_Exchange]:
        """The exchanges that would save most if every visit to a face cost what it does on average."""
        mean, middle = fmean(self._visits.values()), fmean(cost.values())
        worth = {face: (mean - self._asked_at(face)) * (middle - cost[face]) for face in self._all_faces}  # most for who should have more
        cheap = sorted((face for face in self._all_faces if cost[face] < middle), key=lambda face: -worth[face])[:_LOOKED_AT]
        wanted = sorted(self._products, key=lambda product: (mean - self._visits[product]) * (cost[self.face[product]] - middle))
        found: list[tuple[float, int, _Exchange]] = []
        for product in wanted[:_LOOKED_AT]:
            for face in cheap:
                one = self._exchange(product, face)
                if face != self.face[product] and one.carried <= most_carried:
                    more = self._expected(one, cost)
                    if more < 0:
                        found.append((more / one.carried, len(found), one))
        some: list[_Exchange] = []
        for _, _, one in sorted(found):
            if self._fits(one):
                some.append(one)
                if len(some) == _WEIGHED:
                    break
        return some

    def _asked_at(self, face: Hashable) -> float:
        product = self._there[face]
        return 0.0 if product is None else self._visits[product]

    def _expected(self, one: _Exchange, cost: Mapping[Hashable, float]) -> float:
        """How much longer the walks would be if every visit to a face cost what it does on average."""
        return (self._visits[one.product] - self._asked_at(one.target)) * (cost[one.target] - cost[self.face[one.product]])

    def _costs(self) -> dict[Hashable, float]:
        """What a visit to each face adds to a walk, on average."""
        length_of, walks = self._rough.length, self._walks
        some = walks if len(walks) <= _SAMPLE else self._chance.sample(walks, _SAMPLE)
        bases = []
        for walk in some:
            left = walk.products[:]
            left.pop(self._chance.randrange(len(left)))
            stops = [*[self.face[product] for product in left], *walk.elsewhere]
            bases.append((stops, length_of(stops)))
        costs: dict[Hashable, float] = {}
        same: dict[tuple[int, int], float] = {}
        for face in self._all_faces:
            spot = self._hall.floor.spot(self._hall.places[face])
            key = (spot.across, spot.along)
            if key not in same:
                same[key] = sum([length_of([*stops, face]) - length for stops, length in bases]) / max(1, len(bases))
            costs[face] = same[key]
        return costs

    # -- everything ----------------------------------------------------------------------------------------------------------

    def rearrange(self) -> tuple[dict[Hashable, Hashable], int]:
        """Deals everything out anew and exchanges as long as the limits allow; how it was dealt out, and the number of rounds."""
        self._deal_out()
        dealt = self.best
        return dealt, self._improve()

    def _deal_out(self) -> None:
        """By distance, and by what visits cost; whichever is shorter."""
        best, least = self.best, self.total()
        costs: Mapping[Hashable, float] = self._away
        for _ in range(_SORTED):
            if self._limits.spent(0) >= 1:
                break
            self._sort(costs)
            if self.total() < least:
                best, least = self.best, self.total()
            costs = self._costs()
        self._become(best)

    def _sort(self, cost: Mapping[Hashable, float]) -> None:
        """The cheapest face takes the most popular product that it holds, if what stands there finds room where that comes from."""
        left = sorted(self._products, key=lambda product: (self._visits[product], repr(product)))
        for face in sorted(self._all_faces, key=lambda face: (cost[face], self._away[face], repr(face))):
            for place in range(len(left) - 1, -1, -1):
                product = left[place]
                if self.face[product] != face:
                    one = self._exchange(product, face)
                    if not self._fits(one):
                        continue
                    self._apply(one)
                left.pop(place)
                break
        self._measure()

    def _become(self, faces: Mapping[Hashable, Hashable]) -> None:
        self.face = dict(faces)
        self._there = {**dict.fromkeys(self._all_faces), **{face: product for product, face in faces.items()}}
        self._measure()

    def _measure(self) -> None:
        for walk in self._walks:
            walk.length = self._length(walk)

    def _improve(self) -> int:
        """Exchanges by chance, as long as the walks become shorter."""
        chance, limits, rounds = self._chance, self._limits, 0
        products, faces = self._products, self._all_faces
        if len(faces) < 2 or not products:
            return rounds
        cost = self._costs()
        doubt = _DOUBT * fmean(cost.values())
        while True:
            if (rounds % _BREATH == 0 or rounds == limits.rounds) and limits.spent(rounds) >= 1:
                return rounds
            rounds += 1
            one = self._exchange(chance.choice(products), chance.choice(faces))
            if one.other == one.product or not self._fits(one):
                continue
            if self._expected(one, cost) > doubt * (self._visits[one.product] + self._asked_at(one.target)):
                continue
            more, lengths = self._more(one)
            if more < 0:
                self._make(one, lengths)
