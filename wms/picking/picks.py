"""Picking a list, line by line: goods leave the rack together with their claim; a short, a skip and an undo leave no claim behind.

`confirm` is the hot path: Core with statements built once. The order's header is locked by the statement that reads the lines
(`lines.look`); the order's state is computed only when its first or its last piece was picked.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import sqlalchemy as sa
from sqlalchemy import bindparam

from wms import events
from wms.actor import Actor
from wms.catalog.models import Product
from wms.db import session, table_of
from wms.errors import Refused
from wms.i18n import T
from wms.locations.models import Kind, Location
from wms.orders import claims as order_claims
from wms.orders import lifecycle, paying_back
from wms.orders.models import Order, OrderLine, OrderStatus
from wms.picking import ending, handover, relay, replenishment, rewalk, serials, slots, to_sort, weights
from wms.picking.acts import part_key
from wms.picking.allocation import allocate_line, options
from wms.picking.lacking import note_short
from wms.picking.lines import Here, Pick, look, next_line, progress_of
from wms.picking.models import PickList
from wms.picking.slots import Coming, Slot
from wms.picking.strategies import doubted
from wms.stock import capacity, handling_units, ledger, promises, reservations
from wms.stock.ledger import ClaimGone, Move, Place
from wms.stock.models import Claim, HandlingUnit, Movement, MovementKind, Reservation, Stage, Stock
from wms.tasks import next_best, queue, triggers, workers
from wms.tasks.models import LIVE, Task, TaskKind, TaskStatus, Trigger

TARGETS = (Kind.PACKING.value, Kind.STAGING.value)


class ListDone(Refused):
    """Nothing on the list is left to pick."""

    code = "nothing_to_pick"
    sentence = T("Nothing is left to pick on {number}", "{number} 已无待拣内容")
    advice = T("Scan another pick list, or choose Get work", "请扫描其他拣货单，或点“领取任务”")


class NoWork(Refused):
    """The queue is empty for this person."""

    code = "no_work"
    sentence = T("No pick list waits", "没有待拣的拣货单")
    advice = T("Ask your supervisor for work", "请向主管领取任务")


class MoreThanLine(Refused):
    """More than the line asks for."""

    code = "more_than_wanted"
    sentence = T("{quantity} are more than the {wanted} to pick", "数量 {quantity} 超过应拣数量 {wanted}")
    advice = T("Put the rest back", "请将多余的放回")


class NotAPackingPlace(Refused):
    """Picked goods cannot be put there."""

    code = "not_a_packing_place"
    sentence = T("{code} is not where picked goods go", "{code} 不是拣货去向")
    advice = T("Take them to {expected}", "请送到 {expected}")


class OtherOrdersTote(Refused):
    """The tote holds another order's goods."""

    code = "tote_of_another_order"
    sentence = T("{code} holds goods of another order", "{code} 已装有其他订单的货物")
    advice = T("Scan the tote of {order}, or an empty one", "请扫描 {order} 的周转箱或空箱")


class OnlyLine(Refused):
    """There is no other line to go to first."""

    code = "only_line"
    sentence = T("This is the last line of the list", "这是最后一行")
    advice = T("Pick it, or report it short", "请拣完，或报缺货")


class NothingToUndo(Refused):
    """No pick of this list can be taken back."""

    code = "nothing_to_undo"
    sentence = T("No pick can be undone here: nothing was picked, or it is packed already", "无可撤销的拣货：尚未拣货或已打包")
    advice = T("Unpack it first", "请先拆包")


@dataclass(frozen=True, slots=True)
class Opened:
    """A pick list in somebody's hands."""

    number: str
    task_id: int
    target_id: int
    target: str
    done: int
    of: int
    several_orders: bool
    line: Pick
    handed_by: str | None = None
    list_id: int = 0
    slots: tuple[Slot, ...] = ()
    coming: tuple[Coming, ...] = ()


@dataclass(frozen=True, slots=True)
class Picked:
    """What a confirmed pick led to: the next line, or none when the list is done."""

    next: Pick | None
    order_done: bool


@dataclass(frozen=True, slots=True)
class Shorted:
    """What a short pick led to: how much is missing, where else it lies (if anywhere), and the next line."""

    missing: int
    elsewhere: str | None
    elsewhere_quantity: int
    next: Pick | None


