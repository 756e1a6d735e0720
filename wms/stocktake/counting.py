"""At the location: what is counted is written down beside the book of that very moment, and judged."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from wms import clock
from wms.actor import Actor
from wms.catalog.models import Product, Tracking
from wms.db import fold, session
from wms.errors import Invalid, Refused
from wms.i18n import T
from wms.locations.models import Location
from wms.stock import handling_units
from wms.stock.batches import open_batch
from wms.stock.ledger import CANONICAL, LARGEST
from wms.stock.models import Batch, Condition, HandlingUnit, Stock
from wms.stocktake import adjustments, counts
from wms.stocktake.models import CountEntry, CountLine, CountPlace, CountPlan, CountStatus
from wms.tasks import queue
from wms.tasks.models import Task, TaskKind, TaskStatus

S = CountStatus


class NotInThisCount(Refused):
    """The location does not belong to the count."""

    code = "not_in_this_count"
    sentence = T("{location} is not part of count {number}", "{location} 不在盘点单 {number} 内")
    advice = T("Scan a location of this count", "请扫描本盘点单的库位")


class CountedAlready(Refused):
    """The same person may not count the same goods twice in one count."""

    code = "counted_already"
    sentence = T("You have counted {sku} at {location}; somebody else recounts it", "您已盘过 {location} 的 {sku}，须由他人复盘")
    advice = T("Go on with the next product or location", "请继续盘下一个商品或库位")


class UnitElsewhere(Refused):
    """A pallet stands here that the book has somewhere else."""

    code = "unit_elsewhere"
    sentence = T("The book has {unit} at {location}", "账面上 {unit} 在 {location}")
    advice = T("Count it at {location}, or move it in the system first", "请在 {location} 盘点，或先做移库")


class SeveralSorts(Refused):
    """Goods of the product lie there in several conditions, or of several owners: a number alone would turn one into the other."""

    code = "several_sorts"
    sentence = T("{sku} lies at {location} in several conditions or of several owners", "{location} 的 {sku} 有多种状态或多个货主")
    advice = T("Count each by itself, and say which it is", "请分别盘点，并选择状态与货主")


@dataclass(frozen=True)
class Sort:
    """What is counted by itself: goods of one product in one condition, of one owner (None where they are their product's owner's)."""

    condition: str = Condition.GOOD.value
    owner_id: int | None = None


def begin_place(count_id: int, location_id: int, *, by: Actor) -> None:
    """The counter stands before the location. Their claim on its task keeps others from coming too, but for a recount that waits for them.

    Raises NotInThisCount, CountOver, TaskTaken.
    """
    count = counts.locked_open(count_id)
    place = next((one for one in count.places if one.location_id == location_id), None)
    if place is None:
        code = session.execute(sa.select(Location.code).where(Location.id == location_id)).scalar_one()
        raise NotInThisCount(location=code, number=count.number)
    leave(count_id, by=by, but=location_id)
    if location_id not in counts.recounts(count, by=by) & counts.taken(count, by=by):
        take_place(place, by=by)


def take_place(place: CountPlace, *, by: Actor) -> None:
    """The task of a place becomes the counter's; a recount stays with the others.

    Raises TaskTaken.
    """
    task = session.get(Task, place.task_id, populate_existing=True) if place.task_id else None
    if task is not None and task.status in (TaskStatus.OPEN, TaskStatus.CLAIMED) and task.not_by_id != by.id:
        queue.claim(task.id, by=by)


def leave(count_id: int, *, by: Actor, but: int | None = None) -> None:
    """Gives back the places of a count that a person has taken, but for the one where they are going."""
    mine = sa.select(Task.id).join(CountPlace, CountPlace.task_id == Task.id)
    mine = mine.where(CountPlace.count_id == count_id, Task.status == TaskStatus.CLAIMED.value, Task.person_id == by.id)
    if but is not None:
        mine = mine.where(CountPlace.location_id != but)
    held = session.execute(mine.order_by(Task.id)).scalars().all()
    for task_id in held:
        queue.give_back(task_id, by=by)
    if held:
        count = session.get_one(CountPlan, count_id)
        if count.status == S.REVIEW:
            _await_decision(count, by=by)


def enter(
    count_id: int,
    location_id: int,
    sku: str,
    quantity: int,
    *,
    by: Actor,
    lot: str | None = None,
    expires_on: dt.date | None = None,
    unit_id: int | None = None,
    sort: Sort | None = None,
) -> CountLine:
    """Writes down what one person counted of a product (and lot) at a location; the book at this moment is kept beside it.

    A later entry of the same person replaces the earlier one, until the place is closed or somebody else has counted the line too.
    Goods that the book does not know become a line with book 0. The sort may be left out where only one lies there.
    Raises CountOver, CountedAlready, SeveralSorts, Invalid, and what opening a batch raises.
    """
    if not 0 <= quantity <= LARGEST:
        raise Invalid(value=quantity)
    count = counts.locked_open(count_id)
    product = counts.product_of(sku)
    sort = sort or _only_sort(count, product, location_id, lot)
    lines = _lines_for(count, product, location_id, lot, expires_on, unit_id, sort)
    # Where lots are not tracked the counter cannot tell batches apart: what is counted fills the oldest batches first.
    left = quantity
    _lock_rows(Stock.location_id == location_id, Stock.product_id == product.id)
    books = [_book(line) for line in lines]
    for place, (line, book) in enumerate(zip(lines, books, strict=True)):
        part = left if place == len(lines) - 1 else min(left, book)
        left -= part
        _write(line, part, book, by=by, sku=product.sku)
    _judge(count, by=by)
    return lines[-1]


def sorts_here(count_id: int, location_id: int, product_id: int, lot: str | None = None) -> list[Sort]:
    """In which conditions, and of whom, goods of a product lie at a place, by the book or by what was counted there before.

    Of the lot, where any of it lies there; else of the whole product.
    """
    here = sa.select(Stock.condition, Batch.owner_id, Batch.lot_key).join(Batch, Batch.id == Stock.batch_id)
    here = here.where(Stock.location_id == location_id, Stock.product_id == product_id, Stock.on_hand != 0)
    before = sa.select(CountLine.condition, Batch.owner_id, Batch.lot_key).join(Batch, Batch.id == CountLine.batch_id)
    before = before.where(CountLine.count_id == count_id, CountLine.location_id == location_id, CountLine.product_id == product_id)
    rows = [*session.execute(here), *session.execute(before)]
    of_lot = [row for row in rows if lot and row.lot_key == fold(lot)]
    return sorted({Sort(row.condition, row.owner_id) for row in of_lot or rows}, key=lambda one: (one.condition, one.owner_id or 0))


def _only_sort(count: CountPlan, product: Product, location_id: int, lot: str | None) -> Sort:
    sorts = sorts_here(count.id, location_id, product.id, lot)
    if len(sorts) > 1:
        code = session.execute(sa.select(Location.code).where(Location.id == location_id)).scalar_one()
        raise SeveralSorts(sku=product.sku, location=code)
    return sorts[0] if sorts else Sort()


def _lines_for(
    count: CountPlan,
    product: Product,
    location_id: int,
    lot: str | None,
    expires_on: dt.date | None,
    unit_id: int | None,
    sort: Sort,
) -> list[CountLine]:
    """The lines that a counted product speaks of, oldest batch first. Without a unit named, what stands there on pallets is meant too."""
    rows = sa.select(Stock.batch_id, Stock.handling_unit_id).join(Batch, Batch.id == Stock.batch_id)
    rows = rows.where(
        Stock.location_id == location_id,
        Stock.product_id == product.id,
        Stock.condition == sort.condition,
        Batch.owner_id.is_not_distinct_from(sort.owner_id),
        Stock.on_hand != 0,
    )
    if unit_id:
        rows = rows.where(Stock.handling_unit_id == unit_id)
    if lot:
        rows = rows.where(Batch.lot_key == fold(lot))
    found = [(batch, unit) for batch, unit in session.execute(rows.order_by(Batch.received_on, Batch.id, Stock.id))]
    for line in count.lines:  # what somebody counted before stays a line, even when its stock has gone since
        key = (line.batch_id, line.handling_unit_id)
        same = line.location_id == location_id and line.product_id == product.id and line.condition == sort.condition
        if same and key not in found and (not unit_id or line.handling_unit_id == unit_id) and _batch_fits(line.batch_id, lot, sort):
            found.append(key)
    if not found:
        found = [(_batch_of_found(product, lot, expires_on, sort), unit_id)]
    return [_line(count, location_id, product.id, batch, unit, sort.condition) for batch, unit in found]


def _batch_fits(batch_id: int, lot: str | None, sort: Sort) -> bool:
    batch = session.get_one(Batch, batch_id)
    return batch.owner_id == sort.owner_id and (not lot or batch.lot_key == fold(lot))


def _batch_of_found(product: Product, lot: str | None, expires_on: dt.date | None, sort: Sort) -> int:
    """Goods the book does not know here: the product's known batch of that lot keeps its age; otherwise they are as old as today."""
    known = sa.select(Batch.id).where(Batch.product_id == product.id, Batch.owner_id.is_not_distinct_from(sort.owner_id))
    known = known.order_by(Batch.received_on.desc(), Batch.id.desc()).limit(1)
    if lot or product.tracking == Tracking.NONE:
        found = session.execute(known.where(Batch.lot_key == fold(lot)) if lot else known).scalar_one_or_none()
        if found is not None:
            return found
    return open_batch(product, lot=lot, expires_on=expires_on, owner_id=sort.owner_id)


