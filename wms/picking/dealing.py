"""Goods dealt out one line after the other, where lines cannot be laid end to end: pure, and the model of what a strategy means.

A line takes the batches in their turn, as its rotation has them; where goods of one age lie in several bins, its bin choice decides among
those. What it may not have (another lot, too little life, a lot that sales has reserved for others) is passed over, and said.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from operator import attrgetter
from typing import Any, NamedTuple

from wms.catalog.models import BinChoice, Rotation

Reason = dict[str, Any]
_NEVER = 10**7
_MOST_PASSED = 3
_IN_TURN = attrgetter("batch_id", "stock_id")


@dataclass(frozen=True, slots=True)
class Strategy:
    """Which batch, and from which bin; and who says so: the customer, the product, or the site."""

    rotation: str = Rotation.FIFO.value
    bins: str = BinChoice.FACE_FIRST.value
    rotation_by: str = "product"
    bins_by: str = "site"


@dataclass(frozen=True, slots=True)
class Demand:
    """What one line still waits for, and what it will take."""

    line_id: int
    order_id: int
    product_id: int
    quantity: int
    lot_key: str | None
    min_days: int
    ship_complete: bool
    promised_in_full: bool
    strategy: Strategy = Strategy()
    one_batch: bool = False
    batch_id: int | None = None  # of which it has some already, where all is to be of one
    lot: str | None = None


class Supply(NamedTuple):
    """What is free of one stock row."""

    stock_id: int
    product_id: int
    free: int
    lot_key: str
    expires_on: dt.date | None
    batch_id: int = 0
    received_on: dt.date = dt.date.min
    lot: str = ""
    face: bool = False
    metres: int = 0  # millimetres from the place where picked goods go, along and across


@dataclass(frozen=True, slots=True)
class Dealt:
    """So much of a stock row for a line, and why."""

    line_id: int
    stock_id: int
    quantity: int
    reasons: list[Reason] = field(default_factory=list, compare=False)


def age_of(row: Supply, rotation: str) -> tuple[int, int]:
    """The row's place in the turn, in days: the smaller leaves first. Rows of equal age are of one turn."""
    received = row.received_on.toordinal()
    if rotation == Rotation.LIFO:
        return (0, -received)
    if rotation == Rotation.FEFO:
        return (row.expires_on.toordinal() if row.expires_on else _NEVER, received)
    return (0, received)


