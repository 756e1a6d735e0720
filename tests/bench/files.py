"""A file of 100,000 order lines: how long it takes, how much memory, and how long the longest transaction in it keeps others from writing.

python -m tests.bench.files [LINES]
"""

from __future__ import annotations

import io
import os
import secrets
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path

from sqlalchemy import event

from tests.bench import house
from tests.postgres import Cluster
from tests.warehouse import Warehouse
from wms import audit, db
from wms.app import create_app
from wms.db import session, transaction
from wms.integrations.imports import import_file
from wms.invariants import INVARIANTS


class Memory(threading.Thread):
    """By how many MiB this process grows while something is done, at the most."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.first = self.most = resident(os.getpid())
        self.over = threading.Event()

    def __enter__(self) -> Memory:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.over.set()
        self.join()

    def run(self) -> None:
        while not self.over.wait(0.05):
            self.most = max(self.most, resident(os.getpid()))

    @property
    def grown(self) -> float:
        return self.most - self.first


def resident(pid: int) -> float:
    """MiB of a process."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS"):
            return int(line.split()[1]) / 1024
    return 0.0


def measure(fresh: Callable[[str], str], lines: int = 100_000) -> None:
    """Prints all three."""
    app = create_app(house.settings_for(fresh("files_" + secrets.token_hex(4))))
    with app.app_context():
        db.database.create_all()
        w = Warehouse()
        with transaction():
            for number in range(1000):
                w.product(f"P{number}")
            for number in range(500):
                w.partner(f"C{number}")
        text = ["number,customer,source,sku,quantity"]
        text += [f"SO-{n // 3},C{n // 3 % 500},shop,P{n * 7 % 1000},{1 + n % 5}" for n in range(lines)]
        content = "\n".join(text).encode()
        longest, begun = 0.0, 0.0
        engine = db.database.engine

        def began(*_: object) -> None:
            nonlocal begun
            begun = time.perf_counter()

        def ended(*_: object) -> None:
            nonlocal longest
            if db.in_transaction():
                longest = max(longest, time.perf_counter() - begun)

        event.listen(engine, "begin", began)
        event.listen(engine, "commit", ended)
        begin, computed = time.perf_counter(), time.process_time()
        with Memory() as memory:
            report = import_file("orders", io.BytesIO(content), by=w.by)
        took, computed = time.perf_counter() - begin, time.process_time() - computed
        begin = time.perf_counter()
        again = import_file("orders", io.BytesIO(content), by=w.by)
        print(
            f"{engine.dialect.name}: {report.rows:,} lines of {report.taken:,} orders in {took:.1f} s ({computed:.1f} s computing), "
            f"{memory.grown:.0f} MiB more, the longest transaction {longest:.2f} s; "
            f"the same again {time.perf_counter() - begin:.1f} s, {again.there:,} there"
        )
        assert audit.run(INVARIANTS) == []
        session.remove()
        engine.dispose()


def main() -> None:
    """On both databases."""
    lines = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    with tempfile.TemporaryDirectory(prefix="wms-bench-") as folder:
        measure(lambda name: f"sqlite:///{folder}/{name}.db", lines)
    cluster = Cluster(durable=True)
    try:
        measure(cluster.create, lines)
    finally:
        cluster.stop()


if __name__ == "__main__":
    main()