def _line(count: CountPlan, location_id: int, product_id: int, batch_id: int, unit_id: int | None, condition: str) -> CountLine:
    for line in count.lines:
        if (line.location_id, line.batch_id, line.handling_unit_id, line.condition) == (location_id, batch_id, unit_id, condition):
            return line
    line = CountLine(
        count_id=count.id,
        location_id=location_id,
        product_id=product_id,
        batch_id=batch_id,
        handling_unit_id=unit_id,
        condition=str(condition),
        posted=0,
    )
    count.lines.append(line)
    session.flush()  # its entries name it
    return line


def _lock_rows(*where: sa.ColumnElement[bool]) -> None:
    """Holds the book of what is counted still until the entry is committed, in the order in which movements lock."""
    session.execute(sa.select(Stock.id).where(*where).order_by(*CANONICAL).with_for_update(key_share=True))


def _book(line: CountLine) -> int:
    """What the book says now; the row is locked."""
    unit = Stock.handling_unit_id == line.handling_unit_id if line.handling_unit_id else Stock.handling_unit_id.is_(None)
    return (
        session.execute(
            sa.select(Stock.on_hand).where(
                Stock.location_id == line.location_id, Stock.batch_id == line.batch_id, Stock.condition == line.condition, unit
            )
        ).scalar_one_or_none()
        or 0
    )


