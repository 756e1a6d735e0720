"""A whole pallet is fetched as it is: its plate is scanned, and it stands at packing with everything on it. Nobody counts it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from wms.actor import Actor
from wms.catalog.models import Product
from wms.db import session, table_of
from wms.errors import Conflict, Refused
from wms.i18n import T
from wms.locations.models import Location
from wms.orders.models import Order, OrderLine
from wms.picking import lots, picks, rewalk
from wms.picking.lines import GoodsMoved, Pick, look, next_line
from wms.picking.lots import Age, days_ahead, since
from wms.picking.models import Method, PickList
from wms.picking.picks import NotAPackingPlace, Picked
from wms.picking.strategies import kept_lots, racks, sound, terms
from wms.stock import handling_units, reservations
from wms.stock.ledger import ClaimGone
from wms.stock.models import Batch, Claim, HandlingUnit, MovementKind, Reservation, Stage, Stock
from wms.tasks.models import Task

_S, _R = table_of(Stock), table_of(Reservation)


class WrongPlate(Refused):
    """Other goods, or another quantity."""

    code = "wrong_plate"
    sentence = T("{code} carries {there}, not {wanted}", "{code} 上为{there}，应为 {wanted}")
    advice = T("Scan {expected}, or another full pallet of the same goods", "请扫描 {expected}，或同样货物的其他整托")


class PlateHeld(Refused):
    """Another order has it."""

    code = "plate_held"
    sentence = T("{code} is held for {order}", "{code} 已分配给 {order}")
    advice = T("Scan {expected}, or another full pallet of the same goods", "请扫描 {expected}，或同样货物的其他整托")


class PlateOutOfTurn(Refused):
    """An older pallet goes first."""

    code = "plate_out_of_turn"
    sentence = T("{code} may not go before {expected}, {since}", "{code} 不能先于 {expected}（{since}）出库")
    advice = T("Take {expected}", "请取 {expected}")


class PlateChanged(Conflict):
    """Something was taken from it, or put on it."""

    code = "plate_changed"
    sentence = T("{code} is no full pallet of this line any more", "{code} 已不是该行的整托")
    advice = T("Leave this work and take it again: the goods are counted then", "请离开后重新领取，再按件清点")


def whole(line: Pick) -> bool:
    """Whether the line is all there is on its pallet, and nothing else stands on it."""
    if line.method != Method.PALLET or line.unit_id is None:
        return False
    rows = handling_units.contents(line.unit_id)
    return [row.id for row in rows] == [line.stock_id] and rows[0].on_hand == line.quantity


@dataclass(frozen=True, slots=True)
class _Holder:
    """The order line whose claim is all there is on a pallet."""

    claim_id: int
    quantity: int
    stage: str
    order_line_id: int
    task_id: int | None
    order: str
    method: str | None


def instead(claim_id: int, unit: HandlingUnit, *, task_id: int, order_id: int, window: int = 0, by: Actor) -> Pick:
    """Another full pallet of the same goods, as many of them, that rotation lets go before its turn by no more than `window` days: free, or
    held for another order that may have ours instead of it, by the same rules.

    The claim is on it from now on. Raises WrongPlate, PlateHeld, PlateOutOfTurn, LotOrdered, LotTooOld, LotKept, ClaimGone, and as
    `lines.look`.
    """
    held = _claims_on(unit.id)
    rewalk.lock_lists([claim_id, *held])
    line = look(claim_id, task_id, order_id, by).line
    if unit.id == line.unit_id:
        return line
    expected = line.unit or line.location
    wanted = f"{line.sku} × {line.quantity}"
    handling_units.lock_trees(unit.id)
    rows = handling_units.contents(unit.id)
    there = ", ".join(f"{session.get_one(Product, row.product_id).sku} × {row.on_hand}" for row in rows[:2]) or T("nothing", "空")
    if len(rows) != 1 or (rows[0].product_id, rows[0].on_hand) != (line.product_id, line.quantity) or unit.parent_id is not None:
        raise WrongPlate(code=unit.code, there=there, wanted=wanted, expected=expected)
    if not _is_sound(rows[0], by):
        raise WrongPlate(code=unit.code, there=there, wanted=wanted, expected=expected)
    batch = session.get_one(Batch, rows[0].batch_id)
    holder = _holder(rows[0].id)
    if holder is not None and holder.claim_id not in held:
        raise ClaimGone  # it was given to an order while we waited: that order is not locked
    asked = terms([line.order_line_id])[line.order_line_id]
    if batch.id != line.batch_id:
        if asked.lot is not None or asked.one_batch:
            raise lots.LotOrdered(first=line.lot)
        first = Age(line.received_on, line.expires_on)
        if days_ahead(asked.rotation, Age(batch.received_on, batch.expires_on), first) > window:
            raise PlateOutOfTurn(code=unit.code, expected=expected, since=since(asked.rotation, first))
        if not asked.take(batch.expires_on):
            raise lots.LotTooOld(lot=batch.lot, day=batch.expires_on, least=asked.least, first=line.lot)
        if holder is None and kept_lots([line.product_id], by.site_id).get((line.product_id, batch.lot_key), 0):
            raise lots.LotKept(lot=batch.lot, first=line.lot)
    if holder is None:
        lots.exchange(line, claim_id, rows[0].id, line.quantity, task_id, by)
    elif _may_have(holder, line, batch, window):
        _swap(line, claim_id, rows[0].id, batch.lot, holder, task_id, by)
    else:
        raise PlateHeld(code=unit.code, order=holder.order, expected=expected)
    after = next_line(task_id)
    assert after is not None, "what was claimed is to be picked"
    return after


def _claims_on(unit_id: int) -> list[int]:
    on_it = sa.select(_R.c.id).join(_S, _S.c.id == _R.c.stock_id).where(_S.c.handling_unit_id == unit_id)
    return list(session.execute(on_it.where(_R.c.status == Claim.PENDING.value)).scalars())


def _holder(stock_id: int) -> _Holder | None:
    """Who has a claim on goods of a pallet; where several have, one of them."""
    row = session.execute(
        sa.select(_R.c.id, _R.c.quantity, _R.c.stage, _R.c.order_line_id, _R.c.task_id, Order.number, PickList.method)
        .join(OrderLine, OrderLine.id == _R.c.order_line_id)
        .join(Order, Order.id == OrderLine.order_id)
        .outerjoin(PickList, PickList.task_id == _R.c.task_id)
        .where(_R.c.stock_id == stock_id, _R.c.status == Claim.PENDING.value)
        .order_by(_R.c.id)
        .limit(1)
    ).one_or_none()
    return None if row is None else _Holder(*row)


def _may_have(holder: _Holder, line: Pick, batch: Batch, window: int) -> bool:
    """Whether who holds the other pallet may have ours for it: the whole of it, undoubted, no later than its turn, and fresh enough."""
    if (holder.quantity, holder.stage, holder.method) != (line.quantity, Stage.RESERVED.value, Method.PALLET.value):
        return False
    if not whole(line) or line.doubted:
        return False
    asked = terms([holder.order_line_id])[holder.order_line_id]
    if batch.id == line.batch_id:
        return True
    if asked.lot is not None or asked.one_batch or not asked.take(line.expires_on):
        return False
    theirs = Age(batch.received_on, batch.expires_on)
    return days_ahead(asked.rotation, Age(line.received_on, line.expires_on), theirs) <= window


def _swap(line: Pick, claim_id: int, stock_id: int, lot: str, holder: _Holder, task_id: int, by: Actor) -> None:
    """Two claims on whole pallets change places, and so do the lists that fetch them. Raises ClaimGone."""
    reservations.lock_rows([line.stock_id, stock_id])
    targets = {claim_id: stock_id, holder.claim_id: line.stock_id}
    moved = session.execute(
        sa.update(_R)
        .where(_R.c.id.in_(targets), _R.c.status == Claim.PENDING.value, _R.c.stage == Stage.RESERVED.value)
        .values(stock_id=sa.case(targets, value=_R.c.id))
    )
    if moved.rowcount != len(targets):  # type: ignore[attr-defined]
        raise ClaimGone
    ours, theirs = lots.chosen_by(by, line.lot), {**lots.chosen_by(by, lot), "code": "exchanged"}
    for claim, why in ((claim_id, ours), (holder.claim_id, theirs)):
        session.execute(sa.update(_R).where(_R.c.id == claim).values(reasons=[why]))
    assert holder.task_id is not None, "it is on a list"
    tasks = {one.id: one for one in session.execute(sa.select(Task).where(Task.id.in_([task_id, holder.task_id]))).scalars()}
    mine, other = tasks[task_id], tasks[holder.task_id]
    for name in ("source_id", "zone", "equipment", "square"):
        before = getattr(mine, name)
        setattr(mine, name, getattr(other, name))
        setattr(other, name, before)
    session.flush()  # what follows is Core
    for task in (task_id, holder.task_id):
        rewalk.anew(task, [claim_id, holder.claim_id])


def _is_sound(row: Stock, by: Actor) -> bool:
    """The goods on a pallet may be taken: they lie in a rack and are good; whose they are is looked at apart."""
    nobodys = sa.select(_S.c.id).select_from(racks()).where(sound(by.site_id), _S.c.id == row.id)
    return bool(row.reserved) or session.execute(nobodys).first() is not None


def carry(
    claim_id: int, *, task_id: int, order_id: int, place: Location | int, expected: str, by: Actor, key: str, plate: str | None = None
) -> Picked:
    """The pallet stands at packing, with everything on it and the claim. It stays the plate it is, and is the order's.

    `plate` is the one that the picker fetched. Raises NotAPackingPlace, PlateChanged, GoodsMoved where the line is to be fetched with
    another one by now, and as `picks.confirm`.
    """
    if isinstance(place, Location) and (place.kind not in picks.TARGETS or place.site_id != by.site_id):
        raise NotAPackingPlace(code=place.code, expected=expected)
    place_id = place.id if isinstance(place, Location) else place
    here = look(claim_id, task_id, order_id, by)
    line = here.line
    assert line.unit_id is not None, "a pallet has a plate"
    if plate is not None and line.unit != plate:
        raise GoodsMoved(location=line.location)
    [unit] = handling_units.lock_trees(line.unit_id)
    if not whole(line):
        raise PlateChanged(code=unit.code)
    facts: dict[str, Any] = {"kind": MovementKind.PICK, "stage": Stage.PICKED, "document": here.document, "task_id": task_id}
    handling_units.move_unit(unit, place_id, key=key, by=by, **facts)
    unit.order_id = order_id
    session.flush()  # what follows is Core
    order_done = picks.count_picked(order_id, {line.order_line_id: line.quantity}, by)
    return picks.put_down(here, here.after, order_done, place_id, by)