class Dealer:
    """The free goods of some products, dealt out line by line."""

    def __init__(
        self,
        supplies: Sequence[Supply],
        today: dt.date,
        *,
        window: int = 0,
        kept: Mapping[tuple[int, str], int] | None = None,
        packagings: Mapping[int, Sequence[int]] | None = None,
    ) -> None:
        """`window`: so many days apart, goods are of one age for strategies that choose bins by nearness, picks or packagings.
        `kept`: what sales has reserved of a lot. `packagings`: the sizes of each product's, in pieces."""
        self.today, self.window, self.packagings = today, window, packagings or {}
        self.free = {row.stock_id: row.free for row in supplies}
        self.kept = dict(kept or {})
        self.of_lot: dict[tuple[int, str], int] = {}
        self._rows: dict[int, list[Supply]] = {}
        for row in supplies:
            self._rows.setdefault(row.product_id, []).append(row)
        if self.kept:
            for row in supplies:
                key = (row.product_id, row.lot_key)
                self.of_lot[key] = self.of_lot.get(key, 0) + row.free
        self._days: dict[int, list[list[Supply]]] = {}
        self._turns: dict[tuple[int, str, int], list[list[Supply]]] = {}
        self._begin: dict[tuple[int, str, int], int] = {}

    # -- whole orders --------------------------------------------------------------------------------------------------

    def deal(self, demands: Sequence[Demand]) -> list[Dealt]:
        """One line after the other, orders together. An order that ships complete takes nothing when it cannot have everything."""
        dealt: list[Dealt] = []
        place = 0
        while place < len(demands):
            order_id, first = demands[place].order_id, place
            got: list[tuple[Demand, list[Dealt]]] = []
            whole = True
            while place < len(demands) and demands[place].order_id == order_id:
                line = demands[place]
                place += 1
                taken = self.serve(line)
                got.append((line, taken))
                whole = whole and sum(one.quantity for one in taken) == line.quantity and line.promised_in_full
            if demands[first].ship_complete and not whole:
                for line, taken in got:
                    self._put_back(line, taken)
                continue
            dealt += [one for _, taken in got for one in taken]
        return dealt

    def serve(self, line: Demand) -> list[Dealt]:
        """What this line gets now."""
        window = self.window if line.strategy.bins != BinChoice.FACE_FIRST else 0
        turns, begin = self._turns_of(line.product_id, line.strategy.rotation, window)
        passed: list[Reason] = []
        if line.one_batch:
            return self._one_batch(line, turns[begin:], passed)
        taken: list[Dealt] = []
        missing = line.quantity
        for rows in turns[begin:]:
            there = self._suitable(line, rows, passed)
            if not there:
                continue
            chosen = _choose(line, there, missing, self.packagings.get(line.product_id, ()))
            taken += self._take(line, chosen, len(there), passed, window)
            missing -= sum(amount for _, amount in chosen)
            if not missing:
                break
            for row in (row for row, _ in there if self.free[row.stock_id] > 0):
                _pass_over(passed, row, "kept")  # what is left of it is for those who named it
        return taken

    def _one_batch(self, line: Demand, turns: Sequence[Sequence[Supply]], passed: list[Reason]) -> list[Dealt]:
        """The first batch in turn that has all of it; of the batch that the line has some of already, whatever there is."""
        for rows in turns:
            batches: dict[int, list[tuple[Supply, int]]] = {}
            for row, amount in self._suitable(line, rows, passed):
                batches.setdefault(row.batch_id, []).append((row, amount))
            for batch_id, there in sorted(batches.items()):
                enough = sum(amount for _, amount in there)
                if line.batch_id is not None and batch_id != line.batch_id:
                    continue
                if line.batch_id is None and enough < line.quantity:
                    _pass_over(passed, there[0][0], "too_little", there=enough)
                    continue
                chosen = _choose(line, there, line.quantity, self.packagings.get(line.product_id, ()))
                return self._take(line, chosen, len(there), passed, 0)
        return []

    def against(self, line: Demand) -> list[Reason]:
        """What of the free goods this line may not have, and why."""
        too_old = 0
        suited: list[tuple[Supply, int]] = []
        for row in self._rows.get(line.product_id, ()):
            if line.lot_key is not None and row.lot_key != line.lot_key:
                continue
            if self._too_old(line, row):
                too_old += self.free[row.stock_id]
            else:
                suited.append((row, self.free[row.stock_id]))
        reasons: list[Reason] = []
        if line.lot_key is not None:
            reasons.append({"code": "lot", "lot": line.lot, "quantity": sum(amount for _, amount in suited)})
        if too_old:
            reasons.append({"code": "life", "days": line.min_days, "quantity": too_old})
        if line.lot_key is None and self.kept:
            lots = {(row.product_id, row.lot_key) for row, _ in suited}
            kept = sum(min(self.of_lot[lot], self.kept.get(lot, 0)) for lot in lots)
            if kept:
                reasons.append({"code": "kept", "quantity": kept})
        if line.one_batch and suited:
            batches: dict[int, int] = {}
            for row, amount in suited:
                batches[row.batch_id] = batches.get(row.batch_id, 0) + amount
            most = batches.get(line.batch_id, 0) if line.batch_id is not None else max(batches.values())
            reasons.append({"code": "one_batch", "quantity": most})
        return reasons

    # -- which rows ----------------------------------------------------------------------------------------------------

    def _turns_of(self, product_id: int, rotation: str, window: int) -> tuple[list[list[Supply]], int]:
        """The product's rows by age, the first to leave first; and where the first lie that are not used up."""
        key = (product_id, rotation, window)
        turns = self._turns.get(key)
        if turns is None:
            days = self._days.get(product_id)
            if days is None:
                days = self._days[product_id] = _by_days(self._rows.get(product_id, ()))
            turns = self._turns[key] = _by_age(days, rotation, window)
            self._begin[key] = 0
        begin = self._begin[key]
        while begin < len(turns) and not any(self.free[row.stock_id] for row in turns[begin]):
            begin += 1
        self._begin[key] = begin
        return turns, begin

    def _suitable(self, line: Demand, rows: Sequence[Supply], passed: list[Reason]) -> list[tuple[Supply, int]]:
        """The rows of one age that the line may have, with how much."""
        there: list[tuple[Supply, int]] = []
        left: dict[str, int] = {}
        for row in rows:
            amount = self.free[row.stock_id]
            if amount <= 0 or (line.lot_key is not None and row.lot_key != line.lot_key):
                continue
            if self._too_old(line, row):
                assert row.expires_on is not None, "what is too old expires"
                _pass_over(passed, row, "life", days=(row.expires_on - self.today).days, wanted=line.min_days)
                continue
            if self.kept and line.lot_key is None:
                allowed = left.setdefault(row.lot_key, self._not_kept(row))
                if allowed <= 0:
                    _pass_over(passed, row, "kept")
                    continue
                amount = min(amount, allowed)
                left[row.lot_key] = allowed - amount
            there.append((row, amount))
        return there

    def _too_old(self, line: Demand, row: Supply) -> bool:
        return bool(line.min_days) and row.expires_on is not None and row.expires_on < self.today + dt.timedelta(days=line.min_days)

    def _not_kept(self, row: Supply) -> int:
        key = (row.product_id, row.lot_key)
        return max(0, self.of_lot[key] - self.kept.get(key, 0))

    # -- taking --------------------------------------------------------------------------------------------------------

    def _take(self, line: Demand, chosen: Sequence[tuple[Supply, int]], places: int, passed: Sequence[Reason], window: int) -> list[Dealt]:
        reasons = why(line, places, passed, window)
        for row, amount in chosen:
            self._move(line, row, amount)
        return [Dealt(line.line_id, row.stock_id, amount, reasons) for row, amount in chosen]

    def _move(self, line: Demand, row: Supply, amount: int) -> None:
        self.free[row.stock_id] -= amount
        if self.kept:
            key = (row.product_id, row.lot_key)
            self.of_lot[key] -= amount
            if line.lot_key is not None:
                self.kept[key] = self.kept.get(key, 0) - amount

    def _put_back(self, line: Demand, taken: Sequence[Dealt]) -> None:
        rows = {row.stock_id: row for row in self._rows.get(line.product_id, ())} if taken else {}
        for one in taken:
            self._move(line, rows[one.stock_id], -one.quantity)
        for key in self._begin:
            if key[0] == line.product_id:
                self._begin[key] = 0


