"""Units on units: a carton is put on a pallet and taken off again, where they stand; goods go from one unit into another beside it.

Nothing here changes where goods are: only what holds them. What moves a stack from place to place is `handling_units.move_unit`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from wms.actor import Actor
from wms.catalog.models import Partner, Product
from wms.db import session, table_of
from wms.errors import Refused
from wms.i18n import T, Text
from wms.locations.models import Kind, Location
from wms.stock import handling_units
from wms.stock.handling_units import take_off, tree
from wms.stock.ledger import Move, Moved, Place, post
from wms.stock.models import Batch, Claim, Condition, HandlingUnit, MovementKind, Reservation, Stage, Stock, UnitKind

DEEPEST = 3
"""A pallet, the cartons on it, what is in those: more is refused, and forbidden by the tables' triggers."""
_U = table_of(HandlingUnit)


class OnItself(Refused):
    """A unit cannot stand on itself, nor on what stands on it."""

    code = "unit_on_itself"
    sentence = T("{unit} cannot stand on {onto}: that stands on it", "{unit} 不能放到 {onto} 上：后者就在它上面")
    advice = T("Scan the pallet that both are to stand on", "请扫描要放置的托盘")


class TooHigh(Refused):
    """Three levels are enough for anybody who has to find a piece again."""

    code = "unit_too_high"
    sentence = T("{unit} on {onto} would be more than {most} levels", "{unit} 放到 {onto} 上将超过 {most} 层")
    advice = T("Put it on the pallet itself, or take it apart first", "请直接放到托盘上，或先拆开")


class SmallUnderLarge(Refused):
    """A pallet stands on pallets only."""

    code = "pallet_on_carton"
    sentence = T("{unit} is a pallet and does not go into {onto}", "{unit} 是托盘，不能放入 {onto}")
    advice = T("Scan the pallet first, then what goes on it", "请先扫描托盘，再扫描要放上去的箱")


class UnitElsewhereNow(Refused):
    """They do not stand side by side."""

    code = "units_apart"
    sentence = T("{unit} stands at {there}, {onto} at {here}", "{unit} 在 {there}，{onto} 在 {here}")
    advice = T("Bring it there first", "请先将其移到同一位置")


class UnitOnLoad(Refused):
    """What is on a truck stays as it was loaded."""

    code = "unit_on_load"
    sentence = T("{unit} is on a load", "{unit} 已装车")
    advice = T("Take it off the truck first", "请先从车上卸下")


class UnitOutside(Refused):
    """It has left the house."""

    code = "unit_left"
    sentence = T("{unit} is not in the house any more", "{unit} 已不在库内")
    advice = T("Scan the label of a unit that stands here", "请扫描在库的货物单元")


class OrdersApart(Refused):
    """Goods that were picked or packed stay with their order."""

    code = "units_of_orders"
    sentence = T("{unit} and {onto} do not hold goods of the same order", "{unit} 与 {onto} 不属于同一订单")
    advice = T("Use another pallet for this order", "请为该订单另用托盘")


class NotPackedYet(Refused):
    """What is being picked or packed is not built up."""

    code = "unit_being_packed"
    sentence = T("{unit} is being picked or packed for an order", "{unit} 正在拣货或打包")
    advice = T("Close it at the packing bench first", "请先在打包台封箱")


class ConditionsApart(Refused):
    """On one plate all goods are in one condition, for it goes to one area."""

    code = "conditions_apart"
    sentence = T("{unit}: {its}; {onto}: {other}", "{unit} 为“{its}”，{onto} 为“{other}”")
    advice = T("Use another pallet for goods of that condition", "不同状态的货物请另用托盘")


class OwnersApart(Refused):
    """Goods of different owners are not put on one plate."""

    code = "owners_apart"
    sentence = T("{unit} holds goods of {its}, {onto} of {other}", "{unit} 货主为 {its}，{onto} 货主为 {other}")
    advice = T("Use another pallet for goods of that owner", "不同货主的货物请另用托盘")


@dataclass(frozen=True, slots=True)
class Holds:
    """What a stack holds, as far as it decides what may be put together with it."""

    conditions: frozenset[str]
    owners: frozenset[int | None]
    orders: frozenset[int]
    """Orders whose goods were picked or packed into it."""
    open: bool
    """Whether any of those units is still being picked into or packed."""


def holds(unit_id: int) -> Holds:
    """What is in a unit and on it."""
    s, r = table_of(Stock).c, table_of(Reservation).c
    inside = s.handling_unit_id.in_(tree(unit_id))
    owner = sa.func.coalesce(Batch.owner_id, Product.owner_id)
    goods = session.execute(
        sa.select(s.condition, owner)
        .join(Batch, Batch.id == s.batch_id)
        .join(Product, Product.id == s.product_id)
        .where(inside, s.on_hand != 0)
        .distinct()
    ).all()
    picked = session.execute(
        sa.select(_U.c.order_id, _U.c.closed_at)
        .select_from(table_of(Reservation).join(table_of(Stock), s.id == r.stock_id).join(_U, _U.c.id == s.handling_unit_id))
        .where(inside, r.status == Claim.PENDING.value, r.stage != Stage.RESERVED.value)
        .distinct()
    ).all()
    return Holds(
        frozenset(row[0] for row in goods),
        frozenset(row[1] for row in goods),
        frozenset(order_id or 0 for order_id, _ in picked),
        any(closed_at is None for _, closed_at in picked),
    )


