"""At the location: what is counted is written down beside the book of that very moment; a place that is closed is judged."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from wms import clock
from wms.actor import Actor
from wms.catalog.models import Product, Tracking
from wms.db import fold, session
from wms.errors import Invalid, Refused
from wms.i18n import T
from wms.stock import handling_units
from wms.stock.ledger import CANONICAL, LARGEST
from wms.stock.models import Batch, Condition, HandlingUnit, Stock
from wms.stock.operations import SerialAlone
from wms.stocktake import counts, doubts, found_goods, judging, posting
from wms.stocktake.doubts import LOT_KEY, Goods, Moving
from wms.stocktake.models import FIRST, CountEntry, CountLine, CountPlace, CountPlan, CountVisit, PlaceState
from wms.tasks import queue
from wms.tasks.models import Task, TaskStatus

P = PlaceState


class CountedAlready(Refused):
    """The same person may not count the same place twice in one count."""

    code = "counted_already"
    sentence = T("You have counted {location}; somebody else recounts it", "您已盘过 {location}，须由他人复盘")
    advice = T("Go on with another location", "请继续盘其他库位")


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


class LotNeeded(Invalid):
    """Several lots may lie there, and a number alone says of which."""

    code = "lot_missing"
    sentence = T("{sku} is tracked by lot; no lot was given", "{sku} 按批号管理，缺少批号")
    advice = T("Scan or enter the lot on the label", "请扫描或输入标签上的批号")


@dataclass(frozen=True)
class Sort:
    """What is counted by itself: goods of one product in one condition, of one owner (None where they are their product's owner's)."""

    condition: str = Condition.GOOD.value
    owner_id: int | None = None


# -- coming and going --------------------------------------------------------------------------------------------------


def begin_place(
    count_id: int, location_id: int, *, by: Actor, keyed_by: Actor | None = None, at: dt.datetime | None = None, beside: bool = False
) -> CountVisit:
    """The counter stands before the location. Their claim on its task keeps others from coming too. Who named the count itself may come
    `beside` somebody who found a difference there and is not done: two count it side by side.

    From paper, `keyed_by` is who types and `at` when the counting began. Raises NotInThisCount, CountOver, CountedAlready, TaskTaken.
    """
    place = counts.locked_place(count_id, location_id)
    leave(count_id, by=by, but=location_id)
    visit = _visit(place, by=by, keyed_by=keyed_by, at=at)
    take_place(place, by=by, beside=beside)
    if place.state == P.OPEN:
        counts.put(place, P.COUNTING)
        place.opened_at = visit.opened_at
    return visit


def _visit(place: CountPlace, *, by: Actor, keyed_by: Actor | None = None, at: dt.datetime | None = None) -> CountVisit:
    """This person's visit of a place: begun now, or begun before and not ended. Raises CountedAlready, PlaceCounted."""
    visit = session.execute(
        sa.select(CountVisit).where(CountVisit.place_id == place.id, CountVisit.person_id == by.id)
    ).scalar_one_or_none()
    if visit is not None and visit.closed_at is not None:
        raise CountedAlready(location=counts.code_of(place.location_id))
    if place.state == P.REVIEW or (place.state == P.COUNTED and visit is None):
        number = session.get_one(CountPlan, place.count_id).number
        raise counts.PlaceCounted(location=counts.code_of(place.location_id), number=number)
    if visit is None:
        visit = CountVisit(place_id=place.id, person_id=by.id, opened_at=at or clock.now(), keyed_by_id=keyed_by.id if keyed_by else None)
        session.add(visit)
        session.flush()
    return visit


def take_place(place: CountPlace, *, by: Actor, beside: bool = False) -> None:
    """The task of a place becomes the counter's; it stays with who found a difference there, where this person counts `beside` them.

    Raises TaskTaken.
    """
    if beside and session.execute(sa.select(CountPlace.id).where(CountPlace.id == place.id, counts.differs_for(by))).first():
        return
    task = session.get(Task, place.task_id, populate_existing=True) if place.task_id else None
    if task is not None and task.status in (TaskStatus.OPEN, TaskStatus.CLAIMED):
        queue.claim(task.id, by=by)


