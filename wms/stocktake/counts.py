"""A count is opened, worked place by place, recounted by somebody else where it differs, approved or refused, and posted."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from typing import Any

import sqlalchemy as sa

from wms import clock, events
from wms.actor import Actor
from wms.catalog.models import Product, Tracking
from wms.db import fold, session
from wms.errors import Conflict, Forbidden, Invalid, NotFound, Refused
from wms.i18n import T
from wms.locations.models import Kind, Location, Virtual
from wms.numbers import document_number
from wms.orders.claims import return_to_promise
from wms.states import StateMachine
from wms.stock import reservations
from wms.stock.batches import open_batch
from wms.stock.ledger import LARGEST, Move, Place, post
from wms.stock.models import Batch, Claim, Condition, HandlingUnit, MovementKind, Reservation, Stage, Stock
from wms.stocktake.models import CountEntry, CountLine, CountPlace, CountPlan, CountStatus
from wms.tasks import queue
from wms.tasks.models import Task, TaskKind, TaskStatus

S = CountStatus
MOVES = StateMachine(
    S,
    {
        S.OPEN: [S.RECOUNT, S.REVIEW, S.POSTED, S.REFUSED],
        S.RECOUNT: [S.REVIEW, S.POSTED, S.REFUSED],
        S.REVIEW: [S.RECOUNT, S.POSTED, S.REFUSED],
        S.POSTED: [],
        S.REFUSED: [],
    },
)


class CountUnknown(NotFound):
    """No such count at this site."""

    code = "count_unknown"
    sentence = T("There is no count {number}", "没有此盘点单：{number}")


class NothingToCount(Refused):
    """The choice of places is empty."""

    code = "nothing_to_count"
    sentence = T("No location matches this choice", "没有符合条件的库位")
    advice = T("Name locations, products, a zone or a class", "请指定库位、商品、库区或分类")


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


class CountOver(Conflict):
    """The count was posted or refused meanwhile."""

    code = "count_over"
    sentence = T("Count {number} is finished", "盘点单 {number} 已结束")


class NotCountedTwice(Refused):
    """A difference needs a second person's count before it may be approved."""

    code = "recount_missing"
    sentence = T("{sku} at {location} differs and was counted by one person only", "{location} 的 {sku} 有差异，仅一人盘点")
    advice = T("Have it recounted by somebody else first", "请先安排他人复盘")


class OwnCount(Forbidden):
    """Who counted does not approve."""

    code = "own_count"
    sentence = T("You counted here yourself; somebody else approves", "您参与了本次盘点，须由他人审批")


class ReservedGoodsMissing(Refused):
    """What is missing is reserved and cannot be given up any more because it was picked already."""

    code = "reserved_goods_missing"
    sentence = T("{sku} at {location}: more is missing than can be given up", "{location} 的 {sku}：缺少数量超过可释放数量")
    advice = T("Cancel or short the orders that hold it, then approve again", "请先取消或短拣相关订单，再审批")


# -- opening -----------------------------------------------------------------------------------------------------------


def open_count(
    *,
    by: Actor,
    locations: Sequence[str] = (),
    skus: Sequence[str] = (),
    zone: str | None = None,
    abc: str | None = None,
    blind: bool = True,
    tolerance: int = 0,
    reason: str | None = None,
) -> CountPlan:
    """Opens a count of the named locations, of wherever the named products lie, of a zone, or of an ABC class.

    One task per location is offered, in walking order. Raises NothingToCount, NotFound for a name that is unknown.
    """
    places = _places(by, locations, skus, zone, abc)
    if not places:
        raise NothingToCount
    product_id = _product(skus[0]).id if len(skus) == 1 and not locations else None
    count = CountPlan(
        site_id=by.site_id,
        number=document_number("C"),
        blind=blind,
        tolerance=tolerance,
        status=S.OPEN.value,
        reason=reason,
        product_id=product_id,
        created_at=clock.now(),
        by_id=by.id,
    )
    session.add(count)
    session.flush()  # places and tasks name it
    for sequence, place in enumerate(places, 1):
        task = queue.offer(TaskKind.COUNT, site_id=by.site_id, document=count.number, source_id=place.id, priority=4, reasons=[])
        session.add(CountPlace(count_id=count.id, location_id=place.id, sequence=sequence, task_id=task.id))
    session.flush()
    events.record(count, "count.opened", by=by, places=len(places))
    return count


