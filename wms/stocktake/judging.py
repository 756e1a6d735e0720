"""A counted place is judged: what those who counted come to, who counts once more, what a supervisor decides, what is done by itself."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from wms.actor import Actor
from wms.catalog.models import Product, Tracking
from wms.catalog.worth import worth
from wms.db import among, session
from wms.stock.ledger import LARGEST
from wms.stocktake import counts, doubts, posting, tolerances
from wms.stocktake import rules as site_rules
from wms.stocktake.classes import class_column
from wms.stocktake.models import CountEntry, CountLine, CountPlace, CountPlan, CountVisit, PlaceState
from wms.tasks import queue
from wms.tasks.models import Task, TaskKind, TaskStatus

P = PlaceState
ENOUGH = 3
"""So many people count a place; where no two of them agree, a supervisor decides."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the numbers of one line come to."""

    settled: bool
    voice: CountEntry | None = None
    disputed: bool = False


def verdict(voices: Sequence[CountEntry], allowed: int) -> Verdict:
    """Two must agree, as near as the tolerance goes: two people, or one and the book. Of those who agree the last one is right.

    One who differs from the book is counted after; of two who disagree a third decides; where three disagree, who approves decides. Who
    counted last may agree with the book alone; what the book and somebody before them said is what those who came after have not found.
    """
    if not voices:
        return Verdict(False)
    for place in reversed(range(len(voices))):
        one = voices[place]
        others = [other.difference for other in voices[:place]]
        if one is voices[-1]:
            others.append(0)
        if any(abs(one.difference - other) <= allowed for other in others):
            return Verdict(True, one)
        if len(voices) < ENOUGH:
            break
    disputed = len(voices) >= ENOUGH
    return Verdict(disputed, voices[-1], disputed)


def judge(place: CountPlace, *, by: Actor) -> None:
    """Moves a place on after somebody has closed it, or work in hand there has ended; the place is locked."""
    session.flush()
    waits = doubts.follow(place)
    count = session.get_one(CountPlan, place.count_id)
    lines = counts.lines_at(place.id)
    entries = voices_of(place)
    rules = Tolerances(count, {line.product_id for line in lines})
    swapped = _swapped(lines, entries)
    unsettled: list[CountLine] = []
    said = _said(place)
    for line in lines:
        if line.id not in said:  # written down by somebody who went away, or brought by another place's count: nobody here speaks of it
            continue
        voices = entries[line.id]
        line.allowed = 0 if line.id in swapped else rules.allowed(line.product_id, voices[-1] if voices else None)
        found = verdict(voices, line.allowed)
        line.disputed = found.disputed
        if found.voice is not None:
            line.difference, line.taken_at = found.voice.difference, found.voice.at
        if not found.settled:
            unsettled.append(line)
    place.stake = sum(rules.worth(line.product_id, abs(line.difference or 0)) for line in lines)
    session.flush()
    if waits:
        _keep_in_doubt(place, P.COUNTED)
    elif unsettled:
        disagree = any(len(entries[line.id]) > 1 for line in unsettled)
        counts.put(place, P.THIRD if disagree or place.state == P.THIRD else P.RECOUNT)
        _offer_again(place, count)
    elif any(needs_decision(line) for line in lines):
        _keep_in_doubt(place, P.REVIEW)
    elif _post(place, by=by):
        counts.put(place, P.POSTED)
    else:
        _keep_in_doubt(place, P.REVIEW)


def _post(place: CountPlace, *, by: Actor) -> bool:
    """Posts what needs no decision. Where what is missing cannot be given up by itself, who approves is asked: whoever counted can do
    nothing about it."""
    try:
        with session.begin_nested():
            posting.post([place], by=by)
            posting.block_expired([place], by=by)
    except posting.ReservedGoodsMissing:
        return False
    return True


def needs_decision(line: CountLine) -> bool:
    """Whether somebody else has to say that the difference is right."""
    return line.disputed or abs(line.difference or 0) > line.allowed


