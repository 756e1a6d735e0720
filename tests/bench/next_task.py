"""The next best work, out of 20,000 pieces that wait in a hall of 50,000 bins: how long it takes, and how far people walk to it."""

from __future__ import annotations

import datetime as dt
import random
import re
import statistics
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import sqlalchemy as sa
from sqlalchemy import event

from tests.bench.putaway import racks
from tests.warehouse import Warehouse
from wms import clock
from wms.actor import Actor
from wms.db import is_postgresql, session, table_of, transaction
from wms.locations.models import Kind, Location
from wms.tasks import next_best, queue, urgency, workers
from wms.tasks.models import Task, TaskKind

WAITING = {TaskKind.PICK: 12_000, TaskKind.REPLENISH: 4000, TaskKind.PUTAWAY: 3000, TaskKind.COUNT: 1000}
PEOPLE = 40
ASKED = 600


def build(*, seed: int = 1) -> tuple[Warehouse, list[Actor], dict[int, str]]:
    """The hall and its line of work. Written past the operations: only the choosing is measured."""
    w, draw = Warehouse(), random.Random(seed)
    with transaction():
        dock = w.location("DOCK", kind=Kind.DOCK, x_mm=0, y_mm=50_000).id
        racks(w)
        bins = session.execute(sa.select(Location.id, Location.code, Location.zone, Location.x_mm, Location.y_mm)).all()
        places = {one.id: one.code for one in bins}
        stored = [one for one in bins if one.zone]
        moment = clock.now()
        rows = []
        for kind, count in WAITING.items():
            for _ in range(count):
                begins, ends = draw.choice(stored), draw.choice(stored)
                putaway = kind is TaskKind.PUTAWAY
                made, priority = moment - dt.timedelta(minutes=draw.randrange(180)), draw.choice((3, 4, 5, 5, 5, 6))
                due = moment + dt.timedelta(minutes=draw.randrange(90, 600)) if kind is TaskKind.PICK else None
                rows.append(
                    {
                        "site_id": w.site_id, "kind": kind.value, "status": "open", "priority": priority, "due_at": due, "created_at": made,
                        "source_id": dock if putaway else begins.id, "target_id": ends.id, "reasons": [], "epoch": 0,
                        "zone": None if putaway else begins.zone, "equipment": "reach truck" if draw.random() < 0.2 else None,
                        "square": urgency.square(0, 50_000) if putaway else urgency.square(begins.x_mm, begins.y_mm),
                    }
                )  # fmt: skip
        draw.shuffle(rows)
        for first in range(0, len(rows), 5000):
            session.execute(sa.insert(table_of(Task)), rows[first : first + 5000])
        people = [w.person(f"worker-{number}") for number in range(PEOPLE)]
        for number, one in enumerate(people):
            workers.standing(one)
            workers.stands_at(draw.choice(stored).id, by=one)
            if number % 4 == 0:
                session.execute(sa.update(Location).where(Location.id == stored[0].id).values(equipment="reach truck"))
                workers.choose(one.id, one.site_id, equipment=["reach truck"])
    if is_postgresql():
        session.connection(execution_options={"isolation_level": "AUTOCOMMIT"}).execute(sa.text("ANALYZE"))
        session.close()
    return w, people, places


def measure(fresh: Callable[[str], str], application: Callable[[str], AbstractContextManager[object]]) -> None:
    """Prints the time of an answer, the metres to it and to the first in line, and which indexes were used."""
    with application(fresh("nexttask")):
        w, people, _ = build()
        took, near, first, looked = [], [], [], []
        draw = random.Random(3)
        names = sorted(kind.value for kind in WAITING)
        for number in range(ASKED):
            by = people[number % PEOPLE]
            with transaction():
                begin = time.perf_counter()
                found = next_best.candidates(names, workers.standing(by), by=by)
                looked.append(time.perf_counter() - begin)
            in_line = min(found, key=lambda one: (one.wanted_at, one.id))
            begin = time.perf_counter()
            with transaction():
                task = next_best.give(WAITING, by=by)
            took.append(time.perf_counter() - begin)
            assert task is not None
            given = next(one for one in found if one.id == task.id)
            near.append(given.metres or 0)
            first.append(in_line.metres or 0)
            with transaction():
                queue.finish(task.id, epoch=task.epoch, by=by)
                workers.stands_at(task.target_id if draw.random() < 0.9 else task.source_id, by=by)
        print(
            f"next work: {sum(WAITING.values())} wait: given in {_ms(took)}, of which looking {_ms(looked)}; "
            f"{statistics.mean(near):.0f} m to it, {statistics.mean(first):.0f} m to the first in line"
        )
        print(f"           {len(found)} candidates; indexes: {', '.join(_indexes(w, people[0], names))}")


def _indexes(w: Warehouse, by: Actor, names: list[str]) -> list[str]:
    """The indexes by which the candidates are found; a table that is read as a whole is named in capitals."""
    caught: list[tuple[str, Any]] = []
    engine = session.get_bind().engine
    event.listen(engine, "before_cursor_execute", lambda _c, _k, statement, parameters, *_: caught.append((statement, parameters)))
    stands = workers.standing(by)
    caught.clear()
    next_best.candidates(names, stands, by=by)
    explain = "EXPLAIN" if is_postgresql() else "EXPLAIN QUERY PLAN"
    statement, parameters = next(one for one in caught if "FROM tasks" in one[0])
    plan = "\n".join(str(row[-1]) for row in session.connection().exec_driver_sql(f"{explain} {statement}", parameters))
    whole = [name.upper() for name in re.findall(r"(?:Seq Scan on|SCAN) (tasks|locations)\b(?! USING)", plan)]
    return sorted({*re.findall(r"\b((?:ix|pk|uq)_\w+|INTEGER PRIMARY KEY)", plan), *whole})


def _ms(seconds: list[float]) -> str:
    """p50 / p95 / p99 / most, in milliseconds."""
    in_order = sorted(seconds)
    at = [in_order[min(len(in_order) - 1, int(len(in_order) * share))] for share in (0.5, 0.95, 0.99)]
    return " / ".join(f"{one * 1000:.1f}" for one in (*at, in_order[-1])) + " ms"