def _write(line: CountLine, quantity: int, book: int, *, by: Actor, sku: str) -> None:
    others = [entry for entry in line.entries if entry.person_id != by.id]
    mine = next((entry for entry in line.entries if entry.person_id == by.id), None)
    if mine is not None and (others or _said_done(line, by)):
        code = session.execute(sa.select(Location.code).where(Location.id == line.location_id)).scalar_one()
        raise CountedAlready(sku=sku, location=code)
    if mine is None:
        mine = CountEntry(line_id=line.id, person_id=by.id)
        line.entries.append(mine)
    mine.quantity, mine.book, mine.at = quantity, book, clock.now()
    session.flush()
    line.difference = quantity - book


def _said_done(line: CountLine, by: Actor) -> bool:
    """Whether the place was closed behind this person's number: a number bettered until it pleases would be no blind count."""
    closed, status, holder = session.execute(
        sa.select(CountPlace.counted_at, Task.status, Task.person_id)
        .outerjoin(Task, Task.id == CountPlace.task_id)
        .where(CountPlace.count_id == line.count_id, CountPlace.location_id == line.location_id)
    ).one()
    return closed is not None and (status, holder) != (TaskStatus.CLAIMED.value, by.id)


def enter_unit(count_id: int, location_id: int, unit: HandlingUnit, *, by: Actor) -> int:
    """A whole licence plate by one scan: it is here and its label is right, so everything in it and on it counts as the book says.

    Returns the number of lines; raises CountOver, UnitElsewhere when the book has the unit at another location.
    """
    count = counts.locked_open(count_id)
    if unit.location_id != location_id:
        code = session.execute(sa.select(Location.code).where(Location.id == unit.location_id)).scalar_one()
        raise UnitElsewhere(unit=unit.code, location=code)
    _lock_rows(Stock.handling_unit_id.in_(handling_units.tree(unit.id)))
    rows = handling_units.contents(unit.id)
    for row in rows:
        line = _line(count, location_id, row.product_id, row.batch_id, row.handling_unit_id, row.condition)
        sku = session.execute(sa.select(Product.sku).where(Product.id == row.product_id)).scalar_one()
        book = _book(line)
        _write(line, book, book, by=by, sku=sku)
    _judge(count, by=by)
    return len(rows)


