"""A replenishment is done: goods from reserve into their pick face, with the claims of the orders that wait for them.

The first scans only look; goods move when the face is scanned. Until somebody wanted them there, that can be undone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from wms.actor import Actor
from wms.catalog.models import Product
from wms.db import fold, session, table_of
from wms.errors import NotFound, Refused
from wms.i18n import T
from wms.locations.models import Location
from wms.picking import lots, rewalk
from wms.picking.faces import is_loose
from wms.picking.lots import Age, LotNotFree, LotOutOfTurn
from wms.picking.replenishment import cases_of
from wms.picking.strategies import doubted, in_turn, racks, sound
from wms.stock import capacity, handling_units, ledger
from wms.stock.ledger import Move, Moved, Place, QuantityWrong
from wms.stock.models import Batch, Claim, Condition, HandlingUnit, Movement, MovementKind, Reservation, Stage, Stock
from wms.tasks import next_best, queue, workers
from wms.tasks.models import Task, TaskKind, TaskStatus

_S, _B, _L, _P, _T = table_of(Stock), table_of(Batch), table_of(Location), table_of(Product), table_of(Task)
_R = table_of(Reservation)
_MOST_CLAIMS = 200


class NothingToBring(NotFound):
    """No open replenishment starts there."""

    code = "nothing_to_replenish"
    sentence = T("No replenishment starts at {location}", "{location} 没有补货任务")
    advice = T("Choose Get work", "请点“领取任务”")


class NoReplenishment(NotFound):
    """No face waits for goods."""

    code = "no_work"
    sentence = T("No pick face waits for goods", "没有待补货的拣货位")
    advice = T("Ask your supervisor for work", "请向主管领取任务")


class MoreThanWanted(Refused):
    """The face cannot take so much."""

    code = "more_than_wanted"
    sentence = T("{quantity} are more than the {wanted} asked for", "数量 {quantity} 超过任务数量 {wanted}")
    advice = T("Bring what the task asks for", "请按任务数量补货")


class CannotTakeBack(Refused):
    """What was brought cannot go back."""

    code = "nothing_to_undo"
    sentence = T("This cannot be undone: the goods in {face} were picked or promised meanwhile", "无法撤销：{face} 的货物已被拣走或占用")
    advice = T("Move goods back by hand if they must go", "如需移走，请手动移库")


class LotBroughtTooSoon(LotOutOfTurn):
    """An older lot goes down first."""

    sentence = T("Lot {lot} may not go to the face before {first}, {since}", "批号 {lot} 不能先于 {first}（{since}）补到拣货位")
    advice = T(
        "Pickers take what the face has: bring {first}, or choose Fewer there", "拣货位有什么就拣什么：请先补 {first}，没有则点“数量不足”"
    )


class LotNotThere(LotNotFree):
    """Nothing of the lot can be had at the place of the task."""

    sentence = T("No free goods of lot {lot} are at {place}", "{place} 没有批号 {lot} 的可用货物")
    advice = T("Bring {first}, or choose Fewer there", "请补 {first}，没有则点“数量不足”")


@dataclass(frozen=True, slots=True)
class Brought:
    """What was brought: the movement, and the claims that went with it."""

    moved: Moved
    claims: tuple[int, ...]


def task_at(location_id: int, *, by: Actor, unit: HandlingUnit | None = None) -> Task:
    """The best open replenishment that starts at a location, or with a handling unit, claimed; raises NothingToBring, TaskTaken."""
    moves = Task.source_id == location_id if unit is None else Task.handling_unit_id == unit.id
    found = session.execute(
        sa.select(Task.id)
        .where(
            Task.kind == TaskKind.REPLENISH.value,
            Task.site_id == by.site_id,
            Task.status.in_([TaskStatus.OPEN.value, TaskStatus.CLAIMED.value]),
            moves,
        )
        .order_by(sa.case((Task.person_id == by.id, 0), (Task.status == TaskStatus.OPEN.value, 1), else_=2), Task.wanted_at, Task.id)
        .limit(1)
    ).scalar_one_or_none()
    if found is None:
        code = session.execute(sa.select(Location.code).where(Location.id == location_id)).scalar_one_or_none()
        raise NothingToBring(location=unit.code if unit is not None else code or location_id)
    return queue.claim(found, by=by)


def next_task(*, by: Actor) -> Task:
    """The best replenishment for this person, claimed; raises NoReplenishment."""
    task = next_best.give([TaskKind.REPLENISH], by=by)
    if task is None:
        raise NoReplenishment
    return task


def still_there(task_id: int, *, by: Actor) -> int:
    """How many of the task can be brought as things are now: it asks for no more than that from here on, for others may have taken goods
    since it was planned. With nothing left it ends, and 0 comes back. Raises TaskOver."""
    task = _held(task_id, by)
    quantity = task.quantity
    free = session.execute(sa.select(_S.c.on_hand - _S.c.reserved).where(*_where_it_lies(task))).scalar_one_or_none() or 0
    while quantity > 0 and (most := free + sum(amount for _, amount in _claims_to_bring(task, quantity))) < quantity:
        quantity = most
    if quantity <= 0:
        queue.cancel(task.id)
        return 0
    if quantity < task.quantity:
        session.execute(sa.update(_T).where(_T.c.id == task.id, _T.c.epoch == task.epoch).values(quantity=quantity))
        session.expire_all()
    return quantity


def bring(task_id: int, quantity: int, *, by: Actor, key: str, short: bool = False) -> Brought:
    """The goods go into the face, their claims with them; the task is done. Fewer than asked for is allowed, more is not. `short`: no more
    were there, and the place is to be counted.

    Raises MoreThanWanted, NotEnough, TaskOver, and LocationFull and its kin where the face has no room any more.
    """
    task = _held(task_id, by)
    if quantity > task.quantity:
        raise MoreThanWanted(quantity=quantity, wanted=task.quantity)
    if quantity <= 0:
        raise QuantityWrong(quantity=quantity)
    lists = rewalk.lock_lists(claim for claim, _ in _claims_to_bring(task, quantity))
    claims = _claims_to_bring(task, quantity)  # again, behind their orders' locks: a picker may have come first
    product, face = session.get_one(Product, task.product_id), session.get_one(Location, task.target_id, populate_existing=True)
    if not session.execute(sa.select(doubted(sa.literal(face.id), sa.literal(product.id)))).scalar_one():  # else the book is not believed
        cargo = capacity.Cargo([capacity.Piece(product, quantity, task.batch_id)])
        capacity.must_take(face, cargo, without=[task.id], lying_only=True)  # what else is on its way is for this face too
    one = Move(
        key=key,
        batch_id=task.batch_id,
        quantity=quantity,
        source=Place(task.source_id, task.handling_unit_id),
        target=Place(task.target_id),
        kind=MovementKind.REPLENISHMENT,
        task_id=task.id,
        claims=tuple(claim for claim, _ in claims),
        claimed=sum(amount for _, amount in claims),
        stage=Stage.RESERVED,
    )
    moved = ledger.post([one], by=by)[0]
    queue.finish(task.id, epoch=task.epoch, by=by)
    workers.stands_at(task.target_id, by=by)
    if claims:
        _lists_begin_anew([claim for claim, _ in claims], lists)
    if short:
        _count_source(task, by)
    return Brought(moved, one.claims)


def face_full(task_id: int, *, by: Actor) -> None:
    """No more goes into the face than the book believes: it is to be counted, and planned on meanwhile. Raises TaskOver."""
    task = _held(task_id, by)
    queue.count_once(task.target_id, site_id=by.site_id, priority=5, reasons=[{"code": "face_full", "by": by.name}])


def leave(task_id: int, *, by: Actor) -> None:
    """Nothing of it can be brought: the task ends, and what the face still needs is reckoned anew. Raises TaskOver."""
    queue.cancel(_held(task_id, by).id)


def not_there(task_id: int, *, by: Actor) -> None:
    """The goods are not where they should be: the place is to be counted, the task ends, and the face gets other goods. Raises TaskOver."""
    task = _held(task_id, by)
    queue.cancel(task.id)
    _count_source(task, by)


def undo(movement_id: int, claims: Sequence[int], *, by: Actor, key: str) -> int:
    """What was brought goes back to reserve by a counter-movement, with the claims that came with it; the task is this person's again, and
    its id comes back. Raises CannotTakeBack, TaskOver, and LocationFull and its kin where something else took its room."""
    done = session.get_one(Movement, movement_id)
    assert done.task_id is not None, "a replenishment has its task"
    face = session.execute(sa.select(_L.c.code).where(_L.c.id == done.target_id)).scalar_one()
    lists = rewalk.lock_lists(claims)
    task = queue.reopen(done.task_id, by=by)
    here = sa.select(_S.c.id).where(
        _S.c.location_id == done.target_id, _S.c.batch_id == done.batch_id, _S.c.handling_unit_id.is_(None), _S.c.condition == "good"
    )
    waiting = session.execute(
        sa.select(_R.c.id, _R.c.quantity).where(
            _R.c.id.in_(claims), _R.c.stock_id.in_(here), _R.c.status == Claim.PENDING.value, _R.c.stage == Stage.RESERVED.value
        )
    ).all()
    unit_id = done.source_unit_id
    emptied = unit_id is not None and not handling_units.contents(unit_id)
    place, product = session.get_one(Location, done.source_id), session.get_one(Product, done.product_id)
    capacity.must_fit(place, product, done.quantity, batch_id=done.batch_id, in_unit=emptied, unit_id=unit_id)
    claimed = sum(row.quantity for row in waiting)
    try:
        ledger.reverse(movement_id, key=key, by=by, claims=tuple(row.id for row in waiting), claimed=claimed, stage=Stage.RESERVED)
    except ledger.NotEnough as refusal:
        raise CannotTakeBack(face=face) from refusal
    if waiting:
        _lists_begin_anew([row.id for row in waiting], lists)
    return task.id


def change_lot(task_id: int, lot: str, *, window: int = 0, by: Actor) -> None:
    """The task brings another lot that lies at the same place: one whose turn is not later than that of the lot it names, or later by no
    more than `window` days. Raises TaskOver, LotNotThere, LotBroughtTooSoon."""
    task = _held(task_id, by)
    first = session.execute(
        sa.select(_B.c.lot, _B.c.lot_key, _B.c.received_on, _B.c.expires_on, _P.c.rotation)
        .join_from(_B, _P, _P.c.id == _B.c.product_id)
        .where(_B.c.id == task.batch_id)
    ).one()
    if first.lot_key == fold(lot):
        return
    row = session.execute(
        sa.select(_S.c.batch_id, _S.c.handling_unit_id, _S.c.on_hand - _S.c.reserved, _B.c.lot, _B.c.received_on, _B.c.expires_on)
        .select_from(racks())
        .where(sound(by.site_id), _S.c.product_id == task.product_id, _S.c.location_id == task.source_id, _B.c.lot_key == fold(lot))
        .order_by(*in_turn())
        .limit(1)
    ).one_or_none()
    if row is None:
        raise LotNotThere(lot=lot, first=first.lot, place=session.get_one(Location, task.source_id).code)
    age = Age(first.received_on, first.expires_on)
    if lots.days_ahead(first.rotation, Age(row.received_on, row.expires_on), age) > window:
        raise LotBroughtTooSoon(lot=row.lot, first=first.lot, since=lots.since(first.rotation, age))
    values = {"batch_id": row.batch_id, "handling_unit_id": row.handling_unit_id, "quantity": min(task.quantity, row[2])}
    session.execute(sa.update(_T).where(_T.c.id == task.id, _T.c.epoch == task.epoch).values(**values))
    session.expire_all()


@dataclass(frozen=True, slots=True)
class _Task:
    """A replenishment in somebody's hands."""

    id: int
    epoch: int
    product_id: int
    batch_id: int
    handling_unit_id: int | None
    quantity: int
    source_id: int
    target_id: int