@dataclass(frozen=True, slots=True)
class Afresh:
    """How a list stands: whether the person still has it, whether the order in hand was cancelled, and the line that comes next."""

    mine: bool
    order_cancelled: bool
    line: Pick | None


# -- what is written, built once ----------------------------------------------------------------------------------------

_R, _S, _OL, _O, _T, _U = (table_of(one) for one in (Reservation, Stock, OrderLine, Order, Task, HandlingUnit))


def _picking() -> Any:
    """Counts the pick on its line; tells whether the line is done and whether other lines of the order are not."""
    # As text: SQLAlchemy leaves the tables' names out of SQLite's RETURNING, inside the subquery too.
    others_open = sa.literal_column(
        "EXISTS (SELECT 1 FROM order_lines AS other WHERE other.order_id = order_lines.order_id AND other.id <> order_lines.id "
        "AND other.picked < other.ordered - other.short - other.cancelled)",
        sa.Boolean,
    )
    return (
        sa.update(_OL)
        .where(_OL.c.id == bindparam("of_line"), _OL.c.reserved >= bindparam("amount"))
        .values(picked=_OL.c.picked + bindparam("amount"), reserved=_OL.c.reserved - bindparam("amount"))
        .returning(_OL.c.picked >= _OL.c.ordered - _OL.c.short - _OL.c.cancelled, others_open)
    )


_COUNT_PICK = _picking()
_DOUBTED = sa.select(doubted(bindparam("place"), bindparam("product")))


# -- opening -----------------------------------------------------------------------------------------------------------


def open_list(pick_list: PickList, *, by: Actor) -> Opened:
    """A person takes a pick list; the list waits for nobody else's work when somebody asks for it by its number.

    Raises TaskTaken, ListDone, NotHandedOver.
    """
    status = session.execute(sa.select(Task.status).where(Task.id == pick_list.task_id)).scalar_one()
    if status in (TaskStatus.DONE, TaskStatus.CANCELLED):
        raise ListDone(number=pick_list.number)
    relay.must_be_ready(pick_list)
    queue.ready(pick_list.task_id)
    task = queue.claim(pick_list.task_id, by=by)
    line = next_line(task.id)
    if line is None:
        raise ListDone(number=pick_list.number)
    return as_opened(pick_list, task, line, by)


def open_order(order: Order, *, by: Actor) -> Opened:
    """A person takes the order's pick list, the oldest that has lines left. Raises TaskTaken, ListDone."""
    found = session.execute(
        sa.select(PickList)
        .join(Reservation, Reservation.task_id == PickList.task_id)
        .join(OrderLine, OrderLine.id == Reservation.order_line_id)
        .where(OrderLine.order_id == order.id, Reservation.status == Claim.PENDING.value, Reservation.stage == Stage.RESERVED.value)
        .order_by(PickList.id)
        .limit(1)
    ).scalar_one_or_none()
    if found is None:
        raise ListDone(number=order.number)
    return open_list(found, by=by)


def open_next(*, by: Actor) -> Opened | None:
    """The best pick list there is for this person; None where there were only lists without a line, which have ended now. Raises NoWork."""
    ended = False
    while (task := next_best.give([TaskKind.PICK], by=by)) is not None:
        pick_list = session.execute(sa.select(PickList).where(PickList.task_id == task.id)).scalar_one()
        try:
            relay.must_be_ready(pick_list)
        except relay.NotHandedOver:
            relay.wait_again(task.id)
            continue
        line = next_line(task.id)
        if line is not None:
            return as_opened(pick_list, task, line, by)
        _finish(task.id, by)  # its orders were withdrawn meanwhile
        ended = True
    if not ended:
        raise NoWork  # a refusal takes back what was done before it
    return None


