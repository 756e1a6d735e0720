"""What several orders want of the goods at one place is picked as one quantity, and sorted afterwards.

Every order keeps its own claim, and every claim its own movement: what is confirmed together is one transaction of exact parts. Where
less is there than all of them want, the orders of higher priority, and of those the ones that are due first, have theirs.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from wms.actor import Actor
from wms.catalog.models import Product, Tracking
from wms.db import session, table_of
from wms.errors import Conflict, Refused
from wms.i18n import T
from wms.locations.models import Location
from wms.orders import claims as order_claims
from wms.orders import lifecycle
from wms.orders.models import Order, OrderLine
from wms.picking import ending, picks, replenishment, rewalk, slots, to_sort
from wms.picking.acts import act_of, part_key
from wms.picking.allocation import allocate_line, options
from wms.picking.lines import Here, Pick, look, next_line
from wms.picking.models import PickList
from wms.picking.picks import MoreThanLine, NotAPackingPlace, OnlyLine, Opened, Picked, Shorted
from wms.stock import handling_units, ledger, promises, reservations
from wms.stock.ledger import ClaimGone, Move, Place
from wms.stock.models import Claim, HandlingUnit, Movement, MovementKind, Reservation, Stage, Stock
from wms.tasks import queue, workers

_R, _S, _OL, _O, _P, _U, _M = (table_of(one) for one in (Reservation, Stock, OrderLine, Order, Product, HandlingUnit, Movement))


class TotalChanged(Conflict):
    """Orders of the list were cancelled or given other goods while the picker counted."""

    code = "total_changed"
    sentence = T("{wanted} are wanted here now, not {counted}", "此处现需 {wanted}，不是 {counted}")
    advice = T("Count again and put the rest back", "请重新清点，多余的放回")


class NotTheBatchTote(Refused):
    """The goods of several orders go into a unit that is empty, or that holds goods of this list."""

    code = "not_the_batch_tote"
    sentence = T("{code} is no place for goods that are sorted later", "{code} 不能放待分播的货物")
    advice = T("Scan an empty tote or pallet, or {expected}", "请扫描空的周转箱或托盘，或 {expected}")


class SortingBegun(Refused):
    """What was picked is being sorted."""

    code = "sorting_begun"
    sentence = T("{number} is being sorted already", "{number} 已开始分播")
    advice = T("Undo there first, or report the piece at sorting", "请先在分播处撤销，或在分播时报差异")


@dataclass(frozen=True, slots=True)
class Part:
    """What one order line wants of it: whole claims, exact."""

    claim_id: int
    quantity: int
    order_line_id: int
    order_id: int
    batch_id: int


def parts_of(claim_id: int) -> list[Part]:
    """What is picked with this claim, itself among it: who is served first comes first. Of products with lots, of one lot."""
    mine, row = _R.alias("mine"), _S.alias("row")
    rows = session.execute(
        sa.select(_R.c.id, _R.c.quantity, _OL.c.id, _OL.c.order_id, _S.c.batch_id)
        .select_from(mine)
        .join(row, row.c.id == mine.c.stock_id)
        .join(_P, _P.c.id == row.c.product_id)
        .join(_R, _R.c.task_id == mine.c.task_id)
        .join(_S, sa.and_(_S.c.id == _R.c.stock_id, _S.c.location_id == row.c.location_id, _S.c.product_id == row.c.product_id))
        .join(_OL, _OL.c.id == _R.c.order_line_id)
        .join(_O, _O.c.id == _OL.c.order_id)
        .where(
            mine.c.id == claim_id,
            mine.c.status == Claim.PENDING.value,
            mine.c.stage == Stage.RESERVED.value,
            _R.c.status == Claim.PENDING.value,
            _R.c.stage == Stage.RESERVED.value,
            _S.c.handling_unit_id.is_not_distinct_from(row.c.handling_unit_id),
            sa.or_(_P.c.tracking == Tracking.NONE.value, _S.c.batch_id == row.c.batch_id),
        )
        .order_by(_O.c.priority.desc(), _O.c.due_at.is_(None), _O.c.due_at, _O.c.id, _OL.c.id, _R.c.id)
    ).all()
    return [Part(*one) for one in rows]


def into(place: Location | HandlingUnit, *, task_id: int, target_id: int, expected: str, by: Actor) -> Place:
    """Where goods go that are sorted later: a packing place or staging area, an empty tote or pallet, or the one with goods of this list.

    An empty one stands where the list ends from now on. Raises NotAPackingPlace, NotTheBatchTote.
    """
    if isinstance(place, Location):
        if place.kind not in picks.TARGETS or place.site_id != by.site_id:
            raise NotAPackingPlace(code=place.code, expected=expected)
        return Place(place.id)
    return into_unit(place.id, task_id=task_id, target_id=target_id, expected=expected)


def into_unit(unit_id: int, *, task_id: int, target_id: int, expected: str) -> Place:
    """`into` for a unit known by its id. The orders of the line are locked before it, as whoever takes a tote for one order does."""
    line = next_line(task_id)
    if line is not None:
        order_claims.lock_holders(part.claim_id for part in parts_of(line.claim_id))
    session.execute(sa.select(_U.c.id).where(_U.c.id == unit_id).with_for_update(key_share=True))
    unit = session.get_one(HandlingUnit, unit_id, populate_existing=True)
    apart = unit.parent_id is not None or unit.load_id is not None or unit.closed_at is not None or slots.stands_on_a_cart(unit_id)
    carries = session.execute(sa.select(_U.c.id).where(_U.c.parent_id == unit_id).limit(1)).first() is not None
    if apart or carries:
        raise NotTheBatchTote(code=unit.code, expected=expected)
    if handling_units.contents(unit_id):
        if not session.execute(sa.select(to_sort.in_unit(unit_id, task_id))).scalar():
            raise NotTheBatchTote(code=unit.code, expected=expected)
        return Place(unit.location_id, unit_id)
    unit.order_id = None
    handling_units.stand_at(unit_id, target_id)
    return Place(target_id, unit_id)


def confirm(claim_id: int, quantity: int, *, task_id: int, target: Place, by: Actor, key: str, location_id: int | None = None) -> Picked:
    """The picker puts `quantity` of what the orders want here down at the target: one movement for each claim, all of them or none.

    Fewer than they want leave the rest on the list. Raises TotalChanged, TaskOver, ClaimGone, GoodsMoved, NotEnough, MoreThanLine.
    """
    here, parts = _look(claim_id, task_id, by, location_id)
    wanted = sum(part.quantity for part in parts)
    if quantity < 1:
        raise MoreThanLine(quantity=quantity, wanted=wanted)
    if quantity > wanted:
        raise TotalChanged(counted=quantity, wanted=wanted)
    served, _ = _served(parts, quantity)
    order_done = _pick(here, served, target, by, key)
    after = next_line(task_id)
    if after is None:
        queue.finish(task_id, epoch=here.epoch, by=by)
        workers.stands_at(target.location_id, by=by)
        ending.ended([task_id])
    return Picked(after, order_done)


def _look(claim_id: int, task_id: int, by: Actor, location_id: int | None) -> tuple[Here, list[Part]]:
    """The orders' headers locked, in id order; then the goods in hand must still be what the list comes to next."""
    found = parts_of(claim_id)
    order_claims.lock_holders(part.claim_id for part in found)
    found = parts_of(claim_id)  # as it is behind the locks
    first = next_line(task_id)
    if first is None or first.claim_id not in {part.claim_id for part in found}:
        raise ClaimGone
    return look(first.claim_id, task_id, first.order_id, by, location_id), found