def must_go_together(unit: HandlingUnit, onto: HandlingUnit) -> None:
    """Raises UnitOutside, UnitOnLoad, NotPackedYet, OrdersApart, ConditionsApart, OwnersApart unless what is in these two may be on one
    plate. An empty one goes with everything."""
    for one in (unit, onto):
        must_be_here(one)
    its, other = holds(unit.id), holds(onto.id)
    for one, held in ((unit, its), (onto, other)):
        if held.open:
            raise NotPackedYet(unit=one.code)
    if not its.conditions or not other.conditions:
        return
    if its.orders != other.orders or len(its.orders) > 1:
        raise OrdersApart(unit=unit.code, onto=onto.code)
    must_agree(unit.code, its, onto.code, other)


def must_agree(what: str, its: Holds, onto: str, other: Holds) -> None:
    """Raises ConditionsApart, OwnersApart for goods that differ from what is on a plate."""
    if its.conditions != other.conditions:
        raise ConditionsApart(unit=what, onto=onto, its=_states(its), other=_states(other))
    if its.owners != other.owners:
        raise OwnersApart(unit=what, onto=onto, its=_names(its), other=_names(other))


def _states(held: Holds) -> Text:
    words = [Condition(one).text for one in sorted(held.conditions)]
    return T("/".join(one.en for one in words), "、".join(one.zh for one in words))


def _names(held: Holds) -> str:
    ids = [one for one in held.owners if one is not None]
    names = session.execute(sa.select(Partner.name).where(Partner.id.in_(ids)).order_by(Partner.name)).scalars().all()
    return " / ".join([*names, *(["–"] if None in held.owners else [])])


def must_be_here(unit: HandlingUnit) -> None:
    """Raises UnitOnLoad, UnitOutside for a unit that is on a truck (or something on it is) or was shipped."""
    aboard = session.execute(
        sa.select(_U.c.id).where(_U.c.id.in_(tree(unit.id)), sa.or_(_U.c.load_id.is_not(None), _U.c.loaded_at.is_not(None))).limit(1)
    ).first()
    kind = session.execute(sa.select(Location.kind).where(Location.id == unit.location_id)).scalar_one()
    if kind in (Kind.VIRTUAL, Kind.CONSIGNMENT):
        raise UnitOutside(unit=unit.code)
    if aboard:
        raise UnitOnLoad(unit=unit.code)


# -- standing on one another ---------------------------------------------------------------------------------------------------


def put_on(unit: HandlingUnit, onto: HandlingUnit) -> None:
    """The unit stands on another one at the same place from now on, with all that stands on it. To be called behind `lock_trees`.

    Raises OnItself, TooHigh, SmallUnderLarge, UnitElsewhereNow, and what `must_go_together` raises.
    """
    may_stand_on(unit, onto)
    if unit.parent_id == onto.id:
        return
    take_off(unit.id)
    _stack(unit, onto)


def may_stand_on(unit: HandlingUnit, onto: HandlingUnit) -> None:
    """Raises what `put_on` raises."""
    above = handling_units.standing_on(unit.id)
    if onto.id == unit.id or onto.id in {one.id for one in above}:
        raise OnItself(unit=unit.code, onto=onto.code)
    if unit.kind == UnitKind.PALLET and onto.kind != UnitKind.PALLET:
        raise SmallUnderLarge(unit=unit.code, onto=onto.code)
    if _level(onto) + _height(unit, above) > DEEPEST:
        raise TooHigh(unit=unit.code, onto=onto.code, most=DEEPEST)
    must_go_together(unit, onto)
    if unit.location_id != onto.location_id:
        there, here = (session.get_one(Location, one.location_id).code for one in (unit, onto))
        raise UnitElsewhereNow(unit=unit.code, onto=onto.code, there=there, here=here)


def _stack(unit: HandlingUnit, onto: HandlingUnit) -> None:
    root_id = onto.root_id or onto.id
    session.execute(sa.update(_U).where(_U.c.id == unit.id).values(parent_id=onto.id, root_id=root_id))
    session.execute(sa.update(_U).where(_U.c.parent_id == unit.id).values(root_id=root_id))
    session.refresh(unit)
    handling_units.standing_on(unit.id)  # read afresh


def _level(unit: HandlingUnit) -> int:
    """1 on the floor, 2 on what stands on the floor, 3 above."""
    if unit.parent_id is None:
        return 1
    return 2 if unit.parent_id == unit.root_id else 3


def _height(unit: HandlingUnit, above: Sequence[HandlingUnit]) -> int:
    """How many levels a unit is with what stands on it."""
    return 1 + bool(above) + any(one.parent_id != unit.id for one in above)


# -- goods from unit to unit ---------------------------------------------------------------------------------------------------


def pour(unit: HandlingUnit, onto: HandlingUnit, *, by: Actor, key: str, document: str | None = None) -> list[Moved]:
    """All goods that lie in a unit itself go into another one at the same place; claims of orders travel along as they are."""
    moves: list[Move] = []
    for row in handling_units.contents(unit.id):
        if row.handling_unit_id != unit.id:
            continue
        for part in handling_units.parts_of(row):
            source, target = Place(row.location_id, unit.id, row.condition), Place(row.location_id, onto.id, row.condition)
            facts = {"document": document, **part.claim}
            moves.append(Move(f"{key}:{len(moves)}", row.batch_id, part.quantity, source, target, MovementKind.MOVE, **facts))
    return post(moves, by=by) if moves else []
