"""Sorting what was picked for several orders together: so many to each order's position of the wall, until nothing is left to sort.

Every order of the list has a position (`PickSlot`); a tote stands there, or the position is a location of its own. The claims of the
orders go along. Who is served first, where less is there than all want, is as when it was picked.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from wms import events
from wms.actor import Actor
from wms.catalog.models import Product, Tracking
from wms.db import fold, session, table_of
from wms.errors import Refused
from wms.i18n import T
from wms.locations.models import Kind, Location
from wms.orders import bench, lifecycle, missed
from wms.orders.models import Order, OrderLine, OrderStatus
from wms.picking import slots, to_sort, weights
from wms.picking.acts import act_of, part_key
from wms.picking.lacking import note_short
from wms.picking.models import PickList
from wms.stock import ledger, promises, reservations
from wms.stock.ledger import ClaimGone, Move, Place
from wms.stock.models import Batch, Claim, Condition, HandlingUnit, Movement, MovementKind, Reservation, Stage, Stock
from wms.tasks import next_best, queue, workers
from wms.tasks.models import LIVE, Task, TaskKind, TaskStatus

_R, _S, _OL, _O, _B, _P, _L, _U = (table_of(one) for one in (Reservation, Stock, OrderLine, Order, Batch, Product, Location, HandlingUnit))
_T, _M, _PL = table_of(Task), table_of(Movement), table_of(PickList)
WALL = (Kind.PACKING.value, Kind.STAGING.value)


class NothingToSort(Refused):
    """Nothing that was picked together waits there."""

    code = "nothing_to_sort"
    sentence = T("Nothing of {number} waits to be sorted", "{number} 没有待分播的货物")
    advice = T("Scan a batch tote or its pick list, or choose Get work", "请扫描批量周转箱或其拣货单，或点“领取任务”")


class NothingWaits(Refused):
    """The queue is empty for this person."""

    code = "no_work"
    sentence = T("Nothing waits to be sorted", "没有待分播的货物")
    advice = T("Take other work", "请领取其他任务")


class NotFinished(Refused):
    """The list is still being picked."""

    code = "still_picked"
    sentence = T("{number} is still being picked", "{number} 尚未拣完")
    advice = T("Sort it when it is done", "请在拣完后再分播")


class NotInTheBatch(Refused):
    """No order of the list wants more of it."""

    code = "not_in_batch"
    sentence = T("No order here wants {sku}", "此批没有订单需要 {sku}")
    advice = T("Scan what lies in the batch; put this aside", "请扫描本批货物，此件先放一边")


class OfCancelledOrder(NotInTheBatch):
    """It lies there for an order that was cancelled."""

    code = "of_cancelled_order"
    sentence = T("{sku} was for an order that is cancelled", "{sku} 属于已取消的订单")
    advice = T("Leave it where it is: a task puts it back", "请留在原处，已派回库任务")


class LotNotInTheBatch(Refused):
    """No order of the list waits for this lot, or number."""

    code = "lot_not_in_batch"
    sentence = T("No order here waits for {lot} of {sku}", "此批没有订单等待 {sku} 的 {lot}")
    advice = T("Read the label again; put this aside", "请重新核对标签，此件先放一边")


class WrongPosition(Refused):
    """Another order's position."""

    code = "wrong_position"
    sentence = T("{code} is not position {position}", "{code} 不是 {position} 号位")
    advice = T("Put them to {expected}, for {order}", "请放到 {expected}（{order}）")


class PositionTaken(Refused):
    """Another order's goods stand there."""

    code = "position_taken"
    sentence = T("{code} is taken", "{code} 已被占用")
    advice = T("Scan an empty tote or a free place for {order}", "请为 {order} 扫描空周转箱或空位")


class NothingToUndoHere(Refused):
    """Nothing was put to a position, or it is packed."""

    code = "nothing_to_undo"
    sentence = T("Nothing can be undone here: nothing was sorted, or it is being packed", "无可撤销的分播：尚未分播或已在打包")
    advice = T("Unpack it first", "请先拆包")


@dataclass(frozen=True, slots=True)
class Sorting:
    """A list that somebody sorts."""

    list_id: int
    number: str
    task_id: int
    pick_task_id: int
    target_id: int
    target: str
    done: int = 0
    of: int = 0


