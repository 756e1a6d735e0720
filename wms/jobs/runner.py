"""Background work: a schedule of small functions in one process, and a heartbeat that /readyz reads.

    jobs = [Job("expire-leases", dt.timedelta(seconds=30), queue.expire_leases)]     # in a room's jobs.py

A job's function runs in a transaction of its own, unless it says `own_transaction=True` and opens one per piece of work (whatever
talks to the outside must: nothing slow happens inside a transaction). A job that fails is logged and tried at its next turn; it does
not stop the others. When several processes run jobs, each turn of a job is taken by one of them: the row is the lock.
"""

from __future__ import annotations

import datetime as dt
import signal
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
import structlog
from sqlalchemy.orm import Mapped, mapped_column

from wms import clock, db
from wms.db import Base, Count, Moment, session, table_of, transaction, upsert

log = structlog.get_logger("wms.jobs")
HEARTBEAT = "heartbeat"
BEATS_EVERY = dt.timedelta(seconds=10)
SILENT_AFTER = dt.timedelta(seconds=45)


class JobRun(Base):
    """When a job is due next, and how it went last."""

    __tablename__ = "job_runs"

    name: Mapped[str] = mapped_column(sa.String(60), primary_key=True)
    due_at: Mapped[Moment]
    started_at: Mapped[dt.datetime | None]
    finished_at: Mapped[dt.datetime | None]
    failures: Mapped[Count]
    error: Mapped[str | None] = mapped_column(sa.String(500))


@dataclass(frozen=True)
class Job:
    """Something that is done again and again; with `hour`, once a day at that hour of the house's clock (and at its very first turn)."""

    name: str
    every: dt.timedelta
    run: Callable[[], Any]
    own_transaction: bool = False
    hour: int | None = None

    def next_after(self, moment: dt.datetime) -> dt.datetime:
        """When it is due again."""
        if self.hour is None:
            return moment + self.every
        day = clock.local(moment).date()
        tonight = clock.begins(day) + dt.timedelta(hours=self.hour)
        return tonight if tonight > moment else clock.begins(day + dt.timedelta(days=1)) + dt.timedelta(hours=self.hour)


def turn(jobs: Sequence[Job]) -> list[str]:
    """Does what is due; returns the names of what was done."""
    return [job.name for job in jobs if _taken(job) and _done(job)]


def beat() -> None:
    """Writes that jobs are running."""
    with transaction():
        _write(HEARTBEAT, due_at=clock.now() + BEATS_EVERY, finished_at=clock.now())


def are_running() -> bool:
    """Whether a heart has beaten lately."""
    last = session.execute(sa.select(JobRun.finished_at).where(JobRun.name == HEARTBEAT)).scalar_one_or_none()
    return last is not None and last > clock.now() - SILENT_AFTER


def run_until(stopped: threading.Event, jobs: Sequence[Job], *, pause_seconds: float = 1.0) -> None:
    """Runs the jobs until somebody says stop."""
    beaten = dt.datetime.min.replace(tzinfo=dt.UTC)
    while not stopped.is_set():
        try:
            if clock.now() - beaten >= BEATS_EVERY:
                db.again(beat)
                beaten = clock.now()
            turn(jobs)
        except Exception:
            log.exception("jobs_unreachable")  # the database is away: it will be back
            session.rollback()
        finally:
            session.remove()
        stopped.wait(pause_seconds)


def stop_on_signals(stopped: threading.Event) -> None:
    """SIGTERM and SIGINT end the turn that is on, and then the process."""
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopped.set())


def _taken(job: Job) -> bool:
    """Whether this process has the job's turn: it is due, and nobody else took it."""
    moment = clock.now()
    due = session.execute(sa.select(JobRun.due_at).where(JobRun.name == job.name)).scalar_one_or_none()
    session.rollback()
    if due is not None and due > moment:
        return False
    with transaction():
        if due is None:
            _write(job.name, due_at=moment)
        table = table_of(JobRun)
        taken = session.execute(
            sa.update(table)
            .where(table.c.name == job.name, table.c.due_at <= moment)
            .values(due_at=job.next_after(moment), started_at=moment)
        )
        return bool(taken.rowcount == 1)  # type: ignore[attr-defined]


def _done(job: Job) -> bool:
    try:
        if job.own_transaction:
            job.run()
        else:
            db.again(lambda: _in_transaction(job))
    except Exception as error:
        log.exception("job_failed", job=job.name)
        session.rollback()
        with transaction():
            table = table_of(JobRun)
            session.execute(
                sa.update(table).where(table.c.name == job.name).values(failures=table.c.failures + 1, error=f"{error!r}"[:500])
            )
        return False
    with transaction():
        session.execute(sa.update(table_of(JobRun)).where(JobRun.name == job.name).values(finished_at=clock.now(), failures=0, error=None))
    return True


def _in_transaction(job: Job) -> None:
    with transaction():
        job.run()


def _write(name: str, **facts: Any) -> None:
    statement = upsert(table_of(JobRun)).values(name=name, failures=0, **facts)
    session.execute(statement.on_conflict_do_update(index_elements=["name"], set_=facts))
