"""A whole pallet is fetched as it is: its plate is scanned, and it stands at packing with everything on it. Nobody counts it."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from wms.actor import Actor
from wms.catalog.models import Product
from wms.db import session, table_of
from wms.errors import Conflict, Refused
from wms.i18n import T, Text
from wms.locations.models import Location
from wms.orders.models import Order, OrderLine
from wms.picking import lots, picks
from wms.picking.lines import Pick, look, next_line
from wms.picking.lots import Age, days_ahead, since
from wms.picking.models import Method
from wms.picking.picks import NotAPackingPlace, Picked
from wms.picking.strategies import kept_lots, racks, sound, terms
from wms.stock import handling_units
from wms.stock.models import Batch, Claim, HandlingUnit, MovementKind, Reservation, Stage, Stock

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


def instead(claim_id: int, unit: HandlingUnit, *, task_id: int, order_id: int, window: int = 0, by: Actor) -> Pick:
    """Another full pallet of the same goods, as many of them, free, that rotation lets go before its turn by no more than `window` days.

    The claim is on it from now on. Raises WrongPlate, PlateHeld, PlateOutOfTurn, LotOrdered, LotTooOld, LotKept, and as `lines.look`.
    """
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
    _must_be_free(rows[0], unit, there, wanted, expected, by)
    batch = session.get_one(Batch, rows[0].batch_id)
    asked = terms([line.order_line_id])[line.order_line_id]
    if batch.id != line.batch_id:
        if asked.lot is not None or asked.one_batch:
            raise lots.LotOrdered(first=line.lot)
        first = Age(line.received_on, line.expires_on)
        if days_ahead(asked.rotation, Age(batch.received_on, batch.expires_on), first) > window:
            raise PlateOutOfTurn(code=unit.code, expected=expected, since=since(asked.rotation, first))
        if not asked.take(batch.expires_on):
            raise lots.LotTooOld(lot=batch.lot, day=batch.expires_on, least=asked.least, first=line.lot)
        if kept_lots([line.product_id], by.site_id).get((line.product_id, batch.lot_key), 0):
            raise lots.LotKept(lot=batch.lot, first=line.lot)
    lots.exchange(line, claim_id, rows[0].id, line.quantity, task_id, by)
    after = next_line(task_id)
    assert after is not None, "what was claimed is to be picked"
    return after


def _must_be_free(row: Stock, unit: HandlingUnit, there: str | Text, wanted: str, expected: str, by: Actor) -> None:
    """The goods on a pallet may be taken: they lie in a rack, are good, and are nobody's."""
    if row.reserved:
        holder = session.execute(
            sa.select(Order.number)
            .join(OrderLine, OrderLine.order_id == Order.id)
            .join(_R, _R.c.order_line_id == OrderLine.id)
            .where(_R.c.stock_id == row.id, _R.c.status == Claim.PENDING.value)
            .limit(1)
        ).scalar_one()
        raise PlateHeld(code=unit.code, order=holder, expected=expected)
    may = sa.select(_S.c.id).select_from(racks()).where(sound(by.site_id), _S.c.id == row.id)
    if session.execute(may).first() is None:
        raise WrongPlate(code=unit.code, there=there, wanted=wanted, expected=expected)


def carry(claim_id: int, *, task_id: int, order_id: int, place: Location | int, expected: str, by: Actor, key: str) -> Picked:
    """The pallet stands at packing, with everything on it and the claim. It stays the plate it is, and is the order's.

    Raises NotAPackingPlace, PlateChanged, and as `picks.confirm`.
    """
    if isinstance(place, Location) and (place.kind not in picks.TARGETS or place.site_id != by.site_id):
        raise NotAPackingPlace(code=place.code, expected=expected)
    place_id = place.id if isinstance(place, Location) else place
    here = look(claim_id, task_id, order_id, by)
    line = here.line
    assert line.unit_id is not None, "a pallet has a plate"
    [unit] = handling_units.lock_trees(line.unit_id)
    if not whole(line):
        raise PlateChanged(code=unit.code)
    facts: dict[str, Any] = {"kind": MovementKind.PICK, "stage": Stage.PICKED, "document": here.document, "task_id": task_id}
    handling_units.move_unit(unit, place_id, key=key, by=by, **facts)
    unit.order_id = order_id
    session.flush()  # what follows is Core
    order_done = picks.count_picked(order_id, {line.order_line_id: line.quantity}, by)
    return picks.put_down(here, here.after, order_done, place_id, by)