@dataclass(frozen=True, slots=True)
class Share:
    """So many of a product to one order's position."""

    order_id: int
    order: str
    position: int
    quantity: int
    product_id: int
    sku: str
    name: tuple[str, str]
    base_unit: str
    lot: str | None
    catch_weight: bool
    weight_grams: int
    unit: str | None
    unit_id: int | None
    place: str | None
    place_id: int | None

    @property
    def expected(self) -> str | None:
        """The tote, or the place, where this order's goods stand already."""
        return self.unit or self.place


# -- opening -----------------------------------------------------------------------------------------------------------


def open_list(pick_list: PickList, *, by: Actor) -> Sorting:
    """A person sorts what a list picked. Raises NotFinished, NothingToSort, TaskTaken."""
    task = to_sort.task_of(pick_list.number, pick_list.site_id)
    if task is None:
        picking = session.execute(sa.select(_T.c.status).where(_T.c.id == pick_list.task_id)).scalar_one()
        if picking in LIVE and _pieces(pick_list.task_id)[1]:
            raise NotFinished(number=pick_list.number)
        raise NothingToSort(number=pick_list.number)
    queue.claim(task.id, by=by)
    return _opened(pick_list, task.id)


def open_unit(unit: HandlingUnit, *, by: Actor) -> Sorting:
    """The list whose goods lie in a batch tote. Raises as `open_list`."""
    return open_list(_list_of(_S.c.handling_unit_id == unit.id, unit.code), by=by)


def open_product(product: Product, *, by: Actor) -> Sorting:
    """The oldest list that has this product to sort. Raises as `open_list`."""
    mine = sa.and_(_S.c.product_id == product.id, _S.c.site_id == by.site_id)
    return open_list(_list_of(mine, product.sku), by=by)


def open_next(*, by: Actor) -> Sorting:
    """The best there is to sort for this person. Raises NothingWaits."""
    while (task := next_best.give([TaskKind.SORT], by=by)) is not None:
        pick_list = session.execute(
            sa.select(PickList).where(PickList.number == task.document, PickList.site_id == task.site_id)
        ).scalar_one()
        if _pieces(pick_list.task_id)[1]:
            return _opened(pick_list, task.id)
        queue.finish(task.id, epoch=task.epoch, by=by)  # its orders were cancelled meanwhile
    raise NothingWaits


def _list_of(where: sa.ColumnElement[bool], what: str) -> PickList:
    found = session.execute(
        sa.select(PickList)
        .join(_R, _R.c.task_id == PickList.task_id)
        .join(_S, _S.c.id == _R.c.stock_id)
        .where(where, *to_sort.WAITS)
        .order_by(to_sort.is_offered().desc(), PickList.id)
        .limit(1)
    ).scalar_one_or_none()
    if found is None:
        raise NothingToSort(number=what)
    return found


def _opened(pick_list: PickList, task_id: int) -> Sorting:
    slots.ensure(pick_list)
    target = session.get_one(Location, pick_list.target_id).code
    done, of = progress_of(pick_list.task_id)
    return Sorting(pick_list.id, pick_list.number, task_id, pick_list.task_id, pick_list.target_id, target, done, of)


def progress_of(pick_task_id: int) -> tuple[int, int]:
    """(sorted, of) in pieces."""
    done, left = _pieces(pick_task_id)
    return done, done + left


def _pieces(pick_task_id: int) -> tuple[int, int]:
    left = sa.case((_R.c.stage == Stage.TO_SORT.value, _R.c.quantity), else_=0)
    done = sa.case((_R.c.stage.in_([Stage.TO_SORT.value, Stage.RESERVED.value]), 0), else_=_R.c.quantity)
    sums = [sa.func.coalesce(sa.func.sum(one), 0) for one in (done, left)]
    row = session.execute(sa.select(*sums).where(_R.c.task_id == pick_task_id, _R.c.status == Claim.PENDING.value)).one()
    return int(row[0]), int(row[1])


# -- what goes where ---------------------------------------------------------------------------------------------------


