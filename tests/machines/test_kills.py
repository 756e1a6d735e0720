"""Workers killed under load lose nothing and double nothing, because a key is kept in the same transaction as the work.

Clients retry until they are answered. With a key for each intention every intention acts once; without keys, which is the naive
variant, the same check finds goods moved twice.
"""

from __future__ import annotations

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from tests.http import Api
from tests.warehouse import Warehouse
from wms import audit
from wms.config import Settings
from wms.invariants import INVARIANTS
from wms.stock.models import MovementKind

ROOT = Path(__file__).parent.parent.parent
CLIENTS = 8
PATIENCE = 300  # seconds


class Fragile:
    """The server, and clients who do not give up."""

    def __init__(self, settings: Settings, token: str) -> None:
        self.token = token
        self.answered: list[dict] = []
        self.lost_answers = 0
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port: int = free.getsockname()[1]
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.machines.fragile_server", settings.database_url, str(self.port)],
            cwd=ROOT,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )

    def stop(self) -> None:
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def ask(self, body: dict, key: str | None) -> dict:
        """Asks until there is an answer; however slow the machine, one intention does not wait for minutes."""
        deadline = time.monotonic() + PATIENCE
        headers = {"Authorization": f"Bearer {self.token}", "Content-Type": "application/json"}
        if key:
            headers["Idempotency-Key"] = key
        while time.monotonic() < deadline:
            connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
            try:
                connection.request("POST", "/api/v1/stock/moves", json.dumps(body), headers)
                answer = connection.getresponse()
                content = answer.read()
                if 200 <= answer.status < 300:
                    return json.loads(content)
                assert answer.status in (409, 500, 502, 503), (answer.status, content)
            except (http.client.HTTPException, OSError):
                self.lost_answers += 1
            finally:
                connection.close()
            time.sleep(0.02)
        raise AssertionError("no answer in time")

    def work(self, intentions: int, *, keys: bool) -> None:
        """Every client has so many pieces to move, one after the other."""
        body = {"sku": "APPLE", "quantity": 1, "source": "A-01", "target": "B-01"}

        def client(number: int) -> None:
            for one in range(intentions):
                self.answered.append(self.ask(body, f"{number}-{one}" if keys else None))

        threads = [threading.Thread(target=client, args=(number,), daemon=True) for number in range(CLIENTS)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()


def run(app, w: Warehouse, settings: Settings, *, intentions: int, keys: bool) -> int:
    """How many intentions were answered, while workers died."""
    w.receive("APPLE", 10_000, lot="L1", at="A-01")
    w.location("B-01")
    fragile = Fragile(settings, Api(app).token)
    try:
        fragile.work(intentions, keys=keys)
    finally:
        fragile.stop()
    assert fragile.lost_answers, "nobody was killed, so nothing was proven"
    return len(fragile.answered)


def check(w: Warehouse, intentions: int, answered: int) -> None:
    """Every intention acted once: none is lost, none doubled."""
    assert answered == intentions
    assert len(w.movements("APPLE", kind=MovementKind.MOVE)) == intentions
    assert w.on_hand("APPLE", at="B-01") == intentions
    assert audit.run(INVARIANTS) == []


def test_killed_workers_lose_nothing_and_double_nothing(app, w, settings, soak):
    each = 300 if soak else 12
    check(w, CLIENTS * each, run(app, w, settings, intentions=each, keys=True))


def test_without_keys_the_same_check_finds_goods_moved_twice(app, w, settings):
    answered = run(app, w, settings, intentions=12, keys=False)
    with pytest.raises(AssertionError):
        check(w, CLIENTS * 12, answered)
