"""Whose goods go into which tote: every order of a list that is picked into totes has a position on its cart.

The goods are booked into the tote, and the tote stands where its list ends, from the first piece on: a cart is no place of the ledger.
What is full stays on the cart; another tote follows it at the same position.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from wms import clock
from wms.db import session, table_of
from wms.errors import Refused
from wms.i18n import T
from wms.orders.models import Order, OrderLine
from wms.picking.models import Method, PickList, PickSlot
from wms.stock import handling_units
from wms.stock.ledger import Place
from wms.stock.models import Claim, HandlingUnit, Reservation, Stage, Stock, UnitKind
from wms.tasks.models import LIVE, Task, TaskKind

_K, _P, _U, _T, _S, _R = (table_of(one) for one in (PickSlot, PickList, HandlingUnit, Task, Stock, Reservation))
_OF_THE_FLOOR = (UnitKind.TOTE.value, UnitKind.CARTON.value)


class NotATote(Refused):
    """Goods are picked into totes and cartons that belong to nobody yet."""

    code = "not_a_tote"
    sentence = T("{code} is no empty tote", "{code} 不是空周转箱")
    advice = T("Scan an empty tote for {order}", "请为 {order} 扫描一个空周转箱")


class ToteInUse(Refused):
    """The tote has a position on a cart already."""

    code = "tote_in_use"
    sentence = T("{code} is the tote of {order}, position {position}", "{code} 是 {order} 的周转箱（{position} 号位）")
    advice = T("Scan an empty tote", "请扫描空周转箱")


class WrongTote(Refused):
    """Not the tote of the order in hand."""

    code = "wrong_tote"
    sentence = T("{code} belongs to {owner}, not to {order}", "{code} 属于 {owner}，不是 {order}")
    advice = T("Put the goods into {expected}, position {position}", "请放入 {position} 号位的 {expected}")


class WrongPosition(WrongTote):
    """The tote of another order of the same cart."""

    sentence = T(
        "This is position {there} ({owner}); put it into position {position}", "这是 {there} 号位（{owner}）；应放 {position} 号位"
    )
    advice = T("Scan {expected}", "请扫描 {expected}")


class ToteFull(Refused):
    """The tote was reported full."""

    code = "tote_full"
    sentence = T("{code} was reported full", "{code} 已报满箱")
    advice = T("Scan an empty tote for position {position}", "请为 {position} 号位扫描空周转箱")


@dataclass(frozen=True, slots=True)
class Slot:
    """A position on a cart: whose it is, and the tote that stands there now."""

    position: int
    order_id: int
    order: str
    unit_id: int | None
    unit: str | None


@dataclass(frozen=True, slots=True)
class Coming:
    """A tote with goods, handed on from list to list."""

    position: int
    order_id: int
    order: str
    unit_id: int
    unit: str
    full: bool


def uses_totes(pick_list: PickList) -> bool:
    """Whether the list is picked into a tote for each order: on a cart, or handed on from zone to zone."""
    if pick_list.method == Method.CLUSTER or pick_list.follows_id is not None:
        return True
    if pick_list.method != Method.ZONE:
        return False
    return session.execute(sa.select(_P.c.id).where(_P.c.follows_id == pick_list.id).limit(1)).first() is not None


def of_list(pick_list: PickList) -> list[Slot]:
    """The positions of a list, with the totes that stand there and are not full."""
    rows = session.execute(
        sa.select(_K.c.position, _K.c.order_id, Order.number, _U.c.id, _U.c.code, _K.c.full_at)
        .join(Order, Order.id == _K.c.order_id)
        .outerjoin(_U, _U.c.id == _K.c.handling_unit_id)
        .where(_K.c.pick_list_id == pick_list.id)
        .order_by(_K.c.position, _K.c.full_at.is_(None), _K.c.id)
    ).all()
    slots: dict[int, Slot] = {}
    for position, order_id, number, unit_id, unit, full_at in rows:
        slots[order_id] = Slot(position, order_id, number, *((unit_id, unit) if full_at is None else (None, None)))
    return list(slots.values())


def ensure(pick_list: PickList, coming: Iterable[Coming] = ()) -> list[Slot]:
    """The positions of a list; an order that has none yet keeps the one it had in the zone before, or gets the next one, in the sequence
    in which the orders are met on the walk."""
    there = of_list(pick_list)
    places = {slot.order_id: slot.position for slot in there}
    new: dict[int, int] = {}
    for tote in coming:
        if tote.order_id not in places:
            free = tote.position not in places.values()
            places[tote.order_id] = new[tote.order_id] = tote.position if free else max(places.values()) + 1
    met = session.execute(
        sa.select(OrderLine.order_id)
        .join(Reservation, Reservation.order_line_id == OrderLine.id)
        .where(Reservation.task_id == pick_list.task_id, Reservation.status == Claim.PENDING.value)
        .group_by(OrderLine.order_id)
        .order_by(sa.func.min(Reservation.sequence), OrderLine.order_id)
    ).scalars()
    for order_id in met:
        if order_id not in places:
            places[order_id] = new[order_id] = max(places.values(), default=0) + 1
    if not new:
        return there
    rows = [{"pick_list_id": pick_list.id, "position": position, "order_id": order_id} for order_id, position in new.items()]
    session.execute(sa.insert(_K), rows)
    return of_list(pick_list)


def assign(list_id: int, order_id: int, unit: HandlingUnit, *, order: str, target_id: int) -> None:
    """An empty tote is put at the order's position; it stands where the list ends from now on. The order must be locked before.

    Raises NotATote, ToteInUse.
    """
    session.execute(sa.select(_U.c.id).where(_U.c.id == unit.id).with_for_update(key_share=True))
    session.refresh(unit)
    alone = unit.parent_id is None and unit.load_id is None and unit.closed_at is None
    carries = sa.select(_U.c.id).where(_U.c.parent_id == unit.id).limit(1)
    if unit.kind not in _OF_THE_FLOOR or not alone or session.execute(carries).first() is not None:
        raise NotATote(code=unit.code, order=order)
    taken = session.execute(_holders(unit.id)).first()
    if taken is not None:
        raise ToteInUse(code=unit.code, order=taken.number, position=taken.position)
    if handling_units.contents(unit.id) and not (unit.order_id == order_id and unit.location_id == target_id):
        raise NotATote(code=unit.code, order=order)
    unit.order_id = order_id
    handling_units.stand_at(unit.id, target_id)
    put_at(list_id, order_id, unit.id)


def put_at(list_id: int, order_id: int, unit_id: int, *, was_full: bool = False) -> None:
    """The tote stands at the order's position of this list. One that is full keeps its row, and the next one gets another."""
    rows = session.execute(
        sa.select(_K.c.id, _K.c.position, _K.c.handling_unit_id)
        .where(_K.c.pick_list_id == list_id, _K.c.order_id == order_id)
        .order_by(_K.c.id)
    ).all()
    empty = next((row.id for row in rows if row.handling_unit_id is None), None)
    if empty is not None and not was_full:
        session.execute(sa.update(_K).where(_K.c.id == empty).values(handling_unit_id=unit_id))
        return
    one = {"pick_list_id": list_id, "position": rows[0].position, "order_id": order_id, "handling_unit_id": unit_id}
    session.execute(sa.insert(_K).values(**one, full_at=clock.now() if was_full else None))