def afresh(task_id: int, order_id: int, *, by: Actor) -> Afresh:
    """How a list stands after something on it was changed by others. One that lost its last line to them has ended.

    An order withdrawn at the very moment of a pick sees the goods of that pick still on the list, and the pick sees those of the order.
    """
    holder, status = session.execute(sa.select(_T.c.person_id, _T.c.status).where(_T.c.id == task_id)).one()
    order = session.execute(sa.select(_O.c.status).where(_O.c.id == order_id)).scalar_one()
    mine = (holder, status) == (by.id, TaskStatus.CLAIMED.value)
    withdrawn = status == TaskStatus.CANCELLED.value  # with its last line: nobody else has it
    line = finish_when_done(task_id, by=by) if mine else None
    return Afresh(mine or withdrawn, order == OrderStatus.CANCELLED, line)


def as_opened(pick_list: PickList, task: Task, line: Pick, by: Actor) -> Opened:
    target = session.execute(sa.select(Location.code).where(Location.id == pick_list.target_id)).scalar_one()
    done, of = progress_of(task.id)
    opened = Opened(
        pick_list.number, task.id, pick_list.target_id, target, done, of, task.order_id is None, line, handover.handed_by(task, by=by)
    )
    if not slots.uses_totes(pick_list):
        return opened
    coming = relay.coming(pick_list)
    return replace(opened, list_id=pick_list.id, slots=tuple(slots.ensure(pick_list, coming)), coming=tuple(coming))


# -- picking -----------------------------------------------------------------------------------------------------------


def into(location: Location | None, unit: HandlingUnit | None, *, order_id: int, order_number: str, expected: str, by: Actor) -> Place:
    """Where picked goods go: a packing place or staging area, or a tote that stands at one and holds this order's goods or none.

    Raises NotAPackingPlace, OtherOrdersTote.
    """
    if unit is None:
        assert location is not None
        if location.kind not in TARGETS or location.site_id != by.site_id:
            raise NotAPackingPlace(code=location.code, expected=expected)
        return Place(location.id)
    kind = session.execute(sa.select(Location.kind).where(Location.id == unit.location_id)).scalar_one()
    if kind not in TARGETS or unit.closed_at is not None:
        raise NotAPackingPlace(code=unit.code, expected=expected)
    if _take_tote(unit.id, order_id) is None:
        raise OtherOrdersTote(code=unit.code, order=order_number)
    return Place(unit.location_id, unit.id)


def into_slot(unit: HandlingUnit | int, *, list_id: int, order_id: int, order: str, slot: Slot | None, target_id: int) -> Place:
    """The tote of the order's position on the cart: the one known by its id, or one that was scanned, an empty one where none stands there.

    Raises WrongTote, NotThisTote, ToteFull, NotATote, ToteInUse, OtherOrdersTote.
    """
    session.execute(sa.select(_O.c.id).where(_O.c.id == order_id).with_for_update(key_share=True))
    if isinstance(unit, HandlingUnit):
        return slots.into(unit, list_id=list_id, order_id=order_id, order=order, slot=slot, target_id=target_id)
    stands_at = _take_tote(unit, order_id)
    if stands_at is None:
        raise OtherOrdersTote(code=slot.unit if slot else "", order=order)
    return Place(stands_at, unit)


def lock_order(order_id: int) -> None:
    """The header of an order, before its tote."""
    session.execute(sa.select(_O.c.id).where(_O.c.id == order_id).with_for_update(key_share=True))


def _take_tote(unit_id: int, order_id: int) -> int | None:
    """Where the tote stands, if it is the order's now: it was already, or nothing lies in it and it stands on nobody's cart.

    The order is locked first, then the tote.
    """
    session.execute(sa.select(_O.c.id).where(_O.c.id == order_id).with_for_update(key_share=True))
    session.execute(sa.select(_U.c.id).where(_U.c.id == unit_id).with_for_update(key_share=True))
    filled = sa.exists().where(_S.c.handling_unit_id == unit_id, _S.c.on_hand > 0)
    free = sa.or_(sa.and_(_U.c.order_id.is_(None), ~to_sort.in_unit(unit_id)), _U.c.order_id == order_id, ~filled)
    # A statement of its own, behind the lock: on PostgreSQL it sees what the picker before us has put in.
    mine = sa.update(_U).where(_U.c.id == unit_id, free, ~slots.of_another(unit_id, order_id))
    taken = session.execute(mine.values(order_id=order_id).returning(_U.c.location_id)).one_or_none()
    return None if taken is None else int(taken[0])