def _served(parts: Sequence[Part], quantity: int) -> tuple[list[Part], list[Part]]:
    """The parts that so many pieces serve, the last one split; and those that are left."""
    served: list[Part] = []
    left: list[Part] = []
    for part in parts:
        enough = min(quantity, part.quantity)
        quantity -= enough
        if enough == part.quantity:
            served.append(part)
            continue
        if enough:
            served.append(Part(reservations.split(part.claim_id, enough), enough, *_of(part)))
        left.append(Part(part.claim_id, part.quantity - enough, *_of(part)))
    return served, left


def _of(part: Part) -> tuple[int, int, int]:
    return part.order_line_id, part.order_id, part.batch_id


def _pick(here: Here, parts: Sequence[Part], target: Place, by: Actor, key: str) -> bool:
    """Moves goods and claims, counts them on their lines; whether any of the orders is picked now."""
    line = here.line
    ledger.post(
        [
            Move(
                key=part_key(key, place),
                batch_id=part.batch_id,
                quantity=part.quantity,
                source=Place(line.location_id, line.unit_id),
                target=target,
                kind=MovementKind.PICK,
                document=here.document,
                order_line_id=part.order_line_id,
                task_id=here.task_id,
                claims=(part.claim_id,),
                claimed=part.quantity,
                stage=Stage.TO_SORT,
            )
            for place, part in enumerate(parts)
        ],
        by=by,
    )
    done = [picks.count_picked(order_id, lines, by) for order_id, lines in _by_order(parts)]
    return any(done)


