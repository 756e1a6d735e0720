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
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.http import Api
from tests.warehouse import Warehouse
from wms import audit
from wms.config import Settings
from wms.invariants import INVARIANTS
from wms.stock import handling_units, nesting
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

    def ask(self, body: dict, key: str | None, path: str = "/stock/moves") -> dict:
        """Asks until there is an answer; however slow the machine, one intention does not wait for minutes."""
        deadline = time.monotonic() + PATIENCE
        headers = {"Authorization": f"Bearer {self.token}", "Content-Type": "application/json"}
        if key:
            headers["Idempotency-Key"] = key
        while time.monotonic() < deadline:
            connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
            try:
                connection.request("POST", "/api/v1" + path, json.dumps(body), headers)
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
        self.each(lambda number, one: self.answered.append(self.ask(body, f"{number}-{one}" if keys else None)), intentions)

    def drive(self, intentions: int) -> None:
        """Every client drives a pallet of its own to and fro, which two cartons stand on."""

        def one_way(number: int, one: int) -> None:
            body = {"location": "B-01" if one % 2 == 0 else "A-01"}
            self.answered.append(self.ask(body, f"{number}-{one}", f"/handling-units/P{number}/move"))

        self.each(one_way, intentions)

    def each(self, intention: Callable[[int, int], None], intentions: int) -> None:
        """Every client has so many intentions, one after the other."""

        def client(number: int) -> None:
            for one in range(intentions):
                intention(number, one)

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


def test_killed_workers_leave_no_carton_behind(app, w, settings, soak):
    """A pallet, its cartons and all goods on them are moved in one transaction, or none of them is."""
    each = 101 if soak else 7  # an odd number: all end at B-01
    w.location("B-01")
    for number in range(CLIENTS):
        codes = [f"P{number}", f"C{number}-1", f"C{number}-2"]
        for code in codes:
            w.receive("APPLE", 5, lot="L1", at="A-01", unit=w.unit(code, at="A-01", kind="pallet" if code[0] == "P" else "carton"))
        with w.transaction():
            pallet, *cartons = [handling_units.find(code, by=w.by).id for code in codes]
            for carton in cartons:
                nesting.put_on(*handling_units.lock_trees(carton, pallet))
    fragile = Fragile(settings, Api(app).token)
    try:
        fragile.drive(each)
    finally:
        fragile.stop()
    assert fragile.lost_answers, "nobody was killed, so nothing was proven"
    assert len(w.movements("APPLE", kind=MovementKind.MOVE)) == CLIENTS * each * 3
    assert (w.on_hand("APPLE", at="B-01"), w.on_hand("APPLE", at="A-01")) == (CLIENTS * 15, 0)
    assert audit.run(INVARIANTS) == []


def test_killed_workers_lose_nothing_and_double_nothing(app, w, settings, soak):
    each = 300 if soak else 12
    check(w, CLIENTS * each, run(app, w, settings, intentions=each, keys=True))


def test_without_keys_the_same_check_finds_goods_moved_twice(app, w, settings):
    answered = run(app, w, settings, intentions=12, keys=False)
    with pytest.raises(AssertionError):
        check(w, CLIENTS * 12, answered)