def leave(count_id: int, *, by: Actor, but: int | None = None) -> None:
    """Gives back the places of a count that a person has taken, but for the one where they are going. What they counted there and did not
    close stays theirs to go on with."""
    mine = sa.select(Task.id).join(CountPlace, CountPlace.task_id == Task.id)
    mine = mine.where(CountPlace.count_id == count_id, Task.status == TaskStatus.CLAIMED.value, Task.person_id == by.id)
    if but is not None:
        mine = mine.where(CountPlace.location_id != but)
    for task_id in session.execute(mine.order_by(Task.id)).scalars().all():
        queue.give_back(task_id, by=by)


# -- what is counted ---------------------------------------------------------------------------------------------------


def enter(
    count_id: int,
    location_id: int,
    sku: str,
    quantity: int,
    *,
    by: Actor,
    lot: str | None = None,
    expires_on: dt.date | None = None,
    sort: Sort | None = None,
    answers: Mapping[str, bool] | None = None,
    since: dt.datetime | None = None,
) -> None:
    """Writes down what one person counted of a product (and lot) at a location; the book at this moment is kept beside it.

    Pallets of it that they scanned whole are not meant; all others are. `answers` says of what moved meanwhile (see `moving`) whether they
    saw it done; what they do not say leaves the number without a word. `since` is when they began to look, where that was not when they
    came. A later entry of the same person replaces the earlier one, until they close the place. Goods that the book does not know become a
    line with book 0. The sort may be left out where only one lies there.
    Raises CountOver, CountedAlready, PlaceCounted, SeveralSorts, LotNeeded, SerialAlone, Invalid, and what opening a batch raises.
    """
    if not 0 <= quantity <= LARGEST:
        raise Invalid(value=quantity)
    place = counts.locked_place(count_id, location_id)
    visit = _visit(place, by=by)
    product = counts.product_of(sku)
    if product.tracking == Tracking.SERIAL and quantity > 1:
        raise SerialAlone(sku=product.sku, quantity=quantity)
    lot = _lot(product, location_id, lot)
    sort = sort or _only_sort(place, product, lot)
    _lock_rows(Stock.location_id == location_id, Stock.product_id == product.id)
    moved = doubts.at_place(location_id, since=since or visit.opened_at, by=by, product_id=product.id)
    meant = _meant(place, product, lot, sort, moved, by=by)
    answers = answered(moved, meant, answers or {}, none=quantity == 0)
    books = _books(location_id, product.id)
    expected = {goods: books.get(goods, 0) + doubts.correction(moved, goods, answers) for goods in meant}
    for goods, part in _shared_out(quantity, expected).items():
        batch_id = None
        if not books.get(goods) and part:
            batch_id = found_goods.batch(product, lot, expires_on, sort.owner_id)
        line = _line(place, goods, lot, batch_id)
        _write(line, part, books.get(goods, 0), goods, moved, answers, by=by)


def answered(moved: Sequence[Moving], meant: Iterable[Goods], answers: Mapping[str, bool], *, none: bool) -> dict[str, bool]:
    """What is known of what moved: where nothing was there, whatever was taken away had gone before."""
    sure = dict(answers)
    comes = any(delta > 0 for one in moved for by_goods in one.deltas.values() for goods, delta in by_goods.items() if goods in set(meant))
    if none and not comes:
        sure |= {key: True for one in moved for key in one.keys if key.startswith("m")}
    return sure


def moving(
    count_id: int,
    location_id: int,
    sku: str,
    *,
    by: Actor,
    lot: str | None = None,
    sort: Sort | None = None,
    none: bool = False,
    since: dt.datetime | None = None,
) -> list[Moving]:
    """What has to be asked before a number of these goods can be written down: what was booked since the counter came, and what others have
    in hand there. `none`: they found nothing of it."""
    place = counts.find_place(count_id, location_id)
    visit = session.execute(
        sa.select(CountVisit).where(CountVisit.place_id == place.id, CountVisit.person_id == by.id)
    ).scalar_one_or_none()
    product = counts.product_of(sku)
    moved = doubts.at_place(location_id, since=since or (visit.opened_at if visit else clock.now()), by=by, product_id=product.id)
    if not moved:
        return []
    meant = _meant(place, product, lot, sort or _only_sort(place, product, lot), moved, by=by)
    known = answered(moved, meant, {}, none=none)
    return [one for one in moved if any(one.touches(goods) for goods in meant) and not all(key in known for key in one.keys)]


