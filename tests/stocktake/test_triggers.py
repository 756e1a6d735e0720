"""Counts out of turn on the floor: asked for when something is odd, once, and only where the site wants it."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.picking.conftest import Hall
from tests.warehouse import Warehouse
from wms.db import transaction
from wms.picking import emptied
from wms.receiving import choices
from wms.tasks import triggers
from wms.tasks.models import TaskKind, Trigger


def came_up_short(hall: Hall) -> None:
    for number in [hall.list_of(order) for order in ("SO-1", "SO-2")]:
        hall.short(hall.open(number), 1)


def said_that_something_is_left(hall: Hall) -> None:
    at, apple = hall.w.location("A-01").id, hall.w.product("APPLE").id
    for number in ("P-1", "P-2"):
        with transaction():
            if emptied.by_the_book(at, 8):
                emptied.told(at, apple, 3, document=number, by=hall.by)


def found_the_bin_taken(hall: Hall) -> None:
    for _ in range(2):
        with transaction():
            choices.count_soon(hall.w.location("A-01").id, by=hall.by)


@pytest.mark.parametrize("wanted", [True, False])
@pytest.mark.parametrize(
    ("trigger", "happens"),
    [(Trigger.SHORT, came_up_short), (Trigger.EMPTIED, said_that_something_is_left), (Trigger.NOT_EMPTY, found_the_bin_taken)],
)
def test_what_is_odd_is_counted_once_where_the_site_wants_it(
    w: Warehouse, trigger: Trigger, happens: Callable[[Hall], None], wanted: bool
) -> None:
    hall = Hall(w)
    hall.put("APPLE", 8, "A-01")
    for number in ("SO-1", "SO-2"):
        hall.release(number, ("APPLE", 4))
    with transaction():
        triggers.choose({trigger} if wanted else set(Trigger) - {trigger}, by=w.by)
    happens(hall)
    asked = hall.tasks(TaskKind.COUNT)
    assert [task.source_id for task in asked] == [w.location("A-01").id] * wanted