def confirm(
    claim_id: int,
    quantity: int,
    *,
    task_id: int,
    order_id: int,
    target: Place,
    by: Actor,
    key: str,
    location_id: int | None = None,
    grams: int | None = None,
) -> Picked:
    """The picker puts `quantity` of the current line down at the target: now the goods have moved, and their claim with them.

    Fewer than the line asks for leaves the rest on the list. `location_id` is where the picker took them, `grams` what they weighed, where
    that is asked. Raises MoreThanLine, TaskOver, ClaimGone, GoodsMoved, NotEnough.
    """
    here = look(claim_id, task_id, order_id, by, location_id)
    after, rest = here.after, here.line.quantity - quantity
    if rest < 0:
        raise MoreThanLine(quantity=quantity, wanted=here.line.quantity)
    claim = reservations.split(claim_id, quantity) if rest else claim_id
    order_done = _pick(here, [(claim, here.line.batch_id, quantity)], target, by, key, grams)
    if rest:
        after = next_line(task_id)  # the same line, with what is left of it
    return put_down(here, after, order_done, target.location_id, by)


def confirm_serials(
    claim_id: int,
    numbers: Sequence[str],
    *,
    task_id: int,
    order_id: int,
    target: Place,
    by: Actor,
    key: str,
    location_id: int | None = None,
    grams: int | None = None,
    window: int = 0,
) -> Picked:
    """`confirm` for pieces with serial numbers: these pieces have moved, and the claims of the line went with them.

    Raises as `confirm` and as `serials.take`.
    """
    here = look(claim_id, task_id, order_id, by, location_id)
    taken = serials.take(claim_id, numbers, window=window, by=by)
    order_done = _pick(here, [(piece.claim_id, piece.batch_id, 1) for piece in taken], target, by, key, grams)
    return put_down(here, next_line(task_id), order_done, target.location_id, by)


def ends_at(task_id: int, location_id: int, claims: Iterable[int]) -> None:
    """The picker takes the goods of a list there instead of where it was planned to end: these claims, whose orders are locked first."""
    order_claims.lock_holders(claims)
    lists = table_of(PickList)
    session.execute(sa.update(lists).where(lists.c.task_id == task_id).values(target_id=location_id))
    session.execute(sa.update(_T).where(_T.c.id == task_id).values(target_id=location_id))


def put_down(here: Here, after: Pick | None, order_done: bool, place_id: int, by: Actor) -> Picked:
    """On to the next line; behind the last one the list has ended, and its picker stands where the goods went."""
    if after is None:
        queue.finish(here.task_id, epoch=here.epoch, by=by)
        workers.stands_at(place_id, by=by)
        ending.ended([here.task_id])
    return Picked(after, order_done)


def _pick(here: Here, parts: Sequence[tuple[int, int, int]], target: Place, by: Actor, key: str, grams: int | None = None) -> bool:
    """Moves goods and claims, counts them on the line; whether the whole order is picked now. A part is (claim, batch, quantity)."""
    line, quantity = here.line, sum(part[2] for part in parts)
    moves = [
        Move(
            key=part_key(key, place),
            batch_id=batch_id,
            quantity=amount,
            source=Place(line.location_id, line.unit_id),
            target=target,
            kind=MovementKind.PICK,
            document=here.document,
            order_line_id=line.order_line_id,
            task_id=here.task_id,
            claims=(claim,),
            claimed=amount,
            stage=Stage.TO_SORT if line.to_sort else Stage.PICKED,
        )
        for place, (claim, batch_id, amount) in enumerate(parts)
    ]
    moved = ledger.post(moves, by=by)
    if grams is not None:
        weights.keep([one.movement_id for one in moved], line.order_line_id, grams)
    counted = session.execute(_COUNT_PICK, {"of_line": line.order_line_id, "amount": quantity}).one_or_none()
    if counted is None:
        raise ClaimGone
    line_done, others_open = counted
    order_done = bool(line_done and not others_open)
    if order_done or here.order.status == OrderStatus.RELEASED:
        lifecycle.progress(here.order, by=by)
    return order_done