def close_place(count_id: int, location_id: int, *, by: Actor) -> CountPlan:
    """Nothing more is here: what the book knows at this location and nobody counted is counted as none.

    An empty location is closed the same way. Raises CountOver, NotInThisCount.
    """
    count = counts.locked_open(count_id)
    place = next((one for one in count.places if one.location_id == location_id), None)
    if place is None:
        code = session.execute(sa.select(Location.code).where(Location.id == location_id)).scalar_one()
        raise NotInThisCount(location=code, number=count.number)
    here = [Stock.location_id == location_id, *([Stock.product_id == count.product_id] if count.product_id else [])]
    _lock_rows(*here)
    rows = sa.select(Stock).where(*here, Stock.on_hand != 0).execution_options(populate_existing=True)
    for row in session.execute(rows.order_by(Stock.batch_id, Stock.id)).scalars():
        line = _line(count, location_id, row.product_id, row.batch_id, row.handling_unit_id, row.condition)
        if not any(entry.person_id == by.id for entry in line.entries) and _wants(line, by):
            sku = session.execute(sa.select(Product.sku).where(Product.id == row.product_id)).scalar_one()
            _write(line, 0, _book(line), by=by, sku=sku)
    place.counted_at = clock.now()
    task = session.get(Task, place.task_id, populate_existing=True) if place.task_id else None
    if task is not None and task.status == TaskStatus.CLAIMED and task.person_id == by.id:
        queue.finish(task.id, epoch=task.epoch, by=by)
    elif task is not None and task.status == TaskStatus.OPEN:
        queue.cancel(task.id)
    _judge(count, by=by, closing=True)
    return count


def _wants(line: CountLine, by: Actor) -> bool:
    """Whether this person's count of a line is wanted: a first count, or a recount of a difference by another person."""
    return not line.entries or (bool(line.difference) and all(entry.person_id != by.id for entry in line.entries))


def products_entered(count_id: int, location_id: int, *, by: Actor) -> int:
    """How many products one person has counted at a location; nothing of what the book says."""
    return session.execute(
        sa.select(sa.func.count(CountLine.product_id.distinct()))
        .join(CountEntry, CountEntry.line_id == CountLine.id)
        .where(CountLine.count_id == count_id, CountLine.location_id == location_id, CountEntry.person_id == by.id)
    ).scalar_one()