def _by_order(parts: Iterable[Part]) -> list[tuple[int, dict[int, int]]]:
    """(order, {line: pieces}), in id order."""
    found: dict[int, dict[int, int]] = {}
    for part in parts:
        lines = found.setdefault(part.order_id, {})
        lines[part.order_line_id] = lines.get(part.order_line_id, 0) + part.quantity
    return sorted(found.items())


# -- exceptions --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Lacking:
    """What order lines lack of goods that were picked together: (line, pieces), who is served first comes first."""

    lines: tuple[tuple[int, int], ...]
    shorted: Shorted


def short(
    claim_id: int,
    found: int,
    *,
    reason: str,
    task_id: int,
    target: Place | None = None,
    by: Actor,
    key: str,
    location_id: int | None = None,
) -> Lacking:
    """Less is there than the orders want: what was found serves them in their turn, the rest gives its claims up, exactly as `picks.short`.

    The lines that lack goods of which there is more elsewhere are in the answer; the others are short at once. Raises as `confirm`.
    """
    here, parts = _look(claim_id, task_id, by, location_id)
    line, wanted = here.line, sum(part.quantity for part in parts)
    if found >= wanted:
        raise TotalChanged(counted=found, wanted=wanted)
    promises.lock(here.order.site_id, {line.product_id})  # before the stock, as planning does
    served, left = _served(parts, found)
    if served:
        assert target is not None, "what was found goes somewhere"
        _pick(here, served, target, by, key)
    order_claims.return_to_promise(part.claim_id for part in left)
    after = next_line(task_id)
    picks.count_there(line, here.document, reason, by)
    replenishment.after_short(line.location_id, line.product_id, site_id=by.site_id)
    lines = {order_line: pieces for _, lacks in _by_order(left) for order_line, pieces in lacks.items()}
    lacking = [(part.order_line_id, lines[part.order_line_id]) for part in {part.order_line_id: part for part in left}.values()]
    there = {order_line: options(order_line, pieces, site_id=by.site_id) for order_line, pieces in lacking}
    for order_line, pieces in lacking:
        if not there[order_line]:
            picks.leave_short(order_line, pieces, reason=reason, by=by)
    hopeful = tuple((order_line, pieces) for order_line, pieces in lacking if there[order_line])
    if not hopeful:
        if after is None:
            picks.finish_when_done(task_id, by=by)
        return Lacking((), Shorted(wanted - found, None, 0, after))
    rows = there[hopeful[0][0]]
    place = session.execute(
        sa.select(Location.code).join(Stock, Stock.location_id == Location.id).where(Stock.id == rows[0][0])
    ).scalar_one()
    missing = sum(pieces for _, pieces in hopeful)
    return Lacking(hopeful, Shorted(missing, place, min(missing, sum(quantity for _, quantity in rows)), after))


def take_elsewhere(lines: Iterable[tuple[int, int]], *, reason: str, task_id: int, by: Actor) -> Pick | None:
    """`picks.take_elsewhere` for all lines that lack something, in their turn."""
    lines = list(lines)
    _lock(line for line, _ in lines)
    picks.still_mine(task_id, by)
    for order_line, pieces in lines:
        claimed = allocate_line(order_line, pieces, site_id=by.site_id, task_id=task_id)
        rewalk.place(task_id, order_line)
        picks.leave_short(order_line, pieces - claimed, reason=reason, by=by)
    return picks.finish_when_done(task_id, by=by)


def go_without(lines: Iterable[tuple[int, int]], *, reason: str, task_id: int, by: Actor) -> Pick | None:
    """`picks.go_without` for all lines that lack something."""
    lines = list(lines)
    _lock(line for line, _ in lines)
    picks.still_mine(task_id, by)
    for order_line, pieces in lines:
        picks.leave_short(order_line, pieces, reason=reason, by=by)
    return picks.finish_when_done(task_id, by=by)


