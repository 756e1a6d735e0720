"""The background is killed while it tells, and the receiver is away for a while: every event is told, in its order, once in effect."""

from __future__ import annotations

import json
import random
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from multiprocessing.process import BaseProcess
from typing import Any

import sqlalchemy as sa

from tests.machines.background import background
from tests.orders.desk import Desk
from tests.warehouse import Warehouse
from wms import events
from wms.config import Settings
from wms.db import session, transaction
from wms.events import Event
from wms.integrations import webhooks
from wms.integrations.models import Delivery
from wms.orders import operations

ORDERS = 12


class Shop:
    """A consumer as the documentation advises: it takes a message once, by its id, and answers when it has it. Now and then it breaks
    off after it has taken one, so that it comes again; now and then it refuses one, which must hold back what came later about the same
    order and nothing else; and now and then it is away."""

    def __init__(self) -> None:
        self.came, self.ids, self.away = 0, set[str](), False
        self.effect: list[tuple[str, int]] = []
        self._mutex = threading.Lock()
        shop = self

        class Door(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                shop.came += 1
                time.sleep(random.uniform(0, 0.02))
                refuses = shop.away or random.random() < 0.1
                if not refuses:
                    shop.take(self.headers["webhook-id"], body["data"])
                    if random.random() < 0.05:
                        self.close_connection = True
                        return
                self.send_response(500 if refuses else 204)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: Any) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Door)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def take(self, message: str, data: dict[str, Any]) -> None:
        with self._mutex:
            if message not in self.ids:
                self.ids.add(message)
                self.effect.append((data["number"], data.get("step", 0)))

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server.server_port}/"


def happen(w: Warehouse, number: str, steps: range) -> None:
    """Something happens to an order again and again; each event says which time it is."""
    for step in steps:
        with w.transaction():
            order = operations.find(number, by=w.by)
            events.record(order, "order.noted", by=w.by, step=step)


def hasten() -> None:
    """Nobody waits for the leases of the dead here, nor for rests, nor for the job's next turn."""
    with transaction():
        session.execute(sa.text("UPDATE job_runs SET due_at = started_at WHERE name = 'webhooks' AND started_at IS NOT NULL"))
        session.execute(sa.text("UPDATE webhook_deliveries SET next_at = created_at WHERE status = 'pending'"))
        session.execute(sa.text("UPDATE webhooks SET rests_until = NULL"))


def waiting() -> int:
    session.rollback()
    untold = sa.select(sa.func.count()).select_from(Event).where(Event.told_at.is_(None))
    pending = sa.select(sa.func.count()).select_from(Delivery).where(Delivery.status == "pending")
    found = int(session.execute(untold).scalar_one()) + int(session.execute(pending).scalar_one())
    session.rollback()
    return found


def test_a_consumer_sees_everything_once_in_order_over_killed_workers_and_a_dead_endpoint(
    app: Any, w: Warehouse, settings: Settings, soak: bool
) -> None:
    shop, desk = Shop(), Desk(w)
    numbers = [f"SO-{number}" for number in range(ORDERS)]
    with w.transaction():
        webhooks.subscribe(shop.url, events=["order.noted"], by=w.by, settings=Settings(allow_private_webhooks=True))
    for number in numbers:
        desk.enter(number, APPLE=5)
    steps, rounds = 0, (25 if soak else 4)
    running: BaseProcess | None = None
    try:
        for turn in range(rounds):
            shop.away = turn % 4 == 1  # the endpoint is dead for a while, and so are the workers at times
            for number in random.sample(numbers, len(numbers)):
                happen(w, number, range(steps + 1, steps + 4))
            steps += 3
            came, running = shop.came, background(settings)
            until = time.monotonic() + 30
            while shop.came < came + (2 if shop.away else random.randint(5, 30)) and time.monotonic() < until:
                time.sleep(0.02)
            time.sleep(random.uniform(0.0, 0.05))
            running.kill()
            running.join()
            hasten()
        for number in numbers:
            happen(w, number, range(steps + 1, steps + 4))
        steps += 3
        shop.away, running = False, background(settings)
        until = time.monotonic() + 90
        while waiting() and time.monotonic() < until:
            time.sleep(1.5)  # so that the job has come round while what was refused waits
            hasten()  # one process alone carries: what is on its way there is not taken beside it
        assert waiting() == 0
    finally:
        if running:
            running.kill()
            running.join()
        shop.server.shutdown()
        shop.server.server_close()
    for number in numbers:
        seen = [step for one, step in shop.effect if one == number]
        assert seen == list(range(1, steps + 1)), f"{number}: {seen}"