def count_picked(order_id: int, lines: Mapping[int, int], by: Actor) -> bool:
    """Counts pieces on lines of an order that is locked, by line; whether all of the order is picked now."""
    order_done = False
    for order_line, quantity in sorted(lines.items()):
        counted = session.execute(_COUNT_PICK, {"of_line": order_line, "amount": quantity}).one_or_none()
        if counted is None:
            raise ClaimGone
        order_done = bool(counted[0] and not counted[1])
    order = lifecycle.lock(order_id)
    if order_done or order.status == OrderStatus.RELEASED:
        lifecycle.progress(order, by=by)
    return order_done


def _finish(task_id: int, by: Actor) -> None:
    epoch = session.execute(sa.select(Task.epoch).where(Task.id == task_id)).scalar_one()
    queue.finish(task_id, epoch=epoch, by=by)
    ending.ended([task_id])


# -- exceptions --------------------------------------------------------------------------------------------------------


def short(
    claim_id: int,
    found: int,
    *,
    reason: str,
    task_id: int,
    order_id: int,
    target: Place | None = None,
    by: Actor,
    key: str,
    location_id: int | None = None,
    numbers: Sequence[str] = (),
    grams: int | None = None,
    window: int = 0,
) -> Shorted:
    """Less is there than the line asks for: what was found is picked, the rest gives its claim up and waits on its promise again.
    Of pieces with serial numbers, those found are `numbers`.

    The place is to be counted, and until then nothing more is allocated from it. The answer says where else the goods lie; `take_elsewhere`
    takes them there, `leave_short` closes the line without them (done here at once when there are none). Raises as `confirm`.
    """
    here = look(claim_id, task_id, order_id, by, location_id)
    line, left = here.line, [claim_id]
    wanted = line.quantity
    if serials.by_pieces(line):
        left = [piece.claim_id for piece in serials.together(claim_id)]
        wanted, found = len(left), len(numbers)
    if found >= wanted:
        raise MoreThanLine(quantity=found, wanted=wanted - 1)
    missing = wanted - found
    promises.lock(here.order.site_id, {line.product_id})  # before the stock, as planning does
    if found:
        assert target is not None, "what was found goes somewhere"
        if numbers:
            taken = serials.take(claim_id, numbers, window=window, by=by)
            parts = [(piece.claim_id, piece.batch_id, 1) for piece in taken]
            left = [claim for claim in left if claim not in {piece.claim_id for piece in taken}]
        else:
            parts = [(reservations.split(claim_id, found), line.batch_id, found)]
        _pick(here, parts, target, by, key, grams)
    order_claims.return_to_promise(left)
    after = next_line(task_id)
    count_there(line, here.document, reason, by)
    replenishment.after_short(line.location_id, line.product_id, site_id=by.site_id)
    others = options(line.order_line_id, missing, site_id=by.site_id)
    if not others:
        leave_short(line.order_line_id, missing, reason=reason, by=by)
        if after is None:
            _finish(task_id, by)
        return Shorted(missing, None, 0, after)
    place = session.execute(
        sa.select(Location.code).join(Stock, Stock.location_id == Location.id).where(Stock.id == others[0][0])
    ).scalar_one()
    return Shorted(missing, place, min(missing, sum(quantity for _, quantity in others)), after)


def take_elsewhere(order_line_id: int, quantity: int, *, reason: str, task_id: int, by: Actor) -> Pick | None:
    """The missing goods are claimed where else they lie, in turn, and get their place in the walk; what has gone meanwhile is short.

    Returns the line that comes next. Raises TaskOver when the list is no longer the person's: the line waits for planning.
    """
    _lock_order_of(order_line_id)
    still_mine(task_id, by)
    claimed = allocate_line(order_line_id, quantity, site_id=by.site_id, task_id=task_id)
    rewalk.place(task_id, order_line_id)
    leave_short(order_line_id, quantity - claimed, reason=reason, by=by)
    return finish_when_done(task_id, by=by)


def go_without(order_line_id: int, quantity: int, *, reason: str, task_id: int, by: Actor) -> Pick | None:
    """The picker leaves the missing goods; returns the line that comes next. Raises TaskOver as `take_elsewhere`."""
    _lock_order_of(order_line_id)
    still_mine(task_id, by)
    leave_short(order_line_id, quantity, reason=reason, by=by)
    return finish_when_done(task_id, by=by)