def _waiting(pick_task_id: int, *where: Any) -> Any:
    """The claims that wait to be sorted: who is served first comes first."""
    return (
        sa.select(
            _R.c.id,
            _R.c.quantity,
            _R.c.order_line_id,
            _OL.c.order_id,
            _O.c.number,
            _S.c.location_id,
            _S.c.handling_unit_id,
            _S.c.batch_id,
            _S.c.product_id,
            _B.c.lot,
        )
        .select_from(_R)
        .join(_S, _S.c.id == _R.c.stock_id)
        .join(_B, _B.c.id == _S.c.batch_id)
        .join(_OL, _OL.c.id == _R.c.order_line_id)
        .join(_O, _O.c.id == _OL.c.order_id)
        .where(_R.c.task_id == pick_task_id, *to_sort.WAITS, *where)
        .order_by(_O.c.priority.desc(), _O.c.due_at.is_(None), _O.c.due_at, _O.c.id, _R.c.id)
    )


def lots_of(pick_task_id: int, product_id: int) -> list[str]:
    """The lots, or serial numbers, of a product that wait to be sorted; none where the product has none of its own."""
    product = session.get_one(Product, product_id)
    if product.tracking == Tracking.NONE:
        return []
    return sorted({row.lot for row in session.execute(_waiting(pick_task_id, _S.c.product_id == product_id))})


def check(sorting: Sorting, product: Product) -> None:
    """Some order of the list waits for the product. Raises OfCancelledOrder, NotInTheBatch."""
    if session.execute(_waiting(sorting.pick_task_id, _S.c.product_id == product.id).limit(1)).first() is not None:
        return
    moved_here = sa.select(_M.c.target_id, _M.c.target_unit_id).where(
        _M.c.task_id == sorting.pick_task_id, _M.c.product_id == product.id, _M.c.kind == MovementKind.PICK.value
    )
    for place_id, unit_id in session.execute(moved_here.distinct()).all():
        here = (_S.c.location_id == place_id, _S.c.handling_unit_id.is_not_distinct_from(unit_id), _S.c.product_id == product.id)
        if session.execute(sa.select(_S.c.id).where(*here, _S.c.on_hand > _S.c.reserved).limit(1)).first() is not None:
            raise OfCancelledOrder(sku=product.sku)
    raise NotInTheBatch(sku=product.sku)


@dataclass(frozen=True, slots=True)
class Left:
    """So many of a product, and of one lot of it where several wait, are still to be sorted."""

    product_id: int
    sku: str
    name: tuple[str, str]
    base_unit: str
    lot: str | None
    quantity: int
    orders: int


def left_of(pick_task_id: int) -> list[Left]:
    """What is still to be sorted, product by product in the order of their codes."""
    rows = session.execute(_waiting(pick_task_id)).all()
    ids = {row.product_id for row in rows}
    products = {one.id: one for one in session.execute(sa.select(Product).where(Product.id.in_(ids))).scalars()}
    lots: dict[int, set[str]] = {}
    for row in rows:
        lots.setdefault(row.product_id, set()).add(row.lot)
    held: dict[tuple[int, str | None], list[Any]] = {}
    for row in rows:
        apart = products[row.product_id].tracking != Tracking.NONE and len(lots[row.product_id]) > 1
        held.setdefault((row.product_id, row.lot if apart else None), []).append(row)
    found = [
        Left(
            product_id,
            products[product_id].sku,
            (products[product_id].name_en or products[product_id].name, products[product_id].name_zh or products[product_id].name),
            products[product_id].base_unit,
            lot,
            sum(row.quantity for row in of_it),
            len({row.order_id for row in of_it}),
        )
        for (product_id, lot), of_it in held.items()
    ]
    return sorted(found, key=lambda one: (one.sku, one.lot or ""))


