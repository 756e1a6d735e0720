"""The warehouse that is measured: 8 pickers, each with a pick list of their own, built through the operations."""

from __future__ import annotations

from dataclasses import dataclass

from tests.warehouse import Warehouse
from wms.actor import Actor, Role
from wms.auth.people import create_token
from wms.config import Settings
from wms.db import transaction
from wms.orders import operations
from wms.orders.lines import NewLine
from wms.picking import waves
from wms.picking.models import Method

PICKERS = 8


@dataclass(frozen=True)
class Picker:
    """Somebody who picks, with the list they walk for."""

    token: str
    actor: Actor
    pick_list: str
    lines: int


def settings_for(url: str) -> Settings:
    """The settings of a benchmark run."""
    return Settings(database_url=url, secret_key="only-for-benchmarks", requests_per_minute=0)


def build(lines: int, pickers: int = PICKERS) -> list[Picker]:
    """Pickers with `lines` lines each: orders of five lines, every product in a bin of its own. Runs in an app context."""
    w = Warehouse()
    made = []
    with transaction():
        w.location("PACK", kind="packing", x_mm=0, y_mm=0)
        w.location("DOOR", kind="door", x_mm=5000, y_mm=0)
        w.partner("CUSTOMER")
        for place in range(lines):
            w.location(f"A-{place:04d}", zone="A", x_mm=3000 * (place // 20), y_mm=1200 * (place % 20))
            w.product(f"SKU-{place:04d}")
            w.receive(f"SKU-{place:04d}", 1000, at=f"A-{place:04d}")
    for number in range(pickers):
        numbers = []
        with transaction():
            person, token = create_token(f"picker-{number}", Role.ADMIN)
            for first in range(0, lines, 5):
                order = operations.enter_order(
                    customer="CUSTOMER",
                    number=f"B-{number}-{first}",
                    lines=[NewLine(line=str(n), sku=f"SKU-{n:04d}", quantity=1 + n % 3) for n in range(first, min(first + 5, lines))],
                    by=w.by,
                )
                numbers.append(order.number)
                operations.release(order.number, by=w.by)
        with transaction():
            planned = waves.plan_wave(by=w.by, orders=numbers, method=Method.BATCH)
            assert len(planned.pick_lists) == 1, "one batch is one list"
            actor = Actor(person.id, person.code, person.name, frozenset({Role.ADMIN}), w.site_id, "en")
            made.append(Picker(token, actor, planned.pick_lists[0].number, lines))
    return made
