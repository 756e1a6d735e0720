"""What is on a truck and is not wanted there any more: its order was cancelled, or changed, while it stood on board.

The book has it at the door from that moment on, so nothing leaves with it; the truck has it until somebody takes it off. Which units these
are is told by the load's events, as what the guard stopped is (decision 0011): a unit comes off by its scan, or is gone once it has been
put back. Until then the truck does not close.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import aliased

from wms.db import session
from wms.errors import Refused
from wms.events import Event
from wms.i18n import T, Text
from wms.shipping.models import Load
from wms.shipping.words import tail
from wms.stock.models import HandlingUnit, Stock

TAKEN_OFF = "load.unit_off"
CHANGED = ("load.order_cancelled", "load.order_changed")


class StillToComeOff(Refused):
    """Goods that nobody wants on this truck any more are still on it."""

    code = "still_to_come_off"
    sentence = T("Still on {number}, and not to go: {units}", "{number} 上还有不再发运的：{units}")
    advice = T("Choose Take a unit off and scan it", "请选“卸下一件”并扫描")


class OrderLeftTheLoad(Refused):
    """While somebody loads, sales takes an order back or changes it."""

    code = "order_cancelled"
    sentence = T("{number} was cancelled", "{number} 已取消")


class OrderOnLoadChanged(OrderLeftTheLoad):
    """It goes on, but not as it was packed."""

    code = "order_changed"
    sentence = T("{number} was changed", "{number} 已变更")


@dataclass(frozen=True)
class Change:
    """An order that was cancelled, or changed, while it was on a load."""

    event_id: int
    order: str
    cancelled: bool
    units: tuple[str, ...]
    """Those of it that were on board."""


def changes_of(load: Load, *, after: int = 0) -> list[Change]:
    """What was taken back from a load or changed on it, oldest first."""
    rows = session.execute(
        sa.select(Event.id, Event.code, Event.facts)
        .where(Event.subject_kind == Load.event_kind, Event.subject_id == load.id, Event.code.in_(CHANGED), Event.id > after)
        .order_by(Event.id)
    ).all()
    return [Change(row.id, row.facts["orders"][0], row.code == CHANGED[0], tuple(row.facts.get("units", ()))) for row in rows]


def of_loads(loads: Iterable[Load]) -> dict[int, list[str]]:
    """The units that are still to be taken off each of these loads."""
    doors = {load.id: load.door_id for load in loads}
    rows = session.execute(
        sa.select(Event.subject_id, Event.code, Event.facts)
        .where(Event.subject_kind == Load.event_kind, Event.subject_id.in_(doors), Event.code.in_([*CHANGED, TAKEN_OFF]))
        .order_by(Event.id)
    ).all()
    wanted: dict[int, dict[str, None]] = {load_id: {} for load_id in doors}
    for load_id, code, facts in rows:
        if code == TAKEN_OFF:
            wanted[load_id].pop(facts["unit"], None)
        else:
            wanted[load_id] |= dict.fromkeys(facts.get("units", ()))
    still = _standing({code for units in wanted.values() for code in units})
    return {load_id: [code for code in units if (code, doors[load_id]) in still] for load_id, units in wanted.items()}


def of(load: Load) -> list[str]:
    """The units that are still to be taken off a load."""
    return of_loads([load])[load.id]


def _standing(codes: set[str]) -> set[tuple[str, int]]:
    """Those of these units that hold anything and are on no truck by the book, each with its place."""
    if not codes:
        return set()
    inside = aliased(HandlingUnit)
    filled = sa.exists().where(
        sa.func.coalesce(inside.root_id, inside.id) == HandlingUnit.id, Stock.handling_unit_id == inside.id, Stock.on_hand > 0
    )
    rows = session.execute(
        sa.select(HandlingUnit.code, HandlingUnit.location_id).where(HandlingUnit.code.in_(codes), HandlingUnit.load_id.is_(None), filled)
    )
    return {(code, place) for code, place in rows}


def named(codes: Iterable[str]) -> Text:
    """A short list of units, by the ends of their numbers."""
    known = [tail(code) for code in codes]
    more = len(known) - 4
    if more <= 0:
        return Text(", ".join(known), "、".join(known))
    return T("{known} and {n} more", "{shown} 等 {all} 件", known=", ".join(known[:4]), shown="、".join(known[:4]), n=more, all=len(known))


def must_be_off(load: Load) -> None:
    """Raises StillToComeOff where the truck still has what is not to go."""
    units = of(load)
    if units:
        raise StillToComeOff(number=load.number, units=named(units))