def leave_short(order_line_id: int, quantity: int, *, reason: str, by: Actor) -> int:
    """What cannot be had is counted as short and its promise is given up; returns how much that was."""
    order_id = _lock_order_of(order_line_id)
    line = session.execute(
        sa.select(OrderLine.promised, OrderLine.product_id, OrderLine.line, Product.sku)
        .join(Product, Product.id == OrderLine.product_id)
        .where(OrderLine.id == order_line_id)
    ).one()
    missing: int = min(quantity, line.promised)
    if missing <= 0:
        return 0
    order = lifecycle.lock(order_id)
    promises.change(order.site_id, {line.product_id: -missing})
    session.execute(sa.update(_OL).where(_OL.c.id == order_line_id).values(promised=_OL.c.promised - missing, short=_OL.c.short + missing))
    note_short(order_line_id, missing, reason)
    events.record(order, "order.short", by=by, line=line.line, sku=line.sku, quantity=missing, reason=reason)
    paying_back.less_goes(order, by=by)
    lifecycle.progress(order, by=by)
    return missing


def still_mine(task_id: int, by: Actor) -> None:
    holder, status = session.execute(sa.select(_T.c.person_id, _T.c.status).where(_T.c.id == task_id).with_for_update(key_share=True)).one()
    if (holder, status) != (by.id, TaskStatus.CLAIMED.value):
        raise queue.TaskOver


def finish_when_done(task_id: int, *, by: Actor) -> Pick | None:
    """The line that comes next; a list without one is finished."""
    line = next_line(task_id)
    if line is None:
        _finish(task_id, by)
    return line


def _lock_order_of(order_line_id: int) -> int:
    order_id: int = session.execute(sa.select(OrderLine.order_id).where(OrderLine.id == order_line_id)).scalar_one()
    session.execute(sa.select(_O.c.id).where(_O.c.id == order_id).with_for_update(key_share=True))
    return order_id


def count_there(line: Pick, document: str, reason: str, by: Actor) -> None:
    """One count of the product at the place, however many come up short there. The order on it tells it from a planned count."""
    if not triggers.wanted(Trigger.SHORT, by.site_id):
        return
    facts = {"document": document, "order_id": line.order_id, "batch_id": line.batch_id}
    said = [{"code": "short_pick", "reason": reason, "order": line.order_number}]
    queue.count_once(line.location_id, line.product_id, site_id=by.site_id, priority=7, decided=True, reasons=said, **facts)


def doubted_now(location_id: int, product_id: int) -> bool:
    """Whether somebody came up short of the product there, and it is not counted yet."""
    return bool(session.execute(_DOUBTED, {"place": location_id, "product": product_id}).scalar())


def others_of_order_at(order_id: int, location_id: int) -> str | None:
    """Where picked goods of the order stand, if that is elsewhere than here; None where all are here, or nothing is picked yet."""
    return session.execute(
        sa.select(Location.code)
        .join(Stock, Stock.location_id == Location.id)
        .join(Reservation, Reservation.stock_id == Stock.id)
        .join(OrderLine, OrderLine.id == Reservation.order_line_id)
        .where(OrderLine.order_id == order_id, Reservation.status == Claim.PENDING.value, Reservation.stage == Stage.PICKED.value)
        .where(Stock.location_id != location_id)
        .order_by(Reservation.id)
        .limit(1)
    ).scalar_one_or_none()


def refilled_since(location_id: int, product_id: int) -> bool:
    """Whether goods of the product were brought there after somebody came up short."""
    told = sa.select(sa.func.max(_T.c.created_at)).where(
        _T.c.kind == TaskKind.COUNT.value,
        _T.c.status.in_(LIVE),
        _T.c.source_id == location_id,
        _T.c.product_id == product_id,
    )
    brought = sa.select(Movement.id).where(
        Movement.target_id == location_id,
        Movement.product_id == product_id,
        Movement.kind.in_([MovementKind.REPLENISHMENT.value, MovementKind.PUTAWAY.value]),
        Movement.at > told.scalar_subquery(),
        ~sa.exists().where(table_of(Movement).alias("undone").c.reverses_id == Movement.id),
    )
    return session.execute(brought.limit(1)).first() is not None