def _held(task_id: int, by: Actor) -> _Task:
    task = session.get(Task, task_id, populate_existing=True)
    if task is None or task.kind != TaskKind.REPLENISH or task.person_id != by.id or task.status != TaskStatus.CLAIMED:
        raise queue.TaskOver
    assert task.product_id is not None, "a replenishment says what"
    assert task.batch_id is not None, "of which batch"
    assert task.quantity is not None, "how much"
    assert task.source_id is not None, "from where"
    assert task.target_id is not None, "to where"
    return _Task(task.id, task.epoch, task.product_id, task.batch_id, task.handling_unit_id, task.quantity, task.source_id, task.target_id)


def _where_it_lies(task: _Task) -> tuple[sa.ColumnElement[bool], ...]:
    unit = _S.c.handling_unit_id == task.handling_unit_id if task.handling_unit_id else _S.c.handling_unit_id.is_(None)
    return _S.c.location_id == task.source_id, _S.c.batch_id == task.batch_id, _S.c.condition == Condition.GOOD.value, unit


def _claims_to_bring(task: _Task, quantity: int) -> list[tuple[int, int]]:
    """The loose claims on the goods, oldest first, as many as fit; claims of whole packagings come along only when free goods lack."""
    row = session.execute(sa.select(_S.c.id, _S.c.on_hand - _S.c.reserved).where(*_where_it_lies(task))).one_or_none()
    if row is None:
        return []
    stock_id, free = row
    case = cases_of([task.product_id]).get(task.product_id, 1)
    claims = session.execute(
        sa.select(_R.c.id, _R.c.quantity)
        .where(_R.c.stock_id == stock_id, _R.c.status == Claim.PENDING.value, _R.c.stage == Stage.RESERVED.value)
        .order_by(_R.c.id)
        .limit(_MOST_CLAIMS)
    ).all()
    taken: list[tuple[int, int]] = []
    held = 0
    for claim, amount in claims:
        if is_loose(amount, case) and held + amount <= quantity:
            taken.append((claim, amount))
            held += amount
    for claim, amount in claims:
        if not is_loose(amount, case) and quantity - held > free and held + amount <= quantity:
            taken.append((claim, amount))
            held += amount
    return taken