def adopt(task: Task, *, by: Actor) -> CountPlan:
    """The count behind a count task. A task that a short pick or an emptied face offered gets its count now, of its one place."""
    if task.document:
        found = session.execute(sa.select(CountPlan).where(CountPlan.number == task.document)).scalar_one_or_none()
        if found is not None:
            return found
    assert task.source_id is not None, "a count task names its place"
    count = CountPlan(
        site_id=by.site_id,
        number=document_number("C"),
        blind=True,
        tolerance=0,
        status=S.OPEN.value,
        created_at=clock.now(),
        by_id=by.id,
    )
    session.add(count)
    session.flush()  # the place names it
    session.add(CountPlace(count_id=count.id, location_id=task.source_id, sequence=1, task_id=task.id))
    session.execute(sa.update(Task).where(Task.id == task.id).values(document=count.number))
    session.flush()
    return count


def _places(by: Actor, codes: Sequence[str], skus: Sequence[str], zone: str | None, abc: str | None) -> list[Location]:
    query = sa.select(Location).where(Location.site_id == by.site_id, Location.kind != Kind.VIRTUAL.value)
    if codes:
        known = {one.code_key: one for one in session.execute(query.where(Location.code_key.in_([fold(c) for c in codes]))).scalars()}
        for code in codes:
            if fold(code) not in known:
                raise NotFound(what=T("location", "库位"), code=code)
        found = list(known.values())
    elif skus or abc:
        products = [_product(sku).id for sku in skus]
        holding = sa.select(Stock.location_id).join(Product, Product.id == Stock.product_id).where(Stock.on_hand != 0)
        holding = holding.where(Stock.product_id.in_(products)) if products else holding.where(Product.abc == abc)
        found = list(session.execute(query.where(Location.id.in_(holding))).scalars())
    elif zone:
        found = list(session.execute(query.where(Location.zone == zone)).scalars())
    else:
        found = []
    return sorted(found, key=lambda one: (one.zone or "", one.x_mm, one.y_mm, one.z_mm, one.code_key))


def _product(sku: str) -> Product:
    found = session.execute(sa.select(Product).where(Product.sku_key == fold(sku))).scalar_one_or_none()
    if found is None:
        raise NotFound(what=T("product", "商品"), code=sku)
    return found


# -- counting ----------------------------------------------------------------------------------------------------------


def find(number: str, *, by: Actor) -> CountPlan:
    """The count with this number at the person's site; raises CountUnknown."""
    found = session.execute(
        sa.select(CountPlan).where(sa.func.lower(CountPlan.number) == fold(number), CountPlan.site_id == by.site_id)
    ).scalar_one_or_none()
    if found is None:
        raise CountUnknown(number=number)
    return found


def _locked(count_id: int) -> CountPlan:
    session.execute(sa.select(CountPlan.id).where(CountPlan.id == count_id).with_for_update(key_share=True))
    return session.execute(sa.select(CountPlan).where(CountPlan.id == count_id).execution_options(populate_existing=True)).scalar_one()


def _locked_open(count_id: int) -> CountPlan:
    count = _locked(count_id)
    if count.status in (S.POSTED, S.REFUSED):
        raise CountOver(number=count.number)
    return count


def count_of_place(location: Location, *, by: Actor) -> CountPlan:
    """The open count that a location belongs to, oldest first; when there is none, one is opened for it on the spot."""
    found = session.execute(
        sa.select(CountPlan)
        .join(CountPlace, CountPlace.count_id == CountPlan.id)
        .where(
            CountPlan.site_id == by.site_id,
            CountPlan.status.in_([S.OPEN.value, S.RECOUNT.value]),
            CountPlace.location_id == location.id,
        )
        .order_by(CountPlan.id)
        .limit(1)
    ).scalar_one_or_none()
    return found or open_count(by=by, locations=[location.code])


