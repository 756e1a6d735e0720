"""What happened to a load, as its page tells it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass

import sqlalchemy as sa

from wms.auth.models import Person
from wms.db import session
from wms.events import Event
from wms.i18n import T, Text
from wms.shipping.models import Load


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
    "load.loading": (T("Loading has begun", "开始装车"), "calm"),
    "load.described": (T("Truck described", "登记车辆信息"), "calm"),
    "load.unit_off": (T("A unit was unloaded", "卸下一件"), "ask"),
    "load.closed": (T("Closed", "已封车"), "good"),
    "load.reopened": (T("Opened again", "重新打开"), "ask"),
    "load.held_at_gate": (T("Stopped at the gate", "门卫拦下"), "stop"),
    "load.left": (T("Left the gate", "已出门"), "good"),
}


def of_load(load: Load) -> list[Happening]:
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
        said = [facts.get(name) for name in ("plate", "vehicle", "driver", "carrier", "door", "seal")] if code == "load.described" else []
        said += [facts.get("gate_pass"), facts.get("unit"), ", ".join(facts.get("orders", [])), facts.get("reason")]
        said += [", ".join(facts.get("missing", []))]
        found.append(Happening(at, text, person, tone, " · ".join(str(one) for one in said if one) or None))
    return found


def held_at_gate(ids: Iterable[int]) -> dict[int, str]:
    """Why the guard stopped these loads, of those that were not closed anew since."""
    rows = session.execute(
        sa.select(Event.subject_id, Event.code, Event.facts)
        .where(
            Event.subject_kind == Load.event_kind,
            Event.subject_id.in_(list(ids)),
            Event.code.in_(["load.closed", "load.held_at_gate"]),
        )
        .order_by(Event.id)
    ).all()
    newest = {load: (code, facts) for load, code, facts in rows}
    return {load: facts["reason"] for load, (code, facts) in newest.items() if code == "load.held_at_gate"}
