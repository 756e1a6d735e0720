"""Another lot than the one on the list: any that rotation leaves the choice of, at this place or at another."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import sqlalchemy as sa

from wms import clock
from wms.actor import Actor
from wms.catalog.models import Partner, Rotation
from wms.db import fold, session, table_of
from wms.errors import Refused
from wms.i18n import T, Text
from wms.orders.models import Order, OrderLine
from wms.picking.lines import Pick, look, next_line
from wms.picking.strategies import in_turn, racks, sound
from wms.stock import reservations
from wms.stock.models import Batch, Stock

_S, _B = table_of(Stock), table_of(Batch)
_OL, _O, _C = table_of(OrderLine), table_of(Order), table_of(Partner)


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


def change_lot(claim_id: int, lot: str, *, task_id: int, order_id: int, window: int = 0, by: Actor) -> Pick:
    """The current line takes another lot: goods that are not after the turn of those it has by more than `window` days, free in any rack.

    Those at the place where the picker stands come first; where they are fewer than the line wants, the rest stays as it is and comes
    next. Returns the line that is current now, perhaps at another place. Raises LotOrdered, LotNotFree, LotTooOld, LotOutOfTurn, and as
    `lines.look` does.
    """
    line = look(claim_id, task_id, order_id, by).line
    if fold(lot) == fold(line.lot):
        return line
    wanted, least, rotation = _terms(line)
    if wanted is not None:
        raise LotOrdered(first=line.lot)
    rows = session.execute(
        sa.select(_S.c.id, _S.c.location_id, _S.c.on_hand - _S.c.reserved, _B.c.lot, _B.c.received_on, _B.c.expires_on)
        .select_from(racks())
        .where(sound(by.site_id), _S.c.product_id == line.product_id, _B.c.lot_key == fold(lot))
        .order_by(_S.c.location_id != line.location_id, _S.c.on_hand - _S.c.reserved < line.quantity, *in_turn())
    ).all()
    if not rows:
        raise LotNotFree(lot=lot, first=line.lot)
    first = Age(line.received_on, line.expires_on)
    in_time = [row for row in rows if days_ahead(rotation, Age(row.received_on, row.expires_on), first) <= window]
    if not in_time:
        raise LotOutOfTurn(lot=rows[0].lot, first=line.lot, since=since(rotation, first))
    fresh = [row for row in in_time if least is None or row.expires_on is None or row.expires_on >= least]
    if not fresh:
        raise LotTooOld(lot=rows[0].lot, day=in_time[0].expires_on, least=least, first=line.lot)
    _instead(line, claim_id, fresh[0][0], min(fresh[0][2], line.quantity), task_id)
    after = next_line(task_id)
    assert after is not None, "what was claimed is to be picked"
    return after


def _terms(line: Pick) -> tuple[str | None, dt.date | None, str]:
    """The lot that the line asks for, the first day of expiry that its customer takes, and the rotation that counts for them."""
    days = sa.func.coalesce(_OL.c.min_remaining_days, _C.c.min_remaining_days, 0)
    lot, least, rotation = session.execute(
        sa.select(_OL.c.lot, days, _C.c.rotation)
        .join_from(_OL, _O, _O.c.id == _OL.c.order_id)
        .join(_C, _C.c.id == _O.c.customer_id)
        .where(_OL.c.id == line.order_line_id)
    ).one()
    return lot, clock.today() + dt.timedelta(days=least) if least else None, rotation or line.rotation


def _instead(line: Pick, claim_id: int, stock_id: int, quantity: int, task_id: int) -> None:
    """The claim, or as much of it as the other row has, is on that row now, and comes first on the list. Raises LotNotFree."""
    reservations.lock_rows([line.stock_id, stock_id])
    given_up = reservations.split(claim_id, quantity) if quantity < line.quantity else claim_id
    reservations.void([given_up])
    before = line.sequence - (given_up != claim_id)
    made = reservations.reserve(stock_id, quantity, order_line_id=line.order_line_id, task_id=task_id, sequence=before)
    if made is None:  # somebody was first
        lot = session.execute(sa.select(_B.c.lot).join(_S, _S.c.batch_id == _B.c.id).where(_S.c.id == stock_id)).scalar_one()
        raise LotNotFree(lot=lot, first=line.lot)