def _lot(product: Product, location_id: int, lot: str | None) -> str | None:
    """The lot that is meant; where there is only one, it need not be named."""
    if product.tracking == Tracking.NONE:
        return None
    if lot:
        return lot.strip()
    here = sa.select(Batch.lot).join(Stock, Stock.batch_id == Batch.id).distinct().limit(2)
    lots = session.execute(here.where(Stock.location_id == location_id, Stock.product_id == product.id, Stock.on_hand != 0)).scalars().all()
    if len(lots) != 1:
        raise LotNeeded(sku=product.sku)
    return lots[0]


def sorts_here(count_id: int, location_id: int, product_id: int, lot: str | None = None) -> list[Sort]:
    """In which conditions, and of whom, goods of a product lie at a place, by the book or by what was counted there before.

    Of the lot, where any of it lies there; else of the whole product.
    """
    return _sorts(counts.find_place(count_id, location_id), product_id, lot)


def _sorts(place: CountPlace, product_id: int, lot: str | None) -> list[Sort]:
    here = sa.select(Stock.condition, Batch.owner_id, Batch.lot_key).join(Batch, Batch.id == Stock.batch_id)
    here = here.where(Stock.location_id == place.location_id, Stock.product_id == product_id, Stock.on_hand != 0)
    before = sa.select(CountLine.condition, CountLine.owner_id, CountLine.lot_key)
    before = before.where(CountLine.place_id == place.id, CountLine.product_id == product_id)
    rows = [*session.execute(here), *session.execute(before)]
    of_lot = [row for row in rows if lot and row.lot_key == fold(lot)]
    return sorted({Sort(row.condition, row.owner_id) for row in of_lot or rows}, key=lambda one: (one.condition, one.owner_id or 0))


def _only_sort(place: CountPlace, product: Product, lot: str | None) -> Sort:
    sorts = _sorts(place, product.id, lot)
    if len(sorts) > 1:
        raise SeveralSorts(sku=product.sku, location=counts.code_of(place.location_id))
    return sorts[0] if sorts else Sort()


def _meant(place: CountPlace, product: Product, lot: str | None, sort: Sort, moved: Iterable[Moving], *, by: Actor) -> list[Goods]:
    """The lines that a counted product speaks of: loose goods, and those on pallets that this person has not scanned whole."""
    loose = Goods(product.id, fold(lot or ""), sort.owner_id, sort.condition, None)
    found = {loose}
    found |= set(_books(place.location_id, product.id))
    found |= {doubts.goods_of(line) for line in counts.lines_at(place.id) if line.product_id == product.id}
    found |= {goods for one in moved for by_goods in one.deltas.values() for goods in by_goods}
    scanned = set(
        session.execute(
            sa.select(CountLine.handling_unit_id)
            .join(CountEntry, CountEntry.line_id == CountLine.id)
            .where(CountLine.place_id == place.id, CountEntry.person_id == by.id, CountEntry.plate)
        ).scalars()
    )
    mine = [
        goods
        for goods in found
        if (goods.product_id, goods.lot_key, goods.owner_id, goods.condition)
        == (loose.product_id, loose.lot_key, loose.owner_id, loose.condition)
        and (goods.unit_id is None or goods.unit_id not in scanned)
    ]
    return sorted(mine, key=lambda goods: goods.unit_id or 0)