def share_of(list_id: int, product_id: int, lot: str | None = None) -> Share | None:
    """Whose goods come next of this product (and lot), and how many; None when none are left."""
    pick_list = session.get_one(PickList, list_id)
    of_lot = () if lot is None else (_B.c.lot_key == fold(lot),)
    rows = session.execute(_waiting(pick_list.task_id, _S.c.product_id == product_id, *of_lot)).all()
    product = session.get_one(Product, product_id)
    if not rows:
        return None
    first = rows[0]
    slot = next(one for one in slots.ensure(pick_list) if one.order_id == first.order_id)
    place = None if slot.unit is not None else _place_of(pick_list.task_id, first.order_id)
    return Share(
        first.order_id,
        first.number,
        slot.position,
        sum(row.quantity for row in rows if row.order_id == first.order_id),
        product_id,
        product.sku,
        (product.name_en or product.name, product.name_zh or product.name),
        product.base_unit,
        first.lot if lot is not None else None,
        product.catch_weight,
        product.weight_grams,
        slot.unit,
        slot.unit_id,
        place.code if place else None,
        place.id if place else None,
    )


def _place_of(pick_task_id: int, order_id: int) -> Any:
    """The location that is the order's position, where it has no tote: sorted goods of it lie there."""
    return session.execute(
        sa.select(_L.c.id, _L.c.code)
        .join(_S, _S.c.location_id == _L.c.id)
        .join(_R, _R.c.stock_id == _S.c.id)
        .join(_OL, _OL.c.id == _R.c.order_line_id)
        .where(_R.c.task_id == pick_task_id, _OL.c.order_id == order_id, _S.c.handling_unit_id.is_(None))
        .where(_R.c.status == Claim.PENDING.value, _R.c.stage == Stage.PICKED.value)
        .order_by(_R.c.id.desc())
        .limit(1)
    ).one_or_none()


def where_to(share: Share, place: Location | HandlingUnit, *, list_id: int, target_id: int, by: Actor) -> Place:
    """The order's position: its tote, or a location of its own. The first scan chooses it, where it has none.

    The order is locked. Raises WrongPosition, PositionTaken, NotATote, ToteInUse, ToteFull.
    """
    session.execute(sa.select(_O.c.id).where(_O.c.id == share.order_id).with_for_update(key_share=True))
    about: dict[str, Any] = {"code": place.code, "position": share.position, "expected": share.expected, "order": share.order}
    if isinstance(place, HandlingUnit):
        if share.unit is not None and place.id != share.unit_id:
            raise WrongPosition(**about)
        if share.unit is None and share.place is not None:
            raise WrongPosition(**about)
        slot = slots.Slot(share.position, share.order_id, share.order, share.unit_id, share.unit)
        return slots.into(place, list_id=list_id, order_id=share.order_id, order=share.order, slot=slot, target_id=target_id)
    if share.unit is not None or share.place_id not in (None, place.id):
        raise WrongPosition(**about)
    if place.kind not in WALL or place.site_id != by.site_id or _taken(place.id, share.order_id):
        raise PositionTaken(code=place.code, order=share.order)
    return Place(place.id)


def _taken(location_id: int, order_id: int) -> bool:
    """Whether goods of another order lie loose there, sorted or not. The place is locked, for two may come at once."""
    session.execute(sa.select(_L.c.id).where(_L.c.id == location_id).with_for_update(key_share=True))
    others = (
        sa.select(_R.c.id)
        .join(_S, _S.c.id == _R.c.stock_id)
        .join(_OL, _OL.c.id == _R.c.order_line_id)
        .where(_S.c.location_id == location_id, _S.c.handling_unit_id.is_(None), _R.c.status == Claim.PENDING.value)
        .where(sa.or_(_OL.c.order_id != order_id, _R.c.stage == Stage.TO_SORT.value))
    )
    return session.execute(others.limit(1)).first() is not None


# -- sorting -----------------------------------------------------------------------------------------------------------


def put(sorting: Sorting, share: Share, quantity: int, target: Place, *, by: Actor, key: str, grams: int | None = None) -> bool:
    """So many pieces are at the order's position now, and their claims with them. Whether anything is left to sort.

    Raises ClaimGone where the order wants fewer by now, TaskOver, NotEnough.
    """
    _lock(share.order_id)
    _mine(sorting.task_id, by)
    moves: list[Move] = []
    for claim, quantity_of in _cut(_claims(sorting, share), quantity):
        moves.append(
            Move(
                key=part_key(key, len(moves)),
                batch_id=claim.batch_id,
                quantity=quantity_of,
                source=Place(claim.location_id, claim.handling_unit_id),
                target=target,
                kind=MovementKind.MOVE,
                document=sorting.number,
                order_line_id=claim.order_line_id,
                task_id=sorting.task_id,
                claims=(claim.id if quantity_of == claim.quantity else reservations.split(claim.id, quantity_of),),
                claimed=quantity_of,
                stage=Stage.PICKED,
            )
        )
    moved = ledger.post(moves, by=by)
    if grams is not None:
        weights.keep([one.movement_id for one in moved], moves[0].order_line_id or 0, grams)
    bench.settle(share.order_id)
    return _on(sorting, by)


