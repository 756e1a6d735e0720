"""Another lot than the one on the list: any that rotation leaves the choice of, at this place or at another."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from wms.actor import Actor
from wms.catalog.models import Rotation
from wms.db import fold, session, table_of
from wms.errors import Refused
from wms.i18n import T, Text
from wms.locations.models import Location
from wms.picking import rewalk
from wms.picking.lines import Pick, look, next_line
from wms.picking.strategies import Terms, in_turn, kept_lots, racks, sound, terms
from wms.routing.floor import Point
from wms.stock import reservations
from wms.stock.models import Batch, Claim, Reservation, Stock

_S, _B, _R, _L = table_of(Stock), table_of(Batch), table_of(Reservation), table_of(Location)


class LotOutOfTurn(Refused):
    """Another lot goes first."""

    code = "lot_out_of_turn"
    sentence = T("Lot {lot} may not go before {first}, {since}", "批号 {lot} 不能先于 {first}（{since}）出库")
    advice = T("Take {first}, or report it short", "请取 {first}，或报缺货")


class LotNotFree(Refused):
    """Nothing of the lot can be had."""

    code = "lot_not_free"
    sentence = T("No free goods of lot {lot} are in the racks", "货架上没有批号 {lot} 的可用货物")
    advice = T("Take {first}, or report it short", "请取 {first}，或报缺货")


class LotKept(Refused):
    """What there is of the lot waits for orders that name it."""

    code = "lot_kept"
    sentence = T("Lot {lot} is kept for orders that ask for it", "批号 {lot} 已为指定该批号的订单保留")
    advice = T("Take {first}, or report it short", "请取 {first}，或报缺货")


class LotNotWhole(Refused):
    """All of the line is to be of one batch, and this lot has not all of it."""

    code = "lot_not_whole"
    sentence = T("All of this line is to be of one batch; lot {lot} has not all of it", "该行要求同一批次，批号 {lot} 不足整行数量")
    advice = T("Take {first}, or report it short", "请取 {first}，或报缺货")


class LotOrdered(Refused):
    """The customer gets this lot and no other."""

    code = "lot_ordered"
    sentence = T("The order asks for lot {first}", "订单指定批号 {first}")
    advice = T("Take {first}, or report it short", "请取 {first}，或报缺货")


class LotTooOld(Refused):
    """The customer wants goods that keep longer."""

    code = "lot_too_old"
    sentence = T(
        "Lot {lot} expires on {day}; this customer takes nothing before {least}", "批号 {lot} {day} 到期，该客户要求 {least} 及以后到期"
    )
    advice = T("Take {first}, or report it short", "请取 {first}，或报缺货")


@dataclass(frozen=True, slots=True)
class Taken:
    """What was taken instead."""

    claim_id: int
    lot: str
    location: str
    quantity: int


@dataclass(frozen=True, slots=True)
class Age:
    """When goods came in, and until when they keep."""

    received_on: dt.date
    expires_on: dt.date | None


def days_ahead(rotation: str, other: Age, first: Age) -> int:
    """By how many days goods would be taken before it is their turn; 0 or less where it is not after the turn of `first`."""
    if rotation == Rotation.FEFO:
        far = dt.date.max
        return ((other.expires_on or far) - (first.expires_on or far)).days
    days = (other.received_on - first.received_on).days
    return -days if rotation == Rotation.LIFO else days


def since(rotation: str, age: Age) -> Text:
    """Why goods go first, in words."""
    if rotation == Rotation.FEFO and age.expires_on is not None:
        return T("which expires on {day}", "{day} 到期", day=age.expires_on)
    return T("received on {day}", "{day} 入库", day=age.received_on)


def change_lot(claim_id: int, lot: str, *, task_id: int, order_id: int, window: int = 0, by: Actor) -> tuple[Pick, Taken]:
    """The current line takes another lot: goods that are not after the turn of those it has by more than `window` days, free in any rack
    and kept for nobody.

    Those at the place where the picker stands come first; where they are fewer than the line wants, the rest stays as it is. Where the
    goods lie elsewhere, the list is put in walking order anew from here. Returns the line that is current now, and what was taken instead.
    Raises LotOrdered, LotNotFree, LotKept, LotTooOld, LotOutOfTurn, LotNotWhole, and as `lines.look` does.
    """
    rewalk.lock_lists([claim_id])
    line = look(claim_id, task_id, order_id, by).line
    if fold(lot) == fold(line.lot):
        return line, Taken(claim_id, line.lot, line.location, line.quantity)
    asked = terms([line.order_line_id])[line.order_line_id]
    if asked.lot is not None:
        raise LotOrdered(first=line.lot)
    row, free = _instead_of(line, lot, asked, window, by)
    quantity = min(free, line.quantity)
    if asked.one_batch and (quantity < line.quantity or _has_others(line, claim_id)):
        raise LotNotWhole(lot=row.lot, first=line.lot)
    chosen = exchange(line, claim_id, row.id, quantity, task_id, by)
    if row.location_id != line.location_id:
        here = session.get_one(Location, line.location_id)
        rewalk.anew(task_id, [chosen], Point(here.x_mm, here.y_mm, here.aisle))
    after = next_line(task_id)
    assert after is not None, "what was claimed is to be picked"
    return after, Taken(chosen, row.lot, row.place, quantity)


def _instead_of(line: Pick, lot: str, asked: Terms, window: int, by: Actor) -> tuple[Any, int]:
    """The row of another lot that the line may take its goods from, and how much of it."""
    rows = session.execute(
        sa.select(_S.c.id, _S.c.location_id, (_S.c.on_hand - _S.c.reserved).label("free"), _B.c.lot, _B.c.received_on, _B.c.expires_on)
        .add_columns(_L.c.code.label("place"))
        .select_from(racks())
        .where(sound(by.site_id), _S.c.product_id == line.product_id, _B.c.lot_key == fold(lot))
        .order_by(_S.c.location_id != line.location_id, _S.c.on_hand - _S.c.reserved < line.quantity, *in_turn())
    ).all()
    if not rows:
        raise LotNotFree(lot=lot, first=line.lot)
    first = Age(line.received_on, line.expires_on)
    in_time = [row for row in rows if days_ahead(asked.rotation, Age(row.received_on, row.expires_on), first) <= window]
    if not in_time:
        raise LotOutOfTurn(lot=rows[0].lot, first=line.lot, since=since(asked.rotation, first))
    fresh = [row for row in in_time if asked.take(row.expires_on)]
    if not fresh:
        raise LotTooOld(lot=rows[0].lot, day=in_time[0].expires_on, least=asked.least, first=line.lot)
    spare = sum(row.free for row in rows) - kept_lots([line.product_id], by.site_id).get((line.product_id, fold(lot)), 0)
    if spare <= 0:
        raise LotKept(lot=rows[0].lot, first=line.lot)
    return fresh[0], min(fresh[0].free, spare)


def _has_others(line: Pick, claim_id: int) -> bool:
    """Whether the order line has goods beside those of this claim, picked or still to be picked."""
    beside = sa.select(_R.c.id).where(
        _R.c.order_line_id == line.order_line_id, _R.c.id != claim_id, _R.c.status.in_([Claim.PENDING.value, Claim.POSTED.value])
    )
    return session.execute(beside.limit(1)).first() is not None


def exchange(line: Pick, claim_id: int, stock_id: int, quantity: int, task_id: int, by: Actor) -> int:
    """The claim, or as much of it as the other row has, is on that row now, and comes first on the list. Returns it. Raises LotNotFree."""
    reservations.lock_rows([line.stock_id, stock_id])
    given_up = reservations.split(claim_id, quantity) if quantity < line.quantity else claim_id
    reservations.void([given_up])
    facts = {"order_line_id": line.order_line_id, "task_id": task_id, "sequence": line.sequence - (given_up != claim_id)}
    claim = reservations.reserve(stock_id, quantity, **facts, reasons=[chosen_by(by, line.lot)])
    if claim is None:  # somebody was first
        lot = session.execute(sa.select(_B.c.lot).join(_S, _S.c.batch_id == _B.c.id).where(_S.c.id == stock_id)).scalar_one()
        raise LotNotFree(lot=lot, first=line.lot)
    return claim


def chosen_by(by: Actor, instead: str) -> dict[str, Any]:
    """Why a claim is on these goods: somebody chose them at the rack, instead of what was planned (`wms.orders.reasons` says it)."""
    return {"code": "chosen", "by": by.name, "instead": instead}