def voices_of(place: CountPlace, *, unfinished: bool = False) -> dict[int, list[CountEntry]]:
    """What each who has done with the place counted (or is at it still), by line, in their sequence; numbers that tell nothing are left
    out."""
    open_still = sa.select(CountVisit.person_id).where(CountVisit.place_id == place.id, CountVisit.closed_at.is_(None))
    rows = sa.select(CountEntry).join(CountLine, CountLine.id == CountEntry.line_id).where(CountLine.place_id == place.id)
    rows = rows.order_by(CountEntry.at, CountEntry.id)
    if not unfinished:
        rows = rows.where(CountEntry.person_id.not_in(open_still))
    unclear = doubts.unclear_entries(place.id)
    found: dict[int, list[CountEntry]] = defaultdict(list)
    for entry in session.execute(rows).scalars():
        if entry.id not in unclear:
            found[entry.line_id].append(entry)
    return found


def _said(place: CountPlace) -> set[int]:
    """The lines that anybody who has done with the place has counted, whatever their number tells."""
    done = sa.select(CountVisit.person_id).where(CountVisit.place_id == place.id, CountVisit.closed_at.is_not(None))
    rows = sa.select(CountEntry.line_id).join(CountLine, CountLine.id == CountEntry.line_id).where(CountLine.place_id == place.id)
    return set(session.execute(rows.where(CountEntry.person_id.in_(done))).scalars())


def _swapped(lines: Sequence[CountLine], entries: dict[int, list[CountEntry]]) -> set[int]:
    """More of one sort and less of another of the same product: goods that have changed their condition, owner or lot. No tolerance covers
    that."""
    off = [(line, voices[-1].difference) for line in lines if (voices := entries[line.id]) and voices[-1].difference]
    return {
        line.id
        for line, much in off
        if any(
            other.product_id == line.product_id
            and (much > 0) != (its > 0)
            and (other.condition, other.owner_id, other.lot_key) != (line.condition, line.owner_id, line.lot_key)
            for other, its in off
        )
    }