def _holders(unit_id: int) -> Any:
    """Positions of lists in work at which the tote stands, or stood until it was full."""
    return (
        sa.select(Order.number, _K.c.position, _K.c.order_id)
        .join(Order, Order.id == _K.c.order_id)
        .join(_P, _P.c.id == _K.c.pick_list_id)
        .join(_T, _T.c.id == _P.c.task_id)
        .where(_K.c.handling_unit_id == unit_id, sa.or_(_T.c.status.in_(LIVE), _being_sorted()))
        .limit(1)
    )


def _being_sorted() -> sa.ColumnElement[bool]:
    """Whether what the list picked is still being sorted."""
    sorts = _T.alias("sorts")
    mine = (sorts.c.document == _P.c.number, sorts.c.site_id == _P.c.site_id, sorts.c.kind == TaskKind.SORT.value)
    return sa.exists().where(*mine, sorts.c.status.in_(LIVE))


def stands_on_a_cart(unit_id: int) -> bool:
    """Whether a unit is at a position of a list in work."""
    return session.execute(_holders(unit_id)).first() is not None


def of_another(unit_id: int, order_id: int) -> sa.ColumnElement[bool]:
    """Whether the tote stands on a cart in work, at the position of another order."""
    lists = _P.join(_T, _T.c.id == _P.c.task_id)
    in_work = sa.select(_P.c.id).select_from(lists).where(_P.c.id == _K.c.pick_list_id, sa.or_(_T.c.status.in_(LIVE), _being_sorted()))
    return sa.exists().where(_K.c.handling_unit_id == unit_id, _K.c.order_id != order_id, in_work.exists())