def _books(location_id: int, product_id: int | None = None) -> dict[Goods, int]:
    """What the book has at a location now, by sort of goods; where it is written down, the rows are locked."""
    rows = (
        sa.select(Stock.product_id, LOT_KEY.label("lot_key"), Batch.owner_id, Stock.condition, Stock.handling_unit_id)
        .add_columns(sa.func.sum(Stock.on_hand).label("on_hand"))
        .join(Batch, Batch.id == Stock.batch_id)
        .join(Product, Product.id == Stock.product_id)
        .where(Stock.location_id == location_id, Stock.on_hand != 0)
        .group_by(Stock.product_id, LOT_KEY, Batch.owner_id, Stock.condition, Stock.handling_unit_id)
    )
    if product_id is not None:
        rows = rows.where(Stock.product_id == product_id)
    return {
        Goods(row.product_id, row.lot_key, row.owner_id, row.condition, row.handling_unit_id): int(row.on_hand)
        for row in session.execute(rows)
    }


def _shared_out(quantity: int, expected: Mapping[Goods, int]) -> dict[Goods, int]:
    """One number for goods that lie loose and on pallets, which the counter cannot tell apart.

    A few missing are missing of the loose ones; where more are, whole pallets are, as many as it takes; what is beyond lies loose.
    """
    units = [goods for goods in expected if goods.unit_id is not None]
    loose = next((goods for goods in expected if goods.unit_id is None), None)
    parts = {goods: max(expected[goods], 0) for goods in expected}
    lacking = sum(parts.values()) - quantity
    if lacking < 0 and loose is not None:
        parts[loose] -= lacking
    if loose is None or lacking > parts[loose]:
        for goods in units:
            if 0 < parts[goods] <= lacking:
                lacking -= parts[goods]
                parts[goods] = 0
    for goods in ([loose] if loose is not None else []) + units[::-1]:
        less = min(max(lacking, 0), parts[goods])
        parts[goods] -= less
        lacking -= less
    if loose is not None and units and not parts[loose] and not expected[loose]:
        del parts[loose]
    return parts


def _line(place: CountPlace, goods: Goods, lot: str | None, batch_id: int | None = None) -> CountLine:
    for line in counts.lines_at(place.id):
        if doubts.goods_of(line) == goods:
            line.batch_id = line.batch_id or batch_id
            return line
    line = CountLine(
        place_id=place.id,
        product_id=goods.product_id,
        lot=lot or "",
        owner_id=goods.owner_id,
        condition=goods.condition,
        handling_unit_id=goods.unit_id,
        batch_id=batch_id,
        posted=0,
    )
    session.add(line)
    session.flush()  # its entries name it
    return line


def _lock_rows(*where: sa.ColumnElement[bool]) -> None:
    """Holds the book of what is counted still until the entry is committed, in the order in which movements lock."""
    session.execute(sa.select(Stock.id).where(*where).order_by(*CANONICAL).with_for_update(key_share=True)).all()


def _write(
    line: CountLine,
    quantity: int,
    book: int,
    goods: Goods,
    moved: Sequence[Moving],
    answers: Mapping[str, bool],
    *,
    by: Actor,
    plate: bool = False,
) -> None:
    mine = session.execute(sa.select(CountEntry).where(CountEntry.line_id == line.id, CountEntry.person_id == by.id)).scalar_one_or_none()
    if mine is None:
        mine = CountEntry(line_id=line.id, person_id=by.id)
        session.add(mine)
    mine.quantity, mine.book, mine.plate, mine.at = quantity, book, plate, clock.now()
    mine.correction = doubts.correction(moved, goods, answers)
    session.flush()
    doubts.keep(mine, moved, goods, answers)


def enter_unit(count_id: int, location_id: int, unit: HandlingUnit, *, by: Actor, found: bool = False) -> int:
    """A whole licence plate by one scan: it is here and its label is right, so everything in it and on it counts as the book says.

    `found`: it stands here although the book has it elsewhere; it is moved in the book when that is approved. Returns the number of lines;
    raises CountOver, CountedAlready, UnitElsewhere.
    """
    place = counts.locked_place(count_id, location_id)
    _visit(place, by=by)
    if unit.location_id != location_id and not found:
        raise UnitElsewhere(unit=unit.code, location=counts.code_of(unit.location_id))
    tree = set(session.execute(handling_units.tree(unit.id)).scalars())
    _lock_rows(Stock.handling_unit_id.in_(tree))
    inside = {goods: book for goods, book in _books(unit.location_id).items() if goods.unit_id in tree}
    lots = _lots(unit.location_id)
    for goods, book in inside.items():
        here = book if unit.location_id == location_id else 0
        _write(_line(place, goods, lots.get(goods)), book, here, goods, [], {}, by=by, plate=True)
    return len(inside)