@dataclass(frozen=True)
class Earlier:
    """What one person entered of the same goods before. Nothing is told of it where a pallet was meant too: its content is the book's."""

    quantity: int | None


def entered_before(
    count_id: int, location_id: int, product_id: int, *, by: Actor, lot: str | None = None, sort: Sort | None = None
) -> Earlier | None:
    """What an entry of this person would replace; None where it is their first."""
    mine = (
        sa.select(CountEntry.quantity, CountLine.handling_unit_id)
        .join(CountLine, CountLine.id == CountEntry.line_id)
        .join(Batch, Batch.id == CountLine.batch_id)
        .where(CountLine.count_id == count_id, CountLine.location_id == location_id, CountLine.product_id == product_id)
        .where(CountEntry.person_id == by.id)
    )
    if sort is not None:
        mine = mine.where(CountLine.condition == sort.condition, Batch.owner_id.is_not_distinct_from(sort.owner_id))
    if lot:
        mine = mine.where(Batch.lot_key == fold(lot))
    rows = session.execute(mine).all()
    if not rows:
        return None
    return Earlier(None if any(row.handling_unit_id for row in rows) else sum(row.quantity for row in rows))


def _judge(count: CountPlan, *, by: Actor, closing: bool = False) -> None:
    """Moves the count on after an entry or a closed place: differences are recounted, then approved; a clean count is done."""
    differing = counts.differing(count)
    waiting = [line for line in differing if not counts.settled(line)]
    complete = all(place.counted_at is not None for place in count.places)
    if waiting:
        wanted = S.RECOUNT
        if complete:
            _offer_recounts(count, waiting)
    elif differing:
        wanted = S.REVIEW if complete or all(counts.settled(line) for line in differing) else S(count.status)
    elif complete and closing:
        adjustments.post_differences(count, by=by)
        wanted = S.POSTED
    else:
        return
    counts.change(count, wanted, by=by)
    if wanted == S.REVIEW:
        _await_decision(count, by=by)


def _offer_recounts(count: CountPlan, waiting: Sequence[CountLine]) -> None:
    """Each place that differs is offered to somebody else. Where goods were missed they stay in doubt: the task names the product again."""
    for location_id in sorted({line.location_id for line in waiting}):
        place = next(one for one in count.places if one.location_id == location_id)
        task = session.get(Task, place.task_id, populate_existing=True) if place.task_id else None
        if task is not None and task.status in (TaskStatus.OPEN, TaskStatus.CLAIMED):
            continue
        if task is not None and task.status == TaskStatus.WAITING:
            queue.cancel(task.id)
        place.task_id = queue.offer(
            TaskKind.COUNT,
            site_id=count.site_id,
            document=count.number,
            source_id=location_id,
            product_id=task.product_id if task else None,
            batch_id=task.batch_id if task else None,
            priority=6,
            reasons=[{"code": "recount"}],
            not_by_id=next(line.entries[0].person_id for line in waiting if line.location_id == location_id),
        ).id


def _await_decision(count: CountPlan, *, by: Actor) -> None:
    """Counted places are no work for anybody any more, but for who is still there. Where goods were missed they stay in doubt until a
    supervisor has decided: their task waits for that."""
    theirs = sa.select(Task).where(Task.document == count.number, Task.kind == TaskKind.COUNT.value)
    live = sa.or_(Task.status.in_([TaskStatus.OPEN.value, TaskStatus.CLAIMED.value]), Task.product_id.is_not(None))
    found = session.execute(theirs.where(live).execution_options(populate_existing=True)).scalars()
    tasks = {task.id: task for task in found}
    for place in count.places:
        task = tasks.get(place.task_id or 0)
        if task is None or place.counted_at is None or task.status == TaskStatus.WAITING:
            continue
        if task.status == TaskStatus.CLAIMED and task.person_id == by.id:
            continue
        if task.status in (TaskStatus.OPEN, TaskStatus.CLAIMED):
            queue.cancel(task.id)
        if task.product_id is not None:
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
