"""Pick faces are kept between their minimum and maximum from the oldest batch in reserve, and what a planned order needs goes first.

Goods that an order has claimed in reserve move to the face together with their claims, so rotation is never broken to save a walk.
A whole packaging is picked from reserve; and whoever comes before the goods were brought down picks them where they lie.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

import sqlalchemy as sa

from wms.actor import Actor
from wms.catalog.models import Packaging, Product
from wms.db import among, session, table_of
from wms.errors import NotFound, Refused
from wms.i18n import T
from wms.locations.models import Kind, Location
from wms.orders import claims as order_claims
from wms.picking.strategies import doubted, in_turn, racks, sound
from wms.stock import capacity, ledger
from wms.stock.ledger import Move, Moved, Place, QuantityWrong
from wms.stock.models import Batch, Claim, MovementKind, Reservation, Stage, Stock
from wms.tasks import next_best, queue, workers
from wms.tasks.models import Task, TaskKind, TaskStatus

_S, _B, _L, _P, _T = table_of(Stock), table_of(Batch), table_of(Location), table_of(Product), table_of(Task)
_LIVE = (TaskStatus.WAITING.value, TaskStatus.OPEN.value, TaskStatus.CLAIMED.value)
_MOST_CLAIMS = 200
EMERGENCY = 9


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


@dataclass(frozen=True, slots=True)
class Face:
    """A pick face with its product and levels."""

    id: int
    product_id: int
    minimum: int
    maximum: int
    on_hand: int
    reserved: int
    coming: int

    @property
    def room(self) -> int:
        """How much still fits under the maximum, with what is on its way."""
        return max(0, self.maximum - self.on_hand - self.coming)


def serve_faces(stock_ids: Iterable[int], *, by: Actor) -> list[Task]:
    """Brings down what orders have just claimed loose in reserve, where a pick face should serve it; then fills the faces that run low."""
    products = session.execute(
        sa.select(_S.c.product_id)
        .join(_L, sa.and_(_L.c.assigned_product_id == _S.c.product_id, _L.c.site_id == _S.c.site_id))
        .where(among(_S.c.id, sorted(set(stock_ids))))
        .distinct()
    ).scalars()
    return refill(by.site_id, set(products))


def refill(site_id: int, product_ids: Iterable[int] | None = None) -> list[Task]:
    """Offers what the faces need (of these products, or of all): first for orders that wait, then up to the maximum of faces below their
    minimum. Faces are locked, so two who look at once never ask twice; what is on its way is counted.

    A face in other hands is passed over, and looked at in a few seconds again: planning and picking hold stock when they come here, and a
    place is locked before its stock.
    """
    offered: list[Task] = []
    for face_id in _locked_faces(site_id, product_ids):  # few: faces that want nothing are neither locked nor looked at one by one
        face = _face(face_id)
        offered += _for_orders(face, site_id)
        face = _face(face_id)
        if face.on_hand - face.reserved + face.coming < face.minimum:
            offered += _to_maximum(face, site_id)
    return offered


def after_short(location_id: int, product_id: int, *, site_id: int) -> list[Task]:
    """A pick face came up short: whatever the book says, there is nothing, and goods are brought before all others.

    What is on its way is counted, so a second short asks for nothing more. A place that is no face of the product wants nothing.
    """
    found = session.execute(
        sa.select(_L.c.id)
        .where(_L.c.id == location_id, _L.c.kind == Kind.PICK_FACE.value, _L.c.assigned_product_id == product_id, _L.c.assigned_maximum > 0)
        .with_for_update(key_share=True, skip_locked=True)
    ).scalar_one_or_none()
    if found is None:
        return []
    empty = replace(_face(location_id), on_hand=0, reserved=0)
    session.execute(
        sa.update(_T)
        .where(_T.c.kind == TaskKind.REPLENISH.value, _T.c.target_id == location_id, _T.c.status.in_(_LIVE), _T.c.priority < EMERGENCY)
        .values(priority=EMERGENCY)
    )
    return _to_maximum(empty, site_id, EMERGENCY, "face_short")


def _locked_faces(site_id: int, product_ids: Iterable[int] | None) -> list[int]:
    query = sa.select(_L.c.id).where(
        _L.c.site_id == site_id,
        _L.c.kind == Kind.PICK_FACE.value,
        _L.c.assigned_product_id.is_not(None),
        _L.c.assigned_maximum > 0,
    )
    if product_ids is not None:
        wanted = sorted(set(product_ids))
        if not wanted:
            return []
        query = query.where(among(_L.c.assigned_product_id, wanted))
    query = query.where(_L.c.id.in_(session.execute(query.where(_wants_goods(site_id))).scalars().all()))
    return list(session.execute(query.order_by(_L.c.id).with_for_update(key_share=True, skip_locked=True)).scalars())


def _wants_goods(site_id: int) -> sa.ColumnElement[bool]:
    """Whether a face may want goods that reserve may have: it is below its minimum, or orders have claimed its product there."""
    free = sa.select(sa.func.coalesce(sa.func.sum(_S.c.on_hand - _S.c.reserved), 0)).where(_S.c.location_id == _L.c.id)
    coming = sa.select(sa.func.coalesce(sa.func.sum(_T.c.quantity), 0)).where(
        _T.c.kind == TaskKind.REPLENISH.value, _T.c.target_id == _L.c.id, _T.c.status.in_(_LIVE)
    )
    rack, there = _L.alias("rack"), _S.alias("there")
    in_reserve = (
        there.c.product_id == _L.c.assigned_product_id,
        there.c.site_id == site_id,
        rack.c.id == there.c.location_id,
        rack.c.kind == Kind.STORAGE.value,
    )
    low = free.scalar_subquery() + coming.scalar_subquery() < _L.c.assigned_minimum
    return sa.or_(
        sa.and_(low, sa.exists().where(*in_reserve, there.c.on_hand > there.c.reserved)),
        sa.exists().where(*in_reserve, there.c.reserved > 0),
    )


def _face(face_id: int) -> Face:
    here = sa.select(sa.func.coalesce(sa.func.sum(_S.c.on_hand), 0), sa.func.coalesce(sa.func.sum(_S.c.reserved), 0)).where(
        _S.c.location_id == face_id
    )
    on_hand, reserved = session.execute(here).one()
    coming = session.execute(
        sa.select(sa.func.coalesce(sa.func.sum(Task.quantity), 0)).where(
            Task.kind == TaskKind.REPLENISH.value, Task.target_id == face_id, Task.status.in_(_LIVE)
        )
    ).scalar_one()
    product, minimum, maximum = session.execute(
        sa.select(_L.c.assigned_product_id, _L.c.assigned_minimum, _L.c.assigned_maximum).where(_L.c.id == face_id)
    ).one()
    return Face(face_id, product, minimum or 0, maximum or 0, int(on_hand), int(reserved), int(coming or 0))


def _for_orders(face: Face, site_id: int) -> list[Task]:
    """One task for each reserve row where loose pieces are claimed, as far as they fit into the face."""
    case = _case(face.product_id)
    claims = session.execute(
        sa.select(_S.c.id, _S.c.location_id, _S.c.batch_id, _S.c.handling_unit_id, _S.c.on_hand, _S.c.reserved, Reservation.quantity)
        .join(_L, _L.c.id == _S.c.location_id)
        .join(Reservation, Reservation.stock_id == _S.c.id)
        .where(
            _S.c.product_id == face.product_id,
            _S.c.site_id == site_id,
            _L.c.kind == Kind.STORAGE.value,
            Reservation.status == Claim.PENDING.value,
            Reservation.stage == Stage.RESERVED.value,
        )
        .order_by(_S.c.location_id, _S.c.batch_id, Reservation.id)
    ).all()
    rows: dict[int, list[sa.Row[tuple[int, int, int, int, int, int, int]]]] = {}
    for claim in claims:
        if case == 1 or claim.quantity % case:
            rows.setdefault(claim.id, []).append(claim)
    offered = []
    room = face.room
    for row in rows.values():
        first = row[0]
        needed = sum(claim.quantity for claim in row)
        if needed > room or _on_its_way(first.location_id, first.batch_id, face.id):
            continue
        there = first.on_hand - first.reserved + needed
        whole = min(-(-needed // case) * case, there)
        amount = whole if whole <= room else needed
        offered.append(_offer(face, site_id, first.location_id, first.batch_id, first.handling_unit_id, amount, 7, "for_orders"))
        room -= amount
    return offered


def _to_maximum(face: Face, site_id: int, priority: int = 6, why: str = "below_minimum") -> list[Task]:
    """Whole packagings of the oldest batches, as many as fit; a rest smaller than one only where nothing else is there."""
    case = _case(face.product_id)
    room = face.room
    offered: list[Task] = []
    rows = session.execute(
        sa.select(_S.c.location_id, _S.c.batch_id, _S.c.handling_unit_id, _S.c.on_hand - _S.c.reserved)
        .select_from(racks())
        .where(sound(site_id), _S.c.product_id == face.product_id, _L.c.kind == Kind.STORAGE.value)
        .order_by(*in_turn())
    ).all()
    for location_id, batch_id, unit_id, free in rows:
        if room <= 0:
            break
        if _on_its_way(location_id, batch_id, face.id):
            continue
        amount = min(free, room)
        amount = amount // case * case or (free if free <= room else 0)
        if amount <= 0:
            break  # the oldest does not fit whole: a younger one must not overtake it
        offered.append(_offer(face, site_id, location_id, batch_id, unit_id, amount, priority, why))
        room -= amount
    return offered


def _case(product_id: int) -> int:
    """The smallest packaging of more than one piece; 1 where there is none."""
    found = session.execute(
        sa.select(sa.func.min(Packaging.quantity)).where(Packaging.product_id == product_id, Packaging.quantity > 1)
    ).scalar()
    return int(found or 1)


def _on_its_way(source_id: int, batch_id: int, target_id: int) -> bool:
    return (
        session.execute(
            sa.select(Task.id)
            .where(
                Task.kind == TaskKind.REPLENISH.value,
                Task.status.in_(_LIVE),
                Task.source_id == source_id,
                Task.batch_id == batch_id,
                Task.target_id == target_id,
            )
            .limit(1)
        ).first()
        is not None
    )


def _offer(face: Face, site_id: int, source_id: int, batch_id: int, unit_id: int | None, quantity: int, priority: int, why: str) -> Task:
    return queue.offer(
        TaskKind.REPLENISH,
        site_id=site_id,
        priority=priority,
        product_id=face.product_id,
        batch_id=batch_id,
        handling_unit_id=unit_id,
        quantity=quantity,
        source_id=source_id,
        target_id=face.id,
        reasons=[{"code": why}],
    )


# -- doing it ----------------------------------------------------------------------------------------------------------


def task_at(location_id: int, *, by: Actor) -> Task:
    """The best open replenishment that starts at a location, claimed; raises NothingToBring, TaskTaken."""
    found = session.execute(
        sa.select(Task.id)
        .where(
            Task.kind == TaskKind.REPLENISH.value,
            Task.site_id == by.site_id,
            Task.status.in_([TaskStatus.OPEN.value, TaskStatus.CLAIMED.value]),
            Task.source_id == location_id,
        )
        .order_by(sa.case((Task.person_id == by.id, 0), (Task.status == TaskStatus.OPEN.value, 1), else_=2), Task.priority.desc(), Task.id)
        .limit(1)
    ).scalar_one_or_none()
    if found is None:
        code = session.execute(sa.select(Location.code).where(Location.id == location_id)).scalar_one_or_none()
        raise NothingToBring(location=code or location_id)
    return queue.claim(found, by=by)


def next_task(*, by: Actor) -> Task:
    """The best replenishment for this person, claimed; raises NoReplenishment."""
    task = next_best.give([TaskKind.REPLENISH], by=by)
    if task is None:
        raise NoReplenishment
    return task


def bring(task_id: int, quantity: int, *, by: Actor, key: str) -> Moved:
    """The goods go into the face, their claims with them; the task is done. Fewer than asked for is allowed, more is not.

    Raises MoreThanWanted, NotEnough, TaskOver, and LocationFull and its kin where the face has no room any more.
    """
    task = _held(task_id, by)
    if quantity > task.quantity:
        raise MoreThanWanted(quantity=quantity, wanted=task.quantity)
    if quantity <= 0:
        raise QuantityWrong(quantity=quantity)
    order_claims.lock_holders(claim for claim, _ in _claims_to_bring(task, quantity))
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
    return moved


def not_there(task_id: int, *, by: Actor) -> None:
    """The goods are not where they should be: the place is to be counted, the task ends, and the face gets other goods. Raises TaskOver."""
    task = _held(task_id, by)
    queue.cancel(task.id)
    queue.offer(
        TaskKind.COUNT,
        site_id=by.site_id,
        priority=7,
        product_id=task.product_id,
        batch_id=task.batch_id,
        source_id=task.source_id,
        reasons=[{"code": "replenishment_not_there"}],
    )


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


def _claims_to_bring(task: _Task, quantity: int) -> list[tuple[int, int]]:
    """The loose claims on the goods, oldest first, as many as fit; claims of whole packagings come along only when free goods lack."""
    unit = _S.c.handling_unit_id == task.handling_unit_id if task.handling_unit_id else _S.c.handling_unit_id.is_(None)
    row = session.execute(
        sa.select(_S.c.id, _S.c.on_hand - _S.c.reserved).where(
            _S.c.location_id == task.source_id, _S.c.batch_id == task.batch_id, _S.c.condition == "good", unit
        )
    ).one_or_none()
    if row is None:
        return []
    stock_id, free = row
    case = _case(task.product_id)
    claims = session.execute(
        sa.select(Reservation.id, Reservation.quantity)
        .where(
            Reservation.stock_id == stock_id,
            Reservation.status == Claim.PENDING.value,
            Reservation.stage == Stage.RESERVED.value,
        )
        .order_by(Reservation.id)
        .limit(_MOST_CLAIMS)
    ).all()
    loose = [(claim, amount) for claim, amount in claims if case == 1 or amount % case]
    whole = [(claim, amount) for claim, amount in claims if case > 1 and not amount % case]
    taken: list[tuple[int, int]] = []
    held = 0
    for claim, amount in loose:
        if held + amount <= quantity:
            taken.append((claim, amount))
            held += amount
    for claim, amount in whole:
        if quantity - held > free and held + amount <= quantity:
            taken.append((claim, amount))
            held += amount
    return taken


def cancel_stale(site_id: int) -> int:
    """Withdraws open replenishments whose goods are no longer there; how many."""
    unit = sa.or_(_S.c.handling_unit_id == Task.handling_unit_id, sa.and_(_S.c.handling_unit_id.is_(None), Task.handling_unit_id.is_(None)))
    there = sa.exists().where(
        _S.c.location_id == Task.source_id, _S.c.batch_id == Task.batch_id, unit, _S.c.condition == "good", _S.c.on_hand > 0
    )
    stale = session.execute(
        sa.select(Task.id).where(
            Task.kind == TaskKind.REPLENISH.value, Task.site_id == site_id, Task.status == TaskStatus.OPEN.value, ~there
        )
    ).scalars()
    count = 0
    for task_id in list(stale):
        queue.cancel(task_id)
        count += 1
    return count
