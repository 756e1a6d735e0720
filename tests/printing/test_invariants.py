"""The audit finds what the operations refuse to do: each invariant of printing, broken on purpose; what the tables refuse themselves."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from tests.printing.conftest import Room
from wms import audit, clock, db
from wms.db import session
from wms.i18n import T
from wms.printing import keeping
from wms.printing.invariants import INVARIANTS
from wms.printing.models import KeptPaper, PaperPrint, Takes
from wms.printing.papers import Paper


def printed(w: Any, times: int = 1) -> None:
    paper = Paper(kind=T("Note", "单"), number="N-1", final_since=clock.now())
    for _ in range(times):
        with db.transaction():
            keeping.count(keeping.standing_of("delivery-note", [paper], by=w.by), by=w.by, reason="again")


def found(w: Any, *changes: Any) -> set[str]:
    with db.transaction():
        for change in changes:
            session.execute(change)
    return {finding.invariant.name for finding in audit.run(INVARIANTS)}


def fresh(w: Any, **facts: Any) -> sa.Insert:
    right = {
        "site_id": w.site_id, "kind": "delivery-note", "number": "N-2", "number_key": "n-2", "copy": 1, "digest": "x" * 64,
        "by_id": w.by.id, "at": clock.now(), "kept_id": None,
    }  # fmt: skip
    return sa.insert(db.table_of(PaperPrint)).values(**(right | facts))


@pytest.mark.broken
def test_a_gap_in_the_copies_is_found(w: Any) -> None:
    assert found(w, fresh(w)) == set()
    assert found(w, fresh(w, copy=3)) == {"prints_are_counted_without_gaps"}


@pytest.mark.broken
def test_a_print_that_says_something_else_than_was_kept_is_found(w: Any) -> None:
    printed(w, 2)
    assert found(w) == set()
    kept = session.execute(sa.select(KeptPaper.id)).scalar_one()
    assert found(w, fresh(w, number="N-1", number_key="n-1", copy=3, kept_id=kept)) == {"copies_say_what_was_kept"}


@pytest.mark.broken
def test_a_station_with_a_printer_that_takes_something_else_is_found(w: Any, room: Room) -> None:
    room.printer("Z1")
    room.station("PACK-1", "Z1", kind="packing")  # type: ignore[arg-type]
    assert found(w) == set()
    assert found(w, sa.text(f"UPDATE printers SET kind = 'browser', host = NULL, port = NULL, takes = '{Takes.PAPERS.value}'")) == {
        "stations_have_printers_that_take_it"
    }


@pytest.mark.broken
def test_a_job_at_a_printer_of_another_site_is_found(w: Any, room: Room) -> None:
    room.ask("location", "A-01", room.printer("Z1"))
    other = w.site("NORTH")
    assert "printed_jobs_are_of_their_printers" in found(w, sa.text(f"UPDATE print_jobs SET site_id = {other}"))


@pytest.mark.parametrize("table", ["kept_papers", "paper_prints"])
@pytest.mark.parametrize("change", ["UPDATE {table} SET digest = 'x'", "DELETE FROM {table}"])
def test_what_was_printed_cannot_be_changed_nor_taken_out(w: Any, table: str, change: str) -> None:
    printed(w)
    with pytest.raises(DBAPIError, match="append-only"), w.transaction():
        session.execute(sa.text(change.format(table=table)))
