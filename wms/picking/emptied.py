"""The zero check: when the book says that a bin is empty after a pick, the picker says whether it is, and the book is corrected while it is
cheap to do so."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from wms import clock
from wms.actor import Actor
from wms.db import session, table_of
from wms.locations.models import Location
from wms.picking.strategies import doubted
from wms.stock.models import Stock
from wms.tasks import queue, triggers
from wms.tasks.models import TaskKind, TaskStatus, Trigger

_S, _L = table_of(Stock), table_of(Location)


def by_the_book(location_id: int, quantity: int) -> bool:
    """Whether the book has nothing left at a place once this quantity is gone, and the site wants that looked at."""
    there = session.execute(sa.select(sa.func.sum(_S.c.on_hand)).where(_S.c.location_id == location_id)).scalar()
    if int(there or 0) != quantity:
        return False
    site_id = session.execute(sa.select(_L.c.site_id).where(_L.c.id == location_id)).scalar_one()
    return triggers.wanted(Trigger.EMPTIED, site_id)


def told(location_id: int, product_id: int, left: int, *, document: str, by: Actor) -> None:
    """What the picker saw after the last piece: nothing, which is kept as a count that is done; or so many, which somebody counts."""
    facts: dict[str, Any] = {"priority": 5, "product_id": product_id, "source_id": location_id, "document": document, "site_id": by.site_id}
    if not left:
        moment = clock.now()
        done: dict[str, Any] = {"status": TaskStatus.DONE.value, "done_at": moment, "person_id": by.id, "quantity": 0, "epoch": 1}
        queue.put(TaskKind.COUNT, **facts, **done, reasons=[{"code": "found_empty", "by": by.name}])
    elif not session.execute(sa.select(doubted(location_id, product_id))).scalar():
        queue.put(TaskKind.COUNT, **facts, reasons=[{"code": "not_empty", "left": left, "by": by.name}])