def skip(claim_id: int, *, task_id: int, order_id: int, by: Actor) -> Pick:
    """The line goes to the end of the list; returns the one that comes next. Raises OnlyLine, TaskOver, ClaimGone."""
    here = look(claim_id, task_id, order_id, by)
    line, after = here.line, here.after
    if after is None:
        raise OnlyLine
    claims = [claim_id]
    if serials.by_pieces(line):
        claims = [piece.claim_id for piece in serials.together(claim_id)]
    rewalk.later(task_id, claims)
    first = next_line(task_id) if len(claims) > 1 else after
    if first is None or first.claim_id in claims:
        raise OnlyLine
    return first


def undo(*, task_id: int, by: Actor, key: str) -> Opened:
    """The last pick of a list goes back where it came from, by a counter-movement, its claim with it; it comes next again.

    Possible until the goods are packed. Raises NothingToUndo, TaskOver, and LocationFull and its kin where something else took their room.
    """
    last = session.execute(
        sa.select(Movement.id, Movement.quantity, Movement.target_id, Movement.target_unit_id, Movement.order_line_id, Reservation.id)
        .join(Reservation, Reservation.order_line_id == Movement.order_line_id)
        .join(Stock, Stock.id == Reservation.stock_id)
        .where(
            Reservation.task_id == task_id,
            Reservation.status == Claim.PENDING.value,
            Reservation.stage == Stage.PICKED.value,
            Reservation.quantity == Movement.quantity,
            Stock.location_id == Movement.target_id,
            sa.func.coalesce(Stock.handling_unit_id, 0) == sa.func.coalesce(Movement.target_unit_id, 0),
            Stock.batch_id == Movement.batch_id,
            Movement.task_id == task_id,
            Movement.kind == MovementKind.PICK.value,
            ~sa.exists().where(table_of(Movement).alias("undone").c.reverses_id == Movement.id),
        )
        .order_by(Movement.id.desc(), Reservation.id.desc())
        .limit(1)
    ).one_or_none()
    if last is None:
        raise NothingToUndo
    movement_id, quantity, _, _, order_line_id, claim_id = last
    order_id = _lock_order_of(order_line_id)
    task = queue.reopen(task_id, by=by)
    movement = session.get_one(Movement, movement_id)
    must_take_back(movement)
    _bring_back(movement)
    ledger.reverse(movement_id, key=key, by=by, claims=(claim_id,), claimed=quantity, stage=Stage.RESERVED)
    session.execute(sa.update(_R).where(_R.c.id == claim_id).values(sequence=0))
    session.execute(
        sa.update(_OL).where(_OL.c.id == order_line_id).values(picked=_OL.c.picked - quantity, reserved=_OL.c.reserved + quantity)
    )
    lifecycle.progress(lifecycle.lock(order_id), by=by)
    line = next_line(task_id)
    assert line is not None, "what was undone is to be picked again"
    pick_list = session.execute(sa.select(PickList).where(PickList.task_id == task_id)).scalar_one()
    relay.hold_back(pick_list)
    return as_opened(pick_list, task, line, by)


def _bring_back(picked: Movement) -> None:
    """A pallet that was fetched whole stands in the rack again, and is nobody's: its goods follow by the counter-movement."""
    unit_id = picked.source_unit_id
    if unit_id is not None and unit_id == picked.target_unit_id:
        handling_units.lock_trees(unit_id)
        handling_units.stand_at(unit_id, picked.source_id)
        session.execute(sa.update(_U).where(_U.c.id == unit_id).values(order_id=None))


def must_take_back(picked: Movement) -> None:
    """There is room where the goods came from."""
    unit_id = picked.source_unit_id
    # A unit that still holds something there is counted already.
    emptied = unit_id is not None and (unit_id == picked.target_unit_id or not handling_units.contents(unit_id))
    place, product = session.get_one(Location, picked.source_id), session.get_one(Product, picked.product_id)
    capacity.must_fit(place, product, picked.quantity, batch_id=picked.batch_id, in_unit=emptied, unit_id=unit_id)