def _by_days(rows: Sequence[Supply]) -> list[list[Supply]]:
    """Rows that came in on one day and expire on one day, those of one batch together: of one age, whatever the rotation."""
    same: dict[tuple[dt.date | None, dt.date], list[Supply]] = {}
    for row in sorted(rows, key=_IN_TURN):
        same.setdefault((row.expires_on, row.received_on), []).append(row)
    return list(same.values())


def _by_age(days: Sequence[list[Supply]], rotation: str, window: int) -> list[list[Supply]]:
    """The same by age. With a window, ages count from the oldest goods there are, and so many days are one."""
    ages = [age_of(rows[0], rotation) for rows in days]
    if window and ages:
        first = [min(age[part] for age in ages) for part in (0, 1)]
        ages = [((expiry - first[0]) // (window + 1), (received - first[1]) // (window + 1)) for expiry, received in ages]
    groups: dict[tuple[int, int], list[list[Supply]]] = {}
    for age, rows in zip(ages, days, strict=True):
        groups.setdefault(age, []).append(rows)
    return [_joined(groups[age]) for age in sorted(groups)]


def _joined(parts: list[list[Supply]]) -> list[Supply]:
    return parts[0] if len(parts) == 1 else sorted([row for rows in parts for row in rows], key=_IN_TURN)


def _pass_over(passed: list[Reason], row: Supply, reason: str, **facts: int) -> None:
    if len(passed) < _MOST_PASSED and all(one["lot"] != row.lot for one in passed):
        passed.append({"lot": row.lot, "why": reason, **facts})


def why(line: Demand, places: int, passed: Sequence[Reason] = (), window: int = 0) -> list[Reason]:
    """Why this batch, and why this bin, as {code, …facts}."""
    strategy = line.strategy
    batch: Reason = {"code": strategy.rotation, "by": strategy.rotation_by}
    if line.lot_key is not None:
        batch = {"code": "lot_named", "lot": line.lot}
    if line.one_batch:
        batch["one_batch"] = True
    if passed:
        batch["passed"] = list(passed)
    bins: Reason = {"code": strategy.bins, "by": strategy.bins_by, "places": places}
    if window:
        bins["window"] = window
    return [batch, bins]


# -- among goods of one age --------------------------------------------------------------------------------------------

Rows = Sequence[tuple[Supply, int]]
Chosen = list[tuple[Supply, int]]


def _choose(line: Demand, there: Rows, missing: int, packagings: Sequence[int]) -> Chosen:
    """So much of these rows as is missing, or all of them where they have no more."""
    if line.strategy.bins == BinChoice.FEWEST_PICKS:
        return _fewest(there, missing)
    if line.strategy.bins == BinChoice.FULL_PACKAGING:
        return _full_packagings(there, missing, packagings)
    key: Callable[[tuple[Supply, int]], Any] = _nearest if line.strategy.bins == BinChoice.NEAREST else _face_first
    return _in_sequence(sorted(there, key=key), missing)


def _face_first(one: tuple[Supply, int]) -> tuple[bool, int, int]:
    return (not one[0].face, one[0].batch_id, one[0].stock_id)


def _nearest(one: tuple[Supply, int]) -> tuple[int, int, int]:
    return (one[0].metres, one[0].batch_id, one[0].stock_id)


def _in_sequence(there: Rows, missing: int) -> Chosen:
    chosen: Chosen = []
    for row, amount in there:
        taken = min(amount, missing)
        if taken <= 0:
            break
        chosen.append((row, taken))
        missing -= taken
    return chosen


def _fewest(there: Rows, missing: int) -> Chosen:
    """The fewest bins: the fullest first, and the last of them the least full that has the rest."""
    left = sorted(there, key=lambda one: (-one[1], *_face_first(one)))
    chosen: Chosen = []
    while left and missing > 0:
        enough = [one for one in left if one[1] >= missing]
        if enough:
            row, _ = min(enough, key=lambda one: (one[1], *_face_first(one)))
            return [*chosen, (row, missing)]
        row, amount = left.pop(0)
        chosen.append((row, amount))
        missing -= amount
    return chosen


def _full_packagings(there: Rows, missing: int, packagings: Sequence[int]) -> Chosen:
    """Full packagings, the largest first, from where they stand whole; loose pieces from the face, then from what is open already."""
    left = {row.stock_id: amount for row, amount in there}
    taken = dict.fromkeys(left, 0)
    sizes = sorted({size for size in packagings if size > 1}, reverse=True)

    def take(row: Supply, amount: int) -> None:
        nonlocal missing
        left[row.stock_id] -= amount
        taken[row.stock_id] += amount
        missing -= amount

    for size in sizes:
        for row, _ in sorted(there, key=lambda one: (one[0].face, one[0].batch_id, one[0].stock_id)):
            take(row, min(missing, left[row.stock_id]) // size * size)
    smallest = min(sizes, default=1)

    def open_first(one: tuple[Supply, int]) -> tuple[bool, bool, int, int]:
        row = one[0]
        return (not row.face, not left[row.stock_id] % smallest, row.batch_id, row.stock_id)

    for row, _ in sorted(there, key=open_first):
        take(row, min(missing, left[row.stock_id]))
    return [(row, taken[row.stock_id]) for row, _ in there if taken[row.stock_id]]