def full(list_id: int, order_id: int) -> None:
    """Nothing more goes into the tote of this order; the next pick asks for another one."""
    session.execute(
        sa.update(_K)
        .where(_K.c.pick_list_id == list_id, _K.c.order_id == order_id, _K.c.full_at.is_(None), _K.c.handling_unit_id.is_not(None))
        .values(full_at=clock.now())
    )


def into(unit: HandlingUnit, *, list_id: int, order_id: int, order: str, slot: Slot | None, target_id: int) -> Place:
    """The tote scanned for a pick: the one at the order's position, or an empty one where none stands there. The order must be locked.

    Raises WrongTote, ToteFull, NotATote, ToteInUse.
    """
    mine = sa.select(_K.c.position, _K.c.full_at, _K.c.order_id, Order.number).join(Order, Order.id == _K.c.order_id)
    stands = session.execute(mine.where(_K.c.pick_list_id == list_id, _K.c.handling_unit_id == unit.id)).first()
    if stands is not None and stands.order_id == order_id:
        if stands.full_at is not None:
            raise ToteFull(code=unit.code, position=stands.position)
        return Place(unit.location_id, unit.id)
    if slot is not None and slot.unit is not None:
        if stands is not None:
            there = {"there": stands.position, "owner": stands.number}
            raise WrongPosition(**there, position=slot.position, expected=slot.unit)
        owner = _owner(unit)
        if owner is None:
            raise NotThisTote(code=unit.code, expected=slot.unit, position=slot.position)
        raise WrongTote(code=unit.code, owner=owner, order=order, expected=slot.unit, position=slot.position)
    assign(list_id, order_id, unit, order=order, target_id=target_id)
    return Place(target_id, unit.id)


class NotThisTote(Refused):
    """A tote of nobody, while the order has one."""

    code = "wrong_tote"
    sentence = T("{code} is not the tote of position {position}", "{code} 不是 {position} 号位的周转箱")
    advice = T("Put the goods into {expected}; if it is full, choose Tote full", "请放入 {expected}；满箱请选“满箱”")


def _owner(unit: HandlingUnit) -> str | None:
    held = session.execute(_holders(unit.id)).first()
    if held is not None:
        return str(held.number)
    if unit.order_id is None or not handling_units.contents(unit.id):
        return None
    return session.execute(sa.select(Order.number).where(Order.id == unit.order_id)).scalar_one_or_none()


def with_goods(list_ids: Sequence[int]) -> list[Coming]:
    """What stands on these lists' carts and holds goods that are somebody's, in the cart's sequence."""
    claimed = (
        sa.exists()
        .where(_S.c.handling_unit_id == _K.c.handling_unit_id, _R.c.stock_id == _S.c.id)
        .where(_R.c.status == Claim.PENDING.value, _R.c.stage == Stage.PICKED.value)
    )
    rows = session.execute(
        sa.select(_K.c.position, _K.c.order_id, Order.number, _U.c.id, _U.c.code, _K.c.full_at.is_not(None))
        .join(Order, Order.id == _K.c.order_id)
        .join(_U, _U.c.id == _K.c.handling_unit_id)
        .where(_K.c.pick_list_id.in_(list_ids), claimed)
        .order_by(_K.c.position, _K.c.pick_list_id, _K.c.id)
    ).all()
    return [Coming(row[0], row[1], row[2], row[3], row[4], bool(row[5])) for row in rows]