def _lists_begin_anew(claims: Sequence[int], locked: Sequence[int]) -> None:
    """A list whose goods came down is walked anew, and needs no more than what is left of it in the racks."""
    lists = session.execute(sa.select(_R.c.task_id).where(_R.c.id.in_(claims), _R.c.task_id.is_not(None)).distinct()).scalars().all()
    for task_id in sorted(one for one in lists if one is not None):
        if task_id in locked:
            rewalk.anew(task_id, claims)
        needed = session.execute(
            sa.select(_L.c.equipment)
            .select_from(_R.join(_S, _S.c.id == _R.c.stock_id).join(_L, _L.c.id == _S.c.location_id))
            .where(_R.c.task_id == task_id, _R.c.status == Claim.PENDING.value, _R.c.stage == Stage.RESERVED.value)
            .where(_L.c.equipment.is_not(None))
            .order_by(_R.c.sequence)
            .limit(1)
        ).scalar_one_or_none()
        session.execute(
            sa.update(_T).where(_T.c.id == task_id, _T.c.equipment.is_not(None), _T.c.kind == TaskKind.PICK.value).values(equipment=needed)
        )


def _count_source(task: _Task, by: Actor) -> None:
    facts = {"batch_id": task.batch_id, "reasons": [{"code": "replenishment_not_there"}]}
    queue.count_once(task.source_id, task.product_id, site_id=by.site_id, priority=7, decided=True, **facts)
