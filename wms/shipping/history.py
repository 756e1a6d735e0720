"""What happened to a load, as its page tells it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable
from dataclasses import dataclass

import sqlalchemy as sa

from wms.auth.models import Person
from wms.db import session
from wms.events import Event
from wms.i18n import T, Text
from wms.orders.models import Order
from wms.shipping.models import Load, Mismatch, Shipment
from wms.stock.models import HandlingUnit, Movement, MovementKind


@dataclass(frozen=True)
class Happening:
    """One line of a load's history."""

    at: dt.datetime
    text: Text
    by: str | None
    tone: str
    detail: str | None


_HAPPENED: dict[str, tuple[Text, str]] = {
    "load.planned": (T("Planned", "已排车"), "calm"),
    "load.orders_added": (T("Orders added", "追加订单"), "calm"),
    "load.order_taken_off": (T("Order taken off", "移出订单"), "ask"),
    "load.order_cancelled": (T("Order cancelled", "订单已取消"), "stop"),
    "load.order_changed": (T("Order changed", "订单已变更"), "ask"),
    "load.loading": (T("Loading has begun", "开始装车"), "calm"),
    "load.described": (T("Truck described", "登记车辆信息"), "calm"),
    "load.handed_over": (T("Handed over to another driver", "换由他人配送"), "calm"),
    "load.unit_off": (T("A unit was unloaded", "卸下一件"), "ask"),
    "load.closed": (T("Closed", "已封车"), "good"),
    "load.reopened": (T("Opened again", "重新打开"), "ask"),
    "load.held_at_gate": (T("Stopped at the gate", "门卫拦下"), "stop"),
    "load.checked": (T("Checked: it may go", "已核对，可放行"), "good"),
    "load.left": (T("Left the gate", "已出门"), "good"),
    "load.turned_back": (T("Came back after it had left", "出门后折返"), "stop"),
    "load.came_back": (T("Came back and is on this load now", "折返后改为此装车单"), "ask"),
    "load.overload_allowed": (T("More than its capacity allowed", "已放行超载"), "ask"),
    "load.stops_changed": (T("Stops changed", "调整站点"), "calm"),
}


def of_load(load: Load, language: str) -> list[Happening]:
    """What happened to a load, newest first."""
    rows = session.execute(
        sa.select(Event.at, Event.code, Event.facts, Person.name)
        .outerjoin(Person, Person.id == Event.by_id)
        .where(Event.subject_kind == Load.event_kind, Event.subject_id == load.id)
        .order_by(Event.id.desc())
    ).all()
    found = []
    for at, code, facts, person in rows:
        text, tone = _HAPPENED.get(code, (T(code, code), "calm"))
        said = [facts.get(name) for name in ("plate", "vehicle", "driver", "carrier", "door", "seal")] if code in _SAID else []
        said += [
            facts.get("gate_pass"),
            facts.get("unit") or (", ".join(units) if isinstance(units := facts.get("units"), list) else None),
            facts.get("onto") or facts.get("load"),
            ", ".join(facts.get("orders", [])),
            _words(facts.get("reason") or "").say(language),
        ]
        said += [", ".join(facts.get("missing", []))]
        said += [T("no seal: {why}", "无封签：{why}", why=facts["no_seal"]).say(language)] if facts.get("no_seal") else []
        found.append(Happening(at, text, person, tone, " · ".join(str(one) for one in said if one) or None))
    return found


def _words(reason: str) -> Text:
    """A guard's reason is a code; the others are people's own words."""
    return Mismatch(reason).text if reason in set(Mismatch) else T(reason, reason)


@dataclass(frozen=True)
class Held:
    """The guard stopped the truck, and dispatch has not answered yet."""

    reason: str
    at: dt.datetime
    by: str | None

    @property
    def text(self) -> Text:
        """The reason in words."""
        return _words(self.reason)


_SAID = ("load.described", "load.handed_over")

# What dispatch can do about it: close it anew, correct what the guard compares, or say that all is right. Whoever loaded or closed it
# corrects, but that lets nothing through: another one looks.
_ANSWERS = ("load.closed", "load.described", "load.checked")
_COMPARED = ("plate", "vehicle", "driver", "seal")


def held_at_gate(ids: Iterable[int]) -> dict[int, Held]:
    """The loads that the guard stopped, of these, and that dispatch has not answered for since."""
    rows = session.execute(
        sa.select(Event.subject_id, Event.code, Event.facts, Event.at, Person.name, Event.by_id)
        .outerjoin(Person, Person.id == Event.by_id)
        .where(
            Event.subject_kind == Load.event_kind,
            Event.subject_id.in_(list(ids)),
            Event.code.in_([*_ANSWERS, "load.held_at_gate"]),
        )
        .order_by(Event.id)
    ).all()
    held: dict[int, Held] = {}
    closed_by: dict[int, int | None] = {}
    corrected = {row.subject_id for row in rows if row.code == "load.held_at_gate"} & {
        row.subject_id for row in rows if row.code == "load.described"
    }
    loaded = who_loaded(corrected)
    for load, code, facts, at, person, by_id in rows:
        if code == "load.held_at_gate":
            held[load] = Held(facts["reason"], at, person)
            continue
        if code == "load.closed":
            closed_by[load] = by_id
        own = by_id == closed_by.get(load) or by_id in loaded.get(load, ())
        if code != "load.described" or (not own and any(name in facts for name in _COMPARED)):
            held.pop(load, None)
    return held


def who_closed(load: Load) -> set[int]:
    """Who closed a load, each time that it was closed."""
    mine = (Event.subject_kind == Load.event_kind, Event.subject_id == load.id, Event.code == "load.closed")
    return {one for one in session.execute(sa.select(Event.by_id).where(*mine)).scalars() if one is not None}


def who_loaded(ids: Collection[int]) -> dict[int, set[int]]:
    """Who brought on board what is on these loads."""
    if not ids:
        return {}
    rows = session.execute(
        sa.select(Shipment.load_id, Movement.by_id)
        .distinct()
        .select_from(Shipment)
        .join(Order, Order.id == Shipment.order_id)
        .join(HandlingUnit, sa.and_(HandlingUnit.order_id == Order.id, HandlingUnit.load_id == Shipment.load_id))
        .join(Movement, sa.and_(Movement.document == Order.number, Movement.site_id == Shipment.site_id))
        .where(Shipment.load_id.in_(ids), Movement.kind == MovementKind.LOAD.value, Movement.source_unit_id == HandlingUnit.id)
    )
    found: dict[int, set[int]] = {}
    for load_id, person in rows:
        found.setdefault(load_id, set()).add(person)
    return found


@dataclass(frozen=True)
class VoidPass:
    """A gate pass that is good no more: whose it was, since when, and who made it so."""

    load_id: int
    load: str
    at: dt.datetime
    by: str | None


def void_pass(number: str, *, site_id: int) -> VoidPass | None:
    """How a gate pass ended: its load was opened again, or came back whole. None for one that was never given out."""
    row = session.execute(
        sa.select(Event.subject_id, Event.subject_number, Event.at, Person.name)
        .outerjoin(Person, Person.id == Event.by_id)
        .where(
            Event.subject_kind == Load.event_kind,
            Event.site_id == site_id,
            Event.code.in_(["load.reopened", "load.turned_back"]),
            Event.facts["gate_pass"].as_string() == number,
        )
        .order_by(Event.id.desc())
        .limit(1)
    ).one_or_none()
    return VoidPass(*row) if row else None