def _lock(order_lines: Iterable[int]) -> None:
    orders = sa.select(_OL.c.order_id).where(_OL.c.id.in_(list(order_lines)))
    session.execute(sa.select(_O.c.id).where(_O.c.id.in_(orders)).order_by(_O.c.id).with_for_update(key_share=True))


def skip(claim_id: int, *, task_id: int, by: Actor) -> Pick:
    """All of it goes to the end of the list. Raises OnlyLine, TaskOver, ClaimGone."""
    _, parts = _look(claim_id, task_id, by, None)
    claims = [part.claim_id for part in parts]
    rewalk.later(task_id, claims)
    first = next_line(task_id)
    if first is None or first.claim_id in claims:
        raise OnlyLine
    return first


def undo(*, task_id: int, by: Actor, key: str) -> Opened:
    """The last pick of any list goes back; what was picked together goes back together. Raises as `picks.undo`, and SortingBegun."""
    pick_list = session.execute(sa.select(PickList).where(PickList.task_id == task_id)).scalar_one()
    last = _last_together(task_id)
    if not last:
        if to_sort.task_of(pick_list.number, pick_list.site_id) is not None:
            raise SortingBegun(number=pick_list.number)
        return picks.undo(task_id=task_id, by=by, key=key)
    _lock(movement.order_line_id for movement, _ in last if movement.order_line_id is not None)
    task = queue.reopen(task_id, by=by)
    if not to_sort.withdraw(pick_list):
        raise SortingBegun(number=pick_list.number)
    back: dict[int, int] = {}
    for place, (movement, claim_id) in enumerate(last):
        picks.must_take_back(movement)
        ledger.reverse(movement.id, key=part_key(key, place), by=by, claims=(claim_id,), claimed=movement.quantity, stage=Stage.RESERVED)
        session.execute(sa.update(_R).where(_R.c.id == claim_id).values(sequence=0))
        assert movement.order_line_id is not None
        back[movement.order_line_id] = back.get(movement.order_line_id, 0) + movement.quantity
    for order_line, pieces in sorted(back.items()):
        session.execute(sa.update(_OL).where(_OL.c.id == order_line).values(picked=_OL.c.picked - pieces, reserved=_OL.c.reserved + pieces))
    for order_id in session.execute(sa.select(_OL.c.order_id).where(_OL.c.id.in_(back)).distinct().order_by(_OL.c.order_id)).scalars():
        lifecycle.progress(lifecycle.lock(order_id), by=by)
    line = next_line(task_id)
    assert line is not None, "what was undone is to be picked again"
    return picks.as_opened(pick_list, task, line, by)


def _last_together(task_id: int) -> list[tuple[Movement, int]]:
    """The movements of the last pick that waits to be sorted, each with its claim: those of orders cancelled since are not among them."""
    undone = _M.alias("undone")
    same = (_R.c.order_line_id == Movement.order_line_id, _R.c.quantity == Movement.quantity, _R.c.task_id == Movement.task_id)
    rows = session.execute(
        sa.select(Movement, _R.c.id)
        .join(_R, sa.and_(*same))
        .join(_S, sa.and_(_S.c.id == _R.c.stock_id, _S.c.location_id == Movement.target_id, _S.c.batch_id == Movement.batch_id))
        .where(
            Movement.task_id == task_id,
            Movement.kind == MovementKind.PICK.value,
            *to_sort.WAITS,
            _S.c.handling_unit_id.is_not_distinct_from(Movement.target_unit_id),
            ~sa.exists().where(undone.c.reverses_id == Movement.id),
        )
        .order_by(Movement.id.desc(), _R.c.id.desc())
    ).all()
    if not rows:
        return []
    act = act_of(rows[0][0].key)
    found: dict[int, tuple[Movement, int]] = {}
    taken: set[int] = set()
    for movement, claim_id in rows:
        if act_of(movement.key) == act and movement.id not in found and claim_id not in taken:
            found[movement.id] = movement, claim_id
            taken.add(claim_id)
    return list(found.values())


def facts_of(line: Pick) -> dict[str, Any]:
    """What a screen says of a line that is picked for several orders: how many pieces, for how many orders."""
    parts = parts_of(line.claim_id)
    return {"quantity": sum(part.quantity for part in parts), "orders": len({part.order_id for part in parts})}
