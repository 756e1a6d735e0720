"""Telling other systems: a thousand messages to a server that really receives them; whether a dead address holds up the others.

python -m tests.bench.webhooks [MESSAGES]
"""

from __future__ import annotations

import json
import secrets
import socket
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import sqlalchemy as sa

from tests.bench import house
from tests.postgres import Cluster
from tests.warehouse import Warehouse
from wms import clock, db
from wms.app import create_app
from wms.config import Settings
from wms.db import session, table_of, transaction
from wms.events import Event
from wms.integrations import telling, webhooks
from wms.integrations.models import Delivery, DeliveryStatus, Webhook

MESSAGES = 1_000
HEALTHY, ORDERS = 3, 40
ALLOWED = Settings(allow_private_webhooks=True)


@contextmanager
def receiving() -> Iterator[tuple[str, list[tuple[str, int]]]]:
    """A server on this machine; what it got, in its order: which order, and which of its messages."""
    got: list[tuple[str, int]] = []

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            data = json.loads(self.rfile.read(int(self.headers["Content-Length"])))["data"]
            got.append((data["number"], data["step"]))
            self.send_response(204)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/hook", got
    server.shutdown()
    server.server_close()


@contextmanager
def dead() -> Iterator[str]:
    """An address that takes the line and never says a word."""
    with closing(socket.socket()) as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen(100)
        yield f"http://127.0.0.1:{listening.getsockname()[1]}/hook"


def happen(w: Warehouse, messages: int) -> None:
    """So many events, some about each of a number of orders."""
    moment = clock.now()
    with transaction():
        session.execute(
            sa.insert(table_of(Event)),
            [
                {"at": moment, "site_id": w.site_id, "subject_kind": "order", "subject_id": 1 + n % ORDERS, "code": "order.changed",
                 "subject_number": f"SO-{n % ORDERS}", "facts": {"step": n // ORDERS}, "by_id": w.by.id}
                for n in range(messages)
            ],
        )  # fmt: skip


def rounds(until: Callable[[], bool], most_seconds: float = 300) -> float:
    """The job as its process does it, once in two seconds at the most; how long it took until this was so."""
    begin = time.perf_counter()
    while not until():
        assert time.perf_counter() - begin < most_seconds, "it does not come to an end"
        round_ = time.perf_counter()
        telling.tell(ALLOWED)
        session.remove()
        time.sleep(max(0.0, min(2.0, 2.0 - (time.perf_counter() - round_))))
    return time.perf_counter() - begin


def in_order(got: list[tuple[str, int]]) -> bool:
    """Whether each order's messages came once and in their order."""
    steps: dict[str, int] = {}
    for number, step in got:
        if step != steps.get(number, -1) + 1:
            return False
        steps[number] = step
    return True


def measure(fresh: Callable[[str], str], application: Callable[[str], AbstractContextManager[Any]], messages: int = MESSAGES) -> None:
    """Prints how many messages a minute one address takes, and several beside a dead one."""
    with application(fresh("webhooks_" + secrets.token_hex(4))), receiving() as (url, got):
        w = Warehouse()
        with transaction():
            webhooks.subscribe(url, events=["order.*"], by=w.by, settings=ALLOWED)
        happen(w, messages)
        took = rounds(lambda: len(got) == messages)
        print(f"webhooks: {messages:,} to one address in {took:.1f} s: {messages / took * 60:,.0f} a minute; in order: {in_order(got)}")
    _beside_a_dead_one(fresh, application, messages)


def _beside_a_dead_one(fresh: Callable[[str], str], application: Callable[[str], AbstractContextManager[Any]], messages: int) -> None:
    each = messages // HEALTHY
    with application(fresh("dead_" + secrets.token_hex(4))), dead() as nobody:
        w = Warehouse()
        servers = [receiving() for _ in range(HEALTHY)]
        opened = [one.__enter__() for one in servers]
        try:
            with transaction():
                webhooks.subscribe(nobody, events=["order.*"], by=w.by, settings=ALLOWED)
                for url, _ in opened:
                    webhooks.subscribe(url, events=["order.*"], by=w.by, settings=ALLOWED)
            happen(w, each)
            took = rounds(lambda: all(len(got) == each for _, got in opened))
            waits = session.execute(
                sa.select(sa.func.count()).where(Delivery.status == DeliveryStatus.PENDING.value, Delivery.webhook_id == Webhook.id)
            ).scalar_one()
            right = all(in_order(got) for _, got in opened)
            print(
                f"    beside a dead one: {each * HEALTHY:,} to {HEALTHY} addresses in {took:.1f} s: {each * HEALTHY / took * 60:,.0f} a "
                f"minute; in order: {right}; {waits:,} wait for the dead one"
            )
            session.remove()
            telling._couriers.wait(30)
        finally:
            for one in servers:
                one.__exit__(None, None, None)


def main() -> None:
    """On both databases."""
    messages = int(sys.argv[1]) if len(sys.argv) > 1 else MESSAGES
    with tempfile.TemporaryDirectory(prefix="wms-bench-") as folder:
        measure(lambda name: f"sqlite:///{folder}/{name}.db", opened, messages)
    cluster = Cluster(durable=True)
    try:
        measure(cluster.create, opened, messages)
    finally:
        cluster.stop()


@contextmanager
def opened(url: str) -> Iterator[Any]:
    """The application on an empty database."""
    app = create_app(house.settings_for(url))
    with app.app_context():
        db.database.create_all()
        yield app
        session.remove()
        db.database.engine.dispose()


if __name__ == "__main__":
    main()
