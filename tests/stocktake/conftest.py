"""Words for counting: people who count, and what they do at a place, each in one line."""

from __future__ import annotations

import pytest

from tests.warehouse import Warehouse
from wms.actor import Actor, Role
from wms.db import session, transaction
from wms.stock import handling_units
from wms.stock.models import HandlingUnit, MovementKind
from wms.stocktake import adjustments, counting, counts
from wms.stocktake.models import CountPlan


@pytest.fixture
def crew(w: Warehouse) -> list[Actor]:
    return [w.person(name, roles=[Role.COUNTER]) for name in ("anna", "ben", "carl", "dora")]


@pytest.fixture
def chief(w: Warehouse) -> Actor:
    return w.person("chief", roles=[Role.SUPERVISOR])


def opened(w: Warehouse, *codes: str, **facts: object) -> CountPlan:
    for code in codes:
        w.location(code)
    with transaction():
        return counts.open_count(by=w.by, locations=codes, **facts)  # type: ignore[arg-type]


def count(w: Warehouse, plan: CountPlan, at: str, by: Actor, *, lot: str | None = None, **found: int) -> None:
    """Somebody stands at a location, enters what they found, and says that nothing more is here."""
    place = w.location(at).id
    with transaction():
        counting.begin_place(plan.id, place, by=by)
        for sku, quantity in found.items():
            counting.enter(plan.id, place, sku, quantity, by=by, lot=lot)
        counting.close_place(plan.id, place, by=by)


def pallet_found(w: Warehouse, plan: CountPlan, at: str, unit: HandlingUnit, by: Actor) -> None:
    """Somebody finds a pallet at a place, wherever the book has it, and nothing else."""
    place = w.location(at).id
    with transaction():
        counting.begin_place(plan.id, place, by=by)
        now = session.get_one(HandlingUnit, unit.id, populate_existing=True)
        counting.enter_unit(plan.id, place, now, by=by, found=True)
        counting.close_place(plan.id, place, by=by)


def carried(w: Warehouse, unit: HandlingUnit, to: str) -> None:
    """A fork-lift takes a pallet somewhere."""
    with transaction():
        now = session.get_one(HandlingUnit, unit.id, populate_existing=True)
        handling_units.move_unit(now, w.location(to).id, key=w.key(), kind=MovementKind.MOVE, by=w.by)


def state(w: Warehouse, plan: CountPlan, at: str) -> str:
    session.expire_all()
    return counts.find_place(plan.id, w.location(at).id).state


def approved(plan: CountPlan, by: Actor, **facts: object) -> None:
    with transaction():
        adjustments.approve(plan.number, by=by, **facts)  # type: ignore[arg-type]


def decided(w: Warehouse, plan: CountPlan, at: str, by: Actor) -> None:
    """One place is approved."""
    place = counts.find_place(plan.id, w.location(at).id).id
    with transaction():
        adjustments.approve_place(place, by=by)
