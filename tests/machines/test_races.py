"""Forty takers of five units get exactly five: four processes of ten threads each. And the naive way, which the same check catches."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.warehouse import Warehouse
from wms import audit
from wms.config import Settings
from wms.stock.invariants import INVARIANTS

PROCESSES, THREADS, UNITS = 4, 10, 5
ROOT = Path(__file__).parent.parent.parent

pytestmark = pytest.mark.beneath_orders


def race(w: Warehouse, settings: Settings, way: str) -> int:
    """Lets them all go at once; how many believe they got one."""
    moved = w.receive("APPLE", UNITS, lot="L1", at="A-01")
    w.receive("APPLE", 1, lot="L1", at="B-01")  # so that both rows are there, for the naive as well
    assert moved
    at = {
        "batch": w.batch("APPLE", "L1"),
        "source": w.location("A-01").id,
        "target": w.location("B-01").id,
        "person": w.by.id,
        "site": w.site_id,
    }
    command = [sys.executable, "-m", "tests.machines.takers", way, settings.database_url, str(PROCESSES), str(THREADS), json.dumps(at)]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, timeout=180, check=True)
    answer = json.loads(done.stdout)
    assert answer["failed"] == []
    return int(answer["got"])


def check(w: Warehouse, got: int) -> None:
    """As many got one as there were, and the books say so."""
    assert got == UNITS
    assert (w.on_hand("APPLE", at="A-01"), w.on_hand("APPLE", at="B-01")) == (0, UNITS + 1)
    assert audit.run(INVARIANTS) == []


def test_forty_takers_of_five_units_get_exactly_five(w, settings):
    check(w, race(w, settings, "properly"))


@pytest.mark.broken
def test_the_same_check_catches_takers_who_look_and_then_write(w, settings):
    got = race(w, settings, "naively")
    with pytest.raises(AssertionError):
        check(w, got)
