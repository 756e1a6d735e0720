"""Where workers know better: goods that were put elsewhere than suggested, and why; what is reported full is counted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import aliased

from wms import clock, events
from wms.actor import Actor
from wms.auth.models import Person
from wms.catalog.models import Product
from wms.db import session
from wms.i18n import T
from wms.locations.models import Location
from wms.orders.timeline import teach, teach_facts
from wms.receiving.models import PutawayChoice, WhyElsewhere
from wms.receiving.plates import SUBJECT
from wms.receiving.suggestion import reason as as_reason
from wms.stock.models import HandlingUnit
from wms.tasks import queue, triggers
from wms.tasks.models import Task, Trigger

_COUNT_PRIORITY = 6
teach("plate.put_elsewhere", T("Put away at {chosen} instead of {suggested}: {why}", "未放 {suggested}，改放 {chosen}：{why}"), "ask")
teach_facts("why", {one.value: one.text for one in WhyElsewhere})
_ELSEWHERE = T("Not {suggested} but {chosen}: {why}", "未放 {suggested}，改放 {chosen}：{why}")
_REPORTED = T("{suggested} was reported full", "{suggested} 已报满")


def put_elsewhere(
    task_id: int, suggested_id: int, chosen_id: int, why: WhyElsewhere, *, by: Actor, movement_id: int | None = None
) -> PutawayChoice:
    """Notes that a worker put goods elsewhere than suggested, with the task and for the supervisor. What is said to be full is counted."""
    task = session.get_one(Task, task_id)
    codes = {"suggested": _code(suggested_id), "chosen": _code(chosen_id)}
    task.reasons = [*(task.reasons or []), as_reason("put_elsewhere", _ELSEWHERE.with_facts(**codes, why=why.text))]
    events.record(_goods_of(task), "plate.put_elsewhere", by=by, **codes, why=why.value, quantity=task.quantity, document=task.document)
    return _note(task, suggested_id, chosen_id, why, movement_id, by)


def report_full(task_id: int, suggested_id: int, *, by: Actor) -> PutawayChoice:
    """Notes that a suggested place was full, or not empty, when the worker stood before it; it is counted."""
    task = session.get_one(Task, task_id)
    task.reasons = [*(task.reasons or []), as_reason("reported_full", _REPORTED.with_facts(suggested=_code(suggested_id)))]
    return _note(task, suggested_id, None, WhyElsewhere.BIN_FULL, None, by)


@dataclass(frozen=True, slots=True)
class _Subject:
    id: int
    number: str
    site_id: int
    event_kind: str


def _goods_of(task: Task) -> _Subject:
    """Whose story it is: the plate's; of loose goods the product's."""
    if task.handling_unit_id is not None:
        return _Subject(task.handling_unit_id, session.get_one(HandlingUnit, task.handling_unit_id).code, task.site_id, SUBJECT)
    assert task.product_id is not None, "what is put away is of a product"
    return _Subject(task.product_id, session.get_one(Product, task.product_id).sku, task.site_id, "product")


def _note(task: Task, suggested_id: int, chosen_id: int | None, why: WhyElsewhere, movement_id: int | None, by: Actor) -> PutawayChoice:
    choice = PutawayChoice(
        site_id=by.site_id, at=clock.now(), by_id=by.id, task_id=task.id, movement_id=movement_id,
        suggested_id=suggested_id, chosen_id=chosen_id, reason=why.value,
    )  # fmt: skip
    session.add(choice)
    session.flush()
    if why is WhyElsewhere.BIN_FULL:
        count_soon(suggested_id, by=by)
    return choice


def count_soon(location_id: int, *, by: Actor) -> None:
    """Offers the counting of a place that is not as the book says, unless that waits already. Nothing is sent there meanwhile."""
    if not triggers.wanted(Trigger.NOT_EMPTY, by.site_id):
        return
    said = [as_reason("reported_full", _REPORTED.with_facts(suggested=_code(location_id)))]
    queue.count_once(location_id, site_id=by.site_id, priority=_COUNT_PRIORITY, decided=True, reasons=said)


def _code(location_id: int) -> str:
    return session.execute(sa.select(Location.code).where(Location.id == location_id)).scalar_one()


# -- for the supervisor --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Choice:
    """One of them as the supervisor reads it."""

    at: Any
    person: str
    sku: str | None
    document: str | None
    suggested: str
    chosen: str | None
    why: WhyElsewhere


def latest(*, by: Actor, at_most: int = 50) -> list[Choice]:
    """The latest choices at the person's site, the newest first."""
    suggested, chosen = aliased(Location), aliased(Location)
    rows = session.execute(
        sa.select(PutawayChoice.at, Person.name, Product.sku, Task.document, suggested.code, chosen.code, PutawayChoice.reason)
        .join(Person, Person.id == PutawayChoice.by_id)
        .join(Task, Task.id == PutawayChoice.task_id)
        .outerjoin(Product, Product.id == Task.product_id)
        .join(suggested, suggested.id == PutawayChoice.suggested_id)
        .outerjoin(chosen, chosen.id == PutawayChoice.chosen_id)
        .where(PutawayChoice.site_id == by.site_id)
        .order_by(PutawayChoice.id.desc())
        .limit(at_most)
    ).all()
    return [Choice(row[0], row[1], row[2], row[3], row[4], row[5], WhyElsewhere(row[6])) for row in rows]
