"""What counting has found: by the house's calendar, and each movement with the book before and after it."""

from __future__ import annotations

import datetime as dt
import zoneinfo

import pytest
import sqlalchemy as sa
from werkzeug.test import Client

from tests.stocktake.conftest import approved, count, opened, pallet_found
from tests.warehouse import Warehouse
from tests.web.desk import Desk
from wms import clock
from wms.actor import Actor, Role
from wms.db import session, transaction
from wms.stocktake import documents, results
from wms.stocktake.models import CountPlace, CountVisit
from wms.stocktake.results import By, Period


@pytest.fixture
def shanghai(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "_house", zoneinfo.ZoneInfo("Asia/Shanghai"))


@pytest.mark.usefixtures("shanghai")
def test_a_place_that_was_counted_early_in_the_morning_was_counted_on_that_day_and_in_that_month(w: Warehouse, crew: list[Actor]) -> None:
    days = {"A-01": dt.date(2026, 4, 30), "A-02": dt.date(2026, 5, 1), "A-03": dt.date(2026, 5, 3)}
    for at, day in days.items():
        w.receive("APPLE", 10, at=at)
        count(w, plan := opened(w, at), at, crew[0], APPLE=10)
        early = clock.begins(day) + dt.timedelta(hours=2)
        with transaction():
            mine = sa.select(CountPlace.id).where(CountPlace.count_id == plan.id)
            session.execute(sa.update(CountVisit).where(CountVisit.place_id.in_(mine)).values(opened_at=early, closed_at=early))
            session.execute(sa.update(CountPlace).where(CountPlace.count_id == plan.id).values(counted_at=early))
    all_of_it = Period(dt.date(2026, 4, 1), dt.date(2026, 5, 31))
    assert [(one.key, one.places, one.lines) for one in results.gathered(w.site_id, all_of_it, By.DAY)] == [
        (day.isoformat(), 1, 1) for day in days.values()
    ]
    assert [(one.key, one.places) for one in results.gathered(w.site_id, all_of_it, By.MONTH)] == [("2026-04", 1), ("2026-05", 2)]
    may = Period(dt.date(2026, 5, 1), dt.date(2026, 5, 1))
    assert [one.key for one in results.gathered(w.site_id, may, By.DAY)] == ["2026-05-01"]
    assert results.gathered(w.site_id, Period(dt.date(1, 1, 2), dt.date(2, 1, 1)), By.DAY) == []


def test_evidence_is_one_statement_however_many_movements_there_are(w: Warehouse, crew: list[Actor], chief: Actor) -> None:
    places = [f"A-{number:02}" for number in range(6)]
    for at in places:
        w.receive("APPLE", 10, at=at)
    unit = w.unit("P-1", at="C-01")
    w.receive("PEAR", 5, at="C-01", unit=unit)
    w.move("PEAR", 1, "C-01", "DOCK", from_unit=unit)
    plan = opened(w, *places, "B-01")
    for who in crew[:2]:
        for at in places:
            count(w, plan, at, who, APPLE=8)
        pallet_found(w, plan, "B-01", unit, who)
    approved(plan, chief)
    said: list[str] = []
    bind = session.get_bind()
    sa.event.listen(bind, "before_cursor_execute", note := (lambda *args: said.append(args[2])))
    try:
        found = results.evidence(plan)
    finally:
        sa.event.remove(bind, "before_cursor_execute", note)
    assert len([one for one in said if one.startswith("SELECT")]) == 1
    told = [(one.location, one.sku, one.lot, one.unit, one.before, one.change, one.after) for one in found]
    assert told == [
        *((at, "APPLE", "", None, 10, -2, 8) for at in places),
        ("B-01", "PEAR", "", "P-1", 0, 4, 4),
    ]
    note_rows = documents.adjustment_note(plan.number, chief).rows
    assert {row[3].first for row in note_rows} == {"–"}, "the day on which a batch came in is no lot"  # type: ignore[union-attr]


@pytest.mark.parametrize(("language", "words"), [("en", "the rest goes on"), ("zh_CN", "其余继续")])
def test_a_count_that_is_approved_in_part_is_not_called_refused(
    w: Warehouse, client: Client, crew: list[Actor], language: str, words: str
) -> None:
    for at in ("A-01", "A-02"):
        w.receive("APPLE", 10, at=at)
    plan = opened(w, "A-01", "A-02")
    for who in crew[:2]:
        count(w, plan, "A-01", who, APPLE=8)
    desk = Desk(client, Role.SUPERVISOR, language=language)
    desk.post(f"/counts/{plan.number}/decide", do="approve")
    assert words in desk.get(f"/counts/{plan.number}")
