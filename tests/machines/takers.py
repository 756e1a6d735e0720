"""Processes full of people who all want one piece of the same five, at the same moment. Run by test_races.py.

    python -m tests.machines.takers properly|naively URL PROCESSES THREADS '{"batch": 1, "source": 2, "target": 3, …}'

Prints how many believe they got one.
"""

from __future__ import annotations

import json
import multiprocessing
import sys
import time
import uuid
from typing import Any

import sqlalchemy as sa

from tests.crowd import all_at_once
from wms import clock
from wms.actor import Actor, Role
from wms.app import create_app
from wms.config import Settings
from wms.db import session, table_of, transaction
from wms.stock import ledger
from wms.stock.ledger import NotEnough, Place
from wms.stock.models import Movement, MovementKind, Stock


def properly(at: dict[str, int]) -> bool:
    """Asks the ledger."""
    by = Actor(at["person"], "taker", "Taker", frozenset({Role.PICKER}), at["site"])
    try:
        with transaction():
            ledger.move(
                by,
                key=str(uuid.uuid4()),
                batch_id=at["batch"],
                quantity=1,
                source=Place(at["source"]),
                target=Place(at["target"]),
                kind=MovementKind.MOVE,
            )
    except NotEnough:
        return False
    return True


def naively(at: dict[str, int]) -> bool:
    """Looks, thinks, and writes down what it believes to be right."""
    row = session.execute(sa.select(Stock.id, Stock.on_hand).where(Stock.location_id == at["source"])).one()
    session.rollback()
    if row.on_hand < 1:
        return False
    time.sleep(0.3)
    with transaction():
        session.execute(sa.update(table_of(Stock)).where(table_of(Stock).c.id == row.id).values(on_hand=row.on_hand - 1))
        session.execute(
            sa.update(table_of(Stock)).where(table_of(Stock).c.location_id == at["target"]).values(on_hand=table_of(Stock).c.on_hand + 1)
        )
        facts: dict[str, Any] = {
            "key": str(uuid.uuid4()),
            "at": clock.now(),
            "site_id": at["site"],
            "product_id": sa.select(table_of(Stock).c.product_id).where(table_of(Stock).c.id == row.id).scalar_subquery(),
            "batch_id": at["batch"],
            "quantity": 1,
            "source_id": at["source"],
            "source_condition": "good",
            "target_id": at["target"],
            "target_condition": "good",
            "kind": "move",
            "by_id": at["person"],
        }
        session.execute(sa.insert(table_of(Movement)).values(**facts))
    return True


def main() -> None:
    way, url, processes, threads, at = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4]), json.loads(sys.argv[5])
    app = create_app(Settings(database_url=url, secret_key="only-for-tests", pool_size=threads))
    take = {"properly": properly, "naively": naively}[way]
    forked = multiprocessing.get_context("fork")  # nobody has connected yet, so each child gets connections of its own
    start, answers = forked.Barrier(processes), forked.SimpleQueue()

    def crowd() -> None:
        start.wait(60)
        answers.put([one if isinstance(one, bool) else repr(one) for one in all_at_once(app, [lambda: take(at)] * threads)])

    children = [forked.Process(target=crowd) for _ in range(processes)]
    for child in children:
        child.start()
    got = [one for _ in children for one in answers.get()]
    for child in children:
        child.join()
    print(json.dumps({"got": got.count(True), "failed": [one for one in got if not isinstance(one, bool)]}))


if __name__ == "__main__":
    main()
