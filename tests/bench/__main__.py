"""`make bench`: how fast it is on this machine, on both databases, side by side in one run, against the bare database.

The figures that count are the ratios: the machine differs, and whatever else it does.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy import event

from tests.bench import (
    allocation,
    background,
    batches,
    cartons,
    counting,
    dispatch,
    files,
    held,
    house,
    inbound,
    load,
    next_task,
    orders,
    papers,
    putaway,
    raw,
    routes,
    slotting,
    things,
    waves,
    webhooks,
    year,
)
from tests.postgres import Cluster, PostgresUnavailable
from wms import audit, db
from wms.app import Application, create_app
from wms.db import session
from wms.invariants import INVARIANTS
from wms.locations.models import Location

LINES = 60
ORDERS = {"SQLite": 20_000, "PostgreSQL": 100_000}
WEEKS = 4


def main() -> None:
    """Prints every figure; takes some twenty minutes on two cores. Fails where a figure that was promised is missed."""
    begin = time.perf_counter()
    with tempfile.TemporaryDirectory(prefix="wms-bench-") as folder:
        urls: dict[str, Callable[[str], str]] = {"SQLite": lambda name: f"sqlite:///{folder}/{name}.db"}
        cluster = None
        try:
            cluster = Cluster(durable=True)
            urls["PostgreSQL"] = cluster.create
        except PostgresUnavailable as why:
            print(f"no PostgreSQL here: {why}")
        try:
            for database, fresh in urls.items():
                print(f"\n== {database} ==")
                _scans(fresh("scans"), database)
                _inside(fresh("inside"))
                allocation.measure(fresh, _application)
                background.measure(fresh, _application)
                waves.measure(fresh("waves"), _application)
                inbound.measure(fresh("inbound"), _application)
                putaway.measure(fresh, _application)
                next_task.measure(fresh, _application)
                dispatch.measure(fresh, _application)
                counting.measure(fresh("counting"), _application)
                orders.measure(_application(fresh("orders")), ORDERS[database])
                files.measure(fresh)
                things.measure(fresh)
                webhooks.measure(fresh, _application)
                year.measure(fresh, WEEKS)
            print("\n== walks ==")
            routes.measure()
            batches.measure()
            batches.measure_wave(200, 10)
            batches.measure_wave(1000, 10)
            slotting.measure()
            print("\n== trucks ==")
            dispatch.share_out()
            print("\n== cartons ==")
            cartons.measure()
            print("\n== papers ==")
            papers.measure()
        finally:
            if cluster:
                cluster.stop()
    load_now = ", ".join(f"{one:.1f}" for one in os.getloadavg())
    for one in held.MISSED:
        print(f"MISSED: {one}")
    print(f"\nall of it in {time.perf_counter() - begin:.0f} s; {os.cpu_count()} cores, load {load_now}")
    if held.MISSED:
        sys.exit(1)


@contextlib.contextmanager
def _application(url: str) -> Iterator[Application]:
    app = create_app(house.settings_for(url))
    with app.app_context():
        db.database.create_all()
        yield app
        session.remove()
        db.database.engine.dispose()


def _scans(url: str, database: str) -> None:
    """Through HTTP, with everything on: sign-in, idempotency, the ledger, events, the next screen."""
    with _application(url):
        pickers = house.build(LINES, house.PICKERS + 2)
    with _served(url) as (port, ready, pids):
        print(f"start-up: {ready:.2f} s from the command to the first /readyz")
        load.run(port, [(pickers[0].token, pickers[0].pick_list)], "warm")
        one = load.run(port, [(pickers[1].token, pickers[1].pick_list)], "one")
        _say("1 client", one)
        many = load.run(port, [(one.token, one.pick_list) for one in pickers[2:]], "many")
        _say(f"{len(pickers) - 2} clients", many)
        memory = [files.resident(pid) for pid in pids()]
        print(f"memory: {max(memory):.0f} MiB the largest of {len(memory)} worker(s)")
    with _application(url):
        broken = audit.run(INVARIANTS)
        print(f"audit afterwards ({database}): {'whole' if not broken else [one.invariant.name for one in broken]}")


def _say(who: str, timings: load.Timings) -> None:
    confirmed, verified = timings.confirmed, timings.verified
    each = len(confirmed) / timings.seconds
    print(f"{who}: {(len(confirmed) + len(verified)) / timings.seconds:.0f} scans/s, of them {each:.0f}/s move stock")
    print(f"    ms p50 / p95 / p99: moving {load.quantiles(confirmed)}; checking {load.quantiles(verified)}")


def _inside(url: str) -> None:
    """Without the socket: one confirming scan inside the application against the same movement in bare SQL, alternating."""
    with _application(url) as app:
        pickers = house.build(LINES, 3)
        engine = app.extensions["wms_scan"]
        statements: list[int] = []
        counted = 0

        def count(*_: object) -> None:
            nonlocal counted
            counted += 1

        event.listen(db.database.engine, "before_cursor_execute", count)
        ours: list[float] = []
        for picker in pickers[:2]:
            screen = engine.show("pick", by=picker.actor)
            screen = engine.take("pick", picker.pick_list, version=screen["version"], key=secrets.token_hex(8), by=picker.actor).screen
            while screen["expected"]:
                step, counted = screen["step"], 0
                begin = time.perf_counter()
                answer = engine.take("pick", screen["expected"], version=screen["version"], key=secrets.token_hex(8), by=picker.actor)
                spent = time.perf_counter() - begin
                if step == "target":
                    ours.append(spent)
                    statements.append(counted)
                screen = answer.screen
            session.remove()
        target = session.execute(sa.select(Location.id).where(Location.code == "PACK")).scalar_one()
        session.remove()
        bare = raw.movements(db.database.engine, LINES, target=target, person=pickers[0].actor.id)
        ratio = statistics.median(ours) / statistics.median(bare)
        print(
            f"inside: a confirming scan {statistics.median(ours) * 1000:.2f} ms, the same movement in bare SQL "
            f"{statistics.median(bare) * 1000:.2f} ms: {ratio:.1f} times; {statistics.median(statements):.0f} statements "
            f"(most {max(statements)})"
        )


@contextlib.contextmanager
def _served(url: str) -> Iterator[tuple[int, float, Callable[[], list[int]]]]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environment = {**os.environ, "WMS_DATABASE_URL": url, "WMS_SECRET_KEY": secrets.token_hex(32)}
    begin = time.perf_counter()
    server = subprocess.Popen([str(Path(sys.executable).parent / "wms"), "serve", "--port", str(port)], env=environment)
    try:
        while True:
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=1):
                    break
            except OSError:
                if server.poll() is not None or time.perf_counter() - begin > 60:
                    raise
                time.sleep(0.02)
        yield port, time.perf_counter() - begin, lambda: _children(server.pid)
    finally:
        server.terminate()
        server.wait(20)


def _children(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


if __name__ == "__main__":
    main()