@dataclass(frozen=True, slots=True)
class Lacking:
    """What a short led to: the order lines that lack something, and whether anything is left to sort."""

    lines: tuple[int, ...]
    left: bool


def short(sorting: Sorting, share: Share, quantity: int, *, reason: str, by: Actor, key: str) -> Lacking:
    """So many pieces are not there, or are damaged: the order goes without them; `shortages.elsewhere` says where there are more.

    Nothing leaves the book by this: what is missing stays in it, blocked, until somebody has counted there; what is damaged goes to the
    defect area. Raises ClaimGone, TaskOver.
    """
    order = lifecycle.lock(share.order_id)
    promises.lock(order.site_id, {share.product_id})  # before the stock, as planning does: what there is elsewhere may be offered
    _mine(sorting.task_id, by)
    parts = _cut(_claims(sorting, share)[::-1], quantity)
    damaged = reason == "DAMAGED"
    ended = [claim.id if part == claim.quantity else reservations.split(claim.id, part) for claim, part in parts]
    reservations.void(ended)
    condition = Condition.DAMAGED if damaged else Condition.BLOCKED
    ledger.post(
        [
            Move(
                key=part_key(key, f"short{place}"),
                batch_id=claim.batch_id,
                quantity=part,
                source=Place(claim.location_id, claim.handling_unit_id),
                target=Place(claim.location_id, None, condition.value),
                kind=MovementKind.CONDITION,
                reason=reason,
                document=order.number,
                order_line_id=claim.order_line_id,
            )
            for place, (claim, part) in enumerate(parts)
        ],
        by=by,
    )
    for claim, part in parts:
        session.execute(sa.update(_OL).where(_OL.c.id == claim.order_line_id).values(picked=_OL.c.picked - part, short=_OL.c.short + part))
        line = session.get_one(OrderLine, claim.order_line_id, populate_existing=True)
        note_short(line.id, part, reason)
        events.record(order, "order.short", by=by, line=line.line, sku=share.sku, quantity=part, reason=reason)
        missed.offer_work(
            order,
            location_id=claim.location_id,
            product_id=claim.product_id,
            batch_id=claim.batch_id,
            quantity=part,
            damaged=damaged,
            reasons=[{"code": "short_at_sorting", "reason": reason, "list": sorting.number}],
        )
    lifecycle.progress(order, by=by)
    if all(line.picked == 0 for line in order.lines):
        bench.clear(order.id)
    bench.settle(order.id)
    return Lacking(tuple(sorted({claim.order_line_id for claim, _ in parts})), _on(sorting, by))


def left_over(sorting: Sorting, product: Product, *, by: Actor) -> None:
    """More of a product lies there than the orders want: it is put aside, and counted where the goods were brought."""
    said = [{"code": "left_over", "list": sorting.number, "by": by.name}]
    queue.count_once(sorting.target_id, product.id, site_id=by.site_id, priority=5, document=sorting.number, reasons=said)