def _lots(location_id: int) -> dict[Goods, str]:
    """The lots that lie at a location, as they are written."""
    rows = (
        sa.select(Stock.product_id, LOT_KEY.label("lot_key"), Batch.owner_id, Stock.condition, Stock.handling_unit_id, Batch.lot)
        .join(Batch, Batch.id == Stock.batch_id)
        .join(Product, Product.id == Stock.product_id)
        .where(Stock.location_id == location_id, Stock.on_hand != 0, Product.tracking != Tracking.NONE.value)
    )
    return {Goods(*row[:5]): row.lot for row in session.execute(rows)}


def close_place(
    count_id: int, location_id: int, *, by: Actor, answers: Mapping[str, bool] | None = None, settled: bool = True
) -> CountPlan:
    """Nothing more is here: what the book knows at this location and nobody counted is counted as none. The place is judged.

    An empty location is closed the same way. Not `settled`: whoever closes several places settles their count themselves, last of all.
    Raises CountOver, NotInThisCount, CountedAlready.
    """
    place = counts.locked_place(count_id, location_id)
    visit = _visit(place, by=by)
    count = session.get_one(CountPlan, count_id)
    if judging.Tolerances(count, ()).any():
        posting.lock_ahead([location_id], count.product_id)
    here = [Stock.location_id == location_id, *([Stock.product_id == count.product_id] if count.product_id else [])]
    _lock_rows(*here)
    moved = doubts.at_place(location_id, since=visit.opened_at, by=by, product_id=count.product_id)
    lots = _lots(location_id)
    for goods, book in sorted(_uncounted(place, count, by=by).items(), key=lambda one: (one[0].product_id, one[0].lot_key)):
        about = [one for one in moved if one.touches(goods)]
        _write(_line(place, goods, lots.get(goods)), 0, book, goods, about, answered(about, [goods], answers or {}, none=True), by=by)
    moment = clock.now()
    visit.closed_at = place.counted_at = moment
    place.opened_at = place.opened_at or visit.opened_at
    _end_work(place, by=by)
    judging.judge(place, by=by)
    return counts.settle(count_id, by=by) if settled else count


def moving_uncounted(count_id: int, location_id: int, *, by: Actor) -> list[Moving]:
    """What has to be asked before the place can be closed: goods that this person did not count came meanwhile, or are in somebody's
    hands."""
    place = counts.find_place(count_id, location_id)
    visit = session.execute(
        sa.select(CountVisit).where(CountVisit.place_id == place.id, CountVisit.person_id == by.id)
    ).scalar_one_or_none()
    if visit is None:
        return []
    count = session.get_one(CountPlan, count_id)
    moved = doubts.at_place(location_id, since=visit.opened_at, by=by, product_id=count.product_id)
    if not moved:
        return []
    asked: set[str] = set()
    for goods in _uncounted(place, count, by=by):
        about = [one for one in moved if one.touches(goods)]
        known = answered(about, [goods], {}, none=True)
        asked |= {key for one in about for key in one.keys if key not in known}
    return [one for one in moved if asked.intersection(one.keys)]