def begin_place(count_id: int, location_id: int, *, by: Actor) -> None:
    """The counter stands before the location. Their claim on its task, where it is free, keeps others from coming too.

    Raises NotInThisCount, CountOver.
    """
    count = _locked_open(count_id)
    place = next((one for one in count.places if one.location_id == location_id), None)
    if place is None:
        code = session.execute(sa.select(Location.code).where(Location.id == location_id)).scalar_one()
        raise NotInThisCount(location=code, number=count.number)
    task = session.get(Task, place.task_id) if place.task_id else None
    if task is not None and task.status == TaskStatus.OPEN:
        queue.claim(task.id, by=by)


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
    condition: Condition = Condition.GOOD,
) -> CountLine:
    """Writes down what one person counted of a product (and lot) at a location; the book at this moment is kept beside it.

    A later entry of the same person replaces the earlier one, until somebody else has counted the line too.
    Goods that the book does not know become a line with book 0.
    Raises CountOver, CountedAlready, Invalid, and what opening a batch raises.
    """
    if not 0 <= quantity <= LARGEST:
        raise Invalid(value=quantity)
    count = _locked_open(count_id)
    product = _product(sku)
    lines = _lines_for(count, product, location_id, lot, expires_on, unit_id, condition)
    # Where lots are not tracked the counter cannot tell batches apart: what is counted fills the oldest batches first.
    left = quantity
    books = [_book(line) for line in lines]
    for place, (line, book) in enumerate(zip(lines, books, strict=True)):
        part = left if place == len(lines) - 1 else min(left, book)
        left -= part
        _write(line, part, book, by=by, sku=product.sku)
    _judge(count, by=by)
    return lines[-1]


def _lines_for(
    count: CountPlan,
    product: Product,
    location_id: int,
    lot: str | None,
    expires_on: dt.date | None,
    unit_id: int | None,
    condition: Condition,
) -> list[CountLine]:
    rows = sa.select(Stock.batch_id).join(Batch, Batch.id == Stock.batch_id)
    rows = rows.where(
        Stock.location_id == location_id,
        Stock.product_id == product.id,
        Stock.condition == condition.value,
        Stock.handling_unit_id == unit_id if unit_id else Stock.handling_unit_id.is_(None),
        Stock.on_hand != 0,
    )
    if lot:
        rows = rows.where(Batch.lot_key == fold(lot))
    batches = list(session.execute(rows.order_by(Batch.received_on, Batch.id)).scalars())
    for line in count.lines:  # what somebody counted before stays a line, even when its stock has gone since
        same = line.location_id == location_id and line.product_id == product.id and line.condition == condition
        if same and line.handling_unit_id == unit_id and line.batch_id not in batches and _lot_fits(line.batch_id, lot):
            batches.append(line.batch_id)
    if not batches:
        batches = [_batch_of_found(product, lot, expires_on)]
    return [_line(count, location_id, product.id, batch, unit_id, condition) for batch in batches]


def _lot_fits(batch_id: int, lot: str | None) -> bool:
    if not lot:
        return True
    return session.execute(sa.select(Batch.lot_key).where(Batch.id == batch_id)).scalar_one() == fold(lot)


def _batch_of_found(product: Product, lot: str | None, expires_on: dt.date | None) -> int:
    """Goods the book does not know here: the product's known batch of that lot keeps its age; otherwise they are as old as today."""
    known = sa.select(Batch.id).where(Batch.product_id == product.id).order_by(Batch.received_on.desc(), Batch.id.desc()).limit(1)
    if lot or product.tracking == Tracking.NONE:
        found = session.execute(known.where(Batch.lot_key == fold(lot)) if lot else known).scalar_one_or_none()
        if found is not None:
            return found
    return open_batch(product, lot=lot, expires_on=expires_on)


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


