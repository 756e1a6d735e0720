"""Somebody who is told: a real server on this machine."""

from __future__ import annotations

import datetime as dt
import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import sqlalchemy as sa

from tests.warehouse import Warehouse
from wms.config import Settings
from wms.db import session, transaction
from wms.integrations import telling, webhooks
from wms.integrations.models import Delivery, Webhook

PRIVATE = Settings(allow_private_webhooks=True)


@dataclass
class Receiver:
    """A real server on this machine, that answers what it is told to."""

    url: str = ""
    answers: list[int] = field(default_factory=list)
    got: list[tuple[dict[str, str], bytes]] = field(default_factory=list)
    headers: dict[str, str] = field(default_factory=dict)  # of every answer
    held: threading.Event = field(default_factory=threading.Event)  # cleared, it takes a message and says nothing until it is set

    def __post_init__(self) -> None:
        self.held.set()

    @property
    def numbers(self) -> list[str]:
        return [json.loads(body)["data"]["number"] for _, body in self.got]

    @property
    def told(self) -> list[tuple[str, str]]:
        """Which thing, and what happened to it."""
        return [(one["data"]["number"], one["type"]) for one in (json.loads(body) for _, body in self.got)]


def a_receiver() -> Iterator[Receiver]:
    found = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            found.got.append((dict(self.headers), body))
            found.held.wait(30)
            if found.answers and found.answers[0] == 0:
                found.answers.pop(0)
                self.close_connection = True
                return  # the line goes dead
            self.send_response(found.answers.pop(0) if found.answers else 204)
            for name, value in found.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    found.url = f"http://127.0.0.1:{server.server_port}/hook?shop=1"
    yield found
    found.held.set()
    telling._couriers.wait(30)
    server.shutdown()
    server.server_close()


def subscribe(w: Warehouse, url: str, *events: str) -> Webhook:
    with w.transaction():
        return webhooks.subscribe(url, events=events, by=w.by, settings=PRIVATE)


def deliveries() -> list[Delivery]:
    session.expire_all()
    return list(session.execute(sa.select(Delivery).order_by(Delivery.id)).scalars())


def later(**by: float) -> None:
    """Time passes for what waits to be sent, and for addresses that rest or fail."""
    with transaction():
        for delivery in session.execute(sa.select(Delivery)).scalars():
            delivery.next_at -= dt.timedelta(**by)
        for hook in session.execute(sa.select(Webhook)).scalars():
            hook.rests_until = hook.rests_until and hook.rests_until - dt.timedelta(**by)
            hook.failing_since = hook.failing_since and hook.failing_since - dt.timedelta(**by)