def _uncounted(place: CountPlace, count: CountPlan, *, by: Actor) -> dict[Goods, int]:
    """What the book has here and this person has not counted: all of it at the first count; later, what somebody else found to differ."""
    lines = {doubts.goods_of(line): line for line in counts.lines_at(place.id)}
    mine = set(
        session.execute(
            sa.select(CountEntry.line_id)
            .join(CountLine, CountLine.id == CountEntry.line_id)
            .where(CountLine.place_id == place.id, CountEntry.person_id == by.id)
        ).scalars()
    )
    first = place.state in FIRST
    books = _books(place.location_id, count.product_id)
    unclear = doubts.unclear_entries(place.id)
    dark = set(session.execute(sa.select(CountEntry.line_id).where(CountEntry.id.in_(unclear))).scalars()) if unclear else set()
    wanted: dict[Goods, int] = {}
    for goods in {**books, **lines}:
        line = lines.get(goods)
        if line is not None and line.id in mine:
            continue
        again = line is not None and (bool(line.difference) or line.id in dark)
        if (goods in books and (first or line is None or line.difference is None)) or again:
            wanted[goods] = books.get(goods, 0)
    return wanted


def end_what_is_clear(place: CountPlace, *, by: Actor) -> None:
    """A place that nobody has closed, where all that the book has was counted and two agree on each line, is judged as it stands."""
    visits = session.execute(sa.select(CountVisit).where(CountVisit.place_id == place.id)).scalars().all()
    still = [one for one in visits if one.closed_at is None]
    if len(visits) < 2 or not still:
        return
    entries = judging.voices_of(place, unfinished=True)
    said = [line for line in counts.lines_at(place.id) if entries[line.id]]
    count = session.get_one(CountPlan, place.count_id)
    if not _books(place.location_id, count.product_id).keys() <= {doubts.goods_of(line) for line in said}:
        return
    rules = judging.Tolerances(count, {line.product_id for line in said})
    if not all(judging.verdict(entries[line.id], rules.allowed(line.product_id, entries[line.id][-1])).settled for line in said):
        return
    moment = clock.now()
    for one in still:
        one.closed_at = moment
    place.counted_at = moment
    judging.judge(place, by=by)


def _end_work(place: CountPlace, *, by: Actor) -> None:
    task = session.get(Task, place.task_id, populate_existing=True) if place.task_id else None
    if task is None:
        return
    if task.status == TaskStatus.CLAIMED and task.person_id == by.id:
        queue.finish(task.id, epoch=task.epoch, by=by)
    elif task.status == TaskStatus.OPEN:
        queue.cancel(task.id)
    session.expire(task)


# -- what the screens ask ----------------------------------------------------------------------------------------------


def products_entered(count_id: int, location_id: int, *, by: Actor) -> int:
    """How many products one person has counted at a location; nothing of what the book says."""
    return session.execute(
        sa.select(sa.func.count(CountLine.product_id.distinct()))
        .join(CountEntry, CountEntry.line_id == CountLine.id)
        .join(CountPlace, CountPlace.id == CountLine.place_id)
        .where(CountPlace.count_id == count_id, CountPlace.location_id == location_id, CountEntry.person_id == by.id)
    ).scalar_one()


def pieces_scanned(count_id: int, location_id: int, product_id: int, *, by: Actor) -> int:
    """How many pieces with numbers of their own one person has scanned of a product at a location; nothing of what the book says."""
    return session.execute(
        sa.select(sa.func.count(CountLine.lot_key.distinct()))
        .join(CountEntry, CountEntry.line_id == CountLine.id)
        .join(CountPlace, CountPlace.id == CountLine.place_id)
        .where(CountPlace.count_id == count_id, CountPlace.location_id == location_id, CountLine.product_id == product_id)
        .where(CountEntry.person_id == by.id, CountEntry.quantity > 0, ~CountEntry.plate)
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
        .join(CountPlace, CountPlace.id == CountLine.place_id)
        .where(CountPlace.count_id == count_id, CountPlace.location_id == location_id, CountLine.product_id == product_id)
        .where(CountEntry.person_id == by.id, ~CountEntry.plate)
    )
    if sort is not None:
        mine = mine.where(CountLine.condition == sort.condition, CountLine.owner_id.is_not_distinct_from(sort.owner_id))
    if lot:
        mine = mine.where(CountLine.lot_key == fold(lot))
    rows = session.execute(mine).all()
    if not rows:
        return None
    return Earlier(None if any(row.handling_unit_id for row in rows) else sum(row.quantity for row in rows))