def _book(line: CountLine) -> int:
    """What the book says now, the row locked so that it is the book of the moment the entry is committed."""
    unit = Stock.handling_unit_id == line.handling_unit_id if line.handling_unit_id else Stock.handling_unit_id.is_(None)
    return (
        session.execute(
            sa.select(Stock.on_hand)
            .where(Stock.location_id == line.location_id, Stock.batch_id == line.batch_id, Stock.condition == line.condition, unit)
            .with_for_update(key_share=True)
        ).scalar_one_or_none()
        or 0
    )


def _write(line: CountLine, quantity: int, book: int, *, by: Actor, sku: str) -> None:
    others = [entry for entry in line.entries if entry.person_id != by.id]
    mine = next((entry for entry in line.entries if entry.person_id == by.id), None)
    if mine is not None and others:
        code = session.execute(sa.select(Location.code).where(Location.id == line.location_id)).scalar_one()
        raise CountedAlready(sku=sku, location=code)
    if mine is None:
        mine = CountEntry(line_id=line.id, person_id=by.id)
        line.entries.append(mine)
    mine.quantity, mine.book, mine.at = quantity, book, clock.now()
    session.flush()
    line.difference = quantity - book


def close_place(count_id: int, location_id: int, *, by: Actor) -> CountPlan:
    """Nothing more is here: what the book knows at this location and nobody counted is counted as none.

    An empty location is closed the same way. Raises CountOver, NotInThisCount.
    """
    count = _locked_open(count_id)
    place = next((one for one in count.places if one.location_id == location_id), None)
    if place is None:
        code = session.execute(sa.select(Location.code).where(Location.id == location_id)).scalar_one()
        raise NotInThisCount(location=code, number=count.number)
    rows = sa.select(Stock).where(Stock.location_id == location_id, Stock.on_hand != 0)
    if count.product_id:
        rows = rows.where(Stock.product_id == count.product_id)
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
    _judge(count, by=by)
    return count


def _wants(line: CountLine, by: Actor) -> bool:
    """Whether this person's count of a line is wanted: a first count, or a recount of a difference by another person."""
    return not line.entries or (bool(line.difference) and all(entry.person_id != by.id for entry in line.entries))


def _differs(count: CountPlan, line: CountLine) -> bool:
    return line.difference is not None and abs(line.difference) > count.tolerance


def _settled(line: CountLine) -> bool:
    """Two people have counted it."""
    return len({entry.person_id for entry in line.entries}) >= 2


def _judge(count: CountPlan, *, by: Actor) -> None:
    """Moves the count on after an entry or a closed place: differences are recounted, then approved; a clean count is done."""
    differing = [line for line in count.lines if _differs(count, line)]
    waiting = [line for line in differing if not _settled(line)]
    complete = all(place.counted_at is not None for place in count.places)
    if waiting:
        wanted = S.RECOUNT
        if complete:
            _offer_recounts(count, waiting)
    elif differing:
        wanted = S.REVIEW if complete or all(_settled(line) for line in differing) else S(count.status)
    elif complete:
        _post(count, by=by)
        wanted = S.POSTED
    else:
        return
    _change(count, wanted, by=by)


def _offer_recounts(count: CountPlan, waiting: Iterable[CountLine]) -> None:
    for location_id in sorted({line.location_id for line in waiting}):
        place = next(one for one in count.places if one.location_id == location_id)
        task = session.get(Task, place.task_id, populate_existing=True) if place.task_id else None
        if task is not None and task.status in (TaskStatus.OPEN, TaskStatus.CLAIMED):
            continue
        place.task_id = queue.offer(
            TaskKind.COUNT,
            site_id=count.site_id,
            document=count.number,
            source_id=location_id,
            priority=6,
            reasons=[{"code": "recount"}],
        ).id


def _change(count: CountPlan, wanted: CountStatus, *, by: Actor) -> None:
    state = S(count.status)
    if state == wanted:
        return
    MOVES.check(count.number, state, wanted)
    count.status = wanted.value
    if wanted in (S.POSTED, S.REFUSED):
        count.ended_at, count.ended_by_id = clock.now(), by.id
        for place in count.places:
            task = session.get(Task, place.task_id, populate_existing=True) if place.task_id else None
            if task is not None and task.status in (TaskStatus.OPEN, TaskStatus.CLAIMED, TaskStatus.WAITING):
                queue.cancel(task.id)
    session.flush()  # the event is a Core statement
    events.record(count, f"count.{wanted.value}", by=by)