class Tolerances:
    """How large a difference needs no second look: by the count, and by the class of the product."""

    def __init__(self, count: CountPlan, products: Iterable[int]) -> None:
        self.count = count
        columns = (Product.id, Product.tracking, Product.unit_value, Product.decimals, class_column(count.site_id).label("abc"))
        rows = session.execute(sa.select(*columns).where(among(Product.id, sorted(set(products)))))
        self.products = {row.id: row for row in rows}
        self.limit = site_rules.of_site(count.site_id).approval_limit
        said = tolerances.of_site(count.site_id)
        self.classes = {abc: one if one != tolerances.Tolerance() else said[""] for abc, one in said.items()}

    def allowed(self, product_id: int, entry: CountEntry | None) -> int:
        """In units: the most of what the count, the class in units and the class in percent of the book allow; but not more than is worth
        what the class allows. A piece with a serial number is never a little less.

        What a count allows was said by whoever opened it: it does not hold for what they count themselves, nor beyond what a supervisor
        may approve.
        """
        product = self.products[product_id]
        if product.tracking == Tracking.SERIAL:
            return 0
        rule = self.classes.get((product.abc or "").upper()) or self.classes[""]
        book = max(0, entry.book + entry.correction) if entry is not None else 0
        own = 0 if entry is not None and entry.person_id == self.count.by_id else self.count.tolerance
        if self.limit is not None:
            own = min(own, _units_worth(self.limit, product)) if product.unit_value is not None else 0
        most = max(own, rule.units or 0, book * (rule.percent or 0) // 100)
        if rule.value is not None and product.unit_value:
            most = min(most, _units_worth(rule.value, product))
        return int(most)

    def any(self) -> bool:
        """Whether any difference at all may be posted by itself."""
        return self.count.tolerance > 0 or any(one.units or one.percent for one in self.classes.values())

    def worth(self, product_id: int, quantity: int) -> int:
        """What so many base units are worth in the books."""
        product = self.products[product_id]
        return worth(quantity, product.unit_value, product.decimals)


def _units_worth(value: int, product: Any) -> int:
    """How many base units of a product are worth no more than so much."""
    return int(value * 10**product.decimals // product.unit_value) if product.unit_value else LARGEST


# -- the work ----------------------------------------------------------------------------------------------------------


def visitors(place_id: int) -> list[int]:
    """Who has counted a place, the first one first."""
    rows = sa.select(CountVisit.person_id).where(CountVisit.place_id == place_id).order_by(CountVisit.opened_at, CountVisit.id)
    return list(session.execute(rows).scalars())


def _work(place: CountPlace) -> Task | None:
    return session.get(Task, place.task_id, populate_existing=True) if place.task_id else None


def _offer_again(place: CountPlace, count: CountPlan) -> None:
    """The place is offered to somebody who has not counted it. Where goods were missed they stay in doubt: the task names them again."""
    task = _work(place)
    if task is not None and task.status in (TaskStatus.OPEN, TaskStatus.CLAIMED):
        return
    _end_work(task)
    been = visitors(place.id)
    place.task_id = queue.offer(
        TaskKind.COUNT,
        site_id=count.site_id,
        document=count.number,
        source_id=place.location_id,
        product_id=task.product_id if task else None,
        batch_id=task.batch_id if task else None,
        priority=6,
        reasons=[{"code": "recount"}],
        not_by_id=been[-1] if been else None,
        nor_by_id=been[-2] if len(been) > 1 else None,
    ).id


def _keep_in_doubt(place: CountPlace, state: PlaceState) -> None:
    """A counted place is no work for anybody any more. Where goods were missed they stay in doubt until a supervisor has decided: their
    task waits for that."""
    counts.put(place, state)
    task = _work(place)
    if task is None or task.status == TaskStatus.WAITING:
        return
    _end_work(task)
    if task.product_id is not None:
        count = session.get_one(CountPlan, place.count_id)
        place.task_id = queue.offer(
            TaskKind.COUNT,
            site_id=count.site_id,
            status=TaskStatus.WAITING,
            document=count.number,
            source_id=place.location_id,
            product_id=task.product_id,
            batch_id=task.batch_id,
            priority=6,
            reasons=[{"code": "count_to_approve"}],
        ).id


def _end_work(task: Task | None) -> None:
    if task is not None and task.status in (TaskStatus.OPEN, TaskStatus.CLAIMED, TaskStatus.WAITING):
        queue.cancel(task.id)


def leave_to_others(task: Task, *, by: Actor) -> bool:
    """Whether a task is of a place that this person has counted: then it is given back, and others are given it. A task remembers two who
    were there; where more were, the two who were offered it last."""
    been = sa.select(CountVisit.id).join(CountPlace, CountPlace.id == CountVisit.place_id)
    been = been.where(CountPlace.task_id == task.id, CountVisit.person_id == by.id, CountVisit.closed_at.is_not(None))
    if session.execute(been).first() is None:
        return False
    queue.give_back(task.id, by=by)
    session.refresh(task)
    task.not_by_id, task.nor_by_id = by.id, task.not_by_id
    session.flush()
    return True


def judge_again(place_id: int, count_id: int, *, by: Actor) -> bool:
    """A counted place is judged where the work in hand there has ended; whether it was."""
    place = counts.relocked(place_id)
    if place.state != P.COUNTED or doubts.follow(place):
        return False
    judge(place, by=by)
    counts.settle(count_id, by=by)
    return True


def once_more(place: CountPlace) -> None:
    """A supervisor wants another count of a place before deciding."""
    counts.put(place, P.THIRD if len(visitors(place.id)) > 1 else P.RECOUNT)
    _offer_again(place, session.get_one(CountPlan, place.count_id))
