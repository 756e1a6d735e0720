"""Which cartons an order needs: as few as possible, and of those the smallest. The same order gets the same answer.

The smallest carton that takes everything is the answer where there is one. Where there is none, the carton that takes most is filled, as
often as the goods repeat what is in it, until what is left goes into one. Then each gives way to a smaller one that takes the same, and the
last two to any two that take the same and are smaller together.

The work is limited, not the time, so that the answer stays the same. An order of very many sizes or pieces is reckoned by volume alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from wms.cartons.goods import Goods, Plan, Size, grams_of, volume_of
from wms.cartons.loading import load

WORK = 60_000  # for a whole order: blocks that are looked at, some 50 ms
_ROUNDS = 24  # for one carton, as long as there is work left; one afterwards
_BLOCKS = 500
_PAIRS = 6  # of cartons that are tried in the end
_MANY = 40  # different sizes, or
_PIECES = 5_000  # in all: from so many on only their volume is reckoned,
_FULL = 0.75  # and a carton is full at so much of its own


@dataclass(frozen=True, slots=True)
class Carton:
    """A kind of carton: its inner size, and how much its content may weigh."""

    size: Size
    most_grams: int | None = None

    @property
    def volume(self) -> int:
        """Of its inside."""
        return self.size[0] * self.size[1] * self.size[2]


@dataclass(frozen=True, slots=True)
class Filled:
    """One carton of the kind with this index, what is in it, and where everything lies; no plan where only the volume was reckoned."""

    carton: int
    plan: Plan | None
    counts: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Choice:
    """The cartons in the order in which they are filled, and how many of each of the goods no carton takes."""

    cartons: list[Filled]
    left: tuple[int, ...]


def choose(goods: Sequence[Goods], cartons: Sequence[Carton], *, work: int = WORK, supported: bool = True) -> Choice:
    """The cartons for the goods of one order."""
    alike: dict[Goods, list[int]] = {}
    for index, kind in enumerate(goods):
        alike.setdefault(replace(kind, count=0), []).append(index)
    merged = [replace(kind, count=sum(goods[index].count for index in indices)) for kind, indices in alike.items()]
    choice = _Chooser(merged, cartons, work, supported).chosen()
    return choice if len(merged) == len(goods) else _told_apart(choice, list(alike.values()), goods)


def _told_apart(choice: Choice, alike: Sequence[Sequence[int]], goods: Sequence[Goods]) -> Choice:
    """The same cartons, with the goods again that were one for the search because they measure and weigh the same: one after the other,
    so that what is the same lies together.
    """
    waiting = [kind.count for kind in goods]
    left = [0] * len(goods)
    for number, without in enumerate(choice.left):
        for index, count in _next_of(alike[number], waiting, without):
            left[index] += count
    cartons = []
    for one in choice.cartons:
        taken = [_next_of(alike[number], waiting, count) for number, count in enumerate(one.counts)]
        counts = [0] * len(goods)
        for index, count in (part for parts in taken for part in parts):
            counts[index] += count
        plan = one.plan
        if plan is not None:
            following = [iter([index for index, count in parts for _ in range(count)]) for parts in taken]
            plan = replace(plan, placements=[replace(place, goods=next(following[place.goods])) for place in plan.placements])
        cartons.append(Filled(one.carton, plan, tuple(counts)))
    return Choice(cartons, tuple(left))


def _next_of(indices: Sequence[int], waiting: list[int], count: int) -> list[tuple[int, int]]:
    """So many of these goods, of the first that still wait."""
    parts = []
    for index in indices:
        part = min(count, waiting[index])
        if part:
            parts.append((index, part))
            waiting[index] -= part
            count -= part
    return parts


class _Chooser:
    """One order's goods and the kinds of carton, smallest first; `counts` are of the goods, by index."""

    def __init__(self, goods: Sequence[Goods], cartons: Sequence[Carton], work: int, supported: bool) -> None:
        self.goods, self.cartons, self.work, self.supported = goods, cartons, work, supported
        self.smallest_first = sorted(range(len(cartons)), key=lambda index: (cartons[index].volume, cartons[index].size, index))

    def chosen(self) -> Choice:
        left = tuple(0 if self._fits_somewhere(kind) else kind.count for kind in self.goods)
        counts = tuple(kind.count - without for kind, without in zip(self.goods, left, strict=True))
        filled: list[Filled] = []
        while any(counts):
            if self.work <= 0 or sum(count > 0 for count in counts) > _MANY or sum(counts) > _PIECES:
                return Choice([*filled, *self._by_volume(counts)], left)
            last = self._one(counts)
            if last is not None:
                filled.append(last)
                break
            fullest = self._fullest(counts)
            times = min(have // taken for have, taken in zip(counts, fullest.counts, strict=True) if taken)
            counts = tuple(have - times * taken for have, taken in zip(counts, fullest.counts, strict=True))
            filled += [self._one(fullest.counts) or fullest] * times
        return Choice(self._last_two_smaller(filled), left)

    def _fits_somewhere(self, kind: Goods) -> bool:
        return any(_takes(carton, kind) for carton in self.cartons)

    def _of(self, counts: Sequence[int]) -> list[Goods]:
        return [replace(kind, count=count) for kind, count in zip(self.goods, counts, strict=True)]

    def _one(self, counts: Sequence[int]) -> Filled | None:
        """The smallest carton that takes all of this; none where it needs several."""
        goods = self._of(counts)
        volume = volume_of(goods)
        for index in self.smallest_first:
            if self._could_take(index, goods):
                filled, inside = self._filled(index, goods)
                if inside == volume:
                    return filled
        return None

    def _could_take(self, index: int, goods: Sequence[Goods]) -> bool:
        """Whether that is not out of the question, by volume, weight and the size of each."""
        carton = self.cartons[index]
        if carton.volume < volume_of(goods) or (carton.most_grams is not None and carton.most_grams < grams_of(goods)):
            return False
        return all(_takes(carton, kind) for kind in goods if kind.count)

    def _fullest(self, counts: Sequence[int]) -> Filled:
        """The carton that takes most of this."""
        goods = self._of(counts)
        best: Filled | None = None
        most = 0
        for index in reversed(self.smallest_first):
            if self.cartons[index].volume > most:
                filled, inside = self._filled(index, goods)
                if inside > most:
                    best, most = filled, inside
        assert best is not None, "goods that no carton takes are left out"
        return best

    def _filled(self, index: int, goods: Sequence[Goods]) -> tuple[Filled, int]:
        """With as much as goes in, and its volume."""
        carton = self.cartons[index]
        plan = load(
            carton.size,
            goods,
            rounds=_ROUNDS,
            work=max(0, self.work),
            most_grams=carton.most_grams,
            supported=self.supported,
            most_blocks=_BLOCKS,
        )
        self.work -= plan.work
        return Filled(index, plan, tuple(plan.counts(len(goods)))), plan.volume

    def _by_volume(self, counts: tuple[int, ...]) -> list[Filled]:
        """In the order of the goods, each carton as full as it may be, and then the smallest that does."""
        filled: list[Filled] = []
        while any(counts):
            inside = [0] * len(counts)
            volume = grams = 0
            possible = self.smallest_first
            for index, (count, kind) in enumerate(zip(counts, self.goods, strict=True)):
                room = [one for one in possible if count and _takes(self.cartons[one], kind)]
                more = min(count, max((self._room_for(one, kind, volume, grams) for one in room), default=0))
                if more:
                    inside[index] = more
                    volume, grams = volume + more * kind.volume, grams + more * kind.grams
                    possible = [one for one in room if self._room_for(one, kind, volume, grams) >= 0]
            if not any(inside):  # a piece that fills a carton nearly alone
                index = next(index for index, count in enumerate(counts) if count)
                inside[index] = 1
                possible = [one for one in self.smallest_first if _takes(self.cartons[one], self.goods[index])]
            filled.append(Filled(possible[0], None, tuple(inside)))
            counts = tuple(have - taken for have, taken in zip(counts, inside, strict=True))
        return filled

    def _room_for(self, index: int, kind: Goods, volume: int, grams: int) -> int:
        """How many of them still go to so much in a carton; negative where it is too much already."""
        carton = self.cartons[index]
        more = (int(carton.volume * _FULL) - volume) // kind.volume
        if carton.most_grams is not None:
            left = carton.most_grams - grams
            if left < 0:
                return -1
            if kind.grams:
                more = min(more, left // kind.grams)
        return more

    def _last_two_smaller(self, filled: list[Filled]) -> list[Filled]:
        """The last two cartons are what is left over from filling; two smaller ones may take the same."""
        if len(filled) < 2:
            return filled
        *before, first, second = filled
        counts = tuple(one + other for one, other in zip(first.counts, second.counts, strict=True))
        goods = self._of(counts)
        volume, grams = volume_of(goods), grams_of(goods)
        now = self.cartons[first.carton].volume + self.cartons[second.carton].volume
        tried = 0
        for together, one, other in self._pairs():
            if together >= now or tried == _PAIRS:
                break
            if together < volume or self._too_heavy(one, other, grams):
                continue
            tried += 1
            begun, _ = self._filled(one, goods)
            rest = tuple(have - taken for have, taken in zip(counts, begun.counts, strict=True))
            last = self._one(rest) if any(rest) and any(begun.counts) else None
            if last is not None and self.cartons[last.carton].volume <= self.cartons[other].volume:
                return [*before, begun, last]
        return filled

    def _pairs(self) -> list[tuple[int, int, int]]:
        """Volume together, the larger one, the smaller one; smallest together first."""
        found = []
        for place, smaller in enumerate(self.smallest_first):
            for larger in self.smallest_first[place:]:
                found.append((self.cartons[smaller].volume + self.cartons[larger].volume, larger, smaller))
        return sorted(found)

    def _too_heavy(self, one: int, other: int, grams: int) -> bool:
        limits = [self.cartons[index].most_grams for index in (one, other)]
        return all(limit is not None for limit in limits) and sum(limit or 0 for limit in limits) < grams


def _takes(carton: Carton, kind: Goods) -> bool:
    """Whether one of the goods goes in at all."""
    if carton.most_grams is not None and kind.grams > carton.most_grams:
        return False
    return any(all(edge <= side for edge, side in zip(way, carton.size, strict=True)) for way in kind.ways())