def undo(sorting: Sorting, *, by: Actor, key: str) -> tuple[int, str | None]:
    """What was put to a position last goes back among the rest. Returns its product, and its lot where it has one.

    Possible until it is packed. Raises NothingToUndo, TaskOver.
    """
    undone = _M.alias("undone")
    rows = session.execute(
        sa.select(Movement, _R.c.id, _OL.c.order_id)
        .join(_R, sa.and_(_R.c.order_line_id == Movement.order_line_id, _R.c.quantity == Movement.quantity))
        .join(_S, sa.and_(_S.c.id == _R.c.stock_id, _S.c.location_id == Movement.target_id, _S.c.batch_id == Movement.batch_id))
        .join(_OL, _OL.c.id == Movement.order_line_id)
        .where(
            Movement.task_id == sorting.task_id,
            Movement.kind == MovementKind.MOVE.value,
            _R.c.task_id == sorting.pick_task_id,
            _R.c.status == Claim.PENDING.value,
            _R.c.stage == Stage.PICKED.value,
            _S.c.handling_unit_id.is_not_distinct_from(Movement.target_unit_id),
            ~sa.exists().where(undone.c.reverses_id == Movement.id),
        )
        .order_by(Movement.id.desc(), _R.c.id.desc())
    ).all()
    if not rows:
        raise NothingToUndoHere
    first = rows[0][0]
    order = lifecycle.lock(rows[0][2])
    packer = bench.open_task(order.id)
    if packer is not None and packer[1] is not None:
        raise NothingToUndoHere
    queue.reopen(sorting.task_id, by=by)
    acts = {act_of(first.key)}
    seen: set[int] = set()
    taken: set[int] = set()
    for movement, claim_id, _ in rows:
        if act_of(movement.key) in acts and movement.id not in seen and claim_id not in taken:
            ledger.reverse(
                movement.id,
                key=part_key(key, len(seen)),
                by=by,
                claims=(claim_id,),
                claimed=movement.quantity,
                stage=Stage.TO_SORT,
            )
            seen.add(movement.id)
            taken.add(claim_id)
    bench.settle(order.id)
    product = session.get_one(Product, first.product_id)
    lot = session.get_one(Batch, first.batch_id).lot
    several = len(lots_of(sorting.pick_task_id, product.id)) > 1
    return product.id, lot if several else None


def known_place(share: Share) -> Place:
    """Where the order's goods stand already."""
    if share.unit_id is not None:
        return Place(session.get_one(HandlingUnit, share.unit_id).location_id, share.unit_id)
    assert share.place_id is not None, "something stands there"
    return Place(share.place_id)


def is_mine(sorting: Sorting, *, by: Actor) -> bool:
    """Whether the person has the work in hand."""
    holder, status = session.execute(sa.select(_T.c.person_id, _T.c.status).where(_T.c.id == sorting.task_id)).one()
    return bool((holder, status) == (by.id, TaskStatus.CLAIMED.value))


def is_cancelled(order_id: int) -> bool:
    """Whether nobody wants the order any more."""
    return bool(session.execute(sa.select(_O.c.status == OrderStatus.CANCELLED.value).where(_O.c.id == order_id)).scalar_one())


def is_left(sorting: Sorting) -> bool:
    """Whether anything is left to sort."""
    return _pieces(sorting.pick_task_id)[1] > 0


def _lock(order_id: int) -> None:
    session.execute(sa.select(_O.c.id).where(_O.c.id == order_id).with_for_update(key_share=True))


def _mine(task_id: int, by: Actor) -> None:
    """The task is this person's, and stays so until the transaction ends; its lease runs anew. Raises TaskOver."""
    try:
        queue.claim(task_id, by=by)
    except queue.TaskTaken:
        raise queue.TaskOver from None


def _claims(sorting: Sorting, share: Share) -> list[Any]:
    of_lot = () if share.lot is None else (_B.c.lot_key == fold(share.lot),)
    mine = (_S.c.product_id == share.product_id, _OL.c.order_id == share.order_id, *of_lot)
    return list(session.execute(_waiting(sorting.pick_task_id, *mine)).all())


def _cut(claims: Sequence[Any], quantity: int) -> list[tuple[Any, int]]:
    """(claim, pieces): as many claims as the quantity needs. Raises ClaimGone where they hold fewer."""
    found = []
    for claim in claims:
        part = min(quantity, claim.quantity)
        if part:
            found.append((claim, part))
            quantity -= part
    if quantity or not found:
        raise ClaimGone
    return found


def _on(sorting: Sorting, by: Actor) -> bool:
    """Whether anything is left to sort; without it the work is done."""
    if _pieces(sorting.pick_task_id)[1]:
        return True
    epoch = session.execute(sa.select(_T.c.epoch).where(_T.c.id == sorting.task_id)).scalar_one()
    queue.finish(sorting.task_id, epoch=epoch, by=by)
    workers.stands_at(sorting.target_id, by=by)
    return False
