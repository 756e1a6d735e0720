"""The background is killed while it prints, again and again: nothing stays unprinted, nothing is printed twice by itself, and whatever
is doubtful says so."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from tests.printing.conftest import Room
from tests.printing.printer import LabelPrinter
from wms.config import Settings
from wms.db import session
from wms.printing.models import JobStatus, PrintJob

ROOT = Path(__file__).parent.parent.parent
LABELS, PER_KILL = 24, 6


class SlowPrinter(LabelPrinter):
    """Takes its time with each label, so that a kill is likely to find one on its way."""

    def _talk(self, connected: Any) -> None:
        time.sleep(random.uniform(0.0, 0.06))
        super()._talk(connected)


def background(settings: Settings) -> subprocess.Popen[bytes]:
    environment = {**os.environ, "WMS_DATABASE_URL": settings.database_url, "WMS_SECRET_KEY": "only-for-tests"}
    return subprocess.Popen(
        [sys.executable, "-m", "wms.cli", "jobs"], env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )


def test_a_killed_background_leaves_nothing_unprinted_and_doubles_nothing(app: Any, w: Any, settings: Settings, soak: bool) -> None:
    room, zebra = Room(w), SlowPrinter()
    printer = room.printer("Z1", zebra)
    codes = [w.unit(f"BOX-{number}", at="DOCK").code for number in range(LABELS)]
    jobs = {room.ask("handling-unit", code, printer): code for code in codes}
    kills = 0
    try:
        while _waiting() and kills < (40 if soak else 3):
            came, running = len(zebra.jobs), background(settings)
            until = time.monotonic() + 30
            while len(zebra.jobs) < came + random.randint(1, PER_KILL) and _waiting() and time.monotonic() < until:
                time.sleep(0.02)
            time.sleep(random.uniform(0.0, 0.05))
            running.send_signal(signal.SIGKILL)
            running.wait()
            kills += 1
            room.later(minutes=3)
        while _waiting():
            room.print()
        time.sleep(0.3)
        room.later(minutes=3)
        room.print()
    finally:
        zebra.stop()
    came_out = Counter(code for heard in zebra.jobs for code in codes if f"{code}^FS".encode() in heard)
    states = {jobs[number]: status for number, status in session.execute(sa.select(PrintJob.id, PrintJob.status))}
    doubtful = [code for code, status in states.items() if status == JobStatus.DOUBTFUL]
    assert set(states.values()) <= {"sent", "doubtful"}
    assert len(doubtful) <= kills
    assert [code for code in codes if came_out[code] == 0 and code not in doubtful] == [], "lost in silence"
    assert [code for code in codes if came_out[code] > 1] == [], "printed twice by itself"


def _waiting() -> int:
    session.rollback()
    query = sa.select(sa.func.count()).select_from(PrintJob).where(PrintJob.status == JobStatus.QUEUED.value)
    found: int = session.execute(query).scalar_one()
    session.rollback()
    return found