# -- deciding ----------------------------------------------------------------------------------------------------------


def approve(number: str, *, by: Actor, reason: str | None = None) -> CountPlan:
    """Posts the differences of a count as adjustments. Whoever counted may not approve; every difference must have been recounted.

    Raises CountUnknown, CountOver, OwnCount, NotCountedTwice, ReservedGoodsMissing.
    """
    count = _locked_open(find(number, by=by).id)
    if any(entry.person_id == by.id for line in count.lines for entry in line.entries):
        raise OwnCount
    for line in count.lines:
        if _differs(count, line) and not _settled(line):
            raise NotCountedTwice(**_names(line))
    count.reason = reason or count.reason
    _post(count, by=by)
    _change(count, S.POSTED, by=by)
    return count


def refuse(number: str, *, by: Actor, reason: str | None = None) -> CountPlan:
    """Ends a count without changing the book. Raises CountUnknown, CountOver."""
    count = _locked_open(find(number, by=by).id)
    count.reason = reason or count.reason
    _change(count, S.REFUSED, by=by)
    return count


def _post(count: CountPlan, *, by: Actor) -> None:
    """Books every difference against @COUNT, with the count as document. Claims on goods that are not there are given up."""
    virtual = session.execute(
        sa.select(Location.id).where(Location.site_id == count.site_id, Location.code_key == fold(Virtual.COUNT))
    ).scalar_one()
    moves = []
    for line in count.lines:
        if not line.difference:
            continue
        here = Place(line.location_id, line.handling_unit_id, line.condition)
        outside = Place(virtual, None, line.condition)
        if line.difference < 0:
            _give_up_claims(line)
        moves.append(
            Move(
                key=f"count:{count.id}:{line.id}",
                batch_id=line.batch_id,
                quantity=abs(line.difference),
                source=here if line.difference < 0 else outside,
                target=outside if line.difference < 0 else here,
                kind=MovementKind.COUNT,
                reason=count.reason,
                document=count.number,
            )
        )
        line.posted = line.difference
    if moves:
        post(moves, by=by)


def _give_up_claims(line: CountLine) -> None:
    """Frees as much reserved stock as is missing beyond what is free: youngest claims first, those not picked yet only.

    The lines fall back on their promise; planning looks for other goods.
    """
    unit = Stock.handling_unit_id == line.handling_unit_id if line.handling_unit_id else Stock.handling_unit_id.is_(None)
    row = session.execute(
        sa.select(Stock)
        .where(Stock.location_id == line.location_id, Stock.batch_id == line.batch_id, Stock.condition == line.condition, unit)
        .execution_options(populate_existing=True)
    ).scalar_one_or_none()
    missing = -(line.difference or 0)
    lacking = missing - (row.on_hand - row.reserved if row else 0)
    if row is None or lacking <= 0:
        return
    claims = session.execute(
        sa.select(Reservation)
        .where(
            Reservation.stock_id == row.id,
            Reservation.status == Claim.PENDING.value,
            Reservation.stage == Stage.RESERVED.value,
        )
        .order_by(Reservation.id.desc())
    ).scalars()
    give_up = []
    for claim in claims:
        if lacking <= 0:
            break
        part = min(claim.quantity, lacking)
        give_up.append(claim.id if part == claim.quantity else reservations.split(claim.id, part))
        lacking -= part
    return_to_promise(give_up)
    if lacking > 0:
        raise ReservedGoodsMissing(**_names(line))


def _names(line: CountLine) -> dict[str, Any]:
    sku = session.execute(sa.select(Product.sku).where(Product.id == line.product_id)).scalar_one()
    code = session.execute(sa.select(Location.code).where(Location.id == line.location_id)).scalar_one()
    return {"sku": sku, "location": code}


def unit_code(unit_id: int | None) -> str | None:
    """A handling unit's number."""
    return session.execute(sa.select(HandlingUnit.code).where(HandlingUnit.id == unit_id)).scalar_one() if unit_id else None
